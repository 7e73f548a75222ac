/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki/satellite.h"
#include "tests/manager/edge.h"
#include "text.h"

/* What an upstream refuses a satellite, how one joins, and what time does to it. */

/* ---- what the upstream refuses -------------------------------------------- */

START_TEST(a_row_of_another_virtual_account_is_refused)
{
	struct device d = edge_registered("SN1");
	struct sync_outcome o;

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	site_ok(
	    &edge, db_exec(ledger_db(edge.ledger), &edge.err, "UPDATE instance SET va = 1", ""));
	ck_assert_int_eq(edge_round(0, &o), 0);
	ck_assert_ptr_nonnull(strstr(o.refused, "not one of this satellite's"));
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM instance"), 0);
	device_free(&d);
}
END_TEST

START_TEST(an_instance_at_home_elsewhere_is_not_taken_without_proof)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");
	struct sync_outcome o;

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	site_ok(&edge, db_exec(ledger_db(edge.ledger), &edge.err, "DELETE FROM evidence", ""));
	ck_assert_int_eq(edge_round(0, &o), 0);
	ck_assert_ptr_nonnull(strstr(o.refused, "proves that it moved"));
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 2);
	device_free(&d);
}
END_TEST

START_TEST(an_older_request_does_not_prove_that_a_device_came_back)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");
	struct sync_outcome o;

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	if (_i == 1) /* it closes what it knows to have left */
		edge_sync();
	site_ok(&edge, db_exec(ledger_db(edge.ledger), &edge.err,
			   _i == 0 ? "UPDATE instance SET sequence = 9"
				   : "UPDATE instance SET state = 'closed', closed_why = 'removed',"
				     " closed_s = 1800000000",
			   ""));
	site_ok(&edge, db_exec(ledger_db(edge.ledger), &edge.err,
			   "UPDATE change SET change = change + 1", ""));
	ck_assert_int_eq(edge_round(0, &o), 0);
	ck_assert_ptr_nonnull(strstr(o.refused, "proves that it moved"));
	ck_assert_int_eq(edge_row(&up, &d).state, LEDGER_LIVE);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 2);
	device_free(&d);
}
END_TEST

START_TEST(evidence_of_another_instance_proves_nothing)
{
	struct device d = edge_registered("SN1"), e = edge_registered("SN2");
	struct sync_outcome o;

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &e, 4, 0), SL_DENIED_NONE);
	site_ok(&edge,
	    db_exec(ledger_db(edge.ledger), &edge.err,
		"UPDATE evidence SET request = (SELECT request FROM evidence WHERE instance = $1)"
		" WHERE instance = $2",
		"tt", d.instance, e.instance));
	ck_assert_int_eq(edge_round(0, &o), 0);
	ck_assert_ptr_nonnull(strstr(o.refused, e.instance));
	ck_assert_int_eq(site_count(&up, "SELECT COUNT(*) FROM instance"), 1);
	device_free(&d);
	device_free(&e);
}
END_TEST

START_TEST(a_satellites_signer_asks_for_nothing_but_synchronisation)
{
	struct device d = edge_traveller(&up, "SN1");
	struct sl_cert *certs[] = { pki_signer(edge.pki), pki_issuing(edge.pki),
		pki_satellites(edge.pki) };
	struct sl_buf message = { 0 }, answer = { 0 }, text = { 0 };
	struct sl_reply *reply;

	sl_buf_printf(&text,
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"authorize\",\"request_id\":\"%s\","
	    "\"sequence\":1,"
	    "\"time\":\"2027-01-15T08:00:00Z\",\"udi\":{\"pid\":\"A\",\"sn\":\"B\",\"uuid\":\"c\"},"
	    "\"instance\":\"%s\",\"store\":\"%s\",\"ledger\":\"%s\",\"body\":{\"usage\":[]}}",
	    SITE_HOME, SITE_HOME, SITE_HOME, SITE_HOME);
	site_ok(&edge, sl_envelope_sign(&message, edge.crypto, pki_signer_key(edge.pki), certs[0],
			   certs, 3, NULL, 0, text.data, text.len, &edge.err));
	reply = site_send(&up, &message);
	ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_SIGNATURE);
	sl_reply_free(reply);
	sl_buf_free(&message);
	sl_buf_free(&answer);
	sl_buf_free(&text);
	device_free(&d);
}
END_TEST

START_TEST(a_virtual_account_has_one_home)
{
	static const char *const vas[] = { BRANCH }, *const def[] = { LEDGER_DEFAULT };
	struct authority_invitation i = { .name = "edge-2",
		.virtual_accounts = vas,
		.n_virtual_accounts = 1,
		.tls_names = "",
		.days = 7,
		.who = "root" };
	struct ledger_token_new t = { .virtual_account = BRANCH, .days = 1, .uses_max = 1 };
	struct sl_buf token = { 0 };

	ck_assert_int_eq(authority_satellite_create(up.authority, &i, up.now, &token, &up.err),
	    SMARTLIC_E_EXISTS);
	i.virtual_accounts = def;
	ck_assert_int_eq(authority_satellite_create(up.authority, &i, up.now, &token, &up.err),
	    SMARTLIC_E_INVAL);
	/* neither makes tokens for what the other serves */
	ck_assert_int_eq(
	    authority_token_create(up.authority, &t, up.now, &token, &up.err), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(up.err.text, "edge-1"));
	t.virtual_account = LEDGER_DEFAULT;
	ck_assert_int_eq(authority_token_create(edge.authority, &t, edge.now, &token, &edge.err),
	    SMARTLIC_E_INVAL);
	sl_buf_free(&token);
}
END_TEST

/* ---- joining -------------------------------------------------------------- */

START_TEST(an_invitation_makes_one_satellite)
{
	struct sl_buf request = { 0 }, answer = { 0 }, token = { 0 };
	struct join j = { .url = "" };

	edge_invite_another(&token);
	site_close(&edge);
	edge_open_folder(&j, token.data, &request);
	if (_i == 1) /* too late */
		up.now += 8 * SITE_DAY;
	edge_answer(&request, &answer);
	if (_i == 0)
		ck_assert_msg(edge_take_join(&j, &answer) == 0, "%s", edge.err.text);
	if (_i == 0) { /* another folder with the same token */
		site_close(&edge);
		sl_buf_free(&request);
		sl_buf_free(&answer);
		edge_open_folder(&j, token.data, &request);
		edge_answer(&request, &answer);
	}
	ck_assert_int_eq(edge_take_join(&j, &answer), SMARTLIC_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(edge.err.text, _i == 0 ? "token_exhausted" : "token_expired"));
	sl_buf_free(&token);
	sl_buf_free(&request);
	sl_buf_free(&answer);
}
END_TEST

/* ---- times, ends, versions ------------------------------------------------ */

/* The certificate and the key of the CA of satellites, to another name in the upstream's folder. */
static void
move_satellites(const char *from, const char *to)
{
	static const char *const ends[] = { "pem", "key" };
	char old[120], new[120];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(old, sizeof(old), "%s/pki/%s.%s", up.dir, from, ends[i]);
		(void)snprintf(new, sizeof(new), "%s/pki/%s.%s", up.dir, to, ends[i]);
		ck_assert_int_eq(rename(old, new), 0);
	}
}

/* As it is for each thread of a server but the one to which the satellite has come: another process
 * has made the CA since the folder was read. */
START_TEST(devices_of_the_first_satellite_are_taken_by_who_has_not_heard_of_it)
{
	struct device d = edge_registered("SN1");
	char path[80];

	ck_assert_int_eq(device_use(&edge, &d, 1, 0), SL_DENIED_NONE);
	site_stop(&up);
	pki_free(up.pki);
	move_satellites("satellites", "hidden");
	(void)snprintf(path, sizeof(path), "%s/pki", up.dir);
	site_ok(&up, pki_open(&up.pki, up.crypto, path, &up.err));
	move_satellites("hidden", "satellites");
	site_start(&up);
	ck_assert_ptr_null(pki_satellites(up.pki));
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	device_free(&d);
}
END_TEST

START_TEST(who_joins_with_unknown_invitations_is_kept_waiting_as_who_registers_is)
{
	struct sl_buf good = { 0 }, forged = { 0 }, request = { 0 }, answer = { 0 };
	struct join j = { .url = "" };
	char *last;

	edge_invite_another(&good);
	sl_buf_puts(&forged, good.data);
	last = strchr(forged.data, '\0') - 8; /* of its secret */
	*last = *last == 'A' ? 'B' : 'A';
	site_guard(&up);
	site_close(&edge);
	edge_open_folder(&j, forged.data, &request);
	edge_answer(&request, &answer);
	ck_assert_int_eq(edge_take_join(&j, &answer), SMARTLIC_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(edge.err.text, "token_unknown"));
	ck_assert_int_eq(up.guard_failures, 1);
	site_close(&edge);
	sl_buf_free(&request);
	sl_buf_free(&answer);
	/* nor is a good one told from it */
	edge_open_folder(&j, good.data, &request);
	up.guard_wait_s = 60;
	ck_assert_int_eq(authority_answer(up.authority, request.data, request.len, up.now,
			     site_fill, &up, &answer, &up.err),
	    SMARTLIC_E_LIMIT);
	ck_assert_uint_eq(answer.len, 0);
	up.guard_wait_s = 0;
	edge_answer(&request, &answer);
	ck_assert_msg(edge_take_join(&j, &answer) == 0, "%s", edge.err.text);
	ck_assert_int_eq(up.guard_failures, 1);
	authority_set_guard(up.authority, NULL);
	sl_buf_free(&good);
	sl_buf_free(&forged);
	sl_buf_free(&request);
	sl_buf_free(&answer);
}
END_TEST

START_TEST(a_signer_is_renewed_at_a_synchronisation_past_its_thirtieth_day)
{
	int64_t end = sl_cert_not_after(pki_signer(edge.pki));

	edge_pass(29 * SITE_DAY);
	edge_sync();
	ck_assert_int_eq(sl_cert_not_after(pki_signer(edge.pki)), end);
	edge_pass(2 * SITE_DAY);
	edge_sync();
	site_ok(&edge, pki_refresh(edge.pki, &edge.err));
	ck_assert_int_eq(sl_cert_not_after(pki_signer(edge.pki)), edge.now + 90 * SITE_DAY);
}
END_TEST

START_TEST(a_satellite_that_does_not_synchronise_for_thirty_days_is_an_alert_at_both_ends)
{
	struct ledger_satellite s;

	for (int i = 0; i < 2; i++) {
		edge_pass(i == 0 ? 30 * SITE_DAY - 60 : 60);
		site_ok(&up, authority_daily(up.authority, up.now, &up.err));
		site_ok(&edge, authority_daily(edge.authority, edge.now, &edge.err));
		ck_assert_int_eq(site_alerts(&up, "satellite overdue"), i);
		ck_assert_int_eq(site_alerts(&edge, "satellite overdue"), i);
		ck_assert_int_eq(ledger_satellite_by_name(up.ledger, "edge-1", &s, &up.err), 1);
		ck_assert_str_eq(
		    ledger_satellite_status(&s, up.now), i == 0 ? "joined" : "overdue");
	}
	edge_sync();
	site_ok(&up, authority_daily(up.authority, up.now, &up.err));
	site_ok(&edge, authority_daily(edge.authority, edge.now, &edge.err));
	ck_assert_int_eq(site_alerts(&up, "satellite overdue"), 0);
	ck_assert_int_eq(site_alerts(&edge, "satellite overdue"), 0);
	edge_pass(90 * SITE_DAY);
	ck_assert_int_eq(ledger_satellite_by_name(up.ledger, "edge-1", &s, &up.err), 1);
	ck_assert_str_eq(ledger_satellite_status(&s, up.now), "expired");
}
END_TEST

/* ---- the timetable -------------------------------------------------------- */

#define MINUTE 60
#define HOUR   INT64_C(3600)

static int asked; /* since its start */

/* What a server does on its round each minute, and how it ends: 1 it synchronised, 0 it failed, -1
 * it was not time. */
static int
tick(int upstream_is_there)
{
	static const struct smartlic_error why = { .text = "the upstream is not reached" };
	struct sl_buf request = { 0 };
	struct ledger_upstream u;
	struct sync_outcome o;

	ck_assert_int_eq(ledger_upstream_get(edge.ledger, &u, &edge.err), 1);
	if (!sync_is_due(&u, asked, edge.now))
		return -1;
	asked = 1;
	if (upstream_is_there) {
		ck_assert_msg(edge_round(0, &o) == 0, "%s", edge.err.text);
		return 1;
	}
	edge_ask(&request, 0);
	sl_buf_free(&request);
	site_ok(&edge, sync_failed(edge.authority, &why, edge.now, &edge.err));
	return 0;
}

/* Minutes until the server has synchronised, or tried to. */
static int64_t
minutes_until(int done, int upstream_is_there)
{
	for (int64_t n = 1; n <= 3 * 24 * 60; n++) {
		int r;

		edge_pass(MINUTE);
		r = tick(upstream_is_there);
		if (r >= 0) {
			ck_assert_int_eq(r, done);
			return n;
		}
	}
	return -1;
}

START_TEST(a_server_synchronises_at_its_start_then_daily_and_hourly_while_that_fails)
{
	struct ledger_upstream u;

	asked = 0;
	edge_pass(5 * MINUTE); /* since it joined */
	ck_assert_int_eq(tick(1), 1);
	ck_assert_int_eq(minutes_until(1, 1), 24 * 60);
	ck_assert_int_eq(minutes_until(1, 1), 24 * 60);
	ck_assert_int_eq(minutes_until(0, 0), 24 * 60);
	ck_assert_int_eq(ledger_upstream_get(edge.ledger, &u, &edge.err), 1);
	ck_assert_str_eq(u.failed, "the upstream is not reached");
	ck_assert_int_eq(minutes_until(0, 0), 60);
	ck_assert_int_eq(minutes_until(0, 0), 60);
	/* started anew it does not wait */
	edge_pass(MINUTE);
	asked = 0;
	ck_assert_int_eq(tick(0), 0);
	ck_assert_int_eq(minutes_until(1, 1), 60);
	ck_assert_int_eq(ledger_upstream_get(edge.ledger, &u, &edge.err), 1);
	ck_assert_str_eq(u.failed, "");
	ck_assert_int_eq(minutes_until(1, 1), 24 * 60);
}
END_TEST

START_TEST(a_synchronisation_that_ends_without_a_word_is_tried_again_an_hour_later)
{
	struct sl_buf request = { 0 };

	asked = 1;
	edge_pass(24 * HOUR);
	edge_ask(&request, 0); /* and is killed */
	ck_assert_int_eq(minutes_until(1, 1), 60);
	sl_buf_free(&request);
}
END_TEST

START_TEST(one_by_hand_or_by_file_moves_the_next_one_a_day_on)
{
	asked = 1;
	edge_pass(20 * HOUR);
	edge_sync();
	ck_assert_int_eq(minutes_until(1, 1), 24 * 60);
}
END_TEST

START_TEST(a_clock_that_is_put_back_keeps_no_satellite_silent)
{
	asked = 1;
	edge_pass(300 * SITE_DAY);
	edge_sync();
	edge_pass(-200 * SITE_DAY);
	ck_assert_int_ge(tick(0), 0);
	ck_assert_int_eq(minutes_until(0, 0), 1); /* as long as its last one is yet to come */
}
END_TEST

START_TEST(who_has_left_or_knows_no_address_synchronises_by_itself_never)
{
	struct ledger_upstream u;
	struct sync_outcome o;

	ck_assert_int_eq(ledger_upstream_get(edge.ledger, &u, &edge.err), 1);
	ck_assert(sync_is_due(&u, 0, edge.now));
	u.url[0] = '\0';
	ck_assert(!sync_is_due(&u, 0, edge.now + 99 * SITE_DAY));
	ck_assert_int_eq(edge_round(SYNC_LEAVE, &o), 0);
	ck_assert(o.left);
	ck_assert_int_eq(ledger_upstream_get(edge.ledger, &u, &edge.err), 1);
	ck_assert(!sync_is_due(&u, 0, edge.now + 99 * SITE_DAY));
}
END_TEST

/* Of an hour, each time: nothing is left out, and nothing takes long. */
START_TEST(an_upstream_that_is_away_for_ninety_days_is_asked_hourly_and_told_of_at_each_step)
{
	static const struct {
		int64_t days;
		const char *status;
	} steps[] = { { 30, "overdue" }, { 90, "expired" } };
	int64_t since = edge.now, tries = 0;
	struct ledger_satellite s;
	struct ledger_upstream u;
	const char *was = "joined";

	asked = 1;
	for (size_t i = 0; i < 2; i++) {
		while (edge.now < since + steps[i].days * SITE_DAY) {
			ck_assert_int_eq(ledger_upstream_get(edge.ledger, &u, &edge.err), 1);
			ck_assert_int_eq(
			    ledger_satellite_by_name(up.ledger, "edge-1", &s, &up.err), 1);
			ck_assert_str_eq(ledger_upstream_status(&u, edge.now), was);
			ck_assert_str_eq(ledger_satellite_status(&s, up.now), was);
			edge_pass(HOUR);
			tries += tick(0) == 0;
		}
		was = steps[i].status;
	}
	ck_assert_int_eq(tries, 89 * 24 + 1); /* the first one a day after the last good one */
	ck_assert_int_eq(ledger_upstream_get(edge.ledger, &u, &edge.err), 1);
	ck_assert_str_eq(ledger_upstream_status(&u, edge.now), "expired");
	ck_assert_int_eq(u.synced_s, since);
	/* it comes back: within the hour all is as it was */
	ck_assert_int_eq(minutes_until(1, 1), 60);
	ck_assert_int_eq(ledger_upstream_get(edge.ledger, &u, &edge.err), 1);
	ck_assert_int_eq(ledger_satellite_by_name(up.ledger, "edge-1", &s, &up.err), 1);
	ck_assert_str_eq(ledger_upstream_status(&u, edge.now), "joined");
	ck_assert_str_eq(ledger_satellite_status(&s, up.now), "joined");
}
END_TEST

START_TEST(a_satellite_whose_signer_has_ended_answers_no_device)
{
	struct device d = edge_registered("SN1");
	struct sl_buf answer = { 0 };

	edge_pass(91 * SITE_DAY);
	device_ask_usage(&edge, &d, 1, 0);
	ck_assert_int_eq(authority_answer(edge.authority, d.message.data, d.message.len, edge.now,
			     site_fill, &edge, &answer, &edge.err),
	    SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(edge.err.text, "satellite sync"));
	/* which still works: nobody has taken its virtual accounts back */
	edge_sync();
	site_ok(&edge, pki_refresh(edge.pki, &edge.err));
	ck_assert_int_eq(device_code(&edge, &d), SL_DENIED_NONE);
	sl_buf_free(&answer);
	device_free(&d);
}
END_TEST

START_TEST(what_a_satellite_serves_is_taken_back_only_when_its_signer_has_ended)
{
	struct device d = edge_registered("SN1");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_sync();
	edge_pass(89 * SITE_DAY);
	ck_assert_int_eq(
	    authority_satellite_take_back(up.authority, "edge-1", "admin", up.now, &up.err),
	    SMARTLIC_E_INVAL);
	edge_pass(2 * SITE_DAY);
	site_ok(
	    &up, authority_satellite_take_back(up.authority, "edge-1", "admin", up.now, &up.err));
	ck_assert_str_eq(edge_row(&up, &d).home, "");
	/* the device comes, with the key that the satellite certified */
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(edge_row(&up, &d).va, edge_va(&up, BRANCH));
	site_check(&up);
	device_free(&d);
}
END_TEST

START_TEST(a_satellite_that_leaves_hands_its_instances_back)
{
	struct device d = edge_registered("SN1");
	struct sync_outcome o = { .more = 1 };
	struct sl_buf request = { 0 };

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(edge_round(SYNC_LEAVE, &o), 0);
	ck_assert(o.left);
	ck_assert_str_eq(edge_row(&up, &d).home, "");
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	ck_assert_int_eq(edge_row(&up, &d).va, edge_va(&up, BRANCH));
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 5);
	ck_assert_int_eq(
	    sync_ask(edge.authority, 0, edge.now, site_fill, &edge, &request, &edge.err),
	    SMARTLIC_E_INVAL);
	site_check(&up);
	sl_buf_free(&request);
	device_free(&d);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("satellite_life");
	TCase *t = tcase_create("satellite_life");

	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_checked_fixture(t, edge_setup, edge_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_row_of_another_virtual_account_is_refused);
	tcase_add_test(t, an_instance_at_home_elsewhere_is_not_taken_without_proof);
	tcase_add_loop_test(t, an_older_request_does_not_prove_that_a_device_came_back, 0, 2);
	tcase_add_test(t, evidence_of_another_instance_proves_nothing);
	tcase_add_test(t, a_satellites_signer_asks_for_nothing_but_synchronisation);
	tcase_add_test(t, a_virtual_account_has_one_home);
	tcase_add_loop_test(t, an_invitation_makes_one_satellite, 0, 2);
	tcase_add_test(t, devices_of_the_first_satellite_are_taken_by_who_has_not_heard_of_it);
	tcase_add_test(t, who_joins_with_unknown_invitations_is_kept_waiting_as_who_registers_is);
	tcase_add_test(t, a_signer_is_renewed_at_a_synchronisation_past_its_thirtieth_day);
	tcase_add_test(
	    t, a_satellite_that_does_not_synchronise_for_thirty_days_is_an_alert_at_both_ends);
	tcase_add_test(
	    t, a_server_synchronises_at_its_start_then_daily_and_hourly_while_that_fails);
	tcase_add_test(t, a_synchronisation_that_ends_without_a_word_is_tried_again_an_hour_later);
	tcase_add_test(t, one_by_hand_or_by_file_moves_the_next_one_a_day_on);
	tcase_add_test(t, a_clock_that_is_put_back_keeps_no_satellite_silent);
	tcase_add_test(t, who_has_left_or_knows_no_address_synchronises_by_itself_never);
	tcase_add_long_test(/* some two thousand signatures */
	    t, an_upstream_that_is_away_for_ninety_days_is_asked_hourly_and_told_of_at_each_step);
	tcase_add_test(t, a_satellite_whose_signer_has_ended_answers_no_device);
	tcase_add_test(t, what_a_satellite_serves_is_taken_back_only_when_its_signer_has_ended);
	tcase_add_test(t, a_satellite_that_leaves_hands_its_instances_back);
	suite_add_tcase(s, t);
	return run_suite(s);
}
