/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "policy.h"
#include "timers.h"
#include "tests/suite.h"

static struct sl_timers t;

static struct sl_moment
at(int64_t elapsed_ms, int64_t wall_ms)
{
	return (struct sl_moment){ .elapsed_ms = elapsed_ms, .wall_ms = wall_ms };
}

START_TEST(what_is_not_armed_is_never_due)
{
	sl_timers_init(&t);
	for (int i = 0; i < SL_TIMERS; i++) {
		ck_assert(!sl_timer_is_armed(&t, (enum sl_timer)i));
		ck_assert(
		    sl_timer_wait(&t, (enum sl_timer)i, at(INT64_MAX, INT64_MAX)) == SL_NEVER);
		ck_assert(sl_timer_wall(&t, (enum sl_timer)i, at(0, 0)) == SL_NEVER);
	}
}
END_TEST

/* armed for a day at elapsed 1000, wall 500000 */
static const struct {
	const char *why;
	enum sl_timer which;
	int64_t elapsed_ms, wall_ms;
	int64_t wait;
} cases[] = {
	{ "at once", SL_TIMER_AUTHORIZE, 1000, 500000, SL_DAY_MS },
	{ "both clocks run", SL_TIMER_AUTHORIZE, 1000 + SL_HOUR_MS, 500000 + SL_HOUR_MS,
	    SL_DAY_MS - SL_HOUR_MS },
	{ "one millisecond before", SL_TIMER_AUTHORIZE, 999 + SL_DAY_MS, 499999 + SL_DAY_MS, 1 },
	{ "elapsed", SL_TIMER_AUTHORIZE, 1000 + SL_DAY_MS, 500000, 0 },
	{ "powered off for months: the wall clock alone", SL_TIMER_AUTHORIZE, 1000,
	    500000 + 100 * SL_DAY_MS, 0 },
	{ "the clock set back a year delays no attempt", SL_TIMER_AUTHORIZE, 1000 + SL_DAY_MS,
	    500000 - 365 * SL_DAY_MS, 0 },
	{ "a clock at the end of time", SL_TIMER_AUTHORIZE, 1000, INT64_MAX, 0 },
	{ "a clock before all time", SL_TIMER_AUTHORIZE, 1000, INT64_MIN, SL_DAY_MS },
	{ "ten years by the wall end nothing", SL_TIMER_AUTH_END, 1000, 500000 + 3650 * SL_DAY_MS,
	    SL_DAY_MS },
	{ "elapsed time does", SL_TIMER_AUTH_END, 1000 + SL_DAY_MS, 0, 0 },
	{ "set back: nothing is stretched", SL_TIMER_ID_END, 1000 + SL_DAY_MS, INT64_MIN, 0 },
};

START_TEST(attempts_follow_the_later_clock_and_expiry_elapsed_time)
{
	sl_timers_init(&t);
	sl_timer_arm(&t, cases[_i].which, at(1000, 500000), SL_DAY_MS);
	ck_assert_msg(sl_timer_wait(&t, cases[_i].which,
			  at(cases[_i].elapsed_ms, cases[_i].wall_ms)) == cases[_i].wait,
	    "%s", cases[_i].why);
}
END_TEST

START_TEST(hurry_never_delays)
{
	sl_timers_init(&t);
	sl_timer_hurry(&t, SL_TIMER_SEND, at(0, 0), 500);
	ck_assert_int_eq(sl_timer_wait(&t, SL_TIMER_SEND, at(0, 0)), 500);
	sl_timer_hurry(&t, SL_TIMER_SEND, at(0, 0), 900);
	ck_assert_int_eq(sl_timer_wait(&t, SL_TIMER_SEND, at(0, 0)), 500);
	sl_timer_hurry(&t, SL_TIMER_SEND, at(0, 0), 0);
	ck_assert(sl_timer_due(&t, SL_TIMER_SEND, at(0, 0)));
	sl_timer_stop(&t, SL_TIMER_SEND);
	ck_assert(!sl_timer_due(&t, SL_TIMER_SEND, at(0, 0)));
}
END_TEST

START_TEST(a_span_beyond_all_time_is_not_never)
{
	sl_timers_init(&t);
	sl_timer_arm(&t, SL_TIMER_AUTH_END, at(5, 5), INT64_MAX);
	ck_assert(sl_timer_is_armed(&t, SL_TIMER_AUTH_END));
	sl_timer_arm(&t, SL_TIMER_SEND, at(5, INT64_MIN), -7);
	ck_assert(sl_timer_due(&t, SL_TIMER_SEND, at(5, INT64_MIN)));
}
END_TEST

START_TEST(a_printed_time_stays_and_moves_with_a_set_clock)
{
	sl_timers_init(&t);
	sl_timer_arm(&t, SL_TIMER_RENEW_ID, at(0, 1000000), SL_DAY_MS);
	/* the clocks drift a little apart */
	ck_assert(sl_timer_wall(&t, SL_TIMER_RENEW_ID, at(SL_HOUR_MS + 30, 1000000 + SL_HOUR_MS)) ==
		  1000000 + SL_DAY_MS);
	/* set back by a year: a day from now as the clock has it */
	ck_assert(sl_timer_wall(&t, SL_TIMER_RENEW_ID, at(0, 1000000 - 365 * SL_DAY_MS)) ==
		  1000000 - 364 * SL_DAY_MS);
}
END_TEST

START_TEST(jitter_goes_downward_and_by_a_tenth_at_most)
{
	static const uint32_t random[] = { 0, 1, UINT32_MAX / 2, UINT32_MAX };
	static const int64_t span[] = { 0, 1, 1000, SL_HOUR_MS, SL_DAY_MS, 400 * SL_DAY_MS };

	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < 6; j++) {
			int64_t got = sl_jitter_ms(span[j], random[i]);

			ck_assert_int_le(got, span[j]);
			ck_assert_int_ge(got, span[j] - span[j] / 10);
		}
	ck_assert_int_eq(sl_jitter_ms(SL_DAY_MS, 0), SL_DAY_MS);
	ck_assert_int_lt(sl_jitter_ms(SL_DAY_MS, UINT32_MAX), SL_DAY_MS - SL_DAY_MS / 11);
	ck_assert_int_lt(sl_jitter_ms(400 * SL_DAY_MS, UINT32_MAX), 400 * SL_DAY_MS * 10 / 11);
}
END_TEST

#define DAY_S INT64_C(86400)
static const struct {
	const char *name;
	size_t offset;
	int64_t offered, taken;
	int clamped;
} offers[] = {
#define OFFER(member, offered, taken, clamped)                                                     \
	{                                                                                          \
#member, offsetof(struct sl_policy, member), offered, taken, clamped               \
	}
	OFFER(next_contact_s, 3599, 3600, 1),
	OFFER(next_contact_s, 3600, 3600, 0),
	OFFER(next_contact_s, 30 * DAY_S, 30 * DAY_S, 0),
	OFFER(next_contact_s, 30 * DAY_S + 1, 30 * DAY_S, 1),
	OFFER(next_contact_s, -1, SL_NEXT_CONTACT_S, 0),
	OFFER(ooc_poll_s, 899, 900, 1),
	OFFER(ooc_poll_s, 31 * DAY_S, 30 * DAY_S, 1),
	OFFER(retry_s, 10, 300, 1),
	OFFER(retry_s, 300, 300, 0),
	OFFER(collect_s, 59, 60, 1),
	OFFER(collect_s, DAY_S + 1, DAY_S, 1),
	OFFER(report_s, 0, 3600, 1),
	OFFER(report_s, INT64_MAX, 30 * DAY_S, 1),
	OFFER(renew_after_s, INT64_C(15552060), INT64_C(15552060), 0),
#undef OFFER
};

START_TEST(policy_is_taken_within_its_clamps_and_says_so)
{
	struct sl_policy policy, offered;
	char text[256];
	int64_t taken;

	sl_policy_default(&policy);
	memset(&offered, 0xff, sizeof(offered)); /* -1 everywhere: nothing offered */
	memcpy((char *)&offered + offers[_i].offset, &offers[_i].offered, sizeof(int64_t));
	ck_assert_int_eq(sl_policy_take(&policy, &offered, text, sizeof(text)), offers[_i].clamped);
	memcpy(&taken, (char *)&policy + offers[_i].offset, sizeof(taken));
	ck_assert_int_eq(taken, offers[_i].taken);
	if (offers[_i].clamped)
		ck_assert_ptr_nonnull(strstr(text, offers[_i].name));
	else
		ck_assert_str_eq(text, "");
	ck_assert_int_eq(policy.export_controlled_allowed, 0);
}
END_TEST

START_TEST(lives_are_clamped_by_what_the_answer_gives)
{
	char text[128];
	int64_t s = 90 * DAY_S;

	ck_assert_int_eq(sl_clamp_auth_life(&s, text, sizeof(text)), 0);
	s = DAY_S;
	ck_assert_int_eq(sl_clamp_auth_life(&s, text, sizeof(text)), 1);
	ck_assert_int_eq(s, 7 * DAY_S);
	s = 400 * DAY_S;
	ck_assert_int_eq(sl_clamp_auth_life(&s, text, sizeof(text)), 1);
	ck_assert_int_eq(s, 365 * DAY_S);
	s = 180 * DAY_S;
	ck_assert_int_eq(sl_clamp_renew_after(&s, 365 * DAY_S, text, sizeof(text)), 0);
	ck_assert_int_eq(sl_clamp_renew_after(&s, 100 * DAY_S, text, sizeof(text)), 1);
	ck_assert_int_eq(s, 50 * DAY_S);
	ck_assert_int_eq(sl_clamp_renew_after(&s, -5, text, sizeof(text)), 1);
	ck_assert_int_eq(s, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("timers");
	TCase *tc = tcase_create("timers");

	tcase_add_test(tc, what_is_not_armed_is_never_due);
	tcase_add_loop_test(tc, attempts_follow_the_later_clock_and_expiry_elapsed_time, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, hurry_never_delays);
	tcase_add_test(tc, a_span_beyond_all_time_is_not_never);
	tcase_add_test(tc, a_printed_time_stays_and_moves_with_a_set_clock);
	tcase_add_test(tc, jitter_goes_downward_and_by_a_tenth_at_most);
	tcase_add_loop_test(tc, policy_is_taken_within_its_clamps_and_says_so, 0,
	    sizeof(offers) / sizeof(offers[0]));
	tcase_add_test(tc, lives_are_clamped_by_what_the_answer_gives);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
