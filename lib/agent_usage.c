/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "agent.h"
#include "text.h"

/*
 * Usage is collected while an identity is held: samples are for the account that it belongs to.
 * Without one, use is metered against the evaluation period.
 */

/* The date that samples bear decides nothing, so that a signed time which waits to be confirmed is
 * good enough: a new device knows but the date of its build otherwise. */
static struct sl_usage_time
usage_time(const struct smartlic_agent *a)
{
	const struct sl_clock *clock = &a->rec.clock;
	int64_t date_s = sl_clock_floor(clock), ahead_s = SL_NO_TIME;

	if (clock->ahead_s != SL_NO_TIME)
		ahead_s = clock->ahead_s + (clock->elapsed_ms - clock->ahead_elapsed_ms) / 1000;
	return (struct sl_usage_time){
		.elapsed_ms = clock->elapsed_ms,
		.date_s = ahead_s > date_s ? ahead_s : date_s,
		.wall_ms = a->wall_ms,
		.reporting = a->rec.open.type == SL_MSG_REPORT,
	};
}

/* ---- when ------------------------------------------------------------------------------- */

/* From one collection to the next, whenever the last one came about: hours do not drift. */
static void
arm_collection(struct smartlic_agent *a, struct sl_record *rec)
{
	int64_t span = rec->policy.collect_s * SL_SECOND_MS;
	int64_t due = rec->timers.due[SL_TIMER_COLLECT].elapsed_ms;
	struct sl_moment now = sl_agent_now(a);
	int64_t late =
	    due != SL_NEVER && due >= 0 && now.elapsed_ms > due ? now.elapsed_ms - due : 0;

	sl_timer_arm(&rec->timers, SL_TIMER_COLLECT, now, span - late % span);
}

/* A report's time is a collection's: with the usual policy every 24th. */
static void
arm_report(struct smartlic_agent *a, struct sl_record *rec)
{
	int64_t collect_s = rec->policy.collect_s;
	int64_t times = (rec->policy.report_s + collect_s - 1) / collect_s;
	struct sl_moment now = sl_agent_now(a);

	sl_timer_arm(&rec->timers, SL_TIMER_REPORT, now,
	    sl_timer_wait(&rec->timers, SL_TIMER_COLLECT, now) +
		(times - 1) * collect_s * SL_SECOND_MS);
}

void
sl_agent_usage_arm(struct smartlic_agent *a, struct sl_record *rec)
{
	sl_timer_stop(&rec->timers, SL_TIMER_COLLECT);
	arm_collection(a, rec);
	arm_report(a, rec);
}

int
sl_agent_usage_begin(struct smartlic_agent *a, struct sl_record *rec)
{
	int r;

	if (!sl_agent_has_identity(rec))
		return 0;
	if (!rec->usage.running) {
		r = sl_usage_begin(
		    &rec->usage, rec->clock.elapsed_ms, rec->counted, rec->n_counted, &a->err);
		if (r < 0)
			return r;
	}
	if (!sl_timer_is_armed(&rec->timers, SL_TIMER_COLLECT))
		sl_agent_usage_arm(a, rec);
	return 0;
}

int
sl_agent_may_report(const struct sl_record *rec)
{
	/* where nothing is answered, one kind of request a day is enough to find out */
	return !rec->removed && rec->registration != SMARTLIC_REG_EXPIRED &&
	       sl_usage_waiting(&rec->usage) > 0;
}

/* ---- collecting ------------------------------------------------------------------------- */

int
sl_agent_collect(struct smartlic_agent *a)
{
	struct sl_usage_time now = usage_time(a);
	struct sl_record next;
	int r;

	if (a->foreign || !sl_agent_has_identity(&a->rec) ||
	    !sl_timer_due(&a->rec.timers, SL_TIMER_COLLECT, sl_agent_now(a)))
		return 0;
	/* the highest counts are kept at each change; until an hour is over there is nothing that
	 * would be worth a write */
	if (sl_usage_hours(&a->rec.usage, now.elapsed_ms) == 0) {
		arm_collection(a, &a->rec);
		a->rec.usage.collected_ms = a->wall_ms;
		return 0;
	}
	sl_agent_begin(a, &next);
	r = sl_usage_collect(
	    &next.usage, &a->rec.usage, &now, a->rec.counted, a->rec.n_counted, &a->err);
	if (r < 0) {
		sl_agent_abort(a, &next);
		return r;
	}
	arm_collection(a, &next);
	if (sl_timer_due(&next.timers, SL_TIMER_REPORT, sl_agent_now(a)) &&
	    sl_usage_waiting(&next.usage) == 0)
		arm_report(a, &next);
	r = sl_agent_commit(a, &next, 0);
	return r < 0 ? r : 1;
}

/* ---- reports ---------------------------------------------------------------------------- */

void
sl_agent_close_report(struct smartlic_agent *a, struct sl_record *next, int64_t again_ms)
{
	sl_record_close(next);
	sl_timer_hurry(&next->timers, SL_TIMER_REPORT, sl_agent_now(a), again_ms);
}

int
sl_agent_apply_report(
    struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	struct sl_usage_book from = next->usage;
	char at[SL_TIME_SIZE];
	int r;

	r = sl_usage_acknowledge(&next->usage, &from, answer->reply->acknowledged,
	    next->open.last_n, a->wall_ms, &a->err);
	if (r < 0)
		return r;
	sl_record_close(next);
	if (r > 0) {
		/* the rest, at once */
		sl_timer_arm(&next->timers, SL_TIMER_REPORT, sl_agent_now(a), 0);
		return 0;
	}
	arm_report(a, next);
	if (sl_usage_waiting(&next->usage) == 0) {
		sl_time(at, answer->reply->time_s);
		sl_agent_note(a, SL_NOTE_REPORT_ACKNOWLEDGED, "all that was collected, at %s", at);
	}
	return 0;
}

void
sl_agent_ledger_changed(struct smartlic_agent *a, struct sl_record *next, int type)
{
	sl_agent_trace(a, "the authority's ledger is another one: usage is sent again");
	/* unless the new one has just been told what is in use, and at most once a day */
	if (type != SL_MSG_AUTHORIZE && type != SL_MSG_REGISTER &&
	    sl_usage_may_resend(&next->usage, next->clock.elapsed_ms))
		sl_timer_hurry(&next->timers, SL_TIMER_AUTHORIZE, sl_agent_now(a), 0);
	sl_usage_resend(&next->usage);
}

/* ---- evaluation ------------------------------------------------------------------------- */

static int
in_use(const struct sl_record *rec)
{
	for (size_t i = 0; i < rec->n_counted; i++)
		if (rec->counted[i].count > 0)
			return 1;
	return 0;
}

int64_t
sl_agent_evaluation_ms(const struct smartlic_agent *a, const struct sl_record *rec)
{
	if (sl_timer_is_armed(&rec->timers, SL_TIMER_EVAL_END))
		return sl_timer_wait(&rec->timers, SL_TIMER_EVAL_END, sl_agent_now(a));
	return rec->evaluation.left_ms;
}

enum step { NOTHING = 0, START, PAUSE, END, WARN };

/* What is to change for the state of the evaluation to be true. */
static enum step
evaluation_step(const struct smartlic_agent *a, const struct sl_record *rec)
{
	int runs = sl_timer_is_armed(&rec->timers, SL_TIMER_EVAL_END);
	int64_t left = sl_agent_evaluation_ms(a, rec);
	int32_t state = rec->authorization;

	if (sl_agent_has_identity(rec) || (left > 0 && !in_use(rec)))
		return runs || state == SMARTLIC_AUTH_EVALUATION ? PAUSE : NOTHING;
	if (left == 0)
		return runs || state == SMARTLIC_AUTH_NONE || state == SMARTLIC_AUTH_EVALUATION
			   ? END
			   : NOTHING;
	if (!runs)
		return START;
	return !rec->evaluation.warned && left <= SL_EVALUATION_WARN_MS ? WARN : NOTHING;
}

static void
name_span(char *ret, size_t size, int64_t ms)
{
	(void)snprintf(ret, size, "%d days and %d hours of use are left", (int)(ms / SL_DAY_MS),
	    (int)(ms % SL_DAY_MS / SL_HOUR_MS));
}

void
sl_agent_evaluate(struct smartlic_agent *a, struct sl_record *rec)
{
	int64_t left = sl_agent_evaluation_ms(a, rec);
	char text[80];

	name_span(text, sizeof(text), left);
	switch (evaluation_step(a, rec)) {
	case NOTHING:
		break;
	case START:
		sl_timer_arm(&rec->timers, SL_TIMER_EVAL_END, sl_agent_now(a), left);
		sl_agent_feed_auth(a, rec, SL_AUTH_EVAL_START, text);
		break;
	case PAUSE:
		rec->evaluation.left_ms = left;
		sl_timer_stop(&rec->timers, SL_TIMER_EVAL_END);
		sl_agent_feed_auth(a, rec, SL_AUTH_EVAL_PAUSE, "");
		break;
	case END:
		rec->evaluation.left_ms = 0;
		if (rec->evaluation.ended_ms == SL_NO_TIME)
			rec->evaluation.ended_ms = a->wall_ms;
		sl_timer_stop(&rec->timers, SL_TIMER_EVAL_END);
		sl_agent_feed_auth(a, rec, SL_AUTH_EVAL_ENDED, "90 days of use are over");
		break;
	case WARN:
		rec->evaluation.warned = 1;
		sl_agent_note(a, SL_NOTE_EVAL_ENDING, "%s", text);
		break;
	}
}

int
sl_agent_evaluation(struct smartlic_agent *a)
{
	struct sl_record next;
	int r;

	if (a->foreign || evaluation_step(a, &a->rec) == NOTHING)
		return 0;
	sl_agent_begin(a, &next);
	sl_agent_evaluate(a, &next);
	r = sl_agent_commit(a, &next, 0);
	return r < 0 ? r : 1;
}

int64_t
sl_agent_evaluation_wait(const struct smartlic_agent *a)
{
	int64_t left = sl_agent_evaluation_ms(a, &a->rec);

	if (a->foreign)
		return SL_NEVER;
	if (evaluation_step(a, &a->rec) != NOTHING)
		return 0;
	if (!sl_timer_is_armed(&a->rec.timers, SL_TIMER_EVAL_END))
		return SL_NEVER;
	return a->rec.evaluation.warned ? left : left - SL_EVALUATION_WARN_MS;
}
