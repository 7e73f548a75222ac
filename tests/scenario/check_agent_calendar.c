/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/timing.h"
#include "text.h"

/* Dates at which others stumble: summer time, 2038, 2106, the end of an anchor. */

/* 2027-03-28T01:00:00Z, when clocks in central Europe go forward. */
#define SUMMER_MS INT64_C(1806195600000)

static int
central_europe(void *ud, int64_t ms, struct smartlic_local_time *ret)
{
	int summer = ms >= SUMMER_MS;
	int64_t s = ms / 1000 + (summer ? 7200 : 3600);
	char text[SL_TIME_SIZE];
	int n;

	(void)ud;
	sl_time(text, s);
	*ret = (struct smartlic_local_time){ .weekday = (int32_t)((s / 86400 + 4) % 7) };
	n = sscanf(text, "%d-%d-%dT%d:%d:%d", &ret->year, &ret->month, &ret->day, &ret->hour,
	    &ret->minute, &ret->second);
	(void)snprintf(ret->zone, sizeof(ret->zone), "%s", summer ? "CEST" : "CET");
	return n == 6 ? 0 : -1;
}

START_TEST(daylight_saving_changes_what_is_printed_and_nothing_else)
{
	char *text = NULL;
	int64_t next;

	world_stop(&w);
	w.env.local_time = central_europe;
	ck_assert_int_eq(world_start(&w), 0);
	drive(_i);
	world_ready(&w);
	ck_assert_int_eq(
	    smartlic_agent_show(w.agent, SMARTLIC_SHOW_STATUS, SMARTLIC_SHOW_TEXT, &text), 0);
	/* 180 days are 180 times 24 hours: on a wall in summer it is an hour later */
	ck_assert_msg(
	    strstr(text, "Initial Registration: SUCCEEDED on Wed Nov 25 2026 01:00:00 CET") != NULL,
	    "%s", text);
	ck_assert_msg(strstr(text, "Next Renewal Attempt: Mon May 24 2027 02:00:00 CEST") != NULL,
	    "%s", text);
	free(text);
	world_pass(&w, SUMMER_MS - w.wall_ms - 1000);
	next = world_status(&w)->next_communication_ms;
	world_pass(&w, 2000);
	ck_assert(world_status(&w)->next_communication_ms == next);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 0);
	must_be_in_order();
}
END_TEST

START_TEST(seconds_of_32_bits_end_in_2038_and_nobody_notices)
{
	const int64_t end_s = INT64_C(1) << 31;
	const struct smartlic_status *st;

	drive(_i);
	world_stop(&w);
	w.oracle.now_s = end_s - 43200;
	w.wall_ms = w.oracle.now_s * 1000;
	new_certificates(w.oracle.now_s - TPKI_DAY, w.oracle.now_s + 1000 * TPKI_DAY);
	ck_assert_int_eq(world_start(&w), 0);
	world_hush(&w);
	know_the_time();
	world_pass(&w, DAYS(200));
	must_be_in_order();
	st = world_status(&w);
	ck_assert(st->signed_ms > end_s * 1000);
	ck_assert(st->floor_ms > end_s * 1000);
	ck_assert(st->registration_expires_ms > w.wall_ms + DAYS(340));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
}
END_TEST

/* 25 years are believed at a time. */
START_TEST(a_device_found_after_eighty_years_goes_on)
{
	drive(_i);
	know_the_time();
	new_certificates(w.oracle.now_s, w.oracle.now_s + 100 * 366 * TPKI_DAY);
	for (int i = 0; i < 4; i++) {
		world_reboot(&w, YEARS(20));
		world_pass(&w, HOURS(2));
		renew_auth();
		ck_assert(succeeded());
		ck_assert(world_status(&w)->signed_ms == w.oracle.now_s * 1000);
	}
	/* 2106, too, has passed, where unsigned seconds end */
	ck_assert(w.oracle.now_s > INT64_C(1) << 32);
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(an_anchor_that_has_expired_is_warned_of_and_fails_nothing)
{
	drive(_i);
	world_stop(&w);
	/* the root ends after ten years */
	w.oracle.now_s += 11 * 365 * TPKI_DAY;
	w.wall_ms = w.oracle.now_s * 1000;
	new_certificates(w.oracle.now_s - TPKI_DAY, w.oracle.now_s + 700 * TPKI_DAY);
	ck_assert_int_eq(world_start(&w), 0);
	know_the_time();
	world_pass(&w, DAYS(200));
	ck_assert_ptr_nonnull(strstr(w.log.data, "-4-ANCHOR_EXPIRING : "));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	must_be_in_order();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, calendar");
	TCase *t = time_case(s, "calendars");

	tcase_add_loop_test(
	    t, daylight_saving_changes_what_is_printed_and_nothing_else, 0, world_drives());
	tcase_add_long_loop_test(
	    t, seconds_of_32_bits_end_in_2038_and_nobody_notices, world_drives());
	tcase_add_loop_test(t, a_device_found_after_eighty_years_goes_on, 0, world_drives());
	tcase_add_long_loop_test(
	    t, an_anchor_that_has_expired_is_warned_of_and_fails_nothing, world_drives());
	return run_suite(s);
}
