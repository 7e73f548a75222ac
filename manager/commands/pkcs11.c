/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/session.h"
#include "pki/key.h"

/* A key that is in a PKCS#11 token takes the place of its file. */
int
command_key_use(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA], *name = call->operand[0];
	char dir[FILE_PATH_SIZE];
	int r = file_path(dir, data, DATA_PKI, err);

	if (r == 0)
		r = pki_key_use(dir, name, call->operand[1], err);
	if (r == 0) {
		done_string(call, "key", name);
		done_string(call, "uri", call->operand[1]);
		done_text(call,
		    "The key of %s/%s.pem is used in the token; %s/%s.key only says where it is.\n"
		    "A manager that serves this folder takes it within the hour or with its next "
		    "start.\n"
		    "If it came from that file, copies of the folder still hold it.\n",
		    dir, name, dir, name);
	}
	return r;
}
