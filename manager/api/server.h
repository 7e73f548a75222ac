/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SERVER_H
#define MANAGER_SERVER_H

#include "authority/authority.h"

/* HTTPS in front of authority_answer(): limits on size, time and connections. */
struct server_options {
	const char *listen;    /* "127.0.0.1:8443", "[::1]:0" */
	const char *port_file; /* NULL: none; written (tmp + rename) once it listens */
	const char *cert_path, *key_path;
	size_t max_connections; /* 0: 1024 */
	int request_timeout_s;  /* 0: 30: for a whole request */
};

/* Serves until SIGTERM or SIGINT; 0, or the error that kept it from starting. */
int server_run(struct authority *authority, const struct server_options *options,
    struct smartlic_error *err);

#endif
