/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent.h"
#include "text.h"

/*
 * What is true of the agent and its surroundings for a while: said once when it begins, and kept in
 * the record as said, so that a restart does not say it again.
 */

#define ID_EXPIRING_S     (60 * INT64_C(86400))
#define ANCHOR_EXPIRING_S (365 * INT64_C(86400))
#define CLOCK_SLACK_MS    SL_DAY_MS /* the device's clock and the authority's are never the same */
#define SERIAL_LEAST      4         /* shorter serial numbers are in a name by chance */

#define DETAILS_SIZE 400

enum holds { NO = 0, YES = 1, UNKNOWN = -1 };

/* ---- one function a fact ---------------------------------------------------------------- */

static enum holds
is_enabled(const struct smartlic_agent *a, char *details)
{
	const char *missing = sl_agent_missing(a);

	(void)sl_copy(details, DETAILS_SIZE, missing);
	return missing[0] == '\0' ? YES : NO;
}

static enum holds
is_renewal_held_up(const struct smartlic_agent *a, char *details)
{
	const char *missing = sl_agent_missing(a);

	if (!sl_agent_has_identity(&a->rec) || sl_agent_ready(a) ||
	    !sl_timer_due(&a->rec.timers, SL_TIMER_RENEW_ID, sl_agent_now(a)))
		return NO;
	if (missing[0] != '\0')
		(void)snprintf(details, DETAILS_SIZE, "no %s", missing);
	else
		(void)sl_copy(details, DETAILS_SIZE, "no trust anchor");
	return YES;
}

static enum holds
is_id_expiring(const struct smartlic_agent *a, char *details)
{
	const struct sl_record *rec = &a->rec;
	int64_t left = sl_timer_wait(&rec->timers, SL_TIMER_ID_END, sl_agent_now(a));
	int64_t ahead_s = ID_EXPIRING_S;
	char end[SL_TIME_SIZE];

	if (!sl_agent_has_identity(rec) || left == SL_NEVER)
		return NO;
	/* a short life is not all warning */
	if (rec->id_from_s != SL_NO_TIME &&
	    (rec->registration_expires_s - rec->id_from_s) / 4 < ahead_s)
		ahead_s = (rec->registration_expires_s - rec->id_from_s) / 4;
	if (left > ahead_s * SL_SECOND_MS)
		return NO;
	sl_time(end, rec->registration_expires_s);
	(void)snprintf(details, DETAILS_SIZE, "at %s, in %lld days, and has not been renewed", end,
	    (long long)(left / SL_DAY_MS));
	return YES;
}

static enum holds
is_id_outside_validity(const struct smartlic_agent *a, char *details)
{
	const struct sl_record *rec = &a->rec;
	char clock[SL_TIME_SIZE], from[SL_TIME_SIZE], until[SL_TIME_SIZE];

	/* one that has ended is told as such */
	if (!sl_agent_has_identity(rec) || !sl_timer_is_armed(&rec->timers, SL_TIMER_ID_END) ||
	    rec->id_from_s == SL_NO_TIME)
		return UNKNOWN;
	if (a->wall_ms >= rec->id_from_s * SL_SECOND_MS - CLOCK_SLACK_MS &&
	    a->wall_ms <= rec->registration_expires_s * SL_SECOND_MS + CLOCK_SLACK_MS)
		return UNKNOWN; /* said once a certificate, however often the clock is set */
	sl_time(clock, a->wall_ms / SL_SECOND_MS);
	sl_time(from, rec->id_from_s);
	sl_time(until, rec->registration_expires_s);
	(void)snprintf(details, DETAILS_SIZE,
	    "the clock says %s, the certificate holds from %s to %s", clock, from, until);
	return YES;
}

static enum holds
is_anchor_expiring(const struct smartlic_agent *a, char *details)
{
	const struct sl_cert *first = NULL;
	size_t n = a->trust != NULL ? sl_trust_anchors(a->trust) : 0;
	char end[SL_TIME_SIZE];

	for (size_t i = 0; i < n; i++) {
		const struct sl_cert *anchor = sl_trust_anchor(a->trust, i);

		if (first == NULL || sl_cert_not_after(anchor) < sl_cert_not_after(first))
			first = anchor;
	}
	if (first == NULL)
		return UNKNOWN;
	if (sl_cert_not_after(first) - sl_clock_floor(&a->rec.clock) > ANCHOR_EXPIRING_S)
		return NO;
	sl_time(end, sl_cert_not_after(first));
	(void)snprintf(details, DETAILS_SIZE, "%s, until %s", sl_cert_cn(first), end);
	return YES;
}

static enum holds
is_inventory_empty(const struct smartlic_agent *a, char *details)
{
	if (!a->has_inventory)
		return UNKNOWN;
	if (!a->inventory_empty)
		return NO;
	(void)snprintf(details, DETAILS_SIZE, "%s holds no card",
	    a->inventory_source[0] != '\0' ? a->inventory_source
					   : "what the platform has handed in");
	return YES;
}

static enum holds
is_hostname_telling(const struct smartlic_agent *a, char *details)
{
	size_t len = strlen(a->udi.sn);

	if (a->hostname[0] == '\0' || len == 0)
		return UNKNOWN;
	for (const char *p = a->hostname; len >= SERIAL_LEAST && *p != '\0'; p++)
		if (strncasecmp(p, a->udi.sn, len) == 0) {
			(void)snprintf(
			    details, DETAILS_SIZE, "host %s, SN:%s", a->hostname, a->udi.sn);
			return YES;
		}
	return NO;
}

/* ---- the table -------------------------------------------------------------------------- */

static const struct notice {
	int32_t bit; /* of record.said */
	enum sl_note begins;
	enum sl_note ends; /* SL_NOTES: its end is not worth a message */
	enum holds (*holds)(const struct smartlic_agent *a, char *details);
} notices[] = {
	{ SL_SAID_ENABLED, SL_NOTE_ENABLED, SL_NOTE_DISABLED, is_enabled },
	{ SL_SAID_RENEWAL_HELD_UP, SL_NOTE_ID_RENEW_NOT_STARTED, SL_NOTES, is_renewal_held_up },
	{ SL_SAID_ID_EXPIRING, SL_NOTE_ID_EXPIRING, SL_NOTES, is_id_expiring },
	{ SL_SAID_ID_OUTSIDE, SL_NOTE_ID_OUTSIDE_VALIDITY, SL_NOTES, is_id_outside_validity },
	{ SL_SAID_ANCHOR_EXPIRING, SL_NOTE_ANCHOR_EXPIRING, SL_NOTES, is_anchor_expiring },
	{ SL_SAID_INVENTORY_EMPTY, SL_NOTE_INVENTORY_EMPTY, SL_NOTES, is_inventory_empty },
	{ SL_SAID_HOSTNAME, SL_NOTE_HOSTNAME_MATCH_UDI, SL_NOTES, is_hostname_telling },
};

static void
look(struct smartlic_agent *a, const struct notice *notice, int32_t *said)
{
	char details[DETAILS_SIZE] = "";
	enum holds holds = notice->holds(a, details);

	if (holds == YES && (*said & notice->bit) == 0) {
		sl_agent_note(a, notice->begins, "%s", details);
		*said |= notice->bit;
	}
	if (holds == NO && (*said & notice->bit) != 0) {
		if (notice->ends != SL_NOTES)
			sl_agent_note(a, notice->ends, "%s", details);
		*said &= ~notice->bit;
	}
}

/* ---- anchors ---------------------------------------------------------------------------- */

static int
by_text(const void *x, const void *y)
{
	return strcmp(x, y);
}

/* One digest of all anchors, whatever their order. */
int
sl_agent_know_anchors(struct smartlic_agent *a, struct sl_trust *trust)
{
	char each[SL_TRUST_ANCHORS_MAX][SL_SHA256_HEX];
	size_t n = sl_trust_anchors(trust);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		size_t len;
		const void *der = sl_cert_der(sl_trust_anchor(trust, i), &len);

		r = sl_sha256_hex(a->env.crypto, der, len, each[i], &a->err);
	}
	if (r < 0 || n == 0)
		return r;
	qsort(each, n, sizeof(each[0]), by_text);
	return sl_sha256_hex(a->env.crypto, each, n * sizeof(each[0]), a->anchors_sha256, &a->err);
}

/* 1: they are others than the record knows. */
static int
look_at_anchors(struct smartlic_agent *a, int32_t *said)
{
	if (a->anchors_sha256[0] == '\0' || strcmp(a->anchors_sha256, a->rec.anchors_sha256) == 0)
		return 0;
	/* the first ones are no change */
	if (a->rec.anchors_sha256[0] != '\0') {
		size_t n = sl_trust_anchors(a->trust);

		sl_agent_note(a, SL_NOTE_ANCHOR_CHANGED, "now %s%s",
		    sl_cert_cn(sl_trust_anchor(a->trust, 0)), n > 1 ? " and others" : "");
		*said &= ~SL_SAID_ANCHOR_EXPIRING;
	}
	return 1;
}

int
sl_agent_notice(struct smartlic_agent *a)
{
	struct sl_record next;
	int32_t said = a->rec.said;
	int anchors, r;

	/* another device's store is left alone */
	if (a->foreign)
		return 0;
	anchors = look_at_anchors(a, &said);
	for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++)
		look(a, &notices[i], &said);
	if (said == a->rec.said && !anchors)
		return 0;
	sl_agent_begin(a, &next);
	next.said = said;
	if (anchors)
		memcpy(next.anchors_sha256, a->anchors_sha256, sizeof(next.anchors_sha256));
	r = sl_agent_commit(a, &next, 0);
	return r < 0 ? r : 1;
}

/* ---- entitlements ----------------------------------------------------------------------- */

static int32_t
granted_before(const struct sl_record *rec, const char *tag)
{
	for (size_t i = 0; i < rec->n_granted; i++)
		if (rec->granted[i].count > 0 && strcmp(rec->granted[i].tag, tag) == 0)
			return rec->granted[i].status;
	return SMARTLIC_AUTH_NONE;
}

void
sl_agent_note_entitlements(struct smartlic_agent *a, const struct sl_record *next)
{
	char text[400], name[SL_TAG_SIZE];
	size_t used = 0;

	for (size_t i = 0; i < next->n_granted; i++) {
		const struct sl_granted *g = &next->granted[i];
		int32_t before = granted_before(&a->rec, g->tag);
		int n;

		/* one that comes into use and is authorized is what was asked for */
		if (g->count == 0 || g->status == before ||
		    (before == SMARTLIC_AUTH_NONE && g->status == SMARTLIC_AUTH_AUTHORIZED))
			continue;
		sl_tag_short(name, g->tag);
		n = snprintf(text + used, sizeof(text) - used, "%s%s from %s to %s",
		    used > 0 ? ", " : "", name,
		    sl_auth_state_name((enum smartlic_authorization)before),
		    sl_auth_state_name((enum smartlic_authorization)g->status));
		if (n < 0 || (size_t)n >= sizeof(text) - used)
			break;
		used += (size_t)n;
	}
	if (used > 0)
		sl_agent_note(a, SL_NOTE_ENTITLEMENT_MODE, "%s", text);
}
