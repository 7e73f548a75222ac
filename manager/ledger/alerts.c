/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/* The table of alerts: a row for each cause, open or cleared. */

/* A sign counts each time, a state once as long as it lasts. */
static int
raise_alert(struct ledger *l, enum alert_id id, const struct ledger_cause *c, int sign, int64_t now_s,
    struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO alert (account, name, source, subject, text, raised_s, last_s, times, due_s,"
	    " first, second) VALUES ($1, $2, $3, $4, $5, $6, $6, 1, $7, $8, $9)"
	    " ON CONFLICT (account, name, source) DO UPDATE SET"
	    " raised_s = CASE WHEN alert.cleared_s IS NULL THEN alert.raised_s"
	    " ELSE excluded.raised_s END, last_s = excluded.last_s,"
	    " times = alert.times + CASE WHEN $10 = 1 OR alert.cleared_s IS NOT NULL THEN 1 ELSE 0"
	    " END, subject = excluded.subject, text = excluded.text, due_s = excluded.due_s,"
	    " first = excluded.first, second = excluded.second, cleared_s = NULL"
	    " WHERE $10 = 1 OR alert.cleared_s IS NOT NULL OR alert.text <> excluded.text"
	    " OR alert.subject <> excluded.subject"
	    " OR COALESCE(alert.due_s, 0) <> COALESCE(excluded.due_s, 0)",
	    "tttttiotti", l->info.account, alert_defs[id].name, c->source, c->subject, c->text, now_s,
	    c->due_s, c->first, c->second, (int64_t)sign);
}

static int
clear_alert(struct ledger *l, enum alert_id id, const char *source, int64_t now_s,
    struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE alert SET cleared_s = $4"
	    " WHERE account = $1 AND name = $2 AND source = $3 AND cleared_s IS NULL",
	    "ttti", l->info.account, alert_defs[id].name, source, now_s);
}

int
ledger_alert_settle(struct ledger *l, unsigned int decided, unsigned int open,
    const struct ledger_cause *cause, int64_t now_s, struct smartlic_error *err)
{
	int r = 0;

	for (int id = 0; r == 0 && id < ALERTS; id++)
		if ((decided >> id & 1U) != 0)
			r = (open >> id & 1U) != 0
			        ? raise_alert(l, (enum alert_id)id, cause, 0, now_s, err)
			        : clear_alert(l, (enum alert_id)id, cause->source, now_s, err);
	return r;
}

static struct ledger_cause
cause_of(const struct ledger_row *row, char subject[SL_UDI_SERIAL_SIZE], const char *text)
{
	sl_udi_serial(subject, &row->udi);
	return (struct ledger_cause){ .source = row->instance,
		.subject = subject,
		.text = text,
		.due_s = DB_NULL_INT,
		.first = "",
		.second = "" };
}

int
ledger_alert_sign(struct ledger *l, enum alert_id id, const struct ledger_row *row,
    const char *first, const char *second, int64_t now_s, struct smartlic_error *err)
{
	char subject[SL_UDI_SERIAL_SIZE];
	struct ledger_cause cause = cause_of(row, subject, "");

	cause.first = first;
	cause.second = second;
	return raise_alert(l, id, &cause, 1, now_s, err);
}

int
ledger_alert_device(struct ledger *l, const struct ledger_row *row, unsigned int decided,
    const struct alert_device *facts, int64_t now_s, struct smartlic_error *err)
{
	char subject[SL_UDI_SERIAL_SIZE], at[SL_TIME_SIZE], text[80];
	struct ledger_cause cause = cause_of(row, subject, text);

	sl_time(at, row->contact_s);
	(void)snprintf(text, sizeof(text), "last heard of %s", at);
	if (row->deadline_s != DB_NULL_INT && row->holds)
		cause.due_s = row->deadline_s;
	return ledger_alert_settle(l, decided, alerts_of_device(facts, now_s), &cause, now_s, err);
}

int
ledger_alert_closed(struct ledger *l, const char *instance, int64_t now_s,
    struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE alert SET cleared_s = $3 WHERE account = $1 AND source = $2"
	    " AND cleared_s IS NULL", "tti", l->info.account, instance, now_s);
}

int
ledger_alert_pool(struct ledger *l, int64_t va, const char *tag, int64_t now_s,
    struct smartlic_error *err)
{
	char source[SL_TAG_SIZE + 24], short_tag[SL_TAG_SIZE], name[LEDGER_NAME_SIZE] = "";
	char subject[LEDGER_NAME_SIZE + SL_TAG_SIZE + 4], text[96];
	struct ledger_cause cause = { .source = source,
		.subject = subject,
		.text = text,
		.due_s = DB_NULL_INT,
		.first = "",
		.second = "" };
	int64_t purchased, consumed;
	int r;

	r = ledger_pool_get(l, va, tag, now_s, &purchased, &consumed, err);
	if (r >= 0)
		r = ledger_va_name(l, va, name, err);
	if (r < 0)
		return r;
	sl_tag_short(short_tag, tag);
	(void)snprintf(source, sizeof(source), "%lld %s", (long long)va, tag);
	(void)snprintf(subject, sizeof(subject), "%s: %s", name, short_tag);
	(void)snprintf(text, sizeof(text), "%lld in use of %lld", (long long)consumed,
	    (long long)purchased);
	return ledger_alert_settle(
	    l, ALERTS_OF_POOL, alerts_of_pool(purchased, consumed), &cause, now_s, err);
}

int
ledger_alert_token(struct ledger *l, const struct ledger_token *t, int64_t now_s,
    struct smartlic_error *err)
{
	const struct alert_token facts = { .created_s = t->created_s,
		.expires_s = t->expires_s,
		.usable = t->revoked_s == DB_NULL_INT &&
		          (t->uses_max == LEDGER_ANY_USES || t->uses < t->uses_max) };
	const struct ledger_cause cause = { .source = t->id,
		.subject = t->id_text,
		.text = t->name,
		.due_s = t->expires_s,
		.first = "",
		.second = "" };

	return ledger_alert_settle(
	    l, ALERTS_OF_TOKEN, alerts_of_token(&facts, now_s), &cause, now_s, err);
}

int
ledger_alert_end(struct ledger *l, enum alert_id id, const char *what, int64_t ends_s,
    int64_t now_s, struct smartlic_error *err)
{
	const struct ledger_cause cause = { .source = what,
		.subject = what,
		.text = "",
		.due_s = ends_s,
		.first = "",
		.second = "" };

	return ledger_alert_settle(
	    l, 1U << id, alerts_of_end(id, ends_s, now_s), &cause, now_s, err);
}

#define ALERT_COLUMNS                                                                              \
	"SELECT name, source, subject, text, raised_s, last_s, times, due_s, first, second,"       \
	" cleared_s FROM alert WHERE account = $1"

static const struct alert_def *
def_of(const char *name)
{
	for (int id = 0; id < ALERTS; id++)
		if (strcmp(alert_defs[id].name, name) == 0)
			return &alert_defs[id];
	return NULL;
}

static void
read_alert(struct db_row *row, struct ledger_alert *ret)
{
	*ret = (struct ledger_alert){ .def = def_of(db_text(row, 0)),
		.raised_s = db_int(row, 4),
		.last_s = db_int(row, 5),
		.times = db_int(row, 6),
		.due_s = db_int(row, 7),
		.cleared_s = db_int(row, 10) };
	LEDGER_COPY(ret->source, row, 1);
	LEDGER_COPY(ret->subject, row, 2);
	LEDGER_COPY(ret->text, row, 3);
	LEDGER_COPY(ret->first, row, 8);
	LEDGER_COPY(ret->second, row, 9);
}

int
ledger_alert_each(struct ledger *l, const char *instance, int cleared_too,
    int (*fn)(void *ud, const struct ledger_alert *alert), void *ud, struct smartlic_error *err)
{
	struct ledger_alert a;
	struct db_row *row;
	int r;

	if (instance != NULL)
		r = db_query(l->db, &row, err,
		    ALERT_COLUMNS " AND source = $2 AND cleared_s IS NULL ORDER BY raised_s, name",
		    "tt", l->info.account, instance);
	else if (cleared_too)
		r = db_query(l->db, &row, err, ALERT_COLUMNS " ORDER BY raised_s, source, name", "t",
		    l->info.account);
	else
		r = db_query(l->db, &row, err,
		    ALERT_COLUMNS " AND cleared_s IS NULL ORDER BY raised_s, source, name", "t",
		    l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		read_alert(row, &a);
		r = a.def == NULL ? 0 : fn(ud, &a); /* of a later version: not known here */
		if (r != 0) {
			db_done(row);
			return r;
		}
	}
	return r;
}
