/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "message.h"
#include "show.h"

static void
put_heading(const struct sl_show *s, const char *heading)
{
	sl_buf_printf(s->out, "\n%s\n=====\n", heading);
}

static void
put_number(const struct sl_show *s, const char *label, int64_t number)
{
	sl_buf_printf(s->out, "%s %lld\n", label, (long long)number);
}

static void
put_seconds(const struct sl_show *s, const char *label, int64_t seconds)
{
	sl_buf_printf(s->out, "%s %lld seconds\n", label, (long long)seconds);
}

static void
put_yes(const struct sl_show *s, const char *label, int yes)
{
	sl_put_line(s, label, yes ? "Yes" : "No");
}

/* Where a code says more than the reason, for who writes a program against it. */
static void
put_code(const struct sl_show *s, const char *label, const struct smartlic_attempt *attempt)
{
	if (attempt->outcome == SMARTLIC_ATTEMPT_FAILED && attempt->code != 0)
		sl_put_line(s, label, smartlic_error_name(attempt->code));
}

static void
put_codes(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	put_code(s, "Registration Failure Code:", &st->initial_registration);
	put_code(s, "Renewal Failure Code:", &st->last_renewal);
	put_code(s, "Communication Failure Code:", &st->last_communication);
}

static void
put_evaluation(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	sl_buf_puts(s->out, "\nEvaluation Period:\n");
	sl_put_line(s, "  Evaluation Mode:",
	    st->authorization == SMARTLIC_AUTH_EVALUATION ? "In Use"
	    : st->evaluation_ended_ms != SMARTLIC_NO_TIME ? "Used Up"
							  : "Not In Use");
	sl_put_span(s, "  Evaluation Period Remaining:", st->evaluation_remaining_s);
	sl_put_when(s, "  Evaluation Period Ended:", st->evaluation_ended_ms);
}

static void
put_usage(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	put_heading(s, "License Usage");
	for (size_t i = 0; i < st->n_entitlements; i++) {
		const struct smartlic_entitlement *e = &st->entitlements[i];

		sl_put_line(s, "Entitlement Tag:", e->tag);
		sl_put_line(s, "  Short Name:", e->short_name);
		sl_put_line(s, "  Name:", e->name);
		sl_put_line(s, "  Description:", e->description);
		put_number(s, "  Count:", e->count);
		sl_put_line(s, "  Version:", e->version);
		sl_put_line(s, "  Status:", sl_show_entitlement(e->status));
		put_number(s, "  Last Reported:", e->last_reported);
		put_number(s, "  Next Report:", e->next_report);
	}
	if (st->n_entitlements == 0)
		sl_buf_puts(s->out, "No licenses in use\n");
	put_heading(s, "Usage Reporting");
	put_seconds(s, "Collection Interval:", st->collect_s);
	put_seconds(s, "Reporting Interval:", st->report_s);
	sl_put_moment(s, "Last Collection:", st->last_collection_ms);
	sl_put_moment(s, "Next Collection:", st->next_collection_ms);
	sl_put_moment(s, "Last Report:", st->last_report_ms);
	sl_put_moment(s, "Next Report:", st->next_report_ms);
	put_number(s, "Unreported Samples:", st->unreported_samples);
}

static void
put_product(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	put_heading(s, "Product Information");
	sl_put_line(s, "PID:", st->udi_pid);
	sl_put_line(s, "SN:", st->udi_sn);
	sl_put_line(s, "UUID:", st->udi_uuid);
	sl_put_line(s, "Product Instance:", st->instance);
	put_heading(s, "Agent Version");
	sl_put_line(s, "Smart Agent for Licensing:", st->agent_version);
}

static void
put_jobs(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	put_heading(s, "Scheduled Jobs");
	for (size_t i = 0; i < st->n_timers; i++) {
		char label[64];

		(void)snprintf(label, sizeof(label), "%s:", st->timers[i].name);
		sl_put_moment(s, label, st->timers[i].due_ms);
	}
	if (st->n_timers == 0)
		sl_buf_puts(s->out, "None\n");
}

static void
put_policy(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	put_heading(s, "Policy");
	put_seconds(s, "ID Certificate Renewal After:", st->renew_after_s);
	put_seconds(s, "Authorization Renewal After:", st->next_contact_s);
	put_seconds(s, "Out of Compliance Poll After:", st->ooc_poll_s);
	put_seconds(s, "Retry After:", st->retry_s);
}

static void
put_clock(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	put_heading(s, "Time");
	sl_put_moment(s, "Device Clock:", st->now_ms);
	sl_put_moment(s, "Floor:", st->floor_ms);
	sl_put_moment(s, "Signed:", st->signed_ms);
	sl_put_moment(s, "Ahead, Unconfirmed:", st->ahead_ms);
	put_yes(s, "Next Answer Sets the Time:", st->clock_accept);
}

static void
put_reservation(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;
	char short_name[SL_TAG_SIZE];

	sl_put_line(s, "License reservation:", st->reservation_enabled ? "ENABLED" : "DISABLED");
	put_yes(s, "Return Under Way:", st->reservation_returning);
	if (st->reservation_id[0] == '\0')
		return;
	sl_put_line(s, "Reservation ID:", st->reservation_id);
	sl_put_line(s, "Authorization Code:", st->reservation_code);
	sl_put_moment(s, "Reservation Ends:", st->reservation_ends_ms);
	for (size_t i = 0; i < st->n_reserved; i++) {
		sl_tag_short(short_name, st->reserved[i].tag);
		sl_buf_printf(
		    s->out, "Reserved: %s %lld\n", short_name, (long long)st->reserved[i].count);
	}
}

static void
put_transport(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	put_heading(s, "Privacy");
	put_yes(s, "Send Hostname:", st->sends_hostname);
	put_yes(s, "Send Version:", st->sends_version);
	put_heading(s, "Reservation Info");
	put_reservation(s);
	put_heading(s, "Transport");
	sl_put_line(s, "Transport:", st->transport);
	sl_put_line(s, "Destination:", st->destination);
	sl_put_line(s, "Answered By:", st->answered_by);
	sl_put_satellite(s);
	sl_put_line(s, "Revocation Check:", st->revocation_optional ? "Optional" : "Required");
}

static void
put_request(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	put_heading(s, "Pending Request");
	if (st->pending_type[0] == '\0') {
		sl_buf_puts(s->out, "None\n");
		return;
	}
	sl_put_line(s, "Type:", st->pending_type);
	sl_put_line(s, "Request ID:", st->pending_request_id);
	sl_put_moment(s, "Since:", st->pending_since_ms);
}

static void
put_store(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	put_heading(s, "Trusted Store");
	sl_put_line(s, "Store ID:", st->store_id);
	sl_put_line(s, "Ledger:", st->ledger);
	put_number(s, "Sequence:", st->sequence);
}

void
sl_show_tech(const struct sl_show *s)
{
	sl_buf_puts(s->out, "Smart Licensing Status\n=====\n\nSmart Licensing is ENABLED\n\n");
	sl_put_registration(s);
	sl_put_authorization(s);
	put_evaluation(s);
	sl_buf_puts(s->out, "\n");
	put_codes(s);
	sl_put_moment(s, "Authorization Since:", s->st->authorization_since_ms);
	sl_put_line(s, "Consequence:", s->st->consequence);
	sl_put_waiting(s);
	put_usage(s);
	put_product(s);
	put_jobs(s);
	put_policy(s);
	put_clock(s);
	put_transport(s);
	put_request(s);
	put_store(s);
}

/* ---- all of it, for a support case ------------------------------------------------------- */

void
sl_show_tech_support(const struct sl_show *s)
{
	static const struct {
		const char *command;
		void (*show)(const struct sl_show *s);
	} parts[] = {
		{ "show license all", sl_show_all },
		{ "show license status", sl_show_status },
		{ "show license summary", sl_show_summary },
		{ "show license usage", sl_show_usage },
		{ "show license udi", sl_show_udi },
		{ "show license tech", sl_show_tech },
		{ "show license platform detail", sl_show_platform_detail },
		{ "show license platform summary", sl_show_platform_summary },
		{ "show license trace all", sl_show_trace },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		sl_buf_printf(s->out, "%s------------------ %s ------------------\n\n",
		    i > 0 ? "\n" : "", parts[i].command);
		parts[i].show(s);
	}
}
