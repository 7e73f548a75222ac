/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"
#include "text.h"

/*
 * How long samples of use are kept.  The limit is the begin of a day, so that what is removed is
 * removed daily and not by the hour.  account.samples_from_s remembers how far it has come: it does
 * not go back when more days are to be kept, since what is gone is gone, and goes on by a day in a
 * run, so that an hour with a clock that is years ahead takes a day's samples along and not all.
 */

#define DAY_S  INT64_C(86400)
#define STEP_S DAY_S
#define BATCH  500

/* Of an account that keeps samples for so many days, and whose limit has come so far. */
static int64_t
limit_of(int64_t days, int64_t reached_s, int64_t now_s)
{
	int64_t at_s = now_s - days * DAY_S, limit_s = at_s - at_s % DAY_S;

	if (days == LEDGER_SAMPLES_FOREVER || limit_s < reached_s)
		return reached_s;
	if (reached_s != DB_NULL_INT && limit_s > reached_s + STEP_S)
		return reached_s + STEP_S;
	return limit_s;
}

static int
read_setting(
    struct ledger *l, int64_t *ret_days, int64_t *ret_reached_s, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT sample_days, samples_from_s FROM account WHERE account = $1", "t",
	    l->info.account);
	if (r == 0)
		r = db_next(row, err);
	if (r == 0)
		return sl_fail(
		    err, SMARTLIC_E_NOT_FOUND, "the smart account %s is not here", l->info.account);
	if (r < 0)
		return r;
	*ret_days = db_int(row, 0);
	*ret_reached_s = db_int(row, 1); /* NULL is less than any time */
	db_done(row);
	return 0;
}

int
ledger_samples_from(struct ledger *l, int64_t now_s, int64_t *ret, struct smartlic_error *err)
{
	int64_t days, reached_s;
	int r = read_setting(l, &days, &reached_s, err);

	if (r == 0)
		*ret = limit_of(days, reached_s, now_s);
	return r;
}

/* ---- the setting ----------------------------------------------------------------------------- */

static int
tell_set(struct ledger *l, int64_t before, int64_t days, const char *who, int64_t now_s,
    struct smartlic_error *err)
{
	char text[128], was[32], is[32];

	(void)snprintf(was, sizeof(was), "%lld days", (long long)before);
	(void)snprintf(is, sizeof(is), "%lld days", (long long)days);
	(void)snprintf(text, sizeof(text), "usage samples are kept %s instead of %s",
	    days == LEDGER_SAMPLES_FOREVER ? "for ever" : is,
	    before == LEDGER_SAMPLES_FOREVER ? "for ever" : was);
	return ledger_audit_add(l, who, "account set", NULL, text, now_s, err);
}

/* What was refused until now as too old stays missing. */
static int
set_days(struct ledger *l, int64_t days, const char *who, int64_t now_s, struct smartlic_error *err)
{
	int64_t before, reached_s, from_s;
	int r = read_setting(l, &before, &reached_s, err);

	if (r == 0)
		r = ledger_samples_from(l, now_s, &from_s, err);
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE account SET sample_days = $2, samples_from_s = $3 WHERE account = $1",
		    "tio", l->info.account, days, from_s);
	return r < 0 ? r : tell_set(l, before, days, who, now_s, err);
}

int
ledger_samples_keep(
    struct ledger *l, int64_t days, const char *who, int64_t now_s, struct smartlic_error *err)
{
	int r;

	if (days != LEDGER_SAMPLES_FOREVER &&
	    (days < LEDGER_SAMPLE_DAYS_MIN || days > LEDGER_SAMPLE_DAYS_MAX))
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "usage samples are kept %d to %d days, or for ever: a device may send those of "
		    "%d days again",
		    LEDGER_SAMPLE_DAYS_MIN, LEDGER_SAMPLE_DAYS_MAX, LEDGER_SAMPLE_DAYS_MIN);
	r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = set_days(l, days, who, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* told: of a satellite, what its upstream has acknowledged. */
#define OLD                                                                                        \
	" FROM sample WHERE account = $1 AND COALESCE(told, 0) = 0"                                \
	" AND (start_s + hours * 3600) <= $2"

static int
has_old(struct ledger *l, int64_t limit_s, struct smartlic_error *err)
{
	struct db_row *row;
	int r =
	    db_query(l->db, &row, err, "SELECT 1" OLD " LIMIT 1", "ti", l->info.account, limit_s);

	if (r == 0)
		r = db_next(row, err);
	if (r == 1)
		db_done(row);
	return r;
}

/* Said in the transaction that removes the first of them: none goes that nobody is told of. */
static int
tell_removed(
    struct ledger *l, int64_t days, int64_t limit_s, int64_t now_s, struct smartlic_error *err)
{
	char text[96], limit[SL_TIME_SIZE];

	sl_time(limit, limit_s);
	(void)snprintf(text, sizeof(text),
	    "usage samples that ended by %s; they are kept %lld days", limit, (long long)days);
	return ledger_audit_add(l, "authority", "samples removed", NULL, text, now_s, err);
}

/* A sample that ended before is refused from now on. */
static int
move_limit(struct ledger *l, int64_t limit_s, struct smartlic_error *err)
{
	int r = ledger_begin_chores(l, err);

	if (r < 0)
		return r;
	r = db_exec(l->db, err,
	    "UPDATE account SET samples_from_s = $2 WHERE account = $1"
	    " AND COALESCE(samples_from_s, 0) < $2",
	    "ti", l->info.account, limit_s);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* How many it removed; at most BATCH. */
static int
remove_some(struct ledger *l, struct ledger_trim *run, int64_t days, int64_t now_s,
    struct smartlic_error *err)
{
	int64_t limit_s = run->limit_s;
	int r = has_old(l, limit_s, err), n = 0;

	if (r == 1)
		r = ledger_begin_chores(l, err);
	else
		return r;
	if (r < 0)
		return r;
	r = db_exec(l->db, err,
	    "DELETE FROM sample WHERE account = $1 AND (pid, sn, uuid, store, tag, n) IN"
	    " (SELECT pid, sn, uuid, store, tag, n" OLD " ORDER BY (start_s + hours * 3600)"
	    " LIMIT $3)",
	    "tii", l->info.account, limit_s, (int64_t)BATCH);
	if (r == 0)
		n = (int)db_changes(l->db);
	if (r == 0 && n > 0 && !run->told)
		r = tell_removed(l, days, limit_s, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	run->told |= n > 0;
	run->removed += n;
	return r < 0 ? r : n;
}

/* The selected account's turn, or the rest of it. */
static int
trim_account(struct ledger *l, struct ledger_trim *run, int64_t days, int64_t reached_s,
    int64_t now_s, struct smartlic_error *err)
{
	int r = 0;

	if (!run->begun) {
		run->limit_s = limit_of(days, reached_s, now_s);
		run->begun = 1;
		if (run->limit_s > reached_s)
			r = move_limit(l, run->limit_s, err);
	}
	return r < 0 ? r : remove_some(l, run, days, now_s, err);
}

int
ledger_trim(struct ledger *l, struct ledger_trim *run, int64_t now_s, struct smartlic_error *err)
{
	char selected[SL_UUID_SIZE];
	int64_t days, reached_s;
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT account, number, sample_days, samples_from_s FROM account WHERE number >= $1"
	    " AND sample_days > 0 ORDER BY number LIMIT 1",
	    "i", run->number);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	memcpy(selected, l->info.account, sizeof(selected));
	LEDGER_COPY(l->info.account, row, 0);
	run->number = db_int(row, 1);
	days = db_int(row, 2);
	reached_s = db_int(row, 3);
	db_done(row);
	r = trim_account(l, run, days, reached_s, now_s, err);
	memcpy(l->info.account, selected, sizeof(selected));
	if (r < 0)
		return r;
	if (r < BATCH) {
		run->number++;
		run->begun = run->told = 0;
	}
	return 1;
}
