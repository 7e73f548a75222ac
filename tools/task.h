/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TASK_H
#define TOOLS_TASK_H

#include "cli.h"

/* What commands that ask the authority have in common: they return exit statuses, 0 to go on. */

/* What an exec command's step returns besides exit statuses: the request lies in the outbox. */
#define WRITTEN (-1)

/* An exec command in work. */
struct task {
	const struct cli *cli;
	struct smartlic_agent *agent;
	struct run run;
	const char *done_as; /* "registered", for texts: "not registered: …" */
	char resumed[16];    /* type of the request that an earlier command left open, and that was
				answered; "": none */
};

int cli_print_show(struct smartlic_agent *agent, int what, int format);

/* Opens the agent and, unless the command replaces it, goes on with what an earlier one began. */
int task_begin(struct task *t, const struct cli *cli, const char *done_as, int replaces);
/* Waits for the answer; 0, WRITTEN, or CLI_FAILED where the request is still open or the library
 * failed. */
int task_wait(struct task *t);
/* The request is on its way once it lies in the outbox: WRITTEN, or 0 where it does not. */
int task_written(const struct task *t, const struct smartlic_status *st);
/* Why the open request is still open; "" where nothing is known of it. */
const char *task_why_pending(const struct task *t, const struct smartlic_status *st);
/* "not DONE_AS: reason" */
int task_failed(const struct task *t, const char *reason);
/* The authority, or what lies before it, said no: with what follows from that. */
int task_refused(const struct task *t, const struct smartlic_status *st, const char *reason);
/* The attempt that the command made, as the status has it now. */
int task_judge(
    const struct task *t, const struct smartlic_status *st, const struct smartlic_attempt *attempt);
int task_print_authorization(const struct task *t);
/* A status on standard output reads as a success, so that one that failed leaves it empty. */
int task_finish(struct task *t, int r);

#endif
