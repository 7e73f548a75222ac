/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/*
 * The smart accounts of one manager, strictly apart: every statement leads with the selected one.
 * Which it is on a device's behalf, the directory says: tables that are keyed by what the device
 * brings (doc/decisions/accounts.md).
 */

/* ---- for administrators --------------------------------------------------------------------- */

/* Inside the caller's transaction: with its virtual account `Default`. */
int
ledger_account_add(
    struct db *db, const char *name, const char *account, int64_t now_s, struct smartlic_error *err)
{
	int r;

	r = db_exec(db, err,
	    "INSERT INTO account (account, name, created_s, number)"
	    " SELECT $1, $2, $3, COALESCE(MAX(number), 0) + 1 FROM account"
	    " WHERE true ON CONFLICT (name) DO NOTHING",
	    "tti", account, name, now_s);
	if (r == 0 && db_changes(db) == 0)
		return sl_fail(err, SMARTLIC_E_EXISTS,
		    "a smart account is named '%s' already; choose another name", name);
	if (r == 0)
		r = db_exec(db, err,
		    "INSERT INTO virtual_account (account, va, name, created_s)"
		    " VALUES ($1, 1, $2, $3)",
		    "tti", account, LEDGER_DEFAULT, now_s);
	return r;
}

int
ledger_account_create(struct ledger *l, const char *name, const char *account, const char *who,
    int64_t now_s, struct smartlic_error *err)
{
	char selected[SL_UUID_SIZE];
	int r;

	/* its own CA certifies devices of the one account alone */
	r = ledger_upstreams_own(
	    l, "it serves one smart account; others are made at its upstream", err);
	if (r == 0)
		r = ledger_name_check("name of the smart account", name, LEDGER_NAME_SIZE, err);
	if (r == 0 && !sl_is_uuid(account))
		r = sl_fail(err, SMARTLIC_E_INVAL, "the account's id must be a UUID");
	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = ledger_account_add(l->db, name, account, now_s, err);
	if (r == 0) {
		/* in its own audit: other accounts' is not for it */
		memcpy(selected, l->info.account, sizeof(selected));
		ledger_scope(l, account);
		r = ledger_audit_add(l, who, "account created", NULL, name, now_s, err);
		ledger_scope(l, selected);
	}
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

static int
account_of_name(
    struct ledger *l, const char *name_or_id, char ret[SL_UUID_SIZE], struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT account FROM account WHERE name = $1 OR account = $1"
	    " ORDER BY CASE WHEN name = $1 THEN 0 ELSE 1 END LIMIT 1",
	    "t", name_or_id);
	if (r == 0)
		r = db_next(row, err);
	if (r == 0)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "no smart account is named '%s' (case matters); 'account list' names them",
		    name_or_id);
	if (r < 0)
		return r;
	(void)sl_copy(ret, SL_UUID_SIZE, db_text(row, 0));
	db_done(row);
	return 0;
}

int
ledger_select(struct ledger *l, const char *name_or_id, struct smartlic_error *err)
{
	return account_of_name(l, name_or_id, l->info.account, err);
}

int
ledger_account_rename(
    struct ledger *l, const char *name, const char *who, int64_t now_s, struct smartlic_error *err)
{
	char before[LEDGER_NAME_SIZE], text[2 * LEDGER_NAME_SIZE + 16], other[SL_UUID_SIZE];
	int r;

	r = ledger_name_check("name of the smart account", name, LEDGER_NAME_SIZE, err);
	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = ledger_account_name(l, before, err);
	if (r == 0 && account_of_name(l, name, other, NULL) == 0 &&
	    strcmp(other, l->info.account) != 0)
		r = sl_fail(err, SMARTLIC_E_EXISTS,
		    "a smart account is named '%s' already; choose another name", name);
	if (r == 0)
		r = db_exec(l->db, err, "UPDATE account SET name = $2 WHERE account = $1", "tt",
		    l->info.account, name);
	if (r == 0) {
		(void)snprintf(text, sizeof(text), "from '%s' to '%s'", before, name);
		r = ledger_audit_add(l, who, "account renamed", NULL, text, now_s, err);
	}
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

int
ledger_account_name(struct ledger *l, char ret[LEDGER_NAME_SIZE], struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(
	    l->db, &row, err, "SELECT name FROM account WHERE account = $1", "t", l->info.account);
	if (r == 0)
		r = db_next(row, err);
	if (r == 0)
		return sl_fail(
		    err, SMARTLIC_E_NOT_FOUND, "the smart account %s is not here", l->info.account);
	if (r < 0)
		return r;
	(void)sl_copy(ret, LEDGER_NAME_SIZE, db_text(row, 0));
	db_done(row);
	return 0;
}

int
ledger_account_each(struct ledger *l, int (*fn)(void *ud, const struct ledger_account *account),
    void *ud, struct smartlic_error *err)
{
	struct ledger_account a;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT a.account, a.name, a.created_s, (SELECT COUNT(*) FROM virtual_account v"
	    " WHERE v.account = a.account AND v.deleted_s IS NULL), (SELECT COUNT(*) FROM instance "
	    "i"
	    " WHERE i.account = a.account AND i.state <> 'closed'), a.sample_days FROM account a"
	    " ORDER BY a.number",
	    "");
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		a = (struct ledger_account){ .created_s = db_int(row, 2),
			.virtual_accounts = db_int(row, 3),
			.instances = db_int(row, 4),
			.sample_days = db_int(row, 5) };
		LEDGER_COPY(a.account, row, 0);
		LEDGER_COPY(a.name, row, 1);
		stop = fn(ud, &a);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_for_all_accounts(struct ledger *l,
    int (*fn)(struct ledger *l, void *ud, struct smartlic_error *err), void *ud,
    struct smartlic_error *err)
{
	char selected[SL_UUID_SIZE];
	int64_t number = 0;
	struct db_row *row;
	int r;

	memcpy(selected, l->info.account, sizeof(selected));
	for (;;) {
		r = db_query(l->db, &row, err,
		    "SELECT account, number FROM account WHERE number > $1 ORDER BY number LIMIT 1",
		    "i", number);
		if (r == 0)
			r = db_next(row, err);
		if (r <= 0)
			break;
		LEDGER_COPY(l->info.account, row, 0);
		number = db_int(row, 1);
		db_done(row);
		r = fn(l, ud, err);
		if (r < 0)
			break;
	}
	memcpy(l->info.account, selected, sizeof(selected));
	return r;
}

/* ---- for devices ---------------------------------------------------------------------------- */

void
ledger_scope(struct ledger *l, const char *account)
{
	(void)sl_copy(l->info.account, sizeof(l->info.account), account);
}

/* Of a query of the directory. */
static int
home(struct db_row *row, char ret[SL_UUID_SIZE], struct smartlic_error *err)
{
	int r = db_next(row, err);

	if (r == 1) {
		(void)sl_copy(ret, SL_UUID_SIZE, db_text(row, 0));
		db_done(row);
	}
	return r;
}

int
ledger_key_home(
    struct ledger *l, const char *ski, char ret[SL_UUID_SIZE], struct smartlic_error *err)
{
	struct db_row *row;
	int r = db_query(l->db, &row, err,
	    "SELECT m.ledger, m.sealed_s, h.account FROM manager m"
	    " LEFT JOIN key_home h ON h.ski = $1",
	    "t", ski);

	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	r = ledger_is_ours(l, row, err);
	if (r == 0 && !db_is_null(row, 2)) {
		(void)sl_copy(ret, SL_UUID_SIZE, db_text(row, 2));
		r = 1;
	}
	db_done(row);
	return r;
}

int
ledger_token_home(
    struct ledger *l, const char *token, char ret[SL_UUID_SIZE], struct smartlic_error *err)
{
	struct db_row *row;
	int r = db_query(
	    l->db, &row, err, "SELECT account FROM token_home WHERE token = $1", "t", token);

	return r < 0 ? r : home(row, ret, err);
}

int
ledger_key_settle(struct ledger *l, const char *ski, struct smartlic_error *err)
{
	return db_exec(l->db, err, "INSERT INTO key_home (ski, account) VALUES ($1, $2)", "tt", ski,
	    l->info.account);
}

int
ledger_token_settle(struct ledger *l, const char *token, struct smartlic_error *err)
{
	return db_exec(l->db, err, "INSERT INTO token_home (token, account) VALUES ($1, $2)", "tt",
	    token, l->info.account);
}

int
ledger_udi_settle(
    struct ledger *l, const struct sl_udi *udi, int64_t now_s, struct smartlic_error *err)
{
	char text[200];
	struct db_row *row;
	int r;

	r = db_exec(l->db, err,
	    "INSERT INTO udi_home (pid, sn, uuid, account) VALUES ($1, $2, $3, $4)"
	    " ON CONFLICT (pid, sn, uuid, account) DO NOTHING",
	    "tttt", udi->pid, udi->sn, udi->uuid, l->info.account);
	if (r < 0 || db_changes(l->db) == 0)
		return r;
	r = db_query(l->db, &row, err,
	    "SELECT 1 FROM udi_home WHERE pid = $1 AND sn = $2 AND uuid = $3 AND account <> $4"
	    " LIMIT 1",
	    "tttt", udi->pid, udi->sn, udi->uuid, l->info.account);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	db_done(row);
	/* which one is for the authority's operator alone: `account duplicates` */
	(void)snprintf(text, sizeof(text),
	    "PID:%s SN:%s is known in another smart account of this authority too", udi->pid,
	    udi->sn);
	return ledger_audit_add(l, "authority", "device in two accounts", NULL, text, now_s, err);
}

int
ledger_duplicate_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_duplicate *duplicate), void *ud,
    struct smartlic_error *err)
{
	struct ledger_duplicate d;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT i.pid, i.sn, i.uuid, a.name, i.instance, i.state FROM instance i"
	    " JOIN account a ON a.account = i.account"
	    " WHERE i.state <> 'closed' AND EXISTS (SELECT 1 FROM udi_home h"
	    " JOIN instance o ON o.account = h.account AND o.pid = h.pid AND o.sn = h.sn"
	    " AND o.uuid = h.uuid WHERE h.pid = i.pid AND h.sn = i.sn AND h.uuid = i.uuid"
	    " AND h.account <> i.account AND o.state <> 'closed')"
	    " ORDER BY i.pid, i.sn, i.uuid, a.number, i.instance",
	    "");
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		LEDGER_COPY(d.udi.pid, row, 0);
		LEDGER_COPY(d.udi.sn, row, 1);
		LEDGER_COPY(d.udi.uuid, row, 2);
		LEDGER_COPY(d.account, row, 3);
		LEDGER_COPY(d.instance, row, 4);
		LEDGER_COPY(d.state, row, 5);
		stop = fn(ud, &d);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}
