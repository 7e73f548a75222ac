/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_WORKER_IMPL_H
#define MANAGER_API_WORKER_IMPL_H

#include <sys/queue.h>

#include <event2/event.h>
#include <event2/http.h>

#include "api/connections.h"
#include "api/worker.h"
#include "api/writer.h"

/* Shared by worker.c, its begin and end, and requests.c, what it does in between. */

struct door;

/* A request that has arrived and was verified. */
struct waiting {
	STAILQ_ENTRY(waiting) link;
	struct door *door;
	struct evhttp_request *req;
	struct exchange *exchange;
	int64_t since_us;
	unsigned char address[CONNECTIONS_ADDRESS_LEN];
};

STAILQ_HEAD(waiting_list, waiting);

/* Where devices come in. */
struct door {
	struct worker *worker;
	struct evhttp *http;
	struct evconnlistener *listener;
	int bound; /* the listener is http's */
	struct connections *connections;
	int ended; /* the last of them has, after a stop */
};

struct worker {
	struct authority *authority;
	struct worker_shared *shared;
	struct event_base *base;
	struct door door[DOORS];
	size_t n_doors;
	SSL_CTX *ctx;
	struct event *verified, *orders;
	int order_fd[2];
	pthread_t thread;
	int started;
	struct counts counts;
	size_t number;
	/* whose request is being looked at, and how long it is to wait; 0: not at all */
	const unsigned char *address;
	int64_t wait_s;

	/* verified, to be executed with the next batch; and those of the batch that is */
	struct waiting_list waiting, executing;
	struct writer_batch batch;
	/* a failing disk must not fill another one with lines */
	char logged[sizeof(((struct smartlic_error *)0)->text)];
	int64_t logged_s, guesses_logged_s;
};

/* requests.c: libevent's callbacks for each request (ud: the door), and for what was verified. */
void requests_take(struct evhttp_request *req, void *door);
void requests_on_verified(evutil_socket_t fd, short what, void *worker);
/* The batch is back from the writer. */
void requests_on_executed(struct worker *w);
/* Waits until no batch is out. */
void requests_settle(struct worker *w);
/* After the loop's end: what has no answer yet gets none. */
void requests_forget(struct worker *w);

#endif
