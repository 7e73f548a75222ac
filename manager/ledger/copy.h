/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_COPY_H
#define MANAGER_COPY_H

#include "db/db.h"

/*
 * A whole ledger from one engine to the other: PostgreSQL's backups are files of SQLite, as those of
 * a ledger in a file are.  All of one moment, all or nothing.
 */

/* Into a new file; it is not synced.  A failure may leave it behind. */
int ledger_copy_to_file(const char *from, const char *path, int64_t now_s,
    struct smartlic_error *err);
/* From a file of this version.  aside: the schema that the tables move to which are there; NULL:
 * none may be there. */
int ledger_copy_to_server(const char *from, const char *url, const char *aside, int64_t now_s,
    struct smartlic_error *err);

#endif
