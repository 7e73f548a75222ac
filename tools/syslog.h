/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SYSLOG_H
#define TOOLS_SYSLOG_H

#include <stddef.h>
#include <stdint.h>

/*
 * The log of the host.  syslog(3) of the C library writes the form of RFC 3164, without year, zone
 * and message id; these write that of RFC 5424.
 */
#define SYSLOG_SOCKET "/dev/log"
#define SYSLOG_MAX    2048 /* what any receiver takes (RFC 5424, 6.1) */

struct syslog_line {
	int severity; /* enum smartlic_log_level, which are the numbers of the RFC */
	int64_t wall_ms;
	const char *host;
	int pid;
	const char *message; /* "%LICENSE-SMART_LIC-6-AGENT_READY : …": the id is taken from it */
};

/* One datagram, terminated, cut to fit; its length. */
size_t syslog_format(char *ret, size_t size, const struct syslog_line *line);

/* From now on tell() goes to this socket, a path. */
void syslog_open(const char *path);

/* A message of the agent: to the host's log where that is open and takes it, else to standard
 * error. */
void tell(int severity, const char *message);
/* The same of the tool's own words, which stand on standard error already. */
void tell_also(int severity, const char *text);

#endif
