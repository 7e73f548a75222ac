/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/authority_impl.h"
#include "authority/sync.h"
#include "ledger/satellites.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "text.h"

/* A signer that devices may not know yet. */
#define YOUNG_SIGNER_S (120 * DAY_S)
/* What a message has beside content and lists: the signer's certificate and signature. */
#define BESIDE_LISTS 8192
#define LISTS        4
#define CERTS        6

/* What was cut within a character is no text that JSON could hold. */
static void
mend_text(char *text)
{
	unsigned char *p = (unsigned char *)text;
	size_t whole, n;

	for (; *p != '\0'; p += n) {
		whole = *p < 0x80 ? 1 : *p < 0xc0 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
		for (n = 1; n < whole && (p[n] & 0xc0) == 0x80; n++)
			continue;
		if (n != whole)
			memset(p, '?', n);
	}
}

int
exchange_deny(struct exchange *x, enum sl_denial code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(x->message, sizeof(x->message), fmt, ap);
	va_end(ap);
	mend_text(x->message);
	x->code = code;
	return 0;
}

int
body_text(struct sl_buf *ret, json_t *body, struct smartlic_error *err)
{
	char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);

	json_decref(body);
	if (text == NULL)
		return sl_nomem(err);
	sl_buf_puts(ret, text);
	free(text);
	return ret->failed ? sl_nomem(err) : 0;
}

int
exchange_body(struct exchange *x, json_t *body, struct smartlic_error *err)
{
	return body_text(&x->body, body, err);
}

int
exchange_written(struct exchange *x, struct smartlic_error *err)
{
	return x->body.failed ? sl_nomem(err) : 0;
}

int
exchange_nothing(struct exchange *x, struct smartlic_error *err)
{
	sl_json_put_object(&x->body, NULL);
	sl_json_end_object(&x->body);
	return exchange_written(x, err);
}

static void
put_versions(const struct exchange *x, struct sl_buf *ret)
{
	int of_sync = x->version >= 0;

	sl_json_put_list(ret, "versions");
	sl_json_put_int(ret, NULL, of_sync ? x->version : x->request.slx);
	sl_json_put_int(ret, NULL, of_sync ? x->a->sync_version : SL_SLX_VERSION);
	sl_json_end_list(ret);
	sl_json_put_int(ret, "least", of_sync ? x->a->sync_least : SL_SLX_VERSION);
}

static void
put_error(const struct exchange *x, struct sl_buf *ret)
{
	sl_json_put_object(ret, "error");
	sl_json_put_text(ret, "code", sl_denial_name(x->code));
	sl_json_put_text(ret, "message", x->message);
	if (x->sequence >= 0)
		sl_json_put_int(ret, "sequence", x->sequence);
	if (x->home[0] != '\0')
		sl_json_put_text(ret, "home", x->home);
	if (x->code == SL_DENIED_UNSUPPORTED_VERSION)
		put_versions(x, ret);
	if (x->removed_s != DB_NULL_INT) {
		sl_json_put_text(ret, "removed_by", x->removed_by);
		sl_json_put_time(ret, "removed_at", x->removed_s);
	}
	sl_json_end_object(ret);
}

/* What names the request; advice has none of it. */
static void
put_binding(const struct exchange *x, struct sl_buf *ret)
{
	const struct request *q = &x->request;

	sl_json_put_text(ret, "request_sha256", x->sha256);
	sl_json_put_text(ret, "request_id", q->request_id);
	sl_json_put_object(ret, "udi");
	sl_json_put_text(ret, "pid", q->udi.pid);
	sl_json_put_text(ret, "sn", q->udi.sn);
	sl_json_put_text(ret, "uuid", q->udi.uuid);
	sl_json_end_object(ret);
	if (q->type != SL_MSG_REGISTER)
		sl_json_put_text(ret, "instance", q->instance);
}

/* The body goes in as it is stored: a repeat says it in the same bytes. */
static int
content(const struct exchange *x, struct sl_buf *ret, struct smartlic_error *err)
{
	int good = x->code == SL_DENIED_NONE;

	sl_json_put_object(ret, NULL);
	sl_json_put_int(ret, "slx", SL_SLX_VERSION);
	sl_json_put_text(ret, "msg", "response");
	if (x->request.type_name[0] != '\0')
		sl_json_put_text(ret, "type", x->request.type_name);
	if (x->bound)
		put_binding(x, ret);
	sl_json_put_text(ret, "ledger", ledger_info(x->a->ledger)->ledger);
	sl_json_put_time(ret, "time", x->now_s);
	if (x->synchronised_s != DB_NULL_INT)
		sl_json_put_time(ret, "synchronised", x->synchronised_s);
	sl_json_put_text(ret, "status", good ? "ok" : "error");
	if (good)
		sl_json_put_json(ret, "body", x->body.data, x->body.len);
	else
		put_error(x, ret);
	sl_json_end_object(ret);
	return ret->failed ? sl_nomem(err) : 0;
}

/* What a device needs to judge the signer, and what it was just issued.  The lists of those who
 * issue to few come first: that of the issuing CA grows with every certificate revoked, and must
 * not make an answer that nobody can take. */
static int
gather_lists(const struct exchange *x, struct sl_buf lists[LISTS], size_t content_len,
    struct smartlic_error *err)
{
	struct authority *a = x->a;
	int satellite = pki_is_satellite(a->pki);
	int certifies = x->code == SL_DENIED_NONE &&
			(x->request.type == SL_MSG_REGISTER || x->request.type == SL_MSG_RENEW_ID);
	const struct sl_cert *ca = certifies && !satellite ? certified_by(x) : NULL;
	const struct sl_cert *former = pki_former(a->pki, PKI_KIND_ROOT, 0);
	int r = current_list(a, PKI_ROOT, x->now_s, &lists[0], err);

	/* what it issued is still in use, or is told again; once it is retired, its last list */
	if (r == 0 && former != NULL && (certifies || pki_former_root(a->pki) != NULL))
		r = root_list(a, former, x->now_s, &lists[3], err);

	if (r == 0 && satellite)
		r = current_list(a, PKI_SATELLITES, x->now_s, &lists[1], err);
	if (r == 0 && satellite)
		r = current_list(a, PKI_ISSUING, x->now_s, &lists[2], err);
	else if (r == 0 && ca != NULL)
		r = issuing_list(a, ca, x->now_s, &lists[2], err);
	if (content_len + lists[0].len + lists[1].len + lists[2].len + lists[3].len >
	    SL_ENVELOPE_MAX - BESIDE_LISTS)
		sl_buf_free(&lists[2]);
	return r;
}

/* The signer's chain, and who is to sign next: so that devices know it before it does. */
static size_t
gather_certs(const struct exchange *x, struct sl_cert *certs[CERTS])
{
	const struct pki *pki = x->a->pki;
	struct sl_cert *signer = pki_signer(pki), *next = pki_successor(pki, PKI_KIND_SIGNER);
	int young = x->now_s - sl_cert_not_before(signer) < YOUNG_SIGNER_S;
	int lacks = lacks_root(x);
	size_t n = 0;

	if (!x->embedded && !young && next == NULL && !lacks)
		return 0;
	certs[n++] = signer;
	if (pki_is_satellite(pki)) {
		certs[n++] = pki_issuing(pki);
		certs[n++] = pki_satellites(pki);
	}
	if (next != NULL)
		certs[n++] = next;
	if (lacks) {
		certs[n++] = pki_next_root(pki);
		certs[n++] = pki_cross(pki);
	}
	return n;
}

int
exchange_respond(const struct exchange *x, struct sl_buf *ret, struct smartlic_error *err)
{
	struct authority *a = x->a;
	struct sl_cert *certs[CERTS];
	struct sl_buf text = { 0 }, lists[LISTS] = { { 0 } };
	struct sl_der crls[LISTS];
	size_t n = 0, n_certs = gather_certs(x, certs);
	int r;

	r = content(x, &text, err);
	if (r == 0)
		r = gather_lists(x, lists, text.len, err);
	if (r < 0)
		goto out;
	for (size_t i = 0; i < LISTS; i++)
		if (lists[i].len > 0)
			crls[n++] = (struct sl_der){ lists[i].data, lists[i].len };
	r = sl_envelope_sign(ret, a->crypto, pki_signer_key(a->pki), pki_signer(a->pki), certs,
	    n_certs, crls, n, text.data, text.len, err);
out:
	sl_buf_free(&text);
	for (size_t i = 0; i < LISTS; i++)
		sl_buf_free(&lists[i]);
	return r;
}
