/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "text.h"
#include "tests/support/oracle.h"

#define NAME         "NCS1K4 smart license - one QSFP28 client"
#define LEDGER_FIRST "3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8"

static struct smartlic_error err;

void
oracle_init(struct oracle *o, const struct tpki *pki)
{
	*o = (struct oracle){
		.pki = *pki,
		.crypto = pki->crypto,
		.now_s = TPKI_NOW,
		.deny_sequence = -1,
		.deny_retry_after_s = -1,
		.samples_take = -1,
		.ledger = LEDGER_FIRST,
		.id_life_s = 365 * TPKI_DAY,
		.auth_life_s = 90 * TPKI_DAY,
		.reserve_life_s = 365 * TPKI_DAY,
		.crl_life_s = 180 * TPKI_DAY,
	};
}

void
oracle_free(struct oracle *o)
{
	for (size_t i = 0; i < o->n_keys; i++)
		sl_cert_unref(o->key[i]);
	for (size_t i = 0; i < ORACLE_RESULTS; i++)
		free(o->result[i].body);
	free(o->sample);
	*o = (struct oracle){ 0 };
}

/* One request, read. */
struct asked {
	json_t *root;
	enum sl_msg_type type;
	const char *request_id, *instance;
	const json_t *udi, *body;
	int64_t sequence;
	char sha256[65];
	int with_certs;
	int known; /* signed by a key that it knows */
};

static const char *
str(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s != NULL ? s : "";
}

static struct sl_cert *
find_key(const struct oracle *o, const unsigned char *ski)
{
	for (size_t i = 0; i < o->n_keys; i++)
		if (memcmp(sl_cert_ski(o->key[i]), ski, SL_SKI_LEN) == 0)
			return o->key[i];
	return NULL;
}

static void
ask_read(struct oracle *o, const void *bytes, size_t len, struct asked *q)
{
	struct sl_envelope *env = NULL;
	struct sl_cert *cert;
	const void *content;
	size_t n;

	*q = (struct asked){ 0 };
	ck_assert_msg(sl_envelope_open(&env, o->crypto, bytes, len, &err) == 0, "%s", err.text);
	cert = o->forget_keys ? NULL : find_key(o, sl_envelope_ski(env));
	if (sl_envelope_signer(env) != NULL) {
		cert = sl_envelope_signer(env);
		q->with_certs = 1;
	}
	if (cert == NULL) {
		sl_envelope_free(env);
		return;
	}
	ck_assert_msg(sl_envelope_verify(env, cert, &content, &n, &err) == 0, "%s", err.text);
	q->known = 1;
	ck_assert_int_eq(sl_sha256_hex(o->crypto, content, n, q->sha256, &err), 0);
	ck_assert_msg(
	    sl_json_load(&q->root, content, n, SL_CONTENT_MAX, &err) == 0, "%s", err.text);
	ck_assert_int_eq(sl_msg_type_find(&q->type, str(q->root, "type")), 1);
	q->request_id = str(q->root, "request_id");
	q->instance = str(q->root, "instance");
	q->udi = json_object_get(q->root, "udi");
	q->body = json_object_get(q->root, "body");
	q->sequence = json_integer_value(json_object_get(q->root, "sequence"));
	sl_envelope_free(env);
}

/* ---- bodies ----------------------------------------------------------------------------- */

static void
put_time(struct sl_buf *b, const char *key, int64_t s)
{
	char text[SL_TIME_SIZE];

	sl_time(text, s);
	sl_buf_printf(b, "\"%s\":\"%s\"", key, text);
}

static void
put_cert(struct sl_buf *b, const void *der, size_t len, const char *before)
{
	sl_buf_printf(b, "%s\"", before);
	sl_base64(b, der, len);
	sl_buf_puts(b, "\"");
}

/* A certificate for the CSR's key; the authority knows the key from now on. */
static void
put_certificates(struct oracle *o, const struct asked *q, struct sl_buf *b)
{
	const char *text = str(q->body, "csr");
	struct sl_buf csr = { 0 }, spki = { 0 }, der;
	unsigned char ski[SL_SKI_LEN];
	struct tpki_spec spec = tpki_spec_device(&o->pki.issuing);
	char serial[SL_UDI_SERIAL_SIZE];
	struct sl_cert *cert = NULL;
	const void *ca;
	size_t len;

	ck_assert_int_eq(sl_unbase64(&csr, text, strlen(text)), 0);
	ck_assert_int_eq(sl_csr_check(o->crypto, csr.data, csr.len, ski, &spki, &err), 0);
	ck_assert_msg(find_key(o, ski) == NULL, "a key is certified twice");
	(void)snprintf(
	    serial, sizeof(serial), "PID:%s SN:%s", str(q->udi, "pid"), str(q->udi, "sn"));
	spec.o = TPKI_ACCOUNT;
	spec.serial_number = serial;
	spec.cn = o->instance;
	spec.not_before = o->now_s - 60;
	spec.not_after = o->now_s + o->id_life_s;
	der = tpki_certify(o->crypto, spki.data, spki.len, &spec);
	ck_assert_int_eq(sl_cert_parse(&cert, o->crypto, der.data, der.len, &err), 0);
	ck_assert_uint_lt(o->n_keys, ORACLE_KEYS);
	o->key[o->n_keys++] = cert;
	put_cert(b, der.data, der.len, "\"certificates\":[");
	ca = sl_cert_der(o->pki.issuing.cert, &len);
	put_cert(b, ca, len, ",");
	sl_buf_puts(b, "],");
	put_time(b, "registration_expires", o->now_s + o->id_life_s);
	sl_buf_printf(b, ",\"policy\":{%s}", o->policy);
	sl_buf_free(&csr);
	sl_buf_free(&spki);
	sl_buf_free(&der);
}

static void
put_register(struct oracle *o, const struct asked *q, struct sl_buf *b)
{
	unsigned char secret[SL_TOKEN_SECRET_LEN];
	char answer[65], proof[65];
	struct sl_buf csr = { 0 };
	const char *text = str(q->body, "csr");

	ck_assert_int_eq(sl_unhex(secret, sizeof(secret), ORACLE_TOKEN_SECRET), 0);
	ck_assert_int_eq(sl_unbase64(&csr, text, strlen(text)), 0);
	ck_assert_int_eq(
	    sl_token_proof(o->crypto, secret, q->request_id, csr.data, csr.len, proof, &err), 0);
	ck_assert_str_eq(proof, str(q->body, "token_proof"));
	sl_buf_free(&csr);
	ck_assert_int_eq(sl_token_answer(o->crypto, secret, q->sha256, answer, &err), 0);
	(void)snprintf(o->instance, sizeof(o->instance), "01978a2e-1c00-7a10-8b2c-3d4e5f60%04ld",
	    o->executed_of[SL_MSG_REGISTER]);
	o->sequence = 0;
	o->force = json_is_true(json_object_get(q->body, "force"));
	sl_buf_printf(b,
	    "{\"instance\":\"%s\",\"token_answer\":\"%s\",\"smart_account\":\"BU "
	    "Production Test\",\"virtual_account\":\"NCS1000\",",
	    o->instance, answer);
	put_certificates(o, q, b);
	sl_buf_puts(b, "}");
}

static int64_t
num(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	ck_assert_msg(json_is_integer(v), "%s is no integer", key);
	return json_integer_value(v);
}

static void
put_entitlement(
    const struct oracle *o, const json_t *u, int first, const char *status, struct sl_buf *b)
{
	const char *name = !o->reference_names               ? "the name"
			   : strstr(str(u, "tag"), "-100X=") ? NAME " with encryption"
							     : NAME;

	sl_buf_printf(b,
	    "%s{\"tag\":\"%s\",\"count\":%" PRId64 ",\"status\":\"%s\","
	    "\"name\":\"%s\",\"description\":\"%s\",\"version\":\"1.0\"}",
	    first ? "" : ",", str(u, "tag"),
	    (int64_t)json_integer_value(json_object_get(u, "count")), status, name,
	    o->reference_names ? name : "the description");
}

static int
is_reserved(const struct oracle *o, const json_t *u)
{
	for (size_t i = 0; o->reservation[0] != '\0' && i < o->n_licenses; i++)
		if (strcmp(o->license[i].tag, str(u, "tag")) == 0)
			return o->license[i].count >= num(u, "count");
	return 0;
}

static int
all_reserved(const struct oracle *o, const json_t *usage)
{
	for (size_t i = 0; i < json_array_size(usage); i++)
		if (!is_reserved(o, json_array_get(usage, i)))
			return 0;
	return o->reservation[0] != '\0';
}

static void
put_authorize(struct oracle *o, const struct asked *q, struct sl_buf *b)
{
	const json_t *usage = json_object_get(q->body, "usage");
	int all = all_reserved(o, usage);
	const char *status = all                    ? "reserved"
			     : o->out_of_compliance ? "out_of_compliance"
			     : o->reserved          ? "reserved"
						    : "authorized";
	char *text = json_dumps(usage, JSON_COMPACT);

	ck_assert_ptr_nonnull(text);
	(void)snprintf(o->usage, sizeof(o->usage), "%s", text);
	free(text);
	sl_buf_printf(b, "{\"status\":\"%s\",", status);
	put_time(b, "deadline", o->now_s + o->auth_life_s);
	sl_buf_puts(b, ",\"entitlements\":[");
	for (size_t i = 0; i < json_array_size(usage); i++) {
		const json_t *u = json_array_get(usage, i);
		int enough = o->short_of != NULL && strcmp(o->short_of, str(u, "tag")) != 0;

		put_entitlement(o, u, i == 0,
		    is_reserved(o, u) ? "reserved"
		    : enough          ? "authorized"
				      : status,
		    b);
	}
	sl_buf_puts(b, "],");
	if (o->reservation[0] != '\0')
		sl_buf_printf(b, "\"reservation\":\"%s\",", o->reservation);
	sl_buf_printf(b, "\"policy\":{%s}}", o->policy);
}

static void
put_reserve(struct oracle *o, const struct asked *q, struct sl_buf *b)
{
	const json_t *licenses = json_object_get(q->body, "licenses");
	char code[SL_CODE_SIZE];

	ck_assert_uint_gt(json_array_size(licenses), 0);
	ck_assert_uint_le(json_array_size(licenses), sizeof(o->license) / sizeof(o->license[0]));
	ck_assert_int_eq(
	    sl_reservation_code(o->crypto, q->sha256, o->now_s + o->reserve_life_s, code, &err), 0);
	sl_buf_printf(b, "{\"status\":\"reserved\",\"code\":\"%s\",", code);
	put_time(b, "deadline", o->now_s + o->reserve_life_s);
	sl_buf_puts(b, ",\"entitlements\":[");
	(void)snprintf(o->reservation, sizeof(o->reservation), "%s", q->request_id);
	o->n_licenses = json_array_size(licenses);
	for (size_t i = 0; i < o->n_licenses; i++) {
		const json_t *u = json_array_get(licenses, i);

		(void)snprintf(o->license[i].tag, sizeof(o->license[i].tag), "%s", str(u, "tag"));
		o->license[i].count = num(u, "count");
		put_entitlement(o, u, i == 0, "reserved", b);
	}
	sl_buf_puts(b, "]}");
}

static void
take_return(struct oracle *o, const struct asked *q)
{
	const json_t *ids = json_object_get(q->body, "reservations");

	ck_assert_uint_gt(json_array_size(ids), 0);
	for (size_t i = 0; i < json_array_size(ids); i++)
		if (!o->keeps_reserved &&
		    strcmp(o->reservation, json_string_value(json_array_get(ids, i))) == 0) {
			o->reservation[0] = '\0';
			o->returned++;
		}
}

static void
keep_sample(struct oracle *o, const struct oracle_sample *s)
{
	struct oracle_sample *k;

	if (o->sample == NULL)
		o->sample = calloc(ORACLE_SAMPLES, sizeof(*o->sample));
	ck_assert_ptr_nonnull(o->sample);
	ck_assert_int_lt(s->n, ORACLE_SAMPLES);
	k = &o->sample[s->n];
	if (k->n == 0) {
		*k = *s;
		o->n_samples++;
	} else if (k->start_s == s->start_s && k->hours == s->hours && k->max == s->max &&
		   k->last == s->last && strcmp(k->tag, s->tag) == 0) {
		o->samples_again++;
	} else {
		o->samples_unequal++;
	}
}

static void
put_report(struct oracle *o, const struct asked *q, struct sl_buf *b)
{
	const json_t *samples = json_object_get(q->body, "samples");
	size_t n = json_array_size(samples);
	int64_t upto = 0;

	ck_assert_uint_gt(n, 0);
	if (o->samples_take >= 0 && n > (size_t)o->samples_take)
		n = (size_t)o->samples_take;
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(samples, i);
		struct oracle_sample s = { .n = num(v, "n"),
			.hours = num(v, "hours"),
			.max = num(v, "max"),
			.last = num(v, "last") };

		(void)snprintf(s.tag, sizeof(s.tag), "%s", str(v, "tag"));
		ck_assert_int_eq(sl_time_parse(&s.start_s, str(v, "start")), 0);
		ck_assert_int_gt(s.n, upto);
		ck_assert(s.hours >= 1 && s.hours <= 24 && s.max >= 1 && s.last <= s.max);
		keep_sample(o, &s);
		upto = s.n;
	}
	sl_buf_printf(b, "{\"acknowledged\":%" PRId64 "}", upto);
}

static char *
execute(struct oracle *o, const struct asked *q)
{
	struct sl_buf b = { 0 };

	switch (q->type) {
	case SL_MSG_REGISTER:
		put_register(o, q, &b);
		break;
	case SL_MSG_RENEW_ID:
		sl_buf_puts(&b, "{");
		put_certificates(o, q, &b);
		sl_buf_puts(&b, "}");
		break;
	case SL_MSG_AUTHORIZE:
		put_authorize(o, q, &b);
		break;
	case SL_MSG_DEREGISTER:
		sl_buf_puts(&b, "{}");
		break;
	case SL_MSG_REPORT:
		put_report(o, q, &b);
		break;
	case SL_MSG_RESERVE:
		put_reserve(o, q, &b);
		break;
	case SL_MSG_RETURN:
		take_return(o, q);
		sl_buf_puts(&b, "{}");
		break;
	}
	o->executed++;
	o->executed_of[q->type]++;
	if (q->type != SL_MSG_REGISTER)
		o->sequence = q->sequence;
	return sl_buf_take(&b);
}

/* ---- signing ---------------------------------------------------------------------------- */

/* With the whole chain and a list of each of its issuers. */
static void
sign_as_satellite(struct oracle *o, const struct tpki_list *list, const struct sl_buf *content,
    struct sl_buf *ret)
{
	const struct tpki_id *issuers[] = { &o->pki.root, &o->pki.satellites,
		&o->pki.satellite_ca };
	struct sl_cert *certs[] = { o->pki.satellite.cert, o->pki.satellite_ca.cert,
		o->pki.satellites.cert };
	struct sl_buf lists[3];
	struct sl_der crls[3];

	for (size_t i = 0; i < 3; i++) {
		lists[i] = tpki_crl(o->crypto, issuers[i], list);
		crls[i] = (struct sl_der){ lists[i].data, lists[i].len };
	}
	ck_assert_msg(sl_envelope_sign(ret, o->crypto, o->pki.satellite.key, o->pki.satellite.cert,
			  certs, 3, crls, 3, content->data, content->len, &err) == 0,
	    "%s", err.text);
	for (size_t i = 0; i < 3; i++)
		sl_buf_free(&lists[i]);
}

static void
sign_as_authority(struct oracle *o, int with_certs, const struct tpki_list *list,
    const struct sl_buf *content, struct sl_buf *ret)
{
	struct sl_buf root = tpki_crl(o->crypto, &o->pki.root, list);
	struct sl_buf issuing = tpki_crl(o->crypto, &o->pki.issuing, list);
	struct sl_der crls[2] = { { root.data, root.len }, { issuing.data, issuing.len } };

	ck_assert_msg(sl_envelope_sign(ret, o->crypto, o->pki.signer.key, o->pki.signer.cert,
			  &o->pki.signer.cert, with_certs || o->certs_always, crls,
			  o->no_lists ? 0 : 2, content->data, content->len, &err) == 0,
	    "%s", err.text);
	sl_buf_free(&root);
	sl_buf_free(&issuing);
}

static void
sign(struct oracle *o, int with_certs, const struct sl_buf *content, struct sl_buf *ret)
{
	struct tpki_list list = {
		.number = o->now_s,
		.this_update = o->now_s - 60,
		.next_update = o->now_s + o->crl_life_s,
	};

	if (o->satellite)
		sign_as_satellite(o, &list, content, ret);
	else
		sign_as_authority(o, with_certs, &list, content, ret);
}

static void
put_head(struct oracle *o, const struct asked *q, const char *instance, int bound, struct sl_buf *b)
{
	char *udi = q->udi != NULL ? json_dumps(q->udi, JSON_COMPACT) : NULL;

	sl_buf_puts(b, "{\"slx\":1,\"msg\":\"response\",");
	sl_buf_printf(
	    b, "\"type\":\"%s\",", q->type != 0 ? sl_msg_type_name(q->type) : "authorize");
	if (bound) {
		sl_buf_printf(b, "\"request_id\":\"%s\",\"request_sha256\":\"%s\",\"udi\":%s,",
		    q->request_id, q->sha256, udi);
		if (instance[0] != '\0')
			sl_buf_printf(b, "\"instance\":\"%s\",", instance);
	}
	sl_buf_printf(b, "\"ledger\":\"%s\",", o->ledger);
	if (o->synchronised_s != 0) {
		char time[SL_TIME_SIZE];

		sl_time(time, o->synchronised_s);
		sl_buf_printf(b, "\"synchronised\":\"%s\",", time);
	}
	put_time(b, "time", o->now_s);
	free(udi);
}

static void
deny(struct oracle *o, const struct asked *q, const char *code, int bound, struct sl_buf *b)
{
	put_head(o, q, q->type == SL_MSG_REGISTER ? "" : q->instance, bound, b);
	if (strcmp(code, "pending") == 0) {
		sl_buf_printf(b, ",\"status\":\"pending\",\"retry_after\":%" PRId64 "}",
		    o->deny_retry_after_s < 0 ? 3600 : o->deny_retry_after_s);
		return;
	}
	sl_buf_printf(b,
	    ",\"status\":\"error\",\"error\":{\"code\":\"%s\",\"message\":\"because of "
	    "%s\"",
	    code, code);
	if (o->deny_sequence >= 0)
		sl_buf_printf(b, ",\"sequence\":%" PRId64, o->deny_sequence);
	if (o->deny_retry_after_s >= 0)
		sl_buf_printf(b, ",\"retry_after\":%" PRId64, o->deny_retry_after_s);
	if (o->deny_removed_by != NULL) {
		sl_buf_printf(b, ",\"removed_by\":\"%s\",", o->deny_removed_by);
		put_time(b, "removed_at", o->deny_removed_at_s);
	}
	sl_buf_puts(b, "}}");
}

static struct oracle_result *
known_result(struct oracle *o, const char *id)
{
	for (size_t i = 0; i < ORACLE_RESULTS; i++)
		if (strcmp(o->result[i].request_id, id) == 0)
			return &o->result[i];
	return NULL;
}

/* The stored result of a request, executed if it is new. */
static void
result(struct oracle *o, const struct asked *q, struct sl_buf *b)
{
	struct oracle_result *r = known_result(o, q->request_id);

	if (r == NULL) {
		r = &o->result[o->n_results++ % ORACLE_RESULTS];
		free(r->body);
		(void)snprintf(r->request_id, sizeof(r->request_id), "%s", q->request_id);
		(void)snprintf(r->sha256, sizeof(r->sha256), "%s", q->sha256);
		(void)snprintf(r->instance, sizeof(r->instance), "%s", q->instance);
		r->type = q->type;
		r->body = execute(o, q);
	} else {
		ck_assert_msg(strcmp(r->sha256, q->sha256) == 0, "one id, two digests");
		o->repeated++;
	}
	put_head(o, q, r->instance, 1, b);
	sl_buf_printf(b, ",\"status\":\"ok\",\"body\":%s}", r->body);
}

void
oracle_answer(struct oracle *o, const void *request, size_t len, struct sl_buf *ret)
{
	struct sl_buf b = { 0 };
	struct asked q;

	o->received++;
	ask_read(o, request, len, &q);
	o->with_certs += q.with_certs;
	if (!q.known) {
		deny(o, &q, "bad_signature", 0, &b);
	} else if (o->deny != NULL && o->deny_times != 0) {
		if (o->deny_times > 0)
			o->deny_times--;
		deny(o, &q, o->deny, !o->advice, &b);
	} else if (q.type != SL_MSG_REGISTER && known_result(o, q.request_id) == NULL &&
		   q.sequence <= o->sequence) {
		o->clone_alerts++;
		o->deny_sequence = o->sequence;
		deny(o, &q, "out_of_sync", 1, &b);
		o->deny_sequence = -1;
	} else {
		result(o, &q, &b);
	}
	ck_assert(!b.failed);
	sign(o, q.with_certs || !q.known, &b, ret);
	sl_buf_free(&b);
	json_decref(q.root);
}
