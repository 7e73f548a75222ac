/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>

#include "authority/parallel.h"

struct work {
	void (*fn)(void *ud, size_t thread, size_t i);
	void *ud;
	size_t n;
	atomic_size_t next;
};

struct worker {
	struct work *work;
	size_t number;
	pthread_t thread;
};

static void *
run(void *ud)
{
	struct worker *w = ud;
	size_t i;

	while ((i = atomic_fetch_add(&w->work->next, 1)) < w->work->n)
		w->work->fn(w->work->ud, w->number, i);
	return NULL;
}

void
parallel(size_t threads, size_t n, void (*fn)(void *ud, size_t thread, size_t i), void *ud)
{
	struct work work = { .fn = fn, .ud = ud, .n = n };
	struct worker workers[PARALLEL_MAX];
	size_t wanted = threads < n ? threads : n, started = 1;

	if (wanted > PARALLEL_MAX)
		wanted = PARALLEL_MAX;
	atomic_init(&work.next, 0);
	for (; started < wanted; started++) {
		workers[started] = (struct worker){ .work = &work, .number = started };
		if (pthread_create(&workers[started].thread, NULL, run, &workers[started]) != 0)
			break;
	}
	workers[0] = (struct worker){ .work = &work };
	(void)run(&workers[0]);
	for (size_t i = 1; i < started; i++)
		(void)pthread_join(workers[i].thread, NULL);
}
