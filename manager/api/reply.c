/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>

#include "api/reply.h"

void
reply_data(struct evhttp_request *req, int status, const char *reason, const char *media_type,
    const void *data, size_t len)
{
	struct evbuffer *body = evbuffer_new();

	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", media_type);
	if (body == NULL || evbuffer_add(body, data, len) < 0)
		evhttp_send_error(req, HTTP_SERVUNAVAIL, NULL);
	else
		evhttp_send_reply(req, status, reason, body);
	if (body != NULL)
		evbuffer_free(body);
}

void
reply_text(struct evhttp_request *req, int status, const char *reason, const char *text)
{
	reply_data(req, status, reason, "text/plain; charset=utf-8", text, strlen(text));
}

void
reply_health(struct evhttp_request *req, int healthy, const char *why_not)
{
	if (healthy)
		reply_text(req, 200, "OK", "ok\n");
	else
		reply_text(req, 503, "Service Unavailable", why_not);
}

const char *
reply_path(struct evhttp_request *req)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;

	return path != NULL ? path : "";
}
