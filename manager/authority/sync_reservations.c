/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "text.h"

/* The reservations of a row.  Each is open, and then it is over: whichever side knows the latter is
 * right, so that neither order nor repeats matter. */

#define YEAR_S (366 * DAY_S)

static const char *const states[] = { "open", "returned", "replaced", "ended", "closed" };

/* ---- writing -------------------------------------------------------------- */

struct told {
	struct ledger_reservation list[SYNC_RESERVATIONS_MAX];
	size_t n;
};

static int
add_told(void *ud, const struct ledger_reservation *v)
{
	struct told *told = ud;

	told->list[told->n++] = *v;
	return 0;
}

static int
add_license(void *ud, const char *tag, int64_t count)
{
	return json_array_append_new(
		   ud, json_pack("{s:s,s:I}", "tag", tag, "count", (json_int_t)count)) != 0
		   ? SMARTLIC_E_NOMEM
		   : 0;
}

static int
put_time(json_t *obj, const char *key, int64_t s)
{
	char text[SL_TIME_SIZE];

	sl_time(text, s);
	return json_object_set_new(obj, key, json_string(text));
}

static int
put_one(
    struct ledger *l, const struct ledger_reservation *v, json_t *list, struct smartlic_error *err)
{
	json_t *licenses = json_array();
	json_t *obj = json_pack("{s:s,s:s,s:s,s:O}", "id", v->reservation, "code", v->code, "state",
	    v->state, "licenses", licenses);
	int bad = put_time(obj, "made", v->made_s) | put_time(obj, "ends", v->ends_s);
	int r = ledger_reserved_each(l, v, add_license, licenses, err);

	if (v->closed_s != DB_NULL_INT)
		bad |= put_time(obj, "closed_at", v->closed_s);
	if (v->closed_by[0] != '\0')
		bad |= json_object_set_new(obj, "closed_by", json_string(v->closed_by));
	if (v->reason[0] != '\0')
		bad |= json_object_set_new(obj, "reason", json_string(v->reason));
	bad |= json_array_append_new(list, obj);
	json_decref(licenses);
	if (r == SMARTLIC_E_NOMEM || (r == 0 && bad != 0))
		return sl_nomem(err);
	return r;
}

int
sync_put_reservations(
    struct ledger *l, const char *instance, json_t *row, struct smartlic_error *err)
{
	struct told told = { .n = 0 };
	json_t *list = json_array();
	int r;

	r = ledger_reservation_each_of(l, instance, SYNC_RESERVATIONS_MAX, add_told, &told, err);
	/* the oldest first, as they followed each other */
	for (size_t i = told.n; r == 0 && i-- > 0;)
		r = put_one(l, &told.list[i], list, err);
	if (r == 0 && json_object_set(row, "reservations", list) != 0)
		r = sl_nomem(err);
	json_decref(list);
	return r;
}

/* ---- reading -------------------------------------------------------------- */

static int
read_state(const json_t *obj, struct ledger_reservation *ret, struct smartlic_error *err)
{
	const char *text;
	int r = sl_json_str(obj, SYNC_RESERVATIONS, "state", &text, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i], text) == 0)
			return sl_copy(ret->state, sizeof(ret->state), text) < 0 ? SMARTLIC_E_JSON
										 : 0;
	return sl_fail(err, SMARTLIC_E_JSON, SYNC_RESERVATIONS ".state: not one of its words");
}

static int
read_one(struct sync_reservation *ret, const json_t *obj, struct smartlic_error *err)
{
	struct ledger_reservation *v = &ret->v;
	const json_t *licenses;
	int r;

	v->closed_s = DB_NULL_INT;
	if (!json_is_object(obj))
		return sl_fail(err, SMARTLIC_E_JSON, SYNC_RESERVATIONS ": an object is expected");
	if ((r = read_state(obj, v, err)) < 0 ||
	    (r = sync_uuid_read(obj, SYNC_RESERVATIONS, "id", v->reservation, err)) < 0 ||
	    (r = sync_text_read(obj, SYNC_RESERVATIONS, "code", v->code, sizeof(v->code), err)) <
		0 ||
	    (r = sl_json_time(obj, SYNC_RESERVATIONS, "made", &v->made_s, err)) < 0 ||
	    (r = sl_json_time(obj, SYNC_RESERVATIONS, "ends", &v->ends_s, err)) < 0 ||
	    (r = sync_text_read(obj, SYNC_RESERVATIONS, "closed_by", v->closed_by,
		 sizeof(v->closed_by), err)) < 0 ||
	    (r = sync_text_read(
		 obj, SYNC_RESERVATIONS, "reason", v->reason, sizeof(v->reason), err)) < 0 ||
	    (r = sl_json_arr(obj, SYNC_RESERVATIONS, "licenses", &licenses, err)) < 0 ||
	    (r = sync_usage_read(
		 licenses, SYNC_RESERVATIONS ".licenses", &ret->licenses, &ret->n, err)) < 0)
		return r;
	if (strcmp(v->state, "open") != 0)
		return sl_json_time(obj, SYNC_RESERVATIONS, "closed_at", &v->closed_s, err);
	return v->ends_s - v->made_s > YEAR_S || ret->n == 0
		   ? sl_fail(err, SMARTLIC_E_JSON,
			 SYNC_RESERVATIONS ": an open one has licenses, for a year at most")
		   : 0;
}

int
sync_reservations_read(struct sync_row *in, const json_t *obj, struct smartlic_error *err)
{
	const json_t *list;
	json_t *one;
	size_t i;
	int r;

	if (json_object_get(obj, "reservations") == NULL)
		return 0;
	r = sl_json_arr(obj, "row", "reservations", &list, err);
	if (r == 0 && json_array_size(list) > SYNC_RESERVATIONS_MAX)
		r = sl_fail(
		    err, SMARTLIC_E_JSON, SYNC_RESERVATIONS ": at most %d", SYNC_RESERVATIONS_MAX);
	if (r < 0)
		return r;
	json_array_foreach(list, i, one)
	{
		r = read_one(&in->reservations[in->n_reservations++], one, err);
		if (r < 0)
			return r;
		(void)sl_copy(in->reservations[i].v.instance, SL_UUID_SIZE, in->row.instance);
	}
	return 0;
}

/* ---- applying ------------------------------------------------------------- */

int
sync_reservations_apply(
    struct ledger *l, const struct sync_row *in, int64_t now_s, struct smartlic_error *err)
{
	const struct sync_reservation *v = in->reservations;
	struct ledger_row have;
	int r = ledger_row_get(l, in->row.instance, &have, err);

	if (r <= 0 || have.state == LEDGER_CLOSED || strcmp(have.home, in->row.home) != 0)
		return r < 0 ? r : 0;
	/* a satellite knows, and counts, only what is at home with it */
	if (ledger_info(l)->upstream[0] != '\0' && have.home[0] != '\0')
		return ledger_reservation_forget(l, &have, now_s, err);
	r = 0;
	for (size_t i = 0; r == 0 && i < in->n_reservations; i++)
		r = ledger_reservation_merge(l, &have, &v[i].v, v[i].licenses, v[i].n, now_s, err);
	return r;
}

int
sync_reservation_is_news(struct ledger *l, const struct sync_row *in, struct smartlic_error *err)
{
	char open[SL_UUID_SIZE];
	int r = ledger_reserved(l, in->row.instance, open, err);

	for (size_t i = 0; r == 1 && i < in->n_reservations; i++)
		if (strcmp(in->reservations[i].v.reservation, open) == 0)
			r = 0;
	return r;
}
