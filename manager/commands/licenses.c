/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "commands/command.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"

int
command_virtual_account_create(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = ledger_virtual_account_create(s.ledger, call->operand[0], system_now_s(), err);
	session_close(&s);
	return r;
}

int
command_virtual_account_set(const struct call *call, struct smartlic_error *err)
{
	const char *silence = call->option[OPTION_SILENCE_DAYS];
	const char *deadline = call->option[OPTION_DEADLINE_DAYS];
	struct ledger_limits limits = { 0, 0 };
	struct session s = { 0 };
	int r = 0;

	if (silence == NULL && deadline == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "nothing to set: give --silence-days, --deadline-days or both");
	if (silence != NULL)
		r = command_number("--silence-days", silence, 1, 365, &limits.silence_days, err);
	if (r == 0 && deadline != NULL)
		r = command_number("--deadline-days", deadline, 7, 365, &limits.deadline_days, err);
	if (r < 0)
		return r;
	r = session_open(&s, call, err);
	if (r == 0)
		r = ledger_virtual_account_set(s.ledger, call->operand[0], &limits, err);
	session_close(&s);
	return r;
}

static int
add_virtual_account(void *ud, const char *name, const struct ledger_limits *limits)
{
	json_t *row = json_pack("{s:s, s:I, s:I}", "virtual_account", name, "silence_days",
	    (json_int_t)limits->silence_days, "deadline_days", (json_int_t)limits->deadline_days);

	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_virtual_accounts(
    const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	(void)call;
	return ledger_virtual_account_each(ledger, add_virtual_account, list, err);
}

int
command_virtual_account_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "virtual_account", "VIRTUAL ACCOUNT" },
		{ "silence_days", "ALERT AFTER DAYS" },
		{ "deadline_days", "RELEASED AFTER DAYS" },
	};

	return command_list(
	    call, fill_virtual_accounts, columns, sizeof(columns) / sizeof(columns[0]), err);
}

int
command_license_set(const struct call *call, struct smartlic_error *err)
{
	const char *va = call->option[OPTION_VIRTUAL_ACCOUNT];
	struct session s = { 0 };
	int64_t n;
	int r;

	r = command_number("COUNT", call->operand[1], 0, LEDGER_QUANTITY_MAX, &n, err);
	if (r < 0)
		return r;
	r = session_open(&s, call, err);
	if (r == 0)
		r = ledger_license_change(s.ledger, va != NULL ? va : LEDGER_DEFAULT, call->operand[0],
		    n, 1, command_by(call), system_now_s(), err);
	session_close(&s);
	return r;
}

static int
add_pool(void *ud, const struct ledger_pool *p)
{
	char short_tag[SL_TAG_SIZE];
	json_t *row;

	sl_tag_short(short_tag, p->tag);
	row = json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:s}", "virtual_account", p->virtual_account,
	    "license", short_tag, "tag", p->tag, "purchased", (json_int_t)p->purchased, "in_use",
	    (json_int_t)p->consumed, "next_end", output_time(p->ends_s), "status",
	    p->consumed > p->purchased ? "out of compliance" : "in compliance");
	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_pools(const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	(void)call;
	return ledger_pool_each(ledger, system_now_s(), add_pool, list, err);
}

int
command_license_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "virtual_account", "VIRTUAL ACCOUNT" },
		{ "license", "LICENSE" },
		{ "purchased", "PURCHASED" },
		{ "in_use", "IN USE" },
		{ "status", "STATUS" },
		{ "next_end", "NEXT END" },
	};

	if (call->option[OPTION_EXPAND] != NULL)
		return purchases_list(call, err);
	return command_list(
	    call, fill_pools, columns, sizeof(columns) / sizeof(columns[0]), err);
}
