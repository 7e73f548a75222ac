/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "system.h"
#include "tests/suite.h"

/* What comes from outside, and what the log has of it. */
static const struct {
	const char *text, *logged;
} cases[] = {
	{ "a name", "a name" },
	{ "one\nat=x event=two", "one?at=x event=two" },
	{ "a \"quoted\\ text", "a \\\"quoted\\\\ text" },
	{ "\x1b[2J\x7f", "?[2J?" },
	{ "\xc2\x9b"
	  "2J",
	    "??2J" }, /* U+009B, which begins a command as ESC [ does */
	{ "\xc2\x80\xc2\x9f\xc2\xa0", "????\xc2\xa0" },
	{ "Z\xc3\xbcrich", "Z\xc3\xbcrich" },
};

START_TEST(a_line_of_the_log_stays_one_and_commands_no_terminal)
{
	char line[256] = "";
	const char *text;
	FILE *f = tmpfile();
	int former = dup(STDERR_FILENO);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(former, 0);
	ck_assert_int_ge(dup2(fileno(f), STDERR_FILENO), 0);
	system_log("%s", cases[_i].text);
	ck_assert_int_ge(dup2(former, STDERR_FILENO), 0);
	(void)close(former);
	rewind(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_int_eq(fgetc(f), EOF);
	(void)fclose(f);
	line[strcspn(line, "\n")] = '\0';
	text = strstr(line, " event=note text=\"");
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_eq(strstr(line, "at="), line);
	line[strlen(line) - 1] = '\0'; /* the quotation mark */
	ck_assert_str_eq(text + strlen(" event=note text=\""), cases[_i].logged);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("system");
	TCase *t = tcase_create("log");

	tcase_add_loop_test(t, a_line_of_the_log_stays_one_and_commands_no_terminal, 0,
	    sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	return run_suite(s);
}
