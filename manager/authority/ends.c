/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/authority_impl.h"
#include "crl.h"
#include "pki/satellite.h"

/* What the authority itself lives by, and when it ends. */

static int
root_list_ends(struct authority *a, int64_t *ret_s, struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	struct sl_crl *list = NULL;
	int r;

	r = kept_root_list(a, &der, err);
	if (r == 1) {
		r = sl_crl_parse(&list, a->crypto, der.data, der.len, err);
		if (r == 0) {
			*ret_s = sl_crl_next_update(list);
			r = 1;
		}
	}
	sl_crl_unref(list);
	sl_buf_free(&der);
	return r;
}

int
watch_ends(struct authority *a, int64_t now_s, struct smartlic_error *err)
{
	const struct {
		enum alert_id id;
		const char *what;
		const struct sl_cert *cert;
	} own[] = {
		{ ALERT_ROOT_ENDING, "pki/root.pem", pki_root(a->pki) },
		{ ALERT_ISSUING_ENDING, "pki/issuing.pem", pki_issuing(a->pki) },
		{ ALERT_SIGNER_ENDING, "pki/signer.pem", pki_signer(a->pki) },
		{ ALERT_SATELLITES_ENDING, "pki/satellites.pem", pki_satellites(a->pki) },
	};
	int satellite = pki_is_satellite(a->pki);
	int64_t ends_s;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(own) / sizeof(own[0]); i++)
		/* a satellite's is short, and renewed by synchronising: that is watched; what is
		 * above it is its upstream's to watch */
		if (own[i].cert != NULL &&
		    (!satellite || (own[i].id != ALERT_SIGNER_ENDING &&
				       own[i].id != ALERT_SATELLITES_ENDING)))
			r = ledger_alert_end(a->ledger, own[i].id, own[i].what,
		    sl_cert_not_after(own[i].cert), now_s, err);
	if (r == 0)
		r = pki_tls_ends(a->pki, &ends_s, err);
	if (r == 0)
		r = ledger_alert_end(a->ledger, ALERT_TLS_ENDING, "pki/tls.pem", ends_s, now_s, err);
	if (r == 0)
		r = root_list_ends(a, &ends_s, err);
	return r <= 0 ? r
		      : ledger_alert_end(a->ledger, ALERT_ROOT_LIST_ENDING,
		            "list of pki/root.pem", ends_s, now_s, err);
}
