/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_SHAPE_H
#define SL_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "message.h"

/*
 * JSON objects read by tables: which members, of which type, in which range,
 * into which member of a struct.  What does not fit ends with the path inside
 * the file, what was expected and what is there:
 * "rules[3].allow.units: expected integer ≥ 0, got "four"".
 */

/* Where a value stands; a chain on the stack, printed only on failure. */
struct sl_at {
	const struct sl_at *up;
	const char *key; /* NULL: an array's element */
	size_t index;
};

enum sl_field_type {
	SL_FIELD_INT,        /* int64_t, min to max */
	SL_FIELD_MILLIONTHS, /* int64_t: a number times 1,000,000, rounded; min to max of that */
	SL_FIELD_BOOL,       /* int */
	SL_FIELD_TEXT,       /* const char *, borrowed from the JSON; min to max bytes */
	SL_FIELD_WORD,       /* int: the index in words */
	SL_FIELD_OBJECT,     /* const json_t * */
	SL_FIELD_ARRAY,      /* const json_t *; min to max elements */
};

struct sl_field {
	const char *key;
	enum sl_field_type type;
	int required; /* others leave the struct as it is when absent */
	size_t offset;
	int64_t min, max;
	const char *const *words; /* ends with NULL */
};

/* Reads obj by n fields; a member that no field names is an error.  Fails with `code`. */
int sl_shape_read(void *ret, const json_t *obj, const struct sl_field *fields, size_t n,
    const struct sl_at *at, int code, struct smartlic_error *err);

/* "AT: TEXT" */
int sl_shape_fail(const struct sl_at *at, int code, struct smartlic_error *err, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

/*
 * The whole of a text as one object: UTF-8, no key twice, nothing after it, and never more memory
 * than max bytes, values and depth allow: they are counted before anything is parsed.
 */
struct sl_shape_limits {
	size_t bytes, values, objects, depth;
};
int sl_shape_load(json_t **ret, const void *bytes, size_t len, const struct sl_shape_limits *limits,
    int code, struct smartlic_error *err);

#endif
