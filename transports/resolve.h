/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_RESOLVE_H
#define SL_RESOLVE_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A name → its addresses, by c-ares: libcurl's own resolver would start a thread,
 * and cancelling that waits for it.
 */
struct sl_resolve;

#define SL_RESOLVE_TEXT 320
#define SL_SRV_MAX      32

/* One server that a domain names for a service. */
struct sl_srv {
	char target[256];
	uint16_t port, priority, weight;
};

/* Starts to ask.  `servers` is a list for ares_set_servers_ports_csv: these and no others; NULL:
 * those of the system, read anew each time.  0, or -1: out of memory. */
int sl_resolve_start(struct sl_resolve **ret, const char *name, const char *servers);
/* 1: *addresses is "[2001:db8::1],192.0.2.1", in the order in which to try them, borrowed until free;
 * 0: not yet; -1: text says what was found and what to do.  now_ms: by a clock that only goes
 * forward. */
int sl_resolve_step(struct sl_resolve *rs, int64_t now_ms, const char **addresses,
    char text[SL_RESOLVE_TEXT]);
/* The same for the servers of a domain: its SRV records of _smartlic._tcp, in no order.  One at
 * least; a target "." is none. */
int sl_resolve_start_srv(struct sl_resolve **ret, const char *domain, const char *servers);
int sl_resolve_step_srv(
    struct sl_resolve *rs, const struct sl_srv **records, size_t *n, char text[SL_RESOLVE_TEXT]);
/* How many descriptors there are; the first `cap` of them are filled in. */
size_t sl_resolve_pollfds(struct sl_resolve *rs, struct pollfd *fds, size_t cap);
/* Milliseconds until step must be called; at most `max`. */
int64_t sl_resolve_wait_ms(struct sl_resolve *rs, int64_t now_ms, int64_t max);
/* Text for a caller that will wait no longer. */
void sl_resolve_slow(struct sl_resolve *rs, char text[SL_RESOLVE_TEXT]);
/* What became of it: whether name servers answered at all; what each that was asked said, and
 * whether one did not answer; whether nobody was asked, since a file knows the name, or it is this
 * device's own; the addresses, "" where there are none.  Borrowed. */
int sl_resolve_answered(const struct sl_resolve *rs);
void sl_resolve_said(const struct sl_resolve *rs, char *ret, size_t cap);
int sl_resolve_failed_over(const struct sl_resolve *rs);
int sl_resolve_asked(const struct sl_resolve *rs);
int sl_resolve_is_own(const struct sl_resolve *rs);
const char *sl_resolve_addresses(const struct sl_resolve *rs);
/* At once, whatever is being asked.  NULL is allowed. */
void sl_resolve_free(struct sl_resolve *rs);

/* 1 if a value can be one of `servers`: an address, with a port if wanted. */
int sl_resolve_is_server(const char *value);

#endif
