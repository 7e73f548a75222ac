/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_OUTPUT_H
#define MANAGER_OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "message.h"

/*
 * What commands print is one JSON value; people get its members as columns or lines, lists of texts
 * with commas.  So both forms always say the same.
 */
struct output_column {
	const char *key;
	const char *title;
};
/* In a list, what follows this is no column, but on lines below each row, "Title:  value", and left
 * out where there is no value. */
#define OUTPUT_BELOW                                                                               \
	{                                                                                          \
		NULL, NULL                                                                         \
	}

/* Seconds since 1970 as a JSON string; null for INT64_MIN. */
json_t *output_time(int64_t s);

/* Text from elsewhere, as a path, which may have any bytes: where it is no UTF-8, what is no ASCII
 * becomes '?'.  NULL: no memory. */
json_t *output_string(const char *text);

/* A list of objects, as a table with a line of titles; nothing but that line when it is empty. */
int output_list(const json_t *list, const struct output_column *columns, size_t n, int as_json,
    struct smartlic_error *err);

/* One object's members, a line each: "Title:   value". */
void output_lines(const json_t *object, const struct output_column *columns, size_t n);

int output_json(const json_t *value, struct smartlic_error *err);

/* Prints text from elsewhere: control characters become '?'. */
void output_text(const char *text);
void output_text_to(FILE *file, const char *text);

#endif
