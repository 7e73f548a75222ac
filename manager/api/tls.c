/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "api/tls.h"

static int
tls_fail(struct smartlic_error *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	(void)sl_fail(err, SMARTLIC_E_CRYPTO, "%s: not usable for TLS: %s", what,
	    reason != NULL ? reason : "OpenSSL gave no reason");
	ERR_clear_error();
	return SMARTLIC_E_CRYPTO;
}

int
tls_context_load(
    SSL_CTX *ctx, const char *cert_path, const char *key_path, struct smartlic_error *err)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, cert_path) != 1)
		return tls_fail(err, cert_path);
	/* which also sees to it that both belong together */
	if (SSL_CTX_use_PrivateKey_file(ctx, key_path, SSL_FILETYPE_PEM) != 1)
		return tls_fail(err, key_path);
	return 0;
}

int
tls_context_new(
    SSL_CTX **ret, const char *cert_path, const char *key_path, struct smartlic_error *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int r;

	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
		SSL_CTX_free(ctx);
		return tls_fail(err, "the server's context");
	}
	(void)SSL_CTX_set_options(
	    ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* idle connections then hold no record buffers */
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	r = tls_context_load(ctx, cert_path, key_path, err);
	if (r < 0) {
		SSL_CTX_free(ctx);
		return r;
	}
	*ret = ctx;
	return 0;
}

int
tls_expiry(int64_t *ret_s, const char *cert_path, struct smartlic_error *err)
{
	BIO *file = BIO_new_file(cert_path, "r");
	X509 *cert = file != NULL ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	int good = cert != NULL && epoch != NULL &&
		   ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(cert)) == 1;

	ASN1_TIME_free(epoch);
	X509_free(cert);
	(void)BIO_free(file);
	if (!good)
		return tls_fail(err, cert_path);
	*ret_s = (int64_t)days * 86400 + seconds;
	return 0;
}
