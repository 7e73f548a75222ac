/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_TIMERS_H
#define SL_TIMERS_H

#include <stdint.h>

/*
 * Named deadlines; pure.  Two clocks come in with every call: `elapsed_ms`, time that has
 * certainly passed (struct sl_clock), and `wall_ms`, what the device's clock says.
 *
 * An attempt is due when either clock has advanced by its span: after months without power the
 * device tries at once, and a clock set back delays nothing.  An expiry looks at elapsed time
 * alone: no clock that jumps ends a right or stretches one.
 */
enum sl_timer {
	SL_TIMER_SEND = 0,        /* attempt: the open request goes out (again) */
	SL_TIMER_AUTHORIZE,       /* attempt: next authorize */
	SL_TIMER_RENEW_ID,        /* attempt: next renew-id */
	SL_TIMER_STORE_FLOOR,     /* attempt: the floor is to be stored */
	SL_TIMER_ID_END,          /* expiry of the ID certificate */
	SL_TIMER_AUTH_END,        /* expiry of the authorization: the communication deadline */
	SL_TIMER_FAREWELL_END,    /* expiry: an undelivered deregistration is given up */
	SL_TIMER_COLLECT,         /* elapsed time alone: usage is a matter of it */
	SL_TIMER_REPORT,          /* attempt: next report */
	SL_TIMER_EVAL_END,        /* expiry of the evaluation, while it runs */
	SL_TIMER_RETURN,          /* attempt: reservations are to be returned */
	SL_TIMER_RESERVATION_END, /* expiry of the reservation */
	SL_TIMERS
};
#define SL_TIMERS_FIRST  7  /* those that the record's first field of timers has */
#define SL_TIMERS_SECOND 10 /* and those of the second end here */

#define SL_NEVER INT64_MAX

#define SL_SECOND_MS INT64_C(1000)
#define SL_MINUTE_MS (60 * SL_SECOND_MS)
#define SL_HOUR_MS   (60 * SL_MINUTE_MS)
#define SL_DAY_MS    (24 * SL_HOUR_MS)

#define SL_REGISTER_RETRY_MS       (24 * SL_HOUR_MS)
#define SL_DAILY_MS                (24 * SL_HOUR_MS)
#define SL_STORE_FLOOR_MS          SL_HOUR_MS
#define SL_STORE_FLOOR_LEAST_MS    (5 * SL_MINUTE_MS) /* after a start, doubled each time */
#define SL_BOOT_SPREAD_MS          (5 * SL_MINUTE_MS) /* after a boot, at random within */
#define SL_SEND_TIMEOUT_MS         (2 * SL_MINUTE_MS) /* a transport that says nothing */
#define SL_LOCAL_RETRY_MS          SL_MINUTE_MS       /* store or memory failed */
#define SL_RETRY_AFTER_UNSIGNED_MS SL_DAY_MS          /* the most that is obeyed */
#define SL_RETRY_AFTER_SIGNED_MS   (7 * SL_DAY_MS)
#define SL_EVALUATION_MS           (90 * SL_DAY_MS) /* in all, while licenses are in use */
#define SL_EVALUATION_WARN_MS      (10 * SL_DAY_MS) /* before its end */

struct sl_timers {
	struct {
		int64_t elapsed_ms; /* SL_NEVER: not armed */
		int64_t wall_ms;    /* attempts only */
	} due[SL_TIMERS];
};

struct sl_moment {
	int64_t elapsed_ms;
	int64_t wall_ms;
};

/* "authorize", for printing */
const char *sl_timer_name(enum sl_timer which);
void sl_timers_init(struct sl_timers *t);
int sl_timer_is_attempt(enum sl_timer which);
/* Due `span_ms` (0 or more) from now. */
void sl_timer_arm(struct sl_timers *t, enum sl_timer which, struct sl_moment now, int64_t span_ms);
/* The same, unless it is due sooner already. */
void sl_timer_hurry(
    struct sl_timers *t, enum sl_timer which, struct sl_moment now, int64_t span_ms);
void sl_timer_stop(struct sl_timers *t, enum sl_timer which);
int sl_timer_is_armed(const struct sl_timers *t, enum sl_timer which);
/* Milliseconds until it is due, 0 when it is, SL_NEVER when it is not armed. */
int64_t sl_timer_wait(const struct sl_timers *t, enum sl_timer which, struct sl_moment now);
int sl_timer_due(const struct sl_timers *t, enum sl_timer which, struct sl_moment now);
/* The wall time at which it will be due, for printing; SL_NEVER when it is not armed. */
int64_t sl_timer_wall(const struct sl_timers *t, enum sl_timer which, struct sl_moment now);

/* Downward only: span less up to a tenth, by 32 random bits. */
int64_t sl_jitter_ms(int64_t span_ms, uint32_t random);
/* Evenly within [0, span]. */
int64_t sl_spread_ms(int64_t span_ms, uint32_t random);

#endif
