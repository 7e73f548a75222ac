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
		(void)snprintf(text, sizeof(text), "there are more than %d diagnostics",
		    SL_DIAGNOSTICS_MAX);
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

static int
diagnose_trunk(struct sl_diagnostics *d, const struct sl_bind *bind, const struct sl_layout *l,
    const struct sl_card *card, const struct sl_slice *s, const char *where)
{
	const char *mode = bind->inv->names[card->mode];
	const char *fec = bind->inv->names[s->fec];
	int64_t by_optics = sl_catalog_trunk_gbps(bind->catalog, s->bits, s->baud, fec);
	int64_t gbps = s->trunk_gbps;
	int r = 0;

	if (gbps != 0 && by_optics != 0 && gbps != by_optics)
		r |= add(d, where,
		    "slice %u: the trunk's rate is %d Gb/s, but bits per symbol and baud give %d "
		    "Gb/s; the rate is counted",
		    s->number, (int)gbps, (int)by_optics);
	if (by_optics == 0 && s->bits != 0 && s->baud != 0 && gbps == 0)
		r |= add(d, where,
		    "slice %u: no trunk capacity is known for FEC \"%s\": only clients are counted",
		    s->number, fec);
	if (l == NULL || l->trunk_max == 0 || gbps == 0)
		return r;
	if (gbps < l->trunk_min || gbps > l->trunk_max || gbps % l->trunk_step != 0)
		r |= add(d, where,
		    "slice %u: a trunk of %d Gb/s; this card has %d to %d in steps of %d",
		    s->number, (int)gbps, (int)l->trunk_min, (int)l->trunk_max,
		    (int)l->trunk_step);
	else if (l->coupled_mode != NULL && gbps % l->coupled_step != 0 &&
	    strcmp(mode, l->coupled_mode) != 0)
		r |= add(d, where, "slice %u: a trunk of %d Gb/s needs the mode %s", s->number,
		    (int)gbps, l->coupled_mode);
	return r;
}

static int
client_fits(const struct smartlic_inventory *inv, const struct sl_layout *l,
    const struct sl_port *p)
{
	for (size_t i = 0; i < l->n_clients; i++)
		if (p->client == 0 ? p->gbps == sl_client_gbps(l->client[i])
				   : strcmp(inv->names[p->client], l->client[i]) == 0)
			return 1;
	return l->n_clients == 0;
}

static int
diagnose_ports(struct sl_diagnostics *d, const struct sl_bind *bind, const struct sl_layout *l,
    const struct sl_card *card, const char *where)
{
	const struct smartlic_inventory *inv = bind->inv;
	const struct sl_port *p = inv->ports + card->first_port;
	const struct sl_port *end = p + card->n_ports;
	const struct sl_port *same = NULL; /* one before, found to fit */
	size_t i;
	int r = 0;

	for (; p < end; p++) {
		if (p->gbps == 0)
			continue;
		for (i = 0; i < l->n_slices; i++)
			if (l->slice[i].slice == p->slice && p->number >= l->slice[i].first &&
			    p->number <= l->slice[i].last)
				break;
		if (i == l->n_slices)
			r |= add(d, where, "port %u is no client of slice %u on this card",
			    p->number, p->slice);
		if (same != NULL && p->client == same->client && p->gbps == same->gbps)
			continue;
		if (client_fits(inv, l, p))
			same = p;
		else
			r |= add(d, where, "port %u: this card has no %s clients (%u Gb/s)",
			    p->number, inv->names[p->client], p->gbps);
	}
	return r;
}

static int
diagnose_card(struct sl_diagnostics *d, const struct sl_bind *bind, const struct sl_card *card)
{
	const struct sl_module *m = bind->pid[card->pid].module;
	const struct sl_slice *s = bind->inv->slices + card->first_slice;
	char where[SL_WHERE_SIZE];
	int r = 0;

	sl_card_where(where, bind->inv, card);
	if (m->license == SL_LICENSE_UNSPECIFIED)
		r |= add(d, where,
		    "%s is a licensed PID, but no public rule says how it is counted: counted as a "
		    "whole card; ask your vendor",
		    m->pid);
	for (uint32_t i = 0; i < card->n_slices; i++)
		r |= diagnose_trunk(d, bind, m->layout, card, &s[i], where);
	if (m->layout != NULL)
		r |= diagnose_ports(d, bind, m->layout, card, where);
	return r;
}

static int
diagnose_chassis(struct sl_diagnostics *d, const struct sl_bind *bind, const struct sl_chassis *c)
{
	const struct smartlic_inventory *inv = bind->inv;
	const char *pid = inv->names[c->pid];
	const struct smartlic_catalog *catalog = bind->catalog;
	int64_t cards = 0;
	int r = 0;

	for (uint32_t i = c->first; i != SL_NONE; i = inv->cards[i].next) {
		if (!inv->cards[i].used)
			continue;
		cards++;
		r |= diagnose_card(d, bind, &inv->cards[i]);
	}
	for (size_t i = 0; i < catalog->n_chassis; i++)
		if (strcmp(catalog->chassis[i].pid, pid) == 0 && cards > catalog->chassis[i].slots)
			r |= add(d, c->name, "%d cards in a %s, which has %d slots", (int)cards, pid,
			    (int)catalog->chassis[i].slots);
	return r;
}

int
sl_diagnose(struct sl_diagnostics *ret, const struct sl_bind *bind, struct smartlic_error *err)
{
	const struct smartlic_inventory *inv = bind->inv;
	struct sl_diagnostics d = { 0 };
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < inv->n_notes; i++)
		r = add(&d, inv->notes[i].where, "%s", inv->notes[i].text);
	for (uint32_t i = 0; r == 0 && i < inv->n_chassis; i++)
		r = diagnose_chassis(&d, bind, &inv->chassis[i]);
	if (r != 0) {
		sl_diagnostics_release(&d);
		return sl_nomem(err);
	}
	*ret = d;
	return 0;
}
