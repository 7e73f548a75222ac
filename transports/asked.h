/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_ASKED_H
#define SL_ASKED_H

#include <ares.h>
#include <stddef.h>
#include <sys/socket.h>

/*
 * Which name servers were asked, and what each said.  c-ares goes on to the next one after a
 * failure and remembers no cause: its sockets are ours, and so it is seen here.
 */
#define SL_ASKED_MAX 8

enum sl_said {
	SL_SAID_NOTHING = 0,
	SL_SAID_NOBODY,  /* nothing listens there */
	SL_SAID_FAILED,  /* SERVFAIL */
	SL_SAID_UNABLE,  /* NOTIMP */
	SL_SAID_REFUSED, /* REFUSED */
	SL_SAID_ANSWER,  /* anything else, such as that there is no such name */
};

struct sl_asked {
	struct {
		struct sockaddr_storage address;
		enum sl_said said;
	} server[SL_ASKED_MAX]; /* in the order in which they were asked first */
	size_t n;
	/* the server is known from the first question on: c-ares connects to an address that it has
	 * found as well, to see from where that is reached */
	struct {
		ares_socket_t fd;
		struct sockaddr_storage address;
		ares_socklen_t len;
		size_t server; /* SL_ASKED_MAX: not yet */
	} socket[ARES_GETSOCK_MAXNUM];
	size_t n_sockets;
};

/* From now on; asked is to stay where it is for the channel's life. */
void sl_asked_watch(struct sl_asked *asked, ares_channel channel);
/* What they all said if it was the same; SL_SAID_NOTHING where it was not. */
enum sl_said sl_asked_all(const struct sl_asked *asked);
/* "127.0.0.1:53 no answer, [::1]:53 answered", where one did or more were asked. */
void sl_asked_text(const struct sl_asked *asked, char *ret, size_t cap);
/* Did one of them say anything? */
int sl_asked_heard(const struct sl_asked *asked);
/* Did one of them not answer? */
int sl_asked_silent(const struct sl_asked *asked);

#endif
