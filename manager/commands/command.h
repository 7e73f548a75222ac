/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_COMMAND_H
#define MANAGER_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "message.h"

/*
 * The command line: a table of options, a table of commands.  Options may stand anywhere, as
 * `--name value` or `--name=value`; what is left are the command's words and its operands.
 */
enum option_id {
	OPTION_DATA,
	OPTION_ACCOUNT,
	OPTION_LISTEN,
	OPTION_PORT_FILE,
	OPTION_LISTEN_HTTP,
	OPTION_HTTP_PORT_FILE,
	OPTION_METRICS,
	OPTION_METRICS_PORT_FILE,
	OPTION_THREADS,
	OPTION_TLS_NAME,
	OPTION_DEBUG,
	OPTION_VIRTUAL_ACCOUNT,
	OPTION_DAYS,
	OPTION_NAME,
	OPTION_DESCRIPTION,
	OPTION_EXPORT_CONTROLLED,
	OPTION_UDI,
	OPTION_BY,
	OPTION_USES,
	OPTION_SEARCH,
	OPTION_STATE,
	OPTION_AFTER,
	OPTION_LIMIT,
	OPTION_WITH,
	OPTION_ALL,
	OPTION_SILENCE_DAYS,
	OPTION_DEADLINE_DAYS,
	OPTION_SAMPLE_DAYS,
	OPTION_TO,
	OPTION_FROM,
	OPTION_DATABASE,
	OPTION_OUT,
	OPTION_HEAD,
	OPTION_REASON,
	OPTION_UPSTREAM,
	OPTION_TOKEN,
	OPTION_TRUST_ANCHOR,
	OPTION_EXPORT,
	OPTION_IMPORT,
	OPTION_FROM_ACCOUNT,
	OPTION_TO_ACCOUNT,
	OPTION_TO_VIRTUAL_ACCOUNT,
	OPTION_ORDER,
	OPTION_KIND,
	OPTION_START,
	OPTION_END,
	OPTION_EXPAND,
	OPTION_DRY_RUN,
	OPTION_QUICK,
	OPTION_FORCE,
	OPTION_NOW,
	OPTION_PARTIAL,
	OPTION_TAGS,
	OPTION_TAG,
	OPTION_KEY,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS,
};

struct option_def {
	const char *name;  /* with its dashes */
	const char *value; /* what it takes; NULL: nothing */
	int repeatable;
	const char *help;
};
extern const struct option_def option_defs[OPTIONS];

#define COMMAND_WORDS_MAX    2
#define COMMAND_OPERANDS_MAX 2
#define COMMAND_REPEATS_MAX  64

/* What was said on the line; all borrowed from argv. */
struct call {
	const struct command *command;
	const char *operand[COMMAND_OPERANDS_MAX];
	/* what stands for a last operand that ends in "..." */
	const char *const *rest;
	size_t n_rest;
	const char *option[OPTIONS]; /* the value, or "" of one that takes none; NULL: absent */
	/* the values of the one repeatable option that a command may have */
	const char *repeat[COMMAND_REPEATS_MAX];
	size_t n_repeats;
	const char **words; /* command_release() */
	json_t *done;       /* with --json: what it did, see done.h; NULL: to be told as text */
};

#define COMMAND_NO_JSON (UINT64_C(1) << 63)
_Static_assert(OPTIONS < 63, "the options of a command are bits");

struct command {
	const char *words[COMMAND_WORDS_MAX + 1];
	const char *operands[COMMAND_OPERANDS_MAX + 1];
	uint64_t needs, takes; /* bits 1 << OPTION_…; --json all take but those with NO_JSON */
	const char *help;
	/* 0, or a negative code with its text. */
	int (*run)(const struct call *call, struct smartlic_error *err);
};
extern const struct command commands[];
extern const size_t n_commands;

/* The value of a numeric option or operand; what: its name in texts.  SMARTLIC_E_INVAL. */
int command_number(const char *what, const char *text, int64_t min, int64_t max, int64_t *ret,
    struct smartlic_error *err);

/* --after, where it is given, is an instance: else there would be nothing behind it.  SMARTLIC_E_INVAL. */
int command_after(const struct call *call, struct smartlic_error *err);

/* A device as people name it: "PID:SN", "PID:SN:UUID", or as `show license udi` prints it,
 * "PID:…,SN:…[,UUID:…]"; without UUID that is "".  SMARTLIC_E_INVAL. */
int command_udi(const char *text, struct sl_udi *ret, struct smartlic_error *err);
/* Who does it: --by, else the user that runs this program.  For as long as the call. */
const char *command_by(const struct call *call);

/* Reads a line into *ret, which is zero to start; 1: it is to be run, 0: help or version was printed,
 * SMARTLIC_E_INVAL: its `command` is set as far as it is known, for who says where to read of it. */
int command_parse(int argc, char *const argv[], struct call *ret, struct smartlic_error *err);
void command_release(struct call *call);

/* The functions of the table. */
int command_init(const struct call *call, struct smartlic_error *err);
int command_serve(const struct call *call, struct smartlic_error *err);
int command_doctor(const struct call *call, struct smartlic_error *err);
int command_key_use(const struct call *call, struct smartlic_error *err);
int command_trust_anchor(const struct call *call, struct smartlic_error *err);
int command_account_create(const struct call *call, struct smartlic_error *err);
int command_account_list(const struct call *call, struct smartlic_error *err);
int command_account_set(const struct call *call, struct smartlic_error *err);
int command_account_rename(const struct call *call, struct smartlic_error *err);
int command_account_duplicates(const struct call *call, struct smartlic_error *err);
int command_virtual_account_create(const struct call *call, struct smartlic_error *err);
int command_virtual_account_set(const struct call *call, struct smartlic_error *err);
int command_virtual_account_policy(const struct call *call, struct smartlic_error *err);
int command_virtual_account_list(const struct call *call, struct smartlic_error *err);
int command_virtual_account_show(const struct call *call, struct smartlic_error *err);
int command_virtual_account_rename(const struct call *call, struct smartlic_error *err);
int command_virtual_account_delete(const struct call *call, struct smartlic_error *err);
int command_virtual_account_default(const struct call *call, struct smartlic_error *err);
int command_alert_list(const struct call *call, struct smartlic_error *err);
int command_license_add(const struct call *call, struct smartlic_error *err);
int command_license_show(const struct call *call, struct smartlic_error *err);
int command_license_transfer(const struct call *call, struct smartlic_error *err);
int command_license_import(const struct call *call, struct smartlic_error *err);
/* `license list --expand` */
int purchases_list(const struct call *call, struct smartlic_error *err);
int command_license_set(const struct call *call, struct smartlic_error *err);
int command_license_list(const struct call *call, struct smartlic_error *err);
int command_token_create(const struct call *call, struct smartlic_error *err);
int command_token_list(const struct call *call, struct smartlic_error *err);
int command_token_show(const struct call *call, struct smartlic_error *err);
int command_token_revoke(const struct call *call, struct smartlic_error *err);
int command_instance_list(const struct call *call, struct smartlic_error *err);
int command_instance_show(const struct call *call, struct smartlic_error *err);
int command_key_list(const struct call *call, struct smartlic_error *err);
int command_key_devices(const struct call *call, struct smartlic_error *err);
int command_key_retire(const struct call *call, struct smartlic_error *err);
int command_key_roll(const struct call *call, struct smartlic_error *err);
int command_backup(const struct call *call, struct smartlic_error *err);
int command_ledger_renew(const struct call *call, struct smartlic_error *err);
int command_ledger_seal(const struct call *call, struct smartlic_error *err);
int command_restore(const struct call *call, struct smartlic_error *err);
int command_ledger_verify(const struct call *call, struct smartlic_error *err);
int command_audit_list(const struct call *call, struct smartlic_error *err);
int command_instance_usage(const struct call *call, struct smartlic_error *err);
int command_offline_answer(const struct call *call, struct smartlic_error *err);
int command_instance_transfer(const struct call *call, struct smartlic_error *err);
int command_instance_replace(const struct call *call, struct smartlic_error *err);
int command_reservation_list(const struct call *call, struct smartlic_error *err);
int command_reservation_show(const struct call *call, struct smartlic_error *err);
int command_reservation_close(const struct call *call, struct smartlic_error *err);
int command_instance_remove(const struct call *call, struct smartlic_error *err);
int command_satellite_create(const struct call *call, struct smartlic_error *err);
int command_satellite_list(const struct call *call, struct smartlic_error *err);
int command_satellite_show(const struct call *call, struct smartlic_error *err);
int command_satellite_take_back(const struct call *call, struct smartlic_error *err);
int command_satellite_join(const struct call *call, struct smartlic_error *err);
int command_satellite_sync(const struct call *call, struct smartlic_error *err);
int command_satellite_status(const struct call *call, struct smartlic_error *err);
int command_satellite_transfer(const struct call *call, struct smartlic_error *err);
int command_satellite_leave(const struct call *call, struct smartlic_error *err);

#endif
