/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/authority_impl.h"
#include "pki/satellite.h"
#include "ledger/satellites.h"
#include "text.h"

/* Requests of a registered instance: the rule of order decides, then the type's function runs. */

static int
same_udi(const struct sl_udi *a, const struct sl_udi *b)
{
	return strcmp(a->pid, b->pid) == 0 && strcmp(a->sn, b->sn) == 0 &&
	       strcmp(a->uuid, b->uuid) == 0;
}

/* The request's UDI and the certificate's subject against the instance's row. */
static int
identity_matches(const struct exchange *x, const struct ledger_row *row)
{
	const struct sl_cert *cert = x->signer.cert;
	char serial_number[SL_UDI_SERIAL_SIZE];

	sl_udi_serial(serial_number, &row->udi);
	return same_udi(&x->request.udi, &row->udi) &&
	       strcmp(sl_cert_cn(cert), row->instance) == 0 &&
	       strcmp(sl_cert_o(cert), ledger_info(x->a->ledger)->account) == 0 &&
	       strcmp(sl_cert_serial_number(cert), serial_number) == 0;
}

/* Everything that the rule asks for; the row is in e.  The stored result goes to x->body. */
static int
collect(struct exchange *x, struct execution *e, struct order_facts *f, struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	const struct request *q = &x->request;
	struct ledger_request past;
	int r;

	*f = (struct order_facts){ .identity_matches = identity_matches(x, &e->row),
		.deregister = q->type == SL_MSG_DEREGISTER,
		.closed = e->row.state == LEDGER_CLOSED,
		.sequence = q->sequence,
		.highest = e->row.sequence };
	r = ledger_key_get(l, x->signer.ski, &e->key, NULL, err);
	if (r < 0)
		return r;
	if (e->row.state != LEDGER_CLOSED)
		r = adopt_key(x, e, err);
	if (r < 0)
		return r;
	if (r == 1)
		f->key = e->key.state == LEDGER_KEY_REPLACED ? ORDER_KEY_REPLACED : ORDER_KEY_OPEN;
	r = ledger_request_by_id(l, e->row.instance, q->request_id, &past, &x->body, err);
	if (r < 0)
		return r;
	f->id_known = r;
	f->same_digest = r == 1 && strcmp(past.digest, x->sha256) == 0;
	f->result_kept = r == 1 && past.has_body;
	if (r == 1 && past.denial[0] != '\0')
		e->repeated = sl_denial_find(past.denial);
	if (q->sequence <= e->row.sequence) {
		r = ledger_request_by_sequence(l, e->row.instance, q->sequence, &past, err);
		if (r < 0)
			return r;
		f->sequence_used = r;
	}
	if (e->row.state == LEDGER_PENDING) {
		r = ledger_row_later_used(l, &e->row, err);
		if (r < 0)
			return r;
		f->later_used = r;
	}
	return 0;
}

/* Both contacts: the one that used the sequence (or was the last), and this one. */
static int
raise_alert(struct exchange *x, const struct execution *e, enum order_alert alert,
    struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	struct ledger_request past;
	char first[256] = "", second[256];
	int clone = alert == ORDER_ALERT_CLONE;
	int r;

	r = ledger_request_by_sequence(
	    l, e->row.instance, clone ? x->request.sequence : e->row.sequence, &past, err);
	if (r < 0)
		return r;
	if (r == 1)
		ledger_contact_text(first, sizeof(first), past.at_s, past.request_id, past.store);
	ledger_contact_text(
	    second, sizeof(second), x->now_s, x->request.request_id, x->request.store);
	return ledger_alert_sign(
	    l, clone ? ALERT_CLONE : ALERT_REPLACED_KEY, &e->row, first, second, x->now_s, err);
}

static int
deny_removed(struct exchange *x, const struct ledger_row *row)
{
	if (strcmp(row->closed_why, "removed") == 0) {
		x->removed_s = row->closed_s;
		(void)sl_copy(x->removed_by, sizeof(x->removed_by), row->closed_by);
		return exchange_deny(x, SL_DENIED_INSTANCE_REMOVED,
		    "Data and signature do not match for udi PID:%s,SN:%s", row->udi.pid,
		    row->udi.sn);
	}
	return exchange_deny(x, SL_DENIED_INSTANCE_REMOVED, "%s; register again",
	    strcmp(row->closed_why, "deregistered") == 0
		? "this product instance was deregistered"
		: "this product instance was replaced by a later registration of the device");
}

/* A key that is not in the ledger proves nothing about the request: as advice, the device then
 * tries the one before, which is here. */
static int
deny_key(struct exchange *x, const struct execution *e)
{
	if (e->key.ski[0] == '\0')
		x->bound = 0;
	return exchange_deny(x, SL_DENIED_BAD_SIGNATURE,
	    "the key that signed is not the product instance's current one");
}

static int
deny(struct exchange *x, const struct execution *e, enum order_verdict verdict)
{
	switch (verdict) {
	case ORDER_EXECUTE:
	case ORDER_REPEAT:
		break;
	case ORDER_BAD_REQUEST:
		return exchange_deny(x, SL_DENIED_BAD_REQUEST,
		    "UDI, instance or request id do not belong to the key that signed");
	case ORDER_INSTANCE_REMOVED:
		return deny_removed(x, &e->row);
	case ORDER_SUPERSEDED:
		x->sequence = e->row.sequence;
		return exchange_deny(x, SL_DENIED_SUPERSEDED,
		    "a later request of this product instance was answered already");
	case ORDER_BAD_SIGNATURE:
		return deny_key(x, e);
	case ORDER_OUT_OF_SYNC:
		x->sequence = e->row.sequence;
		return exchange_deny(x, SL_DENIED_OUT_OF_SYNC,
		    "the request's number does not follow the last one; was the store copied?");
	}
	return 0;
}

/* Another home executed it, whose certificates only its own list vouches for: the device asks
 * anew. */
static int
deny_foreign(struct exchange *x, const struct execution *e)
{
	sl_buf_free(&x->body);
	x->sequence = e->row.sequence;
	return exchange_deny(x, SL_DENIED_SUPERSEDED,
	    "another home of the account issued the certificate: it is issued here when asked "
	    "anew");
}

/* What a report says is told by samples; but it may be all that proves that the device came here.
 */
static int
is_evidence(struct exchange *x, const struct execution *e, int moves, struct smartlic_error *err)
{
	int r;

	if (!pki_is_satellite(x->a->pki))
		return 0;
	if (x->request.type != SL_MSG_REPORT || moves)
		return 1;
	r = ledger_row_is_told(x->a->ledger, e->row.instance, err);
	return r < 0 ? r : r == 0;
}

static int
execute(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	struct ledger_request q = {
		.sequence = x->request.sequence, .before = e->row.sequence, .at_s = x->now_s
	};
	int comes_alive = e->row.state == LEDGER_PENDING, moves = e->row.home[0] != '\0';
	int r = 0, proves = 0;

	if (e->key.state == LEDGER_KEY_ISSUED)
		r = ledger_key_promote(l, &e->key, err);
	if (r == 0 && comes_alive)
		r = ledger_row_close_earlier(l, &e->row, x->now_s, err);
	if (r == 0 && moves)
		r = bring_home(x, &e->row, err);
	if (r == 0 && comes_alive)
		r = ledger_reservation_seen(l, &e->row.udi, err);
	if (r < 0)
		return r;
	e->row.state = LEDGER_LIVE;
	e->row.sequence = q.sequence;
	e->row.contact_s = x->now_s;
	note_root(x, e->row.root);
	switch (x->request.type) {
	case SL_MSG_RENEW_ID:
		r = execute_renew_id(x, e, err);
		break;
	case SL_MSG_AUTHORIZE:
		r = execute_authorize(x, e, err);
		break;
	case SL_MSG_DEREGISTER:
		r = execute_deregister(x, e, err);
		break;
	case SL_MSG_REPORT:
		r = execute_report(x, e, err);
		break;
	case SL_MSG_RESERVE:
		r = execute_reserve(x, e, err);
		break;
	case SL_MSG_RETURN:
		r = execute_return(x, e, err);
		break;
	case SL_MSG_REGISTER:
		return sl_fail(err, SMARTLIC_E_STATE, "register has no instance");
	}
	if (r == 0)
		r = ledger_row_put(l, &e->row, err);
	if (r == 0 && e->row.state == LEDGER_LIVE)
		r = ledger_watch_contact(l, &e->row, x->now_s, err);
	if (r == 0 && (comes_alive || moves))
		r = ledger_settle(l, &e->row.udi, x->now_s, err);
	if (r == 0)
		r = proves = is_evidence(x, e, moves, err);
	if (r >= 0)
		r = ledger_row_changed(l, &e->row, err);
	if (r == 0 && proves)
		r = keep_evidence(x, e->row.instance, err);
	if (r < 0)
		return r;
	(void)sl_copy(q.request_id, sizeof(q.request_id), x->request.request_id);
	(void)sl_copy(q.digest, sizeof(q.digest), x->sha256);
	(void)sl_copy(q.type, sizeof(q.type), sl_msg_type_name(x->request.type));
	(void)sl_copy(q.store, sizeof(q.store), x->request.store);
	/* a refusal is a result: it must not become something else when the request comes again */
	(void)sl_copy(q.denial, sizeof(q.denial), sl_denial_name(x->code));
	return ledger_request_add(
	    l, e->row.instance, &q, x->code == SL_DENIED_NONE ? x->body.data : x->message, err);
}

static int
deny_known_key(struct exchange *x)
{
	return exchange_deny(x, SL_DENIED_BAD_REQUEST,
	    "this key was certified before; each renewal takes a new one");
}

/* The text was kept as the result. */
static int
deny_again(struct exchange *x, enum sl_denial code)
{
	(void)exchange_deny(x, code, "%.*s", (int)x->body.len, (const char *)x->body.data);
	sl_buf_free(&x->body);
	return 0;
}

/* Inside the transaction. */
static int
judge_and_execute(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	struct order_facts facts;
	enum order_verdict verdict;
	enum order_alert alert;
	char account[SL_UUID_SIZE];
	int r;

	r = ledger_row_get(x->a->ledger, x->request.instance, &e->row, err);
	if (r == 1)
		e->adopt = ADOPT_NOTHING; /* another has been quicker */
	else if (r == 0 && e->adopt == ADOPT_NOTHING)
		r = sl_fail(err, SMARTLIC_E_STATE, "the instance is gone from the ledger");
	if (r < 0)
		return r;
	r = collect(x, e, &facts, err);
	if (r < 0)
		return r;
	verdict = order_judge(&facts, &alert);
	/* a request that nobody has seen before */
	if (e->row.unconfirmed && x->request.sequence > e->row.sequence &&
	    (verdict == ORDER_EXECUTE || verdict == ORDER_INSTANCE_REMOVED))
		r = ledger_reservation_seen(x->a->ledger, &e->row.udi, err);
	if (r < 0)
		return r;
	if (verdict == ORDER_REPEAT && e->repeated == SL_DENIED_NONE &&
	    x->request.type == SL_MSG_RENEW_ID && certified_by(x) == NULL)
		return deny_foreign(x, e);
	if (verdict == ORDER_REPEAT)
		return e->repeated == SL_DENIED_NONE ? 0 : deny_again(x, e->repeated);
	sl_buf_free(&x->body);
	if (verdict == ORDER_EXECUTE && x->request.denial != SL_DENIED_NONE)
		return exchange_deny(x, x->request.denial, "%s", x->flaw);
	if (verdict == ORDER_EXECUTE && x->request.type == SL_MSG_RENEW_ID) {
		r = ledger_key_home(x->a->ledger, e->new_ski, account, err);
		if (r != 0)
			return r < 0 ? r : deny_known_key(x);
	}
	if (verdict == ORDER_EXECUTE) {
		r = e->adopt == ADOPT_NOTHING ? 0 : adopt_write(x, e, err);
		return r < 0 ? r : execute(x, e, err);
	}
	if (alert != ORDER_QUIET) {
		r = raise_alert(x, e, alert, err);
		if (r < 0)
			return r;
	}
	return deny(x, e, verdict);
}

/* renew-id's crypto, before the ledger is locked; 0 with x->code set when it is refused. */
static int
prepare_renewal(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	unsigned char ski[SL_SKI_LEN];
	char account[SL_UUID_SIZE];
	int r;

	r = sl_csr_check(x->a->crypto, x->request.csr.data, x->request.csr.len, ski, &e->spki, err);
	if (r == SMARTLIC_E_FORM || r == SMARTLIC_E_SIGNATURE)
		return exchange_deny(
		    x, SL_DENIED_BAD_REQUEST, "the request for a certificate: %s", err->text);
	if (r < 0)
		return r;
	sl_hex(e->new_ski, ski, sizeof(ski));
	r = ledger_key_home(x->a->ledger, e->new_ski, account, err);
	if (r < 0)
		return r;
	/* certified before: by this request, which is repeated, or it will be denied */
	if (r == 1)
		return 0;
	return certify(x, &e->spki, &x->request.udi, x->request.instance, &e->certificate, err);
}

/* An instance that this ledger never knew. */
static int
deny_unknown(struct exchange *x, struct smartlic_error *err)
{
	char token[2 * SL_TOKEN_ID_LEN + 1];
	int r = 0;

	if (x->signer.kind == SIGNER_KEY && !x->embedded)
		r = ledger_gap_has(
		    x->a->ledger, sl_uuid7_ms(x->request.instance) / 1000, token, err);
	if (r == 1) {
		/* as advice: the device then sends its certificates, and can be adopted */
		x->bound = 0;
		return exchange_deny(x, SL_DENIED_BAD_SIGNATURE,
		    "a backup was restored; send the certificates of the key along");
	}
	if (r < 0)
		return r;
	if (x->signer.kind == SIGNER_KEY)
		return deny(x, &(struct execution){ .key = { .state = 0 } }, ORDER_BAD_REQUEST);
	if (x->signer.revoked)
		return exchange_deny(x, SL_DENIED_CERTIFICATE_REVOKED,
		    "the ID certificate is revoked; register again");
	return exchange_deny(x, SL_DENIED_INSTANCE_UNKNOWN,
	    "no product instance has this UUID here; register again");
}

void
execution_free(struct execution *e)
{
	if (e == NULL)
		return;
	sl_buf_free(&e->spki);
	sl_cert_unref(e->certificate);
	free(e);
}

int
prepare_instance(struct exchange *x, struct smartlic_error *err)
{
	struct execution *e = calloc(1, sizeof(*e));
	int r;

	if (e == NULL)
		return sl_nomem(err);
	x->execution = e;
	/* a key is an instance's that there is; more of it is needed when it is executed */
	if (x->signer.kind == SIGNER_KEY && x->request.type != SL_MSG_RENEW_ID &&
	    strcmp(x->signer.instance, x->request.instance) == 0)
		return 0;
	r = ledger_row_get(x->a->ledger, x->request.instance, &e->row, err);
	if (r < 0)
		return r;
	if (r == 0) {
		r = adopt_instance(x, e, err);
		if (r <= 0)
			return r < 0 ? r : deny_unknown(x, err);
	}
	if (x->signer.revoked && x->signer.kind == SIGNER_CHAIN) {
		x->bound = 0;
		return exchange_deny(x, SL_DENIED_BAD_SIGNATURE,
		    "the certificate of the key that signed is revoked");
	}
	return x->request.type == SL_MSG_RENEW_ID && x->request.denial == SL_DENIED_NONE
		   ? prepare_renewal(x, e, err)
		   : 0;
}

int
execute_instance(struct exchange *x, struct smartlic_error *err)
{
	struct db *db = ledger_db(x->a->ledger);
	int r = ledger_begin_device(x->a->ledger, &x->request.udi, err);

	if (r == 0)
		r = judge_and_execute(x, x->execution, err);
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	return r;
}
