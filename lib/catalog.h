/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_CATALOG_H
#define SL_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include <smartlic/license.h>

#include "error.h"

/*
 * A catalog, compiled: the pipeline of each rule as plain numbers.
 *
 *   select → measure → group → quantise → allow → map → combine → clamp → window
 *
 * Texts are owned by the catalog.  Indices are checked when it is read.
 */
#define SL_CAT_ENTITLEMENTS 16
#define SL_CAT_MODULES      256
#define SL_CAT_RULES        32
#define SL_CAT_PROFILES     16
#define SL_CAT_LEVELS       8
#define SL_CAT_WORDS        16 /* PIDs or modes a rule may select */
#define SL_CAT_LAYOUTS      16
#define SL_CAT_SLICES       16
#define SL_CAT_FECS         8
#define SL_CAT_BYTES        (1 << 20)
#define SL_CAT_UNITS_MAX    INT64_C(1000000000)
#define SL_CAT_MODULE_RULES 4 /* rules of one profile that may count the same card */

enum sl_license { SL_LICENSE_COUNTED, SL_LICENSE_NONE, SL_LICENSE_UNSPECIFIED };
enum sl_measure { SL_MEASURE_PORTS, SL_MEASURE_GBPS, SL_MEASURE_SESSIONS, SL_MEASURE_SUBSCRIBERS };
enum sl_capacity { SL_CAPACITY_NONE, SL_CAPACITY_TRUNK };
enum sl_group { SL_GROUP_PORT, SL_GROUP_SLICE, SL_GROUP_CARD, SL_GROUP_CHASSIS };
enum sl_round { SL_ROUND_UP, SL_ROUND_DOWN, SL_ROUND_NEAREST };
enum sl_each { SL_EACH_ITEM, SL_EACH_GROUP };
enum sl_allow { SL_ALLOW_FREE, SL_ALLOW_THRESHOLD };
enum sl_per { SL_PER_GROUP, SL_PER_MODULE };
enum sl_order { SL_ORDER_ASCENDING, SL_ORDER_DESCENDING, SL_ORDER_LOWEST, SL_ORDER_HIGHEST };
enum sl_map_by { SL_MAP_ENCRYPTION, SL_MAP_TIER, SL_MAP_RATE };
enum sl_map_mode { SL_MAP_REPLACE, SL_MAP_STACK };
enum sl_surplus { SL_SURPLUS_LOWEST, SL_SURPLUS_BASE };
enum sl_combine { SL_COMBINE_MAX, SL_COMBINE_SUM };
enum sl_window { SL_WINDOW_NOW, SL_WINDOW_HIGH_WATER, SL_WINDOW_PERCENTILE };

struct sl_entitlement {
	const char *id; /* "100G" */
	const char *name, *tag, *description, *version;
};

struct sl_layout {
	const char *id;
	const char *client[SL_CAT_WORDS]; /* rates a client may have */
	size_t n_clients;
	int64_t trunk_min, trunk_max, trunk_step; /* Gb/s; max 0: no trunk */
	const char *coupled_mode; /* the mode that alone allows odd steps, or NULL */
	int64_t coupled_step;     /* rates that are no multiple of it are odd */
	struct {
		int64_t slice, trunk, first, last; /* ports */
	} slice[SL_CAT_SLICES];
	size_t n_slices;
};

struct sl_module {
	const char *pid, *description;
	int license;                    /* enum sl_license */
	const struct sl_layout *layout; /* or NULL */
};

struct sl_level {
	const char *match; /* "plain", "encrypted"; a tier's word */
	int64_t up_to;     /* by rate: Gb/s */
	size_t entitlement;
};

struct sl_rule {
	const char *id;
	/* select */
	int license;
	const char *pid[SL_CAT_WORDS], *mode[SL_CAT_WORDS];
	size_t n_pids, n_modes; /* 0: all */
	const char *role;
	/* measure */
	int measure, capacity;
	int group;
	/* quantise */
	int64_t granule;
	int round, each;
	const char *coupled_mode; /* or NULL: in it, trunks round by slice */
	int coupled_round[2];     /* of slices with an even and an odd number */
	/* allow */
	int allow, allow_per, order;
	int64_t allow_units, pack;
	/* map */
	int map_by, map_mode, surplus;
	struct sl_level level[SL_CAT_LEVELS];
	size_t n_levels;
	int combine;
	/* clamp: of one entitlement in each group; max < 0: none */
	int clamped;
	int64_t clamp_min, clamp_max;
	size_t clamp_entitlement;
	/* window */
	int window;
	int64_t window_s, percent;
};

struct sl_profile {
	const char *name, *description;
	const struct sl_rule *rule[SL_CAT_RULES];
	size_t n_rules;
};

struct sl_fec {
	const char *name;
	int64_t line; /* hundredths of GBd that carry 100G at 1 bit per symbol and polarisation */
};

struct smartlic_catalog {
	const char *name, *revision, *description;
	struct sl_entitlement entitlement[SL_CAT_ENTITLEMENTS];
	size_t n_entitlements;
	struct {
		const char *pid;
		int64_t slots;
	} chassis[SL_CAT_WORDS];
	size_t n_chassis;
	struct sl_layout layout[SL_CAT_LAYOUTS];
	size_t n_layouts;
	struct sl_module *module; /* ascending by PID */
	size_t n_modules;
	struct sl_rule rule[SL_CAT_RULES];
	size_t n_rules;
	struct sl_profile profile[SL_CAT_PROFILES];
	size_t n_profiles;
	const struct sl_profile *default_profile;
	int64_t capacity_step; /* Gb/s; 0: no trunk capacity from bits per symbol */
	struct sl_fec fec[SL_CAT_FECS];
	size_t n_fecs;
	void *json; /* owns the texts */
};

const struct sl_module *sl_catalog_module(const struct smartlic_catalog *catalog, const char *pid);
/* NULL or "": the default; NULL when there is none of that name. */
const struct sl_profile *sl_catalog_profile(
    const struct smartlic_catalog *catalog, const char *name);
/* Gb/s of a trunk by its optics, or 0 when they do not tell. */
int64_t sl_catalog_trunk_gbps(
    const struct smartlic_catalog *catalog, uint32_t bits, uint32_t baud, const char *fec);

#endif
