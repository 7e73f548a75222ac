/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SHOWING_H
#define TESTS_UNIT_SHOWING_H

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "show.h"
#include "tests/suite.h"
#include "text.h"

/* The device of the reference's examples, and what is looked for in its texts and JSON. */

#define N(a)            (sizeof(a) / sizeof((a)[0]))
#define S(day, h, m, s) ((sl_days(2019, 2, day) * 86400 + (h)*3600 + (m)*60 + (s)-IST_S) * 1000)
#define IST_S           19800

/* The zone of the reference's examples. */
static inline int
ist(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret)
{
	int64_t s = wall_ms / 1000 + IST_S, days = s / 86400, year;
	int month, day;

	(void)userdata;
	sl_date(days, &year, &month, &day);
	*ret = (struct smartlic_local_time){ (int32_t)year, month, day, (int32_t)((days + 4) % 7),
		(int32_t)(s / 3600 % 24), (int32_t)(s / 60 % 60), (int32_t)(s % 60), 0, "IST" };
	return 0;
}

#define NAME_G "NCS1K4 smart license - one QSFP28 client"
#define NAME_X NAME_G " with encryption"
#define TAG_G  "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"
#define TAG_X  "regid.2018-05.com.cisco.S-NCS1K4-LIC-100X=,1.0_3938b0c5-f635-4426-9f0f-936d930cea9e"
#define ATTEMPT(outcome, t, reason)                                                                \
	{                                                                                          \
		SMARTLIC_ATTEMPT_##outcome, 0, t, reason                                           \
	}
#define NO_ATTEMPT ATTEMPT(NONE, SMARTLIC_NO_TIME, "")

static struct smartlic_entitlement ents[2];
static struct smartlic_timer timers[2];
static struct sl_trace trace;

/* The device of the reference's examples, at the moment of the first. */
static inline struct smartlic_status
reference(void)
{
	struct smartlic_status st = {
		.size = sizeof(st),
		.now_ms = S(11, 15, 58, 44),
		.registration = SMARTLIC_REG_REGISTERED,
		.missing = "",
		.udi_pid = "NCS1004",
		.udi_sn = "CAT2231B18Y",
		.udi_uuid = "default-sdr",
		.smart_account = "BU Production Test",
		.virtual_account = "NCS1000",
		.instance = "01940000-0000-7000-8000-000000000001",
		.initial_registration = ATTEMPT(SUCCEEDED, S(11, 15, 51, 10), ""),
		.last_renewal = NO_ATTEMPT,
		.next_registration_ms = SMARTLIC_NO_TIME,
		.next_renewal_ms = S(11 + 180, 15, 52, 10),
		.registration_expires_ms = S(11 + 365, 15, 46, 59),
		.authorization = SMARTLIC_AUTH_AUTHORIZED,
		.authorization_since_ms = S(11, 15, 53, 40),
		.last_communication = ATTEMPT(SUCCEEDED, S(11, 15, 53, 40), ""),
		.next_communication_ms = S(11 + 30, 15, 53, 39),
		.communication_deadline_ms = S(11 + 90, 15, 47, 29),
		.entitlements = ents,
		.n_entitlements = N(ents),
		.pending_type = "",
		.pending_request_id = "",
		.pending_since_ms = SMARTLIC_NO_TIME,
		.transport = "direct",
		.destination = "https://ssm.example.net/its/service/oddce/services/DDCEService",
		.agent_version = "2.2.0_rel/48",
		.consequence = "All licenses in use are held.",
		.collect_s = 3600,
		.report_s = 86400,
		.last_collection_ms = S(11, 15, 57, 53),
		.next_collection_ms = S(11, 16, 57, 53),
		.last_report_ms = S(11, 15, 57, 53),
		.next_report_ms = S(12, 15, 57, 53),
		.evaluation_remaining_s = 90 * 86400,
		.evaluation_ended_ms = SMARTLIC_NO_TIME,
		.removed_by = "",
		.removed_at_ms = SMARTLIC_NO_TIME,
		.floor_ms = S(11, 15, 51, 44),
		.signed_ms = S(11, 15, 47, 29),
		.ahead_ms = SMARTLIC_NO_TIME,
		.sends_version = 1,
		.renew_after_s = 15552060,
		.next_contact_s = 2591999,
		.ooc_poll_s = 43200,
		.retry_s = 3600,
		.timers = timers,
		.n_timers = N(timers),
		.store_id = "0b6c1f0e-8d7c-4e55-9a4e-0d5c8a1d9a01",
		.ledger = "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11",
		.sequence = 2,
		.reservation_id = "",
		.reservation_code = "",
		.reservation_ends_ms = SMARTLIC_NO_TIME,
		.answered_by = "https://ssm.example.net/its/service/oddce/services/DDCEService",
		.synchronised_ms = SMARTLIC_NO_TIME,
	};

	timers[0] = (struct smartlic_timer){ "authorize", S(11 + 30, 15, 53, 39) };
	timers[1] = (struct smartlic_timer){ "renew-id", S(11 + 180, 15, 52, 10) };
	ents[0] = (struct smartlic_entitlement){ TAG_G, "S-NCS1K4-LIC-100G=", NAME_G, NAME_G, "1.0",
		8, SMARTLIC_AUTH_AUTHORIZED, 8, 0 };
	ents[1] = (struct smartlic_entitlement){ TAG_X, "S-NCS1K4-LIC-100X=", NAME_X, NAME_X, "1.0",
		8, SMARTLIC_AUTH_AUTHORIZED, 8, 0 };
	return st;
}

/* A device that was configured a moment ago. */
static inline struct smartlic_status
fresh(void)
{
	struct smartlic_status st = reference();

	st.registration = SMARTLIC_REG_UNIDENTIFIED;
	st.smart_account = st.virtual_account = st.instance = "";
	st.initial_registration = (struct smartlic_attempt)NO_ATTEMPT;
	st.next_renewal_ms = st.registration_expires_ms = SMARTLIC_NO_TIME;
	st.authorization = SMARTLIC_AUTH_NONE;
	st.authorization_since_ms = SMARTLIC_NO_TIME;
	st.last_communication = (struct smartlic_attempt)NO_ATTEMPT;
	st.next_communication_ms = st.communication_deadline_ms = SMARTLIC_NO_TIME;
	st.n_entitlements = 0;
	return st;
}

static inline char *
shown(const struct smartlic_status *st, int what, int format)
{
	struct sl_buf out = { 0 };
	struct sl_show show = { .out = &out, .st = st, .trace = &trace, .local_time = ist };
	struct smartlic_error err = { 0 };

	ck_assert_msg(sl_show(&show, what, format, &err) == 0, "%s", err.text);
	return sl_buf_take(&out);
}

static inline void
shows(const struct smartlic_status *st, int what, const char *text)
{
	char *got = shown(st, what, SMARTLIC_SHOW_TEXT);

	ck_assert_str_eq(got, text);
	free(got);
}

static inline void
has(const struct smartlic_status *st, int what, const char *text)
{
	char *got = shown(st, what, SMARTLIC_SHOW_TEXT);

	ck_assert_msg(strstr(got, text) != NULL, "not in:\n%s", got);
	free(got);
}

static inline void
has_not(const struct smartlic_status *st, int what, const char *text)
{
	char *got = shown(st, what, SMARTLIC_SHOW_TEXT);

	ck_assert_msg(strstr(got, text) == NULL, "in:\n%s", got);
	free(got);
}

/* A file of tests/, whole. */
static inline void
read_text(char *ret, size_t size, const char *name)
{
	char path[1024];
	FILE *f;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/tests/%s", getenv("TOP_SRCDIR"), name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	len = fread(ret, 1, size - 1, f);
	(void)fclose(f);
	ret[len] = '\0';
}

/* Finds "a.b.c" in an object. */
static inline const json_t *
at(const json_t *obj, const char *path)
{
	char copy[200], *key, *rest = copy;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	while ((key = strsep(&rest, ".")) != NULL)
		obj = json_is_array(obj) ? json_array_get(obj, (size_t)atoi(key))
					 : json_object_get(obj, key);
	return obj;
}

static inline json_t *
loaded(const struct smartlic_status *st, int what)
{
	char *text = shown(st, what, SMARTLIC_SHOW_JSON);
	json_t *obj = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	ck_assert_msg(json_is_object(obj), "%s", text);
	free(text);
	return obj;
}

static inline void
string_at(const json_t *obj, const char *path, const char *value)
{
	const char *got = json_string_value(at(obj, path));

	ck_assert_msg(
	    got != NULL && strcmp(got, value) == 0, "%s: %s", path, got != NULL ? got : "absent");
}

#endif
