/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "ledger/sample_page.h"
#include "text.h"

/* Samples of use on their way up: told until the upstream acknowledges them, counted there once by
 * their key, however often they come. */

/* ---- the satellite -------------------------------------------------------- */

/* In a message, at most, beside its tag; and what stands around those of a page. */
#define SAMPLE_BYTES 120
#define GROUP_BYTES  160

struct telling {
	json_t *list, *samples; /* of one instance and store */
	char instance[SL_UUID_SIZE], store[SL_UUID_SIZE];
	int64_t va, upto;
	size_t bytes, n;
	int more;
};

/* What is of one instance and store stands together. */
static int
begin_group(struct telling *t, const struct ledger_told_samples *s)
{
	if (t->samples != NULL && strcmp(t->instance, s->instance) == 0 &&
	    strcmp(t->store, s->store) == 0 && t->va == s->va)
		return 0;
	(void)sl_copy(t->instance, sizeof(t->instance), s->instance);
	(void)sl_copy(t->store, sizeof(t->store), s->store);
	t->va = s->va;
	t->samples = json_array();
	return json_array_append_new(
	    t->list, json_pack("{s:s,s:s,s:I,s:o}", "instance", s->instance, "store", s->store,
			 "va", (json_int_t)s->va, "samples", t->samples));
}

static int
add_sample(json_t *list, const struct ledger_sample *s)
{
	char start[SL_TIME_SIZE];

	sl_time(start, s->start_s);
	return json_array_append_new(
	    list, json_pack("{s:s,s:I,s:s,s:I,s:I,s:I}", "tag", s->tag, "n", (json_int_t)s->n,
		      "start", start, "hours", (json_int_t)s->hours, "max", (json_int_t)s->max,
		      "last", (json_int_t)s->last));
}

/* A page is told whole: it has one number.  Any fits into an empty message. */
_Static_assert(SAMPLE_PAGE_MAX *(SL_TAG_SIZE + SAMPLE_BYTES) + GROUP_BYTES <= SYNC_SAMPLES_BYTES &&
		   SAMPLE_PAGE_MAX <= REQUEST_SAMPLES_MAX,
    "a page that is told whole");

static int
add_page(void *ud, const struct ledger_told_samples *s)
{
	struct telling *t = ud;
	size_t bytes = GROUP_BYTES;

	for (size_t i = 0; i < s->n; i++)
		bytes += strlen(s->samples[i].tag) + SAMPLE_BYTES;
	if (t->bytes + bytes > SYNC_SAMPLES_BYTES || t->n + s->n > REQUEST_SAMPLES_MAX) {
		t->more = 1;
		return 1;
	}
	if (begin_group(t, s) != 0)
		return SMARTLIC_E_NOMEM;
	for (size_t i = 0; i < s->n; i++)
		if (add_sample(t->samples, &s->samples[i]) != 0)
			return SMARTLIC_E_NOMEM;
	t->bytes += bytes;
	t->n += s->n;
	t->upto = s->told;
	return 0;
}

int
sync_put_samples(struct ledger *l, json_t *body, int *ret_more, struct smartlic_error *err)
{
	struct telling t = { .list = json_array() };
	int r;

	r = t.list == NULL ? SMARTLIC_E_NOMEM : ledger_samples_each_untold(l, add_page, &t, err);
	if (r >= 0 &&
	    (json_object_set(body, "samples", t.list) != 0 ||
		json_object_set_new(body, "samples_upto", json_integer((json_int_t)t.upto)) != 0))
		r = SMARTLIC_E_NOMEM;
	json_decref(t.list);
	*ret_more = t.more;
	return r == SMARTLIC_E_NOMEM ? sl_nomem(err) : r < 0 ? r : 0;
}

int
sync_samples_told(struct ledger *l, const json_t *body, struct smartlic_error *err)
{
	int64_t upto;
	int r = 0;

	/* an upstream that takes none acknowledges none */
	if (json_object_get(body, "samples_acknowledged") == NULL)
		return 0;
	r = sl_json_int(body, "body", "samples_acknowledged", 0, INT64_MAX, &upto, err);
	return r < 0 ? r : ledger_samples_told(l, upto, err);
}

/* ---- the upstream --------------------------------------------------------- */

/* NULL: it may be told by this satellite; otherwise why not. */
static int
check_group(struct ledger *l, const struct ledger_satellite *sat, const char *instance, int64_t va,
    struct ledger_row *ret, const char **ret_why, struct smartlic_error *err)
{
	char name[LEDGER_NAME_SIZE];
	int r = ledger_va_satellite(l, va, name, err);

	*ret_why = NULL;
	if (r < 0)
		return r;
	if (r == 0 || strcmp(name, sat->name) != 0)
		*ret_why = "samples of a virtual account that is not one of this satellite's";
	else if ((r = ledger_row_get(l, instance, ret, err)) == 0)
		*ret_why = "samples of an instance that is not known";
	else if (r == 1 && strcmp(ret->home, sat->home) != 0 &&
		 (r = ledger_change_is_after(l, sat->home, instance, 0, err)) == 0)
		*ret_why = "samples of an instance that was never at home at this satellite";
	ret->va = va;
	return r < 0 ? r : 0;
}

static int
take_group(struct ledger *l, const struct ledger_satellite *sat, const json_t *obj,
    struct ledger_sample *samples, int64_t now_s, json_t *refused, struct smartlic_error *err)
{
	char instance[SL_UUID_SIZE], store[SL_UUID_SIZE];
	const json_t *list;
	struct ledger_row row;
	const char *why;
	json_t *sample;
	size_t n;
	int64_t va;
	int r;

	if (!json_is_object(obj))
		return sl_fail(err, SMARTLIC_E_JSON, "body.samples: an object is expected");
	if ((r = sync_uuid_read(obj, "body.samples", "instance", instance, err)) < 0 ||
	    (r = sync_uuid_read(obj, "body.samples", "store", store, err)) < 0 ||
	    (r = sl_json_int(obj, "body.samples", "va", 1, INT64_MAX, &va, err)) < 0 ||
	    (r = sl_json_arr(obj, "body.samples", "samples", &list, err)) < 0)
		return r;
	if (json_array_size(list) > REQUEST_SAMPLES_MAX)
		return sl_fail(err, SMARTLIC_E_JSON, "body.samples: more than %d at once",
		    REQUEST_SAMPLES_MAX);
	json_array_foreach(list, n, sample)
	{
		r = request_sample_read(&samples[n], sample, n, err);
		if (r < 0)
			return r;
	}
	r = check_group(l, sat, instance, va, &row, &why, err);
	if (r == 0 && why != NULL)
		return sync_refuse(refused, instance, why);
	return r < 0
		   ? r
		   : ledger_samples_add(l, &row, store, samples, json_array_size(list), now_s, err);
}

int
sync_take_samples(struct ledger *l, const struct ledger_satellite *sat, const json_t *body,
    int64_t now_s, json_t *refused, json_t *out, struct smartlic_error *err)
{
	struct ledger_sample *samples;
	const json_t *list;
	json_t *obj;
	int64_t upto;
	size_t i;
	int r;

	if (json_object_get(body, "samples") == NULL)
		return 0;
	if ((r = sl_json_arr(body, "body", "samples", &list, err)) < 0 ||
	    (r = sl_json_int(body, "body", "samples_upto", 0, INT64_MAX, &upto, err)) < 0)
		return r;
	samples = calloc(REQUEST_SAMPLES_MAX, sizeof(*samples));
	if (samples == NULL)
		return sl_nomem(err);
	json_array_foreach(list, i, obj)
	{
		r = take_group(l, sat, obj, samples, now_s, refused, err);
		if (r < 0)
			break;
	}
	free(samples);
	if (r == 0 &&
	    json_object_set_new(out, "samples_acknowledged", json_integer((json_int_t)upto)) != 0)
		r = SMARTLIC_E_NOMEM;
	return r == SMARTLIC_E_NOMEM ? sl_nomem(err) : r;
}
