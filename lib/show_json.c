/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "message.h"

#include "show.h"
#include "text.h"

/* jansson's setters take NULL for a failed value and fail with it: one check a member is enough. */

static const char *
registration_word(const struct smartlic_status *st)
{
	switch ((enum smartlic_registration)st->registration) {
	case SMARTLIC_REG_UNCONFIGURED:
		return "unconfigured";
	case SMARTLIC_REG_REGISTERING:
		return "in-progress";
	case SMARTLIC_REG_RETRY_WAIT:
		return "retry";
	case SMARTLIC_REG_REGISTERED:
	case SMARTLIC_REG_RENEWING:
		return "complete";
	case SMARTLIC_REG_UNIDENTIFIED:
		return st->initial_registration.outcome == SMARTLIC_ATTEMPT_FAILED
			   ? "failed"
			   : "not-registered";
	case SMARTLIC_REG_EXPIRED:
	case SMARTLIC_REG_FORCE_INT32:
		break;
	}
	return "not-registered";
}

/* Members without a value are left out. */
static int
set_text(json_t *obj, const char *key, const char *value)
{
	return value[0] == '\0' ? 0 : json_object_set_new(obj, key, json_string(value));
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
set_attempt(json_t *obj, const char *key, const struct smartlic_attempt *a)
{
	static const char *const words[] = {
		[SMARTLIC_ATTEMPT_NONE] = "none",
		[SMARTLIC_ATTEMPT_SUCCEEDED] = "succeeded",
		[SMARTLIC_ATTEMPT_FAILED] = "failed",
	};
	json_t *sub = json_object();
	int outcome = a->outcome >= 0 && a->outcome <= SMARTLIC_ATTEMPT_FAILED ? a->outcome : 0;
	int r = set_text(sub, "outcome", words[outcome]);

	if (outcome != SMARTLIC_ATTEMPT_NONE)
		r |= set_time(sub, "time", a->time_ms);
	if (outcome == SMARTLIC_ATTEMPT_FAILED) {
		r |= set_text(sub, "failure-reason", a->reason);
		if (a->code != 0)
			r |= set_text(sub, "failure-code", smartlic_error_name(a->code));
	}
	return json_object_set_new(obj, key, sub) | r;
}

static int
set_registration(json_t *root, const struct smartlic_status *st)
{
	json_t *obj = json_object();
	int r = set_text(obj, "state", registration_word(st));

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
	return json_object_set_new(root, "registration", obj) | r;
}

static int
set_authorization(json_t *root, const struct smartlic_status *st)
{
	json_t *obj = json_object();
	int r = set_text(obj, "state", sl_show_authorization_json(st->authorization));

	r |= set_time(obj, "since", st->authorization_since_ms);
	if (st->authorization == SMARTLIC_AUTH_EVALUATION)
		r |= json_object_set_new(
		    obj, "evaluation-remaining", json_integer(st->evaluation_remaining_s));
	r |= set_attempt(obj, "last-communication", &st->last_communication);
	r |= set_time(obj, "next-communication", st->next_communication_ms);
	r |= set_time(obj, "communication-deadline", st->communication_deadline_ms);
	r |= json_object_set_new(obj, "communication-deadline-exceeded",
	    json_boolean(st->communication_deadline_exceeded));
	return json_object_set_new(root, "authorization", obj) | r;
}

static int
set_usage(json_t *root, const struct smartlic_status *st)
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
		r |= json_object_set_new(obj, "count", json_integer(e->count));
		r |= set_text(obj, "state", sl_show_authorization_json(e->status));
		r |= json_array_append_new(list, obj);
	}
	return json_object_set_new(root, "entitlement", list) | r;
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

/* What has no place in the reference's five texts. */
static int
set_rest(json_t *root, const struct smartlic_status *st)
{
	json_t *obj;
	int r = set_text(root, "consequence", st->consequence);

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

/* Which part stands in which object; the whole has each once. */
static const struct {
	unsigned in; /* bits 1 << enum smartlic_show_what */
	int (*set)(json_t *root, const struct smartlic_status *st);
} parts[] = {
#define IN(what) (1u << SMARTLIC_SHOW_##what)
	{ IN(ALL) | IN(SUMMARY) | IN(STATUS), set_registration },
	{ IN(ALL) | IN(SUMMARY) | IN(STATUS) | IN(USAGE), set_authorization },
	{ IN(ALL) | IN(SUMMARY) | IN(USAGE), set_usage },
	{ IN(ALL) | IN(SUMMARY) | IN(UDI), set_udi },
	{ IN(ALL) | IN(SUMMARY), set_rest },
#undef IN
};

int
sl_show_json(
    struct sl_buf *ret, const struct smartlic_status *status, int what, struct smartlic_error *err)
{
	json_t *root = json_object();
	char *text = NULL;
	int r = set_time(root, "time", status->now_ms);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].in & 1u << what)
			r |= parts[i].set(root, status);
	if (r == 0)
		text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	if (text != NULL) {
		sl_buf_puts(ret, text);
		sl_buf_puts(ret, "\n");
	}
	free(text);
	return text == NULL || ret->failed ? sl_nomem(err) : 0;
}
