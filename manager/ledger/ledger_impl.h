/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_LEDGER_IMPL_H
#define MANAGER_LEDGER_IMPL_H

#include "crypto.h"
#include "ledger/ledger.h"

/* Shared by the files of ledger/ only. */
struct ledger {
	struct db *db;
	char *path; /* or URL */
	struct smartlic_crypto *crypto; /* for the chain's hashes */
	struct ledger_info info;
};

int ledger_account_add(struct db *db, const char *name, const char *account, int64_t now_s,
    struct smartlic_error *err);
/* Calls fn with one account after the other selected; the one that was selected is so again
 * afterwards. */
int ledger_for_all_accounts(struct ledger *l,
    int (*fn)(struct ledger *l, void *ud, struct smartlic_error *err), void *ud,
    struct smartlic_error *err);
/* The directory knows a new key or token of the selected account. */
int ledger_key_settle(struct ledger *l, const char *ski, struct smartlic_error *err);
int ledger_token_settle(struct ledger *l, const char *token, struct smartlic_error *err);
/* The same of a device; that another account knows it too is told in the audit. */
int ledger_udi_settle(struct ledger *l, const struct sl_udi *udi, int64_t now_s,
    struct smartlic_error *err);

/* Moves licenses, inside the caller's transaction: as ledger_license_transfer does. */
int ledger_purchase_move(struct ledger *l, int64_t from, int64_t to, const char *tag, int64_t count,
    const char *who, int64_t now_s, struct smartlic_error *err);
/* How many a virtual account has of one order and term. */
int ledger_purchase_has(struct ledger *l, int64_t va, const struct ledger_purchase *p, int64_t *ret,
    struct smartlic_error *err);

/*
 * Of a row that begins with the manager's ledger and sealed_s: is the ledger another one by now
 * (0, and ledger_info says which), or sealed (SMARTLIC_E_STORE_BUSY)?  Every request looks for its
 * key, and those that are executed look for one inside their transaction: there it is asked, at no
 * further query.
 */
int ledger_is_ours(struct ledger *l, struct db_row *row, struct smartlic_error *err);
/* The virtual account's number, NULL: the default one's; SMARTLIC_E_NOT_FOUND names it. */
int ledger_va_find(struct ledger *l, const char *name, int64_t *ret, struct smartlic_error *err);
/* With its name, for texts. */
int ledger_va_resolve(struct ledger *l, const char *name, int64_t *ret,
    char ret_name[LEDGER_NAME_SIZE], struct smartlic_error *err);
/* locks.c: another device's rows, inside a device's transaction; 0.  _try: 1, or 0 where another
 * transaction has them. */
int ledger_lock_device(struct ledger *l, const struct sl_udi *udi, struct smartlic_error *err);
int ledger_lock_device_try(struct ledger *l, const struct sl_udi *udi, struct smartlic_error *err);
/* A transaction about what is due by the hour; SMARTLIC_E_STATE where the ledger is sealed. */
int ledger_begin_chores(struct ledger *l, struct smartlic_error *err);
/* Before the next of the account's numbers of that kind is taken: "audit", "purchase". */
int ledger_lock_numbers(struct ledger *l, const char *of, struct smartlic_error *err);
/* Makes a pool count an instance for what is reserved alone, for its usage and at least what is
 * reserved, or for nothing. */
enum ledger_hold { LEDGER_HOLD_RESERVED = 0, LEDGER_HOLD_USAGE = 1, LEDGER_HOLD_NOTHING = 2 };
int ledger_hold(struct ledger *l, const char *instance, int64_t va, enum ledger_hold wanted,
    const char *why, int64_t now_s, struct smartlic_error *err);
/* upstream.c: 0, and at a satellite SMARTLIC_E_STATE with who does it instead: what synchronising
 * would undo is not taken. */
int ledger_upstreams_own(const struct ledger *l, const char *instead, struct smartlic_error *err);
/* A name as people may give one: 1–255 bytes of printable UTF-8. */
int ledger_name_check(const char *what, const char *name, size_t size,
    struct smartlic_error *err);
/* Copies a column that the schema bounds. */
#define LEDGER_COPY(array, row, column)                                                            \
	((void)sl_copy((array), sizeof(array), db_text((row), (column))))

struct ledger_row;
/* reservations.c: the open one of an instance is over; what it uses is counted as without.  who: the
 * administrator who has closed it, NULL: its device or its time. */
int ledger_reservation_end(struct ledger *l, const struct ledger_row *row, const char *state,
    const char *who, const char *reason, int64_t now_s, struct smartlic_error *err);

#endif
