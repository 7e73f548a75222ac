/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "pki/roll.h"

/*
 * What one message of a synchronisation leaves for the next: it is found in the ledger and in the
 * folder as well, but at a price.  Each is used only while it is what would be found there.
 */

struct sync_kept *
sync_kept(struct authority *a)
{
	if (a->sync == NULL)
		a->sync = calloc(1, sizeof(*a->sync));
	return a->sync;
}

void
authority_set_threads(struct authority *a, size_t n)
{
	a->threads = n < 1 ? 1 : n > PARALLEL_MAX ? PARALLEL_MAX : n;
}

int
sync_looked(const struct authority *a, int64_t now_s)
{
	const struct sync_kept *kept = a->sync;

	return kept != NULL && kept->looked_reads == pki_reads(a->pki) && now_s >= kept->looked_s &&
	       now_s - kept->looked_s < SYNC_LOOK_S;
}

void
sync_look(struct authority *a, int64_t now_s)
{
	struct sync_kept *kept = sync_kept(a);

	if (kept == NULL)
		return;
	kept->looked_s = now_s;
	kept->looked_reads = pki_reads(a->pki);
}

static void
forget_trust(struct sync_trust *t)
{
	for (size_t i = 0; i < PARALLEL_MAX; i++) {
		sl_trust_free(t->trust[i]);
		t->trust[i] = NULL;
	}
	sl_buf_free(&t->of);
}

void
sync_kept_free(struct sync_kept *kept)
{
	if (kept == NULL)
		return;
	sync_rows_release(&kept->ahead);
	forget_trust(&kept->answers);
	forget_trust(&kept->rows);
	free(kept);
}

/* Is it of these bytes?  Otherwise it is empty afterwards, and of them. */
static int
is_of(struct sync_trust *t, const struct sl_buf *of, struct smartlic_error *err)
{
	if (t->of.len == of->len && of->len > 0 && memcmp(t->of.data, of->data, of->len) == 0)
		return 1;
	forget_trust(t);
	sl_buf_add(&t->of, of->data, of->len);
	return t->of.failed ? sl_nomem(err) : 0;
}

/* ---- the upstream's answers ----------------------------------------------- */

int
sync_trust_answers(struct authority *a, struct sl_trust **ret, struct smartlic_error *err)
{
	struct sync_kept *kept = sync_kept(a);
	struct sl_buf pem = { 0 };
	struct sync_trust *t;
	int r = kept == NULL ? sl_nomem(err) : pki_anchors(a->pki, 0, &pem, err);

	if (r < 0)
		return r;
	t = &kept->answers;
	r = is_of(t, &pem, err);
	if (r == 0) {
		r = sl_trust_new(&t->trust[0], a->crypto, err);
		if (r == 0)
			r = sl_trust_add_anchors(t->trust[0], pem.data, pem.len, err);
	}
	sl_buf_free(&pem);
	if (r < 0)
		forget_trust(t);
	else
		*ret = t->trust[0];
	return r < 0 ? r : 0;
}

void
sync_distrust_answers(struct authority *a)
{
	if (a->sync != NULL)
		forget_trust(&a->sync->answers);
}

/* ---- the rows of satellites ----------------------------------------------- */

static int
add_ca(void *ud, const void *der, size_t len)
{
	struct sl_buf *of = ud;

	sl_buf_add(of, &len, sizeof(len));
	sl_buf_add(of, der, len);
	return of->failed ? SMARTLIC_E_NOMEM : 0;
}

/* Below the authority's own CAs stand those of the satellites. */
static int
fill(struct authority *a, struct sl_trust *trust, const struct sl_buf *of, size_t at,
    struct smartlic_error *err)
{
	struct sl_cert *cert;
	size_t len;
	int r = authority_fill_trust(a, trust, err);

	while (r == 0 && at < of->len) {
		memcpy(&len, of->data + at, sizeof(len));
		at += sizeof(len);
		cert = NULL;
		if (sl_cert_parse(&cert, a->crypto, of->data + at, len, NULL) == 0)
			(void)sl_trust_add_cert(trust, cert, NULL);
		sl_cert_unref(cert);
		at += len;
	}
	return r;
}

int
sync_trust_rows(struct authority *a, struct sl_trust *const **ret, struct smartlic_error *err)
{
	struct sync_kept *kept = sync_kept(a);
	const unsigned int made_of[] = { pki_reads(a->pki), (unsigned int)a->threads };
	struct sl_buf of = { 0 };
	struct sync_trust *t;
	int r;

	if (kept == NULL)
		return sl_nomem(err);
	t = &kept->rows;
	sl_buf_add(&of, made_of, sizeof(made_of));
	r = ledger_satellite_each_ca(a->ledger, add_ca, &of, err);
	if (of.failed)
		r = sl_nomem(err);
	if (r == 0)
		r = is_of(t, &of, err);
	/* one for each thread: a trust remembers what it has verified */
	for (size_t i = 0; r == 0 && i < a->threads; i++) {
		r = sl_trust_new(&t->trust[i], a->crypto, err);
		if (r == 0)
			r = fill(a, t->trust[i], &of, sizeof(made_of), err);
	}
	sl_buf_free(&of);
	if (r < 0)
		forget_trust(t);
	else
		*ret = t->trust;
	return r < 0 ? r : 0;
}
