/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "authority/authority_impl.h"
#include "authority/sync.h"
#include "ledger/satellites.h"
#include "pki/satellite.h"

/* Devices that come from another home of their account: no registration is needed. */

int
va_of_strangers(struct authority *a, int64_t *ret, struct smartlic_error *err)
{
	struct ledger_upstream up;
	int r;

	if (!pki_is_satellite(a->pki))
		return ledger_va_default(a->ledger, ret, err);
	*ret = LEDGER_DEFAULT_VA;
	r = ledger_upstream_get(a->ledger, &up, err);
	if (r == 1)
		*ret = up.va;
	return r < 0 ? r : 0;
}

int
certified_elsewhere(
    const struct exchange *x, char ret_token[2 * SL_TOKEN_ID_LEN + 1], struct smartlic_error *err)
{
	struct authority *a = x->a;
	struct ledger_upstream up;

	if (x->signer.kind != SIGNER_CHAIN ||
	    memcmp(x->signer.issuer, sl_cert_ski(pki_issuing(a->pki)), SL_SKI_LEN) == 0)
		return 0;
	if (!pki_is_satellite(a->pki))
		return ledger_satellite_token_of(a->ledger, x->signer.issuer, ret_token, err);
	if (ledger_upstream_get(a->ledger, &up, err) != 1)
		return 0;
	(void)sl_copy(ret_token, 2 * SL_TOKEN_ID_LEN + 1, up.token);
	return 1;
}

int
bring_home(struct exchange *x, struct ledger_row *row, struct smartlic_error *err)
{
	struct ledger *l = x->a->ledger;
	char name[LEDGER_NAME_SIZE] = "", text[200];
	int64_t va = row->va;
	int r = ledger_va_here(l, va, err);

	if (r == 0)
		r = va_of_strangers(x->a, &va, err);
	if (r >= 0)
		r = ledger_row_bring(l, row, va, x->now_s, err);
	if (r == 0)
		r = ledger_va_name(l, va, name, err);
	(void)snprintf(
	    text, sizeof(text), "PID:%s SN:%s, into %.60s", row->udi.pid, row->udi.sn, name);
	return r < 0 ? r
		     : ledger_audit_add(l, "authority", "instance moved here", row->instance, text,
			   x->now_s, err);
}

int
check_home(struct exchange *x, struct smartlic_error *err)
{
	struct ledger_upstream up;
	char end[SL_TIME_SIZE];
	int r;

	x->synchronised_s = DB_NULL_INT;
	if (!pki_is_satellite(x->a->pki))
		return 0;
	r = ledger_upstream_get(x->a->ledger, &up, err);
	if (r < 0)
		return r;
	if (r == 0)
		return sl_fail(err, SMARTLIC_E_STATE,
		    "the satellite has no upstream in its ledger: its 'satellite join' was "
		    "interrupted");
	if (up.left_s != DB_NULL_INT)
		return sl_fail(err, SMARTLIC_E_STATE,
		    "this satellite has left its upstream: its devices are served there");
	sl_time(end, sl_cert_not_after(pki_signer(x->a->pki)));
	if (x->now_s > sl_cert_not_after(pki_signer(x->a->pki)))
		return sl_fail(err, SMARTLIC_E_STATE,
		    "no device takes the satellite's answers since %s: 'satellite sync' renews its "
		    "signer",
		    end);
	x->synchronised_s = up.synced_s;
	return 0;
}

int
keep_evidence(struct exchange *x, const char *instance, struct smartlic_error *err)
{
	if (!pki_is_satellite(x->a->pki) || x->raw.len > SYNC_EVIDENCE_MAX)
		return 0;
	return ledger_evidence_put(x->a->ledger, instance, x->raw.data, x->raw.len, err);
}
