/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_TRUST_H
#define SL_TRUST_H

#include <stddef.h>
#include <stdint.h>

#include "cert.h"

/*
 * Chains, roles and revocation lists.  Path building and profile are checked
 * without time; validity and revocation are asked apart, at moments that the
 * caller names.
 */

enum sl_revocation { SL_REVOCATION_REQUIRED = 0, SL_REVOCATION_OPTIONAL = 1 };

/*
 * What one side knows: anchors, certificates by key identifier, the newest list
 * of each issuer.  Bounded: past the limits the oldest certificate or list is
 * forgotten, which costs one message with certificates embedded.
 */
struct sl_trust;
#define SL_TRUST_ANCHORS_MAX 16
#define SL_TRUST_CERTS_MAX   64
#define SL_TRUST_LISTS_MAX   32
int sl_trust_new(struct sl_trust **ret, struct smartlic_crypto *crypto, struct smartlic_error *err);
void sl_trust_free(struct sl_trust *trust); /* NULL is allowed */
/* Every certificate of a PEM text, each a self-signed CA: all or none.  SMARTLIC_E_FORM,
 * SMARTLIC_E_CHAIN, SMARTLIC_E_LIMIT. */
int sl_trust_add_anchors(
    struct sl_trust *trust, const char *pem, size_t len, struct smartlic_error *err);
size_t sl_trust_anchors(const struct sl_trust *trust);
struct sl_cert *sl_trust_anchor(const struct sl_trust *trust, size_t i); /* borrowed */
/*
 * Takes a new root that one of the anchors has cross-signed: `cross` is of the same name and key, by
 * an anchor, and no less than a root.  It is an anchor from then on.  1: it was none, 0: it was one;
 * SMARTLIC_E_CHAIN, SMARTLIC_E_REVOCATION, SMARTLIC_E_LIMIT.
 */
int sl_trust_add_root(struct sl_trust *trust, struct sl_cert *root, struct sl_cert *cross,
    struct smartlic_error *err);
/* The same where it is among certificates that came with an answer of that time: 1 and both
 * (borrowed), *ret_new as above; 0: none is. */
int sl_trust_root_among(struct sl_trust *trust, struct sl_cert *const *certs, size_t n,
    int64_t at_s, struct sl_cert **ret_root, struct sl_cert **ret_cross, int *ret_new,
    struct smartlic_error *err);
/* Is it an anchor, or known?  1 or 0. */
int sl_trust_has(const struct sl_trust *trust, const struct sl_cert *cert);
/* Remembers a certificate that a verified chain brought; harmless when known. */
int sl_trust_add_cert(struct sl_trust *trust, struct sl_cert *cert, struct smartlic_error *err);
/* The one added last with this identifier, or NULL; anchors are not among them.  Borrowed. */
struct sl_cert *sl_trust_find(const struct sl_trust *trust, const unsigned char *ski);
struct sl_cert *const *sl_trust_certs(const struct sl_trust *trust, size_t *ret_n); /* borrowed */

/*
 * A list (DER) whose signature was good by its issuer, which an anchor, a known certificate or one
 * of `extra` is.  The newest by cRLNumber stays; an older one is ignored.  With any_number (clock
 * accept) it replaces.  1 kept, 0 ignored; SMARTLIC_E_FORM, or SMARTLIC_E_REVOCATION for one that
 * cannot be used or whose issuer is not in reach.
 */
int sl_trust_add_crl(struct sl_trust *trust, const void *der, size_t len,
    struct sl_cert *const *extra, size_t n_extra, int any_number, struct smartlic_error *err);
/* All that is to be persisted, in an order in which it can be added again: calls fn for each known
 * certificate and list. */
void sl_trust_each(const struct sl_trust *trust,
    void (*fn)(void *ud, int is_crl, const void *der, size_t len), void *ud);

/* A path from leaf to anchor, leaf first, anchor last. */
#define SL_CHAIN_MAX 7
struct sl_chain {
	size_t n;
	struct sl_cert *cert[SL_CHAIN_MAX]; /* counted; release with sl_chain_release */
};
void sl_chain_release(struct sl_chain *chain);

/* Paths that were good: their signatures, the dearest part, are not verified again; of another leaf below
 * the same CAs its own alone is.  One trust is one thread's at a time, also where it is const. */
#define SL_PROVEN_MAX 4
struct sl_paths {
	struct sl_chain chain[4]; /* the oldest gives way */
	size_t next;
	/* how often anchors or certificates changed; and at which of these counts each path was
	 * what a search among them alone found, so that the next one finds it too.  0: never */
	unsigned long changes, searched[4];
	/* lists that were their issuer's, by the digest of all their bytes */
	struct {
		unsigned char list[SL_SHA256_LEN];
		struct sl_cert *issuer; /* counted */
	} proven[SL_PROVEN_MAX];
	size_t next_proven;
};
struct sl_paths *sl_trust_paths(const struct sl_trust *trust);

/*
 * Builds and checks the path of a leaf: signatures, CA flags, path length, key usage, name
 * constraints, key kinds, emailProtection and one role in the leaf that every CA below the root
 * with usages lists too.  `roles` are those allowed; time, revocation are not looked at.
 * SMARTLIC_E_CHAIN or SMARTLIC_E_ROLE; *ret is to be released after success only.
 */
int sl_trust_chain(const struct sl_trust *trust, struct sl_cert *leaf, struct sl_cert *const *extra,
    size_t n_extra, unsigned int roles, struct sl_chain *ret, struct smartlic_error *err);
/* notBefore <= at <= notAfter and notAfter >= floor, for all below the anchor.
 * SMARTLIC_E_VALIDITY. */
int sl_chain_validity(
    const struct sl_chain *chain, int64_t at_s, int64_t floor_s, struct smartlic_error *err);
/*
 * A certificate of the path that any list (kept, or one of `crls`, DER) revokes is refused.
 * Required: each issuer's newest list must have nextUpdate >= at.  Optional: a missing or stale one
 * is tolerated and *ret_tolerated set to 1 (else 0).  Lists that nobody on the path issued, or that
 * are not complete (crl.h), count as missing.  SMARTLIC_E_REVOCATION.
 */
int sl_trust_revocation(const struct sl_trust *trust, const struct sl_chain *chain,
    const struct sl_der *crls, size_t n_crls, int64_t at_s, enum sl_revocation mode,
    int *ret_tolerated, struct smartlic_error *err);

#endif
