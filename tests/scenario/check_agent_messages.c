/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/scenario/saying.h"

/* What is said when: one message a change of state, and none besides. */

/* ---- the identity ----------------------------------------------------------------------- */

START_TEST(an_identity_about_to_end_is_said_once_sixty_days_ahead)
{
	strcpy(w.oracle.policy, WORLD_DAILY);
	world_ready(&w);
	world_pass(&w, DAYS(1));
	w.net = NET_DOWN;
	world_pass(&w, DAYS(303));
	ck_assert_int_eq(SAID(ID_EXPIRING), 0);
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(SAID(ID_EXPIRING), 1);
	ck_assert_ptr_nonnull(strstr(LAST(ID_EXPIRING), "4-ID_CERT_EXPIRED_WARNING : "));
	world_restart(&w);
	world_pass(&w, DAYS(50));
	ck_assert_int_eq(SAID(ID_EXPIRING), 1);
	w.net = NET_UP;
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(SAID(ID_RENEWED), 1);
	ck_assert_int_eq(SAID(ID_EXPIRING), 1);
}
END_TEST

START_TEST(a_short_life_is_not_all_warning)
{
	strcpy(w.oracle.policy, WORLD_DAILY);
	w.oracle.id_life_s = 40 * TPKI_DAY;
	world_ready(&w);
	world_pass(&w, DAYS(100));
	ck_assert_int_ge(SAID(ID_RENEWED), 4);
	ck_assert_int_eq(SAID(ID_EXPIRING), 0);
}
END_TEST

START_TEST(a_renewal_that_cannot_start_is_said)
{
	const int half = test_all_or(180, 10);

	if (test_percent() < 100)
		w.oracle.id_life_s = 2 * half * TPKI_DAY;
	world_ready(&w);
	ck_assert_int_eq(smartlic_agent_set_transport(w.agent, "direct", NULL, 0), 0);
	world_pass(&w, DAYS(half - 1));
	ck_assert_int_eq(SAID(ID_RENEWAL_NOT_STARTED), 0);
	ck_assert_int_eq(SAID(DISABLED), 1);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(SAID(ID_RENEWAL_NOT_STARTED), 1);
	ck_assert_ptr_nonnull(
	    strstr(LAST(ID_RENEWAL_NOT_STARTED), "3-ID_CERT_RENEW_NOT_STARTED : "));
	ck_assert_ptr_nonnull(strstr(LAST(ID_RENEWAL_NOT_STARTED), "no destination"));
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(SAID(ID_RENEWAL_NOT_STARTED), 1);
}
END_TEST

START_TEST(a_clock_outside_the_certificates_validity_is_a_notice_once)
{
	const int64_t off = DAYS(_i == 0 ? -400 : 400);

	world_ready(&w);
	w.net = NET_DOWN; /* no other certificate comes */
	w.wall_ms += off;
	world_pass(&w, HOURS(2));
	ck_assert_int_eq(SAID(ID_OUTSIDE_VALIDITY), 1);
	ck_assert_ptr_nonnull(strstr(LAST(ID_OUTSIDE_VALIDITY), "5-ID_CERT_OUTSIDE_VALIDITY : "));
	w.wall_ms -= off;
	world_pass(&w, HOURS(2));
	w.wall_ms += off;
	world_pass(&w, HOURS(2));
	ck_assert_int_eq(SAID(ID_OUTSIDE_VALIDITY), 1);
	ck_assert_int_eq(SAID(ID_EXPIRED), 0);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
}
END_TEST

/* ---- the authorization ------------------------------------------------------------------ */

START_TEST(an_entitlement_that_changes_alone_is_named)
{
	world_ready(&w);
	w.oracle.out_of_compliance = 1;
	w.oracle.short_of = TAG_X;
	renew(smartlic_agent_renew_auth);
	/* the message of the whole names those that are short */
	ck_assert_int_eq(SAID(OUT_OF_COMPLIANCE), 1);
	ck_assert_ptr_null(strstr(LAST(OUT_OF_COMPLIANCE), "100G"));
	ck_assert_int_eq(SAID(ENTITLEMENT_MODE), 0);

	w.oracle.short_of = NULL;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(OUT_OF_COMPLIANCE), 1);
	ck_assert_int_eq(SAID(ENTITLEMENT_MODE), 1);
	ck_assert_ptr_nonnull(strstr(LAST(ENTITLEMENT_MODE),
	    "changed: S-NCS1K4-LIC-100G= from authorized to out-of-compliance"));
	ck_assert_ptr_null(strstr(LAST(ENTITLEMENT_MODE), "100X"));

	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(ENTITLEMENT_MODE), 1);
	w.oracle.out_of_compliance = 0;
	renew(smartlic_agent_renew_auth);
	ck_assert_ptr_nonnull(strstr(LAST(AUTHORIZED), "5-IN_COMPLIANCE"));
	ck_assert_int_eq(SAID(ENTITLEMENT_MODE), 1);
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 0);
}
END_TEST

START_TEST(an_authorization_that_comes_back_is_said)
{
	const int days = test_all_or(90, 8);

	w.oracle.auth_life_s = days * TPKI_DAY;
	strcpy(w.oracle.policy, "\"retry_s\":86400");
	world_ready(&w);
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 0);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(days + 1));
	ck_assert_int_eq(SAID(AUTHORIZATION_EXPIRED), 1);
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 0);
	w.net = NET_UP;
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 1);
	ck_assert_ptr_nonnull(strstr(LAST(ENFORCEMENT_MODE),
	    "5-ENFORCEMENT_MODE_CHANGED : Enforcement mode has changed: from expired to "
	    "authorized"));
}
END_TEST

START_TEST(a_reservation_that_the_authority_ends_is_said)
{
	world_ready(&w);
	w.oracle.reserved = 1;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 1);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 0);
	w.oracle.reserved = 0;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 1);
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 1);
	ck_assert_ptr_nonnull(strstr(LAST(RESERVATION_LOST), "4-RESERVATION_LOST : "));
}
END_TEST

START_TEST(export_control_is_said_when_it_changes)
{
	world_ready(&w);
	ck_assert_int_eq(SAID(EXPORT_CONTROLLED), 0);
	strcpy(w.oracle.policy, "\"export_controlled\":\"allowed\"");
	renew(smartlic_agent_renew_auth);
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(EXPORT_CONTROLLED), 1);
	ck_assert_str_eq(LAST(EXPORT_CONTROLLED),
	    "%LICENSE-SMART_LIC-6-EXPORT_CONTROLLED : Usage of export controlled features is "
	    "allowed");
	strcpy(w.oracle.policy, "\"export_controlled\":\"not_allowed\"");
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(EXPORT_CONTROLLED), 2);
	ck_assert_ptr_nonnull(strstr(LAST(EXPORT_CONTROLLED), "is not allowed"));
}
END_TEST

START_TEST(a_refusal_that_is_repeated_is_said_once)
{
	static const struct {
		const char *code, *mnemonic;
	} refusals[] = {
		{ "bad_request", "3-AUTH_RENEW_FAILED : " },
		{ "instance_removed", "3-AUTH_RENEW_FAILED : " },
		{ "unknown_entitlement", "3-INVALID_TAG : " },
		{ "not_allowed", "3-NOT_AUTHORIZED : " },
		{ "export_not_allowed", "3-NOT_AUTHORIZED : " },
	};

	strcpy(w.oracle.policy, "\"retry_s\":86400");
	world_ready(&w);
	w.oracle.deny = refusals[_i].code;
	w.oracle.deny_times = -1;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(AUTHORIZATION_FAILED), 1);
	ck_assert_ptr_nonnull(strstr(LAST(AUTHORIZATION_FAILED), refusals[_i].mnemonic));
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(SAID(AUTHORIZATION_FAILED), 1);
	/* who asks is answered */
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(AUTHORIZATION_FAILED), 2);
	renew(smartlic_agent_renew_id);
	ck_assert_int_eq(SAID(ID_RENEWAL_FAILED), 1);
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(SAID(ID_RENEWAL_FAILED), 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent messages");
	TCase *t = tcase_create("identity");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_long_test(t, an_identity_about_to_end_is_said_once_sixty_days_ahead);
	tcase_add_test(t, a_short_life_is_not_all_warning);
	tcase_add_test(t, a_renewal_that_cannot_start_is_said);
	tcase_add_loop_test(t, a_clock_outside_the_certificates_validity_is_a_notice_once, 0, 2);
	suite_add_tcase(s, t);
	t = tcase_create("authorization");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_entitlement_that_changes_alone_is_named);
	tcase_add_test(t, an_authorization_that_comes_back_is_said);
	tcase_add_test(t, a_reservation_that_the_authority_ends_is_said);
	tcase_add_test(t, export_control_is_said_when_it_changes);
	tcase_add_loop_test(t, a_refusal_that_is_repeated_is_said_once, 0, 5);
	suite_add_tcase(s, t);
	return run_suite(s);
}
