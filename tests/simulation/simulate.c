/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/simulation/simulation.h"

/*
 * simulate --seed N [--steps N] [--trace]   one run, again
 * simulate --years N [--seed N]             runs from that seed on until so many device-years
 *          [--stride N] [--progress N]      of each N-th seed; a line every N years
 * Also --devices N, --days N, --faults 0…3, which are the seed's choice otherwise, and
 * --satellites 0…3, none unless it is said.
 */
static struct sim sim;
static struct sim_config config = { .seed = 1, .faults = -1 };
static const char *const satellites_argument[SIM_HOMES] = { "", " --satellites 1", " --satellites 2",
	" --satellites 3" };
static int64_t years, stride = 1, progress;

static int
number(const char *text, int64_t *ret)
{
	char *end;

	*ret = strtoll(text, &end, 10);
	return *text != '\0' && *end == '\0' && *ret >= 0;
}

static int
read_arguments(int argc, char **argv)
{
	int64_t seed = 1, devices = 0, faults = -1, satellites = 0;
	const struct {
		const char *name;
		int64_t *value;
	} options[] = { { "--seed", &seed }, { "--steps", &config.steps }, { "--days", &config.days },
		{ "--devices", &devices }, { "--faults", &faults }, { "--satellites", &satellites }, { "--years", &years },
		{ "--stride", &stride }, { "--progress", &progress } };

	for (int i = 1; i < argc; i++) {
		size_t k = 0, n = sizeof(options) / sizeof(options[0]);

		if (strcmp(argv[i], "--trace") == 0) {
			config.trace = 1;
			continue;
		}
		while (k < n && strcmp(argv[i], options[k].name) != 0)
			k++;
		if (k == n || i + 1 == argc || !number(argv[++i], options[k].value))
			return -1;
	}
	if (devices > SIM_DEVICES_MAX || faults > 3 || satellites >= SIM_HOMES ||
	    stride < 1)
		return -1;
	config.seed = (uint64_t)seed;
	config.devices = (int)devices;
	config.faults = (int)faults;
	config.satellites = (int)satellites;
	return 0;
}

static void
add(struct sim_stats *sum, const struct sim_stats *one)
{
	int64_t *a = (int64_t *)sum;
	const int64_t *b = (const int64_t *)one;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*a); i++)
		a[i] += b[i];
}

static void
say_progress(int64_t before, int64_t now)
{
	if (progress > 0 && before / progress != now / progress)
		(void)fprintf(stderr, "%" PRId64 " of %" PRId64 " device-years, up to seed %" PRIu64 "\n",
		    now, years, config.seed);
}

int
main(int argc, char **argv)
{
	struct sim_stats sum = { 0 };
	const int64_t year_ms = 365 * SIM_DAY;
	int64_t before;
	int failed = 0;

	if (read_arguments(argc, argv) < 0) {
		(void)fprintf(stderr, "usage: simulate [--seed N] [--steps N] [--trace] [--years N]"
				      " [--stride N] [--progress N] [--devices N] [--days N] [--faults 0-3]"
				      " [--satellites 0-3]\n");
		return 2;
	}
	do {
		failed = sim_run(&sim, &config);
		if (failed)
			(void)printf("seed %" PRIu64 ": %s\n  again: simulate --seed %" PRIu64
				     " --steps %" PRId64 "%s --trace\n",
			    config.seed, sim.text, config.seed, sim.step,
			    satellites_argument[config.satellites]);
		else if (years == 0)
			(void)printf("seed %" PRIu64 ": %" PRId64 " steps, digest %016" PRIx64 "\n",
			    config.seed, sim.step, sim.digest);
		before = sum.device_ms / year_ms;
		add(&sum, &sim.stats);
		say_progress(before, sum.device_ms / year_ms);
		sim_free(&sim);
		config.seed += (uint64_t)stride;
	} while (!failed && sum.device_ms < years * year_ms);
	(void)printf("%" PRId64 ".%" PRId64 " device-years: %" PRId64 " requests sent, %" PRId64
		     " arrived, %" PRId64 " executed, %" PRId64 " refused; %" PRId64 " starts, %" PRId64
		     " power cuts at a write, %" PRId64 " crashes, %" PRId64 " copied stores, %" PRId64
		     " late letters, %" PRId64 " times of peace, %" PRId64 " fresh registrations in them, %" PRId64
		     " restored ledgers, %" PRId64 " adoptions, %" PRId64 " samples in the ledger, %" PRId64
		     " synchronisations, %" PRId64 " moves\n",
	    sum.device_ms / year_ms, sum.device_ms % year_ms * 10 / year_ms, sum.exchanges,
	    sum.requests, sum.executed, sum.refusals, sum.starts, sum.cuts, sum.crashes, sum.copies,
	    sum.late, sum.calms, sum.registrations, sum.restores, sum.adoptions,
	    sum.samples, sum.synchronisations, sum.moves);
	return failed;
}
