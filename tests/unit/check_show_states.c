/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/unit/show_states.h"

/*
 * Each state that the reference does not show, in whole texts: tests/states/NAME.txt, written by
 * hand from the labels that devices of this kind print.
 */

static void
append(struct sl_buf *ret, const struct smartlic_status *st, const char *command, int what)
{
	char *text = shown(st, what, SMARTLIC_SHOW_TEXT);

	sl_buf_printf(ret, "# show license %s\n%s", command, text);
	free(text);
}

START_TEST(each_state_has_the_text_that_was_written_for_it)
{
	struct smartlic_status st = reference();
	struct sl_buf got = { 0 };
	char want[8192], name[100];

	states[_i].set(&st);
	append(&got, &st, "all", SMARTLIC_SHOW_ALL);
	append(&got, &st, "status", SMARTLIC_SHOW_STATUS);
	append(&got, &st, "usage", SMARTLIC_SHOW_USAGE);
	if (states[_i].summary)
		append(&got, &st, "summary", SMARTLIC_SHOW_SUMMARY);
	(void)snprintf(name, sizeof(name), "states/%s.txt", states[_i].file);
	read_text(want, sizeof(want), name);
	ck_assert_str_eq(got.data, want);
	sl_buf_free(&got);
}
END_TEST

/* Monitors look for the word: it stands in good states only. */
START_TEST(the_word_authorized_stands_in_good_states_only)
{
	static const char *const good[] = { "id-renewal-failed", "authorization-call-failed",
		"reserved", "removed" };
	struct smartlic_status st = reference();
	int is_good = 0;

	states[_i].set(&st);
	if (states[_i].set == out_of_compliance) /* of the whole, not of each entitlement */
		st.n_entitlements = 0;
	for (size_t i = 0; i < N(good); i++)
		is_good |= strcmp(states[_i].file, good[i]) == 0;
	for (int what = SMARTLIC_SHOW_ALL; what <= SMARTLIC_SHOW_TECH && !is_good; what++)
		has_not(&st, what, "AUTHORIZED");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("show, states");
	TCase *t = tcase_create("states");

	tcase_add_loop_test(t, each_state_has_the_text_that_was_written_for_it, 0, N(states));
	tcase_add_loop_test(t, the_word_authorized_stands_in_good_states_only, 0, N(states));
	suite_add_tcase(s, t);
	return run_suite(s);
}
