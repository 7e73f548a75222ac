/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"
#include "text.h"

/* Smart accounts: several in one authority, strictly apart. */

static json_t *
account_json(const struct ledger_account *a)
{
	json_t *days = a->sample_days == LEDGER_SAMPLES_FOREVER
			   ? json_null()
			   : json_integer((json_int_t)a->sample_days);

	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:o}", "account", a->name, "id", a->account,
	    "created", output_time(a->created_s), "virtual_accounts",
	    (json_int_t)a->virtual_accounts, "instances", (json_int_t)a->instances, "sample_days",
	    days);
}

struct search {
	const struct call *call;
	const char *name_or_id;
};

static int
tell(void *ud, const struct ledger_account *a)
{
	const struct search *s = ud;

	if (strcmp(a->name, s->name_or_id) == 0 || strcmp(a->account, s->name_or_id) == 0)
		done_row(s->call, account_json(a));
	return 0;
}

int
command_account_tell(const struct call *call, struct ledger *ledger, const char *name_or_id,
    struct smartlic_error *err)
{
	struct search s = { call, name_or_id };

	return call->done == NULL ? 0 : ledger_account_each(ledger, tell, &s, err);
}

int
command_account_create(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	unsigned char random[16];
	char id[SL_UUID_SIZE];
	int r = session_open(&s, call, err);

	if (r == 0 && system_random(NULL, random, sizeof(random)) < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness for the account's id");
	if (r == 0) {
		sl_uuid4(id, random);
		r = ledger_account_create(
		    s.ledger, call->operand[0], id, command_by(call), system_now_s(), err);
	}
	if (r == 0)
		r = command_account_tell(call, s.ledger, id, err);
	session_close(&s);
	return r;
}

int
command_account_rename(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = ledger_select(s.ledger, call->operand[0], err);
	if (r == 0)
		r = ledger_account_rename(
		    s.ledger, call->operand[1], command_by(call), system_now_s(), err);
	if (r == 0)
		r = command_account_tell(call, s.ledger, ledger_info(s.ledger)->account, err);
	session_close(&s);
	return r;
}

int
command_account_set(const struct call *call, struct smartlic_error *err)
{
	const char *text = call->option[OPTION_SAMPLE_DAYS];
	int64_t days = LEDGER_SAMPLES_FOREVER;
	struct session s = { 0 };
	int r = 0;

	if (strcmp(text, "forever") != 0)
		r = command_number("--sample-days", text, LEDGER_SAMPLE_DAYS_MIN,
		    LEDGER_SAMPLE_DAYS_MAX, &days, err);
	if (r == 0)
		r = session_open(&s, call, err);
	if (r == 0)
		r = ledger_select(s.ledger, call->operand[0], err);
	if (r == 0)
		r = ledger_samples_keep(s.ledger, days, command_by(call), system_now_s(), err);
	if (r == 0)
		r = command_account_tell(call, s.ledger, ledger_info(s.ledger)->account, err);
	session_close(&s);
	return r;
}

static int
add_account(void *ud, const struct ledger_account *a)
{
	return json_array_append_new(ud, account_json(a)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_accounts(
    const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	(void)call;
	return ledger_account_each(ledger, add_account, list, err);
}

int
command_account_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "account", "SMART ACCOUNT" },
		{ "id", "ID" },
		{ "virtual_accounts", "VIRTUAL ACCOUNTS" },
		{ "instances", "INSTANCES" },
		{ "sample_days", "SAMPLES KEPT DAYS" },
		{ "created", "CREATED" },
	};

	return command_list(
	    call, fill_accounts, columns, sizeof(columns) / sizeof(columns[0]), err);
}

static int
add_duplicate(void *ud, const struct ledger_duplicate *d)
{
	json_t *row =
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "pid", d->udi.pid, "sn", d->udi.sn, "uuid",
		d->udi.uuid, "account", d->account, "instance", d->instance, "state", d->state);

	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_duplicates(
    const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	(void)call;
	return ledger_duplicate_each(ledger, add_duplicate, list, err);
}

int
command_account_duplicates(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "pid", "PID" },
		{ "sn", "SERIAL" },
		{ "uuid", "UUID" },
		{ "account", "SMART ACCOUNT" },
		{ "instance", "INSTANCE" },
		{ "state", "STATE" },
	};

	return command_list(
	    call, fill_duplicates, columns, sizeof(columns) / sizeof(columns[0]), err);
}
