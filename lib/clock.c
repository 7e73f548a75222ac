/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "clock.h"
#include "text.h"

#define MINUTE   60
#define HOUR     3600
#define DAY      (24 * HOUR)
#define YEARS_25 (25 * (INT64_C(36525) * DAY / 100))

/* s + d for d >= 0, not beyond what there is; SL_NO_TIME stays before all times. */
static int64_t
plus(int64_t s, int64_t d)
{
	return s > INT64_MAX - d ? INT64_MAX : s + d;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void
set_floor(struct sl_clock *clock, int64_t floor_s)
{
	clock->floor_s = floor_s;
	clock->floor_elapsed_ms = clock->elapsed_ms;
}

/* Leaves a higher floor as it is, with the part of a second that it has run. */
static void
raise_floor(struct sl_clock *clock, int64_t least_s)
{
	if (sl_clock_floor(clock) < least_s)
		set_floor(clock, least_s);
}

static void
set_boot(struct sl_clock *clock, int64_t mono_ms, const char *boot_id)
{
	clock->mono_ms = mono_ms;
	(void)sl_copy(clock->boot_id, sizeof(clock->boot_id), boot_id);
}

void
sl_clock_init(struct sl_clock *clock, int64_t build_s, int64_t mono_ms, const char *boot_id)
{
	*clock = (struct sl_clock){
		.build_s = build_s,
		.signed_s = SL_NO_TIME,
		.ahead_s = SL_NO_TIME,
		.floor_s = build_s,
	};
	set_boot(clock, mono_ms, boot_id);
}

void
sl_clock_resume(struct sl_clock *clock, int64_t build_s, int64_t mono_ms, const char *boot_id)
{
	/* a record may be damaged beyond its checksum; no time may come from that */
	if (clock->elapsed_ms < 0)
		clock->elapsed_ms = 0;
	if (clock->floor_elapsed_ms < 0 || clock->floor_elapsed_ms > clock->elapsed_ms)
		clock->floor_elapsed_ms = clock->elapsed_ms;
	if (clock->ahead_elapsed_ms < 0 || clock->ahead_elapsed_ms > clock->elapsed_ms)
		clock->ahead_elapsed_ms = clock->elapsed_ms;

	if (boot_id[0] != '\0' && strcmp(clock->boot_id, boot_id) == 0)
		sl_clock_advance(clock, mono_ms);
	else
		set_boot(clock, mono_ms, boot_id);
	clock->build_s = build_s;
	raise_floor(clock, later(build_s, clock->signed_s));
}

void
sl_clock_advance(struct sl_clock *clock, int64_t mono_ms)
{
	if (mono_ms > clock->mono_ms && clock->mono_ms >= 0)
		clock->elapsed_ms = plus(clock->elapsed_ms, mono_ms - clock->mono_ms);
	clock->mono_ms = mono_ms;
}

int64_t
sl_clock_floor(const struct sl_clock *clock)
{
	return plus(clock->floor_s, (clock->elapsed_ms - clock->floor_elapsed_ms) / 1000);
}

int
sl_clock_judge(
    const struct sl_clock *clock, int64_t time_s, int64_t least_s, struct smartlic_error *err)
{
	/* clock accept sets aside what is compared with signed time and floor, not the build */
	int64_t known_s = clock->accept ? SL_NO_TIME : clock->signed_s;
	char time[SL_TIME_SIZE], other[SL_TIME_SIZE];

	sl_time(time, time_s);
	if (plus(time_s, DAY) < known_s) {
		sl_time(other, known_s);
		return sl_fail(err, SMARTLIC_E_TIME,
		    "the answer's time %s is more than 24 hours before %s, which an answer bore "
		    "already; check the authority's clock, or if that one was wrong use \"license "
		    "smart clock accept\"",
		    time, other);
	}
	if (!clock->accept && plus(time_s, DAY) < least_s) {
		sl_time(other, least_s);
		return sl_fail(err, SMARTLIC_E_TIME,
		    "the answer's time %s is more than 24 hours before %s, the least that it was "
		    "when the request was made; check the authority's clock",
		    time, other);
	}
	if (time_s > plus(later(clock->build_s, known_s), YEARS_25)) {
		sl_time(other, later(clock->build_s, known_s));
		return sl_fail(err, SMARTLIC_E_TIME,
		    "the answer's time %s is more than 25 years after %s, the latest time known "
		    "here; check the authority's clock",
		    time, other);
	}
	return 0;
}

/* Up to 24 hours ahead of the floor: 1 and taken, else 0. */
static int
take_near(struct sl_clock *clock, int64_t time_s)
{
	if (time_s > plus(sl_clock_floor(clock), DAY))
		return 0;
	clock->signed_s = later(clock->signed_s, time_s);
	clock->ahead_s = SL_NO_TIME;
	raise_floor(clock, time_s);
	return 1;
}

/* Further ahead: kept, but the smaller of two; this restarts the hour. */
static void
keep_ahead(struct sl_clock *clock, int64_t time_s)
{
	if (clock->ahead_s != SL_NO_TIME && clock->ahead_s <= time_s)
		return;
	clock->ahead_s = time_s;
	clock->ahead_elapsed_ms = clock->elapsed_ms;
}

enum sl_clock_note
sl_clock_take(struct sl_clock *clock, int64_t time_s)
{
	int64_t before_s = clock->signed_s;

	if (clock->accept) {
		clock->accept = 0;
		clock->signed_s = time_s;
		clock->ahead_s = SL_NO_TIME;
		set_floor(clock, later(time_s, clock->build_s));
		return SL_CLOCK_ACCEPTED;
	}
	if (take_near(clock, time_s))
		return plus(time_s, 5 * MINUTE) < before_s ? SL_CLOCK_BACK : SL_CLOCK_PLAIN;

	if (clock->ahead_s != SL_NO_TIME && time_s >= clock->ahead_s &&
	    clock->elapsed_ms - clock->ahead_elapsed_ms >= INT64_C(1000) * HOUR) {
		clock->signed_s = clock->ahead_s;
		clock->ahead_s = SL_NO_TIME;
		raise_floor(clock, clock->signed_s);
		if (!take_near(clock, time_s))
			keep_ahead(clock, time_s);
		return before_s == SL_NO_TIME ? SL_CLOCK_PLAIN : SL_CLOCK_CONFIRMED;
	}
	keep_ahead(clock, time_s);
	/* a fresh device knows its build only: being told the date is nothing to report */
	return before_s == SL_NO_TIME ? SL_CLOCK_PLAIN : SL_CLOCK_AHEAD;
}
