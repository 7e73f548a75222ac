/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "pki/cert.h"
#include "pki/former.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "pki/store.h"
#include "text.h"

/* What is rolled over, and in which order where it is done by itself. */
static const enum pki_kind rolled[] = { PKI_KIND_SIGNER, PKI_KIND_ISSUING };
#define N_ROLLED (sizeof(rolled) / sizeof(rolled[0]))

int
pki_roll_kind(enum pki_kind *ret, const char *name, struct smartlic_error *err)
{
	for (size_t i = 0; i < N_ROLLED; i++)
		if (strcmp(pki_profiles[rolled[i]].file, name) == 0) {
			*ret = rolled[i];
			return 0;
		}
	return sl_fail(err, SMARTLIC_E_INVAL, "'%.40s': signer or issuing is expected", name);
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
	int r = sl_crypto_random(pki->crypto, mark, sizeof(mark), err);

	if (r == 0)
		r = sl_crypto_random(pki->crypto, serial, sizeof(serial), err);
	if (r < 0)
		return r;
	/* another name than its predecessor's: lists are told apart by it */
	sl_hex(mark_hex, mark, sizeof(mark));
	(void)snprintf(cn, sizeof(cn), "%s %s", profile->cn, mark_hex);
	return pki_cert_make(&next->x509, pki->crypto, &spec, err);
}

/* The certificate comes last: with it the successor is there. */
static int
make(struct pki *pki, enum pki_kind kind, int64_t now_s, struct smartlic_error *err)
{
	struct pki_identity next = { .key = NULL };
	int r = pki_successor_paths(&next, pki->dir, kind, err);

	if (r == 0)
		r = pki_need_key(
		    &pki->id[pki_profiles[kind].issuer], "a successor's certificate", err);
	if (r == 0)
		r = sl_key_new(&next.key, pki->crypto, err);
	if (r == 0)
		r = certify(pki, &next, kind, now_s, err);
	if (r == 0)
		r = pki_identity_write_key(&next, err);
	if (r == 0)
		r = pki_identity_write_cert(&next, err);
	pki_identity_release(&next);
	return r;
}

/* Another process may have done it since the folder was read. */
static int
change(struct pki *pki, enum pki_kind kind, int there, int64_t now_s, struct smartlic_error *err)
{
	int lock, found, r = pki_lock(pki->dir, &lock, err);

	if (r < 0)
		return r;
	r = pki_settle(pki->dir, err);
	found = r == 0 ? pki_successor_is_there(pki->dir, kind, err) : r;
	if (found == there)
		r = there ? pki_successor_take_place(pki->dir, kind, pki->crypto, err)
			  : make(pki, kind, now_s, err);
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
	return change(pki, kind, 0, now_s, err);
}

int
pki_successor_begin(struct pki *pki, enum pki_kind kind, struct smartlic_error *err)
{
	return change(pki, kind, 1, 0, err);
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
	int64_t left_s = sl_cert_not_after(pki->id[kind].cert) - now_s;
	int r = 0;

	if (pki->successor[kind].cert == NULL && pki->id[pki_profiles[kind].issuer].key != NULL &&
	    left_s < PKI_ROLL_DUE_S(pki_profiles[kind].life_s)) {
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
	for (size_t i = 0; r == 0 && i < N_ROLLED; i++)
		r = roll_due(pki, rolled[i], now_s, tell, ud, err);
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
