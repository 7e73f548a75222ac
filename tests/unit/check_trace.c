/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "le.h"
#include "tests/suite.h"
#include "trace.h"

#define HEAD  15
#define CHECK 11 /* where in the head the check is */

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

/* As the one who wrote the line would have, whatever it says. */
static void
set_check(unsigned char *line)
{
	size_t size = HEAD + (size_t)sl_le_get(line + 9, 2);
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < size; i++)
		if (i < CHECK || i >= HEAD)
			h = (h ^ line[i]) * 16777619U;
	sl_le_put(line + CHECK, h, 4);
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

/* The bytes are promised: another agent reads them. */
START_TEST(a_line_is_its_head_its_check_and_its_text)
{
	static const unsigned char line[] = { 0xf9, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 3,
		0, 0xdb, 0x34, 0xb2, 0x1c, 'a', 'b', 'c' };

	sl_trace_add(&trace, SL_TRACE_PLATFORM, -7, "abc");
	ck_assert_uint_eq(trace.len, sizeof(line));
	ck_assert_mem_eq(trace.data, line, sizeof(line));
}
END_TEST

/* At a time, so that what stays is not moved for each line. */
START_TEST(when_it_is_full_an_eighth_goes_the_oldest_lines_first)
{
	const size_t least = SL_TRACE_SIZE / 8 * 7 - (HEAD + SL_TRACE_TEXT);
	struct sl_trace_line a, b;
	size_t before = 0;
	char text[40];
	int n, moves = 0, full = 0;

	for (int i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof(text), "line %d, %0*d", i, i % 17, 0);
		sl_trace_add(&trace, SL_TRACE_AGENT, i, text);
		ck_assert_uint_le(trace.len, SL_TRACE_SIZE);
		moves += trace.len < before;
		full |= moves > 0;
		ck_assert(!full || trace.len > least);
		before = trace.len;
	}
	/* lines of 36 bytes or so, of which an eighth of the ring has more than 50 */
	ck_assert_int_gt(moves, 50);
	ck_assert_int_lt(moves, 5000 / 50);
	n = lines(&trace, &a, &b);
	ck_assert_int_gt(n, 350);
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
	ck_assert_int_ge(lines(&trace, &a, &b), SL_TRACE_SIZE / 8 * 7 / (SL_TRACE_TEXT + HEAD));
	ck_assert_int_eq(b.time_ms, 99);
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

/* They are behind the checksum of the store: nothing beyond the bytes is ever looked at. */
START_TEST(a_line_with_any_flipped_bit_ends_what_is_loaded)
{
	struct sl_trace_line a, b;
	size_t from, to;

	sl_trace_add(&trace, SL_TRACE_AGENT, 1, "good");
	from = trace.len;
	sl_trace_add(&trace, SL_TRACE_CALL_HOME, 2, "altered");
	to = trace.len;
	sl_trace_add(&trace, SL_TRACE_AGENT, 3, "good too");
	for (size_t bit = 8 * from; bit < 8 * to; bit++) {
		trace.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		copy.len = 0;
		sl_trace_load(&copy, trace.data, trace.len);
		ck_assert_int_eq(lines(&copy, &a, &b), 1);
		ck_assert_str_eq(b.text, "good");
		trace.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	copy.len = 0;
	sl_trace_load(&copy, trace.data, trace.len);
	ck_assert_int_eq(lines(&copy, &a, &b), 3);
}
END_TEST

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
	trace.data[HEAD + 4 + 8] = SL_TRACE_PARTS;
	set_check(trace.data + HEAD + 4);
	sl_trace_load(&copy, trace.data, trace.len);
	ck_assert_int_eq(lines(&copy, &a, &b), 1);
	ck_assert_str_eq(b.text, "good");
	trace.data[HEAD + 4 + 8] = SL_TRACE_AGENT;
	trace.data[HEAD + 4 + 10] = 0xff;
	copy.len = 0;
	sl_trace_load(&copy, trace.data, trace.len);
	ck_assert_int_eq(lines(&copy, &a, &b), 1);
	sl_trace_load(&copy, NULL, 0);
	ck_assert_int_eq(lines(&copy, &a, &b), 1);
}
END_TEST

START_TEST(a_longer_trace_of_a_later_agent_leaves_its_newest_lines)
{
	static unsigned char big[40 * (HEAD + 600)];
	struct sl_trace_line a, b;
	size_t len = 0;

	for (int i = 0; i < 40; i++) {
		big[len] = (unsigned char)i;
		big[len + 9] = 600 & 0xff;
		big[len + 10] = 600 >> 8;
		memset(big + len + HEAD, 'y', 600);
		set_check(big + len);
		len += HEAD + 600;
	}
	sl_trace_load(&copy, big, len);
	ck_assert_int_ge(lines(&copy, &a, &b), SL_TRACE_SIZE / 8 * 7 / (HEAD + 600));
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
	tcase_add_test(t, a_line_is_its_head_its_check_and_its_text);
	tcase_add_test(t, when_it_is_full_an_eighth_goes_the_oldest_lines_first);
	tcase_add_test(t, a_line_that_is_too_long_is_cut);
	tcase_add_test(t, what_was_stored_is_loaded_in_front_of_what_follows);
	tcase_add_test(t, a_line_with_any_flipped_bit_ends_what_is_loaded);
	tcase_add_test(t, bytes_that_are_no_lines_end_what_is_loaded);
	tcase_add_test(t, a_longer_trace_of_a_later_agent_leaves_its_newest_lines);
	suite_add_tcase(s, t);
	return run_suite(s);
}
