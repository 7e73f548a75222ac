/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "count.h"
#include "foreground.h"
#include "outbox.h"
#include "preflight.h"
#include "reservation.h"
#include "task.h"

static int
show(const struct cli *cli, int what)
{
	struct smartlic_agent *agent = NULL;
	int r = conf_open(&agent, cli, 1);

	if (r == 0)
		r = cli_print_show(
		    agent, what, cli->json ? SMARTLIC_SHOW_JSON : SMARTLIC_SHOW_TEXT);
	smartlic_agent_free(agent);
	return r;
}

/* One function for each, as the table wants them. */
#define SHOW(name, what)                                                                           \
	static int name(const struct cli *cli, char *args[])                                       \
	{                                                                                          \
		(void)args;                                                                        \
		return show(cli, what);                                                            \
	}
SHOW(show_all, SMARTLIC_SHOW_ALL)
SHOW(show_status, SMARTLIC_SHOW_STATUS)
SHOW(show_usage, SMARTLIC_SHOW_USAGE)
SHOW(show_udi, SMARTLIC_SHOW_UDI)
SHOW(show_summary, SMARTLIC_SHOW_SUMMARY)
SHOW(show_platform_detail, SMARTLIC_SHOW_PLATFORM_DETAIL)
SHOW(show_platform_summary, SMARTLIC_SHOW_PLATFORM_SUMMARY)
SHOW(show_platform_trace, SMARTLIC_SHOW_PLATFORM_TRACE)
SHOW(show_tech, SMARTLIC_SHOW_TECH)
SHOW(show_trace, SMARTLIC_SHOW_TRACE)
SHOW(show_tech_support, SMARTLIC_SHOW_TECH_SUPPORT)
SHOW(show_call_home, SMARTLIC_SHOW_CALL_HOME)
SHOW(show_call_home_trace, SMARTLIC_SHOW_CALL_HOME_TRACE)
SHOW(show_call_home_tech_support, SMARTLIC_SHOW_CALL_HOME_TECH_SUPPORT)

static int
registered(struct task *t)
{
	const struct smartlic_status *st = smartlic_agent_status(t->agent);

	if (st == NULL)
		return task_failed(t, smartlic_strerror(SMARTLIC_E_NOMEM));
	/* an identity that is held already says nothing about the one that was asked for */
	if (!RUN_SEEN(&t->run, REGISTERED))
		return task_refused(t, st, t->run.failure);
	if (t->cli->json)
		return CLI_DONE;
	(void)printf("Registered: Smart Account %s, Virtual Account %s\n", st->smart_account,
	    st->virtual_account);
	return task_print_authorization(t);
}

/* Is the registration that was asked for on its way already? */
static int
waits_for_registration(const struct task *t)
{
	const struct smartlic_status *st = smartlic_agent_status(t->agent);

	return st != NULL && strcmp(st->pending_type, "register") == 0 ? task_written(t, st) : 0;
}

static int
register_with(const struct cli *cli, char *word, uint32_t flags)
{
	struct smartlic_token about = { .size = sizeof(about) };
	struct smartlic_error err = { 0 };
	struct task t = { .cli = cli };
	char token[TOKEN_SIZE];
	int r = token_take(token, word);

	/* a token that is none is refused before anything is opened */
	if (r == 0 && smartlic_token_read(&about, token, &err) < 0) {
		complain("not registered: %s", err.text);
		r = CLI_FAILED;
	}
	if (r == 0)
		r = task_begin(&t, cli, "registered", flags != 0);
	/* the registration that an earlier command began is what was asked for */
	if (r == 0 && flags == 0)
		r = waits_for_registration(&t);
	if (r == 0 && !RUN_SEEN(&t.run, REGISTERED) &&
	    smartlic_agent_register(t.agent, token, flags) < 0)
		r = task_failed(&t, smartlic_agent_error(t.agent)->text);
	explicit_bzero(token, sizeof(token));
	if (r == 0)
		r = task_wait(&t);
	if (r == 0)
		r = registered(&t);
	return task_finish(&t, r);
}

static int
do_register(const struct cli *cli, char *args[])
{
	return register_with(cli, args[0], 0);
}

static int
do_register_force(const struct cli *cli, char *args[])
{
	return register_with(cli, args[0], SMARTLIC_REGISTER_FORCE);
}

/* One of the two renewals, up to its answer.  What an earlier command left open of the same kind,
 * and has been answered just now, is what was asked for. */
static int
renew(struct task *t, const struct cli *cli, const char *type,
    int (*ask)(struct smartlic_agent *agent))
{
	int r = task_begin(t, cli, "renewed", 0);

	if (r == 0 && strcmp(t->resumed, type) != 0 && ask(t->agent) < 0)
		return task_failed(t, smartlic_agent_error(t->agent)->text);
	return r == 0 ? task_wait(t) : r;
}

static int
renew_id(const struct cli *cli, char *args[])
{
	const struct smartlic_status *st;
	struct task t;
	int r = renew(&t, cli, "renew-id", smartlic_agent_renew_id);

	(void)args;
	st = r == 0 ? smartlic_agent_status(t.agent) : NULL;
	if (st != NULL)
		r = task_judge(&t, st, &st->last_renewal);
	if (r == 0 && !cli->json)
		(void)printf("Renewed: the ID certificate\n");
	return task_finish(&t, r);
}

static int
renew_auth(const struct cli *cli, char *args[])
{
	const struct smartlic_status *st;
	struct task t;
	int r = renew(&t, cli, "authorize", smartlic_agent_renew_auth);

	(void)args;
	st = r == 0 ? smartlic_agent_status(t.agent) : NULL;
	if (st != NULL)
		r = task_judge(&t, st, &st->last_communication);
	if (r == 0 && !cli->json)
		r = task_print_authorization(&t);
	return task_finish(&t, r);
}

/* Told, or told that there was nothing to tell any more; any other refusal is a failure. */
static int
deregistered(const struct task *t)
{
	const struct smartlic_status *st = smartlic_agent_status(t->agent);

	if (st == NULL)
		return task_failed(t, smartlic_strerror(SMARTLIC_E_NOMEM));
	if (!RUN_SEEN(&t->run, DEREGISTERED) && !st->removed)
		return task_failed(t, t->run.failure);
	if (t->cli->json)
		return CLI_DONE;
	(void)printf("Deregistered: identity and entitlements are removed\n");
	if (st->removed)
		(void)printf("The authority had removed this device before, so that the failure "
			     "above is expected.\n%s\n",
		    st->consequence);
	return CLI_DONE;
}

/* The device is clean from the call on; what is waited for is that the authority knows. */
static int
deregister(const struct cli *cli, char *args[])
{
	struct task t;
	int r = task_begin(&t, cli, "deregistered", 1);

	(void)args;
	if (r == 0 && smartlic_agent_deregister(t.agent) < 0) {
		r = task_failed(&t, smartlic_agent_error(t.agent)->text);
	} else if (r == 0) {
		t.done_as = "known to the authority, though this device is clean";
		r = task_wait(&t);
	}
	if (r == 0)
		r = deregistered(&t);
	return task_finish(&t, r);
}

static int
cancel(const struct cli *cli, char *args[])
{
	const struct smartlic_status *st;
	char type[16] = "";
	struct task t;
	int r = task_begin(&t, cli, "cancelled", 1), n = 0;

	(void)args;
	st = r == 0 ? smartlic_agent_status(t.agent) : NULL;
	if (st != NULL) {
		(void)snprintf(type, sizeof(type), "%s", st->pending_type);
		n = smartlic_agent_cancel(t.agent);
	}
	if (n < 0)
		r = task_failed(&t, smartlic_agent_error(t.agent)->text);
	if (r == 0 && !cli->json && n > 0)
		(void)printf("Cancelled: %s; an answer that still comes changes nothing\n", type);
	else if (r == 0 && !cli->json)
		(void)printf("Nothing to cancel: no request is open\n");
	return task_finish(&t, r);
}

/* What an answer that was taken from the inbox has brought. */
static int
imported(struct task *t)
{
	const struct smartlic_status *st = smartlic_agent_status(t->agent);
	int r = 0;

	if (st == NULL)
		return task_failed(t, smartlic_strerror(SMARTLIC_E_NOMEM));
	if (strcmp(t->resumed, "register") == 0)
		return registered(t);
	if (strcmp(t->resumed, "deregister") == 0)
		return deregistered(t);
	if (strcmp(t->resumed, "reserve") == 0)
		return reservation_answered(t);
	if (strcmp(t->resumed, "authorize") == 0)
		r = task_judge(t, st, &st->last_communication);
	if (strcmp(t->resumed, "renew-id") == 0)
		r = task_judge(t, st, &st->last_renewal);
	if (r != 0 || t->cli->json)
		return r;
	(void)printf("Answered: %s\n", t->resumed);
	return task_print_authorization(t);
}

/* Is there a request to carry at all?  The stick may have been elsewhere until now. */
static int
not_answered(const struct task *t, const struct smartlic_status *st)
{
	char path[OUTBOX_PATH_SIZE];
	const char *why = task_why_pending(t, st);

	if (outbox_find(path, st))
		complain(
		    "not answered: no answer to '%s' is in the inbox yet; its request is %s, to "
		    "be carried; what lies in the inbox and was not accepted, 'show license "
		    "trace all' names",
		    st->pending_type, path);
	else
		complain("not answered: no answer to '%s' is in the inbox, and its request is not "
			 "written: %s",
		    st->pending_type,
		    why[0] != '\0' ? why : "'license smart test' says what is in the way");
	return CLI_FAILED;
}

/* Takes the answer that lies in the inbox. */
static int
file_import(const struct cli *cli, char *args[])
{
	const struct smartlic_status *st;
	struct task t;
	int r = task_begin(&t, cli, "answered", 0);

	(void)args;
	st = r == 0 ? smartlic_agent_status(t.agent) : NULL;
	if (st == NULL)
		return task_finish(&t, r);
	if (!outbox_is_used(st)) {
		r = task_failed(&t, "'license smart transport file' is not configured");
	} else if (t.resumed[0] != '\0') {
		r = imported(&t);
	} else if (st->pending_type[0] == '\0') {
		(void)fprintf(stderr, "Nothing is waited for\n");
	} else {
		r = not_answered(&t, st);
	}
	return task_finish(&t, r);
}

/* What was refused for its time goes out again; without that, it is for the next command. */
static int
clock_accept(const struct cli *cli, char *args[])
{
	const struct smartlic_status *st;
	struct task t;
	int r = task_begin(&t, cli, "answered", 1);

	(void)args;
	if (r == 0 && smartlic_agent_clock_accept(t.agent) < 0)
		r = task_failed(&t, smartlic_agent_error(t.agent)->text);
	if (r == 0)
		r = task_wait(&t);
	st = r == 0 ? smartlic_agent_status(t.agent) : NULL;
	if (st != NULL && !cli->json)
		(void)printf("%s\n",
		    st->clock_accept
			? "The time of the authority's next answer is accepted, once; 'license "
			  "smart renew auth' asks for one"
			: "The authority's time is accepted");
	return task_finish(&t, r);
}

static int
token_show(const struct cli *cli, char *args[])
{
	struct smartlic_token about = { .size = sizeof(about) };
	struct smartlic_error err = { 0 };
	char token[TOKEN_SIZE];
	int r = token_take(token, args[0]);

	if (r == 0 && smartlic_token_read(&about, token, &err) < 0) {
		complain("%s", err.text);
		r = CLI_FAILED;
	}
	explicit_bzero(token, sizeof(token));
	if (r == 0 && cli->json)
		(void)printf("{\n  \"home\": \"%s\",\n  \"key-number\": %d,\n  \"id\": \"%s\"\n}\n",
		    about.home, about.key_number, about.id_text);
	else if (r == 0)
		(void)printf("Home: %s\nKey Number: %d\nId: %s\n", about.home, about.key_number,
		    about.id_text);
	return r;
}

static int
version(const struct cli *cli, char *args[])
{
	(void)args;
	if (cli->json)
		(void)printf("{\n  \"version\": \"%s\"\n}\n", smartlic_version());
	else
		(void)printf("smartlic %s\n", smartlic_version());
	return CLI_DONE;
}

static int
help(const struct cli *cli, char *args[])
{
	(void)cli;
	(void)args;
	(void)printf(
	    "Usage: smartlic [-c FILE] [--timeout S] [--json] [--syslog[=SOCKET]] COMMAND\n\n");
	for (size_t i = 0; i < n_commands; i++)
		(void)printf("  %-46s %s\n", commands[i].words, commands[i].help);
	(void)printf("\nWords may be abbreviated (sh lic st).  TOKEN may be '-': standard input.\n"
		     "Without -c the configuration is %s.\n",
	    cli->conf);
	return CLI_DONE;
}

/* Words that can be chosen at the same place stand next to each other. */
const struct command commands[] = {
	{ "license smart register idtoken TOKEN", "get an identity from a token",
	    .run = do_register },
	{ "license smart register idtoken TOKEN force", "also where this device is registered",
	    .run = do_register_force },
	{ "license smart renew id", "renew the ID certificate now", .run = renew_id },
	{ "license smart renew auth", "renew the authorization now", .run = renew_auth },
	{ "license smart file import", "take the answer that lies in the inbox",
	    .run = file_import },
	{ "license smart test", "look at the way to the authority, and change nothing",
	    .run = preflight },
	{ "license smart deregister", "give identity and licenses back", .run = deregister },
	{ "license smart reservation request", "have what is in use reserved",
	    .run = reservation_request },
	{ "license smart reservation request TAG COUNT", "have so many of a license reserved",
	    .run = reservation_request },
	{ "license smart reservation request TAG COUNT TAG COUNT", "the same of two",
	    .run = reservation_request },
	{ "license smart reservation install", "take the answer that lies in the inbox",
	    .run = reservation_install },
	{ "license smart reservation install FILE", "take the answer in a file",
	    .run = reservation_install },
	{ "license smart reservation return", "give what is reserved back",
	    .run = reservation_return },
	{ "license smart reservation cancel", "give up a reservation that was asked for",
	    .run = reservation_cancel },
	{ "license smart cancel", "give up the request that waits for its answer", .run = cancel },
	{ "license smart clock accept", "accept the time of the authority's next answer",
	    .run = clock_accept },
	{ "show license all", "status, usage, udi and version", .run = show_all },
	{ "show license status", "registration and authorization", .run = show_status },
	{ "show license usage", "licenses in use", .run = show_usage },
	{ "show license udi", "what identifies this device", .run = show_udi },
	{ "show license summary", "the state, what follows, what is waited for",
	    .run = show_summary },
	{ "show license tech", "everything that is known, for a look under the hood",
	    .run = show_tech },
	{ "show license trace all", "what the agent did, the newest lines", .run = show_trace },
	{ "show license platform detail", "collection and reporting of what is in use",
	    .run = show_platform_detail },
	{ "show license platform summary", "the same as a table", .run = show_platform_summary },
	{ "show license platform trace", "what was counted and reported, the newest lines",
	    .run = show_platform_trace },
	{ "show license platform trace all", "the same", .run = show_platform_trace },
	{ "show call-home detail", "how the authority is reached", .run = show_call_home },
	{ "show call-home trace all", "what was sent, to whom, what came of it",
	    .run = show_call_home_trace },
	{ "show tech-support call-home", "both", .run = show_call_home_tech_support },
	{ "show tech-support smartlic", "all of these, for a support case; no secret",
	    .run = show_tech_support },
	{ "token show TOKEN", "where a token is from; never its secret", .run = token_show },
	{ "count FILE [--catalog NAME] [--explain] ...", "the licenses that a configuration needs",
	    .own = count_main },
	{ "run", "keep the device licensed until told to stop", .run = foreground },
	{ "version", "the version of the library", .run = version },
	{ "help", "this list", .run = help },
};
const size_t n_commands = sizeof(commands) / sizeof(commands[0]);
