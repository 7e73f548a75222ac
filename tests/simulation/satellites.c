/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "authority/join_ask.h"
#include "authority/sync.h"
#include "pki/satellite.h"
#include "tests/simulation/simulation.h"
#include "text.h"

/* Satellites: how they join, when and over what network they synchronise, what befalls them. */

#define ROUNDS_MAX 60 /* of one synchronisation */

/* Of ten thousand synchronisations, how many somebody carries on a stick: with a connection, and
 * without one. */
#define BY_FILE         300
#define BY_FILE_CUT_OFF 3000

/* ---- joining ------------------------------------------------------------------------------ */

static int
invite(struct sim *sim, int number, struct sl_buf *ret_token)
{
	const char *const vas[] = { sim_accounts[2 * number], sim_accounts[2 * number + 1] };
	struct authority_invitation i = { .name = sim->offices[number].name,
		.virtual_accounts = vas,
		.n_virtual_accounts = 2,
		.tls_names = "",
		.days = 7,
		.who = "admin" };

	return authority_satellite_create(
	    sim->offices[0].authority, &i, sim->now / 1000, ret_token, &sim->err);
}

int
satellite_join(struct sim *sim, int number)
{
	struct office *o = &sim->offices[number];
	struct sl_buf token = { 0 }, request = { 0 }, answer = { 0 };
	struct join j = { .url = "https://upstream.example.net/" };
	int64_t now_s = sim->now / 1000;
	int r;

	if (office_begin(sim, number) != 0)
		return 1;
	r = invite(sim, number, &token);
	if (r == 0)
		r = pki_join_create(
		    o->pki_dir, sim->root_pem.data, sim->root_pem.len, sim->crypto, &sim->err);
	if (r == 0)
		r = join_ask(&j, sim->crypto, o->pki_dir, token.data, now_s, office_fill, sim,
		    &request, &sim->err);
	if (r == 0)
		r = authority_answer(sim->offices[0].authority, request.data, request.len, now_s,
		    office_fill, sim, &answer, &sim->err);
	if (r == 0)
		r = join_take(&j, sim->crypto, o->pki_dir, o->db_path, answer.data, answer.len,
		    now_s, &sim->err);
	sl_buf_free(&token);
	sl_buf_free(&request);
	sl_buf_free(&answer);
	if (r < 0)
		return sim_fail(sim, "%s cannot join: %s", o->name, sim->err.text);
	(void)sl_copy(o->home, sizeof(o->home), j.home);
	if (office_open(o) != 0)
		return 1;
	for (int va = 2 * number + 1; va <= 2 * number + 2; va++)
		(void)admin_token(sim, va, 365, LEDGER_ANY_USES);
	sim_at(sim, sim->now + stream_below(&sim->random, SIM_DAY), EVENT_TICK, 0, number, NULL);
	return sim->failed;
}

/* ---- letters ------------------------------------------------------------------------------ */

static void
post(struct office *o, struct sl_buf *bytes, const char *request_id, int is_response, int by_file)
{
	struct letter *l = letter_new(0);
	size_t at = o->n_kept++ % SIM_KEPT_SYNCS;
	char what[80];

	l->home = o->number;
	l->is_response = is_response;
	l->by_file = by_file;
	(void)sl_copy(l->request_id, sizeof(l->request_id), request_id);
	l->bytes = *bytes;
	*bytes = (struct sl_buf){ 0 };
	letter_unref(o->kept[at]);
	o->kept[at] = l;
	(void)snprintf(what, sizeof(what), "%s: %s of a synchronisation", o->name,
	    is_response ? "answer" : "request");
	letter_send(o->sim, l, is_response ? EVENT_SYNC_ANSWER : EVENT_SYNC_REQUEST, by_file, what);
}

/* Which requests are open. */
static void
open_requests(struct office *o, struct ledger_upstream *ret)
{
	if (ledger_upstream_get(o->ledger, ret, &o->sim->err) != 1)
		(void)sim_fail(o->sim, "%s has no upstream", o->name);
}

/* What the next request may tell is read now, long before it is made, as if this one had left some.
 */
static void
read_ahead(struct office *o)
{
	struct sim *sim = o->sim;
	struct sync_kept *kept = sync_kept(o->authority);
	struct ledger_upstream u = { .acknowledged = 0 };

	if (kept == NULL || kept->ahead.changes != NULL)
		return;
	open_requests(o, &u);
	kept->asked_upto = u.acknowledged;
	kept->asked_more = 1;
	if (sync_read_ahead(o->authority, NULL, &sim->err) < 0)
		(void)sim_fail(sim, "%s cannot read ahead: %s", o->name, sim->err.text);
}

/* 1: there is a request in `ret`. */
static int
ask(struct office *o, unsigned int flags, struct sl_buf *ret)
{
	struct sim *sim = o->sim;
	int r, crashed;

	r = sync_ask(o->authority, flags, sim->now / 1000, office_fill, sim, ret, &sim->err);
	crashed = office_has_crashed();
	if (crashed)
		office_restart(o);
	else if (r < 0)
		(void)sim_fail(sim, "%s cannot ask: %s", o->name, sim->err.text);
	if (r == 0 && !crashed)
		read_ahead(o);
	return r == 0 && !crashed;
}

static int
answer(struct sim *sim, const struct sl_buf *request, struct sl_buf *ret)
{
	struct office *up = &sim->offices[0];
	int r, crashed;

	r = authority_answer(up->authority, request->data, request->len, sim->now / 1000,
	    office_fill, sim, ret, &sim->err);
	crashed = office_has_crashed();
	if (crashed)
		office_restart(up);
	else if (r < 0)
		(void)sim_fail(sim, "authority_answer: %s", sim->err.text);
	return r == 0 && !crashed;
}

int
is_unproven(const struct sim *sim, const char *id)
{
	for (int i = 0; i < sim->n_devices; i++) {
		const struct device *d = &sim->devices[i];

		if (d->large_report[0] != '\0' &&
		    (strcmp(d->large_report, id) == 0 || strcmp(d->samples.store, id) == 0))
			return 1;
	}
	return 0;
}

/* May it be?  Of an instance that two devices use; or where the upstream was restored, and has lost
 * an instance that has left this satellite since. */
static int
may_be_refused(const struct sim *sim, const char *refused)
{
	char instance[SL_UUID_SIZE];

	(void)snprintf(instance, sizeof(instance), "%.36s", refused);
	return taint_has(sim, instance) || is_unproven(sim, instance) ||
	       (sim->offices[0].n_gaps > 0 &&
		   (strstr(refused, "it is at home elsewhere") != NULL ||
		       strstr(refused, "was never at home") != NULL ||
		       strstr(refused, "samples of an instance that is not known") != NULL));
}

/* 1: taken. */
static int
take(struct office *o, const struct sl_buf *bytes, struct sync_outcome *ret)
{
	struct sim *sim = o->sim;
	struct smartlic_error why;
	int r, crashed;

	r = sync_answer(o->authority, bytes->data, bytes->len, sim->now / 1000, ret, &sim->err);
	crashed = office_has_crashed();
	if (crashed)
		office_restart(o);
	why = sim->err;
	sim_must(sim, pki_refresh(o->pki, &sim->err));
	if (r < 0 || crashed) {
		sim->err = why;
		return 0;
	}
	sim->stats.synchronisations++;
	if (ret->refused[0] != '\0' && !may_be_refused(sim, ret->refused))
		(void)sim_fail(
		    sim, "%s: the upstream did not take a row: %s", o->name, ret->refused);
	return 1;
}

/* ---- by the timetable --------------------------------------------------------------------- */

static void
synchronise(struct office *o)
{
	static const struct smartlic_error why = { .text = "no route to host" };
	struct sim *sim = o->sim;
	struct sl_buf request = { 0 };
	struct ledger_upstream u;
	int cut_off = o->cut_off_until > sim->now;
	int by_file = stream_chance(&sim->random, cut_off ? BY_FILE_CUT_OFF : BY_FILE);

	office_arm(sim);
	if (ask(o, by_file ? SYNC_BY_FILE : 0, &request)) {
		const char *id = by_file ? u.exported_id : u.request_id;

		open_requests(o, &u);
		sim_trace(sim, "%s: synchronises%s, request %.8s", o->name,
		    by_file ? " by a file" : "", id);
		if (cut_off && !by_file)
			sim_must(sim, sync_failed(o->authority, &why, sim->now / 1000, &sim->err));
		else
			post(o, &request, id, 0, by_file);
	}
	sl_buf_free(&request);
}

void
satellite_tick(struct office *o)
{
	struct sim *sim = o->sim;
	struct ledger_upstream u;

	sim_at(sim, sim->now + stream_between(&sim->random, SIM_HOUR, 30 * SIM_HOUR), EVENT_TICK, 0,
	    o->number, NULL);
	if (o->down_until > sim->now)
		return;
	open_requests(o, &u);
	if (sim->failed || !sync_is_due(&u, o->asked, sim->now / 1000))
		return;
	o->asked = 1;
	synchronise(o);
}

void
satellite_request(struct office *o, struct letter *l)
{
	struct sim *sim = o->sim;
	struct sl_buf bytes = { 0 };

	if (sim->offices[0].down_until <= sim->now) {
		office_arm(sim);
		if (answer(sim, &l->bytes, &bytes))
			post(o, &bytes, l->request_id, 1, l->by_file);
	}
	sl_buf_free(&bytes);
	letter_unref(l);
}

void
satellite_answer(struct office *o, struct letter *l)
{
	struct sim *sim = o->sim;
	struct sync_outcome out;
	struct ledger_upstream u;
	int awaited;

	open_requests(o, &u);
	awaited = strcmp(l->by_file ? u.exported_id : u.request_id, l->request_id) == 0;
	if (o->down_until <= sim->now && !sim->failed) {
		office_arm(sim);
		if (!take(o, &l->bytes, &out)) {
			sim_trace(sim, "%s: an answer is not taken: %s", o->name, sim->err.text);
		} else if (!awaited) {
			(void)sim_fail(sim, "%s: an answer to another request was taken", o->name);
		} else {
			sim_trace(sim, "%s: synchronised, %lld up, %lld down", o->name,
			    (long long)out.rows_up, (long long)out.rows_down);
			if (out.more)
				synchronise(o);
		}
	}
	letter_unref(l);
}

/* ---- without faults ----------------------------------------------------------------------- */

static void
settle(struct office *o)
{
	struct sim *sim = o->sim;
	struct sync_outcome out = { .more = 1 };
	int rounds = 0;

	while (out.more && !sim->failed) {
		struct sl_buf request = { 0 }, bytes = { 0 };

		if (++rounds > ROUNDS_MAX)
			(void)sim_fail(
			    sim, "%s: a synchronisation never comes to its end", o->name);
		if (ask(o, 0, &request) && answer(sim, &request, &bytes) && !take(o, &bytes, &out))
			(void)sim_fail(
			    sim, "%s: an answer is not taken: %s", o->name, sim->err.text);
		sl_buf_free(&request);
		sl_buf_free(&bytes);
	}
}

/* Both know the requests that either has answered. */
static void
learn(struct sim *sim)
{
	for (int i = 0; i < sim->n_devices; i++) {
		struct device *d = &sim->devices[i];
		int64_t most = d->answered_serial[0];

		for (int k = 1; k < sim->n_offices; k++)
			if (d->answered_serial[k] > most)
				most = d->answered_serial[k];
		d->answered_serial[0] = most;
	}
}

void
satellites_settle(struct sim *sim)
{
	/* before peace mends what was broken in between */
	if (sim->n_offices > 1)
		check_ledgers(sim);
	/* what has come to its end has at all of them */
	for (int i = 0; i < sim->n_offices && sim->n_offices > 1; i++)
		admin_daily(&sim->offices[i]);
	/* what one of them moved or closed, the others learn of by the upstream */
	for (int n = 0; n < 2 && sim->n_offices > 1; n++)
		for (int i = 1; i < sim->n_offices && !sim->failed; i++)
			settle(&sim->offices[i]);
	for (int i = 1; i < sim->n_offices && !sim->failed; i++)
		check_quiet(&sim->offices[i]);
	if (sim->n_offices > 1 && !sim->failed)
		learn(sim);
}

/* ---- larger events ------------------------------------------------------------------------ */

static void
moves(struct sim *sim)
{
	struct device *d = &sim->devices[stream_below(&sim->random, sim->n_devices)];

	d->home = office_any(sim)->number;
	sim->stats.moves++;
	sim_trace(sim, "%s: asks %s from now on", d->sn, sim->offices[d->home].name);
}

/* An old message arrives again. */
static void
late(struct office *o)
{
	size_t n = o->n_kept < SIM_KEPT_SYNCS ? o->n_kept : SIM_KEPT_SYNCS;
	struct letter *l;

	if (n == 0)
		return;
	l = o->kept[stream_below(&o->sim->random, (int64_t)n)];
	o->sim->stats.late++;
	sim_at(o->sim, o->sim->now, l->is_response ? EVENT_SYNC_ANSWER : EVENT_SYNC_REQUEST, 0, 0,
	    letter_ref(l));
}

static void
transfers(struct sim *sim, struct office *o)
{
	struct stream *s = &sim->random;
	struct device *d = &sim->devices[stream_below(s, sim->n_devices)];
	const char *from = sim_accounts[2 * o->number], *to = sim_accounts[2 * o->number + 1];
	unsigned char random[16];
	char id[SL_UUID_SIZE];
	int r;

	if (stream_chance(s, 5000)) {
		r = ledger_instance_transfer(
		    o->ledger, d->sn, to, "admin", sim->now / 1000, &sim->err);
		sim_trace(sim, "admin: transfers %s at %s: %s", d->sn, o->name,
		    r == 0 ? "done" : sim->err.text);
		return;
	}
	if (o->number == 0)
		return;
	stream_fill(&sim->ids, random, sizeof(random));
	sl_uuid4(id, random);
	r = ledger_upstream_transfer(o->ledger, id, from, to, SIM_TAG_G, stream_between(s, 1, 40),
	    sim->now / 1000, &sim->err);
	sim_trace(
	    sim, "admin: transfers licenses at %s: %s", o->name, r == 0 ? "done" : sim->err.text);
}

void
satellites_chaos(struct sim *sim)
{
	struct stream *s = &sim->random;
	struct office *o;
	int64_t dice;

	if (sim->n_offices == 1)
		return;
	o = office_any(sim);
	dice = stream_below(s, 100);
	if (dice < 40)
		moves(sim);
	else if (dice < 55)
		o->cut_off_until = sim->now + stream_between(s, SIM_HOUR, 120 * SIM_DAY);
	else if (dice < 80)
		late(o);
	else if (dice < 95)
		transfers(sim, o);
}
