/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "json_put.h"
#include "text.h"

static int
is_reserved(unsigned char byte)
{
	return byte < 0x20 || byte == '"' || byte == '\\';
}

static void
put_string(struct sl_buf *b, const char *text)
{
	const char *from = text, *p;

	sl_buf_add(b, "\"", 1);
	for (p = text; *p != '\0'; p++) {
		if (!is_reserved((unsigned char)*p))
			continue;
		sl_buf_add(b, from, (size_t)(p - from));
		sl_buf_printf(b, "\\u%04x", (unsigned char)*p);
		from = p + 1;
	}
	sl_buf_add(b, from, (size_t)(p - from));
	sl_buf_add(b, "\"", 1);
}

/* Only a first member stands behind a bracket, and only the whole at the begin. */
static void
put_key(struct sl_buf *b, const char *key)
{
	if (b->len > 0 && strchr("{[", b->data[b->len - 1]) == NULL)
		sl_buf_add(b, ",", 1);
	if (key == NULL)
		return;
	sl_buf_add(b, "\"", 1);
	sl_buf_puts(b, key);
	sl_buf_add(b, "\":", 2);
}

void
sl_json_put_object(struct sl_buf *b, const char *key)
{
	put_key(b, key);
	sl_buf_add(b, "{", 1);
}

void
sl_json_put_list(struct sl_buf *b, const char *key)
{
	put_key(b, key);
	sl_buf_add(b, "[", 1);
}

void
sl_json_end_object(struct sl_buf *b)
{
	sl_buf_add(b, "}", 1);
}

void
sl_json_end_list(struct sl_buf *b)
{
	sl_buf_add(b, "]", 1);
}

void
sl_json_put_text(struct sl_buf *b, const char *key, const char *value)
{
	put_key(b, key);
	put_string(b, value);
}

void
sl_json_put_int(struct sl_buf *b, const char *key, int64_t value)
{
	put_key(b, key);
	sl_buf_int(b, value);
}

void
sl_json_put_time(struct sl_buf *b, const char *key, int64_t at_s)
{
	char time[SL_TIME_SIZE];

	sl_time(time, at_s);
	sl_json_put_text(b, key, time);
}

void
sl_json_put_bool(struct sl_buf *b, const char *key, int value)
{
	put_key(b, key);
	sl_buf_puts(b, value ? "true" : "false");
}

void
sl_json_put_json(struct sl_buf *b, const char *key, const char *json, size_t len)
{
	put_key(b, key);
	sl_buf_add(b, json, len);
}
