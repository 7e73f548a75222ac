/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <event2/buffer.h>

#include "api/reply.h"
#include "api/worker_impl.h"
#include "log.h"
#include "system.h"

/* A request on its way through a worker: verified as it comes, executed with others, answered. */

#define BUSY_RETRY_S   "5"
#define FAILED_RETRY_S "60"
#define SAME_LOG_S     60

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- log ---------------------------------------------------------------- */

/* Whoever causes a line does it again and again, and must not fill a disk with it. */
static int
was_just_logged(int64_t logged_s, int64_t now_s)
{
	return now_s >= logged_s && now_s - logged_s < SAME_LOG_S;
}

static void
log_failure(struct worker *w, const struct smartlic_error *e)
{
	int64_t now_s = system_now_s();

	if (strcmp(w->logged, e->text) == 0 && was_just_logged(w->logged_s, now_s))
		return;
	memcpy(w->logged, e->text, sizeof(w->logged));
	w->logged_s = now_s;
	system_log("a request could not be answered: %s", e->text);
}

static void
log_peer(struct log_line *line, struct evhttp_request *req)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(req);
	char *peer = NULL;
	ev_uint16_t port = 0;

	if (evcon != NULL)
		evhttp_connection_get_peer(evcon, &peer, &port);
	log_text(line, "peer", peer != NULL ? peer : "gone");
}

/* what: what is known of the request; NULL: it was none to the authority. */
static void
log_access(const struct worker *w, struct evhttp_request *req, int status, int64_t us,
    const struct authority_outcome *what)
{
	struct log_line line;

	if (!w->shared->options->debug)
		return;
	log_begin(&line, "request");
	log_number(&line, "status", status);
	log_peer(&line, req);
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

static void
log_guesses(struct worker *w, struct evhttp_request *req)
{
	int64_t now_s = system_now_s();
	struct log_line line;

	if (was_just_logged(w->guesses_logged_s, now_s))
		return;
	w->guesses_logged_s = now_s;
	log_begin(&line, "guesses");
	log_peer(&line, req);
	log_number(&line, "wait_s", w->wait_s);
	log_end(&line);
}

/* Nothing but registrations and joins is kept waiting: other devices may be behind the same
 * address. */
static void
keep_waiting(struct worker *w, struct evhttp_request *req)
{
	char text[24];

	log_guesses(w, req);
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

static const void *
body_of(struct evhttp_request *req, size_t *ret_len)
{
	struct evbuffer *input = evhttp_request_get_input_buffer(req);

	*ret_len = evbuffer_get_length(input);
	return *ret_len > 0 ? evbuffer_pullup(input, -1) : (void *)"";
}

/* Where several write at once, a transaction may have to give way to another, or its server is a
 * new one: from the start, then. */
static void
answer_again(struct worker *w, const struct waiting *one)
{
	size_t len;
	const void *body = body_of(one->req, &len);
	struct smartlic_error e = { 0 };
	struct sl_buf response = { 0 };
	struct authority_outcome what;
	struct exchange *x = NULL;
	int r;

	w->address = one->address;
	w->wait_s = 0;
	r = authority_exchange(&x, w->authority, body, len, system_now_s(), system_random, NULL,
	    &response, &e);
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

	connections_end_if_stopping(one->door->connections, one->req);
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
forget_all(struct waiting_list *list)
{
	struct waiting *one;

	while ((one = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		authority_forget(one->exchange);
		free(one);
	}
}

static void
answer_all(struct worker *w, struct waiting_list *list)
{
	struct waiting *one;

	STAILQ_FOREACH(one, list, link)
		answer_one(w, one);
	forget_all(list);
}

/* What waits becomes a batch; 0: nothing waits. */
static size_t
fill_batch(struct worker *w)
{
	struct waiting *one;

	w->batch.n = 0;
	while (w->batch.n < WRITER_BATCH_MAX && (one = STAILQ_FIRST(&w->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&w->waiting, link);
		STAILQ_INSERT_TAIL(&w->executing, one, link);
		w->batch.list[w->batch.n++] = one->exchange;
	}
	return w->batch.n;
}

static void
execute_here(struct worker *w)
{
	authority_execute(w->batch.list, w->batch.n);
	counts_commit(&w->counts);
	answer_all(w, &w->executing);
}

/* By the writer where there is one; then an answer may have to wait for the batch before. */
void
requests_on_verified(evutil_socket_t fd, short what, void *ud)
{
	struct worker *w = ud;

	(void)fd;
	(void)what;
	if (!STAILQ_EMPTY(&w->executing))
		return;
	if (w->shared->writer != NULL && fill_batch(w) > 0)
		writer_submit(w->shared->writer, &w->batch);
	while (w->shared->writer == NULL && fill_batch(w) > 0)
		execute_here(w);
}

/* The next batch is on its way before the answers to this one are signed. */
void
requests_on_executed(struct worker *w)
{
	struct waiting_list executed = STAILQ_HEAD_INITIALIZER(executed);

	STAILQ_CONCAT(&executed, &w->executing);
	requests_on_verified(-1, 0, w);
	answer_all(w, &executed);
}

void
requests_settle(struct worker *w)
{
	if (w->shared->writer != NULL)
		writer_wait(w->shared->writer, &w->batch);
}

/* A batch that is out is executed. */
void
requests_forget(struct worker *w)
{
	requests_settle(w);
	forget_all(&w->executing);
	forget_all(&w->waiting);
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

static int
prepare(struct worker *w, struct evhttp_request *req, struct waiting *one, struct smartlic_error *e)
{
	size_t len;
	const void *body = body_of(req, &len);

	one->req = req;
	one->since_us = now_us();
	w->address = one->address;
	w->wait_s = 0;
	return authority_prepare(&one->exchange, w->authority, body, len, system_now_s(),
	    system_random, NULL, e);
}

static void
wait_for_batch(struct worker *w, struct waiting *one)
{
	if (STAILQ_EMPTY(&w->waiting))
		event_active(w->verified, EV_TIMEOUT, 0);
	STAILQ_INSERT_TAIL(&w->waiting, one, link);
}

/* It is verified at once; it is executed when the loop has taken in all that arrived with it. */
void
requests_take(struct evhttp_request *req, void *ud)
{
	struct door *door = ud;
	struct worker *w = door->worker;
	struct smartlic_error e = { 0 };
	struct waiting *one;
	int r;

	if (!connections_answer(door->connections, req)) {
		evhttp_send_error(req, HTTP_SERVUNAVAIL, NULL);
		return;
	}
	if (!is_acceptable(w, req))
		return;
	one = calloc(1, sizeof(*one));
	if (one == NULL) {
		unavailable(w, req, 0, sl_nomem(&e), &e);
		return;
	}
	one->door = door;
	connections_address(door->connections, req, one->address);
	r = prepare(w, req, one, &e);
	if (r == 0) {
		wait_for_batch(w, one);
		return;
	}
	if (w->wait_s > 0)
		keep_waiting(w, req);
	else if (may_try_again(w, r))
		answer_again(w, one);
	else
		unavailable(w, req, now_us() - one->since_us, r, &e);
	free(one);
}
