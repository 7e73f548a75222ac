/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "text.h"

/* A satellite's messages to its upstream and what comes back, judged as a device judges answers. */

void
sync_udi(struct sl_udi *ret, const char *home)
{
	*ret = (struct sl_udi){ .pid = SYNC_PID };
	(void)snprintf(ret->sn, sizeof(ret->sn), "%.8s", home);
	(void)sl_copy(ret->uuid, sizeof(ret->uuid), home);
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

int
sync_text_with(struct sl_buf *ret, const json_t *obj, const char *key, const char *value,
    size_t len, struct smartlic_error *err)
{
	char *text = obj == NULL ? NULL : json_dumps(obj, JSON_COMPACT);

	if (text == NULL)
		return sl_nomem(err);
	sl_buf_add(ret, text, strlen(text) - 1);
	sl_buf_printf(ret, "%s\"%s\":", json_object_size(obj) > 0 ? "," : "", key);
	sl_buf_add(ret, value, len);
	sl_buf_puts(ret, "}");
	free(text);
	return ret->failed ? sl_nomem(err) : 0;
}

int
sync_request_with(struct sl_buf *ret, const char *type, const char *request_id, const char *home,
    int64_t sequence, const char *ledger, json_t *roots, int64_t now_s, const struct sl_buf *body,
    struct smartlic_error *err)
{
	char time[SL_TIME_SIZE];
	struct sl_udi udi;
	json_t *root;
	int r;

	sync_udi(&udi, home);
	sl_time(time, now_s);
	root = json_pack("{s:i,s:s,s:s,s:s,s:I,s:s,s:{s:s,s:s,s:s},s:s,s:s,s:s,s:{s:s,s:s},s:o*}",
	    "slx", SL_SLX_VERSION, "msg", "request", "type", type, "request_id", request_id,
	    "sequence", (json_int_t)sequence, "time", time, "udi", "pid", udi.pid, "sn", udi.sn,
	    "uuid", udi.uuid, "instance", home, "store", home, "ledger", ledger, "agent", "name",
	    "smartlic-manager", "version", PACKAGE_VERSION, "roots", roots);
	r = sync_text_with(ret, root, "body", body->data, body->len, err);
	json_decref(root);
	return r;
}

int
sync_request_text(struct sl_buf *ret, const char *type, const char *request_id, const char *home,
    int64_t sequence, const char *ledger, json_t *roots, int64_t now_s, json_t *body,
    struct smartlic_error *err)
{
	struct sl_buf b = { 0 };
	int r = body_text(&b, body, err);

	if (r == 0)
		r = sync_request_with(
		    ret, type, request_id, home, sequence, ledger, roots, now_s, &b, err);
	else
		json_decref(roots);
	sl_buf_free(&b);
	return r;
}

/* ---- answers -------------------------------------------------------------- */

static int
same(const json_t *root, const char *key, const char *wanted, struct smartlic_error *err)
{
	const char *text;
	int r = sl_json_str(root, "", key, &text, err);

	return r == 0 && strcmp(text, wanted) != 0
		   ? sl_fail(err, SMARTLIC_E_BINDING,
			 "the upstream's answer has another %s than the request that is open", key)
		   : r;
}

static int
check_bound(const json_t *root, const struct sync_expected *e, struct smartlic_error *err)
{
	const char *request_id = json_string_value(json_object_get(root, "request_id"));
	int r = same(root, "msg", "response", err);

	if (e->other != NULL && request_id != NULL && strcmp(request_id, e->other->request_id) == 0)
		e = e->other;
	if (r == 0)
		r = same(root, "type", e->type, err);
	if (r == 0)
		r = same(root, "request_id", e->request_id, err);
	if (r == 0)
		r = same(root, "request_sha256", e->sha256, err);
	return r < 0 ? r : same(root, "instance", e->home, err);
}

static int
check_status(const json_t *root, enum sl_denial *ret_code, struct smartlic_error *err)
{
	const json_t *error;
	const char *status, *code, *message;
	int r = sl_json_str(root, "", "status", &status, err);

	if (r < 0 || strcmp(status, "ok") == 0)
		return r;
	if ((r = sl_json_obj(root, "", "error", &error, err)) < 0 ||
	    (r = sl_json_str(error, "error", "code", &code, err)) < 0 ||
	    (r = sl_json_str(error, "error", "message", &message, err)) < 0)
		return r;
	*ret_code = sl_denial_find(code);
	return sl_fail(err, SMARTLIC_E_REFUSED, "the upstream refused it: %s (%s)", message, code);
}

/* The chain without time, then the signature; what is not bound is told, not believed. */
static int
open_content(json_t **ret, const struct sl_envelope *envelope, struct sl_trust *trust,
    struct sync_root *ret_root, struct smartlic_error *err)
{
	struct sl_cert *const *certs, *signer = sl_envelope_signer(envelope), *root, *cross;
	const struct sl_der *crls;
	struct sl_chain chain = { 0 };
	const void *content;
	int64_t time_s;
	size_t n, len, n_crls;
	int tolerated, is_new, r;

	if (signer == NULL)
		return sl_fail(
		    err, SMARTLIC_E_FORM, "the answer brings no certificate of its signer");
	certs = sl_envelope_certs(envelope, &n);
	crls = sl_envelope_crls(envelope, &n_crls);
	r = sl_trust_chain(trust, signer, certs, n, SL_ROLE_RESPONSE, &chain, err);
	if (r < 0)
		return r;
	r = sl_envelope_verify(envelope, signer, &content, &len, err);
	if (r == 0)
		r = sl_json_load(ret, content, len, SL_CONTENT_MAX, err);
	if (r == 0)
		r = sl_json_time(*ret, "", "time", &time_s, err);
	if (r == 0)
		r = sl_chain_validity(&chain, time_s, time_s, err);
	if (r == 0)
		r = sl_trust_revocation(
		    trust, &chain, crls, n_crls, time_s, SL_REVOCATION_REQUIRED, &tolerated, err);
	sl_chain_release(&chain);
	if (r == 0)
		r = sl_trust_root_among(trust, certs, n, time_s, &root, &cross, &is_new, err);
	if (r == 1)
		*ret_root =
		    (struct sync_root){ .root = sl_cert_ref(root), .cross = sl_cert_ref(cross) };
	return r < 0 ? r : 0;
}

void
sync_root_release(struct sync_root *root)
{
	sl_cert_unref(root->root);
	sl_cert_unref(root->cross);
	*root = (struct sync_root){ NULL, NULL };
}

int
sync_open_answer(json_t **ret, struct smartlic_crypto *crypto, struct sl_trust *trust,
    const struct sync_expected *expected, const void *der, size_t len, struct sync_root *ret_root,
    enum sl_denial *ret_code, struct smartlic_error *err)
{
	struct sync_root next = { NULL, NULL };
	struct sl_envelope *envelope = NULL;
	json_t *root = NULL;
	int r = sl_envelope_open(&envelope, crypto, der, len, err);

	*ret_code = SL_DENIED_NONE;
	if (r == 0)
		r = open_content(&root, envelope, trust, &next, err);
	/* an answer that is not bound is advice: what it says is shown */
	if (r == 0 && json_object_get(root, "request_sha256") == NULL) {
		r = check_status(root, ret_code, err);
		*ret_code = SL_DENIED_NONE;
		if (r == 0)
			r = sl_fail(
			    err, SMARTLIC_E_BINDING, "the upstream's answer is to no request");
	} else if (r == 0) {
		r = check_bound(root, expected, err);
		if (r == 0)
			r = check_status(root, ret_code, err);
	}
	sl_envelope_free(envelope);
	if (r < 0) {
		json_decref(root);
		sync_root_release(&next);
		return r;
	}
	*ret = root;
	*ret_root = next;
	return 0;
}

/* ---- what every answer tells ---------------------------------------------- */

int
sync_take_accounts(struct ledger *l, const json_t *body, int64_t now_s, int64_t *ret_first,
    struct smartlic_error *err)
{
	const json_t *list;
	const char *text;
	int64_t va, count;
	json_t *obj;
	size_t i;
	int r = sl_json_arr(body, "body", "virtual_accounts", &list, err);

	if (r < 0)
		return r;
	json_array_foreach(list, i, obj)
	{
		if ((r = sl_json_int(obj, "body.virtual_accounts", "va", 1, INT64_MAX, &va, err)) <
			0 ||
		    (r = sl_json_str(obj, "body.virtual_accounts", "name", &text, err)) < 0 ||
		    (r = ledger_upstream_va(l, va, text, (int64_t)i, now_s, err)) < 0)
			return r;
		if (i == 0 && ret_first != NULL)
			*ret_first = va;
	}
	r = sl_json_arr(body, "body", "pools", &list, err);
	if (r < 0)
		return r;
	json_array_foreach(list, i,
	    obj) if ((r = sl_json_int(obj, "body.pools", "va", 1, INT64_MAX, &va, err)) < 0 ||
		     (r = sl_json_str(obj, "body.pools", "tag", &text, err)) < 0 ||
		     (r = sl_json_int(obj, "body.pools", "count", 0, INT64_MAX, &count, err)) < 0 ||
		     (r = ledger_upstream_pool(l, va, text, count, now_s, err)) < 0) return r;
	return 0;
}

const char *const sync_lists[SYNC_LISTS] = { "root", "former", "satellites", "satellites-2",
	"satellites-3", "satellites-4" };

int
sync_take_lists(struct ledger *l, const json_t *body, int64_t now_s, struct smartlic_error *err)
{
	struct ledger_crl kept = { .number = 0 }, crl = { .made_s = now_s };
	struct sl_buf der = { 0 };
	const json_t *lists;
	int r = sl_json_obj(body, "body", "lists", &lists, err);

	for (size_t i = 0; r == 0 && i < SYNC_LISTS; i++) {
		r = sync_der_read(lists, "body.lists", sync_lists[i], &der, err);
		if (r == 0)
			r = ledger_crl_get(l, sync_lists[i], &kept, NULL, err);
		/* its own number orders it for those who judge it; here the last one is kept */
		crl.number = now_s > kept.number ? now_s : kept.number + 1;
		if (r >= 0 && der.len > 0)
			r = ledger_crl_put(l, sync_lists[i], &crl, der.data, der.len, err);
		r = r < 0 ? r : 0;
		kept.number = 0;
		sl_buf_free(&der);
	}
	return r;
}
