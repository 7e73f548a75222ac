/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/suite.h"
#include "tests/support/world.h"

/* Licenses that are reserved for a device, driven in three ways where that may matter. */

static struct world w;

static void
setup(void)
{
	world_init(&w, DRIVE_POLL);
	strcpy(w.oracle.policy, WORLD_DAILY);
}

static void
teardown(void)
{
	world_free(&w);
}

#define SAID(event) w.events[SMARTLIC_EVENT_##event]
#define LAST(event) w.last[SMARTLIC_EVENT_##event]
#define MADE(type)  w.oracle.executed_of[SL_MSG_##type]
#define ok(expr)    ck_assert_msg((expr) == 0, "%s: %s", #expr, smartlic_agent_error(w.agent)->text)

static void
use(int64_t g, int64_t x)
{
	w.counts[0] = g;
	w.counts[1] = x;
	ok(smartlic_agent_set_count(w.agent, TAG_G, g));
	ok(smartlic_agent_set_count(w.agent, TAG_X, x));
	world_settle(&w);
}

static void
renewed(void)
{
	ok(smartlic_agent_renew_auth(w.agent));
	world_settle(&w);
}

/* What is in use is reserved. */
static void
reserved(void)
{
	world_ready(&w);
	ok(smartlic_agent_reserve(w.agent, NULL, 0));
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
}

START_TEST(what_is_in_use_is_reserved)
{
	const struct smartlic_status *st;

	w.drive = (enum drive)_i;
	reserved();
	st = world_status(&w);
	ck_assert_int_eq(st->reservation_enabled, 1);
	ck_assert_str_eq(st->reservation_id, w.oracle.reservation);
	ck_assert_uint_eq(strlen(st->reservation_code), 32);
	ck_assert_int_eq(st->reservation_ends_ms, (w.oracle.now_s + 365 * 86400) * 1000);
	ck_assert_uint_eq(st->n_reserved, 2);
	ck_assert_str_eq(st->reserved[0].tag, TAG_G);
	ck_assert_int_eq(st->reserved[0].count, 8);
	ck_assert_int_eq(st->entitlements[0].status, SMARTLIC_AUTH_RESERVED);
	ck_assert_int_eq(SAID(RESERVED), 1);
	ck_assert_ptr_nonnull(strstr(LAST(RESERVED), st->reservation_code));
	ck_assert_int_eq(MADE(RESERVE), 1);
}
END_TEST

START_TEST(it_holds_without_contact_until_its_end)
{
	const int days = test_all_or(365, 20), rest = days / 5;

	w.oracle.reserve_life_s = days * TPKI_DAY;
	reserved();
	w.net = NET_DOWN;
	world_pass(&w, DAYS(days - rest));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
	ck_assert_int_eq(SAID(AUTHORIZATION_EXPIRED), 0);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 0);
	world_pass(&w, DAYS(rest));
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 0);
	ck_assert_int_ne(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 1);
}
END_TEST

START_TEST(no_wall_clock_ends_it_or_stretches_it)
{
	reserved();
	w.net = NET_DOWN;
	w.wall_ms += DAYS(4000);
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 1);
	w.wall_ms -= DAYS(8000);
	world_pass(&w, DAYS(363));
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 1);
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 0);
}
END_TEST

START_TEST(a_signed_time_ends_it_after_months_in_a_drawer)
{
	w.oracle.reserve_life_s = 60 * 86400;
	reserved();
	world_pass(&w, HOURS(1));
	renewed();
	world_reboot(&w, DAYS(61));
	/* a time that far ahead is believed when it is said again */
	world_pass(&w, MINUTES(10));
	world_pass(&w, HOURS(1));
	renewed();
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 0);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 1);
}
END_TEST

START_TEST(at_its_end_an_ordinary_authorization_is_asked_for)
{
	w.oracle.reserve_life_s = 10 * 86400;
	reserved();
	w.oracle.id_life_s = 0;
	world_pass(&w, DAYS(10) - MINUTES(1));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
	w.oracle.reservation[0] = '\0';
	world_pass(&w, MINUTES(2));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(MADE(RETURN), 0);
}
END_TEST

START_TEST(what_goes_beyond_is_judged_as_usual)
{
	reserved();
	world_hush(&w);
	w.oracle.out_of_compliance = 1;
	use(9, 8);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_OUT_OF_COMPLIANCE);
	ck_assert_int_eq(world_status(&w)->entitlements[1].status, SMARTLIC_AUTH_RESERVED);
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 1);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 0);
	use(8, 8);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
	/* and where nobody could be asked any more */
	use(9, 8);
	w.net = NET_DOWN;
	use(4, 8);
	world_pass(&w, DAYS(91));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
	ck_assert_int_eq(SAID(AUTHORIZATION_EXPIRED), 0);
}
END_TEST

START_TEST(named_licenses_are_reserved_as_they_are_named)
{
	static const struct smartlic_license licenses[] = { { TAG_G, 20 }, { TAG_X, 1 } };

	world_ready(&w);
	ok(smartlic_agent_reserve(w.agent, licenses, 2));
	world_settle(&w);
	ck_assert_int_eq(w.oracle.license[0].count, 20);
	ck_assert_int_eq(w.oracle.license[1].count, 1);
	/* 8 of the second are in use */
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 1);
	use(8, 1);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
}
END_TEST

static const struct {
	struct smartlic_license licenses[2];
	size_t n;
} wrong[] = {
	{ { { TAG_G, 1 } }, 0 },
	{ { { TAG_G, 0 } }, 1 },
	{ { { TAG_G, -1 } }, 1 },
	{ { { "a tag", 1 } }, 1 },
	{ { { NULL, 1 } }, 1 },
	{ { { TAG_G, 1 }, { TAG_G, 2 } }, 2 },
};

START_TEST(what_cannot_be_reserved_is_refused_here)
{
	world_ready(&w);
	ck_assert_int_eq(
	    smartlic_agent_reserve(w.agent, wrong[_i].licenses, wrong[_i].n), SMARTLIC_E_INVAL);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
}
END_TEST

START_TEST(it_needs_a_registration_and_something_to_reserve)
{
	ck_assert_int_eq(smartlic_agent_reserve(w.agent, NULL, 0), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_return_reservation(w.agent), SMARTLIC_E_STATE);
	world_ready(&w);
	ck_assert_int_eq(smartlic_agent_return_reservation(w.agent), SMARTLIC_E_STATE);
	use(0, 0);
	ck_assert_int_eq(smartlic_agent_reserve(w.agent, NULL, 0), SMARTLIC_E_STATE);
}
END_TEST

START_TEST(a_return_gives_it_up_here_first_and_is_repeated_until_confirmed)
{
	w.drive = (enum drive)_i;
	reserved();
	w.net = NET_LOSES;
	ok(smartlic_agent_return_reservation(w.agent));
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 0);
	ck_assert_int_eq(world_status(&w)->reservation_returning, 1);
	world_settle(&w);
	ck_assert_int_eq(SAID(RESERVATION_RETURNED), 0);
	w.net = NET_UP;
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(SAID(RESERVATION_RETURNED), 1);
	ck_assert_int_eq(w.oracle.returned, 1);
	ck_assert_int_eq(MADE(RETURN), 1);
	ck_assert_int_eq(world_status(&w)->reservation_returning, 0);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 0);
}
END_TEST

START_TEST(a_refused_reservation_changes_nothing)
{
	world_ready(&w);
	w.oracle.deny = "not_allowed";
	w.oracle.deny_times = 1;
	ok(smartlic_agent_reserve(w.agent, NULL, 0));
	world_settle(&w);
	ck_assert_int_eq(SAID(RESERVATION_FAILED), 1);
	ck_assert_ptr_nonnull(strstr(LAST(RESERVATION_FAILED), "not_allowed"));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(SAID(RESERVATION_FAILED), 1);
	ck_assert_int_eq(MADE(RETURN), 0);
}
END_TEST

START_TEST(a_cancelled_reservation_is_returned_whether_it_was_executed_or_not)
{
	w.drive = (enum drive)(_i / 2);
	world_ready(&w);
	w.net = _i % 2 == 0 ? NET_LOSES : NET_DOWN;
	ok(smartlic_agent_reserve(w.agent, NULL, 0));
	world_settle(&w);
	ck_assert_int_eq(MADE(RESERVE), _i % 2 == 0);
	ck_assert_int_eq(smartlic_agent_reserve(w.agent, NULL, 0), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_cancel(w.agent), 1);
	w.net = NET_UP;
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(MADE(RETURN), 1);
	ck_assert_int_eq(w.oracle.returned, _i % 2 == 0);
	ck_assert_str_eq(w.oracle.reservation, "");
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(a_cancelled_renewal_gives_back_both)
{
	reserved();
	w.net = _i == 0 ? NET_LOSES : NET_DOWN;
	ok(smartlic_agent_reserve(w.agent, NULL, 0));
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
	ck_assert_int_eq(smartlic_agent_cancel(w.agent), 1);
	w.net = NET_UP;
	world_pass(&w, DAYS(1));
	ck_assert_str_eq(w.oracle.reservation, "");
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 0);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(a_renewed_reservation_has_the_later_end)
{
	char first[37];

	reserved();
	(void)strcpy(first, world_status(&w)->reservation_id);
	world_pass(&w, DAYS(100));
	ok(smartlic_agent_reserve(w.agent, NULL, 0));
	world_settle(&w);
	ck_assert_str_ne(world_status(&w)->reservation_id, first);
	ck_assert_int_eq(
	    world_status(&w)->reservation_ends_ms, (w.oracle.now_s + 365 * 86400) * 1000);
	ck_assert_int_eq(MADE(RETURN), 0);
}
END_TEST

START_TEST(one_that_the_authority_has_closed_is_lost_at_the_next_contact)
{
	reserved();
	w.oracle.reservation[0] = '\0';
	renewed();
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 0);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 1);
	ck_assert_int_eq(MADE(RETURN), 0);
}
END_TEST

START_TEST(one_that_this_device_does_not_have_is_returned)
{
	world_ready(&w);
	strcpy(w.oracle.reservation, "0d7c7ad8-2f5c-4b3a-9d3e-6a0f6c1e2b11");
	renewed();
	ck_assert_int_eq(w.oracle.returned, 1);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 0);
}
END_TEST

START_TEST(deregistration_and_a_new_registration_forget_it)
{
	reserved();
	if (_i == 0)
		ok(smartlic_agent_deregister(w.agent));
	else
		ok(smartlic_agent_register(w.agent, w.token, SMARTLIC_REGISTER_FORCE));
	w.oracle.reservation[0] = '\0';
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->reservation_enabled, 0);
	ck_assert_str_eq(world_status(&w)->reservation_id, "");
	ck_assert_uint_eq(world_status(&w)->n_reserved, 0);
	ck_assert_int_eq(MADE(RETURN), 0);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 0);
}
END_TEST

START_TEST(an_authority_that_forgets_returns_is_told_three_times_an_hour)
{
	reserved();
	w.oracle.keeps_reserved = 1;
	ok(smartlic_agent_return_reservation(w.agent));
	world_settle(&w);
	ck_assert_int_eq(MADE(RETURN), 3);
	world_pass(&w, HOURS(10));
	ck_assert_int_eq(MADE(RETURN), 33);
	w.oracle.keeps_reserved = 0;
	world_pass(&w, HOURS(2));
	ck_assert_int_eq(MADE(RETURN), 34);
	ck_assert_int_eq(w.oracle.returned, 1);
	ck_assert_int_eq(world_status(&w)->reservation_returning, 0);
}
END_TEST

START_TEST(the_answer_may_come_in_a_file)
{
	world_ready(&w);
	ck_assert_int_eq(smartlic_agent_install(w.agent, "x", 1), SMARTLIC_E_STATE);
	w.net = NET_LOSES;
	ok(smartlic_agent_reserve(w.agent, NULL, 0));
	world_settle(&w);
	w.net = NET_DOWN;
	ck_assert_int_lt(smartlic_agent_install(w.agent, "x", 1), 0);
	ck_assert_int_lt(smartlic_agent_install(w.agent, w.before.data, w.before.len), 0);
	ck_assert_ptr_nonnull(strstr(smartlic_agent_error(w.agent)->text, "reserve"));
	ck_assert_str_eq(world_status(&w)->pending_type, "reserve");
	ok(smartlic_agent_install(w.agent, w.answer.data, w.answer.len));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_RESERVED);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	ck_assert_int_eq(
	    smartlic_agent_install(w.agent, w.answer.data, w.answer.len), SMARTLIC_E_STATE);
}
END_TEST

#define N(array) (int)(sizeof(array) / sizeof((array)[0]))

int
main(void)
{
	Suite *s = suite_create("agent_reserve");
	TCase *t = tcase_create("reservations");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, what_is_in_use_is_reserved, 0, world_drives());
	tcase_add_test(t, it_holds_without_contact_until_its_end);
	tcase_add_long_test(t, no_wall_clock_ends_it_or_stretches_it);
	tcase_add_test(t, a_signed_time_ends_it_after_months_in_a_drawer);
	tcase_add_test(t, at_its_end_an_ordinary_authorization_is_asked_for);
	tcase_add_test(t, what_goes_beyond_is_judged_as_usual);
	tcase_add_test(t, named_licenses_are_reserved_as_they_are_named);
	tcase_add_loop_test(t, what_cannot_be_reserved_is_refused_here, 0, N(wrong));
	tcase_add_test(t, it_needs_a_registration_and_something_to_reserve);
	tcase_add_loop_test(
	    t, a_return_gives_it_up_here_first_and_is_repeated_until_confirmed, 0, world_drives());
	tcase_add_test(t, a_refused_reservation_changes_nothing);
	tcase_add_loop_test(t, a_cancelled_reservation_is_returned_whether_it_was_executed_or_not,
	    0, 2 * world_drives());
	tcase_add_loop_test(t, a_cancelled_renewal_gives_back_both, 0, 2);
	tcase_add_test(t, a_renewed_reservation_has_the_later_end);
	tcase_add_test(t, one_that_the_authority_has_closed_is_lost_at_the_next_contact);
	tcase_add_test(t, one_that_this_device_does_not_have_is_returned);
	tcase_add_loop_test(t, deregistration_and_a_new_registration_forget_it, 0, 2);
	tcase_add_test(t, an_authority_that_forgets_returns_is_told_three_times_an_hour);
	tcase_add_test(t, the_answer_may_come_in_a_file);
	suite_add_tcase(s, t);
	return run_suite(s);
}
