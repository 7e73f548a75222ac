/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "pki/satellite.h"
#include "tests/manager/edge.h"

struct site up, edge;
static uint64_t seed = 76;

/* ---- making both ---------------------------------------------------------- */

static void
invite(const char *name, const char *const *vas, size_t n, const char *tls_names,
    struct sl_buf *ret_token)
{
	struct authority_invitation i = { .name = name,
		.virtual_accounts = vas,
		.n_virtual_accounts = n,
		.tls_names = tls_names,
		.days = 7,
		.who = "root" };

	site_ok(&up, authority_satellite_create(up.authority, &i, up.now, ret_token, &up.err));
}

void
edge_invite_another(struct sl_buf *ret_token)
{
	static const char *const vas[] = { "Third" };

	site_ok(&up, ledger_virtual_account_create(up.ledger, vas[0], "admin", up.now, &up.err));
	invite("edge-3", vas, 1, "", ret_token);
}

void
edge_open_folder(struct join *j, const char *token, struct sl_buf *ret_request)
{
	char pki[96], path[FILE_PATH_SIZE];
	struct sl_buf root = { 0 };

	edge = (struct site){ .now = up.now, .seed = ++seed };
	strcpy(edge.dir, "/tmp/check_edge.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(edge.dir));
	(void)snprintf(edge.db_path, sizeof(edge.db_path), "%s/ledger.db", edge.dir);
	(void)snprintf(pki, sizeof(pki), "%s/pki", edge.dir);
	site_ok(&edge, smartlic_crypto_new(&edge.crypto, &edge.err));
	site_ok(&edge, file_path(path, pki_dir(up.pki), "root.pem", &edge.err));
	site_ok(&edge, file_read(path, &root, &edge.err));
	site_ok(&edge, pki_join_create(pki, root.data, root.len, edge.crypto, &edge.err));
	site_ok(&edge, join_ask(j, edge.crypto, pki, token, edge.now, site_fill, &edge, ret_request,
			   &edge.err));
	edge.keys.current = 1;
	edge.keys.present[1] = 1;
	(void)site_fill(&edge, edge.keys.key[1], sizeof(edge.keys.key[1]));
	sl_buf_free(&root);
}

int
edge_take_join(const struct join *j, const struct sl_buf *answer)
{
	char pki[96];
	int r;

	(void)snprintf(pki, sizeof(pki), "%s/pki", edge.dir);
	r = join_take(
	    j, edge.crypto, pki, edge.db_path, answer->data, answer->len, edge.now, &edge.err);
	if (r == 0) {
		site_ok(&edge, pki_open(&edge.pki, edge.crypto, pki, &edge.err));
		site_start(&edge);
	}
	return r;
}

void
edge_answer(const struct sl_buf *request, struct sl_buf *ret)
{
	site_ok(&up, authority_answer(up.authority, request->data, request->len, up.now, site_fill,
			 &up, ret, &up.err));
}

static void
join(const char *name)
{
	static const char *const vas[] = { BRANCH, LAB };
	struct sl_buf token = { 0 }, request = { 0 }, answer = { 0 };
	struct join j = { .url = "https://up.example.net/" };

	invite(name, vas, 2, "edge.example.net", &token);
	edge_open_folder(&j, token.data, &request);
	edge_answer(&request, &answer);
	ck_assert_msg(edge_take_join(&j, &answer) == 0, "%s", edge.err.text);
	sl_buf_free(&token);
	sl_buf_free(&request);
	sl_buf_free(&answer);
}

static void
make(void)
{
	site_open(&up);
	site_ok(&up, ledger_virtual_account_create(up.ledger, BRANCH, "admin", up.now, &up.err));
	site_ok(&up, ledger_virtual_account_create(up.ledger, LAB, "admin", up.now, &up.err));
	site_ok(&up, ledger_license_add(up.ledger, BRANCH, TAG_G, 10, 0, up.now, &up.err));
	join("edge-1");
}

/* How both are when a test begins. */
static struct site first_up, first_edge;

void
edge_keep(void)
{
	site_keep();
	make();
	if (db_is_url(up.db_path)) {
		edge_teardown();
		return;
	}
	site_put_aside(&up);
	site_put_aside(&edge);
	first_up = up;
	first_edge = edge;
}

void
edge_drop(void)
{
	site_drop();
	if (first_up.now == 0)
		return;
	site_remove(&first_up);
	site_remove(&first_edge);
	first_up.now = 0;
}

void
edge_setup(void)
{
	if (first_up.now == 0) {
		make();
		return;
	}
	site_copy(&up, &first_up);
	site_copy(&edge, &first_edge);
}

void
edge_join_anew(void)
{
	struct sync_outcome o;

	ck_assert_int_eq(edge_round(SYNC_LEAVE, &o), 0);
	ck_assert_int_eq(o.left, 1);
	site_close(&edge);
	join("edge-2");
}

void
edge_teardown(void)
{
	site_close(&edge);
	site_close(&up);
}

/* ---- synchronising -------------------------------------------------------- */

void
edge_ask(struct sl_buf *ret, unsigned int flags)
{
	site_ok(&edge, sync_ask(edge.authority, flags, edge.now, site_fill, &edge, ret, &edge.err));
}

int
edge_round(unsigned int flags, struct sync_outcome *o)
{
	struct sl_buf request = { 0 }, answer = { 0 };
	int r;

	edge_ask(&request, flags);
	site_ok(&edge, sync_read_ahead(edge.authority, NULL, &edge.err));
	edge_answer(&request, &answer);
	r = sync_answer(edge.authority, answer.data, answer.len, edge.now, o, &edge.err);
	if (r == 0 && o->renewed)
		site_ok(&edge, pki_refresh(edge.pki, &edge.err));
	sl_buf_free(&request);
	sl_buf_free(&answer);
	return r;
}

void
edge_pass(int64_t s)
{
	up.now += s;
	edge.now += s;
}

void
edge_sync(void)
{
	struct sync_outcome o = { .more = 1 };

	for (int i = 0; i < 50 && o.more; i++)
		ck_assert_msg(edge_round(0, &o) == 0, "%s", edge.err.text);
	ck_assert(!o.more);
	ck_assert_str_eq(o.refused, "");
	site_check(&up);
	site_check(&edge);
}

void
edge_restore(struct site *s, const char *backup)
{
	struct ledger_restored restored;
	unsigned char random[11];

	site_stop(s);
	(void)site_fill(s, random, sizeof(random));
	site_ok(s, ledger_restore(s->db_path, backup, "0b0b0b0b-0000-4000-8000-000000000001",
		       random, "admin", s->now, &restored, &s->err));
	site_start(s);
}

/* ---- what is compared ----------------------------------------------------- */

struct ledger_row
edge_row(struct site *s, const struct device *d)
{
	struct ledger_row row = { .state = LEDGER_CLOSED };

	ck_assert_int_eq(ledger_row_get(s->ledger, d->instance, &row, &s->err), 1);
	return row;
}

int64_t
edge_va(struct site *s, const char *name)
{
	struct db_row *row;
	int64_t va;

	site_ok(s, db_query(ledger_db(s->ledger), &row, &s->err,
		       "SELECT va FROM virtual_account WHERE name = $1", "t", name));
	ck_assert_int_eq(db_next(row, &s->err), 1);
	va = db_int(row, 0);
	db_done(row);
	return va;
}

void
edge_assert_equal(const struct device *d, const char *va)
{
	struct ledger_row a = edge_row(&up, d), b = edge_row(&edge, d);

	ck_assert_int_eq(a.state, b.state);
	ck_assert_int_eq(a.sequence, b.sequence);
	ck_assert_int_eq(a.sequence, d->sequence);
	ck_assert_int_eq(a.va, b.va);
	ck_assert_int_eq(a.va, edge_va(&up, va));
	ck_assert_int_eq(a.issued_s, b.issued_s);
	ck_assert_int_eq(a.deadline_s, b.deadline_s);
	ck_assert_str_eq(a.home, ledger_info(edge.ledger)->home);
	ck_assert_str_eq(b.home, "");
}

struct device
edge_traveller(struct site *s, const char *sn)
{
	struct device d = device_new(s, sn);

	d.keeps_cas = 1;
	return d;
}

struct device
edge_registered(const char *sn)
{
	struct site_token token = site_token_new(&edge, BRANCH, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&edge, sn);

	ck_assert_int_eq(device_register(&edge, &d, &token, 0), SL_DENIED_NONE);
	return d;
}
