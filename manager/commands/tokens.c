/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"

#define DAYS_MAX 365
#define USES_MAX INT64_C(1000000000)

static int tell(
    const struct call *call, struct ledger *ledger, const char *id, struct smartlic_error *err);

int
command_token_create(const struct call *call, struct smartlic_error *err)
{
	struct sl_udi udis[COMMAND_REPEATS_MAX];
	struct ledger_token_new new = { .virtual_account = call->option[OPTION_VIRTUAL_ACCOUNT],
		.name = call->option[OPTION_NAME],
		.description = call->option[OPTION_DESCRIPTION],
		.made_by = command_by(call),
		.uses_max = LEDGER_ANY_USES,
		.export_controlled = call->option[OPTION_EXPORT_CONTROLLED] != NULL,
		.udis = udis,
		.n_udis = call->n_repeats };
	struct session s = { 0 };
	struct sl_buf token = { 0 };
	int r;

	r = command_number("--days", call->option[OPTION_DAYS], 1, DAYS_MAX, &new.days, err);
	if (r == 0 && call->option[OPTION_USES] != NULL)
		r = command_number(
		    "--uses", call->option[OPTION_USES], 1, USES_MAX, &new.uses_max, err);
	for (size_t i = 0; r == 0 && i < call->n_repeats; i++)
		r = command_udi(call->repeat[i], &udis[i], err);
	if (r < 0)
		return r;
	r = session_open_authority(&s, call, err);
	if (r == 0)
		r = authority_token_create(s.authority, &new, system_now_s(), &token, err);
	if (r == 0) {
		done_secret(call, &token);
		r = tell(call, s.ledger, token.data, err);
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

/* Uses, or null for any number of them. */
static json_t *
uses_json(const struct ledger_token *t, int64_t n)
{
	return t->uses_max == LEDGER_ANY_USES ? json_null() : json_integer((json_int_t)n);
}

static json_t *
token_json(const struct ledger_token *t, int64_t now_s)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:s, s:I}",
	    "id", t->id_text, "name", t->name, "description", t->description, "virtual_account",
	    t->virtual_account, "status", token_status(t, now_s), "made_by", t->made_by, "created",
	    output_time(t->created_s), "expires", output_time(t->expires_s), "revoked",
	    output_time(t->revoked_s), "uses", (json_int_t)t->uses, "uses_max",
	    uses_json(t, t->uses_max), "uses_left", uses_json(t, t->uses_max - t->uses), "last_use",
	    output_time(t->last_use_s), "export_controlled",
	    t->export_controlled ? "allowed" : "not allowed", "bound", (json_int_t)t->bound);
}

static int
add_token(void *ud, const struct ledger_token *t)
{
	struct listing *l = ud;

	return json_array_append_new(l->list, token_json(t, l->now_s)) < 0 ? SMARTLIC_E_NOMEM : 0;
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
		{ "uses_left", "LEFT" },
		{ "last_use", "LAST USE" },
		{ "expires", "EXPIRES" },
		{ "made_by", "MADE BY" },
		{ "name", "NAME" },
	};

	return command_list(
	    call, fill_tokens, columns, sizeof(columns) / sizeof(columns[0]), err);
}

/* ---- one of them -------------------------------------------------------- */

static int
add_udi(void *ud, const struct sl_udi *udi)
{
	json_t *row = json_pack("{s:s, s:s, s:s}", "pid", udi->pid, "sn", udi->sn, "uuid", udi->uuid);

	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

/* *ret: the token with its list "devices". */
static int
collect(struct ledger *ledger, const char *id, json_t **ret, struct smartlic_error *err)
{
	json_t *devices = json_array(), *all;
	struct ledger_token t;
	int r;

	r = ledger_token_find(ledger, id, &t, err);
	if (r == 0)
		r = ledger_token_udi_each(ledger, t.id, add_udi, devices, err);
	if (r == 0) {
		all = token_json(&t, system_now_s());
		if (json_object_set(all, "devices", devices) < 0) {
			json_decref(all);
			r = sl_nomem(err);
		} else {
			*ret = all;
		}
	}
	json_decref(devices);
	return r;
}

static int
tell(const struct call *call, struct ledger *ledger, const char *id, struct smartlic_error *err)
{
	json_t *all = NULL;
	int r = call->done == NULL ? 0 : collect(ledger, id, &all, err);

	done_row(call, all);
	return r;
}

static int
show(const json_t *all, struct smartlic_error *err)
{
	static const struct output_column lines[] = {
		{ "id", "Token id" },
		{ "name", "Name" },
		{ "description", "Description" },
		{ "virtual_account", "Virtual account" },
		{ "status", "Status" },
		{ "made_by", "Made by" },
		{ "created", "Made" },
		{ "expires", "Expires" },
		{ "revoked", "Revoked" },
		{ "uses", "Uses" },
		{ "uses_max", "Of" },
		{ "uses_left", "Uses left" },
		{ "last_use", "Last use" },
		{ "export_controlled", "Export-controlled" },
	};
	static const struct output_column devices[] = {
		{ "pid", "BOUND TO PID" },
		{ "sn", "SERIAL" },
		{ "uuid", "UUID" },
	};
	const json_t *list = json_object_get(all, "devices");

	output_lines(all, lines, sizeof(lines) / sizeof(lines[0]));
	if (json_array_size(list) == 0)
		return 0;
	putchar('\n');
	return output_list(list, devices, sizeof(devices) / sizeof(devices[0]), 0, err);
}

int
command_token_show(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	json_t *all = NULL;
	int r = session_open(&s, call, err);

	if (r == 0)
		r = collect(s.ledger, call->operand[0], &all, err);
	if (r == 0)
		r = call->option[OPTION_JSON] != NULL ? output_json(all, err) : show(all, err);
	json_decref(all);
	session_close(&s);
	return r;
}

int
command_token_revoke(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = ledger_token_revoke(
		    s.ledger, call->operand[0], command_by(call), system_now_s(), err);
	if (r == 0)
		r = tell(call, s.ledger, call->operand[0], err);
	session_close(&s);
	return r;
}
