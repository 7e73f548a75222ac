/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <smartlic/error.h>

#include "network.h"

int
sl_network_start(char *text, size_t cap)
{
	const curl_version_info_data *info;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)snprintf(text, cap, "out of memory");
		return SMARTLIC_E_NOMEM;
	}
	info = curl_version_info(CURLVERSION_NOW);
	if ((info->features & CURL_VERSION_THREADSAFE) == 0) {
		(void)snprintf(text, cap,
		    "libcurl %s here cannot be initialised safely beside other threads; use a "
		    "build with the feature 'threadsafe'",
		    info->version);
		return SMARTLIC_E_TRANSPORT;
	}
	if (info->ssl_version == NULL || strncmp(info->ssl_version, "OpenSSL/", 8) != 0) {
		(void)snprintf(text, cap,
		    "libcurl here does TLS by %s; use a build of it on OpenSSL",
		    info->ssl_version != NULL ? info->ssl_version : "nothing");
		return SMARTLIC_E_TRANSPORT;
	}
	return 0;
}

const struct sl_destination *
sl_network_first_hop(const struct sl_options *options, const struct sl_destination *to)
{
	return options->proxy.url != NULL ? &options->proxy : to;
}

/* Asked before libcurl resolves by itself, which starts a thread: only an address it may read. */
static int
on_resolve(void *resolver, void *unused, void *ud)
{
	const struct sl_network *net = ud;

	(void)resolver;
	(void)unused;
	return net->resolved->literal ? 0 : 1;
}

static const char *
family_name(int family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

/* An address of the interface that others can answer to. */
static int
is_of_interface(const struct ifaddrs *a, const char *name, int family)
{
	const struct sockaddr_in6 *in6 = (const void *)a->ifa_addr;

	return strcmp(a->ifa_name, name) == 0 && a->ifa_addr != NULL &&
	       a->ifa_addr->sa_family == family &&
	       (family != AF_INET6 || !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr));
}

/* Looked up at each connection: addresses come and go.  0, or -1 with net->source_text. */
static int
interface_address(struct sl_network *net, int family, struct sockaddr_storage *ret, socklen_t *len)
{
	const char *name = net->options->source_interface;
	struct ifaddrs *list = NULL, *a;

	*len = 0;
	if (getifaddrs(&list) != 0)
		list = NULL;
	for (a = list; a != NULL && *len == 0; a = a->ifa_next)
		if (is_of_interface(a, name, family)) {
			*len = family == AF_INET ? sizeof(struct sockaddr_in)
						 : sizeof(struct sockaddr_in6);
			memcpy(ret, a->ifa_addr, *len);
		}
	freeifaddrs(list);
	if (*len > 0)
		return 0;
	if (if_nametoindex(name) == 0)
		(void)snprintf(net->source_text, sizeof(net->source_text),
		    "there is no interface %s; correct source-interface", name);
	else
		(void)snprintf(net->source_text, sizeof(net->source_text),
		    "the interface %s has no %s address; give it one, or correct source-interface",
		    name, family_name(family));
	return -1;
}

/* The configured address; another family is no way to keep to it. */
static int
given_address(struct sl_network *net, int family, struct sockaddr_storage *ret, socklen_t *len)
{
	const struct sl_options *o = net->options;

	if (o->source.ss_family == family) {
		*ret = o->source;
		*len = o->source_len;
		return 0;
	}
	/* of one that this machine has not, that is what is to be mended */
	if (net->source_text[0] == '\0')
		(void)snprintf(net->source_text, sizeof(net->source_text),
		    "the destination's address is of %s, the source address is not; correct "
		    "source-ip-address, or give source-interface",
		    family_name(family));
	return -1;
}

/* Binds to the source. */
static int
on_socket_made(void *ud, curl_socket_t fd, curlsocktype purpose)
{
	struct sl_network *net = ud;
	struct sockaddr_storage source;
	socklen_t len = sizeof(int);
	int family = 0, bound = net->source_bound, r;

	(void)purpose;
	if (net->options->source.ss_family == 0 && net->options->source_interface[0] == '\0')
		return CURL_SOCKOPT_OK;
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) != 0)
		return CURL_SOCKOPT_ERROR;
	r = net->options->source_interface[0] != '\0'
		? interface_address(net, family, &source, &len)
		: given_address(net, family, &source, &len);
	if (r == 0 && bind(fd, (const struct sockaddr *)&source, len) != 0) {
		(void)snprintf(net->source_text, sizeof(net->source_text),
		    "the source address cannot be used: %s; correct source-ip-address",
		    strerror(errno));
		r = -1;
	}
	net->source_bound = bound || r == 0;
	if (net->source_bound)
		net->source_text[0] = '\0';
	return r == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static CURLcode
set_proxy(CURL *e, const struct sl_options *o)
{
	const struct sl_destination *p = &o->proxy;
	char url[300];
	CURLcode r;

	/* "" and not nothing: else the environment names a proxy */
	url[0] = '\0';
	if (p->url != NULL)
		(void)snprintf(url, sizeof(url),
		    strchr(p->host, ':') != NULL ? "http://[%s]:%s" : "http://%s:%s", p->host,
		    p->port);
	r = curl_easy_setopt(e, CURLOPT_PROXY, url);
	r |= curl_easy_setopt(e, CURLOPT_NOPROXY, "");
	if (o->proxy_user == NULL)
		return r;
	r |= curl_easy_setopt(e, CURLOPT_PROXYAUTH, (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST));
	r |= curl_easy_setopt(e, CURLOPT_PROXYUSERNAME, o->proxy_user);
	r |= curl_easy_setopt(
	    e, CURLOPT_PROXYPASSWORD, o->proxy_password != NULL ? o->proxy_password : "");
	return r;
}

static CURLcode
set_tls(CURL *e, struct sl_tls_check *check)
{
	CURLcode r = CURLE_OK;

	r |= curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	r |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	r |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	/* each connection is checked by its own request's time */
	r |= curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	/* the roots come with the context; libcurl's own file may not even exist */
	r |= curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
	r |= curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	r |= curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, sl_tls_context);
	r |= curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, check);
	return r;
}

int
sl_network_set(CURL *e, struct sl_network *net)
{
	CURLcode r = CURLE_OK;

	net->source_bound = 0;
	net->source_text[0] = '\0';
	r |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	r |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	r |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	r |= curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	r |= curl_easy_setopt(e, CURLOPT_RESOLVE, net->addresses);
	r |= curl_easy_setopt(e, CURLOPT_RESOLVER_START_FUNCTION, on_resolve);
	r |= curl_easy_setopt(e, CURLOPT_RESOLVER_START_DATA, net);
	r |= curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, on_socket_made);
	r |= curl_easy_setopt(e, CURLOPT_SOCKOPTDATA, net);
	r |= set_proxy(e, net->options);
	r |= set_tls(e, net->check);
	return r == CURLE_OK ? 0 : -1;
}
