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

/* Virtual accounts: pools, tokens and devices that belong together. */

typedef int change(
    struct ledger *l, const char *name, const char *who, int64_t now_s, struct smartlic_error *err);

/* What needs nothing but its name. */
static int
run(const struct call *call, change *fn, struct smartlic_error *err)
{
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = fn(s.ledger, call->operand[0], command_by(call), system_now_s(), err);
	if (r == 0)
		r = command_virtual_account_tell(call, s.ledger, call->operand[0], err);
	session_close(&s);
	return r;
}

int
command_virtual_account_create(const struct call *call, struct smartlic_error *err)
{
	return run(call, ledger_virtual_account_create, err);
}

int
command_virtual_account_default(const struct call *call, struct smartlic_error *err)
{
	return run(call, ledger_virtual_account_default, err);
}

int
command_virtual_account_rename(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = ledger_virtual_account_rename(s.ledger, call->operand[0], call->operand[1],
		    command_by(call), system_now_s(), err);
	if (r == 0)
		r = command_virtual_account_tell(call, s.ledger, call->operand[1], err);
	session_close(&s);
	return r;
}

int
command_virtual_account_set(const struct call *call, struct smartlic_error *err)
{
	const char *silence = call->option[OPTION_SILENCE_DAYS];
	const char *deadline = call->option[OPTION_DEADLINE_DAYS];
	const char *tags = call->option[OPTION_TAGS];
	struct ledger_limits limits = { 0, 0 };
	struct session s = { 0 };
	int r = 0;

	if (silence == NULL && deadline == NULL && tags == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "nothing to set: give --silence-days, --deadline-days or --tags");
	if (silence != NULL)
		r = command_number("--silence-days", silence, 1, 365, &limits.silence_days, err);
	if (r == 0 && deadline != NULL)
		r = command_number("--deadline-days", deadline, 7, 365, &limits.deadline_days, err);
	if (r < 0)
		return r;
	r = session_open(&s, call, err);
	if (r == 0)
		r = ledger_virtual_account_set(s.ledger, call->operand[0], &limits, tags,
		    command_by(call), system_now_s(), err);
	if (r == 0)
		r = command_virtual_account_tell(call, s.ledger, call->operand[0], err);
	session_close(&s);
	return r;
}

/* ---- lists ------------------------------------------------------------------------------------
 */

/* Those that are set. */
static json_t *
policy_json(const struct ledger_policy *policy)
{
	json_t *obj = json_object();

	for (size_t i = 0; i < LEDGER_POLICIES; i++)
		if (policy->s[i] != DB_NULL_INT)
			(void)json_object_set_new(
			    obj, ledger_policy_names[i], json_integer((json_int_t)policy->s[i]));
	return obj;
}

/* For people: a line. */
static void
write_policy(json_t *all)
{
	json_t *list = json_array(), *value;
	const char *name;

	json_object_foreach(json_object_get(all, "policy"), name, value)
		(void)json_array_append_new(list,
		    json_sprintf("%s=%lld", name, (long long)json_integer_value(value)));
	(void)json_object_set_new(all, "policy", list);
}

static json_t *
virtual_account_json(const struct ledger_virtual_account *va)
{
	json_t *tags = json_array();

	for (size_t i = 0; i < va->n_tags; i++)
		(void)json_array_append_new(tags, json_string(va->tag[i]));
	return json_pack("{s:s, s:b, s:o, s:I, s:I, s:s, s:o, s:o}", "virtual_account", va->name,
	    "default", va->is_default, "tags", tags, "silence_days",
	    (json_int_t)va->limits.silence_days, "deadline_days",
	    (json_int_t)va->limits.deadline_days, "satellite", va->satellite, "created",
	    output_time(va->created_s), "policy", policy_json(&va->policy));
}

static int
has_tag(const struct ledger_virtual_account *va, const char *tag)
{
	for (size_t i = 0; i < va->n_tags; i++)
		if (strcmp(va->tag[i], tag) == 0)
			return 1;
	return 0;
}

int
virtual_account_is_asked_for(const struct call *call, const struct ledger_virtual_account *va)
{
	for (size_t i = 0; i < call->n_repeats; i++)
		if (!has_tag(va, call->repeat[i]))
			return 0;
	return 1;
}

struct listing {
	const struct call *call;
	json_t *list;
};

static int
add(void *ud, const struct ledger_virtual_account *va)
{
	const struct listing *l = ud;

	if (!virtual_account_is_asked_for(l->call, va))
		return 0;
	return json_array_append_new(l->list, virtual_account_json(va)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill(const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	struct listing l = { call, list };

	return ledger_virtual_account_each(ledger, add, &l, err);
}

int
command_virtual_account_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "virtual_account", "VIRTUAL ACCOUNT" },
		{ "default", "DEFAULT" },
		{ "silence_days", "ALERT AFTER DAYS" },
		{ "deadline_days", "RELEASED AFTER DAYS" },
		{ "satellite", "SATELLITE" },
		{ "tags", "TAGS" },
	};

	return command_list(call, fill, columns, sizeof(columns) / sizeof(columns[0]), err);
}

/* ---- one of them ------------------------------------------------------------------------------
 */

struct search {
	const char *name;
	json_t *found;
	int64_t va;
};

static int
take(void *ud, const struct ledger_virtual_account *va)
{
	struct search *s = ud;

	if (strcmp(va->name, s->name) != 0)
		return 0;
	s->va = va->va;
	s->found = virtual_account_json(va);
	return s->found != NULL ? 0 : SMARTLIC_E_NOMEM;
}

/* *ret: with what is in it. */
static int
collect(struct ledger *ledger, const char *name, json_t **ret, struct smartlic_error *err)
{
	struct search s = { .name = name };
	struct ledger_contents c;
	int r = ledger_virtual_account_each(ledger, take, &s, err);

	if (r == 0 && s.found == NULL)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "no virtual account is named '%s' (case matters); 'virtual-account list' names "
		    "them",
		    name);
	if (r == 0)
		r = ledger_va_contents(ledger, s.va, system_now_s(), &c, err);
	if (r == 0) {
		(void)json_object_set_new(
		    s.found, "instances", json_integer((json_int_t)c.instances));
		(void)json_object_set_new(
		    s.found, "licenses", json_integer((json_int_t)c.licenses));
		(void)json_object_set_new(s.found, "tokens", json_integer((json_int_t)c.tokens));
		(void)json_object_set_new(
		    s.found, "reservations", json_integer((json_int_t)c.reservations));
	}
	*ret = s.found;
	return r;
}

int
command_virtual_account_show(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column lines[] = {
		{ "virtual_account", "Virtual account" },
		{ "default", "Default" },
		{ "tags", "Tags" },
		{ "silence_days", "Alert after days" },
		{ "deadline_days", "Released after days" },
		{ "policy", "Policy" },
		{ "satellite", "Served by satellite" },
		{ "created", "Made" },
		{ "instances", "Open instances" },
		{ "licenses", "Licenses" },
		{ "tokens", "Usable tokens" },
		{ "reservations", "Open reservations" },
	};
	struct session s = { 0 };
	json_t *all = NULL;
	int r = session_open(&s, call, err);

	if (r == 0)
		r = collect(s.ledger, call->operand[0], &all, err);
	if (r == 0 && call->option[OPTION_JSON] != NULL)
		r = output_json(all, err);
	else if (r == 0) {
		write_policy(all);
		output_lines(all, lines, sizeof(lines) / sizeof(lines[0]));
	}
	json_decref(all);
	session_close(&s);
	return r;
}

/* ---- what was done ----------------------------------------------------------------------------
 */

int
command_virtual_account_tell(const struct call *call, struct ledger *ledger, const char *name,
    struct smartlic_error *err)
{
	json_t *all = NULL;
	int r = call->done == NULL ? 0 : collect(ledger, name, &all, err);

	done_row(call, all);
	return r;
}

static int
take_default(void *ud, const struct ledger_virtual_account *va)
{
	if (va->is_default)
		(void)sl_copy(ud, LEDGER_NAME_SIZE, va->name);
	return 0;
}

int
command_virtual_account_name(struct ledger *ledger, const char *name, char ret[LEDGER_NAME_SIZE],
    struct smartlic_error *err)
{
	(void)sl_copy(ret, LEDGER_NAME_SIZE, name != NULL ? name : "");
	return name != NULL ? 0 : ledger_virtual_account_each(ledger, take_default, ret, err);
}

/* What it was. */
int
command_virtual_account_delete(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	json_t *all = NULL;
	int r = session_open(&s, call, err);

	if (r == 0 && call->done != NULL)
		r = collect(s.ledger, call->operand[0], &all, err);
	if (r == 0)
		r = ledger_virtual_account_delete(
		    s.ledger, call->operand[0], command_by(call), system_now_s(), err);
	if (r == 0) {
		done_row(call, json_incref(all));
		done_json(call, "deleted", json_true());
	}
	json_decref(all);
	session_close(&s);
	return r;
}
