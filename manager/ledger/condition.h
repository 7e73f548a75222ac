/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_CONDITION_H
#define MANAGER_CONDITION_H

#include "ledger/ledger.h"

/* In which condition a ledger is: questions that change nothing. */

/*
 * Of an opened database, whatever its schema.  SQLite: its pages are in order and, unless `quick`,
 * its indexes agree with its tables; PostgreSQL: what it commits is durable.  *ret: which engine it
 * is and what was looked at.  SMARTLIC_E_STORE says what is wrong.
 */
#define CONDITION_ENGINE_SIZE 120
int condition_engine(
    struct db *db, int quick, char ret[CONDITION_ENGINE_SIZE], struct smartlic_error *err);
/* Of an opened database that a server has: its disk takes a file, of which nothing stays.
 * SMARTLIC_E_STORE says what is full. */
int condition_room(struct db *db, struct smartlic_error *err);
/* The latest moment that the ledger has written down. */
int condition_newest(struct ledger *l, int64_t *ret_s, struct smartlic_error *err);
/* Of which token keys there are tokens that can still be used: sets present[n]. */
int condition_token_keys(
    struct ledger *l, int64_t now_s, unsigned char present[256], struct smartlic_error *err);
/* Each page of samples of the selected account, max at most, is as the ledger writes it:
 * SMARTLIC_E_STORE names the first that is not.  *ret: how many samples they have. */
int condition_samples(struct ledger *l, int64_t max, int64_t *ret, struct smartlic_error *err);
/* When the last backup was made; DB_NULL_INT: none is known. */
int condition_backup(struct ledger *l, int64_t *ret_s, struct smartlic_error *err);

#endif
