/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/authority_impl.h"
#include "text.h"

int
execute_renew_id(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	struct ledger_key key = { .state = LEDGER_KEY_ISSUED };
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
	sl_json_put_object(&x->body, NULL);
	r = certify_put(x, e->certificate, &x->body, err);
	sl_json_put_time(&x->body, "registration_expires", e->row.expires_s);
	put_policy(&x->body, x->a, &e->row);
	sl_json_end_object(&x->body);
	return r < 0 ? r : exchange_written(x, err);
}
