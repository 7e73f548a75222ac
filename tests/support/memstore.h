/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_MEMSTORE_H
#define TESTS_SUPPORT_MEMSTORE_H

#include <smartlic/store.h>

#include "buffer.h"

/* What a write does when its turn has come; after any of them the power is off. */
enum mem_fault {
	MEM_BEFORE, /* nothing is written */
	MEM_TORN,   /* its beginning is, and no whole record */
	MEM_AFTER,  /* all of it is, but nobody learns */
	MEM_SHORT,  /* all but its last bytes, which are of the tail if it has one */
	MEM_FAULTS
};

/* Two slots that outlive the agents that use them. */
struct mem_disk {
	struct sl_buf slot[SMARTLIC_STORE_SLOTS];
	int locked;
	long writes;
	long fault_at; /* the write (from 0) that fails; -1: none */
	enum mem_fault fault;
	int once;      /* the write fails, but the power stays on */
	int power_off; /* every call fails until it is cleared */
	int broken;    /* writes fail, as on a full disk */
};

void mem_disk_init(struct mem_disk *disk);
void mem_disk_clear(struct mem_disk *disk);
/* A store on this disk, for one agent. */
struct smartlic_store mem_store(struct mem_disk *disk);
/* A second disk with the same content: a copied store. */
void mem_disk_copy(struct mem_disk *to, const struct mem_disk *from);

#endif
