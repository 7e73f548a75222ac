/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "authority/sync.h"
#include "commands/command.h"
#include "commands/done.h"
#include "commands/output.h"
#include "commands/satellite.h"
#include "commands/session.h"
#include "commands/upstream.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "system.h"
#include "transports/bundle.h"

/* The satellite's own commands: synchronising, its status, transfers, leaving. */

#define ROUNDS_MAX 10000 /* each carries a message's worth of rows */

/* ---- files ---------------------------------------------------------------- */

int
satellite_export(const char *path, const struct sl_buf *der, struct smartlic_error *err)
{
	size_t len;
	char *text = sl_bundle_armour(der->data, der->len, &len);
	int r = text == NULL ? sl_nomem(err) : file_write(path, 0644, text, len, err);

	free(text);
	return r;
}

int
satellite_import(const char *path, struct sl_buf *ret_der, struct smartlic_error *err)
{
	int fd = sl_bundle_open(AT_FDCWD, path), r;
	struct sl_bundle b = { .read = sl_bundle_read_fd, .ud = &fd };
	enum sl_bundle_found found;

	if (fd < 0)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "--import %s: %s; name the file that the upstream's 'offline answer' has "
		    "written",
		    path, errno == ENOTSUP || errno == ELOOP ? "no regular file" : strerror(errno));
	found = sl_bundle_next(&b);
	if (found == SL_BUNDLE_BLOCK) {
		sl_buf_add(ret_der, b.der, b.len);
		r = ret_der->failed ? sl_nomem(err) : 0;
	} else if (found == SL_BUNDLE_CUT) {
		r = sl_fail(
		    err, SMARTLIC_E_FORM, "%s: the answer in it is not whole: copy it again", path);
	} else {
		r = sl_fail(err, SMARTLIC_E_FORM, "%s: no answer in it: %s", path,
		    b.why != NULL ? b.why : "no block BEGIN CMS");
	}
	sl_bundle_release(&b);
	(void)close(fd);
	return r;
}

/* ---- what is told --------------------------------------------------------- */

static json_t *
status_json(const struct ledger_info *info, const struct ledger_upstream *u, int64_t now_s)
{
	int64_t lag_s = now_s - u->synced_s;

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:s, s:o}", "id", info->home,
	    "upstream", u->url, "upstream_id", u->home, "status", ledger_upstream_status(u, now_s),
	    "joined", output_time(u->joined_s), "synchronised", output_time(u->synced_s), "tried",
	    output_time(u->tried_s), "lag_days", (json_int_t)(lag_s / 86400), "failed", u->failed,
	    "left", output_time(u->left_s));
}

int
satellite_tell(const struct call *call, struct ledger *ledger, struct smartlic_error *err)
{
	struct ledger_upstream u;
	int r = call->done == NULL ? 0 : ledger_upstream_get(ledger, &u, err);

	if (r == 1)
		done_row(call, status_json(ledger_info(ledger), &u, system_now_s()));
	return r < 0 ? r : 0;
}

/* What synchronising came to. */
static int
tell(const struct call *call, struct session *s, const struct sync_outcome *o,
    struct smartlic_error *err)
{
	int r = satellite_tell(call, s->ledger, err);

	done_number(call, "told", o->rows_up);
	done_number(call, "taken", o->rows_down);
	done_json(call, "more", json_boolean(o->more));
	done_string(call, "refused", o->refused);
	done_text(call, "Synchronised: %lld changes told, %lld taken.\n", (long long)o->rows_up,
	    (long long)o->rows_down);
	if (o->left)
		done_text(call,
		    "This satellite has left: its instances and virtual accounts are the "
		    "upstream's.\n");
	else if (o->more && call->option[OPTION_IMPORT] != NULL)
		done_text(call, "There is more to tell: export once more.\n");
	if (r == 0 && o->refused[0] != '\0')
		r = sl_fail(err, SMARTLIC_E_REFUSED, "the upstream did not take the instance %s",
		    o->refused);
	return r;
}

/* ---- rounds --------------------------------------------------------------- */

/* What stays from one round to the next. */
struct rounds {
	struct session *session;
	struct upstream *upstream;
	struct sl_buf roots; /* by which it was opened */
};

/* The connection, or a new one where others are to be trusted now. */
static int
connect_upstream(struct rounds *rounds, const char *url, struct smartlic_error *err)
{
	struct sl_buf roots = { 0 };
	int r = pki_anchors(rounds->session->pki, 0, &roots, err), same;

	if (r < 0)
		return r;
	same = rounds->upstream != NULL && rounds->roots.len == roots.len &&
	       memcmp(rounds->roots.data, roots.data, roots.len) == 0;
	if (!same) {
		upstream_close(rounds->upstream);
		rounds->upstream = NULL;
		r = upstream_open(&rounds->upstream, url, roots.data, roots.len, err);
		sl_buf_free(&rounds->roots);
		rounds->roots = roots;
		roots = (struct sl_buf){ 0 };
	}
	sl_buf_free(&roots);
	return r;
}

/* While the upstream works on what it was told, the next is read. */
static int
post(struct rounds *rounds, const struct ledger_upstream *u, const struct sl_buf *request,
    struct sl_buf *ret, struct smartlic_error *err)
{
	struct session *s = rounds->session;
	struct upstream_message m = { .type = SYNC_SYNC,
		.request_id = u->request_id,
		.home = ledger_info(s->ledger)->home,
		.now_s = system_now_s(),
		.request = request };
	struct sync_turn turn = { .give = upstream_turn };
	int r = connect_upstream(rounds, u->url, err);

	turn.ud = rounds->upstream;
	if (r == 0)
		r = upstream_send(rounds->upstream, &m, err);
	if (r == 0)
		r = sync_read_ahead(s->authority, &turn, err);
	return r < 0 ? r : upstream_receive(rounds->upstream, ret, err);
}

static int
one_round(struct rounds *rounds, int leave, struct sync_outcome *o, struct smartlic_error *err)
{
	struct session *s = rounds->session;
	struct sl_buf request = { 0 }, answer = { 0 };
	struct ledger_upstream u;
	int r = sync_ask(s->authority, leave ? SYNC_LEAVE : 0, system_now_s(), system_random, NULL,
	    &request, err);

	if (r == 0)
		r = sync_upstream(s->authority, &u, err);
	if (r == 0 && u.url[0] == '\0')
		r = sl_fail(err, SMARTLIC_E_INVAL,
		    "the upstream's address is not known here: name it with --upstream, or go by "
		    "files "
		    "with --export and --import");
	if (r == 0)
		r = post(rounds, &u, &request, &answer, err);
	if (r == 0)
		r = sync_answer(s->authority, answer.data, answer.len, system_now_s(), o, err);
	if (r == 0 && o->renewed)
		r = pki_refresh(s->pki, err);
	sl_buf_free(&request);
	sl_buf_free(&answer);
	return r;
}

static int
set_url(struct session *s, const char *url, struct smartlic_error *err)
{
	struct db *db = ledger_db(s->ledger);
	struct ledger_upstream u;
	int r = ledger_begin(s->ledger, err);

	if (r == 0)
		r = sync_upstream(s->authority, &u, err);
	if (r == 0 && sl_copy(u.url, sizeof(u.url), url) < 0)
		r = sl_fail(err, SMARTLIC_E_INVAL, "--upstream: longer than 511 bytes");
	if (r == 0)
		r = ledger_upstream_put(s->ledger, &u, err);
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	return r;
}

/* All that was committed so far is on the disk. */
static int
make_durable(struct session *s, struct smartlic_error *err)
{
	struct db *db = ledger_db(s->ledger);
	struct ledger_upstream u;
	int r = db_relax(db, 0, err);

	if (r == 0)
		r = ledger_begin(s->ledger, err);
	if (r == 0)
		r = ledger_upstream_get(s->ledger, &u, err);
	if (r == 1)
		r = ledger_upstream_put(s->ledger, &u, err);
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	return r;
}

/*
 * Of many rounds none is worth a wait for the disk at this end.  What a power cut takes from a
 * satellite, which is the last rounds together, it asks for and tells once more: rows are absolute,
 * samples and transfers have their keys, and the cursor is lost with what it stood for.
 */
static int
all_rounds(const struct call *call, struct session *s, int leave, struct smartlic_error *err)
{
	struct rounds rounds = { .session = s };
	struct sync_outcome o = { .more = 1 };
	int64_t up = 0, down = 0;
	char refused[sizeof(o.refused)] = "";
	int r = db_relax(ledger_db(s->ledger), 1, err);

	for (int i = 0; r == 0 && o.more && i < ROUNDS_MAX; i++) {
		r = one_round(&rounds, leave, &o, err);
		up += o.rows_up;
		down += o.rows_down;
		if (o.refused[0] != '\0')
			(void)sl_copy(refused, sizeof(refused), o.refused);
	}
	upstream_close(rounds.upstream);
	sl_buf_free(&rounds.roots);
	if (r == 0)
		r = make_durable(s, err);
	if (r < 0) {
		(void)db_relax(ledger_db(s->ledger), 0, NULL);
		if (!o.left)
			(void)sync_failed(s->authority, err, system_now_s(), NULL);
		return r;
	}
	o.rows_up = up;
	o.rows_down = down;
	(void)sl_copy(o.refused, sizeof(o.refused), refused);
	return tell(call, s, &o, err);
}

static int
import(const struct call *call, struct session *s, const char *path, struct smartlic_error *err)
{
	struct sync_outcome o = { .left = 0 };
	struct sl_buf der = { 0 };
	int r = satellite_import(path, &der, err);

	if (r == 0)
		r = sync_answer(s->authority, der.data, der.len, system_now_s(), &o, err);
	sl_buf_free(&der);
	/* kept as that of a connection is, for 'satellite status' and 'doctor' */
	if (r == SMARTLIC_E_REFUSED && !o.left)
		(void)sync_failed(s->authority, err, system_now_s(), NULL);
	return r < 0 ? r : tell(call, s, &o, err);
}

static int export(const struct call *call, struct session *s, const char *path, int leave,
    struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	int r = sync_ask(s->authority, SYNC_BY_FILE | (leave ? SYNC_LEAVE : 0), system_now_s(),
	    system_random, NULL, &der, err);

	if (r == 0)
		r = satellite_export(path, &der, err);
	sl_buf_free(&der);
	if (r == 0) {
		done_string(call, "file", path);
		r = satellite_tell(call, s->ledger, err);
		done_text(call,
		    "%s: for 'offline answer' at the upstream; its answer is taken by --import\n",
		    path);
	}
	return r;
}

/* One at a time: a second request would make the first one's answer a stranger's. */
static int
take_turns(const char *data)
{
	int fd = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
		continue;
	return fd;
}

static int
run(const struct call *call, int leave, struct smartlic_error *err)
{
	const char *url = call->option[OPTION_UPSTREAM], *out = call->option[OPTION_EXPORT];
	struct session s = { 0 };
	int fd, r = 0;

	if (out != NULL && call->option[OPTION_IMPORT] != NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "--export and --import: one at a time");
	fd = take_turns(call->option[OPTION_DATA]);
	r = session_open_authority(&s, call, err);
	if (r == 0 && url != NULL)
		r = set_url(&s, url, err);
	if (r == 0 && out != NULL)
		r = export(call, &s, out, leave, err);
	else if (r == 0 && call->option[OPTION_IMPORT] != NULL)
		r = import(call, &s, call->option[OPTION_IMPORT], err);
	else if (r == 0)
		r = all_rounds(call, &s, leave, err);
	session_close(&s);
	if (fd >= 0)
		(void)close(fd);
	return r;
}

int
command_satellite_sync(const struct call *call, struct smartlic_error *err)
{
	return run(call, 0, err);
}

int
command_satellite_leave(const struct call *call, struct smartlic_error *err)
{
	return run(call, 1, err);
}

/* ---- status and transfers ------------------------------------------------- */

int
command_satellite_status(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "id", "Id" },
		{ "status", "Status" },
		{ "upstream", "Upstream" },
		{ "joined", "Joined" },
		{ "synchronised", "Synchronised" },
		{ "tried", "Last tried" },
		{ "lag_days", "Days behind" },
		{ "failed", "Last failure" },
		{ "left", "Left" },
	};
	struct session s = { 0 };
	struct ledger_upstream u;
	json_t *status = NULL;
	int r = session_open(&s, call, err);

	if (r == 0)
		r = ledger_upstream_get(s.ledger, &u, err);
	if (r == 0)
		r = sl_fail(err, SMARTLIC_E_NOT_FOUND,
		    "this is no satellite: it has no upstream; 'satellite join' makes one");
	if (r == 1) {
		status = status_json(ledger_info(s.ledger), &u, system_now_s());
		r = 0;
		if (call->option[OPTION_JSON] != NULL)
			r = output_json(status, err);
		else
			output_lines(status, columns, sizeof(columns) / sizeof(columns[0]));
	}
	json_decref(status);
	session_close(&s);
	return r;
}

int
command_satellite_transfer(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	unsigned char random[16];
	char id[SL_UUID_SIZE];
	int64_t count;
	int r = command_number("COUNT", call->operand[1], 1, INT64_C(1000000000), &count, err);

	if (r == 0 && system_random(NULL, random, sizeof(random)) < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness for the transfer's id");
	if (r < 0)
		return r;
	sl_uuid4(id, random);
	r = session_open(&s, call, err);
	if (r == 0)
		r = ledger_upstream_transfer(s.ledger, id, call->option[OPTION_FROM_ACCOUNT],
		    call->option[OPTION_TO_ACCOUNT], call->operand[0], count, system_now_s(), err);
	if (r == 0) {
		done_string(call, "id", id);
		done_string(call, "virtual_account", call->option[OPTION_FROM_ACCOUNT]);
		done_string(call, "to_virtual_account", call->option[OPTION_TO_ACCOUNT]);
		done_tag(call, call->operand[0]);
		done_number(call, "quantity", count);
	}
	session_close(&s);
	return r;
}
