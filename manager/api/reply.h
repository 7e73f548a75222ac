/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_API_REPLY_H
#define MANAGER_API_REPLY_H

#include <event2/http.h>

/* Answers an HTTP request with these bytes. */
void reply_data(struct evhttp_request *req, int status, const char *reason, const char *media_type,
    const void *data, size_t len);
/* The same with a line of text. */
void reply_text(struct evhttp_request *req, int status, const char *reason, const char *text);
/* /healthz: 200 "ok", or 503 and why not. */
void reply_health(struct evhttp_request *req, int healthy, const char *why_not);
/* The path of the request; "" where there is none. */
const char *reply_path(struct evhttp_request *req);

#endif
