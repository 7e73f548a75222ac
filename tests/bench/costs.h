/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_COSTS_H
#define BENCH_COSTS_H

#include <stdint.h>
#include <sys/types.h>

#include "db/db.h"

/*
 * What requests cost those who answer them: processor time, which a machine that does other things
 * beside falsifies less than it does rates, and what a database writes to its log.
 */
struct costs {
	double server_us, database_us;
	double own_us; /* of the process that makes the load */
	double wal; /* bytes */
};

/* Of all time until now.  database: of a PostgreSQL server's first process, 0: none; db NULL: no
 * log is asked for. */
struct costs costs_now(pid_t server, pid_t database, struct db *db);
/* Of this process, which makes the load. */
double costs_own_us(void);
/* Prints the difference of two, for each of n requests. */
void costs_print(const struct costs *from, const struct costs *to, double n);

#endif
