/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "error.h"
#include "ossl.h"
#include "text.h"
#include "trust.h"

/*
 * OpenSSL finds the path and checks what RFC 5280 says of it, with the clock
 * switched off; what the protocol adds is checked here.  Custom usages do not
 * nest by themselves: that is part of it.
 */
#define INTERMEDIATES_MAX (SL_CHAIN_MAX - 2)
#define SECURITY_LEVEL    3 /* 128 bits: no SHA-1, no RSA below 3072 */

#define SUBJECT_SIZE 68
/* The common name for an error text: what a stranger wrote must not steer a terminal. */
static const char *
subject(char ret[SUBJECT_SIZE], const struct sl_cert *cert)
{
	size_t n = 0;

	for (const char *p = cert->cn; *p != '\0' && n < SUBJECT_SIZE - 4; p++)
		ret[n++] = *p >= ' ' && *p <= '~' ? *p : '?';
	memcpy(ret + n, n == SUBJECT_SIZE - 4 ? "..." : "", n == SUBJECT_SIZE - 4 ? 4 : 1);
	return ret;
}

static const char *
role_name(unsigned int role)
{
	return role == SL_ROLE_DEVICE     ? "device"
	       : role == SL_ROLE_RESPONSE ? "response"
					  : "satellite";
}

/* ---- the profile -------------------------------------------------------- */

static int
check_leaf(const struct sl_cert *leaf, unsigned int roles, struct smartlic_error *err)
{
	const struct sl_profile *p = &leaf->profile;
	char name[SUBJECT_SIZE];

	(void)subject(name, leaf);
	if (p->ca)
		return sl_fail(err, SMARTLIC_E_CHAIN,
		    "the signer's certificate \"%s\" is a CA's; a CA does not sign messages", name);
	if (!p->key_usage_critical || !(p->key_usage & SL_KU_DIGITAL_SIGNATURE) ||
	    (p->key_usage & (SL_KU_KEY_CERT_SIGN | SL_KU_CRL_SIGN)))
		return sl_fail(err, SMARTLIC_E_CHAIN,
		    "the signer's certificate \"%s\" lacks a critical key usage of "
		    "digitalSignature",
		    name);
	if (!p->usages || !p->usages_critical || !p->email || p->other_usage)
		return sl_fail(err, SMARTLIC_E_ROLE,
		    "the signer's certificate \"%s\" is not for messages: its extended key usage "
		    "must be "
		    "critical and name emailProtection and one role",
		    name);
	if (p->roles == 0 || (p->roles & (p->roles - 1)) != 0)
		return sl_fail(err, SMARTLIC_E_ROLE,
		    "the signer's certificate \"%s\" has %s; one is needed", name,
		    p->roles == 0 ? "no role" : "more than one role");
	if (!(p->roles & roles))
		return sl_fail(err, SMARTLIC_E_ROLE,
		    "the signer's certificate \"%s\" has the role %s, which may not sign this",
		    name, role_name(p->roles));
	return 0;
}

/* A CA below the root; `issues_leaf`: the leaf is its own. */
static int
check_ca(const struct sl_cert *ca, const struct sl_cert *leaf, int issues_leaf,
    struct smartlic_error *err)
{
	const struct sl_profile *p = &ca->profile;
	const unsigned int sign = SL_KU_KEY_CERT_SIGN | SL_KU_CRL_SIGN;
	char name[SUBJECT_SIZE];

	(void)subject(name, ca);
	if (!p->key_usage_critical || (p->key_usage & sign) != sign)
		return sl_fail(err, SMARTLIC_E_CHAIN,
		    "the CA \"%s\" lacks a critical key usage of keyCertSign and cRLSign", name);
	if (p->name_constraints && !p->name_constraints_critical)
		return sl_fail(err, SMARTLIC_E_CHAIN,
		    "the CA \"%s\" has name constraints that are not critical", name);
	if (!p->usages)
		return 0;
	if (!p->usages_critical || !p->email || !(p->roles & leaf->profile.roles))
		return sl_fail(err, SMARTLIC_E_ROLE,
		    "the CA \"%s\" does not list its leaf's role and emailProtection in a critical "
		    "extended key usage",
		    name);
	/* one account's satellite must not speak for another's */
	if (issues_leaf && (p->roles & SL_ROLE_SATELLITE) && !p->name_constraints)
		return sl_fail(err, SMARTLIC_E_CHAIN,
		    "the satellite's CA \"%s\" is not bound to an account by name constraints",
		    name);
	return 0;
}

static int
check_profile(const struct sl_chain *chain, unsigned int roles, struct smartlic_error *err)
{
	char name[SUBJECT_SIZE];
	int r = 0;

	for (size_t i = 0; i + 1 < chain->n; i++)
		if (!sl_sigalg_allowed(X509_get_signature_nid(chain->cert[i]->fields)))
			return sl_fail(err, SMARTLIC_E_CHAIN,
			    "the certificate \"%s\" is signed with an algorithm that is not "
			    "allowed",
			    subject(name, chain->cert[i]));
	r = check_leaf(chain->cert[0], roles, err);
	for (size_t i = 1; r == 0 && i + 1 < chain->n; i++)
		r = check_ca(chain->cert[i], chain->cert[0], i == 1, err);
	return r;
}

/* ---- the path ----------------------------------------------------------- */

static int
later_end_first(const void *va, const void *vb)
{
	struct sl_cert *const *a = va, *const *b = vb;

	return ((*a)->not_after < (*b)->not_after) - ((*a)->not_after > (*b)->not_after);
}

/* A stranger's root ends a path nowhere; the one beside it that an anchor has signed may not. */
static int
is_root(const struct sl_cert *cert)
{
	return X509_NAME_cmp(
		   X509_get_subject_name(cert->fields), X509_get_issuer_name(cert->fields)) == 0;
}

/* What a path may use: certificates and their OpenSSL objects, all borrowed. */
struct candidates {
	struct sl_cert **cert;
	size_t n;
	STACK_OF(X509) * trusted;
	STACK_OF(X509) * others;
};

/* As OpenSSL's stacks want them. */
static int
push(STACK_OF(X509) * stack, struct sl_cert *cert)
{
	X509 *x509 = sl_cert_x509(cert);

	return x509 != NULL && sk_X509_push(stack, x509) > 0;
}

static void
forget(struct candidates *c)
{
	free(c->cert);
	sk_X509_free(c->trusted);
	sk_X509_free(c->others);
}

/* Of several certificates of one CA the one with the latest end is taken: OpenSSL, without a clock,
 * takes the first. */
static int
gather(struct candidates *ret, const struct sl_trust *trust, struct sl_cert *leaf,
    struct sl_cert *const *extra, size_t n_extra)
{
	struct candidates c = { .n = 0 };
	size_t n_anchors = sl_trust_anchors(trust), n_known;
	struct sl_cert *const *known = sl_trust_certs(trust, &n_known);
	int ok;

	c.cert = malloc((n_anchors + n_known + n_extra + 1) * sizeof(*c.cert));
	c.trusted = sk_X509_new_null();
	c.others = sk_X509_new_null();
	ok = c.cert != NULL && c.trusted != NULL && c.others != NULL;
	for (size_t i = 0; ok && i < n_known; i++)
		if (known[i]->profile.ca)
			c.cert[c.n++] = known[i];
	for (size_t i = 0; ok && i < n_extra; i++)
		if (extra[i]->profile.ca && !is_root(extra[i]))
			c.cert[c.n++] = extra[i];
	if (ok && c.n > 0)
		qsort(c.cert, c.n, sizeof(*c.cert), later_end_first);
	for (size_t i = 0; ok && i < c.n; i++)
		ok = push(c.others, c.cert[i]);
	for (size_t i = 0; ok && i < n_anchors; i++) {
		c.cert[c.n++] = sl_trust_anchor(trust, i);
		ok = push(c.trusted, c.cert[c.n - 1]);
	}
	if (!ok) {
		forget(&c);
		return -1;
	}
	c.cert[c.n++] = leaf;
	*ret = c;
	return 0;
}

/* Our certificate of OpenSSL's: the same object, or the same bytes. */
static struct sl_cert *
ours(const struct candidates *c, const X509 *x509)
{
	for (size_t i = 0; i < c->n; i++)
		if (sl_cert_x509(c->cert[i]) == x509)
			return c->cert[i];
	for (size_t i = 0; i < c->n; i++)
		if (X509_cmp(sl_cert_x509(c->cert[i]), x509) == 0)
			return c->cert[i];
	return NULL;
}

static int
take_path(struct sl_chain *ret, const struct candidates *c, const STACK_OF(X509) * path,
    struct smartlic_error *err)
{
	struct sl_chain chain = { .n = 0 };
	int n = sk_X509_num(path);

	if (n < 1 || n > SL_CHAIN_MAX)
		return sl_fail(err, SMARTLIC_E_CHAIN, "a path of %d certificates; %d are allowed",
		    n, SL_CHAIN_MAX);
	for (int i = 0; i < n; i++) {
		struct sl_cert *cert = ours(c, sk_X509_value(path, i));

		if (cert == NULL) {
			sl_chain_release(&chain);
			return sl_fail(
			    err, SMARTLIC_E_CHAIN, "a path through an unknown certificate");
		}
		chain.cert[chain.n++] = sl_cert_ref(cert);
	}
	*ret = chain;
	return 0;
}

static int
leads_nowhere(int code)
{
	return code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	       code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
	       code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
}

static int
nowhere(const char *name, int code, struct smartlic_error *err)
{
	return sl_fail(err, SMARTLIC_E_CHAIN,
	    "the certificate \"%s\" leads to no trust anchor (%s); check that the anchor is the "
	    "root of this authority",
	    name, X509_verify_cert_error_string(code));
}

/* Without a candidate of its issuer's name there is no path, and its key need not be decoded: a
 * device that registers has signed its certificate itself. */
static int
need_issuer(const struct candidates *c, const struct sl_cert *leaf, struct smartlic_error *err)
{
	X509_NAME *issuer = X509_get_issuer_name(leaf->fields);
	char name[SUBJECT_SIZE];

	for (size_t i = 0; i + 1 < c->n; i++) /* the last is the leaf */
		if (X509_NAME_cmp(X509_get_subject_name(c->cert[i]->fields), issuer) == 0)
			return 0;
	return nowhere(subject(name, leaf),
	    is_root(leaf) ? X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
			  : X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	    err);
}

static int
path_failed(X509_STORE_CTX *ctx, const struct candidates *c, struct smartlic_error *err)
{
	int code = X509_STORE_CTX_get_error(ctx);
	const X509 *x509 = X509_STORE_CTX_get_current_cert(ctx);
	const struct sl_cert *cert = x509 != NULL ? ours(c, x509) : NULL;
	char name[SUBJECT_SIZE] = "";

	ERR_clear_error();
	if (code == X509_V_ERR_OUT_OF_MEM)
		return sl_nomem(err);
	if (cert != NULL)
		(void)subject(name, cert);
	if (leads_nowhere(code))
		return nowhere(name, code, err);
	return sl_fail(err, SMARTLIC_E_CHAIN, "the certificate \"%s\" is not acceptable: %s", name,
	    X509_verify_cert_error_string(code));
}

/* ---- paths that were good --------------------------------------------------------------- */

#define PATHS_MAX (sizeof(((struct sl_paths *)NULL)->chain) / sizeof(struct sl_chain))

/* The same certificates, from the first-th on. */
static int
is_path(const struct sl_chain *chain, const STACK_OF(X509) * path, size_t first)
{
	if ((size_t)sk_X509_num(path) != chain->n)
		return 0;
	for (size_t i = first; i < chain->n; i++)
		if (X509_cmp(sl_cert_x509(chain->cert[i]), sk_X509_value(path, (int)i)) != 0)
			return 0;
	return chain->n > first;
}

/* PATHS_MAX: none is. */
static size_t
was_good(const struct sl_paths *paths, const STACK_OF(X509) * path, size_t first)
{
	size_t i = 0;

	while (i < PATHS_MAX && !is_path(&paths->chain[i], path, first))
		i++;
	return i;
}

/* Of a path whose CAs are those of one that was good: what is left to be verified. */
static int
leaf_is_signed(X509_STORE_CTX *ctx, const STACK_OF(X509) * path)
{
	X509 *leaf = sk_X509_value(path, 0);

	if (X509_verify(leaf, X509_get0_pubkey(sk_X509_value(path, 1))) == 1)
		return 1;
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_SIGNATURE_FAILURE);
	X509_STORE_CTX_set_error_depth(ctx, 0);
	X509_STORE_CTX_set_current_cert(ctx, leaf);
	return 0;
}

static void
copy(struct sl_chain *to, const struct sl_chain *from)
{
	for (size_t i = 0; i < from->n; i++)
		to->cert[i] = sl_cert_ref(from->cert[i]);
	to->n = from->n;
}

static size_t
remember(struct sl_paths *paths, const struct sl_chain *chain)
{
	size_t at = paths->next++ % PATHS_MAX;

	sl_chain_release(&paths->chain[at]);
	copy(&paths->chain[at], chain);
	paths->searched[at] = 0;
	return at;
}

/* Does a search have nothing to look at but what the trust has itself? */
static int
adds_nothing(const struct sl_trust *trust, struct sl_cert *const *extra, size_t n_extra)
{
	for (size_t i = 0; i < n_extra; i++)
		if (extra[i]->profile.ca && !is_root(extra[i]) && !sl_trust_has(trust, extra[i]))
			return 0;
	return 1;
}

/* What a search among the same certificates has found; NULL: there was none. */
static const struct sl_chain *
found_before(const struct sl_paths *paths, const struct sl_cert *leaf)
{
	for (size_t i = 0; i < PATHS_MAX; i++)
		if (paths->searched[i] == paths->changes && paths->chain[i].n > 0 &&
		    paths->chain[i].cert[0] == leaf)
			return &paths->chain[i];
	return NULL;
}

struct verifying {
	struct sl_paths *paths;
	X509_STORE_CTX_verify_fn signatures; /* OpenSSL's own */
	size_t known;                        /* which of the paths it is */
};

/* OpenSSL has built the path, and judged all of it but the signatures. */
static int
verify_signatures(X509_STORE_CTX *ctx)
{
	struct verifying *v = X509_STORE_CTX_get_app_data(ctx);
	const STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);

	v->known = was_good(v->paths, path, 0);
	if (v->known < PATHS_MAX)
		return 1;
	return was_good(v->paths, path, 1) < PATHS_MAX ? leaf_is_signed(ctx, path)
						       : v->signatures(ctx);
}

static int
build(struct sl_chain *ret, const struct candidates *c, struct sl_paths *paths, int own,
    struct sl_cert *leaf, struct smartlic_error *err)
{
	struct verifying v = { .paths = paths, .known = PATHS_MAX };
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(leaf->crypto->reader, NULL);
	X509 *x509 = sl_cert_x509(leaf);
	X509_VERIFY_PARAM *param;
	int r;

	if (ctx == NULL || x509 == NULL || X509_STORE_CTX_init(ctx, NULL, x509, c->others) != 1) {
		r = sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "no check of a path could be set up");
		goto out;
	}
	X509_STORE_CTX_set0_trusted_stack(ctx, c->trusted);
	param = X509_STORE_CTX_get0_param(ctx);
	(void)X509_VERIFY_PARAM_set_flags(
	    param, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_X509_STRICT);
	X509_VERIFY_PARAM_set_depth(param, INTERMEDIATES_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	v.signatures = X509_STORE_CTX_get_verify(ctx);
	(void)X509_STORE_CTX_set_app_data(ctx, &v);
	X509_STORE_CTX_set_verify(ctx, verify_signatures);
	if (X509_verify_cert(ctx) == 1)
		r = take_path(ret, c, X509_STORE_CTX_get0_chain(ctx), err);
	else
		r = path_failed(ctx, c, err);
	if (r == 0 && v.known == PATHS_MAX)
		v.known = remember(paths, ret);
	if (r == 0 && own)
		paths->searched[v.known] = paths->changes;
out:
	X509_STORE_CTX_free(ctx);
	return r;
}

static int
find_path(struct sl_chain *ret, const struct sl_trust *trust, struct sl_cert *leaf,
    struct sl_cert *const *extra, size_t n_extra, struct smartlic_error *err)
{
	struct sl_paths *paths = sl_trust_paths(trust);
	int own = adds_nothing(trust, extra, n_extra), r;
	const struct sl_chain *found = own ? found_before(paths, leaf) : NULL;
	struct candidates c;

	if (found != NULL) {
		copy(ret, found);
		return 0;
	}
	if (gather(&c, trust, leaf, extra, n_extra) < 0)
		return sl_nomem(err);
	r = need_issuer(&c, leaf, err);
	if (r == 0)
		r = build(ret, &c, paths, own, leaf, err);
	forget(&c);
	return r;
}

int
sl_trust_chain(const struct sl_trust *trust, struct sl_cert *leaf, struct sl_cert *const *extra,
    size_t n_extra, unsigned int roles, struct sl_chain *ret, struct smartlic_error *err)
{
	struct sl_chain chain;
	int r = find_path(&chain, trust, leaf, extra, n_extra, err);

	if (r < 0)
		return r;
	r = check_profile(&chain, roles, err);
	if (r < 0) {
		sl_chain_release(&chain);
		return r;
	}
	*ret = chain;
	return 0;
}

void
sl_chain_release(struct sl_chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		sl_cert_unref(chain->cert[i]);
	chain->n = 0;
}

int
sl_chain_validity(
    const struct sl_chain *chain, int64_t at_s, int64_t floor_s, struct smartlic_error *err)
{
	char name[SUBJECT_SIZE], at[SL_TIME_SIZE], bound[SL_TIME_SIZE];

	for (size_t i = 0; i + 1 < chain->n; i++) {
		const struct sl_cert *cert = chain->cert[i];

		(void)subject(name, cert);
		sl_time(at, at_s);
		if (at_s < cert->not_before) {
			sl_time(bound, cert->not_before);
			return sl_fail(err, SMARTLIC_E_VALIDITY,
			    "the certificate \"%s\" begins at %s, after the message's time %s",
			    name, bound, at);
		}
		sl_time(bound, cert->not_after);
		if (at_s > cert->not_after)
			return sl_fail(err, SMARTLIC_E_VALIDITY,
			    "the certificate \"%s\" ended at %s, before the message's time %s",
			    name, bound, at);
		if (floor_s > cert->not_after) {
			sl_time(at, floor_s);
			return sl_fail(err, SMARTLIC_E_VALIDITY,
			    "the certificate \"%s\" ended at %s, and it is at least %s", name,
			    bound, at);
		}
	}
	return 0;
}
