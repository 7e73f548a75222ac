/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "record.h"
#include "tests/suite.h"

/* A record in which no member has its initial value. */
static void
fill(struct sl_record *r)
{
	struct smartlic_error err;

	sl_record_init(r);
	strcpy(r->store_id, "0b6c1f0e-8d7c-4e55-9a4e-0d5c8a1d9a01");
	ck_assert_int_eq(sl_udi_set(&r->udi, "NCS1004", "CAT2231B18Y", "default-sdr", &err), 0);
	strcpy(r->ledger, "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11");
	r->registration = SMARTLIC_REG_RENEWING;
	r->authorization = SMARTLIC_AUTH_OUT_OF_COMPLIANCE;
	r->removed = 1;
	strcpy(r->removed_by, "admin");
	r->removed_at_s = 1793491250;
	r->renew_due_s = 1809043300;
	r->comm_failed = 1;
	sl_clock_init(&r->clock, 1793491200, 4711, "boot-1");
	r->clock.signed_s = 1793491300;
	r->clock.ahead_s = 1893491300;
	r->clock.ahead_elapsed_ms = 99;
	r->clock.elapsed_ms = 123456789;
	r->wall_ms = -5;
	sl_timer_arm(&r->timers, SL_TIMER_AUTHORIZE, (struct sl_moment){ 5, -7 }, 1000);
	strcpy(r->current.instance, "01978a2e-1c00-7a10-8b2c-3d4e5f607181");
	strcpy(r->current.account, "an account");
	sl_buf_add(&r->current.key, "key\0of", 6);
	ck_assert_int_eq(sl_blobs_add(&r->current.certs, "leaf", 4, &err), 0);
	ck_assert_int_eq(sl_blobs_add(&r->current.certs, "", 0, &err), 0);
	sl_buf_add(&r->previous.key, "old", 3);
	ck_assert_int_eq(sl_blobs_add(&r->certs, "cert", 4, &err), 0);
	ck_assert_int_eq(sl_blobs_add(&r->crls, "list", 4, &err), 0);
	ck_assert_int_eq(sl_blobs_add(&r->roots, "root", 4, &err), 0);
	ck_assert_int_eq(sl_blobs_add(&r->roots, "cross", 5, &err), 0);
	r->sequence = SL_SEQUENCE_MAX;
	r->open.type = SL_MSG_RENEW_ID;
	strcpy(r->open.request_id, "ee14b5bc-3c90-40f5-af7b-65f095344825");
	r->open.csr_ski[0] = 7;
	sl_buf_add(&r->open.content, "{}", 2);
	r->open.made_elapsed_ms = 4711;
	r->open.over_boot = 1;
	r->open.since_ms = INT64_MIN + 1;
	strcpy(r->answered_by, "https://site.example.net/");
	r->synchronised_s = 1793491260;
	r->behind_s = 40;
	r->behind_elapsed_ms = 123456;
	strcpy(r->smart_account, "BU Production Test");
	r->policy.retry_s = 301;
	r->last_communication =
	    (struct sl_attempt){ SMARTLIC_ATTEMPT_FAILED, SMARTLIC_E_COMM, 8, "no answer" };
	r->granted = calloc(1, sizeof(*r->granted));
	r->n_granted = 1;
	strcpy(r->granted[0].tag, "regid.x");
	r->granted[0].count = 8;
	r->granted[0].status = SMARTLIC_AUTH_AUTHORIZED;
	strcpy(r->granted[0].version, "1.0");
	r->counted = calloc(2, sizeof(*r->counted));
	r->n_counted = 2;
	strcpy(r->counted[1].tag, "regid.y");
	r->counted[1].count = INT64_MAX;
	r->evaluation = (struct sl_evaluation){ .left_ms = 1, .ended_ms = -3, .warned = 1 };
	sl_timer_arm(&r->timers, SL_TIMER_REPORT, (struct sl_moment){ 5, -7 }, 2000);
	ck_assert_int_eq(sl_usage_begin(&r->usage, 4711, r->counted, 2, &err), 0);
	strcpy(r->reservation.id, "0d7c7ad8-2f5c-4b3a-9d3e-6a0f6c1e2b11");
	strcpy(r->reservation.code, "0123456789abcdef0123456789abcdef");
	r->reservation.ends_s = 1825027200;
	r->reservation.item = calloc(1, sizeof(*r->reservation.item));
	r->reservation.n = 1;
	strcpy(r->reservation.item[0].tag, "regid.z");
	r->reservation.item[0].count = 5;
	strcpy(r->reservation.returned[0], "ee14b5bc-3c90-40f5-af7b-65f095344825");
	r->reservation.n_returned = 1;
	sl_timer_arm(&r->timers, SL_TIMER_RESERVATION_END, (struct sl_moment){ 5, -7 }, 3000);
}

START_TEST(what_is_written_is_read)
{
	struct smartlic_error err;
	struct sl_buf a = { 0 }, b = { 0 };
	struct sl_record in, out;

	fill(&in);
	ck_assert_int_eq(sl_record_write(&a, &in, &err), 0);
	ck_assert_msg(sl_record_read(&out, a.data, a.len, &err) == 0, "%s", err.text);
	ck_assert_int_eq(sl_record_write(&b, &out, &err), 0);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.data, b.data, a.len);
	ck_assert_str_eq(out.last_communication.reason, "no answer");
	ck_assert_int_eq(out.sequence, SL_SEQUENCE_MAX);
	ck_assert_int_eq(out.clock.elapsed_ms, 123456789);
	ck_assert_str_eq(out.removed_by, "admin");
	ck_assert_int_eq(out.removed_at_s, 1793491250);
	ck_assert_str_eq(out.answered_by, "https://site.example.net/");
	ck_assert_int_eq(out.synchronised_s, 1793491260);
	ck_assert_int_eq(out.behind_s, 40);
	ck_assert_int_eq(out.behind_elapsed_ms, 123456);
	ck_assert_int_eq(out.renew_due_s, 1809043300);
	ck_assert_int_eq(out.open.made_elapsed_ms, 4711);
	ck_assert_int_eq(out.open.over_boot, 1);
	ck_assert_uint_eq(out.current.key.len, 6);
	ck_assert_mem_eq(out.current.key.data, "key\0of", 6);
	ck_assert(out.counted[1].count == INT64_MAX);
	ck_assert_int_eq(
	    sl_timer_wait(&out.timers, SL_TIMER_AUTHORIZE, (struct sl_moment){ 5, -7 }), 1000);
	ck_assert(!sl_timer_is_armed(&out.timers, SL_TIMER_AUTH_END));
	ck_assert_int_eq(
	    sl_timer_wait(&out.timers, SL_TIMER_REPORT, (struct sl_moment){ 5, -7 }), 2000);
	ck_assert_uint_eq(out.usage.n_tags, 1);
	ck_assert(out.usage.tags[0].high == INT64_MAX);
	ck_assert_int_eq(out.evaluation.left_ms, 1);
	ck_assert_str_eq(out.reservation.code, "0123456789abcdef0123456789abcdef");
	ck_assert_int_eq(out.reservation.ends_s, 1825027200);
	ck_assert_uint_eq(out.reservation.n, 1);
	ck_assert_str_eq(out.reservation.item[0].tag, "regid.z");
	ck_assert_int_eq(out.reservation.item[0].count, 5);
	ck_assert_uint_eq(out.reservation.n_returned, 1);
	ck_assert_int_eq(
	    sl_timer_wait(&out.timers, SL_TIMER_RESERVATION_END, (struct sl_moment){ 5, -7 }),
	    3000);
	sl_record_clear(&in);
	sl_record_clear(&out);
	sl_buf_free(&a);
	sl_buf_free(&b);
}
END_TEST

START_TEST(integers_are_little_endian_whatever_the_machine)
{
	static const unsigned char sequence[] = { 12, 0, 8, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0 };
	struct smartlic_error err;
	struct sl_buf a = { 0 };
	struct sl_record r;

	sl_record_init(&r);
	r.sequence = 258;
	ck_assert_int_eq(sl_record_write(&a, &r, &err), 0);
	ck_assert_mem_eq(a.data, "SLR\001", 4);
	ck_assert_ptr_nonnull(memmem(a.data, a.len, sequence, sizeof(sequence)));
	sl_buf_free(&a);
}
END_TEST

START_TEST(a_later_version_is_an_error_and_no_fresh_device)
{
	struct smartlic_error err;
	struct sl_record r;

	ck_assert_int_eq(sl_record_read(&r, "SLR\002whatever", 12, &err), SMARTLIC_E_STORE_VERSION);
	ck_assert_ptr_nonnull(strstr(err.text, "version 2"));
	ck_assert_int_eq(sl_record_read(&r, "nothing of it", 13, &err), SMARTLIC_E_STORE);
	ck_assert_int_eq(sl_record_read(&r, "", 0, &err), SMARTLIC_E_STORE);
}
END_TEST

START_TEST(a_field_of_a_later_agent_is_passed_over)
{
	struct smartlic_error err;
	struct sl_buf a = { 0 };
	struct sl_record in, out;

	fill(&in);
	ck_assert_int_eq(sl_record_write(&a, &in, &err), 0);
	sl_buf_add(&a, "\377\377\003\0\0\0new", 9);
	ck_assert_int_eq(sl_record_read(&out, a.data, a.len, &err), 0);
	ck_assert_str_eq(out.smart_account, "BU Production Test");
	sl_record_clear(&in);
	sl_record_clear(&out);
	sl_buf_free(&a);
}
END_TEST

/* Field 180; the next one is of the reservation. */
START_TEST(the_trace_of_an_older_store_is_passed_over)
{
	static const char old[] = "SLR\001\264\0\005\0\0\0lines\277\0\002\0\0\0ab";
	struct smartlic_error err;
	struct sl_buf again = { 0 };
	struct sl_record r;

	ck_assert_msg(sl_record_read(&r, old, sizeof(old) - 1, &err) == 0, "%s", err.text);
	ck_assert_str_eq(r.reservation.code, "ab");
	ck_assert_int_eq(sl_record_write(&again, &r, &err), 0);
	ck_assert_ptr_null(memmem(again.data, again.len, "lines", 5));
	ck_assert_ptr_null(memmem(again.data, again.len, "\264\0\0\0\0\0", 6));
	sl_record_clear(&r);
	sl_buf_free(&again);
}
END_TEST

START_TEST(what_is_left_out_has_its_initial_value)
{
	struct smartlic_error err;
	struct sl_record r;

	ck_assert_int_eq(sl_record_read(&r, "SLR\001", 4, &err), 0);
	ck_assert_int_eq(r.registration, SMARTLIC_REG_UNCONFIGURED);
	ck_assert(r.deadline_s == SL_NO_TIME);
	ck_assert_int_eq(r.policy.retry_s, SL_RETRY_S);
	sl_record_clear(&r);
}
END_TEST

/* fields with a value that is not theirs; 6 bytes of head each */
static const struct {
	const char *why;
	const char *bytes;
	size_t len;
} bad[] = {
#define BAD(why, text)                                                                             \
	{                                                                                          \
		why, text, sizeof(text) - 1                                                        \
	}
	BAD("a number cut off", "\014\0\010\0\0\0\1\2"),
	BAD("an integer that is too short", "\014\0\003\0\0\0\1\2\3"),
	BAD("an integer that is too long", "\006\0\005\0\0\0\1\2\3\4\5"),
	BAD("a length beyond the end", "\001\0\377\377\377\377abc"),
	BAD("a text with a NUL", "\001\0\003\0\0\0a\0b"),
	BAD("a text that is too long", "\001\0\046\0\0\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	BAD("the same field twice", "\001\0\001\0\0\0a\001\0\001\0\0\0a"),
	BAD("fields out of order", "\005\0\0\0\0\0\001\0\001\0\0\0a"),
	BAD("field number zero", "\0\0\0\0\0\0"),
	BAD("a state that there is not", "\006\0\004\0\0\0\7\0\0\0"),
	BAD("a negative state", "\007\0\004\0\0\0\377\377\377\377"),
	BAD("more timers than there are", "\013\0\004\0\0\0\377\377\0\0"),
	BAD("a list of four billion", "\170\0\004\0\0\0\377\377\377\377"),
	BAD("a sequence below zero", "\014\0\010\0\0\0\377\377\377\377\377\377\377\377"),
	BAD("an open request of no type", "\074\0\004\0\0\0\143\0\0\0"),
	BAD("an identity without a key", "\050\0\001\0\0\0a"),
	BAD("an array of another size", "\111\0\001\0\0\0a"),
#undef BAD
};

START_TEST(a_bad_value_is_refused)
{
	struct smartlic_error err;
	struct sl_record r;
	struct sl_buf a = { 0 };

	sl_buf_add(&a, "SLR\001", 4);
	sl_buf_add(&a, bad[_i].bytes, bad[_i].len);
	ck_assert_msg(
	    sl_record_read(&r, a.data, a.len, &err) == SMARTLIC_E_STORE, "%s", bad[_i].why);
	sl_buf_free(&a);
}
END_TEST

START_TEST(cut_off_anywhere_it_is_refused_or_a_whole_number_of_fields)
{
	struct smartlic_error err;
	struct sl_buf a = { 0 };
	struct sl_record in, out;
	size_t whole = 0;

	fill(&in);
	ck_assert_int_eq(sl_record_write(&a, &in, &err), 0);
	for (size_t len = 0; len < a.len; len++)
		if (sl_record_read(&out, a.data, len, &err) == 0) {
			whole++;
			sl_record_clear(&out);
		}
	ck_assert_uint_lt(whole, 100);
	sl_record_clear(&in);
	sl_buf_free(&a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("record");

	tcase_add_test(t, what_is_written_is_read);
	tcase_add_test(t, integers_are_little_endian_whatever_the_machine);
	tcase_add_test(t, a_later_version_is_an_error_and_no_fresh_device);
	tcase_add_test(t, a_field_of_a_later_agent_is_passed_over);
	tcase_add_test(t, the_trace_of_an_older_store_is_passed_over);
	tcase_add_test(t, what_is_left_out_has_its_initial_value);
	tcase_add_loop_test(t, a_bad_value_is_refused, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, cut_off_anywhere_it_is_refused_or_a_whole_number_of_fields);
	suite_add_tcase(s, t);
	return run_suite(s);
}
