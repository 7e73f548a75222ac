/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/manager/edge.h"
#include "text.h"

/* What a satellite gains by rows that it made up: nothing of what is at home elsewhere. */

/* An id is later than any before; behind this one there is one more, and then none. */
#define LAST_BUT_ONE "ffffffff-fffe-7000-8000-000000000000"

START_TEST(the_last_id_of_all_keeps_no_device_from_registering_anew)
{
	struct site_token here = site_token_new(&edge, BRANCH, 30, LEDGER_ANY_USES);
	struct site_token there = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device d = edge_registered("SN1"), e = edge_traveller(&up, "SN1");
	struct ledger_row row = edge_row(&edge, &d);
	struct sync_outcome o;

	(void)sl_copy(row.instance, sizeof(row.instance), LAST_BUT_ONE);
	site_ok(&edge, ledger_row_add(edge.ledger, &row, &edge.err));
	ck_assert_int_eq(device_register(&edge, &d, &here, 1), SL_DENIED_NONE);
	ck_assert_int_eq(strncmp(d.instance, "ffffffff-ffff-7", 15), 0);
	ck_assert_int_eq(device_use(&edge, &d, 1, 0), SL_DENIED_NONE);
	(void)edge_round(0, &o);
	/* neither by its row nor by itself */
	ck_assert_int_eq(device_use(&up, &d, 1, 0), SL_DENIED_INSTANCE_UNKNOWN);
	ck_assert_int_eq(device_register(&up, &e, &there, 1), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &e, 1, 0), SL_DENIED_NONE);
	device_free(&d);
	device_free(&e);
}
END_TEST

/* A live one has executed a request; the satellite says it is live, and has none to show. */
START_TEST(one_that_waits_for_its_first_request_at_home_is_not_taken)
{
	struct site_token there = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	struct device other = edge_registered("SN2"), d = edge_traveller(&up, "SN1");
	struct ledger_row row;
	struct ledger_key key = { .state = LEDGER_KEY_CURRENT };
	struct sync_outcome o;
	const void *der;
	size_t len;

	ck_assert_int_eq(device_register(&up, &d, &there, 0), SL_DENIED_NONE);
	row = edge_row(&edge, &other);
	(void)sl_copy(row.instance, sizeof(row.instance), d.instance);
	row.udi = d.udi;
	row.state = LEDGER_LIVE;
	site_ok(&edge, ledger_row_add(edge.ledger, &row, &edge.err));
	sl_hex(key.ski, sl_cert_ski(d.cert), SL_SKI_LEN);
	(void)sl_copy(key.instance, sizeof(key.instance), d.instance);
	der = sl_cert_der(d.cert, &len);
	site_ok(&edge, ledger_key_add(edge.ledger, &key, sl_cert_serial(d.cert), der, len, edge.now,
			   sl_cert_not_after(d.cert), &edge.err));
	site_ok(&edge, ledger_change_mark(
			   edge.ledger, ledger_info(edge.ledger)->upstream, d.instance, &edge.err));
	(void)edge_round(0, &o);
	ck_assert_str_eq(edge_row(&up, &d).home, "");
	ck_assert_int_eq(edge_row(&up, &d).state, LEDGER_PENDING);
	device_free(&d);
	device_free(&other);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sync_lies");
	TCase *t = tcase_create("rows");

	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_checked_fixture(t, edge_setup, edge_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, the_last_id_of_all_keeps_no_device_from_registering_anew);
	tcase_add_test(t, one_that_waits_for_its_first_request_at_home_is_not_taken);
	suite_add_tcase(s, t);
	return run_suite(s);
}
