/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/satellites.h"

/* What devices report of their use over time.  It says what was, and no pool counts it. */

/* The first eight parameters are every row's. */
#define INSERT                                                                                     \
	"INSERT INTO sample (account, pid, sn, uuid, store, va, instance, at_s, tag, n, start_s,"  \
	" hours, max, last, told) VALUES "
#define ROW(tag, n, start, hours, max, last)                                                       \
	"($1, $2, $3, $4, $5, $6, $7, $8, " tag ", " n ", " start ", " hours ", " max ", " last

/* Whichever of two comes first, the same one stays: a copy of the store may have numbered its own
 * samples alike, and hours that were folded into a day have the number of one of them. */
#define MERGE                                                                                      \
	" ON CONFLICT (account, pid, sn, uuid, store, tag, n) DO UPDATE SET va = excluded.va,"     \
	" instance = excluded.instance, start_s = excluded.start_s, hours = excluded.hours,"       \
	" max = excluded.max, last = excluded.last, at_s = excluded.at_s, told = excluded.told"    \
	" WHERE (excluded.max, excluded.last, excluded.hours, excluded.start_s) >"                 \
	" (sample.max, sample.last, sample.hours, sample.start_s)"

static int
add(struct ledger *l, const struct ledger_row *row, const char *store,
    const struct ledger_sample *s, int64_t now_s, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    INSERT ROW("$9", "$10", "$11", "$12", "$13",
		"$14") ", CASE WHEN $15 = 1 THEN (SELECT COALESCE(MAX(x.told), 0) + 1 FROM sample x"
		       " WHERE x.account = $1 AND x.told > 0) END)" MERGE,
	    "tttttititiiiiii", l->info.account, row->udi.pid, row->udi.sn, row->udi.uuid, store,
	    row->va, row->instance, now_s, s->tag, s->n, s->start_s, s->hours, s->max, s->last,
	    (int64_t)(l->info.upstream[0] != '\0'));
}

/* A day's are many: so many go with a statement. */
#define TOGETHER 4

/* PostgreSQL refuses a statement that touches a row twice. */
static int
are_distinct(const struct ledger_sample *s)
{
	for (size_t i = 1; i < TOGETHER; i++)
		for (size_t k = 0; k < i; k++)
			if (s[i].n == s[k].n && strcmp(s[i].tag, s[k].tag) == 0)
				return 0;
	return 1;
}

#define VALUES(s) (s)->tag, (s)->n, (s)->start_s, (s)->hours, (s)->max, (s)->last

static int
add_together(struct ledger *l, const struct ledger_row *row, const char *store,
    const struct ledger_sample *s, int64_t now_s, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    INSERT ROW("$9", "$10", "$11", "$12", "$13", "$14") ", NULL), " ROW("$15", "$16", "$17",
		"$18", "$19", "$20") ", NULL), " ROW("$21", "$22", "$23", "$24", "$25",
		"$26") ", NULL), " ROW("$27", "$28", "$29", "$30", "$31", "$32") ", NULL)" MERGE,
	    "tttttiti"
	    "tiiiii"
	    "tiiiii"
	    "tiiiii"
	    "tiiiii",
	    l->info.account, row->udi.pid, row->udi.sn, row->udi.uuid, store, row->va,
	    row->instance, now_s, VALUES(&s[0]), VALUES(&s[1]), VALUES(&s[2]), VALUES(&s[3]));
}

static int
is_kept(const struct ledger_sample *s, int64_t from_s)
{
	return s->start_s + s->hours * 3600 > from_s;
}

/* Do the next ones go together?  A satellite's are numbered one by one. */
static int
go_together(const struct ledger *l, const struct ledger_sample *s, size_t n, int64_t from_s)
{
	if (n < TOGETHER || l->info.upstream[0] != '\0')
		return 0;
	for (size_t i = 0; i < TOGETHER; i++)
		if (!is_kept(&s[i], from_s))
			return 0;
	return are_distinct(s);
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
	for (size_t i = 0; i < n && r == 0;) {
		if (go_together(l, &samples[i], n - i, from_s)) {
			r = add_together(l, row, store, &samples[i], now_s, err);
			i += TOGETHER;
			continue;
		}
		if (is_kept(&samples[i], from_s))
			r = add(l, row, store, &samples[i], now_s, err);
		i++;
	}
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
