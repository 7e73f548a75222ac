/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_H
#define MANAGER_PKI_H

#include <stddef.h>
#include <stdint.h>

#include "crypto.h"
#include "trust.h"

/*
 * The authority's keys and certificates: DATA/pki/{root,issuing,signer,tls}.{pem,key}, keys 0600;
 * pki/satellite.h has what satellites need.
 * The certificate profile of doc/protocol.md stands in pki/profile.c alone, as a table.
 */
struct pki;

/* Makes root, issuing CA, response signer and TLS certificate in a new folder `dir`, or nothing.
 * tls_names: further DNS names or addresses beside localhost, the loopback addresses and the
 * host's name.  SMARTLIC_E_EXISTS when the folder is there, SMARTLIC_E_NOT_FOUND without the one
 * above it. */
int pki_create(const char *dir, const char *const *tls_names, size_t n, int64_t now_s,
    struct smartlic_error *err);
/* The same, where uris[i], if it is not NULL, names the key of the i-th of them, "root" "issuing"
 * "signer", in a token (pki/uri.h): that key is there already. */
#define PKI_URIS 3
int pki_create_by(
    const char *dir, const char *const uris[PKI_URIS], int64_t now_s, struct smartlic_error *err);
/* Borrows crypto for its life.  Without root.key (kept offline) all but root lists and TLS renewal
 * works. */
int pki_open(struct pki **ret, struct smartlic_crypto *crypto, const char *dir,
    struct smartlic_error *err);
void pki_free(struct pki *pki);

/* Borrowed for the life of pki. */
struct sl_cert *pki_root(const struct pki *pki);
struct sl_cert *pki_issuing(const struct pki *pki);
struct sl_cert *pki_signer(const struct pki *pki);
const struct sl_key *pki_signer_key(const struct pki *pki);
/* For the TLS server: paths of the files, borrowed. */
const char *pki_tls_cert_path(const struct pki *pki);
const char *pki_tls_key_path(const struct pki *pki);
/* Makes the TLS certificate anew when names are missing or its end is near. 1: it did.  One that
 * our root did not issue is left alone. */
int pki_tls_renew(struct pki *pki, const char *const *names, size_t n, int64_t now_s,
    struct smartlic_error *err);

/* When the TLS certificate ends that is in the folder now. */
int pki_tls_ends(const struct pki *pki, int64_t *ret_s, struct smartlic_error *err);

#define PKI_SERIAL_HEX 41 /* with NUL: 20 bytes at most */
/* Issues a device ID certificate by the issuing CA: subject O, serialNumber, CN; life 1 year from
 * now_s.  spki: DER of the key to certify, its own signature already checked.  The certificate's
 * serial is made of `serial` (16 random bytes, of which the first two bits are set): ask
 * sl_cert_serial() for it. */
int pki_issue_device(const struct pki *pki, const void *spki, size_t spki_len, const char *o,
    const char *serial_number, const char *cn, int64_t now_s, const unsigned char serial[16],
    struct sl_buf *ret_der, struct smartlic_error *err);
/* When a certificate was issued. */
int64_t pki_issued_s(const struct sl_cert *cert);

/* A certificate that a list is to revoke. */
struct pki_revoked {
	char serial[PKI_SERIAL_HEX]; /* hex, as sl_cert_serial() */
	int64_t at_s;
};
enum pki_issuer { PKI_ROOT, PKI_ISSUING, PKI_SATELLITES };
/* Makes a list: 180 days of life (root: 400), the given number. */
int pki_crl_new(const struct pki *pki, enum pki_issuer issuer, int64_t number,
    const struct pki_revoked *revoked, size_t n, int64_t now_s, struct sl_buf *ret_der,
    struct smartlic_error *err);
/* The same of a CA that took another's place, or whose place was taken; borrowed from pki. */
int pki_crl_new_by(const struct pki *pki, const struct sl_cert *ca, int64_t number,
    const struct pki_revoked *revoked, size_t n, int64_t now_s, struct sl_buf *ret_der,
    struct smartlic_error *err);

/* The last one of a CA that will sign no more: until that one's own end, without an entry. */
int pki_crl_last(const struct pki *pki, const struct sl_cert *ca, int64_t number, int64_t now_s,
    struct sl_buf *ret_der, struct smartlic_error *err);

#endif
