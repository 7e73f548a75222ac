/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki/roll.h"
#include "tests/manager/site.h"
#include "tests/support/world.h"

/* A real agent, and an authority whose keys are followed by others. */

static struct site s;
static struct world w;
static struct site_token token;
static struct sl_buf root; /* PEM */

static void
ask_authority(void *ud, const void *request, size_t len, int64_t now_s, struct sl_buf *ret)
{
	struct site *site = ud;

	site->now = now_s;
	site_ok(site, authority_answer(
			  site->authority, request, len, now_s, site_fill, site, ret, &site->err));
}

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
	site_ok(&s, ledger_license_add(s.ledger, "Default", TAG_G, 8, 0, s.now, &s.err));
	site_ok(&s, ledger_license_add(s.ledger, "Default", TAG_X, 8, 0, s.now, &s.err));
	token = site_token_new(&s, "Default", 30, -1);
	authority_set_policy(s.authority, &sparse);
	world_init(&w, DRIVE_POLL);
	world_stop(&w);
	mem_disk_clear(&w.disk);
	root = tpki_pem(pki_root(s.pki));
	w.respond = ask_authority;
	w.respond_ud = &s;
	w.anchor = root.data;
	w.anchor_len = root.len;
	w.token = token.text;
	w.wall_ms = SITE_NOW * 1000;
	w.oracle.now_s = SITE_NOW;
	ck_assert_int_eq(world_start(&w), 0);
	world_ready(&w);
}

static void
teardown(void)
{
	world_stop(&w);
	world_free(&w);
	sl_buf_free(&root);
	site_close(&s);
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
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_COMMUNICATION_FAILED], 0);
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
	mem_disk_copy(&w.disk, &before);
	mem_disk_clear(&before);
	ck_assert_int_eq(world_start(&w), 0);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("agent and roll-over");
	TCase *t = tcase_create("roll-over");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, twelve_years_of_successors_are_nothing_to_a_device);
	tcase_add_test(t, a_signer_that_was_carried_ahead_is_known_when_it_signs);
	tcase_add_test(t, a_device_that_was_off_during_two_roll_overs_catches_up);
	tcase_add_test(t, an_answer_that_was_lost_is_given_again_by_the_next_signer);
	tcase_add_test(t, a_device_restored_from_before_catches_up);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
