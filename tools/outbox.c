/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "outbox.h"

#define ID_SHOWN 8 /* characters of a request's id in its file's name */

int
outbox_is_used(const struct smartlic_status *st)
{
	return strcmp(st->transport, "file") == 0;
}

int
outbox_find(char ret[OUTBOX_PATH_SIZE], const struct smartlic_status *st)
{
	char end[40];
	struct dirent *e;
	DIR *dir;
	int found = 0;

	if (!outbox_is_used(st) || st->pending_type[0] == '\0')
		return 0;
	dir = opendir(st->destination);
	if (dir == NULL)
		return 0;
	(void)snprintf(end, sizeof(end), "-%.*s.slrq", ID_SHOWN, st->pending_request_id);
	while (!found && (e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name), n = strlen(end);

		found = len > n && strcmp(e->d_name + len - n, end) == 0 &&
			(size_t)snprintf(ret, OUTBOX_PATH_SIZE, "%s/%s", st->destination,
			    e->d_name) < OUTBOX_PATH_SIZE;
	}
	(void)closedir(dir);
	return found;
}
