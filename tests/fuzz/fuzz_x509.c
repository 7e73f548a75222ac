/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "crl.h"
#include "pem.h"
#include "tests/fuzz/fuzz.h"

/* Certificates, lists and certificate requests as they arrive inside of messages, and PEM texts as
 * they are configured. */
const char *const fuzz_corpus[] = { "tests/fuzz/corpus/x509", "tests/vectors", NULL };

static struct smartlic_crypto *crypto;

static void
require(int fact)
{
	if (!fact)
		abort();
}

static void
stop(void)
{
	smartlic_crypto_free(crypto);
}

static void
read_cert(const uint8_t *data, size_t size)
{
	struct smartlic_error err = { 0 };
	struct sl_cert *cert = NULL;
	struct sl_crl *crl = NULL;
	const void *der;
	size_t len;

	if (sl_cert_parse(&cert, crypto, data, size, &err) == 0) {
		der = sl_cert_der(cert, &len);
		require(len == size && memcmp(der, data, len) == 0);
		require(strlen(sl_cert_serial(cert)) <= 40 && sl_cert_roles(cert) <= 7);
	} else {
		require(cert == NULL && err.text[0] != '\0');
	}
	if (sl_crl_parse(&crl, crypto, data, size, &err) == 0) {
		der = sl_crl_der(crl, &len);
		require(len == size && memcmp(der, data, len) == 0);
		if (cert != NULL)
			(void)sl_crl_lists(crl, cert);
	}
	sl_crl_unref(crl);
	sl_cert_unref(cert);
}

static void
read_csr(const uint8_t *data, size_t size)
{
	unsigned char ski[SL_SKI_LEN];
	struct smartlic_error err = { 0 };
	struct sl_buf spki = { 0 };

	if (sl_csr_check(crypto, data, size, ski, &spki, &err) == 0)
		require(spki.len > 0);
	else
		require(spki.len == 0 && err.text[0] != '\0');
	sl_buf_free(&spki);
}

static void
read_pem(const char *text, size_t size)
{
	struct sl_cert **certs = NULL;
	struct smartlic_error err = { 0 };
	struct sl_pem block = { .before = 0 };
	size_t n = 0, left = size;
	const char *p = text;
	int r;

	while ((r = sl_pem_next(&block, &p, &left)) != 0)
		if (r == 1) {
			read_cert((const uint8_t *)block.der.data, block.der.len);
			sl_buf_free(&block.der);
		}
	require(left == 0);
	if (sl_cert_parse_pem(&certs, &n, crypto, text, size, &err) < 0)
		return;
	require(n > 0);
	for (size_t i = 0; i < n; i++)
		sl_cert_unref(certs[i]);
	free(certs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (crypto == NULL) {
		require(smartlic_crypto_new(&crypto, NULL) == 0);
		require(atexit(stop) == 0);
	}
	read_cert(data, size);
	read_csr(data, size);
	read_pem((const char *)data, size);
	return 0;
}
