/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "catalog_read.h"

void
smartlic_catalog_free(struct smartlic_catalog *catalog)
{
	if (catalog == NULL)
		return;
	json_decref(catalog->json);
	free(catalog->module);
	free(catalog);
}

const struct sl_module *
sl_catalog_module(const struct smartlic_catalog *catalog, const char *pid)
{
	size_t lo = 0, hi = catalog->n_modules;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(catalog->module[mid].pid, pid);

		if (c == 0)
			return &catalog->module[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct sl_profile *
sl_catalog_profile(const struct smartlic_catalog *catalog, const char *name)
{
	if (name == NULL || name[0] == '\0')
		return catalog->default_profile;
	for (size_t i = 0; i < catalog->n_profiles; i++)
		if (strcmp(catalog->profile[i].name, name) == 0)
			return &catalog->profile[i];
	return NULL;
}

int64_t
sl_catalog_trunk_gbps(
    const struct smartlic_catalog *catalog, uint32_t bits, uint32_t baud, const char *fec)
{
	const struct sl_fec *f = NULL;
	size_t n = strlen(fec);
	int64_t divisor;

	if (catalog->capacity_step == 0 || bits == 0 || baud == 0 || catalog->n_fecs == 0)
		return 0;
	/* "27" is also what EnhancedSD27 ends with; unnamed is the first */
	for (size_t i = 0; f == NULL && i < catalog->n_fecs; i++) {
		size_t m = strlen(catalog->fec[i].name);

		if (n == 0 || (n >= m && strcmp(fec + n - m, catalog->fec[i].name) == 0))
			f = &catalog->fec[i];
	}
	if (f == NULL)
		return 0;
	/*
	 * Gb/s = 100 · 2 · BPS · GBd / L to the nearest step, in integers: bits and baud are
	 * millionths, L hundredths, so that 200 · 100 / 10^12 is one over 50,000,000.  At most
	 * 16e6 · 200e6 above, at most 10^6 · 10^3 · 5e7 below: both below 2^63.
	 */
	divisor = f->line * catalog->capacity_step * 50000000;
	return ((int64_t)bits * baud + divisor / 2) / divisor * catalog->capacity_step;
}

const char *
smartlic_catalog_name(const struct smartlic_catalog *catalog)
{
	return catalog->name;
}

const char *
smartlic_catalog_chassis(const struct smartlic_catalog *catalog, size_t i)
{
	return i < catalog->n_chassis ? catalog->chassis[i].pid : NULL;
}

const char *
smartlic_catalog_profile(const struct smartlic_catalog *catalog, size_t i)
{
	return i < catalog->n_profiles ? catalog->profile[i].name : NULL;
}

const char *
smartlic_catalog_profile_description(const struct smartlic_catalog *catalog, size_t i)
{
	return i < catalog->n_profiles ? catalog->profile[i].description : NULL;
}
