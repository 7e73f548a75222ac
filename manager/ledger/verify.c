/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/chain.h"
#include "ledger/ledger_impl.h"

/* ---- sums ---------------------------------------------------------------------------------- */

/* Each query gives the rows that break a rule: none is right. */
static const struct {
	const char *rule;
	const char *sql;
} checks[] = {
	{ "a pool's consumption is the sum of its entries",
	    "SELECT p.va || ' ' || p.tag FROM pool p WHERE p.account = $1 AND p.consumed <>"
	    " COALESCE((SELECT SUM(e.delta) FROM entry e WHERE e.account = p.account"
	    " AND e.va = p.va AND e.tag = p.tag), 0)" },
	{ "every entry belongs to a pool",
	    "SELECT e.va || ' ' || e.tag FROM entry e WHERE e.account = $1 AND NOT EXISTS"
	    " (SELECT 1 FROM pool p WHERE p.account = e.account AND p.va = e.va"
	    " AND p.tag = e.tag)" },
	{ "what an instance holds is the sum of its entries",
	    "SELECT t.instance || ' ' || t.tag FROM (SELECT instance, tag, SUM(delta) AS held"
	    " FROM entry WHERE account = $1 GROUP BY instance, tag) t WHERE t.held <>"
	    " COALESCE((SELECT u.held FROM usage u WHERE u.account = $1"
	    " AND u.instance = t.instance AND u.tag = t.tag), 0)" },
	{ "nothing is held without an entry",
	    "SELECT u.instance || ' ' || u.tag FROM usage u WHERE u.account = $1 AND u.held <>"
	    " COALESCE((SELECT SUM(e.delta) FROM entry e WHERE e.account = u.account"
	    " AND e.instance = u.instance AND e.tag = u.tag), 0)" },
	{ "an instance holds its whole last usage or nothing, and at least what is reserved",
	    "SELECT u.instance || ' ' || u.tag FROM usage u"
	    " JOIN instance i ON i.account = u.account AND i.instance = u.instance"
	    " WHERE u.account = $1 AND u.held <> CASE WHEN i.holds = 1 AND u.count > u.reserved"
	    " THEN u.count ELSE u.reserved END" },
	{ "what is reserved for an instance is that of its open reservation",
	    "SELECT t.instance || ' ' || t.tag FROM (SELECT u.instance, u.tag, u.reserved FROM usage u"
	    " WHERE u.account = $1 UNION SELECT c.instance, c.tag, 0 FROM reservation_license c"
	    " WHERE c.account = $1 AND NOT EXISTS (SELECT 1 FROM usage u WHERE u.account = c.account"
	    " AND u.instance = c.instance AND u.tag = c.tag)) t WHERE t.reserved <>"
	    " COALESCE((SELECT c.count FROM reservation_license c JOIN reservation v"
	    " ON v.account = c.account AND v.instance = c.instance"
	    " AND v.reservation = c.reservation WHERE c.account = $1"
	    " AND c.instance = t.instance AND c.tag = t.tag AND v.state = 'open'), 0)" },
	{ "a closed instance has no open reservation",
	    "SELECT v.reservation FROM reservation v JOIN instance i ON i.account = v.account"
	    " AND i.instance = v.instance WHERE v.account = $1 AND v.state = 'open'"
	    " AND i.state = 'closed'" },
	{ "an instance knows whether a reservation of it was closed unheard",
	    "SELECT i.instance FROM instance i WHERE i.account = $1 AND i.unconfirmed <>"
	    " COALESCE((SELECT MAX(v.unconfirmed) FROM reservation v WHERE v.account = i.account"
	    " AND v.instance = i.instance), 0)" },
	{ "a closed instance holds nothing",
	    "SELECT instance FROM instance WHERE account = $1 AND state = 'closed'"
	    " AND holds <> 0" },
	{ "a UDI's licenses are counted for one instance, the live one if there is one",
	    "SELECT a.instance FROM instance a JOIN instance b ON b.account = a.account"
	    " AND b.pid = a.pid AND b.sn = a.sn AND b.uuid = a.uuid AND b.instance <> a.instance"
	    " WHERE a.account = $1 AND a.holds = 1 AND (b.holds = 1 OR b.state = 'live')" },
	{ "at most one instance of a UDI is live",
	    "SELECT sn FROM instance WHERE account = $1 AND state = 'live'"
	    " GROUP BY pid, sn, uuid HAVING COUNT(*) > 1" },
	{ "a token's uses are the UDIs that it registered, within its limit",
	    "SELECT t.token FROM token t WHERE t.account = $1 AND (t.uses > t.uses_max"
	    " OR t.uses <> (SELECT COUNT(*) FROM token_use u WHERE u.account = t.account"
	    " AND u.token = t.token))" },
	{ "an open instance has one current key or, pending, an issued one",
	    "SELECT i.instance FROM instance i WHERE i.account = $1 AND i.state <> 'closed'"
	    " AND 1 <> (SELECT COUNT(*) FROM key k WHERE k.account = i.account"
	    " AND k.instance = i.instance AND k.state ="
	    " CASE WHEN i.state = 'live' THEN 'current' ELSE 'issued' END)" },
	{ "an instance's sequence is that of its last request",
	    "SELECT i.instance FROM instance i WHERE i.account = $1 AND i.sequence <>"
	    " COALESCE((SELECT MAX(q.sequence) FROM request q WHERE q.account = i.account"
	    " AND q.instance = i.instance), 0)" },
	{ "a key or a token is found in its own account",
	    "SELECT k.ski FROM key k LEFT JOIN key_home h ON h.ski = k.ski"
	    " WHERE k.account = $1 AND COALESCE(h.account, '') <> k.account UNION ALL"
	    " SELECT t.token FROM token t LEFT JOIN token_home h ON h.token = t.token"
	    " WHERE t.account = $1 AND COALESCE(h.account, '') <> t.account" },
	{ "a device is known to the directory",
	    "SELECT i.instance FROM instance i WHERE i.account = $1 AND NOT EXISTS"
	    " (SELECT 1 FROM udi_home h WHERE h.pid = i.pid AND h.sn = i.sn AND h.uuid = i.uuid"
	    " AND h.account = i.account)" },
};

static int
check_account(struct ledger *l, void *ud, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	(void)ud;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		r = db_query(l->db, &row, err, checks[i].sql, "t", l->info.account);
		if (r == 0)
			r = db_next(row, err);
		if (r < 0)
			return r;
		if (r == 1) {
			r = sl_fail(err, SMARTLIC_E_STORE,
			    "the ledger breaks its rule '%s', first at %s; restore a backup",
			    checks[i].rule, db_text(row, 0));
			db_done(row);
			return r;
		}
	}
	return 0;
}

int
ledger_check(struct ledger *l, struct smartlic_error *err)
{
	return ledger_for_all_accounts(l, check_account, NULL, err);
}

/* ---- the chain ----------------------------------------------------------------------------- */

void
ledger_head_text(char ret[LEDGER_HEAD_SIZE], const struct ledger_head *head)
{
	(void)snprintf(ret, LEDGER_HEAD_SIZE, "%lld:%s", (long long)head->entry, head->hash);
}

int
ledger_head_read(struct ledger_head *ret, const char *text, struct smartlic_error *err)
{
	unsigned char hash[SL_SHA256_LEN];
	const char *colon = strchr(text, ':');
	char *end;

	if (colon != NULL && text[0] >= '0' && text[0] <= '9' && colon - text < 19 &&
	    strlen(colon + 1) == SL_SHA256_HEX - 1 &&
	    sl_unhex(hash, sizeof(hash), colon + 1) == 0) {
		ret->entry = strtoll(text, &end, 10);
		sl_hex(ret->hash, hash, sizeof(hash));
		if (end == colon)
			return 0;
	}
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "'%.90s': the head of a chain is expected as 'ledger verify' prints it, N:HASH", text);
}

static const char cure[] =
    "restore a backup that 'ledger verify' finds in order, and see who can write to the database";

static int
judge_noted(
    const struct ledger_head *noted, const struct ledger_head *at, struct smartlic_error *err)
{
	if (noted == NULL || noted->entry != at->entry || strcmp(noted->hash, at->hash) == 0)
		return 0;
	return sl_fail(err, SMARTLIC_E_STORE,
	    "entry %lld is not the one that was noted: it or one before it was written anew, or a "
	    "backup from before it was restored ('audit list' tells); else %s",
	    (long long)at->entry, cure);
}

/* The next entry of the row, after `at`. */
static int
judge_entry(
    struct ledger *l, struct db_row *row, struct ledger_head *at, struct smartlic_error *err)
{
	const struct chain_entry e = { .account = l->info.account,
		.entry = db_int(row, 2),
		.va = db_int(row, 3),
		.tag = db_text(row, 4),
		.instance = db_text(row, 5),
		.delta = db_int(row, 6),
		.why = db_text(row, 7),
		.at_s = db_int(row, 8) };
	char hash[SL_SHA256_HEX];
	int r;

	if (e.entry != at->entry + 1)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "entry %lld is missing: the next one is %lld; %s", (long long)at->entry + 1,
		    (long long)e.entry, cure);
	r = chain_hash(l->crypto, at->hash, &e, hash, err);
	if (r == 0 && strcmp(hash, db_text(row, 9)) != 0)
		r = sl_fail(err, SMARTLIC_E_STORE,
		    "entry %lld, of instance %s, is not as it was written; %s", (long long)e.entry,
		    e.instance, cure);
	if (r == 0) {
		at->entry = e.entry;
		(void)sl_copy(at->hash, sizeof(at->hash), hash);
	}
	return r;
}

static int
judge_head(const struct ledger_head *head, const struct ledger_head *at,
    const struct ledger_head *noted, struct smartlic_error *err)
{
	if (head->entry > at->entry)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "entry %lld is missing, as all up to %lld are: the end was cut off; %s",
		    (long long)at->entry + 1, (long long)head->entry, cure);
	if (head->entry < at->entry || strcmp(head->hash, at->hash) != 0)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "the chain of entries was closed at %lld with another end than entry %lld; %s",
		    (long long)head->entry, (long long)at->entry, cure);
	if (noted != NULL && noted->entry > at->entry)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "the ledger ends at entry %lld, before the noted %lld: its end was cut off, or "
		    "a "
		    "backup from before it was restored ('audit list' tells); else %s",
		    (long long)at->entry, (long long)noted->entry, cure);
	return 0;
}

/* One query, so that all of it is of one moment, whoever writes meanwhile.  It begins behind `at`.
 */
static int
walk(struct ledger *l, const struct ledger_head *noted, struct ledger_head *at, int64_t *ret_broken,
    struct smartlic_error *err)
{
	struct ledger_head head = { 0, CHAIN_BEGIN };
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT c.entry, c.hash, e.entry, e.va, e.tag, e.instance, e.delta, e.why, e.at_s,"
	    " e.hash FROM account a LEFT JOIN chain c ON c.account = a.account"
	    " LEFT JOIN entry e ON e.account = a.account AND e.entry > $2 WHERE a.account = $1"
	    " ORDER BY e.entry",
	    "ti", l->info.account, at->entry);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		if (!db_is_null(row, 0)) {
			head.entry = db_int(row, 0);
			LEDGER_COPY(head.hash, row, 1);
		}
		if (db_is_null(row, 2))
			continue;
		r = judge_entry(l, row, at, err);
		*ret_broken = r < 0 ? at->entry + 1 : 0;
		if (r == 0)
			r = judge_noted(noted, at, err);
		if (r < 0) {
			db_done(row);
			return r;
		}
	}
	if (r == 0)
		r = judge_head(&head, at, noted, err);
	if (r < 0 && head.entry > at->entry)
		*ret_broken = at->entry + 1;
	return r;
}

int
ledger_verify(struct ledger *l, const struct ledger_head *noted, struct ledger_head *ret,
    int64_t *ret_broken, struct smartlic_error *err)
{
	struct ledger_head at = { 0, CHAIN_BEGIN };
	int r;

	*ret_broken = 0;
	r = judge_noted(noted, &at, err);
	if (r == 0)
		r = walk(l, noted, &at, ret_broken, err);
	if (r == 0)
		r = check_account(l, NULL, err);
	if (r == 0)
		*ret = at;
	return r;
}

/* The entry from which on the last `n` follow. */
static int
before_last(struct ledger *l, int64_t n, struct ledger_head *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT e.entry, e.hash FROM chain c JOIN entry e ON e.account = c.account"
	    " AND e.entry = c.entry - $2 WHERE c.account = $1",
	    "ti", l->info.account, n);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		ret->entry = db_int(row, 0);
		LEDGER_COPY(ret->hash, row, 1);
		db_done(row);
	}
	return r < 0 ? r : 0;
}

int
ledger_verify_last(struct ledger *l, int64_t n, struct ledger_head *ret, int64_t *ret_broken,
    struct smartlic_error *err)
{
	struct ledger_head at = { 0, CHAIN_BEGIN };
	int r;

	*ret_broken = 0;
	r = before_last(l, n, &at, err);
	if (r == 0)
		r = walk(l, NULL, &at, ret_broken, err);
	if (r == 0)
		*ret = at;
	return r;
}
