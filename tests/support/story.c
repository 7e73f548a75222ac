/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include <check.h>

#include "tests/support/story.h"

#define ROUNDS 40

/* Whatever went wrong: half an hour passes, with power at its end. */
static void
go_on(struct world *w)
{
	if (w->disk.power_off) {
		w->disk.power_off = 0;
		w->disk.fault_at = -1;
		if (w->agent != NULL)
			world_reboot(w, 1000);
	}
	/* memory may have failed */
	for (int i = 0; w->agent == NULL && i < 3; i++)
		if (world_start(w) == 0)
			break;
	ck_assert_ptr_nonnull(w->agent);
	world_settle(w);
	if (!w->disk.power_off)
		world_pass(w, MINUTES(30));
}

static int
call(int (*command)(struct smartlic_agent *agent), struct world *w)
{
	int r;

	world_in_agent = 1;
	r = command(w->agent);
	world_in_agent = 0;
	return r;
}

static int
is_registered(const struct smartlic_status *st)
{
	return st->registration == SMARTLIC_REG_REGISTERED ||
	       st->registration == SMARTLIC_REG_RENEWING;
}

void
story_begin(struct world *w)
{
	for (int i = 0; i < ROUNDS; i++) {
		const struct smartlic_status *st = world_status(w);

		if (is_registered(st) && st->authorization == SMARTLIC_AUTH_AUTHORIZED)
			return;
		if (!is_registered(st) && st->pending_type[0] == '\0') {
			world_in_agent = 1;
			(void)!smartlic_agent_register(w->agent, w->token, 0);
			world_in_agent = 0;
		}
		go_on(w);
		/* a day's wait after a failure is no part of the story */
		st = world_status(w);
		if (st->registration == SMARTLIC_REG_RETRY_WAIT && !w->disk.power_off)
			world_pass(w, DAYS(1));
	}
	ck_abort_msg("it was never registered and authorized");
}

static void
renew(struct world *w)
{
	for (int i = 0; i < ROUNDS; i++) {
		const struct smartlic_status *st = world_status(w);

		if (st->last_renewal.outcome == SMARTLIC_ATTEMPT_SUCCEEDED)
			return;
		if (strcmp(st->pending_type, "renew-id") != 0)
			(void)call(smartlic_agent_renew_id, w);
		go_on(w);
	}
	ck_abort_msg("the identity was never renewed");
}

static void
use_fewer(struct world *w)
{
	w->counts[0] = 2;
	for (int i = 0; i < ROUNDS; i++) {
		world_in_agent = 1;
		(void)!smartlic_agent_set_count(w->agent, TAG_G, 2);
		world_in_agent = 0;
		go_on(w);
		if (strstr(w->oracle.usage, "\"count\":2}") != NULL &&
		    world_status(w)->pending_type[0] == '\0')
			return;
	}
	ck_abort_msg("the changed counts were never told");
}

static void
leave(struct world *w)
{
	for (int i = 0; i < ROUNDS; i++) {
		const struct smartlic_status *st = world_status(w);

		if (st->registration == SMARTLIC_REG_UNIDENTIFIED && st->pending_type[0] == '\0')
			return;
		if (is_registered(st))
			(void)call(smartlic_agent_deregister, w);
		go_on(w);
	}
	ck_abort_msg("it was never deregistered");
}

void
story_live(struct world *w)
{
	story_begin(w);
	renew(w);
	use_fewer(w);
	leave(w);
}

void
story_check(const struct world *w)
{
	ck_assert_int_eq(w->oracle.executed_of[SL_MSG_REGISTER], 1);
	ck_assert_int_eq(w->oracle.executed_of[SL_MSG_RENEW_ID], 1);
	ck_assert_int_eq(w->oracle.executed_of[SL_MSG_DEREGISTER], 1);
	ck_assert_uint_eq(w->oracle.clone_alerts, 0);
	ck_assert_int_eq(w->events[SMARTLIC_EVENT_CLONE_SUSPECTED], 0);
}
