/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_COUNTS_H
#define MANAGER_API_COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "buffer.h"
#include "message.h"

/*
 * What a worker has answered, for /metrics: written by its thread, read by another.  Labels are of
 * closed lists, so that their number does not grow with devices.
 */
#define COUNTS_DEVICES 16 /* requests of devices, by their number; 0: could not be read */
#define COUNTS_TYPES   (COUNTS_DEVICES + 2) /* and a satellite's join and sync */
#define COUNTS_BUCKETS 12
#define COUNTS_REFUSED 4

struct counts {
	_Atomic uint64_t answered[COUNTS_TYPES][SL_DENIED_OTHER + 1];
	_Atomic uint64_t unavailable;             /* 503 */
	_Atomic uint64_t refused[COUNTS_REFUSED]; /* not for the authority: by status */
	_Atomic uint64_t commits;
	_Atomic uint64_t duration[COUNTS_BUCKETS + 1]; /* the last: longer */
	_Atomic uint64_t duration_us;
};

void counts_answered(struct counts *c, const char *type, enum sl_denial code, int64_t us);
void counts_unavailable(struct counts *c);
void counts_refused(struct counts *c, int status);
void counts_commit(struct counts *c);

/* The sum of all in the text form of Prometheus, appended. */
void counts_write(struct sl_buf *ret, struct counts *const *all, size_t n);

#endif
