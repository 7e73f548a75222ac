/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/scenario/alone.h"

/* A device's life, each driven in three ways: the outcome is the same. */

static void
drive(int i)
{
	w.drive = (enum drive)i;
	/* collections and reports are not what this is about */
	strcpy(w.oracle.policy, WORLD_SPARSE);
}

static void
daily(struct world *world)
{
	strcpy(world->oracle.policy, WORLD_DAILY);
}

START_TEST(a_new_device_is_unidentified_and_waits_for_nothing)
{
	const struct smartlic_status *st;

	drive(_i);
	world_settle(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_EVALUATION);
	ck_assert_str_eq(st->missing, "");
	ck_assert_str_eq(st->pending_type, "");
	ck_assert_uint_eq(st->n_entitlements, 2);
	ck_assert_str_eq(st->entitlements[0].short_name, "S-NCS1K4-LIC-100G=");
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);
	ck_assert_ptr_nonnull(strstr(st->consequence, "No feature stops"));
	ck_assert_int_eq(w.oracle.received, 0);
}
END_TEST

START_TEST(registers_and_authorizes_at_once)
{
	const struct smartlic_status *st;

	drive(_i);
	world_register(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_str_eq(st->smart_account, "BU Production Test");
	ck_assert_str_eq(st->virtual_account, "NCS1000");
	ck_assert_str_eq(st->instance, w.oracle.instance);
	ck_assert_int_eq(st->initial_registration.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(st->last_renewal.outcome, SMARTLIC_ATTEMPT_NONE);
	ck_assert_int_eq(st->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert(st->next_renewal_ms == w.wall_ms + DAYS(180));
	ck_assert(st->next_communication_ms == w.wall_ms + DAYS(30));
	ck_assert(st->registration_expires_ms == w.wall_ms + DAYS(365));
	ck_assert(st->communication_deadline_ms == w.wall_ms + DAYS(90));
	ck_assert_int_eq(st->communication_deadline_exceeded, 0);
	ck_assert(st->authorization_since_ms == w.wall_ms);
	ck_assert_uint_eq(st->n_entitlements, 2);
	ck_assert_int_eq(st->entitlements[1].count, 8);
	ck_assert_int_eq(st->entitlements[1].status, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_str_eq(st->entitlements[1].name, "the name");
	ck_assert_str_eq(w.oracle.usage,
	    "[{\"tag\":\"" TAG_G "\",\"count\":8},{\"tag\":\"" TAG_X "\",\"count\":8}]");
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REGISTER], 1);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 1);
	ck_assert_int_eq(w.oracle.sequence, 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_REGISTERED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_AUTHORIZED], 1);
	ck_assert_str_eq(st->pending_type, "");
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);
	ck_assert_ptr_nonnull(
	    strstr(w.last[SMARTLIC_EVENT_REGISTERED], "%LICENSE-SMART_LIC-6-AGENT_REG_SUCCESS : "));
}
END_TEST

START_TEST(renews_by_itself_for_two_years)
{
	const struct smartlic_status *st;

	drive(_i);
	daily(&w);
	world_ready(&w);
	world_pass(&w, DAYS(730));
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_RENEW_ID], 4);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWED], 4);
	/* every 30 days, after the one at registration */
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 1 + 24);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_EXPIRED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	ck_assert_int_eq(st->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_uint_eq(w.oracle.clone_alerts, 0);
}
END_TEST

START_TEST(without_an_authority_it_expires_and_comes_back)
{
	const struct smartlic_status *st;
	size_t sent;

	drive(_i);
	daily(&w);
	world_ready(&w);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(89));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_FAILED);
	/* one message a change of state, not one a try */
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_AUTHORIZATION_FAILED], 1);

	world_pass(&w, DAYS(1) + 1000);
	st = world_status(&w);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_EXPIRED);
	ck_assert_int_eq(st->communication_deadline_exceeded, 1);
	ck_assert_int_eq(st->entitlements[0].status, SMARTLIC_AUTH_EXPIRED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_AUTHORIZATION_EXPIRED], 1);
	sent = w.wire.len;
	ck_assert(st->next_communication_ms <= w.wall_ms + DAYS(1));

	world_pass(&w, DAYS(280));
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_EXPIRED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_EXPIRED], 1);
	ck_assert_uint_gt(w.wire.len, sent);
	/* daily from here on */
	ck_assert(st->next_communication_ms > w.wall_ms - HOURS(1));

	world_hush(&w);
	w.net = NET_UP;
	world_pass(&w, DAYS(3));
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_RESTORED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWED], 1);
}
END_TEST

START_TEST(retries_are_hourly_then_daily_once_the_identity_has_ended)
{
	world_ready(&w);
	w.net = NET_DOWN;
	renew_auth();
	sl_buf_free(&w.log);
	world_pass(&w, DAYS(1));
	/* jittered downward by a tenth at most */
	ck_assert_int_ge(sent("authorize"), 24);
	ck_assert_int_le(sent("authorize"), 27);

	w.net = NET_UP;
	daily(&w);
	world_pass(&w, HOURS(2));
	w.net = NET_DOWN;
	world_pass(&w, DAYS(366));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_EXPIRED);
	sl_buf_free(&w.log);
	world_pass(&w, DAYS(10));
	ck_assert_int_ge(sent(""), 10);
	ck_assert_int_le(sent(""), 12);
}
END_TEST

START_TEST(deregisters_and_leaves_nothing_behind)
{
	const struct smartlic_status *st;

	drive(_i);
	world_ready(&w);
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	world_settle(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_EVALUATION);
	ck_assert_str_eq(st->instance, "");
	ck_assert_str_eq(st->virtual_account, "");
	ck_assert_str_eq(st->pending_type, "");
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_DEREGISTERED], 1);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_DEREGISTER], 1);
	world_pass(&w, DAYS(100));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_DEREGISTER], 1);
	ck_assert_int_eq(w.oracle.repeated * (_i != DRIVE_RESTART), 0);
	/* and it registers again */
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
}
END_TEST

START_TEST(a_deregistration_out_of_reach_is_local_at_once_and_told_later)
{
	drive(_i);
	daily(&w);
	world_ready(&w);
	w.net = NET_DOWN;
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_str_eq(world_status(&w)->pending_type, "deregister");
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_DEREGISTRATION_FAILED], 1);
	ck_assert_ptr_nonnull(
	    strstr(w.last[SMARTLIC_EVENT_DEREGISTRATION_FAILED], "removed on this"));
	ck_assert_int_eq(smartlic_agent_cancel(w.agent), SMARTLIC_E_STATE);
	world_pass(&w, DAYS(5));
	w.net = NET_UP;
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_DEREGISTERED], 1);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_DEREGISTER], 1);
}
END_TEST

START_TEST(an_undelivered_deregistration_ends_at_the_deadline)
{
	drive(_i);
	daily(&w);
	world_ready(&w);
	world_pass(&w, DAYS(10));
	w.net = NET_DOWN;
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	world_pass(&w, DAYS(79));
	ck_assert_str_eq(world_status(&w)->pending_type, "deregister");
	world_pass(&w, DAYS(2));
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	w.net = NET_UP;
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_DEREGISTER], 0);
}
END_TEST

START_TEST(changed_counts_are_reported_at_once)
{
	drive(_i);
	world_ready(&w);
	ck_assert_int_eq(smartlic_agent_set_count(w.agent, TAG_G, 8), 0);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 1);
	w.counts[0] = 4;
	w.counts[1] = 0;
	ck_assert_int_eq(smartlic_agent_set_count(w.agent, TAG_G, 4), 0);
	ck_assert_int_eq(smartlic_agent_set_count(w.agent, TAG_X, 0), 0);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 1);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	ck_assert_ptr_nonnull(strstr(w.oracle.usage, "\"count\":4"));
	ck_assert_uint_eq(world_status(&w)->n_entitlements, 1);
	ck_assert_int_eq(world_status(&w)->entitlements[0].count, 4);
	/* and 30 days from then */
	ck_assert(world_status(&w)->next_communication_ms == w.wall_ms + DAYS(30));
}
END_TEST

START_TEST(out_of_compliance_is_asked_again_every_twelve_hours)
{
	const struct smartlic_status *st;

	drive(_i);
	world_ready(&w);
	w.oracle.out_of_compliance = 1;
	renew_auth();
	st = world_status(&w);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_OUT_OF_COMPLIANCE);
	ck_assert_int_eq(st->entitlements[0].status, SMARTLIC_AUTH_OUT_OF_COMPLIANCE);
	ck_assert(st->next_communication_ms == w.wall_ms + HOURS(12));
	ck_assert(st->communication_deadline_ms == w.wall_ms + DAYS(90));
	ck_assert_ptr_nonnull(
	    strstr(w.last[SMARTLIC_EVENT_OUT_OF_COMPLIANCE], "S-NCS1K4-LIC-100X= (8 in use)"));
	world_pass(&w, DAYS(10));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_OUT_OF_COMPLIANCE], 1);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2 + 20);
	w.oracle.out_of_compliance = 0;
	world_pass(&w, HOURS(12));
	st = world_status(&w);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_ptr_nonnull(strstr(w.last[SMARTLIC_EVENT_AUTHORIZED], "5-IN_COMPLIANCE"));
	ck_assert(st->next_communication_ms == st->authorization_since_ms + DAYS(30));
}
END_TEST

START_TEST(a_reserved_device_never_expires)
{
	drive(_i);
	daily(&w);
	world_ready(&w);
	w.oracle.reserved = 1;
	renew_auth();
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(200));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
}
END_TEST

START_TEST(a_device_whose_clock_is_wrong_registers)
{
	static const int64_t clock_ms[] = { 0, INT64_C(2840140800000) /* 2060 */, -DAYS(400),
		INT64_C(253402300799000) /* 9999 */ };
	const struct smartlic_status *st;

	if (test_percent() < 100)
		w.oracle.id_life_s = 20 * TPKI_DAY;
	drive(_i / 4);
	world_stop(&w);
	w.wall_ms = clock_ms[_i % 4];
	ck_assert_int_eq(world_start(&w), 0);
	world_register(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, DAYS(test_all_or(200, 11)));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_RENEW_ID], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 0);
}
END_TEST

START_TEST(registering_anew_with_force_replaces_the_instance)
{
	char old[37];

	drive(_i);
	world_ready(&w);
	strcpy(old, world_status(&w)->instance);
	ck_assert_int_eq(smartlic_agent_register(w.agent, ORACLE_TOKEN, 0), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(smartlic_agent_error(w.agent)->text, "force"));
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.force, 1);
	ck_assert_str_ne(world_status(&w)->instance, old);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(w.oracle.sequence, 1);
}
END_TEST

START_TEST(after_a_boot_it_asks_once_within_minutes)
{
	drive(_i);
	world_ready(&w);
	world_reboot(&w, DAYS(2));
	world_settle(&w);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 1);
	world_pass(&w, MINUTES(5));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	world_pass(&w, DAYS(29));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	/* the same boot is no boot */
	world_restart(&w);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
}
END_TEST

START_TEST(months_without_power_end_no_right_and_are_caught_up)
{
	drive(_i);
	world_ready(&w);
	world_reboot(&w, DAYS(200));
	world_settle(&w);
	/* elapsed time is what has certainly passed */
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, MINUTES(5));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	/* renewal was due by the wall clock */
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_RENEW_ID], 1);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent");
	TCase *t = tcase_create("life");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, a_new_device_is_unidentified_and_waits_for_nothing, 0, world_drives());
	tcase_add_loop_test(t, registers_and_authorizes_at_once, 0, world_drives());
	tcase_add_long_loop_test(t, renews_by_itself_for_two_years, world_drives());
	tcase_add_long_loop_test(t, without_an_authority_it_expires_and_comes_back, world_drives());
	tcase_add_long_test(t, retries_are_hourly_then_daily_once_the_identity_has_ended);
	tcase_add_loop_test(t, deregisters_and_leaves_nothing_behind, 0, world_drives());
	tcase_add_loop_test(
	    t, a_deregistration_out_of_reach_is_local_at_once_and_told_later, 0, world_drives());
	tcase_add_loop_test(
	    t, an_undelivered_deregistration_ends_at_the_deadline, 0, world_drives());
	tcase_add_loop_test(t, changed_counts_are_reported_at_once, 0, world_drives());
	tcase_add_loop_test(
	    t, out_of_compliance_is_asked_again_every_twelve_hours, 0, world_drives());
	tcase_add_long_loop_test(t, a_reserved_device_never_expires, world_drives());
	tcase_add_loop_test(t, a_device_whose_clock_is_wrong_registers, 0, 4 * world_drives());
	tcase_add_loop_test(
	    t, registering_anew_with_force_replaces_the_instance, 0, world_drives());
	tcase_add_loop_test(t, after_a_boot_it_asks_once_within_minutes, 0, world_drives());
	tcase_add_loop_test(
	    t, months_without_power_end_no_right_and_are_caught_up, 0, world_drives());
	suite_add_tcase(s, t);
	return run_suite(s);
}
