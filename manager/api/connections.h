/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_CONNECTIONS_H
#define MANAGER_API_CONNECTIONS_H

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <openssl/ssl.h>

#include "error.h"

/*
 * The open connections of an evhttp server, over TLS or plain, and what evhttp does not bound by
 * itself: how many there are, how many of one address, how long each may take for a whole
 * request, and how much of one may wait for the rest of its line.
 */
struct connections;

struct connections_limits {
	size_t max, max_per_address;
	/* From its begin, and again from each answer on, a connection has this long until its next
	 * request has arrived whole. */
	int timeout_s;
	/* Who sends more than this without evhttp taking any of it is hung up on: what stands before
	 * a chunk may be of any length to it. */
	size_t max_input;
	/* After connections_stop(), what is under way has this long. */
	int grace_s;
};

/* Borrows base and ctx, which is NULL for plain HTTP.  Accepting by `listener` is paused and taken
 * up again as the limits say.  ended: see connections_stop(). */
int connections_new(struct connections **ret, struct event_base *base, SSL_CTX *ctx,
    struct evconnlistener *listener, const struct connections_limits *limits,
    void (*ended)(void *ud), void *ud, struct smartlic_error *err);
/* After evhttp_free(), which ends them all. */
void connections_free(struct connections *all);

/* What of a peer's address counts: all of IPv4, the network of IPv6. */
#define CONNECTIONS_ADDRESS_LEN 8

/* For evhttp_set_bevcb(): never NULL, since evhttp would then speak plain HTTP. */
struct bufferevent *connections_take(struct event_base *base, void *connections);

/* To be called first thing for each request: 1: its answer is under way from now on; 0: the peer was
 * hung up on while it arrived, and no answer would reach it. */
int connections_answer(struct connections *all, struct evhttp_request *req);
/* Again when the answer is given, where that is later: an idle connection would keep a stop waiting. */
void connections_end_if_stopping(struct connections *all, struct evhttp_request *req);

/* Of the peer that sent it. */
void connections_address(struct connections *all, struct evhttp_request *req,
    unsigned char ret[CONNECTIONS_ADDRESS_LEN]);

/* No more are accepted, idle ones are closed; `ended` is called when the last has finished, or its
 * time is over, or at once where it is said a second time.  It may be called again. */
void connections_stop(struct connections *all);
int connections_stopping(const struct connections *all);

#endif
