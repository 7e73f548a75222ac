/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "db/db.h"

#define CACHE_SLOTS    512 /* a power of two, several times the number of statements */
#define PARAMETERS_MAX 32
#define BUSY_MS        5000

struct db_row {
	struct db *db;
	sqlite3_stmt *stmt;
	const char *sql; /* NULL: the slot is free */
	/* SQLite numbers $n by first appearance, we by n: [n - 1] is SQLite's number or 0 */
	unsigned char number[PARAMETERS_MAX];
	int busy;   /* between db_query and its end */
	int single; /* not in the cache: made because the cached one was busy */
};

struct db {
	sqlite3 *handle;
	char *path;
	struct db_row cache[CACHE_SLOTS];
	int64_t changes;
	int in_transaction;
};

static int
failed(struct db *db, int code, const char *what, struct smartlic_error *err)
{
	const char *text = db->handle == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db->handle);

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return sl_fail(err, SMARTLIC_E_STORE_BUSY,
		    "%s: another process is writing; try again", db->path);
	case SQLITE_NOMEM:
		return sl_nomem(err);
	case SQLITE_FULL:
		return sl_fail(err, SMARTLIC_E_STORE, "%s: %s: the disk is full; make room",
		    db->path, what);
	default:
		return sl_fail(err, SMARTLIC_E_STORE, "%s: %s: %s", db->path, what, text);
	}
}

/* Statements without parameters and result that are not worth keeping. */
static int
run(struct db *db, const char *sql, struct smartlic_error *err)
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
		return sl_fail(err, SMARTLIC_E_EXISTS, "%s exists already; nothing was changed",
		    path);
	if (fd < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "%s: %s", path, strerror(errno));
	close(fd);
	return 0;
}

int
db_open(struct db **ret, const char *path, int create, struct smartlic_error *err)
{
	struct db *db = NULL;
	int r;

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
	r = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (r != SQLITE_OK) {
		r = failed(db, r, "open", err);
		goto out;
	}
	(void)sqlite3_extended_result_codes(db->handle, 1);
	db_set_busy_ms(db, BUSY_MS);
	r = run(db, "PRAGMA journal_mode = WAL", err);
	if (r == 0)
		r = run(db, "PRAGMA synchronous = FULL", err);
	if (r == 0)
		r = run(db, "PRAGMA foreign_keys = ON", err);
	if (r < 0)
		goto out;
	*ret = db;
	db = NULL;
	r = 0;
out:
	db_close(db);
	return r;
}

int
db_copy(struct db *db, const char *path, struct smartlic_error *err)
{
	int r = make_file(path, err);

	return r < 0 ? r : db_exec(db, err, "VACUUM INTO $1", "t", path);
}

int
db_seize(struct db *db, struct smartlic_error *err)
{
	int r;

	db_set_busy_ms(db, 0);
	/* a log is given up only by the last one that uses it */
	r = run(db, "PRAGMA journal_mode = DELETE", err);
	if (r == 0)
		r = run(db, "BEGIN EXCLUSIVE", err);
	if (r == SMARTLIC_E_STORE_BUSY)
		return sl_fail(err, r, "%s: another process has it open; stop that first", db->path);
	db->in_transaction = r == 0;
	return r;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	db_rollback(db);
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		(void)sqlite3_finalize(db->cache[i].stmt);
	(void)sqlite3_close_v2(db->handle);
	free(db->path);
	free(db);
}

void
db_set_busy_ms(struct db *db, int ms)
{
	(void)sqlite3_busy_timeout(db->handle, ms);
}

int
db_begin(struct db *db, struct smartlic_error *err)
{
	int r;

	if (db->in_transaction)
		return sl_fail(err, SMARTLIC_E_STATE, "%s: a transaction is open", db->path);
	/* the write lock at once: a reader that becomes a writer cannot wait */
	r = run(db, "BEGIN IMMEDIATE", err);
	if (r == 0)
		db->in_transaction = 1;
	return r;
}

int
db_commit(struct db *db, struct smartlic_error *err)
{
	int r = run(db, "COMMIT", err);

	if (r < 0)
		db_rollback(db);
	db->in_transaction = 0;
	return r;
}

void
db_rollback(struct db *db)
{
	if (db->in_transaction)
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	db->in_transaction = 0;
}

static int
prepare(struct db *db, struct db_row *row, const char *sql, struct smartlic_error *err)
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

		if (k < 1 || k > PARAMETERS_MAX) {
			(void)sqlite3_finalize(stmt);
			return sl_fail(err, SMARTLIC_E_STORE, "not a parameter in: %s", sql);
		}
		row->number[k - 1] = (unsigned char)i;
	}
	row->db = db;
	row->stmt = stmt;
	row->sql = sql;
	return 0;
}

/* The cached statement of this text; a fresh one while it runs already, or when the table is
 * full. */
static int
statement(struct db *db, struct db_row **ret, const char *sql, struct smartlic_error *err)
{
	size_t h = (size_t)(((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
	struct db_row *row = NULL;
	int r;

	for (size_t i = 0; i < CACHE_SLOTS; i++) {
		row = &db->cache[(h + i) % CACHE_SLOTS];
		if (row->sql == NULL || row->sql == sql)
			break;
		row = NULL;
	}
	if (row != NULL && row->sql == sql && !row->busy) {
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
bind(struct db_row *row, const char *format, va_list ap)
{
	int r = SQLITE_OK;

	for (size_t n = 0; format[n] != '\0' && r == SQLITE_OK; n++) {
		int i = n < PARAMETERS_MAX ? row->number[n] : 0;
		const void *data;
		int64_t v;

		switch (format[n]) {
		case 'i':
		case 'o':
			v = va_arg(ap, int64_t);
			r = format[n] == 'o' && v == DB_NULL_INT
			        ? sqlite3_bind_null(row->stmt, i)
			        : sqlite3_bind_int64(row->stmt, i, v);
			break;
		case 't':
			data = va_arg(ap, const char *);
			r = sqlite3_bind_text(row->stmt, i, data, -1, SQLITE_STATIC);
			break;
		case 'b':
			data = va_arg(ap, const void *);
			r = sqlite3_bind_blob64(row->stmt, i, data, va_arg(ap, size_t),
			    SQLITE_STATIC);
			break;
		default:
			r = SQLITE_MISUSE;
		}
	}
	return r;
}

static int
start(struct db *db, struct db_row **ret, struct smartlic_error *err, const char *sql,
    const char *format, va_list ap)
{
	struct db_row *row = NULL;
	int r;

	r = statement(db, &row, sql, err);
	if (r < 0)
		return r;
	row->busy = 1;
	r = bind(row, format, ap);
	if (r != SQLITE_OK) {
		r = failed(db, r, sql, err);
		db_done(row);
		return r;
	}
	*ret = row;
	return 0;
}

int
db_exec(struct db *db, struct smartlic_error *err, const char *sql, const char *format, ...)
{
	struct db_row *row = NULL;
	va_list ap;
	int r;

	va_start(ap, format);
	r = start(db, &row, err, sql, format, ap);
	va_end(ap);
	if (r < 0)
		return r;
	r = db_next(row, err);
	if (r == 1) {
		db_done(row);
		return sl_fail(err, SMARTLIC_E_STATE, "db_exec of a query: %s", sql);
	}
	if (r == 0)
		db->changes = sqlite3_changes(db->handle);
	return r;
}

int64_t
db_changes(const struct db *db)
{
	return db->changes;
}

int
db_query(struct db *db, struct db_row **ret, struct smartlic_error *err, const char *sql,
    const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = start(db, ret, err, sql, format, ap);
	va_end(ap);
	return r;
}

int
db_next(struct db_row *row, struct smartlic_error *err)
{
	int r = sqlite3_step(row->stmt);

	if (r == SQLITE_ROW)
		return 1;
	r = r == SQLITE_DONE ? 0 : failed(row->db, r, row->sql, err);
	db_done(row);
	return r;
}

void
db_done(struct db_row *row)
{
	if (row == NULL)
		return;
	(void)sqlite3_reset(row->stmt);
	(void)sqlite3_clear_bindings(row->stmt);
	row->busy = 0;
	if (row->single) {
		(void)sqlite3_finalize(row->stmt);
		free(row);
	}
}

int
db_is_null(struct db_row *row, int column)
{
	return sqlite3_column_type(row->stmt, column) == SQLITE_NULL;
}

int64_t
db_int(struct db_row *row, int column)
{
	return db_is_null(row, column) ? DB_NULL_INT : sqlite3_column_int64(row->stmt, column);
}

const char *
db_text(struct db_row *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row->stmt, column);

	return text == NULL ? "" : text;
}

const void *
db_blob(struct db_row *row, int column, size_t *ret_len)
{
	const void *data = sqlite3_column_blob(row->stmt, column);

	*ret_len = (size_t)sqlite3_column_bytes(row->stmt, column);
	return data;
}
