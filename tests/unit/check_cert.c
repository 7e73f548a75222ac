/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <pthread.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "error.h"
#include "ossl.h"
#include "tests/support/rsa.h"
#include "tests/unit/trusting.h"

/* ---- keys --------------------------------------------------------------- */

static int
read_spki(const struct sl_buf *spki)
{
	unsigned char ski[SL_SKI_LEN];
	enum sl_key_kind kind;

	return sl_spki_read(crypto, spki->data, spki->len, &kind, ski, &err);
}

/* An EC key, written with its curve by name or parameters, its point compressed or not. */
static struct sl_buf
ec_spki(const char *curve, const char *encoding, const char *format)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
	struct sl_buf spki = { 0 };
	unsigned char *der = NULL;
	int n;

	ck_assert_ptr_nonnull(pkey);
	ck_assert_int_eq(
	    EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, encoding), 1);
	ck_assert_int_eq(EVP_PKEY_set_utf8_string_param(
			     pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, format),
	    1);
	n = i2d_PUBKEY(pkey, &der);
	ck_assert_int_gt(n, 0);
	sl_buf_add(&spki, der, (size_t)n);
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	return spki;
}

static const struct {
	const char *curve, *encoding, *format;
	int result;
} curves[] = {
	{ "P-256", "named_curve", "uncompressed", 0 },
	{ "P-384", "named_curve", "uncompressed", 0 },
	{ "P-521", "named_curve", "uncompressed", SMARTLIC_E_FORM },
	{ "secp256k1", "named_curve", "uncompressed", SMARTLIC_E_FORM },
	{ "P-256", "explicit", "uncompressed", SMARTLIC_E_FORM },
	{ "P-256", "named_curve", "compressed", SMARTLIC_E_FORM },
	{ "P-384", "named_curve", "hybrid", SMARTLIC_E_FORM },
};

START_TEST(a_curve_is_known_by_its_name_and_a_point_by_both_coordinates)
{
	struct sl_buf spki = ec_spki(curves[_i].curve, curves[_i].encoding, curves[_i].format);

	ck_assert_int_eq(read_spki(&spki), curves[_i].result);
	sl_buf_free(&spki);
}
END_TEST

/* An RSA key of such a modulus (size in bits, its first byte) and exponent. */
static struct sl_buf
rsa_spki(size_t bits, int first, const char *e, size_t e_len)
{
	static const unsigned char alg[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
	struct sl_buf n = { 0 }, key = { 0 }, seq = { 0 }, inner = { 0 }, spki = { 0 };
	unsigned char top = (unsigned char)first;

	if (top & 0x80)
		sl_buf_add(&n, "", 1);
	sl_buf_add(&n, &top, 1);
	for (size_t i = 1; i < (bits + 7) / 8; i++)
		sl_buf_add(&n, "\x55", 1);
	sl_der_put(&key, SL_DER_INTEGER, n.data, n.len);
	sl_der_put(&key, SL_DER_INTEGER, e, e_len);
	sl_buf_add(&seq, "", 1); /* no unused bits */
	sl_der_put(&seq, SL_DER_SEQUENCE, key.data, key.len);
	sl_buf_add(&inner, alg, sizeof(alg));
	sl_der_put(&inner, SL_DER_BIT_STRING, seq.data, seq.len);
	sl_der_put(&spki, SL_DER_SEQUENCE, inner.data, inner.len);
	sl_buf_free(&n);
	sl_buf_free(&key);
	sl_buf_free(&seq);
	sl_buf_free(&inner);
	return spki;
}

static const struct {
	size_t bits;
	int first;
	const char *e;
	size_t e_len;
	int result;
} rsas[] = {
	{ 3072, 0x80, "\x01\x00\x01", 3, 0 },
	{ 3072, 0xff, "\x03", 1, 0 },
	{ 8192, 0x80, "\x00\xff\xff\xff\xff", 5, 0 },
	{ 3072, 0x7f, "\x01\x00\x01", 3, SMARTLIC_E_FORM }, /* 3071 bits */
	{ 2048, 0x80, "\x01\x00\x01", 3, SMARTLIC_E_FORM },
	{ 8193, 0x01, "\x01\x00\x01", 3, SMARTLIC_E_FORM },
	{ 16384, 0x80, "\x01\x00\x01", 3, SMARTLIC_E_FORM },
	{ 3072, 0x80, "\x01", 1, SMARTLIC_E_FORM },
	{ 3072, 0x80, "\x02", 1, SMARTLIC_E_FORM },
	{ 3072, 0x80, "\x01\x00\x00", 3, SMARTLIC_E_FORM },
	{ 3072, 0x80, "\x00", 1, SMARTLIC_E_FORM },
	{ 3072, 0x80, "\xff", 1, SMARTLIC_E_FORM },             /* negative */
	{ 3072, 0x80, "\x00\x01\x00\x01", 4, SMARTLIC_E_FORM }, /* a zero too many */
	{ 3072, 0x80, "\x01\x00\x00\x00\x01", 5, SMARTLIC_E_FORM },
	{ 3072, 0x80,
	    "\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	    "\xff",
	    22, SMARTLIC_E_FORM },
	{ 3072, 0x80, "", 0, SMARTLIC_E_FORM },
};

START_TEST(an_rsa_key_is_of_a_size_and_exponent_that_can_be_afforded)
{
	struct sl_buf spki = rsa_spki(rsas[_i].bits, rsas[_i].first, rsas[_i].e, rsas[_i].e_len);
	int r = read_spki(&spki);

	ck_assert_msg(r == rsas[_i].result, "%d: %s", r, r < 0 ? err.text : "");
	sl_buf_free(&spki);
}
END_TEST

START_TEST(a_key_of_another_kind_is_refused)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct sl_buf spki = { 0 };
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(pkey, &der);

	sl_buf_add(&spki, der, (size_t)n);
	ck_assert_int_eq(read_spki(&spki), SMARTLIC_E_FORM);
	for (size_t len = 0; len < spki.len; len++) {
		struct sl_buf cut = { .data = spki.data, .len = len };

		ck_assert_int_eq(read_spki(&cut), SMARTLIC_E_FORM);
	}
	sl_buf_free(&spki);
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(an_rsa_key_may_be_brought_along)
{
	struct sl_key *key = NULL;
	struct sl_buf again = { 0 };

	ck_assert_int_eq(
	    sl_key_read_pem(&key, crypto, test_rsa_key, strlen(test_rsa_key), &err), 0);
	ck_assert_int_eq(sl_key_write_pem(key, &again, &err), 0);
	ck_assert_str_eq(again.data, test_rsa_key);
	sl_buf_free(&again);
	sl_key_free(key);
}
END_TEST

/* A key is made from what stands there, without OpenSSL's own decoder. */
START_TEST(a_key_is_what_openssl_reads_of_it)
{
	static const char *const names[] = { "P-256", "P-384" };
	struct sl_buf spki = _i < 2 ? ec_spki(names[_i], "named_curve", "uncompressed")
				    : rsa_spki(3072, 0x80, "\x01\x00\x01", 3);
	const unsigned char *p = (const unsigned char *)spki.data;
	EVP_PKEY *theirs = d2i_PUBKEY(NULL, &p, (long)spki.len), *ours;
	unsigned char ski[SL_SKI_LEN];
	enum sl_key_kind kind;

	ck_assert_int_eq(sl_spki_read(crypto, spki.data, spki.len, &kind, ski, &err), 0);
	ours = sl_spki_key(crypto, kind, spki.data, spki.len);
	ck_assert_ptr_nonnull(ours);
	ck_assert_int_eq(EVP_PKEY_eq(ours, theirs), 1);
	EVP_PKEY_free(ours);
	EVP_PKEY_free(theirs);
	sl_buf_free(&spki);
}
END_TEST

START_TEST(a_point_beside_its_curve_is_no_key)
{
	static const char *const names[] = { "P-256", "P-384" };
	struct sl_buf spki = ec_spki(names[_i], "named_curve", "uncompressed");
	unsigned char ski[SL_SKI_LEN];
	enum sl_key_kind kind;

	spki.data[spki.len - 1] ^= 1;
	ck_assert_int_eq(sl_spki_read(crypto, spki.data, spki.len, &kind, ski, &err), 0);
	ck_assert_ptr_null(sl_spki_key(crypto, kind, spki.data, spki.len));
	sl_buf_free(&spki);
}
END_TEST

/* ---- certificates ------------------------------------------------------- */

static const struct {
	const char *what;
	unsigned int flags;
	int result;
} odd_certs[] = {
	{ "as it should be", 0, 0 },
	{ "with the key identifier of another key", TPKI_SKI_OTHER, SMARTLIC_E_FORM },
	{ "without key identifier", TPKI_SKI_NONE, SMARTLIC_E_FORM },
	{ "with a negative serial", TPKI_NEGATIVE_SERIAL, SMARTLIC_E_FORM },
	{ "with two organizations", TPKI_SUBJECT_TWICE, SMARTLIC_E_FORM },
	/* what a chain must show is not the parser's to judge */
	{ "with a broken signature", TPKI_SIGNATURE_BROKEN, 0 },
	{ "without key usage", TPKI_NO_KEY_USAGE, 0 },
};

START_TEST(a_certificate_is_read_or_refused)
{
	struct tpki_spec spec = tpki_spec_device(&pki.issuing);
	struct sl_cert *cert = NULL;
	struct sl_buf der;
	int r;

	spec.flags = odd_certs[_i].flags;
	der = tpki_cert_der(crypto, pki.device.key, &spec);
	r = sl_cert_parse(&cert, crypto, der.data, der.len, &err);
	ck_assert_msg(r == odd_certs[_i].result, "%s: %d", odd_certs[_i].what, r);
	ck_assert_int_eq(cert != NULL, r == 0);
	sl_cert_unref(cert);
	sl_buf_free(&der);
}
END_TEST

START_TEST(a_certificate_is_read_wholly_or_not_at_all)
{
	struct sl_buf der = { 0 };
	struct sl_cert *cert = NULL;
	const void *good;
	size_t len;

	good = sl_cert_der(pki.device.cert, &len);
	for (size_t n = 0; n < len; n++) {
		char *cut = malloc(n + 1);

		memcpy(cut, good, n);
		ck_assert_int_eq(sl_cert_parse(&cert, crypto, cut, n, &err), SMARTLIC_E_FORM);
		free(cut);
	}
	sl_buf_add(&der, good, len);
	sl_buf_add(&der, "", 1);
	ck_assert_int_eq(sl_cert_parse(&cert, crypto, der.data, der.len, &err), SMARTLIC_E_FORM);
	ck_assert_ptr_null(cert);
	sl_buf_free(&der);
}
END_TEST

START_TEST(a_certificate_whose_point_is_beside_its_curve_is_refused)
{
	struct tpki_spec spec = tpki_spec_device(&pki.issuing);
	struct sl_buf der = tpki_cert_der(crypto, pki.device.key, &spec);
	struct sl_cert *cert = NULL;
	const void *spki;
	size_t len;
	char *at;

	ck_assert_int_eq(sl_cert_parse(&cert, crypto, der.data, der.len, &err), 0);
	spki = sl_cert_spki(cert, &len);
	at = memmem(der.data, der.len, spki, len);
	at[len - 1] ^= 1;
	sl_cert_unref(cert);
	cert = NULL;
	ck_assert_int_eq(sl_cert_parse(&cert, crypto, der.data, der.len, &err), SMARTLIC_E_FORM);
	ck_assert_msg(strstr(err.text, "P-256 key that cannot be used") != NULL, "%s", err.text);
	ck_assert_ptr_null(cert);
	sl_buf_free(&der);
}
END_TEST

START_TEST(a_certificate_in_use_is_not_read_twice)
{
	struct tpki_spec spec = tpki_spec_device(&pki.issuing);
	struct sl_buf der = tpki_cert_der(crypto, pki.device.key, &spec);
	struct sl_cert *cert = NULL, *again = NULL, *other = NULL;
	struct smartlic_crypto *apart = NULL;

	ck_assert_int_eq(sl_cert_parse(&cert, crypto, der.data, der.len, &err), 0);
	ck_assert_int_eq(sl_cert_parse(&again, crypto, der.data, der.len, &err), 0);
	ck_assert_ptr_eq(again, cert);
	ck_assert_ptr_ne(cert, pki.device.cert);
	sl_cert_unref(cert);
	ck_assert_str_eq(sl_cert_o(again), spec.o);

	ck_assert_int_eq(smartlic_crypto_new(&apart, &err), 0);
	ck_assert_int_eq(sl_cert_parse(&other, apart, der.data, der.len, &err), 0);
	ck_assert_ptr_ne(other, again);
	sl_cert_unref(again);
	sl_cert_unref(other);
	smartlic_crypto_free(apart);

	ck_assert_int_eq(sl_cert_parse(&cert, crypto, der.data, der.len, &err), 0);
	ck_assert_str_eq(sl_cert_o(cert), spec.o);
	sl_cert_unref(cert);
	sl_buf_free(&der);
}
END_TEST

static void *
come_and_go(void *ud)
{
	const struct sl_buf *der = ud;
	struct sl_cert *cert;
	size_t good = 0;

	for (int i = 0; i < 300; i++) {
		cert = NULL;
		if (sl_cert_parse(&cert, crypto, der->data, der->len, NULL) == 0 &&
		    strcmp(sl_cert_serial_number(cert), TPKI_SERIAL) == 0)
			good++;
		sl_cert_unref(cert);
	}
	return good == 300 ? ud : NULL;
}

START_TEST(threads_share_a_certificate_that_comes_and_goes)
{
	struct tpki_spec spec = tpki_spec_device(&pki.issuing);
	struct sl_buf der = tpki_cert_der(crypto, pki.device.key, &spec);
	pthread_t thread[4];
	void *result;

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, come_and_go, &der), 0);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(thread[i], &result), 0);
		ck_assert_ptr_nonnull(result);
	}
	sl_buf_free(&der);
}
END_TEST

/* "a?b" becomes "a\0b": to C it would be another name than to the CA. */
START_TEST(a_name_with_a_nul_in_it_is_refused)
{
	struct tpki_spec spec = tpki_spec_device(&pki.issuing);
	struct sl_cert *cert = NULL;
	struct sl_buf der;
	char *name;

	spec.o = "account?other";
	der = tpki_cert_der(crypto, pki.device.key, &spec);
	ck_assert_int_eq(sl_cert_parse(&cert, crypto, der.data, der.len, &err), 0);
	ck_assert_str_eq(sl_cert_o(cert), "account?other");
	sl_cert_unref(cert);
	cert = NULL;
	name = memmem(der.data, der.len, "account?other", 13);
	name[7] = '\0';
	ck_assert_int_eq(sl_cert_parse(&cert, crypto, der.data, der.len, &err), SMARTLIC_E_FORM);
	ck_assert_ptr_null(cert);
	sl_buf_free(&der);
}
END_TEST

START_TEST(times_are_read_from_1950_to_9999)
{
	static const struct {
		const char *text;
		int type;
		int64_t s; /* INT64_MIN: refused */
	} times[] = {
		{ "700101000000Z", V_ASN1_UTCTIME, 0 },
		{ "500101000000Z", V_ASN1_UTCTIME, INT64_C(-631152000) },
		{ "491231235959Z", V_ASN1_UTCTIME, INT64_C(2524607999) },
		{ "20500101000000Z", V_ASN1_GENERALIZEDTIME, INT64_C(2524608000) },
		{ "99991231235959Z", V_ASN1_GENERALIZEDTIME, INT64_C(253402300799) },
		{ "20240229000000Z", V_ASN1_GENERALIZEDTIME, INT64_C(1709164800) },
		{ "20230229000000Z", V_ASN1_GENERALIZEDTIME, INT64_MIN },
		{ "21000229000000Z", V_ASN1_GENERALIZEDTIME, INT64_MIN },
		{ "20241301000000Z", V_ASN1_GENERALIZEDTIME, INT64_MIN },
		{ "20240100000000Z", V_ASN1_GENERALIZEDTIME, INT64_MIN },
		{ "20240101240000Z", V_ASN1_GENERALIZEDTIME, INT64_MIN },
		{ "20240101006000Z", V_ASN1_GENERALIZEDTIME, INT64_MIN },
		{ "20240101000060Z", V_ASN1_GENERALIZEDTIME, INT64_MIN },
		{ "202401010000Z", V_ASN1_GENERALIZEDTIME, INT64_MIN },
		{ "20240101000000.5Z", V_ASN1_GENERALIZEDTIME, INT64_MIN },
		{ "240101000000+0100", V_ASN1_UTCTIME, INT64_MIN },
		{ "2401010000Z", V_ASN1_UTCTIME, INT64_MIN },
		{ "2401 1000000Z", V_ASN1_UTCTIME, INT64_MIN },
		{ "", V_ASN1_UTCTIME, INT64_MIN },
		{ "700101000000Z", V_ASN1_OCTET_STRING, INT64_MIN },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		ASN1_TIME *time = ASN1_STRING_type_new(times[i].type);
		int64_t s = INT64_MIN;

		ck_assert_int_eq(ASN1_STRING_set(time, times[i].text, -1), 1);
		ck_assert_int_eq(sl_asn1_time_get(&s, time), times[i].s == INT64_MIN ? -1 : 0);
		ck_assert_int_eq(s, times[i].s);
		ASN1_STRING_free(time);
	}
}
END_TEST

/* A device whose clock says 1970, one whose clock says 2060, and what no clock should say. */
static const int64_t clocks[] = { 0, TPKI_NOW, INT64_C(2840140800), INT64_C(253402300799),
	INT64_MAX, INT64_MIN };

START_TEST(the_requests_own_certificate_is_made_by_any_clock)
{
	struct sl_udi udi = { .pid = "NCS1004", .sn = "CAT2231B18Y", .uuid = "default-sdr" };
	struct sl_cert *cert = NULL;

	ck_assert_int_eq(sl_cert_self(&cert, crypto, pki.device.key, &udi, clocks[_i], &err), 0);
	ck_assert_str_eq(sl_cert_serial_number(cert), TPKI_SERIAL);
	ck_assert_str_eq(sl_cert_o(cert), "");
	ck_assert_uint_eq(sl_cert_roles(cert), SL_ROLE_DEVICE);
	ck_assert_mem_eq(sl_cert_ski(cert), sl_cert_ski(pki.device.cert), SL_SKI_LEN);
	if (clocks[_i] >= 0 && clocks[_i] < INT64_C(250000000000))
		ck_assert_int_eq(sl_cert_not_before(cert), clocks[_i]);
	ck_assert_int_gt(sl_cert_not_after(cert), sl_cert_not_before(cert));
	sl_cert_unref(cert);
}
END_TEST

START_TEST(certificates_in_pem_come_in_their_order)
{
	struct sl_buf text = tpki_pem(pki.device.cert), more = tpki_pem(pki.issuing.cert);
	struct sl_cert **certs = NULL;
	size_t n = 0;

	sl_buf_add(&text, more.data, more.len);
	ck_assert_int_eq(sl_cert_parse_pem(&certs, &n, crypto, text.data, text.len, &err), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(sl_cert_cn(certs[0]), TPKI_INSTANCE);
	ck_assert_str_eq(sl_cert_cn(certs[1]), "Test Issuing CA");
	ck_assert_str_ne(sl_cert_serial(certs[0]), sl_cert_serial(certs[1]));
	for (size_t i = 0; i < n; i++)
		sl_cert_unref(certs[i]);
	free(certs);
	/* one that is broken spoils the whole */
	text.data[100] = '!';
	certs = NULL;
	ck_assert_int_eq(
	    sl_cert_parse_pem(&certs, &n, crypto, text.data, text.len, &err), SMARTLIC_E_FORM);
	ck_assert_ptr_null(certs);
	sl_buf_free(&text);
	for (int i = 0; i < 65; i++)
		sl_buf_add(&text, more.data, more.len);
	ck_assert_int_eq(
	    sl_cert_parse_pem(&certs, &n, crypto, text.data, text.len, &err), SMARTLIC_E_LIMIT);
	sl_buf_free(&text);
	sl_buf_free(&more);
}
END_TEST

/* Where it is all of OpenSSL, a path takes longer, and nothing else tells. */
START_TEST(paths_are_built_where_no_more_is_known_than_they_need)
{
	static const char *const known[] = { "EC", "RSA" }, *const others[] = { "X25519", "DSA",
		"DH" };
	EVP_PKEY_CTX *ctx;
	EVP_MD *md = EVP_MD_fetch(crypto->reader, "SHA384", NULL);

	ck_assert_ptr_ne(crypto->reader, crypto->libctx);
	ck_assert_ptr_nonnull(md);
	EVP_MD_free(md);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		ctx = EVP_PKEY_CTX_new_from_name(crypto->reader, known[i], NULL);
		ck_assert_msg(ctx != NULL, "%s", known[i]);
		EVP_PKEY_CTX_free(ctx);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ctx = EVP_PKEY_CTX_new_from_name(crypto->reader, others[i], NULL);
		ck_assert_msg(ctx == NULL, "%s", others[i]);
		ERR_clear_error();
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert");
	TCase *k = tcase_create("keys"), *c = tcase_create("certificates");

	tcase_add_checked_fixture(k, setup, teardown);
	tcase_add_loop_test(k, a_curve_is_known_by_its_name_and_a_point_by_both_coordinates, 0,
	    sizeof(curves) / sizeof(curves[0]));
	tcase_add_loop_test(k, an_rsa_key_is_of_a_size_and_exponent_that_can_be_afforded, 0,
	    sizeof(rsas) / sizeof(rsas[0]));
	tcase_add_test(k, a_key_of_another_kind_is_refused);
	tcase_add_loop_test(k, a_key_is_what_openssl_reads_of_it, 0, 3);
	tcase_add_loop_test(k, a_point_beside_its_curve_is_no_key, 0, 2);
	tcase_add_test(k, an_rsa_key_may_be_brought_along);
	suite_add_tcase(s, k);
	tcase_add_unchecked_fixture(c, make_pki, free_pki);
	tcase_add_checked_fixture(c, setup_pki, teardown_pki);
	tcase_add_loop_test(
	    c, a_certificate_is_read_or_refused, 0, sizeof(odd_certs) / sizeof(odd_certs[0]));
	tcase_add_test(c, a_certificate_is_read_wholly_or_not_at_all);
	tcase_add_test(c, a_certificate_whose_point_is_beside_its_curve_is_refused);
	tcase_add_test(c, a_certificate_in_use_is_not_read_twice);
	tcase_add_test(c, paths_are_built_where_no_more_is_known_than_they_need);
	tcase_add_test(c, threads_share_a_certificate_that_comes_and_goes);
	tcase_add_test(c, a_name_with_a_nul_in_it_is_refused);
	tcase_add_test(c, times_are_read_from_1950_to_9999);
	tcase_add_loop_test(c, the_requests_own_certificate_is_made_by_any_clock, 0,
	    sizeof(clocks) / sizeof(clocks[0]));
	tcase_add_test(c, certificates_in_pem_come_in_their_order);
	suite_add_tcase(s, c);
	return run_suite(s);
}
