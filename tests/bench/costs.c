/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "costs.h"

/* Microseconds of a process, 0 where it has gone; *ret_parent is whose it is. */
static double
time_of(pid_t pid, pid_t *ret_parent)
{
	long long user = 0, system = 0, parent = 0;
	char path[64], line[1024] = "", *after;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	(void)fclose(f);
	after = strrchr(line, ')'); /* its name may have blanks */
	if (after == NULL ||
	    sscanf(after + 1, " %*c %lld %*s %*s %*s %*s %*s %*s %*s %*s %*s %lld %lld", &parent,
		&user, &system) != 3)
		return 0;
	*ret_parent = (pid_t)parent;
	return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

static double
time_of_children(pid_t parent)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	double sum = 0;

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)atoi(entry->d_name), of = 0;
		double us = pid > 0 ? time_of(pid, &of) : 0;

		if (of == parent)
			sum += us;
	}
	if (proc != NULL)
		(void)closedir(proc);
	return sum;
}

double
costs_own_us(void)
{
	struct rusage now;

	if (getrusage(RUSAGE_SELF, &now) < 0)
		return 0;
	return (double)(now.ru_utime.tv_sec + now.ru_stime.tv_sec) * 1e6 +
	       (double)(now.ru_utime.tv_usec + now.ru_stime.tv_usec);
}

struct costs
costs_now(pid_t server, pid_t database, struct db *db)
{
	struct costs ret = { 0 };
	struct db_row *row;
	pid_t parent;

	ret.own_us = costs_own_us();
	ret.server_us = time_of(server, &parent);
	if (database != 0)
		ret.database_us = time_of_children(database);
	if (db != NULL &&
	    db_query(db, &row, NULL,
		"SELECT CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS BIGINT)", "") == 0 &&
	    db_next(row, NULL) == 1) {
		ret.wal = (double)db_int(row, 0);
		db_done(row);
	}
	return ret;
}

void
costs_print(const struct costs *from, const struct costs *to, double n)
{
	printf("%-46s %9.0f us of processor a request in the server, %.0f in what asks it", "",
	    (to->server_us - from->server_us) / n, (to->own_us - from->own_us) / n);
	if (to->wal > 0)
		printf(", %.0f us in PostgreSQL, %.0f bytes of its log",
		    (to->database_us - from->database_us) / n, (to->wal - from->wal) / n);
	printf("\n");
}
