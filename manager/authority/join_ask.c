/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "authority/join_ask.h"
#include "authority/sync.h"
#include "file.h"
#include "pki/satellite.h"
#include "text.h"

static int
read_root(struct sl_buf *ret, const char *dir, struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE];
	int r = file_path(path, dir, "root.pem", err);

	return r < 0 ? r : file_read(path, ret, err);
}

static int
csr_of(const char *dir, const char *stem, const struct sl_udi *udi, struct smartlic_crypto *crypto,
    struct sl_key **ret_key, struct sl_buf *ret, struct smartlic_error *err)
{
	int r = pki_join_key(ret_key, dir, stem, crypto, err);

	return r < 0 ? r : sl_csr_new(ret, crypto, *ret_key, udi, err);
}

static int
body_of(struct join *j, struct smartlic_crypto *crypto, const struct sl_token *token,
    const struct sl_buf *csr, const struct sl_buf *tls_csr, json_t **ret,
    struct smartlic_error *err)
{
	char proof[SL_SHA256_HEX];
	struct sl_buf id = { 0 };
	int r =
	    sl_token_proof(crypto, token->secret, j->request_id, csr->data, csr->len, proof, err);

	sl_base64url(&id, token->id, sizeof(token->id));
	if (r == 0) {
		*ret = json_pack("{s:i,s:i,s:s,s:s,s:s,s:o,s:o}", "sync", SYNC_VERSION, "least",
		    SYNC_LEAST, "version", PACKAGE_VERSION, "token_id", id.data, "token_proof",
		    proof, "csr", sync_der_json(csr->data, csr->len), "tls_csr",
		    sync_der_json(tls_csr->data, tls_csr->len));
		r = *ret == NULL ? sl_nomem(err) : 0;
	}
	sl_buf_free(&id);
	return r;
}

int
join_ask(struct join *j, struct smartlic_crypto *crypto, const char *dir, const char *token,
    int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud, struct sl_buf *ret,
    struct smartlic_error *err)
{
	struct sl_key *key = NULL, *tls_key = NULL;
	struct sl_buf csr = { 0 }, tls_csr = { 0 }, text = { 0 };
	struct sl_cert *self = NULL;
	struct sl_token parsed;
	unsigned char bytes[16];
	json_t *body = NULL;
	struct sl_udi udi;
	int r = sl_token_parse(&parsed, token, err);

	if (r < 0)
		return r;
	if (random(ud, bytes, sizeof(bytes)) < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness for the satellite's id");
	sl_uuid4(j->home, bytes);
	if (r == 0 && random(ud, bytes, sizeof(bytes)) < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness for the request's id");
	sl_uuid4(j->request_id, bytes);
	sl_hex(j->token, parsed.id, sizeof(parsed.id));
	sync_udi(&udi, j->home);
	if (r == 0)
		r = csr_of(dir, "issuing", &udi, crypto, &key, &csr, err);
	if (r == 0)
		r = csr_of(dir, "tls", &udi, crypto, &tls_key, &tls_csr, err);
	if (r == 0)
		r = body_of(j, crypto, &parsed, &csr, &tls_csr, &body, err);
	/* no ledger is known yet: the home stands for it */
	if (r == 0)
		r = sync_request_text(
		    &text, SYNC_JOIN, j->request_id, j->home, 1, j->home, NULL, now_s, body, err);
	if (r == 0)
		r = sl_sha256_hex(crypto, text.data, text.len, j->sha256, err);
	if (r == 0)
		r = sl_token_answer(crypto, parsed.secret, j->sha256, j->proof, err);
	if (r == 0)
		r = sl_cert_self(&self, crypto, key, &udi, now_s, err);
	if (r == 0)
		r = sl_envelope_sign(
		    ret, crypto, key, self, &self, 1, NULL, 0, text.data, text.len, err);
	sl_wipe(&parsed, sizeof(parsed));
	sl_cert_unref(self);
	sl_key_free(key);
	sl_key_free(tls_key);
	sl_buf_free(&csr);
	sl_buf_free(&tls_csr);
	sl_buf_free(&text);
	return r;
}

/* ---- the answer ----------------------------------------------------------- */

static int
check_proof(const struct join *j, const json_t *body, struct smartlic_error *err)
{
	const char *proof;
	int r = sl_json_str(body, "body", "token_answer", &proof, err);

	if (r == 0 && (strlen(proof) != sizeof(j->proof) - 1 ||
			  !sl_equal(proof, j->proof, sizeof(j->proof) - 1)))
		r = sl_fail(
		    err, SMARTLIC_E_BINDING, "the answer comes from nobody who knows the token");
	return r;
}

static int
put_certificates(struct smartlic_crypto *crypto, const char *dir, const char *account,
    const json_t *body, int64_t now_s, struct smartlic_error *err)
{
	struct sl_buf satellites = { 0 }, issuing = { 0 }, tls = { 0 };
	const json_t *c;
	int r = sl_json_obj(body, "body", "certificates", &c, err);

	if (r == 0)
		r = sync_der_read(c, "body.certificates", "satellites", &satellites, err);
	if (r == 0)
		r = sync_der_read(c, "body.certificates", "issuing", &issuing, err);
	if (r == 0)
		r = sync_der_read(c, "body.certificates", "tls", &tls, err);
	if (r == 0 && (satellites.len == 0 || issuing.len == 0))
		r = sl_fail(err, SMARTLIC_E_JSON, "body.certificates: not all are there");
	if (r == 0)
		r = pki_join_put(dir, &satellites, &issuing, &tls, NULL, crypto, err);
	if (r == 0)
		r = pki_signer_renew(dir, account, 0, now_s, crypto, err);
	sl_buf_free(&satellites);
	sl_buf_free(&issuing);
	sl_buf_free(&tls);
	return r < 0 ? r : 0;
}

static int
fill_ledger(const struct join *j, struct ledger *l, const json_t *root, const json_t *body,
    int64_t now_s, struct smartlic_error *err)
{
	struct ledger_upstream u = { .joined_s = now_s, .va = LEDGER_DEFAULT_VA };
	struct db *db = ledger_db(l);
	const char *home, *ledger;
	int r;

	if ((r = sl_json_str(body, "body", "home", &home, err)) < 0 ||
	    (r = sl_json_str(root, "", "ledger", &ledger, err)) < 0)
		return r;
	(void)sl_copy(u.home, sizeof(u.home), home);
	(void)sl_copy(u.ledger, sizeof(u.ledger), ledger);
	(void)sl_copy(u.own, sizeof(u.own), ledger_info(l)->ledger);
	(void)sl_copy(u.url, sizeof(u.url), j->url);
	(void)sl_copy(u.token, sizeof(u.token), j->token);
	r = db_begin(db, err);
	if (r == 0)
		r = sync_take_accounts(l, body, now_s, &u.va, err);
	if (r == 0)
		r = sync_take_lists(l, body, now_s, err);
	if (r == 0)
		r = ledger_upstream_add(l, &u, err);
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	return r;
}

int
join_take(const struct join *j, struct smartlic_crypto *crypto, const char *dir, const char *where,
    const void *der, size_t len, int64_t now_s, struct smartlic_error *err)
{
	struct sync_expected expected = {
		.type = SYNC_JOIN,
		.request_id = j->request_id,
		.sha256 = j->sha256,
		.home = j->home,
	};
	const char *account, *name;
	const json_t *body, *about;
	struct sync_root next = { NULL, NULL };
	struct sl_buf pem = { 0 };
	struct ledger *l = NULL;
	enum sl_denial code = SL_DENIED_NONE;
	json_t *root = NULL;
	struct sl_trust *trust = NULL;
	int r = read_root(&pem, dir, err);

	if (r == 0)
		r = sl_trust_new(&trust, crypto, err);
	if (r == 0)
		r = sl_trust_add_anchors(trust, pem.data, pem.len, err);
	if (r == 0)
		r = sync_open_answer(
		    &root, crypto, trust, &expected, der, len, &next, &code, err);
	sl_trust_free(trust);
	sl_buf_free(&pem);
	/* the first synchronisation brings it again */
	sync_root_release(&next);
	if (r < 0)
		return r;
	if ((r = sl_json_obj(root, "", "body", &body, err)) < 0 ||
	    (r = check_proof(j, body, err)) < 0 ||
	    (r = sl_json_obj(body, "body", "account", &about, err)) < 0 ||
	    (r = sl_json_str(about, "body.account", "id", &account, err)) < 0 ||
	    (r = sl_json_str(about, "body.account", "name", &name, err)) < 0 ||
	    (r = put_certificates(crypto, dir, account, body, now_s, err)) < 0 ||
	    (r = ledger_create(where, name, account, j->home, now_s, err)) < 0)
		goto out;
	r = ledger_open(&l, where, err);
	if (r == 0)
		r = fill_ledger(j, l, root, body, now_s, err);
	ledger_close(l);
out:
	json_decref(root);
	return r;
}
