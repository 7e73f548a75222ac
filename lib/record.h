/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_RECORD_H
#define SL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include <smartlic/status.h>

#include "buffer.h"
#include "clock.h"
#include "crypto.h"
#include "message.h"
#include "policy.h"
#include "timers.h"
#include "usage.h"

/*
 * All that the agent must know after a power cut, and its persisted form.  Pure.
 *
 * The form is "SLR" and a version byte, then fields in ascending order of their numbers: number
 * (2 bytes), length (4 bytes), value; all integers little-endian.  A field that is left out has
 * its initial value.  A reader passes over numbers that it does not know: a field may be added
 * without a new version only if an older agent may safely lose it.
 */
#define SL_RECORD_VERSION   1
#define SL_RECORD_MAX       (2 * 1024 * 1024)
#define SL_RECORD_ITEMS_MAX 4096 /* entitlements, counts */
#define SL_RECORD_BLOBS_MAX 256  /* certificates, lists */
#define SL_INSTANCE_SIZE    37
#define SL_ACCOUNT_SIZE     64
#define SL_REASON_SIZE      400
#define SL_PEER_SIZE        300

/* Some pieces of bytes (DER). */
struct sl_blobs {
	struct sl_buf *item;
	size_t n;
};

/* What the device is known by: key (PKCS#8) and certificates, leaf first, without the root. */
struct sl_identity {
	char instance[SL_INSTANCE_SIZE]; /* "": there is none */
	char account[SL_ACCOUNT_SIZE];   /* O of the leaf */
	struct sl_buf key;
	struct sl_blobs certs;
};

/* The request that waits for its answer; type 0: none does. */
struct sl_open {
	int32_t type; /* enum sl_msg_type */
	char request_id[37];
	char sha256[65];
	char instance[SL_INSTANCE_SIZE]; /* as in its header; "" for register */
	char account[SL_ACCOUNT_SIZE];
	struct sl_udi udi; /* a deregistration outlives the identity */
	int64_t sequence;
	int64_t since_ms; /* by the wall clock, for printing */
	int64_t floor_s;
	int64_t made_elapsed_ms; /* by the clock's elapsed time … */
	int32_t over_boot;       /* … since when the device was off, nobody knows how long */
	char token_answer[65];   /* register */
	unsigned char csr_ski[SL_SKI_LEN]; /* register, renew-id */
	struct sl_buf key;                 /* register, renew-id: PKCS#8 of the new key */
	struct sl_buf content;             /* the bytes to sign; for deregister: the signed ones */
	int64_t last_n;                    /* report: the last sample that it carries */
};

struct sl_attempt {
	int32_t outcome; /* enum smartlic_attempt_outcome */
	int32_t code;
	int64_t time_ms;
	char reason[SL_REASON_SIZE];
};

struct sl_granted { /* an entitlement as last answered */
	char tag[SL_TAG_SIZE];
	int64_t count;
	int32_t status; /* enum smartlic_authorization */
	char name[128];
	char description[256];
	char version[32];
};

#define SL_RETURNED_MAX 8

/* What the authority counts for this device until its end, whether it calls or not. */
struct sl_reservation {
	char id[37]; /* of the request that made it; "": there is none */
	char code[SL_CODE_SIZE];
	int64_t ends_s;          /* by the authority's clock */
	struct sl_counted *item; /* by_inventory is not used */
	size_t n;
	char returned[SL_RETURNED_MAX][37]; /* ids of those that are to be given back */
	size_t n_returned;
};

struct sl_evaluation {
	int64_t
	    left_ms; /* while it does not run; SL_TIMER_EVAL_END has what is left while it does */
	int64_t ended_ms; /* by the wall clock, for printing; SL_NO_TIME before */
	int32_t warned;   /* that it is about to end was said */
};

/* Bits of what the host has been told, appended only: they are kept. */
enum sl_said {
	SL_SAID_ENABLED = 1,
	SL_SAID_RENEWAL_HELD_UP = 2,
	SL_SAID_ID_EXPIRING = 4,
	SL_SAID_ID_OUTSIDE = 8,
	SL_SAID_ANCHOR_EXPIRING = 16,
	SL_SAID_INVENTORY_EMPTY = 32,
	SL_SAID_HOSTNAME = 64,
};

struct sl_record {
	char store_id[37];
	struct sl_udi udi; /* whose store this is; pid "" before the first */
	char ledger[37];
	int32_t registration;  /* enum smartlic_registration */
	int32_t authorization; /* enum smartlic_authorization */
	int32_t removed;       /* the authority does not know the instance any more … */
	char removed_by[128];  /* … and said who has removed it; "": it did not */
	int64_t removed_at_s;  /* and when, by its clock */
	int32_t said;          /* enum sl_said: what was said and holds still */
	int32_t comm_failed;   /* said already; the next success says that it is over */
	struct sl_clock clock;
	int64_t wall_ms; /* what the wall clock said when the clock above was true */
	struct sl_timers timers;
	struct sl_identity current;
	struct sl_identity previous; /* kept until an answer to the current one was applied */
	struct sl_blobs certs;       /* of verified chains */
	struct sl_blobs crls;
	/* roots that answers brought, each before the certificate by which an anchor vouches for it:
	 * anchors as long as that one is */
	struct sl_blobs roots;
	int64_t sequence; /* of the last request of this instance */
	struct sl_open open;
	int64_t authorization_since_ms;
	int64_t deadline_s;                 /* of communication, by the authority's clock */
	int64_t registration_expires_s;     /* by the authority's clock */
	int64_t renew_due_s;                /* likewise, of the identity */
	int64_t id_from_s;                  /* the ID certificate's notBefore */
	char anchors_sha256[SL_SHA256_HEX]; /* those of the last start; "": none yet */
	char answered_by[SL_PEER_SIZE];     /* the destination of the last answer; "": none told */
	int64_t synchronised_s;             /* a satellite's, when that has answered last … */
	int64_t behind_s;                   /* … and how long before that answer it was … */
	int64_t behind_elapsed_ms;          /* … by the clock's elapsed time */
	char smart_account[256];
	char virtual_account[256];
	struct sl_policy policy;
	struct sl_attempt initial_registration;
	struct sl_attempt last_renewal;
	struct sl_attempt last_communication;
	struct sl_granted *granted;
	size_t n_granted;
	struct sl_counted *counted;
	size_t n_counted;
	struct sl_usage_book usage;
	struct sl_evaluation evaluation;
	struct sl_reservation reservation;
};

/* A fresh device's. */
void sl_record_init(struct sl_record *record);
/* Frees what it holds, overwriting keys, and leaves it fresh. */
void sl_record_clear(struct sl_record *record);

/*
 * A change is made on a copy: `next = *record`, in which members that own memory are replaced,
 * moved to another such member or zeroed, but never changed in place.  Then the whole of it either
 * becomes the record or is dropped; each frees what only the other one owned.
 */
void sl_record_adopt(struct sl_record *record, struct sl_record *next);
void sl_record_drop(struct sl_record *next, struct sl_record *record);

/* Appends the persisted form. */
int sl_record_write(struct sl_buf *ret, const struct sl_record *record, struct smartlic_error *err);
/* SMARTLIC_E_STORE_VERSION for another version, SMARTLIC_E_STORE for bytes that are no record;
 * *ret is written on success only and then is the caller's to clear. */
int sl_record_read(
    struct sl_record *ret, const void *bytes, size_t len, struct smartlic_error *err);

void sl_identity_clear(struct sl_identity *identity);
void sl_open_clear(struct sl_open *open);
/* In a copy, see above: no request is open, nothing is to be sent.  Frees nothing, since the record
 * may own it still. */
void sl_record_close(struct sl_record *next);
void sl_blobs_clear(struct sl_blobs *blobs);
/* Appends a copy; 0 or SMARTLIC_E_NOMEM, SMARTLIC_E_LIMIT. */
int sl_blobs_add(struct sl_blobs *blobs, const void *data, size_t len, struct smartlic_error *err);

#endif
