/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/manager/edge.h"
#include "text.h"

/* What devices of a satellite report of their use is known at the upstream, once. */

static void
report(struct site *s, struct device *d, int64_t first, int64_t n, int64_t max)
{
	unsigned char random[16];
	struct sl_buf text = { 0 };
	char start[SL_TIME_SIZE];

	(void)site_fill(s, random, sizeof(random));
	sl_uuid4(d->request_id, random);
	sl_buf_printf(&text,
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"report\",\"request_id\":\"%s\",\"sequence\":"
	    "%lld,\"udi\":{\"pid\":\"%s\",\"sn\":\"%s\",\"uuid\":\"%s\"},\"instance\":\"%s\","
	    "\"store\":\"%s\",\"body\":{\"samples\":[",
	    d->request_id, (long long)++d->sequence, d->udi.pid, d->udi.sn, d->udi.uuid,
	    d->instance, d->store);
	for (int64_t i = 0; i < n; i++) {
		sl_time(start, SITE_NOW - 3 * SITE_DAY + (first + i) * 3600);
		sl_buf_printf(&text,
		    "%s{\"tag\":\"" TAG_G "\",\"n\":%lld,\"start\":\"%s\",\"hours\":1,\"max\":%lld,"
		    "\"last\":1}",
		    i == 0 ? "" : ",", (long long)(first + i), start, (long long)max);
	}
	sl_buf_puts(&text, "]}}");
	device_say(s, d, text.data, 1);
	sl_buf_free(&text);
	ck_assert_int_eq(device_code(s, d), SL_DENIED_NONE);
}

static int64_t
samples(struct site *s)
{
	return site_samples(s, SITE_PAGES).n;
}

static int64_t
sum(struct site *s)
{
	return site_samples(s, SITE_PAGES).sum;
}

static int64_t
untold(void)
{
	return site_samples(&edge, SITE_PAGES " WHERE told > 0").n;
}

START_TEST(samples_go_up_with_the_synchronisation)
{
	struct device d = edge_registered("SN1");

	report(&edge, &d, 1, 3, 8);
	ck_assert_int_eq(untold(), 3);
	edge_pass(60);
	edge_sync();
	ck_assert_int_eq(samples(&up), 3);
	ck_assert_int_eq(sum(&up), 24);
	ck_assert_int_eq(untold(), 0);
	ck_assert_int_eq(site_samples(&up, SITE_PAGES
			     " s JOIN instance i ON i.account = s.account"
			     " AND i.instance = s.instance AND i.sn = s.sn AND i.va = s.va"
			     " WHERE s.told IS NULL")
			     .n,
	    3);
	edge_sync();
	ck_assert_int_eq(samples(&up), 3);
	device_free(&d);
}
END_TEST

START_TEST(a_sample_that_is_told_twice_counts_once_and_of_two_the_larger)
{
	struct sl_buf first = { 0 }, answer = { 0 };
	struct device d = edge_registered("SN1");

	report(&edge, &d, 1, 2, 5);
	edge_ask(&first, 0);
	edge_answer(&first, &answer); /* and is lost */
	ck_assert_int_eq(samples(&up), 2);
	ck_assert_int_eq(untold(), 2);
	/* the device sends one again, that has grown: it is told once more */
	report(&edge, &d, 2, 1, 9);
	edge_pass(60);
	edge_sync();
	ck_assert_int_eq(samples(&up), 2);
	ck_assert_int_eq(sum(&up), 14);
	/* the first message arrives late: nothing shrinks */
	sl_buf_free(&answer);
	edge_answer(&first, &answer);
	ck_assert_int_eq(sum(&up), 14);
	ck_assert_int_eq(untold(), 0);
	sl_buf_free(&first);
	sl_buf_free(&answer);
	device_free(&d);
}
END_TEST

START_TEST(one_that_comes_while_the_answer_is_awaited_is_told_with_the_next)
{
	struct sl_buf request = { 0 }, answer = { 0 };
	struct device d = edge_registered("SN1");
	struct sync_outcome o;

	report(&edge, &d, 1, 2, 5);
	edge_ask(&request, 0);
	report(&edge, &d, 2, 2, 6); /* the second of them again, and a third */
	edge_answer(&request, &answer);
	site_ok(
	    &edge, sync_answer(edge.authority, answer.data, answer.len, edge.now, &o, &edge.err));
	ck_assert_int_eq(untold(), 3); /* with the page in which they are */
	ck_assert(o.more);
	edge_sync();
	ck_assert_int_eq(sum(&up), 5 + 6 + 6);
	sl_buf_free(&request);
	sl_buf_free(&answer);
	device_free(&d);
}
END_TEST

START_TEST(a_satellite_prunes_what_is_old_only_after_it_was_acknowledged)
{
	struct device d = edge_registered("SN1");
	struct sl_buf request = { 0 };

	report(&edge, &d, 1, 3, 8);
	edge_pass(25 * SITE_DAY);
	edge_ask(&request, 0); /* which nobody answers */
	edge_pass(25 * SITE_DAY);
	site_trim(&edge);
	ck_assert_int_eq(samples(&edge), 3);
	edge_sync();
	site_trim(&edge);
	site_trim(&up);
	ck_assert_int_eq(samples(&edge), 0);
	ck_assert_int_eq(samples(&up), 3);
	/* younger ones stay as long as a device would send them again */
	edge_pass(-45 * SITE_DAY);
	report(&edge, &d, 1, 2, 8);
	edge_sync();
	ck_assert_int_eq(untold(), 0);
	ck_assert_int_eq(samples(&edge), 2);
	ck_assert_int_eq(samples(&up), 3);
	sl_buf_free(&request);
	device_free(&d);
}
END_TEST

START_TEST(what_a_satellite_has_removed_and_hears_again_goes_up_and_counts_once)
{
	struct device d = edge_registered("SN1");

	report(&edge, &d, 1, 2, 8);
	edge_sync();
	edge_pass(50 * SITE_DAY);
	site_trim(&edge);
	ck_assert_int_eq(samples(&edge), 0);
	/* and one that comes so late for the first time: the upstream still takes it */
	report(&edge, &d, 1, 3, 8);
	edge_sync();
	ck_assert_int_eq(samples(&up), 3);
	ck_assert_int_eq(sum(&up), 24);
	site_trim(&edge);
	ck_assert_int_eq(samples(&edge), 0);
	/* what the upstream has removed it does not take again either */
	edge_pass(400 * SITE_DAY);
	site_trim(&up);
	ck_assert_int_eq(samples(&up), 0);
	edge_pass(-400 * SITE_DAY);
	report(&edge, &d, 1, 3, 8);
	edge_sync();
	ck_assert_int_eq(samples(&up), 0);
	ck_assert_int_eq(untold(), 0);
	device_free(&d);
}
END_TEST

START_TEST(more_samples_than_fit_follow_and_none_is_left_out)
{
	struct device d = edge_registered("SN1");
	struct sync_outcome o;
	int64_t n = 600 * test_percent() / 100;

	report(&edge, &d, 1, n, 1);
	ck_assert_int_eq(edge_round(0, &o), 0);
	ck_assert_int_eq(samples(&up) < n, o.more && n == 600);
	edge_sync();
	ck_assert_int_eq(samples(&up), n);
	ck_assert_int_eq(untold(), 0);
	device_free(&d);
}
END_TEST

/* Of one number each of 160 licenses with the longest tags, twice. */
START_TEST(a_page_as_large_as_any_fits_into_a_message)
{
	struct device d = edge_registered("SN1");
	struct ledger_row row = edge_row(&edge, &d);
	static struct ledger_sample list[320];
	struct sync_outcome o;

	for (size_t i = 0; i < 320; i++) {
		list[i] = (struct ledger_sample){ .n = 1 + 64 * (int64_t)(i / 160),
			.start_s = SITE_NOW,
			.hours = 8784,
			.max = 1000000000,
			.last = 1000000000 };
		memset(list[i].tag, 'x', sizeof(list[i].tag) - 1);
		(void)snprintf(list[i].tag, sizeof(list[i].tag), "%03zu", i % 160);
		list[i].tag[3] = 'x';
	}
	site_ok(&edge, ledger_begin(edge.ledger, &edge.err));
	site_ok(
	    &edge, ledger_samples_add(edge.ledger, &row, d.store, list, 320, edge.now, &edge.err));
	site_ok(&edge, db_commit(ledger_db(edge.ledger), &edge.err));
	ck_assert_int_eq(site_count(&edge, "SELECT MAX(told) FROM sample_page"), 2);
	ck_assert_int_eq(edge_round(0, &o), 0);
	ck_assert_int_eq(samples(&up), 160);
	ck_assert_int_eq(untold(), 160);
	ck_assert(o.more);
	edge_sync();
	ck_assert_int_eq(samples(&up), 320);
	ck_assert_int_eq(untold(), 0);
	device_free(&d);
}
END_TEST

START_TEST(a_satellite_that_leaves_tells_the_last_of_them_first)
{
	struct device d = edge_registered("SN1");
	struct sync_outcome o = { .more = 1 };

	report(&edge, &d, 1, 600, 1);
	for (int i = 0; i < 20 && o.more; i++)
		ck_assert_msg(edge_round(SYNC_LEAVE, &o) == 0, "%s", edge.err.text);
	ck_assert(o.left);
	ck_assert_int_eq(samples(&up), 600);
	device_free(&d);
}
END_TEST

START_TEST(samples_of_a_device_that_moved_on_still_go_up)
{
	struct device d = edge_registered("SN1");

	edge_sync();
	report(&edge, &d, 1, 2, 8);
	ck_assert_int_eq(device_use(&up, &d, 1, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_eq(samples(&up), 2);
	ck_assert_int_eq(untold(), 0);
	device_free(&d);
}
END_TEST

START_TEST(samples_of_others_are_refused_and_named)
{
	static const char *const never[] = { "UPDATE instance SET home = NULL",
		"DELETE FROM change" };
	struct device d = edge_registered("SN1");
	struct sync_outcome o;

	edge_sync();
	report(&edge, &d, 1, 1, 8);
	if (_i == 0) /* of a virtual account that it does not serve */
		site_ok(&edge, db_exec(ledger_db(edge.ledger), &edge.err,
				   "UPDATE sample_page SET va = 1", ""));
	for (int i = 0; _i == 1 && i < 2; i++) /* of a device that was never here */
		site_ok(&up, db_exec(ledger_db(up.ledger), &up.err, never[i], ""));
	ck_assert_int_eq(edge_round(0, &o), 0);
	ck_assert_ptr_nonnull(strstr(o.refused, d.instance));
	ck_assert_int_eq(_i == 0, strstr(o.refused, "samples of a virtual account") != NULL);
	ck_assert_int_eq(samples(&up), 0);
	device_free(&d);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sync_samples");
	TCase *t = tcase_create("samples");

	tcase_add_checked_fixture(t, edge_setup, edge_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, samples_go_up_with_the_synchronisation);
	tcase_add_test(t, a_sample_that_is_told_twice_counts_once_and_of_two_the_larger);
	tcase_add_test(t, one_that_comes_while_the_answer_is_awaited_is_told_with_the_next);
	tcase_add_test(t, a_satellite_prunes_what_is_old_only_after_it_was_acknowledged);
	tcase_add_test(t, what_a_satellite_has_removed_and_hears_again_goes_up_and_counts_once);
	tcase_add_test(t, more_samples_than_fit_follow_and_none_is_left_out);
	tcase_add_test(t, a_page_as_large_as_any_fits_into_a_message);
	tcase_add_test(t, a_satellite_that_leaves_tells_the_last_of_them_first);
	tcase_add_test(t, samples_of_a_device_that_moved_on_still_go_up);
	tcase_add_loop_test(t, samples_of_others_are_refused_and_named, 0, 2);
	suite_add_tcase(s, t);
	return run_suite(s);
}
