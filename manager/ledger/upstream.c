/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/satellites.h"

/* A satellite's side: its upstream, and what it has from there. */

int
ledger_upstreams_own(const struct ledger *l, const char *instead, struct smartlic_error *err)
{
	return l->info.upstream[0] == '\0'
		   ? 0
		   : sl_fail(err, SMARTLIC_E_STATE, "this is a satellite: %s", instead);
}

int
ledger_upstream_get(struct ledger *l, struct ledger_upstream *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT home, ledger, own, url, token, va, joined_s, synced_s, tried_s, left_s, failed,"
	    " up_to, acknowledged, sequence, request_id, sha256, exported_id, exported_sha256"
	    " FROM upstream WHERE account = $1",
	    "t", l->info.account);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	*ret = (struct ledger_upstream){ .va = db_int(row, 5),
		.joined_s = db_int(row, 6),
		.synced_s = db_int(row, 7),
		.tried_s = db_int(row, 8),
		.left_s = db_int(row, 9),
		.cursor = db_int(row, 11),
		.acknowledged = db_int(row, 12),
		.sequence = db_int(row, 13) };
	LEDGER_COPY(ret->home, row, 0);
	LEDGER_COPY(ret->ledger, row, 1);
	LEDGER_COPY(ret->own, row, 2);
	LEDGER_COPY(ret->url, row, 3);
	LEDGER_COPY(ret->token, row, 4);
	LEDGER_COPY(ret->failed, row, 10);
	LEDGER_COPY(ret->request_id, row, 14);
	LEDGER_COPY(ret->sha256, row, 15);
	LEDGER_COPY(ret->exported_id, row, 16);
	LEDGER_COPY(ret->exported_sha256, row, 17);
	db_done(row);
	return 1;
}

int
ledger_upstream_add(struct ledger *l, const struct ledger_upstream *u, struct smartlic_error *err)
{
	int r;

	r = db_exec(l->db, err,
	    "INSERT INTO upstream (account, home, ledger, own, url, token, va, joined_s, synced_s,"
	    " failed, up_to, acknowledged, sequence, request_id, sha256)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, '', 0, 0, 0, '', '')",
	    "ttttttii", l->info.account, u->home, u->ledger, u->own, u->url, u->token, u->va,
	    u->joined_s);
	/* it registers nobody: it stands for tokens that were made elsewhere */
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO token (account, token, va, name, created_s, expires_s, revoked_s, "
		    "uses,"
		    " uses_max) VALUES ($1, $2, $3, 'upstream', $4, $4, $4, 0, NULL)",
		    "ttii", l->info.account, u->token, u->va, u->joined_s);
	if (r == 0)
		r = ledger_token_settle(l, u->token, err);
	/* the upstream keeps them */
	if (r == 0)
		r = db_exec(l->db, err, "UPDATE account SET sample_days = $2 WHERE account = $1",
		    "ti", l->info.account, (int64_t)LEDGER_SAMPLE_DAYS_MIN);
	if (r == 0)
		(void)sl_copy(l->info.upstream, sizeof(l->info.upstream), u->home);
	return r;
}

int
ledger_upstream_put(struct ledger *l, const struct ledger_upstream *u, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE upstream SET ledger = $2, own = $3, url = $4, synced_s = $5, tried_s = $6,"
	    " left_s = $7, failed = $8, up_to = $9, acknowledged = $10, sequence = $11,"
	    " request_id = $12, sha256 = $13, exported_id = $14, exported_sha256 = $15"
	    " WHERE account = $1",
	    "ttttiootiiitttt", l->info.account, u->ledger, u->own, u->url, u->synced_s, u->tried_s,
	    u->left_s, u->failed, u->cursor, u->acknowledged, u->sequence, u->request_id, u->sha256,
	    u->exported_id, u->exported_sha256);
}

int
ledger_upstream_va(struct ledger *l, int64_t va, const char *name, int64_t place, int64_t now_s,
    struct smartlic_error *err)
{
	int r;

	/* one that had this name has another by now, or is this satellite's own and makes way */
	r = db_exec(l->db, err,
	    "UPDATE virtual_account SET name = name || ' (' || CAST(va AS TEXT) || ')'"
	    " WHERE account = $1 AND name = $2 AND va <> $3",
	    "tti", l->info.account, name, va);
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO virtual_account (account, va, name, created_s)"
		    " VALUES ($1, $2, $3, $4)"
		    " ON CONFLICT (account, va) DO UPDATE SET name = excluded.name"
		    " WHERE virtual_account.name <> excluded.name",
		    "titi", l->info.account, va, name, now_s);
	return r < 0 ? r
		     : db_exec(l->db, err,
			   "INSERT INTO satellite_va (account, va, satellite, place)"
			   " VALUES ($1, $2, '', $3)"
			   " ON CONFLICT (account, va) DO UPDATE SET place = excluded.place",
			   "tii", l->info.account, va, place);
}

int
ledger_upstream_pool(struct ledger *l, int64_t va, const char *tag, int64_t quantity, int64_t now_s,
    struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO purchase (account, purchase, va, tag, quantity, at_s)"
	    " SELECT $1, (SELECT COALESCE(MAX(p.purchase), 0) + 1 FROM purchase p WHERE p.account "
	    "= $1),"
	    " $2, $3, t.more, $5 FROM (SELECT CAST($4 + COALESCE((SELECT SUM(CASE WHEN x.to_va = $2"
	    " THEN x.quantity ELSE -x.quantity END) FROM transfer x WHERE x.account = $1"
	    " AND x.tag = $3 AND x.told_s IS NULL AND (x.to_va = $2 OR x.from_va = $2)), 0)"
	    " - COALESCE((SELECT SUM(o.quantity) FROM purchase o WHERE o.account = $1 AND o.va = $2"
	    " AND o.tag = $3), 0) AS BIGINT) AS more) t WHERE t.more <> 0",
	    "titii", l->info.account, va, tag, quantity, now_s);
}

int
ledger_evidence_put(struct ledger *l, const char *instance, const void *request, size_t len,
    struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO evidence (account, instance, request) VALUES ($1, $2, $3)"
	    " ON CONFLICT (account, instance) DO UPDATE SET request = excluded.request",
	    "ttb", l->info.account, instance, request, len);
}

int
ledger_evidence_get(
    struct ledger *l, const char *instance, struct sl_buf *ret, struct smartlic_error *err)
{
	struct db_row *row;
	const void *der;
	size_t len;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT request FROM evidence WHERE account = $1 AND instance = $2", "tt",
	    l->info.account, instance);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		der = db_blob(row, 0, &len);
		sl_buf_add(ret, der, len);
		db_done(row);
		r = ret->failed ? sl_nomem(err) : 1;
	}
	return r;
}

/* ---- both ----------------------------------------------------------------- */

int
ledger_va_here(struct ledger *l, int64_t va, struct smartlic_error *err)
{
	char name[LEDGER_NAME_SIZE];
	int r = ledger_va_satellite(l, va, name, err);

	return r < 0 ? r : r == (l->info.upstream[0] != '\0');
}

int
ledger_change_mark(
    struct ledger *l, const char *peer, const char *instance, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO change (account, peer, change, instance)"
	    " SELECT $1, $2, COALESCE(MAX(c.change), 0) + 1, $3 FROM change c"
	    " WHERE c.account = $1 AND c.peer = $2"
	    " ON CONFLICT (account, peer, instance) DO UPDATE SET change = excluded.change",
	    "ttt", l->info.account, peer, instance);
}

int
ledger_change_is_after(struct ledger *l, const char *peer, const char *instance, int64_t after,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT 1 FROM change WHERE account = $1 AND peer = $2 AND instance = $3 AND change > "
	    "$4",
	    "ttti", l->info.account, peer, instance, after);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1)
		db_done(row);
	return r;
}

int
ledger_upstream_mark_all(struct ledger *l, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO change (account, peer, change, instance)"
	    " SELECT $1, $2, COALESCE((SELECT MAX(c.change) FROM change c WHERE c.account = $1"
	    " AND c.peer = $2), 0) + ROW_NUMBER() OVER (ORDER BY i.instance), i.instance"
	    " FROM instance i WHERE i.account = $1 AND (i.home IS NULL OR i.state = 'closed')"
	    " ON CONFLICT (account, peer, instance) DO NOTHING",
	    "tt", l->info.account, l->info.upstream);
}

int
ledger_row_is_told(struct ledger *l, const char *instance, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT 1 FROM upstream u JOIN change c ON c.account = u.account AND c.peer = u.home"
	    " WHERE u.account = $1 AND u.own = $3 AND c.instance = $2 AND c.change <= "
	    "u.acknowledged",
	    "ttt", l->info.account, instance, l->info.ledger);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1)
		db_done(row);
	return r;
}

int
ledger_change_each(struct ledger *l, const char *peer, int64_t after, size_t max,
    int (*fn)(void *ud, int64_t change, const char *instance), void *ud, struct smartlic_error *err)
{
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT c.change, c.instance FROM change c JOIN instance i ON i.account = c.account"
	    " AND i.instance = c.instance WHERE c.account = $1 AND c.peer = $2 AND c.change > $3"
	    " AND ($5 = 0 OR i.home IS NULL OR i.state = 'closed') ORDER BY c.change LIMIT $4",
	    "ttiii", l->info.account, peer, after, (int64_t)max,
	    (int64_t)(l->info.upstream[0] != '\0'));
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		stop = fn(ud, db_int(row, 0), db_text(row, 1));
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_row_changed(struct ledger *l, const struct ledger_row *row, struct smartlic_error *err)
{
	if (l->info.upstream[0] != '\0')
		return row->home[0] != '\0'
			   ? 0
			   : ledger_change_mark(l, l->info.upstream, row->instance, err);
	return row->home[0] != '\0' ? ledger_change_mark(l, row->home, row->instance, err) : 0;
}

int
ledger_row_tell_end(struct ledger *l, const struct ledger_row *row, struct smartlic_error *err)
{
	int r = l->info.upstream[0] != '\0'
		    ? 0
		    : db_exec(l->db, err,
			  "UPDATE change SET change = 1 + (SELECT MAX(c.change) FROM change c"
			  " WHERE c.account = change.account AND c.peer = change.peer)"
			  " WHERE account = $1 AND instance = $2 AND peer IN"
			  " (SELECT s.home FROM satellite s WHERE s.account = $1 AND s.state = "
			  "'joined')",
			  "tt", l->info.account, row->instance);

	return r < 0 ? r : ledger_row_changed(l, row, err);
}

int
ledger_row_bring(
    struct ledger *l, struct ledger_row *row, int64_t va, int64_t now_s, struct smartlic_error *err)
{
	int r = ledger_release(l, row->instance, row->va, "moved", now_s, err);

	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE instance SET home = NULL, va = $3 WHERE account = $1 AND instance = $2",
		    "tti", l->info.account, row->instance, va);
	/* what is reserved goes along, whatever is in use */
	if (r == 0)
		r = ledger_hold(l, row->instance, va, LEDGER_HOLD_RESERVED, "moved", now_s, err);
	if (r == 0 && l->info.upstream[0] == '\0')
		r = ledger_change_mark(l, row->home, row->instance, err);
	if (r < 0)
		return r;
	row->va = va;
	row->home[0] = '\0';
	return 0;
}

/* Of one that is known, with what it holds where it was. */
static int
replace_row(struct ledger *l, const struct ledger_row *row, const struct ledger_row *have,
    int64_t now_s, struct smartlic_error *err)
{
	int r = have->va == row->va
		    ? 0
		    : ledger_release(l, row->instance, have->va, "moved", now_s, err);

	/* from one satellite to another: the former is told */
	if (r == 0 && have->home[0] != '\0' && strcmp(have->home, row->home) != 0)
		r = ledger_row_changed(l, have, err);
	if (r == 0)
		r = ledger_row_put(l, row, err);
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE instance SET va = $3, home = $4, hostname = $5, export_controlled = $6"
		    " WHERE account = $1 AND instance = $2",
		    "ttitti", l->info.account, row->instance, row->va,
		    row->home[0] != '\0' ? row->home : NULL, row->hostname,
		    (int64_t)row->export_controlled);
	/* what was reserved here goes along */
	return r < 0 ? r
		     : ledger_hold(
			   l, row->instance, row->va, LEDGER_HOLD_RESERVED, "moved", now_s, err);
}

int
ledger_row_take(struct ledger *l, const struct ledger_row *row, int known,
    struct ledger_usage *usage, size_t n, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_row have;
	int reserved, r = known ? ledger_row_get(l, row->instance, &have, err) : 0;

	if (r >= 0)
		r = r == 1 ? replace_row(l, row, &have, now_s, err) : ledger_row_add(l, row, err);
	if (r == 0)
		r = ledger_usage_set(l, row->instance, usage, n, &reserved, err);
	return r < 0 ? r : 0;
}

int
ledger_key_clear(struct ledger *l, const char *instance, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE key SET state = 'replaced' WHERE account = $1 AND instance = $2", "tt",
	    l->info.account, instance);
}
