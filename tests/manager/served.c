/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "file.h"
#include "pki/pki.h"
#include "system.h"
#include "tests/manager/served.h"
#include "tests/suite.h"

/* ---- a server in a process of its own ----------------------------------- */

struct served served;

void
served_nap(void)
{
	const struct timespec ms10 = { 0, 10000000 };

	(void)nanosleep(&ms10, NULL);
}

int
served_read_port(const char *path)
{
	struct sl_buf b = { 0 };
	int n = file_read(path, &b, NULL) == 0 ? atoi(b.data) : 0;

	sl_buf_free(&b);
	return n;
}

void
served_start(void)
{
	struct smartlic_error err = { 0 };

	(void)fflush(NULL);
	served.pid = fork();
	ck_assert_int_ge(served.pid, 0);
	if (served.pid == 0) {
		int r =
		    server_run(NULL, served.authorities, served.n_threads, &served.options, &err);

		if (r < 0)
			(void)fprintf(stderr, "%s\n", err.text);
		/* by way of what looks for leaks at the end */
		exit(r < 0 ? 1 : 0);
	}
	for (int i = 0; i < 2000 && (served.port = served_read_port(served.port_file)) == 0; i++) {
		ck_assert_msg(waitpid(served.pid, NULL, WNOHANG) == 0, "it does not start");
		served_nap();
	}
	if (served.in_plain)
		served.port = served_read_port(served.http_port_file);
	ck_assert_int_ne(served.port, 0);
}

int
served_finish(void)
{
	int status;

	ck_assert_int_eq(waitpid(served.pid, &status, 0), served.pid);
	served.pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
served_open(void)
{
	struct smartlic_error err = { 0 };

	/* of a test before, where they share a process */
	stand_in = (struct stand_in){ .ledger_is_lost = 0 };
	strcpy(served.top, "/tmp/check_server.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(served.top));
	(void)snprintf(served.pki_dir, sizeof(served.pki_dir), "%s/pki", served.top);
	(void)snprintf(served.port_file, sizeof(served.port_file), "%s/port", served.top);
	(void)snprintf(served.http_port_file, sizeof(served.http_port_file), "%s/http", served.top);
	(void)snprintf(
	    served.metrics_port_file, sizeof(served.metrics_port_file), "%s/metrics", served.top);
	(void)snprintf(
	    stand_in.executed_file, sizeof(stand_in.executed_file), "%s/executed", served.top);
	(void)snprintf(served.cert_path, sizeof(served.cert_path), "%s/tls.pem", served.pki_dir);
	(void)snprintf(served.key_path, sizeof(served.key_path), "%s/tls.key", served.pki_dir);
	(void)snprintf(served.root_path, sizeof(served.root_path), "%s/root.pem", served.pki_dir);
	ck_assert_msg(
	    pki_create(served.pki_dir, NULL, 0, system_now_s(), &err) == 0, "%s", err.text);
	served.options = (struct server_options){ .listen = "127.0.0.1:0",
		.port_file = served.port_file,
		.cert_path = served.cert_path,
		.key_path = served.key_path };
	served.n_threads = 1;
	(void)signal(SIGPIPE, SIG_IGN);
}

void
served_open_plain(void)
{
	served_open();
	served.options.listen_http = "127.0.0.1:0";
	served.options.http_port_file = served.http_port_file;
	served.in_plain = 1;
}

size_t
served_of_all(size_t connections)
{
	return served.in_plain ? 2 * connections : connections;
}

void
served_close(void)
{
	served.in_plain = 0;
	if (served.pid > 0) {
		(void)kill(served.pid, SIGKILL);
		(void)waitpid(served.pid, NULL, 0);
		served.pid = 0;
	}
	file_remove_dir(served.pki_dir);
	file_remove_dir(served.top);
}

/* ---- a client ----------------------------------------------------------- */

void
client_connect_from(struct client *c, const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((in_port_t)served.port) },
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

int
client_start_tls(struct client *c)
{
	if (served.in_plain)
		return 1;
	c->ctx = SSL_CTX_new(TLS_client_method());
	ck_assert_int_eq(SSL_CTX_load_verify_file(c->ctx, served.root_path), 1);
	c->ssl = SSL_new(c->ctx);
	SSL_set_verify(c->ssl, SSL_VERIFY_PEER, NULL);
	ck_assert_int_eq(SSL_set1_host(c->ssl, "localhost"), 1);
	ck_assert_int_eq(SSL_set_fd(c->ssl, c->fd), 1);
	return SSL_connect(c->ssl) == 1;
}

void
client_open(struct client *c)
{
	client_connect_from(c, "127.0.0.1");
	ck_assert_int_eq(client_start_tls(c), 1);
}

void
client_close(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	(void)close(c->fd);
}

int
client_write(struct client *c, const void *data, size_t len)
{
	return served.in_plain ? (int)send(c->fd, data, len, 0) : SSL_write(c->ssl, data, (int)len);
}

int
client_read(struct client *c, void *buf, size_t len)
{
	return served.in_plain ? (int)recv(c->fd, buf, len, 0) : SSL_read(c->ssl, buf, (int)len);
}

void
client_send(struct client *c, const char *text)
{
	ck_assert_int_gt(client_write(c, text, strlen(text)), 0);
}

int
client_read_until(struct client *c, const char *text)
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

void
client_forget(struct client *c)
{
	c->n = 0;
	c->in[0] = '\0';
}

int
client_ended(struct client *c)
{
	char byte;
	int n = client_read(c, &byte, 1);

	if (n > 0)
		return 0;
	if (served.in_plain)
		return n == 0 ? 1 : 2;
	return SSL_get_error(c->ssl, n) == SSL_ERROR_ZERO_RETURN ? 1 : 2;
}

void
client_get_plain(struct client *c, const char *path)
{
	char request[128];
	int devices = served.port;
	ssize_t n;

	(void)snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
	served.port = served_read_port(served.metrics_port_file);
	client_connect_from(c, "127.0.0.1");
	served.port = devices;
	ck_assert_int_gt(send(c->fd, request, strlen(request), 0), 0);
	while ((n = recv(c->fd, c->in + c->n, sizeof(c->in) - 1 - c->n, 0)) > 0)
		c->n += (size_t)n;
	c->in[c->n] = '\0';
	(void)close(c->fd);
}
