/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_KEY_H
#define MANAGER_PKI_KEY_H

#include "crypto.h"
#include "file.h"
#include "pki/profile.h"

/* Where a private key is: in its file, or in a token that a line in the file names (pki/uri.h). */

/* Reads pki/NAME.key; errors of the token name the file too. */
int pki_key_read(struct sl_key **ret, struct smartlic_crypto *crypto, const char *path,
    struct smartlic_error *err);
/* The key that a URI names. */
int pki_key_by_uri(struct sl_key **ret, struct smartlic_crypto *crypto, const char *uri,
    struct smartlic_error *err);

/* … and that a new certificate of this kind can have: SMARTLIC_E_INVAL for one on another curve. */
int pki_key_for(struct sl_key **ret, struct smartlic_crypto *crypto, enum pki_kind kind,
    const char *uri, struct smartlic_error *err);

/* 1: the file names a token.  0: it does not, or is not there. */
int pki_key_in_token(const char *path);
/* Makes or replaces the file. */
int pki_key_write_uri(const char *path, const char *uri, struct smartlic_error *err);

/* "root", "issuing", "signer" or "satellites", whose keys may be in a token; SMARTLIC_E_INVAL. */
int pki_key_kind(enum pki_kind *ret, const char *name, struct smartlic_error *err);

/*
 * From now on the key of the certificate NAME in the folder `dir` is the one that the URI names,
 * which must be that certificate's; its file then holds the URI alone.  A failure leaves it as it
 * was.
 */
int pki_key_use(const char *dir, const char *name, const char *uri, struct smartlic_error *err);

#endif
