/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PREFLIGHT_H
#define TOOLS_PREFLIGHT_H

#include "cli.h"

/* `license smart test`: each finding as one line, or an object in a list. */
int preflight(const struct cli *cli, char *args[]);

#endif
