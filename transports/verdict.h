/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_VERDICT_H
#define SL_VERDICT_H

#include <smartlic/transport.h>

#include "destination.h"

/*
 * What became of an exchange, as the agent and an operator are told it: the step
 * at which it ended, what was found there, what to do.
 */
enum sl_phase {
	SL_PHASE_CONNECT,
	SL_PHASE_PROXY, /* its answer to CONNECT */
	SL_PHASE_TLS,
	SL_PHASE_SEND,
	SL_PHASE_WAIT,
	SL_PHASE_RECEIVE,
	SL_PHASE_COUNT
};

/* A phase's time: this long without progress of at least that many bytes. */
struct sl_phase_limit {
	const char *step; /* its name in texts */
	int64_t limit_ms;
	int64_t bytes;
	const char *cure;
};

extern const struct sl_phase_limit sl_phases[SL_PHASE_COUNT];

/* Fills `text` with "STEP: FOUND; CURE", strangers' bytes made printable. */
void sl_verdict_text(
    struct smartlic_outcome *ret, const char *step, const char *found, const char *cure);

/* Puts before the text to whom it was, and by way of whom; proxy NULL: of nobody. */
void sl_verdict_place(struct smartlic_outcome *ret, const struct sl_destination *to,
    const struct sl_destination *proxy);

/* libcurl gave up.  detail is its own text, or "". */
struct sl_verdict_failure {
	int code; /* a CURLcode */
	enum sl_phase phase;
	int os_errno;
	int proxy_status;   /* of the proxy's answer to CONNECT; 0: none, or fine */
	size_t got;         /* bytes of the answer */
	const char *detail; /* libcurl's own text, or "" */
	const char *tls;    /* why the certificate was refused, or "" */
	int is_list;        /* it was not the authority that was asked */
	int by_proxy;       /* which has opened the way, or said so */
	int asked;          /* the server wanted a certificate of this device */
	const char *source; /* why no connection could be tried from the source, or "" */
};
void sl_verdict_failed(struct smartlic_outcome *ret, const struct sl_verdict_failure *f);

/* The phase, or the whole in it, lasted for so many seconds. */
void sl_verdict_slow(struct smartlic_outcome *ret, enum sl_phase phase, int64_t seconds);

/* An HTTP answer is complete: a body for the agent to judge, or a failure. */
struct sl_verdict_answer {
	int status;
	const char *type;        /* Content-Type, or NULL */
	const char *location;    /* of a redirect, or NULL */
	const char *retry_after; /* header fields, or NULL */
	const char *date;
	int by_proxy;            /* in the way of http; what it answers for itself ends there */
	const char *proxy_error; /* a header field that tells its own answers, or NULL */
	const void *body;
	size_t len;
};
/* The same for a revocation list. */
void sl_verdict_list(struct smartlic_outcome *ret, const struct sl_verdict_answer *a);
void sl_verdict_answered(struct smartlic_outcome *ret, const struct sl_verdict_answer *a);

#endif
