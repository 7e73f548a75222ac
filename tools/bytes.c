/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cli.h"

static int
read_stream(struct bytes *ret, FILE *f, size_t max)
{
	size_t cap, n;
	char *p;

	do {
		cap = ret->len + 65536;
		p = realloc(ret->data, cap);
		if (p == NULL)
			return -1;
		ret->data = p;
		n = fread(ret->data + ret->len, 1, cap - ret->len, f);
		ret->len += n;
		if (ret->len > max) {
			errno = EFBIG;
			return -1;
		}
	} while (ret->len == cap);
	return ferror(f) ? -1 : 0;
}

int
bytes_read(struct bytes *ret, const char *path, size_t max, const char *what, const char *cure)
{
	FILE *f = fopen(path, "re");
	int r = f == NULL ? -1 : read_stream(ret, f, max);

	if (r < 0)
		complain("%s '%s' cannot be read: %s; %s", what, path, strerror(errno), cure);
	if (f != NULL)
		(void)fclose(f);
	return r < 0 ? CLI_FAILED : 0;
}
