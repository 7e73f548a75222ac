/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include "stats.h"

/* What signing and verifying 600 bytes by P-256 take, n times each: the processor's own price. */
void raw_signatures(struct stats *verify, struct stats *sign, size_t n);

#endif
