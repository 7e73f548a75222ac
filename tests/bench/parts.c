/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "costs.h"
#include "parts.h"
#include "raw.h"
#include "stats.h"

#define RAW 1500
/* Reports of a day, each commit as many as a worker's clients send at once. */
#define REPORTS 640
#define DAY     24
#define COMMIT  16

static void
measure_signatures(struct parts *p)
{
	static struct stats verify, sign;

	verify.n = sign.n = 0;
	raw_signatures(&verify, &sign, RAW);
	stats_print(&verify);
	stats_print(&sign);
	p->verify_us = stats_at(&verify, 0.5);
	p->sign_us = stats_at(&sign, 0.5);
}

/* ---- SQLite ------------------------------------------------------------- */

static void
must(sqlite3 *db, int r)
{
	if (r == SQLITE_OK || r == SQLITE_DONE || r == SQLITE_ROW)
		return;
	(void)fprintf(stderr, "bench_load: SQLite: %s\n", sqlite3_errmsg(db));
	exit(1);
}

/* The table of samples with its indexes, as the ledger has it. */
static void
copy_table(sqlite3 *db, const char *ledger)
{
	sqlite3 *from;
	sqlite3_stmt *texts;

	must(NULL, sqlite3_open_v2(ledger, &from, SQLITE_OPEN_READONLY, NULL));
	must(from, sqlite3_prepare_v2(from,
		       "SELECT sql FROM sqlite_master WHERE tbl_name = 'sample' AND sql IS NOT NULL"
		       " ORDER BY type DESC",
		       -1, &texts, NULL));
	while (sqlite3_step(texts) == SQLITE_ROW)
		must(db, sqlite3_exec(
			     db, (const char *)sqlite3_column_text(texts, 0), NULL, NULL, NULL));
	(void)sqlite3_finalize(texts);
	(void)sqlite3_close(from);
}

static void
insert_report(sqlite3 *db, sqlite3_stmt *insert, int report)
{
	char sn[24];

	(void)snprintf(sn, sizeof(sn), "BENCH%08d", report % (2 * COMMIT));
	must(db, sqlite3_bind_text(insert, 1, sn, -1, SQLITE_STATIC));
	for (int n = 0; n < DAY; n++) {
		must(db, sqlite3_bind_int(insert, 2, report / (2 * COMMIT) * DAY + n));
		must(db, sqlite3_bind_int64(insert, 3, 1780000000 + n * 3600));
		must(db, sqlite3_step(insert));
		must(db, sqlite3_reset(insert));
	}
}

static void
measure_samples(struct parts *p, const char *folder, const char *ledger)
{
	char path[300];
	sqlite3 *db;
	sqlite3_stmt *insert;
	double from;

	(void)snprintf(path, sizeof(path), "%s/rows.db", folder);
	must(NULL, sqlite3_open(path, &db));
	must(db, sqlite3_exec(
		     db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL, NULL));
	copy_table(db, ledger);
	must(db,
	    sqlite3_prepare_v2(db,
		"INSERT INTO sample (account, pid, sn, uuid, store, tag, n, va, instance, start_s,"
		" hours, max, last, at_s) VALUES ('5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11', "
		"'NCS1004',"
		" ?1, 'default-sdr', '3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8',"
		" 'regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-"
		"4279ddea5e24',"
		" ?2, 1, '0198c7a5-2b0c-7a3e-8a54-2f1f6b1f0a11', ?3, 1, 8, 8, 1780090000)",
		-1, &insert, NULL));
	from = costs_own_us();
	for (int i = 0; i < REPORTS; i++) {
		if (i % COMMIT == 0)
			must(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
		insert_report(db, insert, i);
		if (i % COMMIT == COMMIT - 1)
			must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
	}
	p->sample_us = (costs_own_us() - from) / (REPORTS * DAY);
	(void)sqlite3_finalize(insert);
	(void)sqlite3_close(db);
	(void)unlink(path);
	printf("%-46s %9.1f µs of processor  (n %d)\n", "raw SQLite taking a sample", p->sample_us,
	    REPORTS * DAY);
}

void
parts_measure(struct parts *ret, const char *folder, const char *ledger)
{
	static struct stats disk = { .name = "raw write + fsync of 4 KiB" };

	disk.n = 0;
	*ret = (struct parts){ .cores = (double)sysconf(_SC_NPROCESSORS_ONLN) };
	measure_signatures(ret);
	stats_fsync(&disk, folder, 400);
	stats_print(&disk);
	ret->fsync_us = stats_at(&disk, 0.5);
	if (ledger != NULL)
		measure_samples(ret, folder, ledger);
}

/* A thread for each core does them one after the other, and waits for the disk itself. */
double
parts_together(const struct parts *p, const struct needs *n)
{
	double us = n->verifications * p->verify_us + n->signatures * p->sign_us +
		    n->samples * p->sample_us;

	if (n->a_commit > 0)
		us += p->fsync_us / n->a_commit;
	return p->cores / (p->cores / n->echo + us / 1e6);
}
