/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_CRL_H
#define SL_CRL_H

#include <stddef.h>
#include <stdint.h>

#include "cert.h"

/*
 * A parsed revocation list: immutable, counted, may be shared by threads.  One that is no plain,
 * complete list (delta, parted, indirect, with critical extensions, without a number) parses but
 * has an `unusable` text: whom it lists is revoked, of others it says nothing.
 */
struct sl_crl;

/* DER, wholly consumed; SMARTLIC_E_FORM.  One of the same bytes that is in use is given out again.
 */
int sl_crl_parse(struct sl_crl **ret, struct smartlic_crypto *crypto, const void *der, size_t len,
    struct smartlic_error *err);
void sl_crl_unref(struct sl_crl *crl); /* NULL is allowed */
const void *sl_crl_der(const struct sl_crl *crl, size_t *ret_len);
/* Why it cannot be used; NULL where it can.  Static. */
const char *sl_crl_unusable(const struct sl_crl *crl);
/* Is this the issuer that it names?  1 or 0. */
int sl_crl_names(const struct sl_crl *crl, const struct sl_cert *issuer);
/* Does it name this issuer, and is its signature good by this issuer's key?  1 or 0. */
int sl_crl_is_of(const struct sl_crl *crl, const struct sl_cert *issuer);
/* Is a certificate of the same issuer on it?  1 or 0. */
int sl_crl_lists(const struct sl_crl *crl, const struct sl_cert *cert);
/* The order of two lists of one issuer, by number: < 0, 0, > 0. */
int sl_crl_compare(const struct sl_crl *a, const struct sl_crl *b);
int64_t sl_crl_next_update(const struct sl_crl *crl); /* INT64_MIN where there is none */

#endif
