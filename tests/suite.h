/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <stdlib.h>

#include <check.h>

/* How much of a long sweep to do, in percent: $SL_TEST_SCALE, for legs in which all is ten times as
 * dear. */
static inline long
test_percent(void)
{
	const char *text = getenv("SL_TEST_SCALE");
	long percent = text == NULL ? 100 : strtol(text, NULL, 10);

	return percent < 1 ? 1 : percent > 100 ? 100 : percent;
}

/* One number where all is done, another where that would be dear. */
static inline int
test_all_or(int all, int few)
{
	return test_percent() < 100 ? few : all;
}

/* A life of months or years, whose parts other tests go through: only where all is done. */
#define tcase_add_long_loop_test(tc, fn, n) tcase_add_loop_test(tc, fn, 0, test_all_or(n, 0))
#define tcase_add_long_test(tc, fn)         tcase_add_long_loop_test(tc, fn, 1)

/* Runs one suite by the environment's verbosity and fork mode; the value for main to return. */
static inline int
run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
