/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "pki/satellite.h"
#include "text.h"

/* The upstream's side of `join`: an invitation becomes a satellite with a CA of its own. */

struct joining {
	struct ledger_satellite sat;
	unsigned char secret[SL_TOKEN_SECRET_LEN];
	struct sl_buf csr;
};

/* The request for a certificate is signed by the key of the message; only then is it bound. */
static int
check_csr(struct exchange *x, struct joining *j, const json_t *body, struct smartlic_error *err)
{
	unsigned char ski[SL_SKI_LEN];
	char hex[LEDGER_SKI_HEX];
	struct sl_buf spki = { 0 };
	int r = sync_der_read(body, "body", "csr", &j->csr, err);

	if (r == 0)
		r = sl_csr_check(x->a->crypto, j->csr.data != NULL ? j->csr.data : "", j->csr.len,
		    ski, &spki, err);
	sl_buf_free(&spki);
	if (r == SMARTLIC_E_JSON || r == SMARTLIC_E_FORM)
		return exchange_deny(x, SL_DENIED_BAD_REQUEST, "body.csr: %s", err->text);
	if (r == 0)
		sl_hex(hex, ski, sizeof(ski));
	if (r == SMARTLIC_E_SIGNATURE || (r == 0 && strcmp(hex, x->signer.ski) != 0))
		return exchange_deny(x, SL_DENIED_BAD_SIGNATURE,
		    "the message is not signed by the key of its certificate request");
	if (r == 0)
		x->bound = request_is_named(&x->request);
	return r;
}

int
join_bind(struct exchange *x, const json_t *body, struct smartlic_error *err)
{
	struct joining j = { .csr = { 0 } };
	int r = check_csr(x, &j, body, err);

	x->code = SL_DENIED_NONE;
	sl_buf_free(&j.csr);
	return r;
}

static int
read_token(const json_t *body, unsigned char ret_id[SL_TOKEN_ID_LEN], const char **ret_proof,
    struct smartlic_error *err)
{
	struct sl_buf id = { 0 };
	const char *text;
	int r;

	if ((r = sl_json_str(body, "body", "token_id", &text, err)) < 0 ||
	    (r = sl_json_str(body, "body", "token_proof", ret_proof, err)) < 0)
		return r;
	r = sl_unbase64url(&id, text, strlen(text));
	if (r == 0 && id.len == SL_TOKEN_ID_LEN)
		memcpy(ret_id, id.data, SL_TOKEN_ID_LEN);
	else
		r = sl_fail(err, SMARTLIC_E_JSON, "body.token_id: 16 bytes are expected");
	sl_buf_free(&id);
	return r;
}

static int
find(struct exchange *x, struct joining *j, const unsigned char id[SL_TOKEN_ID_LEN],
    const char *proof_sent, struct smartlic_error *err)
{
	char hex[2 * SL_TOKEN_ID_LEN + 1], proof[SL_SHA256_HEX], account[SL_UUID_SIZE];
	unsigned char home[4];
	int r = exchange_ask_guard(x, err);

	if (r == 0)
		r = token_home(x->a, home, err);
	if (r == 0 && memcmp(id + 1, home, sizeof(home)) != 0) {
		sl_hex(x->home, id + 1, sizeof(home));
		return exchange_deny(x, SL_DENIED_TOKEN_ELSEWHERE,
		    "the token was made by another license authority, %s: join that one, or have "
		    "one invited here",
		    x->home);
	}
	if (r == 0)
		r = token_secret(x->a, id, j->secret, err);
	if (r == 1)
		r = sl_token_proof(x->a->crypto, j->secret, x->request.request_id, j->csr.data,
		    j->csr.len, proof, err);
	else if (r == 0)
		r = SMARTLIC_E_NOT_FOUND;
	if (r == 0)
		r = strlen(proof_sent) == sizeof(proof) - 1 &&
			    sl_equal(proof, proof_sent, sizeof(proof))
			? 0
			: SMARTLIC_E_NOT_FOUND;
	sl_hex(hex, id, SL_TOKEN_ID_LEN);
	if (r == 0)
		r = ledger_token_home(x->a->ledger, hex, account, err);
	if (r == 1) {
		exchange_in(x, account);
		r = ledger_satellite_by_token(x->a->ledger, hex, &j->sat, err);
	}
	if (r == 1)
		return 0;
	return r < 0 && r != SMARTLIC_E_NOT_FOUND
		   ? r
		   : exchange_deny_token(x, "no satellite was invited by this token; copy it anew");
}

static int
check_invitation(struct exchange *x, const struct joining *j)
{
	const struct ledger_satellite *s = &j->sat;

	if (s->state == SATELLITE_LEFT)
		return exchange_deny(x, SL_DENIED_TOKEN_REVOKED,
		    "the satellite has left, or its virtual accounts were taken back; ask for a "
		    "new token");
	/* the same one may ask again: its answer may have been lost */
	if (s->state == SATELLITE_JOINED)
		return strcmp(s->home, x->request.instance) == 0
			   ? 0
			   : exchange_deny(x, SL_DENIED_TOKEN_EXHAUSTED,
				 "another satellite has joined by this token; ask for a new one");
	if (x->now_s >= s->token_expires_s)
		return exchange_deny(
		    x, SL_DENIED_TOKEN_EXPIRED, "the token has expired; ask for a new one");
	return 0;
}

static int
write_join(
    struct exchange *x, struct joining *j, const struct sl_cert *cert, struct smartlic_error *err)
{
	struct db *db = ledger_db(x->a->ledger);
	size_t len;
	const void *der = sl_cert_der(cert, &len);
	int r;

	(void)sl_copy(j->sat.home, sizeof(j->sat.home), x->request.instance);
	sl_hex(j->sat.ca_ski, sl_cert_ski(cert), SL_SKI_LEN);
	(void)sl_copy(j->sat.ca_serial, sizeof(j->sat.ca_serial), sl_cert_serial(cert));
	r = ledger_begin(x->a->ledger, err);
	if (r == 0)
		r = ledger_satellite_join(x->a->ledger, &j->sat, der, len, x->now_s, err);
	if (r == 0)
		r = ledger_audit_add(x->a->ledger, j->sat.name, "satellite joined", NULL,
		    j->sat.home, x->now_s, err);
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	return r;
}

static int
answer(struct exchange *x, struct joining *j, json_t *certificates, struct smartlic_error *err)
{
	const struct ledger_info *info = ledger_info(x->a->ledger);
	char proof[SL_SHA256_HEX], name[LEDGER_NAME_SIZE];
	json_t *body;
	int r = sl_token_answer(x->a->crypto, j->secret, x->sha256, proof, err);

	if (r == 0)
		r = ledger_account_name(x->a->ledger, name, err);
	if (r < 0)
		return r;
	body = json_pack("{s:s,s:{s:s,s:s},s:s,s:s,s:O}", "token_answer", proof, "account", "id",
	    info->account, "name", name, "home", info->home, "name", j->sat.name, "certificates",
	    certificates);
	if (body == NULL)
		return sl_nomem(err);
	r = sync_put_state(x, &j->sat, body, err);
	if (r < 0) {
		json_decref(body);
		return r;
	}
	return exchange_body(x, body, err);
}

int
execute_join(struct exchange *x, const json_t *body, struct smartlic_error *err)
{
	struct joining j = { .csr = { 0 } };
	unsigned char id[SL_TOKEN_ID_LEN];
	json_t *certificates = json_object();
	struct sl_cert *ca = NULL;
	const char *proof, *version = "";
	int r = check_csr(x, &j, body, err);

	if (r < 0 || x->code != SL_DENIED_NONE)
		goto out;
	r = read_token(body, id, &proof, err);
	if (r == 0)
		r = sl_json_opt_str(body, "body", "version", &version, err);
	if (r == SMARTLIC_E_JSON) {
		r = exchange_deny(x, SL_DENIED_BAD_REQUEST, "%s", err->text);
		goto out;
	}
	if (r == 0)
		r = find(x, &j, id, proof, err);
	if (r == 0 && x->code == SL_DENIED_NONE)
		r = check_invitation(x, &j);
	if (r == 0 && x->code == SL_DENIED_NONE && pki_satellites_may_join(x->a->pki, err) < 0)
		r = exchange_deny(x, SL_DENIED_NOT_ALLOWED, "%s", err->text);
	if (r < 0 || x->code != SL_DENIED_NONE)
		goto out;
	(void)sl_copy(j.sat.version, sizeof(j.sat.version), version);
	r = sync_certify(x, &j.sat, body, &ca, certificates, err);
	if (r == 0)
		r = write_join(x, &j, ca, err);
	if (r == 0)
		r = answer(x, &j, certificates, err);
out:
	sl_wipe(j.secret, sizeof(j.secret));
	sl_buf_free(&j.csr);
	sl_cert_unref(ca);
	json_decref(certificates);
	return r;
}
