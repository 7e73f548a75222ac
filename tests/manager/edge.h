/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANAGER_EDGE_H
#define TESTS_MANAGER_EDGE_H

#include "authority/join_ask.h"
#include "authority/sync.h"
#include "tests/manager/site.h"

/*
 * An upstream, a satellite of it that serves two virtual accounts, and devices that talk to either
 * (doc/decisions/satellites.md).  Both have one clock.
 */
extern struct site up, edge;

#define BRANCH "Branch" /* has ten of TAG_G */
#define LAB    "Lab"

/* As site_keep() and site_drop(), for both. */
void edge_keep(void);
void edge_drop(void);
/* Opens both, and closes them. */
void edge_setup(void);
void edge_teardown(void);
/* The satellite leaves, and another one joins with the upstream's present root. */
void edge_join_anew(void);
/* A satellite of another virtual account is invited: the invitation, appended. */
void edge_invite_another(struct sl_buf *ret_token);
/* A folder that asks to join, and what it does with the answer. */
void edge_open_folder(struct join *j, const char *token, struct sl_buf *ret_request);
int edge_take_join(const struct join *j, const struct sl_buf *answer);

/* The next request to the upstream, as sync_ask's; any request's answer, by the upstream. */
void edge_ask(struct sl_buf *ret, unsigned int flags);
void edge_answer(const struct sl_buf *request, struct sl_buf *ret);
/* One round; the answer's outcome, and its code. */
int edge_round(unsigned int flags, struct sync_outcome *o);
/* Rounds until nothing is left to tell, with nothing refused; then both ledgers prove themselves.
 */
void edge_sync(void);
/* A ledger is lost, and a backup of it takes its place. */
void edge_restore(struct site *s, const char *backup);
/* Time passes, at both. */
void edge_pass(int64_t s);

/* How a device's instance stands at one of them; a virtual account's number. */
struct ledger_row edge_row(struct site *s, const struct device *d);
int64_t edge_va(struct site *s, const char *name);
/* Invariant 12: device, home (the satellite) and upstream say the same. */
void edge_assert_equal(const struct device *d, const char *va);

/* A device that brings its certificates along; one that is registered at the satellite, in Branch.
 */
struct device edge_traveller(struct site *s, const char *sn);
struct device edge_registered(const char *sn);

#endif
