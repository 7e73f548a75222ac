/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COUNT_CHANGES_H
#define TOOLS_COUNT_CHANGES_H

#include <smartlic/license.h>

/*
 * What became of each port between two inventories, counted by one profile.
 * Calls `each` for ports whose charge differs, ascending by name; a charge is
 * "free", "100G", "2 x 100G", or "" where the port is not there.  0, or -1 for
 * want of memory.
 */
int count_changes(const struct smartlic_catalog *catalog, const char *profile,
    const struct smartlic_inventory *was, const struct smartlic_inventory *now,
    void (*each)(void *userdata, const char *port, const char *was, const char *now),
    void *userdata);

#endif
