/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "show.h"
#include "status.h"

/* A moment by the authority's clock, or none. */
static int64_t
ms(int64_t s)
{
	return s == SL_NO_TIME ? SMARTLIC_NO_TIME : s * SL_SECOND_MS;
}

static int64_t
printed(const struct smartlic_agent *a, enum sl_timer which)
{
	int64_t wall = sl_timer_wall(&a->rec.timers, which, sl_agent_now(a));

	return wall == SL_NEVER ? SMARTLIC_NO_TIME : wall;
}

/* The next attempt of a kind: that of its open request, else the one that is planned. */
static int64_t
next_attempt(const struct smartlic_agent *a, enum sl_msg_type type, enum sl_timer planned)
{
	if (a->rec.open.type == (int32_t)type)
		return printed(a, SL_TIMER_SEND);
	return printed(a, planned);
}

static void
fill_attempt(struct smartlic_attempt *ret, const struct sl_attempt *from)
{
	ret->outcome = from->outcome;
	ret->code = from->outcome == SMARTLIC_ATTEMPT_FAILED ? from->code : 0;
	ret->time_ms = from->outcome == SMARTLIC_ATTEMPT_NONE ? SMARTLIC_NO_TIME : from->time_ms;
	ret->reason = from->outcome == SMARTLIC_ATTEMPT_FAILED ? from->reason : "";
}

static const struct sl_granted *
find_granted(const struct sl_record *rec, const char *tag)
{
	for (size_t i = 0; i < rec->n_granted; i++)
		if (strcmp(rec->granted[i].tag, tag) == 0)
			return &rec->granted[i];
	return NULL;
}

static int
has_ended(const struct sl_record *rec)
{
	return rec->registration == SMARTLIC_REG_EXPIRED;
}

static int32_t
without_answer(const struct sl_record *rec)
{
	return rec->authorization == SMARTLIC_AUTH_EVALUATION ||
		       rec->authorization == SMARTLIC_AUTH_EVALUATION_EXPIRED
		   ? rec->authorization
		   : SMARTLIC_AUTH_NONE;
}

static void
fill_entitlement(struct smartlic_entitlement *ret, const struct sl_record *rec,
    const struct sl_counted *counted, char *short_name)
{
	const struct sl_granted *g = find_granted(rec, counted->tag);

	sl_tag_short(short_name, counted->tag);
	*ret = (struct smartlic_entitlement){
		.tag = counted->tag,
		.short_name = short_name,
		.name = g != NULL ? g->name : "",
		.description = g != NULL ? g->description : "",
		.version = g != NULL ? g->version : "",
		.count = counted->count,
		.status = has_ended(rec)                                ? SMARTLIC_AUTH_NONE
			  : g == NULL                                   ? without_answer(rec)
			  : rec->authorization == SMARTLIC_AUTH_EXPIRED ? SMARTLIC_AUTH_EXPIRED
									: g->status,
	};
	sl_usage_of(&rec->usage, counted->tag, &ret->last_reported, &ret->next_report);
}

static int
fill_entitlements(struct smartlic_agent *a)
{
	const struct sl_record *rec = &a->rec;
	size_t n = 0;

	free(a->entitlements);
	free(a->short_names);
	a->entitlements = calloc(rec->n_counted + 1, sizeof(*a->entitlements));
	a->short_names = calloc(rec->n_counted + 1, sizeof(*a->short_names));
	if (a->entitlements == NULL || a->short_names == NULL)
		return -1;
	for (size_t i = 0; i < rec->n_counted; i++) {
		if (rec->counted[i].count < 1)
			continue;
		fill_entitlement(&a->entitlements[n], rec, &rec->counted[i], a->short_names[n]);
		n++;
	}
	a->status.entitlements = a->entitlements;
	a->status.n_entitlements = n;
	return 0;
}

static void
fill_registration(const struct smartlic_agent *a, struct smartlic_status *st)
{
	const struct sl_record *rec = &a->rec;
	const struct sl_udi *udi = a->udi.pid[0] != '\0' ? &a->udi : &rec->udi;

	st->registration = rec->registration;
	st->missing = rec->registration == SMARTLIC_REG_UNCONFIGURED ? sl_agent_missing(a) : "";
	st->udi_pid = udi->pid;
	st->udi_sn = udi->sn;
	st->udi_uuid = udi->uuid;
	st->smart_account = rec->smart_account;
	st->virtual_account = rec->virtual_account;
	st->instance = rec->current.instance;
	fill_attempt(&st->initial_registration, &rec->initial_registration);
	fill_attempt(&st->last_renewal, &rec->last_renewal);
	st->next_registration_ms =
	    rec->open.type == SL_MSG_REGISTER ? printed(a, SL_TIMER_SEND) : SMARTLIC_NO_TIME;
	st->next_renewal_ms = next_attempt(a, SL_MSG_RENEW_ID, SL_TIMER_RENEW_ID);
	st->registration_expires_ms = ms(rec->registration_expires_s);
	st->export_controlled_allowed =
	    sl_agent_has_identity(rec) && rec->policy.export_controlled_allowed == 1;
}

static void
fill_authorization(const struct smartlic_agent *a, struct smartlic_status *st)
{
	const struct sl_record *rec = &a->rec;

	st->removed = rec->removed;
	/* once the identity has ended, nothing holds an authorization up */
	st->authorization = has_ended(rec) ? SMARTLIC_AUTH_NONE : rec->authorization;
	st->authorization_since_ms =
	    has_ended(rec) ? SMARTLIC_NO_TIME : rec->authorization_since_ms;
	fill_attempt(&st->last_communication, &rec->last_communication);
	st->next_communication_ms = next_attempt(a, SL_MSG_AUTHORIZE, SL_TIMER_AUTHORIZE);
	st->communication_deadline_ms = ms(rec->deadline_s);
	st->communication_deadline_exceeded = rec->authorization == SMARTLIC_AUTH_EXPIRED;
}

static void
fill_evaluation(const struct smartlic_agent *a, struct smartlic_status *st)
{
	st->evaluation_remaining_s = sl_agent_evaluation_ms(a, &a->rec) / SL_SECOND_MS;
	st->evaluation_ended_ms = a->rec.evaluation.ended_ms;
}

static void
fill_usage(const struct smartlic_agent *a, struct smartlic_status *st)
{
	const struct sl_usage_book *book = &a->rec.usage;

	st->collect_s = a->rec.policy.collect_s;
	st->report_s = a->rec.policy.report_s;
	st->last_collection_ms = book->collected_ms != 0 ? book->collected_ms : SMARTLIC_NO_TIME;
	st->next_collection_ms = printed(a, SL_TIMER_COLLECT);
	st->last_report_ms = book->acknowledged_ms != 0 ? book->acknowledged_ms : SMARTLIC_NO_TIME;
	st->next_report_ms = next_attempt(a, SL_MSG_REPORT, SL_TIMER_REPORT);
	st->unreported_samples = sl_usage_waiting(book);
}

static void
fill_open(const struct smartlic_agent *a, struct smartlic_status *st)
{
	const struct sl_open *open = &a->rec.open;

	st->pending_type = open->type != 0 ? sl_msg_type_name((enum sl_msg_type)open->type) : "";
	st->pending_request_id = open->request_id;
	st->pending_since_ms = open->type != 0 ? open->since_ms : SMARTLIC_NO_TIME;
}

static int
fill_reservation(struct smartlic_agent *a, struct smartlic_status *st)
{
	const struct sl_reservation *v = &a->rec.reservation;

	free(a->reserved);
	a->reserved = calloc(v->n + 1, sizeof(*a->reserved));
	if (a->reserved == NULL)
		return -1;
	for (size_t i = 0; i < v->n; i++)
		a->reserved[i] = (struct smartlic_license){ v->item[i].tag, v->item[i].count };
	st->reserved = a->reserved;
	st->n_reserved = v->n;
	st->reservation_enabled = sl_agent_is_reserved(&a->rec);
	st->reservation_id = v->id;
	st->reservation_code = v->code;
	st->reservation_ends_ms = ms(v->ends_s);
	st->reservation_returning = v->n_returned > 0;
	return 0;
}

static void
fill_time(const struct smartlic_agent *a, struct smartlic_status *st)
{
	const struct sl_clock *clock = &a->rec.clock;

	st->floor_ms = ms(sl_clock_floor(clock));
	st->signed_ms = ms(clock->signed_s);
	st->ahead_ms = ms(clock->ahead_s);
	st->clock_accept = clock->accept;
}

static void
fill_policy(const struct smartlic_agent *a, struct smartlic_status *st)
{
	const struct sl_policy *policy = &a->rec.policy;

	st->renew_after_s = policy->renew_after_s;
	st->next_contact_s = policy->next_contact_s;
	st->ooc_poll_s = policy->ooc_poll_s;
	st->retry_s = policy->retry_s;
}

static void
fill_timers(struct smartlic_agent *a, struct smartlic_status *st)
{
	size_t n = 0;

	for (int i = 0; i < SL_TIMERS; i++)
		if (sl_timer_is_armed(&a->rec.timers, (enum sl_timer)i))
			a->timers[n++] = (struct smartlic_timer){ sl_timer_name((enum sl_timer)i),
				printed(a, (enum sl_timer)i) };
	st->timers = a->timers;
	st->n_timers = n;
}

static void
fill_store(const struct smartlic_agent *a, struct smartlic_status *st)
{
	st->store_id = a->rec.store_id;
	st->ledger = a->rec.ledger;
	st->sequence = a->rec.sequence;
	st->revocation_optional = a->revocation == SL_REVOCATION_OPTIONAL;
}

/* By the satellite's clock and elapsed time: the device's clock plays no part. */
static void
fill_peer(const struct smartlic_agent *a, struct smartlic_status *st)
{
	const struct sl_record *rec = &a->rec;

	st->answered_by = rec->answered_by;
	st->synchronised_ms = ms(rec->synchronised_s);
	if (rec->synchronised_s != SL_NO_TIME)
		st->behind_s =
		    rec->behind_s + (rec->clock.elapsed_ms - rec->behind_elapsed_ms) / SL_SECOND_MS;
}

const struct smartlic_status *
smartlic_agent_status(struct smartlic_agent *agent)
{
	struct smartlic_agent *a = agent;
	const char *destination = sl_agent_way(a);
	struct smartlic_status *st = &a->status;

	sl_agent_tick(a);
	*st = (struct smartlic_status){ .size = sizeof(*st),
		.now_ms = a->wall_ms,
		.removed_at_ms = ms(a->rec.removed_at_s),
		.removed_by = a->rec.removed_by,
		.sends_hostname = sl_agent_sends_hostname(a),
		.sends_version = (a->privacy & SMARTLIC_PRIVACY_VERSION) == 0 };
	fill_registration(a, st);
	fill_authorization(a, st);
	fill_evaluation(a, st);
	fill_usage(a, st);
	fill_open(a, st);
	fill_time(a, st);
	fill_policy(a, st);
	fill_timers(a, st);
	fill_store(a, st);
	fill_peer(a, st);
	st->transport = a->transport;
	st->destination = destination != NULL ? destination : "";
	st->agent_version = SMARTLIC_VERSION;
	if (fill_entitlements(a) < 0 || fill_reservation(a, st) < 0)
		return NULL;
	sl_consequence(a->consequence, sizeof(a->consequence), st, sl_agent_missing(a),
	    a->rec.removed, printed(a, SL_TIMER_SEND), a->env.local_time, a->env.userdata);
	st->consequence = a->consequence;
	return st;
}
