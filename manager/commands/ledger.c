/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "commands/command.h"
#include "commands/output.h"
#include "commands/session.h"

/* What was found, also where that is bad: the caller returns the error all the same. */
static int
print(const struct call *call, const char *account, const struct ledger_head *head,
    int64_t broken, const char *problem, struct smartlic_error *err)
{
	static const struct output_column lines[] = {
		{ "account", "Smart account" },
		{ "entries", "Entries" },
		{ "head", "Head" },
		{ "status", "Status" },
	};
	char text[LEDGER_HEAD_SIZE];
	json_t *o = json_pack(
	    "{s:s, s:s}", "account", account, "status", problem == NULL ? "in order" : "broken");
	int r = 0;

	if (problem == NULL) {
		ledger_head_text(text, head);
		(void)json_object_set_new(o, "entries", json_integer((json_int_t)head->entry));
		(void)json_object_set_new(o, "head", json_string(text));
	} else {
		(void)json_object_set_new(o, "problem", json_string(problem));
		(void)json_object_set_new(
		    o, "first_broken", broken > 0 ? json_integer((json_int_t)broken) : json_null());
	}
	if (call->option[OPTION_JSON] != NULL)
		r = output_json(o, err);
	else if (problem == NULL)
		output_lines(o, lines, sizeof(lines) / sizeof(lines[0]));
	json_decref(o);
	return r;
}

int
command_ledger_verify(const struct call *call, struct smartlic_error *err)
{
	struct ledger_head noted, head = { 0, "" };
	const char *text = call->option[OPTION_HEAD];
	char account[LEDGER_NAME_SIZE];
	struct session s = { 0 };
	int64_t broken = 0;
	int r = 0;

	if (text != NULL)
		r = ledger_head_read(&noted, text, err);
	if (r == 0)
		r = session_open(&s, call, err);
	if (r == 0)
		r = ledger_account_name(s.ledger, account, err);
	if (r < 0)
		goto out;
	r = ledger_verify(s.ledger, text != NULL ? &noted : NULL, &head, &broken, err);
	if (r == 0)
		r = print(call, account, &head, 0, NULL, err);
	else if (r == SMARTLIC_E_STORE)
		(void)print(call, account, &head, broken, err->text, NULL);
out:
	session_close(&s);
	return r;
}
