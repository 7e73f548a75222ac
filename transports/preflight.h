/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_PREFLIGHT_H
#define SL_PREFLIGHT_H

#include <smartlic/transport.h>

#include "exchange.h"
#include "resolve.h"

/*
 * What was seen on the way to one destination, as findings: one for each step of
 * the way in its order, also for those that were not reached.
 */
#define SL_FINDINGS_MAX 8

struct sl_preflight {
	struct smartlic_finding finding[SL_FINDINGS_MAX];
	size_t n, at;
};

struct sl_way_seen {
	const struct sl_destination *to;
	const struct sl_destination *proxy;     /* NULL: none */
	const struct sl_resolve *resolve;       /* of the first hop; NULL: it is an address */
	const struct sl_exchange_seen *seen;    /* NULL: it did not come so far */
	const struct smartlic_outcome *outcome; /* its text "STEP: FOUND; CURE", without a place */
};
/* These two add findings to those that are to be told. */
void sl_preflight_way(struct sl_preflight *p, const struct sl_way_seen *way);
/* Of the domain that names destinations: `failure` "" or as a text of an outcome. */
void sl_preflight_discovery(
    struct sl_preflight *p, const char *domain, size_t found, const char *failure);
/* 1: *ret is the next finding; 0: all were told. */
int sl_preflight_next(struct sl_preflight *p, struct smartlic_finding *ret);

#endif
