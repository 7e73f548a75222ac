/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <event2/http.h>
#include <event2/listener.h>

#include "api/connections.h"
#include "api/listen.h"
#include "api/metrics.h"
#include "api/reply.h"
#include "system.h"

#define MEDIA_TYPE  "text/plain; version=0.0.4; charset=utf-8"
#define HEADERS_MAX 8192
#define INPUT_MAX   (64 * 1024)
#define TIMEOUT_S   10

struct metrics {
	struct evhttp *http;
	struct connections *connections;
	struct metrics_source source;
};

static void
answer_metrics(struct metrics *m, struct evhttp_request *req)
{
	struct smartlic_error e = { 0 };
	struct sl_buf text = { 0 };
	int r = m->source.write(m->source.ud, &text, &e);

	if (r == 0 && text.failed)
		r = sl_nomem(&e);
	if (r < 0) {
		system_log("the metrics could not be collected: %s", e.text);
		reply_text(req, 503, "Service Unavailable", "The ledger cannot be read.\n");
	} else {
		reply_data(req, 200, "OK", MEDIA_TYPE, text.data, text.len);
	}
	sl_buf_free(&text);
}

static void
answer_health(struct metrics *m, struct evhttp_request *req)
{
	struct smartlic_error e = { 0 };
	int r = m->source.check(m->source.ud, &e);

	if (r < 0)
		system_log("not healthy: %s", e.text);
	reply_health(req, r == 0, "It is stopping, or the ledger cannot be read.\n");
}

static void
on_request(struct evhttp_request *req, void *ud)
{
	struct metrics *m = ud;
	const char *path = reply_path(req);

	if (!connections_answer(m->connections, req))
		evhttp_send_error(req, HTTP_SERVUNAVAIL, NULL);
	else if (evhttp_request_get_command(req) != EVHTTP_REQ_GET)
		reply_text(req, 405, "Method Not Allowed", "Only GET is answered here.\n");
	else if (strcmp(path, "/metrics") == 0)
		answer_metrics(m, req);
	else if (strcmp(path, "/healthz") == 0)
		answer_health(m, req);
	else
		reply_text(req, 404, "Not Found", "Here are /metrics and /healthz.\n");
}

/* Nobody waits for it. */
static void
on_ended(void *ud)
{
	(void)ud;
}

/* What devices need, descriptors first of all, is not to be had by who may ask for this. */
static int
limit(struct metrics *m, struct event_base *base, struct evconnlistener *listener,
    struct smartlic_error *err)
{
	static const struct connections_limits limits = { .max = METRICS_CONNECTIONS,
		.max_per_address = METRICS_CONNECTIONS_OF1,
		.timeout_s = TIMEOUT_S,
		.max_input = INPUT_MAX };
	int r =
	    connections_new(&m->connections, base, NULL, listener, &limits, on_ended, NULL, err);

	if (r == 0)
		evhttp_set_bevcb(m->http, connections_take, m->connections);
	return r;
}

int
metrics_new(struct metrics **ret, struct event_base *base, const char *where,
    const struct metrics_source *source, int *ret_port, struct smartlic_error *err)
{
	struct metrics *m = calloc(1, sizeof(*m));
	struct evconnlistener *listener = NULL;
	int r;

	if (m == NULL)
		return sl_nomem(err);
	m->source = *source;
	m->http = evhttp_new(base);
	if (m->http == NULL) {
		free(m);
		return sl_nomem(err);
	}
	evhttp_set_max_headers_size(m->http, HEADERS_MAX);
	evhttp_set_max_body_size(m->http, 0);
	evhttp_set_timeout(m->http, TIMEOUT_S);
	evhttp_set_gencb(m->http, on_request, m);
	r = listen_open(&listener, base, "--metrics", where, 0, 0, ret_port, err);
	if (r == 0)
		r = limit(m, base, listener, err);
	if (r == 0 && evhttp_bind_listener(m->http, listener) == NULL)
		r = sl_nomem(err);
	if (r < 0) {
		if (listener != NULL)
			evconnlistener_free(listener);
		metrics_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	/* none is taken in the place of one that ends */
	if (m->connections != NULL)
		connections_stop(m->connections);
	evhttp_free(m->http);
	connections_free(m->connections);
	free(m);
}
