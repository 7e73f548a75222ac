/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/output.h"
#include "text.h"

#define COLUMNS_MAX 16
#define GAP         2
#define CELL_SIZE   2048
#define INDENT      4
#define LINE        80 /* what is below a row is folded to fit */

json_t *
output_time(int64_t s)
{
	char text[SL_TIME_SIZE];

	if (s == INT64_MIN)
		return json_null();
	sl_time(text, s);
	return json_string(text);
}

void
output_text_to(FILE *file, const char *text)
{
	for (size_t n; *text != '\0'; text += n > 0 ? n : 1) {
		n = sl_control(text);
		(void)putc(n > 0 ? '?' : *text, file);
	}
}

void
output_text(const char *text)
{
	output_text_to(stdout, text);
}

json_t *
output_string(const char *text)
{
	struct sl_buf ascii = { 0 };
	json_t *ret = json_string(text);

	if (ret != NULL)
		return ret;
	sl_buf_puts(&ascii, text);
	for (size_t i = 0; i < ascii.len; i++)
		if ((unsigned char)ascii.data[i] >= 0x80)
			ascii.data[i] = '?';
	if (ascii.data != NULL)
		ret = json_stringn(ascii.data, ascii.len);
	sl_buf_free(&ascii);
	return ret;
}

/* A list of texts, with commas. */
static const char *
joined(const json_t *list, char scratch[CELL_SIZE])
{
	size_t used = 0;

	(void)snprintf(scratch, CELL_SIZE, "-");
	for (size_t i = 0; i < json_array_size(list) && used < CELL_SIZE; i++)
		used += (size_t)snprintf(scratch + used, CELL_SIZE - used, "%s%s",
		    i == 0 ? "" : ", ", json_string_value(json_array_get(list, i)));
	return scratch;
}

/* What stands in a cell; scratch is for what is no text. */
static const char *
cell(const json_t *object, const char *key, char scratch[CELL_SIZE])
{
	const json_t *value = json_object_get(object, key);

	if (json_is_string(value))
		return json_string_value(value)[0] != '\0' ? json_string_value(value) : "-";
	if (json_is_integer(value)) {
		(void)snprintf(scratch, CELL_SIZE, "%lld", (long long)json_integer_value(value));
		return scratch;
	}
	if (json_is_array(value))
		return joined(value, scratch);
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	return "-";
}

/* Characters of UTF-8, each taken for one place wide. */
static size_t
width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void
put_padded(const char *text, size_t places)
{
	size_t used = width(text);

	output_text(text);
	for (; used < places; used++)
		putchar(' ');
}

static void
put_row(const json_t *object, const struct output_column *columns, size_t n, const size_t *places)
{
	char scratch[CELL_SIZE];

	for (size_t i = 0; i < n; i++) {
		const char *text =
		    object != NULL ? cell(object, columns[i].key, scratch) : columns[i].title;

		/* no blanks at the end of a line */
		put_padded(text, i + 1 < n ? places[i] + GAP : 0);
	}
	putchar('\n');
}

/* Folded between words; the lines after the first begin below it, `indent` places in. */
static void
put_folded(const char *text, size_t indent)
{
	char word[CELL_SIZE];
	size_t at = indent;

	while (*text != '\0') {
		(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, " "), text);
		if (at > indent && at + 1 + width(word) > LINE) {
			printf("\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			putchar(' ');
			at++;
		}
		output_text(word);
		at += width(word);
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void
put_below(const json_t *object, const struct output_column *below, size_t n)
{
	char scratch[CELL_SIZE], title[64];
	size_t places = 0;

	for (size_t i = 0; i < n; i++)
		if (width(below[i].title) > places)
			places = width(below[i].title);
	places += 1 + GAP;
	for (size_t i = 0; i < n; i++) {
		const char *text = cell(object, below[i].key, scratch);

		if (strcmp(text, "-") == 0)
			continue;
		(void)snprintf(title, sizeof(title), "%s:", below[i].title);
		printf("%*s", INDENT, "");
		put_padded(title, places);
		put_folded(text, INDENT + places);
	}
}

int
output_json(const json_t *value, struct smartlic_error *err)
{
	if (json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "the output cannot be written");
	putchar('\n');
	return 0;
}

int
output_list(const json_t *list, const struct output_column *columns, size_t n, int as_json,
    struct smartlic_error *err)
{
	size_t places[COLUMNS_MAX] = { 0 }, i, in_row = 0, below;
	char scratch[CELL_SIZE];
	json_t *object;

	if (as_json)
		return output_json(list, err);
	if (n > COLUMNS_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT, "%zu columns", n);
	while (in_row < n && columns[in_row].key != NULL)
		in_row++;
	below = in_row < n ? in_row + 1 : n;
	for (size_t c = 0; c < in_row; c++) {
		places[c] = width(columns[c].title);
		json_array_foreach(list, i, object) {
			size_t w = width(cell(object, columns[c].key, scratch));

			if (w > places[c])
				places[c] = w;
		}
	}
	put_row(NULL, columns, in_row, places);
	json_array_foreach(list, i, object) {
		put_row(object, columns, in_row, places);
		put_below(object, columns + below, n - below);
	}
	return 0;
}

void
output_lines(const json_t *object, const struct output_column *columns, size_t n)
{
	char scratch[CELL_SIZE];
	size_t places = 0;

	for (size_t i = 0; i < n; i++)
		if (width(columns[i].title) > places)
			places = width(columns[i].title);
	for (size_t i = 0; i < n; i++) {
		char title[64];

		(void)snprintf(title, sizeof(title), "%s:", columns[i].title);
		put_padded(title, places + 1 + GAP);
		output_text(cell(object, columns[i].key, scratch));
		putchar('\n');
	}
}
