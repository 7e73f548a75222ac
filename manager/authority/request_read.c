/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/request_read.h"
#include "crypto.h"
#include "text.h"

static int
read_uuid(const json_t *obj, const char *key, char ret[SL_UUID_SIZE], struct smartlic_error *err)
{
	const char *text;
	int r;

	r = sl_json_str(obj, "", key, &text, err);
	if (r < 0)
		return r;
	if (!sl_is_uuid(text))
		return sl_fail(err, SMARTLIC_E_JSON, "%s: a UUID in lower case is expected", key);
	return sl_copy(ret, SL_UUID_SIZE, text);
}

static int
read_csr(struct request *ret, const json_t *body, struct smartlic_error *err)
{
	const char *text;
	int r;

	r = sl_json_str(body, "body", "csr", &text, err);
	if (r < 0 || ret->csr.len > 0)
		return r;
	r = sl_unbase64(&ret->csr, text, strlen(text));
	if (ret->csr.failed)
		return sl_nomem(err);
	if (r < 0 || ret->csr.len == 0)
		return sl_fail(err, SMARTLIC_E_JSON, "body.csr: base64 is expected");
	return 0;
}

/* What an answer can be bound to, each by itself. */
static void
read_echo(struct request *ret, const json_t *root)
{
	const json_t *body;
	const char *type = "";

	if (sl_json_str(root, "", "type", &type, NULL) == 0) {
		(void)sl_msg_type_find(&ret->type, type);
		if (type[strspn(type, "abcdefghijklmnopqrstuvwxyz-")] == '\0')
			(void)sl_copy(ret->type_name, sizeof(ret->type_name), type);
	}
	(void)read_uuid(root, "request_id", ret->request_id, NULL);
	(void)read_uuid(root, "instance", ret->instance, NULL);
	ret->has_udi = sl_json_udi(root, "", &ret->udi, NULL) == 0;
	if (ret->type == SL_MSG_REGISTER && sl_json_obj(root, "", "body", &body, NULL) == 0)
		(void)read_csr(ret, body, NULL);
}

static int
read_header(struct request *ret, const json_t *root, struct smartlic_error *err)
{
	const char *text;
	int64_t slx;
	int first, r;

	r = sl_json_int(root, "", "slx", 0, INT64_MAX, &slx, err);
	if (r < 0)
		return r;
	if (slx != SL_SLX_VERSION) {
		ret->denial = SL_DENIED_UNSUPPORTED_VERSION;
		ret->slx = slx;
		return sl_fail(err, SMARTLIC_E_JSON,
		    "version %lld of the protocol is not known here, only %d: update the %s",
		    (long long)slx, SL_SLX_VERSION,
		    slx > SL_SLX_VERSION ? "manager" : "device");
	}
	if ((r = sl_json_str(root, "", "msg", &text, err)) < 0)
		return r;
	if (strcmp(text, "request") != 0)
		return sl_fail(err, SMARTLIC_E_JSON, "msg: 'request' is expected");
	if ((r = sl_json_str(root, "", "type", &text, err)) < 0)
		return r;
	if (ret->type == 0)
		return sl_fail(err, SMARTLIC_E_JSON, "type: not one of this version's");
	first = ret->type == SL_MSG_REGISTER;
	if ((r = read_uuid(root, "request_id", ret->request_id, err)) < 0 ||
	    (r = sl_json_udi(root, "", &ret->udi, err)) < 0 ||
	    (r = read_uuid(root, "store", ret->store, err)) < 0 ||
	    (r = sl_json_int(root, "", "sequence", first ? 0 : 1, first ? 0 : SL_SEQUENCE_MAX,
		 &ret->sequence, err)) < 0)
		return r;
	if (!first)
		return read_uuid(root, "instance", ret->instance, err);
	if (json_object_get(root, "instance") != NULL)
		return sl_fail(err, SMARTLIC_E_JSON, "instance: register has none");
	return 0;
}

static int
read_token(struct request *ret, const json_t *body, struct smartlic_error *err)
{
	unsigned char proof[SL_SHA256_LEN];
	struct sl_buf id = { 0 };
	const char *text, *hex;
	int r;

	if ((r = sl_json_str(body, "body", "token_id", &text, err)) < 0 ||
	    (r = sl_json_str(body, "body", "token_proof", &hex, err)) < 0)
		return r;
	r = sl_unbase64url(&id, text, strlen(text));
	if (id.failed)
		r = sl_nomem(err);
	else if (r < 0 || id.len != sizeof(ret->token_id))
		r = sl_fail(err, SMARTLIC_E_JSON, "body.token_id: 16 bytes are expected");
	else
		memcpy(ret->token_id, id.data, id.len);
	sl_buf_free(&id);
	if (r < 0)
		return r;
	sl_hex(ret->token_hex, ret->token_id, sizeof(ret->token_id));
	if (strlen(hex) != 2 * sizeof(proof) || sl_unhex(proof, sizeof(proof), hex) < 0)
		return sl_fail(err, SMARTLIC_E_JSON, "body.token_proof: 64 digits are expected");
	return sl_copy(ret->token_proof, sizeof(ret->token_proof), hex);
}

static int
read_usage_element(
    struct request *ret, const json_t *obj, const char *key, size_t i, struct smartlic_error *err)
{
	struct ledger_usage *u = &ret->usage[ret->n_usage];
	const char *tag;
	char path[40];
	int r;

	(void)snprintf(path, sizeof(path), "body.%s[%zu]", key, i);
	if (!json_is_object(obj))
		return sl_fail(err, SMARTLIC_E_JSON, "%s: an object is expected", path);
	if ((r = sl_json_str(obj, path, "tag", &tag, err)) < 0 ||
	    (r = sl_json_int(obj, path, "count", 0, REQUEST_COUNT_MAX, &u->count, err)) < 0)
		return r;
	if (!sl_is_tag(tag) || sl_copy(u->tag, sizeof(u->tag), tag) < 0)
		return sl_fail(err, SMARTLIC_E_JSON, "%s.tag: not a tag", path);
	for (size_t k = 0; k < ret->n_usage; k++)
		if (strcmp(ret->usage[k].tag, tag) == 0)
			return sl_fail(err, SMARTLIC_E_JSON, "%s.tag: a second time", path);
	ret->n_usage++;
	return 0;
}

static int
read_usage(struct request *ret, const json_t *body, const char *key, int optional,
    struct smartlic_error *err)
{
	const json_t *list;
	size_t n;
	int r;

	if (optional && json_object_get(body, key) == NULL)
		return 0;
	r = sl_json_arr(body, "body", key, &list, err);
	if (r < 0)
		return r;
	n = json_array_size(list);
	if (n > REQUEST_USAGE_MAX)
		return sl_fail(err, SMARTLIC_E_JSON, "body.%s: %zu tags, at most %d are taken", key,
		    n, REQUEST_USAGE_MAX);
	ret->usage = calloc(n + 1, sizeof(*ret->usage));
	if (ret->usage == NULL)
		return sl_nomem(err);
	for (size_t i = 0; i < n; i++) {
		r = read_usage_element(ret, json_array_get(list, i), key, i, err);
		if (r < 0)
			return r;
	}
	/* a tag that is not used is the same as one that is not listed */
	n = ret->n_usage;
	ret->n_usage = 0;
	for (size_t i = 0; i < n; i++)
		if (ret->usage[i].count > 0)
			ret->usage[ret->n_usage++] = ret->usage[i];
	ret->has_usage = 1;
	return 0;
}

int
request_sample_read(struct ledger_sample *ret, const json_t *obj, size_t i, struct smartlic_error *err)
{
	const char *tag;
	char path[40];
	int r;

	(void)snprintf(path, sizeof(path), "body.samples[%zu]", i);
	if (!json_is_object(obj))
		return sl_fail(err, SMARTLIC_E_JSON, "%s: an object is expected", path);
	if ((r = sl_json_str(obj, path, "tag", &tag, err)) < 0 ||
	    (r = sl_json_int(obj, path, "n", 1, SL_SEQUENCE_MAX, &ret->n, err)) < 0 ||
	    (r = sl_json_time(obj, path, "start", &ret->start_s, err)) < 0 ||
	    (r = sl_json_int(obj, path, "hours", 1, REQUEST_HOURS_MAX, &ret->hours, err)) < 0 ||
	    (r = sl_json_int(obj, path, "max", 0, REQUEST_COUNT_MAX, &ret->max, err)) < 0 ||
	    (r = sl_json_int(obj, path, "last", 0, REQUEST_COUNT_MAX, &ret->last, err)) < 0)
		return r;
	if (!sl_is_tag(tag) || sl_copy(ret->tag, sizeof(ret->tag), tag) < 0)
		return sl_fail(err, SMARTLIC_E_JSON, "%s.tag: not a tag", path);
	if (ret->last > ret->max)
		return sl_fail(err, SMARTLIC_E_JSON,
		    "%s.last: %lld, more than the %lld of max", path, (long long)ret->last,
		    (long long)ret->max);
	return 0;
}

static int
read_report(struct request *ret, const json_t *body, struct smartlic_error *err)
{
	const json_t *list;
	size_t n;
	int r;

	r = sl_json_arr(body, "body", "samples", &list, err);
	if (r < 0)
		return r;
	n = json_array_size(list);
	if (n > REQUEST_SAMPLES_MAX)
		return sl_fail(err, SMARTLIC_E_JSON,
		    "body.samples: %zu of them, at most %d are taken: send the oldest first", n,
		    REQUEST_SAMPLES_MAX);
	ret->samples = calloc(n + 1, sizeof(*ret->samples));
	if (ret->samples == NULL)
		return sl_nomem(err);
	for (; ret->n_samples < n; ret->n_samples++) {
		size_t i = ret->n_samples;

		r = request_sample_read(&ret->samples[i], json_array_get(list, i), i, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
read_register(struct request *ret, const json_t *body, struct smartlic_error *err)
{
	const json_t *force = json_object_get(body, "force");
	const char *hostname = "";
	int r;

	if ((r = read_csr(ret, body, err)) < 0 || (r = read_token(ret, body, err)) < 0 ||
	    (r = sl_json_opt_str(body, "body", "hostname", &hostname, err)) < 0)
		return r;
	if (force != NULL && !json_is_boolean(force))
		return sl_fail(err, SMARTLIC_E_JSON, "body.force: true or false is expected");
	ret->force = json_is_true(force);
	if (sl_copy(ret->hostname, sizeof(ret->hostname), hostname) < 0)
		return sl_fail(err, SMARTLIC_E_JSON, "body.hostname: at most 255 bytes");
	/* it is shown on terminals */
	for (const char *c = hostname; *c != '\0'; c++)
		if (sl_control(c) > 0)
			return sl_fail(err, SMARTLIC_E_JSON, "body.hostname: a control character");
	return read_usage(ret, body, "usage", 1, err);
}

static int
read_reserve(struct request *ret, const json_t *body, struct smartlic_error *err)
{
	int r = read_usage(ret, body, "licenses", 0, err);

	if (r == 0 && ret->n_usage == 0)
		return sl_fail(err, SMARTLIC_E_JSON, "body.licenses: nothing is to be reserved");
	return r;
}

static int
read_return(struct request *ret, const json_t *body, struct smartlic_error *err)
{
	const json_t *list;
	const char *id;
	size_t n;
	int r;

	r = sl_json_arr(body, "body", "reservations", &list, err);
	if (r < 0)
		return r;
	n = json_array_size(list);
	if (n < 1 || n > REQUEST_RETURNED_MAX)
		return sl_fail(err, SMARTLIC_E_JSON,
		    "body.reservations: %zu of them, 1 to %d are taken", n, REQUEST_RETURNED_MAX);
	for (; ret->n_returned < n; ret->n_returned++) {
		const json_t *v = json_array_get(list, ret->n_returned);

		id = json_string_value(v);
		if (id == NULL || strlen(id) != json_string_length(v) || !sl_is_uuid(id))
			return sl_fail(err, SMARTLIC_E_JSON,
			    "body.reservations[%zu]: a UUID in lower case is expected",
			    ret->n_returned);
		(void)sl_copy(ret->returned[ret->n_returned], SL_UUID_SIZE, id);
	}
	return 0;
}

static int
read_body(struct request *ret, const json_t *root, struct smartlic_error *err)
{
	const json_t *body;
	int r;

	r = sl_json_obj(root, "", "body", &body, err);
	if (r < 0)
		return r;
	switch (ret->type) {
	case SL_MSG_REGISTER:
		return read_register(ret, body, err);
	case SL_MSG_RENEW_ID:
		return read_csr(ret, body, err);
	case SL_MSG_AUTHORIZE:
		return read_usage(ret, body, "usage", 0, err);
	case SL_MSG_REPORT:
		return read_report(ret, body, err);
	case SL_MSG_RESERVE:
		return read_reserve(ret, body, err);
	case SL_MSG_RETURN:
		return read_return(ret, body, err);
	case SL_MSG_DEREGISTER:
		return 0;
	}
	return 0;
}

/* What is not understood counts as not said. */
static void
read_roots(struct request *ret, const json_t *root)
{
	const json_t *list = json_object_get(root, "roots");
	const char *id;

	for (size_t i = 0; i < json_array_size(list) && ret->n_roots < REQUEST_ROOTS_MAX; i++) {
		id = json_string_value(json_array_get(list, i));
		if (id != NULL && strlen(id) >= LEDGER_ROOT_SIZE - 1)
			(void)snprintf(ret->roots[ret->n_roots++], LEDGER_ROOT_SIZE, "%.*s",
			    LEDGER_ROOT_SIZE - 1, id);
	}
}

int
request_has_root(const struct request *q, const char root[LEDGER_ROOT_SIZE])
{
	for (size_t i = 0; i < q->n_roots; i++)
		if (strcmp(q->roots[i], root) == 0)
			return 1;
	return 0;
}

int
request_read(struct request *ret, const void *content, size_t len, struct smartlic_error *err)
{
	json_t *root = NULL;
	int r;

	*ret = (struct request){ 0 };
	r = sl_json_load(&root, content, len, SL_CONTENT_MAX, err);
	if (r == 0) {
		read_echo(ret, root);
		read_roots(ret, root);
		r = read_header(ret, root, err);
	}
	ret->has_header = r == 0;
	if (r == 0)
		r = read_body(ret, root, err);
	if (ret->type == 0)
		ret->root = root;
	else
		json_decref(root);
	if (r == SMARTLIC_E_NOMEM)
		return r;
	if (r < 0 && ret->denial == SL_DENIED_NONE)
		ret->denial = SL_DENIED_BAD_REQUEST;
	return 0;
}

int
request_is_named(const struct request *q)
{
	return q->type_name[0] != '\0' && q->request_id[0] != '\0' && q->has_udi &&
	       (q->type == SL_MSG_REGISTER || q->instance[0] != '\0');
}

void
request_release(struct request *request)
{
	sl_buf_free(&request->csr);
	free(request->usage);
	request->usage = NULL;
	free(request->samples);
	request->samples = NULL;
	json_decref(request->root);
	request->root = NULL;
}
