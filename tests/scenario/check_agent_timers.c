/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "policy.h"
#include "tests/scenario/alone.h"

/* Every timer of the agent: when it fires, how far the authority may move it, and what an operator
 * does about it.  Those of a life without disturbance are in check_agent. */

static void
drive(int i)
{
	w.drive = (enum drive)(i % DRIVES);
}

static void
command(int (*what)(struct smartlic_agent *agent))
{
	ck_assert_int_eq(what(w.agent), 0);
	world_settle(&w);
}

/* `at` is a retry's: the span less a tenth at most. */
static void
must_be_jittered(int64_t at, int64_t span)
{
	ck_assert(at <= w.wall_ms + span);
	ck_assert(at >= w.wall_ms + span - span / 10);
}

/* How many requests go out in the next span. */
static long
requests_in(int64_t span)
{
	long before = w.exchanges;

	world_pass(&w, span);
	return w.exchanges - before;
}

/* ---- registration ------------------------------------------------------------------------ */

START_TEST(a_registration_goes_out_again_after_a_day_and_again)
{
	drive(_i);
	w.net = NET_DOWN;
	world_register(&w);
	must_be_jittered(world_status(&w)->next_registration_ms, DAYS(1));
	for (int day = 0; day < 5; day++) {
		int64_t at = world_status(&w)->next_registration_ms;

		ck_assert_int_eq(requests_in(at - w.wall_ms - 1), 0);
		ck_assert_int_eq(requests_in(1), 1);
		must_be_jittered(world_status(&w)->next_registration_ms, DAYS(1));
	}
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_RETRY_WAIT);
}
END_TEST

START_TEST(two_devices_that_fail_together_do_not_call_together)
{
	int64_t first;

	w.net = NET_DOWN;
	world_register(&w);
	first = world_status(&w)->next_registration_ms;
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	world_settle(&w);
	ck_assert(world_status(&w)->next_registration_ms != first);
}
END_TEST

/* ---- renewals ---------------------------------------------------------------------------- */

START_TEST(regular_renewals_carry_no_jitter)
{
	int64_t from = w.wall_ms;

	drive(_i);
	strcpy(w.oracle.policy, "\"collect_s\":86400,\"report_s\":2592000");
	world_ready(&w);
	for (int i = 1; i <= 6; i++) {
		ck_assert(world_status(&w)->next_communication_ms == from + i * DAYS(30));
		world_pass(&w, DAYS(30));
		ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 1 + i);
	}
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_RENEW_ID], 1);
	ck_assert(world_status(&w)->next_renewal_ms == from + 2 * DAYS(180));
}
END_TEST

START_TEST(an_identity_is_renewed_after_180_days_and_tried_hourly_when_that_fails)
{
	drive(_i);
	strcpy(w.oracle.policy, "\"collect_s\":86400,\"report_s\":2592000");
	world_ready(&w);
	world_pass(&w, DAYS(179));
	w.net = NET_DOWN;
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_FAILED);
	must_be_jittered(world_status(&w)->next_renewal_ms, HOURS(1));
	w.net = NET_UP;
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_RENEW_ID], 1);
}
END_TEST

START_TEST(an_identity_that_has_ended_is_renewed_by_command)
{
	const int days = test_all_or(365, 20);

	drive(_i);
	w.oracle.id_life_s = days * TPKI_DAY;
	strcpy(w.oracle.policy, "\"retry_s\":604800,\"collect_s\":86400,\"report_s\":2592000");
	world_ready(&w);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(days + 1));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_EXPIRED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_EXPIRED], 1);
	w.net = NET_UP;
	command(smartlic_agent_renew_id);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REGISTER], 1);
}
END_TEST

/* Lives as short as the agent allows, so that every try can be counted. */
START_TEST(after_the_deadline_it_tries_hourly_until_the_registration_ends_and_then_daily)
{
	long n;

	drive(_i);
	w.oracle.auth_life_s = 7 * TPKI_DAY;
	w.oracle.id_life_s = 9 * TPKI_DAY;
	strcpy(w.oracle.policy, "\"renew_after_s\":388800"); /* 4.5 days */
	world_ready(&w);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(7) + 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
	n = requests_in(DAYS(1));
	ck_assert_int_ge(n, 24);
	ck_assert_int_le(n, 27);
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_EXPIRED);
	n = requests_in(DAYS(10));
	ck_assert_int_ge(n, 10);
	ck_assert_int_le(n, 12);
}
END_TEST

START_TEST(out_of_compliance_takes_the_lesser_of_poll_and_contact)
{
	static const struct {
		const char *policy;
		int64_t next;
		int clamped;
	} cases[] = {
		{ "", HOURS(12), 0 },
		{ "\"ooc_poll_s\":7200", HOURS(2), 0 },
		{ "\"ooc_poll_s\":60", MINUTES(15), 1 },
		{ "\"next_contact_s\":10800", HOURS(3), 0 },
	};

	strcpy(w.oracle.policy, cases[_i].policy);
	w.oracle.out_of_compliance = 1;
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_OUT_OF_COMPLIANCE);
	ck_assert(world_status(&w)->next_communication_ms == w.wall_ms + cases[_i].next);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_POLICY_CLAMPED] > 0, cases[_i].clamped);
	/* the deadline does not depend on it */
	ck_assert(world_status(&w)->communication_deadline_ms == w.wall_ms + DAYS(90));
}
END_TEST

/* ---- policy ------------------------------------------------------------------------------ */

START_TEST(retries_follow_the_policy_within_its_clamp)
{
	static const struct {
		const char *policy;
		int64_t retry;
		int clamped;
	} cases[] = {
		{ "\"retry_s\":1800", MINUTES(30), 0 },
		{ "\"retry_s\":10", MINUTES(5), 1 },
		{ "\"retry_s\":9999999", DAYS(30), 1 },
	};

	strcpy(w.oracle.policy, cases[_i].policy);
	world_ready(&w);
	ck_assert_int_eq(strstr(w.log.data, "-4-POLICY_CLAMPED : ") != NULL, cases[_i].clamped);
	w.net = NET_DOWN;
	command(smartlic_agent_renew_auth);
	must_be_jittered(world_status(&w)->next_communication_ms, cases[_i].retry);
}
END_TEST

START_TEST(a_signed_retry_after_is_obeyed_for_seven_days_at_most)
{
	static const int64_t s[][2] = { { 600, 600 }, { 6 * 86400, 6 * 86400 },
		{ 30 * 86400, 7 * 86400 }, { SL_SEQUENCE_MAX, 7 * 86400 } };

	world_ready(&w);
	w.oracle.deny = _i % 2 ? "busy" : "pending";
	w.oracle.deny_times = -1;
	w.oracle.deny_retry_after_s = s[_i][0];
	command(smartlic_agent_renew_auth);
	ck_assert(world_status(&w)->next_communication_ms == w.wall_ms + s[_i][1] * 1000);
	ck_assert_str_eq(world_status(&w)->pending_type, "authorize");
	/* an operator does not wait for it */
	w.oracle.deny = NULL;
	command(smartlic_agent_renew_auth);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

/* ---- commands and what is open ------------------------------------------------------------ */

START_TEST(a_renewal_that_is_open_already_is_sent_once)
{
	static int (*const renew[])(
	    struct smartlic_agent * agent) = { smartlic_agent_renew_auth, smartlic_agent_renew_id };

	/* not with a restart after each step: that an operator waits is not persisted */
	drive(_i % 2);
	world_ready(&w);
	w.net = NET_DOWN;
	command(renew[_i / 2]);
	w.net = NET_UP;
	ck_assert_int_eq(renew[_i / 2](w.agent), 0);
	ck_assert_int_eq(requests_in(MINUTES(30)), 1);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
}
END_TEST

START_TEST(an_open_request_of_another_kind_goes_first_and_the_command_after_it)
{
	world_ready(&w);
	w.net = NET_DOWN;
	command(smartlic_agent_renew_auth);
	w.net = NET_UP;
	ck_assert_int_eq(smartlic_agent_renew_id(w.agent), 0);
	ck_assert_int_eq(requests_in(MINUTES(30)), 2);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

START_TEST(a_cancelled_renewal_is_made_anew_as_after_a_failure)
{
	drive(_i);
	world_ready(&w);
	w.net = NET_DOWN;
	command(smartlic_agent_renew_auth);
	ck_assert_int_eq(smartlic_agent_cancel(w.agent), 1);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	must_be_jittered(world_status(&w)->next_communication_ms, HOURS(1));
	w.net = NET_UP;
	ck_assert_int_eq(requests_in(HOURS(1)), 1);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

/* ---- deregistration ------------------------------------------------------------------------ */

START_TEST(a_deregistration_is_resent_hourly_until_it_is_answered)
{
	long n;

	drive(_i);
	world_ready(&w);
	w.net = NET_DOWN;
	command(smartlic_agent_deregister);
	ck_assert_ptr_nonnull(strstr(w.last[SMARTLIC_EVENT_DEREGISTRATION_FAILED],
	    "Everything was removed on this device; the authority is told as soon as it can be "
	    "reached"));
	n = requests_in(DAYS(1));
	ck_assert_int_ge(n, 24);
	ck_assert_int_le(n, 27);
	/* not yet an answer */
	w.net = NET_UP;
	w.oracle.deny = "busy";
	w.oracle.deny_times = 2;
	world_pass(&w, HOURS(3) + MINUTES(1));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_DEREGISTER], 1);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	ck_assert_int_eq(requests_in(DAYS(100)), 0);
}
END_TEST

START_TEST(a_deregistration_ends_with_the_start_of_a_new_registration)
{
	drive(_i);
	world_ready(&w);
	w.net = NET_DOWN;
	command(smartlic_agent_deregister);
	w.net = NET_UP;
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_DEREGISTER], 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, timers");
	TCase *t = tcase_create("timers");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_registration_goes_out_again_after_a_day_and_again, 0, world_drives());
	tcase_add_test(t, two_devices_that_fail_together_do_not_call_together);
	tcase_add_loop_test(t, regular_renewals_carry_no_jitter, 0, world_drives());
	tcase_add_loop_test(
	    t, an_identity_is_renewed_after_180_days_and_tried_hourly_when_that_fails, 0, world_drives());
	tcase_add_loop_test(t, an_identity_that_has_ended_is_renewed_by_command, 0, world_drives());
	tcase_add_loop_test(t,
	    after_the_deadline_it_tries_hourly_until_the_registration_ends_and_then_daily, 0,
	    world_drives());
	tcase_add_loop_test(t, out_of_compliance_takes_the_lesser_of_poll_and_contact, 0, 4);
	tcase_add_loop_test(t, retries_follow_the_policy_within_its_clamp, 0, 3);
	tcase_add_loop_test(t, a_signed_retry_after_is_obeyed_for_seven_days_at_most, 0, 4);
	tcase_add_loop_test(t, a_renewal_that_is_open_already_is_sent_once, 0, 4);
	tcase_add_test(t, an_open_request_of_another_kind_goes_first_and_the_command_after_it);
	tcase_add_loop_test(t, a_cancelled_renewal_is_made_anew_as_after_a_failure, 0, world_drives());
	tcase_add_loop_test(t, a_deregistration_is_resent_hourly_until_it_is_answered, 0, world_drives());
	tcase_add_loop_test(
	    t, a_deregistration_ends_with_the_start_of_a_new_registration, 0, world_drives());
	suite_add_tcase(s, t);
	return run_suite(s);
}
