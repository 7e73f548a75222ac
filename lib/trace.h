/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_TRACE_H
#define SL_TRACE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the agent did, line by line, for whoever looks for the cause of a fault: its messages, and
 * the detail that the log does not have.  A ring of bytes: what is new fits, the oldest lines go,
 * an eighth of the ring at a time.
 * A line tells of what happened at its time, also where the store then failed and it was undone.
 * Never a secret.
 */
#define SL_TRACE_SIZE 16384 /* bytes, of which each line takes its text and a head */
#define SL_TRACE_TEXT 700   /* the most of one line; what is longer is cut */

/* Whose line it is. */
enum sl_trace_part {
	SL_TRACE_AGENT = 0, /* registration, authorization, messages */
	SL_TRACE_PLATFORM,  /* what is configured and counted: collection and reports */
	SL_TRACE_CALL_HOME, /* the way to the authority: what is sent, by whom, what came of it */
	SL_TRACE_PARTS
};

/*
 * Zero to start.  `data` is also the persisted form: lines, oldest first; of each its time (8
 * bytes), its part (1), the length of its text (2), a check (4), its text; numbers are
 * little-endian.  The check is the FNV-1a of all of the line but itself: no checksum of the store
 * covers a line.
 */
struct sl_trace {
	size_t len;
	unsigned char data[SL_TRACE_SIZE];
};

struct sl_trace_line {
	int64_t time_ms; /* by the wall clock, for printing */
	enum sl_trace_part part;
	char text[SL_TRACE_TEXT + 1];
};

void sl_trace_add(
    struct sl_trace *trace, enum sl_trace_part part, int64_t time_ms, const char *text);
/* Adds the lines of a persisted form, up to the first that is none or was altered. */
void sl_trace_load(struct sl_trace *trace, const void *data, size_t len);
/* The line at *at, which begins at 0 and moves on to the next; 1, or 0 past the last. */
int sl_trace_next(const struct sl_trace *trace, size_t *at, struct sl_trace_line *ret);

#endif
