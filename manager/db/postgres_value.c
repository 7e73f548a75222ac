/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <limits.h>
#include <string.h>

#include "db/postgres_value.h"

#define POSTGRES_BOOL    16
#define POSTGRES_INT2    21
#define POSTGRES_INT4    23
#define POSTGRES_NUMERIC 1700

static void
put_int(struct postgres_parameters *p, int i, int64_t v)
{
	for (int byte = 0; byte < 8; byte++)
		p->number[i][byte] = (unsigned char)((uint64_t)v >> (56 - 8 * byte));
	p->value[i] = (const char *)p->number[i];
	p->len[i] = 8;
}

int
postgres_bind(struct postgres_parameters *ret, const struct db_value *values, size_t n)
{
	ret->n = (int)n;
	for (int i = 0; i < ret->n; i++) {
		const struct db_value *v = &values[i];

		ret->type[i] = v->kind == 'i'   ? POSTGRES_INT8
			       : v->kind == 't' ? POSTGRES_TEXT
						: POSTGRES_BYTEA;
		ret->binary[i] = v->kind != 't';
		ret->value[i] = v->is_null ? NULL : v->data;
		if (v->len > INT_MAX)
			return -1;
		ret->len[i] = (int)v->len;
		if (v->kind == 'i' && !v->is_null)
			put_int(ret, i, v->integer);
	}
	return 0;
}

/* Big-endian, with its sign. */
static int64_t
get_int(const char *data, int len)
{
	uint64_t v = len > 0 && ((unsigned char)data[0] & 0x80) != 0 ? UINT64_MAX : 0;

	for (int i = 0; i < len; i++)
		v = v << 8 | (unsigned char)data[i];
	return (int64_t)v;
}

/* A sum of BIGINT is one: number of digits, weight of the first, sign, scale; digits to the base of
 * 10000. */
static int64_t
get_numeric(const char *data, int len)
{
	int64_t n, weight, v = 0;

	if (len < 8)
		return 0;
	n = get_int(data, 2);
	weight = get_int(data + 2, 2);
	for (int64_t i = 0; i <= weight; i++)
		v = v * 10000 + (i < n && len >= 10 + 2 * i ? get_int(data + 8 + 2 * i, 2) : 0);
	return get_int(data + 4, 2) == 0x4000 ? -v : v;
}

int64_t
postgres_integer(const PGresult *res, int row, int column)
{
	const char *data = PQgetvalue(res, row, column);
	int len = PQgetlength(res, row, column);

	switch (PQftype(res, column)) {
	case POSTGRES_BOOL:
	case POSTGRES_INT2:
	case POSTGRES_INT4:
	case POSTGRES_INT8:
		return get_int(data, len);
	case POSTGRES_NUMERIC:
		return get_numeric(data, len);
	default:
		return 0;
	}
}
