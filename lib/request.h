/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_REQUEST_H
#define SL_REQUEST_H

#include "crypto.h"
#include "message.h"
#include "usage.h"

/* struct → JSON, the device's side of doc/protocol.md, Request.  Pure. */
struct sl_usage {
	char tag[SL_TAG_SIZE];
	int64_t count;
};

struct sl_request {
	enum sl_msg_type type;
	char request_id[37];
	int64_t sequence; /* 0 for register */
	int64_t time_s;   /* decides nothing */
	struct sl_udi udi;
	int hides_version;    /* of the agent */
	const char (*roots)[2 * SL_SKI_LEN + 1]; /* the anchors' key identifiers, hex; NULL: not told */
	size_t n_roots;
	const char *instance; /* UUID; NULL or "" for register */
	const char *store;    /* UUID */
	const char *ledger;   /* UUID; NULL or "" where none is known */
	/* register, renew-id */
	const void *csr;
	size_t csr_len;
	/* register */
	const unsigned char *token_id; /* SL_TOKEN_ID_LEN */
	const char *token_proof;       /* hex */
	int force;
	const char *hostname; /* NULL: not told */
	/* authorize; register with a deferred transport; reserve: what is to be reserved */
	const struct sl_usage *usage; /* NULL: none */
	size_t n_usage;
	/* report */
	const struct sl_usage_book *book;
	size_t first_sample; /* of the book's … */
	size_t n_samples;    /* … so many */
	/* return */
	const char (*returned)[37]; /* ids of reservations */
	size_t n_returned;
};

/* The bytes to sign, appended to ret: compact JSON, members in the order of the protocol's example.
 */
int sl_request_write(
    struct sl_buf *ret, const struct sl_request *request, struct smartlic_error *err);

#endif
