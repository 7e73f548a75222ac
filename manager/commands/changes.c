/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"

/* What an administrator does to product instances. */

int
command_instance_remove(const struct call *call, struct smartlic_error *err)
{
	struct ledger_instance i;
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	/* by its UUID: the serial number may be another one's when it is gone */
	if (r == 0)
		r = ledger_instance_find(s.ledger, call->operand[0], &i, err);
	if (r == 0)
		r = ledger_instance_remove(
		    s.ledger, i.instance, command_by(call), system_now_s(), err);
	if (r == 0)
		r = command_instance_tell(call, s.ledger, i.instance, err);
	session_close(&s);
	return r;
}

int
command_instance_transfer(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = ledger_instance_transfer(s.ledger, call->operand[0],
		    call->option[OPTION_VIRTUAL_ACCOUNT], command_by(call), system_now_s(), err);
	if (r == 0)
		r = command_instance_tell(call, s.ledger, call->operand[0], err);
	session_close(&s);
	return r;
}

#define REPLACE_DAYS 30

/* The token goes to the output alone, so that a script can take it; the rest is for people. */
static void
tell(const struct call *call, const struct ledger_replaced *done, const struct ledger_replace *how,
    const struct sl_buf *token)
{
	if (token->data != NULL) {
		done_secret(call, token);
		done_number(call, "days", how->days);
	}
	done_json(call, "replacement",
	    json_pack("{s:s, s:s, s:s, s:s, s:s?}", "pid", how->udi.pid, "sn", how->udi.sn, "uuid",
		how->udi.uuid, "virtual_account", done->virtual_account, "instance",
		done->instance[0] != '\0' ? done->instance : NULL));
	if (call->done != NULL)
		return;
	if (token->data != NULL) {
		(void)fprintf(stderr,
		    "%s is removed. PID:%s SN:%s, and no other device, can register by this token in "
		    "the virtual account %s, for %lld days.\n",
		    done->old, how->udi.pid, how->udi.sn, done->virtual_account,
		    (long long)how->days);
	} else {
		(void)fprintf(stderr,
		    "%s is removed. PID:%s SN:%s is registered already, and in the virtual account %s "
		    "now.\n",
		    done->old, how->udi.pid, how->udi.sn, done->virtual_account);
	}
}

int
command_instance_replace(const struct call *call, struct smartlic_error *err)
{
	struct ledger_replace how = { .who = command_by(call), .days = REPLACE_DAYS };
	struct ledger_replaced done;
	struct session s = { 0 };
	struct sl_buf token = { 0 };
	int r = command_udi(call->option[OPTION_WITH], &how.udi, err);

	if (r == 0 && call->option[OPTION_DAYS] != NULL)
		r = command_number("--days", call->option[OPTION_DAYS], 1, 365, &how.days, err);
	if (r < 0)
		return r;
	r = session_open_authority(&s, call, err);
	if (r == 0)
		r = authority_instance_replace(s.authority, call->operand[0], &how, system_now_s(),
		    &done, &token, err);
	if (r == 0) {
		tell(call, &done, &how, &token);
		r = command_instance_tell(call, s.ledger, done.old, err);
	}
	sl_buf_free(&token);
	session_close(&s);
	return r;
}
