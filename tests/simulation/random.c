/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

/* the only way to lead all of OpenSSL's contexts in one process */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>

#include "tests/simulation/random.h"

/* splitmix64 */
uint64_t
stream_next(struct stream *s)
{
	uint64_t z = (s->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

int64_t
stream_below(struct stream *s, int64_t n)
{
	return (int64_t)((stream_next(s) >> 1) % (uint64_t)n);
}

int64_t
stream_between(struct stream *s, int64_t least, int64_t most)
{
	return least + stream_below(s, most - least + 1);
}

int
stream_chance(struct stream *s, int64_t per_10000)
{
	return stream_below(s, 10000) < per_10000;
}

void
stream_fill(struct stream *s, void *buf, size_t len)
{
	unsigned char *p = buf;
	uint64_t z;

	while (len > 0) {
		size_t n = len < sizeof(z) ? len : sizeof(z);

		z = stream_next(s);
		memcpy(p, &z, n);
		p += n;
		len -= n;
	}
}

struct stream
stream_fork(struct stream *s)
{
	return (struct stream){ stream_next(s) };
}

static struct stream openssl_stream;

static int
openssl_bytes(unsigned char *buf, int num)
{
	stream_fill(&openssl_stream, buf, (size_t)num);
	return 1;
}

static int
openssl_status(void)
{
	return 1;
}

void
openssl_from_seed(uint64_t seed)
{
	static RAND_METHOD method = { .bytes = openssl_bytes,
		.pseudorand = openssl_bytes,
		.status = openssl_status };

	openssl_stream.state = seed ^ UINT64_C(0x5eed);
	(void)RAND_set_rand_method(&method);
}
