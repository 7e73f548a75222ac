/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANAGER_WHERE_H
#define TESTS_MANAGER_WHERE_H

#include <stddef.h>

/*
 * Where a test's database is: FOLDER/ledger.db, or a schema of its own in the PostgreSQL database
 * that $SL_TEST_DATABASE names (tests/sh/postgres.sh).
 */
#define WHERE_SIZE 512
void where_new(char ret[WHERE_SIZE], const char *folder);
/* Nothing of it is left; where_new's files are the folder's. */
void where_drop(const char *where);

#endif
