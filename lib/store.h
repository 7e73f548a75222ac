/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_STORE_H
#define SL_STORE_H

#include <stdint.h>

#include <smartlic/store.h>

#include "buffer.h"
#include "crypto.h"

/*
 * The two-slot rule over a host's store.  A slot is "SLSLOT2\n", generation, length of the record
 * (8 bytes each, little-endian), the record, SHA-256 of all before, and to the end of the slot a
 * tail.  No checksum covers that: torn or altered it harms neither the slot nor the record, and
 * whoever reads it checks it.
 *
 * A slot of form 1, "SLSLOT1\n", generation, record, SHA-256, is read as well.  Later forms have
 * the layout of form 2 up to the checksum, which is looked at first, so that nothing but a good
 * slot can claim a version.
 */
#define SL_TAIL_MAX (64 * 1024)

struct sl_slots {
	struct smartlic_store store;
	struct smartlic_crypto *crypto; /* borrowed */
	uint64_t generation;            /* of the newest good slot; 0: none */
	int next;                       /* the slot that is written next: never the only good one */
	size_t last;                    /* bytes of the slot that was written last */
	int locked;
};

/* Owns the store from success on; takes its lock unless read_only. */
int sl_slots_open(struct sl_slots *ret, struct smartlic_store *store,
    struct smartlic_crypto *crypto, int read_only, struct smartlic_error *err);
/* Unlocks and frees; a zeroed one is allowed. */
void sl_slots_close(struct sl_slots *slots);

/*
 * Loads the newest good slot: its record into ret, its tail into ret_tail, which may be NULL, in
 * place of what they held.  1: loaded, 0: there is none; *ret_damaged counts the slots that hold
 * something else (torn, altered).
 */
int sl_slots_load(struct sl_slots *slots, struct sl_buf *ret, struct sl_buf *ret_tail,
    int *ret_damaged, struct smartlic_error *err);

/* Begins a slot; the record is appended to it.  In one piece, since it holds keys: a slot that had
 * to grow would leave, and wipe, a copy each time. */
void sl_slots_begin(const struct sl_slots *slots, struct sl_buf *ret);
/* Ends the slot, with the tail behind it, and writes it.  Durable when it returns 0: in one slot,
 * or with `both` the same bytes in each, so that one lost slot loses nothing of it.  On failure the
 * other slot is as it was.  Of a tail that is longer than SL_TAIL_MAX the rest is left out: it is
 * no reason not to store a record. */
int sl_slots_save(struct sl_slots *slots, struct sl_buf *slot, const void *tail, size_t tail_len,
    int both, struct smartlic_error *err);

#endif
