/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "pki/cert.h"
#include "pki/former.h"
#include "pki/key.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "pki/store.h"
#include "text.h"

/* What is rolled over; the first PKI_ROLLED_BY_ITSELF in that order. */
const enum pki_kind pki_rolled[] = { PKI_KIND_SIGNER, PKI_KIND_ISSUING, PKI_KIND_SATELLITES,
	PKI_KIND_ROOT };
#define N_ROLLED (sizeof(pki_rolled) / sizeof(pki_rolled[0]))

int
pki_roll_kind(enum pki_kind *ret, const char *name, struct smartlic_error *err)
{
	for (size_t i = 0; i < N_ROLLED; i++)
		if (strcmp(pki_profiles[pki_rolled[i]].file, name) == 0) {
			*ret = pki_rolled[i];
			return 0;
		}
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "'%.40s': signer, issuing, satellites or root is expected", name);
}

struct sl_cert *
pki_successor(const struct pki *pki, enum pki_kind kind)
{
	return pki->successor[kind].cert;
}

/* It waits to be known, but not until its predecessor ends: what that signed last must still be
 * carried to where it is read. */
int64_t
pki_successor_begins_s(const struct pki *pki, enum pki_kind kind)
{
	const struct sl_cert *next = pki->successor[kind].cert;
	int64_t wait_s = PKI_ROLL_WAIT_S(pki_profiles[kind].life_s), made_s, latest_s;

	if (next == NULL)
		return PKI_NEVER;
	made_s = pki_issued_s(next);
	latest_s = sl_cert_not_after(pki->id[kind].cert) - wait_s;
	if (latest_s < made_s)
		return made_s;
	return made_s + wait_s < latest_s ? made_s + wait_s : latest_s;
}

/* ---- making ------------------------------------------------------------- */

/* Certifies the key of `next`. */
static int
certify(const struct pki *pki, struct pki_identity *next, enum pki_kind kind, int64_t now_s,
    struct smartlic_error *err)
{
	const struct pki_profile *profile = &pki_profiles[kind];
	const struct pki_identity *issuer = &pki->id[profile->issuer];
	unsigned char mark[4], serial[PKI_SERIAL_LEN];
	char cn[64], mark_hex[9];
	struct pki_cert_spec spec = { .profile = profile,
		.cn = cn,
		.key = sl_key_handle(next->key),
		.issuer = issuer->x509,
		.issuer_key = sl_key_handle(issuer->key),
		.serial = serial,
		.now_s = now_s };
	struct pki_identity cross = { .key = NULL };
	int r = sl_crypto_random(pki->crypto, mark, sizeof(mark), err);

	if (r == 0)
		r = sl_crypto_random(pki->crypto, serial, sizeof(serial), err);
	if (r < 0)
		return r;
	/* another name than its predecessor's: lists are told apart by it */
	sl_hex(mark_hex, mark, sizeof(mark));
	(void)snprintf(cn, sizeof(cn), "%s %s", profile->cn, mark_hex);
	if (kind != PKI_KIND_ROOT)
		return pki_cert_make(&next->x509, pki->crypto, &spec, err);
	/* a root's is its own; the present one vouches for it, which is written first */
	r = pki_cross_path(&cross, pki->dir, err);
	if (r == 0)
		r = pki_cert_make(&cross.x509, pki->crypto, &spec, err);
	if (r == 0)
		r = pki_identity_write_cert(&cross, err);
	pki_identity_release(&cross);
	spec.issuer = NULL;
	spec.issuer_key = spec.key;
	if (r == 0)
		r = sl_crypto_random(pki->crypto, serial, sizeof(serial), err);
	return r < 0 ? r : pki_cert_make(&next->x509, pki->crypto, &spec, err);
}

/* One root after the other: devices are told of one at a time. */
static int
check_root(const struct pki *pki, struct smartlic_error *err)
{
	if (pki_former_root(pki) != NULL)
		return sl_fail(err, SMARTLIC_E_STATE,
		    "the former root is not retired: 'key retire' comes before another one");
	return 0;
}

static int
is_key_of(void *ud, const struct pki_entry *e)
{
	return memcmp(ud, sl_cert_ski(e->cert), SL_SKI_LEN) == 0;
}

/* Lists and signers are told apart by their keys. */
static int
check_other(const struct pki *pki, const struct sl_key *key, struct smartlic_error *err)
{
	unsigned char ski[SL_SKI_LEN];
	int r = sl_key_ski(key, ski, err);

	if (r == 0 && pki_each(pki, is_key_of, ski) != 0)
		r = sl_fail(err, SMARTLIC_E_INVAL,
		    "the key that the URI names has a certificate here already: make another one "
		    "in the token");
	return r;
}

static int
new_key(const struct pki *pki, struct sl_key **ret, enum pki_kind kind, const char *uri,
    struct smartlic_error *err)
{
	int r;

	if (uri != NULL) {
		r = pki_key_for(ret, pki->crypto, kind, uri, err);
		return r < 0 ? r : check_other(pki, *ret, err);
	}
	/* nobody would expect the next one in a file */
	if (pki_key_in_token(pki->id[kind].key_path))
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "%s: the key is in a token, and so is to be the next one: make one there, and "
		    "name it with --key 'pkcs11:...'",
		    pki->id[kind].key_path);
	return pki_profiles[kind].p384 ? sl_key_new_p384(ret, pki->crypto, err)
				       : sl_key_new(ret, pki->crypto, err);
}

/* The certificate comes last: with it the successor is there. */
static int
make(
    struct pki *pki, enum pki_kind kind, const char *uri, int64_t now_s, struct smartlic_error *err)
{
	struct pki_identity next = { .key = NULL };
	int r = pki_successor_paths(&next, pki->dir, kind, err);

	if (r == 0 && pki->id[kind].cert == NULL)
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "there is no pki/%s.pem yet: 'satellite create' makes it with the first "
		    "satellite",
		    pki_profiles[kind].file);
	if (r == 0)
		r = pki_need_key(
		    &pki->id[pki_profiles[kind].issuer], "a successor's certificate", err);
	if (r == 0 && kind == PKI_KIND_ROOT)
		r = check_root(pki, err);
	if (r == 0)
		r = new_key(pki, &next.key, kind, uri, err);
	if (r == 0)
		r = certify(pki, &next, kind, now_s, err);
	if (r == 0)
		r = uri != NULL ? pki_key_write_uri(next.key_path, uri, err)
				: pki_identity_write_key(&next, err);
	if (r == 0)
		r = pki_identity_write_cert(&next, err);
	pki_identity_release(&next);
	return r;
}

/* Another process may have done it since the folder was read. */
static int
change(struct pki *pki, enum pki_kind kind, int there, const char *uri, int64_t now_s,
    struct smartlic_error *err)
{
	int lock, found, r = pki_lock(pki->dir, &lock, err);

	if (r < 0)
		return r;
	r = pki_settle(pki->dir, pki->crypto, err);
	found = r == 0 ? pki_successor_is_there(pki->dir, kind, err) : r;
	if (found == there)
		r = there ? pki_successor_take_place(pki->dir, kind, pki->crypto, err)
			  : make(pki, kind, uri, now_s, err);
	else
		r = found < 0 ? found : 0;
	pki_unlock(lock);
	if (r == 0)
		r = pki_refresh(pki, err);
	return r < 0 ? r : found == there;
}

int
pki_successor_make(struct pki *pki, enum pki_kind kind, int64_t now_s, struct smartlic_error *err)
{
	return change(pki, kind, 0, NULL, now_s, err);
}

int
pki_successor_make_by(
    struct pki *pki, enum pki_kind kind, const char *uri, int64_t now_s, struct smartlic_error *err)
{
	return change(pki, kind, 0, uri, now_s, err);
}

int
pki_successor_begin(struct pki *pki, enum pki_kind kind, struct smartlic_error *err)
{
	return change(pki, kind, 1, NULL, 0, err);
}

/* ---- by itself ---------------------------------------------------------- */

static void
tell_of(const struct pki *pki, enum pki_kind kind, int begun,
    void (*tell)(void *ud, const char *text), void *ud)
{
	char text[160], begins[SL_TIME_SIZE];

	sl_time(begins, begun ? 0 : pki_successor_begins_s(pki, kind));
	if (begun)
		(void)snprintf(text, sizeof(text),
		    "the successor of pki/%s.pem has taken its place", pki_profiles[kind].file);
	else
		(void)snprintf(text, sizeof(text),
		    "a successor of pki/%s.pem was made, which takes its place at %s",
		    pki_profiles[kind].file, begins);
	tell(ud, text);
}

static int
roll_due(struct pki *pki, enum pki_kind kind, int64_t now_s,
    void (*tell)(void *ud, const char *text), void *ud, struct smartlic_error *err)
{
	int64_t left_s;
	int r = 0;

	/* there are no satellites */
	if (pki->id[kind].cert == NULL)
		return 0;
	left_s = sl_cert_not_after(pki->id[kind].cert) - now_s;
	/* what is kept in a token gets no successor in a file unless somebody says so */
	if (pki->successor[kind].cert == NULL && pki->id[pki_profiles[kind].issuer].key != NULL &&
	    !pki_key_in_token(pki->id[kind].key_path) &&
	    (left_s < PKI_ROLL_DUE_S(pki_profiles[kind].life_s) ||
		pki_hangs_below_former(pki, pki->id[kind].x509))) {
		r = pki_successor_make(pki, kind, now_s, err);
		if (r == 1)
			tell_of(pki, kind, 0, tell, ud);
	}
	if (r >= 0 && pki->successor[kind].cert != NULL &&
	    now_s >= pki_successor_begins_s(pki, kind)) {
		r = pki_successor_begin(pki, kind, err);
		if (r == 1)
			tell_of(pki, kind, 1, tell, ud);
	}
	return r < 0 ? r : 0;
}

int
pki_roll_due(struct pki *pki, int64_t now_s, void (*tell)(void *ud, const char *text), void *ud,
    struct smartlic_error *err)
{
	int r = 0;

	/* a satellite's are renewed by synchronising */
	if (pki_is_satellite(pki))
		return 0;
	for (size_t i = 0; r == 0 && i < PKI_ROLLED_BY_ITSELF; i++)
		r = roll_due(pki, pki_rolled[i], now_s, tell, ud, err);
	return r;
}

/* ---- looking ------------------------------------------------------------ */

int
pki_each(const struct pki *pki, int (*fn)(void *ud, const struct pki_entry *entry), void *ud)
{
	struct pki_entry e = { .begins_s = PKI_NEVER };
	int r = 0;

	for (int kind = 0; r == 0 && kind < PKI_KINDS_KEPT; kind++) {
		const struct pki_identity *id = &pki->id[kind], *next = &pki->successor[kind];

		if (kind == PKI_KIND_TLS || id->cert == NULL)
			continue;
		e = (struct pki_entry){ pki_profiles[kind].file, PKI_CURRENT, id->cert,
			id->key != NULL, PKI_NEVER };
		r = fn(ud, &e);
		if (r == 0 && next->cert != NULL) {
			e = (struct pki_entry){ pki_profiles[kind].file, PKI_SUCCESSOR, next->cert,
				next->key != NULL, pki_successor_begins_s(pki, kind) };
			r = fn(ud, &e);
		}
		for (size_t i = 0; r == 0 && i < pki->n_former; i++) {
			const struct pki_former *f = &pki->former[i];

			if ((int)f->kind != kind)
				continue;
			e = (struct pki_entry){ pki_profiles[kind].file, PKI_FORMER, f->id.cert,
				f->id.key != NULL, PKI_NEVER };
			r = fn(ud, &e);
		}
	}
	return r;
}
