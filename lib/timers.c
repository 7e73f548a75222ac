/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "timers.h"

/* Two clocks that run alike differ by less than this; more, and one was set. */
#define SAME_MS 2000

const char *
sl_timer_name(enum sl_timer which)
{
	switch (which) {
	case SL_TIMER_SEND:
		return "send";
	case SL_TIMER_AUTHORIZE:
		return "authorize";
	case SL_TIMER_RENEW_ID:
		return "renew-id";
	case SL_TIMER_STORE_FLOOR:
		return "store-time";
	case SL_TIMER_ID_END:
		return "id-end";
	case SL_TIMER_AUTH_END:
		return "authorization-end";
	case SL_TIMER_FAREWELL_END:
		return "deregister-end";
	case SL_TIMER_COLLECT:
		return "collect";
	case SL_TIMER_REPORT:
		return "report";
	case SL_TIMER_EVAL_END:
		return "evaluation-end";
	case SL_TIMER_RETURN:
		return "return";
	case SL_TIMER_RESERVATION_END:
		return "reservation-end";
	case SL_TIMERS:
		break;
	}
	return "";
}

void
sl_timers_init(struct sl_timers *t)
{
	for (int i = 0; i < SL_TIMERS; i++)
		sl_timer_stop(t, (enum sl_timer)i);
}

int
sl_timer_is_attempt(enum sl_timer which)
{
	return which < SL_TIMER_ID_END || which == SL_TIMER_REPORT || which == SL_TIMER_RETURN;
}

static int64_t
add(int64_t a, int64_t span)
{
	return a > INT64_MAX - 1 - span ? INT64_MAX - 1 : a + span;
}

void
sl_timer_arm(struct sl_timers *t, enum sl_timer which, struct sl_moment now, int64_t span_ms)
{
	if (span_ms < 0)
		span_ms = 0;
	t->due[which].elapsed_ms = add(now.elapsed_ms, span_ms);
	t->due[which].wall_ms = sl_timer_is_attempt(which) ? add(now.wall_ms, span_ms) : SL_NEVER;
}

void
sl_timer_hurry(struct sl_timers *t, enum sl_timer which, struct sl_moment now, int64_t span_ms)
{
	if (sl_timer_wait(t, which, now) > span_ms)
		sl_timer_arm(t, which, now, span_ms);
}

void
sl_timer_stop(struct sl_timers *t, enum sl_timer which)
{
	t->due[which].elapsed_ms = SL_NEVER;
	t->due[which].wall_ms = SL_NEVER;
}

int
sl_timer_is_armed(const struct sl_timers *t, enum sl_timer which)
{
	return t->due[which].elapsed_ms != SL_NEVER;
}

static int64_t
until(int64_t due, int64_t now)
{
	if (due <= now)
		return 0;
	if (now < 0 && due > INT64_MAX + now)
		return SL_NEVER - 1;
	return due - now;
}

int64_t
sl_timer_wait(const struct sl_timers *t, enum sl_timer which, struct sl_moment now)
{
	int64_t elapsed, wall;

	if (!sl_timer_is_armed(t, which))
		return SL_NEVER;
	elapsed = until(t->due[which].elapsed_ms, now.elapsed_ms);
	if (t->due[which].wall_ms == SL_NEVER)
		return elapsed;
	wall = until(t->due[which].wall_ms, now.wall_ms);
	return wall < elapsed ? wall : elapsed;
}

int
sl_timer_due(const struct sl_timers *t, enum sl_timer which, struct sl_moment now)
{
	return sl_timer_wait(t, which, now) == 0;
}

int64_t
sl_timer_wall(const struct sl_timers *t, enum sl_timer which, struct sl_moment now)
{
	int64_t wait = sl_timer_wait(t, which, now);
	int64_t wall;

	if (wait == SL_NEVER)
		return SL_NEVER;
	wall = add(now.wall_ms, wait);
	/* the moment that was meant does not flicker with the drift between two clocks */
	if (t->due[which].wall_ms != SL_NEVER && t->due[which].wall_ms >= wall &&
	    t->due[which].wall_ms - wall < SAME_MS)
		return t->due[which].wall_ms;
	return wall;
}

int64_t
sl_jitter_ms(int64_t span_ms, uint32_t random)
{
	return span_ms - sl_spread_ms(span_ms / 10, random);
}

int64_t
sl_spread_ms(int64_t span_ms, uint32_t random)
{
	/* in seconds where a product of milliseconds could overflow */
	if (span_ms > INT64_C(1) << 31)
		return sl_spread_ms(span_ms / 1000, random) * 1000;
	return (int64_t)(((uint64_t)span_ms * random) >> 32);
}
