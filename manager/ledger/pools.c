/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

int
ledger_pool_get(struct ledger *l, int64_t va, const char *tag, int64_t now_s,
    int64_t *ret_purchased, int64_t *ret_consumed, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT COALESCE((SELECT CAST(SUM(quantity) AS BIGINT) FROM purchase"
	    " WHERE account = $1 AND va = $2 AND tag = $3 AND (start_s IS NULL OR start_s <= $4)"
	    " AND (end_s IS NULL OR end_s > $4)), 0),"
	    " COALESCE((SELECT consumed FROM pool"
	    " WHERE account = $1 AND va = $2 AND tag = $3), 0)",
	    "titi", l->info.account, va, tag, now_s);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	*ret_purchased = db_int(row, 0);
	*ret_consumed = db_int(row, 1);
	db_done(row);
	return 0;
}

int
ledger_pool_each(struct ledger *l, int64_t now_s,
    int (*fn)(void *ud, const struct ledger_pool *pool), void *ud, struct smartlic_error *err)
{
	struct ledger_pool pool;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT v.name, t.tag, COALESCE((SELECT CAST(SUM(p.quantity) AS BIGINT) FROM purchase p"
	    " WHERE p.account = t.account AND p.va = t.va AND p.tag = t.tag"
	    " AND (p.start_s IS NULL OR p.start_s <= $2) AND (p.end_s IS NULL OR p.end_s > $2)), "
	    "0),"
	    " (SELECT MIN(p.end_s) FROM purchase p WHERE p.account = t.account AND p.va = t.va"
	    " AND p.tag = t.tag AND p.end_s > $2),"
	    " COALESCE((SELECT o.consumed FROM pool o"
	    " WHERE o.account = t.account AND o.va = t.va AND o.tag = t.tag), 0), t.va,"
	    " CASE WHEN EXISTS (SELECT 1 FROM purchase p WHERE p.account = t.account"
	    " AND p.va = t.va AND p.tag = t.tag) THEN 1 ELSE 0 END"
	    " FROM (SELECT account, va, tag FROM purchase WHERE account = $1"
	    " UNION SELECT account, va, tag FROM pool WHERE account = $1) t"
	    " JOIN virtual_account v ON v.account = t.account AND v.va = t.va"
	    " AND v.deleted_s IS NULL"
	    " ORDER BY v.name, t.tag",
	    "ti", l->info.account, now_s);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		LEDGER_COPY(pool.virtual_account, row, 0);
		LEDGER_COPY(pool.tag, row, 1);
		pool.purchased = db_int(row, 2);
		pool.ends_s = db_int(row, 3);
		pool.consumed = db_int(row, 4);
		pool.va = db_int(row, 5);
		pool.bought = (int)db_int(row, 6);
		stop = fn(ud, &pool);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}
