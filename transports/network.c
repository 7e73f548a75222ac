/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "network.h"

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

/* Binds to the source address.  A socket of the other family is no way to keep to it. */
static int
on_socket_made(void *ud, curl_socket_t fd, curlsocktype purpose)
{
	const struct sl_network *net = ud;
	const struct sl_options *o = net->options;
	socklen_t len = sizeof(int);
	int family = 0;

	(void)purpose;
	if (o->source.ss_family == 0)
		return CURL_SOCKOPT_OK;
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) != 0)
		return CURL_SOCKOPT_ERROR;
	if (family != o->source.ss_family) {
		errno = EADDRNOTAVAIL;
		return CURL_SOCKOPT_ERROR;
	}
	return bind(fd, (const struct sockaddr *)&o->source, o->source_len) == 0
		   ? CURL_SOCKOPT_OK
		   : CURL_SOCKOPT_ERROR;
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
sl_network_set(CURL *e, const struct sl_network *net)
{
	CURLcode r = CURLE_OK;

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
