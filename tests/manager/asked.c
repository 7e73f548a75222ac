/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "file.h"
#include "tests/manager/asked.h"
#include "tests/manager/edge.h"
#include "text.h"

const enum sl_msg_type asked_types[ASKED_TYPES] = { SL_MSG_REGISTER, SL_MSG_RENEW_ID,
	SL_MSG_AUTHORIZE, SL_MSG_REPORT, SL_MSG_RESERVE, SL_MSG_RETURN, SL_MSG_DEREGISTER,
	ASKED_SYNC, ASKED_JOIN };

const char *
asked_name(enum sl_msg_type type)
{
	return type == ASKED_SYNC   ? SYNC_SYNC
	       : type == ASKED_JOIN ? SYNC_JOIN
				    : sl_msg_type_name(type);
}

/* Of a key that nobody has seen, unless the row's own is to be certified. */
static void
make_csr(const struct asked *q, const struct sl_udi *udi, const unsigned char *secret,
    struct sl_buf *ret, char ret_proof[SL_SHA256_HEX])
{
	struct sl_key *key = NULL;

	if (q->key == NULL)
		site_ok(q->at, sl_key_new(&key, q->at->crypto, &q->at->err));
	site_ok(
	    q->at, sl_csr_new(ret, q->at->crypto, q->key != NULL ? q->key : key, udi, &q->at->err));
	site_ok(q->at, sl_token_proof(q->at->crypto, secret, q->request_id, ret->data, ret->len,
			   ret_proof, &q->at->err));
	sl_key_free(key);
}

static void
put_csr(struct sl_buf *b, const struct asked *q, char ret_proof[SL_SHA256_HEX])
{
	struct sl_buf csr = { 0 };

	make_csr(q, &q->of->udi, q->token->parsed.secret, &csr, ret_proof);
	sl_base64(b, csr.data, csr.len);
	sl_buf_free(&csr);
}

static void
put_body(struct sl_buf *b, const struct asked *q, enum sl_msg_type type)
{
	char proof[SL_SHA256_HEX];
	struct sl_buf id = { 0 };

	switch (type) {
	case SL_MSG_REGISTER:
		sl_buf_puts(b, "{\"csr\":\"");
		put_csr(b, q, proof);
		sl_base64url(&id, q->token->parsed.id, sizeof(q->token->parsed.id));
		sl_buf_printf(b, "\",\"token_id\":\"%s\",\"token_proof\":\"%s\",\"force\":true}",
		    (const char *)id.data, proof);
		sl_buf_free(&id);
		break;
	case SL_MSG_RENEW_ID:
		sl_buf_puts(b, "{\"csr\":\"");
		put_csr(b, q, proof);
		sl_buf_puts(b, "\"}");
		break;
	case SL_MSG_AUTHORIZE:
		sl_buf_puts(b, "{\"usage\":[]}");
		break;
	case SL_MSG_REPORT:
		sl_buf_puts(b, "{\"samples\":[]}");
		break;
	case SL_MSG_DEREGISTER:
		sl_buf_puts(b, "{}");
		break;
	case SL_MSG_RESERVE:
		sl_buf_puts(b, "{\"licenses\":[{\"tag\":\"" TAG_G "\",\"count\":9}]}");
		break;
	case SL_MSG_RETURN:
		sl_buf_puts(b, "{\"reservations\":[\"" ASKED_ID "\"]}");
		break;
	}
}

/* Of the satellite that has joined: nothing is new. */
static void
put_sync(struct sl_buf *ret, const struct asked *q)
{
	struct site *at = q->at;
	json_t *body = json_pack("{s:i,s:s,s:i,s:b,s:i,s:b,s:[],s:[]}", "sync", SYNC_VERSION,
	    "version", "1", "cursor", 0, "reset", 0, "upto", 0, "more", 0, "rows", "transfers");

	site_ok(
	    at, sync_request_text(ret, SYNC_SYNC, q->request_id, ledger_info(edge.ledger)->home,
		    at->now + 1, ledger_info(at->ledger)->ledger, NULL, at->now, body, &at->err));
}

/* Of a home that nobody knows, with an invitation that is good at the upstream. */
static void
put_join(struct sl_buf *ret, const struct asked *q)
{
	char proof[SL_SHA256_HEX];
	struct sl_udi udi;
	struct sl_buf csr = { 0 }, id = { 0 };
	struct site *at = q->at;
	json_t *body;

	sync_udi(&udi, ASKED_ID);
	make_csr(q, &udi, q->invitation->secret, &csr, proof);
	sl_base64url(&id, q->invitation->id, sizeof(q->invitation->id));
	body = json_pack("{s:i,s:s,s:s,s:s,s:o,s:o}", "sync", SYNC_VERSION, "version", "1",
	    "token_id", id.data, "token_proof", proof, "csr", sync_der_json(csr.data, csr.len),
	    "tls_csr", sync_der_json(csr.data, csr.len));
	site_ok(at, sync_request_text(ret, SYNC_JOIN, q->request_id, ASKED_ID, 1, ASKED_ID, NULL,
			at->now, body, &at->err));
	sl_buf_free(&csr);
	sl_buf_free(&id);
}

static void
put_request(struct sl_buf *content, const struct asked *q, enum sl_msg_type type)
{
	sl_buf_printf(content,
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"%s\",\"request_id\":\"%s\",\"sequence\":%"
	    "lld,"
	    "\"udi\":{\"pid\":\"%s\",\"sn\":\"%s\",\"uuid\":\"%s\"},\"store\":\"%s\",",
	    sl_msg_type_name(type), q->request_id,
	    type == SL_MSG_REGISTER ? 0LL : (long long)q->of->sequence + q->ahead, q->of->udi.pid,
	    q->of->udi.sn, q->of->udi.uuid, q->of->store);
	if (type != SL_MSG_REGISTER)
		sl_buf_printf(content, "\"instance\":\"%s\",", q->of->instance);
	sl_buf_puts(content, "\"body\":");
	put_body(content, q, type);
	sl_buf_puts(content, "}");
}

void
asked_content(struct sl_buf *ret, const struct asked *q, enum sl_msg_type type)
{
	if (type == ASKED_SYNC)
		put_sync(ret, q);
	else if (type == ASKED_JOIN)
		put_join(ret, q);
	else
		put_request(ret, q, type);
}

/* ---- who signs ------------------------------------------------------------ */

struct tpki_id
kept_at(struct site *site, const char *name)
{
	struct sl_buf key = { 0 }, cert = { 0 };
	struct tpki_id id = { 0 };
	struct sl_cert **list;
	char path[160];
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/pki/%s.key", site->dir, name);
	site_ok(&up, file_read(path, &key, &up.err));
	site_ok(&up, sl_key_read_pem(&id.key, up.crypto, key.data, key.len, &up.err));
	(void)snprintf(path, sizeof(path), "%s/pki/%s.pem", site->dir, name);
	site_ok(&up, file_read(path, &cert, &up.err));
	site_ok(&up, sl_cert_parse_pem(&list, &n, up.crypto, cert.data, cert.len, &up.err));
	ck_assert_uint_eq(n, 1);
	id.cert = list[0];
	free(list);
	sl_buf_free(&key);
	sl_buf_free(&cert);
	return id;
}
