/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "cms.h"
#include "error.h"
#include "ossl.h"
#include "pem.h"

/* ---- public keys -------------------------------------------------------- */

/* AlgorithmIdentifiers as they stand in a SubjectPublicKeyInfo: other spellings are refused. */
static const unsigned char alg_p256[] = { 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const unsigned char alg_p384[] = { 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const unsigned char alg_rsa[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x01, 0x01, 0x05, 0x00 };

#define POINT_MAX  97
#define SCALAR_MAX ((POINT_MAX - 1) / 2)

static const struct kind {
	enum sl_key_kind kind;
	const char *name;
	const unsigned char *alg;
	size_t alg_len;
	size_t point_len; /* of an uncompressed point; 0: not a curve */
} kinds[] = {
	{ SL_KEY_P256, "P-256", alg_p256, sizeof(alg_p256), 65 },
	{ SL_KEY_P384, "P-384", alg_p384, sizeof(alg_p384), POINT_MAX },
	{ SL_KEY_RSA, "RSA", alg_rsa, sizeof(alg_rsa), 0 },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

#define RSA_BITS_MIN     3072
#define RSA_BITS_MAX     8192 /* a verification's price grows with the square */
#define RSA_EXPONENT_MAX 4    /* bytes; the common one is 65537 */

const char *
sl_key_kind_name(enum sl_key_kind kind)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "unknown";
}

const EVP_MD *
sl_key_kind_md(const struct smartlic_crypto *crypto, enum sl_key_kind kind)
{
	return kind == SL_KEY_P384 ? crypto->sha384 : crypto->sha256;
}

int
sl_sigalg_allowed(int nid)
{
	static const int allowed[] = { NID_ecdsa_with_SHA256, NID_ecdsa_with_SHA384,
		NID_ecdsa_with_SHA512, NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption,
		NID_sha512WithRSAEncryption };

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (allowed[i] == nid)
			return 1;
	return 0;
}

/* NULL: none of ours. */
static const struct kind *
kind_of(const struct sl_der *alg)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (sl_der_equal(alg, kinds[i].alg, kinds[i].alg_len))
			return &kinds[i];
	return NULL;
}

/* A positive INTEGER in its shortest form, without a leading zero; 0 or -1. */
static int
positive(struct sl_der *in, struct sl_der *ret)
{
	const unsigned char *p;

	if (sl_der_take(in, SL_DER_INTEGER, ret) < 0 || ret->len == 0)
		return -1;
	p = ret->data;
	if (p[0] & 0x80)
		return -1;
	if (p[0] == 0) {
		if (ret->len < 2 || !(p[1] & 0x80))
			return -1;
		*ret = (struct sl_der){ p + 1, ret->len - 1 };
	}
	return 0;
}

static int
check_rsa(const struct sl_der *bits, struct smartlic_error *err)
{
	struct sl_der in = *bits, seq, n, e;
	const unsigned char *exponent;
	size_t size;

	if (sl_der_take(&in, SL_DER_SEQUENCE, &seq) < 0 || in.len != 0 || positive(&seq, &n) < 0 ||
	    positive(&seq, &e) < 0 || seq.len != 0)
		return sl_fail(err, SMARTLIC_E_FORM, "an RSA key that is not well formed");
	size = n.len * 8;
	for (unsigned int top = *(const unsigned char *)n.data; !(top & 0x80); top <<= 1)
		size--;
	if (size < RSA_BITS_MIN || size > RSA_BITS_MAX)
		return sl_fail(err, SMARTLIC_E_FORM, "an RSA key of %zu bits; %d to %d are allowed",
		    size, RSA_BITS_MIN, RSA_BITS_MAX);
	exponent = e.data;
	if (e.len > RSA_EXPONENT_MAX || !(exponent[e.len - 1] & 1) ||
	    (e.len == 1 && exponent[0] < 3))
		return sl_fail(err, SMARTLIC_E_FORM,
		    "an RSA key's public exponent is out of range; it is odd, from 3, of at most "
		    "%d bits",
		    8 * RSA_EXPONENT_MAX);
	return 0;
}

/* The identifier of a public key's bits (RFC 7093). */
static int
identify(unsigned char ret[SL_SKI_LEN], struct smartlic_crypto *crypto, const void *bits,
    size_t len, struct smartlic_error *err)
{
	unsigned char digest[SL_SHA256_LEN];
	int r = sl_sha256(crypto, bits, len, digest, err);

	if (r == 0)
		memcpy(ret, digest, SL_SKI_LEN);
	return r;
}

int
sl_spki_split(const void *der, size_t len, struct sl_der *ret_algorithm, struct sl_der *ret_key,
    struct smartlic_error *err)
{
	struct sl_der in = { der, len }, spki, bits;
	const unsigned char *p;

	if (sl_der_take(&in, SL_DER_SEQUENCE, &spki) < 0 || in.len != 0 ||
	    sl_der_any(&spki, ret_algorithm, NULL) < 0 ||
	    sl_der_take(&spki, SL_DER_BIT_STRING, &bits) < 0 || spki.len != 0 || bits.len < 2)
		return sl_fail(err, SMARTLIC_E_FORM, "a public key that is not well formed");
	p = bits.data;
	if (p[0] != 0) /* bits unused in the last byte */
		return sl_fail(err, SMARTLIC_E_FORM, "a public key of a broken number of bytes");
	*ret_key = (struct sl_der){ p + 1, bits.len - 1 };
	return 0;
}

int
sl_spki_read(struct smartlic_crypto *crypto, const void *der, size_t len,
    enum sl_key_kind *ret_kind, unsigned char ret_ski[SL_SKI_LEN], struct smartlic_error *err)
{
	struct sl_der alg, bits;
	const struct kind *kind;
	int r = sl_spki_split(der, len, &alg, &bits, err);

	if (r < 0)
		return r;
	kind = kind_of(&alg);
	if (kind == NULL)
		return sl_fail(err, SMARTLIC_E_FORM,
		    "a key of another kind; P-256 and P-384 by name and RSA are allowed");
	if (kind->point_len == 0) {
		r = check_rsa(&bits, err);
		if (r < 0)
			return r;
	} else if (bits.len != kind->point_len || *(const unsigned char *)bits.data != 0x04) {
		return sl_fail(
		    err, SMARTLIC_E_FORM, "a %s key that is not an uncompressed point", kind->name);
	}
	*ret_kind = kind->kind;
	return identify(ret_ski, crypto, bits.data, bits.len, err);
}

/* ---- keys of curves --------------------------------------------------------------------- */

static EVP_PKEY *
new_curve(struct smartlic_crypto *crypto, const char *name)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(crypto->libctx, "EC", NULL);
	char group[] = "P-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *ret = NULL;

	memcpy(group, name, sizeof(group));
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &ret, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		ret = NULL;
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

int
sl_curves_new(struct smartlic_crypto *crypto)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (kinds[i].point_len == 0)
			continue;
		crypto->curves[i] = new_curve(crypto, kinds[i].name);
		if (crypto->curves[i] == NULL)
			return -1;
	}
	return 0;
}

/* The point is what such a SubjectPublicKeyInfo ends with.  That it is on the curve is checked. */
EVP_PKEY *
sl_spki_key(struct smartlic_crypto *crypto, enum sl_key_kind kind, const void *der, size_t len)
{
	const unsigned char *p = der;
	EVP_PKEY *ret;
	size_t i = 0;

	while (kinds[i].kind != kind)
		i++;
	if (kinds[i].point_len == 0)
		return d2i_PUBKEY_ex(NULL, &p, (long)len, crypto->libctx, NULL);
	ret = EVP_PKEY_dup(crypto->curves[i]);
	if (ret != NULL && EVP_PKEY_set1_encoded_public_key(
			       ret, p + len - kinds[i].point_len, kinds[i].point_len) != 1) {
		EVP_PKEY_free(ret);
		ret = NULL;
	}
	return ret;
}

int
sl_spki_write(struct sl_buf *ret, const X509_PUBKEY *pubkey, struct smartlic_error *err)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(pubkey, &der);

	if (n <= 0)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "a public key cannot be written");
	sl_buf_add(ret, der, (size_t)n);
	OPENSSL_free(der);
	return ret->failed ? sl_nomem(err) : 0;
}

/* ---- private keys ------------------------------------------------------- */

/* A private key on a named curve, where it lies in its PKCS#8. */
struct curve_key {
	const struct kind *kind;
	struct sl_der scalar;
	struct sl_der point;
};

static int
name_by_spki(struct sl_key *key, struct smartlic_error *err)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key->pkey, &der), r;

	if (n <= 0)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "the private key has no public part");
	r = sl_spki_read(key->crypto, der, (size_t)n, &key->kind, key->ski, err);
	OPENSSL_free(der);
	return r;
}

static int
init_signing(EVP_MD_CTX *ctx, const struct sl_key *key)
{
	return EVP_DigestSignInit_ex(ctx, NULL, sl_cms_algs[key->kind].digest_name,
	    key->crypto->libctx, NULL, key->pkey, NULL);
}

int
sl_key_begin(const struct sl_key *key, EVP_MD_CTX *ctx)
{
	return key->signing != NULL ? EVP_MD_CTX_copy_ex(ctx, key->signing)
				    : init_signing(ctx, key);
}

/* Setting a signature up, which looks algorithms up by name, is dearer than copying what was set
 * up. A key of an engine has no provider, and is set up each time. */
static int
set_up(struct sl_key *key, struct smartlic_error *err)
{
	if (EVP_PKEY_get0_provider(key->pkey) == NULL)
		return 0;
	key->signing = EVP_MD_CTX_new();
	if (key->signing == NULL)
		return sl_nomem(err);
	if (init_signing(key->signing, key) != 1)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "the key cannot sign");
	return 0;
}

/* Takes pkey over, also on failure.  known: its numbers, or NULL: pkey is asked. */
static int
wrap(struct sl_key **ret, struct smartlic_crypto *crypto, EVP_PKEY *pkey,
    const struct curve_key *known, struct smartlic_error *err)
{
	struct sl_key *key = calloc(1, sizeof(*key));
	int r;

	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return sl_nomem(err);
	}
	key->crypto = crypto;
	key->pkey = pkey;
	if (known != NULL) {
		key->kind = known->kind->kind;
		r = identify(key->ski, crypto, known->point.data, known->point.len, err);
	} else {
		r = name_by_spki(key, err);
	}
	if (r == 0)
		r = set_up(key, err);
	if (r < 0) {
		sl_key_free(key);
		return r;
	}
	*ret = key;
	return 0;
}

static int
generate(struct sl_key **ret, struct smartlic_crypto *crypto, const char *curve,
    struct smartlic_error *err)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(crypto->libctx, NULL, "EC", curve);

	if (pkey == NULL)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "no %s key could be made", curve);
	return wrap(ret, crypto, pkey, NULL, err);
}

int
sl_key_new(struct sl_key **ret, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	return generate(ret, crypto, "P-256", err);
}

int
sl_key_new_p384(struct sl_key **ret, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	return generate(ret, crypto, "P-384", err);
}

/* PKCS#8 around an ECPrivateKey (RFC 5915) that brings its public point, as sl_key_write() writes
 * it; 0, or -1 for any other form. */
static int
find_curve_key(struct sl_der in, struct curve_key *ret)
{
	static const unsigned char v0[] = { 0x02, 0x01, 0 }, v1[] = { 0x02, 0x01, 1 };
	struct sl_der info, alg, octets, key, bits;
	const unsigned char *p;

	if (sl_der_take(&in, SL_DER_SEQUENCE, &info) < 0 || in.len != 0 ||
	    sl_der_expect(&info, v0, sizeof(v0)) < 0 || sl_der_any(&info, &alg, NULL) < 0 ||
	    sl_der_take(&info, SL_DER_OCTET_STRING, &octets) < 0 || info.len != 0)
		return -1;
	ret->kind = kind_of(&alg);
	if (ret->kind == NULL || ret->kind->point_len == 0 ||
	    sl_der_take(&octets, SL_DER_SEQUENCE, &key) < 0 || octets.len != 0 ||
	    sl_der_expect(&key, v1, sizeof(v1)) < 0 ||
	    sl_der_take(&key, SL_DER_OCTET_STRING, &ret->scalar) < 0 ||
	    sl_der_take(&key, SL_DER_CONTEXT_1, &bits) < 0 || key.len != 0 ||
	    sl_der_take(&bits, SL_DER_BIT_STRING, &ret->point) < 0 || bits.len != 0)
		return -1;
	p = ret->point.data;
	if (ret->scalar.len != (ret->kind->point_len - 1) / 2 ||
	    ret->point.len != ret->kind->point_len + 1 || p[0] != 0 || p[1] != 0x04)
		return -1;
	ret->point = (struct sl_der){ p + 1, ret->point.len - 1 };
	return 0;
}

/* NULL when the curve does not have this point, or on a lack of memory. */
static EVP_PKEY *
take_curve_key(struct smartlic_crypto *crypto, const struct curve_key *key)
{
	unsigned char scalar[SCALAR_MAX], point[POINT_MAX];
	char group[] = "P-256";
	BIGNUM *bn = BN_bin2bn(key->scalar.data, (int)key->scalar.len, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(crypto->libctx, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	memcpy(point, key->point.data, key->point.len);
	memcpy(group, key->kind->name, sizeof(group));
	if (bn != NULL && ctx != NULL &&
	    BN_bn2nativepad(bn, scalar, (int)key->scalar.len) == (int)key->scalar.len) {
		OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
			OSSL_PARAM_construct_octet_string(
			    OSSL_PKEY_PARAM_PUB_KEY, point, key->point.len),
			OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, key->scalar.len),
			OSSL_PARAM_construct_end(),
		};

		if (EVP_PKEY_fromdata_init(ctx) != 1 ||
		    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
			pkey = NULL;
	}
	BN_clear_free(bn);
	sl_wipe(scalar, sizeof(scalar));
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/*
 * The form that each device's key is kept in is read here, and its numbers handed to OpenSSL: its
 * general decoder, which takes all other forms, tries what it knows one by one, and takes ten times
 * as long as the signature that the key is read for.
 */
int
sl_key_read(struct sl_key **ret, struct smartlic_crypto *crypto, const void *der, size_t len,
    struct smartlic_error *err)
{
	const unsigned char *p = der;
	struct curve_key found;
	PKCS8_PRIV_KEY_INFO *p8;
	EVP_PKEY *pkey = NULL;

	if (find_curve_key((struct sl_der){ der, len }, &found) == 0) {
		pkey = take_curve_key(crypto, &found);
		if (pkey == NULL)
			return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "not a private key (PKCS#8)");
		return wrap(ret, crypto, pkey, &found, err);
	}
	p8 = len <= INT32_MAX ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)len) : NULL;
	if (p8 != NULL && p == (const unsigned char *)der + len)
		pkey = EVP_PKCS82PKEY_ex(p8, crypto->libctx, NULL);
	PKCS8_PRIV_KEY_INFO_free(p8);
	if (pkey == NULL)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "not a private key (PKCS#8)");
	return wrap(ret, crypto, pkey, NULL, err);
}

int
sl_key_write(const struct sl_key *key, struct sl_buf *ret, struct smartlic_error *err)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key->pkey);
	unsigned char *der = NULL;
	int n;

	n = p8 != NULL ? i2d_PKCS8_PRIV_KEY_INFO(p8, &der) : -1;
	PKCS8_PRIV_KEY_INFO_free(p8);
	if (n <= 0)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "the private key cannot be written");
	sl_buf_add(ret, der, (size_t)n);
	OPENSSL_clear_free(der, (size_t)n);
	return ret->failed ? sl_nomem(err) : 0;
}

int
sl_key_read_pem(struct sl_key **ret, struct smartlic_crypto *crypto, const void *pem, size_t len,
    struct smartlic_error *err)
{
	const char *text = pem;
	struct sl_pem block;
	int r;

	do {
		r = sl_pem_next(&block, &text, &len);
		if (r < 0 && block.der.failed)
			return sl_nomem(err);
		if (r <= 0)
			return sl_fail(err, SMARTLIC_E_CRYPTO,
			    "no well-formed PEM block \"PRIVATE KEY\" (PKCS#8, not encrypted)");
		r = strcmp(block.label, "PRIVATE KEY") == 0;
		if (r == 0)
			sl_buf_free(&block.der);
	} while (r == 0);
	r = sl_key_read(ret, crypto, block.der.data, block.der.len, err);
	sl_buf_free(&block.der);
	return r;
}

int
sl_key_write_pem(const struct sl_key *key, struct sl_buf *ret, struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	int r = sl_key_write(key, &der, err);

	if (r == 0)
		sl_pem_write(ret, "PRIVATE KEY", der.data, der.len);
	sl_buf_free(&der);
	if (r == 0 && ret->failed)
		r = sl_nomem(err);
	return r;
}

int
sl_key_take(
    struct sl_key **ret, struct smartlic_crypto *crypto, void *pkey, struct smartlic_error *err)
{
	return wrap(ret, crypto, pkey, NULL, err);
}

void
sl_key_free(struct sl_key *key)
{
	if (key == NULL)
		return;
	EVP_MD_CTX_free(key->signing);
	EVP_PKEY_free(key->pkey);
	free(key);
}

int
sl_key_ski(const struct sl_key *key, unsigned char ret[SL_SKI_LEN], struct smartlic_error *err)
{
	(void)err;
	memcpy(ret, key->ski, SL_SKI_LEN);
	return 0;
}

void *
sl_key_handle(const struct sl_key *key)
{
	return key->pkey;
}
