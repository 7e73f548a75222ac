/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/alone.h"

/* What the authority refuses: what is said of it, what is tried again, and when. */

/* ---- refusals --------------------------------------------------------------------------- */

START_TEST(a_refused_registration_says_why_and_is_not_tried_again)
{
	static const char *const codes[] = { "token_unknown", "token_expired", "token_exhausted",
		"token_revoked", "token_elsewhere", "udi_registered", "bad_request", "superseded",
		"not_allowed", "something_new" };
	const struct smartlic_status *st;

	deny(codes[_i], -1);
	world_register(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_int_eq(st->initial_registration.outcome, SMARTLIC_ATTEMPT_FAILED);
	ck_assert_int_eq(st->initial_registration.code, SMARTLIC_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(st->initial_registration.reason, codes[_i]));
	ck_assert_str_eq(st->pending_type, "");
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_REGISTRATION_FAILED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	world_pass(&w, DAYS(10));
	ck_assert_int_eq(w.oracle.received, 1);
	deny(NULL, 0);
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
}
END_TEST

START_TEST(a_refused_authorization_is_tried_again_hourly_with_a_new_request)
{
	const struct smartlic_status *st;

	world_ready(&w);
	deny("unknown_entitlement", 1);
	renew_auth();
	st = world_status(&w);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_str_eq(st->last_communication.reason,
	    "Error received from Smart Software Manager: because of unknown_entitlement "
	    "(unknown_entitlement)");
	ck_assert_str_eq(st->pending_type, "");
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.oracle.sequence, 3);
}
END_TEST

START_TEST(a_refused_renewal_keeps_the_identity)
{
	world_ready(&w);
	deny("not_allowed", 1);
	renew_id();
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_FAILED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWAL_FAILED], 1);
	ck_assert(world_status(&w)->next_renewal_ms <= w.wall_ms + HOURS(1));
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

static void
expect_golden(const char *line, const char *got)
{
	char path[512], text[600];
	FILE *f;
	int found = 0;

	(void)snprintf(path, sizeof(path), "%s/tests/golden/messages.txt", getenv("TOP_SRCDIR"));
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(text, sizeof(text), f) != NULL) {
		text[strcspn(text, "\n")] = '\0';
		if (strstr(text, line) != NULL) {
			found = 1;
			ck_assert_str_eq(got, text);
		}
	}
	(void)fclose(f);
	ck_assert(found);
}

/* the reference's own story, with the words of the reference */
START_TEST(an_instance_that_was_removed_registers_again_without_force)
{
	static const char *const codes[] = { "instance_removed", "instance_unknown",
		"certificate_revoked" };
	const struct smartlic_status *st;

	world_ready(&w);
	deny(codes[_i], -1);
	renew_auth();
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_str_eq(st->last_communication.reason,
	    "Error received from Smart Software "
	    "Manager: Data and signature do not match for udi PID:NCS1004,SN:CAT2231B18Y");
	ck_assert_ptr_nonnull(strstr(st->consequence, "register it again"));
	/* daily from here on */
	ck_assert(st->next_communication_ms > w.wall_ms + HOURS(21));
	ck_assert(st->next_communication_ms <= w.wall_ms + DAYS(1));

	deny(NULL, 0);
	ck_assert_int_eq(smartlic_agent_register(w.agent, ORACLE_TOKEN, 0), 0);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.force, 0);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(the_two_messages_of_the_reference_are_as_there)
{
	static struct smartlic_agent *a;

	world_stop(&w);
	w.sn = "FOX2202WIVM";
	w.pid = "8812";
	ck_assert_int_eq(world_start(&w), 0);
	a = w.agent;
	ck_assert_ptr_nonnull(a);
	world_ready(&w);
	deny("instance_removed", -1);
	renew_auth();
	expect_golden("AUTH_RENEW_FAILED", w.last[SMARTLIC_EVENT_AUTHORIZATION_FAILED]);
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	world_settle(&w);
	expect_golden("AGENT_DEREG_FAILED", w.last[SMARTLIC_EVENT_DEREGISTRATION_FAILED]);
	ck_assert_ptr_nonnull(strstr(w.log.data, "expected"));
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	deny(NULL, 0);
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(pending_keeps_the_request_and_asks_again_when_told)
{
	w.drive = (enum drive)_i;
	w.oracle.deny_retry_after_s = 600;
	deny("pending", -1);
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERING);
	ck_assert_str_eq(world_status(&w)->pending_type, "register");
	ck_assert_int_eq(world_status(&w)->initial_registration.outcome, SMARTLIC_ATTEMPT_NONE);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);
	ck_assert(world_status(&w)->next_registration_ms == w.wall_ms + MINUTES(10));
	deny(NULL, 0);
	world_pass(&w, MINUTES(10));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REGISTER], 1);
}
END_TEST

START_TEST(busy_and_internal_keep_the_request)
{
	world_ready(&w);
	deny(_i == 0 ? "busy" : "internal", 3);
	renew_auth();
	ck_assert_str_eq(world_status(&w)->pending_type, "authorize");
	world_pass(&w, HOURS(4));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	ck_assert_int_eq(w.oracle.sequence, 2);
}
END_TEST

START_TEST(a_refused_registration_loses_no_renewal_that_it_took_the_place_of)
{
	static int (*const renew[])(
	    struct smartlic_agent * agent) = { smartlic_agent_renew_auth, smartlic_agent_renew_id };

	world_ready(&w);
	w.net = NET_SILENT;
	ck_assert_int_eq(renew[_i](w.agent), 0);
	world_settle(&w);
	w.net = NET_UP;
	deny("token_expired", 1);
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(sent(_i == 0 ? "authorize" : "renew-id"), _i == 0 ? 3 : 2);
}
END_TEST

START_TEST(a_refusal_tells_the_time_that_passed_without_power_too)
{
	world_ready(&w);
	/* so that the date is known for sure */
	world_pass(&w, HOURS(2));
	renew_auth();
	deny("instance_removed", 2);
	world_reboot(&w, DAYS(89));
	world_pass(&w, HOURS(1));
	/* so far ahead a time is believed when a second one confirms it */
	world_pass(&w, HOURS(1));
	renew_auth();
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	w.net = NET_DOWN;
	world_pass(&w, HOURS(24));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
}
END_TEST

/* ---- order and clones ------------------------------------------------------------------- */

START_TEST(superseded_sets_the_counter_and_asks_anew_at_once)
{
	world_ready(&w);
	w.oracle.deny_sequence = 41;
	deny(_i == 0 ? "superseded" : "out_of_sync", 1);
	renew_auth();
	ck_assert_int_eq(w.oracle.sequence, 42);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLONE_SUSPECTED], _i);
}
END_TEST

START_TEST(three_times_in_a_row_and_then_it_waits)
{
	long before;

	world_ready(&w);
	before = w.oracle.received;
	w.oracle.deny_sequence = 1;
	deny("superseded", -1);
	renew_id();
	ck_assert_int_eq(w.oracle.received - before, 4);
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_FAILED);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(w.oracle.received - before, 8);
	deny(NULL, 0);
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

START_TEST(a_copied_store_is_noticed_and_locks_nobody_out)
{
	struct mem_disk original, copy;

	world_ready(&w);
	world_stop(&w);
	original = w.disk;
	mem_disk_copy(&copy, &w.disk);
	for (int i = 0; i < 4; i++) { /* the two take turns */
		w.disk = i % 2 ? copy : original;
		ck_assert_int_eq(world_start(&w), 0);
		renew_auth();
		ck_assert_int_eq(
		    world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
		world_stop(&w);
		*(i % 2 ? &copy : &original) = w.disk;
	}
	ck_assert_int_ge(w.events[SMARTLIC_EVENT_CLONE_SUSPECTED], 1);
	ck_assert_uint_ge(w.oracle.clone_alerts, 1);
	w.disk = original;
	mem_disk_clear(&copy);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, refusals");
	TCase *t = tcase_create("refusals");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_refused_registration_says_why_and_is_not_tried_again, 0, 10);
	tcase_add_test(t, a_refused_authorization_is_tried_again_hourly_with_a_new_request);
	tcase_add_test(t, a_refused_renewal_keeps_the_identity);
	tcase_add_loop_test(t, an_instance_that_was_removed_registers_again_without_force, 0, 3);
	tcase_add_test(t, the_two_messages_of_the_reference_are_as_there);
	tcase_add_loop_test(
	    t, pending_keeps_the_request_and_asks_again_when_told, 0, world_drives());
	tcase_add_loop_test(t, busy_and_internal_keep_the_request, 0, 2);
	tcase_add_loop_test(
	    t, a_refused_registration_loses_no_renewal_that_it_took_the_place_of, 0, 2);
	tcase_add_test(t, a_refusal_tells_the_time_that_passed_without_power_too);
	tcase_add_loop_test(t, superseded_sets_the_counter_and_asks_anew_at_once, 0, 2);
	tcase_add_test(t, three_times_in_a_row_and_then_it_waits);
	tcase_add_test(t, a_copied_store_is_noticed_and_locks_nobody_out);
	suite_add_tcase(s, t);
	return run_suite(s);
}
