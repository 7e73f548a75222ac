/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/unit/showing.h"

static int
no_zone(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret)
{
	(void)userdata;
	(void)wall_ms;
	(void)ret;
	return -1;
}

static const struct {
	int what;
	const char *file;
} golden[] = {
	{ SMARTLIC_SHOW_ALL, "show-license-all.txt" },
	{ SMARTLIC_SHOW_STATUS, "show-license-status.txt" },
	{ SMARTLIC_SHOW_USAGE, "show-license-usage.txt" },
	{ SMARTLIC_SHOW_UDI, "show-license-udi.txt" },
	{ SMARTLIC_SHOW_PLATFORM_DETAIL, "show-license-platform-detail.txt" },
};

START_TEST(the_references_examples_are_printed_byte_for_byte)
{
	struct smartlic_status st = reference();
	char name[100], text[8192];

	(void)snprintf(name, sizeof(name), "golden/%s", golden[_i].file);
	read_text(text, sizeof(text), name);
	shows(&st, golden[_i].what, text);
	/* a renewal in work is nothing that the reference shows */
	st.registration = SMARTLIC_REG_RENEWING;
	shows(&st, golden[_i].what, text);
}
END_TEST

START_TEST(before_the_first_answer_an_entitlement_waits)
{
	struct smartlic_status st = reference();

	st.authorization = SMARTLIC_AUTH_NONE;
	st.last_communication = (struct smartlic_attempt)NO_ATTEMPT;
	st.next_communication_ms = st.communication_deadline_ms = SMARTLIC_NO_TIME;
	ents[0].status = ents[1].status = SMARTLIC_AUTH_NONE;
	has(&st, SMARTLIC_SHOW_STATUS,
	    "\nLicense Authorization:\n  Last Communication Attempt: None\n");
	has(&st, SMARTLIC_SHOW_USAGE, "  Status: WAITING\n");
	has_not(&st, SMARTLIC_SHOW_ALL, "AUTHORIZED");
}
END_TEST

START_TEST(where_nothing_is_in_use_the_platform_has_no_feature)
{
	struct smartlic_status st = fresh();

	st.last_collection_ms = st.last_report_ms = st.next_report_ms = SMARTLIC_NO_TIME;
	shows(&st, SMARTLIC_SHOW_PLATFORM_DETAIL,
	    "Current state:    UNREGISTERED\n\n"
	    "Collection: LAST: None\n"
	    "            NEXT: Mon Feb 11 2019 16:57:53 IST\n"
	    "Reporting:  LAST: None\n"
	    "            NEXT: None\n\n"
	    "Parameters: Collection interval:      60 minute(s)\n"
	    "            Reporting interval:    1440 minute(s)\n"
	    "            Throughput gauge:      1000000 Kbps\n");
}
END_TEST

START_TEST(before_its_first_answer_the_platform_has_a_license_by_its_tag)
{
	struct smartlic_status st = reference();

	ents[0].name = "";
	ents[0].last_reported = 0;
	ents[0].next_report = 12345;
	has(&st, SMARTLIC_SHOW_PLATFORM_DETAIL,
	    "\n[ 1] Name: (S-NCS1K4-LIC-100G=)\n"
	    "     Entitlement Tag: " TAG_G "\n"
	    "     Count: Last reported:    0\n"
	    "            Next report:  12345\n");
}
END_TEST

START_TEST(the_platforms_summary_is_a_table_of_last_and_next)
{
	struct smartlic_status st = reference();

	ents[1].next_report = 3;
	shows(&st, SMARTLIC_SHOW_PLATFORM_SUMMARY,
	    "Collection: LAST: Mon Feb 11 2019 15:57:53 IST\n"
	    "            NEXT: Mon Feb 11 2019 16:57:53 IST\n"
	    "Reporting:  LAST: Mon Feb 11 2019 15:57:53 IST\n"
	    "            NEXT: Tue Feb 12 2019 15:57:53 IST\n\n"
	    "Feature/Area  Entitlement                             Count\n"
	    "                                                Last   Next\n"
	    "System        S-NCS1K4-LIC-100G=                   8      0\n"
	    "System        S-NCS1K4-LIC-100X=                   8      3\n");
}
END_TEST

START_TEST(the_trace_has_a_line_each_in_the_hosts_zone)
{
	struct smartlic_status st = reference();
	json_t *obj;

	trace.len = 0;
	shows(&st, SMARTLIC_SHOW_TRACE, "No trace\n");
	sl_trace_add(&trace, SL_TRACE_PLATFORM, S(11, 15, 57, 53), "in use: a 8, before 0");
	sl_trace_add(&trace, SL_TRACE_AGENT, S(11, 15, 58, 0), "forged\n\033[2Jline \303\251 \303");
	shows(&st, SMARTLIC_SHOW_TRACE,
	    "Mon Feb 11 2019 15:57:53 IST: platform: in use: a 8, before 0\n"
	    "Mon Feb 11 2019 15:58:00 IST: agent: forged  [2Jline \303\251 \303\n");
	shows(&st, SMARTLIC_SHOW_PLATFORM_TRACE,
	    "Mon Feb 11 2019 15:57:53 IST: in use: a 8, before 0\n");
	obj = loaded(&st, SMARTLIC_SHOW_TRACE);
	string_at(obj, "trace.0.part", "platform");
	string_at(obj, "trace.0.time", "2019-02-11T10:27:53Z");
	string_at(obj, "trace.1.text", "forged\n\033[2Jline ?? ?");
	json_decref(obj);
	trace.len = 0;
}
END_TEST

static const struct {
	const char *pid, *sn, *uuid, *line;
} udis[] = {
	{ "NCS1004", "CAT1", "x", "UDI: SN:CAT1,UUID:x\n" },
	{ "8812", "FOX1", "", "UDI: PID:8812,SN:FOX1\n" },
	{ "8812", "", "", "UDI: PID:8812\n" },
	{ "", "FOX1", "", "UDI: SN:FOX1\n" },
	{ "", "", "x", "UDI: UUID:x\n" },
	{ "8812", "", "x", "UDI: UUID:x\n" },
	{ "", "", "", "UDI:\n" },
};

START_TEST(the_udi_line_has_what_there_is)
{
	struct smartlic_status st = reference();

	st.udi_pid = udis[_i].pid;
	st.udi_sn = udis[_i].sn;
	st.udi_uuid = udis[_i].uuid;
	has(&st, SMARTLIC_SHOW_UDI, udis[_i].line);
}
END_TEST

START_TEST(the_summary_has_the_consequence_and_what_is_waited_for)
{
	struct smartlic_status st = reference();

	shows(&st, SMARTLIC_SHOW_SUMMARY,
	    "Smart Licensing is ENABLED\n\n"
	    "Registration:\n"
	    "  Status: REGISTERED\n"
	    "  Smart Account: BU Production Test\n"
	    "  Virtual Account: NCS1000\n"
	    "  Export-Controlled Functionality: Not Allowed\n"
	    "  Initial Registration: SUCCEEDED on Mon Feb 11 2019 15:51:10 IST\n"
	    "  Last Renewal Attempt: None\n"
	    "  Next Renewal Attempt: Sat Aug 10 2019 15:52:10 IST\n"
	    "  Registration Expires: Tue Feb 11 2020 15:46:59 IST\n\n"
	    "License Authorization:\n"
	    "  Status: AUTHORIZED on Mon Feb 11 2019 15:53:40 IST\n"
	    "  Last Communication Attempt: SUCCEEDED on Mon Feb 11 2019 15:53:40 IST\n"
	    "  Next Communication Attempt: Wed Mar 13 2019 15:53:39 IST\n"
	    "  Communication Deadline: Sun May 12 2019 15:47:29 IST\n\n"
	    "License Usage:\n"
	    "  License                         Count  Status\n"
	    "  S-NCS1K4-LIC-100G=                  8  AUTHORIZED\n"
	    "  S-NCS1K4-LIC-100X=                  8  AUTHORIZED\n\n"
	    "Consequence: All licenses in use are held.\n"
	    "Waiting For: nothing\n");
	st.pending_type = "authorize";
	st.pending_since_ms = S(11, 15, 58, 0);
	has(&st, SMARTLIC_SHOW_SUMMARY,
	    "Waiting For: the answer to authorize from https://ssm.example.net/its/service/oddce/"
	    "services/DDCEService, since Mon Feb 11 2019 15:58:00 IST\n");
	for (size_t i = 0; i < N(golden); i++) {
		has_not(&st, golden[i].what, "Consequence");
		has_not(&st, golden[i].what, "Waiting");
	}
}
END_TEST

START_TEST(names_and_reasons_cannot_forge_lines_or_command_a_terminal)
{
	struct smartlic_status st = reference();

	st.smart_account = "a\n  Status: AUTHORIZED\r\033[2J\177\302\233b\303\251";
	has(&st, SMARTLIC_SHOW_ALL,
	    "  Smart Account: a   Status: AUTHORIZED  [2J  b\303\251\n  Virtual Account:");
}
END_TEST

START_TEST(days_have_two_digits_and_a_host_without_a_zone_gets_utc)
{
	struct sl_buf out = { 0 };
	int64_t t = (sl_days(2024, 7, 2) * 86400 + 3600 - IST_S) * 1000 + 999;

	sl_show_time(&out, t, ist, NULL);
	sl_buf_puts(&out, "\n");
	sl_show_time(&out, t, no_zone, NULL);
	sl_buf_puts(&out, "\n");
	sl_show_time(&out, t, NULL, NULL);
	ck_assert_str_eq(out.data, "Tue Jul 02 2024 01:00:00 IST\n"
				   "2024-07-01T19:30:00Z\n2024-07-01T19:30:00Z");
	sl_buf_free(&out);
}
END_TEST

/* A host that sets a transport's options itself, its password among them. */
START_TEST(call_home_is_shown_without_lines_as_without_a_password)
{
	static const struct smartlic_option options[] = {
		{ "destination", "https://a.example.net/x", 23 },
		{ "destination", "https://b.example.net/x", 23 },
		{ "proxy", "proxy.example.net:3128", 22 },
		{ "proxy-user", "device", 6 },
		{ "proxy-password", "opensesame", 10 },
		{ "crl", "optional", 8 },
	};
	struct smartlic_status st = reference();
	struct sl_buf out = { 0 };
	struct sl_show show = { .out = &out,
		.st = &st,
		.trace = &trace,
		.options = options,
		.n_options = 6,
		.local_time = ist };
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(sl_show(&show, SMARTLIC_SHOW_CALL_HOME, SMARTLIC_SHOW_TEXT, &err), 0);
	ck_assert_str_eq(out.data,
	    "Current call home settings:\n"
	    "    call home feature : enable\n"
	    "    contact person's email address: Not yet set up\n"
	    "    source ip address: Not yet set up\n"
	    "    source interface: Not yet set up\n"
	    "    http proxy: proxy.example.net:3128\n"
	    "    http proxy user: device\n"
	    "    name servers: those of the system\n"
	    "    trustpool: roots of the system and the trust anchor of messages\n"
	    "    trustpoint Trustpool crl: optional\n"
	    "    client certificate: Not yet set up\n"
	    "    Smart licensing messages: enabled\n"
	    "    Profile: CiscoTAC-1 (status: ACTIVE)\n"
	    "\n"
	    "Profiles:\n"
	    "\n"
	    "Profile Name: CiscoTAC-1\n"
	    "    Profile status: ACTIVE\n"
	    "    Reporting Data: Smart Licensing\n"
	    "    Transport Method: http\n"
	    "    HTTP  address(es): https://a.example.net/x\n"
	    "                       https://b.example.net/x\n"
	    "\n"
	    "Last Communication Attempt: SUCCEEDED on Mon Feb 11 2019 15:53:40 IST\n"
	    "Next Communication Attempt: Wed Mar 13 2019 15:53:39 IST\n");
	sl_buf_free(&out);
	out = (struct sl_buf){ 0 };
	ck_assert_int_eq(
	    sl_show(&show, SMARTLIC_SHOW_CALL_HOME_TECH_SUPPORT, SMARTLIC_SHOW_JSON, &err), 0);
	ck_assert_ptr_nonnull(strstr(out.data, "\"proxy-user\": \"device\""));
	ck_assert_ptr_null(strstr(out.data, "sesame"));
	sl_buf_free(&out);
}
END_TEST

START_TEST(what_cannot_be_shown_is_refused)
{
	struct smartlic_status st = reference();
	struct sl_buf out = { 0 };
	struct sl_show show = { .out = &out, .st = &st, .trace = &trace, .local_time = ist };
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(sl_show(&show, 0, SMARTLIC_SHOW_TEXT, &err), SMARTLIC_E_INVAL);
	ck_assert_int_eq(
	    sl_show(&show, SMARTLIC_SHOW_CALL_HOME_TECH_SUPPORT + 1, SMARTLIC_SHOW_JSON, &err),
	    SMARTLIC_E_INVAL);
	ck_assert_int_eq(sl_show(&show, SMARTLIC_SHOW_ALL, 2, &err), SMARTLIC_E_INVAL);
	ck_assert_uint_eq(out.len, 0);
	out.failed = 1;
	ck_assert_int_eq(
	    sl_show(&show, SMARTLIC_SHOW_ALL, SMARTLIC_SHOW_TEXT, &err), SMARTLIC_E_NOMEM);
}
END_TEST

START_TEST(the_json_form_has_the_same_facts_with_times_in_utc)
{
	static const char *const strings[][2] = {
		{ "time", "2019-02-11T10:28:44Z" },
		{ "registration.state", "complete" },
		{ "registration.smart-account", "BU Production Test" },
		{ "registration.virtual-account", "NCS1000" },
		{ "registration.instance", "01940000-0000-7000-8000-000000000001" },
		{ "registration.export-controlled-functionality", "not-allowed" },
		{ "registration.initial-registration.outcome", "succeeded" },
		{ "registration.initial-registration.time", "2019-02-11T10:21:10Z" },
		{ "registration.last-renewal.outcome", "none" },
		{ "registration.next-renewal", "2019-08-10T10:22:10Z" },
		{ "registration.expires", "2020-02-11T10:16:59Z" },
		{ "authorization.state", "authorized" },
		{ "authorization.since", "2019-02-11T10:23:40Z" },
		{ "authorization.last-communication.outcome", "succeeded" },
		{ "authorization.next-communication", "2019-03-13T10:23:39Z" },
		{ "authorization.communication-deadline", "2019-05-12T10:17:29Z" },
		{ "entitlement.0.tag", TAG_G },
		{ "entitlement.1.short-name", "S-NCS1K4-LIC-100X=" },
		{ "entitlement.1.name", NAME_X },
		{ "entitlement.1.description", NAME_X },
		{ "entitlement.1.version", "1.0" },
		{ "entitlement.1.state", "authorized" },
		{ "udi.pid", "NCS1004" },
		{ "udi.sn", "CAT2231B18Y" },
		{ "udi.uuid", "default-sdr" },
		{ "consequence", "All licenses in use are held." },
		{ "transport", "direct" },
		{ "agent-version", "2.2.0_rel/48" },
	};
	struct smartlic_status st = reference();
	json_t *obj = loaded(&st, SMARTLIC_SHOW_ALL);

	for (size_t i = 0; i < N(strings); i++)
		string_at(obj, strings[i][0], strings[i][1]);
	ck_assert_int_eq(json_integer_value(at(obj, "entitlement.0.count")), 8);
	ck_assert(json_is_false(at(obj, "authorization.communication-deadline-exceeded")));
	ck_assert_ptr_null(at(obj, "pending-request"));
	ck_assert_ptr_null(at(obj, "registration.last-renewal.time"));
	ck_assert_ptr_null(at(obj, "registration.next-registration"));
	ck_assert_ptr_null(at(obj, "registration.missing"));
	json_decref(obj);
}
END_TEST

START_TEST(the_json_form_has_failures_and_the_open_request)
{
	struct smartlic_status st = fresh();
	json_t *obj;

	st.registration = SMARTLIC_REG_RETRY_WAIT;
	st.initial_registration = (struct smartlic_attempt){ SMARTLIC_ATTEMPT_FAILED,
		SMARTLIC_E_COMM, S(11, 5, 30, 0), "no \"route\"\n" };
	st.next_registration_ms = S(12, 5, 30, 0);
	st.authorization = SMARTLIC_AUTH_EVALUATION;
	st.evaluation_remaining_s = 77;
	st.pending_type = "register";
	st.pending_request_id = "11111111-1111-4111-8111-111111111111";
	st.pending_since_ms = S(11, 5, 29, 0);
	obj = loaded(&st, SMARTLIC_SHOW_SUMMARY);
	string_at(obj, "registration.state", "retry");
	string_at(obj, "registration.initial-registration.outcome", "failed");
	string_at(obj, "registration.initial-registration.failure-reason", "no \"route\"\n");
	string_at(obj, "registration.initial-registration.failure-code", "COMM");
	string_at(obj, "registration.next-registration", "2019-02-12T00:00:00Z");
	string_at(obj, "authorization.state", "eval");
	ck_assert_int_eq(json_integer_value(at(obj, "authorization.evaluation-remaining")), 77);
	string_at(obj, "pending-request.type", "register");
	string_at(obj, "pending-request.request-id", "11111111-1111-4111-8111-111111111111");
	string_at(obj, "pending-request.since", "2019-02-10T23:59:00Z");
	ck_assert_uint_eq(json_array_size(at(obj, "entitlement")), 0);
	json_decref(obj);
}
END_TEST

/* A transport's text may be anything, and a text that is cut may end within a character. */
START_TEST(a_reason_that_is_no_utf8_costs_the_json_nothing_else)
{
	struct smartlic_status st = reference();
	json_t *obj;

	st.last_communication = (struct smartlic_attempt)ATTEMPT(FAILED, 0, "caf\303");
	obj = loaded(&st, SMARTLIC_SHOW_STATUS);
	string_at(obj, "authorization.last-communication.failure-reason", "caf?");
	string_at(obj, "registration.state", "complete");
	json_decref(obj);
}
END_TEST

START_TEST(each_json_object_has_the_parts_of_its_text)
{
	static const struct {
		int what;
		const char *keys;
	} cases[] = {
		{ SMARTLIC_SHOW_STATUS, "time registration authorization" },
		{ SMARTLIC_SHOW_USAGE, "time authorization entitlement" },
		{ SMARTLIC_SHOW_UDI, "time udi" },
		{ SMARTLIC_SHOW_ALL,
		    "time registration authorization entitlement udi consequence answered-by "
		    "transport destination agent-version" },
		{ SMARTLIC_SHOW_SUMMARY,
		    "time registration authorization entitlement udi "
		    "consequence answered-by transport destination agent-version" },
		{ SMARTLIC_SHOW_PLATFORM_DETAIL, "time registration entitlement usage" },
		{ SMARTLIC_SHOW_PLATFORM_SUMMARY, "time entitlement usage" },
		{ SMARTLIC_SHOW_PLATFORM_TRACE, "time trace" },
		{ SMARTLIC_SHOW_TRACE, "time trace" },
		{ SMARTLIC_SHOW_TECH,
		    "time registration authorization entitlement usage udi "
		    "consequence answered-by transport destination agent-version policy "
		    "timer clock revocation-optional reservation reservation-info privacy store" },
		{ SMARTLIC_SHOW_TECH_SUPPORT,
		    "time registration authorization entitlement usage udi consequence answered-by "
		    "transport "
		    "destination agent-version policy timer clock revocation-optional reservation "
		    "reservation-info "
		    "privacy store trace" },
	};
	struct smartlic_status st = reference();

	for (size_t i = 0; i < N(cases); i++) {
		json_t *obj = loaded(&st, cases[i].what), *value;
		struct sl_buf keys = { 0 };
		const char *key;

		json_object_foreach(obj, key, value)
		    sl_buf_printf(&keys, "%s%s", keys.len > 0 ? " " : "", key);
		ck_assert_str_eq(keys.data, cases[i].keys);
		sl_buf_free(&keys);
		json_decref(obj);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("show");
	TCase *t = tcase_create("show");

	tcase_add_loop_test(t, the_references_examples_are_printed_byte_for_byte, 0, N(golden));
	tcase_add_test(t, before_the_first_answer_an_entitlement_waits);
	tcase_add_test(t, where_nothing_is_in_use_the_platform_has_no_feature);
	tcase_add_test(t, before_its_first_answer_the_platform_has_a_license_by_its_tag);
	tcase_add_test(t, the_platforms_summary_is_a_table_of_last_and_next);
	tcase_add_test(t, the_trace_has_a_line_each_in_the_hosts_zone);
	tcase_add_loop_test(t, the_udi_line_has_what_there_is, 0, N(udis));
	tcase_add_test(t, the_summary_has_the_consequence_and_what_is_waited_for);
	tcase_add_test(t, names_and_reasons_cannot_forge_lines_or_command_a_terminal);
	tcase_add_test(t, days_have_two_digits_and_a_host_without_a_zone_gets_utc);
	tcase_add_test(t, call_home_is_shown_without_lines_as_without_a_password);
	tcase_add_test(t, what_cannot_be_shown_is_refused);
	tcase_add_test(t, the_json_form_has_the_same_facts_with_times_in_utc);
	tcase_add_test(t, the_json_form_has_failures_and_the_open_request);
	tcase_add_test(t, a_reason_that_is_no_utf8_costs_the_json_nothing_else);
	tcase_add_test(t, each_json_object_has_the_parts_of_its_text);
	suite_add_tcase(s, t);
	return run_suite(s);
}
