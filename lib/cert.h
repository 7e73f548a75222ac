/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_CERT_H
#define SL_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "crypto.h"
#include "der.h"

/*
 * A parsed certificate: immutable, counted, may be shared by threads.  It was
 * read once: key, names, times and usages are at hand without parsing again.
 */
struct sl_cert;

/*
 * DER, wholly consumed.  SMARTLIC_E_FORM when it is not a certificate of
 * version 3 whose key is of an allowed kind and whose subject key identifier is
 * the one of its key.  Signature, issuer and validity are not looked at.  One that is in use is not
 * parsed twice: its bytes give the same object, with one reference more.
 */
int sl_cert_parse(struct sl_cert **ret, struct smartlic_crypto *crypto, const void *der, size_t len,
    struct smartlic_error *err);
/* Every block "CERTIFICATE" of a PEM text, at least one; *ret_n entries of *ret: release them and
 * free the array. */
int sl_cert_parse_pem(struct sl_cert ***ret, size_t *ret_n, struct smartlic_crypto *crypto,
    const char *pem, size_t len, struct smartlic_error *err);
struct sl_cert *sl_cert_ref(struct sl_cert *cert);
void sl_cert_unref(struct sl_cert *cert); /* NULL is allowed */

/* Borrowed for the certificate's life. */
const void *sl_cert_der(const struct sl_cert *cert, size_t *ret_len);
const unsigned char *sl_cert_ski(const struct sl_cert *cert); /* of its key, recomputed */
int64_t sl_cert_not_before(const struct sl_cert *cert);       /* seconds since 1970 */
int64_t sl_cert_not_after(const struct sl_cert *cert);
const char *sl_cert_o(const struct sl_cert *cert); /* "" where there is none */
const char *sl_cert_cn(const struct sl_cert *cert);
const char *sl_cert_serial_number(const struct sl_cert *cert); /* subject's, "PID:… SN:…" */
const char *sl_cert_serial(const struct sl_cert *cert);        /* the certificate's own, hex */
/* DER SubjectPublicKeyInfo, borrowed.  A key has one encoding: compare identifiers. */
const void *sl_cert_spki(const struct sl_cert *cert, size_t *ret_len);

/* The register request's own: self-signed, role device, subject of the UDI. */
int sl_cert_self(struct sl_cert **ret, struct smartlic_crypto *crypto, const struct sl_key *key,
    const struct sl_udi *udi, int64_t now_s, struct smartlic_error *err);

#define SL_ROLE_ARC "2.25.190313832143684814877470670237696347942"
enum sl_role { SL_ROLE_DEVICE = 1, SL_ROLE_RESPONSE = 2, SL_ROLE_SATELLITE = 4 };
/* The roles that a certificate's extended key usage names, as a bit set. */
unsigned int sl_cert_roles(const struct sl_cert *cert);

#endif
