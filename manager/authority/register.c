/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "authority/authority_impl.h"
#include "ledger/satellites.h"
#include "text.h"

/* How often another registration of the same UDI may come between certificate and lock. */
#define TRIES 4

/* What register works with besides the exchange. */
struct registration {
	unsigned char secret[SL_TOKEN_SECRET_LEN];
	char ski[LEDGER_SKI_HEX]; /* of the CSR's key */
	struct sl_buf spki;
	struct ledger_token_row token;
	char instance[SL_UUID_SIZE];
	struct sl_cert *certificate; /* counted */
};

/*
 * The CSR, and that its key made the envelope's signature: only now is the request's signature
 * good, and the answer bound.  0 with x->code set when it is not.
 */
static int
check_csr(struct exchange *x, struct registration *g, struct smartlic_error *err)
{
	unsigned char ski[SL_SKI_LEN];
	int r;

	r = sl_csr_check(x->a->crypto, x->request.csr.data, x->request.csr.len, ski, &g->spki, err);
	if (r == SMARTLIC_E_FORM)
		return exchange_deny(x, SL_DENIED_BAD_REQUEST, "body.csr: %s", err->text);
	if (r == SMARTLIC_E_SIGNATURE)
		return exchange_deny(x, SL_DENIED_BAD_SIGNATURE, "body.csr: %s", err->text);
	if (r < 0)
		return r;
	sl_hex(g->ski, ski, sizeof(ski));
	if (strcmp(g->ski, x->signer.ski) != 0)
		return exchange_deny(x, SL_DENIED_BAD_SIGNATURE,
		    "the message is not signed by the key of its certificate request");
	x->bound = request_is_named(&x->request);
	return 0;
}

void
authority_set_guard(struct authority *a, const struct authority_guard *guard)
{
	a->guard = guard != NULL ? *guard : (struct authority_guard){ .ud = NULL };
}

int
exchange_ask_guard(struct exchange *x, struct smartlic_error *err)
{
	const struct authority_guard *guard = &x->a->guard;

	if (guard->wait_s == NULL || guard->wait_s(guard->ud, x->now_s) == 0)
		return 0;
	return sl_fail(
	    err, SMARTLIC_E_LIMIT, "too many requests with unknown tokens came from there");
}

int
exchange_deny_token(struct exchange *x, const char *text)
{
	const struct authority_guard *guard = &x->a->guard;

	if (guard->failed != NULL)
		guard->failed(guard->ud, x->now_s);
	return exchange_deny(x, SL_DENIED_TOKEN_UNKNOWN, "%s", text);
}

/* Whose token, and does the device know it?  The proof covers request id and CSR. */
static int
check_token(struct exchange *x, struct registration *g, struct smartlic_error *err)
{
	const struct request *q = &x->request;
	char proof[SL_SHA256_HEX], account[SL_UUID_SIZE];
	unsigned char home[4];
	int r;

	r = exchange_ask_guard(x, err);
	if (r == 0)
		r = token_home(x->a, home, err);
	if (r < 0)
		return r;
	if (memcmp(q->token_id + 1, home, sizeof(home)) != 0) {
		sl_hex(x->home, q->token_id + 1, sizeof(home));
		return exchange_deny(x, SL_DENIED_TOKEN_ELSEWHERE,
		    "the token was made by another license authority, %s: register there, or with "
		    "a token made here",
		    x->home);
	}
	r = token_secret(x->a, q->token_id, g->secret, err);
	if (r == 1) {
		r = sl_token_proof(
		    x->a->crypto, g->secret, q->request_id, q->csr.data, q->csr.len, proof, err);
		r = r < 0 ? r : sl_equal(proof, q->token_proof, sizeof(proof));
	}
	if (r == 1)
		r = ledger_token_home(x->a->ledger, q->token_hex, account, err);
	if (r == 1) {
		exchange_in(x, account);
		r = ledger_token_get(x->a->ledger, q->token_hex, &g->token, err);
	}
	if (r == 0)
		return exchange_deny_token(
		    x, "the registration token is not known here; copy it anew");
	return r < 0 ? r : 0;
}

/* The live instance of this UDI decides whether it may be registered again. */
static int
check_live(struct exchange *x, const struct registration *g, struct smartlic_error *err)
{
	struct ledger_row live;
	char va[LEDGER_NAME_SIZE] = "";
	int r;

	r = ledger_row_live(x->a->ledger, &x->request.udi, &live, err);
	if (r <= 0)
		return r;
	/* from another home a device may come without registering, too */
	if (x->request.force && (live.va == g->token.va || live.home[0] != '\0'))
		return 0;
	r = ledger_va_name(x->a->ledger, live.va, va, err);
	if (r < 0)
		return r;
	return exchange_deny(x, SL_DENIED_UDI_REGISTERED,
	    live.va == g->token.va
		? "the device is registered already in virtual account %.80s; use force"
		: "the device is registered in virtual account %.80s; transfer or remove it there",
	    va);
}

/*
 * Everything that may refuse a registration whose proof was good.  1: it is a repeat and x->body
 * has its result; 0 otherwise, x->code says whether it was refused.
 */
static int
judge(struct exchange *x, struct registration *g, struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	const struct request *q = &x->request;
	char digest[SL_SHA256_HEX], account[SL_UUID_SIZE];
	int r;

	r = ledger_token_result_get(l, q->token_hex, q->request_id, digest, &x->body, err);
	if (r < 0)
		return r;
	if (r == 1 && strcmp(digest, x->sha256) == 0)
		return 1;
	if (r == 1)
		return exchange_deny(
		    x, SL_DENIED_BAD_REQUEST, "another request with this id was answered already");
	r = ledger_token_get(l, q->token_hex, &g->token, err);
	if (r < 0)
		return r;
	if (g->token.revoked_s != DB_NULL_INT)
		return exchange_deny(x, SL_DENIED_TOKEN_REVOKED,
		    "the registration token was revoked; ask for a new one");
	if (x->now_s >= g->token.expires_s)
		return exchange_deny(x, SL_DENIED_TOKEN_EXPIRED,
		    "the registration token has expired; ask for a new one");
	r = ledger_token_allows(l, q->token_hex, &q->udi, err);
	if (r < 0)
		return r;
	if (r == 0)
		return exchange_deny(x, SL_DENIED_NOT_ALLOWED,
		    "the registration token is for other devices; ask for one for this device");
	if (g->token.uses_max != LEDGER_ANY_USES && g->token.uses >= g->token.uses_max) {
		r = ledger_token_used_by(l, q->token_hex, &q->udi, err);
		if (r < 0)
			return r;
		if (r == 0)
			return exchange_deny(x, SL_DENIED_TOKEN_EXHAUSTED,
			    "the registration token has registered as many devices as it may");
	}
	r = check_live(x, g, err);
	if (r < 0 || x->code != SL_DENIED_NONE)
		return r;
	r = ledger_key_home(l, g->ski, account, err);
	if (r == 1)
		return exchange_deny(x, SL_DENIED_BAD_REQUEST,
		    "this key was certified before; each registration takes a new one");
	return r;
}

/* An id later than any of this UDI. */
static int
draw_instance(struct exchange *x, struct registration *g, struct smartlic_error *err)
{
	char newest[SL_UUID_SIZE];
	unsigned char random[10];
	int64_t ms = x->now_s * 1000, last;
	int r;

	r = ledger_row_newest(x->a->ledger, &x->request.udi, newest, err);
	if (r < 0)
		return r;
	last = newest[0] == '\0' ? -1 : sl_uuid7_ms(newest);
	if (x->random(x->random_ud, random, sizeof(random)) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness for an instance's id");
	sl_uuid7(g->instance, ms > last ? ms : last + 1, random);
	return 0;
}

static int
answer(struct exchange *x, struct registration *g, const struct ledger_row *row,
    struct smartlic_error *err)
{
	char proof[SL_SHA256_HEX], account[LEDGER_NAME_SIZE], va[LEDGER_NAME_SIZE] = "";
	struct sl_buf *body = &x->body;
	int r;

	r = sl_token_answer(x->a->crypto, g->secret, x->sha256, proof, err);
	if (r == 0)
		r = ledger_va_name(x->a->ledger, row->va, va, err);
	if (r >= 0)
		r = ledger_account_name(x->a->ledger, account, err);
	if (r >= 0)
		r = certify_put(x, g->certificate, body, err);
	if (r < 0)
		return r;
	sl_json_put_text(body, "instance", row->instance);
	sl_json_put_text(body, "token_answer", proof);
	sl_json_put_text(body, "smart_account", account);
	sl_json_put_text(body, "virtual_account", va);
	sl_json_put_time(body, "registration_expires", row->expires_s);
	put_policy(body, x->a, row);
	sl_json_end_object(body);
	return exchange_written(x, err);
}

/* In one trip with the registration. */
static int
authorize(struct exchange *x, struct ledger_row *row, struct smartlic_error *err)
{
	int r;

	sl_json_put_object(&x->body, "authorization");
	r = take_usage(x, row, &x->body, err);
	sl_json_end_object(&x->body);
	return r;
}

/* Inside the transaction, of which nothing stays when the token turns out to be used up. */
static int
add(struct exchange *x, struct registration *g, struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	const struct request *q = &x->request;
	struct ledger_key key = { .state = LEDGER_KEY_ISSUED };
	struct ledger_row row = { .udi = q->udi,
		.va = g->token.va,
		.export_controlled = g->token.export_controlled,
		.state = LEDGER_PENDING,
		.issued_s = x->now_s,
		.contact_s = x->now_s,
		.expires_s = sl_cert_not_after(g->certificate),
		.usage_s = DB_NULL_INT,
		.deadline_s = DB_NULL_INT,
		.compliance = "none" };
	int r;

	r = ledger_row_rules(l, &row, err);
	if (r < 0)
		return r;
	(void)sl_copy(row.instance, sizeof(row.instance), g->instance);
	(void)sl_copy(row.token, sizeof(row.token), q->token_hex);
	(void)sl_copy(row.hostname, sizeof(row.hostname), q->hostname);
	note_root(x, row.root);
	(void)sl_copy(key.instance, sizeof(key.instance), g->instance);
	(void)sl_copy(key.ski, sizeof(key.ski), g->ski);
	r = ledger_token_charge(l, q->token_hex, &q->udi, x->now_s, err);
	if (r == 0)
		return exchange_deny(x, SL_DENIED_TOKEN_EXHAUSTED,
		    "the registration token has registered as many devices as it may");
	if (r == 1)
		r = ledger_row_add(l, &row, err);
	if (r == 0)
		r = ledger_history_add(l, row.instance, NULL, "registered", q->force ? "with force" : "",
		    x->now_s, err);
	if (r == 0)
		r = certify_store(x, &key, g->certificate, err);
	sl_json_put_object(&x->body, NULL);
	if (r == 0 && q->has_usage)
		r = authorize(x, &row, err);
	if (r == 0)
		r = ledger_row_put(l, &row, err);
	if (r == 0)
		r = ledger_row_trim_pending(l, &row.udi, x->now_s, err);
	if (r == 0)
		r = ledger_row_changed(l, &row, err);
	if (r == 0)
		r = keep_evidence(x, row.instance, err);
	if (r == 0)
		r = answer(x, g, &row, err);
	if (r == 0)
		r = ledger_token_result_add(
		    l, q->token_hex, q->request_id, x->sha256, x->body.data, x->now_s, err);
	return r;
}

/* The certificate is made for an id that must still be the UDI's latest when it is added. */
static int
make_certificate(struct exchange *x, struct registration *g, struct smartlic_error *err)
{
	int r = draw_instance(x, g, err);

	return r < 0 ? r : certify(x, &g->spki, &x->request.udi, g->instance, &g->certificate, err);
}

/* One try.  1: the id is not the latest, try again with another. */
static int
try_add(struct exchange *x, struct registration *g, struct smartlic_error *err)
{
	struct db *db = ledger_db(x->a->ledger);
	char newest[SL_UUID_SIZE];
	int r = ledger_begin_device(x->a->ledger, &x->request.udi, err);

	if (r < 0)
		return r;
	r = judge(x, g, err);
	if (r != 0 || x->code != SL_DENIED_NONE) {
		r = r < 0 ? r : 0; /* a repeat that came in between has its result in x->body */
		goto out;
	}
	r = ledger_row_newest(x->a->ledger, &x->request.udi, newest, err);
	if (r == 0 && strcmp(newest, g->instance) >= 0) {
		r = 1;
		goto out;
	}
	if (r == 0)
		r = add(x, g, err);
	if (r == 0 && x->code == SL_DENIED_NONE)
		r = db_commit(db, err);
out:
	db_rollback(db);
	return r;
}

void
registration_free(struct registration *g)
{
	if (g == NULL)
		return;
	sl_wipe(g->secret, sizeof(g->secret));
	sl_buf_free(&g->spki);
	sl_cert_unref(g->certificate);
	free(g);
}

int
prepare_register(struct exchange *x, struct smartlic_error *err)
{
	struct registration *g = calloc(1, sizeof(*g));
	int r;

	if (g == NULL)
		return sl_nomem(err);
	x->registration = g;
	r = check_csr(x, g, err);
	if (r == 0 && x->code == SL_DENIED_NONE && x->request.denial != SL_DENIED_NONE)
		r = exchange_deny(x, x->request.denial, "%s", x->flaw);
	if (r == 0 && x->code == SL_DENIED_NONE)
		r = check_token(x, g, err);
	if (r < 0 || x->code != SL_DENIED_NONE)
		return r;
	r = judge(x, g, err);
	if (r < 0 || x->code != SL_DENIED_NONE)
		return r;
	x->decided = r == 1;
	return x->decided ? 0 : make_certificate(x, g, err);
}

int
execute_register(struct exchange *x, struct smartlic_error *err)
{
	struct registration *g = x->registration;
	int r = try_add(x, g, err);

	for (int i = 1; r == 1 && i < TRIES; i++) {
		r = make_certificate(x, g, err);
		if (r == 0)
			r = try_add(x, g, err);
	}
	if (r == 1)
		r = sl_fail(err, SMARTLIC_E_STORE_BUSY,
		    "the device is being registered several times at once; try again");
	return r;
}
