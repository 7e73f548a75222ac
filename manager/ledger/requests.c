/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"
#include "ledger/satellites.h"

/* Keys of instances, and the requests that were executed for them. */

static const char *const key_states[] = {
	[LEDGER_KEY_ISSUED] = "issued",
	[LEDGER_KEY_CURRENT] = "current",
	[LEDGER_KEY_REPLACED] = "replaced",
};

int
ledger_key_get(struct ledger *l, const char *ski, struct ledger_key *ret,
    struct sl_buf *ret_certificate, struct smartlic_error *err)
{
	struct db_row *row;
	const void *der;
	size_t len;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT m.ledger, m.sealed_s, k.instance, k.state, k.certificate FROM manager m"
	    " LEFT JOIN key k ON k.account = $1 AND k.ski = $2",
	    "tt", l->info.account, ski);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	r = ledger_is_ours(l, row, err);
	if (r < 0 || db_is_null(row, 2)) {
		db_done(row);
		return r;
	}
	*ret = (struct ledger_key){ .state = LEDGER_KEY_REPLACED };
	(void)sl_copy(ret->ski, sizeof(ret->ski), ski);
	LEDGER_COPY(ret->instance, row, 2);
	for (int i = LEDGER_KEY_ISSUED; i <= LEDGER_KEY_REPLACED; i++)
		if (strcmp(db_text(row, 3), key_states[i]) == 0)
			ret->state = (enum ledger_key_state)i;
	if (ret_certificate != NULL) {
		der = db_blob(row, 4, &len);
		sl_buf_add(ret_certificate, der, len);
	}
	db_done(row);
	return ret_certificate != NULL && ret_certificate->failed ? sl_nomem(err) : 1;
}

int
ledger_key_add(struct ledger *l, const struct ledger_key *key, const char *serial,
    const void *certificate, size_t len, int64_t now_s, int64_t expires_s,
    struct smartlic_error *err)
{
	int r = ledger_key_settle(l, key->ski, err);

	if (r < 0)
		return r;
	return db_exec(l->db, err,
	    "INSERT INTO key (account, ski, instance, state, serial, certificate, issued_s,"
	    " expires_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
	    "tttttbii", l->info.account, key->ski, key->instance, key_states[key->state], serial,
	    certificate, len, now_s, expires_s);
}

int
ledger_key_current_s(struct ledger *l, const char *instance, int64_t *ret_issued_s,
    struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	*ret_issued_s = DB_NULL_INT;
	r = db_query(l->db, &row, err,
	    "SELECT issued_s FROM key WHERE account = $1 AND instance = $2 AND state = 'current'",
	    "tt", l->info.account, instance);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1) {
		*ret_issued_s = db_int(row, 0);
		db_done(row);
	}
	return r < 0 ? r : 0;
}

int
ledger_key_move(struct ledger *l, const struct ledger_key *key, const char *serial,
    const void *certificate, size_t len, int64_t issued_s, int64_t expires_s,
    struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE key SET instance = $3, state = $4, serial = $5, certificate = $6,"
	    " issued_s = $7, expires_s = $8 WHERE account = $1 AND ski = $2",
	    "tttttbii", l->info.account, key->ski, key->instance, key_states[key->state], serial,
	    certificate, len, issued_s, expires_s);
}

int
ledger_key_promote(struct ledger *l, const struct ledger_key *key, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE key SET state = CASE WHEN ski = $3 THEN 'current' ELSE 'replaced' END"
	    " WHERE account = $1 AND instance = $2",
	    "ttt", l->info.account, key->instance, key->ski);
}

int
ledger_key_each(struct ledger *l, const char *instance,
    int (*fn)(void *ud, const struct ledger_key_info *key), void *ud, struct smartlic_error *err)
{
	struct ledger_key_info key;
	struct db_row *row;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT ski, serial, state, issued_s FROM key"
	    " WHERE account = $1 AND instance = $2 ORDER BY issued_s, ski",
	    "tt", l->info.account, instance);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		key = (struct ledger_key_info){ .issued_s = db_int(row, 3) };
		LEDGER_COPY(key.ski, row, 0);
		LEDGER_COPY(key.serial, row, 1);
		LEDGER_COPY(key.state, row, 2);
		stop = fn(ud, &key);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

int
ledger_key_state(struct ledger *l, const struct ledger_key *key, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "UPDATE key SET state = $4 WHERE account = $1 AND ski = $2 AND instance = $3", "tttt",
	    l->info.account, key->ski, key->instance, key_states[key->state]);
}

int
ledger_key_each_certificate(struct ledger *l, const char *instance, int64_t max,
    int (*fn)(void *ud, const struct ledger_key *key, int64_t issued_s, const void *der, size_t len),
    void *ud, struct smartlic_error *err)
{
	struct ledger_key key = { .state = LEDGER_KEY_REPLACED };
	struct db_row *row;
	const void *der;
	size_t len;
	int r, stop;

	r = db_query(l->db, &row, err,
	    "SELECT ski, state, certificate, issued_s FROM (SELECT ski, state, certificate, issued_s"
	    " FROM key WHERE account = $1 AND instance = $2"
	    " ORDER BY state = 'replaced', issued_s DESC, ski DESC LIMIT $3) AS k"
	    " ORDER BY issued_s, ski",
	    "tti", l->info.account, instance, max);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		(void)sl_copy(key.instance, sizeof(key.instance), instance);
		LEDGER_COPY(key.ski, row, 0);
		for (int i = LEDGER_KEY_ISSUED; i <= LEDGER_KEY_REPLACED; i++)
			if (strcmp(db_text(row, 1), key_states[i]) == 0)
				key.state = (enum ledger_key_state)i;
		der = db_blob(row, 2, &len);
		stop = fn(ud, &key, db_int(row, 3), der, len);
		if (stop != 0) {
			db_done(row);
			return stop;
		}
	}
	return r;
}

static int
read_request(struct db_row *row, struct ledger_request *ret, struct sl_buf *ret_body,
    struct smartlic_error *err)
{
	int r = db_next(row, err);

	if (r <= 0)
		return r;
	*ret = (struct ledger_request){ .sequence = db_int(row, 0) };
	LEDGER_COPY(ret->request_id, row, 1);
	LEDGER_COPY(ret->digest, row, 2);
	LEDGER_COPY(ret->type, row, 3);
	LEDGER_COPY(ret->store, row, 4);
	ret->at_s = db_int(row, 5);
	ret->has_body = !db_is_null(row, 6);
	if (!db_is_null(row, 7))
		LEDGER_COPY(ret->denial, row, 7);
	if (ret_body != NULL && ret->has_body)
		sl_buf_puts(ret_body, db_text(row, 6));
	db_done(row);
	return ret_body != NULL && ret_body->failed ? sl_nomem(err) : 1;
}

int
ledger_request_by_id(struct ledger *l, const char *instance, const char *request_id,
    struct ledger_request *ret, struct sl_buf *ret_body, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT sequence, request_id, digest, type, store, at_s, body, denial"
	    " FROM request"
	    " WHERE account = $1 AND instance = $2 AND request_id = $3",
	    "ttt", l->info.account, instance, request_id);
	return r < 0 ? r : read_request(row, ret, ret_body, err);
}

int
ledger_request_by_sequence(struct ledger *l, const char *instance, int64_t sequence,
    struct ledger_request *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT sequence, request_id, digest, type, store, at_s, body, denial"
	    " FROM request"
	    " WHERE account = $1 AND instance = $2 AND sequence = $3",
	    "tti", l->info.account, instance, sequence);
	return r < 0 ? r : read_request(row, ret, NULL, err);
}

int
ledger_request_last(struct ledger *l, const char *instance, struct ledger_request *ret,
    struct sl_buf *ret_body, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT sequence, request_id, digest, type, store, at_s, body, denial FROM request"
	    " WHERE account = $1 AND instance = $2 ORDER BY sequence DESC LIMIT 1",
	    "tt", l->info.account, instance);
	return r < 0 ? r : read_request(row, ret, ret_body, err);
}

int
ledger_request_forget(
    struct ledger *l, const char *instance, int64_t sequence, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "DELETE FROM request WHERE account = $1 AND instance = $2 AND sequence = $3", "tti",
	    l->info.account, instance, sequence);
}

void
ledger_contact_text(
    char *ret, size_t size, int64_t at_s, const char *request_id, const char *store)
{
	char time[SL_TIME_SIZE];

	sl_time(time, at_s);
	(void)snprintf(ret, size, "%s, request %s, store %s", time, request_id, store);
}

/* Those beyond what is kept go TRIM_EVERY at a time: each that goes is in other pages than the one
 * that comes. */
#define TRIM_EVERY 16

int
ledger_request_add(struct ledger *l, const char *instance, const struct ledger_request *request,
    const char *body, struct smartlic_error *err)
{
	int r;

	r = db_exec(l->db, err,
	    "UPDATE request SET body = NULL WHERE account = $1 AND instance = $2 AND sequence ="
	    " (SELECT MAX(sequence) FROM request WHERE account = $1 AND instance = $2)",
	    "tt", l->info.account, instance);
	if (r == 0)
		r = db_exec(l->db, err,
		    "INSERT INTO request (account, instance, sequence, request_id, digest, type,"
		    " store, at_s, body, denial)"
		    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		    "ttittttitt", l->info.account, instance, request->sequence,
		    request->request_id, request->digest, request->type, request->store,
		    request->at_s, body, request->denial[0] != '\0' ? request->denial : NULL);
	if (r == 0 && request->before / TRIM_EVERY != request->sequence / TRIM_EVERY)
		r = db_exec(l->db, err,
		    "DELETE FROM request WHERE account = $1 AND instance = $2 AND sequence <="
		    " (SELECT sequence FROM request WHERE account = $1 AND instance = $2"
		    " ORDER BY sequence DESC LIMIT 1 OFFSET $3)",
		    "tti", l->info.account, instance, (int64_t)LEDGER_REQUESTS_KEPT);
	return r;
}
