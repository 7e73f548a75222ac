/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_UPSTREAM_H
#define MANAGER_UPSTREAM_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

/*
 * One message to the upstream and its answer, over HTTPS, as a device would send it: TLS by the
 * upstream's root, the call-home path where the URL names none.  Waits at most a minute.
 */
struct upstream_message {
	const char *url;
	const char *root_pem;
	size_t root_len;
	const char *type, *request_id, *home;
	int64_t now_s;
	const struct sl_buf *request;
};
int upstream_post(const struct upstream_message *m, struct sl_buf *ret, struct smartlic_error *err);

/* What time it is there, by the server's own word, whatever else it answers. */
int upstream_clock(const char *url, const char *root_pem, size_t root_len, int64_t now_s,
    int64_t *ret_s, struct smartlic_error *err);

#endif
