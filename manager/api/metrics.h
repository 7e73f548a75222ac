/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_METRICS_H
#define MANAGER_API_METRICS_H

#include <event2/event.h>

#include "buffer.h"
#include "error.h"

/*
 * /metrics and /healthz for those who run the authority, over plain HTTP on a listener of their
 * own: what devices can reach says nothing of licenses.
 */
struct metrics;

/* Open at once; of one address. */
#define METRICS_CONNECTIONS     32
#define METRICS_CONNECTIONS_OF1 8

struct metrics_source {
	/* The text of Prometheus, appended. */
	int (*write)(void *ud, struct sl_buf *ret, struct smartlic_error *err);
	/* 0: all is well; < 0: err says what is not. */
	int (*check)(void *ud, struct smartlic_error *err);
	void *ud;
};

/* where: as --listen.  *ret_port: where it listens. */
int metrics_new(struct metrics **ret, struct event_base *base, const char *where,
    const struct metrics_source *source, int *ret_port, struct smartlic_error *err);
void metrics_free(struct metrics *m); /* NULL is allowed */

#endif
