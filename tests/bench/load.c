/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>

#include "load.h"
#include "message.h"

#define ANSWER_MAX 65536

struct client {
	struct load *load;
	size_t number;
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	pthread_t thread;
	pthread_barrier_t *begin;
	size_t ok, refused, failed;
	double *us;
	char answer[ANSWER_MAX];
};

static double
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
hang_up(struct client *c)
{
	SSL_free(c->ssl);
	c->ssl = NULL;
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
}

static int
call(struct client *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((in_port_t)c->load->port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	/* each client an address of its own: one address gets a quarter of the connections */
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK + 1 + (uint32_t)c->number) } };
	const int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    bind(c->fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	c->ssl = SSL_new(c->ctx);
	return c->ssl != NULL && SSL_set_fd(c->ssl, c->fd) == 1 && SSL_connect(c->ssl) == 1 ? 0
											    : -1;
}

/* One answer; its length, or -1. */
static int
read_answer(struct client *c)
{
	size_t n = 0, whole = 0;

	while (whole == 0 || n < whole) {
		int got = SSL_read(c->ssl, c->answer + n, (int)(sizeof(c->answer) - 1 - n));
		char *end, *length;

		if (got <= 0)
			return -1;
		n += (size_t)got;
		c->answer[n] = '\0';
		end = whole == 0 ? strstr(c->answer, "\r\n\r\n") : NULL;
		if (end != NULL) {
			length = strstr(c->answer, "Content-Length: ");
			if (length == NULL || length > end)
				return -1;
			whole = (size_t)(end + 4 - c->answer) + strtoul(length + 16, NULL, 10);
		}
	}
	return (int)n;
}

static int
send_request(struct client *c, const struct sl_buf *body)
{
	char head[256];
	struct sl_buf all = { 0 };
	int n = snprintf(head, sizeof(head),
		"POST " SL_DEFAULT_PATH
		" HTTP/1.1\r\nHost: localhost\r\nContent-Type: " SL_MEDIA_TYPE
		"\r\nContent-Length: %zu\r\n\r\n",
		body->len),
	    r;

	sl_buf_add(&all, head, (size_t)n);
	sl_buf_add(&all, body->data, body->len);
	r = all.failed ? -1 : SSL_write(c->ssl, all.data, (int)all.len);
	sl_buf_free(&all);
	return r > 0 ? 0 : -1;
}

static void
one(struct client *c, const struct sl_buf *body)
{
	static const char ok[] = "\"status\":\"ok\"";
	double from = now_us();
	int n;

	n = c->ssl == NULL && call(c) < 0 ? -1 : send_request(c, body) < 0 ? -1 : read_answer(c);
	if (n < 0 || strncmp(c->answer, "HTTP/1.1 200 ", 13) != 0) {
		c->failed++;
		hang_up(c);
		return;
	}
	if (!c->load->echo && memmem(c->answer, (size_t)n, ok, sizeof(ok) - 1) == NULL)
		c->refused++;
	else
		c->us[c->ok++] = now_us() - from;
	if (c->load->handshake)
		hang_up(c);
}

/* Waits until it is this request's turn. */
static void
pace(const struct load *l, double begin, size_t number, size_t i)
{
	double at = begin + ((double)i + (double)number / (double)l->clients) * (double)l->clients *
				1e6 / l->per_second;
	struct timespec until = { (time_t)(at / 1e6), 0 };

	until.tv_nsec = (long)((at - (double)until.tv_sec * 1e6) * 1e3);
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void *
run(void *ud)
{
	struct client *c = ud;
	const struct load *l = c->load;
	double begin;

	if (!l->handshake && call(c) < 0)
		hang_up(c);
	(void)pthread_barrier_wait(c->begin);
	begin = now_us();
	for (size_t i = 0; i < l->each; i++) {
		if (l->per_second > 0)
			pace(l, begin, c->number, i);
		one(c, &l->bodies[c->number * l->each + i]);
	}
	hang_up(c);
	return NULL;
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
add_up(struct load *l, const struct client *clients)
{
	for (size_t i = 0; i < l->clients; i++) {
		const struct client *c = &clients[i];

		memcpy(l->us + l->ok, c->us, c->ok * sizeof(double));
		l->ok += c->ok;
		l->refused += c->refused;
		l->failed += c->failed;
	}
	qsort(l->us, l->ok, sizeof(double), order);
}

void
load_run(struct load *l)
{
	struct client *clients = calloc(l->clients, sizeof(*clients));
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	pthread_barrier_t begin;
	double from;

	l->us = calloc(l->clients * l->each, sizeof(double));
	if (clients == NULL || ctx == NULL || l->us == NULL ||
	    pthread_barrier_init(&begin, NULL, (unsigned int)l->clients + 1) != 0)
		exit(1);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	for (size_t i = 0; i < l->clients; i++) {
		clients[i] = (struct client){
			.load = l, .number = i, .ctx = ctx, .fd = -1, .begin = &begin
		};
		clients[i].us = calloc(l->each, sizeof(double));
		if (clients[i].us == NULL ||
		    pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
			exit(1);
	}
	(void)pthread_barrier_wait(&begin);
	from = now_us();
	for (size_t i = 0; i < l->clients; i++)
		(void)pthread_join(clients[i].thread, NULL);
	l->seconds = (now_us() - from) / 1e6;
	add_up(l, clients);
	for (size_t i = 0; i < l->clients; i++)
		free(clients[i].us);
	(void)pthread_barrier_destroy(&begin);
	SSL_CTX_free(ctx);
	free(clients);
}

double
load_rate(const struct load *l)
{
	return (double)l->ok / l->seconds;
}

double
load_at(const struct load *l, double part)
{
	return l->ok == 0 ? 0 : l->us[(size_t)(part * (double)(l->ok - 1))];
}
