/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "record.h"
#include "tests/suite.h"
#include "tests/support/world.h"
#include "text.h"

/* What is said when: one message a change of state, and none besides. */

static struct world w;

static void
setup(void)
{
	world_init(&w, DRIVE_POLL);
}

static void
teardown(void)
{
	world_free(&w);
}

static void
hush(void)
{
	world_hush(&w);
	sl_buf_free(&w.log);
}

/* How many messages (no traces) the log has. */
static int
messages(void)
{
	int n = 0;

	sl_buf_puts(&w.log, "");
	for (const char *p = w.log.data; p != NULL && (p = strstr(p, "%LICENSE-")) != NULL; p++)
		n++;
	return n;
}

#define SAID(event) w.events[SMARTLIC_EVENT_##event]
#define LAST(event) w.last[SMARTLIC_EVENT_##event]

static void
renew(int (*what)(struct smartlic_agent *agent))
{
	ck_assert_int_eq(what(w.agent), 0);
	world_settle(&w);
}

/* ---- starting --------------------------------------------------------------------------- */

START_TEST(a_boot_says_ready_and_a_restart_nothing)
{
	world_ready(&w);
	hush();
	world_restart(&w);
	world_settle(&w);
	ck_assert_int_eq(messages(), 0);
	world_reboot(&w, HOURS(1));
	world_settle(&w);
	ck_assert_int_eq(messages(), 1);
	ck_assert_ptr_nonnull(
	    strstr(w.log.data, "%LICENSE-SMART_LIC-6-AGENT_READY : Smart Agent for Licensing is "
			       "initialized"));
	ck_assert_ptr_null(strstr(w.log.data, "store is empty"));
}
END_TEST

START_TEST(enabled_and_disabled_are_said_when_the_configuration_changes)
{
	world_settle(&w);
	ck_assert_int_eq(SAID(ENABLED), 1);
	ck_assert_int_eq(SAID(DISABLED), 0);
	world_restart(&w);
	world_settle(&w);
	ck_assert_int_eq(SAID(ENABLED), 1);

	ck_assert_int_eq(smartlic_agent_set_transport(w.agent, "direct", NULL, 0), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(smartlic_agent_process(w.agent), 0);
	ck_assert_int_eq(SAID(DISABLED), 0); /* heard below */
	world_restart(&w);
	ck_assert_int_eq(SAID(DISABLED), 1);
	ck_assert_ptr_nonnull(strstr(LAST(DISABLED), "6-AGENT_DISABLED : "));
	ck_assert_ptr_nonnull(strstr(LAST(DISABLED), "no destination"));
	world_settle(&w);
	ck_assert_int_eq(SAID(ENABLED), 2);
	ck_assert_int_eq(SAID(DISABLED), 1);
}
END_TEST

/* ---- the identity ----------------------------------------------------------------------- */

START_TEST(an_identity_about_to_end_is_said_once_sixty_days_ahead)
{
	strcpy(w.oracle.policy, WORLD_DAILY);
	world_ready(&w);
	world_pass(&w, DAYS(1));
	w.net = NET_DOWN;
	world_pass(&w, DAYS(303));
	ck_assert_int_eq(SAID(ID_EXPIRING), 0);
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(SAID(ID_EXPIRING), 1);
	ck_assert_ptr_nonnull(strstr(LAST(ID_EXPIRING), "4-ID_CERT_EXPIRED_WARNING : "));
	world_restart(&w);
	world_pass(&w, DAYS(50));
	ck_assert_int_eq(SAID(ID_EXPIRING), 1);
	w.net = NET_UP;
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(SAID(ID_RENEWED), 1);
	ck_assert_int_eq(SAID(ID_EXPIRING), 1);
}
END_TEST

START_TEST(a_short_life_is_not_all_warning)
{
	strcpy(w.oracle.policy, WORLD_DAILY);
	w.oracle.id_life_s = 40 * TPKI_DAY;
	world_ready(&w);
	world_pass(&w, DAYS(100));
	ck_assert_int_ge(SAID(ID_RENEWED), 4);
	ck_assert_int_eq(SAID(ID_EXPIRING), 0);
}
END_TEST

START_TEST(a_renewal_that_cannot_start_is_said)
{
	const int half = test_all_or(180, 10);

	if (test_percent() < 100)
		w.oracle.id_life_s = 2 * half * TPKI_DAY;
	world_ready(&w);
	ck_assert_int_eq(smartlic_agent_set_transport(w.agent, "direct", NULL, 0), 0);
	world_pass(&w, DAYS(half - 1));
	ck_assert_int_eq(SAID(ID_RENEWAL_NOT_STARTED), 0);
	ck_assert_int_eq(SAID(DISABLED), 1);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(SAID(ID_RENEWAL_NOT_STARTED), 1);
	ck_assert_ptr_nonnull(
	    strstr(LAST(ID_RENEWAL_NOT_STARTED), "3-ID_CERT_RENEW_NOT_STARTED : "));
	ck_assert_ptr_nonnull(strstr(LAST(ID_RENEWAL_NOT_STARTED), "no destination"));
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(SAID(ID_RENEWAL_NOT_STARTED), 1);
}
END_TEST

START_TEST(a_clock_outside_the_certificates_validity_is_a_notice_once)
{
	const int64_t off = DAYS(_i == 0 ? -400 : 400);

	world_ready(&w);
	w.net = NET_DOWN; /* no other certificate comes */
	w.wall_ms += off;
	world_pass(&w, HOURS(2));
	ck_assert_int_eq(SAID(ID_OUTSIDE_VALIDITY), 1);
	ck_assert_ptr_nonnull(strstr(LAST(ID_OUTSIDE_VALIDITY), "5-ID_CERT_OUTSIDE_VALIDITY : "));
	w.wall_ms -= off;
	world_pass(&w, HOURS(2));
	w.wall_ms += off;
	world_pass(&w, HOURS(2));
	ck_assert_int_eq(SAID(ID_OUTSIDE_VALIDITY), 1);
	ck_assert_int_eq(SAID(ID_EXPIRED), 0);
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
}
END_TEST

/* ---- the authorization ------------------------------------------------------------------ */

START_TEST(an_entitlement_that_changes_alone_is_named)
{
	world_ready(&w);
	w.oracle.out_of_compliance = 1;
	w.oracle.short_of = TAG_X;
	renew(smartlic_agent_renew_auth);
	/* the message of the whole names those that are short */
	ck_assert_int_eq(SAID(OUT_OF_COMPLIANCE), 1);
	ck_assert_ptr_null(strstr(LAST(OUT_OF_COMPLIANCE), "100G"));
	ck_assert_int_eq(SAID(ENTITLEMENT_MODE), 0);

	w.oracle.short_of = NULL;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(OUT_OF_COMPLIANCE), 1);
	ck_assert_int_eq(SAID(ENTITLEMENT_MODE), 1);
	ck_assert_ptr_nonnull(strstr(LAST(ENTITLEMENT_MODE),
	    "changed: S-NCS1K4-LIC-100G= from authorized to out-of-compliance"));
	ck_assert_ptr_null(strstr(LAST(ENTITLEMENT_MODE), "100X"));

	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(ENTITLEMENT_MODE), 1);
	w.oracle.out_of_compliance = 0;
	renew(smartlic_agent_renew_auth);
	ck_assert_ptr_nonnull(strstr(LAST(AUTHORIZED), "5-IN_COMPLIANCE"));
	ck_assert_int_eq(SAID(ENTITLEMENT_MODE), 1);
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 0);
}
END_TEST

START_TEST(an_authorization_that_comes_back_is_said)
{
	const int days = test_all_or(90, 8);

	w.oracle.auth_life_s = days * TPKI_DAY;
	strcpy(w.oracle.policy, "\"retry_s\":86400");
	world_ready(&w);
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 0);
	w.net = NET_DOWN;
	world_pass(&w, DAYS(days + 1));
	ck_assert_int_eq(SAID(AUTHORIZATION_EXPIRED), 1);
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 0);
	w.net = NET_UP;
	world_pass(&w, DAYS(1));
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 1);
	ck_assert_ptr_nonnull(strstr(LAST(ENFORCEMENT_MODE),
	    "5-ENFORCEMENT_MODE_CHANGED : Enforcement mode has changed: from expired to "
	    "authorized"));
}
END_TEST

START_TEST(a_reservation_that_the_authority_ends_is_said)
{
	world_ready(&w);
	w.oracle.reserved = 1;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 1);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 0);
	w.oracle.reserved = 0;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(RESERVATION_LOST), 1);
	ck_assert_int_eq(SAID(ENFORCEMENT_MODE), 1);
	ck_assert_ptr_nonnull(strstr(LAST(RESERVATION_LOST), "4-RESERVATION_LOST : "));
}
END_TEST

START_TEST(export_control_is_said_when_it_changes)
{
	world_ready(&w);
	ck_assert_int_eq(SAID(EXPORT_CONTROLLED), 0);
	strcpy(w.oracle.policy, "\"export_controlled\":\"allowed\"");
	renew(smartlic_agent_renew_auth);
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(EXPORT_CONTROLLED), 1);
	ck_assert_str_eq(LAST(EXPORT_CONTROLLED),
	    "%LICENSE-SMART_LIC-6-EXPORT_CONTROLLED : Usage of export controlled features is "
	    "allowed");
	strcpy(w.oracle.policy, "\"export_controlled\":\"not_allowed\"");
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(EXPORT_CONTROLLED), 2);
	ck_assert_ptr_nonnull(strstr(LAST(EXPORT_CONTROLLED), "is not allowed"));
}
END_TEST

START_TEST(a_refusal_that_is_repeated_is_said_once)
{
	static const struct {
		const char *code, *mnemonic;
	} refusals[] = {
		{ "bad_request", "3-AUTH_RENEW_FAILED : " },
		{ "instance_removed", "3-AUTH_RENEW_FAILED : " },
		{ "unknown_entitlement", "3-INVALID_TAG : " },
		{ "not_allowed", "3-NOT_AUTHORIZED : " },
		{ "export_not_allowed", "3-NOT_AUTHORIZED : " },
	};

	strcpy(w.oracle.policy, "\"retry_s\":86400");
	world_ready(&w);
	w.oracle.deny = refusals[_i].code;
	w.oracle.deny_times = -1;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(AUTHORIZATION_FAILED), 1);
	ck_assert_ptr_nonnull(strstr(LAST(AUTHORIZATION_FAILED), refusals[_i].mnemonic));
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(SAID(AUTHORIZATION_FAILED), 1);
	/* who asks is answered */
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(AUTHORIZATION_FAILED), 2);
	renew(smartlic_agent_renew_id);
	ck_assert_int_eq(SAID(ID_RENEWAL_FAILED), 1);
	world_pass(&w, DAYS(2));
	ck_assert_int_eq(SAID(ID_RENEWAL_FAILED), 1);
}
END_TEST

/* ---- communication, anchors ------------------------------------------------------------- */

START_TEST(a_certificate_that_is_not_believed_is_told_as_such)
{
	world_ready(&w);
	w.net = NET_STRANGER;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(COMMUNICATION_FAILED), 1);
	ck_assert_ptr_nonnull(strstr(LAST(COMMUNICATION_FAILED), "3-CERT_VALIDATION_ERROR : "));
	w.net = NET_UP;
	w.oracle.deny = NULL;
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(COMMUNICATION_RESTORED), 1);
}
END_TEST

/* Both in one text, in either order; the other one ends in so many days. */
static void
two_anchors(struct sl_buf *ret, struct sl_buf *other_first, int days)
{
	struct tpki_spec spec = tpki_spec_root();
	struct tpki_id other;
	struct sl_buf pem;

	spec.cn = "Another Root";
	spec.not_after = TPKI_NOW + days * TPKI_DAY;
	other = tpki_make(w.crypto, &spec);
	pem = tpki_pem(other.cert);
	sl_buf_add(ret, w.anchor, w.anchor_len);
	sl_buf_add(ret, pem.data, pem.len);
	sl_buf_add(other_first, pem.data, pem.len);
	sl_buf_add(other_first, w.anchor, w.anchor_len);
	sl_buf_free(&pem);
	tpki_id_free(&other);
}

static void
use_anchors(const struct sl_buf *anchors)
{
	w.anchor = anchors->data;
	w.anchor_len = anchors->len;
	world_restart(&w);
	world_settle(&w);
}

START_TEST(a_changed_anchor_is_said_and_keeps_the_identity)
{
	struct sl_buf both = { 0 }, swapped = { 0 };

	two_anchors(&both, &swapped, 3000);
	world_ready(&w);
	world_restart(&w);
	world_settle(&w);
	ck_assert_int_eq(SAID(ANCHOR_CHANGED), 0);
	use_anchors(&swapped);
	ck_assert_int_eq(SAID(ANCHOR_CHANGED), 1);
	ck_assert_ptr_nonnull(
	    strstr(LAST(ANCHOR_CHANGED), "5-ANCHOR_CHANGED : The trust anchor has changed: now "
					 "Another Root and others"));
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	use_anchors(&both); /* the same ones */
	renew(smartlic_agent_renew_auth);
	ck_assert_int_eq(SAID(ANCHOR_CHANGED), 1);
	ck_assert_int_eq(SAID(ANCHOR_EXPIRING), 0);
	world_stop(&w);
	sl_buf_free(&both);
	sl_buf_free(&swapped);
}
END_TEST

START_TEST(an_anchor_in_its_last_year_is_a_warning_and_stays_in_use)
{
	struct sl_buf both = { 0 }, swapped = { 0 };

	strcpy(w.oracle.policy, WORLD_DAILY);
	two_anchors(&both, &swapped, 375);
	use_anchors(&both);
	world_ready(&w);
	/* the first time that is signed is far ahead of the build's: confirmed by a second */
	world_pass(&w, HOURS(2));
	renew(smartlic_agent_renew_auth);
	world_pass(&w, DAYS(8));
	ck_assert_int_eq(SAID(ANCHOR_EXPIRING), 0);
	world_pass(&w, DAYS(3));
	ck_assert_int_eq(SAID(ANCHOR_EXPIRING), 1);
	ck_assert_ptr_nonnull(strstr(LAST(ANCHOR_EXPIRING), "4-ANCHOR_EXPIRING : "));
	ck_assert_ptr_nonnull(strstr(LAST(ANCHOR_EXPIRING), "Another Root, until 2027-12-05T"));
	world_restart(&w);
	world_pass(&w, DAYS(test_all_or(400, 10)));
	ck_assert_int_eq(SAID(ANCHOR_EXPIRING), 1);
	ck_assert_int_eq(SAID(COMMUNICATION_FAILED), 0);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_stop(&w);
	sl_buf_free(&both);
	sl_buf_free(&swapped);
}
END_TEST

/* ---- inventory -------------------------------------------------------------------------- */

static void
use_catalog(void)
{
	static char text[100000];
	char path[512];
	size_t len;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/catalogs/ncs1004.json", getenv("TOP_SRCDIR"));
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	len = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	ck_assert_int_eq(smartlic_agent_set_catalog(w.agent, text, len), 0);
}

static void
use_inventory(const char *text)
{
	int r = smartlic_agent_set_inventory(w.agent, text, strlen(text));

	ck_assert_msg(r == 0, "%s", smartlic_agent_error(w.agent)->text);
	while (smartlic_agent_process(w.agent) == 1)
		continue;
	(void)world_status(&w);
}

START_TEST(an_empty_inventory_is_a_warning_that_names_its_source)
{
	static const char lines[] = "license platform inventory /etc/smartlic/inventory.json\n";
	struct smartlic_settings *settings = NULL;
	struct smartlic_error err;

	world_settle(&w);
	hush();
	use_catalog();
	use_inventory("");
	ck_assert_int_eq(messages(), 1);
	ck_assert_ptr_nonnull(strstr(w.log.data, "4-INVENTORY_EMPTY : "));
	ck_assert_ptr_nonnull(strstr(w.log.data, "what the platform has handed in holds no card"));
	use_inventory("!\n");
	ck_assert_int_eq(messages(), 1);
	use_inventory("{\"chassis\":[{\"pid\":\"NCS1004\",\"cards\":[{\"location\":\"0/"
		      "1\",\"pid\":\"NCS1K4-1.2T-K9\"}]}]}");
	ck_assert_int_eq(messages(), 1);

	hush();
	ck_assert_int_eq(
	    smartlic_settings_parse(&settings, lines, sizeof(lines) - 1, "test", &err), 0);
	ck_assert_int_eq(smartlic_agent_configure(w.agent, settings), 0);
	smartlic_settings_free(settings);
	use_inventory("");
	ck_assert_ptr_nonnull(
	    strstr(w.log.data, "counted: /etc/smartlic/inventory.json holds no card"));
}
END_TEST

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
	Suite *s = suite_create("agent messages");
	TCase *t = tcase_create("start");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_boot_says_ready_and_a_restart_nothing);
	tcase_add_test(t, enabled_and_disabled_are_said_when_the_configuration_changes);
	suite_add_tcase(s, t);
	t = tcase_create("identity");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_long_test(t, an_identity_about_to_end_is_said_once_sixty_days_ahead);
	tcase_add_test(t, a_short_life_is_not_all_warning);
	tcase_add_test(t, a_renewal_that_cannot_start_is_said);
	tcase_add_loop_test(t, a_clock_outside_the_certificates_validity_is_a_notice_once, 0, 2);
	suite_add_tcase(s, t);
	t = tcase_create("authorization");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_entitlement_that_changes_alone_is_named);
	tcase_add_test(t, an_authorization_that_comes_back_is_said);
	tcase_add_test(t, a_reservation_that_the_authority_ends_is_said);
	tcase_add_test(t, export_control_is_said_when_it_changes);
	tcase_add_loop_test(t, a_refusal_that_is_repeated_is_said_once, 0, 5);
	suite_add_tcase(s, t);
	t = tcase_create("surroundings");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_certificate_that_is_not_believed_is_told_as_such);
	tcase_add_test(t, a_changed_anchor_is_said_and_keeps_the_identity);
	tcase_add_test(t, an_anchor_in_its_last_year_is_a_warning_and_stays_in_use);
	tcase_add_test(t, an_empty_inventory_is_a_warning_that_names_its_source);
	tcase_add_test(t, no_token_key_or_proof_is_in_any_message);
	suite_add_tcase(s, t);
	t = tcase_create("privacy");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, the_hosts_name_is_sent_only_when_that_was_asked_for, 0, 2);
	tcase_add_loop_test(t, the_agents_version_can_be_kept_back, 0, 2);
	tcase_add_loop_test(t, privacy_is_a_setting, 0, 4);
	tcase_add_test(t, a_host_name_that_is_none_and_unknown_bits_are_refused);
	tcase_add_test(t, a_host_name_with_the_serial_number_in_it_is_a_warning_once);
	suite_add_tcase(s, t);
	return run_suite(s);
}
