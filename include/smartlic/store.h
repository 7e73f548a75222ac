/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_STORE_H
#define SMARTLIC_STORE_H

#include <stddef.h>
#include <stdint.h>

#include <smartlic/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SMARTLIC_STORE_SLOTS 2

/*
 * Where the agent keeps what must survive power cuts: two slots of bytes.  The
 * agent gives each slot a generation and a checksum of all but the trace at its
 * end, writes them in turn, and falls back to the other when one is torn, lost
 * or altered.  A host with flash of its own fills this table;
 * smartlic_store_file_new() makes one on files.
 *
 * All functions return 0 or a negative SMARTLIC_E_ code and may fill err->text
 * (never NULL); a positive number is a failure, too.  They do not call functions
 * of the agent that calls them.
 */
struct smartlic_store_ops {
	size_t size;
	/* Takes the store for writing; SMARTLIC_E_STORE_BUSY when another has it. */
	int (*lock)(void *store, struct smartlic_error *err);
	void (*unlock)(void *store);
	/* Reads slot 0 or 1 into buf; *len is the bytes there (0: the slot does not exist).
	 * More than cap: SMARTLIC_E_LIMIT.  Needs no lock. */
	int (*read)(void *store, int slot, void *buf, size_t cap, size_t *len,
	    struct smartlic_error *err);
	/* Replaces a slot; durable when it returns 0; the old content or the new, never a mix
	 * that passes for either. */
	int (*write)(void *store, int slot, const void *buf, size_t len,
	    struct smartlic_error *err);
	void (*free)(void *store);
};

struct smartlic_store {
	const struct smartlic_store_ops *ops; /* static */
	void *store;                          /* handed to the functions; owned by them */
};

/*
 * A store in a folder: files slot-0, slot-1 and lock.  The last component of `path` is created
 * with mode 0700; a missing parent is an error.  Files are 0600, written under a temporary name,
 * synced, renamed, and the folder is synced.  A folder that others may write, or (but for reading)
 * that belongs to another user than root or this one, is refused.  With read_only nothing is
 * created and lock fails.
 */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_store_file_new(
    struct smartlic_store *ret, const char *path, int read_only, struct smartlic_error *err);

/* Releases a store that was not handed to an agent.  A zeroed one is allowed. */
SMARTLIC_API void smartlic_store_release(struct smartlic_store *store);

#ifdef __cplusplus
}
#endif
#endif
