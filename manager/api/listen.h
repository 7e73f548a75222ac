/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_LISTEN_H
#define MANAGER_API_LISTEN_H

#include <event2/event.h>
#include <event2/listener.h>

#include "error.h"

/*
 * A listener at "127.0.0.1:8443" or "[::1]:0": a literal address and a port.  option: its name in
 * errors.  port: 0 for the one that is written, else that one in its place; *ret_port is the one it
 * got.  shared: others of this process listen at the same port, and the system shares connections
 * among them; the first one makes sure that nobody else does.
 */
int listen_open(struct evconnlistener **ret, struct event_base *base, const char *option,
    const char *where, int port, int shared, int *ret_port, struct smartlic_error *err);

#endif
