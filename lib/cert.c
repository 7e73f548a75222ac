/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "error.h"
#include "ossl.h"
#include "pem.h"
#include "text.h"

#define CERTS_IN_PEM_MAX 64
#define SERIAL_BYTES_MAX 20

/* ---- reading ------------------------------------------------------------ */

/* The one value of a subject's attribute; "" where there is none. */
static int
read_attribute(char **ret, X509_NAME *name, int nid, struct smartlic_error *err)
{
	int i = X509_NAME_get_index_by_NID(name, nid, -1), n;
	unsigned char *utf8 = NULL;

	if (i < 0) {
		*ret = strdup("");
		return *ret != NULL ? 0 : sl_nomem(err);
	}
	if (X509_NAME_get_index_by_NID(name, nid, i) >= 0)
		return sl_fail(err, SMARTLIC_E_FORM, "a subject with %s twice", OBJ_nid2sn(nid));
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
	if (n < 0)
		return sl_fail_ossl(
		    err, SMARTLIC_E_FORM, "a subject whose %s is no text", OBJ_nid2sn(nid));
	if (memchr(utf8, '\0', (size_t)n) != NULL) {
		OPENSSL_free(utf8);
		return sl_fail(
		    err, SMARTLIC_E_FORM, "a subject whose %s holds a NUL", OBJ_nid2sn(nid));
	}
	*ret = strndup((const char *)utf8, (size_t)n);
	OPENSSL_free(utf8);
	return *ret != NULL ? 0 : sl_nomem(err);
}

static int
read_names(struct sl_cert *cert, struct smartlic_error *err)
{
	X509_NAME *name = X509_get_subject_name(cert->fields);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert->fields);
	int n = ASN1_STRING_length(serial), r;

	if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || n < 1 || n > SERIAL_BYTES_MAX ||
	    (n == 1 && ASN1_STRING_get0_data(serial)[0] == 0))
		return sl_fail(err, SMARTLIC_E_FORM,
		    "a serial that is not a positive number of at most %d bytes", SERIAL_BYTES_MAX);
	sl_hex(cert->serial, ASN1_STRING_get0_data(serial), (size_t)n);
	r = read_attribute(&cert->o, name, NID_organizationName, err);
	if (r == 0)
		r = read_attribute(&cert->cn, name, NID_commonName, err);
	if (r == 0)
		r = read_attribute(&cert->serial_number, name, NID_serialNumber, err);
	return r;
}

/* SL_ROLE_ARC as an object identifier's contents; one byte more is the role's number. */
static const unsigned char role_arc[] = { 0x69, 0x82, 0x9e, 0xad, 0x8e, 0x97, 0xcd, 0xa4, 0xba,
	0xac, 0x9d, 0x9d, 0x98, 0xd7, 0x81, 0xe7, 0xd4, 0xc5, 0x9e, 0x26 };

static void
note_usage(struct sl_profile *profile, const ASN1_OBJECT *usage)
{
	const unsigned char *oid = OBJ_get0_data(usage);
	size_t len = OBJ_length(usage);

	if (OBJ_obj2nid(usage) == NID_email_protect)
		profile->email = 1;
	else if (len == sizeof(role_arc) + 1 && memcmp(oid, role_arc, sizeof(role_arc)) == 0 &&
		 oid[len - 1] >= 1 && oid[len - 1] <= 3)
		profile->roles |= 1U << (oid[len - 1] - 1);
	else
		profile->other_usage = 1;
}

/* One extension's value; *ret_critical is -1 where it is absent.  NULL also then. */
static void *
extension(const X509 *x509, int nid, int *ret_critical, int *ret_bad)
{
	void *value = X509_get_ext_d2i(x509, nid, ret_critical, NULL);

	/* -1: absent; -2: twice; else it is there and could not be read */
	if (value == NULL && *ret_critical != -1)
		*ret_bad = 1;
	return value;
}

static int
read_profile(struct sl_profile *profile, const X509 *x509, struct smartlic_error *err)
{
	BASIC_CONSTRAINTS *bc;
	ASN1_BIT_STRING *ku;
	EXTENDED_KEY_USAGE *eku;
	NAME_CONSTRAINTS *nc;
	int crit, bad = 0;

	bc = extension(x509, NID_basic_constraints, &crit, &bad);
	profile->ca = bc != NULL && bc->ca;
	BASIC_CONSTRAINTS_free(bc);

	ku = extension(x509, NID_key_usage, &crit, &bad);
	profile->key_usage_critical = crit == 1;
	for (int bit = 0; ku != NULL && bit < 9; bit++)
		if (ASN1_BIT_STRING_get_bit(ku, bit))
			profile->key_usage |= 1U << bit;
	ASN1_BIT_STRING_free(ku);

	eku = extension(x509, NID_ext_key_usage, &crit, &bad);
	profile->usages = eku != NULL;
	profile->usages_critical = crit == 1;
	for (int i = 0; eku != NULL && i < sk_ASN1_OBJECT_num(eku); i++)
		note_usage(profile, sk_ASN1_OBJECT_value(eku, i));
	EXTENDED_KEY_USAGE_free(eku);

	nc = extension(x509, NID_name_constraints, &crit, &bad);
	profile->name_constraints = nc != NULL;
	profile->name_constraints_critical = crit == 1;
	NAME_CONSTRAINTS_free(nc);

	if (bad)
		return sl_fail_ossl(
		    err, SMARTLIC_E_FORM, "an extension that cannot be read or is there twice");
	return 0;
}

static int
read_key(struct sl_cert *cert, struct smartlic_error *err)
{
	ASN1_OCTET_STRING *ski;
	int crit, bad = 0, same, r;

	r = sl_spki_write(&cert->spki, X509_get_X509_PUBKEY(cert->fields), err);
	if (r == 0)
		r = sl_spki_read(
		    cert->crypto, cert->spki.data, cert->spki.len, &cert->kind, cert->ski, err);
	if (r < 0)
		return r;
	cert->pkey = sl_spki_key(cert->crypto, cert->kind, cert->spki.data, cert->spki.len);
	if (cert->pkey == NULL)
		return sl_fail_ossl(err, SMARTLIC_E_FORM, "a %s key that cannot be used",
		    sl_key_kind_name(cert->kind));
	ski = extension(cert->fields, NID_subject_key_identifier, &crit, &bad);
	same = ski != NULL && ASN1_STRING_length(ski) == SL_SKI_LEN &&
	       memcmp(ASN1_STRING_get0_data(ski), cert->ski, SL_SKI_LEN) == 0;
	ASN1_OCTET_STRING_free(ski);
	if (!same)
		return sl_fail_ossl(err, SMARTLIC_E_FORM,
		    "the subject key identifier is %s; it must be the first 20 bytes of the "
		    "SHA-256 of the key's bits (RFC 7093)",
		    crit == -1 ? "missing" : "not the one of its key");
	return 0;
}

/* The whole input is one certificate, encoded as OpenSSL would encode it.  *x509 is NULL when it is
 * not even one. */
static int
decode(X509 **x509, const void *der, size_t len)
{
	const unsigned char *p = der;
	unsigned char *again = NULL;
	int n, same;

	if (len > SL_ENVELOPE_MAX || d2i_X509(x509, &p, (long)len) == NULL)
		return -1;
	n = i2d_X509(*x509, &again);
	same = n > 0 && (size_t)n == len && memcmp(again, der, len) == 0;
	OPENSSL_free(again);
	return same ? 0 : -1;
}

static int
read_all(struct sl_cert *cert, const void *der, size_t len, struct smartlic_error *err)
{
	int r;

	cert->fields = X509_new_ex(cert->crypto->keyless, NULL);
	if (cert->fields == NULL)
		return sl_nomem(err);
	if (decode(&cert->fields, der, len) < 0)
		return sl_fail_ossl(err, SMARTLIC_E_FORM, "not a certificate (X.509, DER)");
	if (X509_get_version(cert->fields) != X509_VERSION_3)
		return sl_fail(err, SMARTLIC_E_FORM, "a certificate that is not of version 3");
	sl_buf_add(&cert->item.der, der, len);
	if (cert->item.der.failed)
		return sl_nomem(err);
	if (sl_asn1_time_get(&cert->not_before, X509_get0_notBefore(cert->fields)) < 0 ||
	    sl_asn1_time_get(&cert->not_after, X509_get0_notAfter(cert->fields)) < 0)
		return sl_fail(
		    err, SMARTLIC_E_FORM, "a validity that is not of the form of RFC 5280");
	r = read_key(cert, err);
	if (r == 0)
		r = read_names(cert, err);
	if (r == 0)
		r = read_profile(&cert->profile, cert->fields, err);
	return r;
}

int
sl_cert_parse(struct sl_cert **ret, struct smartlic_crypto *crypto, const void *der, size_t len,
    struct smartlic_error *err)
{
	struct sl_cert *cert = (struct sl_cert *)sl_shared_find(crypto->certs, der, len);
	int r;

	if (cert != NULL) {
		*ret = cert;
		return 0;
	}
	cert = calloc(1, sizeof(*cert));
	if (cert == NULL)
		return sl_nomem(err);
	atomic_init(&cert->item.refs, 1);
	cert->crypto = crypto;
	r = read_all(cert, der, len, err);
	if (r < 0) {
		sl_cert_unref(cert);
		return r;
	}
	sl_shared_add(crypto->certs, &cert->item);
	*ret = cert;
	return 0;
}

static void
release(struct sl_cert **certs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sl_cert_unref(certs[i]);
	free(certs);
}

int
sl_cert_parse_pem(struct sl_cert ***ret, size_t *ret_n, struct smartlic_crypto *crypto,
    const char *pem, size_t len, struct smartlic_error *err)
{
	struct sl_cert **certs = calloc(CERTS_IN_PEM_MAX, sizeof(*certs));
	struct sl_pem block;
	size_t n = 0;
	int r, blocks = 0;

	if (certs == NULL)
		return sl_nomem(err);
	while ((r = sl_pem_next(&block, &pem, &len)) == 1) {
		blocks++;
		if (strcmp(block.label, "CERTIFICATE") != 0) {
			r = 0;
		} else if (n == CERTS_IN_PEM_MAX) {
			r = sl_fail(
			    err, SMARTLIC_E_LIMIT, "more than %d certificates", CERTS_IN_PEM_MAX);
		} else {
			r = sl_cert_parse(&certs[n], crypto, block.der.data, block.der.len, err);
			n += r == 0;
		}
		sl_buf_free(&block.der);
		if (r < 0)
			goto out;
	}
	if (r < 0 && block.der.failed)
		r = sl_nomem(err);
	else if (r < 0)
		r = sl_fail(err, SMARTLIC_E_FORM, "PEM block %d is not well formed", blocks + 1);
	else if (n == 0)
		r = sl_fail(err, SMARTLIC_E_FORM,
		    "no certificate: a PEM block \"CERTIFICATE\" is expected");
out:
	if (r < 0) {
		release(certs, n);
		return r;
	}
	*ret = certs;
	*ret_n = n;
	return 0;
}

struct sl_cert *
sl_cert_ref(struct sl_cert *cert)
{
	atomic_fetch_add(&cert->item.refs, 1);
	return cert;
}

void
sl_cert_unref(struct sl_cert *cert)
{
	if (cert == NULL || sl_shared_unref(cert->crypto->certs, &cert->item) == 0)
		return;
	X509_free(cert->fields);
	X509_free(atomic_load(&cert->x509));
	EVP_MD_CTX_free(atomic_load(&cert->verifying));
	EVP_PKEY_free(cert->pkey);
	sl_buf_free(&cert->spki);
	free(cert->o);
	free(cert->cn);
	free(cert->serial_number);
	free(cert);
}

X509 *
sl_cert_x509(struct sl_cert *cert)
{
	X509 *x509 = atomic_load(&cert->x509), *mine;
	const unsigned char *p = (const unsigned char *)cert->item.der.data;

	if (x509 != NULL)
		return x509;
	mine = X509_new_ex(cert->crypto->reader, NULL);
	if (mine != NULL && d2i_X509(&mine, &p, (long)cert->item.der.len) == NULL) {
		X509_free(mine);
		mine = NULL;
	}
	/* another thread may have been quicker */
	if (mine == NULL || atomic_compare_exchange_strong(&cert->x509, &x509, mine))
		return mine;
	X509_free(mine);
	return x509;
}

const void *
sl_cert_der(const struct sl_cert *cert, size_t *ret_len)
{
	*ret_len = cert->item.der.len;
	return cert->item.der.data;
}

const unsigned char *
sl_cert_ski(const struct sl_cert *cert)
{
	return cert->ski;
}

int64_t
sl_cert_not_before(const struct sl_cert *cert)
{
	return cert->not_before;
}

int64_t
sl_cert_not_after(const struct sl_cert *cert)
{
	return cert->not_after;
}

const char *
sl_cert_o(const struct sl_cert *cert)
{
	return cert->o;
}

const char *
sl_cert_cn(const struct sl_cert *cert)
{
	return cert->cn;
}

const char *
sl_cert_serial_number(const struct sl_cert *cert)
{
	return cert->serial_number;
}

const char *
sl_cert_serial(const struct sl_cert *cert)
{
	return cert->serial;
}

const void *
sl_cert_spki(const struct sl_cert *cert, size_t *ret_len)
{
	*ret_len = cert->spki.len;
	return cert->spki.data;
}

unsigned int
sl_cert_roles(const struct sl_cert *cert)
{
	return cert->profile.roles;
}
