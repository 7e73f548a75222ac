/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "ledger/copy.h"
#include "tests/manager/restoring.h"

/* Backups of the ledger: what is one, and what a ledger that is put back says of itself. */

START_TEST(a_backup_is_made_while_the_ledger_is_in_use_and_read_by_its_owner_alone)
{
	struct ledger *copy = NULL;
	struct stat st;

	ck_assert_int_eq(stat(backup, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(ledger_backup(s.ledger, backup, s.now, &s.err), SMARTLIC_E_EXISTS);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	site_ok(&s, ledger_open(&copy, backup, &s.err));
	site_ok(&s, ledger_check(copy, &s.err));
	ledger_close(copy);
}
END_TEST

START_TEST(a_restored_ledger_has_another_uuid_and_says_what_it_lost)
{
	char home[SL_UUID_SIZE];
	struct stat st;

	memcpy(home, ledger_info(s.ledger)->home, sizeof(home));
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 5, 0, s.now, &s.err));
	go_back();
	/* with a server, what was under way then was begun within the minute before */
	ck_assert_int_eq(restored.backup_s, SITE_NOW + SITE_DAY - (server() ? 60 : 0));
	ck_assert_str_eq(ledger_info(s.ledger)->ledger, LEDGER);
	ck_assert_str_eq(ledger_info(s.ledger)->home, home);
	ck_assert_int_eq(site_count(&s, "SELECT SUM(quantity) FROM purchase"), 8);
	ck_assert_int_eq(site_count(&s, "SELECT to_s - from_s FROM gap"),
	    10 * SITE_DAY + (server() ? 60 : 0));
	ck_assert_int_eq(audited("backup restored"), 1);
	/* the former one is still there, the backup unchanged */
	if (!server())
		ck_assert_int_eq(stat(restored.aside, &st), 0);
	ck_assert_ptr_nonnull(strstr(restored.aside, "until"));
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	site_stop(&s);
	s.now++;
	site_ok(&s, restore(backup));
	site_start(&s);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM gap"), 1);
}
END_TEST

/* By SQLite's own means: of when it is, its newest row says. */
START_TEST(a_copy_made_by_another_program_is_restored_too)
{
	char copy[160];

	if (server())
		return;
	snprintf(copy, sizeof(copy), "%s/copy", s.dir);
	site_ok(&s, db_copy(ledger_db(s.ledger), copy, &s.err));
	site_stop(&s);
	s.now += SITE_DAY;
	site_ok(&s, restore(copy));
	site_start(&s);
	ck_assert_int_eq(restored.backup_s, SITE_NOW);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
}
END_TEST

START_TEST(nothing_is_restored_under_a_process_that_has_the_file_open)
{
	if (server())
		return;
	ck_assert_int_eq(restore(backup), SMARTLIC_E_STORE_BUSY);
	ck_assert_str_eq(ledger_info(s.ledger)->ledger, SITE_HOME);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	site_stop(&s);
	site_start(&s);
	ck_assert_str_eq(ledger_info(s.ledger)->ledger, SITE_HOME);
	ck_assert_int_eq(site_count(&s, "SELECT sequence FROM instance"), 2);
}
END_TEST

/* s.ledger stays open: as another manager's that nobody told. */
START_TEST(processes_of_a_server_go_on_with_the_restored_ledger)
{
	if (!server())
		return;
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
	s.now += SITE_DAY;
	site_ok(&s, restore(backup));
	ck_assert_int_eq(device_use(&s, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_str_eq(ledger_info(s.ledger)->ledger, LEDGER);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM gap"), 1);
	ck_assert_int_eq(audited("backup restored"), 1);
}
END_TEST

/* Takes a device out of the ledger, as if its registration had not reached the standby. */
static void
lose(const struct device *lost)
{
	static const char *const tables[] = { "DELETE FROM usage WHERE instance = $1",
		"DELETE FROM history WHERE instance = $1",
		"DELETE FROM request WHERE instance = $1", "DELETE FROM key WHERE instance = $1",
		"DELETE FROM instance WHERE instance = $1" };
	struct db *db = ledger_db(s.ledger);

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		site_ok(&s, db_exec(db, &s.err, tables[i], "t", lost->instance));
	site_ok(&s, db_exec(db, &s.err, "DELETE FROM token_use WHERE sn = $1", "t", lost->udi.sn));
	site_ok(&s, db_exec(db, &s.err,
			"DELETE FROM key_home WHERE ski NOT IN (SELECT ski FROM key)", ""));
	site_ok(&s, db_exec(db, &s.err, "UPDATE token SET uses = uses - 1", ""));
}

START_TEST(a_renewed_ledger_adopts_what_the_standby_had_lost)
{
	char home[SL_UUID_SIZE];

	memcpy(home, ledger_info(s.ledger)->home, sizeof(home));
	s.now += SITE_DAY;
	ck_assert_int_eq(device_register(&s, &later, &token, 0), SL_DENIED_NONE);
	/* as late as the newest that is known, but under way at the same time */
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	lose(&later);
	s.now += 60;
	site_ok(&s, ledger_renew(s.ledger, LEDGER, (const unsigned char *)"0123456789a", "admin", s.now,
			&restored, &s.err));
	ck_assert_int_eq(restored.backup_s, s.now - 120);
	ck_assert_int_eq(device_use(&s, &later, 5, 0), SL_DENIED_NONE);
	ck_assert_str_eq(ledger_info(s.ledger)->ledger, LEDGER);
	ck_assert_str_eq(ledger_info(s.ledger)->home, home);
	ck_assert_int_eq(audited("ledger renewed"), 1);
	ck_assert_int_eq(audited("instance adopted"), 1);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
}
END_TEST

/* A command that was run while a host's clock was years ahead. */
START_TEST(a_clock_that_was_ahead_hides_nothing_that_was_lost)
{
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, "UPDATE token SET created_s = $1", "i",
			s.now + 7300 * SITE_DAY));
	s.now += SITE_DAY;
	ck_assert_int_eq(device_register(&s, &later, &token, 0), SL_DENIED_NONE);
	lose(&later);
	s.now += 60;
	site_ok(&s, ledger_renew(s.ledger, LEDGER, (const unsigned char *)"0123456789a", "admin", s.now,
			&restored, &s.err));
	ck_assert_int_lt(restored.backup_s, s.now - 60);
	ck_assert_int_eq(device_use(&s, &later, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(audited("instance adopted"), 1);
}
END_TEST

START_TEST(a_sealed_ledger_answers_nobody_and_its_backup_does)
{
	struct sl_buf answer = { 0 };
	struct ledger *other = NULL;
	char moved[160];

	/* by another process than the one that answers */
	site_ok(&s, ledger_open(&other, s.db_path, &s.err));
	site_ok(&s, ledger_seal(other, "admin", s.now, &s.err));
	site_ok(&s, ledger_seal(other, "admin", s.now, &s.err));
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			device_ask_usage(&s, &d, 3, 0);
		else
			device_ask_register(&s, &later, &token, 0, NULL, 0);
		ck_assert_int_eq(authority_answer(s.authority, i == 0 ? d.message.data : later.message.data,
				     i == 0 ? d.message.len : later.message.len, s.now, site_fill, &s,
				     &answer, &s.err), SMARTLIC_E_STORE_BUSY);
		ck_assert_ptr_nonnull(strstr(s.err.text, "sealed"));
		ck_assert_uint_eq(answer.len, 0);
	}
	ck_assert_int_eq(ledger_renew(other, LEDGER, (const unsigned char *)"0123456789a", "admin", s.now,
			     &restored, &s.err), SMARTLIC_E_STATE);
	ck_assert_int_eq(site_count(&s, "SELECT MAX(sequence) FROM instance"), 1);
	ck_assert_int_eq(audited("ledger sealed"), 1);
	snprintf(moved, sizeof(moved), "%s/moved", s.dir);
	site_ok(&s, ledger_backup(other, moved, s.now, &s.err));
	ledger_close(other);
	site_stop(&s);
	site_ok(&s, restore(moved));
	site_start(&s);
	ck_assert_str_eq(ledger_info(s.ledger)->ledger, LEDGER);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_code(&s, &later), SL_DENIED_NONE);
}
END_TEST

START_TEST(what_is_no_backup_of_this_authority_is_not_restored)
{
	char path[160];

	site_stop(&s);
	snprintf(path, sizeof(path), "%s/other", s.dir);
	ck_assert_int_eq(restore(path), SMARTLIC_E_NOT_FOUND);
	site_ok(&s, ledger_create(path, "Other", SITE_ACCOUNT, LEDGER, s.now, &s.err));
	ck_assert_int_eq(restore(path), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(s.err.text, "another license authority"));
	(void)unlink(path);
	site_ok(&s, file_write(path, 0600, "no database at all", 18, &s.err));
	ck_assert_int_eq(restore(path), SMARTLIC_E_STORE);
	(void)unlink(path);
	site_ok(&s, file_write(path, 0600, "", 0, &s.err));
	ck_assert_int_eq(restore(path), SMARTLIC_E_STORE);
	site_start(&s);
	ck_assert_str_eq(ledger_info(s.ledger)->ledger, SITE_HOME);
}
END_TEST

START_TEST(where_the_ledger_is_gone_or_damaged_a_backup_takes_its_place)
{
	if (server())
		return;
	site_stop(&s);
	site_ok(&s, file_write(s.db_path, 0600, "damaged beyond repair", 21, &s.err));
	site_ok(&s, restore(backup));
	ck_assert_int_eq(unlink(s.db_path), 0);
	s.now++;
	site_ok(&s, restore(backup));
	ck_assert_str_eq(restored.aside, "");
	site_start(&s);
	ck_assert_int_eq(device_use(&s, &d, 3, 0), SL_DENIED_NONE);
}
END_TEST

/* It would do it whenever the ledger is written to, or read. */
START_TEST(a_backup_that_does_something_by_itself_is_not_restored)
{
	static const char *const made[] = {
		"CREATE TRIGGER given AFTER INSERT ON request BEGIN"
		" UPDATE pool SET purchased = 1000000; END",
		"CREATE VIEW given AS SELECT * FROM token",
	};
	struct db *db = NULL;

	site_stop(&s);
	site_ok(&s, db_open(&db, backup, 0, &s.err));
	site_ok(&s, db_run(db, made[_i], &s.err));
	db_close(db);
	ck_assert_int_eq(restore(backup), SMARTLIC_E_STORE);
	ck_assert_msg(strstr(s.err.text, "'given'") != NULL, "%s", s.err.text);
	site_start(&s);
	ck_assert_str_eq(ledger_info(s.ledger)->ledger, SITE_HOME);
}
END_TEST

/* Its names become text of a server's SQL. */
START_TEST(a_backup_with_names_that_are_sql_is_not_copied)
{
	static const char *const made[] = {
		"CREATE TABLE \"x; DROP TABLE token; --\" (a TEXT)",
		"CREATE TABLE x (\"a) SELECT 1; DROP TABLE token; --\" TEXT)",
	};
	char copy[140];
	struct db *db = NULL;

	(void)snprintf(copy, sizeof(copy), "%s.copy", backup);
	site_ok(&s, db_open(&db, backup, 0, &s.err));
	site_ok(&s, db_run(db, made[_i], &s.err));
	db_close(db);
	ck_assert_int_eq(
	    ledger_copy_to_file(backup, copy, s.now, &s.err), SMARTLIC_E_STORE);
	ck_assert_msg(strstr(s.err.text, "no name of a ledger's") != NULL, "%s", s.err.text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("restore");
	TCase *t = tcase_create("ledger");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_backup_is_made_while_the_ledger_is_in_use_and_read_by_its_owner_alone);
	tcase_add_test(t, a_restored_ledger_has_another_uuid_and_says_what_it_lost);
	tcase_add_test(t, a_copy_made_by_another_program_is_restored_too);
	tcase_add_test(t, nothing_is_restored_under_a_process_that_has_the_file_open);
	tcase_add_test(t, processes_of_a_server_go_on_with_the_restored_ledger);
	tcase_add_test(t, a_renewed_ledger_adopts_what_the_standby_had_lost);
	tcase_add_test(t, a_clock_that_was_ahead_hides_nothing_that_was_lost);
	tcase_add_test(t, a_sealed_ledger_answers_nobody_and_its_backup_does);
	tcase_add_test(t, what_is_no_backup_of_this_authority_is_not_restored);
	tcase_add_loop_test(t, a_backup_that_does_something_by_itself_is_not_restored, 0, 2);
	tcase_add_loop_test(t, a_backup_with_names_that_are_sql_is_not_copied, 0, 2);
	tcase_add_test(t, where_the_ledger_is_gone_or_damaged_a_backup_takes_its_place);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
