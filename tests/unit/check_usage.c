/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "usage.h"

#define DAY_S  INT64_C(86400)
#define HOUR_S INT64_C(3600)

static struct smartlic_error err;
static struct sl_usage_book book;
static struct sl_usage_time now;
static struct sl_counted counted[2];

static void
setup(void)
{
	book = (struct sl_usage_book){ 0 };
	/* the first moment of a day */
	now = (struct sl_usage_time){ .elapsed_ms = 1000, .date_s = 20000 * DAY_S };
	counted[0] = (struct sl_counted){ .tag = "a", .count = 8 };
	counted[1] = (struct sl_counted){ .tag = "b", .count = 2 };
	ck_assert_int_eq(sl_usage_begin(&book, now.elapsed_ms, counted, 2, &err), 0);
}

static void
teardown(void)
{
	sl_usage_clear(&book);
}

static void
collect(int64_t hours)
{
	struct sl_usage_book next;

	now.elapsed_ms += hours * SL_USAGE_HOUR_MS;
	now.date_s += hours * HOUR_S;
	ck_assert_int_eq(sl_usage_collect(&next, &book, &now, counted, 2, &err), 0);
	sl_usage_clear(&book);
	book = next;
}

static void
collect_each_hour(int64_t hours)
{
	for (int64_t i = 0; i < hours; i++)
		collect(1);
}

static int
acknowledge(int64_t n, int64_t last_n)
{
	struct sl_usage_book next;
	int r = sl_usage_acknowledge(&next, &book, n, last_n, 7, &err);

	ck_assert_int_ge(r, 0);
	free(book.tags);
	book = next;
	return r;
}

START_TEST(without_an_acknowledgement_hours_fold_into_days_after_35_days)
{
	const struct sl_sample *s;

	collect_each_hour(35 * 24);
	ck_assert_uint_eq(book.n_samples, 35 * 24 * 2);
	collect_each_hour(24);
	/* the first day is one sample for each tag */
	ck_assert_uint_eq(book.n_samples, 35 * 24 * 2 + 2);
	s = &book.samples[0];
	ck_assert_int_eq(s->hours, 24);
	ck_assert_int_eq(s->start_s, 20000 * DAY_S);
	ck_assert_int_eq(s->max, 8);
	ck_assert_int_eq(s->n, 47);
	collect_each_hour(330 * 24);
	ck_assert_uint_eq(book.n_samples, 35 * 24 * 2 + 331 * 2);
	ck_assert_int_eq(book.lost, 0);
}
END_TEST

START_TEST(what_a_report_has_carried_does_not_fold)
{
	collect_each_hour(3);
	sl_usage_sent(&book, 6);
	collect_each_hour(36 * 24);
	for (size_t i = 0; i < 6; i++) {
		ck_assert_int_eq(book.samples[i].n, (int64_t)i + 1);
		ck_assert_int_eq(book.samples[i].hours, 1);
	}
	ck_assert_int_eq(book.samples[6].hours, 21);
}
END_TEST

START_TEST(acknowledged_samples_go_after_35_days)
{
	collect_each_hour(24);
	ck_assert_int_eq(acknowledge(48, 48), 0);
	ck_assert_int_eq(sl_usage_waiting(&book), 0);
	collect_each_hour(34 * 24);
	ck_assert_int_eq(book.samples[0].n, 1);
	collect_each_hour(24);
	ck_assert_int_eq(book.samples[0].n, 49);
}
END_TEST

START_TEST(an_acknowledgement_covers_no_more_than_the_report_carried)
{
	size_t first;

	collect_each_hour(10);
	ck_assert_uint_eq(sl_usage_pick(&book, &first), 20);
	ck_assert_uint_eq(first, 0);
	ck_assert_int_eq(acknowledge(1000, 12), 1);
	ck_assert_uint_eq(sl_usage_pick(&book, &first), 8);
	ck_assert_uint_eq(first, 12);
	/* nothing was taken: it is no use to go on at once */
	ck_assert_int_eq(acknowledge(12, 20), 0);
	ck_assert_int_eq(sl_usage_waiting(&book), 8);
}
END_TEST

START_TEST(a_changed_ledger_gets_35_days_again_once_a_day)
{
	collect_each_hour(40 * 24);
	ck_assert_int_eq(acknowledge(book.made_n, book.made_n), 0);
	sl_usage_resend(&book);
	collect(1);
	ck_assert_int_eq(sl_usage_waiting(&book), 35 * 24 * 2);
	ck_assert_int_eq(acknowledge(book.made_n, book.made_n), 0);
	sl_usage_resend(&book);
	collect_each_hour(23);
	ck_assert_int_eq(sl_usage_waiting(&book), 23 * 2);
	collect(1);
	ck_assert_int_eq(sl_usage_waiting(&book), 35 * 24 * 2);
}
END_TEST

START_TEST(a_report_has_no_more_than_a_message_may)
{
	size_t first;

	memset(counted[0].tag, '\\', SL_TAG_SIZE - 1);
	collect(1);
	ck_assert_int_eq(sl_usage_see(&book, counted, 2, &err), 0);
	collect_each_hour(1500);
	ck_assert_uint_lt(sl_usage_pick(&book, &first) * 400, SL_CONTENT_MAX);
	ck_assert_uint_gt(sl_usage_pick(&book, &first), 500);
}
END_TEST

START_TEST(hours_in_which_the_host_did_not_run_become_days)
{
	collect(60);
	ck_assert_uint_eq(book.n_samples, 6);
	ck_assert_int_eq(book.samples[0].hours, 24);
	ck_assert_int_eq(book.samples[4].hours, 12);
	ck_assert_int_eq(book.samples[4].start_s, 20002 * DAY_S);
}
END_TEST

START_TEST(it_stays_bounded_whatever_happens)
{
	sl_usage_sent(&book, SL_SEQUENCE_MAX); /* nothing folds */
	for (int i = 0; i < 40; i++)
		collect(366 * 24);
	collect_each_hour(100);
	ck_assert_uint_le(book.n_samples, SL_USAGE_SAMPLES_MAX);
	book.n_samples = 0;
}
END_TEST

START_TEST(what_is_written_is_read_and_what_is_cut_off_is_not)
{
	struct sl_usage_book again = { 0 };
	struct sl_buf a = { 0 }, b = { 0 };

	collect_each_hour(50);
	(void)acknowledge(40, 100);
	sl_usage_resend(&book);
	sl_usage_write(&a, &book);
	ck_assert_int_eq(sl_usage_read(&again, a.data, a.len, &err), 0);
	sl_usage_write(&b, &again);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.data, b.data, a.len);
	ck_assert_int_eq(again.acked_n, 40);
	sl_usage_clear(&again);
	for (size_t len = 0; len < a.len; len++)
		ck_assert_int_eq(sl_usage_read(&again, a.data, len, &err), SMARTLIC_E_STORE);
	/* a sample takes few bytes: it is written every hour */
	ck_assert_uint_lt(a.len, 100 * 8 + 100);
	sl_buf_free(&a);
	sl_buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("usage");
	TCase *t = tcase_create("usage");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, without_an_acknowledgement_hours_fold_into_days_after_35_days);
	tcase_add_test(t, what_a_report_has_carried_does_not_fold);
	tcase_add_test(t, acknowledged_samples_go_after_35_days);
	tcase_add_test(t, an_acknowledgement_covers_no_more_than_the_report_carried);
	tcase_add_test(t, a_changed_ledger_gets_35_days_again_once_a_day);
	tcase_add_test(t, a_report_has_no_more_than_a_message_may);
	tcase_add_test(t, hours_in_which_the_host_did_not_run_become_days);
	tcase_add_test(t, it_stays_bounded_whatever_happens);
	tcase_add_test(t, what_is_written_is_read_and_what_is_cut_off_is_not);
	suite_add_tcase(s, t);
	return run_suite(s);
}
