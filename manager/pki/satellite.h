/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_SATELLITE_H
#define MANAGER_PKI_SATELLITE_H

#include "pki/pki.h"

/*
 * Keys and certificates of satellites.  At the upstream: a CA of satellites, made with the first
 * one, which issues each satellite a CA of its own, bound to one account.  In a satellite's folder
 * `root` and `satellites` have no key, `issuing` is its own CA and `signer` is issued by that.
 */

/* ---- the upstream --------------------------------------------------------- */

/* Makes the CA of satellites where there is none; that takes root.key. */
int pki_satellites_make(struct pki *pki, int64_t now_s, struct smartlic_error *err);
/* May a satellite join?  SMARTLIC_E_STATE while the CA of satellites is by a former root. */
int pki_satellites_may_join(const struct pki *pki, struct smartlic_error *err);
/* Borrowed; NULL: none was made. */
struct sl_cert *pki_satellites(const struct pki *pki);
/* A satellite's CA certificate for the account `o`. */
int pki_issue_satellite(const struct pki *pki, const void *spki, size_t spki_len, const char *o,
    const char *cn, int64_t now_s, struct sl_buf *ret_der, struct smartlic_error *err);
/* A TLS certificate for a satellite's host: localhost, the loopback addresses and these names. */
int pki_issue_tls(const struct pki *pki, const void *spki, size_t spki_len,
    const char *const *names, size_t n, int64_t now_s, struct sl_buf *ret_der,
    struct smartlic_error *err);

/* ---- the satellite -------------------------------------------------------- */

/* Is it a satellite's folder? */
int pki_is_satellite(const struct pki *pki);
/* A new folder with the root to trust (PEM) and keys of a CA and of TLS, or nothing. */
int pki_join_create(const char *dir, const char *root_pem, size_t len,
    struct smartlic_crypto *crypto, struct smartlic_error *err);
/* The key of DIR/STEM.key, where STEM is "issuing" or "tls". */
int pki_join_key(struct sl_key **ret, const char *dir, const char *stem,
    struct smartlic_crypto *crypto, struct smartlic_error *err);
/* Is a TLS certificate to be asked for: there is none, or the root's is near its end?  1 or 0. */
int pki_join_tls_due(const struct pki *pki, int64_t now_s, struct smartlic_error *err);
/* What the upstream issued, DER each; an empty one is left as it is.  The CA's must be for our
 * key.  cross: goes along with TLS's, for those who have the former root alone; NULL: there is
 * none. */
int pki_join_put(const char *dir, const struct sl_buf *satellites, const struct sl_buf *issuing,
    const struct sl_buf *tls, const struct sl_cert *cross, struct smartlic_crypto *crypto,
    struct smartlic_error *err);
/* Makes a signer where there is none or less than `left_s` of its 90 days is left; 1: it did. */
int pki_signer_renew(const char *dir, const char *o, int64_t left_s, int64_t now_s,
    struct smartlic_crypto *crypto, struct smartlic_error *err);
/* Ends a renewal that was interrupted; harmless otherwise. */
int pki_signer_settle(const char *dir, struct smartlic_error *err);
/* Reads anew what another process may have renewed. */
int pki_refresh(struct pki *pki, struct smartlic_error *err);
/* The folder; borrowed. */
const char *pki_dir(const struct pki *pki);

#endif
