/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SERVER_H
#define MANAGER_SERVER_H

#include "authority/authority.h"

/* HTTPS in front of authority_answer(): limits on size, time and connections. */
struct server_options {
	const char *listen;    /* "127.0.0.1:8443", "[::1]:0": a literal address, a port, 0 picks one */
	const char *port_file; /* NULL: none; made once it listens, removed when it no longer does */
	const char *cert_path, *key_path;
	size_t max_connections; /* 0: 1024, less where the system allows fewer open files */
	int request_timeout_s;  /* 0: 30: for a whole request to arrive, and its answer to leave */
	int debug;              /* a line for each request */

	/* Called now and then beside authority_daily(); may be NULL.  1: cert_path was made anew and is
	 * to be read again. */
	int (*renew_tls)(void *ud, int64_t now_s, struct smartlic_error *err);
	/* Called as often, for what else is due; may be NULL.  It does not wait. */
	void (*chores)(void *ud, int64_t now_s);
	void *ud;
};

/*
 * Serves until SIGTERM or SIGINT, then finishes what was begun; 0, or the error that kept it from
 * starting.  The process's dispositions of SIGPIPE, SIGTERM and SIGINT are its own meanwhile.
 */
int server_run(struct authority *authority, const struct server_options *options,
    struct smartlic_error *err);

#endif
