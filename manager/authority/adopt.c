/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "authority/authority_impl.h"
#include "pki/satellite.h"
#include "text.h"

/*
 * After a backup was restored: instances and keys that this authority certified in the gap, and
 * that the ledger has lost, are taken again when they are heard of (doc/decisions/restore.md).
 */

#define AHEAD_S (366 * DAY_S)

int
instance_is_ahead(const char *instance, int64_t now_s)
{
	return sl_uuid7_ms(instance) / 1000 > now_s + AHEAD_S;
}

/* Is this certificate one of our chain, for this request's instance, of the gap or of another home?
 * 1 and the token that stands for the lost one. */
static int
certified_in_gap(const struct exchange *x, const struct sl_cert *cert,
    char ret_token[2 * SL_TOKEN_ID_LEN + 1], struct smartlic_error *err)
{
	const struct request *q = &x->request;
	char serial_number[SL_UDI_SERIAL_SIZE];
	int r;

	sl_udi_serial(serial_number, &q->udi);
	if (strcmp(sl_cert_cn(cert), q->instance) != 0 ||
	    strcmp(sl_cert_o(cert), ledger_info(x->a->ledger)->account) != 0 ||
	    strcmp(sl_cert_serial_number(cert), serial_number) != 0)
		return 0;
	r = certified_elsewhere(x, ret_token, err);
	return r != 0 ? r : ledger_gap_has(x->a->ledger, pki_issued_s(cert), ret_token, err);
}

/* Where its device is known already, and otherwise the default one. */
static int
home_of(struct authority *a, const struct sl_udi *udi, int64_t *ret_va, struct smartlic_error *err)
{
	struct ledger *l = a->ledger;
	char newest[SL_UUID_SIZE];
	struct ledger_row row;
	int r;

	r = va_of_strangers(a, ret_va, err);
	if (r == 0)
		r = ledger_row_newest(l, udi, newest, err);
	if (r < 0 || newest[0] == '\0')
		return r;
	r = ledger_row_get(l, newest, &row, err);
	if (r == 1 && row.home[0] == '\0') {
		r = ledger_va_is_open(l, row.va, err);
		if (r == 1)
			*ret_va = row.va;
	}
	return r < 0 ? r : 0;
}

int
adopt_instance(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	const struct request *q = &x->request;
	struct sl_cert *cert = x->signer.cert;
	int64_t ms = sl_uuid7_ms(q->instance);
	int r;

	/* the key is held for another registration of the same request, made again after the restore;
	 * then the envelope has brought the certificate of this one */
	if (x->signer.kind == SIGNER_KEY)
		cert = x->signer.other;
	if (cert == NULL || x->signer.kind == SIGNER_SELF || x->signer.revoked || ms < 0 ||
	    instance_is_ahead(q->instance, x->now_s))
		return 0;
	e->row = (struct ledger_row){ .udi = q->udi,
		.state = LEDGER_PENDING,
		.issued_s = ms / 1000,
		.contact_s = x->now_s,
		.expires_s = sl_cert_not_after(cert),
		.usage_s = DB_NULL_INT,
		.watch_s = DB_NULL_INT,
		.deadline_s = DB_NULL_INT,
		.compliance = "none" };
	(void)sl_copy(e->row.instance, sizeof(e->row.instance), q->instance);
	r = certified_in_gap(x, cert, e->row.token, err);
	if (r <= 0)
		return r;
	r = exchange_has_satellites(x, err);
	/* where there are other homes it may have been registered there, and have come in the gap */
	if (r == 0)
		r = ledger_gap_has(x->a->ledger, e->row.issued_s, e->row.token, err);
	if (r <= 0)
		return r;
	r = home_of(x->a, &q->udi, &e->row.va, err);
	if (r >= 0)
		r = ledger_row_rules(x->a->ledger, &e->row, err);
	if (r < 0)
		return r;
	if (cert != x->signer.cert) {
		sl_cert_unref(x->signer.cert);
		x->signer.cert = sl_cert_ref(cert);
		x->signer.kind = SIGNER_CHAIN;
	}
	e->adopt = ADOPT_INSTANCE;
	return 1;
}

/* A key that is held, but for an instance that nobody has used, be it closed by now: this one is the
 * device's. */
static int
key_may_move(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	struct ledger_row holder;
	int r;

	r = ledger_row_get(x->a->ledger, e->key.instance, &holder, err);
	return r < 0 ? r : r == 1 && holder.state != LEDGER_LIVE && holder.sequence == 0;
}

int
adopt_key(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	char token[2 * SL_TOKEN_ID_LEN + 1];
	int64_t current_s;
	int held = e->key.ski[0] != '\0', r;

	if (held && strcmp(e->key.instance, e->row.instance) == 0)
		return 1;
	if (x->signer.kind != SIGNER_CHAIN || x->signer.revoked)
		return held;
	r = certified_in_gap(x, x->signer.cert, token, err);
	if (r == 1 && held) {
		r = key_may_move(x, e, err);
		if (r == 1)
			(void)sl_copy(e->moved_from, sizeof(e->moved_from), e->key.instance);
		else if (r == 0 && e->adopt == ADOPT_INSTANCE)
			return 0; /* nothing of it may be written */
	}
	if (r == 1)
		r = ledger_key_current_s(x->a->ledger, e->row.instance, &current_s, err);
	else
		return r < 0 ? r : held;
	if (r < 0)
		return r;
	(void)sl_copy(e->key.ski, sizeof(e->key.ski), x->signer.ski);
	(void)sl_copy(e->key.instance, sizeof(e->key.instance), e->row.instance);
	/* keys are issued one after the other: an earlier one than the current has been replaced */
	e->key.state = current_s == DB_NULL_INT || pki_issued_s(x->signer.cert) >= current_s
	                   ? LEDGER_KEY_ISSUED
	                   : LEDGER_KEY_REPLACED;
	if (e->adopt == ADOPT_NOTHING)
		e->adopt = ADOPT_KEY;
	return 1;
}

static int
write_key(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	const struct sl_cert *cert = x->signer.cert;
	const void *der;
	size_t len;
	int r;

	der = sl_cert_der(cert, &len);
	if (e->moved_from[0] == '\0')
		return ledger_key_add(l, &e->key, sl_cert_serial(cert), der, len, pki_issued_s(cert),
		    sl_cert_not_after(cert), err);
	r = ledger_row_close(l, e->moved_from, "replaced", NULL, x->now_s, err);
	return r < 0 ? r : ledger_key_move(l, &e->key, sl_cert_serial(cert), der, len,
	                       pki_issued_s(cert), sl_cert_not_after(cert), err);
}

int
adopt_write(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	char issued[SL_TIME_SIZE], text[160];
	int instance = e->adopt == ADOPT_INSTANCE, r = 0;

	if (instance)
		r = ledger_row_add(l, &e->row, err);
	if (instance && r == 0)
		r = ledger_history_add(
		    l, e->row.instance, NULL, "registered", "adopted", x->now_s, err);
	if (r == 0)
		r = write_key(x, e, err);
	sl_time(issued, pki_issued_s(x->signer.cert));
	(void)snprintf(text, sizeof(text), "PID:%s SN:%s, certified %s", e->row.udi.pid,
	    e->row.udi.sn, issued);
	if (r == 0)
		r = ledger_audit_add(l, "authority", instance ? "instance adopted" : "key adopted",
		    e->row.instance, text, x->now_s, err);
	return r;
}
