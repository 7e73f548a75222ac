/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RESERVATION_H
#define TOOLS_RESERVATION_H

#include "task.h"

/* license smart reservation … */
int reservation_request(const struct cli *cli, char *args[]);
int reservation_install(const struct cli *cli, char *args[]);
int reservation_return(const struct cli *cli, char *args[]);
int reservation_cancel(const struct cli *cli, char *args[]);

/* What the answer to a request for one has brought. */
int reservation_answered(const struct task *t);

#endif
