/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "message.h"

#include "show.h"
#include "text.h"

/* jansson's setters take NULL for a failed value and fail with it: one check a member is enough. */

/* Texts from elsewhere, cut to their room, may be no UTF-8: what is not ASCII in them is then
 * replaced, so that one reason does not cost the whole object. */
static json_t *
text_value(const char *value)
{
	json_t *text = json_string(value);
	char ascii[SL_TRACE_TEXT + 1];
	size_t n = 0;

	if (text != NULL)
		return text;
	for (; value[n] != '\0' && n < sizeof(ascii) - 1; n++)
		ascii[n] = (unsigned char)value[n] < 0x80 ? value[n] : '?';
	ascii[n] = '\0';
	return json_string(ascii);
}

/* Members without a value are left out. */
static int
set_text(json_t *obj, const char *key, const char *value)
{
	return value[0] == '\0' ? 0 : json_object_set_new(obj, key, text_value(value));
}

static int
set_time(json_t *obj, const char *key, int64_t time_ms)
{
	char text[SL_TIME_SIZE];

	if (time_ms == SMARTLIC_NO_TIME)
		return 0;
	sl_time(text, time_ms / 1000);
	return json_object_set_new(obj, key, json_string(text));
}

static int
set_number(json_t *obj, const char *key, int64_t value)
{
	return json_object_set_new(obj, key, json_integer(value));
}

static int
set_flag(json_t *obj, const char *key, int value)
{
	return json_object_set_new(obj, key, json_boolean(value));
}

static int
set_attempt(json_t *obj, const char *key, const struct smartlic_attempt *a)
{
	json_t *sub = json_object();
	int r = set_text(sub, "outcome", sl_show_outcome_json(a->outcome));

	if (a->outcome != SMARTLIC_ATTEMPT_NONE)
		r |= set_time(sub, "time", a->time_ms);
	if (a->outcome == SMARTLIC_ATTEMPT_FAILED) {
		r |= set_text(sub, "failure-reason", a->reason);
		if (a->code != 0)
			r |= set_text(sub, "failure-code", smartlic_error_name(a->code));
	}
	return json_object_set_new(obj, key, sub) | r;
}

static int
set_removal(json_t *root, const struct smartlic_status *st)
{
	json_t *obj;
	int r;

	if (!st->removed)
		return 0;
	obj = json_object();
	r = set_text(obj, "by", st->removed_by);
	r |= set_time(obj, "at", st->removed_at_ms);
	return json_object_set_new(root, "removed", obj) | r;
}

static int
set_registration(json_t *root, const struct smartlic_status *st)
{
	json_t *obj = json_object();
	int r = set_text(obj, "state", sl_show_registration_json(st));

	r |= set_text(obj, "missing", st->missing);
	r |= set_text(obj, "smart-account", st->smart_account);
	r |= set_text(obj, "virtual-account", st->virtual_account);
	r |= set_text(obj, "instance", st->instance);
	r |= set_text(obj, "export-controlled-functionality",
	    st->export_controlled_allowed ? "allowed" : "not-allowed");
	r |= set_attempt(obj, "initial-registration", &st->initial_registration);
	r |= set_time(obj, "next-registration", st->next_registration_ms);
	r |= set_attempt(obj, "last-renewal", &st->last_renewal);
	r |= set_time(obj, "next-renewal", st->next_renewal_ms);
	r |= set_time(obj, "expires", st->registration_expires_ms);
	r |= set_removal(obj, st);
	return json_object_set_new(root, "registration", obj) | r;
}

static int
set_authorization(json_t *root, const struct smartlic_status *st)
{
	json_t *obj = json_object();
	int r = set_text(obj, "state", sl_show_authorization_json(st->authorization));

	r |= set_time(obj, "since", st->authorization_since_ms);
	r |= set_number(obj, "evaluation-remaining", st->evaluation_remaining_s);
	r |= set_time(obj, "evaluation-ended", st->evaluation_ended_ms);
	r |= set_attempt(obj, "last-communication", &st->last_communication);
	r |= set_time(obj, "next-communication", st->next_communication_ms);
	r |= set_time(obj, "communication-deadline", st->communication_deadline_ms);
	r |= set_flag(obj, "communication-deadline-exceeded", st->communication_deadline_exceeded);
	return json_object_set_new(root, "authorization", obj) | r;
}

static int
set_entitlements(json_t *root, const struct smartlic_status *st)
{
	json_t *list = json_array();
	int r = 0;

	for (size_t i = 0; i < st->n_entitlements; i++) {
		const struct smartlic_entitlement *e = &st->entitlements[i];
		json_t *obj = json_object();

		r |= set_text(obj, "tag", e->tag);
		r |= set_text(obj, "short-name", e->short_name);
		r |= set_text(obj, "name", e->name);
		r |= set_text(obj, "description", e->description);
		r |= set_text(obj, "version", e->version);
		r |= set_number(obj, "count", e->count);
		r |= set_text(obj, "state", sl_show_authorization_json(e->status));
		r |= set_number(obj, "last-reported", e->last_reported);
		r |= set_number(obj, "next-report", e->next_report);
		r |= json_array_append_new(list, obj);
	}
	return json_object_set_new(root, "entitlement", list) | r;
}

static int
set_usage(json_t *root, const struct smartlic_status *st)
{
	json_t *obj = json_object();
	int r = set_number(obj, "collection-interval", st->collect_s);

	r |= set_number(obj, "reporting-interval", st->report_s);
	r |= set_time(obj, "last-collection", st->last_collection_ms);
	r |= set_time(obj, "next-collection", st->next_collection_ms);
	r |= set_time(obj, "last-report", st->last_report_ms);
	r |= set_time(obj, "next-report", st->next_report_ms);
	r |= set_number(obj, "unreported-samples", st->unreported_samples);
	return json_object_set_new(root, "usage", obj) | r;
}

static int
set_udi(json_t *root, const struct smartlic_status *st)
{
	json_t *obj = json_object();
	int r = set_text(obj, "pid", st->udi_pid);

	r |= set_text(obj, "sn", st->udi_sn);
	r |= set_text(obj, "uuid", st->udi_uuid);
	return json_object_set_new(root, "udi", obj) | r;
}

static int
set_satellite(json_t *root, const struct smartlic_status *st)
{
	json_t *obj;
	int r;

	if (st->synchronised_ms == SMARTLIC_NO_TIME)
		return 0;
	obj = json_object();
	r = set_time(obj, "last-synchronised", st->synchronised_ms);
	r |= set_number(obj, "behind", st->behind_s);
	return json_object_set_new(root, "satellite", obj) | r;
}

/* What has no place in the reference's five texts. */
static int
set_rest(json_t *root, const struct smartlic_status *st)
{
	json_t *obj;
	int r = set_text(root, "consequence", st->consequence) | set_satellite(root, st);

	r |= set_text(root, "answered-by", st->answered_by);

	r |= set_text(root, "transport", st->transport);
	r |= set_text(root, "destination", st->destination);
	r |= set_text(root, "agent-version", st->agent_version);
	if (st->pending_type[0] == '\0')
		return r;
	obj = json_object();
	r |= set_text(obj, "type", st->pending_type);
	r |= set_text(obj, "request-id", st->pending_request_id);
	r |= set_time(obj, "since", st->pending_since_ms);
	return json_object_set_new(root, "pending-request", obj) | r;
}

static int
set_policy(json_t *root, const struct smartlic_status *st)
{
	json_t *obj = json_object();
	int r = set_number(obj, "renew-after", st->renew_after_s);

	r |= set_number(obj, "next-contact", st->next_contact_s);
	r |= set_number(obj, "out-of-compliance-poll", st->ooc_poll_s);
	r |= set_number(obj, "retry", st->retry_s);
	return json_object_set_new(root, "policy", obj) | r;
}

static int
set_timers(json_t *root, const struct smartlic_status *st)
{
	json_t *obj = json_object();
	int r = 0;

	for (size_t i = 0; i < st->n_timers; i++)
		r |= set_time(obj, st->timers[i].name, st->timers[i].due_ms);
	return json_object_set_new(root, "timer", obj) | r;
}

static int
set_clock(json_t *root, const struct smartlic_status *st)
{
	json_t *obj = json_object();
	int r = set_time(obj, "floor", st->floor_ms);

	r |= set_time(obj, "signed", st->signed_ms);
	r |= set_time(obj, "ahead", st->ahead_ms);
	r |= set_flag(obj, "accept", st->clock_accept);
	return json_object_set_new(root, "clock", obj) | r;
}

static int
set_reservation(json_t *root, const struct smartlic_status *st)
{
	json_t *obj = json_object(), *list = json_array();
	int r = 0;

	for (size_t i = 0; i < st->n_reserved; i++)
		r |= json_array_append_new(list, json_pack("{s:s, s:I}", "tag", st->reserved[i].tag,
						     "count", (json_int_t)st->reserved[i].count));
	r |= set_flag(obj, "return-under-way", st->reservation_returning);
	r |= set_text(obj, "id", st->reservation_id);
	r |= set_text(obj, "code", st->reservation_code);
	r |= set_time(obj, "ends", st->reservation_ends_ms);
	r |= json_object_set_new(obj, "license", list);
	return json_object_set_new(root, "reservation-info", obj) | r;
}

/* What only `tech` has. */
static int
set_tech(json_t *root, const struct smartlic_status *st)
{
	json_t *privacy = json_object(), *store = json_object();
	int r = set_policy(root, st) | set_timers(root, st) | set_clock(root, st);

	r |= set_flag(root, "revocation-optional", st->revocation_optional);
	r |= set_flag(root, "reservation", st->reservation_enabled);
	r |= set_reservation(root, st);
	r |= set_flag(privacy, "send-hostname", st->sends_hostname);
	r |= set_flag(privacy, "send-version", st->sends_version);
	r |= json_object_set_new(root, "privacy", privacy);
	r |= set_text(store, "id", st->store_id);
	r |= set_text(store, "ledger", st->ledger);
	r |= set_number(store, "sequence", st->sequence);
	return json_object_set_new(root, "store", store) | r;
}

static int
set_options(json_t *obj, const char *member, const struct sl_show *s, const char *key)
{
	json_t *list = json_array();
	const char *value;
	int r = 0;

	for (size_t i = 0; (value = sl_show_option(s, key, i)) != NULL; i++)
		r |= json_array_append_new(list, json_string(value));
	return json_object_set_new(obj, member, list) | r;
}

static int
set_call_home(json_t *root, const struct sl_show *s)
{
	static const char *const single[] = { "service", "contact", "profile", "source-address",
		"source-interface", "proxy", "proxy-user", "crl", "client-certificate" };
	json_t *obj = json_object();
	int r = 0;

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
		const char *value = sl_show_option(s, single[i], 0);

		r |= set_text(obj, single[i], value != NULL ? value : "");
	}
	r |= set_options(obj, "destinations", s, "destination");
	if (sl_show_option(s, "satellite", 0) != NULL)
		r |= set_options(obj, "satellites", s, "satellite");
	if (sl_show_option(s, "satellite-srv", 0) != NULL)
		r |= set_text(obj, "satellite-srv", sl_show_option(s, "satellite-srv", 0));
	r |= set_options(obj, "name-servers", s, "name-server");
	r |= set_options(obj, "tls-trust-anchors", s, "tls-trust-anchor");
	r |= set_attempt(obj, "last-communication", &s->st->last_communication);
	r |= set_time(obj, "next-communication", s->st->next_communication_ms);
	return json_object_set_new(root, "call-home", obj) | r;
}

static int
set_trace(json_t *root, const struct sl_trace *trace, int what)
{
	json_t *list = json_array();
	struct sl_trace_line line;
	size_t at = 0;
	int r = 0;

	while (trace != NULL && sl_trace_next(trace, &at, &line)) {
		json_t *obj;

		if (what == SMARTLIC_SHOW_PLATFORM_TRACE && line.part != SL_TRACE_PLATFORM)
			continue;
		if ((what == SMARTLIC_SHOW_CALL_HOME_TRACE ||
			what == SMARTLIC_SHOW_CALL_HOME_TECH_SUPPORT) &&
		    line.part != SL_TRACE_CALL_HOME)
			continue;
		obj = json_object();
		r |= set_time(obj, "time", line.time_ms);
		r |= set_text(obj, "part", sl_show_part(line.part));
		r |= set_text(obj, "text", line.text);
		r |= json_array_append_new(list, obj);
	}
	return json_object_set_new(root, "trace", list) | r;
}

/* Which part stands in which object; the whole has each once. */
#define IN(what) (1u << SMARTLIC_SHOW_##what)
#define WHOLE    (IN(ALL) | IN(SUMMARY) | IN(TECH) | IN(TECH_SUPPORT))
#define PLATFORM (IN(PLATFORM_DETAIL) | IN(PLATFORM_SUMMARY))
static const struct {
	unsigned in; /* bits 1 << enum smartlic_show_what */
	int (*set)(json_t *root, const struct smartlic_status *st);
} parts[] = {
	{ WHOLE | IN(STATUS) | IN(PLATFORM_DETAIL), set_registration },
	{ WHOLE | IN(STATUS) | IN(USAGE), set_authorization },
	{ WHOLE | IN(USAGE) | PLATFORM, set_entitlements },
	{ IN(TECH) | IN(TECH_SUPPORT) | PLATFORM, set_usage },
	{ WHOLE | IN(UDI), set_udi },
	{ WHOLE, set_rest },
	{ IN(TECH) | IN(TECH_SUPPORT), set_tech },
};
static const unsigned traces = IN(TRACE) | IN(PLATFORM_TRACE) | IN(TECH_SUPPORT) |
			       IN(CALL_HOME_TRACE) | IN(CALL_HOME_TECH_SUPPORT);
static const unsigned call_homes = IN(CALL_HOME) | IN(CALL_HOME_TECH_SUPPORT);

int
sl_show_json(const struct sl_show *show, int what, struct smartlic_error *err)
{
	json_t *root = json_object();
	char *text = NULL;
	int r = set_time(root, "time", show->st->now_ms);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].in & 1u << what)
			r |= parts[i].set(root, show->st);
	if (call_homes & 1u << what)
		r |= set_call_home(root, show);
	if (traces & 1u << what)
		r |= set_trace(root, show->trace, what);
	if (r == 0)
		text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	if (text != NULL) {
		sl_buf_puts(show->out, text);
		sl_buf_puts(show->out, "\n");
	}
	free(text);
	return text == NULL || show->out->failed ? sl_nomem(err) : 0;
}
