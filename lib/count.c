/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "count.h"

struct smartlic_count {
	const struct smartlic_catalog *catalog;
	const struct sl_profile *profile;
	struct smartlic_count_row row[SL_CAT_ENTITLEMENTS];
	struct sl_totals totals; /* by rule of the profile */
	struct sl_diagnostics diagnostics;
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

void
smartlic_count_free(struct smartlic_count *count)
{
	if (count == NULL)
		return;
	sl_diagnostics_release(&count->diagnostics);
	free(count);
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
	return i < count->diagnostics.n ? &count->diagnostics.list[i] : NULL;
}
