/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/scenario/alone.h"

/* By which key a request is signed, and when its certificates go along. */

START_TEST(certificates_go_along_first_and_in_retries_only)
{
	long before;

	world_ready(&w);
	before = w.oracle.with_certs;
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(w.oracle.with_certs, before);
	world_restart(&w);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(w.oracle.with_certs, before + 1);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(w.oracle.with_certs, before + 1);
	w.net = NET_LOSES;
	renew_auth();
	ck_assert_int_eq(w.oracle.with_certs, before + 1);
	w.net = NET_UP;
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(w.oracle.with_certs, before + 2);
}
END_TEST

START_TEST(certificates_still_go_along_after_a_registration_that_was_refused)
{
	long before;

	world_ready(&w);
	world_restart(&w);
	deny("token_unknown", 1);
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	world_settle(&w);
	before = w.oracle.with_certs;
	renew_auth();
	ck_assert_int_eq(w.oracle.with_certs, before + 1);
	renew_auth();
	ck_assert_int_eq(w.oracle.with_certs, before + 1);
}
END_TEST

START_TEST(an_unknown_key_is_shown_with_its_certificates_at_once)
{
	world_ready(&w);
	w.oracle.forget_keys = 1;
	world_hush(&w);
	world_pass(&w, DAYS(30));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ADVICE], 0);
}
END_TEST

START_TEST(the_former_key_is_tried_once_and_then_it_is_a_failure)
{
	long before;

	world_ready(&w);
	renew_id();
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	before = w.oracle.received;
	w.oracle.advice = 1;
	deny("bad_signature", -1);
	renew_auth();
	/* plain, with certificates, with the former key */
	ck_assert_int_eq(w.oracle.received - before, 3);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ADVICE], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	/* a retry bears certificates anyway: once more with the former key */
	deny("bad_signature", 1);
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

START_TEST(the_former_key_is_done_with_once_any_request_was_answered)
{
	long before;

	world_ready(&w);
	renew_id();
	world_pass(&w, HOURS(25));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REPORT], 1);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 1);
	before = w.oracle.received;
	w.oracle.advice = 1;
	deny("bad_signature", -1);
	renew_auth();
	/* plain and with certificates; the former key would look like a clone's */
	ck_assert_int_eq(w.oracle.received - before, 2);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
}
END_TEST

START_TEST(advice_of_another_kind_is_shown_and_changes_nothing)
{
	world_ready(&w);
	w.oracle.advice = 1;
	deny("instance_removed", 1);
	renew_auth();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ADVICE], 1);
	ck_assert_str_eq(world_status(&w)->pending_type, "authorize");
	/* hourly and not daily: it proves nothing */
	ck_assert(world_status(&w)->next_communication_ms <= w.wall_ms + HOURS(1));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, keys");
	TCase *t = tcase_create("keys");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, certificates_go_along_first_and_in_retries_only);
	tcase_add_test(t, certificates_still_go_along_after_a_registration_that_was_refused);
	tcase_add_test(t, an_unknown_key_is_shown_with_its_certificates_at_once);
	tcase_add_test(t, the_former_key_is_tried_once_and_then_it_is_a_failure);
	tcase_add_test(t, the_former_key_is_done_with_once_any_request_was_answered);
	tcase_add_test(t, advice_of_another_kind_is_shown_and_changes_nothing);
	suite_add_tcase(s, t);
	return run_suite(s);
}
