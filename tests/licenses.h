/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LICENSES_H
#define TESTS_LICENSES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include <smartlic/license.h>

/* Catalogs and inventories for tests of the count engine. */

/* A file below the source tree; the caller frees it. */
static inline char *
source_file(const char *name, size_t *len)
{
	const char *top = getenv("TOP_SRCDIR");
	char path[4096];
	char *text;
	long n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", top == NULL ? "." : top, name);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s cannot be opened", path);
	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	rewind(f);
	text = malloc((size_t)n + 1);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(fread(text, 1, (size_t)n, f), (size_t)n);
	text[n] = '\0';
	(void)fclose(f);
	*len = (size_t)n;
	return text;
}

static inline struct smartlic_catalog *
catalog_file(const char *name)
{
	struct smartlic_catalog *catalog = NULL;
	struct smartlic_error err;
	size_t len;
	char *text = source_file(name, &len);

	ck_assert_msg(
	    smartlic_catalog_new(&catalog, text, len, &err) == 0, "%s: %s", name, err.text);
	free(text);
	return catalog;
}

static inline struct smartlic_inventory *
inventory_text(const char *text)
{
	struct smartlic_inventory *inv = NULL;
	struct smartlic_error err;

	ck_assert_msg(smartlic_inventory_new(&inv, text, strlen(text), &err) == 0, "%s", err.text);
	return inv;
}

static inline struct smartlic_count *
count_of(const struct smartlic_catalog *catalog, const char *profile,
    const struct smartlic_inventory *inv)
{
	struct smartlic_count *count = NULL;
	struct smartlic_error err;

	if (smartlic_count_new(&count, catalog, profile, inv, &err) != 0)
		ck_abort_msg("%s", err.text);
	return count;
}

/* The text at a place that has the words, or NULL. */
static inline const char *
diagnostic_with(const struct smartlic_count *count, const char *where, const char *words)
{
	const struct smartlic_diagnostic *d;

	for (size_t i = 0; (d = smartlic_count_diagnostic(count, i)) != NULL; i++)
		if (strcmp(d->where, where) == 0 && strstr(d->text, words) != NULL)
			return d->text;
	return NULL;
}

#endif
