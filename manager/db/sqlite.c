/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "db/engine.h"

#define CACHE_SLOTS 512 /* a power of two, several times the number of statements */

struct sqlite_row {
	struct db_row row; /* sql NULL: the slot is free */
	sqlite3_stmt *stmt;
	/* SQLite numbers $n by first appearance, we by n: [n - 1] is SQLite's number or 0 */
	unsigned char number[DB_PARAMETERS_MAX];
	int busy;   /* between db_query and its end */
	int single; /* not in the cache: made because the cached one was busy */
};

struct sqlite {
	struct db db;
	sqlite3 *handle;
	char *path;
	struct sqlite_row cache[CACHE_SLOTS];
};

static struct sqlite *
of_db(struct db *db)
{
	return (struct sqlite *)db;
}

static struct sqlite_row *
of_row(struct db_row *row)
{
	return (struct sqlite_row *)row;
}

static int
failed(struct sqlite *db, int code, const char *what, struct smartlic_error *err)
{
	const char *text = db->handle == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db->handle);
	/* its own text does not say that a file system is mounted read-only, nor does its errno */
	int system = (code & 0xff) == SQLITE_CANTOPEN && access(db->path, W_OK) < 0 ? errno : 0;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return sl_fail(err, SMARTLIC_E_STORE_BUSY,
		    "%s: another process is writing; try again", db->path);
	case SQLITE_NOMEM:
		return sl_nomem(err);
	case SQLITE_FULL:
		return sl_fail(
		    err, SMARTLIC_E_STORE, "%s: %s: the disk is full; make room", db->path, what);
	default:
		return sl_fail(err, SMARTLIC_E_STORE, "%s: %s: %s%s%s", db->path, what, text,
		    system == 0 ? "" : ": ", system == 0 ? "" : strerror(system));
	}
}

/* Statements without parameters and result that are not worth keeping. */
static int
run(struct sqlite *db, const char *sql, struct smartlic_error *err)
{
	int r = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return r == SQLITE_OK ? 0 : failed(db, r, sql, err);
}

/* The file is made by us, since SQLite would make it readable by others; its companions inherit
 * the mode. */
static int
make_file(const char *path, struct smartlic_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 && errno == EEXIST)
		return sl_fail(
		    err, SMARTLIC_E_EXISTS, "%s exists already; nothing was changed", path);
	if (fd < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "%s: %s", path, strerror(errno));
	close(fd);
	return 0;
}

static void
sqlite_close(struct db *any)
{
	struct sqlite *db = of_db(any);

	for (size_t i = 0; i < CACHE_SLOTS; i++)
		(void)sqlite3_finalize(db->cache[i].stmt);
	(void)sqlite3_close_v2(db->handle);
	free(db->path);
	free(db);
}

/* What a savepoint would bring back is kept in memory, all of it: SQLite's own limit, 64 KiB, is less
 * than a report changes, and what is beyond goes to a file in /tmp.  No limit above 128 KiB will do: it
 * is written there in one piece, of which SQLite writes the length modulo that, and says that the disk
 * is full. */
#define SAVEPOINT_MAX (-1)

static void
configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, SAVEPOINT_MAX);
	/* a count of all memory would be kept under one lock, taken for each piece of it */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int
sqlite_open(struct db **ret, const char *path, int create, struct smartlic_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite *db = NULL;
	int r;

	(void)pthread_once(&once, configure);
	if (create) {
		r = make_file(path, err);
		if (r < 0)
			return r;
	} else if (access(path, F_OK) < 0) {
		return sl_fail(err, SMARTLIC_E_NOT_FOUND, "%s: %s", path, strerror(errno));
	}
	db = calloc(1, sizeof(*db));
	if (db == NULL || (db->path = strdup(path)) == NULL) {
		r = sl_nomem(err);
		goto out;
	}
	db->db.engine = &sqlite_engine;
	r = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (r != SQLITE_OK) {
		r = failed(db, r, "open", err);
		goto out;
	}
	(void)sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
	r = run(db, "PRAGMA journal_mode = WAL", err);
	if (r == 0)
		r = run(db, "PRAGMA synchronous = FULL", err);
	/* a page that many requests change goes back to the file less often: 16 MB instead of 4 */
	if (r == 0)
		r = run(db, "PRAGMA wal_autocheckpoint = 4000", err);
	if (r == 0)
		r = run(db, "PRAGMA foreign_keys = ON", err);
	if (r < 0)
		goto out;
	*ret = &db->db;
	db = NULL;
	r = 0;
out:
	if (db != NULL)
		sqlite_close(&db->db);
	return r;
}

int
sqlite_copy(struct db *db, const char *path, struct smartlic_error *err)
{
	int r = make_file(path, err);

	return r < 0 ? r : db_exec(db, err, "VACUUM INTO $1", "t", path);
}

int
sqlite_seize(struct db *any, struct smartlic_error *err)
{
	struct sqlite *db = of_db(any);
	int r;

	(void)sqlite3_busy_timeout(db->handle, 0);
	/* a log is given up only by the last one that uses it */
	r = run(db, "PRAGMA journal_mode = DELETE", err);
	if (r == 0)
		r = run(db, "BEGIN EXCLUSIVE", err);
	if (r == SMARTLIC_E_STORE_BUSY)
		return sl_fail(
		    err, r, "%s: another process has it open; stop that first", db->path);
	db->db.in_transaction = r == 0;
	return r;
}

static void
sqlite_set_busy_ms(struct db *db, int ms)
{
	(void)sqlite3_busy_timeout(of_db(db)->handle, ms);
}

static int
sqlite_begin_reading(struct db *db, struct smartlic_error *err)
{
	return run(of_db(db), "BEGIN", err);
}

static int
sqlite_lock(struct db *db, const char *key, enum db_wait wait, struct smartlic_error *err)
{
	(void)db;
	(void)key;
	(void)wait;
	(void)err;
	return 1;
}

static void
sqlite_rollback(struct db *db)
{
	(void)sqlite3_exec(of_db(db)->handle, "ROLLBACK", NULL, NULL, NULL);
}

static int
sqlite_run(struct db *db, const char *sql, struct smartlic_error *err)
{
	return run(of_db(db), sql, err);
}

/* A full disk, for one, ends the whole transaction. */
static int
sqlite_is_lost(const struct db *db)
{
	return sqlite3_get_autocommit(((const struct sqlite *)db)->handle) != 0;
}

static int
prepare(struct sqlite *db, struct sqlite_row *row, const char *sql, struct smartlic_error *err)
{
	sqlite3_stmt *stmt = NULL;
	int r, n;

	r = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
	if (r != SQLITE_OK)
		return failed(db, r, sql, err);
	memset(row->number, 0, sizeof(row->number));
	n = sqlite3_bind_parameter_count(stmt);
	for (int i = 1; i <= n; i++) {
		const char *name = sqlite3_bind_parameter_name(stmt, i);
		long k = name == NULL ? 0 : strtol(name + 1, NULL, 10);

		if (k < 1 || k > DB_PARAMETERS_MAX) {
			(void)sqlite3_finalize(stmt);
			return sl_fail(err, SMARTLIC_E_STORE, "not a parameter in: %s", sql);
		}
		row->number[k - 1] = (unsigned char)i;
	}
	row->row.db = &db->db;
	row->row.sql = sql;
	row->stmt = stmt;
	return 0;
}

/* The cached statement of this text; a fresh one while it runs already, or when the table is
 * full. */
static int
statement(struct sqlite *db, struct sqlite_row **ret, const char *sql, struct smartlic_error *err)
{
	size_t h = (size_t)(((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
	struct sqlite_row *row = NULL;
	int r;

	for (size_t i = 0; i < CACHE_SLOTS; i++) {
		row = &db->cache[(h + i) % CACHE_SLOTS];
		if (row->row.sql == NULL || row->row.sql == sql)
			break;
		row = NULL;
	}
	if (row != NULL && row->row.sql == sql && !row->busy) {
		*ret = row;
		return 0;
	}
	if (row == NULL || row->busy) {
		row = calloc(1, sizeof(*row));
		if (row == NULL)
			return sl_nomem(err);
		row->single = 1;
	}
	r = prepare(db, row, sql, err);
	if (r < 0 && row->single)
		free(row);
	if (r == 0)
		*ret = row;
	return r;
}

static int
bind(struct sqlite_row *row, const struct db_value *values, size_t n)
{
	int r = SQLITE_OK;

	for (size_t k = 0; k < n && r == SQLITE_OK; k++) {
		const struct db_value *v = &values[k];
		int i = row->number[k];

		if (v->is_null)
			r = sqlite3_bind_null(row->stmt, i);
		else if (v->kind == 'i')
			r = sqlite3_bind_int64(row->stmt, i, v->integer);
		else if (v->kind == 't')
			r = sqlite3_bind_text(row->stmt, i, v->data, -1, SQLITE_STATIC);
		else
			r = sqlite3_bind_blob64(row->stmt, i, v->data, v->len, SQLITE_STATIC);
	}
	return r;
}

static void
sqlite_done(struct db_row *any)
{
	struct sqlite_row *row = of_row(any);

	(void)sqlite3_reset(row->stmt);
	(void)sqlite3_clear_bindings(row->stmt);
	row->busy = 0;
	if (row->single) {
		(void)sqlite3_finalize(row->stmt);
		free(row);
	}
}

static int
sqlite_start(struct db *any, struct db_row **ret, struct smartlic_error *err, const char *sql,
    const struct db_value *values, size_t n)
{
	struct sqlite *db = of_db(any);
	struct sqlite_row *row = NULL;
	int r;

	r = statement(db, &row, sql, err);
	if (r < 0)
		return r;
	row->busy = 1;
	r = bind(row, values, n);
	if (r != SQLITE_OK) {
		r = failed(db, r, sql, err);
		sqlite_done(&row->row);
		return r;
	}
	*ret = &row->row;
	return 0;
}

static int64_t
sqlite_changes(const struct db *db)
{
	return sqlite3_changes(((const struct sqlite *)db)->handle);
}

static int
sqlite_next(struct db_row *row, struct smartlic_error *err)
{
	int r = sqlite3_step(of_row(row)->stmt);

	if (r == SQLITE_ROW)
		return 1;
	r = r == SQLITE_DONE ? 0 : failed(of_db(row->db), r, row->sql, err);
	sqlite_done(row);
	return r;
}

/* Those that come with every request would cost more to prepare than to run. */
static int
sqlite_run_kept(struct db *db, const char *sql, struct smartlic_error *err)
{
	struct db_row *row = NULL;
	int r = sqlite_start(db, &row, err, sql, NULL, 0);

	return r < 0 ? r : sqlite_next(row, err);
}

/* There is one writer, whatever it is about. */
static int
sqlite_begin(struct db *db, const char *about, int savepoint, struct smartlic_error *err)
{
	(void)about;
	/* the write lock at once: a reader that becomes a writer cannot wait */
	return sqlite_run_kept(db, savepoint ? "SAVEPOINT request" : "BEGIN IMMEDIATE", err);
}

static int
sqlite_commit(struct db *db, struct smartlic_error *err)
{
	return sqlite_run_kept(db, "COMMIT", err);
}

static int
sqlite_is_null(struct db_row *row, int column)
{
	return sqlite3_column_type(of_row(row)->stmt, column) == SQLITE_NULL;
}

static int64_t
sqlite_integer(struct db_row *row, int column)
{
	return sqlite3_column_int64(of_row(row)->stmt, column);
}

static const char *
sqlite_text(struct db_row *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(of_row(row)->stmt, column);

	return text == NULL ? "" : text;
}

static const void *
sqlite_blob(struct db_row *row, int column, size_t *ret_len)
{
	const void *data = sqlite3_column_blob(of_row(row)->stmt, column);

	*ret_len = (size_t)sqlite3_column_bytes(of_row(row)->stmt, column);
	return data;
}

const struct db_engine sqlite_engine = {
	.close = sqlite_close,
	.set_busy_ms = sqlite_set_busy_ms,
	.begin = sqlite_begin,
	.begin_reading = sqlite_begin_reading,
	.lock = sqlite_lock,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.run = sqlite_run,
	.run_kept = sqlite_run_kept,
	.is_lost = sqlite_is_lost,
	.start = sqlite_start,
	.changes = sqlite_changes,
	.next = sqlite_next,
	.done = sqlite_done,
	.is_null = sqlite_is_null,
	.integer = sqlite_integer,
	.text = sqlite_text,
	.blob = sqlite_blob,
};
