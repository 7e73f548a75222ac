/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "costs.h"
#include "ledger/sample_page.h"
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
		       "SELECT sql FROM sqlite_master WHERE tbl_name = 'sample_page'"
		       " AND sql IS NOT NULL ORDER BY type DESC",
		       -1, &texts, NULL));
	while (sqlite3_step(texts) == SQLITE_ROW)
		must(db, sqlite3_exec(
			     db, (const char *)sqlite3_column_text(texts, 0), NULL, NULL, NULL));
	(void)sqlite3_finalize(texts);
	(void)sqlite3_close(from);
}

#define KEY                                                                                        \
	"account = '5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11' AND pid = 'NCS1004' AND sn = ?1"         \
	" AND uuid = 'default-sdr' AND store = '3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8'"             \
	" AND page = ?2"
#define TAG "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"

#define FROM_S INT64_C(1780000000)

enum { SELECT, INSERT, UPDATE, STATEMENTS };
static const char *const statements[STATEMENTS] = {
	[SELECT] = "SELECT data FROM sample_page WHERE " KEY,
	[INSERT] = "INSERT INTO sample_page (account, pid, sn, uuid, store, page, va, instance,"
		   " at_s, ends_s, last_s, data) VALUES ('5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11',"
		   " 'NCS1004', ?1, 'default-sdr', '3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8', ?2, 1,"
		   " '0198c7a5-2b0c-7a3e-8a54-2f1f6b1f0a11', 1780090000, ?3, ?4, ?5)",
	[UPDATE] = "UPDATE sample_page SET va = 1, instance ="
		   " '0198c7a5-2b0c-7a3e-8a54-2f1f6b1f0a11', at_s = 1780090000, ends_s = ?3,"
		   " last_s = ?4, data = ?5 WHERE " KEY,
};

/* Of the first n hours of a page in which nothing changes, by n. */
static char *texts[SAMPLE_PAGE_SPAN + 1];

static void
make_texts(void)
{
	struct ledger_sample s = { .tag = TAG, .hours = 1, .max = 8, .last = 8 };
	static struct sample_page page;
	struct smartlic_error err;

	sample_page_init(&page, 0);
	for (int n = 1; n <= SAMPLE_PAGE_SPAN; n++) {
		struct sl_buf text = { 0 };

		s.n = n;
		s.start_s = FROM_S + n * 3600;
		(void)sample_page_take(&page, &s);
		if (sample_page_write(&text, &page, &err) < 0) {
			(void)fprintf(stderr, "bench_load: %s\n", err.text);
			exit(1);
		}
		texts[n] = sl_buf_take(&text);
	}
}

static void
step(sqlite3 *db, sqlite3_stmt *stmt, const char *sn, int page)
{
	must(db, sqlite3_bind_text(stmt, 1, sn, -1, SQLITE_STATIC));
	must(db, sqlite3_bind_int(stmt, 2, page));
	must(db, sqlite3_step(stmt));
	must(db, sqlite3_reset(stmt));
}

/* What a report does with a page: it is read, and put in or into its place.  had, has: how many
 * samples it has before and after. */
static void
write_page(sqlite3 *db, sqlite3_stmt *const *stmt, const char *sn, int page, int had, int has)
{
	sqlite3_stmt *put = stmt[had > 0 ? UPDATE : INSERT];

	step(db, stmt[SELECT], sn, page);
	must(db, sqlite3_bind_int64(put, 3, FROM_S));
	must(db, sqlite3_bind_int64(put, 4, FROM_S + has * 3600));
	must(db, sqlite3_bind_text(put, 5, texts[has], -1, SQLITE_STATIC));
	step(db, put, sn, page);
}

static void
write_report(sqlite3 *db, sqlite3_stmt *const *stmt, int report)
{
	int n = report / (2 * COMMIT) * DAY, end = n + DAY;
	char sn[24];

	(void)snprintf(sn, sizeof(sn), "BENCH%08d", report % (2 * COMMIT));
	while (n < end) {
		int page = n / SAMPLE_PAGE_SPAN, had = n % SAMPLE_PAGE_SPAN;
		int to = (page + 1) * SAMPLE_PAGE_SPAN < end ? (page + 1) * SAMPLE_PAGE_SPAN : end;

		write_page(db, stmt, sn, page, had, had + to - n);
		n = to;
	}
}

static void
measure_samples(struct parts *p, const char *folder, const char *ledger)
{
	sqlite3_stmt *stmt[STATEMENTS];
	char path[300];
	sqlite3 *db;
	double from;

	make_texts();
	(void)snprintf(path, sizeof(path), "%s/rows.db", folder);
	must(NULL, sqlite3_open(path, &db));
	must(db, sqlite3_exec(
		     db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL, NULL));
	copy_table(db, ledger);
	for (int i = 0; i < STATEMENTS; i++)
		must(db, sqlite3_prepare_v2(db, statements[i], -1, &stmt[i], NULL));
	from = costs_own_us();
	for (int i = 0; i < REPORTS; i++) {
		if (i % COMMIT == 0)
			must(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
		write_report(db, stmt, i);
		if (i % COMMIT == COMMIT - 1)
			must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
	}
	p->sample_us = (costs_own_us() - from) / (REPORTS * DAY);
	for (int i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(stmt[i]);
	for (int n = 1; n <= SAMPLE_PAGE_SPAN; n++)
		free(texts[n]);
	(void)sqlite3_close(db);
	(void)unlink(path);
	printf("%-46s %9.1f µs of processor  (n %d)\n", "raw SQLite taking a day's samples, each",
	    p->sample_us, REPORTS * DAY);
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
	/* now and then one takes ten times as long: what many take is the mean's */
	ret->fsync_us = stats_mean(&disk);
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
