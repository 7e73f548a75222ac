/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_CHAIN_H
#define MANAGER_CHAIN_H

#include "crypto.h"
#include "db/db.h"

/* The entries of each smart account are a chain: the hash of each covers that of the one before
 * (doc/decisions/ledger-chain.md). */
struct chain_entry {
	const char *account;
	int64_t entry; /* counts from 1 */
	int64_t va;
	const char *tag, *instance;
	int64_t delta;
	const char *why;
	int64_t at_s;
};

/* What the first entry follows. */
#define CHAIN_BEGIN "0000000000000000000000000000000000000000000000000000000000000000"

/* previous: hex */
int chain_hash(struct smartlic_crypto *crypto, const char *previous, const struct chain_entry *e,
    char ret[SL_SHA256_HEX], struct smartlic_error *err);

/* Inside a transaction: makes an entry the last one.  Gives its number and hash, which the caller
 * writes with it. */
int chain_add(struct db *db, struct smartlic_crypto *crypto, struct chain_entry *e,
    char ret[SL_SHA256_HEX], struct smartlic_error *err);

/* Chains the entries that a ledger has from before there was one. */
int chain_build(struct db *db, struct smartlic_error *err);

#endif
