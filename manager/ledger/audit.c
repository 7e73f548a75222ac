/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/* Who did what, and when: rows are only added. */

int
ledger_audit_add(struct ledger *l, const char *who, const char *what, const char *instance,
    const char *text, int64_t now_s, struct smartlic_error *err)
{
	int r = ledger_lock_numbers(l, "audit", err);

	return r < 0 ? r
		     : db_exec(l->db, err,
			   "INSERT INTO audit (account, audit, at_s, who, what, instance, text)"
			   " SELECT $1, COALESCE(MAX(audit), 0) + 1, $2, $3, $4, $5, $6 FROM audit"
			   " WHERE account = $1",
			   "titttt", l->info.account, now_s, who, what, instance, text);
}

int
ledger_audit_each(struct ledger *l, int (*fn)(void *ud, const struct ledger_audit *audit),
    void *ud, struct smartlic_error *err)
{
	struct ledger_audit a;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT at_s, who, what, instance, text FROM audit WHERE account = $1 ORDER BY audit",
	    "t", l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		a = (struct ledger_audit){ .at_s = db_int(row, 0) };
		LEDGER_COPY(a.who, row, 1);
		LEDGER_COPY(a.what, row, 2);
		LEDGER_COPY(a.instance, row, 3);
		LEDGER_COPY(a.text, row, 4);
		stop = fn(ud, &a);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}
