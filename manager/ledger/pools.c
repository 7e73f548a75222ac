/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

#define QUANTITY_MAX INT64_C(1000000000)

int
ledger_pool_get(struct ledger *l, int64_t va, const char *tag, int64_t *ret_purchased,
    int64_t *ret_consumed, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT COALESCE((SELECT SUM(quantity) FROM purchase"
	    " WHERE account = $1 AND va = $2 AND tag = $3), 0),"
	    " COALESCE((SELECT consumed FROM pool"
	    " WHERE account = $1 AND va = $2 AND tag = $3), 0)",
	    "tit", l->info.account, va, tag);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	*ret_purchased = db_int(row, 0);
	*ret_consumed = db_int(row, 1);
	db_done(row);
	return 0;
}

/* Full tags of others' products are taken as they are. */
static int
full_tag(const char *tag, const char **ret, struct smartlic_error *err)
{
	const struct ledger_entitlement *known = ledger_entitlement_find(tag);

	if (known == NULL && (strncmp(tag, "regid.", 6) != 0 || !sl_is_tag(tag)))
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "'%s' is not the short form of a known license; give the full tag, regid.…",
		    tag);
	*ret = known == NULL ? tag : known->tag;
	return 0;
}

static int
purchase(struct ledger *l, int64_t va, const char *tag, int64_t count, int set, int64_t now_s,
    struct smartlic_error *err)
{
	int64_t have, consumed;
	int r;

	r = ledger_pool_get(l, va, tag, &have, &consumed, err);
	if (r < 0)
		return r;
	if (set)
		count -= have;
	if (have + count < 0 || have + count > QUANTITY_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT,
		    "the pool has %lld licenses; it can have 0 to %lld", (long long)have,
		    (long long)QUANTITY_MAX);
	if (count == 0)
		return 0;
	r = db_exec(l->db, err,
	    "INSERT INTO purchase (account, purchase, va, tag, quantity, at_s)"
	    " SELECT $1, COALESCE(MAX(purchase), 0) + 1, $2, $3, $4, $5 FROM purchase"
	    " WHERE account = $1",
	    "titii", l->info.account, va, tag, count, now_s);
	return r < 0 ? r : ledger_alert_pool(l, va, tag, now_s, err);
}

int
ledger_license_add(struct ledger *l, const char *virtual_account, const char *tag, int64_t count,
    int set, int64_t now_s, struct smartlic_error *err)
{
	int64_t va;
	int r;

	if (count < 0 || count > QUANTITY_MAX)
		return sl_fail(err, SMARTLIC_E_INVAL, "a count is 0 to %lld, not %lld",
		    (long long)QUANTITY_MAX, (long long)count);
	r = full_tag(tag, &tag, err);
	if (r == 0)
		r = db_begin(l->db, err);
	if (r < 0)
		return r;
	r = ledger_va_find(l, virtual_account, &va, err);
	if (r == 0)
		r = purchase(l, va, tag, count, set, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

int
ledger_pool_each(struct ledger *l, int (*fn)(void *ud, const struct ledger_pool *pool), void *ud,
    struct smartlic_error *err)
{
	struct ledger_pool pool;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT v.name, t.tag, COALESCE((SELECT SUM(p.quantity) FROM purchase p"
	    " WHERE p.account = t.account AND p.va = t.va AND p.tag = t.tag), 0),"
	    " COALESCE((SELECT o.consumed FROM pool o"
	    " WHERE o.account = t.account AND o.va = t.va AND o.tag = t.tag), 0)"
	    " FROM (SELECT account, va, tag FROM purchase WHERE account = $1"
	    " UNION SELECT account, va, tag FROM pool WHERE account = $1) t"
	    " JOIN virtual_account v ON v.account = t.account AND v.va = t.va"
	    " ORDER BY v.name, t.tag",
	    "t", l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		LEDGER_COPY(pool.virtual_account, row, 0);
		LEDGER_COPY(pool.tag, row, 1);
		pool.purchased = db_int(row, 2);
		pool.consumed = db_int(row, 3);
		stop = fn(ud, &pool);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}
