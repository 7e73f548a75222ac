/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envelope.h"
#include "tests/support/pki.h"
#include "tests/support/rsa.h"

/*
 * specimens DIR: writes what the library makes (messages, requests, keys) and
 * the certificates around it into a folder, for others to look at.
 */
static const char *dir;
static struct smartlic_crypto *crypto;
static struct tpki pki;

static void
require(int r)
{
	if (r != 0) {
		(void)fprintf(stderr, "specimens: %d\n", r);
		exit(EXIT_FAILURE);
	}
}

/* Writes and frees. */
static void
put(const char *name, struct sl_buf *bytes)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	require(f == NULL || fwrite(bytes->data, 1, bytes->len, f) != bytes->len || fclose(f) != 0);
	sl_buf_free(bytes);
}

static void
put_cert(const char *name, const struct sl_cert *cert)
{
	struct sl_buf pem = tpki_pem(cert);

	put(name, &pem);
}

static struct sl_buf
message(const struct tpki_id *by, struct sl_cert *const *certs, size_t n_certs,
    const struct sl_der *crls, size_t n_crls)
{
	struct sl_buf ret = { 0 };

	require(sl_envelope_sign(
	    &ret, crypto, by->key, by->cert, certs, n_certs, crls, n_crls, "{\"slx\":1}", 9, NULL));
	return ret;
}

/* A response as a signer of this kind of key would send it, with the root's list. */
static void
put_response(const char *name, const struct tpki_id *by)
{
	struct sl_buf list = tpki_crl(crypto, &pki.root, &(struct tpki_list){ .number = 1 });
	struct sl_der crl = { list.data, list.len };
	struct sl_buf m = message(by, &by->cert, 1, &crl, 1);

	put(name, &m);
	sl_buf_free(&list);
}

static void
put_satellites_response(void)
{
	struct sl_cert *certs[3] = { pki.satellite.cert, pki.satellite_ca.cert,
		pki.satellites.cert };
	struct sl_buf lists[3] = {
		tpki_crl(crypto, &pki.root, &(struct tpki_list){ .number = 1 }),
		tpki_crl(crypto, &pki.satellites, &(struct tpki_list){ .number = 1 }),
		tpki_crl(crypto, &pki.satellite_ca, &(struct tpki_list){ .number = 1 }),
	};
	struct sl_der crls[3];
	struct sl_buf m;

	for (int i = 0; i < 3; i++)
		crls[i] = (struct sl_der){ lists[i].data, lists[i].len };
	m = message(&pki.satellite, certs, 3, crls, 3);
	put("satellite.der", &m);
	for (int i = 0; i < 3; i++)
		sl_buf_free(&lists[i]);
}

static void
put_requests(void)
{
	struct sl_udi udi = { .pid = "NCS1004", .sn = "CAT2231B18Y", .uuid = "default-sdr" };
	struct sl_cert *certs[2] = { pki.device.cert, pki.issuing.cert };
	struct tpki_id self = { .key = pki.device.key, .cert = NULL };
	struct sl_buf csr = { 0 }, key = { 0 }, pem = { 0 }, m;

	require(sl_csr_new(&csr, crypto, pki.device.key, &udi, NULL));
	put("request.csr", &csr);
	require(sl_key_write_pem(pki.device.key, &key, NULL));
	put("device.key", &key);

	m = message(&pki.device, certs, 2, NULL, 0);
	require(sl_envelope_pem(&pem, m.data, m.len, NULL));
	put("authorize.der", &m);
	put("authorize.pem", &pem);

	/* a device whose clock says 2060 */
	require(sl_cert_self(&self.cert, crypto, self.key, &udi, INT64_C(2840140800), NULL));
	m = message(&self, &self.cert, 1, NULL, 0);
	put("register.der", &m);
	sl_cert_unref(self.cert);
}

int
main(int argc, char **argv)
{
	struct tpki_spec spec;
	struct tpki_id other;

	if (argc != 2)
		return 2;
	dir = argv[1];
	require(smartlic_crypto_new(&crypto, NULL));
	tpki_init(&pki, crypto);
	put_cert("root.pem", pki.root.cert);
	put_cert("issuing.pem", pki.issuing.cert);
	put_cert("device.pem", pki.device.cert);
	put_response("response-p256.der", &pki.signer);

	spec = tpki_spec_signer(&pki.root);
	spec.flags = TPKI_P384;
	other = tpki_make(crypto, &spec);
	put_response("response-p384.der", &other);
	tpki_id_free(&other);

	require(sl_key_read_pem(&other.key, crypto, test_rsa_key, strlen(test_rsa_key), NULL));
	spec.flags = 0;
	other.cert = tpki_cert(crypto, other.key, &spec);
	put_response("response-rsa.der", &other);
	tpki_id_free(&other);

	put_satellites_response();
	put_requests();
	tpki_free(&pki);
	smartlic_crypto_free(crypto);
	return EXIT_SUCCESS;
}
