/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "https.h"

/* A satellite that failed is not tried first again before. */
#define REST_MS ((int64_t)30 * 60 * 1000)

static int
satellite_open(void **ret, const struct smartlic_host *host, const struct smartlic_option *options,
    size_t n, char *text, size_t cap)
{
	int r = sl_https_open(ret, host, options, n, text, cap);

	if (r == 0)
		sl_https_rest(*ret, REST_MS);
	return r;
}

/* To whichever satellite of a list answers. */
extern const struct smartlic_transport_ops smartlic_transport_satellite;
SMARTLIC_TRANSPORT_EXPORT const struct smartlic_transport_ops smartlic_transport_satellite = {
	.size = sizeof(smartlic_transport_satellite),
	.abi = SMARTLIC_TRANSPORT_ABI,
	.name = "satellite",
	.summary = "to satellites of the license authority over HTTPS, the first that answers",
	.flags = SMARTLIC_TRANSPORT_MANY,
	.open = satellite_open,
	.close = sl_https_close,
	.submit = sl_https_submit,
	.step = sl_https_step,
	.cancel = sl_https_cancel,
	.pollfds = sl_https_pollfds,
	.deadline = sl_https_deadline,
	.test = sl_https_test,
	.finding = sl_https_finding,
};
