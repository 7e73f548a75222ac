/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_REPLY_H
#define SL_REPLY_H

#include "crypto.h"
#include "message.h"

/* JSON → checked struct, the device's reading of doc/protocol.md, Response.  Pure. */

enum sl_reply_status { SL_REPLY_OK = 1, SL_REPLY_ERROR, SL_REPLY_PENDING };

enum sl_compliance { SL_AUTHORIZED = 1, SL_OUT_OF_COMPLIANCE, SL_RESERVED };

struct sl_reply_entitlement {
	char tag[SL_TAG_SIZE];
	int64_t count;
	enum sl_compliance status;
	char name[128];
	char description[256];
	char version[32];
};

struct sl_authorization {
	int present;
	enum sl_compliance status;
	int64_t deadline_s;
	struct sl_reply_entitlement *entitlements;
	size_t n_entitlements;
};

struct sl_policy { /* seconds; -1 where the answer has none */
	int64_t renew_after_s, next_contact_s, ooc_poll_s, retry_s, collect_s, report_s;
	int export_controlled_allowed; /* -1 none, 0, 1 */
};

/* Texts that people read (names, messages) are cut to their room and hold no control characters. */
struct sl_reply {
	enum sl_msg_type type; /* 0: one that this version does not have; its body is not read */
	enum sl_reply_status status;
	char request_id[37];     /* "" in advice */
	char request_sha256[65]; /* "" in advice */
	struct sl_udi udi;       /* zero in advice */
	char instance[37];       /* "" in register's and advice */
	char ledger[37];
	int64_t time_s;
	int64_t synchronised_s; /* a satellite's: of its last synchronisation; INT64_MIN none */
	/* status error or pending */
	struct {
		enum sl_denial code;
		char name[40]; /* as sent */
		char message[256];
		int64_t retry_after_s; /* -1 none */
		int64_t sequence;      /* -1 none */
		char home[40];
		char versions[64], least[16]; /* for printing: "1, 2" */
		char removed_by[128];
		int64_t removed_at_s; /* INT64_MIN none */
	} error;
	/* status ok */
	char body_instance[37];
	struct sl_buf *certificates; /* DER each, leaf first */
	size_t n_certificates;
	char token_answer[65];
	char smart_account[256], virtual_account[256];
	int64_t registration_expires_s;
	struct sl_policy policy;
	struct sl_authorization authorization;
	int64_t acknowledged; /* report; -1: not said */
	char reservation[37]; /* authorize: which is open; "": none */
	char code[SL_CODE_SIZE]; /* reserve, whose authorization's deadline is its end */
};

/* Strict JSON and shapes (SMARTLIC_E_JSON); what the message is bound to is not looked at, but for
 * `msg`: another value is SMARTLIC_E_BINDING. */
int sl_reply_read(struct sl_reply **ret, const char *text, size_t len, struct smartlic_error *err);
void sl_reply_free(struct sl_reply *reply);

#endif
