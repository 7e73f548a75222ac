/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <ctype.h>
#include <inttypes.h>

#include "tests/unit/show_members.h"
#include "tests/unit/show_states.h"

/*
 * The status, the text and the JSON say the same.  Each member of the struct has a row that tells
 * where it stands in the other two; a member without a row fails the first test.
 */

/* The members of the smaller structs, checked by hand below. */
static const char *const attempt_members[] = { "outcome", "code", "time_ms", "reason" };
static const char *const timer_members[] = { "name", "due_ms" };
static const char *const entitlement_members[] = { "tag", "short_name", "name", "description",
	"version", "count", "status", "last_reported", "next_report" };

/* ---- the header's members -------------------------------------------------------------- */

/* Blanks what is a comment. */
static void
strip_comments(char *text)
{
	char *begin, *end;

	while ((begin = strstr(text, "/*")) != NULL && (end = strstr(begin, "*/")) != NULL)
		memset(begin, ' ', (size_t)(end + 2 - begin));
}

/* The members of a struct in their order, each followed by a blank. */
static void
members_of(const char *name, struct sl_buf *ret)
{
	char text[32768], head[100], *p;

	read_text(text, sizeof(text), "../include/smartlic/status.h");
	strip_comments(text);
	(void)snprintf(head, sizeof(head), "struct %s {", name);
	p = strstr(text, head);
	ck_assert_msg(p != NULL, "%s", name);
	*strchr(p, '}') = '\0';
	/* a declarator ends in ',' or ';' */
	for (p += strlen(head); *p != '\0'; p++) {
		const char *end = p;

		if (*p != ',' && *p != ';')
			continue;
		while (isalnum((unsigned char)end[-1]) || end[-1] == '_')
			end--;
		sl_buf_printf(ret, "%.*s ", (int)(p - end), end);
	}
}

static void
are_named(const char *name, const char *const members[], size_t n)
{
	struct sl_buf declared = { 0 }, listed = { 0 };

	members_of(name, &declared);
	for (size_t i = 0; i < n; i++)
		sl_buf_printf(&listed, "%s ", members[i]);
	ck_assert_str_eq(listed.data, declared.data);
	sl_buf_free(&declared);
	sl_buf_free(&listed);
}

START_TEST(every_member_of_the_status_has_a_row)
{
	const char *names[N(rows)];

	for (size_t i = 0; i < N(rows); i++)
		names[i] = rows[i].member;
	are_named("smartlic_status", names, N(names));
	are_named("smartlic_attempt", attempt_members, N(attempt_members));
	are_named("smartlic_timer", timer_members, N(timer_members));
	are_named("smartlic_entitlement", entitlement_members, N(entitlement_members));
}
END_TEST

/* ---- agreement ------------------------------------------------------------------------- */

/* One status in all its forms. */
static const struct smartlic_status *st;
static char *text;
static json_t *json;
static int present[N(rows)]; /* in how many statuses the member had a value */

/* `value` NULL: the line has no value, or is not there. */
static void
line_is(const struct row *row, const char *value)
{
	char line[1024];

	if (row->label == NULL)
		return;
	(void)snprintf(line, sizeof(line), "\n%s %s", row->label, value != NULL ? value : "");
	if (value != NULL) {
		ck_assert_msg(strstr(text, line) != NULL, "%s: no line '%s' in:\n%s", row->member,
		    line, text);
		return;
	}
	for (const char *p = text; (p = strstr(p, line)) != NULL; p++)
		ck_assert_msg(strncmp(p + strlen(line), "None\n", 5) == 0 ||
				  strncmp(p + strlen(line), "DEADLINE", 8) == 0,
		    "%s: has no value, but %.80s", row->member, p);
}

static void
json_is(const struct row *row, const char *value)
{
	const char *got = json_string_value(at(json, row->json));

	ck_assert_msg((got == NULL) == (value == NULL) && (got == NULL || strcmp(got, value) == 0),
	    "%s: %s in JSON, not %s", row->member, got != NULL ? got : "absent",
	    value != NULL ? value : "absent");
}

static void
json_number_is(const struct row *row, int64_t value)
{
	const json_t *got = at(json, row->json);

	ck_assert_msg(json_is_integer(got) && json_integer_value(got) == value, "%s", row->member);
}

static void
printed_time(char *ret, size_t size, int64_t time_ms)
{
	struct sl_buf b = { 0 };

	sl_show_time(&b, time_ms, ist, NULL);
	(void)snprintf(ret, size, "%s", b.data);
	sl_buf_free(&b);
}

/* Where the text has its own word for a moment that has passed, or tells it in one state alone. */
static int
is_printed(const struct row *row)
{
	if (row->offset == offsetof(struct smartlic_status, communication_deadline_ms))
		return !st->communication_deadline_exceeded;
	if (row->offset == offsetof(struct smartlic_status, next_registration_ms))
		return st->registration == SMARTLIC_REG_RETRY_WAIT;
	return 1;
}

static void
time_agrees(const struct row *row, int64_t time_ms)
{
	char utc[SL_TIME_SIZE], local[64];

	if (time_ms == SMARTLIC_NO_TIME) {
		json_is(row, NULL);
		line_is(row, NULL);
		return;
	}
	sl_time(utc, time_ms / 1000);
	json_is(row, utc);
	printed_time(local, sizeof(local), time_ms);
	if (is_printed(row))
		line_is(row, local);
}

static void
number_agrees(const struct row *row, int64_t value)
{
	char line[100];

	json_number_is(row, value);
	if (row->kind == KIND_SPAN)
		(void)snprintf(line, sizeof(line),
		    "%" PRId64 " days, %d hours, %d minutes, %d seconds\n", value / 86400,
		    (int)(value / 3600 % 24), (int)(value / 60 % 60), (int)(value % 60));
	else
		(void)snprintf(line, sizeof(line), "%" PRId64 "%s\n", value,
		    row->kind == KIND_SECONDS ? " seconds" : "");
	line_is(row, line);
}

static void
flag_agrees(const struct row *row, int value)
{
	if (row->json_yes != NULL)
		json_is(row, value ? row->json_yes : row->json_no);
	else
		ck_assert_msg(
		    value ? json_is_true(at(json, row->json)) : json_is_false(at(json, row->json)),
		    "%s", row->member);
	if (value || row->no != NULL)
		line_is(row, value ? row->yes : row->no);
}

static void
attempt_agrees(const struct row *row, const struct smartlic_attempt *a)
{
	static const char *const words[][2] = { { "none", "None" }, { "succeeded", "SUCCEEDED" },
		{ "failed", "FAILED" } };
	char path[4][100], line[1024], local[64];
	static const char *const keys[] = { ".outcome", ".time", ".failure-reason",
		".failure-code" };
	struct row part = *row;

	for (size_t i = 0; i < N(keys); i++)
		(void)snprintf(path[i], sizeof(path[i]), "%s%s", row->json, keys[i]);
	part.json = path[0];
	json_is(&part, words[a->outcome][0]);
	part.label = NULL;
	part.json = path[1];
	time_agrees(&part, a->time_ms);
	part.json = path[2];
	json_is(&part, a->outcome == SMARTLIC_ATTEMPT_FAILED ? a->reason : NULL);
	part.json = path[3];
	json_is(&part, a->code != 0 ? smartlic_error_name(a->code) : NULL);
	if (a->outcome == SMARTLIC_ATTEMPT_NONE) {
		line_is(row, NULL);
		return;
	}
	printed_time(local, sizeof(local), a->time_ms);
	(void)snprintf(line, sizeof(line), "%s on %s\n%s%s", words[a->outcome][1], local,
	    a->outcome == SMARTLIC_ATTEMPT_FAILED ? "    Failure reason: " : "", a->reason);
	line_is(row, line);
}

static const struct {
	int registration, outcome;
	const char *text, *json;
} registrations[] = {
	{ SMARTLIC_REG_UNCONFIGURED, SMARTLIC_ATTEMPT_NONE, "UNCONFIGURED", "unconfigured" },
	{ SMARTLIC_REG_UNIDENTIFIED, SMARTLIC_ATTEMPT_NONE, "UNREGISTERED", "not-registered" },
	{ SMARTLIC_REG_UNIDENTIFIED, SMARTLIC_ATTEMPT_FAILED, "UNREGISTERED - REGISTRATION FAILED",
	    "failed" },
	{ SMARTLIC_REG_REGISTERING, SMARTLIC_ATTEMPT_NONE, "REGISTERING - REGISTRATION IN PROGRESS",
	    "in-progress" },
	{ SMARTLIC_REG_RETRY_WAIT, SMARTLIC_ATTEMPT_FAILED, "UNREGISTERED - REGISTRATION FAILED",
	    "retry" },
	{ SMARTLIC_REG_REGISTERED, SMARTLIC_ATTEMPT_SUCCEEDED, "REGISTERED", "complete" },
	{ SMARTLIC_REG_RENEWING, SMARTLIC_ATTEMPT_SUCCEEDED, "REGISTERED", "complete" },
	{ SMARTLIC_REG_EXPIRED, SMARTLIC_ATTEMPT_SUCCEEDED, "REGISTRATION EXPIRED",
	    "not-registered" },
};

static void
registration_agrees(const struct row *row)
{
	char line[100];
	size_t i = 0;

	while (registrations[i].registration != st->registration ||
	       registrations[i].outcome != st->initial_registration.outcome)
		ck_assert_uint_lt(++i, N(registrations));
	json_is(row, registrations[i].json);
	(void)snprintf(line, sizeof(line), "%s\n", registrations[i].text);
	line_is(row, line);
}

static const struct {
	int authorization;
	const char *text, *entitlement, *json;
} authorizations[] = {
	{ SMARTLIC_AUTH_NONE, NULL, "WAITING", "none" },
	{ SMARTLIC_AUTH_EVALUATION, "EVAL MODE", "EVAL MODE", "eval" },
	{ SMARTLIC_AUTH_EVALUATION_EXPIRED, "EVAL EXPIRED on ", "EVAL EXPIRED", "eval-expired" },
	{ SMARTLIC_AUTH_AUTHORIZED, "AUTHORIZED on ", "AUTHORIZED", "authorized" },
	{ SMARTLIC_AUTH_OUT_OF_COMPLIANCE, "OUT OF COMPLIANCE on ", "OUT OF COMPLIANCE",
	    "out-of-compliance" },
	{ SMARTLIC_AUTH_EXPIRED, "AUTHORIZATION EXPIRED on ", "AUTH EXPIRED", "expired" },
	{ SMARTLIC_AUTH_RESERVED, "AUTHORIZED - RESERVED on ", "AUTHORIZED - RESERVED",
	    "authorized-reservation" },
};

static void
authorization_agrees(const struct row *row)
{
	const char *want = authorizations[st->authorization].text;
	const char *block = strstr(text, "License Authorization:\n  Status: ");

	json_is(row, authorizations[st->authorization].json);
	ck_assert_msg((want == NULL) == (block == NULL), "%s", text);
	if (want != NULL)
		ck_assert_int_eq(strncmp(strstr(block, "  Status: ") + 10, want, strlen(want)), 0);
}

static int
agrees(const struct row *row)
{
	const void *p = (const char *)st + row->offset;
	const struct smartlic_attempt *attempt = p;
	const char *const *string = p;
	const int64_t *number = p;
	const int32_t *flag = p;

	switch (row->kind) {
	case KIND_NOT_SHOWN:
		return 1;
	case KIND_LIST:
		if (strcmp(row->json, "timer") == 0)
			ck_assert_uint_eq(json_object_size(at(json, "timer")), st->n_timers);
		else
			ck_assert_uint_eq(json_array_size(at(json, row->json)),
			    strcmp(row->json, "entitlement") == 0 ? st->n_entitlements
								  : st->n_reserved);
		return 1;
	case KIND_REGISTRATION:
		registration_agrees(row);
		return 1;
	case KIND_AUTHORIZATION:
		authorization_agrees(row);
		return 1;
	case KIND_ATTEMPT:
		attempt_agrees(row, attempt);
		return attempt->outcome != SMARTLIC_ATTEMPT_NONE;
	case KIND_TEXT:
		json_is(row, **string != '\0' ? *string : NULL);
		line_is(row, **string != '\0' ? *string : NULL);
		return **string != '\0';
	case KIND_TIME:
		time_agrees(row, *number);
		return *number != SMARTLIC_NO_TIME;
	case KIND_NUMBER:
	case KIND_SECONDS:
	case KIND_SPAN:
		number_agrees(row, *number);
		return *number != 0;
	case KIND_FLAG:
		flag_agrees(row, *flag);
		return *flag != 0;
	}
	return 0;
}

static void
entitlements_agree(void)
{
	for (size_t i = 0; i < st->n_entitlements; i++) {
		const struct smartlic_entitlement *e = &st->entitlements[i];
		const json_t *got = json_array_get(at(json, "entitlement"), i);
		char block[2048];

		string_at(got, "tag", e->tag);
		string_at(got, "short-name", e->short_name);
		if (e->name[0] != '\0')
			string_at(got, "name", e->name);
		if (e->description[0] != '\0')
			string_at(got, "description", e->description);
		string_at(got, "version", e->version);
		string_at(got, "state", authorizations[e->status].json);
		ck_assert_int_eq(json_integer_value(at(got, "count")), e->count);
		ck_assert_int_eq(json_integer_value(at(got, "last-reported")), e->last_reported);
		ck_assert_int_eq(json_integer_value(at(got, "next-report")), e->next_report);
		(void)snprintf(block, sizeof(block),
		    "\nEntitlement Tag: %s\n  Short Name: %s\n  Name:%s%s\n  Description:%s%s\n"
		    "  Count: %" PRId64 "\n  Version: %s\n  Status: %s\n"
		    "  Last Reported: %" PRId64 "\n  Next Report: %" PRId64 "\n",
		    e->tag, e->short_name, e->name[0] != '\0' ? " " : "", e->name,
		    e->description[0] != '\0' ? " " : "", e->description, e->count, e->version,
		    authorizations[e->status].entitlement, e->last_reported, e->next_report);
		ck_assert_msg(strstr(text, block) != NULL, "no%s\nin:\n%s", block, text);
	}
}

static void
timers_agree(void)
{
	for (size_t i = 0; i < st->n_timers; i++) {
		char line[200], local[64], utc[SL_TIME_SIZE];

		sl_time(utc, st->timers[i].due_ms / 1000);
		string_at(at(json, "timer"), st->timers[i].name, utc);
		printed_time(local, sizeof(local), st->timers[i].due_ms);
		(void)snprintf(line, sizeof(line), "\n%s: %s\n", st->timers[i].name, local);
		ck_assert_msg(strstr(text, line) != NULL, "no%s", line);
	}
}

static void
satellite_agrees(void)
{
	int is_one = st->synchronised_ms != SMARTLIC_NO_TIME;

	ck_assert_int_eq(at(json, "satellite") != NULL, is_one);
	ck_assert_int_eq(
	    strstr(text, "\n  Behind: 0 days, 1 hours, 10 minutes, 0 seconds\n") != NULL,
	    is_one && st->behind_s == 4200);
	if (is_one)
		ck_assert_int_eq(json_integer_value(at(json, "satellite.behind")), st->behind_s);
}

static void
all_agree(const struct smartlic_status *status)
{
	st = status;
	text = shown(st, SMARTLIC_SHOW_TECH, SMARTLIC_SHOW_TEXT);
	json = loaded(st, SMARTLIC_SHOW_TECH);
	for (size_t i = 0; i < N(rows); i++)
		present[i] += agrees(&rows[i]);
	ck_assert_int_eq(at(json, "registration.removed") != NULL, st->removed);
	ck_assert_int_eq(strstr(text, "  Removed at the Authority: ") != NULL, st->removed);
	satellite_agrees();
	entitlements_agree();
	timers_agree();
	json_decref(json);
	free(text);
}

static const struct smartlic_license licenses[] = { { "regid.x", 8 }, { "regid.y", 2 } };

/* What no state of the others has. */
static void
everything_else(struct smartlic_status *ret)
{
	ret->registration = SMARTLIC_REG_RENEWING;
	ret->export_controlled_allowed = 1;
	ret->unreported_samples = 48;
	ret->ahead_ms = S(12, 1, 2, 3);
	ret->clock_accept = ret->sends_hostname = 1;
	ret->sends_version = 0;
	ret->pending_type = "renew-id";
	ret->pending_request_id = "ee14b5bc-3c90-40f5-af7b-65f095344825";
	ret->pending_since_ms = S(11, 15, 58, 0);
	ret->revocation_optional = 1;
	ret->synchronised_ms = S(11, 14, 48, 44);
	ret->behind_s = 4200;
	ret->last_communication.outcome = SMARTLIC_ATTEMPT_FAILED;
	ret->last_communication.code = SMARTLIC_E_COMM;
	ret->last_communication.reason = "no route";
	ents[0].last_reported = 3;
	ents[0].next_report = 11;
	ret->reservation_enabled = ret->reservation_returning = 1;
	ret->reservation_id = "0d7c7ad8-2f5c-4b3a-9d3e-6a0f6c1e2b11";
	ret->reservation_code = "0123456789abcdef0123456789abcdef";
	ret->reservation_ends_ms = S(11 + 300, 15, 0, 0);
	ret->reserved = licenses;
	ret->n_reserved = N(licenses);
}

START_TEST(struct_text_and_json_agree_in_every_state)
{
	struct smartlic_status status = reference();

	all_agree(&status);
	for (size_t i = 0; i < N(states); i++) {
		status = reference();
		states[i].set(&status);
		all_agree(&status);
	}
	status = reference();
	everything_else(&status);
	all_agree(&status);
	/* a member that never had a value was not looked at */
	for (size_t i = 0; i < N(rows); i++)
		ck_assert_msg(present[i] > 0, "%s", rows[i].member);
}
END_TEST

/* What JSON says in one command it says in each that has it. */
START_TEST(a_member_has_one_value_in_every_command)
{
	struct smartlic_status status = reference();
	json_t *whole, *value;
	const char *key;

	everything_else(&status);
	whole = loaded(&status, SMARTLIC_SHOW_TECH_SUPPORT);
	for (int what = SMARTLIC_SHOW_ALL; what < SMARTLIC_SHOW_TECH_SUPPORT; what++) {
		json_t *obj = loaded(&status, what);

		if (what == SMARTLIC_SHOW_PLATFORM_TRACE)
			(void)json_object_del(obj, "trace");
		json_object_foreach(obj, key, value)
		    ck_assert_msg(json_equal(value, json_object_get(whole, key)), "%s", key);
		json_decref(obj);
	}
	json_decref(whole);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("show, members");
	TCase *t = tcase_create("members");

	tcase_add_test(t, every_member_of_the_status_has_a_row);
	tcase_add_test(t, struct_text_and_json_agree_in_every_state);
	tcase_add_test(t, a_member_has_one_value_in_every_command);
	suite_add_tcase(s, t);
	return run_suite(s);
}
