/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANAGER_SERVED_H
#define TESTS_MANAGER_SERVED_H

#include <sys/types.h>

#include <openssl/ssl.h>

#include "api/server.h"
#include "message.h"
#include "tests/manager/stand_in.h"

/* A server in a process of its own, with an authority that is a stand-in, and clients of it. */
extern struct served {
	char top[64], pki_dir[80], port_file[96], http_port_file[96], metrics_port_file[96];
	char cert_path[128], key_path[128], root_path[128];
	struct server_options options;
	int in_plain;                     /* clients come over plain HTTP */
	struct authority *authorities[4]; /* all NULL */
	size_t n_threads;
	pid_t pid;
	int port; /* that clients come to */
} served;

/* Its folder and certificates, and options for TLS alone; for plain HTTP too, which clients take.
 * The end of either, also of a server that still runs. */
void served_open(void);
void served_open_plain(void);
void served_close(void);
/* Until it listens. */
void served_start(void);
/* Waits for its end: its exit status, -1: by a signal. */
int served_finish(void);
/* Half of the connections are for either way in. */
size_t served_of_all(size_t connections);
int served_read_port(const char *path);
void served_nap(void);

struct client {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	char in[8192]; /* what came, terminated */
	size_t n;
};

void client_connect_from(struct client *c, const char *address);
/* 1 when the peer is the server that we trust. */
int client_start_tls(struct client *c);
/* Both. */
void client_open(struct client *c);
void client_close(struct client *c);
int client_write(struct client *c, const void *data, size_t len);
int client_read(struct client *c, void *buf, size_t len);
void client_send(struct client *c, const char *text);
/* Reads on until the text came or the peer ended; 1 when it came. */
int client_read_until(struct client *c, const char *text);
/* What came. */
void client_forget(struct client *c);
/* 1 when the peer ends the connection, over TLS with close_notify; 2 without; 0: it sends. */
int client_ended(struct client *c);
/* GET over plain HTTP from where metrics are: a client of its own, closed again. */
void client_get_plain(struct client *c, const char *path);

#define POST       "POST " SL_DEFAULT_PATH " HTTP/1.1\r\nHost: localhost\r\n"
#define CMS        "Content-Type: application/cms\r\n"
#define BODY(n, x) "Content-Length: " #n "\r\n\r\n" x
#define GOOD       POST CMS BODY(5, "hello")

#endif
