/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count_changes.h"

struct entry {
	char *port, *charge;
	size_t order; /* as told; one port may be told of twice */
};

struct list {
	struct entry *entry;
	size_t n, cap;
};

/* What smartlic_count_explain() calls; -1 ends it. */
static int
add(void *userdata, const struct smartlic_explanation *e)
{
	struct list *l = userdata;
	size_t cap = l->cap == 0 ? 64 : 2 * l->cap;
	struct entry *more, *entry;
	char charge[300];

	if (l->n == l->cap) {
		more = realloc(l->entry, cap * sizeof(*more));
		if (more == NULL)
			return -1;
		l->entry = more;
		l->cap = cap;
	}
	if (e->charged > 1)
		(void)snprintf(charge, sizeof(charge), "%" PRId64 " x %s", e->charged, e->charge);
	else
		(void)snprintf(charge, sizeof(charge), "%s", e->charge);
	entry = &l->entry[l->n];
	*entry = (struct entry){ strdup(e->port), strdup(charge), l->n };
	l->n++;
	return entry->port == NULL || entry->charge == NULL ? -1 : 0;
}

static void
release(struct list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->entry[i].port);
		free(l->entry[i].charge);
	}
	free(l->entry);
}

/* By name, where numbers compare as numbers: 0/1/0/9 stands before 0/1/0/10. */
static int
compare_names(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0') {
		if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
			char *end_a, *end_b;
			unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);

			if (x != y)
				return x < y ? -1 : 1;
			a = end_a;
			b = end_b;
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	return (*a != '\0') - (*b != '\0');
}

static int
compare(const void *a, const void *b)
{
	const struct entry *p = a, *q = b;
	int c = compare_names(p->port, q->port);

	return c != 0 ? c : p->order < q->order ? -1 : 1;
}

int
count_changes(const struct smartlic_catalog *catalog, const char *profile,
    const struct smartlic_inventory *was, const struct smartlic_inventory *now,
    void (*each)(void *userdata, const char *port, const char *was, const char *now),
    void *userdata)
{
	struct list a = { 0 }, b = { 0 };
	size_t i = 0, k = 0;
	int r = -1, c;

	if (smartlic_count_explain(catalog, profile, was, add, &a, NULL) != 0 ||
	    smartlic_count_explain(catalog, profile, now, add, &b, NULL) != 0)
		goto out;
	if (a.n > 0)
		qsort(a.entry, a.n, sizeof(*a.entry), compare);
	if (b.n > 0)
		qsort(b.entry, b.n, sizeof(*b.entry), compare);
	while (i < a.n || k < b.n) {
		c = i == a.n ? 1 : k == b.n ? -1 : compare_names(a.entry[i].port, b.entry[k].port);
		if (c < 0)
			each(userdata, a.entry[i].port, a.entry[i].charge, "");
		else if (c > 0)
			each(userdata, b.entry[k].port, "", b.entry[k].charge);
		else if (strcmp(a.entry[i].charge, b.entry[k].charge) != 0)
			each(userdata, b.entry[k].port, a.entry[i].charge, b.entry[k].charge);
		i += c <= 0;
		k += c >= 0;
	}
	r = 0;
out:
	release(&a);
	release(&b);
	return r;
}
