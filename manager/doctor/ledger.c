/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "doctor/doctor.h"
#include "ledger/condition.h"
#include "ledger/satellites.h"
#include "ledger/schema.h"
#include "text.h"

#define QUICK_ENTRIES 10000
#define QUICK_PAGES   1000

/* ---- before it is opened: that would bring it up to this program's version ------------------ */

static void
look_at_room(struct doctor *d, struct db *db)
{
	struct smartlic_error why = { 0 };

	if (condition_room(db, &why) == 0)
		doctor_tell(d, DOCTOR_GOOD, "server's disk", "it is not full", "",
		    "the database's server can write to it; how much is free its host tells");
	else
		doctor_tell_failure(d, "server's disk", "requests are answered with status 503",
		    "make room on the disk of the database's server", &why);
}

/* 1: it can be opened; 0: what that would find is told. */
static int
look_at_database(struct doctor *d, const char *where)
{
	char engine[CONDITION_ENGINE_SIZE];
	struct smartlic_error why = { 0 };
	struct db *db = NULL;
	int r = db_open(&db, where, 0, &why);

	if (r < 0) {
		doctor_tell_failure(d, "database", "no request can be answered",
		    "if it is a server, see whether it runs, and whether its disk is full; of a file, "
		    "whether it can be written to; if it is damaged, restore a backup",
		    &why);
		return 0;
	}
	if (condition_engine(db, d->quick, engine, &why) == 0)
		doctor_tell(d, DOCTOR_GOOD, "database", "it is sound", "", "%s", engine);
	else
		doctor_tell_failure(d, "database",
		    db_is_server(db) ? "a power cut may take what devices were answered"
				     : "what is read from it may be wrong",
		    db_is_server(db) ? "turn it on in postgresql.conf"
				     : "restore a backup, and see whether the disk is sound",
		    &why);
	sl_error_clear(&why);
	if (db_is_server(db))
		look_at_room(d, db);
	r = schema_check(db, &why);
	db_close(db);
	if (r == 1)
		doctor_tell(d, DOCTOR_GOOD, "schema", "this program can use it", "",
		    "that of this program");
	else if (r == 0)
		doctor_tell(d, DOCTOR_WARNING, "schema",
		    "the next command brings it up, after which no earlier program can use it; "
		    "what "
		    "follows from it was not looked at",
		    "make a backup with the earlier program, then run any command, then this again",
		    "that of an earlier version");
	else
		doctor_tell_failure(d, "schema", "no command of this program can use it",
		    r == SMARTLIC_E_STORE_VERSION ? "use the later program" : "restore a backup",
		    &why);
	return r == 1;
}

/* ---- what it holds -------------------------------------------------------------------------- */

static int
add_name(void *ud, const struct ledger_account *a)
{
	return json_array_append_new(ud, json_string(a->name)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static void
look_at_chain(struct doctor *d, struct ledger *l, const char *account)
{
	struct smartlic_error why = { 0 };
	struct ledger_head head = { 0, "" };
	int64_t broken;
	int r = ledger_select(l, account, &why);

	if (r == 0)
		r = d->quick ? ledger_verify_last(l, QUICK_ENTRIES, &head, &broken, &why)
			     : ledger_verify(l, NULL, &head, &broken, &why);
	if (r == 0)
		doctor_tell(d, DOCTOR_GOOD, "entries",
		    d->quick
			? "the last ones are as they were written; sums and older ones were not "
			  "looked at"
			: "they are as they were written, and their sums are right",
		    "", "%s: %lld entries", account, (long long)head.entry);
	else
		doctor_tell(d, DOCTOR_BAD, "entries", "what was consumed cannot be proven",
		    "'ledger verify' tells more; restore a backup that it finds in order", "%s: %s",
		    account, why.text);
}

static void
look_at_samples(struct doctor *d, struct ledger *l, const char *account)
{
	struct smartlic_error why = { 0 };
	int64_t n;
	int r = ledger_select(l, account, &why);

	if (r == 0)
		r = condition_samples(l, d->quick ? QUICK_PAGES : INT64_MAX, &n, &why);
	if (r == 0)
		doctor_tell(d, DOCTOR_GOOD, "samples",
		    d->quick ? "the first ones can be read; others were not looked at"
			     : "what devices used over time can be read",
		    "", "%s: %lld samples of use", account, (long long)n);
	else
		doctor_tell(d, DOCTOR_BAD, "samples",
		    "the device's reports are not taken, and its samples not removed when they "
		    "are old",
		    "restore a backup, and see whether the disk is sound", "%s: %s", account,
		    why.text);
}

static void
look_at_accounts(struct doctor *d, struct ledger *l)
{
	struct smartlic_error why = { 0 };
	json_t *names = json_array(), *name;
	size_t i;

	if (ledger_account_each(l, add_name, names, &why) < 0)
		doctor_tell_failure(d, "entries", "they were not looked at", "", &why);
	json_array_foreach(names, i, name) {
		look_at_chain(d, l, json_string_value(name));
		look_at_samples(d, l, json_string_value(name));
	}
	json_decref(names);
}

static void
look_at_clock(struct doctor *d, struct ledger *l)
{
	struct smartlic_error why = { 0 };
	char newest[SL_TIME_SIZE], span[DOCTOR_SPAN_SIZE];
	enum doctor_grade grade;
	int64_t newest_s;

	if (condition_newest(l, &newest_s, &why) < 0) {
		doctor_tell_failure(d, "clock", "it was not looked at", "", &why);
		return;
	}
	sl_time(newest, newest_s);
	grade = doctor_grade_behind(newest_s - d->now_s);
	if (grade == DOCTOR_GOOD)
		doctor_tell(d, grade, "clock", "it has not gone back", "",
		    "the latest that the ledger knows is of %s", newest);
	else
		doctor_tell(d, grade, "clock", "answers carry a moment that devices have passed",
		    "set the clock, and let NTP keep it",
		    "it is %s before the latest that the ledger knows, %s",
		    doctor_span(span, newest_s - d->now_s), newest);
}

static void
look_at_backup(struct doctor *d, struct ledger *l)
{
	struct smartlic_error why = { 0 };
	char at[SL_TIME_SIZE], span[DOCTOR_SPAN_SIZE];
	enum doctor_grade grade;
	int64_t at_s;

	if (condition_backup(l, &at_s, &why) < 0) {
		doctor_tell_failure(d, "backup", "it was not looked at", "", &why);
		return;
	}
	if (at_s == DB_NULL_INT) {
		doctor_tell(d, DOCTOR_WARNING, "backup",
		    "with this disk all is lost, unless it is copied by other means",
		    "smartlic-manager backup, and keep token.key and pki/ elsewhere too",
		    "none was made");
		return;
	}
	sl_time(at, at_s);
	grade = doctor_grade_backup(d->now_s - at_s);
	doctor_tell(d, grade, "backup",
	    grade == DOCTOR_GOOD ? "it is of the last week" : "what happened since would be lost",
	    grade == DOCTOR_GOOD ? "" : "smartlic-manager backup", "the last one is of %s, %s ago",
	    at, doctor_span(span, d->now_s - at_s));
}

/* ---- satellites ----------------------------------------------------------------------------- */

static int
add_satellite(void *ud, const struct ledger_satellite *s)
{
	struct doctor *d = ud;
	char at[SL_TIME_SIZE], span[DOCTOR_SPAN_SIZE];
	enum doctor_grade grade;

	if (s->state != SATELLITE_JOINED)
		return 0;
	sl_time(at, s->synced_s);
	grade = doctor_grade_sync(d->now_s - s->synced_s);
	doctor_tell(d, grade, "satellite",
	    grade == DOCTOR_GOOD      ? "what it serves is known here"
	    : grade == DOCTOR_WARNING ? "what its devices use is not known here"
				      : "its signer has ended, so that it serves nobody",
	    grade == DOCTOR_GOOD ? ""
	    : grade == DOCTOR_WARNING
		? "see whether it runs and reaches this authority, or go by files"
		: "let it synchronise, or 'satellite take-back'",
	    "%s synchronised %s, %s ago", s->name, at, doctor_span(span, d->now_s - s->synced_s));
	return 0;
}

static void
look_at_upstream(struct doctor *d, const struct ledger_upstream *u)
{
	char at[SL_TIME_SIZE], span[DOCTOR_SPAN_SIZE];
	enum doctor_grade grade = doctor_grade_sync(d->now_s - u->synced_s);

	if (u->left_s != DB_NULL_INT) {
		doctor_tell(d, DOCTOR_WARNING, "upstream", "it serves no more", "",
		    "this satellite has left %s", u->url);
		return;
	}
	sl_time(at, u->synced_s);
	if (grade == DOCTOR_GOOD && u->failed[0] != '\0')
		grade = DOCTOR_WARNING;
	doctor_tell(d, grade, "upstream",
	    grade == DOCTOR_GOOD  ? "what is served here is known there"
	    : grade == DOCTOR_BAD ? "the signer has ended, so that nobody is served"
				  : "what devices use is not known there",
	    grade == DOCTOR_GOOD
		? ""
		: "do what the failure says; else see whether it is reached, or go by files with "
		  "'satellite sync'",
	    "%s: synchronised %s, %s ago%s%s", u->url, at,
	    doctor_span(span, d->now_s - u->synced_s),
	    u->failed[0] != '\0' ? "; then failed: " : "", u->failed);
}

static void
look_at_satellites(struct doctor *d, struct ledger *l)
{
	struct smartlic_error why = { 0 };
	json_t *names = json_array(), *name;
	struct ledger_upstream up;
	size_t i;
	int r = ledger_upstream_get(l, &up, &why);

	if (r == 1)
		look_at_upstream(d, &up);
	if (r == 0)
		r = ledger_account_each(l, add_name, names, &why);
	json_array_foreach(names, i, name) {
		if (r == 0)
			r = ledger_select(l, json_string_value(name), &why);
		if (r == 0)
			r = ledger_satellite_each(l, add_satellite, d, &why);
	}
	if (r < 0)
		doctor_tell_failure(d, "satellites", "they were not looked at", "", &why);
	json_decref(names);
}

/* ---- the keys of tokens --------------------------------------------------------------------- */

/* 1: any of the keys is in these bytes, as it is or in hex. */
static int
holds_key(const struct authority_token_keys *keys, const char *bytes, size_t len)
{
	char hex[2 * SL_SHA256_LEN + 1];
	int found = 0;

	for (int i = 1; i < 248 && !found; i++) {
		if (!keys->present[i])
			continue;
		sl_hex(hex, keys->key[i], SL_SHA256_LEN);
		found = memmem(bytes, len, keys->key[i], SL_SHA256_LEN) != NULL ||
			memmem(bytes, len, hex, 2 * SL_SHA256_LEN) != NULL;
	}
	sl_wipe(hex, sizeof(hex));
	return found;
}

/* 1: a key is in the file, 0: none is. */
static int
file_holds_key(const struct authority_token_keys *keys, const char *path)
{
	enum { OVERLAP = 2 * SL_SHA256_LEN, BLOCK = 1 << 20 };
	char *buf = malloc(OVERLAP + BLOCK);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t kept = 0;
	ssize_t n;
	int found = 0;

	while (fd >= 0 && buf != NULL && !found && (n = read(fd, buf + kept, BLOCK)) > 0) {
		size_t len = kept + (size_t)n;

		found = holds_key(keys, buf, len);
		kept = len < OVERLAP ? len : OVERLAP;
		memmove(buf, buf + len - kept, kept);
	}
	if (buf != NULL)
		explicit_bzero(buf, OVERLAP + BLOCK);
	free(buf);
	if (fd >= 0)
		(void)close(fd);
	return found;
}

static void
judge_token_keys(struct doctor *d, struct ledger *l, const struct authority_token_keys *keys,
    const char *path, const char *where)
{
	struct smartlic_error why = { 0 };
	unsigned char needed[256];
	int missing = 0;

	if (!db_is_url(where) && !d->quick && file_holds_key(keys, where)) {
		doctor_tell(d, DOCTOR_BAD, "token key",
		    "who has a copy of the ledger can make tokens",
		    "add a line with a new key to token.key, revoke the tokens that are out, and "
		    "see "
		    "who wrote it there",
		    "a key of %s is in %s too", path, where);
		return;
	}
	if (condition_token_keys(l, d->now_s, needed, &why) < 0) {
		doctor_tell_failure(d, "token key", "it was not looked at", "", &why);
		return;
	}
	for (int i = 255; i > 0; i--)
		if (needed[i] && (i >= 248 || !keys->present[i]))
			missing = i;
	if (missing > 0)
		doctor_tell(d, DOCTOR_BAD, "token key", "tokens that it made are refused",
		    "put the file back from a copy, or make other tokens",
		    "%s has no key %d, by which "
		    "there are tokens",
		    path, missing);
	else
		doctor_tell(d, DOCTOR_GOOD, "token key",
		    d->quick || db_is_url(where)
			? "the tokens that are out are by its keys"
			: "it is not in the ledger, and tokens are by its keys",
		    "", "%s makes tokens by key %d", path, keys->current);
}

static void
look_at_token_keys(struct doctor *d, struct ledger *l, const char *where)
{
	struct authority_token_keys *keys = calloc(1, sizeof(*keys));
	struct smartlic_error why = { 0 };
	char path[FILE_PATH_SIZE];
	int r = keys == NULL ? sl_nomem(&why) : file_path(path, d->data, DATA_TOKEN_KEYS, &why);

	if (r == 0)
		r = token_keys_read(keys, path, &why);
	if (r < 0)
		doctor_tell_failure(d, "token key", "no token can be made or used",
		    "put the file back from a copy", &why);
	else
		judge_token_keys(d, l, keys, path, where);
	if (keys != NULL)
		sl_wipe(keys, sizeof(*keys));
	free(keys);
}

void
doctor_ledger(struct doctor *d)
{
	struct smartlic_error why = { 0 };
	char where[FILE_PATH_SIZE];
	struct ledger *l = NULL;
	int r = session_where(where, d->data, &why);

	if (r < 0) {
		doctor_tell_failure(d, "database", "no request can be answered",
		    "restore a backup, or make an authority with 'init' in another folder", &why);
		return;
	}
	if (!look_at_database(d, where))
		return;
	r = ledger_open(&l, where, &why);
	if (r < 0) {
		doctor_tell_failure(
		    d, "database", "no request can be answered", "restore a backup", &why);
		return;
	}
	look_at_accounts(d, l);
	look_at_token_keys(d, l, where);
	look_at_clock(d, l);
	look_at_satellites(d, l);
	look_at_backup(d, l);
	ledger_close(l);
}
