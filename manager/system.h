/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SYSTEM_H
#define MANAGER_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

/* What the manager asks of the system besides files: the one place for each. */

/* The wall clock, seconds since 1970. */
int64_t system_now_s(void);

/* Fills ids; the shape that authority_answer() wants.  0 or -1. */
int system_random(void *unused, void *buf, size_t len);

/* Processors that there are, at least 1. */
size_t system_processors(void);

/* A sentence for the log (log.h), as event "note". */
void system_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
