/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/list.h"
#include "commands/session.h"
#include "pki/key.h"
#include "pki/uri.h"
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

/* --key NAME=URI, each name once. */
static int
read_keys(const struct call *call, const char *ret[PKI_URIS], struct smartlic_error *err)
{
	struct pki_uri uri;
	enum pki_kind kind;
	char name[32];
	int r = 0;

	for (size_t i = 0; r == 0 && i < call->n_repeats; i++) {
		const char *text = call->repeat[i], *equal = strchr(text, '=');

		(void)snprintf(name, sizeof(name), "%.*s",
		    equal != NULL ? (int)(equal - text) : (int)strlen(text), text);
		r = pki_key_kind(&kind, name, err);
		if (r == 0 && (equal == NULL || kind >= PKI_URIS || ret[kind] != NULL))
			r = sl_fail(err, SMARTLIC_E_INVAL,
			    "--key %s: root, issuing or signer, each once, with =pkcs11:… behind "
			    "it",
			    name);
		if (r == 0)
			r = pki_uri_read(&uri, equal + 1, err);
		if (r == 0)
			ret[kind] = equal + 1;
	}
	return r;
}

/* The ledger comes last: what is made in a database is not undone with the folder. */
static int
fill(const char *data, const char *account_name, const char *url, const char *const keys[PKI_URIS],
    struct smartlic_crypto *crypto, struct smartlic_error *err)
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
		r = pki_create_by(path, keys, now_s, err);
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

static int
tell(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA], *account = call->option[OPTION_ACCOUNT];
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	done_string(call, "data", data);
	if (r == 0)
		r = command_account_tell(call, s.ledger, account, err);
	done_text(call,
	    "%s: made, for the smart account \"%s\". Keep token.key and pki/root.key safe.\n"
	    "Next: smartlic-manager serve --data %s\n",
	    data, account, data);
	session_close(&s);
	return r;
}

/* The whole folder or none: a signal waits until one of both is true. */
int
command_init(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA], *url = call->option[OPTION_DATABASE];
	struct smartlic_crypto *crypto = NULL;
	const char *keys[PKI_URIS] = { NULL };
	sigset_t all, before;
	int r = url != NULL ? session_check_url(url, err) : 0;

	if (r == 0)
		r = read_keys(call, keys, err);

	if (r == 0)
		r = smartlic_crypto_new(&crypto, err);
	if (r < 0)
		return r;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	r = file_mkdir(data, err);
	if (r == 0) {
		r = fill(data, call->option[OPTION_ACCOUNT], url, keys, crypto, err);
		if (r < 0)
			undo(data);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	smartlic_crypto_free(crypto);
	return r < 0 ? r : tell(call, err);
}
