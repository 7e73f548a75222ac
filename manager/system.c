/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "system.h"
#include "text.h"

int64_t
system_now_s(void)
{
	return (int64_t)time(NULL);
}

int
system_random(void *unused, void *buf, size_t len)
{
	unsigned char *p = buf;

	(void)unused;
	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

void
system_log(const char *fmt, ...)
{
	char at[SL_TIME_SIZE], line[1024];
	va_list ap;

	sl_time(at, system_now_s());
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* what came from outside must not begin a line of its own, nor command a terminal */
	for (char *p = line; *p != '\0'; p++)
		for (size_t n = sl_control(p); n > 0; n--)
			p[n - 1] = '?';
	(void)fprintf(stderr, "%s smartlic-manager: %s\n", at, line);
}
