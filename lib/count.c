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
		    "inventory, or name it: --pid %s=PID",
		    where, where);
	if (sl_catalog_module(catalog, pid) == NULL)
		return sl_fail(err, SMARTLIC_E_INVENTORY,
		    "%s: PID %s is not in catalog %s, so it cannot be counted; correct it (--pid "
		    "%s=PID), or use a catalog that has it",
		    where, pid, catalog->name, where);
	return 0;
}

static void
add_part(void *ctx, const struct sl_bind *bind, size_t rule, const struct sl_part *part)
{
	struct sl_totals *t = ctx;

	sl_part_count(bind, rule, part, 1, t->n[rule]);
}

static int
count_cards(struct sl_totals *ret, const struct sl_bind *bind, struct smartlic_error *err)
{
	const struct smartlic_inventory *inv = bind->inv;
	char where[SL_WHERE_SIZE];

	for (uint32_t i = 0; i < inv->n_cards; i++) {
		const struct sl_card *card = &inv->cards[i];
		const struct sl_bound_pid *pid = &bind->pid[card->pid];

		if (!card->used)
			continue;
		if (pid->module == NULL) {
			sl_card_where(where, inv, card);
			return sl_check_pid(bind->catalog, where, inv->names[card->pid], err);
		}
		for (size_t k = 0; k < pid->n_rules; k++)
			if (sl_rule_selects(bind, pid->rule[k], card))
				sl_parts_of_card(bind, pid->rule[k], i, add_part, ret);
	}
	return 0;
}

static void
count_chassis(struct sl_totals *ret, const struct sl_bind *bind)
{
	struct sl_part part = { .chain = 1, .slice = SL_ANY, .port = SL_ANY };

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
	r = count_cards(&count->totals, &bind, err);
	if (r < 0)
		goto out;
	if (bind.by_chassis)
		count_chassis(&count->totals, &bind);
	publish(count);
	r = sl_diagnose(&count->diagnostics, &bind, err);
	if (r < 0)
		goto out;
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
	struct sl_part part = { .chain = 1, .slice = SL_ANY, .port = SL_ANY };
	struct signed_totals ctx = { &f->count->totals, sign };
	const struct sl_card *card = &f->inv->cards[number];
	const struct sl_bound_pid *pid = &f->bind.pid[card->pid];

	for (size_t k = 0; k < pid->n_rules; k++)
		if (sl_rule_selects(&f->bind, pid->rule[k], card))
			sl_parts_of_card(&f->bind, pid->rule[k], number, add_signed_part, &ctx);
	part.card = f->inv->chassis[card->chassis].first;
	for (size_t k = 0; f->bind.by_chassis && k < f->bind.n_rules; k++)
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

	if (f != NULL && f->inv != NULL && !f->diagnosed) {
		sl_diagnostics_release(&f->diagnostics);
		f->diagnosed = sl_diagnose(&f->diagnostics, &f->bind, NULL) == 0;
	}
	if (f != NULL && f->diagnosed)
		d = &f->diagnostics;
	return i < d->n ? &d->list[i] : NULL;
}
