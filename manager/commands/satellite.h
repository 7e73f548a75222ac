/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SATELLITE_H
#define MANAGER_SATELLITE_H

#include "buffer.h"
#include "commands/session.h"
#include "error.h"

/* Messages to the upstream in files, as a device's are: one PEM block. */
int satellite_export(const char *path, const struct sl_buf *der, struct smartlic_error *err);
int satellite_import(const char *path, struct sl_buf *ret_der, struct smartlic_error *err);
/* How this satellite stands, as 'satellite status' says it. */
int satellite_tell(const struct call *call, struct ledger *ledger, struct smartlic_error *err);

#endif
