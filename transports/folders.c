/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "folders.h"

/* The largest request in its armour: three bytes are four characters, and each 64 a line. */
#define ROOM_MIN (SL_BUNDLE_MESSAGE_MAX / 3 * 4 + SL_BUNDLE_MESSAGE_MAX / 48 + 64)

/* ---- findings --------------------------------------------------------------------------- */

static struct smartlic_finding *
add(struct sl_folders *f, const char *place, const char *subject)
{
	struct smartlic_finding *ret = &f->finding[f->n++];

	*ret = (struct smartlic_finding){ .grade = SMARTLIC_GRADE_GOOD };
	(void)snprintf(ret->place, sizeof(ret->place), "%s", place);
	(void)snprintf(ret->subject, sizeof(ret->subject), "%s", subject);
	return ret;
}

static void found(struct smartlic_finding *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
found(struct smartlic_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(f->found, sizeof(f->found), fmt, ap);
	va_end(ap);
}

static void
say(struct smartlic_finding *f, int grade, const char *meaning, const char *cure)
{
	f->grade = grade;
	(void)snprintf(f->meaning, sizeof(f->meaning), "%s", meaning);
	(void)snprintf(f->cure, sizeof(f->cure), "%s", cure);
}

static void
failed(struct smartlic_finding *f, const char *what, const char *which, int error)
{
	char cure[sizeof(f->cure)];

	found(f, "%s: %s", what, strerror(error));
	sl_folder_cure(cure, sizeof(cure), which, error);
	say(f, SMARTLIC_GRADE_BAD,
	    strcmp(which, "outbox") == 0 ? "no request can be written, so that nothing is sent"
					 : "no answer is found there now",
	    cure);
}

static void
not_reached(struct sl_folders *f, const char *place, const char *subject)
{
	struct smartlic_finding *ret = add(f, place, subject);

	found(ret, "not reached");
	say(ret, SMARTLIC_GRADE_SKIPPED, "nothing is known of it", "mend what is above first");
}

void
sl_folder_cure(char *ret, size_t cap, const char *which, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		(void)snprintf(ret, cap,
		    "put the stick in or make the folder, or correct 'license smart file %s'",
		    which);
	else if (error == EROFS)
		(void)snprintf(ret, cap, "put in one that may be written to");
	else if (error == ENOSPC || error == EDQUOT)
		(void)snprintf(ret, cap, "make room there");
	else
		(void)snprintf(ret, cap, "let this user %s there",
		    strcmp(which, "outbox") == 0 ? "write" : "read");
}

int
sl_folders_next(struct sl_folders *f, struct smartlic_finding *ret)
{
	size_t size = ret->size;

	if (f->at == f->n) {
		f->n = f->at = 0;
		return 0;
	}
	*ret = f->finding[f->at++];
	ret->size = size;
	return 1;
}

/* ---- both ------------------------------------------------------------------------------- */

/* Opened to be listed, or -1 with the finding made. */
static int
open_folder(struct sl_folders *f, const char *path, const char *which, const char *risk)
{
	struct smartlic_finding *ret = add(f, path, "folder");
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (dir < 0 || fstat(dir, &st) != 0) {
		failed(ret, "cannot be opened", which, errno);
		if (dir >= 0)
			(void)close(dir);
		return -1;
	}
	found(ret, "its owner is user %lu, its permissions are %04o", (unsigned long)st.st_uid,
	    (unsigned)st.st_mode & 07777U);
	say(ret, SMARTLIC_GRADE_GOOD, "this user reaches it", "");
	if ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)
		say(ret, SMARTLIC_GRADE_WARNING, risk,
		    "let nobody write there but this user and who carries the files");
	return dir;
}

/* ---- outbox ----------------------------------------------------------------------------- */

/* As a file without a name; -1: errno, ENOTSUP where the file system has none such. */
static int
try_unnamed(int dir, const void *text, size_t len)
{
	int fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), saved;
	ssize_t n;

	if (fd < 0) {
		if (errno == EISDIR || errno == EINVAL || errno == ENOSYS)
			errno = ENOTSUP;
		return -1;
	}
	n = write(fd, text, len);
	saved = n < 0 ? errno : ENOSPC;
	(void)close(fd);
	errno = saved;
	return n == (ssize_t)len ? 0 : -1;
}

static void
look_at_writing(struct sl_folders *f, const struct sl_outbox_seen *seen, int dir)
{
	struct smartlic_finding *ret = add(f, seen->path, "writing");

	say(ret, SMARTLIC_GRADE_GOOD, "requests can be written", "");
	if (try_unnamed(dir, seen->text, seen->len) == 0) {
		found(ret, "%zu bytes could be written, in a file without a name", seen->len);
		return;
	}
	/* most sticks' file systems have no files without a name */
	if (errno == ENOTSUP && faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) == 0)
		found(ret, "permissions and file system allow it; it was not tried, since a file "
			   "here would have a name");
	else
		failed(ret, "nothing can be written", "outbox", errno);
}

static void
look_at_room(struct sl_folders *f, const char *path, int dir)
{
	struct smartlic_finding *ret = add(f, path, "room");
	struct statvfs st;
	unsigned long long room;

	if (fstatvfs(dir, &st) != 0 || st.f_blocks == 0) {
		found(ret, "the file system does not say");
		say(ret, SMARTLIC_GRADE_SKIPPED, "nothing is known of it", "");
		return;
	}
	room = (unsigned long long)st.f_bavail * st.f_frsize;
	found(ret, "%llu KiB are free, the largest request takes %d", room / 1024, ROOM_MIN / 1024);
	say(ret, SMARTLIC_GRADE_GOOD, "any request fits", "");
	if (room < ROOM_MIN)
		say(ret, SMARTLIC_GRADE_WARNING, "a large report does not fit", "make room there");
}

static size_t
count_requests(int dir, const char *name, int *ret_there)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	size_t n = 0;

	*ret_there = 0;
	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return 0;
	}
	while ((e = readdir(d)) != NULL) {
		n += (size_t)sl_inbox_is_named(e->d_name, SL_REQUEST_SUFFIX);
		*ret_there |= strcmp(e->d_name, name) == 0;
	}
	(void)closedir(d);
	return n;
}

static void
look_at_requests(struct sl_folders *f, const struct sl_outbox_seen *seen, int dir)
{
	struct smartlic_finding *ret = add(f, seen->path, "requests");
	int there;
	size_t n = count_requests(dir, seen->name, &there);

	if (there) {
		found(
		    ret, "requests there: %zu, the one that is open among them: %s", n, seen->name);
		say(ret, SMARTLIC_GRADE_GOOD, "it waits to be carried",
		    "carry it to the authority, and its answer into the inbox");
	} else if (seen->name[0] != '\0') {
		found(ret, "requests there: %zu, the one that is open not among them: %s", n,
		    seen->name);
		say(ret, SMARTLIC_GRADE_GOOD,
		    "it was carried, or is yet to be written, by 'run' or the next command", "");
	} else {
		found(ret, "requests there: %zu, and none is open", n);
		say(ret, SMARTLIC_GRADE_GOOD, "nothing waits to be carried",
		    n > 0 ? "remove those that were carried" : "");
	}
}

void
sl_folders_outbox(struct sl_folders *f, const struct sl_outbox_seen *seen)
{
	int dir;

	f->n = f->at = 0;
	dir = open_folder(f, seen->path, "outbox",
	    "whoever uses this device may take requests away or put others in their place");
	if (dir < 0) {
		not_reached(f, seen->path, "writing");
		not_reached(f, seen->path, "room");
		not_reached(f, seen->path, "requests");
		return;
	}
	look_at_writing(f, seen, dir);
	look_at_room(f, seen->path, dir);
	look_at_requests(f, seen, dir);
	(void)close(dir);
}

/* ---- inbox ------------------------------------------------------------------------------ */

static void
look_at_answers(struct sl_folders *f, const struct sl_inbox_seen *seen)
{
	struct smartlic_finding *ret = add(f, seen->path, "answers");
	struct sl_inbox_count count;

	sl_inbox_count(&count, seen->path);
	found(ret, "files of answers there: %zu%s", count.files,
	    seen->answered ? ", one with an answer that names the open request"
	    : seen->open   ? ", none with an answer to the open request"
			   : "");
	say(ret, SMARTLIC_GRADE_GOOD,
	    seen->answered ? "the next command judges and takes it, or 'run' within a minute"
	    : seen->open   ? "the answer is yet to come"
			   : "no request is open, so that nothing is waited for",
	    seen->answered ? "license smart file import, unless 'run' is there" : "");
	if (seen->answered)
		return;
	if (count.more) {
		found(ret, "more than %d files lie there", SL_INBOX_FILES_MAX);
		say(ret, SMARTLIC_GRADE_WARNING, "the rest is not looked at",
		    "remove those whose answers were taken");
	} else if (count.unread > 0) {
		found(ret, "files of answers there: %zu, %zu of them cannot be read: %.100s: %s",
		    count.files, count.unread, count.name, count.why);
		say(ret, SMARTLIC_GRADE_WARNING, "what is in there is not seen",
		    "let this user read it, as a regular file of at most 64 MiB");
	} else if (seen->torn > 0) {
		found(ret, "files of answers there: %zu, %zu of them not whole", count.files,
		    seen->torn);
		say(ret, SMARTLIC_GRADE_WARNING, "they are being copied, or were cut off",
		    "copy them once more");
	}
}

void
sl_folders_inbox(struct sl_folders *f, const struct sl_inbox_seen *seen)
{
	int dir;

	f->n = f->at = 0;
	dir = seen->is_outbox ? open(seen->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
			      : open_folder(f, seen->path, "inbox",
				    "whoever uses this device may take answers away; false ones "
				    "are not accepted");
	if (dir < 0) {
		not_reached(f, seen->path, "answers");
		return;
	}
	(void)close(dir);
	look_at_answers(f, seen);
}
