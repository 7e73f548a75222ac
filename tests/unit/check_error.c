/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "error.h"
#include "tests/suite.h"

static const struct {
	int number;
	const char *name;
} defs[] = {
#define SMARTLIC_ERR_DEF(name, number, class_, text) { number, #name },
#include <smartlic/errors.def>
#undef SMARTLIC_ERR_DEF
};
#define N_DEFS (sizeof(defs) / sizeof(defs[0]))

START_TEST(no_number_is_used_twice)
{
	for (size_t i = 0; i < N_DEFS; i++)
		for (size_t j = i + 1; j < N_DEFS; j++)
			ck_assert_msg(defs[i].number != defs[j].number, "%s and %s", defs[i].name,
			    defs[j].name);
}
END_TEST

START_TEST(every_code_has_name_text_and_class)
{
	for (size_t i = 0; i < N_DEFS; i++) {
		ck_assert_str_eq(smartlic_error_name(-defs[i].number), defs[i].name);
		ck_assert_str_ne(smartlic_strerror(-defs[i].number), "unknown error");
		ck_assert_int_ne(smartlic_error_class(-defs[i].number), SMARTLIC_CLASS_NONE);
	}
	ck_assert_str_eq(smartlic_strerror(-9999), "unknown error");
	ck_assert_int_eq(smartlic_error_class(-9999), SMARTLIC_CLASS_BUG);
	ck_assert_int_eq(smartlic_error_class(7), SMARTLIC_CLASS_NONE);
}
END_TEST

START_TEST(a_text_may_contain_the_one_before)
{
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(sl_fail(&err, SMARTLIC_E_JSON, "inner"), SMARTLIC_E_JSON);
	ck_assert_int_eq(sl_fail(&err, SMARTLIC_E_FORM, "outer: %s", err.text), SMARTLIC_E_FORM);
	ck_assert_str_eq(err.text, "outer: inner");
	ck_assert_int_eq(err.code, SMARTLIC_E_FORM);
}
END_TEST

START_TEST(a_long_text_is_cut_and_terminated)
{
	struct smartlic_error err;
	char big[2000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	(void)sl_fail(&err, SMARTLIC_E_LIMIT, "%s", big);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
}
END_TEST

START_TEST(nothing_of_the_stack_stands_after_a_text)
{
	struct smartlic_error err;

	memset(&err, 0xff, sizeof(err));
	(void)sl_fail(&err, SMARTLIC_E_LIMIT, "%s", "short");
	for (size_t i = strlen("short"); i < sizeof(err.text); i++)
		ck_assert_int_eq(err.text[i], 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("error");
	TCase *t = tcase_create("error");

	tcase_add_test(t, no_number_is_used_twice);
	tcase_add_test(t, every_code_has_name_text_and_class);
	tcase_add_test(t, a_text_may_contain_the_one_before);
	tcase_add_test(t, a_long_text_is_cut_and_terminated);
	tcase_add_test(t, nothing_of_the_stack_stands_after_a_text);
	suite_add_tcase(s, t);
	return run_suite(s);
}
