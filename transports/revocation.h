/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_REVOCATION_H
#define SL_REVOCATION_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Revocation lists for TLS.  Those that certificates name by http:// are fetched by
 * whoever owns this; those of the messages' own authority come with its answers.
 * Nothing is fetched within a handshake: one that lacks a list ends and is begun
 * anew when the list was fetched, or could not be.
 */
struct sl_revocation;

#define SL_LIST_URL 512
#define SL_LIST_MAX ((size_t)8 * 1024 * 1024) /* bytes of a fetched list */
/* A list that was fetched is asked for again after this long, and serves on where that fails. */
#define SL_LIST_AGE_MS ((int64_t)3600 * 1000)

int sl_revocation_new(struct sl_revocation **ret);
void sl_revocation_free(struct sl_revocation *rv); /* NULL is allowed */
/* Missing, stale and unreachable lists are tolerated from now on. */
void sl_revocation_set_optional(struct sl_revocation *rv);
/* The lists of the messages' authority, DER one after another, in place of those before; their
 * signatures were verified.  What cannot be read is left out. */
void sl_revocation_set_own(struct sl_revocation *rv, const void *der, size_t len);
/* What became of fetching: a body that may be a list, or why there is none. */
void sl_revocation_fetched(
    struct sl_revocation *rv, const char *url, const void *body, size_t len, int64_t now_ms);
void sl_revocation_failed(
    struct sl_revocation *rv, const char *url, const char *why, int64_t now_ms);

/* One verified chain, leaf first, the anchor last; zero, then set the first six. */
struct sl_revocation_check {
	struct sl_revocation *rv;
	X509_STORE_CTX *verified;
	int own; /* the anchor is one of messages */
	int64_t floor_s;
	int64_t now_ms;
	int64_t since_ms; /* when the request began: what failed since then is not tried again */
	char wanted[SL_LIST_URL]; /* "" or a list to fetch, before it can be said */
	char tolerated[240];      /* "" or what would be refused if lists were required */
	char text[320];           /* "" or why the certificate is refused, and what to do */
};
/* 1: not revoked as far as must be known; 0: text or wanted says why not. */
int sl_revocation_judge(struct sl_revocation_check *c);

#endif
