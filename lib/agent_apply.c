/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "policy.h"
#include "text.h"

/* ---- what every bound answer brings ----------------------------------------------------- */

struct collect {
	struct sl_blobs certs, crls;
	struct smartlic_error *err;
	int r;
};

static void
collect_one(void *ud, int is_crl, const void *der, size_t len)
{
	struct collect *c = ud;

	if (c->r == 0)
		c->r = sl_blobs_add(is_crl ? &c->crls : &c->certs, der, len, c->err);
}

/* What the trust holds now is what the store is to hold. */
static int
keep_trust(struct smartlic_agent *a, struct sl_record *next)
{
	struct collect c = { .err = &a->err };

	sl_trust_each(a->trust, collect_one, &c);
	if (c.r < 0) {
		sl_blobs_clear(&c.certs);
		sl_blobs_clear(&c.crls);
		return c.r;
	}
	next->certs = c.certs;
	next->crls = c.crls;
	return 0;
}

#define ROOTS_MAX 4 /* that answers brought */

/* A copy of the record's, without the oldest where there are too many, and these two. */
static int
add_root(struct smartlic_agent *a, struct sl_record *next, const struct sl_cert *root,
    const struct sl_cert *cross)
{
	const struct sl_blobs *known = &a->rec.roots;
	const struct sl_cert *both[] = { root, cross };
	size_t from = known->n >= 2 * (size_t)ROOTS_MAX ? 2 : 0;
	struct sl_blobs roots = { 0 };
	int r = 0;

	for (size_t i = from; i < known->n && r == 0; i++)
		r = sl_blobs_add(&roots, known->item[i].data, known->item[i].len, &a->err);
	for (size_t i = 0; i < 2 && r == 0; i++) {
		size_t len;
		const void *der = sl_cert_der(both[i], &len);

		r = sl_blobs_add(&roots, der, len, &a->err);
	}
	if (r < 0)
		sl_blobs_clear(&roots);
	else
		next->roots = roots;
	return r;
}

/* A root that the authority is to have next.  It stays beside the configured ones, and is told
 * once; from then on requests say which anchors there are. */
static int
take_root(struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	struct sl_cert *root, *cross;
	char until[SL_TIME_SIZE];
	size_t len;
	const void *der;
	int added, r = sl_answer_root(answer, a->trust, &root, &cross, &added, &a->err);

	if (r <= 0)
		return r;
	der = sl_cert_der(root, &len);
	for (size_t i = 0; i < a->rec.roots.n; i += 2)
		if (a->rec.roots.item[i].len == len &&
		    memcmp(a->rec.roots.item[i].data, der, len) == 0)
			return 0;
	r = add_root(a, next, root, cross);
	if (r < 0 || !added)
		return r;
	sl_time(until, sl_cert_not_after(root));
	sl_agent_note(a, SL_NOTE_ANCHOR_ADDED, "%s, until %s", sl_cert_cn(root), until);
	a->transport_stale = 1;
	return 0;
}

static void
note_time(struct smartlic_agent *a, enum sl_clock_note note, int64_t was_s, int64_t now_s)
{
	char was[SL_TIME_SIZE], now[SL_TIME_SIZE];

	sl_time(was, was_s);
	sl_time(now, now_s);
	switch (note) {
	case SL_CLOCK_BACK:
		sl_agent_note(a, SL_NOTE_TIME_BACK, "%s after %s", now, was);
		break;
	case SL_CLOCK_AHEAD:
		sl_agent_note(a, SL_NOTE_TIME_AHEAD, "%s after %s", now, was);
		break;
	case SL_CLOCK_CONFIRMED:
		sl_agent_note(a, SL_NOTE_TIME_CONFIRMED, "%s after %s", now, was);
		break;
	case SL_CLOCK_ACCEPTED:
		sl_agent_note(a, SL_NOTE_CLOCK_ACCEPTED, "%s%s%s", now,
		    was_s != SL_NO_TIME ? " instead of " : "", was_s != SL_NO_TIME ? was : "");
		break;
	case SL_CLOCK_PLAIN:
		break;
	}
}

/*
 * A device that was off did not count that time, but a signed time tells of it, whatever the answer
 * is about: what has ended by then, ends, and an identity whose renewal was due by then is renewed.
 */
static void
take_ends(struct smartlic_agent *a, struct sl_record *next)
{
	const struct {
		enum sl_timer timer;
		int64_t end_s;
	} ends[] = { { SL_TIMER_AUTH_END, next->deadline_s },
		{ SL_TIMER_ID_END, next->registration_expires_s },
		{ SL_TIMER_RENEW_ID, next->renew_due_s },
		{ SL_TIMER_RESERVATION_END, next->reservation.ends_s } };
	int64_t floor_s = sl_clock_floor(&next->clock);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int64_t left_s = ends[i].end_s > floor_s ? ends[i].end_s - floor_s : 0;

		if (ends[i].end_s != SL_NO_TIME && sl_timer_is_armed(&next->timers, ends[i].timer))
			sl_timer_hurry(
			    &next->timers, ends[i].timer, sl_agent_now(a), left_s * SL_SECOND_MS);
	}
}

/* Who has answered; of a satellite also to which moment it knows what the authority knows. */
static void
take_peer(struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	int satellite = sl_cert_roles(answer->chain.cert[0]) == SL_ROLE_SATELLITE;

	if (a->peer[0] != '\0' && strcmp(next->answered_by, a->peer) != 0)
		sl_agent_trace_call_home(
		    a, "is answered by %s%s", satellite ? "the satellite " : "", a->peer);
	memcpy(next->answered_by, a->peer, sizeof(next->answered_by));
	next->synchronised_s = satellite ? answer->reply->synchronised_s : SL_NO_TIME;
	next->behind_s = 0;
	if (next->synchronised_s != SL_NO_TIME && next->synchronised_s < answer->reply->time_s)
		next->behind_s = answer->reply->time_s - next->synchronised_s;
	next->behind_elapsed_ms = next->clock.elapsed_ms;
}

int
sl_agent_settle(struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	enum sl_clock_note note;
	int r;

	r = sl_answer_apply(answer, a->trust, &next->clock, &note, &a->err);
	if (r == 0)
		r = take_root(a, next, answer);
	if (r == 0)
		r = keep_trust(a, next);
	if (r < 0)
		return r;
	/* one that waits already was told */
	if (note != SL_CLOCK_AHEAD || a->rec.clock.ahead_s == SL_NO_TIME)
		note_time(a, note, a->rec.clock.signed_s, answer->reply->time_s);
	take_ends(a, next);
	if (next->ledger[0] != '\0' && strcmp(next->ledger, answer->reply->ledger) != 0 &&
	    answer->reply->ledger[0] != '\0')
		sl_agent_ledger_changed(a, next, a->rec.open.type);
	if (answer->reply->ledger[0] != '\0')
		memcpy(next->ledger, answer->reply->ledger, sizeof(next->ledger));
	take_peer(a, next, answer);
	if (next->comm_failed)
		sl_agent_note(a, SL_NOTE_COMM_RESTORED, "%s", "");
	next->comm_failed = 0;
	if (answer->revocation_tolerated && !a->tolerated) {
		sl_agent_note(a, SL_NOTE_REVOCATION_TOLERATED, "%s", "");
		a->tolerated = 1;
	}
	return 0;
}

/* ---- policy and deadlines --------------------------------------------------------------- */

int64_t
sl_agent_left_ms(const struct sl_record *next, int64_t time_s, int64_t span_s)
{
	int64_t floor_s = sl_clock_floor(&next->clock);
	int64_t from_s = time_s > floor_s ? time_s : floor_s;
	int64_t left_s = span_s - (from_s - time_s);

	return left_s > 0 ? left_s * SL_SECOND_MS : 0;
}

static void
take_policy(struct smartlic_agent *a, struct sl_record *next, const struct sl_reply *reply)
{
	int allowed =
	    sl_agent_has_identity(&a->rec) && a->rec.policy.export_controlled_allowed == 1;
	char text[300];

	if (sl_policy_take(&next->policy, &reply->policy, text, sizeof(text)) > 0)
		sl_agent_note(a, SL_NOTE_POLICY_CLAMPED, "%s", text);
	if ((next->policy.export_controlled_allowed == 1) != allowed)
		sl_agent_note(
		    a, SL_NOTE_EXPORT_CONTROLLED, "%s", allowed ? "not allowed" : "allowed");
	if (next->policy.collect_s != a->rec.policy.collect_s ||
	    next->policy.report_s != a->rec.policy.report_s)
		sl_agent_usage_arm(a, next);
}

/*
 * How long ago, at most, the request was executed that this answers: a repeated result has the time
 * of its repetition, and what it grants began before.  Elapsed time tells it, but for a device that
 * was off in between; then it is as long as the floor allows.
 */
static int64_t
most_age_s(const struct smartlic_agent *a, int64_t time_s)
{
	const struct sl_open *open = &a->rec.open;
	int64_t age_s = (a->rec.clock.elapsed_ms - open->made_elapsed_ms) / SL_SECOND_MS;

	if (open->over_boot && open->floor_s != SL_NO_TIME && time_s - open->floor_s > age_s)
		age_s = time_s - open->floor_s;
	return age_s > 0 ? age_s : 0;
}

/* A new ID certificate's end and the time of its renewal: policy's, but at half of what is left at
 * the latest. */
static void
take_identity_times(
    struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	const struct sl_reply *reply = answer->reply;
	int64_t life_s = reply->registration_expires_s - reply->time_s;
	int64_t renew_s = next->policy.renew_after_s, left;
	struct sl_moment now = sl_agent_now(a);
	char text[100];

	if (life_s < 0)
		life_s = 0;
	left = sl_agent_left_ms(next, reply->time_s, life_s);
	/* what makes it late is no fault of the policy */
	if (sl_clamp_renew_after(
		&renew_s, life_s + most_age_s(a, reply->time_s), text, sizeof(text)))
		sl_agent_note(a, SL_NOTE_POLICY_CLAMPED, "%s", text);
	if (renew_s > left / 2 / SL_SECOND_MS)
		renew_s = left / 2 / SL_SECOND_MS;
	next->registration_expires_s = reply->registration_expires_s;
	next->renew_due_s = reply->registration_expires_s - left / SL_SECOND_MS + renew_s;
	sl_timer_arm(&next->timers, SL_TIMER_ID_END, now, left);
	sl_timer_arm(&next->timers, SL_TIMER_RENEW_ID, now, renew_s * SL_SECOND_MS);
}

/* ---- authorization ---------------------------------------------------------------------- */

static int32_t
status_of(enum sl_compliance status)
{
	switch (status) {
	case SL_OUT_OF_COMPLIANCE:
		return SMARTLIC_AUTH_OUT_OF_COMPLIANCE;
	case SL_RESERVED:
		return SMARTLIC_AUTH_RESERVED;
	case SL_AUTHORIZED:
		break;
	}
	return SMARTLIC_AUTH_AUTHORIZED;
}

int
sl_agent_take_granted(
    struct sl_record *next, const struct sl_authorization *auth, struct smartlic_error *err)
{
	struct sl_granted *g = calloc(auth->n_entitlements + 1, sizeof(*g));

	if (g == NULL)
		return sl_nomem(err);
	for (size_t i = 0; i < auth->n_entitlements; i++) {
		const struct sl_reply_entitlement *e = &auth->entitlements[i];

		memcpy(g[i].tag, e->tag, sizeof(g[i].tag));
		g[i].count = e->count;
		g[i].status = status_of(e->status);
		(void)sl_copy(g[i].name, sizeof(g[i].name), e->name);
		(void)sl_copy(g[i].description, sizeof(g[i].description), e->description);
		(void)sl_copy(g[i].version, sizeof(g[i].version), e->version);
	}
	next->granted = g;
	next->n_granted = auth->n_entitlements;
	return 0;
}

/* "S-NCS1K4-LIC-100G= (8 in use), …": those that are short, or all. */
static void
name_entitlements(const struct sl_authorization *auth, int short_ones, char *ret, size_t size)
{
	size_t used = 0;

	(void)snprintf(ret, size, "no licenses in use");
	for (size_t i = 0; i < auth->n_entitlements; i++) {
		const struct sl_reply_entitlement *e = &auth->entitlements[i];
		char name[SL_TAG_SIZE];
		int n;

		if (e->count == 0 || (short_ones && e->status != SL_OUT_OF_COMPLIANCE))
			continue;
		sl_tag_short(name, e->tag);
		n = snprintf(ret + used, size - used, "%s%s (%lld in use)", used > 0 ? ", " : "",
		    name, (long long)e->count);
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

/*
 * The deadline that counts, where the authority's is out of bounds.  Too short is judged by what
 * was granted when the request was executed: a result that is repeated late grants little more.
 */
static int64_t
clamp_deadline(struct smartlic_agent *a, const struct sl_reply *reply)
{
	int64_t age_s = most_age_s(a, reply->time_s);
	int64_t life_s = reply->authorization.deadline_s - reply->time_s;
	int64_t granted_s = life_s + age_s;
	char text[300];

	if (granted_s < SL_AUTH_LIFE_MIN_S) {
		if (sl_clamp_auth_life(&granted_s, text, sizeof(text)))
			sl_agent_note(a, SL_NOTE_POLICY_CLAMPED, "%s", text);
		return reply->time_s - age_s + granted_s;
	}
	if (life_s > SL_AUTH_LIFE_MIN_S && sl_clamp_auth_life(&life_s, text, sizeof(text)))
		sl_agent_note(a, SL_NOTE_POLICY_CLAMPED, "%s", text);
	return reply->time_s + life_s;
}

/* When to ask next: by policy, but before it has ended.  An answer so old that its rest is shorter
 * than that is asked for anew at once. */
static int64_t
next_contact_ms(const struct smartlic_agent *a, const struct sl_record *next,
    const struct sl_reply *reply, int64_t left)
{
	const struct sl_policy *policy = &next->policy;
	int64_t contact = policy->next_contact_s * SL_SECOND_MS;

	if (reply->authorization.status == SL_OUT_OF_COMPLIANCE &&
	    policy->ooc_poll_s < policy->next_contact_s)
		contact = policy->ooc_poll_s * SL_SECOND_MS;
	if (reply->authorization.status == SL_RESERVED || left >= contact)
		return contact;
	if (most_age_s(a, reply->time_s) * SL_SECOND_MS >= SL_HOUR_MS)
		return 0;
	/* the answer to a request just made: that would be a storm */
	return left / 2 > SL_HOUR_MS ? left / 2 : SL_HOUR_MS;
}

static int
take_authorization(struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	const struct sl_reply *reply = answer->reply;
	const struct sl_authorization *auth = &reply->authorization;
	struct sl_moment now = sl_agent_now(a);
	int64_t left = 0;
	char text[300];
	int reserved, r;

	r = sl_agent_take_granted(next, auth, &a->err);
	if (r < 0)
		return r;
	reserved = sl_agent_match_reservation(a, next, reply) && auth->status == SL_RESERVED;
	if (reserved) {
		next->deadline_s = auth->deadline_s;
		sl_timer_stop(&next->timers, SL_TIMER_AUTH_END);
	} else {
		next->deadline_s = clamp_deadline(a, reply);
		left = sl_agent_left_ms(next, reply->time_s, next->deadline_s - reply->time_s);
		sl_timer_arm(&next->timers, SL_TIMER_AUTH_END, now, left);
	}
	/* due already where the counts have changed since the request was made */
	sl_timer_hurry(
	    &next->timers, SL_TIMER_AUTHORIZE, now, next_contact_ms(a, next, reply, left));
	name_entitlements(auth, auth->status == SL_OUT_OF_COMPLIANCE, text, sizeof(text));
	sl_agent_feed_auth(a, next,
	    auth->status == SL_OUT_OF_COMPLIANCE ? SL_AUTH_SHORT
	    : reserved                           ? SL_AUTH_RESERVED
						 : SL_AUTH_GRANTED,
	    text);
	if (next->authorization == a->rec.authorization)
		sl_agent_note_entitlements(a, next);
	sl_agent_attempt(&next->last_communication, a->wall_ms, 0, "");
	return 0;
}

/* ---- identities ------------------------------------------------------------------------- */

/* The new certificate's chain without its root, and the key that was made for it. */
static int
take_identity(struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer,
    const char *instance)
{
	const struct sl_chain *chain = &answer->id_chain;
	struct sl_identity id = { 0 };
	int r = 0;

	for (size_t i = 0; i + 1 < chain->n && r == 0; i++) {
		size_t len;
		const void *der = sl_cert_der(chain->cert[i], &len);

		r = sl_blobs_add(&id.certs, der, len, &a->err);
	}
	if (r < 0) {
		sl_blobs_clear(&id.certs);
		return r;
	}
	(void)sl_copy(id.instance, sizeof(id.instance), instance);
	(void)sl_copy(id.account, sizeof(id.account), sl_cert_o(chain->cert[0]));
	id.key = next->open.key; /* moves */
	next->open.key = (struct sl_buf){ 0 };
	next->previous = next->current;
	next->current = id;
	next->id_from_s = sl_cert_not_before(chain->cert[0]);
	next->said &= ~SL_SAID_ID_OUTSIDE;
	return 0;
}

/*
 * The former identity is done with once the present one's request was answered, whatever it asked;
 * an answer that brings an identity makes a former one.
 */
static void
drop_previous(const struct smartlic_agent *a, struct sl_record *next, int type)
{
	if (!a->use_previous && type != SL_MSG_REGISTER && type != SL_MSG_RENEW_ID)
		next->previous = (struct sl_identity){ 0 };
}

static void
forget_removal(struct sl_record *next)
{
	next->removed = 0;
	next->removed_by[0] = '\0';
	next->removed_at_s = SL_NO_TIME;
}

static int
apply_register(struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	const struct sl_reply *reply = answer->reply;
	char text[160];
	int r;

	r = take_identity(a, next, answer, reply->body_instance);
	if (r < 0)
		return r;
	/* what another account's ledger was to know is not told to this one */
	if (strcmp(next->previous.account, next->current.account) != 0)
		sl_usage_forget(&next->usage);
	next->sequence = 0;
	forget_removal(next);
	(void)sl_copy(next->smart_account, sizeof(next->smart_account), reply->smart_account);
	(void)sl_copy(next->virtual_account, sizeof(next->virtual_account), reply->virtual_account);
	sl_policy_default(&next->policy);
	take_policy(a, next, reply);
	take_identity_times(a, next, answer);
	sl_agent_attempt(&next->initial_registration, a->wall_ms, 0, "");
	next->last_renewal = (struct sl_attempt){ .time_ms = SL_NO_TIME };
	next->last_communication = (struct sl_attempt){ .time_ms = SL_NO_TIME };
	next->deadline_s = SL_NO_TIME;
	next->granted = NULL;
	next->n_granted = 0;
	sl_agent_forget_reservation(next);
	sl_timer_stop(&next->timers, SL_TIMER_AUTH_END);
	sl_agent_evaluate(a, next);
	sl_agent_feed_auth(a, next, SL_AUTH_FORGET, "");
	/* registering anew moves no hour */
	if (!next->usage.running)
		sl_agent_usage_arm(a, next);
	r = sl_agent_usage_begin(a, next);
	if (r < 0)
		return r;
	/* no account: the trace outlives the registration, its names do not */
	(void)snprintf(text, sizeof(text), "udi PID:%s,SN:%s", next->udi.pid, next->udi.sn);
	sl_agent_feed(a, next, SL_REG_REGISTER_OK, text);
	sl_record_close(next);
	if (reply->authorization.present)
		return take_authorization(a, next, answer);
	sl_timer_arm(&next->timers, SL_TIMER_AUTHORIZE, sl_agent_now(a), 0);
	return 0;
}

static int
apply_renew(struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	char instance[SL_INSTANCE_SIZE], until[SL_TIME_SIZE], text[64];
	int r;

	memcpy(instance, next->current.instance, sizeof(instance));
	r = take_identity(a, next, answer, instance);
	if (r < 0)
		return r;
	take_policy(a, next, answer->reply);
	take_identity_times(a, next, answer);
	sl_agent_attempt(&next->last_renewal, a->wall_ms, 0, "");
	sl_time(until, answer->reply->registration_expires_s);
	(void)snprintf(text, sizeof(text), "valid until %s", until);
	sl_agent_feed(a, next, SL_REG_RENEW_OK, text);
	sl_record_close(next);
	return 0;
}

static int
apply_authorize(struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	take_policy(a, next, answer->reply);
	forget_removal(next);
	sl_record_close(next);
	return take_authorization(a, next, answer);
}

static int
apply_deregister(struct smartlic_agent *a, struct sl_record *next)
{
	sl_agent_note(a, SL_NOTE_DEREGISTERED, "udi PID:%s,SN:%s, licenses released",
	    next->open.udi.pid, next->open.udi.sn);
	sl_timer_stop(&next->timers, SL_TIMER_FAREWELL_END);
	sl_record_close(next);
	return 0;
}

static int
apply(struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	switch (answer->reply->type) {
	case SL_MSG_REGISTER:
		return apply_register(a, next, answer);
	case SL_MSG_RENEW_ID:
		return apply_renew(a, next, answer);
	case SL_MSG_AUTHORIZE:
		return apply_authorize(a, next, answer);
	case SL_MSG_DEREGISTER:
		return apply_deregister(a, next);
	case SL_MSG_REPORT:
		return sl_agent_apply_report(a, next, answer);
	case SL_MSG_RESERVE:
		return sl_agent_apply_reserve(a, next, answer);
	case SL_MSG_RETURN:
		return sl_agent_apply_return(a, next);
	}
	return 0;
}

int
sl_agent_apply(struct smartlic_agent *a, const struct sl_answer *answer)
{
	struct sl_record next;
	int r, tolerated = a->tolerated;

	sl_agent_begin(a, &next);
	r = sl_agent_settle(a, &next, answer);
	if (r == 0) {
		drop_previous(a, &next, answer->reply->type);
		r = apply(a, &next, answer);
	}
	if (r < 0)
		sl_agent_abort(a, &next);
	else
		r = sl_agent_commit(a, &next, 0);
	if (r < 0) {
		a->tolerated = tolerated;
		return r;
	}
	a->in_flight = 0;
	sl_agent_unsend(a);
	a->talked = 1; /* register's answer has just certified the key */
	a->resyncs = 0;
	a->commanded = 0;
	return 1;
}
