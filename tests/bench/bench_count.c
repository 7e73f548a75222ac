/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <malloc.h>
#include <string.h>

#include <smartlic/license.h>

#include "inventory.h"
#include "tests/bench/stats.h"

/*
 * The count engine in an inventory of 10,000 chassis: a full count beside one
 * pass over the same ports, and single edits beside dependent random reads.
 * The cards are those of the NCS 1004 with eight clients a slice, so that a
 * chassis has 64 ports.
 */
#define CHASSIS 10000
#define CARDS   4
#define CLIENTS 8
#define PORTS   (CHASSIS * CARDS * 2 * CLIENTS)

#define FULL_LIMIT  10.0 /* passes */
#define EDIT_LIMIT  50.0 /* reads */
#define SIZE_LIMIT  2.0  /* an edit in this inventory over one in a hundredth of it */
#define BYTES_LIMIT 64.0 /* a port */

static struct smartlic_error err;

static void
must(int r, const char *what)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "bench_count: %s: %s\n", what, err.text);
	exit(1);
}

static uint64_t seed = 1;
static uint64_t
random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void
replace(char *text, const char *from, const char *to)
{
	char *p = strstr(text, from);

	if (p != NULL && strlen(from) == strlen(to))
		memcpy(p, to, strlen(to));
}

static struct smartlic_catalog *
load_catalog(void)
{
	const char *top = getenv("TOP_SRCDIR");
	struct smartlic_catalog *catalog = NULL;
	static char text[1 << 16];
	char path[4096];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/catalogs/ncs1004.json", top == NULL ? "." : top);
	f = fopen(path, "rb");
	if (f == NULL) {
		(void)fprintf(stderr, "bench_count: %s cannot be opened; set TOP_SRCDIR\n", path);
		exit(1);
	}
	n = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	replace(text, "\"last_client\": 7", "\"last_client\": 9");
	replace(text, "\"first_client\": 8, \"last_client\": 13",
	    "\"first_client\":10, \"last_client\": 17");
	must(smartlic_catalog_new(&catalog, text, n, &err), "catalog");
	return catalog;
}

static struct smartlic_inventory *
build(int n_chassis)
{
	struct smartlic_inventory *inv = NULL;
	char location[16];

	must(smartlic_inventory_new(&inv, "", 0, &err), "inventory");
	for (int i = 0; i < n_chassis * CARDS; i++) {
		int card;

		if (i % CARDS == 0)
			must(smartlic_inventory_add_chassis(inv, "", "NCS1004", &err), "chassis");
		(void)snprintf(location, sizeof(location), "0/%d", i % CARDS);
		card =
		    smartlic_inventory_add_card(inv, i / CARDS, location, "NCS1K4-1.2T-L-K9", &err);
		must(card, "card");
		for (int s = 0; s < 2; s++)
			must(smartlic_inventory_set_trunk_rate(inv, card, s, 600, &err), "trunk");
		for (int p = 0; p < 2 * CLIENTS; p++)
			must(smartlic_inventory_set_client(
				 inv, card, p / CLIENTS, 2 + p, "100GE", &err),
			    "client");
		for (int p = 0; p < 2 * CLIENTS; p++)
			must(smartlic_inventory_set_encryption(
				 inv, card, 2 + p, (int)(random64() & 1), &err),
			    "encryption");
	}
	return inv;
}

/* Not inlined, and its result used: a pass that reads one field of every port. */
static uint64_t __attribute__((noinline)) sum_rates(const struct smartlic_inventory *inv)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < inv->n_ports; i++)
		sum += inv->ports[i].gbps;
	return sum;
}

/* Reads that each depend on the one before, in a memory that no cache holds. */
static double
random_read_us(void)
{
	size_t n = (256u << 20) / sizeof(uint32_t);
	uint32_t *next = malloc(n * sizeof(*next)), at = 0;
	double from;

	if (next == NULL)
		must(SMARTLIC_E_NOMEM, "memory for random reads");
	for (size_t i = 0; i < n; i++)
		next[i] = (uint32_t)i;
	for (size_t i = n - 1; i > 0; i--) { /* one circle through all */
		size_t k = random64() % i;
		uint32_t t = next[i];

		next[i] = next[k];
		next[k] = t;
	}
	from = now_us();
	for (int i = 0; i < 2000000; i++)
		at = next[at];
	from = (now_us() - from) / 2000000;
	if (at == n)
		printf(" ");
	free(next);
	return from;
}

/* A thousand edits at random places: the other state of a port's encryption. */
static void
time_edits(struct stats *s, struct smartlic_inventory *inv)
{
	double from = now_us();

	for (int i = 0; i < 1000; i++) {
		uint64_t x = random64();

		must(smartlic_inventory_set_encryption(inv, (int)(x % inv->n_cards),
			 2 + (int)((x >> 32) % (2 * CLIENTS)), (int)(x >> 60 & 1), &err),
		    "edit");
	}
	stats_add(s, (now_us() - from) / 1000);
}

/* In turn, so that what else runs on the machine meets both alike. */
static void
compare_edits(struct stats *small, struct smartlic_inventory *few, struct stats *large,
    struct smartlic_inventory *many, const struct smartlic_catalog *catalog)
{
	struct smartlic_count *of_few = NULL, *of_many = NULL;
	struct mallinfo2 before, after;

	must(smartlic_count_follow(&of_few, catalog, NULL, few, &err), "follow");
	must(smartlic_count_follow(&of_many, catalog, NULL, many, &err), "follow");
	before = mallinfo2();
	for (int round = 0; round < 400; round++) {
		time_edits(small, few);
		time_edits(large, many);
	}
	after = mallinfo2();
	if (before.uordblks != after.uordblks)
		must(SMARTLIC_E_NOMEM, "edits took memory");
	smartlic_count_free(of_few);
	smartlic_count_free(of_many);
}

static int
within(const char *name, double value, double limit)
{
	printf("%-46s %9.2f     (limit %.0f)%s\n", name, value, limit,
	    value <= limit ? "" : "  TOO MUCH");
	return value <= limit ? 0 : 1;
}

int
main(void)
{
	static struct stats pass = { .name = "one pass that sums a field of each port" };
	static struct stats full = { .name = "full count" };
	static struct stats small = { .name = "one edit, 100 chassis" };
	static struct stats large = { .name = "one edit, 10,000 chassis" };
	struct smartlic_catalog *catalog = load_catalog();
	struct smartlic_inventory *few = build(CHASSIS / 100), *many;
	struct smartlic_count *count;
	size_t used = mallinfo2().uordblks + mallinfo2().hblkhd;
	uint64_t sum = 0;
	double read_us;
	int failed = 0;

	many = build(CHASSIS);
	used = mallinfo2().uordblks + mallinfo2().hblkhd - used;
	for (int i = 0; i < 51; i++) {
		double from = now_us();

		sum += sum_rates(many);
		stats_add(&pass, now_us() - from);
		from = now_us();
		count = NULL;
		must(smartlic_count_new(&count, catalog, NULL, many, &err), "count");
		stats_add(&full, now_us() - from);
		smartlic_count_free(count);
	}
	if (sum != UINT64_C(51) * PORTS * 100)
		must(SMARTLIC_E_STATE, "the pass did not see every port");
	read_us = random_read_us();
	compare_edits(&small, few, &large, many, catalog);
	stats_print(&pass);
	stats_print(&full);
	printf("%-46s %9.4f µs\n", "one dependent random read", read_us);
	stats_print(&small);
	stats_print(&large);
	/* of the lower tenths: what else runs on the machine only ever adds */
	failed |=
	    within("full count / pass", stats_at(&full, 0.1) / stats_at(&pass, 0.1), FULL_LIMIT);
	failed |= within("edit / random read", stats_at(&large, 0.1) / read_us, EDIT_LIMIT);
	failed |= within(
	    "edit in large / in small", stats_at(&large, 0.1) / stats_at(&small, 0.1), SIZE_LIMIT);
	failed |= within("bytes a port", (double)used / PORTS, BYTES_LIMIT);
	smartlic_inventory_free(few);
	smartlic_inventory_free(many);
	smartlic_catalog_free(catalog);
	return failed;
}
