/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "inventory.h"

/*
 * Edits at random places of a large array wait for memory and, more so, for
 * page tables.  Arrays beyond a few huge pages ask for such, where the system
 * has any; they also begin where a cache line does.
 */
#define HUGE_PAGE ((size_t)2 << 20)

static void *
resize(void *old, size_t old_size, size_t size)
{
#ifdef MADV_HUGEPAGE
	size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	void *p;

	if (size >= 2 * HUGE_PAGE) {
		p = aligned_alloc(HUGE_PAGE, whole);
		if (p == NULL)
			return NULL;
		(void)madvise(p, whole, MADV_HUGEPAGE); /* a wish: no matter if not granted */
		memcpy(p, old, old_size);
		free(old);
		return p;
	}
#endif
	(void)old_size;
	return realloc(old, size);
}

int
sl_grow(void *array, uint32_t *cap, size_t size, uint64_t n)
{
	void **p = array;
	uint64_t want = *cap < 8 ? 8 : *cap;
	void *q;

	if (n <= *cap)
		return 0;
	while (want < n)
		want += want / 2;
	q = resize(*p, *cap * size, (size_t)want * size);
	if (q == NULL)
		return -1;
	*p = q;
	*cap = (uint32_t)want;
	return 0;
}

int
sl_inventory_empty(struct smartlic_inventory **ret, struct smartlic_error *err)
{
	struct smartlic_inventory *inv = calloc(1, sizeof(*inv));
	uint16_t none;

	if (inv == NULL)
		return sl_nomem(err);
	/* ports and slices are never NULL, so that a card without any may point into them */
	if (sl_inventory_name(inv, "", &none, err) < 0 ||
	    sl_grow(&inv->ports, &inv->cap_ports, sizeof(*inv->ports), 1) < 0 ||
	    sl_grow(&inv->slices, &inv->cap_slices, sizeof(*inv->slices), 1) < 0) {
		smartlic_inventory_free(inv);
		return sl_nomem(err);
	}
	*ret = inv;
	return 0;
}

int
smartlic_inventory_new(
    struct smartlic_inventory **ret, const void *bytes, size_t len, struct smartlic_error *err)
{
	struct smartlic_inventory *inv = NULL;
	const char *text = bytes;
	size_t blank = 0;
	int r;

	sl_error_clear(err);
	if (ret == NULL || (bytes == NULL && len > 0))
		return sl_fail(err, SMARTLIC_E_INVAL, "smartlic_inventory_new: no bytes");
	r = sl_inventory_empty(&inv, err);
	if (r < 0)
		return r;
	while (blank < len && strchr(" \t\r\n", text[blank]) != NULL && text[blank] != '\0')
		blank++;
	if (blank < len && text[blank] == '{')
		r = sl_inventory_read_json(inv, text, len, err);
	else if (len > 0)
		r = sl_inventory_read_router(inv, text, len, err);
	if (r < 0) {
		smartlic_inventory_free(inv);
		return r;
	}
	*ret = inv;
	return 0;
}

void
smartlic_inventory_free(struct smartlic_inventory *inv)
{
	struct sl_follower *next;

	if (inv == NULL)
		return;
	for (struct sl_follower *f = inv->followers; f != NULL; f = next) {
		next = f->next;
		f->orphan(f);
	}
	for (uint32_t i = 0; i < inv->n_names; i++)
		free(inv->names[i]);
	for (uint32_t i = 0; i < inv->n_chassis; i++)
		free(inv->chassis[i].name);
	for (uint32_t i = 0; i < inv->n_notes; i++) {
		free(inv->notes[i].where);
		free(inv->notes[i].text);
	}
	free(inv->names);
	free(inv->name_index);
	free(inv->notes);
	free(inv->chassis);
	free(inv->chassis_index);
	free(inv->cards);
	free(inv->slices);
	free(inv->ports);
	free(inv->undo);
	free(inv);
}

int
sl_inventory_has_cards(const struct smartlic_inventory *inv)
{
	for (uint32_t i = 0; i < inv->n_cards; i++)
		if (inv->cards[i].used)
			return 1;
	return 0;
}

int64_t
smartlic_inventory_skipped(const struct smartlic_inventory *inventory)
{
	return inventory->skipped;
}

/* ---- finding ------------------------------------------------------------------------------ */

uint32_t
sl_port_place(const struct smartlic_inventory *inv, const struct sl_card *card, uint32_t number)
{
	const struct sl_port *p = inv->ports + card->first_port;
	uint32_t lo = 0, hi = card->n_ports;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (p[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint32_t
sl_slice_place(const struct smartlic_inventory *inv, const struct sl_card *card, uint32_t number)
{
	uint32_t i;

	for (i = 0; i < card->n_slices; i++)
		if (inv->slices[card->first_slice + i].number >= number)
			break;
	return i;
}

const struct sl_port *
sl_card_port(const struct smartlic_inventory *inv, const struct sl_card *card, uint32_t number)
{
	uint32_t i = sl_port_place(inv, card, number);
	const struct sl_port *p = inv->ports + card->first_port + i;

	return i < card->n_ports && p->number == number ? p : NULL;
}

const struct sl_slice *
sl_card_slice(const struct smartlic_inventory *inv, const struct sl_card *card, uint32_t number)
{
	uint32_t i = sl_slice_place(inv, card, number);
	const struct sl_slice *s = inv->slices + card->first_slice + i;

	return i < card->n_slices && s->number == number ? s : NULL;
}

static int
like_first(const struct sl_slice *s, const struct sl_port *p)
{
	return s->gbps == p->gbps && s->client == p->client && s->role == p->role &&
	       s->tier == p->tier;
}

/* Takes in the card's port number i. */
static void
digest_port(struct sl_slice *s, const struct sl_port *p, uint32_t i)
{
	if (s->n_ports == 0) {
		s->first = (uint16_t)i;
		s->first_number = p->number;
		s->gbps = p->gbps;
		s->client = p->client;
		s->role = p->role;
		s->tier = p->tier;
	} else if (s->first + s->n_ports != i || s->n_ports >= SL_ALIKE_MAX || !like_first(s, p)) {
		s->alike = 0;
		s->encrypted = 0;
	}
	if (s->alike)
		s->encrypted |= (uint64_t)(p->encrypted != 0) << s->n_ports;
	s->last_number = p->number;
	s->n_ports++;
}

void
sl_card_digest(struct smartlic_inventory *inv, const struct sl_card *card)
{
	const struct sl_port *port = inv->ports + card->first_port;
	struct sl_slice *slice = inv->slices + card->first_slice;
	struct sl_slice *s = slice;

	for (uint32_t i = 0; i < card->n_slices; i++) {
		s = slice + i;
		s->encrypted = 0;
		s->gbps = 0;
		s->client = s->role = s->tier = 0;
		s->first_number = s->last_number = 0;
		s->first = s->n_ports = 0;
		s->alike = 1;
	}
	for (uint32_t i = 0; i < card->n_ports; i++) {
		if (s->number != port[i].slice)
			s = slice + sl_slice_place(inv, card, port[i].slice);
		digest_port(s, &port[i], i);
	}
}

void
sl_card_where(
    char ret[SL_WHERE_SIZE], const struct smartlic_inventory *inv, const struct sl_card *card)
{
	const struct sl_chassis *c = &inv->chassis[card->chassis];

	if (inv->n_chassis <= 1)
		(void)snprintf(ret, SL_WHERE_SIZE, "%s", card->location);
	else
		(void)snprintf(ret, SL_WHERE_SIZE, "%.64s:%s", c->name, card->location);
}

/* ---- chassis and cards -------------------------------------------------------------------- */

/* The index slot of a name: its chassis' or the free one where it would go. */
static uint32_t *
chassis_slot(const struct smartlic_inventory *inv, const char *name)
{
	uint32_t i = sl_hash(name) % inv->cap_chassis_index;

	while (inv->chassis_index[i] != 0 &&
	       strcmp(inv->chassis[inv->chassis_index[i] - 1].name, name) != 0)
		i = (i + 1) % inv->cap_chassis_index;
	return &inv->chassis_index[i];
}

static int
grow_chassis_index(struct smartlic_inventory *inv)
{
	uint32_t cap = inv->cap_chassis_index == 0 ? 16 : 2 * inv->cap_chassis_index;
	uint32_t *index;

	if (2 * (inv->n_chassis + 1) <= inv->cap_chassis_index)
		return 0;
	index = calloc(cap, sizeof(*index));
	if (index == NULL)
		return -1;
	free(inv->chassis_index);
	inv->chassis_index = index;
	inv->cap_chassis_index = cap;
	for (uint32_t i = 0; i < inv->n_chassis; i++)
		*chassis_slot(inv, inv->chassis[i].name) = i + 1;
	return 0;
}

int
smartlic_inventory_add_chassis(
    struct smartlic_inventory *inv, const char *name, const char *pid, struct smartlic_error *err)
{
	struct sl_chassis c = { .first = SL_NONE, .last = SL_NONE };
	char number[16];
	uint32_t *slot;
	int r;

	sl_error_clear(err);
	(void)snprintf(number, sizeof(number), "%u", inv->n_chassis + 1);
	if (name == NULL || name[0] == '\0')
		name = number;
	if (strlen(name) > 63 || strpbrk(name, " \t\r\n:") != NULL)
		return sl_fail(err, SMARTLIC_E_INVENTORY,
		    "a chassis' name is at most 63 bytes without blanks and ':'");
	if (inv->n_chassis == SL_CHASSIS_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT, "more than %u chassis", SL_CHASSIS_MAX);
	r = sl_inventory_pid(inv, pid == NULL ? "" : pid, &c.pid, err);
	if (r < 0)
		return r;
	if (grow_chassis_index(inv) < 0 || sl_grow(&inv->chassis, &inv->cap_chassis,
					       sizeof(*inv->chassis), inv->n_chassis + 1) < 0)
		return sl_nomem(err);
	slot = chassis_slot(inv, name);
	if (*slot != 0)
		return sl_fail(err, SMARTLIC_E_EXISTS, "there is a chassis \"%s\" already", name);
	c.name = strdup(name);
	if (c.name == NULL)
		return sl_nomem(err);
	inv->chassis[inv->n_chassis++] = c;
	*slot = inv->n_chassis;
	return (int)inv->n_chassis - 1;
}

static int
check_location(const char *text, struct smartlic_error *err)
{
	size_t n;

	if (text == NULL)
		return sl_fail(err, SMARTLIC_E_INVENTORY, "location: NULL; write one such as 0/1");
	n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-");
	if (n == 0 || n >= SL_LOCATION_SIZE || text[n] != '\0')
		return sl_fail(err, SMARTLIC_E_INVENTORY,
		    "location \"%.30s\": expected 1 to %d letters, digits and / . _ - such as 0/1",
		    text, SL_LOCATION_SIZE - 1);
	return 0;
}

/* The card of a chassis at a location, also a removed one, or SL_NONE. */
static uint32_t
card_at(const struct smartlic_inventory *inv, uint32_t chassis, const char *location)
{
	uint32_t i = inv->chassis[chassis].first;

	while (i != SL_NONE && strcmp(inv->cards[i].location, location) != 0)
		i = inv->cards[i].next;
	return i;
}

/* Gives a removed card's entry another location; not where a rollback may want it back. */
static int
take_removed(
    struct smartlic_inventory *inv, const struct sl_chassis *c, const char *location, uint32_t *ret)
{
	uint32_t i = c->first;

	while (i != SL_NONE && inv->cards[i].used)
		i = inv->cards[i].next;
	if (i == SL_NONE || inv->in_transaction)
		return 0;
	(void)snprintf(inv->cards[i].location, sizeof(inv->cards[i].location), "%s", location);
	*ret = i;
	return 1;
}

static int
new_card(struct smartlic_inventory *inv, uint32_t chassis, const char *location, uint32_t *ret,
    struct smartlic_error *err)
{
	struct sl_card card = { .chassis = chassis, .next = SL_NONE };
	struct sl_chassis *c = &inv->chassis[chassis];

	if (c->n_cards == SL_CHASSIS_CARDS && take_removed(inv, c, location, ret))
		return 0;
	if (c->n_cards == SL_CHASSIS_CARDS)
		return sl_fail(err, SMARTLIC_E_LIMIT, "%s: more than %d cards in one chassis",
		    location, SL_CHASSIS_CARDS);
	if (inv->n_cards == SL_CARDS_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT, "more than %u cards", SL_CARDS_MAX);
	if (sl_grow(&inv->cards, &inv->cap_cards, sizeof(*inv->cards), inv->n_cards + 1) < 0)
		return sl_nomem(err);
	(void)snprintf(card.location, sizeof(card.location), "%s", location);
	*ret = inv->n_cards;
	inv->cards[inv->n_cards++] = card;
	if (c->first == SL_NONE)
		c->first = *ret;
	else
		inv->cards[c->last].next = *ret;
	c->last = *ret;
	c->n_cards++;
	return 0;
}

/* What a removed card had is gone only when its place is taken again, so that a rollback finds
 * it.  While it is not used nobody counts it. */
static int
clear_card(struct smartlic_inventory *inv, uint32_t number, struct smartlic_error *err)
{
	const struct sl_card *card = &inv->cards[number];
	int r = 0;

	while (r == 0 && card->n_ports > 0) {
		const struct sl_port *p = &inv->ports[card->first_port + card->n_ports - 1];

		r = sl_inventory_put_port(
		    inv, number, &(struct sl_port){ .number = p->number, .slice = p->slice }, err);
	}
	for (uint32_t i = 0; r == 0 && i < card->n_slices; i++)
		r = sl_inventory_put_slice(inv, number,
		    &(struct sl_slice){ .number = inv->slices[card->first_slice + i].number }, err);
	return r;
}

int
smartlic_inventory_add_card(struct smartlic_inventory *inv, int chassis, const char *location,
    const char *pid, struct smartlic_error *err)
{
	struct sl_card content = { .used = 1 };
	uint32_t card;
	int r;

	sl_error_clear(err);
	if (chassis < 0 || (uint32_t)chassis >= inv->n_chassis)
		return sl_fail(err, SMARTLIC_E_INVAL, "there is no chassis %d", chassis);
	r = check_location(location, err);
	if (r == 0)
		r = sl_inventory_pid(inv, pid == NULL ? "" : pid, &content.pid, err);
	if (r < 0)
		return r;
	card = card_at(inv, (uint32_t)chassis, location);
	if (card != SL_NONE && inv->cards[card].used)
		return sl_fail(err, SMARTLIC_E_EXISTS, "there is a card at %s already", location);
	if (card == SL_NONE)
		r = new_card(inv, (uint32_t)chassis, location, &card, err);
	if (r == 0)
		r = clear_card(inv, card, err);
	if (r == 0)
		r = sl_inventory_put_card(inv, card, &content, err);
	return r < 0 ? r : (int)card;
}

int
smartlic_inventory_find_card(
    const struct smartlic_inventory *inv, const char *location, struct smartlic_error *err)
{
	const char *colon = location == NULL ? NULL : strrchr(location, ':');
	uint32_t chassis = 0, card = SL_NONE;
	char name[64];

	sl_error_clear(err);
	if (location == NULL)
		return sl_fail(err, SMARTLIC_E_INVENTORY, "location: NULL; write one such as 0/1");
	if (colon == NULL && inv->n_chassis > 1)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "%.60s: there are several chassis; write NAME:LOCATION", location);
	if (colon != NULL && (size_t)(colon - location) < sizeof(name) && inv->n_chassis > 0) {
		memcpy(name, location, (size_t)(colon - location));
		name[colon - location] = '\0';
		chassis = *chassis_slot(inv, name) - 1;
	} else if (colon != NULL) {
		chassis = SL_NONE;
	}
	if (chassis < inv->n_chassis)
		card = card_at(inv, chassis, colon == NULL ? location : colon + 1);
	if (card == SL_NONE || !inv->cards[card].used)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND, "there is no card at %.60s", location);
	return (int)card;
}
