/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_PLUGIN_H
#define SL_PLUGIN_H

#include <smartlic/transport.h>

#include "error.h"

/* A transport's name → its table: built in, else from dir (NULL: the compiled-in one).  The table
 * was checked for size, number, self-name and functions.  SMARTLIC_E_TRANSPORT, SMARTLIC_E_ABI. */
int sl_plugin_find(const struct smartlic_transport_ops **ret, const char *name, const char *dir,
    struct smartlic_error *err);
/* Is it a transport's name at all?  0 or `code`. */
int sl_plugin_check_name(const char *name, int code, struct smartlic_error *err);
/* The same checks for a table that a host hands in; name NULL: any. */
int sl_plugin_check(
    const struct smartlic_transport_ops *ops, const char *name, struct smartlic_error *err);

#endif
