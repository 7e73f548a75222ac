/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_HTTPS_H
#define SL_HTTPS_H

#include <smartlic/transport.h>

/*
 * The exchange of one message by HTTP(S): libcurl's multi interface and c-ares,
 * no thread, nothing that blocks.  The functions of a transport's table, for
 * direct and satellite to use.
 */
int sl_https_open(void **ret, const struct smartlic_host *host,
    const struct smartlic_option *options, size_t n, char *text, size_t cap);
/* A destination that fails is not tried first again for so long. */
void sl_https_rest(void *tp, int64_t ms);
void sl_https_close(void *tp);
int sl_https_submit(void *tp, const struct smartlic_message *request);
int sl_https_step(void *tp, struct smartlic_outcome *ret);
void sl_https_cancel(void *tp);
int sl_https_pollfds(void *tp, struct pollfd *fds, size_t *n);
int64_t sl_https_deadline(void *tp);
/* When the destination that answered last did so, seconds since 1970 by its own clock; -1: it did
 * not say, or none answered. */
int64_t sl_https_date(const void *tp);
int sl_https_test(void *tp, const struct smartlic_message *request);
int sl_https_finding(void *tp, struct smartlic_finding *ret);

#endif
