/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_TLS_H
#define MANAGER_API_TLS_H

#include <stdint.h>

#include <openssl/ssl.h>

#include "error.h"

/* A server's context: TLS 1.2 or later, no renegotiation, no cached sessions. */
int tls_context_new(
    SSL_CTX **ret, const char *cert_path, const char *key_path, struct smartlic_error *err);

/* Reads both files (again): connections made from now on show that certificate.  On failure the
 * former one stays. */
int tls_context_load(
    SSL_CTX *ctx, const char *cert_path, const char *key_path, struct smartlic_error *err);

/* When the certificate in a file ends, seconds since 1970. */
int tls_expiry(int64_t *ret_s, const char *cert_path, struct smartlic_error *err);

#endif
