/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "error.h"
#include "ossl.h"

/*
 * The same few certificates come with message after message, and reading one costs OpenSSL as much
 * as two signatures.  So one that is in use is found here by its bytes.  Nobody is kept alive by
 * it.
 */
#define BUCKETS 256

struct sl_shared {
	CRYPTO_RWLOCK *lock;
	struct sl_cert *bucket[BUCKETS];
};

int
sl_shared_new(struct sl_shared **ret, struct smartlic_error *err)
{
	struct sl_shared *shared = calloc(1, sizeof(*shared));

	if (shared != NULL)
		shared->lock = CRYPTO_THREAD_lock_new();
	if (shared == NULL || shared->lock == NULL) {
		free(shared);
		return sl_nomem(err);
	}
	*ret = shared;
	return 0;
}

void
sl_shared_free(struct sl_shared *shared)
{
	if (shared == NULL)
		return;
	CRYPTO_THREAD_lock_free(shared->lock);
	free(shared);
}

/* FNV-1a: whoever makes certificates collide makes himself slow, and is bounded by what is in use.
 */
static uint32_t
hash(const void *der, size_t len)
{
	const unsigned char *p = der;
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619U;
	return h;
}

/* One whose last reference is going is not found any more. */
static int
take(struct sl_cert *cert)
{
	unsigned int refs = atomic_load(&cert->refs);

	while (refs > 0)
		if (atomic_compare_exchange_weak(&cert->refs, &refs, refs + 1))
			return 1;
	return 0;
}

struct sl_cert *
sl_shared_find(struct sl_shared *shared, const void *der, size_t len)
{
	struct sl_cert *cert;
	uint32_t h = hash(der, len);

	if (CRYPTO_THREAD_read_lock(shared->lock) != 1)
		return NULL;
	for (cert = shared->bucket[h % BUCKETS]; cert != NULL; cert = cert->next_shared)
		if (cert->hash == h && cert->der.len == len &&
		    memcmp(cert->der.data, der, len) == 0 && take(cert))
			break;
	(void)CRYPTO_THREAD_unlock(shared->lock);
	return cert;
}

void
sl_shared_add(struct sl_shared *shared, struct sl_cert *cert)
{
	struct sl_cert **bucket;

	cert->hash = hash(cert->der.data, cert->der.len);
	bucket = &shared->bucket[cert->hash % BUCKETS];
	if (CRYPTO_THREAD_write_lock(shared->lock) != 1)
		return;
	cert->next_shared = *bucket;
	*bucket = cert;
	cert->is_shared = 1;
	(void)CRYPTO_THREAD_unlock(shared->lock);
}

void
sl_shared_drop(struct sl_shared *shared, struct sl_cert *cert)
{
	struct sl_cert **at = &shared->bucket[cert->hash % BUCKETS];

	if (!cert->is_shared)
		return;
	(void)CRYPTO_THREAD_write_lock(shared->lock);
	while (*at != cert)
		at = &(*at)->next_shared;
	*at = cert->next_shared;
	(void)CRYPTO_THREAD_unlock(shared->lock);
}
