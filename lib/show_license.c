/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "show.h"

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

static void
put_accounts(const struct sl_show *s)
{
	sl_put_line(s, "  Smart Account:", s->st->smart_account);
	sl_put_line(s, "  Virtual Account:", s->st->virtual_account);
}

static void
put_export(const struct sl_show *s)
{
	sl_put_line(s, "  Export-Controlled Functionality:",
	    s->st->export_controlled_allowed ? "Allowed" : "Not Allowed");
}

static void
put_registration_times(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	if (has_identity(st)) {
		sl_put_attempt(s, "  Initial Registration:", &st->initial_registration);
		sl_put_attempt(s, "  Last Renewal Attempt:", &st->last_renewal);
		sl_put_when(s, "  Next Renewal Attempt:", st->next_renewal_ms);
		sl_put_when(s, "  Registration Expires:", st->registration_expires_ms);
		return;
	}
	if (is_failed(st))
		sl_put_attempt(s, "  Initial Registration:", &st->initial_registration);
	if (st->registration == SMARTLIC_REG_RETRY_WAIT)
		sl_put_when(s, "  Next Registration Attempt:", st->next_registration_ms);
}

static void
put_authorization_status(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;
	const char *word = sl_show_authorization(st->authorization);

	if (word == NULL)
		return;
	/* a running evaluation has an end, not a beginning */
	if (st->authorization == SMARTLIC_AUTH_EVALUATION) {
		sl_put_line(s, "  Status:", word);
		sl_put_span(s, "  Evaluation Period Remaining:", st->evaluation_remaining_s);
		return;
	}
	sl_buf_printf(s->out, "  Status: %s", word);
	if (st->authorization_since_ms != SMARTLIC_NO_TIME) {
		sl_buf_puts(s->out, " on ");
		sl_put_time(s, st->authorization_since_ms);
	}
	sl_buf_puts(s->out, "\n");
}

static void
put_communication(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	if (!has_identity(st))
		return;
	sl_put_attempt(s, "  Last Communication Attempt:", &st->last_communication);
	sl_put_when(s, "  Next Communication Attempt:", st->next_communication_ms);
	if (st->communication_deadline_exceeded)
		sl_put_line(s, "  Communication Deadline:", "DEADLINE EXCEEDED");
	else
		sl_put_when(s, "  Communication Deadline:", st->communication_deadline_ms);
}

/* The heading only where something stands below it. */
void
sl_put_authorization(const struct sl_show *s)
{
	if (s->st->authorization == SMARTLIC_AUTH_NONE && !has_identity(s->st))
		return;
	sl_buf_puts(s->out, "\nLicense Authorization:\n");
	put_authorization_status(s);
	put_communication(s);
}

static void
put_entitlements(const struct sl_show *s)
{
	size_t n = s->st->registration == SMARTLIC_REG_EXPIRED ? 0 : s->st->n_entitlements;

	if (n == 0)
		sl_buf_puts(s->out, "No licenses in use\n");
	for (size_t i = 0; i < n; i++) {
		const struct smartlic_entitlement *e = &s->st->entitlements[i];

		if (i > 0)
			sl_buf_puts(s->out, "\n");
		if (e->name[0] != '\0') {
			sl_put_text(s, e->name);
			sl_buf_puts(s->out, " ");
		}
		sl_buf_puts(s->out, "(");
		sl_put_text(s, e->short_name);
		sl_buf_puts(s->out, "):\n");
		sl_put_line(s, "  Description:", e->description);
		sl_buf_printf(s->out, "  Count: %lld\n", (long long)e->count);
		sl_put_line(s, "  Version:", e->version);
		sl_put_line(s, "  Status:", sl_show_entitlement(e->status));
	}
}

/* What there is; beside a UUID the product id is left out, as the reference does. */
void
sl_show_udi(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;
	int sn = st->udi_sn[0] != '\0', uuid = st->udi_uuid[0] != '\0';

	sl_buf_puts(s->out, "Product Information\n=====\nUDI:");
	if (!uuid && st->udi_pid[0] != '\0') {
		sl_buf_puts(s->out, " PID:");
		sl_put_text(s, st->udi_pid);
		sl_buf_puts(s->out, sn ? "," : "");
	} else if (sn || uuid) {
		sl_buf_puts(s->out, " ");
	}
	if (sn) {
		sl_buf_puts(s->out, "SN:");
		sl_put_text(s, st->udi_sn);
	}
	if (uuid) {
		sl_buf_puts(s->out, sn ? ",UUID:" : "UUID:");
		sl_put_text(s, st->udi_uuid);
	}
	sl_buf_puts(s->out, "\n");
}

void
sl_show_status(const struct sl_show *s)
{
	const char *word = sl_show_registration(s->st);

	sl_buf_puts(s->out, "Smart Licensing is ENABLED\n");
	if (strcmp(word, "REGISTERED") != 0)
		sl_put_line(s, "  Status:", word);
	if (!has_identity(s->st))
		put_export(s);
	put_registration_times(s);
	sl_put_authorization(s);
}

void
sl_show_usage(const struct sl_show *s)
{
	if (s->st->authorization != SMARTLIC_AUTH_NONE) {
		sl_buf_puts(s->out, "License Authorization:\n");
		put_authorization_status(s);
		sl_buf_puts(s->out, "\n");
	}
	put_entitlements(s);
}

void
sl_show_all(const struct sl_show *s)
{
	sl_buf_puts(s->out, "Smart Licensing Status\n=====\n\nSmart Licensing is ENABLED\n\n"
			    "Registration:\n");
	sl_put_line(s, "  Status:", sl_show_registration(s->st));
	if (has_identity(s->st))
		put_accounts(s);
	else
		put_export(s);
	put_registration_times(s);
	sl_put_authorization(s);
	sl_buf_puts(s->out, "\nLicense Usage\n=====\n\n");
	put_entitlements(s);
	sl_buf_puts(s->out, "\n");
	sl_show_udi(s);
	sl_buf_puts(s->out, "\nAgent Version\n=====\n");
	sl_put_line(s, "Smart Agent for Licensing:", s->st->agent_version);
}

/* What a reader would wait for: the open request, or the next moment something is due. */
void
sl_put_waiting(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	if (st->pending_type[0] == '\0') {
		sl_put_line(s, "Waiting For:", "nothing");
		return;
	}
	sl_buf_puts(s->out, "Waiting For: the answer to ");
	sl_put_text(s, st->pending_type);
	if (st->destination[0] != '\0') {
		sl_buf_puts(s->out, " from ");
		sl_put_text(s, st->destination);
	}
	if (st->pending_since_ms != SMARTLIC_NO_TIME) {
		sl_buf_puts(s->out, ", since ");
		sl_put_time(s, st->pending_since_ms);
	}
	sl_buf_puts(s->out, "\n");
}

void
sl_put_satellite(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	if (st->synchronised_ms == SMARTLIC_NO_TIME)
		return;
	sl_put_line(s, "Satellite:", st->answered_by);
	sl_put_when(s, "  Last Synchronised:", st->synchronised_ms);
	sl_put_span(s, "  Behind:", st->behind_s);
}

static void
put_table(const struct sl_show *s)
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

/* What the authority said when it did not know the instance any more. */
static void
put_removal(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	if (!st->removed)
		return;
	sl_buf_puts(s->out, "  Removed at the Authority: by ");
	sl_put_text(s, st->removed_by[0] != '\0' ? st->removed_by : "whom it does not say");
	if (st->removed_at_ms != SMARTLIC_NO_TIME) {
		sl_buf_puts(s->out, " on ");
		sl_put_time(s, st->removed_at_ms);
	}
	sl_buf_puts(s->out, "\n");
}

void
sl_put_registration(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	sl_buf_puts(s->out, "Registration:\n");
	sl_put_line(s, "  Status:", sl_show_registration(st));
	if (st->missing[0] != '\0')
		sl_put_line(s, "  Missing:", st->missing);
	if (has_identity(st))
		put_accounts(s);
	put_export(s);
	put_registration_times(s);
	put_removal(s);
}

void
sl_show_summary(const struct sl_show *s)
{
	sl_buf_puts(s->out, "Smart Licensing is ENABLED\n\n");
	sl_put_registration(s);
	sl_put_authorization(s);
	put_table(s);
	if (s->st->reservation_enabled)
		sl_buf_puts(s->out, "\nReservation Info:\n  License reservation: ENABLED\n");
	sl_buf_puts(s->out, "\n");
	sl_put_line(s, "Consequence:", s->st->consequence);
	sl_put_waiting(s);
	sl_put_satellite(s);
}
