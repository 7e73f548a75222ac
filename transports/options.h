/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_OPTIONS_H
#define SL_OPTIONS_H

#include <net/if.h>
#include <sys/socket.h>

#include <smartlic/transport.h>

#include "destination.h"
#include "tls.h"

#define SL_MAX_DESTINATIONS 8

/* What the options of an opened transport say; zero to start. */
struct sl_options {
	struct sl_destination destinations[SL_MAX_DESTINATIONS];
	size_t n_destinations;
	char srv_domain[240]; /* whose SRV records name more of them; "": none */
	char *name_servers;   /* a list for sl_resolve_start; NULL: the system's */
	struct sl_tls *tls;
	struct sl_destination proxy; /* url NULL: none */
	char *proxy_user;            /* NULL: none */
	char *proxy_password;
	struct sockaddr_storage source; /* ss_family 0: the system chooses */
	socklen_t source_len;
	char source_interface[IF_NAMESIZE]; /* "": the system chooses */
};

/* 0, or an error code with `text` (cap bytes) that says which option and why; sl_options_free in
 * either case. */
int sl_options_read(struct sl_options *ret, const struct smartlic_option *options, size_t n,
    char *text, size_t cap);
void sl_options_free(struct sl_options *o);

#endif
