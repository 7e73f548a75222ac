/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>

#include "authority/authority_impl.h"
#include "text.h"

static struct authority *
executing(struct authority *a)
{
	return a->twin != NULL ? a->twin : a;
}

static void
execute_one(struct exchange *x)
{
	struct authority *prepared_by = x->a;
	struct smartlic_error err = { 0 };
	int r;

	if (x->decided)
		return;
	x->a = executing(prepared_by);
	r = exchange_step(x, x->registration != NULL ? execute_register : execute_instance, &err);
	(void)sl_copy(x->ledger, sizeof(x->ledger), ledger_info(x->a->ledger)->ledger);
	x->a = prepared_by;
	if (r < 0)
		x->failure = err;
}

static void
fail_all(struct exchange *const *list, size_t n, const struct smartlic_error *err)
{
	for (size_t i = 0; i < n; i++)
		if (!list[i]->decided)
			list[i]->failure = *err;
}

/*
 * One commit for all: making it durable costs several times what a request does to the ledger.  A
 * server groups the commits of its connections itself, and its locks are to be short.
 */
static void
execute_all(struct ledger *l, struct exchange *const *list, size_t n)
{
	struct db *db = ledger_db(l);
	struct smartlic_error err = { 0 };
	size_t writing = 0;

	for (size_t i = 0; i < n; i++)
		writing += !list[i]->decided;
	if (writing < 2 || db_is_server(db)) {
		for (size_t i = 0; i < n; i++)
			execute_one(list[i]);
		return;
	}
	if (db_batch_begin(db, &err) < 0) {
		fail_all(list, n, &err);
		return;
	}
	for (size_t i = 0; i < n; i++)
		execute_one(list[i]);
	if (db_batch_commit(db, &err) < 0)
		fail_all(list, n, &err);
}

/* The twin has what executing needs; what is kept for preparing and sealing stays the other's. */
int
authority_write_by(struct authority *a, struct ledger *writer, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	struct authority *twin = calloc(1, sizeof(*twin));

	if (twin == NULL)
		return sl_nomem(err);
	twin->crypto = crypto;
	twin->ledger = writer;
	twin->pki = a->pki;
	twin->policy = a->policy;
	free(a->twin);
	a->twin = twin;
	return 0;
}

void
authority_execute(struct exchange *const *list, size_t n)
{
	if (n > 0)
		execute_all(executing(list[0]->a)->ledger, list, n);
}
