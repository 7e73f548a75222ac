/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "system.h"
#include "text.h"

/* What does not fit is left out; the line's end always fits. */
static void
add(struct log_line *l, const char *text, size_t len)
{
	size_t room = sizeof(l->text) - 2 - l->len;

	if (len > room)
		len = room;
	memcpy(l->text + l->len, text, len);
	l->len += len;
	l->text[l->len] = '\0';
}

static void
add_key(struct log_line *l, const char *key)
{
	if (l->len > 0)
		add(l, " ", 1);
	add(l, key, strlen(key));
	add(l, "=", 1);
}

static int
is_word(const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '=' || *p == '\\')
			return 0;
	return *value != '\0';
}

void
log_text(struct log_line *l, const char *key, const char *value)
{
	add_key(l, key);
	if (is_word(value)) {
		add(l, value, strlen(value));
		return;
	}
	add(l, "\"", 1);
	for (const char *p = value; *p != '\0'; p++) {
		size_t control = sl_control(p);

		/* room for the quotation mark that ends it */
		if (l->len + 6 > sizeof(l->text))
			break;
		if (control > 0) {
			add(l, "????", control);
			p += control - 1;
		} else {
			if (*p == '"' || *p == '\\')
				add(l, "\\", 1);
			add(l, p, 1);
		}
	}
	add(l, "\"", 1);
}

void
log_number(struct log_line *l, const char *key, int64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRId64, value);

	add_key(l, key);
	add(l, text, (size_t)n);
}

void
log_begin(struct log_line *l, const char *event)
{
	char at[SL_TIME_SIZE];

	l->len = 0;
	sl_time(at, system_now_s());
	log_text(l, "at", at);
	log_text(l, "event", event);
}

void
log_end(struct log_line *l)
{
	l->text[l->len++] = '\n';
	l->text[l->len] = '\0';
	(void)fputs(l->text, stderr);
}
