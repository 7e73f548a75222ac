/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "commands/command.h"
#include "commands/list.h"
#include "commands/output.h"

json_t *
command_alert_json(const struct ledger_alert *a)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:s, s:s, s:s, s:s, s:s, "
			 "s:o}",
	    "alert", a->def->name, "severity", a->def->severity, "source", a->def->source, "id",
	    a->source, "subject", a->subject, "text", a->text, "raised", output_time(a->raised_s),
	    "last", output_time(a->last_s), "times", (json_int_t)a->times, "due",
	    output_time(a->due_s), "due_means", a->def->due, "action", a->def->action, "clears",
	    a->def->cleared, "first_contact", a->first, "second_contact", a->second, "cleared",
	    output_time(a->cleared_s));
}

static int
add_alert(void *ud, const struct ledger_alert *a)
{
	return json_array_append_new(ud, command_alert_json(a)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_alerts(const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	return ledger_alert_each(
	    ledger, NULL, call->option[OPTION_ALL] != NULL, add_alert, list, err);
}

int
command_alert_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "alert", "ALERT" },
		{ "severity", "SEVERITY" },
		{ "subject", "OF" },
		{ "raised", "RAISED" },
		{ "due", "DUE" },
		{ "cleared", "CLEARED" },
		{ "text", "TEXT" },
		{ "first_contact", "ONE CONTACT" },
		{ "second_contact", "THE OTHER" },
		{ "action", "ACTION" },
	};

	return command_list(
	    call, fill_alerts, columns, sizeof(columns) / sizeof(columns[0]), err);
}
