/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tests/scenario/alone.h"

/* What comes back: a satellite's word, other people's messages, nothing at all. */

/* ---- a satellite ------------------------------------------------------------------------ */

static void
authorized_again(void)
{
	renew_auth();
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}

START_TEST(how_far_a_satellite_is_behind_is_known_while_it_answers)
{
	const struct smartlic_status *st;
	char *text = NULL;

	world_ready(&w);
	ck_assert(world_status(&w)->synchronised_ms == SMARTLIC_NO_TIME);
	w.oracle.satellite = 1;
	w.oracle.synchronised_s = w.wall_ms / 1000 - 600;
	authorized_again();
	st = world_status(&w);
	ck_assert(st->synchronised_ms == w.oracle.synchronised_s * 1000);
	ck_assert_int_eq(st->behind_s, 600);
	ck_assert_int_eq(
	    smartlic_agent_show(w.agent, SMARTLIC_SHOW_SUMMARY, SMARTLIC_SHOW_TEXT, &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n  Behind: 0 days, 0 hours, 10 minutes, 0 seconds\n"));
	free(text);
	/* time goes by for it as well, whatever the wall clock says; another process knows it */
	world_pass(&w, HOURS(2));
	w.wall_ms += DAYS(400);
	world_restart(&w);
	ck_assert_int_eq(world_status(&w)->behind_s, 600 + 7200);
	/* back at the authority nothing of it is left, whatever that says */
	w.oracle.satellite = 0;
	authorized_again();
	ck_assert(world_status(&w)->synchronised_ms == SMARTLIC_NO_TIME);
	ck_assert_int_eq(world_status(&w)->behind_s, 0);
}
END_TEST

START_TEST(where_any_destination_may_answer_each_request_bears_certificates)
{
	struct smartlic_transport_ops ops = smartlic_transport_loop;
	long before;

	world_ready(&w);
	ops.flags = _i ? SMARTLIC_TRANSPORT_MANY : 0;
	ck_assert_int_eq(smartlic_agent_set_transport_ops(w.agent, &ops, w.option, 2), 0);
	authorized_again();
	before = w.oracle.with_certs;
	authorized_again();
	authorized_again();
	ck_assert_int_eq(w.oracle.with_certs - before, _i ? 2 : 0);
	world_stop(&w);
}
END_TEST

/* ---- not an answer ---------------------------------------------------------------------- */

static const struct {
	enum net net;
	const char *why; /* in the reason that is shown */
	int32_t code;
} bad[] = {
	{ NET_DOWN, "no route to host", SMARTLIC_E_COMM },
	{ NET_LOSES, "no route to host", SMARTLIC_E_COMM },
	{ NET_BUSY, "no route to host", SMARTLIC_E_COMM },
	{ NET_PORTAL, "message form", SMARTLIC_E_FORM },
	{ NET_TRUNCATES, "message form", SMARTLIC_E_FORM },
	{ NET_STRANGER, "certificate chain", SMARTLIC_E_CHAIN },
	{ NET_OLD, "answer to something else", SMARTLIC_E_BINDING },
};
#define N_BAD (sizeof(bad) / sizeof(bad[0]))

START_TEST(what_is_no_answer_leaves_everything_as_it_was)
{
	const struct smartlic_status *st;

	w.drive = (enum drive)(_i / N_BAD);
	world_ready(&w);
	w.net = bad[_i % N_BAD].net;
	renew_auth();
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(st->last_communication.outcome, SMARTLIC_ATTEMPT_FAILED);
	ck_assert_int_eq(st->last_communication.code, bad[_i % N_BAD].code);
	ck_assert_msg(strstr(st->last_communication.reason, bad[_i % N_BAD].why) != NULL, "%s",
	    st->last_communication.reason);
	ck_assert(st->communication_deadline_ms == w.wall_ms + DAYS(90));
	ck_assert_str_eq(st->pending_type, "authorize");
	ck_assert(st->next_communication_ms > w.wall_ms + MINUTES(53));
	ck_assert(st->next_communication_ms <= w.wall_ms + HOURS(1));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_AUTHORIZATION_FAILED], 1);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);

	/* the same request goes on, and counts once */
	w.net = NET_UP;
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	ck_assert_int_eq(w.oracle.sequence, 2);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_RESTORED], 1);
}
END_TEST

START_TEST(a_registration_that_is_not_answered_waits_a_day)
{
	const struct smartlic_status *st;

	w.drive = (enum drive)(_i / N_BAD);
	w.net = bad[_i % N_BAD].net;
	if (w.net == NET_OLD) /* there is none before the first */
		w.net = NET_PORTAL;
	world_register(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_RETRY_WAIT);
	ck_assert_int_eq(st->initial_registration.outcome, SMARTLIC_ATTEMPT_FAILED);
	ck_assert_str_eq(st->instance, "");
	ck_assert(st->next_registration_ms <= w.wall_ms + DAYS(1));
	ck_assert(st->next_registration_ms >= w.wall_ms + HOURS(21));
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);
	ck_assert_int_eq(smartlic_agent_register(w.agent, ORACLE_TOKEN, 0), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(smartlic_agent_error(w.agent)->text, "force"));
	w.net = NET_UP;
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REGISTER], 1);
}
END_TEST

START_TEST(force_sends_a_waiting_registration_at_once)
{
	w.net = NET_DOWN;
	world_register(&w);
	w.net = NET_UP;
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERING);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(w.oracle.force, 1);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REGISTER], 1);
}
END_TEST

START_TEST(silence_ends_after_two_minutes)
{
	world_ready(&w);
	w.net = NET_SILENT;
	renew_auth();
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 1);
	ck_assert_int_eq(smartlic_agent_deadline(w.agent), w.mono_ms + MINUTES(2));
	world_pass(&w, MINUTES(2) - 1);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 1);
	world_pass(&w, 1);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_FAILED);
}
END_TEST

START_TEST(retry_after_is_obeyed_within_limits)
{
	static const int64_t ms[][2] = { { 30000, 30000 }, { 0, 1000 }, { DAYS(3), DAYS(1) } };

	world_ready(&w);
	w.net = NET_BUSY;
	w.retry_after_ms = ms[_i][0];
	renew_auth();
	ck_assert(world_status(&w)->next_communication_ms == w.wall_ms + ms[_i][1]);
	/* an operator does not wait for it */
	w.net = NET_UP;
	renew_auth();
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

/* Anybody on the way can say it, and each attempt writes to the store. */
START_TEST(retry_after_is_no_way_to_make_a_device_call_all_the_time)
{
	long before;

	world_ready(&w);
	w.net = NET_BUSY;
	w.retry_after_ms = 0;
	renew_auth();
	before = w.exchanges;
	world_pass(&w, HOURS(1));
	ck_assert_int_le(w.exchanges - before, 30);
	w.net = NET_UP;
	world_pass(&w, MINUTES(5));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

START_TEST(retry_after_goes_past_no_deadline)
{
	world_ready(&w);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(89) + HOURS(20));
	w.retry_after_ms = HOURS(20);
	world_pass(&w, HOURS(1));
	ck_assert(
	    world_status(&w)->next_communication_ms <= world_status(&w)->communication_deadline_ms);
}
END_TEST

/* ---- cancelling --------------------------------------------------------------------------- */

START_TEST(a_cancelled_request_leaves_a_late_answer_a_stranger)
{
	ck_assert_int_eq(smartlic_agent_cancel(w.agent), 0);
	w.net = NET_SILENT;
	world_register(&w);
	ck_assert_int_eq(smartlic_agent_cancel(w.agent), 1);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	w.net = NET_UP;
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(w.oracle.received, 0);
	world_ready(&w);
	w.net = NET_SILENT;
	renew_id();
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_RENEWING);
	ck_assert_int_eq(smartlic_agent_cancel(w.agent), 1);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	w.net = NET_UP;
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(sent("renew-id"), 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, answers");
	TCase *t = tcase_create("answers");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, where_any_destination_may_answer_each_request_bears_certificates, 0, 2);
	tcase_add_test(t, how_far_a_satellite_is_behind_is_known_while_it_answers);
	tcase_add_loop_test(
	    t, what_is_no_answer_leaves_everything_as_it_was, 0, (int)N_BAD * world_drives());
	tcase_add_loop_test(
	    t, a_registration_that_is_not_answered_waits_a_day, 0, (int)N_BAD * world_drives());
	tcase_add_test(t, force_sends_a_waiting_registration_at_once);
	tcase_add_test(t, silence_ends_after_two_minutes);
	tcase_add_loop_test(t, retry_after_is_obeyed_within_limits, 0, 3);
	tcase_add_test(t, retry_after_is_no_way_to_make_a_device_call_all_the_time);
	tcase_add_long_test(t, retry_after_goes_past_no_deadline);
	tcase_add_test(t, a_cancelled_request_leaves_a_late_answer_a_stranger);
	suite_add_tcase(s, t);
	return run_suite(s);
}
