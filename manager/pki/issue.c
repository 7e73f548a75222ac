/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "pki/cert.h"
#include "pki/names.h"
#include "pki/pki.h"
#include "pki/satellite.h"
#include "pki/store.h"

/* Certificates for keys that others keep: devices and satellites. */

/* Identifiers are taken over a key's bytes: those must have gone through unchanged. */
static int
holds_key(X509 *x509, const void *spki, size_t len, struct smartlic_error *err)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
	int same = n > 0 && (size_t)n == len && memcmp(der, spki, len) == 0;

	OPENSSL_free(der);
	if (same)
		return 0;
	return sl_fail(err, SMARTLIC_E_FORM,
	    "the key to certify is written in an unusual way: a named curve or RSA, in DER, is "
	    "wanted");
}

int64_t
pki_issued_s(const struct sl_cert *cert)
{
	return sl_cert_not_before(cert) + PKI_BACKDATE_S;
}

/* spec has all but issuer and key.  The key has made a signature that was good: whether it is one
 * is not looked at again. */
static int
issue(const struct pki *pki, struct pki_cert_spec *spec, const void *spki, size_t spki_len,
    struct sl_buf *ret_der, struct smartlic_error *err)
{
	const struct pki_identity *issuer = &pki->id[spec->profile->issuer];
	unsigned char *der = NULL;
	X509 *x509 = NULL;
	int len, r;

	spec->issuer = issuer->x509;
	spec->issuer_key = sl_key_handle(issuer->key);
	spec->spki = spki;
	spec->spki_len = spki_len;
	r = pki_cert_make(&x509, pki->crypto, spec, err);
	if (r < 0)
		goto out;
	r = holds_key(x509, spki, spki_len, err);
	if (r < 0)
		goto out;
	len = i2d_X509(x509, &der);
	if (len < 0) {
		r = pki_fail(err, "a certificate cannot be written");
		goto out;
	}
	sl_buf_add(ret_der, der, (size_t)len);
	r = ret_der->failed ? sl_nomem(err) : 0;
out:
	OPENSSL_free(der);
	X509_free(x509);
	return r;
}

int
pki_issue_device(const struct pki *pki, const void *spki, size_t spki_len, const char *o,
    const char *serial_number, const char *cn, int64_t now_s, const unsigned char serial[16],
    struct sl_buf *ret_der, struct smartlic_error *err)
{
	struct pki_cert_spec spec = {
		.profile = &pki_profiles[PKI_KIND_DEVICE],
		.o = o,
		.serial_number = serial_number,
		.cn = cn,
		.serial = serial,
		.now_s = now_s,
	};

	return issue(pki, &spec, spki, spki_len, ret_der, err);
}

int
pki_issue_satellite(const struct pki *pki, const void *spki, size_t spki_len, const char *o,
    const char *cn, int64_t now_s, struct sl_buf *ret_der, struct smartlic_error *err)
{
	unsigned char serial[PKI_SERIAL_LEN];
	struct pki_cert_spec spec = {
		.profile = &pki_profiles[PKI_KIND_SATELLITE],
		.o = o,
		.cn = cn,
		.serial = serial,
		.now_s = now_s,
	};
	int r = pki_need_key(&pki->id[PKI_KIND_SATELLITES], "a satellite's certificate", err);

	if (r == 0)
		r = sl_crypto_random(pki->crypto, serial, sizeof(serial), err);
	return r < 0 ? r : issue(pki, &spec, spki, spki_len, ret_der, err);
}

int
pki_issue_tls(const struct pki *pki, const void *spki, size_t spki_len, const char *const *names,
    size_t n, int64_t now_s, struct sl_buf *ret_der, struct smartlic_error *err)
{
	unsigned char serial[PKI_SERIAL_LEN];
	struct pki_cert_spec spec = {
		.profile = &pki_profiles[PKI_KIND_TLS],
		.cn = n > 0 ? names[0] : "localhost",
		.serial = serial,
		.now_s = now_s,
	};
	GENERAL_NAMES *all = NULL;
	int r = pki_need_key(&pki->id[PKI_KIND_ROOT], "a TLS certificate", err);

	if (r == 0)
		r = pki_names_of(&all, names, n, err);
	if (r == 0)
		r = sl_crypto_random(pki->crypto, serial, sizeof(serial), err);
	spec.names = all;
	/* a common name has room for 64 characters; what counts is the list of names */
	if (strlen(spec.cn) > 64)
		spec.cn = "localhost";
	if (r == 0)
		r = issue(pki, &spec, spki, spki_len, ret_der, err);
	GENERAL_NAMES_free(all);
	return r;
}
