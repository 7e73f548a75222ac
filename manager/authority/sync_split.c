/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"

/*
 * The rows of a satellite's message are most of it, and reading JSON is work of the processor like
 * another.  So they are cut out of the text before it is read, for several threads to read them.
 * What is not at once seen to be such a message is left to be read as a whole: this here judges
 * nothing.
 */

struct text {
	const char *p;
	size_t len, at;
};

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next character that is none between words; '\0' at the end. */
static char
next(struct text *t)
{
	while (t->at < t->len && is_blank(t->p[t->at]))
		t->at++;
	return t->at < t->len ? t->p[t->at] : '\0';
}

/* It is the next one, and is passed. */
static int
take(struct text *t, char c)
{
	if (next(t) != c)
		return 0;
	t->at++;
	return 1;
}

/* A quotation mark after an odd number of backslashes is one of the string's. */
static int
is_escaped(const char *from, const char *quote)
{
	const char *p = quote;

	while (p > from && p[-1] == '\\')
		p--;
	return (quote - p) % 2 == 1;
}

/* A string; its contents as they stand there. */
static int
take_string(struct text *t, const char **ret, size_t *ret_len)
{
	const char *from, *end;

	if (!take(t, '"'))
		return 0;
	from = end = t->p + t->at;
	for (;; end++) {
		end = memchr(end, '"', (size_t)(t->p + t->len - end));
		if (end == NULL)
			return 0;
		if (!is_escaped(from, end))
			break;
	}
	*ret = from;
	*ret_len = (size_t)(end - from);
	t->at += *ret_len + 1;
	return 1;
}

/* Any value: up to what ends it. */
static int
take_value(struct text *t, int depth_max)
{
	const char *s;
	size_t len;
	int depth = 0;

	do {
		switch (next(t)) {
		case '\0':
			return 0;
		case '"':
			if (!take_string(t, &s, &len))
				return 0;
			break;
		case '{':
		case '[':
			depth++;
			t->at++;
			break;
		case '}':
		case ']':
			depth--;
			t->at++;
			break;
		default:
			t->at++;
			while (t->at < t->len && strchr(",:]}", t->p[t->at]) == NULL)
				t->at++;
			break;
		}
		if (depth < 0 || depth > depth_max)
			return 0;
		while (depth > 0 && (take(t, ',') || take(t, ':')))
			continue;
	} while (depth > 0);
	return 1;
}

/* Within an object, after its '{' or a member: up to the value of the member with this name. */
static int
find_member(struct text *t, const char *name)
{
	const char *key;
	size_t len;

	for (;;) {
		if (!take_string(t, &key, &len) || !take(t, ':'))
			return 0;
		if (len == strlen(name) && memcmp(key, name, len) == 0)
			return 1;
		if (!take_value(t, SL_JSON_DEPTH_MAX) || !take(t, ','))
			return 0;
	}
}

static int
take_rows(struct text *t, struct sync_split *ret)
{
	size_t from;

	do {
		if (next(t) != '{' || ret->n == SYNC_ROWS_MAX)
			return 0;
		from = t->at;
		/* three above it are not seen by who reads it alone */
		if (!take_value(t, SL_JSON_DEPTH_MAX - 3))
			return 0;
		ret->rows[ret->n++] = (struct sl_der){ t->p + from, t->at - from };
	} while (take(t, ','));
	return next(t) == ']';
}

int
sync_split(struct sync_split *ret, const void *content, size_t len, struct smartlic_error *err)
{
	struct text t = { .p = content, .len = len };
	size_t from;

	*ret = (struct sync_split){ .n = 0 };
	if (!take(&t, '{') || !find_member(&t, "body") || !take(&t, '{') ||
	    !find_member(&t, "rows") || !take(&t, '[') || next(&t) == ']')
		return 0;
	from = t.at;
	ret->rows = calloc(SYNC_ROWS_MAX, sizeof(*ret->rows));
	if (ret->rows == NULL)
		return sl_nomem(err);
	if (!take_rows(&t, ret)) {
		sync_split_release(ret);
		return 0;
	}
	sl_buf_add(&ret->rest, content, from);
	sl_buf_add(&ret->rest, t.p + t.at, len - t.at);
	if (!ret->rest.failed)
		return 1;
	sync_split_release(ret);
	return sl_nomem(err);
}

void
sync_split_release(struct sync_split *split)
{
	free(split->rows);
	sl_buf_free(&split->rest);
	*split = (struct sync_split){ .n = 0 };
}
