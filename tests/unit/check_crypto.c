/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "crypto.h"
#include "error.h"
#include "pem.h"
#include "tests/suite.h"
#include "text.h"

static struct smartlic_crypto *crypto;
static struct smartlic_error err;

static void
setup(void)
{
	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
}

static void
teardown(void)
{
	smartlic_crypto_free(crypto);
	crypto = NULL;
}

static struct sl_buf
unhex(const char *text)
{
	size_t n = strlen(text) / 2;
	struct sl_buf b = { 0 };
	unsigned char byte;
	char two[3] = "";

	for (size_t i = 0; i < n; i++) {
		memcpy(two, text + 2 * i, 2);
		ck_assert_int_eq(sl_unhex(&byte, 1, two), 0);
		sl_buf_add(&b, &byte, 1);
	}
	return b;
}

static json_t *
vectors(void)
{
	char path[4096];
	json_t *root;

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/vectors.json", getenv("TOP_SRCDIR"));
	root = json_load_file(path, 0, NULL);
	ck_assert_ptr_nonnull(root);
	return root;
}

static const char *
member(const json_t *root, const char *object, const char *key)
{
	const char *text = json_string_value(json_object_get(json_object_get(root, object), key));

	ck_assert_msg(text != NULL, "%s.%s", object, key);
	return text;
}

/* FIPS 180-2, B.1; RFC 4231, case 2 */
START_TEST(the_standards_examples_come_out)
{
	char hex[SL_SHA256_HEX];
	unsigned char mac[SL_SHA256_LEN];

	ck_assert_int_eq(sl_sha256_hex(crypto, "abc", 3, hex, &err), 0);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert_int_eq(sl_sha256_hex(crypto, "", 0, hex, &err), 0);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	ck_assert_int_eq(
	    sl_hmac_sha256(crypto, "Jefe", 4, "what do ya want for nothing?", 28, mac, &err), 0);
	sl_hex(hex, mac, sizeof(mac));
	ck_assert_str_eq(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
END_TEST

START_TEST(the_protocols_example_of_proof_and_answer_comes_out)
{
	json_t *root = vectors();
	struct sl_buf key = unhex(member(root, "authority", "token_key"));
	struct sl_buf id = unhex(member(root, "token", "token_id"));
	unsigned char secret[SL_SHA256_LEN];
	char hex[SL_SHA256_HEX];

	ck_assert_int_eq(
	    sl_hmac_sha256(crypto, key.data, key.len, id.data, id.len, secret, &err), 0);
	sl_hex(hex, secret, sizeof(secret));
	ck_assert_str_eq(hex, member(root, "token", "secret"));
	ck_assert_int_eq(
	    sl_token_answer(crypto, secret, member(root, "token", "request_sha256"), hex, &err), 0);
	ck_assert_str_eq(hex, member(root, "token", "token_answer"));
	sl_buf_free(&key);
	sl_buf_free(&id);
	json_decref(root);
}
END_TEST

/* The register vector's content stands beside it as JSON: its CSR and proof are the example's. */
START_TEST(the_proof_of_the_example_request_is_good_and_its_csr_too)
{
	json_t *root = vectors(), *request;
	struct sl_buf secret = unhex(member(root, "token", "secret")), csr = { 0 }, spki = { 0 };
	unsigned char ski[SL_SKI_LEN];
	char path[4096], hex[SL_SHA256_HEX];
	const char *text;

	(void)snprintf(
	    path, sizeof(path), "%s/tests/vectors/request-register.json", getenv("TOP_SRCDIR"));
	request = json_load_file(path, 0, NULL);
	text = member(request, "body", "csr");
	ck_assert_int_eq(sl_unbase64(&csr, text, strlen(text)), 0);
	ck_assert_int_eq(sl_sha256_hex(crypto, csr.data, csr.len, hex, &err), 0);
	ck_assert_str_eq(hex, member(root, "token", "csr_sha256"));
	ck_assert_int_eq(sl_token_proof(crypto, (unsigned char *)secret.data,
			     member(root, "token", "request_id"), csr.data, csr.len, hex, &err),
	    0);
	ck_assert_str_eq(hex, member(root, "token", "token_proof"));
	ck_assert_int_eq(sl_csr_check(crypto, csr.data, csr.len, ski, &spki, &err), 0);
	ck_assert_uint_gt(spki.len, 0);
	sl_buf_free(&spki);
	sl_buf_free(&csr);
	sl_buf_free(&secret);
	json_decref(request);
	json_decref(root);
}
END_TEST

static struct sl_key *
new_key(int p384)
{
	struct sl_key *key = NULL;

	ck_assert_int_eq(
	    p384 ? sl_key_new_p384(&key, crypto, &err) : sl_key_new(&key, crypto, &err), 0);
	return key;
}

START_TEST(a_key_survives_writing_and_reading)
{
	struct sl_key *key = new_key(_i), *again = NULL, *pem_again = NULL;
	unsigned char a[SL_SKI_LEN], b[SL_SKI_LEN];
	struct sl_buf der = { 0 }, pem = { 0 };

	ck_assert_int_eq(sl_key_write(key, &der, &err), 0);
	ck_assert_int_eq(sl_key_write_pem(key, &pem, &err), 0);
	ck_assert_int_eq(sl_key_read(&again, crypto, der.data, der.len, &err), 0);
	ck_assert_int_eq(sl_key_read_pem(&pem_again, crypto, pem.data, pem.len, &err), 0);
	ck_assert_int_eq(sl_key_ski(key, a, &err), 0);
	ck_assert_int_eq(sl_key_ski(again, b, &err), 0);
	ck_assert_mem_eq(a, b, sizeof(a));
	ck_assert_int_eq(sl_key_ski(pem_again, b, &err), 0);
	ck_assert_mem_eq(a, b, sizeof(a));
	ck_assert_ptr_nonnull(strstr(pem.data, "-----BEGIN PRIVATE KEY-----\n"));
	sl_key_free(key);
	sl_key_free(again);
	sl_key_free(pem_again);
	sl_buf_free(&der);
	sl_buf_free(&pem);
}
END_TEST

/* The key is read, and is whole: its private half is that of its public one, which is key's. */
static void
assert_reads(struct sl_key *key, const struct sl_buf *der)
{
	struct sl_key *again = NULL;
	EVP_PKEY_CTX *ctx;

	ck_assert_int_eq(sl_key_read(&again, crypto, der->data, der->len, &err), 0);
	ck_assert_int_eq(EVP_PKEY_eq(sl_key_handle(key), sl_key_handle(again)), 1);
	ctx = EVP_PKEY_CTX_new_from_pkey(sl_crypto_libctx(crypto), sl_key_handle(again), NULL);
	ck_assert_int_eq(EVP_PKEY_check(ctx), 1);
	EVP_PKEY_CTX_free(ctx);
	sl_key_free(again);
}

START_TEST(a_key_is_read_with_its_public_half_and_without)
{
	struct sl_key *key = new_key(_i);
	struct sl_buf with = { 0 }, without = { 0 };

	ck_assert_int_eq(sl_key_write(key, &with, &err), 0);
	assert_reads(key, &with);
	ck_assert_int_eq(
	    EVP_PKEY_set_int_param(sl_key_handle(key), OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 0), 1);
	ck_assert_int_eq(sl_key_write(key, &without, &err), 0);
	ck_assert_uint_lt(without.len, with.len);
	assert_reads(key, &without);
	sl_buf_free(&with);
	sl_buf_free(&without);
	sl_key_free(key);
}
END_TEST

START_TEST(a_key_whose_public_half_is_not_on_its_curve_is_refused)
{
	struct sl_key *key = new_key(_i), *again = NULL;
	struct sl_buf der = { 0 };

	ck_assert_int_eq(sl_key_write(key, &der, &err), 0);
	der.data[der.len - 1] ^= 1;
	ck_assert_int_eq(sl_key_read(&again, crypto, der.data, der.len, &err), SMARTLIC_E_CRYPTO);
	ck_assert_ptr_null(again);
	sl_buf_free(&der);
	sl_key_free(key);
}
END_TEST

START_TEST(what_is_no_key_is_refused_and_leaves_the_result_alone)
{
	struct sl_key *key = new_key(0), *again = NULL;
	struct sl_buf der = { 0 };

	ck_assert_int_eq(sl_key_write(key, &der, &err), 0);
	ck_assert_int_eq(sl_key_read(&again, crypto, "", 0, &err), SMARTLIC_E_CRYPTO);
	ck_assert_int_eq(sl_key_read(&again, crypto, "hello", 5, &err), SMARTLIC_E_CRYPTO);
	ck_assert_int_eq(
	    sl_key_read(&again, crypto, der.data, der.len - 1, &err), SMARTLIC_E_CRYPTO);
	sl_buf_add(&der, "", 1);
	ck_assert_int_eq(sl_key_read(&again, crypto, der.data, der.len, &err), SMARTLIC_E_CRYPTO);
	ck_assert_int_eq(sl_key_read_pem(&again, crypto, "no key\n", 7, &err), SMARTLIC_E_CRYPTO);
	ck_assert_ptr_null(again);
	sl_buf_free(&der);
	sl_key_free(key);
}
END_TEST

static struct sl_buf
new_csr(const struct sl_key *key)
{
	struct sl_udi udi = { .pid = "NCS1004", .sn = "CAT2231B18Y", .uuid = "default-sdr" };
	struct sl_buf csr = { 0 };

	ck_assert_int_eq(sl_csr_new(&csr, crypto, key, &udi, &err), 0);
	return csr;
}

START_TEST(a_request_for_a_certificate_holds_its_key)
{
	struct sl_key *key = new_key(_i);
	struct sl_buf csr = new_csr(key);
	unsigned char a[SL_SKI_LEN], b[SL_SKI_LEN];

	ck_assert_int_eq(sl_csr_check(crypto, csr.data, csr.len, a, NULL, &err), 0);
	ck_assert_int_eq(sl_key_ski(key, b, &err), 0);
	ck_assert_mem_eq(a, b, sizeof(a));
	ck_assert_ptr_nonnull(memmem(csr.data, csr.len, "PID:NCS1004 SN:CAT2231B18Y", 26));
	sl_buf_free(&csr);
	sl_key_free(key);
}
END_TEST

/* Every bit of it is covered: by the form, the key's own shape or the signature. */
START_TEST(a_request_for_a_certificate_with_a_bit_turned_is_refused)
{
	struct sl_key *key = new_key(0);
	struct sl_buf csr = new_csr(key);
	unsigned char ski[SL_SKI_LEN];

	for (size_t i = 0; i < csr.len; i++) {
		int r;

		csr.data[i] ^= (char)(1 << i % 8);
		r = sl_csr_check(crypto, csr.data, csr.len, ski, NULL, &err);
		ck_assert_msg(
		    r == SMARTLIC_E_FORM || r == SMARTLIC_E_SIGNATURE, "byte %zu: %d", i, r);
		csr.data[i] ^= (char)(1 << i % 8);
	}
	for (size_t n = 0; n < csr.len; n += 7)
		ck_assert_int_eq(
		    sl_csr_check(crypto, csr.data, n, ski, NULL, &err), SMARTLIC_E_FORM);
	sl_buf_add(&csr, "", 1);
	ck_assert_int_eq(sl_csr_check(crypto, csr.data, csr.len, ski, NULL, &err), SMARTLIC_E_FORM);
	sl_buf_free(&csr);
	sl_key_free(key);
}
END_TEST

START_TEST(a_request_larger_than_any_key_needs_is_refused)
{
	static char big[100000];
	unsigned char ski[SL_SKI_LEN];

	ck_assert_int_eq(sl_csr_check(crypto, big, sizeof(big), ski, NULL, &err), SMARTLIC_E_FORM);
	ck_assert_ptr_nonnull(strstr(err.text, "100000"));
}
END_TEST

START_TEST(random_bytes_differ)
{
	unsigned char a[32], b[32];

	ck_assert_int_eq(sl_crypto_random(crypto, a, sizeof(a), &err), 0);
	ck_assert_int_eq(sl_crypto_random(crypto, b, sizeof(b), &err), 0);
	ck_assert_mem_ne(a, b, sizeof(a));
	ck_assert(!sl_equal(a, b, sizeof(a)));
	ck_assert(sl_equal(a, a, sizeof(a)));
}
END_TEST

/* ---- armour ------------------------------------------------------------- */

START_TEST(armour_comes_back_as_it_was)
{
	unsigned char data[200];
	struct sl_buf text = { 0 };
	struct sl_pem block, none;
	const char *p;
	size_t len;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7);
	for (size_t n = 0; n < sizeof(data); n++) {
		sl_pem_write(&text, "CMS", data, n);
		p = text.data;
		len = text.len;
		ck_assert_int_eq(sl_pem_next(&block, &p, &len), 1);
		ck_assert_str_eq(block.label, "CMS");
		ck_assert_uint_eq(block.der.len, n);
		ck_assert_uint_eq(block.before, 0);
		if (n > 0)
			ck_assert_mem_eq(block.der.data, data, n);
		ck_assert_int_eq(sl_pem_next(&none, &p, &len), 0);
		sl_buf_free(&block.der);
		sl_buf_free(&text);
	}
}
END_TEST

static const struct {
	const char *text;
	int result;
} armours[] = {
	{ "", 0 },
	{ "text only\nand more", 0 },
	{ "-----BEGIN X-----\nAAAA\n-----END X-----", 1 },
	{ "-----BEGIN X-----\r\nAAAA\r\n-----END X-----\r\n", 1 },
	{ "words\n-----BEGIN X-----\nAA\nAA\n-----END X-----\n", 1 },
	{ "-----BEGIN X-----\nAAAA\n", -1 },
	{ "-----BEGIN X-----\nAAAA\n-----END Y-----\n", -1 },
	{ "-----BEGIN X-----\nAAA\n-----END X-----\n", -1 },
	{ "-----BEGIN X-----\nAA=A\n-----END X-----\n", -1 },
	{ "-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n-----END X-----\n", -1 },
	{ "-----BEGIN X-----\n-----BEGIN X-----\nAAAA\n-----END X-----\n", -1 },
	{ "-----BEGIN 0123456789012345678901234567890123456789012345678901234567890123-----\n",
	    -1 },
};

START_TEST(armour_that_is_not_well_formed_is_told)
{
	const char *text = armours[_i].text;
	size_t len = strlen(text);
	struct sl_pem block;
	int r = sl_pem_next(&block, &text, &len);

	ck_assert_int_eq(r, armours[_i].result);
	if (r == 1) {
		ck_assert_uint_eq(block.der.len, 3);
		ck_assert_uint_eq(len, 0);
		sl_buf_free(&block.der);
	}
}
END_TEST

START_TEST(a_broken_block_does_not_hide_the_next_one)
{
	const char *text = "-----BEGIN X-----\n!\n-----BEGIN X-----\nAAAA\n-----END X-----\n";
	size_t len = strlen(text);
	struct sl_pem block;

	ck_assert_int_eq(sl_pem_next(&block, &text, &len), -1);
	ck_assert_int_eq(sl_pem_next(&block, &text, &len), 1);
	sl_buf_free(&block.der);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crypto");
	TCase *t = tcase_create("crypto"), *a = tcase_create("armour");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_standards_examples_come_out);
	tcase_add_test(t, the_protocols_example_of_proof_and_answer_comes_out);
	tcase_add_test(t, the_proof_of_the_example_request_is_good_and_its_csr_too);
	tcase_add_loop_test(t, a_key_survives_writing_and_reading, 0, 2);
	tcase_add_loop_test(t, a_key_is_read_with_its_public_half_and_without, 0, 2);
	tcase_add_loop_test(t, a_key_whose_public_half_is_not_on_its_curve_is_refused, 0, 2);
	tcase_add_test(t, what_is_no_key_is_refused_and_leaves_the_result_alone);
	tcase_add_loop_test(t, a_request_for_a_certificate_holds_its_key, 0, 2);
	tcase_add_test(t, a_request_for_a_certificate_with_a_bit_turned_is_refused);
	tcase_add_test(t, a_request_larger_than_any_key_needs_is_refused);
	tcase_add_test(t, random_bytes_differ);
	tcase_add_test(a, armour_comes_back_as_it_was);
	tcase_add_loop_test(
	    a, armour_that_is_not_well_formed_is_told, 0, sizeof(armours) / sizeof(armours[0]));
	tcase_add_test(a, a_broken_block_does_not_hide_the_next_one);
	suite_add_tcase(s, t);
	suite_add_tcase(s, a);
	return run_suite(s);
}
