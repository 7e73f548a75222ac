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
 * Catalog (the rules, JSON) × inventory (what is configured) → count.
 */
struct smartlic_catalog;
struct smartlic_inventory;
struct smartlic_count;

/* Reads a catalog; errors name the path inside it ("profiles[0].free: …"). */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_catalog_new(struct smartlic_catalog **ret,
    const void *bytes, size_t len, struct smartlic_error *err);
SMARTLIC_API void smartlic_catalog_free(struct smartlic_catalog *catalog);

/* Reads an inventory: JSON if the first byte that is not blank is '{', else the router's own
 * lines.  Errors name line or path; lines of other features are skipped and counted. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_new(struct smartlic_inventory **ret,
    const void *bytes, size_t len, struct smartlic_error *err);
SMARTLIC_API void smartlic_inventory_free(struct smartlic_inventory *inventory);

/* Counts.  `profile` NULL means the catalog's default.  The result borrows nothing from the
 * inventory but names and tags from the catalog, which must outlive it. */
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
/* Row i; borrowed like the count. */
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
