/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"

void
sl_diagnostics_release(struct sl_diagnostics *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free((void *)(uintptr_t)d->list[i].where);
		free((void *)(uintptr_t)d->list[i].text);
	}
	free(d->list);
	*d = (struct sl_diagnostics){ 0 };
}

static int add(struct sl_diagnostics *d, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* 0 or -1; past the limit nothing is added but that there is more. */
static int
add(struct sl_diagnostics *d, const char *where, const char *fmt, ...)
{
	char text[400];
	struct smartlic_diagnostic *list;
	size_t cap;
	va_list ap;

	if (d->n > SL_DIAGNOSTICS_MAX)
		return 0;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (d->n == SL_DIAGNOSTICS_MAX) {
		where = "";
		(void)snprintf(
		    text, sizeof(text), "there are more than %d diagnostics", SL_DIAGNOSTICS_MAX);
	}
	if (d->n == d->cap) {
		cap = d->cap == 0 ? 8 : 2 * d->cap;
		list = realloc(d->list, cap * sizeof(*list));
		if (list == NULL)
			return -1;
		d->list = list;
		d->cap = cap;
	}
	list = &d->list[d->n];
	list->where = strdup(where);
	list->text = strdup(text);
	if (list->where == NULL || list->text == NULL) {
		free((void *)(uintptr_t)list->where);
		free((void *)(uintptr_t)list->text);
		return -1;
	}
	d->n++;
	return 0;
}

static const char *
where(const struct sl_doctor *m, const struct sl_card *card, char ret[SL_WHERE_SIZE])
{
	sl_card_where(ret, m->bind->inv, card);
	return ret;
}

static int
diagnose_optics(struct sl_doctor *m, const struct sl_card *card, const struct sl_slice *s)
{
	const char *fec = m->bind->inv->names[s->fec];
	int64_t by_optics = sl_catalog_trunk_gbps(m->bind->catalog, s->bits, s->baud, fec);
	int64_t gbps = s->trunk_gbps;
	char place[SL_WHERE_SIZE];

	if (gbps != 0 && by_optics != 0 && gbps != by_optics)
		return add(&m->d, where(m, card, place),
		    "slice %u: the trunk's rate is %d Gb/s, but bits per symbol and baud give %d "
		    "Gb/s; the rate is counted",
		    s->number, (int)gbps, (int)by_optics);
	if (by_optics == 0 && s->baud != 0 && gbps == 0)
		return add(&m->d, where(m, card, place),
		    "slice %u: no trunk capacity is known for FEC \"%s\": only clients are counted",
		    s->number, fec);
	return 0;
}

static int
diagnose_trunk(struct sl_doctor *m, const struct sl_layout *l, const struct sl_card *card,
    const struct sl_slice *s)
{
	int64_t gbps = s->trunk_gbps;
	char place[SL_WHERE_SIZE];

	if (gbps < l->trunk_min || gbps > l->trunk_max || gbps % l->trunk_step != 0)
		return add(&m->d, where(m, card, place),
		    "slice %u: a trunk of %d Gb/s; this card has %d to %d in steps of %d",
		    s->number, (int)gbps, (int)l->trunk_min, (int)l->trunk_max, (int)l->trunk_step);
	if (l->coupled_mode != NULL && gbps % l->coupled_step != 0 &&
	    strcmp(m->bind->inv->names[card->mode], l->coupled_mode) != 0)
		return add(&m->d, where(m, card, place),
		    "slice %u: a trunk of %d Gb/s needs the mode %s", s->number, (int)gbps,
		    l->coupled_mode);
	return 0;
}

static int
client_fits(struct sl_doctor *m, const struct sl_layout *l, const struct sl_port *p)
{
	const char *name = m->bind->inv->names[p->client];
	size_t i;

	if (m->layout == l && m->client == p->client && m->gbps == p->gbps)
		return 1;
	for (i = 0; i < l->n_clients; i++)
		if (p->client == 0 ? p->gbps == sl_client_gbps(l->client[i])
				   : strcmp(name, l->client[i]) == 0)
			break;
	if (l->n_clients > 0 && i == l->n_clients)
		return 0;
	m->layout = l;
	m->client = p->client;
	m->gbps = p->gbps;
	return 1;
}

static int
diagnose_port(struct sl_doctor *m, const struct sl_layout *l, const struct sl_card *card,
    const struct sl_port *p)
{
	char place[SL_WHERE_SIZE];
	size_t i;
	int r = 0;

	for (i = 0; i < l->n_slices; i++)
		if (l->slice[i].slice == p->slice)
			break;
	if (i == l->n_slices || p->number < l->slice[i].first || p->number > l->slice[i].last)
		r |= add(&m->d, where(m, card, place),
		    "port %u is no client of slice %u on this card", p->number, p->slice);
	if (!client_fits(m, l, p))
		r |= add(&m->d, where(m, card, place),
		    "port %u: this card has no %s clients (%u Gb/s)", p->number,
		    m->bind->inv->names[p->client], p->gbps);
	return r;
}

/* Of ports that are alike and next to each other, the first and the last tell of all. */
static int
fits(struct sl_doctor *m, const struct sl_layout *l, const struct sl_slice *s,
    const struct sl_port *first)
{
	for (size_t i = 0; i < l->n_slices; i++)
		if (l->slice[i].slice == s->number)
			return s->first_number >= l->slice[i].first &&
			       s->last_number <= l->slice[i].last && client_fits(m, l, first);
	return 0;
}

int
sl_diagnose_slice(struct sl_doctor *m, const struct sl_card *card, const struct sl_slice *s)
{
	const struct sl_layout *l = m->bind->pid[card->pid].module->layout;
	const struct sl_port *port = m->bind->inv->ports + card->first_port;
	int r = 0;

	if (s->bits != 0)
		r |= diagnose_optics(m, card, s);
	if (l == NULL)
		return r;
	if (s->trunk_gbps != 0 && l->trunk_max != 0)
		r |= diagnose_trunk(m, l, card, s);
	if (s->n_ports == 0 || (s->alike && fits(m, l, s, port + s->first)))
		return r;
	for (uint32_t i = 0; i < card->n_ports; i++)
		if (port[i].slice == s->number)
			r |= diagnose_port(m, l, card, &port[i]);
	return r;
}

int
sl_diagnose_card(struct sl_doctor *m, const struct sl_card *card)
{
	const struct sl_module *module = m->bind->pid[card->pid].module;
	char place[SL_WHERE_SIZE];

	if (module->license != SL_LICENSE_UNSPECIFIED)
		return 0;
	return add(&m->d, where(m, card, place),
	    "%s is a licensed PID, but no public rule says how it is counted: counted as a whole "
	    "card; ask your vendor",
	    module->pid);
}

static int
diagnose_chassis(struct sl_doctor *m, const struct sl_chassis *c)
{
	const struct smartlic_inventory *inv = m->bind->inv;
	const struct smartlic_catalog *catalog = m->bind->catalog;
	int64_t cards = 0;
	char place[80];
	int r = 0;

	(void)snprintf(place, sizeof(place), "chassis %s", c->name);
	for (size_t i = 0; i < catalog->n_chassis; i++) {
		if (c->n_cards <= catalog->chassis[i].slots ||
		    strcmp(catalog->chassis[i].pid, inv->names[c->pid]) != 0)
			continue;
		for (uint32_t k = c->first; k != SL_NONE; k = inv->cards[k].next)
			cards += inv->cards[k].used;
		if (cards > catalog->chassis[i].slots)
			r |= add(&m->d, place, "%d cards in a %s, which has %d slots", (int)cards,
			    catalog->chassis[i].pid, (int)catalog->chassis[i].slots);
	}
	return r;
}

int
sl_diagnose_rest(struct sl_doctor *m)
{
	const struct smartlic_inventory *inv = m->bind->inv;
	int r = 0;

	for (uint32_t i = 0; i < inv->n_notes; i++)
		r |= add(&m->d, inv->notes[i].where, "%s", inv->notes[i].text);
	for (uint32_t i = 0; i < inv->n_chassis; i++)
		r |= diagnose_chassis(m, &inv->chassis[i]);
	return r;
}
