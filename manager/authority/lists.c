/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>

#include "authority/authority_impl.h"
#include "ledger/satellites.h"
#include "pki/satellite.h"

/* A certificate stays on a list until one was made past its end (RFC 5280, 3.3): they are made
 * daily, but by an authority that runs. */
#define AFTER_END_S (30 * DAY_S)
/* More make a list that no answer could carry; a revoked one that is not named is still refused
 * here, by the ledger (doc/decisions/revocation.md). */
#define NAMED_MAX 8000

static const char *const issuer_names[] = { [PKI_ROOT] = "root",
	[PKI_ISSUING] = "issuing",
	[PKI_SATELLITES] = "satellites" };

/* Makes a list and keeps it.  The caller has no transaction open. */
static int
make_list(struct authority *a, enum pki_issuer issuer, int64_t last_number, int64_t now_s,
    struct sl_buf *ret, struct smartlic_error *err)
{
	struct pki_revoked *revoked = NULL;
	struct sl_buf der = { 0 };
	struct ledger_crl crl = { .made_s = now_s };
	size_t n = 0;
	int r = 0;

	/* the root issued no device's certificate */
	if (issuer == PKI_ISSUING) {
		/* counted first: what is revoked in between makes another list, not none */
		crl.revoked = ledger_revoked_count(a->ledger, err);
		r = crl.revoked < 0 ? (int)crl.revoked
				    : ledger_revoked(a->ledger, now_s - AFTER_END_S, NAMED_MAX,
					  &revoked, &n, err);
	}
	a->lists[issuer].read_s = DB_NULL_INT;
	if (issuer == PKI_SATELLITES) {
		r = ledger_satellites_revoked(a->ledger, &revoked, &n, err);
		crl.revoked = (int64_t)n;
	}
	crl.number = now_s > last_number ? now_s : last_number + 1;
	if (r == 0)
		r = pki_crl_new(a->pki, issuer, crl.number, revoked, n, now_s, &der, err);
	if (r == 0)
		r = ledger_crl_put(a->ledger, issuer_names[issuer], &crl, der.data, der.len, err);
	if (r == 0 && ret != NULL) {
		sl_buf_add(ret, der.data, der.len);
		r = ret->failed ? sl_nomem(err) : 0;
	}
	sl_buf_free(&der);
	free(revoked);
	return r;
}

int
current_list(struct authority *a, enum pki_issuer issuer, int64_t now_s, struct sl_buf *ret,
    struct smartlic_error *err)
{
	struct ledger_crl crl = { .number = 0 };
	struct sl_buf *kept = &a->lists[issuer].list;
	int r;

	/* it changes once a day, and is asked for thousands of times a second */
	if (a->lists[issuer].read_s == now_s) {
		sl_buf_add(ret, kept->data, kept->len);
		return ret->failed ? sl_nomem(err) : 0;
	}
	sl_buf_free(kept);
	r = ledger_crl_get(a->ledger, issuer_names[issuer], &crl, kept, err);
	if (r < 0)
		return r;
	if (r == 0 || now_s - crl.made_s >= DAY_S) {
		/* an answer without a new list is better than none: the root may be offline, the
		 * ledger busy */
		if (make_list(a, issuer, crl.number, now_s, ret, err) == 0 || kept->len == 0)
			return ret->failed ? sl_nomem(err) : 0;
	} else {
		a->lists[issuer].read_s = now_s;
	}
	sl_buf_add(ret, kept->data, kept->len);
	return ret->failed ? sl_nomem(err) : 0;
}

static int
daily(struct authority *a, enum pki_issuer issuer, int64_t revoked, int64_t now_s,
    struct smartlic_error *err)
{
	struct ledger_crl crl = { .number = 0 };
	int r;

	r = ledger_crl_get(a->ledger, issuer_names[issuer], &crl, NULL, err);
	if (r < 0)
		return r;
	if (r == 1 && now_s - crl.made_s < DAY_S && crl.revoked == revoked)
		return 0;
	return make_list(a, issuer, crl.number, now_s, NULL, err);
}

static int
daily_satellites(struct authority *a, int64_t now_s, struct smartlic_error *err)
{
	struct pki_revoked *revoked = NULL;
	size_t n = 0;
	int r;

	if (pki_satellites(a->pki) == NULL)
		return 0;
	r = ledger_satellites_revoked(a->ledger, &revoked, &n, err);
	free(revoked);
	if (r == 0)
		r = daily(a, PKI_SATELLITES, (int64_t)n, now_s, err);
	return r;
}

/* Alerts first: that the root is away, so that its list cannot be made, must not hide them. */
int
authority_daily(struct authority *a, int64_t now_s, struct smartlic_error *err)
{
	int64_t revoked;
	int r;

	r = ledger_release_all_overdue(a->ledger, now_s, err);
	if (r == 0)
		r = ledger_release_all_ended(a->ledger, now_s, err);
	if (r == 0)
		r = ledger_watch(a->ledger, now_s, err);
	if (r == 0)
		r = ledger_satellites_watch(a->ledger, now_s, err);
	if (r == 0)
		r = watch_ends(a, now_s, err);
	if (r < 0)
		return r;
	revoked = ledger_revoked_count(a->ledger, err);
	if (revoked < 0)
		return (int)revoked;
	r = daily(a, PKI_ISSUING, revoked, now_s, err);
	/* a satellite has these from its upstream */
	if (r < 0 || pki_is_satellite(a->pki))
		return r;
	r = daily_satellites(a, now_s, err);
	return r < 0 ? r : daily(a, PKI_ROOT, 0, now_s, err);
}
