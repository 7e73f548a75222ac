/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_LOOP_H
#define SL_LOOP_H

#include <smartlic/transport.h>

/*
 * A transport without a network: a function answers.  Tests and demos hand its
 * address in as the option "loop-peer" (printed with %p of a struct sl_loop_peer *).
 */
struct sl_loop_peer {
	void *ud;
	/* 1: *ret is filled (body borrowed until the next call); 0: not yet; the request's bytes
	 * are borrowed for the call. */
	int (*answer)(
	    void *ud, const struct smartlic_message *request, struct smartlic_outcome *ret);
};

extern const struct smartlic_transport_ops smartlic_transport_loop;

#endif
