/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/output.h"
#include "commands/session.h"
#include "envelope.h"
#include "system.h"
#include "text.h"
#include "transports/bundle.h"

#define ANSWER_SUFFIX ".slrs"
/* An answer in its armour takes at most this. */
#define ARMOURED_MAX (SL_BUNDLE_MESSAGE_MAX / 3 * 4 + 16 * 1024)

/* `offline answer` in work: one file after another, each with its answers in one file. */
struct offline {
	struct session s;
	int out; /* the folder */
	const char *out_path;
	json_t *blocks, *written; /* what is printed */
	int64_t answered, refused, skipped;
	/* the file in work */
	const char *file;
	struct sl_buf answers; /* armoured */
	int64_t n_answers;
	char name[SL_BUNDLE_NAME_SIZE]; /* of the answer, where it is one */
	struct sl_buf ids;              /* of the requests that were answered */
};

/* What an answer says of itself, read from the signed bytes. */
struct about {
	const char *request_id, *type, *code, *message;
	struct sl_udi udi;
	int is_bound;
};

static void
skip(struct offline *o, int64_t block, const char *text)
{
	o->skipped++;
	(void)json_array_append_new(o->blocks,
	    json_pack("{s:o, s:I, s:s, s:s}", "file", output_string(o->file), "block",
	        (json_int_t)block, "result", "skipped", "text", text));
}

/* ---- one request -------------------------------------------------------- */

static int
read_about(struct about *ret, json_t *root, struct smartlic_error *err)
{
	const json_t *error;
	int r = 0;

	*ret = (struct about){ .type = "", .code = "", .message = "" };
	ret->is_bound = json_object_get(root, "request_id") != NULL;
	if (ret->is_bound)
		r = sl_json_str(root, "", "request_id", &ret->request_id, err);
	if (r == 0 && ret->is_bound)
		r = sl_json_udi(root, "", &ret->udi, err);
	if (r == 0)
		r = sl_json_opt_str(root, "", "type", &ret->type, err);
	if (r < 0 || json_object_get(root, "error") == NULL)
		return r;
	r = sl_json_obj(root, "", "error", &error, err);
	if (r == 0)
		r = sl_json_str(error, "error", "code", &ret->code, err);
	return r == 0 ? sl_json_str(error, "error", "message", &ret->message, err) : r;
}

/* The JSON that the answer's signature is over. */
static int
load(json_t **ret, const struct offline *o, const struct sl_buf *der, struct smartlic_error *err)
{
	struct sl_envelope *envelope = NULL;
	const void *content;
	size_t len;
	int r = sl_envelope_open(&envelope, o->s.crypto, der->data, der->len, err);

	if (r == 0)
		r = sl_envelope_verify(envelope, pki_signer(o->s.pki), &content, &len, err);
	if (r == 0)
		r = sl_json_load(ret, content, len, SL_CONTENT_MAX, err);
	sl_envelope_free(envelope);
	return r;
}

static int
keep(struct offline *o, const struct about *about, const struct sl_buf *der,
    struct smartlic_error *err)
{
	size_t len;
	char *text;

	if (sl_bundle_name(o->name, sizeof(o->name), about->udi.pid, about->udi.sn, about->udi.uuid,
	        about->request_id, ANSWER_SUFFIX) < 0)
		return sl_fail(err, SMARTLIC_E_LIMIT, "the device's name is too long for a file's");
	text = sl_bundle_armour(der->data, der->len, &len);
	if (text == NULL)
		return sl_nomem(err);
	sl_buf_add(&o->answers, text, len);
	sl_buf_puts(&o->ids, about->request_id);
	free(text);
	o->n_answers++;
	return o->answers.failed || o->ids.failed ? sl_nomem(err) : 0;
}

/* An answer that names no request would be taken by nobody: it is told here instead. */
static int
take(struct offline *o, int64_t block, const struct about *about, const struct sl_buf *der,
    struct smartlic_error *err)
{
	char device[SL_UDI_SERIAL_SIZE], text[400];
	int refused = about->code[0] != '\0', r;

	if (!about->is_bound) {
		(void)snprintf(text, sizeof(text), "no request that is known here: %s (%s)",
		    about->message, about->code);
		skip(o, block, text);
		return 0;
	}
	r = keep(o, about, der, err);
	if (r < 0)
		return r;
	o->answered++;
	o->refused += refused;
	sl_udi_serial(device, &about->udi);
	(void)json_array_append_new(o->blocks,
	    json_pack("{s:o, s:I, s:s, s:s, s:s, s:s, s:s}", "file", output_string(o->file), "block",
	        (json_int_t)block, "device", device, "type", about->type, "request_id",
	        about->request_id, "result", refused ? about->code : "ok", "text", about->message));
	return 0;
}

static int
answer_block(struct offline *o, const struct sl_bundle *b, struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	struct about about;
	json_t *root = NULL;
	int r;

	if (o->answers.len > SL_BUNDLE_BYTES_MAX - ARMOURED_MAX) {
		skip(o, b->blocks, "the file of answers is full: put this one into a file of its own");
		return 0;
	}
	r = authority_answer(o->s.authority, b->der, b->len, system_now_s(), system_random, NULL, &der,
	    err);
	if (r == SMARTLIC_E_STORE_BUSY) {
		skip(o, b->blocks, "the ledger is busy: answer the file again");
		r = 0;
	} else if (r == 0) {
		r = load(&root, o, &der, err);
		if (r == 0)
			r = read_about(&about, root, err);
		if (r == 0)
			r = take(o, b->blocks, &about, &der, err);
	}
	json_decref(root);
	sl_buf_free(&der);
	return r;
}

/* ---- one file ----------------------------------------------------------- */

/* A bundle is named by the requests in it, so that the same one makes the same file. */
static int
name_bundle(struct offline *o, struct smartlic_error *err)
{
	char hex[SL_SHA256_HEX];
	int r = sl_sha256_hex(o->s.crypto, o->ids.data, o->ids.len, hex, err);

	if (r == 0)
		(void)snprintf(o->name, sizeof(o->name), "bundle-%.8s" ANSWER_SUFFIX, hex);
	return r;
}

static int
write_answers(struct offline *o, int is_bundle, struct smartlic_error *err)
{
	int r = is_bundle ? name_bundle(o, err) : 0;

	if (r < 0)
		return r;
	if (sl_bundle_write(o->out, o->name, o->answers.data, o->answers.len) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM,
		    "%s/%s: cannot be written: %s; make room or another folder, then answer %s again: "
		    "nothing is done twice",
		    o->out_path, o->name, strerror(errno), o->file);
	(void)json_array_append_new(o->written,
	    json_pack("{s:s, s:I}", "file", o->name, "answers", (json_int_t)o->n_answers));
	return 0;
}

static int
answer_blocks(struct offline *o, struct sl_bundle *b, struct smartlic_error *err)
{
	int r = 0;

	while (r == 0) {
		switch (sl_bundle_next(b)) {
		case SL_BUNDLE_BLOCK:
			r = answer_block(o, b, err);
			break;
		case SL_BUNDLE_BAD:
			skip(o, b->blocks, b->why);
			break;
		case SL_BUNDLE_CUT:
			skip(o, b->blocks, "it has no end: the file is not whole, copy it again");
			return 0;
		case SL_BUNDLE_LIMIT:
		case SL_BUNDLE_FAILED:
			skip(o, b->blocks, b->why);
			return 0;
		case SL_BUNDLE_END:
			if (b->blocks == 0)
				skip(o, 0, "no request in it: no block BEGIN CMS");
			return 0;
		}
	}
	return r;
}

static int
answer_file(struct offline *o, const char *path, struct smartlic_error *err)
{
	int fd = sl_bundle_open(AT_FDCWD, path), r;
	struct sl_bundle b = { .read = sl_bundle_read_fd, .ud = &fd };

	o->file = path;
	o->n_answers = 0;
	if (fd < 0) {
		skip(o, 0,
		    errno == ENOTSUP || errno == ELOOP ? "no regular file" : strerror(errno));
		return 0;
	}
	r = answer_blocks(o, &b, err);
	if (r == 0 && o->n_answers > 0)
		r = write_answers(o, b.blocks > 1, err);
	sl_bundle_release(&b);
	sl_buf_free(&o->answers);
	sl_buf_free(&o->ids);
	(void)close(fd);
	return r;
}

/* ---- what is told ------------------------------------------------------- */

static int
print_result(const struct offline *o, int as_json, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "file", "FILE" },
		{ "block", "BLOCK" },
		{ "device", "DEVICE" },
		{ "type", "TYPE" },
		{ "result", "RESULT" },
		{ "text", "TEXT" },
	};
	size_t i;
	json_t *file, *all;
	int r;

	if (as_json) {
		all = json_pack("{s:O, s:O, s:I, s:I, s:I}", "blocks", o->blocks, "written", o->written,
		    "answered", (json_int_t)o->answered, "refused", (json_int_t)o->refused, "skipped",
		    (json_int_t)o->skipped);
		r = all == NULL ? sl_nomem(err) : output_json(all, err);
		json_decref(all);
		return r;
	}
	r = output_list(o->blocks, columns, sizeof(columns) / sizeof(columns[0]), 0, err);
	json_array_foreach(o->written, i, file) {
		printf("Written: ");
		output_text(o->out_path);
		printf("/%s (%lld)\n", json_string_value(json_object_get(file, "file")),
		    (long long)json_integer_value(json_object_get(file, "answers")));
	}
	printf("%lld answered, of these %lld refused; %lld skipped\n", (long long)o->answered,
	    (long long)o->refused, (long long)o->skipped);
	return r;
}

int
command_offline_answer(const struct call *call, struct smartlic_error *err)
{
	struct offline o = { .out = -1, .out_path = call->option[OPTION_OUT] };
	int r, shown;

	o.blocks = json_array();
	o.written = json_array();
	o.out = open(o.out_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o.out < 0)
		r = sl_fail(err, SMARTLIC_E_NOT_FOUND, "--out %s: %s: name a folder for the answers",
		    o.out_path, strerror(errno));
	else
		r = session_open_authority(&o.s, call, err);
	for (size_t i = 0; r == 0 && i < call->n_rest; i++)
		r = answer_file(&o, call->rest[i], err);
	/* what was done is told also where it came to a bad end */
	if (o.s.authority != NULL) {
		shown = print_result(&o, call->option[OPTION_JSON] != NULL, r < 0 ? NULL : err);
		r = r < 0 ? r : shown;
	}
	if (r == 0 && o.skipped > 0)
		r = sl_fail(err, SMARTLIC_E_REFUSED, "not everything was answered: %lld skipped, see above",
		    (long long)o.skipped);
	session_close(&o.s);
	if (o.out >= 0)
		(void)close(o.out);
	json_decref(o.blocks);
	json_decref(o.written);
	return r;
}
