/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "pem.h"
#include "text.h"

#define BEGIN      "-----BEGIN "
#define END        "-----END "
#define DASH       "-----"
#define LINE_CHARS 64

/* Takes one line, without its end and trailing blanks. */
static void
next_line(const char **text, size_t *len, const char **line, size_t *line_len)
{
	const char *nl = memchr(*text, '\n', *len);
	size_t n = nl != NULL ? (size_t)(nl - *text) : *len;
	size_t taken = nl != NULL ? n + 1 : n;

	*line = *text;
	while (n > 0 && ((*line)[n - 1] == '\r' || (*line)[n - 1] == ' ' || (*line)[n - 1] == '\t'))
		n--;
	*line_len = n;
	*text += taken;
	*len -= taken;
}

/* Is the line `start`LABEL-----?  Gives the label. */
static int
is_mark(const char *line, size_t len, const char *start, const char **label, size_t *label_len)
{
	size_t s = strlen(start), d = strlen(DASH);

	if (len < s + d || memcmp(line, start, s) != 0 || memcmp(line + len - d, DASH, d) != 0)
		return 0;
	*label = line + s;
	*label_len = len - s - d;
	return 1;
}

/* The lines up to the end mark of this label, joined. */
static int
read_body(
    struct sl_buf *base64, const char *label, size_t label_len, const char **text, size_t *len)
{
	const char *line, *end;
	size_t line_len, end_len;

	while (*len > 0) {
		next_line(text, len, &line, &line_len);
		if (is_mark(line, line_len, END, &end, &end_len))
			return end_len == label_len && memcmp(end, label, label_len) == 0 ? 0 : -1;
		if (line_len > 0 && line[0] == '-')
			return -1;
		sl_buf_add(base64, line, line_len);
	}
	return -1;
}

int
sl_pem_next(struct sl_pem *ret, const char **text, size_t *len)
{
	const char *start = *text, *line, *label = NULL;
	struct sl_pem out = { .before = 0 };
	struct sl_buf base64 = { 0 };
	size_t line_len, label_len = 0, left;
	const char *p;
	int r = -1;

	do {
		if (*len == 0)
			return 0;
		out.before = (size_t)(*text - start);
		next_line(text, len, &line, &line_len);
	} while (!is_mark(line, line_len, BEGIN, &label, &label_len));
	if (label_len >= sizeof(out.label))
		return -1;
	memcpy(out.label, label, label_len);

	p = *text;
	left = *len;
	if (read_body(&base64, label, label_len, &p, &left) == 0 && !base64.failed)
		r = sl_unbase64(&out.der, base64.len > 0 ? base64.data : "", base64.len);
	if (base64.failed)
		out.der.failed = 1;
	sl_buf_free(&base64);
	if (r < 0) {
		int failed = out.der.failed;

		sl_buf_free(&out.der);
		ret->der = (struct sl_buf){ .failed = failed };
		return -1;
	}
	*text = p;
	*len = left;
	*ret = out;
	return 1;
}

void
sl_pem_write(struct sl_buf *ret, const char *label, const void *der, size_t len)
{
	struct sl_buf base64 = { 0 };

	sl_base64(&base64, der, len);
	if (base64.failed)
		ret->failed = 1;
	sl_buf_printf(ret, BEGIN "%s" DASH "\n", label);
	for (size_t i = 0; i < base64.len; i += LINE_CHARS) {
		sl_buf_add(ret, base64.data + i,
		    base64.len - i < LINE_CHARS ? base64.len - i : LINE_CHARS);
		sl_buf_puts(ret, "\n");
	}
	sl_buf_printf(ret, END "%s" DASH "\n", label);
	sl_buf_free(&base64);
}
