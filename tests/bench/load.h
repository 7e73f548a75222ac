/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stddef.h>

#include "buffer.h"

/* Sends requests over TLS by several clients at once, and takes the times of their answers. */
struct load {
	int port;
	size_t clients;              /* threads */
	size_t each;                 /* requests of each client */
	const struct sl_buf *bodies; /* clients × each: a client's stand one after the other */
	int handshake;               /* a new connection with a full handshake for each request */
	double per_second;           /* of all together: paced; 0: as fast as answers come */
	int echo;                    /* any body is a good answer, not only a signed "ok" */

	/* what came of it */
	double seconds;
	size_t ok, refused, failed; /* refused: by the authority; failed: no 200, or no answer */
	double *us;                 /* of each good answer, sorted; free it */
};
void load_run(struct load *l);
double load_rate(const struct load *l);
double load_at(const struct load *l, double part); /* of the sorted times, 0–1 */

#endif
