/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "pem.h"
#include "tests/suite.h"
#include "tests/support/pki.h"
#include "text.h"

#define MUST(condition) must((condition) ? 1 : 0, #condition, __LINE__)

static void
must(int ok, const char *what, int line)
{
	if (ok)
		return;
	(void)fprintf(stderr, "tests/support/pki.c:%d: %s\n", line, what);
	ERR_print_errors_fp(stderr);
	abort();
}

/* ---- parts -------------------------------------------------------------- */

static void
set_time(ASN1_TIME *time, int64_t s)
{
	char text[SL_TIME_SIZE], digits[16];
	size_t n = 0;

	sl_time(text, s);
	for (const char *p = text; *p != '\0'; p++)
		if ((*p >= '0' && *p <= '9') || *p == 'Z')
			digits[n++] = *p;
	digits[n] = '\0';
	MUST(ASN1_TIME_set_string_X509(time, digits) == 1);
}

static void
add_name(X509_NAME *name, int nid, const char *value)
{
	if (value != NULL)
		MUST(X509_NAME_add_entry_by_NID(
			 name, nid, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1);
}

static X509_EXTENSION *
null_extension(const char *oid, int critical)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	MUST(object != NULL && value != NULL &&
	     ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2) == 1);
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	MUST(ext != NULL);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(value);
	return ext;
}

static void
add(X509 *x, int nid, void *value, int critical)
{
	MUST(value != NULL && X509_add1_ext_i2d(x, nid, value, critical, X509V3_ADD_APPEND) == 1);
}

static void
add_constraints(X509 *x, const struct tpki_spec *spec)
{
	BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
	ASN1_BIT_STRING *ku = ASN1_BIT_STRING_new();
	unsigned int bits = spec->key_usage;

	bc->ca = spec->ca ? 0xff : 0;
	if (spec->ca && spec->path_length >= 0) {
		bc->pathlen = ASN1_INTEGER_new();
		MUST(ASN1_INTEGER_set(bc->pathlen, spec->path_length) == 1);
	}
	add(x, NID_basic_constraints, bc, 1);
	BASIC_CONSTRAINTS_free(bc);

	if (bits == 0)
		bits = spec->ca ? 1U << 5 | 1U << 6 : 1U << 0;
	for (int i = 0; i < 9; i++)
		if (bits & 1U << i)
			MUST(ASN1_BIT_STRING_set_bit(ku, i, 1) == 1);
	if (!(spec->flags & TPKI_NO_KEY_USAGE))
		add(x, NID_key_usage, ku, !(spec->flags & TPKI_KEY_USAGE_PLAIN));
	ASN1_BIT_STRING_free(ku);
}

static void
add_usages(X509 *x, const struct tpki_spec *spec)
{
	EXTENDED_KEY_USAGE *usages = EXTENDED_KEY_USAGE_new();

	for (size_t i = 0; i < TPKI_USAGES && spec->usages[i] != NULL; i++)
		MUST(sk_ASN1_OBJECT_push(usages, OBJ_txt2obj(spec->usages[i], 1)) > 0);
	if (sk_ASN1_OBJECT_num(usages) > 0)
		add(x, NID_ext_key_usage, usages, !(spec->flags & TPKI_USAGES_PLAIN));
	EXTENDED_KEY_USAGE_free(usages);
}

static void
add_permitted(X509 *x, const struct tpki_spec *spec)
{
	NAME_CONSTRAINTS *nc = NAME_CONSTRAINTS_new();
	GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();
	X509_NAME *name = X509_NAME_new();

	add_name(name, NID_organizationName, spec->permit_o);
	tree->base->type = GEN_DIRNAME;
	tree->base->d.directoryName = name;
	nc->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
	MUST(sk_GENERAL_SUBTREE_push(nc->permittedSubtrees, tree) > 0);
	add(x, NID_name_constraints, nc, !(spec->flags & TPKI_CONSTRAINTS_PLAIN));
	NAME_CONSTRAINTS_free(nc);
}

static void
add_identifiers(X509 *x, struct smartlic_crypto *crypto, const struct tpki_spec *spec)
{
	ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x);
	ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
	unsigned char digest[SL_SHA256_LEN];

	MUST(sl_sha256(crypto, ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits),
		 digest, NULL) == 0);
	if (spec->flags & TPKI_SKI_OTHER)
		digest[0] ^= 1;
	MUST(ASN1_OCTET_STRING_set(ski, digest, SL_SKI_LEN) == 1);
	if (!(spec->flags & TPKI_SKI_NONE))
		add(x, NID_subject_key_identifier, ski, 0);
	if (spec->issuer != NULL && !(spec->flags & TPKI_AKI_NONE)) {
		AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();

		aki->keyid = ASN1_OCTET_STRING_new();
		MUST(
		    ASN1_OCTET_STRING_set(aki->keyid, sl_cert_ski(spec->issuer->cert), SL_SKI_LEN));
		add(x, NID_authority_key_identifier, aki, 0);
		AUTHORITY_KEYID_free(aki);
	}
	ASN1_OCTET_STRING_free(ski);
}

static X509 *
x509_of(const struct sl_cert *cert)
{
	size_t len;
	const unsigned char *p = sl_cert_der(cert, &len);
	X509 *x = d2i_X509(NULL, &p, (long)len);

	MUST(x != NULL);
	return x;
}

/* ---- certificates ------------------------------------------------------- */

static void
set_names(X509 *x, const struct tpki_spec *spec)
{
	X509_NAME *name = X509_get_subject_name(x);

	add_name(name, NID_organizationName, spec->o);
	if (spec->flags & TPKI_SUBJECT_TWICE)
		add_name(name, NID_organizationName, "another");
	add_name(name, NID_serialNumber, spec->serial_number);
	add_name(name, NID_commonName, spec->cn);
	if (spec->issuer == NULL) {
		MUST(X509_set_issuer_name(x, name) == 1);
	} else {
		X509 *issuer = x509_of(spec->issuer->cert);

		MUST(X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1);
		X509_free(issuer);
	}
}

/* SHA-384 by a P-384 issuer, as the vectors do it. */
static const EVP_MD *
digest_of(const EVP_PKEY *pkey, int sha1)
{
	return sha1 ? EVP_sha1() : EVP_PKEY_get_bits(pkey) == 384 ? EVP_sha384() : EVP_sha256();
}

static struct sl_buf
to_der(const unsigned char *der, int len, int broken)
{
	struct sl_buf b = { 0 };

	MUST(len > 0);
	sl_buf_add(&b, der, (size_t)len);
	if (broken)
		b.data[b.len - 1] ^= 1;
	return b;
}

static struct sl_buf
build(struct smartlic_crypto *crypto, EVP_PKEY *pubkey, const struct sl_key *own,
    const struct tpki_spec *spec)
{
	EVP_PKEY *signing = sl_key_handle(spec->issuer != NULL ? spec->issuer->key : own);
	X509 *x = X509_new_ex(sl_crypto_libctx(crypto), NULL);
	unsigned char serial[16], *der = NULL;
	struct sl_buf ret;
	int n;

	MUST(X509_set_version(x, X509_VERSION_3) == 1);
	MUST(sl_crypto_random(crypto, serial, sizeof(serial), NULL) == 0);
	serial[0] = (serial[0] & 0x3f) | 0x40;
	MUST(ASN1_STRING_set(X509_get_serialNumber(x), serial, sizeof(serial)) == 1);
	if (spec->flags & TPKI_NEGATIVE_SERIAL)
		MUST(ASN1_INTEGER_set(X509_get_serialNumber(x), -5) == 1);
	set_names(x, spec);
	set_time(
	    X509_getm_notBefore(x), spec->not_before != 0 ? spec->not_before : TPKI_NOW - TPKI_DAY);
	set_time(X509_getm_notAfter(x),
	    spec->not_after != 0 ? spec->not_after : TPKI_NOW + 3650 * TPKI_DAY);
	MUST(X509_set_pubkey(x, pubkey) == 1);
	add_constraints(x, spec);
	add_usages(x, spec);
	if (spec->permit_o != NULL)
		add_permitted(x, spec);
	add_identifiers(x, crypto, spec);
	if (spec->extra_oid != NULL) {
		X509_EXTENSION *ext = null_extension(spec->extra_oid, spec->extra_critical);

		MUST(X509_add_ext(x, ext, -1) == 1);
		X509_EXTENSION_free(ext);
	}
	MUST(X509_sign(x, signing, digest_of(signing, (spec->flags & TPKI_SHA1) != 0)) > 0);
	n = i2d_X509(x, &der);
	ret = to_der(der, n, (spec->flags & TPKI_SIGNATURE_BROKEN) != 0);
	OPENSSL_free(der);
	X509_free(x);
	return ret;
}

struct sl_buf
tpki_cert_der(
    struct smartlic_crypto *crypto, const struct sl_key *key, const struct tpki_spec *spec)
{
	return build(crypto, sl_key_handle(key), key, spec);
}

struct sl_buf
tpki_certify(
    struct smartlic_crypto *crypto, const void *spki, size_t spki_len, const struct tpki_spec *spec)
{
	const unsigned char *p = spki;
	EVP_PKEY *pubkey = d2i_PUBKEY_ex(NULL, &p, (long)spki_len, sl_crypto_libctx(crypto), NULL);
	struct sl_buf ret;

	MUST(pubkey != NULL && spec->issuer != NULL);
	ret = build(crypto, pubkey, NULL, spec);
	EVP_PKEY_free(pubkey);
	return ret;
}

struct sl_cert *
tpki_cert(struct smartlic_crypto *crypto, const struct sl_key *key, const struct tpki_spec *spec)
{
	struct sl_buf der = tpki_cert_der(crypto, key, spec);
	struct sl_cert *cert = NULL;

	MUST(sl_cert_parse(&cert, crypto, der.data, der.len, NULL) == 0);
	sl_buf_free(&der);
	return cert;
}

struct tpki_id
tpki_make(struct smartlic_crypto *crypto, const struct tpki_spec *spec)
{
	struct tpki_id id = { NULL, NULL };

	MUST((spec->flags & TPKI_P384 ? sl_key_new_p384(&id.key, crypto, NULL)
				      : sl_key_new(&id.key, crypto, NULL)) == 0);
	id.cert = tpki_cert(crypto, id.key, spec);
	return id;
}

void
tpki_id_free(struct tpki_id *id)
{
	sl_key_free(id->key);
	sl_cert_unref(id->cert);
	*id = (struct tpki_id){ NULL, NULL };
}

struct sl_buf
tpki_pem(const struct sl_cert *cert)
{
	struct sl_buf pem = { 0 };
	size_t len;
	const void *der = sl_cert_der(cert, &len);

	sl_pem_write(&pem, "CERTIFICATE", der, len);
	MUST(!pem.failed);
	return pem;
}

/* ---- lists -------------------------------------------------------------- */

static void
add_revoked(X509_CRL *crl, const struct tpki_list *list, int64_t when)
{
	ASN1_TIME *time = ASN1_TIME_new();

	set_time(time, when);
	for (size_t i = 0; i < 4 && list->revoked[i] != NULL; i++) {
		X509_REVOKED *entry = X509_REVOKED_new();
		X509 *x = x509_of(list->revoked[i]);

		MUST(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(x)) == 1);
		MUST(X509_REVOKED_set_revocationDate(entry, time) == 1);
		if (list->entry_critical) {
			X509_EXTENSION *ext = null_extension("1.2.3.4", 1);

			MUST(X509_REVOKED_add_ext(entry, ext, -1) == 1);
			X509_EXTENSION_free(ext);
		}
		MUST(X509_CRL_add0_revoked(crl, entry) == 1);
		X509_free(x);
	}
	ASN1_TIME_free(time);
}

static void
add_list_extensions(X509_CRL *crl, const struct tpki_list *list)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();

	MUST(ASN1_INTEGER_set_int64(number, list->number == 0 ? 1 : list->number) == 1);
	if (list->number >= 0)
		MUST(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1);
	if (list->delta)
		MUST(X509_CRL_add1_ext_i2d(crl, NID_delta_crl, number, 1, 0) == 1);
	if (list->extra_oid != NULL) {
		X509_EXTENSION *ext = null_extension(list->extra_oid, list->extra_critical);

		MUST(X509_CRL_add_ext(crl, ext, -1) == 1);
		X509_EXTENSION_free(ext);
	}
	ASN1_INTEGER_free(number);
}

struct sl_buf
tpki_crl(struct smartlic_crypto *crypto, const struct tpki_id *issuer, const struct tpki_list *list)
{
	EVP_PKEY *signing = sl_key_handle(issuer->key);
	X509_CRL *crl = X509_CRL_new_ex(sl_crypto_libctx(crypto), NULL);
	X509 *named = x509_of(list->name_of != NULL ? list->name_of : issuer->cert);
	int64_t since = list->this_update != 0 ? list->this_update : TPKI_NOW - TPKI_DAY;
	int64_t until = list->next_update != 0 ? list->next_update : TPKI_NOW + 180 * TPKI_DAY;
	ASN1_TIME *time = ASN1_TIME_new();
	unsigned char *der = NULL;
	struct sl_buf ret;
	int n;

	MUST(X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1);
	MUST(X509_CRL_set_issuer_name(crl, X509_get_subject_name(named)) == 1);
	set_time(time, since);
	MUST(X509_CRL_set1_lastUpdate(crl, time) == 1);
	set_time(time, until);
	if (!list->no_next_update)
		MUST(X509_CRL_set1_nextUpdate(crl, time) == 1);
	add_revoked(crl, list, since);
	add_list_extensions(crl, list);
	MUST(X509_CRL_sort(crl) == 1);
	MUST(X509_CRL_sign(crl, signing, digest_of(signing, 0)) > 0);
	n = i2d_X509_CRL(crl, &der);
	ret = to_der(der, n, list->signature_broken);
	OPENSSL_free(der);
	ASN1_TIME_free(time);
	X509_free(named);
	X509_CRL_free(crl);
	return ret;
}

/* ---- the protocol's table ----------------------------------------------- */

/* On P-384, as the protocol's; where all is dear on P-256, which is a tenth of the work and judged
 * by the same code. */
struct tpki_spec
tpki_spec_root(void)
{
	return (struct tpki_spec){
		.cn = "Test Root",
		.ca = 1,
		.path_length = -1,
		.flags = test_all_or(TPKI_P384, 0),
	};
}

struct tpki_spec
tpki_spec_issuing(const struct tpki_id *root)
{
	return (struct tpki_spec){
		.issuer = root,
		.cn = "Test Issuing CA",
		.ca = 1,
		.path_length = 0,
		.usages = { TPKI_EMAIL, TPKI_DEVICE },
	};
}

struct tpki_spec
tpki_spec_signer(const struct tpki_id *root)
{
	return (struct tpki_spec){
		.issuer = root,
		.cn = "Test Response Signer",
		.usages = { TPKI_EMAIL, TPKI_RESPONSE },
	};
}

struct tpki_spec
tpki_spec_device(const struct tpki_id *issuing)
{
	return (struct tpki_spec){
		.issuer = issuing,
		.o = TPKI_ACCOUNT,
		.serial_number = TPKI_SERIAL,
		.cn = TPKI_INSTANCE,
		.usages = { TPKI_EMAIL, TPKI_DEVICE },
	};
}

struct tpki_spec
tpki_spec_satellites(const struct tpki_id *root)
{
	return (struct tpki_spec){
		.issuer = root,
		.cn = "Test Satellites CA",
		.ca = 1,
		.path_length = 1,
		.usages = { TPKI_EMAIL, TPKI_DEVICE, TPKI_SATELLITE },
	};
}

struct tpki_spec
tpki_spec_satellite_ca(const struct tpki_id *satellites, const char *o)
{
	return (struct tpki_spec){
		.issuer = satellites,
		.o = o,
		.cn = "Test Satellite CA",
		.ca = 1,
		.path_length = 0,
		.usages = { TPKI_EMAIL, TPKI_DEVICE, TPKI_SATELLITE },
		.permit_o = o,
	};
}

struct tpki_spec
tpki_spec_satellite(const struct tpki_id *satellite_ca, const char *o)
{
	return (struct tpki_spec){
		.issuer = satellite_ca,
		.o = o,
		.cn = "Test Satellite",
		.usages = { TPKI_EMAIL, TPKI_SATELLITE },
	};
}

struct tpki_spec
tpki_spec_tls(const struct tpki_id *root)
{
	return (struct tpki_spec){
		.issuer = root,
		.cn = "localhost",
		.usages = { TPKI_SERVER },
		.flags = TPKI_USAGES_PLAIN,
	};
}

static struct tpki_id
make(struct smartlic_crypto *crypto, struct tpki_spec spec)
{
	return tpki_make(crypto, &spec);
}

void
tpki_init(struct tpki *pki, struct smartlic_crypto *crypto)
{
	*pki = (struct tpki){ .crypto = crypto };
	pki->root = make(crypto, tpki_spec_root());
	pki->issuing = make(crypto, tpki_spec_issuing(&pki->root));
	pki->signer = make(crypto, tpki_spec_signer(&pki->root));
	pki->device = make(crypto, tpki_spec_device(&pki->issuing));
	pki->satellites = make(crypto, tpki_spec_satellites(&pki->root));
	pki->satellite_ca = make(crypto, tpki_spec_satellite_ca(&pki->satellites, TPKI_ACCOUNT));
	pki->satellite = make(crypto, tpki_spec_satellite(&pki->satellite_ca, TPKI_ACCOUNT));
	pki->tls = make(crypto, tpki_spec_tls(&pki->root));
	pki->root_pem = tpki_pem(pki->root.cert);
}

void
tpki_free(struct tpki *pki)
{
	tpki_id_free(&pki->root);
	tpki_id_free(&pki->issuing);
	tpki_id_free(&pki->signer);
	tpki_id_free(&pki->device);
	tpki_id_free(&pki->satellites);
	tpki_id_free(&pki->satellite_ca);
	tpki_id_free(&pki->satellite);
	tpki_id_free(&pki->tls);
	sl_buf_free(&pki->root_pem);
	*pki = (struct tpki){ .crypto = NULL };
}
