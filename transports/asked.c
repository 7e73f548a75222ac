/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "asked.h"

#define HEADER_LEN 12 /* of a message of DNS */
#define FLAG_QR    0x80

static const char *const words[] = {
	[SL_SAID_NOTHING] = "no answer",
	[SL_SAID_NOBODY] = "nobody there",
	[SL_SAID_FAILED] = "SERVFAIL",
	[SL_SAID_UNABLE] = "NOTIMP",
	[SL_SAID_REFUSED] = "REFUSED",
	[SL_SAID_ANSWER] = "answered",
};

/* ---- c-ares's sockets --------------------------------------------------- */

static ares_socket_t
open_socket(int family, int type, int protocol, void *ud)
{
	(void)ud;
	return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

static int
connect_socket(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t len, void *ud)
{
	struct sl_asked *asked = ud;
	size_t i = asked->n_sockets;

	if (i < ARES_GETSOCK_MAXNUM && len <= sizeof(asked->socket[i].address)) {
		memset(&asked->socket[i], 0, sizeof(asked->socket[i]));
		asked->socket[i].fd = fd;
		memcpy(&asked->socket[i].address, address, len);
		asked->socket[i].len = len;
		asked->socket[i].server = SL_ASKED_MAX;
		asked->n_sockets++;
	}
	return connect(fd, address, len);
}

static void
note_question(struct sl_asked *asked, ares_socket_t fd)
{
	size_t i = 0, k = 0;

	while (i < asked->n_sockets && asked->socket[i].fd != fd)
		i++;
	if (i == asked->n_sockets || asked->socket[i].server != SL_ASKED_MAX)
		return;
	while (k < asked->n && memcmp(&asked->server[k].address, &asked->socket[i].address,
				   asked->socket[i].len) != 0)
		k++;
	if (k == SL_ASKED_MAX)
		return;
	if (k == asked->n)
		asked->server[asked->n++].address = asked->socket[i].address;
	asked->socket[i].server = k;
}

static int
close_socket(ares_socket_t fd, void *ud)
{
	struct sl_asked *asked = ud;

	for (size_t i = 0; i < asked->n_sockets; i++)
		if (asked->socket[i].fd == fd)
			asked->socket[i--] = asked->socket[--asked->n_sockets];
	return close(fd);
}

/* An answer counts more than what went wrong before. */
static void
note(struct sl_asked *asked, ares_socket_t fd, enum sl_said said)
{
	for (size_t i = 0; i < asked->n_sockets; i++) {
		size_t server = asked->socket[i].server;

		if (asked->socket[i].fd == fd && server < asked->n &&
		    asked->server[server].said < said)
			asked->server[server].said = said;
	}
}

static void
note_message(struct sl_asked *asked, ares_socket_t fd, const unsigned char *message, size_t len)
{
	static const enum sl_said by_code[16] = {
		[2] = SL_SAID_FAILED, [4] = SL_SAID_UNABLE, [5] = SL_SAID_REFUSED
	};
	enum sl_said said;

	if (len < HEADER_LEN || (message[2] & FLAG_QR) == 0)
		return;
	said = by_code[message[3] & 15];
	note(asked, fd, said == SL_SAID_NOTHING ? SL_SAID_ANSWER : said);
}

static ares_ssize_t
receive(ares_socket_t fd, void *buf, size_t len, int flags, struct sockaddr *from,
    ares_socklen_t *from_len, void *ud)
{
	ares_ssize_t n = recvfrom(fd, buf, len, flags, from, from_len);

	/* over TCP, without an address to fill in, a length comes first: it was asked by UDP before
	 */
	if (n < 0 && errno == ECONNREFUSED)
		note(ud, fd, SL_SAID_NOBODY);
	else if (n > 0 && from != NULL)
		note_message(ud, fd, buf, (size_t)n);
	return n;
}

static ares_ssize_t
send_all(ares_socket_t fd, const struct iovec *iov, int n, void *ud)
{
	ares_ssize_t r;

	note_question(ud, fd);
	r = writev(fd, iov, n);
	if (r < 0 && errno == ECONNREFUSED)
		note(ud, fd, SL_SAID_NOBODY);
	return r;
}

void
sl_asked_watch(struct sl_asked *asked, ares_channel channel)
{
	static const struct ares_socket_functions ours = { open_socket, close_socket,
		connect_socket, receive, send_all };

	ares_set_socket_functions(channel, &ours, asked);
}

/* ---- what they said ----------------------------------------------------- */

enum sl_said
sl_asked_all(const struct sl_asked *asked)
{
	for (size_t i = 1; i < asked->n; i++)
		if (asked->server[i].said != asked->server[0].said)
			return SL_SAID_NOTHING;
	return asked->n > 0 ? asked->server[0].said : SL_SAID_NOTHING;
}

int
sl_asked_heard(const struct sl_asked *asked)
{
	for (size_t i = 0; i < asked->n; i++)
		if (asked->server[i].said != SL_SAID_NOTHING)
			return 1;
	return 0;
}

int
sl_asked_silent(const struct sl_asked *asked)
{
	for (size_t i = 0; i < asked->n; i++)
		if (asked->server[i].said != SL_SAID_ANSWER)
			return 1;
	return 0;
}

static size_t
put(char *ret, size_t cap, const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_in *in = (const void *)address;
	char host[INET6_ADDRSTRLEN] = "";

	if (address->ss_family == AF_INET) {
		(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		return (size_t)snprintf(ret, cap, "%s:%d", host, ntohs(in->sin_port));
	}
	(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
	return (size_t)snprintf(ret, cap, "[%s]:%d", host, ntohs(in6->sin6_port));
}

void
sl_asked_text(const struct sl_asked *asked, char *ret, size_t cap)
{
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < asked->n && used < cap; i++) {
		if (i > 0)
			used += (size_t)snprintf(ret + used, cap - used, ", ");
		if (used < cap)
			used += put(ret + used, cap - used, &asked->server[i].address);
		if (used < cap)
			used += (size_t)snprintf(
			    ret + used, cap - used, " %s", words[asked->server[i].said]);
	}
}
