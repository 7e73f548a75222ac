/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "system.h"

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

size_t
system_processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (size_t)n;
}

void
system_log(const char *fmt, ...)
{
	struct log_line line;
	char text[900];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_begin(&line, "note");
	log_text(&line, "text", text);
	log_end(&line);
}
