/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "authority/authority_impl.h"
#include "authority/sync.h"
#include "crl.h"
#include "ledger/satellites.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "text.h"

/* A certificate stays on a list until one was made past its end (RFC 5280, 3.3): they are made
 * daily, but by an authority that runs. */
#define AFTER_END_S (30 * DAY_S)
/* More make a list that no answer could carry; a revoked one that is not named is still refused
 * here, by the ledger (doc/decisions/revocation.md). */
#define NAMED_MAX 8000

/* Whose list, and its name in the ledger. */
struct of {
	enum pki_issuer issuer;
	size_t slot; /* of the cache */
	const struct sl_cert *ca;
	char name[LIST_NAME_SIZE];
};

/* One CA follows another: each has its own. */
static void
name_list(char ret[LIST_NAME_SIZE], const char *what, const struct sl_cert *ca)
{
	char hex[17];

	sl_hex(hex, sl_cert_ski(ca), 8);
	(void)snprintf(ret, LIST_NAME_SIZE, "%s:%s", what, hex);
}

void
issuing_list_name(char ret[LIST_NAME_SIZE], const struct sl_cert *ca)
{
	name_list(ret, "issuing", ca);
}

void
root_list_name(char ret[LIST_NAME_SIZE], const struct sl_cert *ca)
{
	name_list(ret, "root", ca);
}

void
satellites_list_name(char ret[LIST_NAME_SIZE], const struct sl_cert *ca)
{
	name_list(ret, "satellites", ca);
}

static struct of
of_issuing(const struct sl_cert *ca)
{
	struct of of = { .issuer = PKI_ISSUING, .slot = PKI_ISSUING, .ca = ca };

	issuing_list_name(of.name, ca);
	return of;
}

static struct of
of_root(const struct authority *a, const struct sl_cert *ca)
{
	struct of of = { .issuer = PKI_ROOT, .ca = ca };

	of.slot = ca == pki_root(a->pki) ? (size_t)PKI_ROOT : AUTHORITY_LISTS - 1;
	/* a satellite has its upstream's, which it takes as they come: see early_list() */
	root_list_name(of.name, ca);
	return of;
}

static struct of
of_satellites(const struct authority *a, const struct sl_cert *ca)
{
	struct of of = { .issuer = PKI_SATELLITES, .slot = PKI_SATELLITES, .ca = ca };

	/* its upstream's, which it takes as they come */
	if (pki_is_satellite(a->pki))
		(void)sl_copy(of.name, sizeof(of.name), "satellites");
	else
		satellites_list_name(of.name, ca);
	return of;
}

static struct of
of_current(const struct authority *a, enum pki_issuer issuer)
{
	if (issuer == PKI_ISSUING)
		return of_issuing(pki_issuing(a->pki));
	if (issuer == PKI_SATELLITES)
		return of_satellites(a, pki_satellites(a->pki));
	return of_root(a, pki_root(a->pki));
}

/* One of that name, where it is this one's. */
static int
list_named(struct authority *a, const struct of *of, const char *name, struct ledger_crl *ret,
    struct sl_buf *ret_list, struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	struct ledger_crl early;
	struct sl_crl *list = NULL;
	int r = ledger_crl_get(a->ledger, name, &early, &der, err);

	if (r == 1 && sl_crl_parse(&list, a->crypto, der.data, der.len, NULL) == 0 &&
	    sl_crl_is_of(list, of->ca)) {
		*ret = early;
		if (ret_list != NULL)
			sl_buf_add(ret_list, der.data, der.len);
	} else if (r == 1) {
		r = 0;
	}
	sl_crl_unref(list);
	sl_buf_free(&der);
	return r == 1 && ret_list != NULL && ret_list->failed ? sl_nomem(err) : r;
}

/* Before there could be several its name was the issuer's alone; it may be this one's.  So are those
 * named that a satellite's upstream sends. */
static int
early_list(struct authority *a, const struct of *of, struct ledger_crl *ret,
    struct sl_buf *ret_list, struct smartlic_error *err)
{
	static const char *const names[] = {
		[PKI_ROOT] = "root", [PKI_ISSUING] = "issuing", [PKI_SATELLITES] = "satellites"
	};
	int r = list_named(a, of, names[of->issuer], ret, ret_list, err);

	return r == 0 && of->issuer == PKI_ROOT ? list_named(a, of, "former", ret, ret_list, err)
						: r;
}

/* The one that is kept; 1 found, 0 not. */
static int
kept_list(struct authority *a, const struct of *of, struct ledger_crl *ret, struct sl_buf *ret_list,
    struct smartlic_error *err)
{
	int r = ledger_crl_get(a->ledger, of->name, ret, ret_list, err);

	return r != 0 ? r : early_list(a, of, ret, ret_list, err);
}

int
upstream_revokes(struct authority *a, const struct sl_chain *chain, int64_t now_s,
    struct smartlic_error *err)
{
	struct sl_buf lists[SYNC_LISTS] = { { 0 } };
	struct sl_der ders[SYNC_LISTS];
	struct ledger_crl crl;
	int tolerated, r = 0;
	size_t n = 0;

	for (size_t i = 0; r >= 0 && i < SYNC_LISTS; i++) {
		r = ledger_crl_get(a->ledger, sync_lists[i], &crl, &lists[n], err);
		if (r == 1) {
			ders[n] = (struct sl_der){ lists[n].data, lists[n].len };
			n++;
		}
	}
	/* what is missing or stale is no reason to refuse a device: it may be the upstream's fault */
	if (r >= 0)
		r = sl_trust_revocation(
		    a->trust, chain, ders, n, now_s, SL_REVOCATION_OPTIONAL, &tolerated, err);
	for (size_t i = 0; i < SYNC_LISTS; i++)
		sl_buf_free(&lists[i]);
	return r == SMARTLIC_E_REVOCATION ? 1 : r;
}

/* Makes a list and keeps it.  The caller has no transaction open. */
static int
make_list(struct authority *a, const struct of *of, int64_t last_number, int64_t now_s,
    struct sl_buf *ret, struct smartlic_error *err)
{
	struct pki_revoked *revoked = NULL;
	struct sl_buf der = { 0 };
	struct ledger_crl crl = { .made_s = now_s };
	size_t n = 0;
	int r = 0;

	/* the root issued no device's certificate */
	if (of->issuer == PKI_ISSUING) {
		/* counted first: what is revoked in between makes another list, not none */
		crl.revoked = ledger_revoked_count(a->ledger, err);
		r = crl.revoked < 0 ? (int)crl.revoked
				    : ledger_revoked(a->ledger, now_s - AFTER_END_S, NAMED_MAX,
					  &revoked, &n, err);
	}
	a->lists[of->slot].read_s = DB_NULL_INT;
	if (of->issuer == PKI_SATELLITES) {
		r = ledger_satellites_revoked(a->ledger, &revoked, &n, err);
		crl.revoked = (int64_t)n;
	}
	crl.number = now_s > last_number ? now_s : last_number + 1;
	if (r == 0)
		r = pki_crl_new_by(a->pki, of->ca, crl.number, revoked, n, now_s, &der, err);
	if (r == 0)
		r = ledger_crl_put(a->ledger, of->name, &crl, der.data, der.len, err);
	if (r == 0 && ret != NULL) {
		sl_buf_add(ret, der.data, der.len);
		r = ret->failed ? sl_nomem(err) : 0;
	}
	sl_buf_free(&der);
	free(revoked);
	return r;
}

static int
list_of(struct authority *a, const struct of *of, int64_t now_s, struct sl_buf *ret,
    struct smartlic_error *err)
{
	struct ledger_crl crl = { .number = 0 };
	struct sl_buf *kept = &a->lists[of->slot].list;
	int r;

	/* it changes once a day, and is asked for thousands of times a second */
	if (a->lists[of->slot].read_s == now_s && a->lists[of->slot].ca == of->ca) {
		sl_buf_add(ret, kept->data, kept->len);
		return ret->failed ? sl_nomem(err) : 0;
	}
	sl_buf_free(kept);
	a->lists[of->slot].read_s = DB_NULL_INT;
	r = kept_list(a, of, &crl, kept, err);
	if (r < 0)
		return r;
	if (r == 0 || now_s - crl.made_s >= DAY_S) {
		/* an answer without a new list is better than none: the root may be offline, the
		 * ledger busy */
		if (make_list(a, of, crl.number, now_s, ret, err) == 0 || kept->len == 0)
			return ret->failed ? sl_nomem(err) : 0;
	} else {
		a->lists[of->slot].read_s = now_s;
		a->lists[of->slot].ca = of->ca;
	}
	sl_buf_add(ret, kept->data, kept->len);
	return ret->failed ? sl_nomem(err) : 0;
}

int
current_list(struct authority *a, enum pki_issuer issuer, int64_t now_s, struct sl_buf *ret,
    struct smartlic_error *err)
{
	struct of of = of_current(a, issuer);

	return list_of(a, &of, now_s, ret, err);
}

int
issuing_list(struct authority *a, const struct sl_cert *ca, int64_t now_s, struct sl_buf *ret,
    struct smartlic_error *err)
{
	struct of of = of_issuing(ca);

	return list_of(a, &of, now_s, ret, err);
}

int
root_list(struct authority *a, const struct sl_cert *root, int64_t now_s, struct sl_buf *ret,
    struct smartlic_error *err)
{
	struct of of = of_root(a, root);

	return list_of(a, &of, now_s, ret, err);
}

int
satellites_list(struct authority *a, const struct sl_cert *ca, int64_t now_s, struct sl_buf *ret,
    struct smartlic_error *err)
{
	struct of of = of_satellites(a, ca);

	return list_of(a, &of, now_s, ret, err);
}

int
kept_root_list(struct authority *a, struct sl_buf *ret, struct smartlic_error *err)
{
	struct of of = of_current(a, PKI_ROOT);
	struct ledger_crl crl;

	return kept_list(a, &of, &crl, ret, err);
}

int
last_root_list(
    struct authority *a, const struct sl_cert *root, int64_t now_s, struct smartlic_error *err)
{
	struct of of = of_root(a, root);
	struct ledger_crl crl = { .number = 0 };
	struct sl_buf der = { 0 };
	int r = kept_list(a, &of, &crl, NULL, err);

	crl = (struct ledger_crl){ .number = now_s > crl.number ? now_s : crl.number + 1,
		.made_s = now_s };
	if (r >= 0)
		r = pki_crl_last(a->pki, root, crl.number, now_s, &der, err);
	if (r == 0)
		r = ledger_crl_put(a->ledger, of.name, &crl, der.data, der.len, err);
	sl_buf_free(&der);
	return r;
}

static int
daily(struct authority *a, const struct of *of, int64_t revoked, int64_t now_s,
    struct smartlic_error *err)
{
	struct ledger_crl crl = { .number = 0 };
	int r;

	r = kept_list(a, of, &crl, NULL, err);
	if (r < 0)
		return r;
	if (r == 1 && now_s - crl.made_s < DAY_S && crl.revoked == revoked)
		return 0;
	return make_list(a, of, crl.number, now_s, NULL, err);
}

/* Also of CAs whose place was taken, while what they have issued may be good; where a key was taken
 * away since, its last list stays. */
static int
daily_issuing(struct authority *a, int64_t now_s, struct smartlic_error *err)
{
	int64_t revoked = ledger_revoked_count(a->ledger, err);
	struct of of = of_current(a, PKI_ISSUING);
	const struct sl_cert *ca;
	int r;

	if (revoked < 0)
		return (int)revoked;
	r = daily(a, &of, revoked, now_s, err);
	for (size_t i = 0; r == 0 && (ca = pki_former(a->pki, PKI_KIND_ISSUING, i)) != NULL; i++) {
		of = of_issuing(ca);
		if (now_s <= sl_cert_not_after(ca) && pki_signs(a->pki, ca))
			r = daily(a, &of, revoked, now_s, err);
	}
	return r;
}

/* As those of issuing CAs. */
static int
daily_satellites(struct authority *a, int64_t now_s, struct smartlic_error *err)
{
	struct pki_revoked *revoked = NULL;
	const struct sl_cert *ca;
	struct of of;
	size_t n = 0;
	int r;

	if (pki_satellites(a->pki) == NULL)
		return 0;
	r = ledger_satellites_revoked(a->ledger, &revoked, &n, err);
	free(revoked);
	of = of_current(a, PKI_SATELLITES);
	if (r == 0)
		r = daily(a, &of, (int64_t)n, now_s, err);
	for (size_t i = 0; r == 0 && (ca = pki_former(a->pki, PKI_KIND_SATELLITES, i)) != NULL;
	     i++) {
		of = of_satellites(a, ca);
		if (now_s <= sl_cert_not_after(ca) && pki_signs(a->pki, ca))
			r = daily(a, &of, (int64_t)n, now_s, err);
	}
	return r;
}

/* Alerts first: that the root is away, so that its list cannot be made, must not hide them. */
int
authority_daily(struct authority *a, int64_t now_s, struct smartlic_error *err)
{
	struct of of = of_current(a, PKI_ROOT);
	const struct sl_cert *former;
	int r = ledger_is_sealed(a->ledger, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = ledger_release_all_overdue(a->ledger, now_s, err);
	if (r == 0)
		r = ledger_release_all_ended(a->ledger, now_s, err);
	if (r == 0)
		r = ledger_watch(a->ledger, now_s, err);
	if (r == 0)
		r = ledger_satellites_watch(a->ledger, now_s, err);
	if (r == 0)
		r = watch_ends(a, now_s, err);
	if (r == 0)
		r = daily_issuing(a, now_s, err);
	/* a satellite has these from its upstream */
	if (r < 0 || pki_is_satellite(a->pki))
		return r;
	r = daily_satellites(a, now_s, err);
	if (r == 0)
		r = daily(a, &of, 0, now_s, err);
	former = pki_former_root(a->pki);
	if (r == 0 && former != NULL && pki_signs(a->pki, former)) {
		of = of_root(a, former);
		r = daily(a, &of, 0, now_s, err);
	}
	return r;
}

int
authority_trim(
    struct authority *a, struct ledger_trim *run, int64_t now_s, struct smartlic_error *err)
{
	int r = ledger_is_sealed(a->ledger, err);

	return r < 0 ? r : r == 1 ? 0 : ledger_trim(a->ledger, run, now_s, err);
}
