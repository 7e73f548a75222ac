/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "count.h"

/*
 * One rule on one group.  Numbers stay far below 2^63: a port is at most 10^6
 * units, a card's load 10^9, and there are at most 2^24 ports and 2^20 cards;
 * allowances and clamps are at most 10^9 a module or group.
 */

static int64_t
divide(int64_t amount, int64_t granule, int round)
{
	int64_t whole = amount / granule, rest = amount % granule;

	if (rest == 0 || round == SL_ROUND_DOWN)
		return whole;
	if (round == SL_ROUND_UP)
		return whole + 1;
	return whole + (rest >= granule - rest);
}

int64_t
sl_rule_units(const struct sl_rule *rule, int64_t amount)
{
	return divide(amount, rule->granule, rule->round);
}

int
sl_rule_selects(const struct sl_bind *bind, size_t rule, const struct sl_card *card)
{
	const struct sl_bound_pid *pid = &bind->pid[card->pid];
	const uint8_t *mode_ok = bind->rule[rule].mode_ok;

	if (!card->used || (mode_ok != NULL && !mode_ok[card->mode]))
		return 0;
	for (size_t i = 0; i < pid->n_rules; i++)
		if (pid->rule[i] == rule)
			return 1;
	return 0;
}

unsigned int
sl_rule_level(const struct sl_bound_rule *r, const struct sl_card *card,
    const struct sl_port *port)
{
	const struct sl_rule *rule = r->rule;
	unsigned int i;

	switch ((enum sl_map_by)rule->map_by) {
	case SL_MAP_ENCRYPTION:
		return port != NULL && port->encrypted && rule->n_levels > 1;
	case SL_MAP_TIER:
		return r->tier_level[port != NULL && port->tier != 0 ? port->tier : card->tier];
	case SL_MAP_RATE:
		for (i = 0; port != NULL && i + 1 < rule->n_levels; i++)
			if (rule->level[i].up_to == 0 || port->gbps <= rule->level[i].up_to)
				return i;
		return port == NULL ? 0 : (unsigned int)rule->n_levels - 1;
	}
	return 0;
}

int64_t
sl_trunk_gbps(const struct sl_bind *bind, const struct sl_slice *slice)
{
	if (slice->trunk_gbps != 0)
		return slice->trunk_gbps;
	return sl_catalog_trunk_gbps(bind->catalog, slice->bits, slice->baud,
	    bind->inv->names[slice->fec]);
}

int64_t
sl_trunk_units(const struct sl_bind *bind, size_t rule, const struct sl_card *card,
    const struct sl_slice *slice)
{
	const struct sl_bound_rule *r = &bind->rule[rule];
	int round = r->rule->round;

	if (card->mode == r->coupled_mode)
		round = r->rule->coupled_round[slice->number & 1];
	return divide(sl_trunk_gbps(bind, slice), r->rule->granule, round);
}

/* ---- select, measure, quantise ------------------------------------------------------------- */

static void
add_item(struct sl_sums *s, unsigned int level, int64_t units)
{
	s->units[level] += units;
	if (s->items == 0 || level < s->lowest)
		s->lowest = level;
	s->items = 1;
}

static void
sum_ports(struct sl_sums *s, const struct sl_bind *bind, size_t rule, const struct sl_card *card,
    const struct sl_part *part)
{
	const struct sl_bound_rule *r = &bind->rule[rule];
	const struct sl_port *p = bind->inv->ports + card->first_port;
	const struct sl_port *end = p + card->n_ports;
	int by_rate = r->rule->measure == SL_MEASURE_GBPS;
	int each = r->rule->each == SL_EACH_ITEM;
	/* most ports of a card have one rate: a division saved */
	uint32_t last = 0;
	int64_t units = 0;

	for (; p < end; p++) {
		if (p->gbps == 0 || p->role != r->role ||
		    (part->slice != SL_ANY && p->slice != part->slice) ||
		    (part->port != SL_ANY && p->number != part->port))
			continue;
		if (p->gbps != last) {
			last = p->gbps;
			units = by_rate ? last : 1;
			if (each)
				units = sl_rule_units(r->rule, units);
		}
		add_item(s, sl_rule_level(r, card, p), units);
	}
}

static void
sum_card(struct sl_sums *s, const struct sl_bind *bind, size_t rule, const struct sl_card *card,
    const struct sl_part *part)
{
	const struct sl_rule *r = bind->rule[rule].rule;
	const struct sl_slice *slice = bind->inv->slices + card->first_slice;
	int64_t load;

	s->modules++;
	if (r->measure == SL_MEASURE_PORTS || r->measure == SL_MEASURE_GBPS) {
		sum_ports(s, bind, rule, card, part);
	} else {
		load = r->measure == SL_MEASURE_SESSIONS ? card->sessions : card->subscribers;
		if (load > 0)
			add_item(s, sl_rule_level(&bind->rule[rule], card, NULL),
			    r->each == SL_EACH_ITEM ? sl_rule_units(r, load) : load);
	}
	if (r->capacity == SL_CAPACITY_NONE)
		return;
	for (const struct sl_slice *end = slice + card->n_slices; slice < end; slice++)
		if (part->slice == SL_ANY || slice->number == part->slice)
			s->capacity += sl_trunk_units(bind, rule, card, slice);
}

void
sl_part_sums(struct sl_sums *ret, const struct sl_bind *bind, size_t rule,
    const struct sl_part *part)
{
	const struct sl_rule *r = bind->rule[rule].rule;
	const struct sl_card *card = &bind->inv->cards[part->card];

	*ret = (struct sl_sums){ 0 };
	if (!part->chain) {
		sum_card(ret, bind, rule, card, part);
	} else {
		for (uint32_t i = part->card; i != SL_NONE; i = bind->inv->cards[i].next)
			if (sl_rule_selects(bind, rule, &bind->inv->cards[i]))
				sum_card(ret, bind, rule, &bind->inv->cards[i], part);
	}
	for (size_t i = 0; i < r->n_levels; i++) {
		if (r->each == SL_EACH_GROUP)
			ret->units[i] = sl_rule_units(r, ret->units[i]);
		ret->demand += ret->units[i];
	}
}

/* ---- allow, combine ----------------------------------------------------------------------- */

static int64_t
allow(const struct sl_rule *rule, int64_t allowed, int64_t units)
{
	if (units <= allowed)
		return 0;
	return rule->allow == SL_ALLOW_FREE ? units - allowed : units;
}

/* The free units go to the lowest or to the highest level first. */
static void
free_by_level(struct sl_charge *c, const struct sl_rule *rule, const struct sl_sums *sums)
{
	int64_t left = sums->demand - c->charged;

	for (size_t n = 0; n < rule->n_levels; n++) {
		size_t i = rule->order == SL_ORDER_HIGHEST ? rule->n_levels - 1 - n : n;

		c->level_free[i] = sums->units[i] < left ? sums->units[i] : left;
		left -= c->level_free[i];
	}
}

void
sl_charge_settle(struct sl_charge *ret, const struct sl_rule *rule, const struct sl_sums *sums)
{
	struct sl_charge c = { 0 };
	int64_t both;

	c.allowed = rule->allow_units * (rule->allow_per == SL_PER_MODULE ? sums->modules : 1);
	c.charged = allow(rule, c.allowed, sums->demand);
	/* what is rounded as a whole or known by card only has no order of ports */
	c.by_level = rule->order == SL_ORDER_LOWEST || rule->order == SL_ORDER_HIGHEST ||
	    rule->each == SL_EACH_GROUP || rule->measure >= SL_MEASURE_SESSIONS;
	if (c.by_level)
		free_by_level(&c, rule, sums);
	else if (rule->order == SL_ORDER_ASCENDING)
		c.lo = sums->demand - c.charged;
	c.hi = c.lo + c.charged;
	if (rule->capacity != SL_CAPACITY_NONE) {
		both = sums->demand > sums->capacity ? sums->demand : sums->capacity;
		c.surplus = rule->combine == SL_COMBINE_SUM
				? allow(rule, c.allowed, sums->capacity)
				: allow(rule, c.allowed, both) - c.charged;
	}
	c.surplus_level = rule->surplus == SL_SURPLUS_LOWEST && sums->items ? sums->lowest : 0;
	*ret = c;
}

int64_t
sl_charge_next(struct sl_charge *c, unsigned int level, int64_t units)
{
	int64_t from, to;

	if (c->by_level) {
		from = c->level_at[level];
		to = from + units;
		c->level_at[level] = to;
		if (from < c->level_free[level])
			from = c->level_free[level];
	} else {
		from = c->at;
		to = from + units;
		c->at = to;
		if (from < c->lo)
			from = c->lo;
		if (to > c->hi)
			to = c->hi;
	}
	return to > from ? to - from : 0;
}

/* ---- map, clamp --------------------------------------------------------------------------- */

/* Where units of several levels stand in one row, only going through it tells whose are charged. */
static void
charge_ports(int64_t charged[SL_CAT_LEVELS], struct sl_charge *c, const struct sl_bind *bind,
    size_t rule, const struct sl_part *part)
{
	const struct sl_bound_rule *r = &bind->rule[rule];
	uint32_t i = part->card;

	do {
		const struct sl_card *card = &bind->inv->cards[i];
		const struct sl_port *p = bind->inv->ports + card->first_port;
		const struct sl_port *end = p + card->n_ports;

		i = card->next;
		if (!sl_rule_selects(bind, rule, card))
			continue;
		for (; p < end; p++) {
			unsigned int level;

			if (p->gbps == 0 || p->role != r->role ||
			    (part->slice != SL_ANY && p->slice != part->slice) ||
			    (part->port != SL_ANY && p->number != part->port))
				continue;
			level = sl_rule_level(r, card, p);
			charged[level] += sl_charge_next(c, level,
			    sl_rule_units(r->rule,
				r->rule->measure == SL_MEASURE_GBPS ? p->gbps : 1));
		}
	} while (part->chain && i != SL_NONE);
}

static void
charge_levels(int64_t charged[SL_CAT_LEVELS], struct sl_charge *c, const struct sl_sums *sums,
    const struct sl_bind *bind, size_t rule, const struct sl_part *part)
{
	const struct sl_rule *r = bind->rule[rule].rule;
	size_t only = SL_CAT_LEVELS, n = 0;

	for (size_t i = 0; i < r->n_levels; i++) {
		charged[i] = 0;
		if (c->by_level || c->charged == sums->demand)
			charged[i] = sums->units[i] - c->level_free[i];
		if (sums->units[i] > 0) {
			only = i;
			n++;
		}
	}
	if (c->by_level || c->charged == sums->demand || c->charged == 0)
		return;
	if (n == 1)
		charged[only] = c->charged;
	else
		charge_ports(charged, c, bind, rule, part);
}

void
sl_part_count(const struct sl_bind *bind, size_t rule, const struct sl_part *part, int64_t sign,
    int64_t *ret)
{
	const struct sl_rule *r = bind->rule[rule].rule;
	int64_t charged[SL_CAT_LEVELS], n[SL_CAT_ENTITLEMENTS] = { 0 };
	struct sl_sums sums;
	struct sl_charge c;

	sl_part_sums(&sums, bind, rule, part);
	/* a slice that was only named is no group */
	if (sums.modules == 0 || (part->slice != SL_ANY && !sums.items && sums.capacity == 0))
		return;
	sl_charge_settle(&c, r, &sums);
	if (c.charged == 0 && c.surplus == 0 && !r->clamped)
		return;
	charge_levels(charged, &c, &sums, bind, rule, part);
	for (size_t i = 0; i < r->n_levels; i++)
		for (size_t j = r->map_mode == SL_MAP_STACK ? 0 : i; j <= i; j++)
			n[r->level[j].entitlement] += charged[i];
	n[r->level[c.surplus_level].entitlement] += c.surplus;
	for (size_t i = 0; r->pack > 1 && i < bind->catalog->n_entitlements; i++)
		n[i] = divide(n[i], r->pack, SL_ROUND_UP);
	if (r->clamped && n[r->clamp_entitlement] < r->clamp_min)
		n[r->clamp_entitlement] = r->clamp_min;
	if (r->clamped && r->clamp_max >= 0 && n[r->clamp_entitlement] > r->clamp_max)
		n[r->clamp_entitlement] = r->clamp_max;
	for (size_t i = 0; i < bind->catalog->n_entitlements; i++)
		ret[i] += sign * n[i];
}

void
sl_parts_of_card(const struct sl_bind *bind, size_t rule, uint32_t number,
    void (*each)(void *ctx, const struct sl_bind *bind, size_t rule, const struct sl_part *part),
    void *ctx)
{
	const struct sl_card *card = &bind->inv->cards[number];
	const struct sl_slice *slice = bind->inv->slices + card->first_slice;
	const struct sl_port *port = bind->inv->ports + card->first_port;
	struct sl_part part = { .card = number, .slice = SL_ANY, .port = SL_ANY };

	switch ((enum sl_group)bind->rule[rule].rule->group) {
	case SL_GROUP_PORT:
		for (uint32_t i = 0; i < card->n_ports; i++) {
			part.port = port[i].number;
			if (port[i].gbps > 0)
				each(ctx, bind, rule, &part);
		}
		return;
	case SL_GROUP_SLICE:
		for (uint32_t i = 0; i < card->n_slices; i++) {
			part.slice = slice[i].number;
			each(ctx, bind, rule, &part);
		}
		return;
	case SL_GROUP_CARD:
		each(ctx, bind, rule, &part);
		return;
	case SL_GROUP_CHASSIS:
		return;
	}
}
