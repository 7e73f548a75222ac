/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "count.h"

static uint16_t
name_of(const struct smartlic_inventory *inv, const char *text)
{
	uint32_t i;

	for (i = 0; text != NULL && i < inv->n_names; i++)
		if (strcmp(inv->names[i], text) == 0)
			return (uint16_t)i;
	return SL_NAMES_MAX;
}

static int
bind_rule(
    struct sl_bound_rule *ret, const struct smartlic_inventory *inv, const struct sl_rule *rule)
{
	*ret = (struct sl_bound_rule){ .rule = rule };
	ret->role = name_of(inv, rule->role);
	ret->coupled_mode = name_of(inv, rule->coupled_mode);
	if (rule->n_modes > 0) {
		ret->mode_ok = calloc(inv->n_names, 1);
		if (ret->mode_ok == NULL)
			return -1;
		for (size_t i = 0; i < rule->n_modes; i++) {
			uint16_t name = name_of(inv, rule->mode[i]);

			if (name < inv->n_names)
				ret->mode_ok[name] = 1;
		}
	}
	if (rule->map_by == SL_MAP_TIER) {
		ret->tier_level = calloc(inv->n_names, 1);
		if (ret->tier_level == NULL)
			return -1;
		for (size_t i = 0; i < rule->n_levels; i++) {
			uint16_t name = name_of(inv, rule->level[i].match);

			if (name < inv->n_names)
				ret->tier_level[name] = (uint8_t)i;
		}
	}
	return 0;
}

static int
names_pid(const struct sl_rule *rule, const char *pid)
{
	for (size_t i = 0; i < rule->n_pids; i++)
		if (strcmp(rule->pid[i], pid) == 0)
			return 1;
	return rule->n_pids == 0;
}

static void
bind_pid(struct sl_bound_pid *ret, const struct sl_bind *bind, const char *pid)
{
	*ret = (struct sl_bound_pid){ .module = sl_catalog_module(bind->catalog, pid) };
	for (size_t i = 0; ret->module != NULL && i < bind->n_rules; i++) {
		const struct sl_rule *rule = bind->rule[i].rule;

		if (rule->license == ret->module->license && names_pid(rule, pid) &&
		    ret->n_rules < SL_CAT_MODULE_RULES)
			ret->rule[ret->n_rules++] = (uint8_t)i;
	}
}

static void
release_words(struct sl_bind *bind)
{
	for (size_t i = 0; i < bind->n_rules; i++) {
		free(bind->rule[i].mode_ok);
		free(bind->rule[i].tier_level);
		bind->rule[i] = (struct sl_bound_rule){ 0 };
	}
	free(bind->pid);
	bind->pid = NULL;
}

void
sl_bind_release(struct sl_bind *bind)
{
	release_words(bind);
	*bind = (struct sl_bind){ 0 };
}

int
sl_bind_make(struct sl_bind *ret, const struct smartlic_catalog *catalog,
    const struct sl_profile *profile, const struct smartlic_inventory *inv,
    struct smartlic_error *err)
{
	struct sl_bind bind = { .catalog = catalog, .profile = profile, .inv = inv };

	bind.n_rules = profile->n_rules;
	bind.n_names = inv->n_names;
	bind.pid = calloc(inv->n_names, sizeof(*bind.pid));
	if (bind.pid == NULL)
		return sl_nomem(err);
	for (size_t i = 0; i < bind.n_rules; i++) {
		if (bind_rule(&bind.rule[i], inv, profile->rule[i]) < 0) {
			sl_bind_release(&bind);
			return sl_nomem(err);
		}
		bind.by_chassis |= profile->rule[i]->group == SL_GROUP_CHASSIS;
	}
	for (uint32_t i = 0; i < inv->n_names; i++)
		bind_pid(&bind.pid[i], &bind, inv->names[i]);
	*ret = bind;
	return 0;
}

int
sl_bind_renew(struct sl_bind *bind, struct smartlic_error *err)
{
	struct sl_bind fresh;
	int r;

	if (bind->n_names == bind->inv->n_names)
		return 0;
	r = sl_bind_make(&fresh, bind->catalog, bind->profile, bind->inv, err);
	if (r < 0)
		return r;
	release_words(bind);
	*bind = fresh;
	return 0;
}
