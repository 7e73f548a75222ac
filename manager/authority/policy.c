/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/authority_impl.h"

#define HOUR_S INT64_C(3600)

void
policy_default(struct authority_policy *ret)
{
	*ret = (struct authority_policy){ .renew_after_s = 180 * DAY_S,
		.next_contact_s = 30 * DAY_S,
		.ooc_poll_s = 12 * HOUR_S,
		.retry_s = HOUR_S,
		.collect_s = HOUR_S,
		.report_s = DAY_S };
}

void
authority_set_policy(struct authority *a, const struct authority_policy *policy)
{
	a->policy = *policy;
}

json_t *
policy_json(const struct authority *a, const struct ledger_row *row)
{
	const struct authority_policy *p = &a->policy;
	/* three attempts before its licenses are released */
	int64_t third = row->deadline_days * DAY_S / 3;
	int64_t next_contact_s = p->next_contact_s < third ? p->next_contact_s : third;

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:s}", "renew_after_s",
	    (json_int_t)p->renew_after_s, "next_contact_s", (json_int_t)next_contact_s, "ooc_poll_s",
	    (json_int_t)p->ooc_poll_s, "retry_s", (json_int_t)p->retry_s, "collect_s",
	    (json_int_t)p->collect_s, "report_s", (json_int_t)p->report_s, "export_controlled",
	    row->export_controlled ? "allowed" : "not_allowed");
}
