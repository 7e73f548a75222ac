/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_ORDER_H
#define MANAGER_ORDER_H

#include <stdint.h>

/*
 * The rule for order, repeats and clones of an instance's requests (doc/protocol.md), as a pure
 * function of what the ledger says of one request whose signature was good.
 */
enum order_key {
	ORDER_KEY_UNKNOWN = 0, /* certified by us, but not in the ledger */
	ORDER_KEY_OPEN,        /* issued or current */
	ORDER_KEY_REPLACED,
};

struct order_facts {
	int identity_matches; /* UDI and instance of the request, and those of the certificate */
	int id_known;
	int same_digest;   /* of the request that has this id */
	int result_kept;   /* of the request that has this id */
	int deregister;    /* it is a deregister request */
	int closed;        /* the instance is */
	int later_used;    /* one of this UDI issued later is live, or was */
	enum order_key key;
	int64_t sequence;
	int64_t highest;   /* accepted so far; 0 before the first */
	int sequence_used; /* by another id that is kept */
};

enum order_verdict {
	ORDER_EXECUTE = 1,
	ORDER_REPEAT, /* answer with the stored result */
	ORDER_BAD_REQUEST,
	ORDER_INSTANCE_REMOVED,
	ORDER_SUPERSEDED,
	ORDER_BAD_SIGNATURE,
	ORDER_OUT_OF_SYNC,
};

enum order_alert { ORDER_QUIET = 0, ORDER_ALERT_CLONE, ORDER_ALERT_REPLACED_KEY };

/* How far a sequence may run ahead of the highest accepted one: cancelled requests use some up. */
#define ORDER_SEQUENCE_AHEAD (INT64_C(1) << 20)

enum order_verdict order_judge(const struct order_facts *facts, enum order_alert *ret_alert);

#endif
