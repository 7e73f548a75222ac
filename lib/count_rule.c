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
	int64_t whole, rest;

	if (amount <= UINT32_MAX && granule <= UINT32_MAX) { /* a division of half the width */
		whole = (uint32_t)amount / (uint32_t)granule;
		rest = amount - whole * granule;
	} else {
		whole = amount / granule;
		rest = amount % granule;
	}
	if (rest == 0 || round == SL_ROUND_DOWN)
		return whole;
	if (round == SL_ROUND_UP)
		return whole + 1;
	return whole + (rest >= granule - rest);
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
sl_rule_level(const struct sl_bound_rule *r, const struct sl_card *card, const struct sl_port *port)
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
	if (slice->bits == 0)
		return 0;
	return sl_catalog_trunk_gbps(
	    bind->catalog, slice->bits, slice->baud, bind->inv->names[slice->fec]);
}

static int64_t
trunk_units(const struct sl_bind *bind, const struct sl_bound_rule *r, const struct sl_card *card,
    const struct sl_slice *slice)
{
	int round = r->rule->round;

	if (card->mode == r->coupled_mode)
		round = r->rule->coupled_round[slice->number & 1];
	return divide(sl_trunk_gbps(bind, slice), r->rule->granule, round);
}

int64_t
sl_rule_load(const struct sl_rule *rule, const struct sl_card *card)
{
	int64_t load = rule->measure == SL_MEASURE_SESSIONS ? card->sessions : card->subscribers;

	return rule->each == SL_EACH_ITEM ? divide(load, rule->granule, rule->round) : load;
}

static int
by_ports(const struct sl_rule *rule)
{
	return rule->measure == SL_MEASURE_PORTS || rule->measure == SL_MEASURE_GBPS;
}

/* ---- runs: select, measure, quantise ------------------------------------------------------- */

/* Runs of whole slices are in the order of ports if the slices are. */
static int
in_order(const struct sl_slice *slice, const struct sl_slice *end)
{
	unsigned int at = 0;

	for (; slice < end; slice++) {
		if (slice->n_ports == 0)
			continue;
		if (!slice->alike || slice->first < at)
			return 0;
		at = slice->first + slice->n_ports;
	}
	return 1;
}

void
sl_runs_start(struct sl_runs *ret, const struct sl_bind *bind, size_t rule,
    const struct sl_card *card, const struct sl_part *part)
{
	ret->rule = &bind->rule[rule];
	ret->card = card;
	ret->ports = bind->inv->ports + card->first_port;
	ret->slice = part->slice != NULL ? part->slice : bind->inv->slices + card->first_slice;
	ret->slice_end = ret->slice + (part->slice != NULL ? 1 : card->n_slices);
	if (part->port != NULL) {
		ret->port = part->port;
		ret->port_end = part->port + 1;
		ret->slice = ret->slice_end = NULL;
	} else if (!in_order(ret->slice, ret->slice_end)) {
		ret->port = ret->ports;
		ret->port_end = ret->ports + card->n_ports;
		/* of one slice, the others' ports are passed over */
		ret->slice_end = part->slice;
		ret->slice = NULL;
	}
}

static int
make_run(const struct sl_runs *runs, const struct sl_port *port, unsigned int n, uint64_t encrypted,
    struct sl_run *ret)
{
	const struct sl_rule *rule = runs->rule->rule;

	if (port->role != runs->rule->role)
		return 0;
	ret->port = port;
	ret->n = n;
	ret->encrypted = encrypted;
	ret->units = rule->measure == SL_MEASURE_GBPS ? port->gbps : 1;
	if (rule->each == SL_EACH_ITEM)
		ret->units = divide(ret->units, rule->granule, rule->round);
	if (rule->map_by == SL_MAP_ENCRYPTION) {
		ret->level[0] = 0;
		ret->level[1] = rule->n_levels > 1;
	} else {
		ret->level[0] = ret->level[1] = sl_rule_level(runs->rule, runs->card, port);
	}
	return 1;
}

int
sl_runs_next(struct sl_runs *runs, struct sl_run *ret)
{
	const struct sl_slice *s;
	const struct sl_port *p;

	while (runs->slice != NULL && runs->slice < runs->slice_end) {
		s = runs->slice++;
		if (s->n_ports > 0 &&
		    make_run(runs, runs->ports + s->first, s->n_ports, s->encrypted, ret))
			return 1;
	}
	while (runs->slice == NULL && runs->port < runs->port_end) {
		p = runs->port++;
		if ((runs->slice_end == NULL || p->slice == runs->slice_end->number) &&
		    make_run(runs, p, 1, p->encrypted != 0, ret))
			return 1;
	}
	return 0;
}

static void
add_items(struct sl_sums *s, unsigned int level, int64_t units)
{
	s->units[level] += units;
	if (!s->items || level < s->lowest)
		s->lowest = level;
	s->items = 1;
}

static void
sum_card(struct sl_sums *s, const struct sl_bind *bind, size_t rule, const struct sl_card *card,
    const struct sl_part *part)
{
	const struct sl_bound_rule *r = &bind->rule[rule];
	const struct sl_slice *slice = bind->inv->slices + card->first_slice;
	const struct sl_slice *end = slice + card->n_slices;
	struct sl_runs runs;
	struct sl_run run;

	s->modules++;
	if (!by_ports(r->rule)) {
		if (sl_rule_load(r->rule, card) > 0)
			add_items(s, sl_rule_level(r, card, NULL), sl_rule_load(r->rule, card));
		return;
	}
	sl_runs_start(&runs, bind, rule, card, part);
	while (sl_runs_next(&runs, &run)) {
		unsigned int encrypted = (unsigned int)__builtin_popcountll(run.encrypted);

		if (encrypted > 0)
			add_items(s, run.level[1], encrypted * run.units);
		if (encrypted < run.n)
			add_items(s, run.level[0], (run.n - encrypted) * run.units);
	}
	if (r->rule->capacity == SL_CAPACITY_NONE)
		return;
	if (part->slice != NULL)
		s->capacity += trunk_units(bind, r, card, part->slice);
	for (; part->slice == NULL && slice < end; slice++)
		s->capacity += trunk_units(bind, r, card, slice);
}

void
sl_part_sums(
    struct sl_sums *ret, const struct sl_bind *bind, size_t rule, const struct sl_part *part)
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
			ret->units[i] = divide(ret->units[i], r->granule, r->round);
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

		c->level_at[i] = 0;
		c->level_free[i] = sums->units[i] < left ? sums->units[i] : left;
		left -= c->level_free[i];
	}
}

void
sl_charge_settle(struct sl_charge *ret, const struct sl_rule *rule, const struct sl_sums *sums)
{
	int64_t both;

	ret->allowed = rule->allow_units * (rule->allow_per == SL_PER_MODULE ? sums->modules : 1);
	ret->charged = allow(rule, ret->allowed, sums->demand);
	/* what is rounded as a whole or known by card only has no order of ports */
	ret->by_level = rule->order == SL_ORDER_LOWEST || rule->order == SL_ORDER_HIGHEST ||
			rule->each == SL_EACH_GROUP || !by_ports(rule);
	ret->at = 0;
	ret->lo = rule->order == SL_ORDER_ASCENDING ? sums->demand - ret->charged : 0;
	ret->hi = ret->lo + ret->charged;
	if (ret->by_level)
		free_by_level(ret, rule, sums);
	ret->surplus = 0;
	if (rule->capacity != SL_CAPACITY_NONE) {
		both = sums->demand > sums->capacity ? sums->demand : sums->capacity;
		ret->surplus = rule->combine == SL_COMBINE_SUM
				   ? allow(rule, ret->allowed, sums->capacity)
				   : allow(rule, ret->allowed, both) - ret->charged;
	}
	ret->surplus_level = rule->surplus == SL_SURPLUS_LOWEST && sums->items ? sums->lowest : 0;
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

/* Of a run of ports that are one unit each, those from lo to hi are charged. */
static void
charge_units(int64_t *charged, struct sl_charge *c, const struct sl_run *run)
{
	int64_t from = c->lo > c->at ? c->lo - c->at : 0;
	int64_t to = c->hi - c->at < run->n ? c->hi - c->at : run->n;
	unsigned int encrypted;
	uint64_t bits;

	c->at += run->n;
	if (to <= from)
		return;
	bits = run->encrypted >> from;
	if (to - from < 64)
		bits &= (UINT64_C(1) << (to - from)) - 1;
	encrypted = (unsigned int)__builtin_popcountll(bits);
	charged[run->level[1]] += encrypted;
	charged[run->level[0]] += to - from - encrypted;
}

/* Where units of several levels stand in one row, only going through it tells whose are charged. */
static void
charge_row(int64_t *charged, struct sl_charge *c, const struct sl_bind *bind, size_t rule,
    const struct sl_part *part)
{
	const struct sl_card *card;
	struct sl_runs runs;
	struct sl_run run;
	uint32_t i = part->card;

	do {
		card = &bind->inv->cards[i];
		i = card->next;
		if (part->chain && !sl_rule_selects(bind, rule, card))
			continue;
		sl_runs_start(&runs, bind, rule, card, part);
		while (sl_runs_next(&runs, &run)) {
			if (run.units == 1) {
				charge_units(charged, c, &run);
				continue;
			}
			for (unsigned int k = 0; k < run.n; k++) {
				unsigned int level = run.level[run.encrypted >> k & 1];

				charged[level] += sl_charge_next(c, level, run.units);
			}
		}
	} while (part->chain && i != SL_NONE);
}

static void
charge_levels(int64_t *charged, struct sl_charge *c, const struct sl_sums *sums,
    const struct sl_bind *bind, size_t rule, const struct sl_part *part)
{
	const struct sl_rule *r = bind->rule[rule].rule;
	int all = c->charged == sums->demand;

	for (size_t i = 0; i < r->n_levels; i++)
		charged[i] = c->by_level ? sums->units[i] - c->level_free[i]
			     : all       ? sums->units[i]
					 : 0;
	if (c->by_level || all || c->charged == 0)
		return;
	if (sums->units[sums->lowest] == sums->demand)
		charged[sums->lowest] = c->charged;
	else
		charge_row(charged, c, bind, rule, part);
}

static void
clamp(int64_t *n, const struct sl_rule *r, size_t n_entitlements)
{
	for (size_t i = 0; r->pack > 1 && i < n_entitlements; i++)
		n[i] = divide(n[i], r->pack, SL_ROUND_UP);
	if (r->clamped && n[r->clamp_entitlement] < r->clamp_min)
		n[r->clamp_entitlement] = r->clamp_min;
	if (r->clamped && r->clamp_max >= 0 && n[r->clamp_entitlement] > r->clamp_max)
		n[r->clamp_entitlement] = r->clamp_max;
}

void
sl_part_count(
    const struct sl_bind *bind, size_t rule, const struct sl_part *part, int64_t sign, int64_t *ret)
{
	const struct sl_rule *r = bind->rule[rule].rule;
	size_t n_entitlements = bind->catalog->n_entitlements;
	int64_t charged[SL_CAT_LEVELS], n[SL_CAT_ENTITLEMENTS];
	struct sl_sums sums;
	struct sl_charge c;

	sl_part_sums(&sums, bind, rule, part);
	/* a slice that was only named is no group */
	if (sums.modules == 0 || (part->slice != NULL && !sums.items && sums.capacity == 0))
		return;
	sl_charge_settle(&c, r, &sums);
	if (c.charged == 0 && c.surplus == 0 && !r->clamped)
		return;
	for (size_t i = 0; i < n_entitlements; i++)
		n[i] = 0;
	charge_levels(charged, &c, &sums, bind, rule, part);
	for (size_t i = 0; i < r->n_levels; i++)
		for (size_t j = r->map_mode == SL_MAP_STACK ? 0 : i; j <= i; j++)
			n[r->level[j].entitlement] += charged[i];
	n[r->level[c.surplus_level].entitlement] += c.surplus;
	if (r->clamped || r->pack > 1)
		clamp(n, r, n_entitlements);
	for (size_t i = 0; i < n_entitlements; i++)
		ret[i] += sign * n[i];
}

void
sl_parts_of_card(const struct sl_bind *bind, size_t rule, uint32_t number,
    void (*each)(void *ctx, const struct sl_bind *bind, size_t rule, const struct sl_part *part),
    void *ctx)
{
	const struct sl_card *card = &bind->inv->cards[number];
	struct sl_part part = { .card = number };

	switch ((enum sl_group)bind->rule[rule].rule->group) {
	case SL_GROUP_PORT:
		part.port = bind->inv->ports + card->first_port;
		for (uint32_t i = 0; i < card->n_ports; i++, part.port++)
			each(ctx, bind, rule, &part);
		return;
	case SL_GROUP_SLICE:
		part.slice = bind->inv->slices + card->first_slice;
		for (uint32_t i = 0; i < card->n_slices; i++, part.slice++)
			each(ctx, bind, rule, &part);
		return;
	case SL_GROUP_CARD:
		each(ctx, bind, rule, &part);
		return;
	case SL_GROUP_CHASSIS:
		return;
	}
}
