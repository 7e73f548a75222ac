/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/session.h"
#include "system.h"
#include "text.h"

#define TOKEN_KEY_MAX 247

int
token_keys_create(const char *path, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	unsigned char key[SL_SHA256_LEN];
	char hex[2 * sizeof(key) + 1];
	struct sl_buf text = { 0 };
	int r = sl_crypto_random(crypto, key, sizeof(key), err);

	if (r < 0)
		return r;
	sl_hex(hex, key, sizeof(key));
	sl_buf_printf(&text, "1 %s\n", hex);
	r = text.failed ? sl_nomem(err) : file_write(path, 0600, text.data, text.len, err);
	sl_buf_free(&text);
	sl_wipe(key, sizeof(key));
	sl_wipe(hex, sizeof(hex));
	return r;
}

/* A line without its end; 0 or -1. */
static int
read_token_key(struct authority_token_keys *keys, const char *line)
{
	char *end;
	long number = strtol(line, &end, 10);

	if (line[0] < '1' || line[0] > '9' || *end != ' ' || number > TOKEN_KEY_MAX ||
	    keys->present[number] || strlen(end + 1) != 2 * sizeof(keys->key[0]) ||
	    sl_unhex(keys->key[number], sizeof(keys->key[0]), end + 1) < 0)
		return -1;
	keys->present[number] = 1;
	keys->current = (int)number;
	return 0;
}

int
token_keys_read(struct authority_token_keys *ret, const char *path, struct smartlic_error *err)
{
	struct authority_token_keys keys = { .current = 0 };
	struct sl_buf text = { 0 };
	char *line, *end;
	int n = 1, r = file_read(path, &text, err);

	for (line = text.data; r == 0 && line != NULL && *line != '\0'; line = end + 1, n++) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end = '\0';
		/* the line is not quoted: it may be a key */
		if (end == NULL || read_token_key(&keys, line) < 0)
			r = sl_fail_line(err, SMARTLIC_E_STORE, n,
			    "%s: line %d: no token key: restore the file from a backup", path, n);
		if (end == NULL)
			break;
	}
	if (r == 0 && keys.current == 0)
		r = sl_fail(err, SMARTLIC_E_STORE,
		    "%s: holds no token key: restore the file from a backup", path);
	if (r == 0)
		*ret = keys;
	sl_wipe(&keys, sizeof(keys));
	sl_buf_free(&text);
	return r;
}

int
session_check_url(const char *url, struct smartlic_error *err)
{
	char shown[256];

	if (!db_is_url(url))
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "--database: a URL that begins with postgresql:// is expected");
	return db_url_shown(url, shown, sizeof(shown), err);
}

int
session_write_url(const char *data, const char *url, struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE];
	struct sl_buf line = { 0 };
	int r = file_path(path, data, DATA_DATABASE, err);

	sl_buf_printf(&line, "%s\n", url);
	if (r == 0)
		r = line.failed ? sl_nomem(err) : file_write(path, 0600, line.data, line.len, err);
	sl_buf_free(&line);
	return r;
}

int
session_url(char ret[FILE_PATH_SIZE], const char *data, struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE];
	struct sl_buf text = { 0 };
	int denied = 0, r = file_path(path, data, DATA_DATABASE, err);

	if (r == 0) {
		r = file_read(path, &text, NULL);
		denied = r == SMARTLIC_E_SYSTEM && errno == EACCES;
	}
	if (r == SMARTLIC_E_NOT_FOUND)
		return 0;
	if (r == 0) {
		text.data[strcspn(text.data, "\n")] = '\0';
		r = !db_is_url(text.data) || sl_copy(ret, FILE_PATH_SIZE, text.data) < 0 ? -1 : 1;
	}
	sl_buf_free(&text);
	if (denied)
		return sl_fail(err, r,
		    "%s: Permission denied: run this as the user that owns the folder", data);
	/* the line is not quoted: there may be a password in it */
	return r == 1 ? 1
	              : sl_fail(err, SMARTLIC_E_STORE,
	                    "%s: no line that begins with postgresql:// can be read there", path);
}

int
session_where(char ret[FILE_PATH_SIZE], const char *data, struct smartlic_error *err)
{
	struct stat st;
	int r = session_url(ret, data, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = file_path(ret, data, DATA_LEDGER, err);
	if (r < 0)
		return r;
	if (stat(ret, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "%s: no data folder (it has no %s): make one with 'smartlic-manager init'", data,
		    DATA_LEDGER);
	return 0;
}

int
session_open(struct session *s, const struct call *call, struct smartlic_error *err)
{
	const char *account = call->option[OPTION_ACCOUNT];
	char where[FILE_PATH_SIZE];
	int r = session_where(where, call->option[OPTION_DATA], err);

	if (r == 0)
		r = ledger_open(&s->ledger, where, err);
	if (r == 0 && account != NULL)
		r = ledger_select(s->ledger, account, err);
	return r;
}

int
session_open_authority(struct session *s, const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA];
	char path[FILE_PATH_SIZE];
	int r = session_open(s, call, err);

	if (r < 0)
		return r;
	s->token_keys = calloc(1, sizeof(*s->token_keys));
	if (s->token_keys == NULL)
		return sl_nomem(err);
	r = file_path(path, data, DATA_TOKEN_KEYS, err);
	if (r == 0)
		r = token_keys_read(s->token_keys, path, err);
	if (r == 0)
		r = smartlic_crypto_new(&s->crypto, err);
	if (r == 0)
		r = file_path(path, data, DATA_PKI, err);
	if (r == 0)
		r = pki_open(&s->pki, s->crypto, path, err);
	if (r == 0)
		r = authority_new(&s->authority, s->crypto, s->ledger, s->pki, s->token_keys, err);
	if (r == 0)
		authority_set_threads(s->authority, system_processors());
	return r;
}

void
session_close(struct session *s)
{
	if (s->authority != NULL)
		authority_free(s->authority);
	pki_free(s->pki);
	smartlic_crypto_free(s->crypto);
	if (s->token_keys != NULL)
		sl_wipe(s->token_keys, sizeof(*s->token_keys));
	free(s->token_keys);
	if (s->ledger != NULL)
		ledger_close(s->ledger);
	*s = (struct session){ 0 };
}
