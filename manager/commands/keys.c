/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/output.h"
#include "commands/session.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "pki/uri.h"
#include "system.h"
#include "text.h"

/* The folder of keys alone: the ledger has no part in it. */
struct keys {
	struct smartlic_crypto *crypto;
	struct pki *pki;
};

static int
open_keys(struct keys *k, const struct call *call, struct smartlic_error *err)
{
	char dir[FILE_PATH_SIZE], where[FILE_PATH_SIZE];
	int r = session_where(where, call->option[OPTION_DATA], err);

	if (r == 0)
		r = smartlic_crypto_new(&k->crypto, err);
	if (r == 0)
		r = file_path(dir, call->option[OPTION_DATA], DATA_PKI, err);
	return r < 0 ? r : pki_open(&k->pki, k->crypto, dir, err);
}

static void
close_keys(struct keys *k)
{
	pki_free(k->pki);
	smartlic_crypto_free(k->crypto);
}

/* ---- list --------------------------------------------------------------- */

static json_t *
key_json(const struct pki_entry *e)
{
	static const char *const states[] = {
		[PKI_CURRENT] = "current", [PKI_SUCCESSOR] = "successor", [PKI_FORMER] = "former"
	};
	char id[2 * SL_SKI_LEN + 1];

	sl_hex(id, sl_cert_ski(e->cert), SL_SKI_LEN);
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "key", e->name, "state",
	    states[e->state], "id", id, "name", sl_cert_cn(e->cert), "private_key", e->has_key,
	    "issued", output_time(pki_issued_s(e->cert)), "begins", output_time(e->begins_s),
	    "ends", output_time(sl_cert_not_after(e->cert)));
}

static int
add_key(void *ud, const struct pki_entry *e)
{
	return json_array_append_new(ud, key_json(e)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

/* Beside the next root stands how many devices and satellites have not said that they have it. */
static int
count_without(struct session *s, json_t *list, struct smartlic_error *err)
{
	const struct sl_cert *next = pki_next_root(s->pki);
	struct authority_without n;
	char id[2 * SL_SKI_LEN + 1];
	json_t *row;
	size_t i;
	int r = authority_without_root(s->authority, &n, err);

	if (r < 0 || next == NULL)
		return r;
	sl_hex(id, sl_cert_ski(next), SL_SKI_LEN);
	json_array_foreach(list, i, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "id")), id) != 0)
			continue;
		if (json_object_set_new(
			row, "devices_without", json_integer((json_int_t)n.devices)) < 0 ||
		    json_object_set_new(
			row, "satellites_without", json_integer((json_int_t)n.satellites)) < 0)
			return sl_nomem(err);
	}
	return 0;
}

int
command_key_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "key", "KEY" },
		{ "state", "STATE" },
		{ "private_key", "PRIVATE KEY" },
		{ "issued", "ISSUED" },
		{ "begins", "BEGINS" },
		{ "ends", "ENDS" },
		{ "devices_without", "DEVICES WITHOUT" },
		{ "satellites_without", "SATELLITES WITHOUT" },
		{ "name", "NAME" },
	};
	struct session s = { 0 };
	json_t *list = json_array();
	int r = session_open_authority(&s, call, err);

	if (r == 0 && pki_each(s.pki, add_key, list) < 0)
		r = sl_nomem(err);
	if (r == 0)
		r = count_without(&s, list, err);
	if (r == 0)
		r = output_list(list, columns, sizeof(columns) / sizeof(columns[0]),
		    call->option[OPTION_JSON] != NULL, err);
	json_decref(list);
	session_close(&s);
	return r;
}

/* ---- the next root ------------------------------------------------------ */

struct page {
	json_t *list;
	char last[SL_UUID_SIZE];
};

static int
add_device(void *ud, const struct ledger_instance *i)
{
	struct page *p = ud;
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "instance", i->instance,
	    "pid", i->udi.pid, "sn", i->udi.sn, "uuid", i->udi.uuid, "hostname", i->hostname,
	    "virtual_account", i->virtual_account, "state", i->state, "last_contact",
	    output_time(i->last_contact_s));

	(void)sl_copy(p->last, sizeof(p->last), i->instance);
	return json_array_append_new(p->list, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

#define PAGE     1000
#define PAGE_MAX 100000

/* One page of those without it; without a next root nobody is without. */
static int
fill_devices(struct session *s, const struct call *call, struct page *p, struct smartlic_error *err)
{
	const char *text = call->option[OPTION_LIMIT];
	char root[LEDGER_ROOT_SIZE];
	int64_t limit = PAGE;
	int more = 0, r = command_after(call, err);

	if (r == 0 && text != NULL)
		r = command_number("--limit", text, 1, PAGE_MAX, &limit, err);
	if (r == 0 && !authority_next_root(s->authority, root))
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "there is no next root that devices could have: 'key roll root' makes one");
	if (r == 0)
		r = ledger_without_root_list(
		    s->ledger, root, call->option[OPTION_AFTER], limit, add_device, p, &more, err);
	if (r == 0 && more)
		(void)fprintf(stderr, "There are more: --after %s\n", p->last);
	return r;
}

int
command_key_devices(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "instance", "INSTANCE" },
		{ "pid", "PID" },
		{ "sn", "SERIAL" },
		{ "virtual_account", "VIRTUAL ACCOUNT" },
		{ "state", "STATE" },
		{ "last_contact", "LAST CONTACT" },
	};
	struct page p = { .list = json_array() };
	struct session s = { 0 };
	int r = session_open_authority(&s, call, err);

	if (r == 0)
		r = fill_devices(&s, call, &p, err);
	if (r == 0)
		r = output_list(p.list, columns, sizeof(columns) / sizeof(columns[0]),
		    call->option[OPTION_JSON] != NULL, err);
	json_decref(p.list);
	session_close(&s);
	return r;
}

/* Former roots that are not retired yet: with their keys. */
static int
add_former(void *ud, const struct pki_entry *e)
{
	if (strcmp(e->name, "root") != 0 || e->state != PKI_FORMER || !e->has_key)
		return 0;
	return add_key(ud, e);
}

static void
tell_retired(const struct call *call, json_t *former, const struct authority_without *without)
{
	done_json(call, "retired", json_incref(former));
	done_number(call, "devices_without", without->devices);
	done_number(call, "satellites_without", without->satellites);
	done_text(call,
	    "The former root is retired: pki/root-*.key is gone, and is to be destroyed "
	    "wherever else it is kept.\n");
}

int
command_key_retire(const struct call *call, struct smartlic_error *err)
{
	int force = call->option[OPTION_FORCE] != NULL;
	struct session s = { 0 };
	struct authority_without without = { .devices = 0 };
	json_t *former = json_array();
	int r = session_open_authority(&s, call, err);

	if (r == 0 && pki_is_satellite(s.pki))
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "this is a satellite: it follows its upstream's roots by 'satellite sync'");
	if (r == 0 && pki_each(s.pki, add_former, former) < 0)
		r = sl_nomem(err);
	if (r == 0)
		r = authority_root_retire(s.authority, force, system_now_s(), &without, err);
	if (r == 0)
		tell_retired(call, former, &without);
	if (r == 0 && without.satellites > 0)
		(void)fprintf(stderr,
		    "Warning: %lld satellites (%s first) were not ready: they are to join anew.\n",
		    (long long)without.satellites, without.satellite);
	if (r == 0 && without.devices > 0)
		(void)fprintf(stderr,
		    "Warning: %lld devices have not said that they have the present root. They "
		    "take no "
		    "answer until they are given it as their trust anchor.\n",
		    (long long)without.devices);
	json_decref(former);
	session_close(&s);
	return r;
}

/* ---- roll --------------------------------------------------------------- */

/* The one key that --key names; NULL: none. */
static int
read_uri(const struct call *call, const char **ret, struct smartlic_error *err)
{
	struct pki_uri uri;

	*ret = NULL;
	if (call->n_repeats == 0)
		return 0;
	if (call->n_repeats > 1 || !pki_is_uri(call->repeat[0]))
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "--key: one URI is expected, pkcs11:..., of a key that was made for this");
	*ret = call->repeat[0];
	return pki_uri_read(&uri, *ret, err);
}

struct rolled {
	const struct call *call;
	const char *name;
	enum pki_state state;
};

static int
tell_key(void *ud, const struct pki_entry *e)
{
	const struct rolled *o = ud;

	if (strcmp(e->name, o->name) == 0 && e->state == o->state)
		done_row(o->call, key_json(e));
	return 0;
}

static int
roll(const struct call *call, struct pki *pki, enum pki_kind kind, const char *uri, int64_t now_s,
    struct smartlic_error *err)
{
	struct rolled rolled = { call, pki_profiles[kind].file, PKI_SUCCESSOR };
	const char *name = rolled.name;
	char begins[SL_TIME_SIZE];
	int made = pki_successor_make_by(pki, kind, uri, now_s, err), r = made;

	if (made == 0 && uri != NULL)
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "%s: a successor waits already, by another key or by this one: leave --key out",
		    name);
	if (r >= 0 && (call->option[OPTION_NOW] != NULL || now_s >= pki_successor_begins_s(pki, kind))) {
		r = pki_successor_begin(pki, kind, err);
		rolled.state = PKI_CURRENT;
		if (r == 1)
			done_text(call,
			    "%s: the successor has taken its place; managers that serve take it "
			    "within ten minutes.\n",
			    name);
	} else if (r >= 0) {
		sl_time(begins, pki_successor_begins_s(pki, kind));
		done_text(call, "%s: %s, and takes its place at %s; --now does it at once.\n", name,
		    made == 1 ? "a successor was made" : "a successor waits already", begins);
	}
	if (r < 0 || call->done == NULL)
		return r < 0 ? r : 0;
	r = pki_refresh(pki, err);
	(void)pki_each(pki, tell_key, &rolled);
	done_json(call, "made", json_boolean(made));
	return r < 0 ? r : 0;
}

int
command_key_roll(const struct call *call, struct smartlic_error *err)
{
	struct keys k = { NULL, NULL };
	const char *uri;
	enum pki_kind kind;
	int r = pki_roll_kind(&kind, call->operand[0], err);

	if (r == 0)
		r = read_uri(call, &uri, err);
	if (r == 0)
		r = open_keys(&k, call, err);
	if (r == 0 && pki_is_satellite(k.pki))
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "this is a satellite: its keys are renewed by 'satellite sync'");
	if (r == 0)
		r = roll(call, k.pki, kind, uri, system_now_s(), err);
	close_keys(&k);
	return r;
}
