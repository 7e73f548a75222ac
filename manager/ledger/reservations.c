/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/satellites.h"

/*
 * Reservations.  usage.reserved is what a pool counts for an instance at the least; entries are
 * written by ledger_hold() alone, so that a license in use which is also reserved counts once.
 */

int
ledger_lock_free(struct ledger *l, struct smartlic_error *err)
{
	return ledger_lock_numbers(l, "reservations", err);
}

int
ledger_is_free(struct ledger *l, const struct ledger_row *inst, const char *tag, int64_t count,
    int64_t now_s, int64_t *ret_free, struct smartlic_error *err)
{
	int64_t purchased, consumed;
	struct db_row *row;
	int r;

	r = ledger_pool_get(l, inst->va, tag, now_s, &purchased, &consumed, err);
	if (r == 0)
		r = db_query(l->db, &row, err,
		    "SELECT held FROM usage WHERE account = $1 AND instance = $2 AND tag = $3",
		    "ttt", l->info.account, inst->instance, tag);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	/* what it has already is there for it */
	if (r == 1) {
		consumed -= db_int(row, 0);
		db_done(row);
	}
	*ret_free = purchased > consumed ? purchased - consumed : 0;
	return count <= *ret_free;
}

/* Does a pool count the usage of a live instance at this time? */
static enum ledger_hold
may_hold(const struct ledger_row *inst, int64_t now_s)
{
	return inst->state != LEDGER_CLOSED && inst->usage_s != DB_NULL_INT &&
		       inst->deadline_s >= now_s
		   ? LEDGER_HOLD_USAGE
		   : LEDGER_HOLD_RESERVED;
}

/* Nothing is reserved for the instance any more; what it uses is counted as it is without. */
static int
end_open(struct ledger *l, const struct ledger_row *inst, const char *state, const char *who,
    const char *reason, int64_t now_s, struct smartlic_error *err)
{
	int r;

	r = db_exec(l->db, err,
	    "UPDATE reservation SET state = $3, closed_by = $4, reason = $5, closed_s = $6,"
	    " unconfirmed = $7 WHERE account = $1 AND instance = $2 AND state = 'open'",
	    "tttttii", l->info.account, inst->instance, state, who, reason, now_s,
	    (int64_t)(who != NULL));
	if (r == 0 && who != NULL)
		r = db_exec(l->db, err,
		    "UPDATE instance SET unconfirmed = 1 WHERE account = $1 AND instance = $2",
		    "tt", l->info.account, inst->instance);
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE usage SET reserved = 0 WHERE account = $1 AND instance = $2", "tt",
		    l->info.account, inst->instance);
	return r;
}

int
ledger_reservation_end(struct ledger *l, const struct ledger_row *inst, const char *state,
    const char *who, const char *reason, int64_t now_s, struct smartlic_error *err)
{
	int r = end_open(l, inst, state, who, reason, now_s, err);

	return r < 0 ? r
		     : ledger_hold(
			   l, inst->instance, inst->va, may_hold(inst, now_s), state, now_s, err);
}

static int
add_license(struct ledger *l, const char *instance, const char *id,
    const struct ledger_usage *license, struct smartlic_error *err)
{
	int r;

	r = db_exec(l->db, err,
	    "INSERT INTO reservation_license (account, instance, reservation, tag, count)"
	    " VALUES ($1, $2, $3, $4, $5)",
	    "tttti", l->info.account, instance, id, license->tag, license->count);
	return r < 0 ? r
		     : db_exec(l->db, err,
			   "INSERT INTO usage (account, instance, tag, count, held, reserved)"
			   " VALUES ($1, $2, $3, 0, 0, $4) ON CONFLICT (account, instance, tag)"
			   " DO UPDATE SET reserved = excluded.reserved",
			   "ttti", l->info.account, instance, license->tag, license->count);
}

int
ledger_reserve(struct ledger *l, const struct ledger_row *inst,
    const struct ledger_promise *promise, const struct ledger_usage *licenses, size_t n,
    int64_t now_s, struct smartlic_error *err)
{
	int r = end_open(l, inst, "replaced", NULL, NULL, now_s, err);

	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO reservation (account, instance, reservation, n, code, state, "
		    "made_s,"
		    " ends_s, unconfirmed) SELECT $1, $2, $3, COALESCE(MAX(n), 0) + 1, $4, 'open',"
		    " $5, $6, 0 FROM reservation WHERE account = $1 AND instance = $2",
		    "ttttii", l->info.account, inst->instance, promise->id, promise->code,
		    promise->made_s, promise->ends_s);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_license(l, inst->instance, promise->id, &licenses[i], err);
	return r < 0 ? r
		     : ledger_hold(l, inst->instance, inst->va, may_hold(inst, now_s), "reserved",
			   now_s, err);
}

int
ledger_reserved(
    struct ledger *l, const char *instance, char ret_id[SL_UUID_SIZE], struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT reservation FROM reservation WHERE account = $1 AND instance = $2"
	    " AND state = 'open'",
	    "tt", l->info.account, instance);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		(void)sl_copy(ret_id, SL_UUID_SIZE, db_text(row, 0));
		db_done(row);
	}
	return r;
}

int
ledger_unreserve(struct ledger *l, const struct ledger_row *inst, const char *id, int64_t now_s,
    struct smartlic_error *err)
{
	char open[SL_UUID_SIZE];
	int r = ledger_reserved(l, inst->instance, open, err);

	if (r == 1 && strcmp(open, id) == 0)
		r = ledger_reservation_end(l, inst, "returned", NULL, NULL, now_s, err);
	return r < 0 ? r : 0;
}

int
ledger_unreserve_closed(struct ledger *l, const struct ledger_row *inst, const char *why,
    const char *who, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_row closed = *inst;
	char open[SL_UUID_SIZE];
	int r = ledger_reserved(l, inst->instance, open, err);

	closed.state = LEDGER_CLOSED;
	if (r == 1)
		r = ledger_reservation_end(l, &closed, who != NULL ? "closed" : "returned", who,
		    who != NULL ? "the instance was removed" : why, now_s, err);
	return r < 0 ? r : 0;
}

int
ledger_reservation_seen(struct ledger *l, const struct sl_udi *udi, struct smartlic_error *err)
{
	static const char *const tables[] = {
		"UPDATE reservation SET unconfirmed = 0 WHERE account = $1 AND unconfirmed = 1"
		" AND instance IN (SELECT instance FROM instance WHERE account = $1 AND pid = $2"
		" AND sn = $3 AND uuid = $4)",
		"UPDATE instance SET unconfirmed = 0 WHERE account = $1 AND pid = $2 AND sn = $3"
		" AND uuid = $4 AND unconfirmed = 1",
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(tables) / sizeof(tables[0]); i++)
		r = db_exec(
		    l->db, err, tables[i], "tttt", l->info.account, udi->pid, udi->sn, udi->uuid);
	return r;
}

/* The first open one after `last` that has ended: 1 and *ret, or 0. */
static int
next_ended(struct ledger *l, int64_t now_s, const struct ledger_reservation *last,
    struct ledger_reservation *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT v.instance, v.ends_s, i.pid, i.sn, i.uuid FROM reservation v JOIN instance i"
	    " ON i.account = v.account AND i.instance = v.instance"
	    " WHERE v.account = $1 AND v.state = 'open' AND v.ends_s < $2"
	    " AND (v.ends_s, v.instance) > ($3, $4) ORDER BY v.ends_s, v.instance LIMIT 1",
	    "tiit", l->info.account, now_s, last->ends_s, last->instance);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	LEDGER_COPY(ret->instance, row, 0);
	ret->ends_s = db_int(row, 1);
	LEDGER_COPY(ret->udi.pid, row, 2);
	LEDGER_COPY(ret->udi.sn, row, 3);
	LEDGER_COPY(ret->udi.uuid, row, 4);
	db_done(row);
	return 1;
}

int
ledger_release_ended(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_reservation last = { .ends_s = INT64_MIN };
	struct ledger_row inst;
	int r;

	while ((r = next_ended(l, now_s, &last, &last, err)) == 1) {
		char open[SL_UUID_SIZE];

		/* one that is being answered just now is looked at another time */
		r = ledger_lock_device_try(l, &last.udi, err);
		if (r == 1)
			r = ledger_reserved(l, last.instance, open, err);
		if (r == 1)
			r = ledger_row_get(l, last.instance, &inst, err);
		if (r == 1)
			r = ledger_reservation_end(l, &inst, "ended", NULL, NULL, now_s, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int
release_of_account(struct ledger *l, void *ud, struct smartlic_error *err)
{
	struct ledger_reservation first = { .ends_s = INT64_MIN };
	const int64_t *now_s = ud;
	int r = next_ended(l, *now_s, &first, &first, err);

	if (r <= 0)
		return r;
	r = ledger_begin_chores(l, err);
	if (r == 0)
		r = ledger_release_ended(l, *now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

int
ledger_release_all_ended(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	return ledger_for_all_accounts(l, release_of_account, &now_s, err);
}

/* ---- for administrators ------------------------------------------------------------------- */

#define COLUMNS                                                                                    \
	" v.reservation, v.code, v.instance, i.pid, i.sn, i.uuid, a.name, v.state, v.unconfirmed," \
	" v.made_s, v.ends_s, v.closed_s, v.closed_by, v.reason"                                   \
	" FROM reservation v JOIN instance i ON i.account = v.account"                             \
	" AND i.instance = v.instance JOIN virtual_account a ON a.account = i.account"             \
	" AND a.va = i.va"

static void
read_row(struct db_row *row, struct ledger_reservation *ret)
{
	*ret = (struct ledger_reservation){ .unconfirmed = (int)db_int(row, 8),
		.made_s = db_int(row, 9),
		.ends_s = db_int(row, 10),
		.closed_s = db_int(row, 11) };
	LEDGER_COPY(ret->reservation, row, 0);
	LEDGER_COPY(ret->code, row, 1);
	LEDGER_COPY(ret->instance, row, 2);
	LEDGER_COPY(ret->udi.pid, row, 3);
	LEDGER_COPY(ret->udi.sn, row, 4);
	LEDGER_COPY(ret->udi.uuid, row, 5);
	LEDGER_COPY(ret->virtual_account, row, 6);
	LEDGER_COPY(ret->state, row, 7);
	LEDGER_COPY(ret->closed_by, row, 12);
	LEDGER_COPY(ret->reason, row, 13);
}

int
ledger_reservation_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_reservation *reservation), void *ud,
    struct smartlic_error *err)
{
	struct ledger_reservation v;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT" COLUMNS " WHERE v.account = $1"
	    " ORDER BY i.sn, i.pid, i.uuid, v.made_s DESC, v.instance DESC, v.n DESC",
	    "t", l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		read_row(row, &v);
		stop = fn(ud, &v);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

/* By a column: the open one, else the latest. */
static int
find_by(struct ledger *l, const char *sql, const char *value, struct ledger_reservation *ret,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err, sql, "tt", l->info.account, value);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		read_row(row, ret);
		db_done(row);
	}
	return r;
}

#define OPEN_FIRST                                                                                 \
	" ORDER BY CASE v.state WHEN 'open' THEN 0 ELSE 1 END, v.n DESC "                          \
	"LIMIT 1"

int
ledger_reservation_find(
    struct ledger *l, const char *id, struct ledger_reservation *ret, struct smartlic_error *err)
{
	struct ledger_instance inst;
	int r;

	r = find_by(l, "SELECT" COLUMNS " WHERE v.account = $1 AND v.reservation = $2" OPEN_FIRST,
	    id, ret, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = ledger_instance_find(l, id, &inst, err);
	if (r == SMARTLIC_E_NOT_FOUND)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "no reservation has the id '%s', and no product instance that UUID or serial "
		    "number",
		    id);
	if (r == 0)
		r = find_by(l,
		    "SELECT" COLUMNS " WHERE v.account = $1 AND v.instance = $2" OPEN_FIRST,
		    inst.instance, ret, err);
	if (r == 0)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "the product instance %s has never reserved anything", inst.instance);
	return r < 0 ? r : 0;
}

int
ledger_reserved_each(struct ledger *l, const struct ledger_reservation *v,
    int (*fn)(void *ud, const char *tag, int64_t count), void *ud, struct smartlic_error *err)
{
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT tag, count FROM reservation_license WHERE account = $1 AND instance = $2"
	    " AND reservation = $3 ORDER BY tag",
	    "ttt", l->info.account, v->instance, v->reservation);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		stop = fn(ud, db_text(row, 0), db_int(row, 1));
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

/* Of a reason: it goes into the audit with an id before it. */
#define REASON_SIZE 201

/* Inside the transaction. */
static int
close_one(struct ledger *l, const char *id, const char *reason, const char *who, int64_t now_s,
    struct smartlic_error *err)
{
	struct ledger_reservation v;
	struct ledger_row inst;
	char text[SL_UUID_SIZE + 2 + REASON_SIZE];
	int r;

	r = ledger_reservation_find(l, id, &v, err);
	if (r < 0)
		return r;
	if (strcmp(v.state, "open") != 0)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "the reservation %s is not open any more (%s)", v.reservation, v.state);
	r = ledger_lock_device(l, &v.udi, err);
	if (r == 0)
		r = ledger_row_get(l, v.instance, &inst, err);
	if (r == 1)
		r = ledger_reservation_end(l, &inst, "closed", who, reason, now_s, err);
	/* where it is at home it must not go on */
	if (r == 0)
		r = ledger_row_changed(l, &inst, err);
	(void)snprintf(text, sizeof(text), "%s: %s", v.reservation, reason);
	if (r == 0)
		r = ledger_audit_add(l, who, "reservation closed", v.instance, text, now_s, err);
	return r;
}

int
ledger_reservation_close(struct ledger *l, const char *id, const char *reason, const char *who,
    int64_t now_s, struct smartlic_error *err)
{
	int r;

	r = ledger_name_check("who closes it", who, 128, err);
	if (r == 0)
		r = ledger_name_check("the reason", reason, REASON_SIZE, err);
	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = close_one(l, id, reason, who, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}
