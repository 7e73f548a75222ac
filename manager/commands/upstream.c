/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <smartlic/transport.h>

#include "authority/sync.h"
#include "commands/upstream.h"
#include "transports/https.h"

#define TIMEOUT_MS INT64_C(60000)
#define FDS_MAX    16
#define URL_SIZE   700

static int64_t
mono_ms(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
say_nothing(void *ctx, int level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static const struct smartlic_host upstream_host = {
	.size = sizeof(upstream_host), .mono_ms = mono_ms, .log = say_nothing
};

/* Until something is to be done, or the time is over. */
static void
wait_for(void *tp, int64_t end_ms)
{
	struct pollfd fds[FDS_MAX];
	size_t n = FDS_MAX;
	int64_t until = sl_https_deadline(tp), now = mono_ms(NULL);

	if (sl_https_pollfds(tp, fds, &n) != 0)
		n = 0;
	if (until > end_ms)
		until = end_ms;
	if (until > now)
		(void)poll(fds, (nfds_t)n, (int)(until - now));
}

/* As devices have it, where the URL names no path. */
static void
complete(char *ret, size_t size, const char *url)
{
	const char *path = strstr(url, "://");

	path = path != NULL ? strchr(path + 3, '/') : NULL;
	(void)snprintf(ret, size, "%.*s%s",
	    (int)(path != NULL && path[1] == '\0' ? (size_t)(path - url) : strlen(url)), url,
	    path == NULL || path[1] == '\0' ? SL_DEFAULT_PATH : "");
}

/* ---- a connection --------------------------------------------------------- */

struct upstream {
	void *tp;
	char url[URL_SIZE];
	struct smartlic_outcome out;
	int answered; /* out is the answer to the last message */
};

int
upstream_open(struct upstream **ret, const char *url, const char *root_pem, size_t root_len,
    struct smartlic_error *err)
{
	struct upstream *u = calloc(1, sizeof(*u));
	struct smartlic_option options[2];
	char text[400] = "";
	int r;

	if (u == NULL)
		return sl_nomem(err);
	complete(u->url, sizeof(u->url), url);
	options[0] = (struct smartlic_option){ "destination", u->url, strlen(u->url) };
	options[1] = (struct smartlic_option){ "trust-anchor-pem", root_pem, root_len };
	r = sl_https_open(&u->tp, &upstream_host, options, 2, text, sizeof(text));
	if (r < 0) {
		free(u);
		return sl_fail(err, SMARTLIC_E_INVAL, "--upstream: %s", text);
	}
	*ret = u;
	return 0;
}

void
upstream_close(struct upstream *u)
{
	if (u == NULL)
		return;
	sl_https_close(u->tp);
	free(u);
}

static int
submit(struct upstream *u, const struct smartlic_message *message, struct smartlic_error *err)
{
	int r = sl_https_submit(u->tp, message);

	u->out = (struct smartlic_outcome){ .size = sizeof(u->out) };
	u->answered = 0;
	return r < 0 ? sl_fail(err, r, "%.200s: the request cannot be sent", u->url) : 0;
}

/* Until it is answered, or a minute has gone by. */
static int
await(struct upstream *u, struct smartlic_error *err)
{
	int64_t end_ms = mono_ms(NULL) + TIMEOUT_MS;

	for (;;) {
		upstream_turn(u);
		if (u->answered)
			return 0;
		if (mono_ms(NULL) >= end_ms)
			return sl_fail(
			    err, SMARTLIC_E_TRANSPORT, "%.200s: no answer within a minute", u->url);
		wait_for(u->tp, end_ms);
	}
}

int
upstream_send(struct upstream *u, const struct upstream_message *m, struct smartlic_error *err)
{
	struct smartlic_message message = { .size = sizeof(message),
		.type = m->type,
		.request_id = m->request_id,
		.floor_ms = m->now_s * 1000,
		.body = m->request->data,
		.len = m->request->len };
	struct sl_udi udi;

	sync_udi(&udi, m->home);
	message.pid = udi.pid;
	message.sn = udi.sn;
	message.uuid = udi.uuid;
	return submit(u, &message, err);
}

void
upstream_turn(void *upstream)
{
	struct upstream *u = upstream;

	if (!u->answered)
		u->answered = sl_https_step(u->tp, &u->out) == 1;
}

int
upstream_receive(struct upstream *u, struct sl_buf *ret, struct smartlic_error *err)
{
	int r = await(u, err);

	if (r < 0)
		return r;
	if (u->out.kind != SMARTLIC_OUTCOME_BODY || u->out.len == 0)
		return sl_fail(err, SMARTLIC_E_TRANSPORT, "the upstream is not reached: %s",
		    u->out.text[0] != '\0' ? u->out.text : "an empty answer");
	if (u->out.http_status != 200)
		return sl_fail(err, SMARTLIC_E_TRANSPORT, "%.200s: HTTP status %d: try again later",
		    u->url, (int)u->out.http_status);
	sl_buf_add(ret, u->out.body, u->out.len);
	return ret->failed ? sl_nomem(err) : 0;
}

int
upstream_post(const char *url, const char *root_pem, size_t root_len,
    const struct upstream_message *m, struct sl_buf *ret, struct smartlic_error *err)
{
	struct upstream *u = NULL;
	int r = upstream_open(&u, url, root_pem, root_len, err);

	if (r == 0)
		r = upstream_send(u, m, err);
	if (r == 0)
		r = upstream_receive(u, ret, err);
	upstream_close(u);
	return r;
}

/* Asks for nothing: the date of whatever comes is wanted. */
int
upstream_clock(const char *url, const char *root_pem, size_t root_len, int64_t now_s,
    int64_t *ret_s, struct smartlic_error *err)
{
	const struct smartlic_message message = { .size = sizeof(message),
		.type = "clock",
		.request_id = "clock",
		.pid = "",
		.sn = "",
		.uuid = "",
		.floor_ms = now_s * 1000,
		.body = "?",
		.len = 1 };
	struct upstream *u = NULL;
	int r = upstream_open(&u, url, root_pem, root_len, err);

	if (r == 0)
		r = submit(u, &message, err);
	if (r == 0)
		r = await(u, err);
	if (r == 0) {
		*ret_s = sl_https_date(u->tp);
		if (*ret_s < 0)
			r = sl_fail(err, SMARTLIC_E_TRANSPORT, "%.200s: %s", u->url,
			    u->out.text[0] != '\0' ? u->out.text
						   : "it does not say what time it is");
	}
	upstream_close(u);
	return r;
}
