/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "pem.h"
#include "plugin.h"
#include "request.h"
#include "text.h"

/* ---- making ----------------------------------------------------------------------------- */

/* A new key and the request for its certificate, which goes into the content. */
static int
make_key(struct smartlic_agent *a, struct sl_open *open, struct sl_buf *csr)
{
	struct sl_key *key = NULL;
	int r;

	r = sl_key_new(&key, a->env.crypto, &a->err);
	if (r == 0)
		r = sl_key_ski(key, open->csr_ski, &a->err);
	if (r == 0)
		r = sl_key_write(key, &open->key, &a->err);
	if (r == 0)
		r = sl_csr_new(csr, a->env.crypto, key, &open->udi, &a->err);
	sl_key_free(key);
	return r;
}

static int
make_usage(const struct sl_record *rec, struct sl_usage **ret, struct smartlic_error *err)
{
	struct sl_usage *usage = calloc(rec->n_counted + 1, sizeof(*usage));

	if (usage == NULL)
		return sl_nomem(err);
	for (size_t i = 0; i < rec->n_counted; i++) {
		memcpy(usage[i].tag, rec->counted[i].tag, sizeof(usage[i].tag));
		usage[i].count = rec->counted[i].count;
	}
	*ret = usage;
	return 0;
}

int
sl_agent_sends_hostname(const struct smartlic_agent *a)
{
	return a->hostname[0] != '\0' && (a->privacy & SMARTLIC_PRIVACY_HOSTNAME) == 0;
}

static void
pick_samples(const struct sl_record *rec, struct sl_open *open, struct sl_request *rq)
{
	const struct sl_usage_book *book = &rec->usage;

	rq->book = book;
	rq->n_samples = sl_usage_pick(book, &rq->first_sample);
	if (rq->n_samples > 0)
		open->last_n = book->samples[rq->first_sample + rq->n_samples - 1].n;
}

/* One trip instead of two: register brings the usage where the answer may be days away.  A
 * transport that is not found is told of when it is to send. */
static int
registers_with_usage(struct smartlic_agent *a, const struct sl_ask *ask)
{
	struct smartlic_error quiet = { 0 };

	if (ask->type != SL_MSG_REGISTER)
		return 0;
	if (a->ops == NULL && a->transport[0] != '\0')
		(void)sl_plugin_find(&a->ops, a->transport, a->transport_dir, &quiet);
	return sl_agent_is_deferred(a);
}

/* The authority counts who has its next root: said from the first that was brought. */
static void
name_roots(const struct smartlic_agent *a, struct sl_request *rq,
    char roots[SL_TRUST_ANCHORS_MAX][2 * SL_SKI_LEN + 1])
{
	if (a->rec.roots.n == 0 || a->trust == NULL)
		return;
	rq->roots = (const char(*)[2 * SL_SKI_LEN + 1]) roots;
	rq->n_roots = sl_trust_anchors(a->trust);
	for (size_t i = 0; i < rq->n_roots; i++)
		sl_hex(roots[i], sl_cert_ski(sl_trust_anchor(a->trust, i)), SL_SKI_LEN);
}

static int
write_content(struct smartlic_agent *a, const struct sl_record *rec, struct sl_open *open,
    const struct sl_ask *ask)
{
	struct sl_buf csr = { 0 };
	struct sl_usage *usage = NULL;
	char proof[SL_SHA256_HEX] = "", roots[SL_TRUST_ANCHORS_MAX][2 * SL_SKI_LEN + 1];
	struct sl_request rq = {
		.type = ask->type,
		.sequence = open->sequence,
		.time_s = a->wall_ms / 1000,
		.udi = open->udi,
		.instance = open->instance,
		.store = rec->store_id,
		.ledger = ask->type == SL_MSG_REGISTER ? NULL : rec->ledger,
		.force = ask->force,
		.hides_version = (a->privacy & SMARTLIC_PRIVACY_VERSION) != 0,
	};
	int r = 0;

	memcpy(rq.request_id, open->request_id, sizeof(rq.request_id));
	name_roots(a, &rq, roots);
	if (ask->type == SL_MSG_REGISTER || ask->type == SL_MSG_RENEW_ID)
		r = make_key(a, open, &csr);
	if (r == 0 && ask->token != NULL)
		r = sl_token_proof(a->env.crypto, ask->token->secret, open->request_id, csr.data,
		    csr.len, proof, &a->err);
	if (r == 0 && (ask->type == SL_MSG_AUTHORIZE || registers_with_usage(a, ask)))
		r = make_usage(rec, &usage, &a->err);
	if (r == 0 && ask->type == SL_MSG_REPORT)
		pick_samples(rec, open, &rq);
	if (ask->type == SL_MSG_RETURN) {
		rq.returned = rec->reservation.returned;
		rq.n_returned = rec->reservation.n_returned;
	}
	if (r == 0) {
		rq.csr = csr.data;
		rq.csr_len = csr.len;
		rq.token_id = ask->token != NULL ? ask->token->id : NULL;
		rq.token_proof = ask->token != NULL ? proof : NULL;
		if (ask->type == SL_MSG_REGISTER && sl_agent_sends_hostname(a))
			rq.hostname = a->hostname;
		rq.usage = usage != NULL ? usage : ask->licenses;
		rq.n_usage = usage != NULL ? rec->n_counted : ask->n_licenses;
		r = sl_request_write(&open->content, &rq, &a->err);
	}
	if (r == 0)
		r = sl_sha256_hex(
		    a->env.crypto, open->content.data, open->content.len, open->sha256, &a->err);
	if (r == 0 && ask->token != NULL)
		r = sl_token_answer(
		    a->env.crypto, ask->token->secret, open->sha256, open->token_answer, &a->err);
	sl_wipe(proof, sizeof(proof));
	sl_buf_free(&csr);
	free(usage);
	return r;
}

int
sl_agent_make(struct smartlic_agent *a, struct sl_record *next, const struct sl_ask *ask)
{
	struct sl_open open = {
		.type = (int32_t)ask->type,
		.udi = next->udi,
		.since_ms = a->wall_ms,
		.floor_s = sl_clock_floor(&next->clock),
		.made_elapsed_ms = next->clock.elapsed_ms,
	};
	int r;

	if (ask->type != SL_MSG_REGISTER) {
		if (next->sequence >= SL_SEQUENCE_MAX)
			return sl_fail(&a->err, SMARTLIC_E_LIMIT,
			    "no sequence number is left for this instance; register anew");
		open.sequence = next->sequence + 1;
		memcpy(open.instance, next->current.instance, sizeof(open.instance));
	}
	memcpy(open.account, next->current.account, sizeof(open.account));
	r = sl_agent_uuid(a, open.request_id, &a->err);
	if (r == 0)
		r = write_content(a, next, &open, ask);
	if (r < 0) {
		sl_open_clear(&open);
		return r;
	}
	sl_agent_trace(a, "makes the request %s %s", sl_msg_type_name(ask->type), open.request_id);
	next->open = open;
	sl_usage_sent(&next->usage, open.last_n);
	if (ask->type != SL_MSG_REGISTER)
		next->sequence = open.sequence;
	sl_timer_arm(&next->timers, SL_TIMER_SEND, sl_agent_now(a), 0);
	return 0;
}

/* ---- sending ---------------------------------------------------------------------------- */

void
sl_agent_unsend(struct smartlic_agent *a)
{
	if (a->in_flight && a->tp != NULL)
		a->ops->cancel(a->tp);
	a->in_flight = 0;
	a->sends = 0;
	a->embed = 0;
	a->use_previous = 0;
}

void
sl_agent_close_transport(struct smartlic_agent *a)
{
	int retry = a->in_flight;

	sl_agent_unsend(a);
	a->embed = retry;
	if (a->tp != NULL)
		a->ops->close(a->tp);
	a->tp = NULL;
	a->talked = 0;
}

static int64_t
host_mono_ms(void *ctx)
{
	return sl_agent_mono_ms(ctx);
}

static void
host_log(void *ctx, int level, const char *text)
{
	struct smartlic_agent *a = ctx;

	sl_agent_trace_transport(a, level, text);
	/* another process is asked why an answer was not taken, or has not come */
	if ((level < SMARTLIC_LOG_DEBUG || sl_agent_is_deferred(a)) && !a->read_only)
		a->dirty = 1;
}

/* As they are configured, and the roots that answers brought. */
static void
write_anchors(const struct smartlic_agent *a, struct sl_buf *ret)
{
	size_t n = a->trust != NULL ? sl_trust_anchors(a->trust) : 0, len;
	const void *der;

	if (a->anchors == NULL)
		return;
	if (a->rec.roots.n == 0) {
		sl_buf_add(ret, a->anchors, a->anchors_len);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		der = sl_cert_der(sl_trust_anchor(a->trust, i), &len);
		sl_pem_write(ret, "CERTIFICATE", der, len);
	}
}

int
sl_agent_open_transport(struct smartlic_agent *a, void **ret, char *text, size_t cap)
{
	struct smartlic_option *options;
	struct sl_buf pem = { 0 };
	size_t n = a->options.n;
	int r;

	options = calloc(n + 1, sizeof(*options));
	if (options == NULL)
		return sl_nomem(&a->err);
	if (n > 0)
		memcpy(options, a->options.item, n * sizeof(*options));
	write_anchors(a, &pem);
	if (pem.failed) {
		free(options);
		sl_buf_free(&pem);
		return sl_nomem(&a->err);
	}
	if (pem.len > 0)
		options[n++] = (struct smartlic_option){
			.key = "trust-anchor-pem", .value = pem.data, .len = pem.len
		};
	a->host = (struct smartlic_host){
		.size = sizeof(a->host), .ctx = a, .mono_ms = host_mono_ms, .log = host_log
	};
	r = a->ops->open(ret, &a->host, options, n, text, cap);
	text[cap - 1] = '\0';
	if (r > 0) /* no code: nothing was made */
		r = SMARTLIC_E_TRANSPORT;
	free(options);
	sl_buf_free(&pem);
	return r == SMARTLIC_E_NOMEM ? sl_nomem(&a->err) : r;
}

/* 0: it is open; 1: it could not be, and the failure is recorded; < 0 */
static int
open_transport(struct smartlic_agent *a)
{
	char text[sizeof(((struct smartlic_outcome *)0)->text)] = "";
	int r;

	/* what it checks TLS by is a copy of before */
	if (a->transport_stale)
		sl_agent_close_transport(a);
	a->transport_stale = 0;
	if (a->tp != NULL)
		return 0;
	r = sl_agent_open_transport(a, &a->tp, text, sizeof(text));
	if (r == SMARTLIC_E_NOMEM)
		return r;
	if (r < 0) {
		a->tp = NULL;
		r = sl_agent_comm_failed(a, SMARTLIC_E_TRANSPORT, text, -1);
		return r < 0 ? r : 1;
	}
	return 0;
}

/* The bytes that go out now, and whether they bear certificates. */
static int
make_message(struct smartlic_agent *a, struct sl_buf *ret)
{
	const struct sl_open *open = &a->rec.open;

	if (open->type == SL_MSG_DEREGISTER) {
		a->embedded = 1;
		sl_buf_add(ret, open->content.data, open->content.len);
		return ret->failed ? sl_nomem(&a->err) : 0;
	}
	a->embedded = open->type == SL_MSG_REGISTER || !a->talked || a->sends > 0 || a->embed ||
		      sl_agent_is_deferred(a) || (a->ops->flags & SMARTLIC_TRANSPORT_MANY) != 0;
	return sl_agent_sign(a, &a->rec, a->use_previous, a->embedded, ret);
}

/* The floor is in the store before anything leaves. */
static int
store_before(struct smartlic_agent *a)
{
	struct sl_record next;

	sl_agent_begin(a, &next);
	if (next.open.type == SL_MSG_REGISTER)
		sl_agent_feed(a, &next, SL_REG_REGISTER, "");
	if (next.open.type == SL_MSG_RENEW_ID)
		sl_agent_feed(a, &next, SL_REG_RENEW, "");
	if (next.registration == a->rec.registration && !a->dirty &&
	    a->stored_floor_s == sl_clock_floor(&a->rec.clock))
		return 0;
	return sl_agent_commit(a, &next, 0);
}

int
sl_agent_send(struct smartlic_agent *a)
{
	const struct sl_open *open = &a->rec.open;
	struct sl_buf bytes = { 0 }, lists = { 0 };
	struct smartlic_message m;
	int r;

	r = store_before(a);
	if (r == 0)
		r = open_transport(a);
	if (r != 0)
		return r;
	r = make_message(a, &bytes);
	for (size_t i = 0; i < a->rec.crls.n; i++)
		sl_buf_add(&lists, a->rec.crls.item[i].data, a->rec.crls.item[i].len);
	if (r == 0 && lists.failed)
		r = sl_nomem(&a->err);
	if (r < 0)
		goto out;
	m = (struct smartlic_message){
		.size = sizeof(m),
		.type = sl_msg_type_name((enum sl_msg_type)open->type),
		.request_id = open->request_id,
		.pid = open->udi.pid,
		.sn = open->udi.sn,
		.uuid = open->udi.uuid,
		.sequence = open->sequence,
		.floor_ms = sl_clock_floor(&a->rec.clock) * 1000,
		.body = bytes.data,
		.len = bytes.len,
		.lists = lists.data,
		.lists_len = lists.len,
	};
	sl_agent_trace_call_home(a, "sends %s %s, sequence %" PRId64 ", %zu bytes", m.type,
	    m.request_id, m.sequence, m.len);
	r = a->ops->submit(a->tp, &m);
	if (r < 0) {
		r = r == SMARTLIC_E_NOMEM ? sl_nomem(&a->err)
					  : sl_agent_comm_failed(a, SMARTLIC_E_TRANSPORT,
						"the transport did not take the request", -1);
		goto out;
	}
	a->in_flight = 1;
	a->sent_ms = a->mono_ms;
	a->sends++;
	/* register bears a certificate of its own */
	if (a->rec.open.type != SL_MSG_REGISTER)
		a->talked = 1;
	r = 1;
out:
	sl_buf_free(&lists);
	sl_buf_free(&bytes);
	return r;
}
