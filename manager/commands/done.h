/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_DONE_H
#define MANAGER_DONE_H

#include <stdint.h>

#include "buffer.h"
#include "commands/command.h"
#include "commands/output.h"

/*
 * What commands that change something tell: people a text or nothing, with --json one object, which
 * is printed when the command is over, also where it failed behind something that is done.  Such a
 * command says both, and is asked for one: the functions do nothing for the other.
 */

/* The command, and what it did. */
int done_run(const struct call *call, struct smartlic_error *err);
void done_release(struct call *call);

/* For people alone. */
void done_text(const struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Members of the object; what is no UTF-8 has "?" there. */
void done_string(const struct call *call, const char *key, const char *text);
void done_number(const struct call *call, const char *key, int64_t n);
void done_time(const struct call *call, const char *key, int64_t s);
void done_json(const struct call *call, const char *key, json_t *value); /* takes it over */
void done_tag(const struct call *call, const char *tag); /* "license" and "tag", as in lists */
/* All members of a row as lists have it, which it takes over. */
void done_row(const struct call *call, json_t *row);
/* A token: people get it alone on a line.  No copy of it stays in memory. */
void done_secret(const struct call *call, const struct sl_buf *token);

#endif
