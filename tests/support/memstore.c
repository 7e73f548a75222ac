/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "error.h"
#include "tests/support/memstore.h"

void
mem_disk_init(struct mem_disk *disk)
{
	*disk = (struct mem_disk){ .fault_at = -1 };
}

void
mem_disk_clear(struct mem_disk *disk)
{
	for (int i = 0; i < SMARTLIC_STORE_SLOTS; i++)
		sl_buf_free(&disk->slot[i]);
	mem_disk_init(disk);
}

void
mem_disk_copy(struct mem_disk *to, const struct mem_disk *from)
{
	mem_disk_init(to);
	for (int i = 0; i < SMARTLIC_STORE_SLOTS; i++)
		if (from->slot[i].len > 0)
			sl_buf_add(&to->slot[i], from->slot[i].data, from->slot[i].len);
}

static int
mem_lock(void *store, struct smartlic_error *err)
{
	struct mem_disk *disk = store;

	if (disk->locked)
		return sl_fail(err, SMARTLIC_E_STORE_BUSY, "the memory store is in use");
	disk->locked = 1;
	return 0;
}

static void
mem_unlock(void *store)
{
	((struct mem_disk *)store)->locked = 0;
}

static int
mem_read(void *store, int slot, void *buf, size_t cap, size_t *len, struct smartlic_error *err)
{
	struct mem_disk *disk = store;

	if (disk->power_off)
		return sl_fail(err, SMARTLIC_E_STORE, "no power");
	if (disk->slot[slot].len > cap)
		return sl_fail(err, SMARTLIC_E_LIMIT, "slot of %zu bytes", disk->slot[slot].len);
	*len = disk->slot[slot].len;
	if (*len > 0)
		memcpy(buf, disk->slot[slot].data, *len);
	return 0;
}

static int
replace(struct mem_disk *disk, int slot, const void *buf, size_t len)
{
	struct sl_buf *old = &disk->slot[slot], b = { 0 };

	if (len < old->cap) { /* no allocation: it cannot fail */
		old->len = 0;
		sl_buf_add(old, buf, len);
		return 0;
	}
	sl_buf_add(&b, buf, len);
	if (b.failed)
		return -1;
	sl_buf_free(old);
	*old = b;
	return 0;
}

/* How much of a write comes through; most of a slot is its tail. */
static size_t
left_of(enum mem_fault fault, size_t len)
{
	switch (fault) {
	case MEM_TORN:
		return len / 8;
	case MEM_SHORT:
		return len - 10;
	case MEM_BEFORE:
	case MEM_AFTER:
	case MEM_FAULTS:
		break;
	}
	return len;
}

static int
mem_write(void *store, int slot, const void *buf, size_t len, struct smartlic_error *err)
{
	struct mem_disk *disk = store;
	long n = disk->writes++;

	if (disk->power_off)
		return sl_fail(err, SMARTLIC_E_STORE, "no power");
	if (disk->broken)
		return sl_fail(err, SMARTLIC_E_STORE, "no space left");
	if (n == disk->fault_at) {
		disk->power_off = !disk->once;
		if (disk->fault != MEM_BEFORE)
			(void)replace(disk, slot, buf, left_of(disk->fault, len));
		return sl_fail(err, SMARTLIC_E_STORE, "the power has failed");
	}
	if (replace(disk, slot, buf, len) < 0)
		return sl_nomem(err);
	return 0;
}

static void
mem_free(void *store)
{
	(void)store;
}

static const struct smartlic_store_ops mem_ops = {
	.size = sizeof(mem_ops),
	.lock = mem_lock,
	.unlock = mem_unlock,
	.read = mem_read,
	.write = mem_write,
	.free = mem_free,
};

struct smartlic_store
mem_store(struct mem_disk *disk)
{
	return (struct smartlic_store){ .ops = &mem_ops, .store = disk };
}
