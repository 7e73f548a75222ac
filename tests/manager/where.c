/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "tests/manager/where.h"
#include "tests/suite.h"

/* With no search path the database has no tables of ours. */
static void
run_sql(const char *sql)
{
	struct smartlic_error err = { 0 };
	struct db *db = NULL;

	ck_assert_msg(db_open(&db, getenv("SL_TEST_DATABASE"), 1, &err) == 0, "%s", err.text);
	ck_assert_msg(db_exec(db, &err, sql, "") == 0, "%s", err.text);
	db_close(db);
}

void
where_new(char ret[WHERE_SIZE], const char *folder)
{
	const char *url = getenv("SL_TEST_DATABASE");
	static int n;
	char sql[128];

	if (url == NULL) {
		(void)snprintf(ret, WHERE_SIZE, "%s/ledger.db", folder);
		return;
	}
	n++;
	(void)snprintf(sql, sizeof(sql), "CREATE SCHEMA t%d_%d", (int)getpid(), n);
	run_sql(sql);
	(void)snprintf(ret, WHERE_SIZE, "%s%coptions=-csearch_path%%3Dt%d_%d", url,
	    strchr(url, '?') != NULL ? '&' : '?', (int)getpid(), n);
}

void
where_drop(const char *where)
{
	const char *schema = strstr(where, "search_path%3D");
	char sql[128];

	if (!db_is_url(where))
		return;
	(void)snprintf(sql, sizeof(sql), "DROP SCHEMA %s CASCADE", schema + 14);
	run_sql(sql);
}
