/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

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

/* Who was restored from before has lost it again. */
void
note_root(const struct exchange *x, char ret[LEDGER_ROOT_SIZE])
{
	char next[LEDGER_ROOT_SIZE];

	if (authority_next_root(x->a, next))
		(void)sl_copy(
		    ret, LEDGER_ROOT_SIZE, request_has_root(&x->request, next) ? next : "");
}

/* ---- who is not ready for the former root's end --------------------------- */

struct waiting {
	const struct authority *a;
	const char *next;
	struct authority_without *ret;
};

static int
add_satellite(void *ud, const char *name, const char *root, const void *ca, size_t len)
{
	const struct waiting *w = ud;
	struct sl_cert *cert = NULL;
	int waits = strcmp(root, w->next) != 0;

	if (!waits && sl_cert_parse(&cert, w->a->crypto, ca, len, NULL) == 0)
		waits = pki_satellite_is_below_former(w->a->pki, cert);
	sl_cert_unref(cert);
	if (waits && w->ret->satellites++ == 0)
		(void)sl_copy(w->ret->satellite, sizeof(w->ret->satellite), name);
	return 0;
}

int
authority_without_root(
    struct authority *a, struct authority_without *ret, struct smartlic_error *err)
{
	char next[LEDGER_ROOT_SIZE] = "";
	struct waiting w = { a, next, ret };
	int r;

	*ret = (struct authority_without){ .devices = 0 };
	if (!authority_next_root(a, next))
		return 0;
	r = ledger_without_root_count(a->ledger, next, &ret->devices, err);
	return r < 0 ? r : ledger_satellite_each_joined(a->ledger, add_satellite, &w, err);
}

int
authority_root_retire(struct authority *a, int force, int64_t now_s,
    struct authority_without *ret_without, struct smartlic_error *err)
{
	int r = pki_root_may_retire(a->pki, err);

	if (r == 0)
		r = authority_without_root(a, ret_without, err);
	if (r == 0 && ret_without->satellites > 0 && !force)
		return sl_fail(err, SMARTLIC_E_STATE,
		    "%" PRId64
		    " satellites (%s first) have not said that they have the present root, or have "
		    "no certificate below it: run 'satellite sync' there, twice. With --force "
		    "those are not believed any more, until they join anew",
		    ret_without->satellites, ret_without->satellite);
	if (r == 0 && ret_without->devices > 0 && !force)
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "%" PRId64
		    " devices have not said that they have the present root; 'key devices' "
		    "lists them. With --force those will take no answer any more, until somebody "
		    "gives "
		    "them the present root as their trust anchor",
		    ret_without->devices);
	if (r == 0)
		r = last_root_list(a, pki_former_root(a->pki), now_s, err);
	return r < 0 ? r : pki_root_retire(a->pki, err);
}
