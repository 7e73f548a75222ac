/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "ledger/ledger_impl.h"
#include "ledger/records.h"
#include "policy.h"

/* What the devices of a virtual account are told to do when, in place of what they are told else.
 */

#define ID_LIFE_S (INT64_C(365) * 86400)

const char *const ledger_policy_names[LEDGER_POLICIES] = {
	[LEDGER_POLICY_RENEW_AFTER] = "renew_after_s",
	[LEDGER_POLICY_NEXT_CONTACT] = "next_contact_s",
	[LEDGER_POLICY_OOC_POLL] = "ooc_poll_s",
	[LEDGER_POLICY_RETRY] = "retry_s",
	[LEDGER_POLICY_COLLECT] = "collect_s",
	[LEDGER_POLICY_REPORT] = "report_s",
};

static int64_t
offer(const struct ledger_policy *p, enum ledger_policy_id id)
{
	return p->s[id] == DB_NULL_INT ? -1 : p->s[id];
}

/* By the rule of the devices themselves: none would take another. */
static int
check(const struct ledger_policy *p, struct smartlic_error *err)
{
	const struct sl_policy offered = { .renew_after_s = offer(p, LEDGER_POLICY_RENEW_AFTER),
		.next_contact_s = offer(p, LEDGER_POLICY_NEXT_CONTACT),
		.ooc_poll_s = offer(p, LEDGER_POLICY_OOC_POLL),
		.retry_s = offer(p, LEDGER_POLICY_RETRY),
		.collect_s = offer(p, LEDGER_POLICY_COLLECT),
		.report_s = offer(p, LEDGER_POLICY_REPORT),
		.export_controlled_allowed = -1 };
	int64_t renew_s = offered.renew_after_s;
	struct sl_policy taken;
	char text[512];
	int n = 0;

	for (size_t i = 0; i < LEDGER_POLICIES; i++)
		if (p->s[i] < 0 && p->s[i] != DB_NULL_INT)
			return sl_fail(
			    err, SMARTLIC_E_INVAL, "%s is no less than 0", ledger_policy_names[i]);
	sl_policy_default(&taken);
	n = sl_policy_take(&taken, &offered, text, sizeof(text));
	if (n == 0 && renew_s >= 0)
		n = sl_clamp_renew_after(&renew_s, ID_LIFE_S, text, sizeof(text));
	return n == 0 ? 0
		      : sl_fail(err, SMARTLIC_E_INVAL,
			    "devices would take another value: %s; give one that they take", text);
}

static int
tell(struct ledger *l, const char *name, const struct ledger_policy *p, const char *who,
    int64_t now_s, struct smartlic_error *err)
{
	struct sl_buf text = { 0 };
	char cut[256];
	int r;

	sl_buf_printf(&text, "'%.80s':", name);
	for (size_t i = 0; i < LEDGER_POLICIES; i++)
		if (p->s[i] == DB_NULL_INT && (p->set & 1U << i) != 0)
			sl_buf_printf(&text, " %s default", ledger_policy_names[i]);
		else if ((p->set & 1U << i) != 0)
			sl_buf_printf(
			    &text, " %s %lld", ledger_policy_names[i], (long long)p->s[i]);
	if (text.failed) {
		r = sl_nomem(err);
	} else {
		(void)snprintf(cut, sizeof(cut), "%s", text.data);
		r = ledger_audit_add(l, who, "virtual account policy", NULL, cut, now_s, err);
	}
	sl_buf_free(&text);
	return r;
}

static int
put(struct ledger *l, int64_t va, const struct ledger_policy *p, struct smartlic_error *err)
{
	int64_t set[LEDGER_POLICIES];

	for (size_t i = 0; i < LEDGER_POLICIES; i++)
		set[i] = (p->set & 1U << i) != 0;
	return db_exec(l->db, err,
	    "UPDATE virtual_account SET"
	    " renew_after_s = CASE WHEN $9 = 1 THEN $3 ELSE renew_after_s END,"
	    " next_contact_s = CASE WHEN $10 = 1 THEN $4 ELSE next_contact_s END,"
	    " ooc_poll_s = CASE WHEN $11 = 1 THEN $5 ELSE ooc_poll_s END,"
	    " retry_s = CASE WHEN $12 = 1 THEN $6 ELSE retry_s END,"
	    " collect_s = CASE WHEN $13 = 1 THEN $7 ELSE collect_s END,"
	    " report_s = CASE WHEN $14 = 1 THEN $8 ELSE report_s END"
	    " WHERE account = $1 AND va = $2",
	    "tiooooooiiiiii", l->info.account, va, p->s[LEDGER_POLICY_RENEW_AFTER],
	    p->s[LEDGER_POLICY_NEXT_CONTACT], p->s[LEDGER_POLICY_OOC_POLL],
	    p->s[LEDGER_POLICY_RETRY], p->s[LEDGER_POLICY_COLLECT], p->s[LEDGER_POLICY_REPORT],
	    set[LEDGER_POLICY_RENEW_AFTER], set[LEDGER_POLICY_NEXT_CONTACT],
	    set[LEDGER_POLICY_OOC_POLL], set[LEDGER_POLICY_RETRY], set[LEDGER_POLICY_COLLECT],
	    set[LEDGER_POLICY_REPORT]);
}

int
ledger_virtual_account_policy(struct ledger *l, const char *name, const struct ledger_policy *p,
    const char *who, int64_t now_s, struct smartlic_error *err)
{
	int64_t va;
	int r = check(p, err);

	if (r == 0)
		r = ledger_begin(l, err);
	if (r < 0)
		return r;
	r = ledger_va_find(l, name, &va, err);
	if (r == 0)
		r = put(l, va, p, err);
	if (r == 0)
		r = tell(l, name, p, who, now_s, err);
	if (r == 0)
		r = db_commit(l->db, err);
	db_rollback(l->db);
	return r;
}

int
ledger_row_rules(struct ledger *l, struct ledger_row *inst, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(l->db, &row, err,
	    "SELECT deadline_days, renew_after_s, next_contact_s, ooc_poll_s, retry_s, collect_s,"
	    " report_s FROM virtual_account WHERE account = $1 AND va = $2",
	    "ti", l->info.account, inst->va);
	if (r == 0)
		r = db_next(row, err);
	if (r <= 0)
		return r;
	inst->deadline_days = db_int(row, 0);
	for (int i = 0; i < LEDGER_POLICIES; i++)
		inst->policy.s[i] = db_int(row, 1 + i);
	db_done(row);
	return 1;
}
