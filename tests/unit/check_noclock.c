/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>
#include <time.h>

#include <openssl/x509.h>

#include "envelope.h"
#include "error.h"
#include "tests/unit/trusting.h"

/*
 * The system's clock has no say in any judgement, also not by way of OpenSSL.
 * This program brings a clock of its own, which libcrypto finds too.  (It is
 * asked by OpenSSL's randomness, so that counting the questions shows nothing.)
 */
static time_t now;

__attribute__((visibility("default"))) time_t
time(time_t *ret)
{
	if (ret != NULL)
		*ret = now;
	return now;
}

static const int64_t clocks[] = { 0, TPKI_NOW, TPKI_NOW + 40 * 365 * TPKI_DAY,
	INT64_C(253402300799) };

START_TEST(this_programs_clock_is_the_one_that_openssl_asks)
{
	const unsigned char *p;
	size_t len;
	X509 *x509;

	p = sl_cert_der(pki.signer.cert, &len);
	x509 = d2i_X509(NULL, &p, (long)len);
	now = 0;
	ck_assert_int_eq(X509_cmp_current_time(X509_get0_notAfter(x509)), 1);
	now = TPKI_NOW + 40 * 365 * TPKI_DAY;
	ck_assert_int_eq(X509_cmp_current_time(X509_get0_notAfter(x509)), -1);
	X509_free(x509);
}
END_TEST

/* Judged at a moment that all of it is good for, or at one when lists and certificates had ended.
 */
static void
judge(int64_t at, int validity, int revocation)
{
	struct sl_buf list = tpki_crl(crypto, &pki.root, &(struct tpki_list){ .number = 1 });
	struct sl_der crl = { list.data, list.len };
	struct sl_buf message = { 0 };
	struct sl_envelope *env;
	struct sl_chain chain;
	struct sl_cert *const *certs;
	const void *content;
	size_t n, len;
	int tolerated;

	ck_assert_int_eq(sl_envelope_sign(&message, crypto, pki.signer.key, pki.signer.cert,
			     &pki.signer.cert, 1, &crl, 1, "{}", 2, &err),
	    0);
	ck_assert_int_eq(sl_envelope_open(&env, crypto, message.data, message.len, &err), 0);
	certs = sl_envelope_certs(env, &n);
	ck_assert_int_eq(
	    sl_trust_chain(trust, certs[0], certs, n, SL_ROLE_RESPONSE, &chain, &err), 0);
	ck_assert_int_eq(sl_envelope_verify(env, certs[0], &content, &len, &err), 0);
	ck_assert_int_eq(sl_chain_validity(&chain, at, at, &err), validity);
	ck_assert_int_eq(sl_trust_revocation(trust, &chain, sl_envelope_crls(env, &n), 1, at,
			     SL_REVOCATION_REQUIRED, &tolerated, &err),
	    revocation);
	sl_chain_release(&chain);
	sl_envelope_free(env);
	sl_buf_free(&message);
	sl_buf_free(&list);
}

START_TEST(a_message_is_judged_the_same_by_any_clock)
{
	now = (time_t)clocks[_i];
	judge(TPKI_NOW, 0, 0);
	judge(TPKI_NOW + 20 * 365 * TPKI_DAY, SMARTLIC_E_VALIDITY, SMARTLIC_E_REVOCATION);
}
END_TEST

START_TEST(what_is_signed_holds_no_time)
{
	/* signingTime's object identifier */
	static const char type[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05";
	struct sl_buf message = { 0 };

	ck_assert_int_eq(sl_envelope_sign(&message, crypto, pki.signer.key, NULL, NULL, 0, NULL, 0,
			     "{}", 2, &err),
	    0);
	ck_assert_ptr_null(memmem(message.data, message.len, type, sizeof(type) - 1));
	sl_buf_free(&message);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("noclock");
	TCase *t = tcase_create("noclock");

	tcase_add_unchecked_fixture(t, make_pki, free_pki);
	tcase_add_checked_fixture(t, setup_pki, teardown_pki);
	tcase_add_test(t, this_programs_clock_is_the_one_that_openssl_asks);
	tcase_add_loop_test(
	    t, a_message_is_judged_the_same_by_any_clock, 0, sizeof(clocks) / sizeof(clocks[0]));
	tcase_add_test(t, what_is_signed_holds_no_time);
	suite_add_tcase(s, t);
	return run_suite(s);
}
