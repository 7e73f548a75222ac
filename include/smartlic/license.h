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

/* Borrowed from the catalog. */
SMARTLIC_API const char *smartlic_catalog_name(const struct smartlic_catalog *catalog);
/* PID of the i-th chassis that it is for, or NULL past the last. */
SMARTLIC_API const char *smartlic_catalog_chassis(const struct smartlic_catalog *catalog, size_t i);
/* Profile i, or NULL past the last. */
SMARTLIC_API const char *smartlic_catalog_profile(
    const struct smartlic_catalog *catalog, size_t i);
SMARTLIC_API const char *smartlic_catalog_profile_description(
    const struct smartlic_catalog *catalog, size_t i);

/* Reads an inventory: JSON if the first byte that is not blank is '{', else the router's own
 * lines (none at all: an empty inventory).  Errors name line or path; lines of other features are
 * skipped and counted; lines that contradict others become diagnostics of the count. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_new(struct smartlic_inventory **ret,
    const void *bytes, size_t len, struct smartlic_error *err);
SMARTLIC_API void smartlic_inventory_free(struct smartlic_inventory *inventory);

/* How many lines of the router's text belonged to other features. */
SMARTLIC_API int64_t smartlic_inventory_skipped(const struct smartlic_inventory *inventory);

/*
 * Editing.  Chassis and cards are known by numbers, valid until the card is
 * removed.  Slices are numbered from 0 and made when first named.
 */

/* A new chassis (name NULL or "": its ordinal) and a new card in it: its number. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_add_chassis(
    struct smartlic_inventory *inventory, const char *name, const char *pid,
    struct smartlic_error *err);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_add_card(
    struct smartlic_inventory *inventory, int chassis, const char *location, const char *pid,
    struct smartlic_error *err);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_remove_card(
    struct smartlic_inventory *inventory, int card, struct smartlic_error *err);

/* The number of the card at a location: "0/1", or "NAME:0/1" where there are several chassis;
 * SMARTLIC_E_NOT_FOUND when there is none. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_find_card(
    const struct smartlic_inventory *inventory, const char *location, struct smartlic_error *err);

/* Sets a card's PID, whatever was read for it. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_set_pid(struct smartlic_inventory *inventory,
    int card, const char *pid, struct smartlic_error *err);
/* "mxponder", "mxponder-slice"; "" for none. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_set_mode(
    struct smartlic_inventory *inventory, int card, const char *mode, struct smartlic_error *err);
/* The tier of a card's features, for ports that have none of their own; "" for none. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_set_tier(
    struct smartlic_inventory *inventory, int card, const char *tier, struct smartlic_error *err);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_set_load(
    struct smartlic_inventory *inventory, int card, int64_t sessions, int64_t subscribers,
    struct smartlic_error *err);

/* The configured rate of a slice's trunk; 0 for none. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_set_trunk_rate(
    struct smartlic_inventory *inventory, int card, int slice, int64_t gbps,
    struct smartlic_error *err);
/* What tells a trunk's capacity where no rate is configured: bits per symbol in millionths, baud
 * in thousands a second (69.43 GBd: 69430000), "27" or "15" percent of error correction ("": the
 * catalog's first), and the optics' name for texts; 0 and "" for unknown. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_set_trunk_optics(
    struct smartlic_inventory *inventory, int card, int slice, int64_t bits_per_symbol,
    int64_t kilobaud, const char *fec, const char *optics, struct smartlic_error *err);

/* Configures a client port with a rate such as "100GE" or "OTU4", or removes it (NULL).  A port
 * that was a client keeps encryption and tier. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_set_client(
    struct smartlic_inventory *inventory, int card, int slice, int port, const char *rate,
    struct smartlic_error *err);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_set_encryption(
    struct smartlic_inventory *inventory, int card, int port, int on, struct smartlic_error *err);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_set_port_tier(
    struct smartlic_inventory *inventory, int card, int port, const char *tier,
    struct smartlic_error *err);

/* Many edits as one: counts that follow the inventory change at the commit, and a rollback leaves
 * cards, slices and ports as they were (chassis that were added stay). */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_begin(
    struct smartlic_inventory *inventory, struct smartlic_error *err);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_inventory_commit(
    struct smartlic_inventory *inventory, struct smartlic_error *err);
SMARTLIC_API void smartlic_inventory_rollback(struct smartlic_inventory *inventory);

/* Counts.  `profile` NULL means the catalog's default.  The result borrows nothing from the
 * inventory but names and tags from the catalog, which must outlive it.  A card without a PID, or
 * with one that the catalog does not know, is SMARTLIC_E_INVENTORY. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_count_new(struct smartlic_count **ret,
    const struct smartlic_catalog *catalog, const char *profile,
    const struct smartlic_inventory *inventory, struct smartlic_error *err);
SMARTLIC_API void smartlic_count_free(struct smartlic_count *count);

/* A count that stays right: every edit of the inventory updates it, in a time that does not depend
 * on the inventory's size, and an edit that it could not count is refused.  Where the inventory is
 * freed first, the last counts stay. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_count_follow(struct smartlic_count **ret,
    const struct smartlic_catalog *catalog, const char *profile,
    struct smartlic_inventory *inventory, struct smartlic_error *err);

/* The profile that made it; borrowed from the catalog. */
SMARTLIC_API const char *smartlic_count_profile(const struct smartlic_count *count);

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

enum smartlic_charge_reason {
	SMARTLIC_CHARGE_NOT_LICENSED = 0, /* the PID needs no license, or no rule counts the port */
	SMARTLIC_CHARGE_ALLOWED = 1,      /* within what is free */
	SMARTLIC_CHARGE_CHARGED = 2,
	SMARTLIC_CHARGE_TRUNK = 3, /* trunk capacity that no client uses */
	SMARTLIC_CHARGE_WHOLE = 4, /* a minimum, maximum or pack of the group as a whole */
	SMARTLIC_CHARGE_FORCE_INT32 = INT32_MAX
};

/* Why a port is charged or not.  Borrowed until the call returns. */
struct smartlic_explanation {
	size_t size;
	int32_t reason;     /* enum smartlic_charge_reason */
	const char *port;   /* "0/1/0/2"; a card's or chassis' place for what belongs to no port */
	const char *pid;    /* the card's */
	const char *charge; /* "free", or ids of entitlements in the catalog: "100G", "100G+100X" */
	int64_t units;      /* that the port stands for */
	int64_t charged;    /* of these; licenses for SMARTLIC_CHARGE_WHOLE */
	const char *why;    /* a sentence */
};

/* Explains every configured port, card by card.  A value other than 0 from `each` ends it and is
 * returned. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_count_explain(const struct smartlic_catalog *catalog,
    const char *profile, const struct smartlic_inventory *inventory,
    int (*each)(void *userdata, const struct smartlic_explanation *explanation), void *userdata,
    struct smartlic_error *err);

/*
 * Counts over time, for rules whose licenses are the highest count or a
 * percentile of a span.  The span is cut in 1,024 equal parts; each remembers
 * its highest count.
 */
struct smartlic_window;
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_window_new(struct smartlic_window **ret,
    const struct smartlic_catalog *catalog, const char *profile, struct smartlic_error *err);
SMARTLIC_API void smartlic_window_free(struct smartlic_window *window);
/* Adds a count of the same profile, not within a transaction; times, in seconds from any moment, do not go back. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_window_add(struct smartlic_window *window,
    int64_t time_s, const struct smartlic_count *count, struct smartlic_error *err);
/* As smartlic_count_row, as of the last time added; borrowed until the next add. */
SMARTLIC_API const struct smartlic_count_row *smartlic_window_row(
    const struct smartlic_window *window, size_t i);

#ifdef __cplusplus
}
#endif
#endif
