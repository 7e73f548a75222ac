/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "message.h"
#include "text.h"

/* Of a string's: nothing is to be done for it. */
static int
is_plain(char c)
{
	return c != '"' && c != '\\' && c != '\n' && c != '\0';
}

/*
 * What jansson would let through: depth, fractions, exponents, and a NUL after
 * a number, which it skips.  One pass over the bytes, before anything is
 * allocated for them; whether it is JSON at all is jansson's to say.
 */
static int
scan(const char *text, size_t len, struct smartlic_error *err)
{
	static const char number[] = "0123456789+-.eE";
	int depth = 0, in_string = 0, line = 1;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		line += c == '\n';
		if (c == '\0')
			return sl_fail_line(
			    err, SMARTLIC_E_JSON, line, "JSON, line %d: a NUL byte", line);
		if (in_string) {
			if (c == '\\')
				i++;
			in_string = c != '"';
			while (in_string && i + 1 < len && is_plain(text[i + 1]))
				i++;
		} else if (c == '"') {
			in_string = 1;
		} else if (c == '{' || c == '[') {
			if (++depth > SL_JSON_DEPTH_MAX)
				return sl_fail_line(err, SMARTLIC_E_JSON, line,
				    "JSON, line %d: nested deeper than %d", line,
				    SL_JSON_DEPTH_MAX);
		} else if (c == '}' || c == ']') {
			depth--;
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			for (; i < len && memchr(number, text[i], sizeof(number) - 1) != NULL; i++)
				if (memchr(".eE", text[i], 3) != NULL)
					return sl_fail_line(err, SMARTLIC_E_JSON, line,
					    "JSON, line %d: a number that is not an integer", line);
			i--;
		}
	}
	return 0;
}

/* jansson's words without its quotation of the input, which may be a secret or not printable. */
static int
fail_jansson(struct smartlic_error *err, json_error_t *jerr)
{
	char *near = strstr(jerr->text, " near ");

	if (jerr->text[0] == '\0' || json_error_code(jerr) == json_error_out_of_memory)
		return sl_nomem(err);
	if (near != NULL)
		*near = '\0';
	return sl_fail_line(err, SMARTLIC_E_JSON, jerr->line, "JSON, line %d, column %d: %s",
	    jerr->line, jerr->column, jerr->text);
}

int
sl_json_load(json_t **ret, const char *text, size_t len, size_t max, struct smartlic_error *err)
{
	json_error_t jerr = { .line = 0 };
	json_t *root;
	int r;

	if (len > max)
		return sl_fail(
		    err, SMARTLIC_E_JSON, "JSON of %zu bytes, at most %zu are allowed", len, max);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return sl_fail_line(
		    err, SMARTLIC_E_JSON, 1, "JSON, line 1: begins with a byte order mark");
	r = scan(text, len, err);
	if (r < 0)
		return r;
	root = json_loadb(len == 0 ? "" : text, len, JSON_REJECT_DUPLICATES, &jerr);
	if (root == NULL)
		return fail_jansson(err, &jerr);
	if (!json_is_object(root)) {
		json_decref(root);
		return sl_fail_line(err, SMARTLIC_E_JSON, 1, "JSON, line 1: not an object");
	}
	*ret = root;
	return 0;
}

/* What a member should have been. */
static int
fail_member(struct smartlic_error *err, const char *path, const char *key, const char *what)
{
	return sl_fail(err, SMARTLIC_E_JSON, "JSON member %s%s%s %s", path,
	    path[0] == '\0' ? "" : ".", key, what);
}

/* 1 found, 0 absent and that is allowed. */
static int
member(const json_t *obj, const char *path, const char *key, int optional, const json_t **ret,
    struct smartlic_error *err)
{
	*ret = json_object_get(obj, key);
	if (*ret != NULL)
		return 1;
	return optional ? 0 : fail_member(err, path, key, "is missing");
}

static int
get_str(const json_t *obj, const char *path, const char *key, int optional, const char **ret,
    struct smartlic_error *err)
{
	const json_t *v;
	int r = member(obj, path, key, optional, &v, err);

	if (r <= 0)
		return r;
	if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v))
		return fail_member(err, path, key, "is not a string");
	*ret = json_string_value(v);
	return 0;
}

static int
get_int(const json_t *obj, const char *path, const char *key, int optional, int64_t min,
    int64_t max, int64_t *ret, struct smartlic_error *err)
{
	const json_t *v;
	int r = member(obj, path, key, optional, &v, err);

	if (r <= 0)
		return r;
	if (!json_is_integer(v))
		return fail_member(err, path, key, "is not an integer");
	if (json_integer_value(v) < min || json_integer_value(v) > max)
		return sl_fail(err, SMARTLIC_E_JSON,
		    "JSON member %s%s%s is %lld, allowed are %lld to %lld", path,
		    path[0] == '\0' ? "" : ".", key, (long long)json_integer_value(v),
		    (long long)min, (long long)max);
	*ret = json_integer_value(v);
	return 0;
}

int
sl_json_str(const json_t *obj, const char *path, const char *key, const char **ret,
    struct smartlic_error *err)
{
	return get_str(obj, path, key, 0, ret, err);
}

int
sl_json_opt_str(const json_t *obj, const char *path, const char *key, const char **ret,
    struct smartlic_error *err)
{
	return get_str(obj, path, key, 1, ret, err);
}

int
sl_json_int(const json_t *obj, const char *path, const char *key, int64_t min, int64_t max,
    int64_t *ret, struct smartlic_error *err)
{
	return get_int(obj, path, key, 0, min, max, ret, err);
}

int
sl_json_opt_int(const json_t *obj, const char *path, const char *key, int64_t min, int64_t max,
    int64_t *ret, struct smartlic_error *err)
{
	return get_int(obj, path, key, 1, min, max, ret, err);
}

int
sl_json_obj(const json_t *obj, const char *path, const char *key, const json_t **ret,
    struct smartlic_error *err)
{
	const json_t *v;
	int r = member(obj, path, key, 0, &v, err);

	if (r < 0)
		return r;
	if (!json_is_object(v))
		return fail_member(err, path, key, "is not an object");
	*ret = v;
	return 0;
}

int
sl_json_arr(const json_t *obj, const char *path, const char *key, const json_t **ret,
    struct smartlic_error *err)
{
	const json_t *v;
	int r = member(obj, path, key, 0, &v, err);

	if (r < 0)
		return r;
	if (!json_is_array(v))
		return fail_member(err, path, key, "is not an array");
	*ret = v;
	return 0;
}

int
sl_json_time(const json_t *obj, const char *path, const char *key, int64_t *ret_s,
    struct smartlic_error *err)
{
	const char *text;
	int64_t s;
	int r = get_str(obj, path, key, 0, &text, err);

	if (r < 0)
		return r;
	if (sl_time_parse(&s, text) < 0)
		return fail_member(
		    err, path, key, "is not a time of the form YYYY-MM-DDThh:mm:ssZ");
	*ret_s = s;
	return 0;
}

int
sl_json_udi(const json_t *obj, const char *path, struct sl_udi *ret, struct smartlic_error *err)
{
	const char *pid, *sn, *uuid;
	const json_t *udi;
	char inner[128];
	int r = sl_json_obj(obj, path, "udi", &udi, err);

	if (r < 0)
		return r;
	(void)snprintf(inner, sizeof(inner), "%s%sudi", path, path[0] == '\0' ? "" : ".");
	if ((r = sl_json_str(udi, inner, "pid", &pid, err)) < 0 ||
	    (r = sl_json_str(udi, inner, "sn", &sn, err)) < 0 ||
	    (r = sl_json_str(udi, inner, "uuid", &uuid, err)) < 0)
		return r;
	r = sl_udi_set(ret, pid, sn, uuid, err);
	if (r < 0 && err != NULL)
		return sl_fail(err, SMARTLIC_E_JSON, "JSON member %s: %s", inner, err->text);
	return r < 0 ? SMARTLIC_E_JSON : 0;
}
