/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SEALING_H
#define TESTS_UNIT_SEALING_H

#include <string.h>

#include "envelope.h"
#include "tests/unit/trusting.h"

/* Signs and takes messages, on the fixtures of trusting.h. */

static inline struct sl_buf
sign(const struct tpki_id *by, struct sl_cert *const *certs, size_t n_certs,
    const struct sl_der *crls, size_t n_crls, const char *content)
{
	struct sl_buf message = { 0 };

	ck_assert_int_eq(sl_envelope_sign(&message, crypto, by->key, by->cert, certs, n_certs, crls,
			     n_crls, content, strlen(content), &err),
	    0);
	return message;
}

/* Opens, verifies, compares; the result of the first that fails. */
static inline int
take(const struct sl_buf *message, struct sl_cert *signer, const char *expected)
{
	struct sl_envelope *env = NULL;
	const void *content;
	size_t len;
	int r = sl_envelope_open(&env, crypto, message->data, message->len, &err);

	if (r == 0)
		r = sl_envelope_verify(env, signer, &content, &len, &err);
	if (r == 0) {
		ck_assert_uint_eq(len, strlen(expected));
		ck_assert_mem_eq(content, expected, len);
	}
	sl_envelope_free(env);
	return r;
}

#endif
