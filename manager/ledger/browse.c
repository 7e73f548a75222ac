/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/*
 * Lists of instances, page by page.  A page begins after an instance, so that none is left out or
 * shown twice while others register; each statement walks an index in the order that it gives, and
 * reads no more of it than a page.
 */
enum way {
	BY_TIME = 0,
	BY_STATE,
	BY_ACCOUNT,
	/* of each kind of word: first those behind the last instance that have the same word */
	SERIAL_SAME,
	SERIAL,
	HOST_SAME,
	HOST,
	PID_SAME,
	PID,
	WAYS
};

/* $2 va (0: any)  $3 state ('': any)  $4 the instance before  $5 how many */
#define FILTERED " AND (va = $2 OR $2 = 0) AND (state = $3 OR $3 = '')"
#define IN_TIME(where)                                                                             \
	"SELECT instance FROM instance WHERE account = $1" where FILTERED                          \
	" AND instance > $4 ORDER BY instance LIMIT $5"
/* $6 the last word before, or what is looked for  $7 after all that begin so  $8 what is looked for */
#define BEGINS(column) "(LOWER(" column ") >= $8 AND LOWER(" column ") < $7)"
#define SAME_WORD(column, not_yet)                                                                 \
	"SELECT instance FROM instance WHERE account = $1 AND LOWER(" column ") = $6"              \
	" AND instance > $4" FILTERED " AND $7 > '' AND $8 > ''" not_yet " ORDER BY instance LIMIT $5"
#define LATER_WORDS(column, not_yet)                                                               \
	"SELECT instance FROM instance WHERE account = $1 AND LOWER(" column ") > $6"              \
	" AND LOWER(" column ") < $7" FILTERED " AND $8 > '' AND $4 >= ''" not_yet           \
	" ORDER BY LOWER(" column "), instance LIMIT $5"
#define NOT_SERIAL " AND NOT " BEGINS("sn")
#define NOT_HOST   NOT_SERIAL " AND NOT " BEGINS("hostname")

static const char *const statements[WAYS] = {
	[BY_TIME] = IN_TIME(""),
	[BY_STATE] = IN_TIME(" AND state = $3"),
	[BY_ACCOUNT] = IN_TIME(" AND va = $2"),
	[SERIAL_SAME] = SAME_WORD("sn", ""),
	[SERIAL] = LATER_WORDS("sn", ""),
	[HOST_SAME] = SAME_WORD("hostname", NOT_SERIAL),
	[HOST] = LATER_WORDS("hostname", NOT_SERIAL),
	[PID_SAME] = SAME_WORD("pid", NOT_HOST),
	[PID] = LATER_WORDS("pid", NOT_HOST),
};

#define WORD_SIZE 256
struct page {
	enum way way;
	int64_t va, limit;
	const char *state;
	char after[SL_UUID_SIZE];
	char from[WORD_SIZE], begin[WORD_SIZE], end[WORD_SIZE + 4];
};

/* As LOWER() of both engines does with ASCII. */
static void
lower(char ret[WORD_SIZE], const char *text)
{
	size_t n = 0;

	for (; text[n] != '\0' && n < WORD_SIZE - 1; n++)
		ret[n] = (char)(text[n] >= 'A' && text[n] <= 'Z' ? text[n] - 'A' + 'a' : text[n]);
	ret[n] = '\0';
}

/* Goes on behind p->after, among what is found by the first word of it that fits. */
static int
resume(struct ledger *l, struct page *p, struct smartlic_error *err)
{
	struct ledger_row row;
	const char *words[] = { row.udi.sn, row.hostname, row.udi.pid };
	int r = ledger_row_get(l, p->after, &row, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 1 && i < 3; i++) {
		lower(p->from, words[i]);
		if (strncmp(p->from, p->begin, strlen(p->begin)) == 0) {
			p->way = (enum way)(SERIAL_SAME + 2 * i);
			return 0;
		}
	}
	return sl_fail(err, SMARTLIC_E_NOT_FOUND,
	    "nothing of this list comes after '%s': give the instance of its last line", p->after);
}

static int
begin(struct ledger *l, const struct ledger_instance_query *q, struct page *p,
    struct smartlic_error *err)
{
	static const char last[] = "\xf4\x8f\xbf\xbf"; /* no character comes after it */
	int r = 0;

	*p = (struct page){ .limit = q->limit, .state = q->state != NULL ? q->state : "" };
	if (q->limit < 1)
		return sl_fail(err, SMARTLIC_E_INVAL, "a page has at least one line");
	if (q->virtual_account != NULL)
		r = ledger_va_find(l, q->virtual_account, &p->va, err);
	if (r == 0 && q->after != NULL && sl_copy(p->after, sizeof(p->after), q->after) < 0)
		r = sl_fail(err, SMARTLIC_E_INVAL, "'%.60s' is no instance's UUID", q->after);
	if (r < 0)
		return r;
	p->way = p->va != 0 ? BY_ACCOUNT : p->state[0] != '\0' ? BY_STATE : BY_TIME;
	if (q->search == NULL)
		return 0;
	if (q->search[0] == '\0' || strlen(q->search) >= WORD_SIZE)
		return sl_fail(err, SMARTLIC_E_INVAL, "what is looked for has 1 to %d bytes",
		    WORD_SIZE - 1);
	p->way = SERIAL_SAME;
	lower(p->begin, q->search);
	(void)sl_copy(p->from, sizeof(p->from), p->begin);
	(void)sl_copy(p->end, sizeof(p->end), p->begin);
	(void)memcpy(p->end + strlen(p->end), last, sizeof(last));
	return p->after[0] == '\0' ? 0 : resume(l, p, err);
}

/* The page's part of what a query finds. */
static int
tell_found(struct ledger *l, struct db_row *row, struct page *p,
    int (*fn)(void *ud, const struct ledger_instance *instance), void *ud, int *ret_more,
    struct smartlic_error *err)
{
	struct ledger_instance out;
	struct ledger_row found;
	char instance[SL_UUID_SIZE];
	int r;

	while ((r = db_next(row, err)) == 1) {
		if (p->limit-- == 0) {
			*ret_more = 1;
			r = 0;
			break;
		}
		LEDGER_COPY(instance, row, 0);
		r = ledger_row_get(l, instance, &found, err);
		if (r == 1)
			r = ledger_row_tell(l, &found, &out, err);
		if (r >= 0)
			r = fn(ud, &out);
		if (r != 0)
			break;
	}
	if (r != 0 || *ret_more)
		db_done(row);
	return r;
}

static int
walk(struct ledger *l, struct page *p, int (*fn)(void *ud, const struct ledger_instance *instance),
    void *ud, int *ret_more, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	if (p->way < SERIAL_SAME)
		r = db_query(l->db, &row, err, statements[p->way], "titti", l->info.account, p->va,
		    p->state, p->after, p->limit + 1);
	else
		r = db_query(l->db, &row, err, statements[p->way], "tittittt", l->info.account,
		    p->va, p->state, p->after, p->limit + 1, p->from, p->end, p->begin);
	return r < 0 ? r : tell_found(l, row, p, fn, ud, ret_more, err);
}

int
ledger_instance_list(struct ledger *l, const struct ledger_instance_query *query,
    int (*fn)(void *ud, const struct ledger_instance *instance), void *ud, int *ret_more,
    struct smartlic_error *err)
{
	struct page p;
	int r = begin(l, query, &p, err);

	*ret_more = 0;
	if (r == 0)
		r = walk(l, &p, fn, ud, ret_more, err);
	while (r == 0 && !*ret_more && p.way >= SERIAL_SAME && p.way < PID) {
		p.way++;
		if (p.way == HOST_SAME || p.way == PID_SAME) { /* from their beginning */
			p.after[0] = '\0';
			(void)sl_copy(p.from, sizeof(p.from), p.begin);
		}
		r = walk(l, &p, fn, ud, ret_more, err);
	}
	return r;
}

int
ledger_without_root_list(struct ledger *l, const char *root, const char *after, int64_t limit,
    int (*fn)(void *ud, const struct ledger_instance *instance), void *ud, int *ret_more,
    struct smartlic_error *err)
{
	struct page p = { .way = BY_TIME, .limit = limit };
	struct db_row *row;
	int r;

	*ret_more = 0;
	if (sl_copy(p.after, sizeof(p.after), after != NULL ? after : "") < 0)
		return sl_fail(err, SMARTLIC_E_INVAL, "'%.60s' is no instance's UUID", after);
	r = db_query(l->db, &row, err,
	    "SELECT instance FROM instance WHERE account = $1 AND state <> 'closed' AND root <> $2"
	    " AND instance > $3 ORDER BY instance LIMIT $4", "ttti", l->info.account, root, p.after,
	    limit + 1);
	return r < 0 ? r : tell_found(l, row, &p, fn, ud, ret_more, err);
}

int
ledger_without_root_count(
    struct ledger *l, const char *root, int64_t *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT COUNT(*) FROM instance WHERE state <> 'closed' AND root <> $1", "t", root);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	*ret = db_int(row, 0);
	db_done(row);
	return 0;
}
