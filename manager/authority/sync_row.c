/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "text.h"

/* One instance's row: written, judged, applied. */

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

/* ---- writing -------------------------------------------------------------- */

/* Want of memory shows when the text is made, as a missing member would: so it is said here. */
static int
put(json_t *obj, const char *key, json_t *value)
{
	return json_object_set_new(obj, key, value);
}

static int
put_time(json_t *obj, const char *key, int64_t s)
{
	char text[SL_TIME_SIZE];

	if (s == DB_NULL_INT)
		return 0;
	sl_time(text, s);
	return put(obj, key, json_string(text));
}

json_t *
sync_der_json(const void *der, size_t len)
{
	struct sl_buf text = { 0 };
	json_t *ret = NULL;

	sl_base64(&text, der, len);
	if (!text.failed && text.len > 0)
		ret = json_stringn(text.data, text.len);
	sl_buf_free(&text);
	return ret;
}

static int
add_key(void *ud, const struct ledger_key *key, int64_t issued_s, const void *der, size_t len)
{
	json_t *obj = json_pack("{s:s,s:o}", "state", sync_key_states[key->state], "certificate",
	    sync_der_json(der, len));

	if (put_time(obj, "issued", issued_s) != 0) {
		json_decref(obj);
		return SMARTLIC_E_NOMEM;
	}
	return json_array_append_new(ud, obj) != 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
add_usage(void *ud, const char *tag, int64_t count, int64_t held)
{
	(void)held;
	return json_array_append_new(
		   ud, json_pack("{s:s,s:I}", "tag", tag, "count", (json_int_t)count)) != 0
		   ? SMARTLIC_E_NOMEM
		   : 0;
}

static int
put_last(struct ledger *l, const char *instance, json_t *obj, struct smartlic_error *err)
{
	struct ledger_request q;
	struct sl_buf body = { 0 };
	json_t *last;
	int r, bad;

	r = ledger_request_last(l, instance, &q, &body, err);
	if (r == 1) {
		last = json_pack("{s:s,s:s,s:s,s:s}", "request_id", q.request_id, "digest",
		    q.digest, "type", q.type, "store", q.store);
		bad = put_time(last, "at", q.at_s);
		if (q.denial[0] != '\0')
			bad |= put(last, "denial", json_string(q.denial));
		if (q.has_body)
			bad |= put(last, "body", json_stringn(body.data, body.len));
		bad |= put(obj, "last", last);
		r = bad != 0 ? sl_nomem(err) : 0;
	}
	sl_buf_free(&body);
	return r;
}

static int
put_evidence(struct ledger *l, const char *instance, json_t *obj, struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	int r = ledger_evidence_get(l, instance, &der, err);

	if (r == 1)
		r = put(obj, "evidence", sync_der_json(der.data, der.len)) != 0 ? sl_nomem(err) : 0;
	sl_buf_free(&der);
	return r;
}

static json_t *
members(struct ledger *l, const struct ledger_row *row)
{
	const struct ledger_info *info = ledger_info(l);
	/* where what is closed was at home last is of no account */
	int here =
	    row->home[0] == '\0' || (info->upstream[0] != '\0' && row->state == LEDGER_CLOSED);
	json_t *obj = json_pack("{s:s,s:{s:s,s:s,s:s},s:I,s:s,s:s,s:I,s:s,s:b,s:s}", "instance",
	    row->instance, "udi", "pid", row->udi.pid, "sn", row->udi.sn, "uuid", row->udi.uuid,
	    "va", (json_int_t)row->va, "hostname", row->hostname, "state", sync_states[row->state],
	    "sequence", (json_int_t)row->sequence, "compliance", row->compliance,
	    "export_controlled", row->export_controlled, "home", here ? info->home : row->home);
	int bad = put_time(obj, "issued", row->issued_s);

	if (row->root[0] != '\0')
		bad |= put(obj, "root", json_string(row->root));
	bad |= put_time(obj, "contact", row->contact_s);
	bad |= put_time(obj, "expires", row->expires_s);
	bad |= put_time(obj, "usage_at", row->usage_s);
	bad |= put_time(obj, "deadline", row->deadline_s);
	if (row->state == LEDGER_CLOSED) {
		bad |= put_time(obj, "closed_at", row->closed_s);
		bad |= put(obj, "closed_why", json_string(row->closed_why));
		bad |= put(obj, "closed_by", json_string(row->closed_by));
	}
	if (bad != 0) {
		json_decref(obj);
		return NULL;
	}
	return obj;
}

int
sync_row_json(struct ledger *l, const char *instance, json_t **ret, struct smartlic_error *err)
{
	json_t *obj = NULL, *keys = json_array(), *usage = json_array();
	struct ledger_row row;
	int r;

	r = ledger_row_get(l, instance, &row, err);
	if (r == 0)
		r = sl_fail(
		    err, SMARTLIC_E_STORE, "the instance %s is gone from the ledger", instance);
	if (r == 1) {
		obj = members(l, &row);
		r = obj == NULL ? sl_nomem(err) : 0;
	}
	if (r == 0)
		r = ledger_key_each_certificate(l, instance, SYNC_KEYS_MAX, add_key, keys, err);
	if (r == 0)
		r = ledger_usage_each(l, instance, add_usage, usage, err);
	if (r == 0)
		r = put_last(l, instance, obj, err);
	if (r == 0)
		r = put_evidence(l, instance, obj, err);
	if (r == 0)
		r = sync_put_reservations(l, instance, obj, err);
	if (r == 0 &&
	    (json_object_set(obj, "keys", keys) != 0 || json_object_set(obj, "usage", usage) != 0))
		r = sl_nomem(err);
	json_decref(keys);
	json_decref(usage);
	if (r < 0)
		json_decref(obj);
	else
		*ret = obj;
	return r;
}

struct rows {
	struct ledger *l;
	struct smartlic_error *err;
	char (*instances)[SL_UUID_SIZE];
	int64_t *changes;
	size_t n;
	size_t room, bytes;
};

static int
add_change(void *ud, int64_t change, const char *instance)
{
	struct rows *rows = ud;

	(void)sl_copy(rows->instances[rows->n], SL_UUID_SIZE, instance);
	rows->changes[rows->n++] = change;
	return 0;
}

static int
add_rows(struct rows *rows, json_t *list, int64_t *ret_upto, int *ret_more)
{
	size_t len;
	json_t *row;
	int r;

	for (size_t i = 0; i < rows->n; i++) {
		r = i == SYNC_ROWS_MAX
			? 1
			: sync_row_json(rows->l, rows->instances[i], &row, rows->err);
		if (r < 0)
			return r;
		len = r == 1 ? 0 : json_dumpb(row, NULL, 0, JSON_COMPACT);
		if (r == 0 && i > 0 && rows->bytes + len > rows->room) {
			json_decref(row);
			r = 1;
		}
		if (r == 1) {
			*ret_more = 1;
			return 0;
		}
		rows->bytes += len;
		if (len == 0 || json_array_append_new(list, row) != 0)
			return sl_nomem(rows->err);
		*ret_upto = rows->changes[i];
	}
	return 0;
}

int
sync_rows_json(struct ledger *l, const char *peer, int64_t after, size_t room, json_t **ret,
    int64_t *ret_upto, size_t *ret_bytes, int *ret_more, struct smartlic_error *err)
{
	struct rows rows = { .l = l, .err = err, .room = room };
	json_t *list = json_array();
	int r;

	*ret_upto = after;
	*ret_more = 0;
	rows.instances = calloc(SYNC_ROWS_MAX + 1, sizeof(*rows.instances));
	rows.changes = calloc(SYNC_ROWS_MAX + 1, sizeof(*rows.changes));
	r = list == NULL || rows.instances == NULL || rows.changes == NULL ? sl_nomem(err) : 0;
	/* gathered first: what is walked is not asked of in between */
	if (r == 0)
		r = ledger_change_each(l, peer, after, SYNC_ROWS_MAX + 1, add_change, &rows, err);
	if (r == 0)
		r = add_rows(&rows, list, ret_upto, ret_more);
	*ret_bytes = rows.bytes;
	free(rows.instances);
	free(rows.changes);
	if (r < 0)
		json_decref(list);
	else
		*ret = list;
	return r;
}

/* ---- judging and applying ------------------------------------------------- */

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
