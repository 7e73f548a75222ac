/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <smartlic/error.h>

#include "tests/suite.h"
#include "transports/destination.h"
#include "transports/exchange.h"
#include "transports/https.h"
#include "transports/resolve.h"
#include "transports/verdict.h"

#define N(list) ((int)(sizeof(list) / sizeof((list)[0])))

/* ---- destinations ---- */

static const struct {
	const char *given;
	const char *url;
	const char *host;
	const char *port;
	int literal;
	int tls;
} urls[] = {
	{ "https://ssm.example.net", "https://ssm.example.net" SL_DESTINATION_PATH,
	    "ssm.example.net", "443", 0, 1 },
	{ "https://ssm.example.net/", "https://ssm.example.net" SL_DESTINATION_PATH,
	    "ssm.example.net", "443", 0, 1 },
	{ "https://ssm.example.net/x", "https://ssm.example.net/x", "ssm.example.net", "443", 0,
	    1 },
	{ "http://ssm.example.net:8080/x/y", "http://ssm.example.net:8080/x/y", "ssm.example.net",
	    "8080", 0, 0 },
	{ "HTTPS://SSM.example.net/x", "https://SSM.example.net/x", "SSM.example.net", "443", 0,
	    1 },
	{ "https://ssm.example.net./x", "https://ssm.example.net/x", "ssm.example.net", "443", 0,
	    1 },
	{ "https://192.0.2.1/x", "https://192.0.2.1/x", "192.0.2.1", "443", 1, 1 },
	{ "http://[2001:db8::1]:81/x", "http://[2001:db8::1]:81/x", "2001:db8::1", "81", 1, 0 },
	{ "http://[fec0::1]/x", "http://[fec0::1]/x", "fec0::1", "80", 1, 0 },
	{ "http://ssm/x", "http://ssm/x", "ssm", "80", 0, 0 },
};

START_TEST(a_destination_is_taken_apart)
{
	struct sl_destination d;
	const char *wrong = sl_destination_parse(&d, urls[_i].given);

	ck_assert_msg(wrong == NULL, "%s: %s", urls[_i].given, wrong);
	ck_assert_str_eq(d.url, urls[_i].url);
	ck_assert_str_eq(d.host, urls[_i].host);
	ck_assert_str_eq(d.port, urls[_i].port);
	ck_assert_int_eq(d.literal, urls[_i].literal);
	ck_assert_int_eq(d.tls, urls[_i].tls);
	sl_destination_free(&d);
}
END_TEST

static const struct {
	const char *given;
	const char *wrong;
} no_urls[] = {
	{ "", "not a URL" },
	{ "ssm.example.net", "not a URL" },
	{ "https://", "not a URL" },
	{ "ftp://ssm.example.net/x", "neither https:// nor http://" },
	{ "file:///etc/passwd", "neither https:// nor http://" },
	{ "https://user@ssm.example.net/x", "user or password" },
	{ "https://:secret@ssm.example.net/x", "user or password" },
	{ "https://ssm.example.net/x#y", "fragment" },
	{ "https://ssm.example.net:0x50/x", "not a URL" },
	{ "https://ssm.example.net:65536/x", "not a URL" },
	{ "https://b\xc3\xbc"
	  "ro.example.net/x",
	    "xn--" },
	{ "https://[fe80::1%25eth0]/x", "zone" },
	{ "https://[fe80::1]/x", "without its zone" },
	{ "https://[febf::1]/x", "without its zone" },
	{ "https://ssm example.net/x", "not a URL" },
	{ "https://ssm.example.net\r\nx/x", "not a URL" },
};

START_TEST(what_is_no_destination_is_refused_with_the_reason)
{
	struct sl_destination d = { .port = "none" };
	const char *wrong = sl_destination_parse(&d, no_urls[_i].given);

	ck_assert_msg(wrong != NULL, "%s was taken", no_urls[_i].given);
	ck_assert_msg(strstr(wrong, no_urls[_i].wrong) != NULL, "%s: %s", no_urls[_i].given, wrong);
	ck_assert_str_eq(d.port, "none");
}
END_TEST

START_TEST(a_host_of_more_than_255_bytes_is_refused)
{
	struct sl_destination d;
	char url[400] = "https://";

	memset(url + 8, 'a', 300);
	ck_assert_ptr_nonnull(sl_destination_parse(&d, url));
}
END_TEST

/* ---- name servers ---- */

static const struct {
	const char *value;
	int is;
} servers[] = {
	{ "192.0.2.1", 1 },
	{ "192.0.2.1:5353", 1 },
	{ "2001:db8::1", 1 },
	{ "[2001:db8::1]", 1 },
	{ "[2001:db8::1]:53", 1 },
	{ "", 0 },
	{ "[", 0 },
	{ "[]", 0 },
	{ "[::1", 0 },
	{ "[::1]x", 0 },
	{ "[::1]:", 0 },
	{ "[192.0.2.1]", 0 },
	{ "192.0.2", 0 },
	{ "192.0.2.1:", 0 },
	{ "192.0.2.1:0", 0 },
	{ "192.0.2.1:65536", 0 },
	{ "192.0.2.1:99999999999999999999", 0 },
	{ "192.0.2.1:-1", 0 },
	{ "192.0.2.1,192.0.2.2", 0 },
	{ "192.0.2.1 ", 0 },
	{ "dns.example.net", 0 },
	{ "fe80::1%eth0", 0 },
	{ "111.111.111.111.111.111.111.111.111.111.111.111.111.111", 0 },
};

START_TEST(a_name_server_is_an_address_with_or_without_a_port)
{
	ck_assert_msg(
	    sl_resolve_is_server(servers[_i].value) == servers[_i].is, "'%s'", servers[_i].value);
}
END_TEST

/* ---- what an answer means ---- */

#define DER     "\x30\x82\x01\x00\x06\x09"
#define PEM     "-----BEGIN CMS-----\nMII"
#define DATE_0  "Thu, 01 Jan 1970 00:00:00 GMT"
#define DATE_90 "Thu, 01 Jan 1970 00:01:30 GMT"

static const struct {
	int status;
	const char *body;
	const char *retry_after;
	const char *date;
	int kind;
	int64_t retry_ms;
	const char *text;
} answers[] = {
	{ 200, DER, NULL, NULL, SMARTLIC_OUTCOME_BODY, -1, "" },
	{ 200, PEM, NULL, NULL, SMARTLIC_OUTCOME_BODY, -1, "" },
	{ 400, DER, NULL, NULL, SMARTLIC_OUTCOME_BODY, -1, "" },
	{ 500, DER, NULL, NULL, SMARTLIC_OUTCOME_BODY, -1, "" },
	{ 429, DER, NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "answer: status 429" },
	{ 503, DER, NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "answer: status 503" },
	{ 302, DER, NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "redirects are not followed" },
	{ 200, "", NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "captive portal" },
	{ 200, "0", NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "captive portal" },
	{ 200, "0123", NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "captive portal" },
	{ 200, "<html>", NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "captive portal" },
	{ 200, "-----BEGIN ", NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "captive portal" },
	{ 404, "", NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "path leads to no license authority" },
	{ 401, "", NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "no license authority" },
	{ 599, "", NULL, NULL, SMARTLIC_OUTCOME_FAILED, -1, "in trouble" },
	{ 503, "", "0", NULL, SMARTLIC_OUTCOME_FAILED, 0, "come back later" },
	{ 503, "", "120", NULL, SMARTLIC_OUTCOME_FAILED, 120000, "come back later" },
	{ 503, "", "-5", NULL, SMARTLIC_OUTCOME_FAILED, -1, "come back later" },
	{ 503, "", "1.5", NULL, SMARTLIC_OUTCOME_FAILED, -1, "come back later" },
	{ 503, "", "99999999999999999999", NULL, SMARTLIC_OUTCOME_FAILED, INT32_MAX *INT64_C(1000),
	    "come back later" },
	{ 503, "", DATE_90, DATE_0, SMARTLIC_OUTCOME_FAILED, 90000, "come back later" },
	{ 503, "", DATE_0, DATE_90, SMARTLIC_OUTCOME_FAILED, 0, "come back later" },
	{ 503, "", DATE_90, NULL, SMARTLIC_OUTCOME_FAILED, -1, "come back later" },
	{ 503, "", DATE_90, "soon", SMARTLIC_OUTCOME_FAILED, -1, "come back later" },
};

START_TEST(an_answer_is_a_body_or_a_failure_with_its_cure)
{
	struct sl_verdict_answer a = { .status = answers[_i].status,
		.type = "text/plain",
		.retry_after = answers[_i].retry_after,
		.date = answers[_i].date,
		.body = answers[_i].body,
		.len = strlen(answers[_i].body) };
	struct smartlic_outcome out = { .size = sizeof(out) };

	/* DER has a NUL in it */
	if (strncmp(answers[_i].body, "0\x82", 2) == 0)
		a.len = sizeof(DER) - 1;
	sl_verdict_answered(&out, &a);
	ck_assert_int_eq(out.kind, answers[_i].kind);
	ck_assert_int_eq(out.http_status, a.status);
	ck_assert_int_eq(out.retry_after_ms, answers[_i].retry_ms);
	ck_assert_msg(strstr(out.text, answers[_i].text) != NULL, "%s", out.text);
	ck_assert_uint_eq(out.len, out.kind == SMARTLIC_OUTCOME_BODY ? a.len : 0);
}
END_TEST

START_TEST(a_strangers_bytes_are_made_printable_and_cut)
{
	char type[600];
	struct sl_verdict_answer a = {
		.status = 302, .type = type, .location = "http://x/\x1b[31m\n\xff", .body = ""
	};
	struct smartlic_outcome out = { .size = sizeof(out) };

	memset(type, 'x', sizeof(type) - 1);
	type[sizeof(type) - 1] = '\0';
	sl_verdict_answered(&out, &a);
	ck_assert_ptr_nonnull(strstr(out.text, "http://x/?[31m??"));
	ck_assert_ptr_nonnull(strstr(out.text, "correct the destination address"));
	for (const char *p = out.text; *p != '\0'; p++)
		ck_assert(*p >= ' ' && *p <= '~');
}
END_TEST

/* ---- why libcurl gave up ---- */

static const struct {
	int code;
	enum sl_phase phase;
	int os_errno;
	const char *detail;
	const char *tls;
	const char *text;
} losses[] = {
	{ CURLE_COULDNT_CONNECT, SL_PHASE_CONNECT, ECONNREFUSED, "Failed to connect", "",
	    "connect: Connection refused; " },
	{ CURLE_COULDNT_CONNECT, SL_PHASE_CONNECT, 0, "Failed to connect", "",
	    "connect: Failed to connect; " },
	{ CURLE_PEER_FAILED_VERIFICATION, SL_PHASE_TLS, 0, "SSL certificate problem", "it ended",
	    "TLS: it ended" },
	{ CURLE_SSL_CONNECT_ERROR, SL_PHASE_CONNECT, 0, "wrong version number", "",
	    "TLS: what answers there speaks no TLS; " },
	{ CURLE_SSL_CONNECT_ERROR, SL_PHASE_TLS, 0, "bad smoke", "",
	    "TLS: the handshake failed: bad smoke; " },
	{ CURLE_SSL_CONNECT_ERROR, SL_PHASE_TLS, 0, "sslv3 alert handshake failure", "",
	    "TLS: the server takes none of the ciphers, " },
	{ CURLE_COULDNT_CONNECT, SL_PHASE_CONNECT, EINVAL, "", "",
	    "connect: Invalid argument; the address is one of a link" },
	{ CURLE_RECV_ERROR, SL_PHASE_PROXY, 0, "Proxy CONNECT aborted", "",
	    "proxy: it ended the connection without an answer of HTTP; " },
	{ CURLE_RECV_ERROR, SL_PHASE_TLS, 0, "reset by peer", "",
	    "TLS: the connection broke: reset by peer; " },
	{ CURLE_RECV_ERROR, SL_PHASE_WAIT, 0, "reset by peer", "",
	    "answer: the connection broke: reset by peer; " },
	{ CURLE_SEND_ERROR, SL_PHASE_SEND, 0, "", "", "send: the connection broke: " },
	{ CURLE_PARTIAL_FILE, SL_PHASE_RECEIVE, 0, "", "", "answer: cut off after 7 bytes" },
	{ CURLE_GOT_NOTHING, SL_PHASE_WAIT, 0, "", "", "answer: the connection ended without one" },
	{ CURLE_HTTP2, SL_PHASE_RECEIVE, 0, "", "", "answer: " },
};

START_TEST(a_failure_names_step_finding_and_cure)
{
	struct sl_verdict_failure f = { .code = losses[_i].code,
		.phase = losses[_i].phase,
		.os_errno = losses[_i].os_errno,
		.got = 7,
		.detail = losses[_i].detail,
		.tls = losses[_i].tls,
		.source = "" };
	struct smartlic_outcome out = { .size = sizeof(out) };

	sl_verdict_failed(&out, &f);
	ck_assert_int_eq(out.kind, SMARTLIC_OUTCOME_FAILED);
	ck_assert_msg(
	    strncmp(out.text, losses[_i].text, strlen(losses[_i].text)) == 0, "%s", out.text);
	if (losses[_i].tls[0] == '\0')
		ck_assert_ptr_nonnull(strstr(out.text, "; "));
}
END_TEST

/* It said to CONNECT that the way is open, and then showed a page. */
START_TEST(by_way_of_a_proxy_no_tls_may_be_the_proxys)
{
	struct sl_verdict_failure f = { .code = CURLE_SSL_CONNECT_ERROR,
		.phase = SL_PHASE_TLS,
		.detail = "wrong version number",
		.tls = "",
		.source = "",
		.by_proxy = 1 };
	struct smartlic_outcome out = { .size = sizeof(out) };

	sl_verdict_failed(&out, &f);
	ck_assert_msg(strstr(out.text, "TLS: what answers there speaks no TLS; ") == out.text, "%s",
	    out.text);
	ck_assert_msg(strstr(out.text, "captive portal") != NULL, "%s", out.text);
	ck_assert_msg(strstr(out.text, "http-proxy") != NULL, "%s", out.text);
}
END_TEST

START_TEST(every_phase_says_how_long_nothing_came)
{
	struct smartlic_outcome out = { .size = sizeof(out) };
	enum sl_phase phase = (enum sl_phase)_i;
	char expected[80];

	sl_verdict_slow(&out, phase, sl_phases[phase].limit_ms / 1000);
	(void)snprintf(expected, sizeof(expected), "%s: no progress for %d s; ",
	    sl_phases[phase].step, (int)(sl_phases[phase].limit_ms / 1000));
	ck_assert_msg(strncmp(out.text, expected, strlen(expected)) == 0, "%s", out.text);
	sl_verdict_slow(&out, phase, 60);
	ck_assert_ptr_nonnull(strstr(out.text, "not over after 60 s"));
}
END_TEST

/* ---- opening ---- */

static int64_t
no_time(void *ctx)
{
	(void)ctx;
	return 0;
}

static const struct {
	struct smartlic_option options[3];
	size_t n;
	const char *text;
} wrong_options[] = {
	{ { { "", "", 0 } }, 0, "option destination: missing" },
	{ { { "destination", "x", 1 } }, 1, "option destination 'x': not a URL" },
	{ { { "destination", "https://192.0.2.1", 17 }, { "name-server", "x", 1 } }, 2,
	    "option name-server 'x': not an IPv4 or IPv6 address" },
	{ { { "destination", "https://192.0.2.1", 17 }, { "trust-anchor-pem", "x", 1 } }, 2,
	    "option trust-anchor-pem: no certificate in PEM" },
	{ { { "destination", "https://192.0.2.1", 17 }, { "proxy", "u:hush@192.0.2.1", 16 } }, 2,
	    "option proxy: has a user or password" },
	{ { { "destination", "https://192.0.2.1", 17 }, { "source-address", "eth0", 4 } }, 2,
	    "option source-address 'eth0': not an IPv4 or IPv6 address" },
	{ { { "destination", "https://192.0.2.1", 17 }, { "proxy-user", "u", 1 } }, 2,
	    "option proxy-user: of use with the option proxy only" },
};

START_TEST(a_wrong_option_is_named_and_nothing_opened)
{
	struct smartlic_host host = { .size = sizeof(host), .mono_ms = no_time };
	char text[300] = "";
	void *tp = NULL;

	ck_assert_int_eq(sl_https_open(&tp, &host, wrong_options[_i].options, wrong_options[_i].n,
			     text, sizeof(text)),
	    SMARTLIC_E_TRANSPORT);
	ck_assert_msg(
	    strncmp(text, wrong_options[_i].text, strlen(wrong_options[_i].text)) == 0, "%s", text);
	ck_assert_ptr_null(tp);
	/* a short buffer is filled as far as it goes */
	ck_assert_int_eq(
	    sl_https_open(&tp, &host, wrong_options[_i].options, wrong_options[_i].n, text, 8),
	    SMARTLIC_E_TRANSPORT);
	ck_assert_str_eq(text, "option ");
}
END_TEST

START_TEST(an_unknown_option_is_ignored_and_an_idle_transport_waits_for_nothing)
{
	struct smartlic_option options[] = { { "outbox", "/tmp", 4 },
		{ "destination", "https://192.0.2.1", 17 } };
	struct smartlic_host host = { .size = sizeof(host), .mono_ms = no_time };
	struct smartlic_outcome out = { .size = sizeof(out) };
	struct pollfd fds[4];
	char text[200] = "";
	size_t n = 4;
	void *tp;

	ck_assert_int_eq(sl_https_open(&tp, &host, options, 2, text, sizeof(text)), 0);
	ck_assert_int_eq(sl_https_step(tp, &out), 0);
	ck_assert_int_eq(sl_https_deadline(tp), INT64_MAX);
	ck_assert_int_eq(sl_https_pollfds(tp, fds, &n), 0);
	ck_assert_uint_eq(n, 0);
	sl_https_cancel(tp);
	sl_https_close(tp);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("direct");
	TCase *t = tcase_create("direct");

	tcase_add_loop_test(t, a_destination_is_taken_apart, 0, N(urls));
	tcase_add_loop_test(t, what_is_no_destination_is_refused_with_the_reason, 0, N(no_urls));
	tcase_add_test(t, a_host_of_more_than_255_bytes_is_refused);
	tcase_add_loop_test(t, a_name_server_is_an_address_with_or_without_a_port, 0, N(servers));
	tcase_add_loop_test(t, an_answer_is_a_body_or_a_failure_with_its_cure, 0, N(answers));
	tcase_add_test(t, a_strangers_bytes_are_made_printable_and_cut);
	tcase_add_loop_test(t, a_failure_names_step_finding_and_cure, 0, N(losses));
	tcase_add_loop_test(t, every_phase_says_how_long_nothing_came, 0, SL_PHASE_COUNT);
	tcase_add_test(t, by_way_of_a_proxy_no_tls_may_be_the_proxys);
	tcase_add_loop_test(t, a_wrong_option_is_named_and_nothing_opened, 0, N(wrong_options));
	tcase_add_test(t, an_unknown_option_is_ignored_and_an_idle_transport_waits_for_nothing);
	suite_add_tcase(s, t);
	return run_suite(s);
}
