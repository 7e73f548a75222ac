/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"
#include "text.h"

#define ENTITLEMENTS_MAX 4096
#define CERTIFICATES_MAX 6
/* Room for the longest path of an object: "body.authorization.entitlements[4095]". */
#define PATH_SIZE 64

static const char *const statuses[] = {
	[SL_REPLY_OK] = "ok",
	[SL_REPLY_ERROR] = "error",
	[SL_REPLY_PENDING] = "pending",
};
static const char *const compliances[] = {
	[SL_AUTHORIZED] = "authorized",
	[SL_OUT_OF_COMPLIANCE] = "out_of_compliance",
	[SL_RESERVED] = "reserved",
};
static const char *const exports[] = { "not_allowed", "allowed" };

static int
wrong(struct smartlic_error *err, const char *path, const char *key, const char *what)
{
	return sl_fail(err, SMARTLIC_E_JSON, "JSON member %s%s%s %s", path,
	    path[0] == '\0' ? "" : ".", key, what);
}

/*
 * A text that people read: cut where it is longer than what is kept (whole
 * characters of UTF-8), and without control characters, which would forge log
 * lines or steer a terminal.
 */
static void
keep_text(char *ret, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(ret, text, n);
	ret[n] = '\0';
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)ret[i];

		if (c < 0x20 || c == 0x7f)
			ret[i] = ' ';
		else if (c == 0xc2 && (unsigned char)ret[i + 1] < 0xa0) /* U+0080 to U+009F */
			ret[i] = ret[i + 1] = ' ';
	}
}

static int
read_text(const json_t *obj, const char *path, const char *key, int optional, char *ret,
    size_t size, struct smartlic_error *err)
{
	const char *text = "";
	int r;

	r = optional ? sl_json_opt_str(obj, path, key, &text, err)
		     : sl_json_str(obj, path, key, &text, err);
	if (r == 0)
		keep_text(ret, size, text);
	return r;
}

static int
read_uuid(const json_t *obj, const char *path, const char *key, int optional,
    char ret[SL_UUID_SIZE], struct smartlic_error *err)
{
	const char *text = NULL;
	int r;

	r = optional ? sl_json_opt_str(obj, path, key, &text, err)
		     : sl_json_str(obj, path, key, &text, err);
	if (r < 0 || text == NULL)
		return r;
	if (!sl_is_uuid(text))
		return wrong(err, path, key, "is not a UUID in lower case");
	return sl_copy(ret, SL_UUID_SIZE, text);
}

static int
read_sha256(const json_t *obj, const char *path, const char *key, char ret[SL_SHA256_HEX],
    struct smartlic_error *err)
{
	unsigned char bytes[SL_SHA256_LEN];
	const char *text;
	int r = sl_json_str(obj, path, key, &text, err);

	if (r < 0)
		return r;
	if (sl_unhex(bytes, sizeof(bytes), text) < 0)
		return wrong(err, path, key, "is not 64 hex digits in lower case");
	return sl_copy(ret, SL_SHA256_HEX, text);
}

/* The index of one of n words; those that are NULL do not count. */
static int
read_word(const json_t *obj, const char *path, const char *key, const char *const *words, int n,
    int *ret, struct smartlic_error *err)
{
	const char *text;
	int r = sl_json_str(obj, path, key, &text, err);

	if (r < 0)
		return r;
	for (int i = 0; i < n; i++) {
		if (words[i] != NULL && strcmp(words[i], text) == 0) {
			*ret = i;
			return 0;
		}
	}
	return wrong(err, path, key, "is not one of the words that it may be");
}

/* `versions` and `least` are numbers or texts, alone or in a list; they are only shown. */
static int
read_versions(const json_t *obj, const char *path, const char *key, char *ret, size_t size,
    struct smartlic_error *err)
{
	const json_t *v = json_object_get(obj, key);
	size_t n = json_is_array(v) ? json_array_size(v) : 1;
	struct sl_buf b = { 0 };
	int r = 0;

	if (v == NULL)
		return 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		const json_t *e = json_is_array(v) ? json_array_get(v, i) : v;

		sl_buf_puts(&b, i > 0 ? ", " : "");
		if (json_is_integer(e))
			sl_buf_printf(&b, "%lld", (long long)json_integer_value(e));
		else if (json_is_string(e))
			sl_buf_puts(&b, json_string_value(e));
		else
			r = wrong(
			    err, path, key, "is neither a number nor a text nor a list of them");
	}
	if (r == 0 && b.failed)
		r = sl_nomem(err);
	if (r == 0 && n > 0)
		keep_text(ret, size, b.data);
	sl_buf_free(&b);
	return r;
}

static int
read_error(struct sl_reply *reply, const json_t *root, struct smartlic_error *err)
{
	static const char path[] = "error";
	const json_t *obj;
	int r;

	if ((r = sl_json_obj(root, "", path, &obj, err)) < 0 ||
	    (r = read_text(
		 obj, path, "code", 0, reply->error.name, sizeof(reply->error.name), err)) < 0 ||
	    (r = read_text(obj, path, "message", 1, reply->error.message,
		 sizeof(reply->error.message), err)) < 0 ||
	    (r = sl_json_opt_int(obj, path, "retry_after", 0, SL_SEQUENCE_MAX,
		 &reply->error.retry_after_s, err)) < 0 ||
	    (r = sl_json_opt_int(
		 obj, path, "sequence", 0, SL_SEQUENCE_MAX, &reply->error.sequence, err)) < 0 ||
	    (r = read_text(
		 obj, path, "home", 1, reply->error.home, sizeof(reply->error.home), err)) < 0 ||
	    (r = read_versions(obj, path, "versions", reply->error.versions,
		 sizeof(reply->error.versions), err)) < 0 ||
	    (r = read_versions(
		 obj, path, "least", reply->error.least, sizeof(reply->error.least), err)) < 0 ||
	    (r = read_text(obj, path, "removed_by", 1, reply->error.removed_by,
		 sizeof(reply->error.removed_by), err)) < 0)
		return r;
	if (json_object_get(obj, "removed_at") != NULL &&
	    (r = sl_json_time(obj, path, "removed_at", &reply->error.removed_at_s, err)) < 0)
		return r;
	reply->error.code = sl_denial_find(reply->error.name);
	return 0;
}

static int
read_certificates(struct sl_reply *reply, const json_t *body, struct smartlic_error *err)
{
	const json_t *arr;
	char key[PATH_SIZE];
	size_t n;
	int r = sl_json_arr(body, "body", "certificates", &arr, err);

	if (r < 0)
		return r;
	n = json_array_size(arr);
	if (n < 1 || n > CERTIFICATES_MAX)
		return sl_fail(err, SMARTLIC_E_JSON,
		    "JSON member body.certificates has %zu entries, allowed are 1 to %d", n,
		    CERTIFICATES_MAX);
	reply->certificates = calloc(n, sizeof(*reply->certificates));
	if (reply->certificates == NULL)
		return sl_nomem(err);
	reply->n_certificates = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(arr, i);
		struct sl_buf *der = &reply->certificates[i];

		(void)snprintf(key, sizeof(key), "certificates[%zu]", i);
		if (!json_is_string(v) || json_string_length(v) == 0 ||
		    sl_unbase64(der, json_string_value(v), json_string_length(v)) < 0)
			return der->failed
				   ? sl_nomem(err)
				   : wrong(err, "body", key, "is not base64 of a certificate");
	}
	return 0;
}

static int
read_policy(struct sl_policy *policy, const json_t *body, struct smartlic_error *err)
{
	const struct {
		const char *key;
		int64_t *ret;
	} members[] = {
		{ "renew_after_s", &policy->renew_after_s },
		{ "next_contact_s", &policy->next_contact_s },
		{ "ooc_poll_s", &policy->ooc_poll_s },
		{ "retry_s", &policy->retry_s },
		{ "collect_s", &policy->collect_s },
		{ "report_s", &policy->report_s },
	};
	static const char path[] = "body.policy";
	const json_t *obj;
	int r = sl_json_obj(body, "body", "policy", &obj, err);

	/* any length: the agent clamps, and says so */
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && r == 0; i++)
		r = sl_json_opt_int(
		    obj, path, members[i].key, 0, SL_SEQUENCE_MAX, members[i].ret, err);
	if (r == 0 && json_object_get(obj, "export_controlled") != NULL)
		r = read_word(obj, path, "export_controlled", exports, 2,
		    &policy->export_controlled_allowed, err);
	return r;
}

static int
read_entitlement(
    struct sl_reply_entitlement *ret, const json_t *v, const char *path, struct smartlic_error *err)
{
	const char *tag;
	int r, status = 0;

	if (!json_is_object(v))
		return sl_fail(err, SMARTLIC_E_JSON, "JSON member %s is not an object", path);
	if ((r = sl_json_str(v, path, "tag", &tag, err)) < 0 ||
	    (r = sl_json_int(v, path, "count", 0, SL_SEQUENCE_MAX, &ret->count, err)) < 0 ||
	    (r = read_word(v, path, "status", compliances, SL_RESERVED + 1, &status, err)) < 0 ||
	    (r = read_text(v, path, "name", 1, ret->name, sizeof(ret->name), err)) < 0 ||
	    (r = read_text(
		 v, path, "description", 1, ret->description, sizeof(ret->description), err)) < 0 ||
	    (r = read_text(v, path, "version", 1, ret->version, sizeof(ret->version), err)) < 0)
		return r;
	if (!sl_is_tag(tag))
		return wrong(err, path, "tag", "is not a tag: 1 to 255 printable characters");
	ret->status = (enum sl_compliance)status;
	return sl_copy(ret->tag, sizeof(ret->tag), tag);
}

static int
read_entitlements(
    struct sl_authorization *auth, const json_t *arr, const char *path, struct smartlic_error *err)
{
	size_t n = json_array_size(arr);
	json_t *seen = NULL;
	char at[PATH_SIZE];
	int r = 0;

	if (n > ENTITLEMENTS_MAX)
		return sl_fail(err, SMARTLIC_E_JSON,
		    "JSON member %s.entitlements has %zu entries, at most %d are allowed", path, n,
		    ENTITLEMENTS_MAX);
	if (n == 0)
		return 0;
	auth->entitlements = calloc(n, sizeof(*auth->entitlements));
	seen = json_object();
	if (auth->entitlements == NULL || seen == NULL) {
		r = sl_nomem(err);
		goto out;
	}
	auth->n_entitlements = n;
	for (size_t i = 0; i < n; i++) {
		struct sl_reply_entitlement *e = &auth->entitlements[i];

		(void)snprintf(at, sizeof(at), "%s.entitlements[%zu]", path, i);
		r = read_entitlement(e, json_array_get(arr, i), at, err);
		if (r == 0 && json_object_get(seen, e->tag) != NULL)
			r = wrong(err, at, "tag", "stands in the list before");
		else if (r == 0 && json_object_set_new(seen, e->tag, json_true()) < 0)
			r = sl_nomem(err);
		if (r < 0)
			goto out;
	}
out:
	json_decref(seen);
	return r;
}

static int
read_authorization(
    struct sl_authorization *auth, const json_t *obj, const char *path, struct smartlic_error *err)
{
	const json_t *arr;
	int r, status = 0;

	if ((r = read_word(obj, path, "status", compliances, SL_RESERVED + 1, &status, err)) < 0 ||
	    (r = sl_json_time(obj, path, "deadline", &auth->deadline_s, err)) < 0 ||
	    (r = sl_json_arr(obj, path, "entitlements", &arr, err)) < 0 ||
	    (r = read_entitlements(auth, arr, path, err)) < 0)
		return r;
	auth->status = (enum sl_compliance)status;
	auth->present = 1;
	return 0;
}

static int
read_register(struct sl_reply *reply, const json_t *body, struct smartlic_error *err)
{
	const json_t *auth;
	int r;

	if ((r = read_uuid(body, "body", "instance", 0, reply->body_instance, err)) < 0 ||
	    (r = read_sha256(body, "body", "token_answer", reply->token_answer, err)) < 0 ||
	    (r = read_text(body, "body", "smart_account", 0, reply->smart_account,
		 sizeof(reply->smart_account), err)) < 0 ||
	    (r = read_text(body, "body", "virtual_account", 0, reply->virtual_account,
		 sizeof(reply->virtual_account), err)) < 0)
		return r;
	if (json_object_get(body, "authorization") == NULL)
		return 0;
	r = sl_json_obj(body, "body", "authorization", &auth, err);
	return r < 0 ? r
		     : read_authorization(&reply->authorization, auth, "body.authorization", err);
}

static int
read_code(struct sl_reply *reply, const json_t *body, struct smartlic_error *err)
{
	const char *code;
	int r = sl_json_str(body, "body", "code", &code, err);

	if (r < 0)
		return r;
	if (strlen(code) != sizeof(reply->code) - 1 ||
	    strspn(code, "0123456789abcdef") != sizeof(reply->code) - 1)
		return wrong(err, "body", "code", "is not 32 digits of hex in lower case");
	return sl_copy(reply->code, sizeof(reply->code), code);
}

static int
read_body(struct sl_reply *reply, const json_t *root, struct smartlic_error *err)
{
	int has_id = reply->type == SL_MSG_REGISTER || reply->type == SL_MSG_RENEW_ID;
	const json_t *body;
	int r = sl_json_obj(root, "", "body", &body, err);

	if (r == 0 && has_id) {
		r = read_certificates(reply, body, err);
		if (r == 0)
			r = sl_json_time(body, "body", "registration_expires",
			    &reply->registration_expires_s, err);
	}
	if (r == 0 && reply->type == SL_MSG_REGISTER)
		r = read_register(reply, body, err);
	if (r == 0 && (reply->type == SL_MSG_AUTHORIZE || reply->type == SL_MSG_RESERVE))
		r = read_authorization(&reply->authorization, body, "body", err);
	if (r == 0 && reply->type == SL_MSG_AUTHORIZE &&
	    json_object_get(body, "reservation") != NULL)
		r = read_uuid(body, "body", "reservation", 0, reply->reservation, err);
	if (r == 0 && reply->type == SL_MSG_RESERVE)
		r = read_code(reply, body, err);
	/* of another type than was asked for it is found out later: sl_answer_check() */
	if (r == 0 && reply->type == SL_MSG_REPORT && json_object_get(body, "acknowledged") != NULL)
		r = sl_json_int(
		    body, "body", "acknowledged", 0, SL_SEQUENCE_MAX, &reply->acknowledged, err);
	if (r == 0 && (has_id || reply->type == SL_MSG_AUTHORIZE))
		r = read_policy(&reply->policy, body, err);
	return r;
}

/* Version and kind come first: of another version nothing else can be said. */
static int
read_kind(struct sl_reply *reply, const json_t *root, struct smartlic_error *err)
{
	const char *msg, *type = "";
	int64_t slx;
	int r, status = 0;

	r = sl_json_int(root, "", "slx", INT64_MIN, INT64_MAX, &slx, err);
	if (r < 0)
		return r;
	if (slx != SL_SLX_VERSION)
		return sl_fail(err, SMARTLIC_E_JSON,
		    "the message has version %lld of the protocol (slx), this agent has version "
		    "%d: "
		    "update the one that is older",
		    (long long)slx, SL_SLX_VERSION);
	r = sl_json_str(root, "", "msg", &msg, err);
	if (r < 0)
		return r;
	if (strcmp(msg, "response") != 0)
		return sl_fail(err, SMARTLIC_E_BINDING,
		    "the message is not a response; it was not made for a device");
	r = read_word(root, "", "status", statuses, SL_REPLY_PENDING + 1, &status, err);
	if (r < 0)
		return r;
	reply->status = (enum sl_reply_status)status;
	/* whoever could not read a request need not know its type */
	r = status == SL_REPLY_ERROR ? sl_json_opt_str(root, "", "type", &type, err)
				     : sl_json_str(root, "", "type", &type, err);
	if (r == 0)
		(void)sl_msg_type_find(&reply->type, type);
	return r;
}

static int
read_header(struct sl_reply *reply, const json_t *root, struct smartlic_error *err)
{
	int r;

	if ((r = read_kind(reply, root, err)) < 0 ||
	    (r = read_uuid(root, "", "ledger", 0, reply->ledger, err)) < 0 ||
	    (r = sl_json_time(root, "", "time", &reply->time_s, err)) < 0)
		return r;
	if (json_object_get(root, "synchronised") != NULL &&
	    (r = sl_json_time(root, "", "synchronised", &reply->synchronised_s, err)) < 0)
		return r;
	/* advice says of no request that it answers it, whatever else it has */
	if (reply->status == SL_REPLY_ERROR && json_object_get(root, "request_sha256") == NULL)
		return 0;
	if ((r = read_sha256(root, "", "request_sha256", reply->request_sha256, err)) < 0 ||
	    (r = read_uuid(root, "", "request_id", 0, reply->request_id, err)) < 0 ||
	    (r = sl_json_udi(root, "", &reply->udi, err)) < 0)
		return r;
	return read_uuid(
	    root, "", "instance", reply->type == SL_MSG_REGISTER, reply->instance, err);
}

static struct sl_reply *
reply_new(void)
{
	struct sl_reply *reply = calloc(1, sizeof(*reply));

	if (reply == NULL)
		return NULL;
	reply->error.retry_after_s = -1;
	reply->error.sequence = -1;
	reply->acknowledged = -1;
	reply->error.removed_at_s = INT64_MIN;
	reply->synchronised_s = INT64_MIN;
	reply->policy = (struct sl_policy){ -1, -1, -1, -1, -1, -1, -1 };
	return reply;
}

int
sl_reply_read(struct sl_reply **ret, const char *text, size_t len, struct smartlic_error *err)
{
	struct sl_reply *reply = NULL;
	json_t *root = NULL;
	int r;

	r = sl_json_load(&root, text, len, SL_CONTENT_MAX, err);
	if (r < 0)
		goto out;
	reply = reply_new();
	if (reply == NULL) {
		r = sl_nomem(err);
		goto out;
	}
	r = read_header(reply, root, err);
	if (r == 0 && reply->status == SL_REPLY_ERROR)
		r = read_error(reply, root, err);
	if (r == 0 && reply->status == SL_REPLY_PENDING)
		r = sl_json_opt_int(
		    root, "", "retry_after", 0, SL_SEQUENCE_MAX, &reply->error.retry_after_s, err);
	if (r == 0 && reply->status == SL_REPLY_OK)
		r = read_body(reply, root, err);
	if (r < 0)
		goto out;
	*ret = reply;
	reply = NULL;
out:
	sl_reply_free(reply);
	json_decref(root);
	return r;
}

void
sl_reply_free(struct sl_reply *reply)
{
	if (reply == NULL)
		return;
	for (size_t i = 0; i < reply->n_certificates; i++)
		sl_buf_free(&reply->certificates[i]);
	free(reply->certificates);
	free(reply->authorization.entitlements);
	free(reply);
}
