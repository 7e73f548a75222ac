/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>
#include <time.h>

#include <openssl/err.h>

#include "der.h"
#include "pki/cert.h"

int
pki_fail(struct smartlic_error *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	(void)sl_fail(err, SMARTLIC_E_CRYPTO, "%s: %s", what,
	    reason != NULL ? reason : "OpenSSL gave no reason");
	ERR_clear_error();
	return SMARTLIC_E_CRYPTO;
}

const EVP_MD *
pki_digest_for(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256();
}

static int
add_name(X509_NAME *name, int nid, const char *text)
{
	if (text == NULL)
		return 1;
	return X509_NAME_add_entry_by_NID(
	    name, nid, MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0);
}

static int
set_subject(X509 *x, const struct pki_cert_spec *spec)
{
	X509_NAME *name = X509_NAME_new();
	int ok;

	ok = name != NULL && add_name(name, NID_organizationName, spec->o) &&
	    add_name(name, NID_serialNumber, spec->serial_number) &&
	    add_name(name, NID_commonName, spec->cn) && X509_set_subject_name(x, name) &&
	    X509_set_issuer_name(x, spec->issuer == NULL ? name : X509_get_subject_name(spec->issuer));
	X509_NAME_free(name);
	return ok;
}

static int
set_serial(X509 *x, const unsigned char random[PKI_SERIAL_LEN])
{
	unsigned char serial[PKI_SERIAL_LEN];
	BIGNUM *n;
	int ok;

	memcpy(serial, random, sizeof(serial));
	/* positive, and of full length whatever was drawn */
	serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40);
	n = BN_bin2bn(serial, sizeof(serial), NULL);
	ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return ok;
}

/* Dates after 2049 come out as GeneralizedTime by themselves. */
static int
set_validity(X509 *x, const struct pki_cert_spec *spec)
{
	return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(spec->now_s - PKI_BACKDATE_S)) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(spec->now_s + spec->profile->life_s)) != NULL;
}

/* As it stands there: for X509_set_pubkey() it is decoded, encoded, and decoded again. */
static int
put_spki(X509_PUBKEY *to, const void *der, size_t len)
{
	X509_ALGOR *algorithm;
	struct sl_der alg, bits;
	const unsigned char *p;
	ASN1_OBJECT *kind, *curve = NULL;
	const ASN1_OBJECT *oid;
	const void *value;
	unsigned char *copy;
	int type, ok;

	if (sl_spki_split(der, len, &alg, &bits, NULL) < 0)
		return 0;
	p = alg.data;
	algorithm = d2i_X509_ALGOR(NULL, &p, (long)alg.len);
	if (algorithm == NULL)
		return 0;
	X509_ALGOR_get0(&oid, &type, &value, algorithm);
	kind = OBJ_dup(oid);
	if (type == V_ASN1_OBJECT)
		curve = OBJ_dup(value);
	copy = OPENSSL_memdup(bits.data, bits.len);
	ok = kind != NULL && copy != NULL && (type == V_ASN1_NULL || curve != NULL) &&
	     X509_PUBKEY_set0_param(to, kind, type, curve, copy, (int)bits.len) == 1;
	X509_ALGOR_free(algorithm);
	if (!ok) {
		ASN1_OBJECT_free(kind);
		ASN1_OBJECT_free(curve);
		OPENSSL_free(copy);
	}
	return ok;
}

static int
set_key(X509 *x, const struct pki_cert_spec *spec)
{
	return spec->key != NULL ? X509_set_pubkey(x, spec->key)
				 : put_spki(X509_get_X509_PUBKEY(x), spec->spki, spec->spki_len);
}

static int
add_basic_constraints(X509 *x, const struct pki_profile *profile)
{
	BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
	int ok = bc != NULL;

	if (ok && profile->ca) {
		bc->ca = 1;
		if (profile->path_length >= 0) {
			bc->pathlen = ASN1_INTEGER_new();
			ok = bc->pathlen != NULL && ASN1_INTEGER_set(bc->pathlen, profile->path_length);
		}
	}
	ok = ok && X509_add1_ext_i2d(x, NID_basic_constraints, bc, 1, 0) == 1;
	BASIC_CONSTRAINTS_free(bc);
	return ok;
}

/* What is issued below must have this O in front of its subject (RFC 5280, 4.2.1.10). */
static int
add_name_constraints(X509 *x, const struct pki_cert_spec *spec)
{
	NAME_CONSTRAINTS *nc;
	GENERAL_SUBTREE *tree = NULL;
	X509_NAME *name = NULL;
	int ok;

	if (!spec->profile->bound)
		return 1;
	nc = NAME_CONSTRAINTS_new();
	ok = nc != NULL && (tree = GENERAL_SUBTREE_new()) != NULL &&
	    (name = X509_NAME_new()) != NULL && add_name(name, NID_organizationName, spec->o);
	if (ok) {
		GENERAL_NAME_set0_value(tree->base, GEN_DIRNAME, name);
		name = NULL;
		nc->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
		ok = nc->permittedSubtrees != NULL &&
		    sk_GENERAL_SUBTREE_push(nc->permittedSubtrees, tree) > 0;
		if (ok)
			tree = NULL;
	}
	ok = ok && X509_add1_ext_i2d(x, NID_name_constraints, nc, 1, 0) == 1;
	X509_NAME_free(name);
	GENERAL_SUBTREE_free(tree);
	NAME_CONSTRAINTS_free(nc);
	return ok;
}

static int
add_key_usage(X509 *x, const struct pki_profile *profile)
{
	enum { DIGITAL_SIGNATURE = 0, KEY_CERT_SIGN = 5, CRL_SIGN = 6 }; /* RFC 5280 */
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	int ok = bits != NULL;

	if (ok && profile->ca)
		ok = ASN1_BIT_STRING_set_bit(bits, KEY_CERT_SIGN, 1) &&
		    ASN1_BIT_STRING_set_bit(bits, CRL_SIGN, 1);
	else if (ok)
		ok = ASN1_BIT_STRING_set_bit(bits, DIGITAL_SIGNATURE, 1);
	ok = ok && X509_add1_ext_i2d(x, NID_key_usage, bits, 1, 0) == 1;
	ASN1_BIT_STRING_free(bits);
	return ok;
}

static int
add_usages(X509 *x, const struct pki_profile *profile)
{
	EXTENDED_KEY_USAGE *usages;
	int ok;

	if (profile->usages[0] == NULL)
		return 1;
	usages = sk_ASN1_OBJECT_new_null();
	ok = usages != NULL;
	for (size_t i = 0; ok && profile->usages[i] != NULL; i++) {
		ASN1_OBJECT *oid = OBJ_txt2obj(profile->usages[i], 1);

		ok = oid != NULL && sk_ASN1_OBJECT_push(usages, oid) > 0;
		if (!ok)
			ASN1_OBJECT_free(oid);
	}
	ok = ok && X509_add1_ext_i2d(x, NID_ext_key_usage, usages, profile->usages_critical, 0) == 1;
	sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
	return ok;
}

AUTHORITY_KEYID *
pki_authority_key_id(X509 *issuer)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(issuer);
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();

	if (aki == NULL || ski == NULL || (aki->keyid = ASN1_OCTET_STRING_dup(ski)) == NULL) {
		AUTHORITY_KEYID_free(aki);
		return NULL;
	}
	return aki;
}

/* RFC 7093, method 1: the leftmost 20 bytes of SHA-256 over the key's bits. */
static int
add_key_ids(X509 *x, struct smartlic_crypto *crypto, const struct pki_cert_spec *spec,
    struct smartlic_error *err)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x);
	unsigned char digest[SL_SHA256_LEN];
	ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
	AUTHORITY_KEYID *aki = NULL;
	int ok;

	ok = ski != NULL && bits != NULL &&
	    sl_sha256(crypto, bits->data, (size_t)bits->length, digest, err) == 0 &&
	    ASN1_OCTET_STRING_set(ski, digest, SL_SKI_LEN) &&
	    X509_add1_ext_i2d(x, NID_subject_key_identifier, ski, 0, 0) == 1;
	if (ok && spec->issuer != NULL) {
		aki = pki_authority_key_id(spec->issuer);
		ok = aki != NULL && X509_add1_ext_i2d(x, NID_authority_key_identifier, aki, 0, 0) == 1;
	}
	ASN1_OCTET_STRING_free(ski);
	AUTHORITY_KEYID_free(aki);
	return ok;
}

static int
add_extensions(X509 *x, struct smartlic_crypto *crypto, const struct pki_cert_spec *spec,
    struct smartlic_error *err)
{
	return add_basic_constraints(x, spec->profile) && add_key_usage(x, spec->profile) &&
	    add_usages(x, spec->profile) && add_name_constraints(x, spec) &&
	    (spec->names == NULL ||
		X509_add1_ext_i2d(x, NID_subject_alt_name, (void *)spec->names, 0, 0) == 1) &&
	    add_key_ids(x, crypto, spec, err);
}

int
pki_cert_make(X509 **ret, struct smartlic_crypto *crypto, const struct pki_cert_spec *spec,
    struct smartlic_error *err)
{
	X509 *x = X509_new_ex(sl_crypto_libctx(crypto), NULL);

	if (x == NULL)
		return sl_nomem(err);
	if (!X509_set_version(x, X509_VERSION_3) || !set_serial(x, spec->serial) ||
	    !set_subject(x, spec) || !set_validity(x, spec) || !set_key(x, spec) ||
	    !add_extensions(x, crypto, spec, err) ||
	    X509_sign(x, spec->issuer_key, pki_digest_for(spec->issuer_key)) <= 0) {
		X509_free(x);
		return pki_fail(err, "a certificate cannot be made");
	}
	*ret = x;
	return 0;
}
