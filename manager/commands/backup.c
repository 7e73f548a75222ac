/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <sys/stat.h>

#include "commands/command.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"

int
command_backup(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA], *to = call->option[OPTION_TO];
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = ledger_backup(s.ledger, to, system_now_s(), err);
	session_close(&s);
	if (r == 0)
		printf("%s: a copy of the ledger. Its keys are not in it: keep %s and %s of %s elsewhere.\n",
		    to, DATA_TOKEN_KEYS, DATA_PKI, data);
	return r;
}

static int
check_data(const char *data, struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE];
	struct stat st;
	int r = file_path(path, data, DATA_PKI, err);

	if (r < 0)
		return r;
	if (stat(path, &st) < 0)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "%s: has no %s: put the authority's keys there first; a backup has none", data,
		    DATA_PKI);
	return 0;
}

int
command_restore(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA], *from = call->option[OPTION_FROM];
	char path[FILE_PATH_SIZE], ledger[SL_UUID_SIZE], time[SL_TIME_SIZE];
	struct ledger_restored restored;
	unsigned char random[16];
	int r = check_data(data, err);

	if (r == 0)
		r = file_path(path, data, DATA_LEDGER, err);
	if (r == 0 && system_random(NULL, random, sizeof(random)) < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness for the new ledger's id");
	if (r < 0)
		return r;
	sl_uuid4(ledger, random);
	if (system_random(NULL, random, sizeof(random)) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness for the new ledger's id");
	r = ledger_restore(path, from, ledger, random, command_by(call),
	    system_now_s(), &restored, err);
	if (r < 0)
		return r;
	sl_time(time, restored.backup_s);
	printf("%s is again what it was at %s.\n"
	       "Devices that registered or renewed since are adopted when they are heard of, those that\n"
	       "were not known into their device's virtual account or \"%s\" ('audit list' names them).\n"
	       "Do again what was done since: instances removed, transferred or deregistered; tokens\n"
	       "made and revoked; accounts, virtual accounts and licenses added.\n",
	    path, time, LEDGER_DEFAULT);
	if (restored.aside[0] != '\0')
		printf("The former ledger is kept: %s\n", restored.aside);
	return 0;
}

static int
add_audit(void *ud, const struct ledger_audit *a)
{
	json_t *row = json_pack("{s:o, s:s, s:s, s:s, s:s}", "at", output_time(a->at_s), "who", a->who,
	    "what", a->what, "instance", a->instance, "text", a->text);

	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_audit(const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	(void)call;
	return ledger_audit_each(ledger, add_audit, list, err);
}

int
command_audit_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "at", "AT" },
		{ "who", "WHO" },
		{ "what", "WHAT" },
		{ "instance", "INSTANCE" },
		{ "text", "TEXT" },
	};

	return command_list(
	    call, fill_audit, columns, sizeof(columns) / sizeof(columns[0]), err);
}
