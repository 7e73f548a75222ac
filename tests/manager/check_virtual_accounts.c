/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/records.h"
#include "tests/manager/site.h"

/* Virtual accounts: names that change, one that is deleted, tags, and which is the default one. */

#define VA    "Lab"
#define VA_ID 2
#define OTHER "8d9f4c1e-7a3b-4f52-9c60-1b2a3c4d5e6f"

static struct site s;
static struct site_token token;
static struct device d;

static void
setup(void)
{
	site_open(&s);
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "ann", s.now, &s.err));
	token = site_token_new(&s, VA, 30, LEDGER_ANY_USES);
	d = device_new(&s, "A");
}

static void
teardown(void)
{
	device_free(&d);
	site_check(&s);
	site_close(&s);
}

static int
rename_to(const char *from, const char *to)
{
	return ledger_virtual_account_rename(s.ledger, from, to, "ann", s.now, &s.err);
}

static int
take_away(const char *name)
{
	return ledger_virtual_account_delete(s.ledger, name, "ann", s.now, &s.err);
}

static int
make_default(const char *name)
{
	return ledger_virtual_account_default(s.ledger, name, "ann", s.now, &s.err);
}

static int
set_tags(const char *name, const char *tags)
{
	static const struct ledger_limits as_they_are = { 0, 0 };

	return ledger_virtual_account_set(s.ledger, name, &as_they_are, tags, "ann", s.now, &s.err);
}

static void
use(int64_t n)
{
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, n, 0), SL_DENIED_NONE);
}

static const char *
where_is(const char *serial)
{
	static struct ledger_instance i;

	site_ok(&s, ledger_instance_find(s.ledger, serial, &i, &s.err));
	return i.virtual_account;
}

/* "NAME*: TAG TAG\n" of each; * is the default one. */
static int
write_one(void *ud, const struct ledger_virtual_account *va)
{
	sl_buf_printf(ud, "%s%s:", va->name, va->is_default ? "*" : "");
	for (size_t i = 0; i < va->n_tags; i++)
		sl_buf_printf(ud, " %s", va->tag[i]);
	sl_buf_puts(ud, "\n");
	return 0;
}

static void
are(const char *wanted)
{
	struct sl_buf text = { 0 };

	site_ok(&s, ledger_virtual_account_each(s.ledger, write_one, &text, &s.err));
	ck_assert_str_eq(text.data, wanted);
	sl_buf_free(&text);
}

static int
keep_last(void *ud, const struct ledger_audit *a)
{
	struct sl_buf *text = ud;

	sl_buf_free(text);
	sl_buf_printf(text, "%s: %s: %s", a->who, a->what, a->text);
	return 0;
}

static void
last_audit_is(const char *wanted)
{
	struct sl_buf text = { 0 };

	site_ok(&s, ledger_audit_each(s.ledger, keep_last, &text, &s.err));
	ck_assert_str_eq(text.data, wanted);
	sl_buf_free(&text);
}

/* ---- names --------------------------------------------------------------------------------------
 */

START_TEST(a_renamed_one_keeps_its_devices_licenses_and_all_that_was_written_of_it)
{
	struct ledger_head head;
	int64_t broken;

	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 8, 0, s.now, &s.err));
	use(3);
	site_ok(&s, rename_to(VA, "Labor"));
	last_audit_is("ann: virtual account renamed: from 'Lab' to 'Labor'");
	ck_assert_str_eq(where_is("A"), "Labor");
	ck_assert_int_eq(device_use(&s, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, VA_ID, TAG_G), 4);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM entry WHERE va <> 2"), 0);
	site_ok(&s, ledger_verify(s.ledger, NULL, &head, &broken, &s.err));
	ck_assert_int_eq(
	    ledger_license_add(s.ledger, VA, TAG_G, 1, 0, s.now, &s.err), SMARTLIC_E_NOT_FOUND);
	/* its former name may be given again, to another one */
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "ann", s.now, &s.err));
	are("Default*:\nLab:\nLabor:\n");
	ck_assert_str_eq(where_is("A"), "Labor");
}
END_TEST

START_TEST(a_device_learns_the_new_name_at_its_next_registration)
{
	use(3);
	site_ok(&s, rename_to(VA, "Labor"));
	ck_assert_int_eq(device_register(&s, &d, &token, 1), SL_DENIED_NONE);
	ck_assert_ptr_nonnull(strstr(s.last.data, "\"virtual_account\":\"Labor\""));
}
END_TEST

static int
add_subject(void *ud, const struct ledger_alert *a)
{
	sl_buf_printf(ud, "%s|", a->subject);
	return 0;
}

START_TEST(an_open_alert_of_its_pools_is_called_by_the_new_name)
{
	struct sl_buf text = { 0 };

	site_ok(&s, rename_to(VA, "B\xc3\xbcro"));
	use(3);
	site_ok(&s, rename_to("B\xc3\xbcro", "A longer name"));
	site_ok(&s, ledger_alert_each(s.ledger, NULL, 0, add_subject, &text, &s.err));
	ck_assert_str_eq(text.data, "A longer name: S-NCS1K4-LIC-100G=|");
	sl_buf_free(&text);
}
END_TEST

static const struct {
	const char *name;
	int code;
} bad_names[] = {
	{ "Default", SMARTLIC_E_EXISTS },
	{ "", SMARTLIC_E_INVAL },
	{ " Lab", SMARTLIC_E_INVAL },
	{ "Lab (deleted 2)", SMARTLIC_E_INVAL },
};

START_TEST(a_name_that_is_taken_or_kept_for_deleted_ones_is_refused)
{
	ck_assert_int_eq(rename_to(VA, bad_names[_i].name), bad_names[_i].code);
	are("Default*:\nLab:\n");
}
END_TEST

START_TEST(names_may_speak_of_deletion_in_other_ways)
{
	site_ok(&s, rename_to(VA, "Lab (deleted)"));
	site_ok(&s, rename_to("Lab (deleted)", "Lab (deleted 2) again"));
	site_ok(&s, rename_to("Lab (deleted 2) again", "Lab (deleted 2b)"));
}
END_TEST

/* ---- deleting
 * ------------------------------------------------------------------------------------ */

START_TEST(what_is_not_empty_is_not_deleted_and_all_that_is_in_it_is_told_with_its_cure)
{
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 8, 0, s.now, &s.err));
	use(3);
	ck_assert_int_eq(device_reserve(&s, &d, 2, 0), SL_DENIED_NONE);
	ck_assert_int_eq(take_away(VA), SMARTLIC_E_STATE);
	ck_assert_str_eq(s.err.text,
	    "'Lab' is not empty: 1 product instances: 'instance transfer' or 'instance remove'; 1 "
	    "reservations: returned, or 'reservation close'; 8 licenses: 'license transfer'; 1 "
	    "usable tokens: 'token revoke'");
	/* each of them alone is enough */
	site_ok(&s, ledger_instance_transfer(s.ledger, "A", LEDGER_DEFAULT, "ann", s.now, &s.err));
	ck_assert_int_eq(take_away(VA), SMARTLIC_E_STATE);
	ck_assert_str_eq(s.err.text,
	    "'Lab' is not empty: 8 licenses: 'license transfer'; 1 usable tokens: 'token revoke'");
	site_ok(
	    &s, ledger_license_transfer(s.ledger, TAG_G, 8, VA, NULL, NULL, "ann", s.now, &s.err));
	ck_assert_int_eq(take_away(VA), SMARTLIC_E_STATE);
	ck_assert_str_eq(s.err.text, "'Lab' is not empty: 1 usable tokens: 'token revoke'");
	site_ok(&s, ledger_token_revoke(s.ledger, token.text, "ann", s.now, &s.err));
	site_ok(&s, take_away(VA));
	last_audit_is("ann: virtual account deleted: Lab");
	are("Default*:\n");
}
END_TEST

START_TEST(a_term_that_is_to_come_is_something_and_one_that_is_over_is_not)
{
	struct ledger_purchase p = { .virtual_account = VA,
		.tag = TAG_G,
		.kind = LEDGER_TERM,
		.quantity = 5,
		.start_s = SITE_NOW + 10 * SITE_DAY,
		.end_s = SITE_NOW + 20 * SITE_DAY };

	site_ok(&s, ledger_token_revoke(s.ledger, token.text, "ann", s.now, &s.err));
	site_ok(&s, ledger_purchase_add(s.ledger, &p, "ann", s.now, &s.err));
	ck_assert_int_eq(take_away(VA), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(s.err.text, ": 5 licenses: "));
	s.now = SITE_NOW + 20 * SITE_DAY;
	site_ok(&s, take_away(VA));
}
END_TEST

START_TEST(a_registration_that_nobody_has_used_yet_is_something)
{
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	site_ok(&s, ledger_token_revoke(s.ledger, token.text, "ann", s.now, &s.err));
	ck_assert_int_eq(take_away(VA), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(s.err.text, ": 1 product instances: "));
}
END_TEST

START_TEST(what_was_in_a_deleted_one_can_still_be_looked_at)
{
	use(3);
	ck_assert_int_eq(device_deregister(&s, &d), SL_DENIED_NONE);
	site_ok(&s, ledger_token_revoke(s.ledger, token.text, "ann", s.now, &s.err));
	site_ok(&s, take_away(VA));
	ck_assert_str_eq(where_is("A"), "Lab (deleted 2)");
	ck_assert_int_eq(take_away(VA), SMARTLIC_E_NOT_FOUND);
	ck_assert_int_eq(take_away("Lab (deleted 2)"), SMARTLIC_E_NOT_FOUND);
	/* another one of that name is not that one */
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "ann", s.now, &s.err));
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 1, 0, s.now, &s.err));
	ck_assert_int_eq(site_count(&s, "SELECT va FROM purchase"), 3);
	ck_assert_str_eq(where_is("A"), "Lab (deleted 2)");
}
END_TEST

START_TEST(the_longest_name_can_be_deleted_and_no_character_is_cut)
{
	char name[LEDGER_NAME_SIZE], found[LEDGER_NAME_SIZE];

	/* 127 characters of two bytes: the mark takes a part of the last that has room */
	for (size_t i = 0; i < 254; i += 2)
		memcpy(name + i, "\xc3\xbc", 3);
	site_ok(&s, rename_to(VA, name));
	site_ok(&s, ledger_token_revoke(s.ledger, token.text, "ann", s.now, &s.err));
	site_ok(&s, take_away(name));
	ck_assert_int_eq(ledger_va_name(s.ledger, VA_ID, found, &s.err), 1);
	ck_assert_uint_le(strlen(found), LEDGER_NAME_SIZE - 1);
	ck_assert_ptr_nonnull(strstr(found, "\xc3\xbc (deleted 2)"));
}
END_TEST

/* ---- the default one
 * ----------------------------------------------------------------------------- */

START_TEST(what_names_no_virtual_account_goes_to_the_one_that_is_default_then)
{
	struct site_token t;

	site_ok(&s, ledger_license_add(s.ledger, NULL, TAG_G, 1, 0, s.now, &s.err));
	are("Default*:\nLab:\n");
	site_ok(&s, make_default(VA));
	last_audit_is("ann: virtual account default: 'Lab' instead of 'Default'");
	are("Default:\nLab*:\n");
	site_ok(&s, ledger_license_add(s.ledger, NULL, TAG_G, 2, 0, s.now, &s.err));
	ck_assert_int_eq(site_count(&s, "SELECT quantity FROM purchase WHERE va = 1"), 1);
	ck_assert_int_eq(site_count(&s, "SELECT quantity FROM purchase WHERE va = 2"), 2);
	t = site_token_make(&s,
	    (struct ledger_token_new){ .days = 1, .uses_max = LEDGER_ANY_USES, .made_by = "ann" });
	ck_assert_int_eq(device_register(&s, &d, &t, 0), SL_DENIED_NONE);
	ck_assert_str_eq(where_is("A"), VA);
	/* it is the account's, not the process's */
	site_stop(&s);
	site_start(&s);
	are("Default:\nLab*:\n");
}
END_TEST

START_TEST(the_default_one_is_not_deleted_and_the_first_one_is_once_it_is_not_default)
{
	ck_assert_int_eq(take_away(LEDGER_DEFAULT), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(s.err.text, "'virtual-account default' first"));
	site_ok(&s, make_default(VA));
	ck_assert_int_eq(take_away(VA), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(s.err.text, "'virtual-account default' first"));
	site_ok(&s, take_away(LEDGER_DEFAULT));
	are("Lab*:\n");
	ck_assert_int_eq(make_default(LEDGER_DEFAULT), SMARTLIC_E_NOT_FOUND);
}
END_TEST

START_TEST(another_accounts_default_is_its_own)
{
	site_ok(&s, ledger_account_create(s.ledger, "Other", OTHER, "bob", s.now, &s.err));
	site_ok(&s, make_default(VA));
	site_ok(&s, ledger_select(s.ledger, "Other", &s.err));
	are("Default*:\n");
	last_audit_is("bob: account created: Other");
}
END_TEST

/* ---- tags
 * ------------------------------------------------------------------------------------------ */

START_TEST(tags_are_all_that_were_set_last)
{
	site_ok(&s, set_tags(VA, "site: Berlin,cost centre 7 ,  , site: Berlin"));
	last_audit_is(
	    "ann: virtual account set: 'Lab': tags 'site: Berlin,cost centre 7 ,  , site: "
	    "Berlin'");
	are("Default*:\nLab: cost centre 7 site: Berlin\n");
	site_ok(&s, rename_to(VA, "Labor"));
	are("Default*:\nLabor: cost centre 7 site: Berlin\n");
	site_ok(&s, set_tags("Labor", "new"));
	are("Default*:\nLabor: new\n");
	site_ok(&s, set_tags("Labor", ""));
	are("Default*:\nLabor:\n");
}
END_TEST

START_TEST(a_tag_too_long_or_too_many_change_nothing)
{
	char many[200] = "", longest[LEDGER_VA_TAG_SIZE + 1];

	site_ok(&s, set_tags(VA, "old"));
	for (int i = 0; i <= LEDGER_VA_TAGS_MAX; i++)
		(void)snprintf(many + strlen(many), sizeof(many) - strlen(many), "t%d,", i);
	ck_assert_int_eq(set_tags(VA, many), SMARTLIC_E_LIMIT);
	memset(longest, 'x', LEDGER_VA_TAG_SIZE);
	longest[LEDGER_VA_TAG_SIZE] = '\0';
	ck_assert_int_eq(set_tags(VA, longest), SMARTLIC_E_INVAL);
	ck_assert_int_eq(set_tags(VA, "good,b\x01"
				      "d"),
	    SMARTLIC_E_INVAL);
	are("Default*:\nLab: old\n");
	longest[LEDGER_VA_TAG_SIZE - 1] = '\0';
	site_ok(&s, set_tags(VA, longest));
}
END_TEST

/* ---- the audit
 * -------------------------------------------------------------------------------------- */

START_TEST(who_made_and_revoked_a_token_is_in_the_audit_without_its_secret)
{
	struct ledger_token_new new = { .virtual_account = VA,
		.name = "rack 7",
		.days = 3,
		.uses_max = LEDGER_ANY_USES,
		.made_by = "bob" };
	struct site_token t = site_token_make(&s, new);
	struct ledger_token found;
	char wanted[200];

	site_ok(&s, ledger_token_find(s.ledger, t.text, &found, &s.err));
	(void)snprintf(wanted, sizeof(wanted),
	    "bob: token created: %s into 'Lab' for 3 days: rack 7", found.id_text);
	last_audit_is(wanted);
	site_ok(&s, ledger_token_revoke(s.ledger, t.text, "eve", s.now, &s.err));
	(void)snprintf(wanted, sizeof(wanted), "eve: token revoked: %s", found.id_text);
	last_audit_is(wanted);
	/* once more is harmless, and was not done */
	site_ok(&s, ledger_token_revoke(s.ledger, t.text, "zoe", s.now, &s.err));
	last_audit_is(wanted);
}
END_TEST

START_TEST(who_made_and_set_a_virtual_account_is_in_the_audit)
{
	static const struct ledger_limits limits = { 20, 60 };

	site_ok(&s, ledger_virtual_account_create(s.ledger, "New", "bob", s.now, &s.err));
	last_audit_is("bob: virtual account created: New");
	site_ok(
	    &s, ledger_virtual_account_set(s.ledger, "New", &limits, NULL, "eve", s.now, &s.err));
	last_audit_is("eve: virtual account set: 'New': silence 20 days deadline 60 days");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("virtual accounts");
	TCase *t = tcase_create("virtual accounts");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_renamed_one_keeps_its_devices_licenses_and_all_that_was_written_of_it);
	tcase_add_test(t, a_device_learns_the_new_name_at_its_next_registration);
	tcase_add_test(t, an_open_alert_of_its_pools_is_called_by_the_new_name);
	tcase_add_loop_test(t, a_name_that_is_taken_or_kept_for_deleted_ones_is_refused, 0,
	    sizeof(bad_names) / sizeof(bad_names[0]));
	tcase_add_test(t, names_may_speak_of_deletion_in_other_ways);
	tcase_add_test(
	    t, what_is_not_empty_is_not_deleted_and_all_that_is_in_it_is_told_with_its_cure);
	tcase_add_test(t, a_term_that_is_to_come_is_something_and_one_that_is_over_is_not);
	tcase_add_test(t, a_registration_that_nobody_has_used_yet_is_something);
	tcase_add_test(t, what_was_in_a_deleted_one_can_still_be_looked_at);
	tcase_add_test(t, the_longest_name_can_be_deleted_and_no_character_is_cut);
	tcase_add_test(t, what_names_no_virtual_account_goes_to_the_one_that_is_default_then);
	tcase_add_test(
	    t, the_default_one_is_not_deleted_and_the_first_one_is_once_it_is_not_default);
	tcase_add_test(t, another_accounts_default_is_its_own);
	tcase_add_test(t, tags_are_all_that_were_set_last);
	tcase_add_test(t, a_tag_too_long_or_too_many_change_nothing);
	tcase_add_test(t, who_made_and_revoked_a_token_is_in_the_audit_without_its_secret);
	tcase_add_test(t, who_made_and_set_a_virtual_account_is_in_the_audit);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
