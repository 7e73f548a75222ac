/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, s.now, &s.err));
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

static int64_t
count(const char *sql)
{
	struct db_row *row;
	int64_t n;

	site_ok(&s, db_query(ledger_db(s.ledger), &row, &s.err, sql, ""));
	ck_assert_int_eq(db_next(row, &s.err), 1);
	n = db_int(row, 0);
	db_done(row);
	return n;
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

START_TEST(a_live_device_is_registered_again_by_force_alone)
{
	struct device again = device_new(&s, "CAT2231B18Y");

	ck_assert_int_eq(device_register(&s, &again, &token, 0), SL_DENIED_UDI_REGISTERED);
	ck_assert_int_eq(count("SELECT COUNT(*) FROM instance"), 1);
	ck_assert_int_eq(device_register(&s, &again, &token, 1), SL_DENIED_NONE);
	ck_assert_str_gt(again.instance, d.instance);

	/* until the new one is heard of the old one goes on */
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &again, 3, 3), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 3);
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 3);
	/* the device itself was charged once */
	ck_assert_int_eq(count("SELECT uses FROM token"), 1);
	device_free(&again);
}
END_TEST

START_TEST(a_device_that_is_live_in_another_virtual_account_is_not_taken_over_by_force)
{
	struct device again = device_new(&s, "CAT2231B18Y");
	struct site_token t = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);

	ck_assert_int_eq(device_register(&s, &again, &t, 1), SL_DENIED_UDI_REGISTERED);
	ck_assert_int_eq(count("SELECT SUM(uses) FROM token"), 1);
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
	ck_assert_int_eq(count("SELECT COUNT(*) FROM instance WHERE sn = 'C'"), 0);
	device_free(&a);
	device_free(&b);
	device_free(&c);
}
END_TEST

START_TEST(a_token_that_is_over_revoked_strange_or_guessed_registers_nobody)
{
	struct site_token t = token;

	s.now += 30 * SITE_DAY;
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_TOKEN_EXPIRED);
	s.now -= 1;
	site_ok(&s, ledger_token_revoke(s.ledger, token.text, s.now, &s.err));
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_TOKEN_REVOKED);
	t.parsed.secret[0] ^= 1;
	ck_assert_int_eq(device_register(&s, &d, &t, 0), SL_DENIED_TOKEN_UNKNOWN);
	t = token;
	t.parsed.id[15] ^= 1; /* never made here */
	ck_assert_int_eq(device_register(&s, &d, &t, 0), SL_DENIED_TOKEN_UNKNOWN);
	t = token;
	t.parsed.id[0] = 2; /* a key that is not here */
	ck_assert_int_eq(device_register(&s, &d, &t, 0), SL_DENIED_TOKEN_UNKNOWN);
	t = token;
	t.parsed.id[1] ^= 1;
	ck_assert_int_eq(device_register(&s, &d, &t, 0), SL_DENIED_TOKEN_ELSEWHERE);
	ck_assert_int_eq(count("SELECT COUNT(*) FROM instance"), 0);
	ck_assert_int_eq(count("SELECT COUNT(*) FROM token_use"), 0);
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
	site_ok(&s, ledger_token_revoke(s.ledger, token.text, s.now, &s.err));
	sl_reply_free(site_send(&s, &message));
	again = site_last_body(&s);
	ck_assert_str_eq(first, again);
	ck_assert_int_eq(count("SELECT COUNT(*) FROM instance"), 1);
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

START_TEST(a_key_is_certified_once)
{
	struct sl_buf csr = { 0 }, base64 = { 0 };
	char text[4000];

	/* renewal of the key that signs */
	site_ok(&s, sl_csr_new(&csr, s.crypto, d.key, &d.udi, &s.err));
	sl_base64(&base64, csr.data, csr.len);
	snprintf(text, sizeof(text),
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"renew-id\",\"request_id\":"
	    "\"00000000-0000-4000-8000-000000000001\",\"sequence\":9,\"udi\":{\"pid\":\"NCS1004\","
	    "\"sn\":\"CAT2231B18Y\",\"uuid\":\"default-sdr\"},\"instance\":\"%s\",\"store\":\"%s\","
	    "\"body\":{\"csr\":\"%s\"}}", d.instance, d.store, base64.data);
	device_say(&s, &d, text, 1);
	memcpy(d.request_id, "00000000-0000-4000-8000-000000000001", SL_UUID_SIZE);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_BAD_REQUEST);
	sl_buf_free(&csr);
	sl_buf_free(&base64);
}
END_TEST

START_TEST(an_id_belongs_to_one_content)
{
	char id[SL_UUID_SIZE];

	device_ask_usage(&s, &d, 5, 5);
	memcpy(id, d.request_id, sizeof(id));
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	device_ask_again(&s, &d, id, 6, 6);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_BAD_REQUEST);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 5);
	d.sequence--;
}
END_TEST

START_TEST(a_registrations_id_belongs_to_one_content)
{
	char id[SL_UUID_SIZE];

	ck_assert_int_eq(device_register(&s, &d, &token, 1), SL_DENIED_NONE);
	memcpy(id, d.request_id, sizeof(id));
	device_ask_register_again(&s, &d, id, &token, 1);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_BAD_REQUEST);
}
END_TEST

/* Both are the device's own, of one UDI: still the key of one does not speak for the other. */
START_TEST(a_key_speaks_for_its_own_instance_alone)
{
	struct device again = device_new(&s, "CAT2231B18Y");
	char own[SL_UUID_SIZE];

	ck_assert_int_eq(device_register(&s, &again, &token, 1), SL_DENIED_NONE);
	memcpy(own, again.instance, sizeof(own));
	memcpy(again.instance, d.instance, sizeof(own));
	again.sequence = d.sequence;
	ck_assert_int_eq(device_use(&s, &again, 0, 0), SL_DENIED_BAD_REQUEST);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 8);
	device_free(&again);
}
END_TEST

/* Content signed by the device's good key; each is refused as such and changes nothing. */
static const struct {
	const char *from, *to;
	enum sl_denial code;
	int advice; /* nothing in it could be repeated */
} bad_contents[] = {
	{ "\"slx\":1", "\"slx\":2", SL_DENIED_UNSUPPORTED_VERSION, 0 },
	{ "\"slx\":1", "\"slx\":\"1\"", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"request\"", "\"response\"", SL_DENIED_BAD_REQUEST, 0 },
	{ "authorize", "report", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"sequence\":9", "\"sequence\":0", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"sequence\":9", "\"sequence\":9007199254740992", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"sequence\":9", "\"sequence\":9.0", SL_DENIED_BAD_REQUEST, 1 },
	{ "\"sequence\":9", "\"sequence\":9,\"sequence\":9", SL_DENIED_BAD_REQUEST, 1 },
	{ "000000000001", "00000000000A", SL_DENIED_BAD_REQUEST, 1 },
	{ "NCS1004", "NCS1001", SL_DENIED_BAD_REQUEST, 0 },
	{ "NCS1004", "NCS 1004", SL_DENIED_BAD_REQUEST, 1 },
	{ "default-sdr", "other-sdr", SL_DENIED_BAD_REQUEST, 0 },
	{ "CAT2231B18Y", "CAT2231B18Z", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"count\":1", "\"count\":-1", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"count\":1", "\"count\":1.5", SL_DENIED_BAD_REQUEST, 1 },
	{ "\"count\":1", "\"count\":99999999999", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"tag\":\"a\"", "\"tag\":\"b\"", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"tag\":\"a\"", "\"tag\":\"\"", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"tag\":\"a\"", "\"tog\":\"a\"", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"usage\":[", "\"usages\":[", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"body\"", "\"bodies\"", SL_DENIED_BAD_REQUEST, 0 },
	{ "}]}}", "}]}} ", SL_DENIED_NONE, 0 },
	{ "}]}}", "}]}}x", SL_DENIED_BAD_REQUEST, 1 },
	{ "}]}}", "", SL_DENIED_BAD_REQUEST, 1 },
	{ "\"sequence\":9", "\"sequence\":2000000", SL_DENIED_OUT_OF_SYNC, 0 },
};

START_TEST(content_out_of_shape_is_refused_and_changes_nothing)
{
	char text[1000], changed[1200], *at;
	struct sl_reply *reply;

	snprintf(text, sizeof(text),
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"authorize\",\"request_id\":"
	    "\"00000000-0000-4000-8000-000000000001\",\"sequence\":9,\"udi\":{\"pid\":\"NCS1004\","
	    "\"sn\":\"CAT2231B18Y\",\"uuid\":\"default-sdr\"},\"instance\":\"%s\",\"store\":\"%s\","
	    "\"body\":{\"usage\":[{\"tag\":\"a\",\"count\":1},{\"tag\":\"b\",\"count\":2}]}}",
	    d.instance, d.store);
	at = strstr(text, bad_contents[_i].from);
	ck_assert_ptr_nonnull(at);
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, bad_contents[_i].to,
	    at + strlen(bad_contents[_i].from));
	device_say(&s, &d, changed, 0);
	reply = site_send(&s, &d.message);
	ck_assert_msg(reply->error.code == bad_contents[_i].code, "%s → %s: %s", changed,
	    reply->error.name, reply->error.message);
	ck_assert_str_eq(reply->request_sha256, bad_contents[_i].advice ? "" : d.sha256);
	sl_reply_free(reply);
	if (bad_contents[_i].code == SL_DENIED_NONE)
		return;
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 8);
	ck_assert_int_eq(count("SELECT sequence FROM instance"), 1);
}
END_TEST

START_TEST(what_nobody_signed_for_is_advice_and_names_nothing)
{
	struct device stranger = device_new(&s, "CAT2231B18Y");
	struct sl_buf garbage = { 0 };
	struct sl_reply *reply;

	sl_buf_puts(&garbage, "<html>no</html>");
	reply = site_send(&s, &garbage);
	ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_REQUEST);
	ck_assert_str_eq(reply->request_sha256, "");
	ck_assert_ptr_null(strstr(s.last.data, "request_id"));
	sl_reply_free(reply);

	/* a certificate that the device made itself */
	site_ok(&s, sl_key_new(&stranger.key, s.crypto, &s.err));
	site_ok(&s, sl_cert_self(&stranger.cert, s.crypto, stranger.key, &stranger.udi, s.now,
			&s.err));
	memcpy(stranger.instance, d.instance, sizeof(d.instance));
	stranger.sequence = d.sequence;
	device_ask_usage(&s, &stranger, 0, 0);
	reply = site_send(&s, &stranger.message);
	ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_SIGNATURE);
	ck_assert_str_eq(reply->request_sha256, "");
	ck_assert_ptr_null(strstr(s.last.data, "default-sdr"));
	sl_reply_free(reply);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 8);

	/* a good key's signature over other bytes */
	device_ask_usage(&s, &d, 0, 0);
	d.sequence--;
	d.message.data[d.message.len - 1] ^= 1;
	reply = site_send(&s, &d.message);
	ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_SIGNATURE);
	ck_assert_str_eq(reply->request_sha256, "");
	sl_reply_free(reply);
	sl_buf_free(&garbage);
	device_free(&stranger);
}
END_TEST

START_TEST(an_instance_that_the_ledger_never_knew_is_told_to_register)
{
	unsigned char serial[16] = { 1 };
	const char *unknown = "01978a2e-1c00-7a10-8b2c-3d4e5f607181";
	struct device lost = device_new(&s, "LOST");
	struct sl_buf der = { 0 };
	const void *spki;
	size_t len;
	struct sl_cert *self = NULL;

	site_ok(&s, sl_key_new(&lost.key, s.crypto, &s.err));
	site_ok(&s, sl_cert_self(&self, s.crypto, lost.key, &lost.udi, s.now, &s.err));
	spki = sl_cert_spki(self, &len);
	site_ok(&s, pki_issue_device(s.pki, spki, len, SITE_ACCOUNT, "PID:NCS1004 SN:LOST", unknown,
			s.now, serial, &der, &s.err));
	site_ok(&s, sl_cert_parse(&lost.cert, s.crypto, der.data, der.len, &s.err));
	memcpy(lost.instance, unknown, sizeof(lost.instance));
	ck_assert_int_eq(device_use(&s, &lost, 1, 0), SL_DENIED_INSTANCE_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(s.last.data, "request_sha256"));
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err,
			"INSERT INTO revocation VALUES ($1, $2, 'lost', 0)", "tt", SITE_ACCOUNT,
			sl_cert_serial(lost.cert)));
	ck_assert_int_eq(device_use(&s, &lost, 1, 0), SL_DENIED_CERTIFICATE_REVOKED);
	sl_cert_unref(self);
	sl_buf_free(&der);
	device_free(&lost);
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
	first = count("SELECT number FROM crl WHERE issuer = 'issuing'");
	site_ok(&s, authority_daily(s.authority, s.now + 60, &s.err));
	ck_assert_int_eq(count("SELECT number FROM crl WHERE issuer = 'issuing'"), first);
	site_ok(&s, ledger_instance_remove(s.ledger, "CAT2231B18Y", "admin", s.now, &s.err));
	site_ok(&s, authority_daily(s.authority, s.now, &s.err)); /* within one second */
	ck_assert_int_eq(count("SELECT number FROM crl WHERE issuer = 'issuing'"), first + 1);
	ck_assert_int_eq(count("SELECT revoked FROM crl WHERE issuer = 'issuing'"), 1);
	site_ok(&s, authority_daily(s.authority, s.now + SITE_DAY, &s.err));
	ck_assert_int_eq(count("SELECT number FROM crl WHERE issuer = 'root'"), s.now + SITE_DAY);
	ck_assert_int_eq(count("SELECT number FROM crl WHERE issuer = 'issuing'"),
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
	char wal[128], hex[2 * SL_TOKEN_SECRET_LEN + 1];
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

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t,
	    registration_gives_an_identity_and_proves_that_the_authority_knows_the_token);
	tcase_add_test(t, authorization_counts_in_the_pool_and_names_the_licenses);
	tcase_add_test(t, a_registration_with_usage_is_authorized_in_one_trip);
	tcase_add_test(t, a_forgotten_earlier_registration_evicts_nobody);
	tcase_add_test(t, a_token_registers_as_many_devices_as_it_may);
	tcase_add_test(t, a_token_that_is_over_revoked_strange_or_guessed_registers_nobody);
	tcase_add_test(t, a_repeated_registration_has_the_same_body_also_after_the_tokens_end);
	suite_add_tcase(suite, t);

	t = tcase_create("live");
	tcase_add_checked_fixture(t, setup_live, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, every_user_of_a_short_pool_is_out_of_compliance_and_nobody_is_refused);
	tcase_add_test(t, a_license_that_nobody_bought_is_out_of_compliance);
	tcase_add_test(t, an_unchanged_authorize_touches_no_pool_no_token_and_no_entry);
	tcase_add_test(t, a_silent_device_gives_its_licenses_back_and_takes_them_again);
	tcase_add_test(t, a_live_device_is_registered_again_by_force_alone);
	tcase_add_test(t,
	    a_device_that_is_live_in_another_virtual_account_is_not_taken_over_by_force);
	tcase_add_test(t, a_repeated_request_has_the_same_body_and_no_effect);
	tcase_add_test(t, a_copied_store_is_noticed_with_both_contacts_and_locks_nobody_out);
	tcase_add_test(t, the_old_key_is_good_until_the_new_one_has_signed);
	tcase_add_test(t, an_expired_identity_may_still_renew);
	tcase_add_test(t, a_removed_instance_hears_who_when_and_registers_again);
	tcase_add_test(t, deregistration_releases_everything_and_its_repeat_is_answered);
	tcase_add_test(t, a_key_is_certified_once);
	tcase_add_test(t, an_id_belongs_to_one_content);
	tcase_add_test(t, a_registrations_id_belongs_to_one_content);
	tcase_add_test(t, a_key_speaks_for_its_own_instance_alone);
	tcase_add_loop_test(t, content_out_of_shape_is_refused_and_changes_nothing, 0,
	    sizeof(bad_contents) / sizeof(bad_contents[0]));
	tcase_add_test(t, what_nobody_signed_for_is_advice_and_names_nothing);
	tcase_add_test(t, an_instance_that_the_ledger_never_knew_is_told_to_register);
	tcase_add_test(t, certificates_come_along_when_asked_for_or_the_signer_is_young);
	tcase_add_test(t, lists_are_made_anew_daily_and_when_something_was_revoked);
	tcase_add_test(t, while_another_process_writes_nothing_is_done_and_the_caller_is_told);
	tcase_add_test(t, neither_a_token_nor_its_secret_stands_in_the_database);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
