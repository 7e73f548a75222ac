/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/simulation/simulation.h"

/*
 * What else costs more than it tells in thousands of device-years; the linker leads here (--wrap)
 * where envelopes are checksums: a root of P-256, and certificates that were parsed before (they
 * never change once parsed).
 */
#define CACHE 4096

static struct sl_cert *cache[CACHE];

int __wrap_sl_key_new_p384(struct sl_key **ret, struct smartlic_crypto *crypto,
    struct smartlic_error *err);
int __real_sl_cert_parse(struct sl_cert **ret, struct smartlic_crypto *crypto, const void *der,
    size_t len, struct smartlic_error *err);
int __wrap_sl_cert_parse(struct sl_cert **ret, struct smartlic_crypto *crypto, const void *der,
    size_t len, struct smartlic_error *err);
void __real_smartlic_crypto_free(struct smartlic_crypto *crypto);
void __wrap_smartlic_crypto_free(struct smartlic_crypto *crypto);

int
__wrap_sl_key_new_p384(struct sl_key **ret, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	return sl_key_new(ret, crypto, err);
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

/* Certificates borrow their context; agents have none of their own. */
void
__wrap_smartlic_crypto_free(struct smartlic_crypto *crypto)
{
	for (size_t i = 0; crypto != NULL && i < CACHE; i++) {
		sl_cert_unref(cache[i]);
		cache[i] = NULL;
	}
	__real_smartlic_crypto_free(crypto);
}
