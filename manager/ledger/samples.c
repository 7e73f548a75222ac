/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/* What devices report of their use over time.  It says what was, and no pool counts it. */

/* Whichever of two comes first, the same one stays: a copy of the store may have numbered its own
 * samples alike, and hours that were folded into a day have the number of one of them. */
static int
add(struct ledger *l, const struct ledger_row *row, const char *store,
    const struct ledger_sample *s, int64_t now_s, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO sample (account, pid, sn, uuid, store, tag, n, va, instance, start_s, "
	    "hours,"
	    " max, last, at_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
	    " ON CONFLICT (account, pid, sn, uuid, store, tag, n) DO UPDATE SET va = excluded.va,"
	    " instance = excluded.instance, start_s = excluded.start_s, hours = excluded.hours,"
	    " max = excluded.max, last = excluded.last, at_s = excluded.at_s"
	    " WHERE (excluded.max, excluded.last, excluded.hours, excluded.start_s) >"
	    " (sample.max, sample.last, sample.hours, sample.start_s)",
	    "ttttttiitiiiii", l->info.account, row->udi.pid, row->udi.sn, row->udi.uuid, store,
	    s->tag, s->n, row->va, row->instance, s->start_s, s->hours, s->max, s->last, now_s);
}

int
ledger_samples_add(struct ledger *l, const struct ledger_row *row, const char *store,
    const struct ledger_sample *samples, size_t n, int64_t now_s, struct smartlic_error *err)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = add(l, row, store, &samples[i], now_s, err);
	return r;
}

int
ledger_sample_each(struct ledger *l, const char *instance, int64_t from_s,
    int (*fn)(void *ud, const struct ledger_sample *sample), void *ud, struct smartlic_error *err)
{
	struct ledger_sample s;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT s.tag, s.n, s.start_s, s.hours, s.max, s.last FROM instance i"
	    " JOIN sample s ON s.account = i.account AND s.pid = i.pid AND s.sn = i.sn"
	    " AND s.uuid = i.uuid WHERE i.account = $1 AND i.instance = $2"
	    " AND s.start_s + s.hours * 3600 > $3 ORDER BY s.start_s, s.tag, s.store, s.n",
	    "tti", l->info.account, instance, from_s);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		s = (struct ledger_sample){ .n = db_int(row, 1),
			.start_s = db_int(row, 2),
			.hours = db_int(row, 3),
			.max = db_int(row, 4),
			.last = db_int(row, 5) };
		LEDGER_COPY(s.tag, row, 0);
		stop = fn(ud, &s);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}
