/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_NETWORK_H
#define SL_NETWORK_H

#include <curl/curl.h>

#include "options.h"

/*
 * Everything about the network that libcurl would otherwise choose by itself, or
 * take from the environment: proxy, resolver, addresses, TLS, protocols.
 */
struct sl_network {
	const struct sl_options *options;
	const struct sl_destination *resolved; /* whose address is needed: destination or proxy */
	struct curl_slist *addresses;          /* for CURLOPT_RESOLVE; NULL: it is a literal */
	struct sl_tls_check *check;
	int source_bound;      /* a connection was tried from it */
	char source_text[160]; /* "" or why none could be, and what to do */
};

/* libcurl is initialised once for the process and stays so: others may use it as well.  0, or an
 * error code with `text` (cap bytes). */
int sl_network_start(char *text, size_t cap);
/* Whose address a request to `to` needs. */
const struct sl_destination *sl_network_first_hop(
    const struct sl_options *options, const struct sl_destination *to);

/* Sets it for one transfer; *net must outlive that.  0, or -1: out of memory. */
int sl_network_set(CURL *easy, struct sl_network *net);

#endif
