/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/simulation/simulation.h"
#include "text.h"

/* The larger events of the world; and devices without any, which must come to rest. */

static struct device *
any_device(struct sim *sim)
{
	return &sim->devices[stream_below(&sim->random, sim->n_devices)];
}

/* A wall clock that is set changes neither floor nor what expires. */
static void
set_wall(struct device *d)
{
	static const enum sl_timer ends[] = { SL_TIMER_ID_END, SL_TIMER_AUTH_END,
		SL_TIMER_FAREWELL_END };
	struct sim *sim = d->sim;
	int64_t floor_s = 0, wait[3], was = d->wall_off;

	if (d->agent != NULL) {
		(void)smartlic_agent_deadline(d->agent);
		floor_s = sl_clock_floor(&d->agent->rec.clock);
		for (int i = 0; i < 3; i++)
			wait[i] = sl_timer_wait(&d->agent->rec.timers, ends[i],
			    sl_agent_now(d->agent));
	}
	d->wall_off = stream_chance(&sim->random, 3000) ? 0 :
	    stream_chance(&sim->random, 2000)           ? -sim->now :
							  stream_between(&sim->random, -400, 4000) * SIM_DAY;
	sim_trace(sim, "%s: its clock is set by %lld s", d->sn,
	    (long long)((d->wall_off - was) / 1000));
	if (d->agent == NULL)
		return;
	(void)smartlic_agent_deadline(d->agent);
	if (sl_clock_floor(&d->agent->rec.clock) != floor_s)
		(void)sim_fail(sim, "invariant 10: %s: the wall clock moved the floor", d->sn);
	for (int i = 0; i < 3; i++)
		if (sl_timer_wait(&d->agent->rec.timers, ends[i], sl_agent_now(d->agent)) != wait[i])
			(void)sim_fail(sim, "invariant 10: %s: the wall clock moved an expiry", d->sn);
	device_wake_at(d, sim->now);
}

static void
roll_back(struct device *d)
{
	struct sim *sim = d->sim;

	if (d->saved.slot[0].len + d->saved.slot[1].len == 0)
		return;
	device_stop(d);
	device_taint(d, &d->disk);
	device_taint(d, &d->saved);
	mem_disk_clear(&d->disk);
	mem_disk_copy(&d->disk, &d->saved);
	memset(d->answered_serial, 0, sizeof(d->answered_serial));
	d->stored_floor_s = SL_NO_TIME;
	d->writes = d->disk.writes; /* this floor was stored by none of them */
	sim->stats.copies++;
	sim_trace(sim, "%s: its store is rolled back", d->sn);
	device_wake_at(d, sim->now + SIM_MINUTE);
}

/* Another device that has this one's name and a copy of its store. */
static void
clone(struct device *d)
{
	struct sim *sim = d->sim;
	struct device *twin;
	int n = sim->n_devices;

	if (n == SIM_DEVICES_MAX || d->disk.slot[0].len + d->disk.slot[1].len == 0)
		return;
	device_init(sim, n);
	twin = &sim->devices[n];
	sim->n_devices++;
	memcpy(twin->sn, d->sn, sizeof(twin->sn));
	mem_disk_copy(&twin->disk, &d->disk);
	twin->writes = twin->disk.writes;
	device_taint(d, &d->disk);
	sim->stats.copies++;
	sim_trace(sim, "%s: its store is copied to device %d", d->sn, n);
	device_wake_at(twin, sim->now + SIM_HOUR);
	sim_at(sim, sim->now + SIM_DAY, EVENT_OPERATOR, n, 0, NULL);
}

static void
retire(struct device *d)
{
	/* only twins, so that the fleet stays */
	if (d->number < d->sim->config.devices || d->retired)
		return;
	sim_trace(d->sim, "%s: device %d is scrapped", d->sn, d->number);
	device_stop(d);
	d->retired = 1;
}

/* Something from long ago arrives where it was meant to. */
static void
late_letter(struct sim *sim)
{
	size_t n = sim->n_history < SIM_HISTORY ? sim->n_history : SIM_HISTORY;
	struct letter *l;
	struct device *d;
	struct letter *again;

	if (n == 0)
		return;
	l = sim->history[stream_below(&sim->random, (int64_t)n)];
	d = &sim->devices[l->device];
	sim->stats.late++;
	sim_trace(sim, "%s: a late %s of %s %.8s", d->sn, l->is_response ? "answer" : "copy",
	    sl_msg_type_name(l->type), l->request_id);
	if (!l->is_response) {
		/* somebody may bring it to another home, too */
		if (sim->n_offices > 1 && stream_chance(&sim->random, 3000))
			again = letter_to(l, office_any(sim)->number);
		else
			again = letter_ref(l);
		sim_at(sim, sim->now, EVENT_REQUEST, l->device, 0, again);
		return;
	}
	/* somebody in between hands it out as the answer to what is asked now */
	if (d->host != HOST_STICKS && d->submission != l->submission && d->submission != 0) {
		again = letter_answer(l, d->submission);
		sim_at(sim, sim->now, EVENT_RESPONSE, l->device, 0, again);
		return;
	}
	sim_at(sim, sim->now, EVENT_RESPONSE, l->device, 0, letter_ref(l));
}

void
chaos(struct sim *sim)
{
	struct stream *s = &sim->random;
	struct device *d = any_device(sim);
	int64_t dice = stream_below(s, 100);

	for (int64_t n = stream_below(s, 4); n > 0; n--)
		late_letter(sim);
	if (d->retired)
		dice = 100;
	if (dice < 15)
		d->cut_off_until = sim->now + stream_between(s, SIM_HOUR, 150 * SIM_DAY);
	else if (dice < 25)
		office_any(sim)->down_until = sim->now + stream_between(s, SIM_MINUTE, 10 * SIM_DAY);
	else if (dice < 50)
		set_wall(d);
	else if (dice < 65 && d->powered)
		device_power_off(d, stream_between(s, SIM_MINUTE, 60 * SIM_DAY));
	else if (dice < 80) {
		mem_disk_clear(&d->saved);
		mem_disk_copy(&d->saved, &d->disk);
	} else if (dice < 86)
		roll_back(d);
	else if (dice < 90)
		clone(d);
	else if (dice < 93)
		retire(d);
	else if (dice < 100)
		office_restore(office_any(sim));
	satellites_chaos(sim);
	sim_at(sim, sim->now + stream_between(s, 1, 2 * sim_faults(sim)->chaos_ms), EVENT_CHAOS, 0, 0,
	    NULL);
}

/* ---- liveness ----------------------------------------------------------------------------- */

static int
authorized_now(const struct device *d)
{
	const struct sl_attempt *at = &d->agent->rec.last_communication;
	int64_t wall = d->sim->now + d->wall_off;

	return at->outcome == SMARTLIC_ATTEMPT_SUCCEEDED && at->time_ms == (wall > 0 ? wall : 0) &&
	    d->agent->rec.open.type == 0;
}

/* One that a restored ledger has lost is to be adopted, but not where another device of that name, a
 * twin, is live with a later registration. */
static int
may_be_refused(struct device *d, const char *instance)
{
	struct ledger_row row = { .udi = { .pid = "NCS1004", .uuid = "default-sdr" } };
	struct sim *sim = d->sim;
	int r;

	(void)sl_copy(row.udi.sn, sizeof(row.udi.sn), d->sn);
	(void)sl_copy(row.instance, sizeof(row.instance), instance);
	r = ledger_row_later_used(office_of(d)->ledger, &row, &sim->err);
	sim_must(sim, r);
	return r != 0 || (!office_lost(office_of(d), sl_uuid7_ms(instance) / 1000) &&
			     !check_is_foreign(d, &d->agent->rec.current));
}

/* Is the instance closed, or did it come out of a copied store? */
static int
excused(struct device *d)
{
	const char *instance = d->agent->rec.current.instance;
	struct ledger_row row;
	int r;

	if (taint_has(d->sim, instance))
		return 1;
	r = ledger_row_get(office_of(d)->ledger, instance, &row, &d->sim->err);
	if (r == 0)
		return may_be_refused(d, instance);
	return r != 1 || row.state == LEDGER_CLOSED;
}

/* What the device takes for reserved is what the ledger has open for it. */
static void
compare_reservations(struct device *d)
{
	const struct sl_reservation *has = &d->agent->rec.reservation;
	struct ledger_reservation known = { .state = "" };
	struct sim *sim = d->sim;
	int open, r;

	r = ledger_reservation_find(
	    office_of(d)->ledger, d->agent->rec.current.instance, &known, &sim->err);
	open = r == 0 && strcmp(known.state, "open") == 0;
	if (r < 0 && r != SMARTLIC_E_NOT_FOUND)
		(void)sim_fail(sim, "reservation: %s", sim->err.text);
	if (strcmp(has->id, open ? known.reservation : "") != 0)
		(void)sim_fail(sim, "%s: it has the reservation '%s', the ledger '%s'", d->sn,
		    has->id, open ? known.reservation : "");
}

/* Of the licenses in use those beyond what is reserved. */
static int
is_beyond(const struct device *d, const char *tag, int64_t count)
{
	const struct sl_reservation *has = &d->agent->rec.reservation;

	for (size_t i = 0; i < has->n; i++)
		if (strcmp(has->item[i].tag, tag) == 0)
			count -= has->item[i].count;
	return count > 0;
}

/* The device and the ledger say the same of it. */
static void
compare(struct device *d)
{
	static const char *const tags[2] = { SIM_TAG_G, SIM_TAG_X };
	struct sim *sim = d->sim;
	struct ledger *l = office_of(d)->ledger;
	const struct sl_record *rec = &d->agent->rec;
	int64_t purchased, consumed;
	struct ledger_row row;
	struct ledger_key key;
	int short_of = 0;

	if (ledger_row_get(l, rec->current.instance, &row, &sim->err) != 1 ||
	    row.state != LEDGER_LIVE || row.sequence != rec->sequence ||
	    row.deadline_s != rec->deadline_s)
		(void)sim_fail(sim, "%s: device and ledger differ: sequence %lld and %lld", d->sn,
		    (long long)rec->sequence, (long long)row.sequence);
	/* after advice of long ago it may have signed with the former one */
	if ((ledger_key_get(l, d->ski[0], &key, NULL, &sim->err) != 1 ||
		key.state != LEDGER_KEY_CURRENT) &&
	    (ledger_key_get(l, d->ski[1], &key, NULL, &sim->err) != 1 ||
		key.state != LEDGER_KEY_CURRENT))
		(void)sim_fail(sim, "%s: the key that signed is not current", d->sn);
	compare_reservations(d);
	/* a repeated result tells of the pools as they were */
	if (row.usage_s != sim->now / 1000)
		return;
	for (int i = 0; i < 2 && !sim->failed; i++) {
		sim_must(sim, ledger_pool_get(l, row.va, tags[i], sim->now / 1000, &purchased,
		    &consumed, &sim->err));
		short_of |= is_beyond(d, tags[i], d->counts[i]) && consumed > purchased;
	}
	if ((rec->authorization == SMARTLIC_AUTH_OUT_OF_COMPLIANCE) != short_of)
		(void)sim_fail(sim, "%s: compliance differs from what the pools hold", d->sn);
}

static void
must_authorize(struct device *d, int64_t exchanges, const char *what)
{
	struct sim *sim = d->sim;

	if (sim->failed)
		return;
	sim->now += SIM_SECOND;
	d->exchanges = 0;
	if (smartlic_agent_renew_auth(d->agent) < 0)
		(void)sim_fail(sim, "invariant 4: %s: renew auth, %s: %s", d->sn, what,
		    smartlic_agent_error(d->agent)->text);
	device_settle(d);
	if (sim->failed)
		return;
	if (authorized_now(d) && d->exchanges <= exchanges) {
		compare(d);
		return;
	}
	if (!excused(d))
		(void)sim_fail(sim, "invariant 4: %s: not authorized, %s, after %lld exchanges: %s",
		    d->sn, what, (long long)d->exchanges, d->agent->rec.last_communication.reason);
}

static void
deliver_all_old(struct device *d)
{
	struct sim *sim = d->sim;
	struct sl_buf bytes = { 0 };

	for (size_t i = 0; i < SIM_DEVICE_KEPT && !sim->failed; i++) {
		if (d->kept[i] == NULL)
			continue;
		(void)office_answer(&sim->offices[d->kept[i]->home], d->kept[i], &bytes);
		sl_buf_free(&bytes);
	}
}

static int64_t
any_va_of(struct office *o)
{
	return 2 * o->number + stream_between(&o->sim->random, 1, 2);
}

static void
register_afresh(struct device *d)
{
	struct sim *sim = d->sim;
	struct office *o = office_of(d);
	struct sl_udi udi = { .pid = "NCS1004", .uuid = "default-sdr" };
	struct ledger_row live = { .va = any_va_of(o) };
	struct sim_token *t;

	(void)sl_copy(udi.sn, sizeof(udi.sn), d->sn);
	sim_must(sim, ledger_row_live(o->ledger, &udi, &live, &sim->err));
	if (sim->failed)
		return;
	if (live.instance[0] == '\0' || office_of_va(sim, live.va) != o)
		live.va = any_va_of(o);
	t = admin_token(sim, live.va, 1, 1);
	if (smartlic_agent_register(d->agent, t->text, SMARTLIC_REGISTER_FORCE) < 0) {
		(void)sim_fail(sim, "invariant 4: %s: register with force: %s", d->sn,
		    smartlic_agent_error(d->agent)->text);
		return;
	}
	device_settle(d);
	if (sim->failed)
		return;
	if (d->agent->rec.registration != SMARTLIC_REG_REGISTERED || !authorized_now(d)) {
		(void)sim_fail(sim, "invariant 4: %s: a fresh token with force did not help: %s",
		    d->sn, d->agent->rec.initial_registration.reason);
		return;
	}
	sim->stats.registrations++;
	deliver_all_old(d);
	must_authorize(d, 1, "after all that is old came again");
}

/* No home is down meanwhile. */
static void
left_in_peace(struct device *d)
{
	struct sim *sim = d->sim;

	satellites_settle(sim);
	if (d->agent != NULL && !sim->failed)
		device_settle(d);
	if (d->agent != NULL && !sim->failed && sl_agent_has_identity(&d->agent->rec))
		must_authorize(d, 3, "faults off");
	if (d->agent != NULL && !sim->failed && stream_chance(&sim->random, 1500))
		register_afresh(d);
	if (!sim->failed)
		satellites_settle(sim);
}

void
calm(struct device *d)
{
	struct sim *sim = d->sim;
	struct stream *s = &sim->random;
	int64_t down_until[SIM_HOMES];

	sim_at(sim, sim->now + stream_between(s, 20 * SIM_DAY, 150 * SIM_DAY), EVENT_CALM, d->number,
	    0, NULL);
	if (!d->powered || d->retired)
		return;
	sim_trace(sim, "%s: is left in peace", d->sn);
	sim->stats.calms++;
	d->calm = 1;
	d->disk.fault_at = -1;
	for (int i = 0; i < SIM_HOMES; i++) {
		down_until[i] = sim->offices[i].down_until;
		sim->offices[i].down_until = 0;
	}
	inbox_clear(d);
	/* what is on its way, now lost, is sent again by another process */
	if (d->agent != NULL && d->agent->in_flight)
		device_stop(d);
	if (d->agent == NULL)
		(void)device_start(d);
	left_in_peace(d);
	d->calm = 0;
	for (int i = 0; i < SIM_HOMES; i++)
		sim->offices[i].down_until = down_until[i];
	if (!sim->failed)
		device_wake_at(d, sim->now + 1);
}
