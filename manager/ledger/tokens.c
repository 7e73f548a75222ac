/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"
#include "ledger/satellites.h"

#define DAY_S INT64_C(86400)

/* An optional text of people: as a name, or nothing. */
static int
check_text(const char *what, const char *text, size_t size, struct smartlic_error *err)
{
	return text == NULL || text[0] == '\0' ? 0 : ledger_name_check(what, text, size, err);
}

static int
check_new(const struct ledger_token_new *t, struct smartlic_error *err)
{
	struct ledger_token *sizes = NULL;
	int r;

	if (t->days < 1 || t->days > 365)
		return sl_fail(err, SMARTLIC_E_INVAL, "a token lives 1 to 365 days, not %lld",
		    (long long)t->days);
	if (t->uses_max != LEDGER_ANY_USES && (t->uses_max < 1 || t->uses_max > 1000000000))
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "a token has 1 to 1000000000 uses, not %lld", (long long)t->uses_max);
	if (t->n_udis > LEDGER_TOKEN_UDIS_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT, "a token is bound to at most %d devices",
		    LEDGER_TOKEN_UDIS_MAX);
	r = check_text("name of the token", t->name, sizeof(sizes->name), err);
	if (r == 0)
		r = check_text("description of the token", t->description,
		    sizeof(sizes->description), err);
	if (r == 0)
		r = check_text("who makes the token", t->made_by, sizeof(sizes->made_by), err);
	for (size_t i = 0; r == 0 && i < t->n_udis; i++) {
		struct sl_udi udi = t->udis[i];

		if (udi.uuid[0] == '\0')
			udi.uuid[0] = '*'; /* any; the check wants one */
		r = sl_udi_check(&udi, err);
	}
	return r;
}

static const char *
or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static int
bind_udis(struct ledger *l, const char *hex, const struct ledger_token_new *t,
    struct smartlic_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->n_udis; i++)
		r = db_exec(l->db, err,
		    "INSERT INTO token_udi (account, token, pid, sn, uuid)"
		    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, token, pid, sn, uuid)"
		    " DO NOTHING",
		    "ttttt", l->info.account, hex, t->udis[i].pid, t->udis[i].sn,
		    t->udis[i].uuid);
	return r;
}

/* Whoever serves a virtual account makes its tokens. */
static int
check_here(struct ledger *l, int64_t va, const char *name, struct smartlic_error *err)
{
	char satellite[LEDGER_NAME_SIZE] = "";
	int r = ledger_va_here(l, va, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = ledger_va_satellite(l, va, satellite, err);
	if (r < 0)
		return r;
	return r == 1 ? sl_fail(err, SMARTLIC_E_INVAL,
	                    "the satellite '%.80s' serves the virtual account '%.80s': make the token there",
	                    satellite, name)
	              : sl_fail(err, SMARTLIC_E_INVAL,
	                    "this satellite does not serve the virtual account '%.80s'; name one that it "
	                    "does with --virtual-account ('satellite show')",
	                    name);
}

/* As people know it. */
static int
id_text(const char *hex, char *ret, size_t size, struct smartlic_error *err)
{
	unsigned char id[SL_TOKEN_ID_LEN];
	struct sl_buf text = { 0 };
	int r = 0;

	if (sl_unhex(id, sizeof(id), hex) < 0)
		return sl_fail(err, SMARTLIC_E_STORE, "the ledger holds no token id: '%s'", hex);
	sl_base64url(&text, id, sizeof(id));
	if (text.failed)
		r = sl_nomem(err);
	else
		(void)sl_copy(ret, size, text.data);
	sl_buf_free(&text);
	return r;
}

/* The id is no secret. */
static int
tell(struct ledger *l, const char *hex, const char *who, const char *what, const char *more,
    int64_t now_s, struct smartlic_error *err)
{
	char id[sizeof(((struct ledger_token *)0)->id_text)], text[256];
	int r = id_text(hex, id, sizeof(id), err);

	(void)snprintf(text, sizeof(text), "%s%s", r == 0 ? id : "", more);
	return r < 0 ? r : ledger_audit_add(l, who, what, NULL, text, now_s, err);
}

static int
tell_made(struct ledger *l, const char *hex, const char *va_name, const struct ledger_token_new *t,
    int64_t now_s, struct smartlic_error *err)
{
	char more[200];

	(void)snprintf(more, sizeof(more), " into '%.80s' for %lld days%s%.40s", va_name,
	    (long long)t->days, or_empty(t->name)[0] != '\0' ? ": " : "", or_empty(t->name));
	return tell(l, hex, or_empty(t->made_by), "token created", more, now_s, err);
}

int
ledger_token_add(struct ledger *l, const struct ledger_token_new *t,
    const unsigned char id[SL_TOKEN_ID_LEN], int64_t now_s, struct smartlic_error *err)
{
	char hex[2 * SL_TOKEN_ID_LEN + 1], name[LEDGER_NAME_SIZE] = "";
	int64_t va;
	int r;

	sl_hex(hex, id, SL_TOKEN_ID_LEN);
	r = check_new(t, err);
	if (r == 0)
		r = ledger_va_resolve(l, t->virtual_account, &va, name, err);
	if (r == 0)
		r = check_here(l, va, name, err);
	if (r == 0)
		r = ledger_token_settle(l, hex, err);
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO token (account, token, va, name, description, made_by, created_s,"
		    " expires_s, uses, uses_max, export_controlled)"
		    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)",
		    "ttitttiioi", l->info.account, hex, va, or_empty(t->name),
		    or_empty(t->description), or_empty(t->made_by), now_s,
		    now_s + t->days * DAY_S,
		    t->uses_max == LEDGER_ANY_USES ? DB_NULL_INT : t->uses_max,
		    (int64_t)(t->export_controlled != 0));
	if (r == 0)
		r = bind_udis(l, hex, t, err);
	return r < 0 ? r : tell_made(l, hex, name, t, now_s, err);
}

int
ledger_token_create(struct ledger *l, const struct ledger_token_new *t,
    const unsigned char id[SL_TOKEN_ID_LEN], int64_t now_s, struct smartlic_error *err)
{
	int r = ledger_begin(l, err);

	if (r < 0)
		return r;
	r = ledger_token_add(l, t, id, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

/* Hex, base64url of the id, or a whole token, of which no more than the id is looked at. */
static int
parse_id(const char *text, char ret[2 * SL_TOKEN_ID_LEN + 1], struct smartlic_error *err)
{
	unsigned char id[SL_TOKEN_ID_LEN];
	struct sl_buf bytes = { 0 };
	size_t len = strlen(text);
	int r = -1;

	if (len == 2 * SL_TOKEN_ID_LEN) {
		r = sl_unhex(id, sizeof(id), text);
	} else if (len == 22 || len == 64) {
		r = sl_unbase64url(&bytes, text, len);
		if (r == 0 && bytes.len >= sizeof(id))
			memcpy(id, bytes.data, sizeof(id));
		else
			r = -1;
	}
	sl_buf_free(&bytes);
	if (r < 0)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "not the id of a token: 22 characters as `token list` prints them");
	sl_hex(ret, id, sizeof(id));
	return 0;
}

int
ledger_token_revoke(
    struct ledger *l, const char *id, const char *who, int64_t now_s, struct smartlic_error *err)
{
	char hex[2 * SL_TOKEN_ID_LEN + 1];
	struct ledger_token_row token;
	int r;

	r = parse_id(id, hex, err);
	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = ledger_token_get(l, hex, &token, err);
	if (r == 0)
		r = sl_fail(
		    err, SMARTLIC_E_NOT_FOUND, "no token has this id; 'token list' has them");
	if (r == 1 && token.revoked_s != DB_NULL_INT) {
		r = 0;
	} else if (r == 1) {
		r = db_exec(l->db, err,
		    "UPDATE token SET revoked_s = $3 WHERE account = $1 AND token = $2", "tti",
		    l->info.account, hex, now_s);
		if (r == 0)
			r = tell(l, hex, who, "token revoked", "", now_s, err);
	}
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

#define TOKEN_COLUMNS                                                                              \
	"SELECT t.token, t.name, v.name, t.created_s, t.expires_s, t.revoked_s, t.uses,"           \
	" COALESCE(t.uses_max, -1), t.description, t.made_by, t.last_use_s, t.export_controlled,"  \
	" (SELECT COUNT(*) FROM token_udi u WHERE u.account = t.account AND u.token = t.token)"    \
	" FROM token t JOIN virtual_account v ON v.account = t.account AND v.va = t.va"

static int
read_token(struct db_row *row, struct ledger_token *ret, struct smartlic_error *err)
{
	*ret = (struct ledger_token){ .created_s = db_int(row, 3),
		.expires_s = db_int(row, 4),
		.revoked_s = db_int(row, 5),
		.uses = db_int(row, 6),
		.uses_max = db_int(row, 7),
		.last_use_s = db_int(row, 10),
		.export_controlled = (int)db_int(row, 11),
		.bound = db_int(row, 12) };
	LEDGER_COPY(ret->id, row, 0);
	LEDGER_COPY(ret->name, row, 1);
	LEDGER_COPY(ret->virtual_account, row, 2);
	LEDGER_COPY(ret->description, row, 8);
	LEDGER_COPY(ret->made_by, row, 9);
	return id_text(ret->id, ret->id_text, sizeof(ret->id_text), err);
}

int
ledger_token_each(struct ledger *l, int (*fn)(void *ud, const struct ledger_token *token),
    void *ud, struct smartlic_error *err)
{
	struct ledger_token t;
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    TOKEN_COLUMNS " WHERE t.account = $1 ORDER BY t.created_s, t.token", "t",
	    l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		r = read_token(row, &t, err);
		if (r == 0)
			r = fn(ud, &t);
		if (r != 0) {
			db_done(row);
			return r;
		}
	}
	return r;
}

int
ledger_token_find(struct ledger *l, const char *id, struct ledger_token *ret,
    struct smartlic_error *err)
{
	char hex[2 * SL_TOKEN_ID_LEN + 1];
	struct db_row *row;
	int r;

	r = parse_id(id, hex, err);
	if (r == 0)
		r = db_query(l->db, &row, err,
		    TOKEN_COLUMNS " WHERE t.account = $1 AND t.token = $2", "tt", l->info.account,
		    hex);
	if (r == 0)
		r = db_next(row, err);
	if (r == 0)
		return sl_fail(
		    err, SMARTLIC_E_NOT_FOUND, "no token has this id; 'token list' has them");
	if (r < 0)
		return r;
	r = read_token(row, ret, err);
	db_done(row);
	return r;
}

int
ledger_token_udi_each(struct ledger *l, const char *token,
    int (*fn)(void *ud, const struct sl_udi *udi), void *ud, struct smartlic_error *err)
{
	struct db_row *row;
	struct sl_udi udi;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT pid, sn, uuid FROM token_udi WHERE account = $1 AND token = $2"
	    " ORDER BY pid, sn, uuid",
	    "tt", l->info.account, token);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		LEDGER_COPY(udi.pid, row, 0);
		LEDGER_COPY(udi.sn, row, 1);
		LEDGER_COPY(udi.uuid, row, 2);
		stop = fn(ud, &udi);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_token_allows(struct ledger *l, const char *token, const struct sl_udi *udi,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT COUNT(*), COUNT(CASE WHEN pid = $3 AND sn = $4 AND (uuid = '' OR uuid = $5)"
	    " THEN 1 END) FROM token_udi WHERE account = $1 AND token = $2",
	    "ttttt", l->info.account, token, udi->pid, udi->sn, udi->uuid);
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	r = db_int(row, 0) == 0 || db_int(row, 1) > 0;
	db_done(row);
	return r;
}

int
ledger_token_get(struct ledger *l, const char *token, struct ledger_token_row *ret,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT va, expires_s, revoked_s, uses, COALESCE(uses_max, -1), export_controlled"
	    " FROM token WHERE account = $1 AND token = $2",
	    "tt", l->info.account, token);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		*ret = (struct ledger_token_row){ .va = db_int(row, 0),
			.expires_s = db_int(row, 1),
			.revoked_s = db_int(row, 2),
			.uses = db_int(row, 3),
			.uses_max = db_int(row, 4),
			.export_controlled = (int)db_int(row, 5) };
		db_done(row);
	}
	return r;
}

int
ledger_token_used_by(struct ledger *l, const char *token, const struct sl_udi *udi,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT 1 FROM token_use WHERE account = $1 AND token = $2 AND pid = $3 AND sn = $4"
	    " AND uuid = $5",
	    "ttttt", l->info.account, token, udi->pid, udi->sn, udi->uuid);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1)
		db_done(row);
	return r;
}

int
ledger_token_charge(struct ledger *l, const char *token, const struct sl_udi *udi, int64_t now_s,
    struct smartlic_error *err)
{
	int r;

	r = db_exec(l->db, err,
	    "INSERT INTO token_use (account, token, pid, sn, uuid, at_s)"
	    " VALUES ($1, $2, $3, $4, $5, $6)"
	    " ON CONFLICT (account, token, pid, sn, uuid) DO NOTHING",
	    "ttttti", l->info.account, token, udi->pid, udi->sn, udi->uuid, now_s);
	if (r < 0)
		return r;
	r = db_exec(l->db, err,
	    "UPDATE token SET uses = uses + $3, last_use_s = $4 WHERE account = $1 AND token = $2"
	    " AND ($3 = 0 OR uses_max IS NULL OR uses < uses_max)",
	    "ttii", l->info.account, token, db_changes(l->db), now_s);
	return r < 0 ? r : db_changes(l->db) == 1;
}

int
ledger_token_result_get(struct ledger *l, const char *token, const char *request_id,
    char ret_digest[SL_SHA256_HEX], struct sl_buf *ret_body, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT digest, body FROM token_result"
	    " WHERE account = $1 AND token = $2 AND request_id = $3",
	    "ttt", l->info.account, token, request_id);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	(void)sl_copy(ret_digest, SL_SHA256_HEX, db_text(row, 0));
	sl_buf_puts(ret_body, db_text(row, 1));
	db_done(row);
	return ret_body->failed ? sl_nomem(err) : 1;
}

int
ledger_token_result_add(struct ledger *l, const char *token, const char *request_id,
    const char *digest, const char *body, int64_t now_s, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO token_result (account, token, request_id, digest, body, at_s)"
	    " VALUES ($1, $2, $3, $4, $5, $6)",
	    "ttttti", l->info.account, token, request_id, digest, body, now_s);
}
