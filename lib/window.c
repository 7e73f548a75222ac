/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "count.h"

#define PARTS 1024

/* The highest counts of a part of the span, by entitlement, under one rule. */
struct part {
	int64_t number; /* time / length of a part; -1: not used */
	int64_t n[SL_CAT_ENTITLEMENTS];
};

struct smartlic_window {
	const struct smartlic_catalog *catalog;
	const struct sl_profile *profile;
	struct smartlic_count_row row[SL_CAT_ENTITLEMENTS];
	int64_t time_s;
	int started;
	struct part *parts[SL_CAT_RULES]; /* rings of PARTS; NULL for rules of the moment */
};

static int64_t
part_length(const struct sl_rule *rule)
{
	return (rule->window_s + PARTS - 1) / PARTS;
}

int
smartlic_window_new(struct smartlic_window **ret, const struct smartlic_catalog *catalog,
    const char *profile, struct smartlic_error *err)
{
	const struct sl_profile *p = sl_catalog_profile(catalog, profile);
	struct smartlic_window *w;

	sl_error_clear(err);
	if (p == NULL)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND, "catalog %s has no profile \"%.60s\"",
		    catalog->name, profile);
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return sl_nomem(err);
	w->catalog = catalog;
	w->profile = p;
	for (size_t i = 0; i < catalog->n_entitlements; i++) {
		w->row[i].tag = catalog->entitlement[i].tag;
		w->row[i].name = catalog->entitlement[i].name;
		w->row[i].description = catalog->entitlement[i].description;
	}
	for (size_t k = 0; k < p->n_rules; k++) {
		if (p->rule[k]->window == SL_WINDOW_NOW)
			continue;
		w->parts[k] = calloc(PARTS, sizeof(struct part));
		if (w->parts[k] == NULL) {
			smartlic_window_free(w);
			return sl_nomem(err);
		}
		for (size_t i = 0; i < PARTS; i++)
			w->parts[k][i].number = -1;
	}
	*ret = w;
	return 0;
}

void
smartlic_window_free(struct smartlic_window *window)
{
	if (window == NULL)
		return;
	for (size_t k = 0; k < SL_CAT_RULES; k++)
		free(window->parts[k]);
	free(window);
}

static void
remember(struct part *parts, int64_t number, const int64_t *n)
{
	struct part *p = &parts[number % PARTS];

	if (p->number != number)
		*p = (struct part){ .number = number };
	for (size_t i = 0; i < SL_CAT_ENTITLEMENTS; i++)
		if (n[i] > p->n[i])
			p->n[i] = n[i];
}

static int
ascending(const void *a, const void *b)
{
	const int64_t *p = a, *q = b;

	return *p < *q ? -1 : *p > *q;
}

/* The value below which `percent` of a hundred lie, by nearest rank; 100 is the highest. */
static int64_t
rank(const struct part *parts, int64_t now, size_t entitlement, int64_t percent)
{
	int64_t value[PARTS];
	size_t n = 0;

	for (size_t i = 0; i < PARTS; i++)
		if (parts[i].number >= 0 && parts[i].number > now - PARTS)
			value[n++] = parts[i].n[entitlement];
	if (n == 0)
		return 0;
	qsort(value, n, sizeof(value[0]), ascending);
	return value[((size_t)percent * n + 99) / 100 - 1];
}

static void
add_rule(struct smartlic_window *w, size_t k, const int64_t *now)
{
	const struct sl_rule *rule = w->profile->rule[k];
	int64_t percent = rule->window == SL_WINDOW_PERCENTILE ? rule->percent : 100;
	int64_t number;

	if (w->parts[k] == NULL) {
		for (size_t i = 0; i < w->catalog->n_entitlements; i++)
			w->row[i].count += now[i];
		return;
	}
	number = w->time_s / part_length(rule);
	remember(w->parts[k], number, now);
	for (size_t i = 0; i < w->catalog->n_entitlements; i++)
		w->row[i].count += rank(w->parts[k], number, i, percent);
}

int
smartlic_window_add(struct smartlic_window *w, int64_t time_s, const struct smartlic_count *count,
    struct smartlic_error *err)
{
	const struct sl_totals *totals = sl_count_totals(count);

	sl_error_clear(err);
	if (strcmp(smartlic_count_profile(count), w->profile->name) != 0)
		return sl_fail(err, SMARTLIC_E_INVAL, "a count by profile %s in a window of %s",
		    smartlic_count_profile(count), w->profile->name);
	if (time_s < 0 || (w->started && time_s < w->time_s))
		return sl_fail(
		    err, SMARTLIC_E_INVAL, "times of a window start at 0 and do not go back");
	w->started = 1;
	w->time_s = time_s;
	for (size_t i = 0; i < w->catalog->n_entitlements; i++)
		w->row[i].count = 0;
	for (size_t k = 0; k < w->profile->n_rules; k++)
		add_rule(w, k, totals->n[k]);
	return 0;
}

const struct smartlic_count_row *
smartlic_window_row(const struct smartlic_window *window, size_t i)
{
	return i < window->catalog->n_entitlements ? &window->row[i] : NULL;
}
