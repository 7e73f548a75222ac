/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "error.h"
#include "ossl.h"
#include "text.h"

int
sl_fail_ossl(struct smartlic_error *err, int code, const char *fmt, ...)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = e != 0 ? ERR_reason_error_string(e) : NULL;
	char text[256];
	va_list ap;

	ERR_clear_error();
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
		return sl_nomem(err);
	if (reason == NULL)
		return sl_fail(err, code, "%s", text);
	return sl_fail(err, code, "%s (%s)", text, reason);
}

int
smartlic_crypto_new(struct smartlic_crypto **ret, struct smartlic_error *err)
{
	struct smartlic_crypto *c;
	int r;

	if (ret == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "smartlic_crypto_new: nowhere to put it");
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return sl_nomem(err);
	if (sl_shared_new(&c->certs, err) < 0 || sl_shared_new(&c->crls, err) < 0) {
		smartlic_crypto_free(c);
		return SMARTLIC_E_NOMEM;
	}
	c->libctx = OSSL_LIB_CTX_new();
	if (c->libctx != NULL)
		c->provider = OSSL_PROVIDER_load(c->libctx, "default");
	c->keyless = OSSL_LIB_CTX_new();
	if (c->keyless != NULL)
		c->nothing = OSSL_PROVIDER_load(c->keyless, "null");
	if (c->provider != NULL) {
		c->sha256 = EVP_MD_fetch(c->libctx, "SHA256", NULL);
		c->sha384 = EVP_MD_fetch(c->libctx, "SHA384", NULL);
		c->hmac = EVP_MAC_fetch(c->libctx, "HMAC", NULL);
	}
	if (c->sha256 == NULL || c->sha384 == NULL || c->hmac == NULL || c->nothing == NULL ||
	    sl_curves_new(c) < 0) {
		smartlic_crypto_free(c);
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO,
		    "OpenSSL's default provider cannot be used; check the installation of "
		    "libcrypto");
	}
	r = sl_reader_new(c, err);
	if (r < 0) {
		smartlic_crypto_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void
smartlic_crypto_free(struct smartlic_crypto *crypto)
{
	if (crypto == NULL)
		return;
	sl_shared_free(crypto->certs);
	sl_shared_free(crypto->crls);
	sl_reader_free(crypto);
	for (size_t i = 0; i < sizeof(crypto->curves) / sizeof(crypto->curves[0]); i++)
		EVP_PKEY_free(crypto->curves[i]);
	EVP_MAC_free(crypto->hmac);
	EVP_MD_free(crypto->sha384);
	EVP_MD_free(crypto->sha256);
	if (crypto->provider != NULL)
		(void)OSSL_PROVIDER_unload(crypto->provider);
	OSSL_LIB_CTX_free(crypto->libctx);
	if (crypto->nothing != NULL)
		(void)OSSL_PROVIDER_unload(crypto->nothing);
	OSSL_LIB_CTX_free(crypto->keyless);
	free(crypto);
}

void *
sl_crypto_libctx(struct smartlic_crypto *crypto)
{
	return crypto->libctx;
}

void
sl_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

int
sl_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

int
sl_sha256(struct smartlic_crypto *crypto, const void *data, size_t len,
    unsigned char ret[SL_SHA256_LEN], struct smartlic_error *err)
{
	if (EVP_Digest(data, len, ret, NULL, crypto->sha256, NULL) != 1)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "SHA-256 failed");
	return 0;
}

int
sl_sha256_hex(struct smartlic_crypto *crypto, const void *data, size_t len, char ret[SL_SHA256_HEX],
    struct smartlic_error *err)
{
	unsigned char digest[SL_SHA256_LEN];
	int r = sl_sha256(crypto, data, len, digest, err);

	if (r == 0)
		sl_hex(ret, digest, sizeof(digest));
	return r;
}

int
sl_hmac_sha256(struct smartlic_crypto *crypto, const void *key, size_t key_len, const void *data,
    size_t len, unsigned char ret[SL_SHA256_LEN], struct smartlic_error *err)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, sizeof(digest) - 1),
		OSSL_PARAM_END,
	};
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(crypto->hmac);
	size_t n = 0;
	int ok;

	ok = ctx != NULL && EVP_MAC_init(ctx, key, key_len, params) == 1 &&
	     EVP_MAC_update(ctx, data, len) == 1 &&
	     EVP_MAC_final(ctx, ret, &n, SL_SHA256_LEN) == 1 && n == SL_SHA256_LEN;
	EVP_MAC_CTX_free(ctx);
	return ok ? 0 : sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "HMAC failed");
}

int
sl_crypto_random(struct smartlic_crypto *crypto, void *buf, size_t len, struct smartlic_error *err)
{
	if (RAND_bytes_ex(crypto->libctx, buf, len, 0) != 1)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "no randomness from OpenSSL");
	return 0;
}

/* hex(HMAC(secret, label || 0 || a || b)) */
static int
proof(struct smartlic_crypto *crypto, const unsigned char *secret, const char *label, const char *a,
    const void *b, size_t b_len, char ret[SL_SHA256_HEX], struct smartlic_error *err)
{
	unsigned char mac[SL_SHA256_LEN];
	struct sl_buf text = { 0 };
	int r;

	sl_buf_add(&text, label, strlen(label) + 1);
	sl_buf_puts(&text, a);
	sl_buf_add(&text, b, b_len);
	if (text.failed)
		r = sl_nomem(err);
	else
		r = sl_hmac_sha256(
		    crypto, secret, SL_TOKEN_SECRET_LEN, text.data, text.len, mac, err);
	if (r == 0)
		sl_hex(ret, mac, sizeof(mac));
	sl_buf_free(&text);
	sl_wipe(mac, sizeof(mac));
	return r;
}

int
sl_token_proof(struct smartlic_crypto *crypto, const unsigned char *secret, const char *request_id,
    const void *csr, size_t csr_len, char ret[SL_SHA256_HEX], struct smartlic_error *err)
{
	unsigned char digest[SL_SHA256_LEN];
	int r = sl_sha256(crypto, csr, csr_len, digest, err);

	if (r < 0)
		return r;
	return proof(crypto, secret, "slx1-register", request_id, digest, sizeof(digest), ret, err);
}

int
sl_token_answer(struct smartlic_crypto *crypto, const unsigned char *secret,
    const char *request_sha256, char ret[SL_SHA256_HEX], struct smartlic_error *err)
{
	return proof(crypto, secret, "slx1-answer", request_sha256, "", 0, ret, err);
}

int
sl_reservation_code(struct smartlic_crypto *crypto, const char *request_sha256, int64_t ends_s,
    char ret[SL_CODE_SIZE], struct smartlic_error *err)
{
	static const char label[] = "slx1-reservation";
	char ends[SL_TIME_SIZE], hex[SL_SHA256_HEX];
	struct sl_buf b = { 0 };
	int r;

	sl_time(ends, ends_s);
	sl_buf_add(&b, label, sizeof(label));
	sl_buf_add(&b, request_sha256, strlen(request_sha256) + 1);
	sl_buf_puts(&b, ends);
	r = b.failed ? sl_nomem(err) : sl_sha256_hex(crypto, b.data, b.len, hex, err);
	sl_buf_free(&b);
	if (r == 0) {
		memcpy(ret, hex, SL_CODE_SIZE - 1);
		ret[SL_CODE_SIZE - 1] = '\0';
	}
	return r;
}
