/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/manager/site.h"
#include "text.h"

/* Samples of a ledger that kept each in a row of its own (version 22 of the tables). */

#define STORE "0c0c0c0c-0000-4000-8000-000000000001"
#define OTHER "0b0b0b0b-0000-4000-8000-000000000002"

static struct site s;
static struct device d, second;
static struct sl_buf before, after;

static void
run_sql(const char *sql)
{
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, sql, ""));
}

static void
setup(void)
{
	static const char *const back[] = {
		"DROP TABLE sample_page",
		"CREATE TABLE sample (account TEXT NOT NULL, pid TEXT NOT NULL, sn TEXT NOT NULL,"
		" uuid TEXT NOT NULL, store TEXT NOT NULL, tag TEXT NOT NULL, n BIGINT NOT NULL,"
		" va BIGINT NOT NULL, instance TEXT NOT NULL, start_s BIGINT NOT NULL,"
		" hours BIGINT NOT NULL, max BIGINT NOT NULL, last BIGINT NOT NULL,"
		" at_s BIGINT NOT NULL, told BIGINT,"
		" PRIMARY KEY (account, pid, sn, uuid, store, tag, n),"
		" FOREIGN KEY (account, va) REFERENCES virtual_account,"
		" FOREIGN KEY (account, instance) REFERENCES instance)",
		"CREATE INDEX sample_untold ON sample (account, told) WHERE told > 0",
		("CREATE INDEX sample_end ON sample (account, (start_s + hours * 3600))"
		 " WHERE COALESCE(told, 0) = 0"),
		"DELETE FROM schema_version WHERE version > 22",
	};
	struct site_token token;

	site_open(&s);
	site_ok(&s, ledger_virtual_account_create(s.ledger, "Lab", "admin", s.now, &s.err));
	token = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	d = device_new(&s, "CAT2231B18Y");
	second = device_new(&s, "CAT2231B18Z");
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &second, &token, 0), SL_DENIED_NONE);
	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++)
		run_sql(back[i]);
}

static void
teardown(void)
{
	device_free(&d);
	device_free(&second);
	sl_buf_free(&before);
	sl_buf_free(&after);
	site_close(&s);
}

/* In each device's store so many hours of two licenses, which number them in turns; each tenth is a
 * day; and a few in another store. */
#define COLUMNS                                                                                    \
	"account, pid, sn, uuid, store, tag, n, va, instance, start_s, hours, max, last, at_s, "   \
	"told"
static const char *const lay =
    "INSERT INTO sample (" COLUMNS ") WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL"
    " SELECT n + 1 FROM k WHERE n < 1500)"
    " SELECT i.account, i.pid, i.sn, i.uuid, '" STORE "', CASE WHEN k.n % 2 = 0 THEN '" TAG_G
    "' ELSE '" TAG_X "' END, k.n, i.va, i.instance, 1790000000 + k.n / 2 * 3600,"
    " CASE WHEN k.n % 10 = 0 THEN 24 ELSE 1 END, k.n % 7 + 1, k.n % 7, 1790000000 + k.n, NULL"
    " FROM instance i, k";
static const char *const lay_other =
    "INSERT INTO sample (" COLUMNS ") SELECT account, pid, sn, uuid, '" OTHER "', tag, n, va,"
    " instance, start_s, hours, max + 1, last, at_s, told FROM sample WHERE n BETWEEN 60 AND 70";

static int
put_sample(void *ud, const struct ledger_sample *x)
{
	sl_buf_printf(ud, "%s %lld: %lld %lld %lld %lld\n", x->tag, (long long)x->n,
	    (long long)x->start_s, (long long)x->hours, (long long)x->max, (long long)x->last);
	return 0;
}

/* As the rows are, in the order in which they are shown. */
static void
note_rows(const char *sn)
{
	struct ledger_sample x;
	struct db_row *row;

	site_ok(&s, db_query(ledger_db(s.ledger), &row, &s.err,
			"SELECT tag, n, start_s, hours, max, last FROM sample WHERE sn = $1"
			" ORDER BY start_s, tag, store, n",
			"t", sn));
	while (db_next(row, &s.err) == 1) {
		x = (struct ledger_sample){ .n = db_int(row, 1),
			.start_s = db_int(row, 2),
			.hours = db_int(row, 3),
			.max = db_int(row, 4),
			.last = db_int(row, 5) };
		(void)sl_copy(x.tag, sizeof(x.tag), db_text(row, 0));
		(void)put_sample(&before, &x);
	}
}

static void
upgrade(void)
{
	struct ledger *again = NULL;

	site_ok(&s, ledger_open(&again, s.db_path, &s.err));
	ledger_close(again);
}

START_TEST(each_sample_is_carried_over)
{
	run_sql(lay);
	run_sql(lay_other);
	note_rows("CAT2231B18Y");
	note_rows("CAT2231B18Z");
	upgrade();
	site_ok(&s, ledger_sample_each(s.ledger, d.instance, 0, put_sample, &after, &s.err));
	site_ok(&s, ledger_sample_each(s.ledger, second.instance, 0, put_sample, &after, &s.err));
	ck_assert_str_eq(after.data, before.data);
	ck_assert_int_eq(site_samples(&s, SITE_PAGES).n, 2 * (1500 + 11));
	/* 24 of the one store and 2 of the other, of each device */
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM sample_page"), 2 * 26);
	ck_assert_int_eq(
	    site_count(&s, "SELECT COUNT(*) FROM sample_page WHERE told IS NULL AND va = 1"),
	    2 * 26);
	/* the rows are gone: another ledger of today has as many tables */
	ck_assert_int_lt(db_exec(ledger_db(s.ledger), &s.err, "DELETE FROM sample", ""), 0);
	site_check(&s);
}
END_TEST

START_TEST(a_page_is_what_reports_would_have_made_of_it)
{
	struct ledger_sample x = { .tag = TAG_X,
		.n = 1499,
		.start_s = 1790000000 + 749 * 3600,
		.hours = 1,
		.max = 1499 % 7 + 1,
		.last = 1499 % 7 };
	struct ledger_row row;

	run_sql(lay);
	upgrade();
	ck_assert_int_eq(ledger_row_get(s.ledger, d.instance, &row, &s.err), 1);
	site_ok(&s, ledger_samples_add(s.ledger, &row, STORE, &x, 1, s.now, &s.err));
	ck_assert_int_eq(site_count(&s, "SELECT MAX(at_s) FROM sample_page"), 1790000000 + 1500);
	x.n = 1501;
	site_ok(&s, ledger_samples_add(s.ledger, &row, STORE, &x, 1, s.now, &s.err));
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM sample_page"), 2 * 24);
	ck_assert_int_eq(site_samples(&s, SITE_PAGES).n, 2 * 1500 + 1);
	/* the earliest end and the latest are known: all go 400 days later, and no earlier */
	s.now = 1790000000 + 500 * SITE_DAY;
	site_ok(&s, ledger_samples_keep(s.ledger, 400, "admin", s.now, &s.err));
	ck_assert_int_eq(site_trim(&s), 2 * 1500 + 1);
}
END_TEST

/* Of a page in which some are told and some are not. */
START_TEST(a_page_is_told_where_all_of_its_samples_were)
{
	run_sql(lay);
	/* pages 0: told; 1: one of them is not; 2: none is; 3: as they come where nobody is told */
	run_sql("UPDATE sample SET told = CASE WHEN n <= 64 OR n BETWEEN 66 AND 128 THEN 0"
		" WHEN n <= 192 THEN n END, va = CASE WHEN n = 64 THEN 2 ELSE 1 END");
	run_sql("DELETE FROM sample WHERE sn = 'CAT2231B18Z'");
	upgrade();
	ck_assert_int_eq(site_count(&s, "SELECT told FROM sample_page WHERE page = 0"), 0);
	ck_assert_int_eq(site_count(&s, "SELECT told FROM sample_page WHERE page = 1"), 65);
	ck_assert_int_eq(site_count(&s, "SELECT told FROM sample_page WHERE page = 2"), 192);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM sample_page WHERE told IS NULL"), 21);
	ck_assert_int_eq(site_count(&s, "SELECT page FROM sample_page WHERE va = 2"), 0);
}
END_TEST

START_TEST(a_ledger_without_samples_has_no_pages)
{
	upgrade();
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM sample_page"), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sample_upgrade");
	TCase *t = tcase_create("rows");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, each_sample_is_carried_over);
	tcase_add_test(t, a_page_is_what_reports_would_have_made_of_it);
	tcase_add_test(t, a_page_is_told_where_all_of_its_samples_were);
	tcase_add_test(t, a_ledger_without_samples_has_no_pages);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
