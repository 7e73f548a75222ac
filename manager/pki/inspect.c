/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "pki/cert.h"
#include "pki/former.h"
#include "pki/inspect.h"
#include "pki/store.h"

/* Whatever could be read of each kind. */
struct folder {
	const char *dir;
	struct smartlic_crypto *crypto;
	struct pki_identity id[PKI_KINDS_KEPT];
};

/* 1: the certificate has this signature, and the other may make it. */
static int
is_signed_by(X509 *x509, X509 *issuer)
{
	int r = X509_check_issued(issuer, x509) == X509_V_OK &&
		X509_verify(x509, X509_get0_pubkey(issuer)) == 1;

	ERR_clear_error();
	return r;
}

/* Up to the root, whichever of them issued which. */
static int
is_anchored(const struct folder *f, X509 *x509)
{
	X509 *root = f->id[PKI_KIND_ROOT].x509;

	if (root == NULL)
		return 0;
	for (int steps = 0; steps < PKI_KINDS_KEPT; steps++) {
		X509 *next = NULL;

		if (is_signed_by(x509, root))
			return 1;
		for (int i = 0; next == NULL && i < PKI_KINDS_KEPT; i++)
			if (f->id[i].x509 != NULL && is_signed_by(x509, f->id[i].x509))
				next = f->id[i].x509;
		if (next == NULL)
			return pki_is_by_former_root(f->dir, f->crypto, x509);
		x509 = next;
	}
	return 0;
}

/* A public CA's key may be of any kind: it is OpenSSL that must be able to use it. */
static int
read_tls_key(
    const struct pki_identity *id, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	struct sl_buf pem = { 0 };
	EVP_PKEY *key = NULL;
	BIO *bio;
	int r = file_read(id->key_path, &pem, err);

	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (bio != NULL)
		key = PEM_read_bio_PrivateKey_ex(
		    bio, NULL, NULL, NULL, sl_crypto_libctx(crypto), NULL);
	if (key == NULL)
		r = pki_fail(err, id->key_path);
	else if (id->x509 != NULL && X509_check_private_key(id->x509, key) != 1)
		r = sl_fail(
		    err, SMARTLIC_E_STORE, "%s is not the key of %s", id->key_path, id->cert_path);
	ERR_clear_error();
	EVP_PKEY_free(key);
	BIO_free(bio);
	sl_buf_free(&pem);
	return r;
}

static int64_t
seconds_of(const ASN1_TIME *t)
{
	int days = 0, seconds = 0;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);

	if (epoch != NULL)
		(void)ASN1_TIME_diff(&days, &seconds, epoch, t);
	ASN1_TIME_free(epoch);
	return (int64_t)days * 86400 + seconds;
}

static void
look_at_key(struct folder *f, struct pki_inspected *out)
{
	struct pki_identity *id = &f->id[out->kind];

	out->key_there = access(id->key_path, F_OK) == 0;
	if (!out->key_there || out->cert.code != 0)
		return;
	if (out->kind == PKI_KIND_TLS)
		(void)read_tls_key(id, f->crypto, &out->key);
	else
		(void)pki_identity_read_key(id, f->crypto, &out->key);
}

static void
look(struct folder *f, enum pki_kind kind, struct pki_inspected *out)
{
	struct pki_identity *id = &f->id[kind];

	out->name = pki_profiles[kind].file;
	out->kind = kind;
	memcpy(out->cert_path, id->cert_path, sizeof(out->cert_path));
	memcpy(out->key_path, id->key_path, sizeof(out->key_path));
	if (out->cert.code == 0) {
		out->begins_s = seconds_of(X509_get0_notBefore(id->x509));
		out->ends_s = seconds_of(X509_get0_notAfter(id->x509));
		out->anchored = is_anchored(f, id->x509);
	}
	look_at_key(f, out);
}

/* Issuing CA and response signer of a satellite are not the root's. */
static int
is_satellite(const struct folder *f)
{
	X509 *root = f->id[PKI_KIND_ROOT].x509, *issuing = f->id[PKI_KIND_ISSUING].x509;

	return root != NULL && issuing != NULL && X509_check_issued(root, issuing) != X509_V_OK;
}

int
pki_inspect(const char *dir, void (*fn)(void *ud, const struct pki_inspected *inspected), void *ud,
    struct smartlic_error *err)
{
	struct pki_inspected *list = calloc(PKI_KINDS_KEPT, sizeof(*list));
	struct folder *f = calloc(1, sizeof(*f));
	int r = list == NULL || f == NULL ? sl_nomem(err) : smartlic_crypto_new(&f->crypto, err);

	if (f != NULL)
		f->dir = dir;
	for (int kind = 0; r == 0 && kind < PKI_KINDS_KEPT; kind++) {
		r = pki_identity_paths(&f->id[kind], dir, kind, err);
		if (r == 0 &&
		    pki_identity_read_x509(&f->id[kind], f->crypto, &list[kind].cert) < 0) {
			/* what was half read is nothing */
			X509_free(f->id[kind].x509);
			f->id[kind].x509 = NULL;
		}
	}
	for (int kind = 0; r == 0 && kind < PKI_KINDS_KEPT; kind++) {
		if (kind == PKI_KIND_SATELLITES && list[kind].cert.code == SMARTLIC_E_NOT_FOUND)
			continue;
		list[kind].satellite = is_satellite(f);
		look(f, kind, &list[kind]);
		fn(ud, &list[kind]);
	}
	for (int kind = 0; f != NULL && kind < PKI_KINDS_KEPT; kind++)
		pki_identity_release(&f->id[kind]);
	if (f != NULL)
		smartlic_crypto_free(f->crypto);
	free(f);
	free(list);
	return r;
}
