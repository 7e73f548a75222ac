/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_AUTHORITY_IMPL_H
#define MANAGER_AUTHORITY_IMPL_H

#include "authority/authority.h"
#include "json_put.h"
#include "authority/order.h"
#include "authority/request_read.h"
#include "envelope.h"
#include "ledger/records.h"
#include "ledger/satellites.h"

/* Shared by the files of authority/ only. */

#define DAY_S                  INT64_C(86400)
#define AUTHORITY_CACHED_CERTS 1024
#define AUTHORITY_LISTS        (PKI_SATELLITES + 2) /* each issuer's, and the former root's */

struct authority {
	struct smartlic_crypto *crypto;
	struct ledger *ledger;
	struct authority *twin; /* by which it executes; NULL: by itself */
	struct pki *pki;
	const struct authority_token_keys *token_keys;
	struct sl_trust *trust;
	unsigned int trust_reads; /* pki_reads() when it was made */
	struct sync_kept *sync; /* sync_kept.c; NULL: nothing */
	int64_t sync_version, sync_least; /* of `join` and `sync`: which are spoken here */
	size_t threads;         /* that judge the rows of a satellite's message */
	struct authority_policy policy;
	struct authority_guard guard; /* all 0: none */
	/* Parsed certificates of known keys by the first bytes of their identifier: parsing costs
	 * several times what a check does, and an instance's key is certified once. */
	struct {
		char ski[LEDGER_SKI_HEX];
		struct sl_cert *cert;
	} cache[AUTHORITY_CACHED_CERTS];
	/* The lists that go with answers, as the ledger had them in that second. */
	struct {
		int64_t read_s; /* DB_NULL_INT: not read */
		const struct sl_cert *ca;
		struct sl_buf list;
	} lists[AUTHORITY_LISTS];
};

/* Who signed a request. */
enum signer_kind {
	SIGNER_NOBODY = 0,
	SIGNER_KEY,   /* a key that the ledger holds */
	SIGNER_CHAIN, /* an embedded certificate of role device that leads to the root */
	SIGNER_SATELLITE, /* an embedded certificate of role satellite: good for sync alone */
	SIGNER_SELF,  /* an embedded certificate of nobody's: good for register's CSR alone */
};

struct signer {
	enum signer_kind kind;
	char ski[LEDGER_SKI_HEX];
	char instance[SL_UUID_SIZE]; /* of SIGNER_KEY: whose it is */
	struct sl_cert *cert;  /* counted */
	struct sl_cert *other; /* SIGNER_KEY, counted: another good certificate of the same key that
				* the envelope brought; NULL: none */
	unsigned char issuer[SL_SKI_LEN]; /* of SIGNER_CHAIN, SIGNER_SATELLITE: the issuing CA's key */
	int revoked;           /* of SIGNER_CHAIN and `other`: a certificate of the chain is */
};

/* One request on its way to its answer. */
struct exchange {
	struct authority *a;
	int64_t now_s;
	int (*random)(void *ud, void *buf, size_t len);
	void *random_ud;

	const void *bytes; /* the request's bytes, while it is prepared */
	size_t bytes_len;
	/* whose request it is; "" until it has said so, and then nothing is found in the ledger */
	char account[SL_UUID_SIZE];
	struct sl_buf raw; /* as it came, where it is to be kept: at a satellite */
	struct signer signer;
	int embedded; /* the request brought certificates */
	struct request request;
	char flaw[256]; /* where request.denial says that something is wrong: what */
	char sha256[SL_SHA256_HEX];
	int bound; /* its signature was good */

	/* the answer */
	enum sl_denial code; /* SL_DENIED_NONE: ok, with body */
	char message[256];
	int64_t synchronised_s; /* of a satellite, when it last was one with its upstream */
	int64_t sync_sequence; /* of a satellite's request */
	struct sync_split *split; /* its rows, while it is prepared; NULL: they are in it */
	int64_t version;  /* unsupported_version of sync: the other side's; -1 none */
	int64_t sequence; /* superseded, out_of_sync; -1 none */
	char home[9];
	char removed_by[128];
	int64_t removed_s;  /* DB_NULL_INT: none */
	struct sl_buf body; /* JSON */

	/* between prepare and execute */
	int decided; /* the answer is known: refused, or a repeat */
	struct registration *registration;
	struct execution *execution;
	char ledger[SL_UUID_SIZE]; /* by which it was executed; "" it was not */
	struct smartlic_error failure; /* .code != 0: there is no answer */
};

/* verify.c: finds the signer, checks the signature and the right to sign.  0 and *ret_content, or
 * < 0; SMARTLIC_E_SIGNATURE is the request's own fault. */
int exchange_verify(struct exchange *x, struct sl_envelope *envelope, const void **ret_content,
    size_t *ret_len, struct smartlic_error *err);

/* Runs a step of an exchange in its account; what was selected before is so again. */
int exchange_step(struct exchange *x, int (*step)(struct exchange *x, struct smartlic_error *err),
    struct smartlic_error *err);
/* answer.c, while it is prepared: does this authority have satellites?  1 or 0.  Where none is known
 * the keys are read anew: another process may have invited the first. */
int exchange_has_satellites(struct exchange *x, struct smartlic_error *err);
/* answer.c: the request is one of this account. */
void exchange_in(struct exchange *x, const char *account);

/* respond.c: the answer, signed. */
int exchange_respond(const struct exchange *x, struct sl_buf *ret, struct smartlic_error *err);
/* Denies with a text; returns 0, so that callers write: return exchange_deny(…); */
int exchange_deny(struct exchange *x, enum sl_denial code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A body's text, appended; takes the body over (its reference too).  SMARTLIC_E_NOMEM when it is
 * NULL. */
int body_text(struct sl_buf *ret, json_t *body, struct smartlic_error *err);
/* The same, of the answer. */
int exchange_body(struct exchange *x, json_t *body, struct smartlic_error *err);
/* The answer's body was written by json_put: 0, or SMARTLIC_E_NOMEM. */
int exchange_written(struct exchange *x, struct smartlic_error *err);
/* It has no members. */
int exchange_nothing(struct exchange *x, struct smartlic_error *err);

/*
 * register.c, instance.c: before the ledger is locked, x->decided set where nothing is left to do;
 * and with it.
 */
int prepare_register(struct exchange *x, struct smartlic_error *err);
int execute_register(struct exchange *x, struct smartlic_error *err);
void registration_free(struct registration *g);
int prepare_instance(struct exchange *x, struct smartlic_error *err);
/* register.c, for all that comes with a token: not even a good one is told from others while its
 * sender is kept waiting, SMARTLIC_E_LIMIT; and each that is not known is told of. */
int exchange_ask_guard(struct exchange *x, struct smartlic_error *err);
int exchange_deny_token(struct exchange *x, const char *text);
/* sync.c: request_read for what a satellite has signed, whose rows may be left as text; that is borrowed
 * from the content, and forgotten before it goes. */
int sync_read(struct exchange *x, const void *content, size_t len, struct smartlic_error *err);
void sync_forget_text(struct exchange *x);
/* A satellite joins, or synchronises: all of it, in transactions of its own. */
int is_sync(const struct request *request);
int execute_sync(struct exchange *x, struct smartlic_error *err);
void sync_kept_free(struct sync_kept *kept); /* NULL is allowed */
/* The rule of order, then one of the functions below. */
int execute_instance(struct exchange *x, struct smartlic_error *err);
void execution_free(struct execution *e);

enum adopt { ADOPT_NOTHING = 0, ADOPT_KEY, ADOPT_INSTANCE };

/*
 * What execute_instance found and the executing functions change; they run inside its transaction
 * and leave the answer's body in x.
 */
struct execution {
	struct ledger_row row;
	struct ledger_key key;
	enum adopt adopt;              /* what of row and key is not in the ledger yet */
	/* the request was refused before, and is so again: x->body has the text */
	enum sl_denial repeated;
	char moved_from[SL_UUID_SIZE]; /* the key is, for this instance; "" it is not */
	/* renew-id, made before the transaction */
	struct sl_buf spki;
	char new_ski[LEDGER_SKI_HEX];
	struct sl_cert *certificate; /* counted */
};
int execute_renew_id(struct exchange *x, struct execution *e, struct smartlic_error *err);
int execute_authorize(struct exchange *x, struct execution *e, struct smartlic_error *err);
int execute_deregister(struct exchange *x, struct execution *e, struct smartlic_error *err);
int execute_report(struct exchange *x, struct execution *e, struct smartlic_error *err);
int execute_reserve(struct exchange *x, struct execution *e, struct smartlic_error *err);
int execute_return(struct exchange *x, struct execution *e, struct smartlic_error *err);

/* visit.c: the instance was at home elsewhere, and is here from now on: in its virtual account, if
 * this home serves that one, else in the one for devices from elsewhere. */
int bring_home(struct exchange *x, struct ledger_row *row, struct smartlic_error *err);
/* The number of the virtual account that devices from elsewhere enter. */
int va_of_strangers(struct authority *a, int64_t *ret, struct smartlic_error *err);
/* Was the key that signed certified by another home of the account?  1 and the token that stands
 * for the lost one. */
int certified_elsewhere(const struct exchange *x, char ret_token[2 * SL_TOKEN_ID_LEN + 1],
    struct smartlic_error *err);
/* May this home answer?  A satellite that has left, or whose signer has ended, may not. */
int check_home(struct exchange *x, struct smartlic_error *err);
/* A satellite keeps the request that a row rests on. */
int keep_evidence(struct exchange *x, const char *instance, struct smartlic_error *err);

/* adopt.c: an id of a time that no home's clock is at.  The later one wins, so that behind the last
 * of all no device could register anew. */
int instance_is_ahead(const char *instance, int64_t now_s);

/*
 * adopt.c: what a restored ledger has lost, or another home has certified.  The first two fill e as if it were there; 1: so they
 * did, or it is there; 0: nothing is to be adopted.  adopt_write adds it, inside the transaction.
 */
int adopt_instance(struct exchange *x, struct execution *e, struct smartlic_error *err);
int adopt_key(struct exchange *x, struct execution *e, struct smartlic_error *err);
int adopt_write(struct exchange *x, struct execution *e, struct smartlic_error *err);

/* authorize.c: takes the usage of the request for the row, which the caller writes afterwards, and
 * appends the members of an authorization, as register and authorize answer it. */
int take_usage(
    struct exchange *x, struct ledger_row *row, struct sl_buf *ret, struct smartlic_error *err);

/* ends.c: alerts of certificates and lists that are to be renewed. */
int watch_ends(struct authority *a, int64_t now_s, struct smartlic_error *err);

/* One of an authorization's entitlements, as it is judged. */
void put_entitlement(struct sl_buf *ret, const struct ledger_usage *u, const char *status);

/* policy.c */
void policy_default(struct authority_policy *ret);
void put_policy(struct sl_buf *ret, const struct authority *a, const struct ledger_row *row);

/* certify.c: the ID certificate of an instance, in place of what *ret holds. */
int certify(struct exchange *x, const struct sl_buf *spki, const struct sl_udi *udi,
    const char *instance, struct sl_cert **ret, struct smartlic_error *err);
/* Writes the key and its certificate to the ledger. */
int certify_store(struct exchange *x, const struct ledger_key *key, const struct sl_cert *cert,
    struct smartlic_error *err);
/* The list of leaf, issuing CA, of a satellite's also its CA's issuer, in base64. */
int certify_put(const struct exchange *x, const struct sl_cert *cert, struct sl_buf *ret,
    struct smartlic_error *err);
/* The CA of ours that issued what such an answer's body brings; NULL: it cannot be told. */
struct sl_cert *certified_by(const struct exchange *x);

/* lists.c: the current list of an issuer; one is made where there is none or it is a day old. */
int current_list(struct authority *a, enum pki_issuer issuer, int64_t now_s, struct sl_buf *ret,
    struct smartlic_error *err);
/* The same of any issuing CA, also of a former one; ca: borrowed from pki. */
int issuing_list(struct authority *a, const struct sl_cert *ca, int64_t now_s, struct sl_buf *ret,
    struct smartlic_error *err);
/* … of any CA of satellites. */
int satellites_list(struct authority *a, const struct sl_cert *ca, int64_t now_s,
    struct sl_buf *ret, struct smartlic_error *err);
/* … and of any root. */
int root_list(struct authority *a, const struct sl_cert *root, int64_t now_s, struct sl_buf *ret,
    struct smartlic_error *err);
/* A root's last list: until its end. */
int last_root_list(
    struct authority *a, const struct sl_cert *root, int64_t now_s, struct smartlic_error *err);
/* The present root's, as it is kept: 1 found, 0 not. */
int kept_root_list(struct authority *a, struct sl_buf *ret, struct smartlic_error *err);
/* Of a satellite: does a list that its upstream has sent revoke one of the chain?  1 or 0. */
int upstream_revokes(struct authority *a, const struct sl_chain *chain, int64_t now_s,
    struct smartlic_error *err);
/* The names of an issuing CA's, a root's, a CA of satellites' list in the ledger. */
#define LIST_NAME_SIZE 32
void issuing_list_name(char ret[LIST_NAME_SIZE], const struct sl_cert *ca);
void root_list_name(char ret[LIST_NAME_SIZE], const struct sl_cert *ca);
void satellites_list_name(char ret[LIST_NAME_SIZE], const struct sl_cert *ca);

/* answer.c: the roots as anchors, the CAs below them as known: devices may leave them out. */
int authority_fill_trust(
    const struct authority *a, struct sl_trust *trust, struct smartlic_error *err);

/* roots.c: which of the authority's next roots the sender of a request has, for its row. */
void note_root(const struct exchange *x, char ret[LEDGER_ROOT_SIZE]);
/* Is it to be told of the next root?  1 or 0. */
int lacks_root(const struct exchange *x);

/* token.c: from id to secret; 1, or 0 when its key is not here. */
int token_secret(const struct authority *a, const unsigned char id[SL_TOKEN_ID_LEN],
    unsigned char ret[SL_TOKEN_SECRET_LEN], struct smartlic_error *err);
/* The 4 bytes of this home's id that its tokens carry. */
int token_home(const struct authority *a, unsigned char ret[4], struct smartlic_error *err);

#endif
