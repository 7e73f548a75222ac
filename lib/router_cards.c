/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory_router.h"

/*
 * Places become cards.  Which clients are configured follows from mode, client
 * rate and trunk rate, as on the card.
 */
struct maker {
	struct smartlic_inventory *inv;
	struct smartlic_error *err;
	const struct sl_place *place;
	uint32_t card;
	int is_12t;
	unsigned int n_clients;       /* made so far */
	uint32_t encrypted[SL_LANES]; /* bit by client: was configured */
};

#define TRUNK_12T_MIN 50
#define TRUNK_12T_MAX 600
#define CLIENT_GBPS   100

/* The 1.2T cards: trunks 0 and 1, clients 2–7 and 8–13.  Of other cards this text does not tell
 * the ports' numbers; clients are then numbered from 0. */
static unsigned int
client_port(const struct maker *m, size_t trunk, unsigned int client)
{
	return m->is_12t ? (trunk == 0 ? 2 : 8) + client : m->n_clients;
}

static int
make_trunk(struct maker *m, size_t trunk, uint32_t gbps)
{
	const struct sl_trunk *t = &m->place->trunk[trunk];
	struct sl_slice s = {
		.number = (uint16_t)trunk, .trunk_gbps = gbps, .bits = t->bits, .baud = t->baud
	};
	int r;

	r = sl_inventory_name(m->inv, t->fec, &s.fec, m->err);
	return r < 0 ? r : sl_inventory_put_slice(m->inv, m->card, &s, m->err);
}

static int
make_clients(struct maker *m, size_t trunk, const struct sl_lane *lane, unsigned int n)
{
	const struct sl_trunk *t = &m->place->trunk[trunk];
	struct sl_port p = { .slice = (uint8_t)trunk };
	int r;

	r = sl_inventory_name(m->inv, lane->client, &p.client, m->err);
	if (r == 0)
		r = sl_inventory_name(m->inv, "client", &p.role, m->err);
	p.gbps = sl_client_gbps(lane->client);
	for (unsigned int i = 0; r == 0 && i < n; i++) {
		p.number = (uint16_t)client_port(m, trunk, i);
		p.encrypted = i < SL_LANE_PORTS && t->otnsec_line[i] != 0;
		if (p.encrypted)
			m->encrypted[trunk] |= 1u << i;
		r = sl_inventory_put_port(m->inv, m->card, &p, m->err);
		m->n_clients++;
	}
	return r;
}

/* 1: the lane's rates fit the card; 0: noted, and the lane counts as not there. */
static int
check_lane(struct maker *m, size_t number, const struct sl_lane *lane)
{
	int r;

	if (m->is_12t && number != SL_MXPONDER && number > 1)
		r = sl_note_line(m->inv, m->err, lane->line,
		    "mxponder-slice %zu: a 1.2T card has slices 0 and 1; the block is ignored",
		    number);
	else if (m->is_12t && lane->trunk_line != 0 &&
		 (lane->trunk_gbps < TRUNK_12T_MIN || lane->trunk_gbps > TRUNK_12T_MAX ||
		     lane->trunk_gbps % 50 != 0))
		r = sl_note_line(m->inv, m->err, lane->trunk_line,
		    "trunk-rate %uG: a 1.2T card has 50G to 600G in steps of 50G; the block is "
		    "ignored",
		    lane->trunk_gbps);
	else if (m->is_12t && number != SL_MXPONDER && lane->trunk_gbps % 100 != 0)
		r = sl_note_line(m->inv, m->err, lane->trunk_line,
		    "trunk-rate %uG: x50G rates need mxponder, where both trunks share a client; "
		    "the block is ignored",
		    lane->trunk_gbps);
	else if (m->is_12t && lane->client_line != 0 && sl_client_gbps(lane->client) != CLIENT_GBPS)
		r = sl_note_line(m->inv, m->err, lane->client_line,
		    "client-rate %s: the clients of a 1.2T card are 100GE or OTU4; the block is "
		    "ignored",
		    lane->client);
	else if (lane->trunk_line == 0 || lane->client_line == 0)
		r = sl_note_line(m->inv, m->err, lane->line,
		    "no %s in this block: no client is configured by it",
		    lane->trunk_line == 0 ? "trunk-rate" : "client-rate");
	else
		return 1;
	if (r > 0 && lane->trunk_line != 0 && lane->client_line == 0)
		return 1;
	return r < 0 ? r : 0;
}

/* Both trunks run at one rate; at x50G they share the client in the middle. */
static int
make_mxponder(struct maker *m, const struct sl_lane *lane)
{
	unsigned int both = 2 * lane->trunk_gbps / CLIENT_GBPS;
	unsigned int n[2] = { (both + 1) / 2, both / 2 };
	int r;

	if (lane->trunk_gbps == CLIENT_GBPS)
		n[1] = 0; /* one client, on trunk 0 */
	if (lane->client_line == 0)
		n[0] = n[1] = 0;
	for (size_t t = 0; t < 2; t++) {
		r = make_trunk(m, t, lane->trunk_gbps);
		if (r == 0)
			r = make_clients(m, t, lane, n[t]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
make_lane(struct maker *m, size_t number)
{
	const struct sl_lane *lane = &m->place->lane[number];
	uint32_t gbps = sl_client_gbps(lane->client);
	int r;

	if (lane->line == 0)
		return 0;
	r = check_lane(m, number, lane);
	if (r <= 0)
		return r;
	if (number == SL_MXPONDER)
		return make_mxponder(m, lane);
	r = make_trunk(m, number, lane->trunk_gbps);
	if (r < 0 || gbps == 0)
		return r;
	return make_clients(m, number, lane,
	    lane->trunk_gbps / gbps < SL_LANE_PORTS ? lane->trunk_gbps / gbps : SL_LANE_PORTS);
}

/* Optics without a lane of theirs are a lit trunk all the same; otnsec without a client is not. */
static int
make_rest(struct maker *m)
{
	int r = 0;

	for (size_t t = 0; t < SL_LANES; t++) {
		const struct sl_trunk *trunk = &m->place->trunk[t];

		if (trunk->bits != 0 && trunk->baud != 0 && (!m->is_12t || t < 2) &&
		    sl_card_slice(m->inv, &m->inv->cards[m->card], (uint32_t)t) == NULL)
			r = make_trunk(m, t, 0);
		for (unsigned int i = 0; r >= 0 && i < SL_LANE_PORTS; i++)
			if (trunk->otnsec_line[i] != 0 && !(m->encrypted[t] & 1u << i))
				r = sl_note_line(m->inv, m->err, trunk->otnsec_line[i],
				    "otnsec on client %u of trunk %zu at %s, which is not "
				    "configured: nothing is encrypted",
				    i + 1, t, m->inv->cards[m->card].location);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
has_otnsec(const struct sl_place *place, int *line)
{
	for (size_t t = 0; t < SL_LANES; t++)
		for (unsigned int i = 0; i < SL_LANE_PORTS; i++)
			if (place->trunk[t].otnsec_line[i] != 0) {
				*line = place->trunk[t].otnsec_line[i];
				return 1;
			}
	return 0;
}

static int
make_card(struct maker *m, int chassis)
{
	static const char *const modes[] = { [SL_MODE_NONE] = "",
		[SL_MODE_MXPONDER] = "mxponder",
		[SL_MODE_SLICE] = "mxponder-slice" };
	const struct sl_place *p = m->place;
	struct sl_card content;
	char location[SL_LOCATION_SIZE];
	int r;

	(void)snprintf(location, sizeof(location), "%u/%u", p->rack, p->slot);
	r = smartlic_inventory_add_card(m->inv, chassis, location, p->pid, m->err);
	if (r < 0)
		return r;
	m->card = (uint32_t)r;
	content = m->inv->cards[m->card];
	m->is_12t = p->pid[0] == '\0' ||
		    strncmp(m->inv->names[content.pid], "NCS1K4-1.2T", strlen("NCS1K4-1.2T")) == 0;
	r = sl_inventory_name(m->inv, modes[p->mode], &content.mode, m->err);
	if (r == 0)
		r = sl_inventory_put_card(m->inv, m->card, &content, m->err);
	for (size_t i = 0; r == 0 && i <= SL_LANES; i++)
		r = make_lane(m, i);
	return r < 0 ? r : make_rest(m);
}

static int
by_slot(const void *a, const void *b)
{
	const struct sl_place *p = a, *q = b;

	if (p->rack != q->rack)
		return p->rack < q->rack ? -1 : 1;
	return p->slot < q->slot ? -1 : p->slot > q->slot;
}

int
sl_router_cards(
    struct smartlic_inventory *inv, struct sl_places *places, struct smartlic_error *err)
{
	int chassis = -1, line = 0, r = 0;

	qsort(places->place, places->n, sizeof(places->place[0]), by_slot);
	for (size_t i = 0; r >= 0 && i < places->n; i++) {
		const struct sl_place *p = &places->place[i];
		struct maker m = { .inv = inv, .err = err, .place = p };

		if (p->mode == SL_MODE_NONE && p->pid_line == 0) {
			if (has_otnsec(p, &line))
				r = sl_note_line(inv, err, line,
				    "otnsec at %u/%u, where no client is configured", p->rack,
				    p->slot);
			continue;
		}
		if (chassis < 0)
			chassis = smartlic_inventory_add_chassis(inv, "", places->chassis, err);
		r = chassis < 0 ? chassis : make_card(&m, chassis);
	}
	return r < 0 ? r : 0;
}
