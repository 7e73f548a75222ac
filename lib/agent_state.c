/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "agent.h"

int
sl_agent_has_identity(const struct sl_record *rec)
{
	return rec->current.instance[0] != '\0';
}

/* ---- configured or not ------------------------------------------------------------------ */

int
sl_agent_goes_by_file(const struct smartlic_agent *a)
{
	return strcmp(a->transport, "file") == 0;
}

int
sl_agent_is_deferred(const struct smartlic_agent *a)
{
	return a->ops != NULL && (a->ops->flags & SMARTLIC_TRANSPORT_DEFERRED) != 0;
}

static int
goes_by_satellite(const struct smartlic_agent *a)
{
	return strcmp(a->transport, SL_TRANSPORT_SATELLITE) == 0;
}

const char *
sl_agent_way(const struct smartlic_agent *a)
{
	const char *way =
	    sl_options_get(&a->options, sl_agent_goes_by_file(a) ? "outbox" : "destination");

	return way == NULL && goes_by_satellite(a) ? sl_options_get(&a->options, "srv-domain")
						   : way;
}

static int
has_destination(const struct smartlic_agent *a)
{
	const char *destination = sl_agent_way(a);

	/* a host's own table knows its way; one that is found by name is told */
	if (a->ops != NULL)
		return 1;
	return a->transport[0] != '\0' && destination != NULL && destination[0] != '\0';
}

const char *
sl_agent_missing(const struct smartlic_agent *a)
{
	static const char *const way[][2] = {
		[SL_CALL_HOME_ACTIVE] = { "destination", "udi and destination" },
		[SL_CALL_HOME_NO_SERVICE] = { "call-home service", "udi and call-home service" },
		[SL_CALL_HOME_NO_PROFILE] = { "call-home profile", "udi and call-home profile" },
	};
	int no_udi = a->udi.pid[0] == '\0';

	if (!has_destination(a) && sl_agent_goes_by_file(a))
		return no_udi ? "udi and outbox" : "outbox";
	if (!has_destination(a) && goes_by_satellite(a) && a->call_home == SL_CALL_HOME_ACTIVE)
		return no_udi ? "udi and satellite" : "satellite";
	if (!has_destination(a))
		return way[a->call_home][no_udi];
	return no_udi ? "udi" : "";
}

int
sl_agent_ready(const struct smartlic_agent *a)
{
	return sl_agent_missing(a)[0] == '\0' && a->trust != NULL && sl_trust_anchors(a->trust) > 0;
}

void
sl_agent_configured(struct smartlic_agent *a)
{
	sl_agent_feed(
	    a, &a->rec, sl_agent_missing(a)[0] == '\0' ? SL_REG_CONFIGURE : SL_REG_UNCONFIGURE, "");
	/* a folder is looked into at every start, whatever failed before: the stick may be back */
	if (sl_agent_goes_by_file(a) && a->rec.open.type != 0 && !a->in_flight && !a->read_only)
		sl_timer_arm(&a->rec.timers, SL_TIMER_SEND, sl_agent_now(a), 0);
}

/* ---- registration ----------------------------------------------------------------------- */

static int64_t
register_retry_ms(struct smartlic_agent *a)
{
	return sl_jitter_ms(SL_REGISTER_RETRY_MS, sl_agent_random(a));
}

/* After a failure, by what is held and what was asked: hourly as a rule, daily where it is of
 * little use. */
int64_t
sl_agent_retry_ms(struct smartlic_agent *a, const struct sl_record *rec, int type)
{
	if (type == SL_MSG_REGISTER && !sl_agent_is_deferred(a))
		return register_retry_ms(a);
	if (rec->registration == SMARTLIC_REG_EXPIRED || rec->removed)
		return sl_jitter_ms(SL_DAILY_MS, sl_agent_random(a));
	return sl_jitter_ms(rec->policy.retry_s * SL_SECOND_MS, sl_agent_random(a));
}

enum sl_timer
sl_agent_timer_of(int type)
{
	switch (type) {
	case SL_MSG_RENEW_ID:
		return SL_TIMER_RENEW_ID;
	case SL_MSG_AUTHORIZE:
		return SL_TIMER_AUTHORIZE;
	case SL_MSG_REPORT:
		return SL_TIMER_REPORT;
	case SL_MSG_RETURN:
		return SL_TIMER_RETURN;
	default:
		return SL_TIMERS;
	}
}

void
sl_agent_feed(
    struct smartlic_agent *a, struct sl_record *rec, enum sl_reg_event ev, const char *details)
{
	const struct sl_reg_row *row =
	    sl_reg_next((enum smartlic_registration)rec->registration, ev);
	struct sl_moment now = sl_agent_now(a);

	if (row == NULL)
		return;
	rec->registration = (int32_t)row->to;
	switch (row->act) {
	case SL_REG_ACT_NONE:
		break;
	case SL_REG_ACT_REGISTERED:
		sl_agent_note(a, SL_NOTE_REGISTERED, "%s", details);
		break;
	case SL_REG_ACT_REGISTER_FAILED:
		sl_agent_note(a, SL_NOTE_REGISTER_FAILED, "%s", details);
		break;
	case SL_REG_ACT_REGISTER_WAIT:
	case SL_REG_ACT_RENEW_WAIT:
		sl_timer_arm(
		    &rec->timers, SL_TIMER_SEND, now, sl_agent_retry_ms(a, rec, rec->open.type));
		break;
	case SL_REG_ACT_RENEWED:
		sl_agent_note(a, SL_NOTE_ID_RENEWED, "%s", details);
		break;
	case SL_REG_ACT_RENEW_FAILED:
		if (details[0] != '\0')
			sl_agent_note(a, SL_NOTE_ID_RENEW_FAILED, "%s", details);
		sl_timer_arm(&rec->timers, SL_TIMER_RENEW_ID, now,
		    sl_agent_retry_ms(a, rec, SL_MSG_RENEW_ID));
		break;
	case SL_REG_ACT_ID_EXPIRED:
		sl_agent_note(a, SL_NOTE_ID_EXPIRED, "%s", "");
		sl_timer_hurry(&rec->timers, SL_TIMER_RENEW_ID, now,
		    sl_agent_retry_ms(a, rec, SL_MSG_RENEW_ID));
		break;
	}
}

/* ---- authorization ---------------------------------------------------------------------- */

/* What the message of the action does not tell of a change. */
static void
note_mode(struct smartlic_agent *a, const struct sl_record *rec, enum smartlic_authorization from,
    enum smartlic_authorization to)
{
	int granted = to == SMARTLIC_AUTH_AUTHORIZED || to == SMARTLIC_AUTH_OUT_OF_COMPLIANCE;

	if (from == to)
		return;
	/* one that is held still covers less than is in use */
	if (from == SMARTLIC_AUTH_RESERVED && granted && !sl_agent_is_reserved(rec))
		sl_agent_note(a, SL_NOTE_RESERVATION_LOST, "%s, and to be renewed from now on",
		    sl_auth_state_name(to));
	else if ((from == SMARTLIC_AUTH_RESERVED && granted) ||
		 (to == SMARTLIC_AUTH_RESERVED && from != SMARTLIC_AUTH_OUT_OF_COMPLIANCE) ||
		 (to == SMARTLIC_AUTH_AUTHORIZED && from != SMARTLIC_AUTH_NONE &&
		     from != SMARTLIC_AUTH_OUT_OF_COMPLIANCE))
		sl_agent_note(a, SL_NOTE_ENFORCEMENT_MODE, "from %s to %s",
		    sl_auth_state_name(from), sl_auth_state_name(to));
}

void
sl_agent_feed_auth(
    struct smartlic_agent *a, struct sl_record *rec, enum sl_auth_event ev, const char *details)
{
	const struct sl_auth_row *row =
	    sl_auth_next((enum smartlic_authorization)rec->authorization, ev);
	enum smartlic_authorization from = (enum smartlic_authorization)rec->authorization;

	if (row == NULL)
		return;
	if (row->to != from)
		rec->authorization_since_ms = row->to == SMARTLIC_AUTH_NONE ? SL_NO_TIME
					      : row->to == SMARTLIC_AUTH_EVALUATION_EXPIRED
						  ? rec->evaluation.ended_ms
						  : a->wall_ms;
	rec->authorization = (int32_t)row->to;
	switch (row->act) {
	case SL_AUTH_ACT_NONE:
		break;
	case SL_AUTH_ACT_AUTHORIZED:
		sl_agent_note(a,
		    from == SMARTLIC_AUTH_OUT_OF_COMPLIANCE ? SL_NOTE_IN_COMPLIANCE
							    : SL_NOTE_AUTHORIZED,
		    "%s", details);
		break;
	case SL_AUTH_ACT_OUT_OF_COMPLIANCE:
		/* one message a change of state */
		if (row->to != from)
			sl_agent_note(a, SL_NOTE_OUT_OF_COMPLIANCE, "%s", details);
		break;
	case SL_AUTH_ACT_EXPIRED:
		sl_agent_note(a, SL_NOTE_AUTH_EXPIRED, "%s", "");
		break;
	case SL_AUTH_ACT_EVAL_STARTED:
		sl_agent_note(a, SL_NOTE_EVAL_STARTED, "%s", details);
		break;
	case SL_AUTH_ACT_EVAL_EXPIRED:
		sl_agent_note(a, SL_NOTE_EVAL_EXPIRED, "%s", details);
		break;
	}
	note_mode(a, rec, from, row->to);
}

/* ---- what ends by itself ---------------------------------------------------------------- */

static int
ended(const struct smartlic_agent *a, enum sl_timer which)
{
	return sl_timer_due(&a->rec.timers, which, sl_agent_now(a));
}

int
sl_agent_expire(struct smartlic_agent *a)
{
	struct sl_record next;
	int farewell = ended(a, SL_TIMER_FAREWELL_END), r;

	if (!ended(a, SL_TIMER_ID_END) && !ended(a, SL_TIMER_AUTH_END) &&
	    !ended(a, SL_TIMER_RESERVATION_END) && !farewell)
		return 0;
	sl_agent_begin(a, &next);
	if (ended(a, SL_TIMER_ID_END)) {
		sl_timer_stop(&next.timers, SL_TIMER_ID_END);
		sl_agent_feed(a, &next, SL_REG_ID_ENDED, "");
	}
	if (ended(a, SL_TIMER_AUTH_END)) {
		sl_timer_stop(&next.timers, SL_TIMER_AUTH_END);
		/* what went beyond the reservation may not be in use any more */
		if (sl_agent_is_covered(&next) && !ended(a, SL_TIMER_RESERVATION_END))
			sl_agent_feed_auth(
			    a, &next, SL_AUTH_RESERVED, "what is in use is reserved");
		else
			sl_agent_feed_auth(a, &next, SL_AUTH_ENDED, "");
	}
	if (ended(a, SL_TIMER_RESERVATION_END))
		sl_agent_reservation_ended(a, &next);
	if (farewell) {
		/* the authority has released the licenses by itself */
		sl_timer_stop(&next.timers, SL_TIMER_FAREWELL_END);
		sl_record_close(&next);
		sl_agent_note(a, SL_NOTE_DEREGISTER_FAILED, "%s",
		    "The authority could not be told until the communication deadline, at which it "
		    "releases the licenses by itself.");
	}
	r = sl_agent_commit(a, &next, 0);
	if (r == 0 && farewell)
		sl_agent_unsend(a);
	return r < 0 ? r : 1;
}
