/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/samples.h"

void
sample_row_key(struct sample_row *ret, struct db_row *row)
{
	LEDGER_COPY(ret->account, row, 0);
	LEDGER_COPY(ret->udi.pid, row, 1);
	LEDGER_COPY(ret->udi.sn, row, 2);
	LEDGER_COPY(ret->udi.uuid, row, 3);
	LEDGER_COPY(ret->store, row, 4);
}

int
sample_row_damaged(
    const struct sample_row *row, int64_t page, const char *why, struct smartlic_error *err)
{
	return sl_fail(err, SMARTLIC_E_STORE,
	    "samples of account %s, PID:%s SN:%s UUID:%s, store %s, page %lld: %s", row->account,
	    row->udi.pid, row->udi.sn, row->udi.uuid, row->store, (long long)page, why);
}

int
sample_row_read(struct sample_page *ret, const struct sample_row *row, int64_t page,
    const char *text, struct smartlic_error *err)
{
	struct smartlic_error why = { 0 };
	int r = sample_page_read(ret, page, text, &why);

	return r < 0 ? sample_row_damaged(row, page, why.text, err) : 0;
}

/* With the same parameters. */
static const char *const insert =
    "INSERT INTO sample_page (account, pid, sn, uuid, store, page, va, instance, at_s, ends_s,"
    " last_s, told, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
static const char *const update =
    "UPDATE sample_page SET va = $7, instance = $8, at_s = $9, ends_s = $10, last_s = $11,"
    " told = $12, data = $13 WHERE account = $1 AND pid = $2 AND sn = $3 AND uuid = $4"
    " AND store = $5 AND page = $6";

static int
put(struct db *db, const char *sql, const struct sample_row *row, const struct sample_page *p,
    struct smartlic_error *err)
{
	struct sl_buf text = { 0 };
	int64_t ends_s, last_s;
	int r;

	sample_page_ends(p, &ends_s, &last_s);
	r = sample_page_write(&text, p, err);
	if (r == 0)
		r = db_exec(db, err, sql, "tttttiitiiiot", row->account, row->udi.pid, row->udi.sn,
		    row->udi.uuid, row->store, p->page, row->va, row->instance, row->at_s, ends_s,
		    last_s, row->told, text.data);
	sl_buf_free(&text);
	return r;
}

int
sample_row_insert(struct db *db, const struct sample_row *row, const struct sample_page *p,
    struct smartlic_error *err)
{
	return put(db, insert, row, p, err);
}

int
sample_row_update(struct db *db, const struct sample_row *row, const struct sample_page *p,
    struct smartlic_error *err)
{
	return put(db, update, row, p, err);
}

/* ---- rows of before, a sample each ----------------------------------------------------------- */

/* SQLite hands out rows one by one, a server all that a statement gives: so that a cursor gives
 * some of them. */
#define SOME "1000"
#define ROWS                                                                                       \
	"SELECT account, pid, sn, uuid, store, tag, n, va, instance, at_s, told, start_s, hours,"  \
	" max, last FROM sample ORDER BY account, pid, sn, uuid, store, (n - 1) / 64, n, tag"
_Static_assert(SAMPLE_PAGE_SPAN == 64, "the 64 of the statement");

struct conversion {
	struct db *db;
	struct sample_row row;   /* of the page that is being filled */
	struct sample_page page; /* empty: there is none yet */
};

static int
put_page(struct conversion *c, struct smartlic_error *err)
{
	int r = c->page.n == 0 ? 0 : sample_row_insert(c->db, &c->row, &c->page, err);

	c->page.n = 0;
	return r;
}

static int
is_of_page(const struct conversion *c, struct db_row *row)
{
	return c->page.n > 0 && c->page.page == sample_page_of(db_int(row, 6)) &&
	       strcmp(c->row.store, db_text(row, 4)) == 0 &&
	       strcmp(c->row.udi.sn, db_text(row, 2)) == 0 &&
	       strcmp(c->row.udi.pid, db_text(row, 1)) == 0 &&
	       strcmp(c->row.udi.uuid, db_text(row, 3)) == 0 &&
	       strcmp(c->row.account, db_text(row, 0)) == 0;
}

static void
begin_page(struct conversion *c, struct db_row *row)
{
	c->row.told = DB_NULL_INT;
	c->row.at_s = INT64_MIN;
	sample_row_key(&c->row, row);
	sample_page_init(&c->page, sample_page_of(db_int(row, 6)));
}

/* It is to be told by the number of the last of its samples: an answer that acknowledges less was
 * not asked with all of them.  NULL is less than any number. */
static void
take(struct conversion *c, struct db_row *row)
{
	struct ledger_sample s = { .n = db_int(row, 6),
		.start_s = db_int(row, 11),
		.hours = db_int(row, 12),
		.max = db_int(row, 13),
		.last = db_int(row, 14) };
	int64_t told = db_int(row, 10), at_s = db_int(row, 9);

	LEDGER_COPY(s.tag, row, 5);
	(void)sample_page_take(&c->page, &s);
	if (told > c->row.told)
		c->row.told = told;
	if (at_s < c->row.at_s)
		return;
	c->row.at_s = at_s;
	c->row.va = db_int(row, 7);
	LEDGER_COPY(c->row.instance, row, 8);
}

/* How many rows `sql` gave. */
static int
convert_some(struct conversion *c, const char *sql, int64_t *ret_n, struct smartlic_error *err)
{
	struct db_row *row;
	int r = db_query(c->db, &row, err, sql, "");

	*ret_n = 0;
	while (r == 0 && (r = db_next(row, err)) == 1) {
		r = is_of_page(c, row) ? 0 : put_page(c, err);
		if (r < 0)
			db_done(row);
		else if (c->page.n == 0)
			begin_page(c, row);
		if (r == 0)
			take(c, row);
		++*ret_n;
	}
	return r;
}

static int
convert(struct conversion *c, struct smartlic_error *err)
{
	int64_t n = 1;
	int r;

	if (!db_is_server(c->db))
		return convert_some(c, ROWS, &n, err);
	r = db_exec(c->db, err, "DECLARE samples NO SCROLL CURSOR FOR " ROWS, "");
	while (r == 0 && n > 0)
		r = convert_some(c, "FETCH " SOME " FROM samples", &n, err);
	return r < 0 ? r : db_exec(c->db, err, "CLOSE samples", "");
}

int
samples_into_pages(struct db *db, struct smartlic_error *err)
{
	struct conversion *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return sl_nomem(err);
	c->db = db;
	r = convert(c, err);
	if (r == 0)
		r = put_page(c, err);
	if (r == 0)
		r = db_exec(db, err, "DROP TABLE sample", "");
	free(c);
	return r;
}
