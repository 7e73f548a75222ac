/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "pki/former.h"
#include "pki/key.h"
#include "pki/pkcs11.h"
#include "pki/store.h"

int
pki_key_by_uri(struct sl_key **ret, struct smartlic_crypto *crypto, const char *uri,
    struct smartlic_error *err)
{
	struct pki_uri parts;
	EVP_PKEY *pkey = NULL;
	int r = pki_uri_read(&parts, uri, err);

	if (r == 0)
		r = pki_pkcs11_load(&pkey, &parts, err);
	return r < 0 ? r : sl_key_take(ret, crypto, pkey, err);
}

int
pki_key_for(struct sl_key **ret, struct smartlic_crypto *crypto, enum pki_kind kind,
    const char *uri, struct smartlic_error *err)
{
	int bits = pki_profiles[kind].p384 ? 384 : 256;
	int r = pki_key_by_uri(ret, crypto, uri, err);

	if (r == 0 && EVP_PKEY_get_bits(sl_key_handle(*ret)) != bits)
		r = sl_fail(err, SMARTLIC_E_INVAL,
		    "--key %s: a key on the curve P-%d is wanted there: make one in the token",
		    pki_profiles[kind].file, bits);
	return r;
}

/* The line of a key file that names a token; "" where it holds the key itself. */
static const char *
uri_of(struct sl_buf *text)
{
	if (text->data == NULL || !pki_is_uri(text->data))
		return "";
	text->data[strcspn(text->data, "\r\n")] = '\0';
	return text->data;
}

int
pki_key_read(struct sl_key **ret, struct smartlic_crypto *crypto, const char *path,
    struct smartlic_error *err)
{
	struct smartlic_error why = { 0 };
	struct sl_buf text = { 0 };
	const char *uri;
	int r = file_read(path, &text, err);

	if (r == 0) {
		uri = uri_of(&text);
		r = uri[0] != '\0' ? pki_key_by_uri(ret, crypto, uri, &why)
				   : sl_key_read_pem(ret, crypto, text.data, text.len, &why);
		/* what a file holds is no wrong usage of a command */
		if (r < 0)
			r = sl_fail(err, r == SMARTLIC_E_INVAL ? SMARTLIC_E_STORE : r, "%s: %s",
			    path, why.text);
	}
	sl_buf_free(&text);
	return r;
}

int
pki_key_in_token(const char *path)
{
	struct sl_buf text = { 0 };
	int there = file_read(path, &text, NULL) == 0 && uri_of(&text)[0] != '\0';

	sl_buf_free(&text);
	return there;
}

int
pki_key_write_uri(const char *path, const char *uri, struct smartlic_error *err)
{
	struct sl_buf line = { 0 };
	int r;

	sl_buf_printf(&line, "%s\n", uri);
	r = line.failed ? sl_nomem(err) : file_write(path, 0600, line.data, line.len, err);
	sl_buf_free(&line);
	return r;
}

static const enum pki_kind movable[] = { PKI_KIND_ROOT, PKI_KIND_ISSUING, PKI_KIND_SIGNER,
	PKI_KIND_SATELLITES };
#define MOVABLE (sizeof(movable) / sizeof(movable[0]))

int
pki_key_kind(enum pki_kind *ret, const char *name, struct smartlic_error *err)
{
	for (size_t i = 0; i < MOVABLE; i++)
		if (strcmp(pki_profiles[movable[i]].file, name) == 0) {
			*ret = movable[i];
			return 0;
		}
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "'%.40s': root, issuing, signer or satellites is expected", name);
}

/* The token's key in the place of the file's, where it is that of the certificate. */
static int
take_over(struct pki_identity *id, const char *uri, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	unsigned char wanted[SL_SKI_LEN], is[SL_SKI_LEN];
	struct sl_key *key = NULL;
	int r = pki_key_by_uri(&key, crypto, uri, err);

	if (r == 0)
		r = sl_key_ski(key, is, err);
	if (r == 0) {
		memcpy(wanted, sl_cert_ski(id->cert), sizeof(wanted));
		if (memcmp(wanted, is, sizeof(is)) != 0)
			r = sl_fail(err, SMARTLIC_E_INVAL,
			    "the key that the URI names is not that of %s; nothing was changed",
			    id->cert_path);
	}
	if (r == 0)
		r = pki_key_write_uri(id->key_path, uri, err);
	sl_key_free(key);
	return r;
}

/* The folder is locked. */
static int
use(struct pki_identity *id, const char *dir, enum pki_kind kind, const char *uri,
    struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	int r = pki_identity_paths(id, dir, kind, err);

	if (r == 0)
		r = pki_identity_read_x509(id, crypto, err);
	if (r == 0)
		r = pki_identity_take_x509(id, crypto, err);
	if (r == 0 && kind == PKI_KIND_SIGNER && sl_cert_roles(id->cert) == SL_ROLE_SATELLITE)
		r = sl_fail(err, SMARTLIC_E_INVAL,
		    "a satellite makes its signer's key anew every two months, in a file");
	return r < 0 ? r : take_over(id, uri, crypto, err);
}

int
pki_key_use(const char *dir, const char *name, const char *uri, struct smartlic_error *err)
{
	struct smartlic_crypto *crypto = NULL;
	struct pki_identity id = { .key = NULL };
	enum pki_kind kind;
	int lock, r = pki_key_kind(&kind, name, err);

	if (r == 0)
		r = smartlic_crypto_new(&crypto, err);
	if (r == 0)
		r = pki_lock(dir, &lock, err);
	if (r == 0) {
		r = use(&id, dir, kind, uri, crypto, err);
		pki_unlock(lock);
	}
	pki_identity_release(&id);
	smartlic_crypto_free(crypto);
	return r;
}
