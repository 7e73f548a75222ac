/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "fsm.h"
#include "tests/suite.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What is not in a table is listed here, so that silence is a decision. */
#define R(state, event)                                                                            \
	{                                                                                          \
		SMARTLIC_REG_##state, SL_REG_##event                                               \
	}
static const struct {
	enum smartlic_registration st;
	enum sl_reg_event ev;
} reg_nothing[] = {
	/* nothing can be open, and nothing is held */
	R(UNCONFIGURED, UNCONFIGURE),
	R(UNCONFIGURED, REGISTER),
	R(UNCONFIGURED, REGISTER_OK),
	R(UNCONFIGURED, REGISTER_REFUSED),
	R(UNCONFIGURED, REGISTER_UNANSWERED),
	R(UNCONFIGURED, REGISTER_CANCELLED),
	R(UNCONFIGURED, RENEW),
	R(UNCONFIGURED, RENEW_OK),
	R(UNCONFIGURED, RENEW_REFUSED),
	R(UNCONFIGURED, RENEW_UNANSWERED),
	R(UNCONFIGURED, RENEW_CANCELLED),
	R(UNCONFIGURED, DEREGISTER),
	R(UNCONFIGURED, ID_ENDED),
	R(UNIDENTIFIED, CONFIGURE),
	R(UNIDENTIFIED, REGISTER_OK),
	R(UNIDENTIFIED, REGISTER_REFUSED),
	R(UNIDENTIFIED, REGISTER_UNANSWERED),
	R(UNIDENTIFIED, REGISTER_CANCELLED),
	R(UNIDENTIFIED, RENEW),
	R(UNIDENTIFIED, RENEW_OK),
	R(UNIDENTIFIED, RENEW_REFUSED),
	R(UNIDENTIFIED, RENEW_UNANSWERED),
	R(UNIDENTIFIED, RENEW_CANCELLED),
	R(UNIDENTIFIED, DEREGISTER),
	R(UNIDENTIFIED, ID_ENDED),
	/* what was asked for goes on, whatever becomes of the configuration */
	R(REGISTERING, CONFIGURE),
	R(REGISTERING, UNCONFIGURE),
	R(REGISTERING, REGISTER),
	R(RETRY_WAIT, CONFIGURE),
	R(RETRY_WAIT, UNCONFIGURE),
	R(REGISTERED, CONFIGURE),
	R(REGISTERED, UNCONFIGURE),
	R(RENEWING, CONFIGURE),
	R(RENEWING, UNCONFIGURE),
	R(EXPIRED, CONFIGURE),
	R(EXPIRED, UNCONFIGURE),
	/* no identity: nothing to renew, to give up or to end */
	R(REGISTERING, RENEW),
	R(REGISTERING, RENEW_OK),
	R(REGISTERING, RENEW_REFUSED),
	R(REGISTERING, RENEW_UNANSWERED),
	R(REGISTERING, RENEW_CANCELLED),
	R(REGISTERING, DEREGISTER),
	R(REGISTERING, ID_ENDED),
	R(RETRY_WAIT, RENEW),
	R(RETRY_WAIT, RENEW_OK),
	R(RETRY_WAIT, RENEW_REFUSED),
	R(RETRY_WAIT, RENEW_UNANSWERED),
	R(RETRY_WAIT, RENEW_CANCELLED),
	R(RETRY_WAIT, DEREGISTER),
	R(RETRY_WAIT, ID_ENDED),
	/* registering anew leaves the identity alone until it is answered */
	R(REGISTERED, REGISTER),
	R(REGISTERED, REGISTER_CANCELLED),
	R(REGISTERED, RENEW_CANCELLED),
	R(EXPIRED, REGISTER),
	R(EXPIRED, REGISTER_CANCELLED),
	/* one request is open, and it is the renewal */
	R(RENEWING, RENEW),
	R(RENEWING, REGISTER_OK),
	R(RENEWING, REGISTER_REFUSED),
	R(RENEWING, REGISTER_UNANSWERED),
	R(RENEWING, REGISTER_CANCELLED),
	/* an ended identity stays ended until it is renewed */
	R(EXPIRED, RENEW),
	R(EXPIRED, RENEW_CANCELLED),
	R(EXPIRED, ID_ENDED),
};
#undef R

#define A(state, event)                                                                            \
	{                                                                                          \
		SMARTLIC_AUTH_##state, SL_AUTH_##event                                             \
	}
static const struct {
	enum smartlic_authorization st;
	enum sl_auth_event ev;
} auth_nothing[] = {
	A(NONE, ENDED),
	A(NONE, FORGET),
	A(NONE, EVAL_PAUSE),
	/* an evaluation has no communication deadline */
	A(EVALUATION, ENDED),
	A(EVALUATION, EVAL_START),
	A(EVALUATION_EXPIRED, ENDED),
	/* there is no second period */
	A(EVALUATION_EXPIRED, EVAL_START),
	A(EVALUATION_EXPIRED, EVAL_PAUSE),
	A(EVALUATION_EXPIRED, EVAL_ENDED),
	/* what an answer said is forgotten first */
	A(AUTHORIZED, EVAL_START),
	A(AUTHORIZED, EVAL_PAUSE),
	A(AUTHORIZED, EVAL_ENDED),
	A(OUT_OF_COMPLIANCE, EVAL_START),
	A(OUT_OF_COMPLIANCE, EVAL_PAUSE),
	A(OUT_OF_COMPLIANCE, EVAL_ENDED),
	A(EXPIRED, EVAL_START),
	A(EXPIRED, EVAL_PAUSE),
	A(EXPIRED, EVAL_ENDED),
	A(RESERVED, EVAL_START),
	A(RESERVED, EVAL_PAUSE),
	A(RESERVED, EVAL_ENDED),
	A(EXPIRED, ENDED),
	/* a reservation needs no contact */
	A(RESERVED, ENDED),
};
#undef A

START_TEST(every_registration_pair_is_decided_once)
{
	for (size_t i = 0; i < COUNT(reg_nothing); i++)
		ck_assert_msg(sl_reg_next(reg_nothing[i].st, reg_nothing[i].ev) == NULL,
		    "%s while %s", sl_reg_event_name(reg_nothing[i].ev),
		    sl_reg_state_name(reg_nothing[i].st));
	ck_assert_uint_eq(COUNT(reg_nothing) + sl_reg_nrows, (size_t)SL_REG_STATES * SL_REG_EVENTS);
	for (size_t i = 0; i < sl_reg_nrows; i++)
		ck_assert_ptr_eq(
		    sl_reg_next(sl_reg_rows[i].from, sl_reg_rows[i].on), &sl_reg_rows[i]);
	for (size_t i = 0; i < COUNT(reg_nothing); i++)
		for (size_t j = 0; j < i; j++)
			ck_assert(reg_nothing[i].st != reg_nothing[j].st ||
				  reg_nothing[i].ev != reg_nothing[j].ev);
}
END_TEST

START_TEST(every_authorization_pair_is_decided_once)
{
	for (size_t i = 0; i < COUNT(auth_nothing); i++)
		ck_assert_msg(sl_auth_next(auth_nothing[i].st, auth_nothing[i].ev) == NULL,
		    "%s while %s", sl_auth_event_name(auth_nothing[i].ev),
		    sl_auth_state_name(auth_nothing[i].st));
	ck_assert_uint_eq(
	    COUNT(auth_nothing) + sl_auth_nrows, (size_t)SL_AUTH_STATES * SL_AUTH_EVENTS);
	for (size_t i = 0; i < sl_auth_nrows; i++)
		ck_assert_ptr_eq(
		    sl_auth_next(sl_auth_rows[i].from, sl_auth_rows[i].on), &sl_auth_rows[i]);
}
END_TEST

START_TEST(only_a_deregistration_takes_an_identity_away)
{
	for (size_t i = 0; i < sl_reg_nrows; i++) {
		int held = sl_reg_rows[i].from >= SMARTLIC_REG_REGISTERED;
		int holds = sl_reg_rows[i].to >= SMARTLIC_REG_REGISTERED;

		if (held && !holds)
			ck_assert_int_eq(sl_reg_rows[i].on, SL_REG_DEREGISTER);
		if (!held && holds)
			ck_assert_int_eq(sl_reg_rows[i].on, SL_REG_REGISTER_OK);
	}
}
END_TEST

START_TEST(every_state_and_event_has_a_name)
{
	for (int i = 0; i < SL_REG_STATES; i++)
		ck_assert_str_ne(sl_reg_state_name((enum smartlic_registration)i), "unknown");
	for (int i = 0; i < SL_REG_EVENTS; i++)
		ck_assert_str_ne(sl_reg_event_name((enum sl_reg_event)i), "unknown");
	for (int i = 0; i < SL_AUTH_STATES; i++)
		ck_assert_str_ne(sl_auth_state_name((enum smartlic_authorization)i), "unknown");
	for (int i = 0; i < SL_AUTH_EVENTS; i++)
		ck_assert_str_ne(sl_auth_event_name((enum sl_auth_event)i), "unknown");
	ck_assert_str_eq(sl_reg_state_name((enum smartlic_registration)99), "unknown");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fsm");
	TCase *t = tcase_create("fsm");

	tcase_add_test(t, every_registration_pair_is_decided_once);
	tcase_add_test(t, every_authorization_pair_is_decided_once);
	tcase_add_test(t, only_a_deregistration_takes_an_identity_away);
	tcase_add_test(t, every_state_and_event_has_a_name);
	suite_add_tcase(s, t);
	return run_suite(s);
}
