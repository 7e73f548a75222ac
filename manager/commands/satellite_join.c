/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/join_ask.h"
#include "commands/command.h"
#include "commands/done.h"
#include "commands/session.h"
#include "commands/satellite.h"
#include "commands/upstream.h"
#include "pki/satellite.h"
#include "system.h"

/*
 * `satellite join`: a data folder that becomes a satellite.  Between the request and its answer,
 * which may come days later in a file, DATA/join.json says what the answer must be; it is removed
 * last, so that whatever is interrupted may be done again.
 */
#define DATA_JOIN "join.json"

static int
write_join(const char *data, const struct join *j, struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE], *text;
	json_t *root =
	    json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "home", j->home, "request_id", j->request_id,
		"sha256", j->sha256, "proof", j->proof, "token", j->token, "url", j->url);
	int r = file_path(path, data, DATA_JOIN, err);

	text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	if (r == 0)
		r = text == NULL ? sl_nomem(err) : file_write(path, 0600, text, strlen(text), err);
	free(text);
	return r;
}

static int
read_join(const char *data, struct join *ret, struct smartlic_error *err)
{
	const char *home, *id, *sha256, *proof, *token, *url;
	char path[FILE_PATH_SIZE];
	struct sl_buf text = { 0 };
	json_t *root = NULL;
	int r = file_path(path, data, DATA_JOIN, err);

	if (r == 0)
		r = file_read(path, &text, err);
	if (r == SMARTLIC_E_NOT_FOUND)
		r = sl_fail(err, r,
		    "%s: no join is under way here: begin one with --token and --trust-anchor",
		    data);
	if (r == 0)
		r = sl_json_load(&root, text.data, text.len, FILE_SMALL_MAX, err);
	if (r == 0 && ((r = sl_json_str(root, "", "home", &home, err)) < 0 ||
			  (r = sl_json_str(root, "", "request_id", &id, err)) < 0 ||
			  (r = sl_json_str(root, "", "sha256", &sha256, err)) < 0 ||
			  (r = sl_json_str(root, "", "proof", &proof, err)) < 0 ||
			  (r = sl_json_str(root, "", "token", &token, err)) < 0 ||
			  (r = sl_json_str(root, "", "url", &url, err)) < 0))
		r = sl_fail(
		    err, SMARTLIC_E_STORE, "%s: damaged: begin anew in another folder", path);
	if (r == 0) {
		(void)sl_copy(ret->home, sizeof(ret->home), home);
		(void)sl_copy(ret->request_id, sizeof(ret->request_id), id);
		(void)sl_copy(ret->sha256, sizeof(ret->sha256), sha256);
		(void)sl_copy(ret->proof, sizeof(ret->proof), proof);
		(void)sl_copy(ret->token, sizeof(ret->token), token);
		(void)sl_copy(ret->url, sizeof(ret->url), url);
	}
	json_decref(root);
	sl_buf_free(&text);
	return r;
}

/* "-": a line of standard input. */
static int
read_token(const char *option, char *ret, size_t size, struct smartlic_error *err)
{
	if (strcmp(option, "-") != 0)
		return sl_copy(ret, size, option) < 0
			   ? sl_fail(err, SMARTLIC_E_TOKEN, "--token: longer than a token is")
			   : 0;
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	if (fgets(ret, (int)size, stdin) == NULL)
		return sl_fail(err, SMARTLIC_E_TOKEN, "--token -: nothing on standard input");
	ret[strcspn(ret, "\r\n")] = '\0';
	return 0;
}

/* Folder, keys and request. */
static int
begin(const struct call *call, struct smartlic_crypto *crypto, const char *dir, struct join *j,
    struct sl_buf *ret, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA];
	char token[128], path[FILE_PATH_SIZE];
	struct sl_buf root = { 0 };
	int r = read_token(call->option[OPTION_TOKEN], token, sizeof(token), err);

	if (r == 0)
		r = file_read(call->option[OPTION_TRUST_ANCHOR], &root, err);
	if (r == 0)
		r = file_mkdir(data, err);
	if (r < 0)
		goto out;
	r = pki_join_create(dir, root.data, root.len, crypto, err);
	if (r == 0)
		r = file_path(path, data, DATA_TOKEN_KEYS, err);
	if (r == 0)
		r = token_keys_create(path, crypto, err);
	if (r == 0)
		r = join_ask(j, crypto, dir, token, system_now_s(), system_random, NULL, ret, err);
	if (r == 0)
		r = write_join(data, j, err);
	if (r < 0) {
		file_remove_dir(dir);
		file_remove_dir(data);
	}
out:
	sl_wipe(token, sizeof(token));
	sl_buf_free(&root);
	return r;
}

static int
finish(const char *data, const struct join *j, struct smartlic_crypto *crypto, const char *dir,
    const struct sl_buf *answer, struct smartlic_error *err)
{
	char ledger[FILE_PATH_SIZE], path[FILE_PATH_SIZE];
	int r = file_path(ledger, data, DATA_LEDGER, err);

	if (r == 0)
		r = file_path(path, data, DATA_JOIN, err);
	if (r < 0)
		return r;
	(void)unlink(ledger); /* of a try that did not come to its end */
	r = join_take(j, crypto, dir, ledger, answer->data, answer->len, system_now_s(), err);
	if (r == 0 && unlink(path) < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "%s: cannot be removed", path);
	return r;
}

static int
post(const struct join *j, const char *dir, const struct sl_buf *request, struct sl_buf *ret,
    struct smartlic_error *err)
{
	char path[FILE_PATH_SIZE];
	struct sl_buf root = { 0 };
	struct upstream_message m = { .type = "join",
		.request_id = j->request_id,
		.home = j->home,
		.now_s = system_now_s(),
		.request = request };
	int r = file_path(path, dir, "root.pem", err);

	if (r == 0)
		r = file_read(path, &root, err);
	if (r == 0)
		r = upstream_post(j->url, root.data, root.len, &m, ret, err);
	sl_buf_free(&root);
	return r;
}

static void
tell_asked(const struct call *call, const char *home)
{
	const char *data = call->option[OPTION_DATA], *file = call->option[OPTION_EXPORT];

	done_string(call, "data", data);
	done_string(call, "id", home);
	done_string(call, "file", file);
	done_text(call,
	    "%s: the request to join. 'offline answer' at the upstream answers it; then\n"
	    "smartlic-manager satellite join --data %s --import ANSWER\n",
	    file, data);
}

static int
tell_made(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA];
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	done_string(call, "data", data);
	if (r == 0)
		r = satellite_tell(call, s.ledger, err);
	done_text(call,
	    "%s: made, a satellite. Keep token.key and pki safe.\n"
	    "Next: smartlic-manager serve --data %s\n",
	    data, data);
	session_close(&s);
	return r;
}

static int
check_call(const struct call *call, struct smartlic_error *err)
{
	const char *const *o = call->option;

	if (o[OPTION_IMPORT] != NULL)
		return o[OPTION_TOKEN] != NULL || o[OPTION_EXPORT] != NULL
			   ? sl_fail(err, SMARTLIC_E_INVAL, "--import goes with --data alone")
			   : 0;
	if (o[OPTION_TOKEN] == NULL || o[OPTION_TRUST_ANCHOR] == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "--token and --trust-anchor are needed");
	if (o[OPTION_UPSTREAM] == NULL && o[OPTION_EXPORT] == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "--upstream URL is needed, or --export FILE where there is no connection");
	return 0;
}

int
command_satellite_join(const struct call *call, struct smartlic_error *err)
{
	const char *data = call->option[OPTION_DATA], *url = call->option[OPTION_UPSTREAM];
	struct smartlic_crypto *crypto = NULL;
	struct sl_buf request = { 0 }, answer = { 0 };
	struct join j = { .url = "" };
	char dir[FILE_PATH_SIZE];
	int begun = 0, r = check_call(call, err);

	if (r == 0)
		r = smartlic_crypto_new(&crypto, err);
	if (r == 0)
		r = file_path(dir, data, DATA_PKI, err);
	if (r < 0)
		goto out;
	if (call->option[OPTION_IMPORT] != NULL) {
		r = read_join(data, &j, err);
		if (r == 0)
			r = satellite_import(call->option[OPTION_IMPORT], &answer, err);
	} else {
		if (url != NULL && sl_copy(j.url, sizeof(j.url), url) < 0)
			r = sl_fail(err, SMARTLIC_E_INVAL, "--upstream: longer than 511 bytes");
		if (r == 0)
			r = begin(call, crypto, dir, &j, &request, err);
		begun = r == 0;
		if (r == 0 && call->option[OPTION_EXPORT] != NULL) {
			r = satellite_export(call->option[OPTION_EXPORT], &request, err);
			if (r == 0)
				tell_asked(call, j.home);
			goto out;
		}
		if (r == 0)
			r = post(&j, dir, &request, &answer, err);
	}
	if (r == 0)
		r = finish(data, &j, crypto, dir, &answer, err);
	/* nothing was asked that could be answered later */
	if (r < 0 && begun) {
		file_remove_dir(dir);
		file_remove_dir(data);
	}
	if (r == 0)
		r = tell_made(call, err);
out:
	smartlic_crypto_free(crypto);
	sl_buf_free(&request);
	sl_buf_free(&answer);
	return r;
}
