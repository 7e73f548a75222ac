/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_TLS_STORE_H
#define SL_TLS_STORE_H

#include <openssl/ssl.h>

#include "revocation.h"
#include "tls.h"

/* What TLS was given, for the check of a connection. */
struct sl_tls {
	X509_STORE *store;        /* of those below and the system's roots, when ready */
	STACK_OF(X509) * anchors; /* of messages */
	STACK_OF(X509) * trusted; /* if any: these and nobody else */
	STACK_OF(X509) * client;  /* leaf first */
	EVP_PKEY *client_key;
	struct sl_revocation *revocation;
};

/* A server that wants a certificate of us gets ours; others never see it.  0, or -1: out of
 * memory. */
int sl_tls_show_client(SSL_CTX *ssl_ctx, const struct sl_tls *tls);

/* A name from a stranger's certificate, fit for a log: printable ASCII, cut. */
void sl_tls_put_name(char *ret, size_t cap, const X509_NAME *name);

#endif
