/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CLI_H
#define TOOLS_CLI_H

#include <stddef.h>

#include <smartlic/smartlic.h>

/* Exit statuses, and what the functions below return: they print their own errors. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct cli {
	const char *conf; /* path */
	int timeout_s;    /* how long a command waits for its answer */
	int json;
	const char *syslog; /* the host's log, a socket; NULL: standard error */
};

/* A command: literal words, and in capitals what the user fills in. */
struct command {
	const char *words;
	const char *help;
	/* args: what stands for the words in capitals, in their order */
	int (*run)(const struct cli *cli, char *args[]);
	/* instead of run: reads all that follows its first word by itself, options too */
	int (*own)(int argc, char **argv);
};
extern const struct command commands[];
extern const size_t n_commands;

/* "smartlic: " text on stderr. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same of what is no fault: the host's log has it as information. */
void inform(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Reads the configuration and opens an agent on its store, read-only for show.
 * All files are read and checked before the store is touched.
 */
int conf_open(struct smartlic_agent **ret, const struct cli *cli, int read_only);

/* Read-only as well, but with all that a command would use to talk to the authority. */
int conf_test(struct smartlic_agent **ret, const struct cli *cli);

/* The configuration alone; the caller frees it. */
int conf_settings(struct smartlic_settings **ret, const struct cli *cli);
/* For an agent that lives on, whose messages are told as they come: opens it by these settings. */
int conf_start(
    struct smartlic_agent **ret, const struct cli *cli, struct smartlic_settings *settings);
/* Later, what these settings say and name, but for the store, which is not changed while it runs;
 * and their inventory with its catalog alone.  What cannot be read or is wrong is said, and nothing
 * is changed. */
int conf_reload(
    struct smartlic_agent *agent, const struct cli *cli, struct smartlic_settings *settings);
int conf_recount(
    struct smartlic_agent *agent, const struct cli *cli, struct smartlic_settings *settings);

/* The token of a command's word, "-" meaning standard input; 0 or CLI_FAILED.  A word of the
 * command line is overwritten where the process list shows it. */
#define TOKEN_SIZE 1024
int token_take(char ret[TOKEN_SIZE], char *word);

/* The clock of the agent's deadlines: the system's own, as smartlic/env.h names it. */
int64_t run_mono_ms(void *userdata);

enum run_end {
	RUN_IDLE = 0, /* nothing more happens now; a request may be open that goes out later */
	RUN_TIMED_OUT,
	RUN_FAILED, /* the library failed: the agent's error says how */
};
/* What was heard while it ran. */
struct run {
	int64_t end_ms;    /* by run_mono_ms: no waiting past it */
	uint64_t seen;     /* bits 1 << enum smartlic_event_type */
	char failure[700]; /* the text of the first message of severity error, "" if there was none
			    */
};
#define RUN_SEEN(run, event) (((run)->seen >> SMARTLIC_EVENT_##event) & 1)
/* Drives the agent until one of these; messages and what is waited for go to stderr. */
enum run_end run_until_idle(struct smartlic_agent *agent, const struct cli *cli, struct run *run);

#endif
