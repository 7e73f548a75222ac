/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "count.h"

/* Of a count that follows an inventory.  Diagnostics are made when asked for. */
struct follow {
	struct sl_follower follower; /* first */
	struct smartlic_count *count;
	struct smartlic_inventory *inv; /* NULL when it is gone */
	struct sl_bind bind;
	int diagnosed;
	struct sl_diagnostics diagnostics;
};

struct smartlic_count {
	const struct smartlic_catalog *catalog;
	const struct sl_profile *profile;
	struct smartlic_count_row row[SL_CAT_ENTITLEMENTS];
	struct sl_totals totals; /* by rule of the profile */
	struct sl_diagnostics diagnostics;
	struct follow *follow; /* or NULL */
};

int
sl_check_pid(const struct smartlic_catalog *catalog, const char *where, const char *pid,
    struct smartlic_error *err)
{
	if (pid[0] == '\0')
		return sl_fail(err, SMARTLIC_E_INVENTORY,
		    "%s: no PID is known for this card; add its row of show platform to the "
		    "inventory ('smartlic count' takes --pid %s=PID)",
		    where, where);
	if (sl_catalog_module(catalog, pid) == NULL)
		return sl_fail(err, SMARTLIC_E_INVENTORY,
		    "%s: PID %s is not in catalog %s, so it cannot be counted; correct it "
		    "('smartlic count' takes --pid %s=PID), or use a catalog that has it",
		    where, pid, catalog->name, where);
	return 0;
}

/* ---- the full count ------------------------------------------------------------------------- */

/*
 * Most slices of an inventory are configured alike, down to every port.  What
 * one of them needs, all of them need: it is kept by what it depends on, and
 * counted and judged again only where another has taken its place.
 */
#define MEMO        1024
#define MEMO_TAGS   4
#define SLICE_BYTES offsetof(struct sl_slice, optics)
struct memo {
	struct sl_slice slice;
	uint64_t card; /* PID, mode and tier; 0: not used */
	int64_t n[MEMO_TAGS];
};

struct counter {
	const struct sl_bind *bind;
	struct sl_totals *totals;
	struct sl_doctor doctor;
	struct memo *memo; /* NULL: too many entitlements to be worth it */
	int r;
};

static struct memo *
memo_of(const struct counter *c, const struct sl_slice *s, uint64_t card)
{
	uint64_t h = (s->encrypted * 31 + s->trunk_gbps) * 31 + s->number;

	h = (h * 31 + s->n_ports) * 31 + card;
	return &c->memo[(h * UINT64_C(0x9e3779b97f4a7c15)) >> 54];
}

static void
count_part(void *ctx, const struct sl_bind *bind, size_t rule, const struct sl_part *part)
{
	struct counter *c = ctx;

	sl_part_count(bind, rule, part, 1, c->totals->n[rule]);
}

/* One slice under the rule that groups by slice (SL_CAT_RULES: none does), and its diagnostics. */
static void
count_slice(struct counter *c, size_t rule, const struct sl_part *part)
{
	const struct sl_card *card = &c->bind->inv->cards[part->card];
	const struct sl_slice *s = part->slice;
	uint64_t key =
	    (uint64_t)card->pid << 48 | (uint64_t)card->mode << 32 | (uint64_t)card->tier << 16 | 1;
	struct memo *m = c->memo != NULL && s->alike ? memo_of(c, s, key) : NULL;
	size_t n_entitlements = c->bind->catalog->n_entitlements, before = c->doctor.d.n;
	int64_t n[SL_CAT_ENTITLEMENTS] = { 0 };
	int64_t *totals = rule < SL_CAT_RULES ? c->totals->n[rule] : NULL;

	if (m != NULL && m->card == key && memcmp(&m->slice, s, SLICE_BYTES) == 0) {
		for (size_t i = 0; totals != NULL && i < n_entitlements; i++)
			totals[i] += m->n[i];
		return;
	}
	if (totals != NULL)
		sl_part_count(c->bind, rule, part, 1, n);
	for (size_t i = 0; totals != NULL && i < n_entitlements; i++)
		totals[i] += n[i];
	c->r |= sl_diagnose_slice(&c->doctor, card, s);
	if (m == NULL || c->doctor.d.n != before)
		return;
	m->slice = *s;
	m->card = key;
	memcpy(m->n, n, sizeof(m->n));
}

static void
count_card(struct counter *c, uint32_t number)
{
	const struct smartlic_inventory *inv = c->bind->inv;
	const struct sl_card *card = &inv->cards[number];
	const struct sl_bound_pid *pid = &c->bind->pid[card->pid];
	struct sl_part part = { .card = number, .slice = inv->slices + card->first_slice };
	size_t by_slice = SL_CAT_RULES;

	for (size_t k = 0; k < pid->n_rules; k++) {
		if (!sl_rule_selects(c->bind, pid->rule[k], card))
			continue;
		/* the first of them goes with the diagnostics below */
		if (c->bind->rule[pid->rule[k]].rule->group == SL_GROUP_SLICE &&
		    by_slice == SL_CAT_RULES)
			by_slice = pid->rule[k];
		else
			sl_parts_of_card(c->bind, pid->rule[k], number, count_part, c);
	}
	for (uint32_t i = 0; i < card->n_slices; i++, part.slice++)
		count_slice(c, by_slice, &part);
	c->r |= sl_diagnose_card(&c->doctor, card);
}

static int
count_cards(struct counter *c, struct smartlic_error *err)
{
	const struct smartlic_inventory *inv = c->bind->inv;
	char where[SL_WHERE_SIZE];

	for (uint32_t i = 0; i < inv->n_cards; i++) {
		const struct sl_card *card = &inv->cards[i];

		if (!card->used)
			continue;
		if (c->bind->pid[card->pid].module == NULL) {
			sl_card_where(where, inv, card);
			return sl_check_pid(c->bind->catalog, where, inv->names[card->pid], err);
		}
		count_card(c, i);
	}
	return 0;
}

static void
count_chassis(struct sl_totals *ret, const struct sl_bind *bind)
{
	struct sl_part part = { .chain = 1 };

	for (size_t rule = 0; rule < bind->n_rules; rule++) {
		if (bind->rule[rule].rule->group != SL_GROUP_CHASSIS)
			continue;
		for (uint32_t i = 0; i < bind->inv->n_chassis; i++) {
			part.card = bind->inv->chassis[i].first;
			if (part.card != SL_NONE)
				sl_part_count(bind, rule, &part, 1, ret->n[rule]);
		}
	}
}

/* The whole inventory, with all diagnostics. */
static int
count_all(struct sl_totals *totals, struct sl_diagnostics *diagnostics, const struct sl_bind *bind,
    struct smartlic_error *err)
{
	struct counter c = { .bind = bind, .totals = totals, .doctor.bind = bind };
	int r;

	*totals = (struct sl_totals){ 0 };
	/* without it the count is the same, only slower */
	if (bind->catalog->n_entitlements <= MEMO_TAGS && bind->inv->n_cards > 64)
		c.memo = calloc(MEMO, sizeof(*c.memo));
	c.r = sl_diagnose_rest(&c.doctor);
	r = count_cards(&c, err);
	if (r == 0 && bind->by_chassis)
		count_chassis(totals, bind);
	free(c.memo);
	if (r == 0 && c.r != 0)
		r = sl_nomem(err);
	if (r < 0)
		sl_diagnostics_release(&c.doctor.d);
	else
		*diagnostics = c.doctor.d;
	return r;
}

static void
publish(struct smartlic_count *count)
{
	for (size_t i = 0; i < count->catalog->n_entitlements; i++) {
		count->row[i].count = 0;
		for (size_t k = 0; k < count->profile->n_rules; k++)
			count->row[i].count += count->totals.n[k][i];
	}
}

static int
make(struct smartlic_count **ret, const struct smartlic_catalog *catalog, const char *profile,
    struct smartlic_error *err)
{
	struct smartlic_count *count;
	const struct sl_profile *p = sl_catalog_profile(catalog, profile);

	if (p == NULL)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "catalog %s has no profile \"%.60s\"; its default is %s", catalog->name,
		    profile, catalog->default_profile->name);
	count = calloc(1, sizeof(*count));
	if (count == NULL)
		return sl_nomem(err);
	count->catalog = catalog;
	count->profile = p;
	for (size_t i = 0; i < catalog->n_entitlements; i++) {
		count->row[i].tag = catalog->entitlement[i].tag;
		count->row[i].name = catalog->entitlement[i].name;
		count->row[i].description = catalog->entitlement[i].description;
	}
	*ret = count;
	return 0;
}

int
smartlic_count_new(struct smartlic_count **ret, const struct smartlic_catalog *catalog,
    const char *profile, const struct smartlic_inventory *inventory, struct smartlic_error *err)
{
	struct smartlic_count *count = NULL;
	struct sl_bind bind = { 0 };
	int r;

	sl_error_clear(err);
	if (ret == NULL || catalog == NULL || inventory == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "smartlic_count_new: no %s",
		    catalog == NULL ? "catalog" : "inventory");
	r = make(&count, catalog, profile, err);
	if (r < 0)
		return r;
	r = sl_bind_make(&bind, catalog, count->profile, inventory, err);
	if (r < 0)
		goto out;
	r = count_all(&count->totals, &count->diagnostics, &bind, err);
	if (r < 0)
		goto out;
	publish(count);
	*ret = count;
	count = NULL;
out:
	sl_bind_release(&bind);
	smartlic_count_free(count);
	return r;
}

/* ---- following ---------------------------------------------------------------------------- */

struct signed_totals {
	struct sl_totals *totals;
	int64_t sign;
};

static void
add_signed_part(void *ctx, const struct sl_bind *bind, size_t rule, const struct sl_part *part)
{
	struct signed_totals *s = ctx;

	sl_part_count(bind, rule, part, s->sign, s->totals->n[rule]);
}

/* What the card's groups, and its chassis', need: taken away before a change, added after it. */
static void
add_signed(struct follow *f, uint32_t number, int64_t sign)
{
	struct sl_part part = { .chain = 1 };
	struct signed_totals ctx = { &f->count->totals, sign };
	const struct sl_card *card = &f->inv->cards[number];
	const struct sl_bound_pid *pid = &f->bind.pid[card->pid];

	for (size_t k = 0; k < pid->n_rules; k++)
		if (sl_rule_selects(&f->bind, pid->rule[k], card))
			sl_parts_of_card(&f->bind, pid->rule[k], number, add_signed_part, &ctx);
	if (!f->bind.by_chassis)
		return;
	part.card = f->inv->chassis[card->chassis].first;
	for (size_t k = 0; k < f->bind.n_rules; k++)
		if (f->bind.rule[k].rule->group == SL_GROUP_CHASSIS)
			sl_part_count(&f->bind, k, &part, sign, f->count->totals.n[k]);
}

static int
follow_accepts(struct sl_follower *follower, const struct sl_card *card, uint16_t pid,
    struct smartlic_error *err)
{
	struct follow *f = (struct follow *)follower;
	char where[SL_WHERE_SIZE];
	int r = sl_bind_renew(&f->bind, err);

	if (r < 0 || f->bind.pid[pid].module != NULL)
		return r;
	sl_card_where(where, f->inv, card);
	return sl_check_pid(f->count->catalog, where, f->inv->names[pid], err);
}

static void
follow_before(struct sl_follower *f, uint32_t card)
{
	add_signed((struct follow *)f, card, -1);
}

static void
follow_after(struct sl_follower *f, uint32_t card)
{
	add_signed((struct follow *)f, card, 1);
}

static void
follow_publish(struct sl_follower *follower)
{
	struct follow *f = (struct follow *)follower;

	publish(f->count);
	f->diagnosed = 0;
}

static void
follow_orphan(struct sl_follower *follower)
{
	struct follow *f = (struct follow *)follower;

	f->inv = NULL;
	sl_bind_release(&f->bind);
}

static void
unfollow(struct follow *f)
{
	struct sl_follower **p;

	if (f == NULL)
		return;
	if (f->inv != NULL) {
		for (p = &f->inv->followers; *p != &f->follower; p = &(*p)->next)
			;
		*p = f->follower.next;
	}
	sl_bind_release(&f->bind);
	sl_diagnostics_release(&f->diagnostics);
	free(f);
}

int
smartlic_count_follow(struct smartlic_count **ret, const struct smartlic_catalog *catalog,
    const char *profile, struct smartlic_inventory *inventory, struct smartlic_error *err)
{
	struct smartlic_count *count = NULL;
	struct follow *f;
	int r;

	r = smartlic_count_new(&count, catalog, profile, inventory, err);
	if (r < 0)
		return r;
	f = calloc(1, sizeof(*f));
	r = f == NULL ? sl_nomem(err)
		      : sl_bind_make(&f->bind, catalog, count->profile, inventory, err);
	if (r < 0) {
		free(f);
		smartlic_count_free(count);
		return r;
	}
	f->follower = (struct sl_follower){ inventory->followers, follow_accepts, follow_before,
		follow_after, follow_publish, follow_orphan };
	f->count = count;
	f->inv = inventory;
	inventory->followers = &f->follower;
	count->follow = f;
	*ret = count;
	return 0;
}

/* ---- reading ------------------------------------------------------------------------------ */

void
smartlic_count_free(struct smartlic_count *count)
{
	if (count == NULL)
		return;
	unfollow(count->follow);
	sl_diagnostics_release(&count->diagnostics);
	free(count);
}

const char *
smartlic_count_profile(const struct smartlic_count *count)
{
	return count->profile->name;
}

const struct sl_totals *
sl_count_totals(const struct smartlic_count *count)
{
	return &count->totals;
}

size_t
smartlic_count_rows(const struct smartlic_count *count)
{
	return count->catalog->n_entitlements;
}

const struct smartlic_count_row *
smartlic_count_row(const struct smartlic_count *count, size_t i)
{
	return i < count->catalog->n_entitlements ? &count->row[i] : NULL;
}

const struct smartlic_diagnostic *
smartlic_count_diagnostic(const struct smartlic_count *count, size_t i)
{
	const struct sl_diagnostics *d = &count->diagnostics;
	struct follow *f = count->follow;
	struct sl_totals unused;

	if (f != NULL && f->inv != NULL && !f->diagnosed) {
		sl_diagnostics_release(&f->diagnostics);
		f->diagnosed = count_all(&unused, &f->diagnostics, &f->bind, NULL) == 0;
	}
	if (f != NULL && f->diagnosed)
		d = &f->diagnostics;
	return i < d->n ? &d->list[i] : NULL;
}
