/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/output.h"

enum { DONE = 0, FAILED = 1, USAGE = 2 };

int
main(int argc, char **argv)
{
	const struct rlimit no_core = { 0, 0 };
	struct smartlic_error err = { 0 };
	struct call call = { 0 };
	int r;

	/* Keys are in memory, and what is made is its owner's.  The limit alone does not stop a core
	 * that the system pipes to a program, nor another process of this user that reads along. */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)umask(077);
	/* no variable makes OpenSSL load somebody's code into this process */
	(void)unsetenv("OPENSSL_CONF");
	(void)unsetenv("OPENSSL_MODULES");
	(void)unsetenv("OPENSSL_ENGINES");
	r = command_parse(argc, argv, &call, &err);
	if (r == 1)
		r = done_run(&call, &err);
	command_release(&call);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = sl_fail(&err, SMARTLIC_E_SYSTEM, "the output cannot be written");
	if (r == 0)
		return DONE;
	/* it may quote a file that somebody else has made */
	(void)fputs("smartlic-manager: ", stderr);
	output_text_to(stderr, err.text[0] != '\0' ? err.text : smartlic_strerror(r));
	(void)fputc('\n', stderr);
	if (r != SMARTLIC_E_INVAL)
		return FAILED;
	(void)fprintf(stderr, "'smartlic-manager help");
	for (size_t i = 0; call.command != NULL && call.command->words[i] != NULL; i++)
		(void)fprintf(stderr, " %s", call.command->words[i]);
	(void)fprintf(stderr, "' says what is expected.\n");
	return USAGE;
}
