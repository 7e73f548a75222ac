/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "agent.h"
#include "le.h"
#include "record.h"
#include "text.h"
#include "tests/scenario/alone.h"

/* What the store holds, whose it is, and what never stands in it. */

static void
wreck(int slot)
{
	w.disk.slot[slot].data[24 + sl_le_get(w.disk.slot[slot].data + 16, 8) / 2] ^= 1;
}

START_TEST(a_lost_slot_loses_no_identity)
{
	world_ready(&w);
	world_stop(&w);
	wreck(_i);
	ck_assert_int_eq(world_start(&w), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_IDENTITY_LOST], 0);
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_REGISTER], 1);
	ck_assert_uint_eq(w.oracle.clone_alerts, 0);
}
END_TEST

START_TEST(a_lost_slot_loses_no_open_request)
{
	world_ready(&w);
	w.net = NET_LOSES;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	/* as it stands before it is sent for the first time */
	ck_assert_int_eq(smartlic_agent_process(w.agent), 1);
	ck_assert_str_eq(world_status(&w)->pending_type, "authorize");
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 1);
	if (_i >= 2) /* or after it was sent */
		world_settle(&w);
	world_stop(&w);
	wreck(_i % 2);
	w.net = NET_UP;
	ck_assert_int_eq(world_start(&w), 0);
	world_pass(&w, HOURS(1));
	ck_assert_int_eq(w.oracle.executed_of[SL_MSG_AUTHORIZE], 2);
	ck_assert_uint_eq(w.oracle.clone_alerts, 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLONE_SUSPECTED], 0);
}
END_TEST

START_TEST(both_slots_lost_is_a_fresh_device_and_said)
{
	world_ready(&w);
	world_stop(&w);
	wreck(0);
	wreck(1);
	ck_assert_int_eq(world_start(&w), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_IDENTITY_LOST], 1);
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	world_settle(&w);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
}
END_TEST

START_TEST(an_empty_store_is_no_event_but_a_line_in_the_log)
{
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_IDENTITY_LOST], 0);
	ck_assert_ptr_nonnull(strstr(w.log.data, "6-AGENT_READY"));
	ck_assert_ptr_nonnull(strstr(w.log.data, "store is empty"));
}
END_TEST

START_TEST(another_devices_store_is_left_alone_until_this_one_registers)
{
	struct sl_buf before[2] = { { 0 }, { 0 } };
	long received;

	world_ready(&w);
	world_stop(&w);
	for (int i = 0; i < 2; i++)
		sl_buf_add(&before[i], w.disk.slot[i].data, w.disk.slot[i].len);
	received = w.oracle.received;
	w.sn = "CAT9999ZZZZ";
	ck_assert_int_eq(world_start(&w), 0);
	world_settle(&w);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_STORE_COPIED], 1);
	ck_assert_ptr_nonnull(strstr(w.last[SMARTLIC_EVENT_STORE_COPIED], "CAT2231B18Y"));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_str_eq(world_status(&w)->udi_sn, "CAT9999ZZZZ");
	ck_assert_str_eq(world_status(&w)->instance, "");
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), SMARTLIC_E_STATE);
	world_pass(&w, DAYS(100));
	ck_assert_int_eq(w.oracle.received, received);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(before[i].len, w.disk.slot[i].len);
		ck_assert_mem_eq(before[i].data, w.disk.slot[i].data, before[i].len);
	}

	if (_i == 0) { /* the right device gets its store back */
		world_stop(&w);
		w.sn = "CAT2231B18Y";
		ck_assert_int_eq(world_start(&w), 0);
		world_settle(&w);
		ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	} else if (_i == 1) { /* the same, without a new process */
		ck_assert_int_eq(
		    smartlic_agent_set_udi(w.agent, "NCS1004", "CAT2231B18Y", "default-sdr"), 0);
		ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	} else { /* or this one takes it over */
		world_register(&w);
		ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
		world_restart(&w);
		ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
		ck_assert_str_eq(world_status(&w)->udi_sn, "CAT9999ZZZZ");
	}
	sl_buf_free(&before[0]);
	sl_buf_free(&before[1]);
}
END_TEST

START_TEST(a_reader_sees_all_and_touches_nothing)
{
	struct smartlic_store store = mem_store(&w.disk);
	struct smartlic_agent *reader = NULL;
	struct smartlic_error err;
	const struct smartlic_status *st;
	long writes;
	char *text = NULL;

	world_ready(&w);
	writes = w.disk.writes;
	/* while the writer has the lock; nothing but the store is known to the reader */
	ck_assert_int_eq(smartlic_agent_new(&reader, &w.env, &err), 0);
	ck_assert_int_eq(smartlic_agent_set_store(reader, &store, 1), 0);
	st = smartlic_agent_status(reader);
	ck_assert_int_eq(st->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_str_eq(st->udi_sn, "CAT2231B18Y");
	ck_assert_uint_eq(st->n_entitlements, 2);
	ck_assert_int_eq(st->entitlements[0].count, 8);
	ck_assert_int_eq(
	    smartlic_agent_show(reader, SMARTLIC_SHOW_ALL, SMARTLIC_SHOW_TEXT, &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "Virtual Account: NCS1000"));
	free(text);
	ck_assert_int_eq(smartlic_agent_process(reader), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_register(reader, ORACLE_TOKEN, 0), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_deregister(reader), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_busy(reader), 0);
	ck_assert(smartlic_agent_deadline(reader) == INT64_MAX);
	smartlic_agent_free(reader);
	ck_assert_int_eq(w.disk.writes, writes);
	ck_assert_int_eq(w.disk.locked, 1);
}
END_TEST

START_TEST(a_store_in_use_is_refused_and_stays_the_callers)
{
	struct smartlic_store store = mem_store(&w.disk);
	struct smartlic_agent *second = NULL;
	struct smartlic_error err;

	ck_assert_int_eq(smartlic_agent_new(&second, &w.env, &err), 0);
	ck_assert_int_eq(smartlic_agent_set_store(second, &store, 0), SMARTLIC_E_STORE_BUSY);
	ck_assert_ptr_nonnull(store.ops);
	smartlic_store_release(&store);
	smartlic_agent_free(second);
	ck_assert_int_eq(w.disk.locked, 1);
}
END_TEST

START_TEST(a_full_disk_stops_no_one_for_ever)
{
	world_ready(&w);
	w.disk.broken = 1;
	renew_auth();
	ck_assert_int_eq(w.last_error, SMARTLIC_E_STORE);
	/* nothing was sent that is not stored, and it does not spin */
	ck_assert_int_eq(w.oracle.sequence, 1);
	ck_assert(smartlic_agent_deadline(w.agent) == w.mono_ms + MINUTES(1));
	ck_assert_int_eq(smartlic_agent_process(w.agent), 0);
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), SMARTLIC_E_STORE);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	w.disk.broken = 0;
	world_pass(&w, MINUTES(2));
	ck_assert_int_eq(w.oracle.sequence, 2);
	ck_assert_int_eq(world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

START_TEST(a_command_on_a_full_disk_changes_nothing)
{
	w.disk.broken = 1;
	ck_assert_int_eq(smartlic_agent_register(w.agent, ORACLE_TOKEN, 0), SMARTLIC_E_STORE);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_str_eq(world_status(&w)->pending_type, "");
	w.disk.broken = 0;
	world_settle(&w);
	ck_assert_int_eq(w.oracle.received, 0);
}
END_TEST

/* Is it anywhere in these bytes? */
static int
holds(const struct sl_buf *b, const void *what, size_t len)
{
	return b->len >= len && memmem(b->data, b->len, what, len) != NULL;
}

static void
assert_nowhere(const void *what, size_t len, const char *name)
{
	ck_assert_msg(!holds(&w.disk.slot[0], what, len), "%s in slot 0", name);
	ck_assert_msg(!holds(&w.disk.slot[1], what, len), "%s in slot 1", name);
	ck_assert_msg(!holds(&w.log, what, len), "%s in the log", name);
	ck_assert_msg(!holds(&w.wire, what, len), "%s on the wire", name);
}

START_TEST(the_token_is_in_no_store_log_or_message)
{
	unsigned char secret[SL_TOKEN_SECRET_LEN];

	ck_assert_int_eq(sl_unhex(secret, sizeof(secret), ORACLE_TOKEN_SECRET), 0);
	if (_i == 1)
		w.net = NET_DOWN; /* a registration that waits */
	world_register(&w);
	ck_assert_uint_gt(w.wire.len, 0);
	assert_nowhere(ORACLE_TOKEN, strlen(ORACLE_TOKEN), "token");
	assert_nowhere(secret, sizeof(secret), "secret");
	assert_nowhere(ORACLE_TOKEN_SECRET, 64, "secret in hex");
	assert_nowhere(&ORACLE_TOKEN[22], 40, "the secret's part of the token");
}
END_TEST

/* the private key as it stands in the record */
static void
current_key(struct sl_buf *ret)
{
	struct smartlic_error err;
	struct sl_record rec;
	const struct sl_buf *slot = &w.disk.slot[0];

	ck_assert_msg(sl_record_read(&rec, slot->data + 24, sl_le_get(slot->data + 16, 8), &err) == 0,
	    "%s", err.text);
	ck_assert_uint_gt(rec.current.key.len, 0);
	sl_buf_add(ret, rec.current.key.data, rec.current.key.len);
	sl_record_clear(&rec);
}

START_TEST(deregistration_wipes_the_key_from_both_slots)
{
	struct sl_buf key = { 0 };

	world_ready(&w);
	world_pass(&w, HOURS(5));
	current_key(&key);
	ck_assert(holds(&w.disk.slot[1], key.data, key.len));
	ck_assert(!holds(&w.wire, key.data, key.len));
	ck_assert(!holds(&w.log, key.data, key.len));
	w.net = NET_DOWN;
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	assert_nowhere(key.data, key.len, "key");
	ck_assert(!holds(&w.disk.slot[0], "NCS1000", 7));
	ck_assert(!holds(&w.disk.slot[1], "NCS1000", 7));
	sl_buf_free(&key);
}
END_TEST

START_TEST(a_key_goes_once_its_successor_was_used)
{
	struct sl_buf key = { 0 };

	world_ready(&w);
	world_pass(&w, HOURS(5));
	current_key(&key);
	renew_id();
	world_pass(&w, HOURS(5));
	/* kept: the successor has not signed anything that was answered */
	ck_assert(holds(&w.disk.slot[0], key.data, key.len));
	renew_auth();
	world_pass(&w, HOURS(5));
	assert_nowhere(key.data, key.len, "the former key");
	sl_buf_free(&key);
}
END_TEST

/* In memory neither. */
START_TEST(a_key_that_is_kept_to_sign_with_goes_with_the_identity)
{
	world_ready(&w);
	ck_assert_ptr_nonnull(w.agent->kept_key);
	if (_i == 0) {
		ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
		world_settle(&w);
		ck_assert_ptr_null(w.agent->kept_key);
		ck_assert_ptr_null(w.agent->kept_der.data);
	} else {
		renew_id();
		world_pass(&w, HOURS(5));
		renew_auth();
		ck_assert_uint_eq(w.agent->kept_der.len, w.agent->rec.current.key.len);
		ck_assert_mem_eq(w.agent->kept_der.data, w.agent->rec.current.key.data,
		    w.agent->kept_der.len);
	}
}
END_TEST

/* The request in both slots, the answer in one; and before it is sent the floor, where another
 * second has begun since. */
START_TEST(an_exchange_is_stored_three_times_unless_time_goes_by)
{
	static const struct {
		int64_t step_ms;
		long writes;
	} cases[] = { { 0, 3 }, { 7, 3 }, { 1000, 4 } };
	long writes;

	world_ready(&w);
	writes = w.disk.writes;
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	while (smartlic_agent_busy(w.agent)) {
		w.mono_ms += cases[_i].step_ms;
		w.wall_ms += cases[_i].step_ms;
		ck_assert_int_ge(smartlic_agent_process(w.agent), 0);
	}
	ck_assert_int_eq(w.disk.writes - writes, cases[_i].writes);
	ck_assert_int_eq(
	    world_status(&w)->last_communication.outcome, SMARTLIC_ATTEMPT_SUCCEEDED);
}
END_TEST

START_TEST(proofs_stand_in_no_log)
{
	world_ready(&w);
	ck_assert_ptr_null(strstr(w.log.data, "token"));
	ck_assert_ptr_null(strstr(w.log.data, "proof"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, store");
	TCase *t = tcase_create("store");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_lost_slot_loses_no_identity, 0, 2);
	tcase_add_loop_test(t, a_lost_slot_loses_no_open_request, 0, 4);
	tcase_add_test(t, both_slots_lost_is_a_fresh_device_and_said);
	tcase_add_test(t, an_empty_store_is_no_event_but_a_line_in_the_log);
	tcase_add_loop_test(t, another_devices_store_is_left_alone_until_this_one_registers, 0, 3);
	tcase_add_test(t, a_reader_sees_all_and_touches_nothing);
	tcase_add_test(t, a_store_in_use_is_refused_and_stays_the_callers);
	tcase_add_test(t, a_full_disk_stops_no_one_for_ever);
	tcase_add_test(t, a_command_on_a_full_disk_changes_nothing);
	tcase_add_loop_test(t, the_token_is_in_no_store_log_or_message, 0, 2);
	tcase_add_test(t, deregistration_wipes_the_key_from_both_slots);
	tcase_add_test(t, a_key_goes_once_its_successor_was_used);
	tcase_add_loop_test(t, a_key_that_is_kept_to_sign_with_goes_with_the_identity, 0, 2);
	tcase_add_loop_test(t, an_exchange_is_stored_three_times_unless_time_goes_by, 0, 3);
	tcase_add_test(t, proofs_stand_in_no_log);
	suite_add_tcase(s, t);
	return run_suite(s);
}
