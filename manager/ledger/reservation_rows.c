/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/satellites.h"

/* Reservations between two homes: what the one tells, and what the other makes of it. */

int
ledger_reservation_each_of(struct ledger *l, const char *instance, int64_t max,
    int (*fn)(void *ud, const struct ledger_reservation *reservation), void *ud,
    struct smartlic_error *err)
{
	struct ledger_reservation v;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT reservation, code, state, made_s, ends_s, closed_s, closed_by, reason"
	    " FROM reservation WHERE account = $1 AND instance = $2 ORDER BY n DESC LIMIT $3",
	    "tti", l->info.account, instance, max);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		v = (struct ledger_reservation){ .made_s = db_int(row, 3),
			.ends_s = db_int(row, 4),
			.closed_s = db_int(row, 5) };
		(void)sl_copy(v.instance, sizeof(v.instance), instance);
		LEDGER_COPY(v.reservation, row, 0);
		LEDGER_COPY(v.code, row, 1);
		LEDGER_COPY(v.state, row, 2);
		LEDGER_COPY(v.closed_by, row, 6);
		LEDGER_COPY(v.reason, row, 7);
		stop = fn(ud, &v);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

/* How one stands here: 1 and its state, or 0: it is not known. */
static int
state_of(struct ledger *l, const struct ledger_reservation *in, struct ledger_reservation *ret,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT state FROM reservation WHERE account = $1 AND instance = $2"
	    " AND reservation = $3",
	    "ttt", l->info.account, in->instance, in->reservation);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		LEDGER_COPY(ret->state, row, 0);
		db_done(row);
	}
	return r;
}

/* The open one of the instance: 1, or 0. */
static int
open_of(struct ledger *l, const char *instance, struct ledger_reservation *ret,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT reservation, made_s FROM reservation WHERE account = $1 AND instance = $2"
	    " AND state = 'open'",
	    "tt", l->info.account, instance);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		LEDGER_COPY(ret->reservation, row, 0);
		ret->made_s = db_int(row, 1);
		db_done(row);
	}
	return r;
}

/* One that is over already is history: no pool counts it. */
static int
add_closed(struct ledger *l, const struct ledger_reservation *in,
    const struct ledger_usage *licenses, size_t n, const char *state, int64_t closed_s,
    struct smartlic_error *err)
{
	int r;

	r = db_exec(l->db, err,
	    "INSERT INTO reservation (account, instance, reservation, n, code, state, made_s,"
	    " ends_s, closed_s, closed_by, reason, unconfirmed)"
	    " SELECT $1, $2, $3, COALESCE(MAX(n), 0) + 1, $4, $5, $6, $7, $8, $9, $10, 0"
	    " FROM reservation WHERE account = $1 AND instance = $2",
	    "tttttiiitt", l->info.account, in->instance, in->reservation, in->code, state,
	    in->made_s, in->ends_s, closed_s, in->closed_by[0] != '\0' ? in->closed_by : NULL,
	    in->reason[0] != '\0' ? in->reason : NULL);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = db_exec(l->db, err,
		    "INSERT INTO reservation_license (account, instance, reservation, tag, count)"
		    " VALUES ($1, $2, $3, $4, $5)",
		    "tttti", l->info.account, in->instance, in->reservation, licenses[i].tag,
		    licenses[i].count);
	return r;
}

static int
add(struct ledger *l, const struct ledger_row *inst, const struct ledger_reservation *in,
    const struct ledger_usage *licenses, size_t n, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_promise promise = { .ends_s = in->ends_s, .made_s = in->made_s };
	struct ledger_reservation open;
	int r;

	if (strcmp(in->state, "open") != 0)
		return add_closed(l, in, licenses, n, in->state, in->closed_s, err);
	if (in->ends_s < now_s)
		return add_closed(l, in, licenses, n, "ended", in->ends_s, err);
	r = open_of(l, in->instance, &open, err);
	/* each home was asked for one: the later has taken the place of the earlier */
	if (r == 1 &&
	    (open.made_s > in->made_s ||
		(open.made_s == in->made_s && strcmp(open.reservation, in->reservation) > 0)))
		return add_closed(l, in, licenses, n, "replaced", open.made_s, err);
	(void)sl_copy(promise.id, sizeof(promise.id), in->reservation);
	(void)sl_copy(promise.code, sizeof(promise.code), in->code);
	return r < 0 ? r : ledger_reserve(l, inst, &promise, licenses, n, now_s, err);
}

int
ledger_reservation_merge(struct ledger *l, const struct ledger_row *inst,
    const struct ledger_reservation *in, const struct ledger_usage *licenses, size_t n,
    int64_t now_s, struct smartlic_error *err)
{
	struct ledger_reservation have;
	int r = state_of(l, in, &have, err);

	if (r == 0)
		return add(l, inst, in, licenses, n, now_s, err);
	if (r < 0 || strcmp(have.state, "open") != 0 || strcmp(in->state, "open") == 0)
		return r < 0 ? r : 0;
	return ledger_reservation_end(l, inst, in->state,
	    in->closed_by[0] != '\0' ? in->closed_by : NULL,
	    in->reason[0] != '\0' ? in->reason : NULL, now_s, err);
}

int
ledger_reservation_forget(
    struct ledger *l, const struct ledger_row *inst, int64_t now_s, struct smartlic_error *err)
{
	static const char *const forget[] = {
		"DELETE FROM reservation_license WHERE account = $1 AND instance = $2",
		"DELETE FROM reservation WHERE account = $1 AND instance = $2",
		"UPDATE usage SET reserved = 0 WHERE account = $1 AND instance = $2",
		"UPDATE instance SET unconfirmed = 0 WHERE account = $1 AND instance = $2",
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(forget) / sizeof(forget[0]); i++)
		r = db_exec(l->db, err, forget[i], "tt", l->info.account, inst->instance);
	return r < 0 ? r
		     : ledger_hold(
			   l, inst->instance, inst->va, LEDGER_HOLD_RESERVED, "moved", now_s, err);
}
