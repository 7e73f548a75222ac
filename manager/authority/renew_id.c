/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/authority_impl.h"
#include "text.h"

int
execute_renew_id(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	struct ledger_key key = { .state = LEDGER_KEY_ISSUED };
	char expires[SL_TIME_SIZE];
	int r;

	(void)sl_copy(key.ski, sizeof(key.ski), e->new_ski);
	(void)sl_copy(key.instance, sizeof(key.instance), e->row.instance);
	e->row.expires_s = sl_cert_not_after(e->certificate);
	r = certify_store(x, &key, e->certificate, err);
	if (r == 0)
		r = ledger_history_add(
		    x->a->ledger, e->row.instance, NULL, "renewed", "", x->now_s, err);
	if (r < 0)
		return r;
	sl_time(expires, e->row.expires_s);
	return exchange_body(x,
	    json_pack("{s:o,s:s,s:o}", "certificates", certify_json(x, e->certificate),
		"registration_expires", expires, "policy", policy_json(x->a, &e->row)),
	    err);
}
