/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crl.h"
#include "error.h"
#include "ossl.h"
#include "text.h"
#include "trust.h"

/* The newest list of one issuer; its signature was good when it was kept. */
struct kept {
	unsigned char ski[SL_SKI_LEN]; /* of the issuer's key */
	struct sl_crl *crl;
};

struct sl_trust {
	struct smartlic_crypto *crypto; /* borrowed */
	struct sl_cert *anchors[SL_TRUST_ANCHORS_MAX];
	size_t n_anchors;
	struct sl_cert *certs[SL_TRUST_CERTS_MAX]; /* oldest first */
	size_t n_certs;
	struct kept lists[SL_TRUST_LISTS_MAX]; /* oldest first */
	size_t n_lists;
	struct sl_paths *paths;
};

int
sl_trust_new(struct sl_trust **ret, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	struct sl_trust *trust = calloc(1, sizeof(*trust));

	if (trust == NULL)
		return sl_nomem(err);
	trust->paths = calloc(1, sizeof(*trust->paths));
	if (trust->paths == NULL) {
		free(trust);
		return sl_nomem(err);
	}
	trust->crypto = crypto;
	trust->paths->changes = 1;
	*ret = trust;
	return 0;
}

void
sl_trust_free(struct sl_trust *trust)
{
	if (trust == NULL)
		return;
	for (size_t i = 0; i < trust->n_anchors; i++)
		sl_cert_unref(trust->anchors[i]);
	for (size_t i = 0; i < trust->n_certs; i++)
		sl_cert_unref(trust->certs[i]);
	for (size_t i = 0; i < trust->n_lists; i++)
		sl_crl_unref(trust->lists[i].crl);
	for (size_t i = 0; i < sizeof(trust->paths->chain) / sizeof(trust->paths->chain[0]); i++)
		sl_chain_release(&trust->paths->chain[i]);
	for (size_t i = 0; i < SL_PROVEN_MAX; i++)
		sl_cert_unref(trust->paths->proven[i].issuer);
	free(trust->paths);
	free(trust);
}

struct sl_paths *
sl_trust_paths(const struct sl_trust *trust)
{
	return trust->paths;
}

/* ---- certificates ------------------------------------------------------- */

static int
same(const struct sl_cert *a, const struct sl_cert *b)
{
	return a->item.der.len == b->item.der.len &&
	       memcmp(a->item.der.data, b->item.der.data, a->item.der.len) == 0;
}

static int
is_among(const struct sl_cert *cert, struct sl_cert *const *certs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same(cert, certs[i]))
			return 1;
	return 0;
}

static int
check_anchor(struct sl_cert *cert, size_t number, struct smartlic_error *err)
{
	X509 *x509 = sl_cert_x509(cert);
	int self = x509 != NULL &&
		   X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0 &&
		   X509_verify(x509, X509_get0_pubkey(x509)) == 1;

	ERR_clear_error();
	if (!self || !cert->profile.ca)
		return sl_fail(err, SMARTLIC_E_CHAIN,
		    "certificate %zu is not a self-signed CA; a trust anchor is the authority's "
		    "root alone",
		    number);
	return 0;
}

static void
add_anchor(struct sl_trust *trust, struct sl_cert *cert)
{
	trust->anchors[trust->n_anchors++] = sl_cert_ref(cert);
	trust->paths->changes++;
}

int
sl_trust_add_anchors(
    struct sl_trust *trust, const char *pem, size_t len, struct smartlic_error *err)
{
	struct sl_cert **certs, *fresh[SL_TRUST_ANCHORS_MAX];
	size_t n, n_fresh = 0;
	int r;

	r = sl_cert_parse_pem(&certs, &n, trust->crypto, pem, len, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = check_anchor(certs[i], i + 1, err);
		if (r < 0 || is_among(certs[i], trust->anchors, trust->n_anchors) ||
		    is_among(certs[i], fresh, n_fresh))
			continue;
		if (trust->n_anchors + n_fresh == SL_TRUST_ANCHORS_MAX)
			r = sl_fail(err, SMARTLIC_E_LIMIT, "more than %d trust anchors",
			    SL_TRUST_ANCHORS_MAX);
		else
			fresh[n_fresh++] = certs[i];
	}
	for (size_t i = 0; r == 0 && i < n_fresh; i++)
		add_anchor(trust, fresh[i]);
	for (size_t i = 0; i < n; i++)
		sl_cert_unref(certs[i]);
	free(certs);
	return r;
}

/* A CA that an anchor has issued for less than a root does not make itself one. */
static int
is_root_like(struct sl_cert *cross)
{
	X509 *x509 = sl_cert_x509(cross);
	const unsigned int sign = SL_KU_KEY_CERT_SIGN | SL_KU_CRL_SIGN;
	const struct sl_profile *p = &cross->profile;

	return x509 != NULL && p->ca && p->key_usage_critical && (p->key_usage & sign) == sign &&
	       !p->usages && !p->name_constraints && X509_get_pathlen(x509) < 0 &&
	       sl_sigalg_allowed(X509_get_signature_nid(x509));
}

/* The anchor that has signed it; NULL: none. */
static const struct sl_cert *
anchor_of(const struct sl_trust *trust, struct sl_cert *cross)
{
	const struct sl_cert *ret = NULL;
	X509 *x509 = sl_cert_x509(cross), *anchor;

	for (size_t i = 0; i < trust->n_anchors && x509 != NULL && ret == NULL; i++) {
		anchor = sl_cert_x509(trust->anchors[i]);
		if (anchor != NULL && X509_check_issued(anchor, x509) == X509_V_OK &&
		    X509_verify(x509, X509_get0_pubkey(anchor)) == 1)
			ret = trust->anchors[i];
	}
	ERR_clear_error();
	return ret;
}

static struct kept *find_kept(const struct sl_trust *trust, const struct sl_cert *issuer);

int
sl_trust_add_root(
    struct sl_trust *trust, struct sl_cert *root, struct sl_cert *cross, struct smartlic_error *err)
{
	const struct sl_cert *signer;
	const struct kept *k;
	int r = check_anchor(root, 1, err);

	if (r < 0)
		return r;
	if (memcmp(root->ski, cross->ski, SL_SKI_LEN) != 0 || same(root, cross) ||
	    X509_NAME_cmp(
		X509_get_subject_name(root->fields), X509_get_subject_name(cross->fields)) != 0 ||
	    !is_root_like(cross) || (signer = anchor_of(trust, cross)) == NULL)
		return sl_fail(
		    err, SMARTLIC_E_CHAIN, "a new root that no trust anchor has signed as one");
	k = find_kept(trust, signer);
	if (k != NULL && sl_crl_lists(k->crl, cross))
		return sl_fail(err, SMARTLIC_E_REVOCATION, "a new root that was revoked");
	if (is_among(root, trust->anchors, trust->n_anchors))
		return 0;
	if (trust->n_anchors == SL_TRUST_ANCHORS_MAX)
		return sl_fail(
		    err, SMARTLIC_E_LIMIT, "more than %d trust anchors", SL_TRUST_ANCHORS_MAX);
	add_anchor(trust, root);
	return 1;
}

static int
is_valid_at(const struct sl_cert *cert, int64_t at_s)
{
	return cert->not_before <= at_s && at_s <= cert->not_after;
}

int
sl_trust_root_among(struct sl_trust *trust, struct sl_cert *const *certs, size_t n, int64_t at_s,
    struct sl_cert **ret_root, struct sl_cert **ret_cross, int *ret_new, struct smartlic_error *err)
{
	for (size_t i = 0; i < n * n; i++) {
		struct sl_cert *root = certs[i / n], *cross = certs[i % n];
		int r;

		/* two certificates of one key are nothing else that an answer brings */
		if (root == cross || memcmp(root->ski, cross->ski, SL_SKI_LEN) != 0 ||
		    !is_valid_at(cross, at_s))
			continue;
		r = sl_trust_add_root(trust, root, cross, NULL);
		if (r == SMARTLIC_E_NOMEM)
			return sl_nomem(err);
		if (r < 0)
			continue;
		*ret_root = root;
		*ret_cross = cross;
		*ret_new = r;
		return 1;
	}
	return 0;
}

size_t
sl_trust_anchors(const struct sl_trust *trust)
{
	return trust->n_anchors;
}

struct sl_cert *
sl_trust_anchor(const struct sl_trust *trust, size_t i)
{
	return trust->anchors[i];
}

int
sl_trust_has(const struct sl_trust *trust, const struct sl_cert *cert)
{
	return is_among(cert, trust->anchors, trust->n_anchors) ||
	       is_among(cert, trust->certs, trust->n_certs);
}

int
sl_trust_add_cert(struct sl_trust *trust, struct sl_cert *cert, struct smartlic_error *err)
{
	(void)err;
	if (sl_trust_has(trust, cert))
		return 0;
	if (trust->n_certs == SL_TRUST_CERTS_MAX) {
		sl_cert_unref(trust->certs[0]);
		trust->n_certs--;
		memmove(trust->certs, trust->certs + 1, trust->n_certs * sizeof(trust->certs[0]));
	}
	trust->certs[trust->n_certs++] = sl_cert_ref(cert);
	trust->paths->changes++;
	return 0;
}

struct sl_cert *
sl_trust_find(const struct sl_trust *trust, const unsigned char *ski)
{
	for (size_t i = trust->n_certs; i > 0; i--)
		if (memcmp(trust->certs[i - 1]->ski, ski, SL_SKI_LEN) == 0)
			return trust->certs[i - 1];
	return NULL;
}

struct sl_cert *const *
sl_trust_certs(const struct sl_trust *trust, size_t *ret_n)
{
	*ret_n = trust->n_certs;
	return trust->certs;
}

void
sl_trust_each(const struct sl_trust *trust,
    void (*fn)(void *ud, int is_crl, const void *der, size_t len), void *ud)
{
	const void *der;
	size_t len;

	/* a list needs its issuer */
	for (size_t i = 0; i < trust->n_certs; i++) {
		der = sl_cert_der(trust->certs[i], &len);
		fn(ud, 0, der, len);
	}
	for (size_t i = 0; i < trust->n_lists; i++) {
		der = sl_crl_der(trust->lists[i].crl, &len);
		fn(ud, 1, der, len);
	}
}

/* ---- lists -------------------------------------------------------------- */

static const struct sl_cert *
issuer_among(const struct sl_crl *crl, struct sl_cert *const *certs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sl_crl_is_of(crl, certs[i]))
			return certs[i];
	return NULL;
}

/* The kept list of this issuer. */
static struct kept *
find_kept(const struct sl_trust *trust, const struct sl_cert *issuer)
{
	for (size_t i = 0; i < trust->n_lists; i++) {
		const struct kept *k = &trust->lists[i];

		if (memcmp(k->ski, issuer->ski, SL_SKI_LEN) == 0 && sl_crl_names(k->crl, issuer))
			return (struct kept *)k;
	}
	return NULL;
}

static struct kept *
new_kept(struct sl_trust *trust, const struct sl_cert *issuer)
{
	struct kept *k;

	if (trust->n_lists == SL_TRUST_LISTS_MAX) {
		sl_crl_unref(trust->lists[0].crl);
		trust->n_lists--;
		memmove(trust->lists, trust->lists + 1, trust->n_lists * sizeof(trust->lists[0]));
	}
	k = &trust->lists[trust->n_lists++];
	memcpy(k->ski, issuer->ski, SL_SKI_LEN);
	k->crl = NULL;
	return k;
}

/* This very list: checking its signature again would cost more than all else of an answer. */
static int
is_kept(const struct sl_trust *trust, const void *der, size_t len)
{
	const void *kept;
	size_t kept_len;

	for (size_t i = 0; i < trust->n_lists; i++) {
		kept = sl_crl_der(trust->lists[i].crl, &kept_len);
		if (kept_len == len && memcmp(kept, der, len) == 0)
			return 1;
	}
	return 0;
}

int
sl_trust_add_crl(struct sl_trust *trust, const void *der, size_t len, struct sl_cert *const *extra,
    size_t n_extra, int any_number, struct smartlic_error *err)
{
	const struct sl_cert *issuer;
	struct sl_crl *crl = NULL;
	struct kept *k;
	int r;

	if (is_kept(trust, der, len))
		return 0;
	r = sl_crl_parse(&crl, trust->crypto, der, len, err);
	if (r < 0)
		return r;
	if (sl_crl_unusable(crl) != NULL) {
		r = sl_fail(err, SMARTLIC_E_REVOCATION, "%s says nothing; a complete one is needed",
		    sl_crl_unusable(crl));
		goto out;
	}
	issuer = issuer_among(crl, trust->anchors, trust->n_anchors);
	if (issuer == NULL)
		issuer = issuer_among(crl, trust->certs, trust->n_certs);
	if (issuer == NULL)
		issuer = issuer_among(crl, extra, n_extra);
	if (issuer == NULL) {
		r = sl_fail(err, SMARTLIC_E_REVOCATION, "a revocation list of an unknown issuer");
		goto out;
	}
	k = find_kept(trust, issuer);
	if (k != NULL && !any_number && sl_crl_compare(crl, k->crl) <= 0)
		goto out;
	if (k == NULL)
		k = new_kept(trust, issuer);
	sl_crl_unref(k->crl);
	k->crl = crl;
	return 1;
out:
	sl_crl_unref(crl);
	return r;
}

/* ---- revocation --------------------------------------------------------- */

/* Is the list of this issuer?  Answer after answer brings the same one, whose signature is that of
 * a root, the dearest of all: it is verified once. */
static int
is_of(const struct sl_trust *trust, const struct sl_crl *crl, struct sl_cert *issuer)
{
	struct sl_paths *paths = trust->paths;
	unsigned char digest[SL_SHA256_LEN];
	size_t len, at;
	const void *der = sl_crl_der(crl, &len);

	if (!sl_crl_names(crl, issuer) || sl_sha256(trust->crypto, der, len, digest, NULL) < 0)
		return 0;
	for (size_t i = 0; i < SL_PROVEN_MAX; i++)
		if (paths->proven[i].issuer != NULL && same(paths->proven[i].issuer, issuer) &&
		    memcmp(paths->proven[i].list, digest, sizeof(digest)) == 0)
			return 1;
	if (!sl_crl_is_of(crl, issuer))
		return 0;
	at = paths->next_proven++ % SL_PROVEN_MAX;
	sl_cert_unref(paths->proven[at].issuer);
	paths->proven[at].issuer = sl_cert_ref(issuer);
	memcpy(paths->proven[at].list, digest, sizeof(digest));
	return 1;
}

/* Judges one certificate by its issuer's lists; *current: the newest one had not ended. */
static int
judge(const struct sl_trust *trust, struct sl_crl *const *lists, size_t n,
    const struct sl_cert *cert, struct sl_cert *issuer, int64_t at_s, int *current,
    struct smartlic_error *err)
{
	const struct kept *k = find_kept(trust, issuer);
	const struct sl_crl *newest = k != NULL ? k->crl : NULL;
	int revoked = newest != NULL && sl_crl_lists(newest, cert);

	for (size_t i = 0; i < n && !revoked; i++) {
		if (!is_of(trust, lists[i], issuer))
			continue;
		revoked = sl_crl_lists(lists[i], cert);
		if (sl_crl_unusable(lists[i]) != NULL)
			continue;
		if (newest == NULL || sl_crl_compare(lists[i], newest) > 0)
			newest = lists[i];
	}
	if (revoked)
		return sl_fail(err, SMARTLIC_E_REVOCATION,
		    "the certificate with serial %s of the signer's chain is revoked",
		    cert->serial);
	*current = newest != NULL && sl_crl_next_update(newest) >= at_s;
	return newest != NULL;
}

static int
judge_chain(const struct sl_trust *trust, const struct sl_chain *chain, struct sl_crl *const *lists,
    size_t n, int64_t at_s, enum sl_revocation mode, int *ret_tolerated, struct smartlic_error *err)
{
	char at[SL_TIME_SIZE];
	int r, current = 0, tolerated = 0, missing = 0;
	const struct sl_cert *first = NULL;

	/* all of them: whether one is revoked comes before whether a list is missing */
	for (size_t i = 0; i + 1 < chain->n; i++) {
		r = judge(trust, lists, n, chain->cert[i], chain->cert[i + 1], at_s, &current, err);
		if (r < 0)
			return r;
		if (current)
			continue;
		tolerated = 1;
		if (first == NULL) {
			first = chain->cert[i];
			missing = r == 0;
		}
	}
	if (tolerated && mode == SL_REVOCATION_REQUIRED) {
		sl_time(at, at_s);
		return sl_fail(err, SMARTLIC_E_REVOCATION,
		    "there is %s at %s for the certificate with serial %s; revocation may be made "
		    "optional "
		    "by \"crypto ca trustpoint Trustpool crl optional\"",
		    missing ? "no revocation list" : "no revocation list that is still current", at,
		    first->serial);
	}
	*ret_tolerated = tolerated;
	return 0;
}

int
sl_trust_revocation(const struct sl_trust *trust, const struct sl_chain *chain,
    const struct sl_der *crls, size_t n_crls, int64_t at_s, enum sl_revocation mode,
    int *ret_tolerated, struct smartlic_error *err)
{
	struct sl_crl **lists = calloc(n_crls + 1, sizeof(struct sl_crl *));
	size_t n = 0;
	int r = 0;

	if (lists == NULL)
		return sl_nomem(err);
	for (size_t i = 0; r == 0 && i < n_crls; i++) {
		if (is_kept(trust, crls[i].data, crls[i].len))
			continue; /* judged as what it is */
		r = sl_crl_parse(&lists[n], trust->crypto, crls[i].data, crls[i].len, err);
		if (r == 0)
			n++;
		else if (r != SMARTLIC_E_NOMEM)
			r = 0; /* as if it were not there */
	}
	if (r == 0)
		r = judge_chain(trust, chain, lists, n, at_s, mode, ret_tolerated, err);
	for (size_t i = 0; i < n; i++)
		sl_crl_unref(lists[i]);
	free(lists);
	return r;
}
