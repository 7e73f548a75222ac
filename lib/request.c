/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "request.h"
#include "text.h"

/* A new member; value NULL is want of memory, seen by the caller at the end. */
static int
put(json_t *obj, const char *key, json_t *value)
{
	return json_object_set_new(obj, key, value);
}

static json_t *
encoded(void (*encode)(struct sl_buf *, const void *, size_t), const void *data, size_t len)
{
	struct sl_buf b = { 0 };
	json_t *v;

	encode(&b, data, len);
	v = b.failed ? NULL : json_stringn(b.data, b.len);
	sl_buf_free(&b);
	return v;
}

static json_t *
usage_array(const struct sl_usage *usage, size_t n)
{
	json_t *arr = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *row = json_pack(
		    "{s:s, s:I}", "tag", usage[i].tag, "count", (json_int_t)usage[i].count);

		if (json_array_append_new(arr, row) < 0) {
			json_decref(arr);
			return NULL;
		}
	}
	return arr;
}

static json_t *
sample(const struct sl_usage_book *book, const struct sl_sample *s)
{
	char start[SL_TIME_SIZE];

	sl_time(start, s->start_s);
	return json_pack("{s:s, s:I, s:s, s:i, s:I, s:I}", "tag", book->tags[s->tag].tag, "n",
	    (json_int_t)s->n, "start", start, "hours", (int)s->hours, "max", (json_int_t)s->max,
	    "last", (json_int_t)s->last);
}

static json_t *
samples_array(const struct sl_request *q)
{
	json_t *arr = json_array();

	for (size_t i = 0; i < q->n_samples; i++)
		if (json_array_append_new(
			arr, sample(q->book, &q->book->samples[q->first_sample + i])) < 0) {
			json_decref(arr);
			return NULL;
		}
	return arr;
}

static json_t *
ids_array(const struct sl_request *q)
{
	json_t *arr = json_array();

	for (size_t i = 0; i < q->n_returned; i++)
		if (json_array_append_new(arr, json_string(q->returned[i])) < 0) {
			json_decref(arr);
			return NULL;
		}
	return arr;
}

static json_t *
roots_array(const struct sl_request *q)
{
	json_t *arr = json_array();

	for (size_t i = 0; i < q->n_roots; i++)
		if (json_array_append_new(arr, json_string(q->roots[i])) < 0) {
			json_decref(arr);
			return NULL;
		}
	return arr;
}

static json_t *
body(const struct sl_request *q)
{
	json_t *obj = json_object();
	int r = 0;

	if (q->csr != NULL)
		r |= put(obj, "csr", encoded(sl_base64, q->csr, q->csr_len));
	if (q->type == SL_MSG_REGISTER) {
		r |= put(obj, "token_id", encoded(sl_base64url, q->token_id, SL_TOKEN_ID_LEN));
		r |= put(obj, "token_proof", json_string(q->token_proof));
		r |= put(obj, "force", json_boolean(q->force));
	}
	if (q->usage != NULL || q->type == SL_MSG_AUTHORIZE)
		r |= put(obj, q->type == SL_MSG_RESERVE ? "licenses" : "usage",
		    usage_array(q->usage, q->n_usage));
	if (q->type == SL_MSG_RETURN)
		r |= put(obj, "reservations", ids_array(q));
	if (q->type == SL_MSG_REPORT)
		r |= put(obj, "samples", samples_array(q));
	if (q->hostname != NULL)
		r |= put(obj, "hostname", json_string(q->hostname));
	if (r == 0)
		return obj;
	json_decref(obj);
	return NULL;
}

static json_t *
message(const struct sl_request *q)
{
	json_t *obj = json_object();
	char time[SL_TIME_SIZE];
	int r = 0;

	sl_time(time, q->time_s);
	r |= put(obj, "slx", json_integer(SL_SLX_VERSION));
	r |= put(obj, "msg", json_string("request"));
	r |= put(obj, "type", json_string(sl_msg_type_name(q->type)));
	r |= put(obj, "request_id", json_string(q->request_id));
	r |= put(obj, "sequence", json_integer(q->sequence));
	r |= put(obj, "time", json_string(time));
	r |= put(obj, "udi",
	    json_pack("{s:s, s:s, s:s}", "pid", q->udi.pid, "sn", q->udi.sn, "uuid", q->udi.uuid));
	if (q->instance != NULL && q->instance[0] != '\0')
		r |= put(obj, "instance", json_string(q->instance));
	r |= put(obj, "store", json_string(q->store));
	if (q->ledger != NULL && q->ledger[0] != '\0')
		r |= put(obj, "ledger", json_string(q->ledger));
	r |= put(obj, "agent",
	    json_pack("{s:s, s:s*}", "name", "libsmartlic", "version",
		q->hides_version ? NULL : PACKAGE_VERSION));
	if (q->roots != NULL)
		r |= put(obj, "roots", roots_array(q));
	r |= put(obj, "body", body(q));
	if (r == 0)
		return obj;
	json_decref(obj);
	return NULL;
}

static int
is_printable(const char *text, size_t max)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (text[i] <= 0x20 || text[i] > 0x7e)
			return 0;
	return n > 0 && n <= max;
}

static int
check_usage(const struct sl_request *q, struct smartlic_error *err)
{
	for (size_t i = 0; q->usage != NULL && i < q->n_usage; i++)
		if (!sl_is_tag(q->usage[i].tag) || q->usage[i].count < 0)
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "request: usage %zu needs a tag without blanks and a count of 0 or "
			    "more",
			    i + 1);
	return 0;
}

/* What the protocol would refuse is refused here, where the caller can still be told. */
static int
check(const struct sl_request *q, struct smartlic_error *err)
{
	const char *instance = q->instance == NULL ? "" : q->instance;
	const char *ledger = q->ledger == NULL ? "" : q->ledger;
	int is_register = q->type == SL_MSG_REGISTER;
	int needs_csr = is_register || q->type == SL_MSG_RENEW_ID;
	unsigned char proof[SL_SHA256_LEN];
	const char *what = NULL;
	int r;

	if (sl_msg_type_name(q->type) == NULL)
		what = "type is not one of this version";
	else if (!sl_is_uuid(q->request_id))
		what = "request_id is not a UUID";
	else if (q->store == NULL || !sl_is_uuid(q->store))
		what = "store is not a UUID";
	else if (ledger[0] != '\0' && !sl_is_uuid(ledger))
		what = "ledger is not a UUID";
	else if (is_register ? instance[0] != '\0' : !sl_is_uuid(instance))
		what = "instance must be a UUID, and absent in register";
	else if (is_register ? q->sequence != 0 : q->sequence < 1 || q->sequence > SL_SEQUENCE_MAX)
		what = "sequence must be 1 to 2^53-1, and 0 in register";
	else if (needs_csr != (q->csr != NULL && q->csr_len > 0))
		what = "register and renew-id need a CSR, others have none";
	else if (is_register && (q->token_id == NULL || q->token_proof == NULL ||
				    sl_unhex(proof, sizeof(proof), q->token_proof) < 0))
		what = "register needs token_id and token_proof";
	else if (q->type == SL_MSG_RESERVE && (q->usage == NULL || q->n_usage == 0))
		what = "reserve needs licenses";
	else if (q->type == SL_MSG_RETURN && q->n_returned == 0)
		what = "return needs the ids of reservations";
	else if (q->hostname != NULL && !is_printable(q->hostname, 253))
		what = "hostname must be 1 to 253 printable ASCII characters";
	if (what != NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "request: %s", what);
	r = sl_udi_check(&q->udi, err);
	return r < 0 ? r : check_usage(q, err);
}

static int
to_buf(const char *data, size_t len, void *ud)
{
	struct sl_buf *b = ud;

	sl_buf_add(b, data, len);
	return b->failed ? -1 : 0;
}

int
sl_request_write(struct sl_buf *ret, const struct sl_request *request, struct smartlic_error *err)
{
	struct sl_buf text = { 0 };
	json_t *root = NULL;
	int r;

	r = check(request, err);
	if (r < 0)
		return r;
	root = message(request);
	if (root == NULL || json_dump_callback(root, to_buf, &text, JSON_COMPACT) < 0) {
		r = sl_nomem(err);
		goto out;
	}
	if (text.len > SL_CONTENT_MAX) {
		r = sl_fail(err, SMARTLIC_E_LIMIT,
		    "request: %zu bytes of JSON, at most %d are allowed; count fewer tags",
		    text.len, SL_CONTENT_MAX);
		goto out;
	}
	sl_buf_add(ret, text.data, text.len);
	r = ret->failed ? sl_nomem(err) : 0;
out:
	sl_buf_free(&text);
	json_decref(root);
	return r;
}
