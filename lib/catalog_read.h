/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_CATALOG_READ_H
#define SL_CATALOG_READ_H

#include "catalog.h"
#include "shape.h"

/* Reads rules[i] into ret; rules before it may be named by "like". */
int sl_catalog_read_rule(struct smartlic_catalog *c, struct sl_rule *ret, const json_t *json,
    const struct sl_at *at, struct smartlic_error *err);

/* An array of texts, none twice; at most max. */
int sl_catalog_read_texts(const char **ret, size_t *n, size_t max, const json_t *array,
    const struct sl_at *at, struct smartlic_error *err);

#endif
