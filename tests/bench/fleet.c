/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "envelope.h"
#include "file.h"
#include "fleet.h"
#include "reply.h"
#include "request.h"
#include "system.h"
#include "text.h"

#define TAG     "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"
#define ACCOUNT "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11"
#define HOME    "3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8"

struct one {
	struct sl_udi udi;
	struct sl_key *key;
	struct sl_cert *cert;
	char instance[SL_UUID_SIZE], store[SL_UUID_SIZE];
	int64_t sequence, sample;
};

struct fleet {
	char ledger_path[300];
	struct smartlic_crypto *crypto;
	struct pki *pki;
	struct ledger *ledger;
	struct authority *authority;
	struct authority_token_keys keys;
	struct sl_token token;
	struct one *devices;
	size_t n;
	int64_t serial; /* of the next device */
	int64_t now_s;
	struct smartlic_error err;
};

static void
must(struct fleet *f, int r, const char *what)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "fleet: %s: %s\n", what, f->err.text);
	exit(1);
}

static void
new_uuid(struct fleet *f, char ret[SL_UUID_SIZE])
{
	unsigned char raw[16];

	must(f, sl_crypto_random(f->crypto, raw, sizeof(raw), &f->err), "random");
	sl_uuid4(ret, raw);
}

static struct one
new_device(struct fleet *f)
{
	struct one d = { .sequence = 0 };
	char sn[24];

	(void)snprintf(sn, sizeof(sn), "BENCH%08lld", (long long)f->serial++);
	must(f, sl_udi_set(&d.udi, "NCS1004", sn, "default-sdr", &f->err), "udi");
	must(f, sl_key_new(&d.key, f->crypto, &f->err), "key");
	new_uuid(f, d.store);
	return d;
}

static void
release_device(struct one *d)
{
	sl_key_free(d->key);
	sl_cert_unref(d->cert);
}

static void
sign(struct fleet *f, struct sl_buf *ret, const struct one *d, struct sl_cert *cert,
    const struct sl_buf *content, int embed)
{
	must(f,
	    sl_envelope_sign(ret, f->crypto, d->key, cert, embed ? &cert : NULL, embed ? 1 : 0,
		NULL, 0, content->data, content->len, &f->err),
	    "sign");
}

/* ---- requests ----------------------------------------------------------- */

static void
ask_register(struct fleet *f, const struct one *d, struct sl_buf *ret)
{
	struct sl_request q = { .type = SL_MSG_REGISTER, .udi = d->udi, .time_s = f->now_s };
	struct sl_buf csr = { 0 }, content = { 0 };
	struct sl_cert *self = NULL;
	char proof[SL_SHA256_HEX];

	new_uuid(f, q.request_id);
	must(f, sl_csr_new(&csr, f->crypto, d->key, &d->udi, &f->err), "csr");
	must(f,
	    sl_token_proof(
		f->crypto, f->token.secret, q.request_id, csr.data, csr.len, proof, &f->err),
	    "proof");
	must(f, sl_cert_self(&self, f->crypto, d->key, &d->udi, f->now_s, &f->err), "self");
	q.store = d->store;
	q.csr = csr.data;
	q.csr_len = csr.len;
	q.token_id = f->token.id;
	q.token_proof = proof;
	must(f, sl_request_write(&content, &q, &f->err), "request");
	sign(f, ret, d, self, &content, 1);
	sl_cert_unref(self);
	sl_buf_free(&content);
	sl_buf_free(&csr);
}

void
fleet_register(struct fleet *f, struct sl_buf *ret)
{
	struct one d = new_device(f);

	ask_register(f, &d, ret);
	release_device(&d);
}

/* As the library writes it, which has no words for what only some devices send. */
static void
put_header(struct fleet *f, struct one *d, const char *type, struct sl_buf *content)
{
	char id[SL_UUID_SIZE], time[SL_TIME_SIZE];

	new_uuid(f, id);
	sl_time(time, f->now_s);
	sl_buf_printf(content,
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"%s\",\"request_id\":\"%s\",\"sequence\":%"
	    "lld,"
	    "\"time\":\"%s\",\"udi\":{\"pid\":\"%s\",\"sn\":\"%s\",\"uuid\":\"%s\"},\"instance\":"
	    "\"%s\","
	    "\"store\":\"%s\",\"agent\":{\"name\":\"libsmartlic\",\"version\":\"0.1.0\"},\"body\":",
	    type, id, (long long)++d->sequence, time, d->udi.pid, d->udi.sn, d->udi.uuid,
	    d->instance, d->store);
}

void
fleet_authorize(struct fleet *f, size_t device, int64_t count, struct sl_buf *ret)
{
	struct one *d = &f->devices[device];
	struct sl_buf content = { 0 };

	put_header(f, d, "authorize", &content);
	sl_buf_printf(
	    &content, "{\"usage\":[{\"tag\":\"%s\",\"count\":%lld}]}}", TAG, (long long)count);
	sign(f, ret, d, d->cert, &content, 0);
	sl_buf_free(&content);
}

/* A day of one license, as devices send it daily. */
void
fleet_report(struct fleet *f, size_t device, struct sl_buf *ret)
{
	struct one *d = &f->devices[device];
	struct sl_buf content = { 0 };
	char start[SL_TIME_SIZE];

	put_header(f, d, "report", &content);
	sl_buf_puts(&content, "{\"samples\":[");
	for (int i = 0; i < 24; i++) {
		sl_time(start, f->now_s - 86400 + i * 3600);
		sl_buf_printf(&content,
		    "%s{\"tag\":\"%s\",\"n\":%lld,\"start\":\"%s\",\"hours\":1,\"max\":8,\"last\":"
		    "8}",
		    i > 0 ? "," : "", TAG, (long long)++d->sample, start);
	}
	sl_buf_puts(&content, "]}}");
	sign(f, ret, d, d->cert, &content, 0);
	sl_buf_free(&content);
}

/* ---- the ledger --------------------------------------------------------- */

void
fleet_grow(struct fleet *f, size_t n)
{
	f->devices = reallocarray(f->devices, n, sizeof(*f->devices));
	for (; f->n < n; f->n++) {
		struct one *d = &f->devices[f->n];
		struct sl_buf message = { 0 }, response = { 0 };
		struct sl_envelope *envelope = NULL;
		struct sl_reply *reply = NULL;
		const void *content;
		size_t len;

		*d = new_device(f);
		ask_register(f, d, &message);
		must(f,
		    authority_answer(f->authority, message.data, message.len, f->now_s,
			system_random, NULL, &response, &f->err),
		    "register");
		must(f,
		    sl_envelope_open(&envelope, f->crypto, response.data, response.len, &f->err),
		    "open");
		must(f, sl_envelope_verify(envelope, pki_signer(f->pki), &content, &len, &f->err),
		    "verify");
		must(f, sl_reply_read(&reply, content, len, &f->err), "read");
		if (reply->status != SL_REPLY_OK)
			must(f, sl_fail(&f->err, SMARTLIC_E_STATE, "%s", reply->error.message),
			    "register");
		must(f,
		    sl_cert_parse(&d->cert, f->crypto, reply->certificates[0].data,
			reply->certificates[0].len, &f->err),
		    "certificate");
		(void)sl_copy(d->instance, sizeof(d->instance), reply->body_instance);
		sl_reply_free(reply);
		sl_envelope_free(envelope);
		sl_buf_free(&message);
		sl_buf_free(&response);
	}
}

size_t
fleet_answer_size(struct fleet *f, const struct sl_buf *request)
{
	struct sl_buf response = { 0 };
	size_t ret;

	must(f,
	    authority_answer(f->authority, request->data, request->len, f->now_s, system_random,
		NULL, &response, &f->err),
	    "answer");
	ret = response.len;
	sl_buf_free(&response);
	return ret;
}

#define ROWS                                                                                       \
	" FROM (WITH RECURSIVE c(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < $2)" \
	" SELECT i FROM c) AS n, (SELECT account, token FROM token LIMIT 1) AS t"
#define DIGITS   "substr(CAST(1000000000000 + i AS TEXT), 2)" /* 12 of them */
#define INSTANCE "'01000000-0000-7000-8000-' || " DIGITS
#define HEX_32   "'00000000000000000000' || " DIGITS

void
fleet_fill(struct fleet *f, int64_t n)
{
	static const unsigned char certificate[520];
	struct db *db = ledger_db(f->ledger);
	struct db_row *row;
	int64_t have;

	must(f, db_query(db, &row, &f->err, "SELECT COUNT(*) FROM instance", ""), "count");
	must(f, db_next(row, &f->err), "count");
	have = db_int(row, 0);
	db_done(row);
	if (have >= n)
		return;
	must(f, db_begin(db, &f->err), "begin");
	must(f,
	    db_exec(db, &f->err,
		"INSERT INTO instance (account, instance, va, token, pid, sn, uuid, hostname, "
		"state,"
		" issued_s, contact_s, expires_s, sequence, usage_s, deadline_s, holds, compliance)"
		" SELECT account, " INSTANCE ", 1, token, 'NCS1004', 'FILL' || " DIGITS ","
		" 'default-sdr', '', 'live', $3, $3, $3 + 31536000, 1, $3, $3 + 7776000, 1,"
		" 'authorized'" ROWS,
		"iii", have, n, f->now_s),
	    "instances");
	must(f,
	    db_exec(db, &f->err,
		"INSERT INTO usage (account, instance, tag, count, held)"
		" SELECT account, " INSTANCE ", $3, 1, 1" ROWS,
		"iit", have, n, TAG),
	    "usage");
	must(f,
	    db_exec(db, &f->err,
		"INSERT INTO key (account, ski, instance, state, serial, certificate, issued_s,"
		" expires_s) SELECT account, '00000000' || " HEX_32 ", " INSTANCE ", 'current',"
		" " HEX_32 ", $4, $3, $3 + 31536000" ROWS,
		"iiib", have, n, f->now_s, certificate, sizeof(certificate)),
	    "keys");
	must(f,
	    db_exec(db, &f->err,
		"INSERT INTO request (account, instance, sequence, request_id, digest, type, "
		"store, at_s,"
		" body) SELECT account, " INSTANCE ", 1, '00000000-0000-4000-8000-' || " DIGITS ","
		" " HEX_32 " || " HEX_32 ", 'authorize', '', $3, $4" ROWS,
		"iiit", have, n, f->now_s, "{\"status\":\"authorized\",\"entitlements\":[]}"),
	    "requests");
	must(f,
	    db_exec(db, &f->err,
		"INSERT INTO pool (account, va, tag, consumed) SELECT account, 1, $1, $2 FROM "
		"account"
		" WHERE true ON CONFLICT (account, va, tag) DO UPDATE SET consumed = pool.consumed "
		"+ $2",
		"ti", TAG, n - have),
	    "pool");
	must(f, db_commit(db, &f->err), "commit");
}

void
fleet_open(struct fleet *f)
{
	must(f, ledger_open(&f->ledger, f->ledger_path, &f->err), "ledger");
	must(f, authority_new(&f->authority, f->crypto, f->ledger, f->pki, &f->keys, &f->err),
	    "authority");
}

void
fleet_close(struct fleet *f)
{
	authority_free(f->authority);
	ledger_close(f->ledger);
	f->authority = NULL;
	f->ledger = NULL;
}

static void
make_folder(struct fleet *f, const char *data, const char *url)
{
	char path[300], hex[2 * SL_SHA256_LEN + 1], line[80];

	must(f, mkdir(data, 0700), data);
	(void)snprintf(path, sizeof(path), "%s/pki", data);
	must(f, pki_create(path, NULL, 0, f->now_s, &f->err), "pki");
	must(f, pki_open(&f->pki, f->crypto, path, &f->err), "pki");
	(void)snprintf(path, sizeof(path), "%s/database", data);
	if (url != NULL) {
		must(f, file_write(path, 0600, url, strlen(url), &f->err), "database");
		(void)snprintf(f->ledger_path, sizeof(f->ledger_path), "%s", url);
	} else {
		(void)snprintf(f->ledger_path, sizeof(f->ledger_path), "%s/ledger.db", data);
	}
	must(f, ledger_create(f->ledger_path, "Bench", ACCOUNT, HOME, f->now_s, &f->err), "ledger");
	f->keys.current = 1;
	f->keys.present[1] = 1;
	must(f, sl_crypto_random(f->crypto, f->keys.key[1], SL_SHA256_LEN, &f->err), "token key");
	sl_hex(hex, f->keys.key[1], SL_SHA256_LEN);
	(void)snprintf(line, sizeof(line), "1 %s\n", hex);
	(void)snprintf(path, sizeof(path), "%s/token.key", data);
	must(f, file_write(path, 0600, line, strlen(line), &f->err), "token key");
}

struct fleet *
fleet_new(const char *data, const char *url)
{
	struct ledger_token_new token = { .virtual_account = LEDGER_DEFAULT,
		.name = "bench",
		.days = 1,
		.uses_max = LEDGER_ANY_USES };
	struct fleet *f = calloc(1, sizeof(*f));
	struct sl_buf text = { 0 };

	if (f == NULL)
		exit(1);
	f->now_s = system_now_s();
	must(f, smartlic_crypto_new(&f->crypto, &f->err), "crypto");
	make_folder(f, data, url);
	fleet_open(f);
	must(f, authority_token_create(f->authority, &token, f->now_s, &text, &f->err), "token");
	must(f, sl_token_parse(&f->token, text.data, &f->err), "token");
	sl_buf_free(&text);
	return f;
}

void
fleet_free(struct fleet *f)
{
	fleet_close(f);
	for (size_t i = 0; i < f->n; i++)
		release_device(&f->devices[i]);
	free(f->devices);
	pki_free(f->pki);
	smartlic_crypto_free(f->crypto);
	free(f);
}
