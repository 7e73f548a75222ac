/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"

static json_t *
pool_json(const struct ledger_pool *p)
{
	char short_tag[SL_TAG_SIZE];

	sl_tag_short(short_tag, p->tag);
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:s}", "virtual_account",
	    p->virtual_account, "license", short_tag, "tag", p->tag, "purchased",
	    (json_int_t)p->purchased, "in_use", (json_int_t)p->consumed, "next_end",
	    output_time(p->ends_s), "status",
	    p->consumed > p->purchased ? "out of compliance" : "in compliance");
}

struct search {
	const struct call *call;
	const char *tag;
	char va[LEDGER_NAME_SIZE];
};

static int
tell_pool(void *ud, const struct ledger_pool *p)
{
	const struct search *s = ud;

	if (strcmp(p->virtual_account, s->va) == 0 && strcmp(p->tag, s->tag) == 0)
		done_row(s->call, pool_json(p));
	return 0;
}

/* The pool as it is now. */
static int
tell(const struct call *call, struct ledger *ledger, struct smartlic_error *err)
{
	const struct ledger_entitlement *e = ledger_entitlement_find(call->operand[0]);
	struct search s = { call, e != NULL ? e->tag : call->operand[0], "" };
	int r;

	if (call->done == NULL)
		return 0;
	r = command_virtual_account_name(ledger, call->option[OPTION_VIRTUAL_ACCOUNT], s.va, err);
	return r < 0 ? r : ledger_pool_each(ledger, system_now_s(), tell_pool, &s, err);
}

int
command_license_set(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	int64_t n;
	int r;

	r = command_number("COUNT", call->operand[1], 0, LEDGER_QUANTITY_MAX, &n, err);
	if (r < 0)
		return r;
	r = session_open(&s, call, err);
	if (r == 0)
		r = ledger_license_change(s.ledger, call->option[OPTION_VIRTUAL_ACCOUNT],
		    call->operand[0], n, 1, command_by(call), system_now_s(), err);
	if (r == 0)
		r = tell(call, s.ledger, err);
	session_close(&s);
	return r;
}

struct listing {
	const struct call *call;
	json_t *list;
	json_t *wanted; /* names of virtual accounts */
};

static int
add_pool(void *ud, const struct ledger_pool *p)
{
	const struct listing *l = ud;

	if (json_object_get(l->wanted, p->virtual_account) == NULL)
		return 0;
	return json_array_append_new(l->list, pool_json(p)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
want(void *ud, const struct ledger_virtual_account *va)
{
	const struct listing *l = ud;

	if (!virtual_account_is_asked_for(l->call, va))
		return 0;
	return json_object_set_new(l->wanted, va->name, json_true()) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_pools(const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	struct listing l = { call, list, json_object() };
	int r = ledger_virtual_account_each(ledger, want, &l, err);

	if (r == 0)
		r = ledger_pool_each(ledger, system_now_s(), add_pool, &l, err);
	json_decref(l.wanted);
	return r;
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

	if (call->option[OPTION_EXPAND] != NULL && call->n_repeats > 0)
		return sl_fail(err, SMARTLIC_E_INVAL, "--tag goes without --expand");
	if (call->option[OPTION_EXPAND] != NULL)
		return purchases_list(call, err);
	return command_list(
	    call, fill_pools, columns, sizeof(columns) / sizeof(columns[0]), err);
}
