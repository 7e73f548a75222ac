/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "envelope.h"
#include "tests/manager/site.h"
#include "text.h"

/* What the authority refuses, with which code, bound or as advice, and that nothing changes. */

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
	{ "\"slx\":1", "\"slx\":0", SL_DENIED_UNSUPPORTED_VERSION, 0 },
	{ "\"slx\":1", "\"slx\":\"1\"", SL_DENIED_BAD_REQUEST, 0 },
	{ "\"request\"", "\"response\"", SL_DENIED_BAD_REQUEST, 0 },
	{ "authorize", "reserve", SL_DENIED_BAD_REQUEST, 0 },
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
	/* both versions, theirs first, and the least */
	if (reply->error.code == SL_DENIED_UNSUPPORTED_VERSION) {
		ck_assert_int_eq(reply->error.versions[0], bad_contents[_i].to[6]);
		ck_assert_str_eq(reply->error.versions + 1, ", 1");
		ck_assert_str_eq(reply->error.least, "1");
	}
	sl_reply_free(reply);
	if (bad_contents[_i].code == SL_DENIED_NONE)
		return;
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 8);
	ck_assert_int_eq(site_count(&s, "SELECT sequence FROM instance"), 1);
}
END_TEST

/* The rule of order comes first: what is wrong with a body matters only where it would be executed. */
START_TEST(a_closed_instance_is_told_so_whatever_its_body_is)
{
	char text[1000];
	struct sl_reply *reply;

	site_ok(&s, ledger_instance_remove(s.ledger, d.instance, "admin", s.now, &s.err));
	snprintf(text, sizeof(text),
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"authorize\",\"request_id\":"
	    "\"00000000-0000-4000-8000-000000000001\",\"sequence\":9,\"udi\":{\"pid\":\"NCS1004\","
	    "\"sn\":\"CAT2231B18Y\",\"uuid\":\"default-sdr\"},\"instance\":\"%s\",\"store\":\"%s\","
	    "\"body\":{\"usage\":7}}", d.instance, d.store);
	device_say(&s, &d, text, 1);
	reply = site_send(&s, &d.message);
	ck_assert_int_eq(reply->error.code, SL_DENIED_INSTANCE_REMOVED);
	ck_assert_str_eq(reply->request_sha256, d.sha256);
	sl_reply_free(reply);
}
END_TEST

/* Signed by the key of its CSR: that is seen, and the refusal bound, whatever else is wrong. */
static const struct {
	const char *from, *to, *text;
} bad_registrations[] = {
	{ "\"sequence\":0", "\"sequence\":5", "sequence" },
	{ "\"force\":false", "\"force\":0", "body.force" },
	{ "\"token_id\":\"", "\"token_id\":\"-", "body.token_id" },
	{ "\"token_proof\":\"", "\"token_proof\":\"g", "body.token_proof" },
	{ "\"slx\":1", "\"slx\":2", "version 2" },
};

START_TEST(a_registration_out_of_shape_is_refused_by_a_bound_answer)
{
	struct sl_envelope *envelope = NULL;
	struct sl_buf changed = { 0 };
	struct sl_reply *reply;
	const void *content;
	const char *at;
	size_t len;

	device_ask_register(&s, &d, &token, 0, NULL, 0);
	site_ok(&s, sl_envelope_open(&envelope, s.crypto, d.message.data, d.message.len, &s.err));
	site_ok(&s, sl_envelope_verify(envelope, sl_envelope_signer(envelope), &content, &len, &s.err));
	at = strstr(content, bad_registrations[_i].from);
	ck_assert_ptr_nonnull(at);
	sl_buf_add(&changed, content, (size_t)(at - (const char *)content));
	sl_buf_puts(&changed, bad_registrations[_i].to);
	at += strlen(bad_registrations[_i].from);
	sl_buf_add(&changed, at, len - (size_t)(at - (const char *)content));
	d.key = d.next_key;
	d.next_key = NULL;
	d.cert = sl_cert_ref(sl_envelope_signer(envelope));
	device_say(&s, &d, changed.data, 1);
	reply = site_send(&s, &d.message);
	ck_assert_int_eq(reply->status, SL_REPLY_ERROR);
	ck_assert_msg(strstr(reply->error.message, bad_registrations[_i].text) != NULL, "%s",
	    reply->error.message);
	ck_assert_str_eq(reply->request_sha256, d.sha256);
	ck_assert_str_eq(reply->request_id, d.request_id);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance"), 0);
	sl_reply_free(reply);
	sl_buf_free(&changed);
	sl_envelope_free(envelope);
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
			"INSERT INTO revocation VALUES ($1, $2, 'lost', 0, NULL)", "tt", SITE_ACCOUNT,
			sl_cert_serial(lost.cert)));
	ck_assert_int_eq(device_use(&s, &lost, 1, 0), SL_DENIED_CERTIFICATE_REVOKED);
	sl_cert_unref(self);
	sl_buf_free(&der);
	device_free(&lost);
}
END_TEST

START_TEST(a_token_that_is_over_revoked_strange_or_guessed_registers_nobody)
{
	struct site_token t = token;

	s.now += 30 * SITE_DAY;
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_TOKEN_EXPIRED);
	s.now -= 1;
	site_ok(&s, ledger_token_revoke(s.ledger, token.text, "admin", s.now, &s.err));
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
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance"), 0);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM token_use"), 0);
}
END_TEST

START_TEST(a_guard_hears_of_unknown_tokens_and_keeps_good_ones_waiting_too)
{
	struct site_token t = token;
	struct sl_buf answer = { 0 };

	site_guard(&s);
	t.parsed.secret[0] ^= 1;
	ck_assert_int_eq(device_register(&s, &d, &t, 0), SL_DENIED_TOKEN_UNKNOWN);
	ck_assert_int_eq(s.guard_failures, 1);
	s.guard_wait_s = 60;
	device_ask_register(&s, &d, &token, 0, NULL, 0);
	ck_assert_int_eq(authority_answer(s.authority, d.message.data, d.message.len, s.now, site_fill,
			     &s, &answer, &s.err), SMARTLIC_E_LIMIT);
	ck_assert_uint_eq(answer.len, 0);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance"), 0);
	s.guard_wait_s = 0;
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	s.guard_wait_s = 60;
	ck_assert_int_eq(device_use(&s, &d, 1, 0), SL_DENIED_NONE);
	ck_assert_int_eq(s.guard_failures, 1);
}
END_TEST

START_TEST(a_refusal_that_cuts_a_name_within_a_character_is_still_an_answer)
{
	char name[121] = "x";
	struct site_token other;
	struct sl_reply *reply;

	for (size_t i = 1; i < sizeof(name) - 1; i += 2)
		memcpy(name + i, i + 2 < sizeof(name) ? "\xc3\xa9" : "!", i + 2 < sizeof(name) ? 2 : 1);
	site_ok(&s, ledger_virtual_account_create(s.ledger, name, "admin", s.now, &s.err));
	other = site_token_new(&s, name, 30, LEDGER_ANY_USES);
	ck_assert_int_eq(device_deregister(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &d, &other, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 1, 0), SL_DENIED_NONE);
	device_ask_register(&s, &d, &token, 0, NULL, 0);
	reply = site_send(&s, &d.message);
	ck_assert_int_eq(reply->error.code, SL_DENIED_UDI_REGISTERED);
	ck_assert_ptr_nonnull(strstr(reply->error.message, "x\xc3\xa9"));
	sl_reply_free(reply);
}
END_TEST

/* A ledger put back from a copy that is older than the renewal: the device has the former key. */
START_TEST(a_key_that_the_ledger_lost_is_advice_so_that_the_one_before_is_tried)
{
	struct sl_reply *reply;

	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, "DELETE FROM key WHERE state = 'issued'", ""));
	device_ask_usage(&s, &d, 1, 1);
	reply = site_send(&s, &d.message);
	ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_SIGNATURE);
	ck_assert_str_eq(reply->request_sha256, "");
	sl_reply_free(reply);
}
END_TEST

static const struct {
	const char *hostname;
	enum sl_denial code;
} hostnames[] = {
	{ "r\xc3\xb6uter-1", SL_DENIED_NONE },
	{ "\\u001b[2J", SL_DENIED_BAD_REQUEST },
	{ "\\u009b2J", SL_DENIED_BAD_REQUEST }, /* the same to many terminals */
	{ "\xc2\x9b" "2J", SL_DENIED_BAD_REQUEST },
	{ "\x7f", SL_DENIED_BAD_REQUEST },
};

START_TEST(a_host_name_that_commands_a_terminal_is_refused)
{
	struct request q;
	char text[600];
	int n;

	n = snprintf(text, sizeof(text),
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"register\",\"request_id\":"
	    "\"00000000-0000-4000-8000-000000000001\",\"sequence\":0,\"udi\":{\"pid\":\"NCS1004\","
	    "\"sn\":\"A\",\"uuid\":\"default-sdr\"},\"store\":\"%s\",\"body\":{\"csr\":\"AAAA\","
	    "\"token_id\":\"AQAAAAAAAAAAAAAAAAAAAA\",\"token_proof\":\"%064d\",\"force\":false,"
	    "\"hostname\":\"%s\"}}", SITE_HOME, 0, hostnames[_i].hostname);
	ck_assert_int_eq(request_read(&q, text, (size_t)n, &s.err), 0);
	ck_assert_int_eq(q.denial, hostnames[_i].code);
	if (q.denial != SL_DENIED_NONE)
		ck_assert_ptr_nonnull(strstr(s.err.text, "control"));
	request_release(&q);
}
END_TEST

START_TEST(a_list_of_many_revoked_certificates_keeps_nobody_from_registering)
{
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err,
			"INSERT INTO revocation (account, serial, why, at_s) SELECT $1,"
			" '40' || substr('0000000000000000000000000000' || hex(n), -28), 'removed', 0"
			" FROM (WITH RECURSIVE c(n) AS (SELECT 10000 UNION ALL SELECT n + 1 FROM c"
			" WHERE n < 22000) SELECT n FROM c)", "t", SITE_ACCOUNT));
	s.now += 2 * SITE_DAY;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(device_register(&s, &d, &token, 1), SL_DENIED_NONE);
	ck_assert_uint_eq(s.last_lists, 2); /* without it, who requires lists takes no answer */
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_NONE);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("authority_refusals");
	TCase *t = tcase_create("registration");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_token_that_is_over_revoked_strange_or_guessed_registers_nobody);
	tcase_add_test(t, a_guard_hears_of_unknown_tokens_and_keeps_good_ones_waiting_too);
	tcase_add_loop_test(t, a_registration_out_of_shape_is_refused_by_a_bound_answer, 0,
	    sizeof(bad_registrations) / sizeof(bad_registrations[0]));
	tcase_add_loop_test(t, a_host_name_that_commands_a_terminal_is_refused, 0,
	    sizeof(hostnames) / sizeof(hostnames[0]));
	suite_add_tcase(suite, t);

	t = tcase_create("live");
	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup_live, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_key_is_certified_once);
	tcase_add_test(t, an_id_belongs_to_one_content);
	tcase_add_test(t, a_registrations_id_belongs_to_one_content);
	tcase_add_test(t, a_key_speaks_for_its_own_instance_alone);
	tcase_add_loop_test(t, content_out_of_shape_is_refused_and_changes_nothing, 0,
	    sizeof(bad_contents) / sizeof(bad_contents[0]));
	tcase_add_test(t, a_closed_instance_is_told_so_whatever_its_body_is);
	tcase_add_test(t, what_nobody_signed_for_is_advice_and_names_nothing);
	tcase_add_test(t, an_instance_that_the_ledger_never_knew_is_told_to_register);
	tcase_add_test(t, a_refusal_that_cuts_a_name_within_a_character_is_still_an_answer);
	tcase_add_test(t, a_key_that_the_ledger_lost_is_advice_so_that_the_one_before_is_tried);
	tcase_add_test(t, a_list_of_many_revoked_certificates_keeps_nobody_from_registering);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
