/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_ENVELOPE_H
#define SL_ENVELOPE_H

#include <stddef.h>

#include "cert.h"

#define SL_ENVELOPE_CERTS_MAX 6
#define SL_ENVELOPE_CRLS_MAX  6

/*
 * CMS SignedData around one JSON object.  Opening checks size and form only;
 * nothing of the content may be read before sl_envelope_verify() returned 0,
 * and the type sees to it: content comes from verify.
 *
 * The structure is read and written here, not by OpenSSL's CMS: that one takes
 * more than the protocol allows, and puts the system's time into signatures.
 */
struct sl_envelope;

/* DER, or PEM (one block "CMS" and nothing else).  SMARTLIC_E_SIZE or SMARTLIC_E_FORM. */
int sl_envelope_open(struct sl_envelope **ret, struct smartlic_crypto *crypto, const void *bytes,
    size_t len, struct smartlic_error *err);
void sl_envelope_free(struct sl_envelope *env); /* NULL is allowed */

/* Of the one signer, SL_SKI_LEN bytes, borrowed. */
const unsigned char *sl_envelope_ski(const struct sl_envelope *env);
/* The embedded certificates, parsed; borrowed. */
struct sl_cert *const *sl_envelope_certs(const struct sl_envelope *env, size_t *ret_n);
/* The embedded one with the signer's identifier, or NULL; borrowed. */
struct sl_cert *sl_envelope_signer(const struct sl_envelope *env);
/* The embedded lists, of good form each; borrowed. */
const struct sl_der *sl_envelope_crls(const struct sl_envelope *env, size_t *ret_n);

/*
 * Verifies with this certificate's key (never one of the envelope's by itself) that digest and key
 * kind belong together and the signature is good; then *ret_content (borrowed from env) is what was
 * signed.  SMARTLIC_E_FORM (digest not of the key's kind) or SMARTLIC_E_SIGNATURE.  Parses nothing.
 */
int sl_envelope_verify(const struct sl_envelope *env, struct sl_cert *signer,
    const void **ret_content, size_t *ret_len, struct smartlic_error *err);

/*
 * Signs; DER appended to ret.  Embedded is what certs and crls hold and nothing else (NULL, 0:
 * nothing).  signer, where given, must be the key's certificate; it is not embedded by itself.
 */
int sl_envelope_sign(struct sl_buf *ret, struct smartlic_crypto *crypto, const struct sl_key *key,
    struct sl_cert *signer, struct sl_cert *const *certs, size_t n_certs, const struct sl_der *crls,
    size_t n_crls, const void *content, size_t len, struct smartlic_error *err);

/* DER → PEM ("CMS"), appended. */
int sl_envelope_pem(struct sl_buf *ret, const void *der, size_t len, struct smartlic_error *err);

#endif
