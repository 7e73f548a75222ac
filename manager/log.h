/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_LOG_H
#define MANAGER_LOG_H

#include <stddef.h>
#include <stdint.h>

/*
 * The log: one event a line on standard error, in logfmt: at=… event=… and what is known of it, as
 * key=value or key="value".  Never a secret, so never a token.  Values of others stay within their
 * quotes, and command no terminal.
 */
struct log_line {
	char text[1024];
	size_t len;
};

void log_begin(struct log_line *line, const char *event);
void log_text(struct log_line *line, const char *key, const char *value);
void log_number(struct log_line *line, const char *key, int64_t value);
void log_end(struct log_line *line); /* writes it */

#endif
