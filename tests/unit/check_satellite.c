/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "transports/discovery.h"
#include "transports/turns.h"

/* ---- turns ------------------------------------------------------------------------------ */

#define REST 1000

/* One request: those whose letter is in `down` fail.  Who was asked, in turn. */
static const char *
asked(struct sl_turns *t, size_t n, const char *down, int64_t now)
{
	static char ret[SL_MAX_DESTINATIONS + 1];
	size_t len = 0;

	sl_turns_begin(t, n, now);
	for (;;) {
		ret[len] = (char)('a' + (int)sl_turns_now(t));
		ret[len + 1] = '\0';
		if (strchr(down, ret[len++]) == NULL) {
			(void)sl_turns_answered(t);
			return ret;
		}
		if (!sl_turns_failed(t, now))
			return ret;
	}
}

START_TEST(the_first_is_asked_until_it_fails_and_again_after_its_rest)
{
	struct sl_turns t = { .rest_ms = REST };

	ck_assert_str_eq(asked(&t, 3, "", 5), "a");
	ck_assert_str_eq(asked(&t, 3, "a", 10), "ab");
	ck_assert_str_eq(asked(&t, 3, "", 11), "b");
	ck_assert_str_eq(asked(&t, 3, "", 10 + REST - 1), "b");
	ck_assert_str_eq(asked(&t, 3, "a", 10 + REST), "ab");
	ck_assert_str_eq(asked(&t, 3, "", 10 + 2 * REST - 1), "b");
	ck_assert_str_eq(asked(&t, 3, "", 10 + 2 * REST), "a");
}
END_TEST

START_TEST(one_that_rests_is_asked_when_no_other_answers)
{
	struct sl_turns t = { .rest_ms = REST };

	ck_assert_str_eq(asked(&t, 3, "a", 0), "ab");
	ck_assert_str_eq(asked(&t, 3, "bc", 1), "bca");
	/* it answered: its rest is over, that of the others is not */
	ck_assert_str_eq(asked(&t, 3, "a", 2), "ab");
}
END_TEST

START_TEST(that_one_answers_again_is_told_once)
{
	struct sl_turns t = { .rest_ms = REST };

	ck_assert_str_eq(asked(&t, 2, "ab", 0), "ab");
	sl_turns_begin(&t, 2, 1);
	ck_assert_int_eq(sl_turns_answered(&t), 1);
	sl_turns_begin(&t, 2, 2);
	ck_assert_int_eq(sl_turns_answered(&t), 0);
}
END_TEST

START_TEST(all_are_asked_though_all_rest)
{
	struct sl_turns t = { .rest_ms = REST };

	ck_assert_str_eq(asked(&t, 3, "abc", 0), "abc");
	ck_assert_str_eq(asked(&t, 3, "abc", 1), "abc");
}
END_TEST

START_TEST(without_a_rest_each_request_begins_with_the_first)
{
	struct sl_turns t = { .rest_ms = 0 };

	ck_assert_str_eq(asked(&t, 2, "a", 0), "ab");
	ck_assert_str_eq(asked(&t, 2, "", 1), "a");
}
END_TEST

START_TEST(what_is_another_server_now_has_not_failed)
{
	struct sl_turns t = { .rest_ms = REST };

	ck_assert_str_eq(asked(&t, 3, "ab", 0), "abc");
	sl_turns_forget(&t, 1);
	ck_assert_str_eq(asked(&t, 3, "", 1), "b");
}
END_TEST

/* ---- discovery -------------------------------------------------------------------------- */

static const struct sl_srv three[] = {
	{ "c.example.net", 443, 20, 0 },
	{ "a.example.net", 443, 10, 3 },
	{ "b.example.net", 8443, 10, 1 },
};
#define N_THREE (sizeof(three) / sizeof(three[0]))

/* How many of 4000 devices have this server first. */
static int
first_of(const struct sl_srv *records, size_t n, const char *target)
{
	struct sl_srv sorted[8];
	char seed[40];
	int found = 0;

	for (int i = 0; i < 4000; i++) {
		memcpy(sorted, records, n * sizeof(*records));
		(void)snprintf(seed, sizeof(seed), "NCS1004 CAT%d default-sdr", i);
		sl_discovery_order(sorted, n, seed);
		found += strcmp(sorted[0].target, target) == 0;
	}
	return found;
}

START_TEST(a_lower_priority_comes_first_always_and_equals_by_weight)
{
	int a = first_of(three, N_THREE, "a.example.net");
	int b = first_of(three, N_THREE, "b.example.net");

	ck_assert_int_eq(first_of(three, N_THREE, "c.example.net"), 0);
	ck_assert_int_eq(a + b, 4000);
	/* RFC 2782 draws from 0 to the sum, both included: 3 of 5 for the weight of 3 */
	ck_assert_int_gt(a, 2200);
	ck_assert_int_lt(a, 2600);
}
END_TEST

START_TEST(a_device_draws_the_same_however_the_records_are_turned)
{
	for (int i = 0; i < 50; i++) {
		struct sl_srv x[N_THREE], y[N_THREE];
		char seed[40];

		(void)snprintf(seed, sizeof(seed), "device %d", i);
		for (size_t k = 0; k < N_THREE; k++) {
			x[k] = three[k];
			y[k] = three[(k + (size_t)i) % N_THREE];
		}
		sl_discovery_order(x, N_THREE, seed);
		sl_discovery_order(y, N_THREE, seed);
		ck_assert_str_eq(x[0].target, y[0].target);
		ck_assert_str_eq(x[1].target, y[1].target);
	}
}
END_TEST

START_TEST(records_without_weight_are_all_drawn)
{
	static const struct sl_srv equal[] = { { "a.example.net", 1, 0, 0 },
		{ "b.example.net", 1, 0, 0 } };
	struct sl_srv sorted[2];

	memcpy(sorted, equal, sizeof(equal));
	sl_discovery_order(sorted, 2, "x");
	ck_assert_str_ne(sorted[0].target, sorted[1].target);
}
END_TEST

START_TEST(what_was_found_is_told_to_be_new_once)
{
	struct sl_discovery d = { .n = 0 };
	static const struct sl_srv odd[] = { { "two words.example.net", 443, 0, 0 },
		{ "a.example.net", 443, 1, 0 } };

	ck_assert_int_eq(sl_discovery_take(&d, three, N_THREE, 8, "x"), 1);
	ck_assert_uint_eq(d.n, 3);
	ck_assert_str_eq(d.found[2].url, "https://c.example.net:443" SL_DESTINATION_PATH);
	ck_assert_int_eq(sl_discovery_take(&d, three, N_THREE, 8, "x"), 0);
	/* no more than there is room for, the best ones */
	ck_assert_int_eq(sl_discovery_take(&d, three, N_THREE, 2, "x"), 1);
	ck_assert_uint_eq(d.n, 2);
	/* what is no name is passed over */
	ck_assert_int_eq(sl_discovery_take(&d, odd, 2, 8, "x"), 1);
	ck_assert_uint_eq(d.n, 1);
	ck_assert_str_eq(d.found[0].host, "a.example.net");
	sl_discovery_free(&d);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("satellite");
	TCase *t = tcase_create("satellite");

	tcase_add_test(t, the_first_is_asked_until_it_fails_and_again_after_its_rest);
	tcase_add_test(t, one_that_rests_is_asked_when_no_other_answers);
	tcase_add_test(t, that_one_answers_again_is_told_once);
	tcase_add_test(t, all_are_asked_though_all_rest);
	tcase_add_test(t, without_a_rest_each_request_begins_with_the_first);
	tcase_add_test(t, what_is_another_server_now_has_not_failed);
	tcase_add_test(t, a_lower_priority_comes_first_always_and_equals_by_weight);
	tcase_add_test(t, a_device_draws_the_same_however_the_records_are_turned);
	tcase_add_test(t, records_without_weight_are_all_drawn);
	tcase_add_test(t, what_was_found_is_told_to_be_new_once);
	suite_add_tcase(s, t);
	return run_suite(s);
}
