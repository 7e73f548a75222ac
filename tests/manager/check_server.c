/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <openssl/ssl.h>

#include "api/server.h"
#include "file.h"
#include "message.h"
#include "system.h"

#include "tests/suite.h"

/*
 * The server alone: what it asks of an authority is answered here, by the request's own words.
 * "busy" and "broken" are refused, all else is given back.  "guess" registers with a token that there
 * is not, "joins" with one that there is.  What was executed is written to a file, as a ledger would
 * keep it.
 */
static struct authority_guard guard;

struct exchange {
	struct sl_buf text;
};

static char executed_file[96];

int
authority_prepare(struct exchange **ret, struct authority *authority, const void *request,
    size_t len, int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud,
    struct smartlic_error *err)
{
	struct exchange *x;
	unsigned char byte;

	(void)authority;
	if (now_s < 1 || random(ud, &byte, 1) < 0)
		return sl_fail(err, SMARTLIC_E_INVAL, "no clock, or no randomness");
	if (len == 6 && memcmp(request, "broken", 6) == 0)
		return sl_fail(err, SMARTLIC_E_STORE, "the disk is full");
	if (len == 4 && memcmp(request, "lost", 4) == 0)
		return sl_fail(err, SMARTLIC_E_STORE_BUSY, "the server is away");
	if (len == 5 && (memcmp(request, "guess", 5) == 0 || memcmp(request, "joins", 5) == 0)) {
		if (guard.wait_s(guard.ud, now_s) > 0)
			return sl_fail(err, SMARTLIC_E_LIMIT, "too many");
		if (memcmp(request, "guess", 5) == 0)
			guard.failed(guard.ud, now_s);
	}
	x = calloc(1, sizeof(*x));
	sl_buf_add(&x->text, request, len);
	*ret = x;
	return 0;
}

void
authority_execute(struct authority *authority, struct exchange *const *list, size_t n)
{
	FILE *f = fopen(executed_file, "a");

	(void)authority;
	for (size_t i = 0; f != NULL && i < n; i++)
		(void)fprintf(f, "%.20s of %zu\n", list[i]->text.data, n);
	(void)fclose(f);
}

int
authority_seal(const struct exchange *x, struct sl_buf *ret, struct smartlic_error *err)
{
	if (strcmp(x->text.data, "busy") == 0)
		return sl_fail(err, SMARTLIC_E_STORE_BUSY, "others write");
	sl_buf_add(ret, "answer to ", 10);
	sl_buf_add(ret, x->text.data, x->text.len);
	return 0;
}

void
authority_forget(struct exchange *x)
{
	if (x == NULL)
		return;
	sl_buf_free(&x->text);
	free(x);
}

void
authority_outcome(const struct exchange *x, struct authority_outcome *ret)
{
	(void)x;
	*ret = (struct authority_outcome){ .type = "authorize", .request_id = "" };
}

/* For a ledger that takes several writers at once. */
int
authority_exchange(struct exchange **ret, struct authority *authority, const void *request,
    size_t len, int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud,
    struct sl_buf *ret_response, struct smartlic_error *err)
{
	(void)authority;
	(void)now_s;
	(void)random;
	(void)ud;
	(void)err;
	*ret = calloc(1, sizeof(**ret));
	sl_buf_add(ret_response, "second answer to ", 17);
	sl_buf_add(ret_response, request, len);
	return 0;
}

void
authority_set_guard(struct authority *authority, const struct authority_guard *ret)
{
	(void)authority;
	guard = ret != NULL ? *ret : (struct authority_guard){ 0 };
}

static int ledger_is_lost;

int
authority_alive(struct authority *authority, struct smartlic_error *err)
{
	(void)authority;
	return ledger_is_lost ? sl_fail(err, SMARTLIC_E_STORE, "no ledger") : 0;
}

int
authority_daily(struct authority *authority, int64_t now_s, struct smartlic_error *err)
{
	(void)authority;
	(void)now_s;
	(void)err;
	return 0;
}

static int trims_for_ever;

int
authority_trim(struct authority *authority, struct ledger_trim *run, int64_t now_s,
    struct smartlic_error *err)
{
	(void)authority;
	(void)run;
	(void)now_s;
	(void)err;
	return trims_for_ever;
}

/* ---- a server in a process of its own ----------------------------------- */

static char top[64], pki_dir[80], port_file[96], http_port_file[96], metrics_port_file[96];
static struct server_options options;
static int in_plain;                     /* clients come over plain HTTP */
static struct authority *authorities[4]; /* all NULL */
static size_t n_threads = 1;
static pid_t server;
static int port;

static void
nap(void)
{
	const struct timespec ms10 = { 0, 10000000 };

	(void)nanosleep(&ms10, NULL);
}

static int
read_port(const char *path)
{
	struct sl_buf b = { 0 };
	int n = file_read(path, &b, NULL) == 0 ? atoi(b.data) : 0;

	sl_buf_free(&b);
	return n;
}

static void
start(void)
{
	struct smartlic_error err = { 0 };

	(void)fflush(NULL);
	server = fork();
	ck_assert_int_ge(server, 0);
	if (server == 0) {
		int r = server_run(NULL, authorities, n_threads, &options, &err);

		if (r < 0)
			(void)fprintf(stderr, "%s\n", err.text);
		/* by way of what looks for leaks at the end */
		exit(r < 0 ? 1 : 0);
	}
	for (int i = 0; i < 2000 && (port = read_port(port_file)) == 0; i++) {
		ck_assert_msg(waitpid(server, NULL, WNOHANG) == 0, "it does not start");
		nap();
	}
	if (in_plain)
		port = read_port(http_port_file);
	ck_assert_int_ne(port, 0);
}

/* Its exit status after SIGTERM. */
static int
finish(void)
{
	int status;

	ck_assert_int_eq(waitpid(server, &status, 0), server);
	server = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char cert_path[128], key_path[128], root_path[128];

static void
make_certificates(void)
{
	struct smartlic_error err = { 0 };

	strcpy(top, "/tmp/check_server.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(pki_dir, sizeof(pki_dir), "%s/pki", top);
	(void)snprintf(port_file, sizeof(port_file), "%s/port", top);
	(void)snprintf(http_port_file, sizeof(http_port_file), "%s/http", top);
	(void)snprintf(metrics_port_file, sizeof(metrics_port_file), "%s/metrics", top);
	(void)snprintf(executed_file, sizeof(executed_file), "%s/executed", top);
	(void)snprintf(cert_path, sizeof(cert_path), "%s/tls.pem", pki_dir);
	(void)snprintf(key_path, sizeof(key_path), "%s/tls.key", pki_dir);
	(void)snprintf(root_path, sizeof(root_path), "%s/root.pem", pki_dir);
	ck_assert_msg(pki_create(pki_dir, NULL, 0, system_now_s(), &err) == 0, "%s", err.text);
	options = (struct server_options){ .listen = "127.0.0.1:0",
		.port_file = port_file,
		.cert_path = cert_path,
		.key_path = key_path };
	n_threads = 1;
	(void)signal(SIGPIPE, SIG_IGN);
}

static void
take_plain_too(void)
{
	make_certificates();
	options.listen_http = "127.0.0.1:0";
	options.http_port_file = http_port_file;
	in_plain = 1;
}

/* Half of the connections are for either way in. */
static size_t
of_all(size_t connections)
{
	return in_plain ? 2 * connections : connections;
}

static void
remove_certificates(void)
{
	in_plain = 0;
	if (server > 0) {
		(void)kill(server, SIGKILL);
		(void)waitpid(server, NULL, 0);
		server = 0;
	}
	file_remove_dir(pki_dir);
	file_remove_dir(top);
}

/* ---- a client ----------------------------------------------------------- */

struct client {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	char in[8192]; /* what came, terminated */
	size_t n;
};

static void
connect_from(struct client *c, const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) },
			   from = to;
	struct timeval patience = { 20, 0 };

	memset(c, 0, sizeof(*c));
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(c->fd, 0);
	ck_assert_int_eq(
	    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	from.sin_port = 0;
	ck_assert_int_eq(inet_pton(AF_INET, address, &from.sin_addr), 1);
	ck_assert_int_eq(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr), 1);
	ck_assert_int_eq(bind(c->fd, (struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(connect(c->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

/* 1 when the peer is the server that we trust. */
static int
start_tls(struct client *c)
{
	if (in_plain)
		return 1;
	c->ctx = SSL_CTX_new(TLS_client_method());
	ck_assert_int_eq(SSL_CTX_load_verify_file(c->ctx, root_path), 1);
	c->ssl = SSL_new(c->ctx);
	SSL_set_verify(c->ssl, SSL_VERIFY_PEER, NULL);
	ck_assert_int_eq(SSL_set1_host(c->ssl, "localhost"), 1);
	ck_assert_int_eq(SSL_set_fd(c->ssl, c->fd), 1);
	return SSL_connect(c->ssl) == 1;
}

static void
open_client(struct client *c)
{
	connect_from(c, "127.0.0.1");
	ck_assert_int_eq(start_tls(c), 1);
}

static void
close_client(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	(void)close(c->fd);
}

static int
client_write(struct client *c, const void *data, size_t len)
{
	return in_plain ? (int)send(c->fd, data, len, 0) : SSL_write(c->ssl, data, (int)len);
}

static int
client_read(struct client *c, void *buf, size_t len)
{
	return in_plain ? (int)recv(c->fd, buf, len, 0) : SSL_read(c->ssl, buf, (int)len);
}

static void
send_text(struct client *c, const char *text)
{
	ck_assert_int_gt(client_write(c, text, strlen(text)), 0);
}

/* Reads on until the text came or the peer ended; 1 when it came. */
static int
read_until(struct client *c, const char *text)
{
	while (c->n == 0 || strstr(c->in, text) == NULL) {
		int n = client_read(c, c->in + c->n, sizeof(c->in) - 1 - c->n);

		if (n <= 0)
			return 0;
		c->n += (size_t)n;
		c->in[c->n] = '\0';
	}
	return 1;
}

static void
forget(struct client *c)
{
	c->n = 0;
	c->in[0] = '\0';
}

/* 1 when the peer ends the connection, over TLS with close_notify; 2 without; 0: it sends. */
static int
ended(struct client *c)
{
	char byte;
	int n = client_read(c, &byte, 1);

	if (n > 0)
		return 0;
	if (in_plain)
		return n == 0 ? 1 : 2;
	return SSL_get_error(c->ssl, n) == SSL_ERROR_ZERO_RETURN ? 1 : 2;
}

#define POST       "POST " SL_DEFAULT_PATH " HTTP/1.1\r\nHost: localhost\r\n"
#define CMS        "Content-Type: application/cms\r\n"
#define BODY(n, x) "Content-Length: " #n "\r\n\r\n" x
#define GOOD       POST CMS BODY(5, "hello")

/* ---- answers ------------------------------------------------------------ */

START_TEST(a_connection_serves_many_requests)
{
	struct client c;

	start();
	open_client(&c);
	for (int i = 0; i < 5; i++) {
		forget(&c);
		send_text(&c, GOOD);
		ck_assert(read_until(&c, "\r\n\r\nanswer to hello"));
		ck_assert_msg(strncmp(c.in, "HTTP/1.1 200 ", 13) == 0, "%s", c.in);
		ck_assert_ptr_nonnull(strstr(c.in, "Content-Type: application/cms\r\n"));
		ck_assert_ptr_nonnull(strstr(c.in, "Content-Length: 15\r\n"));
	}
	close_client(&c);
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

	start();
	open_client(&c);
	send_text(&c, refusals[_i].request);
	ck_assert_msg(read_until(&c, "\r\n\r\n"), "no answer");
	(void)snprintf(status, sizeof(status), "HTTP/1.1 %s ", refusals[_i].status);
	ck_assert_msg(strncmp(c.in, status, strlen(status)) == 0, "expected %s: %s", status, c.in);
	ck_assert_msg(strstr(c.in, refusals[_i].header) != NULL, "%s", c.in);
	close_client(&c);

	/* and the next one is served */
	open_client(&c);
	send_text(&c, GOOD);
	ck_assert(read_until(&c, "answer to hello"));
	close_client(&c);
}
END_TEST

/* GET over plain HTTP from where metrics are. */
static void
get_plain(struct client *c, const char *path)
{
	char request[128];
	int devices = port;
	ssize_t n;

	(void)snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
	port = read_port(metrics_port_file);
	connect_from(c, "127.0.0.1");
	port = devices;
	ck_assert_int_gt(send(c->fd, request, strlen(request), 0), 0);
	while ((n = recv(c->fd, c->in + c->n, sizeof(c->in) - 1 - c->n, 0)) > 0)
		c->n += (size_t)n;
	c->in[c->n] = '\0';
	(void)close(c->fd);
}

START_TEST(with_several_writers_at_once_one_that_gave_way_tries_again)
{
	struct client c, plain;

	options.parallel_writes = 1;
	options.metrics = "127.0.0.1:0";
	options.metrics_port_file = metrics_port_file;
	start();
	open_client(&c);
	send_text(&c, POST CMS BODY(4, "busy"));
	ck_assert(read_until(&c, "second answer to busy"));
	ck_assert(strncmp(c.in, "HTTP/1.1 200 ", 13) == 0);
	/* also where it could not even be looked at */
	forget(&c);
	send_text(&c, POST CMS BODY(4, "lost"));
	ck_assert(read_until(&c, "second answer to lost"));
	close_client(&c);
	/* and is counted as what it is */
	get_plain(&plain, "/metrics");
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
	start();
	open_client(&c);
	send_text(&c, POST CMS BODY(393216, ""));
	send_text(&c, body);
	ck_assert(read_until(&c, "answer to xxx"));
	ck_assert_ptr_nonnull(strstr(c.in, "Content-Length: 393226\r\n"));
	close_client(&c);
}
END_TEST

START_TEST(a_larger_body_gets_its_413_though_all_of_it_is_sent)
{
	static char body[SL_ENVELOPE_MAX + 2];
	struct client c;

	memset(body, 'x', SL_ENVELOPE_MAX + 1);
	start();
	open_client(&c);
	send_text(&c, POST CMS BODY(393217, ""));
	(void)client_write(&c, body, SL_ENVELOPE_MAX + 1);
	ck_assert(read_until(&c, "\r\n\r\n"));
	ck_assert_ptr_nonnull(strstr(c.in, "HTTP/1.1 413 "));
	close_client(&c);
}
END_TEST

START_TEST(endless_headers_are_cut)
{
	struct client c;
	int n = 0;

	start();
	open_client(&c);
	send_text(&c, POST);
	/* more than the system keeps for who does not read */
	while (n < 1000000 &&
	       client_write(&c, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 44) == 44)
		n++;
	ck_assert_int_lt(n, 1000000);
	close_client(&c);
}
END_TEST

START_TEST(an_asked_for_end_comes_with_close_notify)
{
	struct client c;

	start();
	open_client(&c);
	send_text(&c, POST CMS "Connection: close\r\n" BODY(5, "hello"));
	ck_assert(read_until(&c, "answer to hello"));
	ck_assert_int_eq(ended(&c), 1);
	close_client(&c);
}
END_TEST

START_TEST(plain_http_is_not_spoken)
{
	struct client c;

	start();
	connect_from(&c, "127.0.0.1");
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
	close_client(&c);
}
END_TEST

START_TEST(tls_is_spoken_beside_it)
{
	struct client c;

	start();
	open_client(&c);
	send_text(&c, GOOD);
	ck_assert(read_until(&c, "answer to hello"));
	close_client(&c);
	in_plain = 0;
	port = read_port(port_file);
	open_client(&c);
	send_text(&c, GOOD);
	ck_assert(read_until(&c, "answer to hello"));
	/* neither keeps the other from ending */
	ck_assert_int_eq(kill(server, SIGTERM), 0);
	ck_assert_int_eq(ended(&c), 1);
	close_client(&c);
	ck_assert_int_eq(finish(), 0);
	ck_assert_int_ne(access(http_port_file, F_OK), 0);
}
END_TEST

START_TEST(tls_below_1_2_is_refused)
{
	struct client c;

	start();
	connect_from(&c, "127.0.0.1");
	c.ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_security_level(c.ctx, 0);
	ck_assert_int_eq(SSL_CTX_set_max_proto_version(c.ctx, TLS1_1_VERSION), 1);
	c.ssl = SSL_new(c.ctx);
	ck_assert_int_eq(SSL_set_fd(c.ssl, c.fd), 1);
	ck_assert_int_ne(SSL_connect(c.ssl), 1);
	close_client(&c);
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

	options.request_timeout_s = 1;
	start();
	connect_from(&silent, "127.0.0.1");
	for (size_t i = 0; i < N_SLOW; i++) {
		open_client(&c[i]);
		if (slow_requests[i][0] != '\0')
			send_text(&c[i], slow_requests[i]);
	}
	for (size_t i = 0; i < N_SLOW; i++) {
		ck_assert_msg(ended(&c[i]) != 0, "%s", slow_requests[i]);
		close_client(&c[i]);
	}
	/* not even a handshake */
	ck_assert_int_eq((int)recv(silent.fd, &byte, 1, 0), 0);
	close_client(&silent);
}
END_TEST

START_TEST(a_drop_now_and_then_does_not_help)
{
	struct client c;
	int n = 0;

	options.request_timeout_s = 1;
	start();
	open_client(&c);
	send_text(&c, POST);
	/* a byte each 10 ms, for 20 s at most: no single wait is ever long */
	while (n < 2000 && client_write(&c, "X", 1) == 1) {
		nap();
		n++;
	}
	ck_assert_int_lt(n, 2000);
	close_client(&c);
}
END_TEST

/* With two allowed, a third waits in the system's queue until one of them has gone. */
START_TEST(connections_above_the_limit_wait_their_turn)
{
	struct client a, b, c;
	struct pollfd p;

	options.max_connections = of_all(2);
	start();
	open_client(&a);
	open_client(&b);
	connect_from(&c, "127.0.0.1");
	if (in_plain)
		send_text(&c, GOOD);
	p = (struct pollfd){ .fd = c.fd, .events = POLLIN };
	/* asks both others once more: by then the server has seen the third */
	send_text(&a, GOOD);
	ck_assert(read_until(&a, "answer to hello"));
	send_text(&b, GOOD);
	ck_assert(read_until(&b, "answer to hello"));
	ck_assert_int_eq(poll(&p, 1, 50), 0);
	close_client(&a);
	ck_assert_int_eq(start_tls(&c), 1);
	if (!in_plain)
		send_text(&c, GOOD);
	ck_assert(read_until(&c, "answer to hello"));
	close_client(&b);
	close_client(&c);
}
END_TEST

START_TEST(one_address_gets_a_quarter)
{
	struct client a, b, c, other;

	options.max_connections = of_all(8);
	start();
	open_client(&a);
	open_client(&b);
	connect_from(&c, "127.0.0.1");
	/* its handshake may still get through, a request does not */
	if (start_tls(&c))
		ck_assert_int_ne(ended(&c), 0);
	connect_from(&other, "127.0.0.2");
	ck_assert_int_eq(start_tls(&other), 1);
	send_text(&other, GOOD);
	ck_assert(read_until(&other, "answer to hello"));
	close_client(&a);
	close_client(&b);
	close_client(&c);
	close_client(&other);
}
END_TEST

/* ---- start and end ------------------------------------------------------ */

/* The status of the next answer; of the one before some of the body may come first. */
static int
status_of(struct client *c, const char *request)
{
	const char *line;

	forget(c);
	send_text(c, request);
	ck_assert_int_eq(read_until(c, "\r\n\r\n"), 1);
	line = strstr(c->in, "HTTP/1.1 ");
	ck_assert_ptr_nonnull(line);
	return atoi(line + strlen("HTTP/1.1 "));
}

START_TEST(who_guesses_tokens_waits_and_nobody_else)
{
	struct client c, other;

	start();
	open_client(&c);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(status_of(&c, POST CMS BODY(5, "guess")), 200);
	ck_assert_int_eq(status_of(&c, POST CMS BODY(5, "guess")), 429);
	ck_assert_ptr_nonnull(strcasestr(c.in, "\r\nRetry-After: "));
	/* nor is a good token told from others */
	ck_assert_int_eq(status_of(&c, POST CMS BODY(5, "joins")), 429);
	ck_assert_int_eq(status_of(&c, GOOD), 200);
	close_client(&c);
	connect_from(&other, "127.0.0.2");
	ck_assert_int_eq(start_tls(&other), 1);
	ck_assert_int_eq(status_of(&other, POST CMS BODY(5, "joins")), 200);
	close_client(&other);
	ck_assert_int_eq(kill(server, SIGTERM), 0);
	ck_assert_int_eq(finish(), 0);
}
END_TEST

START_TEST(the_port_file_tells_the_port_while_it_listens)
{
	struct stat st;

	start();
	ck_assert_int_eq(stat(port_file, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(kill(server, SIGTERM), 0);
	ck_assert_int_eq(finish(), 0);
	ck_assert_int_ne(access(port_file, F_OK), 0);
}
END_TEST

static const int end_signals[] = { SIGTERM, SIGINT };

START_TEST(what_was_begun_is_finished)
{
	struct client idle, half;

	start();
	open_client(&idle);
	send_text(&idle, GOOD);
	ck_assert(read_until(&idle, "answer to hello"));
	open_client(&half);
	send_text(&half, POST CMS "Content-Length: 5\r\n\r\nhel");
	/* both are known to the server once another one was answered */
	forget(&idle);
	send_text(&idle, GOOD);
	ck_assert(read_until(&idle, "answer to hello"));

	ck_assert_int_eq(kill(server, end_signals[_i]), 0);
	ck_assert_int_eq(ended(&idle), 1);
	send_text(&half, "lo");
	ck_assert(read_until(&half, "answer to hello"));
	ck_assert_ptr_nonnull(strstr(half.in, "Connection: close\r\n"));
	ck_assert_int_eq(finish(), 0);
	close_client(&idle);
	close_client(&half);
}
END_TEST

START_TEST(a_second_signal_ends_it_at_once)
{
	struct client half;

	start();
	open_client(&half);
	send_text(&half, POST CMS "Content-Length: 5\r\n\r\nhel");
	ck_assert_int_eq(kill(server, SIGTERM), 0);
	/* signals of one kind merge: another kind is told apart */
	ck_assert_int_eq(kill(server, SIGINT), 0);
	ck_assert_int_eq(finish(), 0);
	close_client(&half);
}
END_TEST

/* How many lines of the executed begin with this; *ret_batch: the largest batch. */
static int
executed(const char *begin, int *ret_batch)
{
	char line[64];
	FILE *f = fopen(executed_file, "r");
	int n = 0, batch;

	*ret_batch = 0;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		n += strncmp(line, begin, strlen(begin)) == 0;
		if (sscanf(strstr(line, " of "), " of %d", &batch) == 1 && batch > *ret_batch)
			*ret_batch = batch;
	}
	if (f != NULL)
		(void)fclose(f);
	return n;
}

/* The server is stopped while they are sent, so that it finds them all at once. */
START_TEST(what_arrives_together_shares_a_commit_and_each_gets_its_own_answer)
{
	struct client c[8];
	int batch, status;

	start();
	for (int i = 0; i < 8; i++) {
		open_client(&c[i]);
		send_text(&c[i], GOOD);
		ck_assert(read_until(&c[i], "answer to hello"));
		forget(&c[i]);
	}
	ck_assert_int_eq(kill(server, SIGSTOP), 0);
	/* until each of its threads has stopped */
	ck_assert_int_eq(waitpid(server, &status, WUNTRACED), server);
	ck_assert(WIFSTOPPED(status));
	for (int i = 0; i < 8; i++) {
		char request[256];

		(void)snprintf(request, sizeof(request), POST CMS BODY(5, "call%d"), i);
		send_text(&c[i], request);
	}
	ck_assert_int_eq(kill(server, SIGCONT), 0);
	for (int i = 0; i < 8; i++) {
		char answer[32];

		(void)snprintf(answer, sizeof(answer), "\r\n\r\nanswer to call%d", i);
		ck_assert_msg(read_until(&c[i], answer), "%s: %s", answer, c[i].in);
		close_client(&c[i]);
	}
	ck_assert_int_eq(executed("call", &batch), 8);
	ck_assert_int_gt(batch, 1);
}
END_TEST

START_TEST(requests_that_are_sent_in_one_go_are_answered_in_their_order)
{
	struct client c;

	start();
	open_client(&c);
	send_text(
	    &c, POST CMS BODY(5, "call1") POST CMS BODY(5, "call2") POST CMS BODY(5, "call3"));
	ck_assert(read_until(&c, "answer to call3"));
	ck_assert(strstr(c.in, "answer to call1") < strstr(c.in, "answer to call2"));
	ck_assert(strstr(c.in, "answer to call2") < strstr(c.in, "answer to call3"));
	close_client(&c);
}
END_TEST

/* Sends as fast as answers come, until it is hung up on; then everything that was executed must
 * have been answered, but for what no answer could reach any more: nothing. */
START_TEST(a_stop_under_load_loses_nothing_that_was_executed)
{
	struct client c[12];
	int open[12], sent = 0, answered = 0, batch;

	n_threads = 3;
	start();
	for (int i = 0; i < 12; i++) {
		open_client(&c[i]);
		open[i] = 1;
	}
	for (int round = 0; round < 400; round++) {
		int any = 0;

		for (int i = 0; i < 12; i++)
			if (open[i] && client_write(&c[i], GOOD, sizeof(GOOD) - 1) > 0)
				sent++;
			else
				open[i] = 0;
		if (round == 20)
			ck_assert_int_eq(kill(server, SIGTERM), 0);
		for (int i = 0; i < 12; i++) {
			forget(&c[i]);
			if (!open[i])
				continue;
			any = 1;
			if (read_until(&c[i], "answer to hello"))
				answered++;
			else
				open[i] = 0;
		}
		if (!any)
			break;
	}
	ck_assert_int_eq(finish(), 0);
	for (int i = 0; i < 12; i++)
		close_client(&c[i]);
	ck_assert_int_ge(answered, 20 * 12);
	ck_assert_int_le(answered, sent);
	ck_assert_int_eq(executed("hello", &batch), answered);
}
END_TEST

START_TEST(each_of_several_threads_takes_connections)
{
	struct client c[4];

	n_threads = 4;
	options.max_connections = of_all(64);
	start();
	for (int i = 0; i < 4; i++) {
		open_client(&c[i]);
		send_text(&c[i], GOOD);
		ck_assert(read_until(&c[i], "answer to hello"));
	}
	for (int i = 0; i < 4; i++)
		close_client(&c[i]);
	ck_assert_int_eq(kill(server, SIGTERM), 0);
	ck_assert_int_eq(finish(), 0);
}
END_TEST

START_TEST(while_old_samples_are_removed_requests_have_their_turn_and_it_stops_when_told)
{
	struct client c;

	trims_for_ever = 1;
	start();
	open_client(&c);
	send_text(&c, GOOD);
	ck_assert(read_until(&c, "answer to hello"));
	close_client(&c);
	ck_assert_int_eq(kill(server, SIGTERM), 0);
	ck_assert_int_eq(finish(), 0);
}
END_TEST

/* ---- for those who run it ----------------------------------------------- */

START_TEST(health_is_told_to_devices_too_and_metrics_only_where_they_were_asked_for)
{
	struct client c, plain;

	options.metrics = "127.0.0.1:0";
	options.metrics_port_file = metrics_port_file;
	start();
	open_client(&c);
	send_text(&c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert(read_until(&c, "\r\n\r\nok\n"));
	ck_assert(strncmp(c.in, "HTTP/1.1 200 ", 13) == 0);
	forget(&c);
	send_text(&c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert(read_until(&c, "\r\n\r\n"));
	ck_assert(strncmp(c.in, "HTTP/1.1 404 ", 13) == 0);
	close_client(&c);

	get_plain(&plain, "/healthz");
	ck_assert_msg(strncmp(plain.in, "HTTP/1.1 200 ", 13) == 0, "%s", plain.in);
	get_plain(&plain, "/");
	ck_assert_msg(strncmp(plain.in, "HTTP/1.1 404 ", 13) == 0, "%s", plain.in);
}
END_TEST

START_TEST(a_ledger_that_cannot_be_read_is_no_health)
{
	struct client c;

	ledger_is_lost = 1;
	start();
	open_client(&c);
	send_text(&c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert(read_until(&c, "The ledger cannot be read.\n"));
	ck_assert(strncmp(c.in, "HTTP/1.1 503 ", 13) == 0);
	close_client(&c);
}
END_TEST

START_TEST(what_was_answered_is_counted_over_all_threads)
{
	struct client c, plain;

	n_threads = 2;
	options.metrics = "127.0.0.1:0";
	options.metrics_port_file = metrics_port_file;
	start();
	for (int i = 0; i < 6; i++) {
		open_client(&c);
		send_text(&c, GOOD);
		ck_assert(read_until(&c, "answer to hello"));
		forget(&c);
		send_text(&c, i == 0 ? POST CMS BODY(4, "busy") : POST BODY(5, "hello"));
		ck_assert(read_until(&c, "\r\n\r\n"));
		close_client(&c);
	}
	get_plain(&plain, "/metrics");
	ck_assert_ptr_nonnull(strstr(plain.in, "Content-Type: text/plain; version=0.0.4"));
	ck_assert_ptr_nonnull(
	    strstr(plain.in, "\nsmartlic_requests_total{type=\"authorize\",code=\"ok\"} 6\n"));
	ck_assert_ptr_nonnull(
	    strstr(plain.in, "\nsmartlic_request_duration_seconds_bucket{le=\"+Inf\"} 6\n"));
	ck_assert_ptr_nonnull(strstr(plain.in, "\nsmartlic_requests_unavailable_total 1\n"));
	ck_assert_ptr_nonnull(
	    strstr(plain.in, "\nsmartlic_http_refused_total{status=\"415\"} 5\n"));
	ck_assert_ptr_null(strstr(plain.in, "127.0.0.1"));
}
END_TEST

static const char *const bad_listens[] = { "", "8443", ":8443", "localhost:8443", "127.0.0.1",
	"127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x", "[::1]", "::1", "::1:8443", "1.2.3:5:6",
	"[::1]8443" };

START_TEST(a_listen_that_is_none_is_refused)
{
	struct smartlic_error err = { 0 };

	options.listen = bad_listens[_i];
	ck_assert_int_eq(server_run(NULL, authorities, 1, &options, &err), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "ADDRESS:PORT"));
}
END_TEST

START_TEST(a_port_in_use_is_said)
{
	struct smartlic_error err = { 0 };
	char taken[32];

	start();
	(void)snprintf(taken, sizeof(taken), "127.0.0.1:%d", port);
	options.listen = taken;
	ck_assert_int_eq(server_run(NULL, authorities, 1, &options, &err), SMARTLIC_E_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.text, taken));
	ck_assert_ptr_nonnull(strstr(err.text, "in use"));
	/* nor do threads that share a port share it with another process */
	ck_assert_int_eq(server_run(NULL, authorities, 2, &options, &err), SMARTLIC_E_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.text, "in use"));
}
END_TEST

START_TEST(a_missing_certificate_is_said)
{
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(unlink(key_path), 0);
	ck_assert_int_eq(server_run(NULL, authorities, 1, &options, &err), SMARTLIC_E_CRYPTO);
	ck_assert_ptr_nonnull(strstr(err.text, key_path));
}
END_TEST

/* What evhttp does without TLS is not what it does with it. */
static TCase *
plain_case(void)
{
	TCase *t = tcase_create("plain");

	tcase_add_checked_fixture(t, take_plain_too, remove_certificates);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_connection_serves_many_requests);
	tcase_add_loop_test(t, what_is_no_request_is_refused_by_its_status, 0,
	    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, the_largest_body_is_taken);
	tcase_add_test(t, a_larger_body_gets_its_413_though_all_of_it_is_sent);
	tcase_add_test(t, endless_headers_are_cut);
	tcase_add_test(t, a_request_that_does_not_arrive_is_cut_off);
	tcase_add_test(t, a_drop_now_and_then_does_not_help);
	tcase_add_test(t, connections_above_the_limit_wait_their_turn);
	tcase_add_test(t, one_address_gets_a_quarter);
	tcase_add_test(t, who_guesses_tokens_waits_and_nobody_else);
	tcase_add_loop_test(t, what_was_begun_is_finished, 0, 2);
	tcase_add_test(t, a_second_signal_ends_it_at_once);
	tcase_add_test(t, requests_that_are_sent_in_one_go_are_answered_in_their_order);
	tcase_add_test(t, a_stop_under_load_loses_nothing_that_was_executed);
	tcase_add_test(t, each_of_several_threads_takes_connections);
	tcase_add_test(t, tls_is_spoken_beside_it);
	return t;
}

int
main(void)
{
	Suite *s = suite_create("server");
	TCase *t = tcase_create("server");

	tcase_add_checked_fixture(t, make_certificates, remove_certificates);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_connection_serves_many_requests);
	tcase_add_loop_test(t, what_is_no_request_is_refused_by_its_status, 0,
	    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, with_several_writers_at_once_one_that_gave_way_tries_again);
	tcase_add_test(t, the_largest_body_is_taken);
	tcase_add_test(t, a_larger_body_gets_its_413_though_all_of_it_is_sent);
	tcase_add_test(t, endless_headers_are_cut);
	tcase_add_test(t, an_asked_for_end_comes_with_close_notify);
	tcase_add_test(t, plain_http_is_not_spoken);
	tcase_add_test(t, tls_below_1_2_is_refused);
	tcase_add_test(t, a_request_that_does_not_arrive_is_cut_off);
	tcase_add_test(t, a_drop_now_and_then_does_not_help);
	tcase_add_test(t, connections_above_the_limit_wait_their_turn);
	tcase_add_test(t, one_address_gets_a_quarter);
	tcase_add_test(t, who_guesses_tokens_waits_and_nobody_else);
	tcase_add_test(t, the_port_file_tells_the_port_while_it_listens);
	tcase_add_loop_test(t, what_was_begun_is_finished, 0, 2);
	tcase_add_test(t, a_second_signal_ends_it_at_once);
	tcase_add_test(t, what_arrives_together_shares_a_commit_and_each_gets_its_own_answer);
	tcase_add_test(t, requests_that_are_sent_in_one_go_are_answered_in_their_order);
	tcase_add_test(t, a_stop_under_load_loses_nothing_that_was_executed);
	tcase_add_test(t, each_of_several_threads_takes_connections);
	tcase_add_test(
	    t, while_old_samples_are_removed_requests_have_their_turn_and_it_stops_when_told);
	tcase_add_test(t, health_is_told_to_devices_too_and_metrics_only_where_they_were_asked_for);
	tcase_add_test(t, a_ledger_that_cannot_be_read_is_no_health);
	tcase_add_test(t, what_was_answered_is_counted_over_all_threads);
	tcase_add_loop_test(
	    t, a_listen_that_is_none_is_refused, 0, sizeof(bad_listens) / sizeof(bad_listens[0]));
	tcase_add_test(t, a_port_in_use_is_said);
	tcase_add_test(t, a_missing_certificate_is_said);
	suite_add_tcase(s, t);
	suite_add_tcase(s, plain_case());
	return run_suite(s);
}
