/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_RANDOM_H
#define TESTS_SIMULATION_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* A stream of numbers that a seed determines. */
struct stream {
	uint64_t state;
};

uint64_t stream_next(struct stream *s);
/* Evenly in [0, n). */
int64_t stream_below(struct stream *s, int64_t n);
/* In [least, most]. */
int64_t stream_between(struct stream *s, int64_t least, int64_t most);
/* 1 in `per_10000` of ten thousand cases. */
int stream_chance(struct stream *s, int64_t per_10000);
void stream_fill(struct stream *s, void *buf, size_t len);
/* Another stream, which takes no numbers from this one afterwards. */
struct stream stream_fork(struct stream *s);

/* From here on this process' OpenSSL draws keys and nonces from such a stream too. */
void openssl_from_seed(uint64_t seed);

#endif
