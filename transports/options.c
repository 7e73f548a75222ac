/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smartlic/error.h>

#include "options.h"
#include "resolve.h"
#include "revocation.h"

/* What is wrong, for the caller. */
struct complaint {
	char *text;
	size_t cap;
};

static int
wrong(const struct complaint *c, const char *key, const char *value, const char *why)
{
	(void)snprintf(c->text, c->cap, "option %s%s%.200s%s: %s", key, value != NULL ? " '" : "",
	    value != NULL ? value : "", value != NULL ? "'" : "", why);
	return SMARTLIC_E_TRANSPORT;
}

static int
out_of_memory(const struct complaint *c)
{
	(void)snprintf(c->text, c->cap, "out of memory");
	return SMARTLIC_E_NOMEM;
}

/* ---- one function for each option ---- */

static int
destination(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	const char *why;

	if (o->n_destinations == SL_MAX_DESTINATIONS)
		return wrong(c, p->key, p->value, "one too many; at most 8 are tried");
	why = sl_destination_parse(&o->destinations[o->n_destinations], p->value);
	if (why != NULL)
		return wrong(c, p->key, p->value, why);
	o->n_destinations++;
	return 0;
}

/* With "_smartlic._tcp." before it a name has at most 255 bytes. */
static int
srv_domain(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	if (p->len == 0 || p->len >= sizeof(o->srv_domain) || strchr(p->value, ' ') != NULL)
		return wrong(c, p->key, p->value, "not a domain, such as example.net");
	memcpy(o->srv_domain, p->value, p->len + 1);
	return 0;
}

static int
name_server(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	size_t used = o->name_servers != NULL ? strlen(o->name_servers) + 1 : 0;
	char *more;

	if (!sl_resolve_is_server(p->value))
		return wrong(c, p->key, p->value, "not an IPv4 or IPv6 address");
	more = realloc(o->name_servers, used + strlen(p->value) + 1);
	if (more == NULL)
		return out_of_memory(c);
	if (used > 0)
		more[used - 1] = ',';
	memcpy(more + used, p->value, strlen(p->value) + 1);
	o->name_servers = more;
	return 0;
}

static int
trust_anchor(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	if (sl_tls_add_anchors(o->tls, p->value, p->len) != 0)
		return wrong(c, p->key, NULL, "no certificate in PEM, or a damaged one");
	return 0;
}

/* HOST:PORT, or http://HOST:PORT; the value is not repeated: it could have a password. */
static int
proxy(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	const char *why;
	char url[300];
	int n;

	n = snprintf(
	    url, sizeof(url), "%s%s", strstr(p->value, "://") != NULL ? "" : "http://", p->value);
	if (n < 0 || (size_t)n >= sizeof(url))
		return wrong(c, p->key, NULL, "too long; expected HOST:PORT");
	sl_destination_free(&o->proxy);
	why = sl_destination_parse(&o->proxy, url);
	if (why == NULL && o->proxy.tls)
		why = "expected http://HOST:PORT: https to the proxy itself is not supported";
	return why != NULL ? wrong(c, p->key, NULL, why) : 0;
}

static int
keep(char **ret, const struct smartlic_option *p, const struct complaint *c)
{
	char *copy = strdup(p->value);

	if (copy == NULL)
		return out_of_memory(c);
	free(*ret);
	*ret = copy;
	return 0;
}

static int
proxy_user(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	return keep(&o->proxy_user, p, c);
}

static int
proxy_password(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	return keep(&o->proxy_password, p, c);
}

static int
source_address(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, p->value, &in.sin_addr) == 1) {
		memcpy(&o->source, &in, sizeof(in));
		o->source_len = sizeof(in);
	} else if (inet_pton(AF_INET6, p->value, &in6.sin6_addr) == 1) {
		memcpy(&o->source, &in6, sizeof(in6));
		o->source_len = sizeof(in6);
	} else {
		return wrong(c, p->key, p->value, "not an IPv4 or IPv6 address");
	}
	return 0;
}

static int
source_interface(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	if (p->len == 0 || p->len >= sizeof(o->source_interface))
		return wrong(c, p->key, p->value, "not the name of an interface, such as eth0");
	memcpy(o->source_interface, p->value, p->len + 1);
	return 0;
}

static int
tls_trust_anchor(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	if (sl_tls_add_trusted(o->tls, p->value, p->len) != 0)
		return wrong(c, p->key, NULL, "no certificate in PEM, or a damaged one");
	return 0;
}

static int
crl(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	if (strcmp(p->value, "optional") == 0)
		sl_revocation_set_optional(sl_tls_revocation(o->tls));
	else if (strcmp(p->value, "required") != 0)
		return wrong(c, p->key, p->value, "'required' or 'optional' expected");
	return 0;
}

static int
client_certificate(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	if (sl_tls_add_client(o->tls, p->value, p->len) != 0)
		return wrong(c, p->key, NULL, "no certificate in PEM, or a damaged one");
	return 0;
}

static int
client_key(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	if (sl_tls_set_client_key(o->tls, p->value, p->len) != 0)
		return wrong(
		    c, p->key, NULL, "no private key in PEM; one with a passphrase cannot be used");
	return 0;
}

static const struct {
	const char *key;
	int (*take)(
	    struct sl_options *o, const struct smartlic_option *p, const struct complaint *c);
} keys[] = {
	{ "destination", destination },
	{ "srv-domain", srv_domain },
	{ "name-server", name_server },
	{ "trust-anchor-pem", trust_anchor },
	{ "proxy", proxy },
	{ "proxy-user", proxy_user },
	{ "proxy-password", proxy_password },
	{ "source-address", source_address },
	{ "source-interface", source_interface },
	{ "tls-trust-anchor-pem", tls_trust_anchor },
	{ "crl", crl },
	{ "client-certificate-pem", client_certificate },
	{ "client-key-pem", client_key },
};

static int
take(struct sl_options *o, const struct smartlic_option *p, const struct complaint *c)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(p->key, keys[i].key) == 0)
			return keys[i].take(o, p, c);
	return 0;
}

/* What can be said only when all options are known. */
static int
check(struct sl_options *o, const struct complaint *c)
{
	const char *why;

	if (o->n_destinations == 0 && o->srv_domain[0] == '\0')
		return wrong(c, "destination", NULL,
		    "missing; configure destination address http https://HOST" SL_DESTINATION_PATH);
	if (o->proxy.url == NULL && o->proxy_user != NULL)
		return wrong(c, "proxy-user", NULL, "of use with the option proxy only");
	if (o->proxy_password != NULL && o->proxy_user == NULL)
		return wrong(c, "proxy-password", NULL, "of use with the option proxy-user only");
	if (o->source.ss_family != 0 && o->source_interface[0] != '\0')
		return wrong(c, "source-interface", NULL, "not together with source-address");
	why = sl_tls_check_client(o->tls);
	if (why != NULL)
		return wrong(c, "client-key-pem", NULL, why);
	return sl_tls_ready(o->tls) == 0 ? 0 : out_of_memory(c);
}

int
sl_options_read(
    struct sl_options *ret, const struct smartlic_option *options, size_t n, char *text, size_t cap)
{
	struct complaint c = { .text = text, .cap = cap };
	int r = 0;

	if (sl_tls_new(&ret->tls) != 0)
		return out_of_memory(&c);
	for (size_t i = 0; i < n && r == 0; i++)
		r = take(ret, &options[i], &c);
	return r == 0 ? check(ret, &c) : r;
}

void
sl_options_free(struct sl_options *o)
{
	for (size_t i = 0; i < o->n_destinations; i++)
		sl_destination_free(&o->destinations[i]);
	sl_destination_free(&o->proxy);
	sl_tls_free(o->tls);
	free(o->name_servers);
	free(o->proxy_user);
	if (o->proxy_password != NULL)
		explicit_bzero(o->proxy_password, strlen(o->proxy_password));
	free(o->proxy_password);
	memset(o, 0, sizeof(*o));
}
