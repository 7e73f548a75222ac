/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_TRANSPORT_H
#define SMARTLIC_TRANSPORT_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include <smartlic/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * How messages travel.  A transport is a table of functions, found in a shared
 * object smartlic-transport-NAME.so under the symbol smartlic_transport_NAME
 * ('-' in the name becomes '_'), or linked into the library from the same source.
 * It needs no symbol of the library.  One thread at a time per opened transport.
 */
#define SMARTLIC_TRANSPORT_ABI 1u

/* True if a table or struct (by its size member) reaches as far as `member`. */
#define SMARTLIC_OPS_HAS(p, member)                                                                \
	((p)->size >=                                                                              \
	    (size_t)((const char *)&(p)->member - (const char *)(p)) + sizeof((p)->member))

enum smartlic_transport_flags {
	/* The answer may come days later, in another process: no time-out, no backoff,
	 * an answer to something else is skipped.  The request stays open after a body; deadline
	 * is in the past only while there is something to do at once. */
	SMARTLIC_TRANSPORT_DEFERRED = 1,
	/* A request may come to a destination that has not been talked to before, so that each
	 * bears the certificates of its signer. */
	SMARTLIC_TRANSPORT_MANY = 2,
	SMARTLIC_TRANSPORT_FORCE_INT32 = INT32_MAX
};

/* What the library lends to a transport; valid until close returns. */
struct smartlic_host {
	size_t size;
	void *ctx;
	int64_t (*mono_ms)(void *ctx);
	void (*log)(void *ctx, int level, const char *text); /* enum smartlic_log_level */
};

/* One option; several may have the same key.  Unknown keys are ignored. */
struct smartlic_option {
	const char *key;   /* "destination", "name-server", "trust-anchor-pem", "crl", … */
	const char *value; /* terminated; `len` bytes without the NUL */
	size_t len;
};

/* A request to deliver; borrowed for the time of the call. */
struct smartlic_message {
	size_t size;
	const char *type;       /* "register" */
	const char *request_id; /* UUID, the same for every repetition */
	const char *pid, *sn, *uuid;
	int64_t sequence;
	int64_t floor_ms; /* the moment by which certificates' ends are judged, since 1970 */
	const void *body; /* DER */
	size_t len;
	/* the newest revocation lists that answers brought, verified, DER, one after another */
	const void *lists;
	size_t lists_len;
	/* in a test: the id of the request of this device that is open; NULL where none is.  Only
	 * where SMARTLIC_OPS_HAS it */
	const char *pending_id;
};

enum smartlic_outcome_kind {
	SMARTLIC_OUTCOME_BODY = 0,   /* a body arrived that may be an answer */
	SMARTLIC_OUTCOME_FAILED = 1, /* communication failure: text says where and what to do */
	SMARTLIC_OUTCOME_CONFIG = 2, /* an option cannot be used: text names it and the cure */
	SMARTLIC_OUTCOME_FORCE_INT32 = INT32_MAX
};

struct smartlic_outcome {
	size_t size; /* set by the caller */
	int32_t kind;
	int32_t http_status;    /* 0 where there was none */
	int64_t retry_after_ms; /* -1 where the peer named none */
	const void *body;       /* borrowed until the next call on the transport */
	size_t len;
	char text[400];
	/* the URL of the destination that this came from, or that was tried last; borrowed like the
	 * body.  NULL where there is none to name.  Only where SMARTLIC_OPS_HAS it. */
	const char *peer;
};

enum smartlic_grade {
	SMARTLIC_GRADE_GOOD = 0,
	SMARTLIC_GRADE_WARNING = 1, /* it works, but not as it should */
	SMARTLIC_GRADE_BAD = 2,     /* here the way ends */
	SMARTLIC_GRADE_SKIPPED = 3, /* it was not looked at */
	SMARTLIC_GRADE_FORCE_INT32 = INT32_MAX
};

/* One thing that `license smart test` has looked at. */
struct smartlic_finding {
	size_t size;      /* set by the caller */
	int32_t grade;    /* enum smartlic_grade */
	char place[300];  /* the destination, as a URL; "" where it is about none */
	char subject[24]; /* "route" */
	char found[400];
	char meaning[300];
	char cure[400]; /* "" where there is nothing to do */
	/* what came back, where something did that may be an answer; borrowed until the next call
	 */
	const void *body;
	size_t len;
};

struct smartlic_transport_ops {
	size_t size;
	uint32_t abi;     /* SMARTLIC_TRANSPORT_ABI */
	const char *name; /* [a-z0-9-]{1,32}, equal to that of the file and symbol */
	const char *summary;
	uint32_t flags; /* enum smartlic_transport_flags */

	/* Makes a transport; options are copied, host is borrowed until close.  On failure an
	 * enum smartlic_error_code, *ret is left, and `text` (cap bytes, always terminated) says
	 * which option and why. */
	int (*open)(void **ret, const struct smartlic_host *host,
	    const struct smartlic_option *options, size_t n, char *text, size_t cap);
	void (*close)(void *tp);
	/* Takes a request and forgets the one before; never blocks.  The same request id again is
	 * harmless: after a restart the agent submits once more.  0 or an error code. */
	int (*submit)(void *tp, const struct smartlic_message *request);
	/* Goes on without blocking.  1: *ret is filled (all but size) and the request is over;
	 * 0: not yet, or there is none. */
	int (*step)(void *tp, struct smartlic_outcome *ret);
	/* Forgets the request at once; harmless when there is none. */
	void (*cancel)(void *tp);
	/* Fills at most *n descriptors to wait for and sets *n to how many there are; 0, or
	 * 1 when there are more than fit.  None without a request. */
	int (*pollfds)(void *tp, struct pollfd *fds, size_t *n);
	/* mono_ms at which step must be called though no descriptor is ready; INT64_MAX: none, and
	 * without a request. */
	int64_t (*deadline)(void *tp);
	/* Table of version 1 ends here; later members: SMARTLIC_OPS_HAS before use, and they may be
	 * 0. */

	/* As submit, but the request, which no authority executes, goes to every destination, and
	 * finding is called in the place of step. */
	int (*test)(void *tp, const struct smartlic_message *request);
	/* Goes on without blocking.  1: *ret is filled (all but size); 0: not yet; 2: that was
	 * all. */
	int (*finding)(void *tp, struct smartlic_finding *ret);
};

#if defined(__GNUC__)
#define SMARTLIC_TRANSPORT_EXPORT __attribute__((visibility("default")))
#else
#define SMARTLIC_TRANSPORT_EXPORT
#endif

#ifdef __cplusplus
}
#endif
#endif
