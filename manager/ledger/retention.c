/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"
#include "ledger/samples.h"

/*
 * How long samples of use are kept.  The limit is the begin of a day, so that what is removed is
 * removed daily and not by the hour.  account.samples_from_s remembers how far it has come: it does
 * not go back when more days are to be kept, since what is gone is gone, and goes on by a day in a
 * run, so that an hour with a clock that is years ahead takes a day's samples along and not all.
 */

#define DAY_S  INT64_C(86400)
#define STEP_S DAY_S
/* In a transaction: so many samples, but for copies of stores, of so many pages. */
#define BATCH 500
#define PAGES 100

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

/* A page of which samples have ended: as it was read, before its device's lock was got. */
struct old_page {
	struct sample_row row;
	int64_t page;
	char *text;
};

struct old_pages {
	struct old_page old[PAGES];
	size_t n;
	struct sample_page page;
};

static void
release(struct old_pages *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->n; i++)
		free(o->old[i].text);
	free(o);
}

/* The first of them.  told: of a satellite, what its upstream has acknowledged. */
static int
find_old(struct ledger *l, int64_t limit_s, struct old_pages *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT account, pid, sn, uuid, store, page, data FROM sample_page WHERE account = $1"
	    " AND COALESCE(told, 0) = 0 AND ends_s <= $2 ORDER BY ends_s LIMIT $3",
	    "tii", l->info.account, limit_s, (int64_t)PAGES);
	while (r == 0 && (r = db_next(row, err)) == 1) {
		struct old_page *old = &ret->old[ret->n++];

		r = 0;
		sample_row_key(&old->row, row);
		old->page = db_int(row, 5);
		old->text = strdup(db_text(row, 6));
		if (old->text == NULL) {
			db_done(row);
			return sl_nomem(err);
		}
	}
	return r;
}

/* Without what has ended; 1, or 0 where another transaction has changed it since it was read. */
static int
put_rest(struct ledger *l, const struct old_page *old, const struct sample_page *p,
    struct smartlic_error *err)
{
	struct sl_buf text = { 0 };
	int64_t ends_s, last_s;
	int r;

	if (p->n == 0) {
		r = db_exec(l->db, err,
		    "DELETE FROM sample_page WHERE account = $1 AND pid = $2 AND sn = $3"
		    " AND uuid = $4 AND store = $5 AND page = $6 AND COALESCE(told, 0) = 0"
		    " AND data = $7",
		    "tttttit", old->row.account, old->row.udi.pid, old->row.udi.sn,
		    old->row.udi.uuid, old->row.store, old->page, old->text);
		return r < 0 ? r : db_changes(l->db) > 0;
	}
	sample_page_ends(p, &ends_s, &last_s);
	r = sample_page_write(&text, p, err);
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE sample_page SET data = $8, ends_s = $9 WHERE account = $1 AND pid = $2"
		    " AND sn = $3 AND uuid = $4 AND store = $5 AND page = $6"
		    " AND COALESCE(told, 0) = 0 AND data = $7",
		    "tttttitti", old->row.account, old->row.udi.pid, old->row.udi.sn,
		    old->row.udi.uuid, old->row.store, old->page, old->text, text.data, ends_s);
	sl_buf_free(&text);
	return r < 0 ? r : db_changes(l->db) > 0;
}

/* How many it removed; none where its device is just being answered: the next run finds it again.
 */
static int
trim_page(struct ledger *l, const struct old_page *old, struct sample_page *p, int64_t limit_s,
    struct smartlic_error *err)
{
	int n = (int)sample_page_remove(p, limit_s);
	int r = ledger_lock_device_try(l, &old->row.udi, err);

	if (r == 1)
		r = put_rest(l, old, p, err);
	return r == 1 ? n : r;
}

/* In a transaction: how many, and *ret_more whether there may be more.  A page that cannot be read
 * keeps none of the others: it is told where nothing else is left. */
static int
trim_pages(struct ledger *l, struct old_pages *o, int64_t limit_s, int *ret_more,
    struct smartlic_error *err)
{
	int n = 0, damaged = 0, r = 0;
	size_t i;

	for (i = 0; i < o->n && r >= 0 && n <= BATCH - SAMPLE_PAGE_SPAN; i++) {
		const struct old_page *old = &o->old[i];

		r = sample_row_read(&o->page, &old->row, old->page, old->text, err);
		if (r < 0) {
			damaged = r;
			r = 0;
			continue;
		}
		r = trim_page(l, old, &o->page, limit_s, err);
		n += r > 0 ? r : 0;
	}
	*ret_more = n > 0 && (i < o->n || o->n == PAGES);
	if (r < 0)
		return r;
	return n == 0 && damaged < 0 ? damaged : n;
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

static int
remove_found(struct ledger *l, struct ledger_trim *run, struct old_pages *o, int64_t days,
    int64_t now_s, struct smartlic_error *err)
{
	int r = ledger_begin_chores(l, err), n = 0, more = 0;

	if (r < 0)
		return r;
	r = n = trim_pages(l, o, run->limit_s, &more, err);
	if (n > 0)
		r = run->told ? 0 : tell_removed(l, days, run->limit_s, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	if (r < 0)
		return r;
	run->told |= n > 0;
	run->removed += n;
	return more;
}

/* 1: there may be more. */
static int
remove_some(struct ledger *l, struct ledger_trim *run, int64_t days, int64_t now_s,
    struct smartlic_error *err)
{
	struct old_pages *o = calloc(1, sizeof(*o));
	int r;

	if (o == NULL)
		return sl_nomem(err);
	r = find_old(l, run->limit_s, o, err);
	if (r == 0 && o->n > 0)
		r = remove_found(l, run, o, days, now_s, err);
	release(o);
	return r;
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
	if (r == 0) {
		run->number++;
		run->begun = run->told = 0;
	}
	return 1;
}
