/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_STATUS_H
#define SMARTLIC_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include <smartlic/version.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SMARTLIC_NO_TIME INT64_MIN

enum smartlic_registration {
	SMARTLIC_REG_UNCONFIGURED = 0, /* no UDI or no destination: `missing` says which */
	SMARTLIC_REG_UNIDENTIFIED = 1, /* enabled, not registered */
	SMARTLIC_REG_REGISTERING = 2,
	SMARTLIC_REG_RETRY_WAIT = 3, /* registration failed to communicate; tried again later */
	SMARTLIC_REG_REGISTERED = 4,
	SMARTLIC_REG_RENEWING = 5,
	SMARTLIC_REG_EXPIRED = 6, /* the ID certificate has ended; the key is kept */
	SMARTLIC_REG_FORCE_INT32 = INT32_MAX
};

enum smartlic_authorization {
	SMARTLIC_AUTH_NONE = 0,
	SMARTLIC_AUTH_EVALUATION = 1,
	SMARTLIC_AUTH_EVALUATION_EXPIRED = 2,
	SMARTLIC_AUTH_AUTHORIZED = 3,
	SMARTLIC_AUTH_OUT_OF_COMPLIANCE = 4,
	SMARTLIC_AUTH_EXPIRED = 5,
	SMARTLIC_AUTH_RESERVED = 6,
	SMARTLIC_AUTH_FORCE_INT32 = INT32_MAX
};

enum smartlic_attempt_outcome {
	SMARTLIC_ATTEMPT_NONE = 0,
	SMARTLIC_ATTEMPT_SUCCEEDED = 1,
	SMARTLIC_ATTEMPT_FAILED = 2,
	SMARTLIC_ATTEMPT_FORCE_INT32 = INT32_MAX
};

struct smartlic_attempt {
	int32_t outcome; /* enum smartlic_attempt_outcome */
	int32_t code;    /* 0 or the SMARTLIC_E_ code of the failure */
	int64_t time_ms; /* SMARTLIC_NO_TIME when there was none */
	const char *reason; /* "" unless failed */
};

struct smartlic_entitlement {
	const char *tag;         /* full regid tag */
	const char *short_name;  /* "S-NCS1K4-LIC-100G=" */
	const char *name;        /* from the authority, "" before its first answer */
	const char *description; /* likewise */
	const char *version;
	int64_t count;  /* at least 1 */
	int32_t status; /* enum smartlic_authorization */
	int64_t last_reported; /* what the last report carried */
	int64_t next_report;   /* the largest collected since then; 0 right after a report */
};

struct smartlic_license {
	const char *tag; /* full */
	int64_t count;
};

/* Something that happens, or ends, by itself. */
struct smartlic_timer {
	const char *name; /* "authorize" */
	int64_t due_ms;
};

/*
 * Everything one may ask of an agent.  Times are milliseconds since 1970 by the device's
 * clock (those that come from the authority: by its clock), SMARTLIC_NO_TIME where there is
 * none; spans are seconds.  Strings are never NULL and borrowed, with the struct itself, until
 * the next call of smartlic_agent_status(), _show or _free on this agent.
 */
struct smartlic_status {
	size_t size;
	int64_t now_ms; /* when the snapshot was taken */

	int32_t registration; /* enum smartlic_registration */
	const char *missing;  /* unconfigured: "udi", "destination" or "udi and destination"; where
				 call-home is configured but switched off, "call-home service" or
				 "call-home profile" stands for the destination, and with transport
				 satellite "satellite" does */
	const char *udi_pid, *udi_sn, *udi_uuid;
	const char *smart_account, *virtual_account;
	const char *instance; /* UUID, "" before registration */
	struct smartlic_attempt initial_registration;
	struct smartlic_attempt last_renewal;
	int64_t next_registration_ms;
	int64_t next_renewal_ms;
	int64_t registration_expires_ms; /* the authority's clock */
	int32_t export_controlled_allowed;

	int32_t authorization; /* enum smartlic_authorization */
	int64_t authorization_since_ms;
	int64_t evaluation_remaining_s; /* of 90 days; counted while licenses are in use and the
					   device is not registered */
	int64_t evaluation_ended_ms;    /* when it was used up */
	struct smartlic_attempt last_communication;
	int64_t next_communication_ms;
	int64_t communication_deadline_ms; /* the authority's clock */
	int32_t communication_deadline_exceeded;

	const struct smartlic_entitlement *entitlements; /* those counted, count >= 1 */
	size_t n_entitlements;

	/* usage: how often counts are collected and reported, and when */
	int64_t collect_s, report_s;
	int64_t last_collection_ms, next_collection_ms;
	int64_t last_report_ms, next_report_ms;
	int64_t unreported_samples; /* collected, not yet acknowledged by the authority */

	/* what the authority said when it did not know the instance any more, until the next
	 * registration */
	int32_t removed;
	const char *removed_by; /* "" where it did not say */
	int64_t removed_at_ms;  /* the authority's clock */

	/* time that is certain: a floor, the latest signed time, one far ahead that waits to be
	 * confirmed; and whether 'license smart clock accept' waits for the next answer */
	int64_t floor_ms, signed_ms, ahead_ms;
	int32_t clock_accept;

	/* privacy: what requests tell besides what licensing needs */
	int32_t sends_hostname, sends_version;

	int32_t reservation_enabled;

	/* the open request, all "" and SMARTLIC_NO_TIME when there is none */
	const char *pending_type; /* "register" */
	const char *pending_request_id;
	int64_t pending_since_ms;

	const char *transport;   /* "direct" */
	const char *destination; /* what it talks to, for texts */
	const char *agent_version;
	const char *consequence; /* one sentence: what is affected, what happens next */

	/* what the authority has set, with collect_s and report_s above */
	int64_t renew_after_s, next_contact_s, ooc_poll_s, retry_s;

	const struct smartlic_timer *timers; /* those that run */
	size_t n_timers;

	int32_t revocation_optional; /* 'crl optional' is configured */
	const char *store_id;        /* UUID of the trusted store */
	const char *ledger;          /* the authority's, "" before its first answer */
	int64_t sequence;            /* of the last request of this instance */

	/* the reservation, where there is one: its id at the authority, its authorization code, its end
	 * by the authority's clock, and what is reserved */
	const char *reservation_id;
	const char *reservation_code;
	int64_t reservation_ends_ms;
	const struct smartlic_license *reserved;
	size_t n_reserved;
	int32_t reservation_returning; /* the authority is to be told that one is given back */

	/* who answered last, as a URL; "" where the transport does not tell.  If a satellite did,
	 * when it last synchronised, by its clock, and for how long at least that has been */
	const char *answered_by;
	int64_t synchronised_ms;
	int64_t behind_s;
};

#ifdef __cplusplus
}
#endif
#endif
