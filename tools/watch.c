/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "watch.h"

#define LOOK_MS   (60 * 1000)
#define SETTLE_MS 1000

static struct watch_look
look(const char *path)
{
	struct watch_look ret = { -1, -1, -1 };
	struct stat st;

	if (stat(path, &st) == 0)
		ret = (struct watch_look){ (int64_t)st.st_size, (int64_t)st.st_ino,
			(int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec };
	return ret;
}

static int
same(struct watch_look a, struct watch_look b)
{
	return a.size == b.size && a.ino == b.ino && a.mtime_ns == b.mtime_ns;
}

/* The folder, not the file: editors and careful writers put a new file in its place. */
static int
watch_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[4096] = ".";
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return -1;
	if (slash != NULL)
		(void)snprintf(
		    folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (inotify_add_watch(fd, folder,
		IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE) <
	    0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

void
watch_open(struct watch *w, const char *path)
{
	*w = (struct watch){ .path = path, .fd = watch_folder(path) };
	w->seen = w->settling = look(path);
	w->next_ms = run_mono_ms(NULL) + LOOK_MS;
}

void
watch_close(struct watch *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
}

/* What it was about does not matter: the file itself is looked at. */
static void
drain(int fd)
{
	char events[4096];

	while (fd >= 0 && read(fd, events, sizeof(events)) > 0)
		;
}

int
watch_changed(struct watch *w, int64_t now_ms)
{
	struct watch_look now = look(w->path);
	int settled = same(now, w->settling) && now_ms >= w->next_ms;

	drain(w->fd);
	if (same(now, w->seen)) {
		w->settling = now;
		w->next_ms = now_ms + LOOK_MS;
		return 0;
	}
	if (!settled) {
		if (!same(now, w->settling) || now_ms + SETTLE_MS < w->next_ms)
			w->next_ms = now_ms + SETTLE_MS;
		w->settling = now;
		return 0;
	}
	w->seen = now;
	w->next_ms = now_ms + LOOK_MS;
	return 1;
}
