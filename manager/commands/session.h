/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SESSION_H
#define MANAGER_SESSION_H

#include "authority/authority.h"
#include "commands/command.h"
#include "file.h"

/* An open data folder.  Zero to start; session_close() takes any state. */
struct session {
	struct ledger *ledger;
	/* these with session_open_authority() only */
	struct smartlic_crypto *crypto;
	struct pki *pki;
	struct authority_token_keys *token_keys;
	struct authority *authority;
};

/* DATA_DATABASE: 1 and its line, at most FILE_PATH_SIZE bytes with its NUL; 0 without that file. */
int session_url(char ret[FILE_PATH_SIZE], const char *data, struct smartlic_error *err);
/* Can it be the URL of a database? */
int session_check_url(const char *url, struct smartlic_error *err);
int session_write_url(const char *data, const char *url, struct smartlic_error *err);
/* Where the ledger of a data folder is, for ledger_open; at most FILE_PATH_SIZE bytes with its NUL.
 * SMARTLIC_E_NOT_FOUND: it is no data folder. */
int session_where(char ret[FILE_PATH_SIZE], const char *data, struct smartlic_error *err);

/* The ledger of --data alone: enough to list and to change what an administrator may; with the smart
 * account of --account selected. */
int session_open(struct session *s, const struct call *call, struct smartlic_error *err);
/* With keys and certificates: to make tokens and to answer. */
int session_open_authority(struct session *s, const struct call *call,
    struct smartlic_error *err);
void session_close(struct session *s);

/* DATA/NAME for the parts of a data folder.  Where it has DATA_DATABASE, a line with the URL of a
 * PostgreSQL database, the ledger is there and not in DATA_LEDGER. */
#define DATA_LEDGER     "ledger.db"
#define DATA_DATABASE   "database"
#define DATA_PKI        "pki"
#define DATA_TOKEN_KEYS "token.key"

/*
 * DATA/token.key: a line "number hex" for each key, number 1–247, 32 bytes; the last line's makes
 * new tokens, the others still know the tokens that they made.
 */
int token_keys_create(const char *path, struct smartlic_crypto *crypto,
    struct smartlic_error *err);
int token_keys_read(struct authority_token_keys *ret, const char *path,
    struct smartlic_error *err);

#endif
