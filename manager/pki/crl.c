/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <time.h>

#include "pki/cert.h"
#include "pki/former.h"
#include "pki/pki.h"
#include "pki/store.h"

static int
set_time(int (*set)(X509_CRL *crl, const ASN1_TIME *at), X509_CRL *crl, int64_t at_s)
{
	ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)at_s);
	int ok = at != NULL && set(crl, at);

	ASN1_TIME_free(at);
	return ok;
}

static int
add_number(X509_CRL *crl, int64_t number)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	int ok;

	ok = n != NULL && ASN1_INTEGER_set_int64(n, number) &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) == 1;
	ASN1_INTEGER_free(n);
	return ok;
}

static int
add_issuer_key_id(X509_CRL *crl, X509 *issuer)
{
	AUTHORITY_KEYID *aki = pki_authority_key_id(issuer);
	int ok;

	ok = aki != NULL && X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, aki, 0, 0) == 1;
	AUTHORITY_KEYID_free(aki);
	return ok;
}

static int
add_revoked(X509_CRL *crl, const struct pki_revoked *revoked)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)revoked->at_s);
	ASN1_INTEGER *serial = NULL;
	BIGNUM *n = NULL;
	int ok;

	ok = entry != NULL && at != NULL && BN_hex2bn(&n, revoked->serial) > 0 &&
	    (serial = BN_to_ASN1_INTEGER(n, NULL)) != NULL &&
	    X509_REVOKED_set_serialNumber(entry, serial) &&
	    X509_REVOKED_set_revocationDate(entry, at) && X509_CRL_add0_revoked(crl, entry);
	if (!ok)
		X509_REVOKED_free(entry);
	ASN1_TIME_free(at);
	ASN1_INTEGER_free(serial);
	BN_free(n);
	return ok;
}

static int
fill(X509_CRL *crl, const struct pki_identity *issuer, int64_t life_s, int64_t number,
    const struct pki_revoked *revoked, size_t n, int64_t now_s)
{
	EVP_PKEY *key = sl_key_handle(issuer->key);

	if (!X509_CRL_set_version(crl, X509_CRL_VERSION_2) ||
	    !X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509)) ||
	    !set_time(X509_CRL_set1_lastUpdate, crl, now_s - PKI_BACKDATE_S) ||
	    !set_time(X509_CRL_set1_nextUpdate, crl, now_s + life_s) ||
	    !add_issuer_key_id(crl, issuer->x509) || !add_number(crl, number))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!add_revoked(crl, &revoked[i]))
			return 0;
	X509_CRL_sort(crl);
	return X509_CRL_sign(crl, key, pki_digest_for(key)) > 0;
}

static int
make(const struct pki *pki, const struct pki_identity *id, int64_t life_s, int64_t number,
    const struct pki_revoked *revoked, size_t n, int64_t now_s, struct sl_buf *ret_der,
    struct smartlic_error *err)
{
	unsigned char *der = NULL;
	X509_CRL *crl;
	int len, r;

	if (id->key == NULL)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "%s is not there, and is needed for a new list of revoked certificates",
		    id->key_path);
	crl = X509_CRL_new_ex(sl_crypto_libctx(pki->crypto), NULL);
	if (crl == NULL)
		return sl_nomem(err);
	if (!fill(crl, id, life_s, number, revoked, n, now_s) ||
	    (len = i2d_X509_CRL(crl, &der)) < 0) {
		r = pki_fail(err, "a list of revoked certificates cannot be made");
		goto out;
	}
	sl_buf_add(ret_der, der, (size_t)len);
	r = ret_der->failed ? sl_nomem(err) : 0;
out:
	OPENSSL_free(der);
	X509_CRL_free(crl);
	return r;
}

int
pki_crl_new(const struct pki *pki, enum pki_issuer issuer, int64_t number,
    const struct pki_revoked *revoked, size_t n, int64_t now_s, struct sl_buf *ret_der,
    struct smartlic_error *err)
{
	static const enum pki_kind kinds[] = { [PKI_ROOT] = PKI_KIND_ROOT,
		[PKI_ISSUING] = PKI_KIND_ISSUING,
		[PKI_SATELLITES] = PKI_KIND_SATELLITES };

	return make(pki, &pki->id[kinds[issuer]],
	    issuer == PKI_ROOT ? PKI_CRL_LIFE_ROOT_S : PKI_CRL_LIFE_S, number, revoked, n, now_s,
	    ret_der, err);
}

static int64_t
life_of(const struct pki_identity *id)
{
	int root = X509_NAME_cmp(
		       X509_get_subject_name(id->x509), X509_get_issuer_name(id->x509)) == 0;

	return root ? PKI_CRL_LIFE_ROOT_S : PKI_CRL_LIFE_S;
}

int
pki_crl_new_by(const struct pki *pki, const struct sl_cert *ca, int64_t number,
    const struct pki_revoked *revoked, size_t n, int64_t now_s, struct sl_buf *ret_der,
    struct smartlic_error *err)
{
	const struct pki_identity *id = pki_identity_of(pki, ca);

	if (id == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "a list of a CA that is none of this folder");
	return make(pki, id, life_of(id), number, revoked, n, now_s, ret_der, err);
}

int
pki_crl_last(const struct pki *pki, const struct sl_cert *ca, int64_t number, int64_t now_s,
    struct sl_buf *ret_der, struct smartlic_error *err)
{
	const struct pki_identity *id = pki_identity_of(pki, ca);

	if (id == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "a list of a CA that is none of this folder");
	return make(
	    pki, id, sl_cert_not_after(ca) - now_s, number, NULL, 0, now_s, ret_der, err);
}
