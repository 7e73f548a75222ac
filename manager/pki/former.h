/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_FORMER_H
#define MANAGER_PKI_FORMER_H

#include "pki/store.h"

/* The files of successors and of those whose place they took; for the files of pki/ only. */

/* One process at a time changes the folder, or reads the whole of it.  pki_unlock(*ret). */
int pki_lock(const char *dir, int *ret, struct smartlic_error *err);
void pki_unlock(int lock);

/* Ends what a power cut has interrupted; with the lock. */
int pki_settle(const char *dir, struct smartlic_crypto *crypto, struct smartlic_error *err);
int pki_successor_paths(
    struct pki_identity *id, const char *dir, enum pki_kind kind, struct smartlic_error *err);
/* Of one whose place another has taken. */
int pki_former_paths(struct pki_identity *id, const char *dir, enum pki_kind kind,
    const struct sl_cert *cert, struct smartlic_error *err);
int pki_cross_path(struct pki_identity *id, const char *dir, struct smartlic_error *err);
/* Removes the key of a former one, and what it has vouched for; with the lock. */
int pki_former_remove_key(
    const struct pki *pki, const struct sl_cert *former, struct smartlic_error *err);
/* 1 or 0; with the lock. */
int pki_successor_is_there(const char *dir, enum pki_kind kind, struct smartlic_error *err);
/* Puts it in its place; a former CA is kept.  With the lock. */
int pki_successor_take_place(const char *dir, enum pki_kind kind, struct smartlic_crypto *crypto,
    struct smartlic_error *err);

/* Reads both into pki, which has its own identities. */
int pki_read_others(struct pki *pki, struct smartlic_error *err);
void pki_release_others(struct pki *pki);
/* Was it issued by a root of the folder whose place another has taken?  1 or 0. */
int pki_is_by_former_root(const char *dir, struct smartlic_crypto *crypto, X509 *x509);
/* The same of an open folder, whose former root is not retired. */
int pki_hangs_below_former(const struct pki *pki, const X509 *x509);
/* The kinds that are rolled over; so many of them by itself. */
#define PKI_ROLLED_BY_ITSELF 3
extern const enum pki_kind pki_rolled[];
/* Whose certificate it is, of all of them; NULL: none's. */
const struct pki_identity *pki_identity_of(const struct pki *pki, const struct sl_cert *cert);

#endif
