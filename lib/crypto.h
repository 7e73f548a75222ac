/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_CRYPTO_H
#define SL_CRYPTO_H

#include <stddef.h>

#include <smartlic/crypto.h>

#include "buffer.h"
#include "der.h"
#include "message.h"

#define SL_SHA256_LEN 32
#define SL_SHA256_HEX 65 /* with NUL */
#define SL_SKI_LEN    20

/*
 * Hashes, keys and requests for certificates on OpenSSL (crypto.c, key.c, csr.c).
 * Which files of lib/ may include it, ossl.h says.  The library's time never
 * comes from OpenSSL: every check time is an argument.
 */

void sl_wipe(void *p, size_t len);
/* Constant time; 1 equal, 0 not. */
int sl_equal(const void *a, const void *b, size_t len);

int sl_sha256(struct smartlic_crypto *crypto, const void *data, size_t len,
    unsigned char ret[SL_SHA256_LEN], struct smartlic_error *err);
int sl_sha256_hex(struct smartlic_crypto *crypto, const void *data, size_t len,
    char ret[SL_SHA256_HEX], struct smartlic_error *err);
/* HMAC over data in one piece. */
int sl_hmac_sha256(struct smartlic_crypto *crypto, const void *key, size_t key_len,
    const void *data, size_t len, unsigned char ret[SL_SHA256_LEN], struct smartlic_error *err);
/* OpenSSL's randomness: for keys, serials, tokens. */
int sl_crypto_random(
    struct smartlic_crypto *crypto, void *buf, size_t len, struct smartlic_error *err);

/* The protocol's two proofs (hex).  secret: SL_TOKEN_SECRET_LEN bytes. */
int sl_token_proof(struct smartlic_crypto *crypto, const unsigned char *secret,
    const char *request_id, const void *csr, size_t csr_len, char ret[SL_SHA256_HEX],
    struct smartlic_error *err);
int sl_token_answer(struct smartlic_crypto *crypto, const unsigned char *secret,
    const char *request_sha256, char ret[SL_SHA256_HEX], struct smartlic_error *err);
/* A reservation's code: the first half of SHA-256("slx1-reservation" 00 request_sha256 00 end as in
 * messages), so that it stands for the request with all that it asked, and for its end. */
int sl_reservation_code(struct smartlic_crypto *crypto, const char *request_sha256, int64_t ends_s,
    char ret[SL_CODE_SIZE], struct smartlic_error *err);

/* A private key; EC P-256 when made here, P-384 and RSA >= 3072 when read. */
struct sl_key;
int sl_key_new(struct sl_key **ret, struct smartlic_crypto *crypto, struct smartlic_error *err);
int sl_key_new_p384(
    struct sl_key **ret, struct smartlic_crypto *crypto, struct smartlic_error *err);
/* PKCS#8, DER.  SMARTLIC_E_CRYPTO; SMARTLIC_E_FORM for a key of a kind that is not allowed. */
int sl_key_read(struct sl_key **ret, struct smartlic_crypto *crypto, const void *der, size_t len,
    struct smartlic_error *err);
int sl_key_write(const struct sl_key *key, struct sl_buf *ret, struct smartlic_error *err);
/* PKCS#8, PEM, unencrypted, for the authority's key files. */
int sl_key_read_pem(struct sl_key **ret, struct smartlic_crypto *crypto, const void *pem,
    size_t len, struct smartlic_error *err);
int sl_key_write_pem(const struct sl_key *key, struct sl_buf *ret, struct smartlic_error *err);
/* An EVP_PKEY, as void *, that may live in a token; taken over, also on failure.  It cannot be
 * written. */
int sl_key_take(
    struct sl_key **ret, struct smartlic_crypto *crypto, void *pkey, struct smartlic_error *err);
void sl_key_free(struct sl_key *key);
/* First 20 bytes of SHA-256 of the subjectPublicKey bits (RFC 7093, method 1). */
int sl_key_ski(const struct sl_key *key, unsigned char ret[SL_SKI_LEN], struct smartlic_error *err);
/* The EVP_PKEY as void *, for the authority's own use of OpenSSL; borrowed. */
void *sl_key_handle(const struct sl_key *key);
void *sl_crypto_libctx(struct smartlic_crypto *crypto); /* OSSL_LIB_CTX, borrowed */

/* PKCS#10 with subject serialNumber = "PID:… SN:…", self-signed; DER appended to ret. */
int sl_csr_new(struct sl_buf *ret, struct smartlic_crypto *crypto, const struct sl_key *key,
    const struct sl_udi *udi, struct smartlic_error *err);
/* Reads a CSR wholly, checks size, key kind (P-256, P-384, RSA >= 3072) and its own signature.
 * SMARTLIC_E_FORM or SMARTLIC_E_SIGNATURE.  ret_spki: DER SubjectPublicKeyInfo, appended. */
int sl_csr_check(struct smartlic_crypto *crypto, const void *der, size_t len,
    unsigned char ret_ski[SL_SKI_LEN], struct sl_buf *ret_spki, struct smartlic_error *err);
/* A SubjectPublicKeyInfo's algorithm, its tag and all, and the bytes of its key, within der.
 * SMARTLIC_E_FORM. */
int sl_spki_split(const void *der, size_t len, struct sl_der *ret_algorithm, struct sl_der *ret_key,
    struct smartlic_error *err);

#endif
