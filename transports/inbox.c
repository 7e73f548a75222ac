/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inbox.h"

#define GIVEN_MAX 64

/* A file that was whole when it was read: what would differ if it were another. */
struct seen {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct sl_inbox {
	char *path;
	DIR *dir; /* a look is under way */
	size_t files;
	size_t torn;   /* of these, those that are not whole */
	size_t unread; /* and those that cannot be read */
	int more;      /* it ended before the folder did */
	int fd;        /* of the file that is being read; -1: none */
	struct sl_bundle bundle;
	struct stat st;
	int whole;
	struct seen *seen;
	size_t n_seen;
	uint64_t given[GIVEN_MAX]; /* the newest */
	size_t n_given;
};

struct sl_inbox *
sl_inbox_new(const char *path)
{
	struct sl_inbox *in = calloc(1, sizeof(*in));

	if (in == NULL)
		return NULL;
	in->fd = -1;
	in->path = strdup(path);
	if (in->path == NULL) {
		free(in);
		return NULL;
	}
	return in;
}

static void
close_file(struct sl_inbox *in)
{
	sl_bundle_release(&in->bundle);
	if (in->fd >= 0)
		(void)close(in->fd);
	in->fd = -1;
}

void
sl_inbox_rewind(struct sl_inbox *in)
{
	close_file(in);
	if (in->dir != NULL)
		(void)closedir(in->dir);
	in->dir = NULL;
	in->files = 0;
}

void
sl_inbox_forget(struct sl_inbox *in)
{
	sl_inbox_rewind(in);
	in->n_seen = in->n_given = 0;
}

void
sl_inbox_free(struct sl_inbox *in)
{
	if (in == NULL)
		return;
	sl_inbox_rewind(in);
	free(in->seen);
	free(in->path);
	free(in);
}

const char *
sl_inbox_path(const struct sl_inbox *in)
{
	return in->path;
}

size_t
sl_inbox_torn(const struct sl_inbox *in)
{
	return in->torn;
}

size_t
sl_inbox_unread(const struct sl_inbox *in)
{
	return in->unread;
}

int
sl_inbox_more(const struct sl_inbox *in)
{
	return in->more;
}

/* ---- files that were read --------------------------------------------------------------- */

static int
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static int
was_seen(const struct sl_inbox *in, const struct stat *st)
{
	for (size_t i = 0; i < in->n_seen; i++) {
		const struct seen *s = &in->seen[i];

		if (s->ino == st->st_ino && s->dev == st->st_dev && s->size == st->st_size &&
		    same_time(&s->mtime, &st->st_mtim) && same_time(&s->ctime, &st->st_ctim))
			return 1;
	}
	return 0;
}

/* Without memory it is read again the next time. */
static void
remember(struct sl_inbox *in, const struct stat *st)
{
	if (in->seen == NULL)
		in->seen = calloc(SL_INBOX_FILES_MAX, sizeof(*in->seen));
	if (in->seen == NULL)
		return;
	if (in->n_seen == SL_INBOX_FILES_MAX)
		in->n_seen = 0;
	in->seen[in->n_seen++] = (struct seen){ .dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime = st->st_mtim,
		.ctime = st->st_ctim };
}

/* ---- messages that were given ----------------------------------------------------------- */

/* FNV-1a: a message is not given twice, so that one which is refused is refused once. */
static uint64_t
digest(const unsigned char *der, size_t len)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		h = (h ^ der[i]) * UINT64_C(1099511628211);
	return h;
}

static int
was_given(struct sl_inbox *in)
{
	uint64_t h = digest(in->bundle.der, in->bundle.len);
	size_t n = in->n_given < GIVEN_MAX ? in->n_given : GIVEN_MAX;

	for (size_t i = 0; i < n; i++)
		if (in->given[i] == h)
			return 1;
	in->given[in->n_given++ % GIVEN_MAX] = h;
	return 0;
}

/* An answer repeats the id of its request, in plain text inside of it: what does not have it is
 * somebody else's.  Whether what has it is an answer is not judged here. */
static int
is_for(const struct sl_inbox *in, const char *request_id)
{
	return memmem(in->bundle.der, in->bundle.len, request_id, strlen(request_id)) != NULL;
}

/* ---- looking ---------------------------------------------------------------------------- */

int
sl_inbox_is_named(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	/* some sticks shout */
	return len > end && name[0] != '.' && strcasecmp(name + len - end, suffix) == 0;
}

static void
open_file(struct sl_inbox *in, const char *name)
{
	int fd = sl_bundle_open(dirfd(in->dir), name);

	if (fd < 0) {
		in->unread++;
		return;
	}
	in->fd = fd;
	if (fstat(fd, &in->st) != 0 || in->st.st_size > SL_BUNDLE_BYTES_MAX) {
		in->unread++;
		close_file(in);
		return;
	}
	if (was_seen(in, &in->st)) {
		close_file(in);
		return;
	}
	in->whole = 1;
	in->bundle = (struct sl_bundle){ .read = sl_bundle_read_fd, .ud = &in->fd };
}

/* The next file of the folder; 0: that was all. */
static int
next_file(struct sl_inbox *in)
{
	struct dirent *e;

	while ((e = readdir(in->dir)) != NULL) {
		in->more = in->files == SL_INBOX_FILES_MAX;
		if (in->more)
			return 0;
		in->files++;
		if (!sl_inbox_is_named(e->d_name, SL_ANSWER_SUFFIX))
			continue;
		open_file(in, e->d_name);
		if (in->fd >= 0)
			return 1;
	}
	return 0;
}

static enum sl_inbox_found
read_file(struct sl_inbox *in, const char *request_id)
{
	for (;;) {
		switch (sl_bundle_next(&in->bundle)) {
		case SL_BUNDLE_BLOCK:
			if (is_for(in, request_id) && !was_given(in))
				return SL_INBOX_ANSWER;
			break;
		case SL_BUNDLE_BAD: /* it may be one that has not arrived */
			in->whole = 0;
			break;
		case SL_BUNDLE_END:
			if (in->whole && in->bundle.blocks > 0)
				remember(in, &in->st);
			else
				in->torn++;
			close_file(in);
			return SL_INBOX_MORE;
		case SL_BUNDLE_CUT:
			in->torn++;
			close_file(in);
			return SL_INBOX_MORE;
		case SL_BUNDLE_LIMIT:
		case SL_BUNDLE_FAILED:
			close_file(in);
			return SL_INBOX_MORE;
		}
	}
}

enum sl_inbox_found
sl_inbox_step(struct sl_inbox *in, const char *request_id, const void **ret_der, size_t *ret_len)
{
	enum sl_inbox_found found;

	if (in->dir == NULL) {
		in->dir = opendir(in->path);
		in->torn = in->unread = 0;
		in->more = 0;
	}
	/* the stick is elsewhere */
	if (in->dir == NULL)
		return SL_INBOX_DONE;
	if (in->fd < 0 && !next_file(in)) {
		sl_inbox_rewind(in);
		return SL_INBOX_DONE;
	}
	found = read_file(in, request_id);
	if (found == SL_INBOX_ANSWER) {
		*ret_der = in->bundle.der;
		*ret_len = in->bundle.len;
	}
	return found;
}

/* ---- counting --------------------------------------------------------------------------- */

/* NULL: it can be read. */
static const char *
why_unread(DIR *dir, const char *name)
{
	int fd = sl_bundle_open(dirfd(dir), name);
	const char *why = NULL;
	struct stat st;

	if (fd < 0)
		return errno == ENOTSUP || errno == ELOOP ? "it is no regular file"
							  : strerror(errno);
	if (fstat(fd, &st) != 0 || st.st_size > SL_BUNDLE_BYTES_MAX)
		why = "it is too large";
	(void)close(fd);
	return why;
}

/* A stranger's name is not to command a terminal. */
static void
copy_name(char *ret, size_t cap, const char *name)
{
	size_t i;

	for (i = 0; i + 1 < cap && name[i] != '\0'; i++)
		ret[i] = name[i] >= ' ' && name[i] <= '~' ? name[i] : '?';
	ret[i] = '\0';
}

void
sl_inbox_count(struct sl_inbox_count *ret, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	const char *why;
	size_t looked = 0;

	*ret = (struct sl_inbox_count){ .why = "" };
	if (dir == NULL)
		return;
	while (!ret->more && (e = readdir(dir)) != NULL) {
		ret->more = looked++ == SL_INBOX_FILES_MAX;
		if (ret->more || !sl_inbox_is_named(e->d_name, SL_ANSWER_SUFFIX))
			continue;
		ret->files++;
		why = why_unread(dir, e->d_name);
		if (why == NULL)
			continue;
		if (ret->unread++ == 0) {
			copy_name(ret->name, sizeof(ret->name), e->d_name);
			ret->why = why;
		}
	}
	(void)closedir(dir);
}
