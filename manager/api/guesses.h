/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_GUESSES_H
#define MANAGER_API_GUESSES_H

#include <stddef.h>
#include <stdint.h>

#include "api/connections.h"
#include "api/connections.h"
#include "error.h"

/*
 * Who registers, or joins, with tokens that there are not.  An address has ten such failures at once
 * and then one a minute; those who have not failed lately are not remembered.  The table is of one size:
 * when it is full, who has failed least is forgotten.  Threads may share it.
 */
#define GUESSES_AT_ONCE 10
#define GUESSES_EACH_S  60

struct guesses;

/* seed: so that nobody can tell who shares a place with whom. */
int guesses_new(struct guesses **ret, uint64_t seed, struct smartlic_error *err);
void guesses_free(struct guesses *guesses); /* NULL is allowed */

/* How many seconds this address is not to be listened to; 0: it may go on. */
int64_t guesses_wait_s(
    struct guesses *guesses, const unsigned char address[CONNECTIONS_ADDRESS_LEN], int64_t now_s);
void guesses_failed(
    struct guesses *guesses, const unsigned char address[CONNECTIONS_ADDRESS_LEN], int64_t now_s);

#endif
