/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_AGENT_H
#define SMARTLIC_AGENT_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include <smartlic/env.h>
#include <smartlic/license.h>
#include <smartlic/settings.h>
#include <smartlic/show.h>
#include <smartlic/status.h>
#include <smartlic/store.h>
#include <smartlic/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The agent.  One thread at a time per agent; distinct agents share nothing but
 * what the host shares on purpose.  No function blocks on the network, sleeps,
 * prints or exits.  Functions that return int return 0 or a negative
 * SMARTLIC_E_ code unless they say otherwise; smartlic_agent_error() then has
 * the text.  Order of use: new, set_store, set_transport (or configure), then
 * the rest.
 */
struct smartlic_agent;

/* Makes an agent; env (may be NULL: the system's all) is copied.  On failure *ret is left as it
 * was. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_new(
    struct smartlic_agent **ret, const struct smartlic_env *env, struct smartlic_error *err);

/* Frees everything reached through the agent and releases the store.  NULL is allowed. */
SMARTLIC_API void smartlic_agent_free(struct smartlic_agent *agent);

/* The last failure on this agent; borrowed, overwritten by the next call. */
SMARTLIC_API const struct smartlic_error *smartlic_agent_error(const struct smartlic_agent *agent);

/* Opens the store, takes its lock unless read_only, and loads what it holds.  The agent owns
 * *store from success on.  With read_only only status, show and getters work. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_store(
    struct smartlic_agent *agent, struct smartlic_store *store, int read_only);

/* Uses a transport by name: built in, else loaded from the transport directory.  Options are
 * copied.  The transport is found and opened when the first request is sent, so that a program that
 * only shows needs none; what is wrong with it is then a failed attempt, in status and events. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_transport(struct smartlic_agent *agent,
    const char *name, const struct smartlic_option *options, size_t n);

/* Uses a transport table of the host's own; borrowed for the agent's life. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_transport_ops(struct smartlic_agent *agent,
    const struct smartlic_transport_ops *ops, const struct smartlic_option *options, size_t n);

/* An absolute folder to load transports from instead of the compiled-in one. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_transport_dir(
    struct smartlic_agent *agent, const char *path);

/* The root certificate(s) that messages must lead to, PEM; copied.  Also handed to the transport
 * as the option "trust-anchor-pem". */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_trust_anchor(
    struct smartlic_agent *agent, const char *pem, size_t len);

/* The device's identifier: uuid 1–64 printable ASCII ("" where the device has none is refused);
 * pid and sn of [A-Za-z0-9./+=:-], together at most 55 bytes. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_udi(
    struct smartlic_agent *agent, const char *pid, const char *sn, const char *uuid);

/* The host's name, of 1 to 253 printable ASCII characters, for the authority's list of devices; NULL
 * forgets it.  It is not asked from the system, and only sent where privacy allows. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_hostname(
    struct smartlic_agent *agent, const char *name);

enum smartlic_privacy {
	SMARTLIC_PRIVACY_HOSTNAME = 1, /* the host's name stays here */
	SMARTLIC_PRIVACY_VERSION = 2,  /* the agent's version stays here */
	SMARTLIC_PRIVACY_FORCE_INT32 = INT32_MAX
};

/* What requests do not tell, as bits; without a call SMARTLIC_PRIVACY_HOSTNAME.  A request that is
 * under way goes out again as it was made. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_privacy(
    struct smartlic_agent *agent, uint32_t privacy);

/* The count rules and what is configured; parsed and copied.  Catalog first, and a count needs a
 * store, which brings the last ones. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_catalog(
    struct smartlic_agent *agent, const void *bytes, size_t len);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_inventory(
    struct smartlic_agent *agent, const void *bytes, size_t len);

/* For hosts that count by themselves: the count of one tag (full regid form), 0 or more. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_set_count(
    struct smartlic_agent *agent, const char *tag, int64_t count);

/* Applies UDI, privacy, transport and its options, revocation.  Opens no file: store, trust anchor,
 * catalog and inventory are handed in by the host. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_configure(
    struct smartlic_agent *agent, const struct smartlic_settings *settings);
/* The same with transport options besides: the bytes of the files that the settings name,
 * "tls-trust-anchor-pem", "client-certificate-pem", "client-key-pem" and "proxy-password".
 * Copied.  Without those that are named it fails. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_configure_with(struct smartlic_agent *agent,
    const struct smartlic_settings *settings, const struct smartlic_option *more, size_t n);

enum smartlic_register_flags {
	SMARTLIC_REGISTER_FORCE = 1, /* also where an instance of this device is live */
	SMARTLIC_REGISTER_FORCE_INT32 = INT32_MAX
};

/* Commands.  Each persists a request (or makes it due) and returns; process sends it. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_register(
    struct smartlic_agent *agent, const char *token, uint32_t flags);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_renew_id(struct smartlic_agent *agent);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_renew_auth(struct smartlic_agent *agent);
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_deregister(struct smartlic_agent *agent);
/* The authority's clock was wrong and is right again: the next answer that is good in all else is
 * taken though its time, its certificates' or its lists' numbers lie before what is known, and sets
 * these, once.  Waits in the store until then; what is open goes out at once. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_clock_accept(struct smartlic_agent *agent);
/* Cancels the open request.  1: cancelled, 0: there was none; a deregistration cannot be. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_cancel(struct smartlic_agent *agent);

/*
 * Licenses that the authority counts for this device whether it calls or not, for a year at most:
 * the named ones or, with NULL and 0, those in use.  What is reserved already is replaced.  Cancelled,
 * it is returned with what it would have replaced, since it may have been granted.
 */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_reserve(
    struct smartlic_agent *agent, const struct smartlic_license *licenses, size_t n);
/* Gives it up here at once, and tells the authority. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_return_reservation(struct smartlic_agent *agent);
/* The answer to the open request, DER or PEM, that came by another way than the transport.  0: it was
 * taken, and events and status say what it was. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_install(
    struct smartlic_agent *agent, const void *bytes, size_t len);

/* Sends, receives, applies what is due.  Never blocks.  1: something happened, call again before
 * waiting; 0: wait for pollfds or deadline.  Failures of communication are no errors here: they
 * are events and status.  After a failure of store or memory nothing is lost: go on with the loop,
 * what was to be done is tried again in a minute, or with the next command. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_process(struct smartlic_agent *agent);

/* Descriptors to wait for: fills at most *n, sets *n to how many there are; 1 when more than fit. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_pollfds(
    struct smartlic_agent *agent, struct pollfd *fds, size_t *n);

/* The env.mono_ms at which process must be called at the latest; INT64_MAX: none. */
SMARTLIC_API int64_t smartlic_agent_deadline(struct smartlic_agent *agent);

/* 1 while a request is open or due now, so that a command has something to wait for. */
SMARTLIC_API int smartlic_agent_busy(const struct smartlic_agent *agent);

enum smartlic_event_type {
	SMARTLIC_EVENT_NONE = 0,
	SMARTLIC_EVENT_REGISTERED = 1,
	SMARTLIC_EVENT_REGISTRATION_FAILED = 2,
	SMARTLIC_EVENT_ID_RENEWED = 3,
	SMARTLIC_EVENT_ID_RENEWAL_FAILED = 4,
	SMARTLIC_EVENT_ID_EXPIRED = 5,
	SMARTLIC_EVENT_AUTHORIZED = 6,
	SMARTLIC_EVENT_OUT_OF_COMPLIANCE = 7,
	SMARTLIC_EVENT_AUTHORIZATION_FAILED = 8,
	SMARTLIC_EVENT_AUTHORIZATION_EXPIRED = 9,
	SMARTLIC_EVENT_DEREGISTERED = 10,
	SMARTLIC_EVENT_DEREGISTRATION_FAILED = 11,
	SMARTLIC_EVENT_COMMUNICATION_FAILED = 12,
	SMARTLIC_EVENT_COMMUNICATION_RESTORED = 13,
	SMARTLIC_EVENT_CLOCK_CHANGED = 14,
	SMARTLIC_EVENT_IDENTITY_LOST = 15, /* both slots are damaged */
	SMARTLIC_EVENT_CLONE_SUSPECTED = 16,
	SMARTLIC_EVENT_POLICY_CLAMPED = 17,
	SMARTLIC_EVENT_ADVICE = 18,     /* an answer that proves nothing about the request: shown */
	SMARTLIC_EVENT_TIME_BACK = 19,  /* an answer up to 24 h before the signed time was taken */
	SMARTLIC_EVENT_TIME_AHEAD = 20, /* an answer far ahead was applied and kept as ahead */
	SMARTLIC_EVENT_REVOCATION_TOLERATED =
	    21,                      /* optional: no current list, taken nevertheless */
	SMARTLIC_EVENT_ENABLED = 22, /* configured now, which it was not */
	SMARTLIC_EVENT_DISABLED = 23,
	SMARTLIC_EVENT_ENFORCEMENT_MODE = 24, /* changed, where no other event tells it */
	SMARTLIC_EVENT_ENTITLEMENT_MODE = 25, /* of one entitlement, while the whole has stayed */
	SMARTLIC_EVENT_ID_RENEWAL_NOT_STARTED = 26, /* due, but the agent is disabled */
	SMARTLIC_EVENT_ID_EXPIRING = 27,            /* in 60 days or less */
	SMARTLIC_EVENT_ID_OUTSIDE_VALIDITY = 28, /* by the device's clock, which decides nothing */
	SMARTLIC_EVENT_EVALUATION_STARTED = 29,
	SMARTLIC_EVENT_EVALUATION_ENDING = 30,
	SMARTLIC_EVENT_EVALUATION_EXPIRED = 31,
	SMARTLIC_EVENT_STORE_COPIED = 32, /* the store is that of another UDI */
	SMARTLIC_EVENT_RESERVATION_LOST = 33,
	SMARTLIC_EVENT_ANCHOR_CHANGED = 34,
	SMARTLIC_EVENT_ANCHOR_EXPIRING = 35, /* in 365 days or less; it stays in use */
	SMARTLIC_EVENT_INVENTORY_EMPTY = 36,
	SMARTLIC_EVENT_REPORT_ACKNOWLEDGED = 37,
	SMARTLIC_EVENT_EXPORT_CONTROLLED = 38, /* allowed, or not any more */
	SMARTLIC_EVENT_HOSTNAME_MATCH_UDI = 39,
	SMARTLIC_EVENT_CLOCK_ACCEPTED = 40, /* `clock accept` has taken an answer's time */
	SMARTLIC_EVENT_CLOCK_ACCEPT = 41,   /* was asked for */
	SMARTLIC_EVENT_CLOCK_BEHIND = 42,   /* after a boot it says less than is certain */
	SMARTLIC_EVENT_TIME_CONFIRMED = 43, /* a time far ahead was confirmed and is used */
	SMARTLIC_EVENT_RESERVED = 44,
	SMARTLIC_EVENT_RESERVATION_RETURNED = 45,
	SMARTLIC_EVENT_RESERVATION_FAILED = 46,
	SMARTLIC_EVENT_ANCHOR_ADDED = 47, /* a new root, which the present one has signed */
	SMARTLIC_EVENT_FORCE_INT32 = INT32_MAX
};

struct smartlic_event {
	size_t size; /* set by the caller */
	int32_t type;     /* enum smartlic_event_type */
	int32_t severity; /* enum smartlic_log_level */
	int64_t time_ms;
	const char *message; /* "%LICENSE-SMART_LIC-6-AGENT_REG_SUCCESS : …"; until the next call */
};

/* Takes the oldest event.  1: filled, 0: there is none.  32 wait at most: another one takes the
 * oldest one's place. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_next_event(
    struct smartlic_agent *agent, struct smartlic_event *ret);

/* A snapshot; borrowed until the next _status, _show or _free of this agent.  Never NULL but when
 * memory is out. */
SMARTLIC_API const struct smartlic_status *smartlic_agent_status(struct smartlic_agent *agent);

/* The snapshot as text, terminated; the caller frees *ret with free(). */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_agent_show(
    struct smartlic_agent *agent, int what, int format, char **ret);

/*
 * A look at the way to the authority, for `license smart test`: the configuration, each step of the
 * way to each destination, who answers there, and its clock.  Nothing is stored, and what is sent has
 * no effect at the other end.  The agent may be opened read-only; it is borrowed until _free, and not
 * to be used otherwise meanwhile.
 */
struct smartlic_test;
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_test_new(
    struct smartlic_test **ret, struct smartlic_agent *agent);
/* Goes on without blocking.  1: *ret is the next finding, its body borrowed until the next call;
 * 0: wait for pollfds or deadline; 2: that was all.  An error is in smartlic_agent_error. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_test_step(
    struct smartlic_test *test, struct smartlic_finding *ret);
/* As those of the agent. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_test_pollfds(
    struct smartlic_test *test, struct pollfd *fds, size_t *n);
SMARTLIC_API int64_t smartlic_test_deadline(struct smartlic_test *test);
SMARTLIC_API void smartlic_test_free(struct smartlic_test *test); /* NULL is allowed */

/* What a registration token says of itself; the secret is not looked at. */
struct smartlic_token {
	size_t size; /* set by the caller */
	int32_t key_number;
	char home[9]; /* 8 hex digits: the first bytes of its home's id */
	char id[33];  /* 32 hex digits */
	char id_text[23]; /* the id as base64url, as `token list` and `token revoke` have it */
};
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_token_read(
    struct smartlic_token *ret, const char *token, struct smartlic_error *err);

#ifdef __cplusplus
}
#endif
#endif
