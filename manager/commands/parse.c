/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/done.h"
#include "text.h"

int
command_number(const char *what, const char *text, int64_t min, int64_t max, int64_t *ret,
    struct smartlic_error *err)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == ' ' || text[0] == '+' || n < min ||
	    n > max)
		return sl_fail(err, SMARTLIC_E_INVAL, "%s: '%s': a number from %lld to %lld is expected",
		    what, text, (long long)min, (long long)max);
	*ret = n;
	return 0;
}

int
command_after(const struct call *call, struct smartlic_error *err)
{
	const char *after = call->option[OPTION_AFTER];

	if (after == NULL || sl_is_uuid(after))
		return 0;
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "--after: '%s': the UUID of an instance is expected, as the end of a page names it",
	    after);
}

int
command_udi(const char *text, struct sl_udi *ret, struct smartlic_error *err)
{
	char copy[256], *part[3] = { NULL, NULL, NULL }, *rest = copy;
	int labelled = strncmp(text, "PID:", 4) == 0 && strchr(text, ',') != NULL;
	static const char *const labels[] = { "PID:", "SN:", "UUID:" };
	size_t n = 0;

	if (sl_copy(copy, sizeof(copy), text) < 0)
		n = 4;
	while (rest != NULL && n < 4) {
		char *p = n < 2 ? strpbrk(rest, labelled ? "," : ":") : NULL;

		if (p != NULL)
			*p++ = '\0';
		if (labelled && strncmp(rest, labels[n], strlen(labels[n])) != 0)
			n = 4;
		else
			part[n] = rest + (labelled ? strlen(labels[n]) : 0), n++;
		rest = p;
	}
	if (n < 2 || n > 3 || (n == 3 && part[2][0] == '\0'))
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "'%.120s': a device is named as PID:SN or PID:SN:UUID, or, where a part has a "
		    "colon in it, as PID:…,SN:…,UUID:…",
		    text);
	/* without UUID: one that passes, for the check alone */
	if (sl_udi_set(ret, part[0], part[1], n == 3 ? part[2] : "-", err) < 0)
		return SMARTLIC_E_INVAL;
	if (n == 2)
		ret->uuid[0] = '\0';
	return 0;
}

const char *
command_by(const struct call *call)
{
	const struct passwd *user;

	if (call->option[OPTION_BY] != NULL)
		return call->option[OPTION_BY];
	user = getpwuid(getuid());
	return user != NULL ? user->pw_name : "administrator";
}

/* ---- help --------------------------------------------------------------- */

static int
needs(const struct command *c, int id)
{
	return (c->needs >> id & 1U) != 0;
}

static int
takes(const struct command *c, int id)
{
	uint64_t options = c->needs | c->takes;

	if ((c->takes & COMMAND_NO_JSON) == 0)
		options |= UINT64_C(1) << OPTION_JSON;
	return (options >> id & 1U) != 0;
}

static void
print_synopsis(const struct command *c)
{
	printf("smartlic-manager");
	for (const char *const *w = c->words; *w != NULL; w++)
		printf(" %s", *w);
	for (int id = 0; id < OPTIONS; id++) {
		const struct option_def *o = &option_defs[id];
		int needed = needs(c, id);

		if (!takes(c, id))
			continue;
		printf(needed ? " %s" : " [%s", o->name);
		if (o->value != NULL)
			printf(" %s", o->value);
		printf("%s%s", needed ? "" : "]", o->repeatable ? "..." : "");
	}
	for (const char *const *w = c->operands; *w != NULL; w++)
		printf(" %s", *w);
	printf("\n");
}

static void
print_help(const struct command *c)
{
	printf("Usage: ");
	print_synopsis(c);
	printf("\nIt %s.\n\n", c->help);
	for (int id = 0; id < OPTIONS; id++) {
		char left[40];
		const struct option_def *o = &option_defs[id];

		if (!takes(c, id))
			continue;
		(void)snprintf(left, sizeof(left), "%s%s%s", o->name, o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "");
		printf("  %-24s  %s\n", left, o->help);
	}
}

static void
print_overview(void)
{
	printf("Usage: smartlic-manager COMMAND [OPTION]...\n"
	       "The license authority: gives devices their identity and counts their licenses.\n\n");
	for (size_t i = 0; i < n_commands; i++) {
		const struct command *c = &commands[i];
		char words[40];

		(void)snprintf(words, sizeof(words), "%s%s%s", c->words[0],
		    c->words[1] != NULL ? " " : "", c->words[1] != NULL ? c->words[1] : "");
		printf("  %-24s  %s\n", words, c->help);
	}
	printf("\nsmartlic-manager help COMMAND says more of one.\n"
	       "Exit status: 0 done, 1 failed, 2 wrong usage.\n");
}

/* ---- the line ----------------------------------------------------------- */

struct line {
	const char **word; /* room for all of argv */
	size_t n;
};

static const struct option_def *
find_option(const char *arg)
{
	for (int id = 0; id < OPTIONS; id++) {
		size_t len = strlen(option_defs[id].name);

		if (strncmp(arg, option_defs[id].name, len) == 0 &&
		    (arg[len] == '\0' || arg[len] == '='))
			return &option_defs[id];
	}
	return NULL;
}

/* *arg: where in argv the option stands; moved on when its value is the next one. */
static int
take_option(struct call *call, char *const *argv, int argc, int *arg, struct smartlic_error *err)
{
	const struct option_def *o = find_option(argv[*arg]);
	const char *equals = strchr(argv[*arg], '='), *value = "";
	long id;

	if (o == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "'%s' is no option of this program", argv[*arg]);
	id = o - option_defs;
	if (o->value == NULL && equals != NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "%s takes no value", o->name);
	if (o->value != NULL) {
		if (equals == NULL && *arg + 1 >= argc)
			return sl_fail(err, SMARTLIC_E_INVAL, "%s: %s is missing after it", o->name,
			    o->value);
		value = equals != NULL ? equals + 1 : argv[++*arg];
		if (value[0] == '\0' && id != OPTION_TAGS) /* which takes '' for none */
			return sl_fail(err, SMARTLIC_E_INVAL, "%s: %s is empty", o->name, o->value);
	}
	if (call->option[id] != NULL && !o->repeatable)
		return sl_fail(err, SMARTLIC_E_INVAL, "%s is given twice", o->name);
	call->option[id] = value;
	if (o->repeatable) {
		if (call->n_repeats == COMMAND_REPEATS_MAX)
			return sl_fail(err, SMARTLIC_E_INVAL, "more than %d times %s",
			    COMMAND_REPEATS_MAX, o->name);
		call->repeat[call->n_repeats++] = value;
	}
	return 0;
}

static int
split(int argc, char *const *argv, struct call *call, struct line *line,
    struct smartlic_error *err)
{
	int only_words = 0, r;

	for (int i = 1; i < argc; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = 1;
		} else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
			r = take_option(call, argv, argc, &i, err);
			if (r < 0)
				return r;
		} else {
			line->word[line->n++] = argv[i];
		}
	}
	return 0;
}

static size_t
count(const char *const *words)
{
	size_t n = 0;

	while (words[n] != NULL)
		n++;
	return n;
}

/* The command that the first words name; *ret_n of them.  SMARTLIC_E_INVAL says what could follow. */
static int
find_command(const char *const *word, size_t n, const struct command **ret, size_t *ret_n,
    struct smartlic_error *err)
{
	char next[128] = "";
	size_t used = 0;

	if (n == 0)
		return sl_fail(err, SMARTLIC_E_INVAL, "a command is missing");
	for (size_t i = 0; i < n_commands; i++) {
		const struct command *c = &commands[i];
		size_t len = count(c->words), same = 0;

		while (same < len && same < n && strcmp(c->words[same], word[same]) == 0)
			same++;
		if (same == len) {
			*ret = c;
			*ret_n = len;
			return 0;
		}
		if (same == 1)
			used += (size_t)snprintf(next + used, sizeof(next) - used, "%s%s",
			    used > 0 ? ", " : "", c->words[1]);
	}
	if (used == 0)
		return sl_fail(err, SMARTLIC_E_INVAL, "'%s' is no command", word[0]);
	if (n == 1)
		return sl_fail(err, SMARTLIC_E_INVAL, "%s: one of these is expected after it: %s",
		    word[0], next);
	return sl_fail(err, SMARTLIC_E_INVAL, "%s: '%s': one of these is expected: %s", word[0],
	    word[1], next);
}

static int
check_options(const struct call *call, struct smartlic_error *err)
{
	const struct command *c = call->command;

	for (int id = 0; id < OPTIONS; id++) {
		const struct option_def *o = &option_defs[id];

		if (call->option[id] != NULL && !takes(c, id))
			return sl_fail(err, SMARTLIC_E_INVAL, "%s is no option of this command", o->name);
		if (call->option[id] == NULL && needs(c, id))
			return sl_fail(err, SMARTLIC_E_INVAL, "%s %s is missing", o->name, o->value);
	}
	return 0;
}

static int
take_operands(struct call *call, const char *const *word, size_t n, struct smartlic_error *err)
{
	size_t wanted = count(call->command->operands);
	int open_end = wanted > 0 && strstr(call->command->operands[wanted - 1], "...") != NULL;

	if (n < wanted)
		return sl_fail(err, SMARTLIC_E_INVAL, "%s is missing", call->command->operands[n]);
	if (open_end) {
		wanted--;
		call->rest = word + wanted;
		call->n_rest = n - wanted;
	} else if (n > wanted)
		return sl_fail(err, SMARTLIC_E_INVAL, "'%s' is one word too many", word[wanted]);
	for (size_t i = 0; i < wanted; i++)
		call->operand[i] = word[i];
	return 0;
}

static int
help(const char *const *word, size_t n, struct smartlic_error *err)
{
	const struct command *c;
	int r;

	if (n == 0) {
		print_overview();
		return 0;
	}
	/* "help token" and "token --help": all that begin so */
	if (n == 1) {
		size_t found = 0;

		for (size_t i = 0; i < n_commands; i++)
			if (commands[i].words[1] != NULL && strcmp(commands[i].words[0], word[0]) == 0) {
				print_synopsis(&commands[i]);
				found++;
			}
		if (found > 0)
			return 0;
	}
	r = find_command(word, n, &c, &n, err);
	if (r == 0)
		print_help(c);
	return r;
}

int
command_parse(int argc, char *const argv[], struct call *ret, struct smartlic_error *err)
{
	struct call call = { 0 };
	struct line line = { 0 };
	size_t used;
	int r;

	line.word = calloc((size_t)argc + 1, sizeof(*line.word));
	if (line.word == NULL)
		return sl_nomem(err);
	ret->words = call.words = line.word;
	r = split(argc, argv, &call, &line, err);
	if (r < 0) {
		/* the words before it tell of which command it is */
		(void)find_command(line.word, line.n, &ret->command, &used, NULL);
		return r;
	}
	if (call.option[OPTION_VERSION] != NULL) {
		printf("smartlic-manager %s\n", PACKAGE_VERSION);
		return 0;
	}
	if (line.n > 0 && strcmp(line.word[0], "help") == 0)
		return help(line.word + 1, line.n - 1, err);
	if (call.option[OPTION_HELP] != NULL)
		return help(line.word, line.n, err);
	r = find_command(line.word, line.n, &call.command, &used, err);
	ret->command = call.command;
	if (r == 0)
		r = take_operands(&call, line.word + used, line.n - used, err);
	if (r == 0)
		r = check_options(&call, err);
	if (r < 0)
		return r;
	if (call.option[OPTION_JSON] != NULL && (call.done = json_object()) == NULL)
		return sl_nomem(err);
	*ret = call;
	return 1;
}

void
command_release(struct call *call)
{
	free(call->words);
	call->words = NULL;
	done_release(call);
}
