/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_ADDRESSES_H
#define SL_ADDRESSES_H

#include <ares.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The addresses of a name, each family asked for by itself: there are name servers, and boxes in
 * front of them, that drop what asks for AAAA.  Whoever has an address goes on after a short wait for
 * the other family (as RFC 8305 has it in section 3; but both are waited for, since libcurl takes no
 * more of them later).
 */
#define SL_ADDRESSES_OF_EACH 8
#define SL_ADDRESSES_TEXT    (SL_ADDRESSES_OF_EACH * (INET6_ADDRSTRLEN + 3))

/* In the order in which they are tried. */
enum sl_family { SL_IPV6, SL_IPV4, SL_FAMILIES };

struct sl_addresses {
	struct {
		int ended;  /* there are addresses, or there will be none */
		int status; /* of c-ares, where there are none */
		char text[SL_ADDRESSES_TEXT];
	} of[SL_FAMILIES];
	int64_t until_ms; /* how long the other is waited for; 0: not known yet */
};

/* What came of a family; frees ai. */
void sl_addresses_take(
    struct sl_addresses *a, enum sl_family family, int status, struct ares_addrinfo *ai);
/* 1: there are some; 0: not yet, ask again at a->until_ms where that is not 0; -1: there are none,
 * and *ret_status is the more telling of the two. */
int sl_addresses_judge(struct sl_addresses *a, int64_t now_ms, int *ret_status);
/* "[2001:db8::1],192.0.2.1" */
void sl_addresses_list(const struct sl_addresses *a, char ret[SL_FAMILIES * SL_ADDRESSES_TEXT]);

#endif
