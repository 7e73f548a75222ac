/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "count.h"

/*
 * Goes through the same groups as a count, by the same functions, and says of
 * each port what became of its units.
 */
struct teller {
	const struct sl_bind *bind;
	int (*each)(void *userdata, const struct smartlic_explanation *explanation);
	void *userdata;
	int r; /* what `each` returned, or SMARTLIC_E_NOMEM */
};

static void tell(struct teller *t, const struct sl_card *card, const char *port, int reason,
    const char *charge, int64_t units, int64_t charged, const char *fmt, ...)
    __attribute__((format(printf, 8, 9)));

static void
tell(struct teller *t, const struct sl_card *card, const char *port, int reason, const char *charge,
    int64_t units, int64_t charged, const char *fmt, ...)
{
	char why[400];
	struct smartlic_explanation e = { .size = sizeof(e),
		.reason = reason,
		.port = port,
		.pid = t->bind->inv->names[card->pid],
		.charge = charge,
		.units = units,
		.charged = charged,
		.why = why };
	va_list ap;

	if (t->r != 0)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	t->r = t->each(t->userdata, &e);
}

#define PORT_SIZE (SL_WHERE_SIZE + 16)
static void
port_name(char ret[PORT_SIZE], const struct sl_bind *bind, const struct sl_card *card,
    unsigned int number)
{
	char where[SL_WHERE_SIZE];

	sl_card_where(where, bind->inv, card);
	(void)snprintf(ret, PORT_SIZE, "%s/0/%u", where, number);
}

/* "100G", or "100G+100X" where levels are stacked, "SUB/1000" where that many make a license */
#define CHARGE_SIZE 256
static void
charge_name(char ret[CHARGE_SIZE], const struct sl_bind *bind, const struct sl_rule *rule,
    unsigned int level, int stacked)
{
	size_t n = 0;

	ret[0] = '\0';
	for (size_t i = stacked ? 0 : level; i <= level && n < CHARGE_SIZE - 60; i++)
		n += (size_t)snprintf(ret + n, CHARGE_SIZE - n, "%s%s", n > 0 ? "+" : "",
		    bind->catalog->entitlement[rule->level[i].entitlement].id);
	/* a part of a pack: how many of them make one license */
	if (rule->pack > 1)
		(void)snprintf(ret + n, CHARGE_SIZE - n, "/%" PRId64, rule->pack);
}

static const char *
group_name(const struct sl_rule *rule)
{
	static const char *const names[] = { [SL_GROUP_PORT] = "port",
		[SL_GROUP_SLICE] = "slice",
		[SL_GROUP_CARD] = "card",
		[SL_GROUP_CHASSIS] = "chassis" };

	return names[rule->group];
}

/* "4 x 100G", "3 ports", "2000 subscribers" */
#define AMOUNT_SIZE 64
static const char *
amount(char ret[AMOUNT_SIZE], const struct sl_rule *rule, int64_t units)
{
	static const char *const names[] = { [SL_MEASURE_PORTS] = "ports",
		[SL_MEASURE_GBPS] = "G",
		[SL_MEASURE_SESSIONS] = "sessions",
		[SL_MEASURE_SUBSCRIBERS] = "subscribers" };

	if (rule->measure == SL_MEASURE_GBPS)
		(void)snprintf(
		    ret, AMOUNT_SIZE, "%" PRId64 " x %" PRId64 "G", units, rule->granule);
	else
		(void)snprintf(ret, AMOUNT_SIZE, "%" PRId64 " %s", units * rule->granule,
		    names[rule->measure]);
	return ret;
}

/* ": encrypted, 100X instead of 100G"; nothing for what takes the first level. */
static void
level_text(char ret[CHARGE_SIZE], const struct sl_bind *bind, const struct sl_rule *rule,
    unsigned int level, const char *charge)
{
	const struct sl_level *l = &rule->level[level];

	ret[0] = '\0';
	if (level == 0)
		return;
	if (rule->map_mode == SL_MAP_STACK)
		(void)snprintf(ret, CHARGE_SIZE, "; %.40s: %.160s together", l->match, charge);
	else
		(void)snprintf(ret, CHARGE_SIZE, "; %.40s: %.60s instead of %.60s", l->match,
		    charge, bind->catalog->entitlement[rule->level[0].entitlement].id);
}

/* Rounded together, no unit belongs to one port. */
static int
as_a_whole(const struct sl_rule *rule)
{
	return rule->each == SL_EACH_GROUP && rule->granule > 1;
}

/* Of an item (a port, or a card's load) whose charge is known. */
static void
tell_item(struct teller *t, size_t rule, const struct sl_card *card, const char *port,
    const struct sl_charge *c, unsigned int level, int64_t units, int64_t charged)
{
	const struct sl_rule *r = t->bind->rule[rule].rule;
	const char *unspecified = r->license == SL_LICENSE_UNSPECIFIED
				      ? "; no public rule says how this PID is counted"
				      : "";
	char name[CHARGE_SIZE], at_level[CHARGE_SIZE], all[AMOUNT_SIZE], part[AMOUNT_SIZE];

	amount(all, r, c->allowed);
	if (as_a_whole(r)) {
		charge_name(name, t->bind, r, level, r->map_mode == SL_MAP_STACK);
		tell(t, card, port, SMARTLIC_CHARGE_CHARGED, name, units, 0,
		    "%" PRId64 " of what is rounded as a whole for its %s%s", units, group_name(r),
		    unspecified);
		return;
	}
	if (charged == 0) {
		tell(t, card, port, SMARTLIC_CHARGE_ALLOWED, "free", units, 0,
		    "within the %s that are free for its %s%s", all, group_name(r), unspecified);
		return;
	}
	charge_name(name, t->bind, r, level, r->map_mode == SL_MAP_STACK);
	level_text(at_level, t->bind, r, level, name);
	if (c->allowed == 0)
		tell(t, card, port, SMARTLIC_CHARGE_CHARGED, name, units, charged,
		    "nothing is free for its %s%s%s", group_name(r), at_level, unspecified);
	else
		tell(t, card, port, SMARTLIC_CHARGE_CHARGED, name, units, charged,
		    "%s%s%s the %s that are free for its %s%s%s",
		    charged < units ? amount(part, r, charged) : "",
		    charged < units ? " of it " : "",
		    r->allow == SL_ALLOW_THRESHOLD ? "part of more than" : "beyond", all,
		    group_name(r), at_level, unspecified);
}

static void
tell_ports(struct teller *t, size_t rule, const struct sl_part *part, const struct sl_card *card,
    struct sl_charge *c)
{
	char port[PORT_SIZE];
	struct sl_runs runs;
	struct sl_run run;

	sl_runs_start(&runs, t->bind, rule, card, part);
	while (sl_runs_next(&runs, &run)) {
		for (unsigned int i = 0; i < run.n; i++) {
			unsigned int level = run.level[run.encrypted >> i & 1];

			port_name(port, t->bind, card, run.port[i].number);
			tell_item(t, rule, card, port, c, level, run.units,
			    sl_charge_next(c, level, run.units));
		}
	}
}

static void
tell_load(struct teller *t, size_t rule, const struct sl_card *card, struct sl_charge *c)
{
	const struct sl_bound_rule *r = &t->bind->rule[rule];
	int64_t units = sl_rule_load(r->rule, card);
	unsigned int level = sl_rule_level(r, card, NULL);
	char where[SL_WHERE_SIZE];

	if (units == 0)
		return;
	sl_card_where(where, t->bind->inv, card);
	tell_item(t, rule, card, where, c, level, units, sl_charge_next(c, level, units));
}

/* The port that carries a group's trunk; the card where that is more than one. */
static void
trunk_name(char ret[PORT_SIZE], const struct sl_bind *bind, const struct sl_card *card,
    const struct sl_part *part)
{
	const struct sl_layout *l = bind->pid[card->pid].module->layout;
	const struct sl_slice *s = bind->inv->slices + card->first_slice;
	const struct sl_slice *only = part->slice;
	size_t n = 0;

	for (uint32_t i = 0; part->slice == NULL && i < card->n_slices; i++)
		if (sl_trunk_gbps(bind, &s[i]) > 0) {
			only = &s[i];
			n++;
		}
	for (size_t i = 0; l != NULL && only != NULL && n <= 1 && i < l->n_slices; i++)
		if (l->slice[i].slice == only->number && l->slice[i].trunk >= 0) {
			port_name(ret, bind, card, (unsigned int)l->slice[i].trunk);
			return;
		}
	sl_card_where(ret, bind->inv, card);
}

static void
tell_surplus(struct teller *t, size_t rule, const struct sl_part *part, const struct sl_card *card,
    const struct sl_charge *c, const struct sl_sums *sums)
{
	const struct sl_rule *r = t->bind->rule[rule].rule;
	char port[PORT_SIZE], name[CHARGE_SIZE];
	char lit[AMOUNT_SIZE], used[AMOUNT_SIZE], allowed[AMOUNT_SIZE];

	if (c->surplus == 0)
		return;
	amount(lit, r, sums->capacity);
	amount(used, r, sums->demand);
	amount(allowed, r, c->allowed);
	trunk_name(port, t->bind, card, part);
	charge_name(name, t->bind, r, c->surplus_level, 0);
	if (r->combine == SL_COMBINE_SUM)
		tell(t, card, port, SMARTLIC_CHARGE_TRUNK, name, sums->capacity, c->surplus,
		    "trunk capacity of this %s: %s, of which %s are free; charged besides the "
		    "clients",
		    group_name(r), lit, allowed);
	else
		tell(t, card, port, SMARTLIC_CHARGE_TRUNK, name, sums->capacity, c->surplus,
		    "unused trunk capacity of this %s: %s are lit, %s are on clients, %s are free",
		    group_name(r), lit, used, allowed);
}

/* Minimum, maximum and packs turn a group's charged units into another number of licenses. */
static void
tell_whole(struct teller *t, size_t rule, const struct sl_part *part, const struct sl_card *card)
{
	const struct sl_rule *r = t->bind->rule[rule].rule;
	int64_t n[SL_CAT_ENTITLEMENTS] = { 0 };
	char where[SL_WHERE_SIZE];

	if (!r->clamped && r->pack == 1 && !as_a_whole(r))
		return;
	sl_part_count(t->bind, rule, part, 1, n);
	if (part->chain)
		(void)snprintf(where, sizeof(where), "chassis %.64s",
		    t->bind->inv->chassis[card->chassis].name);
	else
		sl_card_where(where, t->bind->inv, card);
	for (size_t i = 0; i < t->bind->catalog->n_entitlements; i++) {
		if (n[i] == 0)
			continue;
		if (r->pack > 1)
			tell(t, card, where, SMARTLIC_CHARGE_WHOLE,
			    t->bind->catalog->entitlement[i].id, n[i], n[i],
			    "%" PRId64 " packs of %" PRId64 " for this %s", n[i], r->pack,
			    group_name(r));
		else if (i == r->clamp_entitlement && n[i] == r->clamp_min)
			tell(t, card, where, SMARTLIC_CHARGE_WHOLE,
			    t->bind->catalog->entitlement[i].id, n[i], n[i],
			    "%" PRId64 " is the least that this %s needs", n[i], group_name(r));
		else if (i == r->clamp_entitlement && n[i] == r->clamp_max)
			tell(t, card, where, SMARTLIC_CHARGE_WHOLE,
			    t->bind->catalog->entitlement[i].id, n[i], n[i],
			    "%" PRId64 " is the most that this %s needs", n[i], group_name(r));
		else if (as_a_whole(r))
			tell(t, card, where, SMARTLIC_CHARGE_WHOLE,
			    t->bind->catalog->entitlement[i].id, n[i], n[i],
			    "%" PRId64 " for this %s as a whole", n[i], group_name(r));
	}
}

static void
tell_part(void *ctx, const struct sl_bind *bind, size_t rule, const struct sl_part *part)
{
	const struct smartlic_inventory *inv = bind->inv;
	const struct sl_rule *r = bind->rule[rule].rule;
	const struct sl_card *some = NULL;
	struct teller *t = ctx;
	struct sl_sums sums;
	struct sl_charge c;
	uint32_t i = part->card;

	sl_part_sums(&sums, bind, rule, part);
	sl_charge_settle(&c, r, &sums);
	do {
		const struct sl_card *card = &inv->cards[i];

		i = card->next;
		if (!sl_rule_selects(bind, rule, card))
			continue;
		some = card;
		if (r->measure == SL_MEASURE_PORTS || r->measure == SL_MEASURE_GBPS)
			tell_ports(t, rule, part, card, &c);
		else
			tell_load(t, rule, card, &c);
	} while (part->chain && i != SL_NONE);
	if (some == NULL)
		return;
	tell_surplus(t, rule, part, some, &c, &sums);
	tell_whole(t, rule, part, some);
}

/* Ports that no rule of the profile looks at. */
static void
tell_rest(struct teller *t, const struct sl_card *card)
{
	const struct smartlic_inventory *inv = t->bind->inv;
	const struct sl_bound_pid *pid = &t->bind->pid[card->pid];
	const struct sl_port *p = inv->ports + card->first_port;
	const struct sl_port *end = p + card->n_ports;
	char port[PORT_SIZE];

	for (; p < end; p++) {
		int seen = 0;

		for (size_t k = 0; k < pid->n_rules; k++)
			seen |= sl_rule_selects(t->bind, pid->rule[k], card) &&
				t->bind->rule[pid->rule[k]].role == p->role;
		if (seen)
			continue;
		port_name(port, t->bind, card, p->number);
		if (pid->module->license == SL_LICENSE_NONE)
			tell(t, card, port, SMARTLIC_CHARGE_NOT_LICENSED, "free", 0, 0,
			    "%s needs no license", pid->module->pid);
		else
			tell(t, card, port, SMARTLIC_CHARGE_NOT_LICENSED, "free", 0, 0,
			    "no rule of %s counts this port (role %s, mode %s)",
			    t->bind->profile->name, inv->names[p->role],
			    card->mode == 0 ? "none" : inv->names[card->mode]);
	}
}

static void
tell_chassis(struct teller *t, uint32_t chassis)
{
	const struct smartlic_inventory *inv = t->bind->inv;
	struct sl_part part = { .card = inv->chassis[chassis].first, .chain = 1 };

	for (uint32_t i = part.card; i != SL_NONE; i = inv->cards[i].next) {
		const struct sl_card *card = &inv->cards[i];
		const struct sl_bound_pid *pid = &t->bind->pid[card->pid];

		if (!card->used)
			continue;
		for (size_t k = 0; k < pid->n_rules; k++)
			if (sl_rule_selects(t->bind, pid->rule[k], card))
				sl_parts_of_card(t->bind, pid->rule[k], i, tell_part, t);
		tell_rest(t, card);
	}
	for (size_t k = 0; part.card != SL_NONE && k < t->bind->n_rules; k++)
		if (t->bind->rule[k].rule->group == SL_GROUP_CHASSIS)
			tell_part(t, t->bind, k, &part);
}

int
smartlic_count_explain(const struct smartlic_catalog *catalog, const char *profile,
    const struct smartlic_inventory *inventory,
    int (*each)(void *userdata, const struct smartlic_explanation *explanation), void *userdata,
    struct smartlic_error *err)
{
	struct smartlic_count *count = NULL;
	struct sl_bind bind = { 0 };
	struct teller t = { .bind = &bind, .each = each, .userdata = userdata };
	int r;

	if (each == NULL)
		return sl_fail(
		    err, SMARTLIC_E_INVAL, "smartlic_count_explain: no function to explain to");
	/* what cannot be counted cannot be explained: the same errors */
	r = smartlic_count_new(&count, catalog, profile, inventory, err);
	if (r < 0)
		return r;
	smartlic_count_free(count);
	r = sl_bind_make(&bind, catalog, sl_catalog_profile(catalog, profile), inventory, err);
	for (uint32_t i = 0; r == 0 && t.r == 0 && i < inventory->n_chassis; i++)
		tell_chassis(&t, i);
	sl_bind_release(&bind);
	return r < 0 ? r : t.r;
}
