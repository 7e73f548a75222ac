/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smartlic/license.h>

#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/inventory", NULL };

static struct smartlic_catalog *
ncs1004(void)
{
	static struct smartlic_catalog *catalog;
	const char *top = getenv("TOP_SRCDIR");
	char path[4096], text[1 << 15];
	size_t len;
	FILE *f;

	if (catalog != NULL)
		return catalog;
	(void)snprintf(path, sizeof(path), "%s/catalogs/ncs1004.json", top == NULL ? "." : top);
	f = fopen(path, "rb");
	if (f == NULL)
		abort();
	len = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	if (smartlic_catalog_new(&catalog, text, len, NULL) < 0)
		abort();
	return catalog;
}

static int
sum(void *userdata, const struct smartlic_explanation *e)
{
	int64_t *n = userdata;

	*n += e->charged * (strchr(e->charge, '+') != NULL ? 2 : 1);
	return 0;
}

static void
count_by(const char *profile, struct smartlic_inventory *inv)
{
	struct smartlic_count *count = NULL;
	struct smartlic_error err = { 0 };
	const struct smartlic_diagnostic *d;
	int64_t total = 0, told = 0;

	if (smartlic_count_follow(&count, ncs1004(), profile, inv, &err) < 0) {
		if (count != NULL || err.text[0] == '\0')
			abort();
		return;
	}
	for (size_t i = 0; i < smartlic_count_rows(count); i++)
		total += smartlic_count_row(count, i)->count;
	if (smartlic_count_explain(ncs1004(), profile, inv, sum, &told, &err) < 0 || told != total)
		abort();
	for (size_t i = 0; (d = smartlic_count_diagnostic(count, i)) != NULL; i++)
		if (d->text[0] == '\0')
			abort();
	smartlic_count_free(count);
}

/* Any bytes: an inventory whose every license is explained, or an error text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const profiles[] = { "ncs1004-slice", "ncs1004-slice-sum",
		"ncs1004-card", "ncs1004-card-replace" };
	struct smartlic_inventory *inv = NULL;
	struct smartlic_error err = { 0 };

	if (smartlic_inventory_new(&inv, data, len, &err) < 0) {
		if (inv != NULL || err.text[0] == '\0')
			abort();
		return 0;
	}
	if (smartlic_inventory_skipped(inv) > (int64_t)len)
		abort();
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		count_by(profiles[i], inv);
	smartlic_inventory_free(inv);
	return 0;
}
