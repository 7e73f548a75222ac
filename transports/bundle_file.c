/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"

#define REQUEST_ID_SHOWN 8
#define TMP_SUFFIX       ".tmp"

static int
is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '-';
}

/* Appends the first `most` characters; -1: no room. */
static int
append(char **at, const char *end, const char *text, size_t most)
{
	for (size_t i = 0; i < most && text[i] != '\0'; i++) {
		int plain = is_plain(text[i]);

		if (end - *at < 4)
			return -1;
		if (plain)
			*(*at)++ = text[i];
		else
			*at += snprintf(*at, 4, "%%%02X", (unsigned char)text[i]);
	}
	return 0;
}

int
sl_bundle_name(char *ret, size_t cap, const char *pid, const char *sn, const char *uuid,
    const char *request_id, const char *suffix)
{
	const char *const parts[] = { pid, "-", sn, "-", uuid, "-" };
	const char *end = ret + cap;
	char *at = ret;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (append(&at, end, parts[i], SIZE_MAX) < 0)
			return -1;
	if (append(&at, end, request_id, REQUEST_ID_SHOWN) < 0 ||
	    (size_t)(end - at) <= strlen(suffix))
		return -1;
	memcpy(at, suffix, strlen(suffix) + 1);
	return 0;
}

ssize_t
sl_bundle_read_fd(void *ud, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(*(int *)ud, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

int
sl_bundle_open(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		(void)close(fd);
		errno = ENOTSUP;
		return -1;
	}
	return fd;
}

static int
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return fsync(fd);
}

int
sl_bundle_write(int dir, const char *name, const void *data, size_t len)
{
	char tmp[SL_BUNDLE_NAME_SIZE + sizeof(TMP_SUFFIX)];
	int fd, saved;

	(void)snprintf(tmp, sizeof(tmp), "%s" TMP_SUFFIX, name);
	/* one may be left from a power cut */
	(void)unlinkat(dir, tmp, 0);
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	/* whoever carries it may read it; a stick's file system may know no modes */
	(void)fchmod(fd, 0644);
	if (write_all(fd, data, len) < 0 || renameat(dir, tmp, dir, name) < 0) {
		saved = errno;
		(void)close(fd);
		(void)unlinkat(dir, tmp, 0);
		errno = saved;
		return -1;
	}
	/* where the folder cannot be synced, the file was */
	(void)fsync(dir);
	(void)close(fd);
	return 0;
}
