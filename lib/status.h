/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_STATUS_H
#define SL_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include <smartlic/env.h>
#include <smartlic/status.h>

/* One sentence about a snapshot: what is affected, what happens next, and when; or what nothing can
 * be sent without, "" where it can.  Always terminated; pure but for local_time. */
void sl_consequence(char *ret, size_t size, const struct smartlic_status *status,
    const char *missing, int removed, int64_t next_send_ms,
    int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret),
    void *userdata);

#endif
