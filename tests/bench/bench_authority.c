/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority_answer() for an unchanged authorize beside what it cannot do without: one P-256 verify,
 * one P-256 sign, one durable commit.  usage: bench_authority FOLDER
 */
#include <config.h>

#include <string.h>

#include "authority/authority.h"
#include "envelope.h"
#include "raw.h"
#include "reply.h"
#include "request.h"
#include "stats.h"
#include "text.h"

#define N 1500
#define TAG "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"

static struct smartlic_error err;
static struct smartlic_crypto *crypto;
static struct sl_key *key;
static const struct sl_udi udi = { .pid = "NCS1004", .sn = "CAT2231B18Y", .uuid = "default-sdr" };

static void
must(int r, const char *what)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "bench_authority: %s: %s\n", what, err.text);
	exit(1);
}

static int
random_bytes(void *ud, void *buf, size_t len)
{
	(void)ud;
	return sl_crypto_random(crypto, buf, len, NULL) == 0 ? 0 : -1;
}

static void
new_uuid(char ret[SL_UUID_SIZE])
{
	unsigned char raw[16];

	must(sl_crypto_random(crypto, raw, sizeof(raw), &err), "random");
	sl_uuid4(ret, raw);
}

/* One signed request, without certificates but for register's. */
static void
sign(struct sl_buf *ret, const struct sl_request *request, struct sl_cert *signer, int embed)
{
	struct sl_buf content = { 0 };

	must(sl_request_write(&content, request, &err), "request");
	must(sl_envelope_sign(ret, crypto, key, signer, embed ? &signer : NULL, embed ? 1 : 0, NULL, 0,
	         content.data, content.len, &err),
	    "sign");
	sl_buf_free(&content);
}

/* What the authority says, read without judging it: this is no device. */
static struct sl_reply *
read_answer(const struct sl_buf *response, const struct pki *pki)
{
	struct sl_envelope *env = NULL;
	struct sl_reply *reply = NULL;
	const void *content;
	size_t len;

	must(sl_envelope_open(&env, crypto, response->data, response->len, &err), "open");
	must(sl_envelope_verify(env, pki_signer(pki), &content, &len, &err), "verify");
	must(sl_reply_read(&reply, content, len, &err), "read");
	sl_envelope_free(env);
	if (reply->status != SL_REPLY_OK) {
		(void)fprintf(stderr, "bench_authority: refused: %s\n", reply->error.message);
		exit(1);
	}
	return reply;
}

static struct sl_cert *
enrol(struct authority *authority, const struct pki *pki, int64_t now_s, char instance[37])
{
	struct sl_request request = { .type = SL_MSG_REGISTER, .udi = udi, .time_s = now_s };
	struct sl_buf text = { 0 }, csr = { 0 }, message = { 0 }, response = { 0 };
	struct sl_cert *self = NULL, *id = NULL;
	struct sl_reply *reply;
	struct sl_token token;
	char proof[SL_SHA256_HEX], store[SL_UUID_SIZE];

	must(authority_token_create(authority,
		 &(struct ledger_token_new){
		     .virtual_account = "Default", .days = 1, .uses_max = LEDGER_ANY_USES },
		 now_s, &text, &err),
	    "token");
	must(sl_token_parse(&token, text.data, &err), "token");
	must(sl_csr_new(&csr, crypto, key, &udi, &err), "csr");
	new_uuid(request.request_id);
	new_uuid(store);
	must(sl_token_proof(crypto, token.secret, request.request_id, csr.data, csr.len, proof, &err),
	    "proof");
	request.store = store;
	request.csr = csr.data;
	request.csr_len = csr.len;
	request.token_id = token.id;
	request.token_proof = proof;
	must(sl_cert_self(&self, crypto, key, &udi, now_s, &err), "self");
	sign(&message, &request, self, 1);
	must(authority_answer(authority, message.data, message.len, now_s, random_bytes, NULL, &response,
	         &err),
	    "register");
	reply = read_answer(&response, pki);
	must(sl_cert_parse(&id, crypto, reply->certificates[0].data, reply->certificates[0].len, &err),
	    "certificate");
	(void)sl_copy(instance, 37, reply->body_instance);
	sl_reply_free(reply);
	sl_cert_unref(self);
	sl_buf_free(&text);
	sl_buf_free(&csr);
	sl_buf_free(&message);
	sl_buf_free(&response);
	return id;
}

int
main(int argc, char **argv)
{
	static struct stats verify, raw_sign;
	static struct stats disk = { .name = "raw write + fsync of 4 KiB" };
	static struct stats answer = { .name = "authority_answer, unchanged authorize" };
	static struct sl_buf messages[N];
	const int64_t now_s = 1800000000;
	static struct authority_token_keys keys;
	struct authority *authority = NULL;
	struct ledger *ledger = NULL;
	struct pki *pki = NULL;
	struct sl_cert *id;
	char path[300], instance[37], store[SL_UUID_SIZE];
	double cpu;

	if (argc != 2)
		return 2;
	must(smartlic_crypto_new(&crypto, &err), "crypto");
	(void)snprintf(path, sizeof(path), "%s/pki", argv[1]);
	must(pki_create(path, NULL, 0, now_s, &err), "pki");
	must(pki_open(&pki, crypto, path, &err), "pki");
	(void)snprintf(path, sizeof(path), "%s/ledger.db", argv[1]);
	must(ledger_create(path, "Bench", "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11",
	         "3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8", now_s, &err),
	    "ledger");
	must(ledger_open(&ledger, path, &err), "ledger");
	keys.current = 1;
	keys.present[1] = 1;
	must(sl_crypto_random(crypto, keys.key[1], sizeof(keys.key[1]), &err), "token key");
	must(authority_new(&authority, crypto, ledger, pki, &keys, &err), "authority");
	must(sl_key_new(&key, crypto, &err), "key");
	id = enrol(authority, pki, now_s, instance);

	new_uuid(store);
	for (int i = 0; i < N; i++) {
		static const struct sl_usage usage = { .tag = TAG, .count = 8 };
		struct sl_request request = {
			.type = SL_MSG_AUTHORIZE, .udi = udi, .time_s = now_s, .sequence = i + 1,
			.instance = instance, .store = store, .usage = &usage, .n_usage = 1,
		};

		new_uuid(request.request_id);
		sign(&messages[i], &request, id, i == 0);
	}
	for (int i = 0; i < N; i++) {
		struct sl_buf response = { 0 };
		double from = now_us();

		must(authority_answer(authority, messages[i].data, messages[i].len, now_s + 1, random_bytes,
		         NULL, &response, &err),
		    "authorize");
		if (i >= 20) /* the first ones warm caches */
			stats_add(&answer, now_us() - from);
		if (i % 500 == 0)
			sl_reply_free(read_answer(&response, pki));
		sl_buf_free(&response);
		sl_buf_free(&messages[i]);
	}
	raw_signatures(&verify, &raw_sign, N);
	stats_fsync(&disk, argv[1], 400);

	stats_print(&answer);
	stats_print(&verify);
	stats_print(&raw_sign);
	stats_print(&disk);
	cpu = stats_at(&verify, 0.5) + stats_at(&raw_sign, 0.5);
	stats_ratio("answer / (verify + sign)", &answer, cpu);
	stats_ratio("answer / (verify + sign + fsync)", &answer, cpu + stats_at(&disk, 0.5));

	sl_cert_unref(id);
	sl_key_free(key);
	authority_free(authority);
	ledger_close(ledger);
	pki_free(pki);
	smartlic_crypto_free(crypto);
	return 0;
}
