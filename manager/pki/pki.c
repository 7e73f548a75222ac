/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki/cert.h"
#include "pki/former.h"
#include "pki/key.h"
#include "pki/names.h"
#include "pki/pki.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "pki/store.h"
#include "text.h"

/* ---- making ------------------------------------------------------------- */

int
pki_certify_own(struct pki *pki, enum pki_kind kind, const char *cn, const GENERAL_NAMES *names,
    int64_t now_s, struct smartlic_error *err)
{
	const struct pki_profile *profile = &pki_profiles[kind];
	struct pki_identity *id = &pki->id[kind], *issuer = &pki->id[profile->issuer];
	unsigned char serial[PKI_SERIAL_LEN];
	struct pki_cert_spec spec = {
		.profile = profile,
		.cn = cn,
		.key = sl_key_handle(id->key),
		.names = names,
		.issuer = issuer == id ? NULL : issuer->x509,
		.issuer_key = sl_key_handle(issuer->key),
		.serial = serial,
		.now_s = now_s,
	};
	X509 *x509 = NULL;
	int r;

	r = sl_crypto_random(pki->crypto, serial, sizeof(serial), err);
	if (r == 0)
		r = pki_cert_make(&x509, pki->crypto, &spec, err);
	if (r < 0)
		return r;
	X509_free(id->x509);
	id->x509 = x509;
	return 0;
}

int
pki_identity_create(struct pki *pki, const char *dir, enum pki_kind kind, const char *cn,
    const GENERAL_NAMES *names, int64_t now_s, struct smartlic_error *err)
{
	struct pki_identity *id = &pki->id[kind];
	int r = pki_identity_paths(id, dir, kind, err);

	if (r == 0)
		r = pki_profiles[kind].p384 ? sl_key_new_p384(&id->key, pki->crypto, err)
					    : sl_key_new(&id->key, pki->crypto, err);
	if (r == 0)
		r = pki_certify_own(pki, kind, cn, names, now_s, err);
	if (r == 0)
		r = pki_identity_write_key(id, err);
	if (r == 0)
		r = pki_identity_write_cert(id, err);
	return r;
}

/* A pair whose key is in a token. */
static int
create_by(struct pki *pki, const char *dir, enum pki_kind kind, const char *cn, const char *uri,
    int64_t now_s, struct smartlic_error *err)
{
	struct pki_identity *id = &pki->id[kind];
	int r = pki_identity_paths(id, dir, kind, err);

	if (r == 0)
		r = pki_key_for(&id->key, pki->crypto, kind, uri, err);
	if (r == 0)
		r = pki_certify_own(pki, kind, cn, NULL, now_s, err);
	if (r == 0)
		r = pki_key_write_uri(id->key_path, uri, err);
	return r < 0 ? r : pki_identity_write_cert(id, err);
}

static int
create_all(struct pki *pki, const char *dir, const GENERAL_NAMES *names,
    const char *const uris[PKI_URIS], int64_t now_s, struct smartlic_error *err)
{
	char host[PKI_HOST_NAME_SIZE], cn[64], mark_hex[9];
	unsigned char mark[4];
	int r = sl_crypto_random(pki->crypto, mark, sizeof(mark), err);

	pki_host_name(host);
	sl_hex(mark_hex, mark, sizeof(mark));
	for (int kind = 0; r == 0 && kind < PKI_KINDS_MADE; kind++) {
		/* the mark keeps two authorities apart in a store that trusts both */
		if (pki_profiles[kind].cn != NULL)
			(void)snprintf(cn, sizeof(cn), "%s %s", pki_profiles[kind].cn, mark_hex);
		if (uris != NULL && kind < PKI_URIS && uris[kind] != NULL)
			r = create_by(pki, dir, kind, cn, uris[kind], now_s, err);
		else
			r = pki_identity_create(pki, dir, kind,
			    pki_profiles[kind].cn != NULL ? cn : host,
			    kind == PKI_KIND_TLS ? names : NULL, now_s, err);
	}
	return r;
}

static int
create(const char *dir, const char *const *tls_names, size_t n, const char *const uris[PKI_URIS],
    int64_t now_s, struct smartlic_error *err)
{
	struct smartlic_crypto *crypto = NULL;
	GENERAL_NAMES *names = NULL;
	struct pki *pki = NULL;
	int r;

	r = pki_names_new(&names, tls_names, n, err);
	if (r == 0)
		r = smartlic_crypto_new(&crypto, err);
	if (r < 0)
		goto out;
	pki = calloc(1, sizeof(*pki));
	if (pki == NULL) {
		r = sl_nomem(err);
		goto out;
	}
	pki->crypto = crypto;
	r = file_mkdir(dir, err);
	if (r < 0)
		goto out;
	r = create_all(pki, dir, names, uris, now_s, err);
	if (r < 0)
		file_remove_dir(dir);
out:
	pki_free(pki);
	smartlic_crypto_free(crypto);
	GENERAL_NAMES_free(names);
	return r;
}

int
pki_create(const char *dir, const char *const *tls_names, size_t n, int64_t now_s,
    struct smartlic_error *err)
{
	return create(dir, tls_names, n, NULL, now_s, err);
}

int
pki_create_by(
    const char *dir, const char *const uris[PKI_URIS], int64_t now_s, struct smartlic_error *err)
{
	return create(dir, NULL, 0, uris, now_s, err);
}

/* ---- using -------------------------------------------------------------- */

int
pki_open(struct pki **ret, struct smartlic_crypto *crypto, const char *dir,
    struct smartlic_error *err)
{
	struct pki *pki = calloc(1, sizeof(*pki));
	int lock = -1, r = 0;

	if (pki == NULL)
		return sl_nomem(err);
	pki->crypto = crypto;
	r = sl_copy(pki->dir, sizeof(pki->dir), dir) < 0
	        ? sl_fail(err, SMARTLIC_E_LIMIT, "%.80s…: use a shorter folder name", dir)
	        : pki_lock(dir, &lock, err);
	if (r == 0)
		r = pki_signer_settle(dir, err);
	if (r == 0)
		r = pki_settle(dir, crypto, err);
	for (int kind = 0; r == 0 && kind < PKI_KINDS_KEPT; kind++) {
		r = pki_identity_paths(&pki->id[kind], dir, kind, err);
		/* the TLS pair may be a public CA's, of any kind of key: its user reads it */
		if (r == 0 && kind != PKI_KIND_TLS)
			r = pki_identity_read(&pki->id[kind], crypto, err);
		/* who has no satellites has no CA of them */
		if (r == SMARTLIC_E_NOT_FOUND && kind == PKI_KIND_SATELLITES) {
			sl_error_clear(err);
			r = 0;
			continue;
		}
		/* the root's may be kept offline; a satellite has neither that nor its CA's issuer's */
		if (r == 0 && pki->id[kind].key == NULL &&
		    (kind == PKI_KIND_ISSUING || kind == PKI_KIND_SIGNER))
			r = sl_fail(err, SMARTLIC_E_STORE,
			    "%s is missing: put it back, with its certificate, from the newest "
			    "copy of the folder that has both; a backup of the ledger has no keys",
			    pki->id[kind].key_path);
	}
	if (r == 0)
		r = pki_read_others(pki, err);
	if (lock >= 0)
		pki_unlock(lock);
	if (r < 0) {
		pki_free(pki);
		return r;
	}
	*ret = pki;
	return 0;
}

void
pki_free(struct pki *pki)
{
	if (pki == NULL)
		return;
	for (int kind = 0; kind < PKI_KINDS_KEPT; kind++)
		pki_identity_release(&pki->id[kind]);
	pki_release_others(pki);
	free(pki);
}

struct sl_cert *
pki_root(const struct pki *pki)
{
	return pki->id[PKI_KIND_ROOT].cert;
}

struct sl_cert *
pki_issuing(const struct pki *pki)
{
	return pki->id[PKI_KIND_ISSUING].cert;
}

struct sl_cert *
pki_signer(const struct pki *pki)
{
	return pki->id[PKI_KIND_SIGNER].cert;
}

const struct sl_key *
pki_signer_key(const struct pki *pki)
{
	return pki->id[PKI_KIND_SIGNER].key;
}

unsigned int
pki_reads(const struct pki *pki)
{
	return pki->reads;
}

const char *
pki_tls_cert_path(const struct pki *pki)
{
	return pki->id[PKI_KIND_TLS].cert_path;
}

const char *
pki_tls_key_path(const struct pki *pki)
{
	return pki->id[PKI_KIND_TLS].key_path;
}

int
pki_tls_ends(const struct pki *pki, int64_t *ret_s, struct smartlic_error *err)
{
	struct sl_buf pem = { 0 };
	struct sl_cert **certs = NULL;
	size_t n = 0;
	int r = file_read(pki_tls_cert_path(pki), &pem, err);

	if (r == 0)
		r = sl_cert_parse_pem(&certs, &n, pki->crypto, pem.data, pem.len, err);
	if (r == 0)
		*ret_s = sl_cert_not_after(certs[0]);
	for (size_t i = 0; i < n; i++)
		sl_cert_unref(certs[i]);
	free(certs);
	sl_buf_free(&pem);
	return r;
}

int
pki_need_key(const struct pki_identity *id, const char *purpose, struct smartlic_error *err)
{
	if (id->key != NULL)
		return 0;
	return sl_fail(err, SMARTLIC_E_STORE, "%s is not there, and is needed for %s", id->key_path,
	    purpose);
}

int
pki_tls_renew(struct pki *pki, const char *const *names, size_t n, int64_t now_s,
    struct smartlic_error *err)
{
	struct pki_identity *id = &pki->id[PKI_KIND_TLS];
	time_t renew_at = (time_t)(now_s + PKI_TLS_RENEW_S);
	char host[PKI_HOST_NAME_SIZE];
	GENERAL_NAMES *wanted = NULL, *have = NULL;
	int own, r;

	r = pki_names_new(&wanted, names, n, err);
	if (r == 0)
		r = pki_identity_read_x509(id, pki->crypto, err);
	if (r < 0)
		goto out;
	/* one that the administrator brought from elsewhere is his to renew */
	own = X509_check_issued(pki->id[PKI_KIND_ROOT].x509, id->x509) == X509_V_OK;
	if (!own && !pki_hangs_below_former(pki, id->x509))
		goto out;
	have = X509_get_ext_d2i(id->x509, NID_subject_alt_name, NULL, NULL);
	if (own && pki_names_cover(have, wanted) &&
	    X509_cmp_time(X509_get0_notAfter(id->x509), &renew_at) > 0)
		goto out;
	r = pki_identity_read_key(id, pki->crypto, err);
	if (r == 0)
		r = pki_need_key(id, "its certificate's renewal", err);
	if (r == 0)
		r = pki_need_key(&pki->id[PKI_KIND_ROOT], "a new TLS certificate", err);
	pki_host_name(host);
	/* the key stays, so that one replaced file makes the change and no crash parts the pair */
	if (r == 0)
		r = pki_certify_own(pki, PKI_KIND_TLS, host, wanted, now_s, err);
	if (r == 0)
		r = pki_identity_write_chain(
		    id, pki_former_root(pki) != NULL ? &pki->cross : NULL, err);
	if (r == 0)
		r = 1;
out:
	pki_identity_release(id);
	GENERAL_NAMES_free(wanted);
	GENERAL_NAMES_free(have);
	return r;
}
