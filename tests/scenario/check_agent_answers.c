/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/world.h"

/* What comes back: refusals, advice, other people's messages, nothing at all. */

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

static void
deny(const char *code, long times)
{
	w.oracle.deny = code;
	w.oracle.deny_times = times;
}

static long
sent(const char *type)
{
	char text[64] = "sends ";
	long n = 0;

	strcat(text, type);
	for (const char *p = w.log.data; p != NULL && (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

/* ---- a satellite ------------------------------------------------------------------------ */

static void
authorized_again(void)
{
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}

START_TEST(how_far_a_satellite_is_behind_is_known_while_it_answers)
{
	const struct smartlic_status *st;
	char *text = NULL;

	world_ready(&w);
	ck_assert(world_status(&w)->synchronised_ms == SMARTLIC_NO_TIME);
	w.oracle.satellite = 1;
	w.oracle.synchronised_s = w.wall_ms / 1000 - 600;
	authorized_again();
	st = world_status(&w);
	ck_assert(st->synchronised_ms == w.oracle.synchronised_s * 1000);
	ck_assert_int_eq(st->behind_s, 600);
	ck_assert_int_eq(
	    smartlic_agent_show(w.agent, SMARTLIC_SHOW_SUMMARY, SMARTLIC_SHOW_TEXT, &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n  Behind: 0 days, 0 hours, 10 minutes, 0 seconds\n"));
	free(text);
	/* time goes by for it as well, whatever the wall clock says; another process knows it */
	world_pass(&w, HOURS(2));
	w.wall_ms += DAYS(400);
	world_restart(&w);
	ck_assert_int_eq(world_status(&w)->behind_s, 600 + 7200);
	/* back at the authority nothing of it is left, whatever that says */
	w.oracle.satellite = 0;
	authorized_again();
	ck_assert(world_status(&w)->synchronised_ms == SMARTLIC_NO_TIME);
	ck_assert_int_eq(world_status(&w)->behind_s, 0);
}
END_TEST

START_TEST(where_any_destination_may_answer_each_request_bears_certificates)
{
	struct smartlic_transport_ops ops = smartlic_transport_loop;
	long before;

	world_ready(&w);
	ops.flags = _i ? SMARTLIC_TRANSPORT_MANY : 0;
	ck_assert_int_eq(smartlic_agent_set_transport_ops(w.agent, &ops, w.option, 2), 0);
	authorized_again();
	before = w.oracle.with_certs;
	authorized_again();
	authorized_again();
	ck_assert_int_eq(w.oracle.with_certs - before, _i ? 2 : 0);
	world_stop(&w);
}
END_TEST

/* ---- not an answer ---------------------------------------------------------------------- */

static const struct {
	enum net net;
	const char *why; /* in the reason that is shown */
	int32_t code;
} bad[] = {
	{ NET_DOWN, "no route to host", SMARTLIC_E_COMM },
	{ NET_LOSES, "no route to host", SMARTLIC_E_COMM },
	{ NET_BUSY, "no route to host", SMARTLIC_E_COMM },
	{ NET_PORTAL, "message form", SMARTLIC_E_FORM },
	{ NET_TRUNCATES, "message form", SMARTLIC_E_FORM },
	{ NET_STRANGER, "certificate chain", SMARTLIC_E_CHAIN },
	{ NET_OLD, "answer to something else", SMARTLIC_E_BINDING },
};
#define N_BAD (sizeof(bad) / sizeof(bad[0]))

START_TEST(what_is_no_answer_leaves_everything_as_it_was)
{
	const struct smartlic_status *st;

	w.drive = (enum drive)(_i / N_BAD);
	world_ready(&w);
	w.net = bad[_i % N_BAD].net;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(st->last_communication.outcome, SMARTLIC_ATTEMPT_FAILED);
	ck_assert_int_eq(st->last_communication.code, bad[_i % N_BAD].code);
	ck_assert_msg(strstr(st->last_communication.reason, bad[_i % N_BAD].why) != NULL, "%s",
	    st->last_communication.reason);
	ck_assert(st->communication_deadline_ms == w.wall_ms + DAYS(90));
	ck_assert_str_eq(st->pending_type, "authorize");
	ck_assert(st->next_communication_ms > w.wall_ms + MINUTES(53));
	ck_assert(st->next_communication_ms <= w.wall_ms + HOURS(1));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_AUTHORIZATION_FAILED], 1);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);

	/* the same request goes on, and counts once */
	w.net = NET_UP;
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	ck_assert_int_eq(w.oracle.sequence, 2);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_RESTORED], 1);
}
END_TEST

START_TEST(a_registration_that_is_not_answered_waits_a_day)
{
	const struct smartlic_status *st;

	w.drive = (enum drive)(_i / N_BAD);
	w.net = bad[_i % N_BAD].net;
	if (w.net == NET_OLD) /* there is none before the first */
		w.net = NET_PORTAL;
	world_register(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_RETRY_WAIT);
	ck_assert_int_eq(st->initial_registration.outcome, SMARTLIC_ATTEMPT_FAILED);
	ck_assert_str_eq(st->instance, "");
	ck_assert(st->next_registration_ms <= w.wall_ms + DAYS(1));
	ck_assert(st->next_registration_ms >= w.wall_ms + HOURS(21));
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);
	ck_assert_int_eq(smartlic_agent_register(w.agent, ORACLE_TOKEN, 0), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(smartlic_agent_error(w.agent)->text, "force"));
	w.net = NET_UP;
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REGISTER], 1);
}
END_TEST

START_TEST(force_sends_a_waiting_registration_at_once)
{
	w.net = NET_DOWN;
	world_register(&w);
	w.net = NET_UP;
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERING);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(w.oracle.force, 1);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REGISTER], 1);
}
END_TEST

START_TEST(silence_ends_after_two_minutes)
{
	world_ready(&w);
	w.net = NET_SILENT;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 1);
	ck_assert_int_eq(smartlic_agent_deadline(w.agent), w.mono_ms + MINUTES(2));
	world_pass(&w, MINUTES(2) - 1);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 1);
	world_pass(&w, 1);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_FAILED);
}
END_TEST

START_TEST(retry_after_is_obeyed_within_limits)
{
	static const int64_t ms[][2] = { { 30000, 30000 }, { 0, 1000 }, { DAYS(3), DAYS(1) } };

	world_ready(&w);
	w.net = NET_BUSY;
	w.retry_after_ms = ms[_i][0];
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert(world_status(&w)->next_communication_ms == w.wall_ms + ms[_i][1]);
	/* an operator does not wait for it */
	w.net = NET_UP;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

/* Anybody on the way can say it, and each attempt writes to the store. */
START_TEST(retry_after_is_no_way_to_make_a_device_call_all_the_time)
{
	long before;

	world_ready(&w);
	w.net = NET_BUSY;
	w.retry_after_ms = 0;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	before = w.exchanges;
	world_pass(&w, HOURS(1));
	ck_assert_int_le(w.exchanges - before, 30);
	w.net = NET_UP;
	world_pass(&w, MINUTES(5));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

START_TEST(retry_after_goes_past_no_deadline)
{
	world_ready(&w);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(89) + HOURS(20));
	w.retry_after_ms = HOURS(20);
	world_pass(&w, HOURS(1));
	ck_assert(
	    world_status(&w)->next_communication_ms <= world_status(&w)->communication_deadline_ms);
}
END_TEST

/* ---- refusals --------------------------------------------------------------------------- */

START_TEST(a_refused_registration_says_why_and_is_not_tried_again)
{
	static const char *const codes[] = { "token_unknown", "token_expired", "token_exhausted",
		"token_revoked", "token_elsewhere", "udi_registered", "bad_request", "superseded",
		"not_allowed", "something_new" };
	const struct smartlic_status *st;

	deny(codes[_i], -1);
	world_register(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_int_eq(st->initial_registration.outcome, SMARTLIC_ATTEMPT_FAILED);
	ck_assert_int_eq(st->initial_registration.code, SMARTLIC_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(st->initial_registration.reason, codes[_i]));
	ck_assert_str_eq(st->pending_type, "");
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_REGISTRATION_FAILED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	world_pass(&w, DAYS(10));
	ck_assert_int_eq(w.oracle.received, 1);
	deny(NULL, 0);
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
}
END_TEST

START_TEST(a_refused_authorization_is_tried_again_hourly_with_a_new_request)
{
	const struct smartlic_status *st;

	world_ready(&w);
	deny("unknown_entitlement", 1);
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_str_eq(st->last_communication.reason,
	    "Error received from Smart Software Manager: because of unknown_entitlement "
	    "(unknown_entitlement)");
	ck_assert_str_eq(st->pending_type, "");
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.oracle.sequence, 3);
}
END_TEST

START_TEST(a_refused_renewal_keeps_the_identity)
{
	world_ready(&w);
	deny("not_allowed", 1);
	ck_assert_int_eq(smartlic_agent_renew_id(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_FAILED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWAL_FAILED], 1);
	ck_assert(world_status(&w)->next_renewal_ms <= w.wall_ms + HOURS(1));
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

static void
expect_golden(const char *line, const char *got)
{
	char path[512], text[600];
	FILE *f;
	int found = 0;

	(void)snprintf(path, sizeof(path), "%s/tests/golden/messages.txt", getenv("TOP_SRCDIR"));
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(text, sizeof(text), f) != NULL) {
		text[strcspn(text, "\n")] = '\0';
		if (strstr(text, line) != NULL) {
			found = 1;
			ck_assert_str_eq(got, text);
		}
	}
	(void)fclose(f);
	ck_assert(found);
}

/* the reference's own story, with the words of the reference */
START_TEST(an_instance_that_was_removed_registers_again_without_force)
{
	static const char *const codes[] = { "instance_removed", "instance_unknown",
		"certificate_revoked" };
	const struct smartlic_status *st;

	world_ready(&w);
	deny(codes[_i], -1);
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	st = world_status(&w);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(st->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_str_eq(st->last_communication.reason,
	    "Error received from Smart Software "
	    "Manager: Data and signature do not match for udi PID:NCS1004,SN:CAT2231B18Y");
	ck_assert_ptr_nonnull(strstr(st->consequence, "register it again"));
	/* daily from here on */
	ck_assert(st->next_communication_ms > w.wall_ms + HOURS(21));
	ck_assert(st->next_communication_ms <= w.wall_ms + DAYS(1));

	deny(NULL, 0);
	ck_assert_int_eq(smartlic_agent_register(w.agent, ORACLE_TOKEN, 0), 0);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.force, 0);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(the_two_messages_of_the_reference_are_as_there)
{
	static struct smartlic_agent *a;

	world_stop(&w);
	w.sn = "FOX2202WIVM";
	w.pid = "8812";
	ck_assert_int_eq(world_start(&w), 0);
	a = w.agent;
	ck_assert_ptr_nonnull(a);
	world_ready(&w);
	deny("instance_removed", -1);
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	expect_golden("AUTH_RENEW_FAILED", w.last[SMARTLIC_EVENT_AUTHORIZATION_FAILED]);
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	world_settle(&w);
	expect_golden("AGENT_DEREG_FAILED", w.last[SMARTLIC_EVENT_DEREGISTRATION_FAILED]);
	ck_assert_ptr_nonnull(strstr(w.log.data, "expected"));
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	deny(NULL, 0);
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

START_TEST(pending_keeps_the_request_and_asks_again_when_told)
{
	w.drive = (enum drive)_i;
	w.oracle.deny_retry_after_s = 600;
	deny("pending", -1);
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERING);
	ck_assert_str_eq(world_status(&w)->pending_type, "register");
	ck_assert_int_eq(world_status(&w)->initial_registration.outcome, SMARTLIC_ATTEMPT_NONE);
	ck_assert_int_eq(smartlic_agent_busy(w.agent), 0);
	ck_assert(world_status(&w)->next_registration_ms == w.wall_ms + MINUTES(10));
	deny(NULL, 0);
	world_pass(&w, MINUTES(10));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REGISTER], 1);
}
END_TEST

START_TEST(busy_and_internal_keep_the_request)
{
	world_ready(&w);
	deny(_i == 0 ? "busy" : "internal", 3);
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_str_eq(world_status(&w)->pending_type, "authorize");
	world_pass(&w, HOURS(4));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	ck_assert_int_eq(w.oracle.sequence, 2);
}
END_TEST

/* ---- order and clones ------------------------------------------------------------------- */

START_TEST(superseded_sets_the_counter_and_asks_anew_at_once)
{
	world_ready(&w);
	w.oracle.deny_sequence = 41;
	deny(_i == 0 ? "superseded" : "out_of_sync", 1);
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.sequence, 42);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLONE_SUSPECTED], _i);
}
END_TEST

START_TEST(three_times_in_a_row_and_then_it_waits)
{
	long before;

	world_ready(&w);
	before = w.oracle.received;
	w.oracle.deny_sequence = 1;
	deny("superseded", -1);
	ck_assert_int_eq(smartlic_agent_renew_id(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.received - before, 4);
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_FAILED);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(w.oracle.received - before, 8);
	deny(NULL, 0);
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

START_TEST(a_copied_store_is_noticed_and_locks_nobody_out)
{
	struct mem_disk original, copy;

	world_ready(&w);
	world_stop(&w);
	original = w.disk;
	mem_disk_copy(&copy, &w.disk);
	for (int i = 0; i < 4; i++) { /* the two take turns */
		w.disk = i % 2 ? copy : original;
		ck_assert_int_eq(world_start(&w), 0);
		ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
		world_settle(&w);
		ck_assert_int_eq(
		    world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
		world_stop(&w);
		*(i % 2 ? &copy : &original) = w.disk;
	}
	ck_assert_int_ge(w.events[SMARTLIC_EVENT_CLONE_SUSPECTED], 1);
	ck_assert_uint_ge(w.oracle.clone_alerts, 1);
	w.disk = original;
	mem_disk_clear(&copy);
}
END_TEST

/* ---- keys -------------------------------------------------------------------------------- */

START_TEST(certificates_go_along_first_and_in_retries_only)
{
	long before;

	world_ready(&w);
	before = w.oracle.with_certs;
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(w.oracle.with_certs, before);
	world_restart(&w);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(w.oracle.with_certs, before + 1);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(w.oracle.with_certs, before + 1);
	w.net = NET_LOSES;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.with_certs, before + 1);
	w.net = NET_UP;
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(w.oracle.with_certs, before + 2);
}
END_TEST

START_TEST(certificates_still_go_along_after_a_registration_that_was_refused)
{
	long before;

	world_ready(&w);
	world_restart(&w);
	deny("token_unknown", 1);
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	world_settle(&w);
	before = w.oracle.with_certs;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.with_certs, before + 1);
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.oracle.with_certs, before + 1);
}
END_TEST

START_TEST(an_unknown_key_is_shown_with_its_certificates_at_once)
{
	world_ready(&w);
	w.oracle.forget_keys = 1;
	world_hush(&w);
	world_pass(&w, DAYS(30));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ADVICE], 0);
}
END_TEST

START_TEST(the_former_key_is_tried_once_and_then_it_is_a_failure)
{
	long before;

	world_ready(&w);
	ck_assert_int_eq(smartlic_agent_renew_id(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	before = w.oracle.received;
	w.oracle.advice = 1;
	deny("bad_signature", -1);
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	/* plain, with certificates, with the former key */
	ck_assert_int_eq(w.oracle.received - before, 3);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ADVICE], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	/* a retry bears certificates anyway: once more with the former key */
	deny("bad_signature", 1);
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

START_TEST(the_former_key_is_done_with_once_any_request_was_answered)
{
	long before;

	world_ready(&w);
	ck_assert_int_eq(smartlic_agent_renew_id(w.agent), 0);
	world_settle(&w);
	world_pass(&w, HOURS(25));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REPORT], 1);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 1);
	before = w.oracle.received;
	w.oracle.advice = 1;
	deny("bad_signature", -1);
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	/* plain and with certificates; the former key would look like a clone's */
	ck_assert_int_eq(w.oracle.received - before, 2);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
}
END_TEST

START_TEST(advice_of_another_kind_is_shown_and_changes_nothing)
{
	world_ready(&w);
	w.oracle.advice = 1;
	deny("instance_removed", 1);
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ADVICE], 1);
	ck_assert_str_eq(world_status(&w)->pending_type, "authorize");
	/* hourly and not daily: it proves nothing */
	ck_assert(world_status(&w)->next_communication_ms <= w.wall_ms + HOURS(1));
}
END_TEST

/* A fresh device knows its build only; the date is sure when two answers an hour apart agree. */
static void
know_the_time(void)
{
	world_ready(&w);
	world_pass(&w, HOURS(2));
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	world_hush(&w);
}

/* ---- policy, lists, time ------------------------------------------------------------------ */

START_TEST(policy_is_obeyed_within_limits_and_said)
{
	strcpy(w.oracle.policy, "\"next_contact_s\":2591999,\"renew_after_s\":15552060");
	world_register(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_POLICY_CLAMPED], 0);
	ck_assert(world_status(&w)->next_communication_ms == w.wall_ms + DAYS(30) - 1000);
	ck_assert(world_status(&w)->next_renewal_ms == w.wall_ms + DAYS(180) + 60000);
	strcpy(w.oracle.policy, "\"next_contact_s\":60,\"export_controlled\":\"allowed\"");
	w.oracle.auth_life_s = 86400;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_POLICY_CLAMPED], 2);
	ck_assert(world_status(&w)->next_communication_ms == w.wall_ms + HOURS(1));
	ck_assert_int_eq(world_status(&w)->export_controlled_allowed, 1);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(7) - 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
}
END_TEST

START_TEST(a_renewal_comes_at_half_the_life_at_the_latest)
{
	w.oracle.id_life_s = 100 * 86400;
	world_register(&w);
	ck_assert(world_status(&w)->next_renewal_ms == w.wall_ms + DAYS(50));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_POLICY_CLAMPED], 1);
}
END_TEST

START_TEST(without_a_current_list_only_optional_takes_the_answer)
{
	w.oracle.no_lists = 1;
	world_register(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_RETRY_WAIT);
	ck_assert_int_eq(world_status(&w)->initial_registration.code, SMARTLIC_E_REVOCATION);
	w.crl_optional = 1;
	world_restart(&w);
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_REVOCATION_TOLERATED], 1);
}
END_TEST

START_TEST(an_answer_from_before_is_taken_by_a_day_and_refused_beyond)
{
	know_the_time();
	w.oracle.now_s -= 20 * 3600;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_BACK], 1);
	w.oracle.now_s -= 10 * 3600;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->last_communication.code, SMARTLIC_E_TIME);
}
END_TEST

START_TEST(an_old_answer_lasts_no_longer_than_it_says)
{
	const int days = test_all_or(90, 8);

	w.oracle.auth_life_s = days * TPKI_DAY;
	strcpy(w.oracle.policy, "\"retry_s\":86400");
	know_the_time();
	w.oracle.now_s -= 20 * 3600;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(days) - HOURS(20) - 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, 2000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
}
END_TEST

START_TEST(an_authority_years_ahead_stretches_nothing)
{
	know_the_time();
	w.oracle.now_s += 365 * 86400;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_TIME_AHEAD], 1);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	/* the authority is right again: nothing is stranded */
	w.oracle.now_s -= 365 * 86400;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

START_TEST(a_wall_clock_that_jumps_ends_and_stretches_nothing)
{
	static const int64_t jump[] = { DAYS(3650), -DAYS(365), DAYS(30) };
	int64_t left = DAYS(90) - DAYS(1);

	strcpy(w.oracle.policy, "\"retry_s\":86400");
	world_ready(&w);
	world_pass(&w, DAYS(1));
	w.net = NET_DOWN;
	w.wall_ms += jump[_i];
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, left - 1000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_pass(&w, 2000);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
}
END_TEST

START_TEST(a_clock_set_between_two_processes_is_noticed)
{
	world_ready(&w);
	world_stop(&w);
	w.wall_ms += DAYS(40);
	ck_assert_int_eq(world_start(&w), 0);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	world_restart(&w);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
	/* after a boot the clock may say what it likes */
	world_reboot(&w, DAYS(-400));
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLOCK_CHANGED], 1);
}
END_TEST

/* ---- cancelling --------------------------------------------------------------------------- */

START_TEST(a_cancelled_request_leaves_a_late_answer_a_stranger)
{
	ck_assert_int_eq(smartlic_agent_cancel(w.agent), 0);
	w.net = NET_SILENT;
	world_register(&w);
	ck_assert_int_eq(smartlic_agent_cancel(w.agent), 1);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	w.net = NET_UP;
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(w.oracle.received, 0);
	world_ready(&w);
	w.net = NET_SILENT;
	ck_assert_int_eq(smartlic_agent_renew_id(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_RENEWING);
	ck_assert_int_eq(smartlic_agent_cancel(w.agent), 1);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	w.net = NET_UP;
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->last_renewal.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
	ck_assert_int_eq(sent("renew-id"), 2);
}
END_TEST

START_TEST(a_refused_registration_loses_no_renewal_that_it_took_the_place_of)
{
	static int (*const renew[])(
	    struct smartlic_agent * agent) = { smartlic_agent_renew_auth, smartlic_agent_renew_id };

	world_ready(&w);
	w.net = NET_SILENT;
	ck_assert_int_eq(renew[_i](w.agent), 0);
	world_settle(&w);
	w.net = NET_UP;
	deny("token_expired", 1);
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(sent(_i == 0 ? "authorize" : "renew-id"), _i == 0 ? 3 : 2);
}
END_TEST

START_TEST(a_refusal_tells_the_time_that_passed_without_power_too)
{
	world_ready(&w);
	/* so that the date is known for sure */
	world_pass(&w, HOURS(2));
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	deny("instance_removed", 2);
	world_reboot(&w, DAYS(89));
	world_pass(&w, HOURS(1));
	/* so far ahead a time is believed when a second one confirms it */
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	w.net = NET_DOWN;
	world_pass(&w, HOURS(24));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_EXPIRED);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, answers");
	TCase *t = tcase_create("answers");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, where_any_destination_may_answer_each_request_bears_certificates, 0, 2);
	tcase_add_test(t, how_far_a_satellite_is_behind_is_known_while_it_answers);
	tcase_add_loop_test(
	    t, what_is_no_answer_leaves_everything_as_it_was, 0, (int)N_BAD * world_drives());
	tcase_add_loop_test(
	    t, a_registration_that_is_not_answered_waits_a_day, 0, (int)N_BAD * world_drives());
	tcase_add_test(t, force_sends_a_waiting_registration_at_once);
	tcase_add_test(t, silence_ends_after_two_minutes);
	tcase_add_loop_test(t, retry_after_is_obeyed_within_limits, 0, 3);
	tcase_add_test(t, retry_after_is_no_way_to_make_a_device_call_all_the_time);
	tcase_add_long_test(t, retry_after_goes_past_no_deadline);
	tcase_add_loop_test(t, a_refused_registration_says_why_and_is_not_tried_again, 0, 10);
	tcase_add_test(t, a_refused_authorization_is_tried_again_hourly_with_a_new_request);
	tcase_add_test(t, a_refused_renewal_keeps_the_identity);
	tcase_add_loop_test(t, an_instance_that_was_removed_registers_again_without_force, 0, 3);
	tcase_add_test(t, the_two_messages_of_the_reference_are_as_there);
	tcase_add_loop_test(
	    t, pending_keeps_the_request_and_asks_again_when_told, 0, world_drives());
	tcase_add_loop_test(t, busy_and_internal_keep_the_request, 0, 2);
	tcase_add_loop_test(t, superseded_sets_the_counter_and_asks_anew_at_once, 0, 2);
	tcase_add_test(t, three_times_in_a_row_and_then_it_waits);
	tcase_add_test(t, a_copied_store_is_noticed_and_locks_nobody_out);
	tcase_add_test(t, certificates_go_along_first_and_in_retries_only);
	tcase_add_test(t, certificates_still_go_along_after_a_registration_that_was_refused);
	tcase_add_test(t, an_unknown_key_is_shown_with_its_certificates_at_once);
	tcase_add_test(t, the_former_key_is_tried_once_and_then_it_is_a_failure);
	tcase_add_test(t, the_former_key_is_done_with_once_any_request_was_answered);
	tcase_add_test(t, advice_of_another_kind_is_shown_and_changes_nothing);
	tcase_add_test(t, policy_is_obeyed_within_limits_and_said);
	tcase_add_test(t, a_renewal_comes_at_half_the_life_at_the_latest);
	tcase_add_test(t, without_a_current_list_only_optional_takes_the_answer);
	tcase_add_test(t, an_answer_from_before_is_taken_by_a_day_and_refused_beyond);
	tcase_add_test(t, an_old_answer_lasts_no_longer_than_it_says);
	tcase_add_test(t, an_authority_years_ahead_stretches_nothing);
	tcase_add_long_loop_test(t, a_wall_clock_that_jumps_ends_and_stretches_nothing, 3);
	tcase_add_test(t, a_clock_set_between_two_processes_is_noticed);
	tcase_add_test(t, a_cancelled_request_leaves_a_late_answer_a_stranger);
	tcase_add_test(t, a_refusal_tells_the_time_that_passed_without_power_too);
	tcase_add_loop_test(
	    t, a_refused_registration_loses_no_renewal_that_it_took_the_place_of, 0, 2);
	suite_add_tcase(s, t);
	return run_suite(s);
}
