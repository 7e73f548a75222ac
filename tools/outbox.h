/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_OUTBOX_H
#define TOOLS_OUTBOX_H

#include <smartlic/smartlic.h>

/* Is the way to the authority the one by files? */
int outbox_is_used(const struct smartlic_status *st);

/* The file that the open request lies in, ready to be carried; 0: there is none. */
#define OUTBOX_PATH_SIZE 4096
int outbox_find(char ret[OUTBOX_PATH_SIZE], const struct smartlic_status *st);

#endif
