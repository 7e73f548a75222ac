/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libp11.h>
#include <openssl/err.h>

#include "crypto.h"
#include "loadable.h"
#include "pki/pkcs11.h"
#include "text.h"

/* ---- libraries, loaded once ---------------------------------------------- */

struct module {
	struct module *next;
	char path[FILE_PATH_SIZE];
	PKCS11_CTX *ctx;
	PKCS11_SLOT *slots;
	unsigned int n;
};

/* Guards the list, and logging in and looking for keys, which libp11 leaves to its caller; signing
 * it does itself. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct module *modules;

/* The reason that libp11 or the token gave, and an empty queue. */
static int
failed(struct smartlic_error *err, const struct pki_uri *uri, const char *what, const char *cure)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return sl_fail(err, SMARTLIC_E_STORE, "token %s: %s%s%s: %s",
	    uri->token[0] != '\0' ? uri->token : uri->serial, what, reason != NULL ? ": " : "",
	    reason != NULL ? reason : "", cure);
}

static const char *
text_of(enum sl_risk risk)
{
	switch (risk) {
	case SL_RISK_NONE:
		break;
	case SL_RISK_OWNER:
		return "belongs to another user: chown it to root";
	case SL_RISK_OTHERS:
		return "others may write there: chmod o-w it";
	case SL_RISK_UNKNOWN:
		return strerror(errno);
	}
	return NULL;
}

/* Whoever can write the data folder names the library in it, and it is root, at times, who loads
 * what is named: so it must be its own or root's, and so must all folders above it.  A group may
 * write, as that of /usr/local may.  *ret: the path without links, the caller's. */
static int
check_module(char **ret, const char *named, struct smartlic_error *err)
{
	char *path = realpath(named, NULL);
	const char *why;
	struct stat st;
	int len;

	if (path == NULL)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "%s: no PKCS#11 library can be loaded there: %s: install it, or correct "
		    "module-path",
		    named, strerror(errno));
	why = text_of(sl_risk_above(path, S_IWOTH, &len));
	if (why == NULL) {
		len = (int)strlen(path);
		why = text_of(stat(path, &st) < 0 ? SL_RISK_UNKNOWN : sl_risk(&st, S_IWOTH));
	}
	if (why == NULL) {
		*ret = path;
		return 0;
	}
	(void)sl_fail(err, SMARTLIC_E_STORE, "%s: the PKCS#11 library is not loaded: %.*s: %s", named,
	    len, path, why);
	free(path);
	return SMARTLIC_E_STORE;
}

static int
load_module(struct module **ret, const struct pki_uri *uri, struct smartlic_error *err)
{
	char *path = NULL;
	struct module *m;
	int r;

	for (m = modules; m != NULL; m = m->next)
		if (strcmp(m->path, uri->module) == 0) {
			*ret = m;
			return 0;
		}
	r = check_module(&path, uri->module, err);
	if (r < 0)
		return r;
	m = calloc(1, sizeof(*m));
	if (m == NULL) {
		free(path);
		return sl_nomem(err);
	}
	(void)sl_copy(m->path, sizeof(m->path), uri->module);
	m->ctx = PKCS11_CTX_new();
	r = m->ctx != NULL ? PKCS11_CTX_load(m->ctx, path) : -1;
	free(path);
	if (r != 0) {
		PKCS11_CTX_free(m->ctx);
		free(m);
		ERR_clear_error();
		return sl_fail(err, SMARTLIC_E_STORE,
		    "%s: no PKCS#11 library can be loaded there: install it, or correct "
		    "module-path",
		    uri->module);
	}
	m->next = modules;
	modules = m;
	*ret = m;
	return 0;
}

/* ---- the token ------------------------------------------------------------ */

static int
matches(const char *wanted, const char *is)
{
	return wanted[0] == '\0' || (is != NULL && strcmp(wanted, is) == 0);
}

static PKCS11_TOKEN *
token_of(const struct module *m, const struct pki_uri *uri)
{
	for (unsigned int i = 0; i < m->n; i++) {
		PKCS11_TOKEN *t = m->slots[i].token;

		if (t != NULL && t->initialized && matches(uri->token, t->label) &&
		    matches(uri->manufacturer, t->manufacturer) && matches(uri->model, t->model) &&
		    matches(uri->serial, t->serialnr))
			return t;
	}
	return NULL;
}

/* Slots are listed once: libp11 forgets the keys in use when they are listed anew. */
static int
find_token(PKCS11_TOKEN **ret, PKCS11_SLOT **ret_slot, const struct pki_uri *uri,
    struct smartlic_error *err)
{
	struct module *m = NULL;
	int r = load_module(&m, uri, err);

	if (r < 0)
		return r;
	if (m->slots == NULL && PKCS11_enumerate_slots(m->ctx, &m->slots, &m->n) != 0)
		return failed(
		    err, uri, "its slots cannot be listed", "see whether the token's service runs");
	*ret = token_of(m, uri);
	if (*ret == NULL)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "token %s is not there: connect it, or correct the URI; %s knows of %u slots",
		    uri->token[0] != '\0' ? uri->token : uri->serial, m->path, m->n);
	*ret_slot = (*ret)->slot;
	return 0;
}

/* ---- the PIN --------------------------------------------------------------- */

static int
read_pin(const struct pki_uri *uri, struct sl_buf *ret, struct smartlic_error *err)
{
	struct stat st;
	int r;

	if (stat(uri->pin_source, &st) == 0 && (st.st_mode & 0007) != 0)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "%s, the file with the PIN, is open to all users: chmod 600, and change the "
		    "PIN",
		    uri->pin_source);
	r = file_read(uri->pin_source, ret, err);
	if (r < 0 || ret->len == 0)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "%s, the file with the PIN, cannot be read: name one by pin-source",
		    uri->pin_source);
	ret->data[strcspn(ret->data, "\r\n")] = '\0';
	return 0;
}

static int
log_in(PKCS11_SLOT *slot, const PKCS11_TOKEN *token, const struct pki_uri *uri,
    struct smartlic_error *err)
{
	struct sl_buf pin = { 0 };
	int there = 0, r;

	if (PKCS11_is_logged_in(slot, 0, &there) == 0 && there)
		return 0;
	ERR_clear_error();
	if (token->userPinLocked)
		return failed(
		    err, uri, "its PIN is locked", "have the security officer set a new one");
	/* a service that is started again and again must not be what locks it */
	if (token->userPinFinalTry)
		return failed(err, uri, "one more wrong PIN would lock it",
		    "log in once by other means, with the right PIN");
	r = read_pin(uri, &pin, err);
	if (r == 0 && PKCS11_login(slot, 0, pin.data) != 0)
		r = failed(
		    err, uri, "it refuses the PIN", "correct the file that pin-source names");
	sl_buf_free(&pin);
	return r;
}

/* ---- the key --------------------------------------------------------------- */

static int
is_key(const PKCS11_KEY *key, const struct pki_uri *uri)
{
	return key->isPrivate && matches(uri->object, key->label) &&
	       (uri->id_len == 0 ||
		   (key->id_len == uri->id_len && memcmp(key->id, uri->id, uri->id_len) == 0));
}

/* 1: *ret, 0: none. */
static int
find_key(
    PKCS11_KEY **ret, PKCS11_TOKEN *token, const struct pki_uri *uri, struct smartlic_error *err)
{
	PKCS11_KEY *keys = NULL;
	unsigned int n = 0, found = 0;

	if (PKCS11_enumerate_keys(token, &keys, &n) != 0)
		return failed(err, uri, "its keys cannot be listed", "see the token's own log");
	for (unsigned int i = 0; i < n; i++)
		if (is_key(&keys[i], uri)) {
			*ret = &keys[i];
			found++;
		}
	if (found > 1)
		return failed(
		    err, uri, "several keys have that name", "name the key by id=%xx, too");
	return (int)found;
}

/* Signs, and checks that with the key's public part: what follows must not find out later. */
static int
try_key(EVP_PKEY *key)
{
	static const unsigned char text[] = "smartlic";
	unsigned char signature[512];
	size_t len = sizeof(signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *public = NULL;
	unsigned char *der = NULL;
	const unsigned char *p;
	int n = i2d_PUBKEY(key, &der), good;

	p = der;
	if (n > 0)
	public = d2i_PUBKEY(NULL, &p, n);
	good = ctx != NULL && public != NULL &&
	       EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestSign(ctx, signature, &len, text, sizeof(text)) == 1 &&
	       EVP_MD_CTX_reset(ctx) == 1 &&
	       EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, public) == 1 &&
	       EVP_DigestVerify(ctx, signature, len, text, sizeof(text)) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(public);
	OPENSSL_free(der);
	return good;
}

static int
load(EVP_PKEY **ret, const struct pki_uri *uri, struct smartlic_error *err)
{
	PKCS11_TOKEN *token = NULL;
	PKCS11_SLOT *slot = NULL;
	PKCS11_KEY *key = NULL;
	EVP_PKEY *pkey;
	int r = find_token(&token, &slot, uri, err);

	if (r == 0)
		r = log_in(slot, token, uri, err);
	if (r == 0)
		r = find_key(&key, token, uri, err);
	if (r == 0)
		return failed(
		    err, uri, "it has no such private key", "correct object or id of the URI");
	if (r < 0)
		return r;
	pkey = PKCS11_get_private_key(key);
	if (pkey == NULL || !try_key(pkey)) {
		EVP_PKEY_free(pkey);
		return failed(err, uri, "the key does not sign",
		    "it must be an EC key that may sign, with its public key beside it");
	}
	*ret = pkey;
	return 0;
}

int
pki_pkcs11_load(EVP_PKEY **ret, const struct pki_uri *uri, struct smartlic_error *err)
{
	int r;

	(void)pthread_mutex_lock(&lock);
	r = load(ret, uri, err);
	(void)pthread_mutex_unlock(&lock);
	return r;
}
