/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "api/counts.h"
#include "authority/sync.h"

static const int statuses[COUNTS_REFUSED] = { 404, 405, 415, 429 };
static const int64_t bounds_us[COUNTS_BUCKETS] = { 500, 1000, 2500, 5000, 10000, 25000, 50000,
	100000, 250000, 500000, 1000000, 5000000 };
static const char *const bounds[COUNTS_BUCKETS] = { "0.0005", "0.001", "0.0025", "0.005", "0.01",
	"0.025", "0.05", "0.1", "0.25", "0.5", "1", "5" };

static const char *const satellites[COUNTS_TYPES - COUNTS_DEVICES] = { SYNC_JOIN, SYNC_SYNC };

static void
add(_Atomic uint64_t *n, uint64_t by)
{
	(void)atomic_fetch_add_explicit(n, by, memory_order_relaxed);
}

static int
type_number(const char *type)
{
	enum sl_msg_type number = 0;

	for (int i = COUNTS_DEVICES; type != NULL && i < COUNTS_TYPES; i++)
		if (strcmp(satellites[i - COUNTS_DEVICES], type) == 0)
			return i;
	if (type == NULL || !sl_msg_type_find(&number, type) || (int)number >= COUNTS_DEVICES)
		return 0;
	return (int)number;
}

static const char *
type_name(int number)
{
	if (number >= COUNTS_DEVICES)
		return satellites[number - COUNTS_DEVICES];
	return number == 0 ? "unreadable" : sl_msg_type_name((enum sl_msg_type)number);
}

void
counts_answered(struct counts *c, const char *type, enum sl_denial code, int64_t us)
{
	size_t i = 0;

	add(&c->answered[type_number(type)][code], 1);
	while (i < COUNTS_BUCKETS && us > bounds_us[i])
		i++;
	add(&c->duration[i], 1);
	add(&c->duration_us, us > 0 ? (uint64_t)us : 0);
}

void
counts_unavailable(struct counts *c)
{
	add(&c->unavailable, 1);
}

void
counts_refused(struct counts *c, int status)
{
	for (size_t i = 0; i < COUNTS_REFUSED; i++)
		if (statuses[i] == status)
			add(&c->refused[i], 1);
}

void
counts_commit(struct counts *c)
{
	add(&c->commits, 1);
}

/* One member over all workers; offset: where in the struct it stands. */
static uint64_t
sum(struct counts *const *all, size_t n, size_t offset)
{
	uint64_t ret = 0;

	for (size_t i = 0; i < n; i++)
		ret += atomic_load_explicit(
		    (_Atomic uint64_t *)(void *)((char *)all[i] + offset), memory_order_relaxed);
	return ret;
}
#define SUM(member) sum(all, n, offsetof(struct counts, member))

static void
write_answered(struct sl_buf *ret, struct counts *const *all, size_t n)
{
	sl_buf_puts(ret,
	    "# HELP smartlic_requests_total Requests answered with a signed response.\n"
	    "# TYPE smartlic_requests_total counter\n");
	for (int type = 0; type < COUNTS_TYPES; type++) {
		const char *name = type_name(type);

		for (int code = 0; name != NULL && code <= SL_DENIED_OTHER; code++) {
			uint64_t v = sum(all, n,
			    offsetof(struct counts, answered) +
				((size_t)type * (SL_DENIED_OTHER + 1) + (size_t)code) *
				    sizeof(_Atomic uint64_t));

			if (v > 0)
				sl_buf_printf(ret,
				    "smartlic_requests_total{type=\"%s\",code=\"%s\"} %" PRIu64
				    "\n",
				    name,
				    code == SL_DENIED_NONE ? "ok"
							   : sl_denial_name((enum sl_denial)code),
				    v);
		}
	}
}

static void
write_durations(struct sl_buf *ret, struct counts *const *all, size_t n)
{
	uint64_t upto = 0;

	sl_buf_puts(ret,
	    "# HELP smartlic_request_duration_seconds From a request that has arrived to its"
	    " response.\n# TYPE smartlic_request_duration_seconds histogram\n");
	for (size_t i = 0; i <= COUNTS_BUCKETS; i++) {
		upto +=
		    sum(all, n, offsetof(struct counts, duration) + i * sizeof(_Atomic uint64_t));
		sl_buf_printf(ret,
		    "smartlic_request_duration_seconds_bucket{le=\"%s\"} %" PRIu64 "\n",
		    i < COUNTS_BUCKETS ? bounds[i] : "+Inf", upto);
	}
	sl_buf_printf(ret,
	    "smartlic_request_duration_seconds_sum %.6f\n"
	    "smartlic_request_duration_seconds_count %" PRIu64 "\n",
	    (double)SUM(duration_us) / 1e6, upto);
}

void
counts_write(struct sl_buf *ret, struct counts *const *all, size_t n)
{
	write_answered(ret, all, n);
	write_durations(ret, all, n);
	sl_buf_printf(ret,
	    "# HELP smartlic_requests_unavailable_total Requests answered by status 503.\n"
	    "# TYPE smartlic_requests_unavailable_total counter\n"
	    "smartlic_requests_unavailable_total %" PRIu64 "\n"
	    "# HELP smartlic_batches_total Durable commits of one or more requests.\n"
	    "# TYPE smartlic_batches_total counter\n"
	    "smartlic_batches_total %" PRIu64 "\n"
	    "# HELP smartlic_http_refused_total HTTP requests that are none to the authority.\n"
	    "# TYPE smartlic_http_refused_total counter\n",
	    SUM(unavailable), SUM(commits));
	for (size_t i = 0; i < COUNTS_REFUSED; i++)
		sl_buf_printf(ret, "smartlic_http_refused_total{status=\"%d\"} %" PRIu64 "\n",
		    statuses[i],
		    sum(all, n, offsetof(struct counts, refused) + i * sizeof(_Atomic uint64_t)));
}
