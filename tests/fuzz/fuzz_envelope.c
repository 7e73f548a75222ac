/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "envelope.h"
#include "pem.h"
#include "tests/fuzz/fuzz.h"
#include "trust.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/envelope", "tests/vectors", NULL };

/* One for all inputs: making a context costs more than judging a message. */
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

/* OpenSSL's CMS takes whatever we take, and encodes it the same. */
static void
compare(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct sl_pem block = { .before = 0 };
	const unsigned char *p = data;
	unsigned char *again = NULL;
	CMS_ContentInfo *cms;

	if (size > 0 && data[0] == '-') {
		require(sl_pem_next(&block, &text, &size) == 1);
		p = data = (const uint8_t *)block.der.data;
		size = block.der.len;
	}
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)size);
	require(cms != NULL && p == data + size);
	require(i2d_CMS_ContentInfo(cms, &again) == (int)size && memcmp(again, data, size) == 0);
	OPENSSL_free(again);
	CMS_ContentInfo_free(cms);
	sl_buf_free(&block.der);
	ERR_clear_error();
}

/* All that a receiver does with a message.  Nothing is trusted, so no chain may be found. */
static void
receive(const struct sl_envelope *env)
{
	struct smartlic_error err = { 0 };
	struct sl_chain chain = { .n = 0 };
	struct sl_trust *trust = NULL;
	struct sl_cert *const *certs;
	const struct sl_der *crls;
	const void *content;
	size_t n, n_crls, len;
	int tolerated;

	certs = sl_envelope_certs(env, &n);
	crls = sl_envelope_crls(env, &n_crls);
	require(n <= SL_ENVELOPE_CERTS_MAX && n_crls <= SL_ENVELOPE_CRLS_MAX);
	require(sl_trust_new(&trust, crypto, &err) == 0);
	for (size_t i = 0; i < n; i++) {
		struct sl_chain self = { 1, { certs[i] } };

		(void)sl_envelope_verify(env, certs[i], &content, &len, &err);
		require(sl_trust_chain(trust, certs[i], certs, n, 7, &chain, &err) < 0);
		(void)sl_chain_validity(&self, 0, 0, &err);
		(void)sl_trust_add_cert(trust, certs[i], &err);
	}
	for (size_t i = 0; i < n_crls; i++)
		(void)sl_trust_add_crl(trust, crls[i].data, crls[i].len, certs, n, 0, &err);
	if (n >= 2) {
		chain = (struct sl_chain){ 2, { certs[0], certs[1] } };
		(void)sl_trust_revocation(
		    trust, &chain, crls, n_crls, 0, SL_REVOCATION_OPTIONAL, &tolerated, &err);
	}
	sl_trust_free(trust);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smartlic_error err = { 0 };
	struct sl_envelope *env = NULL;

	if (crypto == NULL) {
		require(smartlic_crypto_new(&crypto, &err) == 0);
		require(atexit(stop) == 0);
	}
	if (sl_envelope_open(&env, crypto, data, size, &err) < 0) {
		require(env == NULL && err.text[0] != '\0');
		return 0;
	}
	receive(env);
	compare(data, size);
	sl_envelope_free(env);
	return 0;
}
