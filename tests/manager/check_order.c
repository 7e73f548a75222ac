/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/order.h"
#include "tests/suite.h"

/* A request of the instance itself by such a key; NEXT is the one that is to be executed. */
#define OWN(k, n, top)                                                                             \
	.identity_matches = 1, .key = ORDER_KEY_##k, .sequence = (n), .highest = (top)
#define NEXT  OWN(OPEN, 7, 6)
#define LAST  OWN(OPEN, 6, 6), .id_known = 1, .same_digest = 1
#define KEPT  .result_kept = 1

static const struct {
	const char *rule;
	struct order_facts facts;
	enum order_verdict verdict;
	enum order_alert alert;
} cases[] = {
	{ "1: another's UDI, instance or certificate",
	    { .key = ORDER_KEY_OPEN, .sequence = 7, .highest = 6 }, ORDER_BAD_REQUEST, 0 },
	{ "1 before 3", { .closed = 1, .sequence = 7, .highest = 6 }, ORDER_BAD_REQUEST, 0 },
	{ "2: known id, other digest", { OWN(OPEN, 6, 6), .id_known = 1, KEPT },
	    ORDER_BAD_REQUEST, 0 },
	{ "2 before 3", { OWN(OPEN, 6, 6), .id_known = 1, .closed = 1 }, ORDER_BAD_REQUEST, 0 },
	{ "3: closed, its own deregister again", { LAST, KEPT, .closed = 1, .deregister = 1 },
	    ORDER_REPEAT, 0 },
	{ "3: closed, a deregister that was never executed",
	    { NEXT, .closed = 1, .deregister = 1 }, ORDER_INSTANCE_REMOVED, 0 },
	{ "3: closed, another stored result", { LAST, KEPT, .closed = 1 },
	    ORDER_INSTANCE_REMOVED, 0 },
	{ "3: closed, a next request", { NEXT, .closed = 1 }, ORDER_INSTANCE_REMOVED, 0 },
	{ "3 before 5", { OWN(REPLACED, 7, 6), .closed = 1 },
	    ORDER_INSTANCE_REMOVED, 0 },
	{ "4: known id", { LAST, KEPT }, ORDER_REPEAT, 0 },
	{ "4: known id, result no longer kept", { LAST }, ORDER_SUPERSEDED, 0 },
	{ "4 before 5: the answer to the last request of a key that is replaced now",
	    { OWN(REPLACED, 6, 6), .id_known = 1, .same_digest = 1, KEPT }, ORDER_REPEAT, 0 },
	{ "4 before 6", { LAST, KEPT, .later_used = 1 }, ORDER_REPEAT, 0 },
	{ "a key that the ledger lost", { OWN(UNKNOWN, 7, 6) },
	    ORDER_BAD_SIGNATURE, 0 },
	{ "5: replaced key, new sequence", { OWN(REPLACED, 7, 6) },
	    ORDER_BAD_SIGNATURE, ORDER_ALERT_REPLACED_KEY },
	{ "5: replaced key, old sequence", { OWN(REPLACED, 6, 6) },
	    ORDER_SUPERSEDED, 0 },
	{ "5 before 8", { OWN(REPLACED, 6, 6), .sequence_used = 1 },
	    ORDER_SUPERSEDED, 0 },
	{ "6: a later-issued one is live", { NEXT, .later_used = 1 }, ORDER_INSTANCE_REMOVED, 0 },
	{ "7: the next sequence", { NEXT }, ORDER_EXECUTE, 0 },
	{ "7: the first of an instance", { OWN(OPEN, 1, 0) }, ORDER_EXECUTE, 0 },
	{ "7: some were cancelled", { OWN(OPEN, 6 + (1 << 20), 6) }, ORDER_EXECUTE, 0 },
	{ "8: further above, nobody used it", { OWN(OPEN, 7 + (1 << 20), 6) },
	    ORDER_OUT_OF_SYNC, 0 },
	{ "8: far above, at the end of the numbers",
	    { OWN(OPEN, (INT64_C(1) << 53) - 1, 6) }, ORDER_OUT_OF_SYNC, 0 },
	{ "8: used by another id", { OWN(OPEN, 6, 6), .sequence_used = 1 },
	    ORDER_OUT_OF_SYNC, ORDER_ALERT_CLONE },
	{ "9: lower and unused", { OWN(OPEN, 5, 6) }, ORDER_SUPERSEDED, 0 },
	{ "9: older than what is kept", { OWN(OPEN, 1, 500) },
	    ORDER_SUPERSEDED, 0 },
};

START_TEST(the_rules_are_applied_in_their_order)
{
	enum order_alert alert;

	ck_assert_msg(order_judge(&cases[_i].facts, &alert) == cases[_i].verdict, "%s: verdict %d",
	    cases[_i].rule, order_judge(&cases[_i].facts, &alert));
	ck_assert_msg(alert == cases[_i].alert, "%s: alert %d", cases[_i].rule, alert);
}
END_TEST

/* Whatever the facts: an alert comes with a refusal only, and a request that was executed once is
 * never executed again. */
START_TEST(over_all_facts_nothing_known_is_executed_and_alerts_are_refusals)
{
	enum order_verdict v;
	enum order_alert alert;

	for (int i = 0; i < 1 << 10; i++) {
		struct order_facts f = { .identity_matches = i & 1,
			.id_known = i >> 1 & 1,
			.same_digest = i >> 2 & 1,
			.result_kept = i >> 3 & 1,
			.deregister = i >> 4 & 1,
			.closed = i >> 5 & 1,
			.later_used = i >> 6 & 1,
			.sequence_used = i >> 7 & 1,
			.highest = 6 };

		for (int k = 0; k < 9; k++) {
			f.key = (enum order_key)(k / 3);
			f.sequence = 5 + k % 3;
			v = order_judge(&f, &alert);
			if (v == ORDER_EXECUTE)
				ck_assert(f.identity_matches && !f.id_known && !f.closed &&
				          !f.later_used && f.key == ORDER_KEY_OPEN &&
				          f.sequence > f.highest);
			if (v == ORDER_REPEAT)
				ck_assert(f.identity_matches && f.id_known && f.same_digest &&
				          f.result_kept);
			if (v == ORDER_EXECUTE || v == ORDER_REPEAT)
				ck_assert_int_eq(alert, ORDER_QUIET);
			if (alert == ORDER_ALERT_CLONE)
				ck_assert(f.sequence_used && v == ORDER_OUT_OF_SYNC);
		}
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("order");
	TCase *t = tcase_create("order");

	tcase_add_loop_test(t, the_rules_are_applied_in_their_order, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, over_all_facts_nothing_known_is_executed_and_alerts_are_refusals);
	suite_add_tcase(s, t);
	return run_suite(s);
}
