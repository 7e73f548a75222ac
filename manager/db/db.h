/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_DB_H
#define MANAGER_DB_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * The small seam to a database: one SQL text with $1 … parameters, prepared once and kept.  It is a
 * file of SQLite, in WAL mode with full durability, or a database of PostgreSQL.  One thread at a
 * time per handle; several processes may have the same database open
 * (doc/decisions/database.md).
 */
struct db;
struct db_row; /* a running statement */

/* Is this where a PostgreSQL database is, and not a file's path? */
int db_is_url(const char *where);
/* Copies a URL without what is secret in it, for texts. */
int db_url_shown(const char *url, char *ret, size_t size, struct smartlic_error *err);

/*
 * where: a file's path, or postgresql://….
 * create: a file is made new, readable by its owner alone; a PostgreSQL database is there already
 * and must hold no tables of ours: SMARTLIC_E_EXISTS when something is there.  Otherwise
 * SMARTLIC_E_NOT_FOUND when nothing is.
 */
int db_open(struct db **ret, const char *where, int create, struct smartlic_error *err);
/* 1: PostgreSQL; what only SQLite has is not asked of it. */
int db_is_server(const struct db *db);
/* SQLite alone.  A consistent copy into a new file, while others write on; it is not synced. */
int db_copy(struct db *db, const char *path, struct smartlic_error *err);
/* SQLite alone.  Nobody else has it open, nor can anybody open it until db_close:
 * SMARTLIC_E_STORE_BUSY. */
int db_seize(struct db *db, struct smartlic_error *err);
void db_close(struct db *db); /* NULL is allowed; an open transaction is rolled back */
/* How long a writer waits for others; 5000 ms at first. */
void db_set_busy_ms(struct db *db, int ms);

/*
 * A write transaction; no other one runs meanwhile.  It waits for others up to the busy time-out,
 * then SMARTLIC_E_STORE_BUSY.
 */
int db_begin(struct db *db, struct smartlic_error *err);
/*
 * A write transaction that is about `key` alone: those about other keys may run beside it, another
 * one about the same key, and any of db_begin, do not.  (With SQLite nothing ever runs beside it.)
 */
int db_begin_about(struct db *db, const char *key, struct smartlic_error *err);
/* Inside a transaction: it is about this, too, until its end.  Keys that it has already cost
 * nothing but the asking. */
int db_lock(struct db *db, const char *key, struct smartlic_error *err);
/* The same without waiting: 1, or 0 where another transaction is about this key. */
int db_lock_try(struct db *db, const char *key, struct smartlic_error *err);
/* Durable when it returns 0; otherwise rolled back, or, when the connection broke meanwhile, one
 * does not know: SMARTLIC_E_STORE_BUSY, and looking again tells. */
int db_commit(struct db *db, struct smartlic_error *err);
/* SQLite alone, outside of a transaction.  From now on commits of this handle are durable only with
 * the next one of anybody that is not relaxed; they are never lost but from the end on. */
int db_relax(struct db *db, int relaxed, struct smartlic_error *err);
void db_rollback(struct db *db); /* harmless outside a transaction */
/* 1: the last failure was another transaction's doing, or a lost connection's: the same once more
 * may succeed at once. */
int db_may_retry(const struct db *db);

/* All that is read until db_rollback is of one moment, whatever others write meanwhile. */
int db_begin_reading(struct db *db, struct smartlic_error *err);

/*
 * Several transactions in one durable commit.  Between db_batch_begin and db_batch_commit, db_begin
 * opens a savepoint, db_commit releases it and db_rollback goes back to it; a db_exec outside of
 * them stands for itself.  What is released is durable only when db_batch_commit has returned 0:
 * nobody is answered before.  When it fails, nothing of the batch is there.
 *
 * What the transactions of a batch are about is kept from others until the batch's end: keep it
 * short.  PostgreSQL groups the commits of several connections by itself, SQLite does not.
 */
int db_batch_begin(struct db *db, struct smartlic_error *err);
int db_batch_commit(struct db *db, struct smartlic_error *err);

/*
 * Parameters of a statement, in order; format letters: i int64_t, o int64_t where DB_NULL_INT is
 * null, t text (NULL: null), b blob (pointer, size_t).  They are borrowed until the statement is
 * done.  `sql` must be a string constant: its address is the key of the statement cache.
 */
#define DB_NULL_INT INT64_MIN
int db_exec(struct db *db, struct smartlic_error *err, const char *sql, const char *format, ...);
/* Rows that the last db_exec changed. */
int64_t db_changes(const struct db *db);

/* The same with an array. */
struct db_value {
	char kind; /* i t b */
	int is_null;
	int64_t integer;
	const void *data;
	size_t len; /* of b */
};
int db_exec_values(struct db *db, struct smartlic_error *err, const char *sql,
    const struct db_value *values, size_t n);
/* A text that is no constant, without parameters and result; it is not kept. */
int db_run(struct db *db, const char *sql, struct smartlic_error *err);
/* Starts a query; then db_next until 0, or db_done earlier. */
int db_query(struct db *db, struct db_row **ret, struct smartlic_error *err, const char *sql,
    const char *format, ...);
/* 1: a row, 0: no more, < 0.  After 0 and < 0 the statement is done and `row` is gone. */
int db_next(struct db_row *row, struct smartlic_error *err);
void db_done(struct db_row *row); /* NULL is allowed */
int db_is_null(struct db_row *row, int column);
int64_t db_int(struct db_row *row, int column);      /* DB_NULL_INT for null */
const char *db_text(struct db_row *row, int column); /* "" for null; until next or done */
const void *db_blob(struct db_row *row, int column, size_t *ret_len);

#endif
