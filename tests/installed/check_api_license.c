/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The count engine alone, as a host uses it: compiled against the installed headers and library,
 * no agent, no network.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <smartlic/license.h>

static struct smartlic_catalog *catalog;
static struct smartlic_inventory *inventory;
static struct smartlic_error err;

static void
setup(void)
{
	FILE *f = fopen(getenv("API_CATALOG"), "rb");
	char *text = malloc(1 << 20);
	size_t len;

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(text);
	len = fread(text, 1, 1 << 20, f);
	(void)fclose(f);
	ck_assert_int_eq(smartlic_catalog_new(&catalog, text, len, &err), 0);
	free(text);
	ck_assert_int_eq(smartlic_inventory_new(&inventory, "", 0, &err), 0);
}

static void
teardown(void)
{
	smartlic_inventory_free(inventory);
	smartlic_catalog_free(catalog);
}

#define must(call) ck_assert_msg((call) >= 0, "%s: %s", #call, err.text)

/* A card whose slice 0 is full: 2 licenses. */
static int
full_slice(const char *location)
{
	int chassis, card;

	must(chassis = smartlic_inventory_add_chassis(inventory, "", "NCS1004", &err));
	must(card = smartlic_inventory_add_card(
		 inventory, chassis, location, "NCS1K4-1.2T-L-K9", &err));
	must(smartlic_inventory_set_mode(inventory, card, "mxponder-slice", &err));
	must(smartlic_inventory_set_trunk_rate(inventory, card, 0, 600, &err));
	for (int port = 2; port <= 7; port++)
		must(smartlic_inventory_set_client(inventory, card, 0, port, "100GE", &err));
	return card;
}

static int
see(void *userdata, const struct smartlic_explanation *e)
{
	int *charged = userdata;

	*charged += (int)e->charged;
	ck_assert_str_ne(e->why, "");
	return 0;
}

START_TEST(a_count_follows_edits_and_explains_itself)
{
	struct smartlic_count *count = NULL;
	int card = full_slice("0/1"), charged = 0;

	must(smartlic_count_follow(&count, catalog, NULL, inventory, &err));
	ck_assert_str_eq(smartlic_count_profile(count), "ncs1004-slice");
	ck_assert_int_eq(smartlic_count_row(count, 0)->count, 2);
	must(smartlic_inventory_set_encryption(inventory, card, 7, 1, &err));
	must(smartlic_inventory_set_port_tier(inventory, card, 7, "", &err));
	must(smartlic_inventory_set_tier(inventory, card, "", &err));
	must(smartlic_inventory_set_load(inventory, card, 0, 0, &err));
	must(smartlic_inventory_set_trunk_optics(
	    inventory, card, 1, 4000000, 69435000, "27", "CFP2", &err));
	ck_assert_int_eq(smartlic_count_row(count, 0)->count, 1);
	ck_assert_int_eq(smartlic_count_row(count, 1)->count, 1);
	must(smartlic_count_explain(catalog, NULL, inventory, see, &charged, &err));
	ck_assert_int_eq(charged, 2);
	smartlic_count_free(count);
}
END_TEST

START_TEST(a_transaction_is_all_or_nothing)
{
	struct smartlic_count *count = NULL;
	int card = full_slice("0/1");

	must(smartlic_count_follow(&count, catalog, NULL, inventory, &err));
	must(smartlic_inventory_begin(inventory, &err));
	must(smartlic_inventory_set_pid(inventory, card, "NCS1K4-1.2T-K9", &err));
	ck_assert_int_eq(smartlic_count_row(count, 0)->count, 2);
	smartlic_inventory_rollback(inventory);
	ck_assert_int_eq(smartlic_count_row(count, 0)->count, 2);
	must(smartlic_inventory_begin(inventory, &err));
	must(smartlic_inventory_remove_card(inventory, card, &err));
	must(smartlic_inventory_commit(inventory, &err));
	ck_assert_int_eq(smartlic_count_row(count, 0)->count, 0);
	ck_assert_int_eq(
	    smartlic_inventory_find_card(inventory, "0/1", &err), SMARTLIC_E_NOT_FOUND);
	ck_assert_int_eq(smartlic_inventory_skipped(inventory), 0);
	smartlic_count_free(count);
}
END_TEST

START_TEST(a_window_of_a_rule_of_the_moment_is_the_count)
{
	struct smartlic_window *window = NULL;
	struct smartlic_count *count = NULL;

	(void)full_slice("0/1");
	must(smartlic_count_new(&count, catalog, NULL, inventory, &err));
	must(smartlic_window_new(&window, catalog, NULL, &err));
	must(smartlic_window_add(window, 60, count, &err));
	ck_assert_int_eq(smartlic_window_row(window, 0)->count, 2);
	ck_assert_ptr_null(smartlic_window_row(window, 2));
	smartlic_window_free(window);
	smartlic_count_free(count);
}
END_TEST

START_TEST(a_catalog_names_itself_and_its_profiles)
{
	ck_assert_str_eq(smartlic_catalog_name(catalog), "ncs1004");
	ck_assert_str_eq(smartlic_catalog_chassis(catalog, 0), "NCS1004");
	ck_assert_ptr_null(smartlic_catalog_chassis(catalog, 1));
	ck_assert_str_eq(smartlic_catalog_profile(catalog, 0), "ncs1004-slice");
	ck_assert_str_ne(smartlic_catalog_profile_description(catalog, 0), "");
	ck_assert_ptr_null(smartlic_catalog_profile(catalog, 4));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("api-license");
	TCase *t = tcase_create("license");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_count_follows_edits_and_explains_itself);
	tcase_add_test(t, a_transaction_is_all_or_nothing);
	tcase_add_test(t, a_window_of_a_rule_of_the_moment_is_the_count);
	tcase_add_test(t, a_catalog_names_itself_and_its_profiles);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
