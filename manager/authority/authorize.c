/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "authority/authority_impl.h"
#include "text.h"

/* An unknown tag is told by its short form; its version stands between ',' and '_'. */
void
put_entitlement(struct sl_buf *ret, const struct ledger_usage *u, const char *status)
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
	sl_json_put_object(ret, NULL);
	sl_json_put_text(ret, "tag", u->tag);
	sl_json_put_int(ret, "count", u->count);
	sl_json_put_text(ret, "status", status);
	sl_json_put_text(ret, "name", known == NULL ? name : known->name);
	sl_json_put_text(ret, "description", known == NULL ? "" : known->description);
	sl_json_put_text(ret, "version", known == NULL ? version : known->version);
	sl_json_end_object(ret);
}

/*
 * Who is out of compliance (doc/decisions/compliance.md): every instance that uses a tag, while its
 * virtual account consumes more of that tag than it bought.  A tag that nobody bought is bought
 * zero times; nothing is ever refused for want of licenses.  What is reserved is in order whatever
 * others use; the instance as a whole is reserved while nothing that it uses goes beyond.
 */
static int
entitlements(struct exchange *x, struct ledger_row *row, int reserved, struct sl_buf *ret,
    struct smartlic_error *err)
{
	static const char *const names[] = { "reserved", "authorized", "out_of_compliance" };
	static const char *const words[] = { "reserved", "authorized", "out of compliance" };
	const struct request *q = &x->request;
	int64_t purchased, consumed;
	int worst = reserved ? 0 : 1, r;

	sl_json_put_list(ret, "entitlements");
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
		put_entitlement(ret, &q->usage[i], names[status]);
	}
	sl_json_end_list(ret);
	if (strcmp(row->compliance, names[worst]) == 0)
		return 0;
	(void)sl_copy(row->compliance, sizeof(row->compliance), names[worst]);
	return ledger_history_add(x->a->ledger, row->instance, NULL,
	    words[worst], "", x->now_s, err);
}

/* Which reservation is open, so that the device knows whether its own is. */
static int
put_reservation(struct exchange *x, const struct ledger_row *row, struct sl_buf *ret,
    struct smartlic_error *err)
{
	char id[SL_UUID_SIZE];
	int r = ledger_reserved(x->a->ledger, row->instance, id, err);

	if (r == 1)
		sl_json_put_text(ret, "reservation", id);
	return r < 0 ? r : 0;
}

int
take_usage(
    struct exchange *x, struct ledger_row *row, struct sl_buf *ret, struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
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
		r = entitlements(x, row, reserved, ret, err);
	if (r < 0)
		return r;
	sl_json_put_text(ret, "status", row->compliance);
	sl_json_put_time(ret, "deadline", row->deadline_s);
	return reserved ? put_reservation(x, row, ret, err) : 0;
}

int
execute_authorize(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	int r;

	sl_json_put_object(&x->body, NULL);
	r = take_usage(x, &e->row, &x->body, err);
	put_policy(&x->body, x->a, &e->row);
	sl_json_end_object(&x->body);
	return r < 0 ? r : exchange_written(x, err);
}
