/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/*
 * What a device's transaction is about: its device, and what it touches besides.  In the order in
 * which they are taken: device, token (its row, by a conditional update), reservations, head of the
 * chain of entries (its row), pools (their rows, by tag), audit (doc/decisions/database.md).
 */
#define KEY_SIZE 512

static void
device_key(const struct ledger *l, const struct sl_udi *udi, char ret[KEY_SIZE])
{
	(void)snprintf(
	    ret, KEY_SIZE, "%s device %s %s %s", l->info.account, udi->pid, udi->sn, udi->uuid);
}

int
ledger_is_sealed(struct ledger *l, struct smartlic_error *err)
{
	struct db_row *row;
	int r = db_query(l->db, &row, err, "SELECT 1 FROM manager WHERE sealed_s IS NOT NULL", "");

	if (r == 0)
		r = db_next(row, err);
	if (r == 1)
		db_done(row);
	return r;
}

/* In a transaction that has begun, which ends where the ledger is sealed.  Sealing is a transaction
 * that runs alone: what was begun before it is in the backup. */
static int
go_on_unsealed(struct ledger *l, struct smartlic_error *err)
{
	int r = ledger_is_sealed(l, err);

	if (r == 1)
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "nothing was changed: the ledger is sealed, it moves to another host; change "
		    "it there");
	if (r < 0)
		db_rollback(l->db);
	return r;
}

int
ledger_begin(struct ledger *l, struct smartlic_error *err)
{
	int r = db_begin(l->db, err);

	return r < 0 ? r : go_on_unsealed(l, err);
}

int
ledger_begin_device(struct ledger *l, const struct sl_udi *udi, struct smartlic_error *err)
{
	char key[KEY_SIZE];

	device_key(l, udi, key);
	return db_begin_about(l->db, key, err);
}

int
ledger_begin_chores(struct ledger *l, struct smartlic_error *err)
{
	char key[KEY_SIZE];
	int r;

	(void)snprintf(key, sizeof(key), "%s chores", l->info.account);
	r = db_begin_about(l->db, key, err);
	return r < 0 ? r : go_on_unsealed(l, err);
}

int
ledger_lock_device(struct ledger *l, const struct sl_udi *udi, struct smartlic_error *err)
{
	char key[KEY_SIZE];

	device_key(l, udi, key);
	return db_lock(l->db, key, err);
}

int
ledger_lock_device_try(struct ledger *l, const struct sl_udi *udi, struct smartlic_error *err)
{
	char key[KEY_SIZE];

	device_key(l, udi, key);
	return db_lock_try(l->db, key, err);
}

int
ledger_lock_numbers(struct ledger *l, const char *of, struct smartlic_error *err)
{
	char key[KEY_SIZE];

	(void)snprintf(key, sizeof(key), "%s %s", l->info.account, of);
	return db_lock(l->db, key, err);
}
