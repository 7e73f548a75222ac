/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/scenario/alone.h"

/* What an answer grants, and what time it tells, is taken within limits. */

/* ---- policy, lists ------------------------------------------------------------------------ */

START_TEST(policy_is_obeyed_within_limits_and_said)
{
	strcpy(w.oracle.policy, "\"next_contact_s\":2591999,\"renew_after_s\":15552060");
	world_register(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_POLICY_CLAMPED], 0);
	ck_assert(world_status(&w)->next_communication_ms == w.wall_ms + DAYS(30) - 1000);
	ck_assert(world_status(&w)->next_renewal_ms == w.wall_ms + DAYS(180) + 60000);
	strcpy(w.oracle.policy, "\"next_contact_s\":60,\"export_controlled\":\"allowed\"");
	w.oracle.auth_life_s = 86400;
	renew_auth();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_POLICY_CLAMPED], 2);
	ck_assert(world_status(&w)->next_communication_ms == w.wall_ms + HOURS(1));
	ck_assert_int_eq(world_status(&w)->export_controlled_allowed, 1);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(7) - 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
}
END_TEST

START_TEST(a_renewal_comes_at_half_the_life_at_the_latest)
{
	w.oracle.id_life_s = 100 * 86400;
	world_register(&w);
	ck_assert(world_status(&w)->next_renewal_ms == w.wall_ms + DAYS(50));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_POLICY_CLAMPED], 1);
}
END_TEST

START_TEST(without_a_current_list_only_optional_takes_the_answer)
{
	w.oracle.no_lists = 1;
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_RETRY_WAIT);
	ck_assert_int_eq(world_status(&w)->initial_registration.code, SMARTLIC_E_REVOCATION);
	w.crl_optional = 1;
	world_restart(&w);
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_REVOCATION_TOLERATED], 1);
}
END_TEST

/* ---- time ---------------------------------------------------------------------------------- */

START_TEST(an_answer_from_before_is_taken_by_a_day_and_refused_beyond)
{
	know_the_time();
	w.oracle.now_s -= 20 * 3600;
	renew_auth();
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_BACK], 1);
	w.oracle.now_s -= 10 * 3600;
	renew_auth();
	ck_assert_int_eq(world_status(&w)->last_communication.code, SMARTLIC_E_TIME);
}
END_TEST

START_TEST(an_old_answer_lasts_no_longer_than_it_says)
{
	const int days = test_all_or(90, 8);

	w.oracle.auth_life_s = days * TPKI_DAY;
	strcpy(w.oracle.policy, "\"retry_s\":86400");
	know_the_time();
	w.oracle.now_s -= 20 * 3600;
	renew_auth();
	w.net = NET_DOWN;
	world_pass(&w, DAYS(days) - HOURS(20) - 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, 2000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
}
END_TEST

START_TEST(an_authority_years_ahead_stretches_nothing)
{
	know_the_time();
	w.oracle.now_s += 365 * 86400;
	renew_auth();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 1);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	/* the authority is right again: nothing is stranded */
	w.oracle.now_s -= 365 * 86400;
	renew_auth();
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, limits");
	TCase *t = tcase_create("limits");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, policy_is_obeyed_within_limits_and_said);
	tcase_add_test(t, a_renewal_comes_at_half_the_life_at_the_latest);
	tcase_add_test(t, without_a_current_list_only_optional_takes_the_answer);
	tcase_add_test(t, an_answer_from_before_is_taken_by_a_day_and_refused_beyond);
	tcase_add_test(t, an_old_answer_lasts_no_longer_than_it_says);
	tcase_add_test(t, an_authority_years_ahead_stretches_nothing);
	suite_add_tcase(s, t);
	return run_suite(s);
}
