/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "envelope.h"
#include "ledger/condition.h"
#include "ledger/sample_page.h"
#include "tests/manager/site.h"
#include "text.h"

uint64_t
site_random(struct site *s)
{
	/* splitmix64: the same run for the same seed */
	uint64_t z = (s->seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

int
site_fill(void *site, void *buf, size_t len)
{
	unsigned char *b = buf;

	for (size_t i = 0; i < len; i++)
		b[i] = (unsigned char)site_random(site);
	return 0;
}

static void
new_uuid(struct site *s, char ret[SL_UUID_SIZE])
{
	unsigned char random[16];

	(void)site_fill(s, random, sizeof(random));
	sl_uuid4(ret, random);
}

void
site_start(struct site *s)
{
	site_ok(s, ledger_open(&s->ledger, s->db_path, &s->err));
	/* what is durable is not what these tests ask */
	if (!db_is_server(ledger_db(s->ledger)))
		site_ok(s, db_exec(ledger_db(s->ledger), &s->err, "PRAGMA synchronous = OFF", ""));
	site_ok(s, authority_new(&s->authority, s->crypto, s->ledger, s->pki, &s->keys, &s->err));
	authority_set_threads(s->authority, 3);
}

void
site_stop(struct site *s)
{
	authority_free(s->authority);
	ledger_close(s->ledger);
	s->authority = NULL;
	s->ledger = NULL;
}

/* An empty folder of the site's own. */
static void
make_folder(struct site *s, char pki_dir[96])
{
	strcpy(s->dir, "/tmp/check_authority.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->dir));
	(void)snprintf(pki_dir, 96, "%s/pki", s->dir);
	site_ok(s, smartlic_crypto_new(&s->crypto, &s->err));
}

/* With nothing bought, and nobody there. */
static void
make_ledger(struct site *s)
{
	where_new(s->db_path, s->dir);
	site_ok(s, ledger_create(
		       s->db_path, "BU Production Test", SITE_ACCOUNT, SITE_HOME, s->now, &s->err));
}

void
site_open_other(struct site *s)
{
	char pki_dir[96];

	*s = (struct site){ .now = SITE_NOW, .seed = 1 };
	make_folder(s, pki_dir);
	site_ok(s, pki_create(pki_dir, NULL, 0, s->now - SITE_DAY, &s->err));
	site_ok(s, pki_open(&s->pki, s->crypto, pki_dir, &s->err));
	make_ledger(s);
	s->keys.current = 1;
	s->keys.present[1] = 1;
	(void)site_fill(s, s->keys.key[1], sizeof(s->keys.key[1]));
	site_start(s);
}

static void
remove_files(const char *dir)
{
	char path[400];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.' && unlink(path) < 0)
			remove_files(path);
	}
	if (d != NULL)
		closedir(d);
	(void)rmdir(dir);
}

static void
let_go(struct site *s)
{
	site_stop(s);
	pki_free(s->pki);
	smartlic_crypto_free(s->crypto);
	sl_buf_free(&s->last);
	s->pki = NULL;
	s->crypto = NULL;
}

void
site_close(struct site *s)
{
	let_go(s);
	site_remove(s);
}

/* ---- made once ------------------------------------------------------------ */

/* How a site is when a test begins. */
static struct site first;

/* One file; not durable, unlike file_copy(). */
static void
copy_file(const char *from_dir, const char *to_dir, const char *name)
{
	char path[400], bytes[16384];
	FILE *from, *to;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", from_dir, name);
	from = fopen(path, "r");
	(void)snprintf(path, sizeof(path), "%s/%s", to_dir, name);
	to = fopen(path, "w");
	ck_assert(from != NULL && to != NULL);
	while ((n = fread(bytes, 1, sizeof(bytes), from)) > 0)
		ck_assert_uint_eq(fwrite(bytes, 1, n, to), n);
	(void)fclose(from);
	ck_assert_int_eq(fclose(to), 0);
	ck_assert_int_eq(chmod(path, 0600), 0);
}

static void
copy_files(const char *from, const char *to)
{
	struct dirent *e;
	DIR *d = opendir(from);

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_type == DT_REG)
			copy_file(from, to, e->d_name);
	closedir(d);
}

void
site_put_aside(struct site *s)
{
	let_go(s);
	s->last = (struct sl_buf){ 0 };
}

void
site_copy(struct site *s, const struct site *of)
{
	char pki_dir[96], from[96];

	*s = *of;
	make_folder(s, pki_dir);
	(void)snprintf(from, sizeof(from), "%s/pki", of->dir);
	ck_assert_int_eq(mkdir(pki_dir, 0700), 0);
	copy_files(from, pki_dir);
	site_ok(s, pki_open(&s->pki, s->crypto, pki_dir, &s->err));
	if (db_is_url(of->db_path)) {
		make_ledger(s);
	} else {
		copy_files(of->dir, s->dir);
		(void)snprintf(s->db_path, sizeof(s->db_path), "%s/ledger.db", s->dir);
	}
	site_start(s);
}

void
site_remove(const struct site *of)
{
	where_drop(of->db_path);
	remove_files(of->dir);
}

void
site_keep(void)
{
	site_open_other(&first);
	site_put_aside(&first);
}

void
site_drop(void)
{
	site_remove(&first);
	first.now = 0;
}

void
site_open(struct site *s)
{
	if (first.now != 0)
		site_copy(s, &first);
	else
		site_open_other(s);
}

/* ---- asking --------------------------------------------------------------- */

static int64_t
guard_wait(void *ud, int64_t now_s)
{
	const struct site *s = ud;

	(void)now_s;
	return s->guard_wait_s;
}

static void
guard_failed(void *ud, int64_t now_s)
{
	struct site *s = ud;

	(void)now_s;
	s->guard_failures++;
}

void
site_guard(struct site *s)
{
	const struct authority_guard guard = {
		.wait_s = guard_wait, .failed = guard_failed, .ud = s
	};

	authority_set_guard(s->authority, &guard);
}

struct site_token
site_token_new(struct site *s, const char *va, int64_t days, int64_t uses)
{
	return site_token_make(s,
	    (struct ledger_token_new){
		.virtual_account = va, .name = "test", .days = days, .uses_max = uses });
}

struct site_token
site_token_make(struct site *s, struct ledger_token_new new)
{
	struct sl_buf text = { 0 };
	struct site_token ret;

	site_ok(s, authority_token_create(s->authority, &new, s->now, &text, &s->err));
	ck_assert_int_eq(sl_copy(ret.text, sizeof(ret.text), text.data), 0);
	site_ok(s, sl_token_parse(&ret.parsed, ret.text, &s->err));
	sl_buf_free(&text);
	return ret;
}

struct device
device_new(struct site *s, const char *sn)
{
	struct device d = { .sequence = 0 };

	site_ok(s, sl_udi_set(&d.udi, "NCS1004", sn, "default-sdr", &s->err));
	new_uuid(s, d.store);
	return d;
}

static void
forget_cas(struct device *d)
{
	for (size_t i = 0; i < d->n_cas; i++)
		sl_cert_unref(d->cas[i]);
	d->n_cas = 0;
}

void
device_free(struct device *d)
{
	sl_key_free(d->key);
	sl_key_free(d->next_key);
	sl_cert_unref(d->cert);
	forget_cas(d);
	sl_buf_free(&d->message);
}

static void
sign(struct site *s, struct device *d, const struct sl_buf *content, const struct sl_key *key,
    struct sl_cert *cert, int embed)
{
	struct sl_cert *certs[1 + DEVICE_CAS] = { cert };
	size_t n = cert == d->cert ? d->n_cas : 0;

	site_ok(s, sl_sha256_hex(s->crypto, content->data, content->len, d->sha256, &s->err));
	sl_buf_free(&d->message);
	memcpy(certs + 1, d->cas, sizeof(d->cas));
	site_ok(s, sl_envelope_sign(&d->message, s->crypto, key, cert, certs, embed ? 1 + n : 0,
		       NULL, 0, content->data, content->len, &s->err));
}

void
device_say(struct site *s, struct device *d, const char *content, int embed)
{
	struct sl_buf text = { 0 };

	sl_buf_puts(&text, content);
	sign(s, d, &text, d->key, d->cert, embed);
	sl_buf_free(&text);
}

char *
site_last_body(const struct site *s)
{
	json_t *root = json_loadb(s->last.data, s->last.len, 0, NULL);
	char *text = json_dumps(json_object_get(root, "body"), JSON_COMPACT);

	json_decref(root);
	return text;
}

/* Signs a request under the certificate that goes along. */
static void
finish(struct site *s, struct device *d, struct sl_request *q, const struct sl_key *key,
    struct sl_cert *cert)
{
	struct sl_buf content = { 0 };

	q->time_s = s->now;
	q->udi = d->udi;
	q->store = d->store;
	memcpy(q->request_id, d->request_id, sizeof(q->request_id));
	if (q->type != SL_MSG_REGISTER) {
		q->sequence = ++d->sequence;
		q->instance = d->instance;
		q->ledger = SITE_HOME;
	}
	site_ok(s, sl_request_write(&content, q, &s->err));
	sign(s, d, &content, key, cert, 1);
	sl_buf_free(&content);
}

static void
new_csr(struct site *s, struct device *d, struct sl_buf *csr)
{
	sl_key_free(d->next_key);
	d->next_key = NULL;
	site_ok(s, sl_key_new(&d->next_key, s->crypto, &s->err));
	site_ok(s, sl_csr_new(csr, s->crypto, d->next_key, &d->udi, &s->err));
}

static void
ask_register(struct site *s, struct device *d, const struct site_token *token, int force,
    const struct sl_usage *usage, size_t n)
{
	struct sl_request q = { .type = SL_MSG_REGISTER,
		.token_id = token->parsed.id,
		.force = force,
		.usage = usage,
		.n_usage = n,
		.hostname = "lab-1" };
	char proof[SL_SHA256_HEX];
	struct sl_buf csr = { 0 };
	struct sl_cert *self = NULL;

	new_csr(s, d, &csr);
	site_ok(s, sl_cert_self(&self, s->crypto, d->next_key, &d->udi, s->now, &s->err));
	q.csr = csr.data;
	q.csr_len = csr.len;
	site_ok(s, sl_token_proof(s->crypto, token->parsed.secret, d->request_id, csr.data,
		       csr.len, proof, &s->err));
	q.token_proof = proof;
	finish(s, d, &q, d->next_key, self);
	sl_cert_unref(self);
	sl_buf_free(&csr);
}

void
device_ask_register(struct site *s, struct device *d, const struct site_token *token, int force,
    const struct sl_usage *usage, size_t n)
{
	new_uuid(s, d->request_id);
	ask_register(s, d, token, force, usage, n);
}

void
device_ask_register_again(struct site *s, struct device *d, const char *id,
    const struct site_token *token, int force)
{
	memcpy(d->request_id, id, sizeof(d->request_id));
	ask_register(s, d, token, force, NULL, 0);
}

void
device_ask_renew_id(struct site *s, struct device *d)
{
	struct sl_request q = { .type = SL_MSG_RENEW_ID };
	struct sl_buf csr = { 0 };

	new_csr(s, d, &csr);
	q.csr = csr.data;
	q.csr_len = csr.len;
	new_uuid(s, d->request_id);
	finish(s, d, &q, d->key, d->cert);
	sl_buf_free(&csr);
}

static void
ask_counts(struct site *s, struct device *d, enum sl_msg_type type, int64_t g, int64_t x)
{
	struct sl_usage usage[2];
	struct sl_request q = { .type = type, .usage = usage };

	memset(usage, 0, sizeof(usage));
	if (g > 0)
		usage[q.n_usage++] = (struct sl_usage){ TAG_G, g };
	if (x > 0)
		usage[q.n_usage++] = (struct sl_usage){ TAG_X, x };
	finish(s, d, &q, d->key, d->cert);
}

void
device_ask_usage(struct site *s, struct device *d, int64_t g, int64_t x)
{
	new_uuid(s, d->request_id);
	ask_counts(s, d, SL_MSG_AUTHORIZE, g, x);
}

void
device_ask_again(struct site *s, struct device *d, const char *id, int64_t g, int64_t x)
{
	memcpy(d->request_id, id, sizeof(d->request_id));
	ask_counts(s, d, SL_MSG_AUTHORIZE, g, x);
}

void
device_ask_reserve(struct site *s, struct device *d, int64_t g, int64_t x)
{
	new_uuid(s, d->request_id);
	ask_counts(s, d, SL_MSG_RESERVE, g, x);
}

void
device_ask_return(struct site *s, struct device *d, const char *id)
{
	char ids[1][SL_UUID_SIZE];
	struct sl_request q = {
		.type = SL_MSG_RETURN, .returned = (const char(*)[SL_UUID_SIZE])ids, .n_returned = 1
	};

	memcpy(ids[0], id, sizeof(ids[0]));
	new_uuid(s, d->request_id);
	finish(s, d, &q, d->key, d->cert);
}

void
device_ask_deregister(struct site *s, struct device *d)
{
	struct sl_request q = { .type = SL_MSG_DEREGISTER };

	new_uuid(s, d->request_id);
	finish(s, d, &q, d->key, d->cert);
}

struct sl_reply *
site_send(struct site *s, const struct sl_buf *message)
{
	struct sl_envelope *envelope = NULL;
	struct sl_reply *reply = NULL;
	struct sl_buf answer = { 0 };
	const void *content;
	size_t len;

	site_ok(s, authority_answer(s->authority, message->data, message->len, s->now, site_fill,
		       s, &answer, &s->err));
	site_ok(s, sl_envelope_open(&envelope, s->crypto, answer.data, answer.len, &s->err));
	ck_assert_mem_eq(sl_envelope_ski(envelope), sl_cert_ski(pki_signer(s->pki)), SL_SKI_LEN);
	site_ok(s, sl_envelope_verify(envelope, pki_signer(s->pki), &content, &len, &s->err));
	site_ok(s, sl_reply_read(&reply, content, len, &s->err));
	ck_assert_int_eq(reply->time_s, s->now);
	ck_assert_str_eq(reply->ledger, ledger_info(s->ledger)->ledger);
	sl_buf_free(&s->last);
	sl_buf_add(&s->last, content, len);
	(void)sl_envelope_certs(envelope, &s->last_certs);
	(void)sl_envelope_crls(envelope, &s->last_lists);
	sl_envelope_free(envelope);
	sl_buf_free(&answer);
	return reply;
}

static void
apply(struct site *s, struct device *d, const struct sl_reply *reply)
{
	int certified = reply->type == SL_MSG_REGISTER || reply->type == SL_MSG_RENEW_ID;

	if (!certified || d->next_key == NULL)
		return;
	sl_key_free(d->key);
	sl_cert_unref(d->cert);
	d->key = d->next_key;
	d->next_key = NULL;
	site_ok(s, sl_cert_parse(&d->cert, s->crypto, reply->certificates[0].data,
		       reply->certificates[0].len, &s->err));
	ck_assert_str_eq(
	    sl_cert_o(d->cert), d->account != NULL ? d->account : SITE_ACCOUNT);
	forget_cas(d);
	for (size_t i = 1; d->keeps_cas && i < reply->n_certificates && d->n_cas < DEVICE_CAS; i++)
		site_ok(s, sl_cert_parse(&d->cas[d->n_cas++], s->crypto,
			       reply->certificates[i].data, reply->certificates[i].len, &s->err));
	if (reply->type == SL_MSG_REGISTER) {
		memcpy(d->instance, reply->body_instance, sizeof(d->instance));
		ck_assert_str_eq(sl_cert_cn(d->cert), d->instance);
		d->sequence = 0;
	}
}

struct sl_reply *
device_send(struct site *s, struct device *d)
{
	struct sl_reply *reply = site_send(s, &d->message);

	if (reply->request_sha256[0] != '\0') {
		ck_assert_str_eq(reply->request_sha256, d->sha256);
		ck_assert_str_eq(reply->request_id, d->request_id);
		ck_assert_str_eq(reply->udi.sn, d->udi.sn);
	}
	if (reply->status == SL_REPLY_OK)
		apply(s, d, reply);
	return reply;
}

enum sl_denial
device_code(struct site *s, struct device *d)
{
	struct sl_reply *reply = device_send(s, d);
	enum sl_denial code = reply->status == SL_REPLY_OK ? SL_DENIED_NONE : reply->error.code;

	sl_reply_free(reply);
	return code;
}

enum sl_denial
device_register(struct site *s, struct device *d, const struct site_token *token, int force)
{
	device_ask_register(s, d, token, force, NULL, 0);
	return device_code(s, d);
}

enum sl_denial
device_use(struct site *s, struct device *d, int64_t g, int64_t x)
{
	device_ask_usage(s, d, g, x);
	return device_code(s, d);
}

enum sl_denial
device_renew_id(struct site *s, struct device *d)
{
	device_ask_renew_id(s, d);
	return device_code(s, d);
}

enum sl_denial
device_reserve(struct site *s, struct device *d, int64_t g, int64_t x)
{
	device_ask_reserve(s, d, g, x);
	return device_code(s, d);
}

enum sl_denial
device_return(struct site *s, struct device *d, const char *id)
{
	device_ask_return(s, d, id);
	return device_code(s, d);
}

enum sl_denial
device_deregister(struct site *s, struct device *d)
{
	device_ask_deregister(s, d);
	return device_code(s, d);
}

int64_t
site_consumed(struct site *s, int64_t va, const char *tag)
{
	int64_t purchased, consumed;

	site_ok(s, ledger_pool_get(s->ledger, va, tag, s->now, &purchased, &consumed, &s->err));
	return consumed;
}

struct counting {
	const char *name;
	int n;
};

static int
count_alert(void *ud, const struct ledger_alert *alert)
{
	struct counting *c = ud;

	c->n += strcmp(alert->def->name, c->name) == 0;
	return 0;
}

int
site_alerts(struct site *s, const char *name)
{
	struct counting c = { name, 0 };

	site_ok(s, ledger_alert_each(s->ledger, NULL, 0, count_alert, &c, &s->err));
	return c.n;
}

int64_t
site_count(struct site *s, const char *sql)
{
	struct db_row *row;
	int64_t n;

	site_ok(s, db_query(ledger_db(s->ledger), &row, &s->err, sql, ""));
	ck_assert_int_eq(db_next(row, &s->err), 1);
	n = db_int(row, 0);
	db_done(row);
	return n;
}

struct site_samples
site_samples(struct site *s, const char *sql)
{
	static struct sample_page page;
	struct site_samples ret = { .least = INT64_MAX };
	struct db_row *row;
	int r;

	site_ok(s, db_query(ledger_db(s->ledger), &row, &s->err, sql, ""));
	while ((r = db_next(row, &s->err)) == 1) {
		site_ok(s, sample_page_read(&page, db_int(row, 0), db_text(row, 1), &s->err));
		ret.n += (int64_t)page.n;
		for (size_t i = 0; i < page.n; i++) {
			ret.sum += page.sample[i].max;
			if (page.sample[i].n < ret.least)
				ret.least = page.sample[i].n;
		}
	}
	site_ok(s, r);
	return ret;
}

void
site_check(struct site *s)
{
	struct ledger_head head;
	int64_t broken, n;

	site_ok(s, ledger_check(s->ledger, &s->err));
	site_ok(s, condition_samples(s->ledger, INT64_MAX, &n, &s->err));
	site_ok(s, ledger_verify(s->ledger, NULL, &head, &broken, &s->err));
}

int64_t
site_trim(struct site *s)
{
	struct ledger_trim run = { 0 };
	int r;

	while ((r = authority_trim(s->authority, &run, s->now, &s->err)) == 1)
		continue;
	site_ok(s, r);
	return run.removed;
}
