/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smartlic/env.h>
#include <smartlic/error.h>

#include "exchange.h"
#include "https.h"
#include "network.h"
#include "options.h"
#include "resolve.h"
#include "revocation.h"
#include "verdict.h"

#define RESOLVE_MS 15000  /* whatever c-ares still hopes for */
#define REQUEST_MS 100000 /* for all destinations: the agent gives up after two minutes */

/* BEGIN … EXCHANGING are one destination after the other. */
enum state { IDLE, BEGIN, RESOLVING, EXCHANGING };

struct https {
	const struct smartlic_host *host;
	struct sl_options options;
	struct sl_exchange *exchange;

	enum state state;
	size_t at; /* the destination that is tried */
	unsigned char *body;
	size_t len;
	int64_t floor_ms;
	int64_t since_ms, until_ms;
	int64_t retry_after_ms;     /* the longest that a destination asked for; -1: none did */
	struct sl_resolve *resolve; /* kept while its addresses are used */
	int64_t resolve_until;

	/* a revocation list that is fetched before the destination is tried again */
	char list_url[SL_LIST_URL]; /* "": none is */
	struct sl_destination list;
	int lists; /* how many were fetched for this request */
};

/* Of chains: two or three for each destination. */
#define LISTS_MAX 24

/* ---- opening and closing ---- */

static int
out_of_memory(char *text, size_t cap)
{
	(void)snprintf(text, cap, "out of memory");
	return SMARTLIC_E_NOMEM;
}

/* libcurl is initialised once for the process and stays so: others may use it as well. */
static int
start_libcurl(char *text, size_t cap)
{
	const curl_version_info_data *info;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return out_of_memory(text, cap);
	info = curl_version_info(CURLVERSION_NOW);
	if ((info->features & CURL_VERSION_THREADSAFE) == 0) {
		(void)snprintf(text, cap,
		    "libcurl %s here cannot be initialised safely beside other threads; use a "
		    "build with the feature 'threadsafe'",
		    info->version);
		return SMARTLIC_E_TRANSPORT;
	}
	if (info->ssl_version == NULL || strncmp(info->ssl_version, "OpenSSL/", 8) != 0) {
		(void)snprintf(text, cap,
		    "libcurl here does TLS by %s; use a build of it on OpenSSL",
		    info->ssl_version != NULL ? info->ssl_version : "nothing");
		return SMARTLIC_E_TRANSPORT;
	}
	return 0;
}

static void
say(struct https *h, int level, const char *text)
{
	if (h->host->log != NULL)
		h->host->log(h->host->ctx, level, text);
}

static void
warn_of_plain_http(struct https *h)
{
	char text[400];

	for (size_t i = 0; i < h->options.n_destinations; i++) {
		if (h->options.destinations[i].tls)
			continue;
		(void)snprintf(text, sizeof(text),
		    "destination %.200s: not encrypted; messages are signed, but can be read on "
		    "the way: use https:// where the authority offers it",
		    h->options.destinations[i].url);
		say(h, SMARTLIC_LOG_WARNING, text);
		return;
	}
}

int
sl_https_open(void **ret, const struct smartlic_host *host, const struct smartlic_option *options,
    size_t n, char *text, size_t cap)
{
	struct https *h = NULL;
	int r;

	r = start_libcurl(text, cap);
	if (r < 0)
		goto out;
	h = calloc(1, sizeof(*h));
	if (h == NULL) {
		r = out_of_memory(text, cap);
		goto out;
	}
	h->host = host;
	r = sl_options_read(&h->options, options, n, text, cap);
	if (r < 0)
		goto out;
	if (sl_exchange_new(&h->exchange, host, &h->options) != 0) {
		r = out_of_memory(text, cap);
		goto out;
	}
	warn_of_plain_http(h);
	*ret = h;
	h = NULL;
out:
	sl_https_close(h);
	return r;
}

static void
end_list(struct https *h)
{
	sl_destination_free(&h->list);
	h->list_url[0] = '\0';
}

void
sl_https_cancel(void *tp)
{
	struct https *h = tp;

	sl_resolve_free(h->resolve);
	h->resolve = NULL;
	if (h->exchange != NULL)
		sl_exchange_cancel(h->exchange);
	end_list(h);
	free(h->body);
	h->body = NULL;
	h->state = IDLE;
}

void
sl_https_close(void *tp)
{
	struct https *h = tp;

	if (h == NULL)
		return;
	sl_https_cancel(h);
	sl_exchange_free(h->exchange);
	sl_options_free(&h->options);
	free(h);
}

/* ---- one request ---- */

static int64_t
now_ms(const struct https *h)
{
	return h->host->mono_ms(h->host->ctx);
}

int
sl_https_submit(void *tp, const struct smartlic_message *request)
{
	struct https *h = tp;
	unsigned char *body = malloc(request->len > 0 ? request->len : 1);

	if (body == NULL)
		return SMARTLIC_E_NOMEM;
	if (request->len > 0)
		memcpy(body, request->body, request->len);
	sl_https_cancel(h);
	h->body = body;
	h->len = request->len;
	h->floor_ms = request->floor_ms;
	h->since_ms = now_ms(h);
	h->until_ms = h->since_ms + REQUEST_MS;
	h->lists = 0;
	if (SMARTLIC_OPS_HAS(request, lists_len))
		sl_revocation_set_own(
		    sl_tls_revocation(h->options.tls), request->lists, request->lists_len);
	h->retry_after_ms = -1;
	h->at = 0;
	h->state = BEGIN;
	return 0;
}

static int
fail(struct smartlic_outcome *ret, const char *step, const char *text)
{
	sl_verdict_text(ret, step, text, NULL);
	return 1;
}

/* Whom to ask next: the destination, or who has a list. */
static const struct sl_destination *
target(const struct https *h)
{
	return h->list_url[0] != '\0' ? &h->list : &h->options.destinations[h->at];
}

/* For the trace: whom, at which addresses. */
static void
tell_way(struct https *h, const char *addresses)
{
	const struct sl_destination *to = target(h);
	char text[500];

	(void)snprintf(text, sizeof(text), "%s %.200s%s%.64s%s%.150s",
	    h->list_url[0] != '\0' ? "fetches the list" : "connects to",
	    h->list_url[0] != '\0' ? h->list_url : to->url,
	    h->options.proxy.url != NULL ? " by way of proxy " : "",
	    h->options.proxy.url != NULL ? h->options.proxy.host : "",
	    addresses != NULL ? ", at " : "", addresses != NULL ? addresses : "");
	say(h, SMARTLIC_LOG_DEBUG, text);
}

static int
exchange(struct https *h, const char *addresses, struct smartlic_outcome *ret)
{
	struct sl_exchange_request q = { .to = target(h),
		.list_url = h->list_url[0] != '\0' ? h->list_url : NULL,
		.since_ms = h->since_ms,
		.addresses = addresses,
		.floor_ms = h->floor_ms,
		.until_ms = h->until_ms,
		.body = h->body,
		.len = h->len };

	tell_way(h, addresses);
	h->state = EXCHANGING;
	return sl_exchange_start(h->exchange, &q) == 0 ? 0 : fail(ret, "connect", "out of memory");
}

static int
begin(struct https *h, struct smartlic_outcome *ret)
{
	const struct sl_destination *hop = sl_network_first_hop(&h->options, target(h));

	if (hop->literal)
		return exchange(h, NULL, ret);
	sl_resolve_free(h->resolve);
	h->resolve = NULL;
	h->state = RESOLVING;
	h->resolve_until = now_ms(h) + RESOLVE_MS;
	return sl_resolve_start(&h->resolve, hop->host, h->options.name_servers) == 0
		   ? 0
		   : fail(ret, "resolve", "out of memory");
}

static int
resolve(struct https *h, struct smartlic_outcome *ret)
{
	const char *addresses = NULL;
	char text[SL_RESOLVE_TEXT];
	int r = sl_resolve_step(h->resolve, &addresses, text);

	if (r > 0)
		return exchange(h, addresses, ret);
	if (r == 0 && now_ms(h) < h->resolve_until)
		return 0;
	if (r == 0)
		sl_resolve_slow(h->resolve, text);
	return fail(ret, "resolve", text);
}

/* A list came, or did not; either is kept, and the destination tried again. */
static void
list_ended(struct https *h, struct smartlic_outcome *ret)
{
	struct sl_revocation *rv = sl_tls_revocation(h->options.tls);

	if (ret->kind == SMARTLIC_OUTCOME_BODY) {
		sl_revocation_fetched(rv, h->list_url, ret->body, ret->len, now_ms(h));
	} else {
		/* without the cure, which is the authority's */
		ret->text[strcspn(ret->text, ";")] = '\0';
		sl_revocation_failed(rv, h->list_url, ret->text, now_ms(h));
	}
	end_list(h);
}

static void
begin_list(struct https *h, const char *url)
{
	const char *wrong = sl_destination_parse(&h->list, url);

	h->lists++;
	if (wrong == NULL)
		(void)snprintf(h->list_url, sizeof(h->list_url), "%s", url);
	else
		sl_revocation_failed(sl_tls_revocation(h->options.tls), url, wrong, now_ms(h));
}

/* An exchange is over: with the list, with the destination, or for want of a list.  1: the last
 * word on the destination; 0: something begins. */
static int
ended(struct https *h, struct smartlic_outcome *ret)
{
	const char *wanted = sl_exchange_wanted(h->exchange);

	if (h->list_url[0] != '\0') {
		list_ended(h, ret);
	} else if (h->state == EXCHANGING && wanted[0] != '\0' && h->lists < LISTS_MAX &&
		   now_ms(h) < h->until_ms) {
		begin_list(h, wanted);
	} else {
		return 1;
	}
	ret->http_status = 0;
	ret->retry_after_ms = -1;
	h->state = BEGIN;
	return 0;
}

/* 1: the attempt at this destination is over; 0: wait */
static int
attempt(struct https *h, struct smartlic_outcome *ret)
{
	enum state before;
	int r;

	ret->http_status = 0;
	ret->retry_after_ms = -1;
	do {
		before = h->state;
		switch (before) {
		case IDLE:
			return 0;
		case BEGIN:
			r = begin(h, ret);
			break;
		case RESOLVING:
			r = resolve(h, ret);
			break;
		case EXCHANGING:
			r = sl_exchange_step(h->exchange, ret);
			break;
		}
		if (r == 1)
			r = ended(h, ret);
	} while (r == 0 && h->state != before);
	if (r == 1 && sl_exchange_tolerated(h->exchange)[0] != '\0')
		say(h, SMARTLIC_LOG_NOTICE, sl_exchange_tolerated(h->exchange));
	return r;
}

/* "HOST:PORT", an IPv6 address in brackets */
static void
put_host(char *ret, size_t cap, const struct sl_destination *d)
{
	(void)snprintf(
	    ret, cap, strchr(d->host, ':') != NULL ? "[%.64s]:%s" : "%.64s:%s", d->host, d->port);
}

/* Puts before the text to whom it was, and by way of whom. */
static void
name_destination(struct https *h, struct smartlic_outcome *ret)
{
	const struct sl_options *o = &h->options;
	char to[80], by[80] = "", text[sizeof(ret->text)];

	put_host(to, sizeof(to), &o->destinations[h->at]);
	if (o->proxy.url != NULL)
		put_host(by, sizeof(by), &o->proxy);
	(void)snprintf(text, sizeof(text), "%s%s%s, %.300s", to,
	    by[0] != '\0' ? " by way of proxy " : "", by, ret->text);
	memcpy(ret->text, text, sizeof(text));
}

int
sl_https_step(void *tp, struct smartlic_outcome *ret)
{
	struct https *h = tp;

	while (attempt(h, ret) == 1) {
		if (ret->retry_after_ms > h->retry_after_ms)
			h->retry_after_ms = ret->retry_after_ms;
		ret->retry_after_ms = h->retry_after_ms;
		if (ret->kind == SMARTLIC_OUTCOME_FAILED)
			name_destination(h, ret);
		if (ret->kind == SMARTLIC_OUTCOME_BODY || h->at + 1 == h->options.n_destinations ||
		    now_ms(h) >= h->until_ms) {
			h->state = IDLE;
			return 1;
		}
		say(h, SMARTLIC_LOG_NOTICE, ret->text);
		h->at++;
		h->state = BEGIN;
	}
	return 0;
}

int
sl_https_pollfds(void *tp, struct pollfd *fds, size_t *n)
{
	struct https *h = tp;
	size_t cap = *n;

	*n = 0;
	if (h->state == RESOLVING)
		*n = sl_resolve_pollfds(h->resolve, fds, cap);
	else if (h->state == EXCHANGING)
		*n = sl_exchange_pollfds(h->exchange, fds, cap);
	return *n > cap;
}

int64_t
sl_https_deadline(void *tp)
{
	struct https *h = tp;
	int64_t now;

	switch (h->state) {
	case IDLE:
		break;
	case BEGIN:
		return 0;
	case RESOLVING:
		now = now_ms(h);
		return now + sl_resolve_wait_ms(h->resolve, h->resolve_until - now);
	case EXCHANGING:
		return sl_exchange_deadline(h->exchange);
	}
	return INT64_MAX;
}
