/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "answer.h"
#include "tests/suite.h"
#include "tests/support/pki.h"
#include "text.h"

/* What the test vectors have not: renewals, satellites that register, lists over several answers.
 */

#define N(a)           (sizeof(a) / sizeof((a)[0]))
#define HASH           "287311ef6b260af65fda2ccecddd68bf8b59b17d874b75a114a2cd8aa346b57c"
#define OTHER_ACCOUNT  "0e9d7c33-93b1-4a3b-b1a3-4c2f2f6f5b22"
#define OTHER_INSTANCE "01978a2e-2d00-7b20-9c3d-4e5f60718292"

static struct smartlic_crypto *crypto;
static struct smartlic_error err;
static struct tpki pki;
static struct sl_trust *trust;
static struct sl_clock clock_;
static struct sl_expected expected;
static struct sl_key *new_key;
static enum sl_revocation revocation;

static void
setup(void)
{
	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
	tpki_init(&pki, crypto);
	ck_assert_int_eq(sl_trust_new(&trust, crypto, &err), 0);
	ck_assert_int_eq(sl_trust_add_anchors(trust, pki.root_pem.data, pki.root_pem.len, &err), 0);
	sl_clock_init(&clock_, TPKI_NOW, 0, "boot");
	ck_assert_int_eq(sl_key_new(&new_key, crypto, &err), 0);

	revocation = SL_REVOCATION_OPTIONAL;
	expected = (struct sl_expected){ .type = SL_MSG_RENEW_ID,
		.request_id = "ee14b5bc-3c90-40f5-af7b-65f095344825",
		.request_sha256 = HASH,
		.udi = { "NCS1004", "CAT2231B18Y", "default-sdr" },
		.instance = TPKI_INSTANCE,
		.account = TPKI_ACCOUNT,
		.floor_s = SL_NO_TIME };
	ck_assert_int_eq(sl_key_ski(new_key, expected.csr_ski, &err), 0);
}

static void
teardown(void)
{
	sl_key_free(new_key);
	sl_trust_free(trust);
	tpki_free(&pki);
	smartlic_crypto_free(crypto);
}

static void
expect_registration(void)
{
	expected.type = SL_MSG_REGISTER;
	expected.instance[0] = '\0';
	expected.account[0] = '\0';
	(void)sl_copy(expected.token_answer, sizeof(expected.token_answer), HASH);
}

static void
put_head(struct sl_buf *b, const char *status)
{
	char time[SL_TIME_SIZE];

	sl_time(time, TPKI_NOW);
	sl_buf_printf(b,
	    "{\"slx\":1,\"msg\":\"response\",\"type\":\"%s\",\"request_id\":\"%s\","
	    "\"request_sha256\":\"" HASH "\",\"udi\":{\"pid\":\"NCS1004\",\"sn\":\"CAT2231B18Y\","
	    "\"uuid\":\"default-sdr\"},\"ledger\":\"" OTHER_INSTANCE "\",\"time\":\"%s\","
	    "\"status\":\"%s\",",
	    sl_msg_type_name(expected.type), expected.request_id, time, status);
	if (expected.type != SL_MSG_REGISTER)
		sl_buf_printf(b, "\"instance\":\"%s\",", expected.instance);
}

/* The answer that issues `leaf` (DER) by `ca`. */
static struct sl_buf
identity_answer(const struct sl_buf *leaf, const struct sl_cert *ca)
{
	struct sl_buf b = { 0 };
	const void *der;
	size_t len;

	put_head(&b, "ok");
	sl_buf_puts(&b, "\"body\":{\"certificates\":[\"");
	sl_base64(&b, leaf->data, leaf->len);
	sl_buf_puts(&b, "\",\"");
	der = sl_cert_der(ca, &len);
	sl_base64(&b, der, len);
	sl_buf_puts(&b, "\"],\"registration_expires\":\"2027-11-25T00:00:00Z\",\"policy\":{}");
	if (expected.type == SL_MSG_REGISTER)
		sl_buf_puts(&b, ",\"instance\":\"" TPKI_INSTANCE "\",\"token_answer\":\"" HASH "\","
				"\"smart_account\":\"A\",\"virtual_account\":\"B\"");
	sl_buf_puts(&b, "}}");
	return b;
}

#define CRLS_MAX 3

/* Signs and checks; certificates are embedded, lists as given. */
static int
check_signed(struct sl_answer *ret, const struct tpki_id *signer, struct sl_cert *const *certs,
    size_t n_certs, const struct sl_buf *crls, size_t n_crls, const struct sl_buf *content)
{
	struct sl_der lists[CRLS_MAX];
	struct sl_buf message = { 0 };
	int r;

	for (size_t i = 0; i < n_crls; i++)
		lists[i] = (struct sl_der){ crls[i].data, crls[i].len };
	ck_assert_int_eq(sl_envelope_sign(&message, crypto, signer->key, signer->cert, certs,
			     n_certs, lists, n_crls, content->data, content->len, &err),
	    0);
	sl_error_clear(&err);
	r = sl_answer_check(ret, crypto, trust, &clock_, revocation, &expected, message.data,
	    message.len, &err);
	sl_buf_free(&message);
	return r;
}

static struct sl_buf
issue(const struct tpki_spec *spec, const struct sl_key *key)
{
	return tpki_cert_der(crypto, key, spec);
}

/* One renewal by the response signer; `spoil` alters what is certified. */
static int
check_renewal(struct sl_answer *ret, const struct tpki_spec *spec, const struct sl_key *key,
    const struct sl_buf *crls, size_t n_crls)
{
	struct sl_buf leaf = issue(spec, key), content = identity_answer(&leaf, spec->issuer->cert);
	int r = check_signed(ret, &pki.signer, &pki.signer.cert, 1, crls, n_crls, &content);

	sl_buf_free(&leaf);
	sl_buf_free(&content);
	return r;
}

START_TEST(a_renewal_is_taken_and_its_certificate_kept)
{
	struct tpki_spec spec = tpki_spec_device(&pki.issuing);
	enum sl_clock_note note;
	struct sl_answer answer;

	ck_assert_msg(check_renewal(&answer, &spec, new_key, NULL, 0) == 0, "%s", err.text);
	ck_assert_uint_eq(answer.id_chain.n, 3);
	ck_assert_int_eq(answer.revocation_tolerated, 1);
	ck_assert_ptr_null(sl_trust_find(trust, expected.csr_ski));
	ck_assert_int_eq(sl_answer_apply(&answer, trust, &clock_, &note, &err), 0);
	ck_assert_ptr_nonnull(sl_trust_find(trust, expected.csr_ski));
	ck_assert_ptr_nonnull(sl_trust_find(trust, sl_cert_ski(pki.issuing.cert)));
	ck_assert_int_eq(clock_.signed_s, TPKI_NOW);
	sl_answer_release(&answer);
}
END_TEST

static const struct {
	const char *what;
	const char *o, *serial_number, *cn, *role;
	int64_t not_before, not_after;
	int code;
} renewals[] = {
	{ "another account", OTHER_ACCOUNT, NULL, NULL, NULL, 0, 0, SMARTLIC_E_BINDING },
	{ "another device", NULL, "PID:NCS1004 SN:CAT2231B18Z", NULL, NULL, 0, 0,
	    SMARTLIC_E_BINDING },
	{ "another instance", NULL, NULL, OTHER_INSTANCE, NULL, 0, 0, SMARTLIC_E_BINDING },
	{ "another role", NULL, NULL, NULL, TPKI_RESPONSE, 0, 0, SMARTLIC_E_BINDING },
	{ "expired at the answer's time", NULL, NULL, NULL, NULL, TPKI_NOW - 9 * TPKI_DAY,
	    TPKI_NOW - 1, SMARTLIC_E_VALIDITY },
	{ "not valid yet", NULL, NULL, NULL, NULL, TPKI_NOW + 1, TPKI_NOW + 9 * TPKI_DAY,
	    SMARTLIC_E_VALIDITY },
};

START_TEST(a_renewal_of_something_else_is_refused)
{
	struct tpki_spec spec = tpki_spec_device(&pki.issuing);
	struct sl_answer answer;

	if (renewals[_i].o != NULL)
		spec.o = renewals[_i].o;
	if (renewals[_i].serial_number != NULL)
		spec.serial_number = renewals[_i].serial_number;
	if (renewals[_i].cn != NULL)
		spec.cn = renewals[_i].cn;
	if (renewals[_i].role != NULL)
		spec.usages[1] = renewals[_i].role;
	if (renewals[_i].not_after != 0) {
		spec.not_before = renewals[_i].not_before;
		spec.not_after = renewals[_i].not_after;
	}
	ck_assert_msg(check_renewal(&answer, &spec, new_key, NULL, 0) == renewals[_i].code,
	    "%s: %s", renewals[_i].what, err.text);
	ck_assert_ptr_null(answer.reply);
}
END_TEST

START_TEST(a_renewal_for_another_key_is_refused)
{
	struct tpki_spec spec = tpki_spec_device(&pki.issuing);
	struct sl_answer answer;

	ck_assert_int_eq(
	    check_renewal(&answer, &spec, pki.device.key, NULL, 0), SMARTLIC_E_BINDING);
	ck_assert_ptr_nonnull(strstr(err.text, "another key"));
}
END_TEST

START_TEST(a_certificate_that_is_none_is_refused)
{
	struct sl_buf leaf = { 0 }, content;
	struct sl_answer answer;

	sl_buf_add(&leaf, "0\x03\x02\x01\x00", 5);
	content = identity_answer(&leaf, pki.issuing.cert);
	ck_assert_int_eq(check_signed(&answer, &pki.signer, &pki.signer.cert, 1, NULL, 0, &content),
	    SMARTLIC_E_BINDING);
	ck_assert_ptr_nonnull(strstr(err.text, "issued certificate"));
	sl_buf_free(&leaf);
	sl_buf_free(&content);
}
END_TEST

START_TEST(a_certificate_of_another_root_is_refused)
{
	struct tpki_spec root = tpki_spec_root(), issuing, spec;
	struct tpki_id other_root = tpki_make(crypto, &root), other_issuing;
	struct sl_answer answer;

	issuing = tpki_spec_issuing(&other_root);
	other_issuing = tpki_make(crypto, &issuing);
	spec = tpki_spec_device(&other_issuing);
	ck_assert_int_eq(check_renewal(&answer, &spec, new_key, NULL, 0), SMARTLIC_E_BINDING);
	tpki_id_free(&other_issuing);
	tpki_id_free(&other_root);
}
END_TEST

START_TEST(an_issuer_that_a_list_revokes_issues_no_more)
{
	struct tpki_spec spec = tpki_spec_device(&pki.issuing);
	struct tpki_list list = { .revoked = { pki.issuing.cert } };
	struct sl_buf crl = tpki_crl(crypto, &pki.root, &list);
	struct sl_answer answer;

	ck_assert_msg(check_renewal(&answer, &spec, new_key, &crl, 1) == SMARTLIC_E_REVOCATION,
	    "%s", err.text);
	sl_buf_free(&crl);
}
END_TEST

/* Both of the signer's chain and of the issued one. */
START_TEST(where_lists_are_required_that_of_the_issuer_is_too)
{
	struct tpki_spec spec = tpki_spec_device(&pki.issuing);
	struct tpki_list list = { .number = 1,
		.this_update = TPKI_NOW - 60,
		.next_update = TPKI_NOW + TPKI_DAY };
	struct sl_buf crls[2] = { tpki_crl(crypto, &pki.root, &list),
		tpki_crl(crypto, &pki.issuing, &list) };
	struct sl_answer answer;

	revocation = SL_REVOCATION_REQUIRED;
	ck_assert_int_eq(check_renewal(&answer, &spec, new_key, crls, 1), SMARTLIC_E_REVOCATION);
	ck_assert_msg(check_renewal(&answer, &spec, new_key, crls, 2) == 0, "%s", err.text);
	sl_answer_release(&answer);
	/* tolerated and noted where they are optional */
	revocation = SL_REVOCATION_OPTIONAL;
	ck_assert_int_eq(check_renewal(&answer, &spec, new_key, crls, 1), 0);
	ck_assert_int_eq(answer.revocation_tolerated, 1);
	sl_answer_release(&answer);
	sl_buf_free(&crls[0]);
	sl_buf_free(&crls[1]);
}
END_TEST

/* An ID certificate of TPKI_ACCOUNT or another one, by that account's satellite's CA, in an answer
 * that is signed by the satellite of TPKI_ACCOUNT. */
START_TEST(a_satellite_registers_for_its_own_account_only)
{
	struct sl_cert *certs[] = { pki.satellite.cert, pki.satellite_ca.cert,
		pki.satellites.cert };
	struct tpki_spec ca = tpki_spec_satellite_ca(&pki.satellites, OTHER_ACCOUNT);
	struct tpki_id other_ca = tpki_make(crypto, &ca);
	int own = _i == 0;
	const struct tpki_id *issuer = own ? &pki.satellite_ca : &other_ca;
	struct tpki_spec spec = tpki_spec_device(issuer);
	struct sl_answer answer;
	struct sl_buf leaf, content = { 0 };

	expect_registration();
	spec.o = own ? TPKI_ACCOUNT : OTHER_ACCOUNT;
	leaf = issue(&spec, new_key);
	content = identity_answer(&leaf, issuer->cert);
	/* of the satellites' CA's there is no other copy than the envelope's */
	ck_assert_msg(check_signed(&answer, &pki.satellite, certs, 3, NULL, 0, &content) ==
			  (own ? 0 : SMARTLIC_E_BINDING),
	    "%s", err.text);
	sl_answer_release(&answer);
	sl_buf_free(&leaf);
	sl_buf_free(&content);
	tpki_id_free(&other_ca);
}
END_TEST

static const char *const refusals[] = { "error", "pending" };

START_TEST(any_satellite_may_refuse_a_registration)
{
	struct sl_cert *certs[] = { pki.satellite.cert, pki.satellite_ca.cert,
		pki.satellites.cert };
	struct sl_buf content = { 0 };
	struct sl_answer answer;

	expect_registration();
	put_head(&content, refusals[_i]);
	sl_buf_puts(&content, "\"error\":{\"code\":\"token_unknown\"},\"retry_after\":60}");
	ck_assert_msg(check_signed(&answer, &pki.satellite, certs, 3, NULL, 0, &content) == 0, "%s",
	    err.text);
	ck_assert_uint_eq(answer.id_chain.n, 0);
	sl_answer_release(&answer);
	/* but nothing else than a registration */
	sl_buf_free(&content);
	expected.type = SL_MSG_DEREGISTER;
	(void)sl_copy(expected.instance, sizeof(expected.instance), TPKI_INSTANCE);
	(void)sl_copy(expected.account, sizeof(expected.account), OTHER_ACCOUNT);
	put_head(&content, "ok");
	sl_buf_puts(&content, "\"body\":{}}");
	ck_assert_int_eq(
	    check_signed(&answer, &pki.satellite, certs, 3, NULL, 0, &content), SMARTLIC_E_ROLE);
	(void)sl_copy(expected.account, sizeof(expected.account), TPKI_ACCOUNT);
	ck_assert_int_eq(check_signed(&answer, &pki.satellite, certs, 3, NULL, 0, &content), 0);
	sl_answer_release(&answer);
	sl_buf_free(&content);
}
END_TEST

/* A deregistration's answer, the shortest there is. */
static int
check_short(struct sl_answer *ret, struct sl_cert *const *certs, size_t n_certs,
    const struct sl_buf *crls, size_t n_crls)
{
	struct sl_buf content = { 0 };
	int r;

	expected.type = SL_MSG_DEREGISTER;
	put_head(&content, "ok");
	sl_buf_puts(&content, "\"body\":{}}");
	r = check_signed(ret, &pki.signer, certs, n_certs, crls, n_crls, &content);
	sl_buf_free(&content);
	return r;
}

START_TEST(a_known_key_is_checked_by_the_certificate_that_is_known)
{
	struct tpki_spec root = tpki_spec_root(), spec;
	struct tpki_id other_root = tpki_make(crypto, &root);
	struct sl_cert *forged;
	struct sl_answer answer;

	/* the signer's key, certified by a stranger */
	spec = tpki_spec_signer(&other_root);
	forged = tpki_cert(crypto, pki.signer.key, &spec);
	ck_assert_int_eq(check_short(&answer, &forged, 1, NULL, 0), SMARTLIC_E_CHAIN);
	ck_assert_int_eq(check_short(&answer, NULL, 0, NULL, 0), SMARTLIC_E_CHAIN);
	ck_assert_int_ge(sl_trust_add_cert(trust, pki.signer.cert, &err), 0);
	ck_assert_int_eq(check_short(&answer, NULL, 0, NULL, 0), 0);
	sl_answer_release(&answer);
	ck_assert_int_eq(check_short(&answer, &forged, 1, NULL, 0), 0);
	ck_assert_mem_eq(sl_cert_spki(answer.chain.cert[0], &(size_t){ 0 }),
	    sl_cert_spki(pki.signer.cert, &(size_t){ 0 }), 32);
	ck_assert_ptr_eq(answer.chain.cert[0], sl_trust_find(trust, sl_cert_ski(pki.signer.cert)));
	sl_answer_release(&answer);
	sl_cert_unref(forged);
	tpki_id_free(&other_root);
}
END_TEST

START_TEST(a_list_once_applied_holds_against_an_older_one)
{
	struct tpki_list fresh = { .number = 7, .revoked = { pki.signer.cert } };
	struct tpki_list older = { .number = 6 };
	struct sl_buf crls[] = { tpki_crl(crypto, &pki.root, &fresh),
		tpki_crl(crypto, &pki.root, &older) };
	struct tpki_spec spec = tpki_spec_signer(&pki.root);
	struct tpki_id successor = tpki_make(crypto, &spec);
	struct sl_buf content = { 0 };
	enum sl_clock_note note;
	struct sl_answer answer;

	ck_assert_int_eq(check_short(&answer, &pki.signer.cert, 1, &crls[1], 1), 0);
	sl_answer_release(&answer);
	/* the successor's answer tells that the first signer is revoked */
	put_head(&content, "ok");
	sl_buf_puts(&content, "\"body\":{}}");
	ck_assert_int_eq(
	    check_signed(&answer, &successor, &successor.cert, 1, &crls[0], 1, &content), 0);
	ck_assert_int_eq(answer.revocation_tolerated, 0);
	ck_assert_int_eq(sl_answer_apply(&answer, trust, &clock_, &note, &err), 0);
	sl_answer_release(&answer);
	ck_assert_int_eq(
	    check_short(&answer, &pki.signer.cert, 1, &crls[1], 1), SMARTLIC_E_REVOCATION);
	sl_buf_free(&content);
	sl_buf_free(&crls[0]);
	sl_buf_free(&crls[1]);
	tpki_id_free(&successor);
}
END_TEST

START_TEST(clock_accept_takes_older_lists_too)
{
	struct tpki_list poisoned = { .number = 4000000000, .revoked = { pki.signer.cert } };
	struct tpki_list good = { .number = 6 };
	struct sl_buf crls[] = { tpki_crl(crypto, &pki.root, &poisoned),
		tpki_crl(crypto, &pki.root, &good) };
	enum sl_clock_note note;
	struct sl_answer answer;

	clock_.signed_s = clock_.floor_s = TPKI_NOW;
	ck_assert_int_eq(check_short(&answer, &pki.signer.cert, 1, &crls[1], 1), 0);
	ck_assert_int_ge(sl_trust_add_crl(trust, crls[0].data, crls[0].len, NULL, 0, 0, &err), 0);
	clock_.accept = 1;
	ck_assert_int_eq(sl_answer_apply(&answer, trust, &clock_, &note, &err), 0);
	ck_assert_int_eq(note, SL_CLOCK_ACCEPTED);
	sl_answer_release(&answer);
	ck_assert_msg(check_short(&answer, &pki.signer.cert, 1, NULL, 0) == 0, "%s", err.text);
	ck_assert_int_eq(answer.revocation_tolerated, 0);
	sl_answer_release(&answer);
	sl_buf_free(&crls[0]);
	sl_buf_free(&crls[1]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("answer");
	TCase *t = tcase_create("answer");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_renewal_is_taken_and_its_certificate_kept);
	tcase_add_loop_test(t, a_renewal_of_something_else_is_refused, 0, N(renewals));
	tcase_add_test(t, a_renewal_for_another_key_is_refused);
	tcase_add_test(t, a_certificate_that_is_none_is_refused);
	tcase_add_test(t, a_certificate_of_another_root_is_refused);
	tcase_add_test(t, an_issuer_that_a_list_revokes_issues_no_more);
	tcase_add_test(t, where_lists_are_required_that_of_the_issuer_is_too);
	tcase_add_loop_test(t, a_satellite_registers_for_its_own_account_only, 0, 2);
	tcase_add_loop_test(t, any_satellite_may_refuse_a_registration, 0, N(refusals));
	tcase_add_test(t, a_known_key_is_checked_by_the_certificate_that_is_known);
	tcase_add_test(t, a_list_once_applied_holds_against_an_older_one);
	tcase_add_test(t, clock_accept_takes_older_lists_too);
	suite_add_tcase(s, t);
	return run_suite(s);
}
