/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_JOIN_ASK_H
#define MANAGER_JOIN_ASK_H

#include "crypto.h"
#include "text.h"

/*
 * How a satellite begins: from a folder with keys and the root to trust, by one request and its
 * answer, to one with certificates and a ledger.
 */

/* What is kept between the two.  The token is not: only what an answer must prove. */
struct join {
	char home[SL_UUID_SIZE]; /* drawn by join_ask */
	char request_id[SL_UUID_SIZE];
	char sha256[SL_SHA256_HEX];
	char proof[SL_SHA256_HEX];
	char token[2 * SL_TOKEN_ID_LEN + 1];
	char url[512]; /* the caller's; "" where requests go by file */
};

/* The request, signed by the key of the CA to be; SMARTLIC_E_TOKEN. */
int join_ask(struct join *j, struct smartlic_crypto *crypto, const char *dir_pki, const char *token,
    int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud, struct sl_buf *ret,
    struct smartlic_error *err);
/* Judges the answer; puts the certificates into the folder and makes the ledger, which comes last:
 * until it is there the answer may be taken again. */
int join_take(const struct join *j, struct smartlic_crypto *crypto, const char *dir_pki,
    const char *ledger, const void *der, size_t len, int64_t now_s, struct smartlic_error *err);

#endif
