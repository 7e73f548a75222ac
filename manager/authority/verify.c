/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "authority/authority_impl.h"
#include "pki/satellite.h"
#include "text.h"

/* Whose account it is: as the certificate says that is known for the key, otherwise as the directory
 * says.  1, or 0: nobody's. */
static int
select_by_key(struct exchange *x, size_t slot, int cached, struct smartlic_error *err)
{
	char account[SL_UUID_SIZE];
	int r = 1;

	if (cached)
		(void)sl_copy(account, sizeof(account), sl_cert_o(x->a->cache[slot].cert));
	else
		r = ledger_key_home(x->a->ledger, x->signer.ski, account, err);
	if (r == 1)
		exchange_in(x, account);
	return r;
}

/* The certificate of a key that the ledger holds: 1 and *ret (counted), 0 not held, < 0. */
static int
known_cert(struct exchange *x, const unsigned char *ski, struct sl_cert **ret,
    struct smartlic_error *err)
{
	struct authority *a = x->a;
	struct sl_buf der = { 0 };
	struct ledger_key key;
	struct sl_cert *cert = NULL;
	size_t slot = ((size_t)ski[0] << 8 | ski[1]) % AUTHORITY_CACHED_CERTS;
	int cached, r;

	cached = strcmp(a->cache[slot].ski, x->signer.ski) == 0;
	r = select_by_key(x, slot, cached, err);
	if (r == 1)
		r = ledger_key_get(a->ledger, x->signer.ski, &key, cached ? NULL : &der, err);
	/* after a restore a key may turn out to be another instance's */
	if (r == 1 && cached && strcmp(sl_cert_cn(a->cache[slot].cert), key.instance) != 0) {
		cached = 0;
		r = ledger_key_get(a->ledger, x->signer.ski, &key, &der, err);
	}
	if (r == 1 && cached)
		cert = sl_cert_ref(a->cache[slot].cert);
	else if (r == 1) {
		r = sl_cert_parse(&cert, a->crypto, der.data, der.len, err);
		if (r == 0) {
			sl_cert_unref(a->cache[slot].cert);
			a->cache[slot].cert = sl_cert_ref(cert);
			(void)sl_copy(a->cache[slot].ski, sizeof(a->cache[slot].ski),
			    x->signer.ski);
			r = 1;
		}
	}
	sl_buf_free(&der);
	if (r == 1) {
		*ret = cert;
		(void)sl_copy(x->signer.instance, sizeof(x->signer.instance), key.instance);
	}
	return r;
}

/* Does an embedded certificate lead to the root with the role of a device or a satellite?  1 or 0. */
static int
judge_chain(struct exchange *x, const struct sl_envelope *envelope, struct sl_cert *cert,
    struct smartlic_error *err)
{
	struct sl_cert *const *certs;
	struct sl_chain chain = { 0 };
	size_t n;
	int good, r;

	certs = sl_envelope_certs(envelope, &n);
	r = sl_trust_chain(
	    x->a->trust, cert, certs, n, SL_ROLE_DEVICE | SL_ROLE_SATELLITE, &chain, err);
	if (r == SMARTLIC_E_NOMEM)
		return r;
	good = r == 0;
	r = 0;
	if (good && chain.n > 1)
		memcpy(x->signer.issuer, sl_cert_ski(chain.cert[1]), SL_SKI_LEN);
	for (size_t i = 0; r == 0 && i + 1 < chain.n; i++) {
		r = ledger_is_revoked(x->a->ledger, sl_cert_serial(chain.cert[i]), err);
		if (r == 1)
			x->signer.revoked = 1;
	}
	/* a satellite's ledger has what it revoked itself */
	if (r == 0 && good && pki_is_satellite(x->a->pki)) {
		r = upstream_revokes(x->a, &chain, x->now_s, err);
		if (r == 1)
			x->signer.revoked = 1;
	}
	sl_chain_release(&chain);
	return r < 0 ? r : good;
}

/* A key may have been certified twice by one request, once before a backup was restored. */
static int
look_at_other(struct exchange *x, const struct sl_envelope *envelope, struct smartlic_error *err)
{
	struct sl_cert *cert = sl_envelope_signer(envelope);
	int r;

	if (cert == NULL || strcmp(sl_cert_cn(cert), sl_cert_cn(x->signer.cert)) == 0)
		return 0;
	r = judge_chain(x, envelope, cert, err);
	if (r == 1 && sl_cert_roles(cert) == SL_ROLE_DEVICE)
		x->signer.other = sl_cert_ref(cert);
	return r < 0 ? r : 0;
}

int
exchange_verify(struct exchange *x, struct sl_envelope *envelope, const void **ret_content,
    size_t *ret_len, struct smartlic_error *err)
{
	struct sl_cert *signer;
	size_t n;
	int r;

	(void)sl_envelope_certs(envelope, &n);
	x->embedded = n > 0;
	sl_hex(x->signer.ski, sl_envelope_ski(envelope), SL_SKI_LEN);
	r = known_cert(x, sl_envelope_ski(envelope), &x->signer.cert, err);
	if (r < 0)
		return r;
	if (r == 1) {
		x->signer.kind = SIGNER_KEY;
	} else {
		signer = sl_envelope_signer(envelope);
		if (signer == NULL)
			return sl_fail(err, SMARTLIC_E_SIGNATURE,
			    "the signer's key is not known here; send its certificates along");
		x->signer.cert = sl_cert_ref(signer);
		/* believed once its chain leads to the root; until then nothing is written */
		exchange_in(x, sl_cert_o(signer));
	}
	r = sl_envelope_verify(envelope, x->signer.cert, ret_content, ret_len, err);
	if (r == SMARTLIC_E_FORM)
		r = SMARTLIC_E_SIGNATURE;
	if (r == 0 && x->signer.kind == SIGNER_KEY) {
		r = look_at_other(x, envelope, err);
	} else if (r == 0) {
		r = judge_chain(x, envelope, x->signer.cert, err);
		x->signer.kind = r != 1 ? SIGNER_SELF
		                 : sl_cert_roles(x->signer.cert) == SL_ROLE_SATELLITE ? SIGNER_SATELLITE
		                                                              : SIGNER_CHAIN;
		if (r == 0)
			exchange_in(x, "");
		r = r < 0 ? r : 0;
	}
	if (r == 0)
		r = sl_sha256_hex(x->a->crypto, *ret_content, *ret_len, x->sha256, err);
	return r;
}
