/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_PEM_H
#define SL_PEM_H

#include <stddef.h>

#include "buffer.h"

/* The text armour of RFC 7468: base64 between two lines that name what it is. */
#define SL_PEM_LABEL_SIZE 64

struct sl_pem {
	char label[SL_PEM_LABEL_SIZE]; /* "CERTIFICATE" */
	struct sl_buf der;             /* the caller's; sl_buf_free */
	size_t before;                 /* bytes of other text before the block */
};

/*
 * Takes the next block off *text, *len; text between blocks is passed over.
 * 1: *ret holds it; 0: no further block; -1: a block that is not well formed
 * (or no memory: ret->der.failed); *text is then behind its first line.  On 0
 * and -1 there is nothing to free.
 */
int sl_pem_next(struct sl_pem *ret, const char **text, size_t *len);
void sl_pem_write(struct sl_buf *ret, const char *label, const void *der, size_t len);

#endif
