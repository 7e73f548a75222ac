/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>

#include "authority/authority_impl.h"
#include "pki/roll.h"
#include "text.h"

/* The root that devices are to have next (doc/decisions/keys.md). */

int
authority_next_root(const struct authority *a, char ret[LEDGER_ROOT_SIZE])
{
	const struct sl_cert *next = pki_next_root(a->pki);

	if (next == NULL)
		return 0;
	sl_hex(ret, sl_cert_ski(next), (LEDGER_ROOT_SIZE - 1) / 2);
	return 1;
}

int
lacks_root(const struct exchange *x)
{
	char next[LEDGER_ROOT_SIZE];

	return authority_next_root(x->a, next) && !request_has_root(&x->request, next);
}

/* A device that was restored from before has lost it again. */
void
note_root(const struct exchange *x, struct ledger_row *row)
{
	char next[LEDGER_ROOT_SIZE];

	if (!authority_next_root(x->a, next))
		return;
	(void)sl_copy(
	    row->root, sizeof(row->root), request_has_root(&x->request, next) ? next : "");
}

int
authority_root_retire(
    struct authority *a, int force, int64_t now_s, int64_t *ret_without, struct smartlic_error *err)
{
	char next[LEDGER_ROOT_SIZE] = "";
	int r = pki_root_may_retire(a->pki, err);

	if (r == 0 && authority_next_root(a, next))
		r = ledger_without_root_count(a->ledger, next, ret_without, err);
	if (r == 0 && *ret_without > 0 && !force)
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "%" PRId64
		    " devices have not said that they have the present root; 'key devices' "
		    "lists them. With --force those will take no answer any more, until somebody "
		    "gives "
		    "them the present root as their trust anchor",
		    *ret_without);
	if (r == 0)
		r = last_root_list(a, pki_former_root(a->pki), now_s, err);
	return r < 0 ? r : pki_root_retire(a->pki, err);
}
