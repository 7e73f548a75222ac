/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_ORACLE_H
#define TESTS_SUPPORT_ORACLE_H

#include "envelope.h"
#include "message.h"
#include "tests/support/pki.h"

/*
 * An authority for one device, in memory, that says what a test tells it to: it keeps results by
 * request id and counts what it executed, so that "exactly once" can be seen.  The rules of the
 * real one are in manager/authority; this one only plays its part in the agent's tests.
 */
#define ORACLE_RESULTS      64 /* the last ones */
#define ORACLE_SAMPLES      65536
#define ORACLE_KEYS         64
#define ORACLE_TOKEN        "AT8aK0wAAQIDBAUGBwgJCum7TbBp-Ofy5uOUKJO-XdJB0PeAeZ-KNLuNSu-jydRC"
#define ORACLE_TOKEN_SECRET "e9bb4db069f8e7f2e6e3942893be5dd241d0f780799f8a34bb8d4aefa3c9d442"

struct oracle_result {
	char request_id[37];
	char sha256[65];
	enum sl_msg_type type;
	char instance[37]; /* of the answer's header */
	char *body;        /* JSON */
};

/* A reported sample, by its key. */
struct oracle_sample {
	char tag[SL_TAG_SIZE];
	int64_t n, start_s, hours, max, last;
};

struct oracle {
	struct tpki pki; /* borrowed, like the next */
	struct smartlic_crypto *crypto;
	int64_t now_s;

	/* what it says next; `times` counts down with each answer of that kind */
	const char *deny;      /* an error's code, "pending", or NULL */
	long deny_times;       /* < 0: always */
	int64_t deny_sequence; /* -1: none */
	int64_t deny_retry_after_s;
	const char *deny_removed_by; /* NULL: it does not say */
	int64_t deny_removed_at_s;
	int advice;      /* the denial is not bound to the request */
	int forget_keys; /* it knows no key by its identifier */
	int out_of_compliance;
	const char *short_of; /* then, of this tag alone; NULL: of each */
	int reserved;
	int reference_names; /* entitlements are named as in the reference's examples */
	int usage_twice;     /* the answer counts twice what was asked */
	char policy[400];    /* JSON members, without braces */
	int64_t id_life_s, auth_life_s, reserve_life_s;
	int64_t crl_life_s;
	int no_lists;
	int certs_always;
	int satellite;          /* it is the account's, and not the authority itself */
	int64_t synchronised_s; /* what it says of that; 0: nothing */

	/* what it saw */
	long received, executed, repeated;
	long executed_of[8]; /* by enum sl_msg_type */
	/* what is reserved; a test may end it by an id "", or make it another's */
	char reservation[37];
	struct {
		char tag[SL_TAG_SIZE];
		int64_t count;
	} license[4];
	size_t n_licenses;
	long returned; /* reservations that were open */
	int keeps_reserved; /* a return is confirmed, and changes nothing */
	long with_certs;
	char instance[37];
	int64_t sequence;
	char usage[2048]; /* JSON array of the last authorize */
	int force;        /* of the last register */
	struct sl_cert *key[ORACLE_KEYS];
	size_t n_keys;
	struct oracle_result result[ORACLE_RESULTS]; /* a ring */
	size_t n_results;
	struct oracle_sample *sample; /* by n, which one device gives once, whatever the tag */
	size_t n_samples;
	long samples_again;   /* came twice, the same */
	long samples_unequal; /* came twice, with other values: none ever should */
	int64_t samples_take; /* at most so many of a report are acknowledged; < 0: all */
	const char *ledger;
	unsigned int clone_alerts;
};

void oracle_init(struct oracle *o, const struct tpki *pki);
void oracle_free(struct oracle *o);
/* A signed answer, appended to ret. */
void oracle_answer(struct oracle *o, const void *request, size_t len, struct sl_buf *ret);

#endif
