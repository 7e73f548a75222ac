/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "api/connections.h"
#include "api/guesses.h"
#include "api/listen.h"
#include "api/reply.h"
#include "api/tls.h"
#include "api/worker.h"
#include "log.h"
#include "system.h"

#define MAX_CONNECTIONS   1024
#define REQUEST_TIMEOUT_S 30
#define STOP_GRACE_S      10
#define HEADERS_MAX       8192
#define FILES_BESIDE      64 /* descriptors that are not connections */
#define BUSY_RETRY_S      "5"
#define FAILED_RETRY_S    "60"
#define SAME_LOG_S        60
/* Of a batch: the first of it waits until the last was verified. */
#define BATCH_MAX 64

/* A request that has arrived and was verified. */
struct waiting {
	struct evhttp_request *req;
	struct exchange *exchange;
	int64_t since_us;
	unsigned char address[CONNECTIONS_ADDRESS_LEN];
};

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
	struct event *answer, *orders;
	int order_fd[2];
	pthread_t thread;
	int started;
	struct counts counts;
	size_t number;
	/* whose request is being looked at, and how long it is to wait; 0: not at all */
	const unsigned char *address;
	int64_t wait_s;

	struct waiting waiting[BATCH_MAX];
	size_t n_waiting;
	int answering; /* within answer_all */
	/* a failing disk must not fill another one with lines */
	char logged[sizeof(((struct smartlic_error *)0)->text)];
	int64_t logged_s;
};

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- log ---------------------------------------------------------------- */

static void
log_failure(struct worker *w, const struct smartlic_error *e)
{
	int64_t now_s = system_now_s();

	if (strcmp(w->logged, e->text) == 0 && now_s >= w->logged_s &&
	    now_s - w->logged_s < SAME_LOG_S)
		return;
	memcpy(w->logged, e->text, sizeof(w->logged));
	w->logged_s = now_s;
	system_log("a request could not be answered: %s", e->text);
}

/* what: what is known of the request; NULL: it was none to the authority. */
static void
log_access(const struct worker *w, struct evhttp_request *req, int status, int64_t us,
    const struct authority_outcome *what)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(req);
	struct log_line line;
	char *peer = NULL;
	ev_uint16_t port = 0;

	if (!w->shared->options->debug)
		return;
	if (evcon != NULL)
		evhttp_connection_get_peer(evcon, &peer, &port);
	log_begin(&line, "request");
	log_number(&line, "status", status);
	log_text(&line, "peer", peer != NULL ? peer : "gone");
	log_number(
	    &line, "bytes", (int64_t)evbuffer_get_length(evhttp_request_get_input_buffer(req)));
	log_number(&line, "us", us);
	if (what != NULL) {
		log_text(&line, "type", what->type != NULL ? what->type : "unreadable");
		log_text(&line, "code",
		    what->code == SL_DENIED_NONE ? "ok" : sl_denial_name(what->code));
		log_text(&line, "request_id", what->request_id);
	}
	log_end(&line);
}

/* ---- answers ------------------------------------------------------------ */

static void
refuse(
    struct worker *w, struct evhttp_request *req, int status, const char *reason, const char *text)
{
	counts_refused(&w->counts, status);
	log_access(w, req, status, 0, NULL);
	reply_text(req, status, reason, text);
}

static void
unavailable(
    struct worker *w, struct evhttp_request *req, int64_t us, int r, const struct smartlic_error *e)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Retry-After",
	    r == SMARTLIC_E_STORE_BUSY ? BUSY_RETRY_S : FAILED_RETRY_S);
	counts_unavailable(&w->counts);
	log_failure(w, e);
	log_access(w, req, 503, us, NULL);
	reply_text(req, 503, "Service Unavailable", "Nothing was done: try again later.\n");
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

/* Nothing but registrations and joins is kept waiting: other devices may be behind the same
 * address. */
static void
keep_waiting(struct worker *w, struct evhttp_request *req)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)w->wait_s);
	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Retry-After", text);
	refuse(w, req, 429, "Too Many Requests",
	    "From this address too many requests came with a token that is not known here.\n");
}

static void
send_response(struct worker *w, struct evhttp_request *req, int64_t us,
    const struct authority_outcome *what, const struct sl_buf *response)
{
	counts_answered(&w->counts, what->type, what->code, us);
	log_access(w, req, 200, us, what);
	reply_data(req, 200, "OK", SL_MEDIA_TYPE, response->data, response->len);
}

/* Where several write at once, a transaction may have to give way to another, or its server is a
 * new one: from the start, then. */
static void
answer_again(struct worker *w, const struct waiting *one)
{
	struct evbuffer *input = evhttp_request_get_input_buffer(one->req);
	size_t len = evbuffer_get_length(input);
	struct smartlic_error e = { 0 };
	struct sl_buf response = { 0 };
	struct authority_outcome what;
	struct exchange *x = NULL;
	int r;

	w->address = one->address;
	w->wait_s = 0;
	r = authority_exchange(&x, w->authority,
	    len > 0 ? evbuffer_pullup(input, -1) : (void *)"", len, system_now_s(), system_random,
	    NULL, &response, &e);
	if (r == 0) {
		authority_outcome(x, &what);
		send_response(w, one->req, now_us() - one->since_us, &what, &response);
	} else if (w->wait_s > 0) {
		keep_waiting(w, one->req);
	} else {
		unavailable(w, one->req, now_us() - one->since_us, r, &e);
	}
	authority_forget(x);
	sl_buf_free(&response);
}

static int
may_try_again(const struct worker *w, int r)
{
	return r == SMARTLIC_E_STORE_BUSY && w->shared->options->parallel_writes;
}

static void
answer_one(struct worker *w, const struct waiting *one)
{
	struct smartlic_error e = { 0 };
	struct sl_buf response = { 0 };
	struct authority_outcome what;
	int r = authority_seal(one->exchange, &response, &e);

	if (r == 0) {
		authority_outcome(one->exchange, &what);
		send_response(w, one->req, now_us() - one->since_us, &what, &response);
	} else if (may_try_again(w, r)) {
		answer_again(w, one);
	} else {
		unavailable(w, one->req, now_us() - one->since_us, r, &e);
	}
	sl_buf_free(&response);
}

static void
execute(struct worker *w, struct exchange *const *list, size_t n)
{
	pthread_mutex_t *turn = w->shared->turn;

	if (turn != NULL)
		(void)pthread_mutex_lock(turn);
	authority_execute(w->authority, list, n);
	if (turn != NULL)
		(void)pthread_mutex_unlock(turn);
	counts_commit(&w->counts);
}

/* All that wait.  An answer may bring the connection's next request at once, so they are taken out
 * of the list first. */
static void
answer_all(struct worker *w)
{
	struct exchange *exchanges[BATCH_MAX];
	struct waiting list[BATCH_MAX];
	size_t n = w->n_waiting;

	memcpy(list, w->waiting, n * sizeof(list[0]));
	w->n_waiting = 0;
	w->answering = 1;
	for (size_t i = 0; i < n; i++)
		exchanges[i] = list[i].exchange;
	execute(w, exchanges, n);
	for (size_t i = 0; i < n; i++) {
		answer_one(w, &list[i]);
		authority_forget(list[i].exchange);
	}
	w->answering = 0;
}

static void
on_answer(evutil_socket_t fd, short what, void *ud)
{
	(void)fd;
	(void)what;
	answer_all(ud);
}

/* ---- requests ----------------------------------------------------------- */

static int
is_media_type(const char *value)
{
	size_t len = sizeof(SL_MEDIA_TYPE) - 1;

	return value != NULL && strncasecmp(value, SL_MEDIA_TYPE, len) == 0 &&
	       (value[len] == '\0' || value[len] == ';' || value[len] == ' ');
}

static void
answer_health(struct worker *w, struct evhttp_request *req)
{
	int stopping = connections_stopping(w->door[DOOR_TLS].connections);
	struct smartlic_error e = { 0 };
	int good = !stopping && authority_alive(w->authority, &e) == 0;

	if (!good && !stopping)
		log_failure(w, &e);
	reply_health(req, good, stopping ? "It is stopping.\n" : "The ledger cannot be read.\n");
}

/* 1 when the request is one for the authority, else it has been answered. */
static int
is_acceptable(struct worker *w, struct evhttp_request *req)
{
	const char *path = reply_path(req);
	const char *type =
	    evhttp_find_header(evhttp_request_get_input_headers(req), "Content-Type");

	if (strcmp(path, "/healthz") == 0 && evhttp_request_get_command(req) == EVHTTP_REQ_GET) {
		answer_health(w, req);
		return 0;
	}
	if (strcmp(path, SL_DEFAULT_PATH) != 0) {
		refuse(w, req, 404, "Not Found",
		    "There is nothing here: POST to " SL_DEFAULT_PATH "\n");
		return 0;
	}
	if (evhttp_request_get_command(req) != EVHTTP_REQ_POST) {
		(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Allow", "POST");
		refuse(w, req, 405, "Method Not Allowed", "Only POST is answered here.\n");
		return 0;
	}
	if (!is_media_type(type)) {
		refuse(w, req, 415, "Unsupported Media Type",
		    "A request is sent as Content-Type: " SL_MEDIA_TYPE "\n");
		return 0;
	}
	return 1;
}

/* It is verified at once; it is answered when the loop has taken in all that arrived with it. */
static void
on_request(struct evhttp_request *req, void *ud)
{
	struct door *door = ud;
	struct worker *w = door->worker;
	struct waiting one = { .req = req, .since_us = now_us() };
	struct evbuffer *input = evhttp_request_get_input_buffer(req);
	size_t len = evbuffer_get_length(input);
	struct smartlic_error e = { 0 };
	int r;

	if (!connections_answer(door->connections, req)) {
		evhttp_send_error(req, HTTP_SERVUNAVAIL, NULL);
		return;
	}
	if (!is_acceptable(w, req))
		return;
	connections_address(door->connections, req, one.address);
	w->address = one.address;
	w->wait_s = 0;
	r = authority_prepare(&one.exchange, w->authority,
	    len > 0 ? evbuffer_pullup(input, -1) : (void *)"", len, system_now_s(), system_random,
	    NULL, &e);
	if (r < 0 && w->wait_s > 0) {
		keep_waiting(w, req);
		return;
	}
	if (may_try_again(w, r)) {
		answer_again(w, &one);
		return;
	}
	if (r < 0) {
		unavailable(w, req, now_us() - one.since_us, r, &e);
		return;
	}
	w->waiting[w->n_waiting++] = one;
	if (w->n_waiting == 1)
		event_active(w->answer, EV_TIMEOUT, 0);
	else if (w->n_waiting == BATCH_MAX && !w->answering)
		answer_all(w);
}

/* ---- orders ------------------------------------------------------------- */

static void
read_keys_again(struct worker *w)
{
	const struct server_options *o = w->shared->options;
	struct smartlic_error e = { 0 };

	if (tls_context_load(w->ctx, o->cert_path, o->key_path, &e) < 0)
		system_log("the new TLS certificate is not used: %s", e.text);
	if (o->refresh != NULL && o->refresh(o->ud, w->number, &e) < 0)
		system_log("renewed keys are not used: %s", e.text);
}

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

static void
on_orders(evutil_socket_t fd, short what, void *ud)
{
	struct worker *w = ud;
	char order;

	(void)what;
	while (read(fd, &order, 1) == 1) {
		if (order == WORKER_NEW_TLS)
			read_keys_again(w);
		else
			stop_all(w);
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
	/* the loop may have ended before these were executed: they never are */
	for (size_t i = 0; i < w->n_waiting; i++)
		authority_forget(w->waiting[i].exchange);
	w->n_waiting = 0;
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
	evhttp_set_gencb(door->http, on_request, door);
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
	w->answer = event_new(w->base, -1, 0, on_answer, w);
	w->orders = event_new(w->base, w->order_fd[0], EV_READ | EV_PERSIST, on_orders, w);
	if (w->answer == NULL || w->orders == NULL || event_add(w->orders, NULL) < 0)
		return sl_nomem(err);
	return 0;
}

int
worker_new(struct worker **ret, size_t number, struct authority *authority,
    struct worker_shared *shared, struct smartlic_error *err)
{
	const struct server_options *o = shared->options;
	struct worker *w = calloc(1, sizeof(*w));
	const struct authority_guard guard = { ask_wait, note_failed, w };
	int r;

	if (w == NULL)
		return sl_nomem(err);
	w->authority = authority;
	w->number = number;
	w->shared = shared;
	w->order_fd[0] = w->order_fd[1] = -1;
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
	if (w->answer != NULL)
		event_free(w->answer);
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
