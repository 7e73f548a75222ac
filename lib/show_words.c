/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "show.h"
#include "text.h"

/* Each state once, with its words in every form. */

static const struct words {
	int state;
	const char *printed, *json;
} registrations[] = {
	{ SMARTLIC_REG_UNIDENTIFIED, "UNREGISTERED", "not-registered" },
	{ SMARTLIC_REG_UNCONFIGURED, "UNCONFIGURED", "unconfigured" },
	{ SMARTLIC_REG_REGISTERING, "REGISTERING - REGISTRATION IN PROGRESS", "in-progress" },
	{ SMARTLIC_REG_RETRY_WAIT, "UNREGISTERED - REGISTRATION FAILED", "retry" },
	{ SMARTLIC_REG_REGISTERED, "REGISTERED", "complete" },
	{ SMARTLIC_REG_RENEWING, "REGISTERED", "complete" },
	{ SMARTLIC_REG_EXPIRED, "REGISTRATION EXPIRED", "not-registered" },
};
/* a registration that was refused: not tried again by itself */
static const struct words refused = { SMARTLIC_REG_UNIDENTIFIED,
	"UNREGISTERED - REGISTRATION FAILED", "failed" };

static const struct words *
registration(const struct smartlic_status *st)
{
	size_t i = sizeof(registrations) / sizeof(registrations[0]);

	while (--i > 0)
		if (registrations[i].state == st->registration)
			return &registrations[i];
	return st->initial_registration.outcome == SMARTLIC_ATTEMPT_FAILED ? &refused
									   : &registrations[0];
}

const char *
sl_show_registration(const struct smartlic_status *st)
{
	return registration(st)->printed;
}

const char *
sl_show_registration_json(const struct smartlic_status *st)
{
	return registration(st)->json;
}

/* AUTHORIZED stands in good states only: monitors look for the word. */
static const struct {
	int authorization;
	const char *heading, *entitlement, *json;
} auth_words[] = {
	{ SMARTLIC_AUTH_NONE, NULL, "WAITING", "none" },
	{ SMARTLIC_AUTH_EVALUATION, "EVAL MODE", "EVAL MODE", "eval" },
	{ SMARTLIC_AUTH_EVALUATION_EXPIRED, "EVAL EXPIRED", "EVAL EXPIRED", "eval-expired" },
	{ SMARTLIC_AUTH_AUTHORIZED, "AUTHORIZED", "AUTHORIZED", "authorized" },
	{ SMARTLIC_AUTH_OUT_OF_COMPLIANCE, "OUT OF COMPLIANCE", "OUT OF COMPLIANCE",
	    "out-of-compliance" },
	{ SMARTLIC_AUTH_EXPIRED, "AUTHORIZATION EXPIRED", "AUTH EXPIRED", "expired" },
	{ SMARTLIC_AUTH_RESERVED, "AUTHORIZED - RESERVED", "AUTHORIZED - RESERVED",
	    "authorized-reservation" },
};

static size_t
auth_find(int authorization)
{
	size_t i = sizeof(auth_words) / sizeof(auth_words[0]);

	while (--i > 0)
		if (auth_words[i].authorization == authorization)
			break;
	return i;
}

const char *
sl_show_authorization(int authorization)
{
	return auth_words[auth_find(authorization)].heading;
}

const char *
sl_show_entitlement(int authorization)
{
	return auth_words[auth_find(authorization)].entitlement;
}

const char *
sl_show_authorization_json(int authorization)
{
	return auth_words[auth_find(authorization)].json;
}

static const struct words outcomes[] = {
	{ SMARTLIC_ATTEMPT_NONE, "None", "none" },
	{ SMARTLIC_ATTEMPT_SUCCEEDED, "SUCCEEDED", "succeeded" },
	{ SMARTLIC_ATTEMPT_FAILED, "FAILED", "failed" },
};

static const struct words *
outcome_find(int outcome)
{
	size_t i = sizeof(outcomes) / sizeof(outcomes[0]);

	while (--i > 0)
		if (outcomes[i].state == outcome)
			break;
	return &outcomes[i];
}

const char *
sl_show_outcome(int outcome)
{
	return outcome_find(outcome)->printed;
}

const char *
sl_show_outcome_json(int outcome)
{
	return outcome_find(outcome)->json;
}

const char *
sl_show_part(enum sl_trace_part part)
{
	static const char *const names[SL_TRACE_PARTS] = {
		[SL_TRACE_AGENT] = "agent",
		[SL_TRACE_PLATFORM] = "platform",
		[SL_TRACE_CALL_HOME] = "call-home",
	};

	return names[part];
}

void
sl_show_time(struct sl_buf *ret, int64_t wall_ms,
    int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret),
    void *userdata)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	struct smartlic_local_time t = { 0 };
	char utc[SL_TIME_SIZE];

	/* A host that cannot tell its zone still shows a moment that can be read. */
	if (local_time == NULL || local_time(userdata, wall_ms, &t) < 0 || t.month < 1 ||
	    t.month > 12 || t.weekday < 0 || t.weekday > 6) {
		sl_time(utc, wall_ms / 1000);
		sl_buf_puts(ret, utc);
		return;
	}
	sl_buf_printf(ret, "%s %s %02d %d %02d:%02d:%02d", days[t.weekday], months[t.month - 1],
	    t.day, t.year, t.hour, t.minute, t.second);
	if (t.zone[0] != '\0')
		sl_buf_printf(ret, " %.*s", (int)sizeof(t.zone), t.zone);
}
