/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "usage.h"
#include "tests/support/world.h"

/* Usage and evaluation in a device's life, driven in three ways where that may matter. */

static struct world w;

static void
setup(void)
{
	world_init(&w, DRIVE_POLL);
}

static void
teardown(void)
{
	/* what is reported twice is the same, whatever has happened */
	ck_assert_int_eq(w.oracle.samples_unequal, 0);
	world_free(&w);
}

static void
use(const char *tag, int64_t count)
{
	w.counts[strcmp(tag, TAG_X) == 0] = count;
	ck_assert_int_eq(smartlic_agent_set_count(w.agent, tag, count), 0);
	world_settle(&w);
}

static const struct smartlic_entitlement *
entitlement(size_t i)
{
	const struct smartlic_status *st = world_status(&w);

	ck_assert_uint_lt(i, st->n_entitlements);
	return &st->entitlements[i];
}

/* ---- reports ---------------------------------------------------------------------------- */

START_TEST(every_24th_collection_reports)
{
	const struct smartlic_status *st;
	int64_t start_ms, spoke_ms;

	w.drive = (enum drive)_i;
	world_ready(&w);
	start_ms = w.wall_ms;
	spoke_ms = world_status(&w)->last_communication.time_ms;
	st = world_status(&w);
	ck_assert(st->last_collection_ms == SMARTLIC_NO_TIME);
	ck_assert(st->next_collection_ms == start_ms + HOURS(1));
	ck_assert(st->next_report_ms == start_ms + HOURS(24));
	ck_assert_int_eq(st->collect_s, 3600);
	ck_assert_int_eq(st->report_s, 86400);

	world_pass(&w, HOURS(23) + MINUTES(1));
	st = world_status(&w);
	ck_assert(st->last_collection_ms == start_ms + HOURS(23));
	ck_assert(st->last_report_ms == SMARTLIC_NO_TIME);
	ck_assert_int_eq(st->unreported_samples, 46);
	ck_assert_int_eq(entitlement(0)->last_reported, 0);
	ck_assert_int_eq(entitlement(0)->next_report, 8);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REPORT], 0);

	world_pass(&w, HOURS(1));
	st = world_status(&w);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REPORT], 1);
	ck_assert_uint_eq(w.oracle.n_samples, 48);
	ck_assert(st->last_collection_ms == start_ms + HOURS(24));
	ck_assert(st->last_report_ms == start_ms + HOURS(24));
	ck_assert(st->next_report_ms == start_ms + HOURS(48));
	ck_assert_int_eq(st->unreported_samples, 0);
	ck_assert_int_eq(entitlement(1)->last_reported, 8);
	ck_assert_int_eq(entitlement(1)->next_report, 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_REPORT_ACKNOWLEDGED], 1);
	/* a report is not the authorization's communication */
	ck_assert(st->last_communication.time_ms == spoke_ms);
	ck_assert(st->next_communication_ms == start_ms + DAYS(30));
	ck_assert(st->communication_deadline_ms == start_ms + DAYS(90));

	world_pass(&w, DAYS(10));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REPORT], 11);
	ck_assert_uint_eq(w.oracle.n_samples, 11 * 48);
	ck_assert_int_eq(w.oracle.samples_again, 0);
	ck_assert_uint_eq(w.oracle.clone_alerts, 0);
}
END_TEST

START_TEST(an_hour_has_its_highest_count_and_its_last)
{
	const struct oracle_sample *s;

	w.drive = (enum drive)_i;
	world_ready(&w);
	world_pass(&w, MINUTES(10));
	use(TAG_G, 12);
	world_pass(&w, MINUTES(10));
	use(TAG_G, 3);
	use(TAG_X, 0);
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REPORT], 1);
	/* the one without use has no more samples after its first hour */
	ck_assert_uint_eq(w.oracle.n_samples, 24 + 1);
	s = &w.oracle.sample[1];
	ck_assert_str_eq(s->tag, TAG_G);
	ck_assert_int_eq(s->start_s, TPKI_NOW);
	ck_assert_int_eq(s->hours, 1);
	ck_assert_int_eq(s->max, 12);
	ck_assert_int_eq(s->last, 3);
	s = &w.oracle.sample[2];
	ck_assert_str_eq(s->tag, TAG_X);
	ck_assert_int_eq(s->max, 8);
	ck_assert_int_eq(s->last, 0);
	s = &w.oracle.sample[3];
	ck_assert_str_eq(s->tag, TAG_G);
	ck_assert_int_eq(s->start_s, TPKI_NOW + 3600);
	ck_assert_int_eq(s->max, 3);
	ck_assert_int_eq(entitlement(0)->last_reported, 12);
}
END_TEST

/* Its answer acknowledges all up to its last sample: what was told to a former ledger alone, and is
 * not in it, would be taken for told. */
START_TEST(what_is_to_be_told_again_waits_until_no_report_is_open)
{
	const struct sl_counted counted = { .tag = TAG_G, .count = 8 };
	struct sl_usage_time now = { .date_s = TPKI_NOW };
	struct sl_usage_book book = { .made_n = 0 }, next;
	struct smartlic_error err = { 0 };
	size_t first;

	ck_assert_int_eq(sl_usage_begin(&book, 0, &counted, 1, &err), 0);
	for (int hour = 1; hour <= 4; hour++) {
		now.elapsed_ms = hour * SL_USAGE_HOUR_MS;
		now.reporting = hour == 4;
		ck_assert_int_eq(sl_usage_collect(&next, &book, &now, &counted, 1, &err), 0);
		sl_usage_clear(&book);
		book = next;
		if (hour == 2) {
			ck_assert_int_eq(sl_usage_acknowledge(&next, &book, 2, 2, 0, &err), 0);
			free(book.tags);
			book = next;
		} else if (hour == 3) {
			ck_assert_uint_eq(sl_usage_pick(&book, &first), 1);
			sl_usage_sent(&book, 3);
			sl_usage_resend(&book);
		}
	}
	/* two samples that it knows to be told, one that is on its way, one that is new */
	ck_assert_int_eq(sl_usage_waiting(&book), 2);
	ck_assert_int_eq(sl_usage_acknowledge(&next, &book, 3, 3, 0, &err), 1);
	free(book.tags);
	book = next;
	now.reporting = 0;
	ck_assert_int_eq(sl_usage_collect(&next, &book, &now, &counted, 1, &err), 0);
	ck_assert_int_eq(sl_usage_waiting(&next), 4);
	sl_usage_clear(&next);
	sl_usage_clear(&book);
}
END_TEST

/* ---- evaluation ------------------------------------------------------------------------- */

START_TEST(evaluation_is_metered_while_licenses_are_in_use_and_survives_a_deregistration)
{
	w.drive = (enum drive)_i;
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EVALUATION);
	ck_assert_int_eq(entitlement(0)->status, SMARTLIC_AUTH_EVALUATION);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_EVALUATION_STARTED], 1);
	world_pass(&w, DAYS(10));
	ck_assert_int_eq(world_status(&w)->evaluation_remaining_s, 80 * 86400);
	/* nothing in use: it stands */
	use(TAG_G, 0);
	use(TAG_X, 0);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_NONE);
	world_pass(&w, DAYS(10));
	ck_assert_int_eq(world_status(&w)->evaluation_remaining_s, 80 * 86400);
	use(TAG_X, 1);
	world_pass(&w, DAYS(30));
	ck_assert_int_eq(world_status(&w)->evaluation_remaining_s, 50 * 86400);
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EVALUATION);
	ck_assert_int_eq(world_status(&w)->evaluation_remaining_s, 50 * 86400);

	world_hush(&w);
	world_pass(&w, DAYS(40) - 1000);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_EVALUATION_ENDING], 0);
	world_pass(&w, 1000);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_EVALUATION_ENDING], 1);
	world_pass(&w, DAYS(10) - 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EVALUATION);
	world_pass(&w, 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EVALUATION_EXPIRED);
	ck_assert_int_eq(entitlement(0)->status, SMARTLIC_AUTH_EVALUATION_EXPIRED);
	ck_assert(world_status(&w)->evaluation_ended_ms == w.wall_ms);
	ck_assert_ptr_nonnull(strstr(world_status(&w)->consequence, "used up"));
	world_pass(&w, DAYS(10));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_EVALUATION_EXPIRED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_EVALUATION_ENDING], 1);
}
END_TEST

/* ---- without an authority --------------------------------------------------------------- */

START_TEST(months_without_an_authority_are_reported_once_it_is_back)
{
	w.drive = (enum drive)_i;
	world_ready(&w);
	world_pass(&w, MINUTES(30));
	w.net = NET_DOWN;
	world_pass(&w, DAYS(60));
	ck_assert_int_gt(world_status(&w)->unreported_samples, 35 * 48);
	ck_assert_int_lt(world_status(&w)->unreported_samples, 39 * 48);
	w.net = NET_UP;
	world_pass(&w, HOURS(3));
	ck_assert_int_lt(world_status(&w)->unreported_samples, 8);
	ck_assert_int_eq(w.oracle.samples_again, 0);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(a_report_that_is_lost_on_its_way_doubles_nothing)
{
	w.drive = (enum drive)_i;
	world_ready(&w);
	world_pass(&w, HOURS(23) + MINUTES(30));
	w.net = NET_LOSES;
	world_pass(&w, HOURS(1));
	w.net = NET_UP;
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);
	/* a command does not wait for it */
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	world_pass(&w, HOURS(2));
	ck_assert_int_eq(world_status(&w)->unreported_samples, 2 * 2);
	ck_assert_int_eq(w.oracle.samples_again, 48);
	ck_assert_uint_eq(w.oracle.clone_alerts, 0);
}
END_TEST

/* By a transport whose answers come days later, in the process that has sent it. */
START_TEST(a_report_that_is_carried_makes_way_for_an_authorization_that_is_due)
{
	static struct smartlic_transport_ops carried; /* the agent has it until the end */

	carried = smartlic_transport_loop;
	carried.flags = SMARTLIC_TRANSPORT_DEFERRED;
	w.drive = (enum drive)_i;
	world_ready(&w);
	ck_assert_int_eq(smartlic_agent_set_transport_ops(w.agent, &carried, w.option, 1), 0);
	w.net = NET_SILENT;
	world_pass(&w, DAYS(2));
	ck_assert_str_eq(world_status(&w)->pending_type, "report");
	world_pass(&w, DAYS(27));
	ck_assert_str_eq(world_status(&w)->pending_type, "report");
	world_pass(&w, DAYS(2));
	ck_assert_str_eq(world_status(&w)->pending_type, "authorize");
	w.net = NET_UP;
	world_pass(&w, HOURS(2));
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	ck_assert_int_eq(w.oracle.samples_again, 0);
	ck_assert_uint_ge(w.oracle.n_samples, 31 * 48);
	ck_assert_int_lt(world_status(&w)->unreported_samples, 8);
}
END_TEST

START_TEST(a_ledger_that_has_changed_gets_usage_and_samples_again)
{
	w.drive = (enum drive)_i;
	world_ready(&w);
	world_pass(&w, DAYS(3));
	w.oracle.ledger = "4f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8";
	world_pass(&w, DAYS(1));
	/* the report's answer tells; usage at once, samples with the next report */
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(w.oracle.samples_again, 4 * 48);
	ck_assert_uint_eq(w.oracle.n_samples, 5 * 48);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent_usage");
	TCase *t = tcase_create("reports");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_24th_collection_reports, 0, world_drives());
	tcase_add_loop_test(t, an_hour_has_its_highest_count_and_its_last, 0, world_drives());
	tcase_add_test(t, what_is_to_be_told_again_waits_until_no_report_is_open);
	tcase_add_loop_test(t, a_report_that_is_lost_on_its_way_doubles_nothing, 0, world_drives());
	/* another process would go on by the transport of all worlds */
	tcase_add_loop_test(t, a_report_that_is_carried_makes_way_for_an_authorization_that_is_due,
	    0, DRIVE_RESTART);
	tcase_add_loop_test(
	    t, a_ledger_that_has_changed_gets_usage_and_samples_again, 0, world_drives());
	tcase_add_long_test(t, months_without_an_authority_are_reported_once_it_is_back);
	tcase_add_loop_test(t,
	    evaluation_is_metered_while_licenses_are_in_use_and_survives_a_deregistration, 0,
	    DRIVES);
	suite_add_tcase(s, t);
	return run_suite(s);
}
