/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SHOW_MEMBERS_H
#define TESTS_UNIT_SHOW_MEMBERS_H

#include <stddef.h>

#include <smartlic/status.h>

/* Where each member of the status stands in `show license tech`, as text and as JSON. */

enum kind {
	KIND_NOT_SHOWN,
	KIND_LIST, /* its length: members of an array or object */
	KIND_REGISTRATION,
	KIND_AUTHORIZATION,
	KIND_ATTEMPT,
	KIND_TEXT,
	KIND_TIME,
	KIND_NUMBER,
	KIND_SECONDS,
	KIND_SPAN,
	KIND_FLAG,
};

struct row {
	const char *member;
	size_t offset;
	enum kind kind;
	const char *json;               /* path in `show license tech` */
	const char *label;              /* there as well, as a line begins; NULL: in no text */
	const char *yes, *no;           /* of flags, in text */
	const char *json_yes, *json_no; /* NULL: true and false */
};

#define R(k, m, j, l)                                                                              \
	{                                                                                          \
		.member = #m, .offset = offsetof(struct smartlic_status, m), .kind = KIND_##k,     \
		.json = (j), .label = (l)                                                          \
	}
#define FLAG(m, j, l, y, n)                                                                        \
	{                                                                                          \
		.member = #m, .offset = offsetof(struct smartlic_status, m), .kind = KIND_FLAG,    \
		.json = (j), .label = (l), .yes = (y), .no = (n)                                   \
	}
static const struct row rows[] = {
	R(NOT_SHOWN, size, NULL, NULL), R(TIME, now_ms, "time", "Device Clock:"),
	R(REGISTRATION, registration, "registration.state", "  Status:"),
	R(TEXT, missing, "registration.missing", "  Missing:"), R(TEXT, udi_pid, "udi.pid", "PID:"),
	R(TEXT, udi_sn, "udi.sn", "SN:"), R(TEXT, udi_uuid, "udi.uuid", "UUID:"),
	R(TEXT, smart_account, "registration.smart-account", "  Smart Account:"),
	R(TEXT, virtual_account, "registration.virtual-account", "  Virtual Account:"),
	R(TEXT, instance, "registration.instance", "Product Instance:"),
	R(ATTEMPT, initial_registration, "registration.initial-registration",
	    "  Initial Registration:"),
	R(ATTEMPT, last_renewal, "registration.last-renewal", "  Last Renewal Attempt:"),
	R(TIME, next_registration_ms, "registration.next-registration",
	    "  Next Registration Attempt:"),
	R(TIME, next_renewal_ms, "registration.next-renewal", "  Next Renewal Attempt:"),
	R(TIME, registration_expires_ms, "registration.expires", "  Registration Expires:"),
	{ .member = "export_controlled_allowed",
	    .offset = offsetof(struct smartlic_status, export_controlled_allowed),
	    .kind = KIND_FLAG,
	    .json = "registration.export-controlled-functionality",
	    .label = "  Export-Controlled Functionality:",
	    .yes = "Allowed",
	    .no = "Not Allowed",
	    .json_yes = "allowed",
	    .json_no = "not-allowed" },
	R(AUTHORIZATION, authorization, "authorization.state", NULL),
	R(TIME, authorization_since_ms, "authorization.since", "Authorization Since:"),
	R(SPAN, evaluation_remaining_s, "authorization.evaluation-remaining",
	    "  Evaluation Period Remaining:"),
	R(TIME, evaluation_ended_ms, "authorization.evaluation-ended",
	    "  Evaluation Period Ended:"),
	R(ATTEMPT, last_communication, "authorization.last-communication",
	    "  Last Communication Attempt:"),
	R(TIME, next_communication_ms, "authorization.next-communication",
	    "  Next Communication Attempt:"),
	R(TIME, communication_deadline_ms, "authorization.communication-deadline",
	    "  Communication Deadline:"),
	FLAG(communication_deadline_exceeded, "authorization.communication-deadline-exceeded",
	    "  Communication Deadline:", "DEADLINE EXCEEDED", NULL),
	R(LIST, entitlements, "entitlement", NULL), R(LIST, n_entitlements, "entitlement", NULL),
	R(SECONDS, collect_s, "usage.collection-interval", "Collection Interval:"),
	R(SECONDS, report_s, "usage.reporting-interval", "Reporting Interval:"),
	R(TIME, last_collection_ms, "usage.last-collection", "Last Collection:"),
	R(TIME, next_collection_ms, "usage.next-collection", "Next Collection:"),
	R(TIME, last_report_ms, "usage.last-report", "Last Report:"),
	R(TIME, next_report_ms, "usage.next-report", "Next Report:"),
	R(NUMBER, unreported_samples, "usage.unreported-samples", "Unreported Samples:"),
	R(NOT_SHOWN, removed, NULL, NULL), /* an object of the next two: a test of its own */
	R(TEXT, removed_by, "registration.removed.by", "  Removed at the Authority: by"),
	R(TIME, removed_at_ms, "registration.removed.at",
	    "  Removed at the Authority: by alice on"),
	R(TIME, floor_ms, "clock.floor", "Floor:"), R(TIME, signed_ms, "clock.signed", "Signed:"),
	R(TIME, ahead_ms, "clock.ahead", "Ahead, Unconfirmed:"),
	FLAG(clock_accept, "clock.accept", "Next Answer Sets the Time:", "Yes", "No"),
	FLAG(sends_hostname, "privacy.send-hostname", "Send Hostname:", "Yes", "No"),
	FLAG(sends_version, "privacy.send-version", "Send Version:", "Yes", "No"),
	FLAG(reservation_enabled, "reservation", "License reservation:", "ENABLED", "DISABLED"),
	R(TEXT, pending_type, "pending-request.type", "Type:"),
	R(TEXT, pending_request_id, "pending-request.request-id", "Request ID:"),
	R(TIME, pending_since_ms, "pending-request.since", "Since:"),
	R(TEXT, transport, "transport", "Transport:"),
	R(TEXT, destination, "destination", "Destination:"),
	R(TEXT, agent_version, "agent-version", "Smart Agent for Licensing:"),
	R(TEXT, consequence, "consequence", "Consequence:"),
	R(SECONDS, renew_after_s, "policy.renew-after", "ID Certificate Renewal After:"),
	R(SECONDS, next_contact_s, "policy.next-contact", "Authorization Renewal After:"),
	R(SECONDS, ooc_poll_s, "policy.out-of-compliance-poll", "Out of Compliance Poll After:"),
	R(SECONDS, retry_s, "policy.retry", "Retry After:"), R(LIST, timers, "timer", NULL),
	R(LIST, n_timers, "timer", NULL),
	FLAG(revocation_optional, "revocation-optional", "Revocation Check:", "Optional",
	    "Required"),
	R(TEXT, store_id, "store.id", "Store ID:"), R(TEXT, ledger, "store.ledger", "Ledger:"),
	R(NUMBER, sequence, "store.sequence", "Sequence:"),
	R(TEXT, reservation_id, "reservation-info.id", "Reservation ID:"),
	R(TEXT, reservation_code, "reservation-info.code", "Authorization Code:"),
	R(TIME, reservation_ends_ms, "reservation-info.ends", "Reservation Ends:"),
	R(LIST, reserved, "reservation-info.license", "Reserved:"),
	R(LIST, n_reserved, "reservation-info.license", "Reserved:"),
	FLAG(reservation_returning, "reservation-info.return-under-way", "Return Under Way:", "Yes",
	    "No"),
	R(TEXT, answered_by, "answered-by", "Answered By:"),
	R(TIME, synchronised_ms, "satellite.last-synchronised", "  Last Synchronised:"),
	R(NOT_SHOWN, behind_s, NULL, NULL), /* only beside the one before: a test of its own */
};

#endif
