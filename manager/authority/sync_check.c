/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/parallel.h"
#include "authority/sync.h"
#include "text.h"

/*
 * The rows of a satellite's message, before the ledger is locked.  Most of it is work of the
 * processor that needs the row alone: reading it, and verifying a certificate and a device's
 * request.  So that is done for all of them by several threads, before and after the ledger is
 * asked which keys it knows.
 */

#define REFUSED_MAX 50 /* told in one answer */

int
sync_refuse(json_t *refused, const char *instance, const char *why)
{
	if (json_array_size(refused) >= REFUSED_MAX)
		return 0;
	return json_array_append_new(
		   refused, json_pack("{s:s,s:s}", "instance", instance, "why", why)) != 0
		   ? SMARTLIC_E_NOMEM
		   : 0;
}

static const char bad_key[] =
    "one of its keys is certified by nobody of this account, or another's";

/* ---- with the row alone, by any thread ------------------------------------ */

struct work {
	const struct sync_checking *how;
	struct sl_trust *const *trust; /* one for each thread */
	struct sync_candidate *rows;
};

/* Its text is read here, where it was cut out of the message's. */
static int
find_row(const struct sync_checking *how, size_t i, struct sync_candidate *c)
{
	const struct sl_der *text;

	if (how->split == NULL) {
		c->obj = json_incref(json_array_get(how->list, i));
		return 0;
	}
	text = &how->split->rows[i];
	return sl_json_load(&c->obj, text->data, text->len, SL_CONTENT_MAX, &c->err);
}

static void
read_row(void *ud, size_t thread, size_t i)
{
	const struct work *w = ud;
	struct sync_candidate *c = &w->rows[i];

	(void)thread;
	c->r = find_row(w->how, i, c);
	if (c->r == 0)
		c->r = sync_row_read(&c->row, w->how->a->crypto, c->obj, &c->err);
}

/* A key that is not known here as this instance's must be certified by a home of this account.  1
 * or 0. */
static int
is_certified(struct sl_trust *trust, struct sl_cert *cert, struct smartlic_error *err)
{
	struct sl_chain chain = { 0 };
	int r = sl_trust_chain(trust, cert, NULL, 0, SL_ROLE_DEVICE, &chain, err);

	if (r == SMARTLIC_E_NOMEM)
		return r;
	if (r == 0)
		sl_chain_release(&chain);
	return r == 0;
}

/* Was the request that came along signed by a key of the instance, and is it of the instance?  1,
 * 0, or < 0. */
static int
evidence_is_good(struct smartlic_crypto *crypto, struct sync_row *in, struct smartlic_error *err)
{
	struct sl_envelope *envelope = NULL;
	struct sl_cert *cert = NULL;
	struct request q = { .denial = SL_DENIED_NONE };
	const void *content;
	char ski[LEDGER_SKI_HEX];
	size_t len;
	int r;

	r = sl_envelope_open(&envelope, crypto, in->evidence.data, in->evidence.len, err);
	if (r < 0)
		return r == SMARTLIC_E_NOMEM ? r : 0;
	sl_hex(ski, sl_envelope_ski(envelope), SL_SKI_LEN);
	for (size_t i = 0; i < in->n_keys; i++)
		if (strcmp(in->keys[i].key.ski, ski) == 0)
			cert = in->keys[i].cert;
	r = cert == NULL ? SMARTLIC_E_SIGNATURE
			 : sl_envelope_verify(envelope, cert, &content, &len, err);
	if (r == 0)
		r = request_read(&q, content, len, err);
	if (r == 0 && q.type != SL_MSG_REGISTER)
		r = strcmp(q.instance, in->row.instance) == 0 && q.sequence <= in->row.sequence
			? 0
			: SMARTLIC_E_SIGNATURE;
	if (r == 0 && q.type != SL_MSG_REGISTER)
		in->proven = q.sequence;
	request_release(&q);
	sl_envelope_free(envelope);
	return r == SMARTLIC_E_NOMEM ? r : r == 0;
}

static void
prove_row(void *ud, size_t thread, size_t i)
{
	const struct work *w = ud;
	struct sync_candidate *c = &w->rows[i];
	int r = 1;

	if (c->r < 0 || c->why != NULL)
		return;
	for (size_t k = 0; r == 1 && k < c->row.n_keys; k++)
		if (c->uncertified & 1U << k)
			r = is_certified(w->trust[thread], c->row.keys[k].cert, &c->err);
	if (r == 0)
		c->why = bad_key;
	if (r == 1 && c->row.evidence.len > 0) {
		r = evidence_is_good(w->how->a->crypto, &c->row, &c->err);
		if (r == 0)
			c->why = "the request that is to prove it is not this instance's";
	}
	c->r = r < 0 ? r : 0;
}

/* ---- with the ledger ------------------------------------------------------ */

/* A key that is another instance's may come where one of the two was never used: a registration
 * that was repeated after a ledger was restored.  1 or 0. */
static int
may_share(const struct sync_checking *how, const struct sync_row *in, const char *holder,
    struct smartlic_error *err)
{
	struct ledger_row row;
	int r = ledger_row_get(how->a->ledger, holder, &row, err);

	if (r <= 0)
		return r;
	return in->row.sequence == 0 || (row.state != LEDGER_LIVE && row.sequence == 0);
}

/* Is it known here as this instance's (1), another's (0), or has it to be certified (2)? */
static int
look_up_key(const struct sync_checking *how, const struct sync_row *in, size_t k,
    struct smartlic_error *err)
{
	const struct sl_cert *cert = in->keys[k].cert;
	struct ledger *l = how->a->ledger;
	struct ledger_key known;
	int r = ledger_key_get(l, in->keys[k].key.ski, &known, NULL, err);

	if (r == 1 && strcmp(known.instance, sl_cert_cn(cert)) == 0)
		return 1;
	if (r == 1 && (r = may_share(how, in, known.instance, err)) == 0)
		return 0;
	if (r < 0)
		return r;
	return strcmp(sl_cert_o(cert), ledger_info(l)->account) != 0 ? 0 : 2;
}

/* Why it is refused, so far, and which of its keys are to be certified. */
static int
look_up(const struct sync_checking *how, struct sync_candidate *c, struct smartlic_error *err)
{
	char name[LEDGER_NAME_SIZE] = "";
	struct sync_row *in = &c->row;
	int r = ledger_va_satellite(how->a->ledger, in->row.va, name, err);

	if (r < 0)
		return r;
	if (r == 0 || strcmp(name, how->sat->name) != 0 ||
	    strcmp(in->row.home, how->sat->home) != 0) {
		c->why = "its virtual account is not one of this satellite's";
		return 0;
	}
	if (instance_is_ahead(in->row.instance, how->now_s)) {
		c->why = "its id is of a time that is more than a year ahead";
		return 0;
	}
	for (size_t k = 0; k < in->n_keys; k++) {
		r = look_up_key(how, in, k, err);
		if (r < 0)
			return r;
		if (r == 0)
			c->why = bad_key;
		if (r == 2)
			c->uncertified |= 1U << k;
	}
	/* its key is another instance's since, which its device uses: there is nothing to prove by
	 */
	if (in->n_keys == 0)
		sl_buf_free(&in->evidence);
	return 0;
}

/* A satellite that was never told of an instance has from the device itself what it proves: the
 * last request, or an earlier one if it closed it in a time that this ledger has lost.  1 or 0. */
static int
is_first_hand(const struct sync_checking *how, const struct sync_row *in,
    const struct ledger_row *have, struct smartlic_error *err)
{
	char token[2 * SL_TOKEN_ID_LEN + 1];
	int r;

	if (in->proven == 0)
		return 0;
	r = ledger_change_is_after(how->a->ledger, how->sat->home, in->row.instance, 0, err);
	if (r != 0)
		return r < 0 ? r : 0;
	if (in->proven == have->sequence)
		return 1;
	return in->row.state == LEDGER_CLOSED
		   ? ledger_gap_has(how->a->ledger, in->row.closed_s, token, err)
		   : 0;
}

/* Who takes what is at home elsewhere must show that the device came.  It may close it as long as
 * it has not been told that it left: then it closed what was its own. */
static int
check_move(const struct sync_checking *how, const struct sync_row *in, const char **ret,
    struct smartlic_error *err)
{
	struct ledger *l = how->a->ledger;
	struct ledger_row have;
	int closes = in->row.state == LEDGER_CLOSED;
	int r = ledger_row_get(l, in->row.instance, &have, err);

	if (r <= 0 || strcmp(have.home, how->sat->home) == 0 || have.state == LEDGER_CLOSED ||
	    in->proven > have.sequence || (!closes && in->row.sequence <= have.sequence))
		return r < 0 ? r : 0;
	r = closes ? ledger_change_is_after(l, how->sat->home, in->row.instance, how->cursor, err)
		   : 0;
	if (r == 0)
		r = is_first_hand(how, in, &have, err);
	if (r == 0)
		*ret = "it is at home elsewhere, and no later request of the device's proves that "
		       "it moved";
	return r < 0 ? r : 0;
}

/* What became of it: into the list of those refused, or it may be applied. */
static int
conclude(const struct sync_checking *how, struct sync_candidate *c, json_t *refused,
    struct smartlic_error *err)
{
	const char *instance = c->row.row.instance[0] != '\0' ? c->row.row.instance : "unnamed";
	int r = 0;

	if (c->r == SMARTLIC_E_NOMEM)
		return sl_nomem(err);
	if (c->r < 0)
		c->why = c->err.text;
	if (c->why == NULL)
		r = check_move(how, &c->row, &c->why, err);
	if (r < 0 || c->why == NULL)
		return r;
	c->refused = 1;
	return sync_refuse(refused, instance, c->why);
}

static void
release(void *ud, size_t thread, size_t i)
{
	struct sync_candidate *rows = ud;

	(void)thread;
	sync_row_release(&rows[i].row);
	json_decref(rows[i].obj);
}

void
sync_candidates_free(struct authority *a, struct sync_candidate *rows, size_t n)
{
	parallel(a->threads, n, release, rows);
	free(rows);
}

static int
check_rows(const struct sync_checking *how, struct sync_candidate *rows, size_t n, json_t *refused,
    struct smartlic_error *err)
{
	struct work work = { .how = how, .rows = rows };
	int r = sync_trust_rows(how->a, &work.trust, err);

	if (r < 0)
		return r;
	parallel(how->a->threads, n, read_row, &work);
	for (size_t i = 0; r == 0 && i < n; i++) {
		/* the message as a whole is none, then */
		if (rows[i].obj == NULL && rows[i].r == SMARTLIC_E_JSON)
			r = sl_fail(
			    err, SMARTLIC_E_JSON, "body.rows[%zu]: %s", i, rows[i].err.text);
		else if (rows[i].r == 0)
			r = look_up(how, &rows[i], err);
	}
	if (r == 0)
		parallel(how->a->threads, n, prove_row, &work);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = conclude(how, &rows[i], refused, err);
	return r;
}

int
sync_check_rows(const struct sync_checking *how, struct sync_candidate **ret, size_t *ret_n,
    json_t *refused, struct smartlic_error *err)
{
	size_t n = how->split != NULL ? how->split->n : json_array_size(how->list);
	struct sync_candidate *rows;
	int r;

	if (n > SYNC_ROWS_MAX)
		return sl_fail(err, SMARTLIC_E_JSON, "body.rows: at most %d", SYNC_ROWS_MAX);
	rows = calloc(n + 1, sizeof(*rows));
	if (rows == NULL)
		return sl_nomem(err);
	r = check_rows(how, rows, n, refused, err);
	if (r < 0) {
		sync_candidates_free(how->a, rows, n);
		return r;
	}
	*ret = rows;
	*ret_n = n;
	return 0;
}
