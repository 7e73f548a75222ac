/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SATELLITE_H
#define MANAGER_SATELLITE_H

#include "buffer.h"
#include "error.h"

/* Messages to the upstream in files, as a device's are: one PEM block. */
int satellite_export(const char *path, const struct sl_buf *der, struct smartlic_error *err);
int satellite_import(const char *path, struct sl_buf *ret_der, struct smartlic_error *err);

#endif
