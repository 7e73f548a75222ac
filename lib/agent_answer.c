/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "text.h"

#define RESYNCS_MAX 3 /* requests made anew in a row, before it is treated as a failure */

/* ---- attempts --------------------------------------------------------------------------- */

void
sl_agent_attempt(struct sl_attempt *attempt, int64_t time_ms, int code, const char *reason)
{
	attempt->outcome = code == 0 ? SMARTLIC_ATTEMPT_SUCCEEDED : SMARTLIC_ATTEMPT_FAILED;
	attempt->code = code;
	attempt->time_ms = time_ms;
	(void)snprintf(attempt->reason, sizeof(attempt->reason), "%s", reason);
}

struct sl_attempt *
sl_agent_attempt_of(struct sl_record *rec, int type)
{
	switch (type) {
	case SL_MSG_REGISTER:
		/* while an identity is held, its own registration is what is shown */
		return sl_agent_has_identity(rec) ? NULL : &rec->initial_registration;
	case SL_MSG_RENEW_ID:
		return &rec->last_renewal;
	case SL_MSG_AUTHORIZE:
		return &rec->last_communication;
	default:
		return NULL;
	}
}

static void
attempt_failed(struct smartlic_agent *a, struct sl_record *next, int code, const char *reason)
{
	struct sl_attempt *attempt = sl_agent_attempt_of(next, next->open.type);

	if (attempt != NULL)
		sl_agent_attempt(attempt, a->wall_ms, code, reason);
}

/* ---- communication failures ------------------------------------------------------------- */

static void
unanswered(struct smartlic_agent *a, struct sl_record *next, const char *reason, int say)
{
	int type = next->open.type;

	if (type == SL_MSG_REGISTER)
		sl_agent_feed(a, next, SL_REG_REGISTER_UNANSWERED, reason);
	else if (type == SL_MSG_RENEW_ID)
		sl_agent_feed(a, next, SL_REG_RENEW_UNANSWERED, reason);
	else
		sl_timer_arm(&next->timers, SL_TIMER_SEND, sl_agent_now(a),
		    sl_agent_retry_ms(a, next, type));
	if (!say)
		return;
	switch (type) {
	case SL_MSG_REGISTER:
		sl_agent_note(a, SL_NOTE_REGISTER_FAILED, "%s", reason);
		break;
	case SL_MSG_RENEW_ID:
		sl_agent_note(a, SL_NOTE_ID_RENEW_FAILED, "%s", reason);
		break;
	case SL_MSG_AUTHORIZE:
		sl_agent_note(a, SL_NOTE_AUTH_FAILED, "%s", reason);
		break;
	case SL_MSG_RESERVE:
		sl_agent_note(a, SL_NOTE_RESERVATION_FAILED, "%s", reason);
		break;
	case SL_MSG_DEREGISTER:
		sl_agent_note(a, SL_NOTE_DEREGISTER_FAILED,
		    "%s. Everything was removed on this device; the authority is told as soon as "
		    "it can be reached",
		    reason);
		break;
	default:
		break;
	}
}

/* An answer that says "at once" again and again does not make a storm, which would wear out the
 * store as well: from a second, doubled with each time the request went out. */
static int64_t
least_wait_ms(const struct smartlic_agent *a)
{
	int times = a->sends - 1;

	return SL_SECOND_MS << (times < 0 ? 0 : times > 8 ? 8 : times);
}

/* Retry-After, never past a deadline. */
static void
obey_retry_after(struct smartlic_agent *a, struct sl_record *next, int64_t ms, int64_t most_ms)
{
	static const enum sl_timer ends[] = { SL_TIMER_AUTH_END, SL_TIMER_ID_END,
		SL_TIMER_FAREWELL_END };
	struct sl_moment now = sl_agent_now(a);

	if (ms < 0)
		return;
	if (ms > most_ms)
		ms = most_ms;
	if (ms < least_wait_ms(a))
		ms = least_wait_ms(a);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int64_t left = sl_timer_wait(&next->timers, ends[i], now);

		if (left > 0 && left < ms)
			ms = left;
	}
	sl_timer_arm(&next->timers, SL_TIMER_SEND, now, ms < SL_SECOND_MS ? SL_SECOND_MS : ms);
}

/* The steps that look at the answer's certificates. */
static int
is_certificate(int code)
{
	return code == SMARTLIC_E_CHAIN || code == SMARTLIC_E_ROLE || code == SMARTLIC_E_VALIDITY ||
	       code == SMARTLIC_E_REVOCATION;
}

/* One message a change of state: each kind of attempt has its own, that of the network is another.
 */
static int
is_first_failure(struct sl_record *next)
{
	const struct sl_attempt *attempt = sl_agent_attempt_of(next, next->open.type);

	return attempt != NULL ? attempt->outcome != SMARTLIC_ATTEMPT_FAILED : !next->comm_failed;
}

int
sl_agent_comm_failed(struct smartlic_agent *a, int code, const char *text, int64_t retry_after_ms)
{
	struct sl_record next;
	char reason[SL_REASON_SIZE];
	int say, r;

	(void)snprintf(reason, sizeof(reason), "Communication message %s error: %s",
	    code == SMARTLIC_E_COMM || code == SMARTLIC_E_TRANSPORT ? "send" : "receive", text);
	sl_agent_trace_call_home(a, "failure: %s", text);
	sl_agent_begin(a, &next);
	say = a->commanded || is_first_failure(&next);
	attempt_failed(a, &next, code, reason);
	unanswered(a, &next, reason, say);
	obey_retry_after(a, &next, retry_after_ms, SL_RETRY_AFTER_UNSIGNED_MS);
	if (!next.comm_failed)
		sl_agent_note(a, is_certificate(code) ? SL_NOTE_CERT_INVALID : SL_NOTE_COMM_FAILED,
		    "%s", text);
	next.comm_failed = 1;
	r = sl_agent_commit(a, &next, 0);
	if (r < 0)
		return r;
	a->in_flight = 0;
	a->embed = 0;
	a->use_previous = 0;
	a->commanded = 0;
	return 1;
}

/* ---- refusals --------------------------------------------------------------------------- */

/* The reference's own words where the authority does not know the instance any more. */
static void
refusal_text(const struct smartlic_agent *a, const struct sl_reply *reply, int removed, char *ret,
    size_t size)
{
	if (removed)
		(void)snprintf(ret, size,
		    "Error received from Smart Software Manager: Data and "
		    "signature do not match for udi PID:%s,SN:%s",
		    a->rec.open.udi.pid, a->rec.open.udi.sn);
	else
		(void)snprintf(ret, size, "Error received from Smart Software Manager: %s (%s)",
		    reply->error.message, reply->error.name);
}

static int
is_removed(enum sl_denial code)
{
	return code == SL_DENIED_INSTANCE_REMOVED || code == SL_DENIED_INSTANCE_UNKNOWN ||
	       code == SL_DENIED_CERTIFICATE_REVOKED;
}

static int
is_not_now(const struct sl_reply *reply)
{
	return reply->status == SL_REPLY_PENDING || reply->error.code == SL_DENIED_BUSY ||
	       reply->error.code == SL_DENIED_INTERNAL;
}

/* The request stays open. */
static void
not_now(struct smartlic_agent *a, struct sl_record *next, const struct sl_reply *reply)
{
	const int64_t most_s = SL_RETRY_AFTER_SIGNED_MS / SL_SECOND_MS;
	int64_t after_s = reply->error.retry_after_s;
	char reason[SL_REASON_SIZE];

	if (reply->status == SL_REPLY_PENDING) {
		sl_agent_trace(a, "the authority has the request and answers later");
		sl_timer_arm(&next->timers, SL_TIMER_SEND, sl_agent_now(a),
		    sl_jitter_ms(next->policy.retry_s * SL_SECOND_MS, sl_agent_random(a)));
	} else {
		refusal_text(a, reply, 0, reason, sizeof(reason));
		attempt_failed(a, next, SMARTLIC_E_REFUSED, reason);
		unanswered(a, next, reason, a->commanded);
	}
	if (after_s >= 0)
		obey_retry_after(a, next, (after_s < most_s ? after_s : most_s) * SL_SECOND_MS,
		    SL_RETRY_AFTER_SIGNED_MS);
}

static int
is_resync(const struct smartlic_agent *a, const struct sl_reply *reply)
{
	return (reply->error.code == SL_DENIED_SUPERSEDED ||
		   reply->error.code == SL_DENIED_OUT_OF_SYNC) &&
	       sl_agent_timer_of(a->rec.open.type) != SL_TIMERS && reply->error.sequence >= 0 &&
	       a->resyncs < RESYNCS_MAX;
}

/* The counter becomes what the authority says, and the same is asked anew at once. */
static void
resync(struct smartlic_agent *a, struct sl_record *next, const struct sl_reply *reply)
{
	enum sl_timer again = sl_agent_timer_of(next->open.type);

	if (reply->error.code == SL_DENIED_OUT_OF_SYNC)
		sl_agent_note(a, SL_NOTE_CLONE_SUSPECTED,
		    "the authority has seen sequence %" PRId64
		    " of this instance, which was at %" PRId64,
		    reply->error.sequence, next->sequence);
	if (next->open.type == SL_MSG_RENEW_ID)
		sl_agent_feed(a, next, SL_REG_RENEW_CANCELLED, "");
	sl_agent_trace(a,
	    "asks anew: the authority was at sequence %" PRId64 ", this device at %" PRId64,
	    reply->error.sequence, next->sequence);
	next->sequence = reply->error.sequence;
	sl_record_close(next);
	sl_timer_arm(&next->timers, again, sl_agent_now(a), 0);
	a->resyncs++;
}

/* What the messages that follow a removal at the authority do not say: who did it and when, that
 * nothing is broken, and what to do. */
static void
trace_removal(struct smartlic_agent *a, const struct sl_reply *reply, int type)
{
	const char *by = reply->error.removed_by;
	char when[SL_TIME_SIZE] = "";

	if (reply->error.removed_at_s != SL_NO_TIME)
		sl_time(when, reply->error.removed_at_s);
	sl_agent_trace(a,
	    "the failure of %s is expected: the authority has removed this instance, by %s, on %s. "
	    "%s; register it again, without 'force' (%s: %s)",
	    sl_msg_type_name((enum sl_msg_type)type), by[0] != '\0' ? by : "whom it does not say",
	    when[0] != '\0' ? when : "a day that it does not say",
	    type == SL_MSG_DEREGISTER ? "This device is clean" : "No feature stops",
	    reply->error.name, reply->error.message);
}

/* Refused for the same reason as before, and nobody waits for it. */
static int
is_said(const struct smartlic_agent *a, int type, const char *reason)
{
	const struct sl_attempt *last =
	    type == SL_MSG_AUTHORIZE ? &a->rec.last_communication : &a->rec.last_renewal;

	return !a->commanded && last->outcome == SMARTLIC_ATTEMPT_FAILED &&
	       strcmp(last->reason, reason) == 0;
}

static enum sl_note
note_of_refusal(enum sl_denial code)
{
	if (code == SL_DENIED_UNKNOWN_ENTITLEMENT)
		return SL_NOTE_INVALID_TAG;
	if (code == SL_DENIED_NOT_ALLOWED || code == SL_DENIED_EXPORT_NOT_ALLOWED)
		return SL_NOTE_NOT_AUTHORIZED;
	return SL_NOTE_AUTH_FAILED;
}

/* What is not the next request may have been executed long ago: that is given back. */
static void
not_reserved(struct smartlic_agent *a, struct sl_record *next, const struct sl_reply *reply)
{
	if (reply->error.code != SL_DENIED_SUPERSEDED && reply->error.code != SL_DENIED_OUT_OF_SYNC)
		return;
	if (reply->error.sequence >= 0)
		next->sequence = reply->error.sequence;
	sl_agent_give_back_asked(a, next);
}

/* The request is closed; no state and no deadline changes. */
static void
refuse(struct smartlic_agent *a, struct sl_record *next, const struct sl_reply *reply)
{
	int type = next->open.type;
	int removed = type != SL_MSG_REGISTER && is_removed(reply->error.code);
	struct sl_moment now = sl_agent_now(a);
	char reason[SL_REASON_SIZE];

	refusal_text(a, reply, removed, reason, sizeof(reason));
	attempt_failed(a, next, SMARTLIC_E_REFUSED, reason);
	if (removed) {
		next->removed = 1;
		memcpy(next->removed_by, reply->error.removed_by, sizeof(next->removed_by));
		next->removed_at_s = reply->error.removed_at_s;
	}
	if (removed && type != SL_MSG_DEREGISTER)
		sl_timer_hurry(&next->timers, SL_TIMER_AUTHORIZE, now,
		    sl_agent_retry_ms(a, next, SL_MSG_AUTHORIZE));
	switch (type) {
	case SL_MSG_REGISTER:
		sl_agent_feed(a, next, SL_REG_REGISTER_REFUSED, reason);
		break;
	case SL_MSG_RENEW_ID:
		sl_agent_feed(
		    a, next, SL_REG_RENEW_REFUSED, is_said(a, type, reason) ? "" : reason);
		break;
	case SL_MSG_AUTHORIZE:
		if (!is_said(a, type, reason))
			sl_agent_note(a, note_of_refusal(reply->error.code), "%s", reason);
		sl_timer_arm(
		    &next->timers, SL_TIMER_AUTHORIZE, now, sl_agent_retry_ms(a, next, type));
		break;
	case SL_MSG_DEREGISTER:
		sl_agent_note(a, SL_NOTE_DEREGISTER_FAILED, "%s",
		    "Agent received a failure status in a response message. Please check the Agent "
		    "log file for the detailed message.");
		sl_timer_stop(&next->timers, SL_TIMER_FAREWELL_END);
		break;
	case SL_MSG_RESERVE:
		sl_agent_note(a, SL_NOTE_RESERVATION_FAILED, "%s", reason);
		not_reserved(a, next, reply);
		break;
	case SL_MSG_RETURN:
		sl_agent_trace(a, "the authority does not take the return: %s", reason);
		if (removed)
			sl_agent_forget_reservation(next);
		else
			sl_timer_arm(
			    &next->timers, SL_TIMER_RETURN, now, sl_agent_retry_ms(a, next, type));
		break;
	case SL_MSG_REPORT:
		sl_agent_trace(a, "the authority does not take the report: %s", reason);
		sl_timer_arm(&next->timers, SL_TIMER_REPORT, now, sl_agent_retry_ms(a, next, type));
		break;
	default:
		break;
	}
	if (removed)
		trace_removal(a, reply, type);
	sl_record_close(next);
}

int
sl_agent_denied(struct smartlic_agent *a, const struct sl_answer *answer)
{
	const struct sl_reply *reply = answer->reply;
	struct sl_record next;
	int resyncs = a->resyncs, keep = is_not_now(reply), r;

	sl_agent_begin(a, &next);
	r = sl_agent_settle(a, &next, answer);
	if (r < 0) {
		sl_agent_abort(a, &next);
		return r;
	}
	if (keep)
		not_now(a, &next, reply);
	else if (is_resync(a, reply))
		resync(a, &next, reply);
	else
		refuse(a, &next, reply);
	r = sl_agent_commit(a, &next, 0);
	if (r < 0) {
		a->resyncs = resyncs;
		return r;
	}
	a->in_flight = 0;
	if (!keep)
		sl_agent_unsend(a);
	if (a->resyncs == resyncs)
		a->resyncs = a->commanded = 0;
	return 1;
}

/* ---- what arrived ----------------------------------------------------------------------- */

static void
expect(const struct smartlic_agent *a, struct sl_expected *ret)
{
	const struct sl_open *open = &a->rec.open;

	*ret = (struct sl_expected){
		.type = (enum sl_msg_type)open->type,
		.udi = open->udi,
		.floor_s = sl_agent_is_deferred(a) ? open->floor_s : SL_NO_TIME,
	};
	memcpy(ret->request_id, open->request_id, sizeof(ret->request_id));
	memcpy(ret->request_sha256, open->sha256, sizeof(ret->request_sha256));
	memcpy(ret->instance, open->instance, sizeof(ret->instance));
	memcpy(ret->account, open->account, sizeof(ret->account));
	memcpy(ret->csr_ski, open->csr_ski, sizeof(ret->csr_ski));
	memcpy(ret->token_answer, open->token_answer, sizeof(ret->token_answer));
}

static int
has_other_key(const struct smartlic_agent *a)
{
	return a->rec.previous.key.len > 0 && !a->use_previous &&
	       strcmp(a->rec.previous.instance, a->rec.open.instance) == 0 &&
	       a->rec.open.type != SL_MSG_DEREGISTER;
}

/* Signed by the authority, but it proves nothing about the request: shown, and a failure.  Only
 * where it did not know the key, the other ways to say who we are come first. */
static int
advice(struct smartlic_agent *a, const struct sl_reply *reply)
{
	char text[SL_REASON_SIZE];
	int r;

	(void)snprintf(text, sizeof(text), "%s (%s)", reply->error.message, reply->error.name);
	if (reply->error.code == SL_DENIED_BAD_SIGNATURE && (!a->embedded || has_other_key(a))) {
		sl_agent_trace(a, "the authority does not know the key: tries %s",
		    a->embedded ? "the one before" : "with certificates");
		a->use_previous = a->embedded;
		a->embed = 1;
		a->in_flight = 0;
		return 1;
	}
	r = sl_agent_comm_failed(a, SMARTLIC_E_BINDING, text, -1);
	if (r > 0) {
		sl_agent_note(a, SL_NOTE_ADVICE, "%s", text);
		sl_agent_publish(a);
	}
	return r;
}

/* One that has passed every check. */
static int
take(struct smartlic_agent *a, const struct sl_answer *answer)
{
	const struct sl_reply *reply = answer->reply;

	sl_agent_trace_call_home(a, "answer to %s %s: %s",
	    sl_msg_type_name((enum sl_msg_type)a->rec.open.type), a->rec.open.request_id,
	    reply->status == SL_REPLY_OK        ? "ok"
	    : reply->status == SL_REPLY_PENDING ? "pending"
						: reply->error.name);
	return reply->status == SL_REPLY_OK ? sl_agent_apply(a, answer)
					    : sl_agent_denied(a, answer);
}

static int
arrived(struct smartlic_agent *a, const struct smartlic_outcome *outcome)
{
	struct sl_expected expected;
	struct sl_answer answer = { 0 };
	struct smartlic_error err = { 0 };
	char text[sizeof(err.text)];
	int r;

	expect(a, &expected);
	r = sl_answer_check(&answer, a->env.crypto, a->trust, &a->rec.clock, a->revocation,
	    &expected, outcome->body, outcome->len, &err);
	if (r == 0) {
		r = take(a, &answer);
	} else if (answer.advice) {
		r = advice(a, answer.reply);
	} else if (r == SMARTLIC_E_NOMEM || r == SMARTLIC_E_CRYPTO) {
		a->err = err;
	} else if (sl_agent_is_deferred(a)) {
		sl_agent_trace(a, "passes over a stranger's message: %s", err.text);
		a->dirty = 1; /* another process is asked why it was not taken */
		r = 1;
	} else {
		(void)snprintf(text, sizeof(text), "%s%s%.300s", smartlic_strerror(r),
		    outcome->http_status != 0 && outcome->http_status != 200
			? " (not the authority's answer): "
			: ": ",
		    err.text);
		r = sl_agent_comm_failed(a, r, text, outcome->retry_after_ms);
	}
	sl_answer_release(&answer);
	return r;
}

int
sl_agent_outcome(struct smartlic_agent *a, const struct smartlic_outcome *outcome)
{
	int r;

	(void)snprintf(a->peer, sizeof(a->peer), "%s", outcome->peer != NULL ? outcome->peer : "");
	if (outcome->kind == SMARTLIC_OUTCOME_BODY)
		r = arrived(a, outcome);
	else
		r = sl_agent_comm_failed(a,
		    outcome->kind == SMARTLIC_OUTCOME_CONFIG ? SMARTLIC_E_TRANSPORT
							     : SMARTLIC_E_COMM,
		    outcome->text, outcome->retry_after_ms);
	/* memory or store failed while it was applied: the transport has it no more, it is sent
	 * again after the hold and answered the same */
	if (r < 0)
		a->in_flight = 0;
	return r;
}

/* It comes from an operator's hand: what is wrong with it is told, and changes nothing. */
int
smartlic_agent_install(struct smartlic_agent *agent, const void *bytes, size_t len)
{
	struct smartlic_agent *a = agent;
	struct smartlic_error why = { 0 };
	struct sl_expected expected;
	struct sl_answer answer = { 0 };
	int r;

	r = sl_agent_command(a, "install", SL_NEEDS_READY);
	if (r < 0)
		return r;
	if (a->rec.open.type == 0)
		return sl_fail(
		    &a->err, SMARTLIC_E_STATE, "install: no request waits for an answer");
	if (bytes == NULL)
		return sl_fail(&a->err, SMARTLIC_E_INVAL, "install: no bytes");
	expect(a, &expected);
	expected.floor_s = a->rec.open.floor_s;
	r = sl_answer_check(&answer, a->env.crypto, a->trust, &a->rec.clock, a->revocation,
	    &expected, bytes, len, &why);
	if (r == 0) {
		a->commanded = 1;
		r = take(a, &answer);
	} else {
		r = sl_fail(&a->err, r, "install: the answer to '%s' was not taken: %.400s",
		    sl_msg_type_name(expected.type), why.text);
	}
	sl_answer_release(&answer);
	return r < 0 ? r : 0;
}
