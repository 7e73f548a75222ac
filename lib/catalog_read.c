/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "catalog_read.h"
#include "inventory.h"
#include "message.h"

static const struct sl_shape_limits limits = {
	.bytes = SL_CAT_BYTES, .values = 40000, .objects = 8000, .depth = 12
};

#define FORMAT        1
#define FIELDS(array) array, sizeof(array) / sizeof((array)[0])

/* The members of a catalog; lists are read by a function for one element each. */
struct catalog_json {
	int64_t format;
	const char *name, *revision, *description, *comment, *schema, *default_profile;
	const json_t *entitlements, *chassis, *layouts, *modules, *capacity, *rules, *profiles;
};
#define IN(member) offsetof(struct catalog_json, member)
static const struct sl_field catalog_fields[] = {
	{ "format", SL_FIELD_INT, 1, IN(format), FORMAT, FORMAT, NULL },
	{ "$schema", SL_FIELD_TEXT, 0, IN(schema), 1, 255, NULL },
	{ "name", SL_FIELD_TEXT, 1, IN(name), 1, 63, NULL },
	{ "revision", SL_FIELD_TEXT, 1, IN(revision), 1, 63, NULL },
	{ "description", SL_FIELD_TEXT, 0, IN(description), 0, 255, NULL },
	{ "comment", SL_FIELD_TEXT, 0, IN(comment), 0, 4000, NULL },
	{ "default_profile", SL_FIELD_TEXT, 1, IN(default_profile), 1, 63, NULL },
	{ "entitlements", SL_FIELD_ARRAY, 1, IN(entitlements), 1, SL_CAT_ENTITLEMENTS, NULL },
	{ "chassis", SL_FIELD_ARRAY, 0, IN(chassis), 0, SL_CAT_WORDS, NULL },
	{ "layouts", SL_FIELD_ARRAY, 0, IN(layouts), 0, SL_CAT_LAYOUTS, NULL },
	{ "modules", SL_FIELD_ARRAY, 1, IN(modules), 1, SL_CAT_MODULES, NULL },
	{ "capacity", SL_FIELD_OBJECT, 0, IN(capacity), 0, 0, NULL },
	{ "rules", SL_FIELD_ARRAY, 1, IN(rules), 1, SL_CAT_RULES, NULL },
	{ "profiles", SL_FIELD_ARRAY, 1, IN(profiles), 1, SL_CAT_PROFILES, NULL },
};
#undef IN

static int
read_list(struct smartlic_catalog *c, const json_t *array, const char *key, const struct sl_at *up,
    int (*one)(struct smartlic_catalog *c, const json_t *json, const struct sl_at *at,
	struct smartlic_error *err),
    struct smartlic_error *err)
{
	struct sl_at list = { .up = up, .key = key };
	struct sl_at at = { .up = &list };
	int r = 0;

	for (; r == 0 && at.index < json_array_size(array); at.index++)
		r = one(c, json_array_get(array, at.index), &at, err);
	return r;
}

static int
twice(const struct sl_at *up, const char *key, const char *text, struct smartlic_error *err)
{
	struct sl_at at = { .up = up, .key = key };

	return sl_shape_fail(&at, SMARTLIC_E_CATALOG, err, "\"%s\" is there twice", text);
}

/* ---- entitlements and chassis -------------------------------------------------------------- */

#define IN(member) offsetof(struct sl_entitlement, member)
static const struct sl_field entitlement_fields[] = {
	{ "id", SL_FIELD_TEXT, 1, IN(id), 1, 31, NULL },
	{ "name", SL_FIELD_TEXT, 1, IN(name), 1, 63, NULL },
	{ "tag", SL_FIELD_TEXT, 1, IN(tag), 1, SL_TAG_SIZE - 1, NULL },
	{ "description", SL_FIELD_TEXT, 1, IN(description), 0, 255, NULL },
	{ "version", SL_FIELD_TEXT, 1, IN(version), 1, 15, NULL },
};
#undef IN

static int
read_entitlement(struct smartlic_catalog *c, const json_t *json, const struct sl_at *at,
    struct smartlic_error *err)
{
	struct sl_entitlement *e = &c->entitlement[c->n_entitlements];
	struct sl_at tag = { .up = at, .key = "tag" };
	int r;

	r = sl_shape_read(e, json, FIELDS(entitlement_fields), at, SMARTLIC_E_CATALOG, err);
	if (r < 0)
		return r;
	if (!sl_is_tag(e->tag))
		return sl_shape_fail(&tag, SMARTLIC_E_CATALOG, err,
		    "expected printable ASCII without blanks and quotes");
	for (size_t i = 0; i < c->n_entitlements; i++) {
		if (strcmp(c->entitlement[i].id, e->id) == 0)
			return twice(at, "id", e->id, err);
		if (strcmp(c->entitlement[i].tag, e->tag) == 0)
			return twice(at, "tag", e->tag, err);
	}
	c->n_entitlements++;
	return 0;
}

struct chassis_json {
	const char *pid, *description;
	int64_t slots;
};
static const struct sl_field chassis_fields[] = {
	{ "pid", SL_FIELD_TEXT, 1, offsetof(struct chassis_json, pid), 1, 63, NULL },
	{ "slots", SL_FIELD_INT, 1, offsetof(struct chassis_json, slots), 1, SL_CHASSIS_CARDS,
	    NULL },
	{ "description", SL_FIELD_TEXT, 0, offsetof(struct chassis_json, description), 0, 255,
	    NULL },
};

static int
read_chassis(struct smartlic_catalog *c, const json_t *json, const struct sl_at *at,
    struct smartlic_error *err)
{
	struct chassis_json in = { 0 };
	int r;

	r = sl_shape_read(&in, json, FIELDS(chassis_fields), at, SMARTLIC_E_CATALOG, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->n_chassis; i++)
		if (strcmp(c->chassis[i].pid, in.pid) == 0)
			return twice(at, "pid", in.pid, err);
	c->chassis[c->n_chassis].pid = in.pid;
	c->chassis[c->n_chassis++].slots = in.slots;
	return 0;
}

/* ---- layouts ------------------------------------------------------------------------------ */

struct layout_json {
	const char *id;
	const json_t *clients, *trunk, *slices;
};
static const struct sl_field layout_fields[] = {
	{ "id", SL_FIELD_TEXT, 1, offsetof(struct layout_json, id), 1, 31, NULL },
	{ "clients", SL_FIELD_ARRAY, 0, offsetof(struct layout_json, clients), 1, SL_CAT_WORDS,
	    NULL },
	{ "trunk", SL_FIELD_OBJECT, 0, offsetof(struct layout_json, trunk), 0, 0, NULL },
	{ "slices", SL_FIELD_ARRAY, 1, offsetof(struct layout_json, slices), 1, SL_CAT_SLICES,
	    NULL },
};
struct trunk_json {
	int64_t min, max, step, coupled_step;
	const char *coupled_mode;
};
static const struct sl_field trunk_fields[] = {
	{ "min_gbps", SL_FIELD_INT, 1, offsetof(struct trunk_json, min), 1, SL_GBPS_MAX, NULL },
	{ "max_gbps", SL_FIELD_INT, 1, offsetof(struct trunk_json, max), 1, SL_GBPS_MAX, NULL },
	{ "step_gbps", SL_FIELD_INT, 1, offsetof(struct trunk_json, step), 1, SL_GBPS_MAX, NULL },
	{ "coupled_mode", SL_FIELD_TEXT, 0, offsetof(struct trunk_json, coupled_mode), 1, 31,
	    NULL },
	{ "coupled_step_gbps", SL_FIELD_INT, 0, offsetof(struct trunk_json, coupled_step), 1,
	    SL_GBPS_MAX, NULL },
};
struct slice_json {
	int64_t slice, trunk, first, last;
};
static const struct sl_field slice_fields[] = {
	{ "slice", SL_FIELD_INT, 1, offsetof(struct slice_json, slice), 0, SL_CARD_SLICES - 1,
	    NULL },
	{ "trunk", SL_FIELD_INT, 0, offsetof(struct slice_json, trunk), 0, SL_CARD_PORTS - 1,
	    NULL },
	{ "first_client", SL_FIELD_INT, 1, offsetof(struct slice_json, first), 0, SL_CARD_PORTS - 1,
	    NULL },
	{ "last_client", SL_FIELD_INT, 1, offsetof(struct slice_json, last), 0, SL_CARD_PORTS - 1,
	    NULL },
};

static int
read_layout_slice(struct smartlic_catalog *c, const json_t *json, const struct sl_at *at,
    struct smartlic_error *err)
{
	struct sl_layout *layout = &c->layout[c->n_layouts];
	struct slice_json in = { .trunk = -1 };
	size_t n = layout->n_slices;
	int r;

	r = sl_shape_read(&in, json, FIELDS(slice_fields), at, SMARTLIC_E_CATALOG, err);
	if (r < 0)
		return r;
	if (in.last < in.first)
		return sl_shape_fail(
		    at, SMARTLIC_E_CATALOG, err, "last_client is below first_client");
	for (size_t i = 0; i < n; i++)
		if (layout->slice[i].slice == in.slice)
			return sl_shape_fail(
			    at, SMARTLIC_E_CATALOG, err, "slice %d is there twice", (int)in.slice);
	layout->slice[n].slice = in.slice;
	layout->slice[n].trunk = in.trunk;
	layout->slice[n].first = in.first;
	layout->slice[n].last = in.last;
	layout->n_slices++;
	return 0;
}

static int
read_layout(struct smartlic_catalog *c, const json_t *json, const struct sl_at *at,
    struct smartlic_error *err)
{
	struct sl_layout *layout = &c->layout[c->n_layouts];
	struct sl_at clients = { .up = at, .key = "clients" };
	struct sl_at trunk_at = { .up = at, .key = "trunk" };
	struct layout_json in = { 0 };
	struct trunk_json trunk = { 0 };
	int r;

	r = sl_shape_read(&in, json, FIELDS(layout_fields), at, SMARTLIC_E_CATALOG, err);
	if (r == 0 && in.clients != NULL)
		r = sl_catalog_read_texts(
		    layout->client, &layout->n_clients, SL_CAT_WORDS, in.clients, &clients, err);
	if (r == 0 && in.trunk != NULL)
		r = sl_shape_read(
		    &trunk, in.trunk, FIELDS(trunk_fields), &trunk_at, SMARTLIC_E_CATALOG, err);
	if (r == 0)
		r = read_list(c, in.slices, "slices", at, read_layout_slice, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->n_layouts; i++)
		if (strcmp(c->layout[i].id, in.id) == 0)
			return twice(at, "id", in.id, err);
	layout->id = in.id;
	layout->trunk_min = trunk.min;
	layout->trunk_max = trunk.max;
	layout->trunk_step = trunk.step;
	layout->coupled_mode = trunk.coupled_mode;
	layout->coupled_step = trunk.coupled_step;
	c->n_layouts++;
	return 0;
}

/* ---- modules ------------------------------------------------------------------------------ */

static const char *const licenses[] = { "counted", "none", "unspecified", NULL };
struct module_json {
	const char *pid, *description, *layout;
	int license;
};
static const struct sl_field module_fields[] = {
	{ "pid", SL_FIELD_TEXT, 1, offsetof(struct module_json, pid), 1, 63, NULL },
	{ "license", SL_FIELD_WORD, 1, offsetof(struct module_json, license), 0, 0, licenses },
	{ "description", SL_FIELD_TEXT, 0, offsetof(struct module_json, description), 0, 255,
	    NULL },
	{ "layout", SL_FIELD_TEXT, 0, offsetof(struct module_json, layout), 1, 31, NULL },
};

static int
read_module(struct smartlic_catalog *c, const json_t *json, const struct sl_at *at,
    struct smartlic_error *err)
{
	struct sl_at pid = { .up = at, .key = "pid" };
	struct sl_at layout = { .up = at, .key = "layout" };
	struct module_json in = { .description = "" };
	struct sl_module m = { 0 };
	size_t i;
	int r;

	r = sl_shape_read(&in, json, FIELDS(module_fields), at, SMARTLIC_E_CATALOG, err);
	if (r < 0)
		return r;
	for (const char *p = in.pid; *p != '\0'; p++)
		if (!isgraph((unsigned char)*p) || islower((unsigned char)*p) ||
		    (*p == '=' && p[1] == '\0'))
			return sl_shape_fail(&pid, SMARTLIC_E_CATALOG, err,
			    "expected upper-case without blanks and without '=' at its end, got "
			    "\"%s\"",
			    in.pid);
	for (i = 0; in.layout != NULL && i < c->n_layouts; i++)
		if (strcmp(c->layout[i].id, in.layout) == 0)
			m.layout = &c->layout[i];
	if (in.layout != NULL && m.layout == NULL)
		return sl_shape_fail(&layout, SMARTLIC_E_CATALOG, err,
		    "expected the id of a layout, got \"%s\"", in.layout);
	m.pid = in.pid;
	m.description = in.description;
	m.license = in.license;
	for (i = c->n_modules; i > 0 && strcmp(c->module[i - 1].pid, in.pid) >= 0; i--)
		;
	if (i < c->n_modules && strcmp(c->module[i].pid, in.pid) == 0)
		return twice(at, "pid", in.pid, err);
	memmove(&c->module[i + 1], &c->module[i], (c->n_modules - i) * sizeof(m));
	c->module[i] = m;
	c->n_modules++;
	return 0;
}

/* ---- trunk capacity by optics -------------------------------------------------------------- */

struct fec_json {
	const char *name;
	int64_t line;
};
static const struct sl_field fec_fields[] = {
	{ "name", SL_FIELD_TEXT, 1, offsetof(struct fec_json, name), 1, 31, NULL },
	{ "line_gbd_x100", SL_FIELD_INT, 1, offsetof(struct fec_json, line), 1, 1000000, NULL },
};
struct capacity_json {
	int64_t step;
	const json_t *fec;
};
static const struct sl_field capacity_fields[] = {
	{ "step_gbps", SL_FIELD_INT, 1, offsetof(struct capacity_json, step), 1, 1000, NULL },
	{ "fec", SL_FIELD_ARRAY, 1, offsetof(struct capacity_json, fec), 1, SL_CAT_FECS, NULL },
};

static int
read_fec(struct smartlic_catalog *c, const json_t *json, const struct sl_at *at,
    struct smartlic_error *err)
{
	struct fec_json in = { 0 };
	int r;

	r = sl_shape_read(&in, json, FIELDS(fec_fields), at, SMARTLIC_E_CATALOG, err);
	if (r < 0)
		return r;
	c->fec[c->n_fecs].name = in.name;
	c->fec[c->n_fecs++].line = in.line;
	return 0;
}

static int
read_capacity(struct smartlic_catalog *c, const json_t *json, struct smartlic_error *err)
{
	struct sl_at at = { .key = "capacity" };
	struct capacity_json in = { 0 };
	int r;

	if (json == NULL)
		return 0;
	r = sl_shape_read(&in, json, FIELDS(capacity_fields), &at, SMARTLIC_E_CATALOG, err);
	if (r == 0)
		r = read_list(c, in.fec, "fec", &at, read_fec, err);
	c->capacity_step = in.step;
	return r;
}

/* ---- rules and profiles -------------------------------------------------------------------- */

static int
read_rule(struct smartlic_catalog *c, const json_t *json, const struct sl_at *at,
    struct smartlic_error *err)
{
	int r = sl_catalog_read_rule(c, &c->rule[c->n_rules], json, at, err);

	if (r == 0)
		c->n_rules++;
	return r;
}

struct profile_json {
	const char *name, *description;
	const json_t *rules;
};
static const struct sl_field profile_fields[] = {
	{ "name", SL_FIELD_TEXT, 1, offsetof(struct profile_json, name), 1, 63, NULL },
	{ "description", SL_FIELD_TEXT, 0, offsetof(struct profile_json, description), 0, 1000,
	    NULL },
	{ "rules", SL_FIELD_ARRAY, 1, offsetof(struct profile_json, rules), 1, SL_CAT_RULES, NULL },
};

static int
read_profile(struct smartlic_catalog *c, const json_t *json, const struct sl_at *at,
    struct smartlic_error *err)
{
	struct sl_profile *p = &c->profile[c->n_profiles];
	struct profile_json in = { .description = "" };
	struct sl_at rules = { .up = at, .key = "rules" };
	struct sl_at one = { .up = &rules };
	const char *ids[SL_CAT_RULES];
	size_t n = 0, i;
	int r;

	r = sl_shape_read(&in, json, FIELDS(profile_fields), at, SMARTLIC_E_CATALOG, err);
	if (r == 0)
		r = sl_catalog_read_texts(ids, &n, SL_CAT_RULES, in.rules, &rules, err);
	if (r < 0)
		return r;
	if (sl_catalog_profile(c, in.name) != NULL)
		return twice(at, "name", in.name, err);
	p->name = in.name;
	p->description = in.description;
	for (one.index = 0; one.index < n; one.index++) {
		for (i = 0; i < c->n_rules && strcmp(c->rule[i].id, ids[one.index]) != 0; i++)
			;
		if (i == c->n_rules)
			return sl_shape_fail(&one, SMARTLIC_E_CATALOG, err,
			    "expected the id of a rule, got \"%s\"", ids[one.index]);
		p->rule[p->n_rules++] = &c->rule[i];
	}
	c->n_profiles++;
	return 0;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int
read_catalog(struct smartlic_catalog *c, struct smartlic_error *err)
{
	struct sl_at at = { .key = "default_profile" };
	struct catalog_json in = { .description = "" };
	int r;

	r = sl_shape_read(&in, c->json, FIELDS(catalog_fields), NULL, SMARTLIC_E_CATALOG, err);
	if (r < 0)
		return r;
	c->name = in.name;
	c->revision = in.revision;
	c->description = in.description;
	c->module = calloc(json_array_size(in.modules) + 1, sizeof(*c->module));
	if (c->module == NULL)
		return sl_nomem(err);
	r = read_list(c, in.entitlements, "entitlements", NULL, read_entitlement, err);
	if (r == 0)
		r = read_list(c, in.chassis, "chassis", NULL, read_chassis, err);
	if (r == 0)
		r = read_list(c, in.layouts, "layouts", NULL, read_layout, err);
	if (r == 0)
		r = read_list(c, in.modules, "modules", NULL, read_module, err);
	if (r == 0)
		r = read_capacity(c, in.capacity, err);
	if (r == 0)
		r = read_list(c, in.rules, "rules", NULL, read_rule, err);
	if (r == 0)
		r = read_list(c, in.profiles, "profiles", NULL, read_profile, err);
	if (r < 0)
		return r;
	c->default_profile = sl_catalog_profile(c, in.default_profile);
	if (c->default_profile == NULL)
		return sl_shape_fail(&at, SMARTLIC_E_CATALOG, err,
		    "expected the name of a profile, got \"%s\"", in.default_profile);
	return 0;
}

int
smartlic_catalog_new(
    struct smartlic_catalog **ret, const void *bytes, size_t len, struct smartlic_error *err)
{
	struct smartlic_catalog *c;
	json_t *root = NULL;
	int r;

	sl_error_clear(err);
	if (ret == NULL || (bytes == NULL && len > 0))
		return sl_fail(err, SMARTLIC_E_INVAL, "smartlic_catalog_new: no bytes");
	r = sl_shape_load(&root, bytes, len, &limits, SMARTLIC_E_CATALOG, err);
	if (r < 0)
		return r;
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		json_decref(root);
		return sl_nomem(err);
	}
	c->json = root;
	r = read_catalog(c, err);
	if (r < 0) {
		smartlic_catalog_free(c);
		return r;
	}
	*ret = c;
	return 0;
}
