/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki/roll.h"
#include "pki/satellite.h"
#include "tests/manager/edge.h"
#include "text.h"

/* What the rules of synchronisation make of an upstream, a satellite and their devices. */

/* ---- tests ---------------------------------------------------------------- */

START_TEST(a_joined_satellite_knows_its_accounts_and_pools)
{
	int64_t purchased, consumed;

	ck_assert_str_eq(ledger_info(edge.ledger)->account, SITE_ACCOUNT);
	ck_assert_str_eq(ledger_info(edge.ledger)->upstream, SITE_HOME);
	ck_assert_str_ne(ledger_info(edge.ledger)->home, SITE_HOME);
	site_ok(&edge, ledger_pool_get(edge.ledger, edge_va(&edge, BRANCH), TAG_G, edge.now,
			   &purchased, &consumed, &edge.err));
	ck_assert_int_eq(purchased, 10);
	ck_assert_int_eq(consumed, 0);
}
END_TEST

START_TEST(a_device_lives_at_the_satellite_and_the_upstream_learns_all_of_it)
{
	struct device d = edge_registered("SN1");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM instance"), 0);
	edge_pass(60);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 4);
	ck_assert_int_eq(site_consumed(&edge, edge_va(&edge, BRANCH), TAG_G), 4);
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM evidence"), 1);
	ck_assert_int_eq(device_use(&edge, &d, 7, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_renew_id(&edge, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 6, 0), SL_DENIED_NONE);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 6);
	device_free(&d);
}
END_TEST

START_TEST(its_answers_are_signed_by_role_satellite_and_say_when_it_synchronised)
{
	struct device d = edge_registered("SN1");

	ck_assert_uint_eq(sl_cert_roles(pki_signer(edge.pki)), SL_ROLE_SATELLITE);
	ck_assert_uint_eq(edge.last_certs, 3);
	ck_assert_uint_eq(edge.last_lists, 3);
	ck_assert_ptr_nonnull(strstr(edge.last.data, "\"synchronised\":\"2027-01-15T08:00:00Z\""));
	edge_pass(3600);
	edge_sync();
	ck_assert_int_eq(device_use(&edge, &d, 1, 0), SL_DENIED_NONE);
	ck_assert_ptr_nonnull(strstr(edge.last.data, "\"synchronised\":\"2027-01-15T09:00:00Z\""));
	device_free(&d);
}
END_TEST

START_TEST(a_device_that_moves_to_the_upstream_and_back_is_counted_once)
{
	struct device d = edge_registered("SN1");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_sync();
	/* the upstream does not serve Branch: it enters the default one */
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 5);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 0);
	edge_pass(60);
	edge_sync();
	ck_assert_int_eq(site_consumed(&edge, edge_va(&edge, BRANCH), TAG_G), 0);
	ck_assert_str_eq(edge_row(&up, &d).home, "");
	ck_assert_str_eq(edge_row(&edge, &d).home, SITE_HOME);
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 0);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 3);
	ck_assert_int_eq(site_consumed(&edge, edge_va(&edge, BRANCH), TAG_G), 3);
	device_free(&d);
}
END_TEST

/* What the upstream's next issuing CA certified is as good at the satellite as what the former did.
 */
START_TEST(an_upstream_whose_keys_were_followed_synchronises_and_its_devices_move)
{
	static const enum pki_kind kinds[] = { PKI_KIND_SIGNER, PKI_KIND_ISSUING };
	struct device d = edge_registered("SN1");

	d.keeps_cas = 1;
	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_sync();
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(pki_successor_make(up.pki, kinds[i], up.now, &up.err), 1);
		ck_assert_int_eq(pki_successor_begin(up.pki, kinds[i], &up.err), 1);
	}
	edge_pass(60);
	edge_sync();
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_renew_id(&up, &d), SL_DENIED_NONE);
	ck_assert_ptr_eq(pki_issuing_of(up.pki, d.cert), pki_issuing(up.pki));
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	/* before the satellite was told of the new key */
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&edge, edge_va(&edge, BRANCH), TAG_G), 3);
	device_free(&d);
}
END_TEST

START_TEST(a_device_unknown_to_the_satellite_is_adopted_into_its_first_virtual_account)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&edge, edge_va(&edge, BRANCH), TAG_G), 3);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 0);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 3);
	device_free(&d);
}
END_TEST

START_TEST(what_one_side_closed_is_closed_at_both)
{
	struct device d = edge_registered("SN1"), e = edge_registered("SN2");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &e, 4, 0), SL_DENIED_NONE);
	edge_sync();
	site_ok(&up, ledger_instance_remove(up.ledger, d.instance, "admin", up.now, &up.err));
	site_ok(
	    &edge, ledger_instance_remove(edge.ledger, e.instance, "local", edge.now, &edge.err));
	/* a request that the satellite executes before it knows does not bring it back */
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_eq(edge_row(&edge, &d).state, LEDGER_CLOSED);
	ck_assert_int_eq(edge_row(&up, &d).state, LEDGER_CLOSED);
	ck_assert_str_eq(edge_row(&edge, &d).closed_by, "admin");
	ck_assert_int_eq(edge_row(&up, &e).state, LEDGER_CLOSED);
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(device_use(&up, &e, 5, 0), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 0);
	ck_assert_int_eq(site_consumed(&edge, edge_va(&edge, BRANCH), TAG_G), 0);
	device_free(&d);
	device_free(&e);
}
END_TEST

START_TEST(of_two_registrations_of_a_device_the_later_one_wins_at_both)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_registered("SN1"), e = edge_traveller(&up, "SN1");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_pass(3600);
	ck_assert_int_eq(device_register(&up, &e, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &e, 5, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_eq(edge_row(&up, &d).state, LEDGER_CLOSED);
	ck_assert_int_eq(edge_row(&edge, &d).state, LEDGER_CLOSED);
	ck_assert_int_eq(edge_row(&up, &e).state, LEDGER_LIVE);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 0);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 5);
	device_free(&d);
	device_free(&e);
}
END_TEST

START_TEST(a_repeated_late_or_lost_exchange_changes_nothing)
{
	struct sl_buf first = { 0 }, second = { 0 }, answer = { 0 }, other = { 0 };
	struct device d = edge_registered("SN1");
	struct sync_outcome o;

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_ask(&first, 0);
	edge_answer(&first, &answer); /* and is lost */
	ck_assert_int_eq(device_use(&edge, &d, 6, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_ask(&second, 0);
	edge_answer(&second, &other);
	/* the answer to a request that is not the open one any more */
	ck_assert_int_eq(
	    sync_answer(edge.authority, answer.data, answer.len, edge.now, &o, &edge.err),
	    SMARTLIC_E_BINDING);
	ck_assert_int_eq(
	    sync_answer(edge.authority, other.data, other.len, edge.now, &o, &edge.err), 0);
	ck_assert_int_eq(
	    sync_answer(edge.authority, other.data, other.len, edge.now, &o, &edge.err),
	    SMARTLIC_E_BINDING);
	/* the older message arrives once more */
	sl_buf_free(&answer);
	edge_answer(&first, &answer);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 6);
	sl_buf_free(&first);
	sl_buf_free(&second);
	sl_buf_free(&answer);
	sl_buf_free(&other);
	device_free(&d);
}
END_TEST

/* Enough for two messages; under valgrind for one. */
#define FLEET_MAX 60

START_TEST(more_rows_than_fit_into_a_message_follow_in_the_next)
{
	int n = 10 + (int)((FLEET_MAX - 10) * test_percent() / 100);
	struct device d[FLEET_MAX];
	struct sync_outcome o;
	char sn[16];

	for (int i = 0; i < n; i++) {
		(void)snprintf(sn, sizeof(sn), "SN%d", i);
		d[i] = edge_registered(sn);
		ck_assert_int_eq(device_use(&edge, &d[i], 1, 0), SL_DENIED_NONE);
	}
	ck_assert_int_eq(edge_round(0, &o), 0);
	ck_assert_int_eq(o.more, n == FLEET_MAX);
	edge_sync();
	for (int i = 0; i < n; i++) {
		edge_assert_equal(&d[i], BRANCH);
		device_free(&d[i]);
	}
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), n);
}
END_TEST

/* ---- transfers ------------------------------------------------------------ */

static int64_t
bought(struct site *s, const char *va)
{
	int64_t purchased, consumed;

	site_ok(s, ledger_pool_get(
		       s->ledger, edge_va(s, va), TAG_G, s->now, &purchased, &consumed, &s->err));
	return purchased;
}

START_TEST(licenses_move_between_its_virtual_accounts_at_once_and_once)
{
	struct sl_buf request = { 0 }, answer = { 0 };

	site_ok(&edge, ledger_upstream_transfer(edge.ledger, "0a0a0a0a-0000-4000-8000-000000000001",
			   BRANCH, LAB, TAG_G, 4, edge.now, &edge.err));
	ck_assert_int_eq(bought(&edge, BRANCH), 6);
	ck_assert_int_eq(bought(&edge, LAB), 4);
	/* told twice: the first answer is lost */
	edge_ask(&request, 0);
	edge_answer(&request, &answer);
	site_ok(&up, ledger_license_add(up.ledger, BRANCH, TAG_G, 5, 0, up.now, &up.err));
	edge_sync();
	ck_assert_int_eq(bought(&up, BRANCH), 11);
	ck_assert_int_eq(bought(&up, LAB), 4);
	ck_assert_int_eq(bought(&edge, BRANCH), 11);
	ck_assert_int_eq(bought(&edge, LAB), 4);
	ck_assert_int_eq(
	    ledger_upstream_transfer(edge.ledger, "0a0a0a0a-0000-4000-8000-000000000002", BRANCH,
		LAB, TAG_G, 12, edge.now, &edge.err),
	    SMARTLIC_E_LIMIT);
	ck_assert_int_eq(
	    ledger_upstream_transfer(edge.ledger, "0a0a0a0a-0000-4000-8000-000000000002", BRANCH,
		LEDGER_DEFAULT, TAG_G, 1, edge.now, &edge.err),
	    SMARTLIC_E_INVAL);
	sl_buf_free(&request);
	sl_buf_free(&answer);
}
END_TEST

/* ---- names of virtual accounts --------------------------------------------- */

static void
rename_up(const char *from, const char *to)
{
	site_ok(&up, ledger_virtual_account_rename(up.ledger, from, to, "admin", up.now, &up.err));
}

START_TEST(names_that_change_at_the_upstream_change_here_even_if_they_are_exchanged)
{
	int64_t branch = edge_va(&up, BRANCH), lab = edge_va(&up, LAB);

	edge_sync();
	rename_up(BRANCH, "Third");
	rename_up(LAB, BRANCH);
	rename_up("Third", LAB);
	edge_sync();
	ck_assert_int_eq(edge_va(&edge, LAB), branch);
	ck_assert_int_eq(edge_va(&edge, BRANCH), lab);
	/* one that this satellite calls so itself makes way */
	rename_up(LEDGER_DEFAULT, "Was default");
	rename_up(LAB, LEDGER_DEFAULT);
	edge_sync();
	ck_assert_int_eq(edge_va(&edge, LEDGER_DEFAULT), branch);
}
END_TEST

START_TEST(a_satellite_makes_renames_and_deletes_none)
{
	ck_assert_int_eq(
	    ledger_virtual_account_create(edge.ledger, "Own", "admin", edge.now, &edge.err),
	    SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(edge.err.text, "at its upstream"));
	ck_assert_int_eq(
	    ledger_virtual_account_rename(edge.ledger, LAB, "Own", "admin", edge.now, &edge.err),
	    SMARTLIC_E_STATE);
	ck_assert_int_eq(
	    ledger_virtual_account_delete(edge.ledger, LAB, "admin", edge.now, &edge.err),
	    SMARTLIC_E_STATE);
}
END_TEST

START_TEST(the_default_one_is_served_here_and_what_a_satellite_serves_is_not_deleted)
{
	ck_assert_int_eq(ledger_virtual_account_default(up.ledger, LAB, "admin", up.now, &up.err),
	    SMARTLIC_E_STATE);
	ck_assert_int_eq(ledger_virtual_account_delete(up.ledger, LAB, "admin", up.now, &up.err),
	    SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(up.err.text, "'satellite leave' there"));
	/* and the other way round */
	ck_assert_int_eq(ledger_virtual_account_default(
			     edge.ledger, LEDGER_DEFAULT, "admin", edge.now, &edge.err),
	    0);
	site_ok(
	    &edge, ledger_virtual_account_default(edge.ledger, LAB, "admin", edge.now, &edge.err));
	(void)site_token_make(
	    &edge, (struct ledger_token_new){ .days = 1, .uses_max = LEDGER_ANY_USES });
	ck_assert_int_eq(ledger_virtual_account_default(
			     edge.ledger, LEDGER_DEFAULT, "admin", edge.now, &edge.err),
	    SMARTLIC_E_STATE);
}
END_TEST

/* ---- restored ------------------------------------------------------------- */

START_TEST(a_restored_satellite_has_everything_again_after_one_synchronisation)
{
	struct device d = edge_registered("SN1"), e, f;
	char backup[120];

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_sync();
	(void)snprintf(backup, sizeof(backup), "%s/backup", edge.dir);
	site_ok(&edge, ledger_backup(edge.ledger, backup, edge.now, &edge.err));
	edge_pass(60);
	ck_assert_int_eq(device_use(&edge, &d, 6, 0), SL_DENIED_NONE);
	e = edge_registered("SN2");
	ck_assert_int_eq(device_use(&edge, &e, 2, 0), SL_DENIED_NONE);
	edge_sync();
	edge_pass(60);
	/* this one the upstream has not been told of: its own chain lets the satellite adopt it */
	f = edge_registered("SN3");
	ck_assert_int_eq(device_use(&edge, &f, 1, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_restore(&edge, backup);
	ck_assert_int_eq(site_count(&edge, "SELECT COUNT(*) FROM instance"), 1);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	edge_assert_equal(&e, BRANCH);
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &e, 2, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &f, 1, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	edge_assert_equal(&f, BRANCH);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 8);
	ck_assert_int_eq(site_consumed(&edge, edge_va(&edge, BRANCH), TAG_G), 8);
	device_free(&d);
	device_free(&e);
	device_free(&f);
}
END_TEST

/* It was registered elsewhere before the time that was lost, in which it came and was certified. */
START_TEST(a_device_that_came_in_the_gap_is_adopted_by_what_it_was_certified_there)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");
	char backup[120];

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 4, 0), SL_DENIED_NONE);
	edge_pass(60);
	(void)snprintf(backup, sizeof(backup), "%s/backup", edge.dir);
	site_ok(&edge, ledger_backup(edge.ledger, backup, edge.now, &edge.err));
	edge_pass(60);
	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_renew_id(&edge, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_restore(&edge, backup);
	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	device_free(&d);
}
END_TEST

/* The request to register comes once more, late, to a satellite that has forgotten it. */
START_TEST(a_registration_that_is_repeated_after_a_restoration_takes_no_key_from_a_live_one)
{
	struct site_token token = site_token_new(&edge, BRANCH, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&edge, "SN1");
	struct sl_buf late = { 0 };
	struct sl_reply *reply;
	char backup[120];

	(void)snprintf(backup, sizeof(backup), "%s/backup", edge.dir);
	site_ok(&edge, ledger_backup(edge.ledger, backup, edge.now, &edge.err));
	edge_pass(60);
	ck_assert_int_eq(device_register(&edge, &d, &token, 0), SL_DENIED_NONE);
	sl_buf_add(&late, d.message.data, d.message.len);
	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_eq(device_use(&up, &d, 4, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_restore(&edge, backup);
	reply = site_send(&edge, &late);
	ck_assert_int_eq(reply->error.code, SL_DENIED_NONE);
	sl_reply_free(reply);
	edge_sync();
	ck_assert_int_eq(device_use(&up, &d, 4, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_sync();
	ck_assert_int_eq(
	    site_count(&up, "SELECT COUNT(*) FROM instance WHERE state <> 'closed'"), 1);
	sl_buf_free(&late);
	device_free(&d);
}
END_TEST

START_TEST(a_restored_upstream_has_everything_again_after_one_synchronisation)
{
	struct device d = edge_registered("SN1"), e;
	char backup[120];

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_sync();
	(void)snprintf(backup, sizeof(backup), "%s/backup", up.dir);
	site_ok(&up, ledger_backup(up.ledger, backup, up.now, &up.err));
	edge_pass(60);
	ck_assert_int_eq(device_use(&edge, &d, 6, 0), SL_DENIED_NONE);
	e = edge_registered("SN2");
	ck_assert_int_eq(device_use(&edge, &e, 2, 0), SL_DENIED_NONE);
	edge_sync();
	edge_pass(60);
	edge_restore(&up, backup);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	edge_assert_equal(&e, BRANCH);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 8);
	device_free(&d);
	device_free(&e);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sync");
	TCase *t = tcase_create("sync");

	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_checked_fixture(t, edge_setup, edge_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(
	    t, a_device_that_came_in_the_gap_is_adopted_by_what_it_was_certified_there);
	tcase_add_test(
	    t, a_registration_that_is_repeated_after_a_restoration_takes_no_key_from_a_live_one);
	tcase_add_test(t, a_joined_satellite_knows_its_accounts_and_pools);
	tcase_add_test(t, a_device_lives_at_the_satellite_and_the_upstream_learns_all_of_it);
	tcase_add_test(t, its_answers_are_signed_by_role_satellite_and_say_when_it_synchronised);
	tcase_add_test(t, a_device_that_moves_to_the_upstream_and_back_is_counted_once);
	tcase_add_test(t, an_upstream_whose_keys_were_followed_synchronises_and_its_devices_move);
	tcase_add_test(
	    t, a_device_unknown_to_the_satellite_is_adopted_into_its_first_virtual_account);
	tcase_add_test(t, what_one_side_closed_is_closed_at_both);
	tcase_add_test(t, of_two_registrations_of_a_device_the_later_one_wins_at_both);
	tcase_add_test(t, a_repeated_late_or_lost_exchange_changes_nothing);
	tcase_add_test(t, more_rows_than_fit_into_a_message_follow_in_the_next);
	tcase_add_test(t, licenses_move_between_its_virtual_accounts_at_once_and_once);
	tcase_add_test(t, names_that_change_at_the_upstream_change_here_even_if_they_are_exchanged);
	tcase_add_test(t, a_satellite_makes_renames_and_deletes_none);
	tcase_add_test(
	    t, the_default_one_is_served_here_and_what_a_satellite_serves_is_not_deleted);
	tcase_add_test(t, a_restored_satellite_has_everything_again_after_one_synchronisation);
	if (getenv("SL_TEST_DATABASE") == NULL) /* PostgreSQL's backups are its own */
		tcase_add_test(
		    t, a_restored_upstream_has_everything_again_after_one_synchronisation);
	suite_add_tcase(s, t);
	return run_suite(s);
}
