/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "authority/sync.h"

/* When a satellite synchronises by itself. */

int
sync_is_due(const struct ledger_upstream *u, int asked, int64_t now_s)
{
	int64_t tried_s = u->tried_s == DB_NULL_INT ? u->joined_s : u->tried_s;
	int64_t due_s = u->failed[0] != '\0' ? tried_s : u->synced_s + SYNC_EVERY_S;

	if (u->left_s != DB_NULL_INT || u->url[0] == '\0')
		return 0;
	/* one that ended without a word has failed too */
	if (due_s < tried_s + SYNC_RETRY_S)
		due_s = tried_s + SYNC_RETRY_S;
	/* a clock that was put back must not keep it silent for as long */
	return !asked || now_s >= due_s || now_s < tried_s || now_s < u->synced_s;
}

int
sync_failed(struct authority *a, const struct smartlic_error *why, int64_t now_s,
    struct smartlic_error *err)
{
	struct db *db = ledger_db(a->ledger);
	struct ledger_upstream u;
	int r = ledger_begin(a->ledger, err);

	if (r == 0)
		r = sync_upstream(a, &u, err);
	if (r == 0) {
		(void)snprintf(u.failed, sizeof(u.failed), "%.255s", why->text);
		u.tried_s = now_s;
		r = ledger_upstream_put(a->ledger, &u, err);
	}
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	return r;
}
