/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_DISCOVERY_H
#define SL_DISCOVERY_H

#include <stddef.h>

#include "options.h"
#include "resolve.h"

/*
 * Destinations that a domain names by SRV records of _smartlic._tcp (RFC 2782):
 * priority and weight decide their order, https and the usual path are meant.
 */
struct sl_discovery {
	struct sl_destination found[SL_MAX_DESTINATIONS];
	size_t n;
};

/*
 * Brings records into the order in which they are tried: by priority, and among equals drawn by
 * weight.  The draw is made from `seed`, which names the device: the same device draws the same
 * each time, so that it stays with one server, and many devices spread as the weights say.  Pure.
 */
void sl_discovery_order(struct sl_srv *records, size_t n, const char *seed);
/* Takes what was found in place of what was found before; at most `room`.  1: it is something else.
 * Records that name no server are passed over. */
int sl_discovery_take(
    struct sl_discovery *d, const struct sl_srv *records, size_t n, size_t room, const char *seed);
void sl_discovery_free(struct sl_discovery *d);

#endif
