/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ledger/chain.h"
#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/*
 * What an instance uses and what of it a pool counts.  Consumption is the sum of the entries,
 * which are only ever added, each to the chain of its account; pool.consumed and usage.held are
 * the same sum, kept by the one function that writes entries.
 */
static int
add_entry(struct ledger *l, int64_t va, const char *instance, const char *tag, int64_t delta,
    const char *why, int64_t now_s, struct smartlic_error *err)
{
	struct chain_entry e = { .account = l->info.account,
		.va = va,
		.tag = tag,
		.instance = instance,
		.delta = delta,
		.why = why,
		.at_s = now_s };
	char hash[SL_SHA256_HEX];
	int r;

	r = chain_add(l->db, l->crypto, &e, hash, err);
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO entry (account, entry, va, tag, instance, delta, why, at_s, hash)"
		    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		    "tiittitit", e.account, e.entry, e.va, e.tag, e.instance, e.delta, e.why,
		    e.at_s, hash);
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO pool (account, va, tag, consumed) VALUES ($1, $2, $3, $4)"
		    " ON CONFLICT (account, va, tag)"
		    " DO UPDATE SET consumed = pool.consumed + excluded.consumed",
		    "titi", l->info.account, va, tag, delta);
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE usage SET held = held + $4"
		    " WHERE account = $1 AND instance = $2 AND tag = $3",
		    "ttti", l->info.account, instance, tag, delta);
	return r < 0 ? r : ledger_alert_pool(l, va, tag, now_s, err);
}

struct change {
	char tag[SL_TAG_SIZE];
	int64_t delta;
};

/* What is to be counted more or less so that `held` is as wanted. */
static int
changes_of(struct ledger *l, const char *instance, enum ledger_hold hold, struct change **ret, size_t *ret_n,
    struct smartlic_error *err)
{
	struct change *list = NULL, *p;
	struct db_row *row;
	size_t n = 0;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT tag, CASE WHEN $3 = 2 THEN 0 WHEN $3 = 1 AND count > reserved THEN count"
	    " ELSE reserved END - held"
	    " FROM usage"
	    " WHERE account = $1 AND instance = $2 ORDER BY tag",
	    "tti", l->info.account, instance, (int64_t)hold);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		if (db_int(row, 1) == 0)
			continue;
		p = reallocarray(list, n + 1, sizeof(*list));
		if (p == NULL) {
			db_done(row);
			r = sl_nomem(err);
			break;
		}
		list = p;
		LEDGER_COPY(list[n].tag, row, 0);
		list[n++].delta = db_int(row, 1);
	}
	if (r < 0) {
		free(list);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int
ledger_hold(struct ledger *l, const char *instance, int64_t va, enum ledger_hold wanted, const char *why,
    int64_t now_s, struct smartlic_error *err)
{
	struct change *list = NULL;
	size_t n = 0;
	int r;

	r = changes_of(l, instance, wanted, &list, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_entry(l, va, instance, list[i].tag, list[i].delta, why, now_s, err);
	free(list);
	/* an index hangs on it: what does not change is not written */
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE instance SET holds = 1 - holds WHERE account = $1 AND instance = $2"
		    " AND holds <> CASE WHEN EXISTS (SELECT 1 FROM usage u"
		    " WHERE u.account = $1 AND u.instance = $2 AND u.held > u.reserved)"
		    " THEN 1 ELSE 0 END",
		    "tt", l->info.account, instance);
	if (r == 0)
		r = db_exec(l->db, err,
		    "DELETE FROM usage WHERE account = $1 AND instance = $2"
		    " AND count = 0 AND held = 0 AND reserved = 0", "tt", l->info.account, instance);
	return r;
}

/* A row of the usage as it is known: is it in the new one alike, and held? */
static int
is_same(struct db_row *row, struct ledger_usage *usage, size_t n)
{
	int64_t count = db_int(row, 1), held = db_int(row, 2), reserved = db_int(row, 3);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(usage[i].tag, db_text(row, 0)) != 0)
			continue;
		usage[i].reserved = reserved;
		return usage[i].count == count && held == (count > reserved ? count : reserved);
	}
	return 0;
}

int
ledger_usage_set(struct ledger *l, const char *instance, struct ledger_usage *usage, size_t n,
    int *ret_reserved, struct smartlic_error *err)
{
	struct db_row *row;
	int64_t rows = 0, same = 0;
	int r;

	*ret_reserved = 0;
	for (size_t i = 0; i < n; i++)
		usage[i].reserved = 0;

	r = db_query(l->db, &row, err,
	    "SELECT tag, count, held, reserved FROM usage WHERE account = $1 AND instance = $2", "tt",
	    l->info.account, instance);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		/* one that is only reserved is no part of the usage */
		rows += db_int(row, 1) > 0;
		*ret_reserved |= db_int(row, 3) > 0;
		same += is_same(row, usage, n);
	}
	if (r < 0 || (rows == same && (size_t)same == n))
		return r < 0 ? r : 0;
	r = db_exec(l->db, err,
	    "UPDATE usage SET count = 0 WHERE account = $1 AND instance = $2", "tt",
	    l->info.account, instance);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = db_exec(l->db, err,
		    "INSERT INTO usage (account, instance, tag, count, held)"
		    " VALUES ($1, $2, $3, $4, 0)"
		    " ON CONFLICT (account, instance, tag) DO UPDATE SET count = excluded.count",
		    "ttti", l->info.account, instance, usage[i].tag, usage[i].count);
	return r < 0 ? r : 1;
}

int
ledger_release(struct ledger *l, const char *instance, int64_t va, const char *why, int64_t now_s,
    struct smartlic_error *err)
{
	return ledger_hold(l, instance, va, LEDGER_HOLD_NOTHING, why, now_s, err);
}

struct holder {
	char instance[SL_UUID_SIZE];
	int64_t va;
	int holds, may;
};

/* All instances of a UDI that hold or may hold something, the rightful holder first. */
static int
holders_of(struct ledger *l, const struct sl_udi *udi, int64_t now_s, struct holder *list,
    size_t max, size_t *ret_n, struct smartlic_error *err)
{
	struct db_row *row;
	size_t n = 0;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT instance, va, holds, CASE WHEN state <> 'closed' AND usage_s IS NOT NULL"
	    " AND deadline_s >= $5 AND (home IS NULL OR $6 = 0) THEN 1 ELSE 0 END FROM instance"
	    " WHERE account = $1 AND pid = $2 AND sn = $3 AND uuid = $4"
	    " AND (holds = 1 OR state = 'live' OR (state = 'pending' AND usage_s IS NOT NULL))"
	    " ORDER BY CASE state WHEN 'live' THEN 0 WHEN 'pending' THEN 1 ELSE 2 END, instance DESC",
	    "ttttii", l->info.account, udi->pid, udi->sn, udi->uuid, now_s,
	    (int64_t)(l->info.upstream[0] != '\0'));
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		if (n == max) {
			db_done(row);
			return sl_fail(err, SMARTLIC_E_STORE,
			    "more than %zu open instances of one UDI", max);
		}
		LEDGER_COPY(list[n].instance, row, 0);
		list[n].va = db_int(row, 1);
		list[n].holds = (int)db_int(row, 2);
		list[n++].may = (int)db_int(row, 3);
	}
	*ret_n = n;
	return r;
}

int
ledger_settle(struct ledger *l, const struct sl_udi *udi, int64_t now_s,
    struct smartlic_error *err)
{
	struct holder list[32];
	size_t n = 0;
	int r;

	r = holders_of(l, udi, now_s, list, sizeof(list) / sizeof(list[0]), &n, err);
	/* what is released comes first, so that the entries read in the order of events */
	for (size_t i = n; r == 0 && i-- > 0;) {
		int wanted = i == 0 && list[i].may;

		if (wanted || list[i].holds)
			r = ledger_hold(l, list[i].instance, list[i].va,
			    wanted ? LEDGER_HOLD_USAGE : LEDGER_HOLD_RESERVED,
			    wanted ? "usage" : "released", now_s, err);
	}
	return r;
}

/* Mostly nothing is, and then nothing is to be put into order.  The earliest deadline, not any that has
 * passed: for that PostgreSQL would read the table, since it takes a third of all rows for overdue. */
static int
has_overdue(struct ledger *l, int64_t va, int64_t now_s, struct smartlic_error *err)
{
	struct db_row *row;
	int r = db_query(l->db, &row, err,
	    "SELECT deadline_s FROM instance WHERE account = $1 AND va = $2 AND holds = 1"
	    " ORDER BY deadline_s LIMIT 1",
	    "ti", l->info.account, va);

	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		r = db_int(row, 0) < now_s;
		db_done(row);
	}
	return r;
}

/* The first overdue one after `last`: 1 and *ret, or 0. */
static int
next_overdue(struct ledger *l, int64_t va, int64_t now_s, const struct ledger_row *last,
    struct ledger_row *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT instance, pid, sn, uuid, deadline_s FROM instance WHERE account = $1 AND va = "
	    "$2"
	    " AND holds = 1 AND deadline_s < $3 AND (deadline_s, instance) > ($4, $5)"
	    " ORDER BY deadline_s, instance LIMIT 1",
	    "tiiit", l->info.account, va, now_s, last->deadline_s, last->instance);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	LEDGER_COPY(ret->instance, row, 0);
	LEDGER_COPY(ret->udi.pid, row, 1);
	LEDGER_COPY(ret->udi.sn, row, 2);
	LEDGER_COPY(ret->udi.uuid, row, 3);
	ret->deadline_s = db_int(row, 4);
	db_done(row);
	return 1;
}

/* Whose device is just being answered is passed over: it takes its licenses anew. */
int
ledger_release_overdue(struct ledger *l, int64_t va, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_row last = { .deadline_s = INT64_MIN }, now;
	int r = has_overdue(l, va, now_s, err);

	if (r <= 0)
		return r;
	while ((r = next_overdue(l, va, now_s, &last, &last, err)) == 1) {
		r = ledger_lock_device_try(l, &last.udi, err);
		/* as it is now that nobody changes it any more */
		if (r == 1)
			r = ledger_row_get(l, last.instance, &now, err);
		if (r == 1 && now.holds && now.deadline_s < now_s) {
			r = ledger_hold(l, last.instance, va, LEDGER_HOLD_RESERVED, "deadline", now_s,
			    err);
			if (r == 0)
				r = ledger_alert_device(l, &now, ALERT_BIT(RELEASED),
				    &(struct alert_device){ .live = now.state == LEDGER_LIVE,
				        .released = 1 },
				    now_s, err);
		}
		if (r < 0)
			return r;
	}
	return r;
}

/* The first virtual account after `va` in which something is overdue: 1 and *ret, or 0. */
static int
next_overdue_va(
    struct ledger *l, int64_t va, int64_t now_s, int64_t *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT MIN(v.va) FROM virtual_account v WHERE v.account = $1 AND v.va > $3"
	    " AND EXISTS (SELECT 1 FROM instance i WHERE i.account = v.account AND i.va = v.va"
	    " AND i.holds = 1 AND i.deadline_s < $2)",
	    "tii", l->info.account, now_s, va);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	r = !db_is_null(row, 0);
	*ret = db_int(row, 0);
	db_done(row);
	return r;
}

static int
release_of_account(struct ledger *l, void *ud, struct smartlic_error *err)
{
	int64_t now_s = *(const int64_t *)ud, va = 0;
	int r;

	while ((r = next_overdue_va(l, va, now_s, &va, err)) == 1) {
		r = ledger_begin_chores(l, err);
		if (r == 0)
			r = ledger_release_overdue(l, va, now_s, err);
		if (r == 0)
			r = db_commit(l->db, err);
		db_rollback(l->db);
		if (r < 0)
			return r;
	}
	return r;
}

int
ledger_release_all_overdue(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	return ledger_for_all_accounts(l, release_of_account, &now_s, err);
}

int
ledger_usage_each(struct ledger *l, const char *instance,
    int (*fn)(void *ud, const struct ledger_held *held), void *ud, struct smartlic_error *err)
{
	struct ledger_held h;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT tag, count, held, reserved FROM usage WHERE account = $1 AND instance = $2"
	    " AND (count > 0 OR held > 0) ORDER BY tag",
	    "tt", l->info.account, instance);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		h = (struct ledger_held){ .count = db_int(row, 1),
			.held = db_int(row, 2),
			.reserved = db_int(row, 3) };
		LEDGER_COPY(h.tag, row, 0);
		stop = fn(ud, &h);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}
