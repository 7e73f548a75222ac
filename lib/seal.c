/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "cms.h"
#include "envelope.h"
#include "error.h"
#include "ossl.h"
#include "pem.h"

/*
 * Writing envelopes.  Parts are made from the inside out, each a buffer that the
 * next one takes in.
 */

static void
put_bytes(struct sl_buf *b, const struct sl_cms_bytes *bytes)
{
	sl_buf_add(b, bytes->data, bytes->len);
}

/* Appends `inner` under a tag, and frees it. */
static void
put_inner(struct sl_buf *b, int tag, struct sl_buf *inner)
{
	if (inner->failed)
		b->failed = 1;
	else
		sl_der_put(b, tag, inner->data, inner->len);
	sl_buf_free(inner);
}

static void
put_attribute(struct sl_buf *attributes, const struct sl_cms_bytes *type, struct sl_buf *value)
{
	struct sl_buf attribute = { 0 };

	put_bytes(&attribute, type);
	put_inner(&attribute, SL_DER_SET, value);
	put_inner(attributes, SL_DER_SEQUENCE, &attribute);
}

/* contentType and messageDigest: in this order they are sorted, the first being the shorter. */
static int
make_attributes(struct sl_buf *ret, const struct sl_key *key, const void *content, size_t len,
    struct smartlic_error *err)
{
	struct sl_buf type = { 0 }, value = { 0 };
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n;

	if (EVP_Digest(content, len, digest, &n, sl_key_kind_md(key->crypto, key->kind), NULL) != 1)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "the content's digest failed");
	put_bytes(&type, &sl_cms_data);
	put_attribute(ret, &sl_cms_content_type, &type);
	sl_der_put(&value, SL_DER_OCTET_STRING, digest, n);
	put_attribute(ret, &sl_cms_message_digest, &value);
	return ret->failed ? sl_nomem(err) : 0;
}

static int
make_signature(struct sl_buf *ret, const struct sl_key *key, const struct sl_buf *attributes,
    struct smartlic_error *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct sl_buf set = { 0 };
	unsigned char *signature = NULL;
	size_t n = 0;
	int r = 0;

	sl_der_put(&set, SL_DER_SET, attributes->data, attributes->len);
	if (ctx == NULL || set.failed) {
		r = sl_nomem(err);
		goto out;
	}
	if (sl_key_begin(key, ctx) != 1 ||
	    EVP_DigestSign(ctx, NULL, &n, (unsigned char *)set.data, set.len) != 1) {
		r = sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "the key cannot sign");
		goto out;
	}
	signature = malloc(n);
	if (signature == NULL) {
		r = sl_nomem(err);
		goto out;
	}
	if (EVP_DigestSign(ctx, signature, &n, (unsigned char *)set.data, set.len) != 1) {
		r = sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "the key cannot sign");
		goto out;
	}
	sl_buf_add(ret, signature, n);
	if (ret->failed)
		r = sl_nomem(err);
out:
	free(signature);
	sl_buf_free(&set);
	EVP_MD_CTX_free(ctx);
	return r;
}

static int
make_signer(struct sl_buf *ret, const struct sl_key *key, const void *content, size_t len,
    struct smartlic_error *err)
{
	const struct sl_cms_alg *alg = &sl_cms_algs[key->kind];
	struct sl_buf attributes = { 0 }, signature = { 0 };
	int r;

	r = make_attributes(&attributes, key, content, len, err);
	if (r == 0)
		r = make_signature(&signature, key, &attributes, err);
	if (r == 0) {
		put_bytes(ret, &sl_cms_version_3);
		sl_der_put(ret, SL_DER_IMPLICIT_0, key->ski, SL_SKI_LEN);
		put_bytes(ret, &alg->digest[0]);
		put_inner(ret, SL_DER_CONTEXT_0, &attributes);
		put_bytes(ret, &alg->signature[0]);
		put_inner(ret, SL_DER_OCTET_STRING, &signature);
	}
	sl_buf_free(&attributes);
	sl_buf_free(&signature);
	return r == 0 && ret->failed ? sl_nomem(err) : r;
}

static int
compare_der(const void *va, const void *vb)
{
	const struct sl_der *a = va, *b = vb;
	int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

	return order != 0 ? order : a->len < b->len ? -1 : a->len > b->len;
}

/* A SET OF what is given, sorted as DER wants it. */
static void
put_set(struct sl_buf *b, int tag, struct sl_der *elements, size_t n)
{
	struct sl_buf set = { 0 };

	if (n == 0)
		return;
	qsort(elements, n, sizeof(*elements), compare_der);
	for (size_t i = 0; i < n; i++)
		sl_buf_add(&set, elements[i].data, elements[i].len);
	put_inner(b, tag, &set);
}

static void
put_content(struct sl_buf *b, const void *content, size_t len)
{
	size_t octets = sl_der_size(len), explicit = sl_der_size(octets);

	sl_der_head(b, SL_DER_SEQUENCE, sl_cms_data.len + explicit);
	put_bytes(b, &sl_cms_data);
	sl_der_head(b, SL_DER_CONTEXT_0, octets);
	sl_der_put(b, SL_DER_OCTET_STRING, content, len);
}

static int
check_arguments(const struct sl_key *key, const struct sl_cert *signer, size_t n_certs,
    size_t n_crls, size_t len, struct smartlic_error *err)
{
	if (n_certs > SL_ENVELOPE_CERTS_MAX || n_crls > SL_ENVELOPE_CRLS_MAX)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "%zu certificates and %zu lists; %d and %d fit", n_certs, n_crls,
		    SL_ENVELOPE_CERTS_MAX, SL_ENVELOPE_CRLS_MAX);
	if (signer != NULL && memcmp(signer->ski, key->ski, SL_SKI_LEN) != 0)
		return sl_fail(
		    err, SMARTLIC_E_INVAL, "the signer's certificate is not of this key");
	if (len > SL_CONTENT_MAX)
		return sl_fail(err, SMARTLIC_E_SIZE, "a content of %zu bytes; %d are allowed", len,
		    SL_CONTENT_MAX);
	return 0;
}

int
sl_envelope_sign(struct sl_buf *ret, struct smartlic_crypto *crypto, const struct sl_key *key,
    struct sl_cert *signer, struct sl_cert *const *certs, size_t n_certs, const struct sl_der *crls,
    size_t n_crls, const void *content, size_t len, struct smartlic_error *err)
{
	struct sl_der cert_set[SL_ENVELOPE_CERTS_MAX], crl_set[SL_ENVELOPE_CRLS_MAX];
	struct sl_buf info = { 0 }, infos = { 0 }, data = { 0 }, outer = { 0 }, all = { 0 };
	int r = check_arguments(key, signer, n_certs, n_crls, len, err);

	(void)crypto;
	if (r == 0)
		r = make_signer(&info, key, content, len, err);
	if (r < 0)
		goto out;
	for (size_t i = 0; i < n_certs; i++)
		cert_set[i].data = sl_cert_der(certs[i], &cert_set[i].len);
	for (size_t i = 0; i < n_crls; i++)
		crl_set[i] = crls[i];

	put_bytes(&data, &sl_cms_version_3);
	sl_der_put(&data, SL_DER_SET, sl_cms_algs[key->kind].digest[0].data,
	    sl_cms_algs[key->kind].digest[0].len);
	put_content(&data, content, len);
	put_set(&data, SL_DER_CONTEXT_0, cert_set, n_certs);
	put_set(&data, SL_DER_CONTEXT_1, crl_set, n_crls);
	put_inner(&infos, SL_DER_SEQUENCE, &info);
	put_inner(&data, SL_DER_SET, &infos);

	put_bytes(&all, &sl_cms_signed_data);
	put_inner(&outer, SL_DER_SEQUENCE, &data);
	put_inner(&all, SL_DER_CONTEXT_0, &outer);
	if (!all.failed && sl_der_size(all.len) > SL_ENVELOPE_MAX) {
		r = sl_fail(err, SMARTLIC_E_SIZE, "a message of %zu bytes; %d are allowed",
		    sl_der_size(all.len), SL_ENVELOPE_MAX);
		goto out;
	}
	put_inner(ret, SL_DER_SEQUENCE, &all);
	if (ret->failed)
		r = sl_nomem(err);
out:
	sl_buf_free(&info);
	sl_buf_free(&all);
	return r;
}

int
sl_envelope_pem(struct sl_buf *ret, const void *der, size_t len, struct smartlic_error *err)
{
	sl_pem_write(ret, "CMS", der, len);
	return ret->failed ? sl_nomem(err) : 0;
}
