/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "pem.h"
#include "pki/cert.h"
#include "pki/former.h"
#include "pki/key.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "pki/store.h"
#include "text.h"

#define NEXT "signer-next"

/* ---- the upstream --------------------------------------------------------- */

int
pki_satellites_make(struct pki *pki, int64_t now_s, struct smartlic_error *err)
{
	struct pki_identity *id = &pki->id[PKI_KIND_SATELLITES];
	char cn[64], mark_hex[9];
	unsigned char mark[4];
	int r;

	if (id->cert != NULL) {
		r = pki_need_key(id, "satellites", err);
		return r < 0 ? r : pki_satellites_may_join(pki, err);
	}
	r = pki_need_key(&pki->id[PKI_KIND_ROOT], "the CA of satellites", err);
	if (r == 0)
		r = sl_crypto_random(pki->crypto, mark, sizeof(mark), err);
	if (r < 0)
		return r;
	sl_hex(mark_hex, mark, sizeof(mark));
	(void)snprintf(cn, sizeof(cn), "%s %s", pki_profiles[PKI_KIND_SATELLITES].cn, mark_hex);
	r = pki_identity_create(pki, pki->dir, PKI_KIND_SATELLITES, cn, NULL, now_s, err);
	if (r == 0)
		r = pki_identity_take_x509(id, pki->crypto, err);
	if (r < 0)
		pki_identity_release(id);
	return r;
}

/* One that knows the present root alone could not judge its own path. */
int
pki_satellites_may_join(const struct pki *pki, struct smartlic_error *err)
{
	if (!pki_hangs_below_former(pki, pki->id[PKI_KIND_SATELLITES].x509))
		return 0;
	return sl_fail(err, SMARTLIC_E_STATE,
	    "pki/satellites.pem is by the former root: no satellite joins until one by the present "
	    "root has followed it; 'key roll satellites --now' does that at once");
}

struct sl_cert *
pki_satellites(const struct pki *pki)
{
	return pki->id[PKI_KIND_SATELLITES].cert;
}

/* ---- the satellite -------------------------------------------------------- */

int
pki_is_satellite(const struct pki *pki)
{
	return sl_cert_roles(pki_signer(pki)) == SL_ROLE_SATELLITE;
}

static int
path_of(char ret[FILE_PATH_SIZE], const char *dir, const char *name, struct smartlic_error *err)
{
	return file_path(ret, dir, name, err);
}

static int
write_new_key(
    const char *dir, const char *name, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE];
	struct sl_key *key = NULL;
	struct sl_buf pem = { 0 };
	int r = path_of(path, dir, name, err);

	if (r == 0)
		r = sl_key_new(&key, crypto, err);
	if (r == 0)
		r = sl_key_write_pem(key, &pem, err);
	if (r == 0)
		r = file_write(path, 0600, pem.data, pem.len, err);
	sl_buf_free(&pem);
	sl_key_free(key);
	return r;
}

int
pki_join_create(const char *dir, const char *root_pem, size_t len, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE];
	int r = file_mkdir(dir, err);

	if (r < 0)
		return r;
	r = path_of(path, dir, "root.pem", err);
	if (r == 0)
		r = file_write(path, 0644, root_pem, len, err);
	if (r == 0)
		r = write_new_key(dir, "issuing.key", crypto, err);
	if (r == 0)
		r = write_new_key(dir, "tls.key", crypto, err);
	if (r < 0)
		file_remove_dir(dir);
	return r;
}

int
pki_join_key(struct sl_key **ret, const char *dir, const char *stem, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	char name[32], path[FILE_PATH_SIZE];
	int r;

	(void)snprintf(name, sizeof(name), "%s.key", stem);
	r = path_of(path, dir, name, err);
	return r < 0 ? r : pki_key_read(ret, crypto, path, err);
}

/* with: one that follows it in the file, or NULL */
static int
put(const char *dir, const char *name, const struct sl_buf *der, const struct sl_cert *with,
    struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE];
	struct sl_buf pem = { 0 };
	const void *more;
	size_t len;
	int r = path_of(path, dir, name, err);

	sl_pem_write(&pem, "CERTIFICATE", der->data, der->len);
	if (with != NULL) {
		more = sl_cert_der(with, &len);
		sl_pem_write(&pem, "CERTIFICATE", more, len);
	}
	if (r == 0)
		r = pem.failed ? sl_nomem(err) : file_write(path, 0644, pem.data, pem.len, err);
	sl_buf_free(&pem);
	return r;
}

/* The certificate is for the key that we keep. */
static int
check_key(const char *dir, const char *stem, const struct sl_buf *der,
    struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	unsigned char ski[SL_SKI_LEN];
	struct sl_cert *cert = NULL;
	struct sl_key *key = NULL;
	int r;

	if (der->len == 0)
		return 0;
	r = pki_join_key(&key, dir, stem, crypto, err);
	if (r == 0)
		r = sl_key_ski(key, ski, err);
	if (r == 0)
		r = sl_cert_parse(&cert, crypto, der->data, der->len, err);
	if (r == 0 && memcmp(sl_cert_ski(cert), ski, sizeof(ski)) != 0)
		r = sl_fail(err, SMARTLIC_E_STORE,
		    "the upstream's certificate is not for the key %s/%s.key: join anew", dir,
		    stem);
	sl_cert_unref(cert);
	sl_key_free(key);
	return r;
}

int
pki_join_put(const char *dir, const struct sl_buf *satellites, const struct sl_buf *issuing,
    const struct sl_buf *tls, const struct sl_cert *cross, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	int r = check_key(dir, "issuing", issuing, crypto, err);

	if (r == 0)
		r = check_key(dir, "tls", tls, crypto, err);
	/* first: whoever is cut off here asks for all of it once more */
	if (r == 0 && satellites->len > 0)
		r = put(dir, "satellites.pem", satellites, NULL, err);
	if (r == 0 && issuing->len > 0)
		r = put(dir, "issuing.pem", issuing, NULL, err);
	if (r == 0 && tls->len > 0)
		r = put(dir, "tls.pem", tls, cross, err);
	return r;
}

int
pki_join_tls_due(const struct pki *pki, int64_t now_s, struct smartlic_error *err)
{
	struct pki_identity id = { .key = NULL };
	time_t renew_at = (time_t)(now_s + PKI_TLS_RENEW_S);
	int r;

	memcpy(id.cert_path, pki->id[PKI_KIND_TLS].cert_path, sizeof(id.cert_path));
	r = pki_identity_read_x509(&id, pki->crypto, err);
	if (r == SMARTLIC_E_NOT_FOUND) {
		sl_error_clear(err);
		r = 1;
	} else if (r == 0) {
		/* one that the administrator brought from elsewhere is his to renew */
		r = pki_hangs_below_former(pki, id.x509) ||
		    (X509_check_issued(pki->id[PKI_KIND_ROOT].x509, id.x509) == X509_V_OK &&
			X509_cmp_time(X509_get0_notAfter(id.x509), &renew_at) <= 0);
	}
	pki_identity_release(&id);
	return r;
}

/* ---- the signer ----------------------------------------------------------- */

/* 1: it is there */
static int
is_there(const char *dir, const char *name, struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE];
	int r = path_of(path, dir, name, err);

	return r < 0 ? r : access(path, F_OK) == 0;
}

static int
rename_in(const char *dir, const char *from, const char *to, struct smartlic_error *err)
{
	char a[FILE_PATH_SIZE], b[FILE_PATH_SIZE];
	int r = path_of(a, dir, from, err);

	if (r == 0)
		r = path_of(b, dir, to, err);
	if (r == 0)
		r = file_rename(a, b, err);
	/* another process has been quicker */
	if (r == SMARTLIC_E_NOT_FOUND) {
		sl_error_clear(err);
		r = 0;
	}
	return r;
}

int
pki_signer_settle(const char *dir, struct smartlic_error *err)
{
	int r = is_there(dir, NEXT ".pem", err);

	if (r == 1)
		r = rename_in(dir, NEXT ".key", "signer.key", err);
	else
		return r;
	return r < 0 ? r : rename_in(dir, NEXT ".pem", "signer.pem", err);
}

/* The pair's new names come last, the certificate's after its key's: until then the old pair is
 * whole, and from the first on pki_signer_settle() ends it. */
static int
make_signer(const char *dir, const char *o, int64_t now_s, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	struct pki_identity issuing = { .key = NULL };
	struct pki_identity next = { .key = NULL };
	unsigned char serial[PKI_SERIAL_LEN];
	struct pki_cert_spec spec = { .profile = &pki_profiles[PKI_KIND_SATELLITE_SIGNER],
		.o = o,
		.cn = "Smart Licensing Satellite Signer",
		.serial = serial,
		.now_s = now_s };
	int r = pki_identity_paths(&issuing, dir, PKI_KIND_ISSUING, err);

	if (r == 0)
		r = pki_identity_read(&issuing, crypto, err);
	if (r == 0)
		r = pki_need_key(&issuing, "the satellite's signer", err);
	if (r == 0)
		r = path_of(next.key_path, dir, NEXT ".key", err);
	if (r == 0)
		r = path_of(next.cert_path, dir, NEXT ".pem", err);
	if (r == 0)
		r = sl_key_new(&next.key, crypto, err);
	if (r == 0)
		r = sl_crypto_random(crypto, serial, sizeof(serial), err);
	if (r == 0) {
		spec.issuer = issuing.x509;
		spec.issuer_key = sl_key_handle(issuing.key);
		spec.key = sl_key_handle(next.key);
		r = pki_cert_make(&next.x509, crypto, &spec, err);
	}
	if (r == 0)
		r = pki_identity_write_key(&next, err);
	if (r == 0)
		r = pki_identity_write_cert(&next, err);
	if (r == 0)
		r = pki_signer_settle(dir, err);
	pki_identity_release(&issuing);
	pki_identity_release(&next);
	return r;
}

int
pki_signer_renew(const char *dir, const char *o, int64_t left_s, int64_t now_s,
    struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	struct pki_identity id = { .key = NULL };
	int r = pki_signer_settle(dir, err);

	if (r == 0)
		r = pki_identity_paths(&id, dir, PKI_KIND_SIGNER, err);
	if (r == 0)
		r = pki_identity_read(&id, crypto, err);
	if (r == SMARTLIC_E_NOT_FOUND || (r == 0 && sl_cert_not_after(id.cert) - now_s < left_s)) {
		sl_error_clear(err);
		r = make_signer(dir, o, now_s, crypto, err);
		r = r < 0 ? r : 1;
	}
	pki_identity_release(&id);
	return r;
}

int
pki_refresh(struct pki *pki, struct smartlic_error *err)
{
	struct pki *now = NULL;
	struct pki old = *pki;
	int r = pki_open(&now, pki->crypto, pki->dir, err);

	if (r < 0)
		return r;
	*pki = *now;
	pki->reads = old.reads + 1;
	*now = old;
	pki_free(now);
	return 0;
}

const char *
pki_dir(const struct pki *pki)
{
	return pki->dir;
}
