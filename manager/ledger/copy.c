/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "ledger/copy.h"
#include "ledger/schema.h"

/*
 * All rows from one database into another, whichever engine each has.  One of both is SQLite's; it
 * says which tables and columns there are, in an order in which each table comes after those that
 * it refers to.
 */
#define TABLES_MAX  128
#define COLUMNS_MAX 32
#define FETCH       "1000"

struct table {
	char name[64];
	char kinds[COLUMNS_MAX + 1]; /* i t b, a column each */
	/* texts that live as long as the handles, whose caches know them by address */
	char *declare, *fetch, *select, *insert, *forget;
};

struct copying {
	struct db *from, *to;
	struct table table[TABLES_MAX];
	size_t n;
};

/* It becomes text of SQL, and a file that is restored from may have been made by anybody. */
static int
check_name(const char *name, struct smartlic_error *err)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (len > 0 && name[len] == '\0' && len < sizeof(((struct table *)0)->name))
		return 0;
	return sl_fail(err, SMARTLIC_E_STORE, "'%.40s': no name of a ledger's table or column", name);
}

static int
take(char **ret, struct sl_buf *text, struct smartlic_error *err)
{
	if (text->failed)
		return sl_nomem(err);
	*ret = text->data;
	*text = (struct sl_buf){ 0 };
	return 0;
}

/* Texts of one table from its columns, in `list`. */
static int
write_texts(struct table *t, const char *list, struct smartlic_error *err)
{
	size_t n = strlen(t->kinds);
	struct sl_buf text = { 0 };
	int r;

	sl_buf_printf(&text, "SELECT %s FROM %s", list, t->name);
	r = take(&t->select, &text, err);
	if (r < 0)
		goto out;
	sl_buf_printf(&text, "DECLARE copy_%s NO SCROLL CURSOR FOR %s", t->name, t->select);
	r = take(&t->declare, &text, err);
	if (r < 0)
		goto out;
	sl_buf_printf(&text, "FETCH " FETCH " FROM copy_%s", t->name);
	r = take(&t->fetch, &text, err);
	if (r < 0)
		goto out;
	sl_buf_printf(&text, "DELETE FROM %s", t->name);
	r = take(&t->forget, &text, err);
	if (r < 0)
		goto out;
	sl_buf_printf(&text, "INSERT INTO %s (%s) VALUES (", t->name, list);
	for (size_t i = 1; i <= n; i++)
		sl_buf_printf(&text, "%s$%zu", i == 1 ? "" : ", ", i);
	sl_buf_puts(&text, ")");
	r = take(&t->insert, &text, err);
out:
	sl_buf_free(&text);
	return r;
}

static int
read_columns(struct db *sqlite, struct table *t, struct smartlic_error *err)
{
	struct sl_buf list = { 0 };
	struct db_row *row;
	size_t n = 0;
	int r;

	r = db_query(sqlite, &row, err,
	    "SELECT name, type FROM pragma_table_info($1) ORDER BY cid", "t", t->name);
	while (r == 0 && (r = db_next(row, err)) == 1) {
		const char *type = db_text(row, 1);

		if (n == COLUMNS_MAX) {
			db_done(row);
			r = sl_fail(err, SMARTLIC_E_LIMIT, "more than %d columns in %s", COLUMNS_MAX,
			    t->name);
			break;
		}
		r = check_name(db_text(row, 0), err);
		if (r < 0) {
			db_done(row);
			break;
		}
		t->kinds[n++] = strcmp(type, "BIGINT") == 0 ? 'i' : strcmp(type, "BYTEA") == 0 ? 'b' : 't';
		sl_buf_printf(&list, "%s%s", n == 1 ? "" : ", ", db_text(row, 0));
		r = 0;
	}
	if (r == 0)
		r = list.failed ? sl_nomem(err) : write_texts(t, list.data, err);
	sl_buf_free(&list);
	return r;
}

static int
read_tables(struct copying *c, struct smartlic_error *err)
{
	struct db *sqlite = db_is_server(c->from) ? c->to : c->from;
	struct db_row *row;
	int r;

	r = db_query(sqlite, &row, err,
	    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	    " ORDER BY rowid", "");
	while (r == 0 && (r = db_next(row, err)) == 1) {
		if (c->n == TABLES_MAX) {
			db_done(row);
			return sl_fail(err, SMARTLIC_E_LIMIT, "more than %d tables", TABLES_MAX);
		}
		r = check_name(db_text(row, 0), err);
		if (r < 0) {
			db_done(row);
			return r;
		}
		(void)snprintf(c->table[c->n].name, sizeof(c->table[0].name), "%s",
		    db_text(row, 0));
		c->n++;
	}
	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = read_columns(sqlite, &c->table[i], err);
	return r;
}

static int
copy_row(struct copying *c, const struct table *t, struct db_row *row, struct smartlic_error *err)
{
	struct db_value value[COLUMNS_MAX];
	size_t n = strlen(t->kinds);

	for (size_t i = 0; i < n; i++) {
		int column = (int)i;

		value[i] = (struct db_value){ .kind = t->kinds[i],
			.is_null = db_is_null(row, column) };
		if (value[i].is_null)
			continue;
		if (t->kinds[i] == 'i')
			value[i].integer = db_int(row, column);
		else if (t->kinds[i] == 't')
			value[i].data = db_text(row, column);
		else
			value[i].data = db_blob(row, column, &value[i].len);
	}
	return db_exec_values(c->to, err, t->insert, value, n);
}

/* How many rows `sql` gave. */
static int
copy_some(struct copying *c, const struct table *t, const char *sql, int64_t *ret_n,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	*ret_n = 0;
	r = db_query(c->from, &row, err, sql, "");
	while (r == 0 && (r = db_next(row, err)) == 1) {
		r = copy_row(c, t, row, err);
		if (r < 0)
			db_done(row);
		++*ret_n;
	}
	return r;
}

/* Of a server not all at once: that must fit into memory. */
static int
copy_table(struct copying *c, const struct table *t, struct smartlic_error *err)
{
	int64_t n = 1;
	int r;

	if (!db_is_server(c->from))
		return copy_some(c, t, t->select, &n, err);
	r = db_exec(c->from, err, t->declare, "");
	while (r == 0 && n > 0)
		r = copy_some(c, t, t->fetch, &n, err);
	return r;
}

static void
release(struct copying *c)
{
	/* after the handles, which know the texts */
	db_close(c->from);
	for (size_t i = 0; i < c->n; i++) {
		free(c->table[i].declare);
		free(c->table[i].fetch);
		free(c->table[i].select);
		free(c->table[i].insert);
		free(c->table[i].forget);
	}
	free(c);
}

/* What its own making put in goes first, the last table before those that it refers to. */
static int
empty(struct copying *c, struct smartlic_error *err)
{
	int r = 0;

	for (size_t i = c->n; r == 0 && i-- > 0;)
		r = db_exec(c->to, err, c->table[i].forget, "");
	return r;
}

static int
copy_all(struct copying *c, struct smartlic_error *err)
{
	int r = read_tables(c, err);

	if (r == 0)
		r = db_begin(c->to, err);
	if (r == 0)
		r = empty(c, err);
	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = copy_table(c, &c->table[i], err);
	if (r == 0)
		r = db_commit(c->to, err);
	db_rollback(c->to);
	return r;
}

static int
copy(struct copying **ret, const char *from, struct db *to, struct smartlic_error *err)
{
	struct copying *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return sl_nomem(err);
	c->to = to;
	r = db_open(&c->from, from, 0, err);
	if (r == 0)
		r = schema_check(c->from, err);
	if (r == 0)
		r = sl_fail(err, SMARTLIC_E_STORE,
		    "the ledger is one of an earlier version; open it once with this program");
	if (r == 1)
		r = db_begin_reading(c->from, err);
	if (r == 0)
		r = copy_all(c, err);
	*ret = c;
	return r;
}

int
ledger_copy_to_file(const char *from, const char *path, int64_t now_s, struct smartlic_error *err)
{
	struct copying *c = NULL;
	struct db *to = NULL;
	int r;

	r = db_open(&to, path, 1, err);
	if (r == 0)
		r = schema_update(to, now_s, err);
	if (r == 0)
		r = copy(&c, from, to, err);
	db_close(to);
	if (c != NULL)
		release(c);
	return r;
}

/* Tables of ours that are in the way move to a schema of their own, indexes and all. */
static int
move_aside(struct db *to, const struct copying *names, const char *schema,
    struct smartlic_error *err)
{
	struct sl_buf text = { 0 };
	int r = 0;

	sl_buf_printf(&text, "CREATE SCHEMA %s", schema);
	r = text.failed ? sl_nomem(err) : db_run(to, text.data, err);
	for (size_t i = 0; r == 0 && i < names->n; i++) {
		sl_buf_free(&text);
		sl_buf_printf(&text, "ALTER TABLE IF EXISTS %s SET SCHEMA %s", names->table[i].name,
		    schema);
		r = text.failed ? sl_nomem(err) : db_run(to, text.data, err);
	}
	sl_buf_free(&text);
	return r;
}

int
ledger_copy_to_server(const char *from, const char *url, const char *aside, int64_t now_s,
    struct smartlic_error *err)
{
	struct copying *c = calloc(1, sizeof(*c));
	struct db *to = NULL;
	int r;

	if (c == NULL)
		return sl_nomem(err);
	r = db_open(&to, url, aside == NULL, err);
	if (r == 0)
		r = db_open(&c->from, from, 0, err);
	c->to = to;
	/* one transaction, alone from its begin on */
	if (r == 0)
		r = db_batch_begin(to, err);
	if (r == 0)
		r = db_begin(to, err);
	if (r == 0)
		r = read_tables(c, err);
	if (r == 0 && aside != NULL)
		r = move_aside(to, c, aside, err);
	if (r == 0)
		r = db_commit(to, err);
	if (r == 0)
		r = schema_update(to, now_s, err);
	if (r == 0)
		r = db_begin(to, err);
	if (r == 0)
		r = empty(c, err);
	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = copy_table(c, &c->table[i], err);
	if (r == 0)
		r = db_commit(to, err);
	if (r == 0)
		r = db_batch_commit(to, err);
	db_close(to);
	release(c);
	return r;
}
