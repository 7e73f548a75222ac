/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "commands/command.h"

const struct option_def option_defs[OPTIONS] = {
	[OPTION_DATA] = { "--data", "DIR", 0, "the data folder" },
	[OPTION_ACCOUNT] = { "--account", "NAME", 0, "name of the smart account" },
	[OPTION_LISTEN] = { "--listen", "ADDR:PORT", 0,
	    "where to listen (127.0.0.1:8443); port 0 picks a free one" },
	[OPTION_PORT_FILE] = { "--port-file", "FILE", 0, "file to write the port to" },
	[OPTION_TLS_NAME] = { "--tls-name", "NAME", 1,
	    "a further name or address of the TLS certificate; may be repeated" },
	[OPTION_DEBUG] = { "--debug", NULL, 0, "write a line for each request" },
	[OPTION_VIRTUAL_ACCOUNT] = { "--virtual-account", "NAME", 0,
	    "the virtual account (Default)" },
	[OPTION_DAYS] = { "--days", "N", 0, "how many days, 1 to 365" },
	[OPTION_NAME] = { "--name", "TEXT", 0, "a name to tell it by" },
	[OPTION_DESCRIPTION] = { "--description", "TEXT", 0, "what it is for" },
	[OPTION_EXPORT_CONTROLLED] = { "--export-controlled", NULL, 0,
	    "devices may use export-controlled functions" },
	[OPTION_UDI] = { "--udi", "PID:SN[:UUID]", 1,
	    "a device that it is bound to; may be repeated (any device)" },
	[OPTION_BY] = { "--by", "NAME", 0, "who does it (the user that runs this)" },
	[OPTION_USES] = { "--uses", "N", 0, "how many devices may use it (any number)" },
	[OPTION_TO] = { "--to", "FILE", 0, "the backup to make; nothing may have that name" },
	[OPTION_FROM] = { "--from", "FILE", 0, "the backup to go back to" },
	[OPTION_OUT] = { "--out", "DIR", 0, "the folder that answers are written to" },
	[OPTION_HEAD] = { "--head", "N:HASH", 0, "an end of the ledger that was noted earlier" },
	[OPTION_JSON] = { "--json", NULL, 0, "print JSON" },
	[OPTION_HELP] = { "--help", NULL, 0, "print this" },
	[OPTION_VERSION] = { "--version", NULL, 0, "print the version" },
};

#define O(name)         (UINT64_C(1) << OPTION_##name)
#define DATA            O(DATA)
#define VIRTUAL_ACCOUNT O(VIRTUAL_ACCOUNT)
#define JSON            O(JSON)

const struct command commands[] = {
	{ { "init" }, { NULL }, DATA | O(ACCOUNT), 0,
	    "makes a data folder: ledger, keys and certificates", command_init },
	{ { "serve" }, { NULL }, DATA,
	    O(LISTEN) | O(PORT_FILE) | O(TLS_NAME) | O(DEBUG),
	    "answers devices until it is told to end (SIGTERM)", command_serve },
	{ { "trust-anchor" }, { NULL }, DATA, 0,
	    "prints the root certificate that devices are to trust", command_trust_anchor },
	{ { "backup" }, { NULL }, DATA | O(TO), 0,
	    "copies the ledger, also while devices are answered", command_backup },
	{ { "restore" }, { NULL }, DATA | O(FROM), 0,
	    "goes back to a backup of the ledger; nothing else may run on the folder", command_restore },
	{ { "ledger", "verify" }, { NULL }, DATA, 1U << OPTION_HEAD | JSON,
	    "proves that no entry of the ledger was changed, and its sums", command_ledger_verify },
	{ { "audit", "list" }, { NULL }, DATA, JSON, "lists what was restored and adopted",
	    command_audit_list },
	{ { "offline", "answer" }, { "FILE..." }, DATA | O(OUT), JSON,
	    "answers requests that came by file; one bundle in, one out", command_offline_answer },
	{ { "virtual-account", "create" }, { "NAME" }, DATA, 0, "makes a virtual account",
	    command_virtual_account_create },
	{ { "license", "add" }, { "TAG", "COUNT" }, DATA, VIRTUAL_ACCOUNT,
	    "adds licenses to a pool", command_license_add },
	{ { "license", "set" }, { "TAG", "COUNT" }, DATA, VIRTUAL_ACCOUNT,
	    "makes a pool hold exactly that many licenses", command_license_set },
	{ { "license", "list" }, { NULL }, DATA, JSON, "lists the pools and what is in use",
	    command_license_list },
	{ { "token", "create" }, { NULL }, DATA | O(DAYS),
	    VIRTUAL_ACCOUNT | O(NAME) | O(DESCRIPTION) | O(USES) | O(EXPORT_CONTROLLED) | O(UDI) | O(BY),
	    "makes a registration token and prints it, this once", command_token_create },
	{ { "token", "list" }, { NULL }, DATA, JSON, "lists the registration tokens by their ids",
	    command_token_list },
	{ { "token", "show" }, { "TOKEN-ID" }, DATA, JSON,
	    "shows one: by whom, what for, its uses and the devices it is bound to", command_token_show },
	{ { "token", "revoke" }, { "TOKEN-ID" }, DATA, 0, "ends a token", command_token_revoke },
	{ { "instance", "list" }, { NULL }, DATA, JSON, "lists the product instances",
	    command_instance_list },
	{ { "instance", "show" }, { "UUID-OR-SERIAL" }, DATA, JSON,
	    "shows one instance: usage, compliance, contact, keys, alerts", command_instance_show },
	{ { "instance", "usage" }, { "UUID-OR-SERIAL" }, DATA, O(DAYS) | JSON,
	    "shows what one reported of its use over the last days (35)", command_instance_usage },
	{ { "instance", "remove" }, { "UUID-OR-SERIAL" }, DATA, 0,
	    "removes one: its licenses are free, its certificates revoked",
	    command_instance_remove },
};
const size_t n_commands = sizeof(commands) / sizeof(commands[0]);
