/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/postgres_value.h"

#define CACHE_SLOTS 1024 /* a power of two, several times the number of statements */
#define LOCK_ALL    "everything"

struct postgres_row {
	struct db_row row;
	PGresult *res;
	int at;
};

struct postgres {
	struct db db;
	char *url;
	char shown[256]; /* without what is secret */
	PGconn *conn;
	int busy_ms;
	int warned; /* by the server, since this was set to 0 */
	int64_t changes;
	/* which statements this connection has prepared, by address; the slot's number names it */
	const char *prepared[CACHE_SLOTS];
};

static struct postgres *
of_db(struct db *db)
{
	return (struct postgres *)db;
}

static struct postgres_row *
of_row(struct db_row *row)
{
	return (struct postgres_row *)row;
}

/* ---- failures ----------------------------------------------------------------------------- */

static int
is_one_of(const char *state, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, state) == 0)
			return 1;
	return 0;
}

static int
failed_lost(struct postgres *p, struct smartlic_error *err)
{
	p->db.may_retry = 1;
	return sl_fail(
	    err, SMARTLIC_E_STORE_BUSY, "%s: the connection was lost; try again", p->shown);
}

/*
 * Others' doing is SMARTLIC_E_STORE_BUSY: a deadlock, a serialization failure, a key that another
 * transaction has added since we looked; and, where waiting was in vain, a lock.  A server that
 * has become a standby, or shuts down, is left.
 */
static int
failed(struct postgres *p, const PGresult *res, const char *sql, struct smartlic_error *err)
{
	static const char *const again[] = { "40001", "40P01", "23505", NULL };
	static const char *const leave[] = { "25006", "57P01", "57P02", "57P03", NULL };
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	if (PQstatus(p->conn) != CONNECTION_OK || state == NULL)
		return failed_lost(p, err);
	if (text == NULL)
		text = "no text";
	if (is_one_of(state, leave)) {
		PQfinish(p->conn);
		p->conn = NULL;
		return failed_lost(p, err);
	}
	if (is_one_of(state, again)) {
		p->db.may_retry = 1;
		return sl_fail(err, SMARTLIC_E_STORE_BUSY,
		    "%s: another process has changed the same; try again", p->shown);
	}
	if (strcmp(state, "55P03") == 0)
		return sl_fail(err, SMARTLIC_E_STORE_BUSY,
		    "%s: another process is writing; try again", p->shown);
	if (strcmp(state, "53100") == 0)
		return sl_fail(err, SMARTLIC_E_STORE, "%s: %s: make room", p->shown, text);
	return sl_fail(err, SMARTLIC_E_STORE, "%s: %s: %s (%s)", p->shown, sql, text, state);
}

/* ---- the connection ----------------------------------------------------------------------- */

static void
on_notice(void *ud, const PGresult *res)
{
	struct postgres *p = ud;
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity != NULL && strcmp(severity, "WARNING") == 0)
		p->warned = 1;
}

/* Statements without parameters, in one round trip. */
static int
run(struct postgres *p, const char *sql, struct smartlic_error *err)
{
	PGresult *res;
	int r = 0;

	if (p->conn == NULL)
		return failed_lost(p, err);
	res = PQexec(p->conn, sql);
	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
		r = failed(p, res, sql, err);
	PQclear(res);
	return r;
}

/*
 * What a session must be, whatever the server's defaults: durable, and not kept by a manager whose
 * host has gone without a word.
 */
static int
set_up(struct postgres *p, struct smartlic_error *err)
{
	const char *encoding = PQparameterStatus(p->conn, "server_encoding");
	char sql[512];

	if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "%s: its encoding is %s: make a database with ENCODING 'UTF8'", p->shown,
		    encoding == NULL ? "unknown" : encoding);
	(void)snprintf(sql, sizeof(sql),
	    "SET lock_timeout = %d; SET statement_timeout = 0; SET client_min_messages = warning;"
	    " SET idle_in_transaction_session_timeout = 60000; SET tcp_keepalives_idle = 10;"
	    " SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
	    " SELECT set_config('synchronous_commit', 'on', false)"
	    " WHERE current_setting('synchronous_commit') = 'off'",
	    p->busy_ms);
	return run(p, sql, err);
}

/* What the URL says comes last and so goes before these, but for the encoding. */
static int
connect_anew(struct postgres *p, struct smartlic_error *err)
{
	static const char *const keys[] = { "connect_timeout", "tcp_user_timeout",
		"keepalives_idle", "keepalives_interval", "keepalives_count",
		"target_session_attrs", "fallback_application_name", "dbname", "client_encoding",
		NULL };
	const char *const values[] = { "5", "10000", "10", "5", "3", "read-write",
		"smartlic-manager", p->url, "UTF8", NULL };
	char text[160];

	PQfinish(p->conn);
	memset(p->prepared, 0, sizeof(p->prepared));
	p->conn = PQconnectdbParams(keys, values, 1);
	if (p->conn == NULL)
		return sl_nomem(err);
	if (PQstatus(p->conn) != CONNECTION_OK) {
		(void)snprintf(text, sizeof(text), "%s", PQerrorMessage(p->conn));
		text[strcspn(text, "\n")] = '\0';
		return sl_fail(
		    err, SMARTLIC_E_STORE_BUSY, "%s cannot be reached: %s", p->shown, text);
	}
	(void)PQsetNoticeReceiver(p->conn, on_notice, p);
	return set_up(p, err);
}

/* Outside a transaction a lost connection costs nothing: another is made. */
static int
connected(struct postgres *p, struct smartlic_error *err)
{
	if (p->conn != NULL && PQstatus(p->conn) == CONNECTION_OK)
		return 0;
	if (p->db.in_transaction || p->db.in_batch)
		return failed_lost(p, err);
	return connect_anew(p, err);
}

static int
has_tables(struct postgres *p, struct smartlic_error *err)
{
	PGresult *res = PQexec(p->conn, "SELECT to_regclass('schema_version') IS NOT NULL");
	int r;

	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		r = failed(p, res, "to_regclass", err);
	else
		r = PQgetvalue(res, 0, 0)[0] == 't';
	PQclear(res);
	return r;
}

static void
postgres_close(struct db *db)
{
	struct postgres *p = of_db(db);

	PQfinish(p->conn);
	free(p->url);
	free(p);
}

static const struct db_engine postgres_engine;

int
postgres_open(struct db **ret, const char *url, int create, struct smartlic_error *err)
{
	struct postgres *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL || (p->url = strdup(url)) == NULL) {
		free(p);
		return sl_nomem(err);
	}
	p->db.engine = &postgres_engine;
	p->busy_ms = DB_BUSY_MS;
	r = postgres_url_shown(url, p->shown, sizeof(p->shown), err);
	if (r == 0)
		r = connect_anew(p, err);
	if (r == 0)
		r = has_tables(p, err);
	if (r == 1 && create)
		r = sl_fail(err, SMARTLIC_E_EXISTS,
		    "%s holds a ledger already; nothing was changed", p->shown);
	else if (r == 0 && !create)
		r = sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "%s holds no ledger: 'smartlic-manager init --database' makes one", p->shown);
	if (r < 0) {
		postgres_close(&p->db);
		return r;
	}
	*ret = &p->db;
	return 0;
}

static const char *
option_value(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword != NULL; options++)
		if (strcmp(options->keyword, keyword) == 0 && options->val != NULL)
			return options->val;
	return "";
}

int
postgres_url_shown(const char *url, char *ret, size_t size, struct smartlic_error *err)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);

	/* libpq's own text would quote the URL */
	if (options == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "--database: no URL of PostgreSQL: postgresql://HOST/DATABASE is expected");
	(void)snprintf(ret, size, "postgresql://%s/%s", option_value(options, "host"),
	    option_value(options, "dbname"));
	PQconninfoFree(options);
	return 0;
}

static void
postgres_set_busy_ms(struct db *db, int ms)
{
	struct postgres *p = of_db(db);
	char sql[64];

	p->busy_ms = ms > 0 ? ms : 1; /* 0 would be for ever */
	(void)snprintf(sql, sizeof(sql), "SET lock_timeout = %d", p->busy_ms);
	/* a lost connection gets it when it is made anew */
	(void)run(p, sql, NULL);
}

/* ---- transactions ------------------------------------------------------------------------- */

/* Locks have numbers: FNV-1a.  Two keys of one number wait for each other, which does no harm. */
static int64_t
lock_number(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return (int64_t)h;
}

/*
 * READ COMMITTED: a statement after the lock sees all that the one who had it before has done.  ""
 * is about nothing yet.
 */
static int
postgres_begin(struct db *db, const char *about, int savepoint, struct smartlic_error *err)
{
	struct postgres *p = of_db(db);
	const char *begin =
	    savepoint ? "SAVEPOINT request" : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
	char sql[256];
	int r = connected(p, err);

	if (r < 0)
		return r;
	if (about == NULL)
		(void)snprintf(sql, sizeof(sql), "%s; SELECT pg_advisory_xact_lock(%lld)", begin,
		    (long long)lock_number(LOCK_ALL));
	else if (*about == '\0')
		(void)snprintf(sql, sizeof(sql), "%s", begin);
	else
		(void)snprintf(sql, sizeof(sql),
		    "%s; SELECT pg_advisory_xact_lock_shared(%lld), pg_advisory_xact_lock(%lld)",
		    begin, (long long)lock_number(LOCK_ALL), (long long)lock_number(about));
	r = run(p, sql, err);
	if (r < 0 && !savepoint)
		(void)run(p, "ROLLBACK", NULL);
	else if (r < 0)
		(void)run(p, "ROLLBACK TO SAVEPOINT request; RELEASE SAVEPOINT request", NULL);
	return r;
}

static int
postgres_begin_reading(struct db *db, struct smartlic_error *err)
{
	int r = connected(of_db(db), err);

	return r < 0 ? r : run(of_db(db), "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
}

static int
postgres_lock(struct db *db, const char *key, enum db_wait wait, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	if (wait == DB_WAIT)
		r = db_query(db, &row, err, "SELECT pg_advisory_xact_lock($1) IS NULL", "i",
		    lock_number(key));
	else
		r = db_query(
		    db, &row, err, "SELECT pg_try_advisory_xact_lock($1)", "i", lock_number(key));
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		r = wait == DB_WAIT || db_int(row, 0) != 0;
		db_done(row);
	}
	return r;
}

static int
postgres_commit(struct db *db, struct smartlic_error *err)
{
	struct postgres *p = of_db(db);
	PGresult *res;
	int r = 0;

	if (p->conn == NULL)
		return failed_lost(p, err);
	p->warned = 0;
	res = PQexec(p->conn, "COMMIT");
	if (PQresultStatus(res) != PGRES_COMMAND_OK) {
		r = failed(p, res, "COMMIT", err);
	} else if (strcmp(PQcmdStatus(res), "COMMIT") != 0) {
		/* so a server says that it rolled back instead */
		r = sl_fail(
		    err, SMARTLIC_E_STORE, "%s: the transaction had failed before", p->shown);
	} else if (p->warned) {
		/* committed here, but a wait for the synchronous standby was cut short */
		p->db.may_retry = 0;
		r = sl_fail(err, SMARTLIC_E_STORE_BUSY,
		    "%s: the standby has not confirmed the transaction", p->shown);
	}
	PQclear(res);
	return r;
}

static void
postgres_rollback(struct db *db)
{
	struct postgres *p = of_db(db);

	if (p->conn != NULL && PQtransactionStatus(p->conn) != PQTRANS_IDLE)
		(void)run(p, "ROLLBACK", NULL);
}

static int
postgres_run(struct db *db, const char *sql, struct smartlic_error *err)
{
	return run(of_db(db), sql, err);
}

static int
postgres_is_lost(const struct db *db)
{
	const struct postgres *p = (const struct postgres *)db;

	return p->conn == NULL || PQtransactionStatus(p->conn) == PQTRANS_IDLE ||
	       PQtransactionStatus(p->conn) == PQTRANS_UNKNOWN;
}

/* ---- statements --------------------------------------------------------------------------- */

/* The name under which this connection knows a statement; "": the unnamed one, for once. */
static int
prepare(struct postgres *p, const char *sql, const struct postgres_parameters *v, char ret[16],
    struct smartlic_error *err)
{
	size_t h = (size_t)(((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 32), i;
	PGresult *res;
	int r = 0;

	for (i = 0; i < CACHE_SLOTS; i++) {
		h = (h + 1) % CACHE_SLOTS;
		if (p->prepared[h] == sql || p->prepared[h] == NULL)
			break;
	}
	if (i == CACHE_SLOTS)
		ret[0] = '\0';
	else
		(void)snprintf(ret, 16, "s%zu", h);
	if (i < CACHE_SLOTS && p->prepared[h] == sql)
		return 0;
	res = PQprepare(p->conn, ret, sql, v->n, v->type);
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		r = failed(p, res, sql, err);
	else if (i < CACHE_SLOTS)
		p->prepared[h] = sql;
	PQclear(res);
	return r;
}

static int
execute(struct postgres *p, PGresult **ret, const char *sql, const struct postgres_parameters *v,
    struct smartlic_error *err)
{
	char name[16];
	PGresult *res;
	int r = prepare(p, sql, v, name, err);

	if (r < 0)
		return r;
	res = PQexecPrepared(p->conn, name, v->n, v->value, v->len, v->binary, 1);
	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK) {
		r = failed(p, res, sql, err);
		PQclear(res);
		return r;
	}
	p->changes = strtoll(PQcmdTuples(res), NULL, 10);
	*ret = res;
	return 0;
}

static int
postgres_start(struct db *db, struct db_row **ret, struct smartlic_error *err, const char *sql,
    const struct db_value *values, size_t n)
{
	struct postgres *p = of_db(db);
	struct postgres_parameters v;
	struct postgres_row *row;
	int r = connected(p, err);

	if (r < 0)
		return r;
	if (postgres_bind(&v, values, n) < 0)
		return sl_fail(err, SMARTLIC_E_LIMIT, "too long a parameter of: %s", sql);
	row = calloc(1, sizeof(*row));
	if (row == NULL)
		return sl_nomem(err);
	row->row = (struct db_row){ db, sql };
	row->at = -1;
	r = execute(p, &row->res, sql, &v, err);
	if (r < 0) {
		free(row);
		return r;
	}
	*ret = &row->row;
	return 0;
}

static int64_t
postgres_changes(const struct db *db)
{
	return ((const struct postgres *)db)->changes;
}

static void
postgres_done(struct db_row *row)
{
	PQclear(of_row(row)->res);
	free(of_row(row));
}

static int
postgres_next(struct db_row *any, struct smartlic_error *err)
{
	struct postgres_row *row = of_row(any);

	(void)err;
	if (++row->at < PQntuples(row->res))
		return 1;
	postgres_done(any);
	return 0;
}

static int
postgres_is_null(struct db_row *row, int column)
{
	return PQgetisnull(of_row(row)->res, of_row(row)->at, column);
}

static int64_t
integer(struct db_row *row, int column)
{
	return postgres_integer(of_row(row)->res, of_row(row)->at, column);
}

static const char *
postgres_text(struct db_row *row, int column)
{
	return PQgetvalue(of_row(row)->res, of_row(row)->at, column);
}

static const void *
postgres_blob(struct db_row *row, int column, size_t *ret_len)
{
	*ret_len = (size_t)PQgetlength(of_row(row)->res, of_row(row)->at, column);
	return PQgetvalue(of_row(row)->res, of_row(row)->at, column);
}

static const struct db_engine postgres_engine = {
	.close = postgres_close,
	.set_busy_ms = postgres_set_busy_ms,
	.begin = postgres_begin,
	.begin_reading = postgres_begin_reading,
	.lock = postgres_lock,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.run = postgres_run,
	.run_kept = postgres_run,
	.is_lost = postgres_is_lost,
	.start = postgres_start,
	.changes = postgres_changes,
	.next = postgres_next,
	.done = postgres_done,
	.is_null = postgres_is_null,
	.integer = integer,
	.text = postgres_text,
	.blob = postgres_blob,
};
