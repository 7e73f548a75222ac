/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "commands/csv.h"
#include "message.h"

/* Also what is never shown, such as a name that is refused: else a spreadsheet's ISO 8859-1 would
 * be told as something else. */
static int
check_utf8(const char *text, size_t len, struct smartlic_error *err)
{
	const char *line = text, *end;

	for (int64_t n = 1; line < text + len; n++, line = end + 1) {
		json_t *good;

		end = memchr(line, '\n', len - (size_t)(line - text));
		if (end == NULL)
			end = text + len;
		good = json_stringn(line, (size_t)(end - line)); /* takes nothing else */
		if (good == NULL)
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "line %lld: no UTF-8: export it as CSV (UTF-8)", (long long)n);
		json_decref(good);
	}
	return 0;
}

int
csv_open(struct csv *csv, const char *text, size_t len, struct smartlic_error *err)
{
	const size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	if (memchr(text, '\0', len) != NULL)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "a NUL byte at %zu: the file is no text in UTF-8; export it as CSV (UTF-8)",
		    (size_t)((const char *)memchr(text, '\0', len) - text));
	if (check_utf8(text, len, err) < 0)
		return SMARTLIC_E_INVAL;
	csv->text = malloc(len + 1);
	if (csv->text == NULL)
		return sl_nomem(err);
	memcpy(csv->text, text, len);
	csv->text[len] = '\0';
	csv->at = csv->text + mark;
	csv->end = csv->text + len;
	csv->next_line = 1;
	return 0;
}

void
csv_close(struct csv *csv)
{
	free(csv->text);
	csv->text = NULL;
}

/* Where a field ends: moves on behind its end.  1: another one follows, 0: the record ends. */
static int
end_field(struct csv *csv, char *end)
{
	int more = *csv->at == ',';

	if (*csv->at == '\r' && csv->at[1] == '\n')
		csv->at++;
	if (*csv->at == '\n')
		csv->next_line++;
	if (csv->at < csv->end)
		csv->at++;
	*end = '\0';
	return more;
}

static int
is_end(const struct csv *csv)
{
	return csv->at >= csv->end || *csv->at == ',' || *csv->at == '\n' ||
	       (*csv->at == '\r' && csv->at[1] == '\n');
}

static int
quoted(struct csv *csv, struct smartlic_error *err)
{
	char *to = csv->at++;

	csv->field[csv->n++] = to;
	while (csv->at < csv->end) {
		if (*csv->at == '"' && csv->at[1] == '"')
			csv->at++;
		else if (*csv->at == '"') {
			csv->at++;
			if (is_end(csv))
				return end_field(csv, to);
			break;
		}
		csv->next_line += *csv->at == '\n';
		*to++ = *csv->at++;
	}
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "line %lld: a quoted field has no end, or something stands behind it; a quote in it is "
	    "written twice",
	    (long long)csv->line);
}

static int
plain(struct csv *csv)
{
	char *end;

	csv->field[csv->n++] = csv->at;
	while (!is_end(csv))
		csv->at++;
	end = csv->at;
	return end_field(csv, end);
}

int
csv_next(struct csv *csv, struct smartlic_error *err)
{
	int r = 1;

	while (
	    csv->at < csv->end && (*csv->at == '\n' || (*csv->at == '\r' && csv->at[1] == '\n'))) {
		csv->next_line += *csv->at == '\n';
		csv->at++;
	}
	if (csv->at >= csv->end)
		return 0;
	csv->line = csv->next_line;
	for (csv->n = 0; r == 1;) {
		if (csv->n == CSV_FIELDS_MAX)
			return sl_fail(err, SMARTLIC_E_INVAL, "line %lld: more than %d fields",
			    (long long)csv->line, CSV_FIELDS_MAX);
		r = *csv->at == '"' ? quoted(csv, err) : plain(csv);
	}
	return r < 0 ? r : 1;
}
