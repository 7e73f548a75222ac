/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/managed.h"

/* The agent and the manager's heart, without a network between them. */

static void
setup(void)
{
	site_open(&s);
	site_ok(&s, ledger_virtual_account_create(s.ledger, "NCS1000", "admin", s.now, &s.err));
	setup_agent("NCS1000");
}

static struct ledger_instance
instance(void)
{
	struct ledger_instance i;

	site_ok(&s, ledger_instance_find(s.ledger, w.sn, &i, &s.err));
	return i;
}

START_TEST(registers_authorizes_and_goes_out_of_compliance_and_back)
{
	const struct smartlic_status *st;

	w.drive = (enum drive)_i;
	world_ready(&w);
	st = world_status(&w);
	ck_assert_str_eq(st->smart_account, "BU Production Test");
	ck_assert_str_eq(st->virtual_account, "NCS1000");
	ck_assert_str_eq(
	    st->entitlements[0].status == SMARTLIC_AUTH_AUTHORIZED ? "yes" : "no", "yes");
	ck_assert_str_eq(instance().state, "live");
	ck_assert_str_eq(instance().instance, st->instance);

	site_ok(&s, ledger_license_add(s.ledger, "NCS1000", TAG_G, 4, 1, s.now, &s.err));
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_OUT_OF_COMPLIANCE);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_ptr_nonnull(strstr(w.last[SMARTLIC_EVENT_OUT_OF_COMPLIANCE], "100G="));
	ck_assert_ptr_null(strstr(w.last[SMARTLIC_EVENT_OUT_OF_COMPLIANCE], "100X="));
	site_ok(&s, ledger_license_add(s.ledger, "NCS1000", TAG_G, 8, 1, s.now, &s.err));
	world_pass(&w, HOURS(12));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);

	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_DEREGISTERED], 1);
	ck_assert_str_eq(instance().state, "closed");
}
END_TEST

START_TEST(lives_for_two_years_with_renewals)
{
	/* what happens hourly and daily is not what this is about */
	static const struct authority_policy sparse = { .renew_after_s = 180 * 86400,
		.next_contact_s = 30 * 86400,
		.ooc_poll_s = 43200,
		.retry_s = 3600,
		.collect_s = 86400,
		.report_s = 30 * 86400 };

	authority_set_policy(s.authority, &sparse);
	w.drive = (enum drive)_i;
	world_ready(&w);
	for (int month = 0; month < 24; month++) {
		world_pass(&w, DAYS(30));
		ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
		ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	}
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWED], 4);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLONE_SUSPECTED], 0);
}
END_TEST

/* Line i of the reference's messages. */
static const char *
golden(int i)
{
	static char text[600];
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tests/golden/messages.txt", getenv("TOP_SRCDIR"));
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	for (int line = 0; line <= i; line++)
		ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	(void)fclose(f);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* Who, when, and that it had to come. */
static void
must_tell_of_the_removal(int64_t at_s)
{
	const struct smartlic_status *st = world_status(&w);

	ck_assert_int_eq(st->removed, 1);
	ck_assert_str_eq(st->removed_by, "admin");
	ck_assert(st->removed_at_ms == at_s * 1000);
	ck_assert_ptr_nonnull(strstr(st->consequence, "It was removed there by admin on "));
	ck_assert_ptr_nonnull(strstr(st->consequence, "expected"));
}

START_TEST(a_removed_instance_ends_as_in_the_reference)
{
	int64_t removed_s;

	world_stop(&w);
	w.pid = "8812";
	w.sn = "FOX2202WIVM";
	ck_assert_int_eq(world_start(&w), 0);
	w.drive = (enum drive)_i;
	world_ready(&w);
	removed_s = s.now + 600;
	site_ok(&s, ledger_instance_remove(s.ledger, w.sn, "admin", removed_s, &s.err));
	world_pass(&w, MINUTES(30));
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_str_eq(w.last[SMARTLIC_EVENT_AUTHORIZATION_FAILED], golden(0));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	must_tell_of_the_removal(removed_s);
	world_reboot(&w, 1000);
	must_tell_of_the_removal(removed_s);
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	world_settle(&w);
	ck_assert_str_eq(w.last[SMARTLIC_EVENT_DEREGISTRATION_FAILED], golden(1));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_DEREGISTRATION_FAILED], 1);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	must_tell_of_the_removal(removed_s);
	/* a fresh registration ends the story */
	ck_assert_int_eq(smartlic_agent_register(w.agent, w.token, 0), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(world_status(&w)->removed, 0);
	ck_assert_str_eq(world_status(&w)->removed_by, "");
	ck_assert(world_status(&w)->removed_at_ms == SMARTLIC_NO_TIME);
}
END_TEST

START_TEST(a_device_that_lost_its_store_needs_force)
{
	world_ready(&w);
	world_stop(&w);
	mem_disk_clear(&w.disk);
	ck_assert_int_eq(world_start(&w), 0);
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_ptr_nonnull(
	    strstr(world_status(&w)->initial_registration.reason, "udi_registered"));
	ck_assert_int_eq(smartlic_agent_register(w.agent, w.token, SMARTLIC_REGISTER_FORCE), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(power_cuts_and_lost_answers_count_once)
{
	world_register(&w);
	for (long i = 0; i < 24; i++) {
		w.net = i % 2 ? NET_LOSES : NET_UP;
		w.disk.fault_at = w.disk.writes + i % 4;
		w.disk.fault = (enum mem_fault)(i / 4 % MEM_FAULTS);
		(void)!(i % 3 == 0 ? smartlic_agent_renew_id(w.agent)
				   : smartlic_agent_renew_auth(w.agent));
		world_settle(&w);
		w.disk.power_off = 0;
		w.disk.fault_at = -1;
		world_reboot(&w, 1000);
		w.net = NET_UP;
		world_pass(&w, MINUTES(6));
		ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
		ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	}
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLONE_SUSPECTED], 0);
	ck_assert_str_eq(instance().state, "live");
	ck_assert_str_eq(instance().instance, world_status(&w)->instance);
}
END_TEST

START_TEST(clocks_of_1970_and_2060_register)
{
	world_stop(&w);
	w.wall_ms = _i == 0 ? 0 : INT64_C(2840140800000);
	ck_assert_int_eq(world_start(&w), 0);
	world_ready(&w);
}
END_TEST

START_TEST(a_token_that_is_wrong_or_spent_is_refused)
{
	struct site_token other = site_token_new(&s, "NCS1000", 1, -1);

	if (_i == 0) {
		other.text[60] = other.text[60] == 'A' ? 'B' : 'A';
		w.token = other.text;
	} else {
		w.token = other.text;
		w.oracle.now_s += 3 * SITE_DAY;
	}
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_ptr_nonnull(strstr(world_status(&w)->initial_registration.reason,
	    _i == 0 ? "token_unknown" : "token_expired"));
}
END_TEST

/* ---- license smart test: a transport that finds one thing, the authority's answer ---------- */

static struct sl_buf test_answer;
static int64_t test_now_s; /* by the authority's clock */
static int test_steps;
static char test_pending[40]; /* the request that the transport was told of */

static int
test_open(void **ret, const struct smartlic_host *host, const struct smartlic_option *options,
    size_t n, char *text, size_t cap)
{
	(void)host;
	(void)options;
	(void)n;
	(void)text;
	(void)cap;
	*ret = &test_answer;
	return 0;
}

static void
test_close(void *tp)
{
	(void)tp;
	sl_buf_free(&test_answer);
}

static int
test_begin(void *tp, const struct smartlic_message *request)
{
	test_steps = 0;
	(void)snprintf(test_pending, sizeof(test_pending), "%s",
	    request->pending_id != NULL ? request->pending_id : "none");
	ask_authority(&s, request->body, request->len, test_now_s, tp);
	return 0;
}

static int
test_finding(void *tp, struct smartlic_finding *ret)
{
	const struct sl_buf *answer = tp;

	if (test_steps++ > 0)
		return 2;
	*ret = (struct smartlic_finding){ .size = ret->size,
		.place = "https://ssm.example.net/",
		.subject = "answer",
		.body = answer->data,
		.len = answer->len };
	return 1;
}

static int
test_none(void *tp, const struct smartlic_message *request)
{
	(void)tp;
	(void)request;
	return SMARTLIC_E_STATE;
}

static int
test_no_step(void *tp, struct smartlic_outcome *ret)
{
	(void)tp;
	(void)ret;
	return 0;
}

static int
test_no_fds(void *tp, struct pollfd *fds, size_t *n)
{
	(void)tp;
	(void)fds;
	*n = 0;
	return 0;
}

static int64_t
test_no_deadline(void *tp)
{
	(void)tp;
	return INT64_MAX;
}

static const struct smartlic_transport_ops test_ops = {
	.size = sizeof(test_ops),
	.abi = SMARTLIC_TRANSPORT_ABI,
	.name = "test",
	.summary = "for a test of the test",
	.open = test_open,
	.close = test_close,
	.submit = test_none,
	.step = test_no_step,
	.cancel = test_close,
	.pollfds = test_no_fds,
	.deadline = test_no_deadline,
	.test = test_begin,
	.finding = test_finding,
};

/* The finding about a subject. */
static struct smartlic_finding
found(const char *subject)
{
	struct smartlic_finding f = { .size = sizeof(f) }, ret = { 0 };
	struct smartlic_test *test = NULL;
	int r;

	ck_assert_int_eq(smartlic_test_new(&test, w.agent), 0);
	while ((r = smartlic_test_step(test, &f)) == 1)
		if (strcmp(f.subject, subject) == 0)
			ret = f;
	ck_assert_int_eq(r, 2);
	smartlic_test_free(test);
	ck_assert_str_eq(ret.subject, subject);
	return ret;
}

START_TEST(a_test_tells_who_answers_and_what_the_clocks_say)
{
	static const struct {
		int64_t ahead_s; /* the device's clock of the authority's */
		int grade;
		const char *found, *cure;
	} clocks[] = {
		{ 100, SMARTLIC_GRADE_GOOD, "100 seconds ahead", "" },
		{ -100, SMARTLIC_GRADE_GOOD, "100 seconds behind", "" },
		{ 86400, SMARTLIC_GRADE_WARNING, "86400 seconds ahead", "the device's clock" },
		{ -4000, SMARTLIC_GRADE_WARNING, "4000 seconds behind", "the device's clock" },
		/* the authority says a time long before one that it has signed */
		{ 10 * 86400, SMARTLIC_GRADE_BAD, "", "clock accept" },
	};
	struct smartlic_finding f;
	struct mem_disk before;

	world_ready(&w);
	world_pass(&w, HOURS(2));
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(smartlic_agent_set_transport_ops(w.agent, &test_ops, NULL, 0), 0);
	world_settle(&w);
	before = w.disk;
	test_now_s = w.wall_ms / 1000 - clocks[_i].ahead_s;
	f = found("clock");
	ck_assert_msg(f.grade == clocks[_i].grade, "%s", f.found);
	ck_assert_msg(strstr(f.found, clocks[_i].found) != NULL, "%s", f.found);
	ck_assert_msg(strstr(f.cure, clocks[_i].cure) != NULL, "%s", f.cure);
	ck_assert_mem_eq(&before, &w.disk, sizeof(before));
	f = found("authority");
	/* ten days ago its certificates were not valid yet */
	ck_assert_int_eq(f.grade, _i < 4 ? SMARTLIC_GRADE_GOOD : SMARTLIC_GRADE_BAD);
	if (_i == 4)
		return;
	ck_assert_ptr_nonnull(strstr(f.found, ledger_info(s.ledger)->ledger));
	ck_assert_ptr_nonnull(strstr(f.found, "protocol 1"));
}
END_TEST

START_TEST(a_test_without_a_way_says_what_is_missing)
{
	struct smartlic_finding f;

	ck_assert_int_eq(smartlic_agent_set_transport(w.agent, "satellite", NULL, 0), 0);
	f = found("configuration");
	ck_assert_int_eq(f.grade, SMARTLIC_GRADE_BAD);
	ck_assert_ptr_nonnull(strstr(f.found, "satellite missing"));
	ck_assert_str_ne(f.cure, "");
}
END_TEST

/* By a transport that takes no requests. */
static void
test_by(const struct smartlic_transport_ops *ops)
{
	ck_assert_int_eq(smartlic_agent_set_transport_ops(w.agent, ops, NULL, 0), 0);
	world_settle(&w);
	test_now_s = w.wall_ms / 1000;
}

START_TEST(a_test_names_the_request_that_is_open_and_leaves_it_so)
{
	static struct smartlic_transport_ops ops; /* the agent has it until the end */
	struct smartlic_finding f;
	char id[40];

	ops = test_ops;
	ops.flags = _i == 0 ? 0 : SMARTLIC_TRANSPORT_DEFERRED;
	world_ready(&w);
	test_by(&ops);
	if (_i == 1)
		ck_assert_str_eq(found("request").found, "none is open");
	else
		(void)found("authority");
	ck_assert_str_eq(test_pending, "none");
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	(void)snprintf(id, sizeof(id), "%s", world_status(&w)->pending_request_id);
	f = found("request");
	ck_assert_int_eq(f.grade, SMARTLIC_GRADE_GOOD);
	ck_assert_ptr_nonnull(strstr(f.found, "'authorize' is open since 20"));
	ck_assert_ptr_nonnull(strstr(f.found, id));
	ck_assert_ptr_nonnull(strstr(f.meaning, _i == 0 ? "sent again" : "days later"));
	ck_assert_str_eq(test_pending, id);
	ck_assert_str_eq(world_status(&w)->pending_request_id, id);
}
END_TEST

START_TEST(of_a_transport_without_a_test_nothing_more_is_said)
{
	static struct smartlic_transport_ops ops; /* the agent has it until the end */
	struct smartlic_finding f;

	ops = test_ops;
	if (_i == 0)
		ops.size = offsetof(struct smartlic_transport_ops, test);
	else
		ops.test = NULL;
	test_by(&ops);
	f = found("transport");
	ck_assert_int_eq(f.grade, SMARTLIC_GRADE_SKIPPED);
	ck_assert_ptr_nonnull(strstr(f.found, "has no test of its way"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("agent and authority");
	TCase *t = tcase_create("authority");

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, registers_authorizes_and_goes_out_of_compliance_and_back, 0, world_drives());
	tcase_add_long_loop_test(t, lives_for_two_years_with_renewals, world_drives());
	tcase_add_loop_test(t, a_removed_instance_ends_as_in_the_reference, 0, world_drives());
	tcase_add_test(t, a_device_that_lost_its_store_needs_force);
	tcase_add_test(t, power_cuts_and_lost_answers_count_once);
	tcase_add_loop_test(t, clocks_of_1970_and_2060_register, 0, 2);
	tcase_add_loop_test(t, a_token_that_is_wrong_or_spent_is_refused, 0, 2);
	tcase_add_loop_test(t, a_test_tells_who_answers_and_what_the_clocks_say, 0, 5);
	tcase_add_test(t, a_test_without_a_way_says_what_is_missing);
	tcase_add_loop_test(t, a_test_names_the_request_that_is_open_and_leaves_it_so, 0, 2);
	tcase_add_loop_test(t, of_a_transport_without_a_test_nothing_more_is_said, 0, 2);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
