/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stddef.h>

#include "tests/unit/filing.h"

/* What `license smart test` finds of outbox and inbox. */

static struct smartlic_finding findings[12];
static size_t n_findings;

/* All findings of a test while the request `pending` is open; NULL: none is. */
static void
test_with(const char *pending)
{
	struct smartlic_message m = { .size = sizeof(m),
		.type = "register",
		.request_id = "9b2d7a40-0000-4000-8000-000000000000",
		.pid = "NCS1004",
		.sn = "CAT1",
		.uuid = "default/sdr",
		.body = "a request that no authority executes",
		.len = 36,
		.pending_id = pending };
	int r = 0;

	n_findings = 0;
	ck_assert_int_eq(ops->test(tp, &m), 0);
	for (int i = 0; i < 100 && r != 2; i++) {
		ck_assert_uint_lt(n_findings, 12);
		findings[n_findings].size = sizeof(findings[0]);
		ck_assert(ops->deadline(tp) <= now_ms);
		r = ops->finding(tp, &findings[n_findings]);
		n_findings += r == 1;
	}
	ck_assert_int_eq(r, 2);
	ck_assert_int_eq(ops->deadline(tp), INT64_MAX);
}

static const struct smartlic_finding *
finding(const char *place, const char *subject)
{
	for (size_t i = 0; i < n_findings; i++)
		if (strcmp(findings[i].place, place) == 0 &&
		    strcmp(findings[i].subject, subject) == 0)
			return &findings[i];
	ck_abort_msg("nothing is found of %s in %s", subject, place);
	return NULL;
}

static void
ck_found(const char *place, const char *subject, int grade, const char *text)
{
	const struct smartlic_finding *f = finding(place, subject);

	ck_assert_msg(f->grade == grade, "%s: grade %d, %s", subject, f->grade, f->found);
	ck_assert_msg(strstr(f->found, text) != NULL, "%s: %s", subject, f->found);
	ck_assert_str_ne(f->meaning, "");
	ck_assert(grade == SMARTLIC_GRADE_GOOD || f->cure[0] != '\0');
}

START_TEST(a_test_looks_at_both_folders_and_changes_nothing)
{
	static const char *const subjects[] = { "folder", "writing", "room", "requests", "folder",
		"answers" };
	struct stat before[2], after[2];

	put_answer("a.slrs", "answer to " OTHER, 100);
	ck_assert_int_eq(stat(outbox, &before[0]), 0);
	ck_assert_int_eq(stat(inbox, &before[1]), 0);
	test_with(NULL);
	ck_assert_uint_eq(n_findings, 6);
	for (size_t i = 0; i < n_findings; i++) {
		ck_assert_str_eq(findings[i].subject, subjects[i]);
		ck_assert_str_eq(findings[i].place, i < 4 ? outbox : inbox);
		ck_assert_int_eq(findings[i].grade, SMARTLIC_GRADE_GOOD);
		ck_assert_str_ne(findings[i].meaning, "");
	}
	ck_assert_int_eq(stat(outbox, &after[0]), 0);
	ck_assert_int_eq(stat(inbox, &after[1]), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_mem_eq(&before[i].st_mtim, &after[i].st_mtim, sizeof(struct timespec));
		ck_assert_mem_eq(&before[i].st_ctim, &after[i].st_ctim, sizeof(struct timespec));
	}
	ck_assert_uint_eq(files_in(outbox), 0);
	/* and goes on as ever */
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
	ck_assert_uint_eq(files_in(outbox), 1);
}
END_TEST

START_TEST(a_test_says_whether_the_open_request_was_written)
{
	put(outbox, "NCS1004-CAT1-default%2Fsdr-7c9e6679.slrq", "", 0);
	test_with(NULL);
	ck_found(outbox, "requests", SMARTLIC_GRADE_GOOD, "requests there: 1, and none is open");
	test_with(ID);
	ck_found(outbox, "requests", SMARTLIC_GRADE_GOOD, "not among them: " NAME ".slrq");
	put(outbox, NAME ".slrq", "", 0);
	test_with(ID);
	ck_found(
	    outbox, "requests", SMARTLIC_GRADE_GOOD, "requests there: 2, the one that is open");
	ck_assert_ptr_nonnull(strstr(finding(outbox, "requests")->cure, "carry it"));
}
END_TEST

START_TEST(a_test_says_whether_its_answer_lies_there)
{
	put_answer("a.slrs", "answer to " OTHER, 100);
	test_with(ID);
	ck_found(inbox, "answers", SMARTLIC_GRADE_GOOD, "files of answers there: 1, none with");
	put_answer("b.slrs", "answer to " ID, 100);
	test_with(ID);
	ck_found(inbox, "answers", SMARTLIC_GRADE_GOOD, "files of answers there: 2, one with");
	ck_assert_ptr_nonnull(strstr(finding(inbox, "answers")->cure, "license smart file import"));
	/* which is there for the agent nevertheless */
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 1);
}
END_TEST

START_TEST(one_folder_for_both_is_looked_at_once)
{
	char text[200];

	ops->close(tp);
	ck_assert_int_eq(open_with(outbox, outbox, text, sizeof(text)), 0);
	test_with(NULL);
	ck_assert_uint_eq(n_findings, 5);
	ck_assert_str_eq(findings[0].subject, "folder");
	ck_found(outbox, "answers", SMARTLIC_GRADE_GOOD, "files of answers there: 0");
	ck_assert_int_eq(rmdir(outbox), 0);
	test_with(NULL);
	ck_assert_uint_eq(n_findings, 5);
	ck_found(outbox, "answers", SMARTLIC_GRADE_SKIPPED, "not reached");
}
END_TEST

START_TEST(a_test_names_a_folder_that_is_not_there_with_the_cure)
{
	ck_assert_int_eq(rmdir(outbox), 0);
	ck_assert_int_eq(rmdir(inbox), 0);
	put(folder, "in", "", 0);
	test_with(ID);
	ck_found(outbox, "folder", SMARTLIC_GRADE_BAD, "No such file or directory");
	ck_assert_ptr_nonnull(
	    strstr(finding(outbox, "folder")->cure, "'license smart file outbox'"));
	ck_found(outbox, "writing", SMARTLIC_GRADE_SKIPPED, "not reached");
	ck_found(outbox, "room", SMARTLIC_GRADE_SKIPPED, "not reached");
	ck_found(outbox, "requests", SMARTLIC_GRADE_SKIPPED, "not reached");
	ck_found(inbox, "folder", SMARTLIC_GRADE_BAD, "Not a directory");
	ck_assert_ptr_nonnull(strstr(finding(inbox, "folder")->cure, "'license smart file inbox'"));
	ck_found(inbox, "answers", SMARTLIC_GRADE_SKIPPED, "not reached");
}
END_TEST

START_TEST(a_test_warns_of_folders_that_anybody_may_write_to)
{
	ck_assert_int_eq(chmod(outbox, 0777), 0);
	ck_assert_int_eq(chmod(inbox, 01777), 0);
	test_with(NULL);
	ck_found(outbox, "folder", SMARTLIC_GRADE_WARNING, "permissions are 0777");
	ck_found(inbox, "folder", SMARTLIC_GRADE_GOOD, "permissions are 1777");
}
END_TEST

START_TEST(a_test_warns_of_answers_that_are_not_read)
{
	char path[200];

	put_answer("a.slrs", "answer to " ID ", which is long enough to be cut", 50);
	test_with(ID);
	ck_found(inbox, "answers", SMARTLIC_GRADE_WARNING, "1 of them not whole");
	path_of(path, inbox, "\033[2J.slrs");
	ck_assert_int_eq(symlink("a.slrs", path), 0);
	test_with(ID);
	ck_found(inbox, "answers", SMARTLIC_GRADE_WARNING,
	    "files of answers there: 2, 1 of them cannot be read: ?[2J.slrs: it is no regular");
}
END_TEST

START_TEST(a_test_warns_of_an_inbox_that_is_not_looked_through_to_its_end)
{
	char name[20];

	for (int i = 0; i < 9999; i++) { /* with the folder and the one above */
		(void)snprintf(name, sizeof(name), "%d.slrs", i);
		put(inbox, name, "", 0);
	}
	test_with(NULL);
	ck_found(inbox, "answers", SMARTLIC_GRADE_WARNING, "more than 10000 files");
}
END_TEST

/* A library of before has no such member. */
START_TEST(a_test_without_a_word_on_the_open_request_knows_of_none)
{
	struct smartlic_message m = { .size = offsetof(struct smartlic_message, pending_id),
		.pid = "NCS1004",
		.sn = "CAT1",
		.uuid = "default/sdr",
		.body = "x",
		.len = 1,
		.pending_id = ID };
	struct smartlic_finding f = { .size = sizeof(f) };
	int r;

	ck_assert_int_eq(ops->test(tp, &m), 0);
	while ((r = ops->finding(tp, &f)) != 2)
		if (r == 1 && strcmp(f.subject, "requests") == 0)
			ck_assert_str_eq(f.found, "requests there: 0, and none is open");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("folders");
	TCase *tc = tcase_create("test");

	tcase_set_timeout(tc, 60); /* ten thousand files */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_test_looks_at_both_folders_and_changes_nothing);
	tcase_add_test(tc, a_test_says_whether_the_open_request_was_written);
	tcase_add_test(tc, a_test_says_whether_its_answer_lies_there);
	tcase_add_test(tc, one_folder_for_both_is_looked_at_once);
	tcase_add_test(tc, a_test_names_a_folder_that_is_not_there_with_the_cure);
	tcase_add_test(tc, a_test_warns_of_folders_that_anybody_may_write_to);
	tcase_add_test(tc, a_test_warns_of_answers_that_are_not_read);
	tcase_add_test(tc, a_test_warns_of_an_inbox_that_is_not_looked_through_to_its_end);
	tcase_add_test(tc, a_test_without_a_word_on_the_open_request_knows_of_none);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
