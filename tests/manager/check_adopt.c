/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <unistd.h>

#include "file.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "tests/manager/restoring.h"
#include "text.h"

/* What happens to devices when a backup is put back: those of the gap are adopted. */

START_TEST(an_instance_of_the_gap_is_adopted)
{
	s.now += SITE_DAY;
	ck_assert_int_eq(device_register(&s, &later, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &later, 5, 0), SL_DENIED_NONE);
	go_back();
	ck_assert_int_eq(device_use(&s, &later, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(audited("instance adopted"), 1);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance WHERE state = 'live'"), 2);
	/* its virtual account is not in its certificate */
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 5);
	ck_assert_int_eq(site_count(&s, "SELECT uses FROM token WHERE revoked_s IS NOT NULL"), 0);
	ck_assert_int_eq(device_renew_id(&s, &later), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &later, 6, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_deregister(&s, &later), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &later, 6, 0), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(audited("instance adopted"), 1);
}
END_TEST

START_TEST(an_adopted_one_goes_to_the_default_virtual_account_where_its_own_was_deleted)
{
	ck_assert_int_eq(device_deregister(&s, &d), SL_DENIED_NONE);
	site_ok(&s, ledger_token_revoke(s.ledger, token.text, "admin", s.now, &s.err));
	site_ok(&s, ledger_license_transfer(
			s.ledger, TAG_G, 8, VA, LEDGER_DEFAULT, NULL, "admin", s.now, &s.err));
	site_ok(&s, ledger_virtual_account_create(s.ledger, "New", "admin", s.now, &s.err));
	site_ok(&s, ledger_virtual_account_default(s.ledger, "New", "admin", s.now, &s.err));
	site_ok(&s, ledger_virtual_account_delete(s.ledger, VA, "admin", s.now, &s.err));
	ck_assert_int_eq(unlink(backup), 0);
	make_backup();
	/* it registers once more, in the time that is lost */
	s.now += SITE_DAY;
	token = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 5, 0), SL_DENIED_NONE);
	go_back();
	ck_assert_int_eq(device_use(&s, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(audited("instance adopted"), 1);
	ck_assert_int_eq(site_consumed(&s, 3, TAG_G), 5);
}
END_TEST

/* So `restore` says that removals are to be made again. */
START_TEST(a_device_removed_in_the_gap_is_live_until_it_is_removed_again)
{
	s.now += SITE_DAY;
	site_ok(&s, ledger_instance_remove(s.ledger, "KNOWN", "admin", s.now, &s.err));
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_INSTANCE_REMOVED);
	go_back();
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	site_ok(&s, ledger_instance_remove(s.ledger, "KNOWN", "admin", s.now, &s.err));
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 0);
}
END_TEST

START_TEST(a_known_device_that_registered_again_in_the_gap_stays_in_its_virtual_account)
{
	s.now += SITE_DAY;
	ck_assert_int_eq(device_register(&s, &d, &token, 1), SL_DENIED_NONE);
	go_back();
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 2);
	ck_assert_int_eq(device_use(&s, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 5);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance WHERE state = 'live'"), 1);
}
END_TEST

START_TEST(a_key_of_the_gap_is_adopted)
{
	s.now += SITE_DAY;
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	go_back();
	ck_assert_int_eq(device_use(&s, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(audited("key adopted"), 1);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM key WHERE state = 'replaced'"), 1);
	ck_assert_int_eq(site_alerts(&s, "replaced key in use"), 0);
	ck_assert_int_eq(device_use(&s, &d, 5, 0), SL_DENIED_NONE);
}
END_TEST

/* ---- keys that were followed in the gap ----------------------------------- */

static const char *const kept[] = { "issuing.pem", "issuing.key", "signer.pem", "signer.key" };

/* Pairs that are followed in the gap, from pki/ to pki/saved-… or back. */
static void
copy_keys(int back)
{
	char from[FILE_PATH_SIZE], to[FILE_PATH_SIZE], saved[32];

	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(saved, sizeof(saved), "saved-%s", kept[i]);
		site_ok(&s, file_path(from, pki_dir(s.pki), back ? saved : kept[i], &s.err));
		site_ok(&s, file_path(to, pki_dir(s.pki), back ? kept[i] : saved, &s.err));
		site_ok(&s, back ? file_rename(from, to, &s.err) : file_copy(from, to, &s.err));
	}
}

/* The key of one, and all that the other one is, are the next issuing CA's. */
static void
roll_in_the_gap(void)
{
	static const enum pki_kind kinds[] = { PKI_KIND_ISSUING, PKI_KIND_SIGNER };

	s.now += SITE_DAY;
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(pki_successor_make(s.pki, kinds[i], s.now, &s.err), 1);
		ck_assert_int_eq(pki_successor_begin(s.pki, kinds[i], &s.err), 1);
	}
	s.now += 1;
	d.keeps_cas = later.keeps_cas = 1;
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &later, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &later, 5, 0), SL_DENIED_NONE);
	ck_assert_ptr_eq(pki_issuing_of(s.pki, d.cert), pki_issuing(s.pki));
	ck_assert_ptr_eq(pki_issuing_of(s.pki, later.cert), pki_issuing(s.pki));
}

static void
both_go_on(void)
{
	ck_assert_int_eq(device_use(&s, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &later, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(audited("key adopted"), 1);
	ck_assert_int_eq(audited("instance adopted"), 1);
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_renew_id(&s, &later), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &later, 5, 0), SL_DENIED_NONE);
}

/* The ledger knows neither the next CA nor its list, whose numbers devices compare. */
START_TEST(a_ledger_of_before_a_roll_goes_on_with_the_next_keys)
{
	char hex[17], name[32];
	struct ledger_crl before, after;

	roll_in_the_gap();
	sl_hex(hex, sl_cert_ski(pki_issuing(s.pki)), 8);
	(void)snprintf(name, sizeof(name), "issuing:%s", hex);
	ck_assert_int_eq(ledger_crl_get(s.ledger, name, &before, NULL, &s.err), 1);
	go_back();
	ck_assert_int_eq(ledger_crl_get(s.ledger, name, &after, NULL, &s.err), 0);
	both_go_on();
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(ledger_crl_get(s.ledger, name, &after, NULL, &s.err), 1);
	ck_assert_int_gt(after.number, before.number);
}
END_TEST

/* What the lost CA certified is known by the path that the devices bring. */
START_TEST(a_ledger_and_keys_of_before_a_roll_go_on_too)
{
	copy_keys(0);
	roll_in_the_gap();
	copy_keys(1);
	site_ok(&s, pki_refresh(s.pki, &s.err));
	go_back();
	both_go_on();
	ck_assert_ptr_eq(pki_issuing_of(s.pki, d.cert), pki_issuing(s.pki));
}
END_TEST

/* Who holds it has a store of before: what it signs later is as that of any replaced key. */
START_TEST(a_key_of_the_gap_that_a_newer_one_has_replaced_is_not_adopted)
{
	struct device old;
	struct sl_buf der = { 0 };

	s.now += SITE_DAY;
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	old = d;
	old.message = (struct sl_buf){ 0 };
	old.key = old.next_key = NULL;
	old.cert = sl_cert_ref(d.cert);
	site_ok(&s, sl_key_write(d.key, &der, &s.err));
	site_ok(&s, sl_key_read(&old.key, s.crypto, der.data, der.len, &s.err));
	s.now += SITE_DAY;
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	go_back();
	ck_assert_int_eq(device_use(&s, &d, 4, 0), SL_DENIED_NONE);
	old.sequence = d.sequence - 1;
	ck_assert_int_eq(device_use(&s, &old, 9, 0), SL_DENIED_SUPERSEDED);
	old.sequence = d.sequence;
	ck_assert_int_eq(device_use(&s, &old, 9, 0), SL_DENIED_BAD_SIGNATURE);
	ck_assert_int_eq(site_alerts(&s, "replaced key in use"), 1);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 4);
	ck_assert_int_eq(device_use(&s, &d, 5, 0), SL_DENIED_NONE);
	device_free(&old);
	sl_buf_free(&der);
}
END_TEST

START_TEST(what_was_certified_outside_the_gap_or_is_revoked_is_not_adopted)
{
	int64_t issued = s.now - 2 * SITE_DAY + (_i == 1 ? 3 * SITE_DAY : 0);
	unsigned char serial[16] = { 1 };
	struct sl_buf der = { 0 };
	struct sl_cert *self = NULL;
	const void *spki;
	size_t len;

	sl_uuid7(later.instance, issued * 1000, serial);
	site_ok(&s, sl_key_new(&later.key, s.crypto, &s.err));
	site_ok(&s, sl_cert_self(&self, s.crypto, later.key, &later.udi, s.now, &s.err));
	spki = sl_cert_spki(self, &len);
	site_ok(&s, pki_issue_device(s.pki, spki, len, SITE_ACCOUNT, "PID:NCS1004 SN:LATER",
			later.instance, issued, serial, &der, &s.err));
	site_ok(&s, sl_cert_parse(&later.cert, s.crypto, der.data, der.len, &s.err));
	go_back();
	if (_i == 1)
		site_ok(&s, db_exec(ledger_db(s.ledger), &s.err,
				"INSERT INTO revocation VALUES ($1, $2, 'lost', 0, NULL)", "tt",
				SITE_ACCOUNT, sl_cert_serial(later.cert)));
	ck_assert_int_eq(device_use(&s, &later, 1, 0),
	    _i == 1 ? SL_DENIED_CERTIFICATE_REVOKED : SL_DENIED_INSTANCE_UNKNOWN);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance"), 1);
	ck_assert_int_eq(audited("instance adopted"), 0);
	sl_cert_unref(self);
	sl_buf_free(&der);
}
END_TEST

START_TEST(an_instance_of_the_gap_that_a_later_one_has_replaced_is_not_adopted)
{
	struct sl_buf old = { 0 };
	struct sl_reply *reply;

	ck_assert_int_eq(device_register(&s, &later, &token, 0), SL_DENIED_NONE);
	device_ask_usage(&s, &later, 7, 0);
	sl_buf_add(&old, later.message.data, later.message.len);
	s.now++;
	ck_assert_int_eq(device_register(&s, &later, &token, 1), SL_DENIED_NONE);
	go_back();
	ck_assert_int_eq(device_use(&s, &later, 5, 0), SL_DENIED_NONE);
	if (_i == 1) /* and has ended since */
		site_ok(&s, ledger_instance_remove(s.ledger, later.instance, "root", s.now, &s.err));
	reply = site_send(&s, &old);
	ck_assert_int_eq(reply->error.code, SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance WHERE sn = 'LATER'"), 1);
	sl_reply_free(reply);
	sl_buf_free(&old);
}
END_TEST

/* The same, and before the device is heard of the second has gone: it was never anybody's. */
START_TEST(a_key_of_a_second_registration_that_nobody_used_moves_though_that_one_is_removed)
{
	struct sl_buf first = { 0 };

	device_ask_register(&s, &later, &token, 0, NULL, 0);
	sl_buf_add(&first, later.message.data, later.message.len);
	ck_assert_int_eq(device_code(&s, &later), SL_DENIED_NONE);
	go_back();
	sl_reply_free(site_send(&s, &first));
	site_ok(&s, ledger_instance_remove(s.ledger, "LATER", "admin", s.now, &s.err));
	ck_assert_int_eq(device_use(&s, &later, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(audited("instance adopted"), 1);
	ck_assert_int_eq(device_use(&s, &later, 6, 0), SL_DENIED_NONE);
	sl_buf_free(&first);
}
END_TEST

/* A registration that was answered before the restore and arrives once more after it: the device has
 * the first instance, the ledger the second, both with one key. */
START_TEST(a_registration_that_was_executed_on_both_sides_of_the_gap_strands_nobody)
{
	struct sl_buf first = { 0 };
	struct sl_reply *reply;
	char text[600];

	device_ask_register(&s, &later, &token, 0, NULL, 0);
	sl_buf_add(&first, later.message.data, later.message.len);
	ck_assert_int_eq(device_code(&s, &later), SL_DENIED_NONE);
	go_back();
	sl_reply_free(site_send(&s, &first));
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance WHERE sn = 'LATER'"), 1);
	/* without its certificates it is asked for them */
	snprintf(text, sizeof(text),
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"authorize\",\"request_id\":"
	    "\"00000000-0000-4000-8000-000000000001\",\"sequence\":1,\"udi\":{\"pid\":\"NCS1004\","
	    "\"sn\":\"LATER\",\"uuid\":\"default-sdr\"},\"instance\":\"%s\",\"store\":\"%s\","
	    "\"body\":{\"usage\":[]}}", later.instance, later.store);
	device_say(&s, &later, text, 0);
	reply = site_send(&s, &later.message);
	ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_SIGNATURE);
	ck_assert_str_eq(reply->request_sha256, "");
	sl_reply_free(reply);
	ck_assert_int_eq(device_use(&s, &later, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance WHERE sn = 'LATER' AND state = 'live'"), 1);
	ck_assert_int_eq(device_use(&s, &later, 6, 0), SL_DENIED_NONE);
	/* once more: the key is certified now */
	reply = site_send(&s, &first);
	ck_assert_int_eq(device_use(&s, &later, 7, 0), SL_DENIED_NONE);
	sl_reply_free(reply);
	sl_buf_free(&first);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("adopt");
	TCase *t = tcase_create("gap");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, an_instance_of_the_gap_is_adopted);
	tcase_add_test(
	    t, an_adopted_one_goes_to_the_default_virtual_account_where_its_own_was_deleted);
	tcase_add_test(t, a_device_removed_in_the_gap_is_live_until_it_is_removed_again);
	tcase_add_test(t, a_known_device_that_registered_again_in_the_gap_stays_in_its_virtual_account);
	tcase_add_test(t, a_key_of_the_gap_is_adopted);
	tcase_add_test(t, a_ledger_of_before_a_roll_goes_on_with_the_next_keys);
	tcase_add_test(t, a_ledger_and_keys_of_before_a_roll_go_on_too);
	tcase_add_test(t, a_key_of_the_gap_that_a_newer_one_has_replaced_is_not_adopted);
	tcase_add_loop_test(t, what_was_certified_outside_the_gap_or_is_revoked_is_not_adopted, 0, 2);
	tcase_add_loop_test(
	    t, an_instance_of_the_gap_that_a_later_one_has_replaced_is_not_adopted, 0, 2);
	tcase_add_test(t, a_registration_that_was_executed_on_both_sides_of_the_gap_strands_nobody);
	tcase_add_test(
	    t, a_key_of_a_second_registration_that_nobody_used_moves_though_that_one_is_removed);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
