/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdarg.h>
#include <string.h>

#include <smartlic/env.h>

#include "tests/suite.h"
#include "tools/cli.h"
#include "tools/syslog.h"

#define AT_MS INT64_C(1549882270123) /* 2019-02-11T10:51:10.123Z */
#define BOM   "\xef\xbb\xbf"

void
complain(const char *fmt, ...)
{
	(void)fmt;
}

static const struct {
	struct syslog_line line;
	const char *text;
} lines[] = {
	{ { SMARTLIC_LOG_INFO, AT_MS, "ios", 311, "%LICENSE-SMART_LIC-6-AGENT_READY : it is" },
	    "<30>1 2019-02-11T10:51:10.123Z ios smartlic 311 AGENT_READY - "
	    "%LICENSE-SMART_LIC-6-AGENT_READY : it is" },
	{ { SMARTLIC_LOG_ERROR, AT_MS, "ios", 1, "words without an id" },
	    "<27>1 2019-02-11T10:51:10.123Z ios smartlic 1 - - words without an id" },
	/* a year that the form cannot hold, a name that is none */
	{ { SMARTLIC_LOG_ERROR, INT64_MAX, "two words", 1, "x" }, "<27>1 - - smartlic 1 - - x" },
	{ { SMARTLIC_LOG_ERROR, -1, "", 1, "x" }, "<27>1 - - smartlic 1 - - x" },
	/* beyond ASCII the mark says that it is UTF-8 */
	{ { SMARTLIC_LOG_ERROR, AT_MS, "h", 1, "caf\xc3\xa9" },
	    "<27>1 2019-02-11T10:51:10.123Z h smartlic 1 - - " BOM "caf\xc3\xa9" },
	/* what ends a line or steers a terminal, also of the second control block */
	{ { SMARTLIC_LOG_ERROR, AT_MS, "h", 1, "a\nb\x1b[2J\x7f" },
	    "<27>1 2019-02-11T10:51:10.123Z h smartlic 1 - - a b [2J " },
	{ { SMARTLIC_LOG_ERROR, AT_MS, "h", 1,
	      "a\xc2\x9b"
	      "2J" },
	    "<27>1 2019-02-11T10:51:10.123Z h smartlic 1 - - a 2J" },
	/* what is no UTF-8 must not be sent under its mark */
	{ { SMARTLIC_LOG_ERROR, AT_MS, "h", 1, "\xff\xc0\xafz" },
	    "<27>1 2019-02-11T10:51:10.123Z h smartlic 1 - - ???z" },
	{ { SMARTLIC_LOG_ERROR, AT_MS, "h", 1, "caf\xc3\xa9 \xed\xa0\x80" },
	    "<27>1 2019-02-11T10:51:10.123Z h smartlic 1 - - " BOM "caf\xc3\xa9 ???" },
	{ { SMARTLIC_LOG_ERROR, AT_MS, "h", 1, "\xe2\x82\xac \xf0\x9f\x94\x91" },
	    "<27>1 2019-02-11T10:51:10.123Z h smartlic 1 - - " BOM
	    "\xe2\x82\xac \xf0\x9f\x94\x91" },
	{ { SMARTLIC_LOG_ERROR, AT_MS, "h", 1, "torn \xe2\x82" },
	    "<27>1 2019-02-11T10:51:10.123Z h smartlic 1 - - torn ??" },
};

START_TEST(a_line_has_the_form_of_rfc_5424)
{
	char text[SYSLOG_MAX];

	ck_assert_uint_eq(syslog_format(text, sizeof(text), &lines[_i].line), strlen(text));
	ck_assert_str_eq(text, lines[_i].text);
}
END_TEST

START_TEST(a_long_one_is_cut_between_characters)
{
	struct syslog_line line = { SMARTLIC_LOG_ERROR, AT_MS, "h", 1, NULL };
	char text[SYSLOG_MAX], message[2 * SYSLOG_MAX];
	size_t len;

	/* by each place at which the last one may begin */
	for (size_t shift = 0; shift < 3; shift++) {
		memset(message, 'x', shift);
		for (size_t i = shift; i + 4 <= sizeof(message); i += 3)
			memcpy(message + i, "\xe2\x82\xac", 4);
		line.message = message;
		len = syslog_format(text, sizeof(text), &line);
		ck_assert_uint_eq(len, strlen(text));
		ck_assert_uint_lt(len, SYSLOG_MAX);
		ck_assert_uint_ge(len, SYSLOG_MAX - 3);
		ck_assert_str_eq(text + len - 3, "\xe2\x82\xac");
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syslog");
	TCase *t = tcase_create("syslog");

	tcase_add_loop_test(
	    t, a_line_has_the_form_of_rfc_5424, 0, (int)(sizeof(lines) / sizeof(lines[0])));
	tcase_add_test(t, a_long_one_is_cut_between_characters);
	suite_add_tcase(s, t);
	return run_suite(s);
}
