/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCENARIO_ALONE_H
#define TESTS_SCENARIO_ALONE_H

#include "tests/suite.h"
#include "tests/support/world.h"

/* Fixture of a device in a world of its own. */

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

static inline void
renew_auth(void)
{
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
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
