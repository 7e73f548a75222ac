/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "request.h"
#include "text.h"

/* Licenses that are reserved for this device (doc/decisions/reservation.md). */

#define LICENSES_MAX      256 /* as the authority takes them */
#define RETURNS_AT_ONCE   3
#define RESERVATION_MAX_S (366 * SL_DAY_MS / SL_SECOND_MS)

int
sl_agent_is_reserved(const struct sl_record *rec)
{
	return rec->reservation.id[0] != '\0';
}

/* Is all that is in use reserved? */
int
sl_agent_is_covered(const struct sl_record *rec)
{
	const struct sl_reservation *v = &rec->reservation;
	size_t k;

	for (size_t i = 0; i < rec->n_counted; i++) {
		if (rec->counted[i].count == 0)
			continue;
		for (k = 0; k < v->n; k++)
			if (strcmp(v->item[k].tag, rec->counted[i].tag) == 0)
				break;
		if (k == v->n || v->item[k].count < rec->counted[i].count)
			return 0;
	}
	return sl_agent_is_reserved(rec);
}

/* Of more than a request can name, the oldest is left to its end. */
static void
give_back(struct smartlic_agent *a, struct sl_record *next, const char *id, int64_t wait_ms)
{
	struct sl_reservation *v = &next->reservation;

	if (v->n_returned == SL_RETURNED_MAX)
		memmove(
		    v->returned[0], v->returned[1], sizeof(v->returned) - sizeof(v->returned[0]));
	else
		v->n_returned++;
	(void)sl_copy(v->returned[v->n_returned - 1], sizeof(v->returned[0]), id);
	sl_timer_arm(&next->timers, SL_TIMER_RETURN, sl_agent_now(a), wait_ms);
}

/* It is no more; what is to be returned stays. */
static void
clear_reservation(struct sl_record *next)
{
	struct sl_reservation *v = &next->reservation;

	v->id[0] = v->code[0] = '\0';
	v->ends_s = SL_NO_TIME;
	v->item = NULL;
	v->n = 0;
	sl_timer_stop(&next->timers, SL_TIMER_RESERVATION_END);
}

void
sl_agent_forget_reservation(struct sl_record *next)
{
	clear_reservation(next);
	next->reservation.n_returned = 0;
	sl_timer_stop(&next->timers, SL_TIMER_RETURN);
}

/* Without it the device has no authorization until it has asked for an ordinary one. */
static void
fall_back(struct smartlic_agent *a, struct sl_record *next)
{
	clear_reservation(next);
	if (next->authorization == SMARTLIC_AUTH_RESERVED) {
		next->granted = NULL;
		next->n_granted = 0;
		next->deadline_s = SL_NO_TIME;
		sl_agent_feed_auth(a, next, SL_AUTH_FORGET, "");
	}
	sl_timer_arm(&next->timers, SL_TIMER_AUTHORIZE, sl_agent_now(a), 0);
}

void
sl_agent_reservation_ended(struct smartlic_agent *a, struct sl_record *next)
{
	fall_back(a, next);
	sl_agent_note(
	    a, SL_NOTE_RESERVATION_LOST, "%s", "asked for anew: the reservation has ended");
}

/* ---- commands --------------------------------------------------------------------------- */

static int
check_licenses(const struct smartlic_license *licenses, size_t n, struct smartlic_error *err)
{
	if (n == 0 || n > LICENSES_MAX)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "reserve: %zu licenses are named, 1 to %d can be", n, LICENSES_MAX);
	for (size_t i = 0; i < n; i++) {
		if (licenses[i].tag == NULL || !sl_is_tag(licenses[i].tag) || licenses[i].count < 1)
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "reserve: license %zu needs a full tag and a count of 1 or more",
			    i + 1);
		for (size_t k = 0; k < i; k++)
			if (strcmp(licenses[i].tag, licenses[k].tag) == 0)
				return sl_fail(err, SMARTLIC_E_INVAL,
				    "reserve: the tag %s is named twice", licenses[i].tag);
	}
	return 0;
}

/* What was named, else what is in use; the caller frees *ret. */
static int
licenses_to_ask(struct smartlic_agent *a, const struct smartlic_license *licenses, size_t n,
    struct sl_usage **ret, size_t *ret_n)
{
	const struct sl_record *rec = &a->rec;
	struct sl_usage *list;
	size_t used = 0;

	if (licenses != NULL && check_licenses(licenses, n, &a->err) < 0)
		return a->err.code;
	list = calloc((licenses != NULL ? n : rec->n_counted) + 1, sizeof(*list));
	if (list == NULL)
		return sl_nomem(&a->err);
	for (size_t i = 0; licenses != NULL && i < n; i++) {
		(void)sl_copy(list[used].tag, sizeof(list[used].tag), licenses[i].tag);
		list[used++].count = licenses[i].count;
	}
	for (size_t i = 0; licenses == NULL && i < rec->n_counted; i++) {
		if (rec->counted[i].count == 0)
			continue;
		memcpy(list[used].tag, rec->counted[i].tag, sizeof(list[used].tag));
		list[used++].count = rec->counted[i].count;
	}
	if (used == 0) {
		free(list);
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "reserve: no license is in use; name what is to be reserved");
	}
	*ret = list;
	*ret_n = used;
	return 0;
}

static int
may_reserve(struct smartlic_agent *a)
{
	switch (a->rec.open.type) {
	case SL_MSG_REGISTER:
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "reserve: a registration is under way, and what is reserved is bound to it: "
		    "wait "
		    "for its answer, or cancel it");
	case SL_MSG_RESERVE:
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "reserve: it was asked for already: install the answer, or cancel the request");
	default:
		return 0;
	}
}

int
smartlic_agent_reserve(
    struct smartlic_agent *agent, const struct smartlic_license *licenses, size_t n)
{
	struct smartlic_agent *a = agent;
	struct sl_ask ask = { .type = SL_MSG_RESERVE };
	struct sl_usage *list = NULL;
	struct sl_record next;
	int r;

	r = sl_agent_command(a, "reserve", SL_NEEDS_IDENTITY);
	if (r == 0)
		r = may_reserve(a);
	if (r == 0)
		r = licenses_to_ask(a, licenses, n, &list, &ask.n_licenses);
	if (r < 0)
		return r;
	ask.licenses = list;
	sl_agent_begin(a, &next);
	sl_agent_cancel_open(a, &next);
	r = sl_agent_make(a, &next, &ask);
	if (r < 0)
		sl_agent_abort(a, &next);
	else
		r = sl_agent_commit(a, &next, 1);
	free(list);
	if (r < 0)
		return r;
	sl_agent_unsend(a);
	a->commanded = 1;
	return 0;
}

int
smartlic_agent_return_reservation(struct smartlic_agent *agent)
{
	struct smartlic_agent *a = agent;
	struct sl_record next;
	char id[sizeof(a->rec.reservation.id)];
	int r;

	r = sl_agent_command(a, "return", SL_NEEDS_IDENTITY);
	if (r < 0)
		return r;
	if (a->rec.open.type == SL_MSG_RESERVE)
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "return: a reservation was asked for and is not answered yet; cancel that, "
		    "which "
		    "gives back both");
	if (!sl_agent_is_reserved(&a->rec) && a->rec.reservation.n_returned == 0)
		return sl_fail(&a->err, SMARTLIC_E_STATE, "return: nothing is reserved");
	sl_agent_begin(a, &next);
	if (sl_agent_is_reserved(&next)) {
		memcpy(id, next.reservation.id, sizeof(id));
		fall_back(a, &next);
		give_back(a, &next, id, 0);
	}
	sl_timer_hurry(&next.timers, SL_TIMER_RETURN, sl_agent_now(a), 0);
	r = sl_agent_commit(a, &next, 1);
	if (r < 0)
		return r;
	sl_agent_hurry(a);
	return 0;
}

/* It may have been executed, and then stands in the place of the one that is held. */
void
sl_agent_give_back_asked(struct smartlic_agent *a, struct sl_record *next)
{
	char id[sizeof(next->reservation.id)];

	if (sl_agent_is_reserved(next)) {
		memcpy(id, next->reservation.id, sizeof(id));
		fall_back(a, next);
		give_back(a, next, id, 0);
	}
	give_back(a, next, next->open.request_id, 0);
}

/* ---- answers ---------------------------------------------------------------------------- */

static int
take_licenses(
    struct sl_record *next, const struct sl_authorization *auth, struct smartlic_error *err)
{
	struct sl_counted *item = calloc(auth->n_entitlements + 1, sizeof(*item));

	if (item == NULL)
		return sl_nomem(err);
	for (size_t i = 0; i < auth->n_entitlements; i++) {
		memcpy(item[i].tag, auth->entitlements[i].tag, sizeof(item[i].tag));
		item[i].count = auth->entitlements[i].count;
	}
	next->reservation.item = item;
	next->reservation.n = auth->n_entitlements;
	return 0;
}

/* Its end, and the timer: an answer may be an old one, and a year is the most. */
static void
take_end(struct smartlic_agent *a, struct sl_record *next, const struct sl_reply *reply)
{
	int64_t life_s = reply->authorization.deadline_s - reply->time_s;

	if (life_s > RESERVATION_MAX_S) {
		sl_agent_note(a, SL_NOTE_POLICY_CLAMPED, "%s",
		    "a reservation of more than a year is taken for a year");
		life_s = RESERVATION_MAX_S;
	}
	next->reservation.ends_s = reply->time_s + life_s;
	sl_timer_arm(&next->timers, SL_TIMER_RESERVATION_END, sl_agent_now(a),
	    sl_agent_left_ms(next, reply->time_s, life_s));
}

int
sl_agent_apply_reserve(
    struct smartlic_agent *a, struct sl_record *next, const struct sl_answer *answer)
{
	const struct sl_reply *reply = answer->reply;
	char ends[SL_TIME_SIZE];
	int r;

	clear_reservation(next);
	r = take_licenses(next, &reply->authorization, &a->err);
	if (r < 0)
		return r;
	take_end(a, next, reply);
	memcpy(next->reservation.id, next->open.request_id, sizeof(next->reservation.id));
	memcpy(next->reservation.code, reply->code, sizeof(next->reservation.code));
	sl_time(ends, next->reservation.ends_s);
	sl_agent_note(a, SL_NOTE_RESERVED, "code %s, until %s", reply->code, ends);
	sl_record_close(next);
	if (!sl_agent_is_covered(next)) {
		/* what goes beyond is judged as usual */
		sl_timer_arm(&next->timers, SL_TIMER_AUTHORIZE, sl_agent_now(a), 0);
		return 0;
	}
	next->deadline_s = next->reservation.ends_s;
	sl_timer_stop(&next->timers, SL_TIMER_AUTH_END);
	r = sl_agent_take_granted(next, &reply->authorization, &a->err);
	if (r == 0)
		sl_agent_feed_auth(a, next, SL_AUTH_RESERVED, "what is in use is reserved");
	return r;
}

int
sl_agent_apply_return(struct smartlic_agent *a, struct sl_record *next)
{
	next->reservation.n_returned = 0;
	sl_timer_stop(&next->timers, SL_TIMER_RETURN);
	sl_timer_arm(&next->timers, SL_TIMER_AUTHORIZE, sl_agent_now(a), 0);
	if (a->mono_ms - a->returned_ms >= SL_HOUR_MS)
		a->returns = 0;
	a->returns++;
	a->returned_ms = a->mono_ms;
	sl_agent_note(a, SL_NOTE_RESERVATION_RETURNED, "%s", "");
	sl_record_close(next);
	return 0;
}

/* An authority that goes on naming reservations, though each return is confirmed, is not asked
 * without a pause.  One that was restored may have more than one to be returned. */
static int64_t
return_wait_ms(const struct smartlic_agent *a)
{
	return a->returns < RETURNS_AT_ONCE ? 0 : SL_HOUR_MS;
}

int
sl_agent_match_reservation(
    struct smartlic_agent *a, struct sl_record *next, const struct sl_reply *reply)
{
	const char *theirs = reply->reservation;
	int same = strcmp(next->reservation.id, theirs) == 0;

	if (reply->type != SL_MSG_AUTHORIZE || same)
		return 1;
	if (sl_agent_is_reserved(next)) {
		clear_reservation(next);
		/* otherwise the change of the state says it */
		if (next->authorization != SMARTLIC_AUTH_RESERVED)
			sl_agent_note(a, SL_NOTE_RESERVATION_LOST, "%s",
			    "an ordinary one: the authority has closed the reservation");
	}
	if (theirs[0] != '\0')
		give_back(a, next, theirs, return_wait_ms(a));
	return 0;
}
