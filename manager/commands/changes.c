/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"

/* What an administrator does to product instances. */

int
command_instance_remove(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = ledger_instance_remove(
		    s.ledger, call->operand[0], command_by(call), system_now_s(), err);
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
	session_close(&s);
	return r;
}

#define REPLACE_DAYS 30

/* The token goes to the output alone, so that a script can take it; the rest is for people. */
static void
tell(const struct ledger_replaced *done, const struct ledger_replace *how, const char *token)
{
	if (token != NULL) {
		(void)setvbuf(stdout, NULL, _IONBF, 0);
		(void)printf("%s\n", token);
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
	if (r == 0)
		tell(&done, &how, token.data);
	sl_buf_free(&token);
	session_close(&s);
	return r;
}
