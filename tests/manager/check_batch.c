/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "site.h"

/* Several requests executed together: authority_prepare, _execute, _seal. */

#define N 3

static struct site s;
static struct device d[N];
static struct exchange *x[N + 1];
static struct ledger *writer; /* NULL: the authority writes by its own handle */

static void
setup(void)
{
	static const char *const serials[N] = { "CAT1", "CAT2", "CAT3" };
	struct site_token token;

	site_open(&s);
	token = site_token_new(&s, LEDGER_DEFAULT, 1, LEDGER_ANY_USES);
	for (int i = 0; i < N; i++) {
		d[i] = device_new(&s, serials[i]);
		ck_assert_int_eq(device_register(&s, &d[i], &token, 0), SL_DENIED_NONE);
		ck_assert_int_eq(device_use(&s, &d[i], 1, 0), SL_DENIED_NONE);
	}
	memset(x, 0, sizeof(x));
}

/* As a server's threads, all by one. */
static void
setup_writer(void)
{
	setup();
	site_ok(&s, ledger_open(&writer, s.db_path, &s.err));
	site_ok(&s, authority_write_by(s.authority, writer, s.crypto, &s.err));
}

static void
teardown(void)
{
	for (int i = 0; i <= N; i++)
		authority_forget(x[i]);
	ledger_close(writer);
	writer = NULL;
	for (int i = 0; i < N; i++)
		device_free(&d[i]);
	site_close(&s);
}

static void
prepare(int i, struct device *from)
{
	site_ok(&s, authority_prepare(&x[i], s.authority, from->message.data, from->message.len,
			s.now, site_fill, &s, &s.err));
}

/* All use 5 from now on. */
static void
prepare_all(void)
{
	for (int i = 0; i < N; i++) {
		device_ask_usage(&s, &d[i], 5, 0);
		prepare(i, &d[i]);
	}
}

static int
seal(int i, struct sl_buf *ret)
{
	return authority_seal(x[i], ret, &s.err);
}

/* A rule of the ledger's file that makes writing for one instance fail; not with PostgreSQL. */
static int
break_instance(const char *how, const struct device *which)
{
	char sql[256];
	struct db *db = ledger_db(s.ledger);

	if (db_is_server(db))
		return 0;
	(void)snprintf(sql, sizeof(sql),
	    "CREATE TRIGGER broken BEFORE INSERT ON request WHEN NEW.instance = '%s'"
	    " BEGIN SELECT RAISE(%s, 'broken'); END",
	    which->instance, how);
	site_ok(&s, db_exec(db, &s.err, sql, ""));
	return 1;
}

START_TEST(each_is_executed_and_answered)
{
	struct sl_buf response = { 0 };

	prepare_all();
	ck_assert_int_eq(site_consumed(&s, LEDGER_DEFAULT_VA, TAG_G), N);
	authority_execute(x, N);
	ck_assert_int_eq(site_consumed(&s, LEDGER_DEFAULT_VA, TAG_G), 5 * N);
	for (int i = 0; i < N; i++) {
		site_ok(&s, seal(i, &response));
		ck_assert_uint_gt(response.len, 0);
		sl_buf_free(&response);
	}
	site_check(&s);
}
END_TEST

START_TEST(the_same_request_twice_in_one_batch_counts_once_and_gets_two_answers)
{
	struct sl_buf response = { 0 };

	prepare_all();
	prepare(N, &d[0]);
	authority_execute(x, N + 1);
	ck_assert_int_eq(site_consumed(&s, LEDGER_DEFAULT_VA, TAG_G), 5 * N);
	for (int i = 0; i <= N; i++) {
		struct authority_outcome what;

		site_ok(&s, seal(i, &response));
		authority_outcome(x[i], &what);
		ck_assert_int_eq(what.code, SL_DENIED_NONE);
		ck_assert_str_eq(what.type, "authorize");
		sl_buf_free(&response);
	}
	site_check(&s);
}
END_TEST

START_TEST(one_that_fails_takes_no_other_along)
{
	struct sl_buf response = { 0 };

	if (!break_instance("ABORT", &d[1]))
		return;
	prepare_all();
	authority_execute(x, N);
	ck_assert_int_eq(site_consumed(&s, LEDGER_DEFAULT_VA, TAG_G), 5 + 1 + 5);
	ck_assert_int_eq(seal(1, &response), SMARTLIC_E_STORE);
	ck_assert_uint_eq(response.len, 0);
	site_ok(&s, seal(0, &response));
	site_ok(&s, seal(2, &response));
	sl_buf_free(&response);
	site_check(&s);
}
END_TEST

START_TEST(nobody_is_answered_when_the_commit_fails)
{
	struct sl_buf response = { 0 };

	if (!break_instance("ROLLBACK", &d[1]))
		return;
	prepare_all();
	authority_execute(x, N);
	ck_assert_int_eq(site_consumed(&s, LEDGER_DEFAULT_VA, TAG_G), N);
	for (int i = 0; i < N; i++)
		ck_assert_int_lt(seal(i, &response), 0);
	ck_assert_uint_eq(response.len, 0);
	site_check(&s);
}
END_TEST

START_TEST(while_another_process_writes_nothing_is_done_and_all_may_be_begun_again)
{
	struct sl_buf response = { 0 };
	struct ledger *other;

	site_ok(&s, ledger_open(&other, s.db_path, &s.err));
	prepare_all();
	site_ok(&s, db_begin(ledger_db(other), &s.err));
	db_set_busy_ms(ledger_db(writer != NULL ? writer : s.ledger), 0);
	authority_execute(x, N);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(seal(i, &response), SMARTLIC_E_STORE_BUSY);
	ck_assert_uint_eq(response.len, 0);
	db_rollback(ledger_db(other));
	ledger_close(other);
	ck_assert_int_eq(site_consumed(&s, LEDGER_DEFAULT_VA, TAG_G), N);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(device_code(&s, &d[i]), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, LEDGER_DEFAULT_VA, TAG_G), 5 * N);
	site_check(&s);
}
END_TEST

START_TEST(what_is_refused_before_is_answered_though_others_fail)
{
	struct sl_buf response = { 0 };
	struct authority_outcome what;

	if (!break_instance("ROLLBACK", &d[1]))
		return;
	prepare_all();
	/* cut short: no signed message at all */
	site_ok(&s, authority_prepare(&x[N], s.authority, d[0].message.data, d[0].message.len / 2,
			s.now, site_fill, &s, &s.err));
	authority_execute(x, N + 1);
	site_ok(&s, seal(N, &response));
	authority_outcome(x[N], &what);
	ck_assert_int_eq(what.code, SL_DENIED_BAD_REQUEST);
	ck_assert_ptr_null(what.type);
	ck_assert_str_eq(what.request_id, "");
	sl_buf_free(&response);
}
END_TEST

/* By whatever handle it was seen. */
START_TEST(an_answer_names_the_ledger_in_which_it_was_executed)
{
	static const char renewed[] = "11111111-2222-4333-8444-555555555555";
	struct sl_buf response = { 0 };
	struct ledger *other;

	prepare_all();
	site_ok(&s, ledger_open(&other, s.db_path, &s.err));
	site_ok(
	    &s, db_exec(ledger_db(other), &s.err, "UPDATE manager SET ledger = $1", "t", renewed));
	ledger_close(other);
	authority_execute(x, N);
	for (int i = 0; i < N; i++) {
		site_ok(&s, seal(i, &response));
		ck_assert_ptr_nonnull(
		    memmem(response.data, response.len, renewed, sizeof(renewed) - 1));
		sl_buf_free(&response);
	}
}
END_TEST

/* The id of the later one must be the latest, though both were drawn before either was written. */
START_TEST(two_registrations_of_one_device_in_a_batch_are_both_good)
{
	struct site_token token = site_token_new(&s, LEDGER_DEFAULT, 1, LEDGER_ANY_USES);
	struct device twin = device_new(&s, "CAT9"), other = device_new(&s, "CAT9");
	struct sl_buf response = { 0 };
	int64_t before = site_count(&s, "SELECT COUNT(*) FROM instance");

	device_ask_register(&s, &twin, &token, 0, NULL, 0);
	device_ask_register(&s, &other, &token, 0, NULL, 0);
	prepare(0, &twin);
	prepare(1, &other);
	authority_execute(x, 2);
	for (int i = 0; i < 2; i++) {
		site_ok(&s, seal(i, &response));
		sl_buf_free(&response);
	}
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance"), before + 2);
	device_free(&twin);
	device_free(&other);
	site_check(&s);
}
END_TEST

static void
add_tests(Suite *suite, const char *name, void (*begin)(void))
{
	TCase *t = tcase_create(name);

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, begin, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, each_is_executed_and_answered);
	tcase_add_test(t, the_same_request_twice_in_one_batch_counts_once_and_gets_two_answers);
	tcase_add_test(t, one_that_fails_takes_no_other_along);
	tcase_add_test(t, nobody_is_answered_when_the_commit_fails);
	tcase_add_test(
	    t, while_another_process_writes_nothing_is_done_and_all_may_be_begun_again);
	tcase_add_test(t, what_is_refused_before_is_answered_though_others_fail);
	tcase_add_test(t, an_answer_names_the_ledger_in_which_it_was_executed);
	tcase_add_test(t, two_registrations_of_one_device_in_a_batch_are_both_good);
	suite_add_tcase(suite, t);
}

int
main(void)
{
	Suite *suite = suite_create("batch");

	add_tests(suite, "batch", setup);
	add_tests(suite, "by a handle for writing", setup_writer);
	return run_suite(suite);
}
