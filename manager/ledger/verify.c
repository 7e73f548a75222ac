/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ledger/ledger_impl.h"

/* Each query gives the rows that break a rule: none is right. */
static const struct {
	const char *rule;
	const char *sql;
} checks[] = {
	{ "a pool's consumption is the sum of its entries",
	    "SELECT p.va || ' ' || p.tag FROM pool p WHERE p.account = $1 AND p.consumed <>"
	    " COALESCE((SELECT SUM(e.delta) FROM entry e WHERE e.account = p.account"
	    " AND e.va = p.va AND e.tag = p.tag), 0)" },
	{ "every entry belongs to a pool",
	    "SELECT e.va || ' ' || e.tag FROM entry e WHERE e.account = $1 AND NOT EXISTS"
	    " (SELECT 1 FROM pool p WHERE p.account = e.account AND p.va = e.va"
	    " AND p.tag = e.tag)" },
	{ "what an instance holds is the sum of its entries",
	    "SELECT t.instance || ' ' || t.tag FROM (SELECT instance, tag, SUM(delta) AS held"
	    " FROM entry WHERE account = $1 GROUP BY instance, tag) t WHERE t.held <>"
	    " COALESCE((SELECT u.held FROM usage u WHERE u.account = $1"
	    " AND u.instance = t.instance AND u.tag = t.tag), 0)" },
	{ "nothing is held without an entry",
	    "SELECT u.instance || ' ' || u.tag FROM usage u WHERE u.account = $1 AND u.held <>"
	    " COALESCE((SELECT SUM(e.delta) FROM entry e WHERE e.account = u.account"
	    " AND e.instance = u.instance AND e.tag = u.tag), 0)" },
	{ "an instance holds its whole last usage or nothing",
	    "SELECT u.instance || ' ' || u.tag FROM usage u"
	    " JOIN instance i ON i.account = u.account AND i.instance = u.instance"
	    " WHERE u.account = $1 AND u.held <> CASE WHEN i.holds = 1 THEN u.count ELSE 0 END" },
	{ "a closed instance holds nothing",
	    "SELECT instance FROM instance WHERE account = $1 AND state = 'closed'"
	    " AND holds <> 0" },
	{ "a UDI's licenses are counted for one instance, the live one if there is one",
	    "SELECT a.instance FROM instance a JOIN instance b ON b.account = a.account"
	    " AND b.pid = a.pid AND b.sn = a.sn AND b.uuid = a.uuid AND b.instance <> a.instance"
	    " WHERE a.account = $1 AND a.holds = 1 AND (b.holds = 1 OR b.state = 'live')" },
	{ "at most one instance of a UDI is live",
	    "SELECT sn FROM instance WHERE account = $1 AND state = 'live'"
	    " GROUP BY pid, sn, uuid HAVING COUNT(*) > 1" },
	{ "a token's uses are the UDIs that it registered, within its limit",
	    "SELECT t.token FROM token t WHERE t.account = $1 AND (t.uses > t.uses_max"
	    " OR t.uses <> (SELECT COUNT(*) FROM token_use u WHERE u.account = t.account"
	    " AND u.token = t.token))" },
	{ "an open instance has one current key or, pending, an issued one",
	    "SELECT i.instance FROM instance i WHERE i.account = $1 AND i.state <> 'closed'"
	    " AND 1 <> (SELECT COUNT(*) FROM key k WHERE k.account = i.account"
	    " AND k.instance = i.instance AND k.state ="
	    " CASE WHEN i.state = 'live' THEN 'current' ELSE 'issued' END)" },
	{ "an instance's sequence is that of its last request",
	    "SELECT i.instance FROM instance i WHERE i.account = $1 AND i.sequence <>"
	    " COALESCE((SELECT MAX(q.sequence) FROM request q WHERE q.account = i.account"
	    " AND q.instance = i.instance), 0)" },
};

int
ledger_check(struct ledger *l, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		r = db_query(l->db, &row, err, checks[i].sql, "t", l->info.account);
		if (r == 0)
			r = db_next(row, err);
		if (r < 0)
			return r;
		if (r == 1) {
			r = sl_fail(err, SMARTLIC_E_STORE,
			    "the ledger breaks its rule '%s', first at %s; restore a backup",
			    checks[i].rule, db_text(row, 0));
			db_done(row);
			return r;
		}
	}
	return 0;
}
