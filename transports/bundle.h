/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRANSPORTS_BUNDLE_H
#define TRANSPORTS_BUNDLE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Messages in files (doc/protocol.md, Files), for the file transport and the authority: PEM blocks
 * `BEGIN CMS` one after another, read as they come; what is between them is passed over.
 */
#define SL_BUNDLE_BYTES_MAX   (64 * 1024 * 1024)
#define SL_BUNDLE_BLOCKS_MAX  10000
#define SL_BUNDLE_MESSAGE_MAX (384 * 1024) /* DER */

enum sl_bundle_found {
	SL_BUNDLE_END = 0,    /* nothing follows, and all before was whole */
	SL_BUNDLE_BLOCK = 1,  /* a message: der, len */
	SL_BUNDLE_BAD = 2,    /* block number `blocks` is none: why; the next may be good */
	SL_BUNDLE_CUT = 3,    /* the last block has no end: a file that is being copied yet */
	SL_BUNDLE_LIMIT = 4,  /* more than is read: why; nothing follows */
	SL_BUNDLE_FAILED = 5, /* the file cannot be read, or no memory: errno; nothing follows */
};

struct sl_bundle {
	/* as read(2) */
	ssize_t (*read)(void *ud, void *buf, size_t size);
	void *ud;

	unsigned char *der; /* SL_BUNDLE_MESSAGE_MAX bytes; NULL until the first block */
	size_t len;
	int blocks; /* seen so far, bad ones too */
	const char *why;

	/* inner */
	char buf[4096];
	size_t at, filled, total;
	char line[32]; /* its beginning */
	size_t line_len;
	uint32_t bits;
	int n_bits, padding, inside, begun, flawed, over;
};

/* Zero it, set read and ud. */
enum sl_bundle_found sl_bundle_next(struct sl_bundle *bundle);
void sl_bundle_release(struct sl_bundle *bundle);

/* A read function on the file descriptor that ud, an int *, points to. */
ssize_t sl_bundle_read_fd(void *ud, void *buf, size_t size);

/* The armoured message, to be freed; NULL: no memory. */
char *sl_bundle_armour(const void *der, size_t len, size_t *ret_len);

/*
 * `PID-SN-UUID-XXXXXXXX` and the suffix (".slrq", ".slrs"): what is not a letter, a digit or '-'
 * becomes %XX, the last part is the beginning of the request's id.  -1: longer than `cap`.
 */
#define SL_BUNDLE_NAME_SIZE 256 /* with the NUL; no file name is longer */
int sl_bundle_name(char *ret, size_t cap, const char *pid, const char *sn, const char *uuid,
    const char *request_id, const char *suffix);

/* Opens a regular file, without waiting and following no link.  -1: errno, ENOTSUP for another
 * kind. */
int sl_bundle_open(int dir, const char *name);
/* Writes a file whole or not at all; what has its name is replaced, no link is followed.  -1:
 * errno. */
int sl_bundle_write(int dir, const char *name, const void *data, size_t len);

#endif
