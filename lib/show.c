/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "show.h"
#include "text.h"

/* One text in work. */
struct show {
	struct sl_buf *out;
	const struct smartlic_status *st;
	int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret);
	void *userdata;
};

/* AUTHORIZED stands in good states only: monitors look for the word. */
static const struct {
	int authorization;
	const char *heading, *entitlement, *json;
} auth_words[] = {
	{ SMARTLIC_AUTH_NONE, NULL, "WAITING", "none" },
	{ SMARTLIC_AUTH_EVALUATION, "EVAL MODE", "EVAL MODE", "eval" },
	{ SMARTLIC_AUTH_EVALUATION_EXPIRED, "EVAL EXPIRED", "EVAL EXPIRED", "eval-expired" },
	{ SMARTLIC_AUTH_AUTHORIZED, "AUTHORIZED", "AUTHORIZED", "authorized" },
	{ SMARTLIC_AUTH_OUT_OF_COMPLIANCE, "OUT OF COMPLIANCE", "OUT OF COMPLIANCE",
	    "out-of-compliance" },
	{ SMARTLIC_AUTH_EXPIRED, "AUTHORIZATION EXPIRED", "AUTH EXPIRED", "expired" },
	{ SMARTLIC_AUTH_RESERVED, "AUTHORIZED - RESERVED", "AUTHORIZED - RESERVED",
	    "authorized-reservation" },
};

static size_t
auth_find(int authorization)
{
	size_t i = sizeof(auth_words) / sizeof(auth_words[0]);

	while (--i > 0)
		if (auth_words[i].authorization == authorization)
			break;
	return i;
}

const char *
sl_show_authorization(int authorization)
{
	return auth_words[auth_find(authorization)].heading;
}

const char *
sl_show_entitlement(int authorization)
{
	return auth_words[auth_find(authorization)].entitlement;
}

const char *
sl_show_authorization_json(int authorization)
{
	return auth_words[auth_find(authorization)].json;
}

void
sl_show_time(struct sl_buf *ret, int64_t wall_ms,
    int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret),
    void *userdata)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	struct smartlic_local_time t = { 0 };
	char utc[SL_TIME_SIZE];

	/* A host that cannot tell its zone still shows a moment that can be read. */
	if (local_time == NULL || local_time(userdata, wall_ms, &t) < 0 || t.month < 1 ||
	    t.month > 12 || t.weekday < 0 || t.weekday > 6) {
		sl_time(utc, wall_ms / 1000);
		sl_buf_puts(ret, utc);
		return;
	}
	sl_buf_printf(ret, "%s %s %02d %d %02d:%02d:%02d", days[t.weekday], months[t.month - 1],
	    t.day, t.year, t.hour, t.minute, t.second);
	if (t.zone[0] != '\0')
		sl_buf_printf(ret, " %.*s", (int)sizeof(t.zone), t.zone);
}

/*
 * Names and reasons come from elsewhere: what could end the line, and so forge the next one, or
 * command a terminal becomes a blank.
 */
static void
put_text(struct show *s, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == 0xc2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xa0)
			p++, c = ' ';
		if (c < ' ' || c == 0x7f)
			c = ' ';
		sl_buf_add(s->out, &c, 1);
	}
}

static void
put_line(struct show *s, const char *label, const char *value)
{
	sl_buf_puts(s->out, label);
	if (value[0] != '\0') {
		sl_buf_puts(s->out, " ");
		put_text(s, value);
	}
	sl_buf_puts(s->out, "\n");
}

static void
put_time(struct show *s, int64_t time_ms)
{
	sl_show_time(s->out, time_ms, s->local_time, s->userdata);
}

/* A line with a moment; none where there is no moment. */
static void
put_when(struct show *s, const char *label, int64_t time_ms)
{
	if (time_ms == SMARTLIC_NO_TIME)
		return;
	sl_buf_printf(s->out, "%s ", label);
	put_time(s, time_ms);
	sl_buf_puts(s->out, "\n");
}

static void
put_attempt(struct show *s, const char *label, const struct smartlic_attempt *a)
{
	if (a->outcome == SMARTLIC_ATTEMPT_NONE) {
		put_line(s, label, "None");
		return;
	}
	sl_buf_printf(s->out, "%s %s on ", label,
	    a->outcome == SMARTLIC_ATTEMPT_FAILED ? "FAILED" : "SUCCEEDED");
	put_time(s, a->time_ms);
	sl_buf_puts(s->out, "\n");
	if (a->outcome == SMARTLIC_ATTEMPT_FAILED)
		put_line(s, "    Failure reason:", a->reason);
}

/* An ID certificate is or was held: accounts and renewals are known. */
static int
has_identity(const struct smartlic_status *st)
{
	return st->registration == SMARTLIC_REG_REGISTERED ||
	       st->registration == SMARTLIC_REG_RENEWING ||
	       st->registration == SMARTLIC_REG_EXPIRED;
}

static int
is_failed(const struct smartlic_status *st)
{
	return st->initial_registration.outcome == SMARTLIC_ATTEMPT_FAILED;
}

static const char *
registration_word(const struct smartlic_status *st)
{
	switch ((enum smartlic_registration)st->registration) {
	case SMARTLIC_REG_UNCONFIGURED:
		return "UNCONFIGURED";
	case SMARTLIC_REG_REGISTERING:
		return "REGISTERING - REGISTRATION IN PROGRESS";
	case SMARTLIC_REG_RETRY_WAIT:
		return "UNREGISTERED - REGISTRATION FAILED";
	case SMARTLIC_REG_REGISTERED:
	case SMARTLIC_REG_RENEWING:
		return "REGISTERED";
	case SMARTLIC_REG_EXPIRED:
		return "REGISTRATION EXPIRED";
	case SMARTLIC_REG_UNIDENTIFIED:
	case SMARTLIC_REG_FORCE_INT32:
		break;
	}
	return is_failed(st) ? "UNREGISTERED - REGISTRATION FAILED" : "UNREGISTERED";
}

static void
put_accounts(struct show *s)
{
	put_line(s, "  Smart Account:", s->st->smart_account);
	put_line(s, "  Virtual Account:", s->st->virtual_account);
}

static void
put_export(struct show *s)
{
	put_line(s, "  Export-Controlled Functionality:",
	    s->st->export_controlled_allowed ? "Allowed" : "Not Allowed");
}

static void
put_registration_times(struct show *s)
{
	const struct smartlic_status *st = s->st;

	if (has_identity(st)) {
		put_attempt(s, "  Initial Registration:", &st->initial_registration);
		put_attempt(s, "  Last Renewal Attempt:", &st->last_renewal);
		put_when(s, "  Next Renewal Attempt:", st->next_renewal_ms);
		put_when(s, "  Registration Expires:", st->registration_expires_ms);
		return;
	}
	if (is_failed(st))
		put_attempt(s, "  Initial Registration:", &st->initial_registration);
	if (st->registration == SMARTLIC_REG_RETRY_WAIT)
		put_when(s, "  Next Registration Attempt:", st->next_registration_ms);
}

static void
put_remaining(struct show *s, int64_t seconds)
{
	sl_buf_printf(s->out,
	    "  Evaluation Period Remaining: %lld days, %d hours, %d minutes, %d seconds\n",
	    (long long)(seconds / 86400), (int)(seconds % 86400 / 3600), (int)(seconds % 3600 / 60),
	    (int)(seconds % 60));
}

/* The authorization that is shown: none once the identity has ended, since nothing holds it up. */
static int
authorization(const struct smartlic_status *st)
{
	return st->registration == SMARTLIC_REG_EXPIRED ? SMARTLIC_AUTH_NONE : st->authorization;
}

static void
put_authorization_status(struct show *s)
{
	const struct smartlic_status *st = s->st;
	const char *word = sl_show_authorization(authorization(st));

	if (word == NULL)
		return;
	/* a running evaluation has an end, not a beginning */
	if (st->authorization == SMARTLIC_AUTH_EVALUATION) {
		put_line(s, "  Status:", word);
		put_remaining(s, st->evaluation_remaining_s);
		return;
	}
	sl_buf_printf(s->out, "  Status: %s", word);
	if (st->authorization_since_ms != SMARTLIC_NO_TIME) {
		sl_buf_puts(s->out, " on ");
		put_time(s, st->authorization_since_ms);
	}
	sl_buf_puts(s->out, "\n");
}

static void
put_communication(struct show *s)
{
	const struct smartlic_status *st = s->st;

	if (!has_identity(st))
		return;
	put_attempt(s, "  Last Communication Attempt:", &st->last_communication);
	put_when(s, "  Next Communication Attempt:", st->next_communication_ms);
	if (st->communication_deadline_exceeded)
		put_line(s, "  Communication Deadline:", "DEADLINE EXCEEDED");
	else
		put_when(s, "  Communication Deadline:", st->communication_deadline_ms);
}

/* The heading only where something stands below it. */
static void
put_authorization(struct show *s)
{
	if (authorization(s->st) == SMARTLIC_AUTH_NONE && !has_identity(s->st))
		return;
	sl_buf_puts(s->out, "\nLicense Authorization:\n");
	put_authorization_status(s);
	put_communication(s);
}

static void
put_entitlements(struct show *s)
{
	size_t n = s->st->registration == SMARTLIC_REG_EXPIRED ? 0 : s->st->n_entitlements;

	if (n == 0)
		sl_buf_puts(s->out, "No licenses in use\n");
	for (size_t i = 0; i < n; i++) {
		const struct smartlic_entitlement *e = &s->st->entitlements[i];

		if (i > 0)
			sl_buf_puts(s->out, "\n");
		if (e->name[0] != '\0') {
			put_text(s, e->name);
			sl_buf_puts(s->out, " ");
		}
		sl_buf_puts(s->out, "(");
		put_text(s, e->short_name);
		sl_buf_puts(s->out, "):\n");
		put_line(s, "  Description:", e->description);
		sl_buf_printf(s->out, "  Count: %lld\n", (long long)e->count);
		put_line(s, "  Version:", e->version);
		put_line(s, "  Status:", sl_show_entitlement(e->status));
	}
}

/* What there is; beside a UUID the product id is left out, as the reference does. */
static void
put_udi(struct show *s)
{
	const struct smartlic_status *st = s->st;
	int sn = st->udi_sn[0] != '\0', uuid = st->udi_uuid[0] != '\0';

	sl_buf_puts(s->out, "Product Information\n=====\nUDI:");
	if (!uuid && st->udi_pid[0] != '\0') {
		sl_buf_puts(s->out, " PID:");
		put_text(s, st->udi_pid);
		sl_buf_puts(s->out, sn ? "," : "");
	} else if (sn || uuid) {
		sl_buf_puts(s->out, " ");
	}
	if (sn) {
		sl_buf_puts(s->out, "SN:");
		put_text(s, st->udi_sn);
	}
	if (uuid) {
		sl_buf_puts(s->out, sn ? ",UUID:" : "UUID:");
		put_text(s, st->udi_uuid);
	}
	sl_buf_puts(s->out, "\n");
}

static void
show_status(struct show *s)
{
	const char *word = registration_word(s->st);

	sl_buf_puts(s->out, "Smart Licensing is ENABLED\n");
	if (strcmp(word, "REGISTERED") != 0)
		put_line(s, "  Status:", word);
	if (!has_identity(s->st))
		put_export(s);
	put_registration_times(s);
	put_authorization(s);
}

static void
show_usage(struct show *s)
{
	if (authorization(s->st) != SMARTLIC_AUTH_NONE) {
		sl_buf_puts(s->out, "License Authorization:\n");
		put_authorization_status(s);
		sl_buf_puts(s->out, "\n");
	}
	put_entitlements(s);
}

static void
show_all(struct show *s)
{
	sl_buf_puts(s->out, "Smart Licensing Status\n=====\n\nSmart Licensing is ENABLED\n\n"
			    "Registration:\n");
	put_line(s, "  Status:", registration_word(s->st));
	if (has_identity(s->st))
		put_accounts(s);
	else
		put_export(s);
	put_registration_times(s);
	put_authorization(s);
	sl_buf_puts(s->out, "\nLicense Usage\n=====\n\n");
	put_entitlements(s);
	sl_buf_puts(s->out, "\n");
	put_udi(s);
	sl_buf_puts(s->out, "\nAgent Version\n=====\n");
	put_line(s, "Smart Agent for Licensing:", s->st->agent_version);
}

/* What a reader would wait for: the open request, or the next moment something is due. */
static void
put_waiting(struct show *s)
{
	const struct smartlic_status *st = s->st;

	if (st->pending_type[0] == '\0') {
		put_line(s, "Waiting For:", "nothing");
		return;
	}
	sl_buf_puts(s->out, "Waiting For: the answer to ");
	put_text(s, st->pending_type);
	if (st->destination[0] != '\0') {
		sl_buf_puts(s->out, " from ");
		put_text(s, st->destination);
	}
	if (st->pending_since_ms != SMARTLIC_NO_TIME) {
		sl_buf_puts(s->out, ", since ");
		put_time(s, st->pending_since_ms);
	}
	sl_buf_puts(s->out, "\n");
}

static void
put_table(struct show *s)
{
	const struct smartlic_status *st = s->st;
	size_t n = st->registration == SMARTLIC_REG_EXPIRED ? 0 : st->n_entitlements;

	if (n == 0) {
		sl_buf_puts(s->out, "\nLicense Usage:\n  No licenses in use\n");
		return;
	}
	sl_buf_puts(s->out, "\nLicense Usage:\n"
			    "  License                         Count  Status\n");
	for (size_t i = 0; i < n; i++)
		sl_buf_printf(s->out, "  %-30s %6lld  %s\n", st->entitlements[i].short_name,
		    (long long)st->entitlements[i].count,
		    sl_show_entitlement(st->entitlements[i].status));
}

static void
show_summary(struct show *s)
{
	const struct smartlic_status *st = s->st;

	sl_buf_puts(s->out, "Smart Licensing is ENABLED\n\nRegistration:\n");
	put_line(s, "  Status:", registration_word(st));
	if (st->missing[0] != '\0')
		put_line(s, "  Missing:", st->missing);
	if (has_identity(st))
		put_accounts(s);
	put_export(s);
	put_registration_times(s);
	put_authorization(s);
	put_table(s);
	sl_buf_puts(s->out, "\n");
	put_line(s, "Consequence:", st->consequence);
	put_waiting(s);
}

static void (*const texts[])(struct show *s) = {
	[SMARTLIC_SHOW_ALL] = show_all,
	[SMARTLIC_SHOW_STATUS] = show_status,
	[SMARTLIC_SHOW_USAGE] = show_usage,
	[SMARTLIC_SHOW_UDI] = put_udi,
	[SMARTLIC_SHOW_SUMMARY] = show_summary,
};

int
sl_show(struct sl_buf *ret, const struct smartlic_status *status, int what, int format,
    int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret),
    void *userdata, struct smartlic_error *err)
{
	struct show s = { ret, status, local_time, userdata };

	if (what < SMARTLIC_SHOW_ALL || what > SMARTLIC_SHOW_SUMMARY)
		return sl_fail(
		    err, SMARTLIC_E_INVAL, "show: %d is not an enum smartlic_show_what", what);
	switch (format) {
	case SMARTLIC_SHOW_JSON:
		return sl_show_json(ret, status, what, err);
	case SMARTLIC_SHOW_TEXT:
		texts[what](&s);
		return ret->failed ? sl_nomem(err) : 0;
	default:
		return sl_fail(
		    err, SMARTLIC_E_INVAL, "show: %d is not an enum smartlic_show_format", format);
	}
}
