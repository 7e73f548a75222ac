/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "api/connections.h"
#include "api/guesses.h"
#include "api/server.h"
#include "api/tls.h"
#include "file.h"
#include "system.h"

#define MAX_CONNECTIONS   1024
#define REQUEST_TIMEOUT_S 30
#define STOP_GRACE_S      10
#define HEADERS_MAX       8192
#define BACKLOG           512
#define FILES_BESIDE      64 /* descriptors that are not connections */
#define BUSY_RETRY_S      "5"
#define FAILED_RETRY_S    "60"
#define CHORES_PERIOD_S   600
#define SAME_LOG_S        60

struct server {
	struct authority *authority;
	const struct server_options *options;
	struct event_base *base;
	struct evhttp *http;
	struct evconnlistener *listener;
	int bound; /* the listener is http's */
	struct connections *connections;
	struct guesses *guesses;
	/* whose request is being answered, and how long it is to wait; 0: not at all */
	unsigned char address[CONNECTIONS_ADDRESS_LEN];
	int64_t wait_s;
	SSL_CTX *ctx;
	struct event *term, *interrupt, *chores;
	int port;
	int port_file_made;
	/* a failing disk must not fill another one with lines */
	char logged[sizeof(((struct smartlic_error *)0)->text)];
	int64_t logged_s;
};

/* ---- requests ----------------------------------------------------------- */

static void
log_failure(struct server *s, const char *what, const struct smartlic_error *e)
{
	int64_t now_s = system_now_s();

	if (strcmp(s->logged, e->text) == 0 && now_s >= s->logged_s &&
	    now_s - s->logged_s < SAME_LOG_S)
		return;
	memcpy(s->logged, e->text, sizeof(s->logged));
	s->logged_s = now_s;
	system_log("%s: %s", what, e->text);
}

static void
log_access(const struct server *s, struct evhttp_request *req, int status, size_t len)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(req);
	char *peer = NULL;
	ev_uint16_t port = 0;

	if (!s->options->debug)
		return;
	evhttp_connection_get_peer(evcon, &peer, &port);
	system_log("request of %zu bytes from %s: %d, %zu bytes",
	    evbuffer_get_length(evhttp_request_get_input_buffer(req)), peer != NULL ? peer : "?", status,
	    len);
}

static void
reply(struct server *s, struct evhttp_request *req, int status, const char *reason,
    const char *media_type, const void *data, size_t len)
{
	struct evbuffer *body = evbuffer_new();

	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", media_type);
	log_access(s, req, status, len);
	if (body == NULL || evbuffer_add(body, data, len) < 0)
		evhttp_send_error(req, HTTP_SERVUNAVAIL, NULL);
	else
		evhttp_send_reply(req, status, reason, body);
	if (body != NULL)
		evbuffer_free(body);
}

static void
refuse(struct server *s, struct evhttp_request *req, int status, const char *reason,
    const char *text)
{
	reply(s, req, status, reason, "text/plain; charset=utf-8", text, strlen(text));
}

static int
is_media_type(const char *value)
{
	size_t len = sizeof(SL_MEDIA_TYPE) - 1;

	return value != NULL && strncasecmp(value, SL_MEDIA_TYPE, len) == 0 &&
	    (value[len] == '\0' || value[len] == ';' || value[len] == ' ');
}

/* 1 when the request is one for the authority, else it has been answered. */
static int
is_acceptable(struct server *s, struct evhttp_request *req)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
	const char *type =
	    evhttp_find_header(evhttp_request_get_input_headers(req), "Content-Type");

	if (path == NULL || strcmp(path, SL_DEFAULT_PATH) != 0) {
		refuse(s, req, 404, "Not Found", "There is nothing here: POST to " SL_DEFAULT_PATH "\n");
		return 0;
	}
	if (evhttp_request_get_command(req) != EVHTTP_REQ_POST) {
		(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Allow", "POST");
		refuse(s, req, 405, "Method Not Allowed", "Only POST is answered here.\n");
		return 0;
	}
	if (!is_media_type(type)) {
		refuse(s, req, 415, "Unsupported Media Type",
		    "A request is sent as Content-Type: " SL_MEDIA_TYPE "\n");
		return 0;
	}
	return 1;
}

static int64_t
ask_wait(void *ud, int64_t now_s)
{
	struct server *s = ud;

	s->wait_s = guesses_wait_s(s->guesses, s->address, now_s);
	return s->wait_s;
}

static void
note_failed(void *ud, int64_t now_s)
{
	struct server *s = ud;

	guesses_failed(s->guesses, s->address, now_s);
}

/* Nothing but registrations is kept waiting: other devices may be behind the same address. */
static void
keep_waiting(struct server *s, struct evhttp_request *req)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)s->wait_s);
	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Retry-After", text);
	refuse(s, req, 429, "Too Many Requests",
	    "From this address too many registrations came with a token that is not known here.\n");
}

static void
on_request(struct evhttp_request *req, void *ud)
{
	struct server *s = ud;
	struct evbuffer *input = evhttp_request_get_input_buffer(req);
	size_t len = evbuffer_get_length(input);
	struct smartlic_error e = { 0 };
	struct sl_buf answer = { 0 };
	int r;

	connections_answer(s->connections, req);
	if (!is_acceptable(s, req))
		return;
	connections_address(s->connections, req, s->address);
	s->wait_s = 0;
	r = authority_answer(s->authority, len > 0 ? evbuffer_pullup(input, -1) : (void *)"", len,
	    system_now_s(), system_random, NULL, &answer, &e);
	if (r == 0) {
		reply(s, req, 200, "OK", SL_MEDIA_TYPE, answer.data, answer.len);
	} else if (s->wait_s > 0) {
		keep_waiting(s, req);
	} else {
		(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Retry-After",
		    r == SMARTLIC_E_STORE_BUSY ? BUSY_RETRY_S : FAILED_RETRY_S);
		log_failure(s, "a request could not be answered", &e);
		refuse(s, req, 503, "Service Unavailable", "Nothing was done: try again later.\n");
	}
	sl_buf_free(&answer);
}

/* ---- beside requests ---------------------------------------------------- */

static void
on_chores(evutil_socket_t fd, short what, void *ud)
{
	static const struct timeval period = { CHORES_PERIOD_S, 0 };
	struct server *s = ud;
	const struct server_options *o = s->options;
	struct smartlic_error e = { 0 };
	int r;

	(void)fd;
	(void)what;
	if (authority_daily(s->authority, system_now_s(), &e) < 0)
		system_log("what is due daily could not be done: %s", e.text);
	if (o->chores != NULL)
		o->chores(o->ud, system_now_s());
	if (o->renew_tls != NULL) {
		r = o->renew_tls(o->ud, system_now_s(), &e);
		if (r == 1)
			r = tls_context_load(s->ctx, o->cert_path, o->key_path, &e);
		if (r < 0)
			system_log("the TLS certificate could not be renewed: %s", e.text);
	}
	(void)evtimer_add(s->chores, &period);
}

static void
on_signal(evutil_socket_t fd, short what, void *ud)
{
	struct server *s = ud;

	(void)fd;
	(void)what;
	if (!connections_stopping(s->connections))
		system_log("stopping");
	connections_stop(s->connections);
}

/* ---- starting ----------------------------------------------------------- */

/* 0 to 65535, or -1 */
static int
parse_port(const char *text)
{
	int n = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = 10 * n + (*text - '0');
		if (n > 65535)
			return -1;
	}
	return n;
}

/* Both parts must be written: an address alone would silently pick a port. */
static int
parse_listen(struct sockaddr_storage *ret, int *ret_len, const char *text,
    struct smartlic_error *err)
{
	const char *colon = strrchr(text, ':');
	int bracketed = text[0] == '[' && colon != NULL && colon > text + 1 && colon[-1] == ']';
	int port = colon != NULL ? parse_port(colon + 1) : -1;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };
	char address[INET6_ADDRSTRLEN] = "";
	size_t len = colon != NULL ? (size_t)(colon - text) - (bracketed ? 2 : 0) : 0;

	if (len < sizeof(address))
		memcpy(address, text + (bracketed ? 1 : 0), len);
	memset(ret, 0, sizeof(*ret));
	if (port >= 0 && bracketed && inet_pton(AF_INET6, address, &in6.sin6_addr) == 1) {
		memcpy(ret, &in6, sizeof(in6));
		*ret_len = sizeof(in6);
		return 0;
	}
	if (port >= 0 && !bracketed && inet_pton(AF_INET, address, &in.sin_addr) == 1) {
		memcpy(ret, &in, sizeof(in));
		*ret_len = sizeof(in);
		return 0;
	}
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "--listen: '%s': ADDRESS:PORT is expected, like 127.0.0.1:8443 or [::]:8443; port 0 "
	    "picks a free one",
	    text);
}

static int
open_listener(struct server *s, struct smartlic_error *err)
{
	const struct server_options *o = s->options;
	struct sockaddr_storage address;
	struct sockaddr_in in;
	socklen_t got = sizeof(address);
	const int on = 1;
	int len = 0, fd, r;

	r = parse_listen(&address, &len, o->listen, err);
	if (r < 0)
		return r;
	s->listener = evconnlistener_new_bind(s->base, NULL, NULL,
	    LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, BACKLOG,
	    (struct sockaddr *)&address, len);
	if (s->listener == NULL)
		return sl_fail(err, SMARTLIC_E_SYSTEM,
		    "%s cannot be listened on: %s: choose another with --listen", o->listen,
		    strerror(errno));
	fd = evconnlistener_get_fd(s->listener);
	/* inherited by what it accepts: without it, answers wait for the peer's delayed ACK */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (getsockname(fd, (struct sockaddr *)&address, &got) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "%s: %s", o->listen, strerror(errno));
	/* the port stands at the same place in both families */
	memcpy(&in, &address, sizeof(in));
	s->port = ntohs(in.sin_port);
	return 0;
}

/* As many connections as asked for, or as the limit on open files allows. */
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

static int
open_http(struct server *s, struct smartlic_error *err)
{
	const struct server_options *o = s->options;
	size_t max = connection_limit(o->max_connections != 0 ? o->max_connections : MAX_CONNECTIONS);
	struct connections_limits limits = {
		.max = max,
		.max_per_address = max > 4 ? max / 4 : max,
		.timeout_s = o->request_timeout_s != 0 ? o->request_timeout_s : REQUEST_TIMEOUT_S,
		.grace_s = STOP_GRACE_S,
	};
	int r;

	r = connections_new(&s->connections, s->base, s->ctx, s->listener, &limits, err);
	if (r < 0)
		return r;
	s->http = evhttp_new(s->base);
	if (s->http == NULL)
		return sl_nomem(err);
	/* all that it knows, so that refusals are ours */
	evhttp_set_allowed_methods(s->http,
	    EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
		EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
	evhttp_set_max_headers_size(s->http, HEADERS_MAX);
	evhttp_set_max_body_size(s->http, SL_ENVELOPE_MAX);
	evhttp_set_timeout(s->http, limits.timeout_s);
	/* or the 413 is lost when what was not read resets the connection */
	(void)evhttp_set_flags(s->http, EVHTTP_SERVER_LINGERING_CLOSE);
	evhttp_set_bevcb(s->http, connections_take, s->connections);
	evhttp_set_gencb(s->http, on_request, s);
	if (evhttp_bind_listener(s->http, s->listener) == NULL)
		return sl_nomem(err);
	s->bound = 1;
	return 0;
}

static int
open_guesses(struct server *s, struct smartlic_error *err)
{
	const struct authority_guard guard = { ask_wait, note_failed, s };
	uint64_t seed;
	int r;

	if (system_random(NULL, &seed, sizeof(seed)) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness");
	r = guesses_new(&s->guesses, seed, err);
	if (r == 0)
		authority_set_guard(s->authority, &guard);
	return r;
}

static int
open_events(struct server *s, struct smartlic_error *err)
{
	static const struct timeval at_once = { 0, 0 };

	s->term = evsignal_new(s->base, SIGTERM, on_signal, s);
	s->interrupt = evsignal_new(s->base, SIGINT, on_signal, s);
	s->chores = evtimer_new(s->base, on_chores, s);
	if (s->term == NULL || s->interrupt == NULL || s->chores == NULL ||
	    event_add(s->term, NULL) < 0 || event_add(s->interrupt, NULL) < 0 ||
	    event_add(s->chores, &at_once) < 0)
		return sl_nomem(err);
	return 0;
}

static int
announce(struct server *s, struct smartlic_error *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", s->port), r;

	system_log("listening on %.*s:%d",
	    (int)(strrchr(s->options->listen, ':') - s->options->listen), s->options->listen, s->port);
	if (s->options->port_file == NULL)
		return 0;
	r = file_write(s->options->port_file, 0644, text, (size_t)n, err);
	s->port_file_made = r == 0;
	return r;
}

static void
release(struct server *s)
{
	if (s->port_file_made)
		(void)unlink(s->options->port_file);
	if (s->listener != NULL && !s->bound)
		evconnlistener_free(s->listener);
	if (s->http != NULL)
		evhttp_free(s->http);
	connections_free(s->connections);
	authority_set_guard(s->authority, NULL);
	guesses_free(s->guesses);
	if (s->term != NULL)
		event_free(s->term);
	if (s->interrupt != NULL)
		event_free(s->interrupt);
	if (s->chores != NULL)
		event_free(s->chores);
	if (s->base != NULL)
		event_base_free(s->base);
	SSL_CTX_free(s->ctx);
}

int
server_run(struct authority *authority, const struct server_options *options,
    struct smartlic_error *err)
{
	struct server s = { .authority = authority, .options = options };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	int r;

	/* a peer that goes away while it is written to is no reason to end */
	(void)sigaction(SIGPIPE, &ignore, &before);
	r = tls_context_new(&s.ctx, options->cert_path, options->key_path, err);
	if (r < 0)
		goto out;
	s.base = event_base_new();
	if (s.base == NULL) {
		r = sl_nomem(err);
		goto out;
	}
	r = open_listener(&s, err);
	if (r == 0)
		r = open_guesses(&s, err);
	if (r == 0)
		r = open_http(&s, err);
	if (r == 0)
		r = open_events(&s, err);
	if (r == 0)
		r = announce(&s, err);
	if (r < 0)
		goto out;
	if (event_base_dispatch(s.base) < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "the event loop failed: %s", strerror(errno));
	system_log("stopped");
out:
	release(&s);
	(void)sigaction(SIGPIPE, &before, NULL);
	return r;
}
