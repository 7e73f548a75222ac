/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/satellites.h"

/* The upstream's side: who its satellites are and what they serve. */

static const char *const state_names[] = {
	[SATELLITE_INVITED] = "invited",
	[SATELLITE_JOINED] = "joined",
	[SATELLITE_LEFT] = "left",
};

const char *
ledger_satellite_status(const struct ledger_satellite *s, int64_t now_s)
{
	return s->state != SATELLITE_JOINED ? state_names[s->state]
					    : ledger_synchronised(s->synced_s, now_s);
}

/* ---- making one ----------------------------------------------------------- */

/* 1 when a query finds a row. */
static int
any(struct db_row *row, struct smartlic_error *err)
{
	int r = db_next(row, err);

	if (r == 1)
		db_done(row);
	return r;
}

static int
check_va(struct ledger *l, int64_t va, const char *name, int64_t now_s, struct smartlic_error *err)
{
	char other[LEDGER_NAME_SIZE];
	struct db_row *row;
	int64_t standing;
	int r;

	r = ledger_va_default(l, &standing, err);
	if (r == 0 && va == standing)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "'%s' is the default virtual account, which stays at its own authority; make "
		    "another one for the satellite",
		    name);
	if (r == 0)
		r = ledger_va_satellite(l, va, other, err);
	if (r == 1)
		return sl_fail(err, SMARTLIC_E_EXISTS,
		    "the satellite '%.80s' serves the virtual account '%.80s' already", other,
		    name);
	if (r == 0)
		r = db_query(l->db, &row, err,
		    "SELECT 1 FROM token WHERE account = $1 AND va = $2 AND revoked_s IS NULL"
		    " AND expires_s > $3",
		    "tii", l->info.account, va, now_s);
	if (r == 0)
		r = any(row, err);
	if (r == 1)
		return sl_fail(err, SMARTLIC_E_EXISTS,
		    "the virtual account '%s' has valid registration tokens; revoke them: the "
		    "satellite "
		    "will make its own",
		    name);
	return r;
}

static int
add_vas(struct ledger *l, const char *name, const char *const *vas, size_t n, int64_t now_s,
    int64_t *ret_first, struct smartlic_error *err)
{
	int64_t va;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = ledger_va_find(l, vas[i], &va, err);
		if (r == 0)
			r = check_va(l, va, vas[i], now_s, err);
		if (r == 0)
			r = db_exec(l->db, err,
			    "INSERT INTO satellite_va (account, va, satellite, place)"
			    " VALUES ($1, $2, $3, $4)",
			    "titi", l->info.account, va, name, (int64_t)i);
		if (i == 0)
			*ret_first = va;
	}
	return r;
}

int
ledger_satellite_create(struct ledger *l, const char *name, const char *const *vas, size_t n,
    const char *tls_names, const unsigned char token[SL_TOKEN_ID_LEN], int64_t expires_s,
    int64_t now_s, struct smartlic_error *err)
{
	char hex[2 * SL_TOKEN_ID_LEN + 1], text[160];
	int64_t va = LEDGER_DEFAULT_VA;
	struct ledger_satellite old;
	int r = ledger_name_check("name of the satellite", name, 101, err);

	sl_hex(hex, token, SL_TOKEN_ID_LEN);
	(void)snprintf(text, sizeof(text), "satellite %s", name);
	if (r == 0)
		r = ledger_satellite_by_name(l, name, &old, err);
	if (r == 1)
		return sl_fail(err, SMARTLIC_E_EXISTS, "a satellite is named '%s' already", name);
	/* it registers nobody: it stands for the satellite's own tokens, which are not known here
	 */
	if (r == 0)
		r = add_vas(l, name, vas, n, now_s, &va, err);
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO token (account, token, va, name, created_s, expires_s, revoked_s, "
		    "uses,"
		    " uses_max) VALUES ($1, $2, $3, $4, $5, $5, $5, 0, NULL)",
		    "ttiti", l->info.account, hex, va, text, now_s);
	if (r == 0)
		r = ledger_token_settle(l, hex, err);
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO satellite (account, satellite, state, token, token_expires_s, "
		    "tls_names,"
		    " created_s, sequence, acknowledged) VALUES ($1, $2, 'invited', $3, $4, $5, "
		    "$6, 0, 0)",
		    "tttiti", l->info.account, name, hex, expires_s, tls_names, now_s);
	return r;
}

/* ---- reading -------------------------------------------------------------- */

#define COLUMNS                                                                                    \
	" satellite, state, token, token_expires_s, home, ca_ski, ca_serial, version, tls_names,"  \
	" created_s, joined_s, synced_s, left_s, sequence, acknowledged, root"

static void
read_satellite(struct db_row *row, struct ledger_satellite *ret)
{
	*ret = (struct ledger_satellite){ .state = SATELLITE_LEFT };
	LEDGER_COPY(ret->name, row, 0);
	for (int i = SATELLITE_INVITED; i <= SATELLITE_LEFT; i++)
		if (strcmp(db_text(row, 1), state_names[i]) == 0)
			ret->state = (enum satellite_state)i;
	LEDGER_COPY(ret->token, row, 2);
	ret->token_expires_s = db_int(row, 3);
	LEDGER_COPY(ret->home, row, 4);
	LEDGER_COPY(ret->ca_ski, row, 5);
	LEDGER_COPY(ret->ca_serial, row, 6);
	LEDGER_COPY(ret->version, row, 7);
	LEDGER_COPY(ret->tls_names, row, 8);
	ret->created_s = db_int(row, 9);
	ret->joined_s = db_int(row, 10);
	ret->synced_s = db_int(row, 11);
	ret->left_s = db_int(row, 12);
	ret->sequence = db_int(row, 13);
	ret->acknowledged = db_int(row, 14);
	LEDGER_COPY(ret->root, row, 15);
}

static int
one(struct db_row *row, struct ledger_satellite *ret, struct smartlic_error *err)
{
	int r = db_next(row, err);

	if (r == 1) {
		read_satellite(row, ret);
		db_done(row);
	}
	return r;
}

int
ledger_satellite_by_name(
    struct ledger *l, const char *name, struct ledger_satellite *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT" COLUMNS " FROM satellite WHERE account = $1 AND satellite = $2", "tt",
	    l->info.account, name);
	return r < 0 ? r : one(row, ret, err);
}

int
ledger_satellite_by_home(
    struct ledger *l, const char *home, struct ledger_satellite *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT" COLUMNS " FROM satellite WHERE account = $1 AND home = $2", "tt",
	    l->info.account, home);
	return r < 0 ? r : one(row, ret, err);
}

int
ledger_satellite_by_token(
    struct ledger *l, const char *token, struct ledger_satellite *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT" COLUMNS " FROM satellite WHERE account = $1 AND token = $2", "tt",
	    l->info.account, token);
	return r < 0 ? r : one(row, ret, err);
}

int
ledger_satellite_each(struct ledger *l,
    int (*fn)(void *ud, const struct ledger_satellite *satellite), void *ud,
    struct smartlic_error *err)
{
	struct ledger_satellite s;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT" COLUMNS " FROM satellite WHERE account = $1 ORDER BY satellite", "t",
	    l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		read_satellite(row, &s);
		stop = fn(ud, &s);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_satellite_ca_get(
    struct ledger *l, const char *name, struct sl_buf *ret_der, struct smartlic_error *err)
{
	struct db_row *row;
	const void *der;
	size_t len;
	int r = db_query(l->db, &row, err,
	    "SELECT ca FROM satellite WHERE account = $1 AND satellite = $2 AND ca IS NOT NULL",
	    "tt", l->info.account, name);

	if (r < 0)
		return r;
	r = db_next(row, err);
	if (r == 1) {
		der = db_blob(row, 0, &len);
		sl_buf_add(ret_der, der, len);
		db_done(row);
	}
	return r == 1 && ret_der->failed ? sl_nomem(err) : r;
}

int
ledger_satellite_each_joined(struct ledger *l,
    int (*fn)(void *ud, const char *name, const char *root, const void *ca, size_t len), void *ud,
    struct smartlic_error *err)
{
	struct db_row *row;
	const void *ca;
	size_t len;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT satellite, root, ca FROM satellite WHERE state = 'joined' ORDER BY account,"
	    " satellite",
	    "");
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		ca = db_blob(row, 2, &len);
		stop = fn(ud, db_text(row, 0), db_text(row, 1), ca, len);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_satellite_each_ca(struct ledger *l, int (*fn)(void *ud, const void *der, size_t len),
    void *ud, struct smartlic_error *err)
{
	struct db_row *row;
	const void *der;
	size_t len;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT ca FROM satellite WHERE account = $1 AND ca IS NOT NULL", "t", l->info.account);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		der = db_blob(row, 0, &len);
		stop = fn(ud, der, len);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_satellite_each_va(struct ledger *l, const char *name,
    int (*fn)(void *ud, int64_t va, const char *va_name), void *ud, struct smartlic_error *err)
{
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT s.va, v.name FROM satellite_va s JOIN virtual_account v"
	    " ON v.account = s.account AND v.va = s.va"
	    " WHERE s.account = $1 AND s.satellite = $2 ORDER BY s.place",
	    "tt", l->info.account, name);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		stop = fn(ud, db_int(row, 0), db_text(row, 1));
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_va_satellite(
    struct ledger *l, int64_t va, char ret[LEDGER_NAME_SIZE], struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT satellite FROM satellite_va WHERE account = $1 AND va = $2", "ti",
	    l->info.account, va);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		(void)sl_copy(ret, LEDGER_NAME_SIZE, db_text(row, 0));
		db_done(row);
	}
	return r;
}

int
ledger_satellites_revoked(
    struct ledger *l, struct pki_revoked **ret, size_t *ret_n, struct smartlic_error *err)
{
	struct pki_revoked *list = NULL, *p;
	struct db_row *row;
	size_t n = 0;
	int r;

	/* of all accounts: they have one issuer */
	r = db_query(l->db, &row, err,
	    "SELECT ca_serial, left_s FROM satellite WHERE left_s IS NOT NULL"
	    " AND ca_serial IS NOT NULL ORDER BY ca_serial",
	    "");
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		p = reallocarray(list, n + 1, sizeof(*list));
		if (p == NULL) {
			db_done(row);
			free(list);
			return sl_nomem(err);
		}
		list = p;
		list[n] = (struct pki_revoked){ .at_s = db_int(row, 1) };
		LEDGER_COPY(list[n].serial, row, 0);
		n++;
	}
	if (r < 0) {
		free(list);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int
ledger_satellite_token_of(struct ledger *l, const unsigned char ski[SL_SKI_LEN],
    char ret[2 * SL_TOKEN_ID_LEN + 1], struct smartlic_error *err)
{
	char hex[LEDGER_SKI_HEX];
	struct db_row *row;
	int r;

	sl_hex(hex, ski, SL_SKI_LEN);
	r = db_query(l->db, &row, err,
	    "SELECT token FROM satellite WHERE account = $1 AND ca_ski = $2", "tt", l->info.account,
	    hex);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		(void)sl_copy(ret, 2 * SL_TOKEN_ID_LEN + 1, db_text(row, 0));
		db_done(row);
	}
	return r;
}

int
ledger_satellite_each_pool(struct ledger *l, const char *name,
    int64_t now_s, int (*fn)(void *ud, int64_t va, const char *tag, int64_t quantity), void *ud,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT p.va, p.tag, CAST(SUM(CASE WHEN (p.start_s IS NULL OR p.start_s <= $3)"
	    " AND (p.end_s IS NULL OR p.end_s > $3) THEN p.quantity ELSE 0 END) AS BIGINT)"
	    " FROM purchase p JOIN satellite_va s"
	    " ON s.account = p.account AND s.va = p.va WHERE p.account = $1 AND s.satellite = $2"
	    " GROUP BY p.va, p.tag ORDER BY p.va, p.tag",
	    "tti", l->info.account, name, now_s);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		stop = fn(ud, db_int(row, 0), db_text(row, 1), db_int(row, 2));
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_satellite_ca(
    struct ledger *l, const struct sl_cert *cert, const char *name, struct smartlic_error *err)
{
	size_t len;
	const void *der = sl_cert_der(cert, &len);

	return db_exec(l->db, err,
	    "UPDATE satellite SET ca = $3, ca_serial = $4 WHERE account = $1 AND satellite = $2",
	    "ttbt", l->info.account, name, der, len, sl_cert_serial(cert));
}

/* ---- its life ------------------------------------------------------------- */

int
ledger_satellite_mark_all(struct ledger *l, const char *home, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO change (account, peer, change, instance)"
	    " SELECT $1, $2, COALESCE((SELECT MAX(c.change) FROM change c WHERE c.account = $1"
	    " AND c.peer = $2), 0) + ROW_NUMBER() OVER (ORDER BY i.instance), i.instance"
	    " FROM instance i WHERE i.account = $1 AND i.home = $2"
	    " ON CONFLICT (account, peer, instance) DO UPDATE SET change = excluded.change",
	    "tt", l->info.account, home);
}

int
ledger_satellite_join(struct ledger *l, const struct ledger_satellite *s, const void *ca,
    size_t len, int64_t now_s, struct smartlic_error *err)
{
	int r;

	r = db_exec(l->db, err,
	    "UPDATE satellite SET state = 'joined', home = $3, ca_ski = $4, ca_serial = $5, ca = "
	    "$6,"
	    " joined_s = $7, synced_s = $7, version = $8 WHERE account = $1 AND satellite = $2",
	    "tttttbit", l->info.account, s->name, s->home, s->ca_ski, s->ca_serial, ca, len, now_s,
	    s->version);
	/* what registered here before is at home there from now on */
	if (r == 0)
		r = db_exec(l->db, err,
		    "UPDATE instance SET home = $3 WHERE account = $1 AND home IS NULL AND va IN"
		    " (SELECT va FROM satellite_va WHERE account = $1 AND satellite = $2)",
		    "ttt", l->info.account, s->name, s->home);
	return r < 0 ? r : ledger_satellite_mark_all(l, s->home, err);
}

int
ledger_satellite_put(struct ledger *l, const struct ledger_satellite *s, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE satellite SET sequence = $3, acknowledged = $4, version = $5, synced_s = $6,"
	    " root = $7 WHERE account = $1 AND satellite = $2",
	    "ttiitit", l->info.account, s->name, s->sequence, s->acknowledged, s->version,
	    s->synced_s, s->root);
}

int
ledger_satellite_end(struct ledger *l, const struct ledger_satellite *s, const char *who,
    const char *what, int64_t now_s, struct smartlic_error *err)
{
	int r;

	r = db_exec(l->db, err,
	    "UPDATE satellite SET state = 'left', left_s = $3 WHERE account = $1 AND satellite = "
	    "$2",
	    "tti", l->info.account, s->name, now_s);
	if (r == 0)
		r = db_exec(l->db, err,
		    "DELETE FROM satellite_va WHERE account = $1 AND satellite = $2", "tt",
		    l->info.account, s->name);
	if (r == 0 && s->home[0] != '\0')
		r = db_exec(l->db, err,
		    "UPDATE instance SET home = NULL WHERE account = $1 AND home = $2", "tt",
		    l->info.account, s->home);
	if (r == 0 && s->ca_serial[0] != '\0')
		r = db_exec(l->db, err,
		    "INSERT INTO revocation (account, serial, why, at_s, expires_s)"
		    " VALUES ($1, $2, 'satellite', $3, NULL)"
		    " ON CONFLICT (account, serial) DO NOTHING",
		    "tti", l->info.account, s->ca_serial, now_s);
	return r < 0 ? r : ledger_audit_add(l, who, what, NULL, s->name, now_s, err);
}
