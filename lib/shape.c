/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "shape.h"

#define PATH_MAX_SHOWN  160
#define VALUE_MAX_SHOWN 48

static void
put_path(struct sl_buf *b, const struct sl_at *at)
{
	if (at == NULL)
		return;
	put_path(b, at->up);
	if (at->key == NULL)
		sl_buf_printf(b, "[%zu]", at->index);
	else
		sl_buf_printf(b, "%s%.*s", b->len > 0 ? "." : "", VALUE_MAX_SHOWN, at->key);
}

int
sl_shape_fail(const struct sl_at *at, int code, struct smartlic_error *err, const char *fmt, ...)
{
	char text[320];
	struct sl_buf path = { 0 };
	va_list ap;
	int r;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_path(&path, at);
	if (path.len == 0)
		r = sl_fail(err, code, "%s", text);
	else
		r = sl_fail(err, code, "%.*s: %s", PATH_MAX_SHOWN, path.data, text);
	sl_buf_free(&path);
	return r;
}

/* The value as it may be quoted in a text: short, whole characters, nothing that moves a cursor. */
static void
put_value(char *ret, size_t size, const json_t *v)
{
	static const char *const names[] = { [JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null" };
	size_t n;

	if (json_is_integer(v)) {
		(void)snprintf(ret, size, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	} else if (json_is_real(v)) {
		(void)snprintf(ret, size, "%g", json_real_value(v));
	} else if (json_is_string(v)) {
		n = json_string_length(v);
		if (n > VALUE_MAX_SHOWN)
			n = VALUE_MAX_SHOWN;
		while (n > 0 && n < json_string_length(v) &&
		       ((unsigned char)json_string_value(v)[n] & 0xc0) == 0x80)
			n--;
		(void)snprintf(ret, size, "\"%.*s%s\"", (int)n, json_string_value(v),
		    n < json_string_length(v) ? "…" : "");
		for (char *p = ret; *p != '\0'; p++)
			if ((unsigned char)*p < 0x20 || *p == 0x7f)
				*p = '?';
	} else {
		(void)snprintf(ret, size, "%s", names[json_typeof(v)]);
	}
}

static int
unexpected(const struct sl_at *at, int code, struct smartlic_error *err, const char *expected,
    const json_t *v)
{
	char got[128];

	put_value(got, sizeof(got), v);
	return sl_shape_fail(at, code, err, "expected %s, got %s", expected, got);
}

static int
read_int(int64_t *ret, const json_t *v, const struct sl_field *f, const struct sl_at *at, int code,
    struct smartlic_error *err)
{
	char expected[96];

	if (json_is_integer(v) && json_integer_value(v) >= f->min &&
	    json_integer_value(v) <= f->max) {
		*ret = json_integer_value(v);
		return 0;
	}
	if (f->max == INT64_MAX || (!json_is_integer(v) && f->min == 0))
		(void)snprintf(expected, sizeof(expected), "integer ≥ %" PRId64, f->min);
	else
		(void)snprintf(
		    expected, sizeof(expected), "integer %" PRId64 " to %" PRId64, f->min, f->max);
	return unexpected(at, code, err, expected, v);
}

static int
read_millionths(int64_t *ret, const json_t *v, const struct sl_field *f, const struct sl_at *at,
    int code, struct smartlic_error *err)
{
	char expected[96];
	double d;

	d = json_is_number(v) ? json_number_value(v) * 1e6 : -1;
	if (json_is_number(v) && d >= (double)f->min && d <= (double)f->max) {
		*ret = (int64_t)(d + 0.5);
		return 0;
	}
	(void)snprintf(expected, sizeof(expected), "number %g to %g", (double)f->min / 1e6,
	    (double)f->max / 1e6);
	return unexpected(at, code, err, expected, v);
}

static int
read_text(const char **ret, const json_t *v, const struct sl_field *f, const struct sl_at *at,
    int code, struct smartlic_error *err)
{
	char expected[96];
	size_t n = json_string_length(v);

	if (json_is_string(v) && n >= (size_t)f->min && n <= (size_t)f->max &&
	    strlen(json_string_value(v)) == n) {
		*ret = json_string_value(v);
		return 0;
	}
	(void)snprintf(expected, sizeof(expected), "string of %" PRId64 " to %" PRId64 " bytes",
	    f->min, f->max);
	return unexpected(at, code, err, expected, v);
}

static int
read_word(int *ret, const json_t *v, const struct sl_field *f, const struct sl_at *at, int code,
    struct smartlic_error *err)
{
	struct sl_buf expected = { 0 };
	int r;

	for (int i = 0; json_is_string(v) && f->words[i] != NULL; i++) {
		if (strcmp(json_string_value(v), f->words[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	for (int i = 0; f->words[i] != NULL; i++)
		sl_buf_printf(&expected, "%s\"%s\"",
		    i == 0                    ? ""
		    : f->words[i + 1] == NULL ? " or "
					      : ", ",
		    f->words[i]);
	r = unexpected(at, code, err, expected.failed ? "a known word" : expected.data, v);
	sl_buf_free(&expected);
	return r;
}

static int
read_container(const json_t **ret, const json_t *v, const struct sl_field *f,
    const struct sl_at *at, int code, struct smartlic_error *err)
{
	char expected[96];

	if (f->type == SL_FIELD_OBJECT) {
		if (!json_is_object(v))
			return unexpected(at, code, err, "an object", v);
	} else if (!json_is_array(v)) {
		return unexpected(at, code, err, "an array", v);
	} else if (json_array_size(v) < (size_t)f->min || json_array_size(v) > (size_t)f->max) {
		(void)snprintf(expected, sizeof(expected), "%" PRId64 " to %" PRId64 " elements",
		    f->min, f->max);
		return sl_shape_fail(
		    at, code, err, "expected %s, got %zu", expected, json_array_size(v));
	}
	*ret = v;
	return 0;
}

static int
read_field(void *ret, const json_t *v, const struct sl_field *f, const struct sl_at *at, int code,
    struct smartlic_error *err)
{
	void *p = (char *)ret + f->offset;

	switch (f->type) {
	case SL_FIELD_INT:
		return read_int(p, v, f, at, code, err);
	case SL_FIELD_MILLIONTHS:
		return read_millionths(p, v, f, at, code, err);
	case SL_FIELD_BOOL:
		if (!json_is_boolean(v))
			return unexpected(at, code, err, "true or false", v);
		*(int *)p = json_is_true(v);
		return 0;
	case SL_FIELD_TEXT:
		return read_text(p, v, f, at, code, err);
	case SL_FIELD_WORD:
		return read_word(p, v, f, at, code, err);
	case SL_FIELD_OBJECT:
	case SL_FIELD_ARRAY:
		return read_container(p, v, f, at, code, err);
	}
	return 0;
}

int
sl_shape_read(void *ret, const json_t *obj, const struct sl_field *fields, size_t n,
    const struct sl_at *at, int code, struct smartlic_error *err)
{
	struct sl_at in = { .up = at };
	const char *key;
	json_t *v;
	size_t i;
	int r;

	if (!json_is_object(obj))
		return unexpected(at, code, err, "an object", obj);
	json_object_foreach((json_t *)(uintptr_t)obj, key, v)
	{
		in.key = key;
		for (i = 0; i < n && strcmp(fields[i].key, key) != 0; i++)
			;
		if (i == n)
			return sl_shape_fail(&in, code, err,
			    "no such member; the first one known here is \"%s\"", fields[0].key);
		r = read_field(ret, v, &fields[i], &in, code, err);
		if (r < 0)
			return r;
	}
	for (i = 0; i < n; i++) {
		in.key = fields[i].key;
		if (fields[i].required && json_object_get(obj, fields[i].key) == NULL)
			return sl_shape_fail(&in, code, err, "missing");
	}
	return 0;
}

/* Counts what a parser would have to build; text in strings is skipped.  0 or a limit's name. */
static const char *
over(const char *p, size_t len, const struct sl_shape_limits *limits)
{
	size_t values = 1, objects = 0, depth = 0;
	int quoted = 0;

	for (size_t i = 0; i < len; i++) {
		if (quoted) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				quoted = 0;
			continue;
		}
		if (p[i] == '"') {
			quoted = 1;
		} else if (p[i] == '{' || p[i] == '[') {
			values++;
			objects++;
			if (++depth > limits->depth)
				return "depth";
		} else if (p[i] == '}' || p[i] == ']') {
			depth -= depth > 0;
		} else if (p[i] == ',') {
			values++;
		}
		if (values > limits->values)
			return "values";
		if (objects > limits->objects)
			return "objects and arrays";
	}
	return NULL;
}

int
sl_shape_load(json_t **ret, const void *bytes, size_t len, const struct sl_shape_limits *limits,
    int code, struct smartlic_error *err)
{
	json_error_t jerr;
	const char *what;
	json_t *root;

	if (len > limits->bytes)
		return sl_fail(err, SMARTLIC_E_LIMIT,
		    "%zu bytes of JSON; at most %zu are read, so split the file", len,
		    limits->bytes);
	what = over(bytes, len, limits);
	if (what != NULL)
		return sl_fail(err, SMARTLIC_E_LIMIT,
		    "too many or too deep: at most %zu values, %zu objects and arrays, depth %zu; "
		    "the limit of %s is passed",
		    limits->values, limits->objects, limits->depth, what);
	root = json_loadb(len == 0 ? "" : bytes, len, JSON_REJECT_DUPLICATES, &jerr);
	if (root == NULL && json_error_code(&jerr) == json_error_out_of_memory)
		return sl_nomem(err);
	if (root == NULL)
		return sl_fail_line(err, code, jerr.line > 0 ? jerr.line : 0,
		    "line %d, column %d: %.200s", jerr.line, jerr.column, jerr.text);
	if (!json_is_object(root)) {
		json_decref(root);
		return sl_fail(err, code, "expected a JSON object");
	}
	*ret = root;
	return 0;
}
