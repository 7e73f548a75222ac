/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_WORKER_H
#define MANAGER_API_WORKER_H

#include <pthread.h>

#include "api/counts.h"
#include "api/server.h"

/*
 * A thread that answers devices, with a loop, a listener and an authority of its own.  What has
 * arrived together is verified one by one, executed in one durable commit, signed one by one.
 * Where the ledger has one writer, that is a thread beside the workers (writer.h), and they go on
 * meanwhile.
 */
struct worker;

/* Where devices come in: over TLS, and plain where that is asked for. */
enum { DOOR_TLS, DOOR_PLAIN, DOORS };

/* What the workers of a server share. */
struct worker_shared {
	const struct server_options *options;
	size_t n;              /* workers */
	struct guesses *guesses;
	int port[DOORS];       /* 0 until the first worker listens */
	struct writer *writer; /* executes for all; NULL: each for itself, at once */
	int ended_fd;          /* gets a byte from each that has ended */
};

/* Opens its listener.  number: from 0.  Borrows authority and shared for its life. */
int worker_new(struct worker **ret, size_t number, struct authority *authority,
    struct worker_shared *shared, struct smartlic_error *err);
int worker_start(struct worker *w, struct smartlic_error *err);

enum worker_order {
	WORKER_STOP = 's',    /* finish what was begun; the second time: end at once */
	WORKER_NEW_TLS = 'r', /* keys and certificates may be others */
	WORKER_EXECUTED = 'e', /* the writer's: the batch is back */
};
void worker_tell(struct worker *w, enum worker_order order);
struct counts *worker_counts(struct worker *w);
/* Waits for its end where it was started.  NULL is allowed. */
void worker_free(struct worker *w);

#endif
