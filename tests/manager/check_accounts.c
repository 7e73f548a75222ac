/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/records.h"
#include "tests/manager/site.h"

/* Several smart accounts of one authority, strictly apart. */

#define OTHER "8d9f4c1e-7a3b-4f52-9c60-1b2a3c4d5e6f"
#define VA    "Lab" /* in both */

static struct site s;
static struct site_token token, other_token;
static struct device d;

static void
in(const char *account)
{
	site_ok(&s, ledger_select(s.ledger, account, &s.err));
}

static struct device
other_device(const char *sn)
{
	struct device ret = device_new(&s, sn);

	ret.account = OTHER;
	return ret;
}

static void
setup(void)
{
	site_open(&s);
	site_ok(&s, ledger_account_create(s.ledger, "Other", OTHER, "admin", s.now, &s.err));
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "admin", s.now, &s.err));
	token = site_token_new(&s, VA, 30, LEDGER_ANY_USES);
	in("Other");
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "admin", s.now, &s.err));
	other_token = site_token_new(&s, VA, 30, LEDGER_ANY_USES);
	in(SITE_ACCOUNT);
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
count_audit(void *ud, const struct ledger_audit *audit)
{
	if (strcmp(audit->what, "device in two accounts") == 0)
		++*(int *)ud;
	ck_assert_ptr_null(strstr(audit->text, "BU Production Test"));
	return 0;
}

static int
told_in_audit(void)
{
	int n = 0;

	site_ok(&s, ledger_audit_each(s.ledger, count_audit, &n, &s.err));
	return n;
}

static int
count_duplicate(void *ud, const struct ledger_duplicate *duplicate)
{
	ck_assert_str_eq(duplicate->udi.sn, "A");
	++*(int *)ud;
	return 0;
}

static int
count_token(void *ud, const struct ledger_token *t)
{
	(void)t;
	++*(int *)ud;
	return 0;
}

START_TEST(a_device_is_certified_for_the_account_of_its_token)
{
	struct device e = other_device("B");

	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &e, &other_token, 0), SL_DENIED_NONE);
	ck_assert_str_eq(sl_cert_o(d.cert), SITE_ACCOUNT);
	ck_assert_str_eq(sl_cert_o(e.cert), OTHER);
	ck_assert_ptr_nonnull(strstr(s.last.data, "\"smart_account\":\"Other\""));
	ck_assert_ptr_null(strstr(s.last.data, "BU Production Test"));
	device_free(&e);
}
END_TEST

START_TEST(one_udi_lives_in_two_accounts_and_only_the_operator_is_told)
{
	struct device e = other_device("A");
	int n = 0;

	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &e, &other_token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &e, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 4);
	ck_assert_int_eq(told_in_audit(), 0);
	in("Other");
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 5);
	ck_assert_int_eq(told_in_audit(), 1);
	site_ok(&s, ledger_duplicate_each(s.ledger, count_duplicate, &n, &s.err));
	ck_assert_int_eq(n, 2);
	site_ok(&s, ledger_instance_remove(s.ledger, "A", "admin", s.now, &s.err));
	n = 0;
	site_ok(&s, ledger_duplicate_each(s.ledger, count_duplicate, &n, &s.err));
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(device_use(&s, &e, 5, 0), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(device_use(&s, &d, 4, 0), SL_DENIED_NONE);
	device_free(&e);
}
END_TEST

START_TEST(one_accounts_shortage_is_never_covered_by_the_surplus_of_another)
{
	struct device e = other_device("B");

	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 100, 0, s.now, &s.err));
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &e, &other_token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 8, 0), SL_DENIED_NONE);
	ck_assert_ptr_nonnull(strstr(s.last.data, "\"status\":\"authorized\""));
	ck_assert_int_eq(device_use(&s, &e, 1, 0), SL_DENIED_NONE);
	ck_assert_ptr_nonnull(strstr(s.last.data, "\"status\":\"out_of_compliance\""));
	device_free(&e);
}
END_TEST

START_TEST(a_device_cannot_speak_for_an_instance_of_another_account)
{
	struct device e = other_device("A");

	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &e, &other_token, 0), SL_DENIED_NONE);
	/* the same UDI, the other one's instance, its own good key */
	memcpy(e.instance, d.instance, sizeof(e.instance));
	ck_assert_int_eq(device_use(&s, &e, 5, 0), SL_DENIED_BAD_REQUEST);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM usage"), 0);
	ck_assert_int_eq(device_use(&s, &d, 4, 0), SL_DENIED_NONE);
	device_free(&e);
}
END_TEST

START_TEST(a_key_is_certified_once_in_all_accounts)
{
	struct device e = other_device("B");
	struct sl_cert *self = NULL;
	char ski[LEDGER_SKI_HEX];

	device_ask_register(&s, &e, &other_token, 0, NULL, 0);
	/* that message's key was certified meanwhile, for the first account */
	site_ok(&s, sl_cert_self(&self, s.crypto, e.next_key, &e.udi, s.now, &s.err));
	sl_hex(ski, sl_cert_ski(self), SL_SKI_LEN);
	sl_cert_unref(self);
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, "INSERT INTO key_home VALUES ($1, $2)",
			"tt", ski, SITE_ACCOUNT));
	ck_assert_int_eq(device_code(&s, &e), SL_DENIED_BAD_REQUEST);
	device_free(&e);
}
END_TEST

START_TEST(what_is_revoked_in_any_account_is_on_the_one_list)
{
	struct device e = other_device("B");

	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &e, &other_token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_deregister(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_deregister(&s, &e), SL_DENIED_NONE);
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(site_count(&s, "SELECT revoked FROM crl WHERE issuer LIKE 'issuing:%'"), 2);
	device_free(&e);
}
END_TEST

START_TEST(licenses_past_their_deadline_are_released_in_every_account)
{
	struct device e = other_device("B");

	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &e, &other_token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &e, 5, 0), SL_DENIED_NONE);
	s.now += 91 * SITE_DAY;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(site_count(&s, "SELECT SUM(consumed) FROM pool"), 0);
	ck_assert_str_eq(ledger_info(s.ledger)->account, SITE_ACCOUNT);
	device_free(&e);
}
END_TEST

START_TEST(answering_leaves_the_selected_account_selected)
{
	in("Other");
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_str_eq(ledger_info(s.ledger)->account, OTHER);
}
END_TEST

START_TEST(an_administrator_of_one_account_sees_and_changes_nothing_of_another)
{
	struct ledger_instance found;
	char va[LEDGER_NAME_SIZE];
	int n = 0;

	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	in("Other");
	ck_assert_int_eq(
	    ledger_instance_find(s.ledger, d.instance, &found, &s.err), SMARTLIC_E_NOT_FOUND);
	ck_assert_int_eq(
	    ledger_instance_remove(s.ledger, "A", "admin", s.now, &s.err), SMARTLIC_E_NOT_FOUND);
	ck_assert_int_eq(ledger_token_revoke(s.ledger, token.text, "admin", s.now, &s.err),
	    SMARTLIC_E_NOT_FOUND);
	site_ok(&s, ledger_token_each(s.ledger, count_token, &n, &s.err));
	ck_assert_int_eq(n, 1);
	/* the same number there is another virtual account */
	ck_assert_int_eq(ledger_va_name(s.ledger, 2, va, &s.err), 1);
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 7, 0, s.now, &s.err));
	in("BU Production Test");
	ck_assert_int_eq(
	    site_count(&s, "SELECT COUNT(*) FROM purchase WHERE account = '" SITE_ACCOUNT "'"), 0);
}
END_TEST

START_TEST(names_of_accounts_are_theirs_alone_and_may_change)
{
	ck_assert_int_eq(
	    ledger_account_create(s.ledger, "Other", SITE_HOME, "admin", s.now, &s.err),
	    SMARTLIC_E_EXISTS);
	ck_assert_int_eq(ledger_account_create(s.ledger, "", SITE_HOME, "admin", s.now, &s.err),
	    SMARTLIC_E_INVAL);
	ck_assert_int_eq(ledger_select(s.ledger, "other", &s.err), SMARTLIC_E_NOT_FOUND);
	ck_assert_str_eq(ledger_info(s.ledger)->account, SITE_ACCOUNT);
	ck_assert_int_eq(
	    ledger_account_rename(s.ledger, "Other", "admin", s.now, &s.err), SMARTLIC_E_EXISTS);
	site_ok(&s, ledger_account_rename(s.ledger, "BU", "admin", s.now, &s.err));
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_ptr_nonnull(strstr(s.last.data, "\"smart_account\":\"BU\""));
	site_stop(&s);
	site_start(&s);
	ck_assert_str_eq(ledger_info(s.ledger)->account, SITE_ACCOUNT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("accounts");
	TCase *t = tcase_create("accounts");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_device_is_certified_for_the_account_of_its_token);
	tcase_add_test(t, one_udi_lives_in_two_accounts_and_only_the_operator_is_told);
	tcase_add_test(t, one_accounts_shortage_is_never_covered_by_the_surplus_of_another);
	tcase_add_test(t, a_device_cannot_speak_for_an_instance_of_another_account);
	tcase_add_test(t, a_key_is_certified_once_in_all_accounts);
	tcase_add_test(t, what_is_revoked_in_any_account_is_on_the_one_list);
	tcase_add_test(t, licenses_past_their_deadline_are_released_in_every_account);
	tcase_add_test(t, answering_leaves_the_selected_account_selected);
	tcase_add_test(t, an_administrator_of_one_account_sees_and_changes_nothing_of_another);
	tcase_add_test(t, names_of_accounts_are_theirs_alone_and_may_change);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
