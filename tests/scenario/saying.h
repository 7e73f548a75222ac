/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCENARIO_SAYING_H
#define TESTS_SCENARIO_SAYING_H

#include <string.h>

#include "tests/scenario/alone.h"

/* What a device in a world of its own has said. */

#define SAID(event) w.events[SMARTLIC_EVENT_##event]
#define LAST(event) w.last[SMARTLIC_EVENT_##event]

static inline void
hush(void)
{
	world_hush(&w);
	sl_buf_free(&w.log);
}

/* How many messages (no traces) the log has. */
static inline int
messages(void)
{
	int n = 0;

	sl_buf_puts(&w.log, "");
	for (const char *p = w.log.data; p != NULL && (p = strstr(p, "%LICENSE-")) != NULL; p++)
		n++;
	return n;
}

static inline void
renew(int (*what)(struct smartlic_agent *agent))
{
	ck_assert_int_eq(what(w.agent), 0);
	world_settle(&w);
}

#endif
