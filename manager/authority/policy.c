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
	if (a->twin != NULL)
		a->twin->policy = *policy;
}

/* What its virtual account says, else what the authority does. */
static void
put_told(struct sl_buf *ret, const char *key, const struct ledger_row *row,
    enum ledger_policy_id id, int64_t otherwise)
{
	sl_json_put_int(ret, key, row->policy.s[id] != DB_NULL_INT ? row->policy.s[id] : otherwise);
}

void
put_policy(struct sl_buf *ret, const struct authority *a, const struct ledger_row *row)
{
	const struct authority_policy *p = &a->policy;
	/* three attempts before its licenses are released */
	int64_t third = row->deadline_days * DAY_S / 3;
	int64_t own = row->policy.s[LEDGER_POLICY_NEXT_CONTACT];
	int64_t next_contact_s = own != DB_NULL_INT ? own : p->next_contact_s;

	sl_json_put_object(ret, "policy");
	put_told(ret, "renew_after_s", row, LEDGER_POLICY_RENEW_AFTER, p->renew_after_s);
	sl_json_put_int(ret, "next_contact_s", next_contact_s < third ? next_contact_s : third);
	put_told(ret, "ooc_poll_s", row, LEDGER_POLICY_OOC_POLL, p->ooc_poll_s);
	put_told(ret, "retry_s", row, LEDGER_POLICY_RETRY, p->retry_s);
	put_told(ret, "collect_s", row, LEDGER_POLICY_COLLECT, p->collect_s);
	put_told(ret, "report_s", row, LEDGER_POLICY_REPORT, p->report_s);
	sl_json_put_text(
	    ret, "export_controlled", row->export_controlled ? "allowed" : "not_allowed");
	sl_json_end_object(ret);
}
