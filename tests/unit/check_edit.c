/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdint.h>

#include "tests/licenses.h"
#include "tests/suite.h"

/* The linker sends every allocation of this program and the library by here (--wrap). */
static long allocations;
static long fail_at = -1; /* the number of the one that fails */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *text);

void *
__wrap_malloc(size_t n)
{
	return allocations++ == fail_at ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return allocations++ == fail_at ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return allocations++ == fail_at ? NULL : __real_realloc(p, n);
}

char *
__wrap_strdup(const char *text)
{
	return allocations++ == fail_at ? NULL : __real_strdup(text);
}

static struct smartlic_catalog *catalog;
static struct smartlic_inventory *inv;
static struct smartlic_count *count;
static struct smartlic_error err;
static int card;

#define LICENSED "NCS1K4-1.2T-L-K9"

static void
must(int r)
{
	ck_assert_msg(r >= 0, "%s", err.text);
}

/* A card with a full slice 0, followed: 2 and 0. */
static void
setup(void)
{
	catalog = catalog_file("catalogs/ncs1004.json");
	inv = inventory_text("");
	must(smartlic_inventory_add_chassis(inv, NULL, "NCS1004", &err));
	must(card = smartlic_inventory_add_card(inv, 0, "0/1", LICENSED, &err));
	must(smartlic_inventory_set_trunk_rate(inv, card, 0, 600, &err));
	for (int port = 2; port < 8; port++)
		must(smartlic_inventory_set_client(inv, card, 0, port, "100GE", &err));
	count = NULL;
	must(smartlic_count_follow(&count, catalog, NULL, inv, &err));
}

static void
teardown(void)
{
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
	smartlic_catalog_free(catalog);
}

static void
counts(int g, int x)
{
	ck_assert_int_eq(smartlic_count_row(count, 0)->count, g);
	ck_assert_int_eq(smartlic_count_row(count, 1)->count, x);
}

START_TEST(an_edit_of_a_port_allocates_nothing)
{
	long before = allocations;
	int r = 0;

	for (int i = 0; i < 1000; i++) {
		r |= smartlic_inventory_set_encryption(inv, card, 2 + i % 6, i & 1, &err);
		r |= smartlic_inventory_set_client(inv, card, 0, 7, NULL, &err);
		r |= smartlic_inventory_set_client(inv, card, 0, 7, "100GE", &err);
		r |= smartlic_inventory_set_trunk_rate(inv, card, 0, 100 * (i % 7), &err);
	}
	ck_assert_int_eq(allocations, before);
	ck_assert_int_eq(r, 0);
}
END_TEST

START_TEST(a_removed_card_leaves_room_for_another)
{
	must(smartlic_inventory_remove_card(inv, card, &err));
	counts(0, 0);
	ck_assert_int_eq(
	    smartlic_inventory_set_mode(inv, card, "mxponder", &err), SMARTLIC_E_INVAL);
	must(card = smartlic_inventory_add_card(inv, 0, "0/1", LICENSED, &err));
	counts(0, 0);
	must(smartlic_inventory_set_trunk_rate(inv, card, 0, 500, &err));
	counts(1, 0);
	for (int i = 0; i < 200; i++) { /* more places than a chassis has, one after the other */
		char location[16];

		must(smartlic_inventory_remove_card(inv, card, &err));
		(void)snprintf(location, sizeof(location), "9/%d", i);
		must(card = smartlic_inventory_add_card(inv, 0, location, LICENSED, &err));
	}
	counts(0, 0);
}
END_TEST

START_TEST(a_rollback_brings_a_removed_card_back)
{
	must(smartlic_inventory_begin(inv, &err));
	ck_assert_int_eq(smartlic_inventory_begin(inv, &err), SMARTLIC_E_STATE);
	must(smartlic_inventory_remove_card(inv, card, &err));
	must(smartlic_inventory_add_card(inv, 0, "0/1", "NCS1K4-1.2T-K9", &err));
	must(smartlic_inventory_set_client(inv, card, 1, 8, "100GE", &err));
	counts(2, 0);
	smartlic_inventory_rollback(inv);
	counts(2, 0);
	ck_assert_int_eq(smartlic_inventory_find_card(inv, "0/1", &err), card);
	must(smartlic_inventory_set_encryption(inv, card, 7, 1, &err));
	counts(1, 1);
	ck_assert_int_eq(
	    smartlic_inventory_set_encryption(inv, card, 8, 1, &err), SMARTLIC_E_NOT_FOUND);
	ck_assert_int_eq(smartlic_inventory_commit(inv, &err), SMARTLIC_E_STATE);
}
END_TEST

START_TEST(a_card_whose_adding_was_rolled_back_can_be_added)
{
	int other;

	for (int i = 0; i < 3; i++) {
		must(smartlic_inventory_begin(inv, &err));
		must(other = smartlic_inventory_add_card(inv, 0, "0/2", LICENSED, &err));
		must(smartlic_inventory_set_trunk_rate(inv, other, 0, 600, &err));
		must(smartlic_inventory_set_client(inv, other, 1, 8, "100GE", &err));
		smartlic_inventory_rollback(inv);
		counts(2, 0);
	}
	must(other = smartlic_inventory_add_card(inv, 0, "0/2", LICENSED, &err));
	counts(2, 0);
	must(smartlic_inventory_set_trunk_rate(inv, other, 0, 600, &err));
	counts(4, 0);
}
END_TEST

START_TEST(an_edit_that_cannot_be_counted_is_refused)
{
	ck_assert_int_eq(
	    smartlic_inventory_set_pid(inv, card, "UNKNOWN", &err), SMARTLIC_E_INVENTORY);
	ck_assert_ptr_nonnull(strstr(err.text, "0/1: PID UNKNOWN"));
	ck_assert_int_eq(
	    smartlic_inventory_add_card(inv, 0, "0/2", "", &err), SMARTLIC_E_INVENTORY);
	counts(2, 0);
	must(smartlic_inventory_set_pid(inv, card, "ncs1k4-1.2t-k9=", &err));
	counts(0, 0);
}
END_TEST

START_TEST(impossible_values_change_nothing)
{
	ck_assert_int_lt(smartlic_inventory_set_trunk_rate(inv, card, 0, -1, &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_trunk_rate(inv, card, 0, INT64_MAX, &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_trunk_rate(inv, card, 16, 100, &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_trunk_rate(inv, card, -1, 100, &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_trunk_rate(inv, card + 1, 0, 100, &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_client(inv, card, 0, 1024, "100GE", &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_client(inv, card, 0, -1, "100GE", &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_client(inv, card, 0, 2, "100 GE", &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_client(inv, card, 0, 2, "0100GE", &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_client(inv, card, 0, 2, "100000000GE", &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_load(inv, card, -1, 0, &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_load(inv, card, 0, INT64_MAX, &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_trunk_optics(inv, card, 0, -1, 0, "", "", &err), 0);
	ck_assert_int_lt(smartlic_inventory_set_mode(inv, card, "two words", &err), 0);
	ck_assert_int_lt(smartlic_inventory_add_chassis(inv, "1", "NCS1004", &err), 0);
	ck_assert_int_lt(smartlic_inventory_add_chassis(inv, "a:b", "NCS1004", &err), 0);
	ck_assert_int_lt(smartlic_inventory_add_card(inv, 7, "0/1", LICENSED, &err), 0);
	ck_assert_int_lt(smartlic_inventory_add_card(inv, 0, "0/1", LICENSED, &err), 0);
	ck_assert_int_lt(smartlic_inventory_add_card(inv, 0, "", LICENSED, &err), 0);
	counts(2, 0);
}
END_TEST

START_TEST(no_text_is_no_location_and_no_function_explains_nothing)
{
	ck_assert_int_eq(
	    smartlic_inventory_add_card(inv, 0, NULL, LICENSED, &err), SMARTLIC_E_INVENTORY);
	ck_assert_int_eq(smartlic_inventory_find_card(inv, NULL, &err), SMARTLIC_E_INVENTORY);
	ck_assert_int_eq(
	    smartlic_count_explain(catalog, NULL, inv, NULL, NULL, &err), SMARTLIC_E_INVAL);
}
END_TEST

START_TEST(chassis_are_told_apart_by_name)
{
	int other;

	must(smartlic_inventory_add_chassis(inv, "east", "NCS1004", &err));
	must(other = smartlic_inventory_add_card(inv, 1, "0/1", LICENSED, &err));
	ck_assert_int_eq(smartlic_inventory_find_card(inv, "0/1", &err), SMARTLIC_E_NOT_FOUND);
	ck_assert_int_eq(smartlic_inventory_find_card(inv, "1:0/1", &err), card);
	ck_assert_int_eq(smartlic_inventory_find_card(inv, "east:0/1", &err), other);
	ck_assert_int_eq(smartlic_inventory_find_card(inv, "west:0/1", &err), SMARTLIC_E_NOT_FOUND);
}
END_TEST

START_TEST(diagnostics_follow_too)
{
	ck_assert_ptr_null(smartlic_count_diagnostic(count, 0));
	must(smartlic_inventory_set_trunk_rate(inv, card, 1, 450, &err));
	ck_assert_ptr_nonnull(diagnostic_with(count, "0/1", "needs the mode mxponder"));
	must(smartlic_inventory_set_mode(inv, card, "mxponder", &err));
	ck_assert_ptr_null(smartlic_count_diagnostic(count, 0));
}
END_TEST

START_TEST(many_cards_alike_are_counted_as_each_would_be)
{
	char location[16];
	struct smartlic_count *fresh;
	int n, told = 0;

	for (int i = 0; i < 300; i++) { /* past where alike slices are counted once */
		if (i % 3 == 0)
			must(smartlic_inventory_add_chassis(inv, NULL, "NCS1004", &err));
		(void)snprintf(location, sizeof(location), "0/%d", i % 3);
		must(n = smartlic_inventory_add_card(inv, 1 + i / 3, location, LICENSED, &err));
		must(smartlic_inventory_set_mode(inv, n, i % 4 < 2 ? "mxponder" : "", &err));
		must(smartlic_inventory_set_trunk_rate(inv, n, i % 2, 450 + i % 5 * 50, &err));
		for (int port = 2; port < 8; port++)
			must(smartlic_inventory_set_client(
			    inv, n, 0, port, i % 11 == 0 && port == 4 ? "OTU4" : "100GE", &err));
		must(smartlic_inventory_set_encryption(inv, n, 2 + i % 6, 1, &err));
	}
	fresh = count_of(catalog, NULL, inv);
	counts((int)smartlic_count_row(fresh, 0)->count, (int)smartlic_count_row(fresh, 1)->count);
	/* x50G without mxponder, on every second of 60 cards */
	for (int i = 0; smartlic_count_diagnostic(fresh, (size_t)i) != NULL; i++)
		told = i + 1;
	ck_assert_int_ge(told, 30);
	smartlic_count_free(fresh);
}
END_TEST

static int
ignore(void *userdata, const struct smartlic_explanation *e)
{
	(void)userdata, (void)e;
	return 0;
}

/* Edits of all kinds, then taken back. */
static int
edits(struct smartlic_inventory *some)
{
	struct smartlic_error e;
	int r, n = 0;

	r = smartlic_inventory_begin(some, &e);
	for (int i = 0; r >= 0 && i < 12; i++) {
		char location[16];

		(void)snprintf(location, sizeof(location), "5/%d", i);
		r = n = smartlic_inventory_add_card(some, 0, location, LICENSED, &e);
		if (r >= 0)
			r = smartlic_inventory_set_client(some, n, i, i, "100GE", &e);
		if (r >= 0)
			r = smartlic_inventory_set_port_tier(some, n, i, location, &e);
		if (r >= 0)
			r = smartlic_inventory_set_trunk_optics(some, n, 0, 1, 1, "27", "", &e);
	}
	smartlic_inventory_rollback(some);
	return r < 0 ? r : 0;
}

/* Everything once; the first failure. */
static int
life(const char *catalog_text, size_t len)
{
	static const char lines[] =
	    "0/1 NCS1K4-QXP-L-K9 OPERATIONAL NSHUT\n0/0 NCS1K4-1.2T-K9 OPERATIONAL NSHUT\n"
	    "hw-module location 0/0 mxponder trunk-rate 75G client-rate 100GE\n"
	    "hw-module location 0/1 mxponder trunk-rate 450G client-rate 100GE\n";
	struct smartlic_catalog *c = NULL;
	struct smartlic_inventory *i = NULL;
	struct smartlic_count *k = NULL;
	struct smartlic_window *w = NULL;
	struct smartlic_error e;
	int r;

	r = smartlic_catalog_new(&c, catalog_text, len, &e);
	if (r == 0)
		r = smartlic_inventory_new(&i, lines, sizeof(lines) - 1, &e);
	if (r == 0)
		r = smartlic_count_follow(&k, c, NULL, i, &e);
	if (r == 0)
		r = edits(i);
	if (r == 0)
		(void)smartlic_count_diagnostic(k, 0);
	if (r == 0)
		r = smartlic_count_explain(c, NULL, i, ignore, NULL, &e);
	if (r == 0)
		r = smartlic_window_new(&w, c, NULL, &e);
	if (r == 0)
		r = smartlic_window_add(w, 0, k, &e);
	/* what was counted before is what is counted after */
	if (k != NULL &&
	    (smartlic_count_row(k, 0)->count != 5 || smartlic_count_row(k, 1)->count != 0))
		r = SMARTLIC_E_STATE;
	smartlic_window_free(w);
	smartlic_count_free(k);
	smartlic_inventory_free(i);
	smartlic_catalog_free(c);
	return r;
}

START_TEST(every_allocation_may_fail)
{
	size_t len;
	char *text = source_file("catalogs/ncs1004.json", &len);
	long n;
	int r;

	allocations = 0;
	ck_assert_int_eq(life(text, len), 0);
	n = allocations;
	ck_assert_int_gt(n, 50);
	for (long at = 0; at < n; at++) {
		allocations = 0;
		fail_at = at;
		r = life(text, len);
		fail_at = -1;
		ck_assert_msg(r == 0 || r == SMARTLIC_E_NOMEM, "allocation %ld: %d", at, r);
	}
	free(text);
}
END_TEST

START_TEST(a_count_outlives_its_inventory)
{
	smartlic_inventory_free(inv);
	inv = NULL;
	counts(2, 0);
	ck_assert_ptr_null(smartlic_count_diagnostic(count, 0));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("edit");
	TCase *t = tcase_create("edit");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_edit_of_a_port_allocates_nothing);
	tcase_add_test(t, a_removed_card_leaves_room_for_another);
	tcase_add_test(t, a_rollback_brings_a_removed_card_back);
	tcase_add_test(t, a_card_whose_adding_was_rolled_back_can_be_added);
	tcase_add_test(t, an_edit_that_cannot_be_counted_is_refused);
	tcase_add_test(t, impossible_values_change_nothing);
	tcase_add_test(t, no_text_is_no_location_and_no_function_explains_nothing);
	tcase_add_test(t, chassis_are_told_apart_by_name);
	tcase_add_test(t, diagnostics_follow_too);
	tcase_add_test(t, many_cards_alike_are_counted_as_each_would_be);
	tcase_add_test(t, every_allocation_may_fail);
	tcase_add_test(t, a_count_outlives_its_inventory);
	suite_add_tcase(s, t);
	return run_suite(s);
}
