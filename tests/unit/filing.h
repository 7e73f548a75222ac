/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_FILING_H
#define TESTS_UNIT_FILING_H

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <smartlic/transport.h>

#include "tests/suite.h"
#include "transports/bundle.h"

/* The transport of files, opened on two folders of its own. */

extern const struct smartlic_transport_ops smartlic_transport_file;
static const struct smartlic_transport_ops *const ops = &smartlic_transport_file;

#define ID    "0f8fad5b-d9cb-469f-a165-70867728950e"
#define OTHER "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define NAME  "NCS1004-CAT1-default%2Fsdr-0f8fad5b"

static char folder[32], outbox[40], inbox[40];
static int64_t now_ms;
static void *tp;
static struct smartlic_outcome out;

static inline int64_t
mono_ms(void *ctx)
{
	(void)ctx;
	return now_ms;
}

static const struct smartlic_host host = { .size = sizeof(host), .mono_ms = mono_ms };

static inline int
open_with(const char *outbox_path, const char *inbox_path, char *text, size_t cap)
{
	struct smartlic_option option[2];
	size_t n = 0;

	if (outbox_path != NULL)
		option[n++] =
		    (struct smartlic_option){ "outbox", outbox_path, strlen(outbox_path) };
	if (inbox_path != NULL)
		option[n++] = (struct smartlic_option){ "inbox", inbox_path, strlen(inbox_path) };
	return ops->open(&tp, &host, option, n, text, cap);
}

static inline void
setup(void)
{
	char text[200];

	strcpy(folder, "/tmp/check_file.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(outbox, sizeof(outbox), "%s/out", folder);
	(void)snprintf(inbox, sizeof(inbox), "%s/in", folder);
	ck_assert_int_eq(mkdir(outbox, 0700), 0);
	ck_assert_int_eq(mkdir(inbox, 0700), 0);
	now_ms = 1000;
	out = (struct smartlic_outcome){ .size = sizeof(out) };
	ck_assert_int_eq(open_with(outbox, inbox, text, sizeof(text)), 0);
}

static inline void
teardown(void)
{
	char command[200];

	if (tp != NULL)
		ops->close(tp);
	tp = NULL;
	(void)snprintf(command, sizeof(command), "chmod -R u+w %s; rm -rf %s", folder, folder);
	ck_assert_int_eq(system(command), 0);
}

static inline int
submit(const char *id)
{
	struct smartlic_message m = { .size = sizeof(m),
		.type = "register",
		.request_id = id,
		.pid = "NCS1004",
		.sn = "CAT1",
		.uuid = "default/sdr",
		.body = id,
		.len = strlen(id) };

	return ops->submit(tp, &m);
}

/* Steps until there is nothing to do now; 1: an outcome. */
static inline int
settle(void)
{
	for (int i = 0; i < 100; i++) {
		if (ops->step(tp, &out) == 1)
			return 1;
		if (ops->deadline(tp) > now_ms)
			return 0;
	}
	ck_abort_msg("never at rest");
	return -1;
}

static inline void
path_of(char ret[200], const char *dir, const char *name)
{
	(void)snprintf(ret, 200, "%s/%s", dir, name);
}

static inline void
put(const char *dir, const char *name, const char *bytes, size_t len)
{
	char path[200];
	FILE *f;

	path_of(path, dir, name);
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

/* An answer that says `text`, which may have an id in it, as far as `percent` of it. */
static inline void
put_answer(const char *name, const char *text, size_t percent)
{
	size_t len;
	char *armoured = sl_bundle_armour(text, strlen(text), &len);

	put(inbox, name, armoured, len * percent / 100);
	free(armoured);
}

static inline size_t
files_in(const char *dir)
{
	char command[200], line[20] = "";
	FILE *p;

	(void)snprintf(command, sizeof(command), "ls -A %s | wc -l", dir);
	p = popen(command, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), p));
	(void)pclose(p);
	return (size_t)atol(line);
}

#endif
