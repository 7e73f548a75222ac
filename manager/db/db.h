/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_DB_H
#define MANAGER_DB_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * The small seam to a database: one SQL text with $1 … parameters, prepared once and kept.  SQLite
 * in WAL mode with full durability.  One thread at a time per handle; several processes may have
 * the same file open.
 */
struct db;
struct db_row; /* a running statement */

/* create: makes a new file, readable by its owner alone; SMARTLIC_E_EXISTS when one is there.
 * Otherwise SMARTLIC_E_NOT_FOUND when there is none. */
int db_open(struct db **ret, const char *path, int create, struct smartlic_error *err);
/* A consistent copy into a new file, while others write on; it is not synced. */
int db_copy(struct db *db, const char *path, struct smartlic_error *err);
/* Nobody else has it open, nor can anybody open it until db_close: SMARTLIC_E_STORE_BUSY. */
int db_seize(struct db *db, struct smartlic_error *err);
void db_close(struct db *db); /* NULL is allowed; an open transaction is rolled back */
/* How long a writer waits for others; 5000 ms at first. */
void db_set_busy_ms(struct db *db, int ms);

/* A write transaction; waits for other writers up to the busy time-out, then
 * SMARTLIC_E_STORE_BUSY. */
int db_begin(struct db *db, struct smartlic_error *err);
/* Durable when it returns 0; otherwise rolled back. */
int db_commit(struct db *db, struct smartlic_error *err);
void db_rollback(struct db *db); /* harmless outside a transaction */

/*
 * Parameters of a statement, in order; format letters: i int64_t, o int64_t where DB_NULL_INT is
 * null, t text (NULL: null), b blob (pointer, size_t).  They are borrowed until the statement is
 * done.  `sql` must be a string constant: its address is the key of the statement cache.
 */
#define DB_NULL_INT INT64_MIN
int db_exec(struct db *db, struct smartlic_error *err, const char *sql, const char *format, ...);
/* Rows that the last db_exec changed. */
int64_t db_changes(const struct db *db);
/* Starts a query; then db_next until 0, or db_done earlier. */
int db_query(struct db *db, struct db_row **ret, struct smartlic_error *err, const char *sql,
    const char *format, ...);
/* 1: a row, 0: no more, < 0.  After 0 and < 0 the statement is done and `row` is gone. */
int db_next(struct db_row *row, struct smartlic_error *err);
void db_done(struct db_row *row); /* NULL is allowed */
int db_is_null(struct db_row *row, int column);
int64_t db_int(struct db_row *row, int column); /* DB_NULL_INT for null */
const char *db_text(struct db_row *row, int column); /* "" for null; until next or done */
const void *db_blob(struct db_row *row, int column, size_t *ret_len);

#endif
