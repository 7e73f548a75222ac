/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_UPSTREAM_H
#define MANAGER_UPSTREAM_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

/*
 * Messages to the upstream and their answers, over HTTPS, as a device would send them: TLS by the
 * upstream's root, the call-home path where the URL names none.  The connection is kept from one
 * message to the next.
 */
struct upstream;
int upstream_open(struct upstream **ret, const char *url, const char *root_pem, size_t root_len,
    struct smartlic_error *err);
void upstream_close(struct upstream *u); /* NULL is allowed */
struct upstream_message {
	const char *type, *request_id, *home;
	int64_t now_s;
	const struct sl_buf *request; /* copied */
};
int upstream_send(
    struct upstream *u, const struct upstream_message *m, struct smartlic_error *err);
/* Does what can be done of it without waiting: for one who has something else to do. */
void upstream_turn(void *upstream);
/* Waits for the answer, at most a minute. */
int upstream_receive(struct upstream *u, struct sl_buf *ret, struct smartlic_error *err);
/* One message alone. */
int upstream_post(const char *url, const char *root_pem, size_t root_len,
    const struct upstream_message *m, struct sl_buf *ret, struct smartlic_error *err);

/* What time it is there, by the server's own word, whatever else it answers. */
int upstream_clock(const char *url, const char *root_pem, size_t root_len, int64_t now_s,
    int64_t *ret_s, struct smartlic_error *err);

#endif
