/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "commands/command.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"

#define DAYS_MAX 365
#define USES_MAX INT64_C(1000000000)

int
command_token_create(const struct call *call, struct smartlic_error *err)
{
	const char *va = call->option[OPTION_VIRTUAL_ACCOUNT], *name = call->option[OPTION_NAME];
	int64_t days, uses = LEDGER_ANY_USES;
	struct session s = { 0 };
	struct sl_buf token = { 0 };
	int r;

	r = command_number("--days", call->option[OPTION_DAYS], 1, DAYS_MAX, &days, err);
	if (r == 0 && call->option[OPTION_USES] != NULL)
		r = command_number("--uses", call->option[OPTION_USES], 1, USES_MAX, &uses, err);
	if (r < 0)
		return r;
	r = session_open_authority(&s, call->option[OPTION_DATA], err);
	if (r == 0)
		r = authority_token_create(s.authority, va != NULL ? va : LEDGER_DEFAULT,
		    name != NULL ? name : "", days, uses, system_now_s(), &token, err);
	/* unbuffered: stdio would keep a copy that nobody wipes */
	if (r == 0) {
		(void)setvbuf(stdout, NULL, _IONBF, 0);
		(void)printf("%s\n", token.data);
	}
	sl_buf_free(&token);
	session_close(&s);
	return r;
}

struct listing {
	json_t *list;
	int64_t now_s;
};

static const char *
token_status(const struct ledger_token *t, int64_t now_s)
{
	if (t->revoked_s != DB_NULL_INT)
		return "revoked";
	if (t->expires_s <= now_s)
		return "expired";
	if (t->uses_max != LEDGER_ANY_USES && t->uses >= t->uses_max)
		return "exhausted";
	return "valid";
}

static int
add_token(void *ud, const struct ledger_token *t)
{
	struct listing *l = ud;
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "id", t->id_text, "name",
	    t->name, "virtual_account", t->virtual_account, "status", token_status(t, l->now_s),
	    "created", output_time(t->created_s), "expires", output_time(t->expires_s), "revoked",
	    output_time(t->revoked_s), "uses", (json_int_t)t->uses);

	if (t->uses_max != LEDGER_ANY_USES)
		(void)json_object_set_new(row, "uses_max", json_integer((json_int_t)t->uses_max));
	else
		(void)json_object_set_new(row, "uses_max", json_null());
	return json_array_append_new(l->list, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_tokens(const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	struct listing l = { list, system_now_s() };

	(void)call;
	return ledger_token_each(ledger, add_token, &l, err);
}

int
command_token_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "id", "TOKEN-ID" },
		{ "virtual_account", "VIRTUAL ACCOUNT" },
		{ "status", "STATUS" },
		{ "uses", "USES" },
		{ "uses_max", "OF" },
		{ "expires", "EXPIRES" },
		{ "name", "NAME" },
	};

	return command_list(
	    call, fill_tokens, columns, sizeof(columns) / sizeof(columns[0]), err);
}

int
command_token_revoke(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	int r = session_open(&s, call->option[OPTION_DATA], err);

	if (r == 0)
		r = ledger_token_revoke(s.ledger, call->operand[0], system_now_s(), err);
	session_close(&s);
	return r;
}
