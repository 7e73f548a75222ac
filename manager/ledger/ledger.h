/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_LEDGER_H
#define MANAGER_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "crypto.h"
#include "db/db.h"
#include "ledger/alert_rules.h"
#include "message.h"
#include "text.h"

/*
 * What the authority knows, for its administrators: accounts, pools, tokens, instances.  Every
 * function here that changes something is one transaction of its own.  records.h has the device's
 * side.  Several processes may have the same ledger open.
 *
 * All but what is about accounts is within one smart account, the selected one; a ledger that was
 * opened has the first one selected.
 */
struct ledger;

/* path: a file's, or a PostgreSQL database's URL, which must be there.  Makes the ledger with its
 * first smart account and the virtual account `Default`.  The first ledger UUID is the home's.
 * SMARTLIC_E_EXISTS. */
int ledger_create(const char *path, const char *account_name, const char *account_id,
    const char *home_id, int64_t now_s, struct smartlic_error *err);
int ledger_open(struct ledger **ret, const char *path, struct smartlic_error *err);
void ledger_close(struct ledger *ledger); /* NULL is allowed */
/* 0 when it can be read. */
int ledger_alive(struct ledger *ledger, struct smartlic_error *err);
struct db *ledger_db(struct ledger *ledger);

#define LEDGER_NAME_SIZE 256
/* An account's first virtual account, which is the default one until another is made that. */
#define LEDGER_DEFAULT   "Default"
#define LEDGER_DEFAULT_VA 1 /* its number */

struct ledger_info {
	char account[SL_UUID_SIZE]; /* the selected one; the O of its devices' certificates */
	char home[SL_UUID_SIZE];
	char ledger[SL_UUID_SIZE];
	char upstream[SL_UUID_SIZE]; /* of a satellite: its upstream's home; "" otherwise */
};
/* Borrowed for the ledger's life; `ledger` changes when another process restores or renews it. */
const struct ledger_info *ledger_info(const struct ledger *ledger);
/* Takes over what another handle of the same ledger has learnt of that id. */
void ledger_follow(struct ledger *l, const char *ledger);

/* By name or id; SMARTLIC_E_NOT_FOUND. */
int ledger_select(struct ledger *l, const char *name_or_id, struct smartlic_error *err);
/* With its virtual account `Default`.  id: a UUID.  It does not become the selected one.  At a satellite
 * SMARTLIC_E_STATE. */
int ledger_account_create(struct ledger *l, const char *name, const char *id, const char *who,
    int64_t now_s, struct smartlic_error *err);
/* The selected one; its id stays. */
int ledger_account_rename(struct ledger *l, const char *name, const char *who, int64_t now_s,
    struct smartlic_error *err);
int ledger_account_name(struct ledger *l, char ret[LEDGER_NAME_SIZE], struct smartlic_error *err);
/* For how many days its devices' samples of use are kept.  SMARTLIC_E_INVAL. */
#define LEDGER_SAMPLE_DAYS_MIN 35 /* a device may send as old ones again */
#define LEDGER_SAMPLE_DAYS_MAX 36500
#define LEDGER_SAMPLES_FOREVER 0
int ledger_samples_keep(struct ledger *l, int64_t days, const char *who, int64_t now_s,
    struct smartlic_error *err);
/* Samples that ended after this moment are all there, as far as devices have sent them; INT64_MIN:
 * nothing was removed, nor refused as too old. */
int ledger_samples_from(struct ledger *l, int64_t now_s, int64_t *ret, struct smartlic_error *err);
/*
 * Removes samples of use that no account is to keep any longer, some hundred at most in a transaction
 * of its own: 1, there may be more, go on with the same run; 0, there is none.  A run begins with
 * zeroes, and goes at most a day further than the last one did, whatever the clock says.
 */
struct ledger_trim {
	int64_t number; /* of the account that it is at */
	int begun;      /* with it, whose … */
	int64_t limit_s;
	int told; /* in its audit */
	int64_t removed;
};
int ledger_trim(struct ledger *l, struct ledger_trim *run, int64_t now_s, struct smartlic_error *err);
struct ledger_account {
	char account[SL_UUID_SIZE];
	char name[LEDGER_NAME_SIZE];
	int64_t created_s;
	int64_t sample_days; /* LEDGER_SAMPLES_FOREVER */
	int64_t virtual_accounts, instances; /* open ones */
};
/* In the order in which they were made. */
int ledger_account_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_account *account), void *ud, struct smartlic_error *err);
/* A device with open instances in more than one smart account, for the authority's operator. */
struct ledger_duplicate {
	struct sl_udi udi;
	char account[LEDGER_NAME_SIZE];
	char instance[SL_UUID_SIZE];
	char state[16];
};
int ledger_duplicate_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_duplicate *duplicate), void *ud,
    struct smartlic_error *err);

/*
 * Virtual accounts.  A name has 1–255 bytes of UTF-8 without control characters; names differ by
 * case too.  Where another function takes the name of one, NULL means the account's default one.
 * who: for the audit.  At a satellite they are its upstream's to make, rename and delete
 * (SMARTLIC_E_STATE).
 */
int ledger_virtual_account_create(
    struct ledger *l, const char *name, const char *who, int64_t now_s, struct smartlic_error *err);
/* All that was written of it stays its own.  SMARTLIC_E_EXISTS. */
int ledger_virtual_account_rename(struct ledger *l, const char *name, const char *new_name,
    const char *who, int64_t now_s, struct smartlic_error *err);
/* An empty one, neither the default one nor a satellite's: SMARTLIC_E_STATE says what is in it.  In
 * what was written of it it is called "NAME (deleted NUMBER)" from now on. */
int ledger_virtual_account_delete(
    struct ledger *l, const char *name, const char *who, int64_t now_s, struct smartlic_error *err);
/* From now on it is meant where none is named, and takes devices of which none is known.
 * SMARTLIC_E_STATE: it is not served here. */
int ledger_virtual_account_default(
    struct ledger *l, const char *name, const char *who, int64_t now_s, struct smartlic_error *err);

/* Of a virtual account, in days. */
struct ledger_limits {
	int64_t silence_days;  /* without a contact, until an alert (30) */
	int64_t deadline_days; /* after an authorization, until its licenses are released (90) */
};
#define LEDGER_VA_TAGS_MAX 16
#define LEDGER_VA_TAG_SIZE 64
/* A limit of 0 stays as it is; a deadline is the one of the next authorization.  tags: all that it
 * is to have, with commas between them; NULL: as they are.  SMARTLIC_E_INVAL, SMARTLIC_E_LIMIT. */
int ledger_virtual_account_set(struct ledger *l, const char *name,
    const struct ledger_limits *limits, const char *tags, const char *who, int64_t now_s,
    struct smartlic_error *err);

/* What its devices are told to do when, in seconds (doc/protocol.md, Policy). */
enum ledger_policy_id {
	LEDGER_POLICY_RENEW_AFTER,
	LEDGER_POLICY_NEXT_CONTACT,
	LEDGER_POLICY_OOC_POLL,
	LEDGER_POLICY_RETRY,
	LEDGER_POLICY_COLLECT,
	LEDGER_POLICY_REPORT,
	LEDGER_POLICIES,
};
extern const char *const ledger_policy_names[LEDGER_POLICIES]; /* as the protocol has them */
struct ledger_policy {
	int64_t s[LEDGER_POLICIES]; /* DB_NULL_INT: what devices are told where nothing is set */
	unsigned int set;           /* bits 1 << id: which are to be changed */
};
/* From the next answer to each of its devices on.  SMARTLIC_E_INVAL names what a device would not
 * take. */
int ledger_virtual_account_policy(struct ledger *l, const char *name,
    const struct ledger_policy *policy, const char *who, int64_t now_s, struct smartlic_error *err);

struct ledger_virtual_account {
	int64_t va; /* its number, for ever */
	char name[LEDGER_NAME_SIZE];
	struct ledger_limits limits;
	struct ledger_policy policy;
	int64_t created_s;
	int is_default;
	char satellite[LEDGER_NAME_SIZE]; /* that serves it; "": this home does */
	char tag[LEDGER_VA_TAGS_MAX][LEDGER_VA_TAG_SIZE];
	size_t n_tags;
};
/* By name, without those that were deleted. */
int ledger_virtual_account_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_virtual_account *va), void *ud,
    struct smartlic_error *err);
/* What keeps one from being deleted. */
struct ledger_contents {
	int64_t instances;    /* pending and live */
	int64_t licenses;     /* whose term has not ended */
	int64_t tokens;       /* that can still be used */
	int64_t reservations; /* open */
};
int ledger_va_contents(struct ledger *l, int64_t va, int64_t now_s, struct ledger_contents *ret,
    struct smartlic_error *err);

/* A known entitlement; names and texts come from entitlements.def. */
struct ledger_entitlement {
	const char *tag;
	const char *name, *description, *version;
};
/* By full tag or short form; NULL: not one of ours. */
const struct ledger_entitlement *ledger_entitlement_find(const char *tag);

#define LEDGER_QUANTITY_MAX INT64_C(1000000000)
/* tag: full, or the short form of a known entitlement.  `set` makes the pool's present quantity
 * exactly `count`, otherwise it grows by it; perpetual and without an order, and `set` takes away
 * from no other (SMARTLIC_E_LIMIT).  who: for the audit.  At a satellite all that changes a quantity is
 * its upstream's to do: SMARTLIC_E_STATE. */
int ledger_license_change(struct ledger *l, const char *virtual_account, const char *tag,
    int64_t count, int set, const char *who, int64_t now_s, struct smartlic_error *err);
/* The same without a line in the audit. */
int ledger_license_add(struct ledger *l, const char *virtual_account, const char *tag,
    int64_t count, int set, int64_t now_s, struct smartlic_error *err);

struct ledger_pool {
	int64_t va;
	char virtual_account[LEDGER_NAME_SIZE];
	char tag[SL_TAG_SIZE];
	int64_t purchased, consumed; /* purchased: whose term it is now */
	int64_t ends_s;              /* the next term to end; DB_NULL_INT: none */
	int bought; /* some were, be their term over; 0: devices alone have named it */
};
/* By virtual account and tag.  The functions called by the _each functions return 0 to go on;
 * another value ends the walk and is returned.  What they are given is theirs until they return. */
int ledger_pool_each(struct ledger *l, int64_t now_s,
    int (*fn)(void *ud, const struct ledger_pool *pool), void *ud, struct smartlic_error *err);

enum ledger_kind { LEDGER_PERPETUAL, LEDGER_TERM, LEDGER_DEMO };
const char *ledger_kind_name(enum ledger_kind kind);
int ledger_kind_find(const char *name, enum ledger_kind *ret); /* SMARTLIC_E_NOT_FOUND */

/* What was bought, with one order, for one span. */
struct ledger_purchase {
	char virtual_account[LEDGER_NAME_SIZE]; /* to add, "" is the default one */
	char tag[SL_TAG_SIZE]; /* or, to add, the short form */
	char order[128];       /* its reference; "": none */
	enum ledger_kind kind;
	int64_t quantity;
	int64_t start_s, end_s; /* DB_NULL_INT: at once; never.  At end_s it counts no longer */
	/* by ledger_purchase_each */
	int counts;   /* its term it is now */
	int64_t used; /* of what the pool counts: what ends first is used first */
	/* by ledger_purchase_history */
	int64_t at_s;
	char what[LEDGER_NAME_SIZE + 32]; /* "purchased", "set", "transferred to 'NAME'" … */
	char who[128];                    /* "": not told */
};
int ledger_purchase_add(struct ledger *l, const struct ledger_purchase *purchase, const char *who,
    int64_t now_s, struct smartlic_error *err);
/* All of them or none, or all that are not refused; or nothing is done but looked at each. */
enum ledger_import { LEDGER_IMPORT_LOOK, LEDGER_IMPORT_ALL, LEDGER_IMPORT_GOOD };
/* `tell` gets each row's problem, or NULL.  1: a row was refused; 0: none was.  A row whose order
 * has it already is refused. */
int ledger_purchase_import(struct ledger *l, const struct ledger_purchase *list, size_t n,
    enum ledger_import how, const char *who, int64_t now_s,
    void (*tell)(void *ud, size_t row, const char *problem), void *ud, struct smartlic_error *err);
/* Moves a quantity to another virtual account, with order and term: what ends last goes first.
 * order: NULL: of any.  SMARTLIC_E_LIMIT: there are not so many, and nothing was moved. */
int ledger_license_transfer(struct ledger *l, const char *tag, int64_t count, const char *from,
    const char *to, const char *order, const char *who, int64_t now_s, struct smartlic_error *err);
/* What there is, by virtual account, tag, and end, those without an end last. */
int ledger_purchase_each(struct ledger *l, int64_t now_s,
    int (*fn)(void *ud, const struct ledger_purchase *purchase), void *ud,
    struct smartlic_error *err);
/* Every row of one license as it was written: quantities that were taken away are negative. */
int ledger_purchase_history(struct ledger *l, const char *tag,
    int (*fn)(void *ud, const struct ledger_purchase *purchase), void *ud,
    struct smartlic_error *err);

#define LEDGER_ANY_USES (-1)
struct ledger_token {
	char id[2 * SL_TOKEN_ID_LEN + 1]; /* hex */
	char id_text[23];                 /* base64url */
	char name[128];
	char description[256];
	char made_by[128]; /* "": of a ledger that did not keep it */
	char virtual_account[LEDGER_NAME_SIZE];
	int64_t created_s, expires_s, revoked_s; /* DB_NULL_INT: not revoked */
	int64_t last_use_s;                      /* DB_NULL_INT: none so far */
	int64_t uses, uses_max;                  /* LEDGER_ANY_USES: any number */
	int export_controlled; /* what registers by it may use export-controlled functions */
	int64_t bound;         /* how many devices it is bound to; 0: any may use it */
};
/* What a new token is to be. */
struct ledger_token_new {
	const char *virtual_account;              /* NULL: the default one */
	const char *name, *description, *made_by; /* NULL is "" */
	int64_t days, uses_max;
	int export_controlled;
	const struct sl_udi *udis; /* the devices that may use it, each once; uuid "": any */
	size_t n_udis;             /* 0: any device */
};
#define LEDGER_TOKEN_UDIS_MAX 1000
/* Only the id is stored; the secret follows from it and the token key. */
int ledger_token_create(struct ledger *l, const struct ledger_token_new *token,
    const unsigned char id[SL_TOKEN_ID_LEN], int64_t now_s, struct smartlic_error *err);
/* By id, hex or base64url; a whole token is taken for its id.  Revoking twice is harmless. */
int ledger_token_revoke(
    struct ledger *l, const char *id, const char *who, int64_t now_s, struct smartlic_error *err);
/* Ids are taken as for _revoke; SMARTLIC_E_NOT_FOUND. */
int ledger_token_find(struct ledger *l, const char *id, struct ledger_token *ret,
    struct smartlic_error *err);
int ledger_token_each(struct ledger *l, int (*fn)(void *ud, const struct ledger_token *token),
    void *ud, struct smartlic_error *err);
/* The devices that a token (hex) is bound to. */
int ledger_token_udi_each(struct ledger *l, const char *token,
    int (*fn)(void *ud, const struct sl_udi *udi), void *ud, struct smartlic_error *err);

struct ledger_instance {
	char instance[SL_UUID_SIZE];
	struct sl_udi udi;
	char virtual_account[LEDGER_NAME_SIZE];
	char state[16];      /* "pending" "live" "closed" */
	char closed_why[32]; /* "removed" "deregistered" "replaced" "too many pending"; "" open */
	char closed_by[128]; /* removed: who */
	int64_t closed_s;    /* DB_NULL_INT: open */
	int64_t issued_s, last_contact_s, deadline_s; /* of licences; DB_NULL_INT before any */
	int64_t registration_expires_s;
	int64_t sequence;
	char compliance[24]; /* "none" "authorized" "out_of_compliance" "reserved"; "" of a closed one */
	char hostname[256];  /* "" where it was not told */
	int export_controlled; /* it may use such functions */
	/* who answers it, if not this home: a satellite by its name; at a satellite "upstream" */
	char served_by[LEDGER_NAME_SIZE];
};
/* Which instances, NULL: all.  In the order in which they registered, but with `search`: by what was
 * found. */
struct ledger_instance_query {
	const char *search; /* the beginning of serial number, host name or PID, whatever its case */
	const char *virtual_account;
	const char *state; /* "pending" "live" "closed" */
	const char *after; /* the last one of the page before */
	int64_t limit;     /* how many, at least 1 */
};
/* *ret_more: 1 when there are further ones behind the last. */
int ledger_instance_list(struct ledger *l, const struct ledger_instance_query *query,
    int (*fn)(void *ud, const struct ledger_instance *instance), void *ud, int *ret_more,
    struct smartlic_error *err);
/* Those that are not closed and have not said that they have this root (ledger_row.root), in the
 * order of their registration; and how many of them there are in all smart accounts. */
int ledger_without_root_list(struct ledger *l, const char *root, const char *after, int64_t limit,
    int (*fn)(void *ud, const struct ledger_instance *instance), void *ud, int *ret_more,
    struct smartlic_error *err);
int ledger_without_root_count(
    struct ledger *l, const char *root, int64_t *ret, struct smartlic_error *err);
/* By instance UUID or serial number (the live one, else the newest); SMARTLIC_E_NOT_FOUND,
 * SMARTLIC_E_INVAL where several devices with open instances share the serial number. */
int ledger_instance_find(struct ledger *l, const char *uuid_or_serial,
    struct ledger_instance *ret, struct smartlic_error *err);
/* What an instance uses or holds of a license. */
struct ledger_held {
	char tag[SL_TAG_SIZE];
	int64_t count; /* as last accepted */
	int64_t held;  /* what the pool counts now: of the usage nothing once it is released */
	int64_t reserved;
};
int ledger_usage_each(struct ledger *l, const char *instance,
    int (*fn)(void *ud, const struct ledger_held *held), void *ud, struct smartlic_error *err);
/* What a device counted over some hours: `n` numbers its samples within a store's life. */
struct ledger_sample {
	char tag[SL_TAG_SIZE];
	int64_t n, start_s, hours;
	int64_t max, last; /* the highest count in these hours, and that at their end */
};
#define LEDGER_SAMPLE_HOURS_MAX INT64_C(8784)
/* Of an instance's device, whatever its registration was then, those that end after from_s; by
 * time. */
int ledger_sample_each(struct ledger *l, const char *instance, int64_t from_s,
    int (*fn)(void *ud, const struct ledger_sample *sample), void *ud, struct smartlic_error *err);
struct ledger_key_info {
	char ski[41];    /* key identifier, hex */
	char serial[41]; /* the certificate's, hex */
	char state[16];  /* "issued" "current" "replaced" */
	int64_t issued_s;
};
/* The keys of an instance, oldest first. */
int ledger_key_each(struct ledger *l, const char *instance,
    int (*fn)(void *ud, const struct ledger_key_info *key), void *ud, struct smartlic_error *err);
/* Tombstone: licences released, certificates revoked, the UDI's pending ones closed too. */
int ledger_instance_remove(struct ledger *l, const char *uuid_or_serial, const char *who,
    int64_t now_s, struct smartlic_error *err);

/* Into another virtual account of its smart account, with what it holds and with the device's pending
 * instances; it hears of it at its next registration.  SMARTLIC_E_EXISTS: it is there. */
int ledger_instance_transfer(struct ledger *l, const char *uuid_or_serial,
    const char *virtual_account, const char *who, int64_t now_s, struct smartlic_error *err);

#define LEDGER_WHO_SIZE 128
/* A device was returned and another one takes its place. */
struct ledger_replace {
	struct sl_udi udi; /* the other; uuid "": any of its PID and serial number */
	const char *who;
	int64_t days; /* of the token */
	unsigned char token_id[SL_TOKEN_ID_LEN]; /* for a token, where one is needed */
};
struct ledger_replaced {
	char old[SL_UUID_SIZE];
	char virtual_account[LEDGER_NAME_SIZE];
	char instance[SL_UUID_SIZE]; /* the other's, that was registered already; "": it has a token */
	char text[160];
};
/*
 * In one transaction: removes the instance of the returned device, which frees what it held; the
 * other device, where it is registered, is put into the same virtual account; otherwise a token that
 * only it can use lets it register there, with the same right to export-controlled functions.
 */
int ledger_instance_replace(struct ledger *l, const char *uuid_or_serial,
    const struct ledger_replace *how, int64_t now_s, struct ledger_replaced *ret,
    struct smartlic_error *err);

/* What became of an instance, the newest first, at most `max`. */
struct ledger_history {
	int64_t at_s;
	char who[LEDGER_WHO_SIZE]; /* "": nobody but the device or the authority */
	char what[32]; /* "registered" "renewed" "authorized" "out of compliance" "reserved"
	                * "transferred" "returned" "replacement", or closed_why; of licences: "usage"
	                * "released" "deadline" "transferred", and of those that are reserved
	                * "reserved" "returned" "ended" "closed" */
	char text[600];
	char tag[SL_TAG_SIZE]; /* of licences; "": it is not about them */
	int64_t delta;         /* of them, how many more are held */
};
int ledger_history_each(struct ledger *l, const char *instance, int64_t max,
    int (*fn)(void *ud, const struct ledger_history *history), void *ud,
    struct smartlic_error *err);

/* Licenses that are counted for an instance whatever it uses, until it returns them. */
struct ledger_reservation {
	char reservation[SL_UUID_SIZE]; /* the request that made it */
	char code[SL_CODE_SIZE];
	char instance[SL_UUID_SIZE];
	struct sl_udi udi;
	char virtual_account[LEDGER_NAME_SIZE];
	char state[16];  /* "open" "returned" "replaced" "ended" "closed" */
	int unconfirmed; /* closed, and the device has not been heard of since */
	int64_t made_s, ends_s, closed_s; /* DB_NULL_INT: open */
	char closed_by[128], reason[256]; /* closed: by whom and why */
};
/* By serial number, the latest first. */
int ledger_reservation_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_reservation *reservation), void *ud,
    struct smartlic_error *err);
/* By its id, or the instance's UUID or serial number: its open one, else the latest. */
int ledger_reservation_find(struct ledger *l, const char *id, struct ledger_reservation *ret,
    struct smartlic_error *err);
/* What is reserved by it. */
int ledger_reserved_each(struct ledger *l, const struct ledger_reservation *reservation,
    int (*fn)(void *ud, const char *tag, int64_t count), void *ud, struct smartlic_error *err);
/* Of a device that is gone: its licenses are free, though the device may not know it. */
int ledger_reservation_close(struct ledger *l, const char *id, const char *reason, const char *who,
    int64_t now_s, struct smartlic_error *err);

/* One row per cause; a cause that comes again while its alert is open only moves it on, and clears it
 * when it is over. */
struct ledger_alert {
	const struct alert_def *def;
	char source[SL_TAG_SIZE + 24]; /* an instance or token, "number tag", a certificate */
	char subject[LEDGER_NAME_SIZE + SL_TAG_SIZE + 4]; /* the same for people */
	char text[400];
	int64_t raised_s, last_s, times;
	int64_t due_s;     /* DB_NULL_INT: none */
	int64_t cleared_s; /* DB_NULL_INT: open */
	char first[256], second[256]; /* the two contacts, of a sign */
};
/* The oldest first.  instance NULL: of all sources; cleared_too: also those of the last year. */
int ledger_alert_each(struct ledger *l, const char *instance, int cleared_too,
    int (*fn)(void *ud, const struct ledger_alert *alert), void *ud, struct smartlic_error *err);

/* What was done that is not seen in the things themselves. */
struct ledger_audit {
	int64_t at_s;
	char who[128];
	char what[32]; /* "licenses added" "virtual account renamed" "instance adopted" … */
	char instance[SL_UUID_SIZE]; /* "" of none */
	char text[256];
};
int ledger_audit_each(struct ledger *l, int (*fn)(void *ud, const struct ledger_audit *audit),
    void *ud, struct smartlic_error *err);

/* A copy of the ledger, while others work on; SMARTLIC_E_EXISTS. */
int ledger_backup(struct ledger *l, const char *to, int64_t now_s, struct smartlic_error *err);

struct ledger_restored {
	int64_t backup_s; /* the moment that is gone back to */
	/* where the former ledger is now, a file or a schema; "" where there was none */
	char aside[4200];
};
/*
 * Makes `path` the ledger that `from` is a copy of, under a new ledger UUID, and remembers the gap:
 * instances and keys that were certified in it are adopted when they are heard of.  `random`: for
 * an id.  Nobody may have a file `path` open (SMARTLIC_E_STORE_BUSY); those who serve
 * from a PostgreSQL database go on with the restored one; what was there stays under another
 * name.  A failure leaves all as it was.
 */
int ledger_restore(const char *path, const char *from, const char *ledger_id,
    const unsigned char random[11], const char *who, int64_t now_s, struct ledger_restored *ret,
    struct smartlic_error *err);

/*
 * After a fail-over to a standby that may lack the last transactions: a new ledger UUID, and a gap as
 * after a restoration, from before the newest that is known until now.
 */
int ledger_renew(struct ledger *l, const char *ledger_id, const unsigned char random[11],
    const char *who, int64_t now_s, struct ledger_restored *ret, struct smartlic_error *err);
/* The ledger is about to move: from now on no device is answered from it, by any process that has it
 * open (SMARTLIC_E_STORE_BUSY).  A backup made then, restored, is not sealed.  Twice is harmless. */
int ledger_seal(struct ledger *l, const char *who, int64_t now_s, struct smartlic_error *err);
/* 1, or 0. */
int ledger_is_sealed(struct ledger *l, struct smartlic_error *err);

/* Proves the ledger's sums: entries, holdings and pools agree, tokens are charged as they were
 * used, no UDI has two live instances.  SMARTLIC_E_STORE names what does not. */
int ledger_check(struct ledger *l, struct smartlic_error *err);

/* How far a chain of entries goes: the last one's number, 0 of an empty one, and hash in hex.  As
 * text "N:HASH". */
struct ledger_head {
	int64_t entry;
	char hash[SL_SHA256_HEX];
};
#define LEDGER_HEAD_SIZE (20 + SL_SHA256_HEX)
void ledger_head_text(char ret[LEDGER_HEAD_SIZE], const struct ledger_head *head);
/* SMARTLIC_E_INVAL */
int ledger_head_read(struct ledger_head *ret, const char *text, struct smartlic_error *err);

/*
 * Of the selected account: proves that the entries are those that were written, each after the one before, and then the
 * sums.  noted: a head of this ledger from earlier, which must be a part of the chain; NULL: none.
 * SMARTLIC_E_STORE names what does not hold; *ret_broken is then the first entry that is not as it
 * was written, 0 where the entries are in order and something else is wrong.
 */
int ledger_verify(struct ledger *l, const struct ledger_head *noted, struct ledger_head *ret,
    int64_t *ret_broken, struct smartlic_error *err);

/* The same of the last `n` entries alone, and not of the sums: what costs no more the longer the
 * ledger is. */
int ledger_verify_last(struct ledger *l, int64_t n, struct ledger_head *ret, int64_t *ret_broken,
    struct smartlic_error *err);

/* That a backup was made, for those who ask when the last one was. */
int ledger_backup_note(struct ledger *l, int64_t now_s, struct smartlic_error *err);

#endif
