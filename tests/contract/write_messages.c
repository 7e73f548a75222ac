/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include <smartlic/smartlic.h>

/*
 * Prints man/smartlic-messages.7 from lib/messages.def.  The page is kept, so that nobody needs
 * this program to install it; tests/contract/generated.sh compares the two.
 */
static const struct row {
	const char *event;
	int severity;
	const char *mnemonic, *text, *cause, *consequence, *cure;
} rows[] = {
#define SL_MESSAGE(note, event, level, mnemonic, text, cause, consequence, cure)                   \
	{ #event, SMARTLIC_LOG_##level, mnemonic, text, cause, consequence, cure },
#include "messages.def"
#undef SL_MESSAGE
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static const char head[] =
    ".\\\" SPDX-License-Identifier: Apache-2.0\n"
    ".\\\" Made by tests/contract/write_messages.c from lib/messages.def: change that.\n"
    ".Dd November 25, 2026\n"
    ".Dt SMARTLIC-MESSAGES 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm smartlic-messages\n"
    ".Nd what the licensing agent tells, and what to do about it\n"
    ".Sh DESCRIPTION\n"
    "Every message of the agent has the form\n"
    ".Pp\n"
    ".Dl %LICENSE-SMART_LIC- Ns Ar severity Ns - Ns Ar MNEMONIC No \\&: Ar text\n"
    ".Pp\n"
    "with the severities of syslog: 2 critical, 3 error, 4 warning, 5 notice, 6 informational.\n"
    "It goes to the log function of\n"
    ".Vt struct smartlic_env ,\n"
    "and most are events as well, which\n"
    ".Fn smartlic_agent_next_event\n"
    "hands out by the number that is named below.\n"
    "A message is told once what it tells of is in the trusted store.\n"
    ".Pp\n"
    "There is one message a change of state, and none for its repetition: an authority that is\n"
    "out of reach for a month is one\n"
    ".Li COMM_FAILED .\n"
    "A normal start says\n"
    ".Li AGENT_READY\n"
    "once a boot and no more.\n"
    "Only who gives a command is told of each failure of it.\n"
    "No message is a stop: what is licensed goes on, whatever is said.\n"
    ".Pp\n"
    "Tokens, keys and proofs are in none.\n"
    "Texts of the authority are among the details, and control characters are taken out of them.\n"
    ".Pp\n"
    "Mnemonics of other agents that have no cause in this one and are never seen:\n"
    ".Li HA_ROLE_CHANGED\n"
    "(a trusted store has one agent),\n"
    ".Li PLATFORM_ERROR\n"
    "(what fails on the platform is the error of a call).\n"
    ".Sh MESSAGES\n"
    ".Bl -tag -width 4n\n";

static const char foot[] = ".El\n"
			   ".Sh SEE ALSO\n"
			   ".Xr smartlic 1 ,\n"
			   ".Xr smartlic 3 ,\n"
			   ".Xr smartlic.conf 5\n";

/* Each sentence on a line of its own, as manual pages have it. */
static void
put_sentences(const char *text)
{
	size_t len;

	for (; text[0] != '\0'; text += len + strspn(text + len, " ")) {
		const char *end = strstr(text, ". ");

		len = end != NULL ? (size_t)(end - text) + 1 : strlen(text);
		/* at the start of a line these would be a request */
		(void)printf(
		    "%s%.*s\n", text[0] == '\'' || text[0] == '.' ? "\\&" : "", (int)len, text);
	}
}

static void
put_row(const struct row *row)
{
	const char *hole = strstr(row->text, "%s");
	const char *after = hole != NULL ? hole + 2 : "";
	int before = hole != NULL ? (int)(hole - row->text) : (int)strlen(row->text);

	(void)printf(".It Sy %d-%s\n", row->severity, row->mnemonic);
	while (before > 0 && row->text[before - 1] == ' ')
		before--;
	if (hole == NULL) {
		put_sentences(row->text);
	} else {
		(void)printf("%.*s\n.Ar details", before, row->text);
		if (after[0] != '\0' && strchr(".;,", after[0]) != NULL)
			(void)printf(" %c", *after++);
		(void)printf("\n");
		if (after[0] != '\0')
			put_sentences(&after[1]);
	}
	(void)printf(".Bl -tag -compact -width Consequence\n.It Cause\n");
	put_sentences(row->cause);
	(void)printf(".It Consequence\n");
	put_sentences(row->consequence);
	(void)printf(".It Cure\n");
	put_sentences(row->cure);
	if (strcmp(row->event, "NONE") == 0)
		(void)printf(".It Event\nNone: it is logged only.\n");
	else
		(void)printf(".It Event\n.Dv SMARTLIC_EVENT_%s\n", row->event);
	(void)printf(".El\n");
}

int
main(void)
{
	(void)fputs(head, stdout);
	for (size_t i = 0; i < N_ROWS; i++)
		put_row(&rows[i]);
	(void)fputs(foot, stdout);
	return ferror(stdout) != 0 || fflush(stdout) != 0;
}
