/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/simulation.h"
#include "text.h"

/* The host around an agent: power, clocks, the loop that drives it, the operator. */

#define ROUNDS_MAX 200 /* of process() at one moment */

/* ---- what the agent asks of its host ------------------------------------------------------ */

int64_t
device_mono(const struct device *d)
{
	return d->sim->now - d->boot_ms + 700;
}

static int64_t
wall_ms(void *ud)
{
	struct device *d = ud;
	int64_t wall = d->sim->now + d->wall_off;

	return wall > 0 ? wall : 0;
}

static int64_t
mono_ms(void *ud)
{
	return device_mono(ud);
}

static int
boot_id(void *ud, char *ret, size_t size)
{
	(void)snprintf(ret, size, "boot-%d", ((struct device *)ud)->boot);
	return 0;
}

static int
fill_random(void *ud, void *buf, size_t len)
{
	stream_fill(&((struct device *)ud)->random, buf, len);
	return 0;
}

static void
log_line(void *ud, int level, const char *message)
{
	struct device *d = ud;

	if (d->sim->config.trace && level <= SMARTLIC_LOG_DEBUG)
		sim_trace(d->sim, "%s:   %s", d->sn, message);
}

static int
local_time(void *ud, int64_t ms, struct smartlic_local_time *ret)
{
	(void)ud;
	(void)ms;
	*ret = (struct smartlic_local_time){ .year = 2026, .month = 1, .day = 1, .zone = "UTC" };
	return 0;
}

void
device_init(struct sim *sim, int number)
{
	struct device *d = &sim->devices[number];

	*d = (struct device){ .sim = sim, .number = number, .powered = 1, .boot = 1 };
	d->random = stream_fork(&sim->random);
	(void)snprintf(d->sn, sizeof(d->sn), "SIM%04d", number);
	d->host = (enum host)(number % 32 == 7 && sim->prompt ? HOST_PROMPT :
	                      number % 16 == 1   ? HOST_COMMANDS :
	                      number % 8 == 2    ? HOST_STICKS :
						   HOST_LAZY);
	d->env = (struct smartlic_env){ .size = sizeof(d->env), .userdata = d, .wall_ms = wall_ms,
		.mono_ms = mono_ms, .boot_id = boot_id, .random = fill_random, .log = log_line,
		.local_time = local_time, .crypto = sim->crypto };
	d->boot_ms = sim->now - stream_between(&sim->random, 0, SIM_DAY);
	d->counts[0] = stream_between(&sim->random, 0, 12);
	d->counts[1] = stream_between(&sim->random, 0, 4);
	d->floor_s = d->stored_floor_s = SL_NO_TIME;
	mem_disk_init(&d->disk);
	mem_disk_init(&d->saved);
}

void
device_free(struct device *d)
{
	device_stop(d);
	inbox_clear(d);
	mem_disk_clear(&d->disk);
	mem_disk_clear(&d->saved);
	sl_buf_free(&d->leaf);
	for (size_t i = 0; i < SIM_DEVICE_KEPT; i++)
		letter_unref(d->kept[i]);
}

/* ---- power and processes ------------------------------------------------------------------ */

static int
set_up(struct device *d, struct smartlic_agent *a)
{
	struct smartlic_store store = mem_store(&d->disk);
	struct smartlic_option options[2] = { { .key = "device" } };
	const struct sl_buf *root = &d->sim->root_pem;
	char self[32];
	int r;

	(void)snprintf(self, sizeof(self), "%llx", (unsigned long long)(uintptr_t)d);
	options[0].value = self;
	options[0].len = strlen(self);
	r = smartlic_agent_set_store(a, &store, 0);
	if (r == 0)
		r = smartlic_agent_set_udi(a, "NCS1004", d->sn, "default-sdr");
	if (r == 0)
		r = smartlic_agent_set_transport_ops(a, d->host == HOST_STICKS ?
			&sim_transport_sticks : &sim_transport_direct, options, 1);
	if (r == 0)
		r = smartlic_agent_set_trust_anchor(a, root->data, root->len);
	if (r == 0)
		r = smartlic_agent_set_count(a, SIM_TAG_G, d->counts[0]);
	if (r == 0)
		r = smartlic_agent_set_count(a, SIM_TAG_X, d->counts[1]);
	return r;
}

/* A process on a device that has power. */
int
device_start(struct device *d)
{
	struct smartlic_agent *a = NULL;
	int r;

	d->disk.power_off = 0;
	d->disk.locked = 0;
	r = smartlic_agent_new(&a, &d->env, &d->sim->err);
	if (r < 0)
		return sim_fail(d->sim, "%s: no agent: %s", d->sn, d->sim->err.text);
	r = set_up(d, a);
	if (r < 0) {
		(void)sim_fail(d->sim, "%s: the agent does not start from its store: %s", d->sn,
		    smartlic_agent_error(a)->text);
		smartlic_agent_free(a);
		return 1;
	}
	d->agent = a;
	d->sim->stats.starts++;
	/* time that was not stored is lost with the process */
	d->floor_s = SL_NO_TIME;
	check_device(d);
	return 0;
}

void
device_stop(struct device *d)
{
	smartlic_agent_free(d->agent);
	d->agent = NULL;
	d->submission = 0;
	d->disk.locked = 0;
}

void
device_power_off(struct device *d, int64_t for_ms)
{
	struct stream *s = &d->sim->random;

	device_stop(d);
	d->disk.fault_at = -1;
	d->disk.power_off = 0;
	d->powered = 0;
	if (d->host != HOST_STICKS)
		inbox_clear(d);
	/* some have no clock that runs without power */
	if (stream_chance(s, 2000))
		d->wall_off = -d->sim->now - for_ms + SIM_HOUR;
	sim_trace(d->sim, "%s: power off for %lld s", d->sn, (long long)(for_ms / 1000));
	device_wake_at(d, d->sim->now + for_ms);
}

static void
power_on(struct device *d)
{
	d->powered = 1;
	d->boot++;
	d->boot_ms = d->sim->now;
	sim_trace(d->sim, "%s: boots for the %d. time", d->sn, d->boot);
}

/* ---- the loop ----------------------------------------------------------------------------- */

void
device_wake_at(struct device *d, int64_t at_ms)
{
	if (d->retired)
		return;
	d->wake_ms = at_ms;
	sim_at(d->sim, at_ms, EVENT_WAKE, d->number, ++d->wake, NULL);
}

static void
hear(struct device *d)
{
	struct smartlic_event e = { .size = sizeof(e) };

	while (smartlic_agent_next_event(d->agent, &e) == 1)
		sim_trace(d->sim, "%s: %s", d->sn, e.message);
}

/* One of the next writes finds the power gone. */
static void
arm_cut(struct device *d)
{
	struct stream *s = &d->sim->random;

	d->disk.fault_at = d->disk.writes + stream_below(s, 4);
	d->disk.fault = (enum mem_fault)stream_below(s, MEM_FAULTS);
}

/* Processes until the agent waits; the power or the process may go in between. */
void
device_settle(struct device *d)
{
	struct sim *sim = d->sim;
	const struct faults *f = sim_faults(sim);
	int r = 1, rounds = 0;

	while (r == 1 && d->agent != NULL && !sim->failed) {
		r = smartlic_agent_process(d->agent);
		if (d->disk.power_off) {
			sim->stats.cuts++;
			sim_trace(sim, "%s: the power fails at write %ld (%d)", d->sn,
			    d->disk.writes, (int)d->disk.fault);
			device_power_off(d, stream_between(&sim->random, SIM_SECOND,
			    stream_chance(&sim->random, 9000) ? SIM_HOUR : 100 * SIM_DAY));
			return;
		}
		hear(d);
		check_device(d);
		if (r == 0)
			check_settled(d);
		if (r < 0)
			(void)sim_fail(sim, "%s: process: %s", d->sn,
			    smartlic_agent_error(d->agent)->text);
		if (++rounds > ROUNDS_MAX)
			(void)sim_fail(sim, "%s: the agent never comes to rest", d->sn);
		if (r == 1 && !d->calm && stream_chance(&sim->random, f->kill)) {
			sim_trace(sim, "%s: the process is killed", d->sn);
			device_stop(d);
			if (device_start(d) != 0)
				return;
		}
	}
}

/* When the host will look again. */
static void
sleep_on(struct device *d)
{
	struct sim *sim = d->sim;
	struct stream *s = &sim->random;
	int64_t at, now = sim->now;

	if (d->agent == NULL || sim->failed)
		return;
	at = smartlic_agent_deadline(d->agent);
	if (at <= device_mono(d)) {
		(void)sim_fail(sim, "%s: the agent wants to be called again at once", d->sn);
		return;
	}
	at = at == INT64_MAX ? now + 30 * SIM_DAY : now + (at - device_mono(d));
	switch (d->host) {
	case HOST_PROMPT:
		break;
	case HOST_STICKS:
	case HOST_LAZY:
		if (!d->agent->in_flight || d->host == HOST_STICKS)
			at += stream_below(s, 80 * SIM_HOUR);
		break;
	case HOST_COMMANDS:
		if (!smartlic_agent_busy(d->agent)) {
			device_stop(d);
			at = now + stream_between(s, 6 * SIM_HOUR, 40 * SIM_HOUR);
		}
		break;
	case HOSTS:
		break;
	}
	device_wake_at(d, at);
}

void
device_wake(struct device *d)
{
	struct sim *sim = d->sim;

	if (d->retired)
		return;
	if (!d->powered)
		power_on(d);
	if (d->agent == NULL && device_start(d) != 0)
		return;
	if (stream_chance(&sim->random, sim_faults(sim)->cut))
		arm_cut(d);
	device_settle(d);
	sleep_on(d);
}

/* ---- the operator ------------------------------------------------------------------------- */

static int
registers(struct device *d)
{
	struct sim *sim = d->sim;
	struct stream *s = &sim->random;
	int force = stream_chance(s, 4000);
	struct sim_token *t;

	t = &sim->tokens[stream_below(s, (int64_t)sim->n_tokens)];
	/* mostly one of the home that it asks */
	for (int i = 0; i < 8 && t->home != d->home; i++)
		t = &sim->tokens[stream_below(s, (int64_t)sim->n_tokens)];
	sim_trace(sim, "%s: register with token %.8s%s", d->sn, t->id, force ? ", force" : "");
	return smartlic_agent_register(d->agent, t->text, force ? SMARTLIC_REGISTER_FORCE : 0);
}

static int
changes_counts(struct device *d)
{
	struct stream *s = &d->sim->random;
	int which = (int)stream_below(s, 2);

	d->counts[which] = stream_between(s, 0, which == 0 ? 12 : 4);
	sim_trace(d->sim, "%s: uses %lld and %lld", d->sn, (long long)d->counts[0],
	    (long long)d->counts[1]);
	return smartlic_agent_set_count(d->agent, which == 0 ? SIM_TAG_G : SIM_TAG_X, d->counts[which]);
}

/* What is in use, or what somebody names. */
static int
reserves(struct device *d)
{
	struct stream *s = &d->sim->random;
	struct smartlic_license named[2] = { { .tag = SIM_TAG_G }, { .tag = SIM_TAG_X } };
	size_t n = stream_chance(s, 5000) ? 0 : (size_t)stream_between(s, 1, 2);

	named[0].count = stream_between(s, 1, 12);
	named[1].count = stream_between(s, 1, 4);
	sim_trace(d->sim, "%s: reserves %zu kinds", d->sn, n);
	return smartlic_agent_reserve(d->agent, n == 0 ? NULL : named, n);
}

/* What somebody would type there; that it is refused is no fault. */
static int
command(struct device *d)
{
	int held = sl_agent_has_identity(&d->agent->rec);
	int64_t dice = stream_below(&d->sim->random, 100);

	if (!held)
		return dice < 85 ? registers(d) :
		    dice < 92 ? smartlic_agent_cancel(d->agent) : smartlic_agent_deregister(d->agent);
	if (dice < 10 || (d->agent->rec.removed && dice < 80))
		return registers(d);
	if (dice < 20)
		return smartlic_agent_cancel(d->agent);
	if (dice < 35)
		return smartlic_agent_renew_id(d->agent);
	if (dice < 55)
		return smartlic_agent_renew_auth(d->agent);
	if (dice < 60)
		return smartlic_agent_deregister(d->agent);
	if (dice < 68)
		return reserves(d);
	if (dice < 72)
		return smartlic_agent_return_reservation(d->agent);
	return changes_counts(d);
}

void
device_operator(struct device *d)
{
	struct sim *sim = d->sim;
	struct stream *s = &sim->random;

	if (d->retired)
		return;
	if (d->powered && (d->agent != NULL || device_start(d) == 0)) {
		if (stream_chance(s, sim_faults(sim)->cut))
			arm_cut(d);
		(void)command(d);
		sim_trace(sim, "%s: a command: %s", d->sn, smartlic_agent_error(d->agent)->text);
		if (!d->disk.power_off)
			check_device(d);
		device_settle(d);
		sleep_on(d);
	}
	sim_at(sim, sim->now + (d->agent != NULL && sl_agent_has_identity(&d->agent->rec) ?
		stream_between(s, SIM_HOUR, 90 * SIM_DAY) : stream_between(s, SIM_HOUR, 10 * SIM_DAY)),
	    EVENT_OPERATOR, d->number, 0, NULL);
}
