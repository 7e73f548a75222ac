/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "file.h"
#include "tests/manager/pki_folder.h"
#include "tests/support/rsa.h"
#include "trust.h"

/* Each certificate is as the profile says. */

#define EMAIL "1.3.6.1.5.5.7.3.4"

static const struct {
	const char *file, *issuer;
	int bits, ca, path_length;
	const char *usages; /* "" none */
	int usages_critical;
	int64_t days;
} profile[] = {
	{ "root.pem", "root.pem", 384, 1, -1, "", 0, 7305 },
	{ "issuing.pem", "root.pem", 256, 1, 0, EMAIL " " ARC ".1 ", 1, 3652 },
	{ "signer.pem", "root.pem", 256, 0, -1, EMAIL " " ARC ".2 ", 1, 730 },
	{ "tls.pem", "root.pem", 256, 0, -1, "1.3.6.1.5.5.7.3.1 ", 0, 365 },
	{ "device.pem", "issuing.pem", 256, 0, -1, EMAIL " " ARC ".1 ", 1, 365 },
};
#define N_PROFILE (sizeof(profile) / sizeof(profile[0]))

static void
usages_of(X509 *x, char *ret, size_t size, int *critical)
{
	EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(x, NID_ext_key_usage, critical, NULL);

	ret[0] = '\0';
	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
		char oid[80];

		(void)OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(list, i), 1);
		ck_assert_uint_lt(strlen(ret) + strlen(oid) + 2, size);
		strcat(strcat(ret, oid), " ");
	}
	sk_ASN1_OBJECT_pop_free(list, ASN1_OBJECT_free);
}

START_TEST(each_kind_is_as_the_profile_says)
{
	struct pki *pki = made(NOW_S);
	char usages[200];
	unsigned char digest[SHA256_DIGEST_LENGTH];
	X509 *x, *issuer;
	const ASN1_BIT_STRING *bits;
	int critical;

	sl_cert_unref(device(pki, NOW_S));
	x = read_cert(profile[_i].file);
	issuer = read_cert(profile[_i].issuer);

	ck_assert_int_eq(EVP_PKEY_get_bits(X509_get0_pubkey(x)), profile[_i].bits);
	ck_assert_int_eq(X509_verify(x, X509_get0_pubkey(issuer)), 1);
	ck_assert_int_eq(X509_get_signature_nid(x),
	    EVP_PKEY_get_bits(X509_get0_pubkey(issuer)) == 384 ? NID_ecdsa_with_SHA384
							       : NID_ecdsa_with_SHA256);
	ck_assert_int_eq(X509_check_ca(x), profile[_i].ca);
	ck_assert_int_eq((int)X509_get_pathlen(x), profile[_i].path_length);
	ck_assert_uint_eq(X509_get_key_usage(x),
	    profile[_i].ca ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE);
	ck_assert_int_ge(X509_get_ext_by_NID(x, NID_key_usage, -1), 0);
	ck_assert_int_eq(
	    X509_EXTENSION_get_critical(X509_get_ext(x, X509_get_ext_by_NID(x, NID_key_usage, -1))),
	    1);
	usages_of(x, usages, sizeof(usages), &critical);
	ck_assert_str_eq(usages, profile[_i].usages);
	if (usages[0] != '\0')
		ck_assert_int_eq(critical, profile[_i].usages_critical);

	/* begins a little early, so that a peer's clock may be a little late */
	ck_assert_int_eq(seconds(X509_get0_notBefore(x)), NOW_S - 3600);
	ck_assert_int_eq(seconds(X509_get0_notAfter(x)), NOW_S + profile[_i].days * DAY_S);

	bits = X509_get0_pubkey_bitstr(x);
	(void)SHA256(bits->data, (size_t)bits->length, digest);
	ck_assert_int_eq(ASN1_STRING_length(X509_get0_subject_key_id(x)), 20);
	ck_assert_mem_eq(ASN1_STRING_get0_data(X509_get0_subject_key_id(x)), digest, 20);
	if (x != issuer && strcmp(profile[_i].file, "root.pem") != 0)
		ck_assert_int_eq(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(x),
				     X509_get0_subject_key_id(issuer)),
		    0);

	ck_assert_int_eq(ASN1_STRING_length(X509_get0_serialNumber(x)), 16);
	ck_assert_int_eq(ASN1_STRING_type(X509_get0_serialNumber(x)), V_ASN1_INTEGER);
	X509_free(x);
	X509_free(issuer);
	pki_free(pki);
}
END_TEST

START_TEST(serials_and_roots_differ_from_one_authority_to_the_next)
{
	struct pki *pki = made(NOW_S);
	X509 *a, *b, *c;

	a = read_cert("root.pem");
	b = read_cert("signer.pem");
	ck_assert_int_ne(ASN1_INTEGER_cmp(X509_get0_serialNumber(a), X509_get0_serialNumber(b)), 0);
	file_remove_dir(dir);
	pki_free(pki);
	pki = made(NOW_S);
	c = read_cert("root.pem");
	ck_assert_int_ne(X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(c)), 0);
	X509_free(a);
	X509_free(b);
	X509_free(c);
	pki_free(pki);
}
END_TEST

START_TEST(dates_beyond_2049_are_written_in_full)
{
	struct pki *pki = made(INT64_C(2450000000)); /* 2047 */
	X509 *x = read_cert("root.pem");

	ck_assert_int_eq(ASN1_STRING_type(X509_get0_notBefore(x)), V_ASN1_UTCTIME);
	ck_assert_int_eq(ASN1_STRING_type(X509_get0_notAfter(x)), V_ASN1_GENERALIZEDTIME);
	ck_assert_int_eq(sl_cert_not_after(pki_root(pki)), INT64_C(2450000000) + 7305 * DAY_S);
	X509_free(x);
	pki_free(pki);
}
END_TEST

START_TEST(a_device_certificate_names_the_device)
{
	struct pki *pki = made(NOW_S);
	struct sl_cert *cert = device(pki, NOW_S);

	ck_assert_str_eq(sl_cert_o(cert), O);
	ck_assert_str_eq(sl_cert_cn(cert), CN);
	ck_assert_str_eq(sl_cert_serial_number(cert), UDI);
	ck_assert_uint_eq(sl_cert_roles(cert), SL_ROLE_DEVICE);
	sl_cert_unref(cert);
	pki_free(pki);
}
END_TEST

START_TEST(a_key_of_any_kind_is_certified_as_it_stands)
{
	static const unsigned char serial[16] = { 1 };
	struct sl_udi udi = { "NCS1004", "CAT2231B18Y", "default-sdr" };
	struct sl_buf csr = { 0 }, spki = { 0 }, der = { 0 };
	unsigned char ski[SL_SKI_LEN];
	struct pki *pki = made(NOW_S);
	struct sl_cert *cert = NULL;
	struct sl_key *key = NULL;
	const void *certified;
	size_t len;

	if (_i == 0)
		ok(sl_key_new_p384(&key, crypto, &err));
	else
		ok(sl_key_read_pem(&key, crypto, test_rsa_key, strlen(test_rsa_key), &err));
	ok(sl_csr_new(&csr, crypto, key, &udi, &err));
	ok(sl_csr_check(crypto, csr.data, csr.len, ski, &spki, &err));
	ok(pki_issue_device(pki, spki.data, spki.len, O, UDI, CN, NOW_S, serial, &der, &err));
	ok(sl_cert_parse(&cert, crypto, der.data, der.len, &err));
	certified = sl_cert_spki(cert, &len);
	ck_assert_uint_eq(len, spki.len);
	ck_assert_mem_eq(certified, spki.data, len);
	ck_assert_mem_eq(sl_cert_ski(cert), ski, sizeof(ski));
	sl_cert_unref(cert);
	sl_buf_free(&csr);
	sl_buf_free(&spki);
	sl_buf_free(&der);
	sl_key_free(key);
	pki_free(pki);
}
END_TEST

START_TEST(bytes_that_are_no_key_are_not_certified)
{
	static const unsigned char serial[16] = { 1 };
	struct pki *pki = made(NOW_S);
	struct sl_buf der = { 0 };

	ck_assert_int_eq(pki_issue_device(pki, "0", 1, O, UDI, CN, NOW_S, serial, &der, &err),
	    SMARTLIC_E_CRYPTO);
	ck_assert_uint_eq(der.len, 0);
	sl_buf_free(&der);
	pki_free(pki);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pki, profile");
	TCase *t = pki_case(s, "profile");

	tcase_add_loop_test(t, each_kind_is_as_the_profile_says, 0, N_PROFILE);
	tcase_add_test(t, serials_and_roots_differ_from_one_authority_to_the_next);
	tcase_add_test(t, dates_beyond_2049_are_written_in_full);
	tcase_add_test(t, a_device_certificate_names_the_device);
	tcase_add_loop_test(t, a_key_of_any_kind_is_certified_as_it_stands, 0, 2);
	tcase_add_test(t, bytes_that_are_no_key_are_not_certified);
	return run_suite(s);
}
