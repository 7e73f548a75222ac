/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ledger/ledger_impl.h"
#include "ledger/satellites.h"

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
	    " max, last, at_s, told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
	    " $13, $14, CASE WHEN $15 = 1 THEN (SELECT COALESCE(MAX(x.told), 0) + 1 FROM sample x"
	    " WHERE x.account = $1 AND x.told > 0) END)"
	    " ON CONFLICT (account, pid, sn, uuid, store, tag, n) DO UPDATE SET va = excluded.va,"
	    " instance = excluded.instance, start_s = excluded.start_s, hours = excluded.hours,"
	    " max = excluded.max, last = excluded.last, at_s = excluded.at_s,"
	    " told = excluded.told"
	    " WHERE (excluded.max, excluded.last, excluded.hours, excluded.start_s) >"
	    " (sample.max, sample.last, sample.hours, sample.start_s)",
	    "ttttttiitiiiiii", l->info.account, row->udi.pid, row->udi.sn, row->udi.uuid, store,
	    s->tag, s->n, row->va, row->instance, s->start_s, s->hours, s->max, s->last, now_s,
	    (int64_t)(l->info.upstream[0] != '\0'));
}

int
ledger_samples_add(struct ledger *l, const struct ledger_row *row, const char *store,
    const struct ledger_sample *samples, size_t n, int64_t now_s, struct smartlic_error *err)
{
	int64_t from_s = INT64_MIN;
	int r = 0;

	/* what was removed does not come back; a satellite passes on whatever comes */
	if (n > 0 && l->info.upstream[0] == '\0')
		r = ledger_samples_from(l, now_s, &from_s, err);
	for (size_t i = 0; i < n && r == 0; i++)
		if (samples[i].start_s + samples[i].hours * 3600 > from_s)
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

/* ---- a satellite's, for its upstream -------------------------------------- */

int
ledger_sample_each_untold(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_told_sample *sample), void *ud,
    struct smartlic_error *err)
{
	struct ledger_told_sample s;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT instance, store, va, told, tag, n, start_s, hours, max, last FROM sample"
	    " WHERE account = $1 AND told > 0 ORDER BY told",
	    "t", l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		s = (struct ledger_told_sample){ .va = db_int(row, 2),
			.told = db_int(row, 3),
			.sample = { .n = db_int(row, 5),
			    .start_s = db_int(row, 6),
			    .hours = db_int(row, 7),
			    .max = db_int(row, 8),
			    .last = db_int(row, 9) } };
		LEDGER_COPY(s.instance, row, 0);
		LEDGER_COPY(s.store, row, 1);
		LEDGER_COPY(s.sample.tag, row, 4);
		stop = fn(ud, &s);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_samples_told(struct ledger *l, int64_t upto, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE sample SET told = 0 WHERE account = $1 AND told > 0 AND told <= $2", "ti",
	    l->info.account, upto);
}

int
ledger_samples_untold(struct ledger *l, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO sample (account, pid, sn, uuid, store, tag, n, va, instance, start_s,"
	    " hours, max, last, at_s, told) SELECT s.account, s.pid, s.sn, s.uuid, s.store, s.tag,"
	    " s.n, s.va, s.instance, s.start_s, s.hours, s.max, s.last, s.at_s,"
	    " ROW_NUMBER() OVER (ORDER BY s.at_s, s.instance, s.store, s.n)"
	    " FROM sample s WHERE s.account = $1"
	    " ON CONFLICT (account, pid, sn, uuid, store, tag, n)"
	    " DO UPDATE SET told = excluded.told",
	    "t", l->info.account);
}
