/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "doctor/doctor.h"

/* What `serve` runs as must own all of it, and nobody else may read a key. */
struct seen {
	struct doctor *d;
	uid_t owner; /* of the folder */
	int problems;
	unsigned int files;
};

static const char *
user_name(uid_t uid, char scratch[32])
{
	const struct passwd *pw = getpwuid(uid);

	if (pw != NULL)
		return pw->pw_name;
	(void)snprintf(scratch, 32, "number %lu", (unsigned long)uid);
	return scratch;
}

/* Certificates are public; all else is its owner's. */
static int
is_public(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".pem") == 0;
}

static void
look_at_file(struct seen *seen, const char *path, const char *name, const struct stat *st)
{
	mode_t mode = st->st_mode & 07777, wrong = is_public(name) ? 0022 : 0077;
	char scratch[32];

	seen->files++;
	if (st->st_uid != seen->owner) {
		seen->problems++;
		doctor_tell(seen->d, DOCTOR_BAD, "owner",
		    "'serve', which runs as the folder's owner, may not be able to use it",
		    "chown it to the folder's owner, and run commands as that user",
		    "%s belongs to %s", path, user_name(st->st_uid, scratch));
	}
	if ((mode & wrong) != 0) {
		seen->problems++;
		doctor_tell(seen->d, DOCTOR_BAD, "mode",
		    (mode & wrong & 0022) != 0
			? "others than its owner can change it"
			: "others than its owner can read what is secret in it",
		    is_public(name) ? "chmod 644" : "chmod 600, and think of who may have read it",
		    "%s has mode %04o", path, (unsigned int)mode);
	}
}

static void
look_through(struct seen *seen, const char *dir, int into_folders)
{
	DIR *handle = opendir(dir);
	struct dirent *e;
	struct stat st;
	char path[FILE_PATH_SIZE];

	if (handle == NULL) {
		seen->problems++;
		doctor_tell(seen->d, DOCTOR_BAD, "owner", "what is in it cannot be looked at",
		    "run this as the folder's owner", "%s: %s", dir, strerror(errno));
		return;
	}
	while ((e = readdir(handle)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    file_path(path, dir, e->d_name, NULL) < 0 || stat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			look_at_file(seen, path, e->d_name, &st);
		else if (S_ISDIR(st.st_mode) && into_folders)
			look_through(seen, path, 0);
	}
	(void)closedir(handle);
}

static void
look_at_folder(struct doctor *d, const struct stat *st)
{
	struct seen seen = { .d = d, .owner = st->st_uid };
	unsigned int mode = (unsigned int)(st->st_mode & 07777);
	char scratch[32];

	if ((mode & 0077) != 0)
		doctor_tell(d, (mode & 0022) != 0 ? DOCTOR_BAD : DOCTOR_WARNING, "mode",
		    (mode & 0022) != 0 ? "others can put other keys and another ledger there"
				       : "others see what is in it",
		    "chmod 700", "%s has mode %04o", d->data, mode);
	look_through(&seen, d->data, 1);
	if (seen.problems == 0)
		doctor_tell(d, DOCTOR_GOOD, "folder", "no other user reads keys or ledger", "",
		    "%s and the %u files in it belong to %s", d->data, seen.files,
		    user_name(st->st_uid, scratch));
}

static void
look_at_disk(struct doctor *d)
{
	char path[FILE_PATH_SIZE];
	struct statvfs fs;
	struct stat st;
	int64_t free_bytes, ledger = 0;
	enum doctor_grade grade;

	if (statvfs(d->data, &fs) < 0) {
		doctor_tell(d, DOCTOR_SKIPPED, "disk", "it was not looked at", "", "%s: %s",
		    d->data, strerror(errno));
		return;
	}
	if (file_path(path, d->data, DATA_LEDGER, NULL) == 0 && stat(path, &st) == 0)
		ledger = (int64_t)st.st_size;
	free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	grade = doctor_grade_disk(free_bytes, ledger);
	doctor_tell(d, grade, "disk",
	    grade == DOCTOR_GOOD      ? "there is room"
	    : grade == DOCTOR_WARNING ? "a copy of the ledger, or its growth, may find no room"
				      : "requests will soon be answered with status 503",
	    grade == DOCTOR_GOOD ? "" : "make room, or move the folder to a larger disk",
	    "%lld MiB are free; the ledger has %lld", (long long)(free_bytes >> 20),
	    (long long)(ledger >> 20));
}

int
doctor_data(struct doctor *d)
{
	struct stat st;

	if (stat(d->data, &st) < 0 || !S_ISDIR(st.st_mode)) {
		doctor_tell(d, DOCTOR_BAD, "folder", "there is no authority",
		    "make one with 'smartlic-manager init', or name its folder", "%s is no folder",
		    d->data);
		return SMARTLIC_E_NOT_FOUND;
	}
	look_at_folder(d, &st);
	look_at_disk(d);
	return 0;
}
