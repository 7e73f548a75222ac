/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

/* ares_query and ares_parse_srv_reply, for versions without what replaces them */
#define CARES_NO_DEPRECATED

#include <arpa/inet.h>
#include <ares.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>

#include "addresses.h"
#include "asked.h"
#include "resolve.h"

/* Each server is asked for TRY_MS, all of them in turn; then once more, for twice as long. */
#define TRY_MS 1500
#define TRIES  2

enum state { ASKING, FOUND, FAILED };

struct question {
	struct sl_resolve *rs;
	enum sl_family family;
};

struct sl_resolve {
	ares_channel channel;
	enum state state;
	int status; /* of c-ares, when FAILED */
	char name[256];
	struct question question[SL_FAMILIES];
	struct sl_addresses found;
	char addresses[SL_FAMILIES * SL_ADDRESSES_TEXT];
	char servers[160]; /* who may be asked, for texts */
	struct sl_asked asked;
	int is_srv, is_own;
	struct sl_srv records[SL_SRV_MAX];
	size_t n_records;
};

static void
on_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	const struct question *q = arg;

	(void)timeouts;
	sl_addresses_take(&q->rs->found, q->family, status, ai);
}

/* A domain that says with a target "." that it has no such service has none. */
static void
add_record(struct sl_resolve *rs, const struct ares_srv_reply *reply)
{
	struct sl_srv *srv = &rs->records[rs->n_records];

	if (rs->n_records == SL_SRV_MAX || reply->host[0] == '\0' ||
	    strcmp(reply->host, ".") == 0 || strlen(reply->host) >= sizeof(srv->target))
		return;
	memcpy(srv->target, reply->host, strlen(reply->host) + 1);
	srv->port = reply->port;
	srv->priority = reply->priority;
	srv->weight = reply->weight;
	rs->n_records++;
}

static void
on_records(void *arg, int status, int timeouts, unsigned char *answer, int len)
{
	struct sl_resolve *rs = arg;
	struct ares_srv_reply *list = NULL;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		status = ares_parse_srv_reply(answer, len, &list);
	for (struct ares_srv_reply *one = list; one != NULL; one = one->next)
		add_record(rs, one);
	ares_free_data(list);
	rs->state = rs->n_records > 0 ? FOUND : FAILED;
	rs->status = status == ARES_SUCCESS ? ARES_ENODATA : status;
}

/* For texts: those given, or those that c-ares took from the system. */
static void
note_servers(struct sl_resolve *rs, const char *given)
{
	struct ares_addr_port_node *list = NULL;
	size_t used = 0;
	char one[INET6_ADDRSTRLEN];

	if (given != NULL) {
		(void)snprintf(rs->servers, sizeof(rs->servers), "%s", given);
		return;
	}
	if (ares_get_servers_ports(rs->channel, &list) != ARES_SUCCESS)
		return;
	for (struct ares_addr_port_node *s = list; s != NULL && used < sizeof(rs->servers);
	     s = s->next) {
		if (inet_ntop(s->family, &s->addr, one, sizeof(one)) == NULL)
			continue;
		used += (size_t)snprintf(rs->servers + used, sizeof(rs->servers) - used, "%s%s",
		    used > 0 ? "," : "", one);
	}
	ares_free_data(list);
}

/* Where to look: "f", the hosts file, or "b", the name servers. */
static int
channel_new(ares_channel *ret, const char *servers, const char *where)
{
	char lookups[2] = { where[0], '\0' };
	struct ares_options options = { .timeout = TRY_MS, .tries = TRIES, .lookups = lookups };
	/* NOALIASES: $HOSTALIASES must not steer; NOROTATE: the first server is the preferred */
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NOROTATE |
		   ARES_OPT_LOOKUPS;
	int r;

	options.flags = ARES_FLAG_NOALIASES;
	/* the system's search list belongs to the system's servers; of c-ares 1.18 ares_getaddrinfo
	 * heeds the empty list alone, of later ones the flag (their issue 637) */
	if (servers != NULL) {
		options.flags |= ARES_FLAG_NOSEARCH;
		mask |= ARES_OPT_DOMAINS;
	}
	r = ares_init_options(ret, &options, mask);
	if (r != ARES_SUCCESS || servers == NULL)
		return r;
	r = ares_set_servers_ports_csv(*ret, servers);
	if (r != ARES_SUCCESS)
		ares_destroy(*ret);
	return r;
}

/* c-ares is less strict: it takes "[::1" and "" as well. */
int
sl_resolve_is_server(const char *value)
{
	char host[INET6_ADDRSTRLEN + 2];
	unsigned char address[16];
	const char *port = NULL;
	size_t len;

	if (inet_pton(AF_INET6, value, address) == 1)
		return 1;
	len = value[0] == '[' ? strcspn(value, "]") + 1 : strcspn(value, ":");
	if (len >= sizeof(host) || len > strlen(value))
		return 0;
	if (value[len] != '\0')
		port = value + len + 1;
	if (port != NULL && (value[len] != ':' || strspn(port, "0123456789") != strlen(port) ||
				strtol(port, NULL, 10) < 1 || strtol(port, NULL, 10) > 65535))
		return 0;
	memcpy(host, value, len);
	host[len] = '\0';
	if (value[0] != '[')
		return inet_pton(AF_INET, host, address) == 1;
	host[len - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, address) == 1;
}

/* RFC 6761: the name of this device itself is asked of nobody, and needs no hosts file. */
static int
is_localhost(const char *name)
{
	static const char own[] = "localhost";
	size_t len = strlen(name), own_len = sizeof(own) - 1;

	if (len > 0 && name[len - 1] == '.')
		len--;
	return len >= own_len && strncasecmp(name + len - own_len, own, own_len) == 0 &&
	       (len == own_len || name[len - own_len - 1] == '.');
}

/* Opened for what the name servers are asked for, and not for what is known here. */
static int
open_channel(struct sl_resolve *rs, const char *servers)
{
	if (channel_new(&rs->channel, servers, "b") != ARES_SUCCESS) {
		rs->channel = NULL;
		return -1;
	}
	note_servers(rs, servers);
	sl_asked_watch(&rs->asked, rs->channel);
	return 0;
}

int
sl_resolve_start_srv(struct sl_resolve **ret, const char *domain, const char *servers)
{
	struct sl_resolve *rs = calloc(1, sizeof(*rs));

	if (rs == NULL)
		return -1;
	(void)snprintf(rs->name, sizeof(rs->name), "_smartlic._tcp.%s", domain);
	rs->is_srv = 1;
	if (open_channel(rs, servers) != 0) {
		sl_resolve_free(rs);
		return -1;
	}
	ares_query(rs->channel, rs->name, C_IN, T_SRV, on_records, rs);
	*ret = rs;
	return 0;
}

static void
judge(struct sl_resolve *rs, int64_t now_ms)
{
	int r = sl_addresses_judge(&rs->found, now_ms, &rs->status);

	if (r == 0)
		return;
	sl_addresses_list(&rs->found, rs->addresses);
	rs->state = r > 0 ? FOUND : FAILED;
}

static void
ask(struct sl_resolve *rs, ares_channel channel)
{
	static const int families[SL_FAMILIES] = { [SL_IPV6] = AF_INET6, [SL_IPV4] = AF_INET };

	rs->state = ASKING;
	rs->found = (struct sl_addresses){ .until_ms = 0 };
	for (int i = 0; i < SL_FAMILIES; i++) {
		struct ares_addrinfo_hints hints = { .ai_family = families[i] };

		rs->question[i] = (struct question){ rs, (enum sl_family)i };
		ares_getaddrinfo(
		    channel, rs->name, NULL, &hints, on_addresses, &rs->question[i]);
	}
}

/* A name that is there is asked for of nobody, also where the file has it of one family only. */
static int
is_in_hosts_file(struct sl_resolve *rs, const char *servers)
{
	ares_channel channel;

	if (channel_new(&channel, servers, "f") != ARES_SUCCESS)
		return 0;
	ask(rs, channel);
	ares_destroy(channel);
	judge(rs, 0);
	return rs->state == FOUND;
}

int
sl_resolve_start(struct sl_resolve **ret, const char *name, const char *servers)
{
	struct sl_resolve *rs = calloc(1, sizeof(*rs));

	if (rs == NULL)
		return -1;
	(void)snprintf(rs->name, sizeof(rs->name), "%s", name);
	rs->is_own = is_localhost(name);
	if (rs->is_own) {
		(void)snprintf(rs->addresses, sizeof(rs->addresses), "127.0.0.1,[::1]");
		rs->state = FOUND;
	} else if (!is_in_hosts_file(rs, servers)) {
		if (open_channel(rs, servers) != 0) {
			sl_resolve_free(rs);
			return -1;
		}
		ask(rs, rs->channel);
	}
	*ret = rs;
	return 0;
}

size_t
sl_resolve_pollfds(struct sl_resolve *rs, struct pollfd *fds, size_t cap)
{
	ares_socket_t socks[ARES_GETSOCK_MAXNUM];
	unsigned int bits; /* unsigned: the macros of c-ares shift into the sign */
	size_t n = 0;

	if (rs->state != ASKING)
		return 0;
	bits = (unsigned int)ares_getsock(rs->channel, socks, ARES_GETSOCK_MAXNUM);
	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = 0;

		if ((bits >> i & 1) != 0)
			events |= POLLIN;
		if ((bits >> (i + ARES_GETSOCK_MAXNUM) & 1) != 0)
			events |= POLLOUT;
		if (events == 0)
			continue;
		if (n < cap)
			fds[n] = (struct pollfd){ .fd = socks[i], .events = events };
		n++;
	}
	return n;
}

int64_t
sl_resolve_wait_ms(struct sl_resolve *rs, int64_t now_ms, int64_t max)
{
	struct timeval tv;
	int64_t ms;

	if (rs->state != ASKING)
		return 0;
	if (rs->found.until_ms != 0 && rs->found.until_ms - now_ms < max)
		max = rs->found.until_ms > now_ms ? rs->found.until_ms - now_ms : 0;
	if (ares_timeout(rs->channel, NULL, &tv) == NULL)
		return max;
	/* rounded up: too early would only be too early again */
	ms = (int64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1;
	return ms < max ? ms : max;
}

static void
drive(struct sl_resolve *rs)
{
	struct pollfd fds[ARES_GETSOCK_MAXNUM];
	size_t n = sl_resolve_pollfds(rs, fds, ARES_GETSOCK_MAXNUM);

	if (n > 0 && poll(fds, n, 0) > 0)
		for (size_t i = 0; i < n; i++) {
			short got = fds[i].revents;

			if (got == 0)
				continue;
			/* an error shows where one reads or writes */
			ares_process_fd(rs->channel,
			    (got & ~POLLOUT) != 0 ? fds[i].fd : ARES_SOCKET_BAD,
			    (got & POLLOUT) != 0 ? fds[i].fd : ARES_SOCKET_BAD);
		}
	ares_process_fd(rs->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* its timers */
}

static const struct {
	int status;
	const char *found;
	const char *cure;
} failures[] = {
	{ ARES_ENOTFOUND, "there is no such name",
	    "correct the destination address, or the name servers" },
	{ ARES_ENODATA, "the name has no address",
	    "correct the destination address, or give the name an A or AAAA record" },
	{ ARES_ETIMEOUT, "no answer",
	    "check the name servers (domain name-server) and the route to them" },
	/* c-ares goes on to the next after a refusal, and at the end remembers no cause */
	{ ARES_ECONNREFUSED, "nobody answers there, or refuses to",
	    "check the name servers (domain name-server) and the route to them" },
	{ ARES_ESERVFAIL, "failed to answer", "look into the name servers' logs" },
	{ ARES_ENOTIMP, "answered that it does not do that",
	    "that is no name server of use: correct domain name-server" },
	{ ARES_EREFUSED, "refuses to answer",
	    "have it serve this device, or correct domain name-server" },
	{ ARES_EFORMERR, "answered that the question is malformed",
	    "that is no name server of use: correct domain name-server" },
	{ ARES_EBADNAME, "not a name", "correct the destination address" },
};

/* The cause that c-ares has forgotten. */
static int
cause(const struct sl_resolve *rs, int status)
{
	static const int causes[] = { [SL_SAID_NOBODY] = ARES_ECONNREFUSED,
		[SL_SAID_FAILED] = ARES_ESERVFAIL,
		[SL_SAID_UNABLE] = ARES_ENOTIMP,
		[SL_SAID_REFUSED] = ARES_EREFUSED,
		[SL_SAID_ANSWER] = 0 };
	int known = causes[sl_asked_all(&rs->asked)];

	/* which of the two it is depends on who was asked last */
	if (status != ARES_ECONNREFUSED && status != ARES_ETIMEOUT)
		return status;
	return known != 0 ? known : sl_asked_heard(&rs->asked) ? ARES_ECONNREFUSED : status;
}

static void
describe(const struct sl_resolve *rs, int status, char text[SL_RESOLVE_TEXT])
{
	/* of several it is told what each said */
	char servers[200];
	const char *found = ares_strerror(status);
	const char *cure = "check the name servers (domain name-server)";

	if (rs->asked.n > 1)
		sl_resolve_said(rs, servers, sizeof(servers));
	else
		(void)snprintf(servers, sizeof(servers), "%s", rs->servers);
	status = cause(rs, status);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].status == status) {
			found = failures[i].found;
			cure = failures[i].cure;
		}
	if (rs->is_srv && status == ARES_ENODATA)
		found = "the domain names no server";
	if (rs->is_srv && (status == ARES_ENOTFOUND || status == ARES_ENODATA))
		cure = "give the domain such SRV records, or correct license smart satellite srv";
	if (rs->is_srv && status == ARES_EBADNAME)
		cure = "correct license smart satellite srv";
	(void)snprintf(text, SL_RESOLVE_TEXT, "%.80s: %s (name server %.120s); %s", rs->name, found,
	    servers, cure);
}

void
sl_resolve_slow(struct sl_resolve *rs, char text[SL_RESOLVE_TEXT])
{
	describe(rs, ARES_ETIMEOUT, text);
}

static int
step(struct sl_resolve *rs, int64_t now_ms, char text[SL_RESOLVE_TEXT])
{
	if (rs->state == ASKING)
		drive(rs);
	if (rs->state == ASKING && !rs->is_srv)
		judge(rs, now_ms);
	switch (rs->state) {
	case ASKING:
		return 0;
	case FOUND:
		return 1;
	case FAILED:
		describe(rs, rs->status, text);
		return -1;
	}
	return -1;
}

int
sl_resolve_step(struct sl_resolve *rs, int64_t now_ms, const char **addresses,
    char text[SL_RESOLVE_TEXT])
{
	int r = step(rs, now_ms, text);

	if (r > 0)
		*addresses = rs->addresses;
	return r;
}

int
sl_resolve_step_srv(
    struct sl_resolve *rs, const struct sl_srv **records, size_t *n, char text[SL_RESOLVE_TEXT])
{
	int r = step(rs, 0, text);

	if (r > 0) {
		*records = rs->records;
		*n = rs->n_records;
	}
	return r;
}

int
sl_resolve_answered(const struct sl_resolve *rs)
{
	return rs->state == FOUND || (rs->state == FAILED && (rs->status == ARES_ENOTFOUND ||
								 rs->status == ARES_ENODATA));
}

int
sl_resolve_is_own(const struct sl_resolve *rs)
{
	return rs->is_own;
}

void
sl_resolve_said(const struct sl_resolve *rs, char *ret, size_t cap)
{
	sl_asked_text(&rs->asked, ret, cap);
}

int
sl_resolve_failed_over(const struct sl_resolve *rs)
{
	return sl_asked_silent(&rs->asked);
}

int
sl_resolve_asked(const struct sl_resolve *rs)
{
	return rs->asked.n > 0;
}

const char *
sl_resolve_addresses(const struct sl_resolve *rs)
{
	return rs->addresses;
}

void
sl_resolve_free(struct sl_resolve *rs)
{
	if (rs == NULL)
		return;
	ares_destroy(rs->channel);
	free(rs);
}
