/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/manager/edge.h"
#include "text.h"

/* What synchronisation makes of devices that moved, ended or were copied while it was not heard of,
 * and of messages that come late.  Each was found by the simulation. */

#define LARGE 400 /* samples of a report that is kept as no evidence */

static enum sl_denial
report_of(struct site *s, struct device *d, int samples)
{
	unsigned char random[16];
	struct sl_buf text = { 0 };
	enum sl_denial code;

	(void)site_fill(s, random, sizeof(random));
	sl_uuid4(d->request_id, random);
	sl_buf_printf(&text,
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"report\",\"request_id\":\"%s\",\"sequence\":"
	    "%lld,\"udi\":{\"pid\":\"%s\",\"sn\":\"%s\",\"uuid\":\"%s\"},\"instance\":\"%s\","
	    "\"store\":\"%s\",\"body\":{\"samples\":[",
	    d->request_id, (long long)++d->sequence, d->udi.pid, d->udi.sn, d->udi.uuid,
	    d->instance, d->store);
	for (int n = 1; n <= samples; n++)
		sl_buf_printf(&text,
		    "%s{\"tag\":\"" TAG_G "\",\"n\":%d,\"start\":\"2027-01-01T00:00:00Z\","
		    "\"hours\":1,\"max\":9,\"last\":9}",
		    n > 1 ? "," : "", n);
	sl_buf_puts(&text, "]}}");
	device_say(s, d, text.data, 1);
	sl_buf_free(&text);
	code = device_code(s, d);
	return code;
}

static enum sl_denial
report(struct site *s, struct device *d)
{
	return report_of(s, d, 0);
}

/* At home at the satellite, and both know it. */
static struct device
settled(const char *sn)
{
	struct device d = edge_registered(sn);

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_sync();
	edge_pass(60);
	return d;
}

/* ---- devices that moved --------------------------------------------------- */

START_TEST(a_device_that_comes_with_a_report_is_taken)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	ck_assert_int_eq(report(&edge, &d), SL_DENIED_NONE);
	edge_sync();
	ck_assert_str_eq(edge_row(&up, &d).home, ledger_info(edge.ledger)->home);
	ck_assert_int_eq(edge_row(&up, &d).sequence, d.sequence);
	device_free(&d);
}
END_TEST

START_TEST(a_report_after_what_was_asked_at_both_proves_the_move)
{
	struct device d = settled("SN1");
	struct sl_reply *reply;

	/* the upstream's answer is lost, the satellite is asked the same */
	device_ask_usage(&up, &d, 5, 0);
	reply = site_send(&up, &d.message);
	sl_reply_free(reply);
	ck_assert_int_eq(device_code(&edge, &d), SL_DENIED_NONE);
	ck_assert_int_eq(report(&edge, &d), SL_DENIED_NONE);
	edge_sync();
	ck_assert_str_eq(edge_row(&up, &d).home, ledger_info(edge.ledger)->home);
	device_free(&d);
}
END_TEST

START_TEST(a_report_too_large_to_be_told_follows_what_was_asked_at_both)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");
	struct sl_reply *reply;

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	device_ask_usage(&up, &d, 2, 0);
	reply = site_send(&up, &d.message);
	sl_reply_free(reply);
	ck_assert_int_eq(device_code(&edge, &d), SL_DENIED_NONE);
	ck_assert_int_eq(report_of(&edge, &d, LARGE), SL_DENIED_NONE);
	ck_assert_uint_gt(d.message.len, SYNC_EVIDENCE_MAX);
	edge_sync();
	ck_assert_str_eq(edge_row(&up, &d).home, ledger_info(edge.ledger)->home);
	ck_assert_int_eq(edge_row(&up, &d).sequence, d.sequence);
	device_free(&d);
}
END_TEST

START_TEST(what_was_answered_at_both_is_known_by_the_deadline_that_each_gave)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");
	char deadline[SL_TIME_SIZE], *body;
	struct site *const homes[] = { &up, &edge };
	struct sl_reply *reply;

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	device_ask_usage(&up, &d, 2, 0);
	for (size_t i = 0; i < 2; i++) {
		reply = site_send(homes[i], &d.message);
		ck_assert_int_eq(reply->error.code, SL_DENIED_NONE);
		sl_reply_free(reply);
		edge_pass(30 * SITE_DAY);
	}
	edge_sync();
	ck_assert_int_eq(device_code(&edge, &d), SL_DENIED_NONE);
	body = site_last_body(&edge);
	sl_time(deadline, edge_row(&edge, &d).deadline_s);
	ck_assert_ptr_nonnull(strstr(body, deadline));
	free(body);
	device_free(&d);
}
END_TEST

START_TEST(a_renewal_that_another_home_made_is_asked_for_anew)
{
	struct device d = settled("SN1");
	struct sl_reply *reply;

	device_ask_renew_id(&edge, &d);
	reply = site_send(&edge, &d.message);
	ck_assert_int_eq(reply->error.code, SL_DENIED_NONE);
	sl_reply_free(reply);
	edge_sync();
	ck_assert_int_eq(device_code(&up, &d), SL_DENIED_SUPERSEDED);
	ck_assert_int_eq(device_renew_id(&up, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 4, 0), SL_DENIED_NONE);
	device_free(&d);
}
END_TEST

START_TEST(a_device_may_register_anew_where_it_came_to)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = settled("SN1"), e = edge_traveller(&up, "SN1");

	ck_assert_int_eq(device_register(&up, &e, &token, 0), SL_DENIED_UDI_REGISTERED);
	ck_assert_int_eq(device_register(&up, &e, &token, 1), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &e, 4, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_eq(edge_row(&edge, &d).state, LEDGER_CLOSED);
	ck_assert_int_eq(site_consumed(&edge, edge_va(&edge, BRANCH), TAG_G), 0);
	device_free(&d);
	device_free(&e);
}
END_TEST

/* ---- what has ended ------------------------------------------------------- */

START_TEST(the_end_of_an_instance_is_told_to_a_satellite_that_it_has_left)
{
	struct device d = settled("SN1");

	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	edge_sync();
	site_ok(&up, ledger_instance_remove(up.ledger, d.instance, "admin", up.now, &up.err));
	edge_sync();
	ck_assert_int_eq(edge_row(&edge, &d).state, LEDGER_CLOSED);
	ck_assert_int_eq(device_use(&edge, &d, 5, 0), SL_DENIED_INSTANCE_REMOVED);
	device_free(&d);
}
END_TEST

START_TEST(a_satellite_removes_nothing_that_has_left_it)
{
	struct device d = settled("SN1");

	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_eq(
	    ledger_instance_remove(edge.ledger, d.instance, "local", edge.now, &edge.err),
	    SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(edge.err.text, "remove it at the upstream"));
	ck_assert_int_eq(edge_row(&edge, &d).state, LEDGER_LIVE);
	device_free(&d);
}
END_TEST

START_TEST(what_a_satellite_removed_before_it_knew_of_the_move_is_removed)
{
	struct device d = settled("SN1");

	site_ok(
	    &edge, ledger_instance_remove(edge.ledger, d.instance, "local", edge.now, &edge.err));
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_eq(edge_row(&up, &d).state, LEDGER_CLOSED);
	ck_assert_str_eq(edge_row(&up, &d).closed_by, "local");
	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_INSTANCE_REMOVED);
	device_free(&d);
}
END_TEST

START_TEST(what_a_satellite_removed_that_had_the_same_request_is_removed)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");
	struct sl_reply *reply;

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	/* its answer is lost, the satellite is asked the same, and not heard of for a while */
	device_ask_usage(&up, &d, 5, 0);
	reply = site_send(&up, &d.message);
	sl_reply_free(reply);
	ck_assert_int_eq(device_code(&edge, &d), SL_DENIED_NONE);
	site_ok(
	    &edge, ledger_instance_remove(edge.ledger, d.instance, "local", edge.now, &edge.err));
	edge_sync();
	ck_assert_int_eq(edge_row(&up, &d).state, LEDGER_CLOSED);
	ck_assert_str_eq(edge_row(&up, &d).closed_by, "local");
	device_free(&d);
}
END_TEST

/* The upstream was restored from before the device came to the satellite, and hears of the removal
 * after the device. */
START_TEST(what_a_satellite_removed_in_a_time_that_was_lost_is_removed)
{
	static const char *const lost[] = {
		"UPDATE instance SET state = 'live', closed_why = NULL, closed_by = NULL,"
		" closed_s = NULL, home = NULL, sequence = 1",
		"DELETE FROM change",
		"DELETE FROM request WHERE sequence > 1",
		"DELETE FROM revocation",
		"INSERT INTO gap (account, ledger, from_s, to_s, token) SELECT account, ledger,"
		" $1, $2, token FROM manager, token LIMIT 1",
	};
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 2, 0), SL_DENIED_NONE);
	edge_sync();
	edge_pass(60);
	site_ok(
	    &edge, ledger_instance_remove(edge.ledger, d.instance, "local", edge.now, &edge.err));
	for (size_t i = 0; i < 4; i++)
		site_ok(&up, db_exec(ledger_db(up.ledger), &up.err, lost[i], ""));
	if (_i == 1)
		site_ok(&up, db_exec(ledger_db(up.ledger), &up.err, lost[4], "ii",
				 up.now - SITE_DAY, up.now + 60));
	edge_pass(120);
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	if (_i == 1) {
		edge_sync();
		ck_assert_str_eq(edge_row(&up, &d).closed_by, "local");
	} else {
		struct sync_outcome o;

		ck_assert_int_eq(edge_round(0, &o), 0);
		ck_assert_ptr_nonnull(strstr(o.refused, "at home elsewhere"));
	}
	device_free(&d);
}
END_TEST

START_TEST(a_registration_that_was_used_and_ended_has_replaced_the_earlier_one)
{
	struct site_token token = site_token_new(&edge, BRANCH, 30, LEDGER_ANY_USES);
	struct device d = settled("SN1"), e = edge_traveller(&edge, "SN1");

	ck_assert_int_eq(device_use(&up, &d, 5, 0), SL_DENIED_NONE);
	edge_pass(60);
	ck_assert_int_eq(device_register(&edge, &e, &token, 1), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &e, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_deregister(&edge, &e), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_eq(edge_row(&up, &d).state, LEDGER_CLOSED);
	ck_assert_int_eq(edge_row(&edge, &d).state, LEDGER_CLOSED);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 0);
	device_free(&d);
	device_free(&e);
}
END_TEST

/* ---- keys and copies ------------------------------------------------------ */

/* One request to register that was executed twice, once before a ledger was restored. */
START_TEST(what_was_closed_since_its_key_is_anothers_is_told)
{
	static const char *const moved[] = {
		"DELETE FROM key",
		"UPDATE instance SET state = 'closed', closed_why = 'replaced', closed_s = issued_s",
	};
	struct device d = edge_registered("SN1");

	for (size_t i = 0; i < 2; i++)
		site_ok(&edge, db_exec(ledger_db(edge.ledger), &edge.err, moved[i], ""));
	edge_sync();
	ck_assert_int_eq(edge_row(&up, &d).state, LEDGER_CLOSED);
	device_free(&d);
}
END_TEST

START_TEST(more_keys_than_a_row_carries_leave_the_newest)
{
	struct device d = settled("SN1");

	for (int i = 0; i < 20; i++) {
		edge_pass(60);
		ck_assert_int_eq(device_renew_id(&edge, &d), SL_DENIED_NONE);
		ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	}
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	ck_assert_int_eq(device_use(&up, &d, 4, 0), SL_DENIED_NONE);
	device_free(&d);
}
END_TEST

START_TEST(a_copy_that_speaks_at_another_home_is_seen_and_stops_nothing)
{
	struct device d = settled("SN1"), copy = d, other = settled("SN2");

	copy.message = (struct sl_buf){ 0 };
	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &copy, 7, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &copy, 7, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &copy, 7, 0), SL_DENIED_NONE);
	/* the second of them meets another second here */
	ck_assert_int_eq(device_use(&edge, &other, 6, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_sync();
	edge_assert_equal(&other, BRANCH);
	ck_assert_int_eq(site_alerts(&edge, "possible clone"), 1);
	sl_buf_free(&copy.message);
	device_free(&d);
	device_free(&other);
}
END_TEST

/* ---- late messages -------------------------------------------------------- */

START_TEST(an_earlier_message_that_comes_late_moves_nothing_back)
{
	struct sl_buf early = { 0 }, answer = { 0 };
	struct device d = settled("SN1");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_ask(&early, 0);
	edge_pass(60);
	site_ok(&edge,
	    ledger_instance_transfer(edge.ledger, d.instance, LAB, "local", edge.now, &edge.err));
	edge_sync();
	edge_assert_equal(&d, LAB);
	edge_answer(&early, &answer);
	edge_sync();
	edge_assert_equal(&d, LAB);
	sl_buf_free(&early);
	sl_buf_free(&answer);
	device_free(&d);
}
END_TEST

START_TEST(a_transfer_at_the_upstream_takes_along_only_what_is_at_home_there)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct site_token branch = site_token_new(&edge, BRANCH, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1"), pending = edge_traveller(&edge, "SN1");

	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 1, 0), SL_DENIED_NONE);
	edge_pass(60);
	ck_assert_int_eq(device_register(&edge, &pending, &branch, 0), SL_DENIED_NONE);
	edge_sync();
	site_ok(&up, ledger_virtual_account_create(up.ledger, "Third", "admin", up.now, &up.err));
	site_ok(&up,
	    ledger_instance_transfer(up.ledger, d.instance, "Third", "admin", up.now, &up.err));
	ck_assert_int_eq(edge_row(&up, &pending).state, LEDGER_PENDING);
	ck_assert_int_eq(edge_row(&up, &pending).va, edge_va(&up, BRANCH));
	edge_sync();
	device_free(&d);
	device_free(&pending);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sync, conflicts");
	TCase *t = tcase_create("conflicts");

	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_checked_fixture(t, edge_setup, edge_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_device_that_comes_with_a_report_is_taken);
	tcase_add_test(t, a_report_after_what_was_asked_at_both_proves_the_move);
	tcase_add_test(t, a_report_too_large_to_be_told_follows_what_was_asked_at_both);
	tcase_add_test(t, what_was_answered_at_both_is_known_by_the_deadline_that_each_gave);
	tcase_add_test(t, a_renewal_that_another_home_made_is_asked_for_anew);
	tcase_add_test(t, a_device_may_register_anew_where_it_came_to);
	tcase_add_test(t, the_end_of_an_instance_is_told_to_a_satellite_that_it_has_left);
	tcase_add_test(t, a_satellite_removes_nothing_that_has_left_it);
	tcase_add_test(t, what_a_satellite_removed_before_it_knew_of_the_move_is_removed);
	tcase_add_test(t, what_a_satellite_removed_that_had_the_same_request_is_removed);
	tcase_add_loop_test(t, what_a_satellite_removed_in_a_time_that_was_lost_is_removed, 0, 2);
	tcase_add_test(t, a_registration_that_was_used_and_ended_has_replaced_the_earlier_one);
	tcase_add_test(t, what_was_closed_since_its_key_is_anothers_is_told);
	tcase_add_test(t, more_keys_than_a_row_carries_leave_the_newest);
	tcase_add_test(t, a_copy_that_speaks_at_another_home_is_seen_and_stops_nothing);
	tcase_add_test(t, an_earlier_message_that_comes_late_moves_nothing_back);
	tcase_add_test(t, a_transfer_at_the_upstream_takes_along_only_what_is_at_home_there);
	suite_add_tcase(s, t);
	return run_suite(s);
}
