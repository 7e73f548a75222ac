/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "error.h"

static const struct {
	int code;
	int class_;
	const char *name;
	const char *text;
} errors[] = {
#define SMARTLIC_ERR_DEF(name, number, class_, text)                                             \
	{ -(number), SMARTLIC_CLASS_##class_, #name, text },
#include <smartlic/errors.def>
#undef SMARTLIC_ERR_DEF
};

static size_t
find(int code)
{
	size_t n = sizeof(errors) / sizeof(errors[0]);

	for (size_t i = 0; i < n; i++)
		if (errors[i].code == code)
			return i;
	return n;
}

const char *
smartlic_strerror(int code)
{
	size_t i = find(code);

	if (code >= 0)
		return "no error";
	return i < sizeof(errors) / sizeof(errors[0]) ? errors[i].text : "unknown error";
}

const char *
smartlic_error_name(int code)
{
	size_t i = find(code);

	if (code >= 0)
		return "OK";
	return i < sizeof(errors) / sizeof(errors[0]) ? errors[i].name : "UNKNOWN";
}

int
smartlic_error_class(int code)
{
	size_t i = find(code);

	if (code >= 0)
		return SMARTLIC_CLASS_NONE;
	return i < sizeof(errors) / sizeof(errors[0]) ? errors[i].class_ : SMARTLIC_CLASS_BUG;
}

void
sl_error_clear(struct smartlic_error *err)
{
	if (err == NULL)
		return;
	err->code = 0;
	err->line = 0;
	err->text[0] = '\0';
}

static int fail_v(struct smartlic_error *err, int code, int line, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));

static int
fail_v(struct smartlic_error *err, int code, int line, const char *fmt, va_list ap)
{
	char text[sizeof(err->text)] = ""; /* all of it: what is copied out is no stack's leftover */

	if (err == NULL)
		return code;
	/* by way of a copy: an argument may be err->text itself */
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	memcpy(err->text, text, sizeof(text));
	err->code = code;
	err->line = line;
	return code;
}

int
sl_fail(struct smartlic_error *err, int code, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = fail_v(err, code, 0, fmt, ap);
	va_end(ap);
	return r;
}

int
sl_fail_line(struct smartlic_error *err, int code, int line, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = fail_v(err, code, line, fmt, ap);
	va_end(ap);
	return r;
}

int
sl_nomem(struct smartlic_error *err)
{
	return sl_fail(err, SMARTLIC_E_NOMEM, "out of memory");
}
