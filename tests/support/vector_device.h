/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_VECTOR_DEVICE_H
#define TESTS_SUPPORT_VECTOR_DEVICE_H

#include "answer.h"
#include "tests/support/vectors.h"

/* The device of tests/vectors: what it knows, and the answer that it waits for. */
struct vector_device {
	struct smartlic_crypto *crypto;
	struct sl_trust *trust;
	struct sl_clock clock;
	enum sl_revocation revocation;
	struct sl_expected expected;
};

/* By the context of a vector. */
void vector_device_init(struct vector_device *d, const struct vector *v);
void vector_device_free(struct vector_device *d);
int vector_device_check(struct vector_device *d, const void *bytes, size_t len,
    struct sl_answer *ret, struct smartlic_error *err);

#endif
