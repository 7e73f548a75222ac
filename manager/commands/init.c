/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <signal.h>
#include <stdio.h>

#include "commands/command.h"
#include "commands/session.h"
#include "system.h"
#include "text.h"

static int
new_uuid(char ret[SL_UUID_SIZE], struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	unsigned char random[16];
	int r = sl_crypto_random(crypto, random, sizeof(random), err);

	if (r == 0)
		sl_uuid4(ret, random);
	return r;
}

/* The ledger comes last: what is made in a database is not undone with the folder. */
static int
fill(const char *data, const char *account_name, const char *url, struct smartlic_crypto *crypto,
    struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE], account[SL_UUID_SIZE], home[SL_UUID_SIZE];
	int64_t now_s = system_now_s();
	int r;

	r = new_uuid(account, crypto, err);
	if (r == 0)
		r = new_uuid(home, crypto, err);
	if (r == 0)
		r = file_path(path, data, DATA_TOKEN_KEYS, err);
	if (r == 0)
		r = token_keys_create(path, crypto, err);
	if (r == 0)
		r = file_path(path, data, DATA_PKI, err);
	if (r == 0)
		r = pki_create(path, NULL, 0, now_s, err);
	if (r == 0)
		r = url != NULL ? session_write_url(data, url, err) : file_path(path, data, DATA_LEDGER, err);
	if (r == 0)
		r = ledger_create(url != NULL ? url : path, account_name, account, home, now_s, err);
	return r;
}

/* pki_create() leaves all of its folder or nothing. */
static void
undo(const char *data)
{
	char path[FILE_PATH_SIZE];

	if (file_path(path, data, DATA_PKI, NULL) == 0)
		file_remove_dir(path);
	file_remove_dir(data);
}

/* The whole folder or none: a signal waits until one of both is true. */
int
command_init(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA], *url = call->option[OPTION_DATABASE];
	struct smartlic_crypto *crypto = NULL;
	sigset_t all, before;
	int r = url != NULL ? session_check_url(url, err) : 0;

	if (r == 0)
		r = smartlic_crypto_new(&crypto, err);
	if (r < 0)
		return r;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	r = file_mkdir(data, err);
	if (r == 0) {
		r = fill(data, call->option[OPTION_ACCOUNT], url, crypto, err);
		if (r < 0)
			undo(data);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	smartlic_crypto_free(crypto);
	if (r == 0)
		printf("%s: made, for the smart account \"%s\". Keep token.key and pki/root.key safe.\n"
		       "Next: smartlic-manager serve --data %s\n",
		    data, call->option[OPTION_ACCOUNT], data);
	return r;
}
