/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "commands/command.h"
#include "commands/output.h"
#include "commands/session.h"
#include "pki/roll.h"
#include "pki/satellite.h"
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

static int
add_key(void *ud, const struct pki_entry *e)
{
	static const char *const states[] = {
		[PKI_CURRENT] = "current", [PKI_SUCCESSOR] = "successor", [PKI_FORMER] = "former"
	};
	char id[2 * SL_SKI_LEN + 1];
	json_t *row;

	sl_hex(id, sl_cert_ski(e->cert), SL_SKI_LEN);
	row = json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "key", e->name, "state",
	    states[e->state], "id", id, "name", sl_cert_cn(e->cert), "private_key", e->has_key,
	    "issued", output_time(pki_issued_s(e->cert)), "begins", output_time(e->begins_s),
	    "ends", output_time(sl_cert_not_after(e->cert)));
	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
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
		{ "name", "NAME" },
	};
	struct keys k = { NULL, NULL };
	json_t *list = json_array();
	int r = open_keys(&k, call, err);

	if (r == 0 && pki_each(k.pki, add_key, list) < 0)
		r = sl_nomem(err);
	if (r == 0)
		r = output_list(list, columns, sizeof(columns) / sizeof(columns[0]),
		    call->option[OPTION_JSON] != NULL, err);
	json_decref(list);
	close_keys(&k);
	return r;
}

/* ---- roll --------------------------------------------------------------- */

static int
roll(struct pki *pki, enum pki_kind kind, int at_once, int64_t now_s, struct smartlic_error *err)
{
	const char *name = pki_profiles[kind].file;
	char begins[SL_TIME_SIZE];
	int made = pki_successor_make(pki, kind, now_s, err), r = made;

	if (r >= 0 && (at_once || now_s >= pki_successor_begins_s(pki, kind))) {
		r = pki_successor_begin(pki, kind, err);
		if (r == 1)
			printf("%s: the successor has taken its place; managers that serve take it "
			       "within ten minutes.\n",
			    name);
	} else if (r >= 0) {
		sl_time(begins, pki_successor_begins_s(pki, kind));
		printf("%s: %s, and takes its place at %s; --now does it at once.\n", name,
		    made == 1 ? "a successor was made" : "a successor waits already", begins);
	}
	return r < 0 ? r : 0;
}

int
command_key_roll(const struct call *call, struct smartlic_error *err)
{
	struct keys k = { NULL, NULL };
	enum pki_kind kind;
	int r = pki_roll_kind(&kind, call->operand[0], err);

	if (r == 0)
		r = open_keys(&k, call, err);
	if (r == 0 && pki_is_satellite(k.pki))
		r = sl_fail(err, SMARTLIC_E_STATE,
		    "this is a satellite: its keys are renewed by 'satellite sync'");
	if (r == 0)
		r = roll(k.pki, kind, call->option[OPTION_NOW] != NULL, system_now_s(), err);
	close_keys(&k);
	return r;
}
