/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_CLOCK_H
#define SL_CLOCK_H

#include <stdint.h>

#include <smartlic/env.h>

#include "error.h"

#define SL_NO_TIME INT64_MIN

/*
 * Time as the protocol has it (doc/protocol.md, Time): a floor of build time,
 * signed time and elapsed time.  The wall clock has no place in here.  Pure:
 * monotonic time and boot id come in, everything is data that the record keeps.
 * Seconds unless the name says _ms.
 */
struct sl_clock {
	int64_t build_s;
	int64_t signed_s; /* newest signed time taken; SL_NO_TIME before the first */
	int64_t ahead_s;  /* held until confirmed; SL_NO_TIME when none */
	int64_t ahead_elapsed_ms; /* elapsed time at which it was kept */
	int64_t floor_s;          /* as of floor_elapsed_ms */
	int64_t floor_elapsed_ms;
	int64_t elapsed_ms; /* counted since the store was made, while powered and running or since
	                       restarted within one boot */
	int64_t mono_ms;    /* mono_ms at which elapsed_ms was true … */
	char boot_id[SMARTLIC_BOOT_ID_LEN]; /* … in this boot */
	int accept;         /* clock accept was asked for: the next good answer sets all */
};

void sl_clock_init(struct sl_clock *clock, int64_t build_s, int64_t mono_ms, const char *boot_id);
/* After a start: goes on with a loaded clock.  Within the same boot the monotonic time between
 * counts as elapsed, else nothing does.  A later build raises the floor. */
void sl_clock_resume(struct sl_clock *clock, int64_t build_s, int64_t mono_ms,
    const char *boot_id);
/* Advances elapsed time; monotonic time that goes back counts as none. */
void sl_clock_advance(struct sl_clock *clock, int64_t mono_ms);
/* The floor now (as of the last advance). */
int64_t sl_clock_floor(const struct sl_clock *clock);

enum sl_clock_note {
	SL_CLOCK_PLAIN = 0,
	SL_CLOCK_BACK = 1,      /* 5 minutes to 24 hours below the signed time: taken, event */
	SL_CLOCK_AHEAD = 2,     /* more than 24 h ahead of the floor: applied, only kept as ahead */
	SL_CLOCK_CONFIRMED = 3, /* confirmed an earlier ahead: signed time has moved */
	SL_CLOCK_ACCEPTED = 4,  /* clock accept was used up */
};
/*
 * Is an answer's time plausible?  least_s: for an answer that was waited for, the floor stored with
 * the request (SL_NO_TIME: no such bound).  0 or SMARTLIC_E_TIME with both times named.
 */
int sl_clock_judge(const struct sl_clock *clock, int64_t time_s, int64_t least_s,
    struct smartlic_error *err);
/* Takes a plausible time, once everything else of the answer was found good. */
enum sl_clock_note sl_clock_take(struct sl_clock *clock, int64_t time_s);

#endif
