/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/condition.h"
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

int
main(void)
{
	Suite *suite = suite_create("condition");
	TCase *t = tcase_create("ledger");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_sound_file_is_found_sound);
	tcase_add_test(t, the_newest_is_the_last_contact_of_a_device);
	tcase_add_test(t, only_tokens_that_can_be_used_need_their_key);
	tcase_add_test(t, a_backup_is_remembered_when_it_is_noted);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
