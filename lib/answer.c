/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "answer.h"

/* What one check needs at every step. */
struct ctx {
	struct sl_answer *out;
	struct smartlic_crypto *crypto;
	const struct sl_trust *trust;
	const struct sl_expected *expected;
	struct smartlic_error *err;
};

static int
unbound(struct smartlic_error *err, const char *what)
{
	return sl_fail(err, SMARTLIC_E_BINDING, "the message answers something else: %s", what);
}

/* What is wrong with a certificate inside the content is a fault of the answer, whatever the code
 * it has where such a certificate signs; want of memory stays that. */
static int
unbound_by(struct smartlic_error *err, int r, const struct smartlic_error *why)
{
	if (r == SMARTLIC_E_NOMEM || r == SMARTLIC_E_CRYPTO)
		return sl_fail(err, r, "%s", why->text);
	return sl_fail(
	    err, SMARTLIC_E_BINDING, "the issued certificate is not taken: %s", why->text);
}

/* Chain and role; a key that is known is checked by the certificate that is known. */
static int
check_signer(struct ctx *c)
{
	const unsigned char *ski = sl_envelope_ski(c->out->envelope);
	struct sl_cert *signer = sl_trust_find(c->trust, ski);
	struct sl_cert *const *certs;
	size_t n;
	int r;

	if (signer == NULL)
		signer = sl_envelope_signer(c->out->envelope);
	if (signer == NULL)
		return sl_fail(c->err, SMARTLIC_E_CHAIN,
		    "the signer's certificate is neither known nor in the message; the next "
		    "attempt "
		    "asks for it");
	certs = sl_envelope_certs(c->out->envelope, &n);
	r = sl_trust_chain(c->trust, signer, certs, n, SL_ROLE_RESPONSE | SL_ROLE_SATELLITE,
	    &c->out->chain, c->err);
	if (r < 0)
		return r;
	/* of a registration the account is known only when the answer was read */
	if (c->expected->type == SL_MSG_REGISTER || sl_cert_roles(signer) != SL_ROLE_SATELLITE)
		return 0;
	if (c->expected->account[0] == '\0' || strcmp(sl_cert_o(signer), c->expected->account) != 0)
		return sl_fail(c->err, SMARTLIC_E_ROLE,
		    "the signer is a satellite of another account than this device's");
	return 0;
}

static int
same_udi(const struct sl_udi *a, const struct sl_udi *b)
{
	return strcmp(a->pid, b->pid) == 0 && strcmp(a->sn, b->sn) == 0 &&
	       strcmp(a->uuid, b->uuid) == 0;
}

/* The issued certificate and its chain: from the content, and what the envelope has of it too. */
static int
read_identity(struct ctx *c)
{
	const struct sl_reply *reply = c->out->reply;
	struct smartlic_error why = { 0 };
	struct sl_cert *const *embedded, **cert;
	size_t n = reply->n_certificates, n_embedded;
	int r = 0;

	embedded = sl_envelope_certs(c->out->envelope, &n_embedded);
	cert = calloc(n + n_embedded, sizeof(*cert));
	if (cert == NULL)
		return sl_nomem(c->err);
	for (size_t i = 0; i < n && r == 0; i++)
		r = sl_cert_parse(&cert[i], c->crypto, reply->certificates[i].data,
		    reply->certificates[i].len, &why);
	for (size_t i = 0; i < n_embedded; i++)
		cert[n + i] = sl_cert_ref(embedded[i]);
	if (r == 0)
		r = sl_trust_chain(c->trust, cert[0], cert + 1, n + n_embedded - 1, SL_ROLE_DEVICE,
		    &c->out->id_chain, &why);
	for (size_t i = 0; i < n + n_embedded; i++)
		sl_cert_unref(cert[i]);
	free(cert);
	return r < 0 ? unbound_by(c->err, r, &why) : 0;
}

static int
bind_identity(struct ctx *c)
{
	const struct sl_reply *reply = c->out->reply;
	const struct sl_expected *x = c->expected;
	char serial[SL_UDI_SERIAL_SIZE];
	const struct sl_cert *id;
	int r = read_identity(c);

	if (r < 0)
		return r;
	id = c->out->id_chain.cert[0];
	sl_udi_serial(serial, &x->udi);
	if (!sl_equal(sl_cert_ski(id), x->csr_ski, SL_SKI_LEN))
		return unbound(c->err, "the issued certificate holds another key than the CSR");
	if (strcmp(sl_cert_serial_number(id), serial) != 0)
		return unbound(c->err, "the issued certificate names another device");
	if (sl_cert_o(id)[0] == '\0' || strlen(sl_cert_o(id)) >= sizeof(x->account))
		return unbound(c->err, "the issued certificate names no account");
	if (x->type == SL_MSG_RENEW_ID) {
		if (strcmp(sl_cert_cn(id), x->instance) != 0 ||
		    strcmp(sl_cert_o(id), x->account) != 0)
			return unbound(
			    c->err, "the new certificate names another instance or account");
		return 0;
	}
	if (strcmp(sl_cert_cn(id), reply->body_instance) != 0)
		return unbound(c->err, "the issued certificate names another instance");
	/* what was read has all its digits, so an expected one that is empty is not equal */
	if (!sl_equal(reply->token_answer, x->token_answer, sizeof(x->token_answer)))
		return unbound(c->err, "whoever signed it does not know the token");
	if (sl_cert_roles(c->out->chain.cert[0]) == SL_ROLE_SATELLITE &&
	    strcmp(sl_cert_o(c->out->chain.cert[0]), sl_cert_o(id)) != 0)
		return unbound(c->err, "a satellite of another account issued the certificate");
	return 0;
}

/* An answer to something else may well be without it. */
static int
check_report(const struct sl_reply *reply, struct smartlic_error *err)
{
	if (reply->type == SL_MSG_REPORT && reply->status == SL_REPLY_OK && reply->acknowledged < 0)
		return sl_fail(err, SMARTLIC_E_JSON, "JSON member body.acknowledged is missing");
	return 0;
}

/* The code stands for our request and the end, and for nothing else. */
static int
bind_reservation(struct ctx *c)
{
	const struct sl_reply *reply = c->out->reply;
	char code[SL_CODE_SIZE];
	int r;

	r = sl_reservation_code(
	    c->crypto, c->expected->request_sha256, reply->authorization.deadline_s, code, c->err);
	if (r < 0)
		return r;
	if (strcmp(code, reply->code) != 0)
		return unbound(c->err, "a reservation whose code is another one");
	if (reply->authorization.status != SL_RESERVED)
		return unbound(c->err, "a reservation that is none");
	return 0;
}

static int
check_binding(struct ctx *c)
{
	const struct sl_reply *reply = c->out->reply;
	const struct sl_expected *x = c->expected;

	if (reply->request_sha256[0] == '\0') {
		c->out->advice = 1;
		return sl_fail(c->err, SMARTLIC_E_BINDING,
		    "the authority could not tell whose request it was: %s%s%s", reply->error.name,
		    reply->error.message[0] == '\0' ? "" : ", ", reply->error.message);
	}
	if (reply->type != x->type)
		return unbound(c->err, "another type of request");
	if (strcmp(reply->request_id, x->request_id) != 0)
		return unbound(c->err, "another request id");
	if (strcmp(reply->request_sha256, x->request_sha256) != 0)
		return unbound(c->err, "a request with another content");
	if (!same_udi(&reply->udi, &x->udi))
		return unbound(c->err, "another device's request");
	if (strcmp(reply->instance, x->instance) != 0)
		return unbound(c->err, "another instance's request");
	if (reply->status == SL_REPLY_OK &&
	    (x->type == SL_MSG_REGISTER || x->type == SL_MSG_RENEW_ID))
		return bind_identity(c);
	if (reply->status == SL_REPLY_OK && x->type == SL_MSG_RESERVE)
		return bind_reservation(c);
	return 0;
}

/* Every certificate of the message, the issued one too. */
static int
check_certificates(struct ctx *c, const struct sl_clock *clock, enum sl_revocation revocation)
{
	/* clock accept sets aside what is compared with the floor */
	int64_t floor_s = clock->accept ? SL_NO_TIME : sl_clock_floor(clock);
	struct sl_answer *out = c->out;
	int64_t at_s = out->reply->time_s;
	int tolerated = 0, r;

	r = sl_chain_validity(&out->chain, at_s, floor_s, c->err);
	if (r == 0 && out->id_chain.n > 0)
		r = sl_chain_validity(&out->id_chain, at_s, floor_s, c->err);
	if (r == 0)
		r = sl_trust_revocation(c->trust, &out->chain, out->crls, out->n_crls, at_s,
		    revocation, &out->revocation_tolerated, c->err);
	if (r == 0 && out->id_chain.n > 0) {
		r = sl_trust_revocation(c->trust, &out->id_chain, out->crls, out->n_crls, at_s,
		    revocation, &tolerated, c->err);
		out->revocation_tolerated |= tolerated;
	}
	return r;
}

int
sl_answer_check(struct sl_answer *ret, struct smartlic_crypto *crypto, const struct sl_trust *trust,
    const struct sl_clock *clock, enum sl_revocation revocation, const struct sl_expected *expected,
    const void *bytes, size_t len, struct smartlic_error *err)
{
	struct sl_answer out = { .reply = NULL };
	struct ctx c = { &out, crypto, trust, expected, err };
	const void *content;
	size_t content_len;
	int r;

	*ret = out;
	r = sl_envelope_open(&out.envelope, crypto, bytes, len, err);
	if (r < 0)
		goto out;
	out.crls = sl_envelope_crls(out.envelope, &out.n_crls);
	r = check_signer(&c);
	if (r < 0)
		goto out;
	r = sl_envelope_verify(out.envelope, out.chain.cert[0], &content, &content_len, err);
	if (r < 0)
		goto out;
	r = sl_reply_read(&out.reply, content, content_len, err);
	if (r < 0)
		goto out;
	r = check_binding(&c);
	if (r == 0)
		r = check_report(out.reply, err);
	if (r < 0)
		goto out;
	r = sl_clock_judge(clock, out.reply->time_s, expected->floor_s, err);
	if (r == 0)
		r = check_certificates(&c, clock, revocation);
out:
	if (r == 0 || out.advice) {
		*ret = out;
		return r;
	}
	sl_answer_release(&out);
	return r;
}

static int
remember_chain(struct sl_trust *trust, const struct sl_chain *chain, struct smartlic_error *err)
{
	int r = 0;

	/* the last one is the anchor */
	for (size_t i = 0; i + 1 < chain->n && r >= 0; i++)
		r = sl_trust_add_cert(trust, chain->cert[i], err);
	return r;
}

/* Who is to sign next goes along with answers ahead of its first: it is known by then. */
static int
remember_signers(const struct sl_answer *answer, struct sl_trust *trust, struct smartlic_error *err)
{
	struct sl_cert *const *certs;
	struct sl_chain chain;
	size_t n;
	int r = 0;

	certs = sl_envelope_certs(answer->envelope, &n);
	for (size_t i = 0; i < n && r >= 0; i++) {
		if (sl_cert_roles(certs[i]) != SL_ROLE_RESPONSE ||
		    sl_trust_find(trust, sl_cert_ski(certs[i])) != NULL)
			continue;
		r = sl_trust_chain(trust, certs[i], certs, n, SL_ROLE_RESPONSE, &chain, NULL);
		if (r == SMARTLIC_E_NOMEM)
			return sl_nomem(err);
		/* one that leads nowhere is nobody's loss */
		if (r == 0) {
			r = remember_chain(trust, &chain, err);
			sl_chain_release(&chain);
		} else {
			r = 0;
		}
	}
	return r;
}

int
sl_answer_apply(const struct sl_answer *answer, struct sl_trust *trust, struct sl_clock *clock,
    enum sl_clock_note *ret_note, struct smartlic_error *err)
{
	struct sl_cert *const *certs;
	size_t n;
	int r;

	r = remember_chain(trust, &answer->chain, err);
	if (r >= 0)
		r = remember_chain(trust, &answer->id_chain, err);
	if (r >= 0)
		r = remember_signers(answer, trust, err);
	if (r < 0)
		return r;
	certs = sl_envelope_certs(answer->envelope, &n);
	for (size_t i = 0; i < answer->n_crls; i++) {
		/* a list of an issuer that is out of reach is nobody's loss */
		r = sl_trust_add_crl(trust, answer->crls[i].data, answer->crls[i].len, certs, n,
		    clock->accept, NULL);
		if (r == SMARTLIC_E_NOMEM)
			return sl_nomem(err);
	}
	*ret_note = sl_clock_take(clock, answer->reply->time_s);
	return 0;
}

int
sl_answer_root(const struct sl_answer *answer, struct sl_trust *trust, struct sl_cert **ret_root,
    struct sl_cert **ret_cross, int *ret_new, struct smartlic_error *err)
{
	struct sl_cert *const *certs;
	size_t n;

	certs = sl_envelope_certs(answer->envelope, &n);
	return sl_trust_root_among(
	    trust, certs, n, answer->reply->time_s, ret_root, ret_cross, ret_new, err);
}

void
sl_answer_release(struct sl_answer *answer)
{
	sl_reply_free(answer->reply);
	sl_chain_release(&answer->chain);
	sl_chain_release(&answer->id_chain);
	sl_envelope_free(answer->envelope);
	*answer = (struct sl_answer){ .reply = NULL };
}
