/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/manager/edge.h"

/*
 * A request to the upstream that goes as a file.  Its answer comes days later, and what the server
 * tries by itself meanwhile does not make it a stranger's.
 */

static struct sl_buf file, answer;
static struct device d;

static void
setup(void)
{
	edge_setup();
	d = edge_registered("SN1");
	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_ask(&file, SYNC_BY_FILE);
}

static void
teardown(void)
{
	sl_buf_free(&file);
	sl_buf_free(&answer);
	device_free(&d);
	edge_teardown();
}

/* One that the timetable makes, and that is lost on its way there. */
static void
try_at_once(void)
{
	static const struct smartlic_error why = { .text = "no route to host" };
	struct sl_buf request = { 0 };

	edge_pass(3600);
	edge_ask(&request, 0);
	site_ok(&edge, sync_failed(edge.authority, &why, edge.now, &edge.err));
	sl_buf_free(&request);
}

static int
take(struct sync_outcome *o)
{
	return sync_answer(edge.authority, answer.data, answer.len, edge.now, o, &edge.err);
}

START_TEST(its_answer_is_taken_days_later_whatever_was_tried_meanwhile)
{
	struct sync_outcome o;

	for (int i = 0; i < 30; i++)
		try_at_once();
	edge_answer(&file, &answer);
	edge_pass(3600);
	try_at_once();
	ck_assert_msg(take(&o) == 0, "%s", edge.err.text);
	ck_assert_int_gt(o.rows_up, 0);
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(take(&o), SMARTLIC_E_BINDING);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
}
END_TEST

START_TEST(what_happened_meanwhile_is_told_by_the_next_one)
{
	struct sync_outcome o;

	edge_answer(&file, &answer);
	edge_pass(3600);
	ck_assert_int_eq(device_use(&edge, &d, 6, 0), SL_DENIED_NONE);
	try_at_once();
	ck_assert_msg(take(&o) == 0, "%s", edge.err.text);
	ck_assert(o.more);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 4);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 6);
}
END_TEST

START_TEST(its_answer_is_old_where_another_one_was_answered_first)
{
	struct sync_outcome o;

	edge_answer(&file, &answer);
	edge_pass(3600);
	edge_sync();
	ck_assert_int_eq(take(&o), SMARTLIC_E_BINDING);
	ck_assert_ptr_nonnull(strstr(edge.err.text, "no request to the upstream is open"));
	edge_sync();
	edge_assert_equal(&d, BRANCH);
}
END_TEST

START_TEST(another_file_takes_its_place)
{
	struct sl_buf second = { 0 };
	struct sync_outcome o;

	edge_answer(&file, &answer);
	edge_pass(3600);
	edge_ask(&second, SYNC_BY_FILE);
	ck_assert_int_eq(take(&o), SMARTLIC_E_BINDING);
	sl_buf_free(&answer);
	edge_answer(&second, &answer);
	ck_assert_msg(take(&o) == 0, "%s", edge.err.text);
	edge_assert_equal(&d, BRANCH);
	sl_buf_free(&second);
}
END_TEST

/* It is the answer to a ledger that knew more: what is lost would never be asked for. */
START_TEST(a_restored_ledger_takes_no_answer_to_what_was_asked_before)
{
	struct sync_outcome o;
	struct device e;
	char backup[120];

	(void)snprintf(backup, sizeof(backup), "%s/backup", edge.dir);
	site_ok(&edge, ledger_backup(edge.ledger, backup, edge.now, &edge.err));
	edge_answer(&file, &answer);
	edge_pass(60);
	e = edge_registered("SN2");
	ck_assert_int_eq(device_use(&edge, &e, 2, 0), SL_DENIED_NONE);
	edge_sync();
	edge_pass(60);
	edge_restore(&edge, backup);
	ck_assert_int_eq(take(&o), SMARTLIC_E_BINDING);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	edge_assert_equal(&e, BRANCH);
	device_free(&e);
}
END_TEST

START_TEST(leaving_by_file_is_not_undone_by_what_is_tried_meanwhile)
{
	struct sync_outcome o;
	struct sl_buf leaving = { 0 };

	edge_sync();
	edge_ask(&leaving, SYNC_BY_FILE | SYNC_LEAVE);
	try_at_once();
	edge_answer(&leaving, &answer);
	ck_assert_msg(take(&o) == 0, "%s", edge.err.text);
	ck_assert(o.left);
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	sl_buf_free(&leaving);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sync_file");
	TCase *t = tcase_create("sync_file");

	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, its_answer_is_taken_days_later_whatever_was_tried_meanwhile);
	tcase_add_test(t, what_happened_meanwhile_is_told_by_the_next_one);
	tcase_add_test(t, its_answer_is_old_where_another_one_was_answered_first);
	tcase_add_test(t, another_file_takes_its_place);
	tcase_add_test(t, a_restored_ledger_takes_no_answer_to_what_was_asked_before);
	tcase_add_test(t, leaving_by_file_is_not_undone_by_what_is_tried_meanwhile);
	suite_add_tcase(s, t);
	return run_suite(s);
}
