/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "envelope.h"
#include "error.h"
#include "tests/suite.h"
#include "tests/support/vectors.h"

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

/* ---- the vectors -------------------------------------------------------- */

/* What opening says of a vector: requests give the authority's code for it. */
static int
opening_of(const struct vector *v)
{
	if (strcmp(v->step, "size") == 0)
		return SMARTLIC_E_SIZE;
	if (strcmp(v->step, "form") == 0 || strcmp(v->step, "advice:bad_request") == 0)
		return SMARTLIC_E_FORM;
	return 0;
}

/* The certificate that the receiver knows, for those that embed none. */
static struct sl_cert *
known_signer(const struct vector *v)
{
	return vectors_cert(crypto, strncmp(v->file, "request", 7) == 0 ? "devA.pem" : "signer.pem");
}

START_TEST(a_vector_is_refused_for_its_form_or_opened)
{
	struct vector v = vectors_get((size_t)_i);
	struct sl_buf bytes = vectors_file(v.file);
	struct sl_envelope *env = NULL;
	int r = sl_envelope_open(&env, crypto, bytes.data, bytes.len, &err);

	ck_assert_msg(r == opening_of(&v), "%s: %d %s", v.file, r, r < 0 ? err.text : "");
	ck_assert_msg((env != NULL) == (r == 0), "%s", v.file);
	sl_envelope_free(env);
	sl_buf_free(&bytes);
}
END_TEST

START_TEST(a_vectors_signature_is_good_unless_that_is_its_fault)
{
	struct vector v = vectors_get((size_t)_i);
	int good = strcmp(v.step, "signature") != 0, r;
	struct sl_buf bytes;
	struct sl_envelope *env = NULL;
	struct sl_cert *signer;
	const void *content = NULL;
	size_t len = 0;

	if (opening_of(&v) != 0 || strcmp(v.file, "response-unknown-signer.der") == 0)
		return;
	bytes = vectors_file(v.file);
	ck_assert_int_eq(sl_envelope_open(&env, crypto, bytes.data, bytes.len, &err), 0);
	signer = sl_envelope_signer(env);
	signer = signer != NULL ? sl_cert_ref(signer) : known_signer(&v);
	r = sl_envelope_verify(env, signer, &content, &len, &err);
	ck_assert_msg(r == (good ? 0 : SMARTLIC_E_SIGNATURE), "%s: %d %s", v.file, r,
	    r < 0 ? err.text : "");
	ck_assert_int_eq(content != NULL, good);
	sl_cert_unref(signer);
	sl_envelope_free(env);
	sl_buf_free(&bytes);
}
END_TEST

/* Ours is a reader of its own: all that it takes, OpenSSL's takes too and writes back the same. */
START_TEST(what_is_opened_is_cms_and_its_own_encoding)
{
	struct vector v = vectors_get((size_t)_i);
	struct sl_buf bytes = vectors_file(v.file);
	const unsigned char *p = (const unsigned char *)bytes.data;
	struct sl_envelope *env = NULL;
	CMS_ContentInfo *cms;
	unsigned char *again = NULL;

	if (sl_envelope_open(&env, crypto, bytes.data, bytes.len, &err) == 0) {
		cms = d2i_CMS_ContentInfo(NULL, &p, (long)bytes.len);
		ck_assert_ptr_nonnull(cms);
		ck_assert_int_eq(i2d_CMS_ContentInfo(cms, &again), (int)bytes.len);
		ck_assert_mem_eq(again, bytes.data, bytes.len);
		OPENSSL_free(again);
		CMS_ContentInfo_free(cms);
	}
	sl_envelope_free(env);
	sl_buf_free(&bytes);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("envelope");
	TCase *t = tcase_create("vectors");
	int n = (int)vectors_count();

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_vector_is_refused_for_its_form_or_opened, 0, n);
	tcase_add_loop_test(t, a_vectors_signature_is_good_unless_that_is_its_fault, 0, n);
	tcase_add_loop_test(t, what_is_opened_is_cms_and_its_own_encoding, 0, n);
	suite_add_tcase(s, t);
	return run_suite(s);
}
