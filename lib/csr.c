/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "error.h"
#include "ossl.h"

/* An RSA key of 8192 bits, its signature and a subject need 2.3 KiB. */
#define CSR_MAX 8192

static int
fill(X509_REQ *req, const struct sl_key *key, const struct sl_udi *udi, struct smartlic_error *err)
{
	char serial[SL_UDI_SERIAL_SIZE];
	int r;

	sl_udi_serial(serial, udi);
	r = sl_name_add(X509_REQ_get_subject_name(req), NID_serialNumber, serial, err);
	if (r < 0)
		return r;
	if (X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
	    X509_REQ_set_pubkey(req, key->pkey) != 1 ||
	    X509_REQ_sign(req, key->pkey, sl_key_kind_md(key->crypto, key->kind)) <= 0)
		return sl_fail_ossl(
		    err, SMARTLIC_E_CRYPTO, "the certificate request cannot be signed");
	return 0;
}

int
sl_csr_new(struct sl_buf *ret, struct smartlic_crypto *crypto, const struct sl_key *key,
    const struct sl_udi *udi, struct smartlic_error *err)
{
	X509_REQ *req = X509_REQ_new_ex(crypto->libctx, NULL);
	unsigned char *der = NULL;
	int r, n;

	if (req == NULL)
		return sl_nomem(err);
	r = fill(req, key, udi, err);
	if (r < 0)
		goto out;
	n = i2d_X509_REQ(req, &der);
	if (n <= 0) {
		r = sl_fail_ossl(
		    err, SMARTLIC_E_CRYPTO, "the certificate request cannot be written");
		goto out;
	}
	sl_buf_add(ret, der, (size_t)n);
	if (ret->failed)
		r = sl_nomem(err);
out:
	OPENSSL_free(der);
	X509_REQ_free(req);
	return r;
}

/* The whole input is one request, encoded as we would encode it.  *req is NULL when it is not even
 * a request.  Its key is not decoded: d2i_X509_REQ() would, whatever context *req has. */
static int
parse(struct smartlic_crypto *crypto, X509_REQ **req, const void *der, size_t len)
{
	const unsigned char *p = der;
	unsigned char *again = NULL;
	int n, same;

	*req = (X509_REQ *)ASN1_item_d2i_ex(
	    NULL, &p, (long)len, ASN1_ITEM_rptr(X509_REQ), crypto->keyless, NULL);
	if (*req == NULL)
		return -1;
	n = i2d_X509_REQ(*req, &again);
	same = n > 0 && (size_t)n == len && memcmp(again, der, len) == 0;
	OPENSSL_free(again);
	return same ? 0 : -1;
}

int
sl_csr_check(struct smartlic_crypto *crypto, const void *der, size_t len,
    unsigned char ret_ski[SL_SKI_LEN], struct sl_buf *ret_spki, struct smartlic_error *err)
{
	unsigned char ski[SL_SKI_LEN];
	struct sl_buf spki = { 0 };
	enum sl_key_kind kind;
	X509_REQ *req = NULL;
	EVP_PKEY *pkey = NULL;
	int r;

	if (len > CSR_MAX)
		return sl_fail(err, SMARTLIC_E_FORM,
		    "a certificate request of %zu bytes; %d are allowed", len, CSR_MAX);
	if (parse(crypto, &req, der, len) < 0) {
		r = sl_fail_ossl(err, SMARTLIC_E_FORM, "not a certificate request (PKCS#10, DER)");
		goto out;
	}
	r = sl_spki_write(&spki, X509_REQ_get_X509_PUBKEY(req), err);
	if (r == 0)
		r = sl_spki_read(crypto, spki.data, spki.len, &kind, ski, err);
	if (r < 0)
		goto out;
	pkey = sl_spki_key(crypto, kind, spki.data, spki.len);
	if (pkey == NULL || !sl_sigalg_allowed(X509_REQ_get_signature_nid(req)) ||
	    X509_REQ_verify_ex(req, pkey, crypto->libctx, NULL) != 1) {
		r = sl_fail_ossl(err, SMARTLIC_E_SIGNATURE,
		    "the certificate request is not signed by its own key");
		goto out;
	}
	if (ret_spki != NULL) {
		sl_buf_add(ret_spki, spki.data, spki.len);
		if (ret_spki->failed) {
			r = sl_nomem(err);
			goto out;
		}
	}
	memcpy(ret_ski, ski, sizeof(ski));
out:
	EVP_PKEY_free(pkey);
	sl_buf_free(&spki);
	X509_REQ_free(req);
	return r;
}
