/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/guesses.h"
#include "api/listen.h"
#include "api/metrics.h"
#include "api/tls.h"
#include "api/worker_impl.h"
#include "log.h"
#include "system.h"

#define MAX_CONNECTIONS   1024
#define REQUEST_TIMEOUT_S 30
#define STOP_GRACE_S      10
#define HEADERS_MAX       8192
#define READ_AHEAD        (64 * 1024) /* of the next request, behind one that is whole */
/* descriptors that are not connections of devices */
#define FILES_BESIDE (64 + METRICS_CONNECTIONS)

/* ---- orders ------------------------------------------------------------- */

static void
stop_all(struct worker *w)
{
	for (size_t i = 0; i < w->n_doors; i++)
		connections_stop(w->door[i].connections);
}

/* The loop is left by the last one. */
static void
on_door_ended(void *ud)
{
	struct door *door = ud;
	struct worker *w = door->worker;

	door->ended = 1;
	for (size_t i = 0; i < w->n_doors; i++)
		if (!w->door[i].ended)
			return;
	(void)event_base_loopbreak(w->base);
}

/* Not while the writer uses them. */
static void
read_keys_again(struct worker *w)
{
	const struct server_options *o = w->shared->options;
	struct smartlic_error e = { 0 };

	requests_settle(w);
	if (tls_context_load(w->ctx, o->cert_path, o->key_path, &e) < 0)
		system_log("the new TLS certificate is not used: %s", e.text);
	if (o->refresh != NULL && o->refresh(o->ud, w->number, &e) < 0)
		system_log("renewed keys are not used: %s", e.text);
}

static void
on_orders(evutil_socket_t fd, short what, void *ud)
{
	struct worker *w = ud;
	char order;

	(void)what;
	while (read(fd, &order, 1) == 1) {
		switch ((enum worker_order)order) {
		case WORKER_EXECUTED:
			requests_on_executed(w);
			break;
		case WORKER_NEW_TLS:
			read_keys_again(w);
			break;
		case WORKER_STOP:
			stop_all(w);
			break;
		}
	}
}

void
worker_tell(struct worker *w, enum worker_order order)
{
	char byte = (char)order;

	(void)!write(w->order_fd[1], &byte, 1);
}

struct counts *
worker_counts(struct worker *w)
{
	return &w->counts;
}

static void *
run(void *ud)
{
	struct worker *w = ud;
	char byte = 0;

	if (event_base_dispatch(w->base) < 0)
		system_log("an event loop failed: %s", strerror(errno));
	requests_forget(w);
	(void)!write(w->shared->ended_fd, &byte, 1);
	return NULL;
}

/* ---- begin and end ------------------------------------------------------ */

/* As many connections as asked for, or as the limit on open files allows; of all workers. */
static size_t
connection_limit(size_t wanted)
{
	struct rlimit files;
	size_t need = wanted + FILES_BESIDE;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return wanted;
	if (files.rlim_cur < need) {
		files.rlim_cur = files.rlim_max < need ? files.rlim_max : need;
		(void)setrlimit(RLIMIT_NOFILE, &files);
		if (getrlimit(RLIMIT_NOFILE, &files) < 0)
			return wanted;
	}
	if (files.rlim_cur >= need)
		return wanted;
	return files.rlim_cur > 2 * FILES_BESIDE ? files.rlim_cur - FILES_BESIDE : FILES_BESIDE;
}

/* Of one door. */
static void
set_limits(const struct worker *w, struct connections_limits *ret)
{
	const struct server_options *o = w->shared->options;
	size_t all =
	    connection_limit(o->max_connections != 0 ? o->max_connections : MAX_CONNECTIONS);
	size_t doors = w->shared->n * w->n_doors;
	size_t max = all > doors ? all / doors : 1;

	*ret = (struct connections_limits){
		.max = max,
		.max_per_address = max > 4 ? max / 4 : max,
		.timeout_s = o->request_timeout_s != 0 ? o->request_timeout_s : REQUEST_TIMEOUT_S,
		.max_input = SL_ENVELOPE_MAX + HEADERS_MAX + READ_AHEAD,
		.grace_s = STOP_GRACE_S,
	};
}

static int
open_http(struct door *door, SSL_CTX *ctx, struct smartlic_error *err)
{
	struct worker *w = door->worker;
	struct connections_limits limits;
	int r;

	set_limits(w, &limits);
	r = connections_new(
	    &door->connections, w->base, ctx, door->listener, &limits, on_door_ended, door, err);
	if (r < 0)
		return r;
	door->http = evhttp_new(w->base);
	if (door->http == NULL)
		return sl_nomem(err);
	/* all that it knows, so that refusals are ours */
	evhttp_set_allowed_methods(door->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
						   EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
						   EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
	evhttp_set_max_headers_size(door->http, HEADERS_MAX);
	evhttp_set_max_body_size(door->http, SL_ENVELOPE_MAX);
	evhttp_set_timeout(door->http, limits.timeout_s);
	/* or the 413 is lost when what was not read resets the connection */
	(void)evhttp_set_flags(door->http, EVHTTP_SERVER_LINGERING_CLOSE);
	evhttp_set_bevcb(door->http, connections_take, door->connections);
	evhttp_set_gencb(door->http, requests_take, door);
	if (evhttp_bind_listener(door->http, door->listener) == NULL)
		return sl_nomem(err);
	door->bound = 1;
	return 0;
}

static int
open_door(
    struct worker *w, size_t i, const char *option, const char *where, struct smartlic_error *err)
{
	struct worker_shared *shared = w->shared;
	struct door *door = &w->door[i];
	int r;

	door->worker = w;
	r = listen_open(&door->listener, w->base, option, where, shared->port[i], shared->n > 1,
	    &shared->port[i], err);
	return r < 0 ? r : open_http(door, i == DOOR_TLS ? w->ctx : NULL, err);
}

static int
open_doors(struct worker *w, struct smartlic_error *err)
{
	const struct server_options *o = w->shared->options;
	int r;

	w->n_doors = o->listen_http != NULL ? DOORS : 1;
	r = open_door(w, DOOR_TLS, "--listen", o->listen, err);
	return r < 0 || o->listen_http == NULL
		   ? r
		   : open_door(w, DOOR_PLAIN, "--listen-http", o->listen_http, err);
}

static void
close_door(struct door *door)
{
	if (door->listener != NULL && !door->bound)
		evconnlistener_free(door->listener);
	if (door->http != NULL)
		evhttp_free(door->http);
	connections_free(door->connections);
}

static int
open_events(struct worker *w, struct smartlic_error *err)
{
	if (pipe2(w->order_fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "no pipe for a worker: %s", strerror(errno));
	w->verified = event_new(w->base, -1, 0, requests_on_verified, w);
	w->orders = event_new(w->base, w->order_fd[0], EV_READ | EV_PERSIST, on_orders, w);
	if (w->verified == NULL || w->orders == NULL || event_add(w->orders, NULL) < 0)
		return sl_nomem(err);
	return 0;
}

static int64_t
ask_wait(void *ud, int64_t now_s)
{
	struct worker *w = ud;

	w->wait_s = guesses_wait_s(w->shared->guesses, w->address, now_s);
	return w->wait_s;
}

static void
note_failed(void *ud, int64_t now_s)
{
	struct worker *w = ud;

	guesses_failed(w->shared->guesses, w->address, now_s);
}

static void
settle(void *ud)
{
	requests_settle(ud);
}

/* In the writer's thread. */
static void
tell_executed(void *ud)
{
	worker_tell(ud, WORKER_EXECUTED);
}

int
worker_new(struct worker **ret, size_t number, struct authority *authority,
    struct worker_shared *shared, struct smartlic_error *err)
{
	const struct server_options *o = shared->options;
	struct worker *w = calloc(1, sizeof(*w));
	const struct authority_guard guard = {
		.wait_s = ask_wait, .failed = note_failed, .settle = settle, .ud = w
	};
	int r;

	if (w == NULL)
		return sl_nomem(err);
	w->authority = authority;
	w->number = number;
	w->shared = shared;
	w->order_fd[0] = w->order_fd[1] = -1;
	w->batch.executed = tell_executed;
	w->batch.ud = w;
	STAILQ_INIT(&w->waiting);
	STAILQ_INIT(&w->executing);
	r = tls_context_new(&w->ctx, o->cert_path, o->key_path, err);
	if (r == 0) {
		w->base = event_base_new();
		r = w->base == NULL ? sl_nomem(err) : 0;
	}
	if (r == 0)
		r = open_doors(w, err);
	if (r == 0)
		r = open_events(w, err);
	authority_set_guard(authority, &guard);
	if (r < 0) {
		worker_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

int
worker_start(struct worker *w, struct smartlic_error *err)
{
	int reason = pthread_create(&w->thread, NULL, run, w);

	if (reason != 0)
		return sl_fail(
		    err, SMARTLIC_E_SYSTEM, "a thread cannot be started: %s", strerror(reason));
	w->started = 1;
	return 0;
}

void
worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	if (w->started)
		(void)pthread_join(w->thread, NULL);
	authority_set_guard(w->authority, NULL);
	for (size_t i = 0; i < DOORS; i++)
		close_door(&w->door[i]);
	if (w->verified != NULL)
		event_free(w->verified);
	if (w->orders != NULL)
		event_free(w->orders);
	for (size_t i = 0; i < 2; i++)
		if (w->order_fd[i] >= 0)
			(void)close(w->order_fd[i]);
	if (w->base != NULL)
		event_base_free(w->base);
	SSL_CTX_free(w->ctx);
	free(w);
}
