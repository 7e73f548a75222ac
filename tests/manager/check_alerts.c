/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/manager/site.h"

/* Alerts come when their cause does and go with it; what time alone does to devices. */

#define HOUR INT64_C(3600)

/* ---- the rules, alone ------------------------------------------------------- */

static const struct {
	int64_t purchased, consumed;
	unsigned int open;
} pools[] = {
	{ 0, 0, 0 },
	{ 8, 7, 0 },
	{ 8, 8, ALERT_BIT(INSUFFICIENT) },
	{ 8, 9, ALERT_BIT(OUT_OF_COMPLIANCE) },
	{ 0, 1, ALERT_BIT(OUT_OF_COMPLIANCE) },
};

START_TEST(a_pool_is_short_or_used_up_or_neither)
{
	ck_assert_uint_eq(alerts_of_pool(pools[_i].purchased, pools[_i].consumed), pools[_i].open);
}
END_TEST

START_TEST(silence_is_counted_from_the_last_contact_of_a_live_instance)
{
	struct alert_device d = { .live = 1, .contact_s = 1000, .silence_s = 30 * SITE_DAY };

	ck_assert_uint_eq(alerts_of_device(&d, 1000 + 30 * SITE_DAY - 1), 0);
	ck_assert_uint_eq(alerts_of_device(&d, 1000 + 30 * SITE_DAY), ALERT_BIT(SILENT));
	d.released = 1;
	ck_assert_uint_eq(alerts_of_device(&d, 1000), ALERT_BIT(RELEASED));
	d.live = 0;
	ck_assert_uint_eq(alerts_of_device(&d, 1000 + 99 * SITE_DAY), 0);
}
END_TEST

static const struct {
	int64_t days, left_s;
	int usable;
	unsigned int open;
} tokens[] = {
	{ 365, 7 * SITE_DAY + 1, 1, 0 },
	{ 365, 7 * SITE_DAY, 1, ALERT_BIT(TOKEN_ENDING) },
	{ 365, 7 * SITE_DAY, 0, 0 },
	{ 365, 0, 1, 0 },
	{ 10, SITE_DAY + 1, 1, 0 },
	{ 10, SITE_DAY, 1, ALERT_BIT(TOKEN_ENDING) },
};

START_TEST(a_token_that_is_of_use_is_told_of_in_its_last_tenth_a_week_at_most)
{
	struct alert_token t = { .created_s = 500,
		.expires_s = 500 + tokens[_i].days * SITE_DAY,
		.usable = tokens[_i].usable };

	ck_assert_uint_eq(alerts_of_token(&t, t.expires_s - tokens[_i].left_s), tokens[_i].open);
}
END_TEST

START_TEST(every_alert_has_its_texts_and_a_name_of_its_own)
{
	for (int i = 0; i < ALERTS; i++) {
		const struct alert_def *d = &alert_defs[i];

		ck_assert_int_gt((int)strlen(d->name), 0);
		ck_assert_int_gt((int)strlen(d->due), 0);
		ck_assert_int_gt((int)strlen(d->action), 0);
		ck_assert_int_gt((int)strlen(d->cleared), 0);
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(d->name, alert_defs[k].name);
	}
}
END_TEST

/* ---- lived through ---------------------------------------------------------- */

static struct site s;
static struct device d, other;
static struct site_token token;

static void
setup(void)
{
	site_open(&s);
	token = site_token_new(&s, LEDGER_DEFAULT, 365, LEDGER_ANY_USES);
	d = device_new(&s, "CAT1");
	other = device_new(&s, "CAT2");
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
}

static void
teardown(void)
{
	site_check(&s);
	device_free(&d);
	device_free(&other);
	site_close(&s);
}

static void
chores(int64_t later_s)
{
	s.now += later_s;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
}

static int
add_open(void *ud, const struct ledger_alert *a)
{
	char *text = ud;
	size_t used = strlen(text);

	(void)snprintf(text + used, 1000 - used, "%s%s (%s)", used > 0 ? "; " : "", a->def->name,
	    a->subject);
	return 0;
}

static void
ck_open(const char *wanted)
{
	char text[1000] = "";

	site_ok(&s, ledger_alert_each(s.ledger, NULL, 0, add_open, text, &s.err));
	ck_assert_str_eq(text, wanted);
}

static void
buy(int64_t n)
{
	site_ok(&s, ledger_license_add(s.ledger, LEDGER_DEFAULT, TAG_G, n, 1, s.now, &s.err));
}

static const char *
compliance(const char *serial)
{
	static struct ledger_instance i;

	site_ok(&s, ledger_instance_find(s.ledger, serial, &i, &s.err));
	return i.compliance;
}

/* Of the last answer. */
static enum sl_denial
use(struct device *device, int64_t g)
{
	return device_use(&s, device, g, 0);
}

START_TEST(a_short_pool_is_one_alert_that_goes_when_it_is_short_no_more)
{
	buy(8);
	ck_assert_int_eq(use(&d, 8), SL_DENIED_NONE);
	ck_open("insufficient licenses (Default: S-NCS1K4-LIC-100G=)");
	ck_assert_int_eq(use(&other, 2), SL_DENIED_NONE);
	ck_open("out of compliance (Default: S-NCS1K4-LIC-100G=)");
	ck_assert_int_eq(use(&other, 3), SL_DENIED_NONE);
	ck_assert_int_eq(site_count(&s, "SELECT times FROM alert WHERE name = 'out of compliance'"), 1);
	buy(20);
	ck_open("");
	buy(5);
	ck_open("out of compliance (Default: S-NCS1K4-LIC-100G=)");
	ck_assert_int_eq(site_count(&s, "SELECT times FROM alert WHERE name = 'out of compliance'"), 2);
	site_ok(&s, ledger_instance_remove(s.ledger, "CAT1", "alice", s.now, &s.err));
	ck_open("");
}
END_TEST

/* doc/decisions/compliance.md */
START_TEST(who_uses_a_short_pool_is_marked_at_its_contact_and_back_at_the_next_after)
{
	buy(8);
	ck_assert_int_eq(use(&d, 6), SL_DENIED_NONE);
	ck_assert_str_eq(compliance("CAT1"), "authorized");
	ck_assert_int_eq(use(&other, 6), SL_DENIED_NONE);
	ck_assert_str_eq(compliance("CAT2"), "out_of_compliance");
	/* not heard of since: as it was told */
	ck_assert_str_eq(compliance("CAT1"), "authorized");
	ck_assert_int_eq(use(&d, 6), SL_DENIED_NONE);
	ck_assert_str_eq(compliance("CAT1"), "out_of_compliance");
	/* who uses nothing of it is not concerned */
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
	ck_assert_str_eq(compliance("CAT1"), "authorized");
	ck_assert_str_eq(compliance("CAT2"), "out_of_compliance");
	ck_assert_int_eq(use(&other, 6), SL_DENIED_NONE);
	ck_assert_str_eq(compliance("CAT2"), "authorized");
}
END_TEST

START_TEST(a_silent_device_is_told_of_after_thirty_days_and_no_more_when_it_calls)
{
	ck_assert_int_eq(use(&d, 0), SL_DENIED_NONE);
	chores(HOUR);
	s.now += 20 * SITE_DAY;
	ck_assert_int_eq(use(&d, 0), SL_DENIED_NONE); /* it calls meanwhile */
	chores(30 * SITE_DAY - 1);
	ck_open("");
	chores(1);
	ck_open("device silent (PID:NCS1004 SN:CAT1)");
	chores(SITE_DAY);
	ck_assert_int_eq(site_count(&s, "SELECT times FROM alert"), 1);
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_open("");
	/* and is watched again */
	chores(30 * SITE_DAY);
	ck_open("device silent (PID:NCS1004 SN:CAT1)");
	site_ok(&s, ledger_instance_remove(s.ledger, "CAT1", "alice", s.now, &s.err));
	ck_open("");
}
END_TEST

START_TEST(licenses_are_released_at_the_deadline_and_taken_again_at_the_next_contact)
{
	buy(20);
	ck_assert_int_eq(use(&d, 8), SL_DENIED_NONE);
	chores(90 * SITE_DAY);
	ck_open("device silent (PID:NCS1004 SN:CAT1)");
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 8);
	chores(1);
	ck_open("device silent (PID:NCS1004 SN:CAT1); licenses released (PID:NCS1004 SN:CAT1)");
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 0);
	ck_assert_int_eq(use(&d, 8), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 8);
	ck_open("");
}
END_TEST

START_TEST(both_limits_are_a_virtual_accounts_own)
{
	const struct ledger_limits limits = { 2, 9 };
	struct sl_reply *reply;

	buy(20);
	site_ok(&s, ledger_virtual_account_set(
			s.ledger, LEDGER_DEFAULT, &limits, NULL, "admin", s.now, &s.err));
	device_ask_usage(&s, &d, 8, 0);
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->status, SL_REPLY_OK);
	ck_assert_int_eq(reply->authorization.deadline_s, s.now + 9 * SITE_DAY);
	/* it is to call several times before */
	ck_assert_int_eq(reply->policy.next_contact_s, 3 * SITE_DAY);
	sl_reply_free(reply);
	chores(2 * SITE_DAY - 1);
	ck_open("");
	chores(1);
	ck_open("device silent (PID:NCS1004 SN:CAT1)");
	chores(7 * SITE_DAY + 1);
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 0);
}
END_TEST

START_TEST(a_changed_limit_is_looked_at_by_the_next_chores)
{
	buy(20);
	ck_assert_int_eq(use(&d, 8), SL_DENIED_NONE);
	chores(10 * SITE_DAY);
	ck_open("");
	site_ok(&s, ledger_virtual_account_set(s.ledger, LEDGER_DEFAULT,
			&(struct ledger_limits){ 9, 0 }, NULL, "admin", s.now, &s.err));
	chores(0);
	ck_open("device silent (PID:NCS1004 SN:CAT1)");
	site_ok(&s, ledger_virtual_account_set(s.ledger, LEDGER_DEFAULT,
			&(struct ledger_limits){ 11, 0 }, NULL, "admin", s.now, &s.err));
	chores(0);
	ck_open("");
	chores(SITE_DAY);
	ck_open("device silent (PID:NCS1004 SN:CAT1)");
}
END_TEST

static const struct ledger_limits bad_limits[] = { { 91, 0 }, { 0, 6 }, { 0, 366 }, { 0, 29 }, { -1, 0 } };

START_TEST(limits_that_contradict_each_other_are_refused)
{
	ck_assert_int_eq(ledger_virtual_account_set(s.ledger, LEDGER_DEFAULT, &bad_limits[_i], NULL,
			     "admin", s.now, &s.err),
	    SMARTLIC_E_INVAL);
	ck_assert_int_eq(site_count(&s, "SELECT silence_days * 1000 + deadline_days FROM"
					" virtual_account"), 30090);
}
END_TEST

static int
keep(void *ud, const struct ledger_alert *a)
{
	*(struct ledger_alert *)ud = *a;
	return 0;
}

START_TEST(a_possible_clone_has_both_contacts_and_goes_when_the_device_registers_anew)
{
	struct ledger_alert a = { .def = NULL };
	char first[SL_UUID_SIZE];

	buy(20);
	ck_assert_int_eq(use(&d, 1), SL_DENIED_NONE);
	(void)strcpy(first, d.request_id);
	d.sequence--;
	ck_assert_int_eq(use(&d, 1), SL_DENIED_OUT_OF_SYNC);
	site_ok(&s, ledger_alert_each(s.ledger, d.instance, 0, keep, &a, &s.err));
	ck_assert_str_eq(a.def->name, "possible clone");
	ck_assert_ptr_nonnull(strstr(a.first, first));
	ck_assert_ptr_nonnull(strstr(a.second, d.request_id));
	chores(SITE_DAY);
	ck_assert_int_eq(site_alerts(&s, "possible clone"), 1);
	ck_assert_int_eq(device_register(&s, &d, &token, 1), SL_DENIED_NONE);
	ck_assert_int_eq(use(&d, 1), SL_DENIED_NONE);
	ck_assert_int_eq(site_alerts(&s, "possible clone"), 0);
}
END_TEST

START_TEST(a_sign_that_does_not_come_again_is_over_after_ninety_days)
{
	buy(20);
	ck_assert_int_eq(use(&d, 1), SL_DENIED_NONE);
	d.sequence--;
	ck_assert_int_eq(use(&d, 1), SL_DENIED_OUT_OF_SYNC);
	chores(90 * SITE_DAY);
	ck_assert_int_eq(site_alerts(&s, "possible clone"), 1);
	chores(1);
	ck_assert_int_eq(site_alerts(&s, "possible clone"), 0);
}
END_TEST

START_TEST(a_token_that_ends_is_told_of_until_it_is_revoked)
{
	struct site_token short_one = site_token_new(&s, LEDGER_DEFAULT, 10, LEDGER_ANY_USES);

	chores(9 * SITE_DAY - 1);
	ck_open("");
	chores(1);
	ck_assert_int_eq(site_alerts(&s, "token ending"), 1);
	site_ok(&s, ledger_token_revoke(s.ledger, short_one.text, "admin", s.now, &s.err));
	chores(HOUR);
	ck_open("");
}
END_TEST

/* A year less a day on: the signer has a year to go, the TLS certificate a day, the root 19 years. */
START_TEST(certificates_that_end_are_told_of)
{
	chores(363 * SITE_DAY);
	ck_assert_int_eq(site_alerts(&s, "TLS certificate ending"), 1);
	ck_assert_int_eq(site_alerts(&s, "response signer ending"), 0);
	ck_assert_int_eq(site_alerts(&s, "root ending"), 0);
	ck_assert_int_ge(pki_tls_renew(s.pki, NULL, 0, s.now, &s.err), 0);
	chores(HOUR);
	ck_assert_int_eq(site_alerts(&s, "TLS certificate ending"), 0);
	chores(300 * SITE_DAY);
	ck_assert_int_eq(site_alerts(&s, "response signer ending"), 1);
	ck_assert_int_eq(site_alerts(&s, "issuing CA ending"), 0);
}
END_TEST

START_TEST(an_alert_that_is_over_is_kept_for_a_year)
{
	char text[1000] = "";

	buy(1);
	ck_assert_int_eq(use(&d, 2), SL_DENIED_NONE);
	buy(20);
	chores(365 * SITE_DAY);
	site_ok(&s, ledger_alert_each(s.ledger, NULL, 1, add_open, text, &s.err));
	ck_assert_ptr_nonnull(strstr(text, "out of compliance"));
	chores(HOUR);
	text[0] = '\0';
	site_ok(&s, ledger_alert_each(s.ledger, NULL, 1, add_open, text, &s.err));
	ck_assert_ptr_null(strstr(text, "out of compliance"));
}
END_TEST

/* The copy, at the host that the ledger moves to, does it; two that do would each say otherwise. */
START_TEST(at_a_sealed_ledger_nothing_is_due)
{
	int64_t lists, numbers;

	buy(8);
	ck_assert_int_eq(use(&d, 3), SL_DENIED_NONE);
	chores(0);
	lists = site_count(&s, "SELECT COUNT(*) FROM crl");
	numbers = site_count(&s, "SELECT SUM(number) FROM crl");
	site_ok(&s, ledger_seal(s.ledger, "admin", s.now, &s.err));
	chores(200 * SITE_DAY);
	ck_open("");
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance WHERE holds = 1"), 1);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM crl"), lists);
	ck_assert_int_eq(site_count(&s, "SELECT SUM(number) FROM crl"), numbers);
	/* also where the seal comes after it was asked for */
	ck_assert_int_eq(ledger_watch(s.ledger, s.now, &s.err), SMARTLIC_E_STATE);
	ck_assert_int_eq(ledger_release_all_overdue(s.ledger, s.now, &s.err), SMARTLIC_E_STATE);
	ck_open("");
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, "UPDATE manager SET sealed_s = NULL", ""));
	chores(0);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance WHERE holds = 1"), 0);
	ck_assert_int_gt(site_count(&s, "SELECT COUNT(*) FROM alert WHERE cleared_s IS NULL"), 0);
	ck_assert_int_gt(site_count(&s, "SELECT SUM(number) FROM crl"), numbers);
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

int
main(void)
{
	Suite *suite = suite_create("alerts");
	TCase *rules = tcase_create("rules"), *t = tcase_create("lived through");

	tcase_add_loop_test(rules, a_pool_is_short_or_used_up_or_neither, 0, N(pools));
	tcase_add_test(rules, silence_is_counted_from_the_last_contact_of_a_live_instance);
	tcase_add_loop_test(rules,
	    a_token_that_is_of_use_is_told_of_in_its_last_tenth_a_week_at_most, 0, N(tokens));
	tcase_add_test(rules, every_alert_has_its_texts_and_a_name_of_its_own);
	suite_add_tcase(suite, rules);
	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_short_pool_is_one_alert_that_goes_when_it_is_short_no_more);
	tcase_add_test(t, who_uses_a_short_pool_is_marked_at_its_contact_and_back_at_the_next_after);
	tcase_add_test(t, a_silent_device_is_told_of_after_thirty_days_and_no_more_when_it_calls);
	tcase_add_test(t, licenses_are_released_at_the_deadline_and_taken_again_at_the_next_contact);
	tcase_add_test(t, both_limits_are_a_virtual_accounts_own);
	tcase_add_test(t, a_changed_limit_is_looked_at_by_the_next_chores);
	tcase_add_loop_test(t, limits_that_contradict_each_other_are_refused, 0, N(bad_limits));
	tcase_add_test(t, a_possible_clone_has_both_contacts_and_goes_when_the_device_registers_anew);
	tcase_add_test(t, a_sign_that_does_not_come_again_is_over_after_ninety_days);
	tcase_add_test(t, a_token_that_ends_is_told_of_until_it_is_revoked);
	tcase_add_test(t, certificates_that_end_are_told_of);
	tcase_add_test(t, an_alert_that_is_over_is_kept_for_a_year);
	tcase_add_test(t, at_a_sealed_ledger_nothing_is_due);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
