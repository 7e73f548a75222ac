/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "text.h"

/* A row as it comes from the other side: JSON → checked struct. */

static int
word(const json_t *obj, const char *key, const char *const *words, int first, int last, int *ret,
    struct smartlic_error *err)
{
	const char *text;
	int r = sl_json_str(obj, "row", key, &text, err);

	for (int i = first; r == 0 && i <= last; i++)
		if (strcmp(words[i], text) == 0) {
			*ret = i;
			return 0;
		}
	return r < 0 ? r : sl_fail(err, SMARTLIC_E_JSON, "row.%s: not one of its words", key);
}

int
sync_text_read(const json_t *obj, const char *path, const char *key, char *ret, size_t size,
    struct smartlic_error *err)
{
	const char *text = "";
	int r = sl_json_opt_str(obj, path, key, &text, err);

	if (r < 0)
		return r;
	for (const char *c = text; *c != '\0'; c++)
		if (sl_control(c) > 0)
			return sl_fail(
			    err, SMARTLIC_E_JSON, "%s.%s: a control character", path, key);
	return sl_copy(ret, size, text) < 0
		   ? sl_fail(err, SMARTLIC_E_JSON, "%s.%s: at most %zu bytes", path, key, size - 1)
		   : 0;
}

int
sync_uuid_read(const json_t *obj, const char *path, const char *key, char ret[SL_UUID_SIZE],
    struct smartlic_error *err)
{
	int r = sync_text_read(obj, path, key, ret, SL_UUID_SIZE, err);

	return r == 0 && !sl_is_uuid(ret)
		   ? sl_fail(
			 err, SMARTLIC_E_JSON, "%s.%s: a UUID in lower case is expected", path, key)
		   : r;
}

static int
text_of(const json_t *obj, const char *key, char *ret, size_t size, struct smartlic_error *err)
{
	return sync_text_read(obj, "row", key, ret, size, err);
}

static int
uuid_of(const json_t *obj, const char *key, char ret[SL_UUID_SIZE], struct smartlic_error *err)
{
	return sync_uuid_read(obj, "row", key, ret, err);
}

static int
time_of(const json_t *obj, const char *key, int64_t *ret, struct smartlic_error *err)
{
	*ret = DB_NULL_INT;
	return json_object_get(obj, key) == NULL ? 0 : sl_json_time(obj, "row", key, ret, err);
}

int
sync_der_read(const json_t *obj, const char *path, const char *key, struct sl_buf *ret,
    struct smartlic_error *err)
{
	const char *text = "";
	int r = sl_json_opt_str(obj, path, key, &text, err);

	if (r < 0)
		return r;
	r = sl_unbase64(ret, text, strlen(text));
	if (ret->failed)
		return sl_nomem(err);
	return r < 0 ? sl_fail(err, SMARTLIC_E_JSON, "%s.%s: base64 is expected", path, key) : 0;
}

/* The certificate must say the same of the instance as the row does. */
static int
read_key(struct sync_row *in, struct smartlic_crypto *crypto, const json_t *obj,
    struct smartlic_error *err)
{
	char serial_number[SL_UDI_SERIAL_SIZE];
	struct sl_buf der = { 0 };
	struct sl_cert *cert = NULL;
	int state, r;

	if (in->n_keys == SYNC_KEYS_MAX)
		return sl_fail(err, SMARTLIC_E_JSON, "row.keys: at most %d", SYNC_KEYS_MAX);
	r = word(
	    obj, "state", sync_key_states, LEDGER_KEY_ISSUED, LEDGER_KEY_REPLACED, &state, err);
	if (r == 0)
		r = sl_json_time(obj, "row.keys", "issued", &in->keys[in->n_keys].issued_s, err);
	if (r == 0)
		r = sync_der_read(obj, "row.keys", "certificate", &der, err);
	if (r == 0)
		r = sl_cert_parse(&cert, crypto, der.data != NULL ? der.data : "", der.len, err);
	sl_buf_free(&der);
	if (r < 0)
		return r;
	in->keys[in->n_keys].cert = cert;
	in->keys[in->n_keys].key.state = (enum ledger_key_state)state;
	sl_hex(in->keys[in->n_keys].key.ski, sl_cert_ski(cert), SL_SKI_LEN);
	(void)sl_copy(in->keys[in->n_keys++].key.instance, SL_UUID_SIZE, in->row.instance);
	sl_udi_serial(serial_number, &in->row.udi);
	if (strcmp(sl_cert_cn(cert), in->row.instance) != 0 ||
	    strcmp(sl_cert_serial_number(cert), serial_number) != 0)
		return sl_fail(err, SMARTLIC_E_JSON, "row.keys: a certificate of another instance");
	return 0;
}

int
sync_usage_read(const json_t *list, const char *path, struct ledger_usage **ret, size_t *ret_n,
    struct smartlic_error *err)
{
	size_t n = json_array_size(list), i;
	struct ledger_usage *usage;
	const char *tag;
	json_t *obj;
	int r;

	if (n > REQUEST_USAGE_MAX)
		return sl_fail(
		    err, SMARTLIC_E_JSON, "%s: at most %d tags", path, REQUEST_USAGE_MAX);
	*ret = usage = calloc(n + 1, sizeof(*usage));
	if (usage == NULL)
		return sl_nomem(err);
	json_array_foreach(list, i, obj)
	{
		if ((r = sl_json_str(obj, path, "tag", &tag, err)) < 0 ||
		    (r = sl_json_int(
			 obj, path, "count", 1, REQUEST_COUNT_MAX, &usage[i].count, err)) < 0)
			return r;
		if (!sl_is_tag(tag) || sl_copy(usage[i].tag, SL_TAG_SIZE, tag) < 0)
			return sl_fail(err, SMARTLIC_E_JSON, "%s: not a tag", path);
		for (size_t k = 0; k < i; k++)
			if (strcmp(usage[k].tag, tag) == 0)
				return sl_fail(
				    err, SMARTLIC_E_JSON, "%s: a tag a second time", path);
		(*ret_n)++;
	}
	return 0;
}

static int
read_last(struct sync_row *in, const json_t *obj, struct smartlic_error *err)
{
	unsigned char digest[SL_SHA256_LEN];
	json_t *body = NULL;
	int r;

	in->has_last = 1;
	in->last.sequence = in->row.sequence;
	if ((r = uuid_of(obj, "request_id", in->last.request_id, err)) < 0 ||
	    (r = uuid_of(obj, "store", in->last.store, err)) < 0 ||
	    (r = text_of(obj, "digest", in->last.digest, sizeof(in->last.digest), err)) < 0 ||
	    (r = text_of(obj, "type", in->last.type, sizeof(in->last.type), err)) < 0 ||
	    (r = sl_json_time(obj, "row.last", "at", &in->last.at_s, err)) < 0 ||
	    (r = text_of(obj, "denial", in->last.denial, sizeof(in->last.denial), err)) < 0 ||
	    (r = sl_json_opt_str(obj, "row.last", "body", &in->last_body, err)) < 0)
		return r;
	if (strlen(in->last.digest) != 2 * sizeof(digest) ||
	    sl_unhex(digest, sizeof(digest), in->last.digest) < 0)
		return sl_fail(err, SMARTLIC_E_JSON, "row.last.digest: 64 digits are expected");
	if (in->last.denial[0] != '\0' && sl_denial_find(in->last.denial) == SL_DENIED_NONE)
		return sl_fail(err, SMARTLIC_E_JSON, "row.last.denial: not one of its words");
	/* it goes into answers as it is: JSON, or a refusal's text */
	if (in->last_body != NULL && in->last.denial[0] == '\0') {
		r = sl_json_load(&body, in->last_body, strlen(in->last_body), SL_CONTENT_MAX, err);
		json_decref(body);
	}
	return r;
}

static int
read_row(struct sync_row *in, const json_t *obj, struct smartlic_error *err)
{
	struct ledger_row *row = &in->row;
	int state, r;

	if ((r = uuid_of(obj, "instance", row->instance, err)) < 0 ||
	    (r = sl_json_udi(obj, "row", &row->udi, err)) < 0 ||
	    (r = sl_json_int(obj, "row", "va", 1, INT64_MAX, &row->va, err)) < 0 ||
	    (r = text_of(obj, "hostname", row->hostname, sizeof(row->hostname), err)) < 0 ||
	    (r = word(obj, "state", sync_states, LEDGER_PENDING, LEDGER_CLOSED, &state, err)) < 0 ||
	    (r = sl_json_int(obj, "row", "sequence", 0, SL_SEQUENCE_MAX, &row->sequence, err)) <
		0 ||
	    (r = text_of(obj, "compliance", row->compliance, sizeof(row->compliance), err)) < 0 ||
	    (r = uuid_of(obj, "home", row->home, err)) < 0 ||
	    (r = sl_json_time(obj, "row", "issued", &row->issued_s, err)) < 0 ||
	    (r = sl_json_time(obj, "row", "contact", &row->contact_s, err)) < 0 ||
	    (r = sl_json_time(obj, "row", "expires", &row->expires_s, err)) < 0 ||
	    (r = time_of(obj, "usage_at", &row->usage_s, err)) < 0 ||
	    (r = time_of(obj, "deadline", &row->deadline_s, err)) < 0 ||
	    (r = time_of(obj, "closed_at", &row->closed_s, err)) < 0 ||
	    (r = text_of(obj, "root", row->root, sizeof(row->root), err)) < 0 ||
	    (r = text_of(obj, "closed_why", row->closed_why, sizeof(row->closed_why), err)) < 0 ||
	    (r = text_of(obj, "closed_by", row->closed_by, sizeof(row->closed_by), err)) < 0)
		return r;
	row->state = (enum ledger_state)state;
	row->export_controlled = json_is_true(json_object_get(obj, "export_controlled"));
	if (sl_uuid7_ms(row->instance) < 0)
		return sl_fail(
		    err, SMARTLIC_E_JSON, "row.instance: a UUID of version 7 is expected");
	return 0;
}

/* An open instance has one key that is in use: the ledger's rule. */
static int
check_keys(const struct sync_row *in, struct smartlic_error *err)
{
	enum ledger_key_state wanted =
	    in->row.state == LEDGER_LIVE ? LEDGER_KEY_CURRENT : LEDGER_KEY_ISSUED;
	size_t n = 0;

	for (size_t i = 0; i < in->n_keys; i++)
		n += in->keys[i].key.state == wanted;
	if (in->row.state != LEDGER_CLOSED && n != 1)
		return sl_fail(err, SMARTLIC_E_JSON, "row.keys: one %s one is expected, not %zu",
		    sync_key_states[wanted], n);
	if (in->row.state == LEDGER_LIVE && in->row.sequence == 0)
		return sl_fail(err, SMARTLIC_E_JSON,
		    "row.sequence: a live one has executed a request, 0 is none");
	return in->row.sequence > 0 && !in->has_last
		   ? sl_fail(err, SMARTLIC_E_JSON, "row.last: missing")
		   : 0;
}

int
sync_row_read(struct sync_row *ret, struct smartlic_crypto *crypto, const json_t *obj,
    struct smartlic_error *err)
{
	const json_t *keys, *usage, *last;
	json_t *key;
	size_t i;
	int r;

	*ret = (struct sync_row){ .n_keys = 0 };
	if (!json_is_object(obj))
		return sl_fail(err, SMARTLIC_E_JSON, "row: an object is expected");
	r = read_row(ret, obj, err);
	if (r == 0)
		r = sl_json_arr(obj, "row", "keys", &keys, err);
	if (r == 0)
		json_array_foreach(keys, i, key)
		{
			r = read_key(ret, crypto, key, err);
			if (r < 0)
				return r;
		}
	if (r == 0)
		r = sl_json_arr(obj, "row", "usage", &usage, err);
	if (r == 0)
		r = sync_usage_read(usage, "row.usage", &ret->usage, &ret->n_usage, err);
	if (r == 0 && json_object_get(obj, "last") != NULL) {
		r = sl_json_obj(obj, "row", "last", &last, err);
		if (r == 0)
			r = read_last(ret, last, err);
	}
	if (r == 0)
		r = check_keys(ret, err);
	if (r == 0)
		r = sync_reservations_read(ret, obj, err);
	return r < 0 ? r : sync_der_read(obj, "row", "evidence", &ret->evidence, err);
}

void
sync_row_release(struct sync_row *in)
{
	for (size_t i = 0; i < in->n_keys; i++)
		sl_cert_unref(in->keys[i].cert);
	in->n_keys = 0;
	free(in->usage);
	in->usage = NULL;
	for (size_t i = 0; i < in->n_reservations; i++)
		free(in->reservations[i].licenses);
	in->n_reservations = 0;
	sl_buf_free(&in->evidence);
}
