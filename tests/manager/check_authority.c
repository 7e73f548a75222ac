/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crl.h"
#include "tests/manager/site.h"
#include "text.h"

#define VA "NCS1000"

static struct site s;
static struct site_token token;
static struct device d;

static void
setup(void)
{
	site_open(&s);
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "admin", s.now, &s.err));
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 8, 0, s.now, &s.err));
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_X, 8, 0, s.now, &s.err));
	token = site_token_new(&s, VA, 30, LEDGER_ANY_USES);
	d = device_new(&s, "CAT2231B18Y");
}

static void
teardown(void)
{
	site_check(&s);
	device_free(&d);
	site_close(&s);
}

static void
setup_live(void)
{
	setup();
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_NONE);
}

START_TEST(registration_gives_an_identity_and_proves_that_the_authority_knows_the_token)
{
	char expected[SL_SHA256_HEX];
	struct sl_reply *reply;
	struct sl_chain chain;

	device_ask_register(&s, &d, &token, 0, NULL, 0);
	site_ok(&s, sl_token_answer(s.crypto, token.parsed.secret, d.sha256, expected, &s.err));
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->status, SL_REPLY_OK);
	ck_assert_str_eq(reply->token_answer, expected);
	ck_assert_str_eq(reply->instance, "");
	ck_assert_str_eq(reply->smart_account, "BU Production Test");
	ck_assert_str_eq(reply->virtual_account, VA);
	ck_assert_int_eq(sl_uuid7_ms(reply->body_instance), s.now * 1000);
	ck_assert_int_eq(reply->registration_expires_s, sl_cert_not_after(d.cert));
	ck_assert_int_eq(reply->policy.renew_after_s, 15552000);
	ck_assert_int_eq(reply->policy.ooc_poll_s, 43200);
	ck_assert_int_eq(reply->authorization.present, 0);
	ck_assert_str_eq(sl_cert_serial_number(d.cert), "PID:NCS1004 SN:CAT2231B18Y");
	site_ok(&s, sl_trust_chain(s.authority->trust, d.cert, NULL, 0, SL_ROLE_DEVICE, &chain,
			&s.err));
	sl_chain_release(&chain);
	ck_assert_uint_eq(s.last_certs, 1);
	ck_assert_uint_eq(s.last_lists, 2);
	sl_reply_free(reply);
}
END_TEST

START_TEST(authorization_counts_in_the_pool_and_names_the_licenses)
{
	struct sl_reply *reply;

	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	device_ask_usage(&s, &d, 8, 7);
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->status, SL_REPLY_OK);
	ck_assert_str_eq(reply->instance, d.instance);
	ck_assert_int_eq(reply->authorization.status, SL_AUTHORIZED);
	ck_assert_int_eq(reply->authorization.deadline_s, s.now + 90 * SITE_DAY);
	ck_assert_uint_eq(reply->authorization.n_entitlements, 2);
	ck_assert_str_eq(reply->authorization.entitlements[1].tag, TAG_X);
	ck_assert_int_eq(reply->authorization.entitlements[1].count, 7);
	ck_assert_int_eq(reply->authorization.entitlements[1].status, SL_AUTHORIZED);
	ck_assert_str_eq(reply->authorization.entitlements[1].name,
	    "NCS1K4 smart license - one QSFP28 client with encryption");
	ck_assert_str_eq(reply->authorization.entitlements[1].version, "1.0");
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 8);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_X), 7);
	ck_assert_uint_eq(s.last_lists, 1);
	sl_reply_free(reply);
}
END_TEST

START_TEST(every_user_of_a_short_pool_is_out_of_compliance_and_nobody_is_refused)
{
	struct device other = device_new(&s, "B"), elsewhere = device_new(&s, "C");
	struct site_token t = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct sl_reply *reply;

	site_ok(&s, ledger_license_add(s.ledger, LEDGER_DEFAULT, TAG_G, 100, 0, s.now, &s.err));
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &elsewhere, &t, 0), SL_DENIED_NONE);
	device_ask_usage(&s, &other, 1, 0);
	reply = device_send(&s, &other);
	ck_assert_int_eq(reply->authorization.status, SL_OUT_OF_COMPLIANCE);
	sl_reply_free(reply);

	/* the first one too, for that tag alone, at its next contact */
	device_ask_usage(&s, &d, 8, 8);
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->authorization.status, SL_OUT_OF_COMPLIANCE);
	ck_assert_int_eq(reply->authorization.entitlements[0].status, SL_OUT_OF_COMPLIANCE);
	ck_assert_int_eq(reply->authorization.entitlements[1].status, SL_AUTHORIZED);
	sl_reply_free(reply);

	/* another virtual account's shortage is its own */
	device_ask_usage(&s, &elsewhere, 100, 0);
	reply = device_send(&s, &elsewhere);
	ck_assert_int_eq(reply->authorization.status, SL_AUTHORIZED);
	sl_reply_free(reply);

	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 9, 1, s.now, &s.err));
	device_ask_usage(&s, &d, 8, 8);
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->authorization.status, SL_AUTHORIZED);
	sl_reply_free(reply);
	device_free(&other);
	device_free(&elsewhere);
}
END_TEST

START_TEST(a_license_that_nobody_bought_is_out_of_compliance)
{
	char content[900];
	struct sl_reply *reply;

	snprintf(content, sizeof(content),
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"authorize\",\"request_id\":\"%s\","
	    "\"sequence\":9,\"udi\":{\"pid\":\"NCS1004\",\"sn\":\"CAT2231B18Y\","
	    "\"uuid\":\"default-sdr\"},\"instance\":\"%s\",\"store\":\"%s\",\"body\":{\"usage\":["
	    "{\"tag\":\"regid.2030-01.net.example.NEW,2.5_x\",\"count\":1},"
	    "{\"tag\":\"" TAG_G "\",\"count\":0}]}}",
	    "00000000-0000-4000-8000-000000000001", d.instance, d.store);
	device_say(&s, &d, content, 0);
	memcpy(d.request_id, "00000000-0000-4000-8000-000000000001", SL_UUID_SIZE);
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->status, SL_REPLY_OK);
	ck_assert_int_eq(reply->authorization.status, SL_OUT_OF_COMPLIANCE);
	ck_assert_uint_eq(reply->authorization.n_entitlements, 1);
	ck_assert_str_eq(reply->authorization.entitlements[0].name, "NEW");
	ck_assert_str_eq(reply->authorization.entitlements[0].version, "2.5");
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 0);
	sl_reply_free(reply);
}
END_TEST

START_TEST(an_unchanged_authorize_touches_no_pool_no_token_and_no_entry)
{
	struct db *db = ledger_db(s.ledger);

	if (db_is_server(db)) /* the statements are the same, its triggers are not */
		return;
	site_ok(&s, db_exec(db, &s.err,
			"CREATE TEMP TRIGGER t1 BEFORE UPDATE ON pool"
			" BEGIN SELECT RAISE(ABORT, 'pool'); END", ""));
	site_ok(&s, db_exec(db, &s.err,
			"CREATE TEMP TRIGGER t2 BEFORE UPDATE ON token"
			" BEGIN SELECT RAISE(ABORT, 'token'); END", ""));
	site_ok(&s, db_exec(db, &s.err,
			"CREATE TEMP TRIGGER t3 BEFORE INSERT ON entry"
			" BEGIN SELECT RAISE(ABORT, 'entry'); END", ""));
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_NONE);
	s.now += 80 * SITE_DAY;
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_NONE);
	device_ask_usage(&s, &d, 7, 8);
	ck_assert_int_eq(authority_answer(s.authority, d.message.data, d.message.len, s.now,
			     site_fill, &s, &s.last, &s.err), SMARTLIC_E_STORE);
	d.sequence--;
}
END_TEST

START_TEST(a_registration_with_usage_is_authorized_in_one_trip)
{
	struct sl_usage usage[] = { { TAG_G, 5 } };
	struct sl_reply *reply;

	device_ask_register(&s, &d, &token, 0, usage, 1);
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->authorization.present, 1);
	ck_assert_int_eq(reply->authorization.status, SL_AUTHORIZED);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 5);
	sl_reply_free(reply);
	site_check(&s);
	/* never heard of again: released at the answer's deadline */
	s.now += 90 * SITE_DAY + 1;
	site_ok(&s, ledger_release_overdue(s.ledger, 2, s.now, &s.err));
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 0);
	ck_assert_int_eq(device_use(&s, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 5);
}
END_TEST

START_TEST(a_silent_device_gives_its_licenses_back_and_takes_them_again)
{
	struct device other = device_new(&s, "B");

	s.now += 90 * SITE_DAY + 1;
	token = site_token_new(&s, VA, 30, LEDGER_ANY_USES);
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &other, 1, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 1);
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 9);
	device_free(&other);
}
END_TEST

START_TEST(what_is_overdue_is_released_daily_in_every_virtual_account)
{
	struct device other = device_new(&s, "B");
	struct site_token t = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);

	s.now += SITE_DAY;
	ck_assert_int_eq(device_register(&s, &other, &t, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &other, 3, 0), SL_DENIED_NONE);
	s.now += 89 * SITE_DAY;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 8);
	s.now += 1;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 0);
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 3);
	s.now += SITE_DAY;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 0);
	device_free(&other);
}
END_TEST

static int
issuers_list_names(const struct sl_cert *cert)
{
	struct ledger_crl info;
	struct sl_buf der = { 0 };
	struct sl_crl *crl = NULL;
	char name[LIST_NAME_SIZE];
	int r;

	issuing_list_name(name, pki_issuing(s.pki));
	ck_assert_int_eq(ledger_crl_get(s.ledger, name, &info, &der, &s.err), 1);
	site_ok(&s, sl_crl_parse(&crl, s.crypto, der.data, der.len, &s.err));
	r = sl_crl_lists(crl, cert);
	sl_crl_unref(crl);
	sl_buf_free(&der);
	return r;
}

START_TEST(a_list_names_a_revoked_certificate_until_it_has_ended)
{
	site_ok(&s, ledger_instance_remove(s.ledger, d.instance, "admin", s.now, &s.err));
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(issuers_list_names(d.cert), 1);
	s.now = sl_cert_not_after(d.cert) + 20 * SITE_DAY;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(issuers_list_names(d.cert), 1);
	s.now += 11 * SITE_DAY;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(issuers_list_names(d.cert), 0);
	/* the ledger still knows */
	ck_assert_int_eq(ledger_is_revoked(s.ledger, sl_cert_serial(d.cert), &s.err), 1);
}
END_TEST

START_TEST(a_live_device_is_registered_again_by_force_alone)
{
	struct device again = device_new(&s, "CAT2231B18Y");

	ck_assert_int_eq(device_register(&s, &again, &token, 0), SL_DENIED_UDI_REGISTERED);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance"), 1);
	ck_assert_int_eq(device_register(&s, &again, &token, 1), SL_DENIED_NONE);
	ck_assert_str_gt(again.instance, d.instance);

	/* until the new one is heard of the old one goes on */
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &again, 3, 3), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 3);
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 3);
	/* the device itself was charged once */
	ck_assert_int_eq(site_count(&s, "SELECT uses FROM token"), 1);
	device_free(&again);
}
END_TEST

START_TEST(a_device_that_is_live_in_another_virtual_account_is_not_taken_over_by_force)
{
	struct device again = device_new(&s, "CAT2231B18Y");
	struct site_token t = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);

	ck_assert_int_eq(device_register(&s, &again, &t, 1), SL_DENIED_UDI_REGISTERED);
	ck_assert_int_eq(site_count(&s, "SELECT SUM(uses) FROM token"), 1);
	device_free(&again);
}
END_TEST

START_TEST(a_forgotten_earlier_registration_evicts_nobody)
{
	struct device first = device_new(&s, "X"), second = device_new(&s, "X");

	ck_assert_int_eq(device_register(&s, &first, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &second, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &second, 1, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &first, 2, 0), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(device_use(&s, &second, 1, 0), SL_DENIED_NONE);
	device_free(&first);
	device_free(&second);
}
END_TEST

START_TEST(a_token_registers_as_many_devices_as_it_may)
{
	struct device a = device_new(&s, "A"), b = device_new(&s, "B"), c = device_new(&s, "C");
	struct site_token two = site_token_new(&s, VA, 30, 2);

	ck_assert_int_eq(device_register(&s, &a, &two, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &b, &two, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &c, &two, 0), SL_DENIED_TOKEN_EXHAUSTED);
	ck_assert_int_eq(device_register(&s, &a, &two, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance WHERE sn = 'C'"), 0);
	device_free(&a);
	device_free(&b);
	device_free(&c);
}
END_TEST

START_TEST(a_repeated_registration_has_the_same_body_also_after_the_tokens_end)
{
	struct sl_buf message = { 0 };
	char *first, *again;

	device_ask_register(&s, &d, &token, 0, NULL, 0);
	sl_buf_add(&message, d.message.data, d.message.len);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	first = site_last_body(&s);
	s.now += 40 * SITE_DAY;
	site_ok(&s, ledger_token_revoke(s.ledger, token.text, "admin", s.now, &s.err));
	sl_reply_free(site_send(&s, &message));
	again = site_last_body(&s);
	ck_assert_str_eq(first, again);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance"), 1);
	free(first);
	free(again);
	sl_buf_free(&message);
}
END_TEST

START_TEST(a_repeated_request_has_the_same_body_and_no_effect)
{
	struct sl_reply *reply;
	struct sl_buf old = { 0 };
	char *first, *again;

	device_ask_usage(&s, &d, 5, 5);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	sl_buf_add(&old, d.message.data, d.message.len);
	first = site_last_body(&s);
	s.now += 5 * SITE_DAY;
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	again = site_last_body(&s);
	ck_assert_str_eq(first, again);
	ck_assert_int_eq(device_use(&s, &d, 6, 6), SL_DENIED_NONE);
	reply = site_send(&s, &old);
	ck_assert_int_eq(reply->error.code, SL_DENIED_SUPERSEDED);
	ck_assert_int_eq(reply->error.sequence, d.sequence);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 6);
	ck_assert_int_eq(site_alerts(&s, "possible clone"), 0);
	sl_reply_free(reply);
	sl_buf_free(&old);
	free(first);
	free(again);
}
END_TEST

START_TEST(a_copied_store_is_noticed_with_both_contacts_and_locks_nobody_out)
{
	struct device copy = d;

	copy.message = (struct sl_buf){ 0 };
	ck_assert_int_eq(device_use(&s, &d, 5, 5), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &copy, 4, 4), SL_DENIED_OUT_OF_SYNC);
	ck_assert_int_eq(site_alerts(&s, "possible clone"), 1);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 5);
	/* the answer told it the highest sequence */
	copy.sequence = d.sequence;
	ck_assert_int_eq(device_use(&s, &copy, 4, 4), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 4);
	ck_assert_int_eq(device_use(&s, &d, 5, 5), SL_DENIED_OUT_OF_SYNC);
	ck_assert_int_eq(site_alerts(&s, "possible clone"), 1);
	sl_buf_free(&copy.message);
}
END_TEST

START_TEST(the_old_key_is_good_until_the_new_one_has_signed)
{
	struct device old;

	device_ask_renew_id(&s, &d);
	sl_reply_free(site_send(&s, &d.message)); /* the answer is lost */
	ck_assert_int_eq(device_use(&s, &d, 7, 7), SL_DENIED_NONE);
	old = d;
	old.message = (struct sl_buf){ 0 };
	old.key = NULL;
	old.cert = sl_cert_ref(d.cert);
	{
		struct sl_buf der = { 0 };

		site_ok(&s, sl_key_write(d.key, &der, &s.err));
		site_ok(&s, sl_key_read(&old.key, s.crypto, der.data, der.len, &s.err));
		sl_buf_free(&der);
	}
	old.next_key = NULL;
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	old.sequence = d.sequence;
	ck_assert_int_eq(device_use(&s, &old, 6, 6), SL_DENIED_NONE);
	d.sequence = old.sequence;
	ck_assert_int_eq(device_use(&s, &d, 5, 5), SL_DENIED_NONE); /* the new one */
	old.sequence = d.sequence;
	ck_assert_int_eq(device_use(&s, &old, 9, 9), SL_DENIED_BAD_SIGNATURE);
	ck_assert_int_eq(site_alerts(&s, "replaced key in use"), 1);
	old.sequence = d.sequence - 1;
	ck_assert_int_eq(device_use(&s, &old, 9, 9), SL_DENIED_SUPERSEDED);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 5);
	device_free(&old);
}
END_TEST

START_TEST(an_expired_identity_may_still_renew)
{
	s.now += 400 * SITE_DAY;
	ck_assert_int_lt(sl_cert_not_after(d.cert), s.now);
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_assert_int_gt(sl_cert_not_after(d.cert), s.now);
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_NONE);
}
END_TEST

START_TEST(a_removed_instance_hears_who_when_and_registers_again)
{
	struct sl_reply *reply;

	s.now += 10;
	site_ok(&s, ledger_instance_remove(s.ledger, "CAT2231B18Y", "admin@example.net", s.now,
			&s.err));
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 0);
	s.now += 10;
	device_ask_usage(&s, &d, 8, 8);
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->error.code, SL_DENIED_INSTANCE_REMOVED);
	ck_assert_str_eq(reply->error.message,
	    "Data and signature do not match for udi PID:NCS1004,SN:CAT2231B18Y");
	ck_assert_str_eq(reply->error.removed_by, "admin@example.net");
	ck_assert_int_eq(reply->error.removed_at_s, s.now - 10);
	ck_assert_str_eq(reply->request_sha256, d.sha256);
	sl_reply_free(reply);
	ck_assert_int_eq(device_deregister(&s, &d), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(ledger_is_revoked(s.ledger, sl_cert_serial(d.cert), &s.err), 1);
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_NONE);
}
END_TEST

START_TEST(deregistration_releases_everything_and_its_repeat_is_answered)
{
	ck_assert_int_eq(device_deregister(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 0);
	ck_assert_int_eq(ledger_is_revoked(s.ledger, sl_cert_serial(d.cert), &s.err), 1);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 1, 1), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
}
END_TEST

START_TEST(certificates_come_along_when_asked_for_or_the_signer_is_young)
{
	char text[800];

	/* signers live 2 years; ours is 1 day old */
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text),
		    "{\"slx\":1,\"msg\":\"request\",\"type\":\"authorize\",\"request_id\":"
		    "\"00000000-0000-4000-8000-00000000000%d\",\"sequence\":%d,\"udi\":{\"pid\":"
		    "\"NCS1004\",\"sn\":\"CAT2231B18Y\",\"uuid\":\"default-sdr\"},\"instance\":"
		    "\"%s\",\"store\":\"%s\",\"body\":{\"usage\":[]}}", i, 2 + i, d.instance,
		    d.store);
		device_say(&s, &d, text, 0);
		sl_reply_free(site_send(&s, &d.message));
		ck_assert_uint_eq(s.last_certs, i == 0 ? 1 : 0);
		s.now += 121 * SITE_DAY;
	}
	d.sequence = 3;
	ck_assert_int_eq(device_use(&s, &d, 1, 1), SL_DENIED_NONE);
	ck_assert_uint_eq(s.last_certs, 1);
}
END_TEST

START_TEST(lists_are_made_anew_daily_and_when_something_was_revoked)
{
	int64_t first;

	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	first = site_count(&s, "SELECT number FROM crl WHERE issuer LIKE 'issuing:%'");
	site_ok(&s, authority_daily(s.authority, s.now + 60, &s.err));
	ck_assert_int_eq(site_count(&s, "SELECT number FROM crl WHERE issuer LIKE 'issuing:%'"), first);
	site_ok(&s, ledger_instance_remove(s.ledger, "CAT2231B18Y", "admin", s.now, &s.err));
	site_ok(&s, authority_daily(s.authority, s.now, &s.err)); /* within one second */
	ck_assert_int_eq(site_count(&s, "SELECT number FROM crl WHERE issuer LIKE 'issuing:%'"), first + 1);
	ck_assert_int_eq(site_count(&s, "SELECT revoked FROM crl WHERE issuer LIKE 'issuing:%'"), 1);
	site_ok(&s, authority_daily(s.authority, s.now + SITE_DAY, &s.err));
	ck_assert_int_eq(site_count(&s, "SELECT number FROM crl WHERE issuer LIKE 'root:%'"), s.now + SITE_DAY);
	ck_assert_int_eq(site_count(&s, "SELECT number FROM crl WHERE issuer LIKE 'issuing:%'"),
	    s.now + SITE_DAY);
}
END_TEST

START_TEST(while_another_process_writes_nothing_is_done_and_the_caller_is_told)
{
	struct ledger *other;
	struct sl_buf answer = { 0 };

	site_ok(&s, ledger_open(&other, s.db_path, &s.err));
	site_ok(&s, db_begin(ledger_db(other), &s.err));
	db_set_busy_ms(ledger_db(s.ledger), 0);
	device_ask_usage(&s, &d, 1, 1);
	ck_assert_int_eq(authority_answer(s.authority, d.message.data, d.message.len, s.now,
			     site_fill, &s, &answer, &s.err), SMARTLIC_E_STORE_BUSY);
	ck_assert_uint_eq(answer.len, 0);
	db_rollback(ledger_db(other));
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	ledger_close(other);
}
END_TEST

/* One of several processes with one ledger; gives how many it registered. */
static int
child(int n, const struct site_token *limited)
{
	struct authority *authority;
	struct ledger *ledger;
	int registered = 0;
	char sn[16];

	/* what the parent opened is not touched after the fork */
	site_ok(&s, ledger_open(&ledger, s.db_path, &s.err));
	site_ok(&s, authority_new(&authority, s.crypto, ledger, s.pki, &s.keys, &s.err));
	s.ledger = ledger;
	s.authority = authority;
	s.seed = (uint64_t)n + 100;
	for (int i = 0; i < 8; i++) {
		struct device own;

		snprintf(sn, sizeof(sn), "P%d-%d", n, i);
		own = device_new(&s, sn);
		if (device_register(&s, &own, limited, 0) == SL_DENIED_NONE) {
			registered++;
			ck_assert_int_eq(device_use(&s, &own, 1, 0), SL_DENIED_NONE);
		}
		device_free(&own);
	}
	return registered;
}

START_TEST(several_processes_share_the_last_uses_of_a_token)
{
	struct site_token limited = site_token_new(&s, VA, 30, 10);
	/* not by exit status: under valgrind that tells of leaks */
	int *registered = mmap(NULL, 3 * sizeof(int), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, sum = 0;
	pid_t pid[3];

	ck_assert(registered != MAP_FAILED);

	for (int n = 0; n < 3; n++) {
		pid[n] = fork();
		ck_assert_int_ge(pid[n], 0);
		if (pid[n] == 0) {
			registered[n] = child(n, &limited);
			_exit(0);
		}
	}
	for (int n = 0; n < 3; n++) {
		ck_assert_int_eq(waitpid(pid[n], &status, 0), pid[n]);
		ck_assert(WIFEXITED(status));
		sum += registered[n];
	}
	(void)munmap(registered, 3 * sizeof(int));
	ck_assert_int_eq(sum, 10);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 10);
}
END_TEST

static void
find_in_file(const char *path, const void *needle, size_t len)
{
	FILE *f = fopen(path, "rb");
	char *bytes;
	size_t n;

	if (f == NULL)
		return;
	bytes = malloc(1 << 22);
	n = fread(bytes, 1, 1 << 22, f);
	ck_assert_uint_gt(n, 0);
	ck_assert_ptr_null(memmem(bytes, n, needle, len));
	free(bytes);
	(void)fclose(f);
}

START_TEST(neither_a_token_nor_its_secret_stands_in_the_database)
{
	char wal[WHERE_SIZE + 8], hex[2 * SL_TOKEN_SECRET_LEN + 1];
	struct sl_buf secret = { 0 };

	sl_hex(hex, token.parsed.secret, SL_TOKEN_SECRET_LEN);
	sl_base64url(&secret, token.parsed.secret, SL_TOKEN_SECRET_LEN);
	snprintf(wal, sizeof(wal), "%s-wal", s.db_path);
	for (int i = 0; i < 2; i++) {
		const char *path = i == 0 ? s.db_path : wal;

		find_in_file(path, token.text, strlen(token.text));
		find_in_file(path, token.text + 22, strlen(token.text) - 22);
		find_in_file(path, token.parsed.secret, SL_TOKEN_SECRET_LEN);
		find_in_file(path, secret.data, secret.len);
		find_in_file(path, hex, strlen(hex));
		find_in_file(path, s.keys.key[1], SL_SHA256_LEN);
	}
	sl_buf_free(&secret);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("authority");
	TCase *t = tcase_create("registration");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t,
	    registration_gives_an_identity_and_proves_that_the_authority_knows_the_token);
	tcase_add_test(t, authorization_counts_in_the_pool_and_names_the_licenses);
	tcase_add_test(t, a_registration_with_usage_is_authorized_in_one_trip);
	tcase_add_test(t, a_forgotten_earlier_registration_evicts_nobody);
	tcase_add_test(t, a_token_registers_as_many_devices_as_it_may);
	tcase_add_test(t, a_repeated_registration_has_the_same_body_also_after_the_tokens_end);
	tcase_add_test(t, several_processes_share_the_last_uses_of_a_token);
	suite_add_tcase(suite, t);

	t = tcase_create("live");
	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup_live, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, every_user_of_a_short_pool_is_out_of_compliance_and_nobody_is_refused);
	tcase_add_test(t, a_license_that_nobody_bought_is_out_of_compliance);
	tcase_add_test(t, an_unchanged_authorize_touches_no_pool_no_token_and_no_entry);
	tcase_add_test(t, a_silent_device_gives_its_licenses_back_and_takes_them_again);
	tcase_add_test(t, what_is_overdue_is_released_daily_in_every_virtual_account);
	tcase_add_test(t, a_list_names_a_revoked_certificate_until_it_has_ended);
	tcase_add_test(t, a_live_device_is_registered_again_by_force_alone);
	tcase_add_test(t,
	    a_device_that_is_live_in_another_virtual_account_is_not_taken_over_by_force);
	tcase_add_test(t, a_repeated_request_has_the_same_body_and_no_effect);
	tcase_add_test(t, a_copied_store_is_noticed_with_both_contacts_and_locks_nobody_out);
	tcase_add_test(t, the_old_key_is_good_until_the_new_one_has_signed);
	tcase_add_test(t, an_expired_identity_may_still_renew);
	tcase_add_test(t, a_removed_instance_hears_who_when_and_registers_again);
	tcase_add_test(t, deregistration_releases_everything_and_its_repeat_is_answered);
	tcase_add_test(t, certificates_come_along_when_asked_for_or_the_signer_is_young);
	tcase_add_test(t, lists_are_made_anew_daily_and_when_something_was_revoked);
	tcase_add_test(t, while_another_process_writes_nothing_is_done_and_the_caller_is_told);
	tcase_add_test(t, neither_a_token_nor_its_secret_stands_in_the_database);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
