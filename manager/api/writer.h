/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_WRITER_H
#define MANAGER_API_WRITER_H

#include <pthread.h>
#include <sys/queue.h>

#include "api/counts.h"
#include "authority/authority.h"

/*
 * The thread that executes, where the ledger takes one writer at a time: what all workers have
 * verified meanwhile, in one durable commit.  No worker waits for the disk or for another's turn;
 * each goes on verifying and signing.
 */
struct writer;

/* Of a batch: its first waits until its last was executed. */
#define WRITER_BATCH_MAX 64

/* What one worker has verified.  Filled by it, the writer's from writer_submit() until `executed`
 * is called, in the writer's thread: that tells the worker, and does nothing else. */
struct writer_batch {
	struct exchange *list[WRITER_BATCH_MAX];
	size_t n;
	void (*executed)(void *ud);
	void *ud;

	int is_out; /* the writer's own, as is the link */
	TAILQ_ENTRY(writer_batch) link;
};

/* turn: held while something is executed; borrowed, as is counts. */
int writer_start(
    struct writer **ret, pthread_mutex_t *turn, struct counts *counts, struct smartlic_error *err);
void writer_submit(struct writer *w, struct writer_batch *batch);
/* Waits until a batch is the caller's again, and `executed` has returned. */
void writer_wait(struct writer *w, struct writer_batch *batch);
/* Executes what was submitted, and ends.  NULL is allowed. */
void writer_free(struct writer *w);

#endif
