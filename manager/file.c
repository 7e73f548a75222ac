/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

int
file_path(char ret[FILE_PATH_SIZE], const char *dir, const char *name, struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return sl_fail(err, SMARTLIC_E_LIMIT,
		    "the path of %s is longer than %zu bytes: use a shorter folder name", name,
		    sizeof(path) - 1);
	memcpy(ret, path, (size_t)n + 1);
	return 0;
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

static void
parent_of(const char *path, char *ret, size_t size)
{
	char *slash;

	(void)snprintf(ret, size, "%s", path);
	slash = strrchr(ret, '/');
	if (slash == NULL)
		(void)snprintf(ret, size, ".");
	else
		slash[slash == ret ? 1 : 0] = '\0';
}

/* What root makes in a user's folder is that user's, who runs 'serve'. */
static int
give_to_owner(int fd, const char *path)
{
	char dir[FILE_PATH_SIZE + 4];
	struct stat st;

	if (geteuid() != 0)
		return 0;
	parent_of(path, dir, sizeof(dir));
	return stat(dir, &st) < 0 ? -1 : fchown(fd, st.st_uid, st.st_gid);
}

/* A name is durable when the folder that holds it is. */
static int
sync_parent(const char *path)
{
	char dir[FILE_PATH_SIZE + 4];
	int fd, r;

	parent_of(path, dir, sizeof(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	r = fsync(fd);
	(void)close(fd);
	return r;
}

int
file_write(const char *path, mode_t mode, const void *data, size_t len, struct smartlic_error *err)
{
	char tmp[FILE_PATH_SIZE + 4];
	int fd, saved;

	(void)snprintf(tmp, sizeof(tmp), "%s.tmp", path);
	/* one may be left from a power cut */
	(void)unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "%s: cannot be made: %s", tmp, strerror(errno));
	if (give_to_owner(fd, path) < 0 || fchmod(fd, mode) < 0 || write_all(fd, data, len) < 0) {
		saved = errno;
		(void)close(fd);
		(void)unlink(tmp);
		return sl_fail(err, SMARTLIC_E_SYSTEM, "%s: cannot be written: %s", tmp, strerror(saved));
	}
	(void)close(fd);
	if (rename(tmp, path) < 0) {
		saved = errno;
		(void)unlink(tmp);
		return sl_fail(err, SMARTLIC_E_SYSTEM, "%s: cannot be replaced: %s", path,
		    strerror(saved));
	}
	if (sync_parent(path) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "the folder of %s cannot be synced: %s", path,
		    strerror(errno));
	return 0;
}

int
file_read(const char *path, struct sl_buf *ret, struct smartlic_error *err)
{
	char block[4096];
	size_t total = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return sl_fail(err, errno == ENOENT ? SMARTLIC_E_NOT_FOUND : SMARTLIC_E_SYSTEM,
		    "%s: cannot be read: %s", path, strerror(errno));
	for (;;) {
		n = read(fd, block, sizeof(block));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		total += (size_t)n;
		if (total > FILE_SMALL_MAX)
			break;
		sl_buf_add(ret, block, (size_t)n);
	}
	if (n < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "%s: cannot be read: %s", path, strerror(errno));
	else if (n > 0)
		r = sl_fail(err, SMARTLIC_E_LIMIT, "%s: larger than %d bytes", path, FILE_SMALL_MAX);
	else if (ret->failed)
		r = sl_nomem(err);
	/* it may have been a key */
	explicit_bzero(block, sizeof(block));
	(void)close(fd);
	return r;
}

static int
copy_bytes(int in, int out)
{
	char block[64 * 1024];
	ssize_t n;

	for (;;) {
		n = read(in, block, sizeof(block));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -1 : fsync(out);
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(out, block + done, (size_t)(n - done));
			if (w < 0 && errno == EINTR)
				w = 0;
			else if (w < 0)
				return -1;
		}
	}
}

int
file_copy(const char *from, const char *to, struct smartlic_error *err)
{
	int in, out, r = 0;

	in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return sl_fail(err, errno == ENOENT ? SMARTLIC_E_NOT_FOUND : SMARTLIC_E_SYSTEM,
		    "%s: cannot be read: %s", from, strerror(errno));
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0) {
		r = sl_fail(err, errno == EEXIST ? SMARTLIC_E_EXISTS : SMARTLIC_E_SYSTEM,
		    "%s: cannot be made: %s", to, strerror(errno));
	} else if (give_to_owner(out, to) < 0 || copy_bytes(in, out) < 0) {
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "%s: cannot be copied to %s: %s", from, to,
		    strerror(errno));
		(void)unlink(to);
	}
	if (out >= 0)
		(void)close(out);
	(void)close(in);
	return r;
}

int
file_sync(const char *path, struct smartlic_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0 || fsync(fd) < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "%s: cannot be synced: %s", path,
		    strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return r;
}

int
file_rename(const char *from, const char *to, struct smartlic_error *err)
{
	if (rename(from, to) < 0)
		return sl_fail(err, errno == ENOENT ? SMARTLIC_E_NOT_FOUND : SMARTLIC_E_SYSTEM,
		    "%s: cannot be renamed to %s: %s", from, to, strerror(errno));
	if (sync_parent(to) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "the folder of %s cannot be synced: %s", to,
		    strerror(errno));
	return 0;
}

int
file_mkdir(const char *path, struct smartlic_error *err)
{
	if (mkdir(path, 0700) < 0) {
		if (errno == EEXIST)
			return sl_fail(err, SMARTLIC_E_EXISTS,
			    "%s: exists already; nothing was changed: choose another name, or, if "
			    "an 'init' was interrupted there, remove it",
			    path);
		if (errno == ENOENT)
			return sl_fail(err, SMARTLIC_E_NOT_FOUND,
			    "%s: the folder above it does not exist: make that first", path);
		return sl_fail(err, SMARTLIC_E_SYSTEM, "%s: cannot be made: %s", path,
		    strerror(errno));
	}
	if (sync_parent(path) < 0) {
		(void)sl_fail(err, SMARTLIC_E_SYSTEM, "the folder above %s cannot be synced: %s",
		    path, strerror(errno));
		(void)rmdir(path);
		return SMARTLIC_E_SYSTEM;
	}
	return 0;
}

void
file_remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	if (dir != NULL) {
		while ((e = readdir(dir)) != NULL)
			if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
				(void)unlinkat(dirfd(dir), e->d_name, 0);
		(void)closedir(dir);
	}
	(void)rmdir(path);
}
