/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <arpa/inet.h>
#include <string.h>

#include "settings.h"

#define QUOTE_MAX     80
#define URL_MAX       1024
#define HOST_MAX      255
#define DOMAIN_MAX    239 /* "_smartlic._tcp." comes before it */
#define INTERFACE_MAX 15

static const char lower_digits[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char host_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";

int
sl_settings_is_transport(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= 32 && strspn(text, lower_digits) == len;
}

int
sl_settings_is_address(const char *text)
{
	struct in6_addr a;

	return inet_pton(AF_INET, text, &a) == 1 || inet_pton(AF_INET6, text, &a) == 1;
}

int
sl_settings_is_host(const char *text)
{
	size_t len = strlen(text);

	return sl_settings_is_address(text) ||
	       (len >= 1 && len <= HOST_MAX && strspn(text, host_chars) == len);
}

int
sl_settings_is_domain(const char *text)
{
	return sl_settings_is_host(text) && !sl_settings_is_address(text) &&
	       strlen(text) <= DOMAIN_MAX;
}

int
sl_settings_is_port(const char *text)
{
	unsigned port = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9' && port <= 65535; p++)
		port = port * 10 + (unsigned)(*p - '0');
	return *p == '\0' && port >= 1 && port <= 65535;
}

int
sl_settings_is_user(const char *text)
{
	return strchr(text, ':') == NULL;
}

int
sl_settings_is_interface(const char *text)
{
	return strlen(text) <= INTERFACE_MAX && strchr(text, '/') == NULL;
}

int
sl_settings_is_path(const char *text)
{
	return strstr(text, "://") == NULL;
}

struct url {
	int plain; /* http */
	char host[HOST_MAX + 1];
	int literal; /* the host is an address */
};

/* What follows the host: nothing, a port, a path. */
static int
good_rest(const char *p)
{
	unsigned port = 0;

	if (*p == ':') {
		const char *digits = ++p;

		for (; *p >= '0' && *p <= '9' && port <= 65535; p++)
			port = port * 10 + (unsigned)(*p - '0');
		if (p == digits || port == 0 || port > 65535)
			return 0;
	}
	if (*p != '\0' && *p != '/')
		return 0;
	for (; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '#')
			return 0;
	return 1;
}

static int
split(struct url *ret, const char *text)
{
	const char *host;
	size_t len;

	if (strlen(text) > URL_MAX)
		return -1;
	ret->plain = strncmp(text, "http://", 7) == 0;
	if (!ret->plain && strncmp(text, "https://", 8) != 0)
		return -1;
	host = text + (ret->plain ? 7 : 8);
	ret->literal = *host == '[';
	len = ret->literal ? strcspn(++host, "]") : strspn(host, host_chars);
	if (len == 0 || len > HOST_MAX)
		return -1;
	memcpy(ret->host, host, len);
	ret->host[len] = '\0';
	if (ret->literal && (host[len] != ']' || !sl_settings_is_address(ret->host)))
		return -1;
	if (!good_rest(host + len + (ret->literal ? 1 : 0)))
		return -1;
	ret->literal = ret->literal || sl_settings_is_address(ret->host);
	return 0;
}

int
sl_settings_is_url(const char *text)
{
	struct url url;

	return split(&url, text) == 0;
}

int
sl_settings_advise_url(struct sl_buf *ret, const char *text)
{
	struct url url;
	int advice = 0;

	if (split(&url, text) < 0)
		return 0;
	if (url.plain) {
		sl_buf_puts(ret, "http is not encrypted: messages are signed, but whoever is on "
				 "the way can read them; prefer https");
		advice = 1;
	}
	/* this machine is reached by no other name */
	if (url.literal || (strchr(url.host, '.') == NULL && strcmp(url.host, "localhost") != 0)) {
		sl_buf_printf(ret, "%s%s; give the fully qualified domain name",
		    advice ? "; also, " : "",
		    url.literal ? "the host is an address" : "the host is a short name");
		advice = 1;
	}
	return advice;
}

void
sl_settings_quote(struct sl_buf *ret, const char *word)
{
	size_t len = strlen(word), n = len > QUOTE_MAX ? QUOTE_MAX : len;

	for (size_t i = 0; i < n; i++) {
		char c = word[i];

		sl_buf_add(ret, c >= ' ' && c <= '~' ? &c : "?", 1);
	}
	if (n < len)
		sl_buf_puts(ret, "...");
}
