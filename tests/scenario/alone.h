/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCENARIO_ALONE_H
#define TESTS_SCENARIO_ALONE_H

#include <string.h>

#include "tests/suite.h"
#include "tests/support/world.h"

/* Fixture of a device in a world of its own, and what its authority is made to answer. */

static struct world w;

static inline void
setup(void)
{
	world_init(&w, DRIVE_POLL);
}

static inline void
teardown(void)
{
	world_free(&w);
}

/* Refuses by this code, so many times; < 0: always. */
static inline void
deny(const char *code, long times)
{
	w.oracle.deny = code;
	w.oracle.deny_times = times;
}

/* How many requests of this type the log has. */
static inline long
sent(const char *type)
{
	char text[64] = "sends ";
	long n = 0;

	strcat(text, type);
	for (const char *p = w.log.data; p != NULL && (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

static inline void
renew_auth(void)
{
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w);
}

static inline void
renew_id(void)
{
	ck_assert_int_eq(smartlic_agent_renew_id(w.agent), 0);
	world_settle(&w);
}

/* A fresh device knows its build only; the date is sure when two answers an hour apart agree. */
static inline void
know_the_time(void)
{
	world_ready(&w);
	world_pass(&w, HOURS(2));
	renew_auth();
	ck_assert(world_status(&w)->signed_ms != SMARTLIC_NO_TIME);
	world_hush(&w);
}

#endif
