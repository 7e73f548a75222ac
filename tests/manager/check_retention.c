/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/manager/site.h"
#include "text.h"

/* For how long samples of use are kept, and what becomes of those that come later. */

#define STORE "0c0c0c0c-0000-4000-8000-000000000001"
#define LIMIT (SITE_NOW - SITE_NOW % SITE_DAY) /* of what is kept, 400 days after it */

static struct site s;
static struct device d;
static struct ledger_row row;

static void
setup(void)
{
	struct site_token token;

	site_open(&s);
	token = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	d = device_new(&s, "CAT2231B18Y");
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(ledger_row_get(s.ledger, d.instance, &row, &s.err), 1);
}

static void
teardown(void)
{
	site_check(&s);
	device_free(&d);
	site_close(&s);
}

/* Of so many hours that end then. */
static void
add(int64_t n, int64_t hours, int64_t end_s)
{
	struct ledger_sample sample = { .tag = TAG_G,
		.n = n,
		.start_s = end_s - hours * 3600,
		.hours = hours,
		.max = 8,
		.last = 8 };

	site_ok(&s, ledger_samples_add(s.ledger, &row, STORE, &sample, 1, s.now, &s.err));
}

static int64_t
samples(void)
{
	return site_samples(&s, SITE_PAGES).n;
}

static int64_t
audited(void)
{
	return site_count(&s, "SELECT COUNT(*) FROM audit WHERE what = 'samples removed'");
}

static int
keep(int64_t days)
{
	return ledger_samples_keep(s.ledger, days, "admin", s.now, &s.err);
}

static int64_t
from(void)
{
	int64_t ret;

	site_ok(&s, ledger_samples_from(s.ledger, s.now, &ret, &s.err));
	return ret;
}

START_TEST(samples_are_removed_400_days_after_their_end_and_the_audit_says_so_once)
{
	add(1, 1, LIMIT - 3600);
	add(2, 1, LIMIT);
	add(3, 24, LIMIT + 3600); /* begun before */
	add(4, 1, LIMIT + 3600);
	s.now = LIMIT + 399 * SITE_DAY;
	ck_assert_int_eq(site_trim(&s), 0);
	ck_assert_int_eq(audited(), 0);
	s.now = LIMIT + 401 * SITE_DAY - 1; /* by whole days */
	ck_assert_int_eq(site_trim(&s), 2);
	ck_assert_int_eq(site_samples(&s, SITE_PAGES).least, 3);
	ck_assert_int_eq(samples(), 2);
	ck_assert_int_eq(audited(), 1);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM audit WHERE who = 'authority'"
					" AND text LIKE '%2027-01-15T00:00:00Z%400 days'"),
	    1);
	/* a run that removes nothing says nothing */
	ck_assert_int_eq(site_trim(&s), 0);
	ck_assert_int_eq(audited(), 1);
}
END_TEST

START_TEST(many_are_removed_in_steps_each_a_short_transaction)
{
	struct ledger_trim run = { 0 };
	int64_t left = 1200, steps = 0;

	site_ok(&s, db_begin(ledger_db(s.ledger), &s.err));
	for (int64_t n = 1; n <= left; n++)
		add(n, 1, SITE_NOW);
	site_ok(&s, db_commit(ledger_db(s.ledger), &s.err));
	s.now += 500 * SITE_DAY;
	while (authority_trim(s.authority, &run, s.now, &s.err) == 1) {
		ck_assert_int_le(left - samples(), 500);
		left = samples();
		steps++;
	}
	ck_assert_int_eq(left, 0);
	ck_assert_int_ge(steps, 3);
	ck_assert_int_eq(run.removed, 1200);
	ck_assert_int_eq(audited(), 1);
}
END_TEST

/* As a device does that has not heard the answer, or whose ledger was restored. */
START_TEST(one_that_comes_again_after_it_was_removed_is_acknowledged_and_not_kept)
{
	struct sl_buf text = { 0 };
	unsigned char random[16];
	char *body;

	add(1, 1, SITE_NOW);
	s.now += 402 * SITE_DAY;
	ck_assert_int_eq(site_trim(&s), 1);
	s.now -= 370 * SITE_DAY; /* also when a clock was set back, or its certificate were over */
	(void)site_fill(&s, random, sizeof(random));
	sl_uuid4(d.request_id, random);
	sl_buf_printf(&text,
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"report\",\"request_id\":\"%s\",\"sequence\":"
	    "%lld,\"udi\":{\"pid\":\"NCS1004\",\"sn\":\"%s\",\"uuid\":\"default-sdr\"},"
	    "\"instance\":"
	    "\"%s\",\"store\":\"" STORE "\",\"body\":{\"samples\":[{\"tag\":\"" TAG_G
	    "\",\"n\":1,\"start\":\"2027-01-15T07:00:00Z\",\"hours\":1,\"max\":9,\"last\":9},"
	    "{\"tag\":\"" TAG_G
	    "\",\"n\":2,\"start\":\"2027-02-15T07:00:00Z\",\"hours\":1,\"max\":9,\"last\":9}]}}",
	    d.request_id, (long long)++d.sequence, d.udi.sn, d.instance);
	device_say(&s, &d, text.data, 1);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	body = site_last_body(&s);
	ck_assert_str_eq(body, "{\"acknowledged\":2}");
	ck_assert_int_eq(samples(), 1);
	ck_assert_int_eq(site_samples(&s, SITE_PAGES).least, 2);
	free(body);
	sl_buf_free(&text);
}
END_TEST

START_TEST(one_that_was_too_old_when_it_first_came_is_not_kept)
{
	add(1, 1, s.now - 402 * SITE_DAY);
	add(2, 1, s.now - 399 * SITE_DAY);
	ck_assert_int_eq(samples(), 1);
	ck_assert_int_eq(audited(), 0);
}
END_TEST

START_TEST(what_is_gone_stays_gone_when_more_days_are_to_be_kept)
{
	int64_t before;

	ck_assert_int_eq(from(), LIMIT - 400 * SITE_DAY);
	site_ok(&s, keep(35));
	add(1, 1, s.now - 30 * SITE_DAY);
	s.now += 10 * SITE_DAY;
	while ((before = from()) < LIMIT - 25 * SITE_DAY) {
		ck_assert_int_eq(samples(), before <= LIMIT - 29 * SITE_DAY);
		(void)site_trim(&s);
	}
	ck_assert_int_eq(before, LIMIT - 25 * SITE_DAY);
	site_ok(&s, keep(100));
	ck_assert_int_eq(from(), before);
	add(1, 1, SITE_NOW - 30 * SITE_DAY);
	ck_assert_int_eq(samples(), 0);
	site_ok(&s, keep(LEDGER_SAMPLES_FOREVER));
	ck_assert_int_eq(from(), before);
	add(2, 1, SITE_NOW);
	s.now += 5000 * SITE_DAY;
	ck_assert_int_eq(site_trim(&s), 0);
	ck_assert_int_eq(samples(), 1);
	ck_assert_int_eq(
	    site_count(&s, "SELECT COUNT(*) FROM audit WHERE what = 'account set'"
			   " AND who = 'admin' AND text LIKE '%for ever instead of 100 days'"),
	    1);
}
END_TEST

START_TEST(an_hour_of_a_clock_that_is_years_ahead_takes_a_day_along)
{
	for (int64_t n = 1; n <= 30; n++)
		add(n, 24, LIMIT - (n - 1) * SITE_DAY);
	s.now = LIMIT + 370 * SITE_DAY;
	ck_assert_int_eq(site_trim(&s), 0);
	s.now += 3650 * SITE_DAY;
	ck_assert_int_eq(site_trim(&s), 1);
	ck_assert_int_eq(samples(), 29);
	/* set right, nothing is missing that would not have been removed the next day */
	s.now = LIMIT + 371 * SITE_DAY;
	ck_assert_int_eq(site_trim(&s), 0);
	add(31, 24, LIMIT - 28 * SITE_DAY);
	ck_assert_int_eq(samples(), 30);
}
END_TEST

START_TEST(fewer_days_than_a_device_may_send_again_are_refused)
{
	ck_assert_int_eq(keep(34), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(s.err.text, "35 to 36500 days, or for ever"));
	ck_assert_int_eq(keep(36501), SMARTLIC_E_INVAL);
	ck_assert_int_eq(keep(-1), SMARTLIC_E_INVAL);
	ck_assert_int_eq(site_count(&s, "SELECT sample_days FROM account"), 400);
	site_ok(&s, keep(35));
}
END_TEST

START_TEST(each_account_keeps_its_own_as_long_as_it_says)
{
	static const char *const move[] = {
		"INSERT INTO sample_page SELECT a.account, s.pid, s.sn, s.uuid, s.store, s.page, 1,"
		" s.instance, s.at_s, s.ends_s, s.last_s, s.told, s.data FROM sample_page s,"
		" account a WHERE a.name = 'Second'",
	};
	char first[SL_UUID_SIZE];

	site_ok(&s, ledger_account_create(s.ledger, "Second", STORE, "admin", s.now, &s.err));
	strcpy(first, ledger_info(s.ledger)->account);
	add(1, 1, SITE_NOW);
	/* the other account's device is none: rows are what is looked at */
	if (!db_is_server(ledger_db(s.ledger)))
		site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, "PRAGMA foreign_keys = 0", ""));
	else
		site_ok(&s, db_exec(ledger_db(s.ledger), &s.err,
				"SET session_replication_role = replica", ""));
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, move[0], ""));
	ck_assert_int_eq(samples(), 2);
	site_ok(&s, keep(LEDGER_SAMPLES_FOREVER));
	s.now += 500 * SITE_DAY;
	ck_assert_int_eq(site_trim(&s), 1);
	ck_assert_str_eq(ledger_info(s.ledger)->account, first);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM sample_page s JOIN account a"
					" ON a.account = s.account WHERE a.name = 'Second'"),
	    0);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM audit u JOIN account a"
					" ON a.account = u.account WHERE a.name = 'Second'"
					" AND u.what = 'samples removed'"),
	    1);
	ck_assert_int_eq(samples(), 1);
}
END_TEST

START_TEST(a_page_that_is_being_written_is_left_for_the_next_run)
{
	struct ledger_sample sample = { .tag = TAG_G,
		.n = 2,
		.start_s = SITE_NOW + 450 * SITE_DAY,
		.hours = 1,
		.max = 8,
		.last = 8 };
	struct site_token token = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device other = device_new(&s, "CAT2231B18Z");
	struct ledger_row writes = row;
	struct ledger *beside = NULL;

	if (db_is_server(ledger_db(s.ledger))) { /* in a file nobody else writes meanwhile */
		add(1, 1, SITE_NOW);
		ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
		ck_assert_int_eq(ledger_row_get(s.ledger, other.instance, &row, &s.err), 1);
		add(1, 1, SITE_NOW + 1);
		s.now += 500 * SITE_DAY;
		site_ok(&s, ledger_open(&beside, s.db_path, &s.err));
		site_ok(&s, ledger_begin_device(beside, &writes.udi, &s.err));
		site_ok(
		    &s, ledger_samples_add(beside, &writes, STORE, &sample, 1, SITE_NOW, &s.err));
		ck_assert_int_eq(site_trim(&s), 1);
		site_ok(&s, db_commit(ledger_db(beside), &s.err));
		ck_assert_int_eq(samples(), 2);
		ck_assert_int_eq(site_trim(&s), 1);
		ck_assert_int_eq(site_samples(&s, SITE_PAGES).least, 2);
		ledger_close(beside);
	}
	device_free(&other);
}
END_TEST

START_TEST(a_page_that_cannot_be_read_keeps_no_other_one)
{
	struct ledger_trim run = { 0 };
	int r;

	for (int64_t n = 1; n <= 5 * 64; n += 64)
		add(n, 1, SITE_NOW + n);
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err,
			"UPDATE sample_page SET data = 'nothing' WHERE page = 1", ""));
	s.now += 500 * SITE_DAY;
	while ((r = authority_trim(s.authority, &run, s.now, &s.err)) == 1)
		continue;
	site_ok(&s, r);
	ck_assert_int_eq(run.removed, 4);
	/* and is told */
	run = (struct ledger_trim){ 0 };
	ck_assert_int_eq(authority_trim(s.authority, &run, s.now, &s.err), SMARTLIC_E_STORE);
	ck_assert_ptr_nonnull(strstr(s.err.text, "page 1: line 1: no tag"));
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM sample_page"), 1);
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, "DELETE FROM sample_page", ""));
}
END_TEST

START_TEST(a_sealed_ledger_keeps_all_that_it_has)
{
	add(1, 1, SITE_NOW);
	site_ok(&s, ledger_seal(s.ledger, "admin", s.now, &s.err));
	s.now += 500 * SITE_DAY;
	ck_assert_int_eq(site_trim(&s), 0);
	ck_assert_int_eq(samples(), 1);
	ck_assert_int_eq(audited(), 0);
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, "UPDATE manager SET sealed_s = NULL", ""));
	ck_assert_int_eq(site_trim(&s), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("retention");
	TCase *t = tcase_create("samples");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, samples_are_removed_400_days_after_their_end_and_the_audit_says_so_once);
	tcase_add_test(t, many_are_removed_in_steps_each_a_short_transaction);
	tcase_add_test(t, one_that_comes_again_after_it_was_removed_is_acknowledged_and_not_kept);
	tcase_add_test(t, one_that_was_too_old_when_it_first_came_is_not_kept);
	tcase_add_test(t, what_is_gone_stays_gone_when_more_days_are_to_be_kept);
	tcase_add_test(t, an_hour_of_a_clock_that_is_years_ahead_takes_a_day_along);
	tcase_add_test(t, fewer_days_than_a_device_may_send_again_are_refused);
	tcase_add_test(t, each_account_keeps_its_own_as_long_as_it_says);
	tcase_add_test(t, a_page_that_is_being_written_is_left_for_the_next_run);
	tcase_add_test(t, a_page_that_cannot_be_read_keeps_no_other_one);
	tcase_add_test(t, a_sealed_ledger_keeps_all_that_it_has);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
