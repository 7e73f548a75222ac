/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_COUNT_H
#define SL_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include "catalog.h"
#include "inventory.h"

/*
 * A catalog's profile applied to an inventory's words: every comparison of
 * texts is done once, here, so that counting compares numbers only.
 */
struct sl_bound_rule {
	const struct sl_rule *rule;
	uint16_t role;
	uint16_t coupled_mode; /* SL_NAMES_MAX: none */
	uint8_t *mode_ok;      /* by the mode's name; NULL: all */
	uint8_t *tier_level;   /* by the tier's name; NULL unless mapped by tier */
};

struct sl_bound_pid {
	const struct sl_module *module; /* NULL: not in the catalog */
	uint8_t rule[SL_CAT_MODULE_RULES];
	uint8_t n_rules;
};

struct sl_bind {
	const struct smartlic_catalog *catalog;
	const struct sl_profile *profile;
	const struct smartlic_inventory *inv;
	struct sl_bound_rule rule[SL_CAT_RULES];
	size_t n_rules;
	int by_chassis;           /* some rule groups by chassis */
	struct sl_bound_pid *pid; /* by name */
	uint32_t n_names;
};

int sl_bind_make(struct sl_bind *ret, const struct smartlic_catalog *catalog,
    const struct sl_profile *profile, const struct smartlic_inventory *inv,
    struct smartlic_error *err);
/* Again, after the inventory has learned new words. */
int sl_bind_renew(struct sl_bind *bind, struct smartlic_error *err);
void sl_bind_release(struct sl_bind *bind);

/* Licenses by rule and entitlement. */
struct sl_totals {
	int64_t n[SL_CAT_RULES][SL_CAT_ENTITLEMENTS];
};

/* What a group of ports asks for, in units. */
struct sl_sums {
	int64_t demand, capacity;
	int64_t units[SL_CAT_LEVELS];
	int64_t modules;
	unsigned int lowest; /* level of any item */
	int items;
};

/*
 * How a group's units are charged.  Units stand in a row, in the order of their
 * ports; those from lo to hi are charged.  By level, each level has its own row
 * that starts with the free ones.
 */
struct sl_charge {
	int by_level;
	int64_t at, lo, hi;
	int64_t level_at[SL_CAT_LEVELS], level_free[SL_CAT_LEVELS];
	int64_t charged;
	int64_t surplus; /* trunk capacity that is lit but not on a client, charged */
	unsigned int surplus_level;
	int64_t allowed; /* free units at most */
};

void sl_charge_settle(
    struct sl_charge *ret, const struct sl_rule *rule, const struct sl_sums *sums);
/* The next units of the group, all at one level: how many of them are charged. */
int64_t sl_charge_next(struct sl_charge *charge, unsigned int level, int64_t units);

/* One group of a rule: a card or a chassis' chain of them, whole or in part. */
struct sl_part {
	uint32_t card;                /* the first */
	int chain;                    /* 1: and those after it in its chassis */
	const struct sl_slice *slice; /* NULL, or only this */
	const struct sl_port *port;   /* NULL, or only this */
};

/*
 * Ports that stand next to each other and stand for the same units each: a
 * whole slice where its ports are alike, else one port.
 */
struct sl_run {
	const struct sl_port *port; /* the first */
	unsigned int n;
	uint64_t encrypted;    /* bit by port */
	int64_t units;         /* of each */
	unsigned int level[2]; /* of plain and of encrypted ones */
};
struct sl_runs {
	const struct sl_bound_rule *rule;
	const struct sl_card *card;
	const struct sl_port *port, *port_end;
	/* by slice from one to the other; slice NULL: port by port, only of slice_end unless NULL
	 */
	const struct sl_slice *slice, *slice_end;
	const struct sl_port *ports; /* the card's */
};
/* The runs of a part of one card, in the order of their ports. */
void sl_runs_start(struct sl_runs *ret, const struct sl_bind *bind, size_t rule,
    const struct sl_card *card, const struct sl_part *part);
int sl_runs_next(struct sl_runs *runs, struct sl_run *ret);

void sl_part_sums(
    struct sl_sums *ret, const struct sl_bind *bind, size_t rule, const struct sl_part *part);
/* Adds sign times what a part needs. */
void sl_part_count(const struct sl_bind *bind, size_t rule, const struct sl_part *part,
    int64_t sign, int64_t *ret);
/* Calls `each` for every group of a card under a rule that groups by card or finer. */
void sl_parts_of_card(const struct sl_bind *bind, size_t rule, uint32_t card,
    void (*each)(void *ctx, const struct sl_bind *bind, size_t rule, const struct sl_part *part),
    void *ctx);

int sl_rule_selects(const struct sl_bind *bind, size_t rule, const struct sl_card *card);
/* Of a port, or of a card's load (NULL). */
unsigned int sl_rule_level(
    const struct sl_bound_rule *r, const struct sl_card *card, const struct sl_port *port);
/* A card's sessions or subscribers, in units. */
int64_t sl_rule_load(const struct sl_rule *rule, const struct sl_card *card);
int64_t sl_trunk_gbps(const struct sl_bind *bind, const struct sl_slice *slice);

/* What contradicts the catalog.  All return 0, or other than 0 for want of memory. */
struct sl_diagnostics {
	struct smartlic_diagnostic *list;
	size_t n, cap;
};
struct sl_doctor {
	struct sl_diagnostics d;
	const struct sl_bind *bind;
	/* the client that was found to fit, so that it is not looked at again and again */
	const struct sl_layout *layout;
	uint32_t client, gbps;
};
int sl_diagnose_slice(struct sl_doctor *m, const struct sl_card *card, const struct sl_slice *s);
int sl_diagnose_card(struct sl_doctor *m, const struct sl_card *card);
/* The inventory's own notes, and chassis. */
int sl_diagnose_rest(struct sl_doctor *m);
void sl_diagnostics_release(struct sl_diagnostics *d);

/* By rule of the count's profile. */
const struct sl_totals *sl_count_totals(const struct smartlic_count *count);

/* 0, or SMARTLIC_E_INVENTORY: the catalog does not know the card's PID. */
int sl_check_pid(const struct smartlic_catalog *catalog, const char *where, const char *pid,
    struct smartlic_error *err);

#endif
