/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_FIGURES_H
#define MANAGER_FIGURES_H

#include "ledger/ledger.h"

/*
 * What a monitoring program asks for again and again, of all accounts.  How much there is of it
 * grows with what administrators make, never with devices: pools of licenses that are neither known
 * here nor were ever bought, of which devices may name any number, are one for each virtual
 * account.
 *
 * Pools and satellites are as they are at each reading.  What takes looking at each instance or
 * reservation is counted at most so often:
 */
#define LEDGER_COUNT_AGAIN_S 60

struct ledger_pool_figure {
	char account[LEDGER_NAME_SIZE], virtual_account[LEDGER_NAME_SIZE];
	int64_t va;
	char tag[SL_TAG_SIZE]; /* "": all that are neither known nor bought */
	int64_t purchased, in_use;
	int64_t reserved; /* counted; a part of in_use */
};
struct ledger_account_figure {
	char account[LEDGER_NAME_SIZE];
	int64_t live, pending; /* instances; counted */
};
struct ledger_satellite_figure {
	char account[LEDGER_NAME_SIZE];
	char satellite[LEDGER_NAME_SIZE]; /* its name; at a satellite, its id */
	int64_t synced_s;
};

struct ledger_figures {
	struct ledger_pool_figure *pools; /* by account, virtual account and tag */
	size_t n_pools;
	struct ledger_account_figure *accounts;
	size_t n_accounts;
	struct ledger_satellite_figure *satellites; /* joined ones */
	size_t n_satellites;
	int64_t counted_s; /* when it was; 0: never */
	struct ledger_reserved_figure *reserved;
	size_t n_reserved;
};

/* f: zero to start, then as the last reading left it. */
int ledger_figures_read(
    struct ledger *l, struct ledger_figures *f, int64_t now_s, struct smartlic_error *err);
void ledger_figures_free(struct ledger_figures *f);

#endif
