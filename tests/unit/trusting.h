/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_TRUSTING_H
#define TESTS_UNIT_TRUSTING_H

#include "tests/suite.h"
#include "tests/support/pki.h"
#include "trust.h"

/* Fixtures of the tests of trust: with nothing trusted, and with a PKI whose root is. */
static struct smartlic_crypto *crypto;
static struct smartlic_error err;
static struct sl_trust *trust;
static struct tpki pki;

static inline void
setup(void)
{
	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
	ck_assert_int_eq(sl_trust_new(&trust, crypto, &err), 0);
}

static inline void
teardown(void)
{
	sl_trust_free(trust);
	smartlic_crypto_free(crypto);
}

/* Unchecked, before those of each test: made once, since keys are dear and stay as they are. */
static inline void
make_pki(void)
{
	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
	tpki_init(&pki, crypto);
}

static inline void
free_pki(void)
{
	tpki_free(&pki);
	smartlic_crypto_free(crypto);
}

static inline void
setup_pki(void)
{
	ck_assert_int_eq(sl_trust_new(&trust, crypto, &err), 0);
	ck_assert_int_eq(sl_trust_add_anchors(trust, pki.root_pem.data, pki.root_pem.len, &err), 0);
}

static inline void
teardown_pki(void)
{
	sl_trust_free(trust);
}

#endif
