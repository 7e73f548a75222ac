/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_AGENT_H
#define SL_AGENT_H

#include <smartlic/agent.h>

#include "answer.h"
#include "error.h"
#include "fsm.h"
#include "journal.h"
#include "record.h"
#include "store.h"
#include "timers.h"
#include "trace.h"
#include "trust.h"

#define SL_TRANSPORT_SATELLITE "satellite"

/*
 * The agent's inside, shared by agent*.c and status.c alone.
 *
 * What must survive is in `rec`; it changes by transactions only: sl_agent_begin() copies it, the
 * change is made on the copy, sl_agent_commit() stores the copy and then makes it the record, or
 * leaves everything as it was.  Events are noted on the way and published by the commit.
 */
struct sl_options {
	struct smartlic_option *item; /* key and value owned */
	size_t n;
};

/* What keeps a destination that is configured from being used. */
enum sl_call_home {
	SL_CALL_HOME_ACTIVE = 0,
	SL_CALL_HOME_NO_SERVICE, /* "no service active" */
	SL_CALL_HOME_NO_PROFILE, /* "no active" in the profile */
};

struct smartlic_agent {
	struct smartlic_error err;
	struct smartlic_env env; /* complete */
	struct smartlic_crypto *own_crypto;
	char boot_id[SMARTLIC_BOOT_ID_LEN];

	struct sl_slots slots;
	int has_store;
	int read_only;
	struct sl_record rec;
	int dirty;   /* rec holds what the store has not */
	int foreign; /* the store is another device's: nothing of it is used, and it is left alone
			until this device registers */
	int64_t stored_floor_s;    /* of the last commit */
	int64_t loaded_elapsed_ms; /* of the start */
	int64_t hold_until_ms;     /* mono_ms: store or memory failed, nothing is tried before */

	struct sl_udi udi; /* the platform's; pid "" until it is set */

	const struct smartlic_transport_ops *ops;
	char transport[33]; /* its name, "" before it is set */
	char *transport_dir;
	struct sl_options options;
	struct sl_options call_home_lines; /* what settings say of it, to be shown */
	struct smartlic_host host;
	enum sl_call_home call_home;
	/* who the outcome in work is from, as far as the transport tells */
	char peer[SL_PEER_SIZE];
	void *tp;        /* opened */
	int in_flight;   /* it has the open request */
	int64_t sent_ms; /* mono_ms of that */
	int talked;   /* the identity's certificates went out, or came, since the start or a change
		       * of destination */
	int sends;    /* of the open request, in this process */
	int embedded; /* its last envelope bore certificates */
	int embed;    /* the next one must: the authority did not know the key */
	int use_previous;    /* … and with the key before */
	int resyncs;         /* requests made anew in a row */
	int commanded;       /* an operator waits: failures are said, though said before */
	int tolerated;       /* REVOCATION_TOLERATED was said */
	int64_t returned_ms; /* mono_ms: when a return was confirmed last */
	int returns;         /* so many, with less than an hour between them */

	/* The identity's key that was last signed with, as the record has it and as OpenSSL does,
	 * which takes longer to read one than to sign (agent_sign.c). */
	struct sl_buf kept_der;
	struct sl_key *kept_key;

	struct sl_trust *trust;
	char *anchors; /* PEM */
	size_t anchors_len;
	enum sl_revocation revocation;

	char anchors_sha256[SL_SHA256_HEX]; /* of them all, "" where there are none */
	int transport_stale;                /* it was opened before another root was taken */

	char hostname[254]; /* "" where the host did not tell */
	uint32_t privacy;   /* enum smartlic_privacy: what is not sent */

	struct smartlic_catalog *catalog;
	int has_inventory, inventory_empty;
	char inventory_source[200]; /* as the settings name it */

	int telling; /* the host's log is */
	int64_t wall_ms, mono_ms; /* as of the last tick */
	struct sl_journal journal;
	struct sl_trace trace; /* stored by commits that happen anyway */

	struct smartlic_status status; /* what the last snapshot borrowed from */
	struct smartlic_entitlement *entitlements;
	char (*short_names)[SL_TAG_SIZE];
	struct smartlic_timer timers[SL_TIMERS];
	struct smartlic_license *reserved;
	char consequence[400];
};

/* ---- agent_store.c: time, transactions ------------------------------------------------ */

/*
 * The begin of what changes something: 0 and no error, or SMARTLIC_E_STATE where the host's log, which
 * is being told something, calls back: what is at work under it is half done, and its error stays.
 */
int sl_agent_enter(struct smartlic_agent *a);
/* Tells the host's log, and what the journal has for it. */
void sl_agent_tell(struct smartlic_agent *a, int level, const char *text);
void sl_agent_publish(struct smartlic_agent *a);
/* Looks at the clocks; every entry point does so first. */
void sl_agent_tick(struct smartlic_agent *a);
int64_t sl_agent_mono_ms(const struct smartlic_agent *a);
struct sl_moment sl_agent_now(const struct smartlic_agent *a);
uint32_t sl_agent_random(struct smartlic_agent *a);
int sl_agent_uuid(struct smartlic_agent *a, char ret[37], struct smartlic_error *err);

int sl_agent_load(struct smartlic_agent *a);
/* The platform's UDI is known or has changed: is the store this device's? */
int sl_agent_bind(struct smartlic_agent *a);
void sl_agent_begin(struct smartlic_agent *a, struct sl_record *next);
/* Stores, adopts, publishes; or drops and retracts.  `both`: in each slot. */
int sl_agent_commit(struct smartlic_agent *a, struct sl_record *next, int both);
void sl_agent_abort(struct smartlic_agent *a, struct sl_record *next);
/* The certificates, roots and lists that the store holds join the anchors. */
int sl_agent_build_trust(struct smartlic_agent *a, const char *anchors, size_t len);

/* ---- agent_trace.c: what is told ------------------------------------------------------- */

void sl_agent_note(struct smartlic_agent *a, enum sl_note note, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* For the trace, and the host's log at level DEBUG; never a secret. */
void sl_agent_trace(struct smartlic_agent *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same of what is configured and counted. */
void sl_agent_trace_call_home(struct smartlic_agent *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A line of the transport's, for the host's log with its level. */
void sl_agent_trace_transport(struct smartlic_agent *a, int level, const char *text);
void sl_agent_trace_platform(struct smartlic_agent *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- agent_state.c: the machines' owner ------------------------------------------------ */

/* The only places where the two states change.  A failure without details was said before. */
void sl_agent_feed(
    struct smartlic_agent *a, struct sl_record *rec, enum sl_reg_event ev, const char *details);
void sl_agent_feed_auth(
    struct smartlic_agent *a, struct sl_record *rec, enum sl_auth_event ev, const char *details);
int sl_agent_has_identity(const struct sl_record *rec);
/* What is missing before anything can be sent: "", or "udi", "destination", … */
/* By folders, where others have a destination. */
int sl_agent_goes_by_file(const struct smartlic_agent *a);
/* Where requests go, for texts: a destination, a domain or a folder; NULL: nowhere yet. */
const char *sl_agent_way(const struct smartlic_agent *a);
/* The table is there and says that its answers may come days later. */
int sl_agent_is_deferred(const struct smartlic_agent *a);
const char *sl_agent_missing(const struct smartlic_agent *a);
int sl_agent_ready(const struct smartlic_agent *a);
/* Tells the machine whether the device is configured. */
void sl_agent_configured(struct smartlic_agent *a);
/* What is due. */
int sl_agent_expire(struct smartlic_agent *a);
/* The timer that makes a type of request due; SL_TIMERS: none does. */
enum sl_timer sl_agent_timer_of(int type);
int64_t sl_agent_retry_ms(struct smartlic_agent *a, const struct sl_record *rec, int type);

/* ---- agent_notice.c: what is said once, when it begins ----------------------------------- */

/* 1: something was said, and is in the store as said. */
int sl_agent_notice(struct smartlic_agent *a);
/* Entitlements that are judged in another way, where the whole is what it was. */
void sl_agent_note_entitlements(struct smartlic_agent *a, const struct sl_record *next);
/* Which anchors these are, for a later look. */
int sl_agent_know_anchors(struct smartlic_agent *a, struct sl_trust *trust);

/* ---- agent_commands.c: what commands have in common --------------------------------------- */

enum sl_needs { SL_NEEDS_STORE = 0, SL_NEEDS_READY, SL_NEEDS_IDENTITY };
/* 0, or SMARTLIC_E_STATE with what comes first. */
int sl_agent_need_store(struct smartlic_agent *a, const char *what);
/* The begin of a command: the clocks, and what it needs. */
int sl_agent_command(struct smartlic_agent *a, const char *what, enum sl_needs needs);
/* An operator waits: what is open goes out now, whatever it was waiting for. */
void sl_agent_hurry(struct smartlic_agent *a);
/* What it was about is asked for again later: also when a registration that takes its place is
 * refused, and the identity stays the old one. */
void sl_agent_cancel_open(struct smartlic_agent *a, struct sl_record *next);

/* ---- agent_sign.c ----------------------------------------------------------------------- */

/* The signed bytes of an open request. */
int sl_agent_sign(struct smartlic_agent *a, const struct sl_record *rec, int previous, int embed,
    struct sl_buf *ret);
/* The key that is kept is wiped: where the record does not have it any more, and in any case. */
void sl_agent_check_key(struct smartlic_agent *a);
void sl_agent_drop_key(struct smartlic_agent *a);

/* ---- agent_request.c: making and sending ----------------------------------------------- */

struct sl_ask {
	enum sl_msg_type type;
	const struct sl_token *token; /* register */
	int force;
	const struct sl_usage *licenses; /* reserve */
	size_t n_licenses;
};
int sl_agent_sends_hostname(const struct smartlic_agent *a);
/* Makes next->open and takes its sequence; the caller commits. */
int sl_agent_make(struct smartlic_agent *a, struct sl_record *next, const struct sl_ask *ask);
/* 1: sent, or failed to; < 0: a local failure. */
int sl_agent_send(struct smartlic_agent *a);
/* Forgets what is on its way, and what was tried for it. */
void sl_agent_unsend(struct smartlic_agent *a);
/* A transport by the agent's options: 0, or an error code with `text` (cap bytes). */
int sl_agent_open_transport(struct smartlic_agent *a, void **ret, char *text, size_t cap);
void sl_agent_close_transport(struct smartlic_agent *a);

/* ---- agent_answer.c, agent_apply.c: what comes back ------------------------------------ */

int sl_agent_outcome(struct smartlic_agent *a, const struct smartlic_outcome *outcome);
int sl_agent_comm_failed(
    struct smartlic_agent *a, int code, const char *text, int64_t retry_after_ms);
int sl_agent_apply(struct smartlic_agent *a, const struct sl_answer *answer);
int sl_agent_denied(struct smartlic_agent *a, const struct sl_answer *answer);
/* What every bound answer brings: time, certificates, lists, ledger. */
int sl_agent_settle(
    struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer);
void sl_agent_attempt(struct sl_attempt *attempt, int64_t time_ms, int code, const char *reason);
/* Which attempt a type of request is shown as; NULL: none. */
struct sl_attempt *sl_agent_attempt_of(struct sl_record *rec, int type);

/* How much of a span that began with the answer is left: the answer may be an old one. */
int64_t sl_agent_left_ms(const struct sl_record *next, int64_t time_s, int64_t span_s);
int sl_agent_take_granted(
    struct sl_record *next, const struct sl_authorization *auth, struct smartlic_error *err);

/* ---- agent_reserve.c: licenses that are reserved ------------------------------------------ */

int sl_agent_is_reserved(const struct sl_record *rec);
/* Is all that is in use reserved? */
int sl_agent_is_covered(const struct sl_record *rec);
/* A reserve that is open is given up, with what it would have replaced. */
void sl_agent_give_back_asked(struct smartlic_agent *a, struct sl_record *next);
/* With the identity that it is bound to; nothing is returned. */
void sl_agent_forget_reservation(struct sl_record *next);
void sl_agent_reservation_ended(struct smartlic_agent *a, struct sl_record *next);
int sl_agent_apply_reserve(
    struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer);
int sl_agent_apply_return(struct smartlic_agent *a, struct sl_record *next);
/* The reservation that an authorization names is ours: 1; or 0, and what follows from that. */
int sl_agent_match_reservation(
    struct smartlic_agent *a, struct sl_record *next, const struct sl_reply *reply);

/* ---- agent_usage.c: collections, reports, the evaluation period ------------------------- */

/* With an identity an hour runs, and collections and reports have their times; the second gives
 * them anew. */
int sl_agent_usage_begin(struct smartlic_agent *a, struct sl_record *rec);
void sl_agent_usage_arm(struct smartlic_agent *a, struct sl_record *rec);
/* Steps of process. */
int sl_agent_collect(struct smartlic_agent *a);
int sl_agent_evaluation(struct smartlic_agent *a);
/* Is there something to report, and somebody who would take it? */
int sl_agent_may_report(const struct sl_record *rec);
/* Its samples are kept and go with another report, in so long at the latest. */
void sl_agent_close_report(struct smartlic_agent *a, struct sl_record *next, int64_t again_ms);
int sl_agent_apply_report(
    struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer);
/* What was told to the former ledger is told again; the answer to `type` brought it up. */
void sl_agent_ledger_changed(struct smartlic_agent *a, struct sl_record *next, int type);
/* The evaluation begins, pauses or ends as is true of the record. */
void sl_agent_evaluate(struct smartlic_agent *a, struct sl_record *rec);
/* What is left of it; and how long nothing needs to be done about it. */
int64_t sl_agent_evaluation_ms(const struct smartlic_agent *a, const struct sl_record *rec);
int64_t sl_agent_evaluation_wait(const struct smartlic_agent *a);

/* ---- agent_set.c -------------------------------------------------------------------------- */

void sl_options_clear(struct sl_options *options);
int sl_options_copy(
    struct sl_options *ret, const struct smartlic_option *in, size_t n, struct smartlic_error *err);
const char *sl_options_get(const struct sl_options *options, const char *key);

#endif
