/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>

#include <openssl/evp.h>

#include "raw.h"

void
raw_signatures(struct stats *verify, struct stats *sign, size_t n)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	unsigned char text[600] = { 7 }, sig[128];

	verify->name = "raw P-256 verify";
	sign->name = "raw P-256 sign";
	for (size_t i = 0; i < n; i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		size_t len = sizeof(sig);
		double from = now_us();

		if (EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) != 1 ||
		    EVP_DigestSign(ctx, sig, &len, text, sizeof(text)) != 1)
			exit(1);
		stats_add(sign, now_us() - from);
		EVP_MD_CTX_free(ctx);
		ctx = EVP_MD_CTX_new();
		from = now_us();
		if (EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) != 1 ||
		    EVP_DigestVerify(ctx, sig, len, text, sizeof(text)) != 1)
			exit(1);
		stats_add(verify, now_us() - from);
		EVP_MD_CTX_free(ctx);
	}
	EVP_PKEY_free(key);
}
