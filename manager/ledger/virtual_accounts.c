/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"
#include "ledger/satellites.h"

/*
 * Virtual accounts.  All that is written refers to one by its number, which it keeps for ever: so a
 * name may change, and one that is deleted leaves its row, under a name that nobody can give.
 */

/* ---- finding one ---------------------------------------------------------------------------- */

int
ledger_va_default(struct ledger *l, int64_t *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err, "SELECT default_va FROM account WHERE account = $1", "t",
	    l->info.account);
	if (r == 0)
		r = db_next(row, err);
	if (r == 0)
		return sl_fail(
		    err, SMARTLIC_E_NOT_FOUND, "the smart account %s is not here", l->info.account);
	if (r < 0)
		return r;
	*ret = db_int(row, 0);
	db_done(row);
	return 0;
}

int
ledger_va_find(struct ledger *l, const char *name, int64_t *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	if (name == NULL)
		return ledger_va_default(l, ret, err);
	r = db_query(l->db, &row, err,
	    "SELECT va FROM virtual_account WHERE account = $1 AND name = $2"
	    " AND deleted_s IS NULL",
	    "tt", l->info.account, name);
	if (r == 0)
		r = db_next(row, err);
	if (r == 0)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "no virtual account is named '%s' (case matters); 'virtual-account list' names "
		    "them",
		    name);
	if (r < 0)
		return r;
	*ret = db_int(row, 0);
	db_done(row);
	return 0;
}

int
ledger_va_resolve(struct ledger *l, const char *name, int64_t *ret, char ret_name[LEDGER_NAME_SIZE],
    struct smartlic_error *err)
{
	int r = ledger_va_find(l, name, ret, err);

	if (r == 0)
		r = ledger_va_name(l, *ret, ret_name, err);
	return r < 0 ? r : 0;
}

int
ledger_va_name(struct ledger *l, int64_t va, char ret[LEDGER_NAME_SIZE], struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT name FROM virtual_account WHERE account = $1 AND va = $2", "ti",
	    l->info.account, va);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		(void)sl_copy(ret, LEDGER_NAME_SIZE, db_text(row, 0));
		db_done(row);
	}
	return r;
}

int
ledger_va_is_open(struct ledger *l, int64_t va, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT 1 FROM virtual_account WHERE account = $1 AND va = $2 AND deleted_s IS NULL",
	    "ti", l->info.account, va);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1)
		db_done(row);
	return r;
}

int
ledger_va_limits(
    struct ledger *l, int64_t va, struct ledger_limits *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT silence_days, deadline_days FROM virtual_account"
	    " WHERE account = $1 AND va = $2",
	    "ti", l->info.account, va);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	*ret = (struct ledger_limits){ db_int(row, 0), db_int(row, 1) };
	db_done(row);
	return 1;
}

/* ---- making, renaming, deleting ---------------------------------------------------------------
 */

/* Is it how a deleted one is called: "NAME (deleted N)"? */
static int
is_of_a_deleted_one(const char *name)
{
	const char *p = strrchr(name, '(');

	if (p == NULL || strncmp(p, "(deleted ", 9) != 0 || !isdigit((unsigned char)p[9]))
		return 0;
	for (p += 9; isdigit((unsigned char)*p);)
		p++;
	return strcmp(p, ")") == 0;
}

static int
check_name(const char *name, struct smartlic_error *err)
{
	int r = ledger_name_check("name of the virtual account", name, LEDGER_NAME_SIZE, err);

	if (r == 0 && is_of_a_deleted_one(name))
		r = sl_fail(err, SMARTLIC_E_INVAL,
		    "name of the virtual account: '%.200s': deleted ones are called so; choose "
		    "another",
		    name);
	return r;
}

/* A satellite has its virtual accounts from its upstream, with number and name. */
static int
check_own(const struct ledger *l, struct smartlic_error *err)
{
	return ledger_upstreams_own(l,
	    "virtual accounts are made, renamed and deleted at its upstream; "
	    "'satellite sync' brings it here",
	    err);
}

int
ledger_virtual_account_create(
    struct ledger *l, const char *name, const char *who, int64_t now_s, struct smartlic_error *err)
{
	int r;

	r = check_own(l, err);
	if (r == 0)
		r = check_name(name, err);
	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = db_exec(l->db, err,
	    "INSERT INTO virtual_account (account, va, name, created_s)"
	    " SELECT $1, MAX(va) + 1, $2, $3 FROM virtual_account WHERE account = $1"
	    " ON CONFLICT (account, name) DO NOTHING",
	    "tti", l->info.account, name, now_s);
	if (r == 0 && db_changes(l->db) == 0)
		r = sl_fail(
		    err, SMARTLIC_E_EXISTS, "the virtual account '%s' exists already", name);
	if (r == 0)
		r = ledger_audit_add(l, who, "virtual account created", NULL, name, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* Alerts of its pools are called by its name. */
static int
rename_alerts(
    struct ledger *l, int64_t va, const char *before, const char *name, struct smartlic_error *err)
{
	char sources[40];

	(void)snprintf(sources, sizeof(sources), "%lld regid.%%", (long long)va);
	return db_exec(l->db, err,
	    "UPDATE alert SET subject = CAST($3 AS TEXT)"
	    " || SUBSTR(subject, LENGTH(CAST($4 AS TEXT)) + 1)"
	    " WHERE account = $1 AND source LIKE $2",
	    "tttt", l->info.account, sources, name, before);
}

static int
change_name(
    struct ledger *l, int64_t va, const char *before, const char *name, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT 1 FROM virtual_account WHERE account = $1 AND name = $2 AND va <> $3", "tti",
	    l->info.account, name, va);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		db_done(row);
		return sl_fail(err, SMARTLIC_E_EXISTS,
		    "a virtual account is named '%s' already; choose another name", name);
	}
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE virtual_account SET name = $3 WHERE account = $1 AND va = $2", "tit",
		    l->info.account, va, name);
	return r < 0 ? r : rename_alerts(l, va, before, name, err);
}

int
ledger_virtual_account_rename(struct ledger *l, const char *name, const char *new_name,
    const char *who, int64_t now_s, struct smartlic_error *err)
{
	char text[256];
	int64_t va;
	int r;

	r = check_own(l, err);
	if (r == 0)
		r = check_name(new_name, err);
	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = ledger_va_find(l, name, &va, err);
	if (r == 0)
		r = change_name(l, va, name, new_name, err);
	if (r == 0) {
		(void)snprintf(text, sizeof(text), "from '%.110s' to '%.110s'", name, new_name);
		r = ledger_audit_add(l, who, "virtual account renamed", NULL, text, now_s, err);
	}
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* What the whole of it is, whether it counts now or only later. */
int
ledger_va_contents(struct ledger *l, int64_t va, int64_t now_s, struct ledger_contents *ret,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT (SELECT COUNT(*) FROM instance WHERE account = $1 AND va = $2"
	    " AND state <> 'closed'),"
	    " (SELECT CAST(COALESCE(SUM(p.n), 0) AS BIGINT) FROM (SELECT SUM(quantity) AS n"
	    " FROM purchase WHERE account = $1 AND va = $2 AND (end_s IS NULL OR end_s > $3)"
	    " GROUP BY tag, order_ref, kind, start_s, end_s HAVING SUM(quantity) > 0) p),"
	    " (SELECT COUNT(*) FROM token WHERE account = $1 AND va = $2 AND revoked_s IS NULL"
	    " AND expires_s > $3 AND (uses_max IS NULL OR uses < uses_max)),"
	    " (SELECT COUNT(*) FROM reservation r JOIN instance i ON i.account = r.account"
	    " AND i.instance = r.instance WHERE r.account = $1 AND r.state = 'open'"
	    " AND i.va = $2)",
	    "tii", l->info.account, va, now_s);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	*ret = (struct ledger_contents){ db_int(row, 0), db_int(row, 1), db_int(row, 2),
		db_int(row, 3) };
	db_done(row);
	return 0;
}

/* Why it cannot be deleted, all of it at once, with the commands that help. */
static int
check_empty(
    struct ledger *l, int64_t va, const char *name, int64_t now_s, struct smartlic_error *err)
{
	char satellite[LEDGER_NAME_SIZE] = "";
	struct ledger_contents c;
	struct sl_buf text = { 0 };
	int64_t standing;
	int r;

	r = ledger_va_default(l, &standing, err);
	if (r == 0 && va == standing)
		return sl_fail(err, SMARTLIC_E_STATE,
		    "'%.100s' is the default virtual account: make another one that with "
		    "'virtual-account default' first",
		    name);
	if (r == 0)
		r = ledger_va_satellite(l, va, satellite, err);
	if (r == 1)
		return sl_fail(err, SMARTLIC_E_STATE,
		    "the satellite '%.80s' serves the virtual account '%.80s': it must leave first "
		    "('satellite leave' there, or 'satellite take-back')",
		    satellite, name);
	if (r == 0)
		r = ledger_va_contents(l, va, now_s, &c, err);
	if (r < 0)
		return r;
	if (c.instances > 0)
		sl_buf_printf(&text,
		    "; %lld product instances: 'instance transfer' or 'instance remove'",
		    (long long)c.instances);
	if (c.reservations > 0)
		sl_buf_printf(&text, "; %lld reservations: returned, or 'reservation close'",
		    (long long)c.reservations);
	if (c.licenses > 0)
		sl_buf_printf(&text, "; %lld licenses: 'license transfer'", (long long)c.licenses);
	if (c.tokens > 0)
		sl_buf_printf(&text, "; %lld usable tokens: 'token revoke'", (long long)c.tokens);
	if (text.failed)
		r = sl_nomem(err);
	else if (text.len > 0)
		r = sl_fail(
		    err, SMARTLIC_E_STATE, "'%.100s' is not empty: %s", name, text.data + 2);
	sl_buf_free(&text);
	return r;
}

/* Its name is free from now on. */
static int
bury(struct ledger *l, int64_t va, const char *name, int64_t now_s, struct smartlic_error *err)
{
	char mark[40], buried[LEDGER_NAME_SIZE];
	size_t len = strlen(name);
	int n = snprintf(mark, sizeof(mark), " (deleted %lld)", (long long)va);
	int r;

	/* no character is cut in two */
	if (len > sizeof(buried) - 1 - (size_t)n) {
		len = sizeof(buried) - 1 - (size_t)n;
		while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(buried, name, len);
	memcpy(buried + len, mark, (size_t)n + 1);
	r = change_name(l, va, name, buried, err);
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE virtual_account SET deleted_s = $3 WHERE account = $1 AND va = $2",
		    "tii", l->info.account, va, now_s);
	if (r == 0)
		r = db_exec(l->db, err,
		    "DELETE FROM virtual_account_tag WHERE account = $1 AND va = $2", "ti",
		    l->info.account, va);
	return r;
}

int
ledger_virtual_account_delete(
    struct ledger *l, const char *name, const char *who, int64_t now_s, struct smartlic_error *err)
{
	int64_t va;
	int r = check_own(l, err);

	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = ledger_va_find(l, name, &va, err);
	if (r == 0)
		r = check_empty(l, va, name, now_s, err);
	if (r == 0)
		r = bury(l, va, name, now_s, err);
	if (r == 0)
		r = ledger_audit_add(l, who, "virtual account deleted", NULL, name, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* ---- which one is meant where none is named -------------------------------------------------- */

static int
make_default(
    struct ledger *l, const char *name, const char *who, int64_t now_s, struct smartlic_error *err)
{
	char before[LEDGER_NAME_SIZE] = "", text[256];
	int64_t va, old;
	int r;

	r = ledger_va_find(l, name, &va, err);
	if (r == 0)
		r = ledger_va_resolve(l, NULL, &old, before, err);
	if (r < 0 || va == old)
		return r;
	r = ledger_va_here(l, va, err);
	if (r == 0)
		return sl_fail(err, SMARTLIC_E_STATE,
		    "the virtual account '%.100s' is served by another home; the default one must "
		    "be "
		    "served here",
		    name);
	if (r == 1)
		r = db_exec(l->db, err, "UPDATE account SET default_va = $2 WHERE account = $1",
		    "ti", l->info.account, va);
	(void)snprintf(text, sizeof(text), "'%.110s' instead of '%.110s'", name, before);
	return r < 0 ? r
		     : ledger_audit_add(l, who, "virtual account default", NULL, text, now_s, err);
}

int
ledger_virtual_account_default(
    struct ledger *l, const char *name, const char *who, int64_t now_s, struct smartlic_error *err)
{
	int r = ledger_begin(l, err);

	if (r < 0)
		return r;
	r = make_default(l, name, who, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* ---- limits and tags ------------------------------------------------------------------------- */

static int
set_limits(
    struct ledger *l, int64_t va, const struct ledger_limits *limits, struct smartlic_error *err)
{
	struct ledger_limits now;
	int r = ledger_va_limits(l, va, &now, err);

	if (limits->silence_days != 0)
		now.silence_days = limits->silence_days;
	if (limits->deadline_days != 0)
		now.deadline_days = limits->deadline_days;
	if (r >= 0 && (now.silence_days < 1 || now.deadline_days < 7 || now.deadline_days > 365 ||
			  now.silence_days > now.deadline_days))
		r = sl_fail(err, SMARTLIC_E_INVAL,
		    "the deadline is 7 to 365 days, and silence 1 day up to it; these would be "
		    "%lld and %lld days",
		    (long long)now.deadline_days, (long long)now.silence_days);
	if (r >= 0)
		r = db_exec(l->db, err,
		    "UPDATE virtual_account SET silence_days = $3, deadline_days = $4"
		    " WHERE account = $1 AND va = $2",
		    "tiii", l->info.account, va, now.silence_days, now.deadline_days);
	/* all are looked at anew by the next chores */
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE instance SET watch_s = 0 WHERE account = $1 AND va = $2"
		    " AND state = 'live'",
		    "ti", l->info.account, va);
	return r;
}

/* The next of a list with commas, without the blanks around it: 1, or 0 behind the last. */
static int
next_tag(const char **at, char ret[LEDGER_VA_TAG_SIZE], struct smartlic_error *err)
{
	const char *begin = *at + strspn(*at, " ,"), *end = begin + strcspn(begin, ",");
	size_t len = (size_t)(end - begin);

	*at = end;
	while (len > 0 && begin[len - 1] == ' ')
		len--;
	if (len == 0)
		return 0;
	if (len >= LEDGER_VA_TAG_SIZE)
		return sl_fail(err, SMARTLIC_E_INVAL, "tag '%.*s…': it has at most %d bytes", 30,
		    begin, LEDGER_VA_TAG_SIZE - 1);
	memcpy(ret, begin, len);
	ret[len] = '\0';
	return ledger_name_check("tag", ret, LEDGER_VA_TAG_SIZE, err) < 0 ? SMARTLIC_E_INVAL : 1;
}

static int
set_tags(struct ledger *l, int64_t va, const char *tags, struct smartlic_error *err)
{
	char tag[LEDGER_VA_TAG_SIZE];
	int n = 0, r;

	r = db_exec(l->db, err, "DELETE FROM virtual_account_tag WHERE account = $1 AND va = $2",
	    "ti", l->info.account, va);
	while (r == 0 && (r = next_tag(&tags, tag, err)) == 1) {
		if (n++ == LEDGER_VA_TAGS_MAX)
			return sl_fail(err, SMARTLIC_E_LIMIT,
			    "a virtual account has at most %d tags", LEDGER_VA_TAGS_MAX);
		r = db_exec(l->db, err,
		    "INSERT INTO virtual_account_tag (account, va, tag) VALUES ($1, $2, $3)"
		    " ON CONFLICT (account, va, tag) DO NOTHING",
		    "tit", l->info.account, va, tag);
	}
	return r;
}

static int
tell_set(struct ledger *l, const char *name, const struct ledger_limits *limits, const char *tags,
    const char *who, int64_t now_s, struct smartlic_error *err)
{
	struct sl_buf text = { 0 };
	char cut[256];
	int r;

	sl_buf_printf(&text, "'%.80s':", name);
	if (limits->silence_days != 0)
		sl_buf_printf(&text, " silence %lld days", (long long)limits->silence_days);
	if (limits->deadline_days != 0)
		sl_buf_printf(&text, " deadline %lld days", (long long)limits->deadline_days);
	if (tags != NULL)
		sl_buf_printf(&text, " tags '%.100s'", tags);
	if (text.failed) {
		r = sl_nomem(err);
	} else {
		(void)snprintf(cut, sizeof(cut), "%s", text.data);
		r = ledger_audit_add(l, who, "virtual account set", NULL, cut, now_s, err);
	}
	sl_buf_free(&text);
	return r;
}

int
ledger_virtual_account_set(struct ledger *l, const char *name, const struct ledger_limits *limits,
    const char *tags, const char *who, int64_t now_s, struct smartlic_error *err)
{
	int64_t va;
	int r = ledger_begin(l, err);

	if (r < 0)
		return r;
	r = ledger_va_find(l, name, &va, err);
	if (r == 0 && (limits->silence_days != 0 || limits->deadline_days != 0))
		r = set_limits(l, va, limits, err);
	if (r == 0 && tags != NULL)
		r = set_tags(l, va, tags, err);
	if (r == 0)
		r = tell_set(l, name, limits, tags, who, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* ---- lists ------------------------------------------------------------------------------------
 */

static void
read_one(struct db_row *row, struct ledger_virtual_account *ret)
{
	*ret = (struct ledger_virtual_account){ .va = db_int(row, 0),
		.limits = { db_int(row, 2), db_int(row, 3) },
		.created_s = db_int(row, 4),
		.is_default = (int)db_int(row, 5) };
	LEDGER_COPY(ret->name, row, 1);
	LEDGER_COPY(ret->satellite, row, 6);
	for (int i = 0; i < LEDGER_POLICIES; i++)
		ret->policy.s[i] = db_int(row, 8 + i);
}

/* A row for each tag, one virtual account's after the other. */
int
ledger_virtual_account_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_virtual_account *va), void *ud,
    struct smartlic_error *err)
{
	struct ledger_virtual_account one = { .va = 0 };
	struct db_row *row;
	int r, stop = 0;

	r = db_query(l->db, &row, err,
	    "SELECT v.va, v.name, v.silence_days, v.deadline_days, v.created_s,"
	    " CASE WHEN v.va = a.default_va THEN 1 ELSE 0 END, s.satellite, t.tag,"
	    " v.renew_after_s, v.next_contact_s, v.ooc_poll_s, v.retry_s, v.collect_s, v.report_s"
	    " FROM virtual_account v JOIN account a ON a.account = v.account"
	    " LEFT JOIN satellite_va s ON s.account = v.account AND s.va = v.va"
	    " LEFT JOIN virtual_account_tag t ON t.account = v.account AND t.va = v.va"
	    " WHERE v.account = $1 AND v.deleted_s IS NULL ORDER BY v.name, v.va, t.tag",
	    "t", l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		if (one.va != db_int(row, 0)) {
			stop = one.va != 0 ? fn(ud, &one) : 0;
			if (stop != 0) {
				db_done(row);
				return stop;
			}
			read_one(row, &one);
		}
		if (!db_is_null(row, 7) && one.n_tags < LEDGER_VA_TAGS_MAX)
			LEDGER_COPY(one.tag[one.n_tags++], row, 7);
	}
	return r < 0 || one.va == 0 ? r : fn(ud, &one);
}
