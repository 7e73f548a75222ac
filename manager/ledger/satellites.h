/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SATELLITES_H
#define MANAGER_SATELLITES_H

#include "ledger/records.h"

/*
 * Satellites (doc/decisions/satellites.md): what the upstream knows of each of them, what a
 * satellite knows of its upstream, and which rows the other side has yet to be told.  Functions
 * that change something run inside the caller's transaction.
 */

/* ---- the upstream --------------------------------------------------------- */

enum satellite_state { SATELLITE_INVITED = 1, SATELLITE_JOINED, SATELLITE_LEFT };

struct ledger_satellite {
	char name[LEDGER_NAME_SIZE];
	enum satellite_state state;
	char token[2 * SL_TOKEN_ID_LEN + 1]; /* of its invitation; stands for its tokens too */
	int64_t token_expires_s;
	char home[SL_UUID_SIZE]; /* "" until it joined */
	char ca_ski[LEDGER_SKI_HEX], ca_serial[PKI_SERIAL_HEX];
	char version[64];                              /* of its program */
	char tls_names[1024];                          /* one a line */
	int64_t created_s, joined_s, synced_s, left_s; /* DB_NULL_INT: not yet */
	int64_t sequence;                              /* of its last synchronisation */
	int64_t acknowledged;                          /* up to which of its changes are here */
	char root[LEDGER_ROOT_SIZE]; /* which of the authority's next roots it has; "": none */
};
/* From then on without one, it is an alert, its signer has ended. */
#define SATELLITE_OVERDUE_S (30 * INT64_C(86400))
#define SATELLITE_EXPIRED_S (90 * INT64_C(86400))

/* Virtual accounts by name; the first takes devices that come from elsewhere.  Refused: the default
 * one, another satellite's, and one with valid tokens. */
int ledger_satellite_create(struct ledger *l, const char *name, const char *const *vas, size_t n,
    const char *tls_names, const unsigned char token[SL_TOKEN_ID_LEN], int64_t expires_s,
    int64_t now_s, struct smartlic_error *err);
/* Of all accounts, those that are at work, with the newest certificate of their CA. */
int ledger_satellite_each_joined(struct ledger *l,
    int (*fn)(void *ud, const char *name, const char *root, const void *ca, size_t len), void *ud,
    struct smartlic_error *err);
/* 1 found, 0 not. */
int ledger_satellite_by_name(
    struct ledger *l, const char *name, struct ledger_satellite *ret, struct smartlic_error *err);
int ledger_satellite_by_home(
    struct ledger *l, const char *home, struct ledger_satellite *ret, struct smartlic_error *err);
int ledger_satellite_by_token(
    struct ledger *l, const char *token, struct ledger_satellite *ret, struct smartlic_error *err);
/* What a join made of it; ca: DER. */
int ledger_satellite_join(struct ledger *l, const struct ledger_satellite *s, const void *ca,
    size_t len, int64_t now_s, struct smartlic_error *err);
/* After a synchronisation: sequence, acknowledged, version, synced_s. */
int ledger_satellite_put(
    struct ledger *l, const struct ledger_satellite *s, struct smartlic_error *err);
/* It serves no more: its instances and virtual accounts are this home's, its CA is revoked. */
int ledger_satellite_end(struct ledger *l, const struct ledger_satellite *s, const char *who,
    const char *what, int64_t now_s, struct smartlic_error *err);
int ledger_satellite_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_satellite *satellite), void *ud,
    struct smartlic_error *err);
/* The certificate of a satellite's CA, as it was issued last: 1, 0 not joined. */
int ledger_satellite_ca_get(
    struct ledger *l, const char *name, struct sl_buf *ret_der, struct smartlic_error *err);
/* Certificates of all satellites' CAs. */
int ledger_satellite_each_ca(struct ledger *l, int (*fn)(void *ud, const void *der, size_t len),
    void *ud, struct smartlic_error *err);
/* The CAs that the list of their issuer is to name. */
int ledger_satellites_revoked(
    struct ledger *l, struct pki_revoked **ret, size_t *ret_n, struct smartlic_error *err);
/* The virtual accounts of a satellite, the first one first. */
int ledger_satellite_each_va(struct ledger *l, const char *name,
    int (*fn)(void *ud, int64_t va, const char *va_name), void *ud, struct smartlic_error *err);
/* The name of the satellite that serves a virtual account; 1, or 0: this home does. */
int ledger_va_satellite(
    struct ledger *l, int64_t va, char ret[LEDGER_NAME_SIZE], struct smartlic_error *err);
/* The token that stands for those of the satellite whose CA has this key: 1, or 0: none has. */
int ledger_satellite_token_of(struct ledger *l, const unsigned char ski[SL_SKI_LEN],
    char ret[2 * SL_TOKEN_ID_LEN + 1], struct smartlic_error *err);
/* Raises and clears the alert of satellites that do not synchronise; at a satellite, its own. */
int ledger_satellites_watch(struct ledger *l, int64_t now_s, struct smartlic_error *err);
/* Marks all instances of its home as changed for it. */
int ledger_satellite_mark_all(struct ledger *l, const char *home, struct smartlic_error *err);

/* What was bought for the virtual accounts of a satellite. */
int ledger_satellite_each_pool(struct ledger *l, const char *name, int64_t now_s,
    int (*fn)(void *ud, int64_t va, const char *tag, int64_t quantity), void *ud,
    struct smartlic_error *err);
/* Another certificate of its CA. */
int ledger_satellite_ca(
    struct ledger *l, const struct sl_cert *cert, const char *name, struct smartlic_error *err);

/* Licenses moved from one virtual account of a satellite to another. */
struct ledger_transfer {
	char id[SL_UUID_SIZE];
	char tag[SL_TAG_SIZE];
	int64_t from_va, to_va, quantity, at_s;
};
/* Moves them unless that was done, or they are not there (any more). */
int ledger_transfer_apply(
    struct ledger *l, const struct ledger_transfer *t, struct smartlic_error *err);

/* How it stands, in a word: "invited", "joined", "overdue" after 30 days without synchronisation,
 * "expired" after 90, "left". */
const char *ledger_synchronised(int64_t synced_s, int64_t now_s); /* of one that has joined */
const char *ledger_satellite_status(const struct ledger_satellite *s, int64_t now_s);

/* ---- the satellite -------------------------------------------------------- */

struct ledger_upstream {
	char home[SL_UUID_SIZE];   /* the upstream's */
	char ledger[SL_UUID_SIZE]; /* the one that answered last */
	char own[SL_UUID_SIZE];    /* our ledger then: another one means that ours was restored */
	char url[512];
	char token[2 * SL_TOKEN_ID_LEN + 1]; /* stands for the tokens of instances from there */
	int64_t va;                          /* where devices from elsewhere go */
	int64_t joined_s, synced_s, tried_s, left_s; /* DB_NULL_INT: never */
	char failed[256];                            /* why the last one failed; "" */
	int64_t cursor, acknowledged, sequence;
	/* the request whose answer is awaited, "" none; and the one that went out as a file */
	char request_id[SL_UUID_SIZE], sha256[SL_SHA256_HEX];
	char exported_id[SL_UUID_SIZE], exported_sha256[SL_SHA256_HEX];
};
/* How this satellite stands, in the upstream's words: "joined", "overdue", "expired", "left". */
const char *ledger_upstream_status(const struct ledger_upstream *u, int64_t now_s);
/* 1, or 0: this is no satellite. */
int ledger_upstream_get(struct ledger *l, struct ledger_upstream *ret, struct smartlic_error *err);
int ledger_upstream_add(
    struct ledger *l, const struct ledger_upstream *u, struct smartlic_error *err);
int ledger_upstream_put(
    struct ledger *l, const struct ledger_upstream *u, struct smartlic_error *err);
/* All that is at home here or closed is to be told, what came from the upstream too. */
int ledger_upstream_mark_all(struct ledger *l, struct smartlic_error *err);
/* A virtual account that it serves, as the upstream numbers and names it. */
int ledger_upstream_va(struct ledger *l, int64_t va, const char *name, int64_t place, int64_t now_s,
    struct smartlic_error *err);
/* Makes the pool's quantity what the upstream says, plus what was transferred since. */
int ledger_upstream_pool(struct ledger *l, int64_t va, const char *tag, int64_t quantity,
    int64_t now_s, struct smartlic_error *err);
/* Moves licenses between virtual accounts that it serves, and remembers to tell the upstream. */
int ledger_upstream_transfer(struct ledger *l, const char *id, const char *from, const char *to,
    const char *tag, int64_t count, int64_t now_s, struct smartlic_error *err);
/* Those that the upstream does not know of. */
int ledger_transfer_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_transfer *transfer), void *ud,
    struct smartlic_error *err);
int ledger_transfer_told(
    struct ledger *l, const char *id, int64_t now_s, struct smartlic_error *err);
/* Does the upstream know all of it?  1 or 0. */
int ledger_row_is_told(struct ledger *l, const char *instance, struct smartlic_error *err);
/* The request that an instance's row rests on. */
int ledger_evidence_put(struct ledger *l, const char *instance, const void *request, size_t len,
    struct smartlic_error *err);
int ledger_evidence_get(
    struct ledger *l, const char *instance, struct sl_buf *ret, struct smartlic_error *err);

/* Samples that the upstream has yet to be told: a page of them (ledger/sample_page.h), each under
 * one number, in the order in which they came.  instance and va: of the last report among them. */
struct ledger_told_samples {
	char instance[SL_UUID_SIZE], store[SL_UUID_SIZE];
	int64_t va, told;
	const struct ledger_sample *samples;
	size_t n;
};
int ledger_samples_each_untold(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_told_samples *samples), void *ud,
    struct smartlic_error *err);
/* Those up to a number are told: when they are old enough they may be removed. */
int ledger_samples_told(struct ledger *l, int64_t upto, struct smartlic_error *err);
/* All that are kept are to be told once more. */
int ledger_samples_untold(struct ledger *l, struct smartlic_error *err);

/* ---- both ----------------------------------------------------------------- */

/* Does this home serve the virtual account?  1 or 0. */
int ledger_va_here(struct ledger *l, int64_t va, struct smartlic_error *err);
/* The other side is to be told of this instance. */
int ledger_change_mark(
    struct ledger *l, const char *peer, const char *instance, struct smartlic_error *err);
/* Is it to be told of this instance after that change, 0: was it ever?  1 or 0. */
int ledger_change_is_after(struct ledger *l, const char *peer, const char *instance, int64_t after,
    struct smartlic_error *err);
/* The next changes after a number, oldest first; a satellite tells only of what is at home
 * there, or closed. */
int ledger_change_each(struct ledger *l, const char *peer, int64_t after, size_t max,
    int (*fn)(void *ud, int64_t change, const char *instance), void *ud,
    struct smartlic_error *err);
/* What befell an instance here is marked for who must know: a satellite's upstream, or the
 * satellite that it is at home at. */
int ledger_row_changed(struct ledger *l, const struct ledger_row *row, struct smartlic_error *err);
/* The same where it was closed: every satellite that has it from here is told, so that none takes
 * an old request of it. */
int ledger_row_tell_end(struct ledger *l, const struct ledger_row *row, struct smartlic_error *err);
/* Takes an instance whose home was another one: into this virtual account, nothing held before it
 * is settled. */
int ledger_row_bring(struct ledger *l, struct ledger_row *row, int64_t va, int64_t now_s,
    struct smartlic_error *err);
/* Writes a row as the other side has it, known here or not; its usage, not yet settled. */
int ledger_row_take(struct ledger *l, const struct ledger_row *row, int known,
    struct ledger_usage *usage, size_t n, int64_t now_s, struct smartlic_error *err);
/* All keys of an instance are replaced ones, until it is said again which is not. */
int ledger_key_clear(struct ledger *l, const char *instance, struct smartlic_error *err);
int ledger_key_state(struct ledger *l, const struct ledger_key *key, struct smartlic_error *err);
/* With certificates, oldest first: those that are not replaced and the newest others, `max` of
 * them. */
int ledger_key_each_certificate(struct ledger *l, const char *instance, int64_t max,
    int (*fn)(
	void *ud, const struct ledger_key *key, int64_t issued_s, const void *der, size_t len),
    void *ud, struct smartlic_error *err);
/* The last executed one: 1, or 0: none. */
int ledger_request_last(struct ledger *l, const char *instance, struct ledger_request *ret,
    struct sl_buf *ret_body, struct smartlic_error *err);

/*
 * Reservations as the other side has them (doc/decisions/satellites.md): the latest of an instance,
 * the newest first; one of its home's, taken in: closed is final, and of two open ones the later
 * stays; all of an instance that is at home elsewhere now.
 */
int ledger_reservation_each_of(struct ledger *l, const char *instance, int64_t max,
    int (*fn)(void *ud, const struct ledger_reservation *reservation), void *ud,
    struct smartlic_error *err);
int ledger_reservation_merge(struct ledger *l, const struct ledger_row *row,
    const struct ledger_reservation *reservation, const struct ledger_usage *licenses, size_t n,
    int64_t now_s, struct smartlic_error *err);
int ledger_reservation_forget(
    struct ledger *l, const struct ledger_row *row, int64_t now_s, struct smartlic_error *err);

#endif
