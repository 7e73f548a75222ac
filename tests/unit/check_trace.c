/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "trace.h"

static struct sl_trace trace, copy;

static void
setup(void)
{
	memset(&trace, 0, sizeof(trace));
	memset(&copy, 0, sizeof(copy));
}

static int
lines(const struct sl_trace *t, struct sl_trace_line *first, struct sl_trace_line *last)
{
	struct sl_trace_line line;
	size_t at = 0;
	int n = 0;

	while (sl_trace_next(t, &at, &line)) {
		if (n++ == 0)
			*first = line;
		*last = line;
	}
	return n;
}

START_TEST(lines_come_back_in_their_order_with_time_and_part)
{
	struct sl_trace_line a, b;

	sl_trace_add(&trace, SL_TRACE_AGENT, -7, "first");
	sl_trace_add(&trace, SL_TRACE_PLATFORM, INT64_C(1549880000000), "");
	ck_assert_int_eq(lines(&trace, &a, &b), 2);
	ck_assert_int_eq(a.time_ms, -7);
	ck_assert_int_eq(a.part, SL_TRACE_AGENT);
	ck_assert_str_eq(a.text, "first");
	ck_assert_int_eq(b.time_ms, INT64_C(1549880000000));
	ck_assert_int_eq(b.part, SL_TRACE_PLATFORM);
	ck_assert_str_eq(b.text, "");
}
END_TEST

START_TEST(when_it_is_full_the_oldest_lines_go)
{
	struct sl_trace_line a, b;
	char text[40];
	int n;

	for (int i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof(text), "line %d, %0*d", i, i % 17, 0);
		sl_trace_add(&trace, SL_TRACE_AGENT, i, text);
		ck_assert_uint_le(trace.len, SL_TRACE_SIZE);
	}
	n = lines(&trace, &a, &b);
	ck_assert_int_gt(n, 400);
	ck_assert_int_eq(b.time_ms, 4999);
	ck_assert_int_eq(a.time_ms, 5000 - n);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_cut)
{
	struct sl_trace_line a, b;
	char text[2 * SL_TRACE_TEXT];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		sl_trace_add(&trace, SL_TRACE_AGENT, i, text);
	ck_assert_int_eq(lines(&trace, &a, &b), SL_TRACE_SIZE / (SL_TRACE_TEXT + 11));
	ck_assert_uint_eq(strlen(b.text), SL_TRACE_TEXT);
}
END_TEST

START_TEST(what_was_stored_is_loaded_in_front_of_what_follows)
{
	struct sl_trace_line a, b;

	sl_trace_add(&trace, SL_TRACE_AGENT, 1, "before");
	sl_trace_load(&copy, trace.data, trace.len);
	sl_trace_add(&copy, SL_TRACE_AGENT, 2, "after");
	ck_assert_int_eq(lines(&copy, &a, &b), 2);
	ck_assert_str_eq(a.text, "before");
	ck_assert_str_eq(b.text, "after");
}
END_TEST

/* A sound checksum does not make it true: nothing beyond the bytes is ever looked at. */
START_TEST(bytes_that_are_no_lines_end_what_is_loaded)
{
	struct sl_trace_line a, b;

	sl_trace_add(&trace, SL_TRACE_AGENT, 1, "good");
	for (size_t cut = 0; cut < trace.len; cut++) {
		copy.len = 0;
		sl_trace_load(&copy, trace.data, cut);
		ck_assert_uint_eq(copy.len, 0);
	}
	sl_trace_add(&trace, SL_TRACE_AGENT, 2, "of no part");
	trace.data[15 + 8] = SL_TRACE_PARTS;
	sl_trace_load(&copy, trace.data, trace.len);
	ck_assert_int_eq(lines(&copy, &a, &b), 1);
	ck_assert_str_eq(b.text, "good");
	trace.data[15 + 8] = SL_TRACE_AGENT;
	trace.data[15 + 10] = 0xff;
	copy.len = 0;
	sl_trace_load(&copy, trace.data, trace.len);
	ck_assert_int_eq(lines(&copy, &a, &b), 1);
	sl_trace_load(&copy, NULL, 0);
	ck_assert_int_eq(lines(&copy, &a, &b), 1);
}
END_TEST

START_TEST(a_longer_trace_of_a_later_agent_leaves_its_newest_lines)
{
	static unsigned char big[40 * (11 + 600)];
	struct sl_trace_line a, b;
	size_t len = 0;

	for (int i = 0; i < 40; i++) {
		big[len] = (unsigned char)i;
		big[len + 9] = 600 & 0xff;
		big[len + 10] = 600 >> 8;
		memset(big + len + 11, 'y', 600);
		len += 611;
	}
	sl_trace_load(&copy, big, len);
	ck_assert_int_eq(lines(&copy, &a, &b), SL_TRACE_SIZE / 611);
	ck_assert_int_eq(b.time_ms, 39);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("trace");
	TCase *t = tcase_create("trace");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, lines_come_back_in_their_order_with_time_and_part);
	tcase_add_test(t, when_it_is_full_the_oldest_lines_go);
	tcase_add_test(t, a_line_that_is_too_long_is_cut);
	tcase_add_test(t, what_was_stored_is_loaded_in_front_of_what_follows);
	tcase_add_test(t, bytes_that_are_no_lines_end_what_is_loaded);
	tcase_add_test(t, a_longer_trace_of_a_later_agent_leaves_its_newest_lines);
	suite_add_tcase(s, t);
	return run_suite(s);
}
