/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_DB_ENGINE_H
#define MANAGER_DB_ENGINE_H

#include "db/db.h"

/* Shared by the files of db/ only: what an engine does for the seam. */

#define DB_PARAMETERS_MAX 32
#define DB_BUSY_MS        5000

struct db_engine;

/* The first member of each engine's own struct. */
struct db {
	const struct db_engine *engine;
	int64_t changes;
	int in_transaction; /* db_begin, until its commit or rollback */
	int in_batch;
	int may_retry;
};

/* The same of a running statement. */
struct db_row {
	struct db *db;
	const char *sql;
};

enum db_wait { DB_WAIT, DB_TRY };

struct db_engine {
	void (*close)(struct db *db);
	void (*set_busy_ms)(struct db *db, int ms);
	/* about: NULL: everything.  With a savepoint, inside a batch. */
	int (*begin)(struct db *db, const char *about, int savepoint, struct smartlic_error *err);
	int (*begin_reading)(struct db *db, struct smartlic_error *err);
	/* 1: got it, 0: DB_TRY and another has it */
	int (*lock)(struct db *db, const char *key, enum db_wait wait, struct smartlic_error *err);
	int (*commit)(struct db *db, struct smartlic_error *err);
	void (*rollback)(struct db *db);
	/* a statement of no parameters and no result, not kept */
	int (*run)(struct db *db, const char *sql, struct smartlic_error *err);
	/* the same of a string constant, which is worth keeping */
	int (*run_kept)(struct db *db, const char *sql, struct smartlic_error *err);
	/* Has the engine itself given up the transaction that was begun? */
	int (*is_lost)(const struct db *db);
	int (*start)(struct db *db, struct db_row **ret, struct smartlic_error *err,
	    const char *sql, const struct db_value *values, size_t n);
	int64_t (*changes)(const struct db *db);
	int (*next)(struct db_row *row, struct smartlic_error *err);
	void (*done)(struct db_row *row);
	int (*is_null)(struct db_row *row, int column);
	int64_t (*integer)(struct db_row *row, int column);
	const char *(*text)(struct db_row *row, int column);
	const void *(*blob)(struct db_row *row, int column, size_t *ret_len);
};

extern const struct db_engine sqlite_engine;
int sqlite_open(struct db **ret, const char *path, int create, struct smartlic_error *err);
int sqlite_copy(struct db *db, const char *path, struct smartlic_error *err);
int sqlite_seize(struct db *db, struct smartlic_error *err);

/* Without libpq, they say that it is missing. */
int postgres_open(struct db **ret, const char *url, int create, struct smartlic_error *err);
int postgres_url_shown(const char *url, char *ret, size_t size, struct smartlic_error *err);

#endif
