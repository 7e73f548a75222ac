/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"

#define BEGIN_LINE "-----BEGIN CMS-----"
#define END_LINE   "-----END CMS-----"

/* ---- reading ---------------------------------------------------------------------------- */

/* The next byte; -1: there is none, -2: the file cannot be read. */
static int
next_byte(struct sl_bundle *b)
{
	ssize_t n;

	if (b->at == b->filled) {
		n = b->read(b->ud, b->buf, sizeof(b->buf));
		if (n < 0)
			return -2;
		if (n == 0)
			return -1;
		b->at = 0;
		b->filled = (size_t)n;
	}
	b->total++;
	return (unsigned char)b->buf[b->at++];
}

static int
sextet(int c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* One character of a block's body. */
static void
decode(struct sl_bundle *b, int c)
{
	int v = sextet(c);

	if (c == ' ' || c == '\t' || c == '\r' || b->flawed)
		return;
	if (c == '=') {
		b->padding++;
		return;
	}
	if (v < 0 || b->padding > 0 || (b->n_bits >= 2 && b->len == SL_BUNDLE_MESSAGE_MAX)) {
		b->flawed = 1;
		b->why = b->len == SL_BUNDLE_MESSAGE_MAX ? "larger than 384 KiB" : "not base64";
		return;
	}
	b->bits = b->bits << 6 | (uint32_t)v;
	b->n_bits += 6;
	if (b->n_bits >= 8) {
		b->n_bits -= 8;
		b->der[b->len++] = (unsigned char)(b->bits >> b->n_bits);
	}
}

static int
is_line(const struct sl_bundle *b, const char *mark)
{
	size_t n = b->line_len;

	while (n > 0 && n <= sizeof(b->line) && strchr(" \t\r", b->line[n - 1]) != NULL)
		n--;
	return n == strlen(mark) && memcmp(b->line, mark, n) == 0;
}

static enum sl_bundle_found
over(struct sl_bundle *b, enum sl_bundle_found found, const char *why)
{
	b->over = 1;
	b->why = why;
	return found;
}

static enum sl_bundle_found
begin(struct sl_bundle *b)
{
	if (b->blocks == SL_BUNDLE_BLOCKS_MAX)
		return over(b, SL_BUNDLE_LIMIT, "more than 10000 blocks");
	if (b->der == NULL)
		b->der = malloc(SL_BUNDLE_MESSAGE_MAX);
	if (b->der == NULL)
		return over(b, SL_BUNDLE_FAILED, "out of memory");
	b->inside = 1;
	b->begun = b->flawed = b->padding = b->n_bits = 0;
	b->bits = 0;
	b->len = 0;
	b->blocks++;
	return SL_BUNDLE_END;
}

static enum sl_bundle_found
bad(struct sl_bundle *b, const char *why)
{
	b->why = why;
	b->inside = 0;
	return SL_BUNDLE_BAD;
}

/* What is left over after the last whole byte are zeros, and as many '=' as they take. */
static enum sl_bundle_found
finish(struct sl_bundle *b)
{
	b->inside = 0;
	if (b->flawed)
		return SL_BUNDLE_BAD;
	if (b->n_bits == 6 || b->padding != b->n_bits / 2 ||
	    (b->bits & ((1U << b->n_bits) - 1)) != 0)
		return bad(b, "base64 that ends within a byte");
	return b->len > 0 ? SL_BUNDLE_BLOCK : bad(b, "empty");
}

/* A line is whole.  SL_BUNDLE_END: nothing came of it. */
static enum sl_bundle_found
take_line(struct sl_bundle *b)
{
	int was_inside = b->inside, is_begin = is_line(b, BEGIN_LINE),
	    is_end = is_line(b, END_LINE);
	int is_mark = b->line_len > 0 && b->line[0] == '-';

	b->line_len = 0;
	if (is_begin && was_inside) {
		b->begun = 1;
		return bad(b, "another block begins before its end");
	}
	if (is_begin)
		return begin(b);
	if (is_end && was_inside)
		return finish(b);
	return is_mark && was_inside ? bad(b, "a line in it is not base64") : SL_BUNDLE_END;
}

static enum sl_bundle_found
at_end(struct sl_bundle *b)
{
	enum sl_bundle_found found = take_line(b);

	b->over = 1;
	if (found == SL_BUNDLE_END && b->inside)
		return over(b, SL_BUNDLE_CUT, "it has no end");
	return found;
}

enum sl_bundle_found
sl_bundle_next(struct sl_bundle *b)
{
	enum sl_bundle_found found = b->begun ? begin(b) : SL_BUNDLE_END;

	while (!b->over && found == SL_BUNDLE_END) {
		int c = next_byte(b);

		if (c == -2)
			return over(b, SL_BUNDLE_FAILED, strerror(errno));
		if (c == -1)
			return at_end(b);
		if (b->total > SL_BUNDLE_BYTES_MAX)
			return over(b, SL_BUNDLE_LIMIT, "larger than 64 MiB");
		if (c == '\n') {
			found = take_line(b);
			continue;
		}
		if (b->line_len < sizeof(b->line))
			b->line[b->line_len] = (char)c;
		b->line_len += b->line_len <= sizeof(b->line);
		if (b->inside && b->line[0] != '-')
			decode(b, c);
	}
	return found;
}

void
sl_bundle_release(struct sl_bundle *b)
{
	free(b->der);
	b->der = NULL;
}

/* ---- writing ---------------------------------------------------------------------------- */

char *
sl_bundle_armour(const void *der, size_t len, size_t *ret_len)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = der;
	size_t size = (len + 2) / 3 * 4, lines = (size + 63) / 64;
	char *text = malloc(size + lines + sizeof(BEGIN_LINE "\n" END_LINE "\n")), *p = text;
	size_t column = 0;

	if (text == NULL)
		return NULL;
	memcpy(p, BEGIN_LINE "\n", sizeof(BEGIN_LINE));
	p += sizeof(BEGIN_LINE);
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16 | (i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0) |
			     (i + 2 < len ? in[i + 2] : 0);

		*p++ = letters[v >> 18];
		*p++ = letters[v >> 12 & 63];
		*p++ = i + 1 < len ? letters[v >> 6 & 63] : '=';
		*p++ = i + 2 < len ? letters[v & 63] : '=';
		column += 4;
		if (column % 64 == 0 || i + 3 >= len)
			*p++ = '\n';
	}
	memcpy(p, END_LINE "\n", sizeof(END_LINE) + 1);
	*ret_len = (size_t)(p - text) + sizeof(END_LINE);
	return text;
}
