/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/condition.h"
#include "ledger/ledger_impl.h"
#include "ledger/samples.h"

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

/* ---- samples --------------------------------------------------------------------------------- */

/* A server gives all that a statement asks for at once. */
#define TOGETHER 500

struct looking {
	struct ledger *l;
	struct sample_row last; /* where the next ones are looked for from */
	int64_t last_page;
	struct sample_page page;
	int64_t pages, samples;
};

/* What a row says of its page is what the page has. */
static int
look_at_page(struct looking *k, struct db_row *row, struct smartlic_error *err)
{
	int64_t ends_s, last_s;
	int r;

	sample_row_key(&k->last, row);
	k->last_page = db_int(row, 5);
	r = sample_row_read(&k->page, &k->last, k->last_page, db_text(row, 6), err);
	if (r < 0)
		return r;
	sample_page_ends(&k->page, &ends_s, &last_s);
	if (ends_s != db_int(row, 7) || last_s != db_int(row, 8))
		return sample_row_damaged(
		    &k->last, k->last_page, "its row has other ends than its samples", err);
	k->pages++;
	k->samples += (int64_t)k->page.n;
	return 0;
}

/* How many there were. */
static int
look_at_some(struct looking *k, int64_t max, int64_t *ret_n, struct smartlic_error *err)
{
	struct sample_row from = k->last;
	struct db_row *row;
	int r;

	*ret_n = 0;
	r = db_query(k->l->db, &row, err,
	    "SELECT account, pid, sn, uuid, store, page, data, ends_s, last_s FROM sample_page"
	    " WHERE account = $1 AND (pid, sn, uuid, store, page) > ($2, $3, $4, $5, $6)"
	    " ORDER BY pid, sn, uuid, store, page LIMIT $7",
	    "tttttii", k->l->info.account, from.udi.pid, from.udi.sn, from.udi.uuid, from.store,
	    k->last_page, max);
	while (r == 0 && (r = db_next(row, err)) == 1) {
		r = look_at_page(k, row, err);
		if (r < 0)
			db_done(row);
		++*ret_n;
	}
	return r;
}

int
condition_samples(struct ledger *l, int64_t max, int64_t *ret, struct smartlic_error *err)
{
	struct looking *k = calloc(1, sizeof(*k));
	int64_t n = 1;
	int r = 0;

	if (k == NULL)
		return sl_nomem(err);
	k->l = l;
	k->last_page = -1;
	while (r == 0 && n > 0 && k->pages < max)
		r = look_at_some(k, max - k->pages < TOGETHER ? max - k->pages : TOGETHER, &n, err);
	*ret = k->samples;
	free(k);
	return r;
}
