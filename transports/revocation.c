/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "revocation.h"
#include "tls_store.h"

#define LISTS_MAX 16
#define CURE      "configure 'crypto ca trustpoint Trustpool crl optional'"

struct list {
	char url[SL_LIST_URL]; /* "": free */
	X509_CRL *crl;         /* NULL: never had */
	char why[160];         /* "" or why the last fetch brought none */
	int64_t tried_ms;
};

struct sl_revocation {
	int optional;
	struct list lists[LISTS_MAX];
	STACK_OF(X509_CRL) * own;
	unsigned char *own_der; /* what it was read from */
	size_t own_len;
};

/* ---- the lists ---- */

int
sl_revocation_new(struct sl_revocation **ret)
{
	struct sl_revocation *rv = calloc(1, sizeof(*rv));

	if (rv == NULL)
		return -1;
	rv->own = sk_X509_CRL_new_null();
	if (rv->own == NULL) {
		free(rv);
		return -1;
	}
	*ret = rv;
	return 0;
}

void
sl_revocation_free(struct sl_revocation *rv)
{
	if (rv == NULL)
		return;
	for (size_t i = 0; i < LISTS_MAX; i++)
		X509_CRL_free(rv->lists[i].crl);
	sk_X509_CRL_pop_free(rv->own, X509_CRL_free);
	free(rv->own_der);
	free(rv);
}

void
sl_revocation_set_optional(struct sl_revocation *rv)
{
	rv->optional = 1;
}

/* They come with each request, and change once a day.  1: they are those that were read. */
static int
are_read(struct sl_revocation *rv, const void *der, size_t len)
{
	unsigned char *copy;

	if (rv->own_der != NULL && rv->own_len == len && memcmp(rv->own_der, der, len) == 0)
		return 1;
	copy = len > 0 ? malloc(len) : NULL;
	if (copy != NULL)
		memcpy(copy, der, len);
	free(rv->own_der);
	rv->own_der = copy;
	rv->own_len = len;
	return 0;
}

void
sl_revocation_set_own(struct sl_revocation *rv, const void *der, size_t len)
{
	const unsigned char *p = der;
	X509_CRL *crl;

	if (are_read(rv, der, len))
		return;
	while (sk_X509_CRL_num(rv->own) > 0)
		X509_CRL_free(sk_X509_CRL_pop(rv->own));
	while (len > 0 && len <= LONG_MAX) {
		const unsigned char *before = p;

		crl = d2i_X509_CRL(NULL, &p, (long)len);
		if (crl == NULL || sk_X509_CRL_push(rv->own, crl) == 0) {
			X509_CRL_free(crl);
			break;
		}
		len -= (size_t)(p - before);
	}
	ERR_clear_error();
}

static struct list *
find(struct sl_revocation *rv, const char *url)
{
	for (size_t i = 0; i < LISTS_MAX; i++)
		if (strcmp(rv->lists[i].url, url) == 0)
			return &rv->lists[i];
	return NULL;
}

/* The one of that URL, else a free one, else the one not tried for longest. */
static struct list *
place(struct sl_revocation *rv, const char *url)
{
	struct list *list = find(rv, url), *oldest = &rv->lists[0];

	if (list != NULL)
		return list;
	for (size_t i = 0; i < LISTS_MAX; i++)
		if (rv->lists[i].url[0] == '\0' || rv->lists[i].tried_ms < oldest->tried_ms)
			oldest = &rv->lists[i];
	X509_CRL_free(oldest->crl);
	memset(oldest, 0, sizeof(*oldest));
	(void)snprintf(oldest->url, sizeof(oldest->url), "%s", url);
	return oldest;
}

void
sl_revocation_failed(struct sl_revocation *rv, const char *url, const char *why, int64_t now_ms)
{
	struct list *list = place(rv, url);

	(void)snprintf(list->why, sizeof(list->why), "%s", why);
	list->tried_ms = now_ms;
}

/* DER, as RFC 5280 wants it, or PEM, as some serve it. */
static X509_CRL *
read_list(const void *body, size_t len)
{
	const unsigned char *p = body;
	X509_CRL *crl = len <= LONG_MAX ? d2i_X509_CRL(NULL, &p, (long)len) : NULL;
	BIO *bio = crl == NULL && len <= INT_MAX ? BIO_new_mem_buf(body, (int)len) : NULL;

	if (bio != NULL)
		crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	BIO_free(bio);
	ERR_clear_error();
	return crl;
}

void
sl_revocation_fetched(
    struct sl_revocation *rv, const char *url, const void *body, size_t len, int64_t now_ms)
{
	X509_CRL *crl = read_list(body, len);
	struct list *list;

	if (crl == NULL) {
		sl_revocation_failed(rv, url, "what is there is no revocation list", now_ms);
		return;
	}
	list = place(rv, url);
	X509_CRL_free(list->crl);
	list->crl = crl;
	list->why[0] = '\0';
	list->tried_ms = now_ms;
}

/* ---- one chain ---- */

static int
take_url(char ret[SL_LIST_URL], const GENERAL_NAME *name)
{
	const ASN1_IA5STRING *uri;
	const char *data;
	int len;

	if (name->type != GEN_URI)
		return 0;
	uri = name->d.uniformResourceIdentifier;
	data = (const char *)ASN1_STRING_get0_data(uri);
	len = ASN1_STRING_length(uri);
	if (len < 8 || len >= SL_LIST_URL || strncasecmp(data, "http://", 7) != 0)
		return 0;
	for (int i = 0; i < len; i++)
		if (data[i] <= ' ' || data[i] > '~')
			return 0;
	memcpy(ret, data, (size_t)len);
	ret[len] = '\0';
	return 1;
}

/* The first http:// URL among the certificate's distribution points; "" without one. */
static void
list_url(char ret[SL_LIST_URL], X509 *cert)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	int found = 0;

	ret[0] = '\0';
	for (int i = 0; i < sk_DIST_POINT_num(points) && !found; i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);

		if (p->distpoint == NULL || p->distpoint->type != 0)
			continue;
		for (int k = 0; k < sk_GENERAL_NAME_num(p->distpoint->name.fullname) && !found; k++)
			found =
			    take_url(ret, sk_GENERAL_NAME_value(p->distpoint->name.fullname, k));
	}
	CRL_DIST_POINTS_free(points);
	ERR_clear_error();
}

/* What stands in the way of knowing whether cert is revoked; 1 if that is tolerated. */
static int
unknown(struct sl_revocation_check *c, X509 *cert, const char *url, const char *why)
{
	char subject[44];

	sl_tls_put_name(subject, sizeof(subject), X509_get_subject_name(cert));
	if (c->rv->optional) {
		if (c->tolerated[0] == '\0')
			(void)snprintf(c->tolerated, sizeof(c->tolerated),
			    "whether %s is revoked is not known and is tolerated: %.100s", subject,
			    why);
		return 1;
	}
	if (c->text[0] != '\0')
		return 0;
	if (url[0] == '\0')
		(void)snprintf(c->text, sizeof(c->text),
		    "the certificate of %s names no revocation list to fetch by http; have it name "
		    "one, or " CURE,
		    subject);
	else
		(void)snprintf(c->text, sizeof(c->text),
		    "the revocation list of %s at %.60s: %.70s; open the way to it, or " CURE,
		    subject, url, why);
	return 0;
}

/* Adds the list that a certificate names.  1: goes on; 0: not without it. */
static int
add_list(struct sl_revocation_check *c, X509 *cert, STACK_OF(X509_CRL) * crls)
{
	const struct list *list;
	char url[SL_LIST_URL];

	list_url(url, cert);
	if (url[0] == '\0')
		return unknown(c, cert, url, "its certificate names no revocation list");
	list = find(c->rv, url);
	if (list == NULL ||
	    (list->tried_ms < c->since_ms &&
		(list->why[0] != '\0' || c->now_ms - list->tried_ms > SL_LIST_AGE_MS))) {
		(void)snprintf(c->wanted, sizeof(c->wanted), "%s", url);
		return 0;
	}
	if (list->crl == NULL)
		return unknown(c, cert, url, list->why);
	return sk_X509_CRL_push(crls, list->crl) > 0;
}

static int
refuse_revoked(struct sl_revocation_check *c, X509 *cert)
{
	char subject[80];

	sl_tls_put_name(subject, sizeof(subject), X509_get_subject_name(cert));
	(void)snprintf(c->text, sizeof(c->text),
	    "the certificate of %s is revoked; give the server a new one, and find out who uses "
	    "the old one",
	    subject);
	return 0;
}

/* Called for what OpenSSL finds wrong with the chain by its lists; 1 goes on. */
static int
on_list(int ok, X509_STORE_CTX *ctx)
{
	struct sl_revocation_check *c = X509_STORE_CTX_get_app_data(ctx);
	int last = sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	int error = X509_STORE_CTX_get_error(ctx);
	char url[SL_LIST_URL];

	/* nobody speaks for the anchor but its owner */
	if (ok || X509_STORE_CTX_get_error_depth(ctx) == last)
		return 1;
	switch (error) {
	case X509_V_ERR_CERT_REVOKED:
		return refuse_revoked(c, cert);
	case X509_V_ERR_CRL_NOT_YET_VALID:
		return 1;
	default:
		list_url(url, cert);
		return unknown(c, cert, url,
		    error == X509_V_ERR_UNABLE_TO_GET_CRL
			? "it is another issuer's, or not for this certificate"
			: X509_verify_cert_error_string(error));
	}
}

/* Names alone do not tell two authorities of one name apart. */
static int
is_list_of(const X509_CRL *crl, X509 *issuer)
{
	AUTHORITY_KEYID *key;
	int same;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0)
		return 0;
	key = X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
	same = key == NULL || X509_check_akid(issuer, key) == X509_V_OK;
	AUTHORITY_KEYID_free(key);
	return same;
}

/*
 * By the lists of the messages' authority, whose signatures whoever lends them has verified.  Here a
 * list can only refuse: without one, and after its end, nothing is, so that to believe a list lets
 * nobody in.
 */
static int
judge_by_own(struct sl_revocation_check *c, STACK_OF(X509) * chain)
{
	for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i), *issuer = sk_X509_value(chain, i + 1);

		for (int k = 0; k < sk_X509_CRL_num(c->rv->own); k++) {
			X509_CRL *crl = sk_X509_CRL_value(c->rv->own, k);
			X509_REVOKED *entry = NULL;

			/* 2: taken off it again */
			if (is_list_of(crl, issuer) &&
			    X509_CRL_get0_by_serial(
				crl, &entry, X509_get0_serialNumber(cert)) == 1)
				return refuse_revoked(c, cert);
		}
	}
	return 1;
}

/* In place of the certificates' signatures and times, which are dear and were judged before. */
static int
judged_before(X509_STORE_CTX *ctx)
{
	(void)ctx;
	return 1;
}

/* The same chain once more, with the lists: their signatures, times and what they revoke. */
static int
judge(struct sl_revocation_check *c, STACK_OF(X509_CRL) * crls)
{
	int last = sk_X509_num(X509_STORE_CTX_get0_chain(c->verified)) - 1, r = 0;
	/* with ALL the anchor's list would be verified once more, for the anchor itself */
	unsigned long all = last > 1 ? X509_V_FLAG_CRL_CHECK_ALL : 0;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	if (ctx == NULL ||
	    X509_STORE_CTX_init(ctx, X509_STORE_CTX_get0_store(c->verified),
		X509_STORE_CTX_get0_cert(c->verified),
		X509_STORE_CTX_get0_untrusted(c->verified)) != 1 ||
	    X509_STORE_CTX_set_default(ctx, "ssl_server") != 1 ||
	    X509_STORE_CTX_set_app_data(ctx, c) != 1)
		goto out;
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), (time_t)c->floor_s);
	(void)X509_VERIFY_PARAM_set_flags(
	    X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_CRL_CHECK | all);
	X509_STORE_CTX_set0_crls(ctx, crls);
	X509_STORE_CTX_set_verify_cb(ctx, on_list);
	X509_STORE_CTX_set_verify(ctx, judged_before);
	r = X509_verify_cert(ctx) == 1;
out:
	X509_STORE_CTX_free(ctx);
	if (!r && c->text[0] == '\0')
		(void)snprintf(c->text, sizeof(c->text),
		    "whether the server's certificate is revoked cannot be judged; mend the "
		    "server's chain");
	return r;
}

int
sl_revocation_judge(struct sl_revocation_check *c)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(c->verified);
	STACK_OF(X509_CRL) *crls = NULL;
	int last = sk_X509_num(chain) - 1, r = 1;

	if (last < 1)
		return 1; /* the anchor itself */
	if (c->own)
		return judge_by_own(c, chain);
	crls = sk_X509_CRL_new_null();
	if (crls == NULL)
		return 0;
	for (int i = 0; i < last && r; i++)
		r = add_list(c, sk_X509_value(chain, i), crls);
	if (r)
		r = judge(c, crls);
	sk_X509_CRL_free(crls);
	return r;
}
