/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "agent.h"
#include "tests/scenario/alone.h"
#include "text.h"

/* What the trace tells, how long it lives, and what never stands in it. */

/* What another process shows of the store: it takes no lock and writes nothing. */
static char *
shown(int what, int format)
{
	struct smartlic_store store = mem_store(&w.disk);
	struct smartlic_agent *a = NULL;
	struct smartlic_error err;
	char *text = NULL;

	ck_assert_int_eq(smartlic_agent_new(&a, &w.env, &err), 0);
	ck_assert_int_eq(smartlic_agent_set_store(a, &store, 1), 0);
	ck_assert_int_eq(smartlic_agent_show(a, what, format, &text), 0);
	smartlic_agent_free(a);
	return text;
}

static void
traced(const char *text)
{
	char *got = shown(SMARTLIC_SHOW_TRACE, SMARTLIC_SHOW_TEXT);

	ck_assert_msg(strstr(got, text) != NULL, "%s: not in:\n%s", text, got);
	free(got);
}

static void
not_traced(const char *text)
{
	char *got = shown(SMARTLIC_SHOW_TRACE, SMARTLIC_SHOW_TEXT);

	ck_assert_msg(strstr(got, text) == NULL, "%s: in:\n%s", text, got);
	free(got);
}

static void
remove_at_authority(void)
{
	w.oracle.deny = "instance_removed";
	w.oracle.deny_times = -1;
}

START_TEST(the_two_failures_after_a_removal_are_explained_to_another_process)
{
	world_ready(&w);
	remove_at_authority();
	renew_auth();
	traced("-3-AUTH_RENEW_FAILED : ");
	traced(
	    "the failure of authorize is expected: the authority has removed this instance, by ");
	traced("No feature stops; register it again, without 'force' (instance_removed: ");
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	world_settle(&w);
	traced("-3-AUTH_RENEW_FAILED : ");
	traced("-3-AGENT_DEREG_FAILED : ");
	traced("the failure of deregister is expected: ");
	traced("This device is clean; register it again, without 'force' (instance_removed: ");
}
END_TEST

START_TEST(requests_and_answers_are_traced_in_their_order)
{
	char *text, *made, *sent, *answered, *message;

	world_ready(&w);
	text = shown(SMARTLIC_SHOW_TRACE, SMARTLIC_SHOW_TEXT);
	made = strstr(text, "makes the request authorize ");
	ck_assert_ptr_nonnull(made);
	sent = strstr(made, "sends authorize ");
	ck_assert_ptr_nonnull(sent);
	answered = strstr(sent, "answer to authorize ");
	ck_assert_ptr_nonnull(answered);
	message = strstr(answered, "-6-AUTH_RENEW_SUCCESS : ");
	ck_assert_ptr_nonnull(message);
	free(text);
}
END_TEST

/* The trace goes along with what is written anyway. */
START_TEST(a_trace_alone_writes_nothing_and_waits_for_the_next_commit)
{
	long writes;

	world_ready(&w);
	writes = w.disk.writes;
	for (int i = 0; i < 1000; i++)
		sl_agent_trace(w.agent, "line %d", i);
	world_settle(&w);
	ck_assert_int_eq(w.disk.writes, writes);
	renew_auth();
	traced("line 999");
	ck_assert_uint_lt(w.disk.slot[0].len, 2 * SL_TRACE_SIZE);
}
END_TEST

START_TEST(a_trace_that_the_store_has_altered_costs_lines_and_nothing_else)
{
	char instance[37];

	world_ready(&w);
	sl_agent_trace(w.agent, "an altered line");
	sl_agent_trace(w.agent, "the line after it");
	ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	world_settle(&w); /* the request is in both slots, the answer in one */
	strcpy(instance, world_status(&w)->instance);
	world_stop(&w);
	for (int i = 0; i < SMARTLIC_STORE_SLOTS; i++) {
		struct sl_buf *slot = &w.disk.slot[i];
		char *at = memmem(slot->data, slot->len, "an altered line", 15);

		ck_assert_ptr_nonnull(at);
		*at ^= 1;
	}
	ck_assert_int_eq(world_start(&w), 0);
	ck_assert_str_eq(world_status(&w)->instance, instance);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_IDENTITY_LOST], 0);
	sl_agent_trace(w.agent, "a new line");
	renew_auth();
	traced("answer to register ");
	not_traced("altered line");
	not_traced("the line after it");
	traced("a new line");
}
END_TEST

START_TEST(counts_that_change_are_traced_as_the_platforms)
{
	static const char *const lines[] = { "in use: S-NCS1K4-LIC-100G= 8, before 0\n",
		"in use: S-NCS1K4-LIC-100G= 5, before 8\n" };
	char *text;

	world_ready(&w);
	ck_assert_int_eq(smartlic_agent_set_count(w.agent, TAG_G, 5), 0);
	world_settle(&w);
	text = shown(SMARTLIC_SHOW_PLATFORM_TRACE, SMARTLIC_SHOW_TEXT);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(strstr(text, lines[i]) != NULL, "%s: not in:\n%s", lines[i], text);
	ck_assert_ptr_null(strstr(text, "AUTH_RENEW_SUCCESS"));
	free(text);
}
END_TEST

START_TEST(whoever_only_looks_leaves_no_line)
{
	char *first, *second;

	world_ready(&w);
	first = shown(SMARTLIC_SHOW_TRACE, SMARTLIC_SHOW_TEXT);
	second = shown(SMARTLIC_SHOW_TRACE, SMARTLIC_SHOW_TEXT);
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
}
END_TEST

START_TEST(what_the_store_did_not_take_is_traced_as_undone)
{
	char *text = NULL;

	world_ready(&w);
	w.disk.broken = 1;
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), SMARTLIC_E_STORE);
	w.disk.broken = 0;
	ck_assert_int_eq(
	    smartlic_agent_show(w.agent, SMARTLIC_SHOW_TRACE, SMARTLIC_SHOW_TEXT, &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "agent: undone: "));
	free(text);
	renew_auth();
	traced("agent: undone: ");
}
END_TEST

START_TEST(a_foreign_stores_trace_is_not_shown)
{
	char *text = NULL;

	world_ready(&w);
	world_stop(&w);
	w.sn = "ANOTHER1";
	ck_assert_int_eq(world_start(&w), 0);
	ck_assert_int_eq(
	    smartlic_agent_show(w.agent, SMARTLIC_SHOW_TRACE, SMARTLIC_SHOW_TEXT, &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "STORE_COPIED"));
	ck_assert_ptr_null(strstr(text, "AUTH_RENEW_SUCCESS"));
	free(text);
}
END_TEST

/* A whole life with every kind of failure, and then all that can be printed. */
START_TEST(no_token_key_or_proof_stands_in_anything_that_is_shown)
{
	static const char *const forbidden[] = { ORACLE_TOKEN, ORACLE_TOKEN_SECRET, "PRIVATE KEY",
		"token_proof", "token_answer", "csr" };
	char key[2 * 16 + 1];

	w.net = NET_DOWN;
	world_register(&w);
	w.net = NET_PORTAL;
	world_pass(&w, DAYS(2));
	w.net = NET_UP;
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	/* its private part is not at its beginning, which is the same for all keys of a kind */
	sl_hex(key, w.agent->rec.current.key.data + w.agent->rec.current.key.len / 2, 16);
	renew_id();
	remove_at_authority();
	renew_auth();
	for (int what = SMARTLIC_SHOW_ALL; what <= SMARTLIC_SHOW_CALL_HOME_TECH_SUPPORT; what++)
		for (int format = SMARTLIC_SHOW_TEXT; format <= SMARTLIC_SHOW_JSON; format++) {
			char *text = shown(what, format);

			for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
				ck_assert_msg(strstr(text, forbidden[i]) == NULL, "%s in %d/%d",
				    forbidden[i], what, format);
			ck_assert_ptr_null(strstr(text, key));
			free(text);
		}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, trace");
	TCase *t = tcase_create("trace");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_two_failures_after_a_removal_are_explained_to_another_process);
	tcase_add_test(t, requests_and_answers_are_traced_in_their_order);
	tcase_add_test(t, a_trace_alone_writes_nothing_and_waits_for_the_next_commit);
	tcase_add_test(t, a_trace_that_the_store_has_altered_costs_lines_and_nothing_else);
	tcase_add_test(t, counts_that_change_are_traced_as_the_platforms);
	tcase_add_test(t, whoever_only_looks_leaves_no_line);
	tcase_add_test(t, what_the_store_did_not_take_is_traced_as_undone);
	tcase_add_test(t, a_foreign_stores_trace_is_not_shown);
	tcase_add_test(t, no_token_key_or_proof_stands_in_anything_that_is_shown);
	suite_add_tcase(s, t);
	return run_suite(s);
}
