/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_DB_POSTGRES_VALUE_H
#define MANAGER_DB_POSTGRES_VALUE_H

#include <libpq-fe.h>

#include "db/engine.h"

/* Values as PostgreSQL's binary protocol has them. */

#define POSTGRES_BYTEA 17
#define POSTGRES_INT8  20
#define POSTGRES_TEXT  25

/* The parameters of one statement; the values are borrowed but for numbers. */
struct postgres_parameters {
	int n;
	Oid type[DB_PARAMETERS_MAX];
	const char *value[DB_PARAMETERS_MAX];
	int len[DB_PARAMETERS_MAX];
	int binary[DB_PARAMETERS_MAX];
	unsigned char number[DB_PARAMETERS_MAX][8];
};
/* At most DB_PARAMETERS_MAX; 0, or -1 for what is too long. */
int postgres_bind(struct postgres_parameters *ret, const struct db_value *values, size_t n);

/* The whole number in a column of any type that has them; 0 for others. */
int64_t postgres_integer(const PGresult *res, int row, int column);

#endif
