/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "exchange.h"
#include "network.h"
#include "revocation.h"
#include "verdict.h"

/* One transfer needs one or two (IPv6 and IPv4 tried side by side), and libcurl one of its own. */
#define MAX_FDS    8
#define HEADER_MAX ((size_t)64 * 1024)
/* However steady a trickle, an exchange ends. */
#define WHOLE_MS 60000

struct sl_exchange {
	const struct smartlic_host *host;
	CURLM *multi;
	CURL *easy; /* NULL: idle */
	struct curl_slist *headers;
	struct sl_tls_check check;
	struct sl_network network;
	struct sl_exchange_seen seen;

	struct pollfd fds[MAX_FDS]; /* what libcurl waits for, by its socket callback */
	size_t n_fds;
	int64_t timer_ms; /* when it wants to be called, by its timer callback */

	enum sl_phase phase;
	int64_t progress_ms; /* when the phase began, or last made progress */
	curl_off_t progress; /* bytes of the phase at that time */
	int64_t start_ms;
	int64_t whole_ms; /* when the whole must be over */
	size_t request_len;
	int is_list;
	int tunnels; /* asks a proxy for a way */

	unsigned char *answer;
	size_t len, cap;
	size_t header_len;
	char detail[CURL_ERROR_SIZE];
};

static int64_t
now_ms(const struct sl_exchange *x)
{
	return x->host->mono_ms(x->host->ctx);
}

/* ---- libcurl's callbacks ---- */

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *ud, void *unused)
{
	struct sl_exchange *x = ud;
	size_t i = 0;

	(void)easy;
	(void)unused;
	while (i < x->n_fds && x->fds[i].fd != fd)
		i++;
	if (what == CURL_POLL_REMOVE) {
		if (i < x->n_fds)
			x->fds[i] = x->fds[--x->n_fds];
		return 0;
	}
	if (i == MAX_FDS)
		return -1;
	if (i == x->n_fds)
		x->n_fds++;
	x->fds[i] = (struct pollfd){ .fd = fd };
	if ((what & CURL_POLL_IN) != 0)
		x->fds[i].events |= POLLIN;
	if ((what & CURL_POLL_OUT) != 0)
		x->fds[i].events |= POLLOUT;
	return 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *ud)
{
	struct sl_exchange *x = ud;

	(void)multi;
	x->timer_ms = timeout_ms < 0 ? INT64_MAX : now_ms(x) + timeout_ms;
	return 0;
}

static size_t
most(const struct sl_exchange *x)
{
	return x->is_list ? SL_LIST_MAX : SL_ANSWER_MAX;
}

/* Anything but the full size makes libcurl give up. */
static size_t
on_body(char *data, size_t size, size_t n, void *ud)
{
	struct sl_exchange *x = ud;
	size_t len = size * n;
	unsigned char *more;

	if (len > most(x) - x->len)
		return 0;
	if (len > x->cap - x->len) {
		x->cap = x->len + len > 2 * x->cap ? x->len + len : 2 * x->cap;
		more = realloc(x->answer, x->cap);
		if (more == NULL) {
			x->cap = x->len;
			return 0;
		}
		x->answer = more;
	}
	if (len > 0)
		memcpy(x->answer + x->len, data, len);
	x->len += len;
	return len;
}

static size_t
on_header(char *data, size_t size, size_t n, void *ud)
{
	struct sl_exchange *x = ud;
	size_t len = size * n;

	(void)data;
	if (len > HEADER_MAX - x->header_len)
		return 0;
	x->header_len += len;
	return len;
}

/* ---- beginning and end ---- */

int
sl_exchange_new(
    struct sl_exchange **ret, const struct smartlic_host *host, const struct sl_options *options)
{
	struct sl_exchange *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return -1;
	x->host = host;
	x->check.tls = options->tls;
	x->network.options = options;
	x->network.check = &x->check;
	x->timer_ms = INT64_MAX;
	x->multi = curl_multi_init();
	if (x->multi == NULL) {
		free(x);
		return -1;
	}
	(void)curl_multi_setopt(x->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(x->multi, CURLMOPT_SOCKETDATA, x);
	(void)curl_multi_setopt(x->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(x->multi, CURLMOPT_TIMERDATA, x);
	(void)curl_multi_setopt(x->multi, CURLMOPT_MAXCONNECTS, 1L);
	*ret = x;
	return 0;
}

static void
end_transfer(struct sl_exchange *x)
{
	if (x->easy != NULL) {
		(void)curl_multi_remove_handle(x->multi, x->easy);
		curl_easy_cleanup(x->easy);
		x->easy = NULL;
	}
	curl_slist_free_all(x->headers);
	curl_slist_free_all(x->network.addresses);
	x->headers = x->network.addresses = NULL;
	x->timer_ms = INT64_MAX;
}

void
sl_exchange_cancel(struct sl_exchange *x)
{
	end_transfer(x);
	free(x->answer);
	x->answer = NULL;
	x->len = x->cap = x->header_len = 0;
}

void
sl_exchange_free(struct sl_exchange *x)
{
	if (x == NULL)
		return;
	sl_exchange_cancel(x);
	(void)curl_multi_cleanup(x->multi);
	free(x);
}

/* ---- setting up ---- */

static int
add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more == NULL)
		return -1;
	*list = more;
	return 0;
}

static int
set_lists(struct sl_exchange *x, const struct sl_exchange_request *q)
{
	const struct sl_destination *hop = x->network.resolved;
	char entry[1200];

	if (q->addresses != NULL) {
		(void)snprintf(
		    entry, sizeof(entry), "%s:%s:%s", hop->host, hop->port, q->addresses);
		if (add_line(&x->network.addresses, entry) != 0)
			return -1;
	}
	if (x->is_list)
		return 0;
	/* an empty Expect: no round trip to ask whether the body may be sent */
	if (add_line(&x->headers, "Content-Type: application/cms") != 0 ||
	    add_line(&x->headers, "Accept: application/cms") != 0 ||
	    add_line(&x->headers, "Expect:") != 0)
		return -1;
	return 0;
}

static int
set_request(struct sl_exchange *x, const struct sl_exchange_request *q)
{
	CURL *e = x->easy;
	CURLcode r = CURLE_OK;

	if (x->is_list) {
		r |= curl_easy_setopt(e, CURLOPT_URL, q->list_url);
		r |= curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
	} else {
		r |= curl_easy_setopt(e, CURLOPT_URL, q->to->url);
		r |= curl_easy_setopt(e, CURLOPT_POST, 1L);
		r |= curl_easy_setopt(e, CURLOPT_POSTFIELDS, q->body);
		r |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->len);
		r |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers);
	}
	r |= curl_easy_setopt(e, CURLOPT_USERAGENT, "libsmartlic");
	r |= curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)most(x));
	r |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	r |= curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
	r |= curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	r |= curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
	r |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->detail);
	/* the phases' limits are ours: that of libcurl must not come first */
	r |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, 2L * WHOLE_MS);
	return r == CURLE_OK ? 0 : -1;
}

int
sl_exchange_start(struct sl_exchange *x, const struct sl_exchange_request *q)
{
	sl_exchange_cancel(x);
	x->detail[0] = '\0';
	x->phase = SL_PHASE_CONNECT;
	x->progress = 0;
	x->start_ms = x->progress_ms = now_ms(x);
	x->whole_ms = x->start_ms + WHOLE_MS;
	if (x->whole_ms > q->until_ms)
		x->whole_ms = q->until_ms;
	x->is_list = q->list_url != NULL;
	x->request_len = x->is_list ? 0 : q->len;
	x->network.resolved = sl_network_first_hop(x->network.options, q->to);
	x->tunnels = x->network.options->proxy.url != NULL && q->to->tls;
	x->check.host = q->to->host;
	x->check.floor_s = q->floor_ms / 1000;
	x->check.now_ms = x->start_ms;
	x->check.since_ms = q->since_ms;
	x->check.begun = 0;
	x->check.server[0] = '\0';
	x->seen.date[0] = '\0';
	x->check.asked = 0;
	x->check.text[0] = x->check.wanted[0] = x->check.tolerated[0] = '\0';
	x->easy = curl_easy_init();
	if (x->easy == NULL || set_lists(x, q) != 0 || sl_network_set(x->easy, &x->network) != 0 ||
	    set_request(x, q) != 0 || curl_multi_add_handle(x->multi, x->easy) != CURLM_OK) {
		sl_exchange_cancel(x);
		return -1;
	}
	return 0;
}

/* ---- going on ---- */

/* libcurl tells it no earlier than when all of the way is open. */
static int
is_connected(const struct sl_exchange *x)
{
	struct sockaddr_storage peer;

	for (size_t i = 0; i < x->n_fds; i++) {
		socklen_t len = sizeof(peer);

		if (getpeername(x->fds[i].fd, (struct sockaddr *)&peer, &len) == 0 &&
		    (peer.ss_family == AF_INET || peer.ss_family == AF_INET6))
			return 1;
	}
	return 0;
}

static enum sl_phase
phase_of(struct sl_exchange *x, curl_off_t *progress)
{
	curl_off_t ready = 0, first = 0, sent = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	(void)curl_easy_getinfo(x->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
	(void)curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	*progress = 0;
	if (first > 0) {
		*progress = (curl_off_t)(x->len + x->header_len);
		return SL_PHASE_RECEIVE;
	}
	if (ready > 0) {
		*progress = sent;
		return (size_t)sent < x->request_len ? SL_PHASE_SEND : SL_PHASE_WAIT;
	}
	/* CURLINFO_CONNECT_TIME_T is told no earlier than when TLS is through */
	if (x->check.begun)
		return SL_PHASE_TLS;
	return x->tunnels && is_connected(x) ? SL_PHASE_PROXY : SL_PHASE_CONNECT;
}

/* Seconds after which the phase, or the whole, has lasted too long; 0: neither. */
static int64_t
is_slow(struct sl_exchange *x)
{
	const struct sl_phase_limit *limit;
	curl_off_t progress;
	enum sl_phase phase = phase_of(x, &progress);
	int64_t now = now_ms(x);

	limit = &sl_phases[phase];
	if (phase != x->phase ||
	    (limit->bytes > 0 && progress - x->progress >= (curl_off_t)limit->bytes)) {
		x->phase = phase;
		x->progress = progress;
		x->progress_ms = now;
	}
	if (now >= x->progress_ms + limit->limit_ms)
		return limit->limit_ms / 1000;
	return now >= x->whole_ms ? (now - x->start_ms) / 1000 + 1 : 0;
}

static void
drive(struct sl_exchange *x)
{
	struct pollfd fds[MAX_FDS];
	size_t n = x->n_fds;
	int running;

	/* a copy: the callbacks change the set */
	memcpy(fds, x->fds, sizeof(fds));
	if (n > 0 && poll(fds, n, 0) > 0)
		for (size_t i = 0; i < n; i++) {
			int what = 0;

			if ((fds[i].revents & POLLIN) != 0)
				what |= CURL_CSELECT_IN;
			if ((fds[i].revents & POLLOUT) != 0)
				what |= CURL_CSELECT_OUT;
			if ((fds[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
				what |= CURL_CSELECT_ERR;
			if (what != 0)
				(void)curl_multi_socket_action(x->multi, fds[i].fd, what, &running);
		}
	/* left as it is: libcurl says when it wants another, and does not repeat itself when
	 * its clock finds this one early */
	if (now_ms(x) >= x->timer_ms)
		(void)curl_multi_socket_action(x->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static const char *
header(CURL *easy, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? h->value : NULL;
}

static void
answered(struct sl_exchange *x, struct smartlic_outcome *ret)
{
	struct sl_verdict_answer a = { .body = x->answer, .len = x->len };
	char *type = NULL;
	long status = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
	a.status = (int)status;
	a.type = type;
	a.location = header(x->easy, "Location");
	a.retry_after = header(x->easy, "Retry-After");
	a.date = header(x->easy, "Date");
	a.by_proxy = x->network.options->proxy.url != NULL && !x->tunnels;
	a.proxy_error = header(x->easy, "X-Squid-Error");
	if (a.proxy_error == NULL)
		a.proxy_error = header(x->easy, "Proxy-Status");
	(void)snprintf(x->seen.date, sizeof(x->seen.date), "%s", a.date != NULL ? a.date : "");
	if (x->is_list)
		sl_verdict_list(ret, &a);
	else
		sl_verdict_answered(ret, &a);
}

static void
failed(struct sl_exchange *x, CURLcode code, struct smartlic_outcome *ret)
{
	struct sl_verdict_failure f = { .code = (int)code,
		.detail = x->detail,
		.got = x->len,
		.tls = x->check.text,
		.by_proxy = x->tunnels,
		.asked = x->check.asked,
		.source = x->network.source_text,
		.is_list = x->is_list };
	curl_off_t progress;
	long os_errno = 0, connect_status = 0;

	f.phase = phase_of(x, &progress);
	/* its sockets are gone: who was never reached has a code of its own */
	if (x->tunnels && f.phase == SL_PHASE_CONNECT && code != CURLE_COULDNT_CONNECT)
		f.phase = SL_PHASE_PROXY;
	(void)curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &os_errno);
	f.os_errno = (int)os_errno;
	(void)curl_easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
	if (connect_status >= 300)
		f.proxy_status = (int)connect_status;
	sl_verdict_failed(ret, &f);
}

static void
look(struct sl_exchange *x)
{
	char *at = NULL, *from = NULL;

	(void)curl_easy_getinfo(x->easy, CURLINFO_PRIMARY_IP, &at);
	(void)curl_easy_getinfo(x->easy, CURLINFO_LOCAL_IP, &from);
	(void)curl_easy_getinfo(x->easy, CURLINFO_PRIMARY_PORT, &x->seen.port);
	(void)snprintf(x->seen.at, sizeof(x->seen.at), "%s", at != NULL ? at : "");
	(void)snprintf(x->seen.from, sizeof(x->seen.from), "%s", from != NULL ? from : "");
	memcpy(x->seen.server, x->check.server, sizeof(x->seen.server));
}

const struct sl_exchange_seen *
sl_exchange_seen(const struct sl_exchange *x)
{
	return &x->seen;
}

int
sl_exchange_step(struct sl_exchange *x, struct smartlic_outcome *ret)
{
	CURLMsg *msg;
	int64_t slow = 0;
	int left;

	if (x->easy == NULL)
		return 0;
	drive(x);
	msg = curl_multi_info_read(x->multi, &left);
	if (msg == NULL && (slow = is_slow(x)) == 0)
		return 0;
	if (msg == NULL)
		sl_verdict_slow(ret, x->phase, slow);
	else if (msg->data.result == CURLE_OK)
		answered(x, ret);
	else
		failed(x, msg->data.result, ret);
	look(x);
	end_transfer(x);
	return 1;
}

const char *
sl_exchange_wanted(const struct sl_exchange *x)
{
	return x->check.wanted;
}

const char *
sl_exchange_tolerated(const struct sl_exchange *x)
{
	return x->check.tolerated;
}

size_t
sl_exchange_pollfds(const struct sl_exchange *x, struct pollfd *fds, size_t cap)
{
	if (x->easy == NULL)
		return 0;
	for (size_t i = 0; i < x->n_fds && i < cap; i++)
		fds[i] = x->fds[i];
	return x->n_fds;
}

int64_t
sl_exchange_deadline(const struct sl_exchange *x)
{
	int64_t at = x->progress_ms + sl_phases[x->phase].limit_ms;

	if (x->easy == NULL)
		return INT64_MAX;
	if (x->whole_ms < at)
		at = x->whole_ms;
	return x->timer_ms < at ? x->timer_ms : at;
}
