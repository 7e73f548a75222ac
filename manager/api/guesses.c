/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/guesses.h"

#define SETS 512
#define WAYS 8

/* Failures are kept as the moment by which all of them are worn off, a minute each. */
struct place {
	unsigned char address[CONNECTIONS_ADDRESS_LEN];
	int64_t until_s;
};

struct guesses {
	pthread_mutex_t lock;
	uint64_t seed;
	struct place place[SETS][WAYS];
};

int
guesses_new(struct guesses **ret, uint64_t seed, struct smartlic_error *err)
{
	struct guesses *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return sl_nomem(err);
	(void)pthread_mutex_init(&g->lock, NULL);
	g->seed = seed;
	*ret = g;
	return 0;
}

void
guesses_free(struct guesses *g)
{
	if (g == NULL)
		return;
	(void)pthread_mutex_destroy(&g->lock);
	free(g);
}

static struct place *
set_of(struct guesses *g, const unsigned char *address)
{
	uint64_t h = g->seed;

	for (size_t i = 0; i < CONNECTIONS_ADDRESS_LEN; i++) {
		h = (h ^ address[i]) * UINT64_C(0xbf58476d1ce4e5b9);
		h ^= h >> 29;
	}
	return g->place[h % SETS];
}

/* A clock that was set back must not shut anybody out for as long. */
static int64_t
until(const struct place *p, int64_t now_s)
{
	const int64_t most = now_s + GUESSES_AT_ONCE * GUESSES_EACH_S;

	return p->until_s < now_s ? now_s : p->until_s > most ? most : p->until_s;
}

/* The address's place, or the one that it may have: of who has failed least. */
static struct place *
find(struct guesses *g, const unsigned char *address, int64_t now_s, int *ret_known)
{
	struct place *set = set_of(g, address), *least = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (until(&set[i], now_s) > now_s &&
		    memcmp(set[i].address, address, CONNECTIONS_ADDRESS_LEN) == 0) {
			*ret_known = 1;
			return &set[i];
		}
		if (set[i].until_s < least->until_s)
			least = &set[i];
	}
	*ret_known = 0;
	return least;
}

int64_t
guesses_wait_s(
    struct guesses *g, const unsigned char address[CONNECTIONS_ADDRESS_LEN], int64_t now_s)
{
	const int64_t may = now_s + (GUESSES_AT_ONCE - 1) * GUESSES_EACH_S;
	const struct place *p;
	int64_t wait_s = 0;
	int known;

	(void)pthread_mutex_lock(&g->lock);
	p = find(g, address, now_s, &known);
	if (known && until(p, now_s) > may)
		wait_s = until(p, now_s) - may;
	(void)pthread_mutex_unlock(&g->lock);
	return wait_s;
}

void
guesses_failed(
    struct guesses *g, const unsigned char address[CONNECTIONS_ADDRESS_LEN], int64_t now_s)
{
	struct place *p;
	int known;

	(void)pthread_mutex_lock(&g->lock);
	p = find(g, address, now_s, &known);
	p->until_s = (known ? until(p, now_s) : now_s) + GUESSES_EACH_S;
	memcpy(p->address, address, CONNECTIONS_ADDRESS_LEN);
	(void)pthread_mutex_unlock(&g->lock);
}
