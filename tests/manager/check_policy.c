/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/manager/site.h"

/* What the devices of a virtual account are told to do when. */

#define VA "NCS1000"

static struct site s;
static struct device d;

static void
setup(void)
{
	struct site_token token;

	site_open(&s);
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "admin", s.now, &s.err));
	token = site_token_new(&s, VA, 30, LEDGER_ANY_USES);
	d = device_new(&s, "CAT2231B18Y");
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
}

static void
teardown(void)
{
	site_check(&s);
	device_free(&d);
	site_close(&s);
}

/* One setting; a value of DB_NULL_INT is the default. */
static int
set(const char *va, enum ledger_policy_id id, int64_t value)
{
	struct ledger_policy p = { .set = 1U << id };

	for (size_t i = 0; i < LEDGER_POLICIES; i++)
		p.s[i] = DB_NULL_INT;
	p.s[id] = value;
	return ledger_virtual_account_policy(s.ledger, va, &p, "ann", s.now, &s.err);
}

/* The last answer says so. */
static int
says(const char *name, int64_t value)
{
	char *body = site_last_body(&s), text[64];
	int ret;

	(void)snprintf(text, sizeof(text), "\"%s\":%lld,", name, (long long)value);
	ret = strstr(body, text) != NULL;
	free(body);
	return ret;
}

static const struct {
	enum ledger_policy_id id;
	int64_t otherwise, value, least, most;
} settings[] = {
	{ LEDGER_POLICY_RENEW_AFTER, 180 * SITE_DAY, 90 * SITE_DAY, 3600, 365 * SITE_DAY / 2 },
	{ LEDGER_POLICY_NEXT_CONTACT, 30 * SITE_DAY, 7 * SITE_DAY, 3600, 30 * SITE_DAY },
	{ LEDGER_POLICY_OOC_POLL, 43200, 3600, 900, 30 * SITE_DAY },
	{ LEDGER_POLICY_RETRY, 3600, 7200, 300, 30 * SITE_DAY },
	{ LEDGER_POLICY_COLLECT, 3600, 86400, 60, SITE_DAY },
	{ LEDGER_POLICY_REPORT, 86400, 7 * SITE_DAY, 3600, 30 * SITE_DAY },
};
#define N_SETTINGS ((int)(sizeof(settings) / sizeof(settings[0])))

START_TEST(each_is_told_with_the_next_answer_and_the_others_stay)
{
	enum ledger_policy_id id = settings[_i].id;

	ck_assert_int_eq(device_use(&s, &d, 1, 0), SL_DENIED_NONE);
	ck_assert(says(ledger_policy_names[id], settings[_i].otherwise));
	site_ok(&s, set(VA, id, settings[_i].value));
	ck_assert_int_eq(device_use(&s, &d, 1, 0), SL_DENIED_NONE);
	for (int i = 0; i < N_SETTINGS; i++)
		ck_assert(says(ledger_policy_names[settings[i].id],
		    i == _i ? settings[i].value : settings[i].otherwise));
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_assert(says(ledger_policy_names[id], settings[_i].value));
	/* another one stays as it was */
	site_ok(
	    &s, set(VA, settings[(_i + 1) % N_SETTINGS].id, settings[(_i + 1) % N_SETTINGS].value));
	site_ok(&s, set(VA, id, DB_NULL_INT));
	ck_assert_int_eq(device_use(&s, &d, 1, 0), SL_DENIED_NONE);
	ck_assert(says(ledger_policy_names[id], settings[_i].otherwise));
	ck_assert(says(ledger_policy_names[settings[(_i + 1) % N_SETTINGS].id],
	    settings[(_i + 1) % N_SETTINGS].value));
}
END_TEST

START_TEST(what_a_device_would_not_take_is_refused_by_its_name)
{
	enum ledger_policy_id id = settings[_i].id;

	site_ok(&s, set(VA, id, settings[_i].least));
	site_ok(&s, set(VA, id, settings[_i].most));
	ck_assert_int_eq(set(VA, id, settings[_i].least - 1), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(s.err.text, ledger_policy_names[id]));
	ck_assert_ptr_nonnull(strstr(s.err.text, "raised to"));
	ck_assert_int_eq(set(VA, id, settings[_i].most + 1), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(s.err.text, "lowered to"));
	ck_assert_int_eq(set(VA, id, -1), SMARTLIC_E_INVAL);
	ck_assert_int_eq(device_use(&s, &d, 1, 0), SL_DENIED_NONE);
	if (id != LEDGER_POLICY_NEXT_CONTACT)
		ck_assert(says(ledger_policy_names[id], settings[_i].most));
}
END_TEST

START_TEST(a_device_that_registers_hears_it_at_once)
{
	struct site_token token = site_token_new(&s, VA, 30, LEDGER_ANY_USES);
	struct device other = device_new(&s, "OTHER");

	site_ok(&s, set(VA, settings[_i].id, settings[_i].value));
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
	for (int i = 0; i < N_SETTINGS; i++)
		ck_assert(says(ledger_policy_names[settings[i].id],
		    i == _i ? settings[i].value : settings[i].otherwise));
	device_free(&other);
}
END_TEST

START_TEST(another_virtual_account_has_its_own)
{
	site_ok(&s, set(LEDGER_DEFAULT, LEDGER_POLICY_COLLECT, 86400));
	ck_assert_int_eq(device_use(&s, &d, 1, 0), SL_DENIED_NONE);
	ck_assert(says("collect_s", 3600));
	ck_assert_int_eq(set("None", LEDGER_POLICY_COLLECT, 86400), SMARTLIC_E_NOT_FOUND);
	site_ok(&s,
	    ledger_instance_transfer(s.ledger, d.instance, LEDGER_DEFAULT, "ann", s.now, &s.err));
	ck_assert_int_eq(device_use(&s, &d, 1, 0), SL_DENIED_NONE);
	ck_assert(says("collect_s", 86400));
}
END_TEST

START_TEST(devices_call_three_times_before_their_deadline_whatever_is_set)
{
	site_ok(&s, set(VA, LEDGER_POLICY_NEXT_CONTACT, 20 * SITE_DAY));
	site_ok(&s, ledger_virtual_account_set(s.ledger, VA, &(struct ledger_limits){ 10, 30 },
			NULL, "ann", s.now, &s.err));
	ck_assert_int_eq(device_use(&s, &d, 1, 0), SL_DENIED_NONE);
	ck_assert(says("next_contact_s", 10 * SITE_DAY));
}
END_TEST

START_TEST(who_set_it_is_in_the_audit)
{
	site_ok(&s, set(VA, LEDGER_POLICY_COLLECT, 86400));
	site_ok(&s, set(VA, LEDGER_POLICY_COLLECT, DB_NULL_INT));
	ck_assert_int_eq(
	    site_count(&s, "SELECT COUNT(*) FROM audit WHERE what = 'virtual account policy'"
			   " AND who = 'ann' AND text IN ('''NCS1000'': collect_s 86400',"
			   " '''NCS1000'': collect_s default')"),
	    2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy");
	TCase *t = tcase_create("virtual account");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(
	    t, each_is_told_with_the_next_answer_and_the_others_stay, 0, N_SETTINGS);
	tcase_add_loop_test(t, what_a_device_would_not_take_is_refused_by_its_name, 0, N_SETTINGS);
	tcase_add_loop_test(t, a_device_that_registers_hears_it_at_once, 0, N_SETTINGS);
	tcase_add_test(t, another_virtual_account_has_its_own);
	tcase_add_test(t, devices_call_three_times_before_their_deadline_whatever_is_set);
	tcase_add_test(t, who_set_it_is_in_the_audit);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
