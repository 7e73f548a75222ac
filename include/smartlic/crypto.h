/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_CRYPTO_H
#define SMARTLIC_CRYPTO_H

#include <smartlic/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A cryptographic context of its own, apart from whatever else the process does
 * with OpenSSL.  It may serve many agents, of many threads.  An agent that is
 * given none makes its own.
 */
struct smartlic_crypto;

SMARTLIC_API SMARTLIC_MUST_USE int smartlic_crypto_new(
    struct smartlic_crypto **ret, struct smartlic_error *err);

/* All agents that use it must be gone.  NULL is allowed. */
SMARTLIC_API void smartlic_crypto_free(struct smartlic_crypto *crypto);

#ifdef __cplusplus
}
#endif
#endif
