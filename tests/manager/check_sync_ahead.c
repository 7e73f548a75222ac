/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/parallel.h"
#include "pki/satellite.h"
#include "tests/manager/edge.h"

/*
 * What makes a synchronisation of many rows quick changes nothing of what is told and answered:
 * rows that are read while an answer is awaited, and rows that several threads judge.
 */

/* ---- read ahead ----------------------------------------------------------- */

static struct device d;

static void
setup(void)
{
	edge_setup();
	d = edge_registered("SN1");
	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
}

static void
teardown(void)
{
	device_free(&d);
	edge_teardown();
}

static int64_t
acknowledged(void)
{
	struct ledger_upstream u;

	site_ok(&edge, sync_upstream(edge.authority, &u, &edge.err));
	return u.acknowledged;
}

/* As after a request of which there was more. */
static struct sync_rows *
read_ahead(void)
{
	struct sync_kept *kept = sync_kept(edge.authority);

	ck_assert_ptr_nonnull(kept);
	kept->asked_upto = acknowledged();
	kept->asked_more = 1;
	site_ok(&edge, sync_read_ahead(edge.authority, NULL, &edge.err));
	ck_assert_ptr_nonnull(kept->ahead.changes);
	ck_assert_uint_eq(kept->ahead.n, 1);
	return &kept->ahead;
}

static void
round_of(const struct sl_buf *request)
{
	struct sl_buf answer = { 0 };
	struct sync_outcome o;

	edge_answer(request, &answer);
	ck_assert_msg(
	    sync_answer(edge.authority, answer.data, answer.len, edge.now, &o, &edge.err) == 0,
	    "%s", edge.err.text);
	ck_assert_str_eq(o.refused, "");
	sl_buf_free(&answer);
}

START_TEST(what_was_read_ahead_is_told)
{
	struct sync_rows *ahead, now = { .changes = NULL };
	struct sl_buf request = { 0 };

	edge_sync();
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_NONE);
	ahead = read_ahead();
	site_ok(&edge, sync_rows_read(edge.ledger, ledger_info(edge.ledger)->upstream, ahead->after,
			   SYNC_ROWS_BYTES, NULL, &now, &edge.err));
	ck_assert_str_eq(ahead->text.data, now.text.data);
	ck_assert_int_eq(ahead->upto, now.upto);
	/* were it read once more, it would be found in the ledger after all */
	sl_buf_free(&ahead->text);
	sl_buf_puts(&ahead->text, "[]");
	edge_ask(&request, 0);
	ck_assert_ptr_null(ahead->changes);
	round_of(&request);
	ck_assert_int_lt(edge_row(&up, &d).sequence, d.sequence);
	sl_buf_free(&request);
	sync_rows_release(&now);
}
END_TEST

START_TEST(what_changed_since_is_told_as_it_is_now)
{
	struct sl_buf request = { 0 };

	edge_sync();
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_NONE);
	(void)read_ahead();
	edge_pass(60);
	ck_assert_int_eq(device_use(&edge, &d, 7, 0), SL_DENIED_NONE);
	edge_ask(&request, 0);
	round_of(&request);
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 7);
	sl_buf_free(&request);
}
END_TEST

START_TEST(what_came_since_is_told_too)
{
	struct sl_buf request = { 0 };
	struct device e;

	edge_sync();
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_NONE);
	(void)read_ahead();
	e = edge_registered("SN2");
	ck_assert_int_eq(device_use(&edge, &e, 1, 0), SL_DENIED_NONE);
	edge_ask(&request, 0);
	round_of(&request);
	edge_assert_equal(&d, BRANCH);
	edge_assert_equal(&e, BRANCH);
	device_free(&e);
	sl_buf_free(&request);
}
END_TEST

/* It was acknowledged by another answer, or the answer was lost. */
START_TEST(what_was_read_after_another_request_is_not_told)
{
	struct sync_rows *ahead;

	ahead = read_ahead();
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(device_use(&edge, &d, 6, 0), SL_DENIED_NONE);
	ahead = read_ahead();
	ahead->after--;
	edge_sync();
	edge_assert_equal(&d, BRANCH);
}
END_TEST

/* It may be what was read. */
START_TEST(rows_that_come_with_an_answer_come_before_what_was_read)
{
	struct sl_buf request = { 0 };

	edge_sync();
	site_ok(&up, ledger_instance_remove(up.ledger, d.instance, "admin", up.now, &up.err));
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_NONE);
	edge_ask(&request, 0);
	sync_kept(edge.authority)->asked_upto = 0;
	sync_kept(edge.authority)->asked_more = 1;
	site_ok(&edge, sync_read_ahead(edge.authority, NULL, &edge.err));
	ck_assert_ptr_nonnull(sync_kept(edge.authority)->ahead.changes);
	round_of(&request);
	ck_assert_int_eq(edge_row(&edge, &d).state, LEDGER_CLOSED);
	ck_assert_ptr_null(sync_kept(edge.authority)->ahead.changes);
	sl_buf_free(&request);
}
END_TEST

static int64_t
change_of(const struct device *device)
{
	struct db_row *row;
	int64_t ret;

	site_ok(&edge, db_query(ledger_db(edge.ledger), &row, &edge.err,
			   "SELECT change FROM change WHERE instance = $1", "t", device->instance));
	ck_assert_int_eq(db_next(row, &edge.err), 1);
	ret = db_int(row, 0);
	db_done(row);
	return ret;
}

/* As in a full comparison. */
START_TEST(rows_that_say_the_same_of_others_leave_what_was_read)
{
	struct sync_kept *kept = sync_kept(edge.authority);
	struct device e = edge_registered("SN2");

	ck_assert_int_eq(device_use(&edge, &e, 1, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_lt(change_of(&d), change_of(&e));
	for (int both = 0; both < 2; both++) {
		struct sl_buf request = { 0 };

		edge_pass(60);
		site_ok(&up, ledger_change_mark(
				 up.ledger, ledger_info(edge.ledger)->home, d.instance, &up.err));
		if (both)
			site_ok(&up, ledger_change_mark(up.ledger, ledger_info(edge.ledger)->home,
					 e.instance, &up.err));
		edge_ask(&request, 0);
		kept->asked_upto = change_of(&d);
		kept->asked_more = 1;
		site_ok(&edge, sync_read_ahead(edge.authority, NULL, &edge.err));
		ck_assert_uint_eq(kept->ahead.n, 1);
		round_of(&request);
		ck_assert_int_eq(kept->ahead.changes != NULL, !both);
		sl_buf_free(&request);
	}
	device_free(&e);
}
END_TEST

START_TEST(nothing_is_read_ahead_where_nothing_is_left)
{
	struct sl_buf request = { 0 };

	edge_ask(&request, 0);
	site_ok(&edge, sync_read_ahead(edge.authority, NULL, &edge.err));
	ck_assert_ptr_null(sync_kept(edge.authority)->ahead.changes);
	sl_buf_free(&request);
}
END_TEST

#define MANY 80 /* more than a message has room for */

START_TEST(many_rows_go_in_several_messages_of_which_the_next_is_read_ahead)
{
	static const char *const vas[] = { BRANCH, LAB };
	struct sync_kept *kept = sync_kept(edge.authority);
	struct sync_outcome o = { .more = 1 };
	char text[40];
	int rounds = 0;

	for (int i = 0; i < MANY; i++) {
		struct device many;

		(void)snprintf(text, sizeof(text), "MANY%d", i);
		many = edge_registered(text);
		ck_assert_int_eq(device_use(&edge, &many, 1, 0), SL_DENIED_NONE);
		device_free(&many);
	}
	/* in the first, with as many rows as there is room for beside them */
	for (int i = 0; i < 20; i++) {
		(void)snprintf(text, sizeof(text), "0a0a0a0a-0000-4000-8000-%012d", i);
		site_ok(&edge, ledger_upstream_transfer(edge.ledger, text, vas[i % 2],
				   vas[1 - i % 2], TAG_G, 1, edge.now, &edge.err));
	}
	for (; o.more; rounds++) {
		ck_assert_int_lt(rounds, MANY);
		ck_assert_msg(edge_round(0, &o) == 0, "%s", edge.err.text);
		ck_assert_str_eq(o.refused, "");
		ck_assert_int_eq(o.rows_down, 0);
		ck_assert_int_eq(kept->ahead.changes != NULL, o.more);
		ck_assert(!o.more || kept->ahead.after == acknowledged());
	}
	ck_assert_int_gt(rounds, 1);
	ck_assert_int_lt(rounds, 6);
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM instance"), 1 + MANY);
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM transfer"), 20);
}
END_TEST

/* ---- several threads ------------------------------------------------------ */

#define DEVICES 12

/* What a satellite would not say by itself. */
static void
spoil(const char *sql, const char *instance, const char *other)
{
	site_ok(&edge, db_exec(ledger_db(edge.ledger), &edge.err, sql, "tt", instance, other));
}

/* The rows that are refused, as the answer names them. */
static char *
refused_by(size_t threads, const struct sl_buf *request, size_t *ret_n)
{
	struct sl_buf answer = { 0 };
	struct sl_envelope *envelope = NULL;
	const void *content;
	const json_t *list;
	json_t *root;
	size_t len;
	char *ret;

	authority_set_threads(up.authority, threads);
	edge_answer(request, &answer);
	site_ok(&up, sl_envelope_open(&envelope, up.crypto, answer.data, answer.len, &up.err));
	site_ok(&up,
	    sl_envelope_verify(envelope, sl_envelope_signer(envelope), &content, &len, &up.err));
	root = json_loadb(content, len, 0, NULL);
	list = json_object_get(json_object_get(root, "body"), "refused");
	ck_assert(json_is_array(list));
	*ret_n = json_array_size(list);
	ret = json_dumps(list, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(root);
	sl_envelope_free(envelope);
	sl_buf_free(&answer);
	return ret;
}

/* Of the same key and names, by the authority of another root. */
static void
certify_elsewhere(const struct device *device)
{
	char serial_number[SL_UDI_SERIAL_SIZE];
	const unsigned char serial[16] = { 7 };
	struct sl_buf der = { 0 };
	struct site other = { 0 };
	const void *spki;
	size_t len;

	site_open_other(&other);
	spki = sl_cert_spki(device->cert, &len);
	sl_udi_serial(serial_number, &device->udi);
	site_ok(&other, pki_issue_device(other.pki, spki, len, SITE_ACCOUNT, serial_number,
			    device->instance, other.now, serial, &der, &other.err));
	site_ok(&edge, db_exec(ledger_db(edge.ledger), &edge.err,
			   "UPDATE key SET certificate = $2 WHERE instance = $1", "tb",
			   device->instance, der.data, der.len));
	sl_buf_free(&der);
	site_close(&other);
}

START_TEST(a_key_that_another_root_has_certified_is_refused)
{
	struct sl_buf request = { 0 };
	char *refused;
	size_t n;

	certify_elsewhere(&d);
	edge_ask(&request, 0);
	refused = refused_by(3, &request, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_nonnull(strstr(refused, "certified by nobody of this account"));
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM instance"), 0);
	free(refused);
	sl_buf_free(&request);
}
END_TEST

START_TEST(what_is_refused_does_not_depend_on_threads)
{
	static const size_t threads[] = { 1, 2, 3, 8, 64, 1000 };
	struct device fleet[DEVICES];
	struct sl_buf request = { 0 };
	char sn[16], *first, *again;
	size_t n;

	for (size_t i = 0; i < DEVICES; i++) {
		(void)snprintf(sn, sizeof(sn), "FLEET%zu", i);
		fleet[i] = edge_registered(sn);
		ck_assert_int_eq(device_use(&edge, &fleet[i], 1, 0), SL_DENIED_NONE);
	}
	for (size_t i = 0; i + 1 < DEVICES; i += 4) {
		/* another's request, another's certificate, a digest that is none */
		spoil("UPDATE evidence SET request = (SELECT e.request FROM evidence e"
		      " WHERE e.instance = $2) WHERE instance = $1",
		    fleet[i].instance, d.instance);
		spoil("UPDATE key SET certificate = (SELECT k.certificate FROM key k"
		      " WHERE k.instance = $2) WHERE instance = $1",
		    fleet[i + 1].instance, d.instance);
		spoil("UPDATE request SET digest = 'no ' || $2 WHERE instance = $1",
		    fleet[i + 2].instance, "digest");
	}
	certify_elsewhere(&fleet[DEVICES - 1]);
	edge_ask(&request, 0);
	first = refused_by(1, &request, &n);
	ck_assert_msg(n == 10, "%zu: %s", n, first);
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		again = refused_by(threads[i], &request, &n);
		ck_assert_str_eq(again, first);
		free(again);
	}
	/* the others are there */
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM instance"), 1 + DEVICES - 10);
	for (size_t i = 0; i < DEVICES; i++)
		device_free(&fleet[i]);
	free(first);
	sl_buf_free(&request);
}
END_TEST

/* ---- rows that are cut out ------------------------------------------------ */

static const struct {
	const char *text;
	size_t n;         /* rows; 0: it is to be read as a whole */
	const char *rest; /* NULL: that */
	const char *last; /* row */
} texts[] = {
	{ "{\"body\":{\"rows\":[{}]}}", 1, "{\"body\":{\"rows\":[]}}", "{}" },
	{ " { \"a\" : [1,{\"rows\":[{}]}], \"body\" : {\"b\":\"]}\\\"\" ,\"rows\" : [ {\"c\":1} , "
	  "{\"d\":[\"}\"]} "
	  "] , \"e\":2}} ",
	    2,
	    " { \"a\" : [1,{\"rows\":[{}]}], \"body\" : {\"b\":\"]}\\\"\" ,\"rows\" : [ ] , "
	    "\"e\":2}} ",
	    "{\"d\":[\"}\"]}" },
	/* the second is left, for the reader to find it there a second time */
	{ "{\"body\":{\"rows\":[{}],\"rows\":[{}]}}", 1, "{\"body\":{\"rows\":[],\"rows\":[{}]}}",
	    "{}" },
	{ "{\"body\":{\"ro\\u0077s\":[{}],\"rows\":[{\"x\":\"\\\\\"}]}}", 1,
	    "{\"body\":{\"ro\\u0077s\":[{}],\"rows\":[]}}", "{\"x\":\"\\\\\"}" },
	{ "{\"body\":{\"rows\":[]}}", 0, NULL, NULL },
	{ "{\"body\":{\"rows\":[{},5]}}", 0, NULL, NULL },
	{ "{\"body\":{\"rows\":[{},]}}", 0, NULL, NULL },
	{ "{\"body\":{\"rows\":[{} {}]}}", 0, NULL, NULL },
	{ "{\"body\":{\"rows\":[{}", 0, NULL, NULL },
	{ "{\"body\":{\"rows\":[{\"a\":\"", 0, NULL, NULL },
	{ "{\"body\":{\"rows\":[{\"a\":\"\\\"}]}}", 0, NULL, NULL },
	{ "{\"body\":{\"rows\":{}}}", 0, NULL, NULL },
	{ "{\"body\":[{\"rows\":[{}]}]}", 0, NULL, NULL },
	{ "{\"rows\":[{}]}", 0, NULL, NULL },
	{ "[{\"body\":{\"rows\":[{}]}}]", 0, NULL, NULL },
	{ "{\"body\":{\"rows\":[[{}]]}}", 0, NULL, NULL },
	{ "{\"body\"", 0, NULL, NULL },
	{ "{", 0, NULL, NULL },
	{ "", 0, NULL, NULL },
	/* as deep as it may be within a message, and deeper */
	{ "{\"body\":{\"rows\":[{\"a\":[[[[[[[[[[[[]]]]]]]]]]]]}]}}", 1, "{\"body\":{\"rows\":[]}}",
	    "{\"a\":[[[[[[[[[[[[]]]]]]]]]]]]}" },
	{ "{\"body\":{\"rows\":[{\"a\":[[[[[[[[[[[[[]]]]]]]]]]]]]}]}}", 0, NULL, NULL },
};

START_TEST(rows_are_cut_out_of_a_message_or_it_is_left_whole)
{
	struct smartlic_error err = { 0 };
	struct sync_split split;
	size_t len = strlen(texts[_i].text);
	char *exact = malloc(len + 1); /* not a byte more to be read */

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, texts[_i].text, len);
	exact = realloc(exact, len > 0 ? len : 1);
	ck_assert_int_eq(sync_split(&split, exact, len, &err), texts[_i].n > 0);
	ck_assert_uint_eq(split.n, texts[_i].n);
	if (texts[_i].n > 0) {
		const struct sl_der *last = &split.rows[split.n - 1];

		ck_assert_str_eq(split.rest.data, texts[_i].rest);
		ck_assert_uint_eq(last->len, strlen(texts[_i].last));
		ck_assert_mem_eq(last->data, texts[_i].last, last->len);
	}
	sync_split_release(&split);
	free(exact);
}
END_TEST

/* A message of the satellite's with these rows; what becomes of it. */
static enum sl_denial
tell(const char *rows, char ret_message[256])
{
	struct sl_cert *certs[] = { pki_signer(edge.pki), pki_issuing(edge.pki),
		pki_satellites(edge.pki) };
	struct sl_buf body = { 0 }, text = { 0 }, request = { 0 }, answer = { 0 };
	struct exchange *x = NULL;
	struct authority_outcome o;
	enum sl_denial ret;

	sl_buf_printf(&body,
	    "{\"sync\":1,\"least\":1,\"version\":\"1\",\"cursor\":0,\"reset\":false,\"upto\":0,"
	    "\"more\":false,\"transfers\":[],\"rows\":%s}",
	    rows);
	site_ok(
	    &up, sync_request_with(&text, SYNC_SYNC, SITE_ACCOUNT, ledger_info(edge.ledger)->home,
		     up.now, ledger_info(up.ledger)->ledger, NULL, up.now, &body, &up.err));
	site_ok(&up, sl_envelope_sign(&request, edge.crypto, pki_signer_key(edge.pki), certs[0],
			 certs, 3, NULL, 0, text.data, text.len, &up.err));
	site_ok(&up, authority_exchange(&x, up.authority, request.data, request.len, up.now,
			 site_fill, &up, &answer, &up.err));
	authority_outcome(x, &o);
	ret = o.code;
	(void)snprintf(ret_message, 256, "%s", x->message);
	authority_forget(x);
	sl_buf_free(&body);
	sl_buf_free(&text);
	sl_buf_free(&request);
	sl_buf_free(&answer);
	return ret;
}

START_TEST(a_message_with_a_row_that_is_no_json_is_none)
{
	static const char *const rows[] = { "[{\"a\":1,\"a\":2}]", "[{\"a\":tru}]",
		"[{},{\"a\":[1}]", "[{\"a\":[1},{\"b\":2]}]", "[{\"a\":1.5}]", "[{}],\"rows\":[{}]",
		"[{\"a\":[[[[[[[[[[[[[]]]]]]]]]]]]]}]", "[{\"a\":\"\\ud800\"}]" };
	char message[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(tell(rows[i], message) != SL_DENIED_NONE, "%s", rows[i]);
	/* one that is JSON and no row is refused alone */
	ck_assert_int_eq(tell("[{},{\"a\":1}]", message), SL_DENIED_NONE);
	ck_assert_int_eq(tell("[{},5]", message), SL_DENIED_NONE);
}
END_TEST

static void
count(void *ud, size_t thread, size_t i)
{
	ck_assert_uint_lt(thread, 8);
	((unsigned char *)ud)[i]++;
}

START_TEST(each_is_done_once)
{
	unsigned char done[1000] = { 0 };

	for (size_t n = 0; n <= sizeof(done); n += n < 10 ? 1 : 90) {
		memset(done, 0, sizeof(done));
		parallel(8, n, count, done);
		for (size_t i = 0; i < sizeof(done); i++)
			ck_assert_uint_eq(done[i], i < n);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sync_ahead");
	TCase *t = tcase_create("sync_ahead"), *p = tcase_create("parallel");

	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, what_was_read_ahead_is_told);
	tcase_add_test(t, what_changed_since_is_told_as_it_is_now);
	tcase_add_test(t, what_came_since_is_told_too);
	tcase_add_test(t, what_was_read_after_another_request_is_not_told);
	tcase_add_test(t, rows_that_come_with_an_answer_come_before_what_was_read);
	tcase_add_test(t, rows_that_say_the_same_of_others_leave_what_was_read);
	tcase_add_test(t, nothing_is_read_ahead_where_nothing_is_left);
	tcase_add_test(t, many_rows_go_in_several_messages_of_which_the_next_is_read_ahead);
	tcase_add_test(t, a_key_that_another_root_has_certified_is_refused);
	tcase_add_test(t, what_is_refused_does_not_depend_on_threads);
	tcase_add_test(t, a_message_with_a_row_that_is_no_json_is_none);
	suite_add_tcase(s, t);
	tcase_add_test(p, each_is_done_once);
	tcase_add_loop_test(p, rows_are_cut_out_of_a_message_or_it_is_left_whole, 0,
	    sizeof(texts) / sizeof(texts[0]));
	suite_add_tcase(s, p);
	return run_suite(s);
}
