/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/world.h"
#include "text.h"

/* Clocks that are absent, wrong or jump: each case with the event that names it, driven in three
 * ways. */

#define YEARS(n) DAYS((n)*365)

static struct world w;
static void (*respond_now)(void *, const void *, size_t, int64_t, struct sl_buf *);
static struct tpki later; /* certificates of another time, under the same root */

static void
setup(void)
{
	world_init(&w, DRIVE_POLL);
}

static void
teardown(void)
{
	world_free(&w);
	tpki_id_free(&later.signer);
	tpki_id_free(&later.issuing);
	later = (struct tpki){ 0 };
}

static void
drive(int i)
{
	w.drive = (enum drive)(i % DRIVES);
	/* collections and reports are not what this is about */
	strcpy(w.oracle.policy, WORLD_SPARSE);
}

/* By the authority's policy: where months of retries are to pass, hourly ones only cost time. */
static void
daily(void)
{
	strcpy(w.oracle.policy, WORLD_DAILY);
}

static void
weekly(void)
{
	strcpy(w.oracle.policy, WORLD_SPARSE ",\"retry_s\":604800");
}

static void
renew_auth(void)
{
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
}

/* A fresh device knows its build only; the date is sure when two answers an hour apart agree. */
static void
know_the_time(void)
{
	world_ready(&w);
	world_pass(&w, HOURS(2));
	renew_auth();
	ck_assert(world_status(&w)->signed_ms != SMARTLIC_NO_TIME);
	world_hush(&w);
}

static int
succeeded(void)
{
	return world_status(&w)->last_communication.outcome == SMARTLIC_ATTEMPT_SUCCEEDED;
}

static void
must_be_in_order(void)
{
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_EXPIRED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_AUTHORIZATION_EXPIRED], 0);
}

/* The power comes back after off_ms, and the clock says this. */
static void
boot_with_clock(int64_t off_ms, int64_t wall_ms)
{
	world_stop(&w);
	w.boot++;
	w.mono_ms = 700;
	w.wall_ms = wall_ms;
	w.oracle.now_s += off_ms / 1000;
	ck_assert_int_eq(world_start(&w), 0);
}

/* An authority whose certificates begin and end then. */
static void
new_certificates(int64_t not_before, int64_t not_after)
{
	struct tpki_spec issuing = tpki_spec_issuing(&w.oracle.pki.root);
	struct tpki_spec signer = tpki_spec_signer(&w.oracle.pki.root);

	issuing.not_before = signer.not_before = not_before;
	issuing.not_after = signer.not_after = not_after;
	later.issuing = tpki_make(w.crypto, &issuing);
	later.signer = tpki_make(w.crypto, &signer);
	w.oracle.pki.issuing = later.issuing;
	w.oracle.pki.signer = later.signer;
	/* which nobody knows by its identifier yet */
	w.oracle.certs_always = 1;
}

/* ---- the device's clock ------------------------------------------------------------------ */

START_TEST(boot_at_1970_without_a_clock_is_told_and_ends_nothing)
{
	drive(_i);
	know_the_time();
	boot_with_clock(MINUTES(1), 0);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_BEHIND], 1);
	ck_assert_ptr_nonnull(strstr(
	    w.last[SMARTLIC_EVENT_CLOCK_BEHIND], "says 1970-01-01T00:00:00Z, and it is at least"));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 0);
	must_be_in_order();
	/* a call after the boot, and the next in 30 days, whatever the clock says */
	world_pass(&w, MINUTES(5));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 3);
	world_pass(&w, DAYS(29));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 3);
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 4);
	must_be_in_order();
	/* it is set: an event of its own, and nothing else */
	w.wall_ms = w.oracle.now_s * 1000;
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	must_be_in_order();
}
END_TEST

START_TEST(a_new_device_without_a_clock_says_so_and_registers)
{
	drive(_i);
	world_stop(&w);
	w.wall_ms = 0;
	ck_assert_int_eq(world_start(&w), 0);
	world_register(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_BEHIND], 1);
	must_be_in_order();
}
END_TEST

START_TEST(a_clock_set_back_a_year_or_forward_ten_is_told_and_moves_no_deadline)
{
	static const struct {
		int64_t jump;
		const char *to;
	} cases[] = { { -YEARS(1), " to 2025-11-26T" }, { DAYS(3652), " to 2036-11-25T" } };
	int all = test_percent() == 100;
	size_t which = (size_t)(all ? _i / DRIVES : _i);
	int64_t jump = cases[which].jump;

	drive(all ? _i : 0);
	weekly();
	world_ready(&w);
	world_pass(&w, DAYS(1));
	w.net = NET_DOWN;
	w.wall_ms += jump;
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	ck_assert_msg(strstr(w.last[SMARTLIC_EVENT_CLOCK_CHANGED], cases[which].to) != NULL,
	    "%s", w.last[SMARTLIC_EVENT_CLOCK_CHANGED]);
	world_pass(&w, DAYS(89) - 1000);
	must_be_in_order();
	world_pass(&w, 2000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	/* set back, it delays no attempt; set forward, it makes one at once and no more */
	w.net = NET_UP;
	world_pass(&w, DAYS(7));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(a_clock_that_leaps_30_days_while_off_brings_one_call_and_ends_nothing)
{
	drive(_i);
	know_the_time();
	boot_with_clock(MINUTES(1), w.wall_ms + DAYS(30));
	world_pass(&w, MINUTES(5));
	/* it may be true: only an answer could tell, and that one says that it is not */
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_AUTHORIZED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 0);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 3);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_RENEW_ID], 0);
	ck_assert(world_status(&w)->communication_deadline_ms <= w.oracle.now_s * 1000 + DAYS(90));
	must_be_in_order();
}
END_TEST

START_TEST(thirty_days_off_are_told_by_the_next_answer_and_believed_after_a_second)
{
	drive(_i);
	know_the_time();
	world_reboot(&w, DAYS(30));
	world_pass(&w, MINUTES(5));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 1);
	ck_assert(world_status(&w)->ahead_ms != SMARTLIC_NO_TIME);
	world_pass(&w, HOURS(1));
	renew_auth();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_CONFIRMED], 1);
	ck_assert(world_status(&w)->ahead_ms == SMARTLIC_NO_TIME);
	ck_assert(world_status(&w)->signed_ms == w.oracle.now_s * 1000);
	must_be_in_order();
}
END_TEST

/* With none that outlives the power for the whole year, and with a clock up to the renewal; a
 * restart after each step is dear. */
START_TEST(one_powered_hour_a_day_for_a_year_renews_and_ends_nothing)
{
	int has_clock = _i != DRIVE_POLL;
	static const long most[DRIVES] = { 365, 200, 70 };
	long days = most[_i] * test_percent() / 100;

	drive(_i);
	know_the_time();
	for (long day = 0; day < days; day++) {
		if (has_clock)
			world_reboot(&w, HOURS(23));
		else
			boot_with_clock(HOURS(23), 0);
		world_pass(&w, HOURS(1));
	}
	must_be_in_order();
	ck_assert_int_ge(w.events[SMARTLIC_EVENT_ID_RENEWED], days / 200);
	ck_assert_int_le(w.events[SMARTLIC_EVENT_ID_RENEWED], 2);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_BEHIND], has_clock ? 0 : days);
	ck_assert(world_status(&w)->signed_ms > w.oracle.now_s * 1000 - DAYS(1));
}
END_TEST

START_TEST(one_powered_hour_a_day_out_of_reach_is_fifteen_days_in_a_year)
{
	weekly();
	know_the_time();
	w.net = NET_DOWN;
	for (int day = 0; day < 365; day++) {
		world_reboot(&w, HOURS(23));
		world_pass(&w, HOURS(1));
	}
	/* what has certainly passed: 365 hours */
	must_be_in_order();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
	/* the authority tells the rest, and nobody is locked out by it */
	w.net = NET_UP;
	world_reboot(&w, 1000);
	world_pass(&w, HOURS(2));
	renew_auth();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 1);
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

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
	ck_assert_int_eq(smartlic_agent_renew_id(w.agent), 0);
	world_settle(&w);
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

/* ---- calendars --------------------------------------------------------------------------- */

/* 2027-03-28T01:00:00Z, when clocks in central Europe go forward. */
#define SUMMER_MS INT64_C(1806195600000)

static int
central_europe(void *ud, int64_t ms, struct smartlic_local_time *ret)
{
	int summer = ms >= SUMMER_MS;
	int64_t s = ms / 1000 + (summer ? 7200 : 3600);
	char text[SL_TIME_SIZE];
	int n;

	(void)ud;
	sl_time(text, s);
	*ret = (struct smartlic_local_time){ .weekday = (int32_t)((s / 86400 + 4) % 7) };
	n = sscanf(text, "%d-%d-%dT%d:%d:%d", &ret->year, &ret->month, &ret->day, &ret->hour,
	    &ret->minute, &ret->second);
	(void)snprintf(ret->zone, sizeof(ret->zone), "%s", summer ? "CEST" : "CET");
	return n == 6 ? 0 : -1;
}

START_TEST(daylight_saving_changes_what_is_printed_and_nothing_else)
{
	char *text = NULL;
	int64_t next;

	world_stop(&w);
	w.env.local_time = central_europe;
	ck_assert_int_eq(world_start(&w), 0);
	drive(_i);
	world_ready(&w);
	ck_assert_int_eq(
	    smartlic_agent_show(w.agent, SMARTLIC_SHOW_STATUS, SMARTLIC_SHOW_TEXT, &text), 0);
	/* 180 days are 180 times 24 hours: on a wall in summer it is an hour later */
	ck_assert_msg(
	    strstr(text, "Initial Registration: SUCCEEDED on Wed Nov 25 2026 01:00:00 CET") != NULL,
	    "%s", text);
	ck_assert_msg(strstr(text, "Next Renewal Attempt: Mon May 24 2027 02:00:00 CEST") != NULL,
	    "%s", text);
	free(text);
	world_pass(&w, SUMMER_MS - w.wall_ms - 1000);
	next = world_status(&w)->next_communication_ms;
	world_pass(&w, 2000);
	ck_assert(world_status(&w)->next_communication_ms == next);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 0);
	must_be_in_order();
}
END_TEST

START_TEST(seconds_of_32_bits_end_in_2038_and_nobody_notices)
{
	const int64_t end_s = INT64_C(1) << 31;
	const struct smartlic_status *st;

	drive(_i);
	world_stop(&w);
	w.oracle.now_s = end_s - 43200;
	w.wall_ms = w.oracle.now_s * 1000;
	new_certificates(w.oracle.now_s - TPKI_DAY, w.oracle.now_s + 1000 * TPKI_DAY);
	ck_assert_int_eq(world_start(&w), 0);
	world_hush(&w);
	know_the_time();
	world_pass(&w, DAYS(200));
	must_be_in_order();
	st = world_status(&w);
	ck_assert(st->signed_ms > end_s * 1000);
	ck_assert(st->floor_ms > end_s * 1000);
	ck_assert(st->registration_expires_ms > w.wall_ms + DAYS(340));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
}
END_TEST

/* 25 years are believed at a time. */
START_TEST(a_device_found_after_eighty_years_goes_on)
{
	drive(_i);
	know_the_time();
	new_certificates(w.oracle.now_s, w.oracle.now_s + 100 * 366 * TPKI_DAY);
	for (int i = 0; i < 4; i++) {
		world_reboot(&w, YEARS(20));
		world_pass(&w, HOURS(2));
		renew_auth();
		ck_assert(succeeded());
		ck_assert(world_status(&w)->signed_ms == w.oracle.now_s * 1000);
	}
	/* 2106, too, has passed, where unsigned seconds end */
	ck_assert(w.oracle.now_s > INT64_C(1) << 32);
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(an_anchor_that_has_expired_is_warned_of_and_fails_nothing)
{
	drive(_i);
	world_stop(&w);
	/* the root ends after ten years */
	w.oracle.now_s += 11 * 365 * TPKI_DAY;
	w.wall_ms = w.oracle.now_s * 1000;
	new_certificates(w.oracle.now_s - TPKI_DAY, w.oracle.now_s + 700 * TPKI_DAY);
	ck_assert_int_eq(world_start(&w), 0);
	know_the_time();
	world_pass(&w, DAYS(200));
	ck_assert_ptr_nonnull(strstr(w.log.data, "-4-ANCHOR_EXPIRING : "));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	must_be_in_order();
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

/* ---- the suite ----------------------------------------------------------------------------- */

static TCase *
clocks(void)
{
	TCase *t = tcase_create("clocks");

	tcase_add_loop_test(t, boot_at_1970_without_a_clock_is_told_and_ends_nothing, 0, world_drives());
	tcase_add_loop_test(t, a_new_device_without_a_clock_says_so_and_registers, 0, world_drives());
	tcase_add_loop_test(
	    t, a_clock_set_back_a_year_or_forward_ten_is_told_and_moves_no_deadline, 0,
	    test_all_or(2 * DRIVES, 2));
	tcase_add_loop_test(
	    t, a_clock_that_leaps_30_days_while_off_brings_one_call_and_ends_nothing, 0, world_drives());
	tcase_add_loop_test(
	    t, thirty_days_off_are_told_by_the_next_answer_and_believed_after_a_second, 0, world_drives());
	tcase_add_loop_test(
	    t, one_powered_hour_a_day_for_a_year_renews_and_ends_nothing, 0, world_drives());
	tcase_add_long_test(t, one_powered_hour_a_day_out_of_reach_is_fifteen_days_in_a_year);
	return t;
}

static TCase *
authority(void)
{
	TCase *t = tcase_create("authority");

	tcase_add_loop_test(t, an_authority_once_five_years_ahead_strands_nobody, 0, world_drives());
	tcase_add_loop_test(t, a_response_20_hours_back_is_taken_and_told, 0, world_drives());
	tcase_add_loop_test(
	    t, a_response_30_hours_back_is_refused_with_both_times_and_the_cure, 0, world_drives());
	tcase_add_loop_test(t, a_signer_newer_than_the_floor_is_believed, 0, world_drives());
	tcase_add_loop_test(
	    t, clock_accept_ends_what_an_authority_five_years_ahead_has_done, 0, world_drives());
	tcase_add_loop_test(t, clock_accept_is_for_one_answer, 0, world_drives());
	tcase_add_loop_test(t, clock_accept_waits_in_the_store_and_is_asked_for_once, 0, world_drives());
	tcase_add_test(t, clock_accept_needs_a_store_that_is_ones_own);
	return t;
}

static TCase *
calendars(void)
{
	TCase *t = tcase_create("calendars");

	tcase_add_loop_test(t, daylight_saving_changes_what_is_printed_and_nothing_else, 0, world_drives());
	tcase_add_long_loop_test(
	    t, seconds_of_32_bits_end_in_2038_and_nobody_notices, world_drives());
	tcase_add_loop_test(t, a_device_found_after_eighty_years_goes_on, 0, world_drives());
	tcase_add_long_loop_test(
	    t, an_anchor_that_has_expired_is_warned_of_and_fails_nothing, world_drives());
	return t;
}

static TCase *
late(void)
{
	TCase *t = tcase_create("late");

	tcase_add_loop_test(
	    t, a_repeated_authorization_is_not_stretched_and_asked_for_anew, 0, world_drives());
	tcase_add_loop_test(
	    t, an_authorization_shorter_than_the_next_contact_is_asked_for_at_its_half, 0, world_drives());
	tcase_add_long_loop_test(
	    t, an_identity_that_comes_late_is_renewed_at_half_of_what_is_left, world_drives());
	return t;
}

int
main(void)
{
	static TCase *(*const cases[])(void) = { clocks, authority, calendars, late };
	Suite *s = suite_create("agent, time");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TCase *t = cases[i]();

		tcase_set_timeout(t, 120);
		tcase_add_checked_fixture(t, setup, teardown);
		suite_add_tcase(s, t);
	}
	return run_suite(s);
}
