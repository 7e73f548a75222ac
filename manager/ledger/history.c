/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/* What became of an instance: rows of its own, and the entries of what it held. */

int
ledger_history_add(struct ledger *l, const char *instance, const char *who, const char *what,
    const char *text, int64_t now_s, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO history (account, instance, n, at_s, who, what, text)"
	    " SELECT $1, $2, COALESCE(MAX(n), 0) + 1, $3, $4, $5, $6 FROM history"
	    " WHERE account = $1 AND instance = $2",
	    "ttittt", l->info.account, instance, now_s, who == NULL ? "" : who, what, text);
}

int
ledger_history_each(struct ledger *l, const char *instance, int64_t max,
    int (*fn)(void *ud, const struct ledger_history *history), void *ud,
    struct smartlic_error *err)
{
	struct ledger_history h;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT at_s, who, what, text, tag, delta FROM ("
	    "SELECT at_s, 0 AS kind, n, who, what, text, '' AS tag, 0 AS delta FROM history"
	    " WHERE account = $1 AND instance = $2"
	    " UNION ALL SELECT at_s, 1, entry, '', why, '', tag, delta FROM entry"
	    " WHERE account = $1 AND instance = $2) AS h"
	    " ORDER BY at_s DESC, kind DESC, n DESC LIMIT $3",
	    "tti", l->info.account, instance, max);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		h = (struct ledger_history){ .at_s = db_int(row, 0), .delta = db_int(row, 5) };
		LEDGER_COPY(h.who, row, 1);
		LEDGER_COPY(h.what, row, 2);
		LEDGER_COPY(h.text, row, 3);
		LEDGER_COPY(h.tag, row, 4);
		stop = fn(ud, &h);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}
