/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ledger/ledger_impl.h"
#include "ledger/satellites.h"

/*
 * Licenses that a satellite moves between the virtual accounts that it serves.  It moves them at
 * once and tells the upstream, which does the same once, by the transfer's id; until then the
 * quantities that come from there are taken without it.
 */

/* told_s: NULL where the upstream is to be told. */
static int
add(struct ledger *l, const struct ledger_transfer *t, int64_t told_s, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO transfer (account, transfer, tag, from_va, to_va, quantity, at_s, told_s)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account, transfer) DO NOTHING",
	    "tttiiiio", l->info.account, t->id, t->tag, t->from_va, t->to_va, t->quantity, t->at_s,
	    told_s);
}

int
ledger_transfer_apply(struct ledger *l, const struct ledger_transfer *t, struct smartlic_error *err)
{
	int64_t purchased, consumed;
	int r = ledger_pool_get(l, t->from_va, t->tag, t->at_s, &purchased, &consumed, err);

	if (r == 0)
		r = add(l, t, t->at_s, err);
	if (r < 0 || db_changes(l->db) == 0 || purchased < t->quantity)
		return r;
	return ledger_purchase_move(l, t->from_va, t->to_va, t->tag, t->quantity, "", t->at_s, err);
}

static int
va_here(struct ledger *l, const char *name, int64_t *ret, struct smartlic_error *err)
{
	int r = ledger_va_find(l, name, ret, err);

	if (r == 0)
		r = ledger_va_here(l, *ret, err);
	if (r == 0)
		r = sl_fail(
		    err, SMARTLIC_E_INVAL, "the virtual account '%s' is not served here", name);
	return r < 0 ? r : 0;
}

static int
transfer(struct ledger *l, const char *from, const char *to, const char *tag,
    struct ledger_transfer *t, struct smartlic_error *err)
{
	const struct ledger_entitlement *known = ledger_entitlement_find(tag);
	int64_t purchased, consumed;
	int r;

	if (sl_copy(t->tag, sizeof(t->tag), known != NULL ? known->tag : tag) < 0)
		return sl_fail(err, SMARTLIC_E_INVAL, "'%.80s': no license's tag", tag);
	r = va_here(l, from, &t->from_va, err);
	if (r == 0)
		r = va_here(l, to, &t->to_va, err);
	if (r == 0 && t->from_va == t->to_va)
		r = sl_fail(
		    err, SMARTLIC_E_INVAL, "from '%s' to '%s': one virtual account", from, to);
	if (r == 0)
		r = ledger_pool_get(l, t->from_va, t->tag, t->at_s, &purchased, &consumed, err);
	if (r == 0 && purchased < t->quantity)
		r = sl_fail(err, SMARTLIC_E_LIMIT, "'%s' has %lld of these licenses, not %lld",
		    from, (long long)purchased, (long long)t->quantity);
	if (r == 0)
		r = add(l, t, DB_NULL_INT, err);
	return r < 0 ? r
	             : ledger_purchase_move(l, t->from_va, t->to_va, t->tag, t->quantity, "", t->at_s, err);
}

int
ledger_upstream_transfer(struct ledger *l, const char *id, const char *from, const char *to,
    const char *tag, int64_t count, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_transfer t = { .quantity = count, .at_s = now_s };
	int r;

	if (l->info.upstream[0] == '\0')
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "this is no satellite: change the pools with 'license set'");
	(void)sl_copy(t.id, sizeof(t.id), id);
	r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = transfer(l, from, to, tag, &t, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

int
ledger_transfer_each(struct ledger *l, int (*fn)(void *ud, const struct ledger_transfer *transfer),
    void *ud, struct smartlic_error *err)
{
	struct ledger_transfer t;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT transfer, tag, from_va, to_va, quantity, at_s FROM transfer"
	    " WHERE account = $1 AND told_s IS NULL ORDER BY at_s, transfer",
	    "t", l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		LEDGER_COPY(t.id, row, 0);
		LEDGER_COPY(t.tag, row, 1);
		t.from_va = db_int(row, 2);
		t.to_va = db_int(row, 3);
		t.quantity = db_int(row, 4);
		t.at_s = db_int(row, 5);
		stop = fn(ud, &t);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_transfer_told(struct ledger *l, const char *id, int64_t now_s, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE transfer SET told_s = $3 WHERE account = $1 AND transfer = $2 AND told_s IS "
	    "NULL",
	    "tti", l->info.account, id, now_s);
}
