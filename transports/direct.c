/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "https.h"

/* To the authority itself, over the network. */
extern const struct smartlic_transport_ops smartlic_transport_direct;
SMARTLIC_TRANSPORT_EXPORT const struct smartlic_transport_ops smartlic_transport_direct = {
	.size = sizeof(smartlic_transport_direct),
	.abi = SMARTLIC_TRANSPORT_ABI,
	.name = "direct",
	.summary = "to the license authority over HTTPS",
	.open = sl_https_open,
	.close = sl_https_close,
	.submit = sl_https_submit,
	.step = sl_https_step,
	.cancel = sl_https_cancel,
	.pollfds = sl_https_pollfds,
	.deadline = sl_https_deadline,
	.test = sl_https_test,
	.finding = sl_https_finding,
};
