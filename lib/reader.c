/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "error.h"
#include "ossl.h"

/*
 * OpenSSL builds paths of certificates that have their keys, and 3.0 finds the decoder of a key by
 * asking each that it has for each kind of key that it has, for each certificate anew: longer than
 * a signature takes.  So they are read in a context that has those few things of the default
 * provider that reading and verifying need; each of them is OpenSSL's own.
 */
#define TABLE_MAX 16

static struct {
	const OSSL_ALGORITHM *digest, *signature; /* constants of libcrypto */
	OSSL_ALGORITHM keymgmt[TABLE_MAX], decoder[TABLE_MAX];
} tables;
static CRYPTO_ONCE tables_once = CRYPTO_ONCE_STATIC_INIT;
/* The default provider, for what OpenSSL calls back without saying for whom. */
static _Thread_local OSSL_PROVIDER *loading;

static const OSSL_ALGORITHM *
ask(OSSL_PROVIDER *provider, int operation)
{
	int no_cache = 0;

	return OSSL_PROVIDER_query_operation(provider, operation, &no_cache);
}

/* The first of an algorithm's names. */
static int
is_named(const OSSL_ALGORITHM *a, const char *name)
{
	size_t len = strlen(name);

	return strncmp(a->algorithm_names, name, len) == 0 &&
	       (a->algorithm_names[len] == '\0' || a->algorithm_names[len] == ':');
}

static int
is_of_our_keys(const OSSL_ALGORITHM *a)
{
	return is_named(a, "EC") || is_named(a, "RSA");
}

/* Also what tells the kinds apart. */
static int
reads_spki(const OSSL_ALGORITHM *a)
{
	return (is_of_our_keys(a) || is_named(a, "DER")) && a->property_definition != NULL &&
	       strstr(a->property_definition, "input=der") != NULL &&
	       strstr(a->property_definition, "structure=SubjectPublicKeyInfo") != NULL;
}

static void
choose(OSSL_ALGORITHM ret[TABLE_MAX], const OSSL_ALGORITHM *from,
    int (*wanted)(const OSSL_ALGORITHM *a))
{
	size_t n = 0;

	for (; from != NULL && from->algorithm_names != NULL && n < TABLE_MAX - 1; from++)
		if (wanted(from))
			ret[n++] = *from;
}

static void
fill_tables(void)
{
	tables.digest = ask(loading, OSSL_OP_DIGEST);
	tables.signature = ask(loading, OSSL_OP_SIGNATURE);
	choose(tables.keymgmt, ask(loading, OSSL_OP_KEYMGMT), is_of_our_keys);
	choose(tables.decoder, ask(loading, OSSL_OP_DECODER), reads_spki);
}

static const OSSL_ALGORITHM *
query(void *ctx, int operation, int *no_cache)
{
	(void)ctx;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_DIGEST:
		return tables.digest;
	case OSSL_OP_SIGNATURE:
		return tables.signature;
	case OSSL_OP_KEYMGMT:
		return tables.keymgmt;
	case OSSL_OP_DECODER:
		return tables.decoder;
	default:
		return NULL;
	}
}

/* What is shown is the default provider's, and so is the context that it is called with. */
static int
init(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **ret)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
		{ 0, NULL },
	};

	(void)core;
	(void)in;
	*out = functions;
	*ret = OSSL_PROVIDER_get0_provider_ctx(loading);
	return 1;
}

/* Has this OpenSSL what is looked for, at its places? */
static int
is_usable(OSSL_PROVIDER *provider)
{
	return CRYPTO_THREAD_run_once(&tables_once, fill_tables) == 1 && tables.digest != NULL &&
	       tables.digest == ask(provider, OSSL_OP_DIGEST) &&
	       tables.signature == ask(provider, OSSL_OP_SIGNATURE) &&
	       tables.keymgmt[0].algorithm_names != NULL &&
	       tables.keymgmt[1].algorithm_names != NULL &&
	       tables.decoder[0].algorithm_names != NULL &&
	       tables.decoder[1].algorithm_names != NULL;
}

int
sl_reader_new(struct smartlic_crypto *c, struct smartlic_error *err)
{
	int usable;

	loading = c->provider;
	usable = is_usable(c->provider);
	c->reader = usable ? OSSL_LIB_CTX_new() : c->libctx;
	if (usable && c->reader != NULL &&
	    OSSL_PROVIDER_add_builtin(c->reader, "smartlic-reader", init) == 1)
		c->reading = OSSL_PROVIDER_load(c->reader, "smartlic-reader");
	loading = NULL;
	if (!usable)
		return 0;
	return c->reading != NULL
		   ? 0
		   : sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "no context to read certificates in");
}

void
sl_reader_free(struct smartlic_crypto *c)
{
	if (c->reading != NULL)
		(void)OSSL_PROVIDER_unload(c->reading);
	if (c->reader != c->libctx)
		OSSL_LIB_CTX_free(c->reader);
}
