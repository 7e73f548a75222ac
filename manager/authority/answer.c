/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>

#include "authority/authority_impl.h"
#include "authority/sync.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "text.h"

/* How often a request is begun again that another process has come in the way of. */
#define TRIES 5

int
authority_fill_trust(const struct authority *a, struct sl_trust *trust, struct smartlic_error *err)
{
	static const enum pki_kind kinds[] = { PKI_KIND_ISSUING, PKI_KIND_SATELLITES };
	struct sl_buf pem = { 0 };
	struct sl_cert *former;
	int r;

	r = pki_anchors(a->pki, 1, &pem, err);
	if (r == 0)
		r = sl_trust_add_anchors(trust, pem.data, pem.len, err);
	sl_buf_free(&pem);
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; r == 0 && (former = pki_former(a->pki, kinds[k], i)) != NULL;
		     i++)
			r = sl_trust_add_cert(trust, former, err);
	if (r == 0)
		r = sl_trust_add_cert(trust, pki_issuing(a->pki), err);
	if (r == 0 && pki_satellites(a->pki) != NULL)
		r = sl_trust_add_cert(trust, pki_satellites(a->pki), err);
	return r;
}

/* Made anew when the folder was read anew. */
static int
renew_trust(struct authority *a, struct smartlic_error *err)
{
	struct sl_trust *trust = NULL;
	int r;

	if (a->trust != NULL && a->trust_reads == pki_reads(a->pki))
		return 0;
	r = sl_trust_new(&trust, a->crypto, err);
	if (r == 0)
		r = authority_fill_trust(a, trust, err);
	if (r < 0) {
		sl_trust_free(trust);
		return r;
	}
	sl_trust_free(a->trust);
	a->trust = trust;
	a->trust_reads = pki_reads(a->pki);
	for (size_t i = 0; i < sizeof(a->lists) / sizeof(a->lists[0]); i++)
		a->lists[i].read_s = DB_NULL_INT;
	return 0;
}

int
authority_new(struct authority **ret, struct smartlic_crypto *crypto, struct ledger *ledger,
    struct pki *pki, const struct authority_token_keys *token_keys,
    struct smartlic_error *err)
{
	struct authority *a;
	int r;

	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return sl_nomem(err);
	a->crypto = crypto;
	a->ledger = ledger;
	a->pki = pki;
	a->token_keys = token_keys;
	a->threads = 1;
	a->sync_version = SYNC_VERSION;
	a->sync_least = SYNC_LEAST;
	for (size_t i = 0; i < sizeof(a->lists) / sizeof(a->lists[0]); i++)
		a->lists[i].read_s = DB_NULL_INT;
	policy_default(&a->policy);
	r = renew_trust(a, err);
	if (r < 0) {
		authority_free(a);
		return r;
	}
	*ret = a;
	return 0;
}

void
authority_free(struct authority *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < AUTHORITY_CACHED_CERTS; i++)
		sl_cert_unref(a->cache[i].cert);
	for (size_t i = 0; i < sizeof(a->lists) / sizeof(a->lists[0]); i++)
		sl_buf_free(&a->lists[i].list);
	sl_trust_free(a->trust);
	sync_kept_free(a->sync);
	free(a->twin);
	free(a);
}

int
exchange_step(struct exchange *x, int (*step)(struct exchange *x, struct smartlic_error *err),
    struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	char selected[SL_UUID_SIZE];
	int r;

	(void)sl_copy(selected, sizeof(selected), ledger_info(l)->account);
	ledger_scope(l, x->account);
	r = step(x, err);
	ledger_scope(l, selected);
	return r;
}

int
exchange_has_satellites(struct exchange *x, struct smartlic_error *err)
{
	const struct authority_guard *guard = &x->a->guard;
	int r;

	if (pki_satellites(x->a->pki) != NULL)
		return 1;
	if (guard->settle != NULL)
		guard->settle(guard->ud);
	r = pki_refresh(x->a->pki, err);
	return r < 0 ? r : pki_satellites(x->a->pki) != NULL;
}

void
exchange_in(struct exchange *x, const char *account)
{
	(void)sl_copy(x->account, sizeof(x->account), account);
	ledger_scope(x->a->ledger, x->account);
}

/*
 * From the content on.  The answer is bound when the signature was good and the request says what
 * to repeat; register's signature is judged with its CSR, in prepare_register.
 */
static int
prepare_content(struct exchange *x, const void *content, size_t len, struct smartlic_error *err)
{
	int first, r;

	r = x->signer.kind == SIGNER_SATELLITE ? sync_read(x, content, len, err)
					       : request_read(&x->request, content, len, err);
	if (r < 0)
		return r;
	first = x->request.type == SL_MSG_REGISTER;
	if (is_sync(&x->request))
		return execute_sync(x, err);
	if (!first && (x->signer.kind == SIGNER_SELF || x->signer.kind == SIGNER_SATELLITE))
		return exchange_deny(x, SL_DENIED_BAD_SIGNATURE,
		    "the certificate of the key that signed is not a device's of this authority");
	x->bound = !first && request_is_named(&x->request);
	if (x->request.denial != SL_DENIED_NONE) {
		(void)sl_copy(x->flaw, sizeof(x->flaw), err->text);
		/* what is wrong with a body is told where the rule of order would have it executed
		 */
		if (first ? x->request.csr.len == 0 : !x->request.has_header)
			return exchange_deny(x, x->request.denial, "%s", x->flaw);
	}
	return first ? prepare_register(x, err) : prepare_instance(x, err);
}

static int
prepare(struct exchange *x, struct smartlic_error *err)
{
	struct sl_envelope *envelope = NULL;
	const void *content;
	size_t content_len;
	int r;

	r = sl_envelope_open(&envelope, x->a->crypto, x->bytes, x->bytes_len, err);
	if (r == SMARTLIC_E_SIZE || r == SMARTLIC_E_FORM)
		return exchange_deny(x, SL_DENIED_BAD_REQUEST, "%s", err->text);
	if (r < 0)
		return r;
	r = exchange_verify(x, envelope, &content, &content_len, err);
	if (r == SMARTLIC_E_SIGNATURE)
		r = exchange_deny(x, SL_DENIED_BAD_SIGNATURE, "%s", err->text);
	else if (r == 0)
		r = prepare_content(x, content, content_len, err);
	sync_forget_text(x);
	sl_envelope_free(envelope);
	return r;
}

void
authority_forget(struct exchange *x)
{
	if (x == NULL)
		return;
	request_release(&x->request);
	sl_cert_unref(x->signer.cert);
	sl_cert_unref(x->signer.other);
	registration_free(x->registration);
	execution_free(x->execution);
	sl_buf_free(&x->body);
	sl_buf_free(&x->raw);
	free(x);
}

int
authority_prepare(struct exchange **ret, struct authority *a, const void *request, size_t len,
    int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud,
    struct smartlic_error *err)
{
	struct smartlic_error own = { 0 };
	struct exchange *x = calloc(1, sizeof(*x));
	int r;

	if (x == NULL)
		return sl_nomem(err);
	x->a = a;
	x->now_s = now_s;
	x->random = random;
	x->random_ud = ud;
	x->sequence = -1;
	x->version = -1;
	x->removed_s = DB_NULL_INT;
	if (err == NULL)
		err = &own; /* refusals take their text from it */
	if (pki_is_satellite(a->pki) && len <= SL_ENVELOPE_MAX)
		sl_buf_add(&x->raw, request, len);
	x->bytes = request;
	x->bytes_len = len;
	r = x->raw.failed ? sl_nomem(err) : renew_trust(a, err);
	if (r == 0)
		r = check_home(x, err);
	if (r == 0)
		r = exchange_step(x, prepare, err);
	x->bytes = NULL;
	if (r < 0) {
		authority_forget(x);
		return r;
	}
	x->decided |= x->code != SL_DENIED_NONE;
	*ret = x;
	return 0;
}

int
authority_seal(const struct exchange *x, struct sl_buf *ret, struct smartlic_error *err)
{
	if (x->failure.code != 0) {
		if (err != NULL)
			*err = x->failure;
		return x->failure.code;
	}
	if (x->ledger[0] != '\0')
		ledger_follow(x->a->ledger, x->ledger);
	return exchange_respond(x, ret, err);
}

static int
answer_once(struct exchange **ret_exchange, struct authority *a, const void *request, size_t len,
    int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud, struct sl_buf *ret,
    struct smartlic_error *err)
{
	struct exchange *x = NULL;
	int r;

	r = authority_prepare(&x, a, request, len, now_s, random, ud, err);
	if (r < 0)
		return r;
	authority_execute(&x, 1);
	r = authority_seal(x, ret, err);
	if (r < 0) {
		authority_forget(x);
		return r;
	}
	sl_error_clear(err);
	*ret_exchange = x;
	return 0;
}

/* Begun again, it finds what is there now: also whether a commit was made whose answer was lost. */
int
authority_exchange(struct exchange **ret_exchange, struct authority *a, const void *request,
    size_t len, int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud,
    struct sl_buf *ret, struct smartlic_error *err)
{
	struct smartlic_error own = { 0 };
	int r = SMARTLIC_E_STORE_BUSY;

	if (err == NULL)
		err = &own; /* refusals take their text from it */
	for (int i = 0; i < TRIES; i++) {
		r = answer_once(ret_exchange, a, request, len, now_s, random, ud, ret, err);
		if (r != SMARTLIC_E_STORE_BUSY || !db_may_retry(ledger_db(a->ledger)))
			break;
	}
	return r;
}

int
authority_answer(struct authority *a, const void *request, size_t len, int64_t now_s,
    int (*random)(void *ud, void *buf, size_t len), void *ud, struct sl_buf *ret,
    struct smartlic_error *err)
{
	struct exchange *x = NULL;
	int r = authority_exchange(&x, a, request, len, now_s, random, ud, ret, err);

	authority_forget(x);
	return r;
}

void
authority_outcome(const struct exchange *x, struct authority_outcome *ret)
{
	const struct request *q = &x->request;

	*ret = (struct authority_outcome){ .type = is_sync(q) ? q->type_name
							      : sl_msg_type_name(q->type),
		.code = x->code,
		.request_id = x->request.request_id };
}

int
authority_alive(struct authority *a, struct smartlic_error *err)
{
	return ledger_alive(a->ledger, err);
}
