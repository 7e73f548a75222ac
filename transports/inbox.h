/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRANSPORTS_INBOX_H
#define TRANSPORTS_INBOX_H

#include "bundle.h"

/*
 * The folder that answers are laid into, looked through file by file.  Nothing in it is changed.  A
 * file that was whole is not read again until it changes; one that was not, each time.
 */
#define SL_INBOX_FILES_MAX 10000
#define SL_REQUEST_SUFFIX  ".slrq"
#define SL_ANSWER_SUFFIX   ".slrs"

struct sl_inbox;

enum sl_inbox_found {
	SL_INBOX_DONE = 0,   /* all was looked at */
	SL_INBOX_MORE = 1,   /* go on; nothing yet */
	SL_INBOX_ANSWER = 2, /* a message with the id in it, not given before: der, len */
};

/* path is copied; NULL: no memory. */
struct sl_inbox *sl_inbox_new(const char *path);
void sl_inbox_free(struct sl_inbox *inbox);
const char *sl_inbox_path(const struct sl_inbox *inbox);
/* What was read for another request is to be read for this one. */
void sl_inbox_forget(struct sl_inbox *inbox);
/* Ends a look that is under way; the next step begins one. */
void sl_inbox_rewind(struct sl_inbox *inbox);
/* At most one file's worth of work.  *ret_der is borrowed until the next call. */
enum sl_inbox_found sl_inbox_step(
    struct sl_inbox *inbox, const char *request_id, const void **ret_der, size_t *ret_len);

/* Of the last look: files that were not whole, as while they are being copied; those that could not
 * be read; whether there was more than a look goes through. */
size_t sl_inbox_torn(const struct sl_inbox *inbox);
size_t sl_inbox_unread(const struct sl_inbox *inbox);
int sl_inbox_more(const struct sl_inbox *inbox);

/* The files in it that may be of answers, as a look would find them. */
struct sl_inbox_count {
	size_t files;
	size_t unread; /* of these, those that cannot be read … */
	char name[SL_BUNDLE_NAME_SIZE];
	const char *why; /* … like this one; never NULL */
	int more;        /* there is more than a look goes through */
};
void sl_inbox_count(struct sl_inbox_count *ret, const char *path);
/* Whether a name ends like that, in whichever case. */
int sl_inbox_is_named(const char *name, const char *suffix);

#endif
