/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "verdict.h"

#define WANTS_OURS "the server wants a certificate of this device, or another one"
#define GIVE_OURS  "give it by license smart client-certificate"
#define NO_COMMON  "the server takes none of the ciphers, groups and signatures offered"
#define HAVE_COMMON                                                                                \
	"have it take those that OpenSSL offers, such as ECDHE with AES-GCM, and look into its "   \
	"log"
#define TOO_OLD    "the server has no version of TLS that is offered"
#define BE_NEW     "the port must offer TLS 1.2 or later"
#define NO_TLS     "what answers there speaks no TLS"
#define OTHER_PORT "correct the port of the destination, or write http:// if that is meant"
#define SEE_PROXY                                                                                  \
	"see that http-proxy names a proxy and that no captive portal answers in its place, then " \
	"the port of the destination"
#define LATER "nothing to do, it is tried again"

const struct sl_phase_limit sl_phases[SL_PHASE_COUNT] = {
	[SL_PHASE_CONNECT] = { "connect", 10000, 0,
	    "check the route to it and the firewalls in between" },
	[SL_PHASE_PROXY] = { "proxy", 10000, 0,
	    "look into the proxy's log, whether it reaches the destination, or correct "
	    "http-proxy" },
	[SL_PHASE_TLS] = { "TLS", 10000, 0,
	    "see that the port is one of https, and look into the server's log" },
	[SL_PHASE_SEND] = { "send", 10000, 1024, "check the path's loss and MTU" },
	[SL_PHASE_WAIT] = { "answer", 30000, 0, "look into the server's log and its load" },
	[SL_PHASE_RECEIVE] = { "answer", 10000, 1024, "check the path's loss and MTU" },
};

void
sl_verdict_text(struct smartlic_outcome *ret, const char *step, const char *found, const char *cure)
{
	ret->kind = SMARTLIC_OUTCOME_FAILED;
	ret->body = NULL;
	ret->len = 0;
	(void)snprintf(ret->text, sizeof(ret->text), "%s: %s%s%s", step, found,
	    cure != NULL ? "; " : "", cure != NULL ? cure : "");
	for (char *p = ret->text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

/* "HOST:PORT", an IPv6 address in brackets */
static void
put_host(char *ret, size_t cap, const struct sl_destination *d)
{
	(void)snprintf(
	    ret, cap, strchr(d->host, ':') != NULL ? "[%.64s]:%s" : "%.64s:%s", d->host, d->port);
}

void
sl_verdict_place(struct smartlic_outcome *ret, const struct sl_destination *to,
    const struct sl_destination *proxy)
{
	char at[80], by[80] = "", text[sizeof(ret->text)];

	put_host(at, sizeof(at), to);
	if (proxy != NULL)
		put_host(by, sizeof(by), proxy);
	(void)snprintf(text, sizeof(text), "%s%s%s, %.300s", at,
	    proxy != NULL ? " by way of proxy " : "", by, ret->text);
	memcpy(ret->text, text, sizeof(text));
}

void
sl_verdict_slow(struct smartlic_outcome *ret, enum sl_phase phase, int64_t seconds)
{
	const struct sl_phase_limit *p = &sl_phases[phase];
	char found[80];

	(void)snprintf(found, sizeof(found),
	    seconds * 1000 <= p->limit_ms ? "no progress for %lld s"
					  : "too slow, not over after %lld s",
	    (long long)seconds);
	sl_verdict_text(ret, p->step, found, p->cure);
}

/* A code of libcurl → words.  step NULL: where it happened; reason: libcurl's own text follows. */
static const struct {
	CURLcode code;
	int reason;
	const char *step;
	const char *found;
	const char *cure; /* NULL: that of the phase */
} failures[] = {
	{ CURLE_SSL_CONNECT_ERROR, 1, "TLS", "the handshake failed: ",
	    "see that the port is one of https, and look into the server's log" },
	{ CURLE_PEER_FAILED_VERIFICATION, 1, "TLS", "the server's certificate is refused: ",
	    "mend the server's certificate or the trust anchor" },
	{ CURLE_GOT_NOTHING, 0, "answer", "the connection ended without one",
	    "look into the server's log" },
	{ CURLE_FILESIZE_EXCEEDED, 0, "answer", "larger than 384 KiB",
	    "this is no license authority; correct the destination address" },
	{ CURLE_WRITE_ERROR, 0, "answer", "larger than 384 KiB, or its header than 64 KiB",
	    "this is no license authority; correct the destination address" },
	{ CURLE_UNSUPPORTED_PROTOCOL, 0, "answer", "not HTTP",
	    "this is no license authority; correct the destination address" },
	{ CURLE_WEIRD_SERVER_REPLY, 0, "answer", "not HTTP",
	    "this is no license authority; correct the destination address" },
	{ CURLE_HTTP2, 1, "answer", "", "look into the server's log" },
	{ CURLE_HTTP2_STREAM, 1, "answer", "", "look into the server's log" },
	{ CURLE_SEND_ERROR, 1, NULL, "the connection broke: ", LATER },
	{ CURLE_RECV_ERROR, 1, NULL, "the connection broke: ", LATER },
	{ CURLE_OUT_OF_MEMORY, 0, NULL, "out of memory", LATER },
};

static void
partial(struct smartlic_outcome *ret, const struct sl_verdict_failure *f)
{
	char found[100];

	(void)snprintf(
	    found, sizeof(found), "cut off after %zu bytes, more were announced", f->got);
	sl_verdict_text(ret, "answer", found,
	    "it is tried again; if it stays so, look at the server and at proxies in between");
}

/* What a proxy's own answer says; the first row that fits. */
static const struct {
	int from, to;
	const char *cure;
} proxy_statuses[] = {
	{ 300, 399,
	    "a captive portal answers in the proxy's place: open the way to the proxy, or correct "
	    "http-proxy" },
	{ 403, 403, "the proxy must allow the way to the destination and its port (CONNECT)" },
	{ 407, 407, "the proxy wants a login: check its user and password (http-proxy)" },
	{ 500, 500, "the proxy is in trouble: look into its log" },
	{ 502, 504, "the proxy does not reach the destination: look into its log" },
	{ 0, 999,
	    "a web server answers, or a proxy that does not know CONNECT: correct http-proxy" },
};

/* It was asked for a way to the destination, and gave none. */
static void
proxy_refused(struct smartlic_outcome *ret, int status)
{
	const char *cure = NULL;
	char found[40];

	(void)snprintf(found, sizeof(found), "status %d", status);
	for (size_t i = 0; cure == NULL && i < sizeof(proxy_statuses) / sizeof(proxy_statuses[0]);
	     i++)
		if (status >= proxy_statuses[i].from && status <= proxy_statuses[i].to)
			cure = proxy_statuses[i].cure;
	sl_verdict_text(ret, "proxy", found, cure);
}

/* A connection to the proxy was made, and no way through it. */
static void
proxy_odd(struct smartlic_outcome *ret, const char *detail)
{
	sl_verdict_text(ret, "proxy",
	    strstr(detail, "response 0") != NULL
		? "what answers there is no HTTP proxy"
		: "it ended the connection without an answer of HTTP",
	    "see that http-proxy names a proxy and its port, and look into its log");
}

/* When a row of the table below counts. */
enum when {
	ALWAYS,
	ASKED,   /* for a certificate of ours */
	BY_PROXY /* who shows a page to CONNECT has not got to the destination at all */
};

/* The reasons that OpenSSL gives for a handshake that failed → words; the first row that fits.
 * A server that got no certificate says only that it failed; who was asked for one knows why. */
static const struct {
	const char *reason;
	enum when when;
	const char *found;
	const char *cure;
} handshakes[] = {
	{ "alert handshake failure", ASKED, WANTS_OURS, GIVE_OURS },
	{ "alert access denied", ASKED, WANTS_OURS, GIVE_OURS },
	{ "alert handshake failure", ALWAYS, NO_COMMON, HAVE_COMMON },
	{ "insufficient security", ALWAYS, NO_COMMON, HAVE_COMMON },
	{ "unsupported protocol", ALWAYS, TOO_OLD, BE_NEW },
	{ "alert protocol version", ALWAYS, TOO_OLD, BE_NEW },
	{ "wrong version number", BY_PROXY, NO_TLS, SEE_PROXY },
	{ "packet length too long", BY_PROXY, NO_TLS, SEE_PROXY },
	{ "http request", BY_PROXY, NO_TLS, SEE_PROXY },
	{ "wrong version number", ALWAYS, NO_TLS, OTHER_PORT },
	{ "packet length too long", ALWAYS, NO_TLS, OTHER_PORT },
	{ "http request", ALWAYS, NO_TLS, OTHER_PORT },
};

static int
is_so(enum when when, const struct sl_verdict_failure *f)
{
	switch (when) {
	case ALWAYS:
		break;
	case ASKED:
		return f->asked;
	case BY_PROXY:
		return f->by_proxy;
	}
	return 1;
}

/* 1: *ret says it */
static int
handshake_failed(struct smartlic_outcome *ret, const struct sl_verdict_failure *f)
{
	for (size_t i = 0; i < sizeof(handshakes) / sizeof(handshakes[0]); i++)
		if (strstr(f->detail, handshakes[i].reason) != NULL &&
		    is_so(handshakes[i].when, f)) {
			sl_verdict_text(ret, "TLS", handshakes[i].found, handshakes[i].cure);
			return 1;
		}
	return 0;
}

/* What a server tells by an alert about certificates is about ours: its own we judge ourselves. */
static int
wants_our_certificate(const char *detail)
{
	const char *alert = strstr(detail, " alert ");

	return alert != NULL &&
	       (strstr(alert, "certificate") != NULL || strstr(alert, "unknown ca") != NULL);
}

/* 1: it is known better than libcurl knows it, and *ret says it. */
static int
known_better(struct smartlic_outcome *ret, const struct sl_verdict_failure *f)
{
	if (f->tls[0] != '\0')
		sl_verdict_text(ret, "TLS", f->tls, NULL);
	else if (f->source[0] != '\0')
		sl_verdict_text(ret, sl_phases[f->phase].step, f->source, NULL);
	else if (f->proxy_status != 0)
		proxy_refused(ret, f->proxy_status);
	else if (wants_our_certificate(f->detail))
		sl_verdict_text(ret, "TLS", WANTS_OURS, GIVE_OURS);
	else if (f->phase == SL_PHASE_PROXY)
		proxy_odd(ret, f->detail);
	else if (f->code == CURLE_PARTIAL_FILE)
		partial(ret, f);
	else
		return handshake_failed(ret, f);
	return 1;
}

void
sl_verdict_failed(struct smartlic_outcome *ret, const struct sl_verdict_failure *f)
{
	const char *step = sl_phases[f->phase].step, *cure = sl_phases[f->phase].cure;
	const char *found =
	    f->detail[0] != '\0' ? f->detail : curl_easy_strerror((CURLcode)f->code);
	char words[CURL_ERROR_SIZE + 40];

	if (known_better(ret, f))
		return;
	if (f->code == CURLE_COULDNT_CONNECT && f->os_errno != 0)
		found = strerror(f->os_errno);
	if (f->code == CURLE_COULDNT_CONNECT && f->os_errno == ECONNREFUSED)
		cure = "see that the server runs and listens at that port, and that no firewall "
		       "refuses in its place";
	if (f->code == CURLE_COULDNT_CONNECT && f->os_errno == EINVAL)
		cure = "the address is one of a link, which needs a zone: use a global address";
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if ((int)failures[i].code != f->code)
			continue;
		step = failures[i].step != NULL ? failures[i].step : step;
		(void)snprintf(words, sizeof(words), "%s%s", failures[i].found,
		    failures[i].reason ? found : "");
		found = words;
		cure = failures[i].cure != NULL ? failures[i].cure : cure;
	}
	if (f->is_list && (f->code == CURLE_FILESIZE_EXCEEDED || f->code == CURLE_WRITE_ERROR))
		found = "larger than 8 MiB";
	sl_verdict_text(ret, step, found, cure);
}

/* Both forms: seconds, or a date, which the answer's own date makes a span of, so that the
 * device's clock plays no part.  -1: none that can be understood. */
static int64_t
retry_ms(const struct sl_verdict_answer *a)
{
	char *end;
	long long s;
	time_t at, now;

	if (a->retry_after == NULL)
		return -1;
	s = strtoll(a->retry_after, &end, 10);
	if (end != a->retry_after && *end == '\0')
		return s < 0 ? -1 : (s > INT32_MAX ? INT32_MAX : s) * (int64_t)1000;
	at = curl_getdate(a->retry_after, NULL);
	now = a->date != NULL ? curl_getdate(a->date, NULL) : -1;
	if (at < 0 || now < 0)
		return -1;
	return at > now ? (int64_t)(at - now) * 1000 : 0;
}

/* What a status says where the body is no signed message; the first row that fits. */
static const struct {
	int from, to;
	const char *cure;
} statuses[] = {
	{ 200, 299,
	    "a captive portal or a proxy answers in the authority's place: open the way "
	    "to the authority, or correct the destination address" },
	{ 300, 399,
	    "redirects are not followed: correct the destination address, or open the "
	    "way through the portal" },
	{ 404, 404,
	    "the path leads to no license authority: correct the destination address "
	    "(" SL_DESTINATION_PATH ")" },
	{ 407, 407,
	    "a proxy wants a login: check its user and password, or open the way to the "
	    "authority" },
	{ 408, 408, "the request did not get through in time: check the path's loss and MTU" },
	{ 413, 413, "the request is larger than the server takes: raise its limit" },
	{ 429, 429, "the server asks to come back later; " LATER },
	{ 503, 503, "the server asks to come back later; " LATER },
	{ 511, 511, "a captive portal wants a login first: open the way to the authority" },
	{ 500, 599, "the server is in trouble; it is tried again, look into its log" },
	{ 0, 999, "this is no license authority: correct the destination address" },
};

static void
unsigned_answer(struct smartlic_outcome *ret, const struct sl_verdict_answer *a)
{
	const char *cure = NULL;
	char found[200];
	int n;

	for (size_t i = 0; cure == NULL && i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (a->status >= statuses[i].from && a->status <= statuses[i].to)
			cure = statuses[i].cure;
	n = snprintf(found, sizeof(found), "status %d with %zu bytes of %.40s, no signed message",
	    a->status, a->len, a->type != NULL ? a->type : "no type");
	if (a->location != NULL && n > 0 && (size_t)n < sizeof(found))
		(void)snprintf(
		    found + n, sizeof(found) - (size_t)n, ", redirect to %.80s", a->location);
	sl_verdict_text(ret, "answer", found, cure);
}

/* A first look only: whether it is a message, and whose, is for the envelope to say. */
static int
may_be_message(const struct sl_verdict_answer *a)
{
	static const char pem[] = "-----BEGIN ";
	const unsigned char *p = a->body;

	if (a->len > sizeof(pem) && memcmp(p, pem, sizeof(pem) - 1) == 0)
		return 1;
	return a->len > 2 && p[0] == 0x30 && p[1] >= 0x80;
}

/* Of http the proxy's answer comes in the server's place.  A login is wanted by nobody else; of the
 * others only those are the proxy's for certain that say so. */
static int
is_of_proxy(const struct sl_verdict_answer *a)
{
	return a->by_proxy && (a->status == 407 || (a->status >= 400 && a->proxy_error != NULL));
}

void
sl_verdict_list(struct smartlic_outcome *ret, const struct sl_verdict_answer *a)
{
	char found[40];

	if (a->status == 200) {
		ret->kind = SMARTLIC_OUTCOME_BODY;
		ret->body = a->body;
		ret->len = a->len;
		return;
	}
	if (is_of_proxy(a)) {
		proxy_refused(ret, a->status);
		return;
	}
	(void)snprintf(found, sizeof(found), "status %d", a->status);
	sl_verdict_text(ret, "answer", found, NULL);
}

void
sl_verdict_answered(struct smartlic_outcome *ret, const struct sl_verdict_answer *a)
{
	int later = a->status == 429 || a->status == 503;

	ret->http_status = a->status;
	ret->retry_after_ms = retry_ms(a);
	if (is_of_proxy(a)) {
		proxy_refused(ret, a->status);
		return;
	}
	if (later || a->status < 200 || (a->status >= 300 && a->status < 400) ||
	    !may_be_message(a)) {
		unsigned_answer(ret, a);
		return;
	}
	ret->kind = SMARTLIC_OUTCOME_BODY;
	ret->body = a->body;
	ret->len = a->len;
	ret->text[0] = '\0';
}
