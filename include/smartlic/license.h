/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_LICENSE_H
#define SMARTLIC_LICENSE_H

#include <stddef.h>
#include <stdint.h>

#include <smartlic/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The license count of a configured device, usable alone: no agent, no network.
 * Catalog (the rules, JSON) × inventory (what is configured) → count.  Functions
 * that return int return 0 (where said: a number ≥ 0) or a negative SMARTLIC_E_
 * code; on failure nothing has changed and err (NULL is allowed) says why.
 */
struct smartlic_catalog;
struct smartlic_inventory;
struct smartlic_count;

/* Reads a catalog; errors name the path inside it ("rules[3].allow.units: …"). */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_catalog_new(struct smartlic_catalog **ret,
    const void *bytes, size_t len, struct smartlic_error *err);
SMARTLIC_API void smartlic_catalog_free(struct smartlic_catalog *catalog);

/* Reads an inventory: JSON if the first byte that is not blank is '{', else the router's own
 * lines (none at all: an empty inventory).  Errors name line or path; lines of other features are
 * skipped and counted; lines that contradict others become diagnostics of the count. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_new(struct smartlic_inventory **ret,
    const void *bytes, size_t len, struct smartlic_error *err);
SMARTLIC_API void smartlic_inventory_free(struct smartlic_inventory *inventory);

/* How many lines of the router's text belonged to other features. */
SMARTLIC_API int64_t smartlic_inventory_skipped(const struct smartlic_inventory *inventory);

/* The number of the card at a location: "0/1", or "NAME:0/1" where there are several chassis;
 * SMARTLIC_E_NOT_FOUND when there is none.  Valid until the card is removed. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_find_card(
    const struct smartlic_inventory *inventory, const char *location, struct smartlic_error *err);

/* Sets a card's PID, whatever was read for it. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_set_pid(struct smartlic_inventory *inventory,
    int card, const char *pid, struct smartlic_error *err);

/* A new chassis (name NULL or "": its ordinal) and a new card in it; the number by which the
 * functions here know it. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_add_chassis(
    struct smartlic_inventory *inventory, const char *name, const char *pid,
    struct smartlic_error *err);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_add_card(
    struct smartlic_inventory *inventory, int chassis, const char *location, const char *pid,
    struct smartlic_error *err);

/* Counts.  `profile` NULL means the catalog's default.  The result borrows nothing from the
 * inventory but names and tags from the catalog, which must outlive it.  A card without a PID, or
 * with one that the catalog does not know, is SMARTLIC_E_INVENTORY. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_count_new(struct smartlic_count **ret,
    const struct smartlic_catalog *catalog, const char *profile,
    const struct smartlic_inventory *inventory, struct smartlic_error *err);
SMARTLIC_API void smartlic_count_free(struct smartlic_count *count);

struct smartlic_count_row {
	const char *tag;  /* "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_…" */
	const char *name; /* short: "S-NCS1K4-LIC-100G=" */
	const char *description;
	int64_t count;
};

/* Entitlements of the catalog, in its order, also those that count 0. */
SMARTLIC_API size_t smartlic_count_rows(const struct smartlic_count *count);
/* Row i, or NULL past the last; borrowed like the count. */
SMARTLIC_API const struct smartlic_count_row *smartlic_count_row(
    const struct smartlic_count *count, size_t i);

/* What could not be counted by a public rule or contradicts itself: place and text, or NULL past
 * the last.  Borrowed until the count is freed. */
struct smartlic_diagnostic {
	const char *where; /* "0/1", "line 17" */
	const char *text;
};
SMARTLIC_API const struct smartlic_diagnostic *smartlic_count_diagnostic(
    const struct smartlic_count *count, size_t i);

#ifdef __cplusplus
}
#endif
#endif
