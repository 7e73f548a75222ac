/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tests/scenario/timing.h"

/* The device's own clock. */

/* The power comes back after off_ms, and the clock says this. */
static void
boot_with_clock(int64_t off_ms, int64_t wall_ms)
{
	world_stop(&w);
	w.boot++;
	w.mono_ms = 700;
	w.wall_ms = wall_ms;
	w.oracle.now_s += off_ms / 1000;
	ck_assert_int_eq(world_start(&w), 0);
}

START_TEST(boot_at_1970_without_a_clock_is_told_and_ends_nothing)
{
	drive(_i);
	know_the_time();
	boot_with_clock(MINUTES(1), 0);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_BEHIND], 1);
	ck_assert_ptr_nonnull(strstr(
	    w.last[SMARTLIC_EVENT_CLOCK_BEHIND], "says 1970-01-01T00:00:00Z, and it is at least"));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 0);
	must_be_in_order();
	/* a call after the boot, and the next in 30 days, whatever the clock says */
	world_pass(&w, MINUTES(5));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 3);
	world_pass(&w, DAYS(29));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 3);
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 4);
	must_be_in_order();
	/* it is set: an event of its own, and nothing else */
	w.wall_ms = w.oracle.now_s * 1000;
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	must_be_in_order();
}
END_TEST

START_TEST(a_new_device_without_a_clock_says_so_and_registers)
{
	drive(_i);
	world_stop(&w);
	w.wall_ms = 0;
	ck_assert_int_eq(world_start(&w), 0);
	world_register(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_BEHIND], 1);
	must_be_in_order();
}
END_TEST

START_TEST(a_clock_set_back_a_year_or_forward_ten_is_told_and_moves_no_deadline)
{
	static const struct {
		int64_t jump;
		const char *to;
	} cases[] = { { -YEARS(1), " to 2025-11-26T" }, { DAYS(3652), " to 2036-11-25T" } };
	int all = test_percent() == 100;
	size_t which = (size_t)(all ? _i / DRIVES : _i);
	int64_t jump = cases[which].jump;

	drive(all ? _i : 0);
	weekly();
	world_ready(&w);
	world_pass(&w, DAYS(1));
	w.net = NET_DOWN;
	w.wall_ms += jump;
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	ck_assert_msg(strstr(w.last[SMARTLIC_EVENT_CLOCK_CHANGED], cases[which].to) != NULL, "%s",
	    w.last[SMARTLIC_EVENT_CLOCK_CHANGED]);
	world_pass(&w, DAYS(89) - 1000);
	must_be_in_order();
	world_pass(&w, 2000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	/* set back, it delays no attempt; set forward, it makes one at once and no more */
	w.net = NET_UP;
	world_pass(&w, DAYS(7));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(a_clock_that_leaps_30_days_while_off_brings_one_call_and_ends_nothing)
{
	drive(_i);
	know_the_time();
	boot_with_clock(MINUTES(1), w.wall_ms + DAYS(30));
	world_pass(&w, MINUTES(5));
	/* it may be true: only an answer could tell, and that one says that it is not */
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_AUTHORIZED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 0);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 3);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_RENEW_ID], 0);
	ck_assert(world_status(&w)->communication_deadline_ms <= w.oracle.now_s * 1000 + DAYS(90));
	must_be_in_order();
}
END_TEST

START_TEST(thirty_days_off_are_told_by_the_next_answer_and_believed_after_a_second)
{
	drive(_i);
	know_the_time();
	world_reboot(&w, DAYS(30));
	world_pass(&w, MINUTES(5));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 1);
	ck_assert(world_status(&w)->ahead_ms != SMARTLIC_NO_TIME);
	world_pass(&w, HOURS(1));
	renew_auth();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_CONFIRMED], 1);
	ck_assert(world_status(&w)->ahead_ms == SMARTLIC_NO_TIME);
	ck_assert(world_status(&w)->signed_ms == w.oracle.now_s * 1000);
	must_be_in_order();
}
END_TEST

/* With none that outlives the power for the whole year, and with a clock up to the renewal; a
 * restart after each step is dear. */
START_TEST(one_powered_hour_a_day_for_a_year_renews_and_ends_nothing)
{
	int has_clock = _i != DRIVE_POLL;
	static const long most[DRIVES] = { 365, 200, 70 };
	long days = most[_i] * test_percent() / 100;

	drive(_i);
	know_the_time();
	for (long day = 0; day < days; day++) {
		if (has_clock)
			world_reboot(&w, HOURS(23));
		else
			boot_with_clock(HOURS(23), 0);
		world_pass(&w, HOURS(1));
	}
	must_be_in_order();
	ck_assert_int_ge(w.events[SMARTLIC_EVENT_ID_RENEWED], days / 200);
	ck_assert_int_le(w.events[SMARTLIC_EVENT_ID_RENEWED], 2);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_BEHIND], has_clock ? 0 : days);
	ck_assert(world_status(&w)->signed_ms > w.oracle.now_s * 1000 - DAYS(1));
}
END_TEST

START_TEST(one_powered_hour_a_day_out_of_reach_is_fifteen_days_in_a_year)
{
	weekly();
	know_the_time();
	w.net = NET_DOWN;
	for (int day = 0; day < 365; day++) {
		world_reboot(&w, HOURS(23));
		world_pass(&w, HOURS(1));
	}
	/* what has certainly passed: 365 hours */
	must_be_in_order();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
	/* the authority tells the rest, and nobody is locked out by it */
	w.net = NET_UP;
	world_reboot(&w, 1000);
	world_pass(&w, HOURS(2));
	renew_auth();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 1);
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(a_wall_clock_that_jumps_ends_and_stretches_nothing)
{
	static const int64_t jump[] = { DAYS(3650), -DAYS(365), DAYS(30) };
	int64_t left = DAYS(90) - DAYS(1);

	strcpy(w.oracle.policy, "\"retry_s\":86400");
	world_ready(&w);
	world_pass(&w, DAYS(1));
	w.net = NET_DOWN;
	w.wall_ms += jump[_i];
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, left - 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, 2000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
}
END_TEST

START_TEST(a_clock_set_between_two_processes_is_noticed)
{
	world_ready(&w);
	world_stop(&w);
	w.wall_ms += DAYS(40);
	ck_assert_int_eq(world_start(&w), 0);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	world_restart(&w);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	/* after a boot the clock may say what it likes */
	world_reboot(&w, DAYS(-400));
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
}
END_TEST

/* What a host's functions must not do, and what comes of it. */
START_TEST(what_no_clock_can_show_harms_nothing)
{
	static const int64_t odd[] = { INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX };
	char *text = NULL;

	world_ready(&w);
	for (size_t i = 0; i < 36; i++) {
		w.wall_ms = odd[i / 6];
		w.mono_ms = odd[i % 6];
		ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
		for (int k = 0; k < 5; k++)
			ck_assert_int_ge(smartlic_agent_process(w.agent), 0);
		/* a device always has something to wait for */
		if (w.mono_ms <= 0)
			ck_assert(smartlic_agent_deadline(w.agent) < INT64_MAX);
		ck_assert_int_eq(smartlic_agent_show(w.agent, SMARTLIC_SHOW_TECH, 0, &text), 0);
		free(text);
	}
}
END_TEST

/* A counter of 32 bits begins anew after 49 days. */
START_TEST(a_counter_that_wraps_holds_up_nothing)
{
	world_ready(&w);
	w.mono_ms = UINT32_MAX - 10;
	w.net = NET_SILENT;
	renew_auth();
	w.mono_ms = 0;
	ck_assert_int_ge(smartlic_agent_process(w.agent), 0);
	ck_assert(smartlic_agent_deadline(w.agent) <= MINUTES(2));
	w.mono_ms = DAYS(1);
	w.net = NET_UP;
	ck_assert_int_ge(smartlic_agent_cancel(w.agent), 0);
	w.disk.broken = 1;
	renew_auth();
	ck_assert_int_eq(w.last_error, SMARTLIC_E_STORE);
	w.disk.broken = 0;
	w.mono_ms = 0;
	world_settle(&w);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	must_be_in_order();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, clock");
	TCase *t = time_case(s, "clocks");

	tcase_add_loop_test(
	    t, boot_at_1970_without_a_clock_is_told_and_ends_nothing, 0, world_drives());
	tcase_add_loop_test(
	    t, a_new_device_without_a_clock_says_so_and_registers, 0, world_drives());
	tcase_add_loop_test(t, a_clock_set_back_a_year_or_forward_ten_is_told_and_moves_no_deadline,
	    0, test_all_or(2 * DRIVES, 2));
	tcase_add_loop_test(t,
	    a_clock_that_leaps_30_days_while_off_brings_one_call_and_ends_nothing, 0,
	    world_drives());
	tcase_add_loop_test(t,
	    thirty_days_off_are_told_by_the_next_answer_and_believed_after_a_second, 0,
	    world_drives());
	tcase_add_loop_test(
	    t, one_powered_hour_a_day_for_a_year_renews_and_ends_nothing, 0, world_drives());
	tcase_add_long_test(t, one_powered_hour_a_day_out_of_reach_is_fifteen_days_in_a_year);
	tcase_add_long_loop_test(t, a_wall_clock_that_jumps_ends_and_stretches_nothing, 3);
	tcase_add_test(t, a_clock_set_between_two_processes_is_noticed);
	tcase_add_test(t, what_no_clock_can_show_harms_nothing);
	tcase_add_test(t, a_counter_that_wraps_holds_up_nothing);
	return run_suite(s);
}
