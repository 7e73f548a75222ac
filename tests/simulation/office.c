/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "envelope.h"
#include "tests/simulation/simulation.h"
#include "text.h"

/* The authority: its files, its process that may crash, its administrator. */

static const char *const accounts[] = { LEDGER_DEFAULT, "Second" };

/* ---- crashes at a commit ------------------------------------------------------------------ */

enum crash { CRASH_NONE = 0, CRASH_BEFORE, CRASH_AFTER };
static struct {
	enum crash armed;
	int fired;
} crash;

int __real_db_commit(struct db *db, struct smartlic_error *err);
int __wrap_db_commit(struct db *db, struct smartlic_error *err);

/* The linker leads the ledger here (--wrap): the process ends before or after a commit. */
int
__wrap_db_commit(struct db *db, struct smartlic_error *err)
{
	if (crash.fired || crash.armed == CRASH_BEFORE) {
		crash.fired = 1;
		db_rollback(db);
		return sl_fail(err, SMARTLIC_E_STORE, "the process has crashed");
	}
	if (crash.armed == CRASH_AFTER)
		crash.fired = 1;
	return __real_db_commit(db, err);
}

/* ---- files -------------------------------------------------------------------------------- */

static int
office_fill(void *ud, void *buf, size_t len)
{
	stream_fill(&((struct sim *)ud)->ids, buf, len);
	return 0;
}

/* Two connections read what the other wrote: not by copies. */
static int
map_file(struct sim *sim, struct db *db)
{
	struct db_row *row;
	int r = db_query(db, &row, &sim->err, "PRAGMA mmap_size = 268435456", "");

	if (r == 0)
		r = db_next(row, &sim->err);
	if (r == 1)
		db_done(row);
	return r < 0 ? r : 0;
}

static int
open_watch(struct sim *sim)
{
	int r = db_open(&sim->office.watch, sim->office.db_path, 0, &sim->err);

	return r < 0 ? r : map_file(sim, sim->office.watch);
}

static int
open_process(struct sim *sim)
{
	struct office *o = &sim->office;
	int r;

	r = ledger_open(&o->ledger, o->db_path, &sim->err);
	/* what a power cut leaves of the disk is SQLite's matter and not looked at here */
	if (r == 0)
		r = db_exec(ledger_db(o->ledger), &sim->err, "PRAGMA synchronous = OFF", "");
	if (r == 0)
		r = map_file(sim, ledger_db(o->ledger));
	if (r == 0)
		r = authority_new(&o->authority, o->crypto, o->ledger, o->pki, &o->keys, &sim->err);
	if (r == 0)
		authority_set_policy(o->authority, &o->policy);
	return r;
}

static void
root_pem(struct office *o)
{
	size_t len;
	const void *der = sl_cert_der(pki_root(o->pki), &len);

	sl_buf_puts(&o->root_pem, "-----BEGIN CERTIFICATE-----\n");
	sl_base64(&o->root_pem, der, len);
	sl_buf_puts(&o->root_pem, "\n-----END CERTIFICATE-----\n");
}

static int
open_files(struct sim *sim)
{
	struct office *o = &sim->office;
	int64_t now_s = sim->now / 1000;
	int r;

	r = smartlic_crypto_new(&o->crypto, &sim->err);
	if (r == 0)
		r = pki_create(o->pki_dir, NULL, 0, now_s - 3600, &sim->err);
	if (r == 0)
		r = pki_open(&o->pki, o->crypto, o->pki_dir, &sim->err);
	if (r == 0)
		r = ledger_create(o->db_path, "Simulation", SIM_ACCOUNT, SIM_HOME, now_s, &sim->err);
	if (r == 0)
		r = open_process(sim);
	if (r == 0)
		r = ledger_virtual_account_create(
		    o->ledger, accounts[1], "admin", now_s, &sim->err);
	if (r == 0)
		r = open_watch(sim);
	if (r == 0)
		root_pem(o);
	return r;
}

/* Each run has its own; seldom collected is soon simulated. */
static void
draw_policy(struct sim *sim)
{
	struct authority_policy *p = &sim->office.policy;
	struct stream *s = &sim->random;
	int usual = stream_chance(s, 7000);
	int hourly = stream_chance(s, 100);

	p->renew_after_s = (usual ? 180 : stream_between(s, 20, 180)) * SIM_DAY / 1000;
	p->next_contact_s = (usual ? 30 : stream_between(s, 5, 30)) * SIM_DAY / 1000;
	p->ooc_poll_s = stream_between(s, 12, 48) * SIM_HOUR / 1000;
	p->retry_s = (usual ? 1 : stream_between(s, 1, 24)) * SIM_HOUR / 1000;
	p->collect_s = (hourly ? 1 : 24) * SIM_HOUR / 1000;
	p->report_s = (hourly ? 1 : usual ? 30 : stream_between(s, 2, 30)) * SIM_DAY / 1000;
}

int
office_open(struct sim *sim)
{
	struct office *o = &sim->office;
	const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	int r;

	crash.armed = CRASH_NONE;
	crash.fired = 0;
	(void)snprintf(o->dir, sizeof(o->dir), "%s/simulate.XXXXXX", where);
	if (mkdtemp(o->dir) == NULL)
		return sim_fail(sim, "%s cannot be made", o->dir);
	(void)snprintf(o->db_path, sizeof(o->db_path), "%s/ledger.db", o->dir);
	(void)snprintf(o->pki_dir, sizeof(o->pki_dir), "%s/pki", o->dir);
	(void)snprintf(o->backup, sizeof(o->backup), "%s/backup", o->dir);
	draw_policy(sim);
	o->keys.current = 1;
	o->keys.present[1] = 1;
	stream_fill(&sim->ids, o->keys.key[1], sizeof(o->keys.key[1]));
	r = open_files(sim);
	if (r < 0)
		return sim_fail(sim, "the authority cannot be made: %s", sim->err.text);
	for (int va = 1; va <= 2; va++) {
		sim_must(sim, ledger_license_add(o->ledger, accounts[va - 1], SIM_TAG_G, 500, 1,
		    sim->now / 1000, &sim->err));
		sim_must(sim, ledger_license_add(o->ledger, accounts[va - 1], SIM_TAG_X, 200, 1,
		    sim->now / 1000, &sim->err));
		(void)office_token(sim, va, 365, LEDGER_ANY_USES);
	}
	return sim->failed;
}

static void
remove_files(const char *dir)
{
	char path[400];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.' && unlink(path) < 0)
			remove_files(path);
	}
	if (d != NULL)
		closedir(d);
	(void)rmdir(dir);
}

static void
close_process(struct office *o)
{
	authority_free(o->authority);
	ledger_close(o->ledger);
	o->authority = NULL;
	o->ledger = NULL;
}

void
office_close(struct sim *sim)
{
	struct office *o = &sim->office;

	close_process(o);
	db_close(o->watch);
	pki_free(o->pki);
	smartlic_crypto_free(o->crypto);
	sl_buf_free(&o->root_pem);
	if (o->dir[0] != '\0')
		remove_files(o->dir);
	*o = (struct office){ .dir = "" };
}

void
office_restart(struct sim *sim)
{
	struct office *o = &sim->office;

	crash.armed = CRASH_NONE;
	crash.fired = 0;
	close_process(o);
	sim_must(sim, open_process(sim));
	sim->stats.crashes++;
	if (stream_chance(&sim->random, 3000))
		o->down_until = sim->now + stream_between(&sim->random, SIM_MINUTE, 2 * SIM_DAY);
	sim_trace(sim, "the authority crashes and starts again");
}

static void
makes_backup(struct sim *sim)
{
	struct office *o = &sim->office;

	(void)unlink(o->backup);
	sim_must(sim, ledger_backup(o->ledger, o->backup, sim->now / 1000, &sim->err));
	o->backup_ms = sim->now;
	sim_trace(sim, "admin: a backup is made");
}

int
office_lost(const struct sim *sim, int64_t at_s)
{
	const struct office *o = &sim->office;

	for (size_t i = 0; i < o->n_gaps; i++)
		if (at_s >= o->gap[i][0] && at_s <= o->gap[i][1])
			return 1;
	return 0;
}

/* What devices know of what they were answered proves nothing to a ledger that has forgotten it. */
static void
forget(struct sim *sim, int64_t from_ms)
{
	struct office *o = &sim->office;

	for (int i = 0; i < sim->n_devices; i++)
		sim->devices[i].answered_serial = 0;
	for (size_t i = 0; i < sim->n_tokens; i++)
		if (sim->tokens[i].created_ms > from_ms)
			sim->tokens[i].lost = 1;
	if (o->n_gaps == SIM_GAPS) {
		(void)sim_fail(sim, "no room for another restored ledger");
		return;
	}
	o->gap[o->n_gaps][0] = from_ms / 1000;
	o->gap[o->n_gaps++][1] = sim->now / 1000;
}

void
office_restore(struct sim *sim)
{
	struct office *o = &sim->office;
	struct ledger_restored restored;
	unsigned char random[27];
	char ledger[SL_UUID_SIZE];
	int r;

	if (o->backup_ms == 0)
		return;
	stream_fill(&sim->ids, random, sizeof(random));
	sl_uuid4(ledger, random);
	close_process(o);
	db_close(o->watch);
	o->watch = NULL;
	r = ledger_restore(o->db_path, o->backup, ledger, random + 16, "admin", sim->now / 1000,
	    &restored, &sim->err);
	if (r == 0)
		r = open_process(sim);
	if (r == 0)
		r = open_watch(sim);
	sim_must(sim, r);
	(void)unlink(restored.aside);
	sim->stats.restores++;
	sim_trace(sim, "the authority goes back to its backup of %lld s ago",
	    (long long)((sim->now - o->backup_ms) / 1000));
	forget(sim, o->backup_ms);
	if (!sim->failed)
		check_ledger(sim);
}

/* ---- requests ----------------------------------------------------------------------------- */

/* What a device will read; that it may believe it, is the device's to find out. */
static struct sl_reply *
read_reply(struct sim *sim, const struct sl_buf *bytes)
{
	struct office *o = &sim->office;
	struct sl_envelope *env = NULL;
	struct sl_reply *reply = NULL;
	const void *content;
	size_t len;
	int r;

	r = sl_envelope_open(&env, o->crypto, bytes->data, bytes->len, &sim->err);
	if (r == 0)
		r = sl_envelope_verify(env, pki_signer(o->pki), &content, &len, &sim->err);
	if (r == 0)
		r = sl_reply_read(&reply, content, len, &sim->err);
	sl_envelope_free(env);
	if (r < 0)
		(void)sim_fail(sim, "the authority's answer cannot be read: %s", sim->err.text);
	return reply;
}

static void
arm(struct sim *sim, const struct letter *l)
{
	if (sim->devices[l->device].calm ||
	    !stream_chance(&sim->random, sim_faults(sim)->crash))
		return;
	crash.armed = stream_chance(&sim->random, 5000) ? CRASH_BEFORE : CRASH_AFTER;
}

int
office_answer(struct sim *sim, struct letter *l, struct sl_buf *ret)
{
	struct office *o = &sim->office;
	struct device *d = &sim->devices[l->device];
	struct sl_reply *reply = NULL;
	struct sight before, after;
	int r;

	if (o->down_until > sim->now && !d->calm)
		return 0;
	sim->stats.requests++;
	sight_take(sim, l, &before);
	arm(sim, l);
	r = authority_answer(o->authority, l->bytes.data, l->bytes.len, sim->now / 1000, office_fill,
	    sim, ret, &sim->err);
	crash.armed = CRASH_NONE;
	if (r < 0 && !crash.fired)
		(void)sim_fail(sim, "authority_answer: %s", sim->err.text);
	if (r == 0 && !crash.fired)
		reply = read_reply(sim, ret);
	if (crash.fired)
		office_restart(sim);
	sight_take(sim, l, &after);
	if (reply != NULL)
		sim_trace(sim, "%s: %s %.8s is answered %s", d->sn, sl_msg_type_name(l->type),
		    l->request_id, reply->status == SL_REPLY_OK ? "ok" : reply->error.name);
	check_delivery(sim, l, &before, &after, reply);
	r = reply != NULL;
	sl_reply_free(reply);
	return r;
}

/* ---- the administrator -------------------------------------------------------------------- */

struct sim_token *
office_token(struct sim *sim, int64_t va, int64_t days, int64_t uses)
{
	struct office *o = &sim->office;
	struct sl_buf text = { 0 };
	struct sl_token parsed;
	struct sim_token *t;
	int r;

	if (sim->n_tokens < SIM_TOKENS)
		t = &sim->tokens[sim->n_tokens++];
	else
		t = &sim->tokens[stream_below(&sim->random, SIM_TOKENS)];
	*t = (struct sim_token){ .va = va, .uses_max = uses,
		.created_ms = sim->now, .expires_ms = sim->now + days * SIM_DAY };
	r = authority_token_create(o->authority,
	    &(struct ledger_token_new){
		.virtual_account = accounts[va - 1], .days = days, .uses_max = uses },
	    sim->now / 1000, &text, &sim->err);
	if (r == 0)
		r = sl_copy(t->text, sizeof(t->text), text.data);
	if (r == 0)
		r = sl_token_parse(&parsed, t->text, &sim->err);
	if (r < 0)
		(void)sim_fail(sim, "no token: %s", sim->err.text);
	else
		sl_hex(t->id, parsed.id, sizeof(parsed.id));
	sl_buf_free(&text);
	return t;
}

static void
removes(struct sim *sim)
{
	struct device *d = &sim->devices[stream_below(&sim->random, sim->n_devices)];
	int r;

	r = ledger_instance_remove(sim->office.ledger, d->sn, "admin", sim->now / 1000, &sim->err);
	sim_trace(sim, "admin: removes %s: %s", d->sn, r == 0 ? "done" : "nothing there");
	if (r < 0 && r != SMARTLIC_E_NOT_FOUND)
		(void)sim_fail(sim, "instance remove: %s", sim->err.text);
}

/* The device may be well and never hear of it until it calls. */
static void
closes_reservation(struct sim *sim)
{
	struct device *d = &sim->devices[stream_below(&sim->random, sim->n_devices)];
	int r;

	r = ledger_reservation_close(
	    sim->office.ledger, d->instance, "gone", "admin", sim->now / 1000, &sim->err);
	sim_trace(sim, "admin: closes what %s has reserved: %s", d->sn, r == 0 ? "done" : "nothing");
	if (r < 0 && r != SMARTLIC_E_NOT_FOUND && r != SMARTLIC_E_STATE)
		(void)sim_fail(sim, "reservation close: %s", sim->err.text);
}

/* What is drawn is drawn one after the other: within a call each compiler has its own order. */

static void
makes_token(struct sim *sim, int64_t va)
{
	struct stream *s = &sim->random;
	int64_t days = stream_between(s, 1, 365);
	int64_t uses = stream_chance(s, 5000) ? stream_between(s, 1, 4) : LEDGER_ANY_USES;

	sim_trace(sim, "admin: token %.8s", office_token(sim, va, days, uses)->id);
}

/* Too few for some days, mostly enough: whoever is short polls twice a day. */
static void
sets_pool(struct sim *sim, int64_t va)
{
	struct stream *s = &sim->random;
	const char *tag = stream_chance(s, 5000) ? SIM_TAG_G : SIM_TAG_X;
	int64_t quantity = stream_chance(s, 500) ? stream_below(s, 150) : 500;

	sim_must(sim, ledger_license_add(sim->office.ledger, accounts[va - 1], tag, quantity, 1,
	    sim->now / 1000, &sim->err));
}

void
office_admin(struct sim *sim)
{
	struct stream *s = &sim->random;
	struct office *o = &sim->office;
	int64_t now_s = sim->now / 1000, dice = stream_below(s, 100);
	int64_t va = stream_between(s, 1, 2);
	struct ledger_trim run = { 0 };
	struct sim_token *t;
	int r = 1;

	if (dice < 40) {
		makes_token(sim, va);
	} else if (dice < 50) {
		t = &sim->tokens[stream_below(s, (int64_t)sim->n_tokens)];
		t->revoked = 1;
		if (!t->lost)
			sim_must(
			    sim, ledger_token_revoke(o->ledger, t->id, "admin", now_s, &sim->err));
		sim_trace(sim, "admin: revokes token %.8s", t->id);
	} else if (dice < 60) {
		removes(sim);
	} else if (dice < 80) {
		sets_pool(sim, va);
	} else if (dice < 84) {
		closes_reservation(sim);
	} else if (dice < 90) {
		makes_backup(sim);
	} else {
		sim_must(sim, authority_daily(o->authority, now_s, &sim->err));
		while (r == 1)
			r = authority_trim(o->authority, &run, now_s, &sim->err);
		sim_must(sim, r);
	}
	sim_at(sim, sim->now + stream_between(s, SIM_HOUR, 10 * SIM_DAY), EVENT_ADMIN, 0, 0, NULL);
}
