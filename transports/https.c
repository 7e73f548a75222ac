/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smartlic/env.h>
#include <smartlic/error.h>

#include "discovery.h"
#include "exchange.h"
#include "https.h"
#include "network.h"
#include "options.h"
#include "preflight.h"
#include "resolve.h"
#include "revocation.h"
#include "turns.h"
#include "verdict.h"

#define RESOLVE_MS 15000  /* whatever c-ares still hopes for */
#define REQUEST_MS 100000 /* for all destinations: the agent gives up after two minutes */

/* BEGIN … EXCHANGING are one destination after the other. */
enum state { IDLE, DISCOVER, DISCOVERING, BEGIN, RESOLVING, EXCHANGING };

struct https {
	const struct smartlic_host *host;
	struct sl_options options;
	struct sl_exchange *exchange;

	enum state state;
	struct sl_discovery discovery;
	struct sl_turns turns;         /* of the options' destinations, then those discovered */
	char seed[160];                /* of discovery: who this device is */
	char undiscovered[400];        /* why it brought nothing, "" where it did */
	struct sl_preflight preflight; /* findings of a test that are to be told */
	int untold;                    /* what became of discovery is */
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

	r = sl_network_start(text, cap);
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

void
sl_https_rest(void *tp, int64_t ms)
{
	((struct https *)tp)->turns.rest_ms = ms;
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
	sl_discovery_free(&h->discovery);
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
	(void)snprintf(
	    h->seed, sizeof(h->seed), "%s %s %s", request->pid, request->sn, request->uuid);
	h->state = DISCOVER;
	return 0;
}

static int
fail(struct smartlic_outcome *ret, const char *step, const char *text)
{
	sl_verdict_text(ret, step, text, NULL);
	return 1;
}

/* ---- which destinations there are ---- */

/* Whose turn it is. */
static const struct sl_destination *
destination(const struct https *h)
{
	size_t i = sl_turns_now(&h->turns), given = h->options.n_destinations;

	return i < given ? &h->options.destinations[i] : &h->discovery.found[i - given];
}

static void
take_records(struct https *h, const struct sl_srv *records, size_t n)
{
	size_t given = h->options.n_destinations;

	if (!sl_discovery_take(&h->discovery, records, n, SL_MAX_DESTINATIONS - given, h->seed))
		return;
	sl_turns_forget(&h->turns, given);
	for (size_t i = 0; i < h->discovery.n; i++) {
		char text[400];

		(void)snprintf(text, sizeof(text), "discovered %zu of %zu: %.300s", i + 1,
		    h->discovery.n, h->discovery.found[i].url);
		say(h, SMARTLIC_LOG_DEBUG, text);
	}
}

/* 1: there is none to try. */
static int
begin_turns(struct https *h)
{
	size_t n = h->options.n_destinations + h->discovery.n;

	sl_turns_begin(&h->turns, n, now_ms(h));
	h->state = BEGIN;
	return n == 0;
}

static int
discover(struct https *h, struct smartlic_outcome *ret)
{
	if (h->options.srv_domain[0] == '\0')
		return begin_turns(h);
	sl_resolve_free(h->resolve);
	h->resolve = NULL;
	h->state = DISCOVERING;
	h->resolve_until = now_ms(h) + RESOLVE_MS;
	return sl_resolve_start_srv(&h->resolve, h->options.srv_domain, h->options.name_servers) ==
		       0
		   ? 0
		   : fail(ret, "discover", "out of memory");
}

/* Without an answer, or a useful one, those stay that were known before. */
static int
discovering(struct https *h, struct smartlic_outcome *ret)
{
	const struct sl_srv *records;
	char text[SL_RESOLVE_TEXT];
	size_t n;
	int r = sl_resolve_step_srv(h->resolve, &records, &n, text);

	if (r == 0 && now_ms(h) < h->resolve_until)
		return 0;
	h->undiscovered[0] = '\0';
	if (r > 0) {
		take_records(h, records, n);
		return begin_turns(h);
	}
	if (r == 0)
		sl_resolve_slow(h->resolve, text);
	(void)fail(ret, "discover", text);
	memcpy(h->undiscovered, ret->text, sizeof(h->undiscovered));
	if (begin_turns(h)) {
		if (SMARTLIC_OPS_HAS(ret, peer))
			ret->peer = NULL;
		return 1;
	}
	say(h, SMARTLIC_LOG_NOTICE, ret->text);
	return 0;
}

/* ---- one destination ---- */

/* Whom to ask next: the destination, or who has a list. */
static const struct sl_destination *
target(const struct https *h)
{
	return h->list_url[0] != '\0' ? &h->list : destination(h);
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
	int r = sl_resolve_step(h->resolve, now_ms(h), &addresses, text);

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
		case DISCOVER:
			r = discover(h, ret);
			break;
		case DISCOVERING:
			r = discovering(h, ret);
			break;
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

static void
answered(struct https *h)
{
	char text[400];

	if (!sl_turns_answered(&h->turns) || h->turns.rest_ms == 0)
		return;
	(void)snprintf(text, sizeof(text), "%.300s answers again", destination(h)->url);
	say(h, SMARTLIC_LOG_NOTICE, text);
}

/* What one destination has brought.  1: that is the request's outcome; 0: it is the turn of
 * another. */
static int
judge(struct https *h, struct smartlic_outcome *ret)
{
	if (SMARTLIC_OPS_HAS(ret, peer))
		ret->peer = destination(h)->url;
	if (ret->kind == SMARTLIC_OUTCOME_BODY) {
		answered(h);
		return 1;
	}
	sl_verdict_place(
	    ret, destination(h), h->options.proxy.url != NULL ? &h->options.proxy : NULL);
	if (!sl_turns_failed(&h->turns, now_ms(h)) || now_ms(h) >= h->until_ms)
		return 1;
	say(h, SMARTLIC_LOG_NOTICE, ret->text);
	h->state = BEGIN;
	return 0;
}

int
sl_https_step(void *tp, struct smartlic_outcome *ret)
{
	struct https *h = tp;

	while (attempt(h, ret) == 1) {
		if (ret->retry_after_ms > h->retry_after_ms)
			h->retry_after_ms = ret->retry_after_ms;
		ret->retry_after_ms = h->retry_after_ms;
		if (h->turns.n > 0 && !judge(h, ret))
			continue;
		h->state = IDLE;
		return 1;
	}
	return 0;
}

/* ---- a test of the way ---- */

int64_t
sl_https_date(const void *tp)
{
	const struct https *h = tp;

	return (int64_t)curl_getdate(sl_exchange_seen(h->exchange)->date, NULL);
}

int
sl_https_test(void *tp, const struct smartlic_message *request)
{
	struct https *h = tp;

	h->preflight.n = h->preflight.at = 0;
	h->untold = h->options.srv_domain[0] != '\0';
	return sl_https_submit(h, request);
}

/* What was seen of one destination; then it is the turn of the next, whatever came of it. */
static void
look(struct https *h, const struct smartlic_outcome *outcome)
{
	struct sl_way_seen way = { .to = destination(h),
		.proxy = h->options.proxy.url != NULL ? &h->options.proxy : NULL,
		.resolve =
		    sl_network_first_hop(&h->options, destination(h))->literal ? NULL : h->resolve,
		.seen = h->state == EXCHANGING ? sl_exchange_seen(h->exchange) : NULL,
		.outcome = outcome };

	sl_preflight_way(&h->preflight, &way);
	h->until_ms = now_ms(h) + REQUEST_MS;
	h->state = sl_turns_failed(&h->turns, now_ms(h)) ? BEGIN : IDLE;
}

int
sl_https_finding(void *tp, struct smartlic_finding *ret)
{
	struct smartlic_outcome outcome = { .size = sizeof(outcome) };
	struct https *h = tp;
	int over;

	while (!sl_preflight_next(&h->preflight, ret)) {
		if (h->state == IDLE)
			return 2;
		over = attempt(h, &outcome);
		/* known once there are destinations, or none */
		if (h->untold && (over || h->state > DISCOVERING)) {
			h->untold = 0;
			sl_preflight_discovery(
			    &h->preflight, h->options.srv_domain, h->discovery.n, h->undiscovered);
			if (h->turns.n == 0)
				h->state = IDLE;
		}
		if (over && h->state != IDLE)
			look(h, &outcome);
		else if (!over && h->preflight.n == 0)
			return 0;
	}
	return 1;
}

int
sl_https_pollfds(void *tp, struct pollfd *fds, size_t *n)
{
	struct https *h = tp;
	size_t cap = *n;

	*n = 0;
	if (h->state == RESOLVING || h->state == DISCOVERING)
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
	case DISCOVER:
	case BEGIN:
		return 0;
	case DISCOVERING:
	case RESOLVING:
		now = now_ms(h);
		return now + sl_resolve_wait_ms(h->resolve, now, h->resolve_until - now);
	case EXCHANGING:
		return sl_exchange_deadline(h->exchange);
	}
	return INT64_MAX;
}
