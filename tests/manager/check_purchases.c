/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/records.h"
#include "tests/manager/site.h"

/* Purchases with order and term: what counts when, what is used first, and how it moves. */

#define VA    "Lab"
#define OTHER "Field"

static struct site s;

static void
setup(void)
{
	site_open(&s);
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "admin", s.now, &s.err));
	site_ok(&s, ledger_virtual_account_create(s.ledger, OTHER, "admin", s.now, &s.err));
}

static void
teardown(void)
{
	site_check(&s);
	site_close(&s);
}

static struct ledger_purchase
purchase(int64_t n, const char *order, int64_t start_day, int64_t end_day)
{
	struct ledger_purchase p = { .virtual_account = VA,
		.tag = TAG_G,
		.kind = end_day == 0 ? LEDGER_PERPETUAL : LEDGER_TERM,
		.quantity = n,
		.start_s = start_day == 0 ? DB_NULL_INT : SITE_NOW + start_day * SITE_DAY,
		.end_s = end_day == 0 ? DB_NULL_INT : SITE_NOW + end_day * SITE_DAY };

	ck_assert_int_eq(sl_copy(p.order, sizeof(p.order), order), 0);
	return p;
}

static void
buy(int64_t n, const char *order, int64_t start_day, int64_t end_day)
{
	struct ledger_purchase p = purchase(n, order, start_day, end_day);

	site_ok(&s, ledger_purchase_add(s.ledger, &p, "admin", s.now, &s.err));
}

static int64_t
have(int64_t va)
{
	int64_t purchased, consumed;

	site_ok(&s, ledger_pool_get(s.ledger, va, TAG_G, s.now, &purchased, &consumed, &s.err));
	return purchased;
}

static int
add_text(void *ud, const struct ledger_purchase *p)
{
	sl_buf_printf(ud, "%s %s %lld/%lld%s; ", p->virtual_account, p->order, (long long)p->used,
	    (long long)p->quantity, p->counts ? "" : " not now");
	return 0;
}

static void
purchases_are(const char *expected)
{
	struct sl_buf text = { 0 };

	site_ok(&s, ledger_purchase_each(s.ledger, s.now, add_text, &text, &s.err));
	ck_assert_str_eq(text.data == NULL ? "" : text.data, expected);
	sl_buf_free(&text);
}

START_TEST(a_purchase_counts_from_its_start_until_its_end)
{
	buy(5, "A", 0, 0);
	buy(3, "B", 10, 20);
	ck_assert_int_eq(have(2), 5);
	s.now = SITE_NOW + 10 * SITE_DAY - 1;
	ck_assert_int_eq(have(2), 5);
	s.now++;
	ck_assert_int_eq(have(2), 8);
	s.now = SITE_NOW + 20 * SITE_DAY - 1;
	ck_assert_int_eq(have(2), 8);
	s.now++;
	ck_assert_int_eq(have(2), 5);
}
END_TEST

START_TEST(what_ends_first_is_used_first_and_what_has_no_end_last)
{
	struct site_token token = site_token_new(&s, VA, 365, LEDGER_ANY_USES);
	struct device d = device_new(&s, "A");

	buy(5, "forever", 0, 0);
	buy(4, "late", 0, 90);
	buy(3, "soon", 0, 30);
	buy(9, "future", 80, 90);
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 8, 0), SL_DENIED_NONE);
	purchases_are("Lab soon 3/3; Lab late 4/4; Lab future 0/9 not now; Lab forever 1/5; ");
	s.now += 31 * SITE_DAY;
	purchases_are(
	    "Lab soon 0/3 not now; Lab late 4/4; Lab future 0/9 not now; Lab forever 4/5; ");
	device_free(&d);
}
END_TEST

START_TEST(a_device_learns_at_its_next_contact_that_a_term_is_over)
{
	struct site_token token = site_token_new(&s, VA, 365, LEDGER_ANY_USES);
	struct device d = device_new(&s, "A");

	buy(5, "A", 0, 0);
	buy(3, "B", 0, 20);
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 8, 0), SL_DENIED_NONE);
	ck_assert_ptr_null(strstr(s.last.data, "out_of_compliance"));
	s.now += 20 * SITE_DAY;
	ck_assert_int_eq(device_use(&s, &d, 8, 0), SL_DENIED_NONE);
	ck_assert_ptr_nonnull(strstr(s.last.data, "out_of_compliance"));
	ck_assert_int_eq(device_use(&s, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_ptr_null(strstr(s.last.data, "out_of_compliance"));
	device_free(&d);
}
END_TEST

START_TEST(one_virtual_accounts_shortage_is_never_covered_by_the_surplus_of_another)
{
	struct site_token token = site_token_new(&s, OTHER, 365, LEDGER_ANY_USES);
	struct device d = device_new(&s, "A");

	buy(500, "A", 0, 0);
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 1, 0), SL_DENIED_NONE);
	ck_assert_ptr_nonnull(strstr(s.last.data, "out_of_compliance"));
	ck_assert_int_eq(have(3), 0);
	device_free(&d);
}
END_TEST

START_TEST(a_transfer_takes_what_ends_last_and_keeps_order_and_term)
{
	buy(5, "forever", 0, 0);
	buy(4, "late", 0, 90);
	buy(3, "soon", 0, 30);
	site_ok(&s,
	    ledger_license_transfer(s.ledger, TAG_G, 7, VA, OTHER, NULL, "admin", s.now, &s.err));
	purchases_are("Field late 0/2; Field forever 0/5; Lab soon 0/3; Lab late 0/2; ");
	site_ok(&s,
	    ledger_license_transfer(s.ledger, TAG_G, 1, VA, OTHER, "soon", "admin", s.now, &s.err));
	purchases_are(
	    "Field soon 0/1; Field late 0/2; Field forever 0/5; Lab soon 0/2; Lab late 0/2; ");
	s.now += 31 * SITE_DAY;
	ck_assert_int_eq(have(2), 2);
	ck_assert_int_eq(have(3), 7);
}
END_TEST

START_TEST(what_is_not_there_or_over_is_not_moved)
{
	buy(5, "A", 0, 0);
	buy(3, "B", 0, 20);
	ck_assert_int_eq(
	    ledger_license_transfer(s.ledger, TAG_G, 9, VA, OTHER, NULL, "admin", s.now, &s.err),
	    SMARTLIC_E_LIMIT);
	ck_assert_int_eq(
	    ledger_license_transfer(s.ledger, TAG_G, 1, VA, VA, NULL, "admin", s.now, &s.err),
	    SMARTLIC_E_INVAL);
	s.now += 20 * SITE_DAY;
	ck_assert_int_eq(
	    ledger_license_transfer(s.ledger, TAG_G, 6, VA, OTHER, NULL, "admin", s.now, &s.err),
	    SMARTLIC_E_LIMIT);
	ck_assert_int_eq(have(2), 5);
	ck_assert_int_eq(have(3), 0);
}
END_TEST

START_TEST(set_changes_only_what_has_neither_order_nor_term)
{
	buy(5, "A", 0, 0);
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 7, 1, s.now, &s.err));
	purchases_are("Lab  0/2; Lab A 0/5; ");
	ck_assert_int_eq(
	    ledger_license_add(s.ledger, VA, TAG_G, 4, 1, s.now, &s.err), SMARTLIC_E_LIMIT);
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 5, 1, s.now, &s.err));
	purchases_are("Lab A 0/5; ");
}
END_TEST

static void
keep_problems(void *ud, size_t row, const char *problem)
{
	if (problem != NULL)
		sl_buf_printf(ud, "%zu ", row);
}

START_TEST(an_import_adds_all_or_nothing_and_not_twice)
{
	struct ledger_purchase list[] = { purchase(5, "A", 0, 0), purchase(3, "B", 0, 20),
		purchase(0, "C", 0, 0) };
	struct sl_buf told = { 0 };

	ck_assert_int_eq(ledger_purchase_import(s.ledger, list, 3, LEDGER_IMPORT_ALL, "admin",
			     s.now, keep_problems, &told, &s.err),
	    1);
	ck_assert_str_eq(told.data, "2 ");
	ck_assert_int_eq(have(2), 0);
	site_ok(&s, ledger_purchase_import(s.ledger, list, 2, LEDGER_IMPORT_LOOK, "admin", s.now,
			keep_problems, &told, &s.err));
	ck_assert_int_eq(have(2), 0);
	site_ok(&s, ledger_purchase_import(s.ledger, list, 2, LEDGER_IMPORT_ALL, "admin", s.now,
			keep_problems, &told, &s.err));
	ck_assert_int_eq(have(2), 8);
	ck_assert_int_eq(ledger_purchase_import(s.ledger, list, 2, LEDGER_IMPORT_ALL, "admin",
			     s.now, keep_problems, &told, &s.err),
	    1);
	ck_assert_str_eq(told.data, "2 0 1 ");
	ck_assert_int_eq(have(2), 8);
	sl_buf_free(&told);
}
END_TEST

START_TEST(a_partial_import_adds_the_good_rows_and_tells_of_each)
{
	struct ledger_purchase list[] = { purchase(5, "A", 0, 0), purchase(0, "C", 0, 0),
		purchase(3, "B", 0, 20), purchase(5, "A", 0, 0) };
	struct sl_buf told = { 0 };

	ck_assert_int_eq(ledger_purchase_import(s.ledger, list, 4, LEDGER_IMPORT_GOOD, "admin",
			     s.now, keep_problems, &told, &s.err),
	    1);
	/* the last is there by then */
	ck_assert_str_eq(told.data, "1 3 ");
	ck_assert_int_eq(have(2), 8);
	sl_buf_free(&told);
}
END_TEST

START_TEST(a_purchase_that_makes_no_sense_is_refused)
{
	struct ledger_purchase bad[] = { purchase(0, "A", 0, 0), purchase(1, "A", 20, 20),
		purchase(1, "A", 0, 0), purchase(1, "A", 0, 20), purchase(1, "a\tb", 0, 0) };

	bad[2].kind = LEDGER_DEMO;
	bad[3].kind = LEDGER_PERPETUAL;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(ledger_purchase_add(s.ledger, &bad[i], "admin", s.now, &s.err),
		    SMARTLIC_E_INVAL);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM purchase"), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("purchases");
	TCase *t = tcase_create("purchases");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_purchase_counts_from_its_start_until_its_end);
	tcase_add_test(t, what_ends_first_is_used_first_and_what_has_no_end_last);
	tcase_add_test(t, a_device_learns_at_its_next_contact_that_a_term_is_over);
	tcase_add_test(t, one_virtual_accounts_shortage_is_never_covered_by_the_surplus_of_another);
	tcase_add_test(t, a_transfer_takes_what_ends_last_and_keeps_order_and_term);
	tcase_add_test(t, what_is_not_there_or_over_is_not_moved);
	tcase_add_test(t, set_changes_only_what_has_neither_order_nor_term);
	tcase_add_test(t, an_import_adds_all_or_nothing_and_not_twice);
	tcase_add_test(t, a_partial_import_adds_the_good_rows_and_tells_of_each);
	tcase_add_test(t, a_purchase_that_makes_no_sense_is_refused);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
