/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/metrics.h"
#include "tests/manager/served.h"
#include "tests/suite.h"

/* What clients get of the server, and how much of it. */

/* ---- answers ------------------------------------------------------------ */

START_TEST(a_connection_serves_many_requests)
{
	struct client c;

	served_start();
	client_open(&c);
	for (int i = 0; i < 5; i++) {
		client_forget(&c);
		client_send(&c, GOOD);
		ck_assert(client_read_until(&c, "\r\n\r\nanswer to hello"));
		ck_assert_msg(strncmp(c.in, "HTTP/1.1 200 ", 13) == 0, "%s", c.in);
		ck_assert_ptr_nonnull(strstr(c.in, "Content-Type: application/cms\r\n"));
		ck_assert_ptr_nonnull(strstr(c.in, "Content-Length: 15\r\n"));
	}
	client_close(&c);
}
END_TEST

static const struct {
	const char *request, *status, *header;
} refusals[] = {
	{ "GET " SL_DEFAULT_PATH " HTTP/1.1\r\nHost: x\r\n\r\n", "405", "Allow: POST" },
	{ "DELETE " SL_DEFAULT_PATH " HTTP/1.1\r\nHost: x\r\n\r\n", "405", "Allow: POST" },
	{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404", "Content-Type: text/plain" },
	{ "POST /its HTTP/1.1\r\nHost: x\r\n" CMS BODY(1, "x"), "404", "Content-Type: text/plain" },
	{ "POST " SL_DEFAULT_PATH "/ HTTP/1.1\r\nHost: x\r\n" CMS BODY(1, "x"), "404", "" },
	{ POST BODY(5, "hello"), "415", "Content-Type: text/plain" },
	{ POST "Content-Type: application/cmsx\r\n" BODY(5, "hello"), "415", "" },
	{ POST CMS BODY(4, "busy"), "503", "Retry-After: 5\r\n" },
	{ POST CMS BODY(6, "broken"), "503", "Retry-After: 60\r\n" },
	{ POST CMS "Transfer-Encoding: chunked\r\n\r\n60001\r\n", "413", "" },
	{ POST CMS "Content-Length: -1\r\n\r\n", "400", "" },
	{ POST CMS "Content-Length: 5x\r\n\r\nhello", "400", "" },
	{ "hello\r\n\r\n", "400", "" },
	{ "\r\n\r\n\r\n", "400", "" },
};

START_TEST(what_is_no_request_is_refused_by_its_status)
{
	struct client c;
	char status[32];

	served_start();
	client_open(&c);
	client_send(&c, refusals[_i].request);
	ck_assert_msg(client_read_until(&c, "\r\n\r\n"), "no answer");
	(void)snprintf(status, sizeof(status), "HTTP/1.1 %s ", refusals[_i].status);
	ck_assert_msg(strncmp(c.in, status, strlen(status)) == 0, "expected %s: %s", status, c.in);
	ck_assert_msg(strstr(c.in, refusals[_i].header) != NULL, "%s", c.in);
	client_close(&c);

	/* and the next one is served */
	client_open(&c);
	client_send(&c, GOOD);
	ck_assert(client_read_until(&c, "answer to hello"));
	client_close(&c);
}
END_TEST

START_TEST(with_several_writers_at_once_one_that_gave_way_tries_again)
{
	struct client c, plain;

	served.options.parallel_writes = 1;
	served.options.metrics = "127.0.0.1:0";
	served.options.metrics_port_file = served.metrics_port_file;
	served_start();
	client_open(&c);
	client_send(&c, POST CMS BODY(4, "busy"));
	ck_assert(client_read_until(&c, "second answer to busy"));
	ck_assert(strncmp(c.in, "HTTP/1.1 200 ", 13) == 0);
	/* also where it could not even be looked at */
	client_forget(&c);
	client_send(&c, POST CMS BODY(4, "lost"));
	ck_assert(client_read_until(&c, "second answer to lost"));
	client_close(&c);
	/* and is counted as what it is */
	client_get_plain(&plain, "/metrics");
	ck_assert_ptr_nonnull(
	    strstr(plain.in, "\nsmartlic_requests_total{type=\"authorize\",code=\"ok\"} 2\n"));
	ck_assert_ptr_null(strstr(plain.in, "unreadable"));
}
END_TEST

START_TEST(the_largest_body_is_taken)
{
	static char body[SL_ENVELOPE_MAX + 1];
	struct client c;

	memset(body, 'x', SL_ENVELOPE_MAX);
	served_start();
	client_open(&c);
	client_send(&c, POST CMS BODY(393216, ""));
	client_send(&c, body);
	ck_assert(client_read_until(&c, "answer to xxx"));
	ck_assert_ptr_nonnull(strstr(c.in, "Content-Length: 393226\r\n"));
	client_close(&c);
}
END_TEST

START_TEST(a_larger_body_gets_its_413_though_all_of_it_is_sent)
{
	static char body[SL_ENVELOPE_MAX + 2];
	struct client c;

	memset(body, 'x', SL_ENVELOPE_MAX + 1);
	served_start();
	client_open(&c);
	client_send(&c, POST CMS BODY(393217, ""));
	(void)client_write(&c, body, SL_ENVELOPE_MAX + 1);
	ck_assert(client_read_until(&c, "\r\n\r\n"));
	ck_assert_ptr_nonnull(strstr(c.in, "HTTP/1.1 413 "));
	client_close(&c);
}
END_TEST

START_TEST(endless_headers_are_cut)
{
	struct client c;
	int n = 0;

	served_start();
	client_open(&c);
	client_send(&c, POST);
	/* more than the system keeps for who does not read */
	while (n < 1000000 &&
	       client_write(&c, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 44) == 44)
		n++;
	ck_assert_int_lt(n, 1000000);
	client_close(&c);
}
END_TEST

/* What stands before a chunk has no limit of evhttp's own. */
START_TEST(an_endless_chunk_size_is_cut)
{
	static char zeros[64 * 1024];
	struct client c;
	int n = 0;

	memset(zeros, '0', sizeof(zeros));
	served_start();
	client_open(&c);
	client_send(&c, POST CMS "Transfer-Encoding: chunked\r\n\r\n");
	/* more than the systems at both ends keep */
	while (n < 512 && client_write(&c, zeros, sizeof(zeros)) == sizeof(zeros))
		n++;
	ck_assert_int_lt(n, 512);
	client_close(&c);
}
END_TEST

START_TEST(an_asked_for_end_comes_with_close_notify)
{
	struct client c;

	served_start();
	client_open(&c);
	client_send(&c, POST CMS "Connection: close\r\n" BODY(5, "hello"));
	ck_assert(client_read_until(&c, "answer to hello"));
	ck_assert_int_eq(client_ended(&c), 1);
	client_close(&c);
}
END_TEST

START_TEST(plain_http_is_not_spoken)
{
	struct client c;

	served_start();
	client_connect_from(&c, "127.0.0.1");
	ck_assert_int_gt(send(c.fd, GOOD, sizeof(GOOD) - 1, 0), 0);
	/* at most a TLS alert: no line of HTTP */
	while (c.n < sizeof(c.in) - 1) {
		ssize_t n = recv(c.fd, c.in + c.n, sizeof(c.in) - 1 - c.n, 0);

		if (n <= 0)
			break;
		c.n += (size_t)n;
	}
	ck_assert_uint_lt(c.n, 16);
	ck_assert_ptr_null(memmem(c.in, c.n, "HTTP", 4));
	client_close(&c);
}
END_TEST

START_TEST(tls_is_spoken_beside_it)
{
	struct client c;

	served_start();
	client_open(&c);
	client_send(&c, GOOD);
	ck_assert(client_read_until(&c, "answer to hello"));
	client_close(&c);
	served.in_plain = 0;
	served.port = served_read_port(served.port_file);
	client_open(&c);
	client_send(&c, GOOD);
	ck_assert(client_read_until(&c, "answer to hello"));
	/* neither keeps the other from ending */
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	ck_assert_int_eq(client_ended(&c), 1);
	client_close(&c);
	ck_assert_int_eq(served_finish(), 0);
	ck_assert_int_ne(access(served.http_port_file, F_OK), 0);
}
END_TEST

START_TEST(tls_below_1_2_is_refused)
{
	struct client c;

	served_start();
	client_connect_from(&c, "127.0.0.1");
	c.ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_security_level(c.ctx, 0);
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(c.ctx, TLS1_1_VERSION), 1);
	c.ssl = SSL_new(c.ctx);
	ck_assert_int_eq(SSL_set_fd(c.ssl, c.fd), 1);
	ck_assert_int_ne(SSL_connect(c.ssl), 1);
	client_close(&c);
}
END_TEST

/* ---- limits ------------------------------------------------------------- */

static const char *const slow_requests[] = {
	"", /* nothing after the handshake */
	"P",
	POST "X-Fill",
	POST CMS BODY(100, "not all of it"),
	POST CMS "Content-Length: 99999999999\r\n\r\n",
};

#define N_SLOW (sizeof(slow_requests) / sizeof(slow_requests[0]))

START_TEST(a_request_that_does_not_arrive_is_cut_off)
{
	struct client c[N_SLOW], silent;
	char byte;

	served.options.request_timeout_s = 1;
	served_start();
	client_connect_from(&silent, "127.0.0.1");
	for (size_t i = 0; i < N_SLOW; i++) {
		client_open(&c[i]);
		if (slow_requests[i][0] != '\0')
			client_send(&c[i], slow_requests[i]);
	}
	for (size_t i = 0; i < N_SLOW; i++) {
		ck_assert_msg(client_ended(&c[i]) != 0, "%s", slow_requests[i]);
		client_close(&c[i]);
	}
	/* not even a handshake */
	ck_assert_int_eq((int)recv(silent.fd, &byte, 1, 0), 0);
	client_close(&silent);
}
END_TEST

START_TEST(a_drop_now_and_then_does_not_help)
{
	struct client c;
	int n = 0;

	served.options.request_timeout_s = 1;
	served_start();
	client_open(&c);
	client_send(&c, POST);
	/* a byte each 10 ms, for 20 s at most: no single wait is ever long */
	while (n < 2000 && client_write(&c, "X", 1) == 1) {
		served_nap();
		n++;
	}
	ck_assert_int_lt(n, 2000);
	client_close(&c);
}
END_TEST

/* With two allowed, a third waits in the system's queue until one of them has gone. */
START_TEST(connections_above_the_limit_wait_their_turn)
{
	struct client a, b, c;
	struct pollfd p;

	served.options.max_connections = served_of_all(2);
	served_start();
	client_open(&a);
	client_open(&b);
	client_connect_from(&c, "127.0.0.1");
	if (served.in_plain)
		client_send(&c, GOOD);
	p = (struct pollfd){ .fd = c.fd, .events = POLLIN };
	/* asks both others once more: by then the server has seen the third */
	client_send(&a, GOOD);
	ck_assert(client_read_until(&a, "answer to hello"));
	client_send(&b, GOOD);
	ck_assert(client_read_until(&b, "answer to hello"));
	ck_assert_int_eq(poll(&p, 1, 50), 0);
	client_close(&a);
	ck_assert_int_eq(client_start_tls(&c), 1);
	if (!served.in_plain)
		client_send(&c, GOOD);
	ck_assert(client_read_until(&c, "answer to hello"));
	client_close(&b);
	client_close(&c);
}
END_TEST

START_TEST(one_address_gets_a_quarter)
{
	struct client a, b, c, other;

	served.options.max_connections = served_of_all(8);
	served_start();
	client_open(&a);
	client_open(&b);
	client_connect_from(&c, "127.0.0.1");
	/* its handshake may still get through, a request does not */
	if (client_start_tls(&c))
		ck_assert_int_ne(client_ended(&c), 0);
	client_connect_from(&other, "127.0.0.2");
	ck_assert_int_eq(client_start_tls(&other), 1);
	client_send(&other, GOOD);
	ck_assert(client_read_until(&other, "answer to hello"));
	client_close(&a);
	client_close(&b);
	client_close(&c);
	client_close(&other);
}
END_TEST

/* Connections that cannot be accepted wait until they can. */
START_TEST(out_of_descriptors_it_goes_on_when_there_are_some)
{
	struct rlimit before, none;
	struct client c;

	served_start();
	ck_assert_int_eq(prlimit(served.pid, RLIMIT_NOFILE, NULL, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	ck_assert_int_eq(prlimit(served.pid, RLIMIT_NOFILE, &none, NULL), 0);
	client_connect_from(&c, "127.0.0.1");
	for (int i = 0; i < 20; i++)
		served_nap();
	ck_assert_int_eq(prlimit(served.pid, RLIMIT_NOFILE, &before, NULL), 0);
	ck_assert_int_eq(client_start_tls(&c), 1);
	client_send(&c, GOOD);
	ck_assert(client_read_until(&c, "answer to hello"));
	client_close(&c);
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	ck_assert_int_eq(served_finish(), 0);
}
END_TEST

/* Descriptors are the devices' first. */
START_TEST(who_holds_connections_of_metrics_open_gets_few_of_them)
{
	struct client c[METRICS_CONNECTIONS_OF1 + 1], device;
	struct pollfd p = { .events = POLLIN };
	int devices;

	served.options.metrics = "127.0.0.1:0";
	served.options.metrics_port_file = served.metrics_port_file;
	served_start();
	devices = served.port;
	served.port = served_read_port(served.metrics_port_file);
	for (size_t i = 0; i <= METRICS_CONNECTIONS_OF1; i++) {
		client_connect_from(&c[i], "127.0.0.2");
		ck_assert_int_eq((int)send(c[i].fd, "GET ", 4, 0), 4);
	}
	served.port = devices;
	p.fd = c[METRICS_CONNECTIONS_OF1].fd;
	ck_assert_int_eq(poll(&p, 1, 3000), 1);
	p.fd = c[0].fd;
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	/* others are told */
	client_get_plain(&device, "/metrics");
	ck_assert_msg(strncmp(device.in, "HTTP/1.1 200 ", 13) == 0, "%s", device.in);
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	ck_assert_int_eq(served_finish(), 0);
	for (size_t i = 0; i <= METRICS_CONNECTIONS_OF1; i++)
		client_close(&c[i]);
}
END_TEST

/* The status of the next answer; of the one before some of the body may come first. */
static int
status_of(struct client *c, const char *request)
{
	const char *line;

	client_forget(c);
	client_send(c, request);
	ck_assert_int_eq(client_read_until(c, "\r\n\r\n"), 1);
	line = strstr(c->in, "HTTP/1.1 ");
	ck_assert_ptr_nonnull(line);
	return atoi(line + strlen("HTTP/1.1 "));
}

START_TEST(who_guesses_tokens_waits_and_nobody_else)
{
	struct client c, other;

	served_start();
	client_open(&c);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(status_of(&c, POST CMS BODY(5, "guess")), 200);
	ck_assert_int_eq(status_of(&c, POST CMS BODY(5, "guess")), 429);
	ck_assert_ptr_nonnull(strcasestr(c.in, "\r\nRetry-After: "));
	/* nor is a good token told from others */
	ck_assert_int_eq(status_of(&c, POST CMS BODY(5, "joins")), 429);
	ck_assert_int_eq(status_of(&c, GOOD), 200);
	client_close(&c);
	client_connect_from(&other, "127.0.0.2");
	ck_assert_int_eq(client_start_tls(&other), 1);
	ck_assert_int_eq(status_of(&other, POST CMS BODY(5, "joins")), 200);
	client_close(&other);
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	ck_assert_int_eq(served_finish(), 0);
}
END_TEST

/* What evhttp does without TLS is not what it does with it. */
static void
add_tests(TCase *t)
{
	tcase_add_test(t, a_connection_serves_many_requests);
	tcase_add_loop_test(t, what_is_no_request_is_refused_by_its_status, 0,
	    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, the_largest_body_is_taken);
	tcase_add_test(t, a_larger_body_gets_its_413_though_all_of_it_is_sent);
	tcase_add_test(t, endless_headers_are_cut);
	tcase_add_test(t, an_endless_chunk_size_is_cut);
	tcase_add_test(t, a_request_that_does_not_arrive_is_cut_off);
	tcase_add_test(t, a_drop_now_and_then_does_not_help);
	tcase_add_test(t, connections_above_the_limit_wait_their_turn);
	tcase_add_test(t, one_address_gets_a_quarter);
	tcase_add_test(t, out_of_descriptors_it_goes_on_when_there_are_some);
	tcase_add_test(t, who_guesses_tokens_waits_and_nobody_else);
}

int
main(void)
{
	Suite *s = suite_create("server");
	TCase *tls = tcase_create("tls"), *plain = tcase_create("plain");

	tcase_add_checked_fixture(tls, served_open, served_close);
	tcase_set_timeout(tls, 120);
	add_tests(tls);
	tcase_add_test(tls, with_several_writers_at_once_one_that_gave_way_tries_again);
	tcase_add_test(tls, who_holds_connections_of_metrics_open_gets_few_of_them);
	tcase_add_test(tls, an_asked_for_end_comes_with_close_notify);
	tcase_add_test(tls, plain_http_is_not_spoken);
	tcase_add_test(tls, tls_below_1_2_is_refused);
	suite_add_tcase(s, tls);
	tcase_add_checked_fixture(plain, served_open_plain, served_close);
	tcase_set_timeout(plain, 120);
	add_tests(plain);
	tcase_add_test(plain, tls_is_spoken_beside_it);
	suite_add_tcase(s, plain);
	return run_suite(s);
}
