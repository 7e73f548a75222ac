/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "authority/parallel.h"
#include "authority/sync.h"
#include "text.h"

/* Rows that an answer of the upstream brings: read by several threads, applied in their order. */

struct arrived {
	struct authority *a;
	const json_t *list;
	struct arrived_row {
		struct sync_row in;
		struct smartlic_error err;
	} * rows;
	size_t n;
};

static void
read_arrived(void *ud, size_t thread, size_t i)
{
	struct arrived *arrived = ud;
	struct arrived_row *row = &arrived->rows[i];

	(void)thread;
	(void)sync_row_read(
	    &row->in, arrived->a->crypto, json_array_get(arrived->list, i), &row->err);
}

/* What was read ahead is no more what would be told, if it is of this instance or of one that it
 * touched. */
static void
forget_ahead(struct sync_kept *kept, const char *instance, enum sync_verdict verdict)
{
	int touched = verdict != SYNC_SAME;

	if (kept == NULL)
		return;
	for (size_t i = 0; i < kept->ahead.n; i++)
		touched |= strcmp(kept->ahead.changes[i].instance, instance) == 0;
	if (touched)
		sync_rows_release(&kept->ahead);
}

/* Rows of the upstream are believed: it is the authority of the account. */
static int
apply_row(struct authority *a, const struct ledger_upstream *u, struct sync_row *in, int64_t now_s,
    struct smartlic_error *err)
{
	enum sync_verdict verdict;
	int r;

	/* at home here, or away: where exactly is the upstream's matter */
	if (strcmp(in->row.home, ledger_info(a->ledger)->home) == 0)
		in->row.home[0] = '\0';
	else
		(void)sl_copy(in->row.home, sizeof(in->row.home), u->home);
	r = ledger_va_here(a->ledger, in->row.va, err);
	if (r == 0)
		in->row.va = u->va;
	if (r >= 0)
		r = sync_row_apply(a->ledger, in, u->token, now_s, &verdict, err);
	if (r == 0)
		forget_ahead(a->sync, in->row.instance, verdict);
	return r == 0 && verdict == SYNC_OLDER
		   ? sync_prefer_upstream(a->ledger, in, u->home, now_s, err)
		   : r;
}

int
sync_rows_take(struct authority *a, const struct ledger_upstream *u, const json_t *list,
    int64_t now_s, int64_t *ret_taken, struct smartlic_error *err)
{
	struct arrived arrived = { .a = a, .list = list, .n = json_array_size(list) };
	int r = 0;

	arrived.rows = calloc(arrived.n + 1, sizeof(*arrived.rows));
	if (arrived.rows == NULL)
		return sl_nomem(err);
	parallel(a->threads, arrived.n, read_arrived, &arrived);
	for (size_t i = 0; r == 0 && i < arrived.n; i++) {
		struct arrived_row *row = &arrived.rows[i];

		r = row->err.code != 0 ? sl_fail(err, row->err.code, "%s", row->err.text)
				       : apply_row(a, u, &row->in, now_s, err);
		*ret_taken += r == 0;
	}
	for (size_t i = 0; i < arrived.n; i++)
		sync_row_release(&arrived.rows[i].in);
	free(arrived.rows);
	return r;
}
