/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/scenario/timing.h"
#include "text.h"

/* The time that answers tell: an authority's clock that is wrong, and answers that come late. */

/* ---- the authority's clock --------------------------------------------------------------- */

START_TEST(an_authority_once_five_years_ahead_strands_nobody)
{
	int64_t signed_ms;

	drive(_i);
	know_the_time();
	signed_ms = world_status(&w)->signed_ms;
	w.oracle.now_s += YEARS(5) / 1000;
	renew_auth();
	ck_assert(succeeded());
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 1);
	ck_assert(world_status(&w)->signed_ms == signed_ms);
	w.oracle.now_s -= YEARS(5) / 1000;
	world_pass(&w, HOURS(3));
	renew_auth();
	ck_assert(succeeded());
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	ck_assert(world_status(&w)->ahead_ms == SMARTLIC_NO_TIME);
	ck_assert(world_status(&w)->communication_deadline_ms <= w.oracle.now_s * 1000 + DAYS(90));
	must_be_in_order();
}
END_TEST

START_TEST(a_response_20_hours_back_is_taken_and_told)
{
	drive(_i);
	know_the_time();
	w.oracle.now_s -= 20 * 3600;
	renew_auth();
	ck_assert(succeeded());
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_BACK], 1);
	must_be_in_order();
}
END_TEST

START_TEST(a_response_30_hours_back_is_refused_with_both_times_and_the_cure)
{
	const char *text;
	char now[SL_TIME_SIZE], known[SL_TIME_SIZE];

	drive(_i);
	know_the_time();
	sl_time(known, world_status(&w)->signed_ms / 1000);
	w.oracle.now_s -= 30 * 3600;
	sl_time(now, w.oracle.now_s);
	renew_auth();
	ck_assert_int_eq(world_status(&w)->last_communication.code, SMARTLIC_E_TIME);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
	text = w.last[SMARTLIC_EVENT_COMMUNICATION_FAILED];
	ck_assert_msg(strstr(text, now) != NULL && strstr(text, known) != NULL, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "license smart clock accept"));
	must_be_in_order();
}
END_TEST

START_TEST(a_signer_newer_than_the_floor_is_believed)
{
	drive(_i);
	know_the_time();
	world_reboot(&w, DAYS(40));
	/* of yesterday, and the device believes that it is forty days ago */
	new_certificates(w.oracle.now_s - TPKI_DAY, w.oracle.now_s + 700 * TPKI_DAY);
	ck_assert(world_status(&w)->floor_ms < (w.oracle.now_s - TPKI_DAY) * 1000);
	world_pass(&w, MINUTES(5));
	ck_assert(succeeded());
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	must_be_in_order();
}
END_TEST

/* ---- clock accept ------------------------------------------------------------------------ */

/* Its clock was five years ahead for long enough to be believed, and is right again. */
static void
authority_was_ahead(void)
{
	know_the_time();
	w.oracle.now_s += YEARS(5) / 1000;
	renew_auth();
	world_pass(&w, HOURS(2));
	renew_auth();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_CONFIRMED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_EXPIRED], 1);
	w.oracle.now_s -= YEARS(5) / 1000;
	renew_auth();
	ck_assert_int_eq(world_status(&w)->last_communication.code, SMARTLIC_E_TIME);
	ck_assert_ptr_nonnull(
	    strstr(world_status(&w)->last_communication.reason, "license smart clock accept"));
	world_hush(&w);
}

START_TEST(clock_accept_ends_what_an_authority_five_years_ahead_has_done)
{
	drive(_i);
	authority_was_ahead();
	ck_assert_int_eq(smartlic_agent_clock_accept(w.agent), 0);
	ck_assert_int_eq(world_status(&w)->clock_accept, 1);
	/* what was refused goes out at once */
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 1);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_ACCEPT], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_ACCEPTED], 1);
	ck_assert_ptr_nonnull(strstr(w.last[SMARTLIC_EVENT_CLOCK_ACCEPTED], " instead of 2031-"));
	ck_assert(succeeded());
	ck_assert_int_eq(world_status(&w)->clock_accept, 0);
	ck_assert(world_status(&w)->signed_ms == w.oracle.now_s * 1000);
	ck_assert(world_status(&w)->floor_ms == w.oracle.now_s * 1000);
	/* the identity that was taken for ended is renewed, by lists of lower numbers */
	renew_id();
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	world_pass(&w, DAYS(60));
	ck_assert(succeeded());
	must_be_in_order();
}
END_TEST

START_TEST(clock_accept_is_for_one_answer)
{
	drive(_i);
	authority_was_ahead();
	ck_assert_int_eq(smartlic_agent_clock_accept(w.agent), 0);
	world_settle(&w);
	ck_assert(succeeded());
	w.oracle.now_s -= 30 * 3600;
	renew_auth();
	ck_assert_int_eq(world_status(&w)->last_communication.code, SMARTLIC_E_TIME);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_ACCEPTED], 1);
}
END_TEST

START_TEST(clock_accept_waits_in_the_store_and_is_asked_for_once)
{
	drive(_i);
	authority_was_ahead();
	w.net = NET_DOWN;
	ck_assert_int_eq(smartlic_agent_clock_accept(w.agent), 0);
	ck_assert_int_eq(smartlic_agent_clock_accept(w.agent), 0);
	world_settle(&w);
	world_restart(&w);
	ck_assert_int_eq(world_status(&w)->clock_accept, 1);
	world_reboot(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->clock_accept, 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_ACCEPT], 1);
	/* an answer that fails in another way does not use it up */
	w.net = NET_STRANGER;
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->clock_accept, 1);
	w.net = NET_UP;
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(world_status(&w)->clock_accept, 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_ACCEPTED], 1);
}
END_TEST

START_TEST(clock_accept_needs_a_store_that_is_ones_own)
{
	world_ready(&w);
	world_stop(&w);
	w.sn = "CAT0000ZZZZ";
	ck_assert_int_eq(world_start(&w), 0);
	ck_assert_int_eq(smartlic_agent_clock_accept(w.agent), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(smartlic_agent_error(w.agent)->text, "register"));
}
END_TEST

/* ---- answers that come late -------------------------------------------------------------- */

START_TEST(a_repeated_authorization_is_not_stretched_and_asked_for_anew)
{
	int64_t granted_ms;

	drive(_i);
	daily();
	know_the_time();
	w.net = NET_LOSES;
	renew_auth();
	granted_ms = w.oracle.now_s * 1000;
	w.net = NET_DOWN;
	world_pass(&w, DAYS(85));
	/* the repetition arrives, and nothing after it */
	w.net = NET_UP;
	w.net_fault = NET_DOWN;
	w.net_at = w.exchanges + 1;
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_POLICY_CLAMPED], 0);
	ck_assert(world_status(&w)->communication_deadline_ms == granted_ms + DAYS(90));
	ck_assert_str_eq(world_status(&w)->pending_type, "authorize");
	world_pass(&w, DAYS(1));
	ck_assert(world_status(&w)->communication_deadline_ms > w.wall_ms + DAYS(88));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 4);
	must_be_in_order();
}
END_TEST

START_TEST(an_authorization_shorter_than_the_next_contact_is_asked_for_at_its_half)
{
	long before;

	drive(_i);
	w.oracle.auth_life_s = 10 * TPKI_DAY;
	world_ready(&w);
	ck_assert(world_status(&w)->next_communication_ms == w.wall_ms + DAYS(5));
	before = w.oracle.executed_of[SL_MSG_AUTHORIZE];
	world_pass(&w, DAYS(20));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE] - before, 4);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_POLICY_CLAMPED], 0);
	must_be_in_order();
}
END_TEST

static void (*respond_now)(void *, const void *, size_t, int64_t, struct sl_buf *);

/* As a stick brings it: signed when it was asked for. */
static void
respond_then(void *ud, const void *request, size_t len, int64_t now_s, struct sl_buf *ret)
{
	w.oracle.now_s = TPKI_NOW + 2 * 3600;
	oracle_answer(ud, request, len, ret);
	w.oracle.now_s = now_s;
	w.respond = respond_now;
}

START_TEST(an_identity_that_comes_late_is_renewed_at_half_of_what_is_left)
{
	int64_t left;

	drive(_i);
	weekly();
	know_the_time();
	w.net = NET_DOWN;
	ck_assert_int_eq(smartlic_agent_renew_id(w.agent), 0);
	world_pass(&w, DAYS(300));
	w.net = NET_UP;
	respond_now = w.respond;
	w.respond = respond_then;
	world_pass(&w, DAYS(7));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_POLICY_CLAMPED], 0);
	left = world_status(&w)->registration_expires_ms - w.wall_ms;
	ck_assert(left < DAYS(66) && left > DAYS(57));
	ck_assert(world_status(&w)->next_renewal_ms <= w.wall_ms + left / 2 + 1000);
	ck_assert(world_status(&w)->next_renewal_ms > w.wall_ms + left / 2 - DAYS(7));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, time");
	TCase *t = time_case(s, "authority");

	tcase_add_loop_test(
	    t, an_authority_once_five_years_ahead_strands_nobody, 0, world_drives());
	tcase_add_loop_test(t, a_response_20_hours_back_is_taken_and_told, 0, world_drives());
	tcase_add_loop_test(
	    t, a_response_30_hours_back_is_refused_with_both_times_and_the_cure, 0, world_drives());
	tcase_add_loop_test(t, a_signer_newer_than_the_floor_is_believed, 0, world_drives());
	tcase_add_loop_test(
	    t, clock_accept_ends_what_an_authority_five_years_ahead_has_done, 0, world_drives());
	tcase_add_loop_test(t, clock_accept_is_for_one_answer, 0, world_drives());
	tcase_add_loop_test(
	    t, clock_accept_waits_in_the_store_and_is_asked_for_once, 0, world_drives());
	tcase_add_test(t, clock_accept_needs_a_store_that_is_ones_own);

	t = time_case(s, "late");
	tcase_add_loop_test(
	    t, a_repeated_authorization_is_not_stretched_and_asked_for_anew, 0, world_drives());
	tcase_add_loop_test(t,
	    an_authorization_shorter_than_the_next_contact_is_asked_for_at_its_half, 0,
	    world_drives());
	tcase_add_long_loop_test(
	    t, an_identity_that_comes_late_is_renewed_at_half_of_what_is_left, world_drives());
	return run_suite(s);
}
