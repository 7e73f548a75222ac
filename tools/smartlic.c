/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "cli.h"
#include "syslog.h"

#define ARGS_MAX    4
#define WORD_SHOWN  32
#define TIMEOUT_MAX 86400

static char program[] = "smartlic";

static void say(int severity, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void
say(int severity, const char *fmt, va_list ap)
{
	char text[SYSLOG_MAX];
	va_list again;

	va_copy(again, ap);
	(void)fputs("smartlic: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	(void)vsnprintf(text, sizeof(text), fmt, again);
	va_end(again);
	tell_also(severity, text);
}

void
complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(SMARTLIC_LOG_WARNING, fmt, ap);
	va_end(ap);
}

void
inform(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(SMARTLIC_LOG_INFO, fmt, ap);
	va_end(ap);
}

static const char *
next_word(const char *words)
{
	words += strcspn(words, " ");
	return words + strspn(words, " ");
}

/* The i-th word of a command and its length; length 0 past the end. */
static const char *
word_at(const struct command *command, int i, size_t *len)
{
	const char *word = command->words;

	while (i-- > 0)
		word = next_word(word);
	*len = strcspn(word, " ");
	return word;
}

static int
is_filled_in(const char *word)
{
	return *word >= 'A' && *word <= 'Z';
}

/* How well text stands for the word: 0 not, 1 abbreviates it, 2 is it. */
static int
fits(const char *word, size_t len, const char *text)
{
	size_t n = strlen(text);

	if (len == 0)
		return 0;
	if (is_filled_in(word))
		return 2;
	if (n == 0 || n > len || strncmp(word, text, n) != 0)
		return 0;
	return n == len ? 2 : 1;
}

static int
same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* Prints the words that may stand at a place, each once; those are adjacent in the table. */
static void
print_choices(const unsigned char *open, int at, int least, const char *text)
{
	const char *last = NULL, *sep = "";
	size_t last_len = 0;

	for (size_t i = 0; i < n_commands; i++) {
		size_t len;
		const char *word = word_at(&commands[i], at, &len);

		if (!open[i] || fits(word, len, text) < least ||
		    (last != NULL && same(word, len, last, last_len)))
			continue;
		(void)fprintf(
		    stderr, "%s%.*s", sep, len == 0 ? 7 : (int)len, len == 0 ? "no more" : word);
		last = word;
		last_len = len;
		sep = ", ";
	}
	(void)fputc('\n', stderr);
}

/* What is long may be a token, also where none belongs. */
static const char *
harmless(const char *word)
{
	return strlen(word) > WORD_SHOWN ? "..." : word;
}

/* "'x' after 'show license' is …" */
static void
complain_at(char *words[], int at, const char *what)
{
	(void)fputs("smartlic: ", stderr);
	if (words[at] != NULL)
		(void)fprintf(stderr, "'%s' ", harmless(words[at]));
	if (at > 0)
		(void)fputs("after '", stderr);
	for (int i = 0; i < at; i++)
		(void)fprintf(stderr, "%s%s", harmless(words[i]), i + 1 < at ? " " : "' ");
	(void)fputs(what, stderr);
}

/*
 * Narrows the open commands to those whose word at a place the text stands for: the word itself
 * before its abbreviations.  0, or CLI_USAGE.
 */
static int
narrow(unsigned char *open, char *words[], int at)
{
	const char *word = NULL;
	size_t len, word_len = 0;
	int best = 0, ambiguous = 0;

	for (size_t i = 0; i < n_commands; i++) {
		const char *w = word_at(&commands[i], at, &len);
		int fit = open[i] ? fits(w, len, words[at]) : 0;

		if (fit == 0 || fit < best)
			continue;
		ambiguous = fit == best && (ambiguous || !same(w, len, word, word_len));
		best = fit;
		word = w;
		word_len = len;
	}
	if (best == 0 || ambiguous) {
		complain_at(
		    words, at, ambiguous ? "is ambiguous: " : "is not expected; expected: ");
		print_choices(open, at, ambiguous ? 1 : 0, words[at]);
		return CLI_USAGE;
	}
	for (size_t i = 0; i < n_commands; i++) {
		const char *w = word_at(&commands[i], at, &len);

		open[i] = open[i] && same(w, len, word, word_len);
	}
	return 0;
}

static int
run_command(const struct cli *cli, char *words[], int n)
{
	unsigned char *open = malloc(n_commands);
	char *args[ARGS_MAX] = { NULL };
	int r = 0, n_args = 0;
	size_t len, i;

	if (open == NULL) {
		complain("out of memory");
		return CLI_FAILED;
	}
	memset(open, 1, n_commands);
	for (int at = 0; at < n && r == 0; at++)
		r = narrow(open, words, at);
	for (i = 0; r == 0 && i < n_commands; i++) {
		(void)word_at(&commands[i], n, &len);
		if (open[i] && len == 0)
			break;
	}
	if (r == 0 && i == n_commands) {
		complain_at(words, n, "something is missing; expected: ");
		print_choices(open, n, 0, "");
		r = CLI_USAGE;
	}
	free(open);
	if (r != 0)
		return r;
	for (int at = 0; at < n && n_args < ARGS_MAX; at++)
		if (is_filled_in(word_at(&commands[i], at, &len)))
			args[n_args++] = words[at];
	return commands[i].run(cli, args);
}

/* The command that the word stands for, if that reads the rest of the line by itself. */
static const struct command *
own_command(const char *word)
{
	const struct command *found = NULL;

	for (size_t i = 0; i < n_commands; i++) {
		size_t len;
		const char *w = word_at(&commands[i], 0, &len);

		if (fits(w, len, word) == 0)
			continue;
		if (found != NULL || commands[i].own == NULL)
			return NULL;
		found = &commands[i];
	}
	return found;
}

static int
number(const char *text)
{
	char *end;
	long v = strtol(text, &end, 10);

	return *text >= '0' && *text <= '9' && *end == '\0' && v <= TIMEOUT_MAX ? (int)v : -1;
}

static int
parse_options(struct cli *cli, int argc, char *argv[], const char *letters)
{
	static const struct option options[] = {
		{ "conf", required_argument, NULL, 'c' },
		{ "timeout", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "syslog", optional_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		switch (c) {
		case 'c':
			cli->conf = optarg;
			break;
		case 't':
			cli->timeout_s = number(optarg);
			if (cli->timeout_s >= 0)
				break;
			complain("--timeout %s: expected seconds, 0 to %d", optarg, TIMEOUT_MAX);
			return -1;
		case 'j':
			cli->json = 1;
			break;
		case 's':
			cli->syslog = optarg != NULL ? optarg : SYSLOG_SOCKET;
			break;
		case 'h':
		case 'V':
			return c;
		default: /* getopt has said it */
			return -1;
		}
	}
	return 0;
}

/* Options may stand among the words, but those of a command that reads its own are its own. */
static int
run_own(const struct cli *cli, const struct command *command, int n, char *words[])
{
	static char json[] = "--json";
	char **all = calloc((size_t)n + 2, sizeof(*all));
	int r;

	if (all == NULL) {
		complain("out of memory");
		return CLI_FAILED;
	}
	memcpy(all, words, (size_t)n * sizeof(*all));
	if (cli->json)
		all[n] = json;
	r = command->own(cli->json ? n + 1 : n, all);
	free(all);
	return r;
}

static int
dispatch(struct cli *cli, int argc, char *argv[])
{
	static char help[] = "help", version[] = "version";
	char *word[] = { NULL, NULL };
	const struct command *own;
	int r;

	argv[0] = program; /* which getopt's texts begin with */
	r = parse_options(cli, argc, argv, "+c:h");
	if (r == 0 && optind < argc) {
		own = own_command(argv[optind]);
		if (own != NULL)
			return run_own(cli, own, argc - optind, argv + optind);
		/* once more from here, now to the end */
		argc -= optind - 1;
		argv += optind - 1;
		argv[0] = program;
		optind = 0;
		r = parse_options(cli, argc, argv, "c:h");
	}
	if (r == 'h' || r == 'V') {
		word[0] = r == 'h' ? help : version;
		return run_command(cli, word, 1);
	}
	if (r == 0 && cli->syslog != NULL)
		syslog_open(cli->syslog);
	if (r == 0 && optind < argc)
		return run_command(cli, argv + optind, argc - optind);
	if (r == 0)
		complain("no command");
	complain("'smartlic help' lists the commands");
	return CLI_USAGE;
}

int
main(int argc, char *argv[])
{
	struct cli cli = { .conf = SYSCONFDIR "/smartlic/smartlic.conf", .timeout_s = 60 };
	int r;

	/* Keys and tokens pass through here: no core, no reading along by others of this user. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	/* no variable makes OpenSSL load somebody's code into this process */
	(void)unsetenv("OPENSSL_CONF");
	(void)unsetenv("OPENSSL_MODULES");
	(void)unsetenv("OPENSSL_ENGINES");
	r = dispatch(&cli, argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		complain("the output could not be written");
		return CLI_FAILED;
	}
	return r;
}
