/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_AUTHORITY_H
#define MANAGER_AUTHORITY_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "ledger/ledger.h"
#include "ledger/records.h"
#include "pki/pki.h"

/*
 * The heart of the manager, free of I/O but for the ledger: request bytes and a moment in,
 * response bytes out.  HTTP, offline answers, satellites and the simulation are its callers.
 */
struct authority;

/* Keys of DATA/token.key by their number (1–247). */
struct authority_token_keys {
	unsigned char key[248][SL_SHA256_LEN];
	unsigned char present[248];
	int current;
};

/* Borrows all of them for its life. */
int authority_new(struct authority **ret, struct smartlic_crypto *crypto, struct ledger *ledger,
    struct pki *pki, const struct authority_token_keys *token_keys,
    struct smartlic_error *err);
void authority_free(struct authority *authority);

/*
 * Answers one request.  `random` fills ids only.  0: *ret holds a signed response (DER);
 * SMARTLIC_E_STORE_BUSY: nothing was done, try later (503); < 0 otherwise: no response could be
 * made, nothing was committed.
 */
int authority_answer(struct authority *authority, const void *request, size_t len, int64_t now_s,
    int (*random)(void *ud, void *buf, size_t len), void *ud, struct sl_buf *ret,
    struct smartlic_error *err);

/*
 * The same in three steps, for one who answers many at once: what costs the processor comes before
 * and after, and all share one durable commit.  An exchange is one request on its way to its answer;
 * it belongs to the authority that prepared it, and that to one thread, but for authority_execute.
 */
struct exchange;
/* Reads the request and checks its signature; a certificate that it asks for is made.  Nothing is
 * written.  `random` is kept until authority_execute. */
int authority_prepare(struct exchange **ret, struct authority *authority, const void *request,
    size_t len, int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud,
    struct smartlic_error *err);
/* Executes them in this order, each wholly or not at all; when it returns, all that was done is
 * durable.  What failed is told by authority_seal.  They are of one authority, or all of such as write
 * by the same handle. */
void authority_execute(struct exchange *const *list, size_t n);
/*
 * What is executed is written by another handle of the same ledger, which authority_execute must
 * have for itself meanwhile, with its crypto.  Both are borrowed for the authority's life.  Then
 * authority_execute may run in another thread, while this authority prepares and seals others;
 * neither its keys nor its policy may become others meanwhile.
 * SQLite's handles forget what they have read when another one writes: so all write by one.
 */
int authority_write_by(struct authority *authority, struct ledger *writer,
    struct smartlic_crypto *crypto, struct smartlic_error *err);
/* The signed response: as authority_answer, which does not give up at the first
 * SMARTLIC_E_STORE_BUSY where another process came in the way: begin those again by
 * authority_exchange. */
int authority_seal(const struct exchange *exchange, struct sl_buf *ret, struct smartlic_error *err);
void authority_forget(struct exchange *exchange); /* NULL is allowed */
/* authority_answer for one who is to tell what it was: *ret is the exchange that was answered, the
 * caller's.  On failure it is left as it was. */
int authority_exchange(struct exchange **ret, struct authority *authority, const void *request,
    size_t len, int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud,
    struct sl_buf *ret_response, struct smartlic_error *err);
/* What a log may say of it. */
struct authority_outcome {
	const char *type;       /* NULL: it could not be read */
	enum sl_denial code;    /* SL_DENIED_NONE: ok */
	const char *request_id; /* "" where there is none */
};
/* Borrowed from the exchange. */
void authority_outcome(const struct exchange *exchange, struct authority_outcome *ret);
/* 0 when the ledger can be read. */
int authority_alive(struct authority *authority, struct smartlic_error *err);

/* Invites a satellite: makes the CA of satellites where there is none, and a token that is printed
 * once. */
struct authority_invitation {
	const char *name;
	const char *const *virtual_accounts; /* the first takes devices that come from elsewhere */
	size_t n_virtual_accounts;
	const char *tls_names; /* of its host, one a line */
	int64_t days;          /* of the token */
	const char *who;
};
int authority_satellite_create(struct authority *authority, const struct authority_invitation *i,
    int64_t now_s, struct sl_buf *ret, struct smartlic_error *err);
/* What a satellite serves is this authority's again; refused while its signer may be good. */
int authority_satellite_take_back(struct authority *authority, const char *name, const char *who,
    int64_t now_s, struct smartlic_error *err);

/* Who has not said that the next root is there, of all accounts; of satellites also those whose own
 * certificates are below the former one.  Nobody where there is no next root. */
struct authority_without {
	int64_t devices;
	int64_t satellites;
	char satellite[LEDGER_NAME_SIZE]; /* the first of them */
};
int authority_without_root(
    struct authority *a, struct authority_without *ret, struct smartlic_error *err);

/*
 * The former root is retired: it makes its last list, its key is gone, and nothing vouches for the
 * present one any more.  SMARTLIC_E_STATE while devices or satellites have not said that they have
 * that one (how many: *ret_without), unless `force`, or while something in use was issued by it.
 */
int authority_root_retire(struct authority *a, int force, int64_t now_s,
    struct authority_without *ret_without, struct smartlic_error *err);
/* The name in the ledger of the root that devices are to have next; 0: there is none. */
int authority_next_root(const struct authority *authority, char ret[LEDGER_ROOT_SIZE]);

/* What devices are told to do when, in seconds: doc/protocol.md, Policy.  They clamp it. */
struct authority_policy {
	int64_t renew_after_s, next_contact_s, ooc_poll_s, retry_s, collect_s, report_s;
};
/* In place of what authority_new set: 180 and 30 days, 12 hours, an hour, an hour, a day. */
void authority_set_policy(struct authority *authority, const struct authority_policy *policy);

/* How many threads judge the rows of a satellite's message; 1 from the begin.  What is answered does
 * not depend on it. */
void authority_set_threads(struct authority *authority, size_t n);

/*
 * Who keeps those waiting that try token after token.  wait_s is asked before the token of a
 * registration, or of a satellite that joins, is looked at, good or not: above 0 nothing is answered,
 * SMARTLIC_E_LIMIT.  failed is told of each token that is not known here.
 */
struct authority_guard {
	int64_t (*wait_s)(void *ud, int64_t now_s);
	void (*failed)(void *ud, int64_t now_s);
	/* Called before keys are read anew while a request is prepared: returns when nothing that this
	 * authority has prepared is being executed.  NULL: nothing ever is meanwhile. */
	void (*settle)(void *ud);
	void *ud;
};
/* Copied; NULL: none, as from the begin. */
void authority_set_guard(struct authority *authority, const struct authority_guard *guard);

/* What is due by the hour: licenses past their deadline, and reservations past their end, are
 * released; alerts come and go; the lists of revoked certificates are made anew where a day has
 * passed or something was revoked.  Nothing is due at a sealed ledger: that is its copy's. */
int authority_daily(struct authority *authority, int64_t now_s, struct smartlic_error *err);
/* The rest of it, which may take long: ledger_trim's step, again and again while it is 1, with others'
 * turns in between. */
int authority_trim(struct authority *authority, struct ledger_trim *run, int64_t now_s,
    struct smartlic_error *err);

/* ledger_instance_replace with a token's id, which `how` needs not have; the token's text where one
 * was made. */
int authority_instance_replace(struct authority *authority, const char *uuid_or_serial,
    const struct ledger_replace *how, int64_t now_s, struct ledger_replaced *ret,
    struct sl_buf *ret_token, struct smartlic_error *err);

/* A new token: makes the id, stores the row, gives the text (base64url). */
int authority_token_create(struct authority *authority, const struct ledger_token_new *token,
    int64_t now_s, struct sl_buf *ret, struct smartlic_error *err);

#endif
