/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "inventory.h"

/*
 * Changes.  Each one replaces the content of one port, slice or card, so that
 * undoing it is the same change with the content before.
 */
struct sl_undo {
	enum { SL_WAS_PORT, SL_WAS_SLICE, SL_WAS_CARD } kind;
	uint32_t card;
	union {
		struct sl_port port;
		struct sl_slice slice;
		struct sl_card card;
	} was;
};

static struct sl_undo *
next_undo(struct smartlic_inventory *inv)
{
	if (sl_grow(&inv->undo, &inv->cap_undo, sizeof(*inv->undo), (uint64_t)inv->n_undo + 1) < 0)
		return NULL;
	return &inv->undo[inv->n_undo];
}

/* Asks the followers, who may have to learn new words. */
static int
accepted(struct smartlic_inventory *inv, const struct sl_card *card, uint16_t pid,
    struct smartlic_error *err)
{
	int r = 0;

	for (struct sl_follower *f = inv->followers; r == 0 && f != NULL; f = f->next)
		r = f->accepts(f, card, pid, err);
	return r;
}

static void
before(struct smartlic_inventory *inv, uint32_t card)
{
	for (struct sl_follower *f = inv->followers; f != NULL; f = f->next)
		f->before(f, card);
}

static void
after(struct smartlic_inventory *inv, uint32_t card)
{
	for (struct sl_follower *f = inv->followers; f != NULL; f = f->next) {
		f->after(f, card);
		if (!inv->in_transaction)
			f->publish(f);
	}
}

/*
 * Room for one more in a card's block: at the array's end it grows in place, elsewhere it moves
 * there with twice the room, so that the holes it leaves stay below what is used.
 */
static int
room_for_port(struct smartlic_inventory *inv, struct sl_card *card, struct smartlic_error *err)
{
	uint32_t cap = card->cap_ports, at_end = card->first_port + cap == inv->n_ports;
	uint32_t want = at_end ? cap + 1 : cap < 4 ? 4 : 2 * cap;
	uint32_t need = at_end ? 1 : want;

	if (card->n_ports < cap)
		return 0;
	if (cap == SL_CARD_PORTS || inv->n_ports + need > SL_PORTS_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT,
		    "%s: too many ports: at most %d a card, %u in all", card->location,
		    SL_CARD_PORTS, SL_PORTS_MAX);
	if (sl_grow(&inv->ports, &inv->cap_ports, sizeof(*inv->ports),
		(uint64_t)inv->n_ports + need) < 0)
		return sl_nomem(err);
	if (!at_end) {
		memcpy(inv->ports + inv->n_ports, inv->ports + card->first_port,
		    card->n_ports * sizeof(*inv->ports));
		card->first_port = inv->n_ports;
	}
	/* what no card uses must not look configured to one who reads the array through */
	memset(inv->ports + inv->n_ports + (at_end ? 0 : card->n_ports), 0,
	    (need - (at_end ? 0 : card->n_ports)) * sizeof(*inv->ports));
	inv->n_ports += need;
	card->cap_ports = (uint16_t)want;
	return 0;
}

static int
room_for_slice(struct smartlic_inventory *inv, struct sl_card *card, struct smartlic_error *err)
{
	uint32_t cap = card->cap_slices, at_end = card->first_slice + cap == inv->n_slices;
	uint32_t want = at_end ? cap + 1 : cap < 2 ? 2 : 2 * cap;
	uint32_t need = at_end ? 1 : want;

	if (card->n_slices < cap)
		return 0;
	if (cap == SL_CARD_SLICES || inv->n_slices + need > SL_PORTS_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT, "%s: more than %d slices", card->location,
		    SL_CARD_SLICES);
	if (sl_grow(&inv->slices, &inv->cap_slices, sizeof(*inv->slices),
		(uint64_t)inv->n_slices + need) < 0)
		return sl_nomem(err);
	if (!at_end) {
		memcpy(inv->slices + inv->n_slices, inv->slices + card->first_slice,
		    card->n_slices * sizeof(*inv->slices));
		card->first_slice = inv->n_slices;
	}
	inv->n_slices += need;
	card->cap_slices = (uint16_t)want;
	return 0;
}

/* Puts, or takes away where the content has no rate.  There is room. */
static void
place_port(struct smartlic_inventory *inv, struct sl_card *card, const struct sl_port *content)
{
	uint32_t i = sl_port_place(inv, card, content->number);
	struct sl_port *p = inv->ports + card->first_port + i;
	int there = i < card->n_ports && p->number == content->number;

	if (content->gbps == 0) {
		if (!there)
			return;
		card->n_ports--;
		memmove(p, p + 1, (card->n_ports - i) * sizeof(*p));
		inv->ports[card->first_port + card->n_ports] = (struct sl_port){ 0 };
	} else {
		if (!there) {
			memmove(p + 1, p, (card->n_ports - i) * sizeof(*p));
			card->n_ports++;
		}
		*p = *content;
	}
	sl_card_digest(inv, card);
}

static void
place_slice(struct smartlic_inventory *inv, struct sl_card *card, const struct sl_slice *content)
{
	uint32_t i = sl_slice_place(inv, card, content->number);
	struct sl_slice *s = inv->slices + card->first_slice + i;

	if (i == card->n_slices || s->number != content->number) {
		memmove(s + 1, s, (card->n_slices - i) * sizeof(*s));
		card->n_slices++;
	}
	*s = *content;
	sl_card_digest(inv, card);
}

int
sl_inventory_put_port(struct smartlic_inventory *inv, uint32_t number,
    const struct sl_port *content, struct smartlic_error *err)
{
	struct sl_card *card = &inv->cards[number];
	const struct sl_port *p = sl_card_port(inv, card, content->number);
	struct sl_port was = p != NULL ? *p : (struct sl_port){ .number = content->number };
	struct sl_undo *undo = NULL;
	int r = card->used ? accepted(inv, card, card->pid, err) : 0;

	if (r < 0 || (p == NULL && content->gbps == 0))
		return r;
	/* a port's slice is always there, so that who goes through slices meets every port */
	if (sl_card_slice(inv, card, content->slice) == NULL)
		r = sl_inventory_put_slice(
		    inv, number, &(struct sl_slice){ .number = content->slice }, err);
	if (r == 0 && p == NULL)
		r = room_for_port(inv, card, err);
	if (r < 0)
		return r;
	if (inv->in_transaction) {
		undo = next_undo(inv);
		if (undo == NULL)
			return sl_nomem(err);
		*undo = (struct sl_undo){ .kind = SL_WAS_PORT, .card = number, .was.port = was };
		inv->n_undo++;
	}
	before(inv, number);
	place_port(inv, card, content);
	after(inv, number);
	return 0;
}

int
sl_inventory_put_slice(struct smartlic_inventory *inv, uint32_t number,
    const struct sl_slice *content, struct smartlic_error *err)
{
	struct sl_card *card = &inv->cards[number];
	const struct sl_slice *s = sl_card_slice(inv, card, content->number);
	struct sl_slice was = s != NULL ? *s : (struct sl_slice){ .number = content->number };
	struct sl_undo *undo = NULL;
	int r = card->used ? accepted(inv, card, card->pid, err) : 0;

	if (r == 0 && s == NULL)
		r = room_for_slice(inv, card, err);
	if (r < 0)
		return r;
	if (inv->in_transaction) {
		undo = next_undo(inv);
		if (undo == NULL)
			return sl_nomem(err);
		*undo = (struct sl_undo){ .kind = SL_WAS_SLICE, .card = number, .was.slice = was };
		inv->n_undo++;
	}
	before(inv, number);
	place_slice(inv, card, content);
	after(inv, number);
	return 0;
}

static void
copy_settings(struct sl_card *card, const struct sl_card *content)
{
	card->pid = content->pid;
	card->mode = content->mode;
	card->tier = content->tier;
	card->sessions = content->sessions;
	card->subscribers = content->subscribers;
	card->used = content->used;
}

int
sl_inventory_put_card(struct smartlic_inventory *inv, uint32_t number,
    const struct sl_card *content, struct smartlic_error *err)
{
	struct sl_card *card = &inv->cards[number];
	struct sl_undo *undo = NULL;
	int r = content->used ? accepted(inv, card, content->pid, err) : 0;

	if (r < 0)
		return r;
	if (inv->in_transaction) {
		undo = next_undo(inv);
		if (undo == NULL)
			return sl_nomem(err);
		*undo = (struct sl_undo){ .kind = SL_WAS_CARD, .card = number, .was.card = *card };
		inv->n_undo++;
	}
	before(inv, number);
	copy_settings(card, content);
	after(inv, number);
	return 0;
}

/* ---- transactions ------------------------------------------------------------------------- */

int
smartlic_inventory_begin(struct smartlic_inventory *inv, struct smartlic_error *err)
{
	sl_error_clear(err);
	if (inv->in_transaction)
		return sl_fail(err, SMARTLIC_E_STATE, "a transaction is open already");
	inv->in_transaction = 1;
	return 0;
}

static void
end(struct smartlic_inventory *inv)
{
	inv->in_transaction = 0;
	inv->n_undo = 0;
	for (struct sl_follower *f = inv->followers; f != NULL; f = f->next)
		f->publish(f);
}

int
smartlic_inventory_commit(struct smartlic_inventory *inv, struct smartlic_error *err)
{
	sl_error_clear(err);
	if (!inv->in_transaction)
		return sl_fail(err, SMARTLIC_E_STATE, "no transaction is open");
	end(inv);
	return 0;
}

/* What was there has its place still, so that nothing here can fail. */
static void
undo(struct smartlic_inventory *inv, const struct sl_undo *u)
{
	struct sl_card *card = &inv->cards[u->card];

	before(inv, u->card);
	switch (u->kind) {
	case SL_WAS_PORT:
		place_port(inv, card, &u->was.port);
		break;
	case SL_WAS_SLICE:
		place_slice(inv, card, &u->was.slice);
		break;
	case SL_WAS_CARD:
		copy_settings(card, &u->was.card);
		break;
	}
	after(inv, u->card);
}

void
smartlic_inventory_rollback(struct smartlic_inventory *inv)
{
	if (!inv->in_transaction)
		return;
	while (inv->n_undo > 0)
		undo(inv, &inv->undo[--inv->n_undo]);
	end(inv);
}
