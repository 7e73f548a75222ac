/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Samples of one figure, in microseconds; a figure is quoted as median with its spread. */
#define STATS_MAX 4000
struct stats {
	const char *name;
	size_t n;
	double us[STATS_MAX];
};

static inline double
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline void
stats_add(struct stats *s, double us)
{
	if (s->n < STATS_MAX)
		s->us[s->n++] = us;
}

static inline int
stats_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The p-th part (0–1) of the sorted samples. */
static inline double
stats_at(struct stats *s, double p)
{
	qsort(s->us, s->n, sizeof(s->us[0]), stats_order);
	return s->n == 0 ? 0 : s->us[(size_t)(p * (double)(s->n - 1))];
}

static inline double
stats_mean(const struct stats *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += s->us[i];
	return s->n == 0 ? 0 : sum / (double)s->n;
}

static inline void
stats_print(struct stats *s)
{
	printf("%-46s %9.1f µs  (10 %%: %.1f, 90 %%: %.1f, n %zu)\n", s->name, stats_at(s, 0.5),
	    stats_at(s, 0.1), stats_at(s, 0.9), s->n);
}

/* a over b, with the spread that the quartiles of a allow. */
static inline void
stats_ratio(const char *name, struct stats *a, double limit_us)
{
	printf("%-46s %9.2f ×   (quartiles: %.2f – %.2f)\n", name, stats_at(a, 0.5) / limit_us,
	    stats_at(a, 0.25) / limit_us, stats_at(a, 0.75) / limit_us);
}

/* Writing a page to a file of `dir` and making it durable: the disk's own price. */
static inline void
stats_fsync(struct stats *s, const char *dir, size_t times)
{
	char path[256], page[4096] = { 1 };
	int fd;

	(void)snprintf(path, sizeof(path), "%s/fsync", dir);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	for (size_t i = 0; fd >= 0 && i < times; i++) {
		double from = now_us();

		if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page) || fsync(fd) != 0)
			break;
		stats_add(s, now_us() - from);
	}
	if (fd >= 0)
		(void)close(fd);
	(void)unlink(path);
}

#endif
