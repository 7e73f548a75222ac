/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "ledger/condition.h"
#include "ledger/ledger_impl.h"

/* The first column of the first row, or "". */
static int
first_text(struct db *db, const char *sql, char *ret, size_t size, struct smartlic_error *err)
{
	struct db_row *row;
	int r = db_query(db, &row, err, sql, "");

	ret[0] = '\0';
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	if (r == 1) {
		(void)snprintf(ret, size, "%s", db_text(row, 0));
		db_done(row);
	}
	return 0;
}

static int
look_at_sqlite(
    struct db *db, int quick, char ret[CONDITION_ENGINE_SIZE], struct smartlic_error *err)
{
	char version[32], said[200];
	int r = first_text(db, "SELECT sqlite_version()", version, sizeof(version), err);

	if (r == 0)
		r = quick ? first_text(db, "PRAGMA quick_check(1)", said, sizeof(said), err)
			  : first_text(db, "PRAGMA integrity_check(1)", said, sizeof(said), err);
	if (r < 0)
		return r;
	if (strcmp(said, "ok") != 0)
		return sl_fail(
		    err, SMARTLIC_E_STORE, "SQLite %s: the file is damaged: %s", version, said);
	(void)snprintf(ret, CONDITION_ENGINE_SIZE, "SQLite %s: all pages%s in order", version,
	    quick ? " are" : " and indexes are");
	return 0;
}

static int
look_at_server(struct db *db, char ret[CONDITION_ENGINE_SIZE], struct smartlic_error *err)
{
	static const struct {
		const char *name, *sql;
	} durable[] = {
		{ "fsync", "SHOW fsync" },
		{ "full_page_writes", "SHOW full_page_writes" },
		{ "synchronous_commit", "SHOW synchronous_commit" },
	};
	char version[48], said[32];
	int r = first_text(db, "SHOW server_version", version, sizeof(version), err);

	for (size_t i = 0; r == 0 && i < sizeof(durable) / sizeof(durable[0]); i++) {
		r = first_text(db, durable[i].sql, said, sizeof(said), err);
		if (r == 0 && strcmp(said, "off") == 0)
			r = sl_fail(err, SMARTLIC_E_STORE, "PostgreSQL %s: %s is off", version,
			    durable[i].name);
	}
	if (r == 0)
		(void)snprintf(ret, CONDITION_ENGINE_SIZE,
		    "PostgreSQL %s: what is committed is on the disk", version);
	return r;
}

int
condition_engine(
    struct db *db, int quick, char ret[CONDITION_ENGINE_SIZE], struct smartlic_error *err)
{
	return db_is_server(db) ? look_at_server(db, ret, err)
				: look_at_sqlite(db, quick, ret, err);
}

/* No statement tells how much is free.  What does not fit into this little memory goes to a file of
 * 1 MiB that is the session's own; it is in no log, and goes with the statement. */
int
condition_room(struct db *db, struct smartlic_error *err)
{
	char rows[24];
	int r = db_run(db, "SET work_mem = '64kB'", err);

	return r < 0 ? r
		     : first_text(db, "SELECT count(*) FROM generate_series(1, 65536)", rows,
			   sizeof(rows), err);
}

static int
first_int(struct ledger *l, const char *sql, int64_t *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r = db_query(l->db, &row, err, sql, "");

	*ret = DB_NULL_INT;
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	if (r == 1) {
		*ret = db_int(row, 0);
		db_done(row);
	}
	return 0;
}

int
condition_newest(struct ledger *l, int64_t *ret_s, struct smartlic_error *err)
{
	return first_int(l,
	    "SELECT MAX(at_s) FROM (SELECT MAX(contact_s) AS at_s FROM instance"
	    " UNION ALL SELECT MAX(issued_s) FROM instance UNION ALL SELECT MAX(issued_s) FROM key"
	    " UNION ALL SELECT MAX(created_s) FROM token UNION ALL SELECT MAX(at_s) FROM audit"
	    " UNION ALL SELECT MAX(at_s) FROM entry UNION ALL SELECT created_s FROM manager)"
	    " AS known",
	    ret_s, err);
}

int
condition_token_keys(
    struct ledger *l, int64_t now_s, unsigned char present[256], struct smartlic_error *err)
{
	struct db_row *row;
	unsigned char n;
	int r;

	memset(present, 0, 256);
	r = db_query(l->db, &row, err,
	    "SELECT DISTINCT SUBSTR(token, 1, 2) FROM token WHERE revoked_s IS NULL"
	    " AND expires_s > $1 AND (uses_max IS NULL OR uses < uses_max)",
	    "i", now_s);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1)
		if (sl_unhex(&n, 1, db_text(row, 0)) == 0)
			present[n] = 1;
	return r;
}

int
condition_backup(struct ledger *l, int64_t *ret_s, struct smartlic_error *err)
{
	return first_int(l, "SELECT backup_s FROM manager", ret_s, err);
}
