/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SERVER_H
#define MANAGER_SERVER_H

#include "authority/authority.h"

/* HTTPS in front of an authority: limits on size, time and connections; several threads. */
struct server_options {
	const char
	    *listen; /* "127.0.0.1:8443", "[::1]:0": a literal address, a port, 0 picks one */
	const char
	    *port_file; /* NULL: none; made once it listens, removed when it no longer does */
	/* Where devices are answered in plain HTTP, too; NULL: nowhere.  Its port file as above. */
	const char *listen_http, *http_port_file;
	/* Where /metrics and /healthz are, in plain HTTP; NULL: nowhere.  Its port file as above.
	 */
	const char *metrics, *metrics_port_file;
	const char *cert_path, *key_path;
	size_t max_connections; /* 0: 1024, less where the system allows fewer open files */
	int request_timeout_s;  /* 0: 30: for a whole request to arrive, and its answer to leave */
	int debug;              /* a line for each request */
	int parallel_writes;    /* the ledger takes several writers at once: they need no turns */

	/* Called now and then beside authority_daily(); may be NULL.  1: cert_path was made anew
	 * and is to be read again. */
	int (*renew_tls)(void *ud, int64_t now_s, struct smartlic_error *err);
	/* Called in the thread of each worker (from 0) after renew_tls has said 1, for what else may
	 * have been renewed; may be NULL. */
	int (*refresh)(void *ud, size_t worker, struct smartlic_error *err);
	/* Called as often, for what else is due; may be NULL.  It does not wait. */
	void (*chores)(void *ud, int64_t now_s);
	/* What /metrics has beside the counts of requests, appended; may be NULL.  tls_expires_s:
	 * the end of the certificate that is shown. */
	int (*write_metrics)(void *ud, int64_t now_s, int64_t tls_expires_s, struct sl_buf *ret,
	    struct smartlic_error *err);
	/* Told "READY=1" once requests are taken, "STOPPING=1" when they no longer will be; may be
	 * NULL. */
	void (*tell_starter)(const char *state);
	void *ud;
};

/*
 * Serves until SIGTERM or SIGINT, then finishes what was begun; 0, or the error that kept it from
 * starting.  `workers`: n of one ledger, one for each thread that answers; `beside`: one more, for
 * what is due by the hour.  The process's dispositions of SIGPIPE, SIGTERM and SIGINT are its own
 * meanwhile.
 */
int server_run(struct authority *beside, struct authority *const *workers, size_t n,
    const struct server_options *options, struct smartlic_error *err);

#endif
