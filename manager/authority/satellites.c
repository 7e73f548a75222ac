/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "authority/sync.h"
#include "pki/satellite.h"
#include "text.h"

/* What the administrator of the upstream does with satellites. */

#define HOME_LEN 4

/* The invitation is a token as devices have, of another table: it registers none. */
static int
draw(struct authority *a, unsigned char token[SL_TOKEN_ID_LEN + SL_TOKEN_SECRET_LEN],
    struct smartlic_error *err)
{
	int current = a->token_keys->current, r;

	token[0] = (unsigned char)current;
	r = token_home(a, token + 1, err);
	if (r == 0)
		r = sl_crypto_random(
		    a->crypto, token + 1 + HOME_LEN, SL_TOKEN_ID_LEN - 1 - HOME_LEN, err);
	if (r < 0)
		return r;
	r = token_secret(a, token, token + SL_TOKEN_ID_LEN, err);
	if (r == 0)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "the token key %d is missing from token.key: restore it", current);
	return r < 0 ? r : 0;
}

int
authority_satellite_create(struct authority *a, const struct authority_invitation *i, int64_t now_s,
    struct sl_buf *ret, struct smartlic_error *err)
{
	unsigned char token[SL_TOKEN_ID_LEN + SL_TOKEN_SECRET_LEN];
	struct db *db = ledger_db(a->ledger);
	int r;

	if (pki_is_satellite(a->pki))
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "this is a satellite itself: satellites are made at its upstream");
	r = draw(a, token, err);
	if (r == 0)
		r = ledger_begin(a->ledger, err);
	if (r < 0)
		goto out;
	r = ledger_satellite_create(a->ledger, i->name, i->virtual_accounts, i->n_virtual_accounts,
	    i->tls_names, token, now_s + i->days * DAY_S, now_s, err);
	if (r == 0)
		r = ledger_audit_add(
		    a->ledger, i->who, "satellite invited", NULL, i->name, now_s, err);
	/* made for good, also where the commit fails: what is refused leaves none behind */
	if (r == 0)
		r = pki_satellites_make(a->pki, now_s, err);
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	if (r == 0) {
		sl_base64url(ret, token, sizeof(token));
		r = ret->failed ? sl_nomem(err) : 0;
	}
out:
	sl_wipe(token, sizeof(token));
	return r;
}

/* Who has joined and is still heard of is asked to leave by itself. */
static int
may_be_taken_back(const struct ledger_satellite *s, int64_t now_s, struct smartlic_error *err)
{
	char since[SL_TIME_SIZE];

	if (s->state == SATELLITE_LEFT)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "the satellite '%s' serves nothing any more", s->name);
	if (s->state == SATELLITE_INVITED || now_s - s->synced_s >= SATELLITE_EXPIRED_S)
		return 0;
	sl_time(since, s->synced_s + SATELLITE_EXPIRED_S);
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "the satellite '%s' may serve until %s; 'satellite leave' there hands all back at once",
	    s->name, since);
}

int
authority_satellite_take_back(struct authority *a, const char *name, const char *who, int64_t now_s,
    struct smartlic_error *err)
{
	struct db *db = ledger_db(a->ledger);
	struct ledger_satellite s;
	int r = ledger_begin(a->ledger, err);

	if (r < 0)
		return r;
	r = ledger_satellite_by_name(a->ledger, name, &s, err);
	if (r == 0)
		r = sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "no satellite is named '%s'; 'satellite list' names them", name);
	if (r == 1)
		r = may_be_taken_back(&s, now_s, err);
	if (r == 0)
		r = ledger_satellite_end(a->ledger, &s, who, "satellite taken back", now_s, err);
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	return r;
}
