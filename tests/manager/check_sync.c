/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/join_ask.h"
#include "authority/sync.h"
#include "file.h"
#include "pki/satellite.h"
#include "tests/manager/site.h"
#include "text.h"

/*
 * An upstream, a satellite of it, and devices that talk to either: what the rules of
 * synchronisation make of it (doc/decisions/satellites.md).
 */
static struct site up, edge;
static uint64_t seed = 76;

#define BRANCH "Branch"
#define LAB    "Lab"

/* ---- making both ---------------------------------------------------------- */

static void
invite(struct sl_buf *ret_token)
{
	static const char *const vas[] = { BRANCH, LAB };
	struct authority_invitation i = { .name = "edge-1",
		.virtual_accounts = vas,
		.n_virtual_accounts = 2,
		.tls_names = "edge.example.net",
		.days = 7,
		.who = "root" };

	site_ok(&up, authority_satellite_create(up.authority, &i, up.now, ret_token, &up.err));
}

static void
open_folder(struct join *j, const char *token, struct sl_buf *ret_request)
{
	char pki[96], path[FILE_PATH_SIZE];
	struct sl_buf root = { 0 };

	edge = (struct site){ .now = up.now, .seed = ++seed };
	strcpy(edge.dir, "/tmp/check_sync.XXXXXX");
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

static int
take_join(const struct join *j, const struct sl_buf *answer)
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

static void
answer_of_upstream(const struct sl_buf *request, struct sl_buf *ret)
{
	site_ok(&up, authority_answer(up.authority, request->data, request->len, up.now, site_fill,
			 &up, ret, &up.err));
}

static void
setup(void)
{
	struct sl_buf token = { 0 }, request = { 0 }, answer = { 0 };
	struct join j = { .url = "https://up.example.net/" };

	site_open(&up);
	site_ok(&up, ledger_virtual_account_create(up.ledger, BRANCH, "admin", up.now, &up.err));
	site_ok(&up, ledger_virtual_account_create(up.ledger, LAB, "admin", up.now, &up.err));
	site_ok(&up, ledger_license_add(up.ledger, BRANCH, TAG_G, 10, 0, up.now, &up.err));
	invite(&token);
	open_folder(&j, token.data, &request);
	answer_of_upstream(&request, &answer);
	ck_assert_msg(take_join(&j, &answer) == 0, "%s", edge.err.text);
	sl_buf_free(&token);
	sl_buf_free(&request);
	sl_buf_free(&answer);
}

static void
teardown(void)
{
	site_close(&edge);
	site_close(&up);
}

/* ---- synchronising -------------------------------------------------------- */

static void
ask(struct sl_buf *ret, int leave)
{
	site_ok(&edge, sync_ask(edge.authority, leave, edge.now, site_fill, &edge, ret, &edge.err));
}

/* One round; the answer's outcome, and its code. */
static int
round_trip(int leave, struct sync_outcome *o)
{
	struct sl_buf request = { 0 }, answer = { 0 };
	int r;

	ask(&request, leave);
	answer_of_upstream(&request, &answer);
	r = sync_answer(edge.authority, answer.data, answer.len, edge.now, o, &edge.err);
	if (r == 0 && o->renewed)
		site_ok(&edge, pki_refresh(edge.pki, &edge.err));
	sl_buf_free(&request);
	sl_buf_free(&answer);
	return r;
}

static void
pass(int64_t s)
{
	up.now += s;
	edge.now += s;
}

static void
sync_all(void)
{
	struct sync_outcome o = { .more = 1 };

	for (int i = 0; i < 50 && o.more; i++)
		ck_assert_msg(round_trip(0, &o) == 0, "%s", edge.err.text);
	ck_assert(!o.more);
	ck_assert_str_eq(o.refused, "");
	site_check(&up);
	site_check(&edge);
}

/* ---- what is compared ----------------------------------------------------- */

static struct ledger_row
row_at(struct site *s, const struct device *d)
{
	struct ledger_row row = { .state = LEDGER_CLOSED };

	ck_assert_int_eq(ledger_row_get(s->ledger, d->instance, &row, &s->err), 1);
	return row;
}

static int64_t
va_of(struct site *s, const char *name)
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

/* Invariant 12: device, home and upstream say the same. */
static void
assert_equal(const struct device *d, const char *va)
{
	struct ledger_row a = row_at(&up, d), b = row_at(&edge, d);

	ck_assert_int_eq(a.state, b.state);
	ck_assert_int_eq(a.sequence, b.sequence);
	ck_assert_int_eq(a.sequence, d->sequence);
	ck_assert_int_eq(a.va, b.va);
	ck_assert_int_eq(a.va, va_of(&up, va));
	ck_assert_int_eq(a.issued_s, b.issued_s);
	ck_assert_int_eq(a.deadline_s, b.deadline_s);
	ck_assert_str_eq(a.home, ledger_info(edge.ledger)->home);
	ck_assert_str_eq(b.home, "");
}

static struct device
traveller(struct site *s, const char *sn)
{
	struct device d = device_new(s, sn);

	d.keeps_cas = 1;
	return d;
}

static struct device
registered_at_edge(const char *sn)
{
	struct site_token token = site_token_new(&edge, BRANCH, 30, LEDGER_ANY_USES);
	struct device d = traveller(&edge, sn);

	ck_assert_int_eq(device_register(&edge, &d, &token, 0), SL_DENIED_NONE);
	return d;
}

/* ---- tests ---------------------------------------------------------------- */

START_TEST(a_joined_satellite_knows_its_accounts_and_pools)
{
	int64_t purchased, consumed;

	ck_assert_str_eq(ledger_info(edge.ledger)->account, SITE_ACCOUNT);
	ck_assert_str_eq(ledger_info(edge.ledger)->upstream, SITE_HOME);
	ck_assert_str_ne(ledger_info(edge.ledger)->home, SITE_HOME);
	site_ok(&edge, ledger_pool_get(edge.ledger, va_of(&edge, BRANCH), TAG_G, edge.now, &purchased,
			   &consumed, &edge.err));
	ck_assert_int_eq(purchased, 10);
	ck_assert_int_eq(consumed, 0);
}
END_TEST

START_TEST(a_device_lives_at_the_satellite_and_the_upstream_learns_all_of_it)
{
	struct device d = registered_at_edge("SN1");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM instance"), 0);
	pass(60);
	sync_all();
	assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 4);
	ck_assert_int_eq(site_consumed(&edge, va_of(&edge, BRANCH), TAG_G), 4);
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM evidence"), 1);
	ck_assert_int_eq(device_use(&edge, &d, 7, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_renew_id(&edge, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 6, 0), SL_DENIED_NONE);
	sync_all();
	assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 6);
	device_free(&d);
}
END_TEST

START_TEST(its_answers_are_signed_by_role_satellite_and_say_when_it_synchronised)
{
	struct device d = registered_at_edge("SN1");

	ck_assert_uint_eq(sl_cert_roles(pki_signer(edge.pki)), SL_ROLE_SATELLITE);
	ck_assert_uint_eq(edge.last_certs, 3);
	ck_assert_uint_eq(edge.last_lists, 3);
	ck_assert_ptr_nonnull(strstr(edge.last.data, "\"synchronised\":\"2027-01-15T08:00:00Z\""));
	pass(3600);
	sync_all();
	ck_assert_int_eq(device_use(&edge, &d, 1, 0), SL_DENIED_NONE);
	ck_assert_ptr_nonnull(strstr(edge.last.data, "\"synchronised\":\"2027-01-15T09:00:00Z\""));
	device_free(&d);
}
END_TEST

START_TEST(a_device_that_moves_to_the_upstream_and_back_is_counted_once)
{
	struct device d = registered_at_edge("SN1");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	sync_all();
	/* the upstream does not serve Branch: it enters the default one */
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 5);
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 0);
	pass(60);
	sync_all();
	ck_assert_int_eq(site_consumed(&edge, va_of(&edge, BRANCH), TAG_G), 0);
	ck_assert_str_eq(row_at(&up, &d).home, "");
	ck_assert_str_eq(row_at(&edge, &d).home, SITE_HOME);
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	pass(60);
	sync_all();
	assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 0);
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 3);
	ck_assert_int_eq(site_consumed(&edge, va_of(&edge, BRANCH), TAG_G), 3);
	device_free(&d);
}
END_TEST

START_TEST(a_device_unknown_to_the_satellite_is_adopted_into_its_first_virtual_account)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = traveller(&up, "SN1");

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&edge, va_of(&edge, BRANCH), TAG_G), 3);
	sync_all();
	assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 0);
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 3);
	device_free(&d);
}
END_TEST

START_TEST(what_one_side_closed_is_closed_at_both)
{
	struct device d = registered_at_edge("SN1"), e = registered_at_edge("SN2");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &e, 4, 0), SL_DENIED_NONE);
	sync_all();
	site_ok(&up, ledger_instance_remove(up.ledger, d.instance, "admin", up.now, &up.err));
	site_ok(
	    &edge, ledger_instance_remove(edge.ledger, e.instance, "local", edge.now, &edge.err));
	/* a request that the satellite executes before it knows does not bring it back */
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_NONE);
	sync_all();
	ck_assert_int_eq(row_at(&edge, &d).state, LEDGER_CLOSED);
	ck_assert_int_eq(row_at(&up, &d).state, LEDGER_CLOSED);
	ck_assert_str_eq(row_at(&edge, &d).closed_by, "admin");
	ck_assert_int_eq(row_at(&up, &e).state, LEDGER_CLOSED);
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(device_use(&up, &e, 5, 0), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 0);
	ck_assert_int_eq(site_consumed(&edge, va_of(&edge, BRANCH), TAG_G), 0);
	device_free(&d);
	device_free(&e);
}
END_TEST

START_TEST(of_two_registrations_of_a_device_the_later_one_wins_at_both)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = registered_at_edge("SN1"), e = traveller(&up, "SN1");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	pass(3600);
	ck_assert_int_eq(device_register(&up, &e, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &e, 5, 0), SL_DENIED_NONE);
	sync_all();
	ck_assert_int_eq(row_at(&up, &d).state, LEDGER_CLOSED);
	ck_assert_int_eq(row_at(&edge, &d).state, LEDGER_CLOSED);
	ck_assert_int_eq(row_at(&up, &e).state, LEDGER_LIVE);
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 0);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 5);
	device_free(&d);
	device_free(&e);
}
END_TEST

START_TEST(a_repeated_late_or_lost_exchange_changes_nothing)
{
	struct sl_buf first = { 0 }, second = { 0 }, answer = { 0 }, other = { 0 };
	struct device d = registered_at_edge("SN1");
	struct sync_outcome o;

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ask(&first, 0);
	answer_of_upstream(&first, &answer); /* and is lost */
	ck_assert_int_eq(device_use(&edge, &d, 6, 0), SL_DENIED_NONE);
	pass(60);
	ask(&second, 0);
	answer_of_upstream(&second, &other);
	/* the answer to a request that is not the open one any more */
	ck_assert_int_eq(
	    sync_answer(edge.authority, answer.data, answer.len, edge.now, &o, &edge.err),
	    SMARTLIC_E_BINDING);
	ck_assert_int_eq(
	    sync_answer(edge.authority, other.data, other.len, edge.now, &o, &edge.err), 0);
	ck_assert_int_eq(
	    sync_answer(edge.authority, other.data, other.len, edge.now, &o, &edge.err),
	    SMARTLIC_E_BINDING);
	/* the older message arrives once more */
	sl_buf_free(&answer);
	answer_of_upstream(&first, &answer);
	sync_all();
	assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 6);
	sl_buf_free(&first);
	sl_buf_free(&second);
	sl_buf_free(&answer);
	sl_buf_free(&other);
	device_free(&d);
}
END_TEST

/* Enough for two messages; under valgrind for one. */
#define FLEET_MAX 60

START_TEST(more_rows_than_fit_into_a_message_follow_in_the_next)
{
	int n = 10 + (int)((FLEET_MAX - 10) * test_percent() / 100);
	struct device d[FLEET_MAX];
	struct sync_outcome o;
	char sn[16];

	for (int i = 0; i < n; i++) {
		(void)snprintf(sn, sizeof(sn), "SN%d", i);
		d[i] = registered_at_edge(sn);
		ck_assert_int_eq(device_use(&edge, &d[i], 1, 0), SL_DENIED_NONE);
	}
	ck_assert_int_eq(round_trip(0, &o), 0);
	ck_assert_int_eq(o.more, n == FLEET_MAX);
	sync_all();
	for (int i = 0; i < n; i++) {
		assert_equal(&d[i], BRANCH);
		device_free(&d[i]);
	}
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), n);
}
END_TEST

/* ---- what the upstream refuses -------------------------------------------- */

START_TEST(a_row_of_another_virtual_account_is_refused)
{
	struct device d = registered_at_edge("SN1");
	struct sync_outcome o;

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	site_ok(
	    &edge, db_exec(ledger_db(edge.ledger), &edge.err, "UPDATE instance SET va = 1", ""));
	ck_assert_int_eq(round_trip(0, &o), 0);
	ck_assert_ptr_nonnull(strstr(o.refused, "not one of this satellite's"));
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM instance"), 0);
	device_free(&d);
}
END_TEST

START_TEST(an_instance_at_home_elsewhere_is_not_taken_without_proof)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = traveller(&up, "SN1");
	struct sync_outcome o;

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	site_ok(&edge, db_exec(ledger_db(edge.ledger), &edge.err, "DELETE FROM evidence", ""));
	ck_assert_int_eq(round_trip(0, &o), 0);
	ck_assert_ptr_nonnull(strstr(o.refused, "proves that it moved"));
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 2);
	device_free(&d);
}
END_TEST

START_TEST(an_older_request_does_not_prove_that_a_device_came_back)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = traveller(&up, "SN1");
	struct sync_outcome o;

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	sync_all();
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	site_ok(&edge, db_exec(ledger_db(edge.ledger), &edge.err,
			   _i == 0 ? "UPDATE instance SET sequence = 9"
				   : "UPDATE instance SET state = 'closed', closed_why = 'removed',"
				     " closed_s = 1800000000",
			   ""));
	site_ok(&edge, db_exec(ledger_db(edge.ledger), &edge.err,
			   "UPDATE change SET change = change + 1", ""));
	ck_assert_int_eq(round_trip(0, &o), 0);
	ck_assert_ptr_nonnull(strstr(o.refused, "proves that it moved"));
	ck_assert_int_eq(row_at(&up, &d).state, LEDGER_LIVE);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 2);
	device_free(&d);
}
END_TEST

START_TEST(evidence_of_another_instance_proves_nothing)
{
	struct device d = registered_at_edge("SN1"), e = registered_at_edge("SN2");
	struct sync_outcome o;

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &e, 4, 0), SL_DENIED_NONE);
	site_ok(&edge,
	    db_exec(ledger_db(edge.ledger), &edge.err,
		"UPDATE evidence SET request = (SELECT request FROM evidence WHERE instance = $1)"
		" WHERE instance = $2",
		"tt", d.instance, e.instance));
	ck_assert_int_eq(round_trip(0, &o), 0);
	ck_assert_ptr_nonnull(strstr(o.refused, e.instance));
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM instance"), 1);
	device_free(&d);
	device_free(&e);
}
END_TEST

START_TEST(a_satellites_signer_asks_for_nothing_but_synchronisation)
{
	struct device d = traveller(&up, "SN1");
	struct sl_cert *certs[] = { pki_signer(edge.pki), pki_issuing(edge.pki),
		pki_satellites(edge.pki) };
	struct sl_buf message = { 0 }, answer = { 0 }, text = { 0 };
	struct sl_reply *reply;

	sl_buf_printf(&text,
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"authorize\",\"request_id\":\"%s\","
	    "\"sequence\":1,"
	    "\"time\":\"2027-01-15T08:00:00Z\",\"udi\":{\"pid\":\"A\",\"sn\":\"B\",\"uuid\":\"c\"},"
	    "\"instance\":\"%s\",\"store\":\"%s\",\"ledger\":\"%s\",\"body\":{\"usage\":[]}}",
	    SITE_HOME, SITE_HOME, SITE_HOME, SITE_HOME);
	site_ok(&edge, sl_envelope_sign(&message, edge.crypto, pki_signer_key(edge.pki), certs[0],
			   certs, 3, NULL, 0, text.data, text.len, &edge.err));
	reply = site_send(&up, &message);
	ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_SIGNATURE);
	sl_reply_free(reply);
	sl_buf_free(&message);
	sl_buf_free(&answer);
	sl_buf_free(&text);
	device_free(&d);
}
END_TEST

START_TEST(a_virtual_account_has_one_home)
{
	static const char *const vas[] = { BRANCH }, *const def[] = { LEDGER_DEFAULT };
	struct authority_invitation i = { .name = "edge-2",
		.virtual_accounts = vas,
		.n_virtual_accounts = 1,
		.tls_names = "",
		.days = 7,
		.who = "root" };
	struct ledger_token_new t = { .virtual_account = BRANCH, .days = 1, .uses_max = 1 };
	struct sl_buf token = { 0 };

	ck_assert_int_eq(authority_satellite_create(up.authority, &i, up.now, &token, &up.err),
	    SMARTLIC_E_EXISTS);
	i.virtual_accounts = def;
	ck_assert_int_eq(authority_satellite_create(up.authority, &i, up.now, &token, &up.err),
	    SMARTLIC_E_INVAL);
	/* neither makes tokens for what the other serves */
	ck_assert_int_eq(
	    authority_token_create(up.authority, &t, up.now, &token, &up.err), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(up.err.text, "edge-1"));
	t.virtual_account = LEDGER_DEFAULT;
	ck_assert_int_eq(authority_token_create(edge.authority, &t, edge.now, &token, &edge.err),
	    SMARTLIC_E_INVAL);
	sl_buf_free(&token);
}
END_TEST

/* ---- joining -------------------------------------------------------------- */

START_TEST(an_invitation_makes_one_satellite)
{
	struct sl_buf request = { 0 }, answer = { 0 }, token = { 0 };
	struct join j = { .url = "" };
	static const char *const vas[] = { "Third" };
	struct authority_invitation i = { .name = "edge-3",
		.virtual_accounts = vas,
		.n_virtual_accounts = 1,
		.tls_names = "",
		.days = 7,
		.who = "root" };

	site_ok(&up, ledger_virtual_account_create(up.ledger, "Third", "admin", up.now, &up.err));
	site_ok(&up, authority_satellite_create(up.authority, &i, up.now, &token, &up.err));
	site_close(&edge);
	open_folder(&j, token.data, &request);
	if (_i == 1) /* too late */
		up.now += 8 * SITE_DAY;
	answer_of_upstream(&request, &answer);
	if (_i == 0)
		ck_assert_msg(take_join(&j, &answer) == 0, "%s", edge.err.text);
	if (_i == 0) { /* another folder with the same token */
		site_close(&edge);
		sl_buf_free(&request);
		sl_buf_free(&answer);
		open_folder(&j, token.data, &request);
		answer_of_upstream(&request, &answer);
	}
	ck_assert_int_eq(take_join(&j, &answer), SMARTLIC_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(edge.err.text, _i == 0 ? "token_exhausted" : "token_expired"));
	sl_buf_free(&token);
	sl_buf_free(&request);
	sl_buf_free(&answer);
}
END_TEST

/* ---- times, ends, versions ------------------------------------------------ */

START_TEST(a_signer_is_renewed_at_a_synchronisation_past_its_thirtieth_day)
{
	int64_t end = sl_cert_not_after(pki_signer(edge.pki));

	pass(29 * SITE_DAY);
	sync_all();
	ck_assert_int_eq(sl_cert_not_after(pki_signer(edge.pki)), end);
	pass(2 * SITE_DAY);
	sync_all();
	site_ok(&edge, pki_refresh(edge.pki, &edge.err));
	ck_assert_int_eq(sl_cert_not_after(pki_signer(edge.pki)), edge.now + 90 * SITE_DAY);
}
END_TEST

START_TEST(a_satellite_that_does_not_synchronise_for_thirty_days_is_an_alert_at_both_ends)
{
	struct ledger_satellite s;

	for (int i = 0; i < 2; i++) {
		pass(i == 0 ? 30 * SITE_DAY - 60 : 60);
		site_ok(&up, authority_daily(up.authority, up.now, &up.err));
		site_ok(&edge, authority_daily(edge.authority, edge.now, &edge.err));
		ck_assert_int_eq(site_alerts(&up, "satellite overdue"), i);
		ck_assert_int_eq(site_alerts(&edge, "satellite overdue"), i);
		ck_assert_int_eq(ledger_satellite_by_name(up.ledger, "edge-1", &s, &up.err), 1);
		ck_assert_str_eq(
		    ledger_satellite_status(&s, up.now), i == 0 ? "joined" : "overdue");
	}
	sync_all();
	site_ok(&up, authority_daily(up.authority, up.now, &up.err));
	site_ok(&edge, authority_daily(edge.authority, edge.now, &edge.err));
	ck_assert_int_eq(site_alerts(&up, "satellite overdue"), 0);
	ck_assert_int_eq(site_alerts(&edge, "satellite overdue"), 0);
	pass(90 * SITE_DAY);
	ck_assert_int_eq(ledger_satellite_by_name(up.ledger, "edge-1", &s, &up.err), 1);
	ck_assert_str_eq(ledger_satellite_status(&s, up.now), "expired");
}
END_TEST

START_TEST(a_satellite_whose_signer_has_ended_answers_no_device)
{
	struct device d = registered_at_edge("SN1");
	struct sl_buf answer = { 0 };

	pass(91 * SITE_DAY);
	device_ask_usage(&edge, &d, 1, 0);
	ck_assert_int_eq(authority_answer(edge.authority, d.message.data, d.message.len, edge.now,
			     site_fill, &edge, &answer, &edge.err),
	    SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(edge.err.text, "satellite sync"));
	/* which still works: nobody has taken its virtual accounts back */
	sync_all();
	site_ok(&edge, pki_refresh(edge.pki, &edge.err));
	ck_assert_int_eq(device_code(&edge, &d), SL_DENIED_NONE);
	sl_buf_free(&answer);
	device_free(&d);
}
END_TEST

START_TEST(what_a_satellite_serves_is_taken_back_only_when_its_signer_has_ended)
{
	struct device d = registered_at_edge("SN1");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	sync_all();
	pass(89 * SITE_DAY);
	ck_assert_int_eq(
	    authority_satellite_take_back(up.authority, "edge-1", "admin", up.now, &up.err),
	    SMARTLIC_E_INVAL);
	pass(2 * SITE_DAY);
	site_ok(
	    &up, authority_satellite_take_back(up.authority, "edge-1", "admin", up.now, &up.err));
	ck_assert_str_eq(row_at(&up, &d).home, "");
	/* the device comes, with the key that the satellite certified */
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(row_at(&up, &d).va, va_of(&up, BRANCH));
	site_check(&up);
	device_free(&d);
}
END_TEST

START_TEST(a_satellite_that_leaves_hands_its_instances_back)
{
	struct device d = registered_at_edge("SN1");
	struct sync_outcome o = { .more = 1 };
	struct sl_buf request = { 0 };

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(round_trip(1, &o), 0);
	ck_assert(o.left);
	ck_assert_str_eq(row_at(&up, &d).home, "");
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(row_at(&up, &d).va, va_of(&up, BRANCH));
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 5);
	ck_assert_int_eq(
	    sync_ask(edge.authority, 0, edge.now, site_fill, &edge, &request, &edge.err),
	    SMARTLIC_E_INVAL);
	site_check(&up);
	sl_buf_free(&request);
	device_free(&d);
}
END_TEST

START_TEST(versions_that_differ_are_both_named_with_the_least_accepted)
{
	struct sl_cert *certs[] = { pki_signer(edge.pki), pki_issuing(edge.pki),
		pki_satellites(edge.pki) };
	struct sl_buf text = { 0 }, message = { 0 };
	struct sl_reply *reply;

	site_ok(&edge,
	    sync_request_text(&text, SYNC_SYNC, SITE_HOME, ledger_info(edge.ledger)->home, 5,
		SITE_HOME, edge.now,
		json_pack("{s:i,s:s,s:[]}", "sync", 2, "version", "0.2", "rows"), &edge.err));
	site_ok(&edge, sl_envelope_sign(&message, edge.crypto, pki_signer_key(edge.pki), certs[0],
			   certs, 3, NULL, 0, text.data, text.len, &edge.err));
	reply = site_send(&up, &message);
	ck_assert_int_eq(reply->error.code, SL_DENIED_UNSUPPORTED_VERSION);
	ck_assert_ptr_nonnull(strstr(up.last.data, "\"versions\":[2,1],\"least\":1"));
	ck_assert_ptr_nonnull(strstr(up.last.data, "update the upstream"));
	sl_reply_free(reply);
	sl_buf_free(&text);
	sl_buf_free(&message);
}
END_TEST

/* ---- transfers ------------------------------------------------------------ */

static int64_t
bought(struct site *s, const char *va)
{
	int64_t purchased, consumed;

	site_ok(s, ledger_pool_get(s->ledger, va_of(s, va), TAG_G, s->now, &purchased, &consumed, &s->err));
	return purchased;
}

START_TEST(licenses_move_between_its_virtual_accounts_at_once_and_once)
{
	struct sl_buf request = { 0 }, answer = { 0 };

	site_ok(&edge, ledger_upstream_transfer(edge.ledger, "0a0a0a0a-0000-4000-8000-000000000001",
			   BRANCH, LAB, TAG_G, 4, edge.now, &edge.err));
	ck_assert_int_eq(bought(&edge, BRANCH), 6);
	ck_assert_int_eq(bought(&edge, LAB), 4);
	/* told twice: the first answer is lost */
	ask(&request, 0);
	answer_of_upstream(&request, &answer);
	site_ok(&up, ledger_license_add(up.ledger, BRANCH, TAG_G, 5, 0, up.now, &up.err));
	sync_all();
	ck_assert_int_eq(bought(&up, BRANCH), 11);
	ck_assert_int_eq(bought(&up, LAB), 4);
	ck_assert_int_eq(bought(&edge, BRANCH), 11);
	ck_assert_int_eq(bought(&edge, LAB), 4);
	ck_assert_int_eq(
	    ledger_upstream_transfer(edge.ledger, "0a0a0a0a-0000-4000-8000-000000000002", BRANCH,
		LAB, TAG_G, 12, edge.now, &edge.err),
	    SMARTLIC_E_LIMIT);
	ck_assert_int_eq(
	    ledger_upstream_transfer(edge.ledger, "0a0a0a0a-0000-4000-8000-000000000002", BRANCH,
		LEDGER_DEFAULT, TAG_G, 1, edge.now, &edge.err),
	    SMARTLIC_E_INVAL);
	sl_buf_free(&request);
	sl_buf_free(&answer);
}
END_TEST

/* ---- names of virtual accounts --------------------------------------------- */

static void
rename_up(const char *from, const char *to)
{
	site_ok(&up, ledger_virtual_account_rename(up.ledger, from, to, "admin", up.now, &up.err));
}

START_TEST(names_that_change_at_the_upstream_change_here_even_if_they_are_exchanged)
{
	int64_t branch = va_of(&up, BRANCH), lab = va_of(&up, LAB);

	sync_all();
	rename_up(BRANCH, "Third");
	rename_up(LAB, BRANCH);
	rename_up("Third", LAB);
	sync_all();
	ck_assert_int_eq(va_of(&edge, LAB), branch);
	ck_assert_int_eq(va_of(&edge, BRANCH), lab);
	/* one that this satellite calls so itself makes way */
	rename_up(LEDGER_DEFAULT, "Was default");
	rename_up(LAB, LEDGER_DEFAULT);
	sync_all();
	ck_assert_int_eq(va_of(&edge, LEDGER_DEFAULT), branch);
}
END_TEST

START_TEST(a_satellite_makes_renames_and_deletes_none)
{
	ck_assert_int_eq(
	    ledger_virtual_account_create(edge.ledger, "Own", "admin", edge.now, &edge.err),
	    SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(edge.err.text, "at its upstream"));
	ck_assert_int_eq(
	    ledger_virtual_account_rename(edge.ledger, LAB, "Own", "admin", edge.now, &edge.err),
	    SMARTLIC_E_STATE);
	ck_assert_int_eq(
	    ledger_virtual_account_delete(edge.ledger, LAB, "admin", edge.now, &edge.err),
	    SMARTLIC_E_STATE);
}
END_TEST

START_TEST(the_default_one_is_served_here_and_what_a_satellite_serves_is_not_deleted)
{
	ck_assert_int_eq(ledger_virtual_account_default(up.ledger, LAB, "admin", up.now, &up.err),
	    SMARTLIC_E_STATE);
	ck_assert_int_eq(ledger_virtual_account_delete(up.ledger, LAB, "admin", up.now, &up.err),
	    SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(up.err.text, "'satellite leave' there"));
	/* and the other way round */
	ck_assert_int_eq(ledger_virtual_account_default(
			     edge.ledger, LEDGER_DEFAULT, "admin", edge.now, &edge.err),
	    0);
	site_ok(
	    &edge, ledger_virtual_account_default(edge.ledger, LAB, "admin", edge.now, &edge.err));
	(void)site_token_make(
	    &edge, (struct ledger_token_new){ .days = 1, .uses_max = LEDGER_ANY_USES });
	ck_assert_int_eq(ledger_virtual_account_default(
			     edge.ledger, LEDGER_DEFAULT, "admin", edge.now, &edge.err),
	    SMARTLIC_E_STATE);
}
END_TEST

/* ---- restored ------------------------------------------------------------- */

static void
restore(struct site *s, const char *backup)
{
	struct ledger_restored restored;
	unsigned char random[11];

	site_stop(s);
	(void)site_fill(s, random, sizeof(random));
	site_ok(s, ledger_restore(s->db_path, backup, "0b0b0b0b-0000-4000-8000-000000000001",
		       random, "admin", s->now, &restored, &s->err));
	site_start(s);
}

START_TEST(a_restored_satellite_has_everything_again_after_one_synchronisation)
{
	struct device d = registered_at_edge("SN1"), e, f;
	char backup[120];

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	pass(60);
	sync_all();
	(void)snprintf(backup, sizeof(backup), "%s/backup", edge.dir);
	site_ok(&edge, ledger_backup(edge.ledger, backup, edge.now, &edge.err));
	pass(60);
	ck_assert_int_eq(device_use(&edge, &d, 6, 0), SL_DENIED_NONE);
	e = registered_at_edge("SN2");
	ck_assert_int_eq(device_use(&edge, &e, 2, 0), SL_DENIED_NONE);
	sync_all();
	pass(60);
	/* this one the upstream has not been told of: its own chain lets the satellite adopt it */
	f = registered_at_edge("SN3");
	ck_assert_int_eq(device_use(&edge, &f, 1, 0), SL_DENIED_NONE);
	pass(60);
	restore(&edge, backup);
	ck_assert_int_eq(site_count(&edge, "SELECT COUNT(*) FROM instance"), 1);
	sync_all();
	assert_equal(&d, BRANCH);
	assert_equal(&e, BRANCH);
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &e, 2, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &f, 1, 0), SL_DENIED_NONE);
	pass(60);
	sync_all();
	assert_equal(&d, BRANCH);
	assert_equal(&f, BRANCH);
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 8);
	ck_assert_int_eq(site_consumed(&edge, va_of(&edge, BRANCH), TAG_G), 8);
	device_free(&d);
	device_free(&e);
	device_free(&f);
}
END_TEST

START_TEST(a_restored_upstream_has_everything_again_after_one_synchronisation)
{
	struct device d = registered_at_edge("SN1"), e;
	char backup[120];

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	sync_all();
	(void)snprintf(backup, sizeof(backup), "%s/backup", up.dir);
	site_ok(&up, ledger_backup(up.ledger, backup, up.now, &up.err));
	pass(60);
	ck_assert_int_eq(device_use(&edge, &d, 6, 0), SL_DENIED_NONE);
	e = registered_at_edge("SN2");
	ck_assert_int_eq(device_use(&edge, &e, 2, 0), SL_DENIED_NONE);
	sync_all();
	pass(60);
	restore(&up, backup);
	sync_all();
	assert_equal(&d, BRANCH);
	assert_equal(&e, BRANCH);
	ck_assert_int_eq(site_consumed(&up, va_of(&up, BRANCH), TAG_G), 8);
	device_free(&d);
	device_free(&e);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sync");
	TCase *t = tcase_create("sync");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_joined_satellite_knows_its_accounts_and_pools);
	tcase_add_test(t, a_device_lives_at_the_satellite_and_the_upstream_learns_all_of_it);
	tcase_add_test(t, its_answers_are_signed_by_role_satellite_and_say_when_it_synchronised);
	tcase_add_test(t, a_device_that_moves_to_the_upstream_and_back_is_counted_once);
	tcase_add_test(
	    t, a_device_unknown_to_the_satellite_is_adopted_into_its_first_virtual_account);
	tcase_add_test(t, what_one_side_closed_is_closed_at_both);
	tcase_add_test(t, of_two_registrations_of_a_device_the_later_one_wins_at_both);
	tcase_add_test(t, a_repeated_late_or_lost_exchange_changes_nothing);
	tcase_add_test(t, more_rows_than_fit_into_a_message_follow_in_the_next);
	tcase_add_test(t, a_row_of_another_virtual_account_is_refused);
	tcase_add_test(t, an_instance_at_home_elsewhere_is_not_taken_without_proof);
	tcase_add_loop_test(t, an_older_request_does_not_prove_that_a_device_came_back, 0, 2);
	tcase_add_test(t, evidence_of_another_instance_proves_nothing);
	tcase_add_test(t, a_satellites_signer_asks_for_nothing_but_synchronisation);
	tcase_add_test(t, a_virtual_account_has_one_home);
	tcase_add_loop_test(t, an_invitation_makes_one_satellite, 0, 2);
	tcase_add_test(t, a_signer_is_renewed_at_a_synchronisation_past_its_thirtieth_day);
	tcase_add_test(
	    t, a_satellite_that_does_not_synchronise_for_thirty_days_is_an_alert_at_both_ends);
	tcase_add_test(t, a_satellite_whose_signer_has_ended_answers_no_device);
	tcase_add_test(t, what_a_satellite_serves_is_taken_back_only_when_its_signer_has_ended);
	tcase_add_test(t, a_satellite_that_leaves_hands_its_instances_back);
	tcase_add_test(t, versions_that_differ_are_both_named_with_the_least_accepted);
	tcase_add_test(t, licenses_move_between_its_virtual_accounts_at_once_and_once);
	tcase_add_test(t, names_that_change_at_the_upstream_change_here_even_if_they_are_exchanged);
	tcase_add_test(t, a_satellite_makes_renames_and_deletes_none);
	tcase_add_test(
	    t, the_default_one_is_served_here_and_what_a_satellite_serves_is_not_deleted);
	tcase_add_test(t, a_restored_satellite_has_everything_again_after_one_synchronisation);
	if (getenv("SL_TEST_DATABASE") == NULL) /* PostgreSQL's backups are its own */
		tcase_add_test(
		    t, a_restored_upstream_has_everything_again_after_one_synchronisation);
	suite_add_tcase(s, t);
	return run_suite(s);
}
