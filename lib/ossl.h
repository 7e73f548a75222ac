/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_OSSL_H
#define SL_OSSL_H

#include <stdatomic.h>
#include <stdint.h>

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "cert.h"
#include "crypto.h"

/*
 * What the files on top of OpenSSL share.  These alone include this header (or
 * any of OpenSSL's): asn1.c cert.c chain.c cms.c crl.c crypto.c csr.c envelope.c key.c reader.c
 * seal.c selfcert.c shared.c trust.c.
 */
struct smartlic_crypto {
	OSSL_LIB_CTX *libctx;
	OSSL_PROVIDER *provider;
	/* A context without a provider.  What is decoded in it has no key: while OpenSSL 3.0
	 * decodes a key it looks through all that it knows, which takes as long as two
	 * verifications. */
	OSSL_LIB_CTX *keyless;
	OSSL_PROVIDER *nothing;
	/* for paths of certificates, which need their keys: it has few decoders (reader.c) */
	OSSL_LIB_CTX *reader;
	OSSL_PROVIDER *reading;
	EVP_PKEY *curves[2]; /* P-256 and P-384 without a key, from which keys are made */
	EVP_MD *sha256;
	EVP_MD *sha384;
	EVP_MAC *hmac;
	struct sl_shared *certs; /* that are in use */
	struct sl_shared *crls;
};

/* Makes and frees `reader`; where this OpenSSL is not as it is known, that is libctx. */
int sl_reader_new(struct smartlic_crypto *c, struct smartlic_error *err);
void sl_reader_free(struct smartlic_crypto *c);

/* sl_fail() with OpenSSL's own reason after the text, and its queue emptied. */
int sl_fail_ossl(struct smartlic_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The keys that the protocol knows, and the digest that belongs to each. */
enum sl_key_kind { SL_KEY_P256 = 1, SL_KEY_P384, SL_KEY_RSA };
const char *sl_key_kind_name(enum sl_key_kind kind);
const EVP_MD *sl_key_kind_md(const struct smartlic_crypto *crypto, enum sl_key_kind kind);
/* A signature algorithm of a certificate, list or request: with SHA-2 and PKCS#1 v1.5 or ECDSA. */
int sl_sigalg_allowed(int nid);

struct sl_key {
	struct smartlic_crypto *crypto; /* borrowed */
	EVP_PKEY *pkey;
	EVP_MD_CTX *signing; /* ready to be copied; NULL: it cannot be, as with an engine's key */
	enum sl_key_kind kind;
	unsigned char ski[SL_SKI_LEN];
};
/* Sets a fresh context up for a signature by it, with its kind's digest; 1, as OpenSSL has it. */
int sl_key_begin(const struct sl_key *key, EVP_MD_CTX *ctx);

/*
 * A SubjectPublicKeyInfo: one of our kinds, in its one encoding (named curve,
 * point not compressed, RSA of 3072 to 8192 bits), so that a key has one
 * identifier.  SMARTLIC_E_FORM.
 */
int sl_spki_read(struct smartlic_crypto *crypto, const void *der, size_t len,
    enum sl_key_kind *ret_kind, unsigned char ret_ski[SL_SKI_LEN], struct smartlic_error *err);
/* The key of a SubjectPublicKeyInfo that was read, to be freed; NULL: its curve does not have this
 * point, or a lack of memory. */
EVP_PKEY *sl_spki_key(
    struct smartlic_crypto *crypto, enum sl_key_kind kind, const void *der, size_t len);
/* The curves of a context that is being made; 0 or -1. */
int sl_curves_new(struct smartlic_crypto *crypto);
/* The DER of an X509_PUBKEY, appended. */
int sl_spki_write(struct sl_buf *ret, const X509_PUBKEY *pubkey, struct smartlic_error *err);

/* What a certificate says about its use. */
struct sl_profile {
	int ca;
	unsigned int key_usage; /* bit n of RFC 5280's KeyUsage: 1 << n */
	int key_usage_critical;
	int usages; /* an extended key usage is there, and names … */
	int usages_critical;
	int email;          /* … emailProtection */
	unsigned int roles; /* … these of ours */
	int other_usage;    /* … something else */
	int name_constraints;
	int name_constraints_critical;
};
#define SL_KU_DIGITAL_SIGNATURE (1U << 0)
#define SL_KU_KEY_CERT_SIGN     (1U << 5)
#define SL_KU_CRL_SIGN          (1U << 6)

/*
 * Parsed objects of one kind that are in use, found by their bytes; safe for threads.  Nobody is
 * kept alive by it.  The item is its object's first member.
 */
struct sl_shared;
struct sl_shared_item {
	atomic_uint refs; /* 1 at first */
	struct sl_buf der;
	uint32_t hash; /* of der; this and the next are shared.c's */
	int is_found;
	struct sl_shared_item *next;
};
int sl_shared_new(struct sl_shared **ret, struct smartlic_error *err);
void sl_shared_free(struct sl_shared *shared); /* NULL is allowed */
/* With a reference for the caller; NULL: none of these bytes. */
struct sl_shared_item *sl_shared_find(struct sl_shared *shared, const void *der, size_t len);
/* From now on it is found. */
void sl_shared_add(struct sl_shared *shared, struct sl_shared_item *item);
/* 1: it was the last reference, nobody finds it any more, and its bytes are freed. */
int sl_shared_unref(struct sl_shared *shared, struct sl_shared_item *item);

struct sl_cert {
	struct sl_shared_item item;
	struct smartlic_crypto *crypto; /* borrowed */
	X509 *fields;                   /* without a key: good for reading, not for verifying */
	_Atomic(X509 *) x509;           /* sl_cert_x509(): made when it is first asked for */
	EVP_PKEY *pkey;
	atomic_int has_verified;
	_Atomic(EVP_MD_CTX *) verifying; /* envelope.c's: ready to be copied, NULL: not yet */
	enum sl_key_kind kind;
	unsigned char ski[SL_SKI_LEN];
	struct sl_buf spki;
	int64_t not_before;
	int64_t not_after;
	char serial[41]; /* hex of at most 20 bytes */
	char *o;
	char *cn;
	char *serial_number;
	struct sl_profile profile;
};

/* OpenSSL's form of it, with its key and all; borrowed.  NULL: a lack of memory. */
X509 *sl_cert_x509(struct sl_cert *cert);

/* Sets a subject's entry; UTF-8. */
int sl_name_add(X509_NAME *name, int nid, const char *value, struct smartlic_error *err);
/* Seconds since 1970 as UTCTime or GeneralizedTime as RFC 5280 wants it, without the C library's
 * time; years 1950 to 9999. */
int sl_asn1_time_set(ASN1_TIME *ret, int64_t s, struct smartlic_error *err);
int sl_asn1_time_get(int64_t *ret, const ASN1_TIME *time); /* 0, or -1 when not of that form */

#endif
