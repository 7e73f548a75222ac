/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "ossl.h"
#include "tests/simulation/simulation.h"

/*
 * What costs more than it tells in thousands of device-years; the linker leads here (--wrap): a
 * root of P-256, certificates that were read before (they never change once read), and
 * signatures of certificates and lists that were found good before by the same key.
 */
#define CACHE 4096

static struct sl_cert *cache[CACHE];

int __wrap_sl_key_new_p384(
    struct sl_key **ret, struct smartlic_crypto *crypto, struct smartlic_error *err);
int __real_sl_cert_parse(struct sl_cert **ret, struct smartlic_crypto *crypto, const void *der,
    size_t len, struct smartlic_error *err);
int __wrap_sl_cert_parse(struct sl_cert **ret, struct smartlic_crypto *crypto, const void *der,
    size_t len, struct smartlic_error *err);
void __real_smartlic_crypto_free(struct smartlic_crypto *crypto);
void __wrap_smartlic_crypto_free(struct smartlic_crypto *crypto);

int
__wrap_sl_key_new_p384(
    struct sl_key **ret, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	return sl_key_new(ret, crypto, err);
}

/* Found good: what, and by which key, which is held so that its address stays its own. */
static struct {
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_PKEY *key;
} good[CACHE];

static struct {
	struct sl_buf pem;
	struct sl_cert *cert;
} anchor;

int __real_X509_verify(X509 *cert, EVP_PKEY *key);
int __wrap_X509_verify(X509 *cert, EVP_PKEY *key);
int __real_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key);
int __wrap_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key);
int __real_sl_cert_parse_pem(struct sl_cert ***ret, size_t *ret_n, struct smartlic_crypto *crypto,
    const char *pem, size_t len, struct smartlic_error *err);
int __wrap_sl_cert_parse_pem(struct sl_cert ***ret, size_t *ret_n, struct smartlic_crypto *crypto,
    const char *pem, size_t len, struct smartlic_error *err);

static int
was_good(const unsigned char *digest, const EVP_PKEY *key)
{
	size_t i = ((size_t)digest[0] << 8 | digest[1]) % CACHE;

	return good[i].key == key && memcmp(good[i].digest, digest, 32) == 0;
}

static void
is_good(const unsigned char *digest, EVP_PKEY *key)
{
	size_t i = ((size_t)digest[0] << 8 | digest[1]) % CACHE;

	(void)EVP_PKEY_up_ref(key);
	EVP_PKEY_free(good[i].key);
	good[i].key = key;
	memcpy(good[i].digest, digest, 32);
}

int
__wrap_X509_verify(X509 *cert, EVP_PKEY *key)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	int known = X509_digest(cert, EVP_sha256(), digest, NULL), r;

	if (known && was_good(digest, key))
		return 1;
	r = __real_X509_verify(cert, key);
	if (known && r == 1)
		is_good(digest, key);
	return r;
}

int
__wrap_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	int known = X509_CRL_digest(crl, EVP_sha256(), digest, NULL), r;

	if (known && was_good(digest, key))
		return 1;
	r = __real_X509_CRL_verify(crl, key);
	if (known && r == 1)
		is_good(digest, key);
	return r;
}

/* The one anchor of a run, again and again. */
int
__wrap_sl_cert_parse_pem(struct sl_cert ***ret, size_t *ret_n, struct smartlic_crypto *crypto,
    const char *pem, size_t len, struct smartlic_error *err)
{
	struct sl_cert **one;
	int r;

	if (anchor.cert != NULL && anchor.pem.len == len &&
	    memcmp(anchor.pem.data, pem, len) == 0) {
		one = malloc(sizeof(struct sl_cert *));
		if (one == NULL)
			return SMARTLIC_E_NOMEM;
		*one = sl_cert_ref(anchor.cert);
		*ret = one;
		*ret_n = 1;
		return 0;
	}
	r = __real_sl_cert_parse_pem(ret, ret_n, crypto, pem, len, err);
	if (r == 0 && *ret_n == 1 && anchor.cert == NULL) {
		sl_buf_add(&anchor.pem, pem, len);
		anchor.cert = sl_cert_ref((*ret)[0]);
	}
	return r;
}

static size_t
slot_of(const unsigned char *der, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	/* the end is the signature, which no two have in common */
	for (size_t i = len > 32 ? len - 32 : 0; i < len; i++)
		h = (h ^ der[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h % CACHE);
}

int
__wrap_sl_cert_parse(struct sl_cert **ret, struct smartlic_crypto *crypto, const void *der,
    size_t len, struct smartlic_error *err)
{
	struct sl_cert **at = &cache[slot_of(der, len)];
	const void *have;
	size_t n;
	int r;

	if (*at != NULL) {
		have = sl_cert_der(*at, &n);
		if (n == len && memcmp(have, der, len) == 0) {
			*ret = sl_cert_ref(*at);
			return 0;
		}
	}
	r = __real_sl_cert_parse(ret, crypto, der, len, err);
	if (r == 0) {
		sl_cert_unref(*at);
		*at = sl_cert_ref(*ret);
	}
	return r;
}

/* Both borrow their context; agents have none of their own. */
void
__wrap_smartlic_crypto_free(struct smartlic_crypto *crypto)
{
	for (size_t i = 0; crypto != NULL && i < CACHE; i++) {
		sl_cert_unref(cache[i]);
		cache[i] = NULL;
		EVP_PKEY_free(good[i].key);
		good[i].key = NULL;
	}
	if (crypto != NULL) {
		sl_cert_unref(anchor.cert);
		anchor.cert = NULL;
		sl_buf_free(&anchor.pem);
	}
	__real_smartlic_crypto_free(crypto);
}
