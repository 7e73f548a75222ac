/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_CSV_H
#define MANAGER_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * Comma-separated values (RFC 4180), in UTF-8, a mark in front of it tolerated: fields may be
 * quoted, with "" for a quote, and then hold commas and line ends.  Lines may end by LF alone;
 * empty ones are skipped.
 */
#define CSV_FIELDS_MAX 32

struct csv {
	char *text, *at, *end; /* a copy, in which the fields are cut out */
	int64_t line, next_line;
	char *field[CSV_FIELDS_MAX];
	size_t n;
};

/* *csv: zero to start.  The text is copied. */
int csv_open(struct csv *csv, const char *text, size_t len, struct smartlic_error *err);
/* 1: fields of the record that begins in `line`, until the next call; 0: no more;
 * SMARTLIC_E_INVAL names the line. */
int csv_next(struct csv *csv, struct smartlic_error *err);
void csv_close(struct csv *csv);

#endif
