/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/simulation/simulation.h"
#include "text.h"

/* The administrator, of all homes. */

const char *const sim_accounts[SIM_ACCOUNTS] = { LEDGER_DEFAULT, "Second", "Third", "Fourth",
	"Fifth", "Sixth", "Seventh", "Eighth" };

struct office *
office_of_va(struct sim *sim, int64_t va)
{
	return &sim->offices[(va - 1) / 2];
}

int64_t
admin_any_va(struct sim *sim)
{
	return stream_between(&sim->random, 1, 2 * (int64_t)sim->n_offices);
}

struct sim_token *
admin_token(struct sim *sim, int64_t va, int64_t days, int64_t uses)
{
	struct office *o = office_of_va(sim, va);
	struct sl_buf text = { 0 };
	struct sl_token parsed;
	struct sim_token *t;
	int r;

	if (sim->n_tokens < SIM_TOKENS)
		t = &sim->tokens[sim->n_tokens++];
	else
		t = &sim->tokens[stream_below(&sim->random, SIM_TOKENS)];
	*t = (struct sim_token){ .va = va,
		.home = o->number,
		.uses_max = uses,
		.created_ms = sim->now,
		.expires_ms = sim->now + days * SIM_DAY };
	r = authority_token_create(o->authority,
	    &(struct ledger_token_new){
		.virtual_account = sim_accounts[va - 1], .days = days, .uses_max = uses },
	    sim->now / 1000, &text, &sim->err);
	if (r == 0)
		r = sl_copy(t->text, sizeof(t->text), text.data);
	if (r == 0)
		r = sl_token_parse(&parsed, t->text, &sim->err);
	if (r < 0)
		(void)sim_fail(sim, "no token: %s", sim->err.text);
	else
		sl_hex(t->id, parsed.id, sizeof(parsed.id));
	sl_buf_free(&text);
	return t;
}

/* Where an administrator does something about the device: at its home, or at the authority. */
static struct office *
stands_at(struct device *d)
{
	return d->home > 0 && stream_chance(&d->sim->random, 5000) ? office_of(d)
								   : &d->sim->offices[0];
}

static void
removes(struct sim *sim)
{
	struct device *d = &sim->devices[stream_below(&sim->random, sim->n_devices)];
	struct office *o = stands_at(d);
	int r;

	r = ledger_instance_remove(o->ledger, d->sn, "admin", sim->now / 1000, &sim->err);
	sim_trace(sim, "admin: removes %s: %s", d->sn, r == 0 ? "done" : "nothing there");
	if (r < 0 && r != SMARTLIC_E_NOT_FOUND && (r != SMARTLIC_E_STATE || o->number == 0))
		(void)sim_fail(sim, "instance remove: %s", sim->err.text);
}

/* The device may be well and never hear of it until it calls. */
static void
closes_reservation(struct sim *sim)
{
	struct device *d = &sim->devices[stream_below(&sim->random, sim->n_devices)];
	struct office *o = stands_at(d);
	int r;

	r = ledger_reservation_close(
	    o->ledger, d->instance, "gone", "admin", sim->now / 1000, &sim->err);
	sim_trace(
	    sim, "admin: closes what %s has reserved: %s", d->sn, r == 0 ? "done" : "nothing");
	if (r < 0 && r != SMARTLIC_E_NOT_FOUND && r != SMARTLIC_E_STATE)
		(void)sim_fail(sim, "reservation close: %s", sim->err.text);
}

/* What is drawn is drawn one after the other: within a call each compiler has its own order. */

static void
makes_token(struct sim *sim, int64_t va)
{
	struct stream *s = &sim->random;
	int64_t days = stream_between(s, 1, 365);
	int64_t uses = stream_chance(s, 5000) ? stream_between(s, 1, 4) : LEDGER_ANY_USES;

	sim_trace(sim, "admin: token %.8s", admin_token(sim, va, days, uses)->id);
}

/* Too few for some days, mostly enough: whoever is short polls twice a day. */
static void
sets_pool(struct sim *sim, int64_t va)
{
	struct stream *s = &sim->random;
	const char *tag = stream_chance(s, 5000) ? SIM_TAG_G : SIM_TAG_X;
	int64_t quantity = stream_chance(s, 500) ? stream_below(s, 150) : 500;

	sim_must(sim, ledger_license_add(sim->offices[0].ledger, sim_accounts[va - 1], tag,
			  quantity, 1, sim->now / 1000, &sim->err));
}

void
admin_daily(struct office *o)
{
	struct sim *sim = o->sim;
	struct ledger_trim run = { 0 };
	int64_t now_s = sim->now / 1000;
	int r = 1;

	sim_must(sim, authority_daily(o->authority, now_s, &sim->err));
	while (r == 1)
		r = authority_trim(o->authority, &run, now_s, &sim->err);
	sim_must(sim, r);
}

static void
revokes_token(struct sim *sim)
{
	struct sim_token *t = &sim->tokens[stream_below(&sim->random, (int64_t)sim->n_tokens)];

	t->revoked = 1;
	if (!t->lost)
		sim_must(sim, ledger_token_revoke(sim->offices[t->home].ledger, t->id, "admin",
				  sim->now / 1000, &sim->err));
	sim_trace(sim, "admin: revokes token %.8s", t->id);
}

void
admin(struct sim *sim)
{
	struct stream *s = &sim->random;
	int64_t dice = stream_below(s, 100), va = admin_any_va(sim);

	if (dice < 40)
		makes_token(sim, va);
	else if (dice < 50)
		revokes_token(sim);
	else if (dice < 60)
		removes(sim);
	else if (dice < 80)
		sets_pool(sim, va);
	else if (dice < 84)
		closes_reservation(sim);
	else if (dice < 90)
		office_backup(office_any(sim));
	else
		admin_daily(office_any(sim));
	sim_at(sim, sim->now + stream_between(s, SIM_HOUR, 10 * SIM_DAY), EVENT_ADMIN, 0, 0, NULL);
}
