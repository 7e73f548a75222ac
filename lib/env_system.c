/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "env_system.h"

static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
sl_system_wall_ms(void *userdata)
{
	(void)userdata;
	return clock_ms(CLOCK_REALTIME);
}

/* Time asleep has elapsed, too. */
int64_t
sl_system_mono_ms(void *userdata)
{
	(void)userdata;
#ifdef CLOCK_BOOTTIME
	return clock_ms(CLOCK_BOOTTIME);
#else
	return clock_ms(CLOCK_MONOTONIC);
#endif
}

int
sl_system_boot_id(void *userdata, char *ret, size_t size)
{
	char text[SMARTLIC_BOOT_ID_LEN];
	ssize_t n;
	int fd;

	(void)userdata;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strlen(text) >= size)
		return -1;
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

int
sl_system_random(void *userdata, void *buf, size_t len)
{
	unsigned char *p = buf;

	(void)userdata;
	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
sl_system_local_time(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret)
{
	int64_t s = wall_ms / 1000, ms = wall_ms % 1000;
	struct tm tm;
	time_t t;

	(void)userdata;
	if (ms < 0) {
		ms += 1000;
		s--;
	}
	t = (time_t)s;
	if ((int64_t)t != s || localtime_r(&t, &tm) == NULL)
		return -1;
	*ret = (struct smartlic_local_time){
		.year = tm.tm_year + 1900,
		.month = tm.tm_mon + 1,
		.day = tm.tm_mday,
		.weekday = tm.tm_wday,
		.hour = tm.tm_hour,
		.minute = tm.tm_min,
		.second = tm.tm_sec,
		.millisecond = (int32_t)ms,
	};
	(void)snprintf(ret->zone, sizeof(ret->zone), "%s", tm.tm_zone != NULL ? tm.tm_zone : "UTC");
	return 0;
}
