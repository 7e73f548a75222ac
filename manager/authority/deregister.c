/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/authority_impl.h"

int
execute_deregister(struct exchange *x, struct execution *e, struct smartlic_error *err)
{
	int r;

	/* live before it is closed, so that those issued before are closed with it */
	r = ledger_row_put(x->a->ledger, &e->row, err);
	if (r == 0)
		r = ledger_row_close(x->a->ledger, e->row.instance, "deregistered", NULL, x->now_s,
		    err);
	if (r < 0)
		return r;
	e->row.state = LEDGER_CLOSED;
	return exchange_nothing(x, err);
}
