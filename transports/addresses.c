/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "addresses.h"

#define WAIT_MS 50 /* as RFC 8305 recommends */

static void
add(char ret[SL_ADDRESSES_TEXT], const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in = (const void *)sa;
	char text[INET6_ADDRSTRLEN] = "";
	size_t used = strlen(ret);

	if (sa->sa_family == AF_INET)
		(void)inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
	else if (sa->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
	if (text[0] == '\0')
		return;
	(void)snprintf(ret + used, SL_ADDRESSES_TEXT - used,
	    sa->sa_family == AF_INET6 ? "%s[%s]" : "%s%s", used > 0 ? "," : "", text);
}

void
sl_addresses_take(
    struct sl_addresses *a, enum sl_family family, int status, struct ares_addrinfo *ai)
{
	int n = 0;

	a->of[family].ended = 1;
	a->of[family].status = status == ARES_SUCCESS ? ARES_ENODATA : status;
	if (ai == NULL)
		return;
	for (struct ares_addrinfo_node *one = ai->nodes; one != NULL && n < SL_ADDRESSES_OF_EACH;
	     one = one->ai_next, n++)
		add(a->of[family].text, one->ai_addr);
	ares_freeaddrinfo(ai);
}

static int
has(const struct sl_addresses *a, enum sl_family family)
{
	return a->of[family].text[0] != '\0';
}

/* Behind a failure there may be an address; and a name that one family is known of does exist. */
static int
telling(const struct sl_addresses *a)
{
	int six = a->of[SL_IPV6].status, four = a->of[SL_IPV4].status;

	if (four != ARES_ENODATA && four != ARES_ENOTFOUND)
		return four;
	if (six != ARES_ENODATA && six != ARES_ENOTFOUND)
		return six;
	return six == four ? four : ARES_ENODATA;
}

int
sl_addresses_judge(struct sl_addresses *a, int64_t now_ms, int *ret_status)
{
	int any = has(a, SL_IPV6) || has(a, SL_IPV4);

	if (a->of[SL_IPV6].ended && a->of[SL_IPV4].ended) {
		*ret_status = any ? ARES_SUCCESS : telling(a);
		return any ? 1 : -1;
	}
	if (!any)
		return 0;
	if (a->until_ms == 0)
		a->until_ms = now_ms + WAIT_MS;
	return now_ms >= a->until_ms;
}

void
sl_addresses_list(const struct sl_addresses *a, char ret[SL_FAMILIES * SL_ADDRESSES_TEXT])
{
	(void)snprintf(ret, (size_t)SL_FAMILIES * SL_ADDRESSES_TEXT, "%s%s%s", a->of[SL_IPV6].text,
	    has(a, SL_IPV6) && has(a, SL_IPV4) ? "," : "", a->of[SL_IPV4].text);
}
