/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/*
 * What changes by time alone: devices that fall silent, tokens that end, signs that are old.  A live
 * instance is looked at when it would have been silent for too long if it had never called again;
 * watch_s is that moment.  So a call costs nothing, and nobody looks at all instances.
 */

#define DAY_S  INT64_C(86400)
#define BATCH  500
#define KEPT_S (365 * DAY_S) /* cleared alerts */

static int
watch_at(struct ledger *l, const char *instance, int64_t at_s, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE instance SET watch_s = $3 WHERE account = $1 AND instance = $2", "tto",
	    l->info.account, instance, at_s);
}

/* Decides on silence, and when to look again; not as long as the alert is open. */
static int
look(struct ledger *l, const struct ledger_row *row, int64_t now_s, struct smartlic_error *err)
{
	struct alert_device facts = { .live = row->state == LEDGER_LIVE,
		.contact_s = row->contact_s };
	struct ledger_limits limits;
	int silent, r;

	r = ledger_va_limits(l, row->va, &limits, err);
	if (r < 0)
		return r;
	facts.silence_s = limits.silence_days * DAY_S;
	silent = (alerts_of_device(&facts, now_s) & ALERT_BIT(SILENT)) != 0;
	r = ledger_alert_device(l, row, ALERT_BIT(SILENT), &facts, now_s, err);
	return r < 0 ? r
		     : watch_at(l, row->instance,
		           silent || !facts.live ? DB_NULL_INT : row->contact_s + facts.silence_s,
		           err);
}

int
ledger_watch_contact(struct ledger *l, const struct ledger_row *row, int64_t now_s,
    struct smartlic_error *err)
{
	return row->watch_s != DB_NULL_INT ? 0 : look(l, row, now_s, err);
}

/* The next instance to be looked at behind that one. */
static int
next_watched(struct ledger *l, int64_t now_s, int64_t *watch_s, char instance[SL_UUID_SIZE],
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT watch_s, instance FROM instance WHERE account = $1 AND watch_s <= $2"
	    " AND (watch_s, instance) > ($3, $4) ORDER BY watch_s, instance LIMIT 1",
	    "tiit", l->info.account, now_s, *watch_s, instance);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		*watch_s = db_int(row, 0);
		(void)sl_copy(instance, SL_UUID_SIZE, db_text(row, 1));
		db_done(row);
	}
	return r;
}

/* One whose device is just being answered needs no look. */
static int
look_at(struct ledger *l, const char *instance, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_row row;
	int r = ledger_row_get(l, instance, &row, err);

	if (r == 1)
		r = ledger_lock_device_try(l, &row.udi, err);
	if (r == 1)
		r = ledger_row_get(l, instance, &row, err);
	return r <= 0 ? r : look(l, &row, now_s, err);
}

/* 1: there may be more. */
static int
watch_batch(struct ledger *l, int64_t now_s, int64_t *watch_s, char instance[SL_UUID_SIZE],
    struct smartlic_error *err)
{
	int n = 0, r = 1;

	while (n < BATCH && (r = next_watched(l, now_s, watch_s, instance, err)) == 1) {
		r = look_at(l, instance, now_s, err);
		if (r < 0)
			return r;
		n++;
	}
	return r < 0 ? r : n == BATCH;
}

static int
watch_devices(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	char instance[SL_UUID_SIZE] = "";
	int64_t watch_s = INT64_MIN + 1;
	int more = 1, r = 0;

	while (r == 0 && more) {
		r = ledger_begin_chores(l, err);
		more = r < 0 ? r : watch_batch(l, now_s, &watch_s, instance, err);
		if (r == 0)
			r = more < 0 ? more : db_commit(l->db, err);
		db_rollback(l->db);
	}
	return r;
}

/* The token behind `id` that may be about to end, or whose alert may be over. */
static int
next_token(struct ledger *l, int64_t now_s, char id[2 * SL_TOKEN_ID_LEN + 1],
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT token FROM (SELECT token FROM token WHERE account = $1 AND expires_s > $2"
	    " AND expires_s <= $3 UNION SELECT source FROM alert WHERE account = $1"
	    " AND cleared_s IS NULL AND name = $4) AS t WHERE token > $5 ORDER BY token LIMIT 1",
	    "tiitt", l->info.account, now_s, now_s + ALERT_TOKEN_S,
	    alert_defs[ALERT_TOKEN_ENDING].name, id);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		(void)sl_copy(id, 2 * SL_TOKEN_ID_LEN + 1, db_text(row, 0));
		db_done(row);
	}
	return r;
}

static int
watch_tokens(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	char id[2 * SL_TOKEN_ID_LEN + 1] = "";
	struct ledger_token t;
	int r;

	while ((r = next_token(l, now_s, id, err)) == 1) {
		r = ledger_token_find(l, id, &t, err);
		if (r == 0)
			r = ledger_alert_token(l, &t, now_s, err);
		if (r < 0)
			return r;
	}
	return r;
}

struct pools {
	struct {
		int64_t va;
		char tag[SL_TAG_SIZE];
	} *list;
	size_t n;
};

static int
read_pools(struct ledger *l, struct pools *ret, struct smartlic_error *err)
{
	struct db_row *row;
	void *p;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT va, tag FROM purchase WHERE account = $1"
	    " UNION SELECT va, tag FROM pool WHERE account = $1 ORDER BY va, tag", "t",
	    l->info.account);
	while (r >= 0 && (r = db_next(row, err)) == 1) {
		p = reallocarray(ret->list, ret->n + 1, sizeof(*ret->list));
		if (p == NULL) {
			db_done(row);
			return sl_nomem(err);
		}
		ret->list = p;
		ret->list[ret->n].va = db_int(row, 0);
		LEDGER_COPY(ret->list[ret->n].tag, row, 1);
		ret->n++;
	}
	return r;
}

static int
watch_pools(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	struct pools pools = { NULL, 0 };
	int r = read_pools(l, &pools, err);

	for (size_t i = 0; r == 0 && i < pools.n; i++)
		r = ledger_alert_pool(l, pools.list[i].va, pools.list[i].tag, now_s, err);
	free(pools.list);
	return r;
}

static int
forget(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	int r;

	r = db_exec(l->db, err,
	    "UPDATE alert SET cleared_s = $2 WHERE account = $1 AND cleared_s IS NULL"
	    " AND name IN ($3, $4) AND last_s < $5",
	    "titti", l->info.account, now_s, alert_defs[ALERT_CLONE].name,
	    alert_defs[ALERT_REPLACED_KEY].name, now_s - ALERT_SIGN_S);
	return r < 0 ? r
		     : db_exec(l->db, err,
		           "DELETE FROM alert WHERE account = $1 AND cleared_s < $2", "ti",
		           l->info.account, now_s - KEPT_S);
}

static int
watch_account(struct ledger *l, void *ud, struct smartlic_error *err)
{
	int64_t now_s = *(const int64_t *)ud;
	int r = watch_devices(l, now_s, err);

	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = watch_tokens(l, now_s, err);
	if (r == 0)
		r = watch_pools(l, now_s, err);
	if (r == 0)
		r = forget(l, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

int
ledger_watch(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	return ledger_for_all_accounts(l, watch_account, &now_s, err);
}
