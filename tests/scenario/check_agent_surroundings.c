/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/saying.h"

/* What is said of what surrounds the agent: its start, its peer, its anchors, its inventory. */

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

int
main(void)
{
	Suite *s = suite_create("agent messages, surroundings");
	TCase *t = tcase_create("start");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_boot_says_ready_and_a_restart_nothing);
	tcase_add_test(t, enabled_and_disabled_are_said_when_the_configuration_changes);
	suite_add_tcase(s, t);
	t = tcase_create("surroundings");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_certificate_that_is_not_believed_is_told_as_such);
	tcase_add_test(t, a_changed_anchor_is_said_and_keeps_the_identity);
	tcase_add_test(t, an_anchor_in_its_last_year_is_a_warning_and_stays_in_use);
	tcase_add_test(t, an_empty_inventory_is_a_warning_that_names_its_source);
	suite_add_tcase(s, t);
	return run_suite(s);
}
