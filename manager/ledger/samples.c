/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/samples.h"
#include "ledger/satellites.h"

/*
 * What devices report of their use over time.  It says what was, and no pool counts it.  A page is
 * read, merged with what came and written: whoever changes one has its device's lock, or all
 * (locks.c).
 */

/* ---- taking ---------------------------------------------------------------------------------- */

struct taking {
	struct ledger *l;
	struct sample_row row;
	struct sample_page page;
	int found; /* there is a row of it */
};

/* The device's page of this number; empty where there is none. */
static int
read_page(struct taking *t, int64_t page, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	sample_page_init(&t->page, page);
	r = db_query(t->l->db, &row, err,
	    "SELECT data FROM sample_page WHERE account = $1 AND pid = $2 AND sn = $3"
	    " AND uuid = $4 AND store = $5 AND page = $6",
	    "ttttti", t->row.account, t->row.udi.pid, t->row.udi.sn, t->row.udi.uuid, t->row.store,
	    page);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	t->found = r;
	if (!t->found)
		return 0;
	r = sample_row_read(&t->page, &t->row, page, db_text(row, 0), err);
	db_done(row);
	return r;
}

/* A page that changes is to be told under a number that no request has carried. */
static int
number_told(struct taking *t, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	t->row.told = DB_NULL_INT;
	if (t->l->info.upstream[0] == '\0')
		return 0;
	r = db_query(t->l->db, &row, err,
	    "SELECT COALESCE(MAX(told), 0) + 1 FROM sample_page WHERE account = $1 AND told > 0",
	    "t", t->row.account);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	t->row.told = db_int(row, 0);
	db_done(row);
	return 0;
}

/* Those of one page. */
static int
take_page(struct taking *t, const struct ledger_sample *const *samples, size_t n,
    struct smartlic_error *err)
{
	int r = read_page(t, sample_page_of(samples[0]->n), err), changed = 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		changed |= sample_page_take(&t->page, samples[i]);
	if (!changed)
		return 0;
	r = number_told(t, err);
	if (r < 0)
		return r;
	return t->found ? sample_row_update(t->l->db, &t->row, &t->page, err)
			: sample_row_insert(t->l->db, &t->row, &t->page, err);
}

static int
take_all(struct taking *t, const struct ledger_sample *const *samples, size_t n,
    struct smartlic_error *err)
{
	size_t end;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i = end) {
		int64_t page = sample_page_of(samples[i]->n);

		for (end = i + 1; end < n && sample_page_of(samples[end]->n) == page; end++)
			continue;
		r = take_page(t, &samples[i], end - i, err);
	}
	return r;
}

static int
by_number(const void *a, const void *b)
{
	const struct ledger_sample *const *x = a, *const *y = b;

	return ((*x)->n > (*y)->n) - ((*x)->n < (*y)->n);
}

/* What is to be kept of them, by number. */
static size_t
sort_kept(
    const struct ledger_sample **ret, const struct ledger_sample *samples, size_t n, int64_t from_s)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (sample_end_s(&samples[i]) > from_s)
			ret[kept++] = &samples[i];
	qsort(ret, kept, sizeof(ret[0]), by_number);
	return kept;
}

int
ledger_samples_add(struct ledger *l, const struct ledger_row *row, const char *store,
    const struct ledger_sample *samples, size_t n, int64_t now_s, struct smartlic_error *err)
{
	const struct ledger_sample **kept;
	int64_t from_s = INT64_MIN;
	struct taking *t;
	int r = 0;

	if (n == 0)
		return 0;
	/* what was removed does not come back; a satellite passes on whatever comes */
	if (l->info.upstream[0] == '\0')
		r = ledger_samples_from(l, now_s, &from_s, err);
	if (r < 0)
		return r;
	kept = malloc(n * sizeof(kept[0]));
	t = malloc(sizeof(*t));
	if (kept == NULL || t == NULL) {
		r = sl_nomem(err);
		goto out;
	}
	t->l = l;
	t->row = (struct sample_row){ .udi = row->udi, .va = row->va, .at_s = now_s };
	(void)sl_copy(t->row.account, sizeof(t->row.account), l->info.account);
	(void)sl_copy(t->row.store, sizeof(t->row.store), store);
	(void)sl_copy(t->row.instance, sizeof(t->row.instance), row->instance);
	r = take_all(t, kept, sort_kept(kept, samples, n, from_s), err);
out:
	free(t);
	free(kept);
	return r;
}

/* ---- showing --------------------------------------------------------------------------------- */

struct shown {
	struct ledger_sample sample;
	char store[SL_UUID_SIZE];
};

struct showing {
	struct sample_page page;
	struct shown *list;
	size_t n, room;
};

/* Pages of two stores, or of folded days, are of the same time. */
static int
by_time(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;
	int r = (x->sample.start_s > y->sample.start_s) - (x->sample.start_s < y->sample.start_s);

	if (r == 0)
		r = strcmp(x->sample.tag, y->sample.tag);
	if (r == 0)
		r = strcmp(x->store, y->store);
	return r != 0 ? r : (x->sample.n > y->sample.n) - (x->sample.n < y->sample.n);
}

static int
show_page(struct showing *s, const char *store, int64_t from_s, struct smartlic_error *err)
{
	struct shown *list;

	(void)sample_page_remove(&s->page, from_s);
	if (s->room - s->n < s->page.n) {
		s->room = 2 * s->room + SAMPLE_PAGE_MAX;
		list = realloc(s->list, s->room * sizeof(*list));
		if (list == NULL)
			return sl_nomem(err);
		s->list = list;
	}
	for (size_t i = 0; i < s->page.n; i++) {
		list = &s->list[s->n++];
		list->sample = s->page.sample[i];
		(void)sl_copy(list->store, sizeof(list->store), store);
	}
	return 0;
}

static int
read_shown(struct ledger *l, struct showing *s, const char *instance, int64_t from_s,
    struct smartlic_error *err)
{
	struct sample_row of = { .told = DB_NULL_INT };
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT s.account, s.pid, s.sn, s.uuid, s.store, s.page, s.data FROM instance i"
	    " JOIN sample_page s ON s.account = i.account AND s.pid = i.pid AND s.sn = i.sn"
	    " AND s.uuid = i.uuid WHERE i.account = $1 AND i.instance = $2 AND s.last_s > $3",
	    "tti", l->info.account, instance, from_s);
	while (r == 0 && (r = db_next(row, err)) == 1) {
		sample_row_key(&of, row);
		r = sample_row_read(&s->page, &of, db_int(row, 5), db_text(row, 6), err);
		if (r == 0)
			r = show_page(s, of.store, from_s, err);
		if (r < 0)
			db_done(row);
	}
	return r;
}

int
ledger_sample_each(struct ledger *l, const char *instance, int64_t from_s,
    int (*fn)(void *ud, const struct ledger_sample *sample), void *ud, struct smartlic_error *err)
{
	struct showing *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return sl_nomem(err);
	r = read_shown(l, s, instance, from_s, err);
	if (r == 0 && s->n > 0)
		qsort(s->list, s->n, sizeof(s->list[0]), by_time);
	for (size_t i = 0; i < s->n && r == 0; i++)
		r = fn(ud, &s->list[i].sample);
	free(s->list);
	free(s);
	return r;
}

/* ---- a satellite's, for its upstream --------------------------------------------------------- */

int
ledger_samples_each_untold(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_told_samples *samples), void *ud,
    struct smartlic_error *err)
{
	struct sample_page *page = malloc(sizeof(*page));
	struct sample_row of = { .told = DB_NULL_INT };
	struct ledger_told_samples told;
	struct db_row *row;
	int r;

	if (page == NULL)
		return sl_nomem(err);
	r = db_query(l->db, &row, err,
	    "SELECT account, pid, sn, uuid, store, page, data, instance, va, told FROM sample_page"
	    " WHERE account = $1 AND told > 0 ORDER BY told",
	    "t", l->info.account);
	while (r == 0 && (r = db_next(row, err)) == 1) {
		sample_row_key(&of, row);
		r = sample_row_read(page, &of, db_int(row, 5), db_text(row, 6), err);
		if (r == 0) {
			told = (struct ledger_told_samples){ .va = db_int(row, 8),
				.told = db_int(row, 9),
				.samples = page->sample,
				.n = page->n };
			LEDGER_COPY(told.instance, row, 7);
			LEDGER_COPY(told.store, row, 4);
			r = fn(ud, &told);
		}
		if (r != 0)
			db_done(row);
	}
	free(page);
	return r;
}

int
ledger_samples_told(struct ledger *l, int64_t upto, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE sample_page SET told = 0 WHERE account = $1 AND told > 0 AND told <= $2", "ti",
	    l->info.account, upto);
}

int
ledger_samples_untold(struct ledger *l, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO sample_page (account, pid, sn, uuid, store, page, va, instance, at_s,"
	    " ends_s, last_s, told, data) SELECT s.account, s.pid, s.sn, s.uuid, s.store, s.page,"
	    " s.va, s.instance, s.at_s, s.ends_s, s.last_s,"
	    " ROW_NUMBER() OVER (ORDER BY s.at_s, s.instance, s.store, s.page), s.data"
	    " FROM sample_page s WHERE s.account = $1"
	    " ON CONFLICT (account, pid, sn, uuid, store, page)"
	    " DO UPDATE SET told = excluded.told",
	    "t", l->info.account);
}
