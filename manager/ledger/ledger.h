/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_LEDGER_H
#define MANAGER_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "db/db.h"
#include "message.h"

/*
 * What the authority knows, as typed operations on the database: accounts, pools, tokens,
 * instances, keys, results.  Every table leads with the smart account's id.  Functions that change
 * something run inside the caller's transaction unless they say otherwise.
 */
struct ledger;

int ledger_create(const char *path, const char *account_name, const char *account_id,
    const char *home_id, int64_t now_s, struct smartlic_error *err);
int ledger_open(struct ledger **ret, const char *path, struct smartlic_error *err);
void ledger_close(struct ledger *ledger);
struct db *ledger_db(struct ledger *ledger);

/* Operations of an administrator; each is one transaction of its own. */
int ledger_virtual_account_create(struct ledger *l, const char *name, int64_t now_s,
    struct smartlic_error *err);
/* tag: full, or the short form of a known entitlement.  `set` replaces the purchased quantity. */
int ledger_license_add(struct ledger *l, const char *virtual_account, const char *tag,
    int64_t count, int set, int64_t now_s, struct smartlic_error *err);

struct ledger_token {
	char id[33];      /* hex */
	char id_text[23]; /* base64url */
	char name[128];
	char virtual_account[256];
	int64_t created_s, expires_s, revoked_s; /* INT64_MIN: not revoked */
	int64_t uses, uses_max;                  /* uses_max -1: any number */
};
int ledger_token_create(struct ledger *l, const char *virtual_account, const char *name,
    const unsigned char id[SL_TOKEN_ID_LEN], int64_t days, int64_t uses_max, int64_t now_s,
    struct smartlic_error *err);
int ledger_token_revoke(struct ledger *l, const char *id, int64_t now_s,
    struct smartlic_error *err); /* hex or base64url */
int ledger_token_each(struct ledger *l, int (*fn)(void *ud, const struct ledger_token *token),
    void *ud, struct smartlic_error *err);

struct ledger_instance {
	char instance[37];
	struct sl_udi udi;
	char virtual_account[256];
	char state[16]; /* "pending" "live" "closed" */
	char closed_why[32];
	int64_t issued_s, last_contact_s, deadline_s;
	int64_t sequence;
	char compliance[24];
	char usage[1024]; /* JSON of the last accepted usage */
};
int ledger_instance_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_instance *instance), void *ud,
    struct smartlic_error *err);
/* By instance UUID or serial number (the live one, else the newest); SMARTLIC_E_NOT_FOUND. */
int ledger_instance_find(struct ledger *l, const char *uuid_or_serial,
    struct ledger_instance *ret, struct smartlic_error *err);
/* Tombstone: licences released, certificates revoked, the UDI's pending ones closed too. */
int ledger_instance_remove(struct ledger *l, const char *uuid_or_serial, const char *who,
    int64_t now_s, struct smartlic_error *err);

#endif
