/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/satellites.h"

/* Satellites that do not synchronise, seen from either end. */

const char *
ledger_synchronised(int64_t synced_s, int64_t now_s)
{
	if (now_s - synced_s >= SATELLITE_EXPIRED_S)
		return "expired";
	return now_s - synced_s >= SATELLITE_OVERDUE_S ? "overdue" : "joined";
}

const char *
ledger_upstream_status(const struct ledger_upstream *u, int64_t now_s)
{
	return u->left_s != DB_NULL_INT ? "left" : ledger_synchronised(u->synced_s, now_s);
}

/* failed: why the last try was to no avail, where that is known; "" */
static int
settle(struct ledger *l, const char *name, int serves, int64_t synced_s, const char *failed,
    int64_t now_s, struct smartlic_error *err)
{
	char at[SL_TIME_SIZE], text[400];
	const struct ledger_cause cause = { .source = name,
		.subject = name,
		.text = text,
		.due_s = serves ? synced_s + SATELLITE_EXPIRED_S : DB_NULL_INT,
		.first = "",
		.second = "" };
	int open = serves && now_s - synced_s >= SATELLITE_OVERDUE_S;

	sl_time(at, synced_s);
	(void)snprintf(text, sizeof(text), "last synchronised %s%s%s", at,
	    failed[0] != '\0' ? "; then failed: " : "", failed);
	return ledger_alert_settle(l, ALERT_BIT(SATELLITE_OVERDUE),
	    open ? ALERT_BIT(SATELLITE_OVERDUE) : 0, &cause, now_s, err);
}

struct seen {
	struct ledger_satellite *list;
	size_t n;
	struct smartlic_error *err;
};

static int
add(void *ud, const struct ledger_satellite *s)
{
	struct seen *seen = ud;
	struct ledger_satellite *p = reallocarray(seen->list, seen->n + 1, sizeof(*p));

	if (p == NULL)
		return sl_nomem(seen->err);
	seen->list = p;
	seen->list[seen->n++] = *s;
	return 0;
}

static int
watch(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	struct seen seen = { .err = err };
	struct ledger_upstream up;
	int r = ledger_upstream_get(l, &up, err);

	if (r == 1)
		return settle(l, "upstream", up.left_s == DB_NULL_INT, up.synced_s, up.failed,
		    now_s, err);
	if (r == 0)
		r = ledger_satellite_each(l, add, &seen, err);
	for (size_t i = 0; r == 0 && i < seen.n; i++)
		if (seen.list[i].state != SATELLITE_INVITED)
			r = settle(l, seen.list[i].name, seen.list[i].state == SATELLITE_JOINED,
			    seen.list[i].synced_s, "", now_s, err);
	free(seen.list);
	return r;
}

static int
watch_account(struct ledger *l, void *ud, struct smartlic_error *err)
{
	const int64_t *now_s = ud;
	int r = ledger_begin(l, err);

	if (r == 0)
		r = watch(l, *now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

int
ledger_satellites_watch(struct ledger *l, int64_t now_s, struct smartlic_error *err)
{
	return ledger_for_all_accounts(l, watch_account, &now_s, err);
}
