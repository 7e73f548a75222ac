/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"
#include "ledger/schema.h"
#include "system.h"

int
ledger_name_check(const char *what, const char *name, size_t size, struct smartlic_error *err)
{
	size_t len = strlen(name);
	json_t *text;

	if (len == 0 || len >= size)
		return sl_fail(err, SMARTLIC_E_INVAL, "%s: 1 to %zu bytes are expected, not %zu",
		    what, size - 1, len);
	for (size_t i = 0; i < len; i++)
		if (sl_control(name + i) > 0)
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "%s: a control character at byte %zu", what, i + 1);
	if (name[0] == ' ' || name[len - 1] == ' ')
		return sl_fail(err, SMARTLIC_E_INVAL, "%s: a blank at its begin or end", what);
	text = json_stringn(name, len); /* takes nothing but UTF-8 */
	if (text == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "%s: not UTF-8", what);
	json_decref(text);
	return 0;
}

static int
fill(struct db *db, const char *account_name, const char *account_id, const char *home_id,
    int64_t now_s, struct smartlic_error *err)
{
	int r;

	r = db_begin(db, err);
	if (r == 0)
		r = db_exec(db, err,
		    "INSERT INTO manager (home, ledger, created_s) VALUES ($1, $1, $2)", "ti",
		    home_id, now_s);
	if (r == 0)
		r = ledger_account_add(db, account_name, account_id, now_s, err);
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	return r;
}

int
ledger_create(const char *path, const char *account_name, const char *account_id,
    const char *home_id, int64_t now_s, struct smartlic_error *err)
{
	struct db *db = NULL;
	int r;

	r = ledger_name_check("name of the smart account", account_name, LEDGER_NAME_SIZE, err);
	if (r < 0)
		return r;
	if (!sl_is_uuid(account_id) || !sl_is_uuid(home_id))
		return sl_fail(err, SMARTLIC_E_INVAL, "account and home id must be UUIDs");
	r = db_open(&db, path, 1, err);
	if (r < 0)
		return r;
	/* all or nothing */
	r = db_batch_begin(db, err);
	if (r == 0)
		r = schema_update(db, now_s, err);
	if (r == 0)
		r = fill(db, account_name, account_id, home_id, now_s, err);
	if (r == 0)
		r = db_batch_commit(db, err);
	db_close(db);
	if (r < 0 && !db_is_url(path))
		(void)unlink(path);
	return r;
}

static int
read_info(struct ledger *l, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT a.account, m.home, m.ledger FROM account a, manager m ORDER BY a.number LIMIT 1",
	    "");
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	if (r == 0)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "the ledger holds no account; its init was interrupted: remove it, init anew");
	LEDGER_COPY(l->info.account, row, 0);
	LEDGER_COPY(l->info.home, row, 1);
	LEDGER_COPY(l->info.ledger, row, 2);
	db_done(row);
	return 0;
}

static int
read_upstream(struct ledger *l, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err, "SELECT home FROM upstream LIMIT 1", "");
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		LEDGER_COPY(l->info.upstream, row, 0);
		db_done(row);
	}
	return r < 0 ? r : 0;
}

int
ledger_open(struct ledger **ret, const char *path, struct smartlic_error *err)
{
	struct ledger *l;
	int r;

	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return sl_nomem(err);
	r = smartlic_crypto_new(&l->crypto, err);
	if (r == 0 && (l->path = strdup(path)) == NULL)
		r = sl_nomem(err);
	if (r == 0)
		r = db_open(&l->db, path, 0, err);
	if (r == 0)
		r = schema_check(l->db, err);
	if (r == 0)
		r = schema_update(l->db, system_now_s(), err);
	if (r >= 0)
		r = read_info(l, err);
	if (r == 0)
		r = read_upstream(l, err);
	if (r < 0) {
		ledger_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

int
ledger_is_ours(struct ledger *l, struct db_row *row, struct smartlic_error *err)
{
	if (!db_is_null(row, 1))
		return sl_fail(err, SMARTLIC_E_STORE_BUSY,
		    "the ledger is sealed: its devices are answered at the host that it was moved to");
	LEDGER_COPY(l->info.ledger, row, 0);
	return 0;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	db_close(l->db);
	smartlic_crypto_free(l->crypto);
	free(l->path);
	free(l);
}

int
ledger_alive(struct ledger *l, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err, "SELECT ledger FROM manager", "");
	if (r == 0)
		r = db_next(row, err);
	if (r == 1)
		db_done(row);
	return r < 0 ? r : 0;
}

void
ledger_follow(struct ledger *l, const char *ledger)
{
	(void)sl_copy(l->info.ledger, sizeof(l->info.ledger), ledger);
}

struct db *
ledger_db(struct ledger *l)
{
	return l->db;
}

const struct ledger_info *
ledger_info(const struct ledger *l)
{
	return &l->info;
}
