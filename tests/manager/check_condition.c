/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/condition.h"
#include "ledger/records.h"
#include "tests/manager/site.h"

/* What the doctor asks of a ledger, of either engine. */

static struct site s;

static void
setup(void)
{
	site_open(&s);
}

static void
teardown(void)
{
	site_close(&s);
}

START_TEST(a_sound_file_is_found_sound)
{
	char found[CONDITION_ENGINE_SIZE];

	if (db_is_server(ledger_db(s.ledger)))
		return; /* how durable that is does not lie with us */
	for (int quick = 0; quick <= 1; quick++) {
		site_ok(&s, condition_engine(ledger_db(s.ledger), quick, found, &s.err));
		ck_assert_ptr_nonnull(strstr(found, "SQLite"));
		ck_assert_int_eq(strstr(found, "indexes") != NULL, !quick);
	}
}
END_TEST

START_TEST(the_newest_is_the_last_contact_of_a_device)
{
	struct site_token token = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = device_new(&s, "CAT2231B18Y");
	int64_t newest_s;

	s.now += 100;
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	site_ok(&s, condition_newest(s.ledger, &newest_s, &s.err));
	ck_assert_int_eq(newest_s, s.now);
	device_free(&d);
}
END_TEST

START_TEST(only_tokens_that_can_be_used_need_their_key)
{
	unsigned char present[256];
	struct site_token token;

	site_ok(&s, condition_token_keys(s.ledger, s.now, present, &s.err));
	for (int i = 0; i < 256; i++)
		ck_assert_int_eq(present[i], 0);
	token = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	site_ok(&s, condition_token_keys(s.ledger, s.now, present, &s.err));
	ck_assert_int_eq(present[token.parsed.id[0]], 1);
	site_ok(&s, condition_token_keys(s.ledger, s.now + 31 * SITE_DAY, present, &s.err));
	ck_assert_int_eq(present[token.parsed.id[0]], 0);
}
END_TEST

START_TEST(a_backup_is_remembered_when_it_is_noted)
{
	int64_t at_s;

	site_ok(&s, condition_backup(s.ledger, &at_s, &s.err));
	ck_assert_int_eq(at_s, DB_NULL_INT);
	site_ok(&s, ledger_backup_note(s.ledger, s.now, &s.err));
	site_ok(&s, condition_backup(s.ledger, &at_s, &s.err));
	ck_assert_int_eq(at_s, s.now);
}
END_TEST

#define STORE "0c0c0c0c-0000-4000-8000-000000000001"

static int
ignore(void *ud, const struct ledger_sample *sample)
{
	(void)ud;
	(void)sample;
	return 0;
}

/* As none writes a page: its text, the ends that its row tells. */
static const struct {
	const char *sql, *why;
	int reads; /* what it says can be read */
} broken_pages[] = {
	{ "UPDATE sample_page SET data = data || 'x' WHERE page = 2", "line 2: no tag", 0 },
	{ "UPDATE sample_page SET data = '' WHERE page = 2", "it is empty", 0 },
	{ "UPDATE sample_page SET ends_s = ends_s + 1 WHERE page = 2", "other ends", 1 },
	{ "UPDATE sample_page SET last_s = last_s + 1 WHERE page = 2", "other ends", 1 },
};

START_TEST(a_page_of_samples_that_is_broken_is_found_and_named)
{
	struct site_token token = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = device_new(&s, "CAT2231B18Y");
	struct ledger_sample sample = { .tag = TAG_G, .hours = 1, .max = 8, .last = 8 };
	struct ledger_row row;
	int64_t n;

	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(ledger_row_get(s.ledger, d.instance, &row, &s.err), 1);
	for (sample.n = 1; sample.n <= 200; sample.n++) {
		sample.start_s = s.now + sample.n * 3600;
		site_ok(&s, ledger_samples_add(s.ledger, &row, STORE, &sample, 1, s.now, &s.err));
	}
	site_ok(&s, condition_samples(s.ledger, INT64_MAX, &n, &s.err));
	ck_assert_int_eq(n, 200);
	site_ok(&s, condition_samples(s.ledger, 2, &n, &s.err));
	ck_assert_int_eq(n, 128);
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, broken_pages[_i].sql, ""));
	ck_assert_int_eq(condition_samples(s.ledger, INT64_MAX, &n, &s.err), SMARTLIC_E_STORE);
	ck_assert_ptr_nonnull(strstr(s.err.text, broken_pages[_i].why));
	ck_assert_ptr_nonnull(strstr(s.err.text,
	    "account " SITE_ACCOUNT ", PID:NCS1004 SN:CAT2231B18Y UUID:default-sdr, store " STORE
	    ", page 2: "));
	/* nobody takes it for what it was not, nor writes it anew */
	sample.n = 190;
	sample.max = 9;
	s.err.text[0] = '\0';
	ck_assert_int_eq(ledger_samples_add(s.ledger, &row, STORE, &sample, 1, s.now, &s.err) == 0,
	    broken_pages[_i].reads);
	ck_assert_int_eq(ledger_sample_each(s.ledger, d.instance, 0, ignore, NULL, &s.err) == 0,
	    broken_pages[_i].reads);
	ck_assert_int_eq(strstr(s.err.text, ", page 2: ") == NULL, broken_pages[_i].reads);
	device_free(&d);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("condition");
	TCase *t = tcase_create("ledger");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_sound_file_is_found_sound);
	tcase_add_test(t, the_newest_is_the_last_contact_of_a_device);
	tcase_add_loop_test(t, a_page_of_samples_that_is_broken_is_found_and_named, 0,
	    sizeof(broken_pages) / sizeof(broken_pages[0]));
	tcase_add_test(t, only_tokens_that_can_be_used_need_their_key);
	tcase_add_test(t, a_backup_is_remembered_when_it_is_noted);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
