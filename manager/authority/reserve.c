/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "authority/authority_impl.h"
#include "text.h"

/* Reservations: why it is so, doc/decisions/reservation.md. */

#define RESERVATION_MOST_S (365 * DAY_S)

/* A year, but never past the certificate that the device is known by. */
static int64_t
end_of(const struct exchange *x, const struct ledger_row *row)
{
	int64_t year_s = x->now_s + RESERVATION_MOST_S;

	return row->expires_s < year_s ? row->expires_s : year_s;
}

/* What is promised must be there: x->code is set where it is not. */
static int
check_free(struct exchange *x, const struct ledger_row *row, struct smartlic_error *err)
{
	const struct request *q = &x->request;
	char name[SL_TAG_SIZE];
	int64_t free_ones;
	int r;

	for (size_t i = 0; i < q->n_usage; i++) {
		r = ledger_is_free(x->a->ledger, row, q->usage[i].tag, q->usage[i].count, x->now_s,
		    &free_ones, err);
		if (r < 0)
			return r;
		if (r == 1)
			continue;
		sl_tag_short(name, q->usage[i].tag);
		return exchange_deny(x, SL_DENIED_NOT_ALLOWED,
		    "%lld of %.80s were to be reserved, the virtual account has %lld free: buy or "
		    "transfer licenses, or reserve fewer; nothing else has changed",
		    (long long)q->usage[i].count, name, (long long)free_ones);
	}
	return 0;
}

/* The answer is an authorization whose deadline is the end, and the code. */
static int
answer(struct exchange *x, const struct ledger_promise *promise, struct smartlic_error *err)
{
	const struct request *q = &x->request;

	sl_json_put_object(&x->body, NULL);
	sl_json_put_text(&x->body, "status", "reserved");
	sl_json_put_time(&x->body, "deadline", promise->ends_s);
	sl_json_put_text(&x->body, "code", promise->code);
	sl_json_put_list(&x->body, "entitlements");
	for (size_t i = 0; i < q->n_usage; i++)
		put_entitlement(&x->body, &q->usage[i], "reserved");
	sl_json_end_list(&x->body);
	sl_json_end_object(&x->body);
	return exchange_written(x, err);
}

int
execute_reserve(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	struct ledger_promise promise = { .made_s = x->now_s, .ends_s = end_of(x, &e->row) };
	int r;

	if (promise.ends_s <= x->now_s)
		return exchange_deny(x, SL_DENIED_NOT_ALLOWED,
		    "the ID certificate has ended, and a reservation ends with it: renew it first");
	/* what nobody has a right to any more is free */
	r = ledger_lock_free(l, err);
	if (r == 0)
		r = ledger_release_overdue(l, e->row.va, x->now_s, err);
	if (r == 0)
		r = ledger_release_ended(l, x->now_s, err);
	if (r == 0)
		r = check_free(x, &e->row, err);
	if (r < 0 || x->code != SL_DENIED_NONE)
		return r;
	(void)sl_copy(promise.id, sizeof(promise.id), x->request.request_id);
	r = sl_reservation_code(x->a->crypto, x->sha256, promise.ends_s, promise.code, err);
	if (r == 0)
		r = ledger_reserve(
		    l, &e->row, &promise, x->request.usage, x->request.n_usage, x->now_s, err);
	return r < 0 ? r : answer(x, &promise, err);
}

/* Of one that is not open, or never came, nothing is left to return: that is a confirmation too. */
int
execute_return(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->request.n_returned; i++)
		r = ledger_unreserve(x->a->ledger, &e->row, x->request.returned[i], x->now_s, err);
	return r < 0 ? r : exchange_nothing(x, err);
}
