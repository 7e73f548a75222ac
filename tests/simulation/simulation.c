/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/simulation.h"
#include "text.h"

/* Time, and what happens in which order. */

#define CHECK_EVERY 4096 /* steps between two looks at the whole ledger */
#define DAYS_MAX    600  /* the response signer's certificate lives two years */

static const struct faults levels[] = {
	/* lose, delay, twice, alter, refuse, cut, kill, crash, chaos */
	{ 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ 100, 100, 200, 50, 100, 20, 20, 100, 20 * SIM_DAY },
	{ 500, 500, 500, 200, 500, 100, 200, 300, 4 * SIM_DAY },
	{ 2500, 2000, 1500, 1000, 1500, 600, 1500, 1200, SIM_DAY },
};
/* the seed's choice; much at once hides what a single fault does */
static const signed char usual[] = { 0, 1, 1, 1, 1, 1, 2, 2, 2, 3 };

const struct faults *
sim_faults(const struct sim *sim)
{
	return &levels[sim->config.faults];
}

int
sim_fail(struct sim *sim, const char *fmt, ...)
{
	char text[500], time[SL_TIME_SIZE];
	va_list ap;

	if (sim->failed)
		return 1;
	sim->failed = 1;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sl_time(time, sim->now / 1000);
	(void)snprintf(sim->text, sizeof(sim->text), "step %lld, %s: %s", (long long)sim->step, time,
	    text);
	return 1;
}

void
sim_trace(struct sim *sim, const char *fmt, ...)
{
	char text[700], time[SL_TIME_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* FNV-1a: two runs of a seed must say the same */
	for (const char *c = text; *c != '\0'; c++)
		sim->digest = (sim->digest ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	if (!sim->config.trace)
		return;
	sl_time(time, sim->now / 1000);
	(void)fprintf(stderr, "%lld %s %s\n", (long long)sim->step, time, text);
}

/* ---- events ------------------------------------------------------------------------------- */

static int
sooner(const struct event *a, const struct event *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void
sim_at(struct sim *sim, int64_t at_ms, enum event_kind kind, int device, int64_t number,
    struct letter *letter)
{
	struct event e = { at_ms, sim->orders++, (int)kind, device, number, letter };
	size_t i = sim->n_heap++;

	if (sim->n_heap > sim->heap_room) {
		sim->heap_room = sim->heap_room * 2 + 256;
		sim->heap = realloc(sim->heap, sim->heap_room * sizeof(e));
		if (sim->heap == NULL)
			abort();
	}
	for (; i > 0 && sooner(&e, &sim->heap[(i - 1) / 2]); i = (i - 1) / 2)
		sim->heap[i] = sim->heap[(i - 1) / 2];
	sim->heap[i] = e;
}

static struct event
next_event(struct sim *sim)
{
	struct event first = sim->heap[0], last = sim->heap[--sim->n_heap];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < sim->n_heap) {
		if (child + 1 < sim->n_heap && sooner(&sim->heap[child + 1], &sim->heap[child]))
			child++;
		if (!sooner(&sim->heap[child], &last))
			break;
		sim->heap[i] = sim->heap[child];
		i = child;
	}
	sim->heap[i] = last;
	return first;
}

static void
request_arrives(struct sim *sim, struct letter *l)
{
	struct sl_buf bytes = { 0 };

	if (office_answer(&sim->offices[l->home], l, &bytes) == 1)
		post_response(&sim->devices[l->device], l, &bytes);
	sl_buf_free(&bytes);
	letter_unref(l);
}

static void
happen(struct sim *sim, const struct event *e)
{
	struct device *d = &sim->devices[e->device];

	switch ((enum event_kind)e->kind) {
	case EVENT_WAKE:
		device_wake(d);
		break;
	case EVENT_REQUEST:
		request_arrives(sim, e->letter);
		break;
	case EVENT_RESPONSE:
		sim->stats.responses++;
		post_arrived(sim, e->letter);
		break;
	case EVENT_OPERATOR:
		device_operator(d);
		break;
	case EVENT_ADMIN:
		admin(sim);
		break;
	case EVENT_CHAOS:
		chaos(sim);
		break;
	case EVENT_CALM:
		calm(d);
		break;
	case EVENT_TICK:
		satellite_tick(&sim->offices[e->number]);
		break;
	case EVENT_SYNC_REQUEST:
		satellite_request(&sim->offices[e->letter->home], e->letter);
		break;
	case EVENT_SYNC_ANSWER:
		satellite_answer(&sim->offices[e->letter->home], e->letter);
		break;
	}
}

/* ---- a run -------------------------------------------------------------------------------- */

static void
begin(struct sim *sim, const struct sim_config *config)
{
	struct sim_config *c = &sim->config;

	*sim = (struct sim){ .config = *config,
		.now = (SL_BUILD_TIME_S + 30 * 86400) * 1000,
		.digest = UINT64_C(0xcbf29ce484222325) };
	sim->random.state = config->seed;
	sim->ids = stream_fork(&sim->random);
	openssl_from_seed(config->seed);
	if (c->faults < 0)
		c->faults = usual[stream_below(&sim->random, (int64_t)sizeof(usual))];
	if (c->devices <= 0)
		c->devices = (int)stream_between(&sim->random, 3, 40);
	if (c->days <= 0)
		c->days = stream_between(&sim->random, 200, DAYS_MAX);
	sim->prompt = stream_chance(&sim->random, 2500);
	sim->start = sim->now;
	sim->end = sim->now + c->days * SIM_DAY;
}

static void
populate(struct sim *sim)
{
	struct stream *s = &sim->random;
	const struct faults *f = sim_faults(sim);

	sim->n_devices = sim->config.devices;
	for (int i = 0; i < sim->n_devices; i++) {
		device_init(sim, i);
		device_wake_at(&sim->devices[i], sim->now + stream_below(s, SIM_DAY));
		sim_at(sim, sim->now + stream_below(s, 3 * SIM_DAY), EVENT_OPERATOR, i, 0, NULL);
		sim_at(sim, sim->now + stream_between(s, 5 * SIM_DAY, 60 * SIM_DAY), EVENT_CALM, i,
		    0, NULL);
	}
	sim_at(sim, sim->now + SIM_HOUR, EVENT_ADMIN, 0, 0, NULL);
	if (f->chaos_ms > 0)
		sim_at(sim, sim->now + f->chaos_ms, EVENT_CHAOS, 0, 0, NULL);
}

int
sim_run(struct sim *sim, const struct sim_config *config)
{
	struct event e;

	begin(sim, config);
	if (offices_open(sim) == 0)
		populate(sim);
	while (!sim->failed && sim->n_heap > 0) {
		e = next_event(sim);
		if (e.at_ms > sim->end || (config->steps > 0 && sim->step >= config->steps)) {
			letter_unref(e.letter);
			break;
		}
		/* a wake that another one has overtaken is none */
		if (e.kind == EVENT_WAKE && sim->devices[e.device].wake != e.number)
			continue;
		if (e.at_ms > sim->now)
			sim->now = e.at_ms;
		sim->step++;
		happen(sim, &e);
		if (sim->step % CHECK_EVERY == 0)
			check_ledgers(sim);
	}
	if (!sim->failed)
		check_ledgers(sim);
	/* twins that came later are not counted */
	sim->stats.device_ms = (sim->now - sim->start) * sim->config.devices;
	return sim->failed;
}

void
sim_free(struct sim *sim)
{
	for (int i = 0; i < sim->n_devices; i++)
		device_free(&sim->devices[i]);
	for (size_t i = 0; i < sim->n_heap; i++)
		letter_unref(sim->heap[i].letter);
	for (size_t i = 0; i < SIM_HISTORY; i++)
		letter_unref(sim->history[i]);
	free(sim->heap);
	offices_close(sim);
}
