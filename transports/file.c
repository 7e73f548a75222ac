/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <smartlic/env.h>
#include <smartlic/error.h>
#include <smartlic/transport.h>

#include "folders.h"

#define LOOK_AGAIN_MS  60000
#define REQUEST_ID_LEN 36

/*
 * By files, carried by hand.  First the inbox is looked through; where no answer lies there, the
 * request is written to the outbox, unless it lies there already; then the inbox is looked through
 * once a minute.  What was written stays: a process that ends is not a request that is answered,
 * and a file that is carried twice does no harm.
 */
enum state { IDLE = 0, LOOKING, WRITING, WAITING, TESTING };
/* Of a test: what is looked at next. */
enum look { OUTBOX = 0, ANSWER, INBOX, NOTHING };

struct file {
	const struct smartlic_host *host;
	char *outbox;
	struct sl_inbox *inbox;
	enum state state;
	int written;
	char name[SL_BUNDLE_NAME_SIZE];
	char request_id[REQUEST_ID_LEN + 1];
	void *body;
	size_t len;
	int64_t look_at_ms; /* WAITING */
	char told[400];     /* of what was not looked into, last */
	enum look look;     /* TESTING */
	int answered;
	struct sl_folders folders;
};

static int fail(char *text, size_t cap, int code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int
fail(char *text, size_t cap, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, cap, fmt, ap);
	va_end(ap);
	return code;
}

/* ---- opening ---------------------------------------------------------------------------- */

static const char *
option(const struct smartlic_option *options, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(options[i].key, key) == 0 && options[i].value[0] != '\0')
			return options[i].value;
	return NULL;
}

static void
file_cancel(void *tp)
{
	struct file *f = tp;

	free(f->body);
	f->body = NULL;
	/* what a test has read is read for the request as well */
	if (f->state == TESTING)
		sl_inbox_forget(f->inbox);
	else
		sl_inbox_rewind(f->inbox);
	f->state = IDLE;
}

static void
file_close(void *tp)
{
	struct file *f = tp;

	if (f->inbox != NULL)
		file_cancel(f);
	sl_inbox_free(f->inbox);
	free(f->outbox);
	free(f);
}

static int
file_open(void **ret, const struct smartlic_host *host, const struct smartlic_option *options,
    size_t n, char *text, size_t cap)
{
	static const char missing[] =
	    "option %s: missing; name a folder, with 'license smart file %s "
	    "DIR' where the configuration has lines";
	const char *outbox = option(options, n, "outbox"), *inbox = option(options, n, "inbox");
	struct file *f;

	if (outbox == NULL || inbox == NULL)
		return fail(text, cap, SMARTLIC_E_INVAL, missing,
		    outbox == NULL ? "outbox" : "inbox", outbox == NULL ? "outbox" : "inbox");
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return fail(text, cap, SMARTLIC_E_NOMEM, "out of memory");
	f->host = host;
	f->outbox = strdup(outbox);
	f->inbox = sl_inbox_new(inbox);
	if (f->outbox == NULL || f->inbox == NULL) {
		file_close(f);
		return fail(text, cap, SMARTLIC_E_NOMEM, "out of memory");
	}
	*ret = f;
	return 0;
}

static int
file_submit(void *tp, const struct smartlic_message *request)
{
	struct file *f = tp;
	void *body;

	if (strlen(request->request_id) != REQUEST_ID_LEN || request->len == 0)
		return SMARTLIC_E_INVAL;
	body = malloc(request->len);
	if (body == NULL)
		return SMARTLIC_E_NOMEM;
	memcpy(body, request->body, request->len);
	file_cancel(f);
	if (strcmp(f->request_id, request->request_id) != 0) {
		sl_inbox_forget(f->inbox);
		f->written = 0;
	}
	memcpy(f->request_id, request->request_id, sizeof(f->request_id));
	if (sl_bundle_name(f->name, sizeof(f->name), request->pid, request->sn, request->uuid,
		request->request_id, SL_REQUEST_SUFFIX) < 0) {
		free(body);
		return SMARTLIC_E_LIMIT;
	}
	f->body = body;
	f->len = request->len;
	f->state = LOOKING;
	return 0;
}

/* ---- the outbox ------------------------------------------------------------------------- */

/* Is there a whole file of that name with the request in it?  A repetition is signed anew, but is
 * the same request. */
static int
is_there(const struct file *f, int dir)
{
	int fd = sl_bundle_open(dir, f->name), there = 0;
	struct sl_bundle b = { .read = sl_bundle_read_fd, .ud = &fd };

	if (fd < 0)
		return 0;
	if (sl_bundle_next(&b) == SL_BUNDLE_BLOCK)
		there = memmem(b.der, b.len, f->request_id, strlen(f->request_id)) != NULL;
	sl_bundle_release(&b);
	(void)close(fd);
	return there;
}

static int
config(const struct file *f, struct smartlic_outcome *ret, const char *what, int error)
{
	char cure[120];

	sl_folder_cure(cure, sizeof(cure), "outbox", error);
	ret->kind = SMARTLIC_OUTCOME_CONFIG;
	ret->http_status = 0;
	ret->retry_after_ms = -1;
	(void)snprintf(ret->text, sizeof(ret->text), "outbox %.100s: %s: %s; %s", f->outbox, what,
	    strerror(error), cure);
	return 1;
}

/* 0, or 1 with a failure in *ret. */
static int
write_request(struct file *f, struct smartlic_outcome *ret)
{
	int dir = open(f->outbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	char *text;
	size_t len;

	if (dir < 0)
		return config(f, ret, "cannot be opened", errno);
	if (!is_there(f, dir)) {
		text = sl_bundle_armour(f->body, f->len, &len);
		if (text == NULL)
			r = config(f, ret, "the request is not written", ENOMEM);
		else if (sl_bundle_write(dir, f->name, text, len) < 0)
			r = config(f, ret, "the request cannot be written", errno);
		free(text);
	}
	(void)close(dir);
	f->written = r == 0;
	return r;
}

/* ---- going on --------------------------------------------------------------------------- */

/* What is not looked into is no stranger's message, and may well be the answer: told once, since a
 * look is taken each minute. */
static void
tell_unread(struct file *f)
{
	size_t torn = sl_inbox_torn(f->inbox), unread = sl_inbox_unread(f->inbox);
	char text[sizeof(f->told)] = "";

	if (sl_inbox_more(f->inbox))
		(void)snprintf(text, sizeof(text),
		    "inbox %.200s: more than %d files lie there, the rest is not looked at; remove "
		    "those whose answers were taken",
		    sl_inbox_path(f->inbox), SL_INBOX_FILES_MAX);
	else if (torn + unread > 0)
		(void)snprintf(text, sizeof(text),
		    "inbox %.200s: of the files of answers there %zu are not whole and %zu cannot "
		    "be read",
		    sl_inbox_path(f->inbox), torn, unread);
	if (strcmp(text, f->told) == 0)
		return;
	memcpy(f->told, text, sizeof(text));
	if (text[0] != '\0' && f->host->log != NULL)
		f->host->log(f->host->ctx, SMARTLIC_LOG_DEBUG, text);
}

static int
look(struct file *f, struct smartlic_outcome *ret)
{
	const void *der = NULL;
	size_t len = 0;

	switch (sl_inbox_step(f->inbox, f->request_id, &der, &len)) {
	case SL_INBOX_MORE:
		return 0;
	case SL_INBOX_ANSWER:
		ret->kind = SMARTLIC_OUTCOME_BODY;
		ret->http_status = 0;
		ret->retry_after_ms = -1;
		ret->body = der;
		ret->len = len;
		ret->text[0] = '\0';
		return 1;
	case SL_INBOX_DONE:
		break;
	}
	tell_unread(f);
	f->state = f->written ? WAITING : WRITING;
	f->look_at_ms = f->host->mono_ms(f->host->ctx) + LOOK_AGAIN_MS;
	return 0;
}

static int
file_step(void *tp, struct smartlic_outcome *ret)
{
	struct file *f = tp;

	switch (f->state) {
	case IDLE:
	case TESTING:
		return 0;
	case WAITING:
		if (f->host->mono_ms(f->host->ctx) < f->look_at_ms)
			return 0;
		f->state = LOOKING;
		return look(f, ret);
	case LOOKING:
		return look(f, ret);
	case WRITING:
		break;
	}
	if (write_request(f, ret) == 1) {
		file_cancel(f);
		return 1;
	}
	f->state = WAITING;
	return 0;
}

static int
file_pollfds(void *tp, struct pollfd *fds, size_t *n)
{
	(void)tp;
	(void)fds;
	*n = 0;
	return 0;
}

static int64_t
file_deadline(void *tp)
{
	struct file *f = tp;

	if (f->state == IDLE)
		return INT64_MAX;
	return f->state == WAITING ? f->look_at_ms : 0;
}

/* ---- looking beforehand ----------------------------------------------------------------- */

/* The request that is open is not sent by a test: its file and its answer are looked for. */
static int
file_test(void *tp, const struct smartlic_message *request)
{
	const char *open = SMARTLIC_OPS_HAS(request, pending_id) ? request->pending_id : NULL;
	struct file *f = tp;
	size_t len;
	char *text;

	if (request->len == 0)
		return SMARTLIC_E_INVAL;
	text = sl_bundle_armour(request->body, request->len, &len);
	if (text == NULL)
		return SMARTLIC_E_NOMEM;
	file_cancel(f);
	f->body = text;
	f->len = len;
	sl_inbox_forget(f->inbox);
	f->request_id[0] = f->name[0] = '\0';
	if (open != NULL && strlen(open) == REQUEST_ID_LEN &&
	    sl_bundle_name(f->name, sizeof(f->name), request->pid, request->sn, request->uuid, open,
		SL_REQUEST_SUFFIX) == 0)
		memcpy(f->request_id, open, sizeof(f->request_id));
	f->written = f->answered = 0;
	f->look = OUTBOX;
	f->state = TESTING;
	return 0;
}

/* At most one file's worth of work. */
static void
look_for_answer(struct file *f)
{
	enum sl_inbox_found found = SL_INBOX_DONE;
	const void *der;
	size_t len;

	if (f->request_id[0] != '\0')
		found = sl_inbox_step(f->inbox, f->request_id, &der, &len);
	f->answered = found == SL_INBOX_ANSWER;
	if (found != SL_INBOX_MORE)
		f->look = INBOX;
}

static int
file_finding(void *tp, struct smartlic_finding *ret)
{
	struct file *f = tp;

	if (sl_folders_next(&f->folders, ret))
		return 1;
	if (f->state != TESTING)
		return 2;
	switch (f->look) {
	case OUTBOX:
		sl_folders_outbox(&f->folders,
		    &(struct sl_outbox_seen){
			.path = f->outbox, .name = f->name, .text = f->body, .len = f->len });
		f->look = ANSWER;
		return 0;
	case ANSWER:
		look_for_answer(f);
		return 0;
	case INBOX:
		sl_folders_inbox(
		    &f->folders, &(struct sl_inbox_seen){ .path = sl_inbox_path(f->inbox),
				     .is_outbox = strcmp(f->outbox, sl_inbox_path(f->inbox)) == 0,
				     .open = f->request_id[0] != '\0',
				     .answered = f->answered,
				     .torn = sl_inbox_torn(f->inbox) });
		f->look = NOTHING;
		return 0;
	case NOTHING:
		break;
	}
	file_cancel(f);
	return 2;
}

extern const struct smartlic_transport_ops smartlic_transport_file;
SMARTLIC_TRANSPORT_EXPORT const struct smartlic_transport_ops smartlic_transport_file = {
	.size = sizeof(smartlic_transport_file),
	.abi = SMARTLIC_TRANSPORT_ABI,
	.name = "file",
	.summary = "by files, carried by hand",
	.flags = SMARTLIC_TRANSPORT_DEFERRED,
	.open = file_open,
	.close = file_close,
	.submit = file_submit,
	.step = file_step,
	.cancel = file_cancel,
	.pollfds = file_pollfds,
	.deadline = file_deadline,
	.test = file_test,
	.finding = file_finding,
};
