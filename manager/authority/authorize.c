/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "authority/authority_impl.h"
#include "text.h"

/* An unknown tag is told by its short form; its version stands between ',' and '_'. */
json_t *
entitlement_json(const struct ledger_usage *u, const char *status)
{
	const struct ledger_entitlement *known = ledger_entitlement_find(u->tag);
	const char *comma = strrchr(u->tag, ','), *end;
	char name[SL_TAG_SIZE], version[32] = "";

	sl_tag_short(name, u->tag);
	if (known == NULL && comma != NULL) {
		end = strchr(comma, '_');
		if (end != NULL && (size_t)(end - comma) <= sizeof(version)) {
			memcpy(version, comma + 1, (size_t)(end - comma) - 1);
			version[end - comma - 1] = '\0';
		}
	}
	name[127] = '\0';
	return json_pack("{s:s,s:I,s:s,s:s,s:s,s:s}", "tag", u->tag, "count", (json_int_t)u->count,
	    "status", status, "name", known == NULL ? name : known->name, "description",
	    known == NULL ? "" : known->description, "version",
	    known == NULL ? version : known->version);
}

/*
 * Who is out of compliance (doc/decisions/compliance.md): every instance that uses a tag, while its
 * virtual account consumes more of that tag than it bought.  A tag that nobody bought is bought
 * zero times; nothing is ever refused for want of licenses.  What is reserved is in order whatever
 * others use; the instance as a whole is reserved while nothing that it uses goes beyond.
 */
static int
entitlements(struct exchange *x, struct ledger_row *row, int reserved, json_t *list,
    struct smartlic_error *err)
{
	static const char *const names[] = { "reserved", "authorized", "out_of_compliance" };
	static const char *const words[] = { "reserved", "authorized", "out of compliance" };
	const struct request *q = &x->request;
	int64_t purchased, consumed;
	int worst = reserved ? 0 : 1, r;

	for (size_t i = 0; i < q->n_usage; i++) {
		int status = 0;

		if (q->usage[i].count > q->usage[i].reserved) {
			r = ledger_pool_get(x->a->ledger, row->va, q->usage[i].tag, x->now_s,
			    &purchased, &consumed, err);
			if (r < 0)
				return r;
			status = consumed > purchased ? 2 : 1;
		}
		if (status > worst)
			worst = status;
		if (json_array_append_new(list, entitlement_json(&q->usage[i], names[status])) != 0)
			return sl_nomem(err);
	}
	if (strcmp(row->compliance, names[worst]) == 0)
		return 0;
	(void)sl_copy(row->compliance, sizeof(row->compliance), names[worst]);
	return ledger_history_add(x->a->ledger, row->instance, NULL,
	    words[worst], "", x->now_s, err);
}

/* Which reservation is open, so that the device knows whether its own is. */
static int
put_reservation(
    struct exchange *x, const struct ledger_row *row, json_t *body, struct smartlic_error *err)
{
	char id[SL_UUID_SIZE];
	int r = ledger_reserved(x->a->ledger, row->instance, id, err);

	if (r == 1 && json_object_set_new(body, "reservation", json_string(id)) != 0)
		return sl_nomem(err);
	return r < 0 ? r : 0;
}

int
take_usage(struct exchange *x, struct ledger_row *row, json_t **ret, struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	json_t *list = json_array();
	char deadline[SL_TIME_SIZE];
	int overdue = row->deadline_s != DB_NULL_INT && row->deadline_s < x->now_s;
	int reserved = 0, r;

	/* before the row's own deadline moves: what was released is then taken anew */
	r = ledger_release_overdue(l, row->va, x->now_s, err);
	row->usage_s = x->now_s;
	row->deadline_s = x->now_s + row->deadline_days * DAY_S;
	if (r == 0)
		r = ledger_usage_set(
		    l, row->instance, x->request.usage, x->request.n_usage, &reserved, err);
	if (r == 1) {
		r = ledger_row_put(l, row, err);
		row->was_usage_s = row->usage_s;
		row->was_deadline_s = row->deadline_s;
		if (r == 0)
			r = ledger_settle(l, &row->udi, x->now_s, err);
	}
	if (r == 0 && overdue)
		r = ledger_alert_device(l, row, ALERT_BIT(RELEASED),
		    &(struct alert_device){ .live = 1 }, x->now_s, err);
	if (r == 0)
		r = list == NULL ? sl_nomem(err) : entitlements(x, row, reserved, list, err);
	if (r < 0) {
		json_decref(list);
		return r;
	}
	sl_time(deadline, row->deadline_s);
	*ret = json_pack("{s:s,s:s,s:o}", "status", row->compliance, "deadline", deadline,
	    "entitlements", list);
	if (*ret == NULL)
		return sl_nomem(err);
	r = reserved ? put_reservation(x, row, *ret, err) : 0;
	if (r < 0) {
		json_decref(*ret);
		*ret = NULL;
	}
	return r;
}

int
execute_authorize(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	json_t *body = NULL;
	int r;

	r = take_usage(x, &e->row, &body, err);
	if (r == 0 && json_object_set_new(body, "policy", policy_json(x->a, &e->row)) != 0) {
		json_decref(body);
		return sl_nomem(err);
	}
	return r < 0 ? r : exchange_body(x, body, err);
}
