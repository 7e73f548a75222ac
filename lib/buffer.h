/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_BUFFER_H
#define SL_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bytes that grow.  Zero to start; data is NULL or has a NUL after len bytes.
 * The first failed allocation sets `failed`; later appends do nothing, so that
 * a writer checks once, at its end.
 */
struct sl_buf {
	char *data;
	size_t len;
	size_t cap;
	int failed;
};

/* Room for len more bytes, so that adding them moves nothing. */
void sl_buf_reserve(struct sl_buf *b, size_t len);
void sl_buf_add(struct sl_buf *b, const void *data, size_t len);
void sl_buf_puts(struct sl_buf *b, const char *text);
void sl_buf_int(struct sl_buf *b, int64_t value); /* in decimal */
void sl_buf_printf(struct sl_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Frees, after overwriting: buffers hold keys. */
void sl_buf_free(struct sl_buf *b);
/* Hands the data over (never NULL unless failed) and leaves b empty. */
char *sl_buf_take(struct sl_buf *b);

#endif
