/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "pem.h"
#include "pki/cert.h"
#include "pki/former.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "pki/store.h"
#include "text.h"

/* A root that follows another (doc/decisions/keys.md).  The authority makes it, and decides when it
 * takes its place and when the former one ends; a satellite, whose folder has the same files
 * without keys, does the same after it. */

static int
is_of_cross(const struct pki *pki, const struct pki_identity *id)
{
	return pki->cross.cert != NULL && id->cert != NULL &&
	       memcmp(sl_cert_ski(id->cert), sl_cert_ski(pki->cross.cert), SL_SKI_LEN) == 0;
}

struct sl_cert *
pki_next_root(const struct pki *pki)
{
	if (is_of_cross(pki, &pki->successor[PKI_KIND_ROOT]))
		return pki->successor[PKI_KIND_ROOT].cert;
	return is_of_cross(pki, &pki->id[PKI_KIND_ROOT]) ? pki->id[PKI_KIND_ROOT].cert : NULL;
}

struct sl_cert *
pki_cross(const struct pki *pki)
{
	return pki_next_root(pki) != NULL ? pki->cross.cert : NULL;
}

struct sl_cert *
pki_former_root(const struct pki *pki)
{
	if (!is_of_cross(pki, &pki->id[PKI_KIND_ROOT]))
		return NULL;
	for (size_t i = 0; i < pki->n_former; i++)
		if (pki->former[i].kind == PKI_KIND_ROOT &&
		    X509_check_issued(pki->former[i].id.x509, pki->cross.x509) == X509_V_OK)
			return pki->former[i].id.cert;
	return NULL;
}

int
pki_hangs_below_former(const struct pki *pki, const X509 *x509)
{
	const struct pki_identity *former = pki_identity_of(pki, pki_former_root(pki));

	return former != NULL && x509 != NULL &&
	       X509_check_issued(former->x509, (X509 *)x509) == X509_V_OK;
}

/* Who brought one from elsewhere has it renewed there. */
static int
check_tls(const struct pki *pki, struct smartlic_error *err)
{
	struct pki_identity tls = { .key = NULL };
	int r = pki_identity_paths(&tls, pki->dir, PKI_KIND_TLS, err);

	if (r == 0)
		r = pki_identity_read_x509(&tls, pki->crypto, err);
	if (r == 0 && pki_hangs_below_former(pki, tls.x509))
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "%s is by the former root: 'serve' makes another one when pki/root.key is "
		    "there",
		    tls.cert_path);
	pki_identity_release(&tls);
	return r;
}

int
pki_root_may_retire(const struct pki *pki, struct smartlic_error *err)
{
	if (pki_former_root(pki) == NULL)
		return sl_fail(err, SMARTLIC_E_STATE,
		    "there is no former root: 'key roll root' makes another one first, which then "
		    "takes "
		    "its place");
	for (size_t i = 0; i < PKI_ROLLED_BY_ITSELF; i++)
		if (pki_hangs_below_former(pki, pki->id[pki_rolled[i]].x509))
			return sl_fail(err, SMARTLIC_E_STATE,
			    "pki/%s.pem is by the former root: it must be followed by one of the "
			    "present root before; serve does that in time, 'key roll %s --now' at "
			    "once",
			    pki_profiles[pki_rolled[i]].file, pki_profiles[pki_rolled[i]].file);
	return check_tls(pki, err);
}

int
pki_root_retire(struct pki *pki, struct smartlic_error *err)
{
	int lock, r = pki_lock(pki->dir, &lock, err);

	if (r < 0)
		return r;
	r = pki_former_remove_key(pki, pki_former_root(pki), err);
	pki_unlock(lock);
	return r < 0 ? r : pki_refresh(pki, err);
}

/* ---- at a satellite ------------------------------------------------------- */

/* Is it the root that is here, or that is to follow it? */
static int
is_root(const struct pki_identity *id, const unsigned char ski[SL_SKI_LEN])
{
	return id->cert != NULL && memcmp(sl_cert_ski(id->cert), ski, SL_SKI_LEN) == 0;
}

static int
take_x509(struct pki_identity *id, const struct sl_cert *cert, struct smartlic_error *err)
{
	const unsigned char *p;
	size_t len;

	p = sl_cert_der(cert, &len);
	id->x509 = d2i_X509(NULL, &p, (long)len);
	return id->x509 == NULL ? pki_fail(err, id->cert_path) : 0;
}

/* To a file of the folder. */
static int
write_cert(struct pki_identity *id, const struct sl_cert *cert, struct smartlic_error *err)
{
	int r = take_x509(id, cert, err);

	return r < 0 ? r : pki_identity_write_cert(id, err);
}

int
pki_root_take(
    struct pki *pki, struct sl_cert *root, struct sl_cert *cross, struct smartlic_error *err)
{
	struct pki_identity next = { .key = NULL }, by = { .key = NULL };
	const unsigned char *ski = sl_cert_ski(root);
	int lock, r;

	if (is_root(&pki->id[PKI_KIND_ROOT], ski) || is_root(&pki->successor[PKI_KIND_ROOT], ski))
		return 0;
	r = pki_lock(pki->dir, &lock, err);
	if (r < 0)
		return r;
	r = pki_cross_path(&by, pki->dir, err);
	if (r == 0)
		r = pki_successor_paths(&next, pki->dir, PKI_KIND_ROOT, err);
	/* what vouches for it comes first: alone it is nothing */
	if (r == 0)
		r = write_cert(&by, cross, err);
	if (r == 0)
		r = write_cert(&next, root, err);
	pki_unlock(lock);
	pki_identity_release(&by);
	pki_identity_release(&next);
	if (r == 0)
		r = pki_refresh(pki, err);
	return r < 0 ? r : 1;
}

int
pki_root_follow(struct pki *pki, const unsigned char present[SL_SKI_LEN], int under_way,
    struct smartlic_error *err)
{
	int begins = is_root(&pki->successor[PKI_KIND_ROOT], present);
	int ends =
	    !under_way && pki_former_root(pki) != NULL && is_root(&pki->id[PKI_KIND_ROOT], present);
	int r;

	if (begins)
		return pki_successor_begin(pki, PKI_KIND_ROOT, err);
	if (!ends)
		return 0;
	r = pki_root_retire(pki, err);
	return r < 0 ? r : 1;
}

int
pki_satellites_is_by_root(const struct pki *pki)
{
	return X509_check_issued(pki->id[PKI_KIND_ROOT].x509, pki->id[PKI_KIND_SATELLITES].x509) ==
	       X509_V_OK;
}

int
pki_satellite_is_below_former(const struct pki *pki, const struct sl_cert *ca)
{
	const struct pki_identity *issuer = pki_identity_of(pki, pki_satellites_of(pki, ca));

	return issuer != NULL && pki_hangs_below_former(pki, issuer->x509);
}

/* A TLS certificate of the root's, with what vouches for it behind. */
static int
put_behind_tls(struct pki *pki, const struct pki_identity *cross, struct smartlic_error *err)
{
	struct pki_identity tls = { .key = NULL };
	int r = pki_identity_paths(&tls, pki->dir, PKI_KIND_TLS, err);

	if (r == 0)
		r = pki_identity_read_x509(&tls, pki->crypto, err);
	if (r == SMARTLIC_E_NOT_FOUND) {
		sl_error_clear(err);
		r = 0;
	} else if (r == 0 &&
		   X509_check_issued(pki->id[PKI_KIND_ROOT].x509, tls.x509) == X509_V_OK) {
		r = pki_identity_write_chain(&tls, cross, err);
	}
	pki_identity_release(&tls);
	return r;
}

static int
write_former(struct pki *pki, struct pki_identity *former, struct pki_identity *cross,
    struct smartlic_error *err)
{
	int lock, r = pki_lock(pki->dir, &lock, err);

	if (r < 0)
		return r;
	r = pki_identity_write_cert(former, err);
	if (r == 0)
		r = pki_identity_write_cert(cross, err);
	if (r == 0)
		r = put_behind_tls(pki, cross, err);
	pki_unlock(lock);
	return r;
}

int
pki_former_root_take(
    struct pki *pki, struct sl_cert *former, struct sl_cert *cross, struct smartlic_error *err)
{
	struct pki_identity from = { .key = NULL }, by = { .key = NULL };
	int r;

	if (pki_cross(pki) != NULL || !is_root(&pki->id[PKI_KIND_ROOT], sl_cert_ski(cross)))
		return 0;
	r = pki_former_paths(&from, pki->dir, PKI_KIND_ROOT, former, err);
	if (r == 0)
		r = pki_cross_path(&by, pki->dir, err);
	if (r == 0)
		r = take_x509(&from, former, err);
	if (r == 0)
		r = take_x509(&by, cross, err);
	if (r == 0 && (X509_check_issued(from.x509, by.x509) != X509_V_OK ||
			  X509_verify(by.x509, X509_get0_pubkey(from.x509)) != 1))
		r = sl_fail(err, SMARTLIC_E_CHAIN,
		    "the upstream names a former root that did not vouch for the present one");
	if (r == 0)
		r = write_former(pki, &from, &by, err);
	pki_identity_release(&from);
	pki_identity_release(&by);
	if (r == 0)
		r = pki_refresh(pki, err);
	return r < 0 ? r : 1;
}

/* ---- as anchors ----------------------------------------------------------- */

static void
put_anchor(struct sl_buf *pem, const struct sl_cert *cert)
{
	const char *der;
	size_t len;

	if (cert == NULL)
		return;
	der = sl_cert_der(cert, &len);
	sl_pem_write(pem, "CERTIFICATE", der, len);
}

int
pki_anchors(
    const struct pki *pki, int with_retired, struct sl_buf *ret_pem, struct smartlic_error *err)
{
	struct sl_cert *former;

	put_anchor(ret_pem, pki_root(pki));
	put_anchor(ret_pem, pki_successor(pki, PKI_KIND_ROOT));
	for (size_t i = 0; (former = pki_former(pki, PKI_KIND_ROOT, i)) != NULL; i++)
		if (with_retired || former == pki_former_root(pki))
			put_anchor(ret_pem, former);
	return ret_pem->failed ? sl_nomem(err) : 0;
}
