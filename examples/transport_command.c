/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transport of a third party: each exchange is one run of a program, which gets the request (DER)
 * by standard input and the destination as its argument, and gives the answer by standard output.
 *
 *	cc -shared -fPIC $(pkg-config --cflags smartlic) -DCOMMAND='"/etc/smartlic/exchange"' \
 *	    transport_command.c -Wl,-z,defs -Wl,-z,nodelete -o smartlic-transport-command.so
 *	install -m 755 smartlic-transport-command.so $(pkg-config --variable=transportdir smartlic)
 *
 * `license smart transport command` then uses it.  The program may be two lines of shell:
 *
 *	#!/bin/sh
 *	exec curl -sS --data-binary @- -H 'Content-Type: application/cms' "$1"
 */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <smartlic/error.h>
#include <smartlic/transport.h>

#ifndef COMMAND
#define COMMAND "/etc/smartlic/exchange"
#endif

#define ANSWER_MAX (384 * 1024)
#define PATIENCE   60000 /* ms */

struct command {
	const struct smartlic_host *host;
	char *program, *destination;
	pid_t child;  /* 0: none */
	int to, from; /* its input and output; -1: closed */
	char *request;
	size_t len, sent;
	char *answer; /* ANSWER_MAX bytes */
	size_t got;
	int64_t until_ms;
	int spawn_error; /* of the submit that could not begin */
};

static void
command_cancel(void *tp)
{
	struct command *c = tp;

	if (c->to >= 0)
		(void)close(c->to);
	if (c->from >= 0)
		(void)close(c->from);
	c->to = c->from = -1;
	if (c->child > 0) {
		(void)kill(c->child, SIGKILL);
		while (waitpid(c->child, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	c->child = 0;
	c->spawn_error = 0;
	free(c->request);
	c->request = NULL;
}

static void
command_close(void *tp)
{
	struct command *c = tp;

	command_cancel(c);
	free(c->program);
	free(c->destination);
	free(c->answer);
	free(c);
}

static int
command_open(void **ret, const struct smartlic_host *host, const struct smartlic_option *options,
    size_t n, char *text, size_t cap)
{
	const char *program = COMMAND, *destination = "";
	struct command *c;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(options[i].key, "command") == 0)
			program = options[i].value;
		if (strcmp(options[i].key, "destination") == 0 && destination[0] == '\0')
			destination = options[i].value;
	}
	if (program[0] != '/') {
		(void)snprintf(text, cap, "option command: '%.100s' is no absolute path", program);
		return SMARTLIC_E_INVAL;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return SMARTLIC_E_NOMEM;
	c->host = host;
	c->to = c->from = -1;
	c->program = strdup(program);
	c->destination = strdup(destination);
	c->answer = malloc(ANSWER_MAX);
	if (c->program == NULL || c->destination == NULL || c->answer == NULL) {
		command_close(c);
		return SMARTLIC_E_NOMEM;
	}
	*ret = c;
	return 0;
}

/* Starts the program between two sockets, which unlike pipes can be written to without SIGPIPE; 0
 * or an errno. */
static int
start(struct command *c)
{
	char *argv[] = { c->program, c->destination, NULL }, *none[] = { NULL };
	posix_spawn_file_actions_t actions;
	int in[2], out[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0)
		return errno;
	if (pipe2(out, O_CLOEXEC) != 0) {
		r = errno;
		(void)close(in[0]);
		(void)close(in[1]);
		return r;
	}
	r = posix_spawn_file_actions_init(&actions);
	if (r == 0) {
		(void)posix_spawn_file_actions_adddup2(&actions, in[1], STDIN_FILENO);
		(void)posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
		r = posix_spawn(&c->child, c->program, &actions, NULL, argv, none);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(in[1]);
	(void)close(out[1]);
	c->to = in[0];
	c->from = out[0];
	(void)fcntl(c->to, F_SETFL, O_NONBLOCK);
	(void)fcntl(c->from, F_SETFL, O_NONBLOCK);
	if (r != 0)
		c->child = 0;
	return r;
}

static int
command_submit(void *tp, const struct smartlic_message *request)
{
	struct command *c = tp;

	command_cancel(c);
	c->request = malloc(request->len + 1);
	if (c->request == NULL)
		return SMARTLIC_E_NOMEM;
	memcpy(c->request, request->body, request->len);
	c->len = request->len;
	c->sent = c->got = 0;
	c->until_ms = c->host->mono_ms(c->host->ctx) + PATIENCE;
	c->spawn_error = start(c);
	return 0;
}

static int
over(struct command *c, struct smartlic_outcome *ret, int kind, const char *what, const char *cure)
{
	command_cancel(c);
	ret->kind = kind;
	ret->http_status = 0;
	ret->retry_after_ms = -1;
	ret->body = c->answer;
	ret->len = c->got;
	(void)snprintf(ret->text, sizeof(ret->text), "%.150s: %s; %s", c->program, what, cure);
	return 1;
}

static void
feed(struct command *c)
{
	ssize_t n;

	while (c->to >= 0 && c->sent < c->len) {
		n = send(c->to, c->request + c->sent, c->len - c->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno != EINTR)
			c->sent = c->len; /* it does not want more; its end tells */
		else if (n > 0)
			c->sent += (size_t)n;
	}
	if (c->to >= 0)
		(void)close(c->to);
	c->to = -1;
}

static int
command_step(void *tp, struct smartlic_outcome *ret)
{
	struct command *c = tp;
	ssize_t n;
	int status = 0;

	if (c->request == NULL)
		return 0;
	if (c->spawn_error != 0)
		return over(c, ret, SMARTLIC_OUTCOME_CONFIG, strerror(c->spawn_error),
		    "put a program there that may be executed");
	feed(c);
	do {
		n = read(c->from, c->answer + c->got, ANSWER_MAX - c->got);
		if (n > 0)
			c->got += (size_t)n;
	} while ((n > 0 && c->got < ANSWER_MAX) || (n < 0 && errno == EINTR));
	if (n < 0 && errno == EAGAIN && c->host->mono_ms(c->host->ctx) >= c->until_ms)
		return over(c, ret, SMARTLIC_OUTCOME_FAILED, "no answer for a minute",
		    "look at what it waits for");
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (c->got == ANSWER_MAX)
		return over(c, ret, SMARTLIC_OUTCOME_FAILED, "an answer of 384 KiB or more",
		    "it is no license authority's");
	while (waitpid(c->child, &status, 0) < 0 && errno == EINTR)
		continue;
	c->child = 0;
	if (status != 0)
		return over(c, ret, SMARTLIC_OUTCOME_FAILED, "it failed", "run it by hand");
	return over(c, ret, SMARTLIC_OUTCOME_BODY, "", "");
}

static int
command_pollfds(void *tp, struct pollfd *fds, size_t *n)
{
	struct command *c = tp;
	size_t cap = *n, want = 0;

	if (c->request != NULL && c->spawn_error == 0) {
		if (cap > want)
			fds[want] = (struct pollfd){ .fd = c->from, .events = POLLIN };
		want++;
		if (c->to >= 0) {
			if (cap > want)
				fds[want] = (struct pollfd){ .fd = c->to, .events = POLLOUT };
			want++;
		}
	}
	*n = want;
	return want > cap;
}

static int64_t
command_deadline(void *tp)
{
	struct command *c = tp;

	if (c->request == NULL)
		return INT64_MAX;
	return c->spawn_error != 0 ? 0 : c->until_ms;
}

extern const struct smartlic_transport_ops smartlic_transport_command;
SMARTLIC_TRANSPORT_EXPORT
const struct smartlic_transport_ops smartlic_transport_command = {
	.size = sizeof(smartlic_transport_command),
	.abi = SMARTLIC_TRANSPORT_ABI,
	.name = "command",
	.summary = "one run of a program for each exchange",
	.open = command_open,
	.close = command_close,
	.submit = command_submit,
	.step = command_step,
	.cancel = command_cancel,
	.pollfds = command_pollfds,
	.deadline = command_deadline,
};
