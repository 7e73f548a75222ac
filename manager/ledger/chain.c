/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ledger/chain.h"
#include "text.h"

#define FORM "smartlic-entry-1"

/* Each part ends with a NUL, which none contains: no two entries have the same bytes. */
static void
put_text(struct sl_buf *buf, const char *text)
{
	sl_buf_puts(buf, text);
	sl_buf_add(buf, "", 1);
}

static void
put_int(struct sl_buf *buf, int64_t n)
{
	sl_buf_printf(buf, "%lld", (long long)n);
	sl_buf_add(buf, "", 1);
}

int
chain_hash(struct smartlic_crypto *crypto, const char *previous, const struct chain_entry *e,
    char ret[SL_SHA256_HEX], struct smartlic_error *err)
{
	struct sl_buf buf = { 0 };
	int r;

	put_text(&buf, FORM);
	put_text(&buf, previous);
	put_text(&buf, e->account);
	put_int(&buf, e->entry);
	put_int(&buf, e->va);
	put_text(&buf, e->tag);
	put_text(&buf, e->instance);
	put_int(&buf, e->delta);
	put_text(&buf, e->why);
	put_int(&buf, e->at_s);
	r = buf.failed ? sl_nomem(err) : sl_sha256_hex(crypto, buf.data, buf.len, ret, err);
	sl_buf_free(&buf);
	return r;
}

int
chain_add(struct db *db, struct smartlic_crypto *crypto, struct chain_entry *e,
    char ret[SL_SHA256_HEX], struct smartlic_error *err)
{
	char previous[SL_SHA256_HEX];
	struct db_row *row;
	int r;

	/* written before it is read: of two that add at once, the second waits for the first */
	r = db_query(db, &row, err,
	    "INSERT INTO chain (account, entry, hash) VALUES ($1, 1, $2)"
	    " ON CONFLICT (account) DO UPDATE SET entry = chain.entry + 1 RETURNING entry, hash",
	    "tt", e->account, CHAIN_BEGIN);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	e->entry = db_int(row, 0);
	(void)sl_copy(previous, sizeof(previous), db_text(row, 1));
	r = db_next(row, err); /* to its end, that it counts as done */
	if (r == 0)
		r = chain_hash(crypto, previous, e, ret, err);
	if (r == 0)
		r = db_exec(db, err, "UPDATE chain SET hash = $2 WHERE account = $1", "tt",
		    e->account, ret);
	return r;
}

/* ---- entries from before there was a chain -------------------------------------------------- */

struct builder {
	struct db *db;
	struct smartlic_crypto *crypto;
	char account[SL_UUID_SIZE];
	int64_t last;
	char hash[SL_SHA256_HEX]; /* of the last */
};

/* 1, or 0 when all entries of the account are chained.  A number that is missing stays missing:
 * whether the ledger is whole is for `ledger verify` to say. */
static int
build_entry(struct builder *b, struct smartlic_error *err)
{
	struct chain_entry e = { .account = b->account };
	char hash[SL_SHA256_HEX];
	struct db_row *row;
	int r;

	r = db_query(b->db, &row, err,
	    "SELECT entry, va, tag, instance, delta, why, at_s FROM entry"
	    " WHERE account = $1 AND entry > $2 ORDER BY entry LIMIT 1",
	    "ti", b->account, b->last);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	e.entry = db_int(row, 0);
	e.va = db_int(row, 1);
	e.tag = db_text(row, 2);
	e.instance = db_text(row, 3);
	e.delta = db_int(row, 4);
	e.why = db_text(row, 5);
	e.at_s = db_int(row, 6);
	r = chain_hash(b->crypto, b->hash, &e, hash, err);
	db_done(row);
	if (r == 0)
		r = db_exec(b->db, err,
		    "UPDATE entry SET hash = $3 WHERE account = $1 AND entry = $2", "tit",
		    b->account, e.entry, hash);
	b->last = e.entry;
	(void)sl_copy(b->hash, sizeof(b->hash), hash);
	return r < 0 ? r : 1;
}

static int
build_account(struct builder *b, struct smartlic_error *err)
{
	int r;

	b->last = 0;
	(void)sl_copy(b->hash, sizeof(b->hash), CHAIN_BEGIN);
	do
		r = build_entry(b, err);
	while (r == 1);
	if (r == 0 && b->last > 0)
		r = db_exec(b->db, err,
		    "INSERT INTO chain (account, entry, hash) VALUES ($1, $2, $3)", "tit",
		    b->account, b->last, b->hash);
	return r;
}

int
chain_build(struct db *db, struct smartlic_error *err)
{
	struct builder b = { .db = db };
	struct db_row *row;
	int r;

	r = smartlic_crypto_new(&b.crypto, err);
	while (r == 0) {
		r = db_query(db, &row, err,
		    "SELECT account FROM account WHERE account > $1 ORDER BY account LIMIT 1", "t",
		    b.account);
		if (r == 0)
			r = db_next(row, err);
		if (r <= 0)
			break;
		(void)sl_copy(b.account, sizeof(b.account), db_text(row, 0));
		db_done(row);
		r = build_account(&b, err);
	}
	smartlic_crypto_free(b.crypto);
	return r;
}
