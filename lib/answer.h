/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_ANSWER_H
#define SL_ANSWER_H

#include "clock.h"
#include "envelope.h"
#include "reply.h"
#include "trust.h"

/*
 * Is this message the authority's answer to the request that is open?  The one
 * place that knows the order: size → form → chain and role → signature → JSON →
 * binding → time → validity and revocation.  It stops at the first failure and
 * changes nothing; the error's code is the step.
 *
 * An answer is taken from role `response`, or from a satellite of the device's
 * own account: for `register` of the account that the certificate is issued in,
 * a refused or pending one from any satellite, since it can only refuse.
 */
struct sl_expected {
	enum sl_msg_type type;
	char request_id[37];
	char request_sha256[65];
	struct sl_udi udi;
	char instance[37]; /* "" for register */
	char account[64];  /* O of the own ID certificate; "" before there is one */
	unsigned char csr_ski[SL_SKI_LEN]; /* register, renew-id: of the key in the CSR */
	char token_answer[65];             /* register */
	int64_t floor_s; /* stored with the request; SL_NO_TIME unless the transport is deferred */
};

struct sl_answer {
	struct sl_reply *reply;   /* on success, and for advice */
	int advice;               /* 1: signed by the authority, but bound to no request */
	struct sl_chain chain;    /* of the signer */
	struct sl_chain id_chain; /* register, renew-id: of the new ID certificate; else n is 0 */
	const struct sl_der *crls; /* of the envelope */
	size_t n_crls;
	struct sl_envelope *envelope; /* owns crls */
	int revocation_tolerated;     /* optional, and a list was missing or stale */
};

/*
 * 0, or the step's code.  The clock must be advanced to now.  *ret is zero after
 * a failure, but for advice: SMARTLIC_E_BINDING with `advice` set and the reply
 * to be shown.  Release it in either case.
 */
int sl_answer_check(struct sl_answer *ret, struct smartlic_crypto *crypto,
    const struct sl_trust *trust, const struct sl_clock *clock, enum sl_revocation revocation,
    const struct sl_expected *expected, const void *bytes, size_t len,
    struct smartlic_error *err);

/*
 * Takes what a good answer brings besides its body: certificates and lists into
 * trust, its time into the clock; *ret_note says what came of that.  0, or want
 * of memory, after which it may be called again.
 */
int sl_answer_apply(const struct sl_answer *answer, struct sl_trust *trust, struct sl_clock *clock,
    enum sl_clock_note *ret_note, struct smartlic_error *err);
/*
 * A new root that the answer brings, cross-signed by an anchor, which makes it one; after
 * sl_answer_apply().  1: *ret_root and *ret_cross are set, borrowed from the answer, and *ret_new says
 * whether it was none before; 0: it brings none.
 */
int sl_answer_root(const struct sl_answer *answer, struct sl_trust *trust,
    struct sl_cert **ret_root, struct sl_cert **ret_cross, int *ret_new,
    struct smartlic_error *err);
void sl_answer_release(struct sl_answer *answer);

#endif
