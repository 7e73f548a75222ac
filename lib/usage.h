/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_USAGE_H
#define SL_USAGE_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"
#include "message.h"

/*
 * Usage over time, for reports.  Pure.
 *
 * Each hour leaves one sample for each tag that was in use: the highest count of that hour and the
 * last one.  A sample has a number of its own, n, that is never used again in this store; an
 * acknowledgement covers all up to one n.  Hours are those of elapsed time; a sample's start is
 * the date as far as it was known then, for printing, and decides nothing but what is old.
 *
 * Samples of the last 35 days are kept also when they are acknowledged, since a ledger that was
 * restored asks for them again.  Older ones go when they are acknowledged, else hours fold into
 * days; but never those that a report has carried already, so that no key is reported twice with
 * different spans.
 */
#define SL_USAGE_HOUR_MS     INT64_C(3600000)
#define SL_USAGE_KEEP_S      (35 * INT64_C(86400))
#define SL_USAGE_RESEND_MS   INT64_C(86400000) /* at most as often */
#define SL_USAGE_SAMPLES_MAX 32768             /* the oldest go when there are more */
#define SL_USAGE_TAGS_MAX    1024              /* more are not metered */
#define SL_USAGE_REPORT_MAX  2048              /* samples in one report */
#define SL_USAGE_SPAN_MAX    24                /* hours of one sample */

struct sl_counted { /* what is in use now, by the host or the count engine */
	char tag[SL_TAG_SIZE];
	int64_t count;
	int32_t by_inventory; /* the count engine's: goes when the inventory has it no more */
};

struct sl_sample {
	int64_t n;
	int64_t start_s;
	int32_t hours; /* 1 to SL_USAGE_SPAN_MAX */
	uint32_t tag;  /* its place in the book's list of tags */
	int64_t max;
	int64_t last;
};

struct sl_usage_tag {
	char tag[SL_TAG_SIZE];
	int64_t high;     /* the highest count of the hour that runs */
	int64_t reported; /* what the last report carried: the highest */
};

/* Of an initialized book all members are zero. */
struct sl_usage_book {
	struct sl_usage_tag *tags;
	size_t n_tags;
	struct sl_sample *samples; /* by n, ascending */
	size_t n_samples;
	int64_t made_n;          /* the last number that was given */
	int64_t acked_n;         /* the ledger has all up to this one */
	int64_t kept_n;          /* a ledger, this one or an earlier one, had all up to this one */
	int64_t sent_n;          /* the highest that any report carried */
	int64_t start_ms;        /* elapsed time at which the hour that runs began */
	int64_t lost;            /* samples that went for want of room */
	int32_t running;         /* an hour runs */
	int32_t series;          /* the last report was not the last of its series */
	int32_t resend;          /* the ledger has changed: all that is kept is to be sent again */
	int64_t resent_ms;       /* elapsed time of the last time that this was done; 0: never */
	int64_t collected_ms;    /* wall clock of the last collection, for printing; 0: none */
	int64_t acknowledged_ms; /* likewise, of the last acknowledged report */
};

struct sl_usage_time {
	int64_t elapsed_ms;
	int64_t date_s;
	int64_t wall_ms;
	int32_t reporting; /* a report is open: its answer is to be of what it carries alone */
};

void sl_usage_clear(struct sl_usage_book *book);

/* Starts the first hour; what is in use now is its highest count. */
int sl_usage_begin(struct sl_usage_book *book, int64_t elapsed_ms, const struct sl_counted *counted,
    size_t n, struct smartlic_error *err);

/* What is in use has changed: the hour's highest counts may have.  Changes the book in place, or
 * fails and leaves it as it was. */
int sl_usage_see(struct sl_usage_book *book, const struct sl_counted *counted, size_t n,
    struct smartlic_error *err);

/* Whole hours that have passed since the running one began. */
int64_t sl_usage_hours(const struct sl_usage_book *book, int64_t elapsed_ms);

/*
 * Collects: whole hours that have passed become samples, old ones fold or go, and a resend that
 * is due begins.  *ret is a new book that shares nothing with `from`, which stays as it is.
 */
int sl_usage_collect(struct sl_usage_book *ret, const struct sl_usage_book *from,
    const struct sl_usage_time *now, const struct sl_counted *counted, size_t n,
    struct smartlic_error *err);

/* The samples that the next report carries: from *ret_first on, the oldest that fit, as many as
 * the return value says. */
size_t sl_usage_pick(const struct sl_usage_book *book, size_t *ret_first);

/* A report with these was made. */
void sl_usage_sent(struct sl_usage_book *book, int64_t last_n);

/*
 * All up to n, at most to last_n, the last that the report carried, are acknowledged.  *ret shares
 * the samples with `from`, its tags are new.  1: more wait, and the ledger took some; 0: that was
 * all, or it took none; < 0.
 */
int sl_usage_acknowledge(struct sl_usage_book *ret, const struct sl_usage_book *from, int64_t n,
    int64_t last_n, int64_t wall_ms, struct smartlic_error *err);

/* The ledger is another one: what is kept is sent again, by the next collection. */
void sl_usage_resend(struct sl_usage_book *book);
/* Not again within a day. */
int sl_usage_may_resend(const struct sl_usage_book *book, int64_t elapsed_ms);

/* Another account has nothing to do with them: samples go without being freed (the record may own
 * them still), numbers go on. */
void sl_usage_forget(struct sl_usage_book *book);

/* How many wait for their acknowledgement. */
int64_t sl_usage_waiting(const struct sl_usage_book *book);
/* What the last report carried of a tag, and the largest collected since. */
void sl_usage_of(
    const struct sl_usage_book *book, const char *tag, int64_t *ret_reported, int64_t *ret_next);

/* The persisted form, appended; and back.  SMARTLIC_E_STORE for bytes that are none; *ret is
 * written on success only. */
void sl_usage_write(struct sl_buf *ret, const struct sl_usage_book *book);
int sl_usage_read(
    struct sl_usage_book *ret, const void *bytes, size_t len, struct smartlic_error *err);

#endif
