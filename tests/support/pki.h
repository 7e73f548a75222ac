/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_PKI_H
#define TESTS_SUPPORT_PKI_H

#include <stdint.h>

#include "cert.h"

/*
 * A public key infrastructure in memory, of the protocol's profile unless a
 * field says otherwise, so that a test can break one thing at a time.  Nothing
 * here returns a failure: what cannot be made stops the test program.
 */

/* A key and its certificate. */
struct tpki_id {
	struct sl_key *key;
	struct sl_cert *cert;
};
void tpki_id_free(struct tpki_id *id);

#define TPKI_EMAIL     "1.3.6.1.5.5.7.3.4"
#define TPKI_SERVER    "1.3.6.1.5.5.7.3.1"
#define TPKI_ANY       "2.5.29.37.0"
#define TPKI_DEVICE    SL_ROLE_ARC ".1"
#define TPKI_RESPONSE  SL_ROLE_ARC ".2"
#define TPKI_SATELLITE SL_ROLE_ARC ".3"
#define TPKI_USAGES    5

enum tpki_flags {
	TPKI_P384 = 1 << 0, /* tpki_make: the new key is P-384 */
	TPKI_NO_KEY_USAGE = 1 << 1,
	TPKI_KEY_USAGE_PLAIN = 1 << 2, /* not critical */
	TPKI_USAGES_PLAIN = 1 << 3,
	TPKI_SKI_OTHER = 1 << 4, /* not of the key */
	TPKI_SKI_NONE = 1 << 5,
	TPKI_CONSTRAINTS_PLAIN = 1 << 6,
	TPKI_SIGNATURE_BROKEN = 1 << 7,
	TPKI_SHA1 = 1 << 8, /* the issuer signs with SHA-1 */
	TPKI_AKI_NONE = 1 << 9,
	TPKI_NEGATIVE_SERIAL = 1 << 10,
	TPKI_SUBJECT_TWICE = 1 << 11, /* O there twice */
};

struct tpki_spec {
	const struct tpki_id *issuer; /* NULL: itself */
	const char *o, *serial_number, *cn;
	int ca;
	int path_length;        /* of a CA; < 0: none */
	unsigned int key_usage; /* bits 1 << n of RFC 5280; 0: the profile's for CA or leaf */
	const char *usages[TPKI_USAGES];
	const char *permit_o;          /* name constraint dirName O=… */
	int64_t not_before, not_after; /* 0: TPKI_NOW − 1 day, TPKI_NOW + 10 years */
	const char *extra_oid;         /* an extension more, of value NULL … */
	int extra_critical;
	unsigned int flags;
};

/* The moment around which everything is valid: 2026-11-25T00:00:00Z. */
#define TPKI_NOW INT64_C(1795564800)
#define TPKI_DAY INT64_C(86400)

/* A certificate for this key. */
struct sl_cert *tpki_cert(
    struct smartlic_crypto *crypto, const struct sl_key *key, const struct tpki_spec *spec);
/* The same as DER, for those that sl_cert_parse() must refuse, or for a public key (DER
 * SubjectPublicKeyInfo) whose private half is elsewhere. */
struct sl_buf tpki_cert_der(
    struct smartlic_crypto *crypto, const struct sl_key *key, const struct tpki_spec *spec);
struct sl_buf tpki_certify(struct smartlic_crypto *crypto, const void *spki, size_t spki_len,
    const struct tpki_spec *spec);
/* A new key and its certificate. */
struct tpki_id tpki_make(struct smartlic_crypto *crypto, const struct tpki_spec *spec);
/* One certificate as PEM. */
struct sl_buf tpki_pem(const struct sl_cert *cert);

/* What a list holds; zero: number 1, current for 180 days, nobody revoked. */
struct tpki_list {
	int64_t number;                   /* < 0: none */
	int64_t this_update, next_update; /* 0: TPKI_NOW − 1 day, TPKI_NOW + 180 days */
	int no_next_update;
	const struct sl_cert *revoked[4];
	int delta;             /* with a critical delta indicator */
	const char *extra_oid; /* an extension more, of value NULL … */
	int extra_critical;
	int entry_critical; /* entries carry a critical extension */
	int signature_broken;
	const struct sl_cert *name_of; /* the issuer named is this one's subject */
};
/* A list by this issuer, DER. */
struct sl_buf tpki_crl(
    struct smartlic_crypto *crypto, const struct tpki_id *issuer, const struct tpki_list *list);

/* The whole of the protocol's table. */
struct tpki {
	struct smartlic_crypto *crypto; /* borrowed */
	struct tpki_id root;            /* P-384 */
	struct tpki_id issuing;         /* CA of devices */
	struct tpki_id signer;          /* response */
	struct tpki_id device;          /* by issuing; O TPKI_ACCOUNT */
	struct tpki_id satellites;      /* CA of satellites' CAs */
	struct tpki_id satellite_ca;    /* of TPKI_ACCOUNT */
	struct tpki_id satellite;       /* signer of that satellite */
	struct tpki_id tls;
	struct sl_buf root_pem;
};
#define TPKI_ACCOUNT  "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11"
#define TPKI_INSTANCE "01978a2e-1c00-7a10-8b2c-3d4e5f607181"
#define TPKI_SERIAL   "PID:NCS1004 SN:CAT2231B18Y"

/* The specifications behind struct tpki, to alter one member of. */
struct tpki_spec tpki_spec_root(void);
struct tpki_spec tpki_spec_issuing(const struct tpki_id *root);
struct tpki_spec tpki_spec_signer(const struct tpki_id *root);
struct tpki_spec tpki_spec_device(const struct tpki_id *issuing);
struct tpki_spec tpki_spec_satellites(const struct tpki_id *root);
struct tpki_spec tpki_spec_satellite_ca(const struct tpki_id *satellites, const char *o);
struct tpki_spec tpki_spec_satellite(const struct tpki_id *satellite_ca, const char *o);
struct tpki_spec tpki_spec_tls(const struct tpki_id *root);

void tpki_init(struct tpki *pki, struct smartlic_crypto *crypto);
void tpki_free(struct tpki *pki);

#endif
