/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "envelope.h"
#include "error.h"

/*
 * All functions of lib/envelope.h around a checksum in place of a signature: what an alteration on
 * the way does to a message is the same, what it costs is not.  Programs that bring this object get
 * nothing of lib/envelope.c and lib/seal.c from the archive; no product can be linked like that by
 * a switch.
 *
 * "SIM1", content length (4), lengths of certificates and lists (2 each), signer's identifier,
 * checksum over identifier and content, content, then certificates and lists, each with its
 * length (4).
 */
#define MAGIC "SIM1"
#define HEAD  (4 + 4 + 2 + 2 + SL_SKI_LEN + SL_SHA256_LEN)

struct sl_envelope {
	struct smartlic_crypto *crypto;
	struct sl_buf bytes;
	const unsigned char *content;
	size_t content_len;
	struct sl_cert *certs[SL_ENVELOPE_CERTS_MAX];
	size_t n_certs;
	struct sl_cert *signer;
	struct sl_der crls[SL_ENVELOPE_CRLS_MAX];
	size_t n_crls;
};

static size_t
get(const unsigned char *p, int n)
{
	size_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

static void
put(struct sl_buf *b, size_t v, int n)
{
	while (n-- > 0) {
		unsigned char c = (unsigned char)(v >> 8 * n);

		sl_buf_add(b, &c, 1);
	}
}

static const unsigned char *
head_of(const struct sl_envelope *env)
{
	return (const unsigned char *)env->bytes.data;
}

/* The next element with its length before it; -1 past the end. */
static int
take(const struct sl_envelope *env, size_t *at, struct sl_der *ret)
{
	size_t left = env->bytes.len - *at, n;

	if (left < 4)
		return -1;
	n = get(head_of(env) + *at, 4);
	if (n > left - 4)
		return -1;
	ret->data = head_of(env) + *at + 4;
	ret->len = n;
	*at += 4 + n;
	return 0;
}

static int
read_elements(struct sl_envelope *env, struct smartlic_error *err)
{
	size_t at = HEAD + env->content_len;
	size_t n_certs = get(head_of(env) + 8, 2), n_crls = get(head_of(env) + 10, 2);
	struct sl_der der;
	int r;

	if (n_certs > SL_ENVELOPE_CERTS_MAX || n_crls > SL_ENVELOPE_CRLS_MAX)
		return sl_fail(err, SMARTLIC_E_FORM, "too many certificates or lists");
	for (size_t i = 0; i < n_certs; i++) {
		struct sl_cert *cert;

		if (take(env, &at, &der) < 0)
			return sl_fail(err, SMARTLIC_E_FORM, "cut short");
		r = sl_cert_parse(&cert, env->crypto, der.data, der.len, err);
		if (r < 0)
			return r;
		env->certs[env->n_certs++] = cert;
		if (memcmp(sl_cert_ski(cert), sl_envelope_ski(env), SL_SKI_LEN) == 0)
			env->signer = cert;
	}
	for (; env->n_crls < n_crls; env->n_crls++)
		if (take(env, &at, &env->crls[env->n_crls]) < 0)
			return sl_fail(err, SMARTLIC_E_FORM, "cut short");
	if (at != env->bytes.len)
		return sl_fail(err, SMARTLIC_E_FORM, "bytes after its end");
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
	sl_buf_add(&env->bytes, bytes, len);
	if (env->bytes.failed) {
		r = sl_nomem(err);
		goto out;
	}
	if (len < HEAD || memcmp(bytes, MAGIC, 4) != 0 || get(head_of(env) + 4, 4) > len - HEAD) {
		r = sl_fail(err, SMARTLIC_E_FORM, "not an envelope of the simulation");
		goto out;
	}
	env->content = head_of(env) + HEAD;
	env->content_len = get(head_of(env) + 4, 4);
	r = read_elements(env, err);
	if (r < 0)
		goto out;
	*ret = env;
	return 0;
out:
	sl_envelope_free(env);
	return r;
}

void
sl_envelope_free(struct sl_envelope *env)
{
	if (env == NULL)
		return;
	for (size_t i = 0; i < env->n_certs; i++)
		sl_cert_unref(env->certs[i]);
	sl_buf_free(&env->bytes);
	free(env);
}

const unsigned char *
sl_envelope_ski(const struct sl_envelope *env)
{
	return head_of(env) + 12;
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

static int
checksum(struct smartlic_crypto *crypto, const unsigned char *ski, const void *content, size_t len,
    unsigned char ret[SL_SHA256_LEN], struct smartlic_error *err)
{
	struct sl_buf b = { 0 };
	int r;

	sl_buf_add(&b, ski, SL_SKI_LEN);
	sl_buf_add(&b, content, len);
	r = b.failed ? sl_nomem(err) : sl_sha256(crypto, b.data, b.len, ret, err);
	sl_buf_free(&b);
	return r;
}

int
sl_envelope_verify(const struct sl_envelope *env, struct sl_cert *signer, const void **ret_content,
    size_t *ret_len, struct smartlic_error *err)
{
	unsigned char sum[SL_SHA256_LEN];
	int r;

	if (memcmp(sl_envelope_ski(env), sl_cert_ski(signer), SL_SKI_LEN) != 0)
		return sl_fail(err, SMARTLIC_E_SIGNATURE, "signed by another key");
	r = checksum(env->crypto, sl_envelope_ski(env), env->content, env->content_len, sum, err);
	if (r < 0)
		return r;
	if (memcmp(sum, head_of(env) + 12 + SL_SKI_LEN, sizeof(sum)) != 0)
		return sl_fail(err, SMARTLIC_E_SIGNATURE, "the content is not what was signed");
	*ret_content = env->content;
	*ret_len = env->content_len;
	return 0;
}

int
sl_envelope_sign(struct sl_buf *ret, struct smartlic_crypto *crypto, const struct sl_key *key,
    struct sl_cert *signer, struct sl_cert *const *certs, size_t n_certs, const struct sl_der *crls,
    size_t n_crls, const void *content, size_t len, struct smartlic_error *err)
{
	unsigned char ski[SL_SKI_LEN], sum[SL_SHA256_LEN];
	int r;

	r = sl_key_ski(key, ski, err);
	if (r == 0 && signer != NULL && memcmp(sl_cert_ski(signer), ski, sizeof(ski)) != 0)
		r = sl_fail(err, SMARTLIC_E_INVAL, "the signer's certificate is not of this key");
	if (r == 0)
		r = checksum(crypto, ski, content, len, sum, err);
	if (r < 0)
		return r;
	sl_buf_add(ret, MAGIC, 4);
	put(ret, len, 4);
	put(ret, n_certs, 2);
	put(ret, n_crls, 2);
	sl_buf_add(ret, ski, sizeof(ski));
	sl_buf_add(ret, sum, sizeof(sum));
	sl_buf_add(ret, content, len);
	for (size_t i = 0; i < n_certs; i++) {
		size_t n;
		const void *der = sl_cert_der(certs[i], &n);

		put(ret, n, 4);
		sl_buf_add(ret, der, n);
	}
	for (size_t i = 0; i < n_crls; i++) {
		put(ret, crls[i].len, 4);
		sl_buf_add(ret, crls[i].data, crls[i].len);
	}
	return ret->failed ? sl_nomem(err) : 0;
}

int
sl_envelope_pem(struct sl_buf *ret, const void *der, size_t len, struct smartlic_error *err)
{
	(void)ret;
	(void)der;
	(void)len;
	return sl_fail(err, SMARTLIC_E_FORM, "the simulation's envelopes have no PEM");
}
