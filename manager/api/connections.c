/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>

#include "api/connections.h"
#include "system.h"

struct connection {
	TAILQ_ENTRY(connection) link;
	struct connections *all;
	struct bufferevent *bev; /* owns us: by way of its SSL, or of its evhttp connection */
	struct event *timer;
	int listed;
	int started;   /* its socket is known */
	int receiving; /* bytes of a request that is not whole yet */
	int answering;
	int hung_up;
	unsigned char address[CONNECTIONS_ADDRESS_LEN];
};
TAILQ_HEAD(connection_list, connection);

struct connections {
	TAILQ_ENTRY(connections) link;
	struct event_base *base;
	SSL_CTX *ctx; /* NULL: plain HTTP */
	struct evconnlistener *listener;
	struct connections_limits limits;
	void (*ended)(void *ud);
	void *ud;
	int ex_index; /* of the SSL's pointer to its connection */
	struct connection_list list;
	size_t n;     /* in the list */
	size_t alive; /* those, the spare one, and what libevent has yet to free */
	/* Made ahead, so that accepting is stopped when one cannot be made. */
	struct connection *spare;
	struct event *resume; /* tries to accept again */
	struct event *grace;
	int stopping;
};

static const struct timeval pause_time = { 1, 0 };

/* Of all threads: a listener's error comes with what evhttp has set for it, not with ours. */
static TAILQ_HEAD(, connections) everywhere = TAILQ_HEAD_INITIALIZER(everywhere);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- one connection ----------------------------------------------------- */

/* evhttp finds the end of the socket and frees the connection in its own way. */
static void
hang_up(struct connection *c)
{
	evutil_socket_t fd = bufferevent_getfd(c->bev);

	c->hung_up = 1;
	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR);
}

/* The polite end, which evhttp does not send.  Never waits for the peer's. */
static void
close_notify(struct connection *c)
{
	SSL *ssl = bufferevent_openssl_get_ssl(c->bev);

	if (ssl != NULL && SSL_is_init_finished(ssl))
		(void)SSL_shutdown(ssl);
	ERR_clear_error();
}

static void
arm(struct connection *c)
{
	struct timeval tv = { c->all->limits.timeout_s, 0 };

	(void)evtimer_add(c->timer, &tv);
}

static void
read_address(struct connection *c)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} peer = { 0 };
	socklen_t len = sizeof(peer);

	memset(c->address, 0, sizeof(c->address));
	if (getpeername(bufferevent_getfd(c->bev), &peer.any, &len) < 0)
		return;
	if (peer.any.sa_family == AF_INET)
		memcpy(c->address, &peer.in.sin_addr, sizeof(peer.in.sin_addr));
	else if (peer.any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&peer.in6.sin6_addr))
		memcpy(c->address, peer.in6.sin6_addr.s6_addr + 12, 4);
	else if (peer.any.sa_family == AF_INET6)
		memcpy(c->address, &peer.in6.sin6_addr, sizeof(c->address));
}

static int
too_many_of_address(const struct connection *c)
{
	const struct connection *other;
	size_t n = 0;

	TAILQ_FOREACH(other, &c->all->list, link)
		if (other->started && memcmp(other->address, c->address, sizeof(c->address)) == 0)
			n++;
	return n > c->all->limits.max_per_address;
}

/* What is still on its way is of no use to anybody; and a peer whose window is closed would hear of a
 * polite end a minute late. */
static void
cut_off(struct connection *c)
{
	static const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(
	    bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	hang_up(c);
}

static void
on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *ud)
{
	struct connection *c = ud;

	if (info->n_added > 0)
		c->receiving = 1;
	if (!c->hung_up && evbuffer_get_length(input) > c->all->limits.max_input)
		cut_off(c);
}

static void
on_answered(struct evhttp_request *req, void *ud)
{
	struct connection *c = ud;

	(void)req;
	c->answering = 0;
	arm(c);
}

static void resume_accepting(struct connections *all);

/* With its bufferevent, whoever freed that. */
static void
connection_free(void *ptr)
{
	struct connection *c = ptr;
	struct connections *all = c->all;

	all->alive--;
	event_free(c->timer);
	if (c->listed) {
		TAILQ_REMOVE(&all->list, c, link);
		all->n--;
		if (all->stopping && all->n == 0)
			all->ended(all->ud);
		else
			resume_accepting(all);
	}
	free(c);
}

static void
on_close(struct evhttp_connection *evcon, void *ud)
{
	struct connection *c = ud;

	(void)evcon;
	if (c->all->ctx != NULL) {
		close_notify(c);
		return;
	}
	(void)evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
	connection_free(c);
}

static void
on_ssl_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
	(void)parent;
	(void)ad;
	(void)index;
	(void)argl;
	(void)argp;
	if (ptr != NULL)
		connection_free(ptr);
}

/* Also of one that never sends a request, which evhttp shows to nobody: what it calls back with is
 * its connection. */
static void
watch_close(struct connection *c)
{
	bufferevent_data_cb read_cb, write_cb;
	bufferevent_event_cb event_cb;
	void *evcon;

	bufferevent_getcb(c->bev, &read_cb, &write_cb, &event_cb, &evcon);
	evhttp_connection_set_closecb(evcon, on_close, c);
}

static void
on_timer(evutil_socket_t fd, short what, void *ud)
{
	struct connection *c = ud;

	(void)fd;
	(void)what;
	if (c->started) {
		hang_up(c);
		return;
	}
	c->started = 1;
	read_address(c);
	watch_close(c);
	if (too_many_of_address(c) || c->all->stopping)
		hang_up(c);
	else
		arm(c);
}

/* ---- the spare one ------------------------------------------------------ */

static struct connection *
connection_new(struct connections *all)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->all = all;
	c->timer = evtimer_new(all->base, on_timer, c);
	if (c->timer == NULL) {
		free(c);
		return NULL;
	}
	return c;
}

/* Of both: 0, or c is freed and -1. */
static int
wrap_tls(struct connections *all, struct connection *c)
{
	SSL *ssl = SSL_new(all->ctx);

	if (ssl == NULL || SSL_set_ex_data(ssl, all->ex_index, c) != 1) {
		SSL_free(ssl);
		ERR_clear_error();
		connection_free(c);
		return -1;
	}
	c->bev = bufferevent_openssl_socket_new(
	    all->base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		SSL_free(ssl); /* with c */
		return -1;
	}
	return 0;
}

static int
wrap_plain(struct connections *all, struct connection *c)
{
	c->bev = bufferevent_socket_new(all->base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev != NULL)
		return 0;
	connection_free(c);
	return -1;
}

/* 1 when there is one to give to the next connection. */
static int
make_spare(struct connections *all)
{
	struct connection *c;

	if (all->spare != NULL)
		return 1;
	c = connection_new(all);
	if (c == NULL)
		return 0;
	all->alive++;
	if ((all->ctx != NULL ? wrap_tls : wrap_plain)(all, c) < 0)
		return 0;
	all->spare = c;
	return 1;
}

static void
pause_accepting(struct connections *all)
{
	(void)evconnlistener_disable(all->listener);
}

static void
resume_accepting(struct connections *all)
{
	if (all->stopping || all->n >= all->limits.max)
		return;
	if (make_spare(all))
		(void)evconnlistener_enable(all->listener);
	else
		(void)evtimer_add(all->resume, &pause_time);
}

static void
on_resume(evutil_socket_t fd, short what, void *ud)
{
	(void)fd;
	(void)what;
	resume_accepting(ud);
}

static void
enlist(struct connections *all)
{
	(void)pthread_mutex_lock(&lock);
	TAILQ_INSERT_TAIL(&everywhere, all, link);
	(void)pthread_mutex_unlock(&lock);
}

static void
strike_off(struct connections *all)
{
	(void)pthread_mutex_lock(&lock);
	TAILQ_REMOVE(&everywhere, all, link);
	(void)pthread_mutex_unlock(&lock);
}

static struct connections *
connections_of(const struct evconnlistener *listener)
{
	struct connections *all;

	(void)pthread_mutex_lock(&lock);
	TAILQ_FOREACH(all, &everywhere, link)
		if (all->listener == listener)
			break;
	(void)pthread_mutex_unlock(&lock);
	return all;
}

/* Out of descriptors, mostly: trying at once again would only burn time. */
static void
on_accept_error(struct evconnlistener *listener, void *evhttp)
{
	struct connections *all = connections_of(listener);

	(void)evhttp;
	system_log("a connection cannot be accepted: %s",
	    evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	pause_accepting(all);
	(void)evtimer_add(all->resume, &pause_time);
}

struct bufferevent *
connections_take(struct event_base *base, void *connections)
{
	struct connections *all = connections;
	struct connection *c = all->spare;

	(void)base;
	all->spare = NULL;
	TAILQ_INSERT_TAIL(&all->list, c, link);
	c->listed = 1;
	all->n++;
	(void)evbuffer_add_cb(bufferevent_get_input(c->bev), on_input, c);
	/* evhttp tells it the socket only after this, and before anything is read from it */
	event_active(c->timer, EV_TIMEOUT, 0);
	pause_accepting(all);
	resume_accepting(all);
	return c->bev;
}

/* ---- all of them -------------------------------------------------------- */

static struct connection *
connection_of(struct connections *all, struct evhttp_request *req)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(req);
	struct bufferevent *bev = evhttp_connection_get_bufferevent(evcon);
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	struct connection *c;

	if (ssl != NULL)
		return SSL_get_ex_data(ssl, all->ex_index);
	TAILQ_FOREACH(c, &all->list, link)
		if (c->bev == bev)
			break;
	return c;
}

void
connections_address(struct connections *all, struct evhttp_request *req,
    unsigned char ret[CONNECTIONS_ADDRESS_LEN])
{
	memcpy(ret, connection_of(all, req)->address, CONNECTIONS_ADDRESS_LEN);
}

int
connections_answer(struct connections *all, struct evhttp_request *req)
{
	struct connection *c = connection_of(all, req);

	if (c->hung_up)
		return 0;
	c->receiving = 0;
	c->answering = 1;
	arm(c);
	evhttp_request_set_on_complete_cb(req, on_answered, c);
	connections_end_if_stopping(all, req);
	return 1;
}

void
connections_end_if_stopping(struct connections *all, struct evhttp_request *req)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);

	if (all->stopping && evhttp_find_header(headers, "Connection") == NULL)
		(void)evhttp_add_header(headers, "Connection", "close");
}

static void
on_grace(evutil_socket_t fd, short what, void *ud)
{
	struct connections *all = ud;

	(void)fd;
	(void)what;
	all->ended(all->ud);
}

void
connections_stop(struct connections *all)
{
	struct timeval tv = { all->limits.grace_s, 0 };
	struct connection *c;

	/* a second time means: now */
	if (all->stopping || all->n == 0) {
		all->stopping = 1;
		all->ended(all->ud);
		return;
	}
	all->stopping = 1;
	pause_accepting(all);
	(void)evtimer_add(all->grace, &tv);
	TAILQ_FOREACH(c, &all->list, link) {
		if (c->receiving || c->answering || !c->started)
			continue;
		close_notify(c);
		hang_up(c);
	}
}

int
connections_stopping(const struct connections *all)
{
	return all->stopping;
}

int
connections_new(struct connections **ret, struct event_base *base, SSL_CTX *ctx,
    struct evconnlistener *listener, const struct connections_limits *limits,
    void (*ended)(void *ud), void *ud, struct smartlic_error *err)
{
	struct connections *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return sl_nomem(err);
	all->base = base;
	all->ctx = ctx;
	all->listener = listener;
	all->limits = *limits;
	all->ended = ended;
	all->ud = ud;
	TAILQ_INIT(&all->list);
	enlist(all);
	all->ex_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_ssl_free);
	all->resume = evtimer_new(base, on_resume, all);
	all->grace = evtimer_new(base, on_grace, all);
	if (all->ex_index < 0 || all->resume == NULL || all->grace == NULL || !make_spare(all)) {
		connections_free(all);
		return sl_nomem(err);
	}
	evconnlistener_set_error_cb(listener, on_accept_error);
	*ret = all;
	return 0;
}

void
connections_free(struct connections *all)
{
	if (all == NULL)
		return;
	strike_off(all);
	all->stopping = 1;
	if (all->spare != NULL) {
		bufferevent_free(all->spare->bev);
		if (all->ctx == NULL)
			connection_free(all->spare);
	}
	/* libevent frees bufferevents from its loop only */
	for (int i = 0; all->alive > 0 && i < 100; i++)
		(void)event_base_loop(all->base, EVLOOP_NONBLOCK);
	if (all->resume != NULL)
		event_free(all->resume);
	if (all->grace != NULL)
		event_free(all->grace);
	if (all->ex_index >= 0)
		(void)CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, all->ex_index);
	free(all);
}
