/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/chain.h"
#include "tests/manager/site.h"

/* The entries of an account are a chain: what is done to them afterwards is found. */

static struct site s;
static struct site_token token;
static struct device d, other;
static struct ledger_head head;
static int64_t broken;

static int
verify(const struct ledger_head *noted)
{
	return ledger_verify(s.ledger, noted, &head, &broken, &s.err);
}

static void
run_sql(const char *sql)
{
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, sql, ""));
}

/* Six entries: of two instances, up and down. */
static void
setup(void)
{
	site_open(&s);
	token = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	d = device_new(&s, "CAT2231B18Y");
	other = device_new(&s, "CAT2231B18Z");
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 8, 8), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &other, 3, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 5, 7), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &other, 4, 0), SL_DENIED_NONE);
	site_ok(&s, verify(NULL));
	ck_assert_int_eq(head.entry, 6);
}

static void
teardown(void)
{
	device_free(&d);
	device_free(&other);
	site_close(&s);
}

START_TEST(an_empty_ledger_is_in_order)
{
	site_open(&s);
	site_ok(&s, verify(NULL));
	ck_assert_int_eq(head.entry, 0);
	ck_assert_str_eq(head.hash, CHAIN_BEGIN);
	site_close(&s);
}
END_TEST

START_TEST(each_entry_moves_the_head)
{
	struct ledger_head before = head;

	ck_assert_int_eq(device_use(&s, &d, 5, 6), SL_DENIED_NONE);
	site_ok(&s, verify(NULL));
	ck_assert_int_eq(head.entry, 7);
	ck_assert_str_ne(head.hash, before.hash);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM chain"), 1);
}
END_TEST

START_TEST(what_changes_no_consumption_writes_no_entry_no_pool_and_no_head)
{
	if (db_is_server(ledger_db(s.ledger)))
		return; /* its triggers are written otherwise */
	run_sql("CREATE TEMP TRIGGER t1 BEFORE UPDATE ON chain BEGIN SELECT RAISE(ABORT, 'chain'); "
		"END");
	run_sql("CREATE TEMP TRIGGER t2 BEFORE INSERT ON chain BEGIN SELECT RAISE(ABORT, 'chain'); "
		"END");
	run_sql(
	    "CREATE TEMP TRIGGER t3 BEFORE UPDATE ON pool BEGIN SELECT RAISE(ABORT, 'pool'); END");
	run_sql(
	    "CREATE TEMP TRIGGER t4 BEFORE INSERT ON pool BEGIN SELECT RAISE(ABORT, 'pool'); END");
	run_sql("CREATE TEMP TRIGGER t5 BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'entry'); "
		"END");
	ck_assert_int_eq(device_use(&s, &d, 5, 7), SL_DENIED_NONE);
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 5, 7), SL_DENIED_NONE);
	site_ok(&s, verify(&head));
}
END_TEST

/* Each leaves the sums right, or is found before they are looked at. */
static const struct {
	const char *sql;
	int64_t broken;
	const char *text;
} damage[] = {
	{ "UPDATE entry SET delta = delta + 1 WHERE entry = 3", 3, "entry 3, of instance " },
	{ "UPDATE entry SET at_s = at_s - 86400 WHERE entry = 2", 2, "not as it was written" },
	{ "UPDATE entry SET why = 'released' WHERE entry = 6", 6, "not as it was written" },
	{ "UPDATE entry SET tag = tag || ' ' WHERE entry = 1", 1, "not as it was written" },
	{ "UPDATE entry SET va = 2 WHERE entry = 1", 1, "not as it was written" },
	{ "UPDATE entry SET instance = (SELECT MIN(instance) FROM instance)"
	  " WHERE instance = (SELECT MAX(instance) FROM instance)",
	    3, "not as it was written" },
	{ "UPDATE entry SET hash = (SELECT hash FROM entry WHERE entry = 4) WHERE entry = 5", 5,
	    "not as it was written" },
	{ "UPDATE entry SET hash = upper(hash) WHERE entry = 5", 5, "not as it was written" },
	{ "DELETE FROM entry WHERE entry = 1", 1, "entry 1 is missing: the next one is 2" },
	{ "DELETE FROM entry WHERE entry IN (3, 4)", 3, "entry 3 is missing: the next one is 5" },
	{ "DELETE FROM entry WHERE entry > 4", 5,
	    "entry 5 is missing, as all up to 6 are: the end was cut off" },
	{ "DELETE FROM entry", 1, "entry 1 is missing, as all up to 6 are" },
	{ "DELETE FROM chain", 0, "closed at 0 with another end than entry 6" },
	{ "UPDATE chain SET entry = 5", 0, "closed at 5 with another end than entry 6" },
	{ "UPDATE chain SET hash = (SELECT hash FROM entry WHERE entry = 5)", 0,
	    "with another end than entry 6" },
	{ "INSERT INTO entry SELECT account, 7, va, tag, instance, 0, why, at_s, hash FROM entry"
	  " WHERE entry = 6",
	    7, "entry 7, of instance " },
	{ "UPDATE pool SET consumed = consumed + 1", 0, "a pool's consumption is the sum" },
};

START_TEST(what_is_done_to_written_entries_is_found_and_the_first_one_named)
{
	run_sql(damage[_i].sql);
	ck_assert_int_eq(verify(NULL), SMARTLIC_E_STORE);
	ck_assert_int_eq(broken, damage[_i].broken);
	ck_assert_msg(strstr(s.err.text, damage[_i].text) != NULL, "%s", s.err.text);
	ck_assert_msg(strstr(s.err.text, "restore a backup") != NULL, "%s", s.err.text);
}
END_TEST

/* The last entries with the head and all that follows from them: in itself such a ledger is one. */
START_TEST(a_cut_that_takes_the_head_along_is_found_by_a_head_that_was_noted)
{
	struct ledger_head noted = head;

	run_sql("DELETE FROM entry WHERE entry = 6");
	run_sql("UPDATE chain SET entry = 5, hash = (SELECT hash FROM entry WHERE entry = 5)");
	run_sql("UPDATE pool SET consumed = consumed - 1 WHERE consumed = 9");
	run_sql("UPDATE usage SET held = 3, count = 3 WHERE count = 4");
	site_ok(&s, verify(NULL));
	ck_assert_int_eq(verify(&noted), SMARTLIC_E_STORE);
	ck_assert_msg(
	    strstr(s.err.text, "ends at entry 5, before the noted 6") != NULL, "%s", s.err.text);
	ck_assert_int_eq(device_use(&s, &d, 1, 1), SL_DENIED_NONE);
	site_ok(&s, verify(NULL));
	ck_assert_int_eq(verify(&noted), SMARTLIC_E_STORE);
	ck_assert_msg(
	    strstr(s.err.text, "entry 6 is not the one that was noted") != NULL, "%s", s.err.text);
}
END_TEST

START_TEST(a_noted_head_stays_a_part_of_the_chain)
{
	const struct ledger_head noted = head, begin = { 0, CHAIN_BEGIN };

	ck_assert_int_eq(device_deregister(&s, &d), SL_DENIED_NONE);
	site_ok(&s, verify(&noted));
	ck_assert_int_eq(head.entry, 8);
	site_ok(&s, verify(&begin));
}
END_TEST

START_TEST(the_last_entries_are_proven_without_those_before_them)
{
	run_sql("UPDATE entry SET delta = delta + 1 WHERE entry = 3");
	site_ok(&s, ledger_verify_last(s.ledger, 3, &head, &broken, &s.err));
	ck_assert_int_eq(head.entry, 6);
	ck_assert_int_eq(ledger_verify_last(s.ledger, 4, &head, &broken, &s.err), SMARTLIC_E_STORE);
	ck_assert_int_eq(broken, 3);
	/* more than there are: all */
	ck_assert_int_eq(
	    ledger_verify_last(s.ledger, 100, &head, &broken, &s.err), SMARTLIC_E_STORE);
	ck_assert_int_eq(broken, 3);
}
END_TEST

START_TEST(a_head_is_read_as_it_is_printed)
{
	static const char *const bad[] = { "", ":", "6", "6:", "6:ab", "x:" CHAIN_BEGIN,
		"-6:" CHAIN_BEGIN, "6: " CHAIN_BEGIN, "6:" CHAIN_BEGIN "0", "6x:" CHAIN_BEGIN,
		"99999999999999999999:" CHAIN_BEGIN };
	struct ledger_head again;
	char text[LEDGER_HEAD_SIZE];

	ledger_head_text(text, &head);
	ck_assert_int_eq(strncmp(text, "6:", 2), 0);
	site_ok(&s, ledger_head_read(&again, text, &s.err));
	ck_assert_int_eq(again.entry, head.entry);
	ck_assert_str_eq(again.hash, head.hash);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(ledger_head_read(&again, bad[i], &s.err), SMARTLIC_E_INVAL);
}
END_TEST

START_TEST(entries_from_before_there_was_a_chain_are_chained_as_if_there_had_been_one)
{
	struct ledger_head before = head;

	run_sql("UPDATE entry SET hash = ''");
	run_sql("DELETE FROM chain");
	ck_assert_int_eq(verify(NULL), SMARTLIC_E_STORE);
	site_ok(&s, chain_build(ledger_db(s.ledger), &s.err));
	site_ok(&s, verify(&before));
	ck_assert_int_eq(device_use(&s, &d, 1, 1), SL_DENIED_NONE);
	site_ok(&s, verify(&before));
}
END_TEST

/* Of a ledger that lacks an entry already: it can be opened and worked with, and says so. */
START_TEST(an_entry_that_was_missing_before_there_was_a_chain_is_named)
{
	run_sql("DELETE FROM entry WHERE entry = 2");
	run_sql("DELETE FROM chain");
	site_ok(&s, chain_build(ledger_db(s.ledger), &s.err));
	ck_assert_int_eq(device_use(&s, &d, 1, 1), SL_DENIED_NONE);
	ck_assert_int_eq(verify(NULL), SMARTLIC_E_STORE);
	ck_assert_int_eq(broken, 2);
}
END_TEST

START_TEST(an_entry_that_is_rolled_back_leaves_the_head_where_it_was)
{
	struct ledger_head before = head;

	if (db_is_server(ledger_db(s.ledger)))
		return;
	run_sql(
	    "CREATE TEMP TRIGGER t1 BEFORE UPDATE ON instance BEGIN SELECT RAISE(ABORT, 'x'); END");
	device_ask_usage(&s, &d, 1, 1);
	ck_assert_int_lt(authority_answer(s.authority, d.message.data, d.message.len, s.now,
			     site_fill, &s, &s.last, &s.err),
	    0);
	run_sql("DROP TRIGGER t1");
	site_ok(&s, verify(&before));
	ck_assert_int_eq(head.entry, 6);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	site_ok(&s, verify(&before));
	ck_assert_int_eq(head.entry, 8);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("chain");
	TCase *t = tcase_create("empty");

	tcase_add_test(t, an_empty_ledger_is_in_order);
	suite_add_tcase(suite, t);
	t = tcase_create("entries");
	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_entry_moves_the_head);
	tcase_add_test(t, what_changes_no_consumption_writes_no_entry_no_pool_and_no_head);
	tcase_add_loop_test(t, what_is_done_to_written_entries_is_found_and_the_first_one_named, 0,
	    sizeof(damage) / sizeof(damage[0]));
	tcase_add_test(t, a_cut_that_takes_the_head_along_is_found_by_a_head_that_was_noted);
	tcase_add_test(t, a_noted_head_stays_a_part_of_the_chain);
	tcase_add_test(t, the_last_entries_are_proven_without_those_before_them);
	tcase_add_test(t, a_head_is_read_as_it_is_printed);
	tcase_add_test(
	    t, entries_from_before_there_was_a_chain_are_chained_as_if_there_had_been_one);
	tcase_add_test(t, an_entry_that_was_missing_before_there_was_a_chain_is_named);
	tcase_add_test(t, an_entry_that_is_rolled_back_leaves_the_head_where_it_was);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
