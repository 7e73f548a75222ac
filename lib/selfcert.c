/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "error.h"
#include "ossl.h"
#include "text.h"

/*
 * The certificate under which a `register` request is signed.  Nobody looks at
 * its validity, so a device without a clock can make it.
 */
#define LIFE_S       (INT64_C(2) * 365 * 86400)
#define NOW_MAX      INT64_C(253300000000) /* in the year 9996 */
#define SERIAL_BYTES 16

static int
add_extension(X509 *x509, int nid, void *value, int critical)
{
	return value != NULL &&
	       X509_add1_ext_i2d(x509, nid, value, critical, X509V3_ADD_APPEND) == 1;
}

static int
add_usages(X509 *x509)
{
	static const char *const oids[] = { "1.3.6.1.5.5.7.3.4", SL_ROLE_ARC ".1" };
	EXTENDED_KEY_USAGE *usages = EXTENDED_KEY_USAGE_new();
	int ok = usages != NULL;

	for (size_t i = 0; ok && i < sizeof(oids) / sizeof(oids[0]); i++) {
		ASN1_OBJECT *oid = OBJ_txt2obj(oids[i], 1);

		ok = oid != NULL && sk_ASN1_OBJECT_push(usages, oid) > 0;
		if (!ok)
			ASN1_OBJECT_free(oid);
	}
	ok = ok && add_extension(x509, NID_ext_key_usage, usages, 1);
	EXTENDED_KEY_USAGE_free(usages);
	return ok;
}

static int
add_extensions(X509 *x509, const struct sl_key *key)
{
	BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
	ASN1_BIT_STRING *ku = ASN1_BIT_STRING_new();
	ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
	int ok;

	ok = add_extension(x509, NID_basic_constraints, bc, 1) && ku != NULL &&
	     ASN1_BIT_STRING_set_bit(ku, 0, 1) == 1 && /* digitalSignature */
	     add_extension(x509, NID_key_usage, ku, 1) && add_usages(x509) && ski != NULL &&
	     ASN1_OCTET_STRING_set(ski, key->ski, SL_SKI_LEN) == 1 &&
	     add_extension(x509, NID_subject_key_identifier, ski, 0);
	BASIC_CONSTRAINTS_free(bc);
	ASN1_BIT_STRING_free(ku);
	ASN1_OCTET_STRING_free(ski);
	return ok;
}

static int
set_serial(X509 *x509, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	unsigned char bytes[SERIAL_BYTES];
	int r = sl_crypto_random(crypto, bytes, sizeof(bytes), err);

	if (r < 0)
		return r;
	bytes[0] = (unsigned char)(bytes[0] >> 1 | 0x40); /* positive, and of one length */
	if (ASN1_STRING_set(X509_get_serialNumber(x509), bytes, sizeof(bytes)) != 1)
		return sl_nomem(err);
	return 0;
}

static int
fill(X509 *x509, const struct sl_key *key, const struct sl_udi *udi, int64_t now_s,
    struct smartlic_error *err)
{
	char serial_number[SL_UDI_SERIAL_SIZE];
	X509_NAME *name = X509_get_subject_name(x509);
	int r;

	now_s = now_s < 0 ? 0 : now_s > NOW_MAX ? NOW_MAX : now_s;
	sl_udi_serial(serial_number, udi);
	r = set_serial(x509, key->crypto, err);
	if (r == 0)
		r = sl_name_add(name, NID_serialNumber, serial_number, err);
	if (r == 0)
		r = sl_asn1_time_set(X509_getm_notBefore(x509), now_s, err);
	if (r == 0)
		r = sl_asn1_time_set(X509_getm_notAfter(x509), now_s + LIFE_S, err);
	if (r < 0)
		return r;
	if (X509_set_version(x509, X509_VERSION_3) != 1 || X509_set_issuer_name(x509, name) != 1 ||
	    X509_set_pubkey(x509, key->pkey) != 1 || !add_extensions(x509, key) ||
	    X509_sign(x509, key->pkey, sl_key_kind_md(key->crypto, key->kind)) <= 0)
		return sl_fail_ossl(
		    err, SMARTLIC_E_CRYPTO, "the request's own certificate cannot be made");
	return 0;
}

int
sl_cert_self(struct sl_cert **ret, struct smartlic_crypto *crypto, const struct sl_key *key,
    const struct sl_udi *udi, int64_t now_s, struct smartlic_error *err)
{
	X509 *x509 = X509_new_ex(crypto->libctx, NULL);
	unsigned char *der = NULL;
	int r, n;

	if (x509 == NULL)
		return sl_nomem(err);
	r = fill(x509, key, udi, now_s, err);
	if (r < 0)
		goto out;
	n = i2d_X509(x509, &der);
	if (n <= 0) {
		r = sl_nomem(err);
		goto out;
	}
	r = sl_cert_parse(ret, crypto, der, (size_t)n, err);
out:
	OPENSSL_free(der);
	X509_free(x509);
	return r;
}
