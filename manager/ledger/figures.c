/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ledger/figures.h"
#include "ledger/ledger_impl.h"
#include "ledger/satellites.h"

struct ledger_reserved_figure {
	char account[SL_UUID_SIZE]; /* its id */
	int64_t va;
	char tag[SL_TAG_SIZE];
	int64_t count;
};

struct reading {
	struct ledger *l;
	struct ledger_figures *f;
	char account[LEDGER_NAME_SIZE]; /* the selected one */
	int64_t now_s;
};

/* Room for one more of a list; NULL: there is no memory. */
static void *
more(void *list_ptr, size_t *n, size_t size)
{
	void **list = list_ptr;
	char *p = reallocarray(*list, *n + 1, size);

	if (p == NULL)
		return NULL;
	*list = p;
	p += *n * size;
	memset(p, 0, size);
	++*n;
	return p;
}

/* ---- what is counted ----------------------------------------------------------------------------
 */

static int
compare(const void *a_ptr, const void *b_ptr)
{
	const struct ledger_reserved_figure *a = a_ptr, *b = b_ptr;
	int r = strcmp(a->account, b->account);

	if (r == 0)
		r = a->va < b->va ? -1 : a->va > b->va;
	return r != 0 ? r : strcmp(a->tag, b->tag);
}

static int
count_reserved(struct reading *x, struct smartlic_error *err)
{
	struct ledger_reserved_figure *one;
	struct db_row *row;
	int r;

	r = db_query(x->l->db, &row, err,
	    "SELECT i.va, l.tag, CAST(SUM(l.count) AS BIGINT) FROM reservation r"
	    " JOIN reservation_license l ON l.account = r.account AND l.instance = r.instance"
	    " AND l.reservation = r.reservation"
	    " JOIN instance i ON i.account = r.account AND i.instance = r.instance"
	    " WHERE r.account = $1 AND r.state = 'open' GROUP BY i.va, l.tag",
	    "t", x->l->info.account);
	while (r >= 0 && (r = db_next(row, err)) == 1) {
		one = more(&x->f->reserved, &x->f->n_reserved, sizeof(*one));
		if (one == NULL) {
			db_done(row);
			return sl_nomem(err);
		}
		memcpy(one->account, x->l->info.account, sizeof(one->account));
		one->va = db_int(row, 0);
		LEDGER_COPY(one->tag, row, 1);
		one->count = db_int(row, 2);
	}
	return r;
}

/* Along an index: no row of an instance is read. */
static int
count_instances(struct reading *x, struct ledger_account_figure *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(x->l->db, &row, err,
	    "SELECT (SELECT COUNT(*) FROM instance WHERE account = $1 AND state = 'live'),"
	    " (SELECT COUNT(*) FROM instance WHERE account = $1 AND state = 'pending')",
	    "t", x->l->info.account);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	ret->live = db_int(row, 0);
	ret->pending = db_int(row, 1);
	db_done(row);
	return 0;
}

static int
count_account(struct ledger *l, void *ud, struct smartlic_error *err)
{
	struct reading *x = ud;
	struct ledger_account_figure *one = more(&x->f->accounts, &x->f->n_accounts, sizeof(*one));
	int r;

	if (one == NULL)
		return sl_nomem(err);
	r = ledger_account_name(l, one->account, err);
	if (r == 0)
		r = count_instances(x, one, err);
	return r < 0 ? r : count_reserved(x, err);
}

static void
forget_counted(struct ledger_figures *f)
{
	free(f->accounts);
	free(f->reserved);
	f->accounts = NULL;
	f->reserved = NULL;
	f->n_accounts = f->n_reserved = 0;
	f->counted_s = 0;
}

static int
count(struct reading *x, struct smartlic_error *err)
{
	struct ledger_figures *f = x->f;
	int64_t age_s = x->now_s - f->counted_s;
	int r;

	if (f->counted_s != 0 && age_s >= 0 && age_s < LEDGER_COUNT_AGAIN_S)
		return 0;
	forget_counted(f);
	r = ledger_for_all_accounts(x->l, count_account, x, err);
	if (r < 0)
		return r;
	if (f->n_reserved > 0)
		qsort(f->reserved, f->n_reserved, sizeof(*f->reserved), compare);
	f->counted_s = x->now_s;
	return 0;
}

/* ---- what is read each time
 * ----------------------------------------------------------------------- */

static int64_t
reserved_of(const struct reading *x, const struct ledger_pool *p)
{
	struct ledger_reserved_figure key = { .va = p->va }, *found;

	if (x->f->n_reserved == 0)
		return 0;
	memcpy(key.account, x->l->info.account, sizeof(key.account));
	memcpy(key.tag, p->tag, sizeof(key.tag));
	found = bsearch(&key, x->f->reserved, x->f->n_reserved, sizeof(*x->f->reserved), compare);
	return found != NULL ? found->count : 0;
}

/* Its own line, or the one that all strange licenses of its virtual account share. */
static struct ledger_pool_figure *
line_of(struct reading *x, const struct ledger_pool *p)
{
	int strange = !p->bought && ledger_entitlement_find(p->tag) == NULL;
	struct ledger_pool_figure *one;

	for (size_t i = x->f->n_pools; strange && i > 0; i--) {
		one = &x->f->pools[i - 1];
		if (one->va != p->va || strcmp(one->account, x->account) != 0)
			break;
		if (one->tag[0] == '\0')
			return one;
	}
	one = more(&x->f->pools, &x->f->n_pools, sizeof(*one));
	if (one == NULL)
		return NULL;
	one->va = p->va;
	memcpy(one->account, x->account, sizeof(one->account));
	memcpy(one->virtual_account, p->virtual_account, sizeof(one->virtual_account));
	if (!strange)
		memcpy(one->tag, p->tag, sizeof(one->tag));
	return one;
}

static int
add_pool(void *ud, const struct ledger_pool *p)
{
	struct reading *x = ud;
	struct ledger_pool_figure *one = line_of(x, p);

	if (one == NULL)
		return SMARTLIC_E_NOMEM;
	one->purchased += p->purchased;
	one->in_use += p->consumed;
	one->reserved += reserved_of(x, p);
	return 0;
}

static int
put_satellite(struct reading *x, const char *name, int64_t synced_s)
{
	struct ledger_satellite_figure *one =
	    more(&x->f->satellites, &x->f->n_satellites, sizeof(*one));

	if (one == NULL)
		return SMARTLIC_E_NOMEM;
	memcpy(one->account, x->account, sizeof(one->account));
	(void)sl_copy(one->satellite, sizeof(one->satellite), name);
	one->synced_s = synced_s;
	return 0;
}

static int
add_satellite(void *ud, const struct ledger_satellite *s)
{
	return s->state == SATELLITE_JOINED ? put_satellite(ud, s->name, s->synced_s) : 0;
}

static int
read_satellites(struct reading *x, struct smartlic_error *err)
{
	struct ledger_upstream up;
	int r = ledger_upstream_get(x->l, &up, err);

	if (r == 1)
		return up.left_s == DB_NULL_INT ? put_satellite(x, x->l->info.home, up.synced_s)
						: 0;
	return r < 0 ? r : ledger_satellite_each(x->l, add_satellite, x, err);
}

static int
read_account(struct ledger *l, void *ud, struct smartlic_error *err)
{
	struct reading *x = ud;
	int r = ledger_account_name(l, x->account, err);

	if (r == 0)
		r = ledger_pool_each(l, x->now_s, add_pool, x, err);
	return r < 0 ? r : read_satellites(x, err);
}

static void
forget_read(struct ledger_figures *f)
{
	free(f->pools);
	free(f->satellites);
	f->pools = NULL;
	f->satellites = NULL;
	f->n_pools = f->n_satellites = 0;
}

int
ledger_figures_read(
    struct ledger *l, struct ledger_figures *f, int64_t now_s, struct smartlic_error *err)
{
	struct reading x = { .l = l, .f = f, .now_s = now_s };
	int r = count(&x, err);

	forget_read(f);
	if (r == 0)
		r = ledger_for_all_accounts(l, read_account, &x, err);
	return r == SMARTLIC_E_NOMEM ? sl_nomem(err) : r;
}

void
ledger_figures_free(struct ledger_figures *f)
{
	forget_read(f);
	forget_counted(f);
}
