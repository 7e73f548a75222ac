/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <smartlic/license.h>

#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/catalog", "catalogs", NULL };

/* Of every kind something; PIDs of the catalogs in the source tree. */
static const char inventory_json[] =
    "{\"chassis\":[{\"pid\":\"NCS1004\",\"cards\":["
    "{\"location\":\"0/0\",\"pid\":\"NCS1K4-1.2T-L-K9\",\"mode\":\"mxponder\",\"slices\":["
    "{\"slice\":0,\"trunk_gbps\":450,\"ports\":[{\"port\":2,\"client\":\"100GE\"},"
    "{\"port\":3,\"client\":\"OTU4\",\"encrypted\":true}]},{\"slice\":1,\"bits_per_symbol\":4,"
    "\"baud_gbd\":69.43}]},"
    "{\"location\":\"0/1\",\"pid\":\"RTR-LC-36X400G\",\"tier\":\"advantage\",\"ports\":["
    "{\"port\":0,\"client\":\"400GE\"},{\"port\":1,\"gbps\":7,\"tier\":\"essentials\"}]},"
    "{\"location\":\"0/"
    "2\",\"pid\":\"GW-SVC\",\"subscribers\":999999999,\"sessions\":1000000000}]}]}";

static int
sum(void *userdata, const struct smartlic_explanation *e)
{
	int64_t *units = userdata;

	if (e->charged < 0 || e->units < 0 || e->why[0] == '\0')
		abort();
	*units += e->charged;
	return 0;
}

/* Any bytes: a catalog that counts by each of its profiles, never below 0, or an error text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct smartlic_catalog *catalog = NULL;
	struct smartlic_inventory *inv = NULL;
	struct smartlic_count *count;
	struct smartlic_error err = { 0 };
	const char *profile;
	int64_t units = 0;

	if (smartlic_catalog_new(&catalog, data, len, &err) < 0) {
		if (catalog != NULL || err.text[0] == '\0')
			abort();
		return 0;
	}
	if (smartlic_inventory_new(&inv, inventory_json, sizeof(inventory_json) - 1, &err) < 0)
		abort();
	for (size_t i = 0; (profile = smartlic_catalog_profile(catalog, i)) != NULL; i++) {
		count = NULL;
		if (smartlic_count_new(&count, catalog, profile, inv, &err) < 0) {
			if (count != NULL || err.text[0] == '\0')
				abort();
			continue;
		}
		for (size_t k = 0; k < smartlic_count_rows(count); k++)
			if (smartlic_count_row(count, k)->count < 0)
				abort();
		smartlic_count_free(count);
		if (smartlic_count_explain(catalog, profile, inv, sum, &units, &err) < 0)
			abort();
	}
	smartlic_inventory_free(inv);
	smartlic_catalog_free(catalog);
	return 0;
}
