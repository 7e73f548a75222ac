/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/sample_page.h"
#include "message.h"
#include "tests/suite.h"

/* Samples of use, many in one text. */

#define HOUR 3600
#define NOON INT64_C(1799928000)

static struct sample_page page, other;
static struct sl_buf text, again;
static struct smartlic_error err;

static void
setup(void)
{
	sample_page_init(&page, 2); /* 129 to 192 */
	sample_page_init(&other, 2);
}

static void
teardown(void)
{
	sl_buf_free(&text);
	sl_buf_free(&again);
}

static struct ledger_sample
sample(const char *tag, int64_t n, int64_t start_s, int64_t hours, int64_t max, int64_t last)
{
	struct ledger_sample s = {
		.n = n, .start_s = start_s, .hours = hours, .max = max, .last = last
	};

	strcpy(s.tag, tag);
	return s;
}

static int
take(const char *tag, int64_t n, int64_t start_s, int64_t hours, int64_t max, int64_t last)
{
	struct ledger_sample s = sample(tag, n, start_s, hours, max, last);

	return sample_page_take(&page, &s);
}

/* The page as it is written, and read again as it was. */
static const char *
written(struct sample_page *p, struct sl_buf *ret)
{
	static struct sample_page read;

	sl_buf_free(ret);
	sl_buf_puts(ret, "");
	ck_assert_int_eq(sample_page_write(ret, p, &err), 0);
	if (p->n == 0)
		return ret->data;
	ck_assert_msg(
	    sample_page_read(&read, p->page, ret->data, &err) == 0, "%s: %s", ret->data, err.text);
	ck_assert_uint_eq(read.n, p->n);
	for (size_t i = 0; i < p->n; i++) {
		ck_assert_str_eq(read.sample[i].tag, p->sample[i].tag);
		ck_assert_int_eq(read.sample[i].n, p->sample[i].n);
		ck_assert_int_eq(read.sample[i].start_s, p->sample[i].start_s);
		ck_assert_int_eq(read.sample[i].hours, p->sample[i].hours);
		ck_assert_int_eq(read.sample[i].max, p->sample[i].max);
		ck_assert_int_eq(read.sample[i].last, p->sample[i].last);
	}
	return ret->data;
}

START_TEST(a_page_has_64_numbers_that_follow_each_other)
{
	ck_assert_int_eq(sample_page_of(1), 0);
	ck_assert_int_eq(sample_page_of(64), 0);
	ck_assert_int_eq(sample_page_of(65), 1);
	ck_assert_int_eq(sample_page_of(SL_SEQUENCE_MAX), (SL_SEQUENCE_MAX - 1) / 64);
}
END_TEST

START_TEST(what_is_as_it_was_is_left_out)
{
	ck_assert_str_eq(written(&page, &text), "");
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(take("b", 129 + i, NOON + i * HOUR, 1, 8, 8), 1);
	ck_assert_str_eq(written(&page, &text), "b 8 8 1 1799928000,8 8 1 0,,,,\n");
	/* another count, the next hour too, a gap of an hour, a day, an n that another tag has */
	take("b", 135, NOON + 6 * HOUR, 1, 9, 8);
	take("b", 136, NOON + 7 * HOUR, 1, 9, 8);
	take("b", 137, NOON + 9 * HOUR, 1, 9, 8);
	take("b", 138, NOON + 10 * HOUR, 24, 9, 0);
	take("b", 140, NOON + 33 * HOUR, 24, 9, 0); /* begun before the last has ended */
	take("a", 139, 0, 1, 0, 0);
	ck_assert_str_eq(written(&page, &text),
	    "a 0 0 1 0 11\n"
	    "b 8 8 1 1799928000,8 8 1 0,,,,,9,,9 8 1 3600,9 0 24 0,"
	    "9 0 24 -3600 2\n");
}
END_TEST

START_TEST(a_first_sample_of_zeroes_is_no_bytes)
{
	take("a", 129, 0, 1, 0, 0);
	take("a", 130, HOUR, 1, 0, 0);
	ck_assert_str_eq(written(&page, &text), "a ,\n");
}
END_TEST

static uint64_t seed;

static int64_t
random_below(int64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int64_t)(seed >> 33) % n;
}

static void
shuffle(struct ledger_sample *list, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = (size_t)random_below((int64_t)i);
		struct ledger_sample s = list[i - 1];

		list[i - 1] = list[k];
		list[k] = s;
	}
}

/* Of few tags and numbers, so that many have one key. */
START_TEST(in_whichever_order_and_how_often_samples_come_the_page_is_the_same)
{
	static struct ledger_sample list[300];
	static const char *const tags[] = { "a", "a,1", "b=", "B", "regid.x" };
	int all = _i % 2; /* of all numbers: more than a page takes */

	seed = (uint64_t)_i;
	for (size_t i = 0; i < 300; i++)
		list[i] = sample(tags[random_below(5)], 129 + random_below(all ? 64 : 9),
		    NOON + HOUR * random_below(3), 1 + random_below(2), 3 + random_below(2),
		    random_below(3));
	for (size_t i = 0; i < 300; i++)
		(void)sample_page_take(&page, &list[i]);
	ck_assert_int_eq(page.n == SAMPLE_PAGE_MAX, all);
	written(&page, &text);
	for (int times = 0; times < 3; times++) {
		shuffle(list, 300);
		for (size_t i = 0; i < 300; i++)
			(void)sample_page_take(&other, &list[i]);
		ck_assert_str_eq(written(&other, &again), text.data);
		for (size_t i = 0; i < 300; i++)
			ck_assert_int_eq(sample_page_take(&other, &list[i]), 0);
		other.n = 0;
	}
}
END_TEST

/* Each is larger than those above it. */
static const struct {
	int64_t start_s, hours, max, last;
} larger[] = {
	{ NOON, 1, 8, 6 },
	{ NOON + 1, 1, 8, 6 },
	{ NOON, 2, 8, 6 },
	{ NOON - 1, 1, 8, 7 },
	{ NOON, 1, 9, 0 },
};

START_TEST(of_two_with_one_key_the_larger_stays_whichever_came_first)
{
	for (int k = 0; k < 5; k++) {
		int a = _i, b = k;

		page.n = 0;
		ck_assert_int_eq(take("a", 130, larger[a].start_s, larger[a].hours, larger[a].max,
				     larger[a].last),
		    1);
		ck_assert_int_eq(take("a", 130, larger[b].start_s, larger[b].hours, larger[b].max,
				     larger[b].last),
		    b > a);
		ck_assert_uint_eq(page.n, 1);
		ck_assert_int_eq(page.sample[0].max, larger[b > a ? b : a].max);
		ck_assert_int_eq(page.sample[0].start_s, larger[b > a ? b : a].start_s);
	}
}
END_TEST

START_TEST(what_has_ended_is_removed_and_counted)
{
	int64_t first_s, last_s;

	take("a", 129, NOON, 1, 8, 8);
	take("a", 131, NOON + 2 * HOUR, 1, 8, 8);
	take("b", 130, NOON - 5 * HOUR, 24, 8, 8);
	sample_page_ends(&page, &first_s, &last_s);
	ck_assert_int_eq(first_s, NOON + HOUR);
	ck_assert_int_eq(last_s, NOON + 19 * HOUR);
	ck_assert_uint_eq(sample_page_remove(&page, NOON + HOUR - 1), 0);
	ck_assert_uint_eq(sample_page_remove(&page, NOON + HOUR), 1);
	ck_assert_str_eq(written(&page, &text), "a 8 8 1 1799935200 3\nb 8 8 24 1799910000 2\n");
	ck_assert_uint_eq(sample_page_remove(&page, NOON + 19 * HOUR), 2);
	ck_assert_str_eq(written(&page, &text), "");
}
END_TEST

static const struct {
	const char *text, *why;
} broken[] = {
	{ "", "it is empty" },
	{ "\n", "line 1: no tag and a blank" },
	{ " 8\n", "line 1: no tag and a blank" },
	{ "a\n", "line 1: no tag and a blank" },
	{ "a 8 8", "line 1: more than a sample's" },
	{ "a ", "line 1: no number" },
	{ "a 8 8 1 5,", "line 1: no number" },
	{ "a 08 8\n", "line 1: no number" },
	{ "a 8 -0\n", "line 1: no number" },
	{ "a 8  8\n", "line 1: no number" },
	{ "a 8 \n", "line 1: no number" },
	{ "a +8\n", "line 1: no number" },
	{ "a 8 8 1 0 2 3\n", "line 1: more than a sample's five numbers" },
	{ "a 8 8;8 7\n", "line 1: more than a sample's five numbers" },
	{ "a 9007199254740992\n", "line 1: no number" },
	{ "a 99999999999999999999999999\n", "line 1: a number is too large" },
	{ "a 8 8 1\n", "line 1: a number that is as it was" },
	{ "a 8 8 1 5,8\n", "line 1: a number that is as it was" },
	{ "a 8 9\n", "line 1: a sample that no device can send" },
	{ "a 8 -1\n", "line 1: a sample that no device can send" },
	{ "a 8 8 0\n", "line 1: a sample that no device can send" },
	{ "a 8 8 8785\n", "line 1: a sample that no device can send" },
	{ "a 8 8 1 -1\n", "line 1: a sample that no device can send" },
	{ "\x7f 8 8\n", "line 1: a sample that no device can send" },
	{ "a 8 8 1 0 0\n", "line 1: a sample of another page, or out of order" },
	{ "a 8 8 1 0 5,8 8 1 0 -1\n", "line 1: a sample of another page, or out of order" },
	{ "a 8 8 1 0 65\n", "line 1: a sample of another page, or out of order" },
	{ "a 8 8 1 0 64,8 8 1 0 1\n", "line 1: a sample of another page, or out of order" },
	{ "b 8 8\na 8 8\n", "line 2: a tag out of order" },
	{ "b 8 8\nb 8 8 1 0 2\n", "line 2: a tag out of order" },
	{ "b 8 8\n\n", "line 2: no tag and a blank" },
};

START_TEST(a_broken_text_is_refused_and_the_place_named)
{
	ck_assert_int_eq(sample_page_read(&page, 2, broken[_i].text, &err), SMARTLIC_E_STORE);
	ck_assert_msg(
	    strstr(err.text, broken[_i].why) == err.text, "%s: %s", broken[_i].text, err.text);
}
END_TEST

START_TEST(more_than_a_page_has_and_a_page_of_no_number_are_refused)
{
	for (const char *tag = "abc"; *tag != '\0'; tag++) {
		sl_buf_printf(&text, "%c ", *tag);
		for (int i = 1; i < 64; i++)
			sl_buf_puts(&text, ",");
		sl_buf_puts(&text, "\n");
	}
	ck_assert_int_eq(sample_page_read(&page, 2, text.data, &err), SMARTLIC_E_STORE);
	ck_assert_str_eq(err.text, "line 3: more samples than a page has");
	ck_assert_int_eq(sample_page_read(&page, -1, "a \n", &err), SMARTLIC_E_STORE);
	ck_assert_int_eq(sample_page_read(&page, INT64_MAX / 64, "a \n", &err), SMARTLIC_E_STORE);
	ck_assert_str_eq(err.text, "no page has such a number");
}
END_TEST

/* Whatever is altered is found, or is what somebody could have written. */
START_TEST(of_each_content_there_is_one_text)
{
	static const char
	    signs[] = " ,\n0159-ab",
	    good[] =
		"a 8 8 1 1799928000,8 8 1 0,,9,,9 8 1 3600,9 0 24 0,9 0 24 -3600 2\nb 10 1,,9\n";
	char altered[sizeof(good)];
	int n = 0;

	for (size_t i = 0; i + 1 < sizeof(good); i++) {
		for (const char *sign = signs; *sign != '\0'; sign++) {
			memcpy(altered, good, sizeof(good));
			altered[i] = *sign;
			if (sample_page_read(&page, 2, altered, &err) < 0)
				continue;
			ck_assert_str_eq(written(&page, &text), altered);
			n++;
		}
		memcpy(altered, good, sizeof(good));
		altered[i] = '\0';
		ck_assert_int_eq(
		    sample_page_read(&page, 2, altered, &err) == 0, i > 0 && good[i - 1] == '\n');
	}
	ck_assert_int_gt(n, 100);
}
END_TEST

START_TEST(what_could_not_be_read_is_not_written)
{
	take("a", 129, NOON, 1, 8, 9);
	ck_assert_int_eq(sample_page_write(&text, &page, &err), SMARTLIC_E_INVAL);
	page.n = 0;
	take("a b", 129, NOON, 1, 8, 8);
	ck_assert_int_eq(sample_page_write(&text, &page, &err), SMARTLIC_E_INVAL);
	ck_assert_str_eq(err.text, "sample 129: no device can send it");
	page.n = 0;
	take("a", 129, INT64_MAX / 2, 1, 8, 8);
	ck_assert_int_eq(sample_page_write(&text, &page, &err), SMARTLIC_E_INVAL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sample_page");
	TCase *t = tcase_create("page");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_page_has_64_numbers_that_follow_each_other);
	tcase_add_test(t, what_is_as_it_was_is_left_out);
	tcase_add_test(t, a_first_sample_of_zeroes_is_no_bytes);
	tcase_add_loop_test(
	    t, in_whichever_order_and_how_often_samples_come_the_page_is_the_same, 0, 8);
	tcase_add_loop_test(t, of_two_with_one_key_the_larger_stays_whichever_came_first, 0, 5);
	tcase_add_test(t, what_has_ended_is_removed_and_counted);
	tcase_add_loop_test(
	    t, a_broken_text_is_refused_and_the_place_named, 0, sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(t, more_than_a_page_has_and_a_page_of_no_number_are_refused);
	tcase_add_test(t, of_each_content_there_is_one_text);
	tcase_add_test(t, what_could_not_be_read_is_not_written);
	suite_add_tcase(s, t);
	return run_suite(s);
}
