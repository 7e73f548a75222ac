/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "api/listen.h"

#define BACKLOG 512

/* 0 to 65535, or -1 */
static int
parse_port(const char *text)
{
	int n = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = 10 * n + (*text - '0');
		if (n > 65535)
			return -1;
	}
	return n;
}

/* Both parts must be written: an address alone would silently pick a port. */
static int
parse_where(struct sockaddr_storage *ret, int *ret_len, const char *option, const char *text,
    int other_port, struct smartlic_error *err)
{
	const char *colon = strrchr(text, ':');
	int bracketed = text[0] == '[' && colon != NULL && colon > text + 1 && colon[-1] == ']';
	int port = colon != NULL ? parse_port(colon + 1) : -1;
	int used = other_port != 0 ? other_port : port;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((in_port_t)used) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((in_port_t)used) };
	char address[INET6_ADDRSTRLEN] = "";
	size_t len = colon != NULL ? (size_t)(colon - text) - (bracketed ? 2 : 0) : 0;

	if (len < sizeof(address))
		memcpy(address, text + (bracketed ? 1 : 0), len);
	memset(ret, 0, sizeof(*ret));
	if (port >= 0 && bracketed && inet_pton(AF_INET6, address, &in6.sin6_addr) == 1) {
		memcpy(ret, &in6, sizeof(in6));
		*ret_len = sizeof(in6);
		return 0;
	}
	if (port >= 0 && !bracketed && inet_pton(AF_INET, address, &in.sin_addr) == 1) {
		memcpy(ret, &in, sizeof(in));
		*ret_len = sizeof(in);
		return 0;
	}
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "%s: '%s': ADDRESS:PORT is expected, like 127.0.0.1:8443 or [::]:8443; port 0 "
	    "picks a free one",
	    option, text);
}

/* Whether the port is free is seen by one that shares it with nobody.  0 or -1, errno says why. */
static int
try_alone(const struct sockaddr_storage *address, int len)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), r, reason;
	const int on = 1;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	r = bind(fd, (const struct sockaddr *)address, (socklen_t)len);
	if (r == 0)
		r = listen(fd, 1);
	reason = errno;
	(void)close(fd);
	errno = reason;
	return r;
}

int
listen_open(struct evconnlistener **ret, struct event_base *base, const char *option,
    const char *where, int port, int shared, int *ret_port, struct smartlic_error *err)
{
	unsigned int flags = LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE |
			     (shared ? LEV_OPT_REUSEABLE_PORT : 0);
	struct evconnlistener *listener = NULL;
	struct sockaddr_storage address;
	struct sockaddr_in in;
	socklen_t got = sizeof(address);
	const int on = 1;
	int len = 0, fd, r;

	r = parse_where(&address, &len, option, where, port, err);
	if (r < 0)
		return r;
	if (port != 0 || !shared || try_alone(&address, len) == 0)
		listener = evconnlistener_new_bind(
		    base, NULL, NULL, flags, BACKLOG, (struct sockaddr *)&address, len);
	if (listener == NULL)
		return sl_fail(err, SMARTLIC_E_SYSTEM,
		    "%s cannot be listened on: %s: choose another with %s", where, strerror(errno),
		    option);
	fd = evconnlistener_get_fd(listener);
	/* inherited by what it accepts: without it, answers wait for the peer's delayed ACK */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (getsockname(fd, (struct sockaddr *)&address, &got) < 0) {
		evconnlistener_free(listener);
		return sl_fail(err, SMARTLIC_E_SYSTEM, "%s: %s", where, strerror(errno));
	}
	/* the port stands at the same place in both families */
	memcpy(&in, &address, sizeof(in));
	*ret_port = ntohs(in.sin_port);
	*ret = listener;
	return 0;
}
