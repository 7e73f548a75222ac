/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/authority_impl.h"

/* Samples say what was used when; they move no deadline and no pool. */
int
execute_report(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	const struct request *q = &x->request;
	int64_t upto = 0;
	int r;

	r = ledger_samples_add(
	    x->a->ledger, &e->row, q->store, q->samples, q->n_samples, x->now_s, err);
	for (size_t i = 0; i < q->n_samples; i++)
		if (q->samples[i].n > upto)
			upto = q->samples[i].n;
	sl_json_put_object(&x->body, NULL);
	sl_json_put_int(&x->body, "acknowledged", upto);
	sl_json_end_object(&x->body);
	return r < 0 ? r : exchange_written(x, err);
}
