/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/request_read.h"
#include "authority/sync.h"
#include "tests/simulation/simulation.h"
#include "text.h"

/* The network: two transports for agents, and what happens between them and the authority. */

struct letter *
letter_ref(struct letter *l)
{
	l->refs++;
	return l;
}

void
letter_unref(struct letter *l)
{
	if (l == NULL || --l->refs > 0)
		return;
	sl_buf_free(&l->bytes);
	free(l);
}

struct letter *
letter_new(int device)
{
	struct letter *l = calloc(1, sizeof(*l));

	if (l == NULL)
		abort();
	l->refs = 1;
	l->device = device;
	return l;
}

static struct letter *
letter_copy(const struct letter *of)
{
	struct letter *l = letter_new(of->device);

	*l = *of;
	l->refs = 1;
	l->bytes = (struct sl_buf){ 0 };
	sl_buf_add(&l->bytes, of->bytes.data, of->bytes.len);
	return l;
}

struct letter *
letter_answer(const struct letter *of, int64_t submission)
{
	struct letter *l = letter_copy(of);

	l->submission = submission;
	return l;
}

struct letter *
letter_to(const struct letter *of, int home)
{
	struct letter *l = letter_copy(of);

	l->home = home;
	return l;
}

/* ---- between ------------------------------------------------------------------------------ */

static void
alter(struct sim *sim, struct letter *l)
{
	struct stream *s = &sim->random;

	l->broken = 1;
	if (l->bytes.len == 0)
		return;
	if (stream_chance(s, 3000)) {
		l->bytes.len = (size_t)stream_below(s, (int64_t)l->bytes.len);
		return;
	}
	for (int64_t n = stream_between(s, 1, 3); n > 0; n--) {
		/* drawn one after the other: within an expression each compiler has its own order */
		int64_t at = stream_below(s, (int64_t)l->bytes.len);

		l->bytes.data[at] ^= (char)stream_between(s, 1, 255);
	}
}

/* How long a letter takes: seconds by wire, days by file; now and then much longer. */
static int64_t
travel(struct sim *sim, int by_file)
{
	struct stream *s = &sim->random;
	const struct faults *f = sim_faults(sim);

	if (stream_chance(s, f->delay))
		return stream_between(s, SIM_MINUTE, by_file ? 60 * SIM_DAY : 3 * SIM_DAY);
	return by_file ? stream_between(s, SIM_MINUTE, 2 * SIM_DAY) :
			 stream_between(s, 5, 3 * SIM_SECOND);
}

void
letter_send(struct sim *sim, const struct letter *l, enum event_kind kind, int by_file,
    const char *what)
{
	const struct faults *f = sim_faults(sim);
	int n = stream_chance(&sim->random, f->twice) ? 2 : 1;

	for (int i = 0; i < n; i++) {
		struct letter *copy = letter_copy(l);

		if (stream_chance(&sim->random, f->alter))
			alter(sim, copy);
		if (stream_chance(&sim->random, f->lose)) {
			sim_trace(sim, "%s is lost", what);
			letter_unref(copy);
			continue;
		}
		sim_at(sim, sim->now + travel(sim, by_file), kind, l->device, 0, copy);
	}
}

static void
send(struct device *d, const struct letter *l)
{
	char what[80];

	(void)snprintf(what, sizeof(what), "%s: %s %s", d->sn,
	    l->is_response ? "answer to" : "request", sl_msg_type_name(l->type));
	letter_send(d->sim, l, l->is_response ? EVENT_RESPONSE : EVENT_REQUEST,
	    d->host == HOST_STICKS, what);
}

void
post_remember(struct sim *sim, struct letter *l)
{
	struct device *d = &sim->devices[l->device];
	size_t at = sim->n_history++ % SIM_HISTORY;

	letter_unref(sim->history[at]);
	sim->history[at] = letter_ref(l);
	if (l->is_response)
		return;
	at = d->n_kept++ % SIM_DEVICE_KEPT;
	letter_unref(d->kept[at]);
	d->kept[at] = letter_ref(l);
}

void
post_request(struct device *d, struct letter *l)
{
	struct sim *sim = d->sim;
	const struct faults *f = sim_faults(sim);

	post_remember(sim, l);
	if (d->calm) {
		struct sl_buf bytes = { 0 };

		if (office_answer(&sim->offices[l->home], l, &bytes) == 1)
			post_response(d, l, &bytes);
		sl_buf_free(&bytes);
		return;
	}
	if (d->cut_off_until > sim->now || stream_chance(&sim->random, f->refuse)) {
		if (stream_chance(&sim->random, 5000))
			post_fails(d, l->submission, sim->now + stream_between(&sim->random, 1, 20000),
			    "no route to host");
		return;
	}
	send(d, l);
}

void
post_response(struct device *d, const struct letter *request, struct sl_buf *bytes)
{
	struct letter *l = letter_new(d->number);

	*l = *request;
	l->refs = 1;
	l->is_response = 1;
	l->broken = 0;
	l->restores = d->sim->offices[l->home].n_gaps;
	l->device = d->number;
	l->bytes = *bytes;
	*bytes = (struct sl_buf){ 0 };
	post_remember(d->sim, l);
	if (d->calm)
		post_arrived(d->sim, letter_ref(l));
	else
		send(d, l);
	letter_unref(l);
}

void
post_fails(struct device *d, int64_t submission, int64_t at_ms, const char *text)
{
	struct letter *l = letter_new(d->number);

	l->is_response = 1;
	l->submission = submission;
	(void)sl_copy(l->failure, sizeof(l->failure), text);
	sim_at(d->sim, at_ms, EVENT_RESPONSE, d->number, 0, l);
}

/* An answer reaches its device; by wire only while somebody waits for it. */
void
post_arrived(struct sim *sim, struct letter *l)
{
	struct device *d = &sim->devices[l->device];
	int sticks = d->host == HOST_STICKS;

	if (d->n_inbox == SIM_INBOX || (!sticks && l->submission != d->submission)) {
		letter_unref(l);
		return;
	}
	if (!sticks)
		inbox_clear(d);
	d->inbox[d->n_inbox++] = l;
	if (d->agent != NULL && !d->calm && (d->host != HOST_LAZY || d->submission != 0))
		device_wake_at(d, sim->now);
}

void
inbox_clear(struct device *d)
{
	while (d->n_inbox > 0)
		letter_unref(d->inbox[--d->n_inbox]);
}

/* ---- transports --------------------------------------------------------------------------- */

struct wire {
	struct device *device;
	struct sl_buf body; /* lent to the agent */
};

static int
wire_open(void **ret, const struct smartlic_host *host, const struct smartlic_option *options,
    size_t n, char *text, size_t cap)
{
	struct wire *w = calloc(1, sizeof(*w));

	(void)host;
	(void)text;
	(void)cap;
	if (w == NULL)
		return SMARTLIC_E_NOMEM;
	for (size_t i = 0; i < n; i++)
		if (strcmp(options[i].key, "device") == 0)
			w->device = (struct device *)(uintptr_t)strtoull(options[i].value, NULL, 16);
	*ret = w;
	return 0;
}

static void
wire_cancel(void *tp)
{
	struct wire *w = tp;

	w->device->submission = 0;
	if (w->device->host != HOST_STICKS)
		inbox_clear(w->device);
}

static void
wire_close(void *tp)
{
	struct wire *w = tp;

	wire_cancel(tp);
	sl_buf_free(&w->body);
	free(w);
}

/* What the oracle wants to know of a request, from the agent's own record of it. */
static void
describe(struct device *d, const struct smartlic_message *m, struct letter *l)
{
	const struct sl_open *open = &d->agent->rec.open;
	struct request request;

	if (strcmp(d->open_id, m->request_id) != 0) {
		(void)sl_copy(d->open_id, sizeof(d->open_id), m->request_id);
		d->open_serial = ++d->serials;
	}
	l->serial = d->open_serial;
	(void)sl_msg_type_find(&l->type, m->type);
	if (l->type != SL_MSG_REPORT)
		d->large_report[0] = '\0';
	else if (m->len > SYNC_EVIDENCE_MAX)
		(void)sl_copy(d->large_report, sizeof(d->large_report), open->instance);
	d->open_type = l->type;
	(void)sl_copy(l->request_id, sizeof(l->request_id), m->request_id);
	(void)sl_copy(l->instance, sizeof(l->instance), open->instance);
	(void)sl_copy(l->sha256, sizeof(l->sha256), open->sha256);
	(void)sl_copy(l->ski, sizeof(l->ski), d->ski[d->agent->use_previous != 0]);
	l->sequence = m->sequence;
	if (l->type != SL_MSG_AUTHORIZE)
		return;
	if (request_read(&request, open->content.data, open->content.len, &d->sim->err) == 0) {
		l->sequence = request.sequence;
		for (size_t i = 0; i < request.n_usage && i < 2; i++)
			l->usage[i] = request.usage[i];
	}
	request_release(&request);
}

static int
wire_submit(void *tp, const struct smartlic_message *m)
{
	struct wire *w = tp;
	struct device *d = w->device;
	struct letter *l = letter_new(d->number);

	if (d->host != HOST_STICKS)
		inbox_clear(d);
	d->submission = l->submission = ++d->submissions;
	l->home = d->home;
	describe(d, m, l);
	sl_buf_add(&l->bytes, m->body, m->len);
	/* a return comes after an authorization, and another one after it */
	d->exchanges += l->type == SL_MSG_RETURN ? -1 : l->type != SL_MSG_REPORT;
	d->sim->stats.exchanges++;
	sim_trace(d->sim, "%s: sends %s %.8s, sequence %lld of %.8s…%s", d->sn, m->type,
	    m->request_id, (long long)l->sequence, l->instance,
	    l->instance[0] != '\0' ? l->instance + 24 : "");
	check_submission(d, l);
	post_request(d, l);
	letter_unref(l);
	return 0;
}

static int
wire_step(void *tp, struct smartlic_outcome *ret)
{
	struct wire *w = tp;
	struct device *d = w->device;
	struct letter *l;

	if (d->n_inbox == 0)
		return 0;
	l = d->inbox[0];
	memmove(d->inbox, d->inbox + 1, --d->n_inbox * sizeof(l));
	ret->retry_after_ms = -1;
	d->delivered_id[0] = '\0';
	if (!l->broken && l->failure[0] == '\0')
		(void)sl_copy(d->delivered_id, sizeof(d->delivered_id), l->request_id);
	d->delivered_home = l->home;
	d->delivered_restores = l->restores;
	if (l->failure[0] != '\0') {
		ret->kind = SMARTLIC_OUTCOME_FAILED;
		(void)sl_copy(ret->text, sizeof(ret->text), l->failure);
	} else {
		ret->kind = SMARTLIC_OUTCOME_BODY;
		ret->http_status = 200;
		sl_buf_free(&w->body);
		sl_buf_add(&w->body, l->bytes.data, l->bytes.len);
		ret->body = w->body.data != NULL ? w->body.data : "";
		ret->len = w->body.len;
	}
	if (d->host != HOST_STICKS)
		d->submission = 0;
	letter_unref(l);
	return 1;
}

static int
wire_pollfds(void *tp, struct pollfd *fds, size_t *n)
{
	(void)tp;
	(void)fds;
	*n = 0;
	return 0;
}

static int64_t
wire_deadline(void *tp)
{
	struct wire *w = tp;

	return w->device->n_inbox > 0 ? 0 : INT64_MAX;
}

const struct smartlic_transport_ops sim_transport_direct = {
	.size = sizeof(sim_transport_direct),
	.abi = SMARTLIC_TRANSPORT_ABI,
	.name = "simulated-wire",
	.summary = "the simulation's network",
	.open = wire_open,
	.close = wire_close,
	.submit = wire_submit,
	.step = wire_step,
	.cancel = wire_cancel,
	.pollfds = wire_pollfds,
	.deadline = wire_deadline,
};

const struct smartlic_transport_ops sim_transport_sticks = {
	.size = sizeof(sim_transport_sticks),
	.abi = SMARTLIC_TRANSPORT_ABI,
	.name = "simulated-sticks",
	.summary = "the simulation's files",
	.flags = SMARTLIC_TRANSPORT_DEFERRED,
	.open = wire_open,
	.close = wire_close,
	.submit = wire_submit,
	.step = wire_step,
	.cancel = wire_cancel,
	.pollfds = wire_pollfds,
	.deadline = wire_deadline,
};
