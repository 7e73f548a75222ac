/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SHOW_STATES_H
#define TESTS_UNIT_SHOW_STATES_H

#include "tests/unit/showing.h"

/* Each state that the reference does not show, as its status. */

static struct smartlic_attempt
failed(int64_t time_ms, const char *reason)
{
	return (struct smartlic_attempt)ATTEMPT(FAILED, time_ms, reason);
}

static void
unconfigured(struct smartlic_status *st)
{
	*st = fresh();
	st->registration = SMARTLIC_REG_UNCONFIGURED;
	st->missing = "udi and destination";
	st->udi_pid = st->udi_sn = st->udi_uuid = "";
}

static void
unidentified(struct smartlic_status *st)
{
	*st = fresh();
}

/* Names come from the authority, which has not been heard yet. */
static void
evaluates(struct smartlic_status *st, int authorization)
{
	*st = fresh();
	st->authorization = authorization;
	st->n_entitlements = N(ents);
	for (size_t i = 0; i < N(ents); i++) {
		ents[i].name = ents[i].description = "";
		ents[i].status = authorization;
	}
}

static void
evaluation(struct smartlic_status *st)
{
	evaluates(st, SMARTLIC_AUTH_EVALUATION);
	st->evaluation_remaining_s = 89 * 86400 + 1 * 3600 + 33 * 60 + 51;
}

static void
evaluation_used_up(struct smartlic_status *st)
{
	evaluates(st, SMARTLIC_AUTH_EVALUATION_EXPIRED);
	st->evaluation_remaining_s = 0;
	st->evaluation_ended_ms = st->authorization_since_ms = S(12, 0, 0, 5);
}

static void
registering(struct smartlic_status *st)
{
	*st = fresh();
	st->registration = SMARTLIC_REG_REGISTERING;
	st->pending_type = "register";
}

static void
registration_failed(struct smartlic_status *st)
{
	*st = fresh();
	st->registration = SMARTLIC_REG_RETRY_WAIT;
	st->initial_registration = failed(S(11, 15, 51, 10), "Communication message send error");
	st->next_registration_ms = S(12, 15, 51, 10);
}

/* What the authority refused is not tried again by itself. */
static void
registration_refused(struct smartlic_status *st)
{
	*st = fresh();
	st->initial_registration = failed(S(11, 15, 51, 10),
	    "Error received from Smart Software Manager: the token has ended (token_expired)");
}

static void
out_of_compliance(struct smartlic_status *st)
{
	st->authorization = SMARTLIC_AUTH_OUT_OF_COMPLIANCE;
	st->next_communication_ms = S(12, 3, 53, 40);
	ents[0].status = SMARTLIC_AUTH_OUT_OF_COMPLIANCE;
}

static void
authorization_expired(struct smartlic_status *st)
{
	st->authorization = SMARTLIC_AUTH_EXPIRED;
	st->authorization_since_ms = S(11 + 90, 15, 53, 29);
	st->communication_deadline_exceeded = 1;
	st->last_communication =
	    failed(S(11 + 90, 15, 53, 40), "Communication message send error: no route to host");
	st->next_communication_ms = S(11 + 90, 16, 53, 40);
	ents[0].status = ents[1].status = SMARTLIC_AUTH_EXPIRED;
}

static void
id_renewal_failed(struct smartlic_status *st)
{
	st->last_renewal = failed(S(11 + 180, 15, 52, 10), "Communication message send error");
	st->next_renewal_ms = S(11 + 180, 16, 52, 10);
}

static void
authorization_call_failed(struct smartlic_status *st)
{
	st->last_communication = failed(S(11 + 30, 15, 53, 39), "Communication message send error");
	st->next_communication_ms = S(11 + 30, 16, 53, 39);
}

static void
no_licenses_in_use(struct smartlic_status *st)
{
	st->authorization = SMARTLIC_AUTH_NONE;
	st->authorization_since_ms = SMARTLIC_NO_TIME;
	st->n_entitlements = 0;
}

static void
reserved(struct smartlic_status *st)
{
	st->authorization = SMARTLIC_AUTH_RESERVED;
	st->reservation_enabled = 1;
	st->next_renewal_ms = st->registration_expires_ms = SMARTLIC_NO_TIME;
	st->next_communication_ms = st->communication_deadline_ms = SMARTLIC_NO_TIME;
	ents[0].status = ents[1].status = SMARTLIC_AUTH_RESERVED;
}

/* Nothing holds the authorization up any more: the status has none. */
static void
id_expired(struct smartlic_status *st)
{
	st->registration = SMARTLIC_REG_EXPIRED;
	st->authorization = SMARTLIC_AUTH_NONE;
	st->authorization_since_ms = SMARTLIC_NO_TIME;
	ents[0].status = ents[1].status = SMARTLIC_AUTH_NONE;
	st->last_renewal = failed(S(11 + 365, 14, 50, 0), "Communication message send error");
	st->next_renewal_ms = S(11 + 366, 15, 46, 59);
}

static void
removed(struct smartlic_status *st)
{
	st->removed = 1;
	st->removed_by = "alice";
	st->removed_at_ms = S(19, 12, 0, 0);
	st->last_communication = failed(S(20, 1, 2, 3),
	    "Error received from Smart Software Manager: Data and signature do not match for udi "
	    "PID:NCS1004,SN:CAT2231B18Y");
	st->next_communication_ms = S(21, 1, 2, 3);
}

static const struct {
	const char *file;
	void (*set)(struct smartlic_status *st); /* from the reference's device */
	int summary;                             /* has something that the others have not */
} states[] = {
	{ "unconfigured", unconfigured, 1 },
	{ "unidentified", unidentified, 0 },
	{ "evaluation", evaluation, 0 },
	{ "evaluation-used-up", evaluation_used_up, 0 },
	{ "registering", registering, 0 },
	{ "registration-failed", registration_failed, 0 },
	{ "registration-refused", registration_refused, 0 },
	{ "out-of-compliance", out_of_compliance, 0 },
	{ "authorization-expired", authorization_expired, 0 },
	{ "id-renewal-failed", id_renewal_failed, 0 },
	{ "authorization-call-failed", authorization_call_failed, 0 },
	{ "no-licenses-in-use", no_licenses_in_use, 0 },
	{ "reserved", reserved, 1 },
	{ "id-expired", id_expired, 0 },
	{ "removed", removed, 1 },
};

#endif
