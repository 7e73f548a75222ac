/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/manager/site.h"

/* What a registration token says of itself, whom it lets in, and what it hands on. */

static struct site s;
static struct device d, other;

static void
setup(void)
{
	site_open(&s);
	d = device_new(&s, "CAT1");
	other = device_new(&s, "CAT2");
}

static void
teardown(void)
{
	site_check(&s);
	device_free(&d);
	device_free(&other);
	site_close(&s);
}

static struct ledger_token_new
fresh(void)
{
	return (struct ledger_token_new){ .virtual_account = LEDGER_DEFAULT,
		.days = 30,
		.uses_max = LEDGER_ANY_USES };
}

static struct ledger_token
look(const struct site_token *token)
{
	struct ledger_token t;

	site_ok(&s, ledger_token_find(s.ledger, token->text, &t, &s.err));
	return t;
}

START_TEST(a_token_tells_by_whom_and_what_for_it_was_made)
{
	struct ledger_token_new new = fresh();
	struct site_token token;
	struct ledger_token t;

	new.name = "lab";
	new.description = "the racks on the second floor";
	new.made_by = "alice";
	token = site_token_make(&s, new);
	t = look(&token);
	ck_assert_str_eq(t.name, "lab");
	ck_assert_str_eq(t.description, "the racks on the second floor");
	ck_assert_str_eq(t.made_by, "alice");
	ck_assert_int_eq(t.export_controlled, 0);
	ck_assert_int_eq(t.bound, 0);
	ck_assert(t.last_use_s == DB_NULL_INT);
}
END_TEST

START_TEST(its_last_use_is_the_last_registration_also_of_a_device_that_it_knows)
{
	struct site_token token = site_token_new(&s, LEDGER_DEFAULT, 30, 1);

	s.now += 5;
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(look(&token).last_use_s, s.now);
	s.now += 7;
	ck_assert_int_eq(device_register(&s, &d, &token, 1), SL_DENIED_NONE);
	ck_assert_int_eq(look(&token).last_use_s, s.now);
	ck_assert_int_eq(look(&token).uses, 1);
	s.now += 9;
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_TOKEN_EXHAUSTED);
	ck_assert_int_eq(look(&token).last_use_s, s.now - 9);
}
END_TEST

START_TEST(a_bound_token_registers_its_devices_and_no_other)
{
	struct ledger_token_new new = fresh();
	struct site_token token;

	new.udis = &d.udi;
	new.n_udis = 1;
	token = site_token_make(&s, new);
	ck_assert_int_eq(look(&token).bound, 1);
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NOT_ALLOWED);
	ck_assert_int_eq(look(&token).uses, 0);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance"), 0);
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	(void)strcpy(other.udi.sn, d.udi.sn);
	(void)strcpy(other.udi.uuid, "sdr-2");
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NOT_ALLOWED);
}
END_TEST

START_TEST(bound_without_a_uuid_it_registers_all_of_the_serial_number)
{
	struct ledger_token_new new = fresh();
	struct sl_udi any = d.udi;
	struct site_token token;

	any.uuid[0] = '\0';
	new.udis = &any;
	new.n_udis = 1;
	token = site_token_make(&s, new);
	(void)strcpy(other.udi.uuid, "sdr-2");
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NOT_ALLOWED);
	(void)strcpy(other.udi.sn, d.udi.sn);
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
}
END_TEST

static const char *const bad_udis[][3] = {
	{ "", "CAT1", "x" },
	{ "NCS 1004", "CAT1", "x" },
	{ "NCS1004", "", "" },
	{ "NCS1004", "CAT1", "a\nb" },
};

START_TEST(a_token_is_not_bound_to_what_no_device_can_be)
{
	struct ledger_token_new new = fresh();
	struct sl_udi udi = { .pid = "" };

	(void)strcpy(udi.pid, bad_udis[_i][0]);
	(void)strcpy(udi.sn, bad_udis[_i][1]);
	(void)strcpy(udi.uuid, bad_udis[_i][2]);
	new.udis = &udi;
	new.n_udis = 1;
	ck_assert_int_eq(ledger_token_create(s.ledger, &new, (unsigned char[16]){ 1 }, s.now,
			     &s.err), SMARTLIC_E_INVAL);
}
END_TEST

static int
next_policy(struct sl_reply *reply)
{
	int allowed = reply->policy.export_controlled_allowed;

	ck_assert_int_eq(reply->status, SL_REPLY_OK);
	sl_reply_free(reply);
	return allowed;
}

/* register's answer, renew-id's and authorize's */
static void
ck_export(struct device *device, const struct site_token *token, int wanted)
{
	device_ask_register(&s, device, token, 0, NULL, 0);
	ck_assert_int_eq(next_policy(device_send(&s, device)), wanted);
	device_ask_usage(&s, device, 1, 1);
	ck_assert_int_eq(next_policy(device_send(&s, device)), wanted);
	device_ask_renew_id(&s, device);
	ck_assert_int_eq(next_policy(device_send(&s, device)), wanted);
}

START_TEST(export_controlled_functions_are_allowed_to_whom_the_token_says)
{
	struct ledger_token_new new = fresh();
	struct site_token with, without = site_token_make(&s, new);

	new.export_controlled = 1;
	with = site_token_make(&s, new);
	ck_assert_int_eq(look(&with).export_controlled, 1);
	ck_export(&d, &with, 1);
	ck_export(&other, &without, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tokens");
	TCase *t = tcase_create("tokens");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_token_tells_by_whom_and_what_for_it_was_made);
	tcase_add_test(t, its_last_use_is_the_last_registration_also_of_a_device_that_it_knows);
	tcase_add_test(t, a_bound_token_registers_its_devices_and_no_other);
	tcase_add_test(t, bound_without_a_uuid_it_registers_all_of_the_serial_number);
	tcase_add_loop_test(t, a_token_is_not_bound_to_what_no_device_can_be, 0,
	    (int)(sizeof(bad_udis) / sizeof(bad_udis[0])));
	tcase_add_test(t, export_controlled_functions_are_allowed_to_whom_the_token_says);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
