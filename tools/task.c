/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbox.h"
#include "task.h"

int
cli_print_show(struct smartlic_agent *agent, int what, int format)
{
	char *text = NULL;

	if (smartlic_agent_show(agent, what, format, &text) < 0) {
		complain("%s", smartlic_agent_error(agent)->text);
		return CLI_FAILED;
	}
	(void)fputs(text, stdout);
	free(text);
	return CLI_DONE;
}

/* The authorization's own lines of the usage text, and what follows from them. */
int
task_print_authorization(const struct task *t)
{
	const struct smartlic_status *st;
	char *text = NULL, *end;

	if (smartlic_agent_show(t->agent, SMARTLIC_SHOW_USAGE, SMARTLIC_SHOW_TEXT, &text) < 0) {
		complain("%s", smartlic_agent_error(t->agent)->text);
		return CLI_FAILED;
	}
	end = strstr(text, "\n\n");
	if (end != NULL)
		end[1] = '\0';
	(void)fputs(text, stdout);
	free(text);
	st = smartlic_agent_status(t->agent);
	if (st != NULL && st->authorization != SMARTLIC_AUTH_AUTHORIZED && st->consequence[0])
		(void)printf("%s\n", st->consequence);
	return CLI_DONE;
}

int
task_failed(const struct task *t, const char *reason)
{
	complain("not %s: %s", t->done_as, reason);
	return CLI_FAILED;
}

int
task_refused(const struct task *t, const struct smartlic_status *st, const char *reason)
{
	complain("not %s: %s\n%s", t->done_as, reason, st->consequence);
	return CLI_FAILED;
}

int
task_judge(
    const struct task *t, const struct smartlic_status *st, const struct smartlic_attempt *attempt)
{
	if (attempt->outcome == SMARTLIC_ATTEMPT_SUCCEEDED)
		return 0;
	return task_refused(
	    t, st, attempt->reason[0] != '\0' ? attempt->reason : "it was not answered");
}

const char *
task_why_pending(const struct task *t, const struct smartlic_status *st)
{
	const struct smartlic_attempt *attempt = NULL;

	if (strcmp(st->pending_type, "authorize") == 0)
		attempt = &st->last_communication;
	if (strcmp(st->pending_type, "renew-id") == 0)
		attempt = &st->last_renewal;
	/* another command's failure, which this one has not been told again */
	if (strcmp(st->pending_type, "register") == 0 && t->run.failure[0] == '\0')
		attempt = &st->initial_registration;
	return attempt != NULL && attempt->reason[0] != '\0' ? attempt->reason : t->run.failure;
}

int
task_written(const struct task *t, const struct smartlic_status *st)
{
	char path[OUTBOX_PATH_SIZE];

	if (!outbox_find(path, st))
		return 0;
	if (!t->cli->json)
		(void)printf("Written: %s\nCarry it to the authority, put what comes back into the "
			     "inbox, then: smartlic license smart file import\n",
		    path);
	return WRITTEN;
}

int
task_wait(struct task *t)
{
	const struct smartlic_status *st;
	enum run_end end;

	t->run.failure[0] = '\0';
	end = run_until_idle(t->agent, t->cli, &t->run);
	if (end == RUN_FAILED)
		return task_failed(t, smartlic_agent_error(t->agent)->text);
	st = smartlic_agent_status(t->agent);
	if (st == NULL)
		return task_failed(t, smartlic_strerror(SMARTLIC_E_NOMEM));
	if (st->pending_type[0] == '\0')
		return 0;
	if (end == RUN_IDLE && task_written(t, st) != 0)
		return WRITTEN;
	/* an identity is what was asked for; the authorization that follows may come later */
	if (RUN_SEEN(&t->run, REGISTERED))
		t->done_as = "authorized";
	if (end == RUN_TIMED_OUT)
		complain(
		    "not %s, still pending: %s has not answered '%s' within %d s; the "
		    "request is kept, and the next command goes on with it; --timeout gives it "
		    "longer",
		    t->done_as, st->destination, st->pending_type, t->cli->timeout_s);
	else
		complain("not %s, still pending: %s\n%s", t->done_as, task_why_pending(t, st),
		    st->consequence);
	return RUN_SEEN(&t->run, REGISTERED) ? 0 : CLI_FAILED;
}

int
task_begin(struct task *t, const struct cli *cli, const char *done_as, int replaces)
{
	char open[16] = "", id[40] = "";
	const struct smartlic_status *st;
	int r;

	*t = (struct task){ .cli = cli, .done_as = done_as };
	t->run.end_ms = run_mono_ms(NULL) + (int64_t)cli->timeout_s * 1000;
	r = conf_open(&t->agent, cli, 0);
	if (r != 0 || replaces)
		return r;
	st = smartlic_agent_status(t->agent);
	if (st != NULL) {
		(void)snprintf(open, sizeof(open), "%s", st->pending_type);
		(void)snprintf(id, sizeof(id), "%s", st->pending_request_id);
	}
	switch (run_until_idle(t->agent, cli, &t->run)) {
	case RUN_FAILED:
		return task_failed(t, smartlic_agent_error(t->agent)->text);
	case RUN_TIMED_OUT:
		return task_wait(t);
	case RUN_IDLE:
		break;
	}
	st = smartlic_agent_status(t->agent);
	if (st != NULL && strcmp(id, st->pending_request_id) != 0)
		memcpy(t->resumed, open, sizeof(t->resumed));
	return 0;
}

int
task_finish(struct task *t, int r)
{
	if (r == WRITTEN)
		r = CLI_DONE;
	if (r == 0 && t->cli->json)
		r = cli_print_show(t->agent, SMARTLIC_SHOW_SUMMARY, SMARTLIC_SHOW_JSON);
	smartlic_agent_free(t->agent);
	return r;
}
