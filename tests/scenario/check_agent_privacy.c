/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "le.h"
#include "record.h"
#include "tests/scenario/saying.h"
#include "text.h"

/* What is not said: of the host what nobody asked for, and no secret to anybody. */

/* ---- privacy ---------------------------------------------------------------------------- */

static int
on_wire(const char *text)
{
	return memmem(w.wire.data, w.wire.len, text, strlen(text)) != NULL;
}

START_TEST(the_hosts_name_is_sent_only_when_that_was_asked_for)
{
	int ask = _i;

	ck_assert_int_eq(smartlic_agent_set_hostname(w.agent, "edge-7.example.net"), 0);
	if (ask)
		ck_assert_int_eq(smartlic_agent_set_privacy(w.agent, 0), 0);
	ck_assert_int_eq(world_status(&w)->sends_hostname, ask);
	world_ready(&w);
	ck_assert_int_eq(on_wire("\"hostname\":\"edge-7.example.net\""), ask);
	ck_assert_int_eq(on_wire("edge-7"), ask);
	ck_assert_int_eq(SAID(HOSTNAME_MATCH_UDI), 0);
}
END_TEST

START_TEST(the_agents_version_can_be_kept_back)
{
	char version[64];

	(void)snprintf(version, sizeof(version), "\"version\":\"%s\"", SMARTLIC_VERSION);
	if (_i)
		ck_assert_int_eq(smartlic_agent_set_privacy(w.agent, SMARTLIC_PRIVACY_VERSION), 0);
	ck_assert_int_eq(world_status(&w)->sends_version, !_i);
	world_ready(&w);
	ck_assert_int_eq(on_wire(version), !_i);
	ck_assert(on_wire("\"agent\":{\"name\":\"libsmartlic\""));
}
END_TEST

START_TEST(privacy_is_a_setting)
{
	static const struct {
		const char *line;
		int hostname, version;
	} lines[] = {
		{ "end\n", 0, 1 },
		{ "no license smart privacy hostname\n", 1, 1 },
		{ "license smart privacy version\n", 0, 0 },
		{ "license smart privacy hostname\nno license smart privacy version\n", 0, 1 },
	};
	struct smartlic_settings *settings = NULL;
	struct smartlic_error err;

	ck_assert_int_eq(smartlic_agent_set_hostname(w.agent, "edge-7"), 0);
	ck_assert_int_eq(smartlic_settings_parse(
			     &settings, lines[_i].line, strlen(lines[_i].line), "test", &err),
	    0);
	ck_assert_int_eq(smartlic_agent_configure(w.agent, settings), 0);
	smartlic_settings_free(settings);
	ck_assert_int_eq(world_status(&w)->sends_hostname, lines[_i].hostname);
	ck_assert_int_eq(world_status(&w)->sends_version, lines[_i].version);
}
END_TEST

START_TEST(a_host_name_that_is_none_and_unknown_bits_are_refused)
{
	static const char *const bad[] = { "", "two words", "tab\there", "\xc3\xa4" };
	char longest[255];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(smartlic_agent_set_hostname(w.agent, bad[i]), SMARTLIC_E_INVAL);
	memset(longest, 'a', sizeof(longest));
	longest[254] = '\0';
	ck_assert_int_eq(smartlic_agent_set_hostname(w.agent, longest), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_set_hostname(w.agent, &longest[1]), 0);
	ck_assert_int_eq(smartlic_agent_set_hostname(w.agent, NULL), 0);
	ck_assert_int_eq(smartlic_agent_set_privacy(w.agent, 4), SMARTLIC_E_INVAL);
	ck_assert_int_eq(world_status(&w)->sends_version, 1);
}
END_TEST

START_TEST(a_host_name_with_the_serial_number_in_it_is_a_warning_once)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    smartlic_agent_set_hostname(w.agent, "ncs-cat2231b18y.example.net"), 0);
		world_settle(&w);
		ck_assert_int_eq(SAID(HOSTNAME_MATCH_UDI), 1);
		world_restart(&w);
	}
	ck_assert_ptr_nonnull(strstr(LAST(HOSTNAME_MATCH_UDI), "4-HOSTNAME_MATCH_UDI : "));
	ck_assert_int_eq(smartlic_agent_set_hostname(w.agent, "edge-7"), 0);
	world_settle(&w);
	ck_assert_int_eq(SAID(HOSTNAME_MATCH_UDI), 1);
}
END_TEST

/* ---- secrets ---------------------------------------------------------------------------- */

static void
assert_unsaid(const void *what, size_t len, const char *name)
{
	ck_assert_msg(memmem(w.log.data, w.log.len, what, len) == NULL, "%s in the log", name);
}

/* The private key in the forms in which a slip would print it. */
static void
assert_key_unsaid(const struct sl_buf *slot)
{
	struct sl_buf text = { 0 };
	struct smartlic_error err;
	struct sl_record rec;
	const struct sl_buf *key = &rec.current.key;
	char hex[600];

	ck_assert_int_eq(
	    sl_record_read(&rec, slot->data + 24, sl_le_get(slot->data + 16, 8), &err), 0);
	ck_assert_uint_gt(key->len, 60);
	ck_assert_uint_lt(2 * key->len, sizeof(hex));
	sl_hex(hex, key->data, key->len);
	assert_unsaid(&hex[60], 40, "key in hex");
	sl_base64(&text, key->data, key->len);
	assert_unsaid((char *)text.data + 60, 30, "key in base64");
	assert_unsaid(key->data, key->len, "key");
	sl_buf_free(&text);
	sl_record_clear(&rec);
}

START_TEST(no_token_key_or_proof_is_in_any_message)
{
	const char *at;
	char proof[65] = "";

	world_ready(&w);
	assert_key_unsaid(&w.disk.slot[0]);
	sl_buf_puts(&w.wire, "");
	at = memmem(w.wire.data, w.wire.len, "\"token_proof\":\"", 15);
	ck_assert_ptr_nonnull(at);
	memcpy(proof, at + 15, 64);
	renew(smartlic_agent_renew_id);
	assert_key_unsaid(&w.disk.slot[0]);
	w.oracle.deny = "bad_request";
	w.oracle.deny_times = -1;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(
	    smartlic_agent_register(w.agent, ORACLE_TOKEN, SMARTLIC_REGISTER_FORCE), 0);
	world_settle(&w);
	w.net = NET_STRANGER;
	renew(smartlic_agent_renew_id);
	ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
	world_settle(&w);
	assert_unsaid(ORACLE_TOKEN, strlen(ORACLE_TOKEN), "token");
	assert_unsaid(&ORACLE_TOKEN[22], 40, "the secret's part of the token");
	assert_unsaid(ORACLE_TOKEN_SECRET, 64, "secret in hex");
	assert_unsaid(proof, 64, "proof");
	assert_unsaid("PRIVATE KEY", 11, "a key as PEM");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent privacy");
	TCase *t = tcase_create("privacy");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, the_hosts_name_is_sent_only_when_that_was_asked_for, 0, 2);
	tcase_add_loop_test(t, the_agents_version_can_be_kept_back, 0, 2);
	tcase_add_loop_test(t, privacy_is_a_setting, 0, 4);
	tcase_add_test(t, a_host_name_that_is_none_and_unknown_bits_are_refused);
	tcase_add_test(t, a_host_name_with_the_serial_number_in_it_is_a_warning_once);
	suite_add_tcase(s, t);
	t = tcase_create("secrets");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, no_token_key_or_proof_is_in_any_message);
	suite_add_tcase(s, t);
	return run_suite(s);
}
