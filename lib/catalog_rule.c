/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "catalog_read.h"

#define FIELDS(array) array, sizeof(array) / sizeof((array)[0])
#define AT(member)    offsetof(struct sl_rule, member)

static const char *const licenses[] = { "counted", "none", "unspecified", NULL };
static const char *const measures[] = { "ports", "gbps", "sessions", "subscribers", NULL };
static const char *const capacities[] = { "none", "trunk", NULL };
static const char *const groups[] = { "port", "slice", "card", "chassis", NULL };
static const char *const rounds[] = { "up", "down", "nearest", NULL };
static const char *const eachs[] = { "item", "group", NULL };
static const char *const allows[] = { "free", "threshold", NULL };
static const char *const pers[] = { "group", "module", NULL };
static const char *const orders[] = { "ascending", "descending", "lowest-first", "highest-first",
	NULL };
static const char *const maps[] = { "encryption", "tier", "rate", NULL };
static const char *const map_modes[] = { "replace", "stack", NULL };
static const char *const surpluses[] = { "lowest", "base", NULL };
static const char *const combines[] = { "max", "sum", NULL };
static const char *const windows[] = { "now", "high-water", "percentile", NULL };

/* A stage's members; each absent one keeps what "like" or the default gave. */
static const struct sl_field measure_fields[] = {
	{ "demand", SL_FIELD_WORD, 0, AT(measure), 0, 0, measures },
	{ "capacity", SL_FIELD_WORD, 0, AT(capacity), 0, 0, capacities },
};
static const struct sl_field allow_fields[] = {
	{ "kind", SL_FIELD_WORD, 0, AT(allow), 0, 0, allows },
	{ "units", SL_FIELD_INT, 0, AT(allow_units), 0, SL_CAT_UNITS_MAX, NULL },
	{ "per", SL_FIELD_WORD, 0, AT(allow_per), 0, 0, pers },
	{ "order", SL_FIELD_WORD, 0, AT(order), 0, 0, orders },
	{ "pack", SL_FIELD_INT, 0, AT(pack), 1, SL_CAT_UNITS_MAX, NULL },
};
static const struct sl_field window_fields[] = {
	{ "kind", SL_FIELD_WORD, 1, AT(window), 0, 0, windows },
	{ "span_s", SL_FIELD_INT, 0, AT(window_s), 1, INT64_C(4000000000), NULL },
	{ "percent", SL_FIELD_INT, 0, AT(percent), 1, 100, NULL },
};

static size_t
entitlement(const struct smartlic_catalog *c, const char *id)
{
	size_t i;

	for (i = 0; i < c->n_entitlements && strcmp(c->entitlement[i].id, id) != 0; i++)
		;
	return i;
}

static int
find_entitlement(const struct smartlic_catalog *c, size_t *ret, const char *id,
    const struct sl_at *up, struct smartlic_error *err)
{
	struct sl_at at = { .up = up, .key = "entitlement" };

	*ret = entitlement(c, id);
	if (*ret == c->n_entitlements)
		return sl_shape_fail(&at, SMARTLIC_E_CATALOG, err,
		    "expected the id of an entitlement of this catalog, got \"%.40s\"", id);
	return 0;
}

int
sl_catalog_read_texts(const char **ret, size_t *n, size_t max, const json_t *array,
    const struct sl_at *up, struct smartlic_error *err)
{
	struct sl_at at = { .up = up };
	const json_t *v;

	if (json_array_size(array) > max)
		return sl_shape_fail(up, SMARTLIC_E_CATALOG, err, "more than %zu elements", max);
	for (*n = 0; *n < json_array_size(array); (*n)++) {
		at.index = *n;
		v = json_array_get(array, *n);
		if (!json_is_string(v) || json_string_length(v) == 0 ||
		    json_string_length(v) > 63 ||
		    strlen(json_string_value(v)) != json_string_length(v))
			return sl_shape_fail(
			    &at, SMARTLIC_E_CATALOG, err, "expected a string of 1 to 63 bytes");
		ret[*n] = json_string_value(v);
		for (size_t i = 0; i < *n; i++)
			if (strcmp(ret[i], ret[*n]) == 0)
				return sl_shape_fail(
				    &at, SMARTLIC_E_CATALOG, err, "\"%s\" is there twice", ret[*n]);
	}
	return 0;
}

/* ---- stages with lists -------------------------------------------------------------------- */

struct select_json {
	int license;
	const char *role;
	const json_t *pid, *mode;
};
static const struct sl_field select_fields[] = {
	{ "license", SL_FIELD_WORD, 0, offsetof(struct select_json, license), 0, 0, licenses },
	{ "role", SL_FIELD_TEXT, 0, offsetof(struct select_json, role), 1, 31, NULL },
	{ "pid", SL_FIELD_ARRAY, 0, offsetof(struct select_json, pid), 1, SL_CAT_WORDS, NULL },
	{ "mode", SL_FIELD_ARRAY, 0, offsetof(struct select_json, mode), 1, SL_CAT_WORDS, NULL },
};

static int
read_select(
    struct sl_rule *rule, const json_t *json, const struct sl_at *at, struct smartlic_error *err)
{
	struct select_json in = { .license = rule->license, .role = rule->role };
	struct sl_at pid = { .up = at, .key = "pid" };
	struct sl_at mode = { .up = at, .key = "mode" };
	int r;

	r = sl_shape_read(&in, json, FIELDS(select_fields), at, SMARTLIC_E_CATALOG, err);
	if (r < 0)
		return r;
	rule->license = in.license;
	rule->role = in.role;
	if (in.pid != NULL)
		r = sl_catalog_read_texts(
		    rule->pid, &rule->n_pids, SL_CAT_WORDS, in.pid, &pid, err);
	if (r == 0 && in.mode != NULL)
		r = sl_catalog_read_texts(
		    rule->mode, &rule->n_modes, SL_CAT_WORDS, in.mode, &mode, err);
	return r;
}

struct quantise_json {
	int64_t granule;
	int round, each;
	const json_t *coupled;
};
static const struct sl_field quantise_fields[] = {
	{ "granule", SL_FIELD_INT, 0, offsetof(struct quantise_json, granule), 1, SL_CAT_UNITS_MAX,
	    NULL },
	{ "round", SL_FIELD_WORD, 0, offsetof(struct quantise_json, round), 0, 0, rounds },
	{ "each", SL_FIELD_WORD, 0, offsetof(struct quantise_json, each), 0, 0, eachs },
	{ "coupled", SL_FIELD_OBJECT, 0, offsetof(struct quantise_json, coupled), 0, 0, NULL },
};
struct coupled_json {
	const char *mode;
	int even, odd;
};
static const struct sl_field coupled_fields[] = {
	{ "mode", SL_FIELD_TEXT, 1, offsetof(struct coupled_json, mode), 1, 31, NULL },
	{ "even", SL_FIELD_WORD, 1, offsetof(struct coupled_json, even), 0, 0, rounds },
	{ "odd", SL_FIELD_WORD, 1, offsetof(struct coupled_json, odd), 0, 0, rounds },
};

static int
read_quantise(
    struct sl_rule *rule, const json_t *json, const struct sl_at *at, struct smartlic_error *err)
{
	struct quantise_json in = { rule->granule, rule->round, rule->each, NULL };
	struct coupled_json coupled = { 0 };
	struct sl_at coupled_at = { .up = at, .key = "coupled" };
	int r;

	r = sl_shape_read(&in, json, FIELDS(quantise_fields), at, SMARTLIC_E_CATALOG, err);
	if (r == 0 && in.coupled != NULL)
		r = sl_shape_read(&coupled, in.coupled, FIELDS(coupled_fields), &coupled_at,
		    SMARTLIC_E_CATALOG, err);
	if (r < 0)
		return r;
	rule->granule = in.granule;
	rule->round = in.round;
	rule->each = in.each;
	if (in.coupled != NULL) {
		rule->coupled_mode = coupled.mode;
		rule->coupled_round[0] = coupled.even;
		rule->coupled_round[1] = coupled.odd;
	}
	return 0;
}

struct level_json {
	const char *match, *entitlement;
	int64_t up_to;
};
static const struct sl_field level_fields[] = {
	{ "match", SL_FIELD_TEXT, 0, offsetof(struct level_json, match), 1, 31, NULL },
	{ "up_to_gbps", SL_FIELD_INT, 0, offsetof(struct level_json, up_to), 1, SL_CAT_UNITS_MAX,
	    NULL },
	{ "entitlement", SL_FIELD_TEXT, 1, offsetof(struct level_json, entitlement), 1, 63, NULL },
};

static int
read_levels(const struct smartlic_catalog *c, struct sl_rule *rule, const json_t *array,
    const struct sl_at *up, struct smartlic_error *err)
{
	struct sl_at at = { .up = up };
	int r;

	rule->n_levels = 0;
	for (at.index = 0; at.index < json_array_size(array); at.index++) {
		struct sl_level *level = &rule->level[at.index];
		struct level_json in = { .match = "" };

		r = sl_shape_read(&in, json_array_get(array, at.index), FIELDS(level_fields), &at,
		    SMARTLIC_E_CATALOG, err);
		if (r == 0)
			r = find_entitlement(c, &level->entitlement, in.entitlement, &at, err);
		if (r < 0)
			return r;
		level->match = in.match;
		level->up_to = in.up_to;
		rule->n_levels++;
	}
	return 0;
}

struct map_json {
	int by, mode, surplus;
	const json_t *levels;
};
static const struct sl_field map_fields[] = {
	{ "by", SL_FIELD_WORD, 0, offsetof(struct map_json, by), 0, 0, maps },
	{ "mode", SL_FIELD_WORD, 0, offsetof(struct map_json, mode), 0, 0, map_modes },
	{ "surplus", SL_FIELD_WORD, 0, offsetof(struct map_json, surplus), 0, 0, surpluses },
	{ "levels", SL_FIELD_ARRAY, 0, offsetof(struct map_json, levels), 1, SL_CAT_LEVELS, NULL },
};

static int
read_map(const struct smartlic_catalog *c, struct sl_rule *rule, const json_t *json,
    const struct sl_at *at, struct smartlic_error *err)
{
	struct map_json in = { rule->map_by, rule->map_mode, rule->surplus, NULL };
	struct sl_at levels = { .up = at, .key = "levels" };
	int r;

	r = sl_shape_read(&in, json, FIELDS(map_fields), at, SMARTLIC_E_CATALOG, err);
	if (r < 0)
		return r;
	rule->map_by = in.by;
	rule->map_mode = in.mode;
	rule->surplus = in.surplus;
	return in.levels == NULL ? 0 : read_levels(c, rule, in.levels, &levels, err);
}

struct clamp_json {
	int64_t min, max;
	const char *entitlement;
};
static const struct sl_field clamp_fields[] = {
	{ "entitlement", SL_FIELD_TEXT, 1, offsetof(struct clamp_json, entitlement), 1, 63, NULL },
	{ "min", SL_FIELD_INT, 0, offsetof(struct clamp_json, min), 0, SL_CAT_UNITS_MAX, NULL },
	{ "max", SL_FIELD_INT, 0, offsetof(struct clamp_json, max), 0, SL_CAT_UNITS_MAX, NULL },
};

static int
read_clamp(const struct smartlic_catalog *c, struct sl_rule *rule, const json_t *json,
    const struct sl_at *at, struct smartlic_error *err)
{
	struct clamp_json in = { .max = -1 };
	int r;

	r = sl_shape_read(&in, json, FIELDS(clamp_fields), at, SMARTLIC_E_CATALOG, err);
	if (r == 0)
		r = find_entitlement(c, &rule->clamp_entitlement, in.entitlement, at, err);
	if (r < 0)
		return r;
	if (in.max >= 0 && in.max < in.min)
		return sl_shape_fail(at, SMARTLIC_E_CATALOG, err, "max is below min");
	rule->clamped = 1;
	rule->clamp_min = in.min;
	rule->clamp_max = in.max;
	return 0;
}

/* ---- the rule ----------------------------------------------------------------------------- */

struct rule_json {
	const char *id, *like, *comment;
	int group, combine;
	const json_t *select, *measure, *quantise, *allow, *map, *clamp, *window;
};
#define IN(member) offsetof(struct rule_json, member)
static const struct sl_field rule_fields[] = {
	{ "id", SL_FIELD_TEXT, 1, IN(id), 1, 63, NULL },
	{ "like", SL_FIELD_TEXT, 0, IN(like), 1, 63, NULL },
	{ "comment", SL_FIELD_TEXT, 0, IN(comment), 0, 1000, NULL },
	{ "select", SL_FIELD_OBJECT, 0, IN(select), 0, 0, NULL },
	{ "measure", SL_FIELD_OBJECT, 0, IN(measure), 0, 0, NULL },
	{ "group", SL_FIELD_WORD, 0, IN(group), 0, 0, groups },
	{ "quantise", SL_FIELD_OBJECT, 0, IN(quantise), 0, 0, NULL },
	{ "allow", SL_FIELD_OBJECT, 0, IN(allow), 0, 0, NULL },
	{ "map", SL_FIELD_OBJECT, 0, IN(map), 0, 0, NULL },
	{ "combine", SL_FIELD_WORD, 0, IN(combine), 0, 0, combines },
	{ "clamp", SL_FIELD_OBJECT, 0, IN(clamp), 0, 0, NULL },
	{ "window", SL_FIELD_OBJECT, 0, IN(window), 0, 0, NULL },
};

static const struct sl_rule defaults = {
	.license = SL_LICENSE_COUNTED,
	.role = "client",
	.measure = SL_MEASURE_PORTS,
	.group = SL_GROUP_CARD,
	.granule = 1,
	.pack = 1,
	.order = SL_ORDER_ASCENDING,
	.clamp_max = -1,
};

/* The rule to start from: an earlier one, so that there is no circle. */
static int
start_rule(const struct smartlic_catalog *c, struct sl_rule *ret, const struct rule_json *in,
    const struct sl_at *up, struct smartlic_error *err)
{
	struct sl_at at = { .up = up, .key = "like" };
	size_t i;

	*ret = defaults;
	for (i = 0; i < c->n_rules && in->like != NULL && strcmp(c->rule[i].id, in->like) != 0; i++)
		;
	if (in->like != NULL && i == c->n_rules)
		return sl_shape_fail(&at, SMARTLIC_E_CATALOG, err,
		    "expected the id of an earlier rule, got \"%s\"", in->like);
	if (in->like != NULL)
		*ret = c->rule[i];
	ret->id = in->id;
	at.key = "id";
	for (i = 0; i < c->n_rules; i++)
		if (strcmp(c->rule[i].id, in->id) == 0)
			return sl_shape_fail(
			    &at, SMARTLIC_E_CATALOG, err, "\"%s\" is there twice", in->id);
	return 0;
}

/* What one stage alone cannot tell. */
static int
check_rule(const struct sl_rule *rule, const struct sl_at *up, struct smartlic_error *err)
{
	static const char *const sides[] = { "plain", "encrypted" };
	struct sl_at at = { .up = up, .key = "map" };
	struct sl_at levels = { .up = &at, .key = "levels" };
	struct sl_at level = { .up = &levels };
	int by_load =
	    rule->measure == SL_MEASURE_SESSIONS || rule->measure == SL_MEASURE_SUBSCRIBERS;

	if (rule->n_levels == 0)
		return sl_shape_fail(&levels, SMARTLIC_E_CATALOG, err, "missing");
	for (level.index = 0; level.index < rule->n_levels; level.index++) {
		const struct sl_level *l = &rule->level[level.index];

		if (rule->map_by == SL_MAP_ENCRYPTION &&
		    (level.index > 1 ||
			(l->match[0] != '\0' && strcmp(l->match, sides[level.index]) != 0)))
			return sl_shape_fail(&level, SMARTLIC_E_CATALOG, err,
			    "levels by encryption are \"plain\" and then \"encrypted\"");
		if (rule->map_by == SL_MAP_TIER && l->match[0] == '\0')
			return sl_shape_fail(&level, SMARTLIC_E_CATALOG, err,
			    "by tier, every level needs \"match\"");
		if (rule->map_by == SL_MAP_RATE && level.index > 0 && l->up_to != 0 &&
		    (l->up_to <= l[-1].up_to || l[-1].up_to == 0))
			return sl_shape_fail(&level, SMARTLIC_E_CATALOG, err,
			    "by rate, \"up_to_gbps\" ascends; the last may have none");
	}
	at.key = "group";
	if (by_load && rule->group < SL_GROUP_CARD)
		return sl_shape_fail(&at, SMARTLIC_E_CATALOG, err,
		    "sessions and subscribers are known by card: expected \"card\" or \"chassis\"");
	if (rule->capacity != SL_CAPACITY_NONE && rule->group == SL_GROUP_PORT)
		return sl_shape_fail(&at, SMARTLIC_E_CATALOG, err,
		    "a trunk's capacity belongs to a slice: expected \"slice\" or wider");
	at.key = "window";
	if (rule->window != SL_WINDOW_NOW && rule->window_s == 0)
		return sl_shape_fail(&at, SMARTLIC_E_CATALOG, err, "span_s is missing");
	if (rule->window == SL_WINDOW_PERCENTILE && rule->percent == 0)
		return sl_shape_fail(&at, SMARTLIC_E_CATALOG, err, "percent is missing");
	return 0;
}

int
sl_catalog_read_rule(struct smartlic_catalog *c, struct sl_rule *ret, const json_t *json,
    const struct sl_at *up, struct smartlic_error *err)
{
	struct rule_json in = { .group = -1, .combine = -1 };
	struct sl_at at = { .up = up };
	int r;

	r = sl_shape_read(&in, json, FIELDS(rule_fields), up, SMARTLIC_E_CATALOG, err);
	if (r == 0)
		r = start_rule(c, ret, &in, up, err);
	if (r < 0)
		return r;
	if (in.group >= 0)
		ret->group = in.group;
	if (in.combine >= 0)
		ret->combine = in.combine;
	at.key = "select";
	if (in.select != NULL)
		r = read_select(ret, in.select, &at, err);
	at.key = "measure";
	if (r == 0 && in.measure != NULL)
		r = sl_shape_read(
		    ret, in.measure, FIELDS(measure_fields), &at, SMARTLIC_E_CATALOG, err);
	at.key = "quantise";
	if (r == 0 && in.quantise != NULL)
		r = read_quantise(ret, in.quantise, &at, err);
	at.key = "allow";
	if (r == 0 && in.allow != NULL)
		r = sl_shape_read(
		    ret, in.allow, FIELDS(allow_fields), &at, SMARTLIC_E_CATALOG, err);
	at.key = "map";
	if (r == 0 && in.map != NULL)
		r = read_map(c, ret, in.map, &at, err);
	at.key = "clamp";
	if (r == 0 && in.clamp != NULL)
		r = read_clamp(c, ret, in.clamp, &at, err);
	at.key = "window";
	if (r == 0 && in.window != NULL)
		r = sl_shape_read(
		    ret, in.window, FIELDS(window_fields), &at, SMARTLIC_E_CATALOG, err);
	return r < 0 ? r : check_rule(ret, up, err);
}
