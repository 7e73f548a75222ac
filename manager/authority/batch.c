/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/authority_impl.h"

static void
execute_one(struct exchange *x)
{
	struct smartlic_error err = { 0 };
	int r;

	if (x->decided)
		return;
	r = exchange_step(x, x->registration != NULL ? execute_register : execute_instance, &err);
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
execute_all(struct authority *a, struct exchange *const *list, size_t n)
{
	struct db *db = ledger_db(a->ledger);
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

void
authority_write_by(struct authority *a, struct ledger *writer)
{
	a->writer = writer;
}

void
authority_execute(struct authority *a, struct exchange *const *list, size_t n)
{
	struct ledger *own = a->ledger;

	if (a->writer == NULL) {
		execute_all(a, list, n);
		return;
	}
	ledger_follow(a->writer, own);
	a->ledger = a->writer;
	execute_all(a, list, n);
	a->ledger = own;
	ledger_follow(own, a->writer);
}
