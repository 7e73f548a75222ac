/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "ledger/copy.h"
#include "ledger/ledger_impl.h"
#include "ledger/records.h"
#include "ledger/schema.h"
#include "text.h"

/* Copies of the ledger, and going back to one (doc/decisions/restore.md). */

/* What was begun before a server's copy was made and is not in it was begun this long before at most,
 * by the clock of whichever manager. */
#define UNDER_WAY_S 60

/* ---- making one --------------------------------------------------------------------------- */

/* A copy says of itself when it was made; a ledger restored from it has that one as its last. */
static int
mark(const char *path, int64_t now_s, struct smartlic_error *err)
{
	struct db *db = NULL;
	int r;

	r = db_open(&db, path, 0, err);
	if (r == 0)
		r = db_exec(db, err, "UPDATE manager SET saved_s = $1, backup_s = $1", "i", now_s);
	db_close(db);
	return r;
}

int
ledger_backup(struct ledger *l, const char *to, int64_t now_s, struct smartlic_error *err)
{
	char tmp[FILE_PATH_SIZE], dir[FILE_PATH_SIZE];
	int r;

	if (access(to, F_OK) == 0)
		return sl_fail(err, SMARTLIC_E_EXISTS,
		    "%s exists already; nothing was written: choose another name", to);
	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.tmp", to) >= sizeof(tmp))
		return sl_fail(err, SMARTLIC_E_LIMIT, "the backup's name is too long");
	(void)sl_copy(dir, sizeof(dir), to);
	if (access(dirname(dir), W_OK) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM,
		    "%s: the folder above it: %s; make it, or name another place", to,
		    strerror(errno));
	/* one may be left from a power cut */
	(void)unlink(tmp);
	r = db_is_server(l->db) ? ledger_copy_to_file(l->path, tmp, now_s, err)
	                        : db_copy(l->db, tmp, err);
	if (r == 0)
		r = mark(tmp, db_is_server(l->db) ? now_s - UNDER_WAY_S : now_s, err);
	if (r == 0)
		r = file_sync(tmp, err);
	if (r == 0)
		r = file_rename(tmp, to, err);
	if (r < 0)
		(void)unlink(tmp);
	return r;
}

int
ledger_backup_note(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	return db_exec(l->db, err, "UPDATE manager SET backup_s = $1", "i", now_s);
}

/* ---- going back to one -------------------------------------------------------------------- */

struct restoration {
	const char *what; /* for the audit trail */
	const char *from, *ledger_id, *who;
	const unsigned char *random;
	int64_t now_s;
	struct ledger_restored *ret;
	unsigned int accounts; /* that have their token */
	int64_t under_way_s; /* how much earlier what is missing may have begun */
};

static int
is_sound(struct db *db, const char *from, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(db, &row, err, "PRAGMA quick_check(1)", "");
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	r = 0;
	if (strcmp(db_text(row, 0), "ok") != 0)
		r = sl_fail(err, SMARTLIC_E_STORE, "%s is damaged: %s", from, db_text(row, 0));
	db_done(row);
	return r;
}

/* What a file does by itself, whenever it is written to or read, is not of this program. */
static int
is_passive(struct db *db, const char *from, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(db, &row, err,
	    "SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index') LIMIT 1", "");
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	r = sl_fail(err, SMARTLIC_E_STORE,
	    "%s has a %s '%.80s', which no backup has: it was changed by somebody", from,
	    db_text(row, 0), db_text(row, 1));
	db_done(row);
	return r;
}

/* Made by another program, it does not say of when it is: the newest that it knows, but not what a
 * clock has written that was ahead, after which nothing would be missing. */
static int
backup_time(struct ledger *l, int64_t now_s, int64_t *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT COALESCE((SELECT saved_s FROM manager),"
	    " (SELECT MAX(at_s) FROM ("
	    "SELECT MAX(contact_s) AS at_s FROM instance WHERE contact_s <= $1"
	    " UNION ALL SELECT MAX(issued_s) FROM instance WHERE issued_s <= $1"
	    " UNION ALL SELECT MAX(issued_s) FROM key WHERE issued_s <= $1"
	    " UNION ALL SELECT MAX(created_s) FROM token WHERE created_s <= $1"
	    " UNION ALL SELECT created_s FROM manager) AS known))",
	    "i", now_s);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	*ret = db_int(row, 0);
	db_done(row);
	return 0;
}

/* Adopted instances came by a token that nobody knows any more: this one stands for it, one in each
 * account.  Its key's number is none, so that it registers nobody. */
static int
add_token(struct ledger *l, struct restoration *x, char ret[2 * SL_TOKEN_ID_LEN + 1],
    struct smartlic_error *err)
{
	unsigned char id[SL_TOKEN_ID_LEN] = { 0 };
	char home[9], time[SL_TIME_SIZE], name[64];
	int r;

	memcpy(home, l->info.home, 8);
	home[8] = '\0';
	if (sl_unhex(id + 1, 4, home) < 0)
		return sl_fail(err, SMARTLIC_E_STORE, "the ledger's home id is not a UUID");
	memcpy(id + 5, x->random, 11);
	id[14] = (unsigned char)(id[14] + (x->accounts >> 8));
	id[15] = (unsigned char)(id[15] + x->accounts);
	x->accounts++;
	sl_hex(ret, id, sizeof(id));
	r = ledger_token_settle(l, ret, err);
	if (r < 0)
		return r;
	sl_time(time, x->ret->backup_s);
	(void)snprintf(name, sizeof(name), "adopted, unknown to the backup of %s", time);
	return db_exec(l->db, err,
	    "INSERT INTO token (account, token, va, name, created_s, expires_s, revoked_s, uses,"
	    " uses_max) VALUES ($1, $2, 1, $3, $4, $4, $4, 0, 0)",
	    "ttti", l->info.account, ret, name, x->now_s);
}

static int
remember_in_account(struct ledger *l, void *ud, struct smartlic_error *err)
{
	struct restoration *x = ud;
	char token[2 * SL_TOKEN_ID_LEN + 1], time[SL_TIME_SIZE], text[200];
	int r;

	r = add_token(l, x, token, err);
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO gap (account, ledger, from_s, to_s, token)"
		    " VALUES ($1, $2, $3, $4, $5)",
		    "ttiit", l->info.account, x->ledger_id, x->ret->backup_s, x->now_s, token);
	sl_time(time, x->ret->backup_s);
	(void)snprintf(text, sizeof(text), "of %s; ledger %s before, %s now", time, l->info.ledger,
	    x->ledger_id);
	return r < 0 ? r
	             : ledger_audit_add(l, x->who, x->what, NULL, text, x->now_s, err);
}

static int
remember_gap(struct ledger *l, struct restoration *x, struct smartlic_error *err)
{
	int r;

	r = db_begin(l->db, err);
	if (r == 0)
		r = backup_time(l, x->now_s, &x->ret->backup_s, err);
	x->ret->backup_s -= x->under_way_s;
	if (r == 0)
		r = ledger_for_all_accounts(l, remember_in_account, x, err);
	if (r == 0)
		r = db_exec(l->db, err, "UPDATE manager SET ledger = $1, saved_s = NULL, sealed_s = NULL", "t",
		    x->ledger_id);
	/* an answer to what the former one asked would be taken for one to this */
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE upstream SET request_id = '', sha256 = '', exported_id = '',"
		    " exported_sha256 = ''",
		    "");
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* The new ledger beside the old one, complete. */
static int
prepare(const char *tmp, struct restoration *x, char ret_home[SL_UUID_SIZE],
    struct smartlic_error *err)
{
	struct smartlic_error why = { 0 };
	struct ledger *l = NULL;
	struct db *db = NULL;
	int r;

	r = file_copy(x->from, tmp, err);
	if (r < 0)
		return r;
	r = db_open(&db, tmp, 0, &why);
	if (r == 0)
		r = is_sound(db, x->from, &why);
	if (r == 0)
		r = is_passive(db, x->from, &why);
	db_close(db);
	if (r == 0)
		r = ledger_open(&l, tmp, &why);
	if (r < 0)
		return sl_fail(err, r, "%s is no backup of a ledger that this program can restore: %s",
		    x->from, why.text);
	(void)sl_copy(ret_home, SL_UUID_SIZE, l->info.home);
	r = remember_gap(l, x, err);
	ledger_close(l);
	return r == 0 ? file_sync(tmp, err) : r;
}

/* The present ledger, if there is one that can be read: of the same authority, and nobody's. */
static int
seize(struct db **ret, const char *path, const char *home, struct smartlic_error *err)
{
	struct db_row *row;
	int r, same = 1;

	r = db_open(ret, path, 0, NULL);
	/* a damaged one is what a backup is for */
	if (r < 0)
		return r == SMARTLIC_E_STORE_BUSY ? sl_fail(err, r, "%s: it is in use", path) : 0;
	r = db_query(*ret, &row, NULL, "SELECT 1 FROM manager WHERE home <> $1", "t", home);
	if (r == 0 && db_next(row, NULL) == 1) {
		same = 0;
		db_done(row);
	}
	if (!same)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "the backup is of another license authority than %s; use that one's data folder",
		    path);
	return db_seize(*ret, err);
}

/* What is left of a log would be taken for the restored ledger's. */
static int
put_aside(const char *path, const char *aside, struct smartlic_error *err)
{
	static const char *const suffixes[] = { "-wal", "-shm", "" };
	char from[FILE_PATH_SIZE + 8], to[FILE_PATH_SIZE + 128];
	int r = 0;

	for (size_t i = 0; i < 3 && r == 0; i++) {
		(void)snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		(void)snprintf(to, sizeof(to), "%s%s", aside, suffixes[i]);
		if (access(from, F_OK) == 0)
			r = file_rename(from, to, err);
	}
	return r;
}

/* Is there a ledger in the database?  Then it must be of the same authority.  1 and the schema to which
 * it will move, which says until when it was in use. */
static int
look_at_server(const char *url, const char *home, const struct restoration *x,
    struct smartlic_error *err)
{
	char time[SL_TIME_SIZE];
	struct db *db = NULL;
	struct db_row *row;
	int r = db_open(&db, url, 0, err);

	if (r == SMARTLIC_E_NOT_FOUND)
		return 0;
	if (r == 0)
		r = db_query(db, &row, err,
		    "SELECT current_schema(), (SELECT COUNT(*) FROM manager WHERE home <> $1)", "t",
		    home);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		size_t n = 0;

		sl_time(time, x->now_s);
		for (const char *c = time; *c != '\0'; c++)
			if (*c != '-' && *c != ':')
				time[n++] = (char)(*c | 0x20); /* lower case; digits stay */
		time[n] = '\0';
		(void)snprintf(x->ret->aside, sizeof(x->ret->aside), "%s_until_%s", db_text(row, 0),
		    time);
		if (db_int(row, 1) > 0)
			r = sl_fail(err, SMARTLIC_E_INVAL,
			    "the backup is of another license authority than the database's; use "
			    "that one's data folder");
		db_done(row);
	}
	db_close(db);
	return r;
}

static int
restore_server(const char *url, const char *tmp, struct restoration *x,
    struct smartlic_error *err)
{
	char home[SL_UUID_SIZE];
	int r;

	(void)unlink(tmp);
	r = prepare(tmp, x, home, err);
	if (r == 0)
		r = look_at_server(url, home, x, err);
	if (r >= 0)
		r = ledger_copy_to_server(tmp, url, r == 1 ? x->ret->aside : NULL, x->now_s, err);
	(void)unlink(tmp);
	return r;
}

static int
restore_file(const char *path, const char *tmp, struct restoration *x,
    struct smartlic_error *err)
{
	char home[SL_UUID_SIZE], time[SL_TIME_SIZE];
	struct ledger_restored *ret = x->ret;
	struct db *old = NULL;
	int r;

	(void)unlink(tmp);
	r = prepare(tmp, x, home, err);
	if (r == 0)
		r = seize(&old, path, home, err);
	if (r == 0 && access(path, F_OK) == 0) {
		sl_time(time, x->now_s);
		/* one that was put there in the same second stays */
		(void)snprintf(ret->aside, sizeof(ret->aside), "%s.until-%s", path, time);
		for (int n = 2; access(ret->aside, F_OK) == 0; n++)
			(void)snprintf(
			    ret->aside, sizeof(ret->aside), "%s.until-%s-%d", path, time, n);
		r = put_aside(path, ret->aside, err);
	}
	if (r == 0)
		r = file_rename(tmp, path, err);
	if (r < 0) {
		(void)unlink(tmp);
		if (ret->aside[0] != '\0')
			(void)put_aside(ret->aside, path, NULL);
	}
	db_close(old);
	return r;
}

int
ledger_restore(const char *path, const char *from, const char *ledger_id,
    const unsigned char random[11], const char *who, int64_t now_s, struct ledger_restored *ret,
    struct smartlic_error *err)
{
	struct restoration x = { "backup restored", from, ledger_id, who, random, now_s, ret, 0, 0 };

	char tmp[FILE_PATH_SIZE];

	*ret = (struct ledger_restored){ .backup_s = 0 };
	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.restoring", db_is_url(path) ? from : path) >=
	    sizeof(tmp))
		return sl_fail(err, SMARTLIC_E_LIMIT, "the ledger's path is too long");
	return db_is_url(path) ? restore_server(path, tmp, &x, err)
	                       : restore_file(path, tmp, &x, err);
}

/* ---- another host ------------------------------------------------------------------------- */

int
ledger_renew(struct ledger *l, const char *ledger_id, const unsigned char random[11],
    const char *who, int64_t now_s, struct ledger_restored *ret, struct smartlic_error *err)
{
	struct restoration x = { "ledger renewed", "", ledger_id, who, random, now_s, ret, 0,
		UNDER_WAY_S };
	int r = ledger_is_sealed(l, err);

	*ret = (struct ledger_restored){ .backup_s = 0 };
	if (r == 1)
		return sl_fail(err, SMARTLIC_E_STATE,
		    "the ledger is sealed, it has moved to another host: renew it there");
	return r < 0 ? r : remember_gap(l, &x, err);
}

int
ledger_seal(struct ledger *l, const char *who, int64_t now_s, struct smartlic_error *err)
{
	int r = db_begin(l->db, err);

	if (r == 0)
		r = db_exec(l->db, err, "UPDATE manager SET sealed_s = $1 WHERE sealed_s IS NULL", "i",
		    now_s);
	if (r == 0 && db_changes(l->db) > 0)
		r = ledger_audit_add(l, who, "ledger sealed", NULL, "", now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

int
ledger_gap_has(struct ledger *l, int64_t at_s, char ret_token[2 * SL_TOKEN_ID_LEN + 1],
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT token FROM gap WHERE account = $1 AND from_s <= $2 AND to_s >= $2"
	    " ORDER BY to_s DESC LIMIT 1",
	    "ti", l->info.account, at_s);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		(void)sl_copy(ret_token, 2 * SL_TOKEN_ID_LEN + 1, db_text(row, 0));
		db_done(row);
	}
	return r;
}
