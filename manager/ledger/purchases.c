/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/*
 * What was bought, row by row, and where it went: rows are only added.  A pool's quantity at a
 * moment is the sum of the rows whose term it is in (doc/decisions/terms.md).
 */

static const char *const kinds[] = {
	[LEDGER_PERPETUAL] = "perpetual",
	[LEDGER_TERM] = "term",
	[LEDGER_DEMO] = "demo",
};

const char *
ledger_kind_name(enum ledger_kind kind)
{
	return kinds[kind];
}

int
ledger_kind_find(const char *name, enum ledger_kind *ret)
{
	for (int i = LEDGER_PERPETUAL; i <= LEDGER_DEMO; i++)
		if (strcmp(name, kinds[i]) == 0) {
			*ret = (enum ledger_kind)i;
			return 0;
		}
	return SMARTLIC_E_NOT_FOUND;
}

/* Full tags of others' products are taken as they are. */
static int
full_tag(const char *tag, const char **ret, struct smartlic_error *err)
{
	const struct ledger_entitlement *known = ledger_entitlement_find(tag);

	if (known == NULL && (strncmp(tag, "regid.", 6) != 0 || !sl_is_tag(tag)))
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "'%s' is not the short form of a known license; give the full tag, regid.…",
		    tag);
	*ret = known == NULL ? tag : known->tag;
	return 0;
}

/* A satellite has its licenses from its upstream, which says anew how many there are. */
static int
begin_own(struct ledger *l, struct smartlic_error *err)
{
	int r = ledger_upstreams_own(l,
	    "licenses are added at its upstream, or transferred to what it serves; "
	    "'satellite sync' brings them here",
	    err);

	return r < 0 ? r : ledger_begin(l, err);
}

static int
end_is_early(const struct ledger_purchase *p, struct smartlic_error *err)
{
	char start[SL_TIME_SIZE], end[SL_TIME_SIZE];

	sl_time(start, p->start_s);
	sl_time(end, p->end_s);
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "the end %s is not after the start %s: give a later --end or an earlier --start (in a "
	    "file, the columns end and start)",
	    end, start);
}

static int
check(const struct ledger_purchase *p, struct smartlic_error *err)
{
	if (p->quantity < 1 || p->quantity > LEDGER_QUANTITY_MAX)
		return sl_fail(err, SMARTLIC_E_INVAL, "a count is 1 to %lld, not %lld",
		    (long long)LEDGER_QUANTITY_MAX, (long long)p->quantity);
	if (p->kind == LEDGER_PERPETUAL && p->end_s != DB_NULL_INT)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "what is perpetual has no end: leave the end out, or make it a term");
	if (p->kind != LEDGER_PERPETUAL && p->end_s == DB_NULL_INT)
		return sl_fail(err, SMARTLIC_E_INVAL, "a %s needs an end", kinds[p->kind]);
	if (p->end_s != DB_NULL_INT && p->start_s != DB_NULL_INT && p->end_s <= p->start_s)
		return end_is_early(p, err);
	return p->order[0] == '\0'
		   ? 0
		   : ledger_name_check("the order's reference", p->order, sizeof(p->order), err);
}

/* One row; the pool's alert is judged anew. */
static int
put(struct ledger *l, int64_t va, const struct ledger_purchase *p, int64_t quantity,
    const char *what, const char *who, int64_t now_s, struct smartlic_error *err)
{
	int r;

	r = ledger_lock_numbers(l, "purchase", err);
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO purchase (account, purchase, va, tag, quantity, at_s, order_ref, "
		    "kind,"
		    " start_s, end_s, what, who) SELECT $1, COALESCE(MAX(purchase), 0) + 1, $2, "
		    "$3, $4,"
		    " $5, $6, $7, $8, $9, $10, $11 FROM purchase WHERE account = $1",
		    "titiittoott", l->info.account, va, p->tag, quantity, now_s, p->order,
		    kinds[p->kind], p->start_s, p->end_s, what, who);
	return r < 0 ? r : ledger_alert_pool(l, va, p->tag, now_s, err);
}

/* All that a virtual account ever had of a tag, its terms aside: what bounds it. */
static int
check_sum(struct ledger *l, int64_t va, const char *tag, int64_t more, struct smartlic_error *err)
{
	struct db_row *row;
	int64_t have;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM purchase"
	    " WHERE account = $1 AND va = $2 AND tag = $3",
	    "tit", l->info.account, va, tag);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	have = db_int(row, 0);
	db_done(row);
	if (have + more <= LEDGER_QUANTITY_MAX)
		return 0;
	return sl_fail(err, SMARTLIC_E_LIMIT, "the pool has %lld licenses; it can have 0 to %lld",
	    (long long)have, (long long)LEDGER_QUANTITY_MAX);
}

/* Where it is to be. */
static int
find(struct ledger *l, const struct ledger_purchase *p, int64_t *ret,
    char ret_name[LEDGER_NAME_SIZE], struct smartlic_error *err)
{
	const char *name = p->virtual_account[0] != '\0' ? p->virtual_account : NULL;

	return ledger_va_resolve(l, name, ret, ret_name, err);
}

/* Inside the caller's transaction.  Nothing is written where it is refused. */
static int
add(struct ledger *l, const struct ledger_purchase *purchase, const char *who, int64_t now_s,
    struct smartlic_error *err)
{
	struct ledger_purchase p = *purchase;
	const char *tag;
	char text[256];
	int64_t va;
	int r;

	r = check(&p, err);
	if (r == 0)
		r = full_tag(p.tag, &tag, err);
	if (r == 0)
		r = find(l, purchase, &va, p.virtual_account, err);
	if (r == 0)
		r = check_sum(l, va, tag, p.quantity, err);
	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "%lld of %.80s to '%.100s'", (long long)p.quantity,
	    p.tag, p.virtual_account);
	(void)sl_copy(p.tag, sizeof(p.tag), tag);
	r = put(l, va, &p, p.quantity, "purchased", who, now_s, err);
	return r < 0 ? r : ledger_audit_add(l, who, "licenses added", NULL, text, now_s, err);
}

int
ledger_purchase_add(struct ledger *l, const struct ledger_purchase *purchase, const char *who,
    int64_t now_s, struct smartlic_error *err)
{
	int r = begin_own(l, err);

	if (r == 0)
		r = add(l, purchase, who, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* An order that is there, row for row, was imported before. */
static int
check_new(struct ledger *l, const struct ledger_purchase *p, struct smartlic_error *err)
{
	char name[LEDGER_NAME_SIZE];
	const char *tag;
	struct db_row *row;
	int64_t va;
	int r;

	if (p->order[0] == '\0')
		return 0;
	r = full_tag(p->tag, &tag, err);
	if (r == 0)
		r = find(l, p, &va, name, err);
	if (r == 0)
		r = db_query(l->db, &row, err,
		    "SELECT 1 FROM purchase WHERE account = $1 AND tag = $2 AND order_ref = $3"
		    " AND kind = $4 AND COALESCE(start_s, 0) = $5 AND COALESCE(end_s, 0) = $6"
		    " AND quantity = $7 AND va = $8 AND what = 'purchased' LIMIT 1",
		    "ttttiiii", l->info.account, tag, p->order, kinds[p->kind],
		    p->start_s == DB_NULL_INT ? INT64_C(0) : p->start_s,
		    p->end_s == DB_NULL_INT ? INT64_C(0) : p->end_s, p->quantity, va);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	db_done(row);
	return sl_fail(err, SMARTLIC_E_EXISTS,
	    "the order %s has this row already; was the file imported before? Leave it out, or use "
	    "'license add'",
	    p->order);
}

int
ledger_purchase_import(struct ledger *l, const struct ledger_purchase *list, size_t n,
    enum ledger_import how, const char *who, int64_t now_s,
    void (*tell)(void *ud, size_t row, const char *problem), void *ud, struct smartlic_error *err)
{
	struct smartlic_error why;
	int r = begin_own(l, err), bad = 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		why = (struct smartlic_error){ 0 };
		r = check_new(l, &list[i], &why);
		if (r == 0)
			r = add(l, &list[i], who, now_s, &why);
		/* what is not the row's fault ends it */
		if (r == SMARTLIC_E_STORE || r == SMARTLIC_E_STORE_BUSY || r == SMARTLIC_E_NOMEM) {
			if (err != NULL)
				*err = why;
			goto out;
		}
		bad |= r < 0;
		tell(ud, i, r < 0 ? why.text : NULL);
	}
	r = 0;
	if (how == LEDGER_IMPORT_GOOD || (how == LEDGER_IMPORT_ALL && !bad))
		r = db_commit(l->db, err);
out:
	db_rollback(l->db);
	return r < 0 ? r : bad;
}

/* ---- set: what has neither order nor term ---------------------------------------------------- */

int
ledger_license_change(struct ledger *l, const char *virtual_account, const char *license,
    int64_t count, int set, const char *who, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_purchase p = {
		.kind = LEDGER_PERPETUAL, .start_s = DB_NULL_INT, .end_s = DB_NULL_INT
	};
	char text[256], name[LEDGER_NAME_SIZE] = "";
	int64_t va, have, consumed, plain;
	const char *tag;
	int r;

	if (count < 0 || count > LEDGER_QUANTITY_MAX)
		return sl_fail(err, SMARTLIC_E_INVAL, "a count is 0 to %lld, not %lld",
		    (long long)LEDGER_QUANTITY_MAX, (long long)count);
	r = full_tag(license, &tag, err);
	if (r == 0)
		r = begin_own(l, err);
	if (r < 0)
		return r;
	(void)sl_copy(p.tag, sizeof(p.tag), tag);
	r = ledger_va_resolve(l, virtual_account, &va, name, err);
	if (r == 0)
		r = ledger_pool_get(l, va, tag, now_s, &have, &consumed, err);
	if (r == 0)
		r = ledger_purchase_has(l, va, &p, &plain, err);
	if (r < 0)
		goto out;
	if (set)
		count -= have;
	if (plain + count < 0)
		r = sl_fail(err, SMARTLIC_E_LIMIT,
		    "%lld of the pool's %lld licenses have an order or a term, which 'set' does "
		    "not "
		    "change; 'license list --expand' shows them",
		    (long long)(have - plain), (long long)have);
	if (r == 0)
		r = check_sum(l, va, tag, count, err);
	if (r == 0 && count != 0)
		r = put(l, va, &p, count, set ? "set" : "purchased", who == NULL ? "" : who, now_s,
		    err);
	if (r == 0 && count != 0 && who != NULL) {
		(void)snprintf(text, sizeof(text), "%+lld of %.80s in '%.100s'", (long long)count,
		    license, name);
		r = ledger_audit_add(l, who, "licenses set", NULL, text, now_s, err);
	}
	if (r == 0)
		r = db_commit(l->db, err);
out:
	db_rollback(l->db);
	return r;
}

int
ledger_license_add(struct ledger *l, const char *virtual_account, const char *tag, int64_t count,
    int set, int64_t now_s, struct smartlic_error *err)
{
	return ledger_license_change(l, virtual_account, tag, count, set, NULL, now_s, err);
}

/* ---- transfer ------------------------------------------------------------------------------ */

int
ledger_purchase_has(struct ledger *l, int64_t va, const struct ledger_purchase *p, int64_t *ret,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM purchase"
	    " WHERE account = $1 AND va = $2 AND tag = $3 AND order_ref = $4 AND kind = $5"
	    " AND COALESCE(start_s, 0) = $6 AND COALESCE(end_s, 0) = $7",
	    "titttii", l->info.account, va, p->tag, p->order, kinds[p->kind],
	    p->start_s == DB_NULL_INT ? INT64_C(0) : p->start_s,
	    p->end_s == DB_NULL_INT ? INT64_C(0) : p->end_s);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	*ret = db_int(row, 0);
	db_done(row);
	return 0;
}

/* What may move next: of this order, or of any; what ends last first.  1, or 0: nothing is left. */
static int
next_to_move(struct ledger *l, int64_t va, const char *tag, const char *order, int64_t now_s,
    struct ledger_purchase *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT order_ref, kind, start_s, end_s, CAST(SUM(quantity) AS BIGINT) FROM purchase"
	    " WHERE account = $1 AND va = $2 AND tag = $3 AND (end_s IS NULL OR end_s > $4)"
	    " AND ($5 = '' OR order_ref = $5) GROUP BY order_ref, kind, start_s, end_s"
	    " HAVING SUM(quantity) > 0"
	    " ORDER BY CASE WHEN end_s IS NULL THEN 0 ELSE 1 END, end_s DESC, start_s, order_ref"
	    " LIMIT 1",
	    "titit", l->info.account, va, tag, now_s, order);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	*ret = (struct ledger_purchase){ .kind = LEDGER_PERPETUAL,
		.start_s = db_int(row, 2),
		.end_s = db_int(row, 3),
		.quantity = db_int(row, 4) };
	(void)sl_copy(ret->tag, sizeof(ret->tag), tag);
	LEDGER_COPY(ret->order, row, 0);
	(void)ledger_kind_find(db_text(row, 1), &ret->kind);
	db_done(row);
	return 1;
}

struct way {
	int64_t from, to;
	const char *from_name, *to_name;
	const char *who;
	int64_t now_s;
};

/* A part of one purchase: less here, more there, with the same order and term. */
static int
move(struct ledger *l, const struct way *w, const struct ledger_purchase *p, int64_t n,
    struct smartlic_error *err)
{
	char what[LEDGER_NAME_SIZE + 32];
	int r;

	(void)snprintf(what, sizeof(what), "transferred to '%s'", w->to_name);
	r = put(l, w->from, p, -n, what, w->who, w->now_s, err);
	(void)snprintf(what, sizeof(what), "transferred from '%s'", w->from_name);
	return r < 0 ? r : put(l, w->to, p, n, what, w->who, w->now_s, err);
}

static int
transfer(struct ledger *l, const struct way *w, const char *tag, int64_t count, const char *order,
    struct smartlic_error *err)
{
	struct ledger_purchase p;
	int64_t left = count, n;
	int r = check_sum(l, w->to, tag, count, err);

	while (r == 0 && left > 0) {
		r = next_to_move(l, w->from, tag, order, w->now_s, &p, err);
		if (r == 0)
			return sl_fail(err, SMARTLIC_E_LIMIT,
			    "'%.80s' has %lld of these licenses%s%.80s, not %lld; nothing was "
			    "moved",
			    w->from_name, (long long)(count - left),
			    order[0] != '\0' ? " of the order " : "", order, (long long)count);
		n = p.quantity < left ? p.quantity : left;
		if (r == 1)
			r = move(l, w, &p, n, err);
		left -= n;
	}
	return r;
}

int
ledger_purchase_move(struct ledger *l, int64_t from, int64_t to, const char *tag, int64_t count,
    const char *who, int64_t now_s, struct smartlic_error *err)
{
	char from_name[LEDGER_NAME_SIZE] = "", to_name[LEDGER_NAME_SIZE] = "";
	const struct way w = { from, to, from_name, to_name, who, now_s };
	int r = ledger_va_name(l, from, from_name, err);

	if (r >= 0)
		r = ledger_va_name(l, to, to_name, err);
	return r < 0 ? r : transfer(l, &w, tag, count, "", err);
}

int
ledger_license_transfer(struct ledger *l, const char *license, int64_t count, const char *from,
    const char *to, const char *order, const char *who, int64_t now_s, struct smartlic_error *err)
{
	char text[256], from_name[LEDGER_NAME_SIZE] = "", to_name[LEDGER_NAME_SIZE] = "";
	struct way w = { .from_name = from_name, .to_name = to_name, .who = who, .now_s = now_s };
	const char *tag;
	int r;

	if (count < 1 || count > LEDGER_QUANTITY_MAX)
		return sl_fail(err, SMARTLIC_E_INVAL, "a count is 1 to %lld, not %lld",
		    (long long)LEDGER_QUANTITY_MAX, (long long)count);
	r = ledger_upstreams_own(l,
	    "'satellite transfer' moves licenses between what it serves, 'license transfer' at its "
	    "upstream all others",
	    err);
	if (r == 0)
		r = full_tag(license, &tag, err);
	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = ledger_va_resolve(l, from, &w.from, from_name, err);
	if (r == 0)
		r = ledger_va_resolve(l, to, &w.to, to_name, err);
	if (r == 0 && w.from == w.to)
		r = sl_fail(
		    err, SMARTLIC_E_INVAL, "they are in '%s' already; name another", to_name);
	if (r == 0)
		r = transfer(l, &w, tag, count, order == NULL ? "" : order, err);
	if (r == 0) {
		(void)snprintf(text, sizeof(text), "%lld of %.60s from '%.80s' to '%.80s'",
		    (long long)count, license, from_name, to_name);
		r = ledger_audit_add(l, who, "licenses transferred", NULL, text, now_s, err);
	}
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void
read_purchase(struct db_row *row, struct ledger_purchase *ret)
{
	*ret = (struct ledger_purchase){ .kind = LEDGER_PERPETUAL,
		.start_s = db_int(row, 4),
		.end_s = db_int(row, 5),
		.quantity = db_int(row, 6) };
	LEDGER_COPY(ret->virtual_account, row, 0);
	LEDGER_COPY(ret->tag, row, 1);
	LEDGER_COPY(ret->order, row, 2);
	(void)ledger_kind_find(db_text(row, 3), &ret->kind);
}

int
ledger_purchase_each(struct ledger *l, int64_t now_s,
    int (*fn)(void *ud, const struct ledger_purchase *purchase), void *ud,
    struct smartlic_error *err)
{
	struct ledger_purchase p, last = { .quantity = 0 };
	int64_t left = 0;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT v.name, p.tag, p.order_ref, p.kind, p.start_s, p.end_s,"
	    " CAST(SUM(p.quantity) AS BIGINT), COALESCE((SELECT o.consumed FROM pool o"
	    " WHERE o.account = $1 AND o.va = p.va AND o.tag = p.tag), 0) FROM purchase p"
	    " JOIN virtual_account v ON v.account = p.account AND v.va = p.va"
	    " AND v.deleted_s IS NULL WHERE p.account = $1"
	    " GROUP BY p.va, v.name, p.tag, p.order_ref, p.kind, p.start_s, p.end_s"
	    " HAVING SUM(p.quantity) <> 0"
	    " ORDER BY v.name, p.tag, CASE WHEN p.end_s IS NULL THEN 1 ELSE 0 END, p.end_s,"
	    " CASE WHEN p.start_s IS NULL THEN 0 ELSE 1 END, p.start_s, p.order_ref",
	    "t", l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		read_purchase(row, &p);
		if (strcmp(p.tag, last.tag) != 0 ||
		    strcmp(p.virtual_account, last.virtual_account) != 0)
			left = db_int(row, 7);
		p.counts = (p.start_s == DB_NULL_INT || p.start_s <= now_s) &&
			   (p.end_s == DB_NULL_INT || p.end_s > now_s);
		if (p.counts)
			p.used = left < p.quantity ? left : p.quantity;
		left -= p.used;
		last = p;
		stop = fn(ud, &p);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_purchase_history(struct ledger *l, const char *license,
    int (*fn)(void *ud, const struct ledger_purchase *purchase), void *ud,
    struct smartlic_error *err)
{
	struct ledger_purchase p;
	struct db_row *row;
	const char *tag;
	int r, stop;

	r = full_tag(license, &tag, err);
	if (r == 0)
		r = db_query(l->db, &row, err,
		    "SELECT v.name, p.tag, p.order_ref, p.kind, p.start_s, p.end_s, p.quantity, "
		    "p.at_s,"
		    " p.what, p.who FROM purchase p JOIN virtual_account v ON v.account = p.account"
		    " AND v.va = p.va WHERE p.account = $1 AND p.tag = $2 ORDER BY p.purchase",
		    "tt", l->info.account, tag);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		read_purchase(row, &p);
		p.at_s = db_int(row, 7);
		LEDGER_COPY(p.what, row, 8);
		LEDGER_COPY(p.who, row, 9);
		stop = fn(ud, &p);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}
