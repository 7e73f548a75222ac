/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "discovery.h"

/* FNV-1a, and splitmix64 from there on: nobody is kept from guessing which server a device takes.
 */
static uint64_t
seed_of(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Name servers turn records around: those of a priority come in one order first, the lightest at
 * the beginning, as the drawing wants those without weight. */
static int
compare(const void *x, const void *y)
{
	const struct sl_srv *a = x, *b = y;
	int r;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	r = strcmp(a->target, b->target);
	return r != 0 ? r : (int)a->port - (int)b->port;
}

/* Which of the first `n`, all of one priority, comes next. */
static size_t
pick(const struct sl_srv *records, size_t n, uint64_t *state)
{
	uint64_t sum = 0, at;

	for (size_t i = 0; i < n; i++)
		sum += records[i].weight;
	at = draw(state) % (sum + 1);
	sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum += records[i].weight;
		if (sum >= at)
			return i;
	}
	return n - 1;
}

void
sl_discovery_order(struct sl_srv *records, size_t n, const char *seed)
{
	uint64_t state = seed_of(seed);

	qsort(records, n, sizeof(*records), compare);
	for (size_t i = 0; i < n; i++) {
		size_t same = 1, chosen;
		struct sl_srv next;

		while (i + same < n && records[i + same].priority == records[i].priority)
			same++;
		chosen = i + pick(&records[i], same, &state);
		next = records[chosen];
		memmove(&records[i + 1], &records[i], (chosen - i) * sizeof(*records));
		records[i] = next;
	}
}

static void
release(struct sl_destination *found, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sl_destination_free(&found[i]);
}

static int
is_same(const struct sl_discovery *d, const struct sl_destination *found, size_t n)
{
	if (n != d->n)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (strcmp(found[i].url, d->found[i].url) != 0)
			return 0;
	return 1;
}

int
sl_discovery_take(
    struct sl_discovery *d, const struct sl_srv *records, size_t n, size_t room, const char *seed)
{
	struct sl_destination found[SL_MAX_DESTINATIONS];
	struct sl_srv sorted[SL_SRV_MAX];
	size_t n_found = 0;
	char url[300];

	n = n < SL_SRV_MAX ? n : SL_SRV_MAX;
	memcpy(sorted, records, n * sizeof(*records));
	sl_discovery_order(sorted, n, seed);
	for (size_t i = 0; i < n && n_found < room; i++) {
		(void)snprintf(url, sizeof(url), "https://%.255s:%u", sorted[i].target,
		    (unsigned)sorted[i].port);
		if (sl_destination_parse(&found[n_found], url) == NULL)
			n_found++;
	}
	if (is_same(d, found, n_found)) {
		release(found, n_found);
		return 0;
	}
	sl_discovery_free(d);
	memcpy(d->found, found, n_found * sizeof(*found));
	d->n = n_found;
	return 1;
}

void
sl_discovery_free(struct sl_discovery *d)
{
	release(d->found, d->n);
	d->n = 0;
}
