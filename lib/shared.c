/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "error.h"
#include "ossl.h"

/* The same few certificates and lists come with message after message, and reading one costs
 * OpenSSL as much as a signature or two. */
#define BUCKETS 256

struct sl_shared {
	CRYPTO_RWLOCK *lock;
	struct sl_shared_item *bucket[BUCKETS];
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

/* FNV-1a: whoever makes bytes collide makes himself slow, and is bounded by what is in use. */
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
take(struct sl_shared_item *item)
{
	unsigned int refs = atomic_load(&item->refs);

	while (refs > 0)
		if (atomic_compare_exchange_weak(&item->refs, &refs, refs + 1))
			return 1;
	return 0;
}

struct sl_shared_item *
sl_shared_find(struct sl_shared *shared, const void *der, size_t len)
{
	struct sl_shared_item *item;
	uint32_t h = hash(der, len);

	if (CRYPTO_THREAD_read_lock(shared->lock) != 1)
		return NULL;
	for (item = shared->bucket[h % BUCKETS]; item != NULL; item = item->next)
		if (item->hash == h && item->der.len == len &&
		    memcmp(item->der.data, der, len) == 0 && take(item))
			break;
	(void)CRYPTO_THREAD_unlock(shared->lock);
	return item;
}

void
sl_shared_add(struct sl_shared *shared, struct sl_shared_item *item)
{
	struct sl_shared_item **bucket;

	item->hash = hash(item->der.data, item->der.len);
	bucket = &shared->bucket[item->hash % BUCKETS];
	if (CRYPTO_THREAD_write_lock(shared->lock) != 1)
		return;
	item->next = *bucket;
	*bucket = item;
	item->is_found = 1;
	(void)CRYPTO_THREAD_unlock(shared->lock);
}

static void
take_out(struct sl_shared *shared, struct sl_shared_item *item)
{
	struct sl_shared_item **at = &shared->bucket[item->hash % BUCKETS];

	(void)CRYPTO_THREAD_write_lock(shared->lock);
	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	(void)CRYPTO_THREAD_unlock(shared->lock);
}

int
sl_shared_unref(struct sl_shared *shared, struct sl_shared_item *item)
{
	if (atomic_fetch_sub(&item->refs, 1) != 1)
		return 0;
	if (item->is_found)
		take_out(shared, item);
	sl_buf_free(&item->der);
	return 1;
}
