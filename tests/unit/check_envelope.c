/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "error.h"
#include "ossl.h"
#include "tests/support/rsa.h"
#include "tests/support/vectors.h"
#include "tests/unit/sealing.h"

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
	return vectors_cert(
	    crypto, strncmp(v->file, "request", 7) == 0 ? "devA.pem" : "signer.pem");
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
	ck_assert_msg(
	    r == (good ? 0 : SMARTLIC_E_SIGNATURE), "%s: %d %s", v.file, r, r < 0 ? err.text : "");
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

/* ---- what we write ------------------------------------------------------ */

static struct tpki_id
identity(int kind)
{
	struct tpki_spec spec = tpki_spec_signer(&pki.root);
	struct tpki_id id = { NULL, NULL };

	if (kind < 2) {
		spec.flags = kind == 1 ? TPKI_P384 : 0;
		return tpki_make(crypto, &spec);
	}
	ck_assert_int_eq(
	    sl_key_read_pem(&id.key, crypto, test_rsa_key, strlen(test_rsa_key), &err), 0);
	id.cert = tpki_cert(crypto, id.key, &spec);
	return id;
}

START_TEST(what_is_signed_is_taken)
{
	struct tpki_id id = identity(_i);
	struct sl_cert *certs[3] = { id.cert, pki.issuing.cert, pki.device.cert };
	struct sl_buf list = tpki_crl(crypto, &pki.root, &(struct tpki_list){ .number = 1 });
	struct sl_der crl = { list.data, list.len };
	struct sl_buf plain = sign(&id, NULL, 0, NULL, 0, "{\"a\":1}");
	struct sl_buf full = sign(&id, certs, 3, &crl, 1, "{\"a\":1}");
	struct sl_envelope *env = NULL;
	size_t n;

	ck_assert_msg(take(&plain, id.cert, "{\"a\":1}") == 0, "%s", err.text);
	ck_assert_msg(take(&full, id.cert, "{\"a\":1}") == 0, "%s", err.text);
	ck_assert_int_eq(sl_envelope_open(&env, crypto, full.data, full.len, &err), 0);
	(void)sl_envelope_certs(env, &n);
	ck_assert_uint_eq(n, 3);
	(void)sl_envelope_crls(env, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_mem_eq(sl_envelope_ski(env), sl_cert_ski(id.cert), SL_SKI_LEN);
	ck_assert_mem_eq(sl_cert_ski(sl_envelope_signer(env)), sl_cert_ski(id.cert), SL_SKI_LEN);
	sl_envelope_free(env);
	sl_buf_free(&plain);
	sl_buf_free(&full);
	sl_buf_free(&list);
	tpki_id_free(&id);
}
END_TEST

/* The other way round: of OpenSSL's own making, which adds a signing time. */
START_TEST(what_openssl_signs_by_key_identifier_is_taken)
{
	static const unsigned int flags = CMS_BINARY | CMS_NOSMIMECAP | CMS_USE_KEYID | CMS_PARTIAL;
	struct tpki_id id = identity(_i);
	BIO *content = BIO_new_mem_buf("{\"a\":1}", 7);
	const unsigned char *p;
	struct sl_buf message = { 0 };
	unsigned char *der = NULL;
	CMS_ContentInfo *cms;
	X509 *x509;
	size_t n;
	int len;

	p = sl_cert_der(id.cert, &n);
	x509 = d2i_X509(NULL, &p, (long)n);
	cms = CMS_sign(NULL, NULL, NULL, content, flags);
	ck_assert_ptr_nonnull(CMS_add1_signer(cms, x509, id.key->pkey,
	    sl_key_kind_md(crypto, id.key->kind), flags));
	ck_assert_int_eq(CMS_final(cms, content, NULL, flags), 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	sl_buf_add(&message, der, (size_t)len);
	ck_assert_msg(take(&message, id.cert, "{\"a\":1}") == 0, "%s", err.text);
	sl_buf_free(&message);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	X509_free(x509);
	BIO_free(content);
	tpki_id_free(&id);
}
END_TEST

START_TEST(a_content_of_any_allowed_size_goes_through)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 65535, 65536, SL_CONTENT_MAX };
	char *big = malloc(SL_CONTENT_MAX + 2);
	struct sl_buf message = { 0 };

	memset(big, 'x', SL_CONTENT_MAX + 1);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		big[sizes[i]] = '\0';
		message = sign(&pki.signer, NULL, 0, NULL, 0, big);
		ck_assert_int_eq(take(&message, pki.signer.cert, big), 0);
		sl_buf_free(&message);
		big[sizes[i]] = 'x';
	}
	ck_assert_int_eq(sl_envelope_sign(&message, crypto, pki.signer.key, NULL, NULL, 0, NULL, 0,
			     big, SL_CONTENT_MAX + 1, &err),
	    SMARTLIC_E_SIZE);
	ck_assert_uint_eq(message.len, 0);
	free(big);
}
END_TEST

/* Lists may be long: together they must not make a message that nobody takes. */
START_TEST(a_message_that_nobody_would_take_is_not_made)
{
	static char big[SL_ENVELOPE_MAX];
	struct sl_der crl = { big, sizeof(big) };
	struct sl_buf message = { 0 };

	ck_assert_int_eq(sl_envelope_sign(&message, crypto, pki.signer.key, NULL, NULL, 0, &crl, 1,
			     "{}", 2, &err),
	    SMARTLIC_E_SIZE);
	ck_assert_uint_eq(message.len, 0);
}
END_TEST

START_TEST(a_certificate_of_another_key_is_no_signer)
{
	struct sl_buf message = { 0 };

	ck_assert_int_eq(sl_envelope_sign(&message, crypto, pki.signer.key, pki.device.cert, NULL,
			     0, NULL, 0, "{}", 2, &err),
	    SMARTLIC_E_INVAL);
	message = sign(&pki.signer, NULL, 0, NULL, 0, "{}");
	ck_assert_int_eq(take(&message, pki.device.cert, "{}"), SMARTLIC_E_SIGNATURE);
	sl_buf_free(&message);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("envelope");
	TCase *t = tcase_create("vectors"), *o = tcase_create("ours");
	int n = (int)vectors_count();

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_vector_is_refused_for_its_form_or_opened, 0, n);
	tcase_add_loop_test(t, a_vectors_signature_is_good_unless_that_is_its_fault, 0, n);
	tcase_add_loop_test(t, what_is_opened_is_cms_and_its_own_encoding, 0, n);
	suite_add_tcase(s, t);

	tcase_add_unchecked_fixture(o, make_pki, free_pki);
	tcase_add_checked_fixture(o, setup_pki, teardown_pki);
	tcase_add_loop_test(o, what_is_signed_is_taken, 0, 3);
	tcase_add_loop_test(o, what_openssl_signs_by_key_identifier_is_taken, 0, 3);
	tcase_add_test(o, a_content_of_any_allowed_size_goes_through);
	tcase_add_test(o, a_message_that_nobody_would_take_is_not_made);
	tcase_add_test(o, a_certificate_of_another_key_is_no_signer);
	suite_add_tcase(s, o);
	return run_suite(s);
}
