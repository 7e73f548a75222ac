/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_EXCHANGE_H
#define SL_EXCHANGE_H

#include <smartlic/transport.h>

#include "options.h"

/*
 * One POST and its answer, by libcurl's multi interface: the application's loop
 * waits, nothing here does.  Connections are kept for the next exchange.
 */
struct sl_exchange;

/* No answer of the protocol is larger. */
#define SL_ANSWER_MAX ((size_t)384 * 1024)

/* Options are borrowed. */
int sl_exchange_new(
    struct sl_exchange **ret, const struct smartlic_host *host, const struct sl_options *options);
void sl_exchange_free(struct sl_exchange *x);

/* What to send, borrowed until the exchange is over. */
struct sl_exchange_request {
	const struct sl_destination *to;
	const char
	    *addresses; /* of the first hop, "192.0.2.1,[2001:db8::1]"; NULL: it is a literal */
	int64_t floor_ms;
	int64_t until_ms; /* when it is given up at the latest, by the host's mono_ms */
	int64_t since_ms; /* when the request began of which this is a part */
	const void *body;
	size_t len;
	const char *list_url; /* in place of the above: a revocation list to get */
};

/* 0, or -1: out of memory. */
int sl_exchange_start(struct sl_exchange *x, const struct sl_exchange_request *request);
/* 1: *ret is filled (http_status and retry_after_ms where there are any), its body borrowed until
 * the next start, cancel or free; 0: not yet. */
int sl_exchange_step(struct sl_exchange *x, struct smartlic_outcome *ret);
/* What was seen of the way, of the exchange that was over last. */
struct sl_exchange_seen {
	char at[64], from[64]; /* addresses of both ends of the connection; "": there was none */
	long port;
	char server[400]; /* of its TLS certificate */
	char date[40]; /* when it answered, by its own clock, in HTTP's form; "": it did not say */
};
const struct sl_exchange_seen *sl_exchange_seen(const struct sl_exchange *x);
/* "", or the revocation list without which the server's certificate was not judged, and what was
 * tolerated of it. */
const char *sl_exchange_wanted(const struct sl_exchange *x);
const char *sl_exchange_tolerated(const struct sl_exchange *x);
void sl_exchange_cancel(struct sl_exchange *x);
size_t sl_exchange_pollfds(const struct sl_exchange *x, struct pollfd *fds, size_t cap);
int64_t sl_exchange_deadline(const struct sl_exchange *x);

#endif
