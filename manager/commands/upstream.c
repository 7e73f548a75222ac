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
converse(void *tp, const char *url, struct sl_buf *ret, struct smartlic_error *err)
{
	struct smartlic_outcome out = { .size = sizeof(out) };
	int64_t end_ms = mono_ms(NULL) + TIMEOUT_MS;

	for (;;) {
		if (sl_https_step(tp, &out) == 1)
			break;
		if (mono_ms(NULL) >= end_ms)
			return sl_fail(
			    err, SMARTLIC_E_TRANSPORT, "%.200s: no answer within a minute", url);
		wait_for(tp, end_ms);
	}
	if (out.kind != SMARTLIC_OUTCOME_BODY || out.len == 0)
		return sl_fail(err, SMARTLIC_E_TRANSPORT, "the upstream is not reached: %s",
		    out.text[0] != '\0' ? out.text : "an empty answer");
	if (out.http_status != 200)
		return sl_fail(err, SMARTLIC_E_TRANSPORT, "%.200s: HTTP status %d: try again later",
		    url, (int)out.http_status);
	sl_buf_add(ret, out.body, out.len);
	return ret->failed ? sl_nomem(err) : 0;
}

int
upstream_post(const struct upstream_message *m, struct sl_buf *ret, struct smartlic_error *err)
{
	const struct smartlic_host host = {
		.size = sizeof(host), .mono_ms = mono_ms, .log = say_nothing
	};
	const char *path = strstr(m->url, "://");
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

	/* the path that devices have too, where none is named */
	path = path != NULL ? strchr(path + 3, '/') : NULL;
	(void)snprintf(url, sizeof(url), "%.*s%s",
	    (int)(path != NULL && path[1] == '\0' ? (size_t)(path - m->url) : strlen(m->url)),
	    m->url, path == NULL || path[1] == '\0' ? SL_DEFAULT_PATH : "");
	sync_udi(&udi, m->home);
	message.pid = udi.pid;
	message.sn = udi.sn;
	message.uuid = udi.uuid;
	options[0] = (struct smartlic_option){ "destination", url, strlen(url) };
	options[1] = (struct smartlic_option){ "trust-anchor-pem", m->root_pem, m->root_len };
	r = sl_https_open(&tp, &host, options, 2, text, sizeof(text));
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
