/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <smartlic/store.h>

#include "error.h"

/* The default trusted store: a folder with slot-0, slot-1 and lock. */
struct file_store {
	int dir;  /* -1: read only, and the folder is not there */
	int lock; /* -1: not locked */
	int read_only;
	char *path;
};

static const char *const slot_names[SMARTLIC_STORE_SLOTS] = { "slot-0", "slot-1" };
static const char *const new_names[SMARTLIC_STORE_SLOTS] = { "slot-0.new", "slot-1.new" };

static int
fail(const struct file_store *fs, const char *what, const char *name, struct smartlic_error *err)
{
	int e = errno;

	return sl_fail(err, SMARTLIC_E_STORE,
	    "cannot %s %s%s%s: %s; check the folder's owner, mode and free space", what, fs->path,
	    name[0] != '\0' ? "/" : "", name, strerror(e));
}

/* For who finds the store in use: the lock of an open file does not tell its holder.  A help and no
 * promise, so that a full disk matters nothing. */
static void
leave_pid(int fd)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
		(void)!ftruncate(fd, 0);
}

/* " (number 123)", or "" where it is not known. */
static const char *
holder(int fd, char ret[40])
{
	char text[24];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	long pid;
	char *end;

	ret[0] = '\0';
	text[n > 0 ? n : 0] = '\0';
	pid = strtol(text, &end, 10);
	if (pid > 0 && strcmp(end, "\n") == 0)
		(void)snprintf(ret, 40, " (number %ld)", pid);
	return ret;
}

static int
file_lock(void *store, struct smartlic_error *err)
{
	struct file_store *fs = store;
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char who[40];
	int fd;

	if (fs->read_only)
		return sl_fail(
		    err, SMARTLIC_E_STATE, "the store %s was opened for reading only", fs->path);
	fd = openat(fs->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(fs, "open", "lock", err);
	/* of the open file, not of the process: two agents of one program exclude each other too */
	if (fcntl(fd, F_OFD_SETLK, &fl) < 0) {
		int busy = errno == EAGAIN || errno == EACCES;
		int r = busy ? sl_fail(err, SMARTLIC_E_STORE_BUSY,
				   "the store %s is in use by another process%s: stop it, or wait "
				   "until it has finished",
				   fs->path, holder(fd, who))
			     : fail(fs, "lock", "lock", err);

		(void)close(fd);
		return r;
	}
	leave_pid(fd);
	fs->lock = fd;
	return 0;
}

static void
file_unlock(void *store)
{
	struct file_store *fs = store;

	if (fs->lock >= 0) {
		(void)!ftruncate(fs->lock, 0);
		(void)close(fs->lock);
	}
	fs->lock = -1;
}

static int
read_all(int fd, char *buf, size_t cap, size_t *len)
{
	size_t n = 0;
	char one;

	for (;;) {
		/* one byte past cap tells a full buffer from a file that is too long */
		ssize_t got = n < cap ? read(fd, buf + n, cap - n) : read(fd, &one, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		if (n == cap)
			return 1;
		n += (size_t)got;
	}
	*len = n;
	return 0;
}

static int
file_read(void *store, int slot, void *buf, size_t cap, size_t *len, struct smartlic_error *err)
{
	struct file_store *fs = store;
	struct stat st;
	int fd, r;

	*len = 0;
	if (fs->dir < 0)
		return 0;
	fd = openat(fs->dir, slot_names[slot], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : fail(fs, "open", slot_names[slot], err);
	r = fstat(fd, &st);
	if (r == 0 && !S_ISREG(st.st_mode)) {
		errno = EINVAL;
		r = -1;
	}
	if (r == 0)
		r = read_all(fd, buf, cap, len);
	if (r < 0)
		r = fail(fs, "read", slot_names[slot], err);
	else if (r > 0)
		r = sl_fail(err, SMARTLIC_E_LIMIT, "%s/%s is larger than %zu bytes", fs->path,
		    slot_names[slot], cap);
	(void)close(fd);
	return r;
}

static int
write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, p, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		p += put;
		len -= (size_t)put;
	}
	return 0;
}

static int
file_write(void *store, int slot, const void *buf, size_t len, struct smartlic_error *err)
{
	struct file_store *fs = store;
	const char *name = new_names[slot];
	int fd, r;

	fd = openat(fs->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(fs, "create", name, err);
	if (fchmod(fd, 0600) < 0 || write_all(fd, buf, len) < 0 || fsync(fd) < 0) {
		r = fail(fs, "write", name, err);
		(void)close(fd);
		(void)unlinkat(fs->dir, name, 0);
		return r;
	}
	if (close(fd) < 0 || renameat(fs->dir, name, fs->dir, slot_names[slot]) < 0) {
		r = fail(fs, "rename", name, err);
		(void)unlinkat(fs->dir, name, 0);
		return r;
	}
	return fsync(fs->dir) < 0 ? fail(fs, "sync", "", err) : 0;
}

static void
file_free(void *store)
{
	struct file_store *fs = store;

	file_unlock(fs);
	if (fs->dir >= 0)
		(void)close(fs->dir);
	free(fs->path);
	free(fs);
}

static const struct smartlic_store_ops file_ops = {
	.size = sizeof(file_ops),
	.lock = file_lock,
	.unlock = file_unlock,
	.read = file_read,
	.write = file_write,
	.free = file_free,
};

/* The new folder's name is to survive as well. */
static void
sync_parent(int dir)
{
	int parent = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (parent < 0)
		return;
	(void)fsync(parent);
	(void)close(parent);
}

static int
open_folder(struct file_store *fs, struct smartlic_error *err)
{
	struct stat st;
	int made = 0;

	if (!fs->read_only) {
		made = mkdir(fs->path, 0700) == 0;
		if (!made && errno == ENOENT)
			return sl_fail(err, SMARTLIC_E_STORE,
			    "cannot create the store %s: its parent folder does not exist; create "
			    "it, or name another store",
			    fs->path);
		if (!made && errno != EEXIST)
			return fail(fs, "create", "", err);
	}
	fs->dir = open(fs->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs->dir < 0)
		return fs->read_only && errno == ENOENT ? 0 : fail(fs, "open", "", err);
	if (fstat(fs->dir, &st) < 0)
		return fail(fs, "look at", "", err);
	/* its owner could put another record in the place of this one; a reader, as the
	 * administrator may be of a daemon's store, hands nothing over */
	if (!fs->read_only && st.st_uid != 0 && st.st_uid != geteuid())
		return sl_fail(err, SMARTLIC_E_STORE,
		    "the store %s belongs to another user (number %lu): chown it to the one who "
		    "runs this, or run as that one",
		    fs->path, (unsigned long)st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return sl_fail(err, SMARTLIC_E_STORE,
		    "others may write to the store %s (mode %04o): chmod 0700 it", fs->path,
		    (unsigned int)(st.st_mode & 07777));
	if (made)
		sync_parent(fs->dir);
	return 0;
}

int
smartlic_store_file_new(
    struct smartlic_store *ret, const char *path, int read_only, struct smartlic_error *err)
{
	struct file_store *fs;
	int r;

	if (ret == NULL || path == NULL || path[0] == '\0')
		return sl_fail(err, SMARTLIC_E_INVAL, "smartlic_store_file_new: no path");
	fs = calloc(1, sizeof(*fs));
	if (fs == NULL)
		return sl_nomem(err);
	*fs = (struct file_store){ .dir = -1, .lock = -1, .read_only = read_only != 0 };
	fs->path = strdup(path);
	r = fs->path == NULL ? sl_nomem(err) : open_folder(fs, err);
	if (r < 0) {
		file_free(fs);
		return r;
	}
	*ret = (struct smartlic_store){ .ops = &file_ops, .store = fs };
	return 0;
}
