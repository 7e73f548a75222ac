/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/suite.h"
#include "transports/addresses.h"

#define NOW_MS INT64_C(1000000)

/* What has come of each family: nothing yet, addresses, or a status of c-ares. */
enum { WAITING = -2, FOUND = -1 };

static void
come(struct sl_addresses *a, enum sl_family family, int what)
{
	if (what == WAITING)
		return;
	if (what == FOUND)
		strcpy(a->of[family].text, family == SL_IPV6 ? "[2001:db8::1]" : "192.0.2.1");
	a->of[family].ended = 1;
	a->of[family].status = what == FOUND ? ARES_ENODATA : what;
}

static const struct {
	int six, four;
	int64_t later_ms;
	int r, status;
	const char *list;
} cases[] = {
	{ WAITING, WAITING, 0, 0, 0, "" },
	{ WAITING, WAITING, 100000, 0, 0, "" },
	{ FOUND, FOUND, 0, 1, ARES_SUCCESS, "[2001:db8::1],192.0.2.1" },
	{ ARES_ENODATA, FOUND, 0, 1, ARES_SUCCESS, "192.0.2.1" },
	{ FOUND, ARES_ENODATA, 0, 1, ARES_SUCCESS, "[2001:db8::1]" },
	{ ARES_ESERVFAIL, FOUND, 0, 1, ARES_SUCCESS, "192.0.2.1" },
	/* either is waited for, but not long */
	{ WAITING, FOUND, 49, 0, 0, "192.0.2.1" },
	{ WAITING, FOUND, 50, 1, 0, "192.0.2.1" },
	{ FOUND, WAITING, 49, 0, 0, "[2001:db8::1]" },
	{ FOUND, WAITING, 50, 1, 0, "[2001:db8::1]" },
	/* one without an address says nothing of the other's */
	{ ARES_ENODATA, WAITING, 100000, 0, 0, "" },
	{ WAITING, ARES_ETIMEOUT, 100000, 0, 0, "" },
	{ ARES_ENOTFOUND, ARES_ENOTFOUND, 0, -1, ARES_ENOTFOUND, "" },
	{ ARES_ENODATA, ARES_ENODATA, 0, -1, ARES_ENODATA, "" },
	{ ARES_ENOTFOUND, ARES_ENODATA, 0, -1, ARES_ENODATA, "" },
	{ ARES_ENODATA, ARES_ESERVFAIL, 0, -1, ARES_ESERVFAIL, "" },
	{ ARES_EREFUSED, ARES_ENOTFOUND, 0, -1, ARES_EREFUSED, "" },
};

START_TEST(a_family_that_is_silent_keeps_the_other_waiting_for_50_ms)
{
	struct sl_addresses a = { .until_ms = 0 };
	char list[SL_FAMILIES * SL_ADDRESSES_TEXT];
	int status = 0, r;

	come(&a, SL_IPV6, cases[_i].six);
	come(&a, SL_IPV4, cases[_i].four);
	r = sl_addresses_judge(&a, NOW_MS, &status);
	if (r == 0)
		r = sl_addresses_judge(&a, NOW_MS + cases[_i].later_ms, &status);
	ck_assert_int_eq(r, cases[_i].r);
	if (cases[_i].r != 0)
		ck_assert_int_eq(status, cases[_i].status);
	sl_addresses_list(&a, list);
	ck_assert_str_eq(list, cases[_i].list);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("addresses");
	TCase *t = tcase_create("addresses");

	tcase_add_loop_test(t, a_family_that_is_silent_keeps_the_other_waiting_for_50_ms, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, t);
	return run_suite(s);
}
