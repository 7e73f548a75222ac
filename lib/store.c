/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "record.h"
#include "store.h"

#define SLOT_HEAD 16
#define SLOT_MAX  (SLOT_HEAD + SL_RECORD_MAX + SL_SHA256_LEN)
#define SLOT_ROOM 4096 /* more than the last one took */

static const char magic[8] = { 'S', 'L', 'S', 'L', 'O', 'T', '1', '\n' };

void
smartlic_store_release(struct smartlic_store *store)
{
	if (store == NULL || store->ops == NULL)
		return;
	store->ops->free(store->store);
	*store = (struct smartlic_store){ 0 };
}

static int
has_all(const struct smartlic_store_ops *ops)
{
	/* the size first: a shorter table has no members to look at */
	return ops != NULL && ops->size >= sizeof(*ops) && ops->lock != NULL &&
	       ops->unlock != NULL && ops->read != NULL && ops->write != NULL && ops->free != NULL;
}

int
sl_slots_open(struct sl_slots *ret, struct smartlic_store *store, struct smartlic_crypto *crypto,
    int read_only, struct smartlic_error *err)
{
	int r;

	if (store == NULL || !has_all(store->ops))
		return sl_fail(err, SMARTLIC_E_ABI,
		    "the store's table is too small or lacks a function; set its size, fill all in");
	if (!read_only) {
		r = store->ops->lock(store->store, err);
		if (r < 0)
			return r;
	}
	*ret = (struct sl_slots){ .store = *store, .crypto = crypto, .locked = !read_only };
	*store = (struct smartlic_store){ 0 };
	return 0;
}

void
sl_slots_close(struct sl_slots *slots)
{
	if (slots->locked)
		slots->store.ops->unlock(slots->store.store);
	smartlic_store_release(&slots->store);
	*slots = (struct sl_slots){ 0 };
}

static uint64_t
generation_of(const unsigned char *slot)
{
	return sl_le_get(slot + sizeof(magic), SLOT_HEAD - sizeof(magic));
}

/* 1: a good slot of *ret_len bytes, 0: none there, 2: something else there. */
static int
read_slot(struct sl_slots *slots, int slot, unsigned char *buf, size_t *ret_len,
    struct smartlic_error *err)
{
	unsigned char sum[SL_SHA256_LEN];
	size_t len = 0;
	int r;

	r = slots->store.ops->read(slots->store.store, slot, buf, SLOT_MAX, &len, err);
	if (r == SMARTLIC_E_LIMIT || (r == 0 && len > 0 && len < SLOT_HEAD + SL_SHA256_LEN))
		return 2;
	if (r < 0 || len == 0)
		return r < 0 ? r : 0;
	r = sl_sha256(slots->crypto, buf, len - SL_SHA256_LEN, sum, err);
	if (r < 0)
		return r;
	if (memcmp(buf + len - SL_SHA256_LEN, sum, SL_SHA256_LEN) != 0)
		return 2;
	if (memcmp(buf, magic, sizeof(magic)) != 0)
		return sl_fail(err, SMARTLIC_E_STORE_VERSION,
		    "slot %d of the store is sound but of a form that this agent does not know: "
		    "use the agent that wrote it, or a newer one",
		    slot);
	*ret_len = len;
	return 1;
}

int
sl_slots_load(
    struct sl_slots *slots, struct sl_buf *ret, int *ret_damaged, struct smartlic_error *err)
{
	unsigned char *buf = malloc(SLOT_MAX);
	int r = 0, failed = 0, best = -1;
	size_t len = 0;

	*ret_damaged = 0;
	slots->generation = 0;
	slots->next = 0;
	if (buf == NULL)
		return sl_nomem(err);
	for (int slot = 0; slot < SMARTLIC_STORE_SLOTS; slot++) {
		r = read_slot(slots, slot, buf, &len, err);
		if (r == SMARTLIC_E_NOMEM || r == SMARTLIC_E_STORE_VERSION)
			goto out;
		if (r < 0)
			failed = r;
		if (r == 2)
			(*ret_damaged)++;
		if (r != 1 || (best >= 0 && generation_of(buf) <= slots->generation))
			continue;
		best = slot;
		slots->generation = generation_of(buf);
		slots->next = 1 - slot;
		sl_buf_free(ret);
		sl_buf_add(ret, buf + SLOT_HEAD, len - SLOT_HEAD - SL_SHA256_LEN);
	}
	/* A slot that cannot be read is like one that is lost while the other is good; but a device
	 * is not fresh because a disk has failed. */
	if (best < 0 && failed < 0) {
		r = failed;
		goto out;
	}
	r = ret->failed ? sl_nomem(err) : best >= 0;
out:
	sl_wipe(buf, SLOT_MAX);
	free(buf);
	return r;
}

void
sl_slots_begin(const struct sl_slots *slots, struct sl_buf *ret)
{
	static const char head[SLOT_HEAD - sizeof(magic)];

	sl_buf_reserve(ret, slots->last + SLOT_ROOM);
	sl_buf_add(ret, magic, sizeof(magic));
	sl_buf_add(ret, head, sizeof(head)); /* the generation */
}

static int
end_slot(struct sl_slots *slots, struct sl_buf *slot, struct smartlic_error *err)
{
	unsigned char sum[SL_SHA256_LEN];
	int r;

	if (slot->failed)
		return sl_nomem(err);
	sl_le_put(slot->data + sizeof(magic), slots->generation + 1, SLOT_HEAD - sizeof(magic));
	r = sl_sha256(slots->crypto, slot->data, slot->len, sum, err);
	if (r < 0)
		return r;
	sl_buf_add(slot, sum, sizeof(sum));
	return slot->failed ? sl_nomem(err) : 0;
}

static int
write_slot(struct sl_slots *slots, const struct sl_buf *slot, struct smartlic_error *err)
{
	int r =
	    slots->store.ops->write(slots->store.store, slots->next, slot->data, slot->len, err);

	if (r == 0)
		slots->next = 1 - slots->next;
	return r;
}

int
sl_slots_save(struct sl_slots *slots, struct sl_buf *slot, int both, struct smartlic_error *err)
{
	int r;

	if (!slots->locked)
		return sl_fail(err, SMARTLIC_E_STATE, "the store was opened for reading only");
	r = end_slot(slots, slot, err);
	if (r < 0)
		return r;
	/* also where it fails: the write may come through, and a number never stands for two
	 * records */
	slots->generation++;
	slots->last = slot->len;
	r = write_slot(slots, slot, err);
	if (r == 0 && both)
		r = write_slot(slots, slot, err);
	return r;
}
