/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "text.h"

int
sl_agent_need_store(struct smartlic_agent *a, const char *what)
{
	if (a->has_store)
		return 0;
	return sl_fail(&a->err, SMARTLIC_E_STATE,
	    "%s: no store is set; smartlic_agent_set_store() comes first", what);
}

static int
begin_command(struct smartlic_agent *a, const char *what)
{
	if (sl_agent_enter(a) < 0 || sl_agent_need_store(a, what) < 0)
		return SMARTLIC_E_STATE;
	if (a->read_only)
		return sl_fail(
		    &a->err, SMARTLIC_E_STATE, "%s: the store was opened for reading only", what);
	sl_agent_tick(a);
	a->hold_until_ms = INT64_MIN;
	return 0;
}

static int
need_ready(struct smartlic_agent *a, const char *what)
{
	const char *missing = sl_agent_missing(a);

	if (missing[0] != '\0' && a->call_home != SL_CALL_HOME_ACTIVE)
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "%s: call-home is not active, so that nothing is sent: %s is missing; "
		    "'service active' in call-home and 'active' in its profile switch it on",
		    what, missing);
	if (missing[0] != '\0')
		return sl_fail(
		    &a->err, SMARTLIC_E_STATE, "%s: not configured: %s is missing", what, missing);
	if (!sl_agent_ready(a))
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "%s: no trust anchor, so that no answer could be believed; configure the "
		    "authority's root certificate",
		    what);
	return 0;
}

static int
need_identity(struct smartlic_agent *a, const char *what)
{
	if (sl_agent_has_identity(&a->rec))
		return 0;
	if (a->rec.open.type == SL_MSG_REGISTER)
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "%s: the device is not registered yet; the answer to its registration comes "
		    "first",
		    what);
	return sl_fail(&a->err, SMARTLIC_E_STATE,
	    "%s: the device is not registered; 'license smart register idtoken TOKEN' comes first",
	    what);
}

int
sl_agent_command(struct smartlic_agent *a, const char *what, enum sl_needs needs)
{
	int r = begin_command(a, what);

	if (r == 0 && needs >= SL_NEEDS_READY)
		r = need_ready(a, what);
	if (r == 0 && needs >= SL_NEEDS_IDENTITY)
		r = need_identity(a, what);
	return r;
}

void
sl_agent_hurry(struct smartlic_agent *a)
{
	if (a->rec.open.type != 0 && a->rec.open.type != SL_MSG_REPORT && !a->in_flight)
		sl_timer_arm(&a->rec.timers, SL_TIMER_SEND, sl_agent_now(a), 0);
	a->commanded = 1;
	a->resyncs = 0;
}

/* ---- register --------------------------------------------------------------------------- */

static int
may_register(struct smartlic_agent *a, int force)
{
	const struct sl_record *rec = &a->rec;

	if (force)
		return 0;
	if (rec->open.type == SL_MSG_REGISTER)
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "a registration is under way already and goes out again by itself; 'force' "
		    "replaces it and sends at once");
	if (sl_agent_has_identity(rec) && !rec->removed)
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "the device is registered already; 'force' registers it anew, 'license smart "
		    "deregister' gives the registration up");
	return 0;
}

void
sl_agent_cancel_open(struct smartlic_agent *a, struct sl_record *next)
{
	int type = next->open.type;

	if (sl_agent_timer_of(type) != SL_TIMERS)
		sl_timer_hurry(&next->timers, sl_agent_timer_of(type), sl_agent_now(a),
		    sl_agent_retry_ms(a, next, type));
	if (next->open.type == SL_MSG_REGISTER)
		sl_agent_feed(a, next, SL_REG_REGISTER_CANCELLED, "");
	if (next->open.type == SL_MSG_RENEW_ID)
		sl_agent_feed(a, next, SL_REG_RENEW_CANCELLED, "");
	if (next->open.type == SL_MSG_RESERVE)
		sl_agent_give_back_asked(a, next);
	sl_record_close(next);
	sl_timer_stop(&next->timers, SL_TIMER_FAREWELL_END);
}

int
smartlic_agent_register(struct smartlic_agent *agent, const char *token, uint32_t flags)
{
	struct smartlic_agent *a = agent;
	int force = (flags & SMARTLIC_REGISTER_FORCE) != 0, r;
	struct sl_token parsed = { 0 };
	struct sl_ask ask = { .type = SL_MSG_REGISTER, .token = &parsed, .force = force };
	struct sl_record next;

	r = sl_agent_command(a, "register", SL_NEEDS_READY);
	if (r == 0 && (flags & ~(uint32_t)SMARTLIC_REGISTER_FORCE) != 0)
		r = sl_fail(&a->err, SMARTLIC_E_INVAL,
		    "register: %#x has bits that this library does not know", (unsigned)flags);
	if (r == 0 && token == NULL)
		r = sl_fail(&a->err, SMARTLIC_E_INVAL, "register: no token");
	if (r == 0)
		r = may_register(a, force);
	if (r == 0)
		r = sl_token_parse(&parsed, token, &a->err);
	if (r < 0)
		goto out;
	sl_agent_begin(a, &next);
	sl_agent_cancel_open(a, &next);
	next.udi = a->udi;
	r = sl_agent_make(a, &next, &ask);
	if (r < 0) {
		sl_agent_abort(a, &next);
		goto out;
	}
	sl_agent_feed(a, &next, SL_REG_REGISTER, "");
	r = sl_agent_commit(a, &next, 1);
	if (r < 0)
		goto out;
	sl_agent_unsend(a);
	a->commanded = 1;
out:
	sl_wipe(&parsed, sizeof(parsed));
	return r;
}

/* ---- renewals --------------------------------------------------------------------------- */

static int
renew(struct smartlic_agent *a, const char *what, enum sl_msg_type type, enum sl_timer timer)
{
	int r;

	r = sl_agent_command(a, what, SL_NEEDS_IDENTITY);
	if (r < 0)
		return r;
	/* what is open is answered first; of the same kind, it is what was asked for */
	if (a->rec.open.type != (int32_t)type)
		sl_timer_arm(&a->rec.timers, timer, sl_agent_now(a), 0);
	/* a restart before it is answered forgets nothing */
	a->dirty = 1;
	sl_agent_hurry(a);
	return 0;
}

int
smartlic_agent_renew_id(struct smartlic_agent *agent)
{
	return renew(agent, "renew id", SL_MSG_RENEW_ID, SL_TIMER_RENEW_ID);
}

int
smartlic_agent_renew_auth(struct smartlic_agent *agent)
{
	return renew(agent, "renew auth", SL_MSG_AUTHORIZE, SL_TIMER_AUTHORIZE);
}

/* ---- deregister ------------------------------------------------------------------------- */

/* Nothing of the identity stays but the bytes that say farewell. */
static void
wipe_identity(struct smartlic_agent *a, struct sl_record *next)
{
	struct sl_moment now = sl_agent_now(a);
	int64_t left = sl_timer_wait(&next->timers, SL_TIMER_AUTH_END, now);

	sl_timers_init(&next->timers);
	sl_timer_arm(&next->timers, SL_TIMER_SEND, now, 0);
	sl_timer_arm(&next->timers, SL_TIMER_FAREWELL_END, now,
	    left == SL_NEVER ? SL_AUTH_LIFE_S * SL_SECOND_MS : left);
	next->current = (struct sl_identity){ 0 };
	next->previous = (struct sl_identity){ 0 };
	next->granted = NULL;
	next->n_granted = 0;
	sl_agent_forget_reservation(next);
	next->sequence = 0;
	next->removed = 0;
	next->ledger[0] = next->smart_account[0] = next->virtual_account[0] = '\0';
	next->registration_expires_s = next->deadline_s = SL_NO_TIME;
	next->renew_due_s = next->id_from_s = SL_NO_TIME;
	next->initial_registration = (struct sl_attempt){ .time_ms = SL_NO_TIME };
	next->last_renewal = next->last_communication = next->initial_registration;
	/* the policy stays: it says how often an authority out of reach is called */
	sl_agent_feed_auth(a, next, SL_AUTH_FORGET, "");
	sl_agent_feed(a, next, SL_REG_DEREGISTER, "");
	/* what was not reported yet is of the account that is left */
	sl_usage_forget(&next->usage);
	sl_agent_evaluate(a, next);
}

int
smartlic_agent_deregister(struct smartlic_agent *agent)
{
	struct smartlic_agent *a = agent;
	struct sl_ask ask = { .type = SL_MSG_DEREGISTER };
	struct sl_buf bytes = { 0 };
	struct sl_record next;
	int r;

	r = sl_agent_command(a, "deregister", SL_NEEDS_STORE);
	if (r < 0)
		return r;
	if (a->rec.open.type == SL_MSG_DEREGISTER) {
		sl_agent_hurry(a);
		return 0;
	}
	if (!sl_agent_has_identity(&a->rec))
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "the device is not registered; there is nothing to give back");
	sl_agent_begin(a, &next);
	sl_agent_cancel_open(a, &next);
	r = sl_agent_make(a, &next, &ask);
	/* signed now: the key is about to go */
	if (r == 0)
		r = sl_agent_sign(a, &next, 0, 1, &bytes);
	if (r < 0) {
		sl_buf_free(&bytes);
		sl_agent_abort(a, &next);
		return r;
	}
	sl_buf_free(&next.open.content);
	next.open.content = bytes;
	wipe_identity(a, &next);
	/* in both slots: no key stays behind in the other one */
	r = sl_agent_commit(a, &next, 1);
	if (r < 0)
		return r;
	sl_agent_unsend(a);
	a->commanded = 1;
	return 0;
}

/* ---- clock accept ----------------------------------------------------------------------- */

int
smartlic_agent_clock_accept(struct smartlic_agent *agent)
{
	struct smartlic_agent *a = agent;
	struct sl_record next;
	int r;

	r = sl_agent_command(a, "clock accept", SL_NEEDS_STORE);
	if (r < 0)
		return r;
	if (a->foreign)
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "clock accept: the trusted store is another device's; register this one first");
	sl_agent_hurry(a);
	if (a->rec.clock.accept)
		return 0;
	sl_agent_begin(a, &next);
	next.clock.accept = 1;
	sl_agent_note(a, SL_NOTE_CLOCK_ACCEPT, "%s", "");
	return sl_agent_commit(a, &next, 1);
}

/* ---- cancel ----------------------------------------------------------------------------- */

int
smartlic_agent_cancel(struct smartlic_agent *agent)
{
	struct smartlic_agent *a = agent;
	struct sl_record next;
	int32_t type;
	int r;

	r = sl_agent_command(a, "cancel", SL_NEEDS_STORE);
	if (r < 0)
		return r;
	type = a->rec.open.type;
	if (type == 0)
		return 0;
	if (type == SL_MSG_DEREGISTER)
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "a deregistration cannot be cancelled: the identity is gone; register anew");
	sl_agent_begin(a, &next);
	sl_agent_cancel_open(a, &next);
	r = sl_agent_commit(a, &next, 1);
	if (r < 0)
		return r;
	sl_agent_unsend(a);
	return 1;
}
