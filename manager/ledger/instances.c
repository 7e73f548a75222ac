/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"
#include "ledger/satellites.h"

#define PENDING_MAX 8 /* of one UDI */

static const char *const state_names[] = {
	[LEDGER_PENDING] = "pending",
	[LEDGER_LIVE] = "live",
	[LEDGER_CLOSED] = "closed",
};

#define ROW_COLUMNS                                                                                \
	" instance, pid, sn, uuid, va, token, hostname, state, closed_why, closed_by, closed_s,"   \
	" issued_s, contact_s, expires_s, sequence, usage_s, deadline_s, holds, compliance,"        \
	" export_controlled, watch_s, home, unconfirmed, root"
#define ROW_SELECT                                                                                 \
	"SELECT" ROW_COLUMNS ", deadline_days, renew_after_s, next_contact_s, ooc_poll_s, retry_s," \
	" collect_s, report_s FROM instance LEFT JOIN (SELECT v.account AS of_account,"            \
	" v.va AS of_va, v.deadline_days, v.renew_after_s, v.next_contact_s, v.ooc_poll_s,"        \
	" v.retry_s, v.collect_s, v.report_s FROM virtual_account v) AS told"                      \
	" ON of_account = account AND of_va = va"

static void
read_row(struct db_row *row, struct ledger_row *ret)
{
	*ret = (struct ledger_row){ .state = LEDGER_CLOSED };
	LEDGER_COPY(ret->instance, row, 0);
	LEDGER_COPY(ret->udi.pid, row, 1);
	LEDGER_COPY(ret->udi.sn, row, 2);
	LEDGER_COPY(ret->udi.uuid, row, 3);
	ret->va = db_int(row, 4);
	LEDGER_COPY(ret->token, row, 5);
	LEDGER_COPY(ret->hostname, row, 6);
	for (int i = LEDGER_PENDING; i <= LEDGER_CLOSED; i++)
		if (strcmp(db_text(row, 7), state_names[i]) == 0)
			ret->state = (enum ledger_state)i;
	LEDGER_COPY(ret->closed_why, row, 8);
	LEDGER_COPY(ret->closed_by, row, 9);
	ret->closed_s = db_int(row, 10);
	ret->issued_s = db_int(row, 11);
	ret->contact_s = db_int(row, 12);
	ret->expires_s = db_int(row, 13);
	ret->sequence = db_int(row, 14);
	ret->usage_s = db_int(row, 15);
	ret->deadline_s = db_int(row, 16);
	ret->holds = (int)db_int(row, 17);
	LEDGER_COPY(ret->compliance, row, 18);
	ret->export_controlled = (int)db_int(row, 19);
	ret->watch_s = db_int(row, 20);
	LEDGER_COPY(ret->home, row, 21);
	ret->deadline_days = db_int(row, 24);
	for (int i = 0; i < LEDGER_POLICIES; i++)
		ret->policy.s[i] = db_int(row, 25 + i);
	ret->unconfirmed = (int)db_int(row, 22);
	LEDGER_COPY(ret->root, row, 23);
	ret->was = ret->state;
	ret->was_usage_s = ret->usage_s;
	ret->was_deadline_s = ret->deadline_s;
}

/* Of a query for at most one row. */
static int
one_row(struct db_row *row, struct ledger_row *ret, struct smartlic_error *err)
{
	int r = db_next(row, err);

	if (r == 1) {
		read_row(row, ret);
		db_done(row);
	}
	return r;
}

int
ledger_row_get(struct ledger *l, const char *instance, struct ledger_row *ret,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    ROW_SELECT " WHERE account = $1 AND instance = $2", "tt",
	    l->info.account, instance);
	return r < 0 ? r : one_row(row, ret, err);
}

int
ledger_row_live(struct ledger *l, const struct sl_udi *udi, struct ledger_row *ret,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    ROW_SELECT " WHERE account = $1 AND pid = $2 AND sn = $3"
	    " AND uuid = $4 AND state = 'live'",
	    "tttt", l->info.account, udi->pid, udi->sn, udi->uuid);
	return r < 0 ? r : one_row(row, ret, err);
}

int
ledger_row_newest(struct ledger *l, const struct sl_udi *udi, char ret[SL_UUID_SIZE],
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT instance FROM instance WHERE account = $1 AND pid = $2 AND sn = $3"
	    " AND uuid = $4 ORDER BY instance DESC LIMIT 1",
	    "tttt", l->info.account, udi->pid, udi->sn, udi->uuid);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	ret[0] = '\0';
	if (r == 1) {
		(void)sl_copy(ret, SL_UUID_SIZE, db_text(row, 0));
		db_done(row);
	}
	return 0;
}

int
ledger_row_later_used(struct ledger *l, const struct ledger_row *inst, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT 1 FROM instance WHERE account = $1 AND pid = $2 AND sn = $3 AND uuid = $4"
	    " AND instance > $5 AND (state = 'live' OR state = 'closed' AND sequence > 0) LIMIT 1",
	    "ttttt", l->info.account, inst->udi.pid, inst->udi.sn, inst->udi.uuid, inst->instance);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1)
		db_done(row);
	return r;
}

int
ledger_row_add(struct ledger *l, const struct ledger_row *row, struct smartlic_error *err)
{
	int r = ledger_udi_settle(l, &row->udi, row->contact_s, err);

	if (r < 0)
		return r;
	return db_exec(l->db, err,
	    "INSERT INTO instance (account," ROW_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8,"
	    " $9, NULL, NULL, NULL, $10, $11, $12, $13, $14, $15, 0, $16, $17, NULL, $18, 0, $19)",
	    "tttttitttiiiiootitt", l->info.account, row->instance, row->udi.pid, row->udi.sn,
	    row->udi.uuid, row->va, row->token, row->hostname, state_names[row->state],
	    row->issued_s, row->contact_s, row->expires_s, row->sequence, row->usage_s,
	    row->deadline_s, row->compliance, (int64_t)row->export_controlled,
	    row->home[0] != '\0' ? row->home : NULL, row->root);
}

/* Indexes hang on the deadline. */
static int
put_times(struct ledger *l, const struct ledger_row *row, struct smartlic_error *err)
{
	if (row->was != 0 && row->usage_s == row->was_usage_s &&
	    row->deadline_s == row->was_deadline_s)
		return db_exec(l->db, err,
		    "UPDATE instance SET contact_s = $3, expires_s = $4, sequence = $5,"
		    " compliance = $6, root = $7 WHERE account = $1 AND instance = $2",
		    "ttiiitt", l->info.account, row->instance, row->contact_s, row->expires_s,
		    row->sequence, row->compliance, row->root);
	return db_exec(l->db, err,
	    "UPDATE instance SET contact_s = $3, expires_s = $4, sequence = $5,"
	    " usage_s = $6, deadline_s = $7, compliance = $8, root = $9"
	    " WHERE account = $1 AND instance = $2",
	    "ttiiioott", l->info.account, row->instance, row->contact_s, row->expires_s,
	    row->sequence, row->usage_s, row->deadline_s, row->compliance, row->root);
}

/* What does not change is not written: indexes hang on the state, too. */
int
ledger_row_put(struct ledger *l, const struct ledger_row *row, struct smartlic_error *err)
{
	int r = 0;

	if (row->state != row->was)
		r = db_exec(l->db, err,
		    "UPDATE instance SET state = $3 WHERE account = $1 AND instance = $2", "ttt",
		    l->info.account, row->instance, state_names[row->state]);
	return r < 0 ? r : put_times(l, row, err);
}

int
ledger_row_close(struct ledger *l, const char *instance, const char *why, const char *who,
    int64_t now_s, struct smartlic_error *err)
{
	struct ledger_row row;
	int r;

	r = ledger_row_get(l, instance, &row, err);
	if (r == 1 && (r = ledger_lock_device(l, &row.udi, err)) == 0)
		r = ledger_row_get(l, instance, &row, err);
	if (r <= 0 || row.state == LEDGER_CLOSED)
		return r < 0 ? r : 0;
	r = db_exec(l->db, err,
	    "UPDATE instance SET state = 'closed', closed_why = $3, closed_by = $4, closed_s = $5,"
	    " watch_s = NULL"
	    " WHERE account = $1 AND instance = $2",
	    "tttti", l->info.account, instance, why, who, now_s);
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO revocation (account, serial, why, at_s, expires_s)"
		    " SELECT account, serial, $3, $4, expires_s FROM key WHERE account = $1 AND instance = $2"
		    " ON CONFLICT (account, serial) DO NOTHING",
		    "ttti", l->info.account, instance, why, now_s);
	if (r == 0)
		r = ledger_unreserve_closed(l, &row, why, who, now_s, err);
	if (r == 0)
		r = ledger_settle(l, &row.udi, now_s, err);
	if (r == 0)
		r = ledger_alert_closed(l, instance, now_s, err);
	if (r == 0)
		r = ledger_history_add(l, instance, who, why, "", now_s, err);
	return r < 0 ? r : ledger_row_tell_end(l, &row, err);
}

/* Closes what a query of instances gives, one after the other, until it gives none. */
int
ledger_row_close_earlier(struct ledger *l, const struct ledger_row *inst, int64_t now_s,
    struct smartlic_error *err)
{
	char instance[SL_UUID_SIZE];
	struct db_row *row;
	int r;

	for (;;) {
		r = db_query(l->db, &row, err,
		    "SELECT instance FROM instance WHERE account = $1 AND pid = $2 AND sn = $3"
		    " AND uuid = $4 AND instance < $5 AND state <> 'closed' LIMIT 1",
		    "ttttt", l->info.account, inst->udi.pid, inst->udi.sn, inst->udi.uuid,
		    inst->instance);
		if (r == 0)
			r = db_next(row, err);
		if (r <= 0)
			return r;
		LEDGER_COPY(instance, row, 0);
		db_done(row);
		r = ledger_row_close(l, instance, "replaced", NULL, now_s, err);
		if (r < 0)
			return r;
	}
}

int
ledger_row_trim_pending(struct ledger *l, const struct sl_udi *udi, int64_t now_s,
    struct smartlic_error *err)
{
	char instance[SL_UUID_SIZE];
	struct db_row *row;
	int r;

	for (;;) {
		r = db_query(l->db, &row, err,
		    "SELECT instance FROM instance WHERE account = $1 AND pid = $2 AND sn = $3"
		    " AND uuid = $4 AND state = 'pending' ORDER BY instance DESC LIMIT 1 OFFSET $5",
		    "tttti", l->info.account, udi->pid, udi->sn, udi->uuid, (int64_t)PENDING_MAX);
		if (r == 0)
			r = db_next(row, err);
		if (r <= 0)
			return r;
		LEDGER_COPY(instance, row, 0);
		db_done(row);
		r = ledger_row_close(l, instance, "too many pending", NULL, now_s, err);
		if (r < 0)
			return r;
	}
}

static int
served_by(struct ledger *l, const struct ledger_row *row, char ret[LEDGER_NAME_SIZE],
    struct smartlic_error *err)
{
	struct ledger_satellite s;
	int r;

	ret[0] = '\0';
	if (row->home[0] == '\0')
		return 0;
	if (l->info.upstream[0] != '\0') {
		(void)sl_copy(ret, LEDGER_NAME_SIZE, "upstream");
		return 0;
	}
	r = ledger_satellite_by_home(l, row->home, &s, err);
	(void)sl_copy(ret, LEDGER_NAME_SIZE, r == 1 ? s.name : row->home);
	return r < 0 ? r : 0;
}

int
ledger_row_tell(struct ledger *l, const struct ledger_row *row, struct ledger_instance *ret,
    struct smartlic_error *err)
{
	int r;

	*ret = (struct ledger_instance){ .udi = row->udi,
		.closed_s = row->closed_s,
		.issued_s = row->issued_s,
		.last_contact_s = row->contact_s,
		.deadline_s = row->deadline_s,
		.registration_expires_s = row->expires_s,
		.sequence = row->sequence };
	(void)sl_copy(ret->instance, sizeof(ret->instance), row->instance);
	(void)sl_copy(ret->state, sizeof(ret->state), state_names[row->state]);
	(void)sl_copy(ret->closed_why, sizeof(ret->closed_why), row->closed_why);
	(void)sl_copy(ret->closed_by, sizeof(ret->closed_by), row->closed_by);
	/* the row keeps its last one; who uses nothing is neither in compliance nor out of it */
	(void)sl_copy(ret->compliance, sizeof(ret->compliance),
	    row->state == LEDGER_CLOSED ? "" : row->compliance);
	(void)sl_copy(ret->hostname, sizeof(ret->hostname), row->hostname);
	ret->export_controlled = row->export_controlled;
	r = served_by(l, row, ret->served_by, err);
	return r < 0 ? r : ledger_va_name(l, row->va, ret->virtual_account, err);
}

/* Devices of different PID or UUID may share a serial number, those of one chassis do: which of
 * them is meant, only the instance's UUID says. */
static int
serial_is_one_device(struct ledger *l, const char *serial, struct smartlic_error *err)
{
	struct db_row *row;
	int64_t n;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT COUNT(*) FROM (SELECT DISTINCT pid, uuid FROM instance"
	    " WHERE account = $1 AND sn = $2 AND state <> 'closed') AS devices",
	    "tt", l->info.account, serial);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	n = db_int(row, 0);
	db_done(row);
	if (n > 1)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "%lld devices have the serial number '%s'; name one by its instance's UUID, as "
		    "'instance list' prints it",
		    (long long)n, serial);
	return 0;
}

int
ledger_row_find(struct ledger *l, const char *uuid_or_serial, struct ledger_row *ret,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = ledger_row_get(l, uuid_or_serial, ret, err);
	if (r == 0)
		r = serial_is_one_device(l, uuid_or_serial, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = db_query(l->db, &row, err,
	    ROW_SELECT " WHERE account = $1 AND sn = $2"
	    " ORDER BY CASE state WHEN 'live' THEN 0 ELSE 1 END, instance DESC LIMIT 1",
	    "tt", l->info.account, uuid_or_serial);
	if (r == 0)
		r = one_row(row, ret, err);
	if (r == 0)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "no product instance has the UUID or serial number '%s'; 'instance list' has "
		    "them",
		    uuid_or_serial);
	return r < 0 ? r : 0;
}

int
ledger_instance_find(struct ledger *l, const char *uuid_or_serial, struct ledger_instance *ret,
    struct smartlic_error *err)
{
	struct ledger_row row;
	int r;

	r = ledger_row_find(l, uuid_or_serial, &row, err);
	if (r == 0)
		r = ledger_row_tell(l, &row, ret, err);
	return r < 0 ? r : 0;
}

/* The UDI's pending ones go too: an answer that is still on its way must not bring it back. */
int
ledger_row_remove(struct ledger *l, const struct ledger_row *inst, const char *who, int64_t now_s,
    struct smartlic_error *err)
{
	char instance[SL_UUID_SIZE];
	struct db_row *row;
	int r;

	for (;;) {
		r = db_query(l->db, &row, err,
		    "SELECT instance FROM instance WHERE account = $1 AND pid = $2 AND sn = $3"
		    " AND uuid = $4 AND (instance = $5 OR state = 'pending') AND state <> 'closed'"
		    " LIMIT 1",
		    "ttttt", l->info.account, inst->udi.pid, inst->udi.sn, inst->udi.uuid,
		    inst->instance);
		if (r == 0)
			r = db_next(row, err);
		if (r <= 0)
			return r;
		LEDGER_COPY(instance, row, 0);
		db_done(row);
		r = ledger_row_close(l, instance, "removed", who, now_s, err);
		if (r < 0)
			return r;
	}
}

int
ledger_instance_remove(struct ledger *l, const char *uuid_or_serial, const char *who,
    int64_t now_s, struct smartlic_error *err)
{
	struct ledger_row row;
	int r;

	r = ledger_name_check("who removes it", who, sizeof(row.closed_by), err);
	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = ledger_row_find(l, uuid_or_serial, &row, err);
	if (r == 0 && row.state == LEDGER_CLOSED)
		r = sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "the product instance %s is closed already (%s)", row.instance, row.closed_why);
	if (r == 0 && row.home[0] != '\0' && l->info.upstream[0] != '\0')
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "the product instance %s has left this satellite: remove it at the upstream",
		    row.instance);
	if (r == 0)
		r = ledger_row_remove(l, &row, who, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}
