/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "api/writer.h"

/* Batches in a commit; what a server has beyond it waits for the next. */
#define TOGETHER_MAX 16

TAILQ_HEAD(batches, writer_batch);

struct writer {
	pthread_mutex_t *turn;
	struct counts *counts;
	pthread_t thread;
	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t arrived; /* something is to be done */
	pthread_cond_t done;    /* a batch went back */
	struct batches submitted;
	int ending;
};

/* In the order in which they came.  0: none will. */
static size_t
take(struct writer *w, struct writer_batch *ret[TOGETHER_MAX])
{
	size_t n = 0;

	(void)pthread_mutex_lock(&w->lock);
	while (TAILQ_EMPTY(&w->submitted) && !w->ending)
		(void)pthread_cond_wait(&w->arrived, &w->lock);
	while (n < TOGETHER_MAX && !TAILQ_EMPTY(&w->submitted)) {
		ret[n] = TAILQ_FIRST(&w->submitted);
		TAILQ_REMOVE(&w->submitted, ret[n], link);
		n++;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return n;
}

static void
execute(struct writer *w, struct writer_batch *const *batches, size_t n)
{
	struct exchange *list[TOGETHER_MAX * WRITER_BATCH_MAX];
	size_t n_list = 0;

	for (size_t i = 0; i < n; i++) {
		memcpy(list + n_list, batches[i]->list, batches[i]->n * sizeof(list[0]));
		n_list += batches[i]->n;
	}
	(void)pthread_mutex_lock(w->turn);
	authority_execute(list, n_list);
	(void)pthread_mutex_unlock(w->turn);
	counts_commit(w->counts);
}

/* Told under the lock: who waits for a batch may free what it would be told by. */
static void
give_back(struct writer *w, struct writer_batch *const *batches, size_t n)
{
	(void)pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < n; i++) {
		batches[i]->executed(batches[i]->ud);
		batches[i]->is_out = 0;
	}
	(void)pthread_cond_broadcast(&w->done);
	(void)pthread_mutex_unlock(&w->lock);
}

static void *
run(void *ud)
{
	struct writer_batch *batches[TOGETHER_MAX];
	struct writer *w = ud;
	size_t n;

	while ((n = take(w, batches)) > 0) {
		execute(w, batches, n);
		give_back(w, batches, n);
	}
	return NULL;
}

int
writer_start(
    struct writer **ret, pthread_mutex_t *turn, struct counts *counts, struct smartlic_error *err)
{
	struct writer *w = calloc(1, sizeof(*w));
	int reason;

	if (w == NULL)
		return sl_nomem(err);
	w->turn = turn;
	w->counts = counts;
	TAILQ_INIT(&w->submitted);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->arrived, NULL);
	(void)pthread_cond_init(&w->done, NULL);
	reason = pthread_create(&w->thread, NULL, run, w);
	if (reason != 0) {
		free(w);
		return sl_fail(
		    err, SMARTLIC_E_SYSTEM, "a thread cannot be started: %s", strerror(reason));
	}
	*ret = w;
	return 0;
}

void
writer_submit(struct writer *w, struct writer_batch *batch)
{
	(void)pthread_mutex_lock(&w->lock);
	batch->is_out = 1;
	TAILQ_INSERT_TAIL(&w->submitted, batch, link);
	(void)pthread_cond_signal(&w->arrived);
	(void)pthread_mutex_unlock(&w->lock);
}

void
writer_wait(struct writer *w, struct writer_batch *batch)
{
	(void)pthread_mutex_lock(&w->lock);
	while (batch->is_out)
		(void)pthread_cond_wait(&w->done, &w->lock);
	(void)pthread_mutex_unlock(&w->lock);
}

void
writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->ending = 1;
	(void)pthread_cond_signal(&w->arrived);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	(void)pthread_cond_destroy(&w->done);
	(void)pthread_cond_destroy(&w->arrived);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}
