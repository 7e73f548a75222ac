/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BYTES_H
#define TOOLS_BYTES_H

#include <stddef.h>

/* A file's content; zero to start, its data is the reader's to free. */
struct bytes {
	char *data;
	size_t len;
};

#define BYTES_MAX ((size_t)64 * 1024 * 1024)

/* Appends the file to *ret; 0 or CLI_FAILED, said as "WHAT 'PATH' cannot be read: …; CURE". */
int bytes_read(struct bytes *ret, const char *path, size_t max, const char *what, const char *cure);

#endif
