/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "buffer.h"
#include "show.h"
#include "status.h"

/* Sentences with "%s" where a moment stands. */
static const char *
of_authorization(const struct smartlic_status *st, int removed)
{
	if (removed)
		return "No feature stops; the authority no longer knows this device: register it "
		       "again. It is asked again on %s.";
	switch ((enum smartlic_authorization)st->authorization) {
	case SMARTLIC_AUTH_AUTHORIZED:
		if (st->last_communication.outcome == SMARTLIC_ATTEMPT_FAILED)
			return "No feature stops; the licenses in use are authorized, but the last "
			       "call to the authority failed. It is called again on %s.";
		return "Everything is in order; the authorization is renewed on %s.";
	case SMARTLIC_AUTH_OUT_OF_COMPLIANCE:
		return "No feature stops; more licenses are in use than the virtual account holds: "
		       "buy or transfer licenses, or use fewer. The authority is asked again on "
		       "%s.";
	case SMARTLIC_AUTH_EXPIRED:
		return "No feature stops; the authority has not answered for too long. It is asked "
		       "again on %s.";
	case SMARTLIC_AUTH_RESERVED:
		return "Everything is in order; the licenses in use are reserved for this device.";
	case SMARTLIC_AUTH_NONE:
	case SMARTLIC_AUTH_EVALUATION:
	case SMARTLIC_AUTH_EVALUATION_EXPIRED:
	case SMARTLIC_AUTH_FORCE_INT32:
		break;
	}
	return "No feature stops; the authority is asked on %s to authorize the licenses in use.";
}

/* Not registered, and nothing under way. */
static const char *
of_evaluation(const struct smartlic_status *st, int64_t *ret_when)
{
	if (st->authorization == SMARTLIC_AUTH_EVALUATION) {
		*ret_when = st->now_ms + st->evaluation_remaining_s * 1000;
		return "No feature stops; the evaluation period runs while licenses are in use, "
		       "until %s at the earliest: 'license smart register idtoken TOKEN' registers "
		       "this device.";
	}
	if (st->authorization == SMARTLIC_AUTH_EVALUATION_EXPIRED) {
		*ret_when = st->evaluation_ended_ms;
		return "No feature stops; the evaluation period is used up since %s: 'license "
		       "smart register idtoken TOKEN' registers this device.";
	}
	return "No feature stops; the licenses in use are not reported until "
	       "'license smart register idtoken TOKEN' registers this device.";
}

/* Sentences with "%s" where the words stand that sl_agent_missing has.  What is reserved needs no
 * way to the authority; a device that is not known there has something else to mend first. */
static const char *
of_missing(const struct smartlic_status *st, const char *missing, int removed)
{
	int registered = st->registration == SMARTLIC_REG_REGISTERED ||
			 st->registration == SMARTLIC_REG_RENEWING ||
			 st->registration == SMARTLIC_REG_EXPIRED;

	if (missing[0] == '\0' || !registered || removed ||
	    st->authorization == SMARTLIC_AUTH_RESERVED)
		return NULL;
	return "No feature stops; nothing is sent to the authority: %s is missing in the "
	       "configuration, or switched off.";
}

static const char *
choose(const struct smartlic_status *st, int removed, int64_t next_send_ms, int64_t *ret_when)
{
	*ret_when = st->next_communication_ms;
	switch ((enum smartlic_registration)st->registration) {
	case SMARTLIC_REG_UNCONFIGURED:
		return "No feature stops; no license is reported until the configuration is "
		       "complete.";
	case SMARTLIC_REG_UNIDENTIFIED:
		*ret_when = next_send_ms;
		if (strcmp(st->pending_type, "deregister") == 0)
			return "No feature stops; the registration is gone from this device, and "
			       "the authority is told so on %s.";
		return of_evaluation(st, ret_when);
	case SMARTLIC_REG_REGISTERING:
		return "No feature stops; the registration waits for the authority's answer.";
	case SMARTLIC_REG_RETRY_WAIT:
		*ret_when = st->next_registration_ms;
		/* at each start the folder is looked into anew */
		if (strcmp(st->transport, "file") == 0)
			return "No feature stops; the registration is written on %s, or by the "
			       "next command.";
		return "No feature stops; the registration is sent again on %s, or at once with "
		       "'force'.";
	case SMARTLIC_REG_EXPIRED:
		*ret_when = st->next_renewal_ms;
		return "No feature stops; no license is authorized until the ID certificate is "
		       "renewed, which is tried again on %s.";
	case SMARTLIC_REG_REGISTERED:
	case SMARTLIC_REG_RENEWING:
	case SMARTLIC_REG_FORCE_INT32:
		break;
	}
	return of_authorization(st, removed);
}

void
sl_consequence(char *ret, size_t size, const struct smartlic_status *status, const char *missing,
    int removed, int64_t next_send_ms,
    int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret),
    void *userdata)
{
	int64_t when = SMARTLIC_NO_TIME;
	const char *unsent = of_missing(status, missing, removed);
	const char *text = unsent != NULL ? unsent : choose(status, removed, next_send_ms, &when);
	const char *hole = strstr(text, "%s");
	struct sl_buf b = { 0 };
	size_t n;

	if (hole == NULL) {
		sl_buf_puts(&b, text);
	} else {
		sl_buf_add(&b, text, (size_t)(hole - text));
		if (unsent != NULL)
			sl_buf_puts(&b, missing);
		else if (when == SMARTLIC_NO_TIME)
			sl_buf_puts(&b, "a day not yet set");
		else
			sl_show_time(&b, when, local_time, userdata);
		sl_buf_puts(&b, hole + 2);
	}
	if (removed && status->removed_by[0] != '\0') {
		sl_buf_printf(&b, " It was removed there by %s", status->removed_by);
		if (status->removed_at_ms != SMARTLIC_NO_TIME) {
			sl_buf_puts(&b, " on ");
			sl_show_time(&b, status->removed_at_ms, local_time, userdata);
		}
		sl_buf_puts(&b, ", so that this is expected.");
	}
	n = b.len < size - 1 ? b.len : size - 1;
	if (b.failed)
		n = 0;
	if (n > 0)
		memcpy(ret, b.data, n);
	ret[n] = '\0';
	sl_buf_free(&b);
}
