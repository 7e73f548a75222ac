/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SYNC_H
#define MANAGER_SYNC_H

#include "authority/authority_impl.h"
#include "authority/parallel.h"
#include "ledger/satellites.h"

/*
 * Synchronisation of a satellite with its upstream (doc/decisions/satellites.md): absolute rows,
 * one for each instance, both ways.
 */

/* Of what a sync's body means; the least that is still taken. */
#define SYNC_VERSION 1
#define SYNC_LEAST   1
#define SYNC_JOIN    "join"
#define SYNC_SYNC    "sync"
#define SYNC_PID     "SATELLITE" /* a satellite's UDI: this, the begin of its home's id, its home */

/* Bytes of rows in one message; what is left follows in the next. */
#define SYNC_ROWS_BYTES (SL_CONTENT_MAX / 2)
#define SYNC_ROWS_MAX   200
/* Of a satellite's message, where no samples come along: beside requests for certificates there is room
 * for a few transfers; where there are more, for fewer rows. */
#define SYNC_ROWS_BYTES_UP (SL_CONTENT_MAX - 16 * 1024)
#define SYNC_TRANSFERS_FEW 16
#define SYNC_ROWS_BYTES_FEWER (SL_CONTENT_MAX / 4 * 3)
/* A larger request is kept as no evidence: a row and it must fit into a message. */
#define SYNC_EVIDENCE_MAX (32 * 1024)

#define SYNC_KEYS_MAX 16

/* The lists that an upstream sends along, by their names in the message and in a satellite's ledger:
 * those of its roots, of the CA that issued the satellite's, and of others that issued satellites'. */
#define SYNC_LISTS       6
#define SYNC_LISTS_OTHER 3 /* the first of the latter */
extern const char *const sync_lists[SYNC_LISTS];

/* Of the two years of its CA's certificate, before a satellite asks for another one. */
#define SYNC_CA_LEFT_S (430 * DAY_S)

/* Of an instance, the latest: what is older has been told. */
#define SYNC_RESERVATIONS_MAX 8
#define SYNC_RESERVATIONS     "row.reservations"

/* Bytes of samples in one message, beside rows. */
#define SYNC_SAMPLES_BYTES (SL_CONTENT_MAX / 4)

/* The words of messages for states, by enum ledger_state and enum ledger_key_state. */
extern const char *const sync_states[];
extern const char *const sync_key_states[];

/* A row as it is read from a message, checked by itself. */
struct sync_row {
	struct ledger_row row; /* home as the sender names it */
	struct ledger_usage *usage;
	size_t n_usage;
	struct {
		struct ledger_key key;
		int64_t issued_s;
		struct sl_cert *cert;
	} keys[SYNC_KEYS_MAX];
	size_t n_keys;
	int has_last;
	struct ledger_request last;
	const char *last_body; /* borrowed from the message; NULL: not kept */
	/* every one that the sender knows, or none where it tells of none */
	struct sync_reservation {
		struct ledger_reservation v;
		struct ledger_usage *licenses;
		size_t n;
	} reservations[SYNC_RESERVATIONS_MAX];
	size_t n_reservations;
	struct sl_buf evidence;
	int64_t proven; /* the sequence of the request that it is; 0: of none */
};
/* 0, SMARTLIC_E_JSON with the member; release in any case. */
int sync_row_read(struct sync_row *ret, struct smartlic_crypto *crypto, const json_t *obj,
    struct smartlic_error *err);
void sync_row_release(struct sync_row *row);

/*
 * sync_rows.c: the rows that `peer` is to be told after a change, as many as there is room for, and at
 * least one, each with its keys and the evidence that is kept.  turn: given after each row to whoever
 * has something else to do; NULL: nobody.
 */
struct sync_rows {
	struct sl_buf text; /* a JSON array */
	size_t bytes;       /* what they take */
	int64_t after, upto;
	int more; /* there are others */
	size_t n;
	struct sync_change {
		int64_t change;
		char instance[SL_UUID_SIZE];
	} *changes; /* of the first n */
	size_t n_changes;
};
struct sync_turn {
	void (*give)(void *ud);
	void *ud;
};
int sync_rows_read(struct ledger *l, const char *peer, int64_t after, size_t room,
    const struct sync_turn *turn, struct sync_rows *ret, struct smartlic_error *err);
/* Would the same be read now that was read in another transaction?  1 or 0. */
int sync_rows_stand(struct ledger *l, const char *peer, const struct sync_rows *rows,
    struct smartlic_error *err);
void sync_rows_release(struct sync_rows *rows);

enum sync_verdict {
	SYNC_SAME = 0, /* it says what is known */
	SYNC_TAKEN,
	SYNC_OLDER, /* what is here is newer: the sender is to be told */
};
/* Newest issue wins, then the highest sequence; closure beats both.  As a pure function of both
 * rows; have NULL: not known here. */
enum sync_verdict sync_judge(const struct ledger_row *have, const struct ledger_row *in);
/* Members of a row or another object: absent is "", a UUID must be there; a list of tags and
 * counts, to be freed in any case. */
int sync_text_read(const json_t *obj, const char *path, const char *key, char *ret, size_t size,
    struct smartlic_error *err);
int sync_uuid_read(const json_t *obj, const char *path, const char *key, char ret[SL_UUID_SIZE],
    struct smartlic_error *err);
int sync_usage_read(const json_t *list, const char *path, struct ledger_usage **ret, size_t *ret_n,
    struct smartlic_error *err);

/* sync_reservations.c: the row's reservations, written, read, and taken where the instance is at
 * home as the row says. */
int sync_put_reservations(
    struct ledger *l, const char *instance, json_t *row, struct smartlic_error *err);
int sync_reservations_read(struct sync_row *in, const json_t *obj, struct smartlic_error *err);
int sync_reservations_apply(
    struct ledger *l, const struct sync_row *in, int64_t now_s, struct smartlic_error *err);
/* Is one open here that the row does not know?  1 or 0. */
int sync_reservation_is_news(
    struct ledger *l, const struct sync_row *in, struct smartlic_error *err);

/* Does as sync_judge says, inside the transaction; home and va of the row are as they are to be
 * written here. */
int sync_row_apply(struct ledger *l, const struct sync_row *in, const char *token, int64_t now_s,
    enum sync_verdict *ret, struct smartlic_error *err);

/* Of rows that say the same of what was executed, the upstream's says where it belongs; a newer one
 * of ours is to be told. */
int sync_prefer_upstream(struct ledger *l, const struct sync_row *in, const char *upstream,
    int64_t now_s, struct smartlic_error *err);

/* ---- kept from message to message (sync_kept.c) --------------------------- */

#define SYNC_LOOK_S 60
struct sync_kept {
	struct sync_rows ahead; /* .changes NULL: nothing was read ahead */
	int64_t asked_upto;     /* what the last request told, and whether there was more */
	int asked_more;
	/* when the ends of its own certificates were looked at, and of which reading of the folder */
	int64_t looked_s;
	unsigned int looked_reads;
	struct sync_trust {
		struct sl_buf of; /* every byte that it was made of */
		struct sl_trust *trust[PARALLEL_MAX];
	} answers, rows;
};
/* NULL: no memory. */
struct sync_kept *sync_kept(struct authority *a);
/* Its own certificates end in weeks, if at all: of many rounds not each reads them.  1: they were looked
 * at in this minute, and are those. */
int sync_looked(const struct authority *a, int64_t now_s);
void sync_look(struct authority *a, int64_t now_s);
/* Borrowed, until the next call: whom to believe answers of the upstream … */
int sync_trust_answers(struct authority *a, struct sl_trust **ret, struct smartlic_error *err);
void sync_distrust_answers(struct authority *a);
/* … and certificates of devices in rows: one for each of a->threads, all alike. */
int sync_trust_rows(struct authority *a, struct sl_trust *const **ret, struct smartlic_error *err);

/* ---- the upstream --------------------------------------------------------- */

/* join.c */
/* Has an answer to `join` be bound where the request is signed by the key that it wants certified:
 * what is refused before that is looked at, a version, is to reach who asked in a file too. */
int join_bind(struct exchange *x, const json_t *body, struct smartlic_error *err);
int execute_join(struct exchange *x, const json_t *body, struct smartlic_error *err);
/* What every answer tells: virtual accounts, quantities, lists, versions. */
int sync_put_state(struct exchange *x, const struct ledger_satellite *sat, json_t *body,
    struct smartlic_error *err);
/* Certifies what the body asks for; *ret_ca: the satellite's CA (counted), left alone if it was
 * not. */
int sync_certify(struct exchange *x, const struct ledger_satellite *sat, const json_t *body,
    struct sl_cert **ret_ca, json_t *certificates, struct smartlic_error *err);

/* sync_split.c: a message's text without its rows, and the text of each (borrowed); 1, or 0: it is to be
 * read as a whole. */
struct sync_split {
	struct sl_buf rest;
	struct sl_der *rows;
	size_t n;
};
int sync_split(
    struct sync_split *ret, const void *content, size_t len, struct smartlic_error *err);
void sync_split_release(struct sync_split *split);
/*
 * sync_check.c: reads the rows of a list into as many candidates, and judges which may be applied; those
 * that are not are named, with why.  The same whatever a->threads is.
 */
struct sync_candidate {
	struct sync_row row;
	int refused;
	json_t *obj; /* row borrows from it */
	/* while it is judged */
	int r; /* whether it could be read and verified, and why not */
	struct smartlic_error err;
	unsigned int uncertified; /* bit k: keys[k] is not known here */
	const char *why;          /* it is refused */
};
struct sync_checking {
	struct authority *a;
	const struct ledger_satellite *sat;
	int64_t cursor; /* up to which change the satellite has been told */
	int64_t now_s;
	const json_t *list;
	const struct sync_split *split; /* the list is empty, and these are its rows; NULL: it is not */
};
/* As many rows as the list has; SMARTLIC_E_JSON: one that was cut out is no JSON. */
int sync_check_rows(const struct sync_checking *how, struct sync_candidate **ret, size_t *ret_n,
    json_t *refused, struct smartlic_error *err);
void sync_candidates_free(struct authority *a, struct sync_candidate *rows, size_t n);
/* One more that was not taken, and why; of very many not all are named. */
int sync_refuse(json_t *refused, const char *instance, const char *why);
/* Takes the samples that came along, each once, and acknowledges them. */
int sync_take_samples(struct ledger *l, const struct ledger_satellite *sat, const json_t *body,
    int64_t now_s, json_t *refused, json_t *out, struct smartlic_error *err);

/* ---- the satellite -------------------------------------------------------- */

/* The samples that the upstream has not acknowledged, as many as fit; and those that the answer
 * acknowledges are told. */
int sync_put_samples(struct ledger *l, json_t *body, int *ret_more, struct smartlic_error *err);
int sync_samples_told(struct ledger *l, const json_t *body, struct smartlic_error *err);

/* The upstream of a satellite that has not left; SMARTLIC_E_INVAL otherwise. */
int sync_upstream(struct authority *a, struct ledger_upstream *ret, struct smartlic_error *err);
/* The next request to the upstream, with its certificates, and remembered as the one whose answer
 * is awaited.  One that goes as a file stays open, beside one that goes at once, until an answer is
 * taken, another file is made or the ledger is restored. */
#define SYNC_LEAVE   1 /* hands everything back, with the last rows */
#define SYNC_BY_FILE 2
int sync_ask(struct authority *a, unsigned int flags, int64_t now_s,
    int (*random)(void *ud, void *buf, size_t len), void *ud, struct sl_buf *ret,
    struct smartlic_error *err);
/* While an answer is awaited: reads what the next request will tell, if there is more.  sync_ask takes it
 * only where it would read the same. */
int sync_read_ahead(
    struct authority *a, const struct sync_turn *turn, struct smartlic_error *err);
struct sync_outcome {
	int64_t rows_up, rows_down;
	int more;          /* another round has something to carry */
	int left;          /* this satellite serves no more */
	int renewed;       /* certificates are new: read them again */
	char refused[256]; /* the first row that the upstream did not take, and why; "" none */
};
/* Judges and applies an answer.  SMARTLIC_E_REFUSED with the upstream's own text. */
int sync_answer(struct authority *a, const void *der, size_t len, int64_t now_s,
    struct sync_outcome *ret, struct smartlic_error *err);

/* sync_arrived.c: an answer's rows, inside the transaction; *ret_taken counts them. */
int sync_rows_take(struct authority *a, const struct ledger_upstream *u, const json_t *list,
    int64_t now_s, int64_t *ret_taken, struct smartlic_error *err);

/* When a server synchronises by itself, where the upstream's address is known: at its start (asked
 * is 0), a day after the last time, and each hour while that fails. */
#define SYNC_EVERY_S INT64_C(86400)
#define SYNC_RETRY_S INT64_C(3600)
int sync_is_due(const struct ledger_upstream *u, int asked, int64_t now_s);
/* What went wrong is kept, for 'satellite status' and the timetable. */
int sync_failed(struct authority *a, const struct smartlic_error *why, int64_t now_s,
    struct smartlic_error *err);

/* An answer of the upstream whose signature, chain, times and lists are good and that is bound to
 * the request named; *ret is its JSON.  An error's code and text are in err: SMARTLIC_E_REFUSED,
 * and *ret_code. */
struct sync_expected {
	const char *type, *request_id, *sha256, *home;
	const struct sync_expected *other; /* another one that is open too; NULL: none */
};
/* A root that comes along, and what vouches for it; counted, NULL: none does. */
struct sync_root {
	struct sl_cert *root, *cross;
};
void sync_root_release(struct sync_root *root);
int sync_open_answer(json_t **ret, struct smartlic_crypto *crypto, struct sl_trust *trust,
    const struct sync_expected *expected, const void *der, size_t len, struct sync_root *ret_root,
    enum sl_denial *ret_code, struct smartlic_error *err);
/* The text of an object with one member more, which is text already. */
int sync_text_with(struct sl_buf *ret, const json_t *obj, const char *key, const char *value,
    size_t len, struct smartlic_error *err);
/* The header of a request to the upstream around a body; roots: the ids of those that are known, or
 * NULL; their reference is taken over, and so is a body's that is no text yet. */
int sync_request_with(struct sl_buf *ret, const char *type, const char *request_id,
    const char *home, int64_t sequence, const char *ledger, json_t *roots, int64_t now_s,
    const struct sl_buf *body, struct smartlic_error *err);
int sync_request_text(struct sl_buf *ret, const char *type, const char *request_id,
    const char *home, int64_t sequence, const char *ledger, json_t *roots, int64_t now_s,
    json_t *body, struct smartlic_error *err);
/* The UDI under which a home speaks to its upstream. */
void sync_udi(struct sl_udi *ret, const char *home);
/* Base64 of DER as a string; and a member of that kind, appended, if it is there. */
json_t *sync_der_json(const void *der, size_t len);
int sync_der_read(const json_t *obj, const char *path, const char *key, struct sl_buf *ret,
    struct smartlic_error *err);
/* Takes what an answer to join or sync says of virtual accounts, pools and lists. */
int sync_take_accounts(struct ledger *l, const json_t *body, int64_t now_s, int64_t *ret_first,
    struct smartlic_error *err);
int sync_take_lists(
    struct ledger *l, const json_t *body, int64_t now_s, struct smartlic_error *err);

#endif
