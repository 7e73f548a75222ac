/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "text.h"

/* A wall clock that differs this much from what has elapsed was set. */
#define JUMP_MS SL_MINUTE_MS

/* Some 285,000 years. */
#define CLOCK_MAX_MS (INT64_C(1) << 53)

static void
note_jump(struct smartlic_agent *a, int64_t from_ms, int64_t to_ms)
{
	char from[SL_TIME_SIZE], to[SL_TIME_SIZE];

	sl_time(from, from_ms / 1000);
	sl_time(to, to_ms / 1000);
	sl_agent_note(a, SL_NOTE_CLOCK_CHANGED, "from %s to %s", from, to);
	/* it tells of the world and not of the record: nothing can undo it */
	sl_agent_publish(a);
	a->dirty = 1;
}

/* Cut to what a clock can show, so that sums and differences of moments stay numbers. */
static int64_t
wall_ms(const struct smartlic_agent *a)
{
	int64_t ms = a->env.wall_ms(a->env.userdata);

	if (ms > CLOCK_MAX_MS)
		return CLOCK_MAX_MS;
	return ms < -CLOCK_MAX_MS ? -CLOCK_MAX_MS : ms;
}

int64_t
sl_agent_mono_ms(const struct smartlic_agent *a)
{
	int64_t ms = a->env.mono_ms(a->env.userdata);

	if (ms > CLOCK_MAX_MS)
		return CLOCK_MAX_MS;
	return ms < 0 ? 0 : ms;
}

void
sl_agent_tick(struct smartlic_agent *a)
{
	int64_t mono = sl_agent_mono_ms(a), wall = wall_ms(a);
	int64_t passed = mono > a->mono_ms ? mono - a->mono_ms : 0;

	if (a->wall_ms != SL_NO_TIME && a->slots.store.ops != NULL && !a->read_only) {
		int64_t expected = a->wall_ms + passed;

		if (wall > expected ? wall - expected > JUMP_MS : expected - wall > JUMP_MS)
			note_jump(a, expected, wall);
	}
	/* a counter that began anew: what was counted from before would not come for long */
	if (mono < a->mono_ms) {
		a->hold_until_ms = INT64_MIN;
		a->sent_ms = mono;
	}
	a->mono_ms = mono;
	a->wall_ms = wall;
	sl_clock_advance(&a->rec.clock, mono);
}

struct sl_moment
sl_agent_now(const struct smartlic_agent *a)
{
	return (struct sl_moment){ .elapsed_ms = a->rec.clock.elapsed_ms, .wall_ms = a->wall_ms };
}

uint32_t
sl_agent_random(struct smartlic_agent *a)
{
	uint32_t value = 0;

	/* jitter: want of randomness is no reason to fail */
	(void)a->env.random(a->env.userdata, &value, sizeof(value));
	return value;
}

int
sl_agent_uuid(struct smartlic_agent *a, char ret[37], struct smartlic_error *err)
{
	unsigned char random[16];

	if (a->env.random(a->env.userdata, random, sizeof(random)) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness for an identifier");
	sl_uuid4(ret, random);
	return 0;
}

/* ---- loading ---------------------------------------------------------------------------- */

/* A device that was off tries once after it has booted, at a random moment of the first minutes:
 * the network may not be there yet, and its neighbours boot at the same time. */
static void
after_boot(struct smartlic_agent *a)
{
	int64_t spread = sl_spread_ms(SL_BOOT_SPREAD_MS, sl_agent_random(a));
	struct sl_moment now = sl_agent_now(a);

	a->rec.open.over_boot = 1;
	/* a report goes with the authorization, and after it */
	if (a->rec.open.type != 0)
		sl_timer_arm(&a->rec.timers, SL_TIMER_SEND, now, spread);
	if ((a->rec.open.type == 0 || a->rec.open.type == SL_MSG_REPORT) &&
	    sl_agent_has_identity(&a->rec))
		sl_timer_arm(&a->rec.timers, SL_TIMER_AUTHORIZE, now, spread);
	if (sl_timer_wait(&a->rec.timers, SL_TIMER_REPORT, now) < spread)
		sl_timer_arm(&a->rec.timers, SL_TIMER_REPORT, now, spread);
}

/* A clock that was never set, as after a boot without a battery: what is printed is wrong. */
static void
note_behind(struct smartlic_agent *a)
{
	int64_t floor_s = sl_clock_floor(&a->rec.clock);
	char says[SL_TIME_SIZE], least[SL_TIME_SIZE];

	if (a->read_only || a->wall_ms / SL_SECOND_MS >= floor_s - SL_DAY_MS / SL_SECOND_MS)
		return;
	sl_time(says, a->wall_ms / SL_SECOND_MS);
	sl_time(least, floor_s);
	sl_agent_note(a, SL_NOTE_CLOCK_BEHIND, "it says %s, and it is at least %s", says, least);
}

/* The store's device and this one: the same, or nothing of the store is used. */
static void
bind_udi(struct smartlic_agent *a)
{
	struct sl_record fresh;
	struct sl_udi *of = &a->rec.udi;

	a->foreign = 0;
	if (a->udi.pid[0] == '\0')
		return;
	if (strcmp(of->pid, a->udi.pid) == 0 && strcmp(of->sn, a->udi.sn) == 0 &&
	    strcmp(of->uuid, a->udi.uuid) == 0)
		return;
	if (!sl_agent_has_identity(&a->rec) && a->rec.open.type == 0) {
		*of = a->udi;
		return;
	}
	a->trace.len = 0;
	sl_agent_note(a, SL_NOTE_STORE_COPIED,
	    "its trusted store belongs to udi PID:%s,SN:%s. Nothing is sent in that name; register "
	    "this device, or give it back its own store",
	    of->pid, of->sn);
	sl_record_init(&fresh);
	memcpy(fresh.store_id, a->rec.store_id, sizeof(fresh.store_id));
	fresh.clock = a->rec.clock;
	fresh.udi = a->udi;
	/* no number is given twice in one store, whoever comes back to it */
	fresh.usage.made_n = a->rec.usage.made_n;
	sl_usage_forget(&fresh.usage);
	sl_record_clear(&a->rec);
	a->rec = fresh;
	a->foreign = 1;
}

static int
load_record(struct smartlic_agent *a, int *ret_damaged)
{
	struct sl_buf b = { 0 }, trace = { 0 };
	struct sl_record loaded;
	int r;

	a->trace.len = 0;
	r = sl_slots_load(&a->slots, &b, &trace, ret_damaged, &a->err);
	if (r == 1) {
		r = sl_record_read(&loaded, b.data, b.len, &a->err);
		if (r == 0) {
			sl_trace_load(&a->trace, trace.data, trace.len);
			sl_record_clear(&a->rec);
			a->rec = loaded;
			r = 1;
		}
	}
	sl_buf_free(&b);
	sl_buf_free(&trace);
	return r;
}

int
sl_agent_bind(struct smartlic_agent *a)
{
	if (!a->has_store)
		return 0;
	if (a->foreign)
		return sl_agent_load(a);
	bind_udi(a);
	sl_agent_publish(a);
	return 0;
}

int
sl_agent_load(struct smartlic_agent *a)
{
	int damaged = 0, r, booted = 1;
	struct sl_clock *clock;

	r = load_record(a, &damaged);
	if (r < 0)
		return r;
	clock = &a->rec.clock;
	a->mono_ms = sl_agent_mono_ms(a);
	if (r == 0) {
		sl_record_clear(&a->rec);
		sl_clock_init(clock, SL_BUILD_TIME_S, a->mono_ms, a->boot_id);
		r = sl_agent_uuid(a, a->rec.store_id, &a->err);
		if (r < 0)
			return r;
		a->wall_ms = wall_ms(a);
		if (damaged > 0)
			sl_agent_note(a, SL_NOTE_IDENTITY_LOST,
			    "its trusted store is damaged and holds nothing whole. Register it "
			    "again, with 'force'");
		else if (!a->read_only)
			sl_agent_note(a, SL_NOTE_READY, "%s",
			    "; its trusted store is empty, as on a new device");
	} else {
		/* without an identifier any start may be a boot */
		booted = a->boot_id[0] == '\0' || strcmp(clock->boot_id, a->boot_id) != 0;
		/* within one boot it shows that the wall clock was set in between */
		a->wall_ms = booted || clock->mono_ms > a->mono_ms || a->rec.wall_ms == SL_NO_TIME
				 ? wall_ms(a)
				 : a->rec.wall_ms + (a->mono_ms - clock->mono_ms);
		sl_clock_resume(clock, SL_BUILD_TIME_S, a->mono_ms, a->boot_id);
		if (booted && !a->read_only)
			after_boot(a);
		if (booted && !a->read_only)
			sl_agent_note(a, SL_NOTE_READY, "%s", "");
	}
	a->stored_floor_s = SL_NO_TIME;
	a->loaded_elapsed_ms = clock->elapsed_ms;
	if (booted)
		note_behind(a);
	bind_udi(a);
	r = sl_agent_usage_begin(a, &a->rec);
	if (r < 0)
		return r;
	sl_agent_tick(a);
	sl_agent_publish(a);
	return 0;
}

/* ---- transactions ----------------------------------------------------------------------- */

void
sl_agent_begin(struct smartlic_agent *a, struct sl_record *next)
{
	*next = a->rec;
}

void
sl_agent_abort(struct smartlic_agent *a, struct sl_record *next)
{
	sl_agent_trace(a, "undone: %s", a->err.text);
	sl_record_drop(next, &a->rec);
	sl_journal_retract(&a->journal);
}

/* Hourly, and oftener just after a start: a device that has power for an hour a day would lose all
 * of its elapsed time. */
static int64_t
store_floor_ms(const struct smartlic_agent *a)
{
	int64_t since_ms = a->rec.clock.elapsed_ms - a->loaded_elapsed_ms;

	if (since_ms > SL_STORE_FLOOR_MS)
		return SL_STORE_FLOOR_MS;
	return since_ms > SL_STORE_FLOOR_LEAST_MS ? since_ms : SL_STORE_FLOOR_LEAST_MS;
}

_Static_assert(SL_TRACE_SIZE <= SL_TAIL_MAX, "the trace is stored whole");

int
sl_agent_commit(struct smartlic_agent *a, struct sl_record *next, int both)
{
	struct sl_buf slot = { 0 };
	int r;

	next->wall_ms = a->wall_ms;
	sl_timer_arm(&next->timers, SL_TIMER_STORE_FLOOR, sl_agent_now(a), store_floor_ms(a));
	sl_slots_begin(&a->slots, &slot);
	r = sl_record_write(&slot, next, &a->err);
	if (r == 0)
		r = sl_slots_save(&a->slots, &slot, a->trace.data, a->trace.len, both, &a->err);
	sl_buf_free(&slot);
	if (r < 0) {
		sl_agent_abort(a, next);
		return r;
	}
	sl_record_adopt(&a->rec, next);
	a->dirty = 0;
	a->foreign = 0;
	a->stored_floor_s = sl_clock_floor(&a->rec.clock);
	sl_agent_check_key(a);
	sl_agent_publish(a);
	return 0;
}

/* ---- trust ------------------------------------------------------------------------------ */

/* What an anchor vouches for that is not there any more is none. */
static int
add_roots(struct smartlic_agent *a, struct sl_trust *trust)
{
	const struct sl_blobs *roots = &a->rec.roots;
	struct sl_cert *root = NULL, *cross = NULL;
	int r = 0;

	for (size_t i = 0; i + 1 < roots->n && r != SMARTLIC_E_NOMEM; i += 2) {
		r = sl_cert_parse(
		    &root, a->env.crypto, roots->item[i].data, roots->item[i].len, &a->err);
		if (r == 0)
			r = sl_cert_parse(&cross, a->env.crypto, roots->item[i + 1].data,
			    roots->item[i + 1].len, &a->err);
		if (r == 0)
			r = sl_trust_add_root(trust, root, cross, &a->err);
		sl_cert_unref(root);
		sl_cert_unref(cross);
		root = cross = NULL;
	}
	if (r == SMARTLIC_E_NOMEM)
		return r;
	sl_error_clear(&a->err);
	return 0;
}

int
sl_agent_build_trust(struct smartlic_agent *a, const char *anchors, size_t len)
{
	struct sl_trust *trust = NULL;
	struct sl_cert *cert;
	int r;

	r = sl_trust_new(&trust, a->env.crypto, &a->err);
	if (r == 0 && len > 0)
		r = sl_trust_add_anchors(trust, anchors, len, &a->err);
	/* those that are configured alone: what an answer brought was told then */
	if (r == 0)
		r = sl_agent_know_anchors(a, trust);
	if (r == 0)
		r = add_roots(a, trust);
	for (size_t i = 0; i < a->rec.certs.n && r == 0; i++) {
		const struct sl_buf *der = &a->rec.certs.item[i];

		r = sl_cert_parse(&cert, a->env.crypto, der->data, der->len, &a->err);
		if (r == 0) {
			r = sl_trust_add_cert(trust, cert, &a->err);
			sl_cert_unref(cert);
		}
	}
	/* a list whose issuer another anchor has taken along is of no use, and no failure */
	for (size_t i = 0; i < a->rec.crls.n && r == 0; i++)
		if (sl_trust_add_crl(trust, a->rec.crls.item[i].data, a->rec.crls.item[i].len, NULL,
			0, 0, &a->err) == SMARTLIC_E_NOMEM)
			r = SMARTLIC_E_NOMEM;
	if (r < 0) {
		sl_trust_free(trust);
		return r;
	}
	sl_trust_free(a->trust);
	a->trust = trust;
	return 0;
}
