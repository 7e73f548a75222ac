/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_SHOW_H
#define SL_SHOW_H

#include <smartlic/show.h>
#include <smartlic/transport.h>

#include "buffer.h"
#include "error.h"
#include "trace.h"

/* What is shown, and how moments are printed.  Pure but for local_time. */
struct sl_show {
	struct sl_buf *out;
	const struct smartlic_status *st;
	const struct sl_trace *trace;
	const struct smartlic_option *options; /* of call-home; proxy-password is none of them */
	size_t n_options;
	int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret);
	void *userdata;
};

/* Appends one text or JSON object; `what` and `format` as in smartlic/show.h. */
int sl_show(const struct sl_show *show, int what, int format, struct smartlic_error *err);

/* ---- show_words.c: states and moments in words ----------------------------------------- */

/* As printed, and in JSON; where a registration has failed the attempt tells it. */
const char *sl_show_registration(const struct smartlic_status *st);
const char *sl_show_registration_json(const struct smartlic_status *st);
/* As printed (NULL: nothing to print), as printed of one entitlement, and in JSON. */
const char *sl_show_authorization(int authorization);
const char *sl_show_entitlement(int authorization);
const char *sl_show_authorization_json(int authorization);
const char *sl_show_outcome(int outcome);
const char *sl_show_outcome_json(int outcome);
const char *sl_show_part(enum sl_trace_part part);
/* "Mon Feb 11 2019 15:51:10 IST" */
void sl_show_time(struct sl_buf *ret, int64_t wall_ms,
    int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret),
    void *userdata);

/* ---- show_line.c: lines that the texts are made of ------------------------------------- */

/* Names and reasons come from elsewhere: what could end the line, and so forge the next one, or
 * command a terminal becomes a blank. */
void sl_put_text(const struct sl_show *s, const char *text);
void sl_put_time(const struct sl_show *s, int64_t time_ms);
/* "label value"; the label alone where there is no value. */
void sl_put_line(const struct sl_show *s, const char *label, const char *value);
/* "label moment"; no line where there is no moment. */
void sl_put_when(const struct sl_show *s, const char *label, int64_t time_ms);
/* The same with "None". */
void sl_put_moment(const struct sl_show *s, const char *label, int64_t time_ms);
/* "label SUCCEEDED on moment", and of a failure its reason on a second line. */
void sl_put_attempt(
    const struct sl_show *s, const char *label, const struct smartlic_attempt *attempt);
/* "label 89 days, 1 hours, 33 minutes, 51 seconds" */
void sl_put_span(const struct sl_show *s, const char *label, int64_t seconds);

/* ---- the texts, and their JSON ------------------------------------------------------------- */

/* show_license.c */
void sl_show_all(const struct sl_show *s);
void sl_show_status(const struct sl_show *s);
void sl_show_usage(const struct sl_show *s);
void sl_show_udi(const struct sl_show *s);
void sl_show_summary(const struct sl_show *s);
/* The blocks below "Registration:" and from "License Authorization:" on, which other texts have
 * as well. */
void sl_put_registration(const struct sl_show *s);
void sl_put_authorization(const struct sl_show *s);
void sl_put_waiting(const struct sl_show *s);
/* Which satellite answered last, and how far behind it is; nothing where an authority did. */
void sl_put_satellite(const struct sl_show *s);
/* show_platform.c */
void sl_show_platform_detail(const struct sl_show *s);
void sl_show_platform_summary(const struct sl_show *s);
/* show_tech.c */
void sl_show_tech(const struct sl_show *s);
void sl_show_tech_support(const struct sl_show *s);
/* show_trace.c */
void sl_show_trace(const struct sl_show *s);
void sl_show_platform_trace(const struct sl_show *s);
void sl_show_call_home_trace(const struct sl_show *s);
/* show_call_home.c */
void sl_show_call_home(const struct sl_show *s);
void sl_show_call_home_tech_support(const struct sl_show *s);
/* The index-th value of a key of call-home's; NULL past the last. */
const char *sl_show_option(const struct sl_show *s, const char *key, size_t index);
/* show_json.c: of a known `what` */
int sl_show_json(const struct sl_show *show, int what, struct smartlic_error *err);

#endif
