/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FOREGROUND_H
#define TOOLS_FOREGROUND_H

#include "cli.h"

/* The command `run`: keeps the agent alive until SIGTERM or SIGINT. */
int foreground(const struct cli *cli, char *args[]);

#endif
