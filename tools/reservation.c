/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bytes.h"
#include "outbox.h"
#include "reservation.h"

#define ANSWER_MAX   ((size_t)1024 * 1024)
#define LICENSES_MAX 2 /* that a command can name */

static void
print_end(const struct smartlic_status *st)
{
	time_t s = (time_t)(st->reservation_ends_ms / 1000);
	struct tm tm;
	char until[32] = "";

	if (gmtime_r(&s, &tm) != NULL)
		(void)strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", &tm);
	(void)printf("Reserved until %s\nAuthorization Code: %s\n", until, st->reservation_code);
}

int
reservation_answered(const struct task *t)
{
	const struct smartlic_status *st = smartlic_agent_status(t->agent);

	if (st == NULL)
		return task_failed(t, smartlic_strerror(SMARTLIC_E_NOMEM));
	if (!RUN_SEEN(&t->run, RESERVED))
		return task_refused(
		    t, st, t->run.failure[0] != '\0' ? t->run.failure : "it was not answered");
	if (t->cli->json)
		return CLI_DONE;
	print_end(st);
	return task_print_authorization(t);
}

/* A full tag, or the short name of a license that is in use. */
static const char *
full_tag(const struct smartlic_status *st, const char *word)
{
	for (size_t i = 0; i < st->n_entitlements; i++)
		if (strcmp(st->entitlements[i].short_name, word) == 0)
			return st->entitlements[i].tag;
	return word;
}

/* Pairs of tag and count; 0, CLI_USAGE or CLI_FAILED. */
static int
read_licenses(const struct task *t, char *args[], char tags[LICENSES_MAX][256],
    struct smartlic_license licenses[LICENSES_MAX], size_t *ret_n)
{
	const struct smartlic_status *st = smartlic_agent_status(t->agent);
	char *end;

	if (st == NULL)
		return task_failed(t, smartlic_strerror(SMARTLIC_E_NOMEM));
	for (*ret_n = 0; *ret_n < LICENSES_MAX && args[2 * *ret_n] != NULL; (*ret_n)++) {
		const char *count = args[2 * *ret_n + 1];

		(void)snprintf(tags[*ret_n], 256, "%s", full_tag(st, args[2 * *ret_n]));
		errno = 0;
		licenses[*ret_n] = (struct smartlic_license){ tags[*ret_n],
			count != NULL ? strtoll(count, &end, 10) : 0 };
		if (count == NULL || errno != 0 || end == count || *end != '\0' ||
		    licenses[*ret_n].count < 1) {
			complain("'%s' is no count of licenses; a number of 1 or more is expected",
			    count != NULL ? count : "");
			return CLI_USAGE;
		}
	}
	return 0;
}

int
reservation_request(const struct cli *cli, char *args[])
{
	struct smartlic_license licenses[LICENSES_MAX];
	char tags[LICENSES_MAX][256];
	const struct smartlic_status *st;
	struct task t;
	size_t n = 0;
	int r = task_begin(&t, cli, "reserved", 0);

	/* the request that an earlier command made is what was asked for */
	st = r == 0 ? smartlic_agent_status(t.agent) : NULL;
	if (st != NULL && strcmp(st->pending_type, "reserve") == 0)
		r = task_written(&t, st);
	else if (r == 0 && strcmp(t.resumed, "reserve") != 0) {
		r = read_licenses(&t, args, tags, licenses, &n);
		if (r == 0 && smartlic_agent_reserve(t.agent, n > 0 ? licenses : NULL, n) < 0)
			r = task_failed(&t, smartlic_agent_error(t.agent)->text);
	}
	if (r == 0)
		r = task_wait(&t);
	if (r == 0)
		r = reservation_answered(&t);
	return task_finish(&t, r);
}

/* From a file, whichever way the request has gone. */
static int
install_file(struct task *t, const char *path)
{
	struct bytes bytes = { 0 };
	int r;

	r = bytes_read(&bytes, strcmp(path, "-") == 0 ? "/dev/stdin" : path, ANSWER_MAX, "answer",
	    "name the file that the authority has written, *.slrs");
	if (r == 0 && smartlic_agent_install(t->agent, bytes.data, bytes.len) < 0)
		r = task_failed(t, smartlic_agent_error(t->agent)->text);
	free(bytes.data);
	return r;
}

int
reservation_install(const struct cli *cli, char *args[])
{
	const struct smartlic_status *st;
	struct task t;
	int r = task_begin(&t, cli, "reserved", args[0] != NULL), asked;

	st = r == 0 ? smartlic_agent_status(t.agent) : NULL;
	if (st == NULL)
		return task_finish(&t, r);
	asked = strcmp(st->pending_type, "reserve") == 0;
	if (asked && args[0] != NULL) {
		r = install_file(&t, args[0]);
		if (r == 0)
			r = task_wait(&t);
	} else if (asked) {
		r = task_failed(&t,
		    "no answer to 'reserve' is in the inbox yet; 'install FILE' takes one from a "
		    "file");
	} else if (strcmp(t.resumed, "reserve") != 0) {
		r = task_failed(&t, "no reservation is waited for; 'license smart reservation "
				    "request' asks for one");
	}
	if (r == 0)
		r = reservation_answered(&t);
	return task_finish(&t, r);
}

/* The device has it no more from the call on; what is waited for is that the authority knows. */
int
reservation_return(const struct cli *cli, char *args[])
{
	struct task t;
	int r = task_begin(&t, cli, "returned", 0);

	(void)args;
	if (r == 0 && strcmp(t.resumed, "return") != 0 &&
	    smartlic_agent_return_reservation(t.agent) < 0)
		r = task_failed(&t, smartlic_agent_error(t.agent)->text);
	if (r == 0) {
		t.done_as = "known to the authority, though given up on this device";
		r = task_wait(&t);
	}
	if (r == 0 && !RUN_SEEN(&t.run, RESERVATION_RETURNED))
		r = task_failed(
		    &t, t.run.failure[0] != '\0' ? t.run.failure : "it was not answered");
	if (r == 0 && !cli->json)
		(void)printf("Returned: the licenses are free for others\n");
	return task_finish(&t, r);
}

int
reservation_cancel(const struct cli *cli, char *args[])
{
	const struct smartlic_status *st;
	struct task t;
	int r = task_begin(&t, cli, "cancelled", 1);

	(void)args;
	st = r == 0 ? smartlic_agent_status(t.agent) : NULL;
	if (st != NULL && strcmp(st->pending_type, "reserve") != 0) {
		r = task_failed(&t, "no reservation is asked for");
	} else if (st != NULL && smartlic_agent_cancel(t.agent) < 0) {
		r = task_failed(&t, smartlic_agent_error(t.agent)->text);
	} else if (r == 0) {
		if (!cli->json)
			(void)printf(
			    "Cancelled: the authority is told, since it may have been granted\n");
		t.done_as = "known to the authority";
		r = task_wait(&t);
	}
	return task_finish(&t, r);
}
