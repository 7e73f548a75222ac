/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "doctor/rules.h"
#include "tests/suite.h"

#define DAYS(n) ((n)*DOCTOR_DAY_S)
#define MIB(n)  (INT64_C(n) << 20)

START_TEST(a_certificate_is_bad_in_its_last_week)
{
	static const struct {
		int64_t left_s, early_s;
		enum doctor_grade grade;
	} cases[] = {
		{ DAYS(91), DAYS(90), DOCTOR_GOOD },
		{ DAYS(90), DAYS(90), DOCTOR_WARNING },
		{ DAYS(7) + 1, DAYS(90), DOCTOR_WARNING },
		{ DAYS(7), DAYS(90), DOCTOR_BAD },
		{ 0, DAYS(90), DOCTOR_BAD },
		{ -1, DAYS(90), DOCTOR_BAD },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_int_eq(
		    doctor_grade_life(cases[i].left_s, cases[i].early_s), cases[i].grade);
}
END_TEST

START_TEST(a_disk_should_have_room_for_a_copy_of_the_ledger)
{
	static const struct {
		int64_t available, ledger;
		enum doctor_grade grade;
	} cases[] = {
		{ MIB(64) - 1, 0, DOCTOR_BAD },
		{ MIB(64), 0, DOCTOR_WARNING },
		{ MIB(512) - 1, 0, DOCTOR_WARNING },
		{ MIB(512), MIB(512), DOCTOR_GOOD },
		{ MIB(512), MIB(512) + 1, DOCTOR_WARNING },
		{ MIB(4096), MIB(4000), DOCTOR_GOOD },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_int_eq(
		    doctor_grade_disk(cases[i].available, cases[i].ledger), cases[i].grade);
}
END_TEST

START_TEST(a_clock_may_be_ahead_of_the_ledger_and_hardly_behind)
{
	ck_assert_int_eq(doctor_grade_behind(-DAYS(400)), DOCTOR_GOOD);
	ck_assert_int_eq(doctor_grade_behind(4), DOCTOR_GOOD);
	ck_assert_int_eq(doctor_grade_behind(5), DOCTOR_WARNING);
	ck_assert_int_eq(doctor_grade_behind(299), DOCTOR_WARNING);
	ck_assert_int_eq(doctor_grade_behind(300), DOCTOR_BAD);
}
END_TEST

START_TEST(two_clocks_may_be_apart_by_less_than_a_minute_to_either_side)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		ck_assert_int_eq(doctor_grade_apart(sign * 59), DOCTOR_GOOD);
		ck_assert_int_eq(doctor_grade_apart(sign * 60), DOCTOR_WARNING);
		ck_assert_int_eq(doctor_grade_apart(sign * 3599), DOCTOR_WARNING);
		ck_assert_int_eq(doctor_grade_apart(sign * 3600), DOCTOR_BAD);
	}
}
END_TEST

START_TEST(a_backup_is_old_after_a_week)
{
	ck_assert_int_eq(doctor_grade_backup(DAYS(7) - 1), DOCTOR_GOOD);
	ck_assert_int_eq(doctor_grade_backup(DAYS(7)), DOCTOR_WARNING);
	ck_assert_int_eq(doctor_grade_backup(DAYS(4000)), DOCTOR_WARNING);
}
END_TEST

START_TEST(a_satellite_is_late_after_30_days_and_lost_after_90)
{
	ck_assert_int_eq(doctor_grade_sync(DAYS(30) - 1), DOCTOR_GOOD);
	ck_assert_int_eq(doctor_grade_sync(DAYS(30)), DOCTOR_WARNING);
	ck_assert_int_eq(doctor_grade_sync(DAYS(90) - 1), DOCTOR_WARNING);
	ck_assert_int_eq(doctor_grade_sync(DAYS(90)), DOCTOR_BAD);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("doctor");
	TCase *t = tcase_create("rules");

	tcase_add_test(t, a_certificate_is_bad_in_its_last_week);
	tcase_add_test(t, a_disk_should_have_room_for_a_copy_of_the_ledger);
	tcase_add_test(t, a_clock_may_be_ahead_of_the_ledger_and_hardly_behind);
	tcase_add_test(t, two_clocks_may_be_apart_by_less_than_a_minute_to_either_side);
	tcase_add_test(t, a_backup_is_old_after_a_week);
	tcase_add_test(t, a_satellite_is_late_after_30_days_and_lost_after_90);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
