/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"

/* Revoked certificates and the lists of them. */

int
ledger_is_revoked(struct ledger *l, const char *serial, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT 1 FROM revocation WHERE account = $1 AND serial = $2", "tt", l->info.account,
	    serial);
	if (r == 0)
		r = db_next(row, err);
	if (r == 1)
		db_done(row);
	return r;
}

int64_t
ledger_revoked_count(struct ledger *l, struct smartlic_error *err)
{
	struct db_row *row;
	int64_t n;
	int r;

	r = db_query(l->db, &row, err, "SELECT COUNT(*) FROM revocation", "");
	if (r == 0)
		r = db_next(row, err);
	if (r < 0)
		return r;
	n = db_int(row, 0);
	db_done(row);
	return n;
}

int
ledger_revoked(struct ledger *l, int64_t since_s, size_t max, struct pki_revoked **ret,
    size_t *ret_n, struct smartlic_error *err)
{
	struct pki_revoked *list = NULL;
	struct db_row *row;
	size_t n = 0, cap = 0;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT serial, at_s FROM revocation"
	    " WHERE expires_s IS NULL OR expires_s >= $1 ORDER BY at_s DESC, serial LIMIT $2",
	    "ii", since_s, (int64_t)max);
	if (r < 0)
		return r;
	while ((r = db_next(row, err)) == 1) {
		if (n == cap) {
			struct pki_revoked *p;

			cap = cap == 0 ? 64 : 2 * cap;
			p = reallocarray(list, cap, sizeof(*list));
			if (p == NULL) {
				db_done(row);
				r = sl_nomem(err);
				break;
			}
			list = p;
		}
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
ledger_crl_get(struct ledger *l, const char *issuer, struct ledger_crl *ret,
    struct sl_buf *ret_list, struct smartlic_error *err)
{
	struct db_row *row;
	const void *list;
	size_t len;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT number, made_s, revoked, list FROM crl WHERE issuer = $1", "t", issuer);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	*ret = (struct ledger_crl){ db_int(row, 0), db_int(row, 1), db_int(row, 2) };
	list = db_blob(row, 3, &len);
	if (ret_list != NULL)
		sl_buf_add(ret_list, list, len);
	db_done(row);
	return ret_list != NULL && ret_list->failed ? sl_nomem(err) : 1;
}

int
ledger_crl_put(struct ledger *l, const char *issuer, const struct ledger_crl *crl,
    const void *list, size_t len, struct smartlic_error *err)
{
	return db_exec(l->db, err,
	    "INSERT INTO crl (issuer, number, made_s, revoked, list)"
	    " VALUES ($1, $2, $3, $4, $5)"
	    " ON CONFLICT (issuer) DO UPDATE SET number = excluded.number,"
	    " made_s = excluded.made_s, revoked = excluded.revoked, list = excluded.list"
	    " WHERE crl.number < excluded.number",
	    "tiiib", issuer, crl->number, crl->made_s, crl->revoked, list, len);
}
