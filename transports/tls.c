/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tls.h"
#include "tls_store.h"

/* Is there a certificate under the hash of its subject, "1e08bfd1.0"? */
static int
has_hashed_names(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int found = 0;

	while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
		found = strspn(entry->d_name, "0123456789abcdef") == 8 && entry->d_name[8] == '.';
	if (dir != NULL)
		(void)closedir(dir);
	return found;
}

/*
 * The folder of hashed names is searched when a root is wanted.  The one file of other systems is
 * read here and now, which takes tens of milliseconds: only where there is no such folder.  Not
 * X509_STORE_set_default_paths: that reads the environment.
 */
static int
add_system_roots(X509_STORE *store)
{
	const char *folder = X509_get_default_cert_dir();
	X509_LOOKUP *lookup;

	if (has_hashed_names(folder)) {
		lookup = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
		return lookup != NULL && X509_LOOKUP_add_dir(lookup, folder, X509_FILETYPE_PEM) == 1
			   ? 0
			   : -1;
	}
	if (access(X509_get_default_cert_file(), R_OK) != 0)
		return 0;
	lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
	if (lookup == NULL)
		return -1;
	/* a damaged bundle leaves its readable part: what it lacks shows later */
	(void)X509_LOOKUP_load_file(lookup, X509_get_default_cert_file(), X509_FILETYPE_PEM);
	return 0;
}

int
sl_tls_new(struct sl_tls **ret)
{
	struct sl_tls *tls = calloc(1, sizeof(*tls));

	if (tls == NULL)
		return -1;
	tls->store = X509_STORE_new();
	tls->anchors = sk_X509_new_null();
	tls->trusted = sk_X509_new_null();
	tls->client = sk_X509_new_null();
	if (tls->store == NULL || tls->anchors == NULL || tls->trusted == NULL ||
	    tls->client == NULL || sl_revocation_new(&tls->revocation) != 0) {
		sl_tls_free(tls);
		return -1;
	}
	*ret = tls;
	return 0;
}

static int
add_all(X509_STORE *store, const STACK_OF(X509) * certs)
{
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (X509_STORE_add_cert(store, sk_X509_value(certs, i)) != 1)
			return -1;
	return 0;
}

int
sl_tls_ready(struct sl_tls *tls)
{
	int r;

	if (sk_X509_num(tls->trusted) > 0) {
		r = add_all(tls->store, tls->trusted);
	} else {
		r = add_system_roots(tls->store);
		r = r == 0 ? add_all(tls->store, tls->anchors) : r;
	}
	ERR_clear_error();
	return r;
}

static int
add_pem(STACK_OF(X509) * to, const char *pem, size_t len)
{
	BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
	int n = 0, r = 0;
	X509 *cert;

	if (bio == NULL)
		return -1;
	while (r == 0 && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		n++;
		if (sk_X509_push(to, cert) == 0) {
			X509_free(cert);
			r = -1;
		}
	}
	/* the end of the text is "no start line"; anything else is a damaged block */
	if (r == 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		r = -1;
	ERR_clear_error();
	BIO_free(bio);
	return n > 0 ? r : -1;
}

int
sl_tls_add_anchors(struct sl_tls *tls, const char *pem, size_t len)
{
	return add_pem(tls->anchors, pem, len);
}

int
sl_tls_add_trusted(struct sl_tls *tls, const char *pem, size_t len)
{
	return add_pem(tls->trusted, pem, len);
}

int
sl_tls_add_client(struct sl_tls *tls, const char *pem, size_t len)
{
	return add_pem(tls->client, pem, len);
}

/* In place of OpenSSL's own, which would ask at the terminal. */
static int
no_passphrase(char *buf, int size, int writing, void *ud)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ud;
	return -1;
}

int
sl_tls_set_client_key(struct sl_tls *tls, const char *pem, size_t len)
{
	BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;

	EVP_PKEY_free(tls->client_key);
	tls->client_key =
	    bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	ERR_clear_error();
	BIO_free(bio);
	return tls->client_key != NULL ? 0 : -1;
}

const char *
sl_tls_check_client(const struct sl_tls *tls)
{
	int has_certificate = sk_X509_num(tls->client) > 0;

	if (!has_certificate && tls->client_key == NULL)
		return NULL;
	if (!has_certificate)
		return "of use with the option client-certificate-pem only";
	if (tls->client_key == NULL)
		return "missing; client-certificate-pem needs it";
	if (X509_check_private_key(sk_X509_value(tls->client, 0), tls->client_key) == 1)
		return NULL;
	ERR_clear_error();
	return "not the key of the first certificate of client-certificate-pem";
}

struct sl_revocation *
sl_tls_revocation(const struct sl_tls *tls)
{
	return tls->revocation;
}

void
sl_tls_free(struct sl_tls *tls)
{
	if (tls == NULL)
		return;
	X509_STORE_free(tls->store);
	sk_X509_pop_free(tls->anchors, X509_free);
	sk_X509_pop_free(tls->trusted, X509_free);
	sk_X509_pop_free(tls->client, X509_free);
	EVP_PKEY_free(tls->client_key);
	sl_revocation_free(tls->revocation);
	free(tls);
}

int
sl_tls_show_client(SSL_CTX *ssl_ctx, const struct sl_tls *tls)
{
	if (sk_X509_num(tls->client) == 0)
		return 0;
	if (SSL_CTX_use_certificate(ssl_ctx, sk_X509_value(tls->client, 0)) != 1 ||
	    SSL_CTX_use_PrivateKey(ssl_ctx, tls->client_key) != 1)
		return -1;
	for (int i = 1; i < sk_X509_num(tls->client); i++)
		if (SSL_CTX_add1_chain_cert(ssl_ctx, sk_X509_value(tls->client, i)) != 1)
			return -1;
	return 0;
}
