/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "api/guesses.h"
#include "tests/suite.h"

/* How often an address may guess tokens. */

#define NOW INT64_C(1800000000)

static struct guesses *g;

static void
setup(void)
{
	ck_assert_int_eq(guesses_new(&g, 42, NULL), 0);
}

static void
teardown(void)
{
	guesses_free(g);
}

static const unsigned char *
address(uint32_t n)
{
	static unsigned char a[CONNECTIONS_ADDRESS_LEN];

	memset(a, 0, sizeof(a));
	memcpy(a, &n, sizeof(n));
	return a;
}

static void
guess(uint32_t n, int times, int64_t now_s)
{
	while (times-- > 0)
		guesses_failed(g, address(n), now_s);
}

START_TEST(ten_failures_at_once_are_borne_and_then_one_a_minute)
{
	for (int i = 0; i < GUESSES_AT_ONCE; i++) {
		ck_assert_int_eq(guesses_wait_s(g, address(1), NOW), 0);
		guess(1, 1, NOW);
	}
	ck_assert_int_eq(guesses_wait_s(g, address(1), NOW), 60);
	ck_assert_int_eq(guesses_wait_s(g, address(1), NOW + 59), 1);
	ck_assert_int_eq(guesses_wait_s(g, address(1), NOW + 60), 0);
	guess(1, 1, NOW + 60);
	ck_assert_int_eq(guesses_wait_s(g, address(1), NOW + 60), 60);
}
END_TEST

START_TEST(another_address_is_not_concerned)
{
	guess(1, 100, NOW);
	ck_assert_int_eq(guesses_wait_s(g, address(2), NOW), 0);
	ck_assert_int_gt(guesses_wait_s(g, address(1), NOW), 0);
}
END_TEST

START_TEST(however_often_one_fails_it_is_forgotten_after_ten_minutes)
{
	guess(1, 1000, NOW);
	ck_assert_int_le(guesses_wait_s(g, address(1), NOW), 120);
	guess(1, 9, NOW + 660);
	ck_assert_int_eq(guesses_wait_s(g, address(1), NOW + 660), 0);
}
END_TEST

START_TEST(a_clock_set_back_shuts_nobody_out)
{
	guess(1, 10, NOW);
	ck_assert_int_le(guesses_wait_s(g, address(1), NOW - 86400), 60);
	guess(1, 1, NOW - 86400);
	ck_assert_int_le(guesses_wait_s(g, address(1), NOW - 86400 + 600), 60);
}
END_TEST

START_TEST(many_addresses_do_not_drive_out_the_one_that_guesses_most)
{
	guess(1, 10, NOW);
	for (uint32_t n = 2; n < 100000; n++)
		guess(n, 1, NOW);
	ck_assert_int_eq(guesses_wait_s(g, address(1), NOW), 60);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("guesses");
	TCase *t = tcase_create("addresses");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ten_failures_at_once_are_borne_and_then_one_a_minute);
	tcase_add_test(t, another_address_is_not_concerned);
	tcase_add_test(t, however_often_one_fails_it_is_forgotten_after_ten_minutes);
	tcase_add_test(t, a_clock_set_back_shuts_nobody_out);
	tcase_add_test(t, many_addresses_do_not_drive_out_the_one_that_guesses_most);
	suite_add_tcase(s, t);
	return run_suite(s);
}
