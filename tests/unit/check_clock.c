/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "clock.h"
#include "tests/suite.h"

#define N(a)  (sizeof(a) / sizeof((a)[0]))
#define BUILD INT64_C(1772323200) /* 2026-03-01 */
#define MIN   INT64_C(60)
#define HOUR  (60 * MIN)
#define DAY   (24 * HOUR)
#define MS    INT64_C(1000)

static struct smartlic_error err;

/* A device that knows signed_s (or SL_NO_TIME) and has run for `run_s` since. */
static struct sl_clock
clock_at(int64_t signed_s, int64_t run_s)
{
	struct sl_clock c;

	sl_clock_init(&c, BUILD, 5000, "boot-1");
	if (signed_s != SL_NO_TIME) {
		c.accept = 1;
		(void)sl_clock_take(&c, signed_s);
	}
	sl_clock_advance(&c, 5000 + run_s * MS);
	return c;
}

#define T        (BUILD + 100 * DAY) /* the signed time of most cases */
#define YEARS_25 (INT64_C(25) * 36525 * DAY / 100)

/* One answer: what is known, how long the device has run since, what the answer says. */
static const struct {
	const char *what;
	int64_t signed_s, run_s, time_s, least_s;
	int judged;
	enum sl_clock_note note;
	int64_t signed_after, ahead_after, floor_after;
} answers[] = {
	/* up to 24 hours below the signed time */
	{ "same time", T, 0, T, SL_NO_TIME, 0, SL_CLOCK_PLAIN, T, SL_NO_TIME, T },
	{ "5 minutes back", T, 0, T - 5 * MIN, SL_NO_TIME, 0, SL_CLOCK_PLAIN, T, SL_NO_TIME, T },
	{ "past 5 minutes back", T, 0, T - 5 * MIN - 1, SL_NO_TIME, 0, SL_CLOCK_BACK, T, SL_NO_TIME,
	    T },
	{ "24 hours back", T, 0, T - DAY, SL_NO_TIME, 0, SL_CLOCK_BACK, T, SL_NO_TIME, T },
	{ "further back", T, 0, T - DAY - 1, SL_NO_TIME, SMARTLIC_E_TIME, SL_CLOCK_PLAIN, 0, 0, 0 },
	/* the floor that has run on is no bound below */
	{ "signed time, a year later", T, 365 * DAY, T, SL_NO_TIME, 0, SL_CLOCK_PLAIN, T,
	    SL_NO_TIME, T + 365 * DAY },
	/* up to 24 hours ahead of the floor */
	{ "a minute on", T, 0, T + MIN, SL_NO_TIME, 0, SL_CLOCK_PLAIN, T + MIN, SL_NO_TIME,
	    T + MIN },
	{ "24 hours ahead", T, 0, T + DAY, SL_NO_TIME, 0, SL_CLOCK_PLAIN, T + DAY, SL_NO_TIME,
	    T + DAY },
	{ "30 days ahead after 30 days", T, 30 * DAY, T + 30 * DAY, SL_NO_TIME, 0, SL_CLOCK_PLAIN,
	    T + 30 * DAY, SL_NO_TIME, T + 30 * DAY },
	{ "20 days on after 30 days: the floor stays", T, 30 * DAY, T + 20 * DAY, SL_NO_TIME, 0,
	    SL_CLOCK_PLAIN, T + 20 * DAY, SL_NO_TIME, T + 30 * DAY },
	/* further ahead: only kept */
	{ "past 24 hours ahead", T, 0, T + DAY + 1, SL_NO_TIME, 0, SL_CLOCK_AHEAD, T, T + DAY + 1,
	    T },
	{ "33 years ahead of the build, 25 of signed", BUILD + 8 * 365 * DAY, 0,
	    BUILD + 8 * 365 * DAY + YEARS_25, SL_NO_TIME, 0, SL_CLOCK_AHEAD, BUILD + 8 * 365 * DAY,
	    BUILD + 8 * 365 * DAY + YEARS_25, BUILD + 8 * 365 * DAY },
	{ "25 years", T, 0, T + YEARS_25, SL_NO_TIME, 0, SL_CLOCK_AHEAD, T, T + YEARS_25, T },
	{ "past 25 years", T, 0, T + YEARS_25 + 1, SL_NO_TIME, SMARTLIC_E_TIME, SL_CLOCK_PLAIN, 0,
	    0, 0 },
	{ "the floor is no help with 25 years", T, 30 * DAY, T + YEARS_25 + 1, SL_NO_TIME,
	    SMARTLIC_E_TIME, SL_CLOCK_PLAIN, 0, 0, 0 },
	/* before the first signed time */
	{ "first answer near the build", SL_NO_TIME, 0, BUILD + HOUR, SL_NO_TIME, 0, SL_CLOCK_PLAIN,
	    BUILD + HOUR, SL_NO_TIME, BUILD + HOUR },
	{ "first answer a year on: kept, no event", SL_NO_TIME, 0, BUILD + 365 * DAY, SL_NO_TIME, 0,
	    SL_CLOCK_PLAIN, SL_NO_TIME, BUILD + 365 * DAY, BUILD },
	{ "first answer before the build", SL_NO_TIME, 0, BUILD - 90 * DAY, SL_NO_TIME, 0,
	    SL_CLOCK_PLAIN, BUILD - 90 * DAY, SL_NO_TIME, BUILD },
	{ "first answer past 25 years", SL_NO_TIME, 0, BUILD + YEARS_25 + 1, SL_NO_TIME,
	    SMARTLIC_E_TIME, SL_CLOCK_PLAIN, 0, 0, 0 },
	/* on a stick: the floor stored with the request, less 24 hours */
	{ "24 hours before the request's floor", T, 40 * DAY, T + 9 * DAY, T + 10 * DAY, 0,
	    SL_CLOCK_PLAIN, T + 9 * DAY, SL_NO_TIME, T + 40 * DAY },
	{ "earlier than that", T, 40 * DAY, T + 9 * DAY - 1, T + 10 * DAY, SMARTLIC_E_TIME,
	    SL_CLOCK_PLAIN, 0, 0, 0 },
	{ "earlier than that, before a first signed time", SL_NO_TIME, 40 * DAY,
	    BUILD + 9 * DAY - 1, BUILD + 10 * DAY, SMARTLIC_E_TIME, SL_CLOCK_PLAIN, 0, 0, 0 },
};

START_TEST(an_answers_time_is_judged_and_taken)
{
	struct sl_clock c = clock_at(answers[_i].signed_s, answers[_i].run_s);
	int r = sl_clock_judge(&c, answers[_i].time_s, answers[_i].least_s, &err);

	ck_assert_msg(r == answers[_i].judged, "%s: %d %s", answers[_i].what, r, err.text);
	if (r < 0)
		return;
	ck_assert_msg(
	    sl_clock_take(&c, answers[_i].time_s) == answers[_i].note, "%s", answers[_i].what);
	ck_assert_msg(c.signed_s == answers[_i].signed_after, "%s", answers[_i].what);
	ck_assert_msg(c.ahead_s == answers[_i].ahead_after, "%s", answers[_i].what);
	ck_assert_msg(sl_clock_floor(&c) == answers[_i].floor_after, "%s", answers[_i].what);
}
END_TEST

START_TEST(a_refusal_names_both_times)
{
	struct sl_clock c = clock_at(T, 0);

	ck_assert_int_eq(sl_clock_judge(&c, T - 2 * DAY, SL_NO_TIME, &err), SMARTLIC_E_TIME);
	ck_assert_ptr_nonnull(strstr(err.text, "2026-06-07T00:00:00Z"));
	ck_assert_ptr_nonnull(strstr(err.text, "2026-06-09T00:00:00Z"));
	ck_assert_ptr_nonnull(strstr(err.text, "clock accept"));
	ck_assert_int_eq(sl_clock_judge(&c, T + 26 * 366 * DAY, SL_NO_TIME, &err), SMARTLIC_E_TIME);
	ck_assert_ptr_nonnull(strstr(err.text, "2026-06-09T00:00:00Z"));
}
END_TEST

/* A first answer 10 days ahead, and a second one after `wait_s` of elapsed time. */
static const struct {
	const char *what;
	int64_t wait_s, time_s;
	enum sl_clock_note note;
	int64_t signed_after, ahead_after;
} confirmations[] = {
	{ "same, an hour later", HOUR, T + 10 * DAY, SL_CLOCK_CONFIRMED, T + 10 * DAY, SL_NO_TIME },
	{ "an hour on, an hour later", HOUR, T + 10 * DAY + HOUR, SL_CLOCK_CONFIRMED,
	    T + 10 * DAY + HOUR, SL_NO_TIME },
	{ "too early", HOUR - 1, T + 10 * DAY + HOUR, SL_CLOCK_AHEAD, T, T + 10 * DAY },
	{ "below ahead: the smaller one is held", HOUR, T + 10 * DAY - 1, SL_CLOCK_AHEAD, T,
	    T + 10 * DAY - 1 },
	{ "far above: ahead becomes signed, the rest is kept", HOUR, T + 20 * DAY,
	    SL_CLOCK_CONFIRMED, T + 10 * DAY, T + 20 * DAY },
	{ "24 h above ahead: taken wholly", HOUR, T + 11 * DAY, SL_CLOCK_CONFIRMED, T + 11 * DAY,
	    SL_NO_TIME },
	{ "a plain one clears it", HOUR, T + HOUR, SL_CLOCK_PLAIN, T + HOUR, SL_NO_TIME },
	{ "one a little back clears it", HOUR, T - HOUR, SL_CLOCK_BACK, T, SL_NO_TIME },
	{ "the floor has caught up", 9 * DAY, T + 10 * DAY, SL_CLOCK_PLAIN, T + 10 * DAY,
	    SL_NO_TIME },
};

START_TEST(what_is_ahead_is_confirmed_after_an_hour_of_elapsed_time)
{
	struct sl_clock c = clock_at(T, 0);

	ck_assert_int_eq(sl_clock_take(&c, T + 10 * DAY), SL_CLOCK_AHEAD);
	sl_clock_advance(&c, c.mono_ms + confirmations[_i].wait_s * MS);
	ck_assert_int_eq(sl_clock_judge(&c, confirmations[_i].time_s, SL_NO_TIME, &err), 0);
	ck_assert_msg(sl_clock_take(&c, confirmations[_i].time_s) == confirmations[_i].note, "%s",
	    confirmations[_i].what);
	ck_assert_msg(c.signed_s == confirmations[_i].signed_after, "%s", confirmations[_i].what);
	ck_assert_msg(c.ahead_s == confirmations[_i].ahead_after, "%s", confirmations[_i].what);
	ck_assert_int_ge(sl_clock_floor(&c), c.signed_s);
}
END_TEST

START_TEST(a_larger_ahead_neither_replaces_nor_restarts_the_hour)
{
	struct sl_clock c = clock_at(T, 0);

	ck_assert_int_eq(sl_clock_take(&c, T + 10 * DAY), SL_CLOCK_AHEAD);
	sl_clock_advance(&c, c.mono_ms + 30 * MIN * MS);
	ck_assert_int_eq(sl_clock_take(&c, T + 900 * DAY), SL_CLOCK_AHEAD);
	ck_assert_int_eq(c.ahead_s, T + 10 * DAY);
	sl_clock_advance(&c, c.mono_ms + 30 * MIN * MS);
	ck_assert_int_eq(sl_clock_take(&c, T + 10 * DAY), SL_CLOCK_CONFIRMED);
	ck_assert_int_eq(c.signed_s, T + 10 * DAY);
}
END_TEST

START_TEST(a_smaller_ahead_restarts_the_hour)
{
	struct sl_clock c = clock_at(T, 0);

	(void)sl_clock_take(&c, T + 10 * DAY);
	sl_clock_advance(&c, c.mono_ms + 59 * MIN * MS);
	(void)sl_clock_take(&c, T + 5 * DAY);
	sl_clock_advance(&c, c.mono_ms + 59 * MIN * MS);
	ck_assert_int_eq(sl_clock_take(&c, T + 5 * DAY), SL_CLOCK_AHEAD);
	ck_assert_int_eq(c.signed_s, T);
	sl_clock_advance(&c, c.mono_ms + MIN * MS);
	ck_assert_int_eq(sl_clock_take(&c, T + 5 * DAY), SL_CLOCK_CONFIRMED);
}
END_TEST

START_TEST(the_first_signed_time_is_confirmed_without_an_event)
{
	struct sl_clock c = clock_at(SL_NO_TIME, 0);

	ck_assert_int_eq(sl_clock_take(&c, T), SL_CLOCK_PLAIN);
	ck_assert_int_eq(c.signed_s, SL_NO_TIME);
	sl_clock_advance(&c, c.mono_ms + HOUR * MS);
	ck_assert_int_eq(sl_clock_take(&c, T + HOUR), SL_CLOCK_PLAIN);
	ck_assert_int_eq(c.signed_s, T + HOUR);
	ck_assert_int_eq(sl_clock_floor(&c), T + HOUR);
}
END_TEST

START_TEST(clock_accept_sets_signed_time_and_floor_once)
{
	struct sl_clock c = clock_at(T + 20 * 365 * DAY, 40 * DAY);

	(void)sl_clock_take(&c, T + 22 * 365 * DAY);
	ck_assert_int_eq(sl_clock_judge(&c, T, T + 9 * DAY, &err), SMARTLIC_E_TIME);
	c.accept = 1;
	ck_assert_int_eq(sl_clock_judge(&c, T, T + 9 * DAY, &err), 0);
	ck_assert_int_eq(
	    sl_clock_judge(&c, BUILD + YEARS_25 + 1, SL_NO_TIME, &err), SMARTLIC_E_TIME);
	ck_assert_int_eq(sl_clock_take(&c, T), SL_CLOCK_ACCEPTED);
	ck_assert_int_eq(c.signed_s, T);
	ck_assert_int_eq(c.ahead_s, SL_NO_TIME);
	ck_assert_int_eq(sl_clock_floor(&c), T);
	ck_assert_int_eq(c.accept, 0);
	ck_assert_int_eq(sl_clock_judge(&c, T - 2 * DAY, SL_NO_TIME, &err), SMARTLIC_E_TIME);
	/* not below what this program was built at */
	c.accept = 1;
	ck_assert_int_eq(sl_clock_take(&c, BUILD - DAY), SL_CLOCK_ACCEPTED);
	ck_assert_int_eq(c.signed_s, BUILD - DAY);
	ck_assert_int_eq(sl_clock_floor(&c), BUILD);
}
END_TEST

START_TEST(the_floor_runs_with_elapsed_time_alone)
{
	struct sl_clock c = clock_at(T, 0);

	sl_clock_advance(&c, c.mono_ms + 999);
	ck_assert_int_eq(sl_clock_floor(&c), T);
	sl_clock_advance(&c, c.mono_ms + 1);
	ck_assert_int_eq(sl_clock_floor(&c), T + 1);
	/* an answer that raises nothing does not cost the part of a second that has run */
	sl_clock_advance(&c, c.mono_ms + 999);
	(void)sl_clock_take(&c, T);
	sl_clock_advance(&c, c.mono_ms + 1);
	ck_assert_int_eq(sl_clock_floor(&c), T + 2);
	/* monotonic time that goes back is none, and counts on from there */
	sl_clock_advance(&c, 10);
	ck_assert_int_eq(sl_clock_floor(&c), T + 2);
	sl_clock_advance(&c, 10 + HOUR * MS);
	ck_assert_int_eq(sl_clock_floor(&c), T + 2 + HOUR);
}
END_TEST

static const struct {
	const char *what, *boot_id;
	int64_t mono_ms, build_s, floor_after;
} restarts[] = {
	{ "same boot", "boot-1", 5000 + HOUR *MS, BUILD, T + HOUR },
	{ "same boot, at once", "boot-1", 5000, BUILD, T },
	{ "same boot, monotonic time back", "boot-1", 1000, BUILD, T },
	{ "other boot", "boot-2", 5000 + HOUR *MS, BUILD, T },
	{ "no boot id", "", 5000 + HOUR *MS, BUILD, T },
	{ "a later program", "boot-2", 0, T + 9 * DAY, T + 9 * DAY },
	{ "a later program, but not later than the floor", "boot-1", 5000 + 9 * DAY *MS,
	    T + 9 * DAY, T + 9 * DAY },
	{ "an earlier program", "boot-1", 5000, BUILD - 900 * DAY, T },
};

START_TEST(a_restart_goes_on_where_it_can)
{
	struct sl_clock c = clock_at(T, 0);

	sl_clock_resume(&c, restarts[_i].build_s, restarts[_i].mono_ms, restarts[_i].boot_id);
	ck_assert_msg(sl_clock_floor(&c) == restarts[_i].floor_after, "%s", restarts[_i].what);
	ck_assert_int_eq(c.signed_s, T);
	/* and counts from there, also over a second start in this boot */
	sl_clock_advance(&c, restarts[_i].mono_ms + MIN * MS);
	ck_assert_int_eq(sl_clock_floor(&c), restarts[_i].floor_after + MIN);
	sl_clock_resume(
	    &c, restarts[_i].build_s, restarts[_i].mono_ms + 2 * MIN * MS, restarts[_i].boot_id);
	ck_assert_int_eq(sl_clock_floor(&c),
	    restarts[_i].floor_after + (restarts[_i].boot_id[0] == '\0' ? 1 : 2) * MIN);
}
END_TEST

START_TEST(the_hour_of_ahead_counts_over_a_restart)
{
	struct sl_clock c = clock_at(T, 0);

	(void)sl_clock_take(&c, T + 10 * DAY);
	sl_clock_advance(&c, c.mono_ms + 40 * MIN * MS);
	sl_clock_resume(&c, BUILD, 0, "boot-2");
	sl_clock_advance(&c, 19 * MIN * MS);
	ck_assert_int_eq(sl_clock_take(&c, T + 10 * DAY), SL_CLOCK_AHEAD);
	sl_clock_advance(&c, 20 * MIN * MS);
	ck_assert_int_eq(sl_clock_take(&c, T + 10 * DAY), SL_CLOCK_CONFIRMED);
}
END_TEST

START_TEST(a_damaged_record_makes_no_time)
{
	static const int64_t values[] = { INT64_MIN, -1, 0, 1, INT64_MAX };

	for (size_t i = 0; i < N(values); i++) {
		for (size_t k = 0; k < N(values); k++) {
			struct sl_clock c = clock_at(T, 0);

			c.elapsed_ms = c.mono_ms = values[i];
			c.floor_elapsed_ms = c.ahead_elapsed_ms = values[k];
			c.ahead_s = c.floor_s = values[k];
			sl_clock_resume(&c, BUILD, values[k], "boot-1");
			sl_clock_advance(&c, INT64_MAX);
			(void)sl_clock_judge(&c, T, values[i], NULL);
			(void)sl_clock_take(&c, T);
			ck_assert_int_ge(sl_clock_floor(&c), T);
		}
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("clock");

	tcase_add_loop_test(t, an_answers_time_is_judged_and_taken, 0, N(answers));
	tcase_add_test(t, a_refusal_names_both_times);
	tcase_add_loop_test(
	    t, what_is_ahead_is_confirmed_after_an_hour_of_elapsed_time, 0, N(confirmations));
	tcase_add_test(t, a_larger_ahead_neither_replaces_nor_restarts_the_hour);
	tcase_add_test(t, a_smaller_ahead_restarts_the_hour);
	tcase_add_test(t, the_first_signed_time_is_confirmed_without_an_event);
	tcase_add_test(t, clock_accept_sets_signed_time_and_floor_once);
	tcase_add_test(t, the_floor_runs_with_elapsed_time_alone);
	tcase_add_loop_test(t, a_restart_goes_on_where_it_can, 0, N(restarts));
	tcase_add_test(t, the_hour_of_ahead_counts_over_a_restart);
	tcase_add_test(t, a_damaged_record_makes_no_time);
	suite_add_tcase(s, t);
	return run_suite(s);
}
