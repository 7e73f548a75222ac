/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "crl.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "tests/manager/edge.h"

/* The CA of satellites followed by another, as satellites and their devices see it. */

/* A device's judgement, by what its operator gave it and what answers have brought since. */
static struct sl_trust *trust;
static struct sl_clock watch;
static int64_t start_s;

static void
setup(void)
{
	struct sl_buf pem = { 0 };
	const void *der;
	size_t len;

	edge_setup();
	der = sl_cert_der(pki_root(up.pki), &len);
	sl_buf_puts(&pem, "-----BEGIN CERTIFICATE-----\n");
	sl_base64(&pem, der, len);
	sl_buf_puts(&pem, "\n-----END CERTIFICATE-----\n");
	site_ok(&edge, sl_trust_new(&trust, edge.crypto, &edge.err));
	site_ok(&edge, sl_trust_add_anchors(trust, pem.data, pem.len, &edge.err));
	sl_buf_free(&pem);
	start_s = edge.now;
	sl_clock_init(&watch, start_s, 0, "boot");
}

static void
teardown(void)
{
	sl_trust_free(trust);
	edge_teardown();
}

/* The satellite's answer to d's request is good by all rules of a device that insists on lists. */
static void
accept(struct device *d, enum sl_msg_type type)
{
	struct sl_expected expected = { .type = type, .udi = d->udi, .floor_s = SL_NO_TIME };
	struct sl_buf der = { 0 };
	struct sl_answer answer;
	enum sl_clock_note note;

	strcpy(expected.request_id, d->request_id);
	strcpy(expected.request_sha256, d->sha256);
	strcpy(expected.instance, d->instance);
	strcpy(expected.account, SITE_ACCOUNT);
	if (type == SL_MSG_RENEW_ID)
		site_ok(&edge, sl_key_ski(d->next_key, expected.csr_ski, &edge.err));
	sl_clock_advance(&watch, (edge.now - start_s) * 1000);
	site_ok(&edge, authority_answer(edge.authority, d->message.data, d->message.len, edge.now,
			   site_fill, &edge, &der, &edge.err));
	site_ok(&edge, sl_answer_check(&answer, edge.crypto, trust, &watch, SL_REVOCATION_REQUIRED,
			   &expected, der.data, der.len, &edge.err));
	site_ok(&edge, sl_answer_apply(&answer, trust, &watch, &note, &edge.err));
	sl_answer_release(&answer);
	sl_buf_free(&der);
	/* the same answer once more, for the rest of what is known of the device here */
	ck_assert_int_eq(device_code(&edge, d), SL_DENIED_NONE);
}

static void
use(struct device *d)
{
	device_ask_usage(&edge, d, 3, 0);
	accept(d, SL_MSG_AUTHORIZE);
}

static void
renew(struct device *d)
{
	device_ask_renew_id(&edge, d);
	accept(d, SL_MSG_RENEW_ID);
}

static void
say_nothing(void *ud, const char *text)
{
	(void)ud;
	(void)text;
}

/* A month at both, as their servers live it. */
static void
month(void)
{
	edge_pass(30 * SITE_DAY);
	site_ok(&up, pki_roll_due(up.pki, up.now, say_nothing, NULL, &up.err));
	(void)pki_tls_renew(up.pki, NULL, 0, up.now, &up.err);
	site_ok(&up, authority_daily(up.authority, up.now, &up.err));
	site_ok(&edge, authority_daily(edge.authority, edge.now, &edge.err));
	edge_sync();
	site_ok(&edge, pki_refresh(edge.pki, &edge.err));
}

/* Whose list the satellite hands to its devices. */
static int
list_is_of(const struct sl_cert *ca)
{
	struct sl_buf der = { 0 };
	struct ledger_crl info;
	struct sl_crl *list;
	int is;

	ck_assert_int_eq(ledger_crl_get(edge.ledger, "satellites", &info, &der, &edge.err), 1);
	site_ok(&edge, sl_crl_parse(&list, edge.crypto, der.data, der.len, &edge.err));
	is = sl_crl_is_of(list, ca);
	sl_crl_free(list);
	sl_buf_free(&der);
	return is;
}

static int
is_below(const struct sl_cert *ca)
{
	return memcmp(sl_cert_ski(pki_satellites(edge.pki)), sl_cert_ski(ca), SL_SKI_LEN) == 0;
}

static void
roll(void)
{
	ck_assert_int_eq(pki_successor_make(up.pki, PKI_KIND_SATELLITES, up.now, &up.err), 1);
	ck_assert_int_eq(pki_successor_begin(up.pki, PKI_KIND_SATELLITES, &up.err), 1);
}

START_TEST(the_ca_of_satellites_is_followed_in_time_and_devices_go_on)
{
	struct device d = edge_registered("SN1");
	int64_t end_s = sl_cert_not_after(pki_satellites(up.pki)), below_s = 0;
	const struct sl_cert *former;

	/* more than ten years: the former CA's end lies behind them */
	for (int i = 1; i <= 126; i++) {
		month();
		if (i % 11 == 0)
			renew(&d);
		use(&d);
		ck_assert(list_is_of(pki_satellites(edge.pki)));
		ck_assert_int_eq(site_alerts(&up, "CA of satellites ending"), 0);
		former = pki_former(up.pki, PKI_KIND_SATELLITES, 0);
		if (below_s == 0 && former != NULL && !is_below(former))
			below_s = edge.now;
	}
	ck_assert_int_gt(up.now, end_s);
	ck_assert_int_ne(below_s, 0);
	/* with what a satellite that is away for a year needs */
	ck_assert_int_ge(end_s - below_s, 500 * SITE_DAY);
	ck_assert(is_below(pki_satellites(up.pki)));
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	device_free(&d);
}
END_TEST

START_TEST(until_it_is_renewed_a_satellite_has_the_list_of_who_issued_it)
{
	struct device d = edge_registered("SN1");
	char name[LIST_NAME_SIZE];
	const struct sl_cert *former;
	struct ledger_crl first, later;

	roll();
	former = pki_former(up.pki, PKI_KIND_SATELLITES, 0);
	ck_assert_ptr_nonnull(former);
	satellites_list_name(name, former);
	ck_assert_int_eq(ledger_crl_get(up.ledger, name, &first, NULL, &up.err), 1);
	month();
	former = pki_former(up.pki, PKI_KIND_SATELLITES, 0);
	ck_assert(is_below(former));
	ck_assert(list_is_of(former));
	ck_assert_int_eq(ledger_crl_get(up.ledger, name, &later, NULL, &up.err), 1);
	ck_assert_int_gt(later.number, first.number);
	use(&d);
	renew(&d);
	/* three hundred days after its certificate was issued */
	for (int i = 0; i < 10; i++)
		month();
	ck_assert(is_below(pki_satellites(up.pki)));
	ck_assert(list_is_of(pki_satellites(up.pki)));
	use(&d);
	renew(&d);
	use(&d);
	/* and what it certified is good at the upstream */
	ck_assert_int_eq(device_use(&up, &d, 4, 0), SL_DENIED_NONE);
	device_free(&d);
}
END_TEST

/* The ledger of the upstream is of before: its devices are known by the path that they bring. */
START_TEST(a_satellite_below_the_former_ca_is_heard_and_its_devices_are_adopted)
{
	struct device d = edge_registered("SN1");

	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	roll();
	/* whoever is the authority's own it may leave out */
	sl_cert_unref(d.cas[--d.n_cas]);
	edge_pass(60);
	ck_assert_int_eq(device_use(&up, &d, 4, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_int_eq(device_use(&edge, &d, 3, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	device_free(&d);
}
END_TEST

/* A list of before there could be several of them: devices compare its number. */
START_TEST(the_numbers_of_an_earlier_version_go_on)
{
	struct ledger_crl crl = { .number = up.now + 500, .made_s = up.now - SITE_DAY }, got;
	char name[LIST_NAME_SIZE];
	struct sl_buf list = { 0 };

	satellites_list_name(name, pki_satellites(up.pki));
	ck_assert_int_eq(ledger_crl_get(up.ledger, name, &got, &list, &up.err), 1);
	site_ok(&up,
	    db_exec(ledger_db(up.ledger), &up.err, "DELETE FROM crl WHERE issuer = $1", "t", name));
	site_ok(&up, ledger_crl_put(up.ledger, "satellites", &crl, list.data, list.len, &up.err));
	sl_buf_free(&list);
	site_ok(&up, authority_daily(up.authority, up.now, &up.err));
	ck_assert_int_eq(ledger_crl_get(up.ledger, name, &got, NULL, &up.err), 1);
	ck_assert_int_eq(got.number, crl.number + 1);
}
END_TEST

/* With the root's key kept elsewhere. */
START_TEST(a_ca_of_satellites_that_nothing_follows_is_an_alert)
{
	int64_t end_s = sl_cert_not_after(pki_satellites(up.pki));

	up.now = end_s - 801 * SITE_DAY;
	site_ok(&up, authority_daily(up.authority, up.now, &up.err));
	ck_assert_int_eq(site_alerts(&up, "CA of satellites ending"), 0);
	up.now += SITE_DAY;
	site_ok(&up, authority_daily(up.authority, up.now, &up.err));
	ck_assert_int_eq(site_alerts(&up, "CA of satellites ending"), 1);
	roll();
	site_ok(&up, authority_daily(up.authority, up.now, &up.err));
	ck_assert_int_eq(site_alerts(&up, "CA of satellites ending"), 0);
	/* a satellite's is its upstream's to watch */
	edge.now = up.now;
	site_ok(&edge, authority_daily(edge.authority, edge.now, &edge.err));
	ck_assert_int_eq(site_alerts(&edge, "CA of satellites ending"), 0);
}
END_TEST

START_TEST(where_there_are_no_satellites_their_ca_is_not_followed)
{
	struct site s;

	site_open(&s);
	ck_assert_int_eq(
	    pki_successor_make(s.pki, PKI_KIND_SATELLITES, s.now, &s.err), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(s.err.text, "satellite create"));
	s.now += 3000 * SITE_DAY;
	site_ok(&s, pki_roll_due(s.pki, s.now, say_nothing, NULL, &s.err));
	ck_assert_ptr_null(pki_successor(s.pki, PKI_KIND_SATELLITES));
	site_close(&s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("satellite-roll");
	TCase *t = tcase_create("satellite-roll");

	tcase_set_timeout(t, 240);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_ca_of_satellites_is_followed_in_time_and_devices_go_on);
	tcase_add_test(t, until_it_is_renewed_a_satellite_has_the_list_of_who_issued_it);
	tcase_add_test(t, a_satellite_below_the_former_ca_is_heard_and_its_devices_are_adopted);
	tcase_add_test(t, the_numbers_of_an_earlier_version_go_on);
	tcase_add_test(t, a_ca_of_satellites_that_nothing_follows_is_an_alert);
	tcase_add_test(t, where_there_are_no_satellites_their_ca_is_not_followed);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
