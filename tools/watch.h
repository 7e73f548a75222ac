/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_WATCH_H
#define TOOLS_WATCH_H

#include <stdint.h>

/*
 * A file that others rewrite.  It is looked at when its folder tells of a change, and once a minute
 * besides, for folders that tell nothing (a network's, for one).  A change counts when the file has
 * been the same for a second: what is half written is not read.
 */
struct watch_look {
	int64_t size, ino, mtime_ns; /* -1: not there */
};

struct watch {
	const char *path;
	int fd; /* to poll; -1: the folder tells nothing */
	struct watch_look seen, settling;
	int64_t next_ms; /* by run_mono_ms: the next look */
};

/* Starts with the file as it is now; path is borrowed. */
void watch_open(struct watch *w, const char *path);
void watch_close(struct watch *w);
/* To be called when fd is readable or next_ms has come; 1: the file has changed. */
int watch_changed(struct watch *w, int64_t now_ms);

#endif
