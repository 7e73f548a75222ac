/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_INVENTORY_ROUTER_H
#define SL_INVENTORY_ROUTER_H

#include "inventory.h"

/*
 * The router's text in two steps, since its blocks come in any order: lines are
 * read into a few places (inventory_router.c), then the places are made cards
 * (router_cards.c).
 */
#define SL_LANES      8        /* slices a card may have in this text */
#define SL_LANE_PORTS 32       /* clients of a slice that otnsec may name */
#define SL_MXPONDER   SL_LANES /* the lane of a card whose trunks work as one */

enum sl_mode { SL_MODE_NONE, SL_MODE_MXPONDER, SL_MODE_SLICE };

/* Line numbers say where a value came from; 0: it is not there. */
struct sl_lane {
	int line;
	int trunk_line, client_line;
	uint32_t trunk_gbps;
	char client[16]; /* "100GE" */
};

struct sl_trunk {
	int line;
	uint32_t bits, baud;
	char fec[32];
	int otnsec_line[SL_LANE_PORTS]; /* by client, from 0 */
};

struct sl_place {
	unsigned int rack, slot;
	char pid[64];
	int pid_line;
	enum sl_mode mode;
	int mode_line;
	struct sl_lane lane[SL_LANES + 1];
	struct sl_trunk trunk[SL_LANES];
};

struct sl_places {
	char chassis[64]; /* PID, by the row of its system card; "" where there is none */
	struct sl_place place[SL_CHASSIS_CARDS];
	size_t n;
};

/* One line, cut into words.  What is no printable ASCII became '?', so that words can be quoted. */
#define SL_WORDS     12
#define SL_WORD_SIZE 64
struct sl_words {
	int line;
	int indent;
	size_t n;
	char w[SL_WORDS][SL_WORD_SIZE];
};
void sl_router_split(struct sl_words *ret, const char *text, size_t len);
/* "0/1/0/0/1" → numbers; how many, or 0 for anything else. */
size_t sl_router_path(unsigned int *ret, size_t max, const char *text);
/* "3.4375" → 3437500; 0 for what is no such number or more than max. */
uint32_t sl_router_millionths(const char *text, uint32_t max);
/* "RP/0/RP0/CPU0:ios(config)#": where the words after a prompt begin, or 0. */
size_t sl_router_prompt(const char *text, size_t len, int *config);

int sl_router_cards(
    struct smartlic_inventory *inv, struct sl_places *places, struct smartlic_error *err);
/* A diagnostic at "line N".  1, for a line that was understood, or SMARTLIC_E_NOMEM. */
int sl_note_line(struct smartlic_inventory *inv, struct smartlic_error *err, int line,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
