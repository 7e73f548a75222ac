/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_REQUEST_READ_H
#define MANAGER_REQUEST_READ_H

#include "buffer.h"
#include "ledger/records.h"
#include "message.h"

/*
 * JSON → checked struct, the authority's reading of doc/protocol.md, Request.  Pure.
 */
#define REQUEST_USAGE_MAX 256 /* tags */
#define REQUEST_COUNT_MAX INT64_C(1000000000)
#define REQUEST_SAMPLES_MAX 4096
#define REQUEST_HOURS_MAX    LEDGER_SAMPLE_HOURS_MAX
#define REQUEST_RETURNED_MAX 8
#define REQUEST_ROOTS_MAX    16

struct request {
	/* What could be read of these is there even when the rest was refused, so that the answer
	 * can be bound to it: 0 or "" where it could not. */
	char type_name[17]; /* also of a type that this version does not have */
	enum sl_msg_type type;
	char request_id[SL_UUID_SIZE];
	char instance[SL_UUID_SIZE];
	int has_udi;
	struct sl_udi udi;

	int64_t slx; /* of unsupported_version: the other side's */
	enum sl_denial denial; /* SL_DENIED_NONE: all below was read */
	int has_header;        /* all but the body was; the rule of order can judge it */
	int64_t sequence;
	char store[SL_UUID_SIZE];
	/* the begins of its anchors' key identifiers, where it says them */
	char roots[REQUEST_ROOTS_MAX][LEDGER_ROOT_SIZE];
	size_t n_roots;
	/* register, renew-id; of register also where something else is wrong, so that the
	 * signature can be judged */
	struct sl_buf csr;
	/* register */
	unsigned char token_id[SL_TOKEN_ID_LEN];
	char token_hex[2 * SL_TOKEN_ID_LEN + 1];
	char token_proof[SL_SHA256_HEX];
	int force;
	char hostname[256];
	/* authorize; register where it came; reserve, of which it is what is to be reserved: counts
	 * of at least 1, each tag once */
	int has_usage;
	struct ledger_usage *usage;
	size_t n_usage;
	/* report */
	struct ledger_sample *samples;
	size_t n_samples;
	/* return: ids of reservations */
	char returned[REQUEST_RETURNED_MAX][SL_UUID_SIZE];
	size_t n_returned;
	/* all of it, of a type that this version of the devices' protocol does not have: a message of
	 * 256 KB is parsed once.  NULL: it was none, or no JSON. */
	json_t *root;
};

/* 0, also for what is to be denied: ret->denial then says how and err why.  < 0: no memory.
 * Release in both cases. */
int request_read(struct request *ret, const void *content, size_t len,
    struct smartlic_error *err);
/* Does the device say that it has this root? */
int request_has_root(const struct request *request, const char root[LEDGER_ROOT_SIZE]);
/* Is everything there that an answer must repeat to be bound? */
int request_is_named(const struct request *request);
void request_release(struct request *request);

/* One of a list of samples; i: its place there. */
int request_sample_read(
    struct ledger_sample *ret, const json_t *sample, size_t i, struct smartlic_error *err);

#endif
