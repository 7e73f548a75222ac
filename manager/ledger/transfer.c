/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"
#include "ledger/satellites.h"

/* A device goes to another virtual account, or another device takes its place. */

/* An open instance of this UDI, at home here, that is not in `va` yet: 1 and which. */
static int
next_elsewhere(struct ledger *l, const struct sl_udi *udi, int64_t va, char ret[SL_UUID_SIZE],
    int64_t *ret_va, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT instance, va FROM instance WHERE account = $1 AND pid = $2 AND sn = $3"
	    " AND uuid = $4 AND va <> $5 AND state <> 'closed' AND home IS NULL LIMIT 1",
	    "tttti", l->info.account, udi->pid, udi->sn, udi->uuid, va);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		(void)sl_copy(ret, SL_UUID_SIZE, db_text(row, 0));
		*ret_va = db_int(row, 1);
		db_done(row);
	}
	return r;
}

/* A device is transferred where it is at home, and between virtual accounts of that home: to go to
 * another one it is pointed there, and adopted. */
static int
check_homes(struct ledger *l, const struct sl_udi *udi, int64_t va, const char *va_name,
    struct smartlic_error *err)
{
	struct ledger_row live;
	int r = ledger_va_here(l, va, err);

	if (r == 0)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "the virtual account '%.80s' is served elsewhere: point the device there instead",
		    va_name);
	r = r < 0 ? r : ledger_row_live(l, udi, &live, err);
	if (r == 1 && live.home[0] != '\0')
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "the product instance %s is at home at a satellite or its upstream: transfer it there",
		    live.instance);
	return r < 0 ? r : 0;
}

/* All open instances of the device go, the pending ones too: which of them is used next must not
 * bring it back. */
static int
move_device(struct ledger *l, const struct sl_udi *udi, int64_t va, const char *who, int64_t now_s,
    struct smartlic_error *err)
{
	char instance[SL_UUID_SIZE], from[LEDGER_NAME_SIZE] = "", to[LEDGER_NAME_SIZE] = "";
	char text[2 * LEDGER_NAME_SIZE + 16];
	struct ledger_row row;
	int64_t from_va;
	int r;

	r = ledger_va_name(l, va, to, err);
	if (r >= 0)
		r = check_homes(l, udi, va, to, err);
	while (r >= 0 && (r = next_elsewhere(l, udi, va, instance, &from_va, err)) == 1) {
		r = ledger_va_name(l, from_va, from, err);
		if (r >= 0)
			r = ledger_release(l, instance, from_va, "transferred", now_s, err);
		if (r == 0)
			r = db_exec(l->db, err,
			    "UPDATE instance SET va = $3 WHERE account = $1 AND instance = $2",
			    "tti", l->info.account, instance, va);
		/* what is reserved goes along, whether the device calls or not */
		if (r == 0)
			r = ledger_hold(
			    l, instance, va, LEDGER_HOLD_RESERVED, "transferred", now_s, err);
		(void)snprintf(text, sizeof(text), "from %s to %s", from, to);
		if (r == 0)
			r = ledger_history_add(l, instance, who, "transferred", text, now_s, err);
		if (r == 0)
			r = ledger_row_get(l, instance, &row, err);
		if (r == 1)
			r = ledger_row_changed(l, &row, err);
	}
	return r < 0 ? r : ledger_settle(l, udi, now_s, err);
}

static int
find_open(struct ledger *l, const char *uuid_or_serial, struct ledger_row *ret,
    struct smartlic_error *err)
{
	int r = ledger_row_find(l, uuid_or_serial, ret, err);

	if (r == 0 && ret->state == LEDGER_CLOSED)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "the product instance %s is closed already (%s)", ret->instance,
		    ret->closed_why);
	return r;
}

int
ledger_instance_transfer(struct ledger *l, const char *uuid_or_serial, const char *virtual_account,
    const char *who, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_row row;
	int64_t va;
	int r;

	r = ledger_name_check("who transfers it", who, sizeof(row.closed_by), err);
	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = find_open(l, uuid_or_serial, &row, err);
	if (r == 0)
		r = ledger_va_find(l, virtual_account, &va, err);
	if (r == 0 && row.va == va)
		r = sl_fail(err, SMARTLIC_E_EXISTS, "the product instance %s is in '%s' already",
		    row.instance, virtual_account);
	if (r == 0)
		r = move_device(l, &row.udi, va, who, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* The live instance of a device, whose UUID may be left out: 1, or 0 where it has none. */
static int
live_of(struct ledger *l, const struct sl_udi *udi, struct ledger_row *ret,
    struct smartlic_error *err)
{
	char instance[SL_UUID_SIZE] = "";
	struct db_row *row;
	int n = 0, r;

	r = db_query(l->db, &row, err,
	    "SELECT instance FROM instance WHERE account = $1 AND pid = $2 AND sn = $3"
	    " AND (uuid = $4 OR $4 = '') AND state = 'live'",
	    "tttt", l->info.account, udi->pid, udi->sn, udi->uuid);
	while (r >= 0 && (r = db_next(row, err)) == 1) {
		LEDGER_COPY(instance, row, 0);
		n++;
	}
	if (r < 0 || n == 0)
		return r;
	if (n > 1)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "%d devices are registered as PID:%s SN:%s; say with which UUID", n, udi->pid,
		    udi->sn);
	return ledger_row_get(l, instance, ret, err);
}

/* The new device is registered already, or gets a token. */
static int
put_in_place(struct ledger *l, const struct ledger_row *old, const struct ledger_replace *how,
    int64_t now_s, struct ledger_replaced *ret, struct smartlic_error *err)
{
	const struct ledger_token_new token = { .virtual_account = ret->virtual_account,
		.name = "replacement",
		.description = ret->text,
		.made_by = how->who,
		.days = how->days,
		.uses_max = 1,
		.export_controlled = old->export_controlled,
		.udis = &how->udi,
		.n_udis = 1 };
	struct ledger_row live;
	int r;

	r = live_of(l, &how->udi, &live, err);
	if (r == 0)
		return ledger_token_add(l, &token, how->token_id, now_s, err);
	if (r < 0)
		return r;
	(void)sl_copy(ret->instance, sizeof(ret->instance), live.instance);
	r = ledger_history_add(l, live.instance, how->who, "replacement", ret->text, now_s, err);
	return r < 0 || live.va == old->va
	           ? r
	           : move_device(l, &live.udi, old->va, how->who, now_s, err);
}

static int
replace(struct ledger *l, const char *uuid_or_serial, const struct ledger_replace *how,
    int64_t now_s, struct ledger_replaced *ret, struct smartlic_error *err)
{
	struct ledger_row old;
	char text[160];
	int r;

	r = find_open(l, uuid_or_serial, &old, err);
	if (r == 0 && strcmp(old.udi.pid, how->udi.pid) == 0 &&
	    strcmp(old.udi.sn, how->udi.sn) == 0)
		r = sl_fail(err, SMARTLIC_E_INVAL,
		    "the device cannot replace itself; register it anew with force");
	if (r < 0)
		return r;
	(void)sl_copy(ret->old, sizeof(ret->old), old.instance);
	(void)snprintf(ret->text, sizeof(ret->text), "in the place of PID:%s SN:%s", old.udi.pid,
	    old.udi.sn);
	(void)snprintf(text, sizeof(text), "PID:%s SN:%s takes its place", how->udi.pid, how->udi.sn);
	r = ledger_va_name(l, old.va, ret->virtual_account, err);
	if (r >= 0)
		r = ledger_history_add(l, old.instance, how->who, "returned", text, now_s, err);
	if (r == 0)
		r = ledger_row_remove(l, &old, how->who, now_s, err);
	return r < 0 ? r : put_in_place(l, &old, how, now_s, ret, err);
}

int
ledger_instance_replace(struct ledger *l, const char *uuid_or_serial,
    const struct ledger_replace *how, int64_t now_s, struct ledger_replaced *ret,
    struct smartlic_error *err)
{
	struct ledger_replaced out = { .old = "" };
	int r;

	r = ledger_name_check("who replaces it", how->who, LEDGER_WHO_SIZE, err);
	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = replace(l, uuid_or_serial, how, now_s, &out, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	if (r == 0)
		*ret = out;
	return r;
}
