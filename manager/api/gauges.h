/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_GAUGES_H
#define MANAGER_API_GAUGES_H

#include "buffer.h"
#include "ledger/figures.h"

/* What /metrics has beside the counts of requests: licenses, instances, satellites, certificates.
 */
struct gauges_certificate {
	const char *name;  /* of a closed list */
	const char *state; /* "current", "successor" */
	int64_t ends_s;
};
#define GAUGES_CERTIFICATES_MAX 16

/* In the text form of Prometheus, appended. */
void gauges_write(struct sl_buf *ret, const struct ledger_figures *figures,
    const struct gauges_certificate *certificates, size_t n, int64_t now_s);

#endif
