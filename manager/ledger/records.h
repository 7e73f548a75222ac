/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_RECORDS_H
#define MANAGER_RECORDS_H

#include "buffer.h"
#include "ledger/ledger.h"
#include "pki/pki.h"

/*
 * The ledger as a device's request needs it.  Functions that change something run inside the
 * caller's transaction (ledger_begin_device); those that look something up give 1 found, 0 not.
 * Keys are named by their identifier in hex.
 */
#define LEDGER_SKI_HEX (2 * SL_SKI_LEN + 1)

/* A transaction about one device; those of other devices may run beside it, administrators' do not.
 * It ends with db_commit or db_rollback. */
int ledger_begin_device(struct ledger *l, const struct sl_udi *udi, struct smartlic_error *err);
/* A transaction that runs alone, for all else that changes the ledger; SMARTLIC_E_STATE where it is
 * sealed. */
int ledger_begin(struct ledger *l, struct smartlic_error *err);
/* Selects an account by its id, unasked; "": none, in which nothing is found. */
void ledger_scope(struct ledger *l, const char *account);
/* The directory: whose a key or a token is, whichever account is selected.  1 found, 0 not. */
int ledger_key_home(struct ledger *l, const char *ski, char ret_account[SL_UUID_SIZE],
    struct smartlic_error *err);
int ledger_token_home(struct ledger *l, const char *token, char ret_account[SL_UUID_SIZE],
    struct smartlic_error *err);

enum ledger_state { LEDGER_PENDING = 1, LEDGER_LIVE, LEDGER_CLOSED };

#define LEDGER_ROOT_SIZE 17

/* One product instance. */
struct ledger_row {
	char instance[SL_UUID_SIZE];
	struct sl_udi udi;
	int64_t va;
	char token[2 * SL_TOKEN_ID_LEN + 1];
	char hostname[256];
	enum ledger_state state;
	char closed_why[32], closed_by[128];
	int64_t closed_s;
	int64_t issued_s, contact_s, expires_s;
	int64_t sequence;
	int64_t usage_s;    /* when usage was last accepted; DB_NULL_INT: never */
	int64_t deadline_s; /* DB_NULL_INT before the first authorization */
	int holds;          /* a pool counts something of it, beyond what is reserved */
	int export_controlled; /* it may use such functions */
	int64_t watch_s;       /* when to look for silence; DB_NULL_INT: not */
	int64_t deadline_days; /* of its virtual account; not written */
	struct ledger_policy policy; /* of its virtual account; not written */
	enum ledger_state was; /* as it was read; 0: it was not */
	int64_t was_usage_s, was_deadline_s; /* as the ledger has them, where it was read */
	/* where it is at home, if not here: at a satellite or, at a satellite, the upstream */
	char home[SL_UUID_SIZE];
	int unconfirmed;    /* an administrator has closed a reservation of it, unheard */
	char compliance[24]; /* also "reserved" */
	char root[LEDGER_ROOT_SIZE]; /* which of the authority's next roots it has; "": none */
};
/* What its virtual account says, for one that was not read; 1, or 0. */
int ledger_row_rules(struct ledger *l, struct ledger_row *row, struct smartlic_error *err);
int ledger_row_get(struct ledger *l, const char *instance, struct ledger_row *ret,
    struct smartlic_error *err);
/* The live instance of a UDI. */
int ledger_row_live(struct ledger *l, const struct sl_udi *udi, struct ledger_row *ret,
    struct smartlic_error *err);
/* The latest issued of a UDI, whatever its state; ret "" when there is none. */
int ledger_row_newest(struct ledger *l, const struct sl_udi *udi, char ret[SL_UUID_SIZE],
    struct smartlic_error *err);
/* Is an instance of this UDI live, or was one used until it ended, that was issued later than this
 * one?  It has replaced this one. */
int ledger_row_later_used(struct ledger *l, const struct ledger_row *row,
    struct smartlic_error *err);
/* That another account knows the device too is told in the audit. */
int ledger_row_add(struct ledger *l, const struct ledger_row *row, struct smartlic_error *err);
/* Writes what a request may change: state live, sequence, times, compliance. */
int ledger_row_put(struct ledger *l, const struct ledger_row *row, struct smartlic_error *err);
/* Closes one: nothing is held any more, its certificates are revoked. */
int ledger_row_close(struct ledger *l, const char *instance, const char *why, const char *who,
    int64_t now_s, struct smartlic_error *err);
/* Closes those of the UDI issued before this one: it becomes live. */
int ledger_row_close_earlier(struct ledger *l, const struct ledger_row *row, int64_t now_s,
    struct smartlic_error *err);
/* Of more than eight pending ones the oldest are closed. */
int ledger_row_trim_pending(struct ledger *l, const struct sl_udi *udi, int64_t now_s,
    struct smartlic_error *err);
/* By UUID or serial number, as ledger_instance_find. */
int ledger_row_find(struct ledger *l, const char *uuid_or_serial, struct ledger_row *ret,
    struct smartlic_error *err);
/* Removes an open one and the UDI's pending ones: who did it stays in the ledger. */
int ledger_row_remove(struct ledger *l, const struct ledger_row *row, const char *who,
    int64_t now_s, struct smartlic_error *err);
/* As people are told of it. */
int ledger_row_tell(struct ledger *l, const struct ledger_row *row, struct ledger_instance *ret,
    struct smartlic_error *err);
/* Adds to what became of it; who NULL: nobody. */
int ledger_history_add(struct ledger *l, const char *instance, const char *who, const char *what,
    const char *text, int64_t now_s, struct smartlic_error *err);
int ledger_va_name(struct ledger *l, int64_t va, char ret[LEDGER_NAME_SIZE],
    struct smartlic_error *err);
/* The number of the default virtual account. */
int ledger_va_default(struct ledger *l, int64_t *ret, struct smartlic_error *err);
/* 1; 0: it was deleted. */
int ledger_va_is_open(struct ledger *l, int64_t va, struct smartlic_error *err);
int ledger_va_limits(
    struct ledger *l, int64_t va, struct ledger_limits *ret, struct smartlic_error *err);

struct ledger_usage {
	char tag[SL_TAG_SIZE];
	int64_t count;
	int64_t reserved; /* of this tag for the instance; filled by ledger_usage_set() */
};
/* Remembers the complete usage of an instance (counts of at least 1, each tag once) without
 * counting it.  1: it differs from what was known, or something of it is not held; 0: it is the
 * same and held.  ret_reserved: has it a reservation? */
int ledger_usage_set(struct ledger *l, const char *instance, struct ledger_usage *usage, size_t n,
    int *ret_reserved, struct smartlic_error *err);
/*
 * Makes the pools count what the rule says of a UDI: the usage of its live instance or, without
 * one, of its newest pending one whose register carried usage, until its deadline; of the others
 * nothing.
 */
int ledger_settle(struct ledger *l, const struct sl_udi *udi, int64_t now_s,
    struct smartlic_error *err);
/* Makes a virtual account's pools count nothing of an instance. */
int ledger_release(struct ledger *l, const char *instance, int64_t va, const char *why,
    int64_t now_s, struct smartlic_error *err);
/* Releases what instances of a virtual account hold past their deadline, but for those whose device
 * is just being answered. */
int ledger_release_overdue(struct ledger *l, int64_t va, int64_t now_s,
    struct smartlic_error *err);
/* The same of all accounts, in transactions of its own; nothing is written where nothing is overdue. */
int ledger_release_all_overdue(struct ledger *l, int64_t now_s, struct smartlic_error *err);
/* purchased: whose term it is at now_s. */
int ledger_pool_get(struct ledger *l, int64_t va, const char *tag, int64_t now_s,
    int64_t *ret_purchased, int64_t *ret_consumed, struct smartlic_error *err);

/*
 * Reservations (doc/decisions/reservation.md): what is counted for an instance whatever it uses, and
 * whether it calls or not.  At most one of an instance is open.  `id` is that of the request.
 */
struct ledger_promise {
	char id[SL_UUID_SIZE];
	char code[SL_CODE_SIZE];
	int64_t made_s, ends_s;
};
/* Nobody else reserves until this transaction ends, so that what is free is not promised twice. */
int ledger_lock_free(struct ledger *l, struct smartlic_error *err);
/* Is so much of a tag there for the instance?  1; or 0 and how much is. */
int ledger_is_free(struct ledger *l, const struct ledger_row *row, const char *tag, int64_t count,
    int64_t now_s, int64_t *ret_free, struct smartlic_error *err);
/* It takes the place of the one that is open. */
int ledger_reserve(struct ledger *l, const struct ledger_row *row,
    const struct ledger_promise *promise, const struct ledger_usage *licenses, size_t n,
    int64_t now_s, struct smartlic_error *err);
/* The open one of an instance: 1 and its id, or 0. */
int ledger_reserved(struct ledger *l, const char *instance, char ret_id[SL_UUID_SIZE],
    struct smartlic_error *err);
/* Returned, if it is open. */
int ledger_unreserve(struct ledger *l, const struct ledger_row *row, const char *id, int64_t now_s,
    struct smartlic_error *err);
/* The instance is being closed, and what it has reserved goes with it. */
int ledger_unreserve_closed(struct ledger *l, const struct ledger_row *row, const char *why,
    const char *who, int64_t now_s, struct smartlic_error *err);
/* A device was heard of: what was closed for it is confirmed. */
int ledger_reservation_seen(struct ledger *l, const struct sl_udi *udi, struct smartlic_error *err);
/* Those that have ended are counted no more. */
int ledger_release_ended(struct ledger *l, int64_t now_s, struct smartlic_error *err);
/* The same in a transaction of its own; nothing is written where nothing has ended. */
int ledger_release_all_ended(struct ledger *l, int64_t now_s, struct smartlic_error *err);

/* Keeps them under (UDI, store, tag, n); of unequal ones with one key the larger counts. */
int ledger_samples_add(struct ledger *l, const struct ledger_row *row, const char *store,
    const struct ledger_sample *samples, size_t n, int64_t now_s, struct smartlic_error *err);

enum ledger_key_state { LEDGER_KEY_ISSUED = 1, LEDGER_KEY_CURRENT, LEDGER_KEY_REPLACED };
struct ledger_key {
	char ski[LEDGER_SKI_HEX];
	char instance[SL_UUID_SIZE];
	enum ledger_key_state state;
};
/* ret_certificate: DER, appended; NULL: not wanted. */
int ledger_key_get(struct ledger *l, const char *ski, struct ledger_key *ret,
    struct sl_buf *ret_certificate, struct smartlic_error *err);
int ledger_key_add(struct ledger *l, const struct ledger_key *key, const char *serial,
    const void *certificate, size_t len, int64_t now_s, int64_t expires_s,
    struct smartlic_error *err);
/* When the current key of an instance was issued; DB_NULL_INT where there is none. */
int ledger_key_current_s(struct ledger *l, const char *instance, int64_t *ret_issued_s,
    struct smartlic_error *err);
/* It is another instance's from now on, certified anew. */
int ledger_key_move(struct ledger *l, const struct ledger_key *key, const char *serial,
    const void *certificate, size_t len, int64_t issued_s, int64_t expires_s,
    struct smartlic_error *err);
/* An issued key has signed: it is current, all others of its instance are replaced. */
int ledger_key_promote(struct ledger *l, const struct ledger_key *key,
    struct smartlic_error *err);

/* A request that was executed. */
#define LEDGER_REQUESTS_KEPT 64 /* of an instance, at least, and some more */
struct ledger_request {
	int64_t sequence;
	int64_t before; /* when it is added: the instance's highest until then; 0: not known */
	char request_id[SL_UUID_SIZE];
	char digest[SL_SHA256_HEX];
	char type[16];
	char store[SL_UUID_SIZE];
	int64_t at_s;
	int has_body;
	char denial[24]; /* "": it was executed; else a refusal that is repeated, with the body as text */
};
/* ret_body: appended if it is kept; NULL: not wanted. */
int ledger_request_by_id(struct ledger *l, const char *instance, const char *request_id,
    struct ledger_request *ret, struct sl_buf *ret_body, struct smartlic_error *err);
int ledger_request_by_sequence(struct ledger *l, const char *instance, int64_t sequence,
    struct ledger_request *ret, struct smartlic_error *err);
/* That one is no more, another takes its place. */
int ledger_request_forget(
    struct ledger *l, const char *instance, int64_t sequence, struct smartlic_error *err);
/* What an alert says of a contact. */
void ledger_contact_text(
    char *ret, size_t size, int64_t at_s, const char *request_id, const char *store);
/* Adds the newest; forgets the body of the one before and what is too old. */
int ledger_request_add(struct ledger *l, const char *instance,
    const struct ledger_request *request, const char *body, struct smartlic_error *err);

struct ledger_token_row {
	int64_t va;
	int64_t expires_s, revoked_s;
	int64_t uses, uses_max;
	int export_controlled;
};
/* ledger_token_create inside the caller's transaction. */
int ledger_token_add(struct ledger *l, const struct ledger_token_new *token,
    const unsigned char id[SL_TOKEN_ID_LEN], int64_t now_s, struct smartlic_error *err);
int ledger_token_get(struct ledger *l, const char *token, struct ledger_token_row *ret,
    struct smartlic_error *err);
int ledger_token_used_by(struct ledger *l, const char *token, const struct sl_udi *udi,
    struct smartlic_error *err);
/* 1: the token may register this device, being bound to it or to none. */
int ledger_token_allows(struct ledger *l, const char *token, const struct sl_udi *udi,
    struct smartlic_error *err);
/* Charges a use once per UDI.  1: charged, now or earlier; 0: no use is left. */
int ledger_token_charge(struct ledger *l, const char *token, const struct sl_udi *udi,
    int64_t now_s, struct smartlic_error *err);
int ledger_token_result_get(struct ledger *l, const char *token, const char *request_id,
    char ret_digest[SL_SHA256_HEX], struct sl_buf *ret_body, struct smartlic_error *err);
int ledger_token_result_add(struct ledger *l, const char *token, const char *request_id,
    const char *digest, const char *body, int64_t now_s, struct smartlic_error *err);

int ledger_is_revoked(struct ledger *l, const char *serial, struct smartlic_error *err);
/* What a list is to name, of all accounts: certificates that were revoked and have not ended before `since_s`, the
 * last revoked first, at most `max`; *ret_n of them (free *ret). */
int ledger_revoked(struct ledger *l, int64_t since_s, size_t max, struct pki_revoked **ret,
    size_t *ret_n, struct smartlic_error *err);
/* All that ever were; < 0: failed. */
int64_t ledger_revoked_count(struct ledger *l, struct smartlic_error *err);

/* The newest list of an issuer ("root", "issuing"); revoked: how many certificates ever were when it
 * was made. */
struct ledger_crl {
	int64_t number, made_s, revoked;
};
int ledger_crl_get(struct ledger *l, const char *issuer, struct ledger_crl *ret,
    struct sl_buf *ret_list, struct smartlic_error *err);
/* Keeps the one with the higher number. */
int ledger_crl_put(struct ledger *l, const char *issuer, const struct ledger_crl *crl,
    const void *list, size_t len, struct smartlic_error *err);

/* A moment that a restored backup knows nothing of: 1 and the token of what is adopted, or 0. */
int ledger_gap_has(struct ledger *l, int64_t at_s, char ret_token[2 * SL_TOKEN_ID_LEN + 1],
    struct smartlic_error *err);
/* instance: NULL where it is about none. */
int ledger_audit_add(struct ledger *l, const char *who, const char *what, const char *instance,
    const char *text, int64_t now_s, struct smartlic_error *err);

/* What an alert is about: texts borrowed. */
struct ledger_cause {
	const char *source, *subject, *text;
	int64_t due_s;
	const char *first, *second;
};
/* alerts.c, inside the caller's transaction: of `decided`, those in `open` are raised, the others
 * cleared.  Where nothing changes nothing is written. */
int ledger_alert_settle(struct ledger *l, unsigned int decided, unsigned int open,
    const struct ledger_cause *cause, int64_t now_s, struct smartlic_error *err);
/* The functions below ask the rule themselves.  Once more a sign of that kind, with both contacts: */
int ledger_alert_sign(struct ledger *l, enum alert_id id, const struct ledger_row *row,
    const char *first, const char *second, int64_t now_s, struct smartlic_error *err);
int ledger_alert_device(struct ledger *l, const struct ledger_row *row, unsigned int decided,
    const struct alert_device *facts, int64_t now_s, struct smartlic_error *err);
int ledger_alert_pool(struct ledger *l, int64_t va, const char *tag, int64_t now_s,
    struct smartlic_error *err);
int ledger_alert_token(struct ledger *l, const struct ledger_token *token, int64_t now_s,
    struct smartlic_error *err);
int ledger_alert_end(struct ledger *l, enum alert_id id, const char *what, int64_t ends_s,
    int64_t now_s, struct smartlic_error *err);
/* Nothing is to be said of a closed instance. */
int ledger_alert_closed(struct ledger *l, const char *instance, int64_t now_s,
    struct smartlic_error *err);

/* After a live instance was heard of: it costs something only where it is not watched. */
int ledger_watch_contact(struct ledger *l, const struct ledger_row *row, int64_t now_s,
    struct smartlic_error *err);
/* What is due by the hour, in transactions of its own: alerts that come and go by time. */
int ledger_watch(struct ledger *l, int64_t now_s, struct smartlic_error *err);

#endif
