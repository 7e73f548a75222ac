/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "agent.h"
#include "envelope.h"

/* The envelope of a request: with which key it is signed, and which certificates it bears. */

/* ---- the key, kept ---------------------------------------------------------------------- */

void
sl_agent_drop_key(struct smartlic_agent *a)
{
	sl_key_free(a->kept_key);
	a->kept_key = NULL;
	sl_buf_free(&a->kept_der);
}

static int
is_kept(const struct smartlic_agent *a, const struct sl_buf *der)
{
	return a->kept_key != NULL && a->kept_der.len == der->len &&
	       memcmp(a->kept_der.data, der->data, der->len) == 0;
}

void
sl_agent_check_key(struct smartlic_agent *a)
{
	if (!is_kept(a, &a->rec.current.key) && !is_kept(a, &a->rec.previous.key))
		sl_agent_drop_key(a);
}

/* Borrowed until another one is asked for. */
static int
identity_key(struct smartlic_agent *a, const struct sl_buf *der, struct sl_key **ret)
{
	int r = 0;

	if (!is_kept(a, der)) {
		sl_agent_drop_key(a);
		sl_buf_add(&a->kept_der, der->data, der->len);
		r = a->kept_der.failed ? sl_nomem(&a->err)
				       : sl_key_read(&a->kept_key, a->env.crypto, der->data,
					     der->len, &a->err);
	}
	if (r < 0)
		sl_agent_drop_key(a);
	*ret = a->kept_key;
	return r;
}

/* ---- signing ---------------------------------------------------------------------------- */

struct signer {
	struct sl_key *key; /* borrowed */
	struct sl_key *own;
	struct sl_cert *cert[SL_CHAIN_MAX]; /* leaf first */
	size_t n;
};

static void
signer_release(struct signer *s)
{
	sl_key_free(s->own);
	for (size_t i = 0; i < s->n; i++)
		sl_cert_unref(s->cert[i]);
	*s = (struct signer){ 0 };
}

/* Certificates are read only to be embedded: a request is signed with the key alone. */
static int
signer_read(struct smartlic_agent *a, const struct sl_identity *id, int embed, struct signer *ret)
{
	size_t n = embed ? id->certs.n : 0;
	int r;

	r = identity_key(a, &id->key, &ret->key);
	for (size_t i = 0; i < n && i < SL_CHAIN_MAX && r == 0; i++) {
		const struct sl_buf *der = &id->certs.item[i];

		r = sl_cert_parse(&ret->cert[i], a->env.crypto, der->data, der->len, &a->err);
		if (r == 0)
			ret->n++;
	}
	return r;
}

/* register's key has no certificate yet: it signs under one of its own */
static int
signer_self(struct smartlic_agent *a, const struct sl_open *open, struct signer *ret)
{
	int r;

	r = sl_key_read(&ret->own, a->env.crypto, open->key.data, open->key.len, &a->err);
	ret->key = ret->own;
	if (r == 0)
		r = sl_cert_self(&ret->cert[0], a->env.crypto, ret->key, &open->udi,
		    sl_clock_floor(&a->rec.clock), &a->err);
	if (r == 0)
		ret->n = 1;
	return r;
}

int
sl_agent_sign(struct smartlic_agent *a, const struct sl_record *rec, int previous, int embed,
    struct sl_buf *ret)
{
	const struct sl_open *open = &rec->open;
	struct signer s = { 0 };
	int r;

	if (open->type == SL_MSG_REGISTER)
		r = signer_self(a, open, &s);
	else
		r = signer_read(a, previous ? &rec->previous : &rec->current, embed, &s);
	if (r == 0)
		r = sl_envelope_sign(ret, a->env.crypto, s.key, s.cert[0], s.cert, embed ? s.n : 0,
		    NULL, 0, open->content.data, open->content.len, &a->err);
	signer_release(&s);
	return r;
}
