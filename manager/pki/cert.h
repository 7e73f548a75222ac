/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_CERT_H
#define MANAGER_PKI_CERT_H

#include <stdint.h>

#include <openssl/x509v3.h>

#include "buffer.h"
#include "crypto.h"
#include "pki/profile.h"

#define PKI_SERIAL_LEN 16

/* One certificate to make.  All borrowed. */
struct pki_cert_spec {
	const struct pki_profile *profile;
	const char *o, *serial_number, *cn; /* subject; NULL: absent */
	EVP_PKEY *key;                      /* the one to certify; NULL: spki is it, in DER */
	const void *spki;
	size_t spki_len;
	const GENERAL_NAMES *names;         /* NULL: none */
	X509 *issuer;                       /* NULL: self-signed */
	EVP_PKEY *issuer_key;
	const unsigned char *serial; /* PKI_SERIAL_LEN random bytes */
	int64_t now_s;
};

/* *ret is the caller's. */
int pki_cert_make(X509 **ret, struct smartlic_crypto *crypto, const struct pki_cert_spec *spec,
    struct smartlic_error *err);

/* SHA-256, and with a P-384 key SHA-384. */
const EVP_MD *pki_digest_for(const EVP_PKEY *key);

/* The issuer's key identifier as an extension's value; NULL: no memory. */
AUTHORITY_KEYID *pki_authority_key_id(X509 *issuer);

/* SMARTLIC_E_CRYPTO with what failed and OpenSSL's own reason; empties its error queue. */
int pki_fail(struct smartlic_error *err, const char *what);

#endif
