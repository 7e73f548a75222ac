/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_ROLL_H
#define MANAGER_PKI_ROLL_H

#include "pki/pki.h"
#include "pki/profile.h"

/*
 * Roll-over (doc/decisions/keys.md).  A successor is made ahead, in STEM-successor.{pem,key}, and
 * waits for a twelfth of its life before it takes the place of its kind's key.  What an issuing CA
 * has certified stays good: the former one stays, as STEM-XXXXXXXX.{pem,key}, for its list of
 * revoked certificates.  A former signer's key is gone.
 */
#define PKI_ROLL_DUE_S(life_s)                                                                     \
	((life_s) / 3)                          /* a successor is made when less than this is left \
						 */
#define PKI_ROLL_WAIT_S(life_s) ((life_s) / 12) /* how long it waits */
#define PKI_NEVER               INT64_MIN

/* A kind that can be rolled over by its name in the folder; SMARTLIC_E_INVAL names those there are.
 */
int pki_roll_kind(enum pki_kind *ret, const char *name, struct smartlic_error *err);
/* Borrowed; NULL: none waits. */
struct sl_cert *pki_successor(const struct pki *pki, enum pki_kind kind);
/* When it takes its place: PKI_NEVER where none waits. */
int64_t pki_successor_begins_s(const struct pki *pki, enum pki_kind kind);
/* Makes one; 1: it did, 0: one waits already.  That takes root.key. */
int pki_successor_make(
    struct pki *pki, enum pki_kind kind, int64_t now_s, struct smartlic_error *err);
/* … by the key that a URI names, which is in a token and none that is there already; NULL: by a new
 * one in a file, which is refused where the present one is in a token. */
int pki_successor_make_by(struct pki *pki, enum pki_kind kind, const char *uri, int64_t now_s,
    struct smartlic_error *err);
/* It takes its place at once; 1: it did, 0: none waits. */
int pki_successor_begin(struct pki *pki, enum pki_kind kind, struct smartlic_error *err);
/* Both where it is time for it, of the kinds that need nobody; tell: what was done.  With the
 * root's key kept elsewhere none is made: an alert comes in time. */
int pki_roll_due(struct pki *pki, int64_t now_s, void (*tell)(void *ud, const char *text), void *ud,
    struct smartlic_error *err);

/*
 * The root that devices are to have next, and its certificate by the one that they have: from when
 * its successor is made until the former one is retired.  NULL: the root stays.  Borrowed.
 */
struct sl_cert *pki_next_root(const struct pki *pki);
struct sl_cert *pki_cross(const struct pki *pki);
/* The root that is to be retired, once its successor is in its place.  NULL: none. */
struct sl_cert *pki_former_root(const struct pki *pki);
/* Can it be?  SMARTLIC_E_STATE says what it has issued that is still in use. */
int pki_root_may_retire(const struct pki *pki, struct smartlic_error *err);
/* Its key and the cross-signed certificate are gone. */
int pki_root_retire(struct pki *pki, struct smartlic_error *err);

/*
 * At a satellite.  The next root and what vouches for it, which the caller has judged: kept until
 * the upstream says that it has taken its place.  1: it is news.
 */
int pki_root_take(
    struct pki *pki, struct sl_cert *root, struct sl_cert *cross, struct smartlic_error *err);
/* The root that the present one has followed, and the certificate by which it vouched for that, as the
 * upstream says: for a satellite that came after.  1: it is news. */
int pki_former_root_take(
    struct pki *pki, struct sl_cert *former, struct sl_cert *cross, struct smartlic_error *err);
/* The upstream's present root, and whether devices are being told of it or of the next one still: a
 * successor of that name takes its place, a former one ends.  1: something changed. */
int pki_root_follow(struct pki *pki, const unsigned char present[SL_SKI_LEN], int under_way,
    struct smartlic_error *err);
/* Is the satellites' CA's certificate of the folder by the root of the folder?  1 or 0. */
int pki_satellites_is_by_root(const struct pki *pki);
/* Has a CA of satellites that is by the former root issued this one?  1 or 0. */
int pki_satellite_is_below_former(const struct pki *pki, const struct sl_cert *ca);
/* The roots that there are and are to be, and the former one until it is retired, as PEM: what a
 * satellite believes.  with_retired: devices are known by those, too. */
int pki_anchors(
    const struct pki *pki, int with_retired, struct sl_buf *ret_pem, struct smartlic_error *err);

/* Changes with each pki_refresh(). */
unsigned int pki_reads(const struct pki *pki);
/* The CA that issued a device's certificate: of those that there are or were.  NULL: none of them.
 */
struct sl_cert *pki_issuing_of(const struct pki *pki, const struct sl_cert *leaf);
/* The CA of satellites that issued a satellite's; NULL: none of them. */
struct sl_cert *pki_satellites_of(const struct pki *pki, const struct sl_cert *ca);
/* The i-th former certificate of a kind, the newest first; NULL: there are no more.  Borrowed. */
struct sl_cert *pki_former(const struct pki *pki, enum pki_kind kind, size_t i);

/* Is the key of this CA of ours at hand? */
int pki_signs(const struct pki *pki, const struct sl_cert *ca);

enum pki_state { PKI_CURRENT, PKI_SUCCESSOR, PKI_FORMER };
struct pki_entry {
	const char *name; /* of its kind */
	enum pki_state state;
	const struct sl_cert *cert;
	int has_key;
	int64_t begins_s; /* of a successor */
};
/* All but TLS; fn's value, if not 0, ends it. */
int pki_each(const struct pki *pki, int (*fn)(void *ud, const struct pki_entry *entry), void *ud);

#endif
