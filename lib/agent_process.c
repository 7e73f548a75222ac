/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "agent.h"
#include "plugin.h"

/* ---- what there is to do, in this order; each returns 1 when it did something ------------- */

static int
listen_step(struct smartlic_agent *a)
{
	struct smartlic_outcome outcome = { .size = sizeof(outcome), .retry_after_ms = -1 };

	if (!a->in_flight)
		return 0;
	if (a->ops->step(a->tp, &outcome) == 1) {
		outcome.text[sizeof(outcome.text) - 1] = '\0';
		if (outcome.body == NULL)
			outcome.len = 0;
		return sl_agent_outcome(a, &outcome);
	}
	if (sl_agent_is_deferred(a) || a->mono_ms - a->sent_ms < SL_SEND_TIMEOUT_MS)
		return 0;
	a->ops->cancel(a->tp);
	return sl_agent_comm_failed(a, SMARTLIC_E_COMM, "no answer within two minutes", -1);
}

static int
find_transport(struct smartlic_agent *a)
{
	struct smartlic_error err = { 0 };
	int r;

	if (a->ops != NULL)
		return 0;
	r = sl_plugin_find(&a->ops, a->transport, a->transport_dir, &err);
	if (r == 0)
		return 0;
	r = sl_agent_comm_failed(a, SMARTLIC_E_TRANSPORT, err.text, -1);
	return r < 0 ? r : 1;
}

/* A report makes way for whatever else is due, since another one can carry its samples; but not
 * while it may be answered any moment and nobody waits. */
static int
makes_way(const struct smartlic_agent *a)
{
	return a->rec.open.type == SL_MSG_REPORT &&
	       (!a->in_flight || a->commanded ||
		   (a->ops->flags & SMARTLIC_TRANSPORT_DEFERRED) != 0);
}

/* Which request is due; 0: none. */
static int
due(const struct smartlic_agent *a)
{
	const struct sl_record *rec = &a->rec;
	struct sl_moment now = sl_agent_now(a);

	if ((rec->open.type != 0 && !makes_way(a)) || !sl_agent_has_identity(rec) ||
	    !sl_agent_ready(a))
		return 0;
	if (sl_timer_due(&rec->timers, SL_TIMER_RENEW_ID, now))
		return SL_MSG_RENEW_ID;
	if (sl_timer_due(&rec->timers, SL_TIMER_RETURN, now))
		return SL_MSG_RETURN;
	if (sl_timer_due(&rec->timers, SL_TIMER_AUTHORIZE, now))
		return SL_MSG_AUTHORIZE;
	if (rec->open.type == 0 && sl_timer_due(&rec->timers, SL_TIMER_REPORT, now) &&
	    sl_agent_may_report(rec))
		return SL_MSG_REPORT;
	return 0;
}

static int
send_step(struct smartlic_agent *a)
{
	int r;

	if (a->in_flight || a->rec.open.type == 0 || due(a) != 0 || !sl_agent_ready(a) ||
	    !sl_timer_due(&a->rec.timers, SL_TIMER_SEND, sl_agent_now(a)))
		return 0;
	r = find_transport(a);
	return r != 0 ? r : sl_agent_send(a);
}

/* It stands in both slots before it is sent. */
static int
ask_step(struct smartlic_agent *a)
{
	struct sl_ask ask = { .type = (enum sl_msg_type)due(a) };
	struct sl_record next;
	int r;

	if (ask.type == 0)
		return 0;
	sl_agent_begin(a, &next);
	if (next.open.type == SL_MSG_REPORT)
		sl_agent_close_report(a, &next, 0);
	sl_timer_stop(&next.timers, sl_agent_timer_of((int)ask.type));
	r = sl_agent_make(a, &next, &ask);
	if (r < 0) {
		sl_agent_abort(a, &next);
		return r;
	}
	r = sl_agent_commit(a, &next, 1);
	if (r < 0)
		return r;
	sl_agent_unsend(a);
	return 1;
}

static int
must_save(const struct smartlic_agent *a)
{
	return !a->foreign &&
	       (a->dirty || sl_timer_due(&a->rec.timers, SL_TIMER_STORE_FLOOR, sl_agent_now(a)));
}

static int
save_step(struct smartlic_agent *a)
{
	struct sl_record next;

	if (!must_save(a))
		return 0;
	sl_agent_begin(a, &next);
	return sl_agent_commit(a, &next, 0);
}

int
smartlic_agent_process(struct smartlic_agent *agent)
{
	static int (*const steps[])(struct smartlic_agent * a) = { listen_step, sl_agent_expire,
		sl_agent_notice, sl_agent_evaluation, sl_agent_collect, send_step, ask_step,
		save_step };
	struct smartlic_agent *a = agent;
	int r = 0;

	if (sl_agent_enter(a) < 0)
		return SMARTLIC_E_STATE;
	if (!a->has_store || a->read_only)
		return sl_fail(
		    &a->err, SMARTLIC_E_STATE, "process: a store that may be written is needed");
	sl_agent_tick(a);
	if (a->mono_ms < a->hold_until_ms)
		return 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && r == 0; i++)
		r = steps[i](a);
	/* a full disk or want of memory is not mended by trying in a loop */
	if (r < 0)
		a->hold_until_ms = a->mono_ms + SL_LOCAL_RETRY_MS;
	return r;
}

/* ---- when, and for what to wait ----------------------------------------------------------- */

int
smartlic_agent_pollfds(struct smartlic_agent *agent, struct pollfd *fds, size_t *n)
{
	if (agent->in_flight && agent->mono_ms >= agent->hold_until_ms)
		return agent->ops->pollfds(agent->tp, fds, n);
	*n = 0;
	return 0;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Milliseconds until a timer needs us; SL_NEVER for those that nothing is done about. */
static int64_t
timer_wait(const struct smartlic_agent *a, enum sl_timer which)
{
	int ready = sl_agent_ready(a), open = a->rec.open.type != 0, wanted = 1;
	int known = sl_agent_has_identity(&a->rec);

	switch (which) {
	case SL_TIMER_SEND:
		wanted = ready && open && !a->in_flight;
		break;
	case SL_TIMER_AUTHORIZE:
	case SL_TIMER_RENEW_ID:
	case SL_TIMER_RETURN:
		wanted = ready && known && (!open || makes_way(a));
		break;
	case SL_TIMER_REPORT:
		wanted = ready && known && !open && sl_agent_may_report(&a->rec);
		break;
	case SL_TIMER_COLLECT:
		wanted = known && !a->foreign;
		break;
	case SL_TIMER_EVAL_END:
		return sl_agent_evaluation_wait(a);
	case SL_TIMER_STORE_FLOOR:
		wanted = !a->foreign;
		break;
	case SL_TIMER_ID_END:
	case SL_TIMER_AUTH_END:
	case SL_TIMER_FAREWELL_END:
	case SL_TIMER_RESERVATION_END:
	case SL_TIMERS:
		break;
	}
	return wanted ? sl_timer_wait(&a->rec.timers, which, sl_agent_now(a)) : SL_NEVER;
}

int64_t
smartlic_agent_deadline(struct smartlic_agent *agent)
{
	struct smartlic_agent *a = agent;
	int64_t wait = SL_NEVER, at;

	if (!a->has_store || a->read_only)
		return SL_NEVER;
	sl_agent_tick(a);
	for (int i = 0; i < SL_TIMERS; i++)
		wait = least(wait, timer_wait(a, (enum sl_timer)i));
	if (a->dirty && !a->foreign)
		wait = 0;
	at = wait == SL_NEVER || wait > INT64_MAX - a->mono_ms ? SL_NEVER : a->mono_ms + wait;
	if (a->in_flight) {
		at = least(at, a->ops->deadline(a->tp));
		if (!sl_agent_is_deferred(a))
			at = least(at, a->sent_ms + SL_SEND_TIMEOUT_MS);
	}
	return at < a->hold_until_ms ? a->hold_until_ms : at;
}

int
smartlic_agent_busy(const struct smartlic_agent *agent)
{
	const struct smartlic_agent *a = agent;
	int asks = due(a);

	if (!a->has_store || a->read_only)
		return 0;
	/* days may go by: what there is to do now is what the transport has to do now */
	if (a->in_flight && sl_agent_is_deferred(a))
		return a->ops->deadline(a->tp) <= a->mono_ms;
	/* nobody waits for a report */
	if (a->rec.open.type == SL_MSG_REPORT || asks == SL_MSG_REPORT)
		return asks != 0 && asks != SL_MSG_REPORT;
	if (a->in_flight)
		return 1;
	if (a->rec.open.type != 0)
		return sl_agent_ready(a) &&
		       sl_timer_due(&a->rec.timers, SL_TIMER_SEND, sl_agent_now(a));
	return asks != 0;
}

int
smartlic_agent_next_event(struct smartlic_agent *agent, struct smartlic_event *ret)
{
	const struct sl_journal_entry *e;
	const struct sl_note_row *row;
	size_t size = ret != NULL ? ret->size : 0;

	sl_error_clear(&agent->err);
	if (ret == NULL)
		return sl_fail(&agent->err, SMARTLIC_E_INVAL, "next_event: nowhere to put it");
	if (size < sizeof(*ret))
		return sl_fail(&agent->err, SMARTLIC_E_ABI,
		    "next_event: set size to sizeof(struct smartlic_event)");
	e = sl_journal_take(&agent->journal);
	if (e == NULL)
		return 0;
	row = sl_note_row(e->note);
	*ret = (struct smartlic_event){
		.size = size,
		.type = row->event,
		.severity = row->severity,
		.time_ms = e->time_ms,
		.message = e->text,
	};
	return 1;
}
