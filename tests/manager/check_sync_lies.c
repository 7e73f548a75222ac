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

int
main(void)
{
	Suite *s = suite_create("sync_lies");
	TCase *t = tcase_create("rows");

	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_checked_fixture(t, edge_setup, edge_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, the_last_id_of_all_keeps_no_device_from_registering_anew);
	suite_add_tcase(s, t);
	return run_suite(s);
}
