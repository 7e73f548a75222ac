/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include <openssl/pem.h>

#include "pki/cert.h"
#include "pki/key.h"
#include "pki/store.h"

void
pki_identity_release(struct pki_identity *id)
{
	sl_key_free(id->key);
	X509_free(id->x509);
	sl_cert_unref(id->cert);
	id->key = NULL;
	id->x509 = NULL;
	id->cert = NULL;
}

int
pki_identity_paths(struct pki_identity *id, const char *dir, enum pki_kind kind,
    struct smartlic_error *err)
{
	char stem[FILE_PATH_SIZE];
	int r = file_path(stem, dir, pki_profiles[kind].file, err);

	if (r < 0)
		return r;
	if (strlen(stem) + sizeof(".pem") > sizeof(stem))
		return sl_fail(err, SMARTLIC_E_LIMIT, "%s: use a shorter folder name", dir);
	memcpy(id->cert_path, stem, sizeof(stem));
	memcpy(id->key_path, stem, sizeof(stem));
	strcat(id->cert_path, ".pem");
	strcat(id->key_path, ".key");
	return 0;
}

int
pki_identity_read_x509(struct pki_identity *id, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	struct sl_buf pem = { 0 };
	BIO *bio = NULL;
	int r = file_read(id->cert_path, &pem, err);

	if (r < 0)
		goto out;
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	id->x509 = X509_new_ex(sl_crypto_libctx(crypto), NULL);
	if (bio == NULL || id->x509 == NULL || PEM_read_bio_X509(bio, &id->x509, NULL, NULL) == NULL)
		r = pki_fail(err, id->cert_path);
out:
	BIO_free(bio);
	sl_buf_free(&pem);
	return r;
}

int
pki_identity_take_x509(struct pki_identity *id, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	unsigned char *der = NULL;
	int len, r;

	len = i2d_X509(id->x509, &der);
	if (len < 0)
		return pki_fail(err, id->cert_path);
	r = sl_cert_parse(&id->cert, crypto, der, (size_t)len, err);
	OPENSSL_free(der);
	if (r < 0)
		return sl_fail(err, r, "%s: %s", id->cert_path, err != NULL ? err->text : "");
	return 0;
}

/* The identifier that every certificate of ours carries; it was made from the key. */
static int
is_key_of(const struct pki_identity *id, const unsigned char ski[SL_SKI_LEN])
{
	const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(id->x509);

	return own != NULL && ASN1_STRING_length(own) == SL_SKI_LEN &&
	    memcmp(ASN1_STRING_get0_data(own), ski, SL_SKI_LEN) == 0;
}

int
pki_identity_read_key(struct pki_identity *id, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	unsigned char ski[SL_SKI_LEN];
	int r = pki_key_read(&id->key, crypto, id->key_path, err);

	if (r == SMARTLIC_E_NOT_FOUND) {
		sl_error_clear(err);
		return 0;
	}
	if (r == 0)
		r = sl_key_ski(id->key, ski, err);
	if (r == 0 && !is_key_of(id, ski))
		r = sl_fail(err, SMARTLIC_E_STORE,
		    "%s is not the key of %s: restore both from the same backup", id->key_path,
		    id->cert_path);
	return r;
}

int
pki_identity_read(struct pki_identity *id, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	int r = pki_identity_read_x509(id, crypto, err);

	if (r == 0)
		r = pki_identity_take_x509(id, crypto, err);
	return r < 0 ? r : pki_identity_read_key(id, crypto, err);
}

int
pki_identity_write_key(const struct pki_identity *id, struct smartlic_error *err)
{
	struct sl_buf pem = { 0 };
	int r = sl_key_write_pem(id->key, &pem, err);

	if (r == 0)
		r = file_write(id->key_path, 0600, pem.data, pem.len, err);
	sl_buf_free(&pem);
	return r;
}

int
pki_identity_write_cert(const struct pki_identity *id, struct smartlic_error *err)
{
	return pki_identity_write_chain(id, NULL, err);
}

int
pki_identity_write_chain(const struct pki_identity *id, const struct pki_identity *issuer,
    struct smartlic_error *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;
	long len;
	int r;

	if (bio == NULL || !PEM_write_bio_X509(bio, id->x509) ||
	    (issuer != NULL && !PEM_write_bio_X509(bio, issuer->x509))) {
		r = pki_fail(err, id->cert_path);
	} else {
		len = BIO_get_mem_data(bio, &pem);
		r = file_write(id->cert_path, 0644, pem, (size_t)len, err);
	}
	BIO_free(bio);
	return r;
}
