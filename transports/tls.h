/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_TLS_H
#define SL_TLS_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whom TLS trusts, by which time, and who we are to it.  A certificate's end is judged by the
 * request's floor and never by the system's clock, its beginning not at all: a device may think it
 * is 1970.
 */
struct sl_tls;
struct sl_revocation;

#define SL_TLS_TEXT 320

int sl_tls_new(struct sl_tls **ret);
/* Each adds the certificates of a PEM text; 0, -1: there is none in it, or a damaged one.  The
 * anchors of messages are believed besides the system's roots; where others are trusted by name,
 * these alone.  The client's certificate comes with its chain, the leaf first. */
int sl_tls_add_anchors(struct sl_tls *tls, const char *pem, size_t len);
int sl_tls_add_trusted(struct sl_tls *tls, const char *pem, size_t len);
int sl_tls_add_client(struct sl_tls *tls, const char *pem, size_t len);
/* 0, -1: no key in it that can be read without a passphrase */
int sl_tls_set_client_key(struct sl_tls *tls, const char *pem, size_t len);
/* NULL, or why the client's certificate and key cannot be used. */
const char *sl_tls_check_client(const struct sl_tls *tls);
/* After the last of these and before the first connection.  0, or -1: out of memory. */
int sl_tls_ready(struct sl_tls *tls);
/* Its lists; borrowed until free. */
struct sl_revocation *sl_tls_revocation(const struct sl_tls *tls);
void sl_tls_free(struct sl_tls *tls);

/* One connection's check; zero it, set the first five, give it to sl_tls_context. */
struct sl_tls_check {
	struct sl_tls *tls;
	const char *host; /* name or literal address, without brackets */
	int64_t floor_s;
	int begun;                /* the handshake has, by sl_tls_context */
	int asked;                /* the server did, for a certificate of this device */
	int64_t now_ms, since_ms; /* of sl_revocation_check */
	char wanted[512];         /* likewise, with the next */
	char tolerated[240];
	char server[400];       /* whom the certificate is for, from whom, and until when */
	char text[SL_TLS_TEXT]; /* "" or why the certificate was refused, and what to do */
};

/* For CURLOPT_SSL_CTX_FUNCTION; ud is a struct sl_tls_check that outlives the connection. */
CURLcode sl_tls_context(CURL *easy, void *ssl_ctx, void *ud);

#endif
