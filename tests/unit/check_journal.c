/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include <smartlic/agent.h>

#include "env_system.h"
#include "journal.h"
#include "tests/suite.h"

static struct sl_journal j;
static int logged, level;
static char line[800];

static void
log_line(void *ud, int severity, const char *message)
{
	(void)ud;
	logged++;
	level = severity;
	(void)snprintf(line, sizeof(line), "%s", message);
}

static void
setup(void)
{
	memset(&j, 0, sizeof(j));
	logged = 0;
}

START_TEST(every_message_has_severity_mnemonic_and_one_hole_at_most)
{
	const struct sl_note_row *row = sl_note_row((enum sl_note)_i);
	const char *hole;
	char text[SL_JOURNAL_TEXT], head[80];

	ck_assert_ptr_nonnull(row->mnemonic);
	ck_assert_int_ge(row->severity, SMARTLIC_LOG_CRITICAL);
	ck_assert_int_le(row->severity, SMARTLIC_LOG_INFO);
	hole = strchr(row->text, '%');
	if (hole != NULL) {
		ck_assert_int_eq(hole[1], 's');
		ck_assert_ptr_null(strchr(hole + 1, '%'));
	}
	sl_note_format(text, sizeof(text), (enum sl_note)_i, "THIS %s %n");
	(void)snprintf(
	    head, sizeof(head), "%%LICENSE-SMART_LIC-%d-%s : ", (int)row->severity, row->mnemonic);
	ck_assert_int_eq(strncmp(text, head, strlen(head)), 0);
	ck_assert_int_eq(strstr(text, "THIS %s %n") != NULL, hole != NULL);
	sl_note_format(text, 20, (enum sl_note)_i, NULL);
	ck_assert_uint_eq(strlen(text), 19);
}
END_TEST

/* What the page tells besides. */
static const struct {
	const char *mnemonic, *cause, *consequence, *cure;
} told[] = {
#define SL_MESSAGE(note, event, level, mnemonic, text, cause, consequence, cure)                   \
	{ mnemonic, cause, consequence, cure },
#include "messages.def"
#undef SL_MESSAGE
};

static int
is_sentence(const char *text)
{
	size_t len = strlen(text);

	return len > 4 && text[len - 1] == '.' && strchr(text, '\n') == NULL;
}

START_TEST(every_message_has_a_cause_a_consequence_and_a_cure)
{
	ck_assert_msg(is_sentence(told[_i].cause), "%s: cause", told[_i].mnemonic);
	ck_assert_msg(is_sentence(told[_i].consequence), "%s: consequence", told[_i].mnemonic);
	ck_assert_msg(is_sentence(told[_i].cure), "%s: cure", told[_i].mnemonic);
}
END_TEST

START_TEST(no_two_messages_share_a_mnemonic)
{
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(told[i].mnemonic, told[_i].mnemonic);
}
END_TEST

/* The events of which the public smart-licensing MIB notifies, in its order. */
START_TEST(every_event_of_the_mib_has_its_message)
{
	static const struct {
		const char *event;
		enum sl_note note;
		const char *said;
	} mib[] = {
		{ "enforcement mode changed", SL_NOTE_ENFORCEMENT_MODE, "5-ENFORCEMENT_MODE_" },
		{ "… of an entitlement", SL_NOTE_ENTITLEMENT_MODE, "5-ENTITLEMENT_MODE_CHANGED" },
		{ "ready", SL_NOTE_READY, "6-AGENT_READY" },
		{ "enabled", SL_NOTE_ENABLED, "6-AGENT_ENABLED" },
		{ "disabled", SL_NOTE_DISABLED, "6-AGENT_DISABLED" },
		{ "registration failed", SL_NOTE_REGISTER_FAILED, "3-AGENT_REG_FAILED" },
		{ "registration succeeded", SL_NOTE_REGISTERED, "6-AGENT_REG_SUCCESS" },
		{ "ID certificate expired", SL_NOTE_ID_EXPIRED, "3-ID_CERT_EXPIRED" },
		{ "… renewed", SL_NOTE_ID_RENEWED, "6-ID_CERT_RENEW_SUCCESS" },
		{ "… renewal failed", SL_NOTE_ID_RENEW_FAILED, "3-ID_CERT_RENEW_FAILED" },
		{ "… not started", SL_NOTE_ID_RENEW_NOT_STARTED, "3-ID_CERT_RENEW_NOT_STARTED" },
		{ "… outside validity", SL_NOTE_ID_OUTSIDE_VALIDITY, "5-ID_CERT_OUTSIDE_VALIDITY" },
		{ "… about to expire", SL_NOTE_ID_EXPIRING, "4-ID_CERT_EXPIRED_WARNING" },
		{ "authorization renewed", SL_NOTE_AUTHORIZED, "6-AUTH_RENEW_SUCCESS" },
		{ "… renewal failed", SL_NOTE_AUTH_FAILED, "3-AUTH_RENEW_FAILED" },
		{ "communication failed", SL_NOTE_COMM_FAILED, "3-COMM_FAILED" },
		{ "… restored", SL_NOTE_COMM_RESTORED, "5-COMM_RESTORED" },
		{ "clock changed", SL_NOTE_CLOCK_CHANGED, "5-SYSTEM_CLOCK_CHANGED" },
		{ "evaluation about to expire", SL_NOTE_EVAL_ENDING, "4-EVAL_WILL_EXPIRE_WARNING" },
		{ "… expired", SL_NOTE_EVAL_EXPIRED, "3-EVAL_EXPIRED" },
		{ "deregistered", SL_NOTE_DEREGISTERED, "6-AGENT_DEREG_SUCCESS" },
		{ "deregistration failed", SL_NOTE_DEREGISTER_FAILED, "3-AGENT_DEREG_FAILED" },
	};
	char text[SL_JOURNAL_TEXT];

	ck_assert_uint_eq(sizeof(mib) / sizeof(mib[0]), 22);
	for (size_t i = 0; i < sizeof(mib) / sizeof(mib[0]); i++) {
		sl_note_format(text, sizeof(text), mib[i].note, "");
		ck_assert_msg(
		    strstr(text, mib[i].said) == strchr(text, '-') + strlen("-SMART_LIC-"),
		    "%s: %s", mib[i].event, text);
	}
}
END_TEST

START_TEST(no_detail_commands_a_terminal_or_forges_a_line)
{
	char text[SL_JOURNAL_TEXT];

	sl_note_format(
	    text, sizeof(text), SL_NOTE_COMM_FAILED, "a\n%LICENSE b\x1b[2Jc\xc2\x9b d\x7f\xc3\xa4");
	ck_assert_ptr_nonnull(strstr(text, " : a?%LICENSE b?[2Jc?? d?\xc3\xa4"));
}
END_TEST

START_TEST(nothing_is_heard_before_it_is_published)
{
	sl_journal_note(&j, SL_NOTE_REGISTERED, "x", 7);
	ck_assert_ptr_null(sl_journal_take(&j));
	ck_assert_int_eq(logged, 0);
	sl_journal_publish(&j, log_line, NULL);
	ck_assert_int_eq(logged, 1);
	ck_assert_int_eq(level, SMARTLIC_LOG_INFO);
	ck_assert_int_eq(sl_journal_take(&j)->time_ms, 7);
	ck_assert_ptr_null(sl_journal_take(&j));
}
END_TEST

START_TEST(what_was_undone_is_retracted)
{
	sl_journal_note(&j, SL_NOTE_REGISTERED, "kept", 1);
	sl_journal_publish(&j, NULL, NULL);
	sl_journal_note(&j, SL_NOTE_AUTHORIZED, "undone", 2);
	sl_journal_retract(&j);
	sl_journal_publish(&j, log_line, NULL);
	ck_assert_int_eq(logged, 0);
	ck_assert_ptr_nonnull(strstr(sl_journal_take(&j)->text, "kept"));
	ck_assert_ptr_null(sl_journal_take(&j));
}
END_TEST

START_TEST(a_full_journal_drops_the_oldest)
{
	char name[16];

	for (int i = 0; i < SL_JOURNAL_MAX + 5; i++) {
		(void)snprintf(name, sizeof(name), "<%d>", i);
		sl_journal_note(&j, SL_NOTE_COMM_FAILED, name, i);
		if (i % 3 == 0)
			sl_journal_publish(&j, NULL, NULL);
	}
	sl_journal_publish(&j, NULL, NULL);
	for (int i = 5; i < SL_JOURNAL_MAX + 5; i++)
		ck_assert_int_eq(sl_journal_take(&j)->time_ms, i);
	ck_assert_ptr_null(sl_journal_take(&j));
}
END_TEST

START_TEST(what_is_no_event_is_logged_only)
{
	sl_journal_note(&j, SL_NOTE_READY, NULL, 1);
	sl_journal_publish(&j, log_line, NULL);
	ck_assert_int_eq(logged, 1);
	ck_assert_ptr_null(sl_journal_take(&j));
}
END_TEST

/* ---- the system ------------------------------------------------------------------------- */

START_TEST(the_systems_clock_and_zone_are_plausible)
{
	struct smartlic_local_time t;
	char boot[SMARTLIC_BOOT_ID_LEN], again[SMARTLIC_BOOT_ID_LEN];
	unsigned char a[16], b[16];
	int64_t mono = sl_system_mono_ms(NULL);

	ck_assert(sl_system_wall_ms(NULL) > INT64_C(1700000000000));
	ck_assert(mono > 0 && sl_system_mono_ms(NULL) >= mono);
	ck_assert_int_eq(sl_system_random(NULL, a, sizeof(a)), 0);
	ck_assert_int_eq(sl_system_random(NULL, b, sizeof(b)), 0);
	ck_assert_mem_ne(a, b, sizeof(a));
	if (sl_system_boot_id(NULL, boot, sizeof(boot)) == 0) {
		ck_assert_int_eq(sl_system_boot_id(NULL, again, sizeof(again)), 0);
		ck_assert_str_eq(boot, again);
		ck_assert_ptr_null(strchr(boot, '\n'));
		ck_assert_int_eq(sl_system_boot_id(NULL, boot, 5), -1);
	}
	ck_assert_int_eq(setenv("TZ", "IST-5:30", 1), 0);
	/* 2019-02-11 10:21:10.047 UTC, as in the reference */
	ck_assert_int_eq(sl_system_local_time(NULL, INT64_C(1549880470047), &t), 0);
	ck_assert_int_eq(t.year, 2019);
	ck_assert_int_eq(t.month, 2);
	ck_assert_int_eq(t.day, 11);
	ck_assert_int_eq(t.weekday, 1);
	ck_assert_int_eq(t.hour, 15);
	ck_assert_int_eq(t.minute, 51);
	ck_assert_int_eq(t.second, 10);
	ck_assert_int_eq(t.millisecond, 47);
	ck_assert_str_eq(t.zone, "IST");
	ck_assert_int_eq(sl_system_local_time(NULL, -1, &t), 0);
	ck_assert_int_eq(t.millisecond, 999);
	ck_assert_int_eq(sl_system_local_time(NULL, INT64_MAX, &t), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("journal");
	TCase *t = tcase_create("journal");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(
	    t, every_message_has_severity_mnemonic_and_one_hole_at_most, 0, SL_NOTES);
	tcase_add_loop_test(t, every_message_has_a_cause_a_consequence_and_a_cure, 0, SL_NOTES);
	tcase_add_loop_test(t, no_two_messages_share_a_mnemonic, 0, SL_NOTES);
	tcase_add_test(t, every_event_of_the_mib_has_its_message);
	tcase_add_test(t, no_detail_commands_a_terminal_or_forges_a_line);
	tcase_add_test(t, nothing_is_heard_before_it_is_published);
	tcase_add_test(t, what_was_undone_is_retracted);
	tcase_add_test(t, a_full_journal_drops_the_oldest);
	tcase_add_test(t, what_is_no_event_is_logged_only);
	suite_add_tcase(s, t);
	t = tcase_create("system");
	tcase_add_test(t, the_systems_clock_and_zone_are_plausible);
	suite_add_tcase(s, t);
	return run_suite(s);
}
