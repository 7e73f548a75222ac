/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "destination.h"

static int
get(CURLU *u, CURLUPart part, char *ret, size_t cap)
{
	char *value = NULL;
	int r = -1;

	if (curl_url_get(u, part, &value, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return -1;
	if (strlen(value) < cap) {
		memcpy(ret, value, strlen(value) + 1);
		r = 0;
	}
	curl_free(value);
	return r;
}

static int
has(CURLU *u, CURLUPart part)
{
	char *value = NULL;
	int found = curl_url_get(u, part, &value, 0) == CURLUE_OK;

	curl_free(value);
	return found;
}

/* "[2001:db8::1]" without its brackets; "name." without its dot, also in the URL, because
 * certificates and virtual hosts have none. */
static int
bare(char *host, CURLU *u)
{
	size_t len = strlen(host);

	if (host[0] == '[' && host[len - 1] == ']') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	} else if (len > 1 && host[len - 1] == '.') {
		host[len - 1] = '\0';
		return curl_url_set(u, CURLUPART_HOST, host, 0) == CURLUE_OK ? 0 : -1;
	}
	return 0;
}

static const char *
take_host(struct sl_destination *d, CURLU *u)
{
	unsigned char address[16];

	if (get(u, CURLUPART_HOST, d->host, sizeof(d->host)) != 0)
		return "names no host of at most 255 bytes";
	for (const char *p = d->host; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return "the host is not ASCII; write its xn-- form";
	if (strchr(d->host, '%') != NULL || has(u, CURLUPART_ZONEID))
		return "a zone of an IPv6 address is not supported; use a global address";
	if (bare(d->host, u) != 0)
		return "not a host name";
	if (inet_pton(AF_INET6, d->host, address) == 1 && address[0] == 0xfe &&
	    (address[1] & 0xc0) == 0x80)
		return "an IPv6 address of a link means nothing without its zone, which is not "
		       "supported; use a global address";
	d->literal =
	    inet_pton(AF_INET, d->host, address) == 1 || inet_pton(AF_INET6, d->host, address) == 1;
	return NULL;
}

static const char *
take(struct sl_destination *d, CURLU *u, const char *url)
{
	const char *wrong;
	char scheme[16], path[8];

	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK)
		return "not a URL; expected https://HOST[:PORT][/PATH]";
	if (get(u, CURLUPART_SCHEME, scheme, sizeof(scheme)) != 0 ||
	    (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0))
		return "neither https:// nor http://";
	d->tls = strcmp(scheme, "https") == 0;
	if (has(u, CURLUPART_USER) || has(u, CURLUPART_PASSWORD))
		return "has a user or password, which would show in logs; leave it out";
	if (has(u, CURLUPART_FRAGMENT))
		return "has a fragment (#); leave it out";
	wrong = take_host(d, u);
	if (wrong != NULL)
		return wrong;
	if (get(u, CURLUPART_PORT, d->port, sizeof(d->port)) != 0)
		return "the port is not 1 to 65535";
	if (get(u, CURLUPART_PATH, path, sizeof(path)) == 0 && strcmp(path, "/") == 0 &&
	    curl_url_set(u, CURLUPART_PATH, SL_DESTINATION_PATH, 0) != CURLUE_OK)
		return "out of memory";
	return curl_url_get(u, CURLUPART_URL, &d->url, 0) == CURLUE_OK ? NULL : "out of memory";
}

const char *
sl_destination_parse(struct sl_destination *ret, const char *url)
{
	struct sl_destination d = { .url = NULL };
	CURLU *u = curl_url();
	const char *wrong;

	if (u == NULL)
		return "out of memory";
	wrong = take(&d, u, url);
	curl_url_cleanup(u);
	if (wrong == NULL)
		*ret = d;
	return wrong;
}

void
sl_destination_free(struct sl_destination *d)
{
	curl_free(d->url);
	d->url = NULL;
}
