/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/manager/site.h"

/* Reservations: what the pool counts of them, and until when. */

#define VA    "NCS1000"
#define VA_ID 2

static struct site s;
static struct site_token token;
static struct device d;

/* A live device that uses 8 of the 12 that were bought. */
static void
setup(void)
{
	site_open(&s);
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "admin", s.now, &s.err));
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 12, 0, s.now, &s.err));
	token = site_token_new(&s, VA, 365, LEDGER_ANY_USES);
	d = device_new(&s, "CAT2231B18Y");
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 8, 0), SL_DENIED_NONE);
}

static void
teardown(void)
{
	site_check(&s);
	device_free(&d);
	site_close(&s);
}

#define CONSUMED() site_consumed(&s, VA_ID, TAG_G)

/* Reserves; the id of the reservation is that of the request. */
static void
reserve(struct device *from, int64_t g, char ret_id[SL_UUID_SIZE])
{
	ck_assert_int_eq(device_reserve(&s, from, g, 0), SL_DENIED_NONE);
	memcpy(ret_id, from->request_id, SL_UUID_SIZE);
	site_check(&s);
}

static struct ledger_reservation
found(const char *id)
{
	struct ledger_reservation v;

	site_ok(&s, ledger_reservation_find(s.ledger, id, &v, &s.err));
	return v;
}

/* The status of an authorize with this use, and the reservation that its answer names. */
static enum sl_compliance
authorized(struct device *from, int64_t g, int64_t x, char ret_id[SL_UUID_SIZE])
{
	struct sl_reply *reply;
	enum sl_compliance status;

	device_ask_usage(&s, from, g, x);
	reply = device_send(&s, from);
	ck_assert_int_eq(reply->status, SL_REPLY_OK);
	status = reply->authorization.status;
	memcpy(ret_id, reply->reservation, SL_UUID_SIZE);
	sl_reply_free(reply);
	site_check(&s);
	return status;
}

START_TEST(the_answer_is_a_code_that_follows_from_request_and_end)
{
	struct sl_reply *reply;
	char code[SL_CODE_SIZE];

	device_ask_reserve(&s, &d, 8, 0);
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->status, SL_REPLY_OK);
	ck_assert_int_eq(reply->authorization.status, SL_RESERVED);
	ck_assert_uint_eq(reply->authorization.n_entitlements, 1);
	ck_assert_int_eq(reply->authorization.entitlements[0].count, 8);
	ck_assert_int_eq(reply->authorization.entitlements[0].status, SL_RESERVED);
	site_ok(&s,
	    sl_reservation_code(s.crypto, d.sha256, reply->authorization.deadline_s, code, &s.err));
	ck_assert_str_eq(reply->code, code);
	ck_assert_str_eq(found(d.request_id).code, code);
	sl_reply_free(reply);
}
END_TEST

START_TEST(it_ends_after_a_year_and_never_after_the_certificate)
{
	struct ledger_instance inst;
	char id[SL_UUID_SIZE];

	s.now += 100 * SITE_DAY;
	reserve(&d, 8, id);
	site_ok(&s, ledger_instance_find(s.ledger, d.instance, &inst, &s.err));
	ck_assert_int_eq(found(id).ends_s, inst.registration_expires_s);
	ck_assert_int_lt(found(id).ends_s, s.now + 365 * SITE_DAY);
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	reserve(&d, 8, id);
	ck_assert_int_eq(found(id).ends_s, s.now + 365 * SITE_DAY);
}
END_TEST

static const struct {
	int64_t reserved, used, counted;
} both[] = { { 8, 8, 8 }, { 10, 8, 10 }, { 10, 0, 10 }, { 4, 8, 8 }, { 4, 11, 11 }, { 1, 2, 2 } };

START_TEST(what_is_reserved_and_used_counts_once)
{
	char id[SL_UUID_SIZE], named[SL_UUID_SIZE];

	reserve(&d, both[_i].reserved, id);
	(void)authorized(&d, both[_i].used, 0, named);
	ck_assert_str_eq(named, id);
	ck_assert_int_eq(CONSUMED(), both[_i].counted);
	ck_assert_int_eq(device_return(&s, &d, id), SL_DENIED_NONE);
	ck_assert_int_eq(CONSUMED(), both[_i].used);
	ck_assert_str_eq(found(id).state, "returned");
}
END_TEST

START_TEST(a_reservation_outlives_the_communication_deadline)
{
	char id[SL_UUID_SIZE], named[SL_UUID_SIZE];

	reserve(&d, 5, id);
	ck_assert_int_eq(CONSUMED(), 8);
	s.now += 91 * SITE_DAY;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(CONSUMED(), 5);
	ck_assert_int_eq(
	    site_count(&s, "SELECT COUNT(*) FROM entry WHERE why = 'deadline' AND delta = -3"), 1);
	/* and what it uses beyond is taken again */
	ck_assert_int_eq(authorized(&d, 8, 0, named), SL_AUTHORIZED);
	ck_assert_int_eq(CONSUMED(), 8);
}
END_TEST

START_TEST(it_is_counted_until_its_end_and_no_longer)
{
	char id[SL_UUID_SIZE], named[SL_UUID_SIZE];
	int64_t ends_s;

	reserve(&d, 10, id);
	ends_s = found(id).ends_s;
	s.now = ends_s;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(CONSUMED(), 10);
	s.now = ends_s + 1;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(CONSUMED(), 0);
	ck_assert_str_eq(found(id).state, "ended");
	ck_assert_int_eq(authorized(&d, 8, 0, named), SL_AUTHORIZED);
	ck_assert_str_eq(named, "");
}
END_TEST

START_TEST(an_instance_is_reserved_while_nothing_goes_beyond)
{
	char id[SL_UUID_SIZE], named[SL_UUID_SIZE];

	reserve(&d, 10, id);
	ck_assert_int_eq(authorized(&d, 10, 0, named), SL_RESERVED);
	ck_assert_int_eq(authorized(&d, 0, 0, named), SL_RESERVED);
	ck_assert_int_eq(authorized(&d, 11, 0, named), SL_AUTHORIZED);
	ck_assert_int_eq(authorized(&d, 10, 1, named), SL_OUT_OF_COMPLIANCE);
	ck_assert_str_eq(named, id);
	ck_assert_int_eq(authorized(&d, 3, 0, named), SL_RESERVED);
}
END_TEST

START_TEST(what_is_reserved_is_in_order_whatever_others_use)
{
	struct device other = device_new(&s, "CAT2231B18Z");
	char id[SL_UUID_SIZE], named[SL_UUID_SIZE];

	reserve(&d, 8, id);
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(authorized(&other, 9, 0, named), SL_OUT_OF_COMPLIANCE);
	ck_assert_int_eq(authorized(&d, 8, 0, named), SL_RESERVED);
	device_free(&other);
}
END_TEST

START_TEST(no_more_is_promised_than_is_there)
{
	struct device other = device_new(&s, "CAT2231B18Z");
	char named[SL_UUID_SIZE];

	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_reserve(&s, &other, 5, 0), SL_DENIED_NOT_ALLOWED);
	ck_assert_ptr_nonnull(strstr(s.last.data, "has 4 free"));
	ck_assert_int_eq(CONSUMED(), 8);
	ck_assert_int_eq(device_reserve(&s, &other, 0, 1), SL_DENIED_NOT_ALLOWED);
	/* the use itself is never refused */
	ck_assert_int_eq(authorized(&other, 5, 0, named), SL_OUT_OF_COMPLIANCE);
	/* nor is what is short already promised, but what one has is there for it */
	ck_assert_int_eq(device_reserve(&s, &other, 5, 0), SL_DENIED_NOT_ALLOWED);
	ck_assert_int_eq(device_reserve(&s, &other, 4, 0), SL_DENIED_NONE);
	device_free(&other);
}
END_TEST

START_TEST(a_refusal_stays_one_when_the_request_comes_again)
{
	struct sl_reply *reply;

	device_ask_reserve(&s, &d, 13, 0);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NOT_ALLOWED);
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 8, 0, s.now, &s.err));
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->error.code, SL_DENIED_NOT_ALLOWED);
	ck_assert_ptr_nonnull(strstr(reply->error.message, "has 12 free"));
	sl_reply_free(reply);
	ck_assert_int_eq(CONSUMED(), 8);
	ck_assert_int_eq(device_reserve(&s, &d, 13, 0), SL_DENIED_NONE);
	ck_assert_int_eq(CONSUMED(), 13);
}
END_TEST

START_TEST(a_repeated_request_reserves_once)
{
	struct sl_buf first = { 0 };
	char id[SL_UUID_SIZE];
	char *body;

	reserve(&d, 10, id);
	sl_buf_puts(&first, body = site_last_body(&s));
	free(body);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	body = site_last_body(&s);
	ck_assert_str_eq(body, first.data);
	free(body);
	sl_buf_free(&first);
	ck_assert_int_eq(CONSUMED(), 10);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM reservation"), 1);
}
END_TEST

START_TEST(a_new_reservation_takes_the_place_of_the_former)
{
	char id[2][SL_UUID_SIZE];

	reserve(&d, 12, id[0]);
	reserve(&d, 9, id[1]);
	ck_assert_int_eq(CONSUMED(), 9);
	ck_assert_str_eq(found(id[0]).state, "replaced");
	ck_assert_str_eq(found(id[1]).state, "open");
	/* the former one is not open: returning it takes nothing from the present one */
	ck_assert_int_eq(device_return(&s, &d, id[0]), SL_DENIED_NONE);
	ck_assert_int_eq(CONSUMED(), 9);
}
END_TEST

START_TEST(the_latest_is_found_though_all_were_made_in_one_second)
{
	char id[SL_UUID_SIZE] = "";

	for (int i = 0; i < 8; i++) {
		reserve(&d, 9, id);
		ck_assert_int_eq(device_return(&s, &d, id), SL_DENIED_NONE);
		ck_assert_str_eq(found(d.udi.sn).reservation, id);
	}
}
END_TEST

START_TEST(a_return_overtakes_its_reservation)
{
	struct sl_buf late = { 0 };
	char id[SL_UUID_SIZE];

	device_ask_reserve(&s, &d, 10, 0);
	memcpy(id, d.request_id, sizeof(id));
	sl_buf_add(&late, d.message.data, d.message.len);
	ck_assert_int_eq(device_return(&s, &d, id), SL_DENIED_NONE);
	{
		struct sl_reply *reply = site_send(&s, &late);

		ck_assert_int_eq(reply->error.code, SL_DENIED_SUPERSEDED);
		sl_reply_free(reply);
	}
	ck_assert_int_eq(CONSUMED(), 8);
	sl_buf_free(&late);
}
END_TEST

START_TEST(nobody_returns_what_another_has_reserved)
{
	struct device other = device_new(&s, "CAT2231B18Z");
	char id[SL_UUID_SIZE];

	reserve(&d, 10, id);
	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_return(&s, &other, id), SL_DENIED_NONE);
	ck_assert_int_eq(CONSUMED(), 10);
	device_free(&other);
}
END_TEST

START_TEST(deregistration_returns_it)
{
	char id[SL_UUID_SIZE];

	reserve(&d, 10, id);
	ck_assert_int_eq(device_deregister(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(CONSUMED(), 0);
	ck_assert_str_eq(found(id).state, "returned");
	ck_assert_int_eq(found(id).unconfirmed, 0);
}
END_TEST

START_TEST(a_later_registration_of_the_device_returns_it)
{
	struct device again = device_new(&s, "CAT2231B18Y");
	char id[SL_UUID_SIZE];

	reserve(&d, 10, id);
	ck_assert_int_eq(device_register(&s, &again, &token, 1), SL_DENIED_NONE);
	ck_assert_int_eq(CONSUMED(), 10);
	ck_assert_int_eq(device_use(&s, &again, 3, 0), SL_DENIED_NONE);
	ck_assert_int_eq(CONSUMED(), 3);
	ck_assert_str_eq(found(id).state, "returned");
	device_free(&again);
}
END_TEST

START_TEST(a_returned_device_that_is_replaced_leaves_nothing_reserved_and_is_unconfirmed)
{
	struct device next = device_new(&s, "CAT2231B18Z");
	struct ledger_replace how = { .udi = next.udi, .who = "alice", .days = 30 };
	struct ledger_replaced done;
	struct sl_buf text = { 0 };
	char id[SL_UUID_SIZE], second[SL_UUID_SIZE];

	reserve(&d, 12, id);
	ck_assert_int_eq(CONSUMED(), 12);
	if (_i == 1) { /* it is there already, and short of what the other one has reserved */
		ck_assert_int_eq(device_register(&s, &next, &token, 0), SL_DENIED_NONE);
		ck_assert_int_eq(device_reserve(&s, &next, 1, 0), SL_DENIED_NOT_ALLOWED);
	}
	site_ok(&s, authority_instance_replace(
			s.authority, d.udi.sn, &how, s.now, &done, &text, &s.err));
	ck_assert_int_eq(CONSUMED(), 0);
	ck_assert_str_eq(found(id).state, "closed");
	ck_assert_str_eq(found(id).closed_by, "alice");
	ck_assert_int_eq(found(id).unconfirmed, 1);
	/* the reservation does not pass on: its code is bound to the other device */
	if (_i == 0) {
		struct site_token t = token;

		memcpy(t.text, text.data, text.len + 1);
		site_ok(&s, sl_token_parse(&t.parsed, text.data, &s.err));
		ck_assert_int_eq(device_register(&s, &next, &t, 0), SL_DENIED_NONE);
	}
	reserve(&next, 12, second);
	ck_assert_int_eq(CONSUMED(), 12);
	ck_assert_int_eq(found(id).unconfirmed, 1);
	/* until the returned one is heard */
	ck_assert_int_eq(device_use(&s, &d, 8, 0), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(found(id).unconfirmed, 0);
	ck_assert_int_eq(CONSUMED(), 12);
	sl_buf_free(&text);
	device_free(&next);
}
END_TEST

START_TEST(an_administrator_closes_it_unconfirmed_until_the_device_is_heard)
{
	char id[SL_UUID_SIZE], named[SL_UUID_SIZE];

	reserve(&d, 10, id);
	site_ok(&s, ledger_reservation_close(s.ledger, d.udi.sn, "burnt", "alice", s.now, &s.err));
	ck_assert_int_eq(CONSUMED(), 8);
	ck_assert_str_eq(found(id).state, "closed");
	ck_assert_str_eq(found(id).closed_by, "alice");
	ck_assert_str_eq(found(id).reason, "burnt");
	ck_assert_int_eq(found(id).unconfirmed, 1);
	/* what it sent before proves nothing */
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(found(id).unconfirmed, 1);
	ck_assert_int_eq(authorized(&d, 8, 0, named), SL_AUTHORIZED);
	ck_assert_str_eq(named, "");
	ck_assert_int_eq(found(id).unconfirmed, 0);
	ck_assert_int_eq(ledger_reservation_close(s.ledger, id, "again", "alice", s.now, &s.err),
	    SMARTLIC_E_NOT_FOUND);
}
END_TEST

START_TEST(a_removed_instance_has_its_reservation_closed_likewise)
{
	struct device again = device_new(&s, "CAT2231B18Y");
	char id[SL_UUID_SIZE];

	reserve(&d, 10, id);
	site_ok(&s, ledger_instance_remove(s.ledger, d.udi.sn, "alice", s.now, &s.err));
	ck_assert_int_eq(CONSUMED(), 0);
	ck_assert_str_eq(found(id).state, "closed");
	ck_assert_int_eq(found(id).unconfirmed, 1);
	site_check(&s);
	if (_i == 0) {
		ck_assert_int_eq(device_use(&s, &d, 8, 0), SL_DENIED_INSTANCE_REMOVED);
	} else {
		ck_assert_int_eq(device_register(&s, &again, &token, 0), SL_DENIED_NONE);
		ck_assert_int_eq(found(id).unconfirmed, 1);
		ck_assert_int_eq(device_use(&s, &again, 8, 0), SL_DENIED_NONE);
	}
	ck_assert_int_eq(found(id).unconfirmed, 0);
	device_free(&again);
}
END_TEST

START_TEST(a_transferred_device_takes_its_reservation_along)
{
	char id[SL_UUID_SIZE];

	reserve(&d, 10, id);
	if (_i == 1) {
		s.now += 91 * SITE_DAY;
		site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	}
	site_ok(&s,
	    ledger_instance_transfer(s.ledger, d.udi.sn, LEDGER_DEFAULT, "alice", s.now, &s.err));
	ck_assert_int_eq(CONSUMED(), 0);
	ck_assert_int_eq(site_consumed(&s, LEDGER_DEFAULT_VA, TAG_G), 10);
	ck_assert_str_eq(found(id).virtual_account, LEDGER_DEFAULT);
}
END_TEST

static const struct {
	const char *type, *body;
} flawed[] = {
	{ "reserve", "{}" },
	{ "reserve", "{\"licenses\":[]}" },
	{ "reserve", "{\"licenses\":[{\"tag\":\"t\",\"count\":0}]}" },
	{ "reserve", "{\"licenses\":[{\"tag\":\"t\",\"count\":-1}]}" },
	{ "reserve", "{\"licenses\":[{\"tag\":\"t\",\"count\":1},{\"tag\":\"t\",\"count\":1}]}" },
	{ "reserve", "{\"usage\":[{\"tag\":\"t\",\"count\":1}]}" },
	{ "return", "{}" },
	{ "return", "{\"reservations\":[]}" },
	{ "return", "{\"reservations\":[7]}" },
	{ "return", "{\"reservations\":[\"x\"]}" },
	{ "return", "{\"reservations\":\"ee14b5bc-3c90-40f5-af7b-65f095344825\"}" },
};
#define N(array) (int)(sizeof(array) / sizeof((array)[0]))

START_TEST(a_malformed_one_is_a_bad_request)
{
	struct sl_buf text = { 0 };

	sl_buf_printf(&text,
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"%s\","
	    "\"request_id\":\"ee14b5bc-3c90-40f5-af7b-65f095344825\",\"sequence\":%lld,"
	    "\"udi\":{\"pid\":\"NCS1004\",\"sn\":\"%s\",\"uuid\":\"default-sdr\"},"
	    "\"instance\":\"%s\",\"store\":\"%s\",\"body\":%s}",
	    flawed[_i].type, (long long)++d.sequence, d.udi.sn, d.instance, d.store,
	    flawed[_i].body);
	device_say(&s, &d, text.data, 1);
	{
		struct sl_reply *reply = site_send(&s, &d.message);

		ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_REQUEST);
		sl_reply_free(reply);
	}
	ck_assert_int_eq(CONSUMED(), 8);
	sl_buf_free(&text);
}
END_TEST

static const char *const wrongs[] = {
	"UPDATE usage SET reserved = reserved + 1, held = held + 1",
	"UPDATE reservation SET state = 'ended'",
	"UPDATE reservation_license SET count = count + 1",
	"UPDATE reservation SET unconfirmed = 1",
	"UPDATE instance SET unconfirmed = 1",
	"DELETE FROM reservation_license",
};

START_TEST(a_sum_that_is_wrong_is_found)
{
	char id[SL_UUID_SIZE];

	reserve(&d, 10, id);
	site_ok(&s, db_begin(ledger_db(s.ledger), &s.err));
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, wrongs[_i], ""));
	ck_assert_int_eq(ledger_check(s.ledger, &s.err), SMARTLIC_E_STORE);
	db_rollback(ledger_db(s.ledger));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reservation");
	TCase *t = tcase_create("reservation");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_answer_is_a_code_that_follows_from_request_and_end);
	tcase_add_test(t, it_ends_after_a_year_and_never_after_the_certificate);
	tcase_add_loop_test(t, what_is_reserved_and_used_counts_once, 0, N(both));
	tcase_add_test(t, a_reservation_outlives_the_communication_deadline);
	tcase_add_test(t, it_is_counted_until_its_end_and_no_longer);
	tcase_add_test(t, an_instance_is_reserved_while_nothing_goes_beyond);
	tcase_add_test(t, what_is_reserved_is_in_order_whatever_others_use);
	tcase_add_test(t, no_more_is_promised_than_is_there);
	tcase_add_test(t, a_refusal_stays_one_when_the_request_comes_again);
	tcase_add_test(t, a_repeated_request_reserves_once);
	tcase_add_test(t, a_new_reservation_takes_the_place_of_the_former);
	tcase_add_test(t, the_latest_is_found_though_all_were_made_in_one_second);
	tcase_add_test(t, a_return_overtakes_its_reservation);
	tcase_add_test(t, nobody_returns_what_another_has_reserved);
	tcase_add_test(t, deregistration_returns_it);
	tcase_add_test(t, a_later_registration_of_the_device_returns_it);
	tcase_add_loop_test(
	    t, a_returned_device_that_is_replaced_leaves_nothing_reserved_and_is_unconfirmed, 0, 2);
	tcase_add_test(t, an_administrator_closes_it_unconfirmed_until_the_device_is_heard);
	tcase_add_loop_test(t, a_removed_instance_has_its_reservation_closed_likewise, 0, 2);
	tcase_add_loop_test(t, a_transferred_device_takes_its_reservation_along, 0, 2);
	tcase_add_loop_test(t, a_malformed_one_is_a_bad_request, 0, N(flawed));
	tcase_add_loop_test(t, a_sum_that_is_wrong_is_found, 0, N(wrongs));
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
