/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "record.h"
#include "store.h"

#define SLOT_HEAD1 16               /* magic, generation */
#define SLOT_HEAD  (SLOT_HEAD1 + 8) /* and the length of the record */
#define SLOT_MAX   (SLOT_HEAD + SL_RECORD_MAX + SL_SHA256_LEN + SL_TAIL_MAX)
#define SLOT_ROOM  4096 /* more than the last one took */

static const char magic1[8] = { 'S', 'L', 'S', 'L', 'O', 'T', '1', '\n' };
static const char magic[8] = { 'S', 'L', 'S', 'L', 'O', 'T', '2', '\n' };

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

/* The end of a call to the host's table: what it returned, as an error with a text, which the host
 * need not have.  Anything but 0 is a failure: what may not be in the store is not believed to be. */
static int
told(int r, const char *what, struct smartlic_error *said, struct smartlic_error *err)
{
	said->text[sizeof(said->text) - 1] = '\0';
	if (r == 0)
		return 0;
	if (r > 0)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "the host's store returned %d from %s, which is no error code: it is taken as "
		    "failed; mend the program%s%s",
		    r, what, said->text[0] != '\0' ? ": " : "", said->text);
	if (said->text[0] != '\0')
		return sl_fail(err, r, "%s", said->text);
	return sl_fail(err, r, "the host's store failed to %s, and says no more than: %s", what,
	    smartlic_strerror(r));
}

int
sl_slots_open(struct sl_slots *ret, struct smartlic_store *store, struct smartlic_crypto *crypto,
    int read_only, struct smartlic_error *err)
{
	struct smartlic_error said = { .text = "" };
	int r;

	if (store == NULL || !has_all(store->ops))
		return sl_fail(err, SMARTLIC_E_ABI,
		    "the store's table is too small or lacks a function; set its size, fill all in");
	if (!read_only) {
		r = told(store->ops->lock(store->store, &said), "lock", &said, err);
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
	return sl_le_get(slot + sizeof(magic), SLOT_HEAD1 - sizeof(magic));
}

static int
is_form1(const unsigned char *slot)
{
	return memcmp(slot, magic1, sizeof(magic1)) == 0;
}

/* Where the checksum is, and what it covers ends, if the slot is sound; 0: it cannot be. */
static size_t
sound_end(const unsigned char *slot, size_t len)
{
	uint64_t record;

	if (len >= SLOT_HEAD1 + SL_SHA256_LEN && is_form1(slot))
		return len - SL_SHA256_LEN;
	if (len < SLOT_HEAD + SL_SHA256_LEN)
		return 0;
	record = sl_le_get(slot + SLOT_HEAD1, SLOT_HEAD - SLOT_HEAD1);
	return record <= len - SLOT_HEAD - SL_SHA256_LEN ? SLOT_HEAD + (size_t)record : 0;
}

/* Where in a good slot its parts are. */
struct found {
	size_t record, end; /* the record, up to its checksum */
	size_t tail, len;   /* the tail, up to the end of the slot */
};

/* 1: a good slot, 0: none there, 2: something else there. */
static int
read_slot(struct sl_slots *slots, int slot, unsigned char *buf, struct found *ret,
    struct smartlic_error *err)
{
	struct smartlic_error said = { .text = "" };
	unsigned char sum[SL_SHA256_LEN];
	size_t len = 0, end;
	int r;

	r = slots->store.ops->read(slots->store.store, slot, buf, SLOT_MAX, &len, &said);
	if (r == SMARTLIC_E_LIMIT || (r == 0 && len > SLOT_MAX))
		return 2;
	r = told(r, "read", &said, err);
	if (r < 0 || len == 0)
		return r < 0 ? r : 0;
	end = sound_end(buf, len);
	if (end == 0)
		return 2;
	r = sl_sha256(slots->crypto, buf, end, sum, err);
	if (r < 0)
		return r;
	if (memcmp(buf + end, sum, SL_SHA256_LEN) != 0)
		return 2;
	if (!is_form1(buf) && memcmp(buf, magic, sizeof(magic)) != 0)
		return sl_fail(err, SMARTLIC_E_STORE_VERSION,
		    "slot %d of the store is sound but of a form that this agent does not know: "
		    "use the agent that wrote it, or a newer one",
		    slot);
	*ret = (struct found){
		.record = is_form1(buf) ? SLOT_HEAD1 : SLOT_HEAD,
		.end = end,
		.tail = end + SL_SHA256_LEN,
		.len = len,
	};
	return 1;
}

/* In place of what an older slot held. */
static void
take(struct sl_buf *ret, const unsigned char *from, size_t len)
{
	if (ret == NULL)
		return;
	sl_buf_free(ret);
	sl_buf_add(ret, from, len);
}

int
sl_slots_load(struct sl_slots *slots, struct sl_buf *ret, struct sl_buf *ret_tail, int *ret_damaged,
    struct smartlic_error *err)
{
	unsigned char *buf = malloc(SLOT_MAX);
	int r = 0, failed = 0, best = -1;
	struct found found = { 0 };

	*ret_damaged = 0;
	slots->generation = 0;
	slots->next = 0;
	if (buf == NULL)
		return sl_nomem(err);
	for (int slot = 0; slot < SMARTLIC_STORE_SLOTS; slot++) {
		r = read_slot(slots, slot, buf, &found, err);
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
		take(ret, buf + found.record, found.end - found.record);
		take(ret_tail, buf + found.tail, found.len - found.tail);
	}
	/* A slot that cannot be read is like one that is lost while the other is good; but a device
	 * is not fresh because a disk has failed. */
	if (best < 0 && failed < 0) {
		r = failed;
		goto out;
	}
	r = ret->failed || (ret_tail != NULL && ret_tail->failed) ? sl_nomem(err) : best >= 0;
out:
	sl_wipe(buf, SLOT_MAX);
	free(buf);
	return r;
}

void
sl_slots_begin(const struct sl_slots *slots, struct sl_buf *ret)
{
	static const char head[SLOT_HEAD - sizeof(magic)]; /* generation, length: for the end */

	sl_buf_reserve(ret, slots->last + SLOT_ROOM);
	sl_buf_add(ret, magic, sizeof(magic));
	sl_buf_add(ret, head, sizeof(head));
}

static int
end_slot(struct sl_slots *slots, struct sl_buf *slot, const void *tail, size_t tail_len,
    struct smartlic_error *err)
{
	unsigned char sum[SL_SHA256_LEN];
	int r;

	if (slot->failed)
		return sl_nomem(err);
	sl_le_put(slot->data + sizeof(magic), slots->generation + 1, SLOT_HEAD1 - sizeof(magic));
	sl_le_put(slot->data + SLOT_HEAD1, slot->len - SLOT_HEAD, SLOT_HEAD - SLOT_HEAD1);
	r = sl_sha256(slots->crypto, slot->data, slot->len, sum, err);
	if (r < 0)
		return r;
	sl_buf_add(slot, sum, sizeof(sum));
	sl_buf_add(slot, tail, tail_len < SL_TAIL_MAX ? tail_len : SL_TAIL_MAX);
	return slot->failed ? sl_nomem(err) : 0;
}

static int
write_slot(struct sl_slots *slots, const struct sl_buf *slot, struct smartlic_error *err)
{
	struct smartlic_error said = { .text = "" };
	int r;

	r = slots->store.ops->write(slots->store.store, slots->next, slot->data, slot->len, &said);
	r = told(r, "write", &said, err);
	if (r == 0)
		slots->next = 1 - slots->next;
	return r;
}

int
sl_slots_save(struct sl_slots *slots, struct sl_buf *slot, const void *tail, size_t tail_len,
    int both, struct smartlic_error *err)
{
	int r;

	if (!slots->locked)
		return sl_fail(err, SMARTLIC_E_STATE, "the store was opened for reading only");
	r = end_slot(slots, slot, tail, tail_len, err);
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
