/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "commands/command.h"
#include "commands/output.h"
#include "commands/session.h"

static int
add_account(void *ud, const struct ledger_account *a)
{
	return json_array_append_new(ud, json_string(a->account)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

/* The accounts that are meant: the one that was named, or all. */
static int
find_accounts(
    const struct call *call, struct ledger *ledger, json_t *ret, struct smartlic_error *err)
{
	int r = 0;

	if (call->option[OPTION_ACCOUNT] != NULL)
		(void)json_array_append_new(ret, json_string(ledger_info(ledger)->account));
	else
		r = ledger_account_each(ledger, add_account, ret, err);
	if (r == 0 && call->option[OPTION_HEAD] != NULL && json_array_size(ret) != 1)
		r = sl_fail(err, SMARTLIC_E_INVAL,
		    "--head is of one smart account: say with --account of which");
	return r;
}

/* One account's row.  What is wrong with it is kept in *found, if nothing is yet. */
static int
verify(struct ledger *ledger, const struct ledger_head *noted, json_t *rows,
    struct smartlic_error *found, struct smartlic_error *err)
{
	struct ledger_head head = { 0, "" };
	char name[LEDGER_NAME_SIZE], text[LEDGER_HEAD_SIZE];
	int64_t broken = 0;
	json_t *row;
	int r = ledger_account_name(ledger, name, err);

	if (r < 0)
		return r;
	r = ledger_verify(ledger, noted, &head, &broken, err);
	if (r == 0) {
		ledger_head_text(text, &head);
		row = json_pack("{s:s, s:I, s:s, s:s}", "account", name, "entries",
		    (json_int_t)head.entry, "head", text, "status", "in order");
	} else if (r == SMARTLIC_E_STORE) {
		row = json_pack("{s:s, s:s, s:s, s:o}", "account", name, "status", "broken",
		    "problem", err->text, "first_broken",
		    broken > 0 ? json_integer((json_int_t)broken) : json_null());
		if (found->code == 0)
			*found = *err;
	} else {
		return r;
	}
	return json_array_append_new(rows, row) < 0 ? sl_nomem(err) : 0;
}

int
command_ledger_verify(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "account", "ACCOUNT" },
		{ "entries", "ENTRIES" },
		{ "status", "STATUS" },
		{ "head", "HEAD" },
	};
	json_t *accounts = json_array(), *rows = json_array(), *id;
	const char *text = call->option[OPTION_HEAD];
	struct smartlic_error found = { 0 };
	struct session s = { 0 };
	struct ledger_head noted;
	size_t i;
	int r = 0;

	if (text != NULL)
		r = ledger_head_read(&noted, text, err);
	if (r == 0)
		r = session_open(&s, call, err);
	if (r == 0)
		r = find_accounts(call, s.ledger, accounts, err);
	json_array_foreach(accounts, i, id)
	{
		if (r == 0)
			r = ledger_select(s.ledger, json_string_value(id), err);
		if (r == 0)
			r = verify(s.ledger, text != NULL ? &noted : NULL, rows, &found, err);
	}
	if (r == 0)
		r = output_list(rows, columns, sizeof(columns) / sizeof(columns[0]),
		    call->option[OPTION_JSON] != NULL, err);
	if (r == 0 && found.code != 0) {
		*err = found;
		r = found.code;
	}
	session_close(&s);
	json_decref(accounts);
	json_decref(rows);
	return r;
}
