/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "commands/command.h"
#include "commands/list.h"
#include "commands/session.h"
#include "system.h"

/* What the devices of a virtual account are told to do when. */

#define SECONDS_MAX (INT64_C(36500) * 86400) /* devices take less: the ledger says what */

static int
unknown(const char *setting, struct smartlic_error *err)
{
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "'%.60s': expected is one of renew_after_s, next_contact_s, ooc_poll_s, retry_s, "
	    "collect_s, report_s, '=' and seconds, or 'default'",
	    setting);
}

/* NAME=SECONDS */
static int
take(struct ledger_policy *p, const char *setting, struct smartlic_error *err)
{
	size_t n = strcspn(setting, "=");

	for (size_t i = 0; setting[n] == '=' && i < LEDGER_POLICIES; i++) {
		const char *name = ledger_policy_names[i];

		if (strlen(name) != n || strncmp(name, setting, n) != 0)
			continue;
		p->set |= 1U << i;
		p->s[i] = DB_NULL_INT;
		return strcmp(setting + n + 1, "default") == 0
			   ? 0
			   : command_number(name, setting + n + 1, 0, SECONDS_MAX, &p->s[i], err);
	}
	return unknown(setting, err);
}

int
command_virtual_account_policy(const struct call *call, struct smartlic_error *err)
{
	struct ledger_policy p = { .set = 0 };
	struct session s = { 0 };
	int r = 0;

	for (size_t i = 0; i < LEDGER_POLICIES; i++)
		p.s[i] = DB_NULL_INT;
	for (size_t i = 0; r == 0 && i < call->n_rest; i++)
		r = take(&p, call->rest[i], err);
	if (r == 0)
		r = session_open(&s, call, err);
	if (r == 0)
		r = ledger_virtual_account_policy(
		    s.ledger, call->operand[0], &p, command_by(call), system_now_s(), err);
	if (r == 0)
		r = command_virtual_account_tell(call, s.ledger, call->operand[0], err);
	session_close(&s);
	return r;
}
