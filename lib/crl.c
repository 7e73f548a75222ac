/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/x509v3.h>

#include "crl.h"
#include "error.h"
#include "ossl.h"

#define NUMBER_BYTES 20 /* RFC 5280, 5.2.3 */

struct sl_crl {
	struct sl_shared_item item;
	struct smartlic_crypto *crypto; /* borrowed */
	X509_CRL *crl;
	unsigned char number[NUMBER_BYTES]; /* right-aligned */
	int64_t next_update;
	const char *unusable;
};

/* Of the list's own extensions; the number is the only one that matters and is not critical. */
static const char *
judge_extensions(const X509_CRL *crl)
{
	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *ext = X509_CRL_get_ext(crl, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));

		if (nid == NID_delta_crl)
			return "a list of changes only";
		if (nid == NID_issuing_distribution_point)
			return "a list of a part only";
		if (X509_EXTENSION_get_critical(ext))
			return "a list with a critical extension";
	}
	return NULL;
}

static const char *
judge_entries(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);

	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
		const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);

		for (int k = 0; k < X509_REVOKED_get_ext_count(entry); k++)
			if (X509_EXTENSION_get_critical(X509_REVOKED_get_ext(entry, k)))
				return "a list with a critical extension in an entry";
	}
	return NULL;
}

static const char *
read_number(struct sl_crl *crl)
{
	int crit, len;
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl->crl, NID_crl_number, &crit, NULL);
	const char *text = NULL;

	if (number == NULL)
		return "a list without a number";
	len = ASN1_STRING_length(number);
	if (ASN1_STRING_type(number) != V_ASN1_INTEGER || len > NUMBER_BYTES)
		text = "a list whose number is negative or too long";
	else
		memcpy(
		    crl->number + NUMBER_BYTES - len, ASN1_STRING_get0_data(number), (size_t)len);
	ASN1_INTEGER_free(number);
	return text;
}

static int
decode(X509_CRL **crl, const void *der, size_t len)
{
	const unsigned char *p = der;
	unsigned char *again = NULL;
	int n, same;

	if (len > SL_ENVELOPE_MAX || d2i_X509_CRL(crl, &p, (long)len) == NULL)
		return -1;
	n = i2d_X509_CRL(*crl, &again);
	same = n > 0 && (size_t)n == len && memcmp(again, der, len) == 0;
	OPENSSL_free(again);
	return same ? 0 : -1;
}

static int
read_all(struct sl_crl *crl, struct smartlic_crypto *crypto, const void *der, size_t len,
    struct smartlic_error *err)
{
	const ASN1_TIME *next;

	crl->crl = X509_CRL_new_ex(crypto->libctx, NULL);
	if (crl->crl == NULL)
		return sl_nomem(err);
	if (decode(&crl->crl, der, len) < 0)
		return sl_fail_ossl(err, SMARTLIC_E_FORM, "not a revocation list (X.509, DER)");
	sl_buf_add(&crl->item.der, der, len);
	if (crl->item.der.failed)
		return sl_nomem(err);
	next = X509_CRL_get0_nextUpdate(crl->crl);
	crl->next_update = INT64_MIN;
	if (next != NULL && sl_asn1_time_get(&crl->next_update, next) < 0)
		return sl_fail(err, SMARTLIC_E_FORM,
		    "a revocation list whose nextUpdate is not of the form of RFC 5280");
	crl->unusable = judge_extensions(crl->crl);
	if (crl->unusable == NULL)
		crl->unusable = judge_entries(crl->crl);
	if (crl->unusable == NULL)
		crl->unusable = read_number(crl);
	ERR_clear_error();
	return 0;
}

int
sl_crl_parse(struct sl_crl **ret, struct smartlic_crypto *crypto, const void *der, size_t len,
    struct smartlic_error *err)
{
	struct sl_crl *crl = (struct sl_crl *)sl_shared_find(crypto->crls, der, len);
	int r;

	if (crl != NULL) {
		*ret = crl;
		return 0;
	}
	crl = calloc(1, sizeof(*crl));
	if (crl == NULL)
		return sl_nomem(err);
	atomic_init(&crl->item.refs, 1);
	crl->crypto = crypto;
	r = read_all(crl, crypto, der, len, err);
	if (r < 0) {
		sl_crl_unref(crl);
		return r;
	}
	sl_shared_add(crypto->crls, &crl->item);
	*ret = crl;
	return 0;
}

void
sl_crl_unref(struct sl_crl *crl)
{
	if (crl == NULL || sl_shared_unref(crl->crypto->crls, &crl->item) == 0)
		return;
	X509_CRL_free(crl->crl);
	free(crl);
}

const void *
sl_crl_der(const struct sl_crl *crl, size_t *ret_len)
{
	*ret_len = crl->item.der.len;
	return crl->item.der.data;
}

const char *
sl_crl_unusable(const struct sl_crl *crl)
{
	return crl->unusable;
}

int
sl_crl_names(const struct sl_crl *crl, const struct sl_cert *issuer)
{
	return X509_NAME_cmp(
		   X509_CRL_get_issuer(crl->crl), X509_get_subject_name(issuer->fields)) == 0;
}

int
sl_crl_is_of(const struct sl_crl *crl, const struct sl_cert *issuer)
{
	int ok;

	if (!issuer->profile.ca || !(issuer->profile.key_usage & SL_KU_CRL_SIGN) ||
	    !sl_crl_names(crl, issuer) || !sl_sigalg_allowed(X509_CRL_get_signature_nid(crl->crl)))
		return 0;
	ok = X509_CRL_verify(crl->crl, issuer->pkey) == 1;
	ERR_clear_error();
	return ok;
}

int
sl_crl_lists(const struct sl_crl *crl, const struct sl_cert *cert)
{
	X509_REVOKED *entry = NULL;

	/* 2: taken off it again, as lists of changes may say */
	return X509_CRL_get0_by_serial(crl->crl, &entry, X509_get0_serialNumber(cert->fields)) == 1;
}

int
sl_crl_compare(const struct sl_crl *a, const struct sl_crl *b)
{
	return memcmp(a->number, b->number, NUMBER_BYTES);
}

int64_t
sl_crl_next_update(const struct sl_crl *crl)
{
	return crl->next_update;
}
