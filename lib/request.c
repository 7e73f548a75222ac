/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "json_put.h"
#include "request.h"
#include "text.h"

static void
put_encoded(struct sl_buf *b, const char *key,
    void (*encode)(struct sl_buf *, const void *, size_t), const void *data, size_t len)
{
	struct sl_buf text = { 0 };

	encode(&text, data, len);
	if (text.failed)
		b->failed = 1;
	else
		sl_json_put_text(b, key, text.data);
	sl_buf_free(&text);
}

static void
put_usage(struct sl_buf *b, const char *key, const struct sl_usage *usage, size_t n)
{
	sl_json_put_list(b, key);
	for (size_t i = 0; i < n; i++) {
		sl_json_put_object(b, NULL);
		sl_json_put_text(b, "tag", usage[i].tag);
		sl_json_put_int(b, "count", usage[i].count);
		sl_json_end_object(b);
	}
	sl_json_end_list(b);
}

static void
put_samples(struct sl_buf *b, const struct sl_request *q)
{
	sl_json_put_list(b, "samples");
	for (size_t i = 0; i < q->n_samples; i++) {
		const struct sl_sample *s = &q->book->samples[q->first_sample + i];

		sl_json_put_object(b, NULL);
		sl_json_put_text(b, "tag", q->book->tags[s->tag].tag);
		sl_json_put_int(b, "n", s->n);
		sl_json_put_time(b, "start", s->start_s);
		sl_json_put_int(b, "hours", s->hours);
		sl_json_put_int(b, "max", s->max);
		sl_json_put_int(b, "last", s->last);
		sl_json_end_object(b);
	}
	sl_json_end_list(b);
}

static void
put_reservations(struct sl_buf *b, const struct sl_request *q)
{
	sl_json_put_list(b, "reservations");
	for (size_t i = 0; i < q->n_returned; i++)
		sl_json_put_text(b, NULL, q->returned[i]);
	sl_json_end_list(b);
}

static void
put_roots(struct sl_buf *b, const struct sl_request *q)
{
	sl_json_put_list(b, "roots");
	for (size_t i = 0; i < q->n_roots; i++)
		sl_json_put_text(b, NULL, q->roots[i]);
	sl_json_end_list(b);
}

static void
put_body(struct sl_buf *b, const struct sl_request *q)
{
	sl_json_put_object(b, "body");
	if (q->csr != NULL)
		put_encoded(b, "csr", sl_base64, q->csr, q->csr_len);
	if (q->type == SL_MSG_REGISTER) {
		put_encoded(b, "token_id", sl_base64url, q->token_id, SL_TOKEN_ID_LEN);
		sl_json_put_text(b, "token_proof", q->token_proof);
		sl_json_put_bool(b, "force", q->force);
	}
	if (q->usage != NULL || q->type == SL_MSG_AUTHORIZE)
		put_usage(
		    b, q->type == SL_MSG_RESERVE ? "licenses" : "usage", q->usage, q->n_usage);
	if (q->type == SL_MSG_RETURN)
		put_reservations(b, q);
	if (q->type == SL_MSG_REPORT)
		put_samples(b, q);
	if (q->hostname != NULL)
		sl_json_put_text(b, "hostname", q->hostname);
	sl_json_end_object(b);
}

static void
put_udi(struct sl_buf *b, const struct sl_udi *udi)
{
	sl_json_put_object(b, "udi");
	sl_json_put_text(b, "pid", udi->pid);
	sl_json_put_text(b, "sn", udi->sn);
	sl_json_put_text(b, "uuid", udi->uuid);
	sl_json_end_object(b);
}

static void
put_agent(struct sl_buf *b, const struct sl_request *q)
{
	sl_json_put_object(b, "agent");
	sl_json_put_text(b, "name", "libsmartlic");
	if (!q->hides_version)
		sl_json_put_text(b, "version", PACKAGE_VERSION);
	sl_json_end_object(b);
}

static void
put_request(struct sl_buf *b, const struct sl_request *q)
{
	sl_json_put_object(b, NULL);
	sl_json_put_int(b, "slx", SL_SLX_VERSION);
	sl_json_put_text(b, "msg", "request");
	sl_json_put_text(b, "type", sl_msg_type_name(q->type));
	sl_json_put_text(b, "request_id", q->request_id);
	sl_json_put_int(b, "sequence", q->sequence);
	sl_json_put_time(b, "time", q->time_s);
	put_udi(b, &q->udi);
	if (q->instance != NULL && q->instance[0] != '\0')
		sl_json_put_text(b, "instance", q->instance);
	sl_json_put_text(b, "store", q->store);
	if (q->ledger != NULL && q->ledger[0] != '\0')
		sl_json_put_text(b, "ledger", q->ledger);
	put_agent(b, q);
	if (q->roots != NULL)
		put_roots(b, q);
	put_body(b, q);
	sl_json_end_object(b);
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

int
sl_request_write(struct sl_buf *ret, const struct sl_request *request, struct smartlic_error *err)
{
	struct sl_buf text = { 0 };
	int r;

	r = check(request, err);
	if (r < 0)
		return r;
	put_request(&text, request);
	if (text.len > SL_CONTENT_MAX) {
		r = sl_fail(err, SMARTLIC_E_LIMIT,
		    "request: %zu bytes of JSON, at most %d are allowed; count fewer tags",
		    text.len, SL_CONTENT_MAX);
		goto out;
	}
	if (!text.failed)
		sl_buf_add(ret, text.data, text.len);
	r = text.failed || ret->failed ? sl_nomem(err) : 0;
out:
	sl_buf_free(&text);
	return r;
}
