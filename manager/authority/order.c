/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/order.h"

enum order_verdict
order_judge(const struct order_facts *f, enum order_alert *ret_alert)
{
	*ret_alert = ORDER_QUIET;
	/* 1 */
	if (!f->identity_matches)
		return ORDER_BAD_REQUEST;
	/* 2 */
	if (f->id_known && !f->same_digest)
		return ORDER_BAD_REQUEST;
	/* 3 */
	if (f->closed)
		return f->deregister && f->id_known && f->result_kept ? ORDER_REPEAT
		                                                      : ORDER_INSTANCE_REMOVED;
	/* 4 */
	if (f->id_known)
		return f->result_kept ? ORDER_REPEAT : ORDER_SUPERSEDED;
	/* not in the protocol's list: a key that only a lost ledger has certified.  The device
	 * then tries the one before, which is here. */
	if (f->key == ORDER_KEY_UNKNOWN)
		return ORDER_BAD_SIGNATURE;
	/* 5 */
	if (f->key == ORDER_KEY_REPLACED) {
		if (f->sequence <= f->highest)
			return ORDER_SUPERSEDED;
		*ret_alert = ORDER_ALERT_REPLACED_KEY;
		return ORDER_BAD_SIGNATURE;
	}
	/* 6 */
	if (f->later_used)
		return ORDER_INSTANCE_REMOVED;
	/* 7 */
	if (f->sequence > f->highest && f->sequence - f->highest <= ORDER_SEQUENCE_AHEAD)
		return ORDER_EXECUTE;
	/* 8 */
	if (f->sequence_used) {
		*ret_alert = ORDER_ALERT_CLONE;
		return ORDER_OUT_OF_SYNC;
	}
	if (f->sequence > f->highest)
		return ORDER_OUT_OF_SYNC;
	/* 9 */
	return ORDER_SUPERSEDED;
}
