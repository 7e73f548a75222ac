/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "text.h"

/* Rows as text, each written once: what the other side is to be told. */

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

static int
add_usage(void *ud, const struct ledger_held *h)
{
	/* what is reserved goes with the reservation */
	if (h->count == 0)
		return 0;
	return json_array_append_new(
		   ud, json_pack("{s:s,s:I}", "tag", h->tag, "count", (json_int_t)h->count)) != 0
		   ? SMARTLIC_E_NOMEM
		   : 0;
}

static int
put_usage(struct ledger *l, const char *instance, json_t *obj, struct smartlic_error *err)
{
	json_t *usage = json_array();
	int r = ledger_usage_each(l, instance, add_usage, usage, err);

	if (put(obj, "usage", usage) != 0 && r == 0)
		r = sl_nomem(err);
	return r;
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

/* ---- what needs no escapes, and is the most of a row ---------------------- */

struct keys {
	struct sl_buf *text;
	size_t n;
};

static int
add_key(void *ud, const struct ledger_key *key, int64_t issued_s, const void *der, size_t len)
{
	struct keys *keys = ud;
	char issued[SL_TIME_SIZE];

	sl_time(issued, issued_s);
	sl_buf_printf(keys->text, "%s{\"state\":\"%s\",\"issued\":\"%s\",\"certificate\":\"",
	    keys->n++ > 0 ? "," : "", sync_key_states[key->state], issued);
	sl_base64(keys->text, der, len);
	sl_buf_puts(keys->text, "\"}");
	return 0;
}

static int
write_keys(struct ledger *l, const char *instance, struct sl_buf *ret, struct smartlic_error *err)
{
	struct keys keys = { .text = ret };
	int r;

	sl_buf_puts(ret, ",\"keys\":[");
	r = ledger_key_each_certificate(l, instance, SYNC_KEYS_MAX, add_key, &keys, err);
	sl_buf_puts(ret, "]");
	return r;
}

static int
write_evidence(
    struct ledger *l, const char *instance, struct sl_buf *ret, struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	int r = ledger_evidence_get(l, instance, &der, err);

	if (r == 1 && der.len > 0) {
		sl_buf_puts(ret, ",\"evidence\":\"");
		sl_base64(ret, der.data, der.len);
		sl_buf_puts(ret, "\"");
	}
	sl_buf_free(&der);
	return r < 0 ? r : 0;
}

/* An instance's row, with the evidence that is kept. */
static int
write_row(struct ledger *l, const char *instance, struct sl_buf *ret, struct smartlic_error *err)
{
	struct ledger_row row;
	json_t *obj = NULL;
	char *text = NULL;
	int r = ledger_row_get(l, instance, &row, err);

	if (r == 0)
		r = sl_fail(
		    err, SMARTLIC_E_STORE, "the instance %s is gone from the ledger", instance);
	if (r == 1) {
		obj = members(l, &row);
		r = obj == NULL ? sl_nomem(err) : 0;
	}
	if (r == 0)
		r = put_usage(l, instance, obj, err);
	if (r == 0)
		r = put_last(l, instance, obj, err);
	if (r == 0)
		r = sync_put_reservations(l, instance, obj, err);
	if (r == 0) {
		text = json_dumps(obj, JSON_COMPACT);
		r = text == NULL ? sl_nomem(err) : 0;
	}
	if (r == 0) {
		sl_buf_add(ret, text, strlen(text) - 1);
		r = write_keys(l, instance, ret, err);
	}
	if (r == 0)
		r = write_evidence(l, instance, ret, err);
	sl_buf_puts(ret, "}");
	free(text);
	json_decref(obj);
	return r == 0 && ret->failed ? sl_nomem(err) : r;
}

/* ---- those of a message --------------------------------------------------- */

static int
add_change(void *ud, int64_t change, const char *instance)
{
	struct sync_rows *rows = ud;

	(void)sl_copy(rows->changes[rows->n_changes].instance, SL_UUID_SIZE, instance);
	rows->changes[rows->n_changes++].change = change;
	return 0;
}

/* One more, if there is room for it: 1; 0: there is none. */
static int
add_row(struct ledger *l, struct sync_rows *rows, size_t room, struct smartlic_error *err)
{
	struct sl_buf row = { 0 };
	int r = write_row(l, rows->changes[rows->n].instance, &row, err);

	if (r == 0 && (rows->n == 0 || rows->bytes + row.len <= room)) {
		sl_buf_puts(&rows->text, rows->n > 0 ? "," : "");
		sl_buf_add(&rows->text, row.data, row.len);
		rows->bytes += row.len;
		rows->upto = rows->changes[rows->n++].change;
		r = rows->text.failed ? sl_nomem(err) : 1;
	}
	sl_buf_free(&row);
	return r;
}

int
sync_rows_read(struct ledger *l, const char *peer, int64_t after, size_t room,
    const struct sync_turn *turn, struct sync_rows *ret, struct smartlic_error *err)
{
	struct sync_rows rows = { .after = after, .upto = after };
	int r = 1;

	rows.changes = calloc(SYNC_ROWS_MAX + 1, sizeof(*rows.changes));
	if (rows.changes == NULL)
		return sl_nomem(err);
	/* gathered first: what is walked is not asked of in between */
	r = ledger_change_each(l, peer, after, SYNC_ROWS_MAX + 1, add_change, &rows, err);
	sl_buf_puts(&rows.text, "[");
	for (r = r < 0 ? r : 1; r == 1 && rows.n < rows.n_changes && rows.n < SYNC_ROWS_MAX;) {
		r = add_row(l, &rows, room, err);
		if (turn != NULL)
			turn->give(turn->ud);
	}
	sl_buf_puts(&rows.text, "]");
	rows.more = rows.n < rows.n_changes;
	if (r >= 0 && rows.text.failed)
		r = sl_nomem(err);
	if (r < 0)
		sync_rows_release(&rows);
	else
		*ret = rows;
	return r < 0 ? r : 0;
}

struct comparing {
	const struct sync_rows *rows;
	size_t n;
	int differ;
};

static int
compare_change(void *ud, int64_t change, const char *instance)
{
	struct comparing *c = ud;
	const struct sync_change *was = &c->rows->changes[c->n];

	c->differ |=
	    c->n++ < c->rows->n && (was->change != change || strcmp(was->instance, instance) != 0);
	return 0;
}

int
sync_rows_stand(
    struct ledger *l, const char *peer, const struct sync_rows *rows, struct smartlic_error *err)
{
	struct comparing c = { .rows = rows };
	int r = ledger_change_each(l, peer, rows->after, rows->n + 1, compare_change, &c, err);

	return r < 0 ? r : !c.differ && c.n >= rows->n && (c.n > rows->n) == rows->more;
}

void
sync_rows_release(struct sync_rows *rows)
{
	free(rows->changes);
	sl_buf_free(&rows->text);
	*rows = (struct sync_rows){ .changes = NULL };
}
