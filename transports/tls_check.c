/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "tls.h"
#include "tls_store.h"

void
sl_tls_put_name(char *ret, size_t cap, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (bio != NULL &&
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		n = BIO_read(bio, ret, (int)cap - 1);
	ret[n > 0 ? n : 0] = '\0';
	for (char *p = ret; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	BIO_free(bio);
}

static size_t
put_alternative(char *ret, size_t cap, const GENERAL_NAME *name, const char *before)
{
	const unsigned char *data;
	char address[INET6_ADDRSTRLEN] = "";
	int len;

	if (name->type == GEN_DNS) {
		data = ASN1_STRING_get0_data(name->d.dNSName);
		len = ASN1_STRING_length(name->d.dNSName);
		return (size_t)snprintf(ret, cap, "%s%.*s", before, len, (const char *)data);
	}
	if (name->type != GEN_IPADD)
		return 0;
	data = ASN1_STRING_get0_data(name->d.iPAddress);
	len = ASN1_STRING_length(name->d.iPAddress);
	if (len == 4 || len == 16)
		(void)inet_ntop(len == 4 ? AF_INET : AF_INET6, data, address, sizeof(address));
	return (size_t)snprintf(ret, cap, "%s%s", before, address);
}

/* "a.example.net, 192.0.2.1": whom a certificate is for. */
static void
put_alternatives(char *ret, size_t cap, X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t used = 0;

	ret[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && used < cap; i++)
		used += put_alternative(
		    ret + used, cap - used, sk_GENERAL_NAME_value(names, i), used > 0 ? ", " : "");
	for (char *p = ret; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	GENERAL_NAMES_free(names);
	if (ret[0] == '\0')
		sl_tls_put_name(ret, cap, X509_get_subject_name(cert));
}

static void
put_date(char ret[32], const ASN1_TIME *t)
{
	struct tm tm = { 0 };

	if (ASN1_TIME_to_tm(t, &tm) != 1 || strftime(ret, 32, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		strcpy(ret, "an unreadable time");
}

static void
describe(struct sl_tls_check *check, X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
	char names[110], issuer[90], root[90], end[32];

	put_alternatives(names, sizeof(names), leaf);
	sl_tls_put_name(issuer, sizeof(issuer), X509_get_issuer_name(leaf));
	sl_tls_put_name(root, sizeof(root),
	    X509_get_subject_name(sk_X509_value(chain, sk_X509_num(chain) - 1)));
	put_date(end, X509_get0_notAfter(leaf));
	(void)snprintf(check->server, sizeof(check->server),
	    "the certificate is for %s, from %s under %s, until %s", names, issuer, root, end);
}

static void
explain_name(struct sl_tls_check *check, X509 *cert)
{
	char names[110];

	put_alternatives(names, sizeof(names), cert);
	(void)snprintf(check->text, sizeof(check->text),
	    "the server's certificate is for %s, not for %.64s; correct the destination address, "
	    "or have the server's certificate made for that name",
	    names, check->host);
}

static void
explain_end(struct sl_tls_check *check, X509 *cert)
{
	char subject[80], end[32];

	sl_tls_put_name(subject, sizeof(subject), X509_get_subject_name(cert));
	put_date(end, X509_get0_notAfter(cert));
	(void)snprintf(check->text, sizeof(check->text),
	    "the certificate of %s ended on %s, which has certainly passed; renew it at the "
	    "server",
	    subject, end);
}

/* Whether one that is not sent is a root or stands between, its name does not tell. */
static void
explain_unsent(struct sl_tls_check *check, X509 *cert)
{
	char issuer[80];

	sl_tls_put_name(issuer, sizeof(issuer), X509_get_issuer_name(cert));
	(void)snprintf(check->text, sizeof(check->text),
	    "the server's certificate comes from an unknown issuer, %s, which it does not send; if "
	    "the root is given, have the server send its whole chain, else give the authority's to "
	    "license smart trust-anchor",
	    issuer);
}

static void
explain_issuer(struct sl_tls_check *check, X509 *cert)
{
	char issuer[110];

	sl_tls_put_name(issuer, sizeof(issuer), X509_get_issuer_name(cert));
	(void)snprintf(check->text, sizeof(check->text),
	    "the server's certificate comes from an unknown issuer, %s; if that is the license "
	    "authority, give its root to license smart trust-anchor, else somebody is in between",
	    issuer);
}

static void
explain(struct sl_tls_check *check, X509_STORE_CTX *ctx, int error)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);

	switch (cert != NULL ? error : X509_V_ERR_UNSPECIFIED) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		explain_name(check, cert);
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		explain_end(check, cert);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		explain_issuer(check, cert);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		explain_unsent(check, cert);
		break;
	case X509_V_ERR_INVALID_PURPOSE:
		(void)snprintf(check->text, sizeof(check->text),
		    "the server's certificate is made for another purpose than a TLS server; give "
		    "it one whose extended key usage has serverAuth");
		break;
	default:
		(void)snprintf(check->text, sizeof(check->text),
		    "the server's certificate is refused: %s (depth %d); mend the server's chain",
		    X509_verify_cert_error_string(error), X509_STORE_CTX_get_error_depth(ctx));
	}
}

/* Called for each thing that OpenSSL finds wrong; 1 goes on as if it were not. */
static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	struct sl_tls_check *check = X509_STORE_CTX_get_app_data(ctx);
	int error = X509_STORE_CTX_get_error(ctx);

	if (ok)
		return 1;
	if (error == X509_V_ERR_CERT_NOT_YET_VALID) {
		/* else this would stay the result of a chain that is fine */
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	if (check->text[0] == '\0')
		explain(check, ctx, error);
	return 0;
}

static int
is_own(const struct sl_tls *tls, const X509 *anchor)
{
	for (int i = 0; i < sk_X509_num(tls->anchors); i++)
		if (X509_cmp(sk_X509_value(tls->anchors, i), anchor) == 0)
			return 1;
	return 0;
}

static int
is_unrevoked(struct sl_tls_check *check, X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	struct sl_revocation_check c = { .rv = check->tls->revocation,
		.verified = ctx,
		.own = is_own(check->tls, sk_X509_value(chain, sk_X509_num(chain) - 1)),
		.floor_s = check->floor_s,
		.now_ms = check->now_ms,
		.since_ms = check->since_ms };
	int r = sl_revocation_judge(&c);

	(void)snprintf(check->wanted, sizeof(check->wanted), "%s", c.wanted);
	(void)snprintf(check->tolerated, sizeof(check->tolerated), "%s", c.tolerated);
	(void)snprintf(check->text, sizeof(check->text), "%s", c.text);
	return r;
}

/* In place of X509_verify_cert, so that all that steers it is set in one place. */
static int
verify(X509_STORE_CTX *ctx, void *ud)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	struct sl_tls_check *check = ud;
	unsigned char address[16];
	int literal, r;

	check->text[0] = check->wanted[0] = check->tolerated[0] = '\0';
	literal = inet_pton(AF_INET, check->host, address) == 1 ||
		  inet_pton(AF_INET6, check->host, address) == 1;
	r = literal ? X509_VERIFY_PARAM_set1_ip_asc(param, check->host)
		    : X509_VERIFY_PARAM_set1_host(param, check->host, 0);
	if (r != 1 || X509_STORE_CTX_set_app_data(ctx, check) != 1)
		return 0;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	X509_VERIFY_PARAM_set_time(param, (time_t)check->floor_s);
	X509_STORE_CTX_set_verify_cb(ctx, on_verify);
	if (X509_verify_cert(ctx) != 1)
		return 0;
	describe(check, ctx);
	if (is_unrevoked(check, ctx))
		return 1;
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REVOKED);
	return 0;
}

/* Of a client this is called when the server wants a certificate, before it gets one or none. */
static int
on_asked(SSL *ssl, void *ud)
{
	struct sl_tls_check *check = ud;

	(void)ssl;
	check->asked = 1;
	return 1;
}

CURLcode
sl_tls_context(CURL *easy, void *ssl_ctx, void *ud)
{
	struct sl_tls_check *check = ud;

	(void)easy;
	check->begun = 1;
	if (sl_tls_show_client(ssl_ctx, check->tls) != 0)
		return CURLE_OUT_OF_MEMORY;
	SSL_CTX_set1_cert_store(ssl_ctx, check->tls->store);
	SSL_CTX_set_cert_verify_callback(ssl_ctx, verify, check);
	SSL_CTX_set_cert_cb(ssl_ctx, on_asked, check);
	/* $SSLKEYLOGFILE must not get this connection's keys */
	SSL_CTX_set_keylog_callback(ssl_ctx, NULL);
	return CURLE_OK;
}
