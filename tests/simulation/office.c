/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "envelope.h"
#include "pem.h"
#include "tests/simulation/simulation.h"
#include "text.h"

/* A home, the authority or a satellite: its files, its process that may crash, its answers. */

struct office *
office_of(const struct device *d)
{
	return &d->sim->offices[d->home];
}

struct office *
office_any(struct sim *sim)
{
	int64_t n = sim->n_offices > 1 ? stream_below(&sim->random, sim->n_offices) : 0;

	return &sim->offices[n];
}

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

int
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
open_watch(struct office *o)
{
	struct sim *sim = o->sim;
	int r = db_open(&o->watch, o->db_path, 0, &sim->err);

	return r < 0 ? r : map_file(sim, o->watch);
}

static int
open_process(struct office *o)
{
	struct sim *sim = o->sim;
	int r;

	o->asked = 0;
	r = ledger_open(&o->ledger, o->db_path, &sim->err);
	/* what a power cut leaves of the disk is SQLite's matter and not looked at here */
	if (r == 0)
		r = db_exec(ledger_db(o->ledger), &sim->err, "PRAGMA synchronous = OFF", "");
	if (r == 0)
		r = map_file(sim, ledger_db(o->ledger));
	if (r == 0)
		r = authority_new(&o->authority, sim->crypto, o->ledger, o->pki, &o->keys, &sim->err);
	if (r == 0)
		authority_set_policy(o->authority, &sim->policy);
	return r;
}

static void
root_pem(struct sim *sim)
{
	size_t len;
	const void *der = sl_cert_der(pki_root(sim->offices[0].pki), &len);

	sl_pem_write(&sim->root_pem, "CERTIFICATE", der, len);
}

int
office_begin(struct sim *sim, int number)
{
	struct office *o = &sim->offices[number];
	const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	char dir[sizeof(o->dir)];

	*o = (struct office){ .sim = sim, .number = number, .name = "the authority" };
	if (number > 0)
		(void)snprintf(o->name, sizeof(o->name), "satellite %d", number);
	(void)snprintf(dir, sizeof(dir), "%s/simulate.XXXXXX", where);
	if (mkdtemp(dir) == NULL)
		return sim_fail(sim, "%s cannot be made", dir);
	(void)snprintf(o->dir, sizeof(o->dir), "%s", dir);
	(void)snprintf(o->db_path, sizeof(o->db_path), "%s/ledger.db", dir);
	(void)snprintf(o->pki_dir, sizeof(o->pki_dir), "%s/pki", dir);
	(void)snprintf(o->backup, sizeof(o->backup), "%s/backup", dir);
	return 0;
}

static void
draw_keys(struct office *o)
{
	o->keys.current = 1;
	o->keys.present[1] = 1;
	stream_fill(&o->sim->ids, o->keys.key[1], sizeof(o->keys.key[1]));
}

int
office_open(struct office *o)
{
	struct sim *sim = o->sim;
	int r = 0;

	draw_keys(o);
	if (o->pki == NULL)
		r = pki_open(&o->pki, sim->crypto, o->pki_dir, &sim->err);
	if (r == 0)
		r = open_process(o);
	if (r == 0)
		r = open_watch(o);
	if (r < 0)
		return sim_fail(sim, "%s cannot be opened: %s", o->name, sim->err.text);
	if (sim->n_offices <= o->number)
		sim->n_offices = o->number + 1;
	return 0;
}

static int
make_files(struct sim *sim)
{
	struct office *o = &sim->offices[0];
	int64_t now_s = sim->now / 1000;
	int r;

	r = smartlic_crypto_new(&sim->crypto, &sim->err);
	if (r == 0)
		r = pki_create(o->pki_dir, NULL, 0, now_s - 3600, &sim->err);
	if (r == 0)
		r = pki_open(&o->pki, sim->crypto, o->pki_dir, &sim->err);
	if (r == 0)
		r = ledger_create(o->db_path, "Simulation", SIM_ACCOUNT, SIM_HOME, now_s, &sim->err);
	if (r < 0)
		return sim_fail(sim, "the authority cannot be made: %s", sim->err.text);
	root_pem(sim);
	return 0;
}

/* Each run has its own; seldom collected is soon simulated. */
static void
draw_policy(struct sim *sim)
{
	struct authority_policy *p = &sim->policy;
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

/* Two virtual accounts of each home, with licenses and a token. */
static void
fill(struct sim *sim)
{
	struct office *o = &sim->offices[0];
	int64_t now_s = sim->now / 1000;

	for (int va = 2; va <= 2 * (1 + sim->config.satellites); va++)
		sim_must(sim, ledger_virtual_account_create(
				  o->ledger, sim_accounts[va - 1], "admin", now_s, &sim->err));
	for (int va = 1; va <= 2 * (1 + sim->config.satellites); va++) {
		sim_must(sim, ledger_license_add(o->ledger, sim_accounts[va - 1], SIM_TAG_G, 500, 1,
				  now_s, &sim->err));
		sim_must(sim, ledger_license_add(o->ledger, sim_accounts[va - 1], SIM_TAG_X, 200, 1,
				  now_s, &sim->err));
		if (va <= 2)
			(void)admin_token(sim, va, 365, LEDGER_ANY_USES);
	}
}

int
offices_open(struct sim *sim)
{
	crash.armed = CRASH_NONE;
	crash.fired = 0;
	if (office_begin(sim, 0) != 0)
		return 1;
	draw_policy(sim);
	if (make_files(sim) != 0 || office_open(&sim->offices[0]) != 0)
		return 1;
	fill(sim);
	for (int i = 1; i <= sim->config.satellites && !sim->failed; i++)
		(void)satellite_join(sim, i);
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

static void
office_close(struct office *o)
{
	close_process(o);
	db_close(o->watch);
	pki_free(o->pki);
	for (size_t i = 0; i < SIM_KEPT_SYNCS; i++)
		letter_unref(o->kept[i]);
	if (o->dir[0] != '\0')
		remove_files(o->dir);
	*o = (struct office){ .dir = "" };
}

void
offices_close(struct sim *sim)
{
	for (int i = 0; i < SIM_HOMES; i++)
		office_close(&sim->offices[i]);
	smartlic_crypto_free(sim->crypto);
	sim->crypto = NULL;
	sl_buf_free(&sim->root_pem);
}

void
office_restart(struct office *o)
{
	struct sim *sim = o->sim;

	crash.armed = CRASH_NONE;
	crash.fired = 0;
	close_process(o);
	sim_must(sim, open_process(o));
	sim->stats.crashes++;
	if (stream_chance(&sim->random, 3000))
		o->down_until = sim->now + stream_between(&sim->random, SIM_MINUTE, 2 * SIM_DAY);
	sim_trace(sim, "%s crashes and starts again", o->name);
}

void
office_backup(struct office *o)
{
	struct sim *sim = o->sim;

	(void)unlink(o->backup);
	sim_must(sim, ledger_backup(o->ledger, o->backup, sim->now / 1000, &sim->err));
	o->backup_ms = sim->now;
	sim_trace(sim, o->number == 0 ? "admin: a backup is made" : "admin: a backup is made of %s",
	    o->name);
}

int
office_lost(const struct office *o, int64_t at_s)
{
	for (size_t i = 0; i < o->n_gaps; i++)
		if (at_s >= o->gap[i][0] && at_s <= o->gap[i][1])
			return 1;
	return 0;
}

/* What devices know of what they were answered proves nothing to a ledger that has forgotten it. */
static void
forget(struct office *o, int64_t from_ms)
{
	struct sim *sim = o->sim;

	for (int i = 0; i < sim->n_devices; i++)
		sim->devices[i].answered_serial[o->number] = 0;
	for (size_t i = 0; i < sim->n_tokens; i++)
		if (sim->tokens[i].home == o->number && sim->tokens[i].created_ms > from_ms)
			sim->tokens[i].lost = 1;
	if (o->n_gaps == SIM_GAPS) {
		(void)sim_fail(sim, "no room for another restored ledger");
		return;
	}
	o->gap[o->n_gaps][0] = from_ms / 1000;
	o->gap[o->n_gaps++][1] = sim->now / 1000;
}

void
office_restore(struct office *o)
{
	struct sim *sim = o->sim;
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
		r = open_process(o);
	if (r == 0)
		r = open_watch(o);
	sim_must(sim, r);
	(void)unlink(restored.aside);
	sim->stats.restores++;
	sim_trace(sim, "%s goes back to its backup of %lld s ago", o->name,
	    (long long)((sim->now - o->backup_ms) / 1000));
	forget(o, o->backup_ms);
	if (!sim->failed)
		check_ledger(o);
}

/* ---- requests ----------------------------------------------------------------------------- */

/* What a device will read; that it may believe it, is the device's to find out. */
static struct sl_reply *
read_reply(struct office *o, const struct sl_buf *bytes)
{
	struct sim *sim = o->sim;
	struct sl_envelope *env = NULL;
	struct sl_reply *reply = NULL;
	const void *content;
	size_t len;
	int r;

	r = sl_envelope_open(&env, sim->crypto, bytes->data, bytes->len, &sim->err);
	if (r == 0)
		r = sl_envelope_verify(env, pki_signer(o->pki), &content, &len, &sim->err);
	if (r == 0)
		r = sl_reply_read(&reply, content, len, &sim->err);
	sl_envelope_free(env);
	if (r < 0)
		(void)sim_fail(sim, "the authority's answer cannot be read: %s", sim->err.text);
	return reply;
}

void
office_arm(struct sim *sim)
{
	if (stream_chance(&sim->random, sim_faults(sim)->crash))
		crash.armed = stream_chance(&sim->random, 5000) ? CRASH_BEFORE : CRASH_AFTER;
}

int
office_has_crashed(void)
{
	crash.armed = CRASH_NONE;
	return crash.fired;
}

/* A satellite without its upstream for too long: devices would not take what it answers. */
static int
is_silent(const struct office *o, int r)
{
	return o->number > 0 && r == SMARTLIC_E_STATE;
}

int
office_answer(struct office *o, struct letter *l, struct sl_buf *ret)
{
	struct sim *sim = o->sim;
	struct device *d = &sim->devices[l->device];
	struct sl_reply *reply = NULL;
	struct sight before, after;
	int r, crashed;

	if (o->down_until > sim->now && !d->calm)
		return 0;
	sim->stats.requests++;
	sight_take(o, l, &before);
	if (!d->calm)
		office_arm(sim);
	r = authority_answer(o->authority, l->bytes.data, l->bytes.len, sim->now / 1000, office_fill,
	    sim, ret, &sim->err);
	crashed = office_has_crashed();
	if (r < 0 && !crashed && !is_silent(o, r))
		(void)sim_fail(sim, "authority_answer: %s", sim->err.text);
	if (r == 0 && !crashed)
		reply = read_reply(o, ret);
	if (crashed)
		office_restart(o);
	sight_take(o, l, &after);
	if (reply != NULL)
		sim_trace(sim, "%s: %s %.8s is answered %s", d->sn, sl_msg_type_name(l->type),
		    l->request_id, reply->status == SL_REPLY_OK ? "ok" : reply->error.name);
	check_delivery(o, l, &before, &after, reply);
	r = reply != NULL;
	sl_reply_free(reply);
	return r;
}
