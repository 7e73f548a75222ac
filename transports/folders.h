/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRANSPORTS_FOLDERS_H
#define TRANSPORTS_FOLDERS_H

#include <smartlic/transport.h>

#include "inbox.h"

/*
 * What is found of outbox and inbox before anything goes by them.  Nothing in them is changed: what
 * is written to see whether one can has no name, and is gone at once.
 */
#define SL_FOLDER_FINDINGS_MAX 4

struct sl_folders {
	struct smartlic_finding finding[SL_FOLDER_FINDINGS_MAX];
	size_t n, at;
};

/* What to do where a folder, named by the line `license smart file WHICH`, failed with errno. */
void sl_folder_cure(char *ret, size_t cap, const char *which, int error);

struct sl_outbox_seen {
	const char *path;
	const char *name; /* of the file with the request that is open; "" where none is */
	const void *text; /* of a request, to see whether one can be written */
	size_t len;
};
/* These two replace the findings that are to be told. */
void sl_folders_outbox(struct sl_folders *f, const struct sl_outbox_seen *seen);

struct sl_inbox_seen {
	const char *path;
	int is_outbox; /* which was looked at already */
	int open;      /* a request is, … */
	int answered;  /* … and an answer that names it lies there */
	size_t torn;   /* files that are not whole */
};
void sl_folders_inbox(struct sl_folders *f, const struct sl_inbox_seen *seen);
/* 1: *ret is the next finding; 0: all were told. */
int sl_folders_next(struct sl_folders *f, struct smartlic_finding *ret);

#endif
