/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "le.h"
#include "trace.h"

#define CHECK 11          /* after time, part and length */
#define HEAD  (CHECK + 4) /* and the check */

static uint32_t
fnv1a(uint32_t h, const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619U;
	return h;
}

static uint32_t
check_of(const unsigned char *line, size_t size)
{
	return fnv1a(fnv1a(2166136261U, line, CHECK), line + HEAD, size - HEAD);
}

/* How many bytes the line at p takes; 0: there is no line. */
static size_t
line_size(const unsigned char *p, size_t left)
{
	size_t text;

	if (left < HEAD || p[8] >= SL_TRACE_PARTS)
		return 0;
	text = (size_t)sl_le_get(p + 9, 2);
	return text > SL_TRACE_TEXT || text > left - HEAD ? 0 : HEAD + text;
}

/* Where there is no room the oldest lines go, and more than need be: what stays is moved, which is
 * not to happen for each line. */
static void
make_room(struct sl_trace *trace, size_t need)
{
	size_t gone = 0;

	if (trace->len + need <= SL_TRACE_SIZE)
		return;
	while (trace->len - gone + need > SL_TRACE_SIZE - SL_TRACE_SIZE / 8)
		gone += line_size(trace->data + gone, trace->len - gone);
	trace->len -= gone;
	memmove(trace->data, trace->data + gone, trace->len);
}

void
sl_trace_add(struct sl_trace *trace, enum sl_trace_part part, int64_t time_ms, const char *text)
{
	size_t len = strnlen(text, SL_TRACE_TEXT);
	unsigned char *p;

	make_room(trace, HEAD + len);
	p = trace->data + trace->len;
	sl_le_put(p, (uint64_t)time_ms, 8);
	p[8] = (unsigned char)part;
	sl_le_put(p + 9, len, 2);
	memcpy(p + HEAD, text, len);
	sl_le_put(p + CHECK, check_of(p, HEAD + len), HEAD - CHECK);
	trace->len += HEAD + len;
}

void
sl_trace_load(struct sl_trace *trace, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t size;

	while ((size = line_size(p, len)) > 0 &&
	       sl_le_get(p + CHECK, HEAD - CHECK) == check_of(p, size)) {
		make_room(trace, size);
		memcpy(trace->data + trace->len, p, size);
		trace->len += size;
		p += size;
		len -= size;
	}
}

int
sl_trace_next(const struct sl_trace *trace, size_t *at, struct sl_trace_line *ret)
{
	const unsigned char *p = trace->data + *at;
	size_t size = line_size(p, trace->len - *at);

	if (size == 0)
		return 0;
	ret->time_ms = (int64_t)sl_le_get(p, 8);
	ret->part = (enum sl_trace_part)p[8];
	memcpy(ret->text, p + HEAD, size - HEAD);
	ret->text[size - HEAD] = '\0';
	*at += size;
	return 1;
}
