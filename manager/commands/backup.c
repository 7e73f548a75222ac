/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <sys/stat.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"

int
command_backup(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA], *to = call->option[OPTION_TO];
	struct smartlic_error note = { 0 };
	char ledger[SL_UUID_SIZE] = "";
	struct session s = { 0 };
	int64_t now_s = system_now_s();
	int r = session_open(&s, call, err);

	if (r == 0)
		(void)sl_copy(ledger, sizeof(ledger), ledger_info(s.ledger)->ledger);
	if (r == 0)
		r = ledger_backup(s.ledger, to, now_s, err);
	/* the copy is good though the ledger, whose disk may be full, cannot remember it */
	if (r == 0 && ledger_backup_note(s.ledger, now_s, &note) < 0)
		(void)fprintf(stderr,
		    "smartlic-manager: 'doctor' will not know of this backup: %s\n", note.text);
	session_close(&s);
	if (r == 0) {
		done_string(call, "file", to);
		done_string(call, "ledger", ledger);
		done_time(call, "at", now_s);
		done_text(call,
		    "%s: a copy of the ledger. Its keys are not in it: keep %s and %s of %s elsewhere.\n",
		    to, DATA_TOKEN_KEYS, DATA_PKI, data);
	}
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

/* All that answers take, before anything is changed. */
static int
check_keys(const char *data, struct smartlic_error *err)
{
	struct smartlic_crypto *crypto = NULL;
	char path[FILE_PATH_SIZE];
	struct pki *pki = NULL;
	int r = check_data(data, err);

	if (r == 0)
		r = file_path(path, data, DATA_PKI, err);
	if (r == 0)
		r = smartlic_crypto_new(&crypto, err);
	if (r == 0)
		r = pki_open(&pki, crypto, path, err);
	pki_free(pki);
	smartlic_crypto_free(crypto);
	return r;
}

/* Ids of a new ledger and of the token that stands for lost ones. */
static int
new_ids(char ret_ledger[SL_UUID_SIZE], unsigned char ret_random[16], struct smartlic_error *err)
{
	unsigned char random[16];

	if (system_random(NULL, random, sizeof(random)) < 0 ||
	    system_random(NULL, ret_random, 16) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness for the new ledger's id");
	sl_uuid4(ret_ledger, random);
	return 0;
}

static void
tell_gap(const struct call *call, const char *ledger, const char *what, const char *is,
    const struct ledger_restored *restored)
{
	char time[SL_TIME_SIZE];

	sl_time(time, restored->backup_s);
	done_string(call, "ledger", ledger);
	done_time(call, "lacks_after", restored->backup_s);
	done_text(call,
	    "%s%s %s.\n"
	    "Devices that registered or renewed since are adopted when they are heard of, those "
	    "that\n"
	    "were not known into their device's virtual account or the default one ('audit list' "
	    "names them).\n"
	    "Do again what was done since: instances removed, transferred or deregistered; tokens\n"
	    "made and revoked; accounts, virtual accounts and licenses added.\n",
	    what, is, time);
}

/* Where to: --database, the folder's own, or its file. */
static int
restore_where(const struct call *call, char ret[FILE_PATH_SIZE], char ret_shown[FILE_PATH_SIZE],
    struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA], *url = call->option[OPTION_DATABASE];
	int r;

	if (url == NULL) {
		r = session_url(ret, data, err);
	} else {
		r = session_check_url(url, err);
		if (r == 0)
			r = sl_copy(ret, FILE_PATH_SIZE, url) < 0
			        ? sl_fail(err, SMARTLIC_E_LIMIT, "--database: too long")
			        : 1;
	}
	if (r == 1)
		return db_url_shown(ret, ret_shown, FILE_PATH_SIZE, err);
	if (r == 0)
		r = file_path(ret, data, DATA_LEDGER, err);
	if (r == 0)
		(void)sl_copy(ret_shown, FILE_PATH_SIZE, ret);
	return r;
}

int
command_restore(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA], *url = call->option[OPTION_DATABASE];
	char where[FILE_PATH_SIZE], shown[FILE_PATH_SIZE], ledger[SL_UUID_SIZE];
	struct ledger_restored restored;
	unsigned char random[16];
	int r = check_keys(data, err);

	if (r == 0)
		r = restore_where(call, where, shown, err);
	if (r == 0)
		r = new_ids(ledger, random, err);
	if (r == 0)
		r = ledger_restore(where, call->option[OPTION_FROM], ledger, random,
		    command_by(call), system_now_s(), &restored, err);
	if (r == 0 && url != NULL)
		r = session_write_url(data, url, err);
	if (r < 0)
		return r;
	tell_gap(call, ledger, shown, " is again what it was at", &restored);
	done_string(call, "restored", shown);
	done_string(call, "kept", restored.aside);
	if (restored.aside[0] != '\0')
		done_text(call, "The former ledger is kept: %s\n", restored.aside);
	return 0;
}

int
command_ledger_renew(const struct call *call, struct smartlic_error *err)
{
	char ledger[SL_UUID_SIZE];
	struct ledger_restored restored;
	struct session s = { 0 };
	unsigned char random[16];
	int r = session_open(&s, call, err);

	if (r == 0)
		r = new_ids(ledger, random, err);
	if (r == 0)
		r = ledger_renew(s.ledger, ledger, random, command_by(call), system_now_s(),
		    &restored, err);
	session_close(&s);
	if (r == 0)
		tell_gap(call, ledger, "The ledger has a new id; what it may lack", " is of after",
		    &restored);
	return r;
}

int
command_ledger_seal(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA];
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = ledger_seal(s.ledger, command_by(call), system_now_s(), err);
	if (r == 0) {
		done_string(call, "ledger", ledger_info(s.ledger)->ledger);
		done_json(call, "sealed", json_true());
	}
	session_close(&s);
	if (r == 0)
		done_text(call, "The ledger is sealed: no device is answered from it any more.\n"
		       "Next: smartlic-manager backup --data %s --to FILE; then, at the other host and with\n"
		       "%s and %s there, smartlic-manager restore --from FILE.\n",
		    data, DATA_TOKEN_KEYS, DATA_PKI);
	return r;
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
