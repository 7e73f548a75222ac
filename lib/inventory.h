/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_INVENTORY_H
#define SL_INVENTORY_H

#include <stddef.h>
#include <stdint.h>

#include <smartlic/license.h>

#include "error.h"

/*
 * What is configured: chassis, cards, slices, ports.  Ports and slices stand in
 * one array each, a card's own next to each other and ascending by number, so
 * that a count reads memory from front to back.  Words (PIDs, modes, rates …)
 * are kept once and named by a number; 0 is "".
 */
#define SL_CHASSIS_MAX     (1u << 17)
#define SL_CARDS_MAX       (1u << 20)
#define SL_PORTS_MAX       (1u << 24)
#define SL_CHASSIS_CARDS   64   /* cards a chassis may have */
#define SL_CARD_PORTS      1024 /* ports a card may have; their numbers are below it */
#define SL_CARD_SLICES     16
#define SL_NAMES_MAX       4096
#define SL_LOCATION_SIZE   24
#define SL_GBPS_MAX        1000000
#define SL_LOAD_MAX        INT64_C(1000000000) /* sessions or subscribers of a card */
#define SL_BITS_MAX        16000000            /* 16 bits per symbol */
#define SL_BAUD_MAX        200000000           /* kBd: 200 GBd */
#define SL_DIAGNOSTICS_MAX 1000
#define SL_NONE            UINT32_MAX

struct sl_port {
	uint32_t gbps; /* never 0: a port that is not configured is not there */
	uint16_t number;
	uint16_t client; /* "100GE"; these three are names */
	uint16_t role;   /* "client" */
	uint16_t tier;
	uint8_t slice;
	uint8_t encrypted;
	uint16_t spare;
};

/*
 * Ports of a slice are mostly alike and next to each other.  Then `alike` says
 * so, and the slice tells all that counts of them.  Members up to `alike` are
 * what a count of the slice depends on, besides the card's PID, mode and tier.
 */
struct sl_slice {
	uint64_t encrypted;  /* bit by port, in their order; only where alike */
	uint32_t trunk_gbps; /* 0: no rate is configured */
	uint32_t bits;       /* per symbol, millionths; 0: unknown */
	uint32_t baud;       /* kBd; 0: unknown */
	uint32_t gbps;       /* of each port; these four of the first, by sl_card_digest */
	uint16_t client;
	uint16_t role;
	uint16_t tier;
	uint16_t fec; /* a name */
	uint16_t number;
	uint16_t n_ports;
	uint16_t first_number, last_number; /* of its ports */
	uint16_t alike;
	uint16_t optics;   /* a name */
	uint16_t first;    /* port, from the card's first */
	uint16_t spare[5]; /* to a cache line */
};
#define SL_ALIKE_MAX 64

struct sl_card {
	uint32_t first_port, first_slice; /* what an edit needs comes first, in one cache line */
	uint16_t n_ports, cap_ports;
	uint16_t n_slices, cap_slices;
	uint16_t pid, mode, tier; /* names */
	uint16_t used;            /* 0: removed; kept for its location */
	uint32_t sessions, subscribers;
	uint32_t chassis;
	uint32_t next; /* card of the same chassis, or SL_NONE */
	char location[SL_LOCATION_SIZE];
};

struct sl_chassis {
	uint32_t first, last; /* cards, or SL_NONE */
	uint32_t n_cards;     /* also removed ones */
	uint16_t pid;
	char *name; /* "" in an inventory of one chassis without a name */
};

/* A count that goes with the inventory. */
struct sl_follower {
	struct sl_follower *next;
	/* Before an edit: 0, or why a card of this PID could not be counted; the edit is refused.
	 */
	int (*accepts)(struct sl_follower *f, const struct sl_card *card, uint16_t pid,
	    struct smartlic_error *err);
	/* Around every change of a card; these cannot fail. */
	void (*before)(struct sl_follower *f, uint32_t card);
	void (*after)(struct sl_follower *f, uint32_t card);
	void (*publish)(struct sl_follower *f); /* outside of transactions and at their end */
	void (*orphan)(struct sl_follower *f);  /* the inventory goes away */
};

struct sl_remark {
	char *where;
	char *text;
};

struct sl_undo;

struct smartlic_inventory {
	struct sl_chassis *chassis;
	struct sl_card *cards;
	struct sl_slice *slices;
	struct sl_port *ports;
	uint32_t n_chassis, n_cards, n_slices, n_ports;
	uint32_t cap_chassis, cap_cards, cap_slices, cap_ports;

	char **names;
	uint32_t n_names, cap_names;
	uint16_t *name_index; /* open addressing: a name's number + 1 */
	uint32_t cap_name_index;
	uint32_t *chassis_index;
	uint32_t cap_chassis_index;

	struct sl_remark *notes; /* found while reading */
	uint32_t n_notes, cap_notes;
	int64_t skipped; /* lines of other features */

	struct sl_follower *followers;
	struct sl_undo *undo;
	uint32_t n_undo, cap_undo;
	int in_transaction;
};

/* Room for n elements of an array (a pointer to the pointer) in all; 0 or -1. */
int sl_grow(void *array, uint32_t *cap, size_t size, uint64_t n);

/* Of a text, for tables of texts. */
uint32_t sl_hash(const char *text);

/* A new one, empty. */
int sl_inventory_empty(struct smartlic_inventory **ret, struct smartlic_error *err);
int sl_inventory_has_cards(const struct smartlic_inventory *inv);
/* Fill an empty one. */
int sl_inventory_read_json(
    struct smartlic_inventory *inv, const char *bytes, size_t len, struct smartlic_error *err);
int sl_inventory_read_router(
    struct smartlic_inventory *inv, const char *bytes, size_t len, struct smartlic_error *err);

int sl_inventory_name(
    struct smartlic_inventory *inv, const char *text, uint16_t *ret, struct smartlic_error *err);
/* PIDs are upper-case without the '=' that orders spare parts. */
int sl_inventory_pid(
    struct smartlic_inventory *inv, const char *text, uint16_t *ret, struct smartlic_error *err);
/* Notes what was read but makes no sense; SMARTLIC_E_NOMEM or 0.  Bounded: then the last one says
 * that there were more. */
int sl_inventory_note(struct smartlic_inventory *inv, struct smartlic_error *err, const char *where,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* "100GE" → 100, "OTU4" → 100; 0 for what is no client rate. */
uint32_t sl_client_gbps(const char *text);

/* The one way to change anything: checks, makes room, tells followers, logs for rollback.  The
 * content's number says which port or slice. */
int sl_inventory_put_port(struct smartlic_inventory *inv, uint32_t card,
    const struct sl_port *content, struct smartlic_error *err);
int sl_inventory_put_slice(struct smartlic_inventory *inv, uint32_t card,
    const struct sl_slice *content, struct smartlic_error *err);
/* Of the content: pid, mode, tier, sessions, subscribers and used. */
int sl_inventory_put_card(struct smartlic_inventory *inv, uint32_t card,
    const struct sl_card *content, struct smartlic_error *err);

/* Where a number stands, or would stand, among a card's own. */
uint32_t sl_port_place(
    const struct smartlic_inventory *inv, const struct sl_card *card, uint32_t number);
uint32_t sl_slice_place(
    const struct smartlic_inventory *inv, const struct sl_card *card, uint32_t number);
/* Brings the slices of a card in line with its ports, after either changed. */
void sl_card_digest(struct smartlic_inventory *inv, const struct sl_card *card);
/* A card's port or slice by number, or NULL. */
const struct sl_port *sl_card_port(
    const struct smartlic_inventory *inv, const struct sl_card *card, uint32_t number);
const struct sl_slice *sl_card_slice(
    const struct smartlic_inventory *inv, const struct sl_card *card, uint32_t number);

/* "0/1", or "NAME:0/1" where there are several chassis. */
#define SL_WHERE_SIZE 112
void sl_card_where(
    char ret[SL_WHERE_SIZE], const struct smartlic_inventory *inv, const struct sl_card *card);

#endif
