/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "cms.h"
#include "crl.h"
#include "envelope.h"
#include "error.h"
#include "ossl.h"
#include "pem.h"
#include "text.h"

/* PEM of the largest message: base64, line ends, two marks. */
#define PEM_MAX (SL_ENVELOPE_MAX / 3 * 4 + SL_ENVELOPE_MAX / 24 + 1024)

struct sl_envelope {
	struct smartlic_crypto *crypto; /* borrowed */
	struct sl_buf der;              /* the rest points into it */
	struct sl_der content;
	struct sl_der ski;
	struct sl_der attributes; /* bodies of the signed ones */
	struct sl_der digest;     /* messageDigest */
	struct sl_der signature;
	unsigned int kinds; /* of keys that digest and signature algorithm fit: 1 << kind */
	struct sl_cert *certs[SL_ENVELOPE_CERTS_MAX];
	size_t n_certs;
	struct sl_cert *signer; /* one of certs, or NULL */
	struct sl_der crls[SL_ENVELOPE_CRLS_MAX];
	size_t n_crls;
};

static int
expect(struct sl_der *in, const struct sl_cms_bytes *bytes)
{
	return sl_der_expect(in, bytes->data, bytes->len);
}

static int
bad_form(struct smartlic_error *err, const char *what)
{
	return sl_fail(err, SMARTLIC_E_FORM, "not a signed message of this protocol: %s", what);
}

/* ---- the signer --------------------------------------------------------- */

static int
one_of(const struct sl_der *alg, const struct sl_cms_bytes known[2])
{
	for (size_t i = 0; i < 2; i++)
		if (known[i].len > 0 && sl_der_equal(alg, known[i].data, known[i].len))
			return 1;
	return 0;
}

/* The kinds of key to which these algorithms belong. */
static unsigned int
fitting_kinds(
    const struct sl_der *listed, const struct sl_der *digest, const struct sl_der *signature)
{
	unsigned int kinds = 0;

	for (unsigned int k = 1; k < SL_CMS_KINDS; k++)
		if (one_of(listed, sl_cms_algs[k].digest) &&
		    one_of(digest, sl_cms_algs[k].digest) &&
		    one_of(signature, sl_cms_algs[k].signature))
			kinds |= 1U << k;
	return kinds;
}

/* One attribute: its type and its only value. */
static int
read_attribute(struct sl_envelope *env, struct sl_der attribute, unsigned int *seen)
{
	struct sl_der values, value;
	unsigned int which;

	if (expect(&attribute, &sl_cms_content_type) == 0)
		which = 1;
	else if (expect(&attribute, &sl_cms_message_digest) == 0)
		which = 2;
	else if (expect(&attribute, &sl_cms_signing_time) == 0)
		which = 4;
	else
		return -1;
	if ((*seen & which) != 0 || sl_der_take(&attribute, SL_DER_SET, &values) < 0 ||
	    attribute.len != 0)
		return -1;
	*seen |= which;
	if (which == 1)
		return expect(&values, &sl_cms_data) == 0 && values.len == 0 ? 0 : -1;
	if (which == 2)
		return sl_der_take(&values, SL_DER_OCTET_STRING, &env->digest) == 0 &&
			       values.len == 0
			   ? 0
			   : -1;
	/* the time itself is nobody's business */
	if (sl_der_take(&values, SL_DER_UTC_TIME, &value) < 0 &&
	    sl_der_take(&values, SL_DER_GENERALIZED_TIME, &value) < 0)
		return -1;
	return values.len == 0 ? 0 : -1;
}

static int
read_attributes(struct sl_envelope *env, struct smartlic_error *err)
{
	struct sl_der in = env->attributes, attribute;
	unsigned int seen = 0;

	while (in.len > 0)
		if (sl_der_take(&in, SL_DER_SEQUENCE, &attribute) < 0 ||
		    read_attribute(env, attribute, &seen) < 0)
			return bad_form(err,
			    "signed attributes other than contentType (data), messageDigest and "
			    "signingTime, once each");
	if ((seen & 3) != 3 || !sl_der_sorted(env->attributes))
		return bad_form(
		    err, "signed attributes without contentType or messageDigest, or out of order");
	return 0;
}

static int
read_signer(struct sl_envelope *env, struct sl_der infos, const struct sl_der *listed,
    struct smartlic_error *err)
{
	struct sl_der info, digest, signature;
	int r;

	if (sl_der_take(&infos, SL_DER_SEQUENCE, &info) < 0 || infos.len != 0)
		return bad_form(err, "there must be one signer");
	if (expect(&info, &sl_cms_version_3) < 0 ||
	    sl_der_take(&info, SL_DER_IMPLICIT_0, &env->ski) < 0 || env->ski.len != SL_SKI_LEN)
		return bad_form(err, "the signer must be named by key identifier of 20 bytes");
	if (sl_der_any(&info, &digest, NULL) < 0)
		return bad_form(err, "the signer has no digest algorithm");
	if (sl_der_take(&info, SL_DER_CONTEXT_0, &env->attributes) < 0)
		return bad_form(err, "no signed attributes");
	r = read_attributes(env, err);
	if (r < 0)
		return r;
	if (sl_der_any(&info, &signature, NULL) < 0 ||
	    sl_der_take(&info, SL_DER_OCTET_STRING, &env->signature) < 0)
		return bad_form(err, "the signer has no signature");
	if (info.len != 0)
		return bad_form(err, "unsigned attributes, or something after the signature");
	env->kinds = fitting_kinds(listed, &digest, &signature);
	if (env->kinds == 0)
		return bad_form(err, "algorithms other than ECDSA with SHA-256 or SHA-384 and RSA "
				     "PKCS#1 v1.5 with SHA-256");
	return 0;
}

/* Does the digest belong to this certificate's kind of key? */
static int
check_kind(const struct sl_envelope *env, const struct sl_cert *cert, struct smartlic_error *err)
{
	if ((env->kinds & 1U << cert->kind) == 0)
		return sl_fail(err, SMARTLIC_E_FORM,
		    "the signer's key is %s; its digest must be %s and its signature of that kind",
		    sl_key_kind_name(cert->kind), sl_cms_algs[cert->kind].digest_name);
	return 0;
}

/* ---- certificates and lists --------------------------------------------- */

static int
add_cert(struct sl_envelope *env, const struct sl_der *der, struct smartlic_error *err)
{
	struct smartlic_error why = { .code = 0 };
	struct sl_cert *cert = NULL;
	int r = sl_cert_parse(&cert, env->crypto, der->data, der->len, &why);

	if (r < 0)
		return sl_fail(
		    err, r, "certificate %zu of the message: %s", env->n_certs + 1, why.text);
	env->certs[env->n_certs++] = cert;
	if (!sl_der_equal(&env->ski, cert->ski, SL_SKI_LEN))
		return 0;
	if (env->signer != NULL)
		return bad_form(err, "two certificates for the signer's key");
	env->signer = cert;
	return check_kind(env, cert, err);
}

static int
add_crl(struct sl_envelope *env, const struct sl_der *der, struct smartlic_error *err)
{
	struct smartlic_error why = { .code = 0 };
	struct sl_crl *crl = NULL;
	int r = sl_crl_parse(&crl, env->crypto, der->data, der->len, &why);

	if (r < 0)
		return sl_fail(err, r, "list %zu of the message: %s", env->n_crls + 1, why.text);
	sl_crl_unref(crl);
	env->crls[env->n_crls++] = *der;
	return 0;
}

/* All elements of a SET OF certificates or lists; counted before any is parsed. */
static int
read_set(struct sl_envelope *env, struct sl_der set, size_t max, const char *what,
    int (*add)(struct sl_envelope *, const struct sl_der *, struct smartlic_error *),
    struct smartlic_error *err)
{
	struct sl_der in = set, whole;
	size_t n = 0;
	int r = 0;

	while (in.len > 0) {
		if (sl_der_take(&in, SL_DER_SEQUENCE, NULL) < 0)
			return sl_fail(
			    err, SMARTLIC_E_FORM, "something among the %s that is not one", what);
		if (++n > max)
			return sl_fail(err, SMARTLIC_E_FORM, "more than %zu %s", max, what);
	}
	if (n == 0 || !sl_der_sorted(set))
		return sl_fail(err, SMARTLIC_E_FORM, "an empty or unsorted set of %s", what);
	for (in = set; r == 0 && in.len > 0;)
		r = sl_der_any(&in, &whole, NULL) < 0 ? SMARTLIC_E_FORM : add(env, &whole, err);
	return r;
}

/* ---- the whole ---------------------------------------------------------- */

/* content: [0] around an OCTET STRING */
static int
read_content(struct sl_envelope *env, struct sl_der encap, struct smartlic_error *err)
{
	struct sl_der explicit;

	if (expect(&encap, &sl_cms_data) < 0)
		return bad_form(err, "its content is not of type data");
	if (encap.len == 0)
		return bad_form(err, "the content is not attached");
	if (sl_der_take(&encap, SL_DER_CONTEXT_0, &explicit) < 0 || encap.len != 0 ||
	    sl_der_take(&explicit, SL_DER_OCTET_STRING, &env->content) < 0 || explicit.len != 0)
		return bad_form(err, "its content is not one string of bytes");
	if (env->content.len > SL_CONTENT_MAX)
		return sl_fail(err, SMARTLIC_E_SIZE, "a content of %zu bytes; %d are allowed",
		    env->content.len, SL_CONTENT_MAX);
	return 0;
}

static int
read_signed_data(struct sl_envelope *env, struct sl_der in, struct smartlic_error *err)
{
	struct sl_der digests, listed, encap, certs = { NULL, 0 }, crls = { NULL, 0 }, infos;
	int r;

	if (expect(&in, &sl_cms_version_3) < 0)
		return bad_form(
		    err, "SignedData is not of version 3, whose signer is named by key identifier");
	if (sl_der_take(&in, SL_DER_SET, &digests) < 0 || sl_der_any(&digests, &listed, NULL) < 0 ||
	    digests.len != 0)
		return bad_form(err, "there must be one digest algorithm");
	if (sl_der_take(&in, SL_DER_SEQUENCE, &encap) < 0)
		return bad_form(err, "there is no content");
	r = read_content(env, encap, err);
	if (r < 0)
		return r;
	if (sl_der_peek(&in) == SL_DER_CONTEXT_0 && sl_der_any(&in, NULL, &certs) < 0)
		return bad_form(err, "broken certificates");
	if (sl_der_peek(&in) == SL_DER_CONTEXT_1 && sl_der_any(&in, NULL, &crls) < 0)
		return bad_form(err, "broken revocation lists");
	if (sl_der_take(&in, SL_DER_SET, &infos) < 0 || in.len != 0)
		return bad_form(err, "no signers, or something after them");
	/* the cheap parts first: parsing a certificate is dear */
	r = read_signer(env, infos, &listed, err);
	if (r == 0 && certs.data != NULL)
		r = read_set(env, certs, SL_ENVELOPE_CERTS_MAX, "certificates", add_cert, err);
	if (r == 0 && crls.data != NULL)
		r = read_set(env, crls, SL_ENVELOPE_CRLS_MAX, "revocation lists", add_crl, err);
	return r;
}

static int
read_der(struct sl_envelope *env, struct smartlic_error *err)
{
	struct sl_der in = { env->der.data, env->der.len }, info, explicit, signed_data;

	if (env->der.len > SL_ENVELOPE_MAX)
		return sl_fail(err, SMARTLIC_E_SIZE, "a message of %zu bytes; %d are allowed",
		    env->der.len, SL_ENVELOPE_MAX);
	if (sl_der_take(&in, SL_DER_SEQUENCE, &info) < 0)
		return bad_form(err, "it is cut short, or not DER");
	if (in.len != 0)
		return bad_form(err, "there are bytes after its end");
	if (expect(&info, &sl_cms_signed_data) < 0 ||
	    sl_der_take(&info, SL_DER_CONTEXT_0, &explicit) < 0 || info.len != 0 ||
	    sl_der_take(&explicit, SL_DER_SEQUENCE, &signed_data) < 0 || explicit.len != 0)
		return bad_form(err, "it is not CMS SignedData in DER");
	return read_signed_data(env, signed_data, err);
}

static int
is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\n' && text[i] != '\r' && text[i] != ' ' && text[i] != '\t')
			return 0;
	return 1;
}

/* Sets env->der from DER or PEM. */
static int
load(struct sl_envelope *env, const void *bytes, size_t len, struct smartlic_error *err)
{
	static const char begin[] = "-----BEGIN CMS-----";
	const char *text = bytes;
	struct sl_pem block = { .before = 0 };
	int r;

	if (len < sizeof(begin) || memcmp(bytes, begin, sizeof(begin) - 1) != 0) {
		if (len > SL_ENVELOPE_MAX)
			return sl_fail(err, SMARTLIC_E_SIZE,
			    "a message of %zu bytes; %d are allowed", len, SL_ENVELOPE_MAX);
		if (len == 0)
			return bad_form(err, "it is empty");
		sl_buf_add(&env->der, bytes, len);
		return env->der.failed ? sl_nomem(err) : 0;
	}
	if (len > PEM_MAX)
		return sl_fail(err, SMARTLIC_E_SIZE,
		    "a message of %zu bytes of PEM; %d are allowed", len, PEM_MAX);
	r = sl_pem_next(&block, &text, &len);
	if (block.der.failed)
		return sl_nomem(err);
	if (r != 1)
		return bad_form(err, "its PEM armour is broken");
	env->der = block.der;
	if (block.before != 0 || strcmp(block.label, "CMS") != 0 || !is_blank(text, len))
		return bad_form(err, "there is more than one PEM block \"CMS\"");
	return 0;
}

int
sl_envelope_open(struct sl_envelope **ret, struct smartlic_crypto *crypto, const void *bytes,
    size_t len, struct smartlic_error *err)
{
	struct sl_envelope *env = calloc(1, sizeof(*env));
	int r;

	if (env == NULL)
		return sl_nomem(err);
	env->crypto = crypto;
	r = load(env, bytes, len, err);
	if (r == 0)
		r = read_der(env, err);
	if (r < 0) {
		sl_envelope_free(env);
		return r;
	}
	*ret = env;
	return 0;
}

void
sl_envelope_free(struct sl_envelope *env)
{
	if (env == NULL)
		return;
	for (size_t i = 0; i < env->n_certs; i++)
		sl_cert_unref(env->certs[i]);
	sl_buf_free(&env->der);
	free(env);
}

const unsigned char *
sl_envelope_ski(const struct sl_envelope *env)
{
	return env->ski.data;
}

struct sl_cert *const *
sl_envelope_certs(const struct sl_envelope *env, size_t *ret_n)
{
	*ret_n = env->n_certs;
	return env->certs;
}

struct sl_cert *
sl_envelope_signer(const struct sl_envelope *env)
{
	return env->signer;
}

const struct sl_der *
sl_envelope_crls(const struct sl_envelope *env, size_t *ret_n)
{
	*ret_n = env->n_crls;
	return env->crls;
}

/* ---- verification ------------------------------------------------------- */

/* Kept for the next verification with this key; want of memory is no failure. */
static void
keep_ready(struct sl_cert *signer, const EVP_MD_CTX *ctx)
{
	EVP_MD_CTX *mine = EVP_MD_CTX_new(), *none = NULL;

	/* another thread may have been quicker */
	if (mine != NULL && EVP_MD_CTX_copy_ex(mine, ctx) == 1 &&
	    atomic_compare_exchange_strong(&signer->verifying, &none, mine))
		return;
	EVP_MD_CTX_free(mine);
}

/* Setting a verification up is dearer than copying what was set up, which is kept for those who
 * sign more than once: the authority does, most devices' certificates are read anew each time. */
static int
set_up(EVP_MD_CTX *ctx, struct sl_cert *signer)
{
	const EVP_MD_CTX *ready = atomic_load(&signer->verifying);

	if (ready != NULL)
		return EVP_MD_CTX_copy_ex(ctx, ready);
	if (EVP_DigestVerifyInit_ex(ctx, NULL, sl_cms_algs[signer->kind].digest_name,
		signer->crypto->libctx, NULL, signer->pkey, NULL) != 1)
		return 0;
	if (atomic_exchange(&signer->has_verified, 1))
		keep_ready(signer, ctx);
	return 1;
}

/* The signature covers the attributes as a SET (RFC 5652, 5.4), not as the [0] on the wire. */
static int
signature_good(const struct sl_envelope *env, struct sl_cert *signer)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct sl_buf head = { 0 };
	int good;

	sl_der_head(&head, SL_DER_SET, env->attributes.len);
	good = ctx != NULL && !head.failed && set_up(ctx, signer) == 1 &&
	       EVP_DigestVerifyUpdate(ctx, head.data, head.len) == 1 &&
	       EVP_DigestVerifyUpdate(ctx, env->attributes.data, env->attributes.len) == 1 &&
	       EVP_DigestVerifyFinal(ctx, env->signature.data, env->signature.len) == 1;
	sl_buf_free(&head);
	EVP_MD_CTX_free(ctx);
	return good;
}

int
sl_envelope_verify(const struct sl_envelope *env, struct sl_cert *signer, const void **ret_content,
    size_t *ret_len, struct smartlic_error *err)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len;
	int r;

	if (!sl_der_equal(&env->ski, signer->ski, SL_SKI_LEN)) {
		char names[2][2 * SL_SKI_LEN + 1];

		sl_hex(names[0], env->ski.data, SL_SKI_LEN);
		sl_hex(names[1], signer->ski, SL_SKI_LEN);
		return sl_fail(
		    err, SMARTLIC_E_SIGNATURE, "signed by key %s, not by %s", names[0], names[1]);
	}
	r = check_kind(env, signer, err);
	if (r < 0)
		return r;
	if (EVP_Digest(env->content.data, env->content.len, digest, &len,
		sl_key_kind_md(env->crypto, signer->kind), NULL) != 1)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "the content's digest failed");
	if (!sl_der_equal(&env->digest, digest, len))
		return sl_fail(err, SMARTLIC_E_SIGNATURE,
		    "the content is not what was signed; it was altered on the way");
	if (!signature_good(env, signer))
		return sl_fail_ossl(err, SMARTLIC_E_SIGNATURE, "the signature is not good");
	*ret_content = env->content.data;
	*ret_len = env->content.len;
	return 0;
}
