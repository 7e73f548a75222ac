/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "ledger/satellites.h"
#include "system.h"

/* Satellites, as the administrator of their upstream sees them. */

#define DAYS_MAX 365
#define DAY_S    INT64_C(86400)

static const char *
who(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw != NULL ? pw->pw_name : "administrator";
}

static int
join_names(const struct call *call, struct sl_buf *ret, struct smartlic_error *err)
{
	for (size_t i = 0; i < call->n_repeats; i++) {
		if (strchr(call->repeat[i], '\n') != NULL)
			return sl_fail(err, SMARTLIC_E_INVAL, "--tls-name: a line's end in it");
		sl_buf_printf(ret, "%s\n", call->repeat[i]);
	}
	if (ret->len >= sizeof(((struct ledger_satellite *)0)->tls_names))
		return sl_fail(err, SMARTLIC_E_LIMIT, "--tls-name: too many of them");
	return ret->failed ? sl_nomem(err) : 0;
}

static int
tell(const struct call *call, struct ledger *ledger, struct smartlic_error *err);

int
command_satellite_create(const struct call *call, struct smartlic_error *err)
{
	struct authority_invitation i = { .name = call->operand[0],
		.virtual_accounts = call->rest,
		.n_virtual_accounts = call->n_rest,
		.who = who() };
	struct sl_buf names = { 0 }, token = { 0 };
	struct session s = { 0 };
	int r = command_number("--days", call->option[OPTION_DAYS], 1, DAYS_MAX, &i.days, err);

	if (r == 0)
		r = join_names(call, &names, err);
	i.tls_names = names.data != NULL ? names.data : "";
	if (r == 0)
		r = session_open_authority(&s, call, err);
	if (r == 0)
		r = authority_satellite_create(s.authority, &i, system_now_s(), &token, err);
	if (r == 0) {
		done_secret(call, &token);
		r = tell(call, s.ledger, err);
	}
	sl_buf_free(&token);
	sl_buf_free(&names);
	session_close(&s);
	return r;
}

struct listing {
	struct ledger *ledger;
	json_t *list;
	int64_t now_s;
	const char *name; /* NULL: all */
};

static int
add_name(void *ud, int64_t va, const char *name)
{
	(void)va;
	return json_array_append_new(ud, json_string(name)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

/* Days since the last synchronisation; null where there was none. */
static json_t *
lag(const struct ledger_satellite *s, int64_t now_s)
{
	return s->state == SATELLITE_JOINED
		   ? json_integer((json_int_t)((now_s - s->synced_s) / DAY_S))
		   : json_null();
}

static int
add_satellite(void *ud, const struct ledger_satellite *s)
{
	struct listing *l = ud;
	json_t *row;

	if (l->name != NULL && strcmp(l->name, s->name) != 0)
		return 0;
	row = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s?}", "name", s->name,
	    "status", ledger_satellite_status(s, l->now_s), "id", s->home, "created",
	    output_time(s->created_s), "joined", output_time(s->joined_s), "synchronised",
	    output_time(s->synced_s), "left", output_time(s->left_s), "lag_days", lag(s, l->now_s),
	    "version", s->version, "tls_names", s->tls_names, "next_root",
	    s->root[0] != '\0' ? s->root : NULL);
	return json_array_append_new(l->list, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

/* After the walk: the ledger asks one thing at a time. */
static int
add_accounts(struct listing *l, struct smartlic_error *err)
{
	json_t *row, *names;
	size_t i;
	int r = 0;

	json_array_foreach(l->list, i, row)
	{
		names = json_array();
		r = ledger_satellite_each_va(l->ledger,
		    json_string_value(json_object_get(row, "name")), add_name, names, err);
		if (json_object_set_new(row, "virtual_accounts", names) < 0)
			return sl_nomem(err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
fill(const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	struct listing l = {
		.ledger = ledger, .list = list, .now_s = system_now_s(), .name = call->operand[0]
	};
	int r = ledger_satellite_each(ledger, add_satellite, &l, err);

	return r < 0 ? r : add_accounts(&l, err);
}

/* The satellite as it is now. */
static int
tell(const struct call *call, struct ledger *ledger, struct smartlic_error *err)
{
	json_t *list = json_array();
	int r = call->done == NULL ? 0 : fill(call, ledger, list, err);

	done_row(call, json_incref(json_array_get(list, 0)));
	json_decref(list);
	return r;
}

int
command_satellite_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "name", "NAME" },
		{ "status", "STATUS" },
		{ "lag_days", "DAYS BEHIND" },
		{ "synchronised", "SYNCHRONISED" },
		{ "version", "VERSION" },
		{ "id", "ID" },
	};

	return command_list(call, fill, columns, sizeof(columns) / sizeof(columns[0]), err);
}

static void
print_accounts(const json_t *row)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(row, "virtual_accounts"), i, name)
	{
		printf("%s", i == 0 ? "Serves:        " : "               ");
		output_text(json_string_value(name));
		printf("\n");
	}
}

int
command_satellite_show(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "name", "Name" },
		{ "status", "Status" },
		{ "id", "Id" },
		{ "version", "Version" },
		{ "joined", "Joined" },
		{ "synchronised", "Synchronised" },
		{ "lag_days", "Days behind" },
		{ "left", "Left" },
		{ "next_root", "Next root" },
	};
	json_t *list = json_array(), *row;
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = fill(call, s.ledger, list, err);
	row = json_array_get(list, 0);
	if (r == 0 && row == NULL)
		r = sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "no satellite is named '%s'; 'satellite list' names them", call->operand[0]);
	if (r == 0 && call->option[OPTION_JSON] != NULL) {
		r = output_json(row, err);
	} else if (r == 0) {
		output_lines(row, columns, sizeof(columns) / sizeof(columns[0]));
		print_accounts(row);
	}
	session_close(&s);
	json_decref(list);
	return r;
}

int
command_satellite_take_back(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	int r = session_open_authority(&s, call, err);

	if (r == 0)
		r = authority_satellite_take_back(
		    s.authority, call->operand[0], who(), system_now_s(), err);
	if (r == 0)
		r = tell(call, s.ledger, err);
	session_close(&s);
	return r;
}
