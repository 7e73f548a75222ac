/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdarg.h>
#include <string.h>

#include "db/engine.h"

/* What is the same for every engine: which one it is, transactions within transactions. */

int
db_is_url(const char *where)
{
	return strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0;
}

int
db_url_shown(const char *url, char *ret, size_t size, struct smartlic_error *err)
{
	return postgres_url_shown(url, ret, size, err);
}

int
db_open(struct db **ret, const char *where, int create, struct smartlic_error *err)
{
	return db_is_url(where) ? postgres_open(ret, where, create, err)
				: sqlite_open(ret, where, create, err);
}

int
db_is_server(const struct db *db)
{
	return db->engine != &sqlite_engine;
}

int
db_copy(struct db *db, const char *path, struct smartlic_error *err)
{
	return sqlite_copy(db, path, err);
}

int
db_seize(struct db *db, struct smartlic_error *err)
{
	return sqlite_seize(db, err);
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	if (db->in_transaction || db->in_batch)
		db->engine->rollback(db);
	db->engine->close(db);
}

int
db_relax(struct db *db, int relaxed, struct smartlic_error *err)
{
	if (db_is_server(db))
		return 0;
	return db->engine->run(
	    db, relaxed ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", err);
}

void
db_set_busy_ms(struct db *db, int ms)
{
	db->engine->set_busy_ms(db, ms);
}

/* ---- transactions ------------------------------------------------------------------------- */

/* The savepoint's name is of no matter: the newest of that name is meant. */
#define SAVEPOINT   "SAVEPOINT request"
#define RELEASE     "RELEASE SAVEPOINT request"
#define ROLLBACK_TO "ROLLBACK TO SAVEPOINT request"

static int
begin(struct db *db, const char *about, struct smartlic_error *err)
{
	int r;

	if (db->in_transaction)
		return sl_fail(err, SMARTLIC_E_STATE, "the ledger: a transaction is open already");
	if (db->in_batch && db->engine->is_lost(db))
		return sl_fail(err, SMARTLIC_E_STORE_BUSY,
		    "the ledger: what this is part of has failed; try again");
	db->may_retry = 0;
	r = db->engine->begin(db, about, db->in_batch, err);
	db->in_transaction = r == 0;
	return r;
}

int
db_begin(struct db *db, struct smartlic_error *err)
{
	return begin(db, NULL, err);
}

int
db_begin_about(struct db *db, const char *key, struct smartlic_error *err)
{
	return begin(db, key, err);
}

int
db_begin_reading(struct db *db, struct smartlic_error *err)
{
	int r;

	if (db->in_batch || db->in_transaction)
		return sl_fail(err, SMARTLIC_E_STATE, "the ledger: a transaction is open already");
	r = db->engine->begin_reading(db, err);
	db->in_transaction = r == 0;
	return r;
}

int
db_lock(struct db *db, const char *key, struct smartlic_error *err)
{
	int r = db->engine->lock(db, key, DB_WAIT, err);

	return r < 0 ? r : 0;
}

int
db_lock_try(struct db *db, const char *key, struct smartlic_error *err)
{
	return db->engine->lock(db, key, DB_TRY, err);
}

int
db_commit(struct db *db, struct smartlic_error *err)
{
	int r = db->in_batch ? db->engine->run_kept(db, RELEASE, err) : db->engine->commit(db, err);

	if (r < 0)
		db_rollback(db);
	db->in_transaction = 0;
	return r;
}

void
db_rollback(struct db *db)
{
	if (!db->in_transaction)
		return;
	if (!db->in_batch) {
		db->engine->rollback(db);
	} else if (!db->engine->is_lost(db)) {
		(void)db->engine->run_kept(db, ROLLBACK_TO, NULL);
		(void)db->engine->run_kept(db, RELEASE, NULL);
	}
	db->in_transaction = 0;
}

/* What a batch has lost, no retry inside it brings back. */
int
db_may_retry(const struct db *db)
{
	return db->may_retry && !(db->in_batch && db->engine->is_lost(db));
}

int
db_batch_begin(struct db *db, struct smartlic_error *err)
{
	int r;

	if (db->in_batch || db->in_transaction)
		return sl_fail(err, SMARTLIC_E_STATE, "the ledger: a transaction is open already");
	db->may_retry = 0;
	r = db->engine->begin(db, "", 0, err);
	db->in_batch = r == 0;
	return r;
}

int
db_batch_commit(struct db *db, struct smartlic_error *err)
{
	int r;

	if (!db->in_batch)
		return sl_fail(err, SMARTLIC_E_STATE, "the ledger: no batch is open");
	db_rollback(db);
	r = db->engine->is_lost(db)
		? sl_fail(err, SMARTLIC_E_STORE_BUSY,
		      "the ledger: one of several requests broke the transaction of all; try again")
		: db->engine->commit(db, err);
	if (r < 0)
		db->engine->rollback(db);
	db->in_batch = 0;
	return r;
}

/* ---- statements --------------------------------------------------------------------------- */

/* By the letters of db.h; how many, or < 0. */
static int
values_of(struct db_value ret[DB_PARAMETERS_MAX], const char *sql, const char *format, va_list ap,
    struct smartlic_error *err)
{
	int n;

	for (n = 0; format[n] != '\0' && n < DB_PARAMETERS_MAX; n++) {
		struct db_value *v = &ret[n];

		*v = (struct db_value){ .kind = format[n] == 'o' ? 'i' : format[n] };
		if (v->kind == 'i') {
			v->integer = va_arg(ap, int64_t);
			v->is_null = format[n] == 'o' && v->integer == DB_NULL_INT;
		} else {
			v->data = va_arg(ap, const void *);
			v->is_null = v->data == NULL;
		}
		if (v->kind == 'b')
			v->len = va_arg(ap, size_t);
		if (strchr("itb", v->kind) == NULL)
			break;
	}
	return format[n] == '\0' ? n : sl_fail(err, SMARTLIC_E_STORE, "no parameters of: %s", sql);
}

static int
start(struct db *db, struct db_row **ret, struct smartlic_error *err, const char *sql,
    const struct db_value *values, size_t n)
{
	db->may_retry = 0;
	return db->engine->start(db, ret, err, sql, values, n);
}

static int
exec(struct db *db, struct smartlic_error *err, const char *sql, const struct db_value *values,
    size_t n)
{
	struct db_row *row = NULL;
	int r = start(db, &row, err, sql, values, n);

	if (r < 0)
		return r;
	r = db_next(row, err);
	if (r == 1) {
		db_done(row);
		return sl_fail(err, SMARTLIC_E_STATE, "db_exec of a query: %s", sql);
	}
	if (r == 0)
		db->changes = db->engine->changes(db);
	return r;
}

int
db_exec_values(struct db *db, struct smartlic_error *err, const char *sql,
    const struct db_value *values, size_t n)
{
	int own = db->in_batch && !db->in_transaction, r = 0;

	/* its failure must not take the others along */
	if (own)
		r = db->engine->run_kept(db, SAVEPOINT, err);
	if (r < 0)
		return r;
	db->in_transaction |= own;
	r = exec(db, err, sql, values, n);
	if (own && r == 0)
		return db_commit(db, err);
	if (own)
		db_rollback(db);
	return r;
}

int
db_exec(struct db *db, struct smartlic_error *err, const char *sql, const char *format, ...)
{
	struct db_value values[DB_PARAMETERS_MAX];
	va_list ap;
	int n;

	va_start(ap, format);
	n = values_of(values, sql, format, ap, err);
	va_end(ap);
	return n < 0 ? n : db_exec_values(db, err, sql, values, (size_t)n);
}

int
db_run(struct db *db, const char *sql, struct smartlic_error *err)
{
	return db->engine->run(db, sql, err);
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
	struct db_value values[DB_PARAMETERS_MAX];
	va_list ap;
	int n;

	va_start(ap, format);
	n = values_of(values, sql, format, ap, err);
	va_end(ap);
	return n < 0 ? n : start(db, ret, err, sql, values, (size_t)n);
}

int
db_next(struct db_row *row, struct smartlic_error *err)
{
	return row->db->engine->next(row, err);
}

void
db_done(struct db_row *row)
{
	if (row != NULL)
		row->db->engine->done(row);
}

int
db_is_null(struct db_row *row, int column)
{
	return row->db->engine->is_null(row, column);
}

int64_t
db_int(struct db_row *row, int column)
{
	return db_is_null(row, column) ? DB_NULL_INT : row->db->engine->integer(row, column);
}

const char *
db_text(struct db_row *row, int column)
{
	return row->db->engine->text(row, column);
}

const void *
db_blob(struct db_row *row, int column, size_t *ret_len)
{
	return row->db->engine->blob(row, column, ret_len);
}
