/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "pki/satellite.h"
#include "tests/manager/edge.h"
#include "text.h"

/* What is reserved at a satellite, or at its upstream, is counted once at both. */

static char id[SL_UUID_SIZE];

/* Reserves; the id of the reservation is that of the request. */
static enum sl_denial
reserve(struct site *s, struct device *d, int64_t g)
{
	enum sl_denial r = device_reserve(s, d, g, 0);

	(void)sl_copy(id, sizeof(id), d->request_id);
	return r;
}

static const char *
state(struct site *s, const char *reservation)
{
	static struct ledger_reservation v;

	site_ok(s, ledger_reservation_find(s->ledger, reservation, &v, &s->err));
	return v.state;
}

static void
consumed(int64_t at_upstream, int64_t at_edge)
{
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), at_upstream);
	ck_assert_int_eq(site_consumed(&edge, edge_va(&edge, BRANCH), TAG_G), at_edge);
	site_check(&up);
	site_check(&edge);
}

START_TEST(a_satellite_reserves_and_the_upstream_counts_it_once)
{
	struct device d = edge_registered("SN1");
	char before[SL_UUID_SIZE];

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(reserve(&edge, &d, 6), SL_DENIED_NONE);
	consumed(0, 6);
	edge_pass(60);
	edge_sync();
	consumed(6, 6);
	ck_assert_str_eq(state(&up, id), "open");
	edge_sync();
	consumed(6, 6);
	/* another one takes its place */
	memcpy(before, id, sizeof(before));
	edge_pass(60);
	ck_assert_int_eq(reserve(&edge, &d, 3), SL_DENIED_NONE);
	edge_sync();
	consumed(4, 4);
	ck_assert_str_eq(state(&up, before), "replaced");
	ck_assert_str_eq(state(&up, id), "open");
	/* and is returned */
	ck_assert_int_eq(device_return(&edge, &d, id), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 0, 0), SL_DENIED_NONE);
	edge_sync();
	consumed(0, 0);
	ck_assert_str_eq(state(&up, id), "returned");
	device_free(&d);
}
END_TEST

START_TEST(what_is_reserved_outlives_the_communication_deadline_at_both)
{
	struct device d = edge_registered("SN1");

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(reserve(&edge, &d, 6), SL_DENIED_NONE);
	edge_sync();
	for (int i = 0; i < 4; i++) { /* so that its signer goes on */
		edge_pass(25 * SITE_DAY);
		edge_sync();
		site_ok(&edge, pki_refresh(edge.pki, &edge.err));
	}
	site_ok(&up, authority_daily(up.authority, up.now, &up.err));
	site_ok(&edge, authority_daily(edge.authority, edge.now, &edge.err));
	consumed(6, 6);
	edge_pass(266 * SITE_DAY);
	site_ok(&up, authority_daily(up.authority, up.now, &up.err));
	site_ok(&edge, authority_daily(edge.authority, edge.now, &edge.err));
	consumed(0, 0);
	ck_assert_str_eq(state(&up, id), "ended");
	ck_assert_str_eq(state(&edge, id), "ended");
	device_free(&d);
}
END_TEST

START_TEST(a_lost_answer_or_a_late_message_counts_no_reservation_twice_and_none_anew)
{
	struct sl_buf first = { 0 }, answer = { 0 };
	struct device d = edge_registered("SN1");

	ck_assert_int_eq(reserve(&edge, &d, 6), SL_DENIED_NONE);
	edge_ask(&first, 0);
	edge_answer(&first, &answer); /* and is lost */
	consumed(6, 6);
	edge_pass(60);
	ck_assert_int_eq(device_return(&edge, &d, id), SL_DENIED_NONE);
	edge_sync();
	consumed(0, 0);
	/* the first message once more: what is over stays over */
	sl_buf_free(&answer);
	edge_answer(&first, &answer);
	edge_sync();
	consumed(0, 0);
	ck_assert_str_eq(state(&up, id), "returned");
	ck_assert_str_eq(state(&edge, id), "returned");
	sl_buf_free(&first);
	sl_buf_free(&answer);
	device_free(&d);
}
END_TEST

START_TEST(a_satellite_promises_no_more_than_it_has)
{
	struct device d = edge_registered("SN1"), e = edge_registered("SN2");

	ck_assert_int_eq(reserve(&edge, &d, 7), SL_DENIED_NONE);
	ck_assert_int_eq(reserve(&edge, &e, 4), SL_DENIED_NOT_ALLOWED);
	/* the refusal is the request's result at both, and keeps nothing from being told */
	edge_sync();
	edge_assert_equal(&e, BRANCH);
	consumed(7, 7);
	ck_assert_int_eq(device_code(&edge, &e), SL_DENIED_NOT_ALLOWED);
	ck_assert_int_eq(device_code(&up, &e), SL_DENIED_NOT_ALLOWED);
	device_free(&d);
	device_free(&e);
}
END_TEST

START_TEST(an_administrator_at_either_end_closes_it_for_both)
{
	struct site *where = _i == 0 ? &up : &edge;
	struct device d = edge_registered("SN1");

	ck_assert_int_eq(device_use(&edge, &d, 2, 0), SL_DENIED_NONE);
	ck_assert_int_eq(reserve(&edge, &d, 6), SL_DENIED_NONE);
	edge_sync();
	site_ok(where,
	    ledger_reservation_close(where->ledger, id, "burnt", "alice", where->now, &where->err));
	edge_sync();
	consumed(2, 2);
	ck_assert_str_eq(state(&up, id), "closed");
	ck_assert_str_eq(state(&edge, id), "closed");
	ck_assert_int_eq(
	    site_count(&up, "SELECT COUNT(*) FROM reservation WHERE closed_by = 'alice'"), 1);
	ck_assert_int_eq(
	    site_count(&edge, "SELECT COUNT(*) FROM reservation WHERE closed_by = 'alice'"), 1);
	device_free(&d);
}
END_TEST

START_TEST(a_reservation_goes_with_its_device_to_the_satellite_and_back)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");

	site_ok(&up, ledger_license_add(up.ledger, LEDGER_DEFAULT, TAG_G, 10, 0, up.now, &up.err));
	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(reserve(&up, &d, 6), SL_DENIED_NONE);
	edge_pass(60);
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	edge_sync();
	/* the satellite was told of it in the same round */
	consumed(6, 6);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 0);
	ck_assert_str_eq(state(&edge, id), "open");
	edge_pass(60);
	ck_assert_int_eq(device_use(&up, &d, 2, 0), SL_DENIED_NONE);
	edge_sync();
	consumed(0, 0);
	ck_assert_int_eq(site_consumed(&up, LEDGER_DEFAULT_VA, TAG_G), 6);
	ck_assert_int_eq(site_count(&edge, "SELECT COUNT(*) FROM reservation"), 0);
	/* back once more, where it is given back */
	edge_pass(60);
	ck_assert_int_eq(device_use(&edge, &d, 0, 0), SL_DENIED_NONE);
	edge_sync();
	consumed(6, 6);
	ck_assert_int_eq(device_return(&edge, &d, id), SL_DENIED_NONE);
	edge_sync();
	consumed(0, 0);
	ck_assert_str_eq(state(&up, id), "returned");
	device_free(&d);
}
END_TEST

/* What it uses was not told, or is too old: there is nothing else to be held. */
START_TEST(what_is_reserved_goes_along_where_nothing_is_in_use)
{
	struct device d = edge_traveller(&edge, "SN1");
	struct site_token token = site_token_new(&edge, BRANCH, 30, LEDGER_ANY_USES);

	ck_assert_int_eq(device_register(&edge, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&edge, &d, 0, 0), SL_DENIED_NONE);
	ck_assert_int_eq(reserve(&edge, &d, 6), SL_DENIED_NONE);
	edge_pass(60);
	edge_sync();
	consumed(6, 6);
	edge_pass(100 * SITE_DAY);
	site_ok(&up, authority_daily(up.authority, up.now, &up.err));
	ck_assert_int_eq(device_renew_id(&up, &d), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&up, 1, TAG_G), 6);
	site_check(&up);
	device_free(&d);
}
END_TEST

START_TEST(of_two_that_each_home_has_promised_the_later_stays)
{
	struct site_token token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_traveller(&up, "SN1");
	char first[SL_UUID_SIZE];

	site_ok(&up, ledger_license_add(up.ledger, LEDGER_DEFAULT, TAG_G, 10, 0, up.now, &up.err));
	ck_assert_int_eq(device_register(&up, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(reserve(&up, &d, 6), SL_DENIED_NONE);
	memcpy(first, id, sizeof(first));
	edge_pass(60);
	ck_assert_int_eq(reserve(&edge, &d, 2), SL_DENIED_NONE);
	edge_sync();
	edge_sync();
	consumed(2, 2);
	ck_assert_str_eq(state(&up, first), "replaced");
	ck_assert_str_eq(state(&up, id), "open");
	ck_assert_str_eq(state(&edge, id), "open");
	device_free(&d);
}
END_TEST

START_TEST(a_satellite_that_leaves_hands_its_reservations_back)
{
	struct device d = edge_registered("SN1");
	struct sync_outcome o;

	ck_assert_int_eq(reserve(&edge, &d, 6), SL_DENIED_NONE);
	ck_assert_int_eq(edge_round(SYNC_LEAVE, &o), 0);
	ck_assert(o.left);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 6);
	ck_assert_int_eq(device_return(&up, &d, id), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&up, edge_va(&up, BRANCH), TAG_G), 0);
	site_check(&up);
	device_free(&d);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sync_reservations");
	TCase *t = tcase_create("reservations");

	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_checked_fixture(t, edge_setup, edge_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_satellite_reserves_and_the_upstream_counts_it_once);
	tcase_add_test(t, what_is_reserved_outlives_the_communication_deadline_at_both);
	tcase_add_test(
	    t, a_lost_answer_or_a_late_message_counts_no_reservation_twice_and_none_anew);
	tcase_add_test(t, a_satellite_promises_no_more_than_it_has);
	tcase_add_loop_test(t, an_administrator_at_either_end_closes_it_for_both, 0, 2);
	tcase_add_test(t, a_reservation_goes_with_its_device_to_the_satellite_and_back);
	tcase_add_test(t, what_is_reserved_goes_along_where_nothing_is_in_use);
	tcase_add_test(t, of_two_that_each_home_has_promised_the_later_stays);
	tcase_add_test(t, a_satellite_that_leaves_hands_its_reservations_back);
	suite_add_tcase(s, t);
	return run_suite(s);
}
