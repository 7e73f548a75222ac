/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_SHOW_H
#define SL_SHOW_H

#include <smartlic/show.h>

#include "buffer.h"
#include "error.h"

/* Snapshot → text or JSON, appended to ret; pure but for local_time. */
int sl_show(struct sl_buf *ret, const struct smartlic_status *status, int what, int format,
    int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret),
    void *userdata, struct smartlic_error *err);

/* "Mon Feb 11 2019 15:51:10 IST" */
void sl_show_time(struct sl_buf *ret, int64_t wall_ms,
    int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret),
    void *userdata);

/* The words of a state: as printed, as printed of one entitlement, and in JSON. */
const char *sl_show_authorization(int authorization);
const char *sl_show_entitlement(int authorization);
const char *sl_show_authorization_json(int authorization);

/* The JSON form of a known `what`: one object. */
int sl_show_json(
    struct sl_buf *ret, const struct smartlic_status *status, int what, struct smartlic_error *err);

#endif
