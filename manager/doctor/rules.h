/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_DOCTOR_RULES_H
#define MANAGER_DOCTOR_RULES_H

#include <stdint.h>

/* What is good, what is a warning and what is bad.  Pure; the numbers stand in smartlic-manager(8).
 */
enum doctor_grade { DOCTOR_GOOD, DOCTOR_WARNING, DOCTOR_BAD, DOCTOR_SKIPPED };

#define DOCTOR_DAY_S INT64_C(86400)

/* A certificate that has so long to live; `early_s`: from when on its successor is to be thought
 * of. Bad in its last week. */
#define DOCTOR_LIFE_BAD_S (7 * DOCTOR_DAY_S)
enum doctor_grade doctor_grade_life(int64_t left_s, int64_t early_s);

/* Free bytes beside a ledger of that size, of which a copy should have room. */
#define DOCTOR_DISK_BAD     (INT64_C(64) << 20)
#define DOCTOR_DISK_WARNING (INT64_C(512) << 20)
enum doctor_grade doctor_grade_disk(int64_t available, int64_t ledger);

/* How far the clock is behind the newest that the ledger knows. */
#define DOCTOR_BEHIND_WARNING_S 5
#define DOCTOR_BEHIND_BAD_S     300
enum doctor_grade doctor_grade_behind(int64_t behind_s);

/* How far it is from the upstream's, to either side: certificates begin an hour before they are
 * made. */
#define DOCTOR_APART_WARNING_S 60
#define DOCTOR_APART_BAD_S     3600
enum doctor_grade doctor_grade_apart(int64_t apart_s);

/* The age of the last backup; bad is none, since it may be made by other means. */
#define DOCTOR_BACKUP_WARNING_S (7 * DOCTOR_DAY_S)
enum doctor_grade doctor_grade_backup(int64_t age_s);

/* Since a satellite and its upstream were last one. */
enum doctor_grade doctor_grade_sync(int64_t age_s);

#endif
