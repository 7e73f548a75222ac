/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <smartlic/transport.h>

#include "authority/sync.h"
#include "commands/upstream.h"
#include "transports/https.h"

#define TIMEOUT_MS INT64_C(60000)
#define FDS_MAX    16

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

static int
await(void *tp, const char *url, struct smartlic_outcome *ret, struct smartlic_error *err)
{
	int64_t end_ms = mono_ms(NULL) + TIMEOUT_MS;

	for (;;) {
		if (sl_https_step(tp, ret) == 1)
			return 0;
		if (mono_ms(NULL) >= end_ms)
			return sl_fail(
			    err, SMARTLIC_E_TRANSPORT, "%.200s: no answer within a minute", url);
		wait_for(tp, end_ms);
	}
}

static int
converse(void *tp, const char *url, struct sl_buf *ret, struct smartlic_error *err)
{
	struct smartlic_outcome out = { .size = sizeof(out) };
	int r = await(tp, url, &out, err);

	if (r < 0)
		return r;
	if (out.kind != SMARTLIC_OUTCOME_BODY || out.len == 0)
		return sl_fail(err, SMARTLIC_E_TRANSPORT, "the upstream is not reached: %s",
		    out.text[0] != '\0' ? out.text : "an empty answer");
	if (out.http_status != 200)
		return sl_fail(err, SMARTLIC_E_TRANSPORT, "%.200s: HTTP status %d: try again later",
		    url, (int)out.http_status);
	sl_buf_add(ret, out.body, out.len);
	return ret->failed ? sl_nomem(err) : 0;
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
	struct smartlic_outcome out = { .size = sizeof(out) };
	char full[700], text[400] = "";
	struct smartlic_option options[2] = { { "destination", full, 0 },
		{ "trust-anchor-pem", root_pem, root_len } };
	void *tp = NULL;
	int r;

	complete(full, sizeof(full), url);
	options[0].len = strlen(full);
	r = sl_https_open(&tp, &upstream_host, options, 2, text, sizeof(text));
	if (r < 0)
		return sl_fail(err, SMARTLIC_E_INVAL, "--upstream: %s", text);
	r = sl_https_submit(tp, &message);
	if (r == 0)
		r = await(tp, full, &out, err);
	if (r == 0) {
		*ret_s = sl_https_date(tp);
		if (*ret_s < 0)
			r = sl_fail(err, SMARTLIC_E_TRANSPORT, "%.200s: %s", full,
			    out.text[0] != '\0' ? out.text : "it does not say what time it is");
	}
	sl_https_close(tp);
	return r;
}

int
upstream_post(const struct upstream_message *m, struct sl_buf *ret, struct smartlic_error *err)
{
	char url[700], text[400] = "";
	struct smartlic_option options[2];
	struct smartlic_message message = { .size = sizeof(message),
		.type = m->type,
		.request_id = m->request_id,
		.floor_ms = m->now_s * 1000,
		.body = m->request->data,
		.len = m->request->len };
	struct sl_udi udi;
	void *tp = NULL;
	int r;

	complete(url, sizeof(url), m->url);
	sync_udi(&udi, m->home);
	message.pid = udi.pid;
	message.sn = udi.sn;
	message.uuid = udi.uuid;
	options[0] = (struct smartlic_option){ "destination", url, strlen(url) };
	options[1] = (struct smartlic_option){ "trust-anchor-pem", m->root_pem, m->root_len };
	r = sl_https_open(&tp, &upstream_host, options, 2, text, sizeof(text));
	if (r < 0)
		return sl_fail(err, SMARTLIC_E_INVAL, "--upstream: %s", text);
	r = sl_https_submit(tp, &message);
	if (r < 0)
		r = sl_fail(err, r, "%.200s: the request cannot be sent", url);
	if (r == 0)
		r = converse(tp, url, ret, err);
	sl_https_close(tp);
	return r;
}
