/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SCHEMA_H
#define MANAGER_SCHEMA_H

#include "db/db.h"

/* Brings an opened database to this version's tables, in one transaction, from an empty file too.
 * SMARTLIC_E_STORE_VERSION when a later version wrote it. */
int schema_update(struct db *db, int64_t now_s, struct smartlic_error *err);
/* 1: the version is this one's; 0: an earlier one, to be updated; SMARTLIC_E_STORE_VERSION. */
int schema_check(struct db *db, struct smartlic_error *err);

#endif
