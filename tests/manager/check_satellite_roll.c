/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "crl.h"
#include "file.h"
#include "pem.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "tests/manager/edge.h"

/* The CA of satellites, and the root, followed by another, as satellites and their devices see it.
 */

/* A device's judgement, by what its operator gave it and what answers have brought since. */
static struct sl_trust *trust;
static struct sl_clock watch;
static int64_t start_s;

/* Of a device that is given this root alone. */
static struct sl_trust *
trust_in(const struct sl_cert *root)
{
	struct sl_trust *ret = NULL;
	struct sl_buf pem = { 0 };
	const void *der;
	size_t len;

	der = sl_cert_der(root, &len);
	sl_pem_write(&pem, "CERTIFICATE", der, len);
	site_ok(&edge, sl_trust_new(&ret, edge.crypto, &edge.err));
	site_ok(&edge, sl_trust_add_anchors(ret, pem.data, pem.len, &edge.err));
	sl_buf_free(&pem);
	return ret;
}

static void
setup(void)
{
	edge_setup();
	trust = trust_in(pki_root(up.pki));
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
	struct sl_cert *root, *cross;
	struct sl_answer answer;
	enum sl_clock_note note;
	int is_new;

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
	ck_assert_int_ge(sl_answer_root(&answer, trust, &root, &cross, &is_new, &edge.err), 0);
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
	sl_crl_unref(list);
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

/* Below the former CA was one that has left since, below the present one is another that asks. */
START_TEST(a_satellite_knows_who_has_left_that_the_former_ca_had_issued)
{
	struct sl_chain chain = { .n = 3 };
	size_t len;
	const void *der = sl_cert_der(pki_issuing(edge.pki), &len);

	/* both go with the satellite */
	sl_trust_free(trust);
	trust = NULL;
	site_ok(&up, sl_cert_parse(&chain.cert[0], up.crypto, der, len, &up.err));
	chain.cert[1] = sl_cert_ref(pki_satellites(up.pki));
	chain.cert[2] = sl_cert_ref(pki_root(up.pki));
	roll();
	edge_sync();
	ck_assert_int_eq(upstream_revokes(edge.authority, &chain, edge.now, &edge.err), 0);
	edge_join_anew();
	ck_assert(is_below(pki_satellites(up.pki)));
	month();
	ck_assert(list_is_of(pki_satellites(up.pki)));
	ck_assert_int_eq(upstream_revokes(edge.authority, &chain, edge.now, &edge.err), 1);
	sl_chain_release(&chain);
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

/* ---- the root ------------------------------------------------------------- */

static int
same(const struct sl_cert *a, const struct sl_cert *b)
{
	return a != NULL && b != NULL && memcmp(sl_cert_ski(a), sl_cert_ski(b), SL_SKI_LEN) == 0;
}

static void
follow(enum pki_kind kind)
{
	ck_assert_int_ge(pki_successor_make(up.pki, kind, up.now, &up.err), 0);
	ck_assert_int_eq(pki_successor_begin(up.pki, kind, &up.err), 1);
}

/* A second later, so that each request has a time of its own. */
static void
sync(void)
{
	edge_pass(60);
	edge_sync();
}

static struct authority_without
without(void)
{
	struct authority_without ret;

	site_ok(&up, authority_without_root(up.authority, &ret, &up.err));
	return ret;
}

static int
retire(int force)
{
	struct authority_without n;

	return authority_root_retire(up.authority, force, up.now, &n, &up.err);
}

/* All that hung below the former root is followed. */
static void
leave_former_root(void)
{
	follow(PKI_KIND_SIGNER);
	follow(PKI_KIND_ISSUING);
	follow(PKI_KIND_SATELLITES);
	(void)pki_tls_renew(up.pki, NULL, 0, up.now, &up.err);
}

/* A request of d's that names the next root as one that it has. */
static void
say_root(struct device *d)
{
	char next[LEDGER_ROOT_SIZE] = "";
	struct sl_buf text = { 0 };
	unsigned char random[16];

	ck_assert_int_eq(authority_next_root(edge.authority, next), 1);
	(void)site_fill(&edge, random, sizeof(random));
	sl_uuid4(d->request_id, random);
	sl_buf_printf(&text,
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"report\",\"request_id\":\"%s\",\"sequence\":"
	    "%lld,\"udi\":{\"pid\":\"%s\",\"sn\":\"%s\",\"uuid\":\"%s\"},\"instance\":\"%s\","
	    "\"store\":\"%s\",\"roots\":[\"%s\"],\"body\":{\"samples\":[]}}",
	    d->request_id, (long long)++d->sequence, d->udi.pid, d->udi.sn, d->udi.uuid,
	    d->instance, d->store, next);
	device_say(&edge, d, text.data, 1);
	sl_buf_free(&text);
	ck_assert_int_eq(device_code(&edge, d), SL_DENIED_NONE);
}

/* How many the satellite has for its upstream's answers; for its devices. */
static int
anchors(int with_retired)
{
	struct sl_buf pem = { 0 };
	int n = 0;

	site_ok(&edge, pki_anchors(edge.pki, with_retired, &pem, &edge.err));
	for (const char *p = pem.data; (p = strstr(p, "-----BEGIN")) != NULL; p++)
		n++;
	sl_buf_free(&pem);
	return n;
}

struct serial {
	char hex[PKI_SERIAL_HEX];
};

/* Of the certificate that the satellite's CA has by what the upstream knows. */
static struct serial
ca_serial(void)
{
	struct ledger_satellite sat;
	struct serial ret;

	ck_assert_int_eq(ledger_satellite_by_name(up.ledger, "edge-1", &sat, &up.err), 1);
	strcpy(ret.hex, sat.ca_serial);
	return ret;
}

START_TEST(a_next_root_is_brought_to_satellites_and_by_them_to_devices)
{
	struct device d = edge_registered("SN1");

	ck_assert_int_eq(pki_successor_make(up.pki, PKI_KIND_ROOT, up.now, &up.err), 1);
	ck_assert_int_eq(without().satellites, 1);
	ck_assert_str_eq(without().satellite, "edge-1");
	sync();
	ck_assert(same(pki_successor(edge.pki, PKI_KIND_ROOT), pki_next_root(up.pki)));
	/* it said so by the last round or says so by the next one */
	sync();
	ck_assert_int_eq(without().satellites, 0);
	/* nobody but the upstream says when it takes its place: it has no key here */
	site_ok(&edge, pki_refresh(edge.pki, &edge.err));
	ck_assert(same(pki_root(edge.pki), pki_root(up.pki)));
	ck_assert_uint_eq(sl_trust_anchors(trust), 1);
	use(&d);
	ck_assert_uint_eq(sl_trust_anchors(trust), 2);
	sync();
	ck_assert_int_eq(without().devices, 1);
	say_root(&d);
	sync();
	ck_assert_int_eq(without().devices, 0);
	device_free(&d);
}
END_TEST

START_TEST(a_root_is_followed_where_there_are_satellites)
{
	struct device d = edge_registered("SN1"), e;
	struct serial serial;

	ck_assert_int_eq(pki_successor_make(up.pki, PKI_KIND_ROOT, up.now, &up.err), 1);
	sync();
	use(&d);
	follow(PKI_KIND_ROOT);
	sync();
	ck_assert(same(pki_root(edge.pki), pki_root(up.pki)));
	ck_assert(same(pki_former_root(edge.pki), pki_former_root(up.pki)));
	/* a device without lists needs those of both */
	sl_trust_free(trust);
	trust = trust_in(pki_former_root(up.pki));
	use(&d);
	renew(&d);
	/* it asks for a certificate below the present one each time; a better one there is not yet
	 */
	serial = ca_serial();
	sync();
	ck_assert_str_eq(serial.hex, ca_serial().hex);
	leave_former_root();
	ck_assert_int_eq(without().satellites, 1);
	sync();
	ck_assert_str_ne(serial.hex, ca_serial().hex);
	serial = ca_serial();
	sync();
	ck_assert_str_eq(serial.hex, ca_serial().hex);
	ck_assert(is_below(pki_satellites(up.pki)));
	ck_assert(list_is_of(pki_satellites(up.pki)));
	use(&d);
	renew(&d);
	say_root(&d);
	sync();
	ck_assert_int_eq(without().satellites, 0);
	ck_assert_int_eq(without().devices, 0);
	site_ok(&up, retire(0));
	sync();
	ck_assert_int_eq(anchors(0), 1);
	ck_assert_int_eq(anchors(1), 2);
	ck_assert_ptr_null(pki_cross(edge.pki));
	ck_assert_ptr_null(pki_former_root(edge.pki));
	use(&d);
	renew(&d);
	use(&d);
	/* and one that never heard of the former */
	sl_trust_free(trust);
	trust = trust_in(pki_root(up.pki));
	e = edge_registered("SN2");
	device_ask_usage(&edge, &e, 3, 0);
	accept(&e, SL_MSG_AUTHORIZE);
	renew(&e);
	ck_assert_int_eq(device_use(&up, &e, 4, 0), SL_DENIED_NONE);
	sync();
	device_free(&d);
	device_free(&e);
}
END_TEST

START_TEST(a_satellite_that_was_away_catches_up_and_so_do_its_devices)
{
	struct device d = edge_registered("SN1");

	use(&d);
	follow(PKI_KIND_ROOT);
	leave_former_root();
	edge_pass(10 * SITE_DAY);
	ck_assert_int_eq(retire(0), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(up.err.text, "1 satellites (edge-1 first)"));
	ck_assert_ptr_nonnull(strstr(up.err.text, "satellite sync"));
	sync();
	ck_assert(same(pki_root(edge.pki), pki_root(up.pki)));
	sync();
	ck_assert_int_eq(without().satellites, 0);
	/* the device still has the former one alone: the path goes by what vouches */
	use(&d);
	ck_assert_uint_eq(sl_trust_anchors(trust), 2);
	renew(&d);
	use(&d);
	device_free(&d);
}
END_TEST

START_TEST(a_satellite_that_has_the_next_root_needs_nothing_that_vouches)
{
	ck_assert_int_eq(pki_successor_make(up.pki, PKI_KIND_ROOT, up.now, &up.err), 1);
	sync();
	sync();
	follow(PKI_KIND_ROOT);
	leave_former_root();
	sync();
	ck_assert(same(pki_root(edge.pki), pki_root(up.pki)));
}
END_TEST

START_TEST(a_satellite_that_has_one_root_follows_two)
{
	struct sl_cert *second;

	ck_assert_int_eq(pki_successor_make(up.pki, PKI_KIND_ROOT, up.now, &up.err), 1);
	sync();
	follow(PKI_KIND_ROOT);
	leave_former_root();
	site_ok(&up, retire(1));
	second = sl_cert_ref(pki_root(up.pki));
	ck_assert_int_eq(pki_successor_make(up.pki, PKI_KIND_ROOT, up.now, &up.err), 1);
	sync();
	ck_assert(same(pki_root(edge.pki), second));
	ck_assert(same(pki_successor(edge.pki, PKI_KIND_ROOT), pki_next_root(up.pki)));
	follow(PKI_KIND_ROOT);
	sync();
	ck_assert(same(pki_root(edge.pki), pki_root(up.pki)));
	sl_cert_unref(second);
}
END_TEST

/* Its first list is made when its key is there. */
START_TEST(a_root_whose_key_is_elsewhere_takes_its_place_for_satellites_too)
{
	char path[FILE_PATH_SIZE];

	ck_assert_int_eq(pki_successor_make(up.pki, PKI_KIND_ROOT, up.now, &up.err), 1);
	site_ok(&up, file_path(path, pki_dir(up.pki), "root-successor.key", &up.err));
	ck_assert_int_eq(remove(path), 0);
	sync();
	ck_assert_int_eq(pki_successor_begin(up.pki, PKI_KIND_ROOT, &up.err), 1);
	sync();
	ck_assert(same(pki_root(edge.pki), pki_root(up.pki)));
}
END_TEST

/* Of a satellite that joined below the present root, with that as its only anchor. */
START_TEST(devices_that_know_the_former_root_alone_take_a_satellite_that_came_after_it)
{
	struct device d;

	follow(PKI_KIND_ROOT);
	leave_former_root();
	sl_trust_free(trust);
	edge_join_anew();
	trust = trust_in(pki_former_root(up.pki));
	ck_assert_ptr_null(pki_former_root(edge.pki));
	sync();
	ck_assert(same(pki_former_root(edge.pki), pki_former_root(up.pki)));
	d = edge_registered("SN1");
	use(&d);
	ck_assert_uint_eq(sl_trust_anchors(trust), 2);
	renew(&d);
	say_root(&d);
	sync();
	site_ok(&up, retire(1));
	sync();
	ck_assert_ptr_null(pki_cross(edge.pki));
	device_free(&d);
}
END_TEST

START_TEST(a_satellite_that_was_left_behind_is_told_nothing_by_the_next_root)
{
	struct sync_outcome o;

	follow(PKI_KIND_ROOT);
	leave_former_root();
	site_ok(&up, retire(1));
	edge_pass(60);
	ck_assert_int_eq(edge_round(0, &o), SMARTLIC_E_CHAIN);
	ck_assert_ptr_nonnull(strstr(edge.err.text, "leads to no trust anchor"));
}
END_TEST

/* A power cut at either of the files. */
START_TEST(what_was_begun_at_a_satellite_is_ended_by_the_next_answer)
{
	char path[FILE_PATH_SIZE];

	ck_assert_int_eq(pki_successor_make(up.pki, PKI_KIND_ROOT, up.now, &up.err), 1);
	sync();
	site_ok(&edge, file_path(path, pki_dir(edge.pki), "root-successor.pem", &edge.err));
	ck_assert_int_eq(remove(path), 0);
	site_ok(&edge, pki_refresh(edge.pki, &edge.err));
	ck_assert_ptr_null(pki_next_root(edge.pki));
	follow(PKI_KIND_ROOT);
	sync();
	ck_assert(same(pki_root(edge.pki), pki_root(up.pki)));
	ck_assert_ptr_nonnull(pki_former_root(edge.pki));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("satellite-roll");
	TCase *t = tcase_create("satellite-roll");

	tcase_set_timeout(t, 240);
	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_ca_of_satellites_is_followed_in_time_and_devices_go_on);
	tcase_add_test(t, until_it_is_renewed_a_satellite_has_the_list_of_who_issued_it);
	tcase_add_test(t, a_satellite_below_the_former_ca_is_heard_and_its_devices_are_adopted);
	tcase_add_test(t, a_satellite_knows_who_has_left_that_the_former_ca_had_issued);
	tcase_add_test(t, the_numbers_of_an_earlier_version_go_on);
	tcase_add_test(t, a_ca_of_satellites_that_nothing_follows_is_an_alert);
	tcase_add_test(t, where_there_are_no_satellites_their_ca_is_not_followed);
	tcase_add_test(t, a_next_root_is_brought_to_satellites_and_by_them_to_devices);
	tcase_add_test(t, a_root_is_followed_where_there_are_satellites);
	tcase_add_test(t, a_satellite_that_was_away_catches_up_and_so_do_its_devices);
	tcase_add_test(t, a_satellite_that_has_the_next_root_needs_nothing_that_vouches);
	tcase_add_test(t, a_satellite_that_has_one_root_follows_two);
	tcase_add_test(t, a_root_whose_key_is_elsewhere_takes_its_place_for_satellites_too);
	tcase_add_test(
	    t, devices_that_know_the_former_root_alone_take_a_satellite_that_came_after_it);
	tcase_add_test(t, a_satellite_that_was_left_behind_is_told_nothing_by_the_next_root);
	tcase_add_test(t, what_was_begun_at_a_satellite_is_ended_by_the_next_answer);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
