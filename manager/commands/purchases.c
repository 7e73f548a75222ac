/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "commands/csv.h"
#include "commands/done.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"
#include "text.h"

/* What was bought, with order and term; `license import` reads it from a file. */

/* ---- the rows -------------------------------------------------------------------------------- */

static json_t *
purchase_json(const struct ledger_purchase *p)
{
	char short_tag[SL_TAG_SIZE];

	sl_tag_short(short_tag, p->tag);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I}", "virtual_account",
	    p->virtual_account, "license", short_tag, "tag", p->tag, "order", p->order, "kind",
	    ledger_kind_name(p->kind), "start", output_time(p->start_s), "end",
	    output_time(p->end_s), "quantity", (json_int_t)p->quantity);
}

struct rows {
	json_t *list;
	int64_t now_s;
};

static int
add_purchase(void *ud, const struct ledger_purchase *p)
{
	struct rows *rows = ud;
	json_t *row = purchase_json(p);
	const char *status = p->counts                                            ? "valid"
			     : p->end_s != DB_NULL_INT && p->end_s <= rows->now_s ? "expired"
										  : "not started";

	(void)json_object_set_new(row, "in_use", json_integer((json_int_t)p->used));
	(void)json_object_set_new(row, "status", json_string(status));
	return json_array_append_new(rows->list, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_purchases(
    const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	struct rows rows = { list, system_now_s() };

	(void)call;
	return ledger_purchase_each(ledger, rows.now_s, add_purchase, &rows, err);
}

int
purchases_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "virtual_account", "VIRTUAL ACCOUNT" },
		{ "license", "LICENSE" },
		{ "order", "ORDER" },
		{ "kind", "KIND" },
		{ "start", "START" },
		{ "end", "END" },
		{ "quantity", "QUANTITY" },
		{ "in_use", "IN USE" },
		{ "status", "STATUS" },
	};

	return command_list(
	    call, fill_purchases, columns, sizeof(columns) / sizeof(columns[0]), err);
}

static int
add_row(void *ud, const struct ledger_purchase *p)
{
	json_t *row = purchase_json(p);

	(void)json_object_set_new(row, "at", output_time(p->at_s));
	(void)json_object_set_new(row, "what", json_string(p->what));
	(void)json_object_set_new(row, "who", json_string(p->who));
	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_history(
    const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	return ledger_purchase_history(ledger, call->operand[0], add_row, list, err);
}

int
command_license_show(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "at", "AT" },
		{ "virtual_account", "VIRTUAL ACCOUNT" },
		{ "quantity", "QUANTITY" },
		{ "what", "WHAT" },
		{ "order", "ORDER" },
		{ "kind", "KIND" },
		{ "start", "START" },
		{ "end", "END" },
		{ "who", "WHO" },
	};

	return command_list(call, fill_history, columns, sizeof(columns) / sizeof(columns[0]), err);
}

/* ---- what was done -----------------------------------------------------------------------------
 */

static int
tell_transfer(const struct call *call, struct ledger *ledger, int64_t n, struct smartlic_error *err)
{
	const char *order = call->option[OPTION_ORDER];
	char from[LEDGER_NAME_SIZE];
	int r = command_virtual_account_name(
	    ledger, call->option[OPTION_VIRTUAL_ACCOUNT], from, err);

	done_string(call, "virtual_account", from);
	done_string(call, "to_virtual_account", call->option[OPTION_TO_VIRTUAL_ACCOUNT]);
	done_tag(call, call->operand[0]);
	done_string(call, "order", order != NULL ? order : "");
	done_number(call, "quantity", n);
	return r;
}

/* As it is in the list now. */
static int
tell_purchase(const struct call *call, struct ledger *ledger, struct ledger_purchase *p,
    struct smartlic_error *err)
{
	const char *va = call->option[OPTION_VIRTUAL_ACCOUNT];
	int r = command_virtual_account_name(ledger, va, p->virtual_account, err);

	done_row(call, purchase_json(p));
	done_tag(call, p->tag);
	return r;
}

int
command_license_transfer(const struct call *call, struct smartlic_error *err)
{
	const char *from = call->option[OPTION_VIRTUAL_ACCOUNT];
	struct session s = { 0 };
	int64_t n;
	int r = command_number("COUNT", call->operand[1], 1, LEDGER_QUANTITY_MAX, &n, err);

	if (r < 0)
		return r;
	r = session_open(&s, call, err);
	if (r == 0)
		r = ledger_license_transfer(s.ledger, call->operand[0], n, from,
		    call->option[OPTION_TO_VIRTUAL_ACCOUNT], call->option[OPTION_ORDER],
		    command_by(call), system_now_s(), err);
	if (r == 0)
		r = tell_transfer(call, s.ledger, n, err);
	session_close(&s);
	return r;
}

/* ---- one, from options -------------------------------------------------------------------------
 */

/* A day, at its begin in UTC, or a moment. */
static int
read_time(const char *what, const char *text, int64_t *ret, struct smartlic_error *err)
{
	char moment[SL_TIME_SIZE];

	if (text == NULL || text[0] == '\0') {
		*ret = DB_NULL_INT;
		return 0;
	}
	if ((strlen(text) == 10 &&
		(size_t)snprintf(moment, sizeof(moment), "%sT00:00:00Z", text) < sizeof(moment) &&
		sl_time_parse(ret, moment) == 0) ||
	    sl_time_parse(ret, text) == 0)
		return 0;
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "%s: '%.40s': a day like 2027-12-31 is expected, or 2027-12-31T12:00:00Z", what, text);
}

/* kind: NULL or "": by whether there is an end. */
static int
make(struct ledger_purchase *ret, const char *va, const char *tag, const char *order,
    const char *kind, const char *start, const char *end, struct smartlic_error *err)
{
	int r;

	*ret = (struct ledger_purchase){ .kind = LEDGER_PERPETUAL };
	r = read_time("start", start, &ret->start_s, err);
	if (r == 0)
		r = read_time("end", end, &ret->end_s, err);
	if (r < 0)
		return r;
	if (kind == NULL || kind[0] == '\0')
		ret->kind = ret->end_s == DB_NULL_INT ? LEDGER_PERPETUAL : LEDGER_TERM;
	else if (ledger_kind_find(kind, &ret->kind) < 0)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "kind: '%.40s': perpetual, term or demo is expected", kind);
	if (sl_copy(ret->virtual_account, sizeof(ret->virtual_account), va == NULL ? "" : va) < 0 ||
	    sl_copy(ret->tag, sizeof(ret->tag), tag) < 0 ||
	    sl_copy(ret->order, sizeof(ret->order), order == NULL ? "" : order) < 0)
		return sl_fail(err, SMARTLIC_E_LIMIT,
		    "virtual account, license or order's reference is too long (255, 255, 127 "
		    "bytes)");
	return 0;
}

int
command_license_add(const struct call *call, struct smartlic_error *err)
{
	struct ledger_purchase p;
	struct session s = { 0 };
	int64_t n;
	int r = command_number("COUNT", call->operand[1], 1, LEDGER_QUANTITY_MAX, &n, err);

	if (r == 0)
		r = make(&p, call->option[OPTION_VIRTUAL_ACCOUNT], call->operand[0],
		    call->option[OPTION_ORDER], call->option[OPTION_KIND],
		    call->option[OPTION_START], call->option[OPTION_END], err);
	if (r < 0)
		return r;
	p.quantity = n;
	r = session_open(&s, call, err);
	if (r == 0)
		r = ledger_purchase_add(s.ledger, &p, command_by(call), system_now_s(), err);
	if (r == 0)
		r = tell_purchase(call, s.ledger, &p, err);
	session_close(&s);
	return r;
}

/* ---- many, from a file --------------------------------------------------------------------------
 */

enum { VIRTUAL_ACCOUNT, LICENSE, COUNT, ORDER, KIND, START, END, COLUMNS };
static const char *const column_names[COLUMNS] = { "virtual_account", "license", "count", "order",
	"kind", "start", "end" };

struct import {
	struct csv csv;
	int at[COLUMNS];              /* which field it is; -1: none */
	struct ledger_purchase *list; /* rows that could be read */
	size_t n;
	json_t *rows;   /* what is printed of each row */
	size_t *row_of; /* of list: its place in rows */
	int64_t refused;
};

static int
read_header(struct import *m, struct smartlic_error *err)
{
	int c;

	for (int i = 0; i < COLUMNS; i++)
		m->at[i] = -1;
	for (size_t f = 0; f < m->csv.n; f++) {
		for (c = 0; c < COLUMNS && strcmp(m->csv.field[f], column_names[c]) != 0;)
			c++;
		if (c == COLUMNS || m->at[c] >= 0)
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "line 1: '%.40s': each of virtual_account, license, count, order, "
			    "kind, start "
			    "and end may stand there once; license and count must",
			    m->csv.field[f]);
		m->at[c] = (int)f;
	}
	if (m->at[LICENSE] < 0 || m->at[COUNT] < 0)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "line 1: columns named license and count are expected, as in "
		    "'virtual_account,license,count,order,kind,start,end'");
	return 0;
}

static const char *
field(const struct import *m, int column)
{
	return m->at[column] < 0 ? "" : m->csv.field[m->at[column]];
}

/* A row's fields; its problem, or NULL. */
static const char *
read_row(struct import *m, size_t n_fields, struct ledger_purchase *ret, struct smartlic_error *why)
{
	int64_t n = 0;
	int r;

	if (m->csv.n != n_fields) {
		(void)sl_fail(why, SMARTLIC_E_INVAL, "%zu fields, the first line names %zu",
		    m->csv.n, n_fields);
		return why->text;
	}
	r = command_number("count", field(m, COUNT), 1, LEDGER_QUANTITY_MAX, &n, why);
	if (r == 0)
		r = make(ret, field(m, VIRTUAL_ACCOUNT), field(m, LICENSE), field(m, ORDER),
		    field(m, KIND), field(m, START), field(m, END), why);
	ret->quantity = n;
	return r < 0 ? why->text : NULL;
}

static void
refuse(struct import *m, json_t *row, const char *problem)
{
	m->refused++;
	(void)json_object_set_new(row, "result", json_string("refused"));
	(void)json_object_set_new(row, "text", json_string(problem));
}

static int
take_row(struct import *m, size_t n_fields, struct smartlic_error *err)
{
	struct smartlic_error why = { 0 };
	struct ledger_purchase p = { .quantity = 0 };
	const char *problem = read_row(m, n_fields, &p, &why);
	json_t *row = json_pack("{s:I, s:s, s:s, s:s, s:s}", "line", (json_int_t)m->csv.line,
	    "license", m->csv.n == n_fields ? field(m, LICENSE) : "", "count",
	    m->csv.n == n_fields ? field(m, COUNT) : "", "result", "ok", "text", "");
	void *list = reallocarray(m->list, m->n + 1, sizeof(*m->list));
	void *row_of = reallocarray(m->row_of, m->n + 1, sizeof(*m->row_of));

	m->list = list != NULL ? list : m->list;
	m->row_of = row_of != NULL ? row_of : m->row_of;
	if (row == NULL || list == NULL || row_of == NULL ||
	    json_array_append_new(m->rows, row) < 0)
		return sl_nomem(err);
	if (problem != NULL) {
		refuse(m, row, problem);
		return 0;
	}
	m->row_of[m->n] = json_array_size(m->rows) - 1;
	m->list[m->n++] = p;
	return 0;
}

static int
read_file(struct import *m, const char *path, struct smartlic_error *err)
{
	struct sl_buf text = { 0 };
	size_t n_fields;
	int r = file_read(path, &text, err);

	if (r == SMARTLIC_E_LIMIT)
		r = sl_fail(err, r,
		    "%s: larger than %d bytes: import it in parts, each with the first line",
		    path, FILE_SMALL_MAX);
	if (r == 0)
		r = csv_open(&m->csv, text.data, text.len, err);
	if (r == 0)
		r = csv_next(&m->csv, err);
	if (r == 0)
		r = sl_fail(err, SMARTLIC_E_INVAL, "the file is empty");
	else if (r == 1)
		r = read_header(m, err);
	n_fields = m->csv.n;
	while (r == 0 && (r = csv_next(&m->csv, err)) == 1)
		r = take_row(m, n_fields, err);
	sl_buf_free(&text);
	return r;
}

static void
tell(void *ud, size_t i, const char *problem)
{
	struct import *m = ud;

	if (problem != NULL)
		refuse(m, json_array_get(m->rows, m->row_of[i]), problem);
}

/* What was looked at alone stays "ok". */
static void
mark_added(struct import *m)
{
	json_t *row;
	size_t i;

	json_array_foreach(m->rows, i, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "result")), "ok") == 0)
			(void)json_object_set_new(row, "result", json_string("added"));
	}
}

static int
print(const struct call *call, const struct import *m, int added, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "line", "LINE" },
		{ "license", "LICENSE" },
		{ "count", "COUNT" },
		{ "result", "RESULT" },
		{ "text", "TEXT" },
	};
	int r = output_list(m->rows, columns, sizeof(columns) / sizeof(columns[0]),
	    call->option[OPTION_JSON] != NULL, err);

	if (r == 0 && m->refused > 0 && added)
		r = sl_fail(err, SMARTLIC_E_REFUSED,
		    "rows refused: %lld, see above; added: %lld; mend those that were refused and "
		    "import them alone",
		    (long long)m->refused,
		    (long long)json_array_size(m->rows) - (long long)m->refused);
	else if (r == 0 && m->refused > 0)
		r = sl_fail(err, SMARTLIC_E_REFUSED,
		    "rows refused: %lld, see above; nothing was added: mend them and import the "
		    "file "
		    "again, or take the good ones with --partial",
		    (long long)m->refused);
	return r;
}

int
command_license_import(const struct call *call, struct smartlic_error *err)
{
	int partial = call->option[OPTION_PARTIAL] != NULL, added, r;
	enum ledger_import how = partial ? LEDGER_IMPORT_GOOD : LEDGER_IMPORT_ALL;
	struct import m = { .rows = json_array() };
	struct session s = { 0 };

	r = m.rows == NULL ? sl_nomem(err) : session_open(&s, call, err);
	if (r == 0)
		r = read_file(&m, call->operand[0], err);
	/* also where a row was refused: the others are then only looked at */
	if (call->option[OPTION_DRY_RUN] != NULL || (!partial && m.refused > 0))
		how = LEDGER_IMPORT_LOOK;
	if (r == 0)
		r = ledger_purchase_import(
		    s.ledger, m.list, m.n, how, command_by(call), system_now_s(), tell, &m, err);
	added = how == LEDGER_IMPORT_GOOD || (how == LEDGER_IMPORT_ALL && r == 0);
	if (r >= 0 && added)
		mark_added(&m);
	if (r >= 0)
		r = print(call, &m, added, err);
	csv_close(&m.csv);
	free(m.list);
	free(m.row_of);
	json_decref(m.rows);
	session_close(&s);
	return r;
}
