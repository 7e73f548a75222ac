/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki/roll.h"
#include "tests/scenario/managed.h"

/* A real agent, and an authority whose keys are followed by others. */

static void
setup(void)
{
	/* what happens hourly and daily is not what this is about */
	static const struct authority_policy sparse = { .renew_after_s = 180 * 86400,
		.next_contact_s = 30 * 86400,
		.ooc_poll_s = 43200,
		.retry_s = 86400,
		.collect_s = 86400,
		.report_s = 30 * 86400 };

	site_open(&s);
	authority_set_policy(s.authority, &sparse);
	setup_agent("Default");
	world_ready(&w);
}

static void
tell_nobody(void *ud, const char *text)
{
	(void)ud;
	(void)text;
}

static void
months(int n)
{
	while (n-- > 0) {
		site_ok(&s, pki_roll_due(s.pki, w.oracle.now_s, tell_nobody, NULL, &s.err));
		world_pass(&w, DAYS(30));
	}
}

/* Both kinds, at once. */
static void
roll_both(void)
{
	static const enum pki_kind kinds[] = { PKI_KIND_SIGNER, PKI_KIND_ISSUING };

	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(pki_successor_make(s.pki, kinds[i], w.oracle.now_s, &s.err), 1);
		ck_assert_int_eq(pki_successor_begin(s.pki, kinds[i], &s.err), 1);
	}
}

static void
check_well(void)
{
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_msg(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED] == 0, "%s",
	    w.last[SMARTLIC_EVENT_COMMUNICATION_FAILED]);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_CLONE_SUSPECTED], 0);
}

START_TEST(twelve_years_of_successors_are_nothing_to_a_device)
{
	unsigned char signer[SL_SKI_LEN], issuing[SL_SKI_LEN];
	int followed = 0;

	memcpy(signer, sl_cert_ski(pki_signer(s.pki)), sizeof(signer));
	memcpy(issuing, sl_cert_ski(pki_issuing(s.pki)), sizeof(issuing));
	for (int year = 0; year < 12; year++) {
		months(12);
		check_well();
		followed += memcmp(signer, sl_cert_ski(pki_signer(s.pki)), sizeof(signer)) != 0;
		memcpy(signer, sl_cert_ski(pki_signer(s.pki)), sizeof(signer));
	}
	ck_assert_int_ge(followed, 6);
	ck_assert_mem_ne(issuing, sl_cert_ski(pki_issuing(s.pki)), sizeof(issuing));
}
END_TEST

/* Its answers come without certificates once it is no longer young. */
START_TEST(a_signer_that_was_carried_ahead_is_known_when_it_signs)
{
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_SIGNER, w.oracle.now_s, &s.err), 1);
	world_pass(&w, DAYS(125));
	ck_assert_int_eq(pki_successor_begin(s.pki, PKI_KIND_SIGNER, &s.err), 1);
	world_pass(&w, DAYS(31));
	check_well();
}
END_TEST

START_TEST(a_device_that_was_off_during_two_roll_overs_catches_up)
{
	world_stop(&w);
	w.oracle.now_s += 4 * 365 * SITE_DAY;
	w.wall_ms += DAYS(4 * 365);
	roll_both();
	w.oracle.now_s += 365 * SITE_DAY;
	roll_both();
	world_reboot(&w, DAYS(365));
	world_pass(&w, DAYS(3));
	check_well();
	ck_assert_int_ge(w.events[SMARTLIC_EVENT_ID_RENEWED], 1);
}
END_TEST

START_TEST(an_answer_that_was_lost_is_given_again_by_the_next_signer)
{
	for (int renewal = 0; renewal < 2; renewal++) {
		w.net = NET_LOSES;
		ck_assert_int_eq(
		    renewal ? smartlic_agent_renew_id(w.agent) : smartlic_agent_renew_auth(w.agent),
		    0);
		world_settle(&w);
		roll_both();
		world_reboot(&w, DAYS(1));
		w.net = NET_UP;
		world_pass(&w, DAYS(2));
		w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED] = 0;
		check_well();
	}
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_RENEWED], 1);
}
END_TEST

START_TEST(a_device_restored_from_before_catches_up)
{
	struct mem_disk before;

	mem_disk_init(&before);
	mem_disk_copy(&before, &w.disk);
	roll_both();
	world_pass(&w, DAYS(100));
	check_well();
	world_stop(&w);
	mem_disk_clear(&w.disk);
	mem_disk_copy(&w.disk, &before);
	mem_disk_clear(&before);
	ck_assert_int_eq(world_start(&w), 0);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

/* ---- the root ------------------------------------------------------------ */

static int64_t
without(void)
{
	char next[LEDGER_ROOT_SIZE];
	int64_t n;

	ck_assert_int_eq(authority_next_root(s.authority, next), 1);
	site_ok(&s, ledger_without_root_count(s.ledger, next, &n, &s.err));
	return n;
}

static void
make_root(void)
{
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_ROOT, w.oracle.now_s, &s.err), 1);
}

/* All that the present root issued is followed by the next one's. */
static void
begin_root(void)
{
	ck_assert_int_eq(pki_successor_begin(s.pki, PKI_KIND_ROOT, &s.err), 1);
	roll_both();
	ck_assert_int_eq(pki_tls_renew(s.pki, NULL, 0, w.oracle.now_s, &s.err), 1);
}

static int
retire(int force)
{
	struct authority_without n;

	return authority_root_retire(s.authority, force, w.oracle.now_s, &n, &s.err);
}

START_TEST(a_next_root_is_taken_told_once_and_said)
{
	make_root();
	ck_assert_int_eq(without(), 1);
	world_pass(&w, DAYS(31));
	check_well();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ANCHOR_ADDED], 1);
	ck_assert_ptr_nonnull(strstr(w.last[SMARTLIC_EVENT_ANCHOR_ADDED],
	    "5-ANCHOR_ADDED : A new root of the authority is trusted besides the configured "
	    "anchor: "
	    "Smart Licensing Root "));
	world_restart(&w);
	world_pass(&w, DAYS(31));
	ck_assert_int_eq(without(), 0);
	begin_root();
	world_pass(&w, DAYS(31));
	ck_assert_int_eq(retire(0), 0);
	/* after a restart it is known by the store alone */
	world_reboot(&w, DAYS(1));
	world_pass(&w, DAYS(test_all_or(200, 90)));
	check_well();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ANCHOR_ADDED], 1);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ANCHOR_CHANGED], 0);
	ck_assert_int_ge(w.events[SMARTLIC_EVENT_ID_RENEWED], 1);
}
END_TEST

/* The former root vouches for it as long as it is not retired. */
START_TEST(a_device_that_was_off_while_the_root_was_followed_catches_up)
{
	world_stop(&w);
	make_root();
	w.oracle.now_s += 365 * SITE_DAY;
	begin_root();
	world_reboot(&w, DAYS(600));
	world_pass(&w, DAYS(3));
	check_well();
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ANCHOR_ADDED], 1);
	world_pass(&w, DAYS(31));
	ck_assert_int_eq(without(), 0);
	ck_assert_int_eq(retire(0), 0);
	world_pass(&w, DAYS(31));
	check_well();
}
END_TEST

/* The power is off before, within and after the write that keeps it. */
START_TEST(a_power_cut_leaves_a_root_that_is_brought_again)
{
	make_root();
	for (long i = 0; i < 4; i++) {
		w.disk.fault_at = w.disk.writes + i;
		w.disk.fault = (enum mem_fault)_i;
		(void)!smartlic_agent_renew_auth(w.agent);
		world_settle(&w);
		w.disk.power_off = 0;
		w.disk.fault_at = -1;
		world_reboot(&w, 1000);
		world_pass(&w, MINUTES(6));
	}
	world_pass(&w, DAYS(31));
	ck_assert_int_eq(without(), 0);
	begin_root();
	ck_assert_int_eq(retire(0), 0);
	world_pass(&w, DAYS(31));
	check_well();
}
END_TEST

START_TEST(a_device_restored_from_before_lacks_it_and_is_counted_again)
{
	struct mem_disk before;

	mem_disk_init(&before);
	mem_disk_copy(&before, &w.disk);
	make_root();
	world_pass(&w, DAYS(62));
	ck_assert_int_eq(without(), 0);
	world_stop(&w);
	mem_disk_clear(&w.disk);
	mem_disk_copy(&w.disk, &before);
	mem_disk_clear(&before);
	ck_assert_int_eq(world_start(&w), 0);
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ANCHOR_ADDED], 2);
	world_pass(&w, DAYS(31));
	ck_assert_int_eq(without(), 0);
}
END_TEST

/* By force: the device is told what is wrong, and the anchor is what helps. */
START_TEST(a_device_without_the_present_root_needs_another_anchor)
{
	struct sl_buf present;

	world_stop(&w);
	make_root();
	begin_root();
	ck_assert_int_eq(retire(0), SMARTLIC_E_STATE);
	ck_assert_int_eq(retire(1), 0);
	world_reboot(&w, DAYS(1));
	world_pass(&w, DAYS(2));
	ck_assert_int_ge(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 1);
	ck_assert_ptr_nonnull(
	    strstr(w.last[SMARTLIC_EVENT_COMMUNICATION_FAILED], "leads to no trust anchor"));
	present = tpki_pem(pki_root(s.pki));
	ck_assert_int_eq(smartlic_agent_set_trust_anchor(w.agent, present.data, present.len), 0);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_RESTORED], 1);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	sl_buf_free(&present);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("agent and roll-over");
	TCase *t = tcase_create("roll-over");

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_long_test(t, twelve_years_of_successors_are_nothing_to_a_device);
	tcase_add_test(t, a_signer_that_was_carried_ahead_is_known_when_it_signs);
	tcase_add_test(t, a_device_that_was_off_during_two_roll_overs_catches_up);
	tcase_add_test(t, an_answer_that_was_lost_is_given_again_by_the_next_signer);
	tcase_add_test(t, a_device_restored_from_before_catches_up);
	tcase_add_test(t, a_next_root_is_taken_told_once_and_said);
	tcase_add_test(t, a_device_that_was_off_while_the_root_was_followed_catches_up);
	tcase_add_loop_test(t, a_power_cut_leaves_a_root_that_is_brought_again, 0, MEM_FAULTS);
	tcase_add_test(t, a_device_restored_from_before_lacks_it_and_is_counted_again);
	tcase_add_test(t, a_device_without_the_present_root_needs_another_anchor);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
