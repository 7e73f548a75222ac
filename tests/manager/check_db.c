/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "tests/manager/where.h"
#include "tests/suite.h"

static char dir[64], where[WHERE_SIZE];
static struct smartlic_error err;
static struct db *db, *other;

#define ok(expr) ck_assert_msg((expr) == 0, "%s: %s", #expr, err.text)

static void
setup(void)
{
	strcpy(dir, "/tmp/check_db.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	where_new(where, dir);
	ok(db_open(&db, where, 1, &err));
	/* a PostgreSQL database without this is none of ours */
	ok(db_exec(db, &err, "CREATE TABLE schema_version (version BIGINT NOT NULL)", ""));
	ok(db_exec(db, &err,
	    "CREATE TABLE t (k BIGINT NOT NULL PRIMARY KEY, text TEXT, bytes BYTEA, n BIGINT)",
	    ""));
	ok(db_open(&other, where, 0, &err));
	db_set_busy_ms(db, 0);
	db_set_busy_ms(other, 0);
}

static void
teardown(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[128];

	db_close(other);
	db_close(db);
	where_drop(where);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s/ledger.db%s", dir, suffixes[i]);
		(void)unlink(name);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}

static int
put(struct db *to, int64_t k)
{
	return db_exec(to, &err, "INSERT INTO t (k) VALUES ($1)", "i", k);
}

static int64_t
number(struct db *from, const char *sql)
{
	struct db_row *row;
	int64_t n;

	ok(db_query(from, &row, &err, sql, ""));
	ck_assert_int_eq(db_next(row, &err), 1);
	n = db_int(row, 0);
	db_done(row);
	return n;
}

static int64_t
rows(struct db *from)
{
	return number(from, "SELECT COUNT(*) FROM t");
}

START_TEST(what_is_put_in_comes_out)
{
	static const unsigned char bytes[] = { 0, 1, 0xff, 0, '\\' };
	struct db_row *row;
	size_t len;

	ok(db_exec(db, &err, "INSERT INTO t (k, text, bytes, n) VALUES ($4, $1, $3, $2)", "tobi",
	    "B\xc3\xbcro 'x'", INT64_C(-7), bytes, sizeof(bytes), INT64_MAX));
	ok(db_exec(db, &err, "INSERT INTO t (k, text, bytes, n) VALUES ($1, $2, $3, $4)", "itbo",
	    INT64_C(1), (const char *)NULL, (const void *)NULL, (size_t)0, DB_NULL_INT));
	ck_assert_int_eq(db_changes(db), 1);
	ok(db_query(db, &row, &err, "SELECT k, text, bytes, n FROM t ORDER BY k DESC", ""));
	ck_assert_int_eq(db_next(row, &err), 1);
	ck_assert(db_int(row, 0) == INT64_MAX);
	ck_assert_str_eq(db_text(row, 1), "B\xc3\xbcro 'x'");
	ck_assert_mem_eq(db_blob(row, 2, &len), bytes, sizeof(bytes));
	ck_assert_uint_eq(len, sizeof(bytes));
	ck_assert_int_eq(db_int(row, 3), -7);
	ck_assert_int_eq(db_next(row, &err), 1);
	ck_assert(db_is_null(row, 1) && db_is_null(row, 3));
	ck_assert_str_eq(db_text(row, 1), "");
	ck_assert(db_int(row, 3) == DB_NULL_INT);
	ck_assert_int_eq(db_next(row, &err), 0);
}
END_TEST

static const struct {
	const char *sql;
	int64_t is;
} sums[] = {
	{ "SELECT COALESCE(SUM(n), 0) FROM t", INT64_C(123400005678) },
	{ "SELECT -SUM(n) FROM t", INT64_C(-123400005678) },
	{ "SELECT SUM(k) FROM t", 3 },
	{ "SELECT SUM(n) - SUM(n) FROM t", 0 },
	{ "SELECT COUNT(*) FROM t", 2 },
	{ "SELECT CASE WHEN k = 1 THEN -1 ELSE 2 END FROM t ORDER BY k", -1 },
	{ "SELECT 40000 * k * 10000 FROM t ORDER BY k", INT64_C(400000000) },
	{ "SELECT k = 1 FROM t ORDER BY k", 1 },
};

START_TEST(numbers_of_every_type_are_read)
{
	ok(db_exec(db, &err, "INSERT INTO t (k, n) VALUES (1, 123400000000), (2, 5678)", ""));
	ck_assert_int_eq(number(db, sums[_i].sql), sums[_i].is);
}
END_TEST

START_TEST(a_query_may_be_asked_while_it_runs)
{
	struct db_row *row;
	int n = 0;

	ok(put(db, 1));
	ok(put(db, 2));
	ok(db_query(db, &row, &err, "SELECT k FROM t ORDER BY k", ""));
	while (db_next(row, &err) == 1) {
		ck_assert_int_eq(rows(db), 2);
		n++;
	}
	ck_assert_int_eq(n, 2);
}
END_TEST

START_TEST(a_transaction_is_all_or_nothing)
{
	ok(db_begin(db, &err));
	ok(put(db, 1));
	ck_assert_int_eq(rows(other), 0);
	db_rollback(db);
	ck_assert_int_eq(rows(db), 0);
	ok(db_begin(db, &err));
	ok(put(db, 1));
	ok(db_commit(db, &err));
	ck_assert_int_eq(rows(other), 1);
	ck_assert_int_eq(db_begin(db, &err) == 0 && db_begin(db, &err) == SMARTLIC_E_STATE, 1);
	db_rollback(db);
}
END_TEST

START_TEST(of_a_batch_the_rest_stays_when_one_is_rolled_back)
{
	ok(db_batch_begin(db, &err));
	ok(db_begin(db, &err));
	ok(put(db, 1));
	ok(db_commit(db, &err));
	ok(db_begin_about(db, "a", &err));
	ok(put(db, 2));
	ck_assert_int_lt(put(db, 1), 0); /* it is there already */
	db_rollback(db);
	ck_assert_int_lt(put(db, 1), 0); /* the same outside of all */
	ok(db_begin_about(db, "b", &err));
	ok(put(db, 3));
	ok(db_commit(db, &err));
	ck_assert_int_eq(rows(other), 0);
	ok(db_batch_commit(db, &err));
	ck_assert_int_eq(rows(other), 2);
	ck_assert_int_eq(number(other, "SELECT SUM(k) FROM t"), 4);
	ck_assert_int_eq(db_batch_commit(db, &err), SMARTLIC_E_STATE);
}
END_TEST

/* SQLite's own, which have no name any more. */
static int
temporary_files(void)
{
	char path[64], target[256];
	int n = 0;

	for (int fd = 0; fd < 256; fd++) {
		ssize_t len;

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		n += strstr(target, "etilqs_") != NULL;
	}
	return n;
}

/* n rows with as many bytes each. */
static void
fill(int64_t n, size_t len)
{
	static const unsigned char bytes[2000] = { 1 };

	for (int64_t k = 0; k < n; k++)
		ok(db_exec(db, &err,
		    "INSERT INTO t (k, bytes) VALUES ($1, $2)"
		    " ON CONFLICT (k) DO UPDATE SET bytes = excluded.bytes",
		    "ib", k, bytes, len));
}

/* As a ledger of many instances is brought to a new version. */
START_TEST(a_transaction_may_change_megabytes_and_take_them_back)
{
	struct db_row *row;

	ok(db_batch_begin(db, &err));
	for (int round = 0; round < 2; round++) {
		ok(db_begin(db, &err));
		fill(2000, 2000 - (size_t)round);
		if (round == 0)
			ok(db_commit(db, &err));
		else
			db_rollback(db);
	}
	ok(db_batch_commit(db, &err));
	ok(db_query(db, &row, &err, "SELECT COUNT(*) FROM t WHERE LENGTH(bytes) = 2000", ""));
	ck_assert_int_eq(db_next(row, &err), 1);
	ck_assert_int_eq(db_int(row, 0), 2000);
	db_done(row);
}
END_TEST

/* 400 KB of pages, several times what a report changes. */
START_TEST(what_a_request_changes_needs_no_temporary_file)
{
	ok(db_batch_begin(db, &err));
	for (int round = 0; round < 2; round++) {
		ok(db_begin(db, &err));
		fill(200, 2000 - (size_t)round);
		ok(db_commit(db, &err));
	}
	ck_assert_int_eq(temporary_files(), 0);
	ok(db_batch_commit(db, &err));
}
END_TEST

START_TEST(a_batch_that_nobody_commits_leaves_nothing)
{
	ok(db_batch_begin(db, &err));
	ok(db_begin(db, &err));
	ok(put(db, 1));
	ok(db_commit(db, &err));
	db_close(db);
	ok(db_open(&db, where, 0, &err));
	ck_assert_int_eq(rows(db), 0);
	ok(db_begin(db, &err));
	ok(put(db, 1));
	ok(db_commit(db, &err));
}
END_TEST

START_TEST(two_transactions_about_one_thing_wait_for_each_other)
{
	ok(db_begin_about(db, "device 1", &err));
	ck_assert_int_eq(db_begin_about(other, "device 1", &err), SMARTLIC_E_STORE_BUSY);
	ck_assert_int_eq(db_begin(other, &err), SMARTLIC_E_STORE_BUSY);
	ok(db_commit(db, &err));
	ok(db_begin_about(other, "device 1", &err));
	ok(db_commit(other, &err));
	ok(db_begin(other, &err));
	ck_assert_int_eq(db_begin_about(db, "device 2", &err), SMARTLIC_E_STORE_BUSY);
	ok(db_commit(other, &err));
}
END_TEST

START_TEST(a_server_lets_others_go_on_beside)
{
	if (!db_is_server(db))
		return;
	ok(db_begin_about(db, "device 1", &err));
	ok(db_begin_about(other, "device 2", &err));
	ck_assert_int_eq(db_lock_try(other, "device 1", &err), 0);
	ck_assert_int_eq(db_lock_try(other, "device 2", &err), 1);
	ck_assert_int_eq(db_lock_try(other, "device 3", &err), 1);
	ck_assert_int_eq(db_lock(db, "device 3", &err), SMARTLIC_E_STORE_BUSY);
	db_rollback(db);
	ok(db_lock(other, "device 1", &err));
	ok(db_commit(other, &err));
}
END_TEST

START_TEST(what_another_added_meanwhile_may_be_tried_again)
{
	if (!db_is_server(db))
		return;
	ok(db_begin_about(db, "device 1", &err));
	ok(put(db, 1));
	ok(db_commit(db, &err));
	ok(db_begin_about(other, "device 2", &err));
	ck_assert_int_eq(put(other, 1), SMARTLIC_E_STORE_BUSY);
	ck_assert(db_may_retry(other));
	db_rollback(other);
	ok(db_begin(other, &err));
	ck_assert(!db_may_retry(other));
	ok(db_commit(other, &err));
}
END_TEST

static int
kill_others(void)
{
	return (int)number(db,
	    "SELECT COUNT(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE pid <>"
	    " pg_backend_pid() AND application_name = 'smartlic-manager'"
	    " AND query LIKE '%lost%'");
}

START_TEST(a_lost_connection_is_made_anew_and_its_transaction_is_gone)
{
	if (!db_is_server(db))
		return;
	ok(db_begin(other, &err));
	ok(put(other, 1));
	ck_assert_int_eq(number(other, "SELECT 1 AS lost"), 1);
	ck_assert_int_eq(kill_others(), 1);
	ck_assert_int_eq(db_commit(other, &err), SMARTLIC_E_STORE_BUSY);
	ck_assert(db_may_retry(other));
	ck_assert_int_eq(rows(db), 0);
	ok(db_begin(other, &err));
	ok(put(other, 2));
	ok(db_commit(other, &err));
	ck_assert_int_eq(number(db, "SELECT SUM(k) FROM t"), 2);
}
END_TEST

START_TEST(a_batch_whose_connection_is_lost_fails_as_a_whole)
{
	if (!db_is_server(db))
		return;
	ok(db_batch_begin(other, &err));
	ok(db_begin(other, &err));
	ok(put(other, 1));
	ok(db_commit(other, &err));
	ck_assert_int_eq(number(other, "SELECT 1 AS lost"), 1);
	ck_assert_int_eq(kill_others(), 1);
	ck_assert_int_eq(db_begin(other, &err), SMARTLIC_E_STORE_BUSY);
	ck_assert_int_eq(db_begin(other, &err), SMARTLIC_E_STORE_BUSY);
	ck_assert(!db_may_retry(other)); /* not within this batch */
	ck_assert_int_eq(db_batch_commit(other, &err), SMARTLIC_E_STORE_BUSY);
	ok(put(other, 2));
	ck_assert_int_eq(number(db, "SELECT SUM(k) FROM t"), 2);
}
END_TEST

START_TEST(no_text_shows_a_password)
{
	char shown[128];

	if (!db_is_server(db))
		return;
	ok(db_url_shown("postgresql://bob:sesame@db.example/ledger", shown, sizeof(shown), &err));
	ck_assert_str_eq(shown, "postgresql://db.example/ledger");
	ck_assert_int_eq(db_open(&other, "postgresql://bob:sesame@127.0.0.1:1/ledger", 0, &err),
	    SMARTLIC_E_STORE_BUSY);
	ck_assert_ptr_null(strstr(err.text, "sesame"));
	ck_assert_int_eq(db_open(&other, "postgresql://bob:sesame@[/x", 0, &err), SMARTLIC_E_INVAL);
	ck_assert_ptr_null(strstr(err.text, "sesame"));
}
END_TEST

/* What a power cut would take cannot be tried here; that the next waits for the disk can be asked. */
START_TEST(relaxed_commits_are_those_between_two_calls)
{
	const char *how = "SELECT synchronous FROM pragma_synchronous";

	if (db_is_server(db))
		return;
	ck_assert_int_eq(number(db, how), 2);
	ok(db_relax(db, 1, &err));
	ck_assert_int_eq(number(db, how), 1);
	ok(db_begin(db, &err));
	ok(put(db, 1));
	ok(db_commit(db, &err));
	ck_assert_int_eq(number(other, "SELECT COUNT(*) FROM t"), 1);
	ck_assert_int_eq(number(other, how), 2);
	ok(db_relax(db, 0, &err));
	ck_assert_int_eq(number(db, how), 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db");
	TCase *t = tcase_create("db");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_put_in_comes_out);
	tcase_add_loop_test(t, numbers_of_every_type_are_read, 0, sizeof(sums) / sizeof(sums[0]));
	tcase_add_test(t, a_query_may_be_asked_while_it_runs);
	tcase_add_test(t, a_transaction_is_all_or_nothing);
	tcase_add_test(t, relaxed_commits_are_those_between_two_calls);
	tcase_add_test(t, of_a_batch_the_rest_stays_when_one_is_rolled_back);
	tcase_add_test(t, a_transaction_may_change_megabytes_and_take_them_back);
	tcase_add_test(t, what_a_request_changes_needs_no_temporary_file);
	tcase_add_test(t, a_batch_that_nobody_commits_leaves_nothing);
	tcase_add_test(t, two_transactions_about_one_thing_wait_for_each_other);
	tcase_add_test(t, a_server_lets_others_go_on_beside);
	tcase_add_test(t, what_another_added_meanwhile_may_be_tried_again);
	tcase_add_test(t, a_lost_connection_is_made_anew_and_its_transaction_is_gone);
	tcase_add_test(t, a_batch_whose_connection_is_lost_fails_as_a_whole);
	tcase_add_test(t, no_text_shows_a_password);
	suite_add_tcase(s, t);
	return run_suite(s);
}
