/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PARALLEL_H
#define MANAGER_PARALLEL_H

#include <stddef.h>

/*
 * Calls fn for each i below n, by at most `threads` threads of which the caller's is one, and returns
 * when all calls have.  Which thread does which is not said: fn writes nothing but what is of its i, or
 * of its thread's number (0 is the caller's).  Where no thread can be made there are fewer.
 */
#define PARALLEL_MAX 64
void parallel(size_t threads, size_t n, void (*fn)(void *ud, size_t thread, size_t i), void *ud);

#endif
