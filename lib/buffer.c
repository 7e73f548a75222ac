/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

/* Room for len more bytes and a NUL.  The old place is wiped: realloc would leave a copy. */
static int
reserve(struct sl_buf *b, size_t len)
{
	size_t cap = b->cap == 0 ? 64 : b->cap;
	char *p;

	if (b->failed)
		return -1;
	if (len < b->cap && b->len < b->cap - len)
		return 0;
	while (cap <= len || cap - len <= b->len) {
		if (cap > SIZE_MAX / 2) {
			b->failed = 1;
			return -1;
		}
		cap *= 2;
	}
	p = malloc(cap);
	if (p == NULL) {
		b->failed = 1;
		return -1;
	}
	if (b->data != NULL) {
		memcpy(p, b->data, b->len + 1);
		explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	b->data = p;
	b->cap = cap;
	return 0;
}

void
sl_buf_reserve(struct sl_buf *b, size_t len)
{
	(void)reserve(b, len);
}

void
sl_buf_add(struct sl_buf *b, const void *data, size_t len)
{
	if (reserve(b, len) < 0)
		return;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
sl_buf_puts(struct sl_buf *b, const char *text)
{
	sl_buf_add(b, text, strlen(text));
}

void
sl_buf_int(struct sl_buf *b, int64_t value)
{
	char digits[24];
	char *p = digits + sizeof(digits);
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do
		*--p = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		*--p = '-';
	sl_buf_add(b, p, (size_t)(digits + sizeof(digits) - p));
}

void
sl_buf_printf(struct sl_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || reserve(b, (size_t)n) < 0) {
		b->failed = 1;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
sl_buf_free(struct sl_buf *b)
{
	if (b->data != NULL) {
		explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	*b = (struct sl_buf){ 0 };
}

char *
sl_buf_take(struct sl_buf *b)
{
	char *p;

	sl_buf_add(b, "", 0);
	p = b->failed ? NULL : b->data;
	if (p == NULL)
		sl_buf_free(b);
	*b = (struct sl_buf){ 0 };
	return p;
}
