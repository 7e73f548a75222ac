/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_DESTINATION_H
#define SL_DESTINATION_H

/* Where requests go: the pieces of a URL. */
struct sl_destination {
	char *url;      /* with a path */
	char host[256]; /* name, or address without brackets */
	char port[6];
	int literal; /* host is an address */
	int tls;
};

#define SL_DESTINATION_PATH "/its/service/oddce/services/DDCEService"

/* Reads http://HOST[:PORT][/PATH] or https://…; without a path the one above is meant.  NULL, or
 * what is wrong with it. */
const char *sl_destination_parse(struct sl_destination *ret, const char *url);
void sl_destination_free(struct sl_destination *d);

#endif
