/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "text.h"

/* One instance's row: judged, applied. */

const char *const sync_states[] = {
	[LEDGER_PENDING] = "pending",
	[LEDGER_LIVE] = "live",
	[LEDGER_CLOSED] = "closed",
};
const char *const sync_key_states[] = {
	[LEDGER_KEY_ISSUED] = "issued",
	[LEDGER_KEY_CURRENT] = "current",
	[LEDGER_KEY_REPLACED] = "replaced",
};

enum sync_verdict
sync_judge(const struct ledger_row *have, const struct ledger_row *in)
{
	if (have == NULL)
		return SYNC_TAKEN;
	if (have->state == LEDGER_CLOSED)
		return in->state == LEDGER_CLOSED ? SYNC_SAME : SYNC_OLDER;
	if (in->state == LEDGER_CLOSED || in->sequence > have->sequence)
		return SYNC_TAKEN;
	if (in->sequence < have->sequence || in->state != have->state)
		return in->sequence == have->sequence && in->state == LEDGER_LIVE ? SYNC_TAKEN
										  : SYNC_OLDER;
	/* the same requests were executed: where it belongs may have changed since */
	if (strcmp(in->home, have->home) != 0)
		return SYNC_OLDER;
	/* a home that was restored, and was asked the same again, has forgotten what was in use */
	if (in->usage_s != have->usage_s)
		return in->usage_s > have->usage_s ? SYNC_TAKEN : SYNC_OLDER;
	/* between its own virtual accounts its home transfers it */
	if (in->va == have->va)
		return SYNC_SAME;
	return in->home[0] != '\0' ? SYNC_TAKEN : SYNC_OLDER;
}

/* A device that registered again by the same request, after a ledger was restored, has one key and
 * two instances, of which it uses one.  1: in->keys[i] may be written; 0: the other one is used. */
static int
free_key(struct ledger *l, const struct sync_row *in, const struct ledger_key *known, int64_t now_s,
    struct smartlic_error *err)
{
	struct ledger_row holder;
	int r;

	if (strcmp(known->instance, in->row.instance) == 0)
		return 1;
	r = ledger_row_get(l, known->instance, &holder, err);
	if (r <= 0 || holder.state == LEDGER_LIVE || holder.sequence != 0)
		return r < 0 ? r : 0;
	r = ledger_row_close(l, known->instance, "replaced", NULL, now_s, err);
	return r < 0 ? r : 1;
}

/* *ret_lost: a key of it is another instance's, which its device uses. */
static int
take_keys(struct ledger *l, const struct sync_row *in, int64_t now_s, int *ret_lost,
    struct smartlic_error *err)
{
	struct ledger_key known;
	const void *der;
	size_t len;
	int r = ledger_key_clear(l, in->row.instance, err);

	*ret_lost = 0;
	for (size_t i = 0; r == 0 && i < in->n_keys; i++) {
		const struct ledger_key *key = &in->keys[i].key;
		struct sl_cert *cert = in->keys[i].cert;
		int moves;

		der = sl_cert_der(cert, &len);
		r = ledger_key_get(l, key->ski, &known, NULL, err);
		if (r == 0) {
			r = ledger_key_add(l, key, sl_cert_serial(cert), der, len,
			    in->keys[i].issued_s, sl_cert_not_after(cert), err);
			continue;
		}
		moves = r == 1 && strcmp(known.instance, in->row.instance) != 0;
		r = r < 0 ? r : free_key(l, in, &known, now_s, err);
		*ret_lost |= r == 0;
		if (r == 1)
			r = moves ? ledger_key_move(l, key, sl_cert_serial(cert), der, len,
					in->keys[i].issued_s, sl_cert_not_after(cert), err)
				  : ledger_key_state(l, key, err);
	}
	return r;
}

/* Two requests by one sequence, at two homes: the store was copied.  Both are told, the row's
 * stands. */
static int
note_clone(struct ledger *l, const struct sync_row *in, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_request past;
	char first[256], second[256];
	int r = ledger_request_by_sequence(l, in->row.instance, in->last.sequence, &past, err);

	if (r <= 0)
		return r;
	ledger_contact_text(first, sizeof(first), past.at_s, past.request_id, past.store);
	ledger_contact_text(
	    second, sizeof(second), in->last.at_s, in->last.request_id, in->last.store);
	r = ledger_alert_sign(l, ALERT_CLONE, &in->row, first, second, now_s, err);
	return r < 0 ? r : ledger_request_forget(l, in->row.instance, in->last.sequence, err);
}

static int
take_last(struct ledger *l, const struct sync_row *in, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_request past;
	int r = ledger_request_by_id(l, in->row.instance, in->last.request_id, &past, NULL, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = note_clone(l, in, now_s, err);
	return r < 0 ? r : ledger_request_add(l, in->row.instance, &in->last, in->last_body, err);
}

static int
close_taken(struct ledger *l, const struct sync_row *in, int64_t now_s, struct smartlic_error *err)
{
	const struct ledger_row *row = &in->row;
	int closed = row->state == LEDGER_CLOSED;

	return ledger_row_close(l, row->instance, closed ? row->closed_why : "replaced",
	    row->closed_by[0] != '\0' ? row->closed_by : NULL,
	    row->closed_s != DB_NULL_INT ? row->closed_s : now_s, err);
}

static int
take(struct ledger *l, const struct sync_row *in, int known, const char *token, int64_t now_s,
    struct smartlic_error *err)
{
	struct ledger_row row = in->row;
	/* the later registration replaced the earlier ones when it was first used, though it ended
	 * since */
	int replaces = row.state == LEDGER_LIVE || (row.state == LEDGER_CLOSED && row.sequence > 0);
	int later, lost = 0, r;

	(void)sl_copy(row.token, sizeof(row.token), token);
	later = ledger_row_later_used(l, &row, err);
	if (later < 0)
		return later;
	/* closed ones are written as they were before, then closed as here; a later live one wins
	 */
	if (row.state == LEDGER_CLOSED || later == 1)
		row.state = LEDGER_PENDING;
	r = replaces && later == 0 ? ledger_row_close_earlier(l, &row, now_s, err) : 0;
	if (r == 0)
		r = ledger_row_take(l, &row, known, in->usage, in->n_usage, now_s, err);
	if (r == 0)
		r = take_keys(l, in, now_s, &lost, err);
	if (r == 0 && in->has_last)
		r = take_last(l, in, now_s, err);
	if (r == 0 && in->evidence.len > 0)
		r = ledger_evidence_put(l, row.instance, in->evidence.data, in->evidence.len, err);
	if (r == 0 && (in->row.state == LEDGER_CLOSED || later == 1 || (lost && row.sequence == 0)))
		return close_taken(l, in, now_s, err);
	return r < 0 ? r : ledger_settle(l, &row.udi, now_s, err);
}

static int
apply(struct ledger *l, const struct sync_row *in, const char *token, int64_t now_s,
    enum sync_verdict *ret, struct smartlic_error *err)
{
	struct ledger_row have;
	int known;

	known = ledger_row_get(l, in->row.instance, &have, err);
	if (known < 0)
		return known;
	*ret = sync_judge(known ? &have : NULL, &in->row);
	if (*ret != SYNC_TAKEN)
		return 0;
	/* the row that closes may be an older one: what was executed here stays */
	if (known && in->row.state == LEDGER_CLOSED && in->row.sequence <= have.sequence)
		return ledger_row_close(l, have.instance, in->row.closed_why,
		    in->row.closed_by[0] != '\0' ? in->row.closed_by : NULL,
		    in->row.closed_s != DB_NULL_INT ? in->row.closed_s : now_s, err);
	return take(l, in, known, token, now_s, err);
}

int
sync_row_apply(struct ledger *l, const struct sync_row *in, const char *token, int64_t now_s,
    enum sync_verdict *ret, struct smartlic_error *err)
{
	int r = apply(l, in, token, now_s, ret, err);

	return r < 0 ? r : sync_reservations_apply(l, in, now_s, err);
}

/* An upstream that was restored does not know that the instance moved to it: until the device is
 * heard of there, it is where both know it from. */
static int
bring_back(struct ledger *l, const struct sync_row *in, struct ledger_row *have, int64_t now_s,
    struct smartlic_error *err)
{
	int r = ledger_row_bring(l, have, in->row.va, now_s, err);

	if (r == 0)
		r = ledger_settle(l, &have->udi, now_s, err);
	return r < 0 ? r : sync_reservations_apply(l, in, now_s, err);
}

int
sync_prefer_upstream(struct ledger *l, const struct sync_row *in, const char *upstream,
    int64_t now_s, struct smartlic_error *err)
{
	struct ledger_row have;
	int r = ledger_row_get(l, in->row.instance, &have, err);

	if (r == 1 && have.state == in->row.state && have.sequence == in->row.sequence &&
	    strcmp(have.home, in->row.home) != 0) {
		struct sync_row moved = *in;

		/* the same was asked here later: a device that asks it again hears that deadline */
		if (have.usage_s > in->row.usage_s) {
			moved.row.usage_s = have.usage_s;
			moved.row.deadline_s = have.deadline_s;
		}
		r = take(l, &moved, 1, have.token, now_s, err);
		return r < 0 ? r : sync_reservations_apply(l, in, now_s, err);
	}
	if (r == 1 && in->row.home[0] == '\0' && have.home[0] != '\0' &&
	    have.state != LEDGER_CLOSED)
		r = bring_back(l, in, &have, now_s, err);
	return r < 0 ? r : ledger_change_mark(l, upstream, in->row.instance, err);
}
