/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "doctor/rules.h"
#include "ledger/satellites.h"

/* A value that is worse the larger it is. */
static enum doctor_grade
grade(int64_t value, int64_t warning, int64_t bad)
{
	return value >= bad ? DOCTOR_BAD : value >= warning ? DOCTOR_WARNING : DOCTOR_GOOD;
}

enum doctor_grade
doctor_grade_life(int64_t left_s, int64_t early_s)
{
	return left_s <= DOCTOR_LIFE_BAD_S ? DOCTOR_BAD
	       : left_s <= early_s         ? DOCTOR_WARNING
					   : DOCTOR_GOOD;
}

enum doctor_grade
doctor_grade_disk(int64_t available, int64_t ledger)
{
	return available < DOCTOR_DISK_BAD                             ? DOCTOR_BAD
	       : available < DOCTOR_DISK_WARNING || available < ledger ? DOCTOR_WARNING
								       : DOCTOR_GOOD;
}

enum doctor_grade
doctor_grade_behind(int64_t behind_s)
{
	return grade(behind_s, DOCTOR_BEHIND_WARNING_S, DOCTOR_BEHIND_BAD_S);
}

enum doctor_grade
doctor_grade_apart(int64_t apart_s)
{
	return grade(apart_s < 0 ? -apart_s : apart_s, DOCTOR_APART_WARNING_S, DOCTOR_APART_BAD_S);
}

enum doctor_grade
doctor_grade_backup(int64_t age_s)
{
	return grade(age_s, DOCTOR_BACKUP_WARNING_S, INT64_MAX);
}

enum doctor_grade
doctor_grade_sync(int64_t age_s)
{
	return grade(age_s, SATELLITE_OVERDUE_S, SATELLITE_EXPIRED_S);
}
