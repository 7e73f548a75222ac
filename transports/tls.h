/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_TLS_H
#define SL_TLS_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whom TLS trusts, and by which time.  The system's roots and the configured
 * anchors; a certificate's end is judged by the request's floor and never by the
 * system's clock, its beginning not at all: a device may think it is 1970.
 */
struct sl_tls;

#define SL_TLS_TEXT 320

int sl_tls_new(struct sl_tls **ret);
/* Adds the certificates of a PEM text; 0, -1: there is none in it, or a damaged one. */
int sl_tls_add_anchors(struct sl_tls *tls, const char *pem, size_t len);
void sl_tls_free(struct sl_tls *tls);

/* One connection's check; zero it, set the first three, give it to sl_tls_context. */
struct sl_tls_check {
	struct sl_tls *tls;
	const char *host; /* name or literal address, without brackets */
	int64_t floor_s;
	char text[SL_TLS_TEXT]; /* "" or why the certificate was refused, and what to do */
};

/* For CURLOPT_SSL_CTX_FUNCTION; ud is a struct sl_tls_check that outlives the connection. */
CURLcode sl_tls_context(CURL *easy, void *ssl_ctx, void *ud);

#endif
