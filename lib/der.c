/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "der.h"

/* Longer lengths than this are never met: a message is smaller. */
#define LENGTH_BYTES_MAX 4

int
sl_der_peek(const struct sl_der *in)
{
	const unsigned char *p = in->data;

	return in->len > 0 ? p[0] : -1;
}

/* Reads the length at p, of which n bytes are there: bytes taken, 0 when malformed. */
static size_t
read_length(size_t *ret, const unsigned char *p, size_t n)
{
	size_t count, value = 0;

	if (n == 0)
		return 0;
	if (p[0] < 0x80) {
		*ret = p[0];
		return 1;
	}
	count = p[0] & 0x7f;
	/* 0: indefinite; a leading zero or a value below 128: not the shortest form */
	if (count == 0 || count > LENGTH_BYTES_MAX || n < count + 1 || p[1] == 0)
		return 0;
	for (size_t i = 1; i <= count; i++)
		value = value << 8 | p[i];
	if (value < 0x80)
		return 0;
	*ret = value;
	return count + 1;
}

int
sl_der_any(struct sl_der *in, struct sl_der *whole, struct sl_der *body)
{
	const unsigned char *p = in->data;
	size_t len = 0, head;

	if (in->len < 2 || (p[0] & 0x1f) == 0x1f)
		return -1;
	head = read_length(&len, p + 1, in->len - 1);
	if (head == 0)
		return -1;
	head++;
	if (len > in->len - head)
		return -1;
	if (whole != NULL)
		*whole = (struct sl_der){ p, head + len };
	if (body != NULL)
		*body = (struct sl_der){ p + head, len };
	in->data = p + head + len;
	in->len -= head + len;
	return 0;
}

int
sl_der_take(struct sl_der *in, int tag, struct sl_der *body)
{
	if (sl_der_peek(in) != tag)
		return -1;
	return sl_der_any(in, NULL, body);
}

int
sl_der_equal(const struct sl_der *a, const void *bytes, size_t len)
{
	return a->len == len && memcmp(a->data, bytes, len) == 0;
}

int
sl_der_expect(struct sl_der *in, const void *bytes, size_t len)
{
	struct sl_der left = *in, whole;

	if (sl_der_any(&left, &whole, NULL) < 0 || !sl_der_equal(&whole, bytes, len))
		return -1;
	*in = left;
	return 0;
}

int
sl_der_sorted(struct sl_der set)
{
	struct sl_der last = { NULL, 0 }, next;

	while (set.len > 0) {
		if (sl_der_any(&set, &next, NULL) < 0)
			return 0;
		if (last.data != NULL) {
			size_t n = last.len < next.len ? last.len : next.len;
			int order = memcmp(last.data, next.data, n);

			if (order > 0 || (order == 0 && last.len > next.len))
				return 0;
		}
		last = next;
	}
	return 1;
}

size_t
sl_der_size(size_t len)
{
	size_t head = 2;

	if (len >= 0x80)
		for (size_t v = len; v > 0; v >>= 8)
			head++;
	return head + len;
}

void
sl_der_head(struct sl_buf *ret, int tag, size_t len)
{
	unsigned char head[2 + sizeof(len)];
	size_t n = sl_der_size(len) - len;

	head[0] = (unsigned char)tag;
	if (n == 2) {
		head[1] = (unsigned char)len;
	} else {
		head[1] = (unsigned char)(0x80 | (n - 2));
		for (size_t i = n - 1; i >= 2; i--, len >>= 8)
			head[i] = (unsigned char)(len & 0xff);
	}
	sl_buf_add(ret, head, n);
}

void
sl_der_put(struct sl_buf *ret, int tag, const void *body, size_t len)
{
	sl_der_head(ret, tag, len);
	sl_buf_add(ret, body, len);
}
