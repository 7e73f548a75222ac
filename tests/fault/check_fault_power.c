/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/suite.h"
#include "tests/support/story.h"

/* The power fails at every write of a whole life, and the network at every exchange. */

static struct world w;

static void
setup(void)
{
	world_init(&w, DRIVE_POLL);
}

static void
teardown(void)
{
	world_free(&w);
}

static long
writes_of_a_life(void)
{
	long n;

	world_init(&w, DRIVE_POLL);
	story_live(&w);
	story_check(&w);
	n = w.disk.writes;
	world_free(&w);
	return n;
}

START_TEST(power_cut_at_any_write_costs_nothing_and_doubles_nothing)
{
	long n = writes_of_a_life(), step = test_all_or(1, 5);

	ck_assert_int_ge(n, 16);
	for (long at = 0; at < n; at += step) {
		world_init(&w, DRIVE_POLL);
		w.disk.fault_at = at;
		w.disk.fault = (enum mem_fault)_i;
		story_live(&w);
		story_check(&w);
		/* half of a first write is all that there is, and no store to go on with */
		ck_assert_int_eq(w.events[SMARTLIC_EVENT_IDENTITY_LOST], at == 0 && _i == MEM_TORN);
		world_free(&w);
	}
}
END_TEST

/* the same, but the process lives: a flash that fails once */
START_TEST(one_failed_write_is_made_up_for)
{
	long n = writes_of_a_life(), step = test_all_or(1, 5);

	for (long at = 0; at < n; at += step) {
		world_init(&w, DRIVE_POLL);
		w.disk.fault_at = at;
		w.disk.fault = (enum mem_fault)_i;
		w.disk.once = 1;
		story_live(&w);
		story_check(&w);
		world_free(&w);
	}
}
END_TEST

START_TEST(any_exchange_may_fail_in_any_way)
{
	static const enum net faults[] = { NET_DOWN, NET_LOSES, NET_SILENT, NET_PORTAL,
		NET_TRUNCATES, NET_STRANGER, NET_BUSY };

	for (long at = 0; at < 6; at++) {
		world_init(&w, DRIVE_POLL);
		w.net_at = at;
		w.net_fault = faults[_i];
		story_live(&w);
		story_check(&w);
		world_free(&w);
	}
}
END_TEST

START_TEST(power_is_cut_again_and_again)
{
	w.net = NET_UP;
	story_begin(&w);
	for (long i = 0; i < 60; i++) {
		w.disk.fault_at = w.disk.writes + i % 5;
		w.disk.fault = (enum mem_fault)(i % MEM_FAULTS);
		(void)!smartlic_agent_renew_auth(w.agent);
		world_settle(&w);
		w.disk.power_off = 0;
		w.disk.fault_at = -1;
		world_reboot(&w, 1000);
		world_pass(&w, MINUTES(6));
		ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
		ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	}
	ck_assert_uint_eq(w.oracle.clone_alerts, 0);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REGISTER], 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fault, power");
	TCase *t = tcase_create("sweep");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(
	    t, power_cut_at_any_write_costs_nothing_and_doubles_nothing, 0, MEM_FAULTS);
	tcase_add_loop_test(t, one_failed_write_is_made_up_for, 0, MEM_FAULTS);
	tcase_add_loop_test(t, any_exchange_may_fail_in_any_way, 0, test_all_or(7, 3));
	suite_add_tcase(s, t);
	t = tcase_create("again");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, power_is_cut_again_and_again);
	suite_add_tcase(s, t);
	return run_suite(s);
}
